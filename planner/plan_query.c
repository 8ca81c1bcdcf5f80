/*
 * plan_query.c: SELECT and INSERT (contract in plan_query.h).
 */
#include "planner/plan_query.h"

#include "planner/analyze.h"
#include "planner/finish.h"
#include "planner/fold.h"
#include "planner/types.h"

static QueryPlan *
query_of(const PlanContext *context, PlanNode *root)
{
	QueryPlan *plan = ARENA_NEW(context->arena, QueryPlan);
	NarrowedPlan narrowed;

	root = finish_tree(context, root);
	narrowed = narrow_plan(context, &root, 1);
	plan->root = root;
	plan->scan_count = narrowed.scan_count;
	plan->scans = narrowed.scans;
	plan->table_count = narrowed.table_count;
	plan->tables = narrowed.tables;
	return plan;
}

bool
plan_query(const PlanContext *context, const SelectStatement *query, QueryPlan **out, Error *err)
{
	Projection projection;

	if (!analyze_query(context, query, NULL, false, &projection, err))
		return false;
	*out = query_of(context, finish_projection(context->arena, &projection));
	return true;
}

JobPlan *
plan_console_job(const PlanContext *context, const QueryPlan *query)
{
	JobPlan *job = ARENA_NEW(context->arena, JobPlan);
	SinkPlan *sink = ARENA_NEW(context->arena, SinkPlan);

	sink->name = "console";
	sink->input = query->root;
	sink->visible_count = query->root->column_count;
	sink->aggregate = node_aggregate(query->root);
	sink->stateful_text = sink->stateless_text = sink->sql = "";
	sink->late_rows = LATE_COUNT;
	sink->on_error = ON_ERROR_SKIP;
	job->sinks = ARENA_ARRAY(context->arena, SinkPlan *, 1);
	job->sinks[0] = sink;
	job->sink_count = 1;
	job->scan_count = query->scan_count;
	job->scans = query->scans;
	job->table_count = query->table_count;
	job->tables = query->tables;
	return job;
}

/* ---- INSERT ---- */

typedef struct Insert
{
	const PlanContext *context;
	const InsertStatement *statement;
	const StreamDef *stream;
	int *targets;   /* declared columns that the statement's expressions go to, in its order */
	int *positions; /* of their names; NO_POSITION when not written */
	int target_count;
	Error *err;
} Insert;

static bool
is_insertable(const ColumnDef *column)
{
	return column->origin == COLUMN_FIELD ||
		   (column->origin == COLUMN_METADATA &&
			(column->metadata == METADATA_KEY || column->metadata == METADATA_TIMESTAMP));
}

static int
find_column(const StreamDef *stream, const char *name)
{
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (strcmp(stream->columns[c].name, name) == 0)
			return (int)c;
	}
	return -1;
}

static bool
add_named_target(Insert *insert, const Identifier *name)
{
	int column = find_column(insert->stream, name->name);
	int position = name->node.position;
	const ColumnDef *def;

	if (column < 0)
		return error_set(insert->err, SQLSTATE_UNDEFINED_COLUMN, position,
						 "column \"%s\" of relation \"%s\" does not exist", name->name, insert->stream->name);
	for (int i = 0; i < insert->target_count; i++)
	{
		if (insert->targets[i] == column)
			return error_set(insert->err, SQLSTATE_DUPLICATE_COLUMN, position,
							 "column \"%s\" specified more than once", name->name);
	}
	def = &insert->stream->columns[column];
	if (!is_insertable(def))
	{
		error_set(insert->err, SQLSTATE_GENERATED_ALWAYS, NO_POSITION,
				  "cannot insert a non-DEFAULT value into column \"%s\"", name->name);
		return error_detail(insert->err,
							def->origin == COLUMN_GENERATED ? "Column \"%s\" is a generated column."
															: "Column \"%s\" is set by the broker.",
							name->name);
	}
	insert->positions[insert->target_count] = position;
	insert->targets[insert->target_count++] = column;
	return true;
}

static bool
find_targets(Insert *insert)
{
	const SyntaxList *names = &insert->statement->columns;
	uint32_t count = insert->stream->column_count;

	insert->targets = ARENA_ARRAY(insert->context->arena, int, count + (uint32_t)names->count);
	insert->positions = ARENA_ARRAY(insert->context->arena, int, count + (uint32_t)names->count);
	for (int i = 0; i < names->count; i++)
	{
		if (!add_named_target(insert, (const Identifier *)names->items[i]))
			return false;
	}
	for (uint32_t c = 0; c < count && names->count == 0; c++)
	{
		if (insert->stream->columns[c].origin != COLUMN_FIELD)
			continue;
		insert->positions[insert->target_count] = NO_POSITION;
		insert->targets[insert->target_count++] = (int)c;
	}
	return true;
}

/* The expression as the column's type, by assignment. */
static Expr *
assign(const Insert *insert, Expr *expr, int column)
{
	const ColumnDef *def = &insert->stream->columns[column];
	TypeId from = expr->type.id;
	Expr *result = types_coerce(insert->context, expr, def->type, CAST_ASSIGNMENT, NO_POSITION, insert->err);

	if (result != NULL || insert->err->set)
		return result != NULL ? fold_expr(insert->context, result) : NULL;
	error_set(insert->err, SQLSTATE_DATATYPE_MISMATCH, expr_start(expr),
			  "column \"%s\" is of type %s but expression is of type %s", def->name,
			  type_spec_name(TYPE_PLAIN(def->type.id), insert->context->arena), types_name(from));
	error_hint(insert->err, "You will need to rewrite or cast the expression.");
	return NULL;
}

static Expr *
default_of(const Insert *insert, int column)
{
	const ColumnDef *def = &insert->stream->columns[column];

	return def->default_value != NULL ? def->default_value
									  : expr_null(insert->context->arena, def->type.id, NO_POSITION);
}

static bool
check_width(const Insert *insert, int width, int position)
{
	if (width > insert->target_count)
		return error_set(insert->err, SQLSTATE_SYNTAX_ERROR, position,
						 "INSERT has more expressions than target columns");
	if (width < insert->target_count && insert->statement->columns.count > 0)
		return error_set(insert->err, SQLSTATE_SYNTAX_ERROR, insert->positions[width],
						 "INSERT has more target columns than expressions");
	return true;
}

/* The target that feeds output column, or -1: its default does. */
static int
target_of(const Insert *insert, int column, int width)
{
	for (int i = 0; i < width; i++)
	{
		if (insert->targets[i] == column)
			return i;
	}
	return -1;
}

/* One row of VALUES, already in output order. */
static Expr **
insert_row(const Insert *insert, const ListExpr *row, const InsertPlan *plan)
{
	const PlanContext *context = insert->context;
	Analyzer a = {.context = context, .place = "VALUES", .err = insert->err};
	Expr **out = ARENA_ARRAY(context->arena, Expr *, plan->column_count);
	int extra = Min(insert->target_count, row->items.count - 1);

	if (!check_width(insert, row->items.count, tree_start(row->items.items[extra])))
		return NULL;
	for (int c = 0; c < plan->column_count; c++)
	{
		int target = target_of(insert, plan->columns[c], row->items.count);
		const SyntaxNode *item = target >= 0 ? row->items.items[target] : NULL;
		Expr *expr;

		if (item == NULL || item->kind == SYNTAX_SET_TO_DEFAULT)
		{
			out[c] = default_of(insert, plan->columns[c]);
			continue;
		}
		expr = analyze_expr(&a, item);
		out[c] = expr != NULL ? assign(insert, expr, plan->columns[c]) : NULL;
		if (out[c] == NULL)
			return NULL;
	}
	return out;
}

static const char **
output_names(const Insert *insert, const InsertPlan *plan)
{
	const char **names = ARENA_ARRAY(insert->context->arena, const char *, plan->column_count);

	for (int c = 0; c < plan->column_count; c++)
		names[c] = insert->stream->columns[plan->columns[c]].name;
	return names;
}

static PlanNode *
insert_values(const Insert *insert, const SyntaxList *rows, const InsertPlan *plan)
{
	Arena *arena = insert->context->arena;
	const char **names = output_names(insert, plan);
	PlanNode *node = node_new(arena, NODE_VALUES, NULL, (uint32_t)plan->column_count);
	int width = ((const ListExpr *)rows->items[0])->items.count;

	node->values.row_count = (uint32_t)rows->count;
	node->values.rows = ARENA_ARRAY(arena, Expr **, rows->count);
	for (int r = 0; r < rows->count; r++)
	{
		const ListExpr *row = (const ListExpr *)rows->items[r];

		if (row->items.count != width)
		{
			error_set(insert->err, SQLSTATE_SYNTAX_ERROR, tree_start(row->items.items[0]),
					  "VALUES lists must all be the same length");
			return NULL;
		}
		node->values.rows[r] = insert_row(insert, row, plan);
		if (node->values.rows[r] == NULL)
			return NULL;
	}
	for (int c = 0; c < plan->column_count; c++)
		node->columns[c] = (ResultColumn){names[c], insert->stream->columns[plan->columns[c]].type};
	return node;
}

static PlanNode *
insert_query(const Insert *insert, const InsertPlan *plan)
{
	const PlanContext *context = insert->context;
	Projection projection;
	Expr **exprs = ARENA_ARRAY(context->arena, Expr *, plan->column_count);
	int extra;

	if (!analyze_query(context, insert->statement->query, NULL, true, &projection, insert->err))
		return NULL;
	extra = Min(insert->target_count, projection.count - 1);
	if (!check_width(insert, projection.count,
					 extra >= 0 ? expr_start(projection.exprs[extra]) : NO_POSITION))
		return NULL;
	for (int c = 0; c < plan->column_count; c++)
	{
		int target = target_of(insert, plan->columns[c], projection.count);

		exprs[c] = target >= 0 ? assign(insert, projection.exprs[target], plan->columns[c])
							   : default_of(insert, plan->columns[c]);
		if (exprs[c] == NULL)
			return NULL;
	}
	return node_project(context->arena, projection.node, (uint32_t)plan->column_count, exprs,
						output_names(insert, plan));
}

/* DEFAULT VALUES: one row of defaults. */
static PlanNode *
insert_defaults(const Insert *insert, const InsertPlan *plan)
{
	Arena *arena = insert->context->arena;
	Expr **exprs = ARENA_ARRAY(arena, Expr *, plan->column_count);

	for (int c = 0; c < plan->column_count; c++)
		exprs[c] = default_of(insert, plan->columns[c]);
	return node_project(arena, node_one_row(arena), (uint32_t)plan->column_count, exprs,
						output_names(insert, plan));
}

/* All fields in declared order, then the metadata columns that were named. */
static void
choose_columns(const Insert *insert, InsertPlan *plan)
{
	const StreamDef *stream = insert->stream;

	plan->columns = ARENA_ARRAY(insert->context->arena, int, stream->column_count);
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (stream->columns[c].origin == COLUMN_FIELD)
			plan->columns[plan->column_count++] = (int)c;
	}
	for (int i = 0; i < insert->target_count; i++)
	{
		if (stream->columns[insert->targets[i]].origin == COLUMN_METADATA)
			plan->columns[plan->column_count++] = insert->targets[i];
	}
}

bool
plan_insert(const PlanContext *context, const InsertStatement *statement, InsertPlan **out, Error *err)
{
	Insert insert = {.context = context, .statement = statement, .err = err};
	const CatalogObject *object = catalog_require(context->catalog, OBJECT_ANY, statement->name, err);
	InsertPlan *plan = ARENA_NEW(context->arena, InsertPlan);
	PlanNode *root;

	if (object == NULL)
		return false;
	if (object->kind != OBJECT_STREAM)
	{
		error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, statement->name->node.position,
				  "cannot insert into %s \"%s\"", catalog_kind_name(object->kind), object->name);
		return error_hint(err, "Only streams take rows.");
	}
	insert.stream = plan->stream = object->stream;
	if (!find_targets(&insert))
		return false;
	choose_columns(&insert, plan);
	if (statement->query == NULL)
		root = insert_defaults(&insert, plan);
	else if (statement->query->values.count > 0 && statement->query->order_by.count == 0 &&
			 statement->query->limit == NULL && statement->query->offset == NULL)
		root = insert_values(&insert, &statement->query->values, plan);
	else
		root = insert_query(&insert, plan);
	if (root == NULL)
		return false;
	plan->query = query_of(context, root);
	*out = plan;
	return true;
}
