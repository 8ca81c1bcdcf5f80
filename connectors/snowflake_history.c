/*
 * snowflake_history.c: asking for COPY_HISTORY, and what its rows mean (contract in snowflake_history.h).
 */
#include "connectors/snowflake_history.h"

#include <errno.h>

#include "common/types/timestamp.h"
#include "connectors/snowflake_load.h"

/* The columns of the query, in this order. */
enum
{
	COLUMN_FILE,
	COLUMN_STAGE,
	COLUMN_STATUS,
	COLUMN_ROWS,
	COLUMN_ERROR,
	COLUMN_PIPE,
	COLUMN_TIME,
	COLUMN_COUNT
};

static const char *const columns[COLUMN_COUNT] = {
	"FILE_NAME",           "STAGE_LOCATION", "STATUS",         "ROW_COUNT",
	"FIRST_ERROR_MESSAGE", "PIPE_NAME",      "LAST_LOAD_TIME",
};

/* A START_TIME that is too early is an error: near the limit, Snowflake's own clock counts. */
#define SURE_TO_BE_KNOWN (SNOWFLAKE_HISTORY_DAYS * MICROS_PER_DAY - MICROS_PER_HOUR)

/* ---- the query ---- */

void
snowflake_append_history(StrBuf *out, const SnowflakeName *table, const char *start)
{
	StrBuf name = {0};

	snowflake_append_name(&name, table, "");
	str_append_cstr(out, "TABLE(");
	if (table->count == SNOWFLAKE_NAME_PARTS)
	{
		snowflake_append_name_parts(out, table, 1);
		str_append_char(out, '.');
	}
	str_append_cstr(out, "INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => ");
	snowflake_append_literal(out, str_view(&name));
	str_appendf(out, ",\n        START_TIME => %s))", start);
	str_free(&name);
}

static void
append_start(StrBuf *out, const Clock *clock, int64_t since)
{
	StrBuf text = {0};

	if (since < clock_now(clock) - SURE_TO_BE_KNOWN)
	{
		str_append_cstr(out, SNOWFLAKE_HISTORY_START);
		return;
	}
	timestamp_print(since, &text);
	str_appendf(out, "TO_TIMESTAMP_LTZ('%s +0000')", str_cstr(&text));
	str_free(&text);
}

static void
append_query(StrBuf *out, const SnowflakeName *table, const char *start)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		str_appendf(out, "%s h.%s", i > 0 ? "," : "SELECT", columns[i]);
	str_append_cstr(out, "\n    FROM ");
	snowflake_append_history(out, table, start);
	str_append_cstr(out, " h");
}

/* ---- its rows ---- */

typedef struct Reading
{
	SnowflakeLoadedVisitor visit;
	void *visit_context;
	Arena arena;     /* of a row */
	bool too_narrow; /* the result has not the columns that were asked for */
	StrBuf strange;  /* the first value that is not understood */
} Reading;

static void
begin(void *context, const SnowflakeColumn *list UNUSED, uint32_t count)
{
	Reading *reading = context;

	reading->too_narrow = count != COLUMN_COUNT;
}

static bool
read_rows(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && end > text && *end == '\0';
}

static bool
read_time(const char *text, int64_t *out)
{
	const TypeContext utc = {0};

	return timestamptz_class.parse(str_from_cstr(text), &utc, NULL, out, NULL);
}

/* The number of the first column that is not understood; COLUMN_COUNT: all are. What is NULL was not told. */
static int
read_values(const char *const *texts, SnowflakeLoaded *out)
{
	*out = (SnowflakeLoaded){.file = texts[COLUMN_FILE],
							 .stage = texts[COLUMN_STAGE] != NULL ? texts[COLUMN_STAGE] : "",
							 .error = texts[COLUMN_ERROR],
							 .pipe = texts[COLUMN_PIPE]};
	if (out->file == NULL)
		return COLUMN_FILE;
	if (texts[COLUMN_STATUS] == NULL || !snowflake_load_status(texts[COLUMN_STATUS], &out->status))
		return COLUMN_STATUS;
	if (texts[COLUMN_ROWS] != NULL && !read_rows(texts[COLUMN_ROWS], &out->rows))
		return COLUMN_ROWS;
	return texts[COLUMN_TIME] != NULL && !read_time(texts[COLUMN_TIME], &out->time) ? COLUMN_TIME
																					: COLUMN_COUNT;
}

static void
note_strange(Reading *reading, const char *column, const char *text)
{
	str_appendf(&reading->strange, "%s is ", column);
	if (text == NULL)
		str_append_cstr(&reading->strange, "NULL");
	else
	{
		StrBuf safe = {0};

		snowflake_append_safe(&safe, text);
		str_append_quoted(&reading->strange, str_view(&safe));
		str_free(&safe);
	}
}

static void
take_row(void *context, const StrView *views)
{
	Reading *reading = context;
	const char *texts[COLUMN_COUNT];
	SnowflakeLoaded loaded;
	int strange;

	if (reading->too_narrow || reading->strange.len > 0)
		return;
	arena_reset(&reading->arena);
	for (int i = 0; i < COLUMN_COUNT; i++)
		texts[i] = views[i].data != NULL ? str_copy(&reading->arena, views[i]).data : NULL;
	strange = read_values(texts, &loaded);
	if (strange == COLUMN_COUNT)
		reading->visit(reading->visit_context, &loaded);
	else
		note_strange(reading, columns[strange], texts[strange]);
}

static bool
is_understood(const Reading *reading, Error *err)
{
	if (!reading->too_narrow && reading->strange.len == 0)
		return true;
	error_set(
		err, SQLSTATE_CONNECTION_EXCEPTION, NO_POSITION, "Snowflake's load history is not understood: %s",
		reading->too_narrow ? "it has not the columns that were asked for" : str_cstr(&reading->strange));
	return false;
}

bool
snowflake_history_visit(const SnowflakeServer *server, const SnowflakeContext *context,
						const SnowflakeName *table, int64_t since, SnowflakeLoadedVisitor visit,
						void *visit_context, Error *err)
{
	Reading reading = {.visit = visit, .visit_context = visit_context};
	const SnowflakeReceiver receiver = {&reading, begin, take_row};
	SnowflakeContext in_utc = *context;
	StrBuf start = {0}, query = {0};
	bool ok;

	in_utc.zone = NULL;
	append_start(&start, server->clock, since);
	append_query(&query, table, str_cstr(&start));
	arena_init(&reading.arena, "load history");
	ok = snowflake_sql_execute(server, &in_utc, str_view(&query), &receiver, err) &&
		 is_understood(&reading, err);
	arena_release(&reading.arena);
	str_free(&reading.strange);
	str_free(&start);
	str_free(&query);
	return ok;
}

/* ---- names of files ---- */

static const char *
below(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 && text[len] != '\0' ? text + len : NULL;
}

/* A place may be told with its slash or without. */
static const char *
join(const char *place, const char *name, Arena *arena)
{
	return arena_printf(arena, "%s%s%s", place, place[strlen(place) - 1] == '/' ? "" : "/", name);
}

const char *
snowflake_history_key(const SnowflakeLoaded *loaded, const char *url, bool whole, Arena *arena)
{
	const char *file = loaded->file;

	if (url == NULL)
		return whole ? NULL : file;
	if (strstr(file, "://") != NULL)
		return whole ? below(file, url) : NULL;
	if (whole)
		return below(file, snowflake_url_path(url));
	return strstr(loaded->stage, "://") != NULL ? below(join(loaded->stage, file, arena), url) : file;
}
