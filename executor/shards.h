/*
 * shards.h: one job in several processes: which partitions are whose, and what belongs to each shard alone.
 *
 * The idea: shard i of n reads the partitions p with p mod n = i of every stream and keeps everything that a
 * job of one process keeps (chain, packs, lock, watermarks) under "s<i>/" of the same state. Nothing is
 * shared but job.json, which says how many there are; so shards start, stop and fail by themselves. A
 * partition of another shard is in the record, with nothing read, and has a reader that is never assigned.
 */
#ifndef WEIR_EXECUTOR_SHARDS_H
#define WEIR_EXECUTOR_SHARDS_H

#include "executor/job_run.h"

/* How many there are: 1 for a job that is not divided. */
static inline int
shards_count(const JobRun *run)
{
	return Max(run->open->shards, 1);
}

static inline bool
shards_own(const JobRun *run, int32_t partition)
{
	return partition % shards_count(run) == run->open->shard;
}

/* "s<i>/", where the keys of this shard begin. */
extern const char *shards_folder(JobRun *run);
/* A name for temporary objects that no other shard begins its own with. */
extern const char *shards_owner(JobRun *run, const char *name);
/* The object that a process of a shard of so many holds: job.json, or one of the shard's own, which is made.
 */
extern bool shards_lock_key(ObjectStore *state, int shard, int count, Arena *arena, const char **key,
							Error *err) WARN_UNUSED;

/* A sharded job that groups by key can't take another number of partitions: keys would lie elsewhere. */
extern bool shards_check_partitions(const JobRun *run, int scan, int32_t known, int32_t count,
									Error *err) WARN_UNUSED;
/* Says so when no partition of any stream is this shard's. */
extern void shards_tell_empty(JobRun *run);
extern bool shards_have_work(const JobRun *run);

#endif
