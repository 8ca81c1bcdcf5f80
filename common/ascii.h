/*
 * ascii.h: classes and case of ASCII characters, whatever the locale; other bytes belong to no class.
 */
#ifndef WEIR_COMMON_ASCII_H
#define WEIR_COMMON_ASCII_H

#include "common/base.h"

static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What isspace() says in the C locale. */
static inline bool
ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What iscntrl() says in the C locale. */
static inline bool
ascii_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

#endif
