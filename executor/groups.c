/*
 * groups.c: groups with their aggregate states (contract in groups.h).
 */
#include "executor/groups.h"

#include "common/hash.h"
#include "common/memory.h"

enum
{
	/* Most sets in the state are a few groups of one bucket and pane. */
	FIRST_ARENA_CHUNK = 512,
	/* Tables with more slots per group than this are given back when cleared. */
	WASTEFUL_SLOTS = 64,
	SLOTS_PER_GROUP = 4 /* on average */
};

/* ---- layout ---- */

static void
call_layout_init(GroupsCall *out, const AggregateCall *call, Arena *arena)
{
	*out = (GroupsCall){
		.class = aggregate_class(call->id),
		.arg = call->arg_count > 0 ? call->args[0]->type.id : TYPE_UNKNOWN,
		.distinct = call->distinct && call->arg_count > 0,
	};
	if (out->distinct)
		group_layout_init(&out->values, &out->arg, 1, arena);
}

static uint64_t
call_signature(const GroupsCall *call)
{
	const char *type = call->arg == TYPE_UNKNOWN ? "" : type_class(call->arg)->name;
	uint64_t hash = hash_bytes(call->class->name, strlen(call->class->name));

	return hash_combine(hash_combine(hash, call->distinct), hash_bytes(type, strlen(type)));
}

static uint64_t
layout_signature(const GroupsLayout *layout)
{
	uint64_t hash = hash_u64((uint64_t)layout->keys.key_count);

	for (int k = 0; k < layout->keys.key_count; k++)
	{
		const char *type = type_class(layout->keys.keys[k].type)->name;

		hash = hash_combine(hash, hash_bytes(type, strlen(type)));
	}
	for (int c = 0; c < layout->call_count; c++)
		hash = hash_combine(hash, call_signature(&layout->calls[c]));
	return hash;
}

void
groups_layout_init(GroupsLayout *layout, const PlanNode *aggregate, Arena *arena)
{
	int key_count = aggregate->aggregate.key_count;
	TypeId *types = ARENA_ARRAY_ZERO(arena, TypeId, key_count);

	assert(aggregate->kind == NODE_AGGREGATE);
	*layout = (GroupsLayout){
		.call_count = aggregate->aggregate.call_count,
		.calls = ARENA_ARRAY_ZERO(arena, GroupsCall, aggregate->aggregate.call_count),
	};
	for (int k = 0; k < key_count; k++)
		types[k] = aggregate->aggregate.keys[k]->type.id;
	group_layout_init(&layout->keys, types, key_count, arena);
	for (int c = 0; c < layout->call_count; c++)
	{
		call_layout_init(&layout->calls[c], &aggregate->aggregate.calls[c], arena);
		layout->has_distinct |= layout->calls[c].distinct;
		layout->by_partition |= layout->calls[c].class->ordered && !layout->calls[c].distinct;
	}
	layout->signature = layout_signature(layout);
}

/* ---- memory ---- */

void
groups_init(Groups *groups, const GroupsLayout *layout, KeyMemory memory)
{
	size_t calls = (size_t)layout->call_count;

	*groups = (Groups){.layout = layout};
	arena_init(&groups->arena, "groups");
	groups->arena.chunk_size = FIRST_ARENA_CHUNK;
	group_table_init(&groups->table, &layout->keys, memory == COPY_KEYS ? &groups->arena : NULL);
	if (calls == 0)
		return;
	groups->states = mem_alloc_zero(calls * sizeof *groups->states);
	if (!layout->has_distinct)
		return;
	groups->values = mem_alloc_zero(calls * sizeof *groups->values);
	groups->index = mem_alloc_zero(calls * sizeof *groups->index);
	for (int c = 0; c < layout->call_count; c++)
		group_table_init(&groups->values[c], &layout->calls[c].values, groups->table.arena);
}

static void
grow_states(Groups *groups)
{
	size_t before = groups->state_capacity;

	if (groups->table.count <= before)
		return;
	groups->state_capacity = groups->table.capacity;
	for (int c = 0; c < groups->layout->call_count; c++)
	{
		size_t size = groups->layout->calls[c].class->state_size;

		if (groups->layout->calls[c].distinct)
			continue;
		groups->states[c] = mem_realloc(groups->states[c], groups->state_capacity * size);
		memset(groups->states[c] + before * size, 0, (groups->state_capacity - before) * size);
	}
}

static void
drop_index(Groups *groups, int call)
{
	mem_free(groups->index[call].start);
	mem_free(groups->index[call].entries);
	groups->index[call] = (ValueIndex){0};
}

static void
free_tables(Groups *groups)
{
	group_table_free(&groups->table);
	for (int c = 0; c < groups->layout->call_count; c++)
	{
		mem_free(groups->states[c]);
		groups->states[c] = NULL;
		if (groups->layout->calls[c].distinct)
			group_table_free(&groups->values[c]);
	}
	groups->state_capacity = 0;
}

void
groups_clear(Groups *groups)
{
	size_t used = groups->table.count;

	for (int c = 0; c < groups->layout->call_count; c++)
	{
		if (groups->layout->calls[c].distinct)
		{
			group_table_clear(&groups->values[c]);
			drop_index(groups, c);
		}
		else if (used > 0)
			memset(groups->states[c], 0, used * groups->layout->calls[c].class->state_size);
	}
	group_table_clear(&groups->table);
	if (groups->table.slot_count / WASTEFUL_SLOTS > used + WASTEFUL_SLOTS)
		free_tables(groups);
	arena_reset(&groups->arena);
}

void
groups_free(Groups *groups)
{
	groups_drop_index(groups);
	free_tables(groups);
	mem_free(groups->states);
	mem_free(groups->values);
	mem_free(groups->index);
	arena_release(&groups->arena);
	*groups = (Groups){.layout = groups->layout};
}

size_t
groups_memory(const Groups *groups)
{
	size_t bytes = groups->arena.bytes + group_table_memory(&groups->table);

	for (int c = 0; c < groups->layout->call_count; c++)
		bytes += groups->layout->calls[c].distinct
					 ? group_table_memory(&groups->values[c])
					 : groups->state_capacity * groups->layout->calls[c].class->state_size;
	return bytes;
}

size_t
groups_used_memory(const Groups *groups)
{
	const GroupsLayout *layout = groups->layout;
	size_t per_group = layout->keys.stride + SLOTS_PER_GROUP * sizeof(uint64_t);
	size_t bytes = groups->arena.bytes;

	for (int c = 0; c < layout->call_count; c++)
	{
		const GroupsCall *call = &layout->calls[c];

		if (call->distinct)
			bytes += groups->values[c].count * (call->values.stride + SLOTS_PER_GROUP * sizeof(uint64_t));
		else
			per_group += call->class->state_size;
	}
	return bytes + groups->table.count * per_group;
}

/* ---- rows ---- */

void
groups_find(Groups *groups, const GroupLookup *lookup, uint32_t *numbers)
{
	group_table_find(&groups->table, lookup, numbers);
	grow_states(groups);
}

/* Adds the rows' values to their groups' sets. */
static void
update_distinct(Groups *groups, int call, const AggregateInput *in)
{
	uint64_t hashes[BATCH_ROWS];
	int64_t scopes[BATCH_ROWS];
	uint32_t entries[BATCH_ROWS];
	GroupLookup lookup = {
		.n = in->n,
		.rows = in->rows,
		.keys = &in->arg,
		.hashes = hashes,
		.scopes = scopes,
		.partition = NO_PARTITION,
		.origin = in->partition,
	};

	group_layout_hash(&groups->layout->calls[call].values, lookup.keys, in->n, hashes);
	for (uint32_t i = 0; i < in->n; i++)
		scopes[i] = in->groups[i];
	group_table_find(&groups->values[call], &lookup, entries);
}

void
groups_update(Groups *groups, int call, const AggregateInput *in)
{
	if (groups->layout->calls[call].distinct)
		update_distinct(groups, call, in);
	else
		groups->layout->calls[call].class->update(groups->states[call], in);
}

/* ---- merging ---- */

uint32_t
groups_add(Groups *groups, const GroupHead *head, const char *record)
{
	uint32_t number = group_table_add(&groups->table, head, record);

	grow_states(groups);
	return number;
}

static void
merge_values(Groups *to, const Groups *from, int call, uint32_t from_group, uint32_t to_group)
{
	const ValueIndex *index = &from->index[call];

	for (uint32_t i = index->start[from_group]; i < index->start[from_group + 1]; i++)
	{
		const char *record = group_record(&from->values[call], index->entries[i]);
		GroupHead head = *(const GroupHead *)record;

		head.scope = to_group;
		group_table_add(&to->values[call], &head, record);
	}
}

static void
merge_call(Groups *to, const Groups *from, int c, const uint32_t *list, const uint32_t *numbers,
		   uint32_t count)
{
	const GroupsCall *call = &to->layout->calls[c];

	if (call->distinct)
	{
		for (uint32_t i = 0; i < count; i++)
			merge_values(to, from, c, list[i], numbers[i]);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
	{
		if (i + GROUP_PREFETCH < count)
		{
			__builtin_prefetch(groups_state(from, c, list[i + GROUP_PREFETCH]));
			__builtin_prefetch(groups_state(to, c, numbers[i + GROUP_PREFETCH]), 1);
		}
		call->class->merge(groups_state(to, c, numbers[i]), groups_state(from, c, list[i]), &to->arena);
	}
}

void
groups_merge(Groups *to, const Groups *from, const uint32_t *list, uint32_t count, MergePartitions partitions,
			 uint32_t *numbers)
{
	group_table_add_list(&to->table, &from->table, list, count, partitions == JOIN_PARTITIONS, numbers);
	grow_states(to);
	for (int c = 0; c < to->layout->call_count; c++)
		merge_call(to, from, c, list, numbers, count);
}

static void
index_values(Groups *groups, int call)
{
	const GroupTable *values = &groups->values[call];
	ValueIndex *index = &groups->index[call];
	uint32_t groups_count = groups->table.count;

	drop_index(groups, call);
	index->start = mem_alloc_zero(((size_t)groups_count + 2) * sizeof *index->start);
	index->entries = mem_alloc(values->count * sizeof *index->entries);
	/* Counts go two places up, so that filling in leaves start[g + 1] where group g ends. */
	for (uint32_t e = 0; e < values->count; e++)
		index->start[group_head(values, e)->scope + 2]++;
	for (uint32_t g = 0; g < groups_count; g++)
		index->start[g + 2] += index->start[g + 1];
	for (uint32_t e = 0; e < values->count; e++)
		index->entries[index->start[group_head(values, e)->scope + 1]++] = e;
}

void
groups_index_values(Groups *groups)
{
	for (int c = 0; c < groups->layout->call_count; c++)
		if (groups->layout->calls[c].distinct)
			index_values(groups, c);
}

void
groups_drop_index(Groups *groups)
{
	for (int c = 0; c < groups->layout->call_count; c++)
		if (groups->layout->calls[c].distinct)
			drop_index(groups, c);
}

uint32_t *
groups_list_all(const Groups *groups)
{
	uint32_t *list = mem_alloc(groups->table.count * sizeof *list);

	for (uint32_t g = 0; g < groups->table.count; g++)
		list[g] = g;
	return list;
}

void
groups_check(const Groups *groups)
{
	group_table_check(&groups->table);
	assert(groups->state_capacity >= groups->table.count || groups->layout->call_count == 0);
	for (int c = 0; c < groups->layout->call_count; c++)
	{
		if (!groups->layout->calls[c].distinct)
			continue;
		group_table_check(&groups->values[c]);
		for (uint32_t e = 0; e < groups->values[c].count; e++)
			assert(group_head(&groups->values[c], e)->scope < (int64_t)groups->table.count);
	}
}
