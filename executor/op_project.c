/*
 * op_project.c: computes the columns of a SELECT list.
 *
 * Columns that nothing downstream reads are not computed. The output borrows: plain columns are the input's,
 * the others are the program's registers; only when a row fails are the others gathered.
 */
#include "executor/operator.h"

typedef struct Project
{
	Operator base;
	const PlanNode *node;
	Arena *arena;
	Program *program;
	int *columns; /* of the output, per result of the program */
	ResultColumn *names;
	Batch out;
	RowPicker *picker; /* made when a row fails for the first time */
} Project;

/* A column of zeroes where nobody looks. */
static void
init_unread_columns(Project *p, const bool *needed)
{
	const PlanNode *node = p->node;
	void *zeroes = NULL;

	for (uint32_t i = 0; i < node->column_count; i++)
	{
		if (needed[i])
			continue;
		if (zeroes == NULL)
			zeroes = arena_alloc_zero(p->arena, sizeof(Value) * BATCH_ROWS);
		p->out.columns[i] = (Column){.type = node->columns[i].type.id, .data = zeroes};
	}
}

static Operator *
project_open(const OperatorOpen *open)
{
	const PlanNode *node = open->node;
	Project *p = ARENA_NEW(open->arena, Project);
	const Expr **exprs = ARENA_ARRAY(open->arena, const Expr *, node->column_count + 1);
	int count = 0;

	operator_init(&p->base, &op_project, open);
	p->node = node;
	p->arena = open->arena;
	p->columns = ARENA_ARRAY(open->arena, int, node->column_count + 1);
	p->names = ARENA_ARRAY(open->arena, ResultColumn, node->column_count + 1);
	p->out.columns = ARENA_ARRAY_ZERO(open->arena, Column, node->column_count + 1);
	init_unread_columns(p, open->needed);
	for (uint32_t i = 0; i < node->column_count; i++)
	{
		if (!open->needed[i])
			continue;
		exprs[count] = node->project.exprs[i];
		p->columns[count] = (int)i;
		p->names[count++] = node->columns[i];
	}
	p->program = program_compile(exprs, count, node_types(node->input, open->arena),
								 node->input->column_count, open->arena);
	return &p->base;
}

static bool
push_without_failed(Project *p, const Batch *in, const uint64_t *failed, Error *err)
{
	Operator *next = p->base.next;
	uint64_t keep[BATCH_WORDS];
	uint32_t list[BATCH_ROWS];
	uint32_t count;

	if (p->picker == NULL)
	{
		p->picker = ARENA_NEW(p->arena, RowPicker);
		row_picker_init(p->picker, node_types(p->node, p->arena), p->node->column_count, NULL, p->arena);
	}
	bitmap_fill(keep, in->n, true);
	chain_drop_failed(p->base.chain, failed, in->n, keep);
	count = rows_list(keep, in->n, list);
	return operator_push(next, row_picker_gather(p->picker, &p->out, list, count), err) &&
		   (operator_full(next) || chain_fail_rows(p->base.chain, p->program, in, failed, p->names, err));
}

static bool
project_push(Operator *op, const Batch *batch, Error *err)
{
	Project *p = (Project *)op;
	uint64_t failed[BATCH_WORDS];
	Column *columns = p->out.columns;
	bool ok = program_run(p->program, batch, NULL, op->chain->context, failed);

	p->out = *batch;
	p->out.columns = columns;
	p->out.column_count = p->node->column_count;
	for (int i = 0; i < program_result_count(p->program); i++)
		columns[p->columns[i]] = *program_result(p->program, i);
	if (unlikely(!ok))
		return push_without_failed(p, batch, failed, err);
	return operator_push(op->next, &p->out, err);
}

const OpClass op_project = {
	.name = "Project",
	.open = project_open,
	.push = project_push,
};
