/*
 * calendar.c: proleptic Gregorian arithmetic.
 *
 * The conversions count in eras of 400 years with years that begin in March, so that the leap day is the last
 * day of its year (Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2021).
 */
#include "common/types/calendar.h"

enum
{
	DAYS_PER_ERA = 146097,
	ERA_TO_2000 = 730425 /* days from 0000-03-01 to 2000-01-01 */
};

const char *const calendar_month_names[12] = {"January",   "February", "March",    "April",
											  "May",       "June",     "July",     "August",
											  "September", "October",  "November", "December"};
const char *const calendar_day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
										   "Thursday", "Friday", "Saturday"};

int64_t
calendar_days(int32_t year, int32_t month, int32_t day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
		   ERA_TO_2000;
}

void
calendar_split_days(int64_t days, DateTime *out)
{
	int64_t z = days + ERA_TO_2000;
	int64_t era = floor_div(z, DAYS_PER_ERA);
	uint32_t day_of_era = (uint32_t)(z - era * DAYS_PER_ERA);
	uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t march_month = (5 * day_of_year + 2) / 153;

	out->day = (int32_t)(day_of_year - (153 * march_month + 2) / 5 + 1);
	out->month = (int32_t)(march_month < 10 ? march_month + 3 : march_month - 9);
	out->year = (int32_t)(year_of_era + era * 400 + (out->month <= 2));
}

void
calendar_split_micros(int64_t micros, DateTime *out)
{
	int64_t days = floor_div(micros, MICROS_PER_DAY);
	int64_t rest = micros - days * MICROS_PER_DAY;
	uint32_t seconds = (uint32_t)(rest / MICROS_PER_SECOND);

	calendar_split_days(days, out);
	out->micros = (int32_t)(rest % MICROS_PER_SECOND);
	out->hour = (int32_t)(seconds / SECONDS_PER_HOUR);
	out->minute = (int32_t)(seconds / SECONDS_PER_MINUTE % 60);
	out->second = (int32_t)(seconds % 60);
}

static int64_t
micros_of_day(const DateTime *dt)
{
	return (((int64_t)dt->hour * 60 + dt->minute) * 60 + dt->second) * MICROS_PER_SECOND + dt->micros;
}

bool
calendar_join_micros(const DateTime *dt, int64_t *out)
{
	int64_t days;

	if (!calendar_valid_julian(dt->year, dt->month))
		return false;
	days = calendar_days(dt->year, dt->month, dt->day);
	return !__builtin_mul_overflow(days, MICROS_PER_DAY, out) &&
		   !__builtin_add_overflow(*out, micros_of_day(dt), out);
}

int64_t
calendar_unix_seconds(const DateTime *dt)
{
	int64_t days = calendar_days(dt->year, dt->month, dt->day) + CALENDAR_UNIX_EPOCH_DAYS;

	return days * SECONDS_PER_DAY + ((int64_t)dt->hour * 60 + dt->minute) * 60 + dt->second;
}

bool
calendar_leap_year(int32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
calendar_days_in_month(int32_t year, int32_t month)
{
	static const int8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return lengths[month - 1] + (month == 2 && calendar_leap_year(year));
}

bool
calendar_valid_julian(int32_t year, int32_t month)
{
	return (year > -4713 || (year == -4713 && month >= 11)) &&
		   (year < 5874898 || (year == 5874898 && month < 6));
}

int
calendar_weekday(int64_t days)
{
	return (int)floor_mod(days + 6, 7); /* 2000-01-01 was a Saturday */
}

int
calendar_day_of_year(const DateTime *dt)
{
	return (int)(calendar_days(dt->year, dt->month, dt->day) - calendar_days(dt->year, 1, 1)) + 1;
}

int64_t
calendar_iso_week_start(int32_t iso_year, int week)
{
	int64_t fourth = calendar_days(iso_year, 1, 4);
	int64_t monday = fourth - (calendar_weekday(fourth) + 6) % 7;

	return monday + (int64_t)(week - 1) * 7;
}

int
calendar_iso_week(int64_t days, int32_t *iso_year)
{
	int64_t thursday = days - (calendar_weekday(days) + 6) % 7 + 3;
	DateTime dt;

	calendar_split_days(thursday, &dt);
	*iso_year = dt.year;
	return (int)((thursday - calendar_days(dt.year, 1, 1)) / 7) + 1;
}

char *
put_digits(char *p, uint64_t v, int width)
{
	return digits_put_fixed(p, v, Max((uint32_t)width, digits_count(v)));
}
