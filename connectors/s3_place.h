/*
 * s3_place.h: the bucket and the prefix that a location on S3 means, however it is written.
 */
#ifndef WEIR_CONNECTORS_S3_PLACE_H
#define WEIR_CONNECTORS_S3_PLACE_H

#include "common/arena.h"
#include "common/error.h"

enum
{
	S3_KEY_MAX = 1024 /* bytes of a key */
};

typedef struct S3Place
{
	const char *bucket;
	const char *prefix; /* "" or ends in '/'; does not begin with it, and has no empty part */
} S3Place;

/*
 * Reads "s3://bucket/prefix/", with or without slashes at the end. The texts are in the arena. False (22023
 * at position): the bucket's name is none, or the prefix has a part "." or "..", a control character or is
 * not UTF-8.
 */
extern bool s3_place_parse(const char *location, Arena *arena, S3Place *out, int position,
						   Error *err) WARN_UNUSED;

/*
 * "s3://bucket/prefix" without a slash at the end; the location as it is when it can't be read. Endpoints do
 * not count: two buckets of the same name on two servers are taken for one, to be on the safe side. For
 * ConnectorInfo.place.
 */
extern const char *s3_place(const char *location, Arena *arena);

#endif
