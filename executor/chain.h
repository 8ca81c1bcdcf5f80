/*
 * chain.h: the commit log: manifests m/0000000000000001.json, …, each naming the sha256 of the one before.
 *
 * The idea: whoever creates the next name is the writer; creating is refused when the name exists, so at most
 * one process can append to a given link, and a process that was overtaken finds out at its next append:
 * FENCED. No clock and no lease decides. The newest manifest is found by listing.
 */
#ifndef WEIR_EXECUTOR_CHAIN_H
#define WEIR_EXECUTOR_CHAIN_H

#include "executor/manifest.h"
#include "executor/pack.h"
#include "executor/store.h"

enum
{
	CHAIN_KEEP_LINKS = 20 /* the newest ones, which are kept whatever their age */
};

typedef struct ManifestChain
{
	ObjectStore *store;
	const Clock *clock;
	Random *random;
	FailurePoints *failure_points;
	const char *folder; /* "s0/": keys of this shard begin with it */
	char job_uuid[HEX_UUID];
	char writer[HEX_UUID];   /* of this process */
	uint64_t after;          /* manifests up to this number are of the job's life before (identity.h) */
	uint64_t seq;            /* of the newest manifest; after = there is none */
	char sha256[HEX_SHA256]; /* of its bytes; of job.json when there is none */
	int64_t proved_at;       /* monotonic: when it was last seen to be the newest */
	int64_t proved_wall;     /* the same by the wall clock, which goes on while the machine sleeps */
} ManifestChain;

/* Finds the newest manifest and reads it: newest->seq == 0 when there is none. Checks the links back to what
 * it says is published. */
extern bool chain_find(ManifestChain *chain, Arena *arena, Manifest *newest, Error *err) WARN_UNUSED;
/* Reads one manifest; its bytes' sha256 too. */
extern bool chain_read(ManifestChain *chain, uint64_t seq, Arena *arena, Manifest *out,
					   char sha256[HEX_SHA256], Error *err) WARN_UNUSED;
/* Reads the footer that a manifest leads to; it must have one. False: DATA_CORRUPTED, or as reading fails. */
extern bool chain_read_footer(ManifestChain *chain, const Manifest *manifest, Arena *arena, PackFooter *out,
							  Error *err) WARN_UNUSED;
/*
 * Makes the next link: fills seq, previous, writer, nonce and clock of the manifest and creates it. point is
 * the step's failure point. False with FENCED: another writer made that link.
 */
extern bool chain_append(ManifestChain *chain, Manifest *manifest, FailurePoint point,
						 Error *err) WARN_UNUSED;
/* What failed with DATA_CORRUPTED or IO_ERROR may have needed what a newer writer has cleaned up: then err
 * becomes FENCED, which is the truth of it. */
extern void chain_explain(ManifestChain *chain, Error *err);
/* Lists again when the last proof of being the newest is too old: FENCED when it no longer is. */
extern bool chain_prove(ManifestChain *chain, Error *err) WARN_UNUSED;

/* Sets FENCED; always false. */
extern bool chain_fenced(const ManifestChain *chain, Error *err);

/* The marker of a manifest whose objects are all out, and the list of them (file_list.h). */
extern bool chain_mark(ManifestChain *chain, uint64_t seq, StrView files, Error *err) WARN_UNUSED;
extern bool chain_is_marked(ManifestChain *chain, uint64_t seq, bool *marked, Error *err) WARN_UNUSED;
/*
 * The objects of a manifest by its marker. *found: there is one. None, whatever manifest->file_count says,
 * when an earlier version has made it: it kept no list. False: DATA_CORRUPTED when it is not the list that
 * the manifest knows.
 */
extern bool chain_read_list(ManifestChain *chain, const Manifest *manifest, Arena *arena, PackFile **files,
							size_t *count, bool *found, Error *err) WARN_UNUSED;
/* The marker of a manifest whose objects are loaded, or never will be (load_list.h). Whoever comes second
 * leaves the first one; *clash: it is there, and says something else. */
extern bool chain_mark_loaded(ManifestChain *chain, uint64_t seq, StrView list, bool *clash,
							  Error *err) WARN_UNUSED;
/* Removes manifests and markers that are older than 30 days and not needed by recovery, all of which are
 * numbered from needed on. */
extern bool chain_trim(ManifestChain *chain, uint64_t needed, Error *err) WARN_UNUSED;

/* A random (version 4) uuid. */
extern void chain_uuid(Random *random, char out[HEX_UUID]);
/* Key of a manifest (".json") or of its marker (".published", ".loaded"); heap text. */
extern char *chain_manifest_key(const ManifestChain *chain, uint64_t seq, const char *suffix);
/* Key of a pack of the next link: unique to this attempt; heap text. */
extern char *chain_pack_key(ManifestChain *chain);
/* The seq that a key "…/<16 digits>…" begins its last component with; 0 when it does not. */
extern uint64_t chain_key_seq(const char *key);
/* Whether a key ends so. */
extern bool chain_key_is(const char *key, const char *suffix);

#endif
