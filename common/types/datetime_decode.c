/*
 * datetime_decode.c: numbers, dates with delimiters, times and zone offsets in date and time text.
 *
 * What an unlabelled number means follows from the parts of the moment still missing; DateStyle is MDY.
 */
#include "common/types/datetime_decode.h"

#include <math.h>

DateTimeStatus
datetime_fraction_micros(StrView s, int32_t *micros)
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

DateTimeStatus
datetime_decode_concatenated(DateTimeDecoder *d, StrView s, unsigned seen)
{
	DateTime *dt = &d->out->dt;
	const char *point = memchr(s.data, '.', s.len);
	const char *p = s.data;
	size_t len = s.len;

	if (point != NULL)
	{
		len = (size_t)(point - s.data);
		if (datetime_fraction_micros((StrView){point, s.len - len}, &dt->micros) != DATETIME_OK)
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
set_year(DateTimeDecoder *d, int32_t value, size_t digits)
{
	d->found = HAS_YEAR;
	d->out->dt.year = value;
	d->two_digit_year = digits <= 2;
}

void
datetime_set_month(DateTimeDecoder *d, int32_t value)
{
	d->found = HAS_MONTH;
	d->out->dt.month = value;
}

void
datetime_set_day(DateTimeDecoder *d, int32_t value)
{
	d->found = HAS_DAY;
	d->out->dt.day = value;
}

/* A number without label: which part of the date it is follows from those already seen. */
static DateTimeStatus
place_number(DateTimeDecoder *d, StrView s, int32_t value, bool text_month, unsigned seen)
{
	DateTime *dt = &d->out->dt;

	switch (seen & HAS_DATE)
	{
		case 0:
			if (s.len >= 3)
				set_year(d, value, s.len);
			else
				datetime_set_month(d, value);
			return DATETIME_OK;
		case HAS_YEAR: datetime_set_month(d, value); return DATETIME_OK;
		case HAS_MONTH:
			if (text_month && s.len >= 3)
				set_year(d, value, s.len);
			else
				datetime_set_day(d, value);
			return DATETIME_OK;
		case HAS_YEAR | HAS_MONTH:
			if (text_month && s.len >= 3 && d->two_digit_year)
			{
				/* what was taken for the year was the day: 08-Jan-1999 */
				datetime_set_day(d, dt->year);
				dt->year = value;
				d->two_digit_year = false;
			}
			else
				datetime_set_day(d, value);
			return DATETIME_OK;
		case HAS_DAY: datetime_set_month(d, value); return DATETIME_OK;
		case HAS_MONTH | HAS_DAY: set_year(d, value, s.len); return DATETIME_OK;
		case HAS_DATE: return datetime_decode_concatenated(d, s, seen);
		default: return DATETIME_BAD_FORMAT;
	}
}

DateTimeStatus
datetime_decode_number(DateTimeDecoder *d, StrView s, bool text_month, unsigned seen)
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
			return datetime_decode_concatenated(d, s, seen | HAS_DATE);
		if (datetime_fraction_micros(rest, &d->out->dt.micros) != DATETIME_OK)
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

DateTimeStatus
datetime_decode_date(DateTimeDecoder *d, StrView s)
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
		status = datetime_decode_number(d, parts[i], text_month, seen);
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

DateTimeStatus
datetime_decode_time(DateTimeDecoder *d, StrView s)
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
	if (s.len > 0 && (s.data[0] != '.' || datetime_fraction_micros(s, &dt->micros) != DATETIME_OK))
		return DATETIME_BAD_FORMAT;
	if (dt->minute > 59 || dt->second > 60 || hour > 24)
		return DATETIME_FIELD_OUT_OF_RANGE;
	dt->hour = (int32_t)hour;
	if (((hour * 60 + dt->minute) * 60 + dt->second) * MICROS_PER_SECOND + dt->micros > MICROS_PER_DAY)
		return DATETIME_FIELD_OUT_OF_RANGE; /* 24:00:00 and 23:59:60 are the last */
	return DATETIME_OK;
}

DateTimeStatus
datetime_decode_offset(StrView s, int32_t *east)
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
