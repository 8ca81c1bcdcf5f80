/*
 * report.c: printing errors in psql's layout (contract in report.h).
 */
#include "repl/report.h"

#include <utf8proc.h>

static void
print_place(FILE *out, const SourcePlace *place)
{
	if (place->file != NULL)
		fprintf(out, "weir:%s:%d: ", place->file, place->line);
}

/* The display width of text[from..to), tabs counting as one blank since the excerpt shows them as one. */
static int
display_width(StrView text, size_t from, size_t to)
{
	int width = 0;

	while (from < to)
	{
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text.data + from, (utf8proc_ssize_t)(to - from), &c);

		width += n > 0 && c >= 0x20 ? utf8proc_charwidth(c) : 1;
		from += n > 0 ? (size_t)n : 1;
	}
	return width;
}

/* Moves *from forward and *to back until the excerpt fits a line of 60 columns around the position. */
static void
narrow(StrView source, size_t position, size_t *from, size_t *to)
{
	enum
	{
		COLUMNS = 60,
		AFTER = 20
	};

	if (display_width(source, *from, *to) <= COLUMNS)
		return;
	while (*to > position && display_width(source, position, *to) > AFTER &&
		   display_width(source, *from, *to) > COLUMNS)
		do
			(*to)--;
		while (*to > position && (source.data[*to] & 0xc0) == 0x80);
	while (*from < position && display_width(source, *from, *to) > COLUMNS)
		do
			(*from)++;
		while (*from < position && (source.data[*from] & 0xc0) == 0x80);
}

static void
print_excerpt(FILE *out, StrView source, size_t position)
{
	size_t start = 0, end, from, to;
	int line = 1, indent;

	for (size_t i = 0; i < position; i++)
		if (source.data[i] == '\n')
		{
			line++;
			start = i + 1;
		}
	for (end = position; end < source.len && source.data[end] != '\n' && source.data[end] != '\r';)
		end++;
	from = start;
	to = end;
	narrow(source, position, &from, &to);
	indent = fprintf(out, "LINE %d: %s", line, from > start ? "..." : "");
	for (size_t i = from; i < to; i++)
		fputc(source.data[i] == '\t' ? ' ' : source.data[i], out);
	fprintf(out, "%s\n%*s^\n", to < end ? "..." : "", indent + display_width(source, from, position), "");
}

static void
print_part(FILE *out, const char *label, const char *text)
{
	if (text != NULL)
		fprintf(out, "%s:  %s\n", label, text);
}

void
report_error(FILE *out, const SourcePlace *place, const char *severity, const Error *err, StrView source,
			 Verbosity verbosity)
{
	const char *code = sqlstate_code(err->state);

	print_place(out, place);
	if (verbosity == VERBOSITY_SQLSTATE)
	{
		fprintf(out, "%s:  %s\n", severity, code);
		return;
	}
	if (verbosity == VERBOSITY_VERBOSE)
		fprintf(out, "%s:  %s: %s\n", severity, code, err->message);
	else
		fprintf(out, "%s:  %s\n", severity, err->message);
	if (verbosity == VERBOSITY_TERSE)
		return;
	if (err->position >= 0 && (size_t)err->position <= source.len && source.len > 0)
		print_excerpt(out, source, (size_t)err->position);
	print_part(out, "DETAIL", err->detail);
	print_part(out, "HINT", err->hint);
	print_part(out, "CONTEXT", err->context);
}

void
report_notice(FILE *out, const SourcePlace *place, const char *severity, const char *text)
{
	print_place(out, place);
	fprintf(out, "%s:  %s\n", severity, text);
}

int
report_exit_code(const Error *err, bool of_job)
{
	switch (err->state)
	{
		case SQLSTATE_CONNECTION_EXCEPTION:
		case SQLSTATE_CONNECTION_FAILURE:
		case SQLSTATE_INVALID_AUTHORIZATION: return 2;
		case SQLSTATE_FENCED:
		case SQLSTATE_OBJECT_IN_USE: return of_job ? 6 : 3;
		case SQLSTATE_DATA_GAP: return 7;
		case SQLSTATE_INCOMPATIBLE_STATE: return 8;
		case SQLSTATE_STOPPED_EARLY: return 5;
		default: return of_job ? 4 : 3;
	}
}
