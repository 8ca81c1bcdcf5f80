/*
 * reader.h: one partition of a source, read up to limits, with its offsets accounted for.
 *
 * The idea: the source delivers messages when it likes; the reader decides which of them belong to this
 * epoch. Messages at or past the epoch's limit are kept aside, uncounted, until a later epoch. It knows when
 * the partition is at its end, counts offsets that were never delivered as gaps, remembers the last record
 * (by which a restart recognises the topic), and after a restart reads that record again to compare.
 *
 * A reader is used by one worker during FILL and by the coordinator between epochs.
 */
#ifndef WEIR_EXECUTOR_READER_H
#define WEIR_EXECUTOR_READER_H

#include "executor/manifest.h"
#include "executor/pipeline.h"
#include "executor/source.h"

#define NO_OFFSET INT64_MAX
#define RETENTION_NONE INT64_MAX

typedef struct PartitionReader
{
	int scan;
	int32_t partition;
	bool foreign;       /* another shard's: never assigned, and finished from the beginning */
	const char *stream; /* for messages */
	Source *source;
	const SourceClass *class;
	const Clock *clock;

	int64_t position; /* one past the last offset taken or known to be a gap */
	int64_t limit;    /* of this epoch: offsets below it are taken; NO_OFFSET = none */
	int64_t end;   /* of the run: offsets below it are taken; NO_OFFSET = none, or wherever the source ends */
	bool ends;     /* the run ends with the partition: at end, or where the source says so */
	bool done;     /* nothing more to take in this epoch */
	bool finished; /* nothing more to take in this run */
	bool paused;   /* too far ahead of the watermark for now */

	bool at_end;       /* nothing came since the source said that this is the end */
	int64_t end_since; /* monotonic time since when; -1 = it is not at its end */

	bool holding; /* batch has messages from held_from on that were not taken yet */
	uint32_t held_from;
	MessageBatch batch;

	/* Source's timestamp of the first message that was taken or is held, and is not committed yet;
	 * RETENTION_NONE: there is none. Others may look at it. */
	atomic_int_fast64_t oldest;

	LastRecord last;
	LastRecord expected; /* to be found again after a restart; offset -1 = nothing to compare */

	int64_t max_time; /* greatest event time ever */
	int64_t retry_at; /* monotonic: not polled before; 0 = no failure */
	int64_t retry_wait;
	uint64_t retries;
} PartitionReader;

typedef enum ReaderStep
{
	READER_TOOK,   /* messages were pushed */
	READER_EMPTY,  /* nothing at the moment */
	READER_DONE,   /* nothing more in this epoch */
	READER_RETRY,  /* the source failed in a way that may pass; err says how, and it will be tried again */
	READER_FAILED, /* the job can't go on; err is set */
	READER_STOPPED /* the receiver wants no more */
} ReaderStep;

/* Assigns the partition from position; last is the record before it, to be compared, or has offset -1. */
extern bool reader_open(PartitionReader *reader, const LastRecord *last, int64_t low, Error *err) WARN_UNUSED;
/* Begins an epoch with a limit. */
extern void reader_begin(PartitionReader *reader, int64_t limit);
/* Takes at most one batch: pushes it and counts it. */
extern ReaderStep reader_step(PartitionReader *reader, Pipeline *pipeline, PartitionCounts *counts,
							  Error *err);
/* Gives back what is held. */
extern void reader_close(PartitionReader *reader);

extern LastRecord reader_identify(const Message *message);

#endif
