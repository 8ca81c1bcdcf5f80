/*
 * op_chain.h: plan nodes turned into a chain of operators.
 *
 * The idea: the builder walks from a node down to the leaves (scans, tables, VALUES, or the aggregate that
 * feeds stage 1) and makes each node's operator in front of what was built so far. What something downstream
 * reads of a node's columns is handed down with it, so that filters and joins gather nothing else.
 */
#ifndef WEIR_EXECUTOR_OP_CHAIN_H
#define WEIR_EXECUTOR_OP_CHAIN_H

#include "executor/operator.h"

/* Where rows enter: a leaf of the plan and the first operator that takes its rows. */
typedef struct ChainEntry
{
	const PlanNode *leaf;
	Operator *head;
	const bool *needed; /* the leaf's columns that are read */
} ChainEntry;

/* Zero-initialise; release with chain_build_release(). */
typedef struct ChainBuild
{
	Chain *chain;
	Arena *arena;
	const PlanNode *stop; /* a node to be treated as a leaf (the aggregate, for stage 1); NULL = none */
	bool absorb;          /* an aggregate is the terminal of stage 0: it has no next */
	Operator *aggregate;  /* the operator of the topmost aggregate, when there is one */
	ChainEntry *entries;
	size_t entry_count, entry_capacity;
	Operator **operators; /* all of them, for closing */
	size_t operator_count, operator_capacity;
} ChainBuild;

/* Builds what feeds next; needed: the columns of node that next reads. Entries are appended left to right. */
extern void chain_build(ChainBuild *build, const PlanNode *node, const bool *needed, Operator *next);
/* A terminal (or op_emission) of its own class. */
extern Operator *chain_build_operator(ChainBuild *build, const OpClass *class, const PlanNode *node,
									  const bool *needed, Operator *next);
/* Closes all operators. */
extern void chain_build_release(ChainBuild *build);

/* Whether a message may become more than one row of this node. */
extern bool chain_fans_out(const PlanNode *node);

/* Around a push of one batch of a scan's rows into the chain; counts may be NULL. */
extern void chain_begin_push(Chain *chain, const ScanPlan *scan, int32_t partition, SinkCounts *counts);
/* Adds to the counts what was noted by message. */
extern void chain_settle(Chain *chain);

#endif
