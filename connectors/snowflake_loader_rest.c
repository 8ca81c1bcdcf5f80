/*
 * snowflake_loader_rest.c: a table whose pipe the job tells of objects (contract in
 * snowflake_loader_table.h).
 *
 * The idea: a pipe knows the names of 14 days, and loads each once: telling again what it does not speak of
 * repairs every loss. What another process may have told of is first looked up in the pipe's history, which
 * goes back as far; beyond that nobody knows, and it is not told again. Events are read from a mark; those
 * that went by unread, for one that was away or late, are looked up as well, but not often: Snowflake rations
 * that call.
 */
#include "common/types/timestamp.h"
#include "connectors/snowflake_loader_table.h"

#define SURELY_KNOWN ((SNOWFLAKE_PIPE_DAYS - 1) * MICROS_PER_DAY)
#define REPORT_AGE \
	(SNOWFLAKE_REPORT_LIFE - MICROS_PER_MINUTE) /* of the last one, after which some are gone */
#define LARGEST_MARGIN (2 * MICROS_PER_DAY)     /* the range is to be narrow */

/* ---- pipes ---- */

static const char *
part_of(const SnowflakeName *name, int from_end, const char *otherwise)
{
	return name->count > from_end ? str_cstr(&name->parts[name->count - 1 - from_end]) : otherwise;
}

static void
reset_scan(TablePipe *pipe)
{
	pipe->scan_pause = HISTORY_PAUSE;
	pipe->scan_margin = SNOWFLAKE_CLOCK_MARGIN;
}

static TablePipe *
pipe_of(SnowflakeLoader *loader, TableLoader *table, int revision)
{
	const SnowflakeName *name = table->load.table;
	SnowflakeLoad load = table->load;
	TablePipe *pipe;

	for (int i = 0; i < table->pipe_count; i++)
		if (table->pipes[i]->revision == revision)
			return table->pipes[i];
	if (load.kind == OUTPUT_DATA)
		snowflake_load_revise(&load, revision);
	pipe = ARENA_NEW(&loader->arena, TablePipe);
	pipe->revision = revision;
	pipe->missed = INT64_MAX;
	reset_scan(pipe);
	pipe->pipe =
		(SnowflakePipe){.server = &loader->server,
						.database = part_of(name, 2, loader->database),
						.schema = part_of(name, 1, loader->schema),
						.name = arena_printf(&loader->arena, "%s_PIPE%s", part_of(name, 0, ""), load.suffix)};
	arena_grow(&loader->arena, &table->pipes, &table->pipe_capacity, table->pipe_count, sizeof *table->pipes);
	table->pipes[table->pipe_count++] = pipe;
	return pipe;
}

void
loader_rest_close(TableLoader *table)
{
	for (int i = 0; i < table->pipe_count; i++)
		snowflake_pipe_free(&table->pipes[i]->pipe);
}

/* ---- what is told of ---- */

static void
take_event(void *context, const SnowflakePipeEvent *event)
{
	const LoadGroup *group = context;
	LoadItem *item = load_group_find(group, event->path);

	if (item != NULL)
		load_group_note(group, item, event->status, event->rows, event->error);
}

static bool
is_submitted(const LoadGroup *group UNUSED, const LoadItem *item)
{
	return item->status == LOAD_SUBMITTED;
}

/* Reports may not tell of it any more, if nobody has asked for them meanwhile. */
static bool
is_long_submitted(const LoadGroup *group, const LoadItem *item)
{
	return is_submitted(group, item) && group->time - item->submitted > REPORT_AGE;
}

/* The pipe may have forgotten its name, and would load it twice. */
static bool
is_old(const LoadGroup *group, const LoadItem *item)
{
	return group->now - item->committed > SURELY_KNOWN;
}

/* What must be looked up before it is told of. */
static bool
is_doubtful(const LoadGroup *group, const LoadItem *item)
{
	return !item->asked && !load_is_final(item->status) &&
		   (item->earlier || (item->tried && is_old(group, item)));
}

static void
note_missed(TablePipe *pipe, int64_t from)
{
	pipe->missed = Min(pipe->missed, from);
}

/* ---- asking ---- */

/* From when on events may be missed: the report before, or the oldest object that is waited for. */
static int64_t
last_reported(const LoadGroup *group, const TablePipe *pipe)
{
	return pipe->reported != 0 ? pipe->reported_at : load_group_oldest(group, is_submitted);
}

static bool
ask_report(LoadGroup *group, TablePipe *pipe, Error *err)
{
	bool complete;

	if (load_group_oldest(group, is_submitted) == INT64_MAX)
		return true;
	if (pipe->reported != 0 && group->time - pipe->reported > REPORT_AGE &&
		load_group_oldest(group, is_long_submitted) != INT64_MAX)
		note_missed(pipe, pipe->reported_at);
	if (!snowflake_pipe_report(&pipe->pipe, &complete, take_event, group, err))
		return false;
	if (!complete)
		note_missed(pipe, last_reported(group, pipe));
	pipe->reported = group->time;
	pipe->reported_at = group->now;
	return true;
}

/* The history may be late itself, or the clock that committed was ahead: as long as it leaves something
 * open, it is asked again, and further back. */
static void
note_scanned(LoadGroup *group, TablePipe *pipe)
{
	for (size_t i = 0; i < group->count; i++)
	{
		LoadItem *item = group->items[i];

		item->asked |= is_doubtful(group, item);
		if (item->status == LOAD_SUBMITTED && item->submitted == 0)
			item->submitted = group->time; /* by another process, who knows when */
	}
	if (pipe->missed == INT64_MAX || load_group_oldest(group, is_submitted) == INT64_MAX)
	{
		pipe->missed = INT64_MAX;
		reset_scan(pipe);
	}
	else
	{
		pipe->scan_pause = Min(2 * pipe->scan_pause, LONGEST_HISTORY_PAUSE);
		pipe->scan_margin = Min(2 * pipe->scan_margin, LARGEST_MARGIN);
	}
}

static bool
ask_history(LoadGroup *group, TablePipe *pipe, Error *err)
{
	int64_t from = Min(pipe->missed, load_group_oldest(group, is_doubtful));

	if (from == INT64_MAX || (pipe->scanned != 0 && group->time - pipe->scanned < pipe->scan_pause))
		return true;
	from = Max(from - pipe->scan_margin, group->now - SNOWFLAKE_PIPE_DAYS * MICROS_PER_DAY);
	pipe->scanned = group->time;
	if (!snowflake_pipe_scan(&pipe->pipe, from, take_event, group, err))
	{
		pipe->scan_pause = Min(2 * pipe->scan_pause, LONGEST_HISTORY_PAUSE);
		return false;
	}
	note_scanned(group, pipe);
	return true;
}

/* ---- telling ---- */

static bool
is_due(const LoadGroup *group, const LoadItem *item)
{
	if (load_is_final(item->status) || is_doubtful(group, item))
		return false;
	return item->submitted == 0 ? item->status == LOAD_WAITING
								: group->time - item->submitted >= group->loader->submit_again;
}

static void
give_up_old(const LoadGroup *group, LoadItem *item)
{
	load_group_note(
		group, item, LOAD_UNKNOWN, 0,
		"it was committed more than 13 days ago, and whether the pipe has loaded it before can't be "
		"known: it was not told again; COPY INTO … FILES = ('…') loads it by hand, if its rows are "
		"not in the table");
}

typedef struct Telling
{
	LoadGroup *group;
	TablePipe *pipe;
} Telling;

/* That a name is known is news only where it may have been told before. Else an answer was lost: reports tell
 * of it, unless that is long ago. */
static void
take_refusal(void *context, const char *path, bool known)
{
	Telling *telling = context;
	LoadItem *item = load_group_find(telling->group, path);

	if (item == NULL)
		return;
	if (!known)
		load_group_note(
			telling->group, item, LOAD_FAILED, 0,
			"the pipe's PATTERN does not take a file of this name: the pipe is not the one that weir "
			"--snowflake-ddl prints");
	else if (load_item_may_be_known(item) || telling->group->now - item->committed > REPORT_AGE)
		note_missed(telling->pipe, load_item_since(telling->group, item));
}

static bool
tell_some(LoadGroup *group, TablePipe *pipe, LoadItem *const *items, size_t count, Error *err)
{
	SnowflakePipeFile *files = ARENA_ARRAY(group->scratch, SnowflakePipeFile, count);
	Telling telling = {group, pipe};
	bool ok;

	for (size_t i = 0; i < count; i++)
		files[i] = (SnowflakePipeFile){str_from_cstr(load_group_name(group, items[i])),
									   items[i]->file->stored.bytes};
	ok = snowflake_pipe_insert(&pipe->pipe, files, count, take_refusal, &telling, err);
	if (pipe->reported == 0)
	{
		pipe->reported = group->time;
		pipe->reported_at = group->now;
	}
	for (size_t i = 0; i < count; i++)
	{
		items[i]->tried = true;
		if (!ok)
			continue;
		items[i]->submitted = group->time;
		if (items[i]->status == LOAD_WAITING)
			items[i]->status = LOAD_SUBMITTED;
	}
	return ok;
}

static bool
tell(LoadGroup *group, TablePipe *pipe, Error *err)
{
	LoadItem **due = ARENA_ARRAY(group->scratch, LoadItem *, group->count);
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
	{
		LoadItem *item = group->items[i];

		if (!is_due(group, item))
			continue;
		if (load_item_may_be_known(item) && is_old(group, item))
			give_up_old(group, item);
		else
			due[count++] = item;
	}
	for (size_t from = 0; from < count; from += SNOWFLAKE_PIPE_FILES)
		if (!tell_some(group, pipe, due + from, Min(count - from, (size_t)SNOWFLAKE_PIPE_FILES), err))
			return false;
	return true;
}

/* ---- rounds ---- */

bool
loader_rest_work(LoadGroup *group, Error *err)
{
	TablePipe *pipe = pipe_of(group->loader, group->table, group->load.revision);

	/* The history may be refused for a while: what needs it not goes first. */
	return ask_report(group, pipe, err) && tell(group, pipe, err) && ask_history(group, pipe, err) &&
		   tell(group, pipe, err);
}

static void
pass_over(void *context UNUSED, const SnowflakePipeEvent *event UNUSED)
{
}

/* Events of before are looked up when items are there that they may be of. */
bool
loader_rest_begin(SnowflakeLoader *loader, TableLoader *table, Error *err)
{
	TablePipe *pipe = pipe_of(loader, table, table->load.kind == OUTPUT_DATA ? table->revision : 0);
	bool complete, ok = snowflake_pipe_report(&pipe->pipe, &complete, pass_over, NULL, err);

	str_clear(&pipe->pipe.mark);
	return ok || load_table_error(table, err);
}
