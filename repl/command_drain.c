/*
 * command_drain.c: weir drain: ends a job for good: all that there is to read, and all windows closed.
 *
 * The idea: the job runs as the stream that it is, with now() and lateness as ever, to the end offsets seen
 * at the start; then one epoch reads nothing and closes every window, as --batch does at its end. The
 * manifest keeps the finite watermark and the greatest window_end that was closed, so a job that is started
 * after all goes on from there: rows of the closed windows are late, none is counted twice.
 *
 * It is no --batch: that cuts on a grid, takes the job's creation for now() and the message's own time for
 * max_future, and so might judge rows otherwise than the stream did before.
 */
#include "repl/command.h"
#include "repl/job.h"
#include "repl/show_state.h"

static bool
describe_windows(Session *session, const StateLook *look, Arena *arena, StrBuf *out, Error *err)
{
	StateView view;
	bool ok = state_view_open(look, &view, err);

	str_appendf(
		out, "Job \"%s\" in \"%s\" will read its streams to their present end and then close all windows:\n",
		look->job_name, look->state_location);
	ok =
		ok && identity_check_shards(&view.identity, view.state->location, Max(session->line->shards, 1), err);
	if (ok)
	{
		StateSummary summary;

		ok = state_summary(&view, session->line->shard, arena, &summary, err);
		if (ok)
			command_append_windows(&summary, out);
	}
	state_view_close(&view);
	str_append_cstr(out, "Their results are final: rows that come later are late. Drain it? (y/N) ");
	return ok;
}

static bool
no_sinks(Error *err)
{
	return error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION,
					 "there is no sink to drain");
}

bool
command_drain(Session *session, Error *err)
{
	Arena arena;
	StateLook look;
	StrBuf question = {0};
	const SinkDef *const *sinks;
	int count;
	bool ok;

	arena_init(&arena, "drain");
	sinks = job_collect_sinks(session, true, &arena, &count);
	ok = (count > 0 || no_sinks(err)) && show_look(session, &arena, &look, err) &&
		 describe_windows(session, &look, &arena, &question, err) &&
		 command_ask(session, question.data, NULL, "nothing was drained", err) &&
		 job_execute(session, sinks, count, UNTIL_DRAINED, INT64_MAX, err);
	if (ok && !session->line->quiet)
		fprintf(session->out, "job \"%s\" is drained\n", look.job_name);
	str_free(&question);
	arena_release(&arena);
	return ok;
}
