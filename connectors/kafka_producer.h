/*
 * kafka_producer.h: rows to Kafka, or to the embedded broker: what INSERT INTO a stream does.
 *
 * The idea: each row becomes one message in the stream's format (JSON object, CSV record, or the bytes of its
 * only column), sent by an idempotent producer that waits for all replicas. Rows without a key go to the
 * partitions in turn, so the same rows in the same order are spread alike; rows with a key by Kafka's own
 * rule (murmur2). A topic that is not there is created. What was delivered is counted; one failure ends the
 * whole.
 */
#ifndef WEIR_CONNECTORS_KAFKA_PRODUCER_H
#define WEIR_CONNECTORS_KAFKA_PRODUCER_H

#include <stdatomic.h>

#include "executor/batch.h"
#include "planner/plan.h"

typedef struct Producer Producer;

typedef struct ProducerOpen
{
	const StreamDef *stream;
	const int *columns; /* column i of the batches is stream->columns[columns[i]]: fields, key, timestamp */
	int column_count;
	const atomic_bool *stop;                                            /* gives up when true; may be NULL */
	void (*progress)(void *context, uint64_t sent, uint64_t delivered); /* now and then; may be NULL */
	void *context;
} ProducerOpen;

/* Connects, creates the topic if needed. False: as for a source; 0A000 when the stream can't be written to.
 */
extern bool producer_open(const ProducerOpen *open, Producer **out, Error *err) WARN_UNUSED;
/* Takes all rows; waits while librdkafka's queue is full. False: a message could not be delivered. */
extern bool producer_send(Producer *producer, const Batch *batch, Error *err) WARN_UNUSED;
/* Waits until every row is delivered. False: some were not; *delivered says how many were. */
extern bool producer_finish(Producer *producer, uint64_t *delivered, Error *err) WARN_UNUSED;
extern void producer_close(Producer *producer);

/* producer_send() as a RowReceiver's function; its error is kept for producer_finish(). */
extern bool producer_receive(void *producer, const Batch *batch);

#endif
