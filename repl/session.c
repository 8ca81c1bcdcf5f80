/*
 * session.c: running text in a session (contract in session.h).
 */
#include "repl/session.h"

#include <errno.h>
#include <unistd.h>

#include "common/memory.h"
#include "executor/query.h"
#include "parser/split.h"
#include "planner/explain.h"
#include "planner/plan_job.h"
#include "repl/interrupt.h"
#include "repl/job.h"
#include "repl/meta_commands.h"
#include "repl/statement.h"

/* Deeper \i would be a file that includes itself. */
enum
{
	MAX_INCLUDE_DEPTH = 100
};

/* ---- opening and closing ---- */

static bool
open_output(Session *session, const char *path, Error *err)
{
	session->out = stdout;
	if (path == NULL)
		return true;
	session->out = fopen(path, "w");
	session->out_is_ours = session->out != NULL;
	if (session->out != NULL)
		return true;
	session->out = stdout;
	return error_set(err, SQLSTATE_UNDEFINED_FILE, NO_POSITION, "could not open file \"%s\": %s", path,
					 strerror(errno));
}

static void
find_first_file(Session *session, const CommandLine *line)
{
	for (size_t i = 0; i < line->action_count && session->first_file == NULL; i++)
		if (line->actions[i].is_file && strcmp(line->actions[i].text, "-") != 0)
			session->first_file = line->actions[i].text;
}

bool
session_open(Session *session, const CommandLine *line, Error *err)
{
	size_t store_count;

	*session = (Session){.line = line, .print = line->print};
	arena_init(&session->arena, "session");
	catalog_init(&session->catalog);
	settings_init(&session->settings);
	timezone_cache_init(&session->zones_storage, NULL);
	session->zones = &session->zones_storage;
	session->log = (Log){.level = LOG_WARNING, .fd = STDERR_FILENO, .clock = &system_clock};
	session->connectors = connectors_open(&session->log);
	session->stores = (StoreSet){.classes = connectors_stores(session->connectors, &store_count),
								 .fs = &system_fs,
								 .failure_points = &session->failure_points};
	session->stores.count = store_count;
	variables_set(&session->variables, "VERBOSITY", "default");
	for (size_t i = 0; i < line->variable_count; i++)
		variables_set(&session->variables, line->variables[i].name, line->variables[i].value);
	find_first_file(session, line);
	return open_output(session, line->output, err) &&
		   failure_points_parse(&session->failure_points, getenv("WEIR_FAILURE_POINT"), err);
}

void
session_close(Session *session)
{
	if (session->out_is_ours)
		fclose(session->out);
	else
		fflush(session->out);
	catalog_release(&session->catalog);
	connectors_close(session->connectors);
	variables_free(&session->variables);
	timezone_cache_release(&session->zones_storage);
	arena_release(&session->arena);
}

/* ---- what statements need ---- */

TypeContext
session_type_context(const Session *session)
{
	return (TypeContext){
		.zone = timezone_find(session->zones, str_from_cstr(session->settings.timezone)),
		.now = clock_now(&system_clock),
		.zones = session->zones,
	};
}

static void
plan_notice(void *context, const char *severity, const char *text)
{
	const Session *session = context;

	report_notice(stderr, &session->place, severity, text);
}

PlanContext
session_plan_context(Session *session, Arena *arena, StrView source, const TypeContext *types)
{
	return (PlanContext){
		.catalog = &session->catalog,
		.connectors = connectors_set(session->connectors),
		.settings = &session->settings,
		.evaluator = &executor_evaluator,
		.types = types,
		.batch = session->line->batch,
		.source = source,
		.arena = arena,
		.notice = plan_notice,
		.notice_context = session,
	};
}

bool
session_stops_on_error(const Session *session)
{
	if (variables_get(&session->variables, STR_LIT("ON_ERROR_STOP")) != NULL)
		return variables_are_on(&session->variables, "ON_ERROR_STOP");
	return !session->interactive;
}

Verbosity
session_verbosity(const Session *session)
{
	static const char *const names[] = {
		[VERBOSITY_DEFAULT] = "default",
		[VERBOSITY_VERBOSE] = "verbose",
		[VERBOSITY_TERSE] = "terse",
		[VERBOSITY_SQLSTATE] = "sqlstate",
	};
	const char *value = variables_get(&session->variables, STR_LIT("VERBOSITY"));

	for (size_t i = 0; value != NULL && i < lengthof(names); i++)
		if (strcmp(names[i], value) == 0)
			return (Verbosity)i;
	return VERBOSITY_DEFAULT;
}

void
session_report(Session *session, const Error *err, StrView source, bool of_job)
{
	fflush(session->out);
	report_error(stderr, &session->place, "ERROR", err, source, session_verbosity(session));
	if (session->exit_code == 0 && !session->interactive)
		session->exit_code = report_exit_code(err, of_job);
}

/* ---- statements ---- */

static bool
execute(StatementRun *run, Error *err)
{
	StatementHandler handler = statement_handler(run->tree->kind);

	if (handler != NULL)
		return handler(run, err);
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, run->tree->position,
			  "this statement is not executed by this version of Weir");
	return error_hint(err, "It is part of the language and parses, but nothing runs it yet.");
}

static void
print_notices(const Session *session, const StatementList *list)
{
	for (int i = 0; i < list->notice_count; i++)
		report_notice(stderr, &session->place, list->notices[i].severity, list->notices[i].message);
}

bool
session_run_statement(Session *session, StrView source)
{
	Arena arena;
	StatementList list;
	StatementRun run = {.session = session, .source = source, .arena = &arena};
	Error err = {0};
	bool ok;

	if (session->line->echo_queries)
		fprintf(session->out, "%.*s\n", (int)source.len, source.data);
	arena_init(&arena, "statement");
	ok = parse_statements(source, &arena, &list, &err);
	if (ok)
		print_notices(session, &list);
	for (int i = 0; ok && i < list.count; i++)
	{
		run.tree = list.items[i].tree;
		run.of_job = false;
		run.types = session_type_context(session);
		run.plan = session_plan_context(session, &arena, source, &run.types);
		ok = execute(&run, &err);
	}
	if (!ok)
		session_report(session, &err, source, run.of_job);
	fflush(session->out);
	error_clear(&err);
	arena_release(&arena);
	return ok;
}

/* ---- text and files ---- */

static const char *
lookup_variable(void *context, StrView name)
{
	return variables_get(context, name);
}

static int
count_lines(StrView text)
{
	int lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

/* A meta-command takes the rest of its line. */
static bool
run_meta_command(Session *session, StrView text, size_t *at)
{
	const char *end = memchr(text.data + *at, '\n', text.len - *at);
	size_t len = end ? (size_t)(end - text.data) - *at : text.len - *at;
	StrView line = {text.data + *at, len};

	*at += len;
	return meta_command_run(session, line);
}

static bool
run_split_statement(Session *session, Splitter *splitter)
{
	StrView source = str_view(&splitter->statement);
	bool ok = true;

	while (source.len > 0 && strchr(" \t\r\n\f", source.data[0]) != NULL)
		source = (StrView){source.data + 1, source.len - 1};
	if (splitter->begun)
		ok = session_run_statement(session, source);
	splitter_reset(splitter);
	return ok;
}

/* SIGTERM came: what is left of the text is not run. False. */
static bool
stop_text(Session *session)
{
	Error err = {0};

	if (!session->drained)
	{
		error_set(&err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the session was stopped before its end");
		session_report(session, &err, (StrView){0}, false);
		error_clear(&err);
	}
	return false;
}

static bool
run_pieces(Session *session, Splitter *splitter, StrView text)
{
	size_t at = 0;
	int first_line = session->place.line;

	while (at < text.len && !session->quit)
	{
		size_t consumed = 0;
		Error err = {0};
		SplitEnd end = splitter_feed(splitter, (StrView){text.data + at, text.len - at}, &consumed, &err);
		bool ok = true;

		at += consumed;
		session->place.line = first_line + count_lines((StrView){text.data, at});
		if (end == SPLIT_FAILED)
			session_report(session, &err, (StrView){0}, false);
		error_clear(&err);
		if (end == SPLIT_STATEMENT)
			ok = run_split_statement(session, splitter);
		else if (end == SPLIT_BACKSLASH)
			ok = run_meta_command(session, text, &at);
		if ((!ok || end == SPLIT_FAILED) && session_stops_on_error(session))
			return false;
		if (interrupt_was_terminate())
			return stop_text(session);
	}
	/* the last statement needs no semicolon */
	return session->quit || run_split_statement(session, splitter) || !session_stops_on_error(session);
}

bool
session_run_text(Session *session, StrView text, const char *file)
{
	Splitter splitter = {.lookup = lookup_variable, .context = &session->variables};
	SourcePlace before = session->place;
	bool ok;

	session->place = (SourcePlace){.file = file, .line = 1};
	ok = run_pieces(session, &splitter, text);
	splitter_release(&splitter);
	session->place = before;
	return ok;
}

static bool
read_stream(FILE *file, StrBuf *out)
{
	char buffer[65536];
	size_t n;

	while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
		str_append(out, buffer, n);
	return !ferror(file);
}

static bool
read_text(const char *path, StrBuf *out)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	bool ok;

	if (file == NULL)
		return false;
	ok = read_stream(file, out);
	if (file != stdin)
		fclose(file);
	return ok;
}

bool
session_run_file(Session *session, const char *path)
{
	StrBuf text = {0};
	bool ok;

	if (session->depth >= MAX_INCLUDE_DEPTH)
	{
		fprintf(stderr, "weir: error: %s: files include each other without end\n", path);
		session->exit_code = session->exit_code ? session->exit_code : 1;
		return false;
	}
	if (!read_text(path, &text))
	{
		fprintf(stderr, "weir: error: %s: %s\n", path, strerror(errno));
		str_free(&text);
		if (!session->interactive)
			session->exit_code = session->exit_code ? session->exit_code : 1;
		return false;
	}
	session->depth++;
	ok = session_run_text(session, str_view(&text), strcmp(path, "-") == 0 ? NULL : path);
	session->depth--;
	str_free(&text);
	return ok;
}

/* ---- sinks that pile up ---- */

/* Plans all sinks and prints what --check, --explain or --snowflake-ddl ask for. */
static bool
show_job(Session *session, const SinkDef *const *sinks, int count, StatementRun *run, Error *err)
{
	ExplainOptions options = {.verbose = false};
	StrBuf text = {0};
	JobPlan *plan;

	if (session->line->mode == MODE_SNOWFLAKE_DDL)
		return statement_print_snowflake_ddl(run, sinks, count, err);
	if (!plan_job(&run->plan, sinks, count, &plan, err))
		return false;
	if (session->line->mode == MODE_EXPLAIN)
		explain_job(&run->plan, plan, &options, NULL, &text);
	fputs(str_cstr(&text), session->out);
	str_free(&text);
	return true;
}

bool
session_run_pending(Session *session)
{
	Arena arena;
	StatementRun run = {.session = session, .arena = &arena};
	Error err = {0};
	const SinkDef *const *sinks;
	int count;
	bool ok = true;
	bool runs = session->line->mode == MODE_RUN;

	arena_init(&arena, "pending sinks");
	sinks = job_collect_sinks(session, false, &arena, &count);
	if (count > 0)
	{
		run.types = session_type_context(session);
		run.plan = session_plan_context(session, &arena, (StrView){0}, &run.types);
		if (runs)
			ok = job_execute(session, sinks, count, session->line->batch ? UNTIL_END : UNTIL_STOPPED,
							 INT64_MAX, &err);
		else
			ok = show_job(session, sinks, count, &run, &err);
	}
	if (!ok)
		session_report(session, &err, (StrView){0}, runs);
	error_clear(&err);
	arena_release(&arena);
	return ok;
}

static bool
reset_sink(Session *session)
{
	Error err = {0};
	bool ok = job_reset(session, session->line->sink, !session->line->yes, &err);

	/* A name that is missing or unknown is the caller's mistake, not the job's failure. */
	if (!ok)
		session_report(session, &err, (StrView){0},
					   err.state != SQLSTATE_UNDEFINED_OBJECT &&
						   err.state != SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE);
	error_clear(&err);
	return ok;
}

bool
session_finish(Session *session)
{
	return session->line->mode == MODE_RESET ? reset_sink(session) : session_run_pending(session);
}
