/*
 * job_loads.c: a run that loads what it publishes (loads.h): from the look at the loader, before the state is
 * claimed, to what is waited for at the end.
 */
#include "executor/job_run.h"

#include "common/memory.h"

#define LOOK_EVERY (20 * 1000)                /* microseconds, while waiting */
#define LAST_ROUND (INT64_C(5) * 1000 * 1000) /* for telling of all that waits, at the end */

static void
notice(void *context, const char *severity, const char *text)
{
	job_notice(context, severity, "%s", text);
}

static bool
open_loads(JobRun *run, Error *err)
{
	const char **names = ARENA_ARRAY(&run->arena, const char *, Max(run->plan->sink_count, 1));
	LoadsOpen open = {.loader = run->open->loader,
					  .sink_count = run->plan->sink_count,
					  .sinks = names,
					  .clock = run->open->clock,
					  .notice = notice,
					  .notice_context = run};

	for (int k = 0; k < run->plan->sink_count; k++)
		names[k] = run->plan->sinks[k]->name;
	return loads_open(&open, &run->loads, err);
}

/* ---- how it is loaded ---- */

/* "rest, table X": how the objects of a sink are loaded; "" = not by the job. In the arena. */
static const char *
load_of(JobRun *run, const char *sink)
{
	const Loader *loader = run->open->loader;
	const char *text = "";

	for (int t = 0; loader != NULL && t < loader->target_count; t++)
	{
		const LoadTarget *target = &loader->targets[t];

		if (target->kind == OUTPUT_DATA && strcmp(target->name, sink) == 0)
			text = arena_printf(&run->arena, "%s%s%s, table %s", text, text[0] != '\0' ? "; " : "",
								target->mode, target->table);
	}
	return text;
}

static const char *
shown_load(const char *load)
{
	return load[0] != '\0' ? load : "others than the job";
}

/* A sink that is loaded otherwise than the manifest says that was found; NULL: none is. */
static const ManifestSink *
find_other_load(JobRun *run)
{
	for (int k = 0; k < run->record.sink_count; k++)
	{
		const ManifestSink *sink = &run->record.sinks[k];

		if (sink->load != NULL && strcmp(sink->load, load_of(run, sink->name)) != 0)
			return sink;
	}
	return NULL;
}

/*
 * What a warehouse was given in one way it does not know in another: what is owed must not be given to it
 * again in a new one.
 */
static bool
check_same_load(JobRun *run, Error *err)
{
	const ManifestSink *sink = find_other_load(run);
	LoadSeqs owing = {.count = 0};
	bool ok;

	if (sink == NULL)
		return true;
	ok = load_markers_list(&run->chain, run->record.loaded_upto, run->found.seq, &owing, NULL, err);
	mem_free(owing.items);
	if (!ok || owing.count == 0)
		return ok;
	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
			  "objects of sink \"%s\" may be under way, and would be loaded in another way", sink->name);
	error_detail(err, "They were loaded by: %s. It is now: %s.", shown_load(sink->load),
				 shown_load(load_of(run, sink->name)));
	return error_hint(err,
					  "Start the job once more as it was: a run that has an end (RUN UNTIL LATEST, --batch) "
					  "waits until all is loaded. SET snowflake.load = off gives up what is owed.");
}

static void
record_loads(JobRun *run)
{
	for (int k = 0; k < run->record.sink_count; k++)
		run->record.sinks[k].load = load_of(run, run->record.sinks[k].name);
}

/* ---- the start ---- */

bool
job_loads_begin(JobRun *run, Error *err)
{
	Loader *loader = run->open->loader;

	if (loader == NULL)
		return true;
	if ((run->loads == NULL && !open_loads(run, err)) || !check_same_load(run, err))
		return false;
	record_loads(run);
	for (int k = 0; loader->class->revise != NULL && k < run->plan->sink_count; k++)
		loader->class->revise(loader, run->record.sinks[k].name, run->record.sinks[k].revision);
	return loads_begin(run->loads, run->open->stop, err);
}

bool
job_loads_start(JobRun *run, Error *err)
{
	if (!job_load_tables_compare(run, err))
		return false;
	job_load_tables_begin(run);
	if (run->loads != NULL)
		job_load_tables_start(run);
	run->loads_nothing = run->loads == NULL;
	record_loads(run);
	return true;
}

void
job_loads_record(JobRun *run)
{
	Manifest *record = &run->record;
	uint64_t upto = UINT64_MAX;

	if (run->loads != NULL && loads_are_started(run->loads))
		upto = job_load_tables_record(run);
	else if (!run->loads_nothing)
		return;
	record->loaded_upto = Min(upto, record->published_upto);
}

void
job_loads_progress(const JobRun *run, JobProgress *progress, SinkTotals *sinks)
{
	LoadCounts *counts;

	if (run->loads == NULL)
		return;
	counts = mem_alloc_zero(sizeof *counts * (size_t)Max(run->plan->sink_count, 1));
	loads_counts(run->loads, counts, &progress->loads);
	for (int k = 0; k < run->plan->sink_count; k++)
		sinks[k].loads = counts[k];
	mem_free(counts);
}

/* ---- the end ---- */

static bool
is_told_to_stop(JobRun *run)
{
	if (run->stop_seen == 0 && run->open->stop != NULL && atomic_load(run->open->stop))
		run->stop_seen = clock_monotonic(run->open->clock);
	return run->stop_seen != 0;
}

/* A third of what is left of the drain's time: a call that is given up takes its time, too, and a link is
 * still to be made. */
static int64_t
last_round(const JobRun *run)
{
	int64_t left = run->open->settings->drain_timeout;

	if (run->stop_seen != 0)
		left -= clock_monotonic(run->open->clock) - run->stop_seen;
	return Min(LAST_ROUND, Max(left, 0) / 3);
}

void
job_loads_finish(JobRun *run)
{
	if (run->loads == NULL)
		return;
	while (job_has_end(run) && !is_told_to_stop(run) && !loads_wait(run->loads, LOOK_EVERY))
		job_progress(run, "LOAD", NULL, false);
	loads_finish(run->loads, last_round(run));
}

/* Told to stop while it waited. A run until the latest end is over then, as if it had been told before. */
static bool
stopped_loading(const JobRun *run, uint64_t pending, Error *err)
{
	if (run->stop_seen == 0)
	{
		error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "what became of loaded objects could not be noted: %s",
				  loads_trouble(run->loads));
		return error_hint(err, "Everything is committed and published; the next start goes on loading.");
	}
	if (run->open->until == UNTIL_LATEST)
	{
		job_notice(run, "NOTICE", "objects wait to be loaded; the next start goes on");
		return true;
	}
	error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the run was stopped before its objects were loaded");
	if (pending > 0)
		error_detail(err, "%" PRIu64 " object%s not known to be loaded.", pending,
					 pending == 1 ? " is" : "s are");
	return error_hint(err, "Everything is committed and published; the next start goes on loading.");
}

bool
job_loads_check(JobRun *run, Error *err)
{
	SinkTotals *sinks;
	JobProgress progress = {0};
	uint64_t all;

	if (run->loads == NULL || !job_has_end(run))
		return true;
	sinks = mem_alloc_zero(sizeof *sinks * (size_t)Max(run->plan->sink_count, 1));
	job_loads_progress(run, &progress, sinks);
	mem_free(sinks);
	all = progress.loads.loaded + progress.loads.failed;
	if (progress.loads.failed > 0)
	{
		error_set(err, SQLSTATE_FDW_ERROR, NO_POSITION,
				  "%" PRIu64 " of %" PRIu64 " object%s not loaded, or not wholly", progress.loads.failed, all,
				  all == 1 ? " was" : "s were");
		error_detail(err, "The first: %s", loads_failure(run->loads));
		return error_hint(err, "Everything is committed and published; SHOW FILES tells what became of each "
							   "object.");
	}
	return loads_upto(run->loads) == UINT64_MAX || stopped_loading(run, progress.loads.pending, err);
}
