/*
 * fs.c: the operating system's file system behind the Fs table, and the helpers above it.
 *
 * It keeps no state and buffers nothing; what a caller wants durable it syncs itself. Descriptors are opened
 * close-on-exec.
 */
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/memory.h"

enum
{
	COPY_CHUNK = 256 * 1024
};

/* Repeats a system call that a signal interrupted. */
#define RETRY(result, call) \
	do                      \
		(result) = (call);  \
	while ((result) < 0 && errno == EINTR)

static int
system_open(const Fs *fs UNUSED, const char *path, int flags, unsigned mode)
{
	int fd;

	RETRY(fd, open(path, flags | O_CLOEXEC, mode));
	return fd < 0 ? -errno : fd;
}

static int
system_close(const Fs *fs UNUSED, int fd)
{
	/* After EINTR the descriptor is closed on Linux; a retry could close somebody else's. */
	return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static int64_t
system_write(const Fs *fs UNUSED, int fd, const void *data, size_t len)
{
	ssize_t n;

	RETRY(n, write(fd, data, len));
	return n < 0 ? -errno : n;
}

static int64_t
system_pread(const Fs *fs UNUSED, int fd, void *data, size_t len, uint64_t offset)
{
	ssize_t n;

	RETRY(n, pread(fd, data, len, (off_t)offset));
	return n < 0 ? -errno : n;
}

static int64_t
system_pwrite(const Fs *fs UNUSED, int fd, const void *data, size_t len, uint64_t offset)
{
	ssize_t n;

	RETRY(n, pwrite(fd, data, len, (off_t)offset));
	return n < 0 ? -errno : n;
}

/* Best effort: a file system without holes keeps the bytes. */
static void
system_discard(const Fs *fs UNUSED, int fd, uint64_t offset, uint64_t len)
{
	int failed;

	RETRY(failed, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len));
	(void)failed;
}

/* For file systems that can't copy in the kernel. */
static int64_t
copy_through_memory(const Fs *fs, int from, uint64_t offset, int to, uint64_t len)
{
	size_t want = (size_t)Min(len, COPY_CHUNK);
	char *buffer = mem_alloc(want);
	int64_t n = system_pread(fs, from, buffer, want, offset);

	if (n > 0)
	{
		int failed = fs_write_all(fs, to, buffer, (size_t)n);

		if (failed < 0)
			n = failed;
	}
	mem_free(buffer);
	return n;
}

static int64_t
system_copy(const Fs *fs, int from, uint64_t offset, int to, uint64_t len)
{
	off_t position = (off_t)offset;
	ssize_t n;

	RETRY(n, copy_file_range(from, &position, to, NULL, (size_t)Min(len, UINT64_C(1) << 30), 0));
	if (n >= 0)
		return n;
	if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
		return copy_through_memory(fs, from, offset, to, len);
	return -errno;
}

static int
system_sync(const Fs *fs UNUSED, int fd)
{
	int result;

	RETRY(result, fsync(fd));
	return result < 0 ? -errno : 0;
}

static int
system_link(const Fs *fs UNUSED, const char *from, const char *to)
{
	return link(from, to) < 0 ? -errno : 0;
}

static int
system_rename(const Fs *fs UNUSED, const char *from, const char *to)
{
	return rename(from, to) < 0 ? -errno : 0;
}

static int
system_unlink(const Fs *fs UNUSED, const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

static int
system_mkdir(const Fs *fs UNUSED, const char *path, unsigned mode)
{
	return mkdir(path, mode) < 0 ? -errno : 0;
}

static void
fill_stat(FsStat *out, const struct stat *st)
{
	int64_t unix_micros = (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;

	*out = (FsStat){.size = (uint64_t)st->st_size,
					.links = (uint64_t)st->st_nlink,
					.device = (uint64_t)st->st_dev,
					.inode = (uint64_t)st->st_ino,
					.modified = unix_micros - CLOCK_UNIX_EPOCH_OFFSET * 1000000,
					.directory = S_ISDIR(st->st_mode)};
}

static int
system_stat(const Fs *fs UNUSED, const char *path, FsStat *out)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	fill_stat(out, &st);
	return 0;
}

static int
system_fstat(const Fs *fs UNUSED, int fd, FsStat *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	fill_stat(out, &st);
	return 0;
}

static int
system_list(const Fs *fs UNUSED, const char *path, FsVisitor visit, void *context)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int failed;

	if (dir == NULL)
		return -errno;
	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0)
	{
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!visit(context, entry->d_name))
			break;
	}
	failed = entry == NULL ? -errno : 0;
	closedir(dir);
	return failed;
}

static int
system_lock(const Fs *fs UNUSED, int fd)
{
	int result;

	RETRY(result, flock(fd, LOCK_EX | LOCK_NB));
	return result < 0 ? -errno : 0;
}

const Fs system_fs = {
	.open = system_open,
	.close = system_close,
	.write = system_write,
	.pread = system_pread,
	.copy = system_copy,
	.sync = system_sync,
	.link = system_link,
	.rename = system_rename,
	.unlink = system_unlink,
	.mkdir = system_mkdir,
	.stat = system_stat,
	.fstat = system_fstat,
	.list = system_list,
	.lock = system_lock,
	.pwrite = system_pwrite,
	.discard = system_discard,
};

int
fs_write_all(const Fs *fs, int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0)
	{
		int64_t n = fs->write(fs, fd, p, len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fs_read_exactly(const Fs *fs, int fd, void *data, size_t len, uint64_t offset)
{
	char *p = data;

	while (len > 0)
	{
		int64_t n = fs->pread(fs, fd, p, len, offset);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
fs_write_all_at(const Fs *fs, int fd, const void *data, size_t len, uint64_t offset)
{
	const char *p = data;

	while (len > 0)
	{
		int64_t n = fs->pwrite(fs, fd, p, len, offset);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
fs_copy_exactly(const Fs *fs, int from, uint64_t offset, int to, uint64_t len)
{
	while (len > 0)
	{
		int64_t n = fs->copy(fs, from, offset, to, len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EIO;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

int
fs_read_file(const Fs *fs, const char *path, StrBuf *out)
{
	int fd = fs->open(fs, path, O_RDONLY, 0);
	uint64_t offset = 0;
	int64_t n;

	if (fd < 0)
		return fd;
	do
	{
		str_reserve(out, COPY_CHUNK);
		n = fs->pread(fs, fd, out->data + out->len, COPY_CHUNK, offset);
		if (n > 0)
		{
			out->len += (size_t)n;
			offset += (uint64_t)n;
		}
		out->data[out->len] = '\0';
	} while (n > 0);
	fs->close(fs, fd);
	return (int)n;
}

int
fs_sync_directory(const Fs *fs, const char *path)
{
	int fd = fs->open(fs, path, O_RDONLY | O_DIRECTORY, 0);
	int result;

	if (fd < 0)
		return fd;
	result = fs->sync(fs, fd);
	fs->close(fs, fd);
	return result;
}

/* Makes path, whose parent exists, and syncs the parent. */
static int
make_directory(const Fs *fs, const char *path, unsigned mode)
{
	const char *slash = strrchr(path, '/');
	char *parent;
	int result = fs->mkdir(fs, path, mode);

	if (result < 0)
		return result == -EEXIST ? 0 : result;
	if (slash == NULL)
		return fs_sync_directory(fs, ".");
	parent = mem_strdup(path);
	parent[Max(slash - path, 1)] = '\0';
	result = fs_sync_directory(fs, parent);
	mem_free(parent);
	return result;
}

int
fs_make_directories(const Fs *fs, const char *path, unsigned mode)
{
	char *copy;
	FsStat st;
	int result = 0;

	if (fs->stat(fs, path, &st) == 0)
		return st.directory ? 0 : -ENOTDIR;
	copy = mem_strdup(path);
	for (char *p = copy + 1; result == 0 && *p != '\0'; p++)
	{
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		result = make_directory(fs, copy, mode);
		*p = '/';
	}
	if (result == 0 && copy[strlen(copy) - 1] != '/')
		result = make_directory(fs, copy, mode);
	mem_free(copy);
	if (result == 0 && (result = fs->stat(fs, path, &st)) == 0 && !st.directory)
		result = -ENOTDIR;
	return result;
}

bool
fs_error(Error *err, int negative_errno, const char *action, const char *path)
{
	int number = -negative_errno;
	char buffer[128];
	/* glibc's strerror_r may return a constant instead of filling the buffer. */
	const char *text = strerror_r(number, buffer, sizeof buffer);
	SqlStateName state = SQLSTATE_IO_ERROR;

	if (number == ENOSPC || number == EDQUOT)
		state = SQLSTATE_DISK_FULL;
	else if (number == ENOENT)
		state = SQLSTATE_UNDEFINED_FILE;
	error_set(err, state, NO_POSITION, "could not %s \"%s\": %s", action, path, text);
	if (state == SQLSTATE_DISK_FULL)
		error_hint(err, "Check free disk space.");
	return false;
}
