/*
 * session.h: one session: catalog, settings, variables, and the statements that run in it.
 *
 * The idea: terminal, files and -c all feed text into session_run_text(); it cuts statements with the scanner
 * that the parser uses, plans each in an arena of its own and hands it to its row of statement_list.h. Sinks
 * only pile up; session_run_pending() starts those that nothing ran yet, all as one job.
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
	bool interactive;
	bool timing;
	bool quit;              /* \q was met */
	int exit_code;          /* of the first failure, 0 = none so far */
	bool drained;           /* SIGTERM ended a job in order; nothing runs after it */
	const char *first_file; /* of -f: names the job and places its state; NULL = none */
	SourcePlace place;
	int depth; /* of \i */
} Session;

extern bool session_open(Session *session, const CommandLine *line, Error *err) WARN_UNUSED;
extern void session_close(Session *session);

/* Runs all statements and meta-commands of a text. False: one failed and ON_ERROR_STOP is on. file may be
 * NULL. */
extern bool session_run_text(Session *session, StrView text, const char *file);
/* The same for a file; "-" is standard input. */
extern bool session_run_file(Session *session, const char *path);

/* Runs one statement: plans, executes, prints, reports. */
extern bool session_run_statement(Session *session, StrView source);

/* What planning needs, over an arena and the statement's source. */
extern PlanContext session_plan_context(Session *session, Arena *arena, StrView source,
										const TypeContext *types);
extern TypeContext session_type_context(const Session *session);

/* Starts the sinks that nothing ran yet; true when there are none. */
extern bool session_run_pending(Session *session);

/* What the command line says is to be done when all text was read. */
extern bool session_finish(Session *session);

/* Whether ON_ERROR_STOP holds: on unless the terminal is interactive. */
extern bool session_stops_on_error(const Session *session);
extern Verbosity session_verbosity(const Session *session);

/* Reports an error of the statement at hand and notes the exit code. */
extern void session_report(Session *session, const Error *err, StrView source, bool of_job);

#endif
