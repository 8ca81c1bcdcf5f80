/*
 * text.h: the type text: comparison by bytes, and the string functions of PostgreSQL.
 *
 * The idea: a Text is a view with its first four bytes at hand, so most comparisons touch no other memory.
 * Functions count characters (code points of valid UTF-8), never bytes, and return views into their argument
 * where they can; what is new is taken from the arena. Case mapping is Unicode's simple one-to-one mapping,
 * as PostgreSQL does it in the locale C.UTF-8.
 */
#ifndef WEIR_COMMON_TYPES_TEXT_H
#define WEIR_COMMON_TYPES_TEXT_H

#include "common/types/type.h"

extern const TypeClass text_class;

static inline Text
text_from_view(StrView s)
{
	return text_make(s.data, s.len);
}

/* A part of t; [from, from + len) lies inside it. */
static inline Text
text_slice(Text t, size_t from, size_t len)
{
	return text_make(t.data + from, len);
}

extern Text text_copy(Text t, Arena *arena);

extern int text_compare_rest(Text a, Text b);

/* The first four bytes as a number that orders as they do. */
static inline uint32_t
text_prefix_order(Text t)
{
	uint32_t prefix;

	memcpy(&prefix, t.prefix, sizeof prefix);
	return __builtin_bswap32(prefix);
}

/* By bytes; < 0, 0, > 0. */
static inline int
text_compare(Text a, Text b)
{
	uint32_t pa = text_prefix_order(a);
	uint32_t pb = text_prefix_order(b);

	if (likely(pa != pb))
		return pa < pb ? -1 : 1;
	return text_compare_rest(a, b);
}

static inline bool
text_equal(Text a, Text b)
{
	uint64_t head_a;
	uint64_t head_b;

	memcpy(&head_a, &a, sizeof head_a); /* length and prefix */
	memcpy(&head_b, &b, sizeof head_b);
	return head_a == head_b && (a.len <= 4 || memcmp(a.data + 4, b.data + 4, a.len - 4) == 0);
}

/* Number of code points in len bytes of valid UTF-8. */
extern size_t text_count_chars(const char *data, size_t len);
/* Bytes of the character that starts with this byte. */
static inline size_t
text_char_len(char first)
{
	unsigned char c = (unsigned char)first;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The length of the longest start of the bytes that is valid UTF-8 without NUL: len if all are. */
extern size_t text_valid_prefix(const char *data, size_t len);

static inline bool
text_valid(const char *data, size_t len)
{
	return text_valid_prefix(data, len) == len;
}

/* Checks that; sets CHARACTER_NOT_IN_REPERTOIRE with PostgreSQL's message otherwise. */
extern bool text_check(const char *data, size_t len, Error *err) WARN_UNUSED;

extern Text text_concat(Text a, Text b, Arena *arena);
extern Text text_lower(Text t, Arena *arena);
extern Text text_upper(Text t, Arena *arena);
/* substring(t from start): start counts characters from 1 and may lie before the text. */
extern Text text_substring_from(Text t, int32_t start);
/* substring(t from start for count); a negative count is an error. */
extern bool text_substring(Text t, int32_t start, int32_t count, Text *out, Error *err);
/* Removes characters of the set from the chosen ends. */
extern Text text_trim(Text t, Text set, bool left, bool right);

/* t LIKE pattern, with backslash as escape character. */
extern bool text_like(Text t, Text pattern, bool *out, Error *err);
/* The pattern that means with backslash what pattern means with the given escape character (none if empty).
 */
extern bool text_like_escape(Text pattern, Text escape, Text *out, Arena *arena, Error *err);

#endif
