/*
 * reference_tables.c: which version of each reference table an epoch joins with.
 *
 * The idea: a table is read whole at the start and, when it says so, again at a cut; every version that
 * differs goes into the pack of the epoch that first uses it, so that the record always tells what was joined
 * with. A batch run that is being finished goes on with the version it began with.
 */
#include "common/hex.h"
#include "common/memory.h"
#include "executor/job_run.h"
#include "executor/memory_share.h"

static const char *
table_name(const JobRun *run, int table)
{
	return run->plan->tables[table]->table->name;
}

static bool
read_recorded(JobRun *run, int table, Error *err)
{
	const ManifestTable *record = &run->record.tables[table];
	StrBuf bytes = {0};
	bool found = false;
	bool ok =
		run->state->class->get(run->state, record->pack, record->offset, record->len, &bytes, &found, err);

	if (ok && (!found || bytes.len != record->len))
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "table \"%s\" is missing from pack \"%s\"",
					   record->name, record->pack);
	ok = ok && table_read(run->plan->tables[table], str_view(&bytes), &run->table_data[table], err);
	str_free(&bytes);
	return ok;
}

/* Whether the version in memory is the recorded one. */
static bool
is_recorded(const JobRun *run, int table)
{
	char sha256[HEX_SHA256];

	hex_write(table_sha256(run->table_data[table]), 32, sha256);
	return strcmp(sha256, run->record.tables[table].sha256) == 0;
}

/* What the tables take, but one (-1: all of them). */
static size_t
tables_memory(const JobRun *run, int but)
{
	size_t bytes = 0;

	for (int t = 0; t < run->plan->table_count; t++)
		if (t != but && run->table_data[t] != NULL)
			bytes += table_memory(run->table_data[t]);
	return bytes;
}

static bool
load_table(JobRun *run, int table, TableData **out, Error *err)
{
	size_t share = (size_t)run->open->settings->memory_limit / SHARE_TABLES;
	size_t room = share - Min(tables_memory(run, table), share - 1);

	if (table_load(run->plan->tables[table], run->open->context, run->open->clock, run->open->stop, room, out,
				   err))
		return true;
	if (err->context == NULL && err->state != SQLSTATE_QUERY_CANCELED) /* a bad row says more */
		error_context(err, "table \"%s\"", table_name(run, table));
	return false;
}

bool
reference_tables_load(JobRun *run, Error *err)
{
	bool resuming =
		run->state != NULL && run->batch && run->record.batch.number > 0 && !run->record.batch.done;

	for (int t = 0; t < run->plan->table_count; t++)
	{
		bool recorded = resuming && run->record.tables[t].pack[0] != '\0';

		if (recorded ? !read_recorded(run, t, err) : !load_table(run, t, &run->table_data[t], err))
			return false;
		run->tables[t].loaded_at = clock_monotonic(run->open->clock);
		run->tables[t].unsaved = run->state != NULL && !is_recorded(run, t);
	}
	job_state_leave_room(run->job_state, tables_memory(run, -1));
	return true;
}

void
reference_tables_refresh(JobRun *run)
{
	int64_t now = clock_monotonic(run->open->clock);

	for (int t = 0; t < run->plan->table_count && !run->batch; t++)
	{
		int64_t every = run->plan->tables[t]->refresh;
		TableData *fresh;
		Error err = {0};

		if (every == 0 || now - run->tables[t].loaded_at < every)
			continue;
		run->tables[t].loaded_at = now;
		if (!load_table(run, t, &fresh, &err))
		{
			job_notice(run, "WARNING", "table \"%s\" could not be refreshed, its old version stays: %s",
					   table_name(run, t), err.message);
			error_clear(&err);
			continue;
		}
		table_free(run->table_data[t]);
		run->table_data[t] = fresh;
		run->tables[t].unsaved = run->state != NULL && !is_recorded(run, t);
		job_state_leave_room(run->job_state, tables_memory(run, -1));
	}
}

bool
reference_tables_save(JobRun *run, Epoch *epoch, Error *err)
{
	for (int t = 0; t < run->plan->table_count; t++)
	{
		ManifestTable *record = &run->record.tables[t];
		StrBuf bytes = {0};
		bool ok;

		if (!run->tables[t].unsaved)
			continue;
		table_write(run->table_data[t], &bytes);
		record->len = bytes.len;
		record->pack = arena_strdup(&run->arena, epoch->pack_key);
		hex_write(table_sha256(run->table_data[t]), 32, record->sha256);
		ok = run->state->class->pack_append(epoch->pack, str_view(&bytes), &record->offset, err);
		str_free(&bytes);
		if (!ok)
			return false;
		run->tables[t].unsaved = false;
	}
	return true;
}

void
reference_tables_free(JobRun *run)
{
	for (int t = 0; t < run->plan->table_count; t++)
		if (run->table_data[t] != NULL)
			table_free(run->table_data[t]);
}
