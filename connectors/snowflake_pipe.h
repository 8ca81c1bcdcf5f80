/*
 * snowflake_pipe.h: Snowpipe's REST calls: a pipe is told of files by name, and asked what became of them.
 *
 * The idea: insertFiles queues names, of which a pipe knows those of the last 14 days and loads each once, so
 * that it may be repeated at will. What was loaded, or failed, is told twice: by insertReport, the events
 * since a mark, for ten minutes; and by loadHistoryScan, the events of a time, for 14 days, which may be
 * asked seldom. An event may come more than once.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_PIPE_H
#define WEIR_CONNECTORS_SNOWFLAKE_PIPE_H

#include "connectors/snowflake_call.h"
#include "executor/loader.h"

enum
{
	SNOWFLAKE_PIPE_FILES = 5000, /* names that one call takes */
	SNOWFLAKE_PIPE_PATH = 1024,  /* bytes of a name */
	SNOWFLAKE_PIPE_DAYS = 14     /* that a name is known, and an event is */
};

#define SNOWFLAKE_REPORT_LIFE (10 * MICROS_PER_MINUTE) /* events that insertReport tells */

typedef struct SnowflakePipe
{
	const SnowflakeServer *server; /* borrowed */
	const char *database, *schema; /* as Snowflake stores them */
	const char *name;
	StrBuf mark; /* behind the last event that was reported; empty at first */
} SnowflakePipe;

typedef struct SnowflakePipeFile
{
	StrView path; /* below the stage's place */
	uint64_t bytes;
} SnowflakePipeFile;

/* What became of a file that was told. Texts are valid until the receiver returns. */
typedef struct SnowflakePipeEvent
{
	const char *path;
	LoadStatus status; /* LOAD_SUBMITTED while it is being loaded */
	uint64_t rows;     /* that are in the table */
	const char *error; /* with its place in the file; NULL = none */
} SnowflakePipeEvent;

typedef void (*SnowflakePipeVisitor)(void *context, const SnowflakePipeEvent *event);
/* A file that was not queued: the pipe knows it, or its pattern does not take it. */
typedef void (*SnowflakePipeRefusal)(void *context, const char *path, bool known);

/* Tells of at most SNOWFLAKE_PIPE_FILES. False: UNDEFINED_OBJECT when there is no such pipe, or the user's
 * default role may not use it; of all three. */
extern bool snowflake_pipe_insert(const SnowflakePipe *pipe, const SnowflakePipeFile *files, size_t count,
								  SnowflakePipeRefusal refused, void *context, Error *err) WARN_UNUSED;
/* Visits events since the mark, and moves it. *complete false: some went by that it can't tell any more. */
extern bool snowflake_pipe_report(SnowflakePipe *pipe, bool *complete, SnowflakePipeVisitor visit,
								  void *context, Error *err) WARN_UNUSED;
/* Visits events from a moment (TIMESTAMPTZ) until now. */
extern bool snowflake_pipe_scan(const SnowflakePipe *pipe, int64_t from, SnowflakePipeVisitor visit,
								void *context, Error *err) WARN_UNUSED;
extern void snowflake_pipe_free(SnowflakePipe *pipe);

#endif
