/*
 * state_map.c: how the state map changes from epoch to epoch.
 *
 * Changes are merged into a new map, as sorted lists are; the old one is not touched until the caller drops
 * it, so that an epoch that fails before its commit leaves nothing behind.
 */
#include "executor/pack.h"

void
state_map_init(StateMap *map)
{
	*map = (StateMap){.count = 0};
	arena_init(&map->arena, "state map");
}

void
state_map_release(StateMap *map)
{
	arena_release(&map->arena);
	map->count = 0;
	map->entries = NULL;
}

static int
compare_units(const StateUnit *a, const StateUnit *b)
{
	if (a->sink != b->sink)
		return a->sink < b->sink ? -1 : 1;
	if (a->bucket != b->bucket)
		return a->bucket < b->bucket ? -1 : 1;
	return a->pane < b->pane ? -1 : a->pane > b->pane;
}

static int
compare_changes(const void *a, const void *b)
{
	return compare_units(&((const UnitChange *)a)->unit, &((const UnitChange *)b)->unit);
}

static int
compare_entries(const void *a, const void *b)
{
	return compare_units(&((const StateMapEntry *)a)->unit, &((const StateMapEntry *)b)->unit);
}

/* Appends an entry: the chunks of old (may be NULL), then one more (may be NULL). */
static void
add_entry(StateMap *out, const StateUnit *unit, const StateMapEntry *old, const StateChunk *more)
{
	StateMapEntry *entry = &out->entries[out->count++];
	uint32_t n = old ? old->chunk_count : 0;

	entry->unit = *unit;
	entry->chunks = ARENA_ARRAY(&out->arena, StateChunk, n + 1);
	entry->chunk_count = n + (more != NULL);
	if (n > 0)
		memcpy(entry->chunks, old->chunks, n * sizeof *entry->chunks);
	if (more != NULL)
		entry->chunks[n] = *more;
	assert(entry->chunk_count > 0);
}

static void
apply_change(StateMap *out, const UnitChange *change, const StateMapEntry *old)
{
	if (change->change == STATE_PARTIAL)
		add_entry(out, &change->unit, old, &change->chunk);
	else if (change->change == STATE_WHOLE)
		add_entry(out, &change->unit, NULL, &change->chunk);
}

/* The copies of pack names belong to the new map: equal neighbours share one. */
static void
own_names(StateMap *map)
{
	const char *from = NULL, *to = NULL;

	for (size_t i = 0; i < map->count; i++)
		for (uint32_t c = 0; c < map->entries[i].chunk_count; c++)
		{
			const char **name = &map->entries[i].chunks[c].pack;

			if (from == NULL || strcmp(*name, from) != 0)
			{
				from = *name;
				to = arena_strdup(&map->arena, from);
			}
			*name = to;
		}
}

void
state_map_apply(const StateMap *map, UnitChange *changes, size_t count, StateMap *out)
{
	size_t i = 0, j = 0;

	state_map_init(out);
	out->entries = ARENA_ARRAY(&out->arena, StateMapEntry, map->count + count + 1);
	if (count > 1)
		qsort(changes, count, sizeof *changes, compare_changes);
	while (i < map->count || j < count)
	{
		int order = i == map->count ? 1
					: j == count    ? -1
									: compare_units(&map->entries[i].unit, &changes[j].unit);

		if (order < 0)
			add_entry(out, &map->entries[i].unit, &map->entries[i], NULL);
		else
			apply_change(out, &changes[j], order == 0 ? &map->entries[i] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	own_names(out);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
state_map_packs(const StateMap *map, Arena *arena, size_t *count)
{
	size_t chunks = 0, n = 0, distinct = 0;
	const char **names;

	for (size_t i = 0; i < map->count; i++)
		chunks += map->entries[i].chunk_count;
	names = ARENA_ARRAY(arena, const char *, chunks + 1);
	for (size_t i = 0; i < map->count; i++)
		for (uint32_t c = 0; c < map->entries[i].chunk_count; c++)
			names[n++] = map->entries[i].chunks[c].pack;
	if (n > 1)
		qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(names[i], names[distinct - 1]) != 0)
			names[distinct++] = names[i];
	*count = distinct;
	return names;
}

void
state_map_renumber(StateMap *map, const int *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->count; i++)
	{
		StateMapEntry entry = map->entries[i];

		entry.unit.sink = to[entry.unit.sink];
		if (entry.unit.sink >= 0)
			map->entries[kept++] = entry;
	}
	map->count = kept;
	if (kept > 1)
		qsort(map->entries, kept, sizeof *map->entries, compare_entries);
}
