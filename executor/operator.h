/*
 * operator.h: the operators that batches are pushed through, and the chain they form.
 *
 * The idea: a PlanNode becomes an Operator: a const class, an instance, a next pointer. A chain is
 * single-threaded; whoever has a batch pushes it into the first operator, and what comes out is pushed on.
 * The last operator (the terminal) has no next: it hands rows to a sink, to a receiver or to an aggregate's
 * scratch.
 *
 * Rules of a push:
 * - The batch is not changed and not kept: other branches read it too. An operator that drops or reorders
 * rows gathers the columns that something downstream needs into columns of its own; one that keeps all rows
 * passes the very batch on; one that adds columns borrows the others. So nothing is copied that nobody reads.
 * - Batches of no rows are not pushed.
 * - Output batches carry on the input's stream, partition, messages, message_index and arena.
 * - A row whose expression fails is handed to chain_fail_rows() and goes no further.
 *
 * Provenance: row i comes of messages[message_index[i]]; of an emitted group (messages == NULL) it comes of
 * row message_index[i] of chain->groups, the batch that entered the chain of stage 1.
 */
#ifndef WEIR_EXECUTOR_OPERATOR_H
#define WEIR_EXECUTOR_OPERATOR_H

#include "executor/pipeline.h"
#include "executor/program.h"

typedef struct Operator Operator;
typedef struct Chain Chain;

typedef struct OperatorOpen
{
	const PlanNode *node; /* NULL for the terminals that are no plan node */
	/* [node->column_count]: whether something downstream reads the output column. Others may hold any valid
	 * values. */
	const bool *needed;
	Operator *next; /* NULL for a terminal */
	Chain *chain;
	Arena *arena; /* lives until the operator is closed */
} OperatorOpen;

typedef struct OpClass
{
	const char *name;
	/* An instance in open->arena, whose base operator_init() has filled. */
	Operator *(*open)(const OperatorOpen *open);
	bool (*push)(Operator *op, const Batch *batch, Error *err);
	/* No more rows will come (bounded queries only): emits what was held back, then finishes next. NULL =
	 * only that. */
	bool (*finish)(Operator *op, Error *err);
	/* Gives back what is not in the arena; next is closed by whoever built the chain. NULL = nothing to do.
	 */
	void (*close)(Operator *op);
} OpClass;

/* Embed as first member. */
struct Operator
{
	const OpClass *class;
	Operator *next;
	Chain *chain;
	bool full; /* wants no more rows: LIMIT is reached, or the receiver said so */
};

/*
 * What the operators of a sink (or of a query) share. One per worker and sink: stage 0 and stage 1 use the
 * same. The last group of members describes the batch that is being pushed.
 */
struct Chain
{
	const SinkPlan *sink; /* NULL for a bounded query */
	ErrorPolicy on_error; /* the sink's; ON_ERROR_STOP for queries */
	int worker;
	const TypeContext *context;
	const Settings *settings;
	const EpochStart *epoch;  /* NULL for a bounded query; constant during an epoch */
	Outputs *outputs;         /* NULL for a query */
	RowReceiver *receiver;    /* of a query */
	JobState *state;          /* NULL for a bounded query */
	TableData *const *tables; /* by TablePlan.index; replaced between epochs only */
	/* A message may become several rows (join with duplicates, UNION ALL of one stream): fates are kept per
	 * message. */
	bool fans_out;

	const ScanPlan *scan; /* of the rows being pushed; NULL for emitted groups */
	int32_t partition;
	int32_t partition_count;    /* of that stream */
	SinkCounts *counts;         /* of that partition; NULL for emitted groups and bounded queries */
	const Batch *groups;        /* stage 1: the batch of emitted groups */
	const PlanNode *group_node; /* stage 1: the aggregate that emitted them */
	uint64_t *used;             /* fans_out: BATCH_WORDS words by message_index */
	uint64_t *late;
	uint64_t *failed;
};

static inline void
operator_init(Operator *op, const OpClass *class, const OperatorOpen *open)
{
	*op = (Operator){.class = class, .next = open->next, .chain = open->chain};
}

static inline bool
operator_push(Operator *op, const Batch *batch, Error *err)
{
	return batch->n == 0 || op->class->push(op, batch, err);
}

extern bool operator_finish(Operator *op, Error *err) WARN_UNUSED;
/* Whether this operator or one after it wants no more rows. */
extern bool operator_full(const Operator *op);

/* The types of a node's output columns, in the arena. */
extern TypeId *node_types(const PlanNode *node, Arena *arena);

/* ---- what operators tell the chain about rows: ledger, late rows, dead letters ---- */

/* The rows (NULL = all) arrived at the terminal. Counts them as used. */
extern void chain_use_rows(Chain *chain, const Batch *batch, const uint64_t *rows);
/* A row came too late for [window_start, window_end): counts it, and diverts it if the sink says so. */
extern bool chain_divert_late(Chain *chain, const Batch *batch, uint32_t row, int64_t window_start,
							  int64_t window_end, Error *err) WARN_UNUSED;
/*
 * The program failed on these rows of its input: dead letters (one per message and sink), skipped, or the
 * job's error, as on_error says. names[i] is the column that result i of the program makes; NULL = it makes
 * none.
 */
extern bool chain_fail_rows(Chain *chain, Program *program, const Batch *batch, const uint64_t *failed,
							const ResultColumn *names, Error *err) WARN_UNUSED;

/*
 * Takes out of keep the rows that failed. In a bounded query also all rows after the first failed one: what
 * is before it goes on, and when LIMIT then has enough, as in PostgreSQL, nobody learns of the failure. So
 * rows are pushed first, and chain_fail_rows() is called after that unless the operator is full.
 */
extern void chain_drop_failed(const Chain *chain, const uint64_t *failed, uint32_t n, uint64_t *keep);
/*
 * The same for one row and a reason that is known (field: the column, or NULL). reason is cleared. Of an
 * emitted group that has not entered stage 1 yet, batch is the batch of groups and row its row.
 */
extern bool chain_fail_row(Chain *chain, const Batch *batch, uint32_t row, const char *field, Error *reason,
						   Error *err) WARN_UNUSED;

/* ---- the operators ---- */

extern const OpClass op_filter;
extern const OpClass op_project;
extern const OpClass op_join_table;
extern const OpClass op_append;
extern const OpClass op_sort;
extern const OpClass op_limit;
extern const OpClass op_emission;     /* first of every chain of stage 1: notes provenance */
extern const OpClass op_sink_append;  /* terminal: rows of a stateless sink */
extern const OpClass op_sink_collect; /* terminal: rows of a windowed sink */
extern const OpClass op_receive;      /* terminal: rows of a query */
/*
 * Aggregates. In a pipeline (chain->state != NULL) it is the terminal of stage 0: next is NULL and push
 * absorbs into the worker's scratch, which job_state_split() and job_state_reduce() find through
 * pipeline_aggregate(). In a bounded query (chain->state == NULL, no window) finish pushes the groups to
 * next.
 */
extern const OpClass op_aggregate;
extern size_t op_aggregate_memory(const Operator *op); /* bytes of scratch in use */

/* ---- what the state finds in a pipeline ---- */

/* The terminal of stage 0 of a sink with an aggregate; NULL when the sink has none. */
extern Operator *pipeline_aggregate(const Pipeline *pipeline, int sink);
/* The first operator of stage 1 of a sink with an aggregate: takes batches of the aggregate's output columns.
 */
extern Operator *pipeline_emission(const Pipeline *pipeline, int sink);

#endif
