/*
 * ledger.h: the row ledger of an epoch: where every message went.
 *
 * Invariants, asserted before each commit (ledger_check):
 *   per partition:           offsets advanced = read + gaps;  read = decoded + dead + tombstones
 *   per sink and partition:  decoded = used + filtered + late + failed
 * Counters of one partition are written by one thread at a time.
 */
#ifndef WEIR_EXECUTOR_LEDGER_H
#define WEIR_EXECUTOR_LEDGER_H

#include "common/error.h"
#include "planner/plan.h"

typedef struct SinkCounts
{
	uint64_t used;
	uint64_t filtered; /* by WHERE, or a join without match */
	uint64_t late;
	uint64_t failed; /* an expression failed on the row */
} SinkCounts;

typedef struct PartitionCounts
{
	int64_t start_offset; /* of this epoch */
	int64_t next_offset;  /* one past the last offset taken in this epoch */
	uint64_t read;
	uint64_t gaps; /* offsets in between that the source never delivered */
	uint64_t decoded;
	uint64_t dead;
	uint64_t tombstones;
	uint64_t bytes;    /* of message values, for commit_bytes and progress */
	int64_t max_time;  /* greatest event time decoded in this epoch; INT64_MIN = none */
	SinkCounts *sinks; /* [JobPlan.sink_count]; zero for sinks that do not read the scan */
} PartitionCounts;

typedef struct ScanCounts
{
	int32_t partition_count;
	PartitionCounts *partitions;
} ScanCounts;

typedef struct Ledger
{
	int scan_count;
	int sink_count;
	ScanCounts *scans;
} Ledger;

extern void ledger_init(Ledger *ledger, int scan_count, int sink_count);
extern void ledger_free(Ledger *ledger);
/* Grows a scan to so many partitions; new ones are zero. Pointers into the scan's array become invalid. */
extern void ledger_set_partitions(Ledger *ledger, int scan, int32_t count);
/* Begins an epoch: counts to zero, start = next. */
extern void ledger_begin(Ledger *ledger);
/* Whether sink reads scan is reads[sink * scan_count + scan]. False: XX000 that names the unbalanced
 * partition or sink. */
extern bool ledger_check(const Ledger *ledger, const bool *reads, Error *err) WARN_UNUSED;
/* Adds one partition's counts of an epoch to its totals. */
extern void partition_counts_add(PartitionCounts *total, const PartitionCounts *epoch, int sink_count);
/* Adds the counts of an epoch to running totals of the same shape. */
extern void ledger_add(Ledger *total, const Ledger *epoch);

#endif
