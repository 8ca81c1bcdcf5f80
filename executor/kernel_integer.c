/*
 * kernel_integer.c: kernels of integer and bigint.
 *
 * The idea: a first loop computes all rows without a branch, and notes whether any overflowed; only then the
 * rows are gone through one by one, by the scalar functions that also know the error.
 */
#include "common/types/integer.h"
#include "executor/kernel_compare.h"
#include "executor/kernels.h"

/*
 * Operations on 32 bits are done in 64, those on 64 bits in unsigned arithmetic; overflow is an expression of
 * a, b and the result r that is negative if r is wrong.
 */
#define KERNEL_ADDITIVE(name, T, U, operator, overflow, function)             \
	void name(const KernelCall *call)                                         \
	{                                                                         \
		const T *restrict a = KERNEL_ARG(call, 0, T);                         \
		const T *restrict b = KERNEL_ARG(call, 1, T);                         \
		T *restrict result = KERNEL_OUT(call, T);                             \
		T wrong = 0;                                                          \
                                                                              \
		for (uint32_t i = 0; i < call->n; i++)                                \
		{                                                                     \
			T r = (T)((U)a[i] operator(U) b[i]);                              \
                                                                              \
			wrong |= overflow(a[i], b[i], r);                                 \
			result[i] = r;                                                    \
		}                                                                     \
		if (unlikely(wrong < 0))                                              \
		{                                                                     \
			KERNEL_LOOP_FALLIBLE(T, function(a[i], b[i], &out[i], call->err)) \
		}                                                                     \
	}

/* A sum is wrong if its sign differs from both operands', a difference if a's differs from b's and its own.
 */
#define SUM_WRONG(a, b, r) (((a) ^ (r)) & ((b) ^ (r)))
#define DIFFERENCE_WRONG(a, b, r) (((a) ^ (b)) & ((a) ^ (r)))

KERNEL_ADDITIVE(kernel_integer_add, int32_t, uint32_t, +, SUM_WRONG, integer_add)
KERNEL_ADDITIVE(kernel_integer_subtract, int32_t, uint32_t, -, DIFFERENCE_WRONG, integer_subtract)
KERNEL_ADDITIVE(kernel_bigint_add, int64_t, uint64_t, +, SUM_WRONG, bigint_add)
KERNEL_ADDITIVE(kernel_bigint_subtract, int64_t, uint64_t, -, DIFFERENCE_WRONG, bigint_subtract)

void
kernel_integer_multiply(const KernelCall *call)
{
	const int32_t *restrict a = KERNEL_ARG(call, 0, int32_t);
	const int32_t *restrict b = KERNEL_ARG(call, 1, int32_t);
	int32_t *restrict result = KERNEL_OUT(call, int32_t);
	bool wrong = false;

	for (uint32_t i = 0; i < call->n; i++)
	{
		int64_t product = (int64_t)a[i] * b[i];

		result[i] = (int32_t)product;
		wrong |= product != (int32_t)product;
	}
	if (unlikely(wrong))
	{
		KERNEL_LOOP_FALLIBLE(int32_t, integer_multiply(a[i], b[i], &out[i], call->err))
	}
}

KERNEL_BINARY(kernel_bigint_multiply, int64_t, int64_t, int64_t, bigint_multiply)
KERNEL_BINARY(kernel_integer_divide, int32_t, int32_t, int32_t, integer_divide)
KERNEL_BINARY(kernel_integer_modulo, int32_t, int32_t, int32_t, integer_modulo)
KERNEL_BINARY(kernel_bigint_divide, int64_t, int64_t, int64_t, bigint_divide)
KERNEL_BINARY(kernel_bigint_modulo, int64_t, int64_t, int64_t, bigint_modulo)

KERNEL_UNARY(kernel_integer_negate, int32_t, int32_t, integer_negate)
KERNEL_UNARY(kernel_integer_abs, int32_t, int32_t, integer_abs)
KERNEL_UNARY_EXPR(kernel_integer_plus, int32_t, int32_t, a)
KERNEL_UNARY(kernel_bigint_negate, int64_t, int64_t, bigint_negate)
KERNEL_UNARY(kernel_bigint_abs, int64_t, int64_t, bigint_abs)
KERNEL_UNARY_EXPR(kernel_bigint_plus, int64_t, int64_t, a)

KERNEL_COMPARE_NATIVE(kernel_integer, int32_t)
KERNEL_COMPARE_NATIVE(kernel_bigint, int64_t)

KERNEL_UNARY_EXPR(kernel_cast_integer_bigint, int32_t, int64_t, a)
KERNEL_UNARY(kernel_cast_bigint_integer, int64_t, int32_t, integer_from_bigint)
KERNEL_UNARY_EXPR(kernel_cast_integer_text, int32_t, Text, bigint_to_text(a, call->arena))
KERNEL_UNARY_EXPR(kernel_cast_bigint_text, int64_t, Text, bigint_to_text(a, call->arena))

static inline bool
integer_from_text(Text t, int32_t *out, Error *err)
{
	return integer_parse_fast(text_view(t), out) || integer_parse(text_view(t), out, err);
}

static inline bool
bigint_from_text(Text t, int64_t *out, Error *err)
{
	return bigint_parse_fast(text_view(t), out) || bigint_parse(text_view(t), out, err);
}

KERNEL_UNARY(kernel_cast_text_integer, Text, int32_t, integer_from_text)
KERNEL_UNARY(kernel_cast_text_bigint, Text, int64_t, bigint_from_text)
