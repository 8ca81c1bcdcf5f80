/*
 * output_join.c: joining fragments into objects (contract in output_join.h).
 */
#include "executor/output_join.h"

#include <openssl/evp.h>

#include "common/memory.h"
#include "executor/output_path.h"

/* One call of output_join(). */
typedef struct Join
{
	const OutputNaming *naming;
	RowEncoder *const *encoders;
	uint64_t epoch;
	const PackTarget *target;
	Arena *arena;
	OutputFile *files;
	size_t file_count;
	size_t file_capacity;
	/* The object at hand. */
	const OutputStream *first; /* of its streams */
	OutputFile file;
	PackRange *ranges;
	size_t range_capacity;
	Checksum sum;
	int number; /* of the next object of this kind and index */
	Error *err;
} Join;

static void
add_range(Join *join, uint64_t offset, uint64_t len)
{
	OutputFile *file = &join->file;
	PackRange *last = file->range_count > 0 ? &join->ranges[file->range_count - 1] : NULL;

	file->bytes += len;
	if (last != NULL && last->offset + last->len == offset)
	{
		last->len += len;
		return;
	}
	mem_grow(&join->ranges, &join->range_capacity, file->range_count, sizeof(PackRange));
	join->ranges[file->range_count++] = (PackRange){offset, len};
}

static bool
append_bytes(Join *join, const StrBuf *bytes)
{
	uint64_t offset;

	if (bytes->len == 0)
		return true;
	if (!join->target->append(join->target->context, bytes->data, bytes->len, &offset, join->err))
		return false;
	add_range(join, offset, bytes->len);
	return true;
}

static void
append_header(Join *join, StrBuf *bytes)
{
	RowEncoder *encoder;
	CompressionSpace space = {0};
	StrBuf header = {0};
	Checksum sum;

	if (join->first->key.kind != OUTPUT_DATA)
		return;
	encoder = join->encoders[join->first->key.index];
	encoder->class->begin(encoder, &header);
	if (header.len > 0)
	{
		join->first->compression->fragment(header.data, header.len, &space, bytes, &sum);
		join->sum = checksum_join(join->sum, sum);
	}
	compression_space_free(&space);
	str_free(&header);
}

static bool
begin_file(Join *join, const OutputStream *stream)
{
	StrBuf bytes = {0};
	bool ok;

	join->first = stream;
	join->file = (OutputFile){.kind = stream->key.kind, .index = stream->key.index};
	join->sum = (Checksum){0};
	stream->compression->prologue(&bytes);
	append_header(join, &bytes);
	ok = append_bytes(join, &bytes);
	str_free(&bytes);
	return ok;
}

/* ---- names ---- */

static const char *
file_extension(const Join *join)
{
	const OutputStreamKey *key = &join->first->key;

	if (key->kind != OUTPUT_DATA)
		return "jsonl";
	return join->encoders[key->index]->class->extension;
}

static const char *
owner_name(const Join *join)
{
	const OutputStreamKey *key = &join->first->key;
	const JobPlan *plan = join->naming->plan;

	return key->kind == OUTPUT_DEAD ? plan->scans[key->index]->stream->name : plan->sinks[key->index]->name;
}

static void
append_folder(const Join *join, StrBuf *key)
{
	const OutputStreamKey *stream = &join->first->key;

	if (stream->kind == OUTPUT_DATA)
	{
		int revision = join->naming->revisions ? join->naming->revisions[stream->index] : 1;

		if (revision > 1)
			str_appendf(key, "r%d/", revision);
		str_append_view(key, stream->path);
		return;
	}
	output_path_append_letters(key, stream->kind == OUTPUT_LATE, str_from_cstr(owner_name(join)));
}

static const char *
make_key(Join *join)
{
	StrBuf key = {0};
	const char *copy;

	append_folder(join, &key);
	output_path_encode(&key, str_from_cstr(join->naming->job_name));
	str_appendf(&key, "-%s-", join->naming->job_uuid8);
	output_path_encode(&key, str_from_cstr(owner_name(join)));
	str_appendf(&key, "-s%de%08" PRIu64 "-%04d.%s%s", join->naming->shard, join->epoch, join->number++,
				file_extension(join), join->first->compression->extension);
	copy = arena_strndup(join->arena, key.data, key.len);
	str_free(&key);
	return copy;
}

/* ---- the end of an object ---- */

static bool
hash_range(const PackTarget *target, EVP_MD_CTX *md, PackRange range, char *buffer, size_t size, Error *err)
{
	while (range.len > 0)
	{
		size_t n = Min(range.len, (uint64_t)size);

		if (!target->read(target->context, range.offset, buffer, n, err))
			return false;
		EVP_DigestUpdate(md, buffer, n);
		range.offset += n;
		range.len -= n;
	}
	return true;
}

bool
output_hash(const PackTarget *target, OutputFile *file, Error *err)
{
	enum
	{
		BUFFER = 256 * 1024
	};
	char *buffer = mem_alloc(BUFFER);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = true;

	if (md == NULL)
		mem_exhausted(0);
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (size_t i = 0; ok && i < file->range_count; i++)
		ok = hash_range(target, md, file->ranges[i], buffer, BUFFER, err);
	EVP_DigestFinal_ex(md, file->sha256, NULL);
	EVP_MD_CTX_free(md);
	mem_free(buffer);
	return ok;
}

static bool
end_file(Join *join)
{
	StrBuf bytes = {0};
	OutputFile *file = &join->file;
	bool ok;

	if (join->first == NULL)
		return true;
	join->first->compression->epilogue(&join->sum, &bytes);
	ok = append_bytes(join, &bytes);
	str_free(&bytes);
	if (!ok)
		return false;
	file->key = make_key(join);
	file->ranges = ARENA_ARRAY(join->arena, PackRange, file->range_count);
	memcpy(file->ranges, join->ranges, file->range_count * sizeof(PackRange));
	mem_grow(&join->files, &join->file_capacity, join->file_count, sizeof(OutputFile));
	join->files[join->file_count++] = *file;
	join->first = NULL;
	return true;
}

static bool
same_owner(const OutputStream *a, const OutputStream *b)
{
	return a->key.kind == b->key.kind && a->key.index == b->key.index;
}

static uint64_t
size_limit(const Join *join, const OutputStream *stream)
{
	if (stream->key.kind != OUTPUT_DATA)
		return UINT64_MAX;
	return (uint64_t)options_integer(&join->naming->plan->sinks[stream->key.index]->options, "max_file_size",
									 INT64_MAX);
}

static bool
add_stream(Join *join, const OutputStream *stream, uint64_t limit)
{
	for (const Fragment *fragment = stream->first; fragment != NULL; fragment = fragment->next)
	{
		if (join->first != NULL && join->file.rows > 0 &&
			join->file.bytes + fragment->len + stream->compression->epilogue_bytes > limit && !end_file(join))
			return false;
		if (join->first == NULL && !begin_file(join, stream))
			return false;
		add_range(join, fragment->offset, fragment->len);
		join->file.rows += fragment->rows;
		join->sum = checksum_join(join->sum, fragment->sum);
	}
	return true;
}

bool
output_join(const OutputNaming *naming, RowEncoder *const *encoders, OutputStream *const *streams,
			size_t stream_count, uint64_t epoch, const PackTarget *target, Arena *arena, OutputFileList *list,
			Error *err)
{
	Join join = {
		.naming = naming, .encoders = encoders, .epoch = epoch, .target = target, .arena = arena, .err = err};
	bool ok = true;

	for (size_t i = 0; ok && i < stream_count; i++)
	{
		const OutputStream *before = i > 0 ? streams[i - 1] : NULL;

		if (before != NULL &&
			(!same_owner(before, streams[i]) || !str_equal(before->key.path, streams[i]->key.path)))
			ok = end_file(&join);
		if (before != NULL && !same_owner(before, streams[i]))
			join.number = 0;
		ok = ok && add_stream(&join, streams[i], size_limit(&join, streams[i]));
	}
	ok = ok && end_file(&join);
	*list =
		(OutputFileList){.count = join.file_count, .files = ARENA_ARRAY(arena, OutputFile, join.file_count)};
	if (join.file_count > 0)
		memcpy(list->files, join.files, join.file_count * sizeof(OutputFile));
	mem_free(join.files);
	mem_free(join.ranges);
	return ok;
}
