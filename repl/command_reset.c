/*
 * command_reset.c: weir reset: discards the state of a job, or what it knows of one sink.
 *
 * Where a job that begins anew reads from is said by its streams: option "start".
 */
#include "executor/discard.h"
#include "executor/job.h"
#include "repl/command.h"
#include "repl/job.h"
#include "repl/show_state.h"

static bool
reset_sink(Session *session, Arena *arena, Error *err)
{
	const char *sink = session->line->sink;
	JobReset reset = {.sink = sink,
					  .shard = session->line->shard,
					  .shards = session->line->shards,
					  .force = session->line->yes > 1,
					  .stores = &session->stores,
					  .clock = &system_clock,
					  .random = random_system(),
					  .state_location = job_state_location(session, arena)};

	if (!job_name_of(session, arena, &reset.job_name, err) ||
		!command_ask(
			session,
			arena_printf(arena,
						 "Open windows of sink \"%s\" of job \"%s\" will be lost. Discard its state? (y/N) ",
						 sink, reset.job_name),
			NULL, "nothing was discarded", err) ||
		!job_reset_sink(&reset, err))
		return false;
	if (!session->line->quiet)
		fprintf(session->out, "the state of sink \"%s\" of job \"%s\" is discarded\n", sink, reset.job_name);
	return true;
}

/* ---- the whole job ---- */

static void
append_summary(const StateSummary *summary, int shard, int shards, Arena *arena, StrBuf *out)
{
	if (shards > 1)
		str_appendf(out, "shard %d:\n", shard);
	if (!summary->readable)
		str_appendf(out, "  what it holds can't be said: %s\n", summary->problem);
	else if (summary->newest.seq == 0)
		str_append_cstr(out, "  nothing: it never ran\n");
	else
		str_appendf(out,
					"  %" PRIu64 " manifests; it goes on reading at %s (%" PRIu64 " messages read so far)\n",
					summary->manifests, show_offsets(&summary->newest, shard, shards, arena),
					show_messages_read(&summary->newest));
	command_append_windows(summary, out);
	if (summary->unpublished > 0)
		str_appendf(out, "  %" PRIu64 " objects that are committed and not published yet\n",
					summary->unpublished);
	if (summary->may_run)
		str_append_cstr(out,
						"  it may be running: its newest manifest is no CLOSE; a writer will be fenced\n");
}

static bool
describe_loss(const StateLook *look, Arena *arena, StrBuf *out, Error *err)
{
	StateView view;
	bool ok = state_view_open(look, &view, err);

	str_appendf(out, "Job \"%s\" in \"%s\" is about to lose all that it knows:\n", look->job_name,
				look->state_location);
	for (int shard = 0; ok && shard < view.identity.shards; shard++)
	{
		StateSummary summary;

		ok = state_summary(&view, shard, arena, &summary, err);
		if (ok)
			append_summary(&summary, shard, view.identity.shards, arena, out);
	}
	state_view_close(&view);
	str_append_cstr(out,
					"Objects that are published stay. The next start reads anew and makes objects under new "
					"names: rows that\nwere loaded once would be loaded again.\n");
	return ok;
}

static bool
reset_job(Session *session, Arena *arena, Error *err)
{
	StrBuf loss = {0};
	StateLook look;
	int yes = session->line->yes;
	bool ok = show_look(session, arena, &look, err) && describe_loss(&look, arena, &loss, err);

	if (ok && yes > 0 && !session->line->quiet)
		fputs(loss.data, stderr);
	str_append_cstr(&loss, "Type the name of the job to discard its state: ");
	ok = ok && command_ask(session, loss.data, look.job_name, "nothing was discarded", err) &&
		 job_discard(&look, yes != 1, err);
	str_free(&loss);
	if (ok && !session->line->quiet)
		fprintf(session->out, "the state of job \"%s\" is discarded\n", look.job_name);
	return ok;
}

bool
command_reset(Session *session, Error *err)
{
	Arena arena;
	bool ok;

	arena_init(&arena, "reset");
	ok = session->line->sink != NULL ? reset_sink(session, &arena, err) : reset_job(session, &arena, err);
	arena_release(&arena);
	return ok;
}
