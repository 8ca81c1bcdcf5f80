/*
 * hashmap.c: bytes to pointers (contract in hashmap.h).
 */
#include "common/hashmap.h"

#include "common/hash.h"
#include "common/memory.h"

static size_t
probe(const HashMap *map, StrView key, uint64_t hash)
{
	size_t i = hash & (map->slot_count - 1);

	while (map->slots[i] != 0)
	{
		const HashMapEntry *e = &map->entries[map->slots[i] - 1];

		if (e->hash == hash && str_equal(e->key, key))
			break;
		i = (i + 1) & (map->slot_count - 1);
	}
	return i;
}

static void
grow_slots(HashMap *map)
{
	map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
	mem_free(map->slots);
	map->slots = mem_alloc_zero(map->slot_count * sizeof *map->slots);
	for (size_t e = 0; e < map->count; e++)
		map->slots[probe(map, map->entries[e].key, map->entries[e].hash)] = (uint32_t)e + 1;
}

HashMapEntry *
hashmap_find(const HashMap *map, StrView key)
{
	size_t slot;

	if (map->count == 0)
		return NULL;
	slot = map->slots[probe(map, key, hash_bytes(key.data, key.len))];
	return slot == 0 ? NULL : &map->entries[slot - 1];
}

HashMapEntry *
hashmap_add(HashMap *map, StrView key)
{
	uint64_t hash = hash_bytes(key.data, key.len);
	size_t slot;
	char *copy;

	if ((map->count + 1) * 2 > map->slot_count)
		grow_slots(map);
	slot = probe(map, key, hash);
	if (map->slots[slot] != 0)
		return &map->entries[map->slots[slot] - 1];
	mem_grow(&map->entries, &map->capacity, map->count, sizeof(HashMapEntry));
	copy = mem_alloc(key.len + 1);
	memcpy(copy, key.data, key.len);
	copy[key.len] = '\0';
	map->entries[map->count] = (HashMapEntry){.key = {copy, key.len}, .hash = hash};
	map->slots[slot] = (uint32_t)++map->count;
	return &map->entries[map->count - 1];
}

void
hashmap_clear(HashMap *map)
{
	for (size_t i = 0; i < map->count; i++)
		mem_free((void *)(uintptr_t)map->entries[i].key.data);
	map->count = 0;
	if (map->slots != NULL)
		memset(map->slots, 0, map->slot_count * sizeof *map->slots);
}

void
hashmap_free(HashMap *map)
{
	hashmap_clear(map);
	mem_free(map->entries);
	mem_free(map->slots);
	*map = (HashMap){0};
}
