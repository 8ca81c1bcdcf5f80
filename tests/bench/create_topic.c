/*
 * create_topic.c BROKERS TOPIC PARTITIONS [SETTING VALUE]...: makes a topic, and returns when the broker
 * leads all its partitions.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
create(rd_kafka_t *client, const char *name, int partitions, char **settings)
{
	char error[512];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, error, sizeof error);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	size_t count = 0;
	int failed = 1;

	for (; settings[0] != NULL; settings += 2)
		rd_kafka_NewTopic_set_config(topic, settings[0], settings[1]);
	rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	if (event != NULL && rd_kafka_event_CreateTopics_result(event) != NULL)
	{
		results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
		failed = count != 1 || rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR;
		if (failed)
			fprintf(stderr, "%s\n",
					count == 1 ? rd_kafka_topic_result_error_string(results[0]) : "no result");
	}
	else
		fprintf(stderr, "no answer\n");
	rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_NewTopic_destroy(topic);
	return failed;
}

static int
wait_for_leaders(rd_kafka_t *client, const char *name, int partitions)
{
	for (int attempt = 0; attempt < 100; attempt++)
	{
		int led = 0;

		for (int p = 0; p < partitions; p++)
		{
			int64_t low, high;

			led += rd_kafka_query_watermark_offsets(client, name, p, &low, &high, 2000) ==
				   RD_KAFKA_RESP_ERR_NO_ERROR;
		}
		if (led == partitions)
			return 0;
		usleep(100000);
	}
	fprintf(stderr, "the partitions have no leader\n");
	return 1;
}

int
main(int argc, char **argv)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client;
	char error[512];
	int failed;

	if (argc < 4 || argc % 2 != 0)
	{
		fprintf(stderr, "usage: create_topic BROKERS TOPIC PARTITIONS [SETTING VALUE]...\n");
		return 1;
	}
	rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], NULL, 0);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (client == NULL)
	{
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	failed =
		create(client, argv[2], atoi(argv[3]), argv + 4) || wait_for_leaders(client, argv[2], atoi(argv[3]));
	rd_kafka_destroy(client);
	return failed;
}
