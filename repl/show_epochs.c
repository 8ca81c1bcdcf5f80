/*
 * show_epochs.c: SHOW EPOCHS and SHOW FILES: the manifests of the session's job, and the objects they made.
 *
 * The idea: one row per manifest (or object) that is kept, the newest last. A manifest carries totals, so
 * what an epoch read is the difference to the one before; of the oldest one nothing is known that it could be
 * compared with, unless it is the job's first.
 */
#include "common/hex.h"
#include "repl/load_view.h"
#include "repl/show.h"
#include "repl/show_state.h"

/* A list being made. */
typedef struct EpochList
{
	const TypeContext *types;
	StateView view;
	Arena arena; /* of the row at hand */
	Result *result;
	LoadView loads; /* SHOW FILES */
	bool sharded;   /* the first column is the shard */
	uint64_t read;  /* in all epochs before; valid when has_read */
	bool has_read;
} EpochList;

static void
add_row(EpochList *list, const char **texts)
{
	texts[0] = arena_printf(&list->arena, "%d", list->view.shard);
	result_add_texts(list->result, list->sharded ? texts : texts + 1);
}

static const char *
number(EpochList *list, uint64_t n)
{
	return arena_printf(&list->arena, "%" PRIu64, n);
}

/* ---- SHOW EPOCHS ---- */

uint64_t
show_messages_read(const Manifest *manifest)
{
	uint64_t read = 0;

	for (int s = 0; s < manifest->scan_count; s++)
		for (int32_t p = 0; p < manifest->scans[s].partition_count; p++)
			read += manifest->scans[s].partitions[p].totals.read;
	return read;
}

const char *
show_offsets(const Manifest *manifest, int shard, int shards, Arena *arena)
{
	StrBuf text = {0};
	const char *copy;

	for (int s = 0; s < manifest->scan_count; s++)
	{
		const ManifestScan *scan = &manifest->scans[s];

		if (scan->partition_count > shard)
			str_appendf(&text, "%s%s=", text.len > 0 ? " " : "", scan->stream);
		for (int32_t p = shard; p < scan->partition_count; p += shards)
			str_appendf(&text, "%s%d:%" PRId64, p > shard ? "," : "", (int)p,
						scan->partitions[p].totals.next_offset);
	}
	copy = arena_strdup(arena, str_cstr(&text));
	str_free(&text);
	return copy;
}

static const char *
watermarks(EpochList *list, const Manifest *manifest)
{
	StrBuf text = {0};
	const char *copy = NULL;

	for (int s = 0; s < manifest->scan_count; s++)
		if (manifest->scans[s].watermark != INT64_MIN)
			str_appendf(&text, "%s%s=%s", text.len > 0 ? ", " : "", manifest->scans[s].stream,
						show_moment(manifest->scans[s].watermark, list->types, &list->arena));
	if (text.len > 0)
		copy = arena_strdup(&list->arena, text.data);
	str_free(&text);
	return copy;
}

/* Figures that can't be had any more are NULL: weir verify says why. */
static bool
count_files(EpochList *list, const Manifest *manifest, const char **rows, const char **bytes, Error *err)
{
	PackFile *files;
	size_t count;
	bool published;
	uint64_t sum_rows = 0, sum_bytes = 0;

	*rows = *bytes = NULL;
	if (!state_view_files(&list->view, manifest, &list->arena, &files, &count, &published, err))
	{
		if (err->state != SQLSTATE_DATA_CORRUPTED)
			return false;
		error_clear(err);
		return true;
	}
	if (count < manifest->file_count)
		return true;
	for (size_t i = 0; i < count; i++)
	{
		sum_rows += files[i].rows;
		sum_bytes += files[i].stored.bytes;
	}
	*rows = number(list, sum_rows);
	*bytes = number(list, sum_bytes);
	return true;
}

static bool
add_epoch(void *context, const Manifest *manifest, Error *err)
{
	static const char *const kinds[] = {
		[MANIFEST_OPEN] = "OPEN", [MANIFEST_COMMIT] = "COMMIT", [MANIFEST_CLOSE] = "CLOSE"};
	EpochList *list = context;
	uint64_t read = show_messages_read(manifest);
	const char *rows, *bytes;

	if (!count_files(list, manifest, &rows, &bytes, err))
		return false;
	{
		const char *texts[] = {
			NULL,
			number(list, manifest->seq),
			kinds[manifest->kind],
			show_moment(manifest->clock, list->types, &list->arena),
			list->has_read ? number(list, read - list->read) : NULL,
			number(list, manifest->file_count),
			rows,
			bytes,
			show_offsets(manifest, list->view.shard, list->view.identity.shards, &list->arena),
			watermarks(list, manifest),
			manifest->writer,
		};

		add_row(list, texts);
	}
	list->read = read;
	list->has_read = true;
	return true;
}

/* ---- SHOW FILES ---- */

static bool
add_files(void *context, const Manifest *manifest, Error *err)
{
	EpochList *list = context;
	PackFile *files;
	size_t count;
	bool published;

	if (!state_view_files(&list->view, manifest, &list->arena, &files, &count, &published, err) ||
		!load_view_take_manifest(&list->loads, &list->view, manifest->seq, &list->arena, err))
		return error_hint(err, "weir verify says what is wrong with the state and what it still knows.");
	for (size_t i = 0; i < count; i++)
	{
		const PackFile *file = &files[i];
		char sha256[HEX_SHA256];

		hex_write(file->sha256, sizeof file->sha256, sha256);
		{
			const char *texts[] = {
				NULL,
				number(list, manifest->seq),
				output_kind_name(file->kind),
				file->owner,
				file->location[0] != '\0' ? file->location : list->view.state->location,
				file->key,
				number(list, file->rows),
				number(list, file->stored.bytes),
				sha256,
				published ? "yes" : "no",
				load_view_status(&list->loads, manifest->seq, file),
			};

			add_row(list, texts);
		}
	}
	return true;
}

/* ---- all manifests ---- */

static bool
add_shard(EpochList *list, ManifestVisitor row, Error *err)
{
	StateView *view = &list->view;

	list->read = 0;
	list->has_read =
		view->count > 0 && view->manifests[0].seq == identity_after(&view->identity, view->shard) + 1;
	return load_view_take_shard(&list->loads, view, err) &&
		   state_view_visit(view, &list->arena, row, list, err);
}

/* names and numbers (columns that are aligned on the right) begin with the shard. */
static bool
show_list(const Session *session, const char *const *names, uint32_t count, const char *numbers,
		  ManifestVisitor row, Result *result, Error *err)
{
	const TypeContext types = session_type_context(session);
	EpochList list = {.types = &types, .result = result};
	StateLook look;
	Arena arena;
	bool ok;

	arena_init(&arena, "show epochs");
	arena_init(&list.arena, "show epochs row");
	load_view_open(session, &list.loads);
	ok = show_look(session, &arena, &look, err);
	if (ok)
	{
		uint32_t skip;

		ok = state_view_open(&look, &list.view, err);
		list.sharded = ok && list.view.identity.shards > 1;
		skip = list.sharded ? 0 : 1;
		result_init_text(result, names + skip, count - skip);
		for (uint32_t f = skip; f < count; f++)
			result->fields[f - skip].right_aligned = numbers[f] == '#';
		for (int shard = 0; ok && shard < list.view.identity.shards; shard++)
			ok = state_view_list(&list.view, shard, err) && add_shard(&list, row, err);
		state_view_close(&list.view);
		if (!ok)
			result_free(result);
	}
	load_view_close(&list.loads);
	arena_release(&list.arena);
	arena_release(&arena);
	return ok;
}

bool
show_epochs(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"shard", "epoch", "kind",    "time",       "read",  "files",
										"rows",  "bytes", "offsets", "watermarks", "writer"};

	return show_list(session, names, lengthof(names), "##  ####   ", add_epoch, result, err);
}

bool
show_files(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"shard", "epoch", "kind",   "name",      "location", "key",
										"rows",  "bytes", "sha256", "published", "load"};

	return show_list(session, names, lengthof(names), "##    ##   ", add_files, result, err);
}
