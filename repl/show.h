/*
 * show.h: what SHOW, DESCRIBE and the \d family print, as Results.
 */
#ifndef WEIR_REPL_SHOW_H
#define WEIR_REPL_SHOW_H

#include "repl/session.h"

typedef void (*ShowCallback)(const Session *session, Result *result);

/* By name of show_list.h; NULL if there is none. */
extern ShowCallback show_find(const char *name);

/* \d without a name: everything that was declared. */
extern void show_relations(const Session *session, Result *result);
/* The columns of a stream, table, view or sink. */
extern void show_columns(const Session *session, const CatalogObject *object, Result *result);

#endif
