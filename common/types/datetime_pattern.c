/*
 * datetime_pattern.c: compiles formats of to_char() into nodes.
 *
 * What is no pattern stands for itself; text in double quotes always does.
 */
#include "common/types/datetime_pattern.h"

static const struct
{
	StrView text;
	Pattern pattern;
} patterns[] = {
#define PATTERN(text, id) {{text, sizeof(text) - 1}, PATTERN_##id},
#include "common/types/datetime_pattern_list.h"
#undef PATTERN
};

static const struct
{
	StrView text;
	bool prefix;
	unsigned modifier;
} modifiers[] = {
	{{"FM", 2}, true, FILL_MODE},
	{{"fm", 2}, true, FILL_MODE},
	{{"TM", 2}, true, LOCAL_NAMES},
	{{"tm", 2}, true, LOCAL_NAMES},
	{{"TH", 2}, false, ORDINAL_UPPER},
	{{"th", 2}, false, ORDINAL_LOWER},
	{{"SP", 2}, false, 0 /* spelled numbers: accepted, without effect */},
};

static bool
starts_with(StrView s, StrView prefix)
{
	return s.len >= prefix.len && memcmp(s.data, prefix.data, prefix.len) == 0;
}

static void
skip(StrView *s, size_t n)
{
	*s = (StrView){s->data + n, s->len - n};
}

static unsigned
take_modifier(StrView *s, bool prefix)
{
	for (size_t i = 0; i < lengthof(modifiers); i++)
	{
		if (modifiers[i].prefix == prefix && starts_with(*s, modifiers[i].text))
		{
			skip(s, modifiers[i].text.len);
			return modifiers[i].modifier;
		}
	}
	return 0;
}

static Pattern
take_pattern(StrView *s)
{
	for (size_t i = 0; i < lengthof(patterns); i++)
	{
		if (starts_with(*s, patterns[i].text))
		{
			skip(s, patterns[i].text.len);
			return patterns[i].pattern;
		}
	}
	return PATTERN_LITERAL;
}

static void
add_literal(DateTimeFormat *format, FormatNode *nodes, const char *p)
{
	nodes[format->count++] = (FormatNode){.pattern = PATTERN_LITERAL, .literal = {p, 1}};
}

/* Text in double quotes, where a backslash quotes any character. The closing quote may be missing. */
static void
take_quoted(StrView *s, DateTimeFormat *format, FormatNode *nodes)
{
	skip(s, 1);
	while (s->len > 0 && s->data[0] != '"')
	{
		if (s->data[0] == '\\' && s->len > 1)
			skip(s, 1);
		add_literal(format, nodes, s->data);
		skip(s, 1);
	}
	if (s->len > 0)
		skip(s, 1);
}

DateTimeFormat
datetime_format_compile(StrView text, Arena *arena)
{
	FormatNode *nodes = ARENA_ARRAY(arena, FormatNode, text.len);
	DateTimeFormat format = {.count = 0, .nodes = nodes};

	while (text.len > 0)
	{
		FormatNode node = {.modifiers = take_modifier(&text, true)};

		node.pattern = take_pattern(&text);
		if (node.pattern != PATTERN_LITERAL)
		{
			node.modifiers |= take_modifier(&text, false);
			nodes[format.count++] = node;
		}
		else if (text.len > 0 && text.data[0] == '"')
			take_quoted(&text, &format, nodes);
		else if (text.len > 0)
		{
			if (text.data[0] == '\\' && text.len > 1 && text.data[1] == '"')
				skip(&text, 1);
			add_literal(&format, nodes, text.data);
			skip(&text, 1);
		}
	}
	return format;
}
