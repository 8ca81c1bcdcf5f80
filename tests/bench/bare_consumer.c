/*
 * bare_consumer.c BROKERS TOPIC PARTITIONS: reads a topic to its end with librdkafka and counts; nothing
 * else.
 *
 * The yardstick of the benchmarks: batch consume, jemalloc as it comes, and the settings that were measured
 * best on the machine class Weir is tuned on. What Weir costs beyond this is its own work.
 *
 * It asks jemalloc for its version: without a reference the linker would leave jemalloc out, and another
 * allocator's speed would be the yardstick.
 */
#include <jemalloc/jemalloc.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char error[512];

	if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
	{
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
}

static void
need_jemalloc(void)
{
	const char *version;
	size_t len = sizeof version;

	if (mallctl("version", &version, &len, NULL, 0) == 0)
		return;
	fprintf(stderr, "jemalloc is not linked\n");
	exit(1);
}

int
main(int argc, char **argv)
{
	enum
	{
		BATCH = 2048
	};
	static rd_kafka_message_t *messages[BATCH];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_t *consumer;
	rd_kafka_queue_t *queue;
	char error[512];
	long count = 0;
	int partitions, ended = 0;

	if (argc != 4)
	{
		fprintf(stderr, "usage: bare_consumer BROKERS TOPIC PARTITIONS\n");
		return 1;
	}
	need_jemalloc();
	partitions = atoi(argv[3]);
	set(conf, "bootstrap.servers", argv[1]);
	set(conf, "group.id", "bare");
	set(conf, "enable.auto.commit", "false");
	set(conf, "enable.auto.offset.store", "false");
	set(conf, "enable.partition.eof", "true");
	set(conf, "fetch.message.max.bytes", "1048576");
	set(conf, "queued.max.messages.kbytes", "65536");
	set(conf, "queued.min.messages", "100000");
	consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
	if (consumer == NULL)
	{
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	rd_kafka_poll_set_consumer(consumer);
	list = rd_kafka_topic_partition_list_new(partitions);
	for (int p = 0; p < partitions; p++)
		rd_kafka_topic_partition_list_add(list, argv[2], p)->offset = 0;
	rd_kafka_assign(consumer, list);
	queue = rd_kafka_queue_get_consumer(consumer);
	while (ended < partitions)
	{
		ssize_t n = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);

		for (ssize_t i = 0; i < n; i++)
		{
			if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR)
				count++;
			else if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
				ended++;
			rd_kafka_message_destroy(messages[i]);
		}
	}
	printf("%ld\n", count);
	rd_kafka_queue_destroy(queue);
	rd_kafka_consumer_close(consumer);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(consumer);
	return 0;
}
