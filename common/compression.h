/*
 * compression.h: compressing in pieces that can be joined in any order later.
 *
 * The idea: an object's bytes are rendered by several threads and joined only at the cut. So each piece
 * becomes a self-contained fragment, and an object is prologue + fragments + epilogue.
 *
 * gzip: 10 bytes of header; raw deflate fragments, each ended by a full flush; an empty last block, CRC-32
 * and length (RFC 1952). It is one gzip member; the CRCs of the fragments are combined.
 *
 * zstd: one frame per fragment; frames may be concatenated (RFC 8878, section 3).
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

typedef struct CompressionClass
{
	const char *name;
	const char *extension; /* ".gz", or "" */
	void (*prologue)(StrBuf *out);
	/* Appends the compressed form of data and sets its checksum. space is working memory, kept from call to
	 * call: fresh memory would cost a third of the time. */
	void (*fragment)(const char *data, size_t len, StrBuf *space, StrBuf *out, Checksum *sum);
	void (*epilogue)(const Checksum *whole, StrBuf *out);
	size_t epilogue_bytes;
} CompressionClass;

/* By option text: "none", "gzip", "zstd"; NULL if there is none of that name. */
extern const CompressionClass *compression_find(const char *name);

/* The checksum of a's bytes followed by b's. */
extern Checksum checksum_join(Checksum a, Checksum b);

#endif
