/*
 * job_load_tables.c: the tables that a run loads, as its links tell of them: how many objects of each were
 * loaded.
 *
 * The idea: a link lists the loader's targets first, in their order, then the tables that earlier runs loaded
 * for sinks that are still there, so that their figures go on when they are loaded again.
 */
#include "executor/job_run.h"

#include "common/memory.h"

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
