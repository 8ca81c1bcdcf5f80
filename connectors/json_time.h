/*
 * json_time.h: the timestamp that most messages carry, in one look: YYYY-MM-DDTHH:MM:SS.mmmZ.
 *
 * The idea: the first 16 bytes, up to the minute, are nearly always those of the value before; the last
 * eight, colon and Z included, are checked and read as one word. All other forms are for
 * timestamp_parse_iso(). Little endian.
 */
#ifndef WEIR_CONNECTORS_JSON_TIME_H
#define WEIR_CONNECTORS_JSON_TIME_H

#include "common/types/timestamp.h"

enum
{
	JSON_MINUTE_LENGTH = 16,
	JSON_MILLIS_LENGTH = 24
};

/* The last minute that was read; zero-initialise. */
typedef struct JsonMinute
{
	char text[JSON_MINUTE_LENGTH];
	int64_t micros; /* of its beginning */
} JsonMinute;

/* The bytes ":SS.mmmZ" as milliseconds; false: they are not of that form. */
static inline bool
json_millis(const char *p, uint32_t *out)
{
	const uint64_t pattern = UINT64_C(0x5a3030302e30303a); /* ":00.000Z" */
	const uint64_t exact = UINT64_C(0xfff0f0f0fff0f0ff);
	const uint64_t digits = UINT64_C(0x0006060600060600);
	uint64_t word;
	uint32_t seconds;

	memcpy(&word, p, sizeof word);
	word ^= pattern; /* digits become their value, the rest zero */
	if (((word | (word + digits)) & exact) != 0)
		return false;
	seconds = (uint32_t)(word >> 8 & 0xf) * 10 + (uint32_t)(word >> 16 & 0xf);
	*out = seconds * 1000 + (uint32_t)(word >> 32 & 0xf) * 100 + (uint32_t)(word >> 40 & 0xf) * 10 +
		   (uint32_t)(word >> 48 & 0xf);
	return seconds < 60;
}

/* A timestamp of exactly that form; false: another parser must look. */
static inline bool
json_time(const char *p, size_t len, JsonMinute *minute, int64_t *out)
{
	uint32_t millis;

	if (unlikely(len != JSON_MILLIS_LENGTH || !json_millis(p + JSON_MINUTE_LENGTH, &millis)))
		return false;
	if (unlikely(memcmp(p, minute->text, JSON_MINUTE_LENGTH) != 0))
	{
		bool has_zone;

		if (!timestamp_parse_iso((StrView){p, len}, NULL, &has_zone, out))
			return false;
		memcpy(minute->text, p, JSON_MINUTE_LENGTH);
		minute->micros = *out - (int64_t)millis * 1000;
	}
	*out = minute->micros + (int64_t)millis * 1000;
	return true;
}

#endif
