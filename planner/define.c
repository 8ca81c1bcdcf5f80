/*
 * define.c: CREATE, DROP and ALTER (contract in define.h).
 */
#include "planner/define.h"

#include <stdio.h>

#include "parser/parse.h"
#include "planner/analyze.h"
#include "planner/define_relation.h"
#include "planner/finish.h"
#include "planner/plan_job.h"
#include "planner/types.h"

/* A statement in the catalog's arena, and what definitions made there are planned with. */
typedef struct Definition
{
	PlanContext context;
	const SyntaxNode *tree;
	const char *sql;
} Definition;

/* Parses the statement again, into the arena that it will live in. */
static bool
begin(const PlanContext *context, const SyntaxNode *statement, Definition *definition, Error *err)
{
	Arena *arena = &context->catalog->arena;
	StatementList list;

	definition->context = *context;
	definition->context.arena = arena;
	if (!parse_statements(context->source, arena, &list, err))
		return false;
	for (int i = 0; i < list.count; i++)
	{
		const Statement *item = &list.items[i];

		if (item->tree->kind != statement->kind || item->tree->position != statement->position)
			continue;
		definition->tree = item->tree;
		definition->sql =
			arena_strndup(arena, context->source.data + item->start, (size_t)(item->end - item->start));
		return true;
	}
	return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION, "statement is not in its source text");
}

/* ---- what a query reads ---- */

/* A WITH query that is visible where the search is; its name hides relations of that name. */
typedef struct WithName
{
	const char *name;
	const struct WithName *next;
} WithName;

typedef struct References
{
	Arena *arena;
	const char **names;
	int count;
	int capacity;
	const WithName *with;
} References;

static bool
is_with_query(const References *references, const QualifiedName *name)
{
	for (const WithName *with = references->with; with != NULL; with = with->next)
	{
		if (name->parts.count == 1 && strcmp(with->name, tree_last_name(&name->parts)) == 0)
			return true;
	}
	return false;
}

static void
add_reference(References *references, const QualifiedName *name)
{
	if (is_with_query(references, name))
		return;
	arena_grow(references->arena, &references->names, &references->capacity, references->count,
			   sizeof *references->names);
	references->names[references->count++] = tree_last_name(&name->parts);
}

/* A WITH query is visible behind its own text, up to the end of the SELECT that it belongs to. */
static bool
collect(SyntaxNode *node, void *context)
{
	References *references = context;
	const WithName *outer = references->with;

	if (node->kind == SYNTAX_RELATION)
		add_reference(references, ((const Relation *)node)->name);
	(void)tree_visit_children(node, collect, references);
	if (node->kind == SYNTAX_CTE)
	{
		WithName *with = ARENA_NEW(references->arena, WithName);

		*with = (WithName){((const CommonTableExpr *)node)->name, outer};
		references->with = with;
	}
	else
		references->with = outer;
	return true;
}

/* The object reads a relation of that name, itself or through the views that it reads. */
static bool
depends_on(const Catalog *catalog, const CatalogObject *object, const char *name)
{
	for (int i = 0; i < object->reference_count; i++)
	{
		const CatalogObject *read = catalog_find(catalog, object->references[i]);

		if (strcmp(object->references[i], name) == 0 || (read != NULL && depends_on(catalog, read, name)))
			return true;
	}
	return false;
}

static CatalogObject *
new_object(Catalog *catalog, ObjectKind kind, const char *name, const SyntaxNode *tree)
{
	CatalogObject *object = ARENA_NEW(&catalog->arena, CatalogObject);
	References references = {.arena = &catalog->arena};

	object->kind = kind;
	object->name = name;
	if (tree != NULL)
		tree_visit_children(tree, collect, &references);
	object->references = references.names;
	object->reference_count = references.count;
	return object;
}

/* True when the object is to be made; otherwise *result is what the definition returns. */
static bool
may_create(const PlanContext *context, ObjectKind kind, const QualifiedName *name, bool or_replace,
		   bool if_not_exists, bool *result, Error *err)
{
	if (catalog_may_create(context->catalog, kind, name, or_replace, if_not_exists, err))
		return true;
	*result = !err->set;
	if (*result)
		plan_notice(context, "NOTICE", SQLSTATE_DUPLICATE_TABLE, NO_POSITION,
					"relation \"%s\" already exists, skipping", tree_last_name(&name->parts));
	return false;
}

/* ---- CREATE ---- */

bool
define_relation(const PlanContext *context, const CreateRelationStatement *given, Error *err)
{
	ObjectKind kind = given->node.kind == SYNTAX_CREATE_TABLE ? OBJECT_TABLE : OBJECT_STREAM;
	Definition definition;
	StreamDef *def;
	CatalogObject *object;
	bool result;

	if (!may_create(context, kind, given->name, given->or_replace, given->if_not_exists, &result, err))
		return result;
	if (!begin(context, &given->node, &definition, err))
		return false;
	def = ARENA_NEW(&context->catalog->arena, StreamDef);
	def->sql = definition.sql;
	if (!define_make_relation(&definition.context, (const CreateRelationStatement *)definition.tree, def,
							  err))
		return false;
	object = new_object(context->catalog, kind, def->name, NULL);
	object->stream = def;
	catalog_put(context->catalog, object);
	return true;
}

static bool
name_view_columns(const CreateViewStatement *statement, Projection *projection, Error *err)
{
	if (statement->columns.count > projection->count)
		return error_set(err, SQLSTATE_SYNTAX_ERROR, NO_POSITION,
						 "CREATE VIEW specifies more column names than columns");
	for (int i = 0; i < statement->columns.count; i++)
		projection->names[i] = ((const Identifier *)statement->columns.items[i])->name;
	for (int i = 0; i < projection->count; i++)
	{
		for (int k = 0; k < i; k++)
		{
			if (strcmp(projection->names[i], projection->names[k]) == 0)
				return error_set(err, SQLSTATE_DUPLICATE_COLUMN, NO_POSITION,
								 "column \"%s\" specified more than once", projection->names[i]);
		}
	}
	return true;
}

bool
define_view(const PlanContext *context, const CreateViewStatement *given, Error *err)
{
	Definition definition;
	const CreateViewStatement *statement;
	Projection projection;
	ViewDef *view;
	CatalogObject *object;
	bool result;

	if (!may_create(context, OBJECT_VIEW, given->name, given->or_replace, given->if_not_exists, &result, err))
		return result;
	if (!begin(context, &given->node, &definition, err))
		return false;
	statement = (const CreateViewStatement *)definition.tree;
	if (!analyze_query(&definition.context, statement->query, NULL, false, &projection, err) ||
		!name_view_columns(statement, &projection, err))
		return false;
	view = ARENA_NEW(&context->catalog->arena, ViewDef);
	view->name = tree_last_name(&statement->name->parts);
	view->query = statement->query;
	view->sql = definition.sql;
	view->column_count = (uint32_t)projection.count;
	view->columns = ARENA_ARRAY(&context->catalog->arena, ResultColumn, projection.count);
	for (int i = 0; i < projection.count; i++)
		view->columns[i] = (ResultColumn){projection.names[i], projection.exprs[i]->type};
	object = new_object(context->catalog, OBJECT_VIEW, view->name, &statement->query->node);
	object->view = view;
	if (depends_on(context->catalog, object, view->name))
		return error_set(err, SQLSTATE_INVALID_OBJECT_DEFINITION, NO_POSITION, "view \"%s\" refers to itself",
						 view->name);
	catalog_put(context->catalog, object);
	return true;
}

/* A new sink's place must be free of the places of those that are there. */
static bool
check_with_others(const PlanContext *context, const SinkDef *sink, int position, Error *err)
{
	Catalog *catalog = context->catalog;
	const SinkDef **sinks = ARENA_ARRAY(context->arena, const SinkDef *, catalog->count + 1);
	const CatalogObject *object;
	JobPlan *job;
	int count = 0;
	int next = 0;

	while ((object = catalog_next(catalog, OBJECT_SINK, &next)) != NULL)
	{
		if (strcmp(object->name, sink->name) != 0)
			sinks[count++] = object->sink;
	}
	sinks[count++] = sink;
	if (plan_job(context, sinks, count, &job, err))
		return true;
	err->position = position;
	return false;
}

bool
define_sink(const PlanContext *context, const CreateSinkStatement *given, Error *err)
{
	Definition definition;
	const CreateSinkStatement *statement;
	SinkDef *sink;
	CatalogObject *object;
	JobPlan *job;
	bool result;

	if (!may_create(context, OBJECT_SINK, given->name, given->or_replace, given->if_not_exists, &result, err))
		return result;
	if (!plan_sink_statement(context, given, &job, err) || !begin(context, &given->node, &definition, err))
		return false;
	statement = (const CreateSinkStatement *)definition.tree;
	sink = ARENA_NEW(&context->catalog->arena, SinkDef);
	sink->name = tree_last_name(&statement->name->parts);
	sink->statement = statement;
	sink->sql = definition.sql;
	if (!check_with_others(context, sink, job->sinks[0]->options.items[0].position, err))
		return false;
	object = new_object(context->catalog, OBJECT_SINK, sink->name, definition.tree);
	if (statement->from != NULL)
	{
		const char **names = ARENA_ARRAY(&context->catalog->arena, const char *, 1);

		names[0] = tree_last_name(&statement->from->parts);
		object->references = names;
		object->reference_count = 1;
	}
	object->sink = sink;
	catalog_put(context->catalog, object);
	return true;
}

/* ---- DROP ---- */

static bool
refuse_drop(const CatalogObject *object, const CatalogObject *user, Error *err)
{
	const char *kind = catalog_kind_name(object->kind);

	error_set(err, SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST, NO_POSITION,
			  "cannot drop %s %s because other objects depend on it", kind, object->name);
	error_detail(err, "%s %s depends on %s %s", catalog_kind_name(user->kind), user->name, kind,
				 object->name);
	return error_hint(err, "Use DROP ... CASCADE to drop the dependent objects too.");
}

/* Drops all that reads the object, and says so in list, a line for each. */
static int
drop_users(const PlanContext *context, const CatalogObject *object, StrBuf *list)
{
	const CatalogObject *user;
	int next = 0, count = 0;

	while ((user = catalog_next_user(context->catalog, object->name, &next)) != NULL)
	{
		str_appendf(list, "%sdrop cascades to %s %s", list->len > 0 ? "\n" : "",
					catalog_kind_name(user->kind), user->name);
		count += 1 + drop_users(context, user, list);
		catalog_remove(context->catalog, user->name);
		next = 0;
	}
	return count;
}

static void
drop_cascade(const PlanContext *context, const CatalogObject *object)
{
	StrBuf list = {0};
	Error what = {0};
	int count = drop_users(context, object, &list);

	if (count == 1)
		error_set(&what, SQLSTATE_SUCCESSFUL_COMPLETION, NO_POSITION, "%s", str_cstr(&list));
	else
	{
		error_set(&what, SQLSTATE_SUCCESSFUL_COMPLETION, NO_POSITION, "drop cascades to %d other objects",
				  count);
		error_detail(&what, "%s", str_cstr(&list));
	}
	if (count > 0 && context->notice != NULL)
		context->notice(context, "NOTICE", &what);
	error_clear(&what);
	str_free(&list);
}

/* Some object that reads this one and is not dropped with it by name; NULL: there is none. */
static const CatalogObject *
find_other_user(const PlanContext *context, const DropStatement *statement, const CatalogObject *object)
{
	const CatalogObject *user;
	int next = 0;

	while ((user = catalog_next_user(context->catalog, object->name, &next)) != NULL)
	{
		bool listed = false;

		for (int i = 0; i < statement->names.count; i++)
			listed = listed ||
					 strcmp(user->name,
							tree_last_name(&((const QualifiedName *)statement->names.items[i])->parts)) == 0;
		if (!listed)
			return user;
	}
	return NULL;
}

static bool
check_drop(const PlanContext *context, const DropStatement *statement, const QualifiedName *name, Error *err)
{
	const CatalogObject *object = catalog_require(context->catalog, statement->object, name, err);
	const CatalogObject *user;

	if (object == NULL && statement->if_exists && err->state == SQLSTATE_UNDEFINED_TABLE)
	{
		error_clear(err);
		plan_notice(context, "NOTICE", SQLSTATE_SUCCESSFUL_COMPLETION, NO_POSITION,
					"%s \"%s\" does not exist, skipping", catalog_kind_name(statement->object),
					tree_last_name(&name->parts));
		return true;
	}
	if (object == NULL)
		return false;
	user = find_other_user(context, statement, object);
	return user == NULL || statement->behavior == DROP_CASCADE || refuse_drop(object, user, err);
}

/* All of the names or, after an error, none. */
bool
define_drop(const PlanContext *context, const DropStatement *statement, Error *err)
{
	for (int i = 0; i < statement->names.count; i++)
		if (!check_drop(context, statement, (const QualifiedName *)statement->names.items[i], err))
			return false;
	for (int i = 0; i < statement->names.count; i++)
	{
		const char *name = tree_last_name(&((const QualifiedName *)statement->names.items[i])->parts);
		const CatalogObject *object = catalog_find(context->catalog, name);

		if (object == NULL)
			continue;
		if (statement->behavior == DROP_CASCADE)
			drop_cascade(context, object);
		catalog_remove(context->catalog, name);
	}
	return true;
}

/* ---- ALTER ---- */

static bool
has_column(const StreamDef *def, const char *name)
{
	for (uint32_t c = 0; c < def->column_count; c++)
	{
		if (strcmp(def->columns[c].name, name) == 0)
			return true;
	}
	return false;
}

/* A copy of the definition with one column more; plans made before keep the old one. */
static bool
add_column(const Definition *definition, const StreamDef *old, const ColumnDefinition *column,
		   StreamDef **out, Error *err)
{
	Arena *arena = definition->context.arena;
	StreamDef *def = ARENA_NEW(arena, StreamDef);

	*def = *old;
	def->columns = ARENA_ARRAY_ZERO(arena, ColumnDef, old->column_count + 1);
	memcpy(def->columns, old->columns, sizeof *old->columns * old->column_count);
	def->sql = arena_printf(arena, "%s;\n%s", old->sql, definition->sql);
	*out = def;
	return define_make_column(&definition->context, def, column, err) &&
		   define_check_generated(&definition->context, def, old->column_count, column, err) &&
		   define_check_connectors(def, column->node.position, err);
}

bool
define_add_column(const PlanContext *context, const AlterAddColumnStatement *given, Error *err)
{
	CatalogObject *object = catalog_require(context->catalog, given->object, given->name, err);
	CatalogObject *replaced;
	Definition definition;
	StreamDef *def;

	if (object == NULL && given->if_exists && err->state == SQLSTATE_UNDEFINED_TABLE)
	{
		error_clear(err);
		plan_notice(context, "NOTICE", SQLSTATE_SUCCESSFUL_COMPLETION, NO_POSITION,
					"relation \"%s\" does not exist, skipping", tree_last_name(&given->name->parts));
		return true;
	}
	if (object == NULL)
		return false;
	if (has_column(object->stream, given->column->name))
	{
		if (!given->if_not_exists)
			return error_set(err, SQLSTATE_DUPLICATE_COLUMN, NO_POSITION,
							 "column \"%s\" of relation \"%s\" already exists", given->column->name,
							 object->name);
		plan_notice(context, "NOTICE", SQLSTATE_DUPLICATE_COLUMN, NO_POSITION,
					"column \"%s\" of relation \"%s\" already exists, skipping", given->column->name,
					object->name);
		return true;
	}
	if (!begin(context, &given->node, &definition, err) ||
		!add_column(&definition, object->stream, ((const AlterAddColumnStatement *)definition.tree)->column,
					&def, err))
		return false;
	replaced = ARENA_NEW(&context->catalog->arena, CatalogObject);
	*replaced = *object;
	replaced->stream = def;
	catalog_put(context->catalog, replaced);
	return true;
}
