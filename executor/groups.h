/*
 * groups.h: a set of groups with the states of their aggregates: what AGGREGATE nodes are made of.
 *
 * The idea: a group table gives keys dense numbers; each call of the node has an array of states indexed by
 * them. A DISTINCT call has a table of (group, value) instead: its aggregate is computed over the set when
 * the group is emitted. The same struct serves a worker's scratch (groups of all panes of an epoch), one pane
 * of one bucket of the state, and the merging of partials.
 *
 * If the result of a call depends on the order of rows, groups are kept apart per partition and joined when
 * they are emitted (groups_merge with JOIN_PARTITIONS).
 */
#ifndef WEIR_EXECUTOR_GROUPS_H
#define WEIR_EXECUTOR_GROUPS_H

#include "executor/aggregate.h"
#include "executor/group_table.h"
#include "planner/plan.h"

/* The partition of groups that are not kept per partition. */
#define NO_PARTITION (-1)

typedef struct GroupsCall
{
	const AggregateClass *class;
	TypeId arg; /* TYPE_UNKNOWN when there is none */
	bool distinct;
	GroupLayout values; /* of a DISTINCT call's table: the one key is the value */
} GroupsCall;

/* Constant, shared by all Groups of a node. */
typedef struct GroupsLayout
{
	GroupLayout keys;
	int call_count;
	GroupsCall *calls;
	bool has_distinct;
	bool by_partition;  /* some result depends on the order of rows */
	uint64_t signature; /* of key types and calls: state of another signature can't be read */
} GroupsLayout;

/* Values of a DISTINCT call sorted by group: those of group g are entries[start[g] .. start[g + 1]). */
typedef struct ValueIndex
{
	uint32_t *start;
	uint32_t *entries;
} ValueIndex;

typedef struct Groups
{
	const GroupsLayout *layout;
	Arena arena; /* keys, values, and what states point to */
	GroupTable table;
	size_t state_capacity;
	char **states;      /* per call; states beyond table.count are zero; NULL for DISTINCT calls */
	GroupTable *values; /* per call; the scope of a value is its group's number */
	ValueIndex *index;  /* per call; made by groups_index_values() */
} Groups;

typedef enum KeyMemory
{
	COPY_KEYS,  /* into the arena */
	BORROW_KEYS /* from whatever is merged into it */
} KeyMemory;

typedef enum MergePartitions
{
	KEEP_PARTITIONS,
	JOIN_PARTITIONS /* groups become NO_PARTITION; the list must be in partition order */
} MergePartitions;

extern void groups_layout_init(GroupsLayout *layout, const PlanNode *aggregate, Arena *arena);

extern void groups_init(Groups *groups, const GroupsLayout *layout, KeyMemory memory);
/* As group_table_find(); new groups have zero states. */
extern void groups_find(Groups *groups, const GroupLookup *lookup, uint32_t *numbers);
/* Feeds rows to a call. */
extern void groups_update(Groups *groups, int call, const AggregateInput *in);
/* The number of a group; added if new. */
extern uint32_t groups_add(Groups *groups, const GroupHead *head, const char *record);
/*
 * Merges the listed groups of from into to. If from has DISTINCT calls, its values must be indexed. numbers
 * (room for count) gets their numbers in to. Of one partition from's rows come later than to's.
 */
extern void groups_merge(Groups *to, const Groups *from, const uint32_t *list, uint32_t count,
						 MergePartitions partitions, uint32_t *numbers);
/* Sorts the values of DISTINCT calls by group; valid until the next change. */
extern void groups_index_values(Groups *groups);
extern void groups_drop_index(Groups *groups);

/* The numbers of all groups; to be freed. */
extern uint32_t *groups_list_all(const Groups *groups) WARN_UNUSED;

/* Forgets the groups; keeps memory for as many, unless it is far too much. */
extern void groups_clear(Groups *groups);
extern void groups_free(Groups *groups);
extern size_t groups_memory(const Groups *groups);
/* The same without room that is only kept for later: what the groups that are there now take. */
extern size_t groups_used_memory(const Groups *groups);
extern void groups_check(const Groups *groups);

static inline void *
groups_state(const Groups *groups, int call, uint32_t group)
{
	return groups->states[call] + group * groups->layout->calls[call].class->state_size;
}

#endif
