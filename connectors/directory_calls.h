/*
 * directory_calls.h: the directory store's own state, and its system calls with their failure points.
 *
 * The idea: every call that changes the file system goes through one of these functions, so that no call
 * escapes the kill tests. They return 0 (or what Fs says) or -errno. Shared by store_directory.c and
 * store_directory_pack.c only.
 */
#ifndef WEIR_CONNECTORS_DIRECTORY_CALLS_H
#define WEIR_CONNECTORS_DIRECTORY_CALLS_H

#include "executor/store.h"

/* Directories whose new names are not durable yet. */
typedef struct DirtyDirectories
{
	char **paths;
	size_t count;
	size_t capacity;
} DirtyDirectories;

typedef struct DirectoryStore
{
	ObjectStore base;
	const Fs *fs;
	FailurePoints *points;
	Random *random;
	char *root;  /* without a '/' at its end */
	char *temp;  /* root/.weir-tmp */
	char *owner; /* prefix of names in temp */
	bool restricted;
	int lock_fd; /* -1 = not locked */
	DirtyDirectories dirty;
} DirectoryStore;

static inline DirectoryStore *
directory_store(ObjectStore *store)
{
	return container_of(store, DirectoryStore, base);
}

extern int directory_make(DirectoryStore *store, const char *path);
/* O_EXCL, for reading and writing; data: as open to others as the umask allows, else as the store is. */
extern int directory_create(DirectoryStore *store, const char *path, bool data);
extern int directory_write(DirectoryStore *store, int fd, const void *data, size_t len);
extern int directory_copy(DirectoryStore *store, int from, uint64_t offset, int to, uint64_t len);
extern int directory_sync(DirectoryStore *store, int fd);
extern int directory_link(DirectoryStore *store, const char *from, const char *to);
extern int directory_rename(DirectoryStore *store, const char *from, const char *to);
extern int directory_sync_names(DirectoryStore *store, const char *path);
extern int directory_remove(DirectoryStore *store, const char *path);

/* Heap text: the file of a key. The directory that a path lies in. */
extern char *directory_path(const DirectoryStore *store, const char *key);
extern char *directory_parent(const char *path);
/* Heap text: a new name in the temporary directory, which is made. NULL when that fails: *failed is -errno.
 */
extern char *directory_temp_path(DirectoryStore *store, int *failed);

/* The pack half of the class table (store_directory_pack.c). */
extern bool directory_pack_begin(ObjectStore *store, const char *key, PackWriter **out, Error *err);
extern bool directory_pack_append_output(PackWriter *pack, const void *data, size_t len, uint64_t *offset,
										 Error *err);
extern bool directory_pack_read_output(PackWriter *pack, uint64_t offset, void *data, size_t len, Error *err);
extern bool directory_pack_append(PackWriter *pack, StrView bytes, uint64_t *offset, Error *err);
extern bool directory_pack_seal(PackWriter *pack, uint32_t number, const PackRange *ranges,
								size_t range_count, uint64_t bytes, Arena *arena, StoredBytes *out,
								Error *err);
extern bool directory_pack_finish(PackWriter *pack, Error *err);
extern void directory_pack_discard(PackWriter *pack);

#endif
