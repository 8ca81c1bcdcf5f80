/*
 * show.h: what SHOW, DESCRIBE and the \d family print, as Results.
 */
#ifndef WEIR_REPL_SHOW_H
#define WEIR_REPL_SHOW_H

#include "repl/session.h"

/* False: err is set, and the result is empty. */
typedef bool (*ShowCallback)(const Session *session, Result *result, Error *err);

#define SHOW(name, callback, help) extern bool callback(const Session *session, Result *result, Error *err);
#include "repl/show_list.h"
#undef SHOW

/* By name of show_list.h; NULL if there is none. */
extern ShowCallback show_find(const char *name);
/* The i-th name; NULL behind the last. */
extern const char *show_name(size_t i);
/* What there is to show, one line each. */
extern void show_print_help(FILE *out);

/* \d without a name, \dt, \dv: what was declared. */
extern void show_relations(const Session *session, ObjectKind kind, Result *result);
/* The CREATE statement of an object in canonical form, with the columns that ALTER added. */
extern const char *show_definition(const CatalogObject *object, Arena *arena);
/* The columns of a stream, table, view or sink. False: it is a sink that can't be planned any more. */
extern bool show_columns(const Session *session, const CatalogObject *object, Result *result, Error *err);

#endif
