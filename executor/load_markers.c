/*
 * load_markers.c: listing and reading loaded markers (contract in load_markers.h).
 */
#include "executor/load_markers.h"

#include "common/memory.h"

LoadTotals *
load_totals_need(const Loader *loader, LoadTotals **totals)
{
	if (*totals == NULL)
		*totals = mem_alloc_zero(sizeof **totals * (size_t)Max(loader->target_count, 1));
	return *totals;
}

/* Invariant: a loaded marker is listed before the marker that the same epoch's objects are out. */
typedef struct Markers
{
	uint64_t after, upto;
	uint64_t loaded; /* the last one with that marker */
	LoadSeqs *owing, *settled;
} Markers;

static bool
note_marker(void *context, const StoreEntry *entry)
{
	Markers *markers = context;
	LoadSeqs *seqs;
	uint64_t seq = chain_key_seq(entry->key);

	if (seq <= markers->after || seq > markers->upto)
		return true;
	if (chain_key_is(entry->key, ".loaded"))
		markers->loaded = seq;
	if (!chain_key_is(entry->key, ".published"))
		return true;
	seqs = markers->loaded == seq ? markers->settled : markers->owing;
	if (seqs == NULL)
		return true;
	mem_grow(&seqs->items, &seqs->capacity, seqs->count, sizeof *seqs->items);
	seqs->items[seqs->count++] = seq;
	return true;
}

bool
load_markers_list(const ManifestChain *chain, uint64_t after, uint64_t upto, LoadSeqs *owing,
				  LoadSeqs *settled, Error *err)
{
	Markers markers = {.after = after, .upto = upto, .owing = owing, .settled = settled};
	StrBuf prefix = {0};
	bool ok;

	*owing = (LoadSeqs){.count = 0};
	if (settled != NULL)
		*settled = (LoadSeqs){.count = 0};
	str_appendf(&prefix, "%sm/", chain->folder);
	ok = chain->store->class->list(chain->store, prefix.data, false, note_marker, &markers, err);
	str_free(&prefix);
	return ok;
}

bool
load_markers_read(const ManifestChain *chain, uint64_t seq, Arena *arena, LoadRecord **records, size_t *count,
				  Error *err)
{
	char *key = chain_manifest_key(chain, seq, ".loaded");
	StrBuf text = {0};
	bool found;
	bool ok = chain->store->class->get(chain->store, key, 0, UINT64_MAX, &text, &found, err);

	*records = NULL;
	*count = 0;
	if (ok && found)
		ok = load_list_parse(str_view(&text), key, arena, records, count, err);
	str_free(&text);
	mem_free(key);
	return ok;
}

static int
find_target(const Loader *loader, const LoadRecord *record)
{
	for (int t = 0; t < loader->target_count; t++)
	{
		const LoadTarget *target = &loader->targets[t];

		if (target->kind == record->kind && strcmp(target->name, record->name) == 0 &&
			strcmp(target->table, record->table) == 0)
			return t;
	}
	return -1;
}

bool
load_markers_damaged(const Error *err)
{
	return err->state == SQLSTATE_DATA_CORRUPTED || err->state == SQLSTATE_INCOMPATIBLE_STATE;
}

bool
load_markers_count(const MarkerReader *reader, uint64_t seq, LoadTotals *totals, Error *err)
{
	LoadRecord *records;
	size_t count;
	Error found = {0};
	Arena arena;
	bool ok;

	arena_init(&arena, "marker");
	ok = load_markers_read(reader->chain, seq, &arena, &records, &count, &found);
	for (size_t i = 0; ok && i < count; i++)
	{
		int target = find_target(reader->loader, &records[i]);

		if (target >= 0)
			load_totals_count(&totals[target], records[i].status);
	}
	arena_release(&arena);
	if (!ok && load_markers_damaged(&found))
		reader->damaged(reader->context, &found);
	else if (!ok)
	{
		error_move(err, &found);
		return false;
	}
	return true;
}

/* ---- what earlier processes have left ---- */

static bool
count_settled(const MarkerReader *reader, const LoadSeqs *settled, EarlierLoads *out, Error *err)
{
	size_t ahead = 0;

	for (size_t i = 0; i < settled->count; i++)
	{
		while (ahead < out->owing.count && out->owing.items[ahead] < settled->items[i])
			ahead++;
		if (atomic_load(&reader->loader->stop))
			return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "loading was stopped");
		if (!load_markers_count(reader, settled->items[i],
								load_totals_need(reader->loader, &out->totals[ahead]), err))
			return false;
	}
	return true;
}

bool
earlier_loads_read(const MarkerReader *reader, uint64_t after, uint64_t upto, EarlierLoads *out, Error *err)
{
	LoadSeqs settled;
	bool ok = load_markers_list(reader->chain, after, upto, &out->owing, &settled, err);

	out->totals = mem_alloc_zero((out->owing.count + 1) * sizeof *out->totals);
	ok = ok && count_settled(reader, &settled, out, err);
	mem_free(settled.items);
	return ok;
}

void
earlier_loads_free(EarlierLoads *earlier)
{
	for (size_t i = 0; i <= earlier->owing.count; i++)
		mem_free(earlier->totals[i]);
	mem_free(earlier->totals);
	mem_free(earlier->owing.items);
}
