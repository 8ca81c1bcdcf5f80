/*
 * kernel_boolean.c: kernels of boolean: comparisons and casts. AND, OR and NOT belong to expression programs.
 */
#include "common/types/boolean.h"
#include "executor/kernel_compare.h"
#include "executor/kernels.h"

KERNEL_COMPARE_NATIVE(kernel_boolean, bool)

static inline bool
boolean_from_text(Text t, bool *out, Error *err)
{
	return boolean_parse(text_view(t), out, err);
}

KERNEL_UNARY_EXPR(kernel_cast_boolean_text, bool, Text, boolean_to_text(a))
KERNEL_UNARY(kernel_cast_text_boolean, Text, bool, boolean_from_text)
KERNEL_UNARY_EXPR(kernel_cast_boolean_integer, bool, int32_t, a)
KERNEL_UNARY_EXPR(kernel_cast_integer_boolean, int32_t, bool, a != 0)
