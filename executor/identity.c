/*
 * identity.c: job.json to text and back (contract in identity.h).
 */
#include "executor/identity.h"

#include <jansson.h>

void
identity_print(const JobIdentity *identity, StrBuf *out)
{
	str_append_cstr(out, "{\"format\":1,\"job\":");
	str_append_json_string(out, str_from_cstr(identity->job));
	str_appendf(out, ",\"uuid\":\"%s\",\"created\":%" PRId64 ",\"shards\":%d", identity->uuid,
				identity->created, identity->shards);
	for (size_t i = 0; i < identity->after_count; i++)
		str_appendf(out, "%s%" PRIu64, i == 0 ? ",\"after\":[" : ",", identity->after[i]);
	str_append_cstr(out, identity->after_count > 0 ? "]}" : "}");
	manifest_seal(out);
}

static bool
parse_after(const json_t *array, Arena *arena, JobIdentity *out)
{
	uint64_t *after;

	out->after_count = json_array_size(array);
	out->after = after = ARENA_ARRAY_ZERO(arena, uint64_t, out->after_count + 1);
	for (size_t i = 0; i < out->after_count; i++)
	{
		json_int_t seq = json_integer_value(json_array_get(array, i));

		if (seq < 0)
			return false;
		after[i] = (uint64_t)seq;
	}
	return out->after_count == 0 || out->after_count == (size_t)out->shards;
}

bool
identity_parse(StrView text, const char *location, Arena *arena, JobIdentity *out, Error *err)
{
	json_error_t where;
	json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &where);
	const char *job = json_string_value(json_object_get(root, "job"));
	const char *uuid = json_string_value(json_object_get(root, "uuid"));
	json_int_t shards = json_integer_value(json_object_get(root, "shards"));
	bool ok = job != NULL && uuid != NULL && strlen(uuid) == HEX_UUID - 1 && shards > 0 &&
			  shards <= INT32_MAX && manifest_is_sealed(text);

	*out = (JobIdentity){.shards = (int)shards};
	if (ok)
	{
		out->job = arena_strdup(arena, job);
		memcpy(out->uuid, uuid, HEX_UUID);
		out->created = json_integer_value(json_object_get(root, "created"));
		manifest_hex_sha256(text, out->sha256);
		ok = parse_after(json_object_get(root, "after"), arena, out);
	}
	json_decref(root);
	return ok || error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "\"%s\" in \"%s\" is invalid",
						   IDENTITY_KEY, location);
}

uint64_t
identity_after(const JobIdentity *identity, int shard)
{
	return (size_t)shard < identity->after_count ? identity->after[shard] : 0;
}

bool
identity_check_shards(const JobIdentity *identity, const char *location, int count, Error *err)
{
	int recorded = identity->shards;

	if (recorded == count)
		return true;
	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
			  "job \"%s\" in \"%s\" runs in %d shard%s, not in %d", identity->job, location, recorded,
			  recorded == 1 ? "" : "s", count);
	if (recorded == 1)
		return error_hint(err, "Start it without --shard; to divide it, drain it and begin a new job with "
							   "another job_name.");
	return error_hint(err,
					  "Start it with --shard 0/%d to %d/%d; for another number of shards, drain all of them "
					  "and begin a new job with another "
					  "job_name.",
					  recorded, recorded - 1, recorded);
}
