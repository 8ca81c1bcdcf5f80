/*
 * plan_helper.h: expressions, plan nodes and batches built by hand, for unit tests of the executor.
 *
 * Everything comes from the arena given first; tests read like the SQL they stand for.
 */
#ifndef WEIR_TESTS_PLAN_HELPER_H
#define WEIR_TESTS_PLAN_HELPER_H

#include <stdarg.h>

#include "common/arena.h"
#include "common/types/numeric.h"
#include "common/types/text.h"
#include "executor/batch.h"
#include "planner/plan.h"

static UNUSED Expr *
make_expr(Arena *arena, ExprKind kind, TypeId type, int arg_count, ...)
{
	Expr *e = ARENA_NEW(arena, Expr);
	va_list args;

	e->kind = kind;
	e->type = (TypeSpec){type, NO_MODIFIER};
	e->position = NO_POSITION;
	e->arg_count = arg_count;
	e->args = ARENA_ARRAY(arena, Expr *, arg_count + 1);
	va_start(args, arg_count);
	for (int i = 0; i < arg_count; i++)
		e->args[i] = va_arg(args, Expr *);
	va_end(args);
	return e;
}

static UNUSED Expr *
make_column(Arena *arena, TypeId type, int column)
{
	Expr *e = make_expr(arena, EXPR_COLUMN, type, 0);

	e->column = column;
	return e;
}

static UNUSED Expr *
make_integer(Arena *arena, int32_t value)
{
	Expr *e = make_expr(arena, EXPR_CONSTANT, TYPE_INTEGER, 0);

	e->constant = (Datum){.type = TYPE_INTEGER, .value.i32 = value};
	return e;
}

static UNUSED Expr *
make_text(Arena *arena, const char *value)
{
	Expr *e = make_expr(arena, EXPR_CONSTANT, TYPE_TEXT, 0);

	e->constant = (Datum){.type = TYPE_TEXT, .value.text = text_make(value, strlen(value))};
	return e;
}

static UNUSED Expr *
make_boolean(Arena *arena, bool value)
{
	Expr *e = make_expr(arena, EXPR_CONSTANT, TYPE_BOOLEAN, 0);

	e->constant = (Datum){.type = TYPE_BOOLEAN, .value.b = value};
	return e;
}

static UNUSED Expr *
make_null(Arena *arena, TypeId type)
{
	Expr *e = make_expr(arena, EXPR_CONSTANT, type, 0);

	e->constant = datum_null(type);
	return e;
}

static UNUSED Expr *
make_call(Arena *arena, FunctionId function, Expr *a, Expr *b)
{
	const FunctionInfo *info = function_info(function);
	Expr *e = make_expr(arena, EXPR_FUNCTION, info->result, info->arg_count, a, b);

	e->function = function;
	return e;
}

static UNUSED PlanNode *
make_node(Arena *arena, NodeKind kind, PlanNode *input, uint32_t column_count)
{
	PlanNode *node = ARENA_NEW(arena, PlanNode);

	node->kind = kind;
	node->input = input;
	node->column_count = column_count;
	node->columns = ARENA_ARRAY_ZERO(arena, ResultColumn, column_count + 1);
	for (uint32_t i = 0; i < column_count; i++)
	{
		node->columns[i].name = arena_printf(arena, "c%u", i);
		if (input != NULL && i < input->column_count)
			node->columns[i] = input->columns[i];
	}
	return node;
}

static UNUSED PlanNode *
make_filter(Arena *arena, PlanNode *input, Expr *condition)
{
	PlanNode *node = make_node(arena, NODE_FILTER, input, input->column_count);

	node->filter.condition = condition;
	return node;
}

static UNUSED PlanNode *
make_project(Arena *arena, PlanNode *input, int count, ...)
{
	PlanNode *node = make_node(arena, NODE_PROJECT, NULL, (uint32_t)count);
	va_list args;

	node->input = input;
	node->project.exprs = ARENA_ARRAY(arena, Expr *, count + 1);
	va_start(args, count);
	for (int i = 0; i < count; i++)
	{
		node->project.exprs[i] = va_arg(args, Expr *);
		node->columns[i].type = node->project.exprs[i]->type;
	}
	va_end(args);
	return node;
}

/* VALUES of integers; INT32_MIN stands for NULL. */
static UNUSED PlanNode *
make_integer_values(Arena *arena, uint32_t rows, uint32_t columns, const int32_t *values)
{
	PlanNode *node = make_node(arena, NODE_VALUES, NULL, columns);

	node->values.row_count = rows;
	node->values.rows = ARENA_ARRAY(arena, Expr **, rows + 1);
	for (uint32_t c = 0; c < columns; c++)
		node->columns[c].type = (TypeSpec){TYPE_INTEGER, NO_MODIFIER};
	for (uint32_t r = 0; r < rows; r++)
	{
		node->values.rows[r] = ARENA_ARRAY(arena, Expr *, columns + 1);
		for (uint32_t c = 0; c < columns; c++)
		{
			int32_t v = values[r * columns + c];

			node->values.rows[r][c] =
				v == INT32_MIN ? make_null(arena, TYPE_INTEGER) : make_integer(arena, v);
		}
	}
	return node;
}

/* Appends a batch as psql -A -t prints it: columns by '|', NULL as nothing. */
static UNUSED void
print_batch(const Batch *batch, StrBuf *out)
{
	static const TypeContext utc = {0};

	for (uint32_t row = 0; row < batch->n; row++)
	{
		for (uint32_t c = 0; c < batch->column_count; c++)
		{
			const Column *column = &batch->columns[c];
			const TypeClass *class = type_class(column->type);

			if (c > 0)
				str_append_char(out, '|');
			if (!column_is_null(column, row))
				class->print((const char *)column->data + row * class->size, &utc, out);
		}
		str_append_char(out, '\n');
	}
}

#endif
