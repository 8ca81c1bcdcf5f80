/*
 * kernel_text.c: kernels of text.
 */
#include "common/types/text.h"

#include "executor/kernel_compare.h"
#include "executor/kernels.h"

KERNEL_BINARY_EXPR(kernel_text_eq, Text, Text, bool, text_equal(a, b))
KERNEL_BINARY_EXPR(kernel_text_ne, Text, Text, bool, !text_equal(a, b))
KERNEL_COMPARE_ORDER(kernel_text, Text, text_compare)

KERNEL_BINARY_EXPR(kernel_text_concat, Text, Text, Text, text_concat(a, b, call->arena))

static inline bool
not_like(Text t, Text pattern, bool *out, Error *err)
{
	bool ok = text_like(t, pattern, out, err);

	*out = !*out;
	return ok;
}

KERNEL_BINARY(kernel_text_like, Text, Text, bool, text_like)
KERNEL_BINARY(kernel_text_not_like, Text, Text, bool, not_like)
KERNEL_BINARY_ARENA(kernel_like_escape, Text, Text, Text, text_like_escape)

KERNEL_UNARY_EXPR(kernel_text_lower, Text, Text, text_lower(a, call->arena))
KERNEL_UNARY_EXPR(kernel_text_upper, Text, Text, text_upper(a, call->arena))
KERNEL_UNARY_EXPR(kernel_text_length, Text, int32_t, (int32_t)text_count_chars(a.data, a.len))
KERNEL_UNARY_EXPR(kernel_text_octet_length, Text, int32_t, (int32_t)a.len)

KERNEL_BINARY_EXPR(kernel_text_substring_from, Text, int32_t, Text, text_substring_from(a, b))

void
kernel_text_substring(const KernelCall *call)
{
	const Text *t = KERNEL_ARG(call, 0, Text);
	const int32_t *start = KERNEL_ARG(call, 1, int32_t);
	const int32_t *count = KERNEL_ARG(call, 2, int32_t);

	KERNEL_LOOP_FALLIBLE(Text, text_substring(t[i], start[i], count[i], &out[i], call->err))
}

/* The set of characters is the second argument, or a space. */
static void
trim(const KernelCall *call, bool left, bool right)
{
	const Text *t = KERNEL_ARG(call, 0, Text);
	const Text *set = call->arg_count > 1 ? KERNEL_ARG(call, 1, Text) : NULL;
	Text space = text_make(" ", 1);
	Text *out = KERNEL_OUT(call, Text);

	for (uint32_t i = 0; i < call->n; i++)
		out[i] = text_trim(t[i], set != NULL ? set[i] : space, left, right);
}

void
kernel_text_btrim(const KernelCall *call)
{
	trim(call, true, true);
}

void
kernel_text_ltrim(const KernelCall *call)
{
	trim(call, true, false);
}

void
kernel_text_rtrim(const KernelCall *call)
{
	trim(call, false, true);
}
