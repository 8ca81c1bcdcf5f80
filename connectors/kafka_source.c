/*
 * kafka_source.c: reading Kafka, partition by partition, at numeric offsets.
 *
 * The idea: librdkafka's simple consumer. Each partition is started at an offset with a queue of its own
 * (rd_kafka_consume_start_queue) and read in batches from it (rd_kafka_consume_batch_queue); nothing is ever
 * sought or paused, and no consumer group is joined, so there is no rebalance that could lose or repeat
 * messages. A partition that the reader leaves alone fills its queue, and librdkafka stops fetching it. All
 * queues wake one event descriptor.
 *
 * The end of a partition is known by PARTITION_EOF, which also comes behind control records, where no message
 * does. A position that the broker does not have any more is an error (DATA_GAP), never a jump. Messages stay
 * librdkafka's and are not copied; they are given back in bulk.
 *
 * Settings are those measured best for a reader that keeps up: small fetches, and queues that fit the cache;
 * the bound on the queues is divided among the partitions, as librdkafka counts per partition.
 */
#include "connectors/kafka_source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/memory.h"
#include "connectors/kafka_client.h"
#include "connectors/kafka_commit.h"
#include "connectors/kafka_options.h"

enum
{
	QUERY_MS = 10000,
	FETCH_BYTES = 1 << 20,
	QUEUE_MESSAGES = 100000,
	QUEUE_BYTES_MAX = 64 << 20,
	COUNT_INTERVAL = 5000000 /* microseconds between two looks for new partitions */
};

/* Messages that were handed out. */
typedef struct KafkaBatch
{
	uint32_t capacity;
	uint32_t count; /* of native */
	rd_kafka_message_t **native;
	Message *messages;
} KafkaBatch;

/* Used by the thread that polls the partition. */
typedef struct KafkaPartition
{
	rd_kafka_queue_t *queue; /* NULL: not assigned */
	int64_t next;
	bool at_end;
	Error failure; /* found behind messages; reported by the next poll */
	KafkaBatch *spare;
} KafkaPartition;

typedef struct KafkaSource
{
	Source base;
	KafkaClient client;
	rd_kafka_topic_t *rkt;
	const StreamDef *stream;
	const char *topic;
	const atomic_bool *stop;
	const Clock *clock;
	int32_t partition_count; /* as of counted */
	int64_t counted;         /* monotonic */
	KafkaStart start;
	int event_fd;
	int32_t assigned;            /* length of partitions */
	KafkaPartition **partitions; /* NULL = not assigned */
	KafkaCommitter committer;
	Arena arena;
} KafkaSource;

/* ---- opening ---- */

static bool
open_client(KafkaSource *s, int32_t partitions, size_t queue_bytes, Error *err)
{
	size_t share = Min(queue_bytes, (size_t)QUEUE_BYTES_MAX) / (size_t)Max(partitions, 1);
	char kbytes[24], messages[24];
	const char *isolation = options_text(&s->stream->options, "isolation");
	const KafkaProperty preferred[] = {
		{"fetch.message.max.bytes", "1048576"},
		{"queued.max.messages.kbytes", kbytes},
		{"queued.min.messages", messages},
		{"fetch.wait.max.ms", kafka_connector_of(s->stream)->embedded ? "10" : "50"},
		{"fetch.error.backoff.ms", "100"},
		{"fetch.queue.backoff.ms", "10"}, /* since 2.2 */
		{"check.crcs", "true"},
	};
	const KafkaProperty required[] = {
		{"enable.auto.commit", "false"},
		{"enable.auto.offset.store", "false"},
		{"auto.offset.reset", "error"},
		{"enable.partition.eof", "true"},
		/* the embedded broker is too simple to be asked not to, and its topics are made beforehand */
		{"allow.auto.create.topics", kafka_connector_of(s->stream)->embedded ? "true" : "false"},
		{"isolation.level", isolation != NULL ? isolation : "read_committed"},
	};
	rd_kafka_conf_t *conf;

	snprintf(kbytes, sizeof kbytes, "%zu", Max(share / 1024, (size_t)1024));
	snprintf(messages, sizeof messages, "%d", Max(QUEUE_MESSAGES / Max(partitions, 1), 1000));
	return kafka_conf_create(s->stream, preferred, lengthof(preferred), required, lengthof(required), &conf,
							 err) &&
		   kafka_client_open(&s->client, RD_KAFKA_CONSUMER, conf, s->stream, err);
}

/* A list of start offsets must name exactly the partitions that there are. */
static bool
check_start(const KafkaSource *s, Error *err)
{
	int32_t highest = -1;

	if (s->start.kind != KAFKA_START_OFFSETS)
		return true;
	for (size_t i = 0; i < s->start.count; i++)
		highest = Max(highest, s->start.partitions[i]);
	if (highest >= s->partition_count)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, s->start.position,
						 "option \"start\" names partition %d, but topic \"%s\" has %d partitions", highest,
						 s->topic, s->partition_count);
	if ((int32_t)s->start.count < s->partition_count)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, s->start.position,
						 "option \"start\" names %zu of the %d partitions of topic \"%s\"", s->start.count,
						 s->partition_count, s->topic) ||
			   error_hint(err, "Name every partition.");
	return true;
}

/*
 * The size of the queues depends on the number of partitions, and librdkafka takes it only when a client is
 * made: so the first client asks for the topic, and the second one reads it.
 */
static bool
connect_source(KafkaSource *s, const SourceOpen *open, Error *err)
{
	bool found;

	if (!kafka_start_parse(s->stream, &s->start, &s->arena, err) ||
		!open_client(s, 1, open->queue_bytes, err))
		return false;
	found = kafka_client_find_topic(&s->client, s->topic, s->stop, false, &s->partition_count, err);
	if (!found || !check_start(s, err))
		return false;
	s->counted = clock_monotonic(s->clock);
	if (s->partition_count == 1)
		return true;
	kafka_client_close(&s->client);
	return open_client(s, s->partition_count, open->queue_bytes, err);
}

static void kafka_close(Source *base);

static bool
kafka_open(const SourceOpen *open, Source **out, Error *err)
{
	KafkaSource *s = mem_alloc_zero(sizeof *s);

	s->base.class = &kafka_connector_of(open->stream)->class;
	s->stream = open->stream;
	s->topic = options_text(&open->stream->options, "topic");
	s->stop = open->stop;
	s->clock = open->clock;
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	arena_init(&s->arena, "Kafka source");
	if (!connect_source(s, open, err))
	{
		kafka_close(&s->base);
		return false;
	}
	s->rkt = rd_kafka_topic_new(s->client.rk, s->topic, NULL);
	kafka_committer_open(&s->committer, &s->client, s->topic, options_text(&s->stream->options, "group"));
	*out = &s->base;
	return true;
}

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

static void
close_partition(KafkaSource *s, int32_t number)
{
	KafkaPartition *p = s->partitions[number];

	if (p == NULL)
		return;
	if (p->queue != NULL)
	{
		rd_kafka_consume_stop(s->rkt, number);
		rd_kafka_queue_destroy(p->queue);
	}
	free_batch(p->spare);
	error_clear(&p->failure);
	mem_free(p);
}

static void
kafka_close(Source *base)
{
	KafkaSource *s = (KafkaSource *)base;

	kafka_committer_close(&s->committer);
	for (int32_t i = 0; i < s->assigned; i++)
		close_partition(s, i);
	mem_free(s->partitions);
	if (s->rkt != NULL)
		rd_kafka_topic_destroy(s->rkt);
	kafka_client_close(&s->client);
	if (s->event_fd >= 0)
		close(s->event_fd);
	arena_release(&s->arena);
	mem_free(s);
}

/* ---- partitions and offsets ---- */

static bool
kafka_partition_count(Source *base, int32_t *count, Error *err)
{
	KafkaSource *s = (KafkaSource *)base;
	int64_t now = clock_monotonic(s->clock);

	if (now - s->counted >= COUNT_INTERVAL)
	{
		if (!kafka_client_count_partitions(&s->client, s->rkt, count, err))
			return false;
		s->partition_count = *count;
		s->counted = now;
	}
	*count = s->partition_count;
	return true;
}

static bool
kafka_bounds(Source *base, int32_t partition, int64_t *low, int64_t *end, Error *err)
{
	KafkaSource *s = (KafkaSource *)base;
	rd_kafka_resp_err_t rc =
		rd_kafka_query_watermark_offsets(s->client.rk, s->topic, partition, low, end, QUERY_MS);
	char action[300];

	(void)rd_kafka_poll(s->client.rk, 0);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	snprintf(action, sizeof action, "ask for the offsets of partition %d of topic \"%.200s\"", partition,
			 s->topic);
	return kafka_client_error(&s->client, rc, action, err);
}

/* The first offset whose message is at or after the time; -1: there is none. */
static bool
offset_at_time(KafkaSource *s, int32_t partition, int64_t *offset, Error *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, s->topic, partition);
	rd_kafka_resp_err_t rc;

	item->offset = Max(kafka_time_from_weir(s->start.time), 0);
	rc = rd_kafka_offsets_for_times(s->client.rk, list, QUERY_MS);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		rc = item->err;
	*offset = item->offset;
	rd_kafka_topic_partition_list_destroy(list);
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
		   kafka_client_error(&s->client, rc, "ask for offsets by time", err);
}

/* The offset that the option gives for a partition; partitions that were added since begin at 0. */
static bool
offset_given(const KafkaSource *s, int32_t partition, int64_t low, int64_t end, int64_t *offset, Error *err)
{
	*offset = low;
	for (size_t i = 0; i < s->start.count; i++)
	{
		if (s->start.partitions[i] == partition)
			*offset = s->start.offsets[i];
	}
	if (*offset >= low && *offset <= end)
		return true;
	return error_set(err, SQLSTATE_DATA_GAP, s->start.position,
					 "offset %" PRId64 " of partition %d is not in topic \"%s\"", *offset, partition,
					 s->topic) ||
		   error_detail(err, "The partition has offsets %" PRId64 " to %" PRId64 ".", low, end);
}

static bool
kafka_start_offset(Source *base, int32_t partition, int64_t *offset, Error *err)
{
	KafkaSource *s = (KafkaSource *)base;
	int64_t low, end;

	if (!kafka_bounds(base, partition, &low, &end, err))
		return false;
	switch (s->start.kind)
	{
		case KAFKA_START_OFFSETS: return offset_given(s, partition, low, end, offset, err);
		case KAFKA_START_TIME:
			if (!offset_at_time(s, partition, offset, err))
				return false;
			if (*offset < 0)
				*offset = end;
			break;
		case KAFKA_START_LATEST: *offset = end; break;
		case KAFKA_START_EARLIEST: *offset = low; break;
	}
	return true;
}

static bool
kafka_assign(Source *base, int32_t partition, int64_t offset, Error *err)
{
	static const uint64_t one = 1;
	KafkaSource *s = (KafkaSource *)base;
	KafkaPartition *p = mem_alloc_zero(sizeof *p);

	if (partition >= s->assigned)
	{
		s->partitions = mem_realloc(s->partitions, (size_t)(partition + 1) * sizeof *s->partitions);
		memset(s->partitions + s->assigned, 0, (size_t)(partition + 1 - s->assigned) * sizeof *s->partitions);
		s->assigned = partition + 1;
	}
	assert(s->partitions[partition] == NULL && offset >= 0);
	s->partitions[partition] = p;
	p->next = offset;
	p->queue = rd_kafka_queue_new(s->client.rk);
	rd_kafka_queue_io_event_enable(p->queue, s->event_fd, &one, sizeof one);
	if (rd_kafka_consume_start_queue(s->rkt, partition, offset, p->queue) == 0)
		return true;
	rd_kafka_queue_destroy(p->queue);
	p->queue = NULL;
	return kafka_client_error(&s->client, rd_kafka_last_error(), "start reading", err);
}

/* ---- reading ---- */

static bool
data_gap(KafkaSource *s, int32_t partition, int64_t offset, Error *err)
{
	int64_t low, end;

	(void)error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
					"offset %" PRId64 " of partition %d is not in topic \"%s\" any more", offset, partition,
					s->topic);
	if (rd_kafka_query_watermark_offsets(s->client.rk, s->topic, partition, &low, &end, 2000) ==
		RD_KAFKA_RESP_ERR_NO_ERROR)
		error_detail(err, "The partition has offsets %" PRId64 " to %" PRId64 ".", low, end);
	return error_hint(err, "Use --accept-gap to go on with what there is.");
}

/* What an error that stands among the messages means. False and no error set: it passes by itself. */
static bool
consumer_error(KafkaSource *s, int32_t partition, int64_t position, const rd_kafka_message_t *m, Error *err)
{
	const char *text = rd_kafka_message_errstr(m);

	switch (m->err)
	{
		case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
		case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return data_gap(s, partition, position, err);
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
			return error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
							 "partition %d of topic \"%s\" does not exist any more", partition, s->topic);
		case RD_KAFKA_RESP_ERR__BAD_MSG:
		case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
		case RD_KAFKA_RESP_ERR_INVALID_MSG:
		case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
		case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
			return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
							 "could not read the message at offset %" PRId64
							 " of partition %d of topic \"%s\"",
							 m->offset >= 0 ? m->offset : position, partition, s->topic) ||
				   error_detail(err, "%s", text);
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
			return kafka_client_error(&s->client, m->err, "read the topic", err);
		default:
			if (rd_kafka_fatal_error(s->client.rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
				return kafka_client_error(&s->client, m->err, "read the topic", err);
			kafka_client_log(&s->client, LOG_WARNING, "partition %d of topic \"%s\": %s", partition, s->topic,
							 text);
			return false;
	}
}

static KafkaBatch *
take_batch(KafkaPartition *p, uint32_t max)
{
	KafkaBatch *batch = p->spare;

	p->spare = NULL;
	if (batch != NULL && batch->capacity >= max)
		return batch;
	free_batch(batch);
	return new_batch(max);
}

static void
give_batch(KafkaPartition *p, KafkaBatch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++)
		rd_kafka_message_destroy(batch->native[i]);
	batch->count = 0;
	free_batch(p->spare);
	p->spare = batch;
}

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
sort_batch(KafkaSource *s, int32_t partition, KafkaPartition *p, KafkaBatch *batch)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < batch->count && !p->failure.set; i++)
	{
		rd_kafka_message_t *m = batch->native[i];

		if (likely(m->err == RD_KAFKA_RESP_ERR_NO_ERROR))
		{
			batch->messages[n++] = to_message(m);
			p->next = m->offset + 1;
			p->at_end = false;
		}
		else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		{
			p->next = Max(p->next, m->offset);
			p->at_end = true;
		}
		else
			(void)consumer_error(s, partition, p->next, m, &p->failure);
	}
	return n;
}

static PollStatus
kafka_poll(Source *base, int32_t partition, uint32_t max, MessageBatch *out, Error *err)
{
	KafkaSource *s = (KafkaSource *)base;
	KafkaPartition *p = s->partitions[partition];
	KafkaBatch *batch;
	ssize_t got;
	uint32_t n;

	*out = (MessageBatch){.next_offset = p->next};
	if (unlikely(p->failure.set))
	{
		error_move(err, &p->failure);
		return POLL_FAILED;
	}
	batch = take_batch(p, max);
	got = rd_kafka_consume_batch_queue(p->queue, 0, batch->native, max);
	batch->count = got > 0 ? (uint32_t)got : 0;
	n = sort_batch(s, partition, p, batch);
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
	return p->at_end ? POLL_END : POLL_EMPTY;
}

static void
kafka_release(Source *base, int32_t partition, MessageBatch *released)
{
	KafkaSource *s = (KafkaSource *)base;

	if (released->native != NULL)
		give_batch(s->partitions[partition], released->native);
	*released = (MessageBatch){0};
}

static void
kafka_wait(Source *base, int timeout_ms)
{
	KafkaSource *s = (KafkaSource *)base;
	struct pollfd fd = {.fd = s->event_fd, .events = POLLIN};
	uint64_t count;

	(void)rd_kafka_poll(s->client.rk, 0);
	kafka_committer_poll(&s->committer, 0);
	if (poll(&fd, 1, timeout_ms) > 0 && read(s->event_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		kafka_client_log(&s->client, LOG_WARNING, "could not read an event: %s", strerror(errno));
}

/* ---- the rest ---- */

static void
kafka_commit_hint(Source *base, const int64_t *next, int32_t count)
{
	kafka_committer_tell(&((KafkaSource *)base)->committer, next, count);
}

static bool
kafka_headers(const Message *message, StrBuf *json)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	if (rd_kafka_message_headers(message->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	str_append_char(json, '{');
	for (size_t i = 0;
		 rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
	{
		if (i > 0)
			str_append_char(json, ',');
		str_append_json_string(json, str_from_cstr(name));
		str_append_char(json, ':');
		if (value == NULL)
			str_append_cstr(json, "null");
		else
			str_append_json_string(json, (StrView){value, size});
	}
	str_append_char(json, '}');
	return true;
}

static void
make_class(KafkaConnector *connector, KafkaEnvironment *environment, const char *name,
		   const OptionInfo *options, size_t option_count)
{
	*connector = (KafkaConnector){
		.class =
			{
				.info =
					{
						.name = name,
						.kind = CONNECTOR_SOURCE,
						.options = options,
						.option_count = option_count,
						.check_stream = kafka_options_check,
					},
				.open = kafka_open,
				.partition_count = kafka_partition_count,
				.bounds = kafka_bounds,
				.start_offset = kafka_start_offset,
				.assign = kafka_assign,
				.poll = kafka_poll,
				.release = kafka_release,
				.wait = kafka_wait,
				.commit_hint = kafka_commit_hint,
				.close = kafka_close,
				.has_timestamps = true,
				.headers = kafka_headers,
			},
		.environment = environment,
	};
}

void
kafka_source_class(KafkaConnector *connector, KafkaEnvironment *environment)
{
	make_class(connector, environment, "kafka", kafka_options, kafka_option_count);
}

void
embedded_source_class(KafkaConnector *connector, KafkaEnvironment *environment)
{
	make_class(connector, environment, "embedded", embedded_options, embedded_option_count);
	connector->embedded = true;
}
