/*
 * input.h: what the text input of several types has in common: blanks, and the two usual errors.
 */
#ifndef WEIR_COMMON_TYPES_INPUT_H
#define WEIR_COMMON_TYPES_INPUT_H

#include "common/ascii.h"
#include "common/error.h"
#include "common/str.h"

static inline StrView
input_strip_blanks(StrView s)
{
	while (s.len > 0 && ascii_space(s.data[0]))
		s = (StrView){s.data + 1, s.len - 1};
	while (s.len > 0 && ascii_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* invalid input syntax for type ...: "..." */
extern bool input_syntax_error(const char *type_name, StrView s, Error *err);
/* value "..." is out of range for type ... */
extern bool input_range_error(const char *type_name, StrView s, Error *err);

#endif
