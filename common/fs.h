/*
 * fs.h: the seam through which state and objects reach the file system.
 *
 * The idea: an Fs is a small function table over the system calls that the commit protocol relies on; tests
 * embed it in a struct of their own and make the n-th call fail. Every function returns 0 (or what it says)
 * on success and -errno on failure; interrupted calls are repeated inside. Nothing is buffered here.
 * fs_error() turns the errno into an Error with PostgreSQL's wording, and a full disk into DISK_FULL.
 */
#ifndef WEIR_COMMON_FS_H
#define WEIR_COMMON_FS_H

#include "common/error.h"
#include "common/str.h"

typedef struct Fs Fs;

typedef struct FsStat
{
	uint64_t size;
	uint64_t links;
	uint64_t device;
	uint64_t inode;
	int64_t modified; /* TIMESTAMPTZ */
	bool directory;
} FsStat;

/* Called for every entry but "." and ".."; false ends the listing. */
typedef bool (*FsVisitor)(void *context, const char *name);

struct Fs
{
	int (*open)(const Fs *fs, const char *path, int flags,
				unsigned mode); /* a descriptor >= 0; O_CLOEXEC is added */
	int (*close)(const Fs *fs, int fd);
	int64_t (*write)(const Fs *fs, int fd, const void *data, size_t len); /* how many bytes, maybe fewer */
	int64_t (*pread)(const Fs *fs, int fd, void *data, size_t len, uint64_t offset); /* 0 = end of file */
	/* Copies up to len bytes from an offset of one file to the write position of another: how many, 0 = end.
	 */
	int64_t (*copy)(const Fs *fs, int from, uint64_t offset, int to, uint64_t len);
	int (*sync)(const Fs *fs, int fd);
	int (*link)(const Fs *fs, const char *from, const char *to);
	int (*rename)(const Fs *fs, const char *from, const char *to);
	int (*unlink)(const Fs *fs, const char *path);
	int (*mkdir)(const Fs *fs, const char *path, unsigned mode);
	int (*stat)(const Fs *fs, const char *path, FsStat *out);
	int (*fstat)(const Fs *fs, int fd, FsStat *out);
	int (*list)(const Fs *fs, const char *path, FsVisitor visit, void *context);
	int (*lock)(const Fs *fs, int fd); /* exclusive, does not wait: -EWOULDBLOCK when another holds it */
	int64_t (*pwrite)(const Fs *fs, int fd, const void *data, size_t len, uint64_t offset); /* as write */
	/* Gives the bytes' room back to the file system if it can: they may read as zeros afterwards. */
	void (*discard)(const Fs *fs, int fd, uint64_t offset, uint64_t len);
};

/* The operating system's file system. */
extern const Fs system_fs;

/* Writes all of it: 0 or -errno. */
extern int fs_write_all(const Fs *fs, int fd, const void *data, size_t len) WARN_UNUSED;
/* Writes all of it at an offset: 0 or -errno. */
extern int fs_write_all_at(const Fs *fs, int fd, const void *data, size_t len, uint64_t offset) WARN_UNUSED;
/* Reads exactly len bytes at an offset: 0 or -errno; -EIO when the file is shorter. */
extern int fs_read_exactly(const Fs *fs, int fd, void *data, size_t len, uint64_t offset) WARN_UNUSED;
/* Copies exactly len bytes: 0 or -errno. */
extern int fs_copy_exactly(const Fs *fs, int from, uint64_t offset, int to, uint64_t len) WARN_UNUSED;
/* Appends a whole file to out: 0 or -errno. */
extern int fs_read_file(const Fs *fs, const char *path, StrBuf *out) WARN_UNUSED;
/* fsync of a directory: makes the names in it durable. */
extern int fs_sync_directory(const Fs *fs, const char *path) WARN_UNUSED;
/* mkdir -p; every directory made is durable in its parent. */
extern int fs_make_directories(const Fs *fs, const char *path, unsigned mode) WARN_UNUSED;

/* could not <action> "<path>": <strerror>. ENOSPC and EDQUOT are DISK_FULL, ENOENT is UNDEFINED_FILE, else
 * IO_ERROR. */
extern bool fs_error(Error *err, int negative_errno, const char *action, const char *path);

#endif
