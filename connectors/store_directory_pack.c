/*
 * store_directory_pack.c: packs of the directory store, and the sealing of data objects.
 *
 * The idea: output fragments of an epoch arrive in any order and belong to objects that are known only at the
 * cut, so they go to a scratch file without a name that is never synced. At the cut each object is joined,
 * inside the kernel, into a file of its own beside the pack, and synced: the bytes reach the disk once, and
 * publishing is a link(2). State and footer go straight to the pack file. Packs have unique names that
 * nothing refers to before the manifest does, so they are written in place; what a crash leaves behind is
 * removed by clean-up.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "common/memory.h"
#include "connectors/directory_calls.h"

/* Invariant: a descriptor is -1 until the first append to its file. */
typedef struct DirectoryPack
{
	PackWriter base;
	char *key;
	char *path;
	pthread_mutex_t lock; /* of the lengths and write positions */
	int scratch_fd;
	uint64_t scratch_len;
	int pack_fd;
	uint64_t pack_len;
	bool sealed; /* names beside the pack wait for the directory's sync */
} DirectoryPack;

static DirectoryPack *
directory_pack(PackWriter *pack)
{
	return container_of(pack, DirectoryPack, base);
}

bool
directory_pack_begin(ObjectStore *store, const char *key, PackWriter **out, Error *err UNUSED)
{
	DirectoryPack *pack = mem_alloc_zero(sizeof *pack);

	pack->base.store = store;
	pack->key = mem_strdup(key);
	pack->path = directory_path(directory_store(store), key);
	pthread_mutex_init(&pack->lock, NULL);
	pack->scratch_fd = -1;
	pack->pack_fd = -1;
	*out = &pack->base;
	return true;
}

/* A file without a name: made in the temporary directory and unlinked at once. */
static int
open_scratch(DirectoryStore *store)
{
	int failed;
	char *path = directory_temp_path(store, &failed);
	int fd = path ? directory_create(store, path, false) : failed;

	if (fd >= 0 && (failed = directory_remove(store, path)) < 0)
	{
		store->fs->close(store->fs, fd);
		fd = failed;
	}
	mem_free(path);
	return fd;
}

/* Creates a file beside the packs, whose directory is made. */
static int
create_beside(DirectoryStore *store, const char *path, bool data)
{
	char *parent = directory_parent(path);
	int failed = directory_make(store, parent);

	mem_free(parent);
	return failed < 0 ? failed : directory_create(store, path, data);
}

bool
directory_pack_append_output(PackWriter *base, const void *data, size_t len, uint64_t *offset, Error *err)
{
	DirectoryPack *pack = directory_pack(base);
	DirectoryStore *store = directory_store(base->store);
	int failed = 0;

	pthread_mutex_lock(&pack->lock);
	if (pack->scratch_fd < 0)
		failed = pack->scratch_fd = open_scratch(store);
	if (failed >= 0)
		failed = directory_write(store, pack->scratch_fd, data, len);
	*offset = pack->scratch_len;
	if (failed >= 0)
		pack->scratch_len += len;
	pthread_mutex_unlock(&pack->lock);
	return failed >= 0 || fs_error(err, failed, "write a temporary file in", store->temp);
}

bool
directory_pack_read_output(PackWriter *base, uint64_t offset, void *data, size_t len, Error *err)
{
	DirectoryPack *pack = directory_pack(base);
	DirectoryStore *store = directory_store(base->store);
	int failed = fs_read_exactly(store->fs, pack->scratch_fd, data, len, offset);

	return failed == 0 || fs_error(err, failed, "read a temporary file in", store->temp);
}

bool
directory_pack_append(PackWriter *base, StrView bytes, uint64_t *offset, Error *err)
{
	DirectoryPack *pack = directory_pack(base);
	DirectoryStore *store = directory_store(base->store);
	int failed = 0;

	pthread_mutex_lock(&pack->lock);
	if (pack->pack_fd < 0)
		failed = pack->pack_fd = create_beside(store, pack->path, false);
	if (failed >= 0)
		failed = directory_write(store, pack->pack_fd, bytes.data, bytes.len);
	*offset = pack->pack_len;
	if (failed >= 0)
		pack->pack_len += bytes.len;
	pthread_mutex_unlock(&pack->lock);
	return failed >= 0 || fs_error(err, failed, "write file", pack->path);
}

static int
join_ranges(DirectoryPack *pack, DirectoryStore *store, int to, const PackRange *ranges, size_t range_count)
{
	for (size_t i = 0; i < range_count; i++)
	{
		int failed = directory_copy(store, pack->scratch_fd, ranges[i].offset, to, ranges[i].len);

		if (failed < 0)
			return failed;
	}
	return 0;
}

bool
directory_pack_seal(PackWriter *base, uint32_t number, const PackRange *ranges, size_t range_count,
					uint64_t bytes, Arena *arena, StoredBytes *out, Error *err)
{
	DirectoryPack *pack = directory_pack(base);
	DirectoryStore *store = directory_store(base->store);
	PackRange *whole = ARENA_NEW(arena, PackRange);
	int fd, failed;
	char *path;

	out->key = arena_printf(arena, "%s.%" PRIu32, pack->key, number);
	whole->len = bytes;
	out->ranges = whole;
	out->range_count = 1;
	out->bytes = bytes;
	path = directory_path(store, out->key);
	fd = failed = create_beside(store, path, true);
	if (fd >= 0)
	{
		pack->sealed = true;
		failed = join_ranges(pack, store, fd, ranges, range_count);
		if (failed == 0)
			failed = directory_sync(store, fd);
		store->fs->close(store->fs, fd);
	}
	if (failed < 0)
		fs_error(err, failed, "write file", path);
	mem_free(path);
	return failed >= 0;
}

void
directory_pack_discard(PackWriter *base)
{
	DirectoryPack *pack = directory_pack(base);
	const Fs *fs = directory_store(base->store)->fs;

	if (pack->scratch_fd >= 0)
		fs->close(fs, pack->scratch_fd);
	if (pack->pack_fd >= 0)
		fs->close(fs, pack->pack_fd);
	pthread_mutex_destroy(&pack->lock);
	mem_free(pack->key);
	mem_free(pack->path);
	mem_free(pack);
}

bool
directory_pack_finish(PackWriter *base, Error *err)
{
	DirectoryPack *pack = directory_pack(base);
	DirectoryStore *store = directory_store(base->store);
	int failed = 0;

	if (pack->pack_fd >= 0)
		failed = directory_sync(store, pack->pack_fd);
	if (failed == 0 && (pack->pack_fd >= 0 || pack->sealed))
	{
		char *parent = directory_parent(pack->path);

		failed = directory_sync_names(store, parent);
		mem_free(parent);
	}
	if (failed < 0)
		fs_error(err, failed, "fsync file", pack->path);
	directory_pack_discard(base);
	return failed == 0;
}
