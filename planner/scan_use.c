/*
 * scan_use.c: what is used of a stream (contract in scan_use.h).
 */
#include "planner/scan_use.h"

#include "planner/expr_text.h"

void
scan_use_init(ScanUse *use, Arena *arena, const StreamDef *stream, int index)
{
	*use = (ScanUse){.stream = stream,
					 .plan = ARENA_NEW(arena, ScanPlan),
					 .whole = ARENA_ARRAY_ZERO(arena, bool, stream->column_count),
					 .output = ARENA_ARRAY(arena, int, stream->column_count)};
	use->plan->stream = stream;
	use->plan->index = index;
}

/* ---- chains ---- */

static bool
is_constant_key(const Expr *key)
{
	const Datum *value = expr_constant_value(key);

	return value != NULL &&
		   (value->type == TYPE_TEXT || (value->type == TYPE_INTEGER && value->value.i32 >= 0));
}

/* The declared column at the end of ->> and -> with constant keys; -1 when the expression is something else.
 */
static int
chain_column(const ScanUse *use, const Expr *expr)
{
	const ColumnDef *column;

	if (!expr_is_call(expr, "->>"))
		return -1;
	do
	{
		if (!is_constant_key(expr->args[1]))
			return -1;
		expr = expr->args[0];
	} while (expr_is_call(expr, "->"));
	if (expr->kind != EXPR_COLUMN || expr->column < 0 || (uint32_t)expr->column >= use->stream->column_count)
		return -1;
	column = &use->stream->columns[expr->column];
	if (column->type.id != TYPE_JSONB || column->origin != COLUMN_FIELD || column->default_value != NULL ||
		use->stream->format == NULL || !use->stream->format->nested)
		return -1;
	return expr->column;
}

static Chain *
find_chain(const ScanUse *use, const Expr *expr)
{
	for (int i = 0; i < use->chain_count; i++)
	{
		if (expr_equal(use->chains[i].expr, expr))
			return &use->chains[i];
	}
	return NULL;
}

static void
note_chain(Arena *arena, ScanUse *use, const Expr *expr, int column)
{
	if (find_chain(use, expr) != NULL)
		return;
	arena_grow(arena, &use->chains, &use->chain_capacity, use->chain_count, sizeof *use->chains);
	use->chains[use->chain_count++] = (Chain){expr, column, -1};
}

void
scan_use_note(Arena *arena, ScanUse *use, const Expr *expr)
{
	int column;

	if (use == NULL || expr == NULL)
		return;
	column = chain_column(use, expr);
	if (column >= 0)
	{
		note_chain(arena, use, expr, column);
		return;
	}
	if (expr->kind == EXPR_COLUMN && (uint32_t)expr->column < use->stream->column_count)
		use->whole[expr->column] = true;
	for (int i = 0; i < expr->arg_count; i++)
		scan_use_note(arena, use, expr->args[i]);
}

/* ---- rewriting ---- */

/* Column numbers of an expression: those of use's scan by its layout, those behind them shifted. */
typedef struct Renumbering
{
	Arena *arena;
	const ScanUse *use;
	int shift;
} Renumbering;

static Expr *
renumber(const Expr *expr, void *context)
{
	const Renumbering *r = context;
	int column = chain_column(r->use, expr);

	if (column >= 0 && !r->use->whole[column])
		return expr_column(r->arena, find_chain(r->use, expr)->output, expr->type, expr->position);
	if (expr->kind != EXPR_COLUMN)
		return NULL;
	if ((uint32_t)expr->column < r->use->stream->column_count)
		column = r->use->output[expr->column];
	else
		column = expr->column + r->shift;
	return expr_column(r->arena, column, expr->type, expr->position);
}

Expr *
scan_use_rewrite(Arena *arena, const ScanUse *use, const Expr *expr, int shift)
{
	Renumbering r = {arena, use, shift};

	return use == NULL || expr == NULL ? (Expr *)expr : expr_rewrite(arena, expr, renumber, &r);
}

/* ---- layout ---- */

static int
count_steps(const Expr *chain)
{
	int steps = 0;

	for (; chain->kind == EXPR_FUNCTION; chain = chain->args[0])
		steps++;
	return steps;
}

static void
add_field(ScanUse *use, int column, int csv_index)
{
	const ColumnDef *def = &use->stream->columns[column];

	use->output[column] = (int)use->plan->field_count;
	use->plan->fields[use->plan->field_count++] = (DecodeField){
		.name = def->name,
		.type = def->type,
		.form = FIELD_VALUE,
		.origin = def->origin,
		.metadata = def->metadata,
		.path_length = def->path_length,
		.path = def->path,
		.csv_index = csv_index,
		.timestamp_format = def->timestamp_format,
		.not_null = def->not_null,
		.default_value = def->default_value,
	};
}

static ResultColumn *
declared_columns(Arena *arena, const StreamDef *stream)
{
	ResultColumn *columns = ARENA_ARRAY(arena, ResultColumn, stream->column_count);

	for (uint32_t i = 0; i < stream->column_count; i++)
		columns[i] = (ResultColumn){stream->columns[i].name, stream->columns[i].type};
	return columns;
}

static void
add_chain_field(Arena *arena, ScanUse *use, Chain *chain, int csv_index)
{
	const ColumnDef *def = &use->stream->columns[chain->column];
	int steps = count_steps(chain->expr);
	DecodeField *field = &use->plan->fields[use->plan->field_count];
	const Expr *expr = chain->expr;

	*field = (DecodeField){.name = expr_text(arena, declared_columns(arena, use->stream), expr),
						   .type = TYPE_PLAIN(TYPE_TEXT),
						   .form = FIELD_JSON_TEXT,
						   .origin = COLUMN_FIELD,
						   .path_length = def->path_length + steps,
						   .csv_index = csv_index};
	field->path = ARENA_ARRAY_ZERO(arena, PathStep, field->path_length);
	memcpy(field->path, def->path, sizeof *def->path * (size_t)def->path_length);
	for (int i = field->path_length - 1; i >= def->path_length; i--, expr = expr->args[0])
	{
		const Datum *key = &expr->args[1]->constant;

		if (key->type == TYPE_TEXT)
			field->path[i].key = arena_strndup(arena, key->value.text.data, key->value.text.len);
		else
			field->path[i].index = key->value.i32;
	}
	chain->output = (int)use->plan->field_count++;
}

static void
lay_out_fields(Arena *arena, ScanUse *use)
{
	const StreamDef *stream = use->stream;
	int csv_index = 0;

	use->plan->fields = ARENA_ARRAY_ZERO(arena, DecodeField, (int)stream->column_count + use->chain_count);
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		use->output[c] = -1;
		if (stream->columns[c].origin == COLUMN_GENERATED)
			continue;
		if (use->whole[c])
			add_field(use, (int)c, csv_index);
		for (int i = 0; i < use->chain_count && !use->whole[c]; i++)
		{
			if (use->chains[i].column == (int)c)
				add_chain_field(arena, use, &use->chains[i], csv_index);
		}
		csv_index += stream->columns[c].origin == COLUMN_FIELD;
	}
}

static void
lay_out_generated(Arena *arena, ScanUse *use)
{
	const StreamDef *stream = use->stream;
	ScanPlan *plan = use->plan;
	bool *not_null = ARENA_ARRAY_ZERO(arena, bool, stream->column_count);

	plan->generated = ARENA_ARRAY(arena, Expr *, stream->column_count);
	plan->generated_names = ARENA_ARRAY(arena, const char *, stream->column_count);
	plan->generated_not_null = not_null;
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		const ColumnDef *def = &stream->columns[c];
		uint32_t g = plan->generated_count;

		if (def->origin != COLUMN_GENERATED || !use->whole[c])
			continue;
		plan->generated[g] = scan_use_rewrite(arena, use, def->generated, 0);
		plan->generated_names[g] = def->name;
		not_null[g] = def->not_null;
		use->output[c] = (int)(plan->field_count + g);
		plan->generated_count++;
	}
}

/* What is decoded whatever the queries use: NOT NULL columns, the event time, and what generated columns
 * need. */
static void
note_always_used(Arena *arena, ScanUse *use)
{
	const StreamDef *stream = use->stream;

	for (uint32_t c = 0; c < stream->column_count; c++)
		use->whole[c] |= stream->columns[c].not_null || (int)c == stream->time_column;
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (use->whole[c] && stream->columns[c].origin == COLUMN_GENERATED)
			scan_use_note(arena, use, stream->columns[c].generated);
	}
}

void
scan_use_lay_out(Arena *arena, ScanUse *use)
{
	note_always_used(arena, use);
	lay_out_fields(arena, use);
	lay_out_generated(arena, use);
	use->plan->time_column = use->stream->time_column >= 0 ? use->output[use->stream->time_column] : -1;
}
