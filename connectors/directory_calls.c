/*
 * directory_calls.c: system calls of the directory store, each between its two failure points.
 */
#include "connectors/directory_calls.h"

#include <errno.h>
#include <fcntl.h>

#include "common/memory.h"

/*
 * Makes the call unless the point ahead of it strikes; a strike behind it makes a call that succeeded look
 * failed.
 */
#define CALL(store, point, call)                                     \
	do                                                               \
	{                                                                \
		int result_ = failure_before((store)->points, FAIL_##point); \
		int struck_;                                                 \
		if (result_ < 0)                                             \
			return result_;                                          \
		result_ = (call);                                            \
		struck_ = failure_after((store)->points, FAIL_##point);      \
		return result_ >= 0 && struck_ < 0 ? struck_ : result_;      \
	} while (0)

int
directory_make(DirectoryStore *store, const char *path)
{
	FsStat st;

	if (store->fs->stat(store->fs, path, &st) == 0 && st.directory)
		return 0;
	CALL(store, directory_make, fs_make_directories(store->fs, path, store->restricted ? 0700 : 0777));
}

int
directory_create(DirectoryStore *store, const char *path, bool data)
{
	const Fs *fs = store->fs;
	unsigned mode = store->restricted && !data ? 0600 : 0666;
	int failed = failure_before(store->points, FAIL_directory_create);
	int fd = failed < 0 ? failed : fs->open(fs, path, O_RDWR | O_CREAT | O_EXCL, mode);

	if (fd < 0)
		return fd;
	failed = failure_after(store->points, FAIL_directory_create);
	if (failed == 0)
		return fd;
	fs->close(fs, fd);
	return failed;
}

int
directory_write(DirectoryStore *store, int fd, const void *data, size_t len)
{
	CALL(store, directory_write, fs_write_all(store->fs, fd, data, len));
}

int
directory_copy(DirectoryStore *store, int from, uint64_t offset, int to, uint64_t len)
{
	CALL(store, directory_copy, fs_copy_exactly(store->fs, from, offset, to, len));
}

int
directory_sync(DirectoryStore *store, int fd)
{
	CALL(store, directory_sync, store->fs->sync(store->fs, fd));
}

int
directory_link(DirectoryStore *store, const char *from, const char *to)
{
	CALL(store, directory_link, store->fs->link(store->fs, from, to));
}

int
directory_rename(DirectoryStore *store, const char *from, const char *to)
{
	CALL(store, directory_link, store->fs->rename(store->fs, from, to));
}

int
directory_sync_names(DirectoryStore *store, const char *path)
{
	CALL(store, directory_sync_names, fs_sync_directory(store->fs, path));
}

int
directory_remove(DirectoryStore *store, const char *path)
{
	CALL(store, directory_remove, store->fs->unlink(store->fs, path));
}

char *
directory_path(const DirectoryStore *store, const char *key)
{
	StrBuf path = {0};

	str_appendf(&path, "%s/%s", store->root, key);
	return path.data;
}

char *
directory_parent(const char *path)
{
	char *parent = mem_strdup(path);
	char *slash = strrchr(parent, '/');

	assert(slash != NULL);
	slash[slash == parent] = '\0';
	return parent;
}

char *
directory_temp_path(DirectoryStore *store, int *failed)
{
	uint8_t unique[8];
	StrBuf path = {0};

	*failed = directory_make(store, store->temp);
	if (*failed < 0)
		return NULL;
	random_fill(store->random, unique, sizeof unique);
	str_appendf(&path, "%s/%s-", store->temp, store->owner);
	str_append_hex(&path, unique, sizeof unique);
	return path.data;
}
