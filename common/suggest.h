/*
 * suggest.h: "did you mean" for names of every kind.
 *
 * The idea: the caller offers candidates one by one; the nearest by edit distance wins, the first among
 * equals, and nothing is suggested when even that one is far (more than a third of the name, at most three
 * edits).
 */
#ifndef WEIR_COMMON_SUGGEST_H
#define WEIR_COMMON_SUGGEST_H

#include "common/str.h"

typedef struct Suggestion
{
	StrView wanted;
	const char *best; /* borrowed from the caller; NULL = nothing is near */
	int distance;     /* of best; else one more than what is accepted */
} Suggestion;

extern Suggestion suggest_begin(StrView wanted);
extern void suggest_offer(Suggestion *suggestion, const char *candidate);

#endif
