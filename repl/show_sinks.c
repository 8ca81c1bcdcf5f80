/*
 * show_sinks.c: SHOW SINKS: the sinks of the session, the tables that they are loaded into, and how many
 * objects the job has loaded, if it loads them by itself.
 *
 * The idea: the newest manifest has the figures of each table up to the epoch that owes nothing, and the few
 * markers behind it the rest; there are none without a state, or when somebody else loads. Late rows and dead
 * letters count with the sink whose table takes them.
 */
#include "common/hashmap.h"
#include "repl/load_view.h"
#include "repl/show.h"
#include "repl/show_state.h"

typedef struct SinkLoads
{
	uint64_t loaded, pending, failed;
} SinkLoads;

typedef struct SinkList
{
	LoadView view;
	SinkLoads *counts; /* per load of the view */
	bool counted;
	HashMap ran; /* names of sinks that the state knows */
} SinkList;

/* ---- figures ---- */

/* The load of that table; -1: the session's job does not load it. */
static int
find_load(const LoadView *view, OutputKind kind, const char *name, const char *table)
{
	StrBuf shown = {0};
	int found = -1;

	for (int i = 0; found < 0 && i < view->loads.count; i++)
	{
		const SnowflakeLoad *load = &view->loads.items[i];

		str_clear(&shown);
		snowflake_append_shown_name(&shown, load->table);
		if (load->by_job && load->kind == kind && strcmp(load->owner, name) == 0 &&
			strcmp(str_cstr(&shown), table) == 0)
			found = i;
	}
	str_free(&shown);
	return found;
}

static void
count_totals(SinkList *list)
{
	const LoadView *view = &list->view;

	for (int i = 0; i < view->total_count; i++)
	{
		const ManifestLoad *total = &view->totals[i];
		int load = find_load(view, total->kind, total->name, total->table);

		if (load < 0)
			continue;
		list->counts[load].loaded += total->loaded;
		list->counts[load].failed += total->failed;
	}
}

static void
count_records(SinkList *list)
{
	const LoadView *view = &list->view;

	for (size_t r = 0; r < view->count; r++)
	{
		const LoadRecord *record = &view->records[r];
		int load = find_load(view, record->kind, record->name, record->table);

		if (load < 0)
			continue;
		list->counts[load].loaded += record->status == LOAD_LOADED;
		list->counts[load].failed += record->status != LOAD_LOADED;
	}
}

static bool
count_pending(SinkList *list, StateView *state, uint64_t seq, Arena *arena, Error *err)
{
	const LoadView *view = &list->view;
	Manifest manifest;
	char sha256[HEX_SHA256];
	PackFile *files;
	size_t count;
	bool published;

	if (!state_view_manifest(state, seq, arena, &manifest, sha256, err) ||
		!state_view_files(state, &manifest, arena, &files, &count, &published, err))
		return false;
	for (size_t f = 0; f < count; f++)
		for (int i = 0; i < view->loads.count; i++)
			list->counts[i].pending +=
				view->loads.items[i].by_job && snowflake_load_takes(&view->loads.items[i], &files[f]);
	return true;
}

static bool
count_shard(SinkList *list, StateView *state, Error *err)
{
	Arena arena;
	bool ok = load_view_take_shard(&list->view, state, err);

	arena_init(&arena, "sinks");
	for (int k = 0; k < list->view.sink_count; k++)
		hashmap_add(&list->ran, str_from_cstr(list->view.sinks[k].name));
	if (ok)
		count_totals(list);
	for (size_t m = 0; ok && m < state->count; m++)
	{
		const ViewedManifest *item = &state->manifests[m];

		if (item->seq <= list->view.loaded_upto)
			continue;
		arena_reset(&arena);
		if (item->loaded)
		{
			ok = load_view_take_manifest(&list->view, state, item->seq, &arena, err);
			if (ok)
				count_records(list);
		}
		else if (item->there)
			ok = count_pending(list, state, item->seq, &arena, err);
	}
	arena_release(&arena);
	return ok;
}

/* A job that has not run yet, or has no name, has no figures. */
static bool
count_loads(const Session *session, SinkList *list, Error *err)
{
	StateLook look;
	StateView state;
	Arena arena;
	bool ok;

	arena_init(&arena, "sinks");
	if (!show_look(session, &arena, &look, err))
	{
		error_clear(err);
		arena_release(&arena);
		return true;
	}
	ok = state_view_open(&look, &state, err);
	list->counted = ok;
	for (int shard = 0; ok && shard < state.identity.shards; shard++)
		ok = state_view_list(&state, shard, err) && count_shard(list, &state, err);
	if (!list->counted && err->state == SQLSTATE_UNDEFINED_OBJECT)
	{
		error_clear(err);
		ok = true;
	}
	state_view_close(&state);
	arena_release(&arena);
	return ok;
}

/* ---- rows ---- */

static const char *
number(Arena *arena, uint64_t n)
{
	return arena_printf(arena, "%" PRIu64, n);
}

/* The figures of all tables of a sink. */
static void
add_figures(const SinkList *list, const SinkDef *sink, const char **texts, Arena *arena)
{
	SinkLoads sum = {0};
	bool by_job = false;

	for (int i = 0; i < list->view.loads.count; i++)
	{
		const SnowflakeLoad *load = &list->view.loads.items[i];

		if (strcmp(load->sink->name, sink->name) != 0)
			continue;
		by_job |= load->by_job;
		sum.loaded += list->counts[i].loaded;
		sum.pending += list->counts[i].pending;
		sum.failed += list->counts[i].failed;
		if (load->kind == OUTPUT_DATA)
		{
			StrBuf name = {0};

			snowflake_append_shown_name(&name, load->table);
			texts[0] = arena_strdup(arena, str_cstr(&name));
			texts[1] = snowflake_mode_name(load->mode);
			str_free(&name);
		}
	}
	if (!by_job || !list->counted)
		return;
	texts[2] = number(arena, sum.loaded);
	texts[3] = number(arena, sum.pending);
	texts[4] = number(arena, sum.failed);
}

bool
show_sinks(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"name",   "state",   "snowflake_table", "snowflake_load",
										"loaded", "pending", "failed"};
	const CatalogObject *object;
	SinkList list = {.counted = false};
	int next = 0;
	bool ok;

	load_view_open(session, &list.view);
	list.counts = ARENA_ARRAY_ZERO(&list.view.arena, SinkLoads, list.view.loads.count + 1);
	ok = !list.view.by_job || count_loads(session, &list, err);
	if (ok)
		result_init_text(result, names, lengthof(names));
	for (int f = 4; ok && f < 7; f++)
		result->fields[f].right_aligned = true;
	while (ok && (object = catalog_next(&session->catalog, OBJECT_SINK, &next)) != NULL)
	{
		bool ran = object->sink->started || hashmap_find(&list.ran, str_from_cstr(object->name)) != NULL;
		const char *texts[lengthof(names)] = {object->name, ran ? "was run" : "not run yet"};

		add_figures(&list, object->sink, texts + 2, &list.view.arena);
		result_add_texts(result, texts);
	}
	hashmap_free(&list.ran);
	load_view_close(&list.view);
	return ok;
}
