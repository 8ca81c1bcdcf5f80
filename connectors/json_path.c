/*
 * json_path.c: building the tree of wanted paths and its memory of keys (contract in json_path.h).
 */
#include "connectors/json_path.h"

static JsonNode *
find_child(const JsonNode *node, const PathStep *step)
{
	return step->key != NULL ? json_node_child(node, str_from_cstr(step->key))
							 : json_node_element(node, step->index);
}

static JsonNode *
add_child(JsonNode *node, const PathStep *step, Arena *arena)
{
	JsonNode **children = ARENA_ARRAY(arena, JsonNode *, node->child_count + 1);
	JsonNode *child = ARENA_NEW(arena, JsonNode);

	if (step->key != NULL)
		child->key = (StrView){arena_strdup(arena, step->key), strlen(step->key)};
	child->index = step->index;
	child->slot = JSON_NO_SLOT;
	if (node->child_count > 0)
		memcpy(children, node->children, sizeof *children * (size_t)node->child_count);
	children[node->child_count++] = child;
	node->children = children;
	node->has_keys |= step->key != NULL;
	node->has_elements |= step->key == NULL;
	return child;
}

static JsonNode *
reach(JsonNode *node, const PathStep *path, int length, Arena *arena)
{
	for (int i = 0; i < length; i++)
	{
		JsonNode *child = find_child(node, &path[i]);

		node = child != NULL ? child : add_child(node, &path[i], arena);
	}
	return node;
}

/* Numbers the wanted nodes in preorder; slot is 0 for "wanted" before and the number after. */
static void
number_slots(JsonNode *node, int *count, Arena *arena)
{
	node->first_slot = *count;
	if (node->slot != JSON_NO_SLOT)
		node->slot = (*count)++;
	for (int i = 0; i < node->child_count; i++)
		number_slots(node->children[i], count, arena);
	node->end_slot = *count;
	if (node->has_keys)
		node->hints = ARENA_ARRAY(arena, JsonHint, JSON_HINT_MAX);
}

void
json_paths_build(const StreamDef *stream, const DecodeField *fields, uint32_t field_count, Arena *arena,
				 JsonPaths *out)
{
	JsonNode **places = ARENA_ARRAY_ZERO(arena, JsonNode *, field_count);

	*out =
		(JsonPaths){.root = ARENA_NEW(arena, JsonNode), .field_slots = ARENA_ARRAY(arena, int, field_count)};
	out->root->slot = JSON_NO_SLOT;
	for (uint32_t f = 0; f < field_count; f++)
	{
		if (fields[f].origin != COLUMN_FIELD)
			continue;
		places[f] = reach(out->root, fields[f].path, fields[f].path_length, arena);
		places[f]->slot = 0;
	}
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (stream->columns[c].origin == COLUMN_FIELD)
			(void)reach(out->root, stream->columns[c].path, stream->columns[c].path_length, arena);
	}
	number_slots(out->root, &out->slot_count, arena);
	for (uint32_t f = 0; f < field_count; f++)
		out->field_slots[f] = places[f] != NULL ? places[f]->slot : JSON_NO_SLOT;
}

JsonNode *
json_node_child(const JsonNode *node, StrView key)
{
	for (int i = 0; i < node->child_count; i++)
	{
		if (node->children[i]->key.data != NULL && str_equal(node->children[i]->key, key))
			return node->children[i];
	}
	return NULL;
}

JsonNode *
json_node_element(const JsonNode *node, int index)
{
	for (int i = 0; i < node->child_count; i++)
	{
		if (node->children[i]->key.data == NULL && node->children[i]->index == index)
			return node->children[i];
	}
	return NULL;
}

JsonHint *
json_node_learn(JsonNode *node, StrView spelling, JsonNode *child, int ignored_slot)
{
	JsonHint *hint;

	if (node->hints == NULL || node->hint_count == JSON_HINT_MAX || spelling.len > JSON_LITERAL_MAX)
		return NULL;
	hint = &node->hints[node->hint_count++];
	*hint = (JsonHint){.child = child,
					   .leaf = child == NULL || child->child_count == 0,
					   .slot = child != NULL && child->slot != JSON_NO_SLOT ? child->slot : ignored_slot};
	json_literal_set(&hint->literal, spelling.data, spelling.len);
	return hint;
}

JsonHint *
json_node_hint(const JsonNode *node, StrView spelling)
{
	for (int i = 0; i < node->hint_count; i++)
	{
		const JsonLiteral *literal = &node->hints[i].literal;

		if (literal->len == spelling.len && memcmp(literal->bytes, spelling.data, spelling.len) == 0)
			return &node->hints[i];
	}
	return NULL;
}
