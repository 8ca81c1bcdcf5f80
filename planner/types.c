/*
 * types.c: casts and common types (contract in types.h).
 */
#include "planner/types.h"

#include "common/types/interval.h"

const char *
types_name(TypeId type)
{
	if (type == TYPE_UNKNOWN)
		return "unknown";
	return type == TYPE_ANY ? "\"any\"" : type_class(type)->name;
}

char
types_category(TypeId type)
{
	return type == TYPE_UNKNOWN ? 'X' : type_class(type)->category;
}

bool
types_is_preferred(TypeId type)
{
	return type != TYPE_UNKNOWN && type_class(type)->preferred;
}

bool
types_can_coerce(TypeId from, TypeId to, CastContext context)
{
	const CastInfo *cast;

	if (from == to || from == TYPE_UNKNOWN || to == TYPE_ANY)
		return true;
	cast = cast_find(from, to);
	return cast != NULL && cast->context <= context;
}

static Expr *
read_literal(const PlanContext *context, const Expr *literal, TypeId type, unsigned fields, Error *err)
{
	StrView text = text_view(literal->constant.value.text);
	Datum value = {.type = type};
	bool ok;

	if (literal->constant.isnull)
		return expr_null(context->arena, type, literal->position);
	if (type == TYPE_INTERVAL && fields != 0)
		ok = interval_parse_fields(text, fields, &value.value.interval, err);
	else
		ok = type_class(type)->parse(text, context->types, context->arena, &value.value, err);
	if (!ok)
	{
		if (err != NULL && err->position < 0)
			err->position = literal->position;
		return NULL;
	}
	return expr_constant(context->arena, value, literal->position);
}

static Expr *
apply_modifier(const PlanContext *context, Expr *expr, TypeSpec to, int position)
{
	if (to.modifier == NO_MODIFIER || expr->type.modifier == to.modifier)
		return expr;
	return expr_unary(context->arena, EXPR_MODIFIER, to, position, expr);
}

static Expr *
coerce_base(const PlanContext *context, Expr *expr, TypeId to, CastContext cast, unsigned fields,
			int position, Error *err)
{
	const CastInfo *info;

	if (expr->type.id == to || to == TYPE_ANY)
		return expr;
	if (expr->type.id == TYPE_UNKNOWN)
		return read_literal(context, expr, to, fields, err);
	info = cast_find(expr->type.id, to);
	if (info == NULL || info->context > cast)
		return NULL;
	return expr_function(context->arena, info->function, position, 1, &expr);
}

Expr *
types_coerce(const PlanContext *context, Expr *expr, TypeSpec to, CastContext cast, int position, Error *err)
{
	Expr *result = coerce_base(context, expr, to.id, cast, 0, position, err);

	return result != NULL ? apply_modifier(context, result, to, position) : NULL;
}

Expr *
types_cast(const PlanContext *context, Expr *expr, TypeSpec to, unsigned fields, int position, Error *err)
{
	Expr *result;

	if (fields != 0)
		to.modifier =
			INTERVAL_MODIFIER(fields, to.modifier == NO_MODIFIER ? INTERVAL_ALL_DIGITS : to.modifier);
	result = coerce_base(context, expr, to.id, CAST_EXPLICIT, fields, position, err);
	if (result != NULL && to.modifier == NO_MODIFIER)
		return expr_retyped(context->arena, result, to);
	if (result != NULL)
		return apply_modifier(context, result, to, position);
	if (expr->type.id != TYPE_UNKNOWN)
		error_set(err, SQLSTATE_CANNOT_COERCE, position, "cannot cast type %s to %s",
				  types_name(expr->type.id), types_name(to.id));
	return NULL;
}

Expr *
types_resolve_unknown(const PlanContext *context, Expr *expr)
{
	return expr->type.id == TYPE_UNKNOWN ? read_literal(context, expr, TYPE_TEXT, 0, NULL) : expr;
}

Expr *
types_coerce_to(const PlanContext *context, Expr *expr, TypeId to, const char *construct, Error *err)
{
	Expr *result = coerce_base(context, expr, to, CAST_ASSIGNMENT, 0, NO_POSITION, err);

	if (result == NULL && expr->type.id != TYPE_UNKNOWN)
		error_set(err, SQLSTATE_DATATYPE_MISMATCH, expr_start(expr),
				  "argument of %s must be type %s, not type %s", construct, types_name(to),
				  types_name(expr->type.id));
	return result;
}

TypeId
types_common(Expr *const *exprs, int count, const char *construct, Error *err)
{
	TypeId type = TYPE_UNKNOWN;

	for (int i = 0; i < count; i++)
	{
		TypeId next = exprs[i]->type.id;

		if (next == TYPE_UNKNOWN || next == type)
			continue;
		if (type == TYPE_UNKNOWN)
			type = next;
		else if (types_category(next) != types_category(type))
		{
			if (construct != NULL)
				error_set(err, SQLSTATE_DATATYPE_MISMATCH, expr_start(exprs[i]),
						  "%s types %s and %s cannot be matched", construct, types_name(type),
						  types_name(next));
			return TYPE_UNKNOWN;
		}
		else if (!types_is_preferred(type) && types_can_coerce(type, next, CAST_IMPLICIT) &&
				 !types_can_coerce(next, type, CAST_IMPLICIT))
			type = next;
	}
	return type == TYPE_UNKNOWN ? TYPE_TEXT : type;
}

int32_t
types_common_modifier(Expr *const *exprs, int count, TypeId type)
{
	int32_t modifier = count > 0 ? exprs[0]->type.modifier : NO_MODIFIER;

	for (int i = 0; i < count; i++)
	{
		if (exprs[i]->type.id != type || exprs[i]->type.modifier != modifier)
			return NO_MODIFIER;
	}
	return modifier;
}

bool
types_unify(const PlanContext *context, Expr **exprs, int count, TypeId type, const char *construct,
			Error *err)
{
	for (int i = 0; i < count; i++)
	{
		TypeId from = exprs[i]->type.id;
		Expr *result = coerce_base(context, exprs[i], type, CAST_IMPLICIT, 0, NO_POSITION, err);

		if (result == NULL && from == TYPE_UNKNOWN)
			return false;
		if (result == NULL)
			return error_set(err, SQLSTATE_CANNOT_COERCE, expr_start(exprs[i]),
							 "%s could not convert type %s to %s", construct, types_name(from),
							 types_name(type));
		exprs[i] = result;
	}
	return true;
}
