/*
 * output_join.h: from streams of fragments to objects: size cuts, names, checksums.
 *
 * The idea: an object is prologue, header, fragments of its streams in order, epilogue; all but the fragments
 * are appended to the pack here. It is full when the next fragment would take it beyond the sink's
 * max_file_size, which only a row that alone takes most of that can exceed. Its SHA-256 is computed over the
 * ranges as they lie in the pack, apart from joining, so that several threads can do it.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_JOIN_H
#define WEIR_EXECUTOR_OUTPUT_JOIN_H

#include "executor/output_stream.h"

/* What names are made of; texts are borrowed from OutputsOpen. */
typedef struct OutputNaming
{
	const JobPlan *plan;
	const char *job_name;
	const char *job_uuid8;
	int shard;
	const int *revisions;
} OutputNaming;

/* All but the files' SHA-256. streams: flushed and in the order of output_stream_compare(). encoders: per
 * sink, for headers. */
extern bool output_join(const OutputNaming *naming, RowEncoder *const *encoders, OutputStream *const *streams,
						size_t stream_count, uint64_t epoch, const PackTarget *target, Arena *arena,
						OutputFileList *list, Error *err) WARN_UNUSED;
/* Sets the SHA-256 of one file. */
extern bool output_hash(const PackTarget *target, OutputFile *file, Error *err) WARN_UNUSED;

#endif
