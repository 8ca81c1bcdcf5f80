/*
 * timestamp.c: conversions, arithmetic, binning and comparison of timestamp and timestamptz.
 *
 * Adding an interval adds months first, then days, then time, as PostgreSQL does; for timestamptz, months and
 * days move the local clock of the zone, time moves the instant.
 */
#include "common/types/timestamp.h"

#include <math.h>

#include "common/types/interval.h"

static bool
out_of_range(Error *err)
{
	return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp out of range");
}

static bool
check_range(int64_t ts, Error *err)
{
	return timestamp_in_range(ts) || out_of_range(err);
}

/* ---- local time ---- */

void
timestamptz_split(int64_t ts, const TimeZone *zone, DateTime *out, ZoneSpan *span)
{
	timezone_span_at(zone, timestamp_unix_seconds(ts), span);
	calendar_split_micros(ts + span->offset * MICROS_PER_SECOND, out);
}

bool
timestamptz_join(const DateTime *dt, const TimeZone *zone, int64_t *out)
{
	int32_t offset;

	if (!calendar_join_micros(dt, out))
		return false;
	offset = timezone_local_offset(zone, calendar_unix_seconds(dt));
	return !__builtin_sub_overflow(*out, offset * MICROS_PER_SECOND, out) && timestamp_in_range(*out);
}

/* ---- conversions ---- */

/* 1 or -1 if the date is too late or too early for a timestamp, and 0 with the timestamp otherwise. */
static int
date_to_micros(int32_t date, int64_t *out)
{
	if (!date_is_finite(date))
		*out = date == DATE_INFINITY ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
	else if (date >= TIMESTAMP_END_MICROS / MICROS_PER_DAY)
		return 1; /* no date is too early */
	else
		*out = date * MICROS_PER_DAY;
	return 0;
}

static int
date_to_instant(int32_t date, const TimeZone *zone, int64_t *out)
{
	int overflow = date_to_micros(date, out);

	if (overflow != 0 || !date_is_finite(date))
		return overflow;
	*out -= timezone_local_offset(zone, timestamp_unix_seconds(*out)) * MICROS_PER_SECOND;
	return timestamp_in_range(*out) ? 0 : *out < TIMESTAMP_MIN_MICROS ? -1 : 1;
}

bool
timestamp_from_date(int32_t date, int64_t *out, Error *err)
{
	return date_to_micros(date, out) == 0 ||
		   error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "date out of range for timestamp");
}

bool
timestamptz_from_date(int32_t date, const TimeZone *zone, int64_t *out, Error *err)
{
	return date_to_instant(date, zone, out) == 0 ||
		   error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "date out of range for timestamp");
}

bool
date_from_timestamp(int64_t ts, int32_t *out, Error *err UNUSED)
{
	if (timestamp_is_finite(ts))
		*out = (int32_t)floor_div(ts, MICROS_PER_DAY);
	else
		*out = ts == TIMESTAMP_INFINITY ? DATE_INFINITY : DATE_MINUS_INFINITY;
	return true;
}

bool
date_from_timestamptz(int64_t ts, const TimeZone *zone, int32_t *out, Error *err)
{
	ZoneSpan span;

	if (timestamp_is_finite(ts))
	{
		timezone_span_at(zone, timestamp_unix_seconds(ts), &span);
		ts += span.offset * MICROS_PER_SECOND;
	}
	return date_from_timestamp(ts, out, err);
}

bool
timestamptz_from_timestamp(int64_t ts, const TimeZone *zone, int64_t *out, Error *err)
{
	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	*out -= timezone_local_offset(zone, timestamp_unix_seconds(ts)) * MICROS_PER_SECOND;
	return check_range(*out, err);
}

bool
timestamp_from_timestamptz(int64_t ts, const TimeZone *zone, int64_t *out, Error *err)
{
	ZoneSpan span;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	timezone_span_at(zone, timestamp_unix_seconds(ts), &span);
	*out += span.offset * MICROS_PER_SECOND;
	return check_range(*out, err);
}

bool
timestamptz_from_unix(double seconds, int64_t *out, Error *err)
{
	const double epoch_days = CALENDAR_EPOCH_JULIAN - CALENDAR_UNIX_EPOCH_DAYS;
	double micros;

	if (isnan(seconds))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp cannot be NaN");
	if (isinf(seconds))
	{
		*out = seconds > 0 ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
		return true;
	}
	if (seconds >= -epoch_days * SECONDS_PER_DAY &&
		seconds < (double)(TIMESTAMP_END_MICROS / MICROS_PER_SECOND) +
					  (double)CALENDAR_UNIX_EPOCH_DAYS * SECONDS_PER_DAY)
	{
		micros =
			rint((seconds - (double)CALENDAR_UNIX_EPOCH_DAYS * SECONDS_PER_DAY) * (double)MICROS_PER_SECOND);
		*out = micros < -(double)INT64_MIN ? (int64_t)micros : INT64_MAX;
		if (timestamp_in_range(*out))
			return true;
	}
	return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp out of range: \"%g\"",
					 seconds);
}

/* ---- AT TIME ZONE ---- */

bool
zone_resolve(StrView name, TimeZoneCache *zones, NamedZone *out, Error *err)
{
	const char *zone_name;
	bool dst;

	*out = (NamedZone){.fixed = false};
	if (timezone_abbreviation(name, &out->offset, &dst, &zone_name))
	{
		if (zone_name == NULL)
		{
			out->fixed = true;
			return true;
		}
		out->abbreviation = name;
		out->zone = timezone_find(zones, str_from_cstr(zone_name));
	}
	else
		out->zone = timezone_find(zones, name);
	if (out->zone == NULL)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "time zone \"%.*s\" not recognized", (int)name.len, name.data);
	return true;
}

bool
timestamp_at_zone(const NamedZone *zone, int64_t ts, int64_t *out, Error *err)
{
	int32_t offset = zone->offset;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!zone->fixed)
		offset = timezone_local_offset(zone->zone, timestamp_unix_seconds(ts));
	if (zone->abbreviation.len > 0)
		(void)timezone_interpret_abbreviation(zone->zone, zone->abbreviation,
											  timestamp_unix_seconds(ts) - offset, &offset);
	*out -= offset * MICROS_PER_SECOND;
	return check_range(*out, err);
}

bool
timestamptz_at_zone(const NamedZone *zone, int64_t ts, int64_t *out, Error *err)
{
	int32_t offset = zone->offset;
	ZoneSpan span;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!zone->fixed)
	{
		timezone_span_at(zone->zone, timestamp_unix_seconds(ts), &span);
		offset = span.offset;
	}
	if (zone->abbreviation.len > 0)
		(void)timezone_interpret_abbreviation(zone->zone, zone->abbreviation, timestamp_unix_seconds(ts),
											  &offset);
	*out += offset * MICROS_PER_SECOND;
	return check_range(*out, err);
}

static bool
check_offset(Interval offset, Error *err)
{
	StrBuf text = {0};

	if (offset.months == 0 && offset.days == 0)
		return true;
	interval_class.print(&offset, NULL, &text);
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
			  "interval time zone \"%s\" must not include months or days", str_cstr(&text));
	str_free(&text);
	return false;
}

bool
timestamp_at_offset(Interval offset, int64_t ts, int64_t *out, Error *err)
{
	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!check_offset(offset, err))
		return false;
	if (__builtin_sub_overflow(ts, offset.micros / MICROS_PER_SECOND * MICROS_PER_SECOND, out))
		return out_of_range(err);
	return check_range(*out, err);
}

bool
timestamptz_at_offset(Interval offset, int64_t ts, int64_t *out, Error *err)
{
	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!check_offset(offset, err))
		return false;
	if (__builtin_add_overflow(ts, offset.micros / MICROS_PER_SECOND * MICROS_PER_SECOND, out))
		return out_of_range(err);
	return check_range(*out, err);
}

/* ---- arithmetic ---- */

/* Moves the date by months; a day that the new month lacks becomes its last. */
static void
add_months(DateTime *dt, int32_t months)
{
	int64_t month = (int64_t)dt->month - 1 + months;

	dt->year += (int32_t)floor_div(month, MONTHS_PER_YEAR);
	dt->month = (int32_t)floor_mod(month, MONTHS_PER_YEAR) + 1;
	dt->day = Min(dt->day, calendar_days_in_month(dt->year, dt->month));
}

static bool
add_micros(int64_t ts, int64_t micros, int64_t *out, Error *err)
{
	if (__builtin_add_overflow(ts, micros, out))
		return out_of_range(err);
	return check_range(*out, err);
}

static bool
add_days(int64_t ts, int32_t days, int64_t *out, Error *err)
{
	int64_t micros;

	if (__builtin_mul_overflow(days, MICROS_PER_DAY, &micros))
		return out_of_range(err);
	return add_micros(ts, micros, out, err);
}

bool
timestamp_plus_interval(int64_t ts, Interval i, int64_t *out, Error *err)
{
	DateTime dt;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (i.months != 0)
	{
		calendar_split_micros(ts, &dt);
		add_months(&dt, i.months);
		if (!calendar_join_micros(&dt, &ts) || !timestamp_in_range(ts))
			return out_of_range(err);
	}
	if (i.days != 0 && !add_days(ts, i.days, &ts, err))
		return false;
	return add_micros(ts, i.micros, out, err);
}

bool
timestamptz_plus_interval(int64_t ts, Interval i, const TimeZone *zone, int64_t *out, Error *err)
{
	ZoneSpan span;
	DateTime dt;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (i.months != 0)
	{
		timestamptz_split(ts, zone, &dt, &span);
		add_months(&dt, i.months);
		if (!timestamptz_join(&dt, zone, &ts))
			return out_of_range(err);
	}
	if (i.days != 0)
	{
		timestamptz_split(ts, zone, &dt, &span);
		calendar_split_days(calendar_days(dt.year, dt.month, dt.day) + i.days, &dt);
		if (!timestamptz_join(&dt, zone, &ts))
			return out_of_range(err);
	}
	return add_micros(ts, i.micros, out, err);
}

/* Negated with wrap-around, as PostgreSQL does; the minimum stays and then is out of range. */
static Interval
negated(Interval i)
{
	return (Interval){.micros = (int64_t) - (uint64_t)i.micros,
					  .days = (int32_t) - (uint32_t)i.days,
					  .months = (int32_t) - (uint32_t)i.months};
}

bool
timestamp_minus_interval(int64_t ts, Interval i, int64_t *out, Error *err)
{
	return timestamp_plus_interval(ts, negated(i), out, err);
}

bool
timestamptz_minus_interval(int64_t ts, Interval i, const TimeZone *zone, int64_t *out, Error *err)
{
	return timestamptz_plus_interval(ts, negated(i), zone, out, err);
}

bool
timestamp_minus_timestamp(int64_t a, int64_t b, Interval *out, Error *err)
{
	Interval difference = {.micros = (int64_t)((uint64_t)a - (uint64_t)b)};

	if (!timestamp_is_finite(a) || !timestamp_is_finite(b))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "cannot subtract infinite timestamps");
	return interval_justify_hours(difference, out, err);
}

void
timestamp_round(int64_t *ts, int digits)
{
	static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	int64_t unit = units[digits], half = unit / 2;

	if (!timestamp_is_finite(*ts))
		return;
	*ts = *ts >= 0 ? (*ts + half) / unit * unit : -((-*ts + half) / unit * unit);
}

/* ---- bins and tumbling windows ---- */

/* A positive length without months, in microseconds; what names it in the error. */
static bool
fixed_length(Interval i, const char *what, int64_t *out, Error *err)
{
	if (__builtin_mul_overflow(i.days, MICROS_PER_DAY, out) || __builtin_add_overflow(*out, i.micros, out))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
	if (*out <= 0)
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "%s must be greater than zero",
						 what);
	return true;
}

bool
timestamp_bin(Interval stride, int64_t ts, int64_t origin, int64_t *out, Error *err)
{
	int64_t size, distance;

	*out = ts;
	if (!timestamp_is_finite(ts))
		return true;
	if (!timestamp_is_finite(origin))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "origin out of range");
	if (stride.months != 0)
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
						 "timestamps cannot be binned into intervals containing months or years");
	if (!fixed_length(stride, "stride", &size, err))
		return false;
	if (__builtin_sub_overflow(ts, origin, &distance))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
	if (__builtin_sub_overflow(ts, floor_mod(distance, size), out))
		return out_of_range(err);
	return check_range(*out, err);
}

bool
timestamp_tumble_size(Interval size, Interval offset, int64_t *size_micros, int64_t *offset_micros,
					  Error *err)
{
	int64_t shift;

	if (size.months != 0 || offset.months != 0)
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
						 "window size and offset cannot contain months or years");
	if (!fixed_length(size, "window size", size_micros, err))
		return false;
	if (__builtin_mul_overflow(offset.days, MICROS_PER_DAY, &shift) ||
		__builtin_add_overflow(shift, offset.micros, &shift))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
	/* windows count from 1970, timestamps from 2000 */
	shift =
		floor_mod(shift, *size_micros) - floor_mod(CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY, *size_micros);
	*offset_micros = floor_mod(shift, *size_micros);
	return true;
}

bool
timestamp_tumble_start(int64_t ts, int64_t size, int64_t offset, int64_t *out, Error *err)
{
	int64_t end;

	if (!timestamp_is_finite(ts))
		return out_of_range(err);
	if (__builtin_sub_overflow(ts, floor_mod(floor_mod(ts, size) - offset, size), out) ||
		__builtin_add_overflow(*out, size, &end) || !timestamp_in_range(end))
		return out_of_range(err);
	return check_range(*out, err);
}

/* ---- comparison ---- */

static int
compare_micros(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* A date beyond all timestamps is still before infinity. */
static int
compare_overflowed(int overflow, int64_t ts)
{
	if (overflow > 0)
		return ts == TIMESTAMP_INFINITY ? -1 : 1;
	return ts == TIMESTAMP_MINUS_INFINITY ? 1 : -1;
}

int
date_compare_timestamp(int32_t date, int64_t ts)
{
	int64_t micros;
	int overflow = date_to_micros(date, &micros);

	return overflow != 0 ? compare_overflowed(overflow, ts) : compare_micros(micros, ts);
}

int
date_compare_timestamptz(int32_t date, int64_t ts, const TimeZone *zone)
{
	int64_t micros;
	int overflow = date_to_instant(date, zone, &micros);

	return overflow != 0 ? compare_overflowed(overflow, ts) : compare_micros(micros, ts);
}

int
timestamp_compare_timestamptz(int64_t ts, int64_t tstz, const TimeZone *zone)
{
	int64_t instant = ts;

	if (timestamp_is_finite(ts))
	{
		instant -= timezone_local_offset(zone, timestamp_unix_seconds(ts)) * MICROS_PER_SECOND;
		if (!timestamp_in_range(instant))
			return compare_overflowed(instant < 0 ? -1 : 1, tstz);
	}
	return compare_micros(instant, tstz);
}
