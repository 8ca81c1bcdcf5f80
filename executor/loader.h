/*
 * loader.h: what brings objects that are out into the tables of a warehouse, and knows what became of them.
 *
 * The idea: the executor knows which objects are out and remembers which of them are loaded (loads.h); a
 * Loader (connectors/) knows whom to tell of an object and whom to ask. Telling may be repeated at any time,
 * by any process: the warehouse knows an object by its name, which never changes bytes, and loads it once.
 * How long it remembers names is the loader's to know: an object whose name it may have forgotten is not told
 * of again, but becomes LOAD_UNKNOWN.
 *
 * Threads: one, the one that loads (loads.h), calls begin() and work(); revise() is called before it begins;
 * takes() is called by any at any time after that; any may set stop, and then work() is called no more.
 */
#ifndef WEIR_EXECUTOR_LOADER_H
#define WEIR_EXECUTOR_LOADER_H

#include <stdatomic.h>

#include "executor/pack.h"

/* What is known of an object and a table. The last four are final. */
typedef enum LoadStatus
{
	LOAD_WAITING,   /* the warehouse has not been told */
	LOAD_SUBMITTED, /* it has, and there is no outcome yet */
	LOAD_LOADED,    /* all its rows are in the table */
	LOAD_PARTLY,    /* some rows are, others were refused */
	LOAD_FAILED,    /* no row is */
	LOAD_UNKNOWN    /* whether it was loaded can't be known any more, so it must not be told of again */
} LoadStatus;

static inline bool
load_is_final(LoadStatus status)
{
	return status >= LOAD_LOADED;
}

/* A table that the loader loads. Texts are the loader's. */
typedef struct LoadTarget
{
	const char *table; /* as messages show it: "ANALYTICS.PUBLIC.CAMPAIGN_MINUTES" */
	const char *what;  /* "sink x", "sink x, late rows", "sink x, dead letters of stream s" */
	const char *mode;  /* "rest", "copy" */
	const char *sink;  /* whose options name the table */
	OutputKind kind;   /* of the objects that it takes */
	const char *name;  /* of the sink or stream that they are of */
} LoadTarget;

/* An object and a table that takes it. Everything up to earlier is set by the executor. */
typedef struct LoadItem
{
	const PackFile *file; /* its kind, owner, location, key, rows, and the bytes of stored */
	int target;
	uint64_t epoch;
	int64_t committed; /* TIMESTAMPTZ: it was not out before then */
	bool earlier;      /* another process may have told of it */
	LoadStatus status; /* from here on: what the loader sets */
	uint64_t loaded;   /* rows */
	const char
		*error; /* the first one, as the warehouse words it, in the arena given to work(); NULL = none */
	bool tried; /* the loader's own: a telling by this process may have come through */
	int64_t submitted; /* the loader's own: monotonic, when one did last; 0 = none that is known */
	bool asked;        /* the loader's own: earlier is settled */
} LoadItem;

typedef struct Loader Loader;

typedef struct LoaderClass
{
	/* Optional. Before begin(), once per sink of the plan: the revision that it writes
	 * (ManifestSink.revision), which decides what may be loaded how. Not told: 1. */
	void (*revise)(Loader *loader, const char *sink, int revision);
	/* Whether the target takes objects such as this one. */
	bool (*takes)(const Loader *loader, int target, const PackFile *file);
	/*
	 * Looks, once at the start, whether who we are is believed and what loads is there. False: it is not, and
	 * err says what to do; *absent: nobody answered, which may pass.
	 */
	bool (*begin)(Loader *loader, bool *absent, Error *err);
	/*
	 * One round: tells of what waits, asks for what is submitted, and sets what is learned in the items, none
	 * of which is final. Several tables may be among them. False: not all of it could be done; what was
	 * learned until then stands, and the rest is tried in a later round.
	 */
	bool (*work)(Loader *loader, LoadItem *const *items, size_t count, Arena *arena, Error *err);
	void (*close)(Loader *loader);
} LoaderClass;

struct Loader
{
	const LoaderClass *class;
	int target_count;
	const LoadTarget *targets;
	atomic_bool stop; /* a call under way is given up: err is QUERY_CANCELED */
};

#endif
