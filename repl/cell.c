/*
 * cell.c: splitting a cell into display lines (rules in cell.h).
 */
#include "repl/cell.h"

#include <utf8proc.h>

static size_t
count_lines(StrView text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

int
character_width(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME)
		return 0;
	return utf8proc_charwidth(c) == 2 ? 2 : 1;
}

/* Appends one character as it is shown and returns its width at that column. */
static int
show_character(StrBuf *out, StrView text, size_t at, size_t *length, int column)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n =
		utf8proc_iterate((const utf8proc_uint8_t *)text.data + at, (utf8proc_ssize_t)(text.len - at), &c);
	int width;

	*length = n > 0 ? (size_t)n : 1;
	if (n > 0 && c == '\t')
	{
		width = 8 - column % 8;
		for (int i = 0; i < width; i++)
			str_append_char(out, ' ');
		return width;
	}
	if (n > 0 && c == '\r')
	{
		str_append_cstr(out, "\\r");
		return 2;
	}
	if (n <= 0 || c < 0x20 || c == 0x7f)
	{
		str_appendf(out, "\\x%02X", (unsigned char)text.data[at]);
		return 4;
	}
	width = character_width(c);
	if (c >= 0x80 && c < 0xa0)
	{
		str_appendf(out, "\\u%04X", (unsigned)c);
		return 6;
	}
	str_append(out, text.data + at, *length);
	return width;
}

void
cell_format(StrView text, Arena *arena, Cell *out)
{
	StrBuf line = {0};
	size_t at = 0;

	out->line_count = count_lines(text);
	out->lines = ARENA_ARRAY(arena, CellLine, out->line_count);
	out->width = 0;
	for (size_t i = 0; i < out->line_count; i++)
	{
		int width = 0;

		str_clear(&line);
		while (at < text.len && text.data[at] != '\n')
		{
			size_t length;

			width += show_character(&line, text, at, &length, width);
			at += length;
		}
		at++;
		out->lines[i] = (CellLine){.text = str_copy(arena, str_view(&line)), .width = width};
		out->width = Max(out->width, width);
	}
	str_free(&line);
}
