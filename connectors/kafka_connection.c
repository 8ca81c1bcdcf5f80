/*
 * kafka_connection.c: consuming clients (contract in kafka_connection.h).
 *
 * Settings are those measured best for a reader that keeps up: small fetches, and queues that fit the cache.
 */
#include "connectors/kafka_connection.h"

#include <stdio.h>

#include "common/memory.h"
#include "connectors/kafka_options.h"

enum
{
	QUEUE_MESSAGES = 20000,
	QUEUE_BYTES_MAX = 64 << 20
};

static bool
open_client(KafkaConnection *c, const StreamDef *stream, int32_t partitions, size_t queue_bytes, Error *err)
{
	size_t share = Min(queue_bytes, (size_t)QUEUE_BYTES_MAX) / (size_t)Max(partitions, 1);
	char kbytes[24], messages[24];
	const char *isolation = options_text(&stream->options, "isolation");
	const KafkaProperty preferred[] = {
		{"fetch.message.max.bytes", "1048576"},
		{"queued.max.messages.kbytes", kbytes},
		{"queued.min.messages", messages},
		{"fetch.wait.max.ms", kafka_connector_of(stream)->embedded ? "10" : "50"},
		{"fetch.error.backoff.ms", "100"},
		{"fetch.queue.backoff.ms", "10"}, /* since 2.2 */
		{"check.crcs", "true"},
	};
	const KafkaProperty required[] = {
		{"enable.auto.commit", "false"},
		{"enable.auto.offset.store", "false"},
		{"auto.offset.reset", "error"},
		{"enable.partition.eof", "true"},
		/* the embedded broker is too simple to be asked not to, and its topics are made beforehand */
		{"allow.auto.create.topics", kafka_connector_of(stream)->embedded ? "true" : "false"},
		{"isolation.level", isolation != NULL ? isolation : "read_committed"},
	};
	rd_kafka_conf_t *conf;

	snprintf(kbytes, sizeof kbytes, "%zu", Max(share / 1024, (size_t)1024));
	snprintf(messages, sizeof messages, "%d", Max(QUEUE_MESSAGES / Max(partitions, 1), 1000));
	return kafka_conf_create(stream, preferred, lengthof(preferred), required, lengthof(required), &conf,
							 err) &&
		   kafka_client_open(&c->client, RD_KAFKA_CONSUMER, conf, stream, err);
}

bool
kafka_connection_open(const StreamDef *stream, int32_t partitions, size_t queue_bytes, KafkaConnection **out,
					  Error *err)
{
	KafkaConnection *c = mem_alloc_zero(sizeof *c);

	if (!open_client(c, stream, partitions, queue_bytes, err))
	{
		mem_free(c);
		return false;
	}
	c->topic = options_text(&stream->options, "topic");
	c->rkt = rd_kafka_topic_new(c->client.rk, c->topic, NULL);
	atomic_init(&c->users, 1);
	*out = c;
	return true;
}

KafkaConnection *
kafka_connection_keep(KafkaConnection *c)
{
	atomic_fetch_add(&c->users, 1);
	return c;
}

void
kafka_connection_release(KafkaConnection *c)
{
	if (c == NULL || atomic_fetch_sub(&c->users, 1) > 1)
		return;
	if (c->rkt != NULL)
		rd_kafka_topic_destroy(c->rkt);
	kafka_client_close(&c->client);
	mem_free(c);
}
