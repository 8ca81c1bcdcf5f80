/*
 * tree.c: making tree nodes, and asking simple things of them.
 *
 * The idea: sizes and names of kinds come from node_list.h, so a new kind needs nothing here unless it is an
 * expression that begins left of its position.
 */
#include "parser/tree.h"

static const size_t kind_sizes[] = {
#define NODE(kind, type, children) sizeof(type),
#include "parser/node_list.h"
#undef NODE
};

static const char *const kind_names[] = {
#define NODE(kind, type, children) #kind,
#include "parser/node_list.h"
#undef NODE
};

SyntaxNode *
tree_new_node(Arena *arena, SyntaxKind kind, int position)
{
	SyntaxNode *node = arena_alloc_zero(arena, kind_sizes[kind]);

	node->kind = kind;
	node->position = position;
	return node;
}

void
syntax_list_append(Arena *arena, SyntaxList *list, SyntaxNode *node)
{
	assert(node != NULL);
	arena_grow(arena, &list->items, &list->capacity, list->count, sizeof *list->items);
	list->items[list->count++] = node;
}

static bool
visit_list(const SyntaxList *list, TreeVisitor visit, void *context)
{
	for (int i = 0; i < list->count; i++)
		if (!visit(list->items[i], context))
			return false;
	return true;
}

bool
tree_visit_children(const SyntaxNode *node, TreeVisitor visit, void *context)
{
	switch (node->kind)
	{
#define CHILD(member)                                          \
	if (n->member && !visit((SyntaxNode *)n->member, context)) \
		return false;
#define CHILDREN(member)                         \
	if (!visit_list(&n->member, visit, context)) \
		return false;
#define NODE(kind, type, children)                 \
	case SYNTAX_##kind:                            \
	{                                              \
		const type *n UNUSED = (const type *)node; \
		children return true;                      \
	}
#include "parser/node_list.h"
#undef NODE
#undef CHILDREN
#undef CHILD
		case SYNTAX_KIND_COUNT: break;
	}
	return true;
}

typedef struct DepthSearch
{
	int depth;
	const SyntaxNode *found;
} DepthSearch;

static bool
visit_depth(SyntaxNode *node, void *context)
{
	DepthSearch *search = context;
	bool go_on = true;

	if (search->depth == TREE_MAX_DEPTH)
	{
		search->found = node;
		return false;
	}
	search->depth++;
	go_on = tree_visit_children(node, visit_depth, search);
	search->depth--;
	return go_on;
}

const SyntaxNode *
tree_find_too_deep(const SyntaxNode *root)
{
	DepthSearch search = {0};

	(void)tree_visit_children(root, visit_depth, &search);
	return search.found;
}

const char *
syntax_kind_name(SyntaxKind kind)
{
	return kind_names[kind];
}

const char *
tree_last_name(const SyntaxList *names)
{
	return ((const Identifier *)names->items[names->count - 1])->name;
}

/* The operand that an expression's text begins with, when that may lie left of the node's own position. */
static const SyntaxNode *
leading_operand(const SyntaxNode *node)
{
	switch (node->kind)
	{
		case SYNTAX_TYPE_CAST: return ((const TypeCast *)node)->operand;
		case SYNTAX_OPERATOR: return ((const OperatorExpr *)node)->left;
		case SYNTAX_BOOLEAN: return ((const BooleanExpr *)node)->operands.items[0];
		case SYNTAX_IS_TEST: return ((const IsTestExpr *)node)->operand;
		case SYNTAX_DISTINCT_FROM: return ((const DistinctFromExpr *)node)->left;
		case SYNTAX_BETWEEN: return ((const BetweenExpr *)node)->operand;
		case SYNTAX_IN: return ((const InExpr *)node)->operand;
		case SYNTAX_LIKE: return ((const LikeExpr *)node)->operand;
		case SYNTAX_COLLATE: return ((const CollateExpr *)node)->operand;
		case SYNTAX_SUBSCRIPT: return ((const SubscriptExpr *)node)->operand;
		case SYNTAX_FIELD_SELECT: return ((const FieldSelect *)node)->operand;
		case SYNTAX_QUANTIFIED: return ((const QuantifiedExpr *)node)->operand;
		case SYNTAX_FUNCTION_CALL:
		{
			const FunctionCall *call = (const FunctionCall *)node;

			return call->syntax == FUNCTION_AT_TIME_ZONE ? call->arguments.items[1] : NULL;
		}
		default: return NULL;
	}
}

int
tree_start(const SyntaxNode *node)
{
	int start = node->position;

	while ((node = leading_operand(node)) != NULL)
		start = Min(start, node->position);
	return start;
}
