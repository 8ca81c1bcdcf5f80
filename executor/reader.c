/*
 * reader.c: takes messages of one partition for the epoch; see reader.h.
 */
#include "executor/reader.h"

#include "common/hash.h"

enum
{
	POLL_MESSAGES_MAX = 4 * BATCH_ROWS,
	RETRY_FIRST = 100 * 1000, /* microseconds */
	RETRY_LONGEST = 30 * 1000 * 1000
};

LastRecord
reader_identify(const Message *message)
{
	/* Absent and empty differ. */
	uint64_t key = message->key ? hash_bytes(message->key, message->key_len) : 0;
	uint64_t value = message->value ? hash_bytes(message->value, message->value_len) : 1;

	return (LastRecord){message->offset, message->timestamp, hash_combine(key, value)};
}

bool
reader_open(PartitionReader *reader, const LastRecord *last, int64_t low, Error *err)
{
	/* The record itself is read again when the source still has it; one that is made up may not be due yet.
	 */
	bool compare = last->offset >= 0 && last->offset >= low && last->offset < reader->position &&
				   !reader->class->makes_up;

	reader->limit = NO_OFFSET;
	reader->end_since = -1;
	atomic_init(&reader->oldest, RETENTION_NONE);
	reader->last = *last;
	reader->expected = compare ? *last : (LastRecord){.offset = -1};
	return reader->class->assign(reader->source, reader->partition, compare ? last->offset : reader->position,
								 err);
}

/* The first message that is not committed yet. */
static inline void
note_oldest(PartitionReader *reader, const Message *message)
{
	if (atomic_load_explicit(&reader->oldest, memory_order_relaxed) == RETENTION_NONE &&
		message->timestamp != INT64_MIN)
		atomic_store_explicit(&reader->oldest, message->timestamp, memory_order_relaxed);
}

void
reader_begin(PartitionReader *reader, int64_t limit)
{
	reader->limit = limit;
	reader->done = reader->finished && reader->expected.offset < 0;
	reader->paused = false;
	atomic_store(&reader->oldest, RETENTION_NONE);
	if (reader->holding)
		note_oldest(reader, &reader->batch.messages[reader->held_from]);
}

void
reader_close(PartitionReader *reader)
{
	if (reader->holding)
		reader->class->release(reader->source, reader->partition, &reader->batch);
	reader->holding = false;
}

static bool
recreated(const PartitionReader *reader, Error *err)
{
	error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
			  "partition %d of stream \"%s\" is not the one that was read before", (int)reader->partition,
			  reader->stream);
	error_detail(err,
				 "The record at offset %" PRId64
				 " differs from the one recorded in the state; the topic was recreated, or a file replaced.",
				 reader->expected.offset);
	return error_hint(
		err, "Give the job another job_name or state_location to read the new topic from its start.");
}

/* Compares the first message after a restart with the recorded one, and skips it. */
static bool
check_expected(PartitionReader *reader, Error *err)
{
	const Message *first = &reader->batch.messages[reader->held_from];
	LastRecord expected = reader->expected;
	LastRecord found;

	if (expected.offset < 0)
		return true;
	found = reader_identify(first);
	if (found.offset == expected.offset)
	{
		if (found.timestamp != expected.timestamp || found.hash != expected.hash)
			return recreated(reader, err);
		reader->held_from++;
	}
	reader->expected.offset = -1;
	return true;
}

/* Moves the position over offsets that were not delivered. */
static void
skip_to(PartitionReader *reader, PartitionCounts *counts, int64_t offset)
{
	offset = Min(offset, reader->limit);
	if (offset <= reader->position)
		return;
	counts->gaps += (uint64_t)(offset - reader->position);
	reader->position = offset;
	counts->next_offset = offset;
}

static ReaderStep
set_done(PartitionReader *reader)
{
	reader->done = true;
	reader->finished = reader->ends && reader->position >= reader->end;
	return READER_DONE;
}

/* The source stands at the end of the partition as it is now. */
static ReaderStep
reach_end(PartitionReader *reader, PartitionCounts *counts)
{
	skip_to(reader, counts, reader->batch.next_offset);
	reader->expected.offset = -1; /* the source has it no more, which is no sign of another topic */
	if (!reader->at_end)
		reader->end_since = clock_monotonic(reader->clock);
	reader->at_end = true;
	if (!reader->ends)
		return READER_EMPTY;
	/* The ends were taken before: whatever lies below them and did not come never will. */
	if (reader->end == NO_OFFSET)
		reader->end = reader->position;
	skip_to(reader, counts, reader->end);
	return set_done(reader);
}

static ReaderStep
fail_poll(PartitionReader *reader, const Error *err)
{
	if (!err->retriable)
		return READER_FAILED;
	reader->retry_wait = reader->retry_wait == 0 ? RETRY_FIRST : Min(reader->retry_wait * 2, RETRY_LONGEST);
	reader->retry_at = clock_monotonic(reader->clock) + reader->retry_wait;
	reader->retries++;
	return READER_RETRY;
}

/* Fills the held batch: READER_TOOK when there is something in it. */
static ReaderStep
poll_source(PartitionReader *reader, PartitionCounts *counts, Error *err)
{
	PollStatus status;

	if (reader->retry_at != 0 && clock_monotonic(reader->clock) < reader->retry_at)
		return READER_EMPTY;
	reader->batch = (MessageBatch){.next_offset = reader->position};
	status = reader->class->poll(reader->source, reader->partition, POLL_MESSAGES_MAX, &reader->batch, err);
	if (status == POLL_FAILED)
		return fail_poll(reader, err);
	reader->retry_at = reader->retry_wait = 0;
	if (status == POLL_END)
		return reach_end(reader, counts);
	if (status == POLL_EMPTY)
		return READER_EMPTY;
	reader->holding = true;
	reader->held_from = 0;
	reader->at_end = false;
	reader->end_since = -1;
	return check_expected(reader, err) ? READER_TOOK : READER_FAILED;
}

/* How many held messages lie below the limit; counts the holes between them. */
static bool
count_messages(PartitionReader *reader, PartitionCounts *counts, uint32_t *taken, Error *err)
{
	const MessageBatch *batch = &reader->batch;
	int64_t position = reader->position;
	uint64_t bytes = 0, gaps = 0;
	uint32_t i = reader->held_from;

	for (; i < batch->n && batch->messages[i].offset < reader->limit; i++)
	{
		int64_t offset = batch->messages[i].offset;

		if (offset < position)
			return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
							 "source of stream \"%s\" partition %d went back from offset %" PRId64
							 " to %" PRId64,
							 reader->stream, (int)reader->partition, position, offset);
		gaps += (uint64_t)(offset - position);
		position = offset + 1;
		bytes += batch->messages[i].value_len;
	}
	*taken = i - reader->held_from;
	counts->read += *taken;
	counts->gaps += gaps;
	counts->bytes += bytes;
	counts->next_offset = reader->position = position;
	return true;
}

static void
release_if_empty(PartitionReader *reader, PartitionCounts *counts)
{
	if (reader->held_from < reader->batch.n)
		return;
	reader->class->release(reader->source, reader->partition, &reader->batch);
	reader->holding = false;
	skip_to(reader, counts, reader->batch.next_offset);
}

ReaderStep
reader_step(PartitionReader *reader, Pipeline *pipeline, PartitionCounts *counts, Error *err)
{
	const Message *messages;
	uint32_t n = 0;
	bool stopped = false;

	if (reader->done)
		return READER_DONE;
	if (!reader->holding && reader->expected.offset < 0 && reader->position >= reader->limit)
		return set_done(reader);
	if (!reader->holding)
	{
		/* A source may report its end only once. */
		ReaderStep step =
			reader->at_end && reader->ends ? reach_end(reader, counts) : poll_source(reader, counts, err);

		if (step != READER_TOOK)
			return step;
	}
	messages = reader->batch.messages + reader->held_from;
	if (reader->held_from < reader->batch.n) /* all may have been the expected record */
		note_oldest(reader, messages);
	if (!count_messages(reader, counts, &n, err))
		return READER_FAILED;
	if (n > 0)
	{
		reader->last = reader_identify(&messages[n - 1]);
		if (!pipeline_push(pipeline, reader->scan, reader->partition, messages, n, &stopped, err))
			return READER_FAILED;
		reader->max_time = Max(reader->max_time, counts->max_time);
	}
	reader->held_from += n;
	if (reader->held_from < reader->batch.n)
	{
		/* The next message is past the limit: all below it has come. */
		skip_to(reader, counts, reader->limit);
		set_done(reader);
	}
	release_if_empty(reader, counts);
	if (reader->position >= reader->limit)
		set_done(reader);
	return stopped ? READER_STOPPED : n > 0 ? READER_TOOK : reader->done ? READER_DONE : READER_EMPTY;
}
