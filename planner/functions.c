/*
 * functions.c: the tables behind functions.h.
 *
 * The idea: each list is expanded once into a constant array in list order; look-up by name walks the array,
 * which is short and only searched while planning. A0 to A4 spell argument lists in the lists' rows.
 */
#include "planner/functions.h"

#define TYPE_OF(id) TYPE_##id
#define A0 \
	0,     \
	{      \
		0  \
	}
#define A1(a)      \
	1,             \
	{              \
		TYPE_OF(a) \
	}
#define A2(a, b)               \
	2,                         \
	{                          \
		TYPE_OF(a), TYPE_OF(b) \
	}
#define A3(a, b, c)                        \
	3,                                     \
	{                                      \
		TYPE_OF(a), TYPE_OF(b), TYPE_OF(c) \
	}
#define A4(a, b, c, d)                                 \
	4,                                                 \
	{                                                  \
		TYPE_OF(a), TYPE_OF(b), TYPE_OF(c), TYPE_OF(d) \
	}

static const FunctionInfo function_table[] = {
#define FUNCTION(id, name, result, args, volatility, nulls, kernel) \
	{FUNCTION_ID_##id, name, TYPE_##result, args, volatility, nulls},
#include "planner/function_list.h"
#undef FUNCTION
	{.name = NULL}};

static const AggregateInfo aggregate_table[] = {
#define AGGREGATE(id, name, result, args, class_symbol) {AGGREGATE_##id, name, TYPE_##result, args},
#include "planner/aggregate_list.h"
#undef AGGREGATE
};

/* The contexts' names in the list are short. */
#define CAST_CONTEXT(context) CAST_##context

static const CastInfo cast_table[] = {
#define CAST(from, to, context, function_id) \
	{TYPE_##from, TYPE_##to, CAST_CONTEXT(context), FUNCTION_ID_##function_id},
#include "planner/cast_list.h"
#undef CAST
	{.from = TYPE_UNKNOWN}};

const FunctionInfo *
function_info(FunctionId id)
{
	assert((int)id >= 0 && (int)id < (int)FUNCTION_COUNT);
	return &function_table[id];
}

const AggregateInfo *
aggregate_info(AggregateId id)
{
	assert(id < AGGREGATE_COUNT_OF_LIST);
	return &aggregate_table[id];
}

const CastInfo *
cast_find(TypeId from, TypeId to)
{
	for (const CastInfo *cast = cast_table; cast->from != TYPE_UNKNOWN; cast++)
	{
		if (cast->from == from && cast->to == to)
			return cast;
	}
	return NULL;
}

bool
function_is_callable(const char *name)
{
	return (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
}

const FunctionInfo *
function_next(StrView name, int *next)
{
	while (*next < (int)FUNCTION_COUNT)
	{
		const FunctionInfo *info = &function_table[(*next)++];

		if (str_equal(name, str_from_cstr(info->name)))
			return info;
	}
	return NULL;
}

const AggregateInfo *
aggregate_next(StrView name, int *next)
{
	while (*next < AGGREGATE_COUNT_OF_LIST)
	{
		const AggregateInfo *info = &aggregate_table[(*next)++];

		if (str_equal(name, str_from_cstr(info->name)))
			return info;
	}
	return NULL;
}
