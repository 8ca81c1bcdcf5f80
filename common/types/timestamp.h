/*
 * timestamp.h: the types timestamp and timestamptz.
 *
 * The idea: both are microseconds since 2000-01-01 with two infinities; timestamptz counts in UTC and needs a
 * zone only for text and for arithmetic with days and months. Text in the simple ISO form has a fast reader
 * and a fast writer here; everything else goes through datetime_parse.h.
 */
#ifndef WEIR_COMMON_TYPES_TIMESTAMP_H
#define WEIR_COMMON_TYPES_TIMESTAMP_H

#include "common/types/calendar.h"
#include "common/types/timezone.h"
#include "common/types/type.h"

/* Fraction digits of seconds that there can be. */
#define TIMESTAMP_DIGITS_LIMIT 6

extern const TypeClass timestamp_class;
extern const TypeClass timestamptz_class;

/* ---- fast text ---- */

/* The last date that was read or written; zero-initialise. Owned by one thread. */
typedef struct IsoDateCache
{
	char text[10]; /* "YYYY-MM-DD", all zero bytes at first */
	bool filled;
	int32_t days;
} IsoDateCache;

/*
 * Reads "YYYY-MM-DD[T ]HH:MM:SS[.f…][Z|±HH|±HHMM|±HH:MM]" with 1 to 6 fraction digits and no blanks around.
 * out is UTC if there is a zone, else the local time as it stands. false: the text is not of this form, or a
 * field is out of range; the general parser then decides. cache may be NULL.
 */
extern bool timestamp_parse_iso(StrView s, IsoDateCache *cache, bool *has_zone, int64_t *out);
/* The same, but a zone is checked and ignored: what the type timestamp does. */
extern bool timestamp_parse_iso_local(StrView s, IsoDateCache *cache, int64_t *out);

enum
{
	TIMESTAMP_ISO_SIZE = 32 /* enough for timestamp_put_iso() and a zone */
};

/*
 * Writes "YYYY-MM-DD HH:MM:SS.ffffff" and returns the end; NULL if the year is not 1..9999 or ts is infinite.
 * cache may be NULL.
 */
extern char *timestamp_put_iso(char *p, int64_t ts, IsoDateCache *cache);

/* Appends what PostgreSQL prints. zone NULL is UTC. */
extern void timestamp_print(int64_t ts, StrBuf *out);
extern void timestamptz_print(int64_t ts, const TimeZone *zone, StrBuf *out);

/* ---- conversions; all keep infinities ---- */

/* Seconds since 1970-01-01 of a finite timestamp, rounded down. */
static inline int64_t
timestamp_unix_seconds(int64_t ts)
{
	return floor_div(ts, MICROS_PER_SECOND) + (int64_t)CALENDAR_UNIX_EPOCH_DAYS * SECONDS_PER_DAY;
}

/* The local fields of a finite instant, and the span whose offset was used. */
extern void timestamptz_split(int64_t ts, const TimeZone *zone, DateTime *out, ZoneSpan *span);
/* The instant of local fields; false if out of range. */
extern bool timestamptz_join(const DateTime *dt, const TimeZone *zone, int64_t *out) WARN_UNUSED;

extern bool timestamp_from_date(int32_t date, int64_t *out, Error *err) WARN_UNUSED;
extern bool timestamptz_from_date(int32_t date, const TimeZone *zone, int64_t *out, Error *err) WARN_UNUSED;
extern bool date_from_timestamp(int64_t ts, int32_t *out, Error *err) WARN_UNUSED;
extern bool date_from_timestamptz(int64_t ts, const TimeZone *zone, int32_t *out, Error *err) WARN_UNUSED;
extern bool timestamptz_from_timestamp(int64_t ts, const TimeZone *zone, int64_t *out,
									   Error *err) WARN_UNUSED;
extern bool timestamp_from_timestamptz(int64_t ts, const TimeZone *zone, int64_t *out,
									   Error *err) WARN_UNUSED;
/* to_timestamp(double): seconds since 1970-01-01. */
extern bool timestamptz_from_unix(double seconds, int64_t *out, Error *err) WARN_UNUSED;

/* A zone as AT TIME ZONE and date_trunc() name it: in full, or by an abbreviation. */
typedef struct NamedZone
{
	bool fixed;           /* an abbreviation that is just an offset */
	int32_t offset;       /* if fixed */
	const TimeZone *zone; /* if not */
	StrView abbreviation; /* if it stands for what zone meant by it; else empty */
} NamedZone;

/* Borrows name. Says "time zone … not recognized". */
extern bool zone_resolve(StrView name, TimeZoneCache *zones, NamedZone *out, Error *err) WARN_UNUSED;

/* AT TIME ZONE: the instant at which the zone's clocks show ts; what they show at the instant ts. */
extern bool timestamp_at_zone(const NamedZone *zone, int64_t ts, int64_t *out, Error *err) WARN_UNUSED;
extern bool timestamptz_at_zone(const NamedZone *zone, int64_t ts, int64_t *out, Error *err) WARN_UNUSED;
/* The same with an offset from UTC, which must have neither months nor days. */
extern bool timestamp_at_offset(Interval offset, int64_t ts, int64_t *out, Error *err) WARN_UNUSED;
extern bool timestamptz_at_offset(Interval offset, int64_t ts, int64_t *out, Error *err) WARN_UNUSED;

/* ---- arithmetic ---- */

extern bool timestamp_plus_interval(int64_t ts, Interval i, int64_t *out, Error *err) WARN_UNUSED;
extern bool timestamp_minus_interval(int64_t ts, Interval i, int64_t *out, Error *err) WARN_UNUSED;
extern bool timestamptz_plus_interval(int64_t ts, Interval i, const TimeZone *zone, int64_t *out,
									  Error *err) WARN_UNUSED;
extern bool timestamptz_minus_interval(int64_t ts, Interval i, const TimeZone *zone, int64_t *out,
									   Error *err) WARN_UNUSED;
/* Days and time, never months; the same for both types. */
extern bool timestamp_minus_timestamp(int64_t a, int64_t b, Interval *out, Error *err) WARN_UNUSED;

/* Rounds to so many fraction digits, 0..6. */
extern void timestamp_round(int64_t *ts, int digits);

/* date_bin(): the start of the stride-sized bin, counted from origin, that ts lies in. */
extern bool timestamp_bin(Interval stride, int64_t ts, int64_t origin, int64_t *out, Error *err) WARN_UNUSED;

/*
 * Tumbling windows are aligned to 1970-01-01 00:00 plus offset; days are 24 hours. tumble_size() checks that
 * size is positive and neither has months, and gives both in the form that tumble_start() takes:
 * offset_micros is in [0, size_micros).
 */
extern bool timestamp_tumble_size(Interval size, Interval offset, int64_t *size_micros,
								  int64_t *offset_micros, Error *err) WARN_UNUSED;
/* The start of the window that ts lies in; infinite ts and windows that end out of range are errors. */
extern bool timestamp_tumble_start(int64_t ts, int64_t size_micros, int64_t offset_micros, int64_t *out,
								   Error *err) WARN_UNUSED;

/* ---- comparison across types ---- */

extern int date_compare_timestamp(int32_t date, int64_t ts);
extern int date_compare_timestamptz(int32_t date, int64_t ts, const TimeZone *zone);
extern int timestamp_compare_timestamptz(int64_t ts, int64_t tstz, const TimeZone *zone);

#endif
