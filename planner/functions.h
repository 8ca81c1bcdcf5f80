/*
 * functions.h: the function registry: ids, signatures and look-up of functions, casts and aggregates.
 *
 * The idea: three constant tables expanded from function_list.h, cast_list.h and aggregate_list.h. Which of
 * several candidates a call means is decided in types.c by PostgreSQL's rules; what computes it is known only
 * to the executor (kernel_table.c, aggregate_table.c), by id.
 */
#ifndef WEIR_PLANNER_FUNCTIONS_H
#define WEIR_PLANNER_FUNCTIONS_H

#include "common/types/type.h"

enum
{
	FUNCTION_MAX_ARGS = 4
};

typedef enum FunctionId
{
#define FUNCTION(id, name, result, args, volatility, nulls, kernel) FUNCTION_ID_##id,
#include "planner/function_list.h"
#undef FUNCTION
	FUNCTION_COUNT
} FunctionId;

typedef enum Volatility
{
	IMMUTABLE,
	STABLE,
	VOLATILE
} Volatility;

typedef enum NullHandling
{
	STRICT,
	LENIENT
} NullHandling;

typedef struct FunctionInfo
{
	FunctionId id;
	const char *name;
	TypeId result;
	int arg_count;
	TypeId args[FUNCTION_MAX_ARGS];
	Volatility volatility;
	NullHandling nulls;
} FunctionInfo;

typedef enum CastContext
{
	CAST_IMPLICIT,
	CAST_ASSIGNMENT,
	CAST_EXPLICIT
} CastContext;

typedef struct CastInfo
{
	TypeId from;
	TypeId to;
	CastContext context;
	FunctionId function;
} CastInfo;

typedef enum AggregateId
{
#define AGGREGATE(id, name, result, args, class_symbol) AGGREGATE_##id,
#include "planner/aggregate_list.h"
#undef AGGREGATE
	AGGREGATE_COUNT_OF_LIST
} AggregateId;

/* In AggregateInfo.args: any type. */
#define TYPE_ANY ((TypeId)TYPE_COUNT)

typedef struct AggregateInfo
{
	AggregateId id;
	const char *name;
	TypeId result;
	int arg_count;
	TypeId args[FUNCTION_MAX_ARGS];
} AggregateInfo;

extern const FunctionInfo *function_info(FunctionId id);
extern const AggregateInfo *aggregate_info(AggregateId id);
/* The cast between two types, or NULL. */
extern const CastInfo *cast_find(TypeId from, TypeId to);

/* Whether users can write the name as a call: operators and internal functions ("$cast") share the list. */
extern bool function_is_callable(const char *name);

/* All functions or aggregates of a name, in list order: call with *next = 0 first; NULL at the end. */
extern const FunctionInfo *function_next(StrView name, int *next);
extern const AggregateInfo *aggregate_next(StrView name, int *next);

#endif
