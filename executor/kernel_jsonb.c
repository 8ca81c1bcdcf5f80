/*
 * kernel_jsonb.c: kernels of jsonb.
 *
 * The access operators have no result where the path leads nowhere, so they see to NULLs themselves.
 */
#include "common/types/jsonb.h"

#include "executor/kernel_compare.h"
#include "executor/kernels.h"

/* All rows: out becomes the value of found (an expression that sets out[i]), or NULL. */
#define KERNEL_LOOP_NULLABLE(found)                                                           \
	Text *out = KERNEL_OUT(call, Text);                                                       \
                                                                                              \
	call->out->validity = call->out->validity_space;                                          \
	bitmap_fill(call->out->validity, call->n, true);                                          \
	for (uint32_t i = 0; i < call->n; i++)                                                    \
	{                                                                                         \
		if (column_is_null(call->args[0], i) || column_is_null(call->args[1], i) || !(found)) \
		{                                                                                     \
			out[i] = (Text){0};                                                               \
			bitmap_clear(call->out->validity, i);                                             \
		}                                                                                     \
	}

void
kernel_jsonb_get_key(const KernelCall *call)
{
	const Text *j = KERNEL_ARG(call, 0, Text);
	const Text *key = KERNEL_ARG(call, 1, Text);

	KERNEL_LOOP_NULLABLE(jsonb_get_key(j[i], key[i], &out[i]))
}

void
kernel_jsonb_get_index(const KernelCall *call)
{
	const Text *j = KERNEL_ARG(call, 0, Text);
	const int32_t *index = KERNEL_ARG(call, 1, int32_t);

	KERNEL_LOOP_NULLABLE(jsonb_get_index(j[i], index[i], &out[i]))
}

void
kernel_jsonb_get_key_text(const KernelCall *call)
{
	const Text *j = KERNEL_ARG(call, 0, Text);
	const Text *key = KERNEL_ARG(call, 1, Text);

	KERNEL_LOOP_NULLABLE(jsonb_get_key(j[i], key[i], &out[i]) &&
						 jsonb_to_plain_text(out[i], &out[i], call->arena))
}

void
kernel_jsonb_get_index_text(const KernelCall *call)
{
	const Text *j = KERNEL_ARG(call, 0, Text);
	const int32_t *index = KERNEL_ARG(call, 1, int32_t);

	KERNEL_LOOP_NULLABLE(jsonb_get_index(j[i], index[i], &out[i]) &&
						 jsonb_to_plain_text(out[i], &out[i], call->arena))
}

KERNEL_COMPARE(kernel_jsonb, Text, jsonb_compare)

static inline bool
jsonb_from_text(Text t, Text *out, Arena *arena, Error *err)
{
	return jsonb_parse(text_view(t), out, arena, err);
}

KERNEL_UNARY_EXPR(kernel_cast_jsonb_text, Text, Text, a)
KERNEL_UNARY_ARENA(kernel_cast_text_jsonb, Text, Text, jsonb_from_text)
KERNEL_UNARY(kernel_cast_jsonb_boolean, Text, bool, jsonb_to_boolean)
KERNEL_UNARY_ARENA(kernel_cast_jsonb_numeric, Text, Numeric, jsonb_to_numeric)
KERNEL_UNARY_ARENA(kernel_cast_jsonb_integer, Text, int32_t, jsonb_to_integer)
KERNEL_UNARY_ARENA(kernel_cast_jsonb_bigint, Text, int64_t, jsonb_to_bigint)
KERNEL_UNARY_ARENA(kernel_cast_jsonb_double, Text, double, jsonb_to_double)
