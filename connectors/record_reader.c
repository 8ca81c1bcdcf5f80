/*
 * record_reader.c: cutting files into records (contract in record_reader.h).
 */
#include "connectors/record_reader.h"

#include <errno.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/memory.h"

enum
{
	BLOCK_SIZE = 1 << 20,
	RECORD_MAX = 1 << 30 /* an unterminated quote must not take all memory */
};

void
record_block_release(RecordBlock *block)
{
	if (block != NULL && --block->refs == 0)
		mem_free(block);
}

void
record_reader_open(RecordReader *reader, int fd, const char *path, uint64_t size, RecordForm form)
{
	*reader = (RecordReader){.fd = fd, .path = path, .form = form, .size = size};
}

void
record_reader_close(RecordReader *reader)
{
	record_block_release(reader->block);
	reader->block = NULL;
}

/* Where the line feed that ends the record is; NULL: not in [p, end). */
static const char *
find_end(const RecordReader *reader, const char *p, const char *end)
{
	bool quoted = false;

	if (reader->form == RECORD_LINES)
		return memchr(p, '\n', (size_t)(end - p));
	for (; p < end; p++)
	{
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\n' && !quoted)
			return p;
	}
	return NULL;
}

RecordStatus
record_reader_next(RecordReader *reader, StrView *record)
{
	RecordBlock *block = reader->block;

	while (block != NULL && reader->position < block->len)
	{
		const char *p = block->data + reader->position;
		const char *end = block->data + block->len;
		const char *stop = find_end(reader, p, end);

		if (stop == NULL && reader->offset < reader->size)
			return RECORD_NEXT_BLOCK;
		reader->position = stop != NULL ? (size_t)(stop + 1 - block->data) : block->len;
		if (stop == NULL)
			stop = end;
		if (stop > p && stop[-1] == '\r')
			stop--;
		*record = (StrView){p, (size_t)(stop - p)};
		if (record->len > 0 || reader->form == RECORD_CSV)
			return RECORD_FOUND;
	}
	return reader->offset < reader->size ? RECORD_NEXT_BLOCK : RECORD_END;
}

static bool
read_fully(RecordReader *reader, char *data, size_t len, Error *err)
{
	while (len > 0)
	{
		ssize_t n = pread(reader->fd, data, len, (off_t)reader->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fs_error(err, -errno, "read file", reader->path);
		if (n == 0)
			return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION,
							 "file \"%s\" became shorter while it was read", reader->path);
		data += n;
		len -= (size_t)n;
		reader->offset += (uint64_t)n;
	}
	return true;
}

bool
record_reader_advance(RecordReader *reader, Error *err)
{
	RecordBlock *old = reader->block;
	size_t tail = old != NULL ? old->len - reader->position : 0;
	size_t more = (size_t)Min(reader->size - reader->offset, (uint64_t)Max(BLOCK_SIZE, tail));
	bool first = reader->offset == 0;
	RecordBlock *block;

	if (tail + more > RECORD_MAX)
		return error_set(err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, NO_POSITION,
						 "a record of file \"%s\" is longer than %d bytes", reader->path, RECORD_MAX) ||
			   error_hint(err, "Look for an unterminated quote.");
	block = mem_alloc(sizeof *block + tail + more);
	*block = (RecordBlock){.refs = 1, .len = tail + more};
	if (tail > 0)
		memcpy(block->data, old->data + reader->position, tail);
	record_block_release(old);
	reader->block = block;
	reader->position = 0;
	if (!read_fully(reader, block->data + tail, more, err))
		return false;
	if (first && block->len >= 3 && memcmp(block->data, "\xef\xbb\xbf", 3) == 0)
		reader->position = 3;
	return true;
}

bool
record_reader_skip(RecordReader *reader, int64_t n, int64_t *skipped, Error *err)
{
	StrView record;

	*skipped = 0;
	while (*skipped < n)
	{
		RecordStatus status = record_reader_next(reader, &record);

		if (status == RECORD_END)
			return true;
		if (status == RECORD_FOUND)
			++*skipped;
		else if (!record_reader_advance(reader, err))
			return false;
	}
	return true;
}
