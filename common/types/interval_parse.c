/*
 * interval_parse.c: reads intervals: "1 year 2 mons 3 days 04:05:06", '1-2 3 4:05:06', "P1Y2M3DT4H5M6S".
 *
 * Fields are taken from right to left, so that a unit is known before its number. A fraction of a unit spills
 * into the smaller ones: of a year into months, of a month or week into days and time, of a day into time.
 */
#include <errno.h>
#include <math.h>

#include "common/types/datetime_token.h"
#include "common/types/interval.h"

enum
{
	INTERVAL_TEXT_LIMIT = 256, /* bytes of fields, as in PostgreSQL */
	ISO_TEXT_LIMIT = 1024,
	DAYS_PER_WEEK = 7
};

/* Units that a field may set once; a set of them. */
enum
{
	GIVEN_MICROSECOND = 1 << 0,
	GIVEN_MILLISECOND = 1 << 1,
	GIVEN_SECOND = 1 << 2,
	GIVEN_MINUTE = 1 << 3,
	GIVEN_HOUR = 1 << 4,
	GIVEN_DAY = 1 << 5,
	GIVEN_WEEK = 1 << 6,
	GIVEN_MONTH = 1 << 7,
	GIVEN_YEAR = 1 << 8,
	GIVEN_DECADE = 1 << 9,
	GIVEN_CENTURY = 1 << 10,
	GIVEN_MILLENNIUM = 1 << 11,
	GIVEN_ALL_SECONDS = GIVEN_SECOND | GIVEN_MILLISECOND | GIVEN_MICROSECOND,
	GIVEN_TIME = GIVEN_HOUR | GIVEN_MINUTE | GIVEN_ALL_SECONDS
};

/* The sums so far. */
typedef struct Sum
{
	int64_t micros;
	int32_t days;
	int32_t months;
	int32_t years;
} Sum;

/* ---- adding; all return false on overflow ---- */

static bool
add_product(int64_t *sum, int64_t value, int64_t scale)
{
	int64_t product;

	return !__builtin_mul_overflow(value, scale, &product) && !__builtin_add_overflow(*sum, product, sum);
}

/* fraction is between -1 and 1 */
static bool
add_fraction_micros(Sum *sum, double fraction, int64_t scale)
{
	double scaled = fraction * (double)scale;
	int64_t micros = (int64_t)scaled;

	scaled -= (double)micros;
	if (scaled > 0.5)
		micros++;
	else if (scaled < -0.5)
		micros--;
	return !__builtin_add_overflow(sum->micros, micros, &sum->micros);
}

static bool
add_micros(Sum *sum, int64_t value, double fraction, int64_t scale)
{
	return add_product(&sum->micros, value, scale) && add_fraction_micros(sum, fraction, scale);
}

static bool
add_scaled_int32(int32_t *sum, int64_t value, int32_t scale)
{
	int32_t product;

	return value >= INT32_MIN && value <= INT32_MAX &&
		   !__builtin_mul_overflow((int32_t)value, scale, &product) &&
		   !__builtin_add_overflow(*sum, product, sum);
}

static bool
add_fraction_days(Sum *sum, double fraction, int scale)
{
	double scaled = fraction * scale;
	int32_t days = (int32_t)scaled;

	return !__builtin_add_overflow(sum->days, days, &sum->days) &&
		   add_fraction_micros(sum, scaled - days, MICROS_PER_DAY);
}

static bool
add_days(Sum *sum, int64_t value, double fraction)
{
	return add_scaled_int32(&sum->days, value, 1) && add_fraction_micros(sum, fraction, MICROS_PER_DAY);
}

static bool
add_weeks(Sum *sum, int64_t value, double fraction)
{
	return add_scaled_int32(&sum->days, value, DAYS_PER_WEEK) &&
		   add_fraction_days(sum, fraction, DAYS_PER_WEEK);
}

static bool
add_months(Sum *sum, int64_t value, double fraction)
{
	return add_scaled_int32(&sum->months, value, 1) && add_fraction_days(sum, fraction, DAYS_PER_MONTH);
}

static bool
add_years(Sum *sum, int64_t value, double fraction, int scale)
{
	int32_t months = (int32_t)rint(fraction * scale * MONTHS_PER_YEAR);

	return add_scaled_int32(&sum->years, value, scale) &&
		   !__builtin_add_overflow(sum->months, months, &sum->months);
}

static bool
add_unit(Sum *sum, DateTimeUnit unit, int64_t value, double fraction, unsigned *given)
{
	switch (unit)
	{
		case UNIT_MICROSECOND: *given = GIVEN_MICROSECOND; return add_micros(sum, value, fraction, 1);
		case UNIT_MILLISECOND: *given = GIVEN_MILLISECOND; return add_micros(sum, value, fraction, 1000);
		case UNIT_SECOND:
			*given = fraction == 0 ? GIVEN_SECOND : GIVEN_ALL_SECONDS;
			return add_micros(sum, value, fraction, MICROS_PER_SECOND);
		case UNIT_MINUTE: *given = GIVEN_MINUTE; return add_micros(sum, value, fraction, MICROS_PER_MINUTE);
		case UNIT_HOUR: *given = GIVEN_HOUR; return add_micros(sum, value, fraction, MICROS_PER_HOUR);
		case UNIT_DAY: *given = GIVEN_DAY; return add_days(sum, value, fraction);
		case UNIT_WEEK: *given = GIVEN_WEEK; return add_weeks(sum, value, fraction);
		case UNIT_MONTH: *given = GIVEN_MONTH; return add_months(sum, value, fraction);
		case UNIT_YEAR: *given = GIVEN_YEAR; return add_years(sum, value, fraction, 1);
		case UNIT_DECADE: *given = GIVEN_DECADE; return add_years(sum, value, fraction, 10);
		case UNIT_CENTURY: *given = GIVEN_CENTURY; return add_years(sum, value, fraction, 100);
		case UNIT_MILLENNIUM: *given = GIVEN_MILLENNIUM; return add_years(sum, value, fraction, 1000);
		default: break;
	}
	*given = 0;
	return true;
}

/* ---- PostgreSQL's and the standard's forms ---- */

/* The unit of a rightmost number without one. */
static DateTimeUnit
default_unit(unsigned fields)
{
	if (fields == 0 || (fields & INTERVAL_SECOND))
		return UNIT_SECOND;
	if (fields & INTERVAL_MINUTE)
		return UNIT_MINUTE;
	if (fields & INTERVAL_HOUR)
		return UNIT_HOUR;
	if (fields & INTERVAL_DAY)
		return UNIT_DAY;
	return fields & INTERVAL_MONTH ? UNIT_MONTH : UNIT_YEAR;
}

/* h:mm[:ss[.f]], mm:ss.f, or with MINUTE TO SECOND mm:ss; replaces the time summed up so far. */
static DateTimeStatus
take_time(StrView s, unsigned fields, Sum *sum)
{
	bool overflow = false, shift;
	int64_t hours = datetime_take_int64(&s, &overflow), micros;
	int32_t minutes, seconds = 0;
	double fraction = 0;

	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (s.len == 0 || s.data[0] != ':')
		return DATETIME_BAD_FORMAT;
	s = (StrView){s.data + 1, s.len - 1};
	minutes = datetime_take_int32(&s, &overflow);
	shift = s.len == 0 ? fields == (INTERVAL_MINUTE | INTERVAL_SECOND) : s.data[0] == '.';
	if (s.len > 0 && s.data[0] == ':')
	{
		s = (StrView){s.data + 1, s.len - 1};
		seconds = datetime_take_int32(&s, &overflow);
	}
	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (s.len > 0 && (s.data[0] != '.' || !datetime_fraction(s, &fraction)))
		return DATETIME_BAD_FORMAT;
	if (shift)
	{
		if (hours > INT32_MAX)
			return DATETIME_FIELD_OUT_OF_RANGE;
		seconds = minutes;
		minutes = (int32_t)hours;
		hours = 0;
	}
	if (hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
		return DATETIME_FIELD_OUT_OF_RANGE;
	micros = (int64_t)rint(fraction * 1000000);
	if (!add_product(&micros, hours, MICROS_PER_HOUR) || !add_product(&micros, minutes, MICROS_PER_MINUTE) ||
		!add_product(&micros, seconds, MICROS_PER_SECOND))
		return DATETIME_FIELD_OUT_OF_RANGE;
	sum->micros = micros;
	return DATETIME_OK;
}

static DateTimeStatus
take_signed_time(StrView s, unsigned fields, Sum *sum)
{
	DateTimeStatus status = take_time((StrView){s.data + 1, s.len - 1}, fields, sum);

	if (status == DATETIME_OK && s.data[0] == '-')
		sum->micros = -sum->micros;
	return status;
}

/* A number, which may be "years-months". *unit is the unit known so far, and the one used afterwards. */
static DateTimeStatus
take_number(StrView s, Sum *sum, DateTimeUnit *unit, unsigned *given)
{
	bool overflow = false, negative = s.data[0] == '-';
	int64_t value = datetime_take_int64(&s, &overflow);
	double fraction = 0;

	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (s.len > 0 && s.data[0] == '-')
	{
		int32_t months;

		s = (StrView){s.data + 1, s.len - 1};
		months = datetime_take_int32(&s, &overflow);
		if (overflow || months < 0 || months >= MONTHS_PER_YEAR)
			return DATETIME_FIELD_OUT_OF_RANGE;
		if (s.len > 0)
			return DATETIME_BAD_FORMAT;
		*unit = UNIT_MONTH;
		if (__builtin_mul_overflow(value, MONTHS_PER_YEAR, &value) ||
			__builtin_add_overflow(value, negative ? -months : months, &value))
			return DATETIME_FIELD_OUT_OF_RANGE;
	}
	else if (s.len > 0)
	{
		if (s.data[0] != '.' || !datetime_fraction(s, &fraction))
			return DATETIME_BAD_FORMAT;
		if (negative)
			fraction = -fraction;
	}
	if (!add_unit(sum, *unit, value, fraction, given))
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (*given == 0)
		return DATETIME_BAD_FORMAT;
	if (*unit == UNIT_HOUR)
		*unit = UNIT_DAY;
	return DATETIME_OK;
}

static DateTimeStatus
take_word(StrView s, DateTimeUnit *unit, bool *ago)
{
	DateTimeUnit word = datetime_interval_unit(s);

	if (word == UNIT_NONE)
		return DATETIME_BAD_FORMAT;
	if (word == UNIT_IGNORED)
		return DATETIME_OK;
	if (word == UNIT_AGO)
		*ago = true;
	*unit = word;
	return DATETIME_OK;
}

static bool
negate(Sum *sum)
{
	if (sum->micros == INT64_MIN || sum->days == INT32_MIN || sum->months == INT32_MIN ||
		sum->years == INT32_MIN)
		return false;
	*sum = (Sum){.micros = -sum->micros, .days = -sum->days, .months = -sum->months, .years = -sum->years};
	return true;
}

/* One field; *unit is what the fields to its right said a number means, *given what it sets. */
static DateTimeStatus
take_field(StrView s, FieldKind kind, unsigned fields, Sum *sum, DateTimeUnit *unit, unsigned *given,
		   bool *ago)
{
	DateTimeStatus status;

	*given = 0;
	if (kind == FIELD_WORD || kind == FIELD_SIGNED_WORD)
		return take_word(s, unit, ago);
	if (kind == FIELD_TIME || (kind == FIELD_OFFSET && memchr(s.data, ':', s.len) != NULL))
	{
		status = kind == FIELD_TIME ? take_time(s, fields, sum) : take_signed_time(s, fields, sum);
		if (status == DATETIME_OK)
		{
			*unit = UNIT_DAY;
			*given = GIVEN_TIME;
		}
		if (status == DATETIME_OK || kind == FIELD_TIME)
			return status;
	}
	if (*unit == UNIT_NONE)
		*unit = default_unit(fields);
	return take_number(s, sum, unit, given);
}

static DateTimeStatus
take_fields(const DateTimeFields *f, unsigned fields, Sum *sum)
{
	DateTimeUnit unit = UNIT_NONE;
	unsigned seen = 0, given;
	bool ago = false;

	for (int i = f->count - 1; i >= 0; i--)
	{
		DateTimeStatus status =
			take_field(f->items[i].text, f->items[i].kind, fields, sum, &unit, &given, &ago);

		if (status != DATETIME_OK)
			return status;
		if (seen & given)
			return DATETIME_BAD_FORMAT;
		seen |= given;
	}
	if (seen == 0)
		return DATETIME_BAD_FORMAT;
	return ago && !negate(sum) ? DATETIME_FIELD_OUT_OF_RANGE : DATETIME_OK;
}

/* ---- ISO 8601, format with designators and alternative format ---- */

/* A number as strtod() reads it, in its whole and fractional parts; LC_NUMERIC is always "C". */
static DateTimeStatus
iso_number(char **p, int64_t *whole, double *fraction)
{
	char *end;
	double value;

	if (!ascii_digit(**p) && **p != '-' && **p != '.')
		return DATETIME_BAD_FORMAT;
	errno = 0;
	value = strtod(*p, &end);
	if (end == *p || errno != 0)
		return DATETIME_BAD_FORMAT;
	*p = end;
	if (isnan(value) || value < -1.0e15 || value > 1.0e15)
		return DATETIME_FIELD_OUT_OF_RANGE;
	*whole = (int64_t)value;
	*fraction = value - (double)*whole;
	return DATETIME_OK;
}

/* How many digits the whole part of a number has. */
static size_t
iso_width(const char *p)
{
	return strspn(p + (*p == '-'), "0123456789");
}

/* A number with its designator, before or after the T. */
static DateTimeStatus
iso_designated(Sum *sum, bool date_part, char designator, int64_t value, double fraction)
{
	bool ok;

	if (date_part && designator == 'Y')
		ok = add_years(sum, value, fraction, 1);
	else if (date_part && designator == 'M')
		ok = add_months(sum, value, fraction);
	else if (date_part && designator == 'W')
		ok = add_weeks(sum, value, fraction);
	else if (date_part && designator == 'D')
		ok = add_days(sum, value, fraction);
	else if (!date_part && designator == 'H')
		ok = add_micros(sum, value, fraction, MICROS_PER_HOUR);
	else if (!date_part && designator == 'M')
		ok = add_micros(sum, value, fraction, MICROS_PER_MINUTE);
	else if (!date_part && designator == 'S')
		ok = add_micros(sum, value, fraction, MICROS_PER_SECOND);
	else
		return DATETIME_BAD_FORMAT;
	return ok ? DATETIME_OK : DATETIME_FIELD_OUT_OF_RANGE;
}

/* "yyyymmdd" of the basic alternative format */
static bool
iso_basic_date(Sum *sum, int64_t value, double fraction)
{
	return add_years(sum, value / 10000, 0, 1) && add_months(sum, value / 100 % 100, 0) &&
		   add_days(sum, value % 100, fraction);
}

static bool
iso_basic_time(Sum *sum, int64_t value, double fraction)
{
	return add_micros(sum, value / 10000, 0, MICROS_PER_HOUR) &&
		   add_micros(sum, value / 100 % 100, 0, MICROS_PER_MINUTE) &&
		   add_micros(sum, value % 100, 0, MICROS_PER_SECOND) && add_fraction_micros(sum, fraction, 1);
}

/*
 * The rest of "y-m-d" or "h:m:s" after its first number. Stops at the end or, in a date, behind a T; *p is
 * there.
 */
static DateTimeStatus
iso_extended(char **p, Sum *sum, bool date_part, int64_t value, double fraction, char separator)
{
	static const char designators[2][3] = {{'H', 'M', 'S'}, {'Y', 'M', 'D'}};
	DateTimeStatus status = iso_designated(sum, date_part, designators[date_part][0], value, fraction);

	for (int i = 1; i < 3 && status == DATETIME_OK && separator == (date_part ? '-' : ':'); i++)
	{
		status = iso_number(p, &value, &fraction);
		if (status == DATETIME_OK)
			status = iso_designated(sum, date_part, designators[date_part][i], value, fraction);
		separator = **p;
		if (separator != '\0' && status == DATETIME_OK)
			(*p)++;
	}
	if (status != DATETIME_OK)
		return status;
	return separator == '\0' || (date_part && separator == 'T') ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

/* text is NUL-terminated */
static DateTimeStatus
take_iso(char *text, Sum *sum)
{
	bool date_part = true, have_field = false;
	char *p = text + 1;

	if (text[0] != 'P' || text[1] == '\0')
		return DATETIME_BAD_FORMAT;
	while (*p != '\0')
	{
		char *start = p, designator;
		DateTimeStatus status;
		int64_t value;
		double fraction;
		bool alternative;

		if (*p == 'T')
		{
			date_part = have_field = false;
			p++;
			continue;
		}
		status = iso_number(&p, &value, &fraction);
		if (status != DATETIME_OK)
			return status;
		designator = *p;
		alternative =
			designator == '\0' || designator == (date_part ? '-' : ':') || (date_part && designator == 'T');
		if (!alternative)
		{
			p++;
			status = iso_designated(sum, date_part, designator, value, fraction);
			have_field = true;
		}
		else if (have_field)
			return DATETIME_BAD_FORMAT;
		else if (designator != '-' && designator != ':' && iso_width(start) == (date_part ? 8 : 6))
			status = (date_part ? iso_basic_date(sum, value, fraction) : iso_basic_time(sum, value, fraction))
						 ? DATETIME_OK
						 : DATETIME_FIELD_OUT_OF_RANGE;
		else
		{
			p += designator != '\0';
			status = iso_extended(&p, sum, date_part, value, fraction, designator);
			date_part = false;
		}
		if (status != DATETIME_OK)
			return status;
	}
	return DATETIME_OK;
}

static DateTimeStatus
take_iso_view(StrView s, Sum *sum)
{
	char text[ISO_TEXT_LIMIT];

	if (s.len >= sizeof text)
		return DATETIME_BAD_FORMAT;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return take_iso(text, sum);
}

/* ---- the result ---- */

/* What a qualifier such as DAY TO HOUR cuts off. */
void
interval_restrict(Interval *v, unsigned fields)
{
	int64_t unit;

	if (fields == 0 || (fields & INTERVAL_SECOND))
		return;
	if ((fields & (INTERVAL_DAY | INTERVAL_HOUR | INTERVAL_MINUTE)) == 0)
	{
		if (!(fields & INTERVAL_MONTH))
			v->months = v->months / MONTHS_PER_YEAR * MONTHS_PER_YEAR;
		v->days = 0;
	}
	unit = fields & INTERVAL_MINUTE ? MICROS_PER_MINUTE : MICROS_PER_HOUR;
	v->micros = fields & (INTERVAL_HOUR | INTERVAL_MINUTE) ? v->micros / unit * unit : 0;
}

bool
interval_parse_fields(StrView s, unsigned fields, Interval *out, Error *err)
{
	DateTimeFields split;
	Sum sum = {0};
	DateTimeStatus status = datetime_split(s, INTERVAL_TEXT_LIMIT, &split);
	int64_t months;

	if (status == DATETIME_OK)
		status = take_fields(&split, fields, &sum);
	if (status == DATETIME_BAD_FORMAT)
	{
		sum = (Sum){0};
		status = take_iso_view(s, &sum);
	}
	if (status == DATETIME_FIELD_OUT_OF_RANGE)
		status = DATETIME_INTERVAL_OUT_OF_RANGE;
	if (status != DATETIME_OK)
		return datetime_report(status, s, "interval", err);
	months = (int64_t)sum.years * MONTHS_PER_YEAR + sum.months;
	if (months != (int32_t)months)
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
	*out = (Interval){.micros = sum.micros, .days = sum.days, .months = (int32_t)months};
	interval_restrict(out, fields);
	return true;
}
