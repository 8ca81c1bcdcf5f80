/*
 * spill_file.h: room on disk for what does not fit memory.
 *
 * The idea: one temporary file, unlinked as soon as it is made, so that it is gone with the process. Every
 * piece gets a place of its own at the end of the file; a piece that is no longer needed leaves a hole, so
 * the file takes as much disk as the pieces in use. Nothing here is durable, and no lock is needed: threads
 * take places from a counter.
 */
#ifndef WEIR_EXECUTOR_SPILL_FILE_H
#define WEIR_EXECUTOR_SPILL_FILE_H

#include <stdatomic.h>

#include "common/fs.h"

/* A piece; len 0 = none. */
typedef struct SpillPiece
{
	uint64_t offset;
	uint64_t len;
} SpillPiece;

typedef struct SpillFile
{
	const Fs *fs;
	const char *directory;
	const char *other_directory; /* where that one can't be written to; NULL = nowhere */
	atomic_int fd;               /* -1 until the first piece is written */
	atomic_uint_fast64_t next;
} SpillFile;

/* The file will be in TMPDIR, or in /var/tmp (which is on disk where /tmp may be in memory), or else in /tmp.
 */
extern void spill_file_init(SpillFile *file, const Fs *fs);
extern void spill_file_close(SpillFile *file);
/* DISK_FULL, or IO_ERROR. */
extern bool spill_file_write(SpillFile *file, StrView bytes, SpillPiece *piece, Error *err) WARN_UNUSED;
/* Appends the piece's bytes. */
extern bool spill_file_read(SpillFile *file, SpillPiece piece, StrBuf *out, Error *err) WARN_UNUSED;
/* Forgets the piece. */
extern void spill_file_discard(SpillFile *file, SpillPiece *piece);

#endif
