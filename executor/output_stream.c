/*
 * output_stream.c: gathering, compressing and appending one partition's output (contract in output_stream.h).
 */
#include "executor/output_stream.h"

#include "common/memory.h"

void
output_stream_init(OutputStream *stream, const OutputStreamKey *key, const CompressionClass *compression,
				   size_t chunk_bytes)
{
	char *path = mem_alloc(key->path.len + 1);

	memcpy(path, key->path.data ? key->path.data : "", key->path.len);
	path[key->path.len] = '\0';
	*stream = (OutputStream){.key = *key, .compression = compression, .chunk_bytes = chunk_bytes};
	stream->key.path.data = path;
}

void
output_stream_free(OutputStream *stream)
{
	mem_free((void *)(uintptr_t)stream->key.path.data);
	mem_free(stream->fragments);
	str_free(&stream->chunk);
}

bool
output_stream_rows(OutputStream *stream, uint32_t n, const PackTarget *target, CompressionScratch *scratch,
				   Error *err)
{
	stream->chunk_rows += n;
	if (stream->chunk.len < stream->chunk_bytes)
		return true;
	return output_stream_flush(stream, target, scratch, err);
}

bool
output_stream_flush(OutputStream *stream, const PackTarget *target, CompressionScratch *scratch, Error *err)
{
	Fragment *fragment;

	if (stream->chunk_rows == 0)
		return true;
	mem_grow(&stream->fragments, &stream->fragment_capacity, stream->fragment_count, sizeof(Fragment));
	fragment = &stream->fragments[stream->fragment_count];
	*fragment = (Fragment){.rows = stream->chunk_rows};
	str_clear(&scratch->compressed);
	stream->compression->fragment(stream->chunk.data, stream->chunk.len, &scratch->space,
								  &scratch->compressed, &fragment->sum);
	fragment->len = scratch->compressed.len;
	if (!target->append(target->context, scratch->compressed.data, scratch->compressed.len, &fragment->offset,
						err))
		return false;
	stream->fragment_count++;
	stream->chunk_rows = 0;
	str_clear(&stream->chunk);
	return true;
}

static int
compare_paths(StrView a, StrView b)
{
	int order = memcmp(a.data, b.data, Min(a.len, b.len));

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int
output_stream_compare(const OutputStream *a, const OutputStream *b)
{
	int order;

	if (a->key.kind != b->key.kind)
		return a->key.kind < b->key.kind ? -1 : 1;
	if (a->key.index != b->key.index)
		return a->key.index < b->key.index ? -1 : 1;
	if ((order = compare_paths(a->key.path, b->key.path)) != 0)
		return order;
	if (a->key.scan != b->key.scan)
		return a->key.scan < b->key.scan ? -1 : 1;
	return (a->key.partition > b->key.partition) - (a->key.partition < b->key.partition);
}
