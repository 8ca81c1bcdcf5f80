/*
 * command_snowflake.c: weir snowflake query and weir snowflake apply.
 *
 * apply executes what --snowflake-ddl prints, statement by statement, and stops at the first that fails. The
 * statements are safe to run again, so that after an error all of it is applied once more.
 */
#include <strings.h>

#include "connectors/snowflake_split.h"
#include "repl/command.h"
#include "repl/job.h"
#include "repl/snowflake_link.h"
#include "repl/statement.h"

enum
{
	NAME_MAX_BYTES = 120
};

/* ---- query ---- */

static bool
run_query(Session *session)
{
	return snowflake_link_run(session, str_from_cstr(session->line->text));
}

/* ---- apply ---- */

/* The statements that create what the job's sinks are loaded into. */
static bool
print_statements(Session *session, Arena *arena, StrBuf *out, Error *err)
{
	StatementRun run = {.session = session, .arena = arena, .types = session_type_context(session)};
	const SinkDef *const *sinks;
	int count;

	sinks = job_collect_sinks(session, true, arena, &count);
	run.plan = session_plan_context(session, arena, (StrView){0}, &run.types);
	return statement_snowflake_ddl(&run, sinks, count, out, err);
}

/* Its first line, without what opens a list: CREATE TABLE IF NOT EXISTS "A"."B"."C". */
static void
append_name(StrView statement, StrBuf *out)
{
	const char *end = memchr(statement.data, '\n', statement.len);
	size_t len = end != NULL ? (size_t)(end - statement.data) : statement.len;

	while (len > 0 && strchr(" (\r", statement.data[len - 1]) != NULL)
		len--;
	str_append(out, statement.data, Min(len, (size_t)NAME_MAX_BYTES));
	if (len > NAME_MAX_BYTES)
		str_append_cstr(out, "…");
}

static bool
is_grant(StrView statement)
{
	return statement.len > 6 && strncasecmp(statement.data, "GRANT ", 6) == 0;
}

/* Who is given what is a person's to decide. */
static bool
ask_for_grants(Session *session, StrView text, Error *err)
{
	StrBuf question = {0};
	StrView statement;
	int grants = 0;
	bool ok = true;

	str_append_cstr(&question, "This grants privileges in Snowflake:\n");
	for (size_t at = 0; snowflake_split(text, &at, &statement);)
		if (is_grant(statement))
		{
			str_append_cstr(&question, "  ");
			append_name(statement, &question);
			str_append_char(&question, '\n');
			grants++;
		}
	str_append_cstr(&question, "Apply all statements? (y/N) ");
	if (grants > 0)
		ok = command_ask(session, str_cstr(&question), NULL, "nothing was executed in Snowflake", err);
	str_free(&question);
	return ok;
}

/* What Snowflake says of a statement: the first value of its result. */
static void
print_outcome(const Session *session, StrView name, const Result *result)
{
	if (session->line->quiet)
		return;
	fprintf(session->out, "%.*s", (int)name.len, name.data);
	if (result->row_count > 0 && result->cells[0].data != NULL)
		fprintf(session->out, ": %.*s", (int)result->cells[0].len, result->cells[0].data);
	fputc('\n', session->out);
	fflush(session->out);
}

static bool
apply_one(Session *session, const SnowflakeLink *link, StrView statement, int number, Error *err)
{
	StrBuf name = {0};
	Result result;
	bool ok = snowflake_link_execute(link, statement, &result, err);

	append_name(statement, &name);
	if (ok)
	{
		print_outcome(session, str_view(&name), &result);
		result_free(&result);
	}
	else
	{
		error_context(err, "statement %d: %s", number, str_cstr(&name));
		if (err->state == SQLSTATE_INSUFFICIENT_PRIVILEGE && err->hint == NULL)
			error_hint(err,
					   "The first lines of --snowflake-ddl say what the role needs; SET snowflake.role names "
					   "another, and all statements may be applied again.");
	}
	str_free(&name);
	return ok;
}

static bool
apply_all(Session *session, StrView text, StrView *failed, Error *err)
{
	SnowflakeLink link;
	StrView statement;
	int count = 0;
	bool ok = snowflake_link_open(session, &link, err);

	for (size_t at = 0; ok && snowflake_split(text, &at, &statement); count++)
	{
		ok = apply_one(session, &link, statement, count + 1, err);
		if (!ok)
			*failed = statement;
	}
	if (ok && !session->line->quiet)
		fprintf(
			session->out,
			"%d statements were executed in Snowflake\n"
			"What is left to do stands in the comments of --snowflake-ddl: who has the role, and, with an "
			"integration, AWS.\n",
			count);
	snowflake_link_close(&link);
	return ok;
}

static bool
run_apply(Session *session)
{
	Arena arena;
	StrBuf text = {0};
	StrView failed = {0};
	Error err = {0};
	bool ok;

	arena_init(&arena, "apply");
	ok = print_statements(session, &arena, &text, &err) && ask_for_grants(session, str_view(&text), &err) &&
		 apply_all(session, str_view(&text), &failed, &err);
	if (!ok)
		snowflake_link_report(session, failed, &err);
	error_clear(&err);
	str_free(&text);
	arena_release(&arena);
	return ok;
}

bool
command_snowflake(Session *session)
{
	return session->line->mode == MODE_SNOWFLAKE_QUERY ? run_query(session) : run_apply(session);
}
