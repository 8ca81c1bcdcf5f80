/*
 * statement.c: look-up of statement handlers and what they share (contract in statement.h).
 */
#include "repl/statement.h"

StatementHandler
statement_handler(SyntaxKind kind)
{
	switch (kind)
	{
#define STATEMENT(kind, handler) \
	case SYNTAX_##kind:          \
		return handler;
#include "repl/statement_list.h"
#undef STATEMENT
		default: return NULL;
	}
}

void
statement_tag(const StatementRun *run, const char *tag)
{
	const Session *session = run->session;

	if (session->line->quiet || variables_are_on(&session->variables, "QUIET"))
		return;
	fprintf(session->out, "%s\n", tag);
}

void
statement_print(const StatementRun *run, const Result *result)
{
	print_result(result, &run->session->print, run->session->out);
	fflush(run->session->out);
}
