/*
 * unicode_escape.h: the values of U&'…' and U&"…" with their UESCAPE character.
 */
#ifndef WEIR_PARSER_UNICODE_ESCAPE_H
#define WEIR_PARSER_UNICODE_ESCAPE_H

#include "common/arena.h"
#include "common/error.h"

/* Whether a character may follow UESCAPE: no hexadecimal digit, quote, plus sign or white space. */
extern bool unicode_escape_is_valid(const char *text);

/*
 * Replaces <escape>XXXX, <escape>+XXXXXX and the doubled escape. position is where the value's first byte is
 * in the source, for errors. NULL: err is set (42601). The result is in the arena.
 */
extern const char *unicode_escape_decode(const char *text, char escape, int position, Arena *arena,
										 Error *err);

#endif
