/*
 * numeric_text.c: text forms of numerics (contract in numeric.h).
 *
 * The idea: input collects the digits, notes where the point and the exponent put them, and builds the
 * coefficient: in two 64-bit halves if it has at most 38 digits, else in limbs. Output is the digits with a
 * point.
 */
#include "common/types/numeric.h"

#include "common/digits.h"
#include "common/memory.h"
#include "common/types/input.h"
#include "common/types/integer.h"
#include "common/types/numeric_wide.h"

/* The parts of a decimal as written: digits (point included) in [digits, digits_end). */
typedef struct Written
{
	bool negative;
	const char *digits;
	const char *digits_end;
	int64_t significant; /* digits from the first that is not zero */
	int64_t fraction;    /* digits after the point */
	int64_t exponent;
} Written;

/* Digits with at most one point; at least one digit must come first after it, if it leads. */
static bool
read_digits(Written *w, const char *p, const char *end)
{
	bool point = false;

	w->digits = p;
	if (p < end && *p == '.')
	{
		point = true;
		p++;
	}
	if (p == end || !ascii_digit(*p))
		return false;
	for (; p < end; p++)
	{
		if (*p == '.')
		{
			if (point)
				return false;
			point = true;
		}
		else if (ascii_digit(*p))
		{
			w->significant += w->significant > 0 || *p != '0';
			w->fraction += point;
		}
		else
			break;
	}
	w->digits_end = p;
	return true;
}

enum
{
	MAX_EXPONENT = INT32_MAX / 2
};

/* What strtol() reads: blanks, a sign, digits. Returns where it ended, or NULL if there is no digit. */
static const char *
read_exponent(Written *w, const char *p, const char *end)
{
	bool negative;
	const char *first;

	while (p < end && ascii_space(*p))
		p++;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	first = p;
	for (; p < end && ascii_digit(*p); p++)
		w->exponent = Min(w->exponent * 10 + (*p - '0'), MAX_EXPONENT);
	if (negative)
		w->exponent = -w->exponent;
	return p == first ? NULL : p;
}

static uint128
small_magnitude(const Written *w)
{
	uint64_t part[2] = {0, 0}; /* the digits but the last 19, and these */
	int64_t left = w->significant;

	for (const char *p = w->digits; p < w->digits_end && left > 0; p++)
	{
		int half = left <= 19;

		if (*p == '.' || (left == w->significant && *p == '0'))
			continue;
		part[half] = part[half] * 10 + (uint64_t)(*p - '0');
		left--;
	}
	return (uint128)part[0] * (uint64_t)numeric_power_of_10[19] + part[1];
}

static Limbs
limbs_of_written(const Written *w, Arena *arena)
{
	char *digits = mem_alloc((size_t)(w->digits_end - w->digits));
	size_t len = 0;
	Limbs limbs;

	for (const char *p = w->digits; p < w->digits_end; p++)
	{
		if (*p != '.')
			digits[len++] = *p;
	}
	limbs = limbs_from_chars(digits, len, arena);
	mem_free(digits);
	return limbs;
}

/* The value of what was written: its digits times 10^shift, with the rest of the exponent as scale. */
static bool
evaluate(const Written *w, Numeric *out, Arena *arena, Error *err)
{
	int64_t dscale = Max(w->fraction - w->exponent, 0);
	int64_t shift = Max(w->exponent - w->fraction, 0);

	if (dscale > NUMERIC_MAX_DSCALE || w->exponent >= MAX_EXPONENT || w->exponent <= -MAX_EXPONENT)
		return numeric_overflow(err);
	if (w->significant == 0)
		shift = 0;
	else if (w->significant + shift - dscale > NUMERIC_MAX_INTEGER_DIGITS)
		return numeric_overflow(err);
	if (w->significant + shift <= NUMERIC_SMALL_DIGITS)
	{
		uint128 magnitude = small_magnitude(w) * numeric_power_of_10[shift];

		*out = numeric_small(w->negative ? -(int128)magnitude : (int128)magnitude, (int32_t)dscale);
		return true;
	}
	return numeric_make(w->negative, limbs_shift_left(limbs_of_written(w, arena), shift, arena),
						(int32_t)dscale, out, arena, err);
}

static bool
equals_word(StrView s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}

static bool
parse_special(StrView s, Numeric *out)
{
	StrView word = s;
	bool negative = s.len > 0 && s.data[0] == '-';

	if (equals_word(s, "NaN"))
	{
		*out = numeric_special(NUMERIC_NAN);
		return true;
	}
	if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'))
		word = (StrView){s.data + 1, s.len - 1};
	if (!equals_word(word, "Infinity") && !equals_word(word, "inf"))
		return false;
	*out = numeric_special(negative ? NUMERIC_MINUS_INFINITY : NUMERIC_PLUS_INFINITY);
	return true;
}

bool
numeric_parse_fast(StrView s, Numeric *out)
{
	const char *p = s.data;
	const char *end = p + s.len;
	const char *point = NULL;
	bool negative = s.len > 0 && *p == '-';
	uint64_t value = 0;

	p += negative;
	if (end - p > 19 || p == end || !ascii_digit(*p)) /* 18 digits and a point, or 19 digits */
		return false;
	for (; p < end; p++)
	{
		unsigned digit = (unsigned char)*p - '0';

		if (likely(digit <= 9))
			value = value * 10 + digit;
		else if (*p == '.' && point == NULL && p + 1 < end)
			point = p;
		else
			return false;
	}
	*out = numeric_small(negative ? -(int128)value : (int128)value, point ? (int32_t)(end - point - 1) : 0);
	return true;
}

bool
numeric_parse(StrView s, Numeric *out, Arena *arena, Error *err)
{
	Written w = {0};
	StrView word;
	const char *p;
	const char *end;

	if (likely(numeric_parse_fast(s, out)))
		return true;
	word = input_strip_blanks(s);
	if (parse_special(word, out))
		return true;
	p = word.data;
	end = p + word.len;
	w.negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (!read_digits(&w, p, end))
		return input_syntax_error("numeric", s, err);
	p = w.digits_end;
	if (p < end && (*p == 'e' || *p == 'E'))
		p = read_exponent(&w, p + 1, end);
	if (p != NULL && p != end && (w.exponent >= MAX_EXPONENT || w.exponent <= -MAX_EXPONENT))
		return numeric_overflow(err);
	if (p != end)
		return input_syntax_error("numeric", s, err);
	return evaluate(&w, out, arena, err);
}

/* Writes the digits with sign and point; returns how many bytes. */
static size_t
write_decimal(bool negative, const char *digits, size_t count, size_t dscale, char *out)
{
	char *p = out;

	if (negative)
		*p++ = '-';
	if (count <= dscale)
	{
		size_t zeros = dscale - count;

		*p++ = '0';
		*p++ = '.';
		memset(p, '0', zeros);
		p += zeros;
	}
	else
	{
		memcpy(p, digits, count - dscale);
		p += count - dscale;
		digits += count - dscale;
		count = dscale;
		if (dscale > 0)
			*p++ = '.';
	}
	memcpy(p, digits, count);
	return (size_t)(p + count - out);
}

/* The decimal digits of a magnitude below 10^38; one '0' for zero. */
static size_t
small_to_chars(uint128 magnitude, char *out)
{
	uint64_t e19 = (uint64_t)numeric_power_of_10[19];
	char low[INTEGER_TEXT_MAX];
	size_t len;
	size_t low_len;

	if (magnitude < e19)
		return integer_unsigned_to_chars((uint64_t)magnitude, out);
	len = integer_unsigned_to_chars((uint64_t)(magnitude / e19), out);
	low_len = integer_unsigned_to_chars((uint64_t)(magnitude % e19), low);
	memset(out + len, '0', 19 - low_len);
	memcpy(out + len + 19 - low_len, low, low_len);
	return len + 19;
}

static const char *
special_name(NumericKind kind)
{
	return kind == NUMERIC_NAN ? "NaN" : kind == NUMERIC_PLUS_INFINITY ? "Infinity" : "-Infinity";
}

/* An upper bound of the output's length. */
static size_t
text_bound(Numeric n)
{
	size_t digits = n.kind == NUMERIC_BIG ? (size_t)n.big->digits.count * LIMB_DIGITS : 2 * INTEGER_TEXT_MAX;

	return digits + (size_t)n.dscale + 3;
}

/* A magnitude below 10^19 with less than 20 digits behind the point: almost every number that there is. */
static size_t
short_to_chars(bool negative, uint64_t magnitude, uint32_t dscale, char *out)
{
	char *p = out;

	*p = '-';
	p += negative;
	p = digits_put(p, magnitude / digit_powers[dscale]);
	if (dscale == 0)
		return (size_t)(p - out);
	*p++ = '.';
	return (size_t)(digits_put_fixed(p, magnitude % digit_powers[dscale], dscale) - out);
}

/* Writes the output form of a finite value into text_bound() bytes. */
static size_t
to_chars(Numeric n, char *out)
{
	char small[2 * INTEGER_TEXT_MAX];
	char *digits;
	size_t len;

	if (likely(n.kind == NUMERIC_SMALL))
	{
		uint128 magnitude = numeric_magnitude(n.small);

		if (likely(magnitude <= INT64_MAX && n.dscale < DIGITS_MAX))
			return short_to_chars(n.small < 0, (uint64_t)magnitude, (uint32_t)n.dscale, out);
		len = small_to_chars(magnitude, small);
		return write_decimal(n.small < 0, small, len, (size_t)n.dscale, out);
	}
	digits = mem_alloc((size_t)n.big->digits.count * LIMB_DIGITS);
	len = limbs_to_chars(n.big->digits, digits);
	len = write_decimal(n.big->negative, digits, len, (size_t)n.dscale, out);
	mem_free(digits);
	return len;
}

void
numeric_print(Numeric n, StrBuf *out)
{
	if (!numeric_is_finite(n))
	{
		str_append_cstr(out, special_name(n.kind));
		return;
	}
	str_reserve(out, text_bound(n));
	out->len += to_chars(n, out->data + out->len);
	out->data[out->len] = '\0';
}

Text
numeric_to_text(Numeric n, Arena *arena)
{
	char *out;

	if (!numeric_is_finite(n))
		return text_make(special_name(n.kind), strlen(special_name(n.kind)));
	out = arena_alloc(arena, text_bound(n));
	return text_make(out, to_chars(n, out));
}
