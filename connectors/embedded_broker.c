/*
 * embedded_broker.c: the session's mock cluster (contract in embedded_broker.h).
 *
 * The idea: the cluster needs an rd_kafka_t to live in, which does nothing else. Topics are made through the
 * mock's own interface, because its CreateTopics request does not work.
 */
#include "connectors/embedded_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/hashmap.h"
#include "common/memory.h"

struct EmbeddedBroker
{
	rd_kafka_t *host;
	rd_kafka_mock_cluster_t *cluster;
	HashMap topics; /* name to number of partitions */
};

static void
ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)text;
}

static EmbeddedBroker *
start(Error *err)
{
	char reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	EmbeddedBroker *broker = mem_alloc_zero(sizeof *broker);

	rd_kafka_conf_set_log_cb(conf, ignore_log);
	broker->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
	if (broker->host == NULL)
		rd_kafka_conf_destroy(conf);
	else
		broker->cluster = rd_kafka_mock_cluster_new(broker->host, 1);
	if (broker->cluster == NULL)
	{
		embedded_broker_stop(broker);
		(void)error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "could not start the embedded broker");
		return NULL;
	}
	return broker;
}

static bool
create_topic(EmbeddedBroker *broker, const char *topic, const Option *partitions, Error *err)
{
	HashMapEntry *entry = hashmap_add(&broker->topics, str_from_cstr(topic));
	intptr_t there = (intptr_t)entry->value;
	rd_kafka_resp_err_t rc;

	if (there != 0)
	{
		if (partitions->given && partitions->value.integer != there)
			return error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, partitions->position,
							 "topic \"%s\" of the embedded broker has %d partitions already", topic,
							 (int)there);
		return true;
	}
	rc = rd_kafka_mock_topic_create(broker->cluster, topic, (int)partitions->value.integer, 1);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION,
						 "could not create topic \"%s\" in the embedded broker: %s", topic,
						 rd_kafka_err2str(rc));
	entry->value = (void *)(intptr_t)partitions->value.integer;
	return true;
}

bool
embedded_broker_prepare(const StreamDef *stream, StrBuf *bootstrap, Error *err)
{
	KafkaEnvironment *environment = kafka_connector_of(stream)->environment;
	bool ok = true;

	pthread_mutex_lock(&environment->lock);
	if (environment->broker == NULL)
		environment->broker = start(err);
	ok = environment->broker != NULL &&
		 create_topic(environment->broker, options_text(&stream->options, "topic"),
					  options_find(&stream->options, "partitions"), err);
	if (ok)
		str_append_cstr(bootstrap, rd_kafka_mock_cluster_bootstraps(environment->broker->cluster));
	pthread_mutex_unlock(&environment->lock);
	return ok;
}

void
embedded_broker_stop(EmbeddedBroker *broker)
{
	if (broker == NULL)
		return;
	if (broker->cluster != NULL)
		rd_kafka_mock_cluster_destroy(broker->cluster);
	if (broker->host != NULL)
		rd_kafka_destroy(broker->host);
	hashmap_free(&broker->topics);
	mem_free(broker);
}
