/*
 * reset.c: discards what a job's state knows of one sink, so that the sink may begin anew or be left out.
 *
 * The idea: a sink is known by its name in the manifest; one more manifest that does not name it is all. Its
 * units in the state map are skipped by every later start, and written to no footer again. Offsets stay: a
 * sink that comes back begins with what the job has not read yet. Objects that were published are not
 * touched.
 */
#include "common/memory.h"
#include "executor/job_run.h"
#include "executor/state_summary.h"

/* Ahead of the claim, which would fence a writer for nothing. */
static bool
check_sink(const JobRun *run, const char *name, Error *err)
{
	return manifest_find_sink(&run->record, name) >= 0 ||
		   error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION,
					 "sink \"%s\" is not in the state of this job", name);
}

/* Takes the sink out of the record and its units out of the map. */
static void
drop_sink(JobRun *run, const char *name)
{
	Manifest *record = &run->record;
	int *to = ARENA_ARRAY(&run->arena, int, record->sink_count + 1);
	int at = manifest_find_sink(record, name);

	for (int k = 0; k < record->sink_count; k++)
		to[k] = k;
	for (int k = at; k < record->sink_count; k++)
		to[k] = k == at ? -1 : k - 1;
	state_map_renumber(&run->map, to);
	record->sink_count--;
	for (int k = at; k < record->sink_count; k++)
		record->sinks[k] = record->sinks[k + 1];
	for (int s = 0; s < record->scan_count; s++)
		for (int32_t p = 0; p < record->scans[s].partition_count; p++)
			for (int k = at; k < record->sink_count; k++)
				record->scans[s].partitions[p].totals.sinks[k] =
					record->scans[s].partitions[p].totals.sinks[k + 1];
}

/* A pack that holds only the footer of what is left. */
static bool
write_map(JobRun *run, Error *err)
{
	PackFooter footer = {.sink_count = run->record.sink_count, .map = run->map};
	char *key = chain_pack_key(&run->chain);
	PackWriter *pack;
	bool ok;

	protocol_check(&run->protocol, DEED_SEAL_PACK);
	footer.sink_names = ARENA_ARRAY(&run->arena, const char *, footer.sink_count + 1);
	for (int k = 0; k < footer.sink_count; k++)
		footer.sink_names[k] = run->record.sinks[k].name;
	ok = run->state->class->pack_begin(run->state, key, &pack, err);
	if (ok && !footer_write(run, pack, key, &footer, err))
	{
		run->state->class->pack_discard(pack);
		ok = false;
	}
	ok = ok && run->state->class->pack_finish(pack, err);
	mem_free(key);
	return ok;
}

/* Opening a state makes one; a mistyped name must not. Nor is a writer fenced that may be alive, which only a
 * lock could tell. */
static bool
check_job(const JobReset *reset, Error *err)
{
	const StateLook look = {.stores = reset->stores,
							.clock = reset->clock,
							.random = reset->random,
							.state_location = reset->state_location,
							.job_name = reset->job_name};
	StateSummary summary;
	StateView view;
	Arena arena;
	bool ok;

	arena_init(&arena, "reset");
	ok = state_view_open(&look, &view, err) &&
		 identity_check_shards(&view.identity, view.state->location, Max(reset->shards, 1), err) &&
		 state_summary(&view, reset->shard, &arena, &summary, err) &&
		 (reset->force || state_summary_check_stopped(&summary, reset->job_name, err));
	state_view_close(&view);
	arena_release(&arena);
	return ok;
}

bool
job_reset_sink(const JobReset *reset, Error *err)
{
	const JobPlan nothing = {.scan_count = 0};
	const JobOpen open = {.plan = &nothing,
						  .clock = reset->clock,
						  .random = reset->random,
						  .job_name = reset->job_name,
						  .state_location = reset->state_location,
						  .shard = reset->shard,
						  .shards = reset->shards,
						  .stores = reset->stores};
	JobRun run = {.open = &open, .plan = &nothing};
	bool ok;

	if (!check_job(reset, err))
		return false;
	arena_init(&run.arena, "reset");
	ok = recover_find(&run, err) && check_sink(&run, reset->sink, err) && recover_claim(&run, err);
	if (ok)
	{
		drop_sink(&run, reset->sink);
		ok = write_map(&run, err) && job_append(&run, FAIL_assign, err);
	}
	if (ok)
	{
		run.record.kind = MANIFEST_CLOSE;
		run.record.published_upto = run.chain.seq;
		job_advance(&run, EVENT_END);
		ok = job_append(&run, FAIL_close_state, err);
	}
	locations_close(&run.locations);
	store_close(run.state);
	state_map_release(&run.map);
	arena_release(&run.arena);
	return ok;
}
