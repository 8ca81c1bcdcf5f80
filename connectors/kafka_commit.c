/*
 * kafka_commit.c: telling a consumer group how far a job is (contract in kafka_commit.h).
 */
#include "connectors/kafka_commit.h"

#include "common/memory.h"

enum
{
	REQUEST_MS = 10000,
	CLOSE_MS = 1000
};

void
kafka_committer_open(KafkaCommitter *c, KafkaClient *client, const char *topic, const char *group)
{
	*c = (KafkaCommitter){.client = client, .topic = topic, .group = group};
	if (group != NULL)
		c->queue = rd_kafka_queue_new(client->rk);
}

static void
log_failure(KafkaCommitter *c, const char *reason)
{
	kafka_client_log(c->client, LOG_WARNING, "could not report offsets to consumer group \"%s\": %s",
					 c->group, reason);
}

static void
send_waiting(KafkaCommitter *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->count);
	rd_kafka_AlterConsumerGroupOffsets_t *request;
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(c->client->rk, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);

	for (int32_t i = 0; i < c->count; i++)
	{
		if (c->next[i] >= 0)
			rd_kafka_topic_partition_list_add(list, c->topic, i)->offset = c->next[i];
	}
	c->waiting = false;
	if (list->cnt > 0)
	{
		(void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, NULL, 0);
		request = rd_kafka_AlterConsumerGroupOffsets_new(c->group, list);
		rd_kafka_AlterConsumerGroupOffsets(c->client->rk, &request, 1, options, c->queue);
		rd_kafka_AlterConsumerGroupOffsets_destroy(request);
		c->under_way = true;
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
}

/* Logs what failed: the request, the group, or a partition. */
static void
read_answer(KafkaCommitter *c, rd_kafka_event_t *event)
{
	const rd_kafka_AlterConsumerGroupOffsets_result_t *result =
		rd_kafka_event_AlterConsumerGroupOffsets_result(event);
	const rd_kafka_group_result_t **groups;
	const rd_kafka_topic_partition_list_t *list;
	size_t count = 0;

	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		log_failure(c, rd_kafka_event_error_string(event));
		return;
	}
	groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count);
	if (count == 0)
		return;
	if (rd_kafka_group_result_error(groups[0]) != NULL)
	{
		log_failure(c, rd_kafka_error_string(rd_kafka_group_result_error(groups[0])));
		return;
	}
	list = rd_kafka_group_result_partitions(groups[0]);
	for (int i = 0; list != NULL && i < list->cnt; i++)
	{
		if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
			continue;
		log_failure(c, rd_kafka_err2str(list->elems[i].err));
		return;
	}
}

void
kafka_committer_poll(KafkaCommitter *c, int timeout_ms)
{
	rd_kafka_event_t *event = c->under_way ? rd_kafka_queue_poll(c->queue, timeout_ms) : NULL;

	if (event != NULL)
	{
		read_answer(c, event);
		rd_kafka_event_destroy(event);
		c->under_way = false;
	}
	if (c->waiting && !c->under_way)
		send_waiting(c);
}

void
kafka_committer_tell(KafkaCommitter *c, const int64_t *next, int32_t count)
{
	if (c->group == NULL)
		return;
	c->next = mem_realloc(c->next, (size_t)count * sizeof *c->next);
	memcpy(c->next, next, (size_t)count * sizeof *c->next);
	c->count = count;
	c->waiting = true;
	kafka_committer_poll(c, 0);
}

void
kafka_committer_close(KafkaCommitter *c)
{
	kafka_committer_poll(c, CLOSE_MS);
	kafka_committer_poll(c, CLOSE_MS); /* what waited behind the first one */
	if (c->queue != NULL)
		rd_kafka_queue_destroy(c->queue);
	mem_free(c->next);
	*c = (KafkaCommitter){0};
}
