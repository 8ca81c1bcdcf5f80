/*
 * boolean.c: the type boolean (contract in boolean.h).
 */
#include "common/types/boolean.h"

#include "common/hash.h"
#include "common/types/input.h"
#include "common/types/text.h"

/* True if s is a prefix of word, at least min letters long, in any case. */
static bool
abbreviates(StrView s, const char *word, size_t min)
{
	return s.len >= min && s.len <= strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}

bool
boolean_parse(StrView s, bool *out, Error *err)
{
	StrView word = input_strip_blanks(s);

	if (abbreviates(word, "true", 1) || abbreviates(word, "yes", 1) || abbreviates(word, "on", 2) ||
		abbreviates(word, "1", 1))
		*out = true;
	else if (abbreviates(word, "false", 1) || abbreviates(word, "no", 1) || abbreviates(word, "off", 2) ||
			 abbreviates(word, "0", 1))
		*out = false;
	else
		return input_syntax_error("boolean", s, err);
	return true;
}

Text
boolean_to_text(bool b)
{
	return b ? text_make("true", 4) : text_make("false", 5);
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	(void)arena;
	return boolean_parse(s, out, err);
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	str_append_char(out, *(const bool *)value ? 't' : 'f');
}

static int
compare(const void *a, const void *b)
{
	return *(const bool *)a - *(const bool *)b;
}

static uint64_t
hash(const void *value)
{
	return hash_u64(*(const bool *)value);
}

const TypeClass boolean_class = {
	.id = TYPE_BOOLEAN,
	.name = "boolean",
	.size = sizeof(bool),
	.category = 'B',
	.preferred = true,
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
};
