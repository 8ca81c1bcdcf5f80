/*
 * job.c: from the session's sinks to a running job (contract in job.h).
 *
 * The idea: all that the executor must not know is put together here: which connectors and stores there are,
 * where state lies by default, what replaces a stream under --input, and who is told about progress.
 */
#include "repl/job.h"

#include "connectors/file_source.h"
#include "connectors/registry.h"
#include "executor/query.h"
#include "planner/plan_job.h"
#include "repl/interrupt.h"
#include "repl/job_loader.h"
#include "repl/progress.h"

enum
{
	JOB_NAME_MAX = 200 /* bytes */
};

const SinkDef *const *
job_collect_sinks(const Session *session, bool all, Arena *arena, int *count)
{
	const SinkDef **sinks = ARENA_ARRAY(arena, const SinkDef *, session->catalog.count);
	const CatalogObject *object;
	int next = 0;

	*count = 0;
	while ((object = catalog_next(&session->catalog, OBJECT_SINK, &next)) != NULL)
		if (all || !object->sink->started)
			sinks[(*count)++] = object->sink;
	return sinks;
}

/* "dir/clicks.sql" is "clicks". */
static const char *
base_name(const char *path, Arena *arena)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	return dot != NULL && dot != base ? arena_strndup(arena, base, (size_t)(dot - base)) : base;
}

/* The name becomes that of a folder, and the beginning of names of files in it. */
static bool
check_job_name(const char *name, Error *err)
{
	bool ok = name[0] != '.' && strlen(name) <= JOB_NAME_MAX;

	for (const char *c = name; *c != '\0'; c++)
		ok = ok && *c != '/' && (unsigned char)*c >= 0x20;
	if (ok)
		return true;
	error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid job name \"%s\"", name);
	return error_hint(err,
					  "SET job_name to at most %d bytes that do not begin with a point and have no slash or "
					  "control character among them.",
					  JOB_NAME_MAX);
}

bool
job_name_of(const Session *session, Arena *arena, const char **name, Error *err)
{
	if (session->settings.job_name[0] != '\0')
		*name = session->settings.job_name;
	else if (session->first_file != NULL)
		*name = base_name(session->first_file, arena);
	else
	{
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION, "the job has no name");
		return error_hint(err, "SET job_name = '…': the job's state is kept under that name.");
	}
	return check_job_name(*name, err);
}

const char *
job_state_location(const Session *session, Arena *arena)
{
	const char *file = session->first_file;
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (session->settings.state_location[0] != '\0')
		return session->settings.state_location;
	if (slash == NULL)
		return ".weir";
	return arena_printf(arena, "%.*s/.weir", (int)(slash - file), file);
}

/* ---- --input ---- */

static const char *
input_of(const Session *session, const char *stream)
{
	for (size_t i = 0; i < session->line->input_count; i++)
		if (strcmp(session->line->inputs[i].name, stream) == 0)
			return session->line->inputs[i].value;
	return NULL;
}

/* The same stream, but read from files. */
static const StreamDef *
from_file(const StreamDef *stream, Arena *arena)
{
	StreamDef *copy = ARENA_NEW(arena, StreamDef);

	*copy = *stream;
	copy->source = &file_source_class.info;
	return copy;
}

/* What stands on standard input can be read once, and not by two. */
static bool
take_standard_input(Session *session, const StreamDef *stream, const char *fixture, Error *err)
{
	const char *path = fixture;

	if (path == NULL && stream->source == &file_source_class.info)
		path = options_text(&stream->options, "path");
	if (path == NULL || strcmp(path, "-") != 0)
		return true;
	if (session->input_taken != NULL)
		return error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION,
						 "standard input can't be read for \"%s\": %s", stream->name, session->input_taken);
	session->input_taken = "it was read before";
	return true;
}

bool
job_replace_tables(Session *session, TablePlan *const *tables, int count, Arena *arena, Error *err)
{
	for (int i = 0; i < count; i++)
	{
		if ((tables[i]->fixture = input_of(session, tables[i]->table->name)) != NULL)
			tables[i]->table = from_file(tables[i]->table, arena);
		if (!take_standard_input(session, tables[i]->table, tables[i]->fixture, err))
			return false;
	}
	return true;
}

bool
job_check_inputs(const Session *session, Error *err)
{
	for (size_t i = 0; i < session->line->input_count; i++)
	{
		const char *name = session->line->inputs[i].name;
		const CatalogObject *object = catalog_find(&session->catalog, name);

		if (object == NULL)
			return error_set(err, SQLSTATE_UNDEFINED_TABLE, NO_POSITION,
							 "--input: relation \"%s\" does not exist", name);
		if (object->kind != OBJECT_STREAM && object->kind != OBJECT_TABLE)
			return error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, NO_POSITION,
							 "--input: \"%s\" is not a stream or table", name);
	}
	return true;
}

/* Per scan: the file that stands in for its connector, or NULL. */
static bool
apply_inputs(Session *session, const JobPlan *plan, Arena *arena, const char *const **out, Error *err)
{
	const char **fixtures = ARENA_ARRAY_ZERO(arena, const char *, plan->scan_count + 1);

	for (int i = 0; i < plan->scan_count; i++)
	{
		ScanPlan *scan = plan->scans[i];

		if ((fixtures[i] = input_of(session, scan->stream->name)) != NULL)
			scan->stream = from_file(scan->stream, arena);
		if (!take_standard_input(session, scan->stream, fixtures[i], err))
			return false;
	}
	*out = fixtures;
	return job_replace_tables(session, plan->tables, plan->table_count, arena, err);
}

/* ---- running ---- */

/* What both kinds of run have in common. */
static bool
prepare(Session *session, const JobPlan *plan, TypeContext *types, Arena *arena, JobOpen *open, Error *err)
{
	*open = (JobOpen){
		.plan = plan,
		.settings = &session->settings,
		.context = types,
		.clock = &system_clock,
		.random = random_system(),
		.stores = &session->stores,
		.shard = session->line->shard,
		.shards = session->line->shards,
		.accept_gap = session->line->accept_gap,
		.stop = interrupt_flag(),
	};
	return apply_inputs(session, plan, arena, &open->fixtures, err);
}

static void
mark_started(const SinkDef *const *sinks, int count)
{
	for (int i = 0; i < count; i++)
		((SinkDef *)(uintptr_t)sinks[i])->started = true;
}

static bool
run_planned(Session *session, const JobPlan *plan, JobUntil until, int64_t deadline, TypeContext *types,
			Arena *arena, Error *err)
{
	Progress progress;
	JobLoader loader;
	JobOpen open;
	bool ok;

	progress_init(&progress, &session->log, session_is_quiet(session));
	if (!prepare(session, plan, types, arena, &open, err) ||
		!job_name_of(session, arena, &open.job_name, err))
		return false;
	if (!job_loader_open(session, plan, open.job_name, &loader, err))
	{
		job_loader_close(&loader);
		return false;
	}
	open.loader = loader.loader;
	open.state_location = job_state_location(session, arena);
	open.standby = session->line->standby;
	open.until = until;
	open.deadline = deadline;
	open.progress = progress_update;
	open.notice = progress_notice;
	open.callback_context = &progress;
	fflush(session->out);
	ok = job_run(&open, err);
	session->drained = ok && session_was_stopped(session);
	job_loader_close(&loader);
	progress_clear(&progress);
	return ok;
}

bool
job_execute(Session *session, const SinkDef *const *sinks, int count, JobUntil until, int64_t deadline,
			Error *err)
{
	Arena arena;
	TypeContext types = session_type_context(session);
	PlanContext context;
	JobPlan *plan;
	bool ok;

	arena_init(&arena, "job");
	context = session_plan_context(session, &arena, (StrView){0}, &types);
	context.batch = until == UNTIL_END;
	ok = plan_job(&context, sinks, count, &plan, err);
	if (ok)
	{
		mark_started(sinks, count);
		ok = run_planned(session, plan, until, deadline, &types, &arena, err);
	}
	arena_release(&arena);
	return ok;
}

bool
job_execute_query(Session *session, const JobPlan *plan, JobUntil until, RowReceiver *receiver,
				  TypeContext *types, Error *err)
{
	Progress progress;
	Arena arena;
	JobOpen open;
	bool ok;

	arena_init(&arena, "live query");
	if (!prepare(session, plan, types, &arena, &open, err))
	{
		arena_release(&arena);
		return false;
	}
	/* notices (why no rows come) are for a person at a terminal */
	progress_init(&progress, &session->log, true);
	open.until = until;
	open.receiver = receiver;
	open.callback_context = &progress;
	if (progress.terminal)
		open.notice = progress_notice;
	ok = job_run(&open, err);
	session->drained = ok && session_was_stopped(session);
	arena_release(&arena);
	return ok;
}
