/*
 * loads.c: the thread that loads (contract in loads.h).
 *
 * Threads: what is under the lock is shared with the coordinator; the epochs under way and what was told
 * belong to the thread.
 */
#include "executor/loads.h"

#include <pthread.h>

#include "common/memory.h"
#include "executor/worker.h"

#define PAUSE_FIRST (250 * 1000) /* microseconds, between two rounds */
#define PAUSE_LONGEST (INT64_C(10) * 1000 * 1000)
#define TELL_AGAIN (INT64_C(3600) * 1000 * 1000)
#define TELL_CHANGED (INT64_C(60) * 1000 * 1000)
#define LOOK_EVERY (20 * 1000)

enum
{
	ITEMS = 4000,       /* under way, before another epoch is read */
	READ_AT_ONCE = 200, /* epochs, between two rounds */
	STUCK_ROUNDS = 3
};

/* An epoch that owes something, as far as is known. */
typedef struct OwingEpoch
{
	uint64_t seq;
	bool earlier;        /* published by another process, or told of by one */
	bool counted;        /* among what is pending */
	bool taken;          /* under way */
	LoadTotals *settled; /* per target: of epochs behind it, up to the next one that owes; NULL = none */
} OwingEpoch;

/* An epoch whose items are in memory. */
typedef struct EpochLoad
{
	uint64_t seq;
	Arena arena;
	size_t count;
	LoadItem *items;
} EpochLoad;

/* What a kind of trouble was told as. */
typedef struct Trouble
{
	SqlStateName state;
	bool of_loader; /* else of the state */
	bool open;      /* it was told, and it has not gone well since */
	char *message;
	int64_t told_at; /* monotonic */
} Trouble;

/* The objects of a table that were not loaded, as they are told. */
typedef struct Refusals
{
	bool told;
	int64_t told_at;
	uint64_t untold;
} Refusals;

struct Loads
{
	LoadsOpen open;
	Loader *loader;
	ManifestChain chain;
	WorkerPool *thread;
	bool started, running; /* the coordinator's own */
	bool absent;           /* nobody answered at the start */

	atomic_bool wake;      /* ends a pause that is longer than the first */
	atomic_bool finishing; /* one more round */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* for a thread that has nothing to do */

	/* Under the lock. Invariant: owing ascends by seq from head on. */
	OwingEpoch *owing;
	size_t head, count, capacity;
	bool listed;        /* what earlier processes owe is among it */
	uint64_t start;     /* loaded_upto at the start */
	uint64_t last;      /* the newest link then */
	LoadTotals *totals; /* per target: of epochs ahead of the first one that owes */
	LoadCounts *sinks;
	LoadCounts all;
	int stuck;     /* rounds in which only the state was in the way */
	char *trouble; /* with the state, the last one; NULL = there was none */

	/* The thread's own. */
	bool of_state; /* there was trouble with the state in this round */
	EpochLoad *epochs;
	size_t epoch_count, epoch_capacity;
	size_t items; /* of these epochs */
	Trouble *troubles;
	size_t trouble_count, trouble_capacity;
	Refusals *refusals; /* per target */
	char *failure;
};

static bool
is_stopped(const Loads *loads)
{
	return atomic_load(&loads->loader->stop);
}

/* ---- what is told ---- */

static void tell(const Loads *loads, const char *severity, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
tell(const Loads *loads, const char *severity, const char *fmt, ...)
{
	StrBuf text = {0};
	va_list args;

	if (loads->open.notice == NULL)
		return;
	va_start(args, fmt);
	str_vappendf(&text, fmt, args);
	va_end(args);
	loads->open.notice(loads->open.notice_context, severity, str_cstr(&text));
	str_free(&text);
}

/* "what: message: detail"; and the hint. */
static void
tell_error(const Loads *loads, const char *what, const Error *err)
{
	StrBuf reason = {0};

	error_append_reason(err, &reason);
	if (err->hint != NULL)
		str_appendf(&reason, "\nHINT:  %s", err->hint);
	tell(loads, "WARNING", "%s: %s", what, str_cstr(&reason));
	str_free(&reason);
}

static Trouble *
find_trouble(Loads *loads, SqlStateName state, bool of_loader)
{
	for (size_t i = 0; i < loads->trouble_count; i++)
		if (loads->troubles[i].state == state && loads->troubles[i].of_loader == of_loader)
			return &loads->troubles[i];
	mem_grow(&loads->troubles, &loads->trouble_capacity, loads->trouble_count, sizeof *loads->troubles);
	loads->troubles[loads->trouble_count] = (Trouble){.state = state, .of_loader = of_loader};
	return &loads->troubles[loads->trouble_count++];
}

static void
note_state_trouble(Loads *loads, const Error *err)
{
	pthread_mutex_lock(&loads->lock);
	mem_free(loads->trouble);
	loads->trouble = mem_strdup(err->message);
	pthread_mutex_unlock(&loads->lock);
	loads->of_state = true;
}

/* Each kind once, when it says something else, though not at every round, and again after an hour. */
static void
note_trouble(Loads *loads, bool of_loader, Error *err)
{
	Trouble *trouble = find_trouble(loads, err->state, of_loader);
	int64_t ago = clock_monotonic(loads->open.clock) - trouble->told_at;
	bool same = trouble->message != NULL && strcmp(trouble->message, err->message) == 0;

	if (!of_loader)
		note_state_trouble(loads, err);
	if (trouble->message == NULL || ago >= (same ? TELL_AGAIN : TELL_CHANGED))
	{
		tell_error(loads, "objects can't be loaded for now, and are tried again", err);
		mem_free(trouble->message);
		trouble->message = mem_strdup(err->message);
		trouble->told_at = clock_monotonic(loads->open.clock);
		trouble->open = true;
	}
	error_clear(err);
}

/* The loader has done all. When that was told, the same trouble is not told again for its hour. */
static void
note_success(Loads *loads)
{
	bool open = loads->absent;

	for (size_t i = 0; i < loads->trouble_count; i++)
		if (loads->troubles[i].of_loader)
		{
			open = open || loads->troubles[i].open;
			loads->troubles[i].open = false;
		}
	if (open)
		tell(loads, "NOTICE", "objects can be loaded again");
	loads->absent = false;
}

static void
append_refusal(const Loads *loads, const LoadItem *item, StrBuf *out)
{
	const char *table = loads->loader->targets[item->target].table;

	if (item->status == LOAD_UNKNOWN)
		str_appendf(out, "whether object \"%s\" was loaded into table %s can't be known", item->file->key,
					table);
	else if (item->status == LOAD_PARTLY)
		str_appendf(out, "%" PRIu64 " of %" PRIu64 " rows of object \"%s\" were loaded into table %s",
					item->loaded, item->file->rows, item->file->key, table);
	else
		str_appendf(out, "object \"%s\" was not loaded into table %s", item->file->key, table);
	if (item->error != NULL)
		str_appendf(out, ": %s", item->error);
}

/* The first of a table at once; then at most one an hour, with the number of those between. */
static void
note_refusal(Loads *loads, const LoadItem *item)
{
	Refusals *refusals = &loads->refusals[item->target];
	int64_t now = clock_monotonic(loads->open.clock);
	StrBuf text = {0};

	append_refusal(loads, item, &text);
	if (loads->failure == NULL)
		loads->failure = mem_strdup(str_cstr(&text));
	if (refusals->told && now - refusals->told_at < TELL_AGAIN)
		refusals->untold++;
	else
	{
		if (refusals->untold > 0)
			str_appendf(&text, "; %" PRIu64 " more since the last warning", refusals->untold);
		tell(loads, "WARNING", "%s", str_cstr(&text));
		*refusals = (Refusals){.told = true, .told_at = now};
	}
	str_free(&text);
}

/* ---- counts ---- */

/* The sink whose object it is; -1: a stream's. */
static int
sink_of(const Loads *loads, const PackFile *file)
{
	for (int k = 0; file->kind != OUTPUT_DEAD && k < loads->open.sink_count; k++)
		if (strcmp(loads->open.sinks[k], file->owner) == 0)
			return k;
	return -1;
}

static bool
takes(const Loads *loads, int target, const PackFile *file)
{
	return loads->loader->class->takes(loads->loader, target, file);
}

static size_t
count_targets(const Loads *loads, const PackFile *file)
{
	size_t n = 0;

	for (int t = 0; t < loads->loader->target_count; t++)
		n += takes(loads, t, file);
	return n;
}

/* Under the lock. */
static void
count_pending(Loads *loads, const PackFile *file, uint64_t n)
{
	int sink = sink_of(loads, file);

	loads->all.pending += n;
	if (sink >= 0)
		loads->sinks[sink].pending += n;
}

static void
count_outcome(Loads *loads, const LoadItem *item)
{
	int sink = sink_of(loads, item->file);
	LoadCounts *counts[] = {&loads->all, sink >= 0 ? &loads->sinks[sink] : NULL};

	pthread_mutex_lock(&loads->lock);
	for (size_t i = 0; i < lengthof(counts) && counts[i] != NULL; i++)
	{
		counts[i]->pending--;
		counts[i]->loaded += item->status == LOAD_LOADED;
		counts[i]->failed += item->status != LOAD_LOADED;
	}
	pthread_mutex_unlock(&loads->lock);
}

/* ---- the queue ---- */

/* Under the lock. What was taken off the front makes room. */
static void
push_owing(Loads *loads, const OwingEpoch *epoch)
{
	if (loads->head > 1000 && loads->head > loads->count / 2)
	{
		loads->count -= loads->head;
		memmove(loads->owing, loads->owing + loads->head, loads->count * sizeof *loads->owing);
		loads->head = 0;
	}
	mem_grow(&loads->owing, &loads->capacity, loads->count, sizeof *loads->owing);
	loads->owing[loads->count++] = *epoch;
}

/* Under the lock: an epoch of the queue owes nothing any more; own are its outcomes. */
static void
settle_owing(Loads *loads, size_t at, const LoadTotals *own)
{
	int targets = loads->loader->target_count;
	LoadTotals *to =
		at == loads->head ? loads->totals : load_totals_need(loads->loader, &loads->owing[at - 1].settled);

	load_totals_add(to, own, targets);
	if (loads->owing[at].settled != NULL)
		load_totals_add(to, loads->owing[at].settled, targets);
	mem_free(loads->owing[at].settled);
}

/* An epoch owes nothing any more. Those before it that do are few: they are under way. */
static void
drop_owing(Loads *loads, uint64_t seq, const LoadTotals *own)
{
	size_t i;
	bool none;

	pthread_mutex_lock(&loads->lock);
	for (i = loads->head; loads->owing[i].seq != seq; i++)
		assert(i + 1 < loads->count);
	settle_owing(loads, i, own);
	memmove(&loads->owing[loads->head + 1], &loads->owing[loads->head],
			(i - loads->head) * sizeof *loads->owing);
	loads->head++;
	none = loads->head == loads->count;
	pthread_mutex_unlock(&loads->lock);
	if (none)
		workers_nudge(loads->thread);
}

/* The first epoch behind a number that is not under way. */
static bool
next_owing(Loads *loads, uint64_t after, OwingEpoch *out)
{
	bool found = false;

	pthread_mutex_lock(&loads->lock);
	for (size_t i = loads->head; !found && i < loads->count; i++)
		if (!loads->owing[i].taken && loads->owing[i].seq > after)
		{
			*out = loads->owing[i];
			found = true;
		}
	pthread_mutex_unlock(&loads->lock);
	return found;
}

static void
mark_taken(Loads *loads, uint64_t seq, const EpochLoad *epoch)
{
	pthread_mutex_lock(&loads->lock);
	for (size_t i = loads->head; i < loads->count; i++)
		if (loads->owing[i].seq == seq)
		{
			for (size_t k = 0; !loads->owing[i].counted && k < epoch->count; k++)
				count_pending(loads, epoch->items[k].file, 1);
			loads->owing[i].counted = loads->owing[i].taken = true;
			break;
		}
	pthread_mutex_unlock(&loads->lock);
}

/* ---- what earlier processes owe ---- */

/* A damaged marker says nothing. */
static void
note_damage(void *context, Error *err)
{
	note_trouble(context, false, err);
}

static MarkerReader
marker_reader(Loads *loads)
{
	return (MarkerReader){&loads->chain, loads->loader, note_damage, loads};
}

/* Under the lock. Ahead of what came meanwhile. */
static void
take_earlier(Loads *loads, EarlierLoads *earlier)
{
	OwingEpoch *came = loads->owing;
	size_t from = loads->head, to = loads->count;

	loads->owing = NULL;
	loads->head = loads->count = loads->capacity = 0;
	if (earlier->totals[0] != NULL)
		load_totals_add(loads->totals, earlier->totals[0], loads->loader->target_count);
	for (size_t i = 0; i < earlier->owing.count; i++)
	{
		push_owing(loads, &(OwingEpoch){.seq = earlier->owing.items[i],
										.earlier = true,
										.settled = earlier->totals[i + 1]});
		earlier->totals[i + 1] = NULL;
	}
	for (size_t i = from; i < to; i++)
		push_owing(loads, &came[i]);
	mem_free(came);
}

static bool
list_earlier(Loads *loads)
{
	EarlierLoads earlier;
	Error err = {0};
	MarkerReader reader = marker_reader(loads);
	bool ok = earlier_loads_read(&reader, loads->start, loads->last, &earlier, &err);
	bool none = false;

	if (ok)
	{
		pthread_mutex_lock(&loads->lock);
		take_earlier(loads, &earlier);
		loads->listed = true;
		none = loads->count == 0;
		pthread_mutex_unlock(&loads->lock);
	}
	else if (!is_stopped(loads))
		note_trouble(loads, false, &err);
	error_clear(&err);
	if (none)
		workers_nudge(loads->thread);
	earlier_loads_free(&earlier);
	return ok;
}

/* ---- epochs under way ---- */

static void
make_items(const Loads *loads, const Manifest *manifest, bool earlier, const PackFile *files, size_t count,
		   EpochLoad *out)
{
	size_t items = 0;

	for (size_t i = 0; i < count; i++)
		items += count_targets(loads, &files[i]);
	out->items = ARENA_ARRAY_ZERO(&out->arena, LoadItem, items + 1);
	for (size_t i = 0; i < count; i++)
		for (int t = 0; t < loads->loader->target_count; t++)
			if (takes(loads, t, &files[i]))
				out->items[out->count++] = (LoadItem){.file = &files[i],
													  .target = t,
													  .epoch = manifest->seq,
													  .committed = manifest->clock,
													  .earlier = earlier};
}

static bool
read_epoch(Loads *loads, const OwingEpoch *owing, EpochLoad *out, Error *err)
{
	Manifest manifest;
	char sha256[HEX_SHA256];
	PackFile *files;
	size_t count;
	bool found;

	*out = (EpochLoad){.seq = owing->seq};
	arena_init(&out->arena, "load");
	if (chain_read(&loads->chain, owing->seq, &out->arena, &manifest, sha256, err) &&
		chain_read_list(&loads->chain, &manifest, &out->arena, &files, &count, &found, err))
	{
		if (found)
		{
			make_items(loads, &manifest, owing->earlier, files, count, out);
			return true;
		}
		error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
				  "the marker of manifest %" PRIu64 " is missing from \"%s\"", owing->seq,
				  loads->chain.store->location);
	}
	arena_release(&out->arena);
	return false;
}

static void
take_epoch(Loads *loads, const EpochLoad *epoch)
{
	mark_taken(loads, epoch->seq, epoch);
	mem_grow(&loads->epochs, &loads->epoch_capacity, loads->epoch_count, sizeof *loads->epochs);
	loads->epochs[loads->epoch_count++] = *epoch;
	loads->items += epoch->count;
}

/* Reads epochs while there is room for their items. One that is damaged waits, and holds up no other. */
static bool
take_epochs(Loads *loads)
{
	OwingEpoch owing = {.seq = 0};
	bool any = false;

	for (int i = 0; i < READ_AT_ONCE && loads->items < ITEMS && !is_stopped(loads); i++)
	{
		EpochLoad epoch;
		Error err = {0};
		bool damaged;

		if (!next_owing(loads, owing.seq, &owing))
			break;
		if (read_epoch(loads, &owing, &epoch, &err))
		{
			take_epoch(loads, &epoch);
			any = true;
			continue;
		}
		damaged = load_markers_damaged(&err);
		note_trouble(loads, false, &err);
		if (!damaged)
			break;
	}
	return any;
}

/* ---- rounds ---- */

/* What the loader is given: all that is not final. In the arena. */
static LoadItem **
list_items(const Loads *loads, Arena *arena, size_t *count)
{
	LoadItem **items = ARENA_ARRAY(arena, LoadItem *, loads->items + 1);

	*count = 0;
	for (size_t e = 0; e < loads->epoch_count; e++)
		for (size_t i = 0; i < loads->epochs[e].count; i++)
			if (!load_is_final(loads->epochs[e].items[i].status))
				items[(*count)++] = &loads->epochs[e].items[i];
	return items;
}

static EpochLoad *
epoch_of(const Loads *loads, const LoadItem *item)
{
	size_t e = 0;

	while (loads->epochs[e].seq != item->epoch)
		e++;
	return &loads->epochs[e];
}

/* An error text outlives the round only with its outcome. */
static void
take_outcome(Loads *loads, LoadItem *item)
{
	if (!load_is_final(item->status))
	{
		item->error = NULL;
		return;
	}
	if (item->error != NULL)
		item->error = arena_strdup(&epoch_of(loads, item)->arena, item->error);
	count_outcome(loads, item);
	if (item->status != LOAD_LOADED)
		note_refusal(loads, item);
}

/* True: some status is another now. */
static bool
work(Loads *loads)
{
	Arena arena;
	Error err = {0};
	size_t count;
	LoadItem **items;
	LoadStatus *before;
	bool changed = false;

	arena_init(&arena, "loads");
	items = list_items(loads, &arena, &count);
	before = ARENA_ARRAY(&arena, LoadStatus, count + 1);
	for (size_t i = 0; i < count; i++)
		before[i] = items[i]->status;
	if (count > 0 && !is_stopped(loads))
	{
		bool ok = loads->loader->class->work(loads->loader, items, count, &arena, &err);

		for (size_t i = 0; i < count; i++)
		{
			changed = changed || items[i]->status != before[i];
			take_outcome(loads, items[i]);
		}
		if (ok)
			note_success(loads);
		else if (!is_stopped(loads))
			note_trouble(loads, true, &err);
	}
	error_clear(&err);
	arena_release(&arena);
	return changed;
}

static bool
is_settled(const EpochLoad *epoch)
{
	for (size_t i = 0; i < epoch->count; i++)
		if (!load_is_final(epoch->items[i].status))
			return false;
	return true;
}

/* Adds its outcomes to the totals: those of the marker that is there, whoever made it. */
static bool
mark_epoch(Loads *loads, EpochLoad *epoch, LoadTotals *totals, Error *err)
{
	LoadRecord *records = mem_alloc(epoch->count * sizeof *records);
	StrBuf text = {0};
	bool ok, clash;

	for (size_t i = 0; i < epoch->count; i++)
	{
		const LoadItem *item = &epoch->items[i];

		records[i] = (LoadRecord){.table = loads->loader->targets[item->target].table,
								  .kind = item->file->kind,
								  .name = item->file->owner,
								  .location = item->file->location,
								  .key = item->file->key,
								  .status = item->status,
								  .rows = item->file->rows,
								  .loaded = item->loaded,
								  .error = item->error};
	}
	load_list_print(records, epoch->count, &text);
	ok = chain_mark_loaded(&loads->chain, epoch->seq, str_view(&text), &clash, err);
	mem_free(records);
	str_free(&text);
	if (ok && clash)
	{
		MarkerReader reader = marker_reader(loads);

		return load_markers_count(&reader, epoch->seq, totals, err);
	}
	for (size_t i = 0; ok && i < epoch->count; i++)
		load_totals_count(&totals[epoch->items[i].target], epoch->items[i].status);
	return ok;
}

/* Of an epoch of which nothing was to be loaded there is no marker. */
static bool
settle_epoch(Loads *loads, EpochLoad *epoch, Error *err)
{
	LoadTotals *totals = NULL;
	bool ok = true;

	if (epoch->count > 0)
		ok = mark_epoch(loads, epoch, load_totals_need(loads->loader, &totals), err);
	if (ok)
	{
		loads->items -= epoch->count;
		drop_owing(loads, epoch->seq, load_totals_need(loads->loader, &totals));
		arena_release(&epoch->arena);
	}
	mem_free(totals);
	return ok;
}

/* Marks what is settled, and forgets it. */
static bool
settle_epochs(Loads *loads)
{
	size_t kept = 0;
	Error err = {0};
	bool ok = true, any = false;

	for (size_t e = 0; e < loads->epoch_count; e++)
	{
		EpochLoad *epoch = &loads->epochs[e];

		if (ok && is_settled(epoch) && (ok = settle_epoch(loads, epoch, &err)))
			any = true;
		else
			loads->epochs[kept++] = *epoch;
	}
	loads->epoch_count = kept;
	if (!ok)
		note_trouble(loads, false, &err);
	return any;
}

static bool
take_steps(Loads *loads)
{
	bool changed;

	if (!loads->listed && !list_earlier(loads))
		return false;
	changed = take_epochs(loads);
	changed = work(loads) || changed;
	return settle_epochs(loads) || changed;
}

static bool
waits_for_loader(const Loads *loads)
{
	for (size_t e = 0; e < loads->epoch_count; e++)
		if (!is_settled(&loads->epochs[e]))
			return true;
	return false;
}

/* True: something has changed. */
static bool
run_round(Loads *loads)
{
	bool changed, stuck, told;

	loads->of_state = false;
	changed = take_steps(loads);
	stuck = loads->of_state && !changed && !waits_for_loader(loads);
	pthread_mutex_lock(&loads->lock);
	loads->stuck = stuck ? loads->stuck + 1 : 0;
	told = loads->stuck == STUCK_ROUNDS;
	pthread_mutex_unlock(&loads->lock);
	if (told)
		workers_nudge(loads->thread);
	return changed;
}

/* Until there is something to do. False: there will not be. */
static bool
await_work(Loads *loads)
{
	bool any;

	pthread_mutex_lock(&loads->lock);
	while (loads->listed && loads->head == loads->count && !atomic_load(&loads->finishing))
		pthread_cond_wait(&loads->changed, &loads->lock);
	any = !loads->listed || loads->head < loads->count;
	pthread_mutex_unlock(&loads->lock);
	return any && !is_stopped(loads);
}

/* Between two rounds. Epochs that come quickly make no round of their own each. */
static void
rest(Loads *loads, int64_t pause)
{
	if (clock_pause(loads->open.clock, PAUSE_FIRST, &loads->finishing) && pause > PAUSE_FIRST)
		(void)clock_pause(loads->open.clock, pause - PAUSE_FIRST, &loads->wake);
}

static bool
load_task(void *context, int worker UNUSED, Error *err UNUSED)
{
	Loads *loads = context;
	int64_t pause = PAUSE_FIRST;

	while (await_work(loads))
	{
		bool last = atomic_load(&loads->finishing);
		bool woken = atomic_exchange(&loads->wake, false);
		bool changed = run_round(loads);

		if (last)
			break;
		pause = changed || woken ? PAUSE_FIRST : Min(2 * pause, PAUSE_LONGEST);
		rest(loads, pause);
	}
	return true;
}

/* ---- for the coordinator ---- */

bool
loads_open(const LoadsOpen *open, Loads **out, Error *err)
{
	Loads *loads = mem_alloc_zero(sizeof *loads);

	loads->open = *open;
	loads->loader = open->loader;
	(void)load_totals_need(loads->loader, &loads->totals);
	loads->sinks = mem_alloc_zero(sizeof *loads->sinks * (size_t)Max(open->sink_count, 1));
	loads->refusals = mem_alloc_zero(sizeof *loads->refusals * (size_t)Max(open->loader->target_count, 1));
	pthread_mutex_init(&loads->lock, NULL);
	pthread_cond_init(&loads->changed, NULL);
	*out = loads;
	return workers_open(1, &loads->thread, err);
}

static bool
begin_task(void *context, int worker UNUSED, Error *err)
{
	Loads *loads = context;

	loads->absent = false;
	return loads->loader->class->begin(loads->loader, &loads->absent, err);
}

bool
loads_begin(Loads *loads, const atomic_bool *stop, Error *err)
{
	Error why = {0};
	bool ok;

	workers_start(loads->thread, begin_task, loads);
	while (!workers_wait(loads->thread, LOOK_EVERY))
		if (stop != NULL && atomic_load(stop))
			atomic_store(&loads->loader->stop, true);
	ok = workers_result(loads->thread, &why);
	if (ok || !loads->absent)
	{
		if (!ok)
			error_move(err, &why);
		return ok;
	}
	tell_error(loads, "objects can't be loaded yet, and are tried later", &why);
	error_clear(&why);
	return true;
}

void
loads_start(Loads *loads, const ManifestChain *chain, uint64_t loaded_upto, const LoadTotals *totals)
{
	load_totals_add(loads->totals, totals, loads->loader->target_count);
	loads->chain = *chain;
	loads->start = loaded_upto;
	loads->last = chain->seq;
	loads->started = loads->running = true;
	workers_start(loads->thread, load_task, loads);
}

bool
loads_are_started(const Loads *loads)
{
	return loads->started;
}

void
loads_add(Loads *loads, uint64_t seq, const PackFile *files, size_t count)
{
	OwingEpoch epoch = {.seq = seq, .counted = true};
	uint64_t items = 0;

	pthread_mutex_lock(&loads->lock);
	for (size_t i = 0; i < count; i++)
	{
		size_t n = count_targets(loads, &files[i]);

		count_pending(loads, &files[i], n);
		items += n;
	}
	if (items > 0)
		push_owing(loads, &epoch);
	pthread_cond_signal(&loads->changed);
	pthread_mutex_unlock(&loads->lock);
	atomic_store(&loads->wake, true);
}

/* Under the lock. */
static uint64_t
upto(const Loads *loads)
{
	if (!loads->listed)
		return loads->start;
	return loads->head < loads->count ? loads->owing[loads->head].seq - 1 : UINT64_MAX;
}

uint64_t
loads_upto(Loads *loads)
{
	uint64_t seq;

	pthread_mutex_lock(&loads->lock);
	seq = upto(loads);
	pthread_mutex_unlock(&loads->lock);
	return seq;
}

uint64_t
loads_read_totals(Loads *loads, LoadTotals *totals)
{
	uint64_t seq;

	pthread_mutex_lock(&loads->lock);
	seq = upto(loads);
	for (int t = 0; t < loads->loader->target_count; t++)
		totals[t] = loads->totals[t];
	pthread_mutex_unlock(&loads->lock);
	return seq;
}

void
loads_counts(Loads *loads, LoadCounts *sinks, LoadCounts *all)
{
	pthread_mutex_lock(&loads->lock);
	for (int k = 0; k < loads->open.sink_count; k++)
		sinks[k] = loads->sinks[k];
	*all = loads->all;
	pthread_mutex_unlock(&loads->lock);
}

/* Nothing is owed, or what is waits for the state alone. */
static bool
is_through(Loads *loads)
{
	bool stuck;

	pthread_mutex_lock(&loads->lock);
	stuck = loads->stuck >= STUCK_ROUNDS;
	pthread_mutex_unlock(&loads->lock);
	return stuck || loads_upto(loads) == UINT64_MAX;
}

bool
loads_wait(Loads *loads, int64_t timeout)
{
	if (!is_through(loads))
		(void)workers_wait(loads->thread, timeout);
	return is_through(loads);
}

void
loads_finish(Loads *loads, int64_t timeout)
{
	if (!loads->running)
		return;
	pthread_mutex_lock(&loads->lock);
	atomic_store(&loads->finishing, true);
	pthread_cond_signal(&loads->changed);
	pthread_mutex_unlock(&loads->lock);
	atomic_store(&loads->wake, true);
	/* A nudge ends a wait, and may be an old one. */
	for (int64_t left = timeout; left > 0 && !workers_wait(loads->thread, Min(left, LOOK_EVERY));)
		left -= LOOK_EVERY;
	atomic_store(&loads->loader->stop, true);
	(void)workers_wait(loads->thread, -1);
	(void)!workers_result(loads->thread, NULL);
	loads->running = false;
}

const char *
loads_failure(const Loads *loads)
{
	return loads->failure;
}

const char *
loads_trouble(const Loads *loads)
{
	return loads->trouble;
}

void
loads_close(Loads *loads)
{
	if (loads == NULL)
		return;
	loads_finish(loads, 0);
	workers_close(loads->thread);
	for (size_t e = 0; e < loads->epoch_count; e++)
		arena_release(&loads->epochs[e].arena);
	for (size_t i = 0; i < loads->trouble_count; i++)
		mem_free(loads->troubles[i].message);
	pthread_cond_destroy(&loads->changed);
	pthread_mutex_destroy(&loads->lock);
	mem_free(loads->epochs);
	mem_free(loads->troubles);
	for (size_t i = loads->head; i < loads->count; i++)
		mem_free(loads->owing[i].settled);
	mem_free(loads->owing);
	mem_free(loads->totals);
	mem_free(loads->refusals);
	mem_free(loads->sinks);
	mem_free(loads->failure);
	mem_free(loads->trouble);
	mem_free(loads);
}
