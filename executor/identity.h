/*
 * identity.h: job.json: which job a state belongs to.
 *
 * The idea: it is created once and gives the job its uuid, which is in every name that the job makes. Only
 * weir reset replaces it: with a new uuid, and for each shard the number of the last manifest of the life
 * before. Those manifests stay until clean-up takes them, so that a writer of that life, however long it
 * slept, finds the next number taken; the new life goes on counting behind them.
 */
#ifndef WEIR_EXECUTOR_IDENTITY_H
#define WEIR_EXECUTOR_IDENTITY_H

#include "executor/manifest.h"

#define IDENTITY_KEY "job.json"

typedef struct JobIdentity
{
	const char *job;
	char uuid[HEX_UUID];
	int64_t created;
	int shards;
	size_t after_count;      /* 0 in a job's first life, else shards */
	const uint64_t *after;   /* the last manifest of the life before */
	char sha256[HEX_SHA256]; /* of the text; set by parse */
} JobIdentity;

extern void identity_print(const JobIdentity *identity, StrBuf *out);
/* Texts are in the arena. False: DATA_CORRUPTED. location is for messages. */
extern bool identity_parse(StrView text, const char *location, Arena *arena, JobIdentity *out,
						   Error *err) WARN_UNUSED;
/* Whether the job was begun with so many shards. False: INCOMPATIBLE_STATE. */
extern bool identity_check_shards(const JobIdentity *identity, const char *location, int count,
								  Error *err) WARN_UNUSED;
/* The number that a shard's manifests begin behind. */
extern uint64_t identity_after(const JobIdentity *identity, int shard);

#endif
