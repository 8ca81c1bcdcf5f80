/*
 * make_statement.c: the grammar's actions for queries, definitions and statements.
 *
 * The idea: as make.c. What PostgreSQL's grammar checks (a clause given twice, frame bounds that exclude each
 * other) is checked here, and, for definitions, what is plain from the text alone.
 */
#include "parser/grammar.h"

#define NEW(KIND, Struct, position) TREE_NEW(parser->arena, KIND, Struct, position)

/* ---- queries ---- */

static bool
set_select_limit(Parser *parser, SelectStatement *select, SelectLimit limit)
{
	if (limit.offset)
	{
		if (select->offset)
			return parser_error(parser, tree_start(limit.offset), "multiple OFFSET clauses not allowed");
		select->offset = limit.offset;
	}
	if (limit.limit)
	{
		if (select->limit)
			return parser_error(parser, tree_start(limit.limit), "multiple LIMIT clauses not allowed");
		select->limit = limit.limit;
	}
	if (limit.with_ties)
	{
		if (select->order_by.count == 0)
			return parser_error(parser, NO_POSITION, "WITH TIES cannot be specified without ORDER BY clause");
		select->with_ties = true;
	}
	return true;
}

SelectStatement *
make_select_complete(Parser *parser, SelectStatement *select, SyntaxList order_by, int order_position,
					 SelectLimit limit)
{
	if (order_by.count > 0)
	{
		if (select->order_by.count > 0)
		{
			(void)parser_error(parser, order_position, "multiple ORDER BY clauses not allowed");
			return NULL;
		}
		select->order_by = order_by;
	}
	return set_select_limit(parser, select, limit) ? select : NULL;
}

SelectStatement *
make_with(Parser *parser, SelectStatement *select, bool recursive, SyntaxList with, int position)
{
	if (select->with.count > 0)
	{
		(void)parser_error(parser, position, "multiple WITH clauses not allowed");
		return NULL;
	}
	select->recursive = recursive;
	select->with = with;
	select->node.position = position;
	return select;
}

SelectStatement *
make_set_operation(Parser *parser, int position, SetOperation op, bool all, SelectStatement *left,
				   SelectStatement *right)
{
	SelectStatement *n = NEW(SELECT, SelectStatement, position);

	n->op = op;
	n->all = all;
	n->left = left;
	n->right = right;
	return n;
}

SyntaxNode *
make_target(Parser *parser, int position, SyntaxNode *value, const char *alias)
{
	Target *n = NEW(TARGET, Target, position);

	n->value = value;
	n->alias = alias;
	return &n->node;
}

SelectStatement *
make_table_query(Parser *parser, int position, QualifiedName *name)
{
	SelectStatement *n = NEW(SELECT, SelectStatement, position);

	n->targets = list_one(parser, make_target(parser, position, make_star(parser, position), NULL));
	n->from = list_one(parser, make_relation(parser, name, NULL));
	return n;
}

SyntaxNode *
make_sort_item(Parser *parser, SyntaxNode *value, SortDirection direction, SortNulls nulls)
{
	SortItem *n = NEW(SORT_ITEM, SortItem, tree_start(value));

	n->value = value;
	n->direction = direction;
	n->nulls = nulls;
	return &n->node;
}

SyntaxNode *
make_grouping_set(Parser *parser, int position, GroupingSetKind kind, SyntaxList items)
{
	GroupingSet *n = NEW(GROUPING_SET, GroupingSet, position);

	n->grouping = kind;
	n->items = items;
	return &n->node;
}

static bool
frame_error(Parser *parser, int position, const char *message)
{
	return error_set(parser->err, SQLSTATE_WINDOWING_ERROR, position, "%s", message);
}

bool
check_frame(Parser *parser, const FrameClause *frame, int start_position, int end_position)
{
	FrameBoundKind start = frame->start.kind;
	FrameBoundKind end = frame->end.kind;

	if (start == FRAME_UNBOUNDED_FOLLOWING)
		return frame_error(parser, start_position, "frame start cannot be UNBOUNDED FOLLOWING");
	if (end_position < 0)
	{
		if (start == FRAME_OFFSET_FOLLOWING)
			return frame_error(parser, start_position,
							   "frame starting from following row cannot end with current row");
		return true;
	}
	if (end == FRAME_UNBOUNDED_PRECEDING)
		return frame_error(parser, end_position, "frame end cannot be UNBOUNDED PRECEDING");
	if (start == FRAME_CURRENT_ROW && end == FRAME_OFFSET_PRECEDING)
		return frame_error(parser, end_position,
						   "frame starting from current row cannot have preceding rows");
	if (start == FRAME_OFFSET_FOLLOWING && (end == FRAME_OFFSET_PRECEDING || end == FRAME_CURRENT_ROW))
		return frame_error(parser, end_position,
						   "frame starting from following row cannot have preceding rows");
	return true;
}

/* ---- FROM ---- */

Alias *
make_alias(Parser *parser, int position, const char *name, SyntaxList columns, SyntaxList definitions)
{
	Alias *n = NEW(ALIAS, Alias, position);

	n->name = name;
	n->columns = columns;
	n->definitions = definitions;
	return n;
}

SyntaxNode *
make_relation(Parser *parser, QualifiedName *name, Alias *alias)
{
	Relation *n = NEW(RELATION, Relation, name->node.position);

	n->name = name;
	n->alias = alias;
	return &n->node;
}

SyntaxNode *
make_range_subquery(Parser *parser, int position, SelectStatement *query, Alias *alias, bool lateral)
{
	RangeSubquery *n = NEW(RANGE_SUBQUERY, RangeSubquery, position);

	n->query = query;
	n->alias = alias;
	n->lateral = lateral;
	return &n->node;
}

SyntaxNode *
make_table_argument(Parser *parser, int position, QualifiedName *name, SyntaxList partition_by)
{
	TableArgument *n = NEW(TABLE_ARGUMENT, TableArgument, position);

	n->name = name;
	n->partition_by = partition_by;
	return &n->node;
}

JoinExpr *
make_join(Parser *parser, int position, JoinType type, bool natural, SyntaxNode *left, SyntaxNode *right)
{
	JoinExpr *n = NEW(JOIN, JoinExpr, position);

	n->type = type;
	n->natural = natural;
	n->left = left;
	n->right = right;
	return n;
}

bool
check_subquery_alias(Parser *parser, int position, const SelectStatement *query, const Alias *alias)
{
	bool is_values = query->values.count > 0;

	if (alias)
		return true;
	(void)parser_error(parser, position,
					   is_values ? "VALUES in FROM must have an alias"
								 : "subquery in FROM must have an alias");
	return error_hint(parser->err, "For example, FROM (%s ...) [AS] foo.", is_values ? "VALUES" : "SELECT");
}

SyntaxNode *
complete_join(JoinExpr *join, JoinCondition condition)
{
	join->on = condition.on;
	join->using_columns = condition.using_columns;
	join->using_alias = condition.using_alias;
	return &join->node;
}

/* ---- definitions ---- */

NewName
new_name(Parser *parser, QualifiedName *name, bool if_not_exists)
{
	parser->relation = tree_last_name(&name->parts);
	return (NewName){.name = name, .if_not_exists = if_not_exists};
}

ColumnQualifier *
append_qualifier(ColumnQualifier *list, ColumnQualifier *last)
{
	ColumnQualifier **end = &list;

	while (*end)
		end = &(*end)->next;
	*end = last;
	return list;
}

SyntaxNode *
make_option(Parser *parser, int position, const char *name, OptionValueKind kind, const char *value,
			int value_position)
{
	OptionItem *n = NEW(OPTION_ITEM, OptionItem, position);

	n->name = name;
	n->value_kind = kind;
	n->value = value;
	n->value_position = value_position;
	return &n->node;
}

ColumnQualifier *
make_qualifier(Parser *parser, ColumnQualifierKind kind, int position)
{
	ColumnQualifier *qualifier = ARENA_NEW(parser->arena, ColumnQualifier);

	qualifier->kind = kind;
	qualifier->position = position;
	return qualifier;
}

static bool
column_error(Parser *parser, int position, const char *what, const char *column)
{
	return error_set(parser->err, SQLSTATE_SYNTAX_ERROR, position, "%s for column \"%s\" of table \"%s\"",
					 what, column, parser->relation);
}

static bool
primary_keys_error(Parser *parser, int position)
{
	return error_set(parser->err, SQLSTATE_INVALID_TABLE_DEFINITION, position,
					 "multiple primary keys for table \"%s\" are not allowed", parser->relation);
}

/* Folds one qualifier into the column; nullable says that a plain NULL was seen. */
static bool
apply_qualifier(Parser *parser, ColumnDefinition *column, const ColumnQualifier *q, bool *nullable)
{
	switch (q->kind)
	{
		case QUALIFIER_NULL:
			if (column->not_null)
				return column_error(parser, q->position, "conflicting NULL/NOT NULL declarations",
									column->name);
			*nullable = true;
			return true;
		case QUALIFIER_NOT_NULL:
			if (*nullable)
				return column_error(parser, q->position, "conflicting NULL/NOT NULL declarations",
									column->name);
			column->not_null = true;
			return true;
		case QUALIFIER_PRIMARY_KEY:
			if (column->primary_key)
				return primary_keys_error(parser, q->position);
			column->primary_key = true;
			return true;
		case QUALIFIER_DEFAULT:
			if (column->default_value)
				return column_error(parser, q->position, "multiple default values specified", column->name);
			column->default_value = q->value;
			break;
		case QUALIFIER_GENERATED:
			if (column->generated)
				return column_error(parser, q->position, "multiple generation clauses specified",
									column->name);
			column->generated = q->value;
			break;
		case QUALIFIER_COLLATE:
			if (column->collation.count > 0)
				return parser_error(parser, q->position, "multiple COLLATE clauses not allowed");
			column->collation = q->list;
			return true;
		case QUALIFIER_OPTIONS:
			if (column->options.count > 0)
				return parser_error(parser, q->position, "multiple OPTIONS clauses not allowed");
			column->options = q->list;
			return true;
		case QUALIFIER_METADATA:
			if (column->metadata)
				return parser_error(parser, q->position, "multiple METADATA clauses not allowed");
			column->metadata = q->text;
			column->metadata_position = q->position;
			return true;
	}
	if (column->default_value && column->generated)
		return column_error(parser, q->position, "both default and generation expression specified",
							column->name);
	return true;
}

SyntaxNode *
make_column_definition(Parser *parser, int position, const char *name, TypeName *type,
					   ColumnQualifier *qualifiers)
{
	ColumnDefinition *n = NEW(COLUMN_DEFINITION, ColumnDefinition, position);
	bool nullable = false;

	n->name = name;
	n->type = type;
	n->metadata_position = NO_POSITION;
	for (const ColumnQualifier *q = qualifiers; q; q = q->next)
		if (!apply_qualifier(parser, n, q, &nullable))
			return NULL;
	return &n->node;
}

static bool
has_primary_key(const TableElements *elements)
{
	for (int i = 0; i < elements->columns.count; i++)
		if (((const ColumnDefinition *)elements->columns.items[i])->primary_key)
			return true;
	return elements->primary_key.count > 0;
}

bool
add_table_element(Parser *parser, TableElements *elements, SyntaxNode *element)
{
	switch (element->kind)
	{
		case SYNTAX_WATERMARK:
			if (elements->watermark)
				return parser_error(parser, element->position, "multiple WATERMARK clauses not allowed");
			elements->watermark = (Watermark *)element;
			return true;
		case SYNTAX_ROW:
			if (has_primary_key(elements))
				return primary_keys_error(parser, element->position);
			elements->primary_key = ((ListExpr *)element)->items;
			return true;
		default:
			if (((ColumnDefinition *)element)->primary_key && has_primary_key(elements))
				return primary_keys_error(parser, element->position);
			elements->columns = list_add(parser, elements->columns, element);
			return true;
	}
}

SyntaxNode *
make_create_relation(Parser *parser, SyntaxKind kind, int position, bool or_replace, NewName name,
					 TableElements elements, SyntaxList options)
{
	CreateRelationStatement *n = (CreateRelationStatement *)tree_new_node(parser->arena, kind, position);

	n->or_replace = or_replace;
	n->if_not_exists = name.if_not_exists;
	n->name = name.name;
	n->columns = elements.columns;
	n->watermark = elements.watermark;
	n->primary_key = elements.primary_key;
	n->options = options;
	return &n->node;
}

SyntaxNode *
make_create_sink(Parser *parser, int position, bool or_replace, NewName name, SelectStatement *query,
				 QualifiedName *from, SyntaxList options)
{
	CreateSinkStatement *n = NEW(CREATE_SINK, CreateSinkStatement, position);

	n->or_replace = or_replace;
	n->if_not_exists = name.if_not_exists;
	n->name = name.name;
	n->query = query;
	n->from = from;
	n->options = options;
	return &n->node;
}

SyntaxNode *
make_alter(Parser *parser, int position, ObjectKind object, bool if_exists, QualifiedName *name)
{
	AlterAddColumnStatement *n = NEW(ALTER_ADD_COLUMN, AlterAddColumnStatement, position);

	n->object = object;
	n->if_exists = if_exists;
	n->name = name;
	parser->relation = tree_last_name(&name->parts);
	return &n->node;
}

SyntaxNode *
make_drop(Parser *parser, int position, ObjectKind object, bool if_exists, SyntaxList names,
		  DropBehavior behavior)
{
	DropStatement *n = NEW(DROP, DropStatement, position);

	n->object = object;
	n->if_exists = if_exists;
	n->names = names;
	n->behavior = behavior;
	return &n->node;
}

/* ---- other statements ---- */

SyntaxNode *
make_insert(Parser *parser, int position, QualifiedName *name, SyntaxList columns, SelectStatement *query)
{
	InsertStatement *n = NEW(INSERT, InsertStatement, position);

	n->name = name;
	n->columns = columns;
	n->query = query;
	return &n->node;
}

SyntaxNode *
make_copy(Parser *parser, int position, bool is_from, const SyntaxNode *file, SyntaxList options)
{
	CopyStatement *n = NEW(COPY, CopyStatement, position);

	n->is_from = is_from;
	n->file = file->kind == SYNTAX_LITERAL ? ((const Literal *)file)->text : NULL;
	n->options = options;
	return &n->node;
}

SyntaxNode *
make_show_create(Parser *parser, int position, ObjectKind object, QualifiedName *name)
{
	ShowCreateStatement *n = NEW(SHOW_CREATE, ShowCreateStatement, position);

	n->object = object;
	n->name = name;
	return &n->node;
}

SyntaxNode *
make_show_ddl(Parser *parser, int position, QualifiedName *sink)
{
	ShowSnowflakeDdlStatement *n = NEW(SHOW_SNOWFLAKE_DDL, ShowSnowflakeDdlStatement, position);

	n->sink = sink;
	return &n->node;
}

SyntaxNode *
make_reset(Parser *parser, int position, const char *name, int name_position)
{
	ResetStatement *n = NEW(RESET, ResetStatement, position);

	n->name = name;
	n->name_position = name_position;
	return &n->node;
}

SyntaxNode *
make_run(Parser *parser, int position, RunKind kind, SyntaxNode *expression)
{
	RunStatement *n = NEW(RUN, RunStatement, position);
	const ColumnRef *word = (const ColumnRef *)expression;

	n->run = kind;
	n->expression = expression;
	/* LATEST is no key word; as a column it would make no sense here. */
	if (kind == RUN_UNTIL_TIME && expression->kind == SYNTAX_COLUMN_REF && word->parts.count == 1 &&
		strcmp(tree_last_name(&word->parts), "latest") == 0)
	{
		n->run = RUN_UNTIL_LATEST;
		n->expression = NULL;
	}
	return &n->node;
}

SyntaxNode *
make_explain(Parser *parser, int position, SyntaxList options, SyntaxNode *statement)
{
	ExplainStatement *n = NEW(EXPLAIN, ExplainStatement, position);

	n->options = options;
	n->statement = statement;
	return &n->node;
}

SyntaxNode *
make_show(Parser *parser, int position, const char *name, int name_position)
{
	ShowStatement *n = NEW(SHOW, ShowStatement, position);

	n->name = name;
	n->name_position = name_position;
	return &n->node;
}

SyntaxNode *
make_set(Parser *parser, int position, const char *name, int name_position, SyntaxList values)
{
	SetStatement *n = NEW(SET, SetStatement, position);

	n->name = name;
	n->name_position = name_position;
	n->values = values;
	n->to_default = values.count == 0;
	return &n->node;
}
