/*
 * type_names.c: types as written, to TypeSpecs (contract in analyze.h).
 *
 * The idea: type.h knows the names of the types there are; types that PostgreSQL has and Weir has not are
 * told apart from nonsense, and modifiers are checked with PostgreSQL's texts.
 */
#include "planner/analyze.h"

#include "common/suggest.h"
#include "common/types/interval.h"
#include "common/types/numeric.h"
#include "common/types/timestamp.h"

/* Types of PostgreSQL that have no TypeClass; the second is a type that does instead. */
static const struct
{
	const char *name;
	const char *spelling;
	const char *instead;
} other_types[] = {
	{"int2", "smallint", "integer"},
	{"smallint", "smallint", "integer"},
	{"float4", "real", "double precision"},
	{"real", "real", "double precision"},
	{"varchar", "character varying", "text"},
	{"bpchar", "character", "text"},
	{"char", "\"char\"", "text"},
	{"name", "name", "text"},
	{"bytea", "bytea", "text"},
	{"time", "time without time zone", "interval"},
	{"timetz", "time with time zone", "interval"},
	{"json", "json", "jsonb"},
	{"xml", "xml", "text"},
	{"money", "money", "numeric"},
	{"bit", "bit", "text"},
	{"varbit", "bit varying", "text"},
	{"inet", "inet", "text"},
	{"cidr", "cidr", "text"},
	{"macaddr", "macaddr", "text"},
	{"oid", "oid", "bigint"},
	{"point", "point", "text"},
	{"tsvector", "tsvector", "text"},
	{"tsquery", "tsquery", "text"},
	{"regclass", "regclass", "text"},
	{"int4range", "int4range", "text"},
	{"int8range", "int8range", "text"},
	{"numrange", "numrange", "text"},
	{"tsrange", "tsrange", "text"},
	{"tstzrange", "tstzrange", "text"},
	{"daterange", "daterange", "text"},
};

static const unsigned interval_fields[] = {
	[INTERVAL_FIELDS_ALL] = 0,
	[INTERVAL_FIELDS_YEAR] = INTERVAL_YEAR,
	[INTERVAL_FIELDS_MONTH] = INTERVAL_MONTH,
	[INTERVAL_FIELDS_DAY] = INTERVAL_DAY,
	[INTERVAL_FIELDS_HOUR] = INTERVAL_HOUR,
	[INTERVAL_FIELDS_MINUTE] = INTERVAL_MINUTE,
	[INTERVAL_FIELDS_SECOND] = INTERVAL_SECOND,
	[INTERVAL_FIELDS_YEAR_TO_MONTH] = INTERVAL_YEAR | INTERVAL_MONTH,
	[INTERVAL_FIELDS_DAY_TO_HOUR] = INTERVAL_DAY | INTERVAL_HOUR,
	[INTERVAL_FIELDS_DAY_TO_MINUTE] = INTERVAL_DAY | INTERVAL_HOUR | INTERVAL_MINUTE,
	[INTERVAL_FIELDS_DAY_TO_SECOND] = INTERVAL_DAY | INTERVAL_HOUR | INTERVAL_MINUTE | INTERVAL_SECOND,
	[INTERVAL_FIELDS_HOUR_TO_MINUTE] = INTERVAL_HOUR | INTERVAL_MINUTE,
	[INTERVAL_FIELDS_HOUR_TO_SECOND] = INTERVAL_HOUR | INTERVAL_MINUTE | INTERVAL_SECOND,
	[INTERVAL_FIELDS_MINUTE_TO_SECOND] = INTERVAL_MINUTE | INTERVAL_SECOND,
};

static bool
unknown_type(const TypeName *name, const char *last, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(last));

	for (size_t i = 0; i < lengthof(other_types); i++)
	{
		if (strcmp(last, other_types[i].name) != 0)
			continue;
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, name->node.position, "type %s is not supported",
				  other_types[i].spelling);
		return error_hint(err, "Use the type %s.", other_types[i].instead);
	}
	error_set(err, SQLSTATE_UNDEFINED_OBJECT, name->node.position, "type \"%s\" does not exist", last);
	for (int id = TYPE_UNKNOWN + 1; id < (int)TYPE_COUNT; id++)
		suggest_offer(&near, type_class((TypeId)id)->name);
	if (near.best != NULL)
		return error_hint(err, "Perhaps you meant the type \"%s\".", near.best);
	return false;
}

/* What a modifier says, when it is a simple constant or an identifier, as text; else NULL. */
static const char *
modifier_text(const SyntaxNode *node, Arena *arena)
{
	const Literal *literal = (const Literal *)node;
	const ColumnRef *name = (const ColumnRef *)node;

	if (node->kind == SYNTAX_COLUMN_REF && name->parts.count == 1)
		return ((const Identifier *)name->parts.items[0])->name;
	if (node->kind != SYNTAX_LITERAL)
		return NULL;
	switch (literal->literal)
	{
		case LITERAL_INTEGER: return arena_printf(arena, "%d", literal->integer);
		case LITERAL_NUMERIC:
		case LITERAL_STRING: return literal->text;
		default: return NULL;
	}
}

static bool
read_modifiers(const PlanContext *context, const TypeName *name, int32_t *values, Error *err)
{
	for (int i = 0; i < name->modifiers.count; i++)
	{
		const char *text = modifier_text(name->modifiers.items[i], context->arena);
		Value value;

		if (text == NULL)
			return error_set(err, SQLSTATE_SYNTAX_ERROR, name->node.position,
							 "type modifiers must be simple constants or identifiers");
		if (!type_class(TYPE_INTEGER)
				 ->parse(str_from_cstr(text), context->types, context->arena, &value, err))
		{
			err->position = name->node.position;
			return false;
		}
		values[i] = value.i32;
	}
	return true;
}

static bool
numeric_modifier(const int32_t *values, int count, int position, int32_t *out, Error *err)
{
	if (count > 2)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position, "invalid NUMERIC type modifier");
	if (values[0] < 1 || values[0] > NUMERIC_MAX_PRECISION)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position,
						 "NUMERIC precision %d must be between 1 and %d", values[0], NUMERIC_MAX_PRECISION);
	if (count == 2 && (values[1] < NUMERIC_MIN_SCALE || values[1] > NUMERIC_MAX_SCALE))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position,
						 "NUMERIC scale %d must be between %d and %d", values[1], NUMERIC_MIN_SCALE,
						 NUMERIC_MAX_SCALE);
	*out = NUMERIC_MODIFIER(values[0], count == 2 ? values[1] : 0);
	return true;
}

static bool
digits_modifier(const PlanContext *context, TypeId type, const int32_t *values, int count, int position,
				int32_t *out, Error *err)
{
	const char *word = type == TYPE_INTERVAL ? "INTERVAL" : "TIMESTAMP";
	const char *zone = type == TYPE_TIMESTAMPTZ ? " WITH TIME ZONE" : "";

	if (count != 1)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position, "invalid type modifier");
	if (values[0] < 0)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position,
						 "%s(%d)%s precision must not be negative", word, values[0], zone);
	if (values[0] > TIMESTAMP_DIGITS_LIMIT)
		plan_notice(context, "WARNING", SQLSTATE_INVALID_PARAMETER_VALUE, position,
					"%s(%d)%s precision reduced to maximum allowed, %d", word, values[0], zone,
					TIMESTAMP_DIGITS_LIMIT);
	*out = Min(values[0], TIMESTAMP_DIGITS_LIMIT);
	return true;
}

static bool
check_modifiers(const PlanContext *context, const TypeName *name, TypeId type, int32_t *out, Error *err)
{
	int32_t values[4] = {0};
	int count = name->modifiers.count;

	if (count == 0)
		return true;
	if (type_class(type)->apply_modifier == NULL)
		return error_set(err, SQLSTATE_SYNTAX_ERROR, name->node.position,
						 "type modifier is not allowed for type \"%s\"", tree_last_name(&name->names));
	if (count > (int)lengthof(values))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, name->node.position, "invalid type modifier");
	if (!read_modifiers(context, name, values, err))
		return false;
	if (type == TYPE_NUMERIC)
		return numeric_modifier(values, count, name->node.position, out, err);
	return digits_modifier(context, type, values, count, name->node.position, out, err);
}

bool
type_name_resolve(const PlanContext *context, const TypeName *name, TypeSpec *out, unsigned *fields,
				  Error *err)
{
	const char *last = tree_last_name(&name->names);
	const Identifier *schema = name->names.count > 1 ? (const Identifier *)name->names.items[0] : NULL;

	*out = TYPE_PLAIN(TYPE_UNKNOWN);
	if (fields != NULL)
		*fields = interval_fields[name->fields];
	if (schema != NULL && strcmp(schema->name, "pg_catalog") != 0)
		return error_set(err, SQLSTATE_INVALID_SCHEMA_NAME, name->node.position,
						 "schema \"%s\" does not exist", schema->name);
	out->id = type_by_name(str_from_cstr(last));
	if (out->id == TYPE_UNKNOWN)
		return unknown_type(name, last, err);
	if (name->array_bounds.count > 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, name->node.position, "arrays are not supported");
		return error_hint(err, "Use jsonb for lists of values.");
	}
	if (fields == NULL && name->fields != INTERVAL_FIELDS_ALL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, name->node.position,
				  "intervals with restricted fields are not supported here");
		return error_hint(err, "Use interval, and cast it where fewer fields are wanted.");
	}
	return check_modifiers(context, name, out->id, &out->modifier, err);
}
