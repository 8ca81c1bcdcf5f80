/*
 * csv_format.h: the one description of Weir's CSV, from which both the writer and Snowflake's DDL are made.
 *
 * The idea: what the bytes mean is decided here and nowhere else: per column whether the field is quoted, how
 * the value is spelled, and which Snowflake type holds it; per file the delimiter, header and timestamp
 * format. The rules are those of RFC 4180 with these choices: NULL is nothing between the delimiters, the
 * empty string is "", every string-typed value is quoted, records end with one LF, no BOM, no escape
 * character.
 */
#ifndef WEIR_CONNECTORS_CSV_FORMAT_H
#define WEIR_CONNECTORS_CSV_FORMAT_H

#include "common/str.h"
#include "planner/plan.h"

enum
{
	CSV_DELIMITER = ',',
	CSV_QUOTE = '"',
	CSV_RECORD_END = '\n'
};

typedef enum CsvForm
{
	CSV_BOOLEAN, /* true, false */
	CSV_INTEGER,
	CSV_BIGINT,
	CSV_PLAIN,           /* the type's text, bare: double precision, uuid */
	CSV_NUMBER,          /* numeric(p,s): plain decimal, bare; NaN and Infinity are refused */
	CSV_QUOTED,          /* the value is text: quoted */
	CSV_QUOTED_NUMERIC,  /* numeric of any precision: its text, quoted */
	CSV_QUOTED_INTERVAL, /* ISO 8601 duration, quoted */
	CSV_DATE,            /* YYYY-MM-DD, years 1 to 9999 */
	CSV_TIMESTAMP        /* YYYY-MM-DD HH:MM:SS.ffffff, with +00:00 when offset is set; years 1 to 9999 */
} CsvForm;

typedef struct CsvColumn
{
	const char *name;
	TypeSpec type;
	const TypeClass *class;
	CsvForm form;
	const char *snowflake_type;
	const char *note; /* what the Snowflake type does not say; NULL = nothing */
	bool parse_json;  /* loaded through PARSE_JSON */
	uint32_t room;    /* CSV_QUOTED: characters (text) or bytes (jsonb) that the Snowflake type has */
} CsvColumn;

typedef struct CsvFormat
{
	bool header;
	const char *compression; /* "none", "gzip", "zstd" */
	bool offset;             /* timestamps carry +00:00: some column is a timestamptz */
	bool has_timestamp;
	uint32_t column_count;
	CsvColumn *columns;
} CsvFormat;

/* Describes the files of a sink; memory is in the arena, names are borrowed from the plan. */
extern void csv_format_describe(const SinkPlan *sink, Arena *arena, CsvFormat *out);

/* Refuses what CSV can't hold at all: duplicate or unusable column names. */
extern bool csv_format_check(const SinkPlan *sink, Error *err);

/* Appends what FILE FORMAT has to say of such files, as lines "    NAME = value" that begin with a line feed.
 */
extern void csv_format_append_options(const CsvFormat *format, StrBuf *out);

#endif
