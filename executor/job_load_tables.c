/*
 * job_load_tables.c: the tables that a run loads, as its links tell of them: how many objects of each were
 * loaded, and which were to be loaded into a table that this run does not load any more.
 *
 * The idea: a link lists the loader's targets first, in their order, then the tables that earlier runs loaded
 * for sinks that are still there, so that their figures go on when they are loaded again.
 */
#include "executor/job_run.h"

#include "common/memory.h"

enum
{
	LOOK_AT = 500 /* epochs whose lists are read at a start */
};

static bool
is_same_table(const ManifestLoad *load, const LoadTarget *target)
{
	return load->kind == target->kind && strcmp(load->name, target->name) == 0 &&
		   strcmp(load->table, target->table) == 0;
}

static bool
is_target(const Loader *loader, const ManifestLoad *load)
{
	for (int t = 0; loader != NULL && t < loader->target_count; t++)
		if (is_same_table(load, &loader->targets[t]))
			return true;
	return false;
}

/* ---- what is forgotten ---- */

typedef struct Forgotten
{
	int count;
	const ManifestLoad **loads;
	uint64_t *objects; /* of each */
	bool more;         /* there may be */
} Forgotten;

static void
list_forgotten(JobRun *run, Forgotten *out)
{
	const Manifest *was = &run->record;

	*out = (Forgotten){.loads = ARENA_ARRAY(&run->arena, const ManifestLoad *, was->load_count + 1),
					   .objects = ARENA_ARRAY_ZERO(&run->arena, uint64_t, was->load_count + 1)};
	for (int i = 0; i < was->load_count; i++)
		if (was->loads[i].loading && !is_target(run->open->loader, &was->loads[i]))
			out->loads[out->count++] = &was->loads[i];
}

static bool
count_epoch(JobRun *run, uint64_t seq, Forgotten *forgotten)
{
	Manifest manifest;
	char sha256[HEX_SHA256];
	PackFile *files;
	size_t count;
	bool found;
	Error ignored = {0};
	Arena arena;
	bool ok;

	arena_init(&arena, "forgotten");
	ok = chain_read(&run->chain, seq, &arena, &manifest, sha256, &ignored) &&
		 chain_read_list(&run->chain, &manifest, &arena, &files, &count, &found, &ignored);
	for (size_t f = 0; ok && f < count; f++)
		for (int i = 0; i < forgotten->count; i++)
			forgotten->objects[i] += forgotten->loads[i]->kind == files[f].kind &&
									 strcmp(forgotten->loads[i]->name, files[f].owner) == 0;
	error_clear(&ignored);
	arena_release(&arena);
	return ok;
}

static void
tell_forgotten(JobRun *run, const Forgotten *forgotten)
{
	for (int i = 0; i < forgotten->count; i++)
	{
		const ManifestLoad *load = forgotten->loads[i];
		uint64_t n = forgotten->objects[i];

		if (n == 0 && !forgotten->more)
			continue;
		job_notice(run, "WARNING",
				   "%s%" PRIu64 " object%s of sink \"%s\" %s not known to be loaded into table %s, and this "
				   "run does not load %s\nHINT:  weir verify --snowflake, with the job as it was, shows what "
				   "is missing and prints how to load it.",
				   forgotten->more ? "at least " : "", n, n == 1 ? "" : "s", load->sink,
				   n == 1 ? "is" : "are", load->table, n == 1 ? "it" : "them");
	}
}

bool
job_load_tables_compare(JobRun *run, Error *err)
{
	Forgotten forgotten;
	LoadSeqs owing;
	bool ok;

	list_forgotten(run, &forgotten);
	if (forgotten.count == 0)
		return true;
	ok = load_markers_list(&run->chain, run->record.loaded_upto, run->chain.seq, &owing, NULL, err);
	/* An epoch that can't be read holds up no start. */
	for (size_t i = 0; ok && i < owing.count && !forgotten.more; i++)
		forgotten.more = i == LOOK_AT || !count_epoch(run, owing.items[i], &forgotten);
	if (ok)
		tell_forgotten(run, &forgotten);
	mem_free(owing.items);
	return ok;
}

/* ---- what links say ---- */

static bool
has_sink(const JobRun *run, const char *name)
{
	return manifest_find_sink(&run->record, name) >= 0;
}

void
job_load_tables_begin(JobRun *run)
{
	Manifest *record = &run->record;
	const Loader *loader = run->open->loader;
	int targets = loader != NULL ? loader->target_count : 0;
	ManifestLoad *loads = ARENA_ARRAY_ZERO(&run->arena, ManifestLoad, targets + record->load_count + 1);
	int count = targets;

	for (int t = 0; t < targets; t++)
	{
		const LoadTarget *target = &loader->targets[t];

		loads[t] = (ManifestLoad){
			.sink = target->sink, .kind = target->kind, .name = target->name, .table = target->table};
		for (int i = 0; i < record->load_count; i++)
			if (is_same_table(&record->loads[i], target))
			{
				loads[t].loaded = record->loads[i].loaded;
				loads[t].failed = record->loads[i].failed;
			}
		loads[t].loading = true;
	}
	for (int i = 0; i < record->load_count; i++)
		if (!is_target(loader, &record->loads[i]) && has_sink(run, record->loads[i].sink))
		{
			loads[count] = record->loads[i];
			loads[count++].loading = false;
		}
	record->loads = loads;
	record->load_count = count;
}

void
job_load_tables_start(JobRun *run)
{
	int targets = run->open->loader->target_count;
	LoadTotals *totals = ARENA_ARRAY_ZERO(&run->arena, LoadTotals, targets + 1);

	for (int t = 0; t < targets; t++)
		totals[t] = (LoadTotals){run->record.loads[t].loaded, run->record.loads[t].failed};
	loads_start(run->loads, &run->chain, run->record.loaded_upto, totals);
}

uint64_t
job_load_tables_record(JobRun *run)
{
	int targets = run->open->loader->target_count;
	LoadTotals *totals = mem_alloc((size_t)Max(targets, 1) * sizeof *totals);
	uint64_t upto = loads_read_totals(run->loads, totals);

	for (int t = 0; t < targets; t++)
	{
		run->record.loads[t].loaded = totals[t].loaded;
		run->record.loads[t].failed = totals[t].failed;
	}
	mem_free(totals);
	return upto;
}
