/*
 * hashmap.h: bytes to pointers, for look-ups by name.
 *
 * The idea: open addressing with linear probing over entries that keep their hash; keys are copied. Entries
 * are also kept in insertion order, which is the order of iteration. Nothing is ever removed alone. Not for
 * the hot path of aggregation: group_table.h is.
 */
#ifndef WEIR_COMMON_HASHMAP_H
#define WEIR_COMMON_HASHMAP_H

#include "common/str.h"

typedef struct HashMapEntry
{
	StrView key; /* owned by the map */
	uint64_t hash;
	void *value; /* the user's */
} HashMapEntry;

/* Invariant: slots is a power of two (or 0), more than half of it free; slot[i] is an entry number + 1 or 0.
 */
typedef struct HashMap
{
	HashMapEntry *entries;
	size_t count;
	size_t capacity;
	uint32_t *slots;
	size_t slot_count;
} HashMap;

/* The entry of a key, or NULL. Zero-initialise the map. */
extern HashMapEntry *hashmap_find(const HashMap *map, StrView key);
/* The entry of a key, made with a NULL value when there was none. The pointer is valid until the next add. */
extern HashMapEntry *hashmap_add(HashMap *map, StrView key);
/* Forgets all entries; values are the caller's to release before. */
extern void hashmap_clear(HashMap *map);
extern void hashmap_free(HashMap *map);

#endif
