/*
 * catalog.c: keeping the session's objects (contract in catalog.h).
 */
#include "planner/catalog.h"

#include "common/suggest.h"

void
catalog_init(Catalog *catalog)
{
	memset(catalog, 0, sizeof *catalog);
	arena_init(&catalog->arena, "catalog");
}

void
catalog_release(Catalog *catalog)
{
	arena_release(&catalog->arena);
	memset(catalog, 0, sizeof *catalog);
}

const char *
catalog_kind_name(ObjectKind kind)
{
	static const char *const names[] = {
		[OBJECT_ANY] = "relation", [OBJECT_STREAM] = "stream", [OBJECT_TABLE] = "table",
		[OBJECT_VIEW] = "view",    [OBJECT_SINK] = "sink",
	};

	return names[kind];
}

static int
find_index(const Catalog *catalog, const char *name)
{
	for (int i = 0; i < catalog->count; i++)
	{
		if (strcmp(catalog->objects[i]->name, name) == 0)
			return i;
	}
	return -1;
}

CatalogObject *
catalog_find(const Catalog *catalog, const char *name)
{
	int index = find_index(catalog, name);

	return index >= 0 ? catalog->objects[index] : NULL;
}

const char *
catalog_plain_name(const QualifiedName *name, Error *err)
{
	const Identifier *last = (const Identifier *)name->parts.items[name->parts.count - 1];
	const Identifier *schema = name->parts.count > 1 ? (const Identifier *)name->parts.items[0] : NULL;

	if (schema == NULL || (name->parts.count == 2 && strcmp(schema->name, "public") == 0))
		return last->name;
	if (name->parts.count > 2)
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, name->node.position,
				  "cross-database references are not implemented");
	else
		error_set(err, SQLSTATE_UNDEFINED_TABLE, name->node.position, "relation \"%s.%s\" does not exist",
				  schema->name, last->name);
	return NULL;
}

static void
suggest_object(const Catalog *catalog, ObjectKind kind, const char *name, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(name));
	const CatalogObject *object;
	int next = 0;

	while ((object = catalog_next(catalog, kind, &next)) != NULL)
		suggest_offer(&near, object->name);
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the %s \"%s\".",
				   catalog_kind_name(catalog_find(catalog, near.best)->kind), near.best);
}

CatalogObject *
catalog_require(const Catalog *catalog, ObjectKind kind, const QualifiedName *qualified, Error *err)
{
	const char *name = catalog_plain_name(qualified, err);
	CatalogObject *object;
	int position;

	if (name == NULL)
		return NULL;
	object = catalog_find(catalog, name);
	position = kind == OBJECT_ANY ? qualified->node.position : NO_POSITION;
	if (object == NULL)
	{
		error_set(err, SQLSTATE_UNDEFINED_TABLE, position, "%s \"%s%s\" does not exist",
				  catalog_kind_name(kind), kind == OBJECT_ANY && qualified->parts.count > 1 ? "public." : "",
				  name);
		suggest_object(catalog, kind, name, err);
		return NULL;
	}
	if (kind != OBJECT_ANY && object->kind != kind)
	{
		error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, position, "\"%s\" is not a %s", name,
				  catalog_kind_name(kind));
		error_hint(err, "It is a %s.", catalog_kind_name(object->kind));
		return NULL;
	}
	return object;
}

CatalogObject *
catalog_next(const Catalog *catalog, ObjectKind kind, int *next)
{
	while (*next < catalog->count)
	{
		CatalogObject *object = catalog->objects[(*next)++];

		if (kind == OBJECT_ANY || object->kind == kind)
			return object;
	}
	return NULL;
}

bool
catalog_may_create(const Catalog *catalog, ObjectKind kind, const QualifiedName *qualified, bool or_replace,
				   bool if_not_exists, Error *err)
{
	const char *name = catalog_plain_name(qualified, err);
	const CatalogObject *object;

	if (name == NULL)
		return false;
	object = catalog_find(catalog, name);
	if (object == NULL)
		return true;
	if (if_not_exists)
		return false;
	if (!or_replace)
		return error_set(err, SQLSTATE_DUPLICATE_TABLE, NO_POSITION, "relation \"%s\" already exists", name);
	if (object->kind != kind)
		return error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, NO_POSITION, "\"%s\" is not a %s", name,
						 catalog_kind_name(kind));
	return true;
}

void
catalog_put(Catalog *catalog, CatalogObject *object)
{
	int index = find_index(catalog, object->name);

	if (index >= 0)
	{
		catalog->objects[index] = object;
		return;
	}
	arena_grow(&catalog->arena, &catalog->objects, &catalog->capacity, catalog->count,
			   sizeof *catalog->objects);
	catalog->objects[catalog->count++] = object;
}

static bool
reads(const CatalogObject *object, const char *name)
{
	for (int i = 0; i < object->reference_count; i++)
	{
		if (strcmp(object->references[i], name) == 0)
			return true;
	}
	return false;
}

CatalogObject *
catalog_next_user(const Catalog *catalog, const char *name, int *next)
{
	while (*next < catalog->count)
	{
		CatalogObject *object = catalog->objects[(*next)++];

		if (reads(object, name))
			return object;
	}
	return NULL;
}

void
catalog_remove(Catalog *catalog, const char *name)
{
	int index = find_index(catalog, name);

	assert(index >= 0);
	memmove(&catalog->objects[index], &catalog->objects[index + 1],
			sizeof *catalog->objects * (size_t)(catalog->count - index - 1));
	catalog->count--;
}
