/*
 * datetime_extract.c: extract() and date_part().
 *
 * Seconds and finer are exact fractions with a fixed number of digits, everything else is whole, but for the
 * Julian day of a timestamp, whose digits follow PostgreSQL's rule for a numeric quotient.
 */
#include "common/types/datetime_field.h"

#include "common/types/interval.h"

bool
datetime_unit_error(bool known, StrView name, const char *type_name, Error *err)
{
	if (known)
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
						 "unit \"%.*s\" not supported for type %s", (int)name.len, name.data, type_name);
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					 "unit \"%.*s\" not recognized for type %s", (int)name.len, name.data, type_name);
}

static bool
whole(DateTimePart *out, int64_t value)
{
	*out = (DateTimePart){.kind = PART_NUMBER, .exact = value, .approximate = (double)value};
	return true;
}

static bool
fraction(DateTimePart *out, int128 exact, int scale, double approximate)
{
	*out = (DateTimePart){.kind = PART_NUMBER, .exact = exact, .scale = scale, .approximate = approximate};
	return true;
}

/* ---- parts of a date ---- */

/* Years, decades, centuries and millennia of the two eras count away from each other, and there is no year 0.
 */
static int64_t
era_count(int32_t year, int years)
{
	return year > 0 ? (year + years - 1) / years : -((years - 1 - ((int64_t)year - 1)) / years);
}

static bool
date_part(DateTimeUnit unit, const DateTime *dt, DateTimePart *out)
{
	int64_t days = calendar_days(dt->year, dt->month, dt->day);
	int weekday = calendar_weekday(days);
	int32_t iso_year;

	switch (unit)
	{
		case UNIT_DAY: return whole(out, dt->day);
		case UNIT_MONTH: return whole(out, dt->month);
		case UNIT_QUARTER: return whole(out, (dt->month - 1) / 3 + 1);
		case UNIT_WEEK: return whole(out, calendar_iso_week(days, &iso_year));
		case UNIT_YEAR: return whole(out, dt->year > 0 ? dt->year : dt->year - 1);
		case UNIT_DECADE:
			return whole(out, dt->year >= 0 ? dt->year / 10 : -((8 - ((int64_t)dt->year - 1)) / 10));
		case UNIT_CENTURY: return whole(out, era_count(dt->year, 100));
		case UNIT_MILLENNIUM: return whole(out, era_count(dt->year, 1000));
		case UNIT_ISOYEAR:
			calendar_iso_week(days, &iso_year);
			return whole(out, iso_year > 0 ? iso_year : iso_year - 1);
		case UNIT_DOW: return whole(out, weekday);
		case UNIT_ISODOW: return whole(out, weekday == 0 ? 7 : weekday);
		case UNIT_DOY: return whole(out, calendar_day_of_year(dt));
		default: return false;
	}
}

/* What infinite moments have: parts that come round are NULL, those that only grow are infinite. */
static bool
infinite_part(DateTimeUnit unit, bool positive, DateTimePart *out)
{
	*out = (DateTimePart){.kind = PART_NULL};
	switch (unit)
	{
		case UNIT_MICROSECOND:
		case UNIT_MILLISECOND:
		case UNIT_SECOND:
		case UNIT_MINUTE:
		case UNIT_HOUR:
		case UNIT_DAY:
		case UNIT_MONTH:
		case UNIT_QUARTER:
		case UNIT_WEEK:
		case UNIT_DOW:
		case UNIT_ISODOW:
		case UNIT_DOY:
		case UNIT_ZONE:
		case UNIT_ZONE_HOUR:
		case UNIT_ZONE_MINUTE: return true;
		case UNIT_YEAR:
		case UNIT_DECADE:
		case UNIT_CENTURY:
		case UNIT_MILLENNIUM:
		case UNIT_JULIAN:
		case UNIT_ISOYEAR:
		case UNIT_EPOCH: out->kind = positive ? PART_INFINITY : PART_MINUS_INFINITY; return true;
		default: return false;
	}
}

bool
date_extract(DateTimeUnit unit, StrView name, int32_t date, DateTimePart *out, Error *err)
{
	DateTime dt;

	if (unit == UNIT_NONE || (unit >= UNIT_MICROSECOND && unit <= UNIT_HOUR) || unit >= UNIT_ZONE)
		return datetime_unit_error(unit != UNIT_NONE, name, "date", err);
	if (!date_is_finite(date))
		return infinite_part(unit, date == DATE_INFINITY, out) ||
			   datetime_unit_error(true, name, "date", err);
	if (unit == UNIT_JULIAN)
		return whole(out, (int64_t)date + CALENDAR_EPOCH_JULIAN);
	if (unit == UNIT_EPOCH)
		return whole(out, ((int64_t)date + CALENDAR_UNIX_EPOCH_DAYS) * SECONDS_PER_DAY);
	calendar_split_days(date, &dt);
	return date_part(unit, &dt, out) || datetime_unit_error(true, name, "date", err);
}

/* ---- parts of a moment ---- */

/*
 * The digits of micros / 86400000000 as PostgreSQL's numeric division chooses them: at least 16 significant
 * ones, in groups of four, judged by the operands' leading groups.
 */
static int
julian_scale(int64_t micros_of_day)
{
	int64_t group = micros_of_day;
	int weight = 0;

	for (; group >= 10000; weight++)
		group /= 10000;
	weight -= 2; /* 864,0000,0000 */
	return 16 - 4 * (group <= 864 ? weight - 1 : weight);
}

static bool
julian_part(const DateTime *dt, DateTimePart *out)
{
	int64_t julian = calendar_days(dt->year, dt->month, dt->day) + CALENDAR_EPOCH_JULIAN;
	int64_t seconds = ((int64_t)dt->hour * 60 + dt->minute) * 60 + dt->second;
	int64_t micros = seconds * MICROS_PER_SECOND + dt->micros;
	int scale = julian_scale(micros);
	int128 power = 1;

	for (int i = 0; i < scale; i++)
		power *= 10;
	return fraction(out, julian * power + (micros * power + MICROS_PER_DAY / 2) / MICROS_PER_DAY, scale,
					(double)julian + ((double)seconds + dt->micros / 1000000.0) / (double)SECONDS_PER_DAY);
}

static bool
clock_part(DateTimeUnit unit, const DateTime *dt, DateTimePart *out)
{
	int64_t micros = dt->second * MICROS_PER_SECOND + dt->micros;

	switch (unit)
	{
		case UNIT_MICROSECOND: return whole(out, micros);
		case UNIT_MILLISECOND: return fraction(out, micros, 3, dt->second * 1000.0 + dt->micros / 1000.0);
		case UNIT_SECOND: return fraction(out, micros, 6, dt->second + dt->micros / 1000000.0);
		case UNIT_MINUTE: return whole(out, dt->minute);
		case UNIT_HOUR: return whole(out, dt->hour);
		case UNIT_JULIAN: return julian_part(dt, out);
		default: return date_part(unit, dt, out);
	}
}

/*
 * Seconds since 1970 of the clock reading. Where its microseconds reach the last int64, PostgreSQL divides
 * numerics, which leaves four digits.
 */
static bool
epoch_part(int64_t ts, DateTimePart *out)
{
	const int64_t epoch = CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;
	int64_t sum;

	if (__builtin_add_overflow(ts, epoch, &sum) || sum == INT64_MAX)
		return fraction(out, ((int128)ts + epoch + 50) / 100 * 100, 6,
						((double)ts + (double)epoch) / 1000000.0);
	return fraction(out, sum, 6, (double)sum / 1000000.0);
}

bool
timestamp_extract(DateTimeUnit unit, StrView name, int64_t ts, DateTimePart *out, Error *err)
{
	static const char type_name[] = "timestamp without time zone";
	DateTime dt;

	if (unit == UNIT_NONE)
		return datetime_unit_error(false, name, type_name, err);
	if (!timestamp_is_finite(ts))
		return infinite_part(unit, ts == TIMESTAMP_INFINITY, out) ||
			   datetime_unit_error(true, name, type_name, err);
	if (unit == UNIT_EPOCH)
		return epoch_part(ts, out);
	calendar_split_micros(ts, &dt);
	return clock_part(unit, &dt, out) || datetime_unit_error(true, name, type_name, err);
}

bool
timestamptz_extract(DateTimeUnit unit, StrView name, int64_t ts, const TimeZone *zone, ZoneSpan *span,
					DateTimePart *out, Error *err)
{
	static const char type_name[] = "timestamp with time zone";
	int32_t offset;
	DateTime dt;

	if (unit == UNIT_NONE)
		return datetime_unit_error(false, name, type_name, err);
	if (!timestamp_is_finite(ts))
		return infinite_part(unit, ts == TIMESTAMP_INFINITY, out) ||
			   datetime_unit_error(true, name, type_name, err);
	if (unit == UNIT_EPOCH)
		return epoch_part(ts, out);
	offset = timezone_offset_at(zone, timestamp_unix_seconds(ts), span);
	switch (unit)
	{
		case UNIT_ZONE: return whole(out, offset);
		case UNIT_ZONE_HOUR: return whole(out, offset / SECONDS_PER_HOUR);
		case UNIT_ZONE_MINUTE: return whole(out, offset / SECONDS_PER_MINUTE % 60);
		default: break;
	}
	calendar_split_micros(ts + offset * MICROS_PER_SECOND, &dt);
	return clock_part(unit, &dt, out) || datetime_unit_error(true, name, type_name, err);
}

/* ---- parts of an interval ---- */

/* A year has 365.25 days here, a month 30; counted in quarters of a day to stay whole. */
static bool
interval_epoch(Interval i, DateTimePart *out)
{
	int64_t years = i.months / MONTHS_PER_YEAR, months = i.months % MONTHS_PER_YEAR;
	int64_t seconds =
		(1461 * years + 4 * DAYS_PER_MONTH * months + INT64_C(4) * i.days) * (SECONDS_PER_DAY / 4);
	double approximate = (double)i.micros / 1000000.0;

	approximate += (365.25 * SECONDS_PER_DAY) * (double)years;
	approximate += ((double)DAYS_PER_MONTH * SECONDS_PER_DAY) * (double)months;
	approximate += (double)SECONDS_PER_DAY * i.days;
	return fraction(out, (int128)seconds * MICROS_PER_SECOND + i.micros, 6, approximate);
}

bool
interval_extract(DateTimeUnit unit, StrView name, Interval i, DateTimePart *out, Error *err)
{
	int32_t years = i.months / MONTHS_PER_YEAR, months = i.months % MONTHS_PER_YEAR;
	int64_t micros = i.micros % MICROS_PER_MINUTE, second = micros / MICROS_PER_SECOND;
	int64_t rest = micros % MICROS_PER_SECOND;

	switch (unit)
	{
		case UNIT_MICROSECOND: return whole(out, micros);
		case UNIT_MILLISECOND:
			return fraction(out, micros, 3, (double)second * 1000.0 + (double)rest / 1000.0);
		case UNIT_SECOND: return fraction(out, micros, 6, (double)second + (double)rest / 1000000.0);
		case UNIT_MINUTE: return whole(out, i.micros / MICROS_PER_MINUTE % 60);
		case UNIT_HOUR: return whole(out, i.micros / MICROS_PER_HOUR);
		case UNIT_DAY: return whole(out, i.days);
		case UNIT_MONTH: return whole(out, months);
		case UNIT_QUARTER: return whole(out, months / 3 + 1);
		case UNIT_YEAR: return whole(out, years);
		case UNIT_DECADE: return whole(out, years / 10);
		case UNIT_CENTURY: return whole(out, years / 100);
		case UNIT_MILLENNIUM: return whole(out, years / 1000);
		case UNIT_EPOCH: return interval_epoch(i, out);
		default:
			return datetime_unit_error(unit != UNIT_NONE && unit != UNIT_RESERVED, name, "interval", err);
	}
}
