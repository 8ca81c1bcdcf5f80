/*
 * generator_rule_parse.c: reading generator rules (the language is described in generator_rule.h).
 *
 * The idea: recursive descent over calls; a bare word followed by '(' is a rule, followed by ':' a key or a
 * word with a weight. Each class then looks at its own arguments.
 */
#include "connectors/generator_rule_node.h"

enum
{
	MAX_NESTING = 16
};

bool
generator_decimal_parse(StrView s, Decimal *out)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	bool point = false;
	size_t digits = 0;

	*out = (Decimal){0};
	for (size_t i = negative; i < s.len; i++)
	{
		char c = s.data[i];

		if (c == '.' && !point)
			point = true;
		else if (c < '0' || c > '9' || ++digits > 17)
			return false;
		else
		{
			out->value = out->value * 10 + (c - '0');
			out->decimals += point;
		}
	}
	if (negative)
		out->value = -out->value;
	return digits > 0 && out->decimals <= GENERATOR_MAX_DECIMALS;
}

typedef struct RuleParser
{
	StrView text;
	size_t at;
	int position;
	int depth;
	Arena *arena;
	Error *err;
} RuleParser;

static bool
syntax_error(RuleParser *p)
{
	return error_set(p->err, SQLSTATE_INVALID_PARAMETER_VALUE, p->position,
					 "invalid generator rule \"%.*s\": syntax error at character %zu", (int)p->text.len,
					 p->text.data, p->at + 1) ||
		   error_hint(p->err, "A rule is a call, such as uniform(1, 100) or choice(view:9, click).");
}

static bool
at_char(RuleParser *p, char c)
{
	while (p->at < p->text.len && p->text.data[p->at] == ' ')
		p->at++;
	if (p->at == p->text.len || p->text.data[p->at] != c)
		return false;
	p->at++;
	return true;
}

/* A bare word (no blanks inside its ends, none of , : ( ) ") or one in double quotes, in which "" is a quote.
 */
static bool
take_word(RuleParser *p, StrView *out)
{
	const char *s = p->text.data;
	size_t start;

	if (at_char(p, '"'))
	{
		StrBuf word = {0};

		while (p->at < p->text.len && (s[p->at] != '"' || (p->at + 1 < p->text.len && s[p->at + 1] == '"')))
		{
			p->at += s[p->at] == '"';
			str_append_char(&word, s[p->at++]);
		}
		*out = str_copy(p->arena, str_view(&word));
		str_free(&word);
		return at_char(p, '"') || syntax_error(p);
	}
	start = p->at;
	while (p->at < p->text.len && strchr(",:()\"", s[p->at]) == NULL)
		p->at++;
	*out = (StrView){s + start, p->at - start};
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->len--;
	return out->len > 0 || syntax_error(p);
}

static bool parse_call(RuleParser *p, StrView name, GeneratorRule **out);

/* word | word:weight | rule | key: rule */
static bool
parse_argument(RuleParser *p, Argument *out)
{
	Decimal weight;

	*out = (Argument){.weight = 1};
	if (!take_word(p, &out->word))
		return false;
	if (at_char(p, '('))
		return parse_call(p, out->word, &out->rule);
	if (!at_char(p, ':'))
		return true;
	out->name = out->word;
	if (!take_word(p, &out->word))
		return false;
	if (at_char(p, '('))
		return parse_call(p, out->word, &out->rule);
	if (!generator_decimal_parse(out->word, &weight) || weight.value < 0)
		return syntax_error(p);
	out->weight = (double)weight.value / (double)generator_power_of_10(weight.decimals);
	out->word = out->name;
	out->name = (StrView){0};
	return true;
}

static void
add_argument(RuleParser *p, GeneratorRule *rule, const Argument *argument)
{
	Argument *args = ARENA_ARRAY(p->arena, Argument, rule->count + 1);

	if (rule->count > 0)
		memcpy(args, rule->args, sizeof *args * (size_t)rule->count);
	args[rule->count++] = *argument;
	rule->args = args;
}

static bool
parse_arguments(RuleParser *p, GeneratorRule *rule)
{
	if (at_char(p, ')'))
		return true;
	for (;;)
	{
		Argument argument;

		if (!parse_argument(p, &argument))
			return false;
		add_argument(p, rule, &argument);
		if (at_char(p, ')'))
			return true;
		if (!at_char(p, ','))
			return syntax_error(p);
	}
}

static const RuleClass *
find_class(RuleParser *p, StrView name)
{
	for (size_t i = 0; i < generator_rule_class_count; i++)
	{
		if (str_equal(name, str_from_cstr(generator_rule_classes[i].name)))
			return &generator_rule_classes[i];
	}
	(void)error_set(p->err, SQLSTATE_INVALID_PARAMETER_VALUE, p->position,
					"generator rule \"%.*s\" does not exist", (int)name.len, name.data);
	return NULL;
}

/* p is behind the opening parenthesis. */
static bool
parse_call(RuleParser *p, StrView name, GeneratorRule **out)
{
	GeneratorRule *rule = ARENA_NEW(p->arena, GeneratorRule);

	if (p->depth == MAX_NESTING)
		return syntax_error(p);
	p->depth++;
	rule->class = find_class(p, name);
	if (rule->class == NULL || !parse_arguments(p, rule))
		return false;
	p->depth--;
	if (rule->count < rule->class->min_args ||
		(rule->class->max_args >= 0 && rule->count > rule->class->max_args))
		return generator_bad_rule(rule, p->position, "got the wrong number of arguments", p->err);
	*out = rule;
	return rule->class->prepare == NULL || rule->class->prepare(rule, p->position, p->arena, p->err);
}

bool
generator_rule_parse(StrView text, int position, GeneratorRule **out, Arena *arena, Error *err)
{
	RuleParser p = {.text = text, .position = position, .arena = arena, .err = err};
	StrView name;

	if (!take_word(&p, &name))
		return false;
	if (!at_char(&p, '('))
		return syntax_error(&p);
	if (!parse_call(&p, name, out))
		return false;
	(void)at_char(&p, ' ');
	return p.at == text.len || syntax_error(&p);
}
