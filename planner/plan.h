/*
 * plan.h: the immutable plan of a job or query, and the definitions of streams and tables it reads.
 *
 * The idea: a plan is a DAG of nodes that point to their inputs; scans are shared by several sinks.
 * Expressions are over the columns of the node's input. The executor turns the arrows round and pushes
 * batches. Nothing in a plan changes after planning; run-time state lives in the executor. All memory is in
 * the plan's arena.
 */
#ifndef WEIR_PLANNER_PLAN_H
#define WEIR_PLANNER_PLAN_H

#include "common/partitioner.h"
#include "planner/connector.h"
#include "planner/expr.h"

/* ---- declared streams and tables ---- */

typedef enum ColumnOrigin
{
	COLUMN_FIELD,     /* decoded from the message value */
	COLUMN_GENERATED, /* computed from other columns */
	COLUMN_METADATA   /* key, topic, partition, offset, timestamp, headers of the message */
} ColumnOrigin;

typedef enum MetadataKind
{
	METADATA_KEY,       /* text */
	METADATA_TOPIC,     /* text */
	METADATA_PARTITION, /* integer */
	METADATA_OFFSET,    /* bigint */
	METADATA_TIMESTAMP, /* timestamptz */
	METADATA_HEADERS    /* jsonb: object of header name to text */
} MetadataKind;

typedef enum TimestampFormat
{
	TIMESTAMP_ISO8601, /* whatever the type's text input takes */
	TIMESTAMP_UNIX_S,
	TIMESTAMP_UNIX_MS,
	TIMESTAMP_UNIX_US
} TimestampFormat;

/* Their names as options, in that order. */
#define TIMESTAMP_FORMATS "iso8601|unix_s|unix_ms|unix_us"

/* A step of a path into a nested value: an object key, or an array index when key is NULL. */
typedef struct PathStep
{
	const char *key;
	int index;
} PathStep;

typedef struct ColumnDef
{
	const char *name;
	TypeSpec type;
	bool not_null;
	bool primary_key;
	ColumnOrigin origin;
	int path_length; /* COLUMN_FIELD: where the value is; by default one step, the column's name */
	PathStep *path;
	TimestampFormat timestamp_format;
	MetadataKind metadata;
	Expr *default_value;      /* constant-foldable or stable, no columns; used when the field is missing */
	Expr *generated;          /* over the relation's columns, never over another generated one */
	const char *default_text; /* the expression in SQL, for people; NULL = none */
	const char *generated_text;
	int position;
} ColumnDef;

/* A stream or a reference table as declared. */
typedef struct StreamDef
{
	const char *name;
	bool is_table;
	uint32_t column_count;
	ColumnDef *columns;
	int time_column;         /* of WATERMARK FOR, or -1 */
	int64_t watermark_delay; /* microseconds, >= 0 */
	const ConnectorInfo *source;
	const ConnectorInfo *format; /* NULL when the source makes rows itself (generator) */
	Options options;             /* of source, format and the stream itself, validated */
	const char *sql;             /* the CREATE statement as it was written; secrets are never literals */
} StreamDef;

/* ---- what a scan delivers ---- */

typedef enum FieldForm
{
	FIELD_VALUE,    /* the JSON value (or CSV text) converted to the type */
	FIELD_JSON_TEXT /* as jsonb's ->> gives it: TEXT; JSON null and missing are NULL */
} FieldForm;

/* One column that the decoder (or the source's metadata) fills. */
typedef struct DecodeField
{
	const char *name; /* for messages */
	TypeSpec type;
	FieldForm form;
	ColumnOrigin origin; /* COLUMN_FIELD or COLUMN_METADATA */
	MetadataKind metadata;
	int path_length;
	PathStep *path;
	int csv_index; /* position of the column among the declared COLUMN_FIELD columns (formats without names)
					*/
	TimestampFormat timestamp_format;
	bool not_null;
	const Expr *default_value; /* when the field is missing (not when it is null); NULL = NULL */
} DecodeField;

typedef struct ResultColumn
{
	const char *name;
	TypeSpec type;
} ResultColumn;

/* Output columns of a scan: the fields, then the generated columns (expressions over the fields). */
typedef struct ScanPlan
{
	int index; /* in JobPlan.scans */
	const StreamDef *stream;
	uint32_t field_count;
	DecodeField *fields;
	uint32_t generated_count;
	Expr **generated;
	const char **generated_names;
	const bool *generated_not_null;
	Expr *filter;    /* conjuncts shared by all sinks, over the output columns; NULL = none */
	int time_column; /* output column of the event time, or -1; always decoded when the stream has a watermark
					  */
} ScanPlan;

/* A reference table that is read whole: its columns are all declared columns, in order. */
typedef struct TablePlan
{
	int index; /* in JobPlan.tables */
	const StreamDef *table;
	int64_t refresh;     /* microseconds; 0 = read once */
	const char *fixture; /* the file that is read in place of the table's connector (--input), or NULL */
} TablePlan;

/* ---- nodes ---- */

typedef enum NodeKind
{
	NODE_SCAN,       /* rows of a stream: scan */
	NODE_TABLE,      /* rows of a table: table */
	NODE_VALUES,     /* constant rows */
	NODE_FILTER,     /* rows for which condition is true */
	NODE_PROJECT,    /* expressions */
	NODE_JOIN_TABLE, /* rows of the input with matching rows of a table appended */
	NODE_AGGREGATE,  /* groups */
	NODE_APPEND,     /* UNION ALL of inputs of equal column types */
	NODE_SORT,       /* bounded input only */
	NODE_LIMIT       /* bounded input or console */
} NodeKind;

/* A tumbling window: [start, start + size), aligned to 1970-01-01 00:00:00 UTC plus offset. */
typedef struct WindowPlan
{
	int time_column;    /* of the aggregate's input; TIMESTAMP or TIMESTAMPTZ */
	int64_t size;       /* microseconds */
	int64_t offset;     /* microseconds, 0 <= offset < size */
	const char *origin; /* how it was written, for EXPLAIN: "TUMBLE", "date_trunc", "date_bin" */
} WindowPlan;

typedef struct AggregateCall
{
	AggregateId id;
	bool distinct;
	int arg_count;
	Expr **args;
	Expr *filter; /* NULL = none */
	TypeSpec type;
} AggregateCall;

typedef struct SortKey
{
	int column;
	bool descending;
	bool nulls_first;
} SortKey;

typedef struct PlanNode PlanNode;

struct PlanNode
{
	NodeKind kind;
	uint32_t column_count;
	ResultColumn *columns;
	PlanNode *input; /* NULL for leaves and APPEND */
	union
	{
		ScanPlan *scan;
		TablePlan *table;
		struct
		{
			uint32_t row_count;
			Expr ***rows; /* rows[r][c], no columns inside */
		} values;
		struct
		{
			Expr *condition;
		} filter;
		struct
		{
			Expr **exprs; /* column_count of them */
		} project;
		struct
		{
			TablePlan *table;
			bool left;         /* LEFT JOIN: unmatched input rows with NULLs */
			int key_count;     /* equality keys; 0 = every pair is tried against condition */
			Expr **input_keys; /* over the input */
			int *table_keys;   /* column numbers of the table */
			Expr *condition;   /* the rest of ON, over input columns then table columns; NULL = none */
		} join;
		struct
		{
			WindowPlan *window; /* NULL = none: one group set for the whole bounded input */
			int key_count;
			Expr **keys;
			int call_count;
			AggregateCall *calls;
			/* Columns: [window_start, window_end,] keys, calls. */
		} aggregate;
		struct
		{
			int input_count;
			PlanNode **inputs;
		} append;
		struct
		{
			int key_count;
			SortKey *keys;
		} sort;
		struct
		{
			int64_t limit; /* -1 = none */
			int64_t offset;
		} limit;
	};
};

/* ---- sinks, jobs, queries ---- */

typedef enum ErrorPolicy
{
	ON_ERROR_DEAD_LETTER,
	ON_ERROR_STOP,
	ON_ERROR_SKIP
} ErrorPolicy;

#define ERROR_POLICIES "dead_letter|stop|skip"

typedef enum LatePolicy
{
	LATE_DIVERT,
	LATE_COUNT
} LatePolicy;

#define LATE_POLICIES "divert|count"

typedef struct PartitionKey
{
	const char *name; /* name=value/ */
	Expr *expr;       /* over the sink input's visible columns, TEXT */
} PartitionKey;

/* One job in several processes: the grouping key that decides which partition a row must lie in. */
typedef struct ShardKey
{
	int key;  /* among the aggregate's keys */
	int scan; /* whose partitions are meant */
	Partitioner partitioner;
} ShardKey;

/*
 * A sink. The input's columns are the visible ones, then hidden_count hidden ones that only order the rows
 * (window end, grouping columns); a stateless sink has none and is ordered by partition and offset.
 */
typedef struct SinkPlan
{
	int index; /* in JobPlan.sinks */
	const char *name;
	PlanNode *input;
	uint32_t visible_count;
	uint32_t hidden_count;
	const PlanNode *aggregate;   /* the windowed aggregate of the input, or NULL when the sink is stateless */
	ShardKey *shard_key;         /* NULL: groups need no check to be of one shard */
	const ConnectorInfo *format; /* how rows become bytes: a SinkClass */
	Options options;
	const char *location; /* directory or URL, as given */
	int partition_key_count;
	PartitionKey *partition_keys;
	ErrorPolicy on_error;
	LatePolicy late_rows;
	const char *stateful_text;  /* canonical text of what determines the state: hashed into the manifest */
	const char *stateless_text; /* canonical text of the rest of what determines the output */
	const char *sql;            /* the CREATE SINK statement as it was written */
} SinkPlan;

typedef struct JobPlan
{
	int scan_count;
	ScanPlan **scans;
	int table_count;
	TablePlan **tables;
	int sink_count;
	SinkPlan **sinks;
} JobPlan;

/* A SELECT: bounded when it has no scans. Live otherwise: then root is what a sink's input is. */
typedef struct QueryPlan
{
	PlanNode *root;
	int scan_count;
	ScanPlan **scans;
	int table_count;
	TablePlan **tables;
} QueryPlan;

#endif
