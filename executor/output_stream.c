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
	stream->last = &stream->first;
}

void
output_stream_free(OutputStream *stream)
{
	while (stream->first != NULL)
	{
		Fragment *fragment = stream->first;

		stream->first = fragment->next;
		mem_free(fragment);
	}
	mem_free((void *)(uintptr_t)stream->key.path.data);
	mem_free(stream->pieces);
	str_free(&stream->chunk);
}

bool
output_stream_rows(OutputStream *stream, uint32_t n, const FlushContext *context, Error *err)
{
	stream->chunk_rows += n;
	return stream->chunk.len < output_stream_enough(stream) || output_stream_flush(stream, context, err);
}

void
output_stream_spilled(OutputStream *stream, SpillPiece piece)
{
	mem_grow(&stream->pieces, &stream->piece_capacity, stream->piece_count, sizeof piece);
	stream->pieces[stream->piece_count++] = piece;
	stream->spilled += stream->chunk.len;
	str_free(&stream->chunk);
}

/* Puts the pieces back in front of the rest. */
static bool
read_pieces(OutputStream *stream, SpillFile *file, Error *err)
{
	StrBuf rest = stream->chunk;

	if (stream->piece_count == 0)
		return true;
	stream->chunk = (StrBuf){0};
	str_reserve(&stream->chunk, stream->spilled + rest.len);
	for (size_t i = 0; i < stream->piece_count; i++)
		if (!spill_file_read(file, stream->pieces[i], &stream->chunk, err))
		{
			str_free(&rest);
			return false;
		}
	str_append_view(&stream->chunk, str_view(&rest));
	str_free(&rest);
	mem_free(stream->pieces);
	stream->pieces = NULL;
	stream->piece_count = stream->piece_capacity = stream->spilled = 0;
	return true;
}

bool
output_stream_flush(OutputStream *stream, const FlushContext *context, Error *err)
{
	Fragment *fragment;

	if (stream->chunk_rows == 0)
		return true;
	if (!read_pieces(stream, context->spill, err))
		return false;
	fragment = mem_alloc_zero(sizeof *fragment);
	fragment->rows = stream->chunk_rows;
	*stream->last = fragment;
	stream->last = &fragment->next;
	stream->chunk_rows = 0;
	if (context->compressors != NULL &&
		compressors_offer(context->compressors, stream->compression, &stream->chunk, fragment))
		return true;
	if (!fragment_write(context->target, stream->compression, str_view(&stream->chunk), context->scratch,
						fragment, err))
		return false;
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
