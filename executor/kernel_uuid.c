/*
 * kernel_uuid.c: kernels of uuid.
 */
#include "common/types/uuid.h"

#include "executor/kernel_compare.h"
#include "executor/kernels.h"

KERNEL_COMPARE(kernel_uuid, Uuid, uuid_compare)

static inline bool
uuid_from_text(Text t, Uuid *out, Error *err)
{
	return uuid_parse(text_view(t), out, err);
}

KERNEL_UNARY_EXPR(kernel_cast_uuid_text, Uuid, Text, uuid_to_text(a, call->arena))
KERNEL_UNARY(kernel_cast_text_uuid, Text, Uuid, uuid_from_text)
