/*
 * datetime_format.c: runs the compiled formats of to_char().
 *
 * Where a pattern is applied to an interval that has no such thing (a week of "14 months"), PostgreSQL
 * computes it from the numbers all the same; julian_day() and what builds on it accept months out of range
 * for that reason.
 */
#include "common/types/datetime_format.h"

#include "common/types/datetime_pattern.h"
#include "common/types/datetime_token.h"

/* A value in parts. Those of an interval may be negative and its hours many. */
typedef struct Parts
{
	bool interval;
	int32_t year;
	int32_t month;
	int32_t day;
	int64_t hour;
	int32_t minute;
	int32_t second;
	int32_t micros;
	int32_t weekday;
	int32_t day_of_year;
	int32_t offset;
	const char *abbreviation; /* NULL without zone */
} Parts;

/* PostgreSQL computes these in 32 bits that wrap around, which an interval of very many days shows. */
static int32_t
wrap(int64_t value)
{
	return (int32_t)(uint32_t)value;
}

/* PostgreSQL's formula, for the sake of intervals, whose months run from -11 to 11. */
static int32_t
julian_day(int32_t year, int32_t month, int32_t day)
{
	int32_t y = month > 2 ? year + 4800 : year + 4799;
	int32_t m = month > 2 ? month + 1 : month + 13;
	int32_t century = y / 100;

	return wrap(INT64_C(365) * y - 32167 + y / 4 - century + century / 4 + 7834 * m / 256 + day);
}

/* The Julian day of the first Monday's week of an ISO year. */
static int32_t
iso_year_start(int32_t year)
{
	int32_t fourth = julian_day(year, 1, 4);

	return fourth - (int32_t)floor_mod(fourth, 7);
}

static int32_t
iso_year(const Parts *v)
{
	int32_t julian = julian_day(v->year, v->month, v->day);
	int32_t year = v->year;

	if (julian < iso_year_start(year))
		year--;
	if (wrap((int64_t)julian - iso_year_start(year)) / 7 + 1 >= 52 && julian >= iso_year_start(v->year + 1))
		year = v->year + 1;
	return year;
}

static int32_t
iso_day_of_year(const Parts *v)
{
	return wrap((int64_t)julian_day(v->year, v->month, v->day) - iso_year_start(iso_year(v)) + 1);
}

/* A year as it is written: BC years count from 1; an interval's years are just a number. */
static int32_t
written_year(const Parts *v, int32_t year)
{
	return v->interval || year > 0 ? year : 1 - year;
}

static int32_t
century(const Parts *v)
{
	if (v->interval)
		return v->year / 100;
	return v->year > 0 ? (v->year - 1) / 100 + 1 : v->year / 100 - 1;
}

static bool
append_ordinal(StrBuf *out, unsigned node_modifiers)
{
	static const char *const suffixes[] = {"th", "st", "nd", "rd"};
	size_t last = (size_t)(out->data[out->len - 1] - '0');
	const char *suffix;

	if (last > 3 || (out->len > 1 && out->data[out->len - 2] == '1'))
		last = 0;
	suffix = suffixes[last];
	for (; *suffix != '\0'; suffix++)
		str_append_char(out, node_modifiers & ORDINAL_UPPER ? (char)(*suffix - 32) : *suffix);
	return true;
}

/* A number with at least width characters, of which a sign takes one, unless FM; then its ordinal suffix. */
static bool
append_number(StrBuf *out, int64_t value, int width, unsigned node_modifiers)
{
	size_t start = out->len;
	StrBuf number = {0};

	str_appendf(&number, "%0*" PRId64, node_modifiers & FILL_MODE ? 0 : width, value);
	if (node_modifiers & (ORDINAL_UPPER | ORDINAL_LOWER))
		append_ordinal(&number, node_modifiers);
	str_append(out, number.data, number.len);
	str_free(&number);
	return out->len > start;
}

/* The same, where a negative interval gets room for its sign. */
static bool
append_signed(StrBuf *out, int64_t value, bool negative, int width, unsigned node_modifiers)
{
	return append_number(out, value, negative ? width + 1 : width, node_modifiers);
}

typedef enum LetterCase
{
	CASE_UPPER,
	CASE_TITLE,
	CASE_LOWER
} LetterCase;

/* The first len characters of a name, padded with blanks to width. */
static bool
append_name(StrBuf *out, const char *name, size_t len, LetterCase letter_case, size_t width)
{
	for (size_t i = 0; i < len; i++)
	{
		char c = name[i];

		if (letter_case == CASE_UPPER && c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		else if (letter_case == CASE_LOWER)
			c = ascii_lower(c);
		str_append_char(out, c);
	}
	for (size_t i = len; i < width; i++)
		str_append_char(out, ' ');
	return true;
}

static bool
append_full_name(StrBuf *out, const char *name, LetterCase letter_case, unsigned node_modifiers)
{
	return append_name(out, name, strlen(name), letter_case,
					   node_modifiers & (FILL_MODE | LOCAL_NAMES) ? 0 : 9);
}

static bool
append_roman(StrBuf *out, const Parts *v, LetterCase letter_case, unsigned node_modifiers)
{
	static const char *const roman[12] = {"I",   "II",   "III", "IV", "V",  "VI",
										  "VII", "VIII", "IX",  "X",  "XI", "XII"};
	const char *name;

	if (v->month == 0 && v->year == 0)
		return true;
	/* an interval's month 0 is the twelfth of the year before, or the first of a negative year's */
	if (v->month == 0)
		name = roman[v->year >= 0 ? 11 : 0];
	else
		name = roman[v->month > 0 ? v->month - 1 : 12 + v->month];
	return append_name(out, name, strlen(name), letter_case, node_modifiers & FILL_MODE ? 0 : 4);
}

static bool
append_zone(StrBuf *out, const Parts *v, const FormatNode *node)
{
	int32_t seconds = v->offset < 0 ? -v->offset : v->offset;

	switch (node->pattern)
	{
		case PATTERN_ZONE_UPPER:
		case PATTERN_ZONE_LOWER:
			if (v->abbreviation != NULL)
				append_name(out, v->abbreviation, strlen(v->abbreviation),
							node->pattern == PATTERN_ZONE_LOWER ? CASE_LOWER : CASE_TITLE, 0);
			return true;
		case PATTERN_ZONE_HOUR:
			str_append_char(out, v->offset < 0 ? '-' : '+');
			return append_number(out, seconds / SECONDS_PER_HOUR, 2, 0);
		case PATTERN_ZONE_MINUTE:
			return append_number(out, seconds % SECONDS_PER_HOUR / SECONDS_PER_MINUTE, 2, 0);
		default: break;
	}
	str_append_char(out, v->offset < 0 ? '-' : '+');
	append_number(out, seconds / SECONDS_PER_HOUR, 2, node->modifiers & FILL_MODE);
	if (seconds % SECONDS_PER_HOUR != 0)
	{
		str_append_char(out, ':');
		append_number(out, seconds % SECONDS_PER_HOUR / SECONDS_PER_MINUTE, 2, 0);
	}
	return true;
}

static bool
append_era_or_meridiem(StrBuf *out, const Parts *v, Pattern pattern)
{
	bool afternoon = v->hour % 24 >= 12, bc = v->year <= 0;

	switch (pattern)
	{
		case PATTERN_ERA_DOTS_UPPER: str_append_cstr(out, bc ? "B.C." : "A.D."); break;
		case PATTERN_ERA_DOTS_LOWER: str_append_cstr(out, bc ? "b.c." : "a.d."); break;
		case PATTERN_ERA_UPPER: str_append_cstr(out, bc ? "BC" : "AD"); break;
		case PATTERN_ERA_LOWER: str_append_cstr(out, bc ? "bc" : "ad"); break;
		case PATTERN_MERIDIEM_DOTS_UPPER: str_append_cstr(out, afternoon ? "P.M." : "A.M."); break;
		case PATTERN_MERIDIEM_DOTS_LOWER: str_append_cstr(out, afternoon ? "p.m." : "a.m."); break;
		case PATTERN_MERIDIEM_UPPER: str_append_cstr(out, afternoon ? "PM" : "AM"); break;
		default: str_append_cstr(out, afternoon ? "pm" : "am"); break;
	}
	return true;
}

static bool
append_words(StrBuf *out, const Parts *v, const FormatNode *node)
{
	const char *month = v->month >= 1 && v->month <= 12 ? calendar_month_names[v->month - 1] : "";
	const char *day = calendar_day_names[v->weekday];
	unsigned m = node->modifiers;

	switch (node->pattern)
	{
		case PATTERN_MONTH_UPPER: return append_full_name(out, month, CASE_UPPER, m);
		case PATTERN_MONTH_TITLE: return append_full_name(out, month, CASE_TITLE, m);
		case PATTERN_MONTH_LOWER: return append_full_name(out, month, CASE_LOWER, m);
		case PATTERN_SHORT_MONTH_UPPER: return append_name(out, month, 3, CASE_UPPER, 0);
		case PATTERN_SHORT_MONTH_TITLE: return append_name(out, month, 3, CASE_TITLE, 0);
		case PATTERN_SHORT_MONTH_LOWER: return append_name(out, month, 3, CASE_LOWER, 0);
		case PATTERN_DAY_UPPER: return append_full_name(out, day, CASE_UPPER, m);
		case PATTERN_DAY_TITLE: return append_full_name(out, day, CASE_TITLE, m);
		case PATTERN_DAY_LOWER: return append_full_name(out, day, CASE_LOWER, m);
		case PATTERN_SHORT_DAY_UPPER: return append_name(out, day, 3, CASE_UPPER, 0);
		case PATTERN_SHORT_DAY_TITLE: return append_name(out, day, 3, CASE_TITLE, 0);
		case PATTERN_SHORT_DAY_LOWER: return append_name(out, day, 3, CASE_LOWER, 0);
		case PATTERN_ROMAN_UPPER: return append_roman(out, v, CASE_UPPER, m);
		case PATTERN_ROMAN_LOWER: return append_roman(out, v, CASE_LOWER, m);
		case PATTERN_ZONE_UPPER:
		case PATTERN_ZONE_LOWER:
		case PATTERN_ZONE_HOUR:
		case PATTERN_ZONE_MINUTE:
		case PATTERN_OFFSET: return append_zone(out, v, node);
		default: return append_era_or_meridiem(out, v, node->pattern);
	}
}

static bool
append_year(StrBuf *out, const Parts *v, const FormatNode *node)
{
	unsigned m = node->modifiers;
	bool iso = node->pattern >= PATTERN_ISO_YEAR && node->pattern <= PATTERN_ISO_YEAR_1;
	int32_t year = written_year(v, iso ? iso_year(v) : v->year);
	bool negative = v->interval && v->year < 0; /* not the ISO year's sign: PostgreSQL's choice */
	StrBuf number = {0};

	switch (node->pattern)
	{
		case PATTERN_YEAR:
		case PATTERN_ISO_YEAR: return append_signed(out, year, negative, 4, m);
		case PATTERN_YEAR_3:
		case PATTERN_ISO_YEAR_3: return append_signed(out, year % 1000, negative, 3, m);
		case PATTERN_YEAR_2:
		case PATTERN_ISO_YEAR_2: return append_signed(out, year % 100, negative, 2, m);
		case PATTERN_YEAR_1:
		case PATTERN_ISO_YEAR_1: return append_number(out, year % 10, 1, m);
		default: break;
	}
	str_appendf(&number, "%d,%03d", year / 1000, year % 1000);
	if (m & (ORDINAL_UPPER | ORDINAL_LOWER))
		append_ordinal(&number, m);
	str_append_view(out, str_view(&number));
	str_free(&number);
	return true;
}

static bool
append_fraction(StrBuf *out, const Parts *v, const FormatNode *node)
{
	static const int32_t divisors[] = {100000, 10000, 1000, 100, 10, 1};
	int digits = (int)(node->pattern - PATTERN_FRACTION_1) + 1;

	return append_number(out, v->micros / divisors[digits - 1], digits,
						 node->modifiers & ~(unsigned)FILL_MODE);
}

static bool
append_clock(StrBuf *out, const Parts *v, const FormatNode *node)
{
	unsigned m = node->modifiers;

	switch (node->pattern)
	{
		case PATTERN_HOUR_12:
			return append_signed(out, v->hour % 12 == 0 ? 12 : v->hour % 12, v->hour < 0, 2, m);
		case PATTERN_HOUR_24: return append_signed(out, v->hour, v->hour < 0, 2, m);
		case PATTERN_MINUTE: return append_signed(out, v->minute, v->minute < 0, 2, m);
		case PATTERN_SECOND: return append_signed(out, v->second, v->second < 0, 2, m);
		case PATTERN_SECOND_OF_DAY:
			return append_number(out, v->hour * SECONDS_PER_HOUR + v->minute * SECONDS_PER_MINUTE + v->second,
								 0, m);
		default: return append_fraction(out, v, node);
	}
}

static bool
append_date_number(StrBuf *out, const Parts *v, const FormatNode *node)
{
	unsigned m = node->modifiers;
	int32_t c;

	switch (node->pattern)
	{
		case PATTERN_CENTURY:
			c = century(v);
			return append_number(out, c, c > 99 || c < -99 ? 0 : c < 0 ? 3 : 2, m);
		case PATTERN_MONTH_NUMBER: return append_signed(out, v->month, v->month < 0, 2, m);
		case PATTERN_DAY_OF_MONTH: return append_number(out, v->day, 2, m);
		case PATTERN_DAY_OF_YEAR: return append_number(out, v->day_of_year, 3, m);
		case PATTERN_ISO_DAY_OF_YEAR: return append_number(out, iso_day_of_year(v), 3, m);
		case PATTERN_WEEKDAY: return append_number(out, v->weekday + 1, 0, m);
		case PATTERN_ISO_WEEKDAY: return append_number(out, v->weekday == 0 ? 7 : v->weekday, 0, m);
		case PATTERN_WEEK: return append_number(out, wrap((int64_t)v->day_of_year - 1) / 7 + 1, 2, m);
		case PATTERN_ISO_WEEK: return append_number(out, wrap((int64_t)iso_day_of_year(v) - 1) / 7 + 1, 2, m);
		case PATTERN_WEEK_OF_MONTH: return append_number(out, wrap((int64_t)v->day - 1) / 7 + 1, 0, m);
		case PATTERN_QUARTER: return v->month == 0 || append_number(out, (v->month - 1) / 3 + 1, 0, m);
		case PATTERN_JULIAN: return append_number(out, julian_day(v->year, v->month, v->day), 0, m);
		default: return append_year(out, v, node);
	}
}

/* What an interval doesn't have: names, eras, zones and days of the week. */
static bool
invalid_for_interval(Pattern pattern)
{
	bool meridiem = pattern >= PATTERN_MERIDIEM_DOTS_UPPER && pattern <= PATTERN_MERIDIEM_LOWER;
	bool roman = pattern == PATTERN_ROMAN_UPPER || pattern == PATTERN_ROMAN_LOWER;

	return (pattern >= PATTERN_ERA_DOTS_UPPER && pattern <= PATTERN_OFFSET && !meridiem && !roman) ||
		   pattern == PATTERN_WEEKDAY || pattern == PATTERN_ISO_WEEKDAY;
}

static bool
run_node(StrBuf *out, const Parts *v, const FormatNode *node)
{
	if (node->pattern == PATTERN_LITERAL)
		str_append_view(out, node->literal);
	else if (node->pattern == PATTERN_EXACT)
		return true;
	else if (node->pattern < PATTERN_EXACT)
		return append_words(out, v, node);
	else if ((node->pattern >= PATTERN_FRACTION_1 && node->pattern <= PATTERN_HOUR_12) ||
			 node->pattern == PATTERN_MINUTE || node->pattern == PATTERN_SECOND ||
			 node->pattern == PATTERN_SECOND_OF_DAY)
		return append_clock(out, v, node);
	else
		return append_date_number(out, v, node);
	return true;
}

static bool
run(const DateTimeFormat *format, const Parts *v, StrBuf *out, Error *err)
{
	for (size_t i = 0; i < format->count; i++)
	{
		if (v->interval && invalid_for_interval(format->nodes[i].pattern))
		{
			error_set(err, SQLSTATE_INVALID_DATETIME_FORMAT, NO_POSITION,
					  "invalid format specification for an interval value");
			return error_hint(err, "Intervals are not tied to specific calendar dates.");
		}
		run_node(out, v, &format->nodes[i]);
	}
	return true;
}

static void
set_parts(Parts *v, const DateTime *dt)
{
	*v = (Parts){.year = dt->year,
				 .month = dt->month,
				 .day = dt->day,
				 .hour = dt->hour,
				 .minute = dt->minute,
				 .second = dt->second,
				 .micros = dt->micros,
				 .weekday = calendar_weekday(calendar_days(dt->year, dt->month, dt->day)),
				 .day_of_year = calendar_day_of_year(dt)};
}

bool
timestamp_format(const DateTimeFormat *format, int64_t ts, StrBuf *out, Error *err)
{
	DateTime dt;
	Parts v;

	calendar_split_micros(ts, &dt);
	set_parts(&v, &dt);
	return run(format, &v, out, err);
}

bool
timestamptz_format(const DateTimeFormat *format, int64_t ts, const TimeZone *zone, StrBuf *out, Error *err)
{
	ZoneSpan span;
	DateTime dt;
	Parts v;

	timestamptz_split(ts, zone, &dt, &span);
	set_parts(&v, &dt);
	v.offset = span.offset;
	v.abbreviation = span.abbreviation;
	return run(format, &v, out, err);
}

/* The day of the year of an interval is its length in days, as far as one can say. */
bool
interval_format(const DateTimeFormat *format, Interval i, StrBuf *out, Error *err)
{
	Parts v = {.interval = true,
			   .year = i.months / MONTHS_PER_YEAR,
			   .month = i.months % MONTHS_PER_YEAR,
			   .day = i.days,
			   .hour = i.micros / MICROS_PER_HOUR,
			   .minute = (int32_t)(i.micros / MICROS_PER_MINUTE % 60),
			   .second = (int32_t)(i.micros / MICROS_PER_SECOND % 60),
			   .micros = (int32_t)(i.micros % MICROS_PER_SECOND)};

	v.day_of_year = wrap((int64_t)i.months * DAYS_PER_MONTH + i.days);
	return run(format, &v, out, err);
}
