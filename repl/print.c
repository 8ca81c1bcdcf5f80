/*
 * print.c: picks the output format (contract in print.h).
 */
#include "repl/print.h"

void
print_options_init(PrintOptions *options)
{
	*options = (PrintOptions){.field_separator = "|", .record_separator = "\n", .null_text = ""};
}

void
print_row_count(size_t rows, FILE *out)
{
	fprintf(out, rows == 1 ? "(%zu row)\n" : "(%zu rows)\n", rows);
}

void
print_result(const Result *result, const PrintOptions *options, FILE *out)
{
	bool header = !options->tuples_only;

	if (options->format == PRINT_CSV)
		print_csv(result, options, header, out);
	else if (options->format == PRINT_UNALIGNED)
		print_unaligned(result, options, out);
	else if (options->expanded)
		print_expanded(result, options, 1, out);
	else
		print_aligned(result, options, out);
}

void
print_chunk(const Result *result, const PrintOptions *options, uint64_t before, int *widths, FILE *out)
{
	bool header = !options->tuples_only && before == 0;

	if (options->format == PRINT_CSV)
		print_csv(result, options, header, out);
	else if (options->format == PRINT_UNALIGNED)
		print_unaligned_chunk(result, options, header, out);
	else if (options->expanded)
		print_expanded(result, options, before + 1, out);
	else
		print_aligned_chunk(result, options, header, widths, out);
}
