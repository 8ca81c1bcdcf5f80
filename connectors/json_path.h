/*
 * json_path.h: the tree of the places in a message that the plan wants, and what was learned about its keys.
 *
 * The idea: the paths of all columns are merged into one tree; a node that is wanted has a slot, into which
 * the scanner puts the token it finds there. Each node also remembers the spelling of the keys it has met,
 * with the quotes, the colon and the blanks, and which key followed which: a message whose keys come in a
 * known order is recognised by comparing bytes, and any surprise costs one ordinary key look-up.
 *
 * A tree belongs to one decoder, because it learns; it is used by one thread.
 */
#ifndef WEIR_CONNECTORS_JSON_PATH_H
#define WEIR_CONNECTORS_JSON_PATH_H

#include "connectors/json_scan.h"
#include "planner/plan.h"

enum
{
	JSON_NO_SLOT = -1,
	JSON_HINT_MAX = 64 /* spellings remembered per object; more are looked up each time */
};

typedef struct JsonNode JsonNode;

/* A key as it was met: "key": with what blanks are around it, up to the first byte of the value. */
typedef struct JsonHint
{
	JsonLiteral literal;
	JsonNode *child;       /* NULL: nobody asks for this key */
	bool leaf;             /* nothing is wanted below it */
	int slot;              /* of the child; JSON_NO_SLOT: its value is only checked */
	struct JsonHint *next; /* the hint that followed it last time; NULL = not known */
} JsonHint;

/*
 * Invariant: the slots of a node's subtree are [first_slot, end_slot), its own first. Children are either
 * named by key or by index; a node may have both kinds, as an array or an object may stand there.
 */
struct JsonNode
{
	StrView key; /* data == NULL: an array element */
	int index;
	int slot; /* JSON_NO_SLOT: not wanted itself */
	int first_slot;
	int end_slot;
	int child_count;
	JsonNode **children;
	bool has_keys;
	bool has_elements;
	int hint_count;
	JsonHint *first; /* the hint of the first key of the last object */
	JsonHint *hints; /* [JSON_HINT_MAX], NULL for nodes without key children */
};

typedef struct JsonPaths
{
	JsonNode *root;
	int slot_count;
	int *field_slots; /* per field; JSON_NO_SLOT for metadata */
} JsonPaths;

/* Columns of the stream that are not among the fields are in the tree too, without slots: they are known
 * keys. */
extern void json_paths_build(const StreamDef *stream, const DecodeField *fields, uint32_t field_count,
							 Arena *arena, JsonPaths *out);

/* The child with that key, or NULL. */
extern JsonNode *json_node_child(const JsonNode *node, StrView key);
extern JsonNode *json_node_element(const JsonNode *node, int index);

/*
 * Remembers a spelling: the bytes from the separator to the value. NULL when there is no room or it is too
 * long. ignored_slot takes the tokens of a child without a slot.
 */
extern JsonHint *json_node_learn(JsonNode *node, StrView spelling, JsonNode *child, int ignored_slot);
/* The hint of exactly that spelling, or NULL. */
extern JsonHint *json_node_hint(const JsonNode *node, StrView spelling);

#endif
