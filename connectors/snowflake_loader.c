/*
 * snowflake_loader.c: items to their tables, rounds, the start (contract in snowflake_loader.h).
 *
 * The idea: one table after the other, and of each one revision after the other, which has a pipe or a COPY
 * of its own. What one of them can't do does not keep the others from being done, but when nobody answers,
 * nobody else is asked in this round.
 */
#include "connectors/snowflake_loader.h"

#include <limits.h>

#include "common/memory.h"
#include "common/types/timestamp.h"
#include "connectors/snowflake_loader_table.h"

#define BEGIN_PATIENCE (10 * MICROS_PER_SECOND)
#define WORK_PATIENCE (20 * MICROS_PER_SECOND)

static SnowflakeLoader *
loader_of(Loader *base)
{
	return container_of(base, SnowflakeLoader, base);
}

/* ---- groups ---- */

const char *
load_group_name(const LoadGroup *group, const LoadItem *item)
{
	return item->file->key + strlen(group->load.folder);
}

LoadItem *
load_group_find(const LoadGroup *group, const char *name)
{
	HashMapEntry *entry = hashmap_find(&group->names, str_from_cstr(name));

	return entry != NULL ? entry->value : NULL;
}

void
load_group_note(const LoadGroup *group, LoadItem *item, LoadStatus status, uint64_t rows, const char *error)
{
	if (status == LOAD_WAITING ||
		(load_is_final(item->status) && (!load_is_final(status) || item->status <= status)))
		return;
	item->status = status;
	item->loaded = rows;
	item->error = error != NULL ? arena_strdup(group->arena, error) : NULL;
}

bool
load_table_error(const TableLoader *table, Error *err)
{
	StrBuf text = {0};

	if (err == NULL || err->state == SQLSTATE_CONNECTION_FAILURE || err->state == SQLSTATE_QUERY_CANCELED ||
		err->state == SQLSTATE_INVALID_AUTHORIZATION)
		return false; /* not the table's */
	str_appendf(&text, "table %s (%s): %s", table->name, table->load.what, err->message);
	mem_free(err->message);
	err->message = mem_strdup(str_cstr(&text));
	str_free(&text);
	return false;
}

bool
load_item_may_be_known(const LoadItem *item)
{
	return item->earlier || item->tried;
}

int64_t
load_item_since(const LoadGroup *group, const LoadItem *item)
{
	return item->committed <= group->now ? item->committed
										 : group->now - SNOWFLAKE_PIPE_DAYS * MICROS_PER_DAY;
}

int64_t
load_group_oldest(const LoadGroup *group, bool (*test)(const LoadGroup *group, const LoadItem *item))
{
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < group->count; i++)
		if (test(group, group->items[i]))
			oldest = Min(oldest, load_item_since(group, group->items[i]));
	return oldest;
}

/* "r2/…" is of revision 2. */
static int
revision_of(const LoadItem *item)
{
	const char *key = item->file->key;
	size_t digits = key[0] == 'r' ? strspn(key + 1, "0123456789") : 0;

	if (item->file->kind != OUTPUT_DATA || digits == 0 || digits > 9 || key[1 + digits] != '/')
		return 1;
	return (int)strtol(key + 1, NULL, 10);
}

/* Those of a table and revision that are not final yet. */
static void
collect_group(LoadGroup *group, int target, int revision, LoadItem *const *items, size_t count)
{
	group->items = ARENA_ARRAY(group->scratch, LoadItem *, count);
	for (size_t i = 0; i < count; i++)
	{
		LoadItem *item = items[i];

		if (item->target != target || revision_of(item) != revision || load_is_final(item->status))
			continue;
		group->items[group->count++] = item;
		hashmap_add(&group->names, str_from_cstr(load_group_name(group, item)))->value = item;
	}
}

/* ---- rounds ---- */

static bool
work_group(SnowflakeLoader *loader, int target, int revision, LoadItem *const *items, size_t count,
		   Arena *arena, Error *err)
{
	Arena scratch;
	LoadGroup group = {.loader = loader,
					   .table = &loader->tables[target],
					   .load = loader->tables[target].load,
					   .arena = arena,
					   .scratch = &scratch,
					   .now = clock_now(loader->server.clock),
					   .time = clock_monotonic(loader->server.clock)};
	bool ok;

	arena_init(&scratch, "load round");
	group.load.arena = &scratch;
	if (group.load.kind == OUTPUT_DATA)
		snowflake_load_revise(&group.load, revision);
	collect_group(&group, target, revision, items, count);
	ok = group.count == 0 ||
		 (group.load.mode == SNOWFLAKE_REST ? loader_rest_work(&group, err) : loader_copy_work(&group, err));
	if (!ok)
		load_table_error(group.table, err);
	hashmap_free(&group.names);
	arena_release(&scratch);
	return ok;
}

static bool
nobody_answers(const Error *err)
{
	return err->state == SQLSTATE_CONNECTION_FAILURE || err->state == SQLSTATE_QUERY_CANCELED ||
		   err->state == SQLSTATE_INVALID_AUTHORIZATION;
}

/* The first error is told. False: the others are not to be tried. */
static bool
take_error(Error *found, bool *ok, Error *err)
{
	bool go_on = !nobody_answers(found);

	if (*ok && err != NULL)
		error_move(err, found);
	*ok = false;
	error_clear(found);
	return go_on;
}

/* The next revision of a table's items; INT_MAX = there is none. */
static int
next_revision(int target, int after, LoadItem *const *items, size_t count)
{
	int next = INT_MAX;

	for (size_t i = 0; i < count; i++)
		if (items[i]->target == target && revision_of(items[i]) > after)
			next = Min(next, revision_of(items[i]));
	return next;
}

static bool
loader_work(Loader *base, LoadItem *const *items, size_t count, Arena *arena, Error *err)
{
	SnowflakeLoader *loader = loader_of(base);
	bool ok = true;

	for (int target = 0; target < base->target_count; target++)
		for (int r = 0; (r = next_revision(target, r, items, count)) != INT_MAX;)
		{
			Error found = {0};

			if (!work_group(loader, target, r, items, count, arena, &found) && !take_error(&found, &ok, err))
				return false;
		}
	return ok;
}

/* ---- the start ---- */

static void
loader_revise(Loader *base, const char *sink, int revision)
{
	SnowflakeLoader *loader = loader_of(base);

	for (int i = 0; i < base->target_count; i++)
		if (loader->tables[i].load.kind == OUTPUT_DATA && strcmp(loader->tables[i].load.owner, sink) == 0)
			loader->tables[i].revision = revision;
}

static bool
loader_begin(Loader *base, bool *absent, Error *err)
{
	SnowflakeLoader *loader = loader_of(base);
	bool ok = true;

	loader->server.patience = BEGIN_PATIENCE;
	for (int i = 0; ok && i < base->target_count; i++)
	{
		TableLoader *table = &loader->tables[i];

		ok = table->load.mode == SNOWFLAKE_REST ? loader_rest_begin(loader, table, err)
												: loader_copy_begin(loader, table, err);
	}
	loader->server.patience = WORK_PATIENCE;
	*absent = !ok && err != NULL && err->state == SQLSTATE_CONNECTION_FAILURE;
	return ok;
}

static bool
loader_takes(const Loader *base, int target, const PackFile *file)
{
	return snowflake_load_takes(&container_of(base, const SnowflakeLoader, base)->tables[target].load, file);
}

static void
loader_close(Loader *base)
{
	SnowflakeLoader *loader = loader_of(base);

	for (int i = 0; i < base->target_count; i++)
		loader_rest_close(&loader->tables[i]);
	snowflake_loads_free(&loader->loads);
	arena_release(&loader->arena);
	mem_free(loader);
}

/* ---- opening ---- */

static const LoaderClass loader_class = {
	.revise = loader_revise,
	.takes = loader_takes,
	.begin = loader_begin,
	.work = loader_work,
	.close = loader_close,
};

bool
snowflake_loader_is_needed(const JobPlan *plan)
{
	Arena arena;
	SnowflakeLoads loads;
	bool needed = false;

	arena_init(&arena, "loads");
	if (!snowflake_loads_make(plan, "", NULL, &arena, NULL, &loads, NULL))
		needed = true; /* opening says what is wrong */
	for (int i = 0; i < loads.count; i++)
		needed |= loads.items[i].by_job;
	snowflake_loads_free(&loads);
	arena_release(&arena);
	return needed;
}

/* A name of the settings as Snowflake stores it; "" when it is none, which a statement tells. */
static const char *
stored_name(SnowflakeLoader *loader, const char *text)
{
	SnowflakeName name;
	const char *found = "";

	if (snowflake_name_read(&name, str_from_cstr(text), 1, 0))
		found = arena_strdup(&loader->arena, str_cstr(&name.parts[0]));
	snowflake_name_free(&name);
	return found;
}

static bool
check_full_name(const SnowflakeLoader *loader, const TableLoader *table, Error *err)
{
	int count = table->load.table->count;

	if (table->load.mode != SNOWFLAKE_REST || count == SNOWFLAKE_NAME_PARTS ||
		(loader->database[0] != '\0' && (count == SNOWFLAKE_NAME_PARTS - 1 || loader->schema[0] != '\0')))
		return true;
	error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION,
			  "Snowflake table \"%s\" names no %s, which Snowpipe's REST calls need", table->name,
			  count == 1 ? "database and schema" : "database");
	return error_hint(err, "Write DATABASE.SCHEMA.TABLE, or SET snowflake.database and snowflake.schema.");
}

static const char *
option_or(const SnowflakeLoad *load, const char *option, const char *otherwise)
{
	const char *text = options_text(&load->sink->options, option);

	return text != NULL ? text : otherwise;
}

static bool
add_table(SnowflakeLoader *loader, const SnowflakeLoaderOpen *open, const SnowflakeLoad *load,
		  LoadTarget *target, Error *err)
{
	TableLoader *table = &loader->tables[loader->base.target_count++];
	StrBuf name = {0};

	snowflake_append_shown_name(&name, load->table);
	*table = (TableLoader){.load = *load,
						   .name = arena_strdup(&loader->arena, str_cstr(&name)),
						   .context = *open->context,
						   .revision = 1};
	table->context.role = option_or(load, "snowflake_role", open->context->role);
	table->context.warehouse = option_or(load, "snowflake_warehouse", open->context->warehouse);
	*target = (LoadTarget){.table = table->name,
						   .what = load->what,
						   .mode = snowflake_mode_name(load->mode),
						   .sink = load->sink->name,
						   .kind = load->kind,
						   .name = load->owner};
	str_free(&name);
	return check_full_name(loader, table, err);
}

static bool
add_tables(SnowflakeLoader *loader, const SnowflakeLoaderOpen *open, Error *err)
{
	LoadTarget *targets;

	if (!snowflake_loads_make(open->plan, open->job_name, NULL, &loader->arena, NULL, &loader->loads, err) ||
		!snowflake_loads_check(&loader->loads, err))
		return false;
	loader->tables = ARENA_ARRAY_ZERO(&loader->arena, TableLoader, loader->loads.count + 1);
	targets = ARENA_ARRAY_ZERO(&loader->arena, LoadTarget, loader->loads.count + 1);
	loader->base.targets = targets;
	for (int i = 0; i < loader->loads.count; i++)
		if (loader->loads.items[i].by_job &&
			!add_table(loader, open, &loader->loads.items[i], &targets[loader->base.target_count], err))
			return false;
	return true;
}

bool
snowflake_loader_open(const SnowflakeLoaderOpen *open, Loader **out, Error *err)
{
	SnowflakeLoader *loader = mem_alloc_zero(sizeof *loader);

	loader->base.class = &loader_class;
	atomic_init(&loader->base.stop, false);
	arena_init(&loader->arena, "snowflake loader");
	loader->server = *open->server;
	loader->server.stop = &loader->base.stop;
	loader->server.patience = WORK_PATIENCE;
	loader->database = stored_name(loader, open->context->database);
	loader->schema = stored_name(loader, open->context->schema);
	loader->submit_again = open->submit_again;
	if (!add_tables(loader, open, err))
	{
		loader_close(&loader->base);
		*out = NULL;
		return false;
	}
	*out = &loader->base;
	return true;
}
