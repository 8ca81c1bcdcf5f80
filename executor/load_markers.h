/*
 * load_markers.h: what the markers of a state say of loading: which epochs owe something, and what became of
 * the objects of those that do not.
 */
#ifndef WEIR_EXECUTOR_LOAD_MARKERS_H
#define WEIR_EXECUTOR_LOAD_MARKERS_H

#include "executor/chain.h"
#include "executor/load_list.h"

/* Numbers, ascending; items are on the heap. */
typedef struct LoadSeqs
{
	uint64_t *items;
	size_t count, capacity;
} LoadSeqs;

/* Objects of a table whose outcome is known. */
typedef struct LoadTotals
{
	uint64_t loaded;
	uint64_t failed; /* partly, failed or unknown */
} LoadTotals;

static inline void
load_totals_count(LoadTotals *totals, LoadStatus status)
{
	totals->loaded += status == LOAD_LOADED;
	totals->failed += status != LOAD_LOADED;
}

static inline void
load_totals_add(LoadTotals *to, const LoadTotals *from, int count)
{
	for (int i = 0; i < count; i++)
	{
		to[i].loaded += from[i].loaded;
		to[i].failed += from[i].failed;
	}
}

/* Those of each target; made, with zeros, when there are none. On the heap. */
extern LoadTotals *load_totals_need(const Loader *loader, LoadTotals **totals);

/* Epochs behind after and up to upto whose objects are out: those without a loaded marker, and those with
 * one, unless settled is NULL. To be freed also after an error. */
extern bool load_markers_list(const ManifestChain *chain, uint64_t after, uint64_t upto, LoadSeqs *owing,
							  LoadSeqs *settled, Error *err) WARN_UNUSED;
/* What the loaded marker of an epoch says; nothing if there is none. False: DATA_CORRUPTED, … */
extern bool load_markers_read(const ManifestChain *chain, uint64_t seq, Arena *arena, LoadRecord **records,
							  size_t *count, Error *err) WARN_UNUSED;
/* What was read is damaged, or of a later version: reading it again does not help. */
extern bool load_markers_damaged(const Error *err);

typedef struct MarkerReader
{
	const ManifestChain *chain;
	const Loader *loader;
	void (*damaged)(void *context, Error *err); /* a marker that is says nothing; clears err */
	void *context;
} MarkerReader;

/* Adds what the marker of an epoch says of the targets' tables to their totals. */
extern bool load_markers_count(const MarkerReader *reader, uint64_t seq, LoadTotals *totals,
							   Error *err) WARN_UNUSED;

/* What earlier processes have left. */
typedef struct EarlierLoads
{
	LoadSeqs owing;
	LoadTotals **totals; /* of what is settled ahead of each that owes, and behind the last; NULL = nothing */
} EarlierLoads;

/* Behind after and up to upto. The loader's stop ends it: QUERY_CANCELED. To be freed in any case. */
extern bool earlier_loads_read(const MarkerReader *reader, uint64_t after, uint64_t upto, EarlierLoads *out,
							   Error *err) WARN_UNUSED;
extern void earlier_loads_free(EarlierLoads *earlier);

#endif
