/*
 * split.c: cutting text into statements (contract in split.h).
 */
#include "parser/split.h"

void
split_append_literal(StrBuf *out, StrView text)
{
	bool escapes = text.len > 0 && memchr(text.data, '\\', text.len) != NULL;

	str_append_cstr(out, escapes ? "E'" : "'");
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.data[i] == '\'' || text.data[i] == '\\')
			str_append_char(out, text.data[i]);
		str_append_char(out, text.data[i]);
	}
	str_append_char(out, '\'');
}

static void
append_token(Splitter *splitter, StrView text, const Token *token)
{
	str_append(&splitter->statement, text.data + token->start, (size_t)(token->end - token->start));
}

/*
 * Appends white space and line comments, except before the statement: as with psql, the lines of an error are
 * counted from its first token or block comment.
 */
static void
append_gap(Splitter *splitter, StrView text, size_t start, size_t end)
{
	if (splitter->statement.len > 0)
		str_append(&splitter->statement, text.data + start, end - start);
}

/* The first variable that is not set is the statement's failure. */
static void
note_unset(Splitter *splitter, StrView text, const Token *token)
{
	if (splitter->failure.set)
		return;
	error_set(&splitter->failure, SQLSTATE_UNDEFINED_PARAMETER, NO_POSITION,
			  "variable \"%s\" is not set (in \"%.*s\")", token->text, token->end - token->start,
			  text.data + token->start);
	error_hint(&splitter->failure, "Set it with -v %s=… or \\set %s ….", token->text, token->text);
}

/* Appends what a variable token stands for. One that is not set stays as it is; if it begins with a digit it
 * is an array's bound. */
static void
append_variable(Splitter *splitter, StrView text, const Token *token)
{
	const char *value = splitter->lookup(splitter->context, str_from_cstr(token->text));

	if (token->code == SCAN_VARIABLE_TEST)
	{
		str_append_cstr(&splitter->statement, value ? "TRUE" : "FALSE");
		return;
	}
	if (value == NULL)
	{
		append_token(splitter, text, token);
		if (token->code != SCAN_VARIABLE || token->text[0] < '0' || token->text[0] > '9')
			note_unset(splitter, text, token);
		return;
	}
	if (token->code == SCAN_VARIABLE_LITERAL)
		split_append_literal(&splitter->statement, str_from_cstr(value));
	else if (token->code == SCAN_VARIABLE_IDENTIFIER)
		str_append_quoted(&splitter->statement, str_from_cstr(value));
	else
		str_append_cstr(&splitter->statement, value);
}

static bool
is_variable(const Splitter *splitter, int code)
{
	return splitter->lookup != NULL && (code == SCAN_VARIABLE || code == SCAN_VARIABLE_LITERAL ||
										code == SCAN_VARIABLE_IDENTIFIER || code == SCAN_VARIABLE_TEST);
}

/* Takes one token. Whether it ends the piece is the caller's to see from its code. */
static void
take_token(Splitter *splitter, StrView text, const Token *token)
{
	if (token->code != SCAN_COMMENT)
		splitter->begun = true;
	if (token->code == '(')
		splitter->parentheses++;
	else if (token->code == ')' && splitter->parentheses > 0)
		splitter->parentheses--;
	if (is_variable(splitter, token->code))
		append_variable(splitter, text, token);
	else
		append_token(splitter, text, token);
}

/* Behind a backslash: a semicolon or colon is taken as it is, without its meaning. */
static bool
take_escaped(Splitter *splitter, Scanner *scanner, StrView text, Token *token)
{
	size_t next = (size_t)token->end;

	if (next == text.len || (text.data[next] != ';' && text.data[next] != ':'))
		return false;
	(void)!scan_next(scanner, token);
	append_token(splitter, text, token);
	splitter->begun = true;
	return true;
}

/* A line that begins with a meta-command is none of the statement's, as psql counts its lines. */
static void
drop_newline(StrBuf *statement)
{
	if (statement->len > 0 && statement->data[statement->len - 1] == '\n')
		statement->data[--statement->len] = '\0';
}

static SplitEnd
scan_piece(Splitter *splitter, Scanner *scanner, StrView text, size_t *consumed)
{
	size_t copied = 0;
	Token token;

	for (;;)
	{
		bool ok = scan_next(scanner, &token);

		assert(ok); /* nothing fails while splitting */
		(void)ok;
		if (token.code == 0)
		{
			/* a token that goes on in the next piece began where this one did */
			append_gap(splitter, text, copied, (size_t)token.start);
			str_append(&splitter->statement, text.data + token.start, text.len - (size_t)token.start);
			*consumed = text.len;
			return SPLIT_MORE;
		}
		append_gap(splitter, text, copied, (size_t)token.start);
		copied = (size_t)token.end;
		*consumed = copied;
		if (token.code == SCAN_BACKSLASH)
		{
			if (!take_escaped(splitter, scanner, text, &token))
			{
				drop_newline(&splitter->statement);
				return SPLIT_BACKSLASH;
			}
			copied = (size_t)token.end;
			*consumed = copied;
			continue;
		}
		if (token.code == ';' && splitter->parentheses == 0)
		{
			str_append_char(&splitter->statement, ';');
			return SPLIT_STATEMENT;
		}
		take_token(splitter, text, &token);
	}
}

SplitEnd
splitter_feed(Splitter *splitter, StrView text, size_t *consumed)
{
	Arena arena;
	Scanner scanner;
	SplitEnd end;

	arena_init(&arena, "split");
	scan_open(&scanner, text, SCAN_SPLIT, &arena, &splitter->resume, NULL);
	end = scan_piece(splitter, &scanner, text, consumed);
	scan_close(&scanner, &splitter->resume);
	arena_release(&arena);
	if (scan_place(&splitter->resume) != SCAN_PLACE_PLAIN &&
		scan_place(&splitter->resume) != SCAN_PLACE_COMMENT)
		splitter->begun = true;
	return end;
}

void
splitter_reset(Splitter *splitter)
{
	str_clear(&splitter->statement);
	scan_resume_release(&splitter->resume);
	splitter->parentheses = 0;
	splitter->begun = false;
	error_clear(&splitter->failure);
}

void
splitter_release(Splitter *splitter)
{
	splitter_reset(splitter);
	str_free(&splitter->statement);
}

char
splitter_prompt(const Splitter *splitter)
{
	switch (scan_place(&splitter->resume))
	{
		case SCAN_PLACE_COMMENT: return '*';
		case SCAN_PLACE_STRING: return '\'';
		case SCAN_PLACE_IDENTIFIER: return '"';
		case SCAN_PLACE_DOLLAR: return '$';
		case SCAN_PLACE_PLAIN: break;
	}
	if (splitter->parentheses > 0)
		return '(';
	return splitter->begun ? '-' : '=';
}
