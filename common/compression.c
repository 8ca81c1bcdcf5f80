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
none_fragment(const char *data, size_t len, CompressionSpace *space UNUSED, StrBuf *out, Checksum *sum)
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
gzip_fragment(const char *data, size_t len, CompressionSpace *space, StrBuf *out, Checksum *sum)
{
	GzipSpace *gzip = gzip_space(&space->bytes, data, len);
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

enum
{
	ZSTD_WINDOW_LOG = 18,        /* a match reaches back so far, as the frame header says */
	ZSTD_JOB_BYTES = 512 * 1024, /* the least that libzstd takes */
	ZSTD_NO_OVERLAP = 1,
	ZSTD_EPILOGUE = 3
};

static void
zstd_prologue(StrBuf *out)
{
	/* magic; no content size, no checksum, no dictionary; the window: 2^10 bytes times 2^(byte >> 3) */
	static const char header[6] = {'\x28', '\xb5', '\x2f', '\xfd', 0, (ZSTD_WINDOW_LOG - 10) << 3};

	str_append(out, header, sizeof header);
}

/* What fails here is an allocation, or a thread that can't be had. */
static size_t
zstd_check(size_t result)
{
	if (ZSTD_isError(result))
		mem_exhausted(ZSTD_JOB_BYTES);
	return result;
}

/* Appends data as whole blocks: a job of its own. */
static void
zstd_job(ZSTD_CCtx *zstd, const char *data, size_t len, StrBuf *out)
{
	size_t bound = ZSTD_compressBound(len);
	ZSTD_inBuffer input = {data, len, 0};
	ZSTD_outBuffer output;

	str_reserve(out, bound);
	output = (ZSTD_outBuffer){out->data + out->len, bound, 0};
	while (zstd_check(ZSTD_compressStream2(zstd, &output, &input, ZSTD_e_flush)) > 0)
		assert(output.pos < output.size);
	out->len += output.pos;
	out->data[out->len] = '\0';
}

/*
 * A frame that never ends. Its header and first job, which alone may begin with the offsets that every frame
 * begins with, are thrown away.
 */
static ZSTD_CCtx *
zstd_create(void)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	StrBuf first = {0};

	if (zstd == NULL)
		mem_exhausted(0);
	(void)zstd_check(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1));
	(void)zstd_check(ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, ZSTD_WINDOW_LOG));
	(void)zstd_check(ZSTD_CCtx_setParameter(zstd, ZSTD_c_nbWorkers, 1));
	(void)zstd_check(ZSTD_CCtx_setParameter(zstd, ZSTD_c_jobSize, ZSTD_JOB_BYTES));
	(void)zstd_check(ZSTD_CCtx_setParameter(zstd, ZSTD_c_overlapLog, ZSTD_NO_OVERLAP));
	zstd_job(zstd, "", 1, &first);
	str_free(&first);
	return zstd;
}

static void
zstd_fragment(const char *data, size_t len, CompressionSpace *space, StrBuf *out, Checksum *sum)
{
	*sum = (Checksum){.length = len};
	if (space->zstd == NULL)
		space->zstd = zstd_create();
	if (len > 0)
		zstd_job(space->zstd, data, len, out);
}

static void
zstd_epilogue(const Checksum *whole UNUSED, StrBuf *out)
{
	/* a raw block without bytes that says it is the last one */
	str_append(out, "\x01\x00\x00", ZSTD_EPILOGUE);
}

static const CompressionClass classes[] = {
	{"none", "", nothing, none_fragment, nothing_more, 0},
	{"gzip", ".gz", gzip_prologue, gzip_fragment, gzip_epilogue, GZIP_EPILOGUE},
	{"zstd", ".zst", zstd_prologue, zstd_fragment, zstd_epilogue, ZSTD_EPILOGUE},
};

const CompressionClass *
compression_find(const char *name)
{
	for (size_t i = 0; i < lengthof(classes); i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

void
compression_space_free(CompressionSpace *space)
{
	str_free(&space->bytes);
	(void)ZSTD_freeCCtx(space->zstd);
	space->zstd = NULL;
}

size_t
compression_space_memory(const CompressionSpace *space)
{
	return space->bytes.capacity + ZSTD_sizeof_CCtx(space->zstd);
}
