/*
 * alter_topic.c BROKERS TOPIC grow PARTITIONS | trim PARTITION OFFSET | delete: changes a topic under its
 * readers: adds partitions, deletes the messages before an offset, or removes the topic; returns when it is
 * done.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether an answer came, without an error of the whole or of the topic it is about. */
static int
check(rd_kafka_event_t *event, rd_kafka_resp_err_t of_topic)
{
	rd_kafka_resp_err_t rc = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;

	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		rc = of_topic;
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		fprintf(stderr, "%s\n", rd_kafka_err2str(rc));
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t
first_error(const rd_kafka_topic_result_t **results, size_t count)
{
	return count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
}

static int
grow(rd_kafka_t *client, rd_kafka_queue_t *queue, const char *topic, size_t partitions)
{
	char error[512];
	rd_kafka_NewPartitions_t *request = rd_kafka_NewPartitions_new(topic, partitions, error, sizeof error);
	rd_kafka_event_t *event;
	const rd_kafka_topic_result_t **results = NULL;
	size_t count = 0;
	int ok;

	rd_kafka_CreatePartitions(client, &request, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	if (event != NULL)
		results =
			rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
	ok = check(event, first_error(results, count));
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(request);
	return ok;
}

static int
trim(rd_kafka_t *client, rd_kafka_queue_t *queue, const char *topic, int32_t partition, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_DeleteRecords_t *request;
	rd_kafka_event_t *event;
	int ok;

	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
	request = rd_kafka_DeleteRecords_new(list);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_DeleteRecords(client, &request, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	ok = check(event, RD_KAFKA_RESP_ERR_NO_ERROR);
	if (ok)
	{
		const rd_kafka_topic_partition_list_t *offsets =
			rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));

		ok = check(event, offsets->cnt == 1 ? offsets->elems[0].err : RD_KAFKA_RESP_ERR__FAIL);
	}
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteRecords_destroy(request);
	return ok;
}

/* Whether the broker no longer knows the topic, after some time. */
static int
wait_until_gone(rd_kafka_t *client, const char *topic)
{
	for (int attempt = 0; attempt < 100; attempt++)
	{
		int64_t low, high;
		rd_kafka_resp_err_t rc = rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, 2000);

		if (rc == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
			rc == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
			return 1;
		usleep(100000);
	}
	fprintf(stderr, "the topic is still there\n");
	return 0;
}

static int
delete_topic(rd_kafka_t *client, rd_kafka_queue_t *queue, const char *topic)
{
	rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(topic);
	rd_kafka_event_t *event;
	const rd_kafka_topic_result_t **results = NULL;
	size_t count = 0;
	int ok;

	rd_kafka_DeleteTopics(client, &request, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	if (event != NULL)
		results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
	ok = check(event, first_error(results, count));
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(request);
	return ok && wait_until_gone(client, topic);
}

int
main(int argc, char **argv)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	char error[512];
	int ok = 0;

	rd_kafka_conf_set(conf, "bootstrap.servers", argc > 1 ? argv[1] : "", NULL, 0);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (client == NULL)
	{
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	queue = rd_kafka_queue_new(client);
	if (argc == 5 && strcmp(argv[3], "grow") == 0)
		ok = grow(client, queue, argv[2], (size_t)atoi(argv[4]));
	else if (argc == 6 && strcmp(argv[3], "trim") == 0)
		ok = trim(client, queue, argv[2], atoi(argv[4]), atoll(argv[5]));
	else if (argc == 4 && strcmp(argv[3], "delete") == 0)
		ok = delete_topic(client, queue, argv[2]);
	else
		fprintf(stderr,
				"usage: alter_topic BROKERS TOPIC grow PARTITIONS | trim PARTITION OFFSET | delete\n");
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(client);
	return ok ? 0 : 1;
}
