/*
 * interval.h: the type interval.
 *
 * The idea: months, days and microseconds are kept apart because a month and a day have no fixed length; they
 * meet only in comparison (30 days, 24 hours). Input and output are PostgreSQL's with IntervalStyle postgres.
 */
#ifndef WEIR_COMMON_TYPES_INTERVAL_H
#define WEIR_COMMON_TYPES_INTERVAL_H

#include "common/types/calendar.h"
#include "common/types/type.h"

extern const TypeClass interval_class;

/* The fields of INTERVAL '…' DAY TO SECOND and its like; a set of these, 0 = no restriction. */
typedef enum IntervalField
{
	INTERVAL_YEAR = 1,
	INTERVAL_MONTH = 2,
	INTERVAL_DAY = 4,
	INTERVAL_HOUR = 8,
	INTERVAL_MINUTE = 16,
	INTERVAL_SECOND = 32
} IntervalField;

/* Reads text; fields decides the unit of a bare number and what is cut off, as an interval qualifier does. */
extern bool interval_parse_fields(StrView s, unsigned fields, Interval *out, Error *err) WARN_UNUSED;

/* A type's modifier: the fields that are kept (0: all), and the digits of seconds, 0..6 or all. */
#define INTERVAL_ALL_DIGITS 7
#define INTERVAL_MODIFIER(fields, digits) ((int32_t)((fields) << 8 | (digits)))
#define INTERVAL_MODIFIER_FIELDS(modifier) ((unsigned)(modifier) >> 8)
#define INTERVAL_MODIFIER_DIGITS(modifier) ((modifier)&0xff)

/* Cuts off what is finer than the fields. */
extern void interval_restrict(Interval *v, unsigned fields);

extern bool interval_plus(Interval a, Interval b, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_minus(Interval a, Interval b, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_negate(Interval a, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_multiply(Interval a, double factor, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_divide(Interval a, double divisor, Interval *out, Error *err) WARN_UNUSED;

/* 24-hour pieces become days; 30-day pieces become months; both, with signs made equal. */
extern bool interval_justify_hours(Interval a, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_justify_days(Interval a, Interval *out, Error *err) WARN_UNUSED;
extern bool interval_justify(Interval a, Interval *out, Error *err) WARN_UNUSED;

/* The length for comparison: microseconds with 30-day months. */
extern int128 interval_span(Interval a);

static inline int
interval_compare(Interval a, Interval b)
{
	int128 x = interval_span(a), y = interval_span(b);

	return (x > y) - (x < y);
}

#endif
