/*
 * float.c: the type double precision (contract in float.h).
 *
 * Which digits are printed is decided in float_shortest.c; here they become text.
 */
#include "common/types/float.h"

#include <errno.h>
#include <math.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/types/input.h"
#include "common/types/integer.h"

bool
double_overflow(Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "value out of range: overflow");
}

bool
double_underflow(Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "value out of range: underflow");
}

/* Clinger's fast path: a significand below 2^53 and a power of ten up to 22 are exact, so one rounding is
 * right. */
bool
double_parse_fast(StrView s, double *out)
{
	static const double power_of_10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
										 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
	const char *p = s.data;
	const char *end = p + s.len;
	const char *point = NULL;
	bool negative = s.len > 0 && *p == '-';
	uint64_t significand = 0;
	double value;

	p += negative;
	if (end - p > 18 || p == end || !ascii_digit(*p))
		return false;
	for (; p < end; p++)
	{
		unsigned digit = (unsigned char)*p - '0';

		if (digit <= 9)
			significand = significand * 10 + digit;
		else if (*p == '.' && point == NULL && p + 1 < end)
			point = p;
		else
			return false;
	}
	if (significand > UINT64_C(1) << 53)
		return false;
	value = (double)significand / power_of_10[point ? end - point - 1 : 0];
	*out = negative ? -value : value;
	return true;
}

/* strtod() of the text without its blanks; s has a NUL after it. */
static bool
parse_with_strtod(const char *word, size_t len, StrView whole, double *out, Error *err)
{
	char *end;

	errno = 0;
	*out = strtod(word, &end);
	if (errno == ERANGE && (*out == 0 || isinf(*out)))
		return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION,
						 "\"%.*s\" is out of range for type double precision", (int)(end - word), word);
	if (end == word || end != word + len)
		return input_syntax_error("double precision", whole, err);
	return true;
}

bool
double_parse(StrView s, double *out, Error *err)
{
	char small[128];
	StrView word;
	char *copy;
	bool ok;

	if (likely(double_parse_fast(s, out)))
		return true;
	word = input_strip_blanks(s);
	if (word.len == 0)
		return input_syntax_error("double precision", s, err);
	copy = word.len < sizeof small ? small : mem_alloc(word.len + 1);
	memcpy(copy, word.data, word.len);
	copy[word.len] = '\0';
	ok = parse_with_strtod(copy, word.len, s, out, err);
	if (copy != small)
		mem_free(copy);
	return ok;
}

/* Digits with a point before the end or zeros after it: exponents from -4 to 14. */
static size_t
write_fixed(const char *digits, size_t count, int exponent, char *out)
{
	size_t whole;

	if (exponent < 0)
	{
		size_t zeros = (size_t)-exponent - 1;

		memcpy(out, "0.0000", 2 + zeros);
		memcpy(out + 2 + zeros, digits, count);
		return 2 + zeros + count;
	}
	whole = (size_t)exponent + 1;
	if (count <= whole)
	{
		memcpy(out, digits, count);
		memset(out + count, '0', whole - count);
		return whole;
	}
	memcpy(out, digits, whole);
	out[whole] = '.';
	memcpy(out + whole + 1, digits + whole, count - whole);
	return count + 1;
}

static size_t
write_scientific(const char *digits, size_t count, int exponent, char *out)
{
	char *p = out;
	unsigned magnitude = (unsigned)abs(exponent);

	*p++ = digits[0];
	if (count > 1)
	{
		*p++ = '.';
		memcpy(p, digits + 1, count - 1);
		p += count - 1;
	}
	*p++ = 'e';
	*p++ = exponent < 0 ? '-' : '+';
	if (magnitude < 10)
		*p++ = '0';
	return (size_t)(p - out) + integer_unsigned_to_chars(magnitude, p);
}

size_t
double_to_chars(double value, char *out)
{
	char digits[INTEGER_TEXT_MAX];
	size_t sign = signbit(value) && !isnan(value);
	size_t count;
	int exponent;

	if (isnan(value))
	{
		memcpy(out, "NaN", 3);
		return 3;
	}
	out[0] = '-';
	out += sign;
	value = fabs(value);
	if (isinf(value))
	{
		memcpy(out, "Infinity", 8);
		return sign + 8;
	}
	if (value == 0)
	{
		out[0] = '0';
		return sign + 1;
	}
	count = integer_unsigned_to_chars(double_shortest(value, &exponent), digits);
	exponent += (int)count - 1;
	if (exponent >= -4 && exponent < 15)
		return sign + write_fixed(digits, count, exponent, out);
	return sign + write_scientific(digits, count, exponent, out);
}

Text
double_to_text(double value, Arena *arena)
{
	char *out = arena_alloc(arena, DOUBLE_TEXT_MAX);

	return text_make(out, double_to_chars(value, out));
}

bool
double_add(double a, double b, double *out, Error *err)
{
	*out = a + b;
	return !(isinf(*out) && !isinf(a) && !isinf(b)) || double_overflow(err);
}

bool
double_subtract(double a, double b, double *out, Error *err)
{
	return double_add(a, -b, out, err);
}

bool
double_multiply(double a, double b, double *out, Error *err)
{
	*out = a * b;
	if (isinf(*out) && !isinf(a) && !isinf(b))
		return double_overflow(err);
	if (*out == 0 && a != 0 && b != 0)
		return double_underflow(err);
	return true;
}

bool
double_divide(double a, double b, double *out, Error *err)
{
	if (b == 0 && !isnan(a))
		return integer_division_by_zero(err);
	*out = a / b;
	if (isinf(*out) && !isinf(a))
		return double_overflow(err);
	if (*out == 0 && a != 0 && !isinf(b))
		return double_underflow(err);
	return true;
}

bool
double_to_integer(double a, int32_t *out, Error *err)
{
	a = rint(a);
	if (!(a >= -0x1p31 && a < 0x1p31))
		return integer_out_of_range(err);
	*out = (int32_t)a;
	return true;
}

bool
double_to_bigint(double a, int64_t *out, Error *err)
{
	a = rint(a);
	if (!(a >= -0x1p63 && a < 0x1p63))
		return bigint_out_of_range(err);
	*out = (int64_t)a;
	return true;
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	return double_parse(s, out, err);
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	str_reserve(out, DOUBLE_TEXT_MAX);
	out->len += double_to_chars(*(const double *)value, out->data + out->len);
	out->data[out->len] = '\0';
}

static int
compare(const void *a, const void *b)
{
	return double_compare(*(const double *)a, *(const double *)b);
}

/* Both zeros are equal, and so are all NaNs. */
static uint64_t
hash(const void *value)
{
	double v = *(const double *)value;
	uint64_t bits = 0;

	if (isnan(v))
		v = NAN;
	if (v != 0)
		memcpy(&bits, &v, sizeof bits);
	return hash_u64(bits);
}

const TypeClass double_class = {
	.id = TYPE_DOUBLE,
	.name = "double precision",
	.size = sizeof(double),
	.category = 'N',
	.preferred = true,
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
};
