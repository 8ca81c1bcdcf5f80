/*
 * datetime_field.h: extract() and date_trunc() for date, timestamp, timestamptz and interval.
 *
 * The idea: a unit is looked up once for a batch, the functions here take it as a DateTimeUnit. name is
 * always the unit as the user wrote it, for the error.
 */
#ifndef WEIR_COMMON_TYPES_DATETIME_FIELD_H
#define WEIR_COMMON_TYPES_DATETIME_FIELD_H

#include "common/types/datetime_token.h"
#include "common/types/timestamp.h"

typedef enum PartKind
{
	PART_NULL, /* an infinite moment has no hour */
	PART_NUMBER,
	PART_INFINITY,
	PART_MINUS_INFINITY
} PartKind;

/* What extract() gives: exact is the numeric, times 10^scale; approximate is what date_part() gives. */
typedef struct DateTimePart
{
	PartKind kind;
	int scale;
	int128 exact;
	double approximate;
} DateTimePart;

/* The unit of extract(): UNIT_NONE if unknown; and that of date_trunc(), which knows fewer words. */
#define extract_unit(name) datetime_unit(name)
extern DateTimeUnit trunc_unit(StrView name);
/* The length of units up to a day; 0 for larger ones. */
extern int64_t trunc_unit_micros(DateTimeUnit unit);

/* "unit … not supported" or "… not recognized for type …"; returns false. */
extern bool datetime_unit_error(bool known, StrView name, const char *type_name, Error *err);

extern bool date_extract(DateTimeUnit unit, StrView name, int32_t date, DateTimePart *out,
						 Error *err) WARN_UNUSED;
extern bool timestamp_extract(DateTimeUnit unit, StrView name, int64_t ts, DateTimePart *out,
							  Error *err) WARN_UNUSED;
/* span: kept by the caller from row to row, at first ZONE_SPAN_NONE. */
extern bool timestamptz_extract(DateTimeUnit unit, StrView name, int64_t ts, const TimeZone *zone,
								ZoneSpan *span, DateTimePart *out, Error *err) WARN_UNUSED;
extern bool interval_extract(DateTimeUnit unit, StrView name, Interval i, DateTimePart *out,
							 Error *err) WARN_UNUSED;

extern bool timestamp_trunc(DateTimeUnit unit, StrView name, int64_t ts, int64_t *out,
							Error *err) WARN_UNUSED;
/* zone may be a fixed offset; a NULL zone->zone is UTC. */
extern bool timestamptz_trunc(DateTimeUnit unit, StrView name, int64_t ts, const NamedZone *zone,
							  ZoneSpan *span, int64_t *out, Error *err) WARN_UNUSED;
extern bool interval_trunc(DateTimeUnit unit, StrView name, Interval i, Interval *out,
						   Error *err) WARN_UNUSED;

#endif
