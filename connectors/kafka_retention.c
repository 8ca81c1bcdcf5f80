/*
 * kafka_retention.c: asking for a topic's retention.ms (contract in kafka_retention.h).
 */
#include "connectors/kafka_retention.h"

enum
{
	REQUEST_MS = 10000
};

#define ASK_EVERY (INT64_C(60) * 1000 * 1000) /* microseconds */

static void
ask(KafkaRetention *r, KafkaConnection *connection)
{
	rd_kafka_t *rk = connection->client.rk;
	rd_kafka_ConfigResource_t *resource =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, connection->topic);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);

	r->connection = kafka_connection_keep(connection);
	r->queue = rd_kafka_queue_new(rk);
	(void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, NULL, 0);
	rd_kafka_DescribeConfigs(rk, &resource, 1, options, r->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ConfigResource_destroy(resource);
}

/* The value of a setting, or "". */
static const char *
setting(const rd_kafka_ConfigResource_t *resource, const char *name)
{
	size_t count;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
			return rd_kafka_ConfigEntry_value(entries[i]) ? rd_kafka_ConfigEntry_value(entries[i]) : "";
	return "";
}

/* A topic that is only compacted keeps the last message of each key. */
static int64_t
retention_of(const rd_kafka_ConfigResource_t *resource)
{
	long long ms = strtoll(setting(resource, "retention.ms"), NULL, 10);
	int64_t micros;

	if (ms <= 0 || strstr(setting(resource, "cleanup.policy"), "delete") == NULL ||
		__builtin_mul_overflow(ms, 1000, &micros))
		return 0;
	return micros;
}

static void
read_answer(KafkaRetention *r, rd_kafka_event_t *event)
{
	const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
	rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
	const char *reason = rd_kafka_event_error_string(event);
	const rd_kafka_ConfigResource_t **resources;
	size_t count = 0;

	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR && result != NULL)
	{
		resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
		rc = count == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__FAIL;
		reason = count == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : NULL;
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			r->micros = retention_of(resources[0]);
	}
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || r->told)
		return;
	r->told = true;
	kafka_client_log(&r->connection->client, LOG_INFO,
					 "how long topic \"%s\" keeps its messages is not known: %s", r->connection->topic,
					 reason ? reason : rd_kafka_err2str(rc));
}

static void
end_question(KafkaRetention *r)
{
	if (r->connection == NULL)
		return;
	rd_kafka_queue_destroy(r->queue);
	kafka_connection_release(r->connection);
	r->connection = NULL;
	r->queue = NULL;
}

int64_t
kafka_retention_get(KafkaRetention *r, KafkaConnection *connection, int64_t now)
{
	rd_kafka_event_t *event = r->connection ? rd_kafka_queue_poll(r->queue, 0) : NULL;

	if (event != NULL)
	{
		read_answer(r, event);
		rd_kafka_event_destroy(event);
		end_question(r);
	}
	if (r->asked == 0 || now - r->asked >= ASK_EVERY)
	{
		end_question(r);
		r->asked = now;
		ask(r, connection);
	}
	return r->micros;
}

void
kafka_retention_close(KafkaRetention *r)
{
	end_question(r);
}
