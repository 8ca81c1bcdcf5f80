/*
 * shard_key.h: whether rows lie in the partition that their grouping key belongs to.
 *
 * The idea: a sharded job that groups by key is right only if the producer placed keys as the stream's option
 * partitioner says. That is not believed: the key of every row that is grouped is hashed, and the first that
 * lies elsewhere ends the job before anything of its epoch is committed.
 */
#ifndef WEIR_EXECUTOR_SHARD_KEY_H
#define WEIR_EXECUTOR_SHARD_KEY_H

#include "executor/batch.h"
#include "executor/operator.h"

/* key: the values of the batch's rows; rows NULL = all. */
extern bool shard_key_check(const Chain *chain, const Batch *batch, const Column *key, const uint64_t *rows,
							Error *err) WARN_UNUSED;

#endif
