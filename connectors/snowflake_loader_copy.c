/*
 * snowflake_loader_copy.c: a table that the job loads by COPY (contract in snowflake_loader_table.h).
 *
 * The idea: COPY names the files, and its result names those that it took. It passes over those that it has
 * loaded before, which it knows for 64 days: what became of these says COPY_HISTORY, which goes back 14. A
 * file that neither of them names is tried once more, since a COPY whose answer was lost may still be at it,
 * and then is not there. The statement has the plan's columns: files of another revision it can't load.
 */
#include <strings.h>

#include "common/types/timestamp.h"
#include "connectors/snowflake_history.h"
#include "connectors/snowflake_loader_table.h"

#define SURELY_KNOWN (63 * MICROS_PER_DAY)
#define HISTORY_LIFE (SNOWFLAKE_HISTORY_DAYS * MICROS_PER_DAY - SNOWFLAKE_CLOCK_MARGIN)

#define SILENCE (10 * MICROS_PER_SECOND) /* at least, before a file that nobody speaks of is tried again */

/* No object has this name: a COPY of it tries all that loading needs, and loads nothing. */
#define NO_FILE "weir-asks-whether-it-may-load"

/* ---- results ---- */

enum
{
	RESULT_FILE,
	RESULT_STATUS,
	RESULT_ROWS,
	RESULT_ERROR,
	RESULT_LINE,
	RESULT_COLUMN,
	RESULT_COUNT
};

static const char *const result_names[RESULT_COUNT] = {
	"file", "status", "rows_loaded", "first_error", "first_error_line", "first_error_column_name"};

typedef struct CopyResult
{
	const LoadGroup *group;
	int columns[RESULT_COUNT]; /* -1 = the result has none */
} CopyResult;

static void
begin_result(void *context, const SnowflakeColumn *columns, uint32_t count)
{
	CopyResult *result = context;

	for (int i = 0; i < RESULT_COUNT; i++)
	{
		result->columns[i] = -1;
		for (uint32_t k = 0; k < count; k++)
			if (strcasecmp(columns[k].name, result_names[i]) == 0)
				result->columns[i] = (int)k;
	}
}

/* NULL: the column is not there, or is NULL. */
static const char *
text_of(const CopyResult *result, int column, const StrView *texts)
{
	int at = result->columns[column];

	return at >= 0 && texts[at].data != NULL
			   ? arena_strndup(result->group->scratch, texts[at].data, texts[at].len)
			   : NULL;
}

/* However Snowflake names it. */
static LoadItem *
find_item(const LoadGroup *group, const SnowflakeLoaded *loaded)
{
	const char *key = snowflake_history_key(loaded, group->load.url, false, group->scratch);
	LoadItem *item = key != NULL ? load_group_find(group, key) : NULL;

	if (item != NULL)
		return item;
	key = snowflake_history_key(loaded, group->load.url, true, group->scratch);
	return key != NULL ? load_group_find(group, key) : NULL;
}

static void
take_result(void *context, const StrView *texts)
{
	const CopyResult *result = context;
	const char *file = text_of(result, RESULT_FILE, texts), *status = text_of(result, RESULT_STATUS, texts);
	const char *rows = text_of(result, RESULT_ROWS, texts), *line = text_of(result, RESULT_LINE, texts);
	LoadItem *item =
		file != NULL ? find_item(result->group, &(SnowflakeLoaded){.file = file, .stage = ""}) : NULL;
	LoadStatus found;
	StrBuf error = {0};

	if (item == NULL || status == NULL || !snowflake_load_status(status, &found) || !load_is_final(found))
		return;
	snowflake_append_file_error(&error, text_of(result, RESULT_ERROR, texts),
								line != NULL ? strtoll(line, NULL, 10) : 0,
								text_of(result, RESULT_COLUMN, texts));
	load_group_note(result->group, item, found, rows != NULL ? strtoull(rows, NULL, 10) : 0,
					error.len > 0 ? str_cstr(&error) : NULL);
	str_free(&error);
}

static bool
execute_copy(const LoadGroup *group, const SnowflakeFile *files, size_t count, Error *err)
{
	SnowflakeLoad load = group->load;
	CopyResult result = {.group = group};
	const SnowflakeReceiver receiver = {&result, begin_result, take_result};
	StrBuf text = {0};
	bool ok;

	load.out = &text;
	snowflake_append_copy_files(&load, files, count, "SKIP_FILE");
	ok = snowflake_sql_execute(&group->loader->server, &group->table->context, str_view(&text), &receiver,
							   err);
	str_free(&text);
	return ok;
}

/* ---- the history ---- */

static void
take_loaded(void *context, const SnowflakeLoaded *loaded)
{
	const LoadGroup *group = context;
	LoadItem *item = find_item(group, loaded);

	/* COPY tries again what has failed */
	if (item != NULL && (loaded->status == LOAD_LOADED || loaded->status == LOAD_PARTLY))
		load_group_note(group, item, loaded->status, loaded->rows, loaded->error);
}

static bool
ask_history(LoadGroup *group, int64_t oldest, Error *err)
{
	return oldest == INT64_MAX ||
		   snowflake_history_visit(&group->loader->server, &group->table->context, group->load.table,
								   oldest - SNOWFLAKE_CLOCK_MARGIN, take_loaded, group, err);
}

/* COPY may have forgotten its name, and would load it twice. */
static bool
is_old(const LoadGroup *group, const LoadItem *item)
{
	return group->now - item->committed > SURELY_KNOWN;
}

static bool
is_doubtful(const LoadGroup *group, const LoadItem *item)
{
	return !item->asked && (item->earlier || (item->tried && is_old(group, item)));
}

static bool
settle_earlier(LoadGroup *group, Error *err)
{
	if (!ask_history(group, load_group_oldest(group, is_doubtful), err))
		return false;
	for (size_t i = 0; i < group->count; i++)
		group->items[i]->asked |= is_doubtful(group, group->items[i]);
	return true;
}

/* ---- what can't be loaded ---- */

static void
give_up(LoadGroup *group)
{
	bool other = group->load.kind == OUTPUT_DATA && group->load.revision != group->table->revision;

	for (size_t i = 0; i < group->count; i++)
	{
		LoadItem *item = group->items[i];

		if (load_is_final(item->status))
			continue;
		if (other)
			load_group_note(
				group, item, LOAD_UNKNOWN, 0,
				arena_printf(group->scratch,
							 "it is of revision %d, and COPY has the columns of revision %d: it is to be "
							 "loaded by hand, unless it was",
							 group->load.revision, group->table->revision));
		else if (load_item_may_be_known(item) && is_old(group, item))
			load_group_note(
				group, item, LOAD_UNKNOWN, 0,
				"it was committed more than 63 days ago, and whether COPY has loaded it before can't be "
				"known: it is to be loaded by hand, with FORCE = TRUE, if its rows are not in the table");
	}
}

/* Neither COPY nor the history speaks of it. */
static void
note_silence(const LoadGroup *group, LoadItem *item)
{
	bool again = item->submitted != 0;

	item->submitted = group->time;
	if (group->now - item->committed > HISTORY_LIFE)
		load_group_note(
			group, item, LOAD_UNKNOWN, 0,
			"COPY passed it over, and the load history goes back 14 days: it was loaded before, or is "
			"gone from S3");
	else if (again)
		load_group_note(group, item, LOAD_FAILED, 0, "COPY did not find it in the stage");
	else
		item->status = LOAD_SUBMITTED;
}

/* ---- what COPY passed over ---- */

static bool
is_due(const LoadGroup *group, const LoadItem *item)
{
	return !load_is_final(item->status) &&
		   (item->submitted == 0 ||
			group->time - item->submitted >= Max(group->loader->submit_again, SILENCE));
}

static bool
is_silent(const LoadGroup *group, const LoadItem *item)
{
	return item->status == LOAD_SUBMITTED && !is_due(group, item);
}

static void
note_look(const LoadGroup *group, int64_t pause)
{
	group->table->looked = group->time;
	group->table->look_pause = pause;
}

/* A COPY that another process began, or whose answer was lost, may end meanwhile. */
static bool
look_again(LoadGroup *group, Error *err)
{
	const TableLoader *table = group->table;
	int64_t oldest = load_group_oldest(group, is_silent);

	if (oldest == INT64_MAX || group->time - table->looked < table->look_pause)
		return true;
	note_look(group, Min(2 * table->look_pause, LONGEST_HISTORY_PAUSE));
	return ask_history(group, oldest, err);
}

/* ---- rounds ---- */

/* Before a file is given up all is looked at: the clock that committed it may have been ahead. */
static int64_t
silent_since(const LoadGroup *group, const LoadItem *item)
{
	return item->submitted == 0 ? load_item_since(group, item)
								: group->now - SNOWFLAKE_HISTORY_DAYS * MICROS_PER_DAY;
}

static bool
load_some(LoadGroup *group, LoadItem *const *items, size_t count, Error *err)
{
	SnowflakeFile *files = ARENA_ARRAY(group->scratch, SnowflakeFile, count);
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < count; i++)
		files[i] = (SnowflakeFile){load_group_name(group, items[i]), items[i]->file->rows};
	for (size_t i = 0; i < count; i++)
		items[i]->tried = true;
	if (!execute_copy(group, files, count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!load_is_final(items[i]->status))
			oldest = Min(oldest, silent_since(group, items[i]));
	if (oldest == INT64_MAX)
		return true;
	note_look(group, HISTORY_PAUSE);
	if (!ask_history(group, oldest, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!load_is_final(items[i]->status))
			note_silence(group, items[i]);
	return true;
}

bool
loader_copy_work(LoadGroup *group, Error *err)
{
	LoadItem **due = ARENA_ARRAY(group->scratch, LoadItem *, group->count);
	size_t count = 0;

	if (!settle_earlier(group, err) || !look_again(group, err))
		return false;
	give_up(group);
	for (size_t i = 0; i < group->count; i++)
		if (is_due(group, group->items[i]))
			due[count++] = group->items[i];
	for (size_t from = 0; from < count; from += SNOWFLAKE_COPY_FILES)
		if (!load_some(group, due + from, Min(count - from, (size_t)SNOWFLAKE_COPY_FILES), err))
			return false;
	return true;
}

bool
loader_copy_begin(SnowflakeLoader *loader, TableLoader *table, Error *err)
{
	Arena scratch;
	LoadGroup group = {.loader = loader, .table = table, .load = table->load, .scratch = &scratch};
	bool ok;

	arena_init(&scratch, "snowflake begin");
	group.load.arena = &scratch;
	if (group.load.kind == OUTPUT_DATA)
		snowflake_load_revise(&group.load, table->revision);
	ok = execute_copy(&group, &(SnowflakeFile){.key = NO_FILE}, 1, err);
	arena_release(&scratch);
	if (ok)
		return true;
	if (err != NULL && err->hint == NULL && err->state != SQLSTATE_CONNECTION_FAILURE)
		error_hint(err,
				   "weir snowflake apply -f job.sql creates what lacks, and grants its use to the role; a "
				   "sink says its role and warehouse, or snowflake.role and snowflake.warehouse do.");
	return load_table_error(table, err);
}
