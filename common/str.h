/*
 * str.h: a growing byte buffer, and a borrowed slice of bytes.
 *
 * The idea: text that is built up goes into a StrBuf on the heap; text that is only looked at is a StrView.
 * Neither is required to be NUL-terminated, except that a StrBuf's data always carries a NUL after its length
 * once something was appended.
 */
#ifndef WEIR_COMMON_STR_H
#define WEIR_COMMON_STR_H

#include "common/arena.h"
#include "common/base.h"

/* len bytes at data, owned by somebody else. */
typedef struct StrView
{
	const char *data;
	size_t len;
} StrView;

#define STR_LIT(s) ((StrView){(s), sizeof(s) - 1})

/* Invariant: len < capacity and data[len] == 0, or all three are zero. Zero-initialise; release with
 * str_free(). */
typedef struct StrBuf
{
	char *data;
	size_t len;
	size_t capacity;
} StrBuf;

extern void str_reserve(StrBuf *buf, size_t more); /* room for so many more bytes and a NUL */
extern void str_append(StrBuf *buf, const char *data, size_t len);
extern void str_append_cstr(StrBuf *buf, const char *s);
extern void str_append_view(StrBuf *buf, StrView s);
extern void str_append_char(StrBuf *buf, char c);
extern void str_appendf(StrBuf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
extern void str_vappendf(StrBuf *buf, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
extern void str_clear(StrBuf *buf); /* empties, keeps the memory */
extern void str_free(StrBuf *buf);

/* The text so far, never NULL. */
static inline const char *
str_cstr(const StrBuf *buf)
{
	return buf->data ? buf->data : "";
}

static inline StrView
str_view(const StrBuf *buf)
{
	return (StrView){str_cstr(buf), buf->len};
}

static inline StrView
str_from_cstr(const char *s)
{
	return (StrView){s, strlen(s)};
}

static inline bool
str_equal(StrView a, StrView b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

extern StrView str_copy(Arena *arena, StrView s); /* a NUL-terminated copy in the arena */

/* The edit distance with transpositions, for "did you mean"; limit + 1 when it is greater than limit. */
extern int str_distance(StrView a, StrView b, int limit);

/* Bytes as standard base64 with padding, or as lower-case hexadecimal. */
extern void str_append_base64(StrBuf *buf, const void *data, size_t len);
extern void str_append_hex(StrBuf *buf, const void *data, size_t len);

/* The text between double quotes, those in it doubled: an identifier of SQL, a field of CSV. */
extern void str_append_quoted(StrBuf *buf, StrView s);

/* A JSON string literal with its quotes. Invalid UTF-8 is replaced by U+FFFD. */
extern void str_append_json_string(StrBuf *buf, StrView s);

#endif
