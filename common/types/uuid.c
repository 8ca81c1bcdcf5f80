/*
 * uuid.c: the type uuid (contract in uuid.h).
 */
#include "common/types/uuid.h"

#include <endian.h>

#include "common/hash.h"
#include "common/types/input.h"

enum
{
	NOT_HEX = 0x80
};

/* The value of a hexadecimal digit; with NOT_HEX for other bytes. */
static inline unsigned
hex_value(char c)
{
	unsigned digit = (unsigned char)c - '0';
	unsigned letter = ((unsigned char)c | 0x20u) - 'a';

	return digit < 10 ? digit : letter < 6 ? letter + 10 : NOT_HEX;
}

/* Reads two digits per byte; a hyphen may follow every second byte but the last. */
static bool
read_digits(StrView s, Uuid *out)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof out->bytes; i++)
	{
		unsigned high;
		unsigned low;

		if (s.len - at < 2)
			return false;
		high = hex_value(s.data[at]);
		low = hex_value(s.data[at + 1]);
		if (((high | low) & NOT_HEX) != 0)
			return false;
		out->bytes[i] = (uint8_t)(high << 4 | low);
		at += 2;
		if (i % 2 == 1 && i < 15 && at < s.len && s.data[at] == '-')
			at++;
	}
	return at == s.len;
}

/* The usual form: lower or upper case with four hyphens. */
static bool
parse_usual(const char *s, Uuid *out)
{
	static const uint8_t starts[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
	unsigned wrong = (s[8] ^ '-') | (s[13] ^ '-') | (s[18] ^ '-') | (s[23] ^ '-');

	for (size_t i = 0; i < sizeof out->bytes; i++)
	{
		unsigned high = hex_value(s[starts[i]]);
		unsigned low = hex_value(s[starts[i] + 1]);

		wrong |= (high | low) & NOT_HEX;
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return wrong == 0;
}

bool
uuid_parse(StrView s, Uuid *out, Error *err)
{
	StrView digits = s;

	if (s.len == UUID_TEXT_LEN && likely(parse_usual(s.data, out)))
		return true;
	if (s.len >= 2 && s.data[0] == '{' && s.data[s.len - 1] == '}')
		digits = (StrView){s.data + 1, s.len - 2};
	return read_digits(digits, out) || input_syntax_error("uuid", s, err);
}

/* The eight hexadecimal digits of four bytes, worked out side by side. */
static inline void
put_hex8(char *out, const uint8_t *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint32_t packed;
	uint64_t v, nibbles, letters, text;

	memcpy(&packed, bytes, sizeof packed);
	v = le32toh(packed);
	v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
	v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
	nibbles = (v >> 4 & 0x0f * ones) | (v & UINT64_C(0x000f000f000f000f)) << 8;
	letters = (nibbles + 6 * ones) >> 4 & ones; /* 1 where a nibble is above 9 */
	text = htole64(nibbles + '0' * ones + letters * ('a' - '0' - 10));
	memcpy(out, &text, sizeof text);
}

void
uuid_to_chars(Uuid u, char *out)
{
	char digits[2 * sizeof u.bytes];

	for (size_t i = 0; i < sizeof u.bytes; i += 4)
		put_hex8(digits + 2 * i, u.bytes + i);
	memcpy(out, digits, 8);
	memcpy(out + 9, digits + 8, 4);
	memcpy(out + 14, digits + 12, 4);
	memcpy(out + 19, digits + 16, 4);
	memcpy(out + 24, digits + 20, 12);
	out[8] = out[13] = out[18] = out[23] = '-';
}

Uuid
uuid_random(Random *random)
{
	Uuid uuid;

	random_fill(random, uuid.bytes, sizeof uuid.bytes);
	uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
	return uuid;
}

Text
uuid_to_text(Uuid u, Arena *arena)
{
	char *out = arena_alloc(arena, UUID_TEXT_LEN);

	uuid_to_chars(u, out);
	return text_make(out, UUID_TEXT_LEN);
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	return uuid_parse(s, out, err);
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	char text[UUID_TEXT_LEN];

	(void)context;
	uuid_to_chars(*(const Uuid *)value, text);
	str_append(out, text, sizeof text);
}

static int
compare(const void *a, const void *b)
{
	return uuid_compare(*(const Uuid *)a, *(const Uuid *)b);
}

static uint64_t
hash(const void *value)
{
	return hash_bytes(value, sizeof(Uuid));
}

const TypeClass uuid_class = {
	.id = TYPE_UUID,
	.name = "uuid",
	.size = sizeof(Uuid),
	.category = 'U',
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
};
