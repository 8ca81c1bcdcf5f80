/*
 * locations.c: opens and keeps the object stores of a job.
 */
#include "executor/locations.h"

#include "common/memory.h"

bool
locations_store(Locations *locations, const char *location, const Options *options, ObjectStore **out,
				Error *err)
{
	StoreOpen open = {.location = location,
					  .options = options,
					  .owner = locations->owner,
					  .shard = locations->shard,
					  .clock = locations->clock,
					  .random = locations->random,
					  .stop = locations->stop,
					  .notice = locations->notice,
					  .notice_context = locations->notice_context};
	ObjectStore *store;

	*out = locations->state;
	if (location[0] == '\0')
		return true;
	for (size_t i = 0; i < locations->count; i++)
		if (strcmp(locations->items[i].location, location) == 0)
		{
			*out = locations->items[i].store;
			return true;
		}
	if (!store_open(locations->set, &open, &store, err))
		return false;
	mem_grow(&locations->items, &locations->capacity, locations->count, sizeof *locations->items);
	locations->items[locations->count++] = (OpenLocation){mem_strdup(location), store};
	*out = store;
	return store->class->probe(store, err) && (!locations->owned || store->class->sweep(store, err));
}

bool
locations_sweep(Locations *locations, Error *err)
{
	locations->owned = true;
	for (size_t i = 0; i < locations->count; i++)
		if (!locations->items[i].store->class->sweep(locations->items[i].store, err))
			return false;
	return true;
}

const char *
location_of_output(const JobPlan *plan, OutputKind kind, int index, const Options **options)
{
	const char *location;

	*options = kind == OUTPUT_DEAD ? &plan->scans[index]->stream->options : &plan->sinks[index]->options;
	if (kind == OUTPUT_DATA)
		return plan->sinks[index]->location;
	location = options_text(*options, kind == OUTPUT_LATE ? "late_location" : "dead_letter_location");
	return location ? location : "";
}

bool
locations_open_all(Locations *locations, const JobPlan *plan, Error *err)
{
	const Options *options;
	ObjectStore *store;

	for (int k = 0; k < plan->sink_count; k++)
		for (OutputKind kind = OUTPUT_DATA; kind <= OUTPUT_LATE; kind++)
		{
			const char *location = location_of_output(plan, kind, k, &options);

			if (!locations_store(locations, location, options, &store, err))
				return error_context(err, "sink \"%s\"", plan->sinks[k]->name);
		}
	for (int s = 0; s < plan->scan_count; s++)
	{
		const char *location = location_of_output(plan, OUTPUT_DEAD, s, &options);

		if (!locations_store(locations, location, options, &store, err))
			return error_context(err, "stream \"%s\"", plan->scans[s]->stream->name);
	}
	return true;
}

bool
locations_flush(Locations *locations, Error *err)
{
	if (!locations->state->class->flush(locations->state, err))
		return false;
	for (size_t i = 0; i < locations->count; i++)
		if (!locations->items[i].store->class->flush(locations->items[i].store, err))
			return false;
	return true;
}

void
locations_close(Locations *locations)
{
	for (size_t i = 0; i < locations->count; i++)
	{
		store_close(locations->items[i].store);
		mem_free(locations->items[i].location);
	}
	mem_free(locations->items);
	locations->items = NULL;
	locations->count = 0;
}
