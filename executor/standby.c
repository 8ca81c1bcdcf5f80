/*
 * standby.c: waiting for the writer to be gone (contract in standby.h).
 */
#include "executor/standby.h"

#include <stdio.h>

#include "common/memory.h"
#include "executor/shards.h"

#define LOCK_EVERY (200 * 1000)                  /* between two tries of the lock */
#define LOOK_LONGEST (INT64_C(10) * 1000 * 1000) /* between two looks for a new manifest */
#define PATIENCE_INTERVALS 3
#define PATIENCE_MORE (INT64_C(30) * 1000 * 1000)

typedef struct Watch
{
	uint64_t seq; /* of the newest manifest; 0 = none */
	char writer[HEX_UUID];
	char told[HEX_UUID]; /* the writer that was named last */
	bool closed;         /* it says that its writer left in order */
	int64_t seen_at;     /* monotonic: when it was seen first */
	int64_t looked_at;
	int64_t began;
	int64_t shown_at; /* when this standby showed itself last */
} Watch;

static int64_t
monotonic(const JobRun *run)
{
	return clock_monotonic(run->open->clock);
}

/* ---- the plan ---- */

/* A wrong file is found now and not in the emergency. What this makes of the record is dropped. */
static bool
check_plan(JobRun *run, Error *err)
{
	const JobOpen *open = run->open;
	JobOpen silent = *open;
	Manifest record = run->record;
	bool changed, ok;

	if (!chain_find(&run->chain, &run->arena, &run->found, err))
		return false;
	if (run->found.seq == 0)
		return true;
	silent.notice = NULL;
	run->record = run->found;
	run->open = &silent;
	ok = compatibility_check(run, &changed, err);
	run->open = open;
	run->record = record;
	return ok;
}

/* ---- looking ---- */

static void
note_newest(JobRun *run, Watch *watch, const Manifest *newest)
{
	watch->seq = newest->seq;
	watch->closed = newest->kind == MANIFEST_CLOSE;
	watch->seen_at = monotonic(run);
	memcpy(watch->writer, newest->writer, sizeof watch->writer);
}

static void
tell_waiting(const JobRun *run, Watch *watch)
{
	if (strcmp(watch->told, watch->writer) == 0)
		return;
	memcpy(watch->told, watch->writer, sizeof watch->told);
	job_notice(run, "NOTICE", "standby: waiting for writer %.8s, whose newest manifest is %" PRIu64,
			   watch->writer, watch->seq);
}

/* A manifest of another life can't be read as one of this job: that is told as what it is. */
static bool
find_newest(JobRun *run, ManifestChain *chain, Arena *arena, Manifest *newest, Error *err)
{
	Error reset = {0};

	if (chain_find(chain, arena, newest, err))
		return true;
	if (err->state == SQLSTATE_DATA_CORRUPTED && !recover_check_life(run, &reset) &&
		reset.state == SQLSTATE_FENCED)
	{
		error_clear(err);
		error_move(err, &reset);
	}
	error_clear(&reset);
	return false;
}

/* Whether there is a newer manifest than the one that was seen last. */
static bool
look(JobRun *run, Watch *watch, Error *err)
{
	ManifestChain chain = run->chain;
	int64_t longest = run->open->settings->commit_interval + LOOK_LONGEST;
	Manifest newest;
	Arena arena;
	bool ok;

	arena_init(&arena, "standby");
	ok = find_newest(run, &chain, &arena, &newest, err);
	if (ok && newest.seq != watch->seq)
		note_newest(run, watch, &newest);
	else if (monotonic(run) - watch->looked_at > longest)
		watch->seen_at = monotonic(run); /* asleep, or the store did not answer: the writer had no chance */
	watch->looked_at = monotonic(run);
	arena_release(&arena);
	return ok;
}

static const char *
mark_key(JobRun *run)
{
	return arena_printf(&run->arena, "%sstandby", run->chain.folder);
}

/* Other bytes each time: nobody's clock is compared with another's. */
static bool
show_life(JobRun *run, const char *key, Error *err)
{
	char nonce[HEX_UUID];

	chain_uuid(run->open->random, nonce);
	return run->state->class->put(run->state, key, str_from_cstr(nonce), err);
}

/* ---- waiting ---- */

static bool
told_to_stop(JobRun *run, Error *err)
{
	job_notice(run, "NOTICE", "standby: told to stop while it waited");
	return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "the standby was stopped");
}

static void
tell_take_over(JobRun *run, const Watch *watch, const char *why)
{
	if (watch->seq == 0)
		job_notice(run, "NOTICE", "standby: taking over: %s", why);
	else
		job_notice(run, "NOTICE", "standby: taking over from writer %.8s after %.1f s: %s", watch->writer,
				   (double)(monotonic(run) - watch->began) / 1e6, why);
}

/* On a store with a lock. */
static bool
wait_for_lock(JobRun *run, Watch *watch, Error *err)
{
	const char *key;

	if (!shards_lock_key(run->state, run->open->shard, shards_count(run), &run->arena, &key, err))
		return false;
	while (!run->state->class->lock(run->state, key, err))
	{
		if (err->state != SQLSTATE_OBJECT_IN_USE)
			return false;
		error_clear(err);
		if (watch->seq == 0)
		{
			if (!look(run, watch, err))
				return false;
		}
		tell_waiting(run, watch);
		if (!clock_pause(run->open->clock, LOCK_EVERY, run->open->stop))
			return told_to_stop(run, err);
	}
	tell_take_over(run, watch, "nobody holds the lock");
	return true;
}

/* NULL: it may still be alive. */
static const char *
why_gone(const JobRun *run, const Watch *watch)
{
	int64_t patience = PATIENCE_INTERVALS * run->open->settings->commit_interval + PATIENCE_MORE;

	if (watch->seq == 0)
		return "there is no writer yet";
	if (watch->closed)
		return "it has left in order";
	return monotonic(run) - watch->seen_at > patience ? "it has made no manifest for too long" : NULL;
}

/* On a store without. */
static bool
wait_for_silence(JobRun *run, Watch *watch, Error *err)
{
	int64_t interval = run->open->settings->commit_interval;
	const char *key = mark_key(run);
	const char *why;

	for (;;)
	{
		if (!look(run, watch, err))
			return false;
		if ((why = why_gone(run, watch)) != NULL)
			break;
		tell_waiting(run, watch);
		if (watch->shown_at == 0 || monotonic(run) - watch->shown_at >= interval / 2)
		{
			if (!show_life(run, key, err))
				return false;
			watch->shown_at = monotonic(run);
		}
		if (!clock_pause(run->open->clock, Min(interval / 2, LOOK_LONGEST), run->open->stop))
		{
			Error ignored = {0};

			(void)!run->state->class->remove(run->state, key, &ignored);
			error_clear(&ignored);
			return told_to_stop(run, err);
		}
	}
	tell_take_over(run, watch, why);
	return watch->shown_at == 0 || run->state->class->remove(run->state, key, err);
}

bool
standby_wait(JobRun *run, Error *err)
{
	int64_t now = monotonic(run);
	Watch watch = {.began = now, .seen_at = now, .looked_at = now};
	bool ok;

	if (!check_plan(run, err))
		return false;
	/* Nor shall a wrong place or secret be. Where a lock decides, the writer is beside us and has seen to it.
	 */
	if (run->state->class->lock == NULL && !locations_open_all(&run->locations, run->plan, err))
		return false;
	if (run->found.seq > 0)
		note_newest(run, &watch, &run->found);
	if (run->protocol.state == PROTOCOL_FIND)
		job_advance(run, EVENT_WAIT);
	job_progress(run, "STANDBY", NULL, true);
	ok = run->state->class->lock != NULL ? wait_for_lock(run, &watch, err)
										 : wait_for_silence(run, &watch, err);
	if (ok)
		job_advance(run, EVENT_LOOK);
	run->watched_seq = watch.seq;
	return ok;
}

/* ---- the writer's side ---- */

bool
standby_is_watching(JobRun *run)
{
	StrBuf text = {0}, key = {0};
	Error ignored = {0};
	bool found = false, fresh;

	if (run->state == NULL || run->batch || run->state->class->lock != NULL)
		return false;
	str_appendf(&key, "%sstandby", run->chain.folder);
	/* A store that can't tell will be asked again, and tells the next commit what is wrong. */
	if (!run->state->class->get(run->state, key.data, 0, UINT64_MAX, &text, &found, &ignored))
		found = false;
	error_clear(&ignored);
	fresh = found && strcmp(run->standby_mark, str_cstr(&text)) != 0;
	if (fresh)
		snprintf(run->standby_mark, sizeof run->standby_mark, "%s", str_cstr(&text));
	str_free(&key);
	str_free(&text);
	return fresh;
}
