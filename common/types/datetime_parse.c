/*
 * datetime_parse.c: what the fields of date and time text mean.
 *
 * Fields are taken from left to right. The decoder remembers which parts of a moment it has seen; a field
 * that sets a part again is an error, and a number's meaning follows from the parts still missing (month
 * first, as DateStyle MDY says). Months, ranges and zones are checked when all fields are read, since a year
 * may come last.
 */
#include "common/types/datetime_parse.h"

#include "common/types/datetime_decode.h"

/* ---- fields by kind ---- */

/* "hhmmss-zz" */
static DateTimeStatus
decode_time_with_offset(DateTimeDecoder *d, StrView s)
{
	const char *minus;
	DateTimeStatus status;

	if ((d->seen & HAS_TIME) == HAS_TIME)
		return DATETIME_BAD_FORMAT;
	minus = memchr(s.data, '-', s.len);
	if (minus == NULL)
		return DATETIME_BAD_FORMAT;
	status = datetime_decode_offset((StrView){minus, s.len - (size_t)(minus - s.data)}, &d->out->offset);
	if (status != DATETIME_OK)
		return status;
	status = datetime_decode_concatenated(d, (StrView){s.data, (size_t)(minus - s.data)}, d->seen);
	d->found |= HAS_ZONE;
	return status;
}

/* "j2451545-02" */
static DateTimeStatus
decode_julian_with_offset(DateTimeDecoder *d, StrView s)
{
	bool overflow = false;
	int32_t value = datetime_take_int32(&s, &overflow);

	if (overflow || value < 0)
		return DATETIME_FIELD_OUT_OF_RANGE;
	calendar_split_days((int64_t)value - CALENDAR_EPOCH_JULIAN, &d->out->dt);
	d->julian = true;
	d->label = LABEL_NONE;
	d->found = HAS_DATE | HAS_TIME | HAS_ZONE;
	return datetime_decode_offset(s, &d->out->offset);
}

static DateTimeStatus
decode_date_field(DateTimeDecoder *d, StrView s)
{
	if (d->label == LABEL_UNIT && d->label_unit == UNIT_JULIAN)
		return decode_julian_with_offset(d, s);
	if (d->label == LABEL_NONE && (d->seen & (HAS_MONTH | HAS_DAY)) != (HAS_MONTH | HAS_DAY))
		return datetime_decode_date(d, s);
	if (d->label == LABEL_UNIT)
		return DATETIME_BAD_FORMAT;
	if (d->label == LABEL_TIME || ascii_digit(s.data[0]))
	{
		d->label = LABEL_NONE;
		return decode_time_with_offset(d, s);
	}
	d->zone = timezone_find(d->context->zones, s);
	d->found = HAS_ZONE;
	if (d->zone == NULL)
	{
		d->unknown_zone = s;
		return DATETIME_BAD_FORMAT;
	}
	return DATETIME_OK;
}

/* A Julian day's fraction is a time of day. */
static DateTimeStatus
set_julian_day(DateTimeDecoder *d, int32_t value, StrView fraction_text)
{
	DateTime *dt = &d->out->dt, time;
	double fraction;

	if (value < 0)
		return DATETIME_FIELD_OUT_OF_RANGE;
	calendar_split_days((int64_t)value - CALENDAR_EPOCH_JULIAN, dt);
	d->julian = true;
	d->found = HAS_DATE;
	if (fraction_text.len == 0)
		return DATETIME_OK;
	if (!datetime_fraction(fraction_text, &fraction))
		return DATETIME_BAD_FORMAT;
	calendar_split_micros((int64_t)(fraction * (double)MICROS_PER_DAY), &time);
	dt->hour = time.hour;
	dt->minute = time.minute;
	dt->second = time.second;
	dt->micros = time.micros;
	d->found |= HAS_TIME;
	return DATETIME_OK;
}

/* A number after a label such as "y" or "mm". rest is what follows its integer part. */
static DateTimeStatus
decode_labelled_unit(DateTimeDecoder *d, int32_t value, StrView rest)
{
	DateTime *dt = &d->out->dt;

	switch (d->label_unit)
	{
		case UNIT_YEAR:
			dt->year = value;
			d->found = HAS_YEAR;
			return DATETIME_OK;
		case UNIT_MONTH:
			if ((d->seen & HAS_MONTH) && (d->seen & HAS_HOUR))
			{
				dt->minute = value;
				d->found = HAS_MINUTE;
			}
			else
				datetime_set_month(d, value);
			return DATETIME_OK;
		case UNIT_DAY: datetime_set_day(d, value); return DATETIME_OK;
		case UNIT_HOUR:
			dt->hour = value;
			d->found = HAS_HOUR;
			return DATETIME_OK;
		case UNIT_MINUTE:
			dt->minute = value;
			d->found = HAS_MINUTE;
			return DATETIME_OK;
		case UNIT_SECOND:
			dt->second = value;
			d->found = HAS_SECOND;
			if (rest.len == 0)
				return DATETIME_OK;
			d->found = HAS_SECOND | HAS_FRACTION;
			return datetime_fraction_micros(rest, &dt->micros);
		case UNIT_JULIAN: return set_julian_day(d, value, rest);
		default: return DATETIME_BAD_FORMAT;
	}
}

static DateTimeStatus
decode_labelled_number(DateTimeDecoder *d, StrView s)
{
	StrView rest = s;
	bool overflow = false;
	int32_t value = datetime_take_int32(&rest, &overflow);
	Label label = d->label;
	DateTimeStatus status;

	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (rest.len > 0 && (rest.data[0] != '.' || (label == LABEL_UNIT && d->label_unit != UNIT_JULIAN &&
												 d->label_unit != UNIT_SECOND)))
		return DATETIME_BAD_FORMAT;
	d->label = LABEL_NONE;
	d->out->special = DATETIME_PLAIN;
	if (label == LABEL_UNIT)
		return decode_labelled_unit(d, value, rest);
	status = datetime_decode_concatenated(d, s, d->seen | HAS_DATE);
	return status != DATETIME_OK ? status : d->found == HAS_TIME ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

static DateTimeStatus
decode_number_field(DateTimeDecoder *d, StrView s)
{
	const char *point = memchr(s.data, '.', s.len);

	if (d->label != LABEL_NONE)
		return decode_labelled_number(d, s);
	if (point != NULL && !(d->seen & HAS_DATE))
		return datetime_decode_date(d, s);
	if (point != NULL && point - s.data > 2)
		return datetime_decode_concatenated(d, s, d->seen);
	if (s.len >= 6 && (!(d->seen & HAS_DATE) || !(d->seen & HAS_TIME)))
		return datetime_decode_concatenated(d, s, d->seen);
	return datetime_decode_number(d, s, d->text_month, d->seen);
}

static void
set_now(DateTimeDecoder *d)
{
	int64_t now = d->context->now;
	ZoneSpan span;

	timezone_span_at(d->context->zone,
					 floor_div(now, MICROS_PER_SECOND) + (int64_t)CALENDAR_UNIX_EPOCH_DAYS * SECONDS_PER_DAY,
					 &span);
	calendar_split_micros(now + span.offset * MICROS_PER_SECOND, &d->out->dt);
	d->out->offset = span.offset;
}

static void
set_today(DateTimeDecoder *d, int days)
{
	DateTime saved = d->out->dt;
	DateTime *dt = &d->out->dt;
	int32_t offset = d->out->offset;

	set_now(d);
	calendar_split_days(calendar_days(dt->year, dt->month, dt->day) + days, dt);
	d->out->offset = offset;
	dt->hour = saved.hour;
	dt->minute = saved.minute;
	dt->second = saved.second;
	dt->micros = saved.micros;
}

/* A month's name may follow a number that was taken for the month: "8 Jan 1999". */
static void
set_month_name(DateTimeDecoder *d, int value)
{
	DateTime *dt = &d->out->dt;

	d->found = HAS_MONTH;
	if ((d->seen & HAS_MONTH) && !d->text_month && !(d->seen & HAS_DAY) && dt->month >= 1 && dt->month <= 31)
	{
		dt->day = dt->month;
		d->found = HAS_DAY;
	}
	d->text_month = true;
	dt->month = value;
}

static DateTimeStatus
expect_time(DateTimeDecoder *d)
{
	FieldKind next;

	if ((d->seen & HAS_DATE) != HAS_DATE || d->index + 1 >= d->fields->count)
		return DATETIME_BAD_FORMAT;
	next = d->fields->items[d->index + 1].kind;
	if (next != FIELD_NUMBER && next != FIELD_TIME && next != FIELD_DATE)
		return DATETIME_BAD_FORMAT;
	d->label = LABEL_TIME;
	return DATETIME_OK;
}

static DateTimeStatus
decode_unknown_word(DateTimeDecoder *d, StrView s)
{
	d->zone = timezone_find(d->context->zones, s);
	d->found = HAS_ZONE;
	return d->zone ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

static DateTimeStatus
decode_word(DateTimeDecoder *d, StrView s)
{
	DateTime *dt = &d->out->dt;
	int value;
	WordKind kind = datetime_word(s, &value);

	switch (kind)
	{
		case WORD_SPECIAL:
			d->out->special = (DateTimeSpecial)value;
			d->found = HAS_SPECIAL;
			return DATETIME_OK;
		case WORD_NOW:
			set_now(d);
			d->out->special = DATETIME_PLAIN;
			d->found = HAS_DATE | HAS_TIME | HAS_ZONE;
			return DATETIME_OK;
		case WORD_TODAY:
			set_today(d, value);
			d->out->special = DATETIME_PLAIN;
			d->found = HAS_DATE;
			return DATETIME_OK;
		case WORD_ALLBALLS:
			dt->hour = dt->minute = dt->second = 0;
			d->out->offset = 0;
			d->out->special = DATETIME_PLAIN;
			d->found = HAS_TIME | HAS_ZONE;
			return DATETIME_OK;
		case WORD_MONTH: set_month_name(d, value); return DATETIME_OK;
		case WORD_ERA:
			d->bc = value == 1;
			d->found = HAS_ERA;
			return DATETIME_OK;
		case WORD_MERIDIEM:
			d->meridiem = value == 1 ? MERIDIEM_PM : MERIDIEM_AM;
			d->found = HAS_MERIDIEM;
			return DATETIME_OK;
		case WORD_WEEKDAY: d->found = HAS_WEEKDAY; return DATETIME_OK;
		case WORD_LABEL:
			d->label = LABEL_UNIT;
			d->label_unit = (DateTimeUnit)value;
			return DATETIME_OK;
		case WORD_DAYLIGHT_MODIFIER:
			d->out->offset += SECONDS_PER_HOUR;
			d->found = HAS_DAYLIGHT_MODIFIER | HAS_DAYLIGHT;
			return DATETIME_OK;
		case WORD_TIME_FOLLOWS: return expect_time(d);
		case WORD_IGNORED: return DATETIME_OK;
		case WORD_UNKNOWN: break;
	}
	return decode_unknown_word(d, s);
}

/* Abbreviations of zones come before all other words. */
static DateTimeStatus
decode_word_field(DateTimeDecoder *d, StrView s)
{
	const char *zone_name;
	int32_t offset;
	bool dst;

	if (!timezone_abbreviation(s, &offset, &dst, &zone_name))
		return decode_word(d, s);
	if (zone_name != NULL)
	{
		d->abbreviation_zone = timezone_find(d->context->zones, str_from_cstr(zone_name));
		d->abbreviation = s;
		d->found = HAS_DYNAMIC_ZONE | HAS_ZONE;
		return d->abbreviation_zone ? DATETIME_OK : DATETIME_BAD_FORMAT;
	}
	d->out->offset = offset;
	d->found = dst ? HAS_DAYLIGHT | HAS_ZONE : HAS_ZONE;
	return DATETIME_OK;
}

static DateTimeStatus
decode_field(DateTimeDecoder *d)
{
	StrView s = d->fields->items[d->index].text;

	switch (d->fields->items[d->index].kind)
	{
		case FIELD_DATE: return decode_date_field(d, s);
		case FIELD_TIME:
			if (d->label == LABEL_UNIT)
				return DATETIME_BAD_FORMAT;
			d->label = LABEL_NONE;
			return datetime_decode_time(d, s);
		case FIELD_OFFSET: d->found = HAS_ZONE; return datetime_decode_offset(s, &d->out->offset);
		case FIELD_NUMBER: return decode_number_field(d, s);
		case FIELD_WORD:
		case FIELD_SIGNED_WORD: break;
	}
	return decode_word_field(d, s);
}

/* ---- when all fields are read ---- */

static DateTimeStatus
finish_year(DateTimeDecoder *d)
{
	int32_t *year = &d->out->dt.year;

	if (!(d->seen & HAS_YEAR) || d->julian)
		return DATETIME_OK;
	if (d->bc)
	{
		if (*year <= 0)
			return DATETIME_FIELD_OUT_OF_RANGE;
		*year = 1 - *year;
	}
	else if (d->two_digit_year)
	{
		if (*year < 0)
			return DATETIME_FIELD_OUT_OF_RANGE;
		if (*year < 70)
			*year += 2000;
		else if (*year < 100)
			*year += 1900;
	}
	else if (*year <= 0)
		return DATETIME_FIELD_OUT_OF_RANGE;
	return DATETIME_OK;
}

static DateTimeStatus
finish_date(DateTimeDecoder *d)
{
	DateTime *dt = &d->out->dt;
	DateTimeStatus status = finish_year(d);

	if (status != DATETIME_OK)
		return status;
	if (d->seen & HAS_DAY_OF_YEAR)
		calendar_split_days(calendar_days(dt->year, 1, 1) + d->day_of_year - 1, dt);
	if ((d->seen & HAS_MONTH) && (dt->month < 1 || dt->month > MONTHS_PER_YEAR))
		return DATETIME_MONTH_OR_DAY_OUT_OF_RANGE;
	if ((d->seen & HAS_DAY) && (dt->day < 1 || dt->day > 31))
		return DATETIME_MONTH_OR_DAY_OUT_OF_RANGE;
	if ((d->seen & HAS_DATE) == HAS_DATE && dt->day > calendar_days_in_month(dt->year, dt->month))
		return DATETIME_FIELD_OUT_OF_RANGE;
	return DATETIME_OK;
}

static DateTimeStatus
finish_hour(DateTimeDecoder *d)
{
	int32_t *hour = &d->out->dt.hour;

	if (d->meridiem != MERIDIEM_NONE && *hour > 12)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (d->meridiem == MERIDIEM_AM && *hour == 12)
		*hour = 0;
	else if (d->meridiem == MERIDIEM_PM && *hour != 12)
		*hour += 12;
	return DATETIME_OK;
}

/* Named zones need the whole date before they have an offset. */
static DateTimeStatus
finish_zone(DateTimeDecoder *d)
{
	bool needs_local = d->zone != NULL || d->abbreviation_zone != NULL || !(d->seen & HAS_ZONE);
	const DateTime *dt = &d->out->dt;
	const TimeZone *zone;
	int64_t local;

	if (!needs_local)
		return DATETIME_OK;
	if (d->seen & HAS_DAYLIGHT_MODIFIER)
		return DATETIME_BAD_FORMAT;
	zone = d->zone ? d->zone : d->abbreviation_zone ? d->abbreviation_zone : d->context->zone;
	local = calendar_unix_seconds(dt);
	d->out->offset = calendar_valid_julian(dt->year, dt->month) ? timezone_local_offset(zone, local) : 0;
	if (d->abbreviation_zone != NULL)
		(void)timezone_interpret_abbreviation(d->abbreviation_zone, d->abbreviation, local - d->out->offset,
											  &d->out->offset);
	return DATETIME_OK;
}

static DateTimeStatus
decode(DateTimeDecoder *d)
{
	DateTimeStatus status = DATETIME_OK;

	for (d->index = 0; d->index < d->fields->count; d->index++)
	{
		d->found = 0;
		status = decode_field(d);
		if (status != DATETIME_OK)
			return status;
		if (d->found & d->seen)
			return DATETIME_BAD_FORMAT;
		d->seen |= d->found;
	}
	status = finish_date(d);
	if (status == DATETIME_OK)
		status = finish_hour(d);
	if (status != DATETIME_OK || d->out->special != DATETIME_PLAIN)
		return status;
	if ((d->seen & HAS_DATE) != HAS_DATE)
		return DATETIME_BAD_FORMAT;
	return finish_zone(d);
}

bool
datetime_parse(StrView s, size_t limit, const char *type_name, const TypeContext *context,
			   ParsedDateTime *out, Error *err)
{
	static const TypeContext utc_context = {.zone = NULL};
	DateTimeFields fields;
	DateTimeDecoder d = {.context = context ? context : &utc_context, .fields = &fields, .out = out};
	DateTimeStatus status = datetime_split(s, limit, &fields);

	memset(out, 0, sizeof *out);
	if (status == DATETIME_OK)
		status = decode(&d);
	if (status == DATETIME_OK)
		return true;
	if (d.unknown_zone.data != NULL)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "time zone \"%.*s\" not recognized", (int)d.unknown_zone.len, d.unknown_zone.data);
	return datetime_report(status, s, type_name, err);
}
