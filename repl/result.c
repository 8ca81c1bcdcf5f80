/*
 * result.c: turning batches into text cells (contract in result.h).
 */
#include "repl/result.h"

#include "common/memory.h"

static void
init_fields(Result *result, uint32_t count)
{
	*result = (Result){.field_count = count};
	arena_init(&result->arena, "result");
	result->fields = ARENA_ARRAY_ZERO(&result->arena, ResultField, count);
}

void
result_init(Result *result, const ResultColumn *columns, uint32_t count)
{
	init_fields(result, count);
	for (uint32_t i = 0; i < count; i++)
		result->fields[i] = (ResultField){
			.name = arena_strdup(&result->arena, columns[i].name),
			.right_aligned =
				columns[i].type.id != TYPE_UNKNOWN && type_class(columns[i].type.id)->category == 'N',
		};
}

void
result_init_text(Result *result, const char *const *names, uint32_t count)
{
	init_fields(result, count);
	for (uint32_t i = 0; i < count; i++)
		result->fields[i].name = arena_strdup(&result->arena, names[i]);
}

static StrView *
new_row(Result *result)
{
	size_t used = result->row_count * result->field_count;

	while (used + result->field_count > result->cell_capacity)
	{
		result->cell_capacity = result->cell_capacity ? result->cell_capacity * 2 : 256;
		result->cells = mem_realloc(result->cells, result->cell_capacity * sizeof *result->cells);
	}
	result->row_count++;
	return result->cells + used;
}

void
result_add_batch(Result *result, const Batch *batch, const TypeContext *context)
{
	StrBuf text = {0};

	for (uint32_t row = 0; row < batch->n; row++)
	{
		StrView *cells = new_row(result);

		for (uint32_t c = 0; c < result->field_count; c++)
		{
			const Column *column = &batch->columns[c];

			cells[c] = (StrView){0};
			if (column_is_null(column, row))
				continue;
			str_clear(&text);
			type_class(column->type)
				->print((const char *)column->data + row * type_size(column->type), context, &text);
			cells[c] = str_copy(&result->arena, str_view(&text));
		}
	}
	str_free(&text);
}

void
result_add_texts(Result *result, const char *const *texts)
{
	StrView *cells = new_row(result);

	for (uint32_t c = 0; c < result->field_count; c++)
		cells[c] = texts[c] == NULL ? (StrView){0} : str_copy(&result->arena, str_from_cstr(texts[c]));
}

void
result_add_views(Result *result, const StrView *texts)
{
	StrView *cells = new_row(result);

	for (uint32_t c = 0; c < result->field_count; c++)
		cells[c] = texts[c].data == NULL ? (StrView){0} : str_copy(&result->arena, texts[c]);
}

void
result_free(Result *result)
{
	mem_free(result->cells);
	arena_release(&result->arena);
	*result = (Result){0};
}
