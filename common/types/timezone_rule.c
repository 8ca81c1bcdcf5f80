/*
 * timezone_rule.c: reads POSIX rules and finds their transitions.
 *
 * A year has two transitions, so looking at the year of an instant and its neighbours always finds the one
 * before and the one after it.
 */
#include "common/types/timezone_rule.h"

static bool
take_char(StrView *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	s->data++;
	s->len--;
	return true;
}

static bool
take_number(StrView *s, int min, int max, int *out)
{
	int n = 0;
	bool any = false;

	while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9')
	{
		n = n * 10 + (s->data[0] - '0');
		if (n > max)
			return false;
		s->data++;
		s->len--;
		any = true;
	}
	*out = n;
	return any && n >= min;
}

/* "<+03>" or letters; the latter may be missing, which PostgreSQL allows. */
static bool
take_name(StrView *s, StrView *out)
{
	bool quoted = take_char(s, '<');
	const char *stops = quoted ? ">" : "0123456789,-+";
	size_t n = 0;

	while (n < s->len && strchr(stops, s->data[n]) == NULL)
		n++;
	*out = (StrView){s->data, n};
	s->data += n;
	s->len -= n;
	return !quoted || take_char(s, '>');
}

/* [+-]hh[:mm[:ss]] */
static bool
take_seconds(StrView *s, int32_t *out)
{
	bool negative = take_char(s, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative)
		take_char(s, '+');
	if (!take_number(s, 0, 167, &hours))
		return false;
	if (take_char(s, ':'))
	{
		if (!take_number(s, 0, 59, &minutes))
			return false;
		if (take_char(s, ':') && !take_number(s, 0, 60, &seconds))
			return false;
	}
	*out = (hours * 60 + minutes) * 60 + seconds;
	if (negative)
		*out = -*out;
	return true;
}

static bool
take_date(StrView *s, RuleDate *date)
{
	*date = (RuleDate){.seconds = 2 * SECONDS_PER_HOUR};
	if (take_char(s, 'J'))
	{
		date->kind = RULE_JULIAN;
		if (!take_number(s, 1, 365, &date->day))
			return false;
	}
	else if (take_char(s, 'M'))
	{
		date->kind = RULE_MONTH_WEEK_DAY;
		if (!take_number(s, 1, 12, &date->month) || !take_char(s, '.') ||
			!take_number(s, 1, 5, &date->week) || !take_char(s, '.') || !take_number(s, 0, 6, &date->day))
			return false;
	}
	else
	{
		date->kind = RULE_DAY_OF_YEAR;
		if (!take_number(s, 0, 365, &date->day))
			return false;
	}
	return !take_char(s, '/') || take_seconds(s, &date->seconds);
}

/* What follows the standard offset: the daylight name, its offset and the two dates; all but the name may be
 * missing. */
static bool
take_daylight(StrView *s, ZoneRule *rule, StrView *name)
{
	int32_t west;

	rule->has_daylight = true;
	rule->daylight.dst = true;
	rule->daylight.offset = rule->standard.offset + SECONDS_PER_HOUR;
	if (!take_name(s, name) || name->len == 0)
		return false;
	if (s->len > 0 && s->data[0] != ',')
	{
		if (!take_seconds(s, &west))
			return false;
		rule->daylight.offset = -west;
	}
	if (s->len == 0)
		*s = STR_LIT(",M3.2.0,M11.1.0"); /* the rule of the United States since 2007 */
	return take_char(s, ',') && take_date(s, &rule->start) && take_char(s, ',') && take_date(s, &rule->end);
}

bool
timezone_rule_parse(StrView s, Arena *arena, ZoneRule *rule)
{
	StrView standard, daylight = {0};
	int32_t west;

	*rule = (ZoneRule){.has_daylight = false};
	if (!take_name(&s, &standard) || !take_seconds(&s, &west))
		return false;
	rule->standard.offset = -west;
	if (s.len > 0 && (!take_daylight(&s, rule, &daylight) || s.len > 0))
		return false;
	rule->standard.abbreviation = arena_strndup(arena, standard.data, standard.len);
	rule->daylight.abbreviation = arena_strndup(arena, daylight.data, daylight.len);
	return true;
}

static int64_t
rule_day(const RuleDate *date, int32_t year)
{
	int64_t first = calendar_days(year, 1, 1);

	switch (date->kind)
	{
		case RULE_JULIAN: return first + date->day - 1 + (date->day >= 60 && calendar_leap_year(year));
		case RULE_DAY_OF_YEAR: return first + date->day;
		case RULE_MONTH_WEEK_DAY: break;
	}
	first = calendar_days(year, date->month, 1);
	int day = (date->day - calendar_weekday(first) + 7) % 7 + (date->week - 1) * 7;
	if (day >= calendar_days_in_month(year, date->month))
		day -= 7;
	return first + day;
}

/* The instant of the change, given the offset that holds before it. */
static int64_t
rule_instant(const RuleDate *date, int32_t year, int32_t offset_before)
{
	return (rule_day(date, year) + CALENDAR_UNIX_EPOCH_DAYS) * SECONDS_PER_DAY + date->seconds -
		   offset_before;
}

void
timezone_rule_span(const ZoneRule *rule, int64_t instant, ZoneSpan *span)
{
	int64_t day = floor_div(instant, SECONDS_PER_DAY) - CALENDAR_UNIX_EPOCH_DAYS;
	const ZoneType *type = &rule->standard;
	DateTime dt;

	span->from = INT64_MIN;
	span->until = INT64_MAX;
	calendar_split_days(day, &dt);
	for (int32_t year = dt.year - 1; rule->has_daylight && year <= dt.year + 1; year++)
	{
		int64_t changes[2] = {rule_instant(&rule->start, year, rule->standard.offset),
							  rule_instant(&rule->end, year, rule->daylight.offset)};

		for (int i = 0; i < 2; i++)
		{
			if (changes[i] > instant)
				span->until = Min(span->until, changes[i]);
			else if (changes[i] >= span->from)
			{
				span->from = changes[i];
				type = i == 0 ? &rule->daylight : &rule->standard;
			}
		}
	}
	span->offset = type->offset;
	span->dst = type->dst;
	span->abbreviation = type->abbreviation;
}
