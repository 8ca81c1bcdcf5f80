/*
 * units.h: durations and sizes as people write them in settings and options: "5min", "60 s", "64MB".
 *
 * The idea: PostgreSQL's units of configuration parameters, and the long names that interval input takes
 * ("5 minutes"); a month or year is no duration. Values print in the largest unit that divides them, as SHOW
 * does.
 */
#ifndef WEIR_COMMON_UNITS_H
#define WEIR_COMMON_UNITS_H

#include "common/str.h"
#include "common/types/calendar.h"

#define UNIT_KB INT64_C(1024)
#define UNIT_MB (1024 * UNIT_KB)
#define UNIT_GB (1024 * UNIT_MB)

/* Hints of PostgreSQL's for a value with an unknown unit. */
#define UNITS_DURATION_HINT \
	"Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."
#define UNITS_SIZE_HINT "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."

typedef enum UnitsResult
{
	UNITS_OK,
	UNITS_INVALID,  /* not a number */
	UNITS_BAD_UNIT, /* a number, but what follows is no unit */
	UNITS_OVERFLOW
} UnitsResult;

/* Microseconds; a bare number counts seconds. */
extern UnitsResult units_parse_duration(StrView s, int64_t *micros);
/* Bytes; a bare number counts bytes. */
extern UnitsResult units_parse_size(StrView s, int64_t *bytes);
extern void units_print_duration(int64_t micros, StrBuf *out);
extern void units_print_size(int64_t bytes, StrBuf *out);

#endif
