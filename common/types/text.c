/*
 * text.c: the type text: validity, comparison and the string functions (contract in text.h).
 *
 * It does not match patterns (text_like.c).
 */
#include "common/types/text.h"

#include <utf8proc.h>

#include "common/hash.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)

Text
text_copy(Text t, Arena *arena)
{
	char *data = arena_alloc(arena, t.len);

	if (t.len > 0)
		memcpy(data, t.data, t.len);
	t.data = data;
	return t;
}

/* What is left of a comparison when the prefixes are equal. Text has no NUL, so a shorter one has a less
 * prefix. */
int
text_compare_rest(Text a, Text b)
{
	uint32_t len = Min(a.len, b.len);

	if (len > 4)
	{
		int order = memcmp(a.data + 4, b.data + 4, len - 4);

		if (order != 0)
			return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* The length of the valid character at s, or 0. */
static size_t
valid_char(const unsigned char *s, size_t len)
{
	unsigned char c = s[0];
	size_t n = text_char_len((char)c);

	if (c < 0x80)
		return c != 0;
	if (c < 0xc2 || c > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
	{
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) || (c == 0xf0 && s[1] < 0x90) ||
		(c == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

size_t
text_valid_prefix(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len)
	{
		uint64_t word;
		size_t n;

		for (; i + sizeof word <= len; i += sizeof word)
		{
			memcpy(&word, data + i, sizeof word);
			if (((word | (word - LOW_BITS)) & HIGH_BITS) != 0) /* a byte >= 0x80, or maybe a NUL */
				break;
		}
		if (i == len)
			break;
		n = valid_char((const unsigned char *)data + i, len - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

bool
text_check(const char *data, size_t len, Error *err)
{
	size_t valid = text_valid_prefix(data, len);
	size_t shown;
	StrBuf bytes = {0};

	if (likely(valid == len))
		return true;
	if (err == NULL)
		return false;
	shown = Min(text_char_len(data[valid]), len - valid);
	if (((unsigned char)data[valid] & 0xc0) == 0x80 || (unsigned char)data[valid] >= 0xf8)
		shown = 1;
	for (size_t i = 0; i < shown; i++)
		str_appendf(&bytes, " 0x%02x", (unsigned char)data[valid + i]);
	error_set(err, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, NO_POSITION,
			  "invalid byte sequence for encoding \"UTF8\":%s", str_cstr(&bytes));
	str_free(&bytes);
	return false;
}

size_t
text_count_chars(const char *data, size_t len)
{
	size_t continuation = 0;

	for (size_t i = 0; i < len; i++)
		continuation += ((unsigned char)data[i] & 0xc0) == 0x80;
	return len - continuation;
}

/* The offset of the character number n (from 0), or the length if there are fewer. */
static size_t
skip_chars(Text t, size_t n)
{
	size_t i = 0;

	for (; n > 0 && i < t.len; n--)
		i += text_char_len(t.data[i]);
	return Min(i, t.len);
}

Text
text_concat(Text a, Text b, Arena *arena)
{
	char *data;

	if (a.len == 0 || b.len == 0)
		return a.len == 0 ? b : a;
	data = arena_alloc(arena, (size_t)a.len + b.len);
	memcpy(data, a.data, a.len);
	memcpy(data + a.len, b.data, b.len);
	return text_make(data, (size_t)a.len + b.len);
}

static bool
is_ascii(Text t)
{
	unsigned char bits = 0;

	for (size_t i = 0; i < t.len; i++)
		bits |= (unsigned char)t.data[i];
	return bits < 0x80;
}

/* Flips the case of the 26 letters that begin with first. */
static Text
map_ascii(Text t, char first, Arena *arena)
{
	char *data = arena_alloc(arena, t.len);

	for (size_t i = 0; i < t.len; i++)
	{
		unsigned char c = (unsigned char)t.data[i];

		data[i] = (char)(c ^ ((unsigned char)(c - first) < 26 ? 0x20 : 0));
	}
	return text_make(data, t.len);
}

/* One code point becomes one code point, of at most three bytes where it was at most two, else at most four.
 */
static Text
map_unicode(Text t, utf8proc_int32_t (*map)(utf8proc_int32_t), Arena *arena)
{
	utf8proc_uint8_t *data = arena_alloc(arena, (size_t)t.len * 3);
	size_t len = 0;

	for (size_t i = 0; i < t.len;)
	{
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)t.data + i, (utf8proc_ssize_t)(t.len - i), &c);

		assert(n > 0);
		i += (size_t)n;
		len += (size_t)utf8proc_encode_char(map(c), data + len);
	}
	return text_make((char *)data, len);
}

/* utf8proc maps sharp s to its capital letter of 2008; the simple mapping of Unicode leaves it alone. */
static utf8proc_int32_t
simple_upper(utf8proc_int32_t c)
{
	return c == 0xdf ? c : utf8proc_toupper(c);
}

Text
text_lower(Text t, Arena *arena)
{
	return is_ascii(t) ? map_ascii(t, 'A', arena) : map_unicode(t, utf8proc_tolower, arena);
}

Text
text_upper(Text t, Arena *arena)
{
	return is_ascii(t) ? map_ascii(t, 'a', arena) : map_unicode(t, simple_upper, arena);
}

Text
text_substring_from(Text t, int32_t start)
{
	size_t from = start > 1 ? skip_chars(t, (size_t)start - 1) : 0;

	return text_slice(t, from, t.len - from);
}

bool
text_substring(Text t, int32_t start, int32_t count, Text *out, Error *err)
{
	int64_t end = (int64_t)start + count; /* number of the first character after the part */
	Text rest;

	if (count < 0)
		return error_set(err, SQLSTATE_SUBSTRING_ERROR, NO_POSITION, "negative substring length not allowed");
	if (end <= 1)
	{
		*out = text_make("", 0);
		return true;
	}
	rest = text_substring_from(t, start);
	*out = text_slice(rest, 0, skip_chars(rest, (size_t)(end - Max(start, 1))));
	return true;
}

/* True if the character of len bytes at c is one of the set's. */
static bool
set_contains(Text set, const char *c, size_t len)
{
	for (size_t i = 0; i < set.len; i += text_char_len(set.data[i]))
	{
		if (text_char_len(set.data[i]) == len && memcmp(set.data + i, c, len) == 0)
			return true;
	}
	return false;
}

Text
text_trim(Text t, Text set, bool left, bool right)
{
	size_t from = 0;
	size_t to = t.len;

	while (left && from < to && set_contains(set, t.data + from, text_char_len(t.data[from])))
		from += text_char_len(t.data[from]);
	while (right && from < to)
	{
		size_t last = to - 1;

		while (((unsigned char)t.data[last] & 0xc0) == 0x80)
			last--;
		if (!set_contains(set, t.data + last, to - last))
			break;
		to = last;
	}
	return text_slice(t, from, to - from);
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	(void)err;
	*(Text *)out = text_from_view(s);
	return true;
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	str_append_view(out, text_view(*(const Text *)value));
}

static int
compare(const void *a, const void *b)
{
	return text_compare(*(const Text *)a, *(const Text *)b);
}

static uint64_t
hash(const void *value)
{
	const Text *t = value;

	return hash_bytes(t->data, t->len);
}

static void
copy(void *to, const void *from, Arena *arena)
{
	*(Text *)to = text_copy(*(const Text *)from, arena);
}

const TypeClass text_class = {
	.id = TYPE_TEXT,
	.name = "text",
	.size = sizeof(Text),
	.category = 'S',
	.preferred = true,
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
	.copy = copy,
};
