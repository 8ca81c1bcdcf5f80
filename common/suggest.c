/*
 * suggest.c: choosing the nearest name (contract in suggest.h).
 */
#include "common/suggest.h"

Suggestion
suggest_begin(StrView wanted)
{
	int limit = (int)Min(wanted.len / 3, 3);

	return (Suggestion){.wanted = wanted, .distance = Max(limit, wanted.len > 1 ? 1 : 0) + 1};
}

void
suggest_offer(Suggestion *suggestion, const char *candidate)
{
	int distance;

	if (suggestion->distance == 0)
		return;
	distance = str_distance(suggestion->wanted, str_from_cstr(candidate), suggestion->distance - 1);
	if (distance < suggestion->distance)
	{
		suggestion->best = candidate;
		suggestion->distance = distance;
	}
}
