/*
 * interval.c: the type interval: text out, comparison, arithmetic, justification.
 *
 * Multiplication and division follow PostgreSQL step by step, because its rounding shows in the result: the
 * fraction of months becomes days (30 each), that of days becomes time.
 */
#include "common/types/interval.h"

#include <math.h>

#include "common/hash.h"

static bool
out_of_range(Error *err)
{
	return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
}

/* ---- text ---- */

static bool
interval_parse(StrView s, const TypeContext *context UNUSED, Arena *arena UNUSED, void *out, Error *err)
{
	return interval_parse_fields(s, 0, out, err);
}

/* What print_part() has to know of the parts before. */
typedef struct PrintState
{
	bool first;
	bool negative; /* the part before was: a positive one then gets a sign */
} PrintState;

static void
print_part(StrBuf *out, int64_t value, const char *unit, PrintState *state)
{
	if (value == 0)
		return;
	str_appendf(out, "%s%s%" PRId64 " %s%s", state->first ? "" : " ", state->negative && value > 0 ? "+" : "",
				value, unit, value != 1 ? "s" : "");
	state->negative = value < 0;
	state->first = false;
}

static void
print_time(StrBuf *out, int64_t micros, const PrintState *state)
{
	uint64_t rest = micros < 0 ? -(uint64_t)micros : (uint64_t)micros;
	const char *sign = micros < 0 ? "-" : state->negative ? "+" : "";
	char text[40], *p = text;

	p = put_digits(p, rest / MICROS_PER_HOUR, 2);
	*p++ = ':';
	p = put_two_digits(p, (uint32_t)(rest / MICROS_PER_MINUTE % 60));
	*p++ = ':';
	p = put_two_digits(p, (uint32_t)(rest / MICROS_PER_SECOND % 60));
	if (rest % MICROS_PER_SECOND != 0)
	{
		*p++ = '.';
		p = put_digits(p, rest % MICROS_PER_SECOND, 6);
		while (p[-1] == '0')
			p--;
	}
	str_append_cstr(out, state->first ? "" : " ");
	str_append_cstr(out, sign);
	str_append(out, text, (size_t)(p - text));
}

static void
interval_print(const void *value, const TypeContext *context UNUSED, StrBuf *out)
{
	const Interval *v = value;
	PrintState state = {.first = true};

	print_part(out, v->months / MONTHS_PER_YEAR, "year", &state);
	print_part(out, v->months % MONTHS_PER_YEAR, "mon", &state);
	print_part(out, v->days, "day", &state);
	if (state.first || v->micros != 0)
		print_time(out, v->micros, &state);
}

/* ---- comparison ---- */

int128
interval_span(Interval a)
{
	return (int128)a.micros + ((int128)a.months * DAYS_PER_MONTH + a.days) * MICROS_PER_DAY;
}

static int
interval_class_compare(const void *a, const void *b)
{
	return interval_compare(*(const Interval *)a, *(const Interval *)b);
}

static uint64_t
interval_hash(const void *value)
{
	int128 span = interval_span(*(const Interval *)value);

	return hash_combine((uint64_t)span, (uint64_t)(span >> 64));
}

static void
round_to(Interval *v, int digits)
{
	static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	int64_t unit = units[digits], half = unit / 2;

	if (v->micros >= 0)
		v->micros = (int64_t)((uint64_t)v->micros + (uint64_t)half) / unit * unit;
	else
		v->micros = -((-v->micros + half) / unit * unit);
}

static bool
apply_modifier(int32_t modifier, void *value, Arena *arena UNUSED, Error *err UNUSED)
{
	interval_restrict(value, INTERVAL_MODIFIER_FIELDS(modifier));
	if (INTERVAL_MODIFIER_DIGITS(modifier) != INTERVAL_ALL_DIGITS)
		round_to(value, INTERVAL_MODIFIER_DIGITS(modifier));
	return true;
}

/* "interval day to second(3)" and its like. */
static const char *
modified_name(int32_t modifier, Arena *arena)
{
	static const char *const names[] = {"year", "month", "day", "hour", "minute", "second"};
	unsigned fields = INTERVAL_MODIFIER_FIELDS(modifier);
	const char *first = NULL, *last = NULL, *qualifier = "";

	for (unsigned i = 0; i < lengthof(names); i++)
	{
		if ((fields & 1U << i) == 0)
			continue;
		first = first ? first : names[i];
		last = names[i];
	}
	if (first != NULL)
		qualifier =
			first == last ? arena_printf(arena, " %s", first) : arena_printf(arena, " %s to %s", first, last);
	return INTERVAL_MODIFIER_DIGITS(modifier) == INTERVAL_ALL_DIGITS
			   ? arena_printf(arena, "interval%s", qualifier)
			   : arena_printf(arena, "interval%s(%d)", qualifier, INTERVAL_MODIFIER_DIGITS(modifier));
}

const TypeClass interval_class = {
	.id = TYPE_INTERVAL,
	.name = "interval",
	.size = sizeof(Interval),
	.category = 'T',
	.preferred = true,
	.parse = interval_parse,
	.print = interval_print,
	.compare = interval_class_compare,
	.hash = interval_hash,
	.apply_modifier = apply_modifier,
	.modified_name = modified_name,
};

/* ---- arithmetic ---- */

bool
interval_plus(Interval a, Interval b, Interval *out, Error *err)
{
	if (__builtin_add_overflow(a.months, b.months, &out->months) ||
		__builtin_add_overflow(a.days, b.days, &out->days) ||
		__builtin_add_overflow(a.micros, b.micros, &out->micros))
		return out_of_range(err);
	return true;
}

bool
interval_minus(Interval a, Interval b, Interval *out, Error *err)
{
	if (__builtin_sub_overflow(a.months, b.months, &out->months) ||
		__builtin_sub_overflow(a.days, b.days, &out->days) ||
		__builtin_sub_overflow(a.micros, b.micros, &out->micros))
		return out_of_range(err);
	return true;
}

bool
interval_negate(Interval a, Interval *out, Error *err)
{
	return interval_minus((Interval){0}, a, out, err);
}

/* Rounds to microseconds, where a number of seconds was computed in floating point. */
static double
round_micros(double seconds)
{
	return rint(seconds * 1000000.0) / 1000000.0;
}

static bool
to_int32(double value, int32_t *out)
{
	if (!(value >= INT32_MIN && value <= INT32_MAX))
		return false;
	*out = (int32_t)value;
	return true;
}

static bool
to_int64(double value, int64_t *out)
{
	if (!(value >= (double)INT64_MIN && value < -(double)INT64_MIN))
		return false;
	*out = (int64_t)value;
	return true;
}

/* Gives the fractions of exact months and days, of which out has the whole parts, to days and time; time is
 * exact too. */
static bool
spill_fractions(double months, double days, double micros, Interval *out)
{
	double extra_days = round_micros((months - out->months) * DAYS_PER_MONTH);
	double seconds =
		round_micros((days - out->days + extra_days - (int32_t)extra_days) * (double)SECONDS_PER_DAY);

	if (fabs(seconds) >= SECONDS_PER_DAY)
	{
		int32_t whole = (int32_t)(seconds / SECONDS_PER_DAY);

		if (__builtin_add_overflow(out->days, whole, &out->days))
			return false;
		seconds -= whole * (double)SECONDS_PER_DAY;
	}
	return !__builtin_add_overflow(out->days, (int32_t)extra_days, &out->days) &&
		   to_int64(rint(micros + seconds * (double)MICROS_PER_SECOND), &out->micros);
}

bool
interval_multiply(Interval a, double factor, Interval *out, Error *err)
{
	double months = a.months * factor, days = a.days * factor;

	if (!to_int32(months, &out->months) || !to_int32(days, &out->days) ||
		!spill_fractions(months, days, (double)a.micros * factor, out))
		return out_of_range(err);
	return true;
}

bool
interval_divide(Interval a, double divisor, Interval *out, Error *err)
{
	double months = a.months / divisor, days = a.days / divisor;

	if (divisor == 0)
		return error_set(err, SQLSTATE_DIVISION_BY_ZERO, NO_POSITION, "division by zero");
	if (!to_int32(months, &out->months) || !to_int32(days, &out->days) ||
		!spill_fractions(months, days, (double)a.micros / divisor, out))
		return out_of_range(err);
	return true;
}

/* ---- justification ---- */

/* Moves whole units of *small, which has per_big of them in one of *big, to *big. */
static bool
move_whole(int32_t *big, int32_t *small, int32_t per_big)
{
	int32_t whole = *small / per_big;

	*small -= whole * per_big;
	return !__builtin_add_overflow(*big, whole, big);
}

static bool
move_whole_days(Interval *v)
{
	int64_t whole = v->micros / MICROS_PER_DAY;

	v->micros -= whole * MICROS_PER_DAY;
	return !__builtin_add_overflow(v->days, (int32_t)whole, &v->days);
}

/* Gives days the sign of the time, or the other way round. */
static void
level_time(Interval *v)
{
	if (v->days > 0 && v->micros < 0)
	{
		v->micros += MICROS_PER_DAY;
		v->days--;
	}
	else if (v->days < 0 && v->micros > 0)
	{
		v->micros -= MICROS_PER_DAY;
		v->days++;
	}
}

bool
interval_justify_hours(Interval a, Interval *out, Error *err)
{
	if (!move_whole_days(&a))
		return out_of_range(err);
	level_time(&a);
	*out = a;
	return true;
}

bool
interval_justify_days(Interval a, Interval *out, Error *err)
{
	if (!move_whole(&a.months, &a.days, DAYS_PER_MONTH))
		return out_of_range(err);
	if (a.months > 0 && a.days < 0)
	{
		a.days += DAYS_PER_MONTH;
		a.months--;
	}
	else if (a.months < 0 && a.days > 0)
	{
		a.days -= DAYS_PER_MONTH;
		a.months++;
	}
	*out = a;
	return true;
}

bool
interval_justify(Interval a, Interval *out, Error *err)
{
	/* days that could make the sum below overflow go to months first */
	if ((a.days > 0 && a.micros > 0) || (a.days < 0 && a.micros < 0))
		if (!move_whole(&a.months, &a.days, DAYS_PER_MONTH))
			return out_of_range(err);
	if (!move_whole_days(&a) || !move_whole(&a.months, &a.days, DAYS_PER_MONTH))
		return out_of_range(err);
	if (a.months > 0 && (a.days < 0 || (a.days == 0 && a.micros < 0)))
	{
		a.days += DAYS_PER_MONTH;
		a.months--;
	}
	else if (a.months < 0 && (a.days > 0 || (a.days == 0 && a.micros > 0)))
	{
		a.days -= DAYS_PER_MONTH;
		a.months++;
	}
	level_time(&a);
	*out = a;
	return true;
}
