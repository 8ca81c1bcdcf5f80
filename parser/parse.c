/*
 * parse.c: runs scanner and grammar over a text (contract in parse.h).
 *
 * The idea: yylex() hands the scanner's tokens to Bison and merges those that need a look at the next one, as
 * PostgreSQL's base_yylex() does: NOT before BETWEEN, IN, LIKE …; NULLS before FIRST and LAST; WITH before
 * TIME and ORDINALITY; a U&'' value before UESCAPE. No grammar rule is here.
 */
#include "parser/parse.h"

#include "common/memory.h"
#include "common/types/text.h"
#include "parser/gram_lex.h"
#include "parser/unicode_escape.h"

extern int yyparse(Parser *parser);

/* ---- tokens ---- */

static bool
read_token(Parser *parser, Token *token)
{
	if (parser->has_ahead)
	{
		*token = parser->ahead;
		parser->has_ahead = false;
		return true;
	}
	return scan_next(&parser->scanner, token);
}

static bool
look_ahead(Parser *parser)
{
	parser->has_ahead = scan_next(&parser->scanner, &parser->ahead);
	return parser->has_ahead;
}

/* The code of a word whose meaning depends on the next token's. */
static int
code_before(int code, int next)
{
	if (code == KW_NOT &&
		(next == KW_BETWEEN || next == KW_IN || next == KW_LIKE || next == KW_ILIKE || next == KW_SIMILAR))
		return NOT_LA;
	if (code == KW_NULLS && (next == KW_FIRST || next == KW_LAST))
		return NULLS_LA;
	if (code == KW_WITH && (next == KW_TIME || next == KW_ORDINALITY))
		return WITH_LA;
	return code;
}

/* Reads UESCAPE 'c' behind a U& token; the escape character is a backslash when there is none. */
static bool
read_uescape(Parser *parser, char *escape)
{
	Token text;

	*escape = '\\';
	if (!look_ahead(parser))
		return false;
	if (parser->ahead.code != KW_UESCAPE)
		return true;
	parser->has_ahead = false;
	if (!scan_next(&parser->scanner, &text))
		return false;
	parser->current = text;
	if (text.code != SCONST)
		return parser_error_at_current(parser, "UESCAPE must be followed by a simple string literal");
	if (!unicode_escape_is_valid(text.text))
		return parser_error_at_current(parser, "invalid Unicode escape character");
	*escape = text.text[0];
	return true;
}

static bool
merge_unicode(Parser *parser, Token *token)
{
	char escape;
	Token value = *token;

	if (!read_uescape(parser, &escape))
		return false;
	/* the value begins behind U& and the quote */
	value.text = unicode_escape_decode(token->text, escape, token->start + 3, parser->arena, parser->err);
	value.code = token->code == UIDENT ? IDENT : SCONST;
	if (value.text != NULL && value.code == IDENT)
		value.text = scan_name(&parser->scanner, value.text);
	*token = value;
	return value.text != NULL;
}

static bool
next_token(Parser *parser, Token *token)
{
	if (!read_token(parser, token))
		return false;
	if (token->code == UIDENT || token->code == USCONST)
		return merge_unicode(parser, token);
	if (token->code == KW_NOT || token->code == KW_NULLS || token->code == KW_WITH)
	{
		if (!look_ahead(parser))
			return false;
		token->code = code_before(token->code, parser->ahead.code);
	}
	return true;
}

int
yylex(YYSTYPE *value, Location *location, Parser *parser)
{
	Token token;

	if (parser->first_token != 0)
	{
		int code = parser->first_token;

		parser->first_token = 0;
		*location = (Location){-1, -1};
		return code;
	}
	if (!next_token(parser, &token))
		return YYerror;
	parser->current = token;
	*location = (Location){token.start, token.end};
	if (token.code == PARAM)
		value->integer = token.integer;
	else
		value->text = token.text;
	return token.code;
}

/* ---- errors ---- */

bool
parser_error_at_current(Parser *parser, const char *message)
{
	return scan_error_at(&parser->scanner, SQLSTATE_SYNTAX_ERROR, message, parser->current.start,
						 parser->current.end);
}

static bool
too_complex(Error *err, int position)
{
	error_set(err, SQLSTATE_STATEMENT_TOO_COMPLEX, position, "statement is nested too deeply");
	return error_hint(err, "Expressions may be nested %d deep.", TREE_MAX_DEPTH);
}

void
yyerror(const Location *location, Parser *parser, const char *message)
{
	(void)location;
	if (parser->err->set)
		return;
	if (strcmp(message, "memory exhausted") == 0)
		too_complex(parser->err, parser->current.start);
	else
		parser_error_at_current(parser, message);
}

/* ---- the text as a whole ---- */

void
parser_add_statement(Parser *parser, SyntaxNode *tree, Location location)
{
	arena_grow(parser->arena, &parser->statements, &parser->statement_capacity, parser->statement_count,
			   sizeof *parser->statements);
	parser->statements[parser->statement_count++] =
		(Statement){.tree = tree, .start = location.start, .end = location.end};
}

static bool
check_depth(const SyntaxNode *root, Error *err)
{
	const SyntaxNode *deep = tree_find_too_deep(root);

	return deep == NULL || too_complex(err, deep->position);
}

static bool
check_depths(const Parser *parser, Error *err)
{
	for (int i = 0; i < parser->statement_count; i++)
		if (!check_depth(parser->statements[i].tree, err))
			return false;
	for (int i = 0; i < parser->targets.count; i++)
		if (!check_depth(parser->targets.items[i], err))
			return false;
	return true;
}

/* Parses source from the given mode; the results are in the parser. */
static bool
run_parser(Parser *parser, StrView source, int mode, Arena *arena, Error *err)
{
	Error scratch = {0};
	bool ok;

	*parser = (Parser){.arena = arena, .err = err ? err : &scratch, .first_token = mode};
	error_clear(parser->err);
	if (!text_check(source.data, source.len, parser->err))
	{
		error_clear(&scratch);
		return false;
	}
	scan_open(&parser->scanner, source, SCAN_PARSE, arena, NULL, parser->err);
	ok = yyparse(parser) == 0 && check_depths(parser, parser->err);
	scan_close(&parser->scanner, NULL);
	assert(ok || parser->err->set);
	error_clear(&scratch);
	return ok;
}

static void
copy_notices(const Parser *parser, Arena *arena, StatementList *out)
{
	for (const ScanNotice *n = parser->scanner.notices; n != NULL; n = n->next)
		out->notice_count++;
	out->notices = ARENA_ARRAY(arena, ParseNotice, out->notice_count);
	out->notice_count = 0;
	for (const ScanNotice *n = parser->scanner.notices; n != NULL; n = n->next)
		out->notices[out->notice_count++] = (ParseNotice){
			.severity = n->severity, .state = n->state, .position = n->position, .message = n->message};
}

bool
parse_statements(StrView source, Arena *arena, StatementList *out, Error *err)
{
	Parser parser;

	*out = (StatementList){0};
	if (!run_parser(&parser, source, 0, arena, err))
		return false;
	out->items = parser.statements;
	out->count = parser.statement_count;
	copy_notices(&parser, arena, out);
	return true;
}

bool
parse_targets(StrView source, Arena *arena, SyntaxList *out, Error *err)
{
	Parser parser;

	if (!run_parser(&parser, source, MODE_TARGETS, arena, err))
		return false;
	*out = parser.targets;
	return true;
}
