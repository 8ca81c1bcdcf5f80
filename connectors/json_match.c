/*
 * json_match.c: scanning along the tree (contract in json_match.h).
 *
 * The idea: match_object() is the loop that matters. It compares the bytes at hand with the key that came
 * next last time; where they differ the key is read, looked up and learned. Recursion goes only as deep as
 * the longest path; what is below is skipped without recursion.
 */
#include "connectors/json_match.h"

static const char *match_value(JsonMatch *m, const char *p, JsonNode *node, int depth);

/* Forgets what an earlier value of the same key left. */
static void
clear_slots(JsonMatch *m, const JsonNode *node)
{
	for (int i = node->first_slot; i < node->end_slot; i++)
		m->tokens[i].kind = JSON_TOKEN_MISSING;
}

/* The key whose opening quote is at p: its child and the start of the value. */
static const char *
read_key(JsonMatch *m, const char *p, const JsonNode *node, JsonNode **child)
{
	JsonToken token;
	StrView key;

	p = json_scan_string(&m->scan, p + 1, &token);
	if (p == NULL)
		return NULL;
	p = json_skip_blanks(p, m->scan.end);
	if (p == m->scan.end || *p != ':')
		return json_expected(&m->scan, "\":\"", p);
	*child = json_unescape(&token, m->arena, &key) ? json_node_child(node, key) : NULL;
	if (*child == NULL && m->watch_unknown && node == m->root && m->unknown.data == NULL)
		m->unknown = key;
	return json_skip_blanks(p + 1, m->scan.end);
}

/*
 * The long way over a key that begins, after blanks, at p: reads it, learns its spelling and that it comes at
 * **expect, which then points at what follows it. Returns where the value is.
 */
static const char *
meet_key(JsonMatch *m, const char *p, JsonNode *node, JsonHint ***expect, JsonNode **child)
{
	const char *value;
	StrView spelling;
	JsonHint *hint;

	value = read_key(m, json_skip_blanks(p, m->scan.end), node, child);
	if (value == NULL)
		return NULL;
	spelling = (StrView){p, (size_t)(value - p)};
	hint = json_node_hint(node, spelling);
	if (hint == NULL && (*child != NULL || !m->watch_unknown || node != m->root))
		hint = json_node_learn(node, spelling, *child, m->ignored_slot);
	if (hint != NULL)
	{
		**expect = hint;
		*expect = &hint->next;
	}
	return value;
}

/* A value below a node that is wanted, or has wanted places below it, or (NULL) is not asked for. */
static const char *
match_child(JsonMatch *m, const char *p, JsonNode *child, int depth)
{
	if (unlikely(p == m->scan.end))
		return json_expected(&m->scan, "JSON value", p);
	if (likely(*p != '{' && *p != '['))
	{
		if (child != NULL && child->slot != JSON_NO_SLOT)
		{
			if (unlikely(child->child_count > 0))
				clear_slots(m, child);
			return json_scan_scalar(&m->scan, p, &m->tokens[child->slot]);
		}
		if (child != NULL)
			clear_slots(m, child);
		return json_scan_scalar(&m->scan, p, &m->tokens[m->ignored_slot]);
	}
	if (child != NULL)
		return match_value(m, p, child, depth);
	return json_skip_container(&m->scan, p, depth);
}

/*
 * The usual value of a key that has nothing below it: a string without escapes and beyond ASCII, a plain
 * number. NULL: the long way must look.
 */
static ALWAYS_INLINE const char *
match_plain(const char *p, const char *begin, const char *end, JsonToken *token)
{
	const char *q;

	if (unlikely(p >= end))
		return NULL;
	token->start = p;
	token->special = false;
	if (*p == '"')
	{
		q = json_plain_end(p + 1, begin, end);
		token->start = p + 1;
		token->len = (uint32_t)(q - p - 1);
		token->kind = JSON_TOKEN_STRING;
		return likely(q < end && *q == '"') ? q + 1 : NULL;
	}
	token->kind = JSON_TOKEN_NUMBER;
	return json_plain_number(p, end, &token->len, &token->whole) ? p + token->len : NULL;
}

/* The next member of an object up to behind its value; *expect is the key that may come, and is moved on. */
static ALWAYS_INLINE const char *
match_member(JsonMatch *m, const char *p, JsonNode *node, JsonHint ***expect, bool first, int depth)
{
	const char *end = m->scan.end;
	JsonHint *hint = **expect;
	JsonNode *child = NULL;

	if (likely(hint != NULL && json_literal_matches(&hint->literal, p, end)))
	{
		const char *q;

		p += hint->literal.len;
		*expect = &hint->next;
		if (likely(hint->leaf))
		{
			q = match_plain(p, m->scan.begin, end, &m->tokens[hint->slot]);
			if (likely(q != NULL))
				return q;
		}
		p = json_skip_blanks(p, end);
		child = hint->child;
	}
	else
	{
		const char *key = json_skip_blanks(p, end);

		if (key == end || *key != '"')
			return json_expected(&m->scan, first ? "string or \"}\"" : "string", key);
		p = meet_key(m, p, node, expect, &child);
		if (p == NULL)
			return NULL;
	}
	return match_child(m, p, child, depth + 1);
}

/* p is behind '{'. */
static const char *
match_object(JsonMatch *m, const char *p, JsonNode *node, int depth)
{
	const char *end = m->scan.end;
	const char *key = json_skip_blanks(p, end);
	JsonHint **expect = &node->first;

	if (unlikely(key < end && *key == '}'))
		return key + 1;
	for (bool first = true;; first = false)
	{
		p = match_member(m, p, node, &expect, first, depth);
		if (unlikely(p == NULL))
			return NULL;
		if (likely(p < end && *p == ','))
		{
			p++;
			continue;
		}
		p = json_skip_blanks(p, end);
		if (likely(p < end && *p == '}'))
			return p + 1;
		if (p == end || *p != ',')
			return json_expected(&m->scan, "\",\" or \"}\"", p);
		p++;
	}
}

/* p is behind '['. */
static const char *
match_array(JsonMatch *m, const char *p, JsonNode *node, int depth)
{
	const char *end = m->scan.end;

	p = json_skip_blanks(p, end);
	if (p < end && *p == ']')
		return p + 1;
	for (int i = 0;; i++)
	{
		p = match_child(m, json_skip_blanks(p, end), json_node_element(node, i), depth + 1);
		if (p == NULL)
			return NULL;
		p = json_skip_blanks(p, end);
		if (p < end && *p == ']')
			return p + 1;
		if (p == end || *p != ',')
			return json_expected(&m->scan, "\",\" or \"]\"", p);
		p++;
	}
}

/* The container at p, whose depth it is. */
static const char *
match_value(JsonMatch *m, const char *p, JsonNode *node, int depth)
{
	bool object = *p == '{';
	const char *q;

	clear_slots(m, node);
	if (depth > JSON_MAX_DEPTH)
		return json_fault(&m->scan, JSON_FAULT_DEPTH, p);
	if (object && node->has_keys)
		q = match_object(m, p + 1, node, depth);
	else if (!object && node->has_elements)
		q = match_array(m, p + 1, node, depth);
	else
		q = json_skip_container(&m->scan, p, depth);
	if (q != NULL && node->slot != JSON_NO_SLOT)
		m->tokens[node->slot] = (JsonToken){
			.start = p, .len = (uint32_t)(q - p), .kind = object ? JSON_TOKEN_OBJECT : JSON_TOKEN_ARRAY};
	return q;
}

bool
json_match(JsonMatch *m, JsonPaths *paths, StrView message)
{
	const char *p;

	m->scan = (JsonScan){.begin = message.data, .end = message.data + message.len};
	m->root = paths->root;
	m->unknown = (StrView){0};
	m->ignored_slot = paths->slot_count;
	p = match_child(m, json_skip_blanks(m->scan.begin, m->scan.end), paths->root, 1);
	if (p == NULL)
		return false;
	p = json_skip_blanks(p, m->scan.end);
	if (p == m->scan.end)
		return true;
	(void)json_expected(&m->scan, "end of input", p);
	return false;
}
