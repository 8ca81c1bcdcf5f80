/*
 * s3_recent.h: bytes of objects that this process has just uploaded, so that publishing need not read them
 * back.
 *
 * The idea: a bounded list, oldest out first. It is a cache: what is not here is on S3, since bytes are put
 * in only when their upload has succeeded.
 *
 * Threads: any.
 */
#ifndef WEIR_CONNECTORS_S3_RECENT_H
#define WEIR_CONNECTORS_S3_RECENT_H

#include <pthread.h>

#include "common/str.h"

/* The first bytes of an object. */
typedef struct RecentObject
{
	char *key;
	StrBuf bytes;
} RecentObject;

/* Invariant: held is the sum of the objects' bytes, and at most limit. */
typedef struct S3Recent
{
	pthread_mutex_t lock;
	RecentObject *objects; /* oldest first */
	size_t count;
	size_t capacity;
	uint64_t held;
	uint64_t limit;
} S3Recent;

extern void s3_recent_init(S3Recent *recent, uint64_t limit);
extern void s3_recent_release(S3Recent *recent);
/* Takes the bytes over, which are empty afterwards. */
extern void s3_recent_add(S3Recent *recent, const char *key, StrBuf *bytes);
/* Appends exactly this range. False: not all of it is here. */
extern bool s3_recent_get(S3Recent *recent, const char *key, uint64_t offset, uint64_t len, StrBuf *out);
extern void s3_recent_forget(S3Recent *recent, const char *key);

#endif
