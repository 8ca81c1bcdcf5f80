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

enum
{
#define CONNECTOR(info) +1
#define STORE(class) +1
	CONNECTOR_COUNT = 0
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
};

static const StoreClass *const store_classes[] = {
#define CONNECTOR(info)
#define STORE(class) &class,
#include "connectors/connector_list.h"
#undef CONNECTOR
#undef STORE
};

struct Connectors
{
	KafkaEnvironment environment;
	KafkaConnector kafka;
	KafkaConnector embedded;
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

	kafka_environment_init(&connectors->environment, log);
	kafka_source_class(&connectors->kafka, &connectors->environment);
	embedded_source_class(&connectors->embedded, &connectors->environment);
	memcpy(connectors->items, items, sizeof items);
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
	(void)connectors;
	*count = lengthof(store_classes);
	return store_classes;
}

void
connectors_close(Connectors *connectors)
{
	if (connectors == NULL)
		return;
	kafka_environment_release(&connectors->environment);
	mem_free(connectors);
}
