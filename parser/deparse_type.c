/*
 * deparse_type.c: types and typed literals as text.
 *
 * The idea: the grammar turned SQL's spellings into PostgreSQL's internal names; here they turn back. A type
 * that has another form than the spelling gives is written by its qualified name, so that it is read back the
 * same.
 */
#include "parser/deparse_parts.h"

static const struct
{
	const char *name;
	const char *before;
	const char *after;
	int min_modifiers; /* with fewer the spelling would mean another type */
	int max_modifiers;
} spellings[] = {
	{"bool", "boolean", "", 0, 0},
	{"int2", "smallint", "", 0, 0},
	{"int4", "integer", "", 0, 0},
	{"int8", "bigint", "", 0, 0},
	{"float4", "real", "", 0, 0},
	{"float8", "double precision", "", 0, 0},
	{"numeric", "numeric", "", 0, 100},
	{"bit", "bit", "", 1, 1},
	{"varbit", "bit varying", "", 0, 1},
	{"bpchar", "character", "", 1, 1},
	{"varchar", "character varying", "", 0, 1},
	{"time", "time", "", 0, 1},
	{"timetz", "time", " with time zone", 0, 1},
	{"timestamp", "timestamp", "", 0, 1},
	{"timestamptz", "timestamp", " with time zone", 0, 1},
	{"interval", "interval", "", 0, 1},
};

static const char *const interval_fields[] = {
	[INTERVAL_FIELDS_ALL] = "",
	[INTERVAL_FIELDS_YEAR] = " year",
	[INTERVAL_FIELDS_MONTH] = " month",
	[INTERVAL_FIELDS_DAY] = " day",
	[INTERVAL_FIELDS_HOUR] = " hour",
	[INTERVAL_FIELDS_MINUTE] = " minute",
	[INTERVAL_FIELDS_SECOND] = " second",
	[INTERVAL_FIELDS_YEAR_TO_MONTH] = " year to month",
	[INTERVAL_FIELDS_DAY_TO_HOUR] = " day to hour",
	[INTERVAL_FIELDS_DAY_TO_MINUTE] = " day to minute",
	[INTERVAL_FIELDS_DAY_TO_SECOND] = " day to second",
	[INTERVAL_FIELDS_HOUR_TO_MINUTE] = " hour to minute",
	[INTERVAL_FIELDS_HOUR_TO_SECOND] = " hour to second",
	[INTERVAL_FIELDS_MINUTE_TO_SECOND] = " minute to second",
};

/* Whether all modifiers are plain integers, as the spellings with words demand. */
static bool
has_plain_modifiers(const TypeName *type)
{
	for (int i = 0; i < type->modifiers.count; i++)
	{
		const Literal *literal = (const Literal *)type->modifiers.items[i];

		if (literal->node.kind != SYNTAX_LITERAL || literal->literal != LITERAL_INTEGER ||
			literal->integer < 0)
			return false;
	}
	return true;
}

/* The index of the spelling that gives exactly this type, or -1. */
static int
find_spelling(const TypeName *type)
{
	if (type->names.count != 2 ||
		strcmp(((const Identifier *)type->names.items[0])->name, "pg_catalog") != 0 ||
		!has_plain_modifiers(type))
		return -1;
	for (size_t i = 0; i < lengthof(spellings); i++)
		if (strcmp(tree_last_name(&type->names), spellings[i].name) == 0 &&
			type->modifiers.count >= spellings[i].min_modifiers &&
			type->modifiers.count <= spellings[i].max_modifiers)
			return (int)i;
	return -1;
}

static void
append_modifiers(const TypeName *type, StrBuf *out)
{
	if (type->modifiers.count == 0)
		return;
	str_append_char(out, '(');
	deparse_list(&type->modifiers, out);
	str_append_char(out, ')');
}

/* Everything but the array bounds and an interval's fields. */
static void
append_base(const TypeName *type, StrBuf *out)
{
	int spelling = find_spelling(type);

	if (spelling < 0)
	{
		deparse_function_name(&type->names, out);
		append_modifiers(type, out);
		return;
	}
	str_append_cstr(out, spellings[spelling].before);
	if (type->fields == INTERVAL_FIELDS_ALL)
		append_modifiers(type, out);
	str_append_cstr(out, spellings[spelling].after);
}

/* An interval's fields; only SECOND takes the modifier. */
static void
append_fields(const TypeName *type, StrBuf *out)
{
	str_append_cstr(out, interval_fields[type->fields]);
	if (type->fields != INTERVAL_FIELDS_ALL)
		append_modifiers(type, out);
}

void
deparse_type(const TypeName *type, StrBuf *out)
{
	append_base(type, out);
	append_fields(type, out);
	for (int i = 0; i < type->array_bounds.count; i++)
		str_appendf(out, "[%s]", ((const Literal *)type->array_bounds.items[i])->text);
}

void
deparse_typed_literal(const TypeCast *cast, StrBuf *out)
{
	append_base(cast->type, out);
	str_append_char(out, ' ');
	deparse(cast->operand, out);
	append_fields(cast->type, out);
}
