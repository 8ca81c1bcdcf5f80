/*
 * json_match.h: scanning a whole message along the tree of wanted paths.
 *
 * The idea: one pass checks every byte of the message and leaves a token for each wanted place; of equal keys
 * the last wins. Parts that nobody asks for are only checked. What the tokens mean as values is the decoder's
 * business.
 */
#ifndef WEIR_CONNECTORS_JSON_MATCH_H
#define WEIR_CONNECTORS_JSON_MATCH_H

#include "connectors/json_path.h"

typedef struct JsonMatch
{
	JsonScan scan;
	JsonToken *tokens; /* by slot; one more than there are slots */
	int ignored_slot;  /* behind the others: where tokens that nobody wants go */
	const JsonNode *root;
	bool watch_unknown; /* look for keys of the outermost object that no column has */
	StrView unknown;    /* the first of them, as spelled; data == NULL: none */
	Arena *arena;       /* for keys with escapes */
} JsonMatch;

/*
 * Scans [message, message + len) into tokens, which are all set (JSON_TOKEN_MISSING where nothing is). False:
 * the message is malformed, and match->scan says how.
 */
extern bool json_match(JsonMatch *match, JsonPaths *paths, StrView message) WARN_UNUSED;

#endif
