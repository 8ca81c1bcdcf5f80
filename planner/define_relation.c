/*
 * define_relation.c: CREATE STREAM and CREATE TABLE: columns, watermark, options (contract in
 * define_relation.h).
 */
#include "planner/define_relation.h"

#include "common/suggest.h"
#include "common/units.h"
#include "parser/deparse.h"
#include "planner/fold.h"
#include "planner/location.h"
#include "planner/nodes.h"
#include "planner/options.h"
#include "planner/shard_plan.h"
#include "planner/types.h"
#include "planner/windows.h"

static const struct
{
	const char *name;
	MetadataKind kind;
	TypeId type;
} metadata_columns[] = {
	{"key", METADATA_KEY, TYPE_TEXT},
	{"topic", METADATA_TOPIC, TYPE_TEXT},
	{"partition", METADATA_PARTITION, TYPE_INTEGER},
	{"offset", METADATA_OFFSET, TYPE_BIGINT},
	{"timestamp", METADATA_TIMESTAMP, TYPE_TIMESTAMPTZ},
	{"headers", METADATA_HEADERS, TYPE_JSONB},
};

/* ---- paths ---- */

static bool
bad_path(const Option *option, Error *err)
{
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position, "invalid path \"%s\"", option->text);
	return error_hint(err, "Write a path like $.a.b[0].");
}

/* One ".key" or "[index]"; moves *at past it. */
static bool
read_step(Arena *arena, const char **at, PathStep *step)
{
	const char *s = *at;
	char *end;

	if (*s == '.')
	{
		size_t len = strcspn(s + 1, ".[");

		step->key = arena_strndup(arena, s + 1, len);
		*at = s + 1 + len;
		return len > 0;
	}
	if (*s != '[' || s[1] < '0' || s[1] > '9')
		return false;
	step->key = NULL;
	step->index = (int)strtol(s + 1, &end, 10);
	*at = end + 1;
	return *end == ']';
}

static bool
read_path(Arena *arena, const Option *option, ColumnDef *column, Error *err)
{
	const char *at = option->text;

	column->path = ARENA_ARRAY_ZERO(arena, PathStep, strlen(option->text));
	column->path_length = 0;
	if (*at++ != '$')
		return bad_path(option, err);
	while (*at != '\0')
	{
		if (!read_step(arena, &at, &column->path[column->path_length++]))
			return bad_path(option, err);
	}
	return true;
}

/* ---- columns ---- */

static bool
read_metadata(const ColumnDefinition *definition, ColumnDef *column, Error *err)
{
	size_t i = 0;

	while (i < lengthof(metadata_columns) && strcmp(metadata_columns[i].name, definition->metadata) != 0)
		i++;
	if (i == lengthof(metadata_columns))
	{
		error_set(err, SQLSTATE_UNDEFINED_OBJECT, definition->metadata_position,
				  "metadata \"%s\" does not exist", definition->metadata);
		return error_hint(err, "Available values: key, topic, partition, offset, timestamp, headers.");
	}
	if (column->type.id != metadata_columns[i].type)
		return error_set(err, SQLSTATE_DATATYPE_MISMATCH, definition->type->node.position,
						 "metadata \"%s\" is of type %s but column \"%s\" is of type %s",
						 definition->metadata, types_name(metadata_columns[i].type), column->name,
						 types_name(column->type.id));
	column->origin = COLUMN_METADATA;
	column->metadata = metadata_columns[i].kind;
	return true;
}

static bool
read_column_options(const PlanContext *context, const StreamDef *def, const ColumnDefinition *definition,
					ColumnDef *column, Error *err)
{
	OptionTable table = options_of_columns();
	Options options;

	if (!options_validate(&definition->options, &table, 1, NULL, definition->node.position, context->arena,
						  &options, err))
		return false;
	if (column->origin != COLUMN_FIELD)
		return definition->options.count == 0 ||
			   error_set(err, SQLSTATE_INVALID_COLUMN_DEFINITION, definition->options.items[0]->position,
						 "column \"%s\" is not a field of the message", column->name);
	column->path = ARENA_ARRAY_ZERO(context->arena, PathStep, 1);
	column->path[0].key = column->name;
	column->path_length = 1;
	if (options_find(&options, "path") != NULL &&
		!read_path(context->arena, options_find(&options, "path"), column, err))
		return false;
	column->timestamp_format = (TimestampFormat)options_integer(
		&options, "timestamp_format", options_integer(&def->options, "timestamp_format", TIMESTAMP_ISO8601));
	return true;
}

/* The value of DEFAULT or GENERATED as the column's type, by assignment; NULL on error. */
static Expr *
assign_to_column(const PlanContext *context, Expr *expr, const SyntaxNode *node, const ColumnDef *column,
				 Error *err)
{
	TypeId from = expr->type.id;
	Expr *result = types_coerce(context, expr, column->type, CAST_ASSIGNMENT, NO_POSITION, err);

	if (result != NULL)
		return fold_expr(context, result);
	if (err->set)
		return NULL;
	error_set(err, SQLSTATE_DATATYPE_MISMATCH, tree_start(node),
			  "column \"%s\" is of type %s but default expression is of type %s", column->name,
			  types_name(column->type.id), types_name(from));
	error_hint(err, "You will need to rewrite or cast the expression.");
	return NULL;
}

static bool
read_default(const PlanContext *context, const ColumnDefinition *definition, ColumnDef *column, Error *err)
{
	Analyzer a = {.context = context,
				  .place = "DEFAULT expressions",
				  .no_columns = "cannot use column reference in DEFAULT expression",
				  .err = err};
	Expr *expr;

	if (definition->default_value == NULL)
		return true;
	expr = analyze_expr(&a, definition->default_value);
	if (expr == NULL)
		return false;
	column->default_value = assign_to_column(context, expr, definition->default_value, column, err);
	return column->default_value != NULL;
}

static bool
check_table_column(const StreamDef *def, const ColumnDefinition *definition, Error *err)
{
	const char *what = definition->generated != NULL ? "generated columns" : "metadata columns";

	if (!def->is_table || (definition->generated == NULL && definition->metadata == NULL))
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, definition->node.position,
			  "%s of tables are not supported", what);
	return error_hint(err, "Compute them in the query that joins the table.");
}

/* The expression as SQL; NULL when there is none. */
static const char *
expression_text(Arena *arena, const SyntaxNode *node)
{
	StrBuf text = {0};
	const char *copy;

	if (node == NULL)
		return NULL;
	deparse(node, &text);
	copy = arena_strndup(arena, text.data, text.len);
	str_free(&text);
	return copy;
}

bool
define_make_column(const PlanContext *context, StreamDef *def, const ColumnDefinition *definition, Error *err)
{
	ColumnDef *column = &def->columns[def->column_count];

	for (uint32_t c = 0; c < def->column_count; c++)
	{
		if (strcmp(def->columns[c].name, definition->name) == 0)
			return error_set(err, SQLSTATE_DUPLICATE_COLUMN, definition->node.position,
							 "column \"%s\" specified more than once", definition->name);
	}
	*column = (ColumnDef){.name = definition->name,
						  .not_null = definition->not_null || definition->primary_key,
						  .primary_key = definition->primary_key,
						  .origin = definition->generated != NULL ? COLUMN_GENERATED : COLUMN_FIELD,
						  .default_text = expression_text(context->arena, definition->default_value),
						  .generated_text = expression_text(context->arena, definition->generated),
						  .position = definition->node.position};
	if (definition->collation.count > 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, definition->node.position, "COLLATE is not supported");
		return error_hint(err, "Text compares by bytes, as with COLLATE \"C\".");
	}
	if (!type_name_resolve(context, definition->type, &column->type, NULL, err) ||
		!check_table_column(def, definition, err) ||
		(definition->metadata != NULL && !read_metadata(definition, column, err)) ||
		!read_column_options(context, def, definition, column, err) ||
		!read_default(context, definition, column, err))
		return false;
	def->column_count++;
	return true;
}

/* ---- generated columns ---- */

typedef struct GeneratedSearch
{
	const StreamDef *def;
	const Expr *found;
} GeneratedSearch;

static bool
refers_to_generated(const Expr *expr, void *context)
{
	GeneratedSearch *search = context;

	if (expr->kind != EXPR_COLUMN || search->def->columns[expr->column].origin != COLUMN_GENERATED)
		return false;
	search->found = expr;
	return true;
}

static bool
check_generation(const StreamDef *def, const Expr *expr, Error *err)
{
	GeneratedSearch search = {def, NULL};

	if (expr_any(expr, refers_to_generated, &search))
	{
		error_set(err, SQLSTATE_INVALID_OBJECT_DEFINITION, search.found->position,
				  "cannot use generated column \"%s\" in column generation expression",
				  def->columns[search.found->column].name);
		return error_detail(err, "A generated column cannot reference another generated column.");
	}
	if (expr_is_volatile(expr))
		return error_set(err, SQLSTATE_INVALID_OBJECT_DEFINITION, NO_POSITION,
						 "generation expression is not immutable");
	return true;
}

bool
define_check_generated(const PlanContext *context, StreamDef *def, uint32_t index,
					   const ColumnDefinition *definition, Error *err)
{
	ColumnDef *column = &def->columns[index];
	Scope *scope;
	Analyzer a = {.context = context, .place = "column generation expressions", .err = err};
	Expr *expr;

	if (definition->generated == NULL)
		return true;
	scope = scope_of_node(context->arena, node_wide_scan(context->arena, def), def->name);
	a.scope = scope;
	expr = analyze_expr(&a, definition->generated);
	if (expr == NULL || !check_generation(def, expr, err))
		return false;
	column->generated = assign_to_column(context, expr, definition->generated, column, err);
	return column->generated != NULL;
}

/* ---- keys and the watermark ---- */

static bool
read_primary_key(const CreateRelationStatement *statement, StreamDef *def, Error *err)
{
	for (int i = 0; i < statement->primary_key.count; i++)
	{
		const Identifier *name = (const Identifier *)statement->primary_key.items[i];
		uint32_t c = 0;

		while (c < def->column_count && strcmp(def->columns[c].name, name->name) != 0)
			c++;
		if (c == def->column_count)
			return error_set(err, SQLSTATE_UNDEFINED_COLUMN, name->node.position,
							 "column \"%s\" named in key does not exist", name->name);
		def->columns[c].primary_key = def->columns[c].not_null = true;
	}
	for (uint32_t c = 0; c < def->column_count && !def->is_table; c++)
	{
		if (def->columns[c].primary_key)
		{
			error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, def->columns[c].position,
					  "primary keys of streams are not supported");
			return error_hint(err, "Use NOT NULL; equal keys are separate rows of a stream.");
		}
	}
	return true;
}

static bool
read_watermark(const PlanContext *context, const Watermark *watermark, StreamDef *def, Error *err)
{
	Scope *scope = scope_of_node(context->arena, node_wide_scan(context->arena, def), def->name);
	Analyzer a = {.context = context, .scope = scope, .place = "WATERMARK", .err = err};
	const Identifier *name = watermark->column;
	int column = scope_find_column(scope, NULL, name->name, name->node.position, err);
	TypeId type = column >= 0 ? def->columns[column].type.id : TYPE_UNKNOWN;
	Expr *expr;

	if (column < 0)
		return false;
	if (def->is_table)
		return error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, watermark->node.position,
						 "a table has no watermark");
	if (type != TYPE_TIMESTAMP && type != TYPE_TIMESTAMPTZ)
		return error_set(err, SQLSTATE_DATATYPE_MISMATCH, name->node.position,
						 "event-time column \"%s\" must be a timestamp, not type %s", name->name,
						 types_name(type));
	expr = analyze_expr(&a, watermark->expression);
	if (expr == NULL || !windows_watermark(context, expr, column, &def->watermark_delay, err))
		return false;
	def->time_column = column;
	def->columns[column].not_null = true;
	return true;
}

/* ---- source and format ---- */

static const char *
given_value(const SyntaxList *options, const char *name, int *position)
{
	const OptionItem *item = option_item_find(options, name);

	*position = item != NULL ? item->value_position : NO_POSITION;
	return item != NULL ? item->value : NULL;
}

/* A required option that is missing may only be misspelt. */
static bool
missing_option(const CreateRelationStatement *statement, const char *name, const char *hint, Error *err)
{
	for (int i = 0; i < statement->options.count; i++)
	{
		const OptionItem *item = (const OptionItem *)statement->options.items[i];
		Suggestion near = suggest_begin(str_from_cstr(item->name));

		suggest_offer(&near, name);
		if (near.best == NULL)
			continue;
		error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, item->node.position, "invalid option \"%s\"",
				  item->name);
		return error_hint(err, "Perhaps you meant the option \"%s\".", name);
	}
	error_set(err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND, statement->name->node.position,
			  "option \"%s\" is required", name);
	return error_hint(err, "%s", hint);
}

static bool
find_connectors(const PlanContext *context, const CreateRelationStatement *statement, StreamDef *def,
				Error *err)
{
	int position;
	const char *name = given_value(&statement->options, "connector", &position);

	if (name == NULL)
		return missing_option(statement, "connector", "Add WITH (connector = '…', …).", err);
	def->source = connector_require(context->connectors, CONNECTOR_SOURCE, "connector", name, position, err);
	if (def->source == NULL)
		return false;
	if (def->is_table && !def->source->bounded)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "a table can't be read from connector \"%s\"", name);
		return error_hint(err, "A table is read to its end; use connector 'file'.");
	}
	name = given_value(&statement->options, "format", &position);
	if (name == NULL)
		return def->source->makes_rows ||
			   missing_option(statement, "format", "Add format = 'json' or another format to WITH (…).", err);
	if (def->source->makes_rows)
		return error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, position, "connector \"%s\" has no format",
						 def->source->name);
	def->format = connector_require(context->connectors, CONNECTOR_FORMAT, "format", name, position, err);
	return def->format != NULL;
}

static bool
read_options(const PlanContext *context, const CreateRelationStatement *statement, StreamDef *def, Error *err)
{
	OptionTable tables[4] = {options_of_relations()};
	size_t count = 1;

	if (!find_connectors(context, statement, def, err))
		return false;
	tables[count++] = (OptionTable){def->source->options, def->source->option_count};
	if (def->format != NULL)
		tables[count++] = (OptionTable){def->format->options, def->format->option_count};
	return location_add_table(context, &statement->options, "dead_letter_location", tables, &count, err) &&
		   options_validate(&statement->options, tables, count, context->settings,
							statement->name->node.position, context->arena, &def->options, err) &&
		   location_check(context, &def->options, "dead_letter_location", err);
}

bool
define_check_connectors(const StreamDef *def, int position, Error *err)
{
	bool ok =
		(def->source->check_stream == NULL || def->source->check_stream(def, err)) &&
		(def->format == NULL || def->format->check_stream == NULL || def->format->check_stream(def, err));

	if (!ok && err->position < 0)
		err->position = position;
	return ok;
}

bool
define_make_relation(const PlanContext *context, const CreateRelationStatement *statement, StreamDef *def,
					 Error *err)
{
	def->name = catalog_plain_name(statement->name, err);
	def->is_table = statement->node.kind == SYNTAX_CREATE_TABLE;
	def->time_column = -1;
	def->columns = ARENA_ARRAY_ZERO(context->arena, ColumnDef, statement->columns.count);
	if (def->name == NULL || !read_options(context, statement, def, err))
		return false;
	if (statement->columns.count == 0)
		return error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, statement->name->node.position,
						 "\"%s\" must have at least one column", def->name);
	for (int i = 0; i < statement->columns.count; i++)
	{
		if (!define_make_column(context, def, (const ColumnDefinition *)statement->columns.items[i], err))
			return false;
	}
	for (int i = 0; i < statement->columns.count; i++)
	{
		if (!define_check_generated(context, def, (uint32_t)i,
									(const ColumnDefinition *)statement->columns.items[i], err))
			return false;
	}
	if (!read_primary_key(statement, def, err) ||
		(statement->watermark != NULL && !read_watermark(context, statement->watermark, def, err)))
		return false;
	return shard_check_stream(def, err) && define_check_connectors(def, statement->name->node.position, err);
}
