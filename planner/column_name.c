/*
 * column_name.c: the names of output columns that have no alias (contract in analyze.h).
 *
 * The idea: PostgreSQL's FigureColname(): a column, call or special function gives its name; a cast gives its
 * operand's name, or the type's when that has none.
 */
#include "planner/analyze.h"

typedef enum Strength
{
	STRENGTH_NONE,
	STRENGTH_WEAK, /* a type's name, "case" */
	STRENGTH_NAME
} Strength;

static Strength find_name(const SyntaxNode *node, const char **name);

static Strength
cast_name(const TypeCast *cast, const char **name)
{
	Strength strength = find_name(cast->operand, name);

	if (strength == STRENGTH_NAME)
		return strength;
	*name = tree_last_name(&cast->type->names);
	return STRENGTH_WEAK;
}

static Strength
case_name(const CaseExpr *node, const char **name)
{
	Strength strength = node->otherwise != NULL ? find_name(node->otherwise, name) : STRENGTH_NONE;

	if (strength == STRENGTH_NAME)
		return strength;
	*name = "case";
	return STRENGTH_WEAK;
}

static const char *
current_value_name(CurrentValueKind kind)
{
	static const char *const names[] = {
		[CURRENT_VALUE_DATE] = "current_date",
		[CURRENT_VALUE_TIME] = "current_time",
		[CURRENT_VALUE_TIMESTAMP] = "current_timestamp",
		[CURRENT_VALUE_LOCALTIME] = "localtime",
		[CURRENT_VALUE_LOCALTIMESTAMP] = "localtimestamp",
		[CURRENT_VALUE_CATALOG] = "current_catalog",
		[CURRENT_VALUE_ROLE] = "current_role",
		[CURRENT_VALUE_SCHEMA] = "current_schema",
		[CURRENT_VALUE_USER] = "current_user",
		[CURRENT_VALUE_SESSION_USER] = "session_user",
		[CURRENT_VALUE_USER_SHORT] = "user",
	};

	return names[kind];
}

static Strength
find_name(const SyntaxNode *node, const char **name)
{
	switch (node->kind)
	{
		case SYNTAX_COLUMN_REF:
			if (((const ColumnRef *)node)->star)
				return STRENGTH_NONE;
			*name = tree_last_name(&((const ColumnRef *)node)->parts);
			return STRENGTH_NAME;
		case SYNTAX_FUNCTION_CALL:
			*name = tree_last_name(&((const FunctionCall *)node)->name);
			return STRENGTH_NAME;
		case SYNTAX_CURRENT_VALUE:
			*name = current_value_name(((const CurrentValue *)node)->value);
			return STRENGTH_NAME;
		case SYNTAX_COALESCE: *name = "coalesce"; return STRENGTH_NAME;
		case SYNTAX_NULLIF: *name = "nullif"; return STRENGTH_NAME;
		case SYNTAX_GREATEST: *name = "greatest"; return STRENGTH_NAME;
		case SYNTAX_LEAST: *name = "least"; return STRENGTH_NAME;
		case SYNTAX_TYPE_CAST: return cast_name((const TypeCast *)node, name);
		case SYNTAX_CASE: return case_name((const CaseExpr *)node, name);
		case SYNTAX_COLLATE: return find_name(((const CollateExpr *)node)->operand, name);
		default: return STRENGTH_NONE;
	}
}

const char *
analyze_column_name(const SyntaxNode *node)
{
	const char *name = "?column?";

	find_name(node, &name);
	return name;
}
