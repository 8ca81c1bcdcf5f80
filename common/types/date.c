/*
 * date.c: the type date: text, comparison, arithmetic with days.
 */
#include "common/types/date.h"

#include "common/hash.h"
#include "common/types/datetime_parse.h"

enum
{
	DATE_TEXT_LIMIT = 129 /* bytes of fields, as in PostgreSQL */
};

char *
date_put_iso(char *p, const DateTime *dt)
{
	p = put_digits(p, (uint64_t)(dt->year > 0 ? dt->year : 1 - (int64_t)dt->year), 4);
	*p++ = '-';
	p = put_two_digits(p, (uint32_t)dt->month);
	*p++ = '-';
	return put_two_digits(p, (uint32_t)dt->day);
}

bool
date_parse_iso(StrView s, int32_t *out)
{
	const char *p = s.data;
	uint32_t century, year, month, day;

	if (s.len != 10 || p[4] != '-' || p[7] != '-')
		return false;
	century = get_two_digits(p);
	year = get_two_digits(p + 2);
	month = get_two_digits(p + 5);
	day = get_two_digits(p + 8);
	if (century > 99 || year > 99 || century + year == 0 || month - 1 > 11 || day - 1 > 30)
		return false;
	year += century * 100;
	if ((int)day > calendar_days_in_month((int32_t)year, (int32_t)month))
		return false;
	*out = (int32_t)calendar_days((int32_t)year, (int32_t)month, (int32_t)day);
	return true;
}

static bool
date_parse(StrView s, const TypeContext *context, Arena *arena UNUSED, void *out, Error *err)
{
	ParsedDateTime parsed;
	int64_t days;

	if (date_parse_iso(s, out))
		return true;
	if (!datetime_parse(s, DATE_TEXT_LIMIT, "date", context, &parsed, err))
		return false;
	switch (parsed.special)
	{
		case DATETIME_PLAIN: break;
		case DATETIME_EPOCH: *(int32_t *)out = -CALENDAR_UNIX_EPOCH_DAYS; return true;
		case DATETIME_MINUS_INFINITY: *(int32_t *)out = DATE_MINUS_INFINITY; return true;
		case DATETIME_INFINITY: *(int32_t *)out = DATE_INFINITY; return true;
	}
	days = calendar_days(parsed.dt.year, parsed.dt.month, parsed.dt.day);
	if (!calendar_valid_julian(parsed.dt.year, parsed.dt.month) || !date_in_range(days))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "date out of range: \"%.*s\"",
						 (int)s.len, s.data);
	*(int32_t *)out = (int32_t)days;
	return true;
}

static void
date_print(const void *value, const TypeContext *context UNUSED, StrBuf *out)
{
	int32_t date = *(const int32_t *)value;
	char text[24];
	DateTime dt;

	if (!date_is_finite(date))
	{
		str_append_cstr(out, date == DATE_INFINITY ? "infinity" : "-infinity");
		return;
	}
	calendar_split_days(date, &dt);
	str_append(out, text, (size_t)(date_put_iso(text, &dt) - text));
	if (dt.year <= 0)
		str_append_cstr(out, " BC");
}

static int
date_compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static uint64_t
date_hash(const void *value)
{
	return hash_u64((uint64_t) * (const int32_t *)value);
}

const TypeClass date_class = {
	.id = TYPE_DATE,
	.name = "date",
	.size = sizeof(int32_t),
	.category = 'D',
	.preferred = false,
	.parse = date_parse,
	.print = date_print,
	.compare = date_compare,
	.hash = date_hash,
};

static bool
date_from_days(int64_t days, int32_t *out, Error *err)
{
	if (!date_in_range(days))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "date out of range");
	*out = (int32_t)days;
	return true;
}

bool
date_plus_days(int32_t date, int32_t days, int32_t *out, Error *err)
{
	*out = date;
	return !date_is_finite(date) || date_from_days((int64_t)date + days, out, err);
}

bool
date_minus_days(int32_t date, int32_t days, int32_t *out, Error *err)
{
	*out = date;
	return !date_is_finite(date) || date_from_days((int64_t)date - days, out, err);
}

bool
date_minus_date(int32_t a, int32_t b, int32_t *out, Error *err)
{
	if (!date_is_finite(a) || !date_is_finite(b))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "cannot subtract infinite dates");
	*out = (int32_t)((uint32_t)a - (uint32_t)b);
	return true;
}

bool
date_make(int32_t year, int32_t month, int32_t day, int32_t *out, Error *err)
{
	int64_t days;
	int32_t astronomical = year < 0 ? year + 1 : year;

	if (year == 0 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > calendar_days_in_month(astronomical, month))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "date field value out of range: %d-%02d-%02d", astronomical, month, day);
	days = calendar_days(astronomical, month, day);
	if (!calendar_valid_julian(astronomical, month) || !date_in_range(days))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "date out of range: %d-%02d-%02d", astronomical, month, day);
	*out = (int32_t)days;
	return true;
}
