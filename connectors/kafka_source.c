/*
 * kafka_source.c: reading Kafka, partition by partition, at numeric offsets.
 *
 * The idea: no consumer group is joined, so there is no rebalance that could lose or repeat messages; each
 * partition is read by itself (kafka_partition.h) and fills a queue of its own. A partition that the reader
 * leaves alone fills its queue, and librdkafka stops fetching it. All queues wake one event descriptor.
 *
 * The end of a partition is known by PARTITION_EOF, which also comes behind control records, where no message
 * does. A position that the broker does not have any more is an error (DATA_GAP), never a jump.
 *
 * A connection that broke for good is replaced by the coordinator while it waits; each partition moves to the
 * new one at its next poll.
 *
 * librdkafka before 2.2 looks whether a queue has room again only once a second, when all queues of a broker
 * were full; any request wakes it. So while all readers wait for messages that are known to be there, the
 * coordinator asks the broker of one such partition for its offsets.
 */
#include "connectors/kafka_source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/memory.h"
#include "connectors/kafka_commit.h"
#include "connectors/kafka_options.h"
#include "connectors/kafka_partition.h"
#include "connectors/kafka_retention.h"

enum
{
	QUERY_MS = 10000,
	COUNT_INTERVAL = 5000000, /* microseconds between two looks for new partitions */
	RECONNECT_INTERVAL = 1000000,
	WAKE_MS = 100,
	VERSION_WAKES_ITSELF = 0x02020000 /* fetch.queue.backoff.ms */
};

typedef struct KafkaSource
{
	Source base;
	KafkaConnection *connection; /* written by the coordinator, under lock */
	pthread_mutex_t lock;
	atomic_uint connections; /* how many there were */
	int64_t connected;       /* monotonic: when the last one was tried */
	const StreamDef *stream;
	const char *topic;
	const atomic_bool *stop;
	const Clock *clock;
	size_t queue_bytes;
	int32_t partition_count; /* as of counted */
	int64_t counted;         /* monotonic */
	KafkaStart start;
	int event_fd;
	int32_t assigned;            /* length of partitions */
	KafkaPartition **partitions; /* NULL = not assigned */
	unsigned *moved;             /* by partition: the number of its connection */
	_Atomic int64_t *starved; /* by partition: the offset whose message did not come yet; -1: none is due */
	int32_t woken;            /* the partition that the broker was last woken for */
	KafkaCommitter committer;
	KafkaRetention retention;
	Arena arena;
} KafkaSource;

/* ---- opening ---- */

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
connect_source(KafkaSource *s, Error *err)
{
	if (!kafka_start_parse(s->stream, &s->start, &s->arena, err) ||
		!kafka_connection_open(s->stream, 1, s->queue_bytes, &s->connection, err) ||
		!kafka_client_find_topic(&s->connection->client, s->topic, s->stop, false, &s->partition_count,
								 err) ||
		!check_start(s, err))
		return false;
	s->counted = s->connected = clock_monotonic(s->clock);
	if (s->partition_count == 1)
		return true;
	kafka_connection_release(s->connection);
	s->connection = NULL;
	if (!kafka_connection_open(s->stream, s->partition_count, s->queue_bytes, &s->connection, err))
		return false;
	kafka_client_answered(&s->connection->client);
	return true;
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
	s->queue_bytes = open->queue_bytes;
	pthread_mutex_init(&s->lock, NULL);
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	arena_init(&s->arena, "Kafka source");
	if (s->event_fd < 0 ? !fs_error(err, -errno, "create", "event descriptor") : !connect_source(s, err))
	{
		kafka_close(&s->base);
		return false;
	}
	kafka_committer_open(&s->committer, &s->connection->client, s->topic,
						 options_text(&s->stream->options, "group"));
	*out = &s->base;
	return true;
}

static void
kafka_close(Source *base)
{
	KafkaSource *s = (KafkaSource *)base;

	kafka_committer_close(&s->committer);
	kafka_retention_close(&s->retention);
	for (int32_t i = 0; i < s->assigned; i++)
		kafka_partition_close(s->partitions[i]);
	mem_free(s->partitions);
	mem_free(s->moved);
	mem_free(s->starved);
	kafka_connection_release(s->connection);
	pthread_mutex_destroy(&s->lock);
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
		if (!kafka_client_count_partitions(&s->connection->client, s->connection->rkt, count, err))
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
		rd_kafka_query_watermark_offsets(s->connection->client.rk, s->topic, partition, low, end, QUERY_MS);
	StrBuf action = {0};

	(void)rd_kafka_poll(s->connection->client.rk, 0);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	str_appendf(&action, "ask for the offsets of partition %d of topic \"%s\"", partition, s->topic);
	(void)kafka_client_error(&s->connection->client, rc, str_cstr(&action), err);
	str_free(&action);
	return false;
}

/* The first offset whose message is at or after the time; -1: there is none. */
static bool
offset_at_time(KafkaSource *s, int32_t partition, int64_t *offset, Error *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, s->topic, partition);
	rd_kafka_resp_err_t rc;

	item->offset = Max(kafka_time_from_weir(s->start.time), 0);
	rc = rd_kafka_offsets_for_times(s->connection->client.rk, list, QUERY_MS);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		rc = item->err;
	*offset = item->offset;
	rd_kafka_topic_partition_list_destroy(list);
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
		   kafka_client_error(&s->connection->client, rc, "ask for offsets by time", err);
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
	KafkaSource *s = (KafkaSource *)base;

	if (partition >= s->assigned)
	{
		size_t count = (size_t)partition + 1;

		s->partitions = mem_realloc(s->partitions, count * sizeof *s->partitions);
		s->moved = mem_realloc(s->moved, count * sizeof *s->moved);
		s->starved = mem_realloc(s->starved, count * sizeof *s->starved);
		for (; s->assigned <= partition; s->assigned++)
		{
			s->partitions[s->assigned] = NULL;
			atomic_init(&s->starved[s->assigned], -1);
		}
	}
	assert(s->partitions[partition] == NULL);
	s->moved[partition] = atomic_load(&s->connections);
	return kafka_partition_open(s->connection, partition, offset, s->event_fd, &s->partitions[partition],
								err);
}

/* ---- reading ---- */

/* The partition follows the source to its new connection. */
static void
move_partition(KafkaSource *s, int32_t partition)
{
	KafkaConnection *connection;

	pthread_mutex_lock(&s->lock);
	connection = kafka_connection_keep(s->connection);
	s->moved[partition] = atomic_load(&s->connections);
	pthread_mutex_unlock(&s->lock);
	kafka_partition_move(s->partitions[partition], connection);
	kafka_connection_release(connection);
}

static PollStatus
kafka_poll(Source *base, int32_t partition, uint32_t max, MessageBatch *out, Error *err)
{
	KafkaSource *s = (KafkaSource *)base;
	PollStatus status;

	if (unlikely(s->moved[partition] != atomic_load_explicit(&s->connections, memory_order_acquire)))
		move_partition(s, partition);
	status = kafka_partition_poll(s->partitions[partition], max, out, err);
	atomic_store_explicit(&s->starved[partition], status == POLL_EMPTY ? out->next_offset : -1,
						  memory_order_relaxed);
	return status;
}

static void
kafka_release(Source *base, int32_t partition, MessageBatch *released)
{
	kafka_partition_release(((KafkaSource *)base)->partitions[partition], released);
}

/* Replaces a connection that is broken for good. */
static void
reconnect(KafkaSource *s)
{
	KafkaConnection *old = s->connection;
	KafkaConnection *fresh;
	StrBuf trouble = {0};
	Error err = {0};

	if (clock_monotonic(s->clock) - s->connected < RECONNECT_INTERVAL)
		return;
	s->connected = clock_monotonic(s->clock);
	if (!kafka_connection_open(s->stream, s->partition_count, s->queue_bytes, &fresh, &err))
	{
		kafka_client_log(&old->client, LOG_WARNING, "could not connect to Kafka again: %s", err.message);
		error_clear(&err);
		return;
	}
	kafka_client_answered(&fresh->client);
	kafka_client_append_trouble(&old->client, &trouble);
	kafka_client_log(&old->client, LOG_WARNING, "the Kafka client failed and is replaced: %s",
					 str_cstr(&trouble));
	str_free(&trouble);
	kafka_committer_close(&s->committer);
	pthread_mutex_lock(&s->lock);
	s->connection = fresh;
	atomic_fetch_add(&s->connections, 1);
	pthread_mutex_unlock(&s->lock);
	kafka_committer_open(&s->committer, &fresh->client, s->topic, options_text(&s->stream->options, "group"));
	kafka_connection_release(old);
}

/* Whether a partition waits for messages that the last fetch said are there. */
static bool
is_starved(KafkaSource *s, int32_t partition)
{
	int64_t offset = atomic_load_explicit(&s->starved[partition], memory_order_relaxed);
	int64_t low, high;

	return offset >= 0 &&
		   rd_kafka_get_watermark_offsets(s->connection->client.rk, s->topic, partition, &low, &high) ==
			   RD_KAFKA_RESP_ERR_NO_ERROR &&
		   high > offset;
}

/* Wakes the broker of a starved partition, of another one each time. */
static void
wake_broker(KafkaSource *s)
{
	int64_t low, high;

	if (rd_kafka_version() >= VERSION_WAKES_ITSELF)
		return;
	for (int32_t i = 0; i < s->assigned; i++)
	{
		s->woken = (s->woken + 1) % s->assigned;
		if (is_starved(s, s->woken))
		{
			(void)rd_kafka_query_watermark_offsets(s->connection->client.rk, s->topic, s->woken, &low, &high,
												   WAKE_MS);
			return;
		}
	}
}

static void
kafka_wait(Source *base, int timeout_ms)
{
	KafkaSource *s = (KafkaSource *)base;
	struct pollfd fd = {.fd = s->event_fd, .events = POLLIN};
	uint64_t count;

	(void)rd_kafka_poll(s->connection->client.rk, 0);
	kafka_committer_poll(&s->committer, 0);
	if (unlikely(atomic_load(&s->connection->client.broken)))
		reconnect(s);
	wake_broker(s);
	if (poll(&fd, 1, timeout_ms) > 0 && read(s->event_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		kafka_client_log(&s->connection->client, LOG_WARNING, "could not read an event: %s", strerror(errno));
}

/* ---- the rest ---- */

KafkaClient *
kafka_source_client(Source *source)
{
	return &((KafkaSource *)source)->connection->client;
}

static void
kafka_commit_hint(Source *base, const int64_t *next, int32_t count)
{
	kafka_committer_tell(&((KafkaSource *)base)->committer, next, count);
}

static int64_t
kafka_retention(Source *base)
{
	KafkaSource *s = (KafkaSource *)base;

	/* The embedded broker keeps everything, and does not know the question. */
	return kafka_connector_of(s->stream)->embedded
			   ? 0
			   : kafka_retention_get(&s->retention, s->connection, clock_monotonic(s->clock));
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
				.retention = kafka_retention,
				.close = kafka_close,
				.remote = true,
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
