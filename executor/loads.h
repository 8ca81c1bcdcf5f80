/*
 * loads.h: loading what is out: one thread that brings the objects of published epochs into their tables, by
 * the Loader (loader.h), and notes what became of them, while the job goes on.
 *
 * The idea: an epoch whose objects are out is a number in a queue. The thread reads its list from its marker,
 * asks the Loader in rounds until the outcome of every item is final, and creates the marker
 * m/<seq>.loaded with all outcomes (load_list.h). A manifest's loaded_upto says up to which epoch nothing is
 * owed; the next process begins behind it, leaves out what has the marker, and asks before it tells.
 *
 * This is no part of the commit protocol: no link is made, nothing that a start of the job needs is written
 * or removed, and what is done twice, or by a process that was overtaken, harms nobody, since the warehouse
 * knows objects by their names. Nor does it ever hold up or fail the job: what does not work is told as a
 * warning and tried again for as long as the process lives.
 *
 * What became of the objects of all epochs up to there is summed up for each table, so that nobody has to
 * read the markers of weeks: an epoch's outcomes are added once all before it owe nothing.
 *
 * Memory: 24 bytes for each epoch that waits, and its table's totals if others behind it do not; the objects
 * of some epochs, a few thousand unless one epoch alone has more.
 */
#ifndef WEIR_EXECUTOR_LOADS_H
#define WEIR_EXECUTOR_LOADS_H

#include "executor/load_markers.h"

/* Objects, once for each table that takes them. */
typedef struct LoadCounts
{
	uint64_t pending; /* those of epochs that the thread has not read yet are not counted */
	uint64_t loaded;  /* by this run */
	uint64_t failed;  /* partly, failed or unknown, by this run */
} LoadCounts;

typedef struct LoadsOpen
{
	Loader *loader; /* borrowed */
	int sink_count;
	const char *const *sinks; /* names; borrowed */
	const Clock *clock;
	void (*notice)(void *context, const char *severity, const char *text); /* from any thread */
	void *notice_context;
} LoadsOpen;

typedef struct Loads Loads;

/* Starts the thread, which waits. */
extern bool loads_open(const LoadsOpen *open, Loads **out, Error *err) WARN_UNUSED;
/* Has the Loader look whether loading can work. False: it can't, or *stop became true (QUERY_CANCELED).
 * Nobody there is a warning. */
extern bool loads_begin(Loads *loads, const atomic_bool *stop, Error *err) WARN_UNUSED;
/* Begins with what epochs up to the chain's newest owe that are not loaded by loaded_upto. The chain is
 * copied, its store borrowed. totals: of each target, of epochs up to loaded_upto. */
extern void loads_start(Loads *loads, const ManifestChain *chain, uint64_t loaded_upto,
						const LoadTotals *totals);
extern bool loads_are_started(const Loads *loads);
/* An epoch is out: later than all before. */
extern void loads_add(Loads *loads, uint64_t seq, const PackFile *files, size_t count);

/* Every epoch up to here that loads knows of owes nothing; UINT64_MAX: none does. */
extern uint64_t loads_upto(Loads *loads);
/* The same, and the totals of each target of epochs up to there. */
extern uint64_t loads_read_totals(Loads *loads, LoadTotals *totals);
/* Of each sink, and of all together, the dead letters of streams among them. */
extern void loads_counts(Loads *loads, LoadCounts *sinks, LoadCounts *all);
/* Waits at most timeout microseconds; true when nothing is owed, or the state can't be read or written and
 * there is nothing else to wait for. */
extern bool loads_wait(Loads *loads, int64_t timeout);
/* Ends the thread: after one more round when there is time for it, which tells of all that waits; else at
 * once. */
extern void loads_finish(Loads *loads, int64_t timeout);
/* The first object that was not loaded, and why; NULL = all were. Valid until close; after finish only. */
extern const char *loads_failure(const Loads *loads);
/* Why something could not be read or noted in the state, the last time; NULL = all could. Likewise. */
extern const char *loads_trouble(const Loads *loads);
/* Ends the thread at once. NULL is allowed. */
extern void loads_close(Loads *loads);

#endif
