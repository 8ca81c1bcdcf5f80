/*
 * compression.c: the three ways to compress fragments (contract in compression.h).
 */
#include "common/compression.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

#include "common/memory.h"

static void
put_u32(StrBuf *out, uint32_t v)
{
	char bytes[4] = {(char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24)};

	str_append(out, bytes, sizeof bytes);
}

static void
nothing(StrBuf *out)
{
	(void)out;
}

static void
nothing_more(const Checksum *whole, StrBuf *out)
{
	(void)whole;
	(void)out;
}

static Checksum
checksum_of(const char *data, size_t len)
{
	return (Checksum){.crc32 = crc32_gzip_refl(0, (unsigned char *)(uintptr_t)data, len), .length = len};
}

Checksum
checksum_join(Checksum a, Checksum b)
{
	return (Checksum){
		.crc32 = (uint32_t)crc32_combine(a.crc32, b.crc32, (z_off_t)b.length),
		.length = a.length + b.length,
	};
}

/* ---- none ---- */

static void
none_fragment(const char *data, size_t len, StrBuf *space UNUSED, StrBuf *out, Checksum *sum)
{
	*sum = (Checksum){.length = len};
	str_append(out, data, len);
}

/* ---- gzip ---- */

enum
{
	GZIP_EPILOGUE = 10,
	INPUT_PADDING = 512,
	FIRST_BLOCK = 8 /* bytes; enough for ISA-L's loop for short inputs to begin its history */
};

static void
gzip_prologue(StrBuf *out)
{
	/* magic, deflate, no flags, no time, no extra flags, unknown system */
	static const char header[10] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};

	str_append(out, header, sizeof header);
}

/* Compresses the next len bytes of input, of which all are taken: there is room. */
static void
gzip_step(struct isal_zstream *stream, size_t len, uint16_t flush)
{
	int status;

	stream->avail_in = (uint32_t)len;
	stream->flush = flush;
	status = isal_deflate(stream);
	assert(status == COMP_OK && stream->avail_in == 0);
	(void)status;
}

/*
 * The first bytes are a block of their own. ISA-L's loop for long inputs, when it is the one that begins an
 * input, hashes the third byte together with the address of its stream: one fragment in some thousands had
 * other matches than the last time. After a short block it is not the one that begins.
 */
static void
gzip_deflate(struct isal_zstream *stream, size_t len)
{
	size_t first = Min(len, (size_t)FIRST_BLOCK);

	if (len > first)
		gzip_step(stream, first, SYNC_FLUSH);
	else
		first = 0;
	gzip_step(stream, len - first, FULL_FLUSH);
}

/* What ISA-L works in: the stream first, then the rest. */
typedef struct GzipSpace
{
	struct isal_zstream stream;
	uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
	uint8_t padded[]; /* the input and INPUT_PADDING zeroes */
} GzipSpace;

/*
 * All that ISA-L could look at is the same for the same input: what it found in used memory would choose its
 * matches, and it reads some bytes behind its input.
 */
static GzipSpace *
gzip_space(StrBuf *space, const char *data, size_t len)
{
	GzipSpace *gzip;

	str_clear(space);
	str_reserve(space, sizeof *gzip + len + INPUT_PADDING);
	gzip = (GzipSpace *)(void *)space->data;
	memset(gzip, 0, sizeof *gzip);
	if (len > 0)
		memcpy(gzip->padded, data, len);
	memset(gzip->padded + len, 0, INPUT_PADDING);
	return gzip;
}

static void
gzip_fragment(const char *data, size_t len, StrBuf *space, StrBuf *out, Checksum *sum)
{
	GzipSpace *gzip = gzip_space(space, data, len);
	struct isal_zstream *stream = &gzip->stream;
	/* What does not compress, in blocks of any size, and the flush markers. */
	size_t bound = len + len / 8 + 1024;

	*sum = checksum_of(data, len);
	str_reserve(out, bound);
	isal_deflate_init(stream);
	stream->level = 1;
	stream->level_buf = gzip->level_buffer;
	stream->level_buf_size = sizeof gzip->level_buffer;
	stream->next_in = gzip->padded;
	stream->next_out = (uint8_t *)out->data + out->len;
	stream->avail_out = (uint32_t)bound;
	gzip_deflate(stream, len);
	out->len += stream->total_out;
	out->data[out->len] = '\0';
}

static void
gzip_epilogue(const Checksum *whole, StrBuf *out)
{
	/* an empty block with fixed codes that says it is the last one */
	str_append(out, "\x03\x00", 2);
	put_u32(out, whole->crc32);
	put_u32(out, (uint32_t)whole->length);
}

/* ---- zstd ---- */

static void
zstd_fragment(const char *data, size_t len, StrBuf *space UNUSED, StrBuf *out, Checksum *sum)
{
	size_t bound = ZSTD_compressBound(len);
	size_t size;

	*sum = (Checksum){.length = len};
	str_reserve(out, bound);
	size = ZSTD_compress(out->data + out->len, bound, data, len, 1);
	assert(!ZSTD_isError(size));
	out->len += size;
	out->data[out->len] = '\0';
}

static const CompressionClass classes[] = {
	{"none", "", nothing, none_fragment, nothing_more, 0},
	{"gzip", ".gz", gzip_prologue, gzip_fragment, gzip_epilogue, GZIP_EPILOGUE},
	{"zstd", ".zst", nothing, zstd_fragment, nothing_more, 0},
};

const CompressionClass *
compression_find(const char *name)
{
	for (size_t i = 0; i < lengthof(classes); i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}
