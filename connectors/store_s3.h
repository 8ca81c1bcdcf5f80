/*
 * store_s3.h: the object store that is a bucket of S3, or of a server that speaks its language.
 *
 * The idea: all stores of a session share one HTTP engine, which is started by the first that opens, and
 * those with equal options one identity.
 */
#ifndef WEIR_CONNECTORS_STORE_S3_H
#define WEIR_CONNECTORS_STORE_S3_H

#include <pthread.h>

#include "connectors/http.h"
#include "connectors/s3_identity.h"
#include "executor/store.h"

typedef struct S3Stores
{
	StoreClass class;
	pthread_mutex_t lock;
	HttpEngine *http; /* NULL until the first store opens */
	S3Identities identities;
} S3Stores;

extern void s3_stores_init(S3Stores *stores);
/* No store may be open. */
extern void s3_stores_release(S3Stores *stores);

#endif
