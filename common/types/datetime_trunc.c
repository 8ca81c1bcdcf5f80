/*
 * datetime_trunc.c: date_trunc().
 *
 * Units up to a day are plain remainders of the local clock; larger ones go through the calendar. In a zone,
 * hours and finer keep the offset of the moment, days and coarser take that of the new local time.
 */
#include "common/types/datetime_field.h"
#include "common/types/interval.h"

DateTimeUnit
trunc_unit(StrView name)
{
	char lower[10];
	StrView key = {lower, Min(name.len, sizeof lower)};
	DateTimeUnit unit;

	for (size_t i = 0; i < key.len; i++)
		lower[i] = ascii_lower(name.data[i]);
	unit = datetime_interval_unit(key);
	return unit == UNIT_AGO || unit == UNIT_IGNORED ? UNIT_NONE : unit;
}

int64_t
trunc_unit_micros(DateTimeUnit unit)
{
	switch (unit)
	{
		case UNIT_MICROSECOND: return 1;
		case UNIT_MILLISECOND: return 1000;
		case UNIT_SECOND: return MICROS_PER_SECOND;
		case UNIT_MINUTE: return MICROS_PER_MINUTE;
		case UNIT_HOUR: return MICROS_PER_HOUR;
		case UNIT_DAY: return MICROS_PER_DAY;
		default: return 0;
	}
}

/* The first year of the decade, century or millennium; centuries and millennia begin with a year 1. */
static int32_t
first_year(DateTimeUnit unit, int32_t year)
{
	int years = unit == UNIT_MILLENNIUM ? 1000 : 100;

	if (unit == UNIT_YEAR)
		return year;
	if (unit == UNIT_DECADE)
		return year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
	return year > 0 ? (year + years - 1) / years * years - (years - 1)
					: -((years - 1 - (year - 1)) / years) * years + 1;
}

/* The first day of the unit that dt lies in; false if it isn't one of a week or more. */
static bool
trunc_date(DateTimeUnit unit, DateTime *dt)
{
	int64_t days;
	int32_t iso_year;
	int week;

	switch (unit)
	{
		case UNIT_WEEK:
			days = calendar_days(dt->year, dt->month, dt->day);
			week = calendar_iso_week(days, &iso_year);
			calendar_split_days(calendar_iso_week_start(iso_year, week), dt);
			return true;
		case UNIT_MONTH: break;
		case UNIT_QUARTER: dt->month = (dt->month - 1) / 3 * 3 + 1; break;
		case UNIT_YEAR:
		case UNIT_DECADE:
		case UNIT_CENTURY:
		case UNIT_MILLENNIUM:
			dt->year = first_year(unit, dt->year);
			dt->month = 1;
			break;
		default: return false;
	}
	dt->day = 1;
	return true;
}

/* Cuts a clock reading to the unit; false if the unit is none of date_trunc()'s. */
static bool
trunc_local(DateTimeUnit unit, int64_t local, int64_t *out, bool *in_range)
{
	int64_t length = trunc_unit_micros(unit);
	DateTime dt;

	*in_range = true;
	if (length > 0)
	{
		*out = local - floor_mod(local, length);
		return true;
	}
	calendar_split_micros(local, &dt);
	dt.hour = dt.minute = dt.second = dt.micros = 0;
	if (!trunc_date(unit, &dt))
		return false;
	*in_range = calendar_join_micros(&dt, out);
	return true;
}

static bool
check_range(bool in_range, int64_t ts, Error *err)
{
	return (in_range && timestamp_in_range(ts)) ||
		   error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp out of range");
}

bool
timestamp_trunc(DateTimeUnit unit, StrView name, int64_t ts, int64_t *out, Error *err)
{
	bool in_range;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!trunc_local(unit, ts, out, &in_range))
		return datetime_unit_error(unit != UNIT_NONE, name, "timestamp without time zone", err);
	return check_range(in_range, *out, err);
}

bool
timestamptz_trunc(DateTimeUnit unit, StrView name, int64_t ts, const NamedZone *zone, ZoneSpan *span,
				  int64_t *out, Error *err)
{
	int32_t offset;
	bool in_range;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	offset = zone->fixed ? zone->offset : timezone_offset_at(zone->zone, timestamp_unix_seconds(ts), span);
	if (!trunc_local(unit, ts + offset * MICROS_PER_SECOND, out, &in_range))
		return datetime_unit_error(unit != UNIT_NONE, name, "timestamp with time zone", err);
	if (!zone->fixed && zone->zone != NULL && (unit == UNIT_DAY || trunc_unit_micros(unit) == 0))
		offset = timezone_local_offset(zone->zone, timestamp_unix_seconds(*out));
	*out -= offset * MICROS_PER_SECOND;
	return check_range(in_range, *out, err);
}

bool
interval_trunc(DateTimeUnit unit, StrView name, Interval i, Interval *out, Error *err)
{
	int64_t length = trunc_unit_micros(unit);
	int32_t months;

	switch (unit)
	{
		case UNIT_MONTH: months = 1; break;
		case UNIT_QUARTER: months = 3; break;
		case UNIT_YEAR: months = 12; break;
		case UNIT_DECADE: months = 120; break;
		case UNIT_CENTURY: months = 1200; break;
		case UNIT_MILLENNIUM: months = 12000; break;
		default: months = 0; break;
	}
	*out = i;
	if (months > 0)
		*out = (Interval){.months = i.months / months * months};
	else if (length > 0)
		out->micros = unit == UNIT_DAY ? 0 : i.micros / length * length;
	else
	{
		datetime_unit_error(unit != UNIT_NONE, name, "interval", err);
		return unit == UNIT_WEEK ? error_detail(err, "Months usually have fractional weeks.") : false;
	}
	return true;
}
