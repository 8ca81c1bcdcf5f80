/*
 * command.h: what weir does with a job besides running it: verify, drain, reset, snowflake.
 *
 * The idea: the statements of the command line are read as ever, so that settings and sinks are known, but
 * run nothing; then the command looks at the state of their job, or changes it. What can't be taken back is
 * asked for at the terminal, or needs --yes.
 */
#ifndef WEIR_REPL_COMMAND_H
#define WEIR_REPL_COMMAND_H

#include "executor/state_summary.h"
#include "repl/session.h"

/* Runs the command of the command line, and reports its errors. */
extern bool command_execute(Session *session);

extern bool command_verify(Session *session, Error *err) WARN_UNUSED;
extern bool command_drain(Session *session, Error *err) WARN_UNUSED;
extern bool command_reset(Session *session, Error *err) WARN_UNUSED;
/* query and apply; reports its errors. */
extern bool command_snowflake(Session *session);

/* The plan of all sinks, of which there may be none; types must live as long. */
extern bool command_plan(Session *session, Arena *arena, TypeContext *types, JobPlan **plan,
						 Error *err) WARN_UNUSED;

/* What a shard's state holds of each sink, one line for each. */
extern void command_append_windows(const StateSummary *summary, StrBuf *out);

/*
 * Asks a question at the terminal: for y, or for the word where one is given. lost says what is lost without
 * an answer: "nothing was discarded". False: the answer was another one (57014), or there is no terminal and
 * no --yes: exit code 1.
 */
extern bool command_ask(Session *session, const char *question, const char *word, const char *lost,
						Error *err) WARN_UNUSED;

#endif
