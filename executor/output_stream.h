/*
 * output_stream.h: the bytes of one partition that go into the same objects, as compressed fragments.
 *
 * The idea: a stream is identified by (kind, index, path, scan, partition). Rendered bytes are gathered in a
 * chunk; full chunks are compressed and appended to the pack at once, so that output never waits in memory.
 * A chunk ends with the row that fills it: where, depends on the rows of the stream alone. So when memory is
 * short, as with thousands of streams, what there is of a chunk goes to a temporary file until the rest has
 * come. At the cut the streams of equal (kind, index, path) are joined in order of scan and partition.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_STREAM_H
#define WEIR_EXECUTOR_OUTPUT_STREAM_H

#include "executor/compressors.h"
#include "executor/spill_file.h"

enum
{
	CHUNK_BYTES = 256 * 1024
};

typedef struct OutputStreamKey
{
	OutputKind kind;
	int index;    /* of the sink or scan */
	StrView path; /* "country=de/day=1/", or empty */
	int scan;     /* INT_MAX: rows of windows and groups, after all partitions */
	int32_t partition;
} OutputStreamKey;

typedef struct OutputStream
{
	OutputStreamKey key;
	const CompressionClass *compression;
	size_t chunk_bytes;
	StrBuf chunk; /* what follows the pieces */
	uint64_t chunk_rows;
	SpillPiece *pieces; /* what the chunk begins with */
	size_t piece_count;
	size_t piece_capacity;
	size_t spilled;  /* bytes in pieces; less than chunk_bytes */
	size_t counted;  /* bytes of the chunk's memory that its worker has counted */
	Fragment *first; /* of the flushed chunks */
	Fragment **last;
} OutputStream;

/* What a thread flushes with. */
typedef struct FlushContext
{
	const PackTarget *target;
	Compressors *compressors; /* NULL: chunks are compressed at once */
	CompressionScratch *scratch;
	SpillFile *spill;
} FlushContext;

/* Memory of the key's path is copied. Release with output_stream_free(). */
extern void output_stream_init(OutputStream *stream, const OutputStreamKey *key,
							   const CompressionClass *compression, size_t chunk_bytes);
/* How many bytes in stream->chunk make the chunk full. */
static inline size_t
output_stream_enough(const OutputStream *stream)
{
	return stream->chunk_bytes - stream->spilled;
}
/*
 * Tells that n rows were rendered into stream->chunk, of which at most the last one made it full; flushes a
 * full chunk.
 */
extern bool output_stream_rows(OutputStream *stream, uint32_t n, const FlushContext *context,
							   Error *err) WARN_UNUSED;
extern bool output_stream_flush(OutputStream *stream, const FlushContext *context, Error *err) WARN_UNUSED;
/* Tells that the bytes of stream->chunk were written to a piece, and gives their memory back. */
extern void output_stream_spilled(OutputStream *stream, SpillPiece piece);
/* The order in which streams are joined: kind, index, path, scan, partition. */
extern int output_stream_compare(const OutputStream *a, const OutputStream *b);
extern void output_stream_free(OutputStream *stream);

#endif
