/*
 * candidates.c: function and operator resolution (contract in candidates.h).
 *
 * The idea: rows of either list become Candidates, an id and its argument types; each rule of PostgreSQL's
 * func_select_candidate() is one function that strikes candidates out of the array.
 */
#include "planner/candidates.h"

#include "common/suggest.h"

/* args points into a list's row. */
typedef struct Candidate
{
	int id;
	int arg_count;
	const TypeId *args;
} Candidate;

typedef struct CandidateList
{
	Candidate *items;
	int count;
} CandidateList;

typedef enum Choice
{
	CHOICE_NONE,
	CHOICE_ONE,
	CHOICE_AMBIGUOUS
} Choice;

static CandidateList
functions_named(Arena *arena, const char *name, int arg_count)
{
	CandidateList list = {ARENA_ARRAY(arena, Candidate, FUNCTION_COUNT + 1), 0};
	const FunctionInfo *info;
	int next = 0;

	while ((info = function_next(str_from_cstr(name), &next)) != NULL)
	{
		if (info->arg_count == arg_count)
			list.items[list.count++] = (Candidate){(int)info->id, info->arg_count, info->args};
	}
	return list;
}

static CandidateList
aggregates_named(Arena *arena, const char *name, int arg_count)
{
	CandidateList list = {ARENA_ARRAY(arena, Candidate, AGGREGATE_COUNT_OF_LIST), 0};
	const AggregateInfo *info;
	int next = 0;

	while ((info = aggregate_next(str_from_cstr(name), &next)) != NULL)
	{
		if (info->arg_count == arg_count)
			list.items[list.count++] = (Candidate){(int)info->id, info->arg_count, info->args};
	}
	return list;
}

static bool
is_exact(const Candidate *candidate, const TypeId *types)
{
	for (int i = 0; i < candidate->arg_count; i++)
	{
		if (candidate->args[i] != types[i])
			return false;
	}
	return true;
}

static bool
is_coercible(const Candidate *candidate, const TypeId *types)
{
	for (int i = 0; i < candidate->arg_count; i++)
	{
		if (!types_can_coerce(types[i], candidate->args[i], CAST_IMPLICIT))
			return false;
	}
	return true;
}

static void
keep_coercible(CandidateList *list, const TypeId *types)
{
	int kept = 0;

	for (int i = 0; i < list->count; i++)
	{
		if (is_coercible(&list->items[i], types))
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/* Keeps the candidates with the greatest score. */
static void
keep_best(CandidateList *list, const TypeId *types, int (*score)(const Candidate *, const TypeId *))
{
	int best = 0;
	int kept = 0;

	for (int i = 0; i < list->count; i++)
	{
		int value = score(&list->items[i], types);

		if (value > best)
		{
			best = value;
			kept = 0;
		}
		if (value == best)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static int
count_exact(const Candidate *candidate, const TypeId *types)
{
	int n = 0;

	for (int i = 0; i < candidate->arg_count; i++)
		n += types[i] != TYPE_UNKNOWN && candidate->args[i] == types[i];
	return n;
}

static bool
is_preferred_in(char category, TypeId type)
{
	return type != TYPE_ANY && types_category(type) == category && types_is_preferred(type);
}

static int
count_preferred(const Candidate *candidate, const TypeId *types)
{
	int n = 0;

	for (int i = 0; i < candidate->arg_count; i++)
		n += types[i] != TYPE_UNKNOWN && (candidate->args[i] == types[i] ||
										  is_preferred_in(types_category(types[i]), candidate->args[i]));
	return n;
}

/* The category that an unknown argument is taken for; 0 when the candidates don't say. */
static char
guess_category(const CandidateList *list, int arg, bool *has_preferred)
{
	char category = 0;
	bool conflict = false;

	*has_preferred = false;
	for (int i = 0; i < list->count; i++)
	{
		TypeId type = list->items[i].args[arg];
		char current = type == TYPE_ANY ? 'P' : types_category(type);
		bool preferred = type != TYPE_ANY && types_is_preferred(type);

		if (category == 0 || (current != category && current == 'S'))
		{
			category = current;
			*has_preferred = preferred;
		}
		else if (current == category)
			*has_preferred |= preferred;
		else
			conflict = true;
	}
	return category == 'S' || !conflict ? category : 0;
}

/* Resolves unknown arguments by category and strikes out what does not fit, unless that leaves nothing. */
static void
keep_by_category(Arena *arena, CandidateList *list, const TypeId *types)
{
	int arg_count = list->items[0].arg_count;
	char *categories = arena_alloc_zero(arena, (size_t)arg_count);
	bool *preferred = ARENA_ARRAY_ZERO(arena, bool, arg_count);
	CandidateList kept = {ARENA_ARRAY(arena, Candidate, list->count), 0};

	for (int arg = 0; arg < arg_count; arg++)
	{
		if (types[arg] != TYPE_UNKNOWN)
			continue;
		categories[arg] = guess_category(list, arg, &preferred[arg]);
		if (categories[arg] == 0)
			return;
	}
	for (int i = 0; i < list->count; i++)
	{
		bool fits = true;

		for (int arg = 0; arg < arg_count; arg++)
		{
			TypeId type = list->items[i].args[arg];

			if (types[arg] != TYPE_UNKNOWN || type == TYPE_ANY)
				continue;
			fits = fits && types_category(type) == categories[arg] &&
				   (!preferred[arg] || types_is_preferred(type));
		}
		if (fits)
			kept.items[kept.count++] = list->items[i];
	}
	if (kept.count > 0)
		*list = kept;
}

/* When all known arguments have one type, the unknown ones are taken for that type, too. */
static bool
choose_same_type(Arena *arena, const CandidateList *list, const TypeId *types, Candidate *chosen)
{
	int arg_count = list->items[0].arg_count;
	TypeId *same = ARENA_ARRAY(arena, TypeId, arg_count);
	TypeId known = TYPE_UNKNOWN;
	int matches = 0;

	for (int i = 0; i < arg_count; i++)
	{
		if (types[i] == TYPE_UNKNOWN)
			continue;
		if (known != TYPE_UNKNOWN && known != types[i])
			return false;
		known = types[i];
	}
	if (known == TYPE_UNKNOWN)
		return false;
	for (int i = 0; i < arg_count; i++)
		same[i] = known;
	for (int i = 0; i < list->count; i++)
	{
		if (is_coercible(&list->items[i], same))
		{
			*chosen = list->items[i];
			matches++;
		}
	}
	return matches == 1;
}

static Choice
choose(Arena *arena, CandidateList list, const TypeId *types, int arg_count, Candidate *chosen)
{
	bool unknowns = false;

	for (int i = 0; i < list.count; i++)
	{
		if (is_exact(&list.items[i], types))
		{
			*chosen = list.items[i];
			return CHOICE_ONE;
		}
	}
	for (int i = 0; i < arg_count; i++)
		unknowns |= types[i] == TYPE_UNKNOWN;
	keep_coercible(&list, types);
	if (list.count > 1)
		keep_best(&list, types, count_exact);
	if (list.count > 1)
		keep_best(&list, types, count_preferred);
	if (list.count > 1 && unknowns)
		keep_by_category(arena, &list, types);
	if (list.count == 0)
		return CHOICE_NONE;
	*chosen = list.items[0];
	if (list.count == 1 || (unknowns && choose_same_type(arena, &list, types, chosen)))
		return CHOICE_ONE;
	return CHOICE_AMBIGUOUS;
}

static TypeId *
types_of(Arena *arena, Expr *const *args, int count)
{
	TypeId *types = ARENA_ARRAY(arena, TypeId, count);

	for (int i = 0; i < count; i++)
		types[i] = args[i]->type.id;
	return types;
}

static bool
coerce_args(const PlanContext *context, const Candidate *chosen, Expr **args, Error *err)
{
	for (int i = 0; i < chosen->arg_count; i++)
	{
		if (chosen->args[i] == TYPE_ANY)
		{
			args[i] = types_resolve_unknown(context, args[i]);
			continue;
		}
		args[i] =
			types_coerce(context, args[i], TYPE_PLAIN(chosen->args[i]), CAST_IMPLICIT, NO_POSITION, err);
		if (args[i] == NULL)
			return false;
	}
	return true;
}

/* ---- operators ---- */

static bool
operator_failed(Choice choice, const char *name, Expr *const *args, int count, int position, Error *err)
{
	const char *left = count == 2 ? types_name(args[0]->type.id) : "";
	const char *right = types_name(args[count - 1]->type.id);

	if (choice == CHOICE_AMBIGUOUS)
	{
		error_set(err, SQLSTATE_AMBIGUOUS_FUNCTION, position, "operator is not unique: %s%s%s %s", left,
				  count == 2 ? " " : "", name, right);
		return error_hint(
			err, "Could not choose a best candidate operator. You might need to add explicit type casts.");
	}
	error_set(err, SQLSTATE_UNDEFINED_FUNCTION, position, "operator does not exist: %s%s%s %s", left,
			  count == 2 ? " " : "", name, right);
	return error_hint(err, "%s",
					  count == 2
						  ? "No operator matches the given name and argument types. You might need to add "
							"explicit type casts."
						  : "No operator matches the given name and argument type. You might need to add an "
							"explicit type cast.");
}

/* One unknown argument is first tried as the other's type. */
static bool
exact_with_unknown(const CandidateList *list, const TypeId *types, Candidate *chosen)
{
	TypeId same[2] = {types[0], types[1]};

	if (types[0] == TYPE_UNKNOWN)
		same[0] = types[1];
	else if (types[1] == TYPE_UNKNOWN)
		same[1] = types[0];
	for (int i = 0; i < list->count; i++)
	{
		if (is_exact(&list->items[i], same))
		{
			*chosen = list->items[i];
			return true;
		}
	}
	return false;
}

Expr *
candidates_operator(const PlanContext *context, const char *name, Expr *left, Expr *right, int position,
					Error *err)
{
	Expr *args[2] = {left != NULL ? left : right, right};
	int count = left != NULL ? 2 : 1;
	CandidateList list = functions_named(context->arena, name, count);
	TypeId *types = types_of(context->arena, args, count);
	Candidate chosen;
	Choice choice = CHOICE_ONE;

	if (count == 1 || !exact_with_unknown(&list, types, &chosen))
		choice = choose(context->arena, list, types, count, &chosen);
	if (choice != CHOICE_ONE)
	{
		operator_failed(choice, name, args, count, position, err);
		return NULL;
	}
	if (!coerce_args(context, &chosen, args, err))
		return NULL;
	return expr_function(context->arena, (FunctionId)chosen.id, position, count, args);
}

/* ---- functions ---- */

const char *
candidates_signature(const PlanContext *context, const char *name, Expr *const *args, int count)
{
	StrBuf text = {0};
	const char *copy;

	str_appendf(&text, "%s(", name);
	for (int i = 0; i < count; i++)
		str_appendf(&text, "%s%s", i > 0 ? ", " : "", types_name(args[i]->type.id));
	str_append_char(&text, ')');
	copy = arena_strndup(context->arena, text.data, text.len);
	str_free(&text);
	return copy;
}

static bool
function_exists(const char *name)
{
	int function = 0;
	int aggregate = 0;

	return function_next(str_from_cstr(name), &function) != NULL ||
		   aggregate_next(str_from_cstr(name), &aggregate) != NULL;
}

static void
suggest_function(const char *name, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(name));

	for (int i = 0; i < (int)FUNCTION_COUNT; i++)
	{
		const char *candidate = function_info((FunctionId)i)->name;

		if (function_is_callable(candidate))
			suggest_offer(&near, candidate);
	}
	for (int i = 0; i < AGGREGATE_COUNT_OF_LIST; i++)
		suggest_offer(&near, aggregate_info((AggregateId)i)->name);
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the function \"%s\".", near.best);
}

static void
function_failed(const PlanContext *context, Choice choice, const char *name, const char *display,
				Expr *const *args, int count, int position, Error *err)
{
	const char *signature = candidates_signature(context, display, args, count);

	if (choice == CHOICE_AMBIGUOUS)
	{
		error_set(err, SQLSTATE_AMBIGUOUS_FUNCTION, position, "function %s is not unique", signature);
		error_hint(err,
				   "Could not choose a best candidate function. You might need to add explicit type casts.");
		return;
	}
	error_set(err, SQLSTATE_UNDEFINED_FUNCTION, position, "function %s does not exist", signature);
	error_hint(err,
			   "No function matches the given name and argument types. You might need to add explicit type "
			   "casts.");
	if (!function_exists(name))
		suggest_function(name, err);
}

/* text(x), date('2024-01-01'): a cast written as a call. */
static bool
is_cast_call(const char *name, Expr *const *args, int count, TypeId *type)
{
	if (count != 1)
		return false;
	*type = type_by_name(str_from_cstr(name));
	return *type != TYPE_UNKNOWN && types_can_coerce(args[0]->type.id, *type, CAST_EXPLICIT);
}

Expr *
candidates_function(const PlanContext *context, const char *name, const char *display, Expr **args,
					int arg_count, int position, Error *err)
{
	CandidateList list = functions_named(context->arena, name, arg_count);
	TypeId *types = types_of(context->arena, args, arg_count);
	Candidate chosen;
	Choice choice;
	TypeId type;
	bool exact = false;

	for (int i = 0; i < list.count; i++)
		exact |= is_exact(&list.items[i], types);
	if (!exact && is_cast_call(name, args, arg_count, &type))
		return types_cast(context, args[0], TYPE_PLAIN(type), 0, position, err);
	choice =
		!function_is_callable(name) ? CHOICE_NONE : choose(context->arena, list, types, arg_count, &chosen);
	if (choice != CHOICE_ONE)
	{
		function_failed(context, choice, name, display, args, arg_count, position, err);
		return NULL;
	}
	if (!coerce_args(context, &chosen, args, err))
		return NULL;
	return expr_function(context->arena, (FunctionId)chosen.id, position, arg_count, args);
}

/* ---- aggregates ---- */

bool
candidates_is_aggregate(const char *name)
{
	int next = 0;

	return aggregate_next(str_from_cstr(name), &next) != NULL;
}

const AggregateInfo *
candidates_aggregate(const PlanContext *context, const char *name, Expr **args, int arg_count, bool star,
					 int position, Error *err)
{
	CandidateList list = aggregates_named(context->arena, name, arg_count);
	Candidate chosen;
	Choice choice =
		choose(context->arena, list, types_of(context->arena, args, arg_count), arg_count, &chosen);

	if (arg_count == 0 && !star && choice == CHOICE_ONE)
	{
		error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, position,
				  "%s(*) must be used to call a parameterless aggregate function", name);
		return NULL;
	}
	if (choice != CHOICE_ONE)
	{
		function_failed(context, choice, name, name, args, arg_count, position, err);
		return NULL;
	}
	return coerce_args(context, &chosen, args, err) ? aggregate_info((AggregateId)chosen.id) : NULL;
}
