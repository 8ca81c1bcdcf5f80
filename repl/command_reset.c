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
#include "repl/snowflake_state.h"

/* ---- one sink ---- */

/* What loads its rows in Snowflake, which is not discarded: nothing when that can't be said. */
static void
append_drops(Session *session, const char *job_name, const char *sink, Arena *arena, StrBuf *out)
{
	TypeContext types = session_type_context(session);
	SnowflakeSinkState *states = NULL;
	JobPlan *plan;
	Error err = {0};
	bool ok = command_plan(session, arena, &types, &plan, &err) &&
			  snowflake_state_read(session, plan, arena, &states, &err) &&
			  snowflake_drop_ddl(plan, job_name, states, sink, arena, out, &err);

	if (!ok)
		str_clear(out);
	error_clear(&err);
}

/* CREATE … IF NOT EXISTS would leave what loads by the old definition, and the new one has its names. */
static void
print_drops(const Session *session, const StrBuf *drops)
{
	if (drops->len == 0)
		return;
	fprintf(
		session->out,
		"-- What loads its rows in Snowflake is left as it was, and weir snowflake apply changes nothing\n"
		"-- that is there. If the sink has other columns or options now, drop it, once weir verify\n"
		"-- --snowflake says that all is loaded; the table stays, with its rows:\n"
		"%s"
		"-- Other columns need ALTER TABLE, too, or another snowflake_table. Don't REFRESH a pipe that was\n"
		"-- made anew: it has forgotten what was loaded.\n",
		str_cstr(drops));
}

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
	StrBuf drops = {0};
	bool ok;

	if (!job_name_of(session, arena, &reset.job_name, err) ||
		!command_ask(
			session,
			arena_printf(arena,
						 "Open windows of sink \"%s\" of job \"%s\" will be lost. Discard its state? (y/N) ",
						 sink, reset.job_name),
			NULL, "nothing was discarded", err))
		return false;
	append_drops(session, reset.job_name, sink, arena, &drops);
	ok = job_reset_sink(&reset, err);
	if (ok && !session->line->quiet)
	{
		fprintf(session->out, "the state of sink \"%s\" of job \"%s\" is discarded\n", sink, reset.job_name);
		print_drops(session, &drops);
	}
	str_free(&drops);
	return ok;
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
	if (summary->unloaded > 0)
		str_appendf(out,
					"  objects of %" PRIu64
					" epochs are published and not known to be loaded: the job will not "
					"load them any more\n",
					summary->unloaded);
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
