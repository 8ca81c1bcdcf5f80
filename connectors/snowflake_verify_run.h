/*
 * snowflake_verify_run.h: a comparison with Snowflake under way, as its files share it.
 *
 * In order: snowflake_verify.c lists objects and judges them, snowflake_remedy.c says what is to be done.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_VERIFY_RUN_H
#define WEIR_CONNECTORS_SNOWFLAKE_VERIFY_RUN_H

#include "common/hashmap.h"
#include "connectors/snowflake_history.h"
#include "connectors/snowflake_load.h"
#include "connectors/snowflake_verify.h"

/* An object and a table that takes it. */
typedef struct VerifiedFile
{
	struct VerifiedFile *next; /* of the target */
	const char *object;        /* with its location */
	const char *name;          /* below the stage */
	int revision;
	uint64_t epoch;
	uint64_t rows;
	int64_t committed;
	bool out;
	/* What the history says. */
	int times; /* that it was loaded */
	uint64_t loaded;
	bool partly, failed, skipped, under_way;
	const char *error; /* the last one; NULL = none */
	const char *how;   /* it was loaded, each time */
	/* What the job has seen: LOAD_WAITING = nothing. */
	LoadStatus seen;
	uint64_t seen_rows;
	const char *seen_error;
} VerifiedFile;

/* Objects of one revision to which the same is to be done. */
typedef struct RemedyFiles
{
	struct RemedyFiles *next;
	SnowflakeVerdict verdict;
	int revision;
	const char *pipe_state; /* as Snowflake words it; NULL = not known */
	int64_t oldest;         /* TIMESTAMPTZ, when it was committed */
	uint64_t count;
	size_t kept; /* in files, which has room for what a COPY takes */
	SnowflakeFile *files;
} RemedyFiles;

/* A SnowflakeLoad with its objects. */
typedef struct VerifyTarget
{
	const SnowflakeLoad *load;
	SnowflakeTotals *totals; /* of its table, which several may share */
	const char *base;        /* the URL that names are below; NULL: an internal stage */
	HashMap names;           /* to VerifiedFile */
	VerifiedFile *files;     /* the oldest first */
	VerifiedFile **end;
	RemedyFiles *remedies;
} VerifyTarget;

/* The load of a revision. */
extern SnowflakeLoad snowflake_target_load(const VerifyTarget *target, int revision, StrBuf *out);

/* Notes an object for the statements. pipe_state: as above. */
extern void snowflake_remedy_add(VerifyTarget *target, SnowflakeVerdict verdict, const VerifiedFile *file,
								 const char *pipe_state, Arena *arena);
/* Appends what is to be done. now: as in SnowflakeVerify. */
extern void snowflake_remedy_append(const VerifyTarget *target, int64_t now, StrBuf *out);

#endif
