/*
 * date.h: the type date.
 *
 * The idea: days since 2000-01-01 with two infinities; arithmetic is PostgreSQL's, with its errors.
 * Conversions to timestamps are in timestamp.h.
 */
#ifndef WEIR_COMMON_TYPES_DATE_H
#define WEIR_COMMON_TYPES_DATE_H

#include "common/types/calendar.h"
#include "common/types/type.h"

extern const TypeClass date_class;

extern bool date_plus_days(int32_t date, int32_t days, int32_t *out, Error *err) WARN_UNUSED;
extern bool date_minus_days(int32_t date, int32_t days, int32_t *out, Error *err) WARN_UNUSED;
/* Days between two finite dates. */
extern bool date_minus_date(int32_t a, int32_t b, int32_t *out, Error *err) WARN_UNUSED;

/* Reads exactly "YYYY-MM-DD" of the years 1..9999; false: the general parser decides. */
extern bool date_parse_iso(StrView s, int32_t *out);

/* make_date(): a negative year is BC, there is no year 0. */
extern bool date_make(int32_t year, int32_t month, int32_t day, int32_t *out, Error *err) WARN_UNUSED;

/* Writes "YYYY-MM-DD" (more year digits if needed) without era and returns the end; at most 16 bytes. dt.year
 * > 0 or is BC. */
extern char *date_put_iso(char *p, const DateTime *dt);

#endif
