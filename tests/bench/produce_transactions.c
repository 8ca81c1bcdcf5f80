/*
 * produce_transactions.c BROKERS TOPIC PARTITION FILE SIZE: produces the lines of a file to a partition in
 * transactions of SIZE messages. Lines that begin with "-" are of a transaction that is aborted: one such
 * message follows its group, in a transaction of its own. So a reader of committed messages meets control
 * records and messages that are never delivered.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
	TIMEOUT_MS = 60000
};

static int
failed(rd_kafka_error_t *error)
{
	if (error == NULL)
		return 0;
	fprintf(stderr, "%s\n", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return 1;
}

static rd_kafka_t *
open_producer(const char *brokers, const char *id)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *producer;
	char error[512];

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
	rd_kafka_conf_set(conf, "transactional.id", id, NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (producer == NULL)
		fprintf(stderr, "%s\n", error);
	else if (failed(rd_kafka_init_transactions(producer, TIMEOUT_MS)))
		return NULL;
	return producer;
}

/* Ends the open transaction and, unless it was the last, begins another. */
static int
turn(rd_kafka_t *producer, int abort, int begin)
{
	if (abort ? rd_kafka_flush(producer, TIMEOUT_MS) != 0 ||
					failed(rd_kafka_abort_transaction(producer, TIMEOUT_MS))
			  : failed(rd_kafka_commit_transaction(producer, TIMEOUT_MS)))
		return 0;
	return !begin || !failed(rd_kafka_begin_transaction(producer));
}

static int
produce(rd_kafka_topic_t *topic, int32_t partition, char *line, size_t len)
{
	if (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, line, len, NULL, 0, NULL) == 0)
		return 1;
	fprintf(stderr, "%s\n", rd_kafka_err2str(rd_kafka_last_error()));
	return 0;
}

static int
produce_file(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, FILE *file, long size)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	long count = 0;
	int ok = !failed(rd_kafka_begin_transaction(producer));

	while (ok && (len = getline(&line, &capacity, file)) > 0)
	{
		int aborted = line[0] == '-';

		if (aborted && count % size != 0)
			ok = turn(producer, 0, 1);
		ok = ok && produce(topic, partition, line + aborted, (size_t)len - 1 - (size_t)aborted);
		count = aborted ? 0 : count + 1;
		if (ok && (aborted || count % size == 0))
			ok = turn(producer, aborted, 1);
	}
	free(line);
	return ok && turn(producer, 0, 0);
}

int
main(int argc, char **argv)
{
	rd_kafka_t *producer;
	rd_kafka_topic_t *topic;
	FILE *file;
	char id[300];
	int ok;

	if (argc != 6 || atol(argv[5]) < 1 || (file = fopen(argv[4], "r")) == NULL)
	{
		fprintf(stderr, "usage: produce_transactions BROKERS TOPIC PARTITION FILE SIZE\n");
		return 1;
	}
	snprintf(id, sizeof id, "%.200s-%.20s", argv[2], argv[3]);
	producer = open_producer(argv[1], id);
	if (producer == NULL)
		return 1;
	topic = rd_kafka_topic_new(producer, argv[2], NULL);
	ok = produce_file(producer, topic, atoi(argv[3]), file, atol(argv[5]));
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(producer);
	fclose(file);
	return ok ? 0 : 1;
}
