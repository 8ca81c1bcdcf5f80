/*
 * kernel_float.c: kernels of double precision.
 *
 * As for integers, arithmetic is a loop that only notes whether a result is infinite or zero, which may be an
 * error; then the rows are looked at one by one.
 */
#include "common/types/float.h"

#include <math.h>

#include "executor/kernel_compare.h"
#include "executor/kernels.h"

/* suspicious: an expression of the operand b and the result r that holds wherever function may fail. */
#define KERNEL_ARITHMETIC(name, operator, suspicious, function)                              \
	void name(const KernelCall *call)                                                        \
	{                                                                                        \
		const double *restrict args_a = KERNEL_ARG(call, 0, double);                         \
		const double *restrict args_b = KERNEL_ARG(call, 1, double);                         \
		double *restrict result = KERNEL_OUT(call, double);                                  \
		bool look = false;                                                                   \
                                                                                             \
		for (uint32_t i = 0; i < call->n; i++)                                               \
		{                                                                                    \
			double b = args_b[i];                                                            \
			double r = args_a[i] operator b;                                                 \
                                                                                             \
			look |= (suspicious);                                                            \
			result[i] = r;                                                                   \
		}                                                                                    \
		if (look)                                                                            \
		{                                                                                    \
			KERNEL_LOOP_FALLIBLE(double, function(args_a[i], args_b[i], &out[i], call->err)) \
		}                                                                                    \
	}

#define INFINITE(r) (fabs(r) > 0x1.fffffffffffffp1023)

KERNEL_ARITHMETIC(kernel_double_add, +, INFINITE(r) | (b != b), double_add)
KERNEL_ARITHMETIC(kernel_double_subtract, -, INFINITE(r) | (b != b), double_subtract)
KERNEL_ARITHMETIC(kernel_double_multiply, *, INFINITE(r) | (b != b) | (r == 0), double_multiply)
KERNEL_ARITHMETIC(kernel_double_divide, /, INFINITE(r) | (r == 0) | (b == 0), double_divide)

KERNEL_UNARY_EXPR(kernel_double_negate, double, double, -a)
KERNEL_UNARY_EXPR(kernel_double_plus, double, double, a)
KERNEL_UNARY_EXPR(kernel_double_abs, double, double, fabs(a))
KERNEL_UNARY_EXPR(kernel_double_round, double, double, rint(a))
KERNEL_UNARY_EXPR(kernel_double_ceil, double, double, ceil(a))
KERNEL_UNARY_EXPR(kernel_double_floor, double, double, floor(a))
KERNEL_UNARY_EXPR(kernel_double_trunc, double, double, trunc(a))
KERNEL_UNARY_EXPR(kernel_double_sign, double, double, (a > 0) - (a < 0))

KERNEL_COMPARE(kernel_double, double, double_compare)

KERNEL_UNARY_EXPR(kernel_cast_integer_double, int32_t, double, a)
KERNEL_UNARY_EXPR(kernel_cast_bigint_double, int64_t, double, (double)a)
KERNEL_UNARY(kernel_cast_double_integer, double, int32_t, double_to_integer)
KERNEL_UNARY(kernel_cast_double_bigint, double, int64_t, double_to_bigint)
KERNEL_UNARY_EXPR(kernel_cast_double_text, double, Text, double_to_text(a, call->arena))

static inline bool
double_from_text(Text t, double *out, Error *err)
{
	return double_parse(text_view(t), out, err);
}

KERNEL_UNARY(kernel_cast_text_double, Text, double, double_from_text)
