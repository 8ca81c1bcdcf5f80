/*
 * statement.h: how statements are executed: one handler per kind, listed in statement_list.h.
 */
#ifndef WEIR_REPL_STATEMENT_H
#define WEIR_REPL_STATEMENT_H

#include "repl/session.h"

/* A statement on its way: everything of it lives in the arena and ends with it. */
typedef struct StatementRun
{
	Session *session;
	const SyntaxNode *tree;
	StrView source;
	TypeContext types;
	PlanContext plan;
	Arena *arena;
	bool of_job; /* set by a handler whose failure has a job's exit code */
} StatementRun;

typedef bool (*StatementHandler)(StatementRun *run, Error *err);

#define STATEMENT(kind, handler) extern bool handler(StatementRun *run, Error *err) WARN_UNUSED;
#define PARSED_ONLY(kind, name, hint)
#include "repl/statement_list.h"
#undef PARSED_ONLY
#undef STATEMENT

/* Runs the statement of run->tree; 0A000 for those that only parse. */
extern bool statement_execute(StatementRun *run, Error *err) WARN_UNUSED;

/* Prints a command tag ("CREATE STREAM") unless quiet. */
extern void statement_tag(const StatementRun *run, const char *tag);
/* Prints a finished result by the session's options. */
extern void statement_print(const StatementRun *run, const Result *result);

/* Appends the Snowflake statements of the sinks that name a table; that there is none is an error. */
extern bool statement_snowflake_ddl(StatementRun *run, const SinkDef *const *sinks, int sink_count,
									StrBuf *out, Error *err) WARN_UNUSED;
/* Prints the Snowflake statements of the sinks that name a table (--snowflake-ddl, SHOW SNOWFLAKE DDL). */
extern bool statement_print_snowflake_ddl(StatementRun *run, const SinkDef *const *sinks, int sink_count,
										  Error *err) WARN_UNUSED;

#endif
