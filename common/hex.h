/*
 * hex.h: hexadecimal digits, read and written one by one. (str_append_hex() appends to a text.)
 */
#ifndef WEIR_COMMON_HEX_H
#define WEIR_COMMON_HEX_H

#include "common/ascii.h"

enum
{
	HEX_SHA256 = 65 /* a sha256 in digits, with a NUL */
};

/* The value of a digit of either case; -1 for other bytes. */
static inline int
hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits for each byte, in lower case, and a NUL. */
static inline void
hex_write(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i++)
	{
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	out[2 * len] = '\0';
}

#endif
