/*
 * kafka_partition.c: reading one partition (contract in kafka_partition.h).
 *
 * The idea: librdkafka's simple consumer, started at an offset with a queue of its own and read from it in
 * batches. Nothing is ever sought or paused: to read elsewhere, the partition is stopped, its queue thrown
 * away, and started again. Messages stay librdkafka's and are not copied; they are given back in bulk.
 *
 * After a damaged batch of records nothing is believed that librdkafka has queued or where it stands: it
 * parses on somewhere inside, takes bytes for offsets, and fetches from there. The end of the damage is found
 * by reading anew (kafka_damage.h), what lies inside is delivered as one message with a fault, and reading
 * goes on behind it. Answers to those fetches can still disturb a new start, as an offset out of range or by
 * ending all fetching; so until something that can be believed has come, a partition is unsettled, and
 * started again when it hears of such an offset, or nothing at all for a while.
 */
#include "connectors/kafka_partition.h"

#include <stdio.h>

#include "common/memory.h"
#include "connectors/kafka_damage.h"

enum
{
	SILENCE_MIN =
		1000000, /* microseconds until an unsettled partition is started again; then twice as long */
	SILENCE_MAX = 32000000,
	SILENCE_TELLS = 2 * SILENCE_MIN, /* of a probe, when the broker is there */
	QUERY_MS = 2000,
	RESTARTS_MAX = 20 /* because of offsets out of range; then it is true */
};

/* Messages that were handed out. */
typedef struct KafkaBatch
{
	KafkaConnection *connection; /* of native */
	uint32_t capacity;
	uint32_t count; /* of native */
	rd_kafka_message_t **native;
	Message *messages;
	char *fault; /* of the only message; NULL = none */
} KafkaBatch;

struct KafkaPartition
{
	KafkaConnection *connection;
	int32_t number;
	int event_fd;
	rd_kafka_queue_t *queue; /* NULL: not started */
	int64_t next;
	bool at_end;
	Error failure; /* found behind messages; reported by the next poll */
	KafkaDamage damage;
	bool unsettled;
	int restarts;
	int64_t started; /* monotonic, while unsettled */
	int64_t silence; /* how long to wait */
	KafkaBatch *spare;
};

/* ---- starting and stopping ---- */

static bool
start(KafkaPartition *p, Error *err)
{
	static const uint64_t one = 1;
	KafkaConnection *c = p->connection;
	int64_t offset = p->damage.searching ? p->damage.probe : p->next;

	if (p->unsettled)
		p->started = clock_monotonic(&system_clock);
	p->queue = rd_kafka_queue_new(c->client.rk);
	rd_kafka_queue_io_event_enable(p->queue, p->event_fd, &one, sizeof one);
	if (rd_kafka_consume_start_queue(c->rkt, p->number, offset, p->queue) == 0)
		return true;
	rd_kafka_queue_destroy(p->queue);
	p->queue = NULL;
	return kafka_client_error(&c->client, rd_kafka_last_error(), "start reading", err);
}

static void
stop(KafkaPartition *p)
{
	if (p->queue == NULL)
		return;
	(void)rd_kafka_consume_stop(p->connection->rkt, p->number);
	rd_kafka_queue_destroy(p->queue);
	p->queue = NULL;
	p->at_end = false;
}

/* From the next start on nothing is believed until it is proved. */
static void
unsettle(KafkaPartition *p)
{
	stop(p);
	p->unsettled = true;
	p->restarts = 0;
	p->silence = SILENCE_MIN;
}

/* Whether an offset out of range may be an answer to a fetch from before; the partition is then started
 * again. */
static bool
restart_unsettled(KafkaPartition *p)
{
	if (!p->unsettled || ++p->restarts > RESTARTS_MAX)
		return false;
	stop(p);
	return true;
}

/* Whether it has heard nothing for so long that it is to be started again. */
static bool
is_silent(const KafkaPartition *p)
{
	return p->unsettled && clock_monotonic(&system_clock) - p->started >= p->silence;
}

static void
end_silence(KafkaPartition *p)
{
	if (!is_silent(p))
		return;
	p->silence = Min(2 * p->silence, (int64_t)SILENCE_MAX);
	stop(p);
}

bool
kafka_partition_open(KafkaConnection *connection, int32_t number, int64_t offset, int event_fd,
					 KafkaPartition **out, Error *err)
{
	KafkaPartition *p = mem_alloc_zero(sizeof *p);

	assert(offset >= 0);
	p->connection = kafka_connection_keep(connection);
	p->number = number;
	p->event_fd = event_fd;
	p->next = offset;
	if (!start(p, err))
	{
		kafka_partition_close(p);
		return false;
	}
	*out = p;
	return true;
}

void
kafka_partition_move(KafkaPartition *p, KafkaConnection *connection)
{
	stop(p);
	error_clear(&p->failure);
	kafka_connection_release(p->connection);
	p->connection = kafka_connection_keep(connection);
}

/* ---- batches ---- */

static KafkaBatch *
new_batch(uint32_t capacity)
{
	KafkaBatch *batch = mem_alloc_zero(sizeof *batch);

	batch->capacity = capacity;
	batch->native = mem_alloc(capacity * sizeof *batch->native);
	batch->messages = mem_alloc(capacity * sizeof *batch->messages);
	return batch;
}

static void
free_batch(KafkaBatch *batch)
{
	if (batch == NULL)
		return;
	mem_free(batch->native);
	mem_free(batch->messages);
	mem_free(batch);
}

static KafkaBatch *
take_batch(KafkaPartition *p, uint32_t max)
{
	KafkaBatch *batch = p->spare;

	p->spare = NULL;
	if (batch == NULL || batch->capacity < max)
	{
		free_batch(batch);
		batch = new_batch(max);
	}
	batch->connection = kafka_connection_keep(p->connection);
	return batch;
}

static void
give_batch(KafkaPartition *p, KafkaBatch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++)
		rd_kafka_message_destroy(batch->native[i]);
	batch->count = 0;
	mem_free(batch->fault);
	batch->fault = NULL;
	kafka_connection_release(batch->connection);
	free_batch(p->spare);
	p->spare = batch;
}

void
kafka_partition_release(KafkaPartition *p, MessageBatch *released)
{
	if (released->native != NULL)
		give_batch(p, released->native);
	*released = (MessageBatch){0};
}

void
kafka_partition_close(KafkaPartition *p)
{
	if (p == NULL)
		return;
	stop(p);
	free_batch(p->spare);
	kafka_damage_end(&p->damage);
	error_clear(&p->failure);
	kafka_connection_release(p->connection);
	mem_free(p);
}

/* ---- errors among the messages ---- */

static bool
data_gap(KafkaPartition *p, Error *err)
{
	int64_t low, end;

	(void)error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
					"offset %" PRId64 " of partition %d is not in topic \"%s\" any more", p->next, p->number,
					p->connection->topic);
	if (rd_kafka_query_watermark_offsets(p->connection->client.rk, p->connection->topic, p->number, &low,
										 &end, QUERY_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
		error_detail(err, "The partition has offsets %" PRId64 " to %" PRId64 ".", low, end);
	return error_hint(err, "Use --accept-gap to go on with what there is.");
}

/* What an error that stands among the messages means. False and no error set: it passes by itself. */
static bool
consumer_error(KafkaPartition *p, const rd_kafka_message_t *m, Error *err)
{
	KafkaConnection *c = p->connection;
	const char *text = rd_kafka_message_errstr(m);

	switch (m->err)
	{
		case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
		case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return !restart_unsettled(p) && data_gap(p, err);
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
			return error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
							 "partition %d of topic \"%s\" does not exist any more", p->number, c->topic);
		case RD_KAFKA_RESP_ERR_INVALID_MSG: /* the broker can't read its own log */
			return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
							 "could not read partition %d of topic \"%s\" at offset %" PRId64, p->number,
							 c->topic, p->next) ||
				   error_detail(err, "%s", text);
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
			return kafka_client_error(&c->client, m->err, "read the topic", err);
		default:
			kafka_client_log(&c->client, LOG_WARNING, "partition %d of topic \"%s\": %s", p->number, c->topic,
							 text);
			return false;
	}
}

/* ---- damage ---- */

/* Whether the records at an offset can't be read, now or ever. */
static bool
is_damage(rd_kafka_resp_err_t err)
{
	return err == RD_KAFKA_RESP_ERR__BAD_MSG || err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
		   err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED || err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
}

/* The end of the partition as the last fetch saw it; negative: unknown. */
static int64_t
known_end(const KafkaPartition *p)
{
	int64_t low, high;

	return rd_kafka_get_watermark_offsets(p->connection->client.rk, p->connection->topic, p->number, &low,
										  &high) == RD_KAFKA_RESP_ERR_NO_ERROR
			   ? high
			   : -1;
}

static void
begin_damage(KafkaPartition *p, const rd_kafka_message_t *m)
{
	kafka_damage_begin(&p->damage, m->offset, p->next, known_end(p), rd_kafka_message_errstr(m));
	unsettle(p);
}

typedef enum ProbeResult
{
	PROBE_INSIDE,
	PROBE_BEYOND,
	PROBE_UNKNOWN
} ProbeResult;

/* What it means that this came first from the probe. */
static ProbeResult
judge_probe(KafkaPartition *p, const rd_kafka_message_t *m)
{
	int64_t probe = p->damage.probe;
	Error ignored = {0};

	if (is_damage(m->err)) /* of the same batch, or of another one; too large is the place itself */
		return m->offset == p->damage.base || m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? PROBE_INSIDE
																							 : PROBE_BEYOND;
	if ((m->err == RD_KAFKA_RESP_ERR_NO_ERROR || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) &&
		m->offset >= probe)
		return PROBE_BEYOND;
	if ((m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) &&
		m->offset == probe) /* the end of the partition was not known */
		return PROBE_BEYOND;
	(void)consumer_error(p, m, &ignored);
	error_clear(&ignored);
	return PROBE_UNKNOWN;
}

/* One message with a fault in place of all that is lost. */
static void
deliver_damage(KafkaPartition *p, MessageBatch *out)
{
	KafkaBatch *batch = take_batch(p, 1);
	KafkaDamage *d = &p->damage;
	StrBuf text = {0};

	if (d->beyond - d->first == 1)
		str_appendf(&text, "could not read offset %" PRId64 ": %s", d->first, d->reason);
	else
		str_appendf(&text, "could not read offsets %" PRId64 " to %" PRId64 ": %s", d->first, d->beyond - 1,
					d->reason);
	kafka_client_log(&p->connection->client, LOG_WARNING, "partition %d of topic \"%s\": %s", p->number,
					 p->connection->topic, text.data);
	batch->fault = text.data;
	batch->messages[0] = (Message){.offset = d->first, .timestamp = INT64_MIN, .fault = batch->fault};
	p->next = d->beyond;
	*out = (MessageBatch){.n = 1, .messages = batch->messages, .next_offset = p->next, .native = batch};
	kafka_damage_end(d);
}

/* librdkafka says nothing of records it can't parse: the broker has some there, and nothing comes. */
static ProbeResult
judge_silence(KafkaPartition *p)
{
	int64_t low, high;
	bool tells = is_silent(p) && p->silence >= SILENCE_TELLS &&
				 rd_kafka_query_watermark_offsets(p->connection->client.rk, p->connection->topic, p->number,
												  &low, &high, QUERY_MS) == RD_KAFKA_RESP_ERR_NO_ERROR &&
				 p->damage.probe < high;

	end_silence(p);
	return tells ? PROBE_INSIDE : PROBE_UNKNOWN;
}

/* Looks at what the probe brought, if anything did. */
static PollStatus
search_damage(KafkaPartition *p, MessageBatch *out)
{
	rd_kafka_message_t *m = rd_kafka_consume_queue(p->queue, 0);
	ProbeResult result;

	if (m != NULL)
	{
		result = judge_probe(p, m);
		rd_kafka_message_destroy(m);
	}
	else
		result = judge_silence(p);
	if (result == PROBE_UNKNOWN)
		return POLL_EMPTY;
	unsettle(p);
	if (!kafka_damage_met(&p->damage, result == PROBE_INSIDE, known_end(p)))
		return POLL_EMPTY;
	deliver_damage(p, out);
	return POLL_MESSAGES;
}

/* ---- reading ---- */

static inline Message
to_message(rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(m, &type);

	return (Message){
		.key = m->key,
		.value = m->payload,
		.key_len = m->key_len,
		.value_len = m->len,
		.offset = m->offset,
		.timestamp = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MIN : kafka_time_to_weir(ms),
		.native = m,
	};
}

/* Sorts what came: messages into batch->messages (how many is returned), ends and errors into the partition.
 */
static uint32_t
sort_batch(KafkaPartition *p, KafkaBatch *batch)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < batch->count && !p->failure.set && p->queue != NULL; i++)
	{
		rd_kafka_message_t *m = batch->native[i];

		if (likely(m->err == RD_KAFKA_RESP_ERR_NO_ERROR))
		{
			batch->messages[n++] = to_message(m);
			p->next = m->offset + 1;
			p->at_end = p->unsettled = false;
		}
		else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		{
			p->next = Max(p->next, m->offset);
			p->at_end = true;
			p->unsettled = false;
		}
		else if (is_damage(m->err))
			begin_damage(p, m);
		else
			(void)consumer_error(p, m, &p->failure);
	}
	return n;
}

static PollStatus
read_messages(KafkaPartition *p, uint32_t max, MessageBatch *out, Error *err)
{
	KafkaBatch *batch = take_batch(p, max);
	ssize_t got = rd_kafka_consume_batch_queue(p->queue, 0, batch->native, max);
	uint32_t n;

	batch->count = got > 0 ? (uint32_t)got : 0;
	n = sort_batch(p, batch);
	out->next_offset = p->next;
	if (n > 0)
	{
		*out = (MessageBatch){.n = n,
							  .messages = batch->messages,
							  .next_offset = batch->messages[n - 1].offset + 1,
							  .native = batch};
		return POLL_MESSAGES;
	}
	give_batch(p, batch);
	if (unlikely(p->failure.set))
	{
		error_move(err, &p->failure);
		return POLL_FAILED;
	}
	end_silence(p);
	return p->at_end ? POLL_END : POLL_EMPTY;
}

PollStatus
kafka_partition_poll(KafkaPartition *p, uint32_t max, MessageBatch *out, Error *err)
{
	*out = (MessageBatch){.next_offset = p->next};
	if (unlikely(p->failure.set))
	{
		error_move(err, &p->failure);
		return POLL_FAILED;
	}
	if (unlikely(p->queue == NULL) && !start(p, err))
		return POLL_FAILED;
	if (unlikely(p->damage.searching))
		return search_damage(p, out);
	return read_messages(p, max, out, err);
}
