/*
 * jsonb.c: access to and order of canonical JSON text (contract in jsonb.h).
 *
 * The idea: canonical text has no blanks but the one after ',' and ':', and a string is a key iff ':' follows
 * it; so a cursor over it needs no stack. Reading in JSON text is in jsonb_parse.c.
 */
#include "common/types/jsonb.h"

#include "common/hash.h"
#include "common/memory.h"
#include "common/types/input.h"
#include "common/types/integer.h"
#include "common/types/numeric.h"
#include "common/types/text.h"

/* From the opening quote to behind the closing one. */
static const char *
skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

/* The end of the value that starts at p. */
static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	do
	{
		if (*p == '"')
		{
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		else if (depth == 0)
		{
			while (p < end && *p != ',' && *p != ']' && *p != '}')
				p++;
			return p;
		}
		p++;
	} while (depth > 0);
	return p;
}

static JsonbKind
kind_at(const char *p)
{
	switch (*p)
	{
		case '{': return JSONB_OBJECT;
		case '[': return JSONB_ARRAY;
		case '"': return JSONB_STRING;
		case 't':
		case 'f': return JSONB_BOOLEAN;
		case 'n': return JSONB_NULL;
		default: return JSONB_NUMBER;
	}
}

JsonbKind
jsonb_kind(Text j)
{
	return j.len == 0 ? JSONB_NULL : kind_at(j.data);
}

/* What is between the quotes of the string from p to end. */
static StrView
inside_quotes(const char *p, const char *end)
{
	return (StrView){p + 1, (size_t)(end - p) - 2};
}

static bool
has_escapes(StrView s)
{
	return memchr(s.data, '\\', s.len) != NULL;
}

/* The next byte of a string's value; control characters are all that PostgreSQL escapes, besides '"' and '\'.
 */
static char
next_byte(const char **p)
{
	char c = *(*p)++;

	if (c != '\\')
		return c;
	c = *(*p)++;
	switch (c)
	{
		case 'b': return '\b';
		case 'f': return '\f';
		case 'n': return '\n';
		case 'r': return '\r';
		case 't': return '\t';
		case 'u':
			*p += 4;
			return (char)(((*p)[-2] - '0') << 4 | ((*p)[-1] <= '9' ? (*p)[-1] - '0' : (*p)[-1] - 'a' + 10));
		default: return c;
	}
}

/* Writes the value of a string; returns its length, which is at most s.len. */
static size_t
unescape(StrView s, char *out)
{
	const char *p = s.data;
	size_t len = 0;

	while (p < s.data + s.len)
		out[len++] = next_byte(&p);
	return len;
}

static bool
string_equals(StrView s, Text value)
{
	const char *p = s.data;

	if (!has_escapes(s))
		return str_equal(s, text_view(value));
	for (size_t i = 0; i < value.len; i++)
	{
		if (p == s.data + s.len || next_byte(&p) != value.data[i])
			return false;
	}
	return p == s.data + s.len;
}

static Text
slice(const char *p, const char *end)
{
	return text_make(p, (size_t)(end - p));
}

bool
jsonb_get_key(Text j, Text key, Text *out)
{
	const char *end = j.data + j.len;
	const char *p = j.data + 1;

	if (jsonb_kind(j) != JSONB_OBJECT)
		return false;
	while (*p == '"')
	{
		const char *key_end = skip_string(p);
		const char *value = key_end + 2;
		const char *value_end = skip_value(value, end);

		if (string_equals(inside_quotes(p, key_end), key))
		{
			*out = slice(value, value_end);
			return true;
		}
		p = *value_end == ',' ? value_end + 2 : value_end;
	}
	return false;
}

/* Number of elements or members of the container at p; 1 for a scalar. */
static uint32_t
count_elements(const char *p, const char *end)
{
	bool object = *p == '{';
	uint32_t count = 0;

	if (!object && *p != '[')
		return 1;
	for (p++; *p != ']' && *p != '}'; count++)
	{
		if (object)
			p = skip_string(p) + 2;
		p = skip_value(p, end);
		if (*p == ',')
			p += 2;
	}
	return count;
}

bool
jsonb_get_index(Text j, int32_t index, Text *out)
{
	const char *end = j.data + j.len;
	const char *p = j.data + 1;
	int64_t left = index;

	if (jsonb_kind(j) == JSONB_OBJECT)
		return false;
	if (jsonb_kind(j) != JSONB_ARRAY)
	{
		*out = j;
		return index == 0 || index == -1;
	}
	if (index < 0)
		left += count_elements(j.data, end);
	if (left < 0)
		return false;
	while (*p != ']')
	{
		const char *value_end = skip_value(p, end);

		if (left-- == 0)
		{
			*out = slice(p, value_end);
			return true;
		}
		p = *value_end == ',' ? value_end + 2 : value_end;
	}
	return false;
}

bool
jsonb_to_plain_text(Text j, Text *out, Arena *arena)
{
	StrView string;
	char *value;

	*out = j;
	switch (jsonb_kind(j))
	{
		case JSONB_NULL: return false;
		case JSONB_STRING:
			string = inside_quotes(j.data, j.data + j.len);
			*out = text_from_view(string);
			if (has_escapes(string))
			{
				value = arena_alloc(arena, string.len);
				*out = text_make(value, unescape(string, value));
			}
			return true;
		default: return true;
	}
}

/* By the bytes of the values. */
static int
compare_strings(StrView a, StrView b)
{
	const char *p = a.data;
	const char *q = b.data;

	if (!has_escapes(a) && !has_escapes(b))
	{
		int order = memcmp(p, q, Min(a.len, b.len));

		return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
	}
	while (p < a.data + a.len && q < b.data + b.len)
	{
		unsigned char x = (unsigned char)next_byte(&p);
		unsigned char y = (unsigned char)next_byte(&q);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (p < a.data + a.len) - (q < b.data + b.len);
}

static int
compare_numbers(StrView a, StrView b)
{
	Numeric x;
	Numeric y;
	Arena scratch;
	int order;

	if (numeric_parse_fast(a, &x) && numeric_parse_fast(b, &y))
		return numeric_compare(x, y);
	arena_init(&scratch, "jsonb comparison");
	order = numeric_parse(a, &x, &scratch, NULL) && numeric_parse(b, &y, &scratch, NULL)
				? numeric_compare(x, y)
				: 0;
	arena_release(&scratch);
	return order;
}

/* Two scalars of one kind. */
static int
compare_scalars(JsonbKind kind, StrView a, StrView b)
{
	switch (kind)
	{
		case JSONB_STRING:
			return compare_strings(inside_quotes(a.data, a.data + a.len),
								   inside_quotes(b.data, b.data + b.len));
		case JSONB_NUMBER: return compare_numbers(a, b);
		case JSONB_BOOLEAN: return (a.data[0] == 't') - (b.data[0] == 't');
		default: return 0;
	}
}

typedef struct Cursor
{
	const char *at;
	const char *end;
} Cursor;

/* Past the scalar or key, what separates it from the next, and the containers that end here. */
static void
advance(Cursor *c, const char *value_end)
{
	c->at = value_end;
	while (c->at < c->end && (*c->at == ']' || *c->at == '}'))
		c->at++;
	if (c->at < c->end && (*c->at == ',' || *c->at == ':'))
		c->at += 2;
}

/*
 * Compares what is at both cursors, not into containers, and moves both on if that is equal. Before, both
 * texts were equal, so both cursors are at the same place of the same structure.
 */
static int
compare_step(Cursor *a, Cursor *b)
{
	JsonbKind kind = kind_at(a->at);
	const char *a_end;
	const char *b_end;
	int order;

	if (kind != kind_at(b->at))
		return kind < kind_at(b->at) ? -1 : 1;
	if (kind >= JSONB_ARRAY)
	{
		uint32_t x = count_elements(a->at, a->end);
		uint32_t y = count_elements(b->at, b->end);

		if (x != y)
			return x < y ? -1 : 1;
		advance(a, a->at + 1);
		advance(b, b->at + 1);
		return 0;
	}
	a_end = kind == JSONB_STRING ? skip_string(a->at) : skip_value(a->at, a->end);
	b_end = kind == JSONB_STRING ? skip_string(b->at) : skip_value(b->at, b->end);
	order = compare_scalars(kind, (StrView){a->at, (size_t)(a_end - a->at)},
							(StrView){b->at, (size_t)(b_end - b->at)});
	advance(a, a_end);
	advance(b, b_end);
	return order;
}

/*
 * A scalar at the top counts as an array of one element that is less than such an array: so it is greater
 * than the empty array. PostgreSQL keeps this order for its indexes' sake.
 */
static int
compare_scalar_with_array(Cursor array)
{
	return count_elements(array.at, array.end) == 0 ? 1 : -1;
}

int
jsonb_compare(Text a, Text b)
{
	static const char null_text[] = "null";
	Cursor x = {a.data, a.data + a.len};
	Cursor y = {b.data, b.data + b.len};
	int order = 0;

	if (a.len == b.len && memcmp(a.len ? a.data : "", b.len ? b.data : "", a.len) == 0)
		return 0;
	if (a.len == 0)
		x = (Cursor){null_text, null_text + 4};
	if (b.len == 0)
		y = (Cursor){null_text, null_text + 4};
	if (kind_at(x.at) < JSONB_ARRAY && kind_at(y.at) == JSONB_ARRAY)
		return compare_scalar_with_array(y);
	if (kind_at(x.at) == JSONB_ARRAY && kind_at(y.at) < JSONB_ARRAY)
		return -compare_scalar_with_array(x);
	while (order == 0 && x.at < x.end && y.at < y.end)
		order = compare_step(&x, &y);
	return order;
}

/* Copies the text without the zeros that end a number's fraction; returns the length. */
static size_t
strip_fractions(Text j, char *out)
{
	const char *p = j.data;
	const char *end = j.data + j.len;
	size_t len = 0;

	while (p < end)
	{
		const char *part = p;

		if (*p == '"')
			p = skip_string(p);
		else
			p++;
		memcpy(out + len, part, (size_t)(p - part));
		len += (size_t)(p - part);
		if (*part != '.' || p == end)
			continue;
		for (; p < end && ascii_digit(*p); p++)
			out[len++] = *p;
		while (out[len - 1] == '0')
			len--;
		if (out[len - 1] == '.')
			len--;
	}
	return len;
}

/* Numbers are equal whatever their scale, so only the zeros at the end of a fraction may differ between equal
 * texts. */
uint64_t
jsonb_hash(Text j)
{
	char *stripped;
	uint64_t hash;

	if (j.len == 0)
		return hash_bytes("null", 4);
	if (memchr(j.data, '.', j.len) == NULL)
		return hash_bytes(j.data, j.len);
	stripped = mem_alloc(j.len);
	hash = hash_bytes(stripped, strip_fractions(j, stripped));
	mem_free(stripped);
	return hash;
}

static bool
cannot_cast(Text j, const char *type_name, Error *err)
{
	static const char *const kinds[] = {"null", "string", "numeric", "boolean", "array", "object"};

	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "cannot cast jsonb %s to type %s",
					 kinds[jsonb_kind(j)], type_name);
}

bool
jsonb_to_boolean(Text j, bool *out, Error *err)
{
	if (jsonb_kind(j) != JSONB_BOOLEAN)
		return cannot_cast(j, "boolean", err);
	*out = j.data[0] == 't';
	return true;
}

static bool
to_number(Text j, const char *type_name, Numeric *out, Arena *arena, Error *err)
{
	if (jsonb_kind(j) != JSONB_NUMBER)
		return cannot_cast(j, type_name, err);
	return numeric_parse(text_view(j), out, arena, err);
}

bool
jsonb_to_numeric(Text j, Numeric *out, Arena *arena, Error *err)
{
	return to_number(j, "numeric", out, arena, err);
}

bool
jsonb_to_integer(Text j, int32_t *out, Arena *arena, Error *err)
{
	Numeric n;

	return to_number(j, "integer", &n, arena, err) && numeric_to_integer(n, out, err);
}

bool
jsonb_to_bigint(Text j, int64_t *out, Arena *arena, Error *err)
{
	Numeric n;

	return to_number(j, "bigint", &n, arena, err) && numeric_to_bigint(n, out, err);
}

bool
jsonb_to_double(Text j, double *out, Arena *arena, Error *err)
{
	Numeric n;

	return to_number(j, "double precision", &n, arena, err) && numeric_to_double(n, out, err);
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	return jsonb_parse(s, out, arena, err);
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	Text j = *(const Text *)value;

	(void)context;
	str_append_view(out, j.len == 0 ? STR_LIT("null") : text_view(j));
}

static int
compare(const void *a, const void *b)
{
	return jsonb_compare(*(const Text *)a, *(const Text *)b);
}

static uint64_t
hash(const void *value)
{
	return jsonb_hash(*(const Text *)value);
}

static void
copy(void *to, const void *from, Arena *arena)
{
	*(Text *)to = text_copy(*(const Text *)from, arena);
}

const TypeClass jsonb_class = {
	.id = TYPE_JSONB,
	.name = "jsonb",
	.size = sizeof(Text),
	.category = 'U',
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
	.copy = copy,
};
