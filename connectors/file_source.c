/*
 * file_source.c: records of files as messages.
 *
 * The idea: each file is a partition, in the sorted order of their names; a record's offset is its number in
 * the file, from 0, a header not counted. Every file ends for this source where it ended at open: what is
 * appended later is seen by the next start. Standard input ("-"), a pipe or a device is copied to a temporary
 * file first, so that its end is known and it can be read from any offset.
 *
 * A fixture (--input STREAM=FILE) takes the place of the path. It does not watch for new files, and it does
 * not parse records.
 */
#include "connectors/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/memory.h"
#include "connectors/record_reader.h"

enum
{
	STOP_LOOK_MS = 100 /* between two looks at whether to stop */
};

/* Messages that were handed out, and the block they lie in. */
typedef struct FileBatch
{
	RecordBlock *block;
	uint32_t capacity;
	Message messages[];
} FileBatch;

typedef struct FilePartition
{
	char *path;
	int fd;
	uint64_t size;
	int64_t count; /* of records; -1 = not counted yet */
	int64_t next;  /* record that reader stands at */
	RecordReader reader;
	FileBatch *spare;
} FilePartition;

typedef struct FileSource
{
	Source base;
	RecordForm form;
	bool header;
	const atomic_bool *stop;
	int32_t partition_count;
	FilePartition *partitions;
} FileSource;

/* ---- opening ---- */

/* Waits for bytes, or the end, of what is no file. False: it was told to stop. */
static bool
wait_for_input(const FileSource *s, int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	do
	{
		if (s->stop != NULL && *s->stop)
			return false;
	} while (poll(&poller, 1, STOP_LOOK_MS) <= 0);
	return true;
}

static bool
copy_input(const FileSource *s, int from, const char *path, int to, Error *err)
{
	char buffer[1 << 16];

	while (wait_for_input(s, from))
	{
		ssize_t n = read(from, buffer, sizeof buffer);
		int failed;

		if (n == 0)
			return true;
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return fs_error(err, -errno, "read", path);
		failed = fs_write_all(&system_fs, to, buffer, (size_t)n);
		if (failed != 0)
			return fs_error(err, failed, "write", "temporary file");
	}
	return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "canceling statement due to user request");
}

/* Puts a copy without a name in the place of what can't be read from any offset. */
static bool
spool_input(const FileSource *s, const char *path, int *fd, Error *err)
{
	FILE *file = tmpfile();
	int copy = file != NULL ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
	bool ok;

	if (copy < 0)
		fs_error(err, -errno, "create", "temporary file");
	if (file != NULL)
		fclose(file);
	if (copy < 0)
		return false;
	ok = copy_input(s, *fd, path, copy, err);
	close(*fd);
	*fd = copy;
	return ok;
}

static bool
open_partition(FileSource *s, const char *path, FilePartition *p, Error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	struct stat st;

	*p = (FilePartition){.path = mem_strdup(is_input ? "standard input" : path), .count = -1};
	p->fd =
		is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd < 0 || fstat(p->fd, &st) != 0)
		return fs_error(err, -errno, "open file", p->path);
	if (S_ISDIR(st.st_mode))
		return error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, NO_POSITION, "\"%s\" is a directory", path) ||
			   error_hint(err, "Name its files with a pattern, such as '%s/*'.", path);
	/* standard input is read from where it stands, even if it is a file */
	if ((is_input || !S_ISREG(st.st_mode)) &&
		(!spool_input(s, p->path, &p->fd, err) || fstat(p->fd, &st) != 0))
		return false;
	p->size = (uint64_t)st.st_size;
	return true;
}

static bool
open_paths(FileSource *s, char *const *paths, size_t count, Error *err)
{
	s->partitions = mem_alloc_zero(count * sizeof *s->partitions);
	for (size_t i = 0; i < count; i++)
	{
		s->partition_count++;
		if (!open_partition(s, paths[i], &s->partitions[i], err))
			return false;
	}
	return true;
}

static bool
open_pattern(FileSource *s, const char *path, Error *err)
{
	glob_t found;
	int rc = glob(path, GLOB_ERR, NULL, &found);
	bool ok;

	if (rc == GLOB_NOMATCH)
		return error_set(err, SQLSTATE_UNDEFINED_FILE, NO_POSITION, "no file matches \"%s\"", path);
	if (rc != 0)
		return fs_error(err, rc == GLOB_NOSPACE ? -ENOMEM : -errno, "list files of", path);
	ok = open_paths(s, found.gl_pathv, found.gl_pathc, err);
	globfree(&found);
	return ok;
}

static void
file_close(Source *base)
{
	FileSource *s = (FileSource *)base;

	for (int32_t i = 0; i < s->partition_count; i++)
	{
		FilePartition *p = &s->partitions[i];

		record_reader_close(&p->reader);
		if (p->fd >= 0)
			close(p->fd);
		mem_free(p->spare);
		mem_free(p->path);
	}
	mem_free(s->partitions);
	mem_free(s);
}

static bool
file_open(const SourceOpen *open, Source **out, Error *err)
{
	const Options *options = &open->stream->options;
	const ConnectorInfo *format = open->stream->format;
	const char *path = open->fixture != NULL ? open->fixture : options_text(options, "path");
	FileSource *s = mem_alloc_zero(sizeof *s);
	char *single = (char *)(uintptr_t)path;
	bool ok;

	s->base.class = &file_source_class;
	s->form = format != NULL && strcmp(format->name, "csv") == 0 ? RECORD_CSV : RECORD_LINES;
	s->header = options_find(options, "header") != NULL && options_boolean(options, "header");
	s->stop = open->stop;
	/* a file may have such a name */
	if (open->fixture == NULL && strpbrk(path, "*?[") != NULL && access(path, F_OK) != 0)
		ok = open_pattern(s, path, err);
	else
		ok = open_paths(s, &single, 1, err);
	if (!ok)
	{
		file_close(&s->base);
		return false;
	}
	*out = &s->base;
	return true;
}

/* ---- reading ---- */

static bool
file_partition_count(Source *base, int32_t *count, Error *err)
{
	(void)err;
	*count = ((FileSource *)base)->partition_count;
	return true;
}

/* A reader that stands at the first record. */
static bool
open_reader(const FileSource *s, const FilePartition *p, RecordReader *reader, Error *err)
{
	int64_t skipped;

	record_reader_open(reader, p->fd, p->path, p->size, s->form);
	return !s->header || record_reader_skip(reader, 1, &skipped, err);
}

static bool
file_bounds(Source *base, int32_t partition, int64_t *low, int64_t *end, Error *err)
{
	FileSource *s = (FileSource *)base;
	FilePartition *p = &s->partitions[partition];

	if (p->count < 0)
	{
		RecordReader reader;
		int64_t count;
		bool ok = open_reader(s, p, &reader, err) && record_reader_skip(&reader, INT64_MAX, &count, err);

		record_reader_close(&reader);
		if (!ok)
			return false;
		p->count = count;
	}
	*low = 0;
	*end = p->count;
	return true;
}

static bool
file_start_offset(Source *base, int32_t partition, int64_t *offset, Error *err)
{
	(void)base;
	(void)partition;
	(void)err;
	*offset = 0;
	return true;
}

static bool
file_assign(Source *base, int32_t partition, int64_t offset, Error *err)
{
	FileSource *s = (FileSource *)base;
	FilePartition *p = &s->partitions[partition];

	if (!open_reader(s, p, &p->reader, err) || !record_reader_skip(&p->reader, offset, &p->next, err))
		return false;
	if (p->next < offset)
		return error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
						 "file \"%s\" has %" PRId64 " records, but record %" PRId64 " was read already",
						 p->path, p->next, offset - 1) ||
			   error_hint(err, "The file was replaced or cut. Use --accept-gap to go on with what it has.");
	return true;
}

static FileBatch *
take_batch(FilePartition *p, uint32_t max)
{
	FileBatch *batch = p->spare;

	p->spare = NULL;
	if (batch == NULL || batch->capacity < max)
	{
		mem_free(batch);
		batch = mem_alloc(sizeof *batch + max * sizeof *batch->messages);
		batch->capacity = max;
	}
	return batch;
}

static PollStatus
file_poll(Source *base, int32_t partition, uint32_t max, MessageBatch *out, Error *err)
{
	FilePartition *p = &((FileSource *)base)->partitions[partition];
	FileBatch *batch = take_batch(p, max);
	RecordStatus status = RECORD_FOUND;
	StrView record;
	uint32_t n = 0;

	while (n < max && status != RECORD_END)
	{
		status = record_reader_next(&p->reader, &record);
		if (status == RECORD_FOUND)
			batch->messages[n++] = (Message){
				.value = record.data, .value_len = record.len, .offset = p->next++, .timestamp = INT64_MIN};
		else if (n > 0)
			break;
		else if (status == RECORD_NEXT_BLOCK && !record_reader_advance(&p->reader, err))
		{
			p->spare = batch;
			return POLL_FAILED;
		}
	}
	*out = (MessageBatch){.n = n, .messages = batch->messages, .next_offset = p->next};
	if (n == 0)
	{
		p->spare = batch;
		return POLL_END;
	}
	batch->block = p->reader.block;
	batch->block->refs++;
	out->native = batch;
	return POLL_MESSAGES;
}

static void
file_release(Source *base, int32_t partition, MessageBatch *released)
{
	FilePartition *p = &((FileSource *)base)->partitions[partition];
	FileBatch *batch = released->native;

	if (batch == NULL)
		return;
	record_block_release(batch->block);
	mem_free(p->spare);
	p->spare = batch;
	*released = (MessageBatch){0};
}

static bool
file_check(const StreamDef *stream, Error *err)
{
	const Option *header = options_find(&stream->options, "header");
	const Option *refresh = options_find(&stream->options, "refresh");

	if (header != NULL && header->value.boolean &&
		(stream->format == NULL || strcmp(stream->format->name, "csv") != 0))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, header->position,
						 "option \"header\" requires format = 'csv'");
	if (refresh != NULL && refresh->given && !stream->is_table)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, refresh->position,
						 "option \"refresh\" can only be used with tables");
	return true;
}

static const OptionInfo file_options[] = {
	{.name = "path",
	 .type = OPTION_TEXT,
	 .required = true,
	 .help = "file, pattern of files (*, ?, []), or - for standard input"},
	{.name = "header",
	 .type = OPTION_BOOLEAN,
	 .default_text = "false",
	 .help = "whether the first record of each CSV file names the columns and is skipped"},
	{.name = "refresh",
	 .type = OPTION_INTERVAL,
	 .minimum = INT64_C(1000000),
	 .maximum = INT64_MAX,
	 .help = "how often a table is read again; unset: once, at start"},
};

const SourceClass file_source_class = {
	.info =
		{
			.name = "file",
			.kind = CONNECTOR_SOURCE,
			.options = file_options,
			.option_count = lengthof(file_options),
			.bounded = true,
			.check_stream = file_check,
		},
	.open = file_open,
	.partition_count = file_partition_count,
	.bounds = file_bounds,
	.start_offset = file_start_offset,
	.assign = file_assign,
	.poll = file_poll,
	.release = file_release,
	.close = file_close,
};
