/*
 * command_reset.c: weir reset: discards what the state of a job knows of one sink.
 */
#include "executor/job.h"
#include "repl/command.h"
#include "repl/job.h"

static bool
reset_sink(Session *session, Arena *arena, Error *err)
{
	const char *sink = session->line->sink;
	JobReset reset = {.sink = sink,
					  .shard = session->line->shard,
					  .shards = session->line->shards,
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

bool
command_reset(Session *session, Error *err)
{
	Arena arena;
	bool ok;

	arena_init(&arena, "reset");
	ok = reset_sink(session, &arena, err);
	arena_release(&arena);
	return ok;
}
