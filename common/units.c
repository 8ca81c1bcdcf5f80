/*
 * units.c: reading and printing durations and sizes (contract in units.h).
 */
#include "common/units.h"

#include <math.h>

#include "common/ascii.h"

typedef struct Unit
{
	const char *name;
	int64_t factor;
	bool printed; /* the spelling that printing uses; printed ones stand in falling order */
} Unit;

static const Unit duration_units[] = {
	{"d", MICROS_PER_DAY, true},
	{"h", MICROS_PER_HOUR, true},
	{"min", MICROS_PER_MINUTE, true},
	{"s", MICROS_PER_SECOND, true},
	{"ms", MICROS_PER_MILLISECOND, true},
	{"us", 1, true},
	{"day", MICROS_PER_DAY, false},
	{"days", MICROS_PER_DAY, false},
	{"hour", MICROS_PER_HOUR, false},
	{"hours", MICROS_PER_HOUR, false},
	{"minute", MICROS_PER_MINUTE, false},
	{"minutes", MICROS_PER_MINUTE, false},
	{"mins", MICROS_PER_MINUTE, false},
	{"second", MICROS_PER_SECOND, false},
	{"seconds", MICROS_PER_SECOND, false},
	{"sec", MICROS_PER_SECOND, false},
	{"secs", MICROS_PER_SECOND, false},
	{"millisecond", MICROS_PER_MILLISECOND, false},
	{"milliseconds", MICROS_PER_MILLISECOND, false},
	{"microsecond", 1, false},
	{"microseconds", 1, false},
};

static const Unit size_units[] = {
	{"TB", 1024 * UNIT_GB, true}, {"GB", UNIT_GB, true},   {"MB", UNIT_MB, true},
	{"kB", UNIT_KB, true},        {"B", 1, true},          {"TiB", 1024 * UNIT_GB, false},
	{"GiB", UNIT_GB, false},      {"MiB", UNIT_MB, false}, {"KiB", UNIT_KB, false},
	{"KB", UNIT_KB, false},
};

static StrView
trim(StrView s)
{
	while (s.len > 0 && ascii_space(s.data[0]))
	{
		s.data++;
		s.len--;
	}
	while (s.len > 0 && ascii_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

static const Unit *
find_unit(const Unit *units, size_t count, StrView name)
{
	for (size_t i = 0; i < count; i++)
	{
		if (str_equal(name, str_from_cstr(units[i].name)))
			return &units[i];
	}
	return NULL;
}

/* Cuts [+-]digits[.digits] off the front of *s. */
static bool
take_number(StrView *s, double *fraction, int64_t *whole, bool *negative, bool *overflow)
{
	size_t i = 0;
	size_t digits = 0;
	double scale = 1;

	*negative = s->len > 0 && s->data[0] == '-';
	if (s->len > 0 && (s->data[0] == '-' || s->data[0] == '+'))
		i++;
	for (; i < s->len && s->data[i] >= '0' && s->data[i] <= '9'; i++, digits++)
	{
		*overflow |= __builtin_mul_overflow(*whole, 10, whole);
		*overflow |= __builtin_add_overflow(*whole, s->data[i] - '0', whole);
	}
	if (i < s->len && s->data[i] == '.')
	{
		for (i++; i < s->len && s->data[i] >= '0' && s->data[i] <= '9'; i++, digits++)
			*fraction += (s->data[i] - '0') * (scale /= 10);
	}
	s->data += i;
	s->len -= i;
	return digits > 0;
}

static UnitsResult
parse(StrView s, const Unit *units, size_t count, int64_t bare, int64_t *out)
{
	int64_t whole = 0;
	double fraction = 0;
	bool negative;
	bool overflow = false;

	s = trim(s);
	if (!take_number(&s, &fraction, &whole, &negative, &overflow))
		return UNITS_INVALID;
	s = trim(s);
	if (s.len > 0)
	{
		const Unit *unit = find_unit(units, count, s);

		if (unit == NULL)
			return UNITS_BAD_UNIT;
		bare = unit->factor;
	}
	if (overflow || __builtin_mul_overflow(whole, bare, &whole))
		return UNITS_OVERFLOW;
	if (fraction > 0)
	{
		long double sum = rintl((long double)whole + (long double)fraction * (long double)bare);

		if (sum >= 0x1p63L)
			return UNITS_OVERFLOW;
		whole = (int64_t)sum;
	}
	*out = negative ? -whole : whole;
	return UNITS_OK;
}

UnitsResult
units_parse_duration(StrView s, int64_t *micros)
{
	return parse(s, duration_units, lengthof(duration_units), MICROS_PER_SECOND, micros);
}

UnitsResult
units_parse_size(StrView s, int64_t *bytes)
{
	return parse(s, size_units, lengthof(size_units), 1, bytes);
}

static void
print(int64_t value, const Unit *units, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count && value != 0; i++)
	{
		if (units[i].printed && value % units[i].factor == 0)
		{
			str_appendf(out, "%" PRId64 "%s", value / units[i].factor, units[i].name);
			return;
		}
	}
	str_appendf(out, "%" PRId64, value);
}

void
units_print_duration(int64_t micros, StrBuf *out)
{
	print(micros, duration_units, lengthof(duration_units), out);
}

void
units_print_size(int64_t bytes, StrBuf *out)
{
	print(bytes, size_units, lengthof(size_units), out);
}
