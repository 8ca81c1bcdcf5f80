/*
 * verify.c: goes through the manifests of a job (contract in verify.h).
 */
#include "executor/verify.h"

#include "common/memory.h"
#include "executor/output_path.h"
#include "executor/verify_run.h"

const char *
verify_class_name(VerifyClass class)
{
	static const char *const names[] = {[VERIFY_MISSING] = "missing",
										[VERIFY_DIFFERENT] = "different",
										[VERIFY_EXTRA] = "extra",
										[VERIFY_BROKEN] = "broken"};

	return names[class];
}

void
verify_found(Verify *verify, VerifyClass class, const Finding *finding)
{
	Finding copy = *finding;

	copy.class = class;
	verify->totals->found[class]++;
	verify->open->found(verify->open->context, &copy);
}

bool
verify_go_on(const Verify *verify, Error *err)
{
	const atomic_bool *stop = verify->open->look.stop;

	return stop == NULL || !atomic_load(stop) ||
		   error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the verification was stopped before its end");
}

static bool
ask_go_on(const void *context, Error *err)
{
	return verify_go_on(context, err);
}

bool
verify_hash(const Verify *verify, ObjectStore *store, const StoredBytes *stored, uint8_t sha256[32],
			bool *found, Error *err)
{
	return store_hash(store, stored, &(StoreGoOn){verify, ask_go_on}, sha256, found, err);
}

const char *
verify_object(Verify *verify, const char *location, const char *key)
{
	const char *root = location[0] != '\0' ? location : verify->view.state->location;
	size_t len = strlen(root);

	return arena_printf(&verify->epoch, "%s%s%s", root, len > 0 && root[len - 1] == '/' ? "" : "/", key);
}

/* ---- one manifest ---- */

static const char *
state_object(Verify *verify, uint64_t seq, const char *suffix)
{
	char *key = chain_manifest_key(&verify->view.chain, seq, suffix);
	const char *object = verify_object(verify, "", key);

	mem_free(key);
	return object;
}

/* Nothing is known of the objects of an epoch. */
static void
note_unlisted(Verify *verify, uint64_t seq)
{
	mem_grow(&verify->unlisted, &verify->unlisted_capacity, verify->unlisted_count, sizeof *verify->unlisted);
	verify->unlisted[verify->unlisted_count++] = seq;
}

static void
found_of_manifest(Verify *verify, VerifyClass class, uint64_t seq, const char *detail)
{
	verify_found(verify, class,
				 &(Finding){.epoch = seq,
							.kind = "manifest",
							.object = state_object(verify, seq, ".json"),
							.detail = detail});
}

/* What is wrong with a list of objects, other than that it can't be had: an error of the store goes up. */
static bool
found_no_list(Verify *verify, const Manifest *manifest, bool marked, Error *err)
{
	bool lost = !marked && manifest->seq <= verify->published;

	if (err->state != SQLSTATE_DATA_CORRUPTED)
		return false;
	note_unlisted(verify, manifest->seq);
	verify_found(verify, lost ? VERIFY_MISSING : VERIFY_BROKEN,
				 &(Finding){.epoch = manifest->seq,
							.kind = "marker",
							.object = state_object(verify, manifest->seq, ".published"),
							.detail = lost ? "so the objects of this epoch are not known" : err->message});
	error_clear(err);
	return true;
}

static bool
check_files(Verify *verify, const Manifest *manifest, bool marked, Error *err)
{
	bool must = marked || manifest->seq <= verify->published;
	PackFile *files;
	size_t count;
	bool published;

	if (manifest->file_count == 0)
		return true;
	if (!state_view_files(&verify->view, manifest, &verify->epoch, &files, &count, &published, err))
		return found_no_list(verify, manifest, marked, err);
	if (count == 0)
		note_unlisted(verify, manifest->seq);
	if (must && !published)
		verify_found(verify, VERIFY_MISSING,
					 &(Finding){.epoch = manifest->seq,
								.kind = "marker",
								.object = state_object(verify, manifest->seq, ".published"),
								.detail = "a later manifest says that this epoch is published"});
	for (size_t i = 0; i < count; i++)
		if (!verify_file(verify, manifest, &files[i], must, err))
			return false;
	return published || must || verify->open->quick || verify_stored(verify, manifest, files, count, err);
}

/* Reads a manifest; *there is false when it is not, or can't be believed. */
static bool
read_manifest(Verify *verify, uint64_t seq, Manifest *out, char sha256[HEX_SHA256], bool *there, Error *err)
{
	bool trimmed;

	*there = state_view_manifest(&verify->view, seq, &verify->epoch, out, sha256, err);
	if (*there)
		return true;
	if (err->state != SQLSTATE_DATA_CORRUPTED && err->state != SQLSTATE_INCOMPATIBLE_STATE)
		return false;
	{
		Error why = {0};

		error_move(&why, err);
		if (!state_view_is_trimmed(&verify->view, seq, &trimmed, err))
		{
			error_clear(&why);
			return false;
		}
		if (!trimmed)
			found_of_manifest(verify, VERIFY_BROKEN, seq, why.message);
		error_clear(&why);
	}
	return true;
}

/* ---- the chain ---- */

/* The link that the next manifest must name; seq 0 = not known. */
typedef struct Link
{
	uint64_t seq;
	char sha256[HEX_SHA256];
} Link;

static bool
check_manifest(Verify *verify, const ViewedManifest *item, Link *link, Error *err)
{
	Manifest manifest;
	char sha256[HEX_SHA256];
	bool there = item->there;

	arena_reset(&verify->epoch);
	if (!item->there)
		found_of_manifest(verify, VERIFY_MISSING, item->seq, "its marker is there");
	else if (!read_manifest(verify, item->seq, &manifest, sha256, &there, err))
		return false;
	if (!there)
	{
		note_unlisted(verify, item->seq);
		link->seq = 0;
		return true;
	}
	if (link->seq == item->seq - 1 && strcmp(link->sha256, manifest.previous) != 0)
		found_of_manifest(verify, VERIFY_BROKEN, item->seq,
						  item->seq == identity_after(&verify->view.identity, verify->view.shard) + 1
							  ? "it does not name the checksum of job.json"
							  : "it does not name the checksum of the manifest before it");
	link->seq = item->seq;
	memcpy(link->sha256, sha256, sizeof link->sha256);
	verify->totals->epochs += manifest.kind == MANIFEST_COMMIT;
	return check_files(verify, &manifest, item->marked, err);
}

/* Manifests that are not listed at all, between two that are. */
static void
found_hole(Verify *verify, uint64_t from, uint64_t to)
{
	arena_reset(&verify->epoch);
	for (uint64_t seq = from; seq < to; seq++)
	{
		note_unlisted(verify, seq);
		found_of_manifest(verify, VERIFY_MISSING, seq, "a later manifest is there");
	}
}

static bool
check_chain(Verify *verify, Error *err)
{
	const StateView *view = &verify->view;
	uint64_t after = identity_after(&view->identity, view->shard);
	uint64_t kept = verify->newest > after + CHAIN_KEEP_LINKS ? verify->newest - CHAIN_KEEP_LINKS : after + 1;
	Link link = {.seq = 0};

	if (after > 0 || verify->first == 1)
	{
		link.seq = after > 0 && verify->first > after + 1 ? 0 : after;
		memcpy(link.sha256, view->identity.sha256, sizeof link.sha256);
	}
	if (verify->first > kept)
		found_hole(verify, kept, verify->first);
	for (size_t i = 0; i < view->count; i++)
	{
		if (view->manifests[i].seq < verify->first)
			continue;
		if (i > 0 && view->manifests[i].seq > verify->first &&
			view->manifests[i].seq > view->manifests[i - 1].seq + 1)
			found_hole(verify, view->manifests[i - 1].seq + 1, view->manifests[i].seq);
		if (!verify_go_on(verify, err) || !check_manifest(verify, &view->manifests[i], &link, err))
			return false;
	}
	return true;
}

/* ---- a shard ---- */

/* What the newest manifest that can be read says is out. */
static bool
find_published(Verify *verify, Error *err)
{
	const StateView *view = &verify->view;
	Manifest manifest;
	char sha256[HEX_SHA256];

	verify->published = 0;
	for (size_t i = view->count; i > 0; i--)
	{
		if (!view->manifests[i - 1].there)
			continue;
		arena_reset(&verify->epoch);
		if (state_view_manifest(&verify->view, view->manifests[i - 1].seq, &verify->epoch, &manifest, sha256,
								err))
		{
			verify->published = manifest.published_upto;
			return true;
		}
		if (err->state != SQLSTATE_DATA_CORRUPTED && err->state != SQLSTATE_INCOMPATIBLE_STATE)
			return false;
		error_clear(err);
	}
	return true;
}

static bool
verify_shard(Verify *verify, int shard, Error *err)
{
	StateView *view = &verify->view;
	bool ok;

	if (!state_view_list(view, shard, err))
		return false;
	if (view->count == 0)
		return true; /* this one never ran */
	verify->newest = view->manifests[view->count - 1].seq;
	verify->first = verify->newest;
	for (size_t i = view->count; i > 0; i--)
		if (view->manifests[i - 1].there)
			verify->first = view->manifests[i - 1].seq;
	verify->unlisted_count = 0;
	ok = find_published(verify, err) && check_chain(verify, err) && verify_packs(verify, err) &&
		 verify_extras(verify, err);
	verify_close_places(verify);
	arena_reset(&verify->arena);
	return ok;
}

bool
job_verify(const VerifyOpen *open, VerifyTotals *totals, Error *err)
{
	Verify verify = {.open = open, .totals = totals};
	StrBuf job = {0};
	bool ok = state_view_open(&open->look, &verify.view, err);

	*totals = (VerifyTotals){0};
	arena_init(&verify.arena, "verify");
	arena_init(&verify.epoch, "verify epoch");
	output_path_encode(&job, str_from_cstr(open->look.job_name));
	verify.job = str_view(&job);
	for (int shard = 0; ok && shard < verify.view.identity.shards; shard++)
		ok = verify_shard(&verify, shard, err);
	mem_free(verify.unlisted);
	str_free(&job);
	arena_release(&verify.epoch);
	arena_release(&verify.arena);
	state_view_close(&verify.view);
	return ok;
}
