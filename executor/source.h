/*
 * source.h: the interface that every source of messages implements (Kafka, files, generators).
 *
 * The idea: a source is a set of partitions, each an append-only sequence of messages with growing offsets
 * (holes are normal: transactions, compaction). The epoch loop decides which partition is read when, and up
 * to which offset; a source never skips, never seeks behind the reader's back, and holds a bounded queue.
 *
 * Threads: different partitions may be polled from different threads at once; one partition by one thread at
 * a time. All other calls come from the coordinator.
 */
#ifndef WEIR_EXECUTOR_SOURCE_H
#define WEIR_EXECUTOR_SOURCE_H

#include <stdatomic.h>

#include "common/clock.h"
#include "executor/batch.h"
#include "planner/plan.h"

typedef enum PollStatus
{
	POLL_MESSAGES, /* out->n > 0 */
	POLL_EMPTY,    /* nothing at the moment */
	POLL_END,      /* nothing, and the reader stands at the end of the partition as the source knows it now */
	POLL_FAILED    /* err is set; err->retriable says whether polling again may help */
} PollStatus;

/* Messages of one partition in offset order, owned by the source until release(). */
typedef struct MessageBatch
{
	uint32_t n;
	const Message *messages;
	int64_t next_offset; /* where the next poll goes on; also set for POLL_END (past control records) */
	void *native;
} MessageBatch;

typedef struct SourceOpen
{
	const StreamDef *stream;
	const Clock *clock;
	size_t queue_bytes;      /* bound for all fetch queues of this source together */
	const char *fixture;     /* --input STREAM=FILE: only sources that read files look at it; else NULL */
	const atomic_bool *stop; /* calls that wait give up soon after this becomes true */
} SourceOpen;

/* Embed as first member. */
typedef struct Source
{
	const struct SourceClass *class;
} Source;

typedef struct SourceClass
{
	ConnectorInfo info;
	/* Connects. Unknown topic, unreachable broker, refused authentication are reported here. */
	bool (*open)(const SourceOpen *open, Source **out, Error *err);
	/* How many partitions there are now (>= 1); may grow later. */
	bool (*partition_count)(Source *source, int32_t *count, Error *err);
	/* The first and one-past-the-last offset of a partition right now. */
	bool (*bounds)(Source *source, int32_t partition, int64_t *low, int64_t *end, Error *err);
	/* The number that the stream's start option means for the partition right now. */
	bool (*start_offset)(Source *source, int32_t partition, int64_t *offset, Error *err);
	/* Begins to deliver a partition from an offset; called once per partition, before its first poll. */
	bool (*assign)(Source *source, int32_t partition, int64_t offset, Error *err);
	/* Never waits. At most max messages. */
	PollStatus (*poll)(Source *source, int32_t partition, uint32_t max, MessageBatch *out, Error *err);
	void (*release)(Source *source, int32_t partition, MessageBatch *batch);
	/* Waits until any partition may have something, at most timeout_ms. NULL = the caller sleeps. */
	void (*wait)(Source *source, int timeout_ms);
	/* Tells lag tools how far the job is committed: next[partition], -1 = unknown. Failures are logged only.
	 * NULL = none. */
	void (*commit_hint)(Source *source, const int64_t *next, int32_t count);
	void (*close)(Source *source);
	/*
	 * How long the source keeps a message from its timestamp on, in microseconds; 0: for ever, or that is not
	 * known (yet). Never waits. NULL = for ever.
	 */
	int64_t (*retention)(Source *source);
	/*
	 * There is a server that may fall silent: POLL_END is what it said last, and before a partition is taken
	 * for idle its bounds are asked for again.
	 */
	bool remote;
	/* Messages are made from their offset and can be had before they are due: an end before one that was read
	 * is no loss. */
	bool makes_up;
	/* Whether messages carry broker timestamps, for max_future in batch mode. */
	bool has_timestamps;
	/* Appends the message's headers as a JSON object of name to text; false: it has none. NULL = no headers.
	 */
	bool (*headers)(const Message *message, StrBuf *json);
} SourceClass;

#endif
