/*
 * kernel_numeric.c: kernels of numeric. The int128 path of each operation is inline (numeric.h).
 */
#include "common/types/numeric.h"

#include "executor/kernel_compare.h"
#include "executor/kernels.h"

KERNEL_BINARY_ARENA(kernel_numeric_add, Numeric, Numeric, Numeric, numeric_add)
KERNEL_BINARY_ARENA(kernel_numeric_subtract, Numeric, Numeric, Numeric, numeric_subtract)
KERNEL_BINARY_ARENA(kernel_numeric_multiply, Numeric, Numeric, Numeric, numeric_multiply)
KERNEL_BINARY_ARENA(kernel_numeric_divide, Numeric, Numeric, Numeric, numeric_divide)
KERNEL_BINARY_ARENA(kernel_numeric_modulo, Numeric, Numeric, Numeric, numeric_modulo)

KERNEL_UNARY_EXPR(kernel_numeric_negate, Numeric, Numeric, numeric_negate(a, call->arena))
KERNEL_UNARY_EXPR(kernel_numeric_plus, Numeric, Numeric, a)
KERNEL_UNARY_EXPR(kernel_numeric_abs, Numeric, Numeric, numeric_abs(a, call->arena))
KERNEL_UNARY_EXPR(kernel_numeric_sign, Numeric, Numeric, numeric_sign(a))

static inline bool
round_to_integer(Numeric n, Numeric *out, Arena *arena, Error *err)
{
	return numeric_round(n, 0, out, arena, err);
}

KERNEL_UNARY_ARENA(kernel_numeric_round, Numeric, Numeric, round_to_integer)
KERNEL_BINARY_ARENA(kernel_numeric_round_scale, Numeric, int32_t, Numeric, numeric_round)
KERNEL_UNARY_EXPR(kernel_numeric_trunc, Numeric, Numeric, numeric_trunc(a, 0, call->arena))
KERNEL_BINARY_EXPR(kernel_numeric_trunc_scale, Numeric, int32_t, Numeric, numeric_trunc(a, b, call->arena))
KERNEL_UNARY_ARENA(kernel_numeric_ceil, Numeric, Numeric, numeric_ceil)
KERNEL_UNARY_ARENA(kernel_numeric_floor, Numeric, Numeric, numeric_floor)

KERNEL_COMPARE(kernel_numeric, Numeric, numeric_compare)

KERNEL_UNARY_EXPR(kernel_cast_integer_numeric, int32_t, Numeric, numeric_from_int64(a))
KERNEL_UNARY_EXPR(kernel_cast_bigint_numeric, int64_t, Numeric, numeric_from_int64(a))
KERNEL_UNARY_ARENA(kernel_cast_double_numeric, double, Numeric, numeric_from_double)
KERNEL_UNARY(kernel_cast_numeric_integer, Numeric, int32_t, numeric_to_integer)
KERNEL_UNARY(kernel_cast_numeric_bigint, Numeric, int64_t, numeric_to_bigint)
KERNEL_UNARY(kernel_cast_numeric_double, Numeric, double, numeric_to_double)
KERNEL_UNARY_EXPR(kernel_cast_numeric_text, Numeric, Text, numeric_to_text(a, call->arena))

static inline bool
numeric_from_text(Text t, Numeric *out, Arena *arena, Error *err)
{
	return numeric_parse(text_view(t), out, arena, err);
}

KERNEL_UNARY_ARENA(kernel_cast_text_numeric, Text, Numeric, numeric_from_text)
