/*
 * snowflake_verify.c: lists the objects of manifests, looks for them in the load history, judges (contract in
 * snowflake_verify.h).
 */
#include "connectors/snowflake_verify.h"

#include <jansson.h>

#include "common/types/timestamp.h"
#include "connectors/snowflake_verify_run.h"

/* Near its end, whether the history has a file is chance. */
#define HISTORY_IS_SURE (SNOWFLAKE_HISTORY_DAYS * MICROS_PER_DAY - MICROS_PER_HOUR)
/* What is out for so long should be loaded; twice the time between two runs of a task, if that is longer. */
#define OVERDUE MICROS_PER_HOUR

typedef struct Verify
{
	const SnowflakeVerify *open;
	Arena *arena;
	Arena manifest_arena; /* of a manifest, or of a row of the history */
	StateView view;
	SnowflakeLoads loads;
	VerifyTarget *targets; /* one per load */
	SnowflakeTotals *totals;
	int table_count;
	const SnowflakeName **tables;
	int table;   /* the one whose history is being read */
	bool by_job; /* a table is loaded by the job */
} Verify;

const char *
snowflake_verdict_name(SnowflakeVerdict verdict)
{
	static const char *const names[] = {
		[SNOWFLAKE_PENDING] = "pending",     [SNOWFLAKE_FAILED] = "failed", [SNOWFLAKE_SKIPPED] = "skipped",
		[SNOWFLAKE_DIFFERENT] = "different", [SNOWFLAKE_TWICE] = "twice",   [SNOWFLAKE_MISSING] = "missing",
	};

	return names[verdict];
}

bool
snowflake_verify_has_tables(const JobPlan *plan)
{
	for (int i = 0; i < plan->sink_count; i++)
		if (options_text(&plan->sinks[i]->options, "snowflake_table") != NULL)
			return true;
	return false;
}

/* ---- one value ---- */

typedef struct OneValue
{
	StrBuf text;
	uint32_t columns;
} OneValue;

static void
begin_value(void *context, const SnowflakeColumn *columns UNUSED, uint32_t count)
{
	OneValue *value = context;

	value->columns = count;
}

static void
take_value(void *context, const StrView *texts)
{
	OneValue *value = context;

	str_clear(&value->text);
	str_append_view(&value->text, texts[0]);
}

/* The first column of the last row. */
static bool
ask_value(const SnowflakeServer *server, const SnowflakeContext *context, StrView query, StrBuf *out,
		  Error *err)
{
	OneValue value = {0};
	const SnowflakeReceiver receiver = {&value, begin_value, take_value};
	SnowflakeContext in_utc = *context;
	bool ok;

	in_utc.zone = NULL;
	ok = snowflake_sql_execute(server, &in_utc, query, &receiver, err);
	if (ok)
		str_append_view(out, str_view(&value.text));
	str_free(&value.text);
	return ok;
}

bool
snowflake_verify_now(const SnowflakeServer *server, const SnowflakeContext *context, int64_t *out, Error *err)
{
	const TypeContext utc = {0};
	StrBuf text = {0};
	bool ok = ask_value(server, context, STR_LIT("SELECT CURRENT_TIMESTAMP()"), &text, err);

	if (ok && !timestamptz_class.parse(str_view(&text), &utc, NULL, out, NULL))
		ok = error_set(err, SQLSTATE_CONNECTION_EXCEPTION, NO_POSITION,
					   "Snowflake's answer is not understood: CURRENT_TIMESTAMP() is no time");
	str_free(&text);
	return ok;
}

/* ---- tables and their stages ---- */

static const char *
or_option(const char *text, const SnowflakeLoad *load, const char *option)
{
	const char *other = options_text(&load->sink->options, option);

	return text[0] == '\0' && other != NULL ? other : text;
}

static SnowflakeContext
context_of(const Verify *verify, const SnowflakeLoad *load)
{
	SnowflakeContext context = *verify->open->context;

	context.role = or_option(context.role, load, "snowflake_role");
	context.warehouse = or_option(context.warehouse, load, "snowflake_warehouse");
	return context;
}

/* The number of the load's table among those that are known already. */
static int
find_table(const Verify *verify, const SnowflakeLoad *load)
{
	int table = 0;

	while (table < verify->table_count && !snowflake_name_equal(verify->tables[table], load->table))
		table++;
	return table;
}

static void
add_target(Verify *verify, int i)
{
	const SnowflakeLoad *load = &verify->loads.items[i];
	int table = find_table(verify, load);
	VerifyTarget *target = &verify->targets[i];
	StrBuf name = {0};

	if (table == verify->table_count)
	{
		snowflake_append_shown_name(&name, load->table);
		verify->totals[table].table = arena_strdup(verify->arena, str_cstr(&name));
		verify->tables[verify->table_count++] = load->table;
		str_free(&name);
	}
	*target = (VerifyTarget){.load = load, .totals = &verify->totals[table]};
	target->end = &target->files;
	verify->by_job |= load->by_job;
	target->base = load->kind == OUTPUT_DATA ? load->whole_url : load->url;
}

static bool
make_targets(Verify *verify, Error *err)
{
	const SnowflakeVerify *open = verify->open;
	int count;

	if (!snowflake_loads_make(open->plan, open->look.job_name, NULL, verify->arena, NULL, &verify->loads,
							  err) ||
		!snowflake_loads_check(&verify->loads, err))
		return false;
	count = Max(verify->loads.count, 1);
	verify->targets = ARENA_ARRAY_ZERO(verify->arena, VerifyTarget, count);
	verify->totals = ARENA_ARRAY_ZERO(verify->arena, SnowflakeTotals, count);
	verify->tables = ARENA_ARRAY_ZERO(verify->arena, const SnowflakeName *, count);
	for (int i = 0; i < verify->loads.count; i++)
		add_target(verify, i);
	return true;
}

SnowflakeLoad
snowflake_target_load(const VerifyTarget *target, int revision, StrBuf *out)
{
	SnowflakeLoad load = *target->load;

	load.out = out;
	if (load.kind == OUTPUT_DATA)
		snowflake_load_revise(&load, revision);
	return load;
}

/* ---- objects ---- */

/* r2/… is of revision 2. */
static int
revision_of(const char *key, size_t *folder)
{
	size_t digits = key[0] == 'r' ? strspn(key + 1, "0123456789") : 0;

	*folder = digits > 0 && key[1 + digits] == '/' ? digits + 2 : 0;
	return *folder > 0 ? (int)strtol(key + 1, NULL, 10) : 1;
}

static const char *
object_of(Verify *verify, const PackFile *file)
{
	size_t len = strlen(file->location);

	return arena_printf(verify->arena, "%s%s%s", file->location,
						len > 0 && file->location[len - 1] == '/' ? "" : "/", file->key);
}

static void
add_file(Verify *verify, VerifyTarget *target, const Manifest *manifest, const PackFile *file, bool out)
{
	const SnowflakeLoad *load = target->load;
	VerifiedFile *item = ARENA_ARRAY_ZERO(verify->arena, VerifiedFile, 1);
	size_t folder = strlen(load->folder);
	const char *key = arena_strdup(verify->arena, file->key);

	item->revision = load->kind == OUTPUT_DATA ? revision_of(key, &folder) : 1;
	item->object = object_of(verify, file);
	item->name = key + folder;
	item->epoch = manifest->seq;
	item->rows = file->rows;
	item->committed = manifest->clock;
	item->out = out;
	hashmap_add(&target->names,
				str_from_cstr(load->kind == OUTPUT_DATA && target->base != NULL ? key : item->name))
		->value = item;
	*target->end = item;
	target->end = &item->next;
}

static void
add_to_targets(Verify *verify, const Manifest *manifest, const PackFile *file, bool out)
{
	for (int i = 0; i < verify->loads.count; i++)
	{
		VerifyTarget *target = &verify->targets[i];
		const SnowflakeLoad *load = target->load;

		if (file->kind != load->kind || strcmp(file->owner, load->owner) != 0)
			continue;
		target->totals->files++;
		target->totals->rows += file->rows;
		if (snowflake_load_takes(load, file))
			add_file(verify, target, manifest, file, out);
		else
			target->totals->unknown++;
	}
}

/* What the job has seen of an object. */
static void
take_record(Verify *verify, VerifyTarget *target, const LoadRecord *record)
{
	const SnowflakeLoad *load = target->load;
	const PackFile file = {.kind = record->kind, .owner = record->name, .location = record->location};
	size_t folder = load->kind == OUTPUT_DATA ? 0 : strlen(load->folder);
	const HashMapEntry *entry;
	VerifiedFile *item;

	if (!load->by_job || strcmp(record->table, target->totals->table) != 0 ||
		!snowflake_load_takes(load, &file))
		return;
	entry = hashmap_find(&target->names, str_from_cstr(record->key + folder));
	if (entry == NULL)
		return;
	item = entry->value;
	item->seen = record->status;
	item->seen_rows = record->loaded;
	item->seen_error = record->error != NULL ? arena_strdup(verify->arena, record->error) : NULL;
}

/* The markers of a job that loads by itself outlive Snowflake's memory. */
static bool
take_records(Verify *verify, const Manifest *manifest, Error *err)
{
	LoadRecord *records;
	size_t count;

	if (!state_view_loads(&verify->view, manifest->seq, &verify->manifest_arena, &records, &count, err))
		return false;
	for (size_t r = 0; r < count; r++)
		for (int i = 0; i < verify->loads.count; i++)
			take_record(verify, &verify->targets[i], &records[r]);
	return true;
}

static bool
add_objects(void *context, const Manifest *manifest, Error *err)
{
	Verify *verify = context;
	PackFile *files;
	size_t count;
	bool published;

	if (!state_view_files(&verify->view, manifest, &verify->manifest_arena, &files, &count, &published, err))
		return error_hint(err, "weir verify says what is wrong with the state and what it still knows.");
	for (size_t i = 0; i < count; i++)
		add_to_targets(verify, manifest, &files[i], published);
	return count == 0 || !verify->by_job || take_records(verify, manifest, err);
}

static bool
list_objects(Verify *verify, Error *err)
{
	bool ok = state_view_open(&verify->open->look, &verify->view, err);

	for (int shard = 0; ok && shard < verify->view.identity.shards; shard++)
		ok = state_view_list(&verify->view, shard, err) &&
			 state_view_visit(&verify->view, &verify->manifest_arena, add_objects, verify, err);
	return ok;
}

/* ---- the history ---- */

/* "7 rows by pipe T_PIPE, 7 rows by COPY" */
static void
note_how(Verify *verify, VerifiedFile *file, const SnowflakeLoaded *loaded)
{
	StrBuf how = {0};

	str_appendf(&how, "%s%s%" PRIu64 " row%s by ", file->how != NULL ? file->how : "",
				file->how != NULL ? ", " : "", loaded->rows, loaded->rows != 1 ? "s" : "");
	str_appendf(&how, loaded->pipe != NULL ? "pipe %s" : "COPY", loaded->pipe);
	if (loaded->time != 0)
	{
		str_append_cstr(&how, " at ");
		timestamptz_print(loaded->time, verify->open->context->zone, &how);
	}
	file->how = arena_strdup(verify->arena, str_cstr(&how));
	str_free(&how);
}

static void
note_loaded(Verify *verify, VerifiedFile *file, const SnowflakeLoaded *loaded)
{
	switch (loaded->status)
	{
		case LOAD_LOADED:
		case LOAD_PARTLY:
			file->times++;
			file->loaded += loaded->rows;
			file->partly = file->partly || loaded->status == LOAD_PARTLY;
			note_how(verify, file, loaded);
			break;
		case LOAD_FAILED: file->failed = true; break;
		case LOAD_SUBMITTED: file->under_way = true; break;
		case LOAD_WAITING:
		case LOAD_UNKNOWN: file->skipped = true; break;
	}
	if (loaded->error != NULL && loaded->error[0] != '\0')
		file->error = arena_strdup(verify->arena, loaded->error);
}

/* A name is taken as Snowflake documents it before it is taken as a whole path. */
static VerifiedFile *
find_file(Verify *verify, const SnowflakeLoaded *loaded)
{
	arena_reset(&verify->manifest_arena);
	for (int whole = 0; whole < 2; whole++)
		for (int i = 0; i < verify->loads.count; i++)
		{
			const VerifyTarget *target = &verify->targets[i];
			const char *key;
			const HashMapEntry *entry;

			if (target->totals != &verify->totals[verify->table])
				continue;
			key = snowflake_history_key(loaded, target->base, whole != 0, &verify->manifest_arena);
			entry = key != NULL ? hashmap_find(&target->names, str_from_cstr(key)) : NULL;
			if (entry != NULL)
				return entry->value;
		}
	return NULL;
}

static void
take_loaded(void *context, const SnowflakeLoaded *loaded)
{
	Verify *verify = context;
	VerifiedFile *file = find_file(verify, loaded);

	if (file != NULL)
		note_loaded(verify, file, loaded);
	else
		verify->totals[verify->table].foreign++;
}

static const SnowflakeLoad *
load_of_table(const Verify *verify, int table)
{
	int i = 0;

	while (verify->targets[i].totals != &verify->totals[table])
		i++;
	return verify->targets[i].load;
}

static bool
read_history(Verify *verify, Error *err)
{
	for (verify->table = 0; verify->table < verify->table_count; verify->table++)
	{
		const SnowflakeLoad *load = load_of_table(verify, verify->table);
		SnowflakeContext context = context_of(verify, load);

		if (snowflake_history_visit(verify->open->server, &context, load->table, INT64_MIN, take_loaded,
									verify, err))
			continue;
		error_context(err, "load history of %s", verify->totals[verify->table].table);
		if (err == NULL || err->hint != NULL || err->state == SQLSTATE_QUERY_CANCELED ||
			err->state == SQLSTATE_CONNECTION_FAILURE)
			return false;
		return error_hint(err,
						  "weir snowflake apply -f job.sql makes the table and grants its role what this "
						  "needs; snowflake.role is the role that asks, snowflake.warehouse where.");
	}
	return true;
}

/* ---- judging ---- */

typedef struct PipeState
{
	struct PipeState *next;
	int revision;
	const char *text; /* NULL = not told */
} PipeState;

/* RUNNING, PAUSED, …: without the right to ask for it, the history says what it can. */
static const char *
ask_pipe_state(Verify *verify, const VerifyTarget *target, int revision)
{
	SnowflakeLoad load = snowflake_target_load(target, revision, NULL);
	SnowflakeContext context = context_of(verify, &load);
	StrBuf pipe = {0}, query = {0}, answer = {0};
	const char *state = NULL;
	Error err = {0};

	snowflake_append_object_to(&load, "_PIPE", &pipe);
	str_append_cstr(&query, "SELECT SYSTEM$PIPE_STATUS(");
	snowflake_append_literal(&query, str_view(&pipe));
	str_append_char(&query, ')');
	if (ask_value(verify->open->server, &context, str_view(&query), &answer, &err))
	{
		json_t *root = json_loadb(str_cstr(&answer), answer.len, 0, NULL);
		const char *text = json_string_value(json_object_get(root, "executionState"));

		state = text != NULL ? arena_strdup(verify->arena, text) : NULL;
		json_decref(root);
	}
	error_clear(&err);
	str_free(&pipe);
	str_free(&query);
	str_free(&answer);
	return state;
}

static const char *
pipe_state(Verify *verify, const VerifyTarget *target, int revision, PipeState **known)
{
	PipeState *state = *known;

	if (target->load->mode == SNOWFLAKE_COPY)
		return NULL;
	while (state != NULL && state->revision != revision)
		state = state->next;
	if (state == NULL)
	{
		state = ARENA_ARRAY(verify->arena, PipeState, 1);
		*state = (PipeState){*known, revision, ask_pipe_state(verify, target, revision)};
		*known = state;
	}
	return state->text;
}

static void
found(Verify *verify, VerifyTarget *target, SnowflakeVerdict verdict, const VerifiedFile *file,
	  const char *state, const char *detail)
{
	target->totals->found[verdict]++;
	verify->open->found(verify->open->found_context, &(SnowflakeFinding){.verdict = verdict,
																		 .epoch = file->epoch,
																		 .table = target->totals->table,
																		 .object = file->object,
																		 .detail = detail});
	snowflake_remedy_add(target, verdict, file, state, verify->arena);
}

static int64_t
overdue_after(const SnowflakeLoad *load)
{
	return Max(OVERDUE,
			   2 * options_integer(&load->sink->options, "snowflake_task_minutes", 0) * MICROS_PER_MINUTE);
}

static bool
is_stopped(const char *state)
{
	return state != NULL && strcmp(state, "RUNNING") != 0;
}

/* Not out is not late; a pipe that stands still will not load it. */
static void
judge_pending(Verify *verify, VerifyTarget *target, const VerifiedFile *file, PipeState **states)
{
	const char *state;
	StrBuf detail = {0};

	target->totals->pending++;
	if (!file->out)
		return;
	state = pipe_state(verify, target, file->revision, states);
	if (!is_stopped(state) && verify->open->now - file->committed < overdue_after(target->load))
		return;
	str_append_cstr(&detail, "out since ");
	timestamptz_print(file->committed, verify->open->context->zone, &detail);
	if (is_stopped(state))
		str_appendf(&detail, "; the pipe is %s", state);
	found(verify, target, SNOWFLAKE_PENDING, file, state,
		  arena_strdup(&verify->manifest_arena, str_cstr(&detail)));
	str_free(&detail);
}

/* "5 rows, not 7: …" */
static void
judge_rows(Verify *verify, VerifyTarget *target, const VerifiedFile *file, uint64_t loaded, const char *error)
{
	if (loaded == file->rows)
		target->totals->loaded++;
	else
		found(verify, target, SNOWFLAKE_DIFFERENT, file, NULL,
			  arena_printf(&verify->manifest_arena, "%" PRIu64 " rows, not %" PRIu64 "%s%s", loaded,
						   file->rows, error != NULL ? ": " : "", error != NULL ? error : ""));
}

/* Of what the history does not know: what the job has seen, and how long ago. */
static void
judge_by_memory(Verify *verify, VerifyTarget *target, const VerifiedFile *file, PipeState **states)
{
	bool sure = verify->open->now - file->committed < HISTORY_IS_SURE;

	switch (file->seen)
	{
		case LOAD_LOADED:
		case LOAD_PARTLY:
			if (sure)
				found(verify, target, SNOWFLAKE_MISSING, file, NULL,
					  "the job has seen it loaded, but the table's history does not know it");
			else
				judge_rows(verify, target, file, file->seen_rows, file->seen_error);
			break;
		case LOAD_FAILED: found(verify, target, SNOWFLAKE_FAILED, file, NULL, file->seen_error); break;
		case LOAD_UNKNOWN:
		case LOAD_WAITING:
		case LOAD_SUBMITTED:
			if (sure)
				judge_pending(verify, target, file, states);
			else
				target->totals->unknown++;
			break;
	}
}

static void
judge_file(Verify *verify, VerifyTarget *target, const VerifiedFile *file, PipeState **states)
{
	if (file->times > 1)
		found(verify, target, SNOWFLAKE_TWICE, file, NULL, file->how);
	else if (file->times == 1)
		judge_rows(verify, target, file, file->loaded, file->partly ? file->error : NULL);
	else if (file->under_way)
		judge_pending(verify, target, file, states);
	else if (file->failed)
		found(verify, target, SNOWFLAKE_FAILED, file, NULL, file->error);
	else if (file->skipped)
		found(verify, target, SNOWFLAKE_SKIPPED, file, NULL, file->error);
	else
		judge_by_memory(verify, target, file, states);
}

static void
judge(Verify *verify, StrBuf *remedies)
{
	for (int i = 0; i < verify->loads.count; i++)
	{
		VerifyTarget *target = &verify->targets[i];
		PipeState *states = NULL;

		for (const VerifiedFile *file = target->files; file != NULL; file = file->next)
		{
			arena_reset(&verify->manifest_arena);
			judge_file(verify, target, file, &states);
		}
		snowflake_remedy_append(target, verify->open->now, remedies);
	}
	while (remedies->len > 1 && remedies->data[remedies->len - 2] == '\n')
		remedies->data[--remedies->len] = '\0'; /* blank lines are between them only */
}

/* ---- all of it ---- */

bool
snowflake_verify(const SnowflakeVerify *open, Arena *arena, SnowflakeTotals **totals, int *count,
				 StrBuf *remedies, Error *err)
{
	Verify verify = {.open = open, .arena = arena};
	bool ok;

	arena_init(&verify.manifest_arena, "verify snowflake");
	ok = make_targets(&verify, err) && list_objects(&verify, err) && read_history(&verify, err);
	if (ok)
		judge(&verify, remedies);
	*totals = verify.totals;
	*count = verify.table_count;
	for (int i = 0; verify.targets != NULL && i < verify.loads.count; i++)
		hashmap_free(&verify.targets[i].names);
	snowflake_loads_free(&verify.loads);
	state_view_close(&verify.view);
	arena_release(&verify.manifest_arena);
	return ok;
}
