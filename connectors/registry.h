/*
 * registry.h: the connectors of a session: what repl/ passes down to the planner and the executor.
 *
 * The idea: most classes are constants; those that share something within a session (the embedded broker, the
 * log) are made by connectors_open(). Plans point into the registry, so it outlives them.
 */
#ifndef WEIR_CONNECTORS_REGISTRY_H
#define WEIR_CONNECTORS_REGISTRY_H

#include "common/log.h"
#include "executor/store.h"
#include "planner/connector.h"

typedef struct Connectors Connectors;

/* log is borrowed and may be NULL. */
extern Connectors *connectors_open(const Log *log) WARN_UNUSED;
/* For PlanContext. */
extern const ConnectorSet *connectors_set(const Connectors *connectors);
/* For StoreSet. */
extern const StoreClass *const *connectors_stores(const Connectors *connectors, size_t *count);
/* Stops the embedded broker. Nothing that came from the registry is used any more. */
extern void connectors_close(Connectors *connectors);

#endif
