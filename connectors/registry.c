/*
 * registry.c: the connectors of a session (contract in registry.h).
 */
#include "connectors/registry.h"

#include "common/memory.h"
#include "connectors/csv_decoder.h"
#include "connectors/csv_writer.h"
#include "connectors/file_source.h"
#include "connectors/generator.h"
#include "connectors/json_decoder.h"
#include "connectors/kafka_source.h"
#include "connectors/raw_decoder.h"
#include "connectors/store_directory.h"
#include "connectors/store_s3.h"

enum
{
#define CONNECTOR(info) +1
#define STORE(class) +1
	CONNECTOR_COUNT = 0
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
};

enum
{
#define CONNECTOR(info)
#define STORE(class) +1
	STORE_COUNT = 0
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
};

struct Connectors
{
	KafkaEnvironment environment;
	KafkaConnector kafka;
	KafkaConnector embedded;
	S3Stores s3;
	const StoreClass *stores[STORE_COUNT];
	const ConnectorInfo *items[CONNECTOR_COUNT];
	ConnectorSet set;
};

Connectors *
connectors_open(const Log *log)
{
	Connectors *connectors = mem_alloc_zero(sizeof *connectors);
	const ConnectorInfo *const items[] = {
#define CONNECTOR(info) info,
#define STORE(class) &class.info,
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
	};

	const StoreClass *const stores[] = {
#define CONNECTOR(info)
#define STORE(class) &class,
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
	};

	kafka_environment_init(&connectors->environment, log);
	kafka_source_class(&connectors->kafka, &connectors->environment);
	embedded_source_class(&connectors->embedded, &connectors->environment);
	s3_stores_init(&connectors->s3);
	memcpy(connectors->items, items, sizeof items);
	memcpy(connectors->stores, stores, sizeof stores);
	connectors->set = (ConnectorSet){.items = connectors->items, .count = CONNECTOR_COUNT};
	return connectors;
}

const ConnectorSet *
connectors_set(const Connectors *connectors)
{
	return &connectors->set;
}

const StoreClass *const *
connectors_stores(const Connectors *connectors, size_t *count)
{
	*count = STORE_COUNT;
	return connectors->stores;
}

void
connectors_close(Connectors *connectors)
{
	if (connectors == NULL)
		return;
	s3_stores_release(&connectors->s3);
	kafka_environment_release(&connectors->environment);
	mem_free(connectors);
}
