/*
 * generator_rule.c: what the generator's rules make (contract in generator_rule.h).
 *
 * The idea: a rule is a node with a class (name, bounds on its arguments, functions to prepare and to make)
 * and its arguments, which are words or rules. Numbers are kept as integers and a count of decimals, so that
 * decimals are exact.
 */
#include "connectors/generator_rule.h"

#include "connectors/generator_rule_node.h"

#include <math.h>
#include <stdio.h>

#include "common/hash.h"
#include "common/types/calendar.h"
#include "common/types/timestamp.h"

enum
{
	MAX_ZIPF = 1000000
};

/* ---- randomness ---- */

uint64_t
generator_random(uint64_t seed, int64_t number, uint64_t place)
{
	return hash_u64(hash_combine(hash_combine(seed, (uint64_t)number + 1), place));
}

static double
unit_of(uint64_t bits)
{
	return (double)(bits >> 11) * 0x1p-53;
}

double
generator_unit(uint64_t seed, int64_t number, uint64_t place)
{
	return unit_of(generator_random(seed, number, place));
}

static uint64_t
draw(const GeneratorMoment *m, uint64_t place)
{
	return generator_random(m->seed, m->number, place);
}

/* The place of a part of a rule. */
static uint64_t
inner(uint64_t place, int part)
{
	return hash_combine(place, (uint64_t)part + 1);
}

/* ---- words and numbers ---- */

/* Forgets what was appended since. */
static void
truncate_to(StrBuf *out, size_t len)
{
	out->len = len;
	out->data[len] = '\0';
}

static void
append_string(StrBuf *out, StrView word)
{
	str_append_json_string(out, word);
}

/* Both with the decimals of the one that has more. */
static bool
align(Decimal *a, Decimal *b)
{
	int decimals = Max(a->decimals, b->decimals);
	bool overflow =
		__builtin_mul_overflow(a->value, generator_power_of_10(decimals - a->decimals), &a->value) ||
		__builtin_mul_overflow(b->value, generator_power_of_10(decimals - b->decimals), &b->value);

	a->decimals = b->decimals = decimals;
	return !overflow;
}

static void
append_decimal(StrBuf *out, int64_t value, int decimals)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t unit = (uint64_t)generator_power_of_10(decimals);

	str_appendf(out, "%s%" PRIu64, value < 0 ? "-" : "", magnitude / unit);
	if (decimals > 0)
		str_appendf(out, ".%0*" PRIu64, decimals, magnitude % unit);
}

bool
generator_bad_rule(const GeneratorRule *rule, int position, const char *what, Error *err)
{
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position, "invalid generator rule: %s() %s",
					 rule->class->name, what);
}

static bool
decimal_argument(const GeneratorRule *rule, int i, Decimal *out)
{
	return rule->args[i].rule == NULL && generator_decimal_parse(rule->args[i].word, out);
}

static bool
whole_argument(const GeneratorRule *rule, int i, int64_t min, int64_t max, int64_t *out)
{
	Decimal d;

	if (!decimal_argument(rule, i, &d) || d.decimals != 0 || d.value < min || d.value > max)
		return false;
	*out = d.value;
	return true;
}

static bool
probability_argument(const GeneratorRule *rule, int i, double *out)
{
	Decimal d;

	if (!decimal_argument(rule, i, &d))
		return false;
	*out = (double)d.value / (double)generator_power_of_10(d.decimals);
	return *out >= 0 && *out <= 1;
}

/* ---- numbers ---- */

static bool
prepare_sequence(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	rule->low = rule->high = (Decimal){.value = 1};
	if ((rule->count > 0 && !decimal_argument(rule, 0, &rule->low)) ||
		(rule->count > 1 && !decimal_argument(rule, 1, &rule->high)) || !align(&rule->low, &rule->high))
		return generator_bad_rule(rule, position, "takes a first number and a step", err);
	return true;
}

static bool
make_sequence(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	(void)place;
	append_decimal(out,
				   (int64_t)((uint64_t)rule->low.value + (uint64_t)m->number * (uint64_t)rule->high.value),
				   rule->low.decimals);
	return true;
}

static bool
prepare_uniform(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	if (!decimal_argument(rule, 0, &rule->low) || !decimal_argument(rule, 1, &rule->high) ||
		!align(&rule->low, &rule->high) || rule->low.value > rule->high.value)
		return generator_bad_rule(rule, position, "takes two numbers, the lower one first", err);
	return true;
}

static bool
make_uniform(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	uint64_t range = (uint64_t)rule->high.value - (uint64_t)rule->low.value + 1;
	uint64_t more = (uint64_t)((uint128)draw(m, place) * range >> 64);

	append_decimal(out, (int64_t)((uint64_t)rule->low.value + more), rule->low.decimals);
	return true;
}

/* Turns weights into shares of the first so many. */
static void
accumulate(double *weights, int64_t count)
{
	double sum = 0;

	for (int64_t i = 0; i < count; i++)
		weights[i] = sum += weights[i];
	for (int64_t i = 0; i < count; i++)
		weights[i] /= sum;
	weights[count - 1] = 1;
}

/* The first whose share is above u. */
static int64_t
pick(const double *cumulative, int64_t count, double u)
{
	int64_t low = 0;
	int64_t high = count - 1;

	while (low < high)
	{
		int64_t middle = (low + high) / 2;

		if (cumulative[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool
prepare_zipf(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	Decimal exponent = {.value = 1};
	double s;

	if (!whole_argument(rule, 0, 1, MAX_ZIPF, &rule->number) ||
		(rule->count > 1 && (!decimal_argument(rule, 1, &exponent) || exponent.value < 0)))
		return generator_bad_rule(rule, position, "takes a number from 1 to 1000000 and an exponent", err);
	s = (double)exponent.value / (double)generator_power_of_10(exponent.decimals);
	rule->cumulative = ARENA_ARRAY(arena, double, rule->number);
	for (int64_t k = 0; k < rule->number; k++)
		rule->cumulative[k] = pow((double)(k + 1), -s);
	accumulate(rule->cumulative, rule->number);
	return true;
}

static bool
make_zipf(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	append_decimal(out, 1 + pick(rule->cumulative, rule->number, unit_of(draw(m, place))), 0);
	return true;
}

/* ---- words ---- */

static bool
prepare_choice(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	double sum = 0;

	rule->cumulative = ARENA_ARRAY(arena, double, rule->count);
	for (int i = 0; i < rule->count; i++)
	{
		if (rule->args[i].rule != NULL)
			return generator_bad_rule(rule, position,
									  "takes words, each maybe with a weight, such as view:90", err);
		sum += rule->cumulative[i] = rule->args[i].weight;
	}
	if (sum <= 0)
		return generator_bad_rule(rule, position, "needs a weight above 0", err);
	accumulate(rule->cumulative, rule->count);
	return true;
}

static bool
make_choice(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	append_string(out, rule->args[pick(rule->cumulative, rule->count, unit_of(draw(m, place)))].word);
	return true;
}

static bool
prepare_word(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	return rule->args[0].rule == NULL || generator_bad_rule(rule, position, "takes a word", err);
}

static bool
make_constant(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	(void)m;
	(void)place;
	append_string(out, rule->args[0].word);
	return true;
}

static bool
make_json(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	(void)m;
	(void)place;
	str_append_view(out, rule->args[0].word);
	return true;
}

static bool
prepare_boolean(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	rule->probability = 0.5;
	return rule->count == 0 || probability_argument(rule, 0, &rule->probability) ||
		   generator_bad_rule(rule, position, "takes a probability from 0 to 1", err);
}

static bool
make_boolean(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	str_append_cstr(out, unit_of(draw(m, place)) < rule->probability ? "true" : "false");
	return true;
}

static bool
prepare_hex(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	return whole_argument(rule, 0, 1, 1 << 20, &rule->number) ||
		   generator_bad_rule(rule, position, "takes a number of digits from 1 to 1048576", err);
}

static bool
make_hex(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	str_append_char(out, '"');
	for (int64_t i = 0; i < rule->number; i += 16)
	{
		char digits[17];

		snprintf(digits, sizeof digits, "%016" PRIx64, draw(m, inner(place, (int)(i / 16))));
		str_append(out, digits, (size_t)Min(rule->number - i, 16));
	}
	str_append_char(out, '"');
	return true;
}

static bool
make_uuid(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	uint64_t a = draw(m, place);
	uint64_t b = draw(m, inner(place, 0));

	(void)rule;
	str_appendf(out, "\"%08x-%04x-4%03x-%04x-%012" PRIx64 "\"", (uint32_t)(a >> 32),
				(uint32_t)(a >> 16 & 0xffff), (uint32_t)(a & 0xfff), (uint32_t)(b >> 48 & 0x3fff) | 0x8000,
				b & UINT64_C(0xffffffffffff));
	return true;
}

/* ---- time ---- */

static const char *const time_formats[] = {"iso", "unix_s", "unix_ms", "unix_us"};

static bool
prepare_time(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	if (rule->count == 0)
		return true;
	for (; rule->number < (int64_t)lengthof(time_formats); rule->number++)
	{
		if (rule->args[0].rule == NULL &&
			str_equal(rule->args[0].word, str_from_cstr(time_formats[rule->number])))
			return true;
	}
	return generator_bad_rule(rule, position, "takes iso, unix_s, unix_ms or unix_us", err);
}

static bool
make_time(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	static const int64_t divisors[] = {0, 1000000, 1000, 1};
	DateTime dt;

	(void)place;
	if (rule->number > 0)
	{
		str_appendf(
			out, "%" PRId64,
			floor_div(m->time + (int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY, divisors[rule->number]));
		return true;
	}
	calendar_split_micros(m->time, &dt);
	str_appendf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", dt.year, dt.month, dt.day, dt.hour, dt.minute,
				dt.second, dt.micros);
	return true;
}

/* ---- rules of rules ---- */

static bool
prepare_prefix(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	if (rule->args[0].rule != NULL || rule->args[1].rule == NULL ||
		(rule->count > 2 && !whole_argument(rule, 2, 1, 100, &rule->number)))
		return generator_bad_rule(rule, position, "takes a word, a rule and a width", err);
	return true;
}

/* A value that is a string is in JSON's spelling already, and goes on behind the prefix as it is. */
static bool
make_prefix(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	StrBuf value = {0};
	StrBuf word = {0};
	bool is_string;
	StrView text;

	(void)generator_rule_make(rule->args[1].rule, m, inner(place, 0), &value);
	text = str_view(&value);
	is_string = text.len >= 2 && text.data[0] == '"';
	if (is_string)
		text = (StrView){text.data + 1, text.len - 2};
	str_append_view(&word, rule->args[0].word);
	for (size_t i = text.len; i < (size_t)rule->number; i++)
		str_append_char(&word, '0');
	if (!is_string)
		str_append_view(&word, text);
	append_string(out, str_view(&word));
	if (is_string)
	{
		truncate_to(out, out->len - 1);
		str_append_view(out, text);
		str_append_char(out, '"');
	}
	str_free(&value);
	str_free(&word);
	return true;
}

static bool
prepare_object(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	for (int i = 0; i < rule->count; i++)
	{
		if (rule->args[i].rule == NULL || rule->args[i].name.data == NULL)
			return generator_bad_rule(rule, position,
									  "takes keys with rules, such as country: choice(DE, FR)", err);
	}
	return true;
}

static bool
make_object(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	bool first = true;

	str_append_char(out, '{');
	for (int i = 0; i < rule->count; i++)
	{
		size_t before = out->len;

		if (!first)
			str_append_char(out, ',');
		append_string(out, rule->args[i].name);
		str_append_char(out, ':');
		if (generator_rule_make(rule->args[i].rule, m, inner(place, i), out))
			first = false;
		else
			truncate_to(out, before);
	}
	str_append_char(out, '}');
	return true;
}

static bool
prepare_array(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	return (rule->args[0].rule != NULL && whole_argument(rule, 1, 0, 100000, &rule->number)) ||
		   generator_bad_rule(rule, position, "takes a rule and a number of elements", err);
}

static bool
make_array(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	str_append_char(out, '[');
	for (int64_t i = 0; i < rule->number; i++)
	{
		if (i > 0)
			str_append_char(out, ',');
		if (!generator_rule_make(rule->args[0].rule, m, inner(place, (int)i), out))
			str_append_cstr(out, "null");
	}
	str_append_char(out, ']');
	return true;
}

static bool
prepare_chance(GeneratorRule *rule, int position, Arena *arena, Error *err)
{
	(void)arena;
	return (probability_argument(rule, 0, &rule->probability) && rule->args[1].rule != NULL) ||
		   generator_bad_rule(rule, position, "takes a probability from 0 to 1 and a rule", err);
}

static bool
make_null(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	if (unit_of(draw(m, place)) >= rule->probability)
		return generator_rule_make(rule->args[1].rule, m, inner(place, 0), out);
	str_append_cstr(out, "null");
	return true;
}

static bool
make_missing(const GeneratorRule *rule, const GeneratorMoment *m, uint64_t place, StrBuf *out)
{
	return unit_of(draw(m, place)) >= rule->probability &&
		   generator_rule_make(rule->args[1].rule, m, inner(place, 0), out);
}

const RuleClass generator_rule_classes[] = {
#define GENERATOR_RULE(name, min_args, max_args, prepare, make) {name, min_args, max_args, prepare, make},
#include "connectors/generator_rule_list.h"
#undef GENERATOR_RULE
};
const size_t generator_rule_class_count = lengthof(generator_rule_classes);

bool
generator_rule_make(const GeneratorRule *rule, const GeneratorMoment *moment, uint64_t place, StrBuf *out)
{
	return rule->class->make(rule, moment, place, out);
}

bool
generator_rule_is_time(const GeneratorRule *rule)
{
	return rule->class->make == make_time;
}
