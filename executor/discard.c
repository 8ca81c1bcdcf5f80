/*
 * discard.c: ends a job's life (contract in discard.h).
 */
#include "executor/discard.h"

#include "common/memory.h"
#include "executor/shards.h"

typedef struct Discarding
{
	const StateLook *look;
	StateView view;
	Arena arena;
	size_t store_count; /* one for each shard, as each has a lock of its own */
	ObjectStore **stores;
	uint64_t *after;
} Discarding;

/* Opens the state for a shard, and holds what a process of that shard would hold. */
static bool
hold_shard(Discarding *discard, int shard, Error *err)
{
	const StateLook *look = discard->look;
	StoreOpen open = {.location =
						  arena_printf(&discard->arena, "%s/%s", look->state_location, look->job_name),
					  .owner = look->job_name,
					  .shard = shard,
					  .restricted = true,
					  .clock = look->clock,
					  .random = look->random,
					  .stop = look->stop};
	int shards = discard->view.identity.shards;
	const char *key;
	ObjectStore *store;

	if (!store_open(look->stores, &open, &store, err))
		return false;
	discard->stores[discard->store_count++] = store;
	return store->class->lock == NULL || (shards_lock_key(store, shard, shards, &discard->arena, &key, err) &&
										  store->class->lock(store, key, err));
}

static bool
check_stopped(Discarding *discard, int shard, bool force, StateSummary *summary, Error *err)
{
	return state_summary(&discard->view, shard, &discard->arena, summary, err) &&
		   (force || state_summary_check_stopped(summary, discard->look->job_name, err));
}

/* A link that is no manifest: of a chain that can't be read, nothing may be carried on. */
static bool
append_stop(ManifestChain *chain, uint64_t seq, Error *err)
{
	char *key = chain_manifest_key(chain, seq, ".json");
	PutResult result;
	bool ok = chain->store->class->put_if_absent(chain->store, key, STR_LIT("{\"kind\":\"RESET\"}\n"),
												 &result, err);

	mem_free(key);
	return ok && (result != PUT_CLASH || chain_fenced(chain, err));
}

/* The last link of a shard's old life. */
static bool
fence_shard(Discarding *discard, int shard, StateSummary *summary, Error *err)
{
	StateView *view = &discard->view;
	uint64_t newest =
		view->count > 0 ? view->manifests[view->count - 1].seq : identity_after(&view->identity, shard);
	ManifestChain chain = view->chain;
	Manifest last = {
		.now = INT64_MIN, .settings = "", .tzdata = "", .published_upto = newest, .loaded_upto = newest};

	discard->after[shard] = newest + 1;
	chain.store = discard->stores[shard];
	if (!summary->readable)
		return append_stop(&chain, newest + 1, err);
	chain.failure_points = discard->look->stores->failure_points;
	memcpy(chain.sha256, view->identity.sha256, sizeof chain.sha256);
	if (view->count > 0 && !chain_read(&chain, newest, &discard->arena, &last, chain.sha256, err))
		return false;
	chain.seq = newest;
	chain_uuid(discard->look->random, chain.writer);
	last.kind = MANIFEST_CLOSE;
	last.file_count = 0;
	return chain_append(&chain, &last, FAIL_close_state, err);
}

static bool
begin_anew(Discarding *discard, Error *err)
{
	JobIdentity identity = discard->view.identity;
	ObjectStore *store = discard->stores[0];
	FailurePoints *points = discard->look->stores->failure_points;
	StrBuf text = {0};
	int struck = failure_before(points, FAIL_create_job);
	bool ok;

	chain_uuid(discard->look->random, identity.uuid);
	identity.created = clock_now(discard->look->clock);
	identity.after = discard->after;
	identity.after_count = (size_t)identity.shards;
	identity_print(&identity, &text);
	ok = struck < 0 ? fs_error(err, struck, "replace", IDENTITY_KEY)
					: store->class->put(store, IDENTITY_KEY, str_view(&text), err);
	if (ok && (struck = failure_after(points, FAIL_create_job)) < 0)
		ok = fs_error(err, struck, "replace", IDENTITY_KEY);
	str_free(&text);
	return ok;
}

static bool
discard_all(Discarding *discard, bool force, Error *err)
{
	int shards = discard->view.identity.shards;
	StateSummary *summaries = ARENA_ARRAY_ZERO(&discard->arena, StateSummary, shards);

	discard->stores = ARENA_ARRAY_ZERO(&discard->arena, ObjectStore *, shards);
	discard->after = ARENA_ARRAY_ZERO(&discard->arena, uint64_t, shards);
	for (int k = 0; k < shards; k++)
		if (!hold_shard(discard, k, err) || !check_stopped(discard, k, force, &summaries[k], err))
			return false;
	for (int k = 0; k < shards; k++)
		if (!state_view_list(&discard->view, k, err) || !fence_shard(discard, k, &summaries[k], err))
			return false;
	return begin_anew(discard, err);
}

bool
job_discard(const StateLook *look, bool force, Error *err)
{
	Discarding discard = {.look = look};
	bool ok;

	arena_init(&discard.arena, "discard");
	ok = state_view_open(look, &discard.view, err) && discard_all(&discard, force, err);
	for (size_t i = 0; i < discard.store_count; i++)
		store_close(discard.stores[i]);
	state_view_close(&discard.view);
	arena_release(&discard.arena);
	return ok;
}
