/*
 * op_sink.c: the terminals: rows go to the epoch's outputs or to a query's receiver; and the entrance of
 * stage 1.
 *
 * The partition keys (the path of the object) are computed here, in the same way for rows of a stateless
 * sink, which are rendered at once, and for rows of closed windows, which are collected and ordered at the
 * cut. Rows that the outputs can't write end here as failed.
 */
#include "executor/operator.h"

typedef bool (*OutputFunction)(Outputs *outputs, int worker, int sink, const Batch *batch,
							   const Column *partition_columns, Error *err);

typedef struct Sink
{
	Operator base;
	OutputFunction output;
	Program *keys;
	ResultColumn *names;
	Column *key_columns;
	RowPicker *picker; /* made when a row fails for the first time */
	const TypeId *types;
	Arena *arena;
} Sink;

static Operator *
sink_open(const OperatorOpen *open, const OpClass *class, OutputFunction output)
{
	const SinkPlan *plan = open->chain->sink;
	int count = plan->partition_key_count;
	const Expr **exprs = ARENA_ARRAY(open->arena, const Expr *, count + 1);
	Sink *s = ARENA_NEW(open->arena, Sink);

	operator_init(&s->base, class, open);
	s->output = output;
	s->arena = open->arena;
	s->types = node_types(plan->input, open->arena);
	s->names = ARENA_ARRAY(open->arena, ResultColumn, count + 1);
	s->key_columns = ARENA_ARRAY_ZERO(open->arena, Column, count + 1);
	for (int i = 0; i < count; i++)
	{
		exprs[i] = plan->partition_keys[i].expr;
		s->names[i] = (ResultColumn){plan->partition_keys[i].name, plan->partition_keys[i].expr->type};
	}
	s->keys = program_compile(exprs, count, s->types, plan->input->column_count, open->arena);
	return &s->base;
}

static Operator *
sink_append_open(const OperatorOpen *open)
{
	return sink_open(open, &op_sink_append, outputs_append);
}

static Operator *
sink_collect_open(const OperatorOpen *open)
{
	return sink_open(open, &op_sink_collect, outputs_collect);
}

/* The batch without the failed rows. */
static const Batch *
without_failed(Sink *s, const Batch *batch, const uint64_t *failed)
{
	uint64_t keep[BATCH_WORDS];
	uint32_t list[BATCH_ROWS];

	if (s->picker == NULL)
	{
		s->picker = ARENA_NEW(s->arena, RowPicker);
		row_picker_init(s->picker, s->types, batch->column_count, NULL, s->arena);
	}
	for (uint32_t w = 0; w < BATCH_WORDS; w++)
		keep[w] = ~failed[w];
	return row_picker_gather(s->picker, batch, list, rows_list(keep, batch->n, list));
}

/* Rows that the outputs refuse: dead letters, each with its reason. */
static bool
fail_refused(Sink *s, const Batch *batch, const uint64_t *refused, Error *err)
{
	Chain *chain = s->base.chain;
	uint32_t list[BATCH_ROWS];
	uint32_t count = rows_list(refused, batch->n, list);

	for (uint32_t i = 0; i < count; i++)
	{
		const char *field = NULL;
		Error reason = {0};

		outputs_explain(chain->outputs, chain->worker, chain->sink->index, batch, s->key_columns, list[i],
						&field, &reason);
		if (!chain_fail_row(chain, batch, list[i], field, &reason, err))
			return false;
	}
	return true;
}

/* Computes the partition keys; failed is set to the rows for which one fails. Returns whether none did. */
static bool
run_keys(Sink *s, const Batch *batch, uint64_t *failed)
{
	int count = program_result_count(s->keys);
	bool ok = count == 0 || program_run(s->keys, batch, NULL, s->base.chain->context, failed);

	if (ok)
		memset(failed, 0, BATCH_WORDS * sizeof *failed);
	for (int i = 0; i < count; i++)
		s->key_columns[i] = *program_result(s->keys, i);
	return ok;
}

/* Takes out the rows whose keys fail and those that the outputs refuse; NULL: the job ends. */
static const Batch *
drop_failed(Sink *s, const Batch *batch, const uint64_t *failed, uint64_t *refused, Error *err)
{
	uint64_t only_refused[BATCH_WORDS];

	for (uint32_t w = 0; w < BATCH_WORDS; w++)
		only_refused[w] = refused[w] & ~failed[w];
	if (!chain_fail_rows(s->base.chain, s->keys, batch, failed, s->names, err) ||
		!fail_refused(s, batch, only_refused, err))
		return NULL;
	batch = without_failed(s, batch, refused);
	(void)run_keys(s, batch, refused);
	return batch;
}

static bool
sink_push(Operator *op, const Batch *batch, Error *err)
{
	Sink *s = (Sink *)op;
	Chain *chain = op->chain;
	uint64_t failed[BATCH_WORDS], refused[BATCH_WORDS];
	bool ok = run_keys(s, batch, failed);

	memcpy(refused, failed, sizeof refused);
	ok &=
		outputs_check(chain->outputs, chain->worker, chain->sink->index, batch, s->key_columns, refused) == 0;
	if (unlikely(!ok))
	{
		batch = drop_failed(s, batch, failed, refused, err);
		if (batch == NULL || batch->n == 0)
			return batch != NULL;
	}
	chain_use_rows(chain, batch, NULL);
	return s->output(chain->outputs, chain->worker, chain->sink->index, batch, s->key_columns, err);
}

const OpClass op_sink_append = {
	.name = "Sink",
	.open = sink_append_open,
	.push = sink_push,
};

const OpClass op_sink_collect = {
	.name = "Sink",
	.open = sink_collect_open,
	.push = sink_push,
};

/* ---- a query's rows ---- */

static Operator *
receive_open(const OperatorOpen *open)
{
	Operator *op = ARENA_NEW(open->arena, Operator);

	operator_init(op, &op_receive, open);
	return op;
}

static bool
receive_push(Operator *op, const Batch *batch, Error *err UNUSED)
{
	RowReceiver *receiver = op->chain->receiver;

	chain_use_rows(op->chain, batch, NULL);
	if (!op->full)
		op->full = !receiver->receive(receiver->context, batch);
	return true;
}

const OpClass op_receive = {
	.name = "Receive",
	.open = receive_open,
	.push = receive_push,
};

/* ---- the entrance of stage 1 ---- */

typedef struct Emission
{
	Operator base;
	uint32_t *identity;
} Emission;

static Operator *
emission_open(const OperatorOpen *open)
{
	Emission *e = ARENA_NEW(open->arena, Emission);

	operator_init(&e->base, &op_emission, open);
	e->identity = ARENA_ARRAY(open->arena, uint32_t, BATCH_ROWS);
	for (uint32_t i = 0; i < BATCH_ROWS; i++)
		e->identity[i] = i;
	return &e->base;
}

/* Rows of this batch are known from here on by their number in it. */
static bool
emission_push(Operator *op, const Batch *batch, Error *err)
{
	Emission *e = (Emission *)op;
	Batch out = *batch;
	bool ok;

	out.messages = NULL;
	out.message_index = e->identity;
	op->chain->groups = batch;
	ok = operator_push(op->next, &out, err);
	op->chain->groups = NULL;
	return ok;
}

const OpClass op_emission = {
	.name = "Emission",
	.open = emission_open,
	.push = emission_push,
};
