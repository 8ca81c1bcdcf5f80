/*
 * output_stream.h: the bytes of one partition that go into the same objects, as compressed fragments.
 *
 * The idea: a stream is identified by (kind, index, path, scan, partition). Rendered bytes are gathered in a
 * chunk; full chunks are compressed and appended to the pack at once, so that output never waits in memory.
 * A chunk ends with the row that fills it: where, depends on the rows of the stream alone. At the cut the
 * streams of equal (kind, index, path) are joined in order of scan and partition.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_STREAM_H
#define WEIR_EXECUTOR_OUTPUT_STREAM_H

#include "common/compression.h"
#include "executor/output.h"

enum
{
	CHUNK_BYTES = 256 * 1024
};

typedef struct Fragment
{
	uint64_t offset; /* in the pack */
	uint64_t len;
	uint64_t rows;
	Checksum sum;
} Fragment;

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
	StrBuf chunk;
	uint64_t chunk_rows;
	Fragment *fragments;
	size_t fragment_count;
	size_t fragment_capacity;
} OutputStream;

/* Buffers that a worker's streams share; freed by the worker. */
typedef struct CompressionScratch
{
	StrBuf compressed;
	StrBuf space; /* of the compression */
} CompressionScratch;

/* Memory of the key's path is copied. Release with output_stream_free(). */
extern void output_stream_init(OutputStream *stream, const OutputStreamKey *key,
							   const CompressionClass *compression, size_t chunk_bytes);
/*
 * Tells that n rows were rendered into stream->chunk, of which at most the last one reached chunk_bytes;
 * flushes a full chunk.
 */
extern bool output_stream_rows(OutputStream *stream, uint32_t n, const PackTarget *target,
							   CompressionScratch *scratch, Error *err) WARN_UNUSED;
extern bool output_stream_flush(OutputStream *stream, const PackTarget *target, CompressionScratch *scratch,
								Error *err) WARN_UNUSED;
/* The order in which streams are joined: kind, index, path, scan, partition. */
extern int output_stream_compare(const OutputStream *a, const OutputStream *b);
extern void output_stream_free(OutputStream *stream);

#endif
