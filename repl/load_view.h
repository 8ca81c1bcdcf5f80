/*
 * load_view.h: what became of the objects that the session's job loads by itself, for SHOW.
 *
 * The idea: the loaded markers of the state say what became of an object, for as long as they are kept, and
 * the newest manifest how many objects of all epochs up to its loaded_upto; what has no marker is pending if
 * it is of an epoch that owes something, and a table of the session's sinks takes it.
 */
#ifndef WEIR_REPL_LOAD_VIEW_H
#define WEIR_REPL_LOAD_VIEW_H

#include "connectors/snowflake_load.h"
#include "executor/state_view.h"
#include "repl/session.h"

typedef struct LoadView
{
	Arena arena;
	SnowflakeLoads loads; /* none when the session's sinks can't be planned */
	bool by_job;          /* the job loads one of them */
	Arena shard_arena;
	uint64_t loaded_upto; /* of the shard at hand */
	int sink_count;       /* that its newest manifest knows */
	const ManifestSink *sinks;
	int total_count; /* of tables, in epochs up to there */
	const ManifestLoad *totals;
	size_t count; /* of the manifest at hand */
	LoadRecord *records;
} LoadView;

/* To be closed. */
extern void load_view_open(const Session *session, LoadView *out);
extern void load_view_close(LoadView *view);
/* Turns to the shard that was listed. */
extern bool load_view_take_shard(LoadView *view, StateView *state, Error *err) WARN_UNUSED;
/* Turns to one of its manifests; the arena must live as long as it is asked about. */
extern bool load_view_take_manifest(LoadView *view, StateView *state, uint64_t seq, Arena *arena,
									Error *err) WARN_UNUSED;
/* "loaded", "pending", …; NULL: the job does not load it. */
extern const char *load_view_status(const LoadView *view, uint64_t seq, const PackFile *file);

#endif
