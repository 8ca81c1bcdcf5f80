/*
 * store_directory.c: objects as files: create-only by link(2), durable by fsync.
 *
 * The idea: an object is written to a temporary file in .weir-tmp/ of the same directory tree, synced, and
 * linked to its name, which fails when the name exists; then the directory is synced. So a reader never sees
 * half an object and no name is ever overwritten. A data object whose bytes were sealed on the same file
 * system is linked straight from there and never written again; across file systems it is copied, checking
 * its sha256.
 *
 * What it does not do: retry. A failed fsync may have lost data that a second one would not report, so every
 * failure goes up and ends the epoch.
 */
#include "connectors/store_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>

#include "common/memory.h"
#include "connectors/directory_calls.h"
#include "connectors/directory_place.h"

#define TEMP_FOLDER ".weir-tmp"

enum
{
	COPY_BUFFER = 256 * 1024
};

static bool
directory_open(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err)
{
	DirectoryStore *store = mem_alloc_zero(sizeof *store);
	const char *path = directory_path_of(open->location);
	size_t len;
	int failed;

	len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	store->base.class = class;
	store->base.location = mem_strdup(open->location);
	store->fs = open->fs;
	store->points = open->failure_points;
	store->random = open->random;
	store->root = mem_strdup(path);
	store->root[len] = '\0';
	store->temp = directory_path(store, TEMP_FOLDER);
	store->owner = mem_strdup(open->owner);
	store->restricted = open->restricted;
	store->lock_fd = -1;
	*out = &store->base;
	failed = open->read_only ? 0 : directory_make(store, store->root);
	if (failed == 0)
		return true;
	fs_error(err, failed, "create directory", store->root);
	class->close(*out);
	*out = NULL;
	return false;
}

static void
directory_close(ObjectStore *base)
{
	DirectoryStore *store = directory_store(base);

	if (store->lock_fd >= 0)
		store->fs->close(store->fs, store->lock_fd);
	for (size_t i = 0; i < store->dirty.count; i++)
		mem_free(store->dirty.paths[i]);
	mem_free(store->dirty.paths);
	mem_free((char *)base->location);
	mem_free(store->root);
	mem_free(store->temp);
	mem_free(store->owner);
	mem_free(store);
}

/* ---- listing ---- */

typedef struct NameList
{
	char **names;
	size_t count;
	size_t capacity;
} NameList;

static bool
collect_name(void *context, const char *name)
{
	NameList *list = context;

	mem_grow(&list->names, &list->capacity, list->count, sizeof *list->names);
	list->names[list->count++] = mem_strdup(name);
	return true;
}

static void
free_names(NameList *list)
{
	for (size_t i = 0; i < list->count; i++)
		mem_free(list->names[i]);
	mem_free(list->names);
}

/* A listing under way. */
typedef struct Walk
{
	DirectoryStore *store;
	StoreVisitor visit;
	void *context;
	bool recursive;
	bool ended; /* by the visitor */
} Walk;

typedef struct WalkEntry
{
	char *key; /* a folder's ends in '/', so that it sorts as the keys of its objects do */
	FsStat st;
} WalkEntry;

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const WalkEntry *)a)->key, ((const WalkEntry *)b)->key);
}

/* False for what is neither an object nor a folder to walk into, or when *failed is set. */
static bool
look_at(const Walk *walk, const char *prefix, const char *name, WalkEntry *out, int *failed)
{
	StrBuf key = {0};
	char *path;
	bool wanted;

	str_appendf(&key, "%s%s", prefix, name);
	path = directory_path(walk->store, key.data);
	*failed = walk->store->fs->stat(walk->store->fs, path, &out->st);
	mem_free(path);
	wanted = *failed == 0 && (!out->st.directory || (walk->recursive && strcmp(name, TEMP_FOLDER) != 0));
	if (*failed == -ENOENT)
		*failed = 0; /* it went away since its name was read */
	if (wanted && out->st.directory)
		str_append_cstr(&key, "/");
	if (wanted)
		out->key = key.data;
	else
		str_free(&key);
	return wanted;
}

/* 0 or -errno. A folder that is not there is empty. */
static int
list_folder(Walk *walk, const char *prefix)
{
	char *path = directory_path(walk->store, prefix);
	NameList list = {0};
	int failed = walk->store->fs->list(walk->store->fs, path, collect_name, &list);
	WalkEntry *entries = mem_alloc((list.count + 1) * sizeof *entries);
	size_t count = 0;

	if (failed == -ENOENT)
		failed = 0;
	for (size_t i = 0; failed == 0 && i < list.count; i++)
		if (look_at(walk, prefix, list.names[i], &entries[count], &failed))
			count++;
	if (count > 1)
		qsort(entries, count, sizeof *entries, compare_entries);
	for (size_t i = 0; i < count; i++)
	{
		const WalkEntry *entry = &entries[i];

		if (failed == 0 && !walk->ended && entry->st.directory)
			failed = list_folder(walk, entry->key);
		else if (failed == 0 && !walk->ended)
			walk->ended =
				!walk->visit(walk->context, &(StoreEntry){entry->key, entry->st.size, entry->st.modified});
		mem_free(entry->key);
	}
	mem_free(entries);
	free_names(&list);
	mem_free(path);
	return failed;
}

static bool
directory_list(ObjectStore *base, const char *prefix, bool recursive, StoreVisitor visit, void *context,
			   Error *err)
{
	DirectoryStore *store = directory_store(base);
	Walk walk = {.store = store, .visit = visit, .context = context, .recursive = recursive};
	int failed = list_folder(&walk, prefix);
	char *path = directory_path(store, prefix);

	if (failed < 0)
		fs_error(err, failed, "read directory", path);
	mem_free(path);
	return failed == 0;
}

static bool
directory_sweep(ObjectStore *base, Error *err)
{
	DirectoryStore *store = directory_store(base);
	size_t prefix = strlen(store->owner);
	NameList list = {0};
	int failed = store->fs->list(store->fs, store->temp, collect_name, &list);

	for (size_t i = 0; failed == 0 && i < list.count; i++)
	{
		StrBuf path = {0};

		if (strncmp(list.names[i], store->owner, prefix) != 0 || list.names[i][prefix] != '-')
			continue;
		str_appendf(&path, "%s/%s", store->temp, list.names[i]);
		failed = directory_remove(store, path.data);
		str_free(&path);
	}
	free_names(&list);
	if (failed < 0 && failed != -ENOENT)
		return fs_error(err, failed, "remove files from", store->temp);
	return true;
}

/* ---- reading ---- */

static bool
read_range(DirectoryStore *store, const char *path, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
		   Error *err)
{
	const Fs *fs = store->fs;
	int fd = fs->open(fs, path, O_RDONLY, 0);
	FsStat st;
	int failed = fd < 0 ? fd : fs->fstat(fs, fd, &st);

	*found = fd != -ENOENT;
	if (fd == -ENOENT)
		return true;
	if (failed == 0)
	{
		uint64_t available = st.size > offset ? st.size - offset : 0;
		size_t n = (size_t)Min(len, available);

		str_reserve(out, n);
		failed = fs_read_exactly(fs, fd, out->data + out->len, n, offset);
		if (failed == 0)
			out->len += n;
		out->data[out->len] = '\0';
	}
	if (fd >= 0)
		fs->close(fs, fd);
	return failed == 0 || fs_error(err, failed, "read file", path);
}

static bool
directory_get(ObjectStore *base, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
			  Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *path = directory_path(store, key);
	bool ok = read_range(store, path, offset, len, out, found, err);

	mem_free(path);
	return ok;
}

/* ---- creating ---- */

/* A synced temporary file with these bytes; its path, or NULL. */
static char *
write_temp(DirectoryStore *store, StrView bytes, Error *err)
{
	int failed;
	char *path = directory_temp_path(store, &failed);
	int fd = path ? directory_create(store, path, false) : failed;

	if (fd < 0)
	{
		fs_error(err, fd, "create file", path ? path : store->temp);
		mem_free(path);
		return NULL;
	}
	failed = directory_write(store, fd, bytes.data, bytes.len);
	if (failed == 0)
		failed = directory_sync(store, fd);
	store->fs->close(store->fs, fd);
	if (failed == 0)
		return path;
	fs_error(err, failed, "write file", path);
	(void)directory_remove(store, path);
	mem_free(path);
	return NULL;
}

static bool
make_parent(DirectoryStore *store, const char *path, Error *err)
{
	char *parent = directory_parent(path);
	int failed = directory_make(store, parent);

	if (failed < 0)
		fs_error(err, failed, "create directory", parent);
	mem_free(parent);
	return failed == 0;
}

static bool
sync_parent(DirectoryStore *store, const char *path, Error *err)
{
	char *parent = directory_parent(path);
	int failed = directory_sync_names(store, parent);

	if (failed < 0)
		fs_error(err, failed, "fsync directory", parent);
	mem_free(parent);
	return failed == 0;
}

/* link(2): 0, or -EEXIST. A reply that was lost counts by what happened: both names are the same file. */
static int
link_once(DirectoryStore *store, const char *from, const char *to)
{
	int failed = directory_link(store, from, to);
	FsStat a, b;

	if (failed == 0 || failed == -EEXIST)
		return failed;
	if (store->fs->stat(store->fs, from, &a) == 0 && a.links > 1 && store->fs->stat(store->fs, to, &b) == 0 &&
		a.device == b.device && a.inode == b.inode)
		return 0;
	return failed;
}

static bool
compare_bytes(DirectoryStore *store, const char *path, StrView bytes, PutResult *result, Error *err)
{
	StrBuf there = {0};
	bool found;
	bool ok = read_range(store, path, 0, UINT64_MAX, &there, &found, err);

	*result = found && str_equal(str_view(&there), bytes) ? PUT_SAME : PUT_CLASH;
	str_free(&there);
	return ok;
}

/* The locked file still has its name: the directory was not removed, or replaced by another's. */
static bool
check_held(DirectoryStore *store, Error *err)
{
	FsStat st;
	int failed = store->lock_fd >= 0 ? store->fs->fstat(store->fs, store->lock_fd, &st) : 0;

	if (failed < 0)
		return fs_error(err, failed, "read the lock of", store->root);
	if (store->lock_fd < 0 || st.links > 0)
		return true;
	error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "state \"%s\" was removed while it was in use",
			  store->root);
	return error_hint(err, "What was written since its last commit is not in the output.");
}

static bool
directory_put_if_absent(ObjectStore *base, const char *key, StrView bytes, PutResult *result, Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *path = directory_path(store, key);
	char *temp = NULL;
	bool ok = store_check_key(key, err) && check_held(store, err) && make_parent(store, path, err) &&
			  (temp = write_temp(store, bytes, err)) != NULL;

	if (ok)
	{
		int failed = link_once(store, temp, path);
		FsStat there;

		/* Before the lock is held, another start may have swept the file away: then it has made the name. */
		if (failed == -ENOENT && store->fs->stat(store->fs, path, &there) == 0)
			failed = -EEXIST;
		*result = PUT_CREATED;
		if (failed == -EEXIST)
			ok = compare_bytes(store, path, bytes, result, err);
		else if (failed < 0)
			ok = fs_error(err, failed, "create file", path);
		ok = ok && sync_parent(store, path, err);
		/* What is left behind is swept at the next start. */
		(void)directory_remove(store, temp);
	}
	mem_free(temp);
	mem_free(path);
	return ok;
}

static bool
directory_put(ObjectStore *base, const char *key, StrView bytes, Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *path = directory_path(store, key);
	char *temp = NULL;
	bool ok = store_check_key(key, err) && make_parent(store, path, err) &&
			  (temp = write_temp(store, bytes, err)) != NULL;

	if (ok)
	{
		int failed = directory_rename(store, temp, path);

		ok = failed == 0 ? sync_parent(store, path, err) : fs_error(err, failed, "rename file", temp);
	}
	mem_free(temp);
	mem_free(path);
	return ok;
}

static bool
directory_remove_object(ObjectStore *base, const char *key, Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *path = directory_path(store, key);
	int failed = directory_remove(store, path);
	bool ok = failed == 0 || failed == -ENOENT || fs_error(err, failed, "remove file", path);

	mem_free(path);
	return ok;
}

/* ---- safety ---- */

static bool
directory_lock(ObjectStore *base, const char *key, Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *path = directory_path(store, key);
	int fd = store->fs->open(store->fs, path, O_RDWR, 0);
	int failed = fd < 0 ? fd : store->fs->lock(store->fs, fd);

	if (failed == -EWOULDBLOCK)
	{
		error_set(err, SQLSTATE_OBJECT_IN_USE, NO_POSITION, "state \"%s\" is in use by another process",
				  store->root);
		error_hint(
			err, "Stop the other process, give this job another job_name or state_location, or start it with "
				 "--standby to take over when the other is gone.");
	}
	else if (failed < 0)
		fs_error(err, failed, "lock file", path);
	if (failed < 0 && fd >= 0)
		store->fs->close(store->fs, fd);
	if (failed == 0)
		store->lock_fd = fd;
	mem_free(path);
	return failed == 0 && check_held(store, err);
}

static bool
unsafe(DirectoryStore *store, const char *what, Error *err)
{
	error_set(err, SQLSTATE_UNSAFE_STORE, NO_POSITION, "directory \"%s\" %s", store->root, what);
	return error_detail(err, "Without that, rows could be lost or doubled after a crash.");
}

static bool
directory_probe(ObjectStore *base, Error *err)
{
	DirectoryStore *store = directory_store(base);
	char *temp = write_temp(store, STR_LIT("probe\n"), err);
	StrBuf name = {0};
	int first, second;
	bool ok = true;

	if (temp == NULL)
		return false;
	str_appendf(&name, "%s-probe", temp);
	first = link_once(store, temp, name.data);
	second = first == 0 ? store->fs->link(store->fs, temp, name.data) : 0;
	if (first == -EPERM || first == -EOPNOTSUPP || first == -ENOSYS)
		ok = unsafe(store, "is on a file system without hard links", err);
	else if (first < 0)
		ok = fs_error(err, first, "create file", name.data);
	else if (second < 0 && second != -EEXIST)
		ok = fs_error(err, second, "create file", name.data);
	else if (second == 0)
		ok = unsafe(store, "does not refuse to create a name that exists", err);
	(void)directory_remove(store, name.data);
	(void)directory_remove(store, temp);
	str_free(&name);
	mem_free(temp);
	return ok;
}

/* ---- publishing ---- */

static void
mark_dirty(DirectoryStore *store, const char *path)
{
	DirtyDirectories *dirty = &store->dirty;
	char *parent = directory_parent(path);

	for (size_t i = dirty->count; i > 0; i--)
		if (strcmp(dirty->paths[i - 1], parent) == 0)
		{
			mem_free(parent);
			return;
		}
	mem_grow(&dirty->paths, &dirty->capacity, dirty->count, sizeof *dirty->paths);
	dirty->paths[dirty->count++] = parent;
}

static bool
directory_flush(ObjectStore *base, Error *err)
{
	DirectoryStore *store = directory_store(base);
	DirtyDirectories *dirty = &store->dirty;

	while (dirty->count > 0)
	{
		char *path = dirty->paths[dirty->count - 1];
		int failed = directory_sync_names(store, path);

		if (failed < 0)
			return fs_error(err, failed, "fsync directory", path);
		mem_free(path);
		dirty->count--;
	}
	return true;
}

static EVP_MD_CTX *
begin_sha256(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (md == NULL)
		mem_exhausted(0);
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	return md;
}

/* Hashes a file in pieces: 0 or -errno; *size is its length. */
static int
hash_file(const Fs *fs, const char *path, uint8_t *sha256, uint64_t *size)
{
	int fd = fs->open(fs, path, O_RDONLY, 0);
	EVP_MD_CTX *md;
	char *buffer;
	int64_t n;

	if (fd < 0)
		return fd;
	md = begin_sha256();
	buffer = mem_alloc(COPY_BUFFER);
	for (*size = 0; (n = fs->pread(fs, fd, buffer, COPY_BUFFER, *size)) > 0; *size += (uint64_t)n)
		EVP_DigestUpdate(md, buffer, (size_t)n);
	EVP_DigestFinal_ex(md, sha256, NULL);
	EVP_MD_CTX_free(md);
	mem_free(buffer);
	fs->close(fs, fd);
	return (int)n;
}

static bool
compare_object(DirectoryStore *store, const char *path, const StoredBytes *bytes, PutResult *result,
			   Error *err)
{
	uint8_t sha256[32];
	uint64_t size;
	int failed = hash_file(store->fs, path, sha256, &size);

	if (failed < 0)
		return fs_error(err, failed, "read file", path);
	*result =
		size == bytes->bytes && memcmp(sha256, bytes->sha256, sizeof sha256) == 0 ? PUT_SAME : PUT_CLASH;
	return true;
}

/* Writes and hashes what is read. */
typedef struct Copying
{
	DirectoryStore *store;
	int fd;
	EVP_MD_CTX *md;
	uint64_t size;
} Copying;

static bool
copy_bytes(void *context, StrView bytes, Error *err)
{
	Copying *copying = context;
	int failed = directory_write(copying->store, copying->fd, bytes.data, bytes.len);

	EVP_DigestUpdate(copying->md, bytes.data, bytes.len);
	copying->size += bytes.len;
	return failed >= 0 || fs_error(err, failed, "write a temporary file in", copying->store->temp);
}

/* Joins the ranges in the file, and checks that they are what was committed. */
static bool
copy_ranges(DirectoryStore *store, int fd, ObjectStore *from, const StoredBytes *bytes, Error *err)
{
	Copying copying = {.store = store, .fd = fd, .md = begin_sha256()};
	uint8_t sha256[32];
	bool ok = store_read(from, bytes, &(StoreTaker){&copying, copy_bytes}, err);

	EVP_DigestFinal_ex(copying.md, sha256, NULL);
	EVP_MD_CTX_free(copying.md);
	if (!ok || (copying.size == bytes->bytes && memcmp(sha256, bytes->sha256, sizeof sha256) == 0))
		return ok;
	return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					 "stored object \"%s\" in \"%s\" does not match its checksum", bytes->key,
					 from->location);
}

/* A synced temporary file with the joined ranges; its path, or NULL. */
static char *
copy_to_temp(DirectoryStore *store, ObjectStore *from, const StoredBytes *bytes, Error *err)
{
	int failed;
	char *path = directory_temp_path(store, &failed);
	int fd = path ? directory_create(store, path, true) : failed;
	bool ok;

	if (fd < 0)
	{
		fs_error(err, fd, "create file", path ? path : store->temp);
		mem_free(path);
		return NULL;
	}
	ok = copy_ranges(store, fd, from, bytes, err);
	if (ok && (failed = directory_sync(store, fd)) < 0)
		ok = fs_error(err, failed, "fsync file", path);
	store->fs->close(store->fs, fd);
	if (ok)
		return path;
	(void)directory_remove(store, path);
	mem_free(path);
	return NULL;
}

/* The file that is the object, when the other store is a directory too and the ranges are one whole file. */
static char *
whole_file(ObjectStore *from, const StoredBytes *bytes)
{
	DirectoryStore *other = directory_store(from);
	char *path;
	FsStat st;

	if (from->class != &directory_store_class || bytes->range_count != 1 || bytes->ranges[0].offset != 0)
		return NULL;
	path = directory_path(other, bytes->key);
	if (other->fs->stat(other->fs, path, &st) == 0 && st.size == bytes->bytes)
		return path;
	mem_free(path);
	return NULL;
}

static bool
publish_object(DirectoryStore *store, const char *key, ObjectStore *from, const StoredBytes *bytes,
			   PutResult *result, Error *err)
{
	char *path = directory_path(store, key);
	char *source = NULL, *temp = NULL;
	bool ok = store_check_key(key, err) && make_parent(store, path, err);
	int failed = -EXDEV;

	*result = PUT_CREATED;
	if (ok && (source = whole_file(from, bytes)) != NULL)
		failed = link_once(store, source, path);
	if (ok && (failed == -EXDEV || failed == -EPERM || failed == -EMLINK))
	{
		ok = (temp = copy_to_temp(store, from, bytes, err)) != NULL;
		failed = ok ? link_once(store, temp, path) : 0;
		if (ok)
			(void)directory_remove(store, temp);
	}
	if (ok && failed == -EEXIST)
		ok = compare_object(store, path, bytes, result, err);
	else if (ok && failed < 0)
		ok = fs_error(err, failed, "create file", path);
	if (ok)
		mark_dirty(store, path);
	mem_free(source);
	mem_free(temp);
	mem_free(path);
	return ok;
}

static bool
directory_publish(ObjectStore *base, ObjectStore *from, Publication *items, size_t count, Error *err)
{
	DirectoryStore *store = directory_store(base);

	for (size_t i = 0; i < count; i++)
	{
		int struck = failure_before(store->points, FAIL_publish);

		if (struck < 0)
			return fs_error(err, struck, "create", items[i].key);
		if (!publish_object(store, items[i].key, from, items[i].bytes, &items[i].result, err))
			return false;
		if ((struck = failure_after(store->points, FAIL_publish)) < 0)
			return fs_error(err, struck, "create", items[i].key);
	}
	return true;
}

const StoreClass directory_store_class = {
	.info = {.name = "file", .kind = CONNECTOR_STORE, .place = directory_place},
	.open = directory_open,
	.sweep = directory_sweep,
	.probe = directory_probe,
	.lock = directory_lock,
	.put_if_absent = directory_put_if_absent,
	.put = directory_put,
	.get = directory_get,
	.list = directory_list,
	.remove = directory_remove_object,
	.pack_begin = directory_pack_begin,
	.pack_append_output = directory_pack_append_output,
	.pack_read_output = directory_pack_read_output,
	.pack_append = directory_pack_append,
	.pack_seal = directory_pack_seal,
	.pack_finish = directory_pack_finish,
	.pack_discard = directory_pack_discard,
	.publish = directory_publish,
	.flush = directory_flush,
	.close = directory_close,
};
