/*
 * shard_key.c: checks where keys lie (contract in shard_key.h).
 */
#include "executor/shard_key.h"

#include "common/types/text.h"

static bool
misplaced(const Chain *chain, const Batch *batch, uint32_t row, int32_t place, Error *err)
{
	const ShardKey *shard_key = chain->sink->shard_key;
	int64_t offset = batch->messages[batch->message_index[row]].offset;

	if (place < 0)
		error_set(err, SQLSTATE_DATA_EXCEPTION, NO_POSITION,
				  "the message at offset %" PRId64 " of partition %d has no key", offset,
				  (int)batch->partition);
	else
		error_set(err, SQLSTATE_DATA_EXCEPTION, NO_POSITION,
				  "the key at offset %" PRId64 " of partition %d belongs to partition %d by \"%s\"", offset,
				  (int)batch->partition, (int)place, partitioner_name(shard_key->partitioner));
	error_detail(err,
				 "Sink \"%s\" groups by key in several shards, so equal keys must lie in one partition; "
				 "nothing of this epoch was committed.",
				 chain->sink->name);
	if (place < 0)
		return error_hint(err, "Filter such rows out in the sink's WHERE, or begin a new job in one process, "
							   "without --shard.");
	return error_hint(err,
					  "Set the stream's option partitioner to what the producers use, or begin a new job "
					  "in one process, without --shard.");
}

/* The bytes that a producer hashed; text is space for those of other types. */
static StrView
key_bytes(const Chain *chain, const Column *key, uint32_t row, StrBuf *text)
{
	const TypeClass *class = type_class(key->type);

	if (key->type == TYPE_TEXT)
		return text_view(COLUMN_DATA(key, Text)[row]);
	str_clear(text);
	class->print((const char *)key->data + row * class->size, chain->context, text);
	return str_view(text);
}

bool
shard_key_check(const Chain *chain, const Batch *batch, const Column *key, const uint64_t *rows, Error *err)
{
	const ShardKey *shard_key = chain->sink->shard_key;
	int32_t count = chain->partition_count;
	StrBuf text = {0};
	bool ok = true;

	for (uint32_t i = 0; ok && i < batch->n; i++)
	{
		int32_t place = -1;

		if (rows != NULL && !bitmap_get(rows, i))
			continue;
		if (!column_is_null(key, i))
		{
			StrView bytes = key_bytes(chain, key, i, &text);

			place = partitioner_place(shard_key->partitioner, bytes.data, bytes.len, count);
		}
		ok = place == batch->partition || misplaced(chain, batch, i, place, err);
	}
	str_free(&text);
	return ok;
}
