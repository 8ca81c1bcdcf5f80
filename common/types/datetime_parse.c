/*
 * datetime_parse.c: what the fields of date and time text mean.
 *
 * Fields are taken from left to right. The decoder remembers which parts of a moment it has seen; a field
 * that sets a part again is an error, and a number's meaning follows from the parts still missing (month
 * first, as DateStyle MDY says). Months, ranges and zones are checked when all fields are read, since a year
 * may come last.
 */
#include "common/types/datetime_parse.h"

#include <math.h>

#include "common/types/timezone.h"

/* The parts of a moment; a set of them. */
enum
{
	HAS_SPECIAL = 1 << 0,
	HAS_YEAR = 1 << 1,
	HAS_MONTH = 1 << 2,
	HAS_DAY = 1 << 3,
	HAS_DAY_OF_YEAR = 1 << 4,
	HAS_HOUR = 1 << 5,
	HAS_MINUTE = 1 << 6,
	HAS_SECOND = 1 << 7,
	HAS_FRACTION = 1 << 8,
	HAS_ZONE = 1 << 9,
	HAS_DAYLIGHT = 1 << 10,          /* a daylight-saving abbreviation */
	HAS_DAYLIGHT_MODIFIER = 1 << 11, /* the word "dst" */
	HAS_DYNAMIC_ZONE = 1 << 12,
	HAS_MERIDIEM = 1 << 13,
	HAS_ERA = 1 << 14,
	HAS_WEEKDAY = 1 << 15,
	HAS_DATE = HAS_YEAR | HAS_MONTH | HAS_DAY,
	HAS_TIME = HAS_HOUR | HAS_MINUTE | HAS_SECOND | HAS_FRACTION
};

typedef enum Label
{
	LABEL_NONE,
	LABEL_UNIT, /* Decoder.label_unit says what the next number is */
	LABEL_TIME  /* "t": a time follows */
} Label;

typedef enum Meridiem
{
	MERIDIEM_NONE,
	MERIDIEM_AM,
	MERIDIEM_PM
} Meridiem;

typedef struct Decoder
{
	const TypeContext *context;
	const DateTimeFields *fields;
	int index;      /* of the current field */
	unsigned seen;  /* parts that earlier fields set */
	unsigned found; /* parts that the current field sets */
	ParsedDateTime *out;
	int32_t day_of_year;
	Label label;
	DateTimeUnit label_unit;
	Meridiem meridiem;
	bool text_month;
	bool julian;
	bool two_digit_year;
	bool bc;
	const TimeZone *zone; /* named in full */
	const TimeZone *abbreviation_zone;
	StrView abbreviation;
	StrView unknown_zone; /* set when decoding failed because of it */
} Decoder;

static DateTimeStatus
fraction_micros(StrView s, int32_t *micros)
{
	double fraction;

	if (!datetime_fraction(s, &fraction))
		return DATETIME_BAD_FORMAT;
	*micros = (int32_t)rint(fraction * 1000000);
	return DATETIME_OK;
}

/* atoi() as PostgreSQL's concatenated dates use it: what doesn't fit is cut. */
static int32_t
digits_value(const char *p, size_t len)
{
	StrView s = {p, len};
	bool overflow = false;

	return (int32_t)datetime_take_int64(&s, &overflow);
}

/* "yyyymmdd", "hhmmss" or "hhmm", perhaps with a fraction of a second. */
static DateTimeStatus
decode_concatenated(Decoder *d, StrView s, unsigned seen)
{
	DateTime *dt = &d->out->dt;
	const char *point = memchr(s.data, '.', s.len);
	const char *p = s.data;
	size_t len = s.len;

	if (point != NULL)
	{
		len = (size_t)(point - s.data);
		if (fraction_micros((StrView){point, s.len - len}, &dt->micros) != DATETIME_OK)
			return DATETIME_BAD_FORMAT;
	}
	else if ((seen & HAS_DATE) != HAS_DATE && len >= 6)
	{
		d->found = HAS_DATE;
		dt->day = digits_value(p + len - 2, 2);
		dt->month = digits_value(p + len - 4, 2);
		dt->year = digits_value(p, len - 4);
		if (len - 4 == 2)
			d->two_digit_year = true;
		return DATETIME_OK;
	}
	if ((seen & HAS_TIME) == HAS_TIME || (len != 6 && len != 4))
		return DATETIME_BAD_FORMAT;
	d->found = HAS_TIME;
	dt->second = len == 6 ? digits_value(p + 4, 2) : 0;
	dt->minute = digits_value(p + 2, 2);
	dt->hour = digits_value(p, 2);
	return DATETIME_OK;
}

static void
set_year(Decoder *d, int32_t value, size_t digits)
{
	d->found = HAS_YEAR;
	d->out->dt.year = value;
	d->two_digit_year = digits <= 2;
}

static void
set_month(Decoder *d, int32_t value)
{
	d->found = HAS_MONTH;
	d->out->dt.month = value;
}

static void
set_day(Decoder *d, int32_t value)
{
	d->found = HAS_DAY;
	d->out->dt.day = value;
}

/* A number without label: which part of the date it is follows from those already seen. */
static DateTimeStatus
place_number(Decoder *d, StrView s, int32_t value, bool text_month, unsigned seen)
{
	DateTime *dt = &d->out->dt;

	switch (seen & HAS_DATE)
	{
		case 0:
			if (s.len >= 3)
				set_year(d, value, s.len);
			else
				set_month(d, value);
			return DATETIME_OK;
		case HAS_YEAR: set_month(d, value); return DATETIME_OK;
		case HAS_MONTH:
			if (text_month && s.len >= 3)
				set_year(d, value, s.len);
			else
				set_day(d, value);
			return DATETIME_OK;
		case HAS_YEAR | HAS_MONTH:
			if (text_month && s.len >= 3 && d->two_digit_year)
			{
				/* what was taken for the year was the day: 08-Jan-1999 */
				set_day(d, dt->year);
				dt->year = value;
				d->two_digit_year = false;
			}
			else
				set_day(d, value);
			return DATETIME_OK;
		case HAS_DAY: set_month(d, value); return DATETIME_OK;
		case HAS_MONTH | HAS_DAY: set_year(d, value, s.len); return DATETIME_OK;
		case HAS_DATE: return decode_concatenated(d, s, seen);
		default: return DATETIME_BAD_FORMAT;
	}
}

static DateTimeStatus
decode_number(Decoder *d, StrView s, bool text_month, unsigned seen)
{
	StrView rest = s;
	bool overflow = false;
	int32_t value = datetime_take_int32(&rest, &overflow);

	d->found = 0;
	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (rest.len == s.len)
		return DATETIME_BAD_FORMAT;
	if (rest.len > 0)
	{
		if (rest.data[0] != '.')
			return DATETIME_BAD_FORMAT;
		if (s.len - rest.len > 2)
			return decode_concatenated(d, s, seen | HAS_DATE);
		if (fraction_micros(rest, &d->out->dt.micros) != DATETIME_OK)
			return DATETIME_BAD_FORMAT;
	}
	if (s.len == 3 && (seen & HAS_DATE) == HAS_YEAR && value >= 1 && value <= 366)
	{
		d->found = HAS_DAY_OF_YEAR | HAS_MONTH | HAS_DAY;
		d->day_of_year = value;
		return DATETIME_OK;
	}
	return place_number(d, s, value, text_month, seen);
}

/* The next run of digits or of letters in a date field; false if there is none. */
static bool
next_date_part(StrView *s, StrView *part)
{
	const char *p = s->data, *end = s->data + s->len, *start;

	while (p < end && !ascii_digit(*p) && !ascii_alpha(*p))
		p++;
	start = p;
	if (p == end)
		return false;
	if (ascii_digit(*p))
		while (p < end && ascii_digit(*p))
			p++;
	else
		while (p < end && ascii_alpha(*p))
			p++;
	*part = (StrView){start, (size_t)(p - start)};
	p += p < end; /* one delimiter, or the first character of the next part: PostgreSQL drops it too */
	*s = (StrView){p, (size_t)(end - p)};
	return true;
}

/* A date with delimiters. The month's name, wherever it stands, is read first. */
static DateTimeStatus
decode_date(Decoder *d, StrView s)
{
	StrView parts[DATETIME_MAX_FIELDS];
	unsigned seen = d->seen, all = 0;
	bool text_month = false;
	int count = 0;

	for (; s.len > 0 && count < DATETIME_MAX_FIELDS; count++)
		if (!next_date_part(&s, &parts[count]))
			return DATETIME_BAD_FORMAT;
	for (int i = 0; i < count; i++)
	{
		int value;
		WordKind kind;

		if (!ascii_alpha(parts[i].data[0]))
			continue;
		kind = datetime_word(parts[i], &value);
		if (kind == WORD_IGNORED)
			continue;
		if (kind != WORD_MONTH || (seen & HAS_MONTH))
			return DATETIME_BAD_FORMAT;
		d->out->dt.month = value;
		text_month = true;
		seen |= HAS_MONTH;
		all |= HAS_MONTH;
		parts[i].len = 0;
	}
	for (int i = 0; i < count; i++)
	{
		DateTimeStatus status;

		if (parts[i].len == 0)
			continue;
		status = decode_number(d, parts[i], text_month, seen);
		if (status != DATETIME_OK)
			return status;
		if (seen & d->found)
			return DATETIME_BAD_FORMAT;
		seen |= d->found;
		all |= d->found;
	}
	d->found = all;
	return (seen & ~(unsigned)(HAS_DAY_OF_YEAR | HAS_ZONE)) == HAS_DATE ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

/* hh:mm[:ss[.f]], or mm:ss.f */
static DateTimeStatus
decode_time(Decoder *d, StrView s)
{
	DateTime *dt = &d->out->dt;
	bool overflow = false;
	int64_t hour = datetime_take_int64(&s, &overflow);

	d->found = HAS_TIME;
	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	s = (StrView){s.data + 1, s.len - 1}; /* the tokeniser saw a colon there */
	dt->minute = datetime_take_int32(&s, &overflow);
	dt->second = 0;
	dt->micros = 0;
	if (overflow)
		return DATETIME_FIELD_OUT_OF_RANGE;
	if (s.len > 0 && s.data[0] == ':')
	{
		s = (StrView){s.data + 1, s.len - 1};
		dt->second = datetime_take_int32(&s, &overflow);
		if (overflow)
			return DATETIME_FIELD_OUT_OF_RANGE;
	}
	else if (s.len > 0 && s.data[0] == '.')
	{
		if (hour > INT32_MAX)
			return DATETIME_FIELD_OUT_OF_RANGE;
		dt->second = dt->minute;
		dt->minute = (int32_t)hour;
		hour = 0;
	}
	if (s.len > 0 && (s.data[0] != '.' || fraction_micros(s, &dt->micros) != DATETIME_OK))
		return DATETIME_BAD_FORMAT;
	if (dt->minute > 59 || dt->second > 60 || hour > 24)
		return DATETIME_FIELD_OUT_OF_RANGE;
	dt->hour = (int32_t)hour;
	if (((hour * 60 + dt->minute) * 60 + dt->second) * MICROS_PER_SECOND + dt->micros > MICROS_PER_DAY)
		return DATETIME_FIELD_OUT_OF_RANGE; /* 24:00:00 and 23:59:60 are the last */
	return DATETIME_OK;
}

/* ±hh[[:]mm[:ss]], not beyond 15:59:59 */
static DateTimeStatus
decode_offset(StrView s, int32_t *east)
{
	bool negative, overflow = false, joined;
	int32_t hours, minutes = 0, seconds = 0;
	size_t len = s.len;

	if (len == 0 || (s.data[0] != '+' && s.data[0] != '-'))
		return DATETIME_BAD_FORMAT;
	negative = s.data[0] == '-';
	s = (StrView){s.data + 1, s.len - 1};
	hours = datetime_take_int32(&s, &overflow);
	joined = s.len == 0 && len > 3;
	if (s.len > 0 && s.data[0] == ':')
	{
		s = (StrView){s.data + 1, s.len - 1};
		minutes = datetime_take_int32(&s, &overflow);
		if (s.len > 0 && s.data[0] == ':')
		{
			s = (StrView){s.data + 1, s.len - 1};
			seconds = datetime_take_int32(&s, &overflow);
		}
	}
	else if (joined)
	{
		minutes = hours % 100;
		hours /= 100;
	}
	if (overflow || hours < 0 || hours > 15 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
		return DATETIME_OFFSET_OUT_OF_RANGE;
	*east = (hours * 60 + minutes) * 60 + seconds;
	if (negative)
		*east = -*east;
	return s.len == 0 ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

/* ---- fields by kind ---- */

/* "hhmmss-zz" */
static DateTimeStatus
decode_time_with_offset(Decoder *d, StrView s)
{
	const char *minus;
	DateTimeStatus status;

	if ((d->seen & HAS_TIME) == HAS_TIME)
		return DATETIME_BAD_FORMAT;
	minus = memchr(s.data, '-', s.len);
	if (minus == NULL)
		return DATETIME_BAD_FORMAT;
	status = decode_offset((StrView){minus, s.len - (size_t)(minus - s.data)}, &d->out->offset);
	if (status != DATETIME_OK)
		return status;
	status = decode_concatenated(d, (StrView){s.data, (size_t)(minus - s.data)}, d->seen);
	d->found |= HAS_ZONE;
	return status;
}

/* "j2451545-02" */
static DateTimeStatus
decode_julian_with_offset(Decoder *d, StrView s)
{
	bool overflow = false;
	int32_t value = datetime_take_int32(&s, &overflow);

	if (overflow || value < 0)
		return DATETIME_FIELD_OUT_OF_RANGE;
	calendar_split_days((int64_t)value - CALENDAR_EPOCH_JULIAN, &d->out->dt);
	d->julian = true;
	d->label = LABEL_NONE;
	d->found = HAS_DATE | HAS_TIME | HAS_ZONE;
	return decode_offset(s, &d->out->offset);
}

static DateTimeStatus
decode_date_field(Decoder *d, StrView s)
{
	if (d->label == LABEL_UNIT && d->label_unit == UNIT_JULIAN)
		return decode_julian_with_offset(d, s);
	if (d->label == LABEL_NONE && (d->seen & (HAS_MONTH | HAS_DAY)) != (HAS_MONTH | HAS_DAY))
		return decode_date(d, s);
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
set_julian_day(Decoder *d, int32_t value, StrView fraction_text)
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
decode_labelled_unit(Decoder *d, int32_t value, StrView rest)
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
				set_month(d, value);
			return DATETIME_OK;
		case UNIT_DAY: set_day(d, value); return DATETIME_OK;
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
			return fraction_micros(rest, &dt->micros);
		case UNIT_JULIAN: return set_julian_day(d, value, rest);
		default: return DATETIME_BAD_FORMAT;
	}
}

static DateTimeStatus
decode_labelled_number(Decoder *d, StrView s)
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
	status = decode_concatenated(d, s, d->seen | HAS_DATE);
	return status != DATETIME_OK ? status : d->found == HAS_TIME ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

static DateTimeStatus
decode_number_field(Decoder *d, StrView s)
{
	const char *point = memchr(s.data, '.', s.len);

	if (d->label != LABEL_NONE)
		return decode_labelled_number(d, s);
	if (point != NULL && !(d->seen & HAS_DATE))
		return decode_date(d, s);
	if (point != NULL && point - s.data > 2)
		return decode_concatenated(d, s, d->seen);
	if (s.len >= 6 && (!(d->seen & HAS_DATE) || !(d->seen & HAS_TIME)))
		return decode_concatenated(d, s, d->seen);
	return decode_number(d, s, d->text_month, d->seen);
}

static void
set_now(Decoder *d)
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
set_today(Decoder *d, int days)
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
set_month_name(Decoder *d, int value)
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
expect_time(Decoder *d)
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
decode_unknown_word(Decoder *d, StrView s)
{
	d->zone = timezone_find(d->context->zones, s);
	d->found = HAS_ZONE;
	return d->zone ? DATETIME_OK : DATETIME_BAD_FORMAT;
}

static DateTimeStatus
decode_word(Decoder *d, StrView s)
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
decode_word_field(Decoder *d, StrView s)
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
decode_field(Decoder *d)
{
	StrView s = d->fields->items[d->index].text;

	switch (d->fields->items[d->index].kind)
	{
		case FIELD_DATE: return decode_date_field(d, s);
		case FIELD_TIME:
			if (d->label == LABEL_UNIT)
				return DATETIME_BAD_FORMAT;
			d->label = LABEL_NONE;
			return decode_time(d, s);
		case FIELD_OFFSET: d->found = HAS_ZONE; return decode_offset(s, &d->out->offset);
		case FIELD_NUMBER: return decode_number_field(d, s);
		case FIELD_WORD:
		case FIELD_SIGNED_WORD: break;
	}
	return decode_word_field(d, s);
}

/* ---- when all fields are read ---- */

static DateTimeStatus
finish_year(Decoder *d)
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
finish_date(Decoder *d)
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
finish_hour(Decoder *d)
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
finish_zone(Decoder *d)
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
decode(Decoder *d)
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
	Decoder d = {.context = context ? context : &utc_context, .fields = &fields, .out = out};
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
