/*
 * kernel_datetime.c: helpers of the date and time kernels: NULL results, parts as numbers, text casts.
 */
#include "executor/kernel_datetime.h"

#include <math.h>

void
kernel_writable_validity(const KernelCall *call)
{
	Column *out = call->out;
	size_t words = BITMAP_WORDS(call->n);

	bitmap_fill(out->validity_space, call->n, true);
	for (int i = 0; i < call->arg_count; i++)
	{
		const uint64_t *validity = call->args[i]->validity;

		for (size_t w = 0; validity != NULL && w < words; w++)
			out->validity_space[w] &= validity[w];
	}
	out->validity = out->validity_space;
}

void
kernel_store_numeric_part(const KernelCall *call, uint32_t row, const DateTimePart *part)
{
	Numeric *out = KERNEL_OUT(call, Numeric) + row;

	*out = (Numeric){.small = 0};
	switch (part->kind)
	{
		case PART_NULL: bitmap_clear(call->out->validity, row); break;
		case PART_NUMBER:
			*out = (Numeric){.small = part->exact, .dscale = part->scale, .kind = NUMERIC_SMALL};
			break;
		case PART_INFINITY: out->kind = NUMERIC_PLUS_INFINITY; break;
		case PART_MINUS_INFINITY: out->kind = NUMERIC_MINUS_INFINITY; break;
	}
}

void
kernel_store_double_part(const KernelCall *call, uint32_t row, const DateTimePart *part)
{
	double *out = KERNEL_OUT(call, double) + row;

	*out = 0;
	switch (part->kind)
	{
		case PART_NULL: bitmap_clear(call->out->validity, row); break;
		case PART_NUMBER: *out = part->approximate; break;
		case PART_INFINITY: *out = HUGE_VAL; break;
		case PART_MINUS_INFINITY: *out = -HUGE_VAL; break;
	}
}

void
kernel_parse_text(const KernelCall *call, const TypeClass *type)
{
	const Text *a = KERNEL_ARG(call, 0, Text);
	char *out = call->out->data;

	for (uint32_t i = 0; i < call->n; i++)
	{
		if (!kernel_wants(call, i))
			memset(out + i * type->size, 0, type->size);
		else if (!type->parse(text_view(a[i]), call->context, call->arena, out + i * type->size, call->err))
			kernel_fail(call, i, type->size);
	}
}

void
kernel_print_text(const KernelCall *call, const TypeClass *type)
{
	const char *a = call->args[0]->data;
	Text *out = KERNEL_OUT(call, Text);
	StrBuf text = {0};

	for (uint32_t i = 0; i < call->n; i++)
	{
		out[i] = (Text){0};
		if (!kernel_wants(call, i))
			continue;
		str_clear(&text);
		type->print(a + i * type->size, call->context, &text);
		out[i] = text_make(arena_strndup(call->arena, text.data, text.len), text.len);
	}
	str_free(&text);
}
