/*
 * boolean.h: the type boolean.
 */
#ifndef WEIR_COMMON_TYPES_BOOLEAN_H
#define WEIR_COMMON_TYPES_BOOLEAN_H

#include "common/types/type.h"

extern const TypeClass boolean_class;

/* Unique prefixes of true, false, yes, no, on (two letters), off (two letters), and 1 and 0, in any case. */
extern bool boolean_parse(StrView s, bool *out, Error *err) WARN_UNUSED;

/* "true" or "false", as the cast to text gives (the type's own output is t or f). Constant text. */
extern Text boolean_to_text(bool b);

#endif
