/*
 * produce_messages.c BROKERS TOPIC [PROPERTY VALUE]...: produces the messages that standard input describes,
 * in order.
 *
 * Each is, in native byte order: partition (int32), time in milliseconds (int64), number of headers (int32),
 * key, value, and for each header name and value; each of these a length (int32, -1: null) and its bytes.
 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Bytes
{
	int32_t len;
	char *data;
} Bytes;

static void
fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void
on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	(void)producer;
	(void)opaque;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(rd_kafka_err2str(message->err));
}

static int
read_exactly(void *data, size_t size)
{
	size_t got = fread(data, 1, size, stdin);

	if (got != 0 && got != size)
		fail("the input ends within a message");
	return got == size;
}

static Bytes
read_bytes(void)
{
	Bytes bytes = {0, NULL};

	if (!read_exactly(&bytes.len, sizeof bytes.len))
		fail("the input ends within a message");
	if (bytes.len < 0)
		return bytes;
	bytes.data = malloc((size_t)bytes.len + 1);
	if (bytes.len > 0 && !read_exactly(bytes.data, (size_t)bytes.len))
		fail("the input ends within a message");
	bytes.data[bytes.len] = '\0';
	return bytes;
}

static rd_kafka_headers_t *
read_headers(int32_t count)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)count);

	for (int32_t i = 0; i < count; i++)
	{
		Bytes name = read_bytes();
		Bytes value = read_bytes();

		rd_kafka_header_add(headers, name.data, name.len, value.data, value.len < 0 ? 0 : value.len);
		free(name.data);
		free(value.data);
	}
	return headers;
}

/* One message; 0: the input is at its end. */
static int
produce(rd_kafka_t *producer, const char *topic)
{
	int32_t partition, header_count;
	int64_t time;
	Bytes key, value;
	rd_kafka_resp_err_t rc;
	rd_kafka_headers_t *headers;

	if (!read_exactly(&partition, sizeof partition))
		return 0;
	if (!read_exactly(&time, sizeof time) || !read_exactly(&header_count, sizeof header_count))
		fail("the input ends within a message");
	key = read_bytes();
	value = read_bytes();
	headers = read_headers(header_count);
	do
	{
		rd_kafka_headers_t *copy = rd_kafka_headers_copy(headers);

		rc = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
							   RD_KAFKA_V_TIMESTAMP(time), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							   RD_KAFKA_V_KEY(key.data, (size_t)(key.len < 0 ? 0 : key.len)),
							   RD_KAFKA_V_VALUE(value.data, (size_t)(value.len < 0 ? 0 : value.len)),
							   RD_KAFKA_V_HEADERS(copy), RD_KAFKA_V_END);
		if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
			rd_kafka_headers_destroy(copy);
		rd_kafka_poll(producer, rc == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 20 : 0);
	} while (rc == RD_KAFKA_RESP_ERR__QUEUE_FULL);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(rd_kafka_err2str(rc));
	rd_kafka_headers_destroy(headers);
	free(key.data);
	free(value.data);
	return 1;
}

int
main(int argc, char **argv)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *producer;
	char error[512];

	if (argc < 3 || argc % 2 == 0)
		fail("usage: produce_messages BROKERS TOPIC [PROPERTY VALUE]...");
	rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], NULL, 0);
	rd_kafka_conf_set(conf, "message.max.bytes", "8000000", NULL, 0);
	rd_kafka_conf_set(conf, "enable.idempotence", "true", NULL, 0);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	for (int i = 3; i < argc; i += 2)
		if (rd_kafka_conf_set(conf, argv[i], argv[i + 1], error, sizeof error) != RD_KAFKA_CONF_OK)
			fail(error);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (producer == NULL)
		fail(error);
	while (produce(producer, argv[2]))
		;
	rd_kafka_flush(producer, 60000);
	if (rd_kafka_outq_len(producer) != 0)
		fail("messages were not delivered");
	rd_kafka_destroy(producer);
	return 0;
}
