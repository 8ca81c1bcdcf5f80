/*
 * output_path.h: names of partition paths and objects.
 *
 * The idea: <r<rev>/><key=value/…><job>-<uuid8>-<sink>-s<shard>e<epoch>-<n>.<extension>, with every byte
 * outside [A-Za-z0-9_.-] of a value or name percent-encoded, so that no value can leave its directory. NULL
 * is __HIVE_DEFAULT_PARTITION__, as Hive has it; a text of these letters has its first one encoded (%5F), so
 * that a path says which of the two it was. Epoch and number have fixed width: names sort in order of time.
 *
 * A folder or file name has at most 255 bytes, which is what file systems take, and a location with all that
 * follows at most 1,024, which is what S3 takes. A row whose folder would be longer can't be written; a job
 * whose file names would be longer can't start.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_PATH_H
#define WEIR_EXECUTOR_OUTPUT_PATH_H

#include "common/str.h"

enum
{
	OUTPUT_NAME_MAX = 255,
	OUTPUT_KEY_MAX = 1024
};

/* Appends "name=value/"; value NULL is SQL's NULL. */
extern void output_path_append(StrBuf *out, const char *name, const StrView *value);
/* The length of what output_path_append() appends, without the slash. */
extern size_t output_path_length(const char *name, const StrView *value);
/* Appends "late/<owner>/" or "dead/<owner>/", the folder of JSON lines. */
extern void output_path_append_letters(StrBuf *out, bool late, StrView owner);
/* Appends s with unsafe bytes percent-encoded. */
extern void output_path_encode(StrBuf *out, StrView s);

/* What the name of an object says. */
typedef struct ObjectName
{
	StrView uuid8;
	int shard;
	uint64_t epoch;
} ObjectName;

/* False: it is not the name of an object of this job (percent-encoded), whatever its uuid. uuid8 points into
 * the key. */
extern bool output_path_parse_name(const char *key, StrView encoded_job, ObjectName *out);

#endif
