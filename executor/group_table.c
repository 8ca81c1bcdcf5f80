/*
 * group_table.c: look-up and growth of group tables (contract in group_table.h).
 *
 * Probing is linear; a slot's upper half is the upper half of the probe hash, so that a record is touched
 * only when it is almost surely the right one. The probe hash is the key hash mixed with scope and partition.
 *
 * A batch is looked up in two passes: the first takes each row's first slot for a guess, the second checks
 * the guesses in a loop that calls nothing; the few rows that were guessed wrong walk the slots one by one.
 */
#include "executor/group_table.h"

#include "common/hash.h"
#include "common/memory.h"

enum
{
	FIRST_CAPACITY = 4,
	ADD_CHUNK = 32,
	PREFETCH_DISTANCE = 8,
	PREFETCH_MIN_SLOTS = 16384 /* below, the slots are in the cache anyway */
};

#define PARTITION_MIX UINT64_C(0xd6e8feb86659fd93)

/* What all groups of one scope and partition add to their key hash. */
static inline uint64_t
scope_seed(int64_t scope, int32_t partition)
{
	return hash_u64((uint64_t)scope + (uint64_t)(uint32_t)partition * PARTITION_MIX);
}

/* ---- growth ---- */

void
group_table_init(GroupTable *table, const GroupLayout *layout, Arena *arena)
{
	*table = (GroupTable){.layout = layout, .arena = arena};
}

void
group_table_clear(GroupTable *table)
{
	if (table->slot_count > 0)
		memset(table->slots, 0, table->slot_count * sizeof *table->slots);
	table->count = 0;
}

void
group_table_free(GroupTable *table)
{
	mem_free(table->records);
	mem_free(table->slots);
	group_table_init(table, table->layout, table->arena);
}

size_t
group_table_memory(const GroupTable *table)
{
	return table->capacity * table->layout->stride + table->slot_count * sizeof *table->slots;
}

static void
insert_slot(GroupTable *table, uint64_t probe, uint32_t group)
{
	size_t mask = table->slot_count - 1;
	size_t s = probe & mask;

	while (table->slots[s] != 0)
		s = (s + 1) & mask;
	table->slots[s] = (probe & UINT64_C(0xffffffff00000000)) | (group + 1);
}

static void
grow_slots(GroupTable *table)
{
	size_t slot_count = table->slot_count ? table->slot_count * 4 : 2 * FIRST_CAPACITY;

	mem_free(table->slots);
	table->slots = mem_alloc_zero(slot_count * sizeof *table->slots);
	table->slot_count = slot_count;
	for (uint32_t g = 0; g < table->count; g++)
	{
		const GroupHead *head = group_head(table, g);

		insert_slot(table, head->hash ^ scope_seed(head->scope, head->partition), g);
	}
}

/* Makes room for one more group; true if slots moved. */
static bool
make_room(GroupTable *table)
{
	if (table->count == table->capacity)
	{
		if (unlikely(table->count >= UINT32_MAX / 2))
			mem_exhausted(table->capacity * table->layout->stride);
		table->capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
		table->records = mem_realloc(table->records, table->capacity * table->layout->stride);
	}
	if (likely(2 * ((size_t)table->count + 1) < table->slot_count))
		return false;
	grow_slots(table);
	return true;
}

static void
copy_value(const GroupTable *table, TypeId type, void *to, const void *from, size_t size)
{
	if (table->arena == NULL)
		memcpy(to, from, size);
	else
		type_copy_value(type, to, from, table->arena);
}

static void
write_row_keys(GroupTable *table, char *record, const Column *const *keys, uint32_t row)
{
	const GroupLayout *layout = table->layout;

	for (int k = 0; k < layout->key_count; k++)
	{
		const GroupKey *key = &layout->keys[k];
		bool null = column_is_null(keys[k], row);

		record[layout->nulls_offset + (uint32_t)k] = null;
		if (null)
			memset(record + key->offset, 0, key->size);
		else
			copy_value(table, key->type, record + key->offset, (char *)keys[k]->data + row * key->size,
					   key->size);
	}
}

static void
write_record_keys(GroupTable *table, char *record, const char *from)
{
	const GroupLayout *layout = table->layout;

	for (int k = 0; k < layout->key_count; k++)
	{
		const GroupKey *key = &layout->keys[k];

		record[layout->nulls_offset + (uint32_t)k] = from[layout->nulls_offset + (uint32_t)k];
		if (group_record_is_null(layout, from, k))
			memset(record + key->offset, 0, key->size);
		else
			copy_value(table, key->type, record + key->offset, from + key->offset, key->size);
	}
}

/* A new record with everything but its keys. */
static char *
append_record(GroupTable *table, const GroupHead *head, uint64_t probe, size_t slot)
{
	char *record;

	if (unlikely(make_room(table)))
		insert_slot(table, probe, table->count);
	else
		table->slots[slot] = (probe & UINT64_C(0xffffffff00000000)) | (table->count + 1);
	record = group_record(table, table->count++);
	memset(record, 0, table->layout->stride);
	memcpy(record, head, sizeof *head);
	return record;
}

/* ---- look-up ---- */

static uint32_t
add_row(GroupTable *table, const GroupLookup *lookup, uint32_t row, uint64_t probe, size_t slot)
{
	GroupHead head = {.hash = lookup->hashes[row],
					  .scope = lookup->scopes[row],
					  .partition = lookup->partition,
					  .origin = lookup->origin};

	write_row_keys(table, append_record(table, &head, probe, slot), lookup->keys, row);
	return table->count - 1;
}

/* A row of a lower partition than the one whose key is shown takes its place. */
static void
show_row(GroupTable *table, uint32_t group, const GroupLookup *lookup, uint32_t row)
{
	char *record = group_record(table, group);

	if (lookup->origin >= ((GroupHead *)record)->origin)
		return;
	((GroupHead *)record)->origin = lookup->origin;
	write_row_keys(table, record, lookup->keys, row);
}

static inline bool
head_equal(const char *record, uint64_t hash, int64_t scope, int32_t partition)
{
	const GroupHead *head = (const GroupHead *)record;

	return head->hash == hash && head->scope == scope && head->partition == partition;
}

/* The one key column of a look-up, at hand. */
typedef struct OneKey
{
	const void *data;
	const uint64_t *validity;
	uint32_t nulls_offset;
} OneKey;

static inline bool
one_text_equal(const OneKey *key, const char *record, uint32_t row)
{
	bool null = key->validity != NULL && !bitmap_get(key->validity, row);

	return record[key->nulls_offset] == null &&
		   group_key_text_equal((const Text *)(record + sizeof(GroupHead)), &((const Text *)key->data)[row]);
}

static inline bool
one_bigint_equal(const OneKey *key, const char *record, uint32_t row)
{
	bool null = key->validity != NULL && !bitmap_get(key->validity, row);

	return record[key->nulls_offset] == null &&
		   *(const int64_t *)(record + sizeof(GroupHead)) == ((const int64_t *)key->data)[row];
}

/* Walks the slots for one row; adds the group if there is none. */
static uint32_t
find_or_add(GroupTable *table, const GroupLookup *lookup, uint32_t row, uint64_t probe)
{
	size_t mask = table->slot_count - 1;

	for (size_t s = probe & mask;; s = (s + 1) & mask)
	{
		uint64_t slot = table->slots[s];
		const char *record;

		if (slot == 0)
			return add_row(table, lookup, row, probe, s);
		if ((slot ^ probe) >> 32 != 0)
			continue;
		record = group_record(table, (uint32_t)slot - 1);
		if (head_equal(record, lookup->hashes[row], lookup->scopes[row], lookup->partition) &&
			group_keys_equal_row(table->layout, record, lookup->keys, row))
			return (uint32_t)slot - 1;
	}
}

static void
find_probes(const GroupLookup *lookup, uint64_t *probes)
{
	int64_t scope = 0;
	uint64_t seed = scope_seed(scope, lookup->partition);

	for (uint32_t i = 0; i < lookup->n; i++)
	{
		if (unlikely(lookup->scopes[i] != scope))
		{
			scope = lookup->scopes[i];
			seed = scope_seed(scope, lookup->partition);
		}
		probes[i] = lookup->hashes[i] ^ seed;
	}
}

/* guesses[row]: the group of the row's first slot, plus one; 0 if it is free or surely of another key. */
static void
guess_groups(const GroupTable *table, const uint64_t *probes, uint32_t n, uint32_t *guesses)
{
	const uint64_t *slots = table->slots;
	size_t mask = table->slot_count - 1;
	bool prefetch = table->slot_count >= PREFETCH_MIN_SLOTS;

	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t slot = slots[probes[i] & mask];

		if (prefetch && i + PREFETCH_DISTANCE < n)
			__builtin_prefetch(&slots[probes[i + PREFETCH_DISTANCE] & mask]);
		guesses[i] = (slot ^ probes[i]) >> 32 == 0 ? (uint32_t)slot : 0;
	}
}

static inline size_t
guess_index(uint32_t guess)
{
	return guess != 0 ? guess - 1 : 0;
}

typedef bool (*OneKeyEqual)(const OneKey *key, const char *record, uint32_t row);

/*
 * Checks the guesses; inlined into one loop per shape of keys. Lists the rows that were guessed wrong, or are
 * of new groups; returns how many.
 */
static ALWAYS_INLINE uint32_t
check_guesses(const GroupTable *table, const GroupLookup *lookup, const uint32_t *guesses, uint32_t *groups,
			  uint16_t *misses, OneKeyEqual equal)
{
	const char *records = table->records;
	const uint64_t *hashes = lookup->hashes;
	const int64_t *scopes = lookup->scopes;
	size_t stride = table->layout->stride;
	int32_t partition = lookup->partition;
	uint32_t n = lookup->n, miss_count = 0;
	OneKey key = {0};
	bool prefetch = table->slot_count >= PREFETCH_MIN_SLOTS;

	if (equal != NULL)
		key = (OneKey){lookup->keys[0]->data, lookup->keys[0]->validity, table->layout->nulls_offset};
	for (uint32_t i = 0; i < n; i++)
	{
		const char *record = records + guess_index(guesses[i]) * stride;

		if (prefetch && i + PREFETCH_DISTANCE < n)
			__builtin_prefetch(records + guess_index(guesses[i + PREFETCH_DISTANCE]) * stride);
		if (likely(guesses[i] != 0 && head_equal(record, hashes[i], scopes[i], partition) &&
				   (equal != NULL ? equal(&key, record, i)
								  : group_keys_equal_row(table->layout, record, lookup->keys, i))))
			groups[i] = guesses[i] - 1;
		else
			misses[miss_count++] = (uint16_t)i;
	}
	return miss_count;
}

static uint32_t
check_guesses_by_shape(const GroupTable *table, const GroupLookup *lookup, const uint32_t *guesses,
					   uint32_t *groups, uint16_t *misses)
{
	switch (table->layout->shape)
	{
		case GROUP_KEYS_ONE_TEXT:
			return check_guesses(table, lookup, guesses, groups, misses, one_text_equal);
		case GROUP_KEYS_ONE_BIGINT:
			return check_guesses(table, lookup, guesses, groups, misses, one_bigint_equal);
		case GROUP_KEYS_ANY: break;
	}
	return check_guesses(table, lookup, guesses, groups, misses, NULL);
}

/* New groups get their numbers in the order of rows, since no row of an unknown group was guessed right. */
static void
find_rows(GroupTable *table, const GroupLookup *lookup, uint32_t *groups)
{
	uint64_t probes[BATCH_ROWS];
	uint32_t guesses[BATCH_ROWS];
	uint16_t misses[BATCH_ROWS];
	uint32_t miss_count;

	find_probes(lookup, probes);
	guess_groups(table, probes, lookup->n, guesses);
	miss_count = check_guesses_by_shape(table, lookup, guesses, groups, misses);
	for (uint32_t i = 0; i < miss_count; i++)
	{
		uint32_t row = misses[i];

		if (unlikely(lookup->rows != NULL && !bitmap_get(lookup->rows, row)))
			groups[row] = 0;
		else
			groups[row] = find_or_add(table, lookup, row, probes[row]);
	}
}

static void
show_rows(GroupTable *table, const GroupLookup *lookup, const uint32_t *groups)
{
	for (uint32_t i = 0; i < lookup->n; i++)
		if (lookup->rows == NULL || bitmap_get(lookup->rows, i))
			show_row(table, groups[i], lookup, i);
}

void
group_table_find(GroupTable *table, const GroupLookup *lookup, uint32_t *groups)
{
	if (table->slot_count == 0)
		grow_slots(table);
	find_rows(table, lookup, groups);
	if (table->layout->ambiguous)
		show_rows(table, lookup, groups);
}

static void
show_record(GroupTable *table, uint32_t group, const GroupHead *head, const char *from)
{
	char *record = group_record(table, group);

	if (head->origin >= ((GroupHead *)record)->origin)
		return;
	((GroupHead *)record)->origin = head->origin;
	write_record_keys(table, record, from);
}

uint32_t
group_table_add(GroupTable *table, const GroupHead *head, const char *from)
{
	uint64_t probe = head->hash ^ scope_seed(head->scope, head->partition);
	size_t s;

	if (table->slot_count == 0)
		grow_slots(table);
	for (s = probe & (table->slot_count - 1); table->slots[s] != 0; s = (s + 1) & (table->slot_count - 1))
	{
		uint32_t group = (uint32_t)table->slots[s] - 1;
		const char *record = group_record(table, group);

		if ((table->slots[s] ^ probe) >> 32 == 0 &&
			head_equal(record, head->hash, head->scope, head->partition) &&
			group_keys_equal_record(table->layout, record, from))
		{
			if (table->layout->ambiguous)
				show_record(table, group, head, from);
			return group;
		}
	}
	write_record_keys(table, append_record(table, head, probe, s), from);
	return table->count - 1;
}

static const char *
first_text(const GroupTable *table, uint32_t group)
{
	return ((const Text *)(group_record(table, group) + sizeof(GroupHead)))->data;
}

/* Asks for the records that the listed groups will be compared with, and then for the bytes of text keys. */
static void
prefetch_adds(const GroupTable *table, const GroupTable *from, const uint32_t *list, uint32_t count,
			  bool join)
{
	uint32_t guesses[ADD_CHUNK];
	size_t mask = table->slot_count - 1;

	for (uint32_t i = 0; i < count; i++)
	{
		const GroupHead *head = group_head(from, list[i]);
		uint64_t probe = head->hash ^ scope_seed(head->scope, join ? -1 : head->partition);
		uint64_t slot = table->slots[probe & mask];

		guesses[i] = (slot ^ probe) >> 32 == 0 ? (uint32_t)slot : 0;
		if (guesses[i] != 0)
			__builtin_prefetch(group_record(table, guesses[i] - 1));
	}
	for (uint32_t i = 0; table->layout->shape == GROUP_KEYS_ONE_TEXT && i < count; i++)
	{
		if (guesses[i] == 0)
			continue;
		__builtin_prefetch(first_text(table, guesses[i] - 1));
		__builtin_prefetch(first_text(from, list[i]));
	}
}

void
group_table_add_list(GroupTable *table, const GroupTable *from, const uint32_t *list, uint32_t count,
					 bool join, uint32_t *numbers)
{
	for (uint32_t begin = 0; begin < count; begin += ADD_CHUNK)
	{
		uint32_t end = Min(count, begin + ADD_CHUNK);

		for (uint32_t i = begin; i < end; i++)
			__builtin_prefetch(group_record(from, list[i]));
		if (table->slot_count > 0)
			prefetch_adds(table, from, list + begin, end - begin, join);
		for (uint32_t i = begin; i < end; i++)
		{
			GroupHead head = *group_head(from, list[i]);

			if (join)
				head.partition = -1;
			numbers[i] = group_table_add(table, &head, group_record(from, list[i]));
		}
	}
}

void
group_table_check(const GroupTable *table)
{
	size_t used UNUSED = 0;

	assert(table->slot_count == 0 || (table->slot_count & (table->slot_count - 1)) == 0);
	assert(2 * (size_t)table->count < table->slot_count || table->count == 0);
	for (size_t s = 0; s < table->slot_count; s++)
	{
		used += table->slots[s] != 0;
		assert((uint32_t)table->slots[s] <= table->count);
	}
	assert(used == table->count);
	for (uint32_t g = 0; g < table->count; g++)
		assert(group_head(table, g)->hash == group_layout_hash_record(table->layout, group_record(table, g)));
}
