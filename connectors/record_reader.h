/*
 * record_reader.h: a file as a sequence of records: lines, or CSV records, which may span lines.
 *
 * The idea: the file is read in blocks, and records are views into the block they lie in; a record that a
 * block cuts off is moved to the next one. A block lives as long as somebody holds it, so records handed out
 * stay valid without a copy. The file ends where it ended when the reader was opened, however it grows
 * meanwhile.
 *
 * A line's end is LF or CR LF and not part of the record; a last record without it counts. A byte order mark
 * at the start is skipped. Empty lines are no records, except in CSV, where an empty line is a record of one
 * NULL. What is inside a record is not looked at, but for the quotes of CSV.
 */
#ifndef WEIR_CONNECTORS_RECORD_READER_H
#define WEIR_CONNECTORS_RECORD_READER_H

#include "common/error.h"
#include "common/str.h"

typedef enum RecordForm
{
	RECORD_LINES,
	RECORD_CSV
} RecordForm;

/* Bytes of the file; freed when refs becomes 0. Used by one thread at a time. */
typedef struct RecordBlock
{
	uint32_t refs;
	size_t len;
	char data[];
} RecordBlock;

typedef struct RecordReader
{
	int fd;           /* borrowed */
	const char *path; /* for messages; borrowed */
	RecordForm form;
	uint64_t size;   /* where reading ends */
	uint64_t offset; /* of the next byte to read from the file */
	RecordBlock *block;
	size_t position; /* of the next record in block */
} RecordReader;

typedef enum RecordStatus
{
	RECORD_FOUND,
	RECORD_NEXT_BLOCK, /* the record is not whole in this block; call record_reader_advance() */
	RECORD_END
} RecordStatus;

extern void record_reader_open(RecordReader *reader, int fd, const char *path, uint64_t size,
							   RecordForm form);
/* The next record, valid as long as reader->block is held. */
extern RecordStatus record_reader_next(RecordReader *reader, StrView *record);
/* Gives up the block and reads the next one, which begins with the record that was cut off. */
extern bool record_reader_advance(RecordReader *reader, Error *err) WARN_UNUSED;
/* Skips up to n records; *skipped is less than n at the end of the file. */
extern bool record_reader_skip(RecordReader *reader, int64_t n, int64_t *skipped, Error *err) WARN_UNUSED;
extern void record_reader_close(RecordReader *reader);

extern void record_block_release(RecordBlock *block);

#endif
