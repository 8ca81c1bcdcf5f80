/*
 * uuid.h: the type uuid: 16 bytes, compared as such.
 */
#ifndef WEIR_COMMON_TYPES_UUID_H
#define WEIR_COMMON_TYPES_UUID_H

#include "common/random.h"
#include "common/types/type.h"

extern const TypeClass uuid_class;

enum
{
	UUID_TEXT_LEN = 36
};

/* 32 hexadecimal digits, hyphens allowed after every fourth, braces around allowed; no blanks. */
extern bool uuid_parse(StrView s, Uuid *out, Error *err) WARN_UNUSED;

/* Writes UUID_TEXT_LEN bytes, lower case, hyphenated, without a NUL. */
extern void uuid_to_chars(Uuid u, char *out);
/* Version 4: random. */
extern Uuid uuid_random(Random *random);
extern Text uuid_to_text(Uuid u, Arena *arena);

static inline int
uuid_compare(Uuid a, Uuid b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

#endif
