/*
 * print_plain.c: psql's unaligned and CSV formats, for programs that read the output.
 */
#include "repl/print.h"

static StrView
cell_text(const Result *result, const PrintOptions *options, size_t row, uint32_t c)
{
	StrView text = result->cells[row * result->field_count + c];

	return text.data ? text : str_from_cstr(options->null_text);
}

static void
put(FILE *out, StrView s)
{
	fwrite(s.data, 1, s.len, out);
}

static void
put_field_end(const PrintOptions *options, FILE *out)
{
	if (options->field_zero)
		fputc('\0', out);
	else
		fputs(options->field_separator, out);
}

static void
put_record_end(const PrintOptions *options, FILE *out)
{
	if (options->record_zero)
		fputc('\0', out);
	else
		fputs(options->record_separator, out);
}

/* As psql: the last record ends with a newline, whatever the separator is, unless it is a zero byte. */
static void
put_last_end(const PrintOptions *options, FILE *out)
{
	fputc(options->record_zero ? '\0' : '\n', out);
}

static void
put_header(const Result *result, const PrintOptions *options, FILE *out)
{
	for (uint32_t c = 0; c < result->field_count; c++)
	{
		if (c > 0)
			put_field_end(options, out);
		fputs(result->fields[c].name, out);
	}
}

static void
put_row(const Result *result, const PrintOptions *options, size_t row, FILE *out)
{
	for (uint32_t c = 0; c < result->field_count; c++)
	{
		if (c > 0)
			put_field_end(options, out);
		put(out, cell_text(result, options, row, c));
	}
}

/* Its fields, one per line; no separator behind the last. */
static void
put_record(const Result *result, const PrintOptions *options, size_t row, FILE *out)
{
	for (uint32_t c = 0; c < result->field_count; c++)
	{
		if (c > 0)
			put_record_end(options, out);
		fputs(result->fields[c].name, out);
		put_field_end(options, out);
		put(out, cell_text(result, options, row, c));
	}
}

/* Rows without columns are not printed. */
static size_t
printed_rows(const Result *result)
{
	return result->field_count > 0 ? result->row_count : 0;
}

static void
print_unaligned_rows(const Result *result, const PrintOptions *options, FILE *out)
{
	bool begun = !options->tuples_only;

	if (begun)
		put_header(result, options, out);
	for (size_t row = 0; row < printed_rows(result); row++)
	{
		if (begun)
			put_record_end(options, out);
		begun = true;
		put_row(result, options, row, out);
	}
	if (!options->tuples_only)
	{
		put_record_end(options, out);
		fprintf(out, result->row_count == 1 ? "(%zu row)" : "(%zu rows)", result->row_count);
	}
	if (begun)
		put_last_end(options, out);
}

static void
print_unaligned_records(const Result *result, const PrintOptions *options, FILE *out)
{
	for (size_t row = 0; row < printed_rows(result); row++)
	{
		if (row > 0)
		{
			put_record_end(options, out);
			put_record_end(options, out);
		}
		put_record(result, options, row, out);
	}
	if (printed_rows(result) > 0)
		put_last_end(options, out);
}

void
print_unaligned(const Result *result, const PrintOptions *options, FILE *out)
{
	if (options->expanded)
		print_unaligned_records(result, options, out);
	else
		print_unaligned_rows(result, options, out);
}

void
print_unaligned_chunk(const Result *result, const PrintOptions *options, bool header, FILE *out)
{
	if (header && !options->expanded)
	{
		put_header(result, options, out);
		put_record_end(options, out);
	}
	for (size_t row = 0; row < printed_rows(result); row++)
	{
		if (options->expanded)
			put_record(result, options, row, out);
		else
			put_row(result, options, row, out);
		put_record_end(options, out);
		if (options->expanded)
			put_record_end(options, out);
	}
}

/* As psql: quoted only where a reader needs it. */
static void
print_csv_field(StrView text, FILE *out)
{
	bool quote = false;

	for (size_t i = 0; i < text.len && !quote; i++)
		quote = strchr(",\"\r\n", text.data[i]) != NULL && text.data[i] != '\0';
	if (str_equal(text, STR_LIT("\\.")))
		quote = true;
	if (quote)
		fputc('"', out);
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.data[i] == '"')
			fputc('"', out);
		fputc(text.data[i], out);
	}
	if (quote)
		fputc('"', out);
}

/* A line for each field: its column's name and its value. */
static void
print_csv_records(const Result *result, const PrintOptions *options, FILE *out)
{
	for (size_t row = 0; row < result->row_count; row++)
	{
		for (uint32_t c = 0; c < result->field_count; c++)
		{
			print_csv_field(str_from_cstr(result->fields[c].name), out);
			fputc(',', out);
			print_csv_field(cell_text(result, options, row, c), out);
			fputc('\n', out);
		}
	}
}

void
print_csv(const Result *result, const PrintOptions *options, bool header, FILE *out)
{
	if (options->expanded)
	{
		print_csv_records(result, options, out);
		return;
	}
	for (uint32_t c = 0; header && c < result->field_count; c++)
	{
		if (c > 0)
			fputc(',', out);
		print_csv_field(str_from_cstr(result->fields[c].name), out);
	}
	if (header)
		fputc('\n', out);
	for (size_t row = 0; row < printed_rows(result); row++)
	{
		for (uint32_t c = 0; c < result->field_count; c++)
		{
			if (c > 0)
				fputc(',', out);
			print_csv_field(cell_text(result, options, row, c), out);
		}
		fputc('\n', out);
	}
}
