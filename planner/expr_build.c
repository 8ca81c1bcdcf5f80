/*
 * expr_build.c: making, comparing and rewriting typed expressions (contract in expr_build.h).
 */
#include "planner/expr_build.h"

Expr *
expr_new(Arena *arena, ExprKind kind, TypeSpec type, int position, int arg_count)
{
	Expr *expr = ARENA_NEW(arena, Expr);

	expr->kind = kind;
	expr->type = type;
	expr->position = position;
	expr->arg_count = arg_count;
	if (arg_count > 0)
		expr->args = ARENA_ARRAY_ZERO(arena, Expr *, arg_count);
	return expr;
}

Expr *
expr_constant(Arena *arena, Datum value, int position)
{
	Expr *expr = expr_new(arena, EXPR_CONSTANT, TYPE_PLAIN(value.type), position, 0);

	expr->constant = value;
	return expr;
}

Expr *
expr_null(Arena *arena, TypeId type, int position)
{
	return expr_constant(arena, datum_null(type), position);
}

Expr *
expr_column(Arena *arena, int column, TypeSpec type, int position)
{
	Expr *expr = expr_new(arena, EXPR_COLUMN, type, position, 0);

	expr->column = column;
	return expr;
}

Expr *
expr_function(Arena *arena, FunctionId function, int position, int arg_count, Expr *const *args)
{
	Expr *expr =
		expr_new(arena, EXPR_FUNCTION, TYPE_PLAIN(function_info(function)->result), position, arg_count);

	expr->function = function;
	for (int i = 0; i < arg_count; i++)
		expr->args[i] = args[i];
	return expr;
}

Expr *
expr_unary(Arena *arena, ExprKind kind, TypeSpec type, int position, Expr *arg)
{
	Expr *expr = expr_new(arena, kind, type, position, 1);

	expr->args[0] = arg;
	return expr;
}

Expr *
expr_binary(Arena *arena, ExprKind kind, TypeSpec type, int position, Expr *a, Expr *b)
{
	Expr *expr = expr_new(arena, kind, type, position, 2);

	expr->args[0] = a;
	expr->args[1] = b;
	return expr;
}

Expr *
expr_retyped(Arena *arena, Expr *expr, TypeSpec type)
{
	Expr *copy;

	assert(expr->type.id == type.id);
	if (expr->type.modifier == type.modifier || expr->kind == EXPR_MODIFIER)
		return expr;
	copy = ARENA_NEW(arena, Expr);
	*copy = *expr;
	copy->type = type;
	return copy;
}

Expr *
expr_interval(Arena *arena, int64_t micros)
{
	Datum value = {.type = TYPE_INTERVAL, .value.interval = {.micros = micros}};

	return expr_constant(arena, value, NO_POSITION);
}

int
expr_start(const Expr *expr)
{
	int start = expr->position;

	for (int i = 0; i < expr->arg_count; i++)
	{
		int arg = expr_start(expr->args[i]);

		if (arg >= 0 && (start < 0 || arg < start))
			start = arg;
	}
	return start;
}

/* 1.0 and 1.00, 0 and -0, '1 day' and '24:00' are equal, but not the same value. */
static bool
same_text(const Datum *a, const Datum *b)
{
	StrBuf texts[2] = {{0}, {0}};
	bool same;

	type_class(a->type)->print(datum_pointer(a), &(TypeContext){0}, &texts[0]);
	type_class(b->type)->print(datum_pointer(b), &(TypeContext){0}, &texts[1]);
	same = str_equal(str_view(&texts[0]), str_view(&texts[1]));
	str_free(&texts[0]);
	str_free(&texts[1]);
	return same;
}

static bool
constants_equal(const Datum *a, const Datum *b)
{
	if (a->type != b->type || a->isnull != b->isnull)
		return false;
	if (a->isnull)
		return true;
	if (a->type == TYPE_UNKNOWN)
		return str_equal(text_view(a->value.text), text_view(b->value.text));
	if (type_class(a->type)->compare(datum_pointer(a), datum_pointer(b)) != 0)
		return false;
	return same_text(a, b);
}

bool
expr_equal(const Expr *a, const Expr *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->type.id != b->type.id || a->type.modifier != b->type.modifier ||
		a->arg_count != b->arg_count)
		return false;
	if (a->kind == EXPR_CONSTANT)
		return constants_equal(&a->constant, &b->constant);
	if (a->kind == EXPR_COLUMN)
		return a->column == b->column;
	if ((a->kind == EXPR_FUNCTION || a->kind == EXPR_NULLIF) && a->function != b->function)
		return false;
	if (a->kind == EXPR_FUNCTION && function_info(a->function)->volatility == VOLATILE)
		return false;
	for (int i = 0; i < a->arg_count; i++)
	{
		if (!expr_equal(a->args[i], b->args[i]))
			return false;
	}
	return true;
}

bool
expr_any(const Expr *expr, bool (*visit)(const Expr *expr, void *context), void *context)
{
	if (visit(expr, context))
		return true;
	for (int i = 0; i < expr->arg_count; i++)
	{
		if (expr_any(expr->args[i], visit, context))
			return true;
	}
	return false;
}

static bool
is_column(const Expr *expr, void *context UNUSED)
{
	return expr->kind == EXPR_COLUMN;
}

bool
expr_has_columns(const Expr *expr)
{
	return expr_any(expr, is_column, NULL);
}

static bool
is_volatile(const Expr *expr, void *context UNUSED)
{
	return expr->kind == EXPR_FUNCTION && function_info(expr->function)->volatility == VOLATILE;
}

bool
expr_is_volatile(const Expr *expr)
{
	return expr_any(expr, is_volatile, NULL);
}

static bool
count_down(const Expr *expr UNUSED, void *context)
{
	return --*(int *)context < 0;
}

bool
expr_is_larger(const Expr *expr, int limit)
{
	return expr_any(expr, count_down, &limit);
}

static bool
is_column_between(const Expr *expr, void *context)
{
	const int *range = context;

	return expr->kind == EXPR_COLUMN && expr->column >= range[0] && expr->column < range[1];
}

bool
expr_uses_columns(const Expr *expr, int from, int to)
{
	int range[2] = {from, to};

	return expr_any(expr, is_column_between, range);
}

const Datum *
expr_constant_value(const Expr *expr)
{
	return expr->kind == EXPR_CONSTANT && !expr->constant.isnull ? &expr->constant : NULL;
}

bool
expr_is_call(const Expr *expr, const char *name)
{
	return expr->kind == EXPR_FUNCTION && strcmp(function_info(expr->function)->name, name) == 0;
}

Expr *
expr_rewrite(Arena *arena, const Expr *expr, ExprReplace replace, void *context)
{
	Expr *copy = replace(expr, context);
	Expr **args = NULL;

	if (copy != NULL)
		return copy;
	for (int i = 0; i < expr->arg_count; i++)
	{
		Expr *arg = expr_rewrite(arena, expr->args[i], replace, context);

		if (args == NULL && arg != expr->args[i])
		{
			args = ARENA_ARRAY(arena, Expr *, expr->arg_count);
			memcpy(args, expr->args, sizeof *args * (size_t)expr->arg_count);
		}
		if (args != NULL)
			args[i] = arg;
	}
	if (args == NULL)
		return (Expr *)expr;
	copy = ARENA_NEW(arena, Expr);
	*copy = *expr;
	copy->args = args;
	return copy;
}

static Expr *
take_column(const Expr *expr, void *context)
{
	Expr *const *columns = context;

	return expr->kind == EXPR_COLUMN ? columns[expr->column] : NULL;
}

Expr *
expr_substitute(Arena *arena, const Expr *expr, Expr *const *columns)
{
	return expr_rewrite(arena, expr, take_column, (void *)columns);
}

typedef struct Shift
{
	Arena *arena;
	int from;
	int by;
} Shift;

static Expr *
shift_column(const Expr *expr, void *context)
{
	const Shift *shift = context;

	if (expr->kind != EXPR_COLUMN || expr->column < shift->from)
		return NULL;
	return expr_column(shift->arena, expr->column + shift->by, expr->type, expr->position);
}

Expr *
expr_shift(Arena *arena, const Expr *expr, int from, int by)
{
	Shift shift = {arena, from, by};

	return by == 0 ? (Expr *)expr : expr_rewrite(arena, expr, shift_column, &shift);
}

void
expr_list_add(Arena *arena, ExprList *list, Expr *expr)
{
	arena_grow(arena, &list->items, &list->capacity, list->count, sizeof *list->items);
	list->items[list->count++] = expr;
}

static Expr *
negation(Arena *arena, Expr *expr)
{
	return expr_unary(arena, EXPR_NOT, TYPE_PLAIN(TYPE_BOOLEAN), expr->position, expr);
}

static void
add_conjuncts(Arena *arena, ExprList *list, Expr *expr, bool negated)
{
	if (expr->kind == EXPR_NOT)
		add_conjuncts(arena, list, expr->args[0], !negated);
	else if (expr->kind == (negated ? EXPR_OR : EXPR_AND))
		for (int i = 0; i < expr->arg_count; i++)
			add_conjuncts(arena, list, expr->args[i], negated);
	else
		expr_list_add(arena, list, negated ? negation(arena, expr) : expr);
}

void
expr_list_add_conjuncts(Arena *arena, ExprList *list, Expr *expr)
{
	if (expr != NULL)
		add_conjuncts(arena, list, expr, false);
}

Expr *
expr_list_and(Arena *arena, const ExprList *list)
{
	Expr *expr;

	if (list->count <= 1)
		return list->count == 0 ? NULL : list->items[0];
	expr = expr_new(arena, EXPR_AND, TYPE_PLAIN(TYPE_BOOLEAN), NO_POSITION, list->count);
	memcpy(expr->args, list->items, sizeof *list->items * (size_t)list->count);
	return expr;
}

int
expr_list_find(const ExprList *list, const Expr *expr)
{
	for (int i = 0; i < list->count; i++)
	{
		if (expr_equal(list->items[i], expr))
			return i;
	}
	return -1;
}
