/*
 * print_expanded.c: psql's expanded format (-x): one line per field, a ruled line per record.
 */
#include "repl/cell.h"
#include "repl/print.h"

/* "-[ RECORD n ]--+-----": the record number (0: none), padded with dashes around the column divider. */
static void
print_record_line(size_t record, int name_width, int value_width, FILE *out)
{
	int length = 1;

	fputc('-', out);
	if (record > 0)
		length += fprintf(out, "[ RECORD %zu ]", record);
	for (int i = length; i < name_width; i++)
		fputc('-', out);
	length -= name_width;
	if (length-- <= 0)
		fputc('-', out);
	if (length-- <= 0)
		fputc('+', out);
	if (length-- <= 0)
		fputc('-', out);
	for (int i = Max(length, 0); i < value_width; i++)
		fputc('-', out);
	fputc('\n', out);
}

static void
print_field(const Cell *name, const Cell *value, int name_width, int value_width, FILE *out)
{
	size_t lines = Max(name->line_count, value->line_count);

	for (size_t line = 0; line < lines; line++)
	{
		int shown = 0;

		if (line < name->line_count)
		{
			fwrite(name->lines[line].text.data, 1, name->lines[line].text.len, out);
			shown = name->lines[line].width;
		}
		fprintf(out, "%*s", name_width - shown, "");
		fputs(line + 1 < name->line_count ? "+|" : " |", out);
		if (line < value->line_count)
		{
			bool more = line + 1 < value->line_count;

			fputc(' ', out);
			fwrite(value->lines[line].text.data, 1, value->lines[line].text.len, out);
			if (more)
				fprintf(out, "%*s+", value_width - value->lines[line].width, "");
		}
		fputc('\n', out);
	}
}

static void
measure(const Result *result, const PrintOptions *options, Arena *arena, Cell *names, Cell *values,
		int *name_width, int *value_width)
{
	*name_width = *value_width = 0;
	for (uint32_t c = 0; c < result->field_count; c++)
	{
		cell_format(str_from_cstr(result->fields[c].name), arena, &names[c]);
		*name_width = Max(*name_width, names[c].width);
	}
	for (size_t i = 0; i < result->row_count * result->field_count; i++)
	{
		StrView text = result->cells[i];

		cell_format(text.data ? text : str_from_cstr(options->null_text), arena, &values[i]);
		*value_width = Max(*value_width, values[i].width);
	}
}

void
print_expanded(const Result *result, const PrintOptions *options, uint64_t first, FILE *out)
{
	uint32_t n = result->field_count;
	Arena arena;
	Cell *names, *values;
	int name_width, value_width;

	if (result->row_count == 0 || n == 0)
	{
		if (!options->tuples_only)
			print_row_count(result->row_count, out);
		fputc('\n', out);
		return;
	}
	arena_init(&arena, "expanded output");
	names = ARENA_ARRAY(&arena, Cell, n);
	values = ARENA_ARRAY(&arena, Cell, n * result->row_count);
	measure(result, options, &arena, names, values, &name_width, &value_width);
	for (size_t row = 0; row < result->row_count; row++)
	{
		if (!options->tuples_only || row > 0 || first > 1)
			print_record_line(options->tuples_only ? 0 : first + row, name_width, value_width, out);
		for (uint32_t c = 0; c < n; c++)
			print_field(&names[c], &values[row * n + c], name_width, value_width, out);
	}
	fputc('\n', out);
	arena_release(&arena);
}
