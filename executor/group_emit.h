/*
 * group_emit.h: groups as rows: the output of an AGGREGATE node.
 *
 * The idea: results are computed column by column for as many groups as fit a batch; groups of several panes
 * share one, since the window is two more columns. A DISTINCT call is computed here, over the group's set of
 * values (in their order, if the order matters). A group whose result can't be given is reported and left
 * out.
 */
#ifndef WEIR_EXECUTOR_GROUP_EMIT_H
#define WEIR_EXECUTOR_GROUP_EMIT_H

#include "executor/groups.h"
#include "executor/operator.h"

typedef struct GroupEmitter
{
	const PlanNode *node;
	const GroupsLayout *layout;
	Chain *chain;
	Operator *next; /* takes the batches; set by who emits */
	Arena arena;    /* of the batch's variable-length values */
	Batch batch;
	uint64_t *failed; /* rows of the batch that were reported */
	bool any_failed;
	RowPicker *picker;     /* made when a group fails for the first time */
	Arena *owner;          /* what the emitter itself lives in */
	Column *arguments;     /* per call: a column for the values of a DISTINCT call */
	uint32_t *numbers;     /* the values' groups; and for others 0, 1, 2, … */
	char *distinct;        /* states of a DISTINCT call */
	uint32_t *value_order; /* the values of one group, sorted */
	size_t value_order_capacity;
} GroupEmitter;

extern void group_emitter_init(GroupEmitter *emitter, const PlanNode *aggregate, const GroupsLayout *layout,
							   Chain *chain, Arena *arena);
/*
 * Emits the listed groups. Their values must be indexed. Rows point into the groups and are pushed on when
 * the batch is full or flushed: until then the groups must stay.
 */
extern bool group_emitter_add(GroupEmitter *emitter, const Groups *groups, const uint32_t *list,
							  uint32_t count, Error *err) WARN_UNUSED;
extern bool group_emitter_flush(GroupEmitter *emitter, Error *err) WARN_UNUSED;
extern void group_emitter_free(GroupEmitter *emitter);

#endif
