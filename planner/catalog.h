/*
 * catalog.h: the session's streams, tables, views and sinks.
 *
 * The idea: one list of objects in order of creation; all four kinds share one name space, as relations do.
 * An object, once added, does not change: OR REPLACE puts a new one in its place, so that plans made before
 * keep theirs. All memory is in the catalog's arena, which lives as long as the session. What a definition
 * means is checked by define.c; here is only the keeping.
 */
#ifndef WEIR_PLANNER_CATALOG_H
#define WEIR_PLANNER_CATALOG_H

#include "common/error.h"
#include "parser/tree.h"
#include "planner/plan.h"

/* A view; query lives in the catalog's arena and its positions refer to nothing the user sees. */
typedef struct ViewDef
{
	const char *name;
	const SelectStatement *query;
	uint32_t column_count;
	ResultColumn *columns;
	const char *sql; /* the CREATE statement as it was written */

} ViewDef;

/* A sink as declared; it is planned anew with the other sinks of each job. */
typedef struct SinkDef
{
	const char *name;
	const CreateSinkStatement *statement; /* in the catalog's arena */
	const char *sql;
	bool started; /* some job ran it in this session */
} SinkDef;

typedef struct CatalogObject
{
	ObjectKind kind; /* STREAM, TABLE, VIEW or SINK */
	const char *name;
	union
	{
		const StreamDef *stream; /* STREAM and TABLE */
		const ViewDef *view;
		SinkDef *sink;
	};
	const char *const *references; /* names of objects this one reads */
	int reference_count;
} CatalogObject;

typedef struct Catalog
{
	Arena arena;
	CatalogObject **objects;
	int count;
	int capacity;
} Catalog;

extern void catalog_init(Catalog *catalog);
extern void catalog_release(Catalog *catalog);

/* NULL when there is none. */
extern CatalogObject *catalog_find(const Catalog *catalog, const char *name);
/* The same, of that kind only. NULL: 42P01 (with the nearest name) or 42809, PostgreSQL's texts, with a
 * position only for OBJECT_ANY, as PostgreSQL has it. */
extern CatalogObject *catalog_require(const Catalog *catalog, ObjectKind kind, const QualifiedName *name,
									  Error *err);
/* The next object of the kind (OBJECT_ANY: every kind), in order of creation: *next = 0 first; NULL at the
 * end. */
extern CatalogObject *catalog_next(const Catalog *catalog, ObjectKind kind, int *next);

/*
 * What CREATE has to ask first: true when the object is to be created; false with *err unset when IF NOT
 * EXISTS makes it a no-op; false with 42P07 or 42809 otherwise.
 */
extern bool catalog_may_create(const Catalog *catalog, ObjectKind kind, const QualifiedName *name,
							   bool or_replace, bool if_not_exists, Error *err);
/* Adds, or takes the place of the object of that name. */
extern void catalog_put(Catalog *catalog, CatalogObject *object);
/* Some object that reads this one, or NULL; *next as in catalog_next. */
extern CatalogObject *catalog_next_user(const Catalog *catalog, const char *name, int *next);
extern void catalog_remove(Catalog *catalog, const char *name);

/* "stream", "table", "view", "sink". */
extern const char *catalog_kind_name(ObjectKind kind);

/*
 * The name of a relation without its schema, which may only be "public". False: 42P01, or 0A000 for a
 * database other than none.
 */
extern const char *catalog_plain_name(const QualifiedName *name, Error *err);

#endif
