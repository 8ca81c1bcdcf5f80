/*
 * timestamp_text.c: timestamps in and out of text.
 *
 * The simple ISO form is read digit by digit with the ranges checked on the way; the date, which repeats from
 * row to row, is kept in a cache by its ten characters. All else takes the general parser.
 */
#include "common/hash.h"
#include "common/types/date.h"
#include "common/types/datetime_parse.h"
#include "common/types/timestamp.h"

enum
{
	TIMESTAMP_TEXT_LIMIT = 153, /* bytes of fields, as in PostgreSQL */
	ISO_DATE_LENGTH = 10,
	ISO_SECOND_LENGTH = 19
};

/* ---- the fast reader ---- */

/* ".f" up to ".ffffff"; *p is moved behind it. */
static inline bool
parse_iso_fraction(const char **p, const char *end, uint32_t *micros)
{
	static const uint32_t scale[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	uint32_t value = 0;
	int digits = 0;

	*micros = 0;
	if (*p == end || **p != '.')
		return true;
	for ((*p)++; *p < end; (*p)++)
	{
		uint32_t digit = (uint8_t) * *p - '0';

		if (digit > 9)
			break;
		if (++digits > 6)
			return false;
		value = value * 10 + digit;
	}
	*micros = value * scale[digits];
	return digits > 0;
}

/* "", "Z", "±HH", "±HHMM" or "±HH:MM", up to the end. */
static inline bool
parse_iso_zone(const char *p, const char *end, bool *has_zone, int32_t *offset)
{
	size_t len = (size_t)(end - p);
	uint32_t hours, minutes = 0;

	*has_zone = len > 0;
	*offset = 0;
	if (len == 0 || (len == 1 && *p == 'Z'))
		return true;
	if ((*p != '+' && *p != '-') || len < 3)
		return false;
	hours = get_two_digits(p + 1);
	if (len == 5)
		minutes = get_two_digits(p + 3);
	else if (len == 6 && p[3] == ':')
		minutes = get_two_digits(p + 4);
	else if (len != 3)
		return false;
	if (hours > 15 || minutes > 59)
		return false;
	*offset = (int32_t)(hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE);
	if (*p == '-')
		*offset = -*offset;
	return true;
}

static inline bool
parse_iso(StrView s, IsoDateCache *cache, bool *has_zone, int32_t *offset, int64_t *local)
{
	const char *p = s.data, *end = s.data + s.len;
	uint32_t hour, minute, second, micros;
	int32_t days;

	if (s.len < ISO_SECOND_LENGTH || (p[10] != 'T' && p[10] != ' ') || p[13] != ':' || p[16] != ':')
		return false;
	if (cache != NULL && cache->filled && memcmp(cache->text, p, ISO_DATE_LENGTH) == 0)
		days = cache->days;
	else
	{
		if (!date_parse_iso((StrView){p, ISO_DATE_LENGTH}, &days))
			return false;
		if (cache != NULL)
		{
			memcpy(cache->text, p, ISO_DATE_LENGTH);
			cache->days = days;
			cache->filled = true;
		}
	}
	hour = get_two_digits(p + 11);
	minute = get_two_digits(p + 14);
	second = get_two_digits(p + 17);
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	p += ISO_SECOND_LENGTH;
	if (!parse_iso_fraction(&p, end, &micros) || !parse_iso_zone(p, end, has_zone, offset))
		return false;
	*local =
		days * MICROS_PER_DAY + (int64_t)((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros;
	return true;
}

bool
timestamp_parse_iso(StrView s, IsoDateCache *cache, bool *has_zone, int64_t *out)
{
	int32_t offset;

	if (!parse_iso(s, cache, has_zone, &offset, out))
		return false;
	*out -= offset * MICROS_PER_SECOND;
	return true;
}

bool
timestamp_parse_iso_local(StrView s, IsoDateCache *cache, int64_t *out)
{
	int32_t offset;
	bool has_zone;

	return parse_iso(s, cache, &has_zone, &offset, out);
}

/* ---- the fast writer ---- */

/* Puts "YYYY-MM-DD" of the day; false unless the year is 1..9999. */
static bool
put_iso_date(char *p, int64_t days, IsoDateCache *cache)
{
	DateTime dt;

	if (cache != NULL && cache->filled && cache->days == days)
	{
		memcpy(p, cache->text, ISO_DATE_LENGTH);
		return true;
	}
	calendar_split_days(days, &dt);
	if (dt.year < 1 || dt.year > 9999)
		return false;
	date_put_iso(p, &dt);
	if (cache != NULL)
	{
		memcpy(cache->text, p, ISO_DATE_LENGTH);
		cache->days = (int32_t)days;
		cache->filled = true;
	}
	return true;
}

char *
timestamp_put_iso(char *p, int64_t ts, IsoDateCache *cache)
{
	int64_t days = floor_div(ts, MICROS_PER_DAY);
	uint64_t rest = (uint64_t)(ts - days * MICROS_PER_DAY);
	uint32_t seconds = (uint32_t)(rest / MICROS_PER_SECOND), micros = (uint32_t)(rest % MICROS_PER_SECOND);

	if (!timestamp_in_range(ts) || !put_iso_date(p, days, cache))
		return NULL;
	p[10] = ' ';
	put_two_digits(p + 11, seconds / SECONDS_PER_HOUR);
	p[13] = ':';
	put_two_digits(p + 14, seconds / SECONDS_PER_MINUTE % 60);
	p[16] = ':';
	put_two_digits(p + 17, seconds % 60);
	p[19] = '.';
	put_two_digits(p + 20, micros / 10000);
	put_two_digits(p + 22, micros / 100 % 100);
	put_two_digits(p + 24, micros % 100);
	return p + 26;
}

/* ---- PostgreSQL's output ---- */

static bool
print_infinite(int64_t ts, StrBuf *out)
{
	if (timestamp_is_finite(ts))
		return false;
	str_append_cstr(out, ts == TIMESTAMP_INFINITY ? "infinity" : "-infinity");
	return true;
}

/* Date, time and the fraction without its trailing zeros. */
static char *
put_fields(char *p, const DateTime *dt)
{
	p = date_put_iso(p, dt);
	*p++ = ' ';
	p = put_two_digits(p, (uint32_t)dt->hour);
	*p++ = ':';
	p = put_two_digits(p, (uint32_t)dt->minute);
	*p++ = ':';
	p = put_two_digits(p, (uint32_t)dt->second);
	if (dt->micros == 0)
		return p;
	*p++ = '.';
	p = put_digits(p, (uint64_t)dt->micros, 6);
	while (p[-1] == '0')
		p--;
	return p;
}

/* +hh[:mm[:ss]] */
static char *
put_offset(char *p, int32_t offset)
{
	uint32_t seconds = (uint32_t)(offset < 0 ? -offset : offset);

	*p++ = offset < 0 ? '-' : '+';
	p = put_two_digits(p, seconds / SECONDS_PER_HOUR);
	if (seconds % SECONDS_PER_HOUR != 0)
	{
		*p++ = ':';
		p = put_two_digits(p, seconds / SECONDS_PER_MINUTE % 60);
	}
	if (seconds % SECONDS_PER_MINUTE != 0)
	{
		*p++ = ':';
		p = put_two_digits(p, seconds % 60);
	}
	return p;
}

void
timestamp_print(int64_t ts, StrBuf *out)
{
	char text[48];
	DateTime dt;

	if (print_infinite(ts, out))
		return;
	calendar_split_micros(ts, &dt);
	str_append(out, text, (size_t)(put_fields(text, &dt) - text));
	if (dt.year <= 0)
		str_append_cstr(out, " BC");
}

void
timestamptz_print(int64_t ts, const TimeZone *zone, StrBuf *out)
{
	char text[64];
	ZoneSpan span;
	DateTime dt;

	if (print_infinite(ts, out))
		return;
	timestamptz_split(ts, zone, &dt, &span);
	str_append(out, text, (size_t)(put_offset(put_fields(text, &dt), span.offset) - text));
	if (dt.year <= 0)
		str_append_cstr(out, " BC");
}

/* ---- the classes ---- */

/* Sets what needs no arithmetic; false for a plain moment. */
static bool
special_timestamp(DateTimeSpecial special, int64_t *out)
{
	switch (special)
	{
		case DATETIME_PLAIN: break;
		case DATETIME_EPOCH: *out = -CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY; return true;
		case DATETIME_MINUS_INFINITY: *out = TIMESTAMP_MINUS_INFINITY; return true;
		case DATETIME_INFINITY: *out = TIMESTAMP_INFINITY; return true;
	}
	return false;
}

static bool
parse_general(StrView s, const char *type_name, const TypeContext *context, bool with_zone, int64_t *out,
			  Error *err)
{
	ParsedDateTime parsed;

	if (!datetime_parse(s, TIMESTAMP_TEXT_LIMIT, type_name, context, &parsed, err))
		return false;
	if (special_timestamp(parsed.special, out))
		return true;
	if (calendar_join_micros(&parsed.dt, out) &&
		(!with_zone || !__builtin_sub_overflow(*out, parsed.offset * MICROS_PER_SECOND, out)) &&
		timestamp_in_range(*out))
		return true;
	return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp out of range: \"%.*s\"",
					 (int)s.len, s.data);
}

static bool
timestamp_parse(StrView s, const TypeContext *context, Arena *arena UNUSED, void *out, Error *err)
{
	return timestamp_parse_iso_local(s, NULL, out) || parse_general(s, "timestamp", context, false, out, err);
}

static bool
timestamptz_parse(StrView s, const TypeContext *context, Arena *arena UNUSED, void *out, Error *err)
{
	bool has_zone;

	if (timestamp_parse_iso(s, NULL, &has_zone, out) &&
		(has_zone || context == NULL || context->zone == NULL))
		return true;
	return parse_general(s, "timestamp with time zone", context, true, out, err);
}

static void
timestamp_class_print(const void *value, const TypeContext *context UNUSED, StrBuf *out)
{
	timestamp_print(*(const int64_t *)value, out);
}

static void
timestamptz_class_print(const void *value, const TypeContext *context, StrBuf *out)
{
	timestamptz_print(*(const int64_t *)value, context ? context->zone : NULL, out);
}

static int
timestamp_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t
timestamp_hash(const void *value)
{
	return hash_u64((uint64_t) * (const int64_t *)value);
}

static bool
apply_modifier(int32_t modifier, void *value, Arena *arena UNUSED, Error *err UNUSED)
{
	timestamp_round(value, modifier);
	return true;
}

static const char *
timestamp_modified_name(int32_t modifier, Arena *arena)
{
	return arena_printf(arena, "timestamp(%d) without time zone", modifier);
}

static const char *
timestamptz_modified_name(int32_t modifier, Arena *arena)
{
	return arena_printf(arena, "timestamp(%d) with time zone", modifier);
}

const TypeClass timestamp_class = {
	.id = TYPE_TIMESTAMP,
	.name = "timestamp without time zone",
	.size = sizeof(int64_t),
	.category = 'D',
	.preferred = false,
	.parse = timestamp_parse,
	.print = timestamp_class_print,
	.compare = timestamp_compare,
	.hash = timestamp_hash,
	.apply_modifier = apply_modifier,
	.modified_name = timestamp_modified_name,
};

const TypeClass timestamptz_class = {
	.id = TYPE_TIMESTAMPTZ,
	.name = "timestamp with time zone",
	.size = sizeof(int64_t),
	.category = 'D',
	.preferred = true,
	.parse = timestamptz_parse,
	.print = timestamptz_class_print,
	.compare = timestamp_compare,
	.hash = timestamp_hash,
	.apply_modifier = apply_modifier,
	.modified_name = timestamptz_modified_name,
};
