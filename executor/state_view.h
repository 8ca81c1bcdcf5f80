/*
 * state_view.h: looking at the state of a job, running or not, without touching it.
 *
 * The idea: manifests and markers never change once they are there, so whoever lists and reads them sees what
 * was true at some moment; no lock is taken and nothing is claimed or made, so a job that runs does not
 * notice. What is listed may be removed before it is read: packs at the next commit, manifests after 30 days;
 * then one looks again.
 */
#ifndef WEIR_EXECUTOR_STATE_VIEW_H
#define WEIR_EXECUTOR_STATE_VIEW_H

#include "executor/chain.h"
#include "executor/file_list.h"
#include "executor/identity.h"
#include "executor/load_markers.h"

typedef struct StateLook
{
	const StoreSet *stores;
	const Clock *clock;
	Random *random;
	const atomic_bool *stop; /* may be NULL */
	const char *state_location;
	const char *job_name;
} StateLook;

typedef struct ViewedManifest
{
	uint64_t seq;
	bool there;  /* the manifest itself; a marker may be left of one that is not */
	bool loaded; /* what became of the objects that the job loads is known */
	bool marked; /* its objects are all out */
} ViewedManifest;

/* Invariant: manifests ascend by seq and belong to the job's present life. */
typedef struct StateView
{
	ObjectStore *state;
	ManifestChain chain; /* of the shard, for reading only */
	JobIdentity identity;
	int shard;
	Arena arena;
	size_t count;
	size_t capacity;
	ViewedManifest *manifests;
} StateView;

/* Opens the state and lists its first shard. False: UNDEFINED_OBJECT when there is no state under that name.
 * To be closed also then. */
extern bool state_view_open(const StateLook *look, StateView *out, Error *err) WARN_UNUSED;
extern void state_view_close(StateView *view);
/* Lists the manifests of a shard, anew if need be. */
extern bool state_view_list(StateView *view, int shard, Error *err) WARN_UNUSED;

/* Reads a manifest that was listed. */
extern bool state_view_manifest(StateView *view, uint64_t seq, Arena *arena, Manifest *out,
								char sha256[HEX_SHA256], Error *err) WARN_UNUSED;
/* Whether clean-up has removed a manifest since it was listed: all before it are gone, too. */
extern bool state_view_is_trimmed(StateView *view, uint64_t seq, bool *trimmed, Error *err) WARN_UNUSED;
/* What is done with a manifest; false ends the visit. */
typedef bool (*ManifestVisitor)(void *context, const Manifest *manifest, Error *err);

/* Visits the manifests of the shard that was listed, the oldest first; the arena is emptied before each. One
 * that clean-up has removed since is left out. */
extern bool state_view_visit(StateView *view, Arena *arena, ManifestVisitor visit, void *context,
							 Error *err) WARN_UNUSED;
/* The newest manifest of the shard that was listed. False: UNDEFINED_OBJECT when there is none. */
extern bool state_view_newest(StateView *view, Arena *arena, Manifest *out, Error *err) WARN_UNUSED;
/*
 * The objects of a manifest's epoch: from its marker, or from its pack while they are not all out.
 * *published: which of the two. None, whatever manifest->file_count says, when an earlier version has
 * published them and the pack is gone: it kept no list. False: DATA_CORRUPTED when the list is gone or is not
 * the one that the manifest knows.
 */
extern bool state_view_files(StateView *view, const Manifest *manifest, Arena *arena, PackFile **files,
							 size_t *count, bool *published, Error *err) WARN_UNUSED;

/* What became of the objects of a manifest's epoch that the job itself loads; none while that is not known of
 * all. False: DATA_CORRUPTED, … */
extern bool state_view_loads(StateView *view, uint64_t seq, Arena *arena, LoadRecord **records, size_t *count,
							 Error *err) WARN_UNUSED;

/* The partition that holds the watermark of a stream: the one least far of those that are not idle; -1 =
 * none. */
extern int32_t state_view_holder(const ManifestScan *scan);

#endif
