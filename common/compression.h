/*
 * compression.h: compressing in pieces that can be joined in any order later.
 *
 * The idea: an object's bytes are rendered by several threads and joined only at the cut. So each piece
 * becomes a self-contained fragment, and an object is prologue + fragments + epilogue.
 *
 * gzip: 10 bytes of header; raw deflate fragments, each ended by a full flush; an empty last block, CRC-32
 * and length (RFC 1952). It is one gzip member; the CRCs of the fragments are combined.
 *
 * zstd: a frame header without content size and checksum; blocks; an empty last block (RFC 8878). It is one
 * frame. A block may refer to offsets that blocks before it have left, which joining would change, so a
 * fragment is what libzstd makes of one job of several: those are made to follow each other in one frame
 * without knowing each other.
 *
 * none: the bytes.
 *
 * Deflate comes from ISA-L (level 1). A fragment's bytes depend on its input alone.
 */
#ifndef WEIR_COMMON_COMPRESSION_H
#define WEIR_COMMON_COMPRESSION_H

#include "common/str.h"

/* What joining needs to know of the uncompressed bytes so far. Zero-initialise. */
typedef struct Checksum
{
	uint32_t crc32;
	uint64_t length;
} Checksum;

/* Working memory, kept from fragment to fragment: fresh memory would cost a third of the time. Used by one
 * thread at a time. Zero-initialise; release with compression_space_free(). */
typedef struct CompressionSpace
{
	StrBuf bytes;
	struct ZSTD_CCtx_s *zstd; /* of the zstd class; made when it is first needed */
} CompressionSpace;

typedef struct CompressionClass
{
	const char *name;
	const char *extension; /* ".gz", or "" */
	void (*prologue)(StrBuf *out);
	/* Appends the compressed form of data and sets its checksum. */
	void (*fragment)(const char *data, size_t len, CompressionSpace *space, StrBuf *out, Checksum *sum);
	void (*epilogue)(const Checksum *whole, StrBuf *out);
	size_t epilogue_bytes;
} CompressionClass;

/* By option text: "none", "gzip", "zstd"; NULL if there is none of that name. */
extern const CompressionClass *compression_find(const char *name);

extern void compression_space_free(CompressionSpace *space);
/* Bytes that it holds, as far as is known. */
extern size_t compression_space_memory(const CompressionSpace *space);

/* The checksum of a's bytes followed by b's. */
extern Checksum checksum_join(Checksum a, Checksum b);

#endif
