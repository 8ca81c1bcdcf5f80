/*
 * input.c: the usual errors of text input (contract in input.h).
 */
#include "common/types/input.h"

bool
input_syntax_error(const char *type_name, StrView s, Error *err)
{
	return error_set(err, SQLSTATE_INVALID_TEXT_REPRESENTATION, NO_POSITION,
					 "invalid input syntax for type %s: \"%.*s\"", type_name, (int)s.len, s.data);
}

bool
input_range_error(const char *type_name, StrView s, Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION,
					 "value \"%.*s\" is out of range for type %s", (int)s.len, s.data, type_name);
}
