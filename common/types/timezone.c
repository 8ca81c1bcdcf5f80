/*
 * timezone.c: reads TZif files (RFC 8536), caches zones, and answers what offset holds when.
 *
 * A zone is a sorted array of transitions and, for the time after the last of them, a POSIX rule. Names are
 * looked up without regard to case by walking the directory tree component by component; components that
 * begin with a dot are never entered, so no name leads out of the tree.
 */
#include "common/types/timezone.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <strings.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/types/timezone_rule.h"

struct TimeZone
{
	const char *name;
	size_t count; /* of transitions */
	const int64_t *times;
	const uint8_t *types; /* in force from times[i] on */
	const ZoneType *zone_types;
	bool has_rule;
	ZoneRule rule;
};

typedef struct TimeZoneEntry
{
	struct TimeZoneEntry *next;
	StrView key; /* lower case */
	TimeZone zone;
} TimeZoneEntry;

enum
{
	TZIF_HEADER_SIZE = 44,
	TZIF_MAX_BYTES = 1 << 20, /* the largest real file has a few kilobytes */
	ZONE_NAME_MAX = 255
};

static const ZoneType utc_type = {.offset = 0, .dst = false, .abbreviation = "UTC"};
static const TimeZone utc_zone = {.name = "UTC", .zone_types = &utc_type};

/* ---- TZif ---- */

typedef struct TzifHeader
{
	char version;
	uint32_t utc_count;
	uint32_t standard_count;
	uint32_t leap_count;
	uint32_t time_count;
	uint32_t type_count;
	uint32_t char_count;
} TzifHeader;

static uint32_t
read_u32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t
read_time(const char *p, size_t size)
{
	if (size == 4)
		return (int32_t)read_u32(p);
	return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool
read_header(StrView s, TzifHeader *h)
{
	if (s.len < TZIF_HEADER_SIZE || memcmp(s.data, "TZif", 4) != 0)
		return false;
	h->version = s.data[4];
	h->utc_count = read_u32(s.data + 20);
	h->standard_count = read_u32(s.data + 24);
	h->leap_count = read_u32(s.data + 28);
	h->time_count = read_u32(s.data + 32);
	h->type_count = read_u32(s.data + 36);
	h->char_count = read_u32(s.data + 40);
	return h->type_count >= 1 && h->type_count <= 256 && h->leap_count == 0 &&
		   h->time_count < TZIF_MAX_BYTES && h->char_count < TZIF_MAX_BYTES && h->utc_count <= 256 &&
		   h->standard_count <= 256;
}

static size_t
body_size(const TzifHeader *h, size_t time_size)
{
	return h->time_count * (time_size + 1) + h->type_count * 6 + h->char_count + h->standard_count +
		   h->utc_count;
}

/* p is the body of a header whose size was checked. */
static bool
read_body(const char *p, const TzifHeader *h, size_t time_size, Arena *arena, TimeZone *zone)
{
	const char *types = p + h->time_count * time_size;
	const char *infos = types + h->time_count;
	const char *chars = arena_strndup(arena, infos + h->type_count * 6, h->char_count);
	int64_t *times = ARENA_ARRAY(arena, int64_t, h->time_count);
	ZoneType *zone_types = ARENA_ARRAY(arena, ZoneType, h->type_count);

	for (uint32_t i = 0; i < h->time_count; i++)
	{
		times[i] = read_time(p + i * time_size, time_size);
		if ((uint8_t)types[i] >= h->type_count || (i > 0 && times[i] <= times[i - 1]))
			return false;
	}
	for (uint32_t i = 0; i < h->type_count; i++)
	{
		uint8_t index = (uint8_t)infos[i * 6 + 5];

		if (index >= h->char_count)
			return false;
		zone_types[i] = (ZoneType){.offset = (int32_t)read_u32(infos + i * 6),
								   .dst = infos[i * 6 + 4] != 0,
								   .abbreviation = chars + index};
	}
	zone->count = h->time_count;
	zone->times = times;
	zone->types = (const uint8_t *)arena_strndup(arena, types, h->time_count);
	zone->zone_types = zone_types;
	return true;
}

/* The line after the body of version 2 and up; an empty one means that the last transition holds for ever. */
static bool
read_footer(StrView s, Arena *arena, TimeZone *zone)
{
	const char *end;

	if (s.len < 2 || s.data[0] != '\n')
		return false;
	end = memchr(s.data + 1, '\n', s.len - 1);
	if (end == NULL)
		return false;
	if (end == s.data + 1)
		return true;
	zone->has_rule = true;
	return timezone_rule_parse((StrView){s.data + 1, (size_t)(end - s.data - 1)}, arena, &zone->rule);
}

static bool
parse_tzif(StrView s, Arena *arena, TimeZone *zone)
{
	TzifHeader h;
	size_t time_size = 4, size;

	if (!read_header(s, &h))
		return false;
	size = TZIF_HEADER_SIZE + body_size(&h, time_size);
	if (h.version >= '2')
	{
		if (size > s.len || !read_header((StrView){s.data + size, s.len - size}, &h))
			return false;
		s = (StrView){s.data + size, s.len - size};
		time_size = 8;
		size = TZIF_HEADER_SIZE + body_size(&h, time_size);
	}
	return size <= s.len && read_body(s.data + TZIF_HEADER_SIZE, &h, time_size, arena, zone) &&
		   (time_size == 4 || read_footer((StrView){s.data + size, s.len - size}, arena, zone));
}

/* ---- finding and caching ---- */

static bool
valid_file_name(StrView name)
{
	if (name.len == 0 || name.len > ZONE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.data[i]) && strchr("/_+-", name.data[i]) == NULL)
			return false;
	return name.data[0] != '/' && name.data[name.len - 1] != '/';
}

/* Appends "/" and the entry of the directory at path that equals the component but for case. */
static bool
append_component(StrBuf *path, StrView component)
{
	DIR *dir = opendir(str_cstr(path));
	struct dirent *entry;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
	{
		if (entry->d_name[0] != '.' && strlen(entry->d_name) == component.len &&
			strncasecmp(entry->d_name, component.data, component.len) == 0)
		{
			str_append_char(path, '/');
			str_append_cstr(path, entry->d_name);
			found = true;
		}
	}
	closedir(dir);
	return found;
}

/* The path of the zone's file, in its own spelling. */
static bool
find_path(const char *directory, StrView name, StrBuf *path)
{
	str_append_cstr(path, directory);
	while (name.len > 0)
	{
		const char *slash = memchr(name.data, '/', name.len);
		size_t n = slash ? (size_t)(slash - name.data) : name.len;

		if (n == 0 || !append_component(path, (StrView){name.data, n}))
			return false;
		n += slash != NULL;
		name = (StrView){name.data + n, name.len - n};
	}
	return true;
}

static bool
read_file(const char *path, StrBuf *out)
{
	FILE *f = fopen(path, "rb");
	char buffer[4096];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(buffer, 1, sizeof buffer, f)) > 0 && out->len <= TZIF_MAX_BYTES)
		str_append(out, buffer, n);
	n = (size_t)ferror(f);
	fclose(f);
	return n == 0 && out->len <= TZIF_MAX_BYTES;
}

static bool
load_file(TimeZoneCache *cache, StrView name, TimeZone *zone)
{
	StrBuf path = {0}, bytes = {0};
	bool ok = valid_file_name(name) && find_path(cache->directory, name, &path) &&
			  read_file(str_cstr(&path), &bytes) && parse_tzif(str_view(&bytes), &cache->arena, zone);

	if (ok)
		zone->name = arena_strdup(&cache->arena, str_cstr(&path) + strlen(cache->directory) + 1);
	str_free(&path);
	str_free(&bytes);
	return ok;
}

static bool
load_rule(TimeZoneCache *cache, StrView name, TimeZone *zone)
{
	char upper[ZONE_NAME_MAX];

	if (name.len == 0 || name.len > sizeof upper)
		return false;
	for (size_t i = 0; i < name.len; i++)
		upper[i] = (char)toupper((unsigned char)name.data[i]);
	if (!timezone_rule_parse((StrView){upper, name.len}, &cache->arena, &zone->rule))
		return false;
	zone->has_rule = true;
	zone->name = arena_strndup(&cache->arena, upper, name.len);
	return true;
}

void
timezone_cache_init(TimeZoneCache *cache, const char *directory)
{
	memset(cache, 0, sizeof *cache);
	if (pthread_mutex_init(&cache->lock, NULL) != 0)
		mem_exhausted(sizeof cache->lock);
	arena_init(&cache->arena, "time zones");
	cache->directory = directory ? directory : "/usr/share/zoneinfo";
}

void
timezone_cache_release(TimeZoneCache *cache)
{
	arena_release(&cache->arena);
	pthread_mutex_destroy(&cache->lock);
}

/* Unknown names are not remembered: text from outside may hold any number of them. */
static const TimeZone *
find_or_load(TimeZoneCache *cache, StrView key)
{
	TimeZoneEntry **head = &cache->buckets[hash_bytes(key.data, key.len) % TIMEZONE_CACHE_BUCKETS];
	TimeZoneEntry *entry;
	TimeZone loaded = {0};

	for (entry = *head; entry != NULL; entry = entry->next)
		if (str_equal(entry->key, key))
			return &entry->zone;
	if (!load_file(cache, key, &loaded))
	{
		loaded = (TimeZone){0};
		if (!load_rule(cache, key, &loaded))
			return NULL;
	}
	entry = ARENA_NEW(&cache->arena, TimeZoneEntry);
	*entry = (TimeZoneEntry){.next = *head, .key = str_copy(&cache->arena, key), .zone = loaded};
	if (loaded.zone_types == NULL)
		entry->zone.zone_types = &entry->zone.rule.standard;
	*head = entry;
	return &entry->zone;
}

const TimeZone *
timezone_find(TimeZoneCache *cache, StrView name)
{
	char lower[ZONE_NAME_MAX];
	const TimeZone *zone;

	if (name.len == 3 && strncasecmp(name.data, "UTC", 3) == 0)
		return &utc_zone;
	if (cache == NULL || name.len > sizeof lower)
		return NULL;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = (char)tolower((unsigned char)name.data[i]);
	pthread_mutex_lock(&cache->lock);
	zone = find_or_load(cache, (StrView){lower, name.len});
	pthread_mutex_unlock(&cache->lock);
	return zone;
}

const char *
timezone_name(const TimeZone *zone)
{
	return zone ? zone->name : utc_zone.name;
}

/* ---- offsets ---- */

/* The index of the last transition at or before the instant, -1 if there is none. */
static ptrdiff_t
transition_before(const TimeZone *zone, int64_t instant)
{
	size_t low = 0, high = zone->count;

	while (low < high)
	{
		size_t mid = (low + high) / 2;

		if (zone->times[mid] <= instant)
			low = mid + 1;
		else
			high = mid;
	}
	return (ptrdiff_t)low - 1;
}

void
timezone_span_at(const TimeZone *zone, int64_t instant, ZoneSpan *span)
{
	const ZoneType *type;
	ptrdiff_t i;

	if (zone == NULL)
		zone = &utc_zone;
	i = transition_before(zone, instant);
	if (i == (ptrdiff_t)zone->count - 1 && zone->has_rule && zone->rule.has_daylight)
	{
		timezone_rule_span(&zone->rule, instant, span);
		if (i >= 0 && span->from < zone->times[i])
			span->from = zone->times[i];
		return;
	}
	type = i < 0 ? zone->zone_types : &zone->zone_types[zone->types[i]];
	*span = (ZoneSpan){.from = i < 0 ? INT64_MIN : zone->times[i],
					   .until = i + 1 < (ptrdiff_t)zone->count ? zone->times[i + 1] : INT64_MAX,
					   .offset = type->offset,
					   .dst = type->dst,
					   .abbreviation = type->abbreviation};
}

/* No two transitions of a zone lie within a day of each other, and no offset exceeds a day. */
int32_t
timezone_local_offset(const TimeZone *zone, int64_t local_seconds)
{
	ZoneSpan before, after;
	int64_t if_before, if_after;

	timezone_span_at(zone, local_seconds - SECONDS_PER_DAY, &before);
	if (before.until == INT64_MAX)
		return before.offset;
	timezone_span_at(zone, before.until, &after);
	if_before = local_seconds - before.offset;
	if_after = local_seconds - after.offset;
	if (if_before < before.until && if_after < before.until)
		return before.offset;
	if (if_before > before.until && if_after >= before.until)
		return after.offset;
	return if_before > if_after ? before.offset : after.offset;
}

/* Looks at the span around the instant. */
static bool
abbreviation_used(const TimeZone *zone, StrView abbreviation, int64_t instant, ZoneSpan *span,
				  int32_t *offset)
{
	timezone_span_at(zone, instant, span);
	if (strlen(span->abbreviation) != abbreviation.len ||
		strncasecmp(span->abbreviation, abbreviation.data, abbreviation.len) != 0)
		return false;
	*offset = span->offset;
	return true;
}

bool
timezone_interpret_abbreviation(const TimeZone *zone, StrView abbreviation, int64_t instant, int32_t *offset)
{
	ptrdiff_t count = (ptrdiff_t)zone->count, i = transition_before(zone, instant);
	int64_t at = instant;
	ZoneSpan span;

	/* Within the rule's reign two steps back see both of its types; before that every transition is tried. */
	for (int step = 0; step < 3 && i == count - 1; step++)
	{
		if (abbreviation_used(zone, abbreviation, at, &span, offset))
			return true;
		if (span.from == INT64_MIN)
			break;
		at = span.from - 1;
	}
	for (ptrdiff_t k = i; k >= 0; k--)
		if (abbreviation_used(zone, abbreviation, zone->times[k], &span, offset))
			return true;
	for (ptrdiff_t k = i + 1; k < count; k++)
		if (abbreviation_used(zone, abbreviation, zone->times[k], &span, offset))
			return true;
	return false;
}

typedef struct Abbreviation
{
	const char *name; /* upper case */
	int32_t offset;
	bool dst;
	const char *zone_name;
} Abbreviation;

static const Abbreviation abbreviations[] = {
#define FIXED_ABBREVIATION(name, offset, dst) {name, offset, dst, NULL},
#define ZONE_ABBREVIATION(name, zone) {name, 0, false, zone},
#include "common/types/timezone_abbreviation_list.h"
#undef FIXED_ABBREVIATION
#undef ZONE_ABBREVIATION
};

bool
timezone_abbreviation(StrView s, int32_t *offset, bool *dst, const char **zone_name)
{
	size_t low = 0, high = lengthof(abbreviations);

	while (low < high)
	{
		size_t mid = (low + high) / 2;
		const Abbreviation *a = &abbreviations[mid];
		int cmp = strncasecmp(s.data, a->name, s.len);

		if (cmp == 0 && a->name[s.len] == '\0')
		{
			*offset = a->offset;
			*dst = a->dst;
			*zone_name = a->zone_name;
			return true;
		}
		if (cmp <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}
