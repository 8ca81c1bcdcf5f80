/*
 * value_bytes.c: writing and reading values (contract in value_bytes.h).
 *
 * Numerics beyond int128 are written as their text, which gives the value and its scale back exactly.
 */
#include "executor/value_bytes.h"

#include "common/types/numeric.h"
#include "common/types/text.h"

void
bytes_put_u8(StrBuf *out, uint8_t value)
{
	str_append_char(out, (char)value);
}

void
bytes_put_u64(StrBuf *out, uint64_t value)
{
	char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(value >> (8 * i));
	str_append(out, bytes, sizeof bytes);
}

static void
put_varint128(StrBuf *out, uint128 value)
{
	char bytes[19];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (char)(value | 0x80);
	bytes[n++] = (char)value;
	str_append(out, bytes, n);
}

void
bytes_put_varint(StrBuf *out, uint64_t value)
{
	put_varint128(out, value);
}

void
bytes_put_signed(StrBuf *out, int128 value)
{
	put_varint128(out, (uint128)value << 1 ^ (uint128)(value < 0 ? -1 : 0));
}

void
bytes_put_double(StrBuf *out, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	bytes_put_u64(out, bits);
}

void
bytes_put_text(StrBuf *out, StrView text)
{
	bytes_put_varint(out, text.len);
	str_append_view(out, text);
}

static void
put_numeric(StrBuf *out, Numeric n)
{
	StrBuf text = {0};

	bytes_put_u8(out, (uint8_t)n.kind);
	if (n.kind == NUMERIC_SMALL)
	{
		bytes_put_varint(out, (uint64_t)n.dscale);
		bytes_put_signed(out, n.small);
	}
	else if (n.kind == NUMERIC_BIG)
	{
		numeric_print(n, &text);
		bytes_put_text(out, str_view(&text));
		str_free(&text);
	}
}

static void
put_interval(StrBuf *out, const Interval *v)
{
	bytes_put_signed(out, v->months);
	bytes_put_signed(out, v->days);
	bytes_put_signed(out, v->micros);
}

void
bytes_put_value(StrBuf *out, TypeId type, const void *value)
{
	switch (type)
	{
		case TYPE_BOOLEAN: bytes_put_signed(out, *(const uint8_t *)value); break;
		case TYPE_INTEGER:
		case TYPE_DATE: bytes_put_signed(out, *(const int32_t *)value); break;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: bytes_put_signed(out, *(const int64_t *)value); break;
		case TYPE_DOUBLE: bytes_put_double(out, *(const double *)value); break;
		case TYPE_NUMERIC: put_numeric(out, *(const Numeric *)value); break;
		case TYPE_TEXT:
		case TYPE_JSONB: bytes_put_text(out, text_view(*(const Text *)value)); break;
		case TYPE_INTERVAL: put_interval(out, value); break;
		case TYPE_UUID: str_append(out, value, sizeof(Uuid)); break;
		case TYPE_UNKNOWN:
		case TYPE_COUNT: assert(false); break;
	}
}

/* ---- reading ---- */

void
bytes_break(ByteReader *in)
{
	in->broken = true;
	in->next = in->end;
}

uint8_t
bytes_get_u8(ByteReader *in)
{
	if (in->next < in->end)
		return (uint8_t)*in->next++;
	bytes_break(in);
	return 0;
}

uint64_t
bytes_get_u64(ByteReader *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)bytes_get_u8(in) << (8 * i);
	return in->broken ? 0 : value;
}

static uint128
get_varint128(ByteReader *in, int bits)
{
	uint128 value = 0;

	for (int shift = 0; shift < bits; shift += 7)
	{
		uint8_t byte = bytes_get_u8(in);
		uint128 part = byte & 0x7f;

		if (shift + 7 > bits && part >> (bits - shift) != 0)
			break;
		value |= part << shift;
		if (byte < 0x80)
			return in->broken ? 0 : value;
	}
	bytes_break(in);
	return 0;
}

uint64_t
bytes_get_varint(ByteReader *in)
{
	return (uint64_t)get_varint128(in, 64);
}

int128
bytes_get_signed(ByteReader *in)
{
	uint128 value = get_varint128(in, 128);

	return (int128)(value >> 1 ^ -(value & 1));
}

int64_t
bytes_get_ranged(ByteReader *in, int64_t low, int64_t high)
{
	int128 value = bytes_get_signed(in);

	if (value >= low && value <= high)
		return (int64_t)value;
	bytes_break(in);
	return 0;
}

double
bytes_get_double(ByteReader *in)
{
	uint64_t bits = bytes_get_u64(in);
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

StrView
bytes_get_text(ByteReader *in)
{
	uint64_t len = bytes_get_varint(in);
	StrView text = {in->next, (size_t)len};

	if (len <= bytes_left(in))
	{
		in->next += len;
		return text;
	}
	bytes_break(in);
	return (StrView){in->end, 0};
}

static Numeric
get_numeric(ByteReader *in, Arena *arena)
{
	uint8_t kind = bytes_get_u8(in);
	Numeric n = numeric_special((NumericKind)kind);

	if (kind == NUMERIC_SMALL)
	{
		uint64_t dscale = bytes_get_varint(in);
		int128 coefficient = bytes_get_signed(in);

		if (dscale <= NUMERIC_MAX_DSCALE && numeric_fits_small(coefficient))
			return numeric_small(coefficient, (int32_t)dscale);
		bytes_break(in);
	}
	else if (kind > NUMERIC_MINUS_INFINITY ||
			 (kind == NUMERIC_BIG && !numeric_parse(bytes_get_text(in), &n, arena, NULL)))
		bytes_break(in);
	return in->broken ? numeric_small(0, 0) : n;
}

static Text
get_text(ByteReader *in, Arena *arena)
{
	StrView text = bytes_get_text(in);

	if (text.len <= UINT32_MAX && text_valid(text.data, text.len))
		return text_copy(text_from_view(text), arena);
	bytes_break(in);
	return (Text){0};
}

static Interval
get_interval(ByteReader *in)
{
	Interval v = {0};

	v.months = (int32_t)bytes_get_ranged(in, INT32_MIN, INT32_MAX);
	v.days = (int32_t)bytes_get_ranged(in, INT32_MIN, INT32_MAX);
	v.micros = bytes_get_ranged(in, INT64_MIN, INT64_MAX);
	return in->broken ? (Interval){0} : v;
}

static void
get_uuid(ByteReader *in, Uuid *out)
{
	if (bytes_left(in) < sizeof *out)
		bytes_break(in);
	else
	{
		memcpy(out, in->next, sizeof *out);
		in->next += sizeof *out;
	}
}

void
bytes_get_value(ByteReader *in, TypeId type, void *value, Arena *arena)
{
	memset(value, 0, type_size(type));
	switch (type)
	{
		case TYPE_BOOLEAN: *(uint8_t *)value = (uint8_t)bytes_get_ranged(in, 0, 1); break;
		case TYPE_INTEGER:
		case TYPE_DATE: *(int32_t *)value = (int32_t)bytes_get_ranged(in, INT32_MIN, INT32_MAX); break;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: *(int64_t *)value = bytes_get_ranged(in, INT64_MIN, INT64_MAX); break;
		case TYPE_DOUBLE: *(double *)value = bytes_get_double(in); break;
		case TYPE_NUMERIC: *(Numeric *)value = get_numeric(in, arena); break;
		case TYPE_TEXT:
		case TYPE_JSONB: *(Text *)value = get_text(in, arena); break;
		case TYPE_INTERVAL: *(Interval *)value = get_interval(in); break;
		case TYPE_UUID: get_uuid(in, value); break;
		case TYPE_UNKNOWN:
		case TYPE_COUNT: bytes_break(in); break;
	}
}
