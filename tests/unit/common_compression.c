/*
 * common_compression.c: fragments joined in any number are one valid stream of the same bytes, and the same
 * input gives the same compressed bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

#include "common/compression.h"
#include "common/memory.h"

static void
fill(StrBuf *text, size_t len, bool compressible)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < len; i++)
	{
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		str_append_char(text, compressible ? "abc,\n\""[x % 6] : (char)x);
	}
}

static void
join(const CompressionClass *class, const StrBuf *text, size_t piece, StrBuf *out)
{
	Checksum whole = {0};
	CompressionSpace space = {0};

	class->prologue(out);
	for (size_t at = 0; at < text->len; at += piece)
	{
		Checksum sum;

		class->fragment(text->data + at, Min(piece, text->len - at), &space, out, &sum);
		whole = checksum_join(whole, sum);
	}
	class->epilogue(&whole, out);
	assert_int_equal(whole.length, text->len);
	compression_space_free(&space);
}

/* One member: inflate must end exactly at the last byte, with the CRC checked by zlib. */
static void
expect_gzip(const StrBuf *packed, const StrBuf *text)
{
	z_stream z = {0};
	char *back = mem_alloc(text->len + 1);

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)packed->data;
	z.avail_in = (uInt)packed->len;
	z.next_out = (Bytef *)back;
	z.avail_out = (uInt)text->len + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, text->len);
	assert_memory_equal(back, str_cstr(text), text->len);
	inflateEnd(&z);
	mem_free(back);
}

static void
test_gzip(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 70000, 1000000};

	(void)state;
	for (size_t i = 0; i < lengthof(lengths); i++)
		for (int compressible = 0; compressible < 2; compressible++)
		{
			StrBuf text = {0}, packed = {0};

			fill(&text, lengths[i], compressible);
			join(compression_find("gzip"), &text, 65536, &packed);
			expect_gzip(&packed, &text);
			str_free(&text);
			str_free(&packed);
		}
}

static void
test_gzip_pieces(void **state)
{
	static const size_t lengths[] = {40, 3000000};
	static const size_t pieces[] = {1, 7, 8, 9, 10, 17, 3000000};

	(void)state;
	for (size_t i = 0; i < lengthof(lengths); i++)
		for (size_t j = 0; j < lengthof(pieces); j++)
		{
			StrBuf text = {0}, packed = {0};

			if (lengths[i] / pieces[j] > 1000)
				continue;
			fill(&text, lengths[i], false);
			join(compression_find("gzip"), &text, pieces[j], &packed);
			expect_gzip(&packed, &text);
			str_free(&text);
			str_free(&packed);
		}
}

/* The bytes must not depend on where ISA-L's structures happen to lie: what is held moves the next ones. */
static void
test_gzip_anywhere(void **state)
{
	enum
	{
		ROUNDS = 12000
	};
	void **held = mem_alloc(sizeof *held * ROUNDS);
	StrBuf text = {0}, first = {0}, packed = {0};

	(void)state;
	for (int i = 0; i < 40; i++)
		str_appendf(&text, "{\"event_id\":\"%08x\",\"user_id\":%d,\"type\":\"view\"}\n",
					2654435761u * (unsigned)i, 1000 + 37 * i);
	join(compression_find("gzip"), &text, text.len, &first);
	for (int i = 0; i < ROUNDS; i++)
	{
		held[i] = mem_alloc(sizeof(struct isal_zstream));
		packed.len = 0;
		join(compression_find("gzip"), &text, text.len, &packed);
		assert_int_equal(packed.len, first.len);
		assert_memory_equal(packed.data, first.data, first.len);
	}
	for (int i = 0; i < ROUNDS; i++)
		mem_free(held[i]);
	mem_free(held);
	str_free(&text);
	str_free(&first);
	str_free(&packed);
}

/* What an earlier fragment left in the working memory must not show. */
static void
test_gzip_used_space(void **state)
{
	const CompressionClass *class = compression_find("gzip");
	CompressionSpace space = {0}, fresh = {0};
	StrBuf text = {0}, noise = {0}, first = {0}, packed = {0}, ignored = {0};
	Checksum sum;

	(void)state;
	fill(&text, 200000, true);
	class->fragment(text.data, text.len, &fresh, &first, &sum);
	for (size_t len = 100; len <= 1000000; len *= 10)
	{
		fill(&noise, len, len > 10000);
		class->fragment(noise.data, noise.len, &space, &ignored, &sum);
		str_clear(&packed);
		class->fragment(text.data, text.len, &space, &packed, &sum);
		assert_int_equal(packed.len, first.len);
		assert_memory_equal(packed.data, first.data, first.len);
	}
	str_free(&text);
	str_free(&noise);
	compression_space_free(&space);
	compression_space_free(&fresh);
	str_free(&first);
	str_free(&packed);
	str_free(&ignored);
}

/* One frame, read as a stream; its blocks must not need what stood before them when they were made. */
static void
expect_zstd(const StrBuf *packed, const StrBuf *text)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = {packed->data, packed->len, 0};
	char *back = mem_alloc(text->len + 1);
	ZSTD_outBuffer out = {back, text->len + 1, 0};
	size_t left;

	assert_int_equal(ZSTD_findFrameCompressedSize(packed->data, packed->len), packed->len);
	do
	{
		left = ZSTD_decompressStream(zstd, &out, &in);
		assert_false(ZSTD_isError(left));
	} while (left > 0 && in.pos < in.size);
	assert_int_equal(left, 0);
	assert_int_equal(out.pos, text->len);
	assert_memory_equal(back, str_cstr(text), text->len);
	ZSTD_freeDCtx(zstd);
	mem_free(back);
}

static void
test_zstd(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 300000, 2000000};

	(void)state;
	for (size_t i = 0; i < lengthof(lengths); i++)
		for (int compressible = 0; compressible < 2; compressible++)
		{
			StrBuf text = {0}, packed = {0};

			fill(&text, lengths[i], compressible);
			join(compression_find("zstd"), &text, i < 4 ? 65536 : 1500000, &packed);
			expect_zstd(&packed, &text);
			assert_true(!compressible || text.len < 10000 || packed.len < text.len * 2 / 3);
			str_free(&text);
			str_free(&packed);
		}
}

/* Fragments made by two, joined in another order, of text that repeats at all small distances from its very
 * beginning: the first match of a fragment is not to be one of those that a frame begins with. */
static void
test_zstd_any_order(void **state)
{
	enum
	{
		PIECES = 400
	};
	const CompressionClass *class = compression_find("zstd");
	CompressionSpace spaces[2] = {0};
	StrBuf text = {0}, packed = {0}, again = {0}, texts[PIECES] = {0}, fragments[PIECES] = {0};
	Checksum sum;

	(void)state;
	for (int i = 0; i < PIECES; i++)
	{
		int period = 1 + i % 13, len = i % 3 == 0 ? 300 + i : 20000 + i;

		for (int k = 0; k < len; k++)
			str_append_char(&texts[i], (char)('a' + (k < len / 2 ? k % period : (k * 7 + i) % 23)));
		class->fragment(texts[i].data, texts[i].len, &spaces[i % 2], &fragments[i], &sum);
		str_clear(&again);
		class->fragment(texts[i].data, texts[i].len, &spaces[1 - i % 2], &again, &sum);
		assert_int_equal(again.len, fragments[i].len);
		assert_memory_equal(again.data, fragments[i].data, again.len);
	}
	class->prologue(&packed);
	for (int i = 0; i < PIECES; i++)
	{
		str_append_view(&text, str_view(&texts[i * 171 % PIECES]));
		str_append_view(&packed, str_view(&fragments[i * 171 % PIECES]));
		str_free(&again);
	}
	class->epilogue(&sum, &packed);
	expect_zstd(&packed, &text);
	for (int i = 0; i < PIECES; i++)
	{
		str_free(&texts[i]);
		str_free(&fragments[i]);
	}
	compression_space_free(&spaces[0]);
	compression_space_free(&spaces[1]);
	str_free(&text);
	str_free(&packed);
}

static void
test_none(void **state)
{
	StrBuf text = {0}, packed = {0};

	(void)state;
	fill(&text, 5000, false);
	join(compression_find("none"), &text, 999, &packed);
	assert_int_equal(packed.len, text.len);
	assert_memory_equal(packed.data, text.data, text.len);
	assert_null(compression_find("lz4"));
	str_free(&text);
	str_free(&packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip),          cmocka_unit_test(test_gzip_pieces),
		cmocka_unit_test(test_gzip_anywhere), cmocka_unit_test(test_gzip_used_space),
		cmocka_unit_test(test_zstd),          cmocka_unit_test(test_zstd_any_order),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
