/*
 * publisher.c: PUBLISH beside the FILL of the next epoch: one thread that brings a committed epoch's objects
 * to their places, marks it, and removes what is needed no more, while the workers read on.
 *
 * The idea: handing over moves the epoch's arena, with its file list, into the Publisher, and copies what
 * else the thread needs to know; until it is settled the thread works on that and on the stores alone, and
 * the chain gets no link. So commits stay in order, at most one epoch is under way, and nothing is locked.
 * What the rest of the run is to learn of it (published_upto, hints to lag tools, an error) it learns on the
 * coordinator, in publisher_settle().
 *
 * Threads: all functions here are called by the coordinator.
 */
#include "common/memory.h"
#include "executor/job_run.h"

#define LOOK_EVERY (100 * 1000) /* microseconds, while waiting */

/* What lag tools may be told once this epoch is out. */
static ReadOffsets *
copy_offsets(const JobRun *run, Arena *arena)
{
	ReadOffsets *offsets = ARENA_ARRAY(arena, ReadOffsets, Max(run->plan->scan_count, 1));

	for (int s = 0; s < run->plan->scan_count; s++)
	{
		const ScanRun *scan = &run->scans[s];

		offsets[s] =
			(ReadOffsets){scan->reader_count, ARENA_ARRAY(arena, int64_t, Max(scan->reader_count, 1))};
		for (int32_t p = 0; p < scan->reader_count; p++)
			offsets[s].next[p] =
				scan->readers[p]->foreign ? -1 : run->record.scans[s].partitions[p].totals.next_offset;
	}
	return offsets;
}

static bool
publish_task(void *context, int worker UNUSED, Error *err)
{
	JobRun *run = context;
	const Publisher *publisher = &run->publisher;

	return publish_files(run, publisher->seq, publisher->files, publisher->file_count, err) &&
		   remove_old(run, &publisher->needed, err);
}

bool
publisher_begin(JobRun *run, Epoch *epoch, Error *err)
{
	Publisher *publisher = &run->publisher;

	assert(!publisher->busy && run->record.seq <= run->chain.seq);
	protocol_check(&run->protocol, DEED_CREATE_OBJECT);
	protocol_check(&run->protocol, DEED_REMOVE);
	if (publisher->thread == NULL && !workers_open(1, &publisher->thread, err))
		return false;
	publisher->arena = epoch->arena;
	arena_init(&epoch->arena, "epoch");
	publisher->seq = run->record.seq;
	publisher->files = epoch->footer.files;
	publisher->file_count = epoch->footer.file_count;
	publisher->offsets = copy_offsets(run, &publisher->arena);
	list_needed(run, &publisher->arena, &publisher->needed);
	publisher->busy = true;
	workers_start(publisher->thread, publish_task, run);
	job_advance(run, EVENT_BEGUN);
	return true;
}

/* The thread is through. */
static bool
take_result(JobRun *run, Error *err)
{
	Publisher *publisher = &run->publisher;
	bool ok = workers_result(publisher->thread, err);

	publisher->busy = false;
	if (ok)
	{
		if (run->loads != NULL)
			loads_add(run->loads, publisher->seq, publisher->files, publisher->file_count);
		run->record.published_upto = publisher->seq;
		job_advance(run, EVENT_PUBLISHED);
		sources_hint(run, publisher->offsets);
	}
	arena_release(&publisher->arena);
	return ok;
}

bool
publisher_settle(JobRun *run, bool wait, Error *err)
{
	Publisher *publisher = &run->publisher;

	if (!publisher->busy)
		return true;
	while (!workers_wait(publisher->thread, wait ? LOOK_EVERY : 0))
	{
		if (!wait)
			return true;
		retention_look(run);
		job_progress(run, "COMMIT", NULL, false);
	}
	return take_result(run, err);
}

void
publisher_close(JobRun *run)
{
	Publisher *publisher = &run->publisher;

	/* Joins: what the thread has begun it ends. */
	workers_close(publisher->thread);
	if (publisher->busy)
		arena_release(&publisher->arena);
	*publisher = (Publisher){.thread = NULL};
}
