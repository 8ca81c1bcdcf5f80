/*
 * str.c: growing byte buffers and slices (contract in str.h).
 */
#include "common/str.h"

#include <stdio.h>
#include <utf8proc.h>

#include "common/hex.h"
#include "common/memory.h"

void
str_reserve(StrBuf *buf, size_t more)
{
	size_t need = buf->len + more + 1;
	size_t capacity = buf->capacity ? buf->capacity : 64;

	if (need <= buf->capacity)
		return;
	while (capacity < need)
		capacity *= 2;
	buf->data = mem_realloc(buf->data, capacity);
	buf->capacity = capacity;
}

void
str_append(StrBuf *buf, const char *data, size_t len)
{
	str_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
str_append_cstr(StrBuf *buf, const char *s)
{
	str_append(buf, s, strlen(s));
}

void
str_append_view(StrBuf *buf, StrView s)
{
	str_append(buf, s.data, s.len);
}

void
str_append_char(StrBuf *buf, char c)
{
	str_append(buf, &c, 1);
}

void
str_vappendf(StrBuf *buf, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	assert(len >= 0);
	str_reserve(buf, (size_t)len);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	va_end(again);
	buf->len += (size_t)len;
}

void
str_appendf(StrBuf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_vappendf(buf, fmt, args);
	va_end(args);
}

void
str_clear(StrBuf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
str_free(StrBuf *buf)
{
	mem_free(buf->data);
	*buf = (StrBuf){0};
}

StrView
str_copy(Arena *arena, StrView s)
{
	return (StrView){arena_strndup(arena, s.data, s.len), s.len};
}

/* Optimal string alignment: three rolling rows of the Levenshtein matrix. */
int
str_distance(StrView a, StrView b, int limit)
{
	int rows[3][65];
	int *before = rows[0], *above = rows[1], *row = rows[2];

	if (a.len > 64 || b.len > 64)
		return str_equal(a, b) ? 0 : limit + 1;
	for (size_t j = 0; j <= b.len; j++)
		above[j] = (int)j;
	for (size_t i = 1; i <= a.len; i++)
	{
		int *free_row = before;

		row[0] = (int)i;
		for (size_t j = 1; j <= b.len; j++)
		{
			int cost = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);

			cost = Min(cost, above[j] + 1);
			cost = Min(cost, row[j - 1] + 1);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
				cost = Min(cost, before[j - 2] + 1);
			row[j] = cost;
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b.len] > limit ? limit + 1 : above[b.len];
}

void
str_append_base64(StrBuf *buf, const void *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = data;

	str_reserve(buf, (len + 2) / 3 * 4);
	for (size_t i = 0; i < len; i += 3)
	{
		size_t left = len - i;
		uint32_t bits = (uint32_t)in[i] << 16;
		char out[4];

		if (left > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			bits |= in[i + 2];
		out[0] = digits[bits >> 18];
		out[1] = digits[bits >> 12 & 63];
		out[2] = left > 1 ? digits[bits >> 6 & 63] : '=';
		out[3] = left > 2 ? digits[bits & 63] : '=';
		str_append(buf, out, 4);
	}
}

void
str_append_hex(StrBuf *buf, const void *data, size_t len)
{
	str_reserve(buf, len * 2);
	hex_write(data, len, buf->data + buf->len);
	buf->len += len * 2;
}

void
str_append_quoted(StrBuf *buf, StrView s)
{
	char *p;

	str_reserve(buf, 2 * s.len + 2);
	p = buf->data + buf->len;
	*p++ = '"';
	for (size_t i = 0; i < s.len; i++)
	{
		*p++ = s.data[i];
		if (s.data[i] == '"')
			*p++ = '"';
	}
	*p++ = '"';
	*p = '\0';
	buf->len = (size_t)(p - buf->data);
}

void
str_append_json_string(StrBuf *buf, StrView s)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.data;
	size_t i = 0;

	str_append_char(buf, '"');
	while (i < s.len)
	{
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(p + i, (utf8proc_ssize_t)(s.len - i), &c);

		if (n <= 0)
		{
			str_append_cstr(buf, "\xef\xbf\xbd");
			i++;
			continue;
		}
		if (c == '"' || c == '\\')
			str_appendf(buf, "\\%c", (char)c);
		else if (c == '\n')
			str_append_cstr(buf, "\\n");
		else if (c == '\t')
			str_append_cstr(buf, "\\t");
		else if (c == '\r')
			str_append_cstr(buf, "\\r");
		else if (c < 0x20)
			str_appendf(buf, "\\u%04x", (unsigned)c);
		else
			str_append(buf, s.data + i, (size_t)n);
		i += (size_t)n;
	}
	str_append_char(buf, '"');
}
