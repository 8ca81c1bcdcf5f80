/*
 * kafka_commit.h: telling a consumer group how far a job is, for tools that show lag.
 *
 * The idea: offsets are written with an administrative request (AlterConsumerGroupOffsets), so the reading
 * client is no member of any group and closing it waits for no coordinator. One request is under way at a
 * time; while it is, only the newest offsets are kept. Failures are logged and nothing else. Used by one
 * thread.
 */
#ifndef WEIR_CONNECTORS_KAFKA_COMMIT_H
#define WEIR_CONNECTORS_KAFKA_COMMIT_H

#include "connectors/kafka_client.h"

typedef struct KafkaCommitter
{
	KafkaClient *client;
	const char *topic;
	const char *group; /* NULL: there is nobody to tell */
	rd_kafka_queue_t *queue;
	bool under_way;
	bool waiting; /* next holds offsets that were not sent yet */
	int32_t count;
	int64_t *next;
} KafkaCommitter;

extern void kafka_committer_open(KafkaCommitter *committer, KafkaClient *client, const char *topic,
								 const char *group);
/* next[partition]; negative = unknown. Returns at once. */
extern void kafka_committer_tell(KafkaCommitter *committer, const int64_t *next, int32_t count);
/* Looks for an answer, at most timeout_ms, and sends what waits. */
extern void kafka_committer_poll(KafkaCommitter *committer, int timeout_ms);
/* Waits at most about a second for the last request. */
extern void kafka_committer_close(KafkaCommitter *committer);

#endif
