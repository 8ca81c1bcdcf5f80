/*
 * csv_writer.c: rows as CSV by the description of csv_format.h.
 *
 * The idea: one pass over the rows, one switch per field, written straight into the caller's buffer; what has
 * a greatest length gets room for it and is written in place, everything else prints as its type does. What a
 * warehouse can't read back (a year beyond 9999, NaN in a NUMBER, a record that would be a blank line) is
 * refused by check(), which runs before any byte is written. Nothing here knows about files or compression.
 */
#include "connectors/csv_writer.h"

#include "common/digits.h"
#include "common/memory.h"
#include "common/types/calendar.h"
#include "common/types/numeric.h"
#include "common/types/text.h"
#include "common/types/uuid.h"
#include "connectors/csv_format.h"
#include "connectors/snowflake_ddl.h"

/* 0001-01-01 and 10000-01-01, in days since 2000-01-01. */
enum
{
	FIRST_DAY = -730119,
	END_DAY = 2921940
};

enum
{
	DATE_LEN = 10,                                        /* 2026-11-22 */
	MINUTE_LEN = DATE_LEN + 7,                            /* 2026-11-22 10:00: */
	TIMESTAMP_MAX = MINUTE_LEN + 9 + sizeof("+00:00") - 1 /* … 00.000000+00:00 */
};

typedef struct CsvEncoder
{
	RowEncoder base;
	Arena arena;
	CsvFormat format;
	const TypeContext *context;
	/* The last minute written, as text up to the seconds: streams write the same ones over and over. */
	int64_t cached_minute;
	char cached_time[MINUTE_LEN];
} CsvEncoder;

static bool
csv_open(const SinkPlan *sink, const TypeContext *context, RowEncoder **out, Error *err)
{
	CsvEncoder *encoder = mem_alloc_zero(sizeof *encoder);

	(void)err;
	encoder->base.class = &csv_sink_class;
	arena_init(&encoder->arena, "csv encoder");
	csv_format_describe(sink, &encoder->arena, &encoder->format);
	encoder->context = context;
	encoder->cached_minute = INT64_MIN;
	*out = &encoder->base;
	return true;
}

static void
csv_close(RowEncoder *base)
{
	CsvEncoder *encoder = container_of(base, CsvEncoder, base);

	arena_release(&encoder->arena);
	mem_free(encoder);
}

/* ---- fields ---- */

/* Where the next at most n bytes go; end_field() says how many they were. */
static inline char *
begin_field(StrBuf *out, size_t n)
{
	if (unlikely(out->capacity - out->len <= n))
		str_reserve(out, n);
	return out->data + out->len;
}

static inline void
end_field(StrBuf *out, char *end)
{
	*end = '\0';
	out->len = (size_t)(end - out->data);
}

static inline void
append_byte(StrBuf *out, char c)
{
	char *p = begin_field(out, 1);

	*p = c;
	end_field(out, p + 1);
}

static inline bool
has_quote(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t zero_where_quote = bytes ^ CSV_QUOTE * ones;

	return ((zero_where_quote - ones) & ~zero_where_quote & 0x80 * ones) != 0;
}

static inline bool
copy_eight(char *to, const char *from)
{
	uint64_t bytes;

	memcpy(&bytes, from, sizeof bytes);
	memcpy(to, &bytes, sizeof bytes);
	return !has_quote(bytes);
}

/* Copies text and looks for quotes in the same go; false: there is one. */
static inline bool
copy_plain(char *to, const char *from, size_t len)
{
	bool plain = true;
	size_t i = 0;

	if (len < 8)
	{
		for (; i < len; i++)
		{
			to[i] = from[i];
			plain &= from[i] != CSV_QUOTE;
		}
		return plain;
	}
	for (; i + 8 <= len; i += 8)
		plain &= copy_eight(to + i, from + i);
	return copy_eight(to + len - 8, from + len - 8) && plain;
}

/* The usual text has no quotes inside. */
void
csv_append_quoted(StrBuf *out, StrView s)
{
	char *p = begin_field(out, s.len + 2);

	if (unlikely(!copy_plain(p + 1, s.data, s.len)))
	{
		str_append_quoted(out, s);
		return;
	}
	p[0] = p[s.len + 1] = CSV_QUOTE;
	end_field(out, p + s.len + 2);
}

static void
append_int64(StrBuf *out, int64_t v)
{
	end_field(out, digits_put_signed(begin_field(out, DIGITS_MAX), v));
}

static void
append_uuid(StrBuf *out, const Uuid *uuid)
{
	char *p = begin_field(out, UUID_TEXT_LEN);

	uuid_to_chars(*uuid, p);
	end_field(out, p + UUID_TEXT_LEN);
}

/* Writes DATE_LEN bytes. */
static char *
put_date(char *p, int64_t day)
{
	DateTime dt;

	calendar_split_days(day, &dt);
	p = digits_put_fixed(p, (uint64_t)dt.year, 4);
	*p++ = '-';
	p = put_two_digits(p, (uint32_t)dt.month);
	*p++ = '-';
	return put_two_digits(p, (uint32_t)dt.day);
}

static void
append_date(StrBuf *out, int32_t day)
{
	end_field(out, put_date(begin_field(out, DATE_LEN), day));
}

static NOINLINE void
cache_minute(CsvEncoder *encoder, int64_t minute)
{
	int64_t day = floor_div(minute, MICROS_PER_DAY / MICROS_PER_MINUTE);
	uint32_t of_day = (uint32_t)(minute - day * (MICROS_PER_DAY / MICROS_PER_MINUTE));
	char *p = put_date(encoder->cached_time, day);

	*p++ = ' ';
	p = put_two_digits(p, of_day / 60);
	*p++ = ':';
	p = put_two_digits(p, of_day % 60);
	*p = ':';
	encoder->cached_minute = minute;
}

static void
append_timestamp(CsvEncoder *encoder, StrBuf *out, int64_t micros)
{
	int64_t minute = floor_div(micros, MICROS_PER_MINUTE);
	uint32_t rest = (uint32_t)(micros - minute * MICROS_PER_MINUTE);
	char *p = begin_field(out, TIMESTAMP_MAX);

	if (unlikely(minute != encoder->cached_minute))
		cache_minute(encoder, minute);
	memcpy(p, encoder->cached_time, MINUTE_LEN);
	p += MINUTE_LEN;
	p = put_two_digits(p, rest / 1000000);
	*p++ = '.';
	p = digits_put_fixed(p, rest % 1000000, 6);
	if (encoder->format.offset)
	{
		memcpy(p, "+00:00", 6);
		p += 6;
	}
	end_field(out, p);
}

/* Seconds with their fraction: "6", "6.7", "-0.000001". */
static void
append_seconds(StrBuf *out, int64_t micros)
{
	uint64_t magnitude = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
	size_t end;

	str_appendf(out, "%s%" PRIu64, micros < 0 ? "-" : "", magnitude / MICROS_PER_SECOND);
	if (magnitude % MICROS_PER_SECOND == 0)
		return;
	str_appendf(out, ".%06" PRIu64, magnitude % MICROS_PER_SECOND);
	for (end = out->len; out->data[end - 1] == '0';)
		end--;
	out->data[out->len = end] = '\0';
}

static void
append_duration_part(StrBuf *out, int64_t value, char unit)
{
	if (value != 0)
		str_appendf(out, "%" PRId64 "%c", value, unit);
}

/* An ISO 8601 duration: P1Y2M3DT4H5M6.7S. */
static void
append_duration(StrBuf *out, Interval v)
{
	int64_t seconds = v.micros % MICROS_PER_MINUTE;

	if (v.months == 0 && v.days == 0 && v.micros == 0)
	{
		str_append_cstr(out, "PT0S");
		return;
	}
	str_append_char(out, 'P');
	append_duration_part(out, v.months / MONTHS_PER_YEAR, 'Y');
	append_duration_part(out, v.months % MONTHS_PER_YEAR, 'M');
	append_duration_part(out, v.days, 'D');
	if (v.micros == 0)
		return;
	str_append_char(out, 'T');
	append_duration_part(out, v.micros / MICROS_PER_HOUR, 'H');
	append_duration_part(out, v.micros / MICROS_PER_MINUTE % 60, 'M');
	if (seconds != 0)
	{
		append_seconds(out, seconds);
		str_append_char(out, 'S');
	}
}

static void
append_value(CsvEncoder *encoder, const CsvColumn *spec, const Column *column, uint32_t row, StrBuf *out)
{
	const TypeClass *type = spec->class;
	const void *value = (const char *)column->data + row * type->size;

	switch (spec->form)
	{
		case CSV_BOOLEAN: str_append_cstr(out, *(const bool *)value ? "true" : "false"); break;
		case CSV_INTEGER: append_int64(out, *(const int32_t *)value); break;
		case CSV_BIGINT: append_int64(out, *(const int64_t *)value); break;
		case CSV_PLAIN:
			if (column->type == TYPE_UUID)
				append_uuid(out, value);
			else
				type->print(value, encoder->context, out);
			break;
		case CSV_NUMBER: numeric_print(*(const Numeric *)value, out); break;
		case CSV_QUOTED: csv_append_quoted(out, text_view(*(const Text *)value)); break;
		case CSV_QUOTED_NUMERIC:
			append_byte(out, CSV_QUOTE);
			numeric_print(*(const Numeric *)value, out);
			append_byte(out, CSV_QUOTE);
			break;
		case CSV_QUOTED_INTERVAL:
			str_append_char(out, CSV_QUOTE);
			append_duration(out, *(const Interval *)value);
			str_append_char(out, CSV_QUOTE);
			break;
		case CSV_DATE: append_date(out, *(const int32_t *)value); break;
		case CSV_TIMESTAMP: append_timestamp(encoder, out, *(const int64_t *)value); break;
	}
}

/* ---- records ---- */

static void
csv_begin(RowEncoder *base, StrBuf *out)
{
	CsvEncoder *encoder = container_of(base, CsvEncoder, base);

	if (!encoder->format.header)
		return;
	for (uint32_t c = 0; c < encoder->format.column_count; c++)
	{
		if (c > 0)
			str_append_char(out, CSV_DELIMITER);
		csv_append_quoted(out, str_from_cstr(encoder->format.columns[c].name));
	}
	str_append_char(out, CSV_RECORD_END);
}

static uint32_t
csv_encode(RowEncoder *base, const Batch *batch, const uint32_t *rows, uint32_t n, size_t enough, StrBuf *out)
{
	CsvEncoder *encoder = container_of(base, CsvEncoder, base);
	const CsvFormat *format = &encoder->format;
	uint32_t i = 0;

	while (i < n)
	{
		for (uint32_t c = 0; c < format->column_count; c++)
		{
			if (c > 0)
				append_byte(out, CSV_DELIMITER);
			if (!column_is_null(&batch->columns[c], rows[i]))
				append_value(encoder, &format->columns[c], &batch->columns[c], rows[i], out);
		}
		append_byte(out, CSV_RECORD_END);
		i++;
		if (out->len >= enough)
			break;
	}
	return i;
}

/* ---- what can't be written ---- */

static bool
timestamp_fits(int64_t micros)
{
	return micros >= FIRST_DAY * MICROS_PER_DAY && micros < END_DAY * MICROS_PER_DAY;
}

static bool
text_fits(const CsvColumn *spec, Text t)
{
	return t.len <= spec->room || (!spec->parse_json && text_count_chars(t.data, t.len) <= spec->room);
}

static bool
value_fits(const CsvFormat *format, const CsvColumn *spec, const Column *column, uint32_t row)
{
	if (column_is_null(column, row))
		return format->column_count > 1;
	switch (spec->form)
	{
		case CSV_DATE:
			return COLUMN_DATA(column, int32_t)[row] >= FIRST_DAY &&
				   COLUMN_DATA(column, int32_t)[row] < END_DAY;
		case CSV_TIMESTAMP: return timestamp_fits(COLUMN_DATA(column, int64_t)[row]);
		case CSV_NUMBER: return numeric_is_finite(COLUMN_DATA(column, Numeric)[row]);
		case CSV_QUOTED: return text_fits(spec, COLUMN_DATA(column, Text)[row]);
		default: return true;
	}
}

static bool
column_needs_check(const CsvFormat *format, uint32_t c)
{
	CsvForm form = format->columns[c].form;

	return format->column_count == 1 || form == CSV_DATE || form == CSV_TIMESTAMP || form == CSV_NUMBER ||
		   form == CSV_QUOTED;
}

/* Whether surely all rows fit: loops without branches, which also look at what lies under NULLs. */
static bool
all_fit(const CsvColumn *spec, const Column *column, uint32_t n)
{
	bool fit = true;

	switch (spec->form)
	{
		case CSV_DATE:
			for (uint32_t row = 0; row < n; row++)
				fit &= COLUMN_DATA(column, int32_t)[row] >= FIRST_DAY &&
					   COLUMN_DATA(column, int32_t)[row] < END_DAY;
			return fit;
		case CSV_TIMESTAMP:
			for (uint32_t row = 0; row < n; row++)
				fit &= timestamp_fits(COLUMN_DATA(column, int64_t)[row]);
			return fit;
		case CSV_NUMBER:
			for (uint32_t row = 0; row < n; row++)
				fit &= numeric_is_finite(COLUMN_DATA(column, Numeric)[row]);
			return fit;
		case CSV_QUOTED:
			for (uint32_t row = 0; row < n; row++)
				fit &= COLUMN_DATA(column, Text)[row].len <= spec->room;
			return fit;
		default: return false;
	}
}

static uint32_t
csv_check(RowEncoder *base, const Batch *batch, uint64_t *failed)
{
	CsvEncoder *encoder = container_of(base, CsvEncoder, base);
	const CsvFormat *format = &encoder->format;
	uint32_t count = 0;

	for (uint32_t c = 0; c < format->column_count; c++)
	{
		if (!column_needs_check(format, c) ||
			(format->column_count > 1 && all_fit(&format->columns[c], &batch->columns[c], batch->n)))
			continue;
		for (uint32_t row = 0; row < batch->n; row++)
		{
			if (likely(value_fits(format, &format->columns[c], &batch->columns[c], row)) ||
				bitmap_get(failed, row))
				continue;
			bitmap_set(failed, row);
			count++;
		}
	}
	return count;
}

static void
explain_value(CsvEncoder *encoder, const CsvColumn *spec, const Column *column, uint32_t row, Error *err)
{
	StrBuf text = {0};

	if (column_is_null(column, row))
	{
		error_set(err, SQLSTATE_NULL_VALUE_NOT_ALLOWED, NO_POSITION,
				  "a row whose only column is NULL would be a blank line in CSV");
		error_hint(err, "Add a second column to the sink.");
		return;
	}
	if (spec->form == CSV_QUOTED)
	{
		error_set(err, SQLSTATE_STRING_DATA_RIGHT_TRUNCATION, NO_POSITION,
				  "value of column \"%s\" is too long for %s", spec->name, spec->snowflake_type);
		error_detail(err, "It has room for %u %s.", spec->room, spec->parse_json ? "bytes" : "characters");
		return;
	}
	type_class(spec->type.id)
		->print((const char *)column->data + row * type_size(column->type), encoder->context, &text);
	if (spec->form == CSV_NUMBER)
		error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION,
				  "value \"%s\" of column \"%s\" has no place in %s", str_cstr(&text), spec->name,
				  spec->snowflake_type);
	else
		error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
				  "value \"%s\" of column \"%s\" is outside the years 1 to 9999 that CSV files hold",
				  str_cstr(&text), spec->name);
	str_free(&text);
}

static void
csv_explain(RowEncoder *base, const Batch *batch, uint32_t row, const char **field, Error *err)
{
	CsvEncoder *encoder = container_of(base, CsvEncoder, base);
	const CsvFormat *format = &encoder->format;

	for (uint32_t c = 0; c < format->column_count; c++)
		if (!value_fits(format, &format->columns[c], &batch->columns[c], row))
		{
			*field = format->columns[c].name;
			explain_value(encoder, &format->columns[c], &batch->columns[c], row, err);
			return;
		}
}

static bool
csv_check_sink(const SinkPlan *sink, Error *err)
{
	return csv_format_check(sink, err) && snowflake_check(sink, err);
}

static const OptionInfo csv_sink_options[] = {
	{.name = "header",
	 .type = OPTION_BOOLEAN,
	 .default_text = "false",
	 .help = "begin every file with a line of column names"},
};

const SinkClass csv_sink_class = {
	.info =
		{
			.name = "csv",
			.kind = CONNECTOR_SINK,
			.options = csv_sink_options,
			.option_count = lengthof(csv_sink_options),
			.check_sink = csv_check_sink,
			.describe_sink = snowflake_describe,
		},
	.extension = "csv",
	.open = csv_open,
	.begin = csv_begin,
	.check = csv_check,
	.explain = csv_explain,
	.encode = csv_encode,
	.close = csv_close,
};
