/*
 * load_list.h: what became of the objects of an epoch, as text: what the marker of a loaded manifest holds.
 *
 * The idea: once the outcome of every object that was to be loaded is known, it is written down, one JSON
 * line for each object and table, and never changes: nobody has to ask the warehouse again, which forgets.
 */
#ifndef WEIR_EXECUTOR_LOAD_LIST_H
#define WEIR_EXECUTOR_LOAD_LIST_H

#include "executor/loader.h"

typedef struct LoadRecord
{
	const char *table;
	OutputKind kind;
	const char *name; /* of the sink or stream */
	const char *location;
	const char *key;
	LoadStatus status; /* a final one */
	uint64_t rows;     /* of the object */
	uint64_t loaded;   /* rows */
	const char *error; /* NULL = none */
} LoadRecord;

/* "waiting", "submitted", "loaded", "partly", "failed", "unknown" */
extern const char *load_status_name(LoadStatus status);

extern void load_list_print(const LoadRecord *records, size_t count, StrBuf *out);
/* Everything is in the arena. False: DATA_CORRUPTED. name is for messages. */
extern bool load_list_parse(StrView text, const char *name, Arena *arena, LoadRecord **out, size_t *count,
							Error *err) WARN_UNUSED;

#endif
