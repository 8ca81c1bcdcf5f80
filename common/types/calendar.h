/*
 * calendar.h: days and moments as numbers, and as year, month, day, hour, minute, second.
 *
 * The idea: every date computation goes through one broken-down struct, DateTime, and a handful of pure
 * functions over the proleptic Gregorian calendar. Years count astronomically: 0 is 1 BC. No time zones and
 * no text in here, except for the two-digit helpers that readers and printers share.
 *
 * Day numbers count from 2000-01-01, as DATE does; Julian day numbers are that plus CALENDAR_EPOCH_JULIAN.
 */
#ifndef WEIR_COMMON_TYPES_CALENDAR_H
#define WEIR_COMMON_TYPES_CALENDAR_H

#include "common/digits.h"

#define MICROS_PER_MILLISECOND INT64_C(1000)
#define MICROS_PER_SECOND INT64_C(1000000)
#define MICROS_PER_MINUTE (60 * MICROS_PER_SECOND)
#define MICROS_PER_HOUR (3600 * MICROS_PER_SECOND)
#define MICROS_PER_DAY (86400 * MICROS_PER_SECOND)

enum
{
	SECONDS_PER_MINUTE = 60,
	SECONDS_PER_HOUR = 3600,
	SECONDS_PER_DAY = 86400,
	MONTHS_PER_YEAR = 12,
	DAYS_PER_MONTH = 30,             /* where an interval's months count as days */
	CALENDAR_EPOCH_JULIAN = 2451545, /* Julian day of 2000-01-01 */
	CALENDAR_UNIX_EPOCH_DAYS = 10957 /* from 1970-01-01 to 2000-01-01 */
};

/* The extremes of PostgreSQL's types: 4714-11-24 BC; the first day or moment that is too late. */
#define DATE_MIN_DAYS (-CALENDAR_EPOCH_JULIAN)
#define DATE_END_DAYS (INT32_C(2147483494) - CALENDAR_EPOCH_JULIAN)
#define TIMESTAMP_MIN_MICROS INT64_C(-211813488000000000)
#define TIMESTAMP_END_MICROS INT64_C(9223371331200000000)

#define DATE_MINUS_INFINITY INT32_MIN
#define DATE_INFINITY INT32_MAX
#define TIMESTAMP_MINUS_INFINITY INT64_MIN
#define TIMESTAMP_INFINITY INT64_MAX

/* A broken-down moment. Fields may be out of their natural range while text is read; functions say when that
 * matters. */
typedef struct DateTime
{
	int32_t year;
	int32_t month;  /* 1..12 */
	int32_t day;    /* 1..31 */
	int32_t hour;   /* 0..24 */
	int32_t minute; /* 0..59 */
	int32_t second; /* 0..60 */
	int32_t micros; /* 0..999999 */
} DateTime;

/* The day number of a date; month is 1..12, day may be anything. */
extern int64_t calendar_days(int32_t year, int32_t month, int32_t day);
/* Sets year, month and day. */
extern void calendar_split_days(int64_t days, DateTime *out);

/* Splits microseconds since 2000-01-01; every int64 works. */
extern void calendar_split_micros(int64_t micros, DateTime *out);
/* The converse; false when the date is outside what PostgreSQL's Julian days cover or the result of an int64.
 */
extern bool calendar_join_micros(const DateTime *dt, int64_t *out) WARN_UNUSED;
/* Seconds since 1970-01-01 of the broken-down moment, fraction dropped. */
extern int64_t calendar_unix_seconds(const DateTime *dt);

extern bool calendar_leap_year(int32_t year);
/* month is 1..12 */
extern int calendar_days_in_month(int32_t year, int32_t month);
/* 4714-11-24 BC up to 5874898-06-03, where Julian day numbers are non-negative int32s. */
extern bool calendar_valid_julian(int32_t year, int32_t month);

/* 0 = Sunday .. 6 = Saturday */
extern int calendar_weekday(int64_t days);
/* 1 .. 366 */
extern int calendar_day_of_year(const DateTime *dt);
/* The ISO 8601 week and its year; weeks begin on Monday, week 1 has the year's first Thursday. */
extern int calendar_iso_week(int64_t days, int32_t *iso_year);
/* Day number of the Monday of an ISO week. */
extern int64_t calendar_iso_week_start(int32_t iso_year, int week);

extern const char *const calendar_month_names[12]; /* "January" … */
extern const char *const calendar_day_names[7];    /* "Sunday" … */

static inline bool
date_is_finite(int32_t date)
{
	return date != DATE_MINUS_INFINITY && date != DATE_INFINITY;
}

static inline bool
date_in_range(int64_t days)
{
	return days >= DATE_MIN_DAYS && days < DATE_END_DAYS;
}

static inline bool
timestamp_is_finite(int64_t ts)
{
	return ts != TIMESTAMP_MINUS_INFINITY && ts != TIMESTAMP_INFINITY;
}

static inline bool
timestamp_in_range(int64_t ts)
{
	return ts >= TIMESTAMP_MIN_MICROS && ts < TIMESTAMP_END_MICROS;
}

/* Division that rounds towards minus infinity; the divisor is positive. */
static inline int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static inline int64_t
floor_mod(int64_t a, int64_t b)
{
	int64_t r = a % b;

	return r < 0 ? r + b : r;
}

/* Two digits as a number, or something of at least 100 if they are none. */
static inline uint32_t
get_two_digits(const char *p)
{
	uint32_t high = (uint8_t)p[0] - '0', low = (uint8_t)p[1] - '0';

	return high > 9 || low > 9 ? 100 : high * 10 + low;
}

/* Writes v as two digits (0..99) and returns the end. */
static inline char *
put_two_digits(char *p, uint32_t v)
{
	memcpy(p, digit_pairs + 2 * v, 2);
	return p + 2;
}

/* Writes v with at least width digits, zero-padded, and returns the end; at most 20 bytes. */
extern char *put_digits(char *p, uint64_t v, int width);

#endif
