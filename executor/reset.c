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
#include "executor/state_view.h"

/* Takes the sink out of the record and its units out of the map. */
static bool
drop_sink(JobRun *run, const char *name, Error *err)
{
	Manifest *record = &run->record;
	int *to = ARENA_ARRAY(&run->arena, int, record->sink_count + 1);
	int at = 0;

	for (int k = 0; k < record->sink_count; k++)
		to[k] = k;
	while (at < record->sink_count && strcmp(record->sinks[at].name, name) != 0)
		at++;
	if (at == record->sink_count)
		return error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION,
						 "sink \"%s\" is not in the state of this job", name);
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
	return true;
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

/* Opening a state makes one; a mistyped name must not. */
static bool
has_job(const JobReset *reset, Error *err)
{
	const StateLook look = {.stores = reset->stores,
							.clock = reset->clock,
							.random = reset->random,
							.state_location = reset->state_location,
							.job_name = reset->job_name};
	StateView view;
	bool there = state_view_open(&look, &view, err);

	state_view_close(&view);
	return there;
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

	if (!has_job(reset, err))
		return false;
	arena_init(&run.arena, "reset");
	ok = recover_find(&run, err) && recover_claim(&run, err) && drop_sink(&run, reset->sink, err) &&
		 write_map(&run, err) && job_append(&run, FAIL_assign, err);
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
