/*
 * kafka_environment.c: what the Kafka connectors of one session share (contract in kafka_environment.h).
 */
#include "connectors/kafka_environment.h"

#include "connectors/embedded_broker.h"

void
kafka_environment_init(KafkaEnvironment *environment, const Log *log)
{
	*environment = (KafkaEnvironment){.log = log};
	pthread_mutex_init(&environment->lock, NULL);
}

void
kafka_environment_release(KafkaEnvironment *environment)
{
	embedded_broker_stop(environment->broker);
	environment->broker = NULL;
	pthread_mutex_destroy(&environment->lock);
}
