/*
 * snowflake_load.h: what the printers of Snowflake's statements share: one table, and how it is loaded.
 *
 * The idea: a SnowflakeLoad is a table with its file format, stage and pipe. A sink has one for its rows, and
 * one each for its late rows and for the dead letters of every stream, when these are asked for. There is one
 * file per kind of object; each prints whole statements that end in ";\n\n", or comment lines that begin with
 * "-- ". Names of users never reach a comment with their control characters.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_LOAD_H
#define WEIR_CONNECTORS_SNOWFLAKE_LOAD_H

#include "connectors/snowflake_ddl.h"
#include "connectors/snowflake_name.h"
#include "executor/loader.h"
#include "executor/output.h"

/* The longest of what is appended to a table's name. */
#define SNOWFLAKE_LONGEST_SUFFIX "_FORMAT_R2147483647"

/* The columns that snowflake_metadata adds, and the one of JSON lines. */
#define SNOWFLAKE_FILE_COLUMN "WEIR_FILE"
#define SNOWFLAKE_ROW_COLUMN "WEIR_ROW"
#define SNOWFLAKE_RECORD_COLUMN "RECORD"

enum
{
	SNOWFLAKE_COPY_FILES = 1000 /* names that a COPY takes */
};

typedef enum SnowflakeMode
{
	SNOWFLAKE_AUTO_INGEST, /* in the order of the option's choices */
	SNOWFLAKE_REST,
	SNOWFLAKE_COPY
} SnowflakeMode;

typedef struct SnowflakeLoad
{
	const SinkPlan *sink;
	const char *job_name;
	const char *what;  /* "sink x", for titles and comments */
	const char *label; /* the same for messages */
	Arena *arena;
	StrBuf *out;
	const SnowflakeName *table;
	const SnowflakeName *role;
	const char *suffix;      /* of the names of format, stage, pipe and task: "", or "_R2" */
	const CsvFormat *format; /* NULL: JSON lines */
	SnowflakeMode mode;
	bool by_job;                     /* the job tells the pipe, or runs COPY */
	OutputKind kind;                 /* of the objects that it takes, with owner, location and folder */
	const char *owner;               /* the sink, or the stream of dead letters */
	const char *location;            /* as given */
	const char *folder;              /* that their keys begin with, with its slash: "", "r2/", "late/x/" */
	int revision;                    /* of data */
	bool metadata;                   /* the table has the columns WEIR_FILE and WEIR_ROW */
	const char *url;                 /* of the external stage, with its slash; NULL: an internal one */
	const char *whole_url;           /* the same without the folder of a revision */
	const char *directory;           /* url NULL: where the files lie, without a slash */
	const SnowflakeSinkState *state; /* NULL: not known */
} SnowflakeLoad;

/* ---- snowflake_loads.c ---- */

/* As the option has it. */
extern const char *snowflake_mode_name(SnowflakeMode mode);

/* The tables of a job. Zero-initialise. */
typedef struct SnowflakeLoads
{
	const char *job_name;
	Arena *arena;
	StrBuf *out;
	SnowflakeLoad *items;
	SnowflakeName *tables; /* of the items, as the roles */
	SnowflakeName *roles;
	int count;
	int capacity;
	int sink_count; /* sinks that name a table */
} SnowflakeLoads;

/*
 * Lists them, with out and states (one per sink of the plan, or NULL) for the printers. Free in any case.
 * False: the job's name is too long for a role.
 */
extern bool snowflake_loads_make(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states,
								 Arena *arena, StrBuf *out, SnowflakeLoads *loads, Error *err) WARN_UNUSED;
/* False: two of them name the same table. */
extern bool snowflake_loads_check(const SnowflakeLoads *loads, Error *err) WARN_UNUSED;
extern void snowflake_loads_free(SnowflakeLoads *loads);
/* Makes a load of data, or a copy of one, that of another revision. */
extern void snowflake_load_revise(SnowflakeLoad *load, int revision);

/* Whether an object is one of the load's, of whatever revision. */
extern bool snowflake_load_takes(const SnowflakeLoad *load, const PackFile *file);

/* ---- snowflake_load.c ---- */

/* Appends the table's name with a suffix alone, or with that and the revision's; the latter to any text, too.
 */
extern void snowflake_append_table(const SnowflakeLoad *load, const char *suffix);
extern void snowflake_append_object(const SnowflakeLoad *load, const char *suffix);
extern void snowflake_append_object_to(const SnowflakeLoad *load, const char *suffix, StrBuf *out);
/* Appends the name that an option gives, which snowflake_check() has seen. */
extern void snowflake_append_option_name(const SnowflakeLoad *load, const char *option, StrBuf *out);
/* Appends "\n    COMMENT = 'Weir job …, sink …'", and the revision. */
extern void snowflake_append_comment(const SnowflakeLoad *load);
/* Appends text for a comment line: control characters become blanks. */
extern void snowflake_append_safe(StrBuf *out, const char *text);
/* Appends lines as comment lines. */
extern void snowflake_append_commented(StrBuf *out, StrView lines);
/* Appends FILE_FORMAT = (FORMAT_NAME = '…'). */
extern void snowflake_append_format_reference(const SnowflakeLoad *load);
/* Appends @stage; a name that needs its quotes stands in a string. */
extern void snowflake_append_stage_location(const SnowflakeLoad *load);
/* What Snowflake calls an outcome: "Load failed" in COPY_HISTORY, LOAD_FAILED elsewhere; what COPY skipped is
 * LOAD_WAITING. False: it is none. */
extern bool snowflake_load_status(const char *text, LoadStatus *out) WARN_UNUSED;
/* The bucket and the path of a URL, which ends with a slash unless it is empty; in the arena. */
extern const char *snowflake_url_bucket(const char *url, Arena *arena);
extern const char *snowflake_url_path(const char *url);
/* "aws", or the partition of a government or China. */
extern const char *snowflake_url_partition(const char *url);

/* ---- a file per kind of object ---- */

extern void snowflake_append_format(const SnowflakeLoad *load);
extern void snowflake_append_stage(const SnowflakeLoad *load);
extern void snowflake_append_table_statements(const SnowflakeLoad *load);
/* COPY INTO …, without its semicolon. pipe: for a pipe, which strips the stage's place before the pattern is
 * tried. on_error: ABORT_STATEMENT, or SKIP_FILE. */
extern void snowflake_append_copy(const SnowflakeLoad *load, bool pipe, const char *on_error);
/* The same of objects by name, at most SNOWFLAKE_COPY_FILES. */
extern void snowflake_append_copy_files(const SnowflakeLoad *load, const SnowflakeFile *files, size_t count,
										const char *on_error);
/* The statements, or comments, that load: a pipe, or COPY. */
extern void snowflake_append_loading(const SnowflakeLoad *load);
extern void snowflake_append_task(const SnowflakeLoad *load);
extern void snowflake_append_grants(const SnowflakeLoad *load);
/* How the objects of earlier revisions are dropped, as a comment. */
extern void snowflake_append_earlier(const SnowflakeLoad *load);
extern void snowflake_append_reconciliation(const SnowflakeLoad *load);

#endif
