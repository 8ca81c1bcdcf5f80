/*
 * produce_lines.c BROKERS TOPIC FILE...: produces the lines of the n-th file to partition n, in order.
 *
 * A line's bytes, without the line feed, are a message's value, whatever they are; an empty line is a message
 * without a value (a tombstone). So, in an empty topic, a line's number is its offset.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
count_failure(rd_kafka_t *producer, const rd_kafka_message_t *message, void *failures)
{
	(void)producer;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	if (++*(long *)failures == 1)
		fprintf(stderr, "%s\n", rd_kafka_err2str(message->err));
}

static rd_kafka_t *
open_producer(const char *brokers, long *failures)
{
	static const char *const properties[][2] = {
		{"queue.buffering.max.messages", "1000000"},
		{"message.max.bytes", "8000000"},
		{"linger.ms", "20"},
		{"enable.idempotence", "true"},
		{"log_level", "3"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *producer;
	char error[512];

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], error, sizeof error) != 0)
		{
			fprintf(stderr, "%s\n", error);
			return NULL;
		}
	rd_kafka_conf_set_opaque(conf, failures);
	rd_kafka_conf_set_dr_msg_cb(conf, count_failure);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (producer == NULL)
		fprintf(stderr, "%s\n", error);
	return producer;
}

/* Waits while the queue is full; false: the message can't be produced. */
static int
produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, char *line, size_t len)
{
	while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, len > 0 ? line : NULL, len, NULL, 0,
							NULL) != 0)
	{
		if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
		{
			fprintf(stderr, "%s\n", rd_kafka_err2str(rd_kafka_last_error()));
			return 0;
		}
		rd_kafka_poll(producer, 10);
	}
	return 1;
}

static int
produce_file(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	long count = 0;
	int ok = 1;

	if (file == NULL)
	{
		perror(path);
		return 0;
	}
	while (ok && (len = getline(&line, &capacity, file)) >= 0)
	{
		if (len > 0 && line[len - 1] == '\n')
			len--;
		ok = produce(producer, topic, partition, line, (size_t)len);
		if (++count % 1000 == 0)
			rd_kafka_poll(producer, 0);
	}
	ok = ok && !ferror(file);
	free(line);
	fclose(file);
	return ok;
}

int
main(int argc, char **argv)
{
	rd_kafka_t *producer;
	rd_kafka_topic_t *topic;
	long failures = 0;
	int ok = 1;

	if (argc < 4)
	{
		fprintf(stderr, "usage: produce_lines BROKERS TOPIC FILE...\n");
		return 1;
	}
	producer = open_producer(argv[1], &failures);
	if (producer == NULL)
		return 1;
	topic = rd_kafka_topic_new(producer, argv[2], NULL);
	for (int i = 3; ok && i < argc; i++)
		ok = produce_file(producer, topic, i - 3, argv[i]);
	rd_kafka_flush(producer, 120000);
	if (rd_kafka_outq_len(producer) != 0)
	{
		fprintf(stderr, "%d messages were not delivered\n", rd_kafka_outq_len(producer));
		ok = 0;
	}
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(producer);
	return ok && failures == 0 ? 0 : 1;
}
