/*
 * group_key.c: shape, hash and equality of group keys (contract in group_key.h).
 */
#include "executor/group_key.h"

#include "common/hash.h"
#include "common/types/float.h"
#include "common/types/numeric.h"

/* Part of the bucket format, as the functions of hash.h are. */
#define NULL_HASH UINT64_C(0x2545f4914f6cdd1d)

/* ---- layout ---- */

static size_t
key_alignment(TypeId type)
{
	size_t size = type_size(type);

	if (type == TYPE_NUMERIC)
		return _Alignof(Numeric);
	return size >= 8 ? 8 : size;
}

static bool
key_ambiguous(TypeId type)
{
	return type == TYPE_NUMERIC || type == TYPE_DOUBLE || type == TYPE_INTERVAL || type == TYPE_JSONB;
}

static GroupKeyShape
key_shape(const TypeId *types, int key_count)
{
	if (key_count != 1)
		return GROUP_KEYS_ANY;
	switch (types[0])
	{
		case TYPE_TEXT: return GROUP_KEYS_ONE_TEXT;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: return GROUP_KEYS_ONE_BIGINT;
		default: return GROUP_KEYS_ANY;
	}
}

void
group_layout_init(GroupLayout *layout, const TypeId *types, int key_count, Arena *arena)
{
	size_t end = sizeof(GroupHead);
	size_t alignment = _Alignof(GroupHead);

	*layout = (GroupLayout){
		.key_count = key_count,
		.keys = ARENA_ARRAY_ZERO(arena, GroupKey, key_count),
		.shape = key_shape(types, key_count),
	};
	for (int k = 0; k < key_count; k++)
	{
		size_t align = key_alignment(types[k]);

		end = (end + align - 1) / align * align;
		layout->keys[k] =
			(GroupKey){.type = types[k], .size = (uint32_t)type_size(types[k]), .offset = (uint32_t)end};
		end += type_size(types[k]);
		alignment = Max(alignment, align);
		layout->ambiguous |= key_ambiguous(types[k]);
	}
	layout->nulls_offset = (uint32_t)end;
	end += (size_t)key_count;
	layout->stride = (end + alignment - 1) / alignment * alignment;
}

/* ---- hashes ---- */

static inline uint64_t
hash_value(TypeId type, const void *value)
{
	switch (type)
	{
		case TYPE_BOOLEAN: return hash_u64(*(const uint8_t *)value);
		case TYPE_INTEGER:
		case TYPE_DATE: return hash_u64((uint64_t)(int64_t) * (const int32_t *)value);
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: return hash_u64((uint64_t) * (const int64_t *)value);
		case TYPE_TEXT: return hash_bytes(((const Text *)value)->data, ((const Text *)value)->len);
		case TYPE_UUID: return hash_bytes(value, sizeof(Uuid));
		default: return type_class(type)->hash(value);
	}
}

static inline uint64_t
hash_join(int key, uint64_t before, uint64_t hash)
{
	return key == 0 ? hash : hash_combine(before, hash);
}

#define HASH_LOOP(TYPE_ID)                                                                    \
	for (uint32_t i = 0; i < n; i++)                                                          \
		hashes[i] = hash_join(key, hashes[i], hash_value(TYPE_ID, data + i * column_stride)); \
	break

static void
hash_column(const Column *column, int key, uint32_t n, uint64_t *hashes)
{
	const char *data = column->data;
	size_t column_stride = type_size(column->type);

	switch (column->type)
	{
		case TYPE_INTEGER: HASH_LOOP(TYPE_INTEGER);
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: HASH_LOOP(TYPE_BIGINT);
		case TYPE_TEXT: HASH_LOOP(TYPE_TEXT);
		default: HASH_LOOP(column->type);
	}
}

static void
hash_nullable_column(const Column *column, int key, uint32_t n, uint64_t *hashes)
{
	const char *data = column->data;
	size_t size = type_size(column->type);

	for (uint32_t i = 0; i < n; i++)
	{
		bool null = !bitmap_get(column->validity, i);

		hashes[i] = hash_join(key, hashes[i], null ? NULL_HASH : hash_value(column->type, data + i * size));
	}
}

void
group_layout_hash(const GroupLayout *layout, const Column *const *keys, uint32_t n, uint64_t *hashes)
{
	memset(hashes, 0, n * sizeof *hashes);
	for (int k = 0; k < layout->key_count; k++)
	{
		if (keys[k]->validity == NULL)
			hash_column(keys[k], k, n, hashes);
		else
			hash_nullable_column(keys[k], k, n, hashes);
	}
}

uint64_t
group_layout_hash_record(const GroupLayout *layout, const char *record)
{
	uint64_t hash = 0;

	for (int k = 0; k < layout->key_count; k++)
		hash = hash_join(k, hash,
						 group_record_is_null(layout, record, k)
							 ? NULL_HASH
							 : hash_value(layout->keys[k].type, group_record_key(layout, record, k)));
	return hash;
}

/* ---- equality ---- */

static inline bool
value_equal(TypeId type, const void *a, const void *b)
{
	switch (type)
	{
		case TYPE_BOOLEAN: return *(const uint8_t *)a == *(const uint8_t *)b;
		case TYPE_INTEGER:
		case TYPE_DATE: return *(const int32_t *)a == *(const int32_t *)b;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: return *(const int64_t *)a == *(const int64_t *)b;
		case TYPE_DOUBLE: return double_compare(*(const double *)a, *(const double *)b) == 0;
		case TYPE_NUMERIC: return numeric_compare(*(const Numeric *)a, *(const Numeric *)b) == 0;
		case TYPE_TEXT: return group_key_text_equal(a, b);
		default: return type_class(type)->compare(a, b) == 0;
	}
}

bool
group_keys_equal_row(const GroupLayout *layout, const char *record, const Column *const *keys, uint32_t row)
{
	for (int k = 0; k < layout->key_count; k++)
	{
		const GroupKey *key = &layout->keys[k];
		bool null = column_is_null(keys[k], row);

		if (group_record_is_null(layout, record, k) != null)
			return false;
		if (!null && !value_equal(key->type, record + key->offset, (char *)keys[k]->data + row * key->size))
			return false;
	}
	return true;
}

bool
group_keys_equal_record(const GroupLayout *layout, const char *a, const char *b)
{
	for (int k = 0; k < layout->key_count; k++)
	{
		const GroupKey *key = &layout->keys[k];
		bool null = group_record_is_null(layout, a, k);

		if (group_record_is_null(layout, b, k) != null)
			return false;
		if (!null && !value_equal(key->type, a + key->offset, b + key->offset))
			return false;
	}
	return true;
}
