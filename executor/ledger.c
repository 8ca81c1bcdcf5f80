/*
 * ledger.c: keeps and checks the row ledger.
 *
 * The counters are plain integers: one thread at a time writes those of a partition, and the coordinator
 * reads them only between epochs.
 */
#include "executor/ledger.h"

#include "common/memory.h"

void
ledger_init(Ledger *ledger, int scan_count, int sink_count)
{
	ledger->scan_count = scan_count;
	ledger->sink_count = sink_count;
	ledger->scans = mem_alloc_zero(sizeof *ledger->scans * (size_t)Max(scan_count, 1));
}

void
ledger_free(Ledger *ledger)
{
	for (int s = 0; s < ledger->scan_count; s++)
	{
		for (int32_t p = 0; p < ledger->scans[s].partition_count; p++)
			mem_free(ledger->scans[s].partitions[p].sinks);
		mem_free(ledger->scans[s].partitions);
	}
	mem_free(ledger->scans);
	*ledger = (Ledger){0};
}

void
ledger_set_partitions(Ledger *ledger, int scan, int32_t count)
{
	ScanCounts *counts = &ledger->scans[scan];

	if (count <= counts->partition_count)
		return;
	counts->partitions = mem_realloc(counts->partitions, sizeof *counts->partitions * (size_t)count);
	for (int32_t p = counts->partition_count; p < count; p++)
		counts->partitions[p] = (PartitionCounts){
			.max_time = INT64_MIN,
			.sinks = mem_alloc_zero(sizeof(SinkCounts) * (size_t)Max(ledger->sink_count, 1)),
		};
	counts->partition_count = count;
}

void
ledger_begin(Ledger *ledger)
{
	for (int s = 0; s < ledger->scan_count; s++)
		for (int32_t p = 0; p < ledger->scans[s].partition_count; p++)
		{
			PartitionCounts *counts = &ledger->scans[s].partitions[p];

			memset(counts->sinks, 0, sizeof(SinkCounts) * (size_t)ledger->sink_count);
			*counts = (PartitionCounts){
				.start_offset = counts->next_offset,
				.next_offset = counts->next_offset,
				.max_time = INT64_MIN,
				.sinks = counts->sinks,
			};
		}
}

static bool
check_partition(const PartitionCounts *c, int scan, int32_t partition, Error *err)
{
	if ((uint64_t)(c->next_offset - c->start_offset) != c->read + c->gaps)
		return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
						 "row ledger of scan %d partition %d does not balance: offsets %" PRId64
						 " to %" PRId64 ", read %" PRIu64 ", gaps %" PRIu64,
						 scan, (int)partition, c->start_offset, c->next_offset, c->read, c->gaps);
	if (c->read != c->decoded + c->dead + c->tombstones)
		return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
						 "row ledger of scan %d partition %d does not balance: read %" PRIu64
						 ", decoded %" PRIu64 ", dead %" PRIu64 ", tombstones %" PRIu64,
						 scan, (int)partition, c->read, c->decoded, c->dead, c->tombstones);
	return true;
}

static bool
check_sink(const PartitionCounts *c, int scan, int32_t partition, int sink, Error *err)
{
	const SinkCounts *k = &c->sinks[sink];

	if (c->decoded == k->used + k->filtered + k->late + k->failed)
		return true;
	return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
					 "row ledger of sink %d, scan %d partition %d does not balance: decoded %" PRIu64
					 ", used %" PRIu64 ", filtered %" PRIu64 ", late %" PRIu64 ", failed %" PRIu64,
					 sink, scan, (int)partition, c->decoded, k->used, k->filtered, k->late, k->failed);
}

bool
ledger_check(const Ledger *ledger, const bool *reads, Error *err)
{
	for (int s = 0; s < ledger->scan_count; s++)
		for (int32_t p = 0; p < ledger->scans[s].partition_count; p++)
		{
			const PartitionCounts *counts = &ledger->scans[s].partitions[p];

			if (!check_partition(counts, s, p, err))
				return false;
			for (int k = 0; k < ledger->sink_count; k++)
				if (reads[k * ledger->scan_count + s] && !check_sink(counts, s, p, k, err))
					return false;
		}
	return true;
}

void
partition_counts_add(PartitionCounts *total, const PartitionCounts *epoch, int sink_count)
{
	total->next_offset = Max(total->next_offset, epoch->next_offset);
	total->read += epoch->read;
	total->gaps += epoch->gaps;
	total->decoded += epoch->decoded;
	total->dead += epoch->dead;
	total->tombstones += epoch->tombstones;
	total->bytes += epoch->bytes;
	total->max_time = Max(total->max_time, epoch->max_time);
	for (int k = 0; k < sink_count; k++)
	{
		total->sinks[k].used += epoch->sinks[k].used;
		total->sinks[k].filtered += epoch->sinks[k].filtered;
		total->sinks[k].late += epoch->sinks[k].late;
		total->sinks[k].failed += epoch->sinks[k].failed;
	}
}

void
ledger_add(Ledger *total, const Ledger *epoch)
{
	assert(total->scan_count == epoch->scan_count && total->sink_count == epoch->sink_count);
	for (int s = 0; s < epoch->scan_count; s++)
	{
		ledger_set_partitions(total, s, epoch->scans[s].partition_count);
		for (int32_t p = 0; p < epoch->scans[s].partition_count; p++)
			partition_counts_add(&total->scans[s].partitions[p], &epoch->scans[s].partitions[p],
								 epoch->sink_count);
	}
}
