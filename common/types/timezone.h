/*
 * timezone.h: time zones from the system's TZif files and from POSIX rules.
 *
 * The idea: a TimeZone is immutable once loaded; a TimeZoneCache, owned by the session, loads each zone once
 * and keeps it until the cache is released. Asking for an offset gives a span of time over which it holds, so
 * that loops over rows seldom search. No global state, no libc time zone functions. Leap-second ("right/")
 * zones are refused, as PostgreSQL does.
 *
 * A NULL zone is UTC everywhere. Offsets are seconds east of UTC; instants are seconds since 1970-01-01 UTC.
 */
#ifndef WEIR_COMMON_TYPES_TIMEZONE_H
#define WEIR_COMMON_TYPES_TIMEZONE_H

#include <pthread.h>

#include "common/arena.h"
#include "common/str.h"
#include "common/types/calendar.h"

typedef struct TimeZone TimeZone;

enum
{
	TIMEZONE_CACHE_BUCKETS = 64
};

/* Thread-safe. Zones are chained by the hash of their lower-case name. */
typedef struct TimeZoneCache
{
	pthread_mutex_t lock;
	Arena arena;
	const char *directory; /* of TZif files */
	struct TimeZoneEntry *buckets[TIMEZONE_CACHE_BUCKETS];
} TimeZoneCache;

/* The offset that holds for instants in [from, until). */
typedef struct ZoneSpan
{
	int64_t from;
	int64_t until;
	int32_t offset;
	bool dst;
	const char *abbreviation; /* owned by the zone */
} ZoneSpan;

/* directory: NULL is the system's zone files. */
extern void timezone_cache_init(TimeZoneCache *cache, const char *directory);
extern void timezone_cache_release(TimeZoneCache *cache);

/*
 * Finds a zone by its name (any case) or by a POSIX rule such as "EST5EDT" or "<+03>-3"; NULL if there is
 * none. The result lives as long as the cache. A NULL cache knows "UTC" and POSIX rules are not available.
 */
extern const TimeZone *timezone_find(TimeZoneCache *cache, StrView name);

/* As the zone's file spells it. */
extern const char *timezone_name(const TimeZone *zone);

extern void timezone_span_at(const TimeZone *zone, int64_t instant, ZoneSpan *span);

/*
 * The offset for local time, given as seconds since 1970-01-01 00:00:00 local. A time in a gap takes the
 * offset before it, a time that occurs twice the offset after it: PostgreSQL's rule.
 */
extern int32_t timezone_local_offset(const TimeZone *zone, int64_t local_seconds);

/*
 * What an abbreviation (any case) means in the zone at the instant: the last use before it, else the first
 * after; false when the zone never used it.
 */
extern bool timezone_interpret_abbreviation(const TimeZone *zone, StrView abbreviation, int64_t instant,
											int32_t *offset);

/*
 * PostgreSQL's default set of abbreviations (any case). Some stand for a fixed offset (zone_name is then
 * NULL), others for the zone whose use of them they are.
 */
extern bool timezone_abbreviation(StrView s, int32_t *offset, bool *dst, const char **zone_name);

/* offset_for_span: keeps a span from row to row; initialise with ZONE_SPAN_NONE. */
#define ZONE_SPAN_NONE ((ZoneSpan){.from = 1, .until = 0})

static inline int32_t
timezone_offset_at(const TimeZone *zone, int64_t instant, ZoneSpan *span)
{
	if (unlikely(instant < span->from || instant >= span->until))
		timezone_span_at(zone, instant, span);
	return span->offset;
}

#endif
