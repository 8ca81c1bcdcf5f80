/*
 * command_verify.c: weir verify: the findings, a summary, and an exit code that a cron job can go by.
 */
#include "executor/verify.h"
#include "planner/plan_job.h"
#include "repl/command.h"
#include "repl/job.h"
#include "repl/show_state.h"

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

static bool
judge(Session *session, const char *job, const VerifyTotals *totals, Error *err)
{
	StrBuf classes = {0};
	bool ok;

	if (totals->unknown > 0 && !session->line->quiet)
	{
		fflush(session->out);
		fprintf(stderr,
				"NOTICE:  %" PRIu64
				" objects can't be judged: their manifests were removed after 30 days, can't be "
				"read, or are of an earlier version\n",
				totals->unknown);
	}
	append_classes(totals, &classes);
	ok = classes.len == 0 ||
		 error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
				   "what is there of job \"%s\" is not what its manifests say: %s", job, classes.data);
	str_free(&classes);
	return ok;
}

static bool
plan_sinks(Session *session, Arena *arena, TypeContext *types, JobPlan **plan, Error *err)
{
	PlanContext context = session_plan_context(session, arena, (StrView){0}, types);
	int count;
	const SinkDef *const *sinks = job_collect_sinks(session, true, arena, &count);

	*plan = ARENA_NEW(arena, JobPlan);
	**plan = (JobPlan){.sink_count = 0};
	return count == 0 || plan_job(&context, sinks, count, plan, err);
}

bool
command_verify(Session *session, Error *err)
{
	static const char *const names[] = {"finding", "epoch", "kind", "name", "object", "detail"};
	TypeContext types = session_type_context(session);
	VerifyOpen open = {.quick = session->line->quick, .found = add_finding};
	VerifyTotals totals;
	JobPlan *plan;
	Result result;
	Arena arena;
	bool ok;

	arena_init(&arena, "verify command");
	result_init_text(&result, names, lengthof(names));
	result.fields[1].right_aligned = true;
	open.context = &result;
	ok = show_look(session, &arena, &open.look, err) && plan_sinks(session, &arena, &types, &plan, err);
	if (ok)
	{
		open.plan = plan;
		ok = job_verify(&open, &totals, err);
		if (result.row_count > 0)
			print_result(&result, &session->print, session->out);
	}
	if (ok)
	{
		print_totals(session, &totals);
		ok = judge(session, open.look.job_name, &totals, err);
	}
	result_free(&result);
	arena_release(&arena);
	return ok;
}
