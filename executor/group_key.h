/*
 * group_key.h: the keys of groups: how they lie in a record, their hash and their equality.
 *
 * The idea: a group's record has a fixed size: a head, the key values, and one NULL byte per key. NULL equals
 * NULL here; numbers are equal by value, whatever their scale. The hash of the key values decides a group's
 * bucket in state files, so it is fixed for ever.
 */
#ifndef WEIR_EXECUTOR_GROUP_KEY_H
#define WEIR_EXECUTOR_GROUP_KEY_H

#include "executor/batch.h"

typedef struct GroupKey
{
	TypeId type;
	uint32_t size;
	uint32_t offset; /* in the record */
} GroupKey;

typedef enum GroupKeyShape
{
	GROUP_KEYS_ANY,
	GROUP_KEYS_ONE_TEXT,  /* these two have look-up loops of their own */
	GROUP_KEYS_ONE_BIGINT /* or another type of eight plain bytes */
} GroupKeyShape;

/* The shape of a record: constant, shared by all tables of a node. */
typedef struct GroupLayout
{
	int key_count;
	GroupKey *keys;
	uint32_t nulls_offset; /* one byte per key: 1 = NULL (the value is then zero bytes) */
	size_t stride;
	GroupKeyShape shape;
	bool ambiguous; /* equal keys may print differently */
} GroupLayout;

/* What a record begins with. */
typedef struct GroupHead
{
	uint64_t hash; /* of the key values; the same for ever, state files are cut by it */
	int64_t scope;
	int32_t partition;
	int32_t origin; /* the partition whose value is shown */
} GroupHead;

extern void group_layout_init(GroupLayout *layout, const TypeId *types, int key_count, Arena *arena);
/* The hashes of the rows' key values. */
extern void group_layout_hash(const GroupLayout *layout, const Column *const *keys, uint32_t n,
							  uint64_t *hashes);
/* The hash of a record's key values, as read from a file. */
extern uint64_t group_layout_hash_record(const GroupLayout *layout, const char *record);

extern bool group_keys_equal_row(const GroupLayout *layout, const char *record, const Column *const *keys,
								 uint32_t row);
extern bool group_keys_equal_record(const GroupLayout *layout, const char *a, const char *b);

static inline const void *
group_record_key(const GroupLayout *layout, const char *record, int key)
{
	return record + layout->keys[key].offset;
}

static inline bool
group_record_is_null(const GroupLayout *layout, const char *record, int key)
{
	return record[layout->nulls_offset + (uint32_t)key] != 0;
}

static inline uint64_t
group_key_word(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return word;
}

/* As memcmp() == 0, without a call for the lengths that keys have. */
static inline bool
group_key_bytes_equal(const char *a, const char *b, size_t len)
{
	if (len < 8 || len > 32)
		return memcmp(a, b, len) == 0;
	for (size_t i = 0; i + 8 < len; i += 8)
		if (group_key_word(a + i) != group_key_word(b + i))
			return false;
	return group_key_word(a + len - 8) == group_key_word(b + len - 8);
}

/* As text_equal(); the hashes are known to be equal, so the texts nearly always are. */
static inline bool
group_key_text_equal(const Text *a, const Text *b)
{
	if (group_key_word((const char *)a) != group_key_word((const char *)b)) /* length and prefix */
		return false;
	return a->len <= 4 || group_key_bytes_equal(a->data, b->data, a->len);
}

#endif
