/*
 * shards.c: what is this shard's, and what the number of shards forbids (contract in shards.h).
 */
#include "executor/shards.h"

#include "executor/identity.h"

const char *
shards_folder(JobRun *run)
{
	return arena_printf(&run->arena, "s%d/", run->open->shard);
}

const char *
shards_owner(JobRun *run, const char *name)
{
	return shards_count(run) == 1 ? name : arena_printf(&run->arena, "%s-s%d", name, run->open->shard);
}

bool
shards_lock_key(ObjectStore *state, int shard, int count, Arena *arena, const char **key, Error *err)
{
	PutResult result;

	*key = IDENTITY_KEY;
	if (count == 1)
		return true;
	*key = arena_printf(arena, "s%d/lock", shard);
	return state->class->put_if_absent(state, *key, STR_LIT("{}\n"), &result, err);
}

/* Whether a sink counts on the keys of this stream to stay where they are. */
static bool
is_keyed(const JobRun *run, int scan)
{
	for (int k = 0; k < run->plan->sink_count; k++)
		if (run->plan->sinks[k]->shard_key != NULL && run->plan->sinks[k]->shard_key->scan == scan)
			return true;
	return false;
}

bool
shards_check_partitions(const JobRun *run, int scan, int32_t known, int32_t count, Error *err)
{
	if (shards_count(run) == 1 || known == 0 || count == known || !is_keyed(run, scan))
		return true;
	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
			  "stream \"%s\" has %d partitions now and had %d when this job began",
			  run->plan->scans[scan]->stream->name, (int)count, (int)known);
	error_detail(err,
				 "The job groups by the message's key in %d shards, and keys lie in other partitions now.",
				 shards_count(run));
	return error_hint(err, "Drain all shards and begin a new job with another job_name.");
}

bool
shards_have_work(const JobRun *run)
{
	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
			if (!run->scans[s].readers[p]->foreign)
				return true;
	return false;
}

void
shards_tell_empty(JobRun *run)
{
	if (!shards_have_work(run))
		job_notice(run, "NOTICE", "shard %d of %d has no partition of any stream and %s", run->open->shard,
				   run->open->shards, job_has_end(run) ? "nothing to do" : "waits for one");
}
