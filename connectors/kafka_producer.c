/*
 * kafka_producer.c: rows to Kafka (contract in kafka_producer.h).
 */
#include "connectors/kafka_producer.h"

#include <stdio.h>
#include <time.h>

#include "common/memory.h"
#include "connectors/csv_writer.h"
#include "connectors/json_encoder.h"
#include "connectors/kafka_client.h"
#include "connectors/kafka_options.h"

enum
{
	POLL_MS = 50,
	CREATE_MS = 15000,
	APPEAR_ATTEMPTS = 50, /* POLL_MS apart, until a new topic is known */
};

typedef enum MessageForm
{
	FORM_JSON,
	FORM_CSV,
	FORM_RAW
} MessageForm;

struct Producer
{
	ProducerOpen open;
	KafkaClient client;
	rd_kafka_topic_t *rkt;
	const char *topic;
	int32_t partition_count;
	MessageForm form;
	JsonEncoder encoder;
	int raw_column; /* of the batches */
	int key_column; /* -1: none */
	int time_column;
	uint64_t sent;
	uint64_t delivered;
	rd_kafka_resp_err_t failure; /* of the first message that was not delivered */
	Error receive_error;
	StrBuf text;
	Arena arena;
};

/* ---- opening ---- */

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	Producer *p = container_of(opaque, Producer, client);

	(void)rk;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		p->delivered++;
	else if (p->failure == RD_KAFKA_RESP_ERR_NO_ERROR)
		p->failure = message->err;
}

static bool
open_client(Producer *p, Error *err)
{
	char message_max[24];
	const KafkaProperty preferred[] = {
		{"linger.ms", "20"},
		{"queue.buffering.max.messages", "100000"},
		{"queue.buffering.max.kbytes", "65536"},
		{"message.max.bytes", message_max},
		{"partitioner", "murmur2_random"},
	};
	const KafkaProperty required[] = {{"enable.idempotence", "true"}, {"acks", "all"}};
	rd_kafka_conf_t *conf;

	snprintf(message_max, sizeof message_max, "%" PRId64,
			 options_integer(&p->open.stream->options, "max_message_bytes", 8 << 20) + 65536);
	if (!kafka_conf_create(p->open.stream, preferred, lengthof(preferred), required, lengthof(required),
						   &conf, err))
		return false;
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	return kafka_client_open(&p->client, RD_KAFKA_PRODUCER, conf, p->open.stream, err);
}

/* What the broker answered to CreateTopics for the one topic. */
static rd_kafka_resp_err_t
creation_result(rd_kafka_queue_t *queue, char *reason, size_t size)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS + 1000);
	const rd_kafka_CreateTopics_result_t *result =
		event != NULL ? rd_kafka_event_CreateTopics_result(event) : NULL;
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
	const char *text = NULL;
	size_t count;

	if (event != NULL && (rc = rd_kafka_event_error(event)) != RD_KAFKA_RESP_ERR_NO_ERROR)
		text = rd_kafka_event_error_string(event);
	else if (result != NULL)
	{
		const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);

		rc = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	snprintf(reason, size, "%s", text != NULL ? text : rd_kafka_err2str(rc));
	if (event != NULL)
		rd_kafka_event_destroy(event);
	return rc;
}

static bool
create_topic(Producer *p, Error *err)
{
	int partitions = (int)options_integer(&p->open.stream->options, "partitions", -1);
	char reason[512];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(p->topic, partitions, -1, reason, sizeof reason);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(p->client.rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(p->client.rk);
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__INVALID_ARG;

	if (topic != NULL)
	{
		(void)rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_MS, NULL, 0);
		rd_kafka_CreateTopics(p->client.rk, &topic, 1, options, queue);
		rc = creation_result(queue, reason, sizeof reason);
		rd_kafka_NewTopic_destroy(topic);
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return true;
	return error_set(err,
					 rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
							 rc == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
						 ? SQLSTATE_INSUFFICIENT_PRIVILEGE
						 : SQLSTATE_CONNECTION_FAILURE,
					 NO_POSITION, "could not create Kafka topic \"%s\"", p->topic) ||
		   error_detail(err, "%s", reason);
}

/* Waits until a topic that was just created is known. */
static bool
find_topic(Producer *p, Error *err)
{
	struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	if (!kafka_client_find_topic(&p->client, p->topic, p->open.stop, true, &p->partition_count, err))
		return false;
	if (p->partition_count > 0)
		return true;
	if (!create_topic(p, err))
		return false;
	for (int i = 0; i < APPEAR_ATTEMPTS && p->partition_count == 0; i++)
	{
		nanosleep(&pause, NULL);
		if (!kafka_client_find_topic(&p->client, p->topic, p->open.stop, true, &p->partition_count, err))
			return false;
	}
	return p->partition_count > 0 ||
		   error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION,
					 "Kafka topic \"%s\" was created, but does not appear", p->topic);
}

/* Finds the columns that are not part of the value, and the only one of a raw stream. */
static bool
sort_columns(Producer *p, Error *err)
{
	const StreamDef *stream = p->open.stream;
	const char *format = stream->format != NULL ? stream->format->name : "json";
	int fields = 0;

	p->raw_column = p->key_column = p->time_column = -1;
	for (int i = 0; i < p->open.column_count; i++)
	{
		const ColumnDef *column = &stream->columns[p->open.columns[i]];

		if (column->origin == COLUMN_FIELD)
		{
			fields++;
			p->raw_column = i;
		}
		else if (column->origin == COLUMN_METADATA && column->metadata == METADATA_KEY)
			p->key_column = i;
		else if (column->origin == COLUMN_METADATA && column->metadata == METADATA_TIMESTAMP)
			p->time_column = i;
		else
			return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, column->position,
							 "column \"%s\" can't be written", column->name);
	}
	if (fields == 1 && (strcmp(format, "raw") == 0 ||
						(strcmp(stream->columns[p->open.columns[p->raw_column]].name, "raw") == 0 &&
						 stream->columns[p->open.columns[p->raw_column]].type.id == TYPE_TEXT)))
		p->form = FORM_RAW;
	else if (strcmp(format, "csv") == 0)
		p->form = FORM_CSV;
	else
		return json_encoder_init(&p->encoder, stream, p->open.columns, p->open.column_count, &p->arena, err);
	return true;
}

bool
producer_open(const ProducerOpen *open, Producer **out, Error *err)
{
	Producer *p;

	if (!kafka_is_stream(open->stream))
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION, "cannot insert into \"%s\"",
						 open->stream->name) ||
			   error_detail(err, "Connector \"%s\" can't be written to.", open->stream->source->name);
	p = mem_alloc_zero(sizeof *p);
	p->open = *open;
	p->topic = options_text(&open->stream->options, "topic");
	arena_init(&p->arena, "producer");
	if (!sort_columns(p, err) || !open_client(p, err) || !find_topic(p, err))
	{
		producer_close(p);
		return false;
	}
	p->rkt = rd_kafka_topic_new(p->client.rk, p->topic, NULL);
	*out = p;
	return true;
}

/* ---- sending ---- */

static bool
delivery_error(Producer *p, rd_kafka_resp_err_t rc, Error *err)
{
	return error_set(err,
					 rc == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? SQLSTATE_PROGRAM_LIMIT_EXCEEDED
																: SQLSTATE_CONNECTION_FAILURE,
					 NO_POSITION, "could not write to Kafka topic \"%s\": %s", p->topic,
					 rd_kafka_err2str(rc)) ||
		   error_detail(err, "%" PRIu64 " rows were delivered before.", p->delivered);
}

static bool
stopped(const Producer *p)
{
	return p->open.stop != NULL && *p->open.stop;
}

static bool
canceled(Error *err)
{
	return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "canceling statement due to user request");
}

static void
append_csv(const Producer *p, const Batch *batch, uint32_t row, StrBuf *out)
{
	TypeContext context = {0};
	bool first = true;

	for (int i = 0; i < p->open.column_count; i++)
	{
		const Column *c = &batch->columns[i];
		StrBuf text = {0};

		if (p->open.stream->columns[p->open.columns[i]].origin != COLUMN_FIELD)
			continue;
		if (!first)
			str_append_char(out, ',');
		first = false;
		if (column_is_null(c, row))
			continue;
		type_class(c->type)->print((const char *)c->data + type_size(c->type) * row, &context, &text);
		csv_append_quoted(out, str_view(&text));
		str_free(&text);
	}
}

/* A text of the row; data == NULL: it is NULL (an empty one has an address). */
static StrView
text_of(const Batch *batch, int column, uint32_t row)
{
	const Column *c = column >= 0 ? &batch->columns[column] : NULL;
	StrView text;

	if (c == NULL || column_is_null(c, row))
		return (StrView){0};
	text = text_view(COLUMN_DATA(c, Text)[row]);
	return text.data != NULL ? text : STR_LIT("");
}

/* The message's value; data == NULL: a tombstone. */
static StrView
make_value(Producer *p, const Batch *batch, uint32_t row)
{
	if (p->form == FORM_RAW)
		return text_of(batch, p->raw_column, row);
	str_clear(&p->text);
	if (p->form == FORM_CSV)
		append_csv(p, batch, row, &p->text);
	else
		json_encoder_row(&p->encoder, batch, row, &p->text);
	return str_view(&p->text);
}

/* Milliseconds since 1970; 0: the time of sending. False: Kafka has no such time. */
static bool
time_of(const Producer *p, const Batch *batch, uint32_t row, int64_t *ms, Error *err)
{
	const Column *c = p->time_column >= 0 ? &batch->columns[p->time_column] : NULL;
	StrBuf text = {0};
	int64_t time;

	*ms = 0;
	if (c == NULL || column_is_null(c, row))
		return true;
	time = COLUMN_DATA(c, int64_t)[row];
	*ms = kafka_time_from_weir(time);
	if (timestamp_is_finite(time) && *ms > 0)
		return true;
	type_class(TYPE_TIMESTAMPTZ)->print(&time, &(TypeContext){0}, &text);
	error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
			  "timestamp \"%s\" can't be that of a Kafka message", str_cstr(&text));
	str_free(&text);
	return error_detail(err, "It must be later than 1970-01-01 00:00:00+00, and finite.");
}

static rd_kafka_resp_err_t
produce(Producer *p, StrView value, StrView key, int64_t time)
{
	int32_t partition =
		key.data != NULL ? RD_KAFKA_PARTITION_UA : (int32_t)(p->sent % (uint64_t)p->partition_count);

	return rd_kafka_producev(p->client.rk, RD_KAFKA_V_RKT(p->rkt), RD_KAFKA_V_PARTITION(partition),
							 RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len),
							 RD_KAFKA_V_KEY((void *)(uintptr_t)key.data, key.len), RD_KAFKA_V_TIMESTAMP(time),
							 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

static void
report_progress(const Producer *p)
{
	if (p->open.progress != NULL)
		p->open.progress(p->open.context, p->sent, p->delivered);
}

static bool
send_row(Producer *p, const Batch *batch, uint32_t row, Error *err)
{
	StrView value = make_value(p, batch, row);
	rd_kafka_resp_err_t rc;
	int64_t time;

	if (!time_of(p, batch, row, &time, err))
		return false;
	while ((rc = produce(p, value, text_of(batch, p->key_column, row), time)) ==
		   RD_KAFKA_RESP_ERR__QUEUE_FULL)
	{
		(void)rd_kafka_poll(p->client.rk, POLL_MS);
		if (stopped(p))
			return canceled(err);
		if (p->failure != RD_KAFKA_RESP_ERR_NO_ERROR)
			return delivery_error(p, p->failure, err);
	}
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return delivery_error(p, rc, err);
	p->sent++;
	return true;
}

bool
producer_send(Producer *p, const Batch *batch, Error *err)
{
	for (uint32_t row = 0; row < batch->n; row++)
	{
		if (!send_row(p, batch, row, err))
			return false;
	}
	(void)rd_kafka_poll(p->client.rk, 0);
	report_progress(p);
	if (stopped(p))
		return canceled(err);
	return p->failure == RD_KAFKA_RESP_ERR_NO_ERROR || delivery_error(p, p->failure, err);
}

bool
producer_receive(void *producer, const Batch *batch)
{
	Producer *p = producer;

	return !p->receive_error.set && producer_send(p, batch, &p->receive_error);
}

/* The embedded broker forgets the oldest messages of a partition that grows beyond its bound. */
static bool
check_embedded(Producer *p, Error *err)
{
	int64_t low, end;

	for (int32_t i = 0; kafka_connector_of(p->open.stream)->embedded && i < p->partition_count; i++)
	{
		if (rd_kafka_query_watermark_offsets(p->client.rk, p->topic, i, &low, &end, CREATE_MS) !=
				RD_KAFKA_RESP_ERR_NO_ERROR ||
			low == 0)
			continue;
		return error_set(err, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, NO_POSITION,
						 "the embedded broker dropped the first %" PRId64
						 " messages of partition %d of topic \"%s\"",
						 low, i, p->topic) ||
			   error_detail(err, "It keeps 5 MB for each partition.") ||
			   error_hint(err, "Use more partitions, or a real broker.");
	}
	return true;
}

bool
producer_finish(Producer *p, uint64_t *delivered, Error *err)
{
	while (rd_kafka_flush(p->client.rk, 200) == RD_KAFKA_RESP_ERR__TIMED_OUT && !stopped(p) &&
		   p->failure == RD_KAFKA_RESP_ERR_NO_ERROR)
		report_progress(p);
	*delivered = p->delivered;
	report_progress(p);
	if (p->receive_error.set)
	{
		error_move(err, &p->receive_error);
		return false;
	}
	if (p->failure != RD_KAFKA_RESP_ERR_NO_ERROR)
		return delivery_error(p, p->failure, err);
	if (p->delivered < p->sent)
		return canceled(err) ||
			   error_detail(err, "%" PRIu64 " of %" PRIu64 " rows were delivered.", p->delivered, p->sent);
	return check_embedded(p, err);
}

void
producer_close(Producer *p)
{
	if (p == NULL)
		return;
	if (p->client.rk != NULL)
		(void)rd_kafka_purge(p->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	if (p->rkt != NULL)
		rd_kafka_topic_destroy(p->rkt);
	kafka_client_close(&p->client);
	error_clear(&p->receive_error);
	str_free(&p->text);
	arena_release(&p->arena);
	mem_free(p);
}
