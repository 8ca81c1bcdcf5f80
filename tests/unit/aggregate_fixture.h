/*
 * aggregate_fixture.h: AGGREGATE nodes over columns given as text, for the tests of executor_aggregate* and
 * executor_state.
 *
 * fixture_init(), then columns, keys and calls; then either fixture_query() runs the whole as a bounded query
 * and prints the rows, or fixture_node() gives the node and fixture_batch() the rows.
 */
#ifndef WEIR_TESTS_UNIT_AGGREGATE_FIXTURE_H
#define WEIR_TESTS_UNIT_AGGREGATE_FIXTURE_H

#include "common/clock.h"
#include "common/memory.h"
#include "executor/aggregate.h"
#include "executor/query.h"
#include "executor/rows.h"

enum
{
	FIXTURE_MAX = 16 /* columns, keys, calls */
};

typedef struct Fixture
{
	Arena arena;
	Settings settings;
	TypeContext context;
	TypeId types[FIXTURE_MAX];
	Datum *columns[FIXTURE_MAX];
	uint32_t column_count, row_count;
	Expr *keys[FIXTURE_MAX];
	AggregateCall calls[FIXTURE_MAX];
	int key_count, call_count;
	WindowPlan *window;
} Fixture;

static inline void
fixture_init(Fixture *f)
{
	*f = (Fixture){0};
	arena_init(&f->arena, "fixture");
	settings_init(&f->settings);
}

static inline void
fixture_free(Fixture *f)
{
	arena_release(&f->arena);
}

static inline Datum
fixture_value(Fixture *f, TypeId type, const char *text, size_t len)
{
	Datum d = {.type = type};
	Error err = {0};
	StrView copy = str_copy(&f->arena, (StrView){text, len});

	if (len == 4 && memcmp(text, "NULL", 4) == 0)
		return datum_null(type);
	if (!type_class(type)->parse(copy, &f->context, &f->arena, &d.value, &err))
		fail_msg("%s", err.message);
	return d;
}

/* Values separated by commas, NULL for null; "" is no row. */
static inline void
fixture_column(Fixture *f, TypeId type, const char *values)
{
	uint32_t count = values[0] != '\0', row = 0;
	Datum *column;

	for (const char *p = values; *p != '\0'; p++)
		count += *p == ',';
	column = ARENA_ARRAY_ZERO(&f->arena, Datum, count + 1);
	for (const char *p = values; row < count; row++)
	{
		size_t len = strcspn(p, ",");

		column[row] = fixture_value(f, type, p, len);
		p += len + 1;
	}
	assert_true(f->column_count == 0 || f->row_count == count);
	f->row_count = count;
	f->types[f->column_count] = type;
	f->columns[f->column_count++] = column;
}

static inline Expr *
fixture_column_expr(Fixture *f, int column)
{
	Expr *expr = ARENA_NEW(&f->arena, Expr);

	*expr = (Expr){.kind = EXPR_COLUMN,
				   .type = {f->types[column], NO_MODIFIER},
				   .position = NO_POSITION,
				   .column = column};
	return expr;
}

static inline void
fixture_key(Fixture *f, int column)
{
	f->keys[f->key_count++] = fixture_column_expr(f, column);
}

/* arg and filter are columns, or -1 for none. */
static inline void
fixture_call(Fixture *f, AggregateId id, bool distinct, int arg, int filter)
{
	AggregateCall *call = &f->calls[f->call_count++];

	*call =
		(AggregateCall){.id = id, .distinct = distinct, .type = {aggregate_info(id)->result, NO_MODIFIER}};
	call->args = ARENA_ARRAY_ZERO(&f->arena, Expr *, 1);
	if (arg >= 0)
		call->args[call->arg_count++] = fixture_column_expr(f, arg);
	if (filter >= 0)
		call->filter = fixture_column_expr(f, filter);
}

static inline ResultColumn *
fixture_result_columns(Fixture *f, const TypeId *types, uint32_t count)
{
	ResultColumn *columns = ARENA_ARRAY_ZERO(&f->arena, ResultColumn, count + 1);

	for (uint32_t i = 0; i < count; i++)
		columns[i] = (ResultColumn){arena_printf(&f->arena, "c%u", i), {types[i], NO_MODIFIER}};
	return columns;
}

/* The AGGREGATE node over input. */
static inline PlanNode *
fixture_node(Fixture *f, PlanNode *input)
{
	PlanNode *node = ARENA_NEW(&f->arena, PlanNode);
	TypeId types[2 * FIXTURE_MAX + 2];
	uint32_t count = 0;

	node->kind = NODE_AGGREGATE;
	node->input = input;
	node->aggregate.window = f->window;
	node->aggregate.key_count = f->key_count;
	node->aggregate.keys = f->keys;
	node->aggregate.call_count = f->call_count;
	node->aggregate.calls = f->calls;
	if (f->window != NULL)
	{
		types[count++] = f->types[f->window->time_column];
		types[count++] = f->types[f->window->time_column];
	}
	for (int k = 0; k < f->key_count; k++)
		types[count++] = f->keys[k]->type.id;
	for (int c = 0; c < f->call_count; c++)
		types[count++] = f->calls[c].type.id;
	node->column_count = count;
	node->columns = fixture_result_columns(f, types, count);
	return node;
}

static inline PlanNode *
fixture_values(Fixture *f)
{
	PlanNode *node = ARENA_NEW(&f->arena, PlanNode);

	node->kind = NODE_VALUES;
	node->column_count = f->column_count;
	node->columns = fixture_result_columns(f, f->types, f->column_count);
	node->values.row_count = f->row_count;
	node->values.rows = ARENA_ARRAY_ZERO(&f->arena, Expr **, f->row_count + 1);
	for (uint32_t row = 0; row < f->row_count; row++)
	{
		node->values.rows[row] = ARENA_ARRAY_ZERO(&f->arena, Expr *, f->column_count + 1);
		for (uint32_t c = 0; c < f->column_count; c++)
		{
			Expr *expr = ARENA_NEW(&f->arena, Expr);

			*expr =
				(Expr){.kind = EXPR_CONSTANT, .type = {f->types[c], NO_MODIFIER}, .position = NO_POSITION};
			expr->constant = f->columns[c][row];
			node->values.rows[row][c] = expr;
		}
	}
	return node;
}

/* Rows [from, from + n) of the columns. */
static inline Batch *
fixture_batch(Fixture *f, uint32_t from, uint32_t n)
{
	Batch *batch = ARENA_NEW(&f->arena, Batch);

	batch_init(batch, f->types, f->column_count, &f->arena);
	for (uint32_t c = 0; c < f->column_count; c++)
		for (uint32_t row = 0; row < n; row++)
			column_set(&batch->columns[c], row, &f->columns[c][from + row]);
	batch->n = n;
	return batch;
}

/* One line per row, NULL for null, columns separated by |. */
static inline void
fixture_print(const Batch *batch, const TypeContext *context, StrBuf *out)
{
	for (uint32_t row = 0; row < batch->n; row++)
	{
		if (out->len > 0)
			str_append_char(out, '\n');
		for (uint32_t c = 0; c < batch->column_count; c++)
		{
			const Column *column = &batch->columns[c];
			const TypeClass *class = type_class(column->type);

			if (c > 0)
				str_append_char(out, '|');
			if (column_is_null(column, row))
				str_append_cstr(out, "NULL");
			else
				class->print((const char *)column->data + row * class->size, context, out);
		}
	}
}

typedef struct FixtureReceiver
{
	RowReceiver receiver;
	const TypeContext *context;
	StrBuf *out;
} FixtureReceiver;

static inline bool
fixture_receive(void *context, const Batch *batch)
{
	FixtureReceiver *r = context;

	batch_check(batch);
	fixture_print(batch, r->context, r->out);
	return true;
}

/* Appends the rows of SELECT keys, calls FROM (VALUES …) GROUP BY keys; or "ERROR:  message". */
static inline void
fixture_query(Fixture *f, StrBuf *out)
{
	FixtureReceiver r = {.context = &f->context, .out = out};
	QueryPlan plan = {.root = fixture_node(f, fixture_values(f))};
	Error err = {0};

	r.receiver = (RowReceiver){&r, fixture_receive};
	if (!query_run(&plan, &f->settings, &f->context, &system_clock, NULL, &r.receiver, &err))
	{
		str_clear(out);
		str_appendf(out, "ERROR:  %s", err.message);
	}
	error_clear(&err);
}

#endif
