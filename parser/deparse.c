/*
 * deparse.c: names, lists, and which file knows which kind of node (contract in deparse.h).
 */
#include "parser/deparse.h"

#include "parser/deparse_parts.h"
#include "parser/keyword.h"
#include "parser/split.h"

/* Unreserved words that begin a clause where a name is possible as well: as names they are quoted. */
static const char *const clause_words[] = {"cube",   "filter",    "following", "groups",
										   "over",   "partition", "preceding", "range",
										   "rollup", "rows",      "unbounded", "within"};

static bool
is_clause_word(const char *name)
{
	for (size_t i = 0; i < lengthof(clause_words); i++)
		if (strcmp(name, clause_words[i]) == 0)
			return true;
	return false;
}

/* Whether the scanner would read the name as one identifier, unchanged. */
static bool
is_plain_word(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && (name[0] < '0' || name[0] > '9') &&
		   strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static void
append_word(const char *word, bool plain, StrBuf *out)
{
	if (plain)
		str_append_cstr(out, word);
	else
		str_append_quoted(out, str_from_cstr(word));
}

static void
append_name(const char *name, bool as_function, StrBuf *out)
{
	const Keyword *keyword = keyword_lookup(str_from_cstr(name));
	bool plain = is_plain_word(name) && !is_clause_word(name) &&
				 (!keyword || keyword->category == KEYWORD_UNRESERVED ||
				  (as_function && keyword->category == KEYWORD_TYPE_FUNCTION_NAME));

	append_word(name, plain, out);
}

void
deparse_label(const char *word, StrBuf *out)
{
	append_word(word, is_plain_word(word), out);
}

void
deparse_name(const char *name, StrBuf *out)
{
	append_name(name, false, out);
}

void
deparse_string(const char *text, StrBuf *out)
{
	str_append_char(out, '\'');
	for (const char *p = text; *p; p++)
	{
		if (*p == '\'')
			str_append_char(out, '\'');
		str_append_char(out, *p);
	}
	str_append_char(out, '\'');
}

void
deparse_list(const SyntaxList *list, StrBuf *out)
{
	for (int i = 0; i < list->count; i++)
	{
		if (i > 0)
			str_append_cstr(out, ", ");
		deparse(list->items[i], out);
	}
}

void
deparse_clause(const char *word, const SyntaxList *list, StrBuf *out)
{
	if (list->count == 0)
		return;
	str_append_cstr(out, word);
	deparse_list(list, out);
}

void
deparse_names(const SyntaxList *names, StrBuf *out)
{
	for (int i = 0; i < names->count; i++)
	{
		if (i > 0)
			str_append_char(out, '.');
		deparse(names->items[i], out);
	}
}

void
deparse_function_name(const SyntaxList *names, StrBuf *out)
{
	if (names->count == 1)
		append_name(tree_last_name(names), true, out);
	else
		deparse_names(names, out);
}

void
deparse(const SyntaxNode *tree, StrBuf *out)
{
	switch (tree->kind)
	{
		case SYNTAX_IDENTIFIER: deparse_name(((const Identifier *)tree)->name, out); break;
		case SYNTAX_QUALIFIED_NAME: deparse_names(&((const QualifiedName *)tree)->parts, out); break;
		case SYNTAX_TYPE_NAME: deparse_type((const TypeName *)tree, out); break;
		default:
			if (tree->kind >= SYNTAX_LITERAL && tree->kind <= SYNTAX_SET_TO_DEFAULT)
				deparse_expression(tree, out);
			else if (tree->kind >= SYNTAX_SELECT && tree->kind <= SYNTAX_JOIN)
				deparse_query_part(tree, out);
			else
				deparse_statement(tree, out);
			break;
	}
}
