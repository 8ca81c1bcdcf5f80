/*
 * namesakes.c: objects of another job of the same name, where a job that knows nothing yet is going to write.
 *
 * The idea: a state that was deleted or reset leaves its objects behind; the job that begins anew makes the
 * same rows once more, under names with another uuid. That may be meant, so it is told, not refused. The
 * first such object in a location is enough, and a location is not searched without end; who may not list it
 * is not told.
 */
#include "executor/job_run.h"
#include "executor/output_path.h"

enum
{
	SEARCHED = 10000 /* objects of a location */
};

typedef struct Search
{
	StrView job; /* percent-encoded */
	const char *uuid;
	int left;
	Arena *arena;
	const char *found;
} Search;

static bool
look_at_object(void *context, const StoreEntry *entry)
{
	Search *search = context;
	ObjectName name;

	if (output_path_parse_name(entry->key, search->job, &name) &&
		memcmp(name.uuid8.data, search->uuid, 8) != 0)
		search->found = arena_strdup(search->arena, entry->key);
	return search->found == NULL && --search->left > 0;
}

/* A job that has read something has told it before. */
static bool
has_read(const Manifest *record)
{
	for (int s = 0; s < record->scan_count; s++)
		for (int32_t p = 0; p < record->scans[s].partition_count; p++)
			if (record->scans[s].partitions[p].totals.read > 0)
				return true;
	return false;
}

void
namesakes_tell(JobRun *run)
{
	StrBuf job = {0};

	if (has_read(&run->record))
		return;

	output_path_encode(&job, str_from_cstr(run->open->job_name));
	for (int k = 0; k < run->plan->sink_count; k++)
	{
		const SinkPlan *sink = run->plan->sinks[k];
		Search search = {
			.job = str_view(&job), .uuid = run->chain.job_uuid, .left = SEARCHED, .arena = &run->arena};
		ObjectStore *store;
		Error err = {0};

		if (locations_store(&run->locations, sink->location, &sink->options, &store, &err) &&
			store->class->list(store, "", true, look_at_object, &search, &err) && search.found != NULL)
			job_notice(run, "NOTICE",
					   "location \"%s\" holds objects of an earlier job \"%s\" (\"%s\"): rows that both make "
					   "will be there twice",
					   sink->location, run->open->job_name, search.found);
		error_clear(&err);
	}
	str_free(&job);
}
