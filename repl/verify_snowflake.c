/*
 * verify_snowflake.c: findings and totals as tables, remedies as text (contract in verify_snowflake.h).
 */
#include "repl/verify_snowflake.h"

enum
{
	EXIT_STOPPED = 5,
	NUMBER_SIZE = 24,
	FIXED_COUNTS = 6 /* files to foreign, before those of the verdicts */
};

static bool
failed(Session *session, const Error *err)
{
	if (err->state == SQLSTATE_QUERY_CANCELED && session->exit_code == 0)
		session->exit_code = EXIT_STOPPED;
	return false;
}

bool
verify_snowflake_open(VerifySnowflake *verify, Session *session, const JobPlan *plan, Error *err)
{
	*verify = (VerifySnowflake){.session = session, .plan = plan};
	if (!snowflake_verify_has_tables(plan))
	{
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION,
				  "no sink names a Snowflake table");
		error_hint(err, "Add snowflake_table = '…' to the WITH clause of CREATE SINK.");
		return failed(session, err);
	}
	return (snowflake_link_open(session, &verify->link, err) &&
			snowflake_verify_now(&verify->link.server, &verify->link.context, &verify->now, err)) ||
		   failed(session, err);
}

void
verify_snowflake_close(VerifySnowflake *verify)
{
	snowflake_link_close(&verify->link);
}

/* ---- printing ---- */

static void
add_finding(void *context, const SnowflakeFinding *finding)
{
	Result *result = context;
	char epoch[NUMBER_SIZE];
	const char *texts[] = {snowflake_verdict_name(finding->verdict), epoch, finding->table, finding->object,
						   finding->detail};

	snprintf(epoch, sizeof epoch, "%" PRIu64, finding->epoch);
	result_add_texts(result, texts);
}

static void
add_totals(Result *result, const SnowflakeTotals *totals)
{
	const uint64_t fixed[FIXED_COUNTS] = {totals->files,   totals->rows,    totals->loaded,
										  totals->pending, totals->unknown, totals->foreign};
	char numbers[FIXED_COUNTS + SNOWFLAKE_VERDICTS][NUMBER_SIZE];
	const char *texts[1 + FIXED_COUNTS + SNOWFLAKE_VERDICTS] = {totals->table};
	size_t n = 0;

	for (size_t i = 0; i < FIXED_COUNTS; i++)
		snprintf(numbers[n++], NUMBER_SIZE, "%" PRIu64, fixed[i]);
	for (SnowflakeVerdict v = SNOWFLAKE_FAILED; v < SNOWFLAKE_VERDICTS; v++)
		snprintf(numbers[n++], NUMBER_SIZE, "%" PRIu64, totals->found[v]);
	for (size_t i = 0; i < n; i++)
		texts[1 + i] = numbers[i];
	result_add_texts(result, texts);
}

/* All pending objects have a column: those that are a finding need none of their own. */
static void
print_totals(const Session *session, const SnowflakeTotals *totals, int count)
{
	const char *names[1 + FIXED_COUNTS + SNOWFLAKE_VERDICTS] = {"table",   "files",   "rows",   "loaded",
																"pending", "unknown", "foreign"};
	uint32_t n = 1 + FIXED_COUNTS;
	Result result;

	for (SnowflakeVerdict v = SNOWFLAKE_FAILED; v < SNOWFLAKE_VERDICTS; v++)
		names[n++] = snowflake_verdict_name(v);
	result_init_text(&result, names, n);
	for (uint32_t i = 1; i < n; i++)
		result.fields[i].right_aligned = true;
	for (int i = 0; i < count; i++)
		add_totals(&result, &totals[i]);
	print_result(&result, &session->print, session->out);
	result_free(&result);
}

static void
print_notices(const Session *session, const SnowflakeTotals *totals, int count)
{
	uint64_t unknown = 0, foreign = 0;

	for (int i = 0; i < count; i++)
	{
		unknown += totals[i].unknown;
		foreign += totals[i].foreign;
	}
	fflush(session->out);
	if (unknown > 0)
		fprintf(stderr,
				"NOTICE:  %" PRIu64
				" objects can't be judged in Snowflake: its load history has 14 days, and they are older, "
				"or lie where the sink writes no more\n",
				unknown);
	if (foreign > 0)
		fprintf(stderr,
				"NOTICE:  %" PRIu64
				" files of Snowflake's load history are known to no manifest: of another job, or older than "
				"this state\n",
				foreign);
}

static void
append_classes(const SnowflakeTotals *totals, int count, StrBuf *out)
{
	for (SnowflakeVerdict v = 0; v < SNOWFLAKE_VERDICTS; v++)
	{
		uint64_t found = 0;

		for (int i = 0; i < count; i++)
			found += totals[i].found[v];
		if (found > 0)
			str_appendf(out, "%s%" PRIu64 " %s", out->len > 0 ? ", " : "", found, snowflake_verdict_name(v));
	}
}

/* ---- running ---- */

static void
print_all(const Session *session, const Result *findings, const SnowflakeTotals *totals, int count,
		  const StrBuf *remedies)
{
	if (findings->row_count > 0)
		print_result(findings, &session->print, session->out);
	print_totals(session, totals, count);
	if (session->line->quiet)
		return;
	fputs(str_cstr(remedies), session->out);
	print_notices(session, totals, count);
}

bool
verify_snowflake_run(VerifySnowflake *verify, const StateLook *look, StrBuf *classes, Error *err)
{
	static const char *const names[] = {"finding", "epoch", "table", "object", "detail"};
	Session *session = verify->session;
	SnowflakeVerify open = {.look = *look,
							.plan = verify->plan,
							.server = &verify->link.server,
							.context = &verify->link.context,
							.now = verify->now,
							.found = add_finding};
	SnowflakeTotals *totals;
	StrBuf remedies = {0};
	Result findings;
	Arena arena;
	int count;
	bool ok;

	arena_init(&arena, "verify snowflake");
	result_init_text(&findings, names, lengthof(names));
	findings.fields[1].right_aligned = true;
	open.found_context = &findings;
	ok = snowflake_verify(&open, &arena, &totals, &count, &remedies, err) || failed(session, err);
	if (ok)
	{
		print_all(session, &findings, totals, count, &remedies);
		append_classes(totals, count, classes);
	}
	result_free(&findings);
	str_free(&remedies);
	arena_release(&arena);
	return ok;
}
