/*
 * state_pane.c: one unit of state and its bytes (contract in state_pane.h).
 */
#include "executor/state_pane.h"

#include "common/hash.h"
#include "common/memory.h"
#include "executor/op_aggregate.h"

enum
{
	FORMAT_VERSION = 1,
	CHECKSUM_SIZE = 8
};

PaneState *
pane_state_new(const GroupsLayout *layout, int64_t pane)
{
	PaneState *state = mem_alloc_zero(sizeof *state);

	state->pane = pane;
	groups_init(&state->groups, layout, COPY_KEYS);
	if (layout->has_distinct)
		state->saved_values = mem_alloc_zero((size_t)layout->call_count * sizeof *state->saved_values);
	return state;
}

void
pane_state_free_groups(PaneState *pane)
{
	const GroupsLayout *layout = pane->groups.layout;

	groups_free(&pane->groups);
	groups_init(&pane->groups, layout, COPY_KEYS);
	mem_free(pane->dirty);
	pane->dirty = NULL;
	pane->dirty_words = 0;
	pane->dirty_count = 0;
}

void
pane_state_free(PaneState *pane)
{
	groups_free(&pane->groups);
	mem_free(pane->dirty);
	mem_free(pane->saved_values);
	mem_free(pane);
}

size_t
pane_state_memory(const PaneState *pane)
{
	return sizeof *pane + groups_memory(&pane->groups) + pane->dirty_words * sizeof *pane->dirty;
}

static void
mark_dirty(PaneState *pane, const uint32_t *numbers, uint32_t count)
{
	size_t words = BITMAP_WORDS(pane->groups.table.capacity);

	if (pane->dirty_words < words)
	{
		pane->dirty = mem_realloc(pane->dirty, words * sizeof *pane->dirty);
		memset(pane->dirty + pane->dirty_words, 0, (words - pane->dirty_words) * sizeof *pane->dirty);
		pane->dirty_words = words;
	}
	for (uint32_t i = 0; i < count; i++)
	{
		pane->dirty_count += !bitmap_get(pane->dirty, numbers[i]);
		bitmap_set(pane->dirty, numbers[i]);
	}
}

void
pane_state_mark_all(PaneState *pane)
{
	uint32_t *list = groups_list_all(&pane->groups);

	mark_dirty(pane, list, pane->groups.table.count);
	mem_free(list);
	if (pane->saved_values != NULL)
		memset(pane->saved_values, 0, (size_t)pane->groups.layout->call_count * sizeof *pane->saved_values);
}

/* All that the pane holds is saved. */
static void
mark_saved(PaneState *pane)
{
	const GroupsLayout *layout = pane->groups.layout;

	if (pane->dirty_words > 0)
		memset(pane->dirty, 0, pane->dirty_words * sizeof *pane->dirty);
	pane->dirty_count = 0;
	pane->saved = true;
	for (int c = 0; c < layout->call_count; c++)
		if (layout->calls[c].distinct)
			pane->saved_values[c] = pane->groups.values[c].count;
}

void
pane_state_merge(PaneState *pane, const Groups *from, const uint32_t *list, uint32_t count, uint32_t *numbers)
{
	groups_merge(&pane->groups, from, list, count, KEEP_PARTITIONS, numbers);
	mark_dirty(pane, numbers, count);
}

/* ---- writing ---- */

/* By hash, then partition, then keys: an order that is the same for equal states. */
static int
compare_records(const void *a, const void *b, void *context)
{
	const GroupTable *table = context;
	const GroupLayout *layout = table->layout;
	const char *x = group_record(table, *(const uint32_t *)a), *y = group_record(table, *(const uint32_t *)b);
	const GroupHead *head_x = (const GroupHead *)x, *head_y = (const GroupHead *)y;
	int order = 0;

	if (head_x->hash != head_y->hash)
		return head_x->hash < head_y->hash ? -1 : 1;
	if (head_x->partition != head_y->partition)
		return head_x->partition < head_y->partition ? -1 : 1;
	for (int k = 0; k < layout->key_count && order == 0; k++)
	{
		bool null_x = group_record_is_null(layout, x, k), null_y = group_record_is_null(layout, y, k);

		if (null_x || null_y)
			order = null_x - null_y;
		else
			order = type_class(layout->keys[k].type)
						->compare(group_record_key(layout, x, k), group_record_key(layout, y, k));
	}
	return order;
}

static void
write_keys(const GroupLayout *layout, const char *record, StrBuf *out)
{
	for (int k = 0; k < layout->key_count; k++)
	{
		bool null = group_record_is_null(layout, record, k);

		bytes_put_u8(out, null);
		if (!null)
			bytes_put_value(out, layout->keys[k].type, group_record_key(layout, record, k));
	}
}

/* The group's values from number first on. */
static void
write_values(Groups *groups, int call, uint32_t group, uint32_t first, StrBuf *out)
{
	const GroupTable *values = &groups->values[call];
	ValueIndex *index = &groups->index[call];
	uint32_t *entries = index->entries + index->start[group];
	uint32_t count = index->start[group + 1] - index->start[group];
	uint32_t skip = 0;

	while (skip < count && entries[skip] < first) /* the index lists a group's values by number */
		skip++;
	entries += skip;
	count -= skip;
	qsort_r(entries, count, sizeof *entries, compare_records, (void *)values);
	bytes_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++)
	{
		const char *record = group_record(values, entries[i]);

		if (values->layout->ambiguous)
			bytes_put_signed(out, ((const GroupHead *)record)->origin);
		bytes_put_value(out, values->layout->keys[0].type, group_record_key(values->layout, record, 0));
	}
}

static void
write_group(PaneState *pane, uint32_t group, bool whole, StrBuf *out)
{
	Groups *groups = &pane->groups;
	const GroupsLayout *layout = groups->layout;
	const char *record = group_record(&groups->table, group);
	const GroupHead *head = (const GroupHead *)record;

	if (layout->by_partition)
		bytes_put_signed(out, head->partition);
	if (layout->keys.ambiguous)
		bytes_put_signed(out, head->origin);
	write_keys(&layout->keys, record, out);
	for (int c = 0; c < layout->call_count; c++)
		if (layout->calls[c].distinct)
			write_values(groups, c, group, whole ? 0 : pane->saved_values[c], out);
		else
			layout->calls[c].class->write(groups_state(groups, c, group), out);
}

/*
 * Changed parts are preferred only when they are less than three quarters of the pane: whole bytes also let
 * what was written before be forgotten.
 */
static bool
worth_whole(const PaneState *pane)
{
	const GroupsLayout *layout = pane->groups.layout;
	uint64_t all = pane->groups.table.count, changed = pane->dirty_count;

	for (int c = 0; c < layout->call_count; c++)
	{
		if (!layout->calls[c].distinct)
			continue;
		all += pane->groups.values[c].count;
		changed += pane->groups.values[c].count - pane->saved_values[c];
	}
	return !pane->saved || changed * 4 >= all * 3;
}

/* The numbers of the groups to be written, in order; to be freed. */
static uint32_t *
list_groups(const PaneState *pane, bool whole, uint32_t *count)
{
	uint32_t *list = mem_alloc(pane->groups.table.count * sizeof *list);

	*count = 0;
	for (uint32_t g = 0; g < pane->groups.table.count; g++)
		if (whole || (pane->dirty_words > 0 && bitmap_get(pane->dirty, g)))
			list[(*count)++] = g;
	qsort_r(list, *count, sizeof *list, compare_records, (void *)&pane->groups.table);
	return list;
}

StateChange
pane_state_write(PaneState *pane, bool whole, StrBuf *out)
{
	size_t begin = out->len;
	uint32_t count;
	uint32_t *list;

	whole = whole || worth_whole(pane);
	list = list_groups(pane, whole, &count);
	groups_index_values(&pane->groups);
	bytes_put_u8(out, FORMAT_VERSION);
	bytes_put_u8(out, whole ? STATE_WHOLE : STATE_PARTIAL);
	bytes_put_u64(out, pane->groups.layout->signature);
	bytes_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++)
		write_group(pane, list[i], whole, out);
	bytes_put_u64(out, hash_bytes(out->data + begin, out->len - begin));
	mem_free(list);
	groups_drop_index(&pane->groups);
	mark_saved(pane);
	return whole ? STATE_WHOLE : STATE_PARTIAL;
}

/* ---- reading ---- */

static bool
corrupted(Error *err, const char *detail)
{
	(void)error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "state of an aggregate is corrupted");
	return error_detail(err, "%s", detail);
}

static void
read_keys(ByteReader *in, const GroupLayout *layout, char *record, Arena *arena)
{
	for (int k = 0; k < layout->key_count; k++)
	{
		uint8_t null = bytes_get_u8(in);

		if (null > 1)
			bytes_break(in);
		record[layout->nulls_offset + (uint32_t)k] = null != 0;
		if (!null)
			bytes_get_value(in, layout->keys[k].type, record + layout->keys[k].offset, arena);
	}
}

static int32_t
read_partition(ByteReader *in)
{
	return (int32_t)bytes_get_ranged(in, INT32_MIN, INT32_MAX);
}

static void
read_values(ByteReader *in, Groups *groups, int call, uint32_t group, Arena *arena)
{
	GroupTable *values = &groups->values[call];
	uint64_t count = bytes_get_varint(in);
	char *record = arena_alloc_zero(arena, values->layout->stride);
	GroupHead head = {.scope = group, .partition = NO_PARTITION, .origin = NO_PARTITION};

	for (uint64_t i = 0; i < count && !in->broken; i++)
	{
		if (values->layout->ambiguous)
			head.origin = read_partition(in);
		bytes_get_value(in, values->layout->keys[0].type, record + values->layout->keys[0].offset, arena);
		head.hash = group_layout_hash_record(values->layout, record);
		if (!in->broken)
			group_table_add(values, &head, record);
	}
}

/* record: zeroed space for one. False: the group is not of the bucket. */
static bool
read_group(ByteReader *in, PaneState *pane, int bucket, char *record, Arena *arena)
{
	Groups *groups = &pane->groups;
	const GroupsLayout *layout = groups->layout;
	GroupHead head = {.scope = pane->pane, .partition = NO_PARTITION, .origin = NO_PARTITION};
	uint32_t number;

	if (layout->by_partition)
		head.partition = read_partition(in);
	if (layout->keys.ambiguous)
		head.origin = read_partition(in);
	read_keys(in, &layout->keys, record, arena);
	if (in->broken)
		return true;
	head.hash = group_layout_hash_record(&layout->keys, record);
	if (aggregate_bucket(head.hash) != bucket)
		return false;
	number = groups_add(groups, &head, record);
	for (int c = 0; c < layout->call_count && !in->broken; c++)
	{
		if (layout->calls[c].distinct)
			read_values(in, groups, c, number, arena);
		else
		{
			memset(groups_state(groups, c, number), 0, layout->calls[c].class->state_size);
			layout->calls[c].class->read(in, groups_state(groups, c, number), &groups->arena);
		}
	}
	return true;
}

static bool
read_groups(PaneState *pane, int bucket, ByteReader *in, Error *err)
{
	uint64_t count = bytes_get_varint(in);
	Arena arena;
	bool here = count <= bytes_left(in) + 1; /* only one group can be without bytes */

	arena_init(&arena, "state being read");
	for (uint64_t i = 0; i < count && here && !in->broken; i++)
	{
		char *record = arena_alloc_zero(&arena, pane->groups.layout->keys.stride);

		here = read_group(in, pane, bucket, record, &arena);
		arena_reset(&arena);
	}
	arena_release(&arena);
	if (!here)
		return corrupted(err, "A group is in a bucket that is not its own, or there are too many.");
	if (in->broken || bytes_left(in) != 0)
		return corrupted(err, "The bytes end too early or too late.");
	return true;
}

/* Takes the checksum off the end. */
static bool
check_sum(StrView *bytes)
{
	ByteReader tail;

	if (bytes->len < CHECKSUM_SIZE)
		return false;
	bytes->len -= CHECKSUM_SIZE;
	tail = byte_reader((StrView){bytes->data + bytes->len, CHECKSUM_SIZE});
	return bytes_get_u64(&tail) == hash_bytes(bytes->data, bytes->len);
}

bool
pane_state_read(PaneState *pane, int bucket, StrView bytes, Error *err)
{
	ByteReader in;
	uint8_t change;

	if (!check_sum(&bytes))
		return corrupted(err, "The checksum does not match.");
	in = byte_reader(bytes);
	if (bytes_get_u8(&in) != FORMAT_VERSION)
		return corrupted(err, "The format is of another version.");
	change = bytes_get_u8(&in);
	if (change != STATE_PARTIAL && change != STATE_WHOLE)
		return corrupted(err, "The kind of change is unknown.");
	if (bytes_get_u64(&in) != pane->groups.layout->signature)
		return corrupted(err, "It belongs to an aggregate of other columns.");
	if (change == STATE_WHOLE)
		groups_clear(&pane->groups);
	if (!read_groups(pane, bucket, &in, err))
		return false;
	mark_saved(pane);
	return true;
}
