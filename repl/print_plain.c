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
print_unaligned_rows(const Result *result, const PrintOptions *options, FILE *out)
{
	for (size_t row = 0; row < result->row_count; row++)
	{
		for (uint32_t c = 0; c < result->field_count; c++)
		{
			if (c > 0)
				fputs(options->field_separator, out);
			put(out, cell_text(result, options, row, c));
		}
		fputs(options->record_separator, out);
	}
}

static void
print_unaligned_records(const Result *result, const PrintOptions *options, FILE *out)
{
	for (size_t row = 0; row < result->row_count; row++)
	{
		if (row > 0)
			fputs(options->record_separator, out);
		for (uint32_t c = 0; c < result->field_count; c++)
		{
			fprintf(out, "%s%s", result->fields[c].name, options->field_separator);
			put(out, cell_text(result, options, row, c));
			fputs(options->record_separator, out);
		}
	}
}

void
print_unaligned(const Result *result, const PrintOptions *options, bool header, FILE *out)
{
	if (options->expanded)
	{
		print_unaligned_records(result, options, out);
		return;
	}
	if (header)
	{
		for (uint32_t c = 0; c < result->field_count; c++)
			fprintf(out, "%s%s", c > 0 ? options->field_separator : "", result->fields[c].name);
		fputs(options->record_separator, out);
	}
	print_unaligned_rows(result, options, out);
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

void
print_csv(const Result *result, const PrintOptions *options, bool header, FILE *out)
{
	for (uint32_t c = 0; header && c < result->field_count; c++)
	{
		if (c > 0)
			fputc(',', out);
		print_csv_field(str_from_cstr(result->fields[c].name), out);
	}
	if (header)
		fputc('\n', out);
	for (size_t row = 0; row < result->row_count; row++)
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
