/*
 * datetime_decode.h: the state of reading a moment from fields, and the fields that are numbers.
 *
 * Used by datetime_parse.c, which decides what a field is, alone.
 */
#ifndef WEIR_COMMON_TYPES_DATETIME_DECODE_H
#define WEIR_COMMON_TYPES_DATETIME_DECODE_H

#include "common/types/datetime_parse.h"
#include "common/types/timezone.h"

/* The parts of a moment; a set of them. */
enum
{
	HAS_SPECIAL = 1 << 0,
	HAS_YEAR = 1 << 1,
	HAS_MONTH = 1 << 2,
	HAS_DAY = 1 << 3,
	HAS_DAY_OF_YEAR = 1 << 4,
	HAS_HOUR = 1 << 5,
	HAS_MINUTE = 1 << 6,
	HAS_SECOND = 1 << 7,
	HAS_FRACTION = 1 << 8,
	HAS_ZONE = 1 << 9,
	HAS_DAYLIGHT = 1 << 10,          /* a daylight-saving abbreviation */
	HAS_DAYLIGHT_MODIFIER = 1 << 11, /* the word "dst" */
	HAS_DYNAMIC_ZONE = 1 << 12,
	HAS_MERIDIEM = 1 << 13,
	HAS_ERA = 1 << 14,
	HAS_WEEKDAY = 1 << 15,
	HAS_DATE = HAS_YEAR | HAS_MONTH | HAS_DAY,
	HAS_TIME = HAS_HOUR | HAS_MINUTE | HAS_SECOND | HAS_FRACTION
};

typedef enum Label
{
	LABEL_NONE,
	LABEL_UNIT, /* Decoder.label_unit says what the next number is */
	LABEL_TIME  /* "t": a time follows */
} Label;

typedef enum Meridiem
{
	MERIDIEM_NONE,
	MERIDIEM_AM,
	MERIDIEM_PM
} Meridiem;

typedef struct DateTimeDecoder
{
	const TypeContext *context;
	const DateTimeFields *fields;
	int index;      /* of the current field */
	unsigned seen;  /* parts that earlier fields set */
	unsigned found; /* parts that the current field sets */
	ParsedDateTime *out;
	int32_t day_of_year;
	Label label;
	DateTimeUnit label_unit;
	Meridiem meridiem;
	bool text_month;
	bool julian;
	bool two_digit_year;
	bool bc;
	const TimeZone *zone; /* named in full */
	const TimeZone *abbreviation_zone;
	StrView abbreviation;
	StrView unknown_zone; /* set when decoding failed because of it */
} DateTimeDecoder;

/*
 * Each reads s, sets fields of d->out and in d->found which ones. seen: the parts known so far, from which
 * the meaning of an unlabelled number follows.
 */

/* A date with delimiters; the month's name, wherever it stands, is read first. */
extern DateTimeStatus datetime_decode_date(DateTimeDecoder *d, StrView s);
/* hh:mm[:ss[.f]], or mm:ss.f */
extern DateTimeStatus datetime_decode_time(DateTimeDecoder *d, StrView s);
/* One number without delimiters, perhaps with a fraction. */
extern DateTimeStatus datetime_decode_number(DateTimeDecoder *d, StrView s, bool text_month, unsigned seen);
/* "yyyymmdd", "hhmmss" or "hhmm", perhaps with a fraction of a second. */
extern DateTimeStatus datetime_decode_concatenated(DateTimeDecoder *d, StrView s, unsigned seen);

/* ±hh[[:]mm[:ss]], not beyond 15:59:59, as seconds east of UTC. */
extern DateTimeStatus datetime_decode_offset(StrView s, int32_t *east);
/* "." and digits, rounded. */
extern DateTimeStatus datetime_fraction_micros(StrView s, int32_t *micros);

extern void datetime_set_month(DateTimeDecoder *d, int32_t value);
extern void datetime_set_day(DateTimeDecoder *d, int32_t value);

#endif
