/*
 * print.h: results in psql's output formats, byte for byte.
 *
 * The idea: one function per format over a complete Result; print_result() picks it. What psql 15 prints for
 * the same rows is the specification (ascii line style, border 1).
 */
#ifndef WEIR_REPL_PRINT_H
#define WEIR_REPL_PRINT_H

#include <stdio.h>

#include "repl/result.h"

typedef enum PrintFormat
{
	PRINT_ALIGNED, /* in the order of their names */
	PRINT_CSV,
	PRINT_UNALIGNED
} PrintFormat;

typedef struct PrintOptions
{
	PrintFormat format;
	bool tuples_only;
	bool expanded;
	const char *field_separator;  /* unaligned; "|" */
	const char *record_separator; /* unaligned; "\n" */
	bool field_zero;              /* unaligned: a zero byte in place of the separator */
	bool record_zero;
	const char *null_text; /* "" */
	const char *title;     /* above the table, or NULL */
} PrintOptions;

extern void print_options_init(PrintOptions *options);
extern void print_result(const Result *result, const PrintOptions *options, FILE *out);

/*
 * A part of a result that comes bit by bit: before is the number of rows already printed; the header is
 * printed when it is 0, a row count never. widths are the aligned columns', raised by the first part and kept
 * from then on; NULL for other formats.
 */
extern void print_chunk(const Result *result, const PrintOptions *options, uint64_t before, int *widths,
						FILE *out);

/* The formats (print_aligned.c, print_expanded.c, print_plain.c). */
extern void print_aligned(const Result *result, const PrintOptions *options, FILE *out);
extern void print_aligned_chunk(const Result *result, const PrintOptions *options, bool header, int *widths,
								FILE *out);
/* first: the number of the first record. */
extern void print_expanded(const Result *result, const PrintOptions *options, uint64_t first, FILE *out);
extern void print_unaligned(const Result *result, const PrintOptions *options, FILE *out);
extern void print_unaligned_chunk(const Result *result, const PrintOptions *options, bool header, FILE *out);
extern void print_csv(const Result *result, const PrintOptions *options, bool header, FILE *out);

/* "(1 row)" or "(n rows)", with a line end. */
extern void print_row_count(size_t rows, FILE *out);

#endif
