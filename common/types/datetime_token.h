/*
 * datetime_token.h: cuts date, time and interval text into fields, and knows the words in them.
 *
 * The idea: PostgreSQL reads all its date and time types with one tokeniser, whose fields are told apart by
 * their shape alone; what a field means depends on what came before it, which is the decoders' business
 * (datetime_parse.c, interval_parse.c). Nothing here depends on locale.
 */
#ifndef WEIR_COMMON_TYPES_DATETIME_TOKEN_H
#define WEIR_COMMON_TYPES_DATETIME_TOKEN_H

#include "common/ascii.h"
#include "common/error.h"
#include "common/str.h"

/* How decoding failed; each has a SQLSTATE and a text of its own. */
typedef enum DateTimeStatus
{
	DATETIME_OK,
	DATETIME_BAD_FORMAT,
	DATETIME_FIELD_OUT_OF_RANGE,
	DATETIME_MONTH_OR_DAY_OUT_OF_RANGE, /* perhaps month and day were meant the other way round */
	DATETIME_INTERVAL_OUT_OF_RANGE,
	DATETIME_OFFSET_OUT_OF_RANGE
} DateTimeStatus;

/* Sets the error that PostgreSQL reports for the status, which is not DATETIME_OK; returns false. */
extern bool datetime_report(DateTimeStatus status, StrView input, const char *type_name, Error *err);

typedef enum FieldKind
{
	FIELD_NUMBER,      /* digits, perhaps with a decimal point */
	FIELD_DATE,        /* digits and two delimiters, or digits and letters; or a zone name with punctuation */
	FIELD_TIME,        /* digits and colons, perhaps with a decimal point */
	FIELD_WORD,        /* letters */
	FIELD_SIGNED_WORD, /* a sign and letters: -infinity */
	FIELD_OFFSET       /* a sign and digits: a zone offset, or a signed number in an interval */
} FieldKind;

enum
{
	DATETIME_MAX_FIELDS = 25, /* PostgreSQL's MAXDATEFIELDS */
	DATETIME_MAX_BYTES = 256  /* the largest limit that a type sets, and its fields' NULs */
};

/* Fields in lower case, each followed by a NUL. */
typedef struct DateTimeFields
{
	int count;
	struct
	{
		FieldKind kind;
		StrView text;
	} items[DATETIME_MAX_FIELDS];
	char bytes[DATETIME_MAX_BYTES + DATETIME_MAX_FIELDS];
} DateTimeFields;

/* limit: how many bytes the fields and a NUL after each may take, at most DATETIME_MAX_BYTES. */
extern DateTimeStatus datetime_split(StrView s, size_t limit, DateTimeFields *out);

/* ---- words ---- */

typedef enum DateTimeUnit
{
	UNIT_NONE,
	UNIT_IGNORED,
	UNIT_AGO,
	UNIT_MICROSECOND,
	UNIT_MILLISECOND,
	UNIT_SECOND,
	UNIT_MINUTE,
	UNIT_HOUR,
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_MONTH,
	UNIT_QUARTER,
	UNIT_YEAR,
	UNIT_DECADE,
	UNIT_CENTURY,
	UNIT_MILLENNIUM,
	UNIT_JULIAN,
	UNIT_DOW,
	UNIT_ISODOW,
	UNIT_DOY,
	UNIT_ISOYEAR,
	UNIT_EPOCH,
	UNIT_ZONE,
	UNIT_ZONE_HOUR,
	UNIT_ZONE_MINUTE,
	UNIT_RESERVED /* a word like "now" that is no unit: known, but never supported */
} DateTimeUnit;

typedef enum WordKind
{
	WORD_UNKNOWN,
	WORD_SPECIAL, /* value is a DateTimeSpecial */
	WORD_NOW,
	WORD_TODAY, /* value is days from today */
	WORD_ALLBALLS,
	WORD_ERA,      /* value 1 is BC */
	WORD_MERIDIEM, /* value 1 is PM */
	WORD_MONTH,
	WORD_WEEKDAY,
	WORD_IGNORED,
	WORD_LABEL, /* a unit that says what the next number is */
	WORD_DAYLIGHT_MODIFIER,
	WORD_TIME_FOLLOWS
} WordKind;

typedef enum DateTimeSpecial
{
	DATETIME_PLAIN,
	DATETIME_EPOCH,
	DATETIME_MINUS_INFINITY,
	DATETIME_INFINITY
} DateTimeSpecial;

/* Looks up a lower-case word of date input. */
extern WordKind datetime_word(StrView word, int *value);
/* Looks up a lower-case word of interval input; UNIT_NONE if unknown. */
extern DateTimeUnit datetime_interval_unit(StrView word);
/* Looks up the first argument of extract() and date_trunc(), any case; UNIT_NONE if unknown. */
extern DateTimeUnit datetime_unit(StrView word);

/* ---- numbers inside fields ---- */

/*
 * Takes an optional sign and digits from the front of s, as strtol() does: nothing there is 0. *overflow is
 * set (never cleared) when the value doesn't fit.
 */
extern int32_t datetime_take_int32(StrView *s, bool *overflow);
extern int64_t datetime_take_int64(StrView *s, bool *overflow);
/* The value of "." and digits, all of s; false if there is anything else. */
extern bool datetime_fraction(StrView s, double *out) WARN_UNUSED;

#endif
