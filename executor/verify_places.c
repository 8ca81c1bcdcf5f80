/*
 * verify_places.c: the objects of manifests beside the listings of their locations.
 *
 * The idea: a location is listed when the first object in it is asked for; only objects with a name of this
 * job and shard are kept. What no manifest has asked for in the end is extra. One place may have been written
 * in several ways, and may lie in another one: places go by their one name, and an object belongs to the
 * innermost.
 */
#include "common/hex.h"
#include "common/memory.h"
#include "executor/locations.h"
#include "executor/output_path.h"
#include "executor/verify_run.h"
#include "planner/location.h"

/* ---- places ---- */

typedef struct PlaceListing
{
	Verify *verify;
	Place *place;
} PlaceListing;

static bool
note_object(void *context, const StoreEntry *entry)
{
	PlaceListing *listing = context;
	Verify *verify = listing->verify;
	Place *place = listing->place;
	ObjectName name;

	if (!output_path_parse_name(entry->key, verify->job, &name) || name.shard != verify->view.shard ||
		memcmp(name.uuid8.data, verify->view.identity.uuid, 8) != 0)
		return true;
	mem_grow(&place->objects, &place->capacity, place->count, sizeof *place->objects);
	place->objects[place->count++] = (PlaceObject){
		.key = arena_strdup(&verify->arena, entry->key), .size = entry->size, .epoch = name.epoch};
	return true;
}

/* The options of the sink or stream that the plan has for a location; NULL = nothing of the plan goes there.
 */
static const Options *
options_of(const JobPlan *plan, const char *location)
{
	const Options *options;

	for (int k = 0; k < plan->sink_count; k++)
	{
		if (strcmp(location_of_output(plan, OUTPUT_DATA, k, &options), location) == 0 ||
			strcmp(location_of_output(plan, OUTPUT_LATE, k, &options), location) == 0)
			return options;
	}
	for (int s = 0; s < plan->scan_count; s++)
		if (strcmp(location_of_output(plan, OUTPUT_DEAD, s, &options), location) == 0)
			return options;
	return NULL;
}

static bool
open_store(Verify *verify, Place *place, Error *err)
{
	const StateLook *look = &verify->open->look;
	StoreOpen open = {.location = place->location,
					  .options = options_of(verify->open->plan, place->location),
					  .owner = look->job_name,
					  .read_only = true,
					  .clock = look->clock,
					  .random = look->random,
					  .stop = look->stop};

	place->shared = place->location[0] == '\0';
	place->store = verify->view.state;
	return place->shared || store_open(look->stores, &open, &place->store, err);
}

static int
compare_objects(const void *a, const void *b)
{
	return strcmp(((const PlaceObject *)a)->key, ((const PlaceObject *)b)->key);
}

/* A store lists in its own order, and may list an object twice. */
static void
put_in_order(Place *place)
{
	size_t n = 0;

	if (place->count > 1)
		qsort(place->objects, place->count, sizeof *place->objects, compare_objects);
	for (size_t i = 0; i < place->count; i++)
		if (n == 0 || strcmp(place->objects[i].key, place->objects[n - 1].key) != 0)
			place->objects[n++] = place->objects[i];
	place->count = n;
}

/* The place of a location, opened and listed at its first use. */
static Place *
find_place(Verify *verify, const char *location, Error *err)
{
	PlaceListing listing = {.verify = verify};
	Place place = {.location = arena_strdup(&verify->arena, location)};
	StrView name;

	for (size_t i = 0; i < verify->place_count; i++)
		if (strcmp(verify->places[i].location, location) == 0)
			return &verify->places[i];
	if (!open_store(verify, &place, err))
		return NULL;
	name = location_place(&place.store->class->info, place.store->location, &verify->arena);
	place.name = arena_strndup(&verify->arena, name.data, name.len);
	for (size_t i = 0; i < verify->place_count; i++)
		if (strcmp(verify->places[i].name, place.name) == 0)
		{
			if (!place.shared)
				store_close(place.store);
			return &verify->places[i];
		}
	mem_grow(&verify->places, &verify->place_capacity, verify->place_count, sizeof *verify->places);
	verify->places[verify->place_count] = place;
	listing.place = &verify->places[verify->place_count++];
	if (!place.store->class->list(place.store, "", true, note_object, &listing, err))
		return NULL;
	put_in_order(listing.place);
	return listing.place;
}

void
verify_close_places(Verify *verify)
{
	for (size_t i = 0; i < verify->place_count; i++)
	{
		if (!verify->places[i].shared)
			store_close(verify->places[i].store);
		mem_free(verify->places[i].objects);
	}
	mem_free(verify->places);
	verify->places = NULL;
	verify->place_count = verify->place_capacity = 0;
}

/* ---- one object ---- */

static int
compare_key(const void *key, const void *object)
{
	return strcmp(key, ((const PlaceObject *)object)->key);
}

static void
found_of_file(Verify *verify, VerifyClass class, const Manifest *manifest, const PackFile *file,
			  const char *detail)
{
	verify_found(verify, class,
				 &(Finding){.epoch = manifest->seq,
							.kind = output_kind_name(file->kind),
							.name = file->owner,
							.object = verify_object(verify, file->location, file->key),
							.detail = detail});
}

/* Size first: it says more than two checksums, and costs nothing. */
static bool
compare_object(Verify *verify, const Manifest *manifest, const PackFile *file, const Place *place,
			   const PlaceObject *object, Error *err)
{
	const StoredBytes whole = {.key = file->key, .range_count = 1, .ranges = &(PackRange){0, object->size}};
	uint8_t sha256[32];
	char is[HEX_SHA256], was[HEX_SHA256];
	bool found = true;

	if (object->size != file->stored.bytes)
	{
		found_of_file(verify, VERIFY_DIFFERENT, manifest, file,
					  arena_printf(&verify->epoch, "%" PRIu64 " bytes, not %" PRIu64, object->size,
								   file->stored.bytes));
		return true;
	}
	if (!verify->open->quick && !verify_hash(verify, place->store, &whole, sha256, &found, err))
		return false;
	if (!found)
		found_of_file(verify, VERIFY_MISSING, manifest, file, "it was removed while this was verified");
	else if (!verify->open->quick && memcmp(sha256, file->sha256, sizeof sha256) != 0)
	{
		hex_write(sha256, sizeof sha256, is);
		hex_write(file->sha256, sizeof file->sha256, was);
		found_of_file(verify, VERIFY_DIFFERENT, manifest, file,
					  arena_printf(&verify->epoch, "sha256 %s, not %s", is, was));
	}
	else
		verify->totals->right++;
	return true;
}

bool
verify_file(Verify *verify, const Manifest *manifest, const PackFile *file, bool must, Error *err)
{
	Place *place = find_place(verify, file->location, err);
	PlaceObject *object;

	if (place == NULL)
		return false;
	verify->totals->files++;
	verify->totals->rows += file->rows;
	verify->totals->bytes += file->stored.bytes;
	object = place->count > 0
				 ? bsearch(file->key, place->objects, place->count, sizeof *place->objects, compare_key)
				 : NULL;
	if (object != NULL)
	{
		object->known = true;
		return compare_object(verify, manifest, file, place, object, err);
	}
	if (must)
		found_of_file(verify, VERIFY_MISSING, manifest, file, NULL);
	else
		verify->totals->pending++;
	return true;
}

/* ---- extra objects ---- */

static bool
find_places_of_plan(Verify *verify, Error *err)
{
	const JobPlan *plan = verify->open->plan;
	const Options *options;

	for (int k = 0; k < plan->sink_count; k++)
		if (find_place(verify, location_of_output(plan, OUTPUT_DATA, k, &options), err) == NULL ||
			find_place(verify, location_of_output(plan, OUTPUT_LATE, k, &options), err) == NULL)
			return false;
	for (int s = 0; s < plan->scan_count; s++)
		if (find_place(verify, location_of_output(plan, OUTPUT_DEAD, s, &options), err) == NULL)
			return false;
	return true;
}

/* Whether another place, inside this one, has the object in its own listing. */
static bool
lies_deeper(const Verify *verify, const Place *place, const PlaceObject *object)
{
	size_t outer = strlen(place->name);

	for (size_t i = 0; i < verify->place_count; i++)
	{
		const char *name = verify->places[i].name;
		size_t len = strlen(name);

		if (len > outer && memcmp(name, place->name, outer) == 0 && name[outer] == '/' &&
			strncmp(object->key, name + outer + 1, len - outer - 1) == 0 &&
			object->key[len - outer - 1] == '/')
			return true;
	}
	return false;
}

static bool
is_unlisted(const Verify *verify, uint64_t epoch)
{
	for (size_t i = 0; i < verify->unlisted_count; i++)
		if (verify->unlisted[i] == epoch)
			return true;
	return false;
}

static void
judge_extra(Verify *verify, const Place *place, const PlaceObject *object, uint64_t newest)
{
	bool later = object->epoch > newest;

	if (object->epoch > verify->newest && !later)
		return; /* committed since the manifests were listed */
	if (object->epoch < verify->first || is_unlisted(verify, object->epoch))
	{
		verify->totals->unknown++;
		return;
	}
	arena_reset(&verify->epoch);
	verify_found(verify, VERIFY_EXTRA,
				 &(Finding){.epoch = object->epoch,
							.kind = "object",
							.object = verify_object(verify, place->location, object->key),
							.detail = later ? "there is no such epoch" : "its epoch made no such object"});
}

bool
verify_extras(Verify *verify, Error *err)
{
	StateView *view = &verify->view;
	uint64_t newest;

	if (!find_places_of_plan(verify, err) || !state_view_list(view, view->shard, err))
		return false;
	newest = view->count > 0 ? view->manifests[view->count - 1].seq : 0;
	for (size_t i = 0; i < verify->place_count; i++)
		for (size_t k = 0; k < verify->places[i].count; k++)
			if (!verify->places[i].objects[k].known &&
				!lies_deeper(verify, &verify->places[i], &verify->places[i].objects[k]))
				judge_extra(verify, &verify->places[i], &verify->places[i].objects[k], newest);
	return true;
}
