/*
 * statement.c: look-up of statement handlers and what they share (contract in statement.h).
 */
#include "repl/statement.h"

typedef struct StatementRow
{
	StatementHandler handler; /* NULL: it only parses */
	const char *name;
	const char *hint; /* what to do instead */
} StatementRow;

static const StatementRow rows[] = {
#define STATEMENT(kind, handler) [SYNTAX_##kind] = {handler, NULL, NULL},
#define PARSED_ONLY(kind, name, hint) [SYNTAX_##kind] = {NULL, name, hint},
#include "repl/statement_list.h"
#undef PARSED_ONLY
#undef STATEMENT
};

bool
statement_execute(StatementRun *run, Error *err)
{
	SyntaxKind kind = run->tree->kind;

	assert((size_t)kind < lengthof(rows) && (rows[kind].handler != NULL || rows[kind].hint != NULL));
	if (rows[kind].handler != NULL)
		return rows[kind].handler(run, err);
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, run->tree->position, "%s is not supported",
			  rows[kind].name);
	return error_hint(err, "%s", rows[kind].hint);
}

void
statement_tag(const StatementRun *run, const char *tag)
{
	const Session *session = run->session;

	if (session_is_quiet(session))
		return;
	fprintf(session->out, "%s\n", tag);
}

void
statement_print(const StatementRun *run, const Result *result)
{
	print_result(result, &run->session->print, run->session->out);
	fflush(run->session->out);
}
