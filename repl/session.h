/*
 * session.h: one session: catalog, settings, variables, and the statements that run in it.
 *
 * The idea: terminal, files and -c all feed text into run_text.h, which cuts it into statements; each is
 * planned here in an arena of its own and handed to its row of statement_list.h. Sinks only pile up;
 * session_finish() starts those that nothing ran yet, all as one job.
 */
#ifndef WEIR_REPL_SESSION_H
#define WEIR_REPL_SESSION_H

#include "common/settings.h"
#include "connectors/registry.h"
#include "executor/store.h"
#include "parser/parse.h"
#include "planner/catalog.h"
#include "planner/plan_context.h"
#include "repl/options.h"
#include "repl/report.h"
#include "repl/variables.h"

typedef struct Session
{
	const CommandLine *line;
	Catalog catalog;
	Settings settings;
	Arena arena;          /* texts of settings; lives as long as the session */
	TimeZoneCache *zones; /* is zones_storage */
	TimeZoneCache zones_storage;
	Log log; /* standard error; level and format as set when it is used */
	Connectors *connectors;
	StoreSet stores;
	Variables variables;
	PrintOptions print;
	FailurePoints failure_points;
	FILE *out;        /* results; stdout or -o FILE */
	bool out_is_ours; /* close it at the end */
	bool out_is_pipe; /* of \o |COMMAND */
	/* --snowflake-ddl: where the statements go, while out goes nowhere; NULL = out is where all goes. */
	FILE *kept_out;
	bool kept_is_ours;
	bool kept_is_pipe;
	bool interactive;
	bool quiet; /* no tags; -q, and while the start-up file is read. The variable QUIET says the same */
	bool timing;
	bool quit;              /* \q was met: the text at hand is over */
	int exit_code;          /* of the first failure, 0 = none so far */
	bool drained;           /* SIGTERM ended a job in order; nothing runs after it */
	const char *first_file; /* of -f: names the job and places its state; NULL = none */
	SourcePlace place;
	int depth;               /* of \i */
	const char *input_taken; /* why no stream or table can read standard input any more; NULL = one can */
	StrBuf last_statement;   /* for \p and \g */
	char *last_error;        /* in full, for \errverbose; NULL = none yet */
} Session;

extern bool session_open(Session *session, const CommandLine *line, Error *err) WARN_UNUSED;
extern void session_close(Session *session);

/* Runs one statement: plans, executes, prints, reports. */
extern bool session_run_statement(Session *session, StrView source);

/* What planning needs, over an arena and the statement's source. */
extern PlanContext session_plan_context(Session *session, Arena *arena, StrView source,
										const TypeContext *types);
extern TypeContext session_type_context(const Session *session);

/* What the command line says is to be done when all text was read. */
extern bool session_finish(Session *session);

/* Whether ON_ERROR_STOP holds: on unless the terminal is interactive. */
extern bool session_stops_on_error(const Session *session);
/* Whether only results are wanted. */
extern bool session_is_quiet(const Session *session);
/* Whether a signal ends the session: SIGTERM always, Ctrl-C outside of the terminal. */
extern bool session_was_stopped(const Session *session);

/* Results go to a file, or with | before it to a command; NULL: to standard output. */
extern bool session_set_output(Session *session, const char *path, Error *err) WARN_UNUSED;
/* Log level and format follow the settings. */
extern void session_apply_settings(Session *session);

/* With \timing: how long it took since then, a time of clock_monotonic(). */
extern void session_print_time(const Session *session, int64_t started);
/* Reports an error of the statement at hand, without its secrets, and notes the exit code. */
extern void session_report(Session *session, Error *err, StrView source, bool of_job);

#endif
