/*
 * session.c: running text in a session (contract in session.h).
 */
#include "repl/session.h"

#include <errno.h>
#include <unistd.h>

#include "common/memory.h"
#include "executor/query.h"
#include "planner/explain.h"
#include "planner/plan_job.h"
#include "repl/command.h"
#include "repl/interrupt.h"
#include "repl/job.h"
#include "repl/secrets.h"
#include "repl/statement.h"

/* ---- opening and closing ---- */

/* Results that could not be written are a failure; that of standard output is found at the very end. */
static void
close_output(Session *session)
{
	bool failed = fflush(session->out) != 0 || ferror(session->out);

	if (session->out_is_pipe)
		pclose(session->out);
	else if (session->out_is_ours)
		failed = fclose(session->out) != 0 || failed;
	if (failed && session->out_is_ours)
	{
		fputs("weir: error: could not write all results\n", stderr);
		session->exit_code = session->exit_code ? session->exit_code : 1;
	}
	session->out = stdout;
	session->out_is_ours = session->out_is_pipe = false;
}

bool
session_set_output(Session *session, const char *path, Error *err)
{
	bool pipe = path != NULL && path[0] == '|';
	FILE *file;

	if (path == NULL)
	{
		close_output(session);
		return true;
	}
	fflush(session->out);
	file = pipe ? popen(path + 1, "w") : fopen(path, "w");
	if (file == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_FILE, NO_POSITION, "could not open file \"%s\": %s", path,
						 strerror(errno));
	close_output(session);
	session->out = file;
	session->out_is_ours = true;
	session->out_is_pipe = pipe;
	return true;
}

/* What --snowflake-ddl prints can be given to Snowflake as it is: no tags, no results, no \echo among it. */
static bool
keep_output_apart(Session *session, Error *err)
{
	FILE *nowhere;

	if (session->line->mode != MODE_SNOWFLAKE_DDL)
		return true;
	nowhere = fopen("/dev/null", "w");
	if (nowhere == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_FILE, NO_POSITION, "could not open file \"/dev/null\": %s",
						 strerror(errno));
	session->kept_out = session->out;
	session->kept_is_ours = session->out_is_ours;
	session->kept_is_pipe = session->out_is_pipe;
	session->out = nowhere;
	session->out_is_ours = true;
	session->out_is_pipe = false;
	return true;
}

static void
restore_output(Session *session)
{
	if (session->kept_out == NULL)
		return;
	close_output(session);
	session->out = session->kept_out;
	session->out_is_ours = session->kept_is_ours;
	session->out_is_pipe = session->kept_is_pipe;
	session->kept_out = NULL;
}

static void
find_first_file(Session *session, const CommandLine *line)
{
	for (size_t i = 0; i < line->action_count && session->first_file == NULL; i++)
		if (line->actions[i].is_file && strcmp(line->actions[i].text, "-") != 0)
			session->first_file = line->actions[i].text;
}

/* Files of --input are missed before anything runs, and so are those that another one would hide. */
static bool
find_inputs(const CommandLine *line, Error *err)
{
	for (size_t i = 0; i < line->input_count; i++)
	{
		const char *path = line->inputs[i].value;

		if (strcmp(path, "-") != 0 && access(path, R_OK) != 0)
			return error_set(err, SQLSTATE_UNDEFINED_FILE, NO_POSITION,
							 "--input: could not open file \"%s\": %s", path, strerror(errno));
		for (size_t k = 0; k < i; k++)
			if (strcmp(line->inputs[k].name, line->inputs[i].name) == 0)
				return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
								 "--input: \"%s\" is given twice", line->inputs[i].name);
	}
	return true;
}

/* What a store has to say, from any thread: a line of its own, in front of which a progress line is wiped. */
static void
report_store(void *context, const char *severity, const char *text)
{
	const Session *session = context;
	LogLevel level = log_level_of(severity);

	if (level < session->log.level)
		return;
	if (session->log.format == LOG_JSON)
	{
		log_write(&session->log, level, "%s", text);
		return;
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	report_notice(stderr, &(SourcePlace){0}, severity, text);
}

bool
session_open(Session *session, const CommandLine *line, Error *err)
{
	size_t store_count;

	*session = (Session){.line = line, .print = line->print, .out = stdout};
	/* what is printed for other programs to read holds nothing else */
	session->quiet = line->quiet || line->mode == MODE_EXPLAIN || line->mode == MODE_SNOWFLAKE_DDL ||
					 line->mode == MODE_VERIFY || line->mode == MODE_SNOWFLAKE_QUERY ||
					 line->mode == MODE_SNOWFLAKE_APPLY;
	arena_init(&session->arena, "session");
	catalog_init(&session->catalog);
	settings_init(&session->settings);
	timezone_cache_init(&session->zones_storage, NULL);
	session->zones = &session->zones_storage;
	session->log = (Log){.fd = STDERR_FILENO, .clock = &system_clock};
	session_apply_settings(session);
	session->connectors = connectors_open(&session->log);
	session->stores = (StoreSet){.classes = connectors_stores(session->connectors, &store_count),
								 .fs = &system_fs,
								 .failure_points = &session->failure_points,
								 .settings = &session->settings,
								 .notice = report_store,
								 .notice_context = session};
	session->stores.count = store_count;
	variables_set(&session->variables, "VERBOSITY", "default");
	for (size_t i = 0; i < line->variable_count; i++)
		variables_set(&session->variables, line->variables[i].name, line->variables[i].value);
	find_first_file(session, line);
	return find_inputs(line, err) &&
		   (line->output == NULL || session_set_output(session, line->output, err)) &&
		   keep_output_apart(session, err) &&
		   failure_points_parse(&session->failure_points, getenv("WEIR_FAILURE_POINT"), err);
}

void
session_close(Session *session)
{
	restore_output(session);
	close_output(session);
	catalog_release(&session->catalog);
	connectors_close(session->connectors);
	variables_free(&session->variables);
	str_free(&session->last_statement);
	free(session->last_error);
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

static Verbosity
verbosity_of(const Session *session)
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

/* A statement as messages may show it. */
static void
show_source(const Session *session, StrView source, StrBuf *out)
{
	str_append_view(out, source);
	if (out->len > 0)
		(void)secrets_mask(connectors_set(session->connectors), out->data);
}

/* Between the results, where a person and "2>&1" expect it; if log_level lets it. */
static void
report(const Session *session, const char *severity, const Error *what, StrView source)
{
	LogLevel level = log_level_of(severity);
	StrBuf shown = {0};

	fflush(session->out);
	if (!session->interactive && session->log.format == LOG_JSON)
	{
		log_error(&session->log, level, what);
		return;
	}
	if (level < session->log.level)
		return;
	show_source(session, source, &shown);
	report_error(stderr, &session->place, severity, what, str_view(&shown), verbosity_of(session));
	str_free(&shown);
}

static void
report_plan_notice(const PlanContext *context, const char *severity, const Error *what)
{
	report(context->notice_context, severity, what, context->source);
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
		.state_location = job_state_location(session, arena),
		/* what is only looked at may be a job of either kind */
		.batch =
			session->line->batch || session->line->mode == MODE_VERIFY || session->line->mode == MODE_RESET,
		.shards = session->line->shards,
		.source = source,
		.arena = arena,
		.notice = report_plan_notice,
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

bool
session_is_quiet(const Session *session)
{
	return session->quiet || variables_are_on(&session->variables, "QUIET");
}

bool
session_was_stopped(const Session *session)
{
	return interrupt_was_terminate() || (!session->interactive && *interrupt_flag());
}

void
session_apply_settings(Session *session)
{
	session->log.level = (LogLevel)session->settings.log_level;
	session->log.format = (LogFormat)session->settings.log_format;
}

/* Keeps the error's full text. */
static void
keep_error(Session *session, const Error *err, StrView source)
{
	size_t len;
	FILE *text;

	free(session->last_error);
	session->last_error = NULL;
	text = open_memstream(&session->last_error, &len);
	if (text == NULL)
		return;
	report_error(text, &(SourcePlace){0}, "ERROR", err, source, VERBOSITY_VERBOSE);
	fclose(text);
}

void
session_report(Session *session, Error *err, StrView source, bool of_job)
{
	StrBuf shown = {0};

	secrets_mask_error(connectors_set(session->connectors), source, err);
	show_source(session, source, &shown);
	report(session, "ERROR", err, source);
	keep_error(session, err, str_view(&shown));
	str_free(&shown);
	if (session->exit_code == 0 && !session->interactive)
		session->exit_code = report_exit_code(err, of_job);
}

/* ---- statements ---- */

static void
print_notices(const Session *session, const StatementList *list, StrView source)
{
	for (int i = 0; i < list->notice_count; i++)
	{
		const ParseNotice *notice = &list->notices[i];
		Error what = {0};

		error_set(&what, notice->state, notice->position, "%s", notice->message);
		report(session, notice->severity, &what, source);
		error_clear(&what);
	}
}

/* As psql: milliseconds, and what that is in a form for people when it is long. */
void
session_print_time(const Session *session, int64_t started)
{
	int64_t micros = clock_monotonic(&system_clock) - started;
	double milliseconds = (double)micros / 1000;
	int64_t seconds = micros / 1000000;
	FILE *out = stdout;

	if (!session->timing)
		return;
	fprintf(out, "Time: %.3f ms", milliseconds);
	if (seconds >= 3600)
		fprintf(out, " (%02d:%02d:%06.3f)", (int)(seconds / 3600), (int)(seconds / 60 % 60),
				(double)(micros % 60000000) / 1e6);
	else if (seconds >= 1)
		fprintf(out, " (%02d:%06.3f)", (int)(seconds / 60), (double)(micros % 60000000) / 1e6);
	fputc('\n', out);
}

static void
echo_statement(const Session *session, StrView source)
{
	StrBuf shown = {0};

	show_source(session, source, &shown);
	fprintf(session->out, "%s\n", str_cstr(&shown));
	str_free(&shown);
}

bool
session_run_statement(Session *session, StrView source)
{
	int64_t started = clock_monotonic(&system_clock);
	Arena arena;
	StatementList list;
	StatementRun run = {.session = session, .source = source, .arena = &arena};
	Error err = {0};
	bool ok;

	if (session->interactive)
		interrupt_clear();
	if (session->line->echo_queries)
		echo_statement(session, source);
	arena_init(&arena, "statement");
	ok = parse_statements(source, &arena, &list, &err);
	if (ok)
		print_notices(session, &list, source);
	for (int i = 0; ok && i < list.count; i++)
	{
		run.tree = list.items[i].tree;
		run.of_job = false;
		run.types = session_type_context(session);
		run.plan = session_plan_context(session, &arena, source, &run.types);
		ok = statement_execute(&run, &err);
	}
	if (!ok)
		session_report(session, &err, source, run.of_job);
	session_print_time(session, started);
	fflush(session->out);
	error_clear(&err);
	arena_release(&arena);
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

	restore_output(session);
	if (session->line->mode == MODE_SNOWFLAKE_DDL)
		return statement_print_snowflake_ddl(run, sinks, count, err);
	if (!plan_job(&run->plan, sinks, count, &plan, err))
		return false;
	if (session->line->mode == MODE_EXPLAIN)
		explain_job(&run->plan, plan, &options, &text);
	fputs(str_cstr(&text), session->out);
	str_free(&text);
	return true;
}

/* Starts the sinks that nothing ran yet; true when there are none. */
static bool
run_pending(Session *session)
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
	ok = job_check_inputs(session, &err);
	runs = runs && ok;
	if (ok && count > 0)
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

bool
session_finish(Session *session)
{
	return command_line_is_command(session->line) ? command_execute(session) : run_pending(session);
}
