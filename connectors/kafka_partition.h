/*
 * kafka_partition.h: reading one partition of a topic in order, over whatever happens to it.
 *
 * A partition is used by one thread at a time.
 */
#ifndef WEIR_CONNECTORS_KAFKA_PARTITION_H
#define WEIR_CONNECTORS_KAFKA_PARTITION_H

#include "connectors/kafka_connection.h"

typedef struct KafkaPartition KafkaPartition;

/* Reads from the offset on; event_fd becomes readable when something has come. */
extern bool kafka_partition_open(KafkaConnection *connection, int32_t number, int64_t offset, int event_fd,
								 KafkaPartition **out, Error *err) WARN_UNUSED;
/* Goes on by another connection where it stands; messages that were handed out stay valid. */
extern void kafka_partition_move(KafkaPartition *partition, KafkaConnection *connection);
/* As of SourceClass. */
extern PollStatus kafka_partition_poll(KafkaPartition *partition, uint32_t max, MessageBatch *out,
									   Error *err);
extern void kafka_partition_release(KafkaPartition *partition, MessageBatch *batch);
/* NULL is allowed. */
extern void kafka_partition_close(KafkaPartition *partition);

#endif
