/*
 * snowflake_value.c: from Snowflake's texts to PostgreSQL's (contract in snowflake_value.h).
 */
#include "connectors/snowflake_value.h"

#include <strings.h>

#include "common/ascii.h"
#include "common/clock.h"
#include "common/types/date.h"
#include "common/types/float.h"
#include "common/types/timestamp.h"

enum
{
	NANO_DIGITS = 9,
	SECONDS_DIGITS = 12, /* more than any year that Snowflake knows needs */
	TZ_MINUTES = 1440    /* what an offset of 0 is sent as */
};

SnowflakeType
snowflake_type_find(const char *name)
{
	static const char *const names[] = {
		[SNOWFLAKE_TEXT] = "text",
		[SNOWFLAKE_FIXED] = "fixed",
		[SNOWFLAKE_REAL] = "real",
		[SNOWFLAKE_DECFLOAT] = "decfloat",
		[SNOWFLAKE_BOOLEAN] = "boolean",
		[SNOWFLAKE_BINARY] = "binary",
		[SNOWFLAKE_DATE] = "date",
		[SNOWFLAKE_TIME] = "time",
		[SNOWFLAKE_TIMESTAMP_NTZ] = "timestamp_ntz",
		[SNOWFLAKE_TIMESTAMP_LTZ] = "timestamp_ltz",
		[SNOWFLAKE_TIMESTAMP_TZ] = "timestamp_tz",
	};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return (SnowflakeType)i;
	return SNOWFLAKE_TEXT;
}

bool
snowflake_type_is_number(SnowflakeType type)
{
	return type == SNOWFLAKE_FIXED || type == SNOWFLAKE_REAL || type == SNOWFLAKE_DECFLOAT;
}

/* ---- reading ---- */

/* A number with a fraction of at most nine digits: seconds rounded down, and what is left. */
typedef struct Moment
{
	int64_t seconds;
	int32_t nanos;
} Moment;

/* The digits at *p, no more than so many; -1 = there are none, or too many. */
static int64_t
take_digits(const char **p, const char *end, int most, int *count)
{
	int64_t value = 0;

	for (*count = 0; *p < end && ascii_digit(**p); (*p)++)
	{
		if (++*count > most)
			return -1;
		value = value * 10 + (**p - '0');
	}
	return *count > 0 ? value : -1;
}

/* *p ends behind the number. */
static bool
take_moment(const char **p, const char *end, Moment *out)
{
	bool negative = *p < end && **p == '-';
	int64_t nanos = 0;
	int digits;

	*p += negative;
	out->seconds = take_digits(p, end, SECONDS_DIGITS, &digits);
	if (out->seconds < 0)
		return false;
	if (*p < end && **p == '.')
	{
		(*p)++;
		nanos = take_digits(p, end, NANO_DIGITS, &digits);
		if (nanos < 0)
			return false;
		for (; digits < NANO_DIGITS; digits++)
			nanos *= 10;
	}
	if (negative)
	{
		out->seconds = -out->seconds - (nanos > 0);
		nanos = nanos > 0 ? INT64_C(1000000000) - nanos : 0;
	}
	out->nanos = (int32_t)nanos;
	return true;
}

static bool
read_moment(StrView text, Moment *out)
{
	const char *p = text.data, *end = text.data + text.len;

	return take_moment(&p, end, out) && p == end;
}

/* ---- printing ---- */

static void
append_fraction(int32_t nanos, StrBuf *out)
{
	if (nanos == 0)
		return;
	str_appendf(out, ".%0*d", NANO_DIGITS, (int)nanos);
	while (out->data[out->len - 1] == '0')
		out->data[--out->len] = '\0';
}

/* +01, +05:30 */
static void
append_offset(int32_t seconds, StrBuf *out)
{
	int32_t size = seconds < 0 ? -seconds : seconds;

	str_appendf(out, "%c%02d", seconds < 0 ? '-' : '+', (int)(size / SECONDS_PER_HOUR));
	if (size % SECONDS_PER_HOUR != 0)
		str_appendf(out, ":%02d", (int)(size / SECONDS_PER_MINUTE % 60));
	if (size % SECONDS_PER_MINUTE != 0)
		str_appendf(out, ":%02d", (int)(size % SECONDS_PER_MINUTE));
}

/* A moment as clocks show it that are so far east; offset NULL: without saying so. */
static bool
append_timestamp(Moment moment, const int32_t *offset, StrBuf *out)
{
	int64_t seconds = moment.seconds - CLOCK_UNIX_EPOCH_OFFSET + (offset != NULL ? *offset : 0);
	bool before_christ;

	if (seconds < TIMESTAMP_MIN_MICROS / MICROS_PER_SECOND ||
		seconds >= TIMESTAMP_END_MICROS / MICROS_PER_SECOND)
		return false;
	timestamp_print(seconds * MICROS_PER_SECOND, out);
	before_christ = out->data[out->len - 1] == 'C';
	if (before_christ)
		out->data[out->len -= 3] = '\0';
	append_fraction(moment.nanos, out);
	if (offset != NULL)
		append_offset(*offset, out);
	if (before_christ)
		str_append_cstr(out, " BC");
	return true;
}

static bool
append_local(StrView text, const TimeZone *zone, StrBuf *out)
{
	ZoneSpan span = ZONE_SPAN_NONE;
	Moment moment;
	int32_t offset;

	if (!read_moment(text, &moment))
		return false;
	offset = zone != NULL ? timezone_offset_at(zone, moment.seconds, &span) : 0;
	return append_timestamp(moment, &offset, out);
}

/* "seconds minutes", the minutes being those east of UTC and 1440. */
static bool
append_zoned(StrView text, StrBuf *out)
{
	const char *p = text.data, *end = text.data + text.len;
	Moment moment;
	int64_t minutes;
	int32_t offset;
	int digits;

	if (!take_moment(&p, end, &moment) || p == end || *p++ != ' ')
		return false;
	minutes = take_digits(&p, end, 4, &digits);
	if (minutes < 0 || minutes > 2 * TZ_MINUTES || p != end)
		return false;
	offset = (int32_t)(minutes - TZ_MINUTES) * SECONDS_PER_MINUTE;
	return append_timestamp(moment, &offset, out);
}

static bool
append_time(StrView text, StrBuf *out)
{
	Moment m;

	if (!read_moment(text, &m) || m.seconds < 0 || m.seconds >= SECONDS_PER_DAY)
		return false;
	str_appendf(out, "%02d:%02d:%02d", (int)(m.seconds / SECONDS_PER_HOUR),
				(int)(m.seconds / SECONDS_PER_MINUTE % 60), (int)(m.seconds % 60));
	append_fraction(m.nanos, out);
	return true;
}

static bool
append_date(StrView text, StrBuf *out)
{
	Moment days; /* they are a whole number */
	int32_t date;

	if (!read_moment(text, &days) || days.nanos != 0 ||
		!date_in_range(days.seconds - CALENDAR_UNIX_EPOCH_DAYS))
		return false;
	date = (int32_t)(days.seconds - CALENDAR_UNIX_EPOCH_DAYS);
	date_class.print(&date, NULL, out);
	return true;
}

static bool
append_real(StrView text, StrBuf *out)
{
	double value;

	if (!double_parse(text, &value, NULL))
		return false;
	double_class.print(&value, NULL, out);
	return true;
}

static bool
append_boolean(StrView text, StrBuf *out)
{
	bool yes = text.len == 4 && strncasecmp(text.data, "true", 4) == 0;
	bool no = text.len == 5 && strncasecmp(text.data, "false", 5) == 0;

	if ((yes || no))
		str_append_char(out, yes ? 't' : 'f');
	return yes || no;
}

/* As bytea's: \x and lower case. */
static void
append_binary(StrView text, StrBuf *out)
{
	str_append_cstr(out, "\\x");
	for (size_t i = 0; i < text.len; i++)
		str_append_char(out, ascii_lower(text.data[i]));
}

bool
snowflake_value_append(SnowflakeType type, StrView text, const TimeZone *zone, StrBuf *out)
{
	Moment moment;

	switch (type)
	{
		case SNOWFLAKE_TEXT:
		case SNOWFLAKE_FIXED:
		case SNOWFLAKE_DECFLOAT: str_append_view(out, text); return true;
		case SNOWFLAKE_BINARY: append_binary(text, out); return true;
		case SNOWFLAKE_REAL: return append_real(text, out);
		case SNOWFLAKE_BOOLEAN: return append_boolean(text, out);
		case SNOWFLAKE_DATE: return append_date(text, out);
		case SNOWFLAKE_TIME: return append_time(text, out);
		case SNOWFLAKE_TIMESTAMP_NTZ:
			return read_moment(text, &moment) && append_timestamp(moment, NULL, out);
		case SNOWFLAKE_TIMESTAMP_LTZ: return append_local(text, zone, out);
		case SNOWFLAKE_TIMESTAMP_TZ: return append_zoned(text, out);
	}
	return false;
}
