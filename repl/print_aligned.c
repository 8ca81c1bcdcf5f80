/*
 * print_aligned.c: psql's aligned format: a table with centred headers, numbers on the right, "+" where a
 * cell goes on in the next line.
 */
#include "repl/cell.h"
#include "repl/print.h"

/* All cells of the table, headers first, and what each column needs. */
typedef struct Table
{
	const Result *result;
	Cell *headers;
	Cell *cells;
	int *widths;
} Table;

static void
pad(FILE *out, int n)
{
	fprintf(out, "%*s", n > 0 ? n : 0, "");
}

static void
put(FILE *out, StrView s)
{
	fwrite(s.data, 1, s.len, out);
}

static void
measure(Table *table, const Result *result, const PrintOptions *options, Arena *arena)
{
	uint32_t n = result->field_count;

	table->result = result;
	table->headers = ARENA_ARRAY(arena, Cell, n);
	table->cells = ARENA_ARRAY(arena, Cell, n * result->row_count);
	table->widths = ARENA_ARRAY_ZERO(arena, int, n);
	for (uint32_t c = 0; c < n; c++)
	{
		cell_format(str_from_cstr(result->fields[c].name), arena, &table->headers[c]);
		table->widths[c] = table->headers[c].width;
	}
	for (size_t i = 0; i < n * result->row_count; i++)
	{
		StrView text = result->cells[i];

		cell_format(text.data ? text : str_from_cstr(options->null_text), arena, &table->cells[i]);
		table->widths[i % n] = Max(table->widths[i % n], table->cells[i].width);
	}
}

static size_t
tallest(const Cell *cells, uint32_t n)
{
	size_t lines = 1;

	for (uint32_t c = 0; c < n; c++)
		lines = Max(lines, cells[c].line_count);
	return lines;
}

static void
print_headers(const Table *table, FILE *out)
{
	uint32_t n = table->result->field_count;
	size_t lines = tallest(table->headers, n);

	for (size_t line = 0; line < lines; line++)
	{
		for (uint32_t c = 0; c < n; c++)
		{
			const Cell *cell = &table->headers[c];
			int width = table->widths[c];

			fputc(' ', out);
			if (line < cell->line_count)
			{
				int spaces = width - cell->lines[line].width;

				pad(out, spaces / 2);
				put(out, cell->lines[line].text);
				pad(out, (spaces + 1) / 2);
			}
			else
				pad(out, width);
			fputc(line + 1 < cell->line_count ? '+' : ' ', out);
			if (c + 1 < n)
				fputc('|', out);
		}
		fputc('\n', out);
	}
}

static void
print_rule(const Table *table, FILE *out)
{
	uint32_t n = table->result->field_count;

	fputc('-', out);
	for (uint32_t c = 0; c < n; c++)
	{
		for (int i = 0; i < table->widths[c]; i++)
			fputc('-', out);
		if (c + 1 < n)
			fputs("-+-", out);
	}
	fputs("-\n", out);
}

static void
print_cell_line(const Table *table, const Cell *cell, uint32_t c, size_t line, FILE *out)
{
	bool last = c + 1 == table->result->field_count;
	bool more = line + 1 < cell->line_count;
	int width = table->widths[c];

	fputc(' ', out);
	if (line >= cell->line_count)
	{
		if (!last)
			pad(out, width);
	}
	else
	{
		int spaces = width - cell->lines[line].width;

		if (table->result->fields[c].right_aligned)
			pad(out, spaces);
		put(out, cell->lines[line].text);
		if (!table->result->fields[c].right_aligned && (!last || more))
			pad(out, spaces);
	}
	if (more)
		fputc('+', out);
	else if (!last)
		fputc(' ', out);
	if (!last)
		fputc('|', out);
}

static void
print_row(const Table *table, size_t row, FILE *out)
{
	uint32_t n = table->result->field_count;
	const Cell *cells = &table->cells[row * n];
	size_t lines = tallest(cells, n);

	for (size_t line = 0; line < lines; line++)
	{
		for (uint32_t c = 0; c < n; c++)
			print_cell_line(table, &cells[c], c, line, out);
		fputc('\n', out);
	}
}

static void
print_title(const Table *table, const char *title, FILE *out)
{
	int total = (int)table->result->field_count * 3 - 1;
	int width = (int)strlen(title);

	for (uint32_t c = 0; c < table->result->field_count; c++)
		total += table->widths[c];
	pad(out, width < total ? (total - width) / 2 : 0);
	fprintf(out, "%s\n", title);
}

static void
print_table(const Table *table, bool header, FILE *out)
{
	if (header)
	{
		if (table->result->field_count > 0)
			print_headers(table, out);
		print_rule(table, out);
	}
	for (size_t row = 0; row < table->result->row_count && table->result->field_count > 0; row++)
		print_row(table, row, out);
}

void
print_aligned(const Result *result, const PrintOptions *options, FILE *out)
{
	Arena arena;
	Table table;

	arena_init(&arena, "aligned output");
	measure(&table, result, options, &arena);
	if (options->title != NULL && !options->tuples_only)
		print_title(&table, options->title, out);
	print_table(&table, !options->tuples_only, out);
	if (!options->tuples_only)
		print_row_count(result->row_count, out);
	fputc('\n', out);
	arena_release(&arena);
}

void
print_aligned_chunk(const Result *result, const PrintOptions *options, bool header, int *widths, FILE *out)
{
	Arena arena;
	Table table;

	arena_init(&arena, "aligned output");
	measure(&table, result, options, &arena);
	for (uint32_t c = 0; c < result->field_count; c++)
	{
		if (widths[c] == 0)
			widths[c] = table.widths[c];
		table.widths[c] = widths[c];
	}
	print_table(&table, header, out);
	arena_release(&arena);
}
