/*
 * jsonb_parse.c: JSON text to its canonical form (jsonb_parse() of jsonb.h).
 *
 * The idea: the tokens become a tree of nodes that point back to their parents, so that reading and writing
 * need no recursion; an object whose keys do not come in order is sorted when it is closed; then the tree is
 * written.
 */
#include "common/types/jsonb.h"

#include "common/types/jsonb_lex.h"
#include "common/types/numeric.h"

/*
 * A number of eight characters can have 131,072 digits. A message must not take memory without end by that:
 * the digits of such numbers may be so many times what was read, and some more.
 */
enum
{
	GROWTH_FACTOR = 16,
	GROWTH_BYTES = 1 << 20
};

typedef struct Node Node;

struct Node
{
	JsonbKind kind;
	bool has_key;
	bool key_escaped;  /* the key may need escapes */
	bool text_escaped; /* so may the string */
	bool unordered;    /* an object whose members are not in strictly ascending order yet */
	StrView key;
	StrView text; /* of a string its value, of another scalar what is printed */
	Node *parent;
	Node *next;
	Node *first;
	Node *last;
};

typedef struct Parser
{
	JsonbLexer lex;
	Node *root;
	Node *container; /* the innermost that is open */
	int depth;
	Node key;    /* what is known of the member that begins */
	size_t size; /* an upper bound of the output */
	size_t room; /* for numbers that are longer than they were written */
	Arena *arena;
	Error *err;
} Parser;

static int
compare_keys(StrView a, StrView b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.data, b.data, a.len);
}

static size_t
string_bound(StrView s, bool escaped)
{
	return s.len * (escaped ? 6 : 1) + 2;
}

/* A node at the end of the open container. */
static Node *
add_node(Parser *p, JsonbKind kind)
{
	Node *node = ARENA_ARRAY(p->arena, Node, 1);
	Node *container = p->container;

	*node = p->key;
	p->key = (Node){0};
	node->kind = kind;
	node->parent = container;
	p->size += 4; /* brackets, and a comma with its blank */
	if (node->has_key)
		p->size += 2 + string_bound(node->key, node->key_escaped);
	if (container == NULL)
		p->root = node;
	else if (container->first == NULL)
		container->first = container->last = node;
	else
	{
		container->unordered |= node->has_key && compare_keys(container->last->key, node->key) >= 0;
		container->last->next = node;
		container->last = node;
	}
	return node;
}

static Node *
merge(Node *a, Node *b)
{
	Node *head = NULL;
	Node **tail = &head;

	while (a != NULL && b != NULL)
	{
		Node **least = compare_keys(a->key, b->key) <= 0 ? &a : &b;

		*tail = *least;
		tail = &(*least)->next;
		*least = *tail;
	}
	*tail = a != NULL ? a : b;
	return head;
}

/* Bottom-up merge sort: run i is a sorted list of 2^i members, or empty; older members are in higher runs. */
static Node *
sort_members(Node *list)
{
	Node *runs[48];
	int count = 0;
	Node *sorted = NULL;

	while (list != NULL)
	{
		Node *run = list;
		int i = 0;

		list = list->next;
		run->next = NULL;
		for (; i < count && runs[i] != NULL; i++)
		{
			run = merge(runs[i], run);
			runs[i] = NULL;
		}
		if (i == count)
			count++;
		runs[i] = run;
	}
	for (int i = 0; i < count; i++)
		sorted = merge(runs[i], sorted);
	return sorted;
}

/* Sorts an object's members; of equal keys only the last stays. */
static void
order_object(Node *object)
{
	Node **link = &object->first;

	object->first = sort_members(object->first);
	while (*link != NULL && (*link)->next != NULL)
	{
		if (compare_keys((*link)->key, (*link)->next->key) == 0)
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
}

/* As numeric prints it: the token itself, unless it has an exponent, is a negative zero, or is very long. */
static bool
canonical_number(Parser *p, StrView token, Node *node)
{
	Numeric value;
	Text text;

	node->text = token;
	if (token.len < NUMERIC_MAX_DSCALE && memchr(token.data, 'e', token.len) == NULL &&
		memchr(token.data, 'E', token.len) == NULL && !(token.data[0] == '-' && token.data[1] == '0'))
		return true;
	if (!numeric_parse(token, &value, p->arena, p->err))
		return false;
	text = numeric_to_text(value, p->arena);
	node->text = text_view(text);
	if (text.len > p->room)
	{
		error_set(p->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, NO_POSITION, "jsonb value is too long");
		return error_detail(p->err, "Its numbers with exponents have too many digits.");
	}
	p->room -= text.len;
	return true;
}

static bool
add_string(Parser *p)
{
	Node *node = add_node(p, JSONB_STRING);

	node->text = p->lex.string;
	node->text_escaped = p->lex.escaped;
	p->size += string_bound(node->text, node->text_escaped);
	return jsonb_lex_next(&p->lex);
}

static bool
add_plain(Parser *p, JsonbKind kind)
{
	Node *node = add_node(p, kind);
	StrView token = {p->lex.token_start, (size_t)(p->lex.token_end - p->lex.token_start)};

	node->text = token;
	if (!jsonb_lex_next(&p->lex) || (kind == JSONB_NUMBER && !canonical_number(p, token, node)))
		return false;
	p->size += node->text.len;
	return true;
}

static bool
open_container(Parser *p, JsonbKind kind)
{
	if (++p->depth > JSONB_MAX_DEPTH)
	{
		error_set(p->err, SQLSTATE_STATEMENT_TOO_COMPLEX, NO_POSITION, "stack depth limit exceeded");
		return error_detail(p->err, "JSON is nested more than %d levels deep.", JSONB_MAX_DEPTH);
	}
	p->container = add_node(p, kind);
	return jsonb_lex_next(&p->lex);
}

/* Reads a member's key and the colon. */
static bool
read_key(Parser *p, const char *expected)
{
	if (p->lex.token != JSONB_TOKEN_STRING)
		return jsonb_lex_expected(&p->lex, expected);
	p->key = (Node){.has_key = true, .key = p->lex.string, .key_escaped = p->lex.escaped};
	if (!jsonb_lex_next(&p->lex))
		return false;
	if (p->lex.token != JSONB_TOKEN_COLON)
		return jsonb_lex_expected(&p->lex, "\":\"");
	return jsonb_lex_next(&p->lex);
}

/* Reads a value up to its first scalar, or to the end of its first empty container. */
static bool
begin_value(Parser *p)
{
	for (;;)
	{
		switch (p->lex.token)
		{
			case JSONB_TOKEN_STRING: return add_string(p);
			case JSONB_TOKEN_NUMBER: return add_plain(p, JSONB_NUMBER);
			case JSONB_TOKEN_TRUE:
			case JSONB_TOKEN_FALSE: return add_plain(p, JSONB_BOOLEAN);
			case JSONB_TOKEN_NULL: return add_plain(p, JSONB_NULL);
			case JSONB_TOKEN_ARRAY_START:
				if (!open_container(p, JSONB_ARRAY))
					return false;
				if (p->lex.token == JSONB_TOKEN_ARRAY_END)
					return true;
				break;
			case JSONB_TOKEN_OBJECT_START:
				if (!open_container(p, JSONB_OBJECT))
					return false;
				if (p->lex.token == JSONB_TOKEN_OBJECT_END)
					return true;
				if (!read_key(p, "string or \"}\""))
					return false;
				break;
			default: return jsonb_lex_expected(&p->lex, "JSON value");
		}
	}
}

/* After a value: closes the containers that end here. True with container != NULL: another value follows. */
static bool
end_value(Parser *p)
{
	while (p->container != NULL)
	{
		bool object = p->container->kind == JSONB_OBJECT;

		if (p->lex.token == JSONB_TOKEN_COMMA)
			return jsonb_lex_next(&p->lex) && (!object || read_key(p, "string"));
		if (p->lex.token != (object ? JSONB_TOKEN_OBJECT_END : JSONB_TOKEN_ARRAY_END))
			return jsonb_lex_expected(&p->lex, object ? "\",\" or \"}\"" : "\",\" or \"]\"");
		if (p->container->unordered)
			order_object(p->container);
		p->container = p->container->parent;
		p->depth--;
		if (!jsonb_lex_next(&p->lex))
			return false;
	}
	return p->lex.token == JSONB_TOKEN_END || jsonb_lex_expected(&p->lex, "end of input");
}

/* A quoted string with PostgreSQL's escapes; returns the end. */
static char *
write_string(char *out, StrView s, bool escaped)
{
	static const char hex[] = "0123456789abcdef";

	*out++ = '"';
	if (!escaped)
	{
		memcpy(out, s.data, s.len);
		out += s.len;
	}
	for (size_t i = 0; escaped && i < s.len; i++)
	{
		static const char letters[] = "btn?fr"; /* of \b to \r; \v has none */
		unsigned char c = (unsigned char)s.data[i];

		if (c >= 0x20 && c != '"' && c != '\\')
		{
			*out++ = (char)c;
			continue;
		}
		*out++ = '\\';
		if (c == '"' || c == '\\')
			*out++ = (char)c;
		else if (c >= '\b' && c <= '\r' && c != '\v')
			*out++ = letters[c - '\b'];
		else
		{
			memcpy(out, "u00", 3);
			out[3] = hex[c >> 4];
			out[4] = hex[c & 15];
			out += 5;
		}
	}
	*out++ = '"';
	return out;
}

/* A node without what is in it: its key, and the scalar or the opening bracket. */
static char *
write_start(char *out, const Node *node)
{
	if (node->has_key)
	{
		out = write_string(out, node->key, node->key_escaped);
		*out++ = ':';
		*out++ = ' ';
	}
	switch (node->kind)
	{
		case JSONB_STRING: return write_string(out, node->text, node->text_escaped);
		case JSONB_ARRAY: *out++ = '['; return out;
		case JSONB_OBJECT: *out++ = '{'; return out;
		default: memcpy(out, node->text.data, node->text.len); return out + node->text.len;
	}
}

static char *
write_end(char *out, const Node *node)
{
	if (node->kind == JSONB_ARRAY)
		*out++ = ']';
	else if (node->kind == JSONB_OBJECT)
		*out++ = '}';
	return out;
}

static Text
write_tree(const Node *root, size_t size, Arena *arena)
{
	char *start = arena_alloc(arena, size);
	char *out = start;
	const Node *node = root;

	while (node != NULL)
	{
		out = write_start(out, node);
		if (node->first != NULL)
		{
			node = node->first;
			continue;
		}
		out = write_end(out, node);
		while (node->next == NULL && node->parent != NULL)
		{
			node = node->parent;
			out = write_end(out, node);
		}
		node = node->next;
		if (node != NULL)
		{
			*out++ = ',';
			*out++ = ' ';
		}
	}
	assert((size_t)(out - start) <= size);
	return text_make(start, (size_t)(out - start));
}

bool
jsonb_parse(StrView s, Text *out, Arena *arena, Error *err)
{
	Parser p = {.room = GROWTH_FACTOR * s.len + GROWTH_BYTES, .arena = arena, .err = err};

	jsonb_lex_open(&p.lex, s, arena, err);
	if (!jsonb_lex_next(&p.lex))
		return false;
	do
	{
		if (!begin_value(&p) || !end_value(&p))
			return false;
	} while (p.container != NULL);
	*out = write_tree(p.root, p.size, arena);
	return true;
}
