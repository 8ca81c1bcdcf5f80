/*
 * command_verify.c: weir verify: the findings, a summary, and an exit code that a cron job can go by; with
 * --snowflake, of the tables that the objects are loaded into, too.
 */
#include "executor/verify.h"
#include "repl/command.h"
#include "repl/show_state.h"
#include "repl/verify_snowflake.h"

static void
add_finding(void *context, const Finding *finding)
{
	Result *result = context;
	char epoch[24];
	const char *texts[] = {verify_class_name(finding->class),
						   finding->epoch > 0 ? epoch : NULL,
						   finding->kind,
						   finding->name,
						   finding->object,
						   finding->detail};

	snprintf(epoch, sizeof epoch, "%" PRIu64, finding->epoch);
	result_add_texts(result, texts);
}

static void
print_totals(const Session *session, const VerifyTotals *totals)
{
	static const char *const names[] = {"epochs",  "files",     "rows",  "bytes",  "right",  "pending",
										"missing", "different", "extra", "broken", "unknown"};
	const uint64_t counts[] = {totals->epochs,
							   totals->files,
							   totals->rows,
							   totals->bytes,
							   totals->right,
							   totals->pending,
							   totals->found[VERIFY_MISSING],
							   totals->found[VERIFY_DIFFERENT],
							   totals->found[VERIFY_EXTRA],
							   totals->found[VERIFY_BROKEN],
							   totals->unknown};
	char numbers[lengthof(names)][24];
	const char *texts[lengthof(names)];
	Result result;

	result_init_text(&result, names, lengthof(names));
	for (size_t i = 0; i < lengthof(names); i++)
	{
		snprintf(numbers[i], sizeof numbers[i], "%" PRIu64, counts[i]);
		texts[i] = numbers[i];
		result.fields[i].right_aligned = true;
	}
	result_add_texts(&result, texts);
	print_result(&result, &session->print, session->out);
	result_free(&result);
}

/* "1 missing, 2 extra"; nothing when all is right. */
static void
append_classes(const VerifyTotals *totals, StrBuf *out)
{
	for (VerifyClass class = 0; class < VERIFY_CLASSES; class ++)
		if (totals->found[class] > 0)
			str_appendf(out, "%s%" PRIu64 " %s", out->len > 0 ? ", " : "", totals->found[class],
						verify_class_name(class));
}

/* tables: what was found in Snowflake. */
static bool
judge(const char *job, const VerifyTotals *totals, const StrBuf *tables, Error *err)
{
	StrBuf classes = {0};
	bool ok = true;

	append_classes(totals, &classes);
	if (classes.len > 0)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					   "what is there of job \"%s\" is not what its manifests say: %s%s%s", job,
					   str_cstr(&classes), tables->len > 0 ? "; nor is what Snowflake has: " : "",
					   str_cstr(tables));
	else if (tables->len > 0)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					   "what Snowflake has of job \"%s\" is not what its manifests say: %s", job,
					   str_cstr(tables));
	str_free(&classes);
	return ok;
}

static void
print_unknown(const Session *session, const VerifyTotals *totals)
{
	if (totals->unknown == 0 || session->line->quiet)
		return;
	fflush(session->out);
	fprintf(stderr,
			"NOTICE:  %" PRIu64
			" objects can't be judged: their manifests were removed after 30 days, can't be "
			"read, or are of an earlier version\n",
			totals->unknown);
}

/* Objects in their places. */
static bool
verify_objects(Session *session, VerifyOpen *open, VerifyTotals *totals, Error *err)
{
	static const char *const names[] = {"finding", "epoch", "kind", "name", "object", "detail"};
	Result result;
	bool ok;

	result_init_text(&result, names, lengthof(names));
	result.fields[1].right_aligned = true;
	open->context = &result;
	ok = job_verify(open, totals, err);
	if (result.row_count > 0)
		print_result(&result, &session->print, session->out);
	result_free(&result);
	if (!ok)
		return false;
	print_totals(session, totals);
	print_unknown(session, totals);
	return true;
}

bool
command_verify(Session *session, Error *err)
{
	TypeContext types = session_type_context(session);
	VerifyOpen open = {.quick = session->line->quick, .found = add_finding};
	bool tables = session->line->snowflake;
	VerifySnowflake snowflake = {0};
	StrBuf classes = {0};
	VerifyTotals totals;
	JobPlan *plan;
	Arena arena;
	bool ok;

	arena_init(&arena, "verify command");
	ok = show_look(session, &arena, &open.look, err) && command_plan(session, &arena, &types, &plan, err);
	if (ok)
	{
		open.plan = plan;
		ok = (!tables || verify_snowflake_open(&snowflake, session, plan, err)) &&
			 verify_objects(session, &open, &totals, err) &&
			 (!tables || verify_snowflake_run(&snowflake, &open.look, &classes, err)) &&
			 judge(open.look.job_name, &totals, &classes, err);
	}
	verify_snowflake_close(&snowflake);
	str_free(&classes);
	arena_release(&arena);
	return ok;
}
