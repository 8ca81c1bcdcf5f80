/*
 * report.c: printing errors in psql's layout (contract in report.h).
 */
#include "repl/report.h"

#include <utf8proc.h>

#include "repl/cell.h"

static void
print_place(FILE *out, const SourcePlace *place)
{
	if (place->file != NULL)
		fprintf(out, "weir:%s:%d: ", place->file, place->line);
}

/*
 * The display width of text[from..to), tabs counting as one blank since the excerpt shows them as one.
 * Characters without a width count as one, too: so does psql.
 */
static int
display_width(StrView text, size_t from, size_t to)
{
	int width = 0;

	while (from < to)
	{
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text.data + from, (utf8proc_ssize_t)(to - from), &c);

		width += n > 0 ? Max(character_width(c), 1) : 1;
		from += n > 0 ? (size_t)n : 1;
	}
	return width;
}

static void
step_back(StrView source, size_t *end)
{
	do
		(*end)--;
	while ((source.data[*end] & 0xc0) == 0x80);
}

static void
step_forward(StrView source, size_t *start)
{
	do
		(*start)++;
	while ((source.data[*start] & 0xc0) == 0x80);
}

/* Narrows [*from, *to) to 60 columns as libpq does: on the right if that is enough, else on both sides. */
static void
narrow(StrView source, size_t position, size_t *from, size_t *to)
{
	enum
	{
		COLUMNS = 60,
		RIGHT_CUT = 10
	};

	if (display_width(source, *from, *to) <= COLUMNS)
		return;
	if (display_width(source, *from, position) + RIGHT_CUT <= COLUMNS)
	{
		while (display_width(source, *from, *to) > COLUMNS)
			step_back(source, to);
		return;
	}
	while (*to > position && display_width(source, position, *to) > RIGHT_CUT)
		step_back(source, to);
	while (display_width(source, *from, *to) > COLUMNS)
		step_forward(source, from);
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

static int
count_characters(StrView source, int end)
{
	int count = 0;

	for (int i = 0; i < end; i++)
		count += (source.data[i] & 0xc0) != 0x80;
	return count;
}

void
report_error(FILE *out, const SourcePlace *place, const char *severity, const Error *err, StrView source,
			 Verbosity verbosity)
{
	const char *code = sqlstate_code(err->state);
	bool has_place = err->position >= 0 && (size_t)err->position <= source.len && source.len > 0;

	print_place(out, place);
	if (verbosity == VERBOSITY_SQLSTATE)
	{
		fprintf(out, "%s:  %s\n", severity, code);
		return;
	}
	if (verbosity == VERBOSITY_VERBOSE)
		fprintf(out, "%s:  %s: %s", severity, code, err->message);
	else
		fprintf(out, "%s:  %s", severity, err->message);
	if (verbosity == VERBOSITY_TERSE && has_place)
		fprintf(out, " at character %d", count_characters(source, err->position) + 1);
	fputc('\n', out);
	if (verbosity == VERBOSITY_TERSE)
		return;
	if (has_place)
		print_excerpt(out, source, (size_t)err->position);
	print_part(out, "DETAIL", err->detail);
	print_part(out, "HINT", err->hint);
	print_part(out, "CONTEXT", err->context);
}

void
report_problem(FILE *out, const SourcePlace *place, const char *fmt, ...)
{
	va_list args;

	print_place(out, place);
	if (place->file != NULL)
		fputs("error: ", out);
	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fputc('\n', out);
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
		case SQLSTATE_UNDEFINED_TABLE: return of_job ? 2 : 3; /* a topic */
		case SQLSTATE_FENCED:
		case SQLSTATE_OBJECT_IN_USE: return of_job ? 6 : 3;
		case SQLSTATE_DATA_GAP: return 7;
		case SQLSTATE_INCOMPATIBLE_STATE: return 8;
		case SQLSTATE_STOPPED_EARLY: return 5;
		default: return of_job ? 4 : 3;
	}
}
