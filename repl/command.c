/*
 * command.c: running a command, and asking before it (contract in command.h).
 */
#include "repl/command.h"

#include <unistd.h>

#include "planner/plan_job.h"
#include "repl/job.h"

bool
command_execute(Session *session)
{
	Error err = {0};
	RunMode mode = session->line->mode;
	bool ok, of_job;

	if (mode == MODE_SNOWFLAKE_QUERY || mode == MODE_SNOWFLAKE_APPLY)
		return command_snowflake(session);
	ok = mode == MODE_VERIFY  ? command_verify(session, &err)
		 : mode == MODE_DRAIN ? command_drain(session, &err)
							  : command_reset(session, &err);
	/* A name that is missing or unknown is the caller's mistake, not the job's failure. */
	of_job = err.state != SQLSTATE_UNDEFINED_OBJECT && err.state != SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE;

	if (mode == MODE_VERIFY)
		of_job = err.state == SQLSTATE_DATA_CORRUPTED;
	if (!ok)
		session_report(session, &err, (StrView){0}, of_job);
	error_clear(&err);
	return ok;
}

bool
command_plan(Session *session, Arena *arena, TypeContext *types, JobPlan **plan, Error *err)
{
	PlanContext context = session_plan_context(session, arena, (StrView){0}, types);
	int count;
	const SinkDef *const *sinks = job_collect_sinks(session, true, arena, &count);

	*plan = ARENA_NEW(arena, JobPlan);
	**plan = (JobPlan){.sink_count = 0};
	return count == 0 || plan_job(&context, sinks, count, plan, err);
}

static bool
read_answer(const char *word)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stdin);
	bool yes;

	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	yes = len > 0 && (word != NULL ? strcmp(line, word) == 0 : line[0] == 'y' || line[0] == 'Y');
	free(line);
	return yes;
}

bool
command_ask(Session *session, const char *question, const char *word, const char *lost, Error *err)
{
	if (session->line->yes > 0)
		return true;
	if (!isatty(STDIN_FILENO))
	{
		session->exit_code = 1;
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION, "%s: this must be confirmed",
				  lost);
		return error_hint(err, "Give --yes, or run it at a terminal.");
	}
	fflush(session->out);
	fputs(question, stderr);
	fflush(stderr);
	if (read_answer(word))
		return true;
	return error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "%s", lost);
}

void
command_append_windows(const StateSummary *summary, StrBuf *out)
{
	for (size_t i = 0; i < summary->sink_count; i++)
	{
		const StateContent *sink = &summary->sinks[i];

		str_appendf(out, "  open windows of sink \"%s\": %" PRIu64 " pane%s, %" PRIu64 " bytes of state\n",
					sink->name, sink->panes, sink->panes == 1 ? "" : "s", sink->bytes);
	}
}
