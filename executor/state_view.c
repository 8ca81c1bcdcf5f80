/*
 * state_view.c: the newest manifest, for looking at (contract in state_view.h).
 */
#include "executor/state_view.h"

#include <errno.h>

#include "executor/chain.h"

/* For FsVisitor: remembers the greatest number. */
static bool
visit(void *context, const char *name)
{
	uint64_t *newest = context;

	if (strstr(name, ".json") != NULL)
		*newest = Max(*newest, chain_key_seq(name));
	return true;
}

bool
state_view_read(const Fs *fs, const char *location, const char *job_name, Arena *arena, Manifest *out,
				Error *err)
{
	const char *folder = arena_printf(arena, "%s/%s/s0/m", location, job_name);
	const char *path;
	uint64_t newest = 0;
	StrBuf text = {0};
	int result;
	bool ok;

	if (strstr(location, "://") != NULL)
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION, "state in \"%s\" cannot be shown",
						 location);
	result = fs->list(fs, folder, visit, &newest);
	if (result == -ENOENT || (result == 0 && newest == 0))
		return error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION,
						 "there is no state of job \"%s\" in \"%s\"", job_name, location);
	if (result != 0)
		return fs_error(err, result, "list directory", folder);
	path = arena_printf(arena, "%s/%016" PRIu64 ".json", folder, newest);
	result = fs_read_file(fs, path, &text);
	ok = result == 0 ? manifest_parse(str_view(&text), path, arena, out, err)
					 : fs_error(err, result, "read", path);
	str_free(&text);
	return ok;
}

int32_t
state_view_holder(const ManifestScan *scan)
{
	int32_t holder = -1;

	for (int32_t p = 0; p < scan->partition_count; p++)
		if (!scan->partitions[p].idle &&
			(holder < 0 || scan->partitions[p].max_time < scan->partitions[holder].max_time))
			holder = p;
	return holder;
}
