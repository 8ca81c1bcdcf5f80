/*
 * value_bytes.h: SQL values as bytes in state files, and a reader that survives any bytes.
 *
 * The idea: little-endian, no padding, small numbers short (LEB128 varints, zigzag for signed ones). A
 * value's bytes depend on the value alone, so equal states have equal bytes. The reader checks every length
 * against what is left; after the first bad one it is broken, gives zeros, and its owner looks at that once,
 * at the end.
 */
#ifndef WEIR_EXECUTOR_VALUE_BYTES_H
#define WEIR_EXECUTOR_VALUE_BYTES_H

#include "common/types/type.h"

extern void bytes_put_u8(StrBuf *out, uint8_t value);
extern void bytes_put_u64(StrBuf *out, uint64_t value);
extern void bytes_put_varint(StrBuf *out, uint64_t value);
extern void bytes_put_signed(StrBuf *out, int128 value);
extern void bytes_put_double(StrBuf *out, double value); /* all bits, NaN's too */
extern void bytes_put_text(StrBuf *out, StrView text);
/* A value of the type (not NULL). */
extern void bytes_put_value(StrBuf *out, TypeId type, const void *value);

/* Invariant: next <= end; once broken, next == end. */
typedef struct ByteReader
{
	const char *next;
	const char *end;
	bool broken;
} ByteReader;

static inline ByteReader
byte_reader(StrView bytes)
{
	return (ByteReader){.next = bytes.data, .end = bytes.data + bytes.len};
}

static inline size_t
bytes_left(const ByteReader *in)
{
	return (size_t)(in->end - in->next);
}

extern void bytes_break(ByteReader *in);
extern uint8_t bytes_get_u8(ByteReader *in);
extern uint64_t bytes_get_u64(ByteReader *in);
extern uint64_t bytes_get_varint(ByteReader *in);
extern int128 bytes_get_signed(ByteReader *in);
/* A signed number that must lie in [low, high]. */
extern int64_t bytes_get_ranged(ByteReader *in, int64_t low, int64_t high);
extern double bytes_get_double(ByteReader *in);
extern StrView bytes_get_text(ByteReader *in); /* borrowed from the bytes */
/* A value whose memory, if any, is in the arena; zero bytes when broken. */
extern void bytes_get_value(ByteReader *in, TypeId type, void *value, Arena *arena);

#endif
