/*
 * spill_file.c: the temporary file for what does not fit memory (contract in spill_file.h).
 */
#include "executor/spill_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/memory.h"

enum
{
	PAGE = 4096, /* places begin on pages, so that holes can be made */
	MAX_NAMES = 1000
};

void
spill_file_init(SpillFile *file, const Fs *fs)
{
	const char *directory = getenv("TMPDIR");
	bool given = directory != NULL && directory[0] != '\0';

	*file = (SpillFile){
		.fs = fs, .directory = given ? directory : "/var/tmp", .other_directory = given ? NULL : "/tmp"};
	atomic_init(&file->fd, -1);
	atomic_init(&file->next, 0);
}

void
spill_file_close(SpillFile *file)
{
	int fd = atomic_exchange(&file->fd, -1);

	if (fd >= 0)
		(void)file->fs->close(file->fs, fd);
}

/* A new file without a name; a negative errno when that fails. */
static int
make_file_in(const SpillFile *file, const char *directory)
{
	int fd = -EEXIST;

	for (int n = 0; fd == -EEXIST && n < MAX_NAMES; n++)
	{
		StrBuf path = {0};

		str_appendf(&path, "%s/weir-spill-%ld-%d", directory, (long)getpid(), n);
		fd = file->fs->open(file->fs, str_cstr(&path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd >= 0)
			(void)file->fs->unlink(file->fs, str_cstr(&path));
		str_free(&path);
	}
	return fd;
}

/* Where it is wanted, or where else it may be; what is said of a failure is of the first. */
static int
make_file(const SpillFile *file)
{
	int fd = make_file_in(file, file->directory), other;

	if (fd >= 0 || file->other_directory == NULL)
		return fd;
	other = make_file_in(file, file->other_directory);
	return other >= 0 ? other : fd;
}

/* The descriptor; the first threads to ask may make a file each, of which one stays. */
static int
open_file(SpillFile *file)
{
	int fd = atomic_load(&file->fd), none = -1;

	if (fd >= 0)
		return fd;
	fd = make_file(file);
	if (fd < 0 || atomic_compare_exchange_strong(&file->fd, &none, fd))
		return fd;
	(void)file->fs->close(file->fs, fd);
	return none; /* another thread's, by now */
}

bool
spill_file_write(SpillFile *file, StrView bytes, SpillPiece *piece, Error *err)
{
	uint64_t room = (bytes.len + PAGE - 1) / PAGE * PAGE;
	int fd = open_file(file), failed = fd;

	if (fd >= 0)
	{
		*piece = (SpillPiece){atomic_fetch_add(&file->next, room), bytes.len};
		failed = fs_write_all_at(file->fs, fd, bytes.data, bytes.len, piece->offset);
	}
	if (failed >= 0)
		return true;
	*piece = (SpillPiece){0};
	return fs_error(err, failed, "spill to", file->directory);
}

bool
spill_file_read(SpillFile *file, SpillPiece piece, StrBuf *out, Error *err)
{
	int failed;

	str_reserve(out, piece.len);
	failed = fs_read_exactly(file->fs, atomic_load(&file->fd), out->data + out->len, (size_t)piece.len,
							 piece.offset);
	if (failed < 0)
		return fs_error(err, failed, "read what was spilled to", file->directory);
	out->len += piece.len;
	out->data[out->len] = '\0';
	return true;
}

void
spill_file_discard(SpillFile *file, SpillPiece *piece)
{
	if (piece->len > 0)
		file->fs->discard(file->fs, atomic_load(&file->fd), piece->offset,
						  (piece->len + PAGE - 1) / PAGE * PAGE);
	*piece = (SpillPiece){0};
}
