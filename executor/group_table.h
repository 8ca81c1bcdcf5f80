/*
 * group_table.h: groups by key: a hash table that gives equal keys one dense number.
 *
 * The idea: a group is a record of fixed size (head, key values, one NULL byte per key) in one growing array;
 * its number is its place in that array, so that whatever belongs to a group can lie in arrays of its own.
 * Open addressing over 8-byte slots (32 bits of hash, 32 bits of number). A batch of rows is hashed column by
 * column and then looked up in one loop. Keys are copied to the table's arena when a group is new, and only
 * then.
 *
 * A group's identity is (scope, partition, key values). The scope is a pane's start where groups of several
 * panes share a table, or a group's number where the table holds the distinct values of groups; the partition
 * is -1 unless results are kept per partition. Bucket and split look at the hash of the key values only.
 *
 * NULL equals NULL here. Values that are equal but print differently (1.0 and 1.00, 0 and -0, 30 days and 1
 * mon) are one group; it shows the first value of the lowest partition, whatever the order of lookups between
 * partitions. So for one partition it is the first one, as in PostgreSQL.
 */
#ifndef WEIR_EXECUTOR_GROUP_TABLE_H
#define WEIR_EXECUTOR_GROUP_TABLE_H

#include "executor/group_key.h"

/* Invariant: slot_count is 0 or a power of two > 2 * count; every group is in exactly one slot. */
typedef struct GroupTable
{
	const GroupLayout *layout;
	Arena *arena; /* of key bytes; NULL: keys are borrowed from who inserts */
	char *records;
	size_t capacity; /* in records */
	uint32_t count;
	size_t slot_count;
	uint64_t *slots; /* hash bits << 32 | number + 1; 0 = free */
} GroupTable;

/* Rows to be looked up. */
typedef struct GroupLookup
{
	uint32_t n;
	const uint64_t *rows; /* the rows that are wanted; NULL = all */
	const Column *const *keys;
	const uint64_t *hashes;
	const int64_t *scopes;
	int32_t partition; /* of the group's identity */
	int32_t origin;    /* where the rows are from */
} GroupLookup;

extern void group_table_init(GroupTable *table, const GroupLayout *layout, Arena *arena);
/* Sets groups[row] for wanted rows, adding what is new; other elements become 0 or the number of some group.
 */
extern void group_table_find(GroupTable *table, const GroupLookup *lookup, uint32_t *groups);
/*
 * The number of the group with this record's head and keys; it is added if new. The record is one of a table
 * of the same layout, or was put together by its reader.
 */
extern uint32_t group_table_add(GroupTable *table, const GroupHead *head, const char *record);
/*
 * Sets numbers[i] to what group_table_add() gives for group list[i] of from, with its partition replaced if
 * join is set (by -1). Groups of a bucket lie anywhere in memory, so this asks for it ahead of use.
 */
extern void group_table_add_list(GroupTable *table, const GroupTable *from, const uint32_t *list,
								 uint32_t count, bool join, uint32_t *numbers);
/* Forgets the groups and keeps the memory; the arena is not touched. */
extern void group_table_clear(GroupTable *table);
extern void group_table_free(GroupTable *table);
/* Bytes of heap, without the arena. */
extern size_t group_table_memory(const GroupTable *table);
/* Asserts the invariants. */
extern void group_table_check(const GroupTable *table);

static inline char *
group_record(const GroupTable *table, uint32_t group)
{
	return table->records + group * table->layout->stride;
}

static inline const GroupHead *
group_head(const GroupTable *table, uint32_t group)
{
	return (const GroupHead *)group_record(table, group);
}

/* Asks for the memory of a group that will be looked at a little later. */
enum
{
	GROUP_PREFETCH = 12 /* how many groups later */
};

static inline void
group_table_prefetch(const GroupTable *table, const uint32_t *list, uint32_t i, uint32_t count)
{
	if (i + GROUP_PREFETCH < count)
		__builtin_prefetch(group_record(table, list[i + GROUP_PREFETCH]));
}

#endif
