/*
 * commit.c: SEAL and COMMIT: the epoch's pack becomes durable, then the manifest makes it true.
 *
 * The idea: nothing that is written before the manifest is visible or referred to, so an attempt may die at
 * any moment and leave only litter under a name of its own. The manifest is one create of one small object:
 * the only commit point.
 */
#include <stdio.h>

#include "common/memory.h"
#include "executor/file_list.h"
#include "executor/job_run.h"

static bool
append_output(void *context, const void *data, size_t len, uint64_t *offset, Error *err)
{
	PackWriter *pack = context;

	return pack->store->class->pack_append_output(pack, data, len, offset, err);
}

static bool
read_output(void *context, uint64_t offset, void *data, size_t len, Error *err)
{
	PackWriter *pack = context;

	return pack->store->class->pack_read_output(pack, offset, data, len, err);
}

bool
epoch_begin_pack(JobRun *run, Epoch *epoch, Error *err)
{
	epoch->pack_key = chain_pack_key(&run->chain);
	if (!run->state->class->pack_begin(run->state, epoch->pack_key, &epoch->pack, err))
		return false;
	epoch->target = (PackTarget){.context = epoch->pack, .append = append_output, .read = read_output};
	outputs_begin(run->outputs, &epoch->target);
	return true;
}

/* ---- sealing ---- */

static bool
seal_file(JobRun *run, Epoch *epoch, uint32_t number, Error *err)
{
	const OutputFile *file = &epoch->files.files[number];
	PackFile *out = &epoch->footer.files[number];
	const Options *options;

	out->kind = file->kind;
	out->owner = file->kind == OUTPUT_DEAD ? run->plan->scans[file->index]->stream->name
										   : run->plan->sinks[file->index]->name;
	out->location = location_of_output(run->plan, file->kind, file->index, &options);
	out->key = file->key;
	out->rows = file->rows;
	memcpy(out->sha256, file->sha256, sizeof out->sha256);
	if (!run->state->class->pack_seal(epoch->pack, number, file->ranges, file->range_count, file->bytes,
									  &epoch->arena, &out->stored, err))
		return false;
	out->stored.sha256 = out->sha256;
	return true;
}

static bool
seal_files(JobRun *run, Epoch *epoch, Error *err)
{
	PackFooter *footer = &epoch->footer;

	footer->file_count = epoch->files.count;
	footer->files = ARENA_ARRAY_ZERO(&epoch->arena, PackFile, epoch->files.count + 1);
	for (size_t i = 0; i < epoch->files.count; i++)
		if (!seal_file(run, epoch, (uint32_t)i, err))
			return false;
	return true;
}

bool
footer_write(JobRun *run, PackWriter *pack, const char *pack_key, const PackFooter *footer, Error *err)
{
	StrBuf bytes = {0};
	bool ok;

	pack_footer_print(footer, &bytes);
	ok = run->state->class->pack_append(pack, str_view(&bytes), &run->record.footer_offset, err);
	run->record.footer_len = bytes.len;
	manifest_hex_sha256(str_view(&bytes), run->record.footer_sha256);
	snprintf(run->footer_pack, sizeof run->footer_pack, "%s", pack_key);
	run->record.footer_pack = run->footer_pack;
	str_free(&bytes);
	return ok;
}

static bool
write_epoch_footer(JobRun *run, Epoch *epoch, Error *err)
{
	PackFooter *footer = &epoch->footer;

	footer->sink_count = run->plan->sink_count;
	footer->sink_names = ARENA_ARRAY(&epoch->arena, const char *, footer->sink_count + 1);
	for (int k = 0; k < footer->sink_count; k++)
		footer->sink_names[k] = run->plan->sinks[k]->name;
	footer->map = epoch->map;
	return footer_write(run, epoch->pack, epoch->pack_key, footer, err);
}

static bool
finish_pack(JobRun *run, Epoch *epoch, Error *err)
{
	FailurePoints *points = run->chain.failure_points;
	PackWriter *pack = epoch->pack;
	int struck = failure_before(points, FAIL_seal);

	if (struck < 0)
		return fs_error(err, struck, "seal", epoch->pack_key);
	epoch->pack = NULL;
	if (!run->state->class->pack_finish(pack, err))
		return false;
	struck = failure_after(points, FAIL_seal);
	return struck == 0 || fs_error(err, struck, "seal", epoch->pack_key);
}

static bool
has_unsaved_table(const JobRun *run)
{
	for (int t = 0; t < run->plan->table_count; t++)
		if (run->tables[t].unsaved)
			return true;
	return false;
}

static void
record_files(JobRun *run, const PackFooter *footer)
{
	StrBuf list = {0};

	file_list_print(footer->files, footer->file_count, &list);
	manifest_hex_sha256(str_view(&list), run->record.files_sha256);
	str_free(&list);
}

bool
epoch_seal(JobRun *run, Epoch *epoch, Error *err)
{
	job_advance(run, EVENT_FROZEN);
	protocol_check(&run->protocol, DEED_SEAL_PACK);
	run->record.file_count = epoch->files.count;
	/* An epoch that only moved on in the input keeps the footer of the one before. */
	if (epoch->files.count == 0 && epoch->change_count == 0 && !has_unsaved_table(run))
		return true;
	if (!reference_tables_save(run, epoch, err) || !seal_files(run, epoch, err))
		return false;
	record_files(run, &epoch->footer);
	return write_epoch_footer(run, epoch, err) && finish_pack(run, epoch, err);
}

/* ---- committing ---- */

static void
count_written(JobRun *run, const Epoch *epoch)
{
	for (size_t i = 0; i < epoch->files.count; i++)
	{
		const OutputFile *file = &epoch->files.files[i];

		if (file->kind != OUTPUT_DATA)
			continue;
		run->written[file->index].files++;
		run->written[file->index].rows += file->rows;
		run->written[file->index].bytes += file->bytes;
	}
}

bool
epoch_commit(JobRun *run, Epoch *epoch, Error *err)
{
	Manifest *record = &run->record;

	job_advance(run, EVENT_DURABLE);
	record->kind = MANIFEST_COMMIT;
	record->now = epoch->start.now;
	if (run->batch)
		record->batch.done = epoch->ending;
	if (!chain_prove(&run->chain, err) || !job_append(run, FAIL_commit, err))
		return false;
	run->clock = record->clock;
	state_map_release(&run->map);
	run->map = epoch->map;
	epoch->has_map = false;
	count_written(run, epoch);
	return true;
}
