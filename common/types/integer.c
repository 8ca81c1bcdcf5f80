/*
 * integer.c: the types integer and bigint (contract in integer.h).
 */
#include "common/types/integer.h"

#include "common/digits.h"

#include "common/hash.h"
#include "common/types/input.h"

bool
integer_out_of_range(Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "integer out of range");
}

bool
bigint_out_of_range(Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "bigint out of range");
}

bool
integer_division_by_zero(Error *err)
{
	return error_set(err, SQLSTATE_DIVISION_BY_ZERO, NO_POSITION, "division by zero");
}

/*
 * Reads an integer whose absolute value is at most limit (one more if negative). Digits are accumulated as a
 * negative number, whose range is the larger. An overflow is reported even if junk follows, as PostgreSQL
 * does.
 */
static bool
parse_signed(StrView whole, const char *type_name, int64_t limit, int64_t *out, Error *err)
{
	StrView s = input_strip_blanks(whole);
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = s.len > 0 && (s.data[0] == '-' || s.data[0] == '+');
	size_t first = i;
	int64_t value = 0;

	for (; i < s.len && ascii_digit(s.data[i]); i++)
	{
		if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
			__builtin_sub_overflow(value, (int64_t)(s.data[i] - '0'), &value) || value < -limit - 1)
			return input_range_error(type_name, whole, err);
	}
	if (i < s.len || i == first)
		return input_syntax_error(type_name, whole, err);
	if (!negative && value < -limit)
		return input_range_error(type_name, whole, err);
	*out = negative ? value : -value;
	return true;
}

bool
integer_parse(StrView s, int32_t *out, Error *err)
{
	int64_t value;

	if (!parse_signed(s, "integer", INT32_MAX, &value, err))
		return false;
	*out = (int32_t)value;
	return true;
}

bool
bigint_parse(StrView s, int64_t *out, Error *err)
{
	return parse_signed(s, "bigint", INT64_MAX, out, err);
}

size_t
integer_unsigned_to_chars(uint64_t value, char *out)
{
	return (size_t)(digits_put(out, value) - out);
}

size_t
bigint_to_chars(int64_t value, char *out)
{
	return (size_t)(digits_put_signed(out, value) - out);
}

Text
bigint_to_text(int64_t value, Arena *arena)
{
	char *out = arena_alloc(arena, INTEGER_TEXT_MAX);

	return text_make(out, bigint_to_chars(value, out));
}

bool
integer_divide(int32_t a, int32_t b, int32_t *out, Error *err)
{
	if (b == 0)
		return integer_division_by_zero(err);
	if (b == -1)
		return integer_negate(a, out, err);
	*out = a / b;
	return true;
}

bool
integer_modulo(int32_t a, int32_t b, int32_t *out, Error *err)
{
	if (b == 0)
		return integer_division_by_zero(err);
	*out = b == -1 ? 0 : a % b;
	return true;
}

bool
integer_negate(int32_t a, int32_t *out, Error *err)
{
	return integer_subtract(0, a, out, err);
}

bool
integer_abs(int32_t a, int32_t *out, Error *err)
{
	*out = a;
	return a >= 0 || integer_negate(a, out, err);
}

bool
integer_from_bigint(int64_t a, int32_t *out, Error *err)
{
	if (a != (int32_t)a)
		return integer_out_of_range(err);
	*out = (int32_t)a;
	return true;
}

bool
bigint_divide(int64_t a, int64_t b, int64_t *out, Error *err)
{
	if (b == 0)
		return integer_division_by_zero(err);
	if (b == -1)
		return bigint_negate(a, out, err);
	*out = a / b;
	return true;
}

bool
bigint_modulo(int64_t a, int64_t b, int64_t *out, Error *err)
{
	if (b == 0)
		return integer_division_by_zero(err);
	*out = b == -1 ? 0 : a % b;
	return true;
}

bool
bigint_negate(int64_t a, int64_t *out, Error *err)
{
	return bigint_subtract(0, a, out, err);
}

bool
bigint_abs(int64_t a, int64_t *out, Error *err)
{
	*out = a;
	return a >= 0 || bigint_negate(a, out, err);
}

static bool
integer_class_parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	return integer_parse(s, out, err);
}

static bool
bigint_class_parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	return bigint_parse(s, out, err);
}

static void
print_int64(int64_t value, StrBuf *out)
{
	str_reserve(out, INTEGER_TEXT_MAX);
	out->len += bigint_to_chars(value, out->data + out->len);
	out->data[out->len] = '\0';
}

static void
integer_print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	print_int64(*(const int32_t *)value, out);
}

static void
bigint_print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	print_int64(*(const int64_t *)value, out);
}

static int
integer_compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a;
	int32_t y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int
bigint_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t
integer_hash(const void *value)
{
	return hash_u64((uint64_t)(int64_t) * (const int32_t *)value);
}

static uint64_t
bigint_hash(const void *value)
{
	return hash_u64((uint64_t) * (const int64_t *)value);
}

const TypeClass integer_class = {
	.id = TYPE_INTEGER,
	.name = "integer",
	.size = sizeof(int32_t),
	.category = 'N',
	.parse = integer_class_parse,
	.print = integer_print,
	.compare = integer_compare,
	.hash = integer_hash,
};

const TypeClass bigint_class = {
	.id = TYPE_BIGINT,
	.name = "bigint",
	.size = sizeof(int64_t),
	.category = 'N',
	.parse = bigint_class_parse,
	.print = bigint_print,
	.compare = bigint_compare,
	.hash = bigint_hash,
};
