/*
 * sink_plan.c: planning one sink (contract in sink_plan.h).
 */
#include "planner/sink_plan.h"

#include "common/units.h"
#include "parser/parse.h"
#include "planner/analyze.h"
#include "planner/finish.h"
#include "planner/fold.h"
#include "planner/location.h"
#include "planner/options.h"
#include "planner/types.h"

/* ---- locations ---- */

SinkPlace
sink_place(const PlanContext *context, const char *location, const char *what, int position)
{
	const ConnectorInfo *store =
		connector_find(context->connectors, CONNECTOR_STORE, location_scheme(location));

	return (SinkPlace){.location = location,
					   .what = what,
					   .position = position,
					   .name = location_place(store, location, context->arena),
					   .sink = -1};
}

static bool
contains(StrView outer, StrView inner)
{
	return inner.len >= outer.len && memcmp(outer.data, inner.data, outer.len) == 0 &&
		   (inner.len == outer.len || inner.data[outer.len] == '/');
}

bool
sink_check_places(const SinkPlace *a, const SinkPlace *b, Error *err)
{
	if (!contains(a->name, b->name) && !contains(b->name, a->name))
		return true;
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, a->position, "%s overlaps %s", a->what, b->what);
	error_detail(err, "\"%s\" and \"%s\" are the same place, or one lies in the other.", a->location,
				 b->location);
	return error_hint(err, "Give each its own folder, so that no file can be loaded twice.");
}

/* ---- options ---- */

/* The value as given, or the default of the table. */
static const char *
format_name(const OptionItem *given)
{
	const OptionInfo *info = options_of_sinks().items;

	if (given != NULL && given->value != NULL)
		return given->value;
	while (strcmp(info->name, "format") != 0)
		info++;
	return info->default_text;
}

static bool
read_options(const PlanContext *context, const CreateSinkStatement *statement, SinkPlan *sink, Error *err)
{
	const SyntaxList *given = &statement->options;
	const OptionItem *format = option_item_find(given, "format");
	OptionTable tables[4] = {options_of_sinks()};
	size_t count = 2;

	sink->format = connector_require(context->connectors, CONNECTOR_SINK, "format", format_name(format),
									 format != NULL ? format->value_position : NO_POSITION, err);
	if (sink->format == NULL)
		return false;
	tables[1] = (OptionTable){sink->format->options, sink->format->option_count};
	if (!location_add_table(context, given, "location", tables, &count, err) ||
		!location_add_table(context, given, "late_location", tables, &count, err) ||
		!options_validate(given, tables, count, context->settings, statement->name->node.position,
						  context->arena, &sink->options, err))
		return false;
	sink->location = options_text(&sink->options, "location");
	if (sink->location[0] == '\0')
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE,
						 options_find(&sink->options, "location")->position,
						 "option \"location\" must not be empty");
	return location_check(context, &sink->options, "location", err) &&
		   location_check(context, &sink->options, "late_location", err);
}

/* ---- partition_by ---- */

/* Positions in the option's text mean nothing to the user: the error points at the value. */
static bool
parse_partition_by(const PlanContext *context, const Option *option, SyntaxList *targets, Error *err)
{
	if (parse_targets(str_from_cstr(option->text), context->arena, targets, err))
		return true;
	err->position = option->position;
	return error_context(err, "option \"partition_by\": %s", option->text);
}

static bool
plan_partition_key(const PlanContext *context, const Scope *scope, const Target *target, PartitionKey *key,
				   Error *err)
{
	Analyzer a = {.context = context, .scope = scope, .place = "partition_by", .err = err};
	Expr *expr = analyze_expr(&a, target->value);
	TypeId type = expr != NULL ? expr->type.id : TYPE_UNKNOWN;

	if (expr == NULL)
		return false;
	if (expr_is_volatile(expr))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "functions in option \"partition_by\" must not be volatile");
	expr = types_coerce(context, expr, TYPE_PLAIN(TYPE_TEXT), CAST_ASSIGNMENT, NO_POSITION, err);
	if (expr == NULL && !err->set)
		return error_set(err, SQLSTATE_DATATYPE_MISMATCH, NO_POSITION,
						 "option \"partition_by\" must make text, not type %s", types_name(type));
	key->name = target->alias != NULL ? target->alias : analyze_column_name(target->value);
	key->expr = fold_expr(context, expr);
	return true;
}

static bool
plan_partition_keys(const PlanContext *context, SinkPlan *sink, const Projection *projection, Error *err)
{
	const Option *option = options_find(&sink->options, "partition_by");
	SyntaxList targets = {0};
	PlanNode output = {.kind = NODE_PROJECT, .column_count = (uint32_t)projection->count};
	const Scope *scope;

	if (option == NULL)
		return true;
	if (!parse_partition_by(context, option, &targets, err))
		return false;
	output.columns = ARENA_ARRAY(context->arena, ResultColumn, projection->count);
	for (int i = 0; i < projection->count; i++)
		output.columns[i] = (ResultColumn){projection->names[i], projection->exprs[i]->type};
	scope = scope_of_node(context->arena, &output, "");
	sink->partition_keys = ARENA_ARRAY_ZERO(context->arena, PartitionKey, targets.count);
	for (int i = 0; i < targets.count; i++)
	{
		PartitionKey *key = &sink->partition_keys[i];

		if (!plan_partition_key(context, scope, (const Target *)targets.items[i], key, err))
		{
			err->position = option->position;
			return false;
		}
		for (int k = 0; k < i; k++)
		{
			if (strcmp(sink->partition_keys[k].name, key->name) == 0)
				return error_set(err, SQLSTATE_DUPLICATE_COLUMN, option->position,
								 "partition \"%s\" specified more than once", key->name);
		}
		sink->partition_key_count++;
	}
	return true;
}

/* ---- the query ---- */

static bool
check_query(const SelectStatement *query, const char *name, const Projection *projection, int position,
			Error *err)
{
	const PlanNode *node = projection->node;

	if (node_stream(node) == NULL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "sink \"%s\" reads no stream", name);
		return error_hint(err, "A sink's query must read a stream; use SELECT for tables.");
	}
	if (node_count_kind(node, NODE_LIMIT) > 0 || node_count_kind(node, NODE_SORT) > 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED,
				  query != NULL && query->limit != NULL ? query->limit->position : position,
				  "LIMIT in a sink is not supported");
		return error_hint(err, "A stream has no end after which rows could be counted.");
	}
	if (node_count_kind(node, NODE_VALUES) > 0 || node_count_kind(node, NODE_TABLE) > 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "a sink that unites streams with tables is not supported");
		return error_hint(err, "Every branch of UNION ALL must read a stream.");
	}
	if (node_count_kind(node, NODE_AGGREGATE) > 0 && node_count_kind(node, NODE_SCAN) > 1)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "UNION ALL with an aggregate is not supported");
		return error_hint(err, "Write one sink for each branch.");
	}
	return true;
}

static bool
check_names(const Projection *projection, const char *name, int position, Error *err)
{
	if (projection->count == 0)
		return error_set(err, SQLSTATE_SYNTAX_ERROR, position, "sink \"%s\" has no columns", name);
	for (int i = 0; i < projection->count; i++)
	{
		for (int k = 0; k < i; k++)
		{
			if (strcmp(projection->names[i], projection->names[k]) == 0)
			{
				error_set(err, SQLSTATE_DUPLICATE_COLUMN, position, "column \"%s\" specified more than once",
						  projection->names[i]);
				return error_hint(err, "Give it another name with AS.");
			}
		}
	}
	return true;
}

/* Passes a column of the aggregate up to where node's columns are visible; -1 when a projection hides it. */
static Expr *
expose(const PlanContext *context, PlanNode *node, const PlanNode *aggregate, int column)
{
	Expr *below;
	Expr **exprs;
	ResultColumn *columns;

	if (node == aggregate)
		return expr_column(context->arena, column, node->columns[column].type, NO_POSITION);
	below = expose(context, node->input, aggregate, column);
	if (node->kind != NODE_PROJECT)
		return below;
	exprs = ARENA_ARRAY(context->arena, Expr *, node->column_count + 1);
	columns = ARENA_ARRAY(context->arena, ResultColumn, node->column_count + 1);
	memcpy(exprs, node->project.exprs, sizeof *exprs * node->column_count);
	memcpy(columns, node->columns, sizeof *columns * node->column_count);
	exprs[node->column_count] = below;
	columns[node->column_count] = aggregate->columns[column];
	node->project.exprs = exprs;
	node->columns = columns;
	return expr_column(context->arena, (int)node->column_count++, below->type, NO_POSITION);
}

/* The projection with the hidden columns that order the rows of a windowed sink: window end, grouping
 * columns. */
static PlanNode *
project_output(const PlanContext *context, SinkPlan *sink, const Projection *projection)
{
	const PlanNode *aggregate = node_aggregate(projection->node);
	int keys = aggregate != NULL ? aggregate->aggregate.key_count : 0;
	int first = aggregate != NULL && aggregate->aggregate.window != NULL ? 1 : 0;
	Expr **exprs = ARENA_ARRAY(context->arena, Expr *, projection->count + keys + 1);
	const char **names = ARENA_ARRAY(context->arena, const char *, projection->count + keys + 1);
	int count = projection->count;

	memcpy(exprs, projection->exprs, sizeof *exprs * (size_t)count);
	memcpy(names, projection->names, sizeof *names * (size_t)count);
	for (int i = 0; i < first + keys && aggregate != NULL; i++)
	{
		exprs[count] = expose(context, projection->node, aggregate, first + i);
		names[count++] = aggregate->columns[first + i].name;
	}
	sink->visible_count = (uint32_t)projection->count;
	sink->hidden_count = (uint32_t)(count - projection->count);
	return node_project(context->arena, projection->node, (uint32_t)count, exprs, names);
}

/* CREATE SINK name FROM view */
static const SelectStatement *
select_all(const PlanContext *context, const QualifiedName *from)
{
	Arena *arena = context->arena;
	SelectStatement *query = TREE_NEW(arena, SELECT, SelectStatement, from->node.position);
	Relation *relation = TREE_NEW(arena, RELATION, Relation, from->node.position);
	Target *target = TREE_NEW(arena, TARGET, Target, from->node.position);
	ColumnRef *star = TREE_NEW(arena, COLUMN_REF, ColumnRef, from->node.position);

	star->star = true;
	target->value = &star->node;
	relation->name = (QualifiedName *)from;
	syntax_list_append(arena, &query->targets, &target->node);
	syntax_list_append(arena, &query->from, &relation->node);
	return query;
}

bool
sink_plan(const PlanContext *context, const CreateSinkStatement *statement, SinkPlan **out, Error *err)
{
	SinkPlan *sink = ARENA_NEW(context->arena, SinkPlan);
	const SelectStatement *query =
		statement->query != NULL ? statement->query : select_all(context, statement->from);
	int position = statement->name->node.position;
	Projection projection;

	sink->name = catalog_plain_name(statement->name, err);
	if (sink->name == NULL || !read_options(context, statement, sink, err))
		return false;
	sink->on_error = (ErrorPolicy)options_integer(&sink->options, "on_error", ON_ERROR_DEAD_LETTER);
	sink->late_rows = (LatePolicy)options_integer(&sink->options, "late_rows", LATE_DIVERT);
	if (!analyze_query(context, query, NULL, false, &projection, err) ||
		!check_query(query, sink->name, &projection, query->node.position, err) ||
		!check_names(&projection, sink->name, position, err) ||
		!plan_partition_keys(context, sink, &projection, err))
		return false;
	sink->input = finish_tree(context, project_output(context, sink, &projection));
	*out = sink;
	return true;
}
