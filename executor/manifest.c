/*
 * manifest.c: manifests to JSON and back.
 *
 * Reading is strict: a field that is missing or of another type makes the manifest corrupt, since guessing
 * what a job had consumed is how rows are lost. Fields that are unknown are left alone.
 */
#include "executor/manifest.h"

#include <jansson.h>
#include <openssl/evp.h>

#include "common/hex.h"
#include "common/memory.h"
#include "executor/file_list.h"

static const char *const kind_names[] = {"OPEN", "COMMIT", "CLOSE"};

void
manifest_hex_sha256(StrView bytes, char out[HEX_SHA256])
{
	uint8_t digest[32];

	EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL);
	hex_write(digest, sizeof digest, out);
}

int
manifest_find_sink(const Manifest *manifest, const char *name)
{
	for (int k = 0; k < manifest->sink_count; k++)
		if (strcmp(manifest->sinks[k].name, name) == 0)
			return k;
	return -1;
}

int
manifest_next_revision(const ManifestSink *was, const char *stateless_sha256)
{
	return was->revision + (strcmp(stateless_sha256, was->stateless_sha256) != 0 ? 1 : 0);
}

/* ---- printing ---- */

/* A time, or null for "none". */
static json_t *
time_json(int64_t time)
{
	return time == INT64_MIN ? json_null() : json_integer(time);
}

/* An end offset, or null for "unknown". */
static json_t *
end_json(int64_t offset)
{
	return offset == INT64_MAX ? json_null() : json_integer(offset);
}

static json_t *
last_json(const LastRecord *last)
{
	char hash[17];

	if (last->offset < 0)
		return json_null();
	snprintf(hash, sizeof hash, "%016" PRIx64, last->hash);
	return json_pack("{s:I, s:o, s:s}", "offset", (json_int_t)last->offset, "timestamp",
					 time_json(last->timestamp), "hash", hash);
}

static json_t *
sink_counts_json(const SinkCounts *sinks, int count)
{
	json_t *array = json_array();

	for (int k = 0; k < count; k++)
		json_array_append_new(array, json_pack("[I, I, I, I]", (json_int_t)sinks[k].used,
											   (json_int_t)sinks[k].filtered, (json_int_t)sinks[k].late,
											   (json_int_t)sinks[k].failed));
	return array;
}

static json_t *
partition_json(const ManifestPartition *p, int sink_count)
{
	const PartitionCounts *c = &p->totals;

	return json_pack("{s:I, s:o, s:o, s:b, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "next",
					 (json_int_t)c->next_offset, "last", last_json(&p->last), "max_time",
					 time_json(p->max_time), "idle", (int)p->idle, "batch_start", (json_int_t)p->batch_start,
					 "batch_end", end_json(p->batch_end), "read", (json_int_t)c->read, "gaps",
					 (json_int_t)c->gaps, "decoded", (json_int_t)c->decoded, "dead", (json_int_t)c->dead,
					 "tombstones", (json_int_t)c->tombstones, "bytes", (json_int_t)c->bytes, "sinks",
					 sink_counts_json(c->sinks, sink_count));
}

static json_t *
scans_json(const Manifest *m)
{
	json_t *scans = json_array();

	for (int s = 0; s < m->scan_count; s++)
	{
		const ManifestScan *scan = &m->scans[s];
		json_t *partitions = json_array();

		for (int32_t p = 0; p < scan->partition_count; p++)
			json_array_append_new(partitions, partition_json(&scan->partitions[p], m->sink_count));
		json_array_append_new(scans, json_pack("{s:s, s:o, s:I, s:o}", "stream", scan->stream, "watermark",
											   time_json(scan->watermark), "retention",
											   (json_int_t)scan->retention, "partitions", partitions));
	}
	return scans;
}

static json_t *
sinks_json(const Manifest *m)
{
	json_t *sinks = json_array();

	for (int k = 0; k < m->sink_count; k++)
	{
		const ManifestSink *sink = &m->sinks[k];

		json_array_append_new(
			sinks, json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:s?}", "name", sink->name, "revision",
							 sink->revision, "stateful_sha256", sink->stateful_sha256, "stateless_sha256",
							 sink->stateless_sha256, "stateful_text", sink->stateful_text, "closed_end",
							 time_json(sink->closed_end), "load", sink->load));
	}
	return sinks;
}

static json_t *
tables_json(const Manifest *m)
{
	json_t *tables = json_array();

	for (int t = 0; t < m->table_count; t++)
	{
		const ManifestTable *table = &m->tables[t];

		json_array_append_new(tables, json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", table->name, "sha256",
												table->sha256, "pack", table->pack, "offset",
												(json_int_t)table->offset, "length", (json_int_t)table->len));
	}
	return tables;
}

static json_t *
gaps_json(const Manifest *m)
{
	json_t *gaps = json_array();

	for (int g = 0; g < m->gap_count; g++)
		json_array_append_new(gaps, json_pack("{s:s, s:i, s:I, s:I}", "stream", m->gaps[g].stream,
											  "partition", (int)m->gaps[g].partition, "from",
											  (json_int_t)m->gaps[g].from, "to", (json_int_t)m->gaps[g].to));
	return gaps;
}

static json_t *
loads_json(const Manifest *m)
{
	json_t *loads = json_array();

	for (int i = 0; i < m->load_count; i++)
	{
		const ManifestLoad *load = &m->loads[i];

		json_array_append_new(loads, json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I}", "sink", load->sink,
											   "kind", output_kind_name(load->kind), "name", load->name,
											   "table", load->table, "loading", (int)load->loading, "loaded",
											   (json_int_t)load->loaded, "failed", (json_int_t)load->failed));
	}
	return loads;
}

static json_t *
footer_json(const Manifest *m)
{
	if (m->footer_pack == NULL)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:s}", "pack", m->footer_pack, "offset", (json_int_t)m->footer_offset,
					 "length", (json_int_t)m->footer_len, "sha256", m->footer_sha256);
}

static json_t *
batch_json(const BatchRun *batch)
{
	if (batch->number == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:b}", "run", (json_int_t)batch->number, "commit_rows",
					 (json_int_t)batch->commit_rows, "cuts", (json_int_t)batch->cuts, "done",
					 (int)batch->done);
}

/* ---- seals ---- */

#define SEAL_START ",\"sha256\":\""
#define SEAL_END "\"}\n"

enum
{
	SEAL_LEN = sizeof SEAL_START - 1 + HEX_SHA256 - 1 + sizeof SEAL_END - 1
};

static void
print_seal(StrView before, StrBuf *out)
{
	char sha256[HEX_SHA256];

	manifest_hex_sha256(before, sha256);
	str_appendf(out, SEAL_START "%s" SEAL_END, sha256);
}

void
manifest_seal(StrBuf *text)
{
	assert(text->len > 0 && text->data[text->len - 1] == '}');
	text->len--;
	print_seal(str_view(text), text);
}

bool
manifest_is_sealed(StrView text)
{
	StrBuf seal = {0};
	bool ok = text.len > SEAL_LEN;

	if (ok)
	{
		StrView before = {text.data, text.len - SEAL_LEN};

		print_seal(before, &seal);
		ok = str_equal(str_view(&seal), (StrView){text.data + before.len, SEAL_LEN});
	}
	str_free(&seal);
	return ok;
}

/* ---- printing ---- */

void
manifest_print(const Manifest *m, StrBuf *out)
{
	json_t *root = json_object();
	char *text;

	json_object_set_new(root, "format", json_integer(MANIFEST_FORMAT));
	json_object_set_new(root, "seq", json_integer((json_int_t)m->seq));
	json_object_set_new(root, "kind", json_string(kind_names[m->kind]));
	json_object_set_new(root, "previous_sha256", json_string(m->previous));
	json_object_set_new(root, "job_uuid", json_string(m->job_uuid));
	json_object_set_new(root, "writer", json_pack("{s:s, s:s}", "uuid", m->writer, "nonce", m->nonce));
	json_object_set_new(root, "binary_version", json_string(m->binary_version));
	json_object_set_new(root, "settings", json_string(m->settings));
	json_object_set_new(root, "tzdata", json_string(m->tzdata));
	json_object_set_new(root, "now", time_json(m->now));
	json_object_set_new(root, "clock", time_json(m->clock));
	json_object_set_new(root, "published_upto", json_integer((json_int_t)m->published_upto));
	json_object_set_new(root, "loaded_upto", json_integer((json_int_t)m->loaded_upto));
	json_object_set_new(root, "batch", batch_json(&m->batch));
	json_object_set_new(root, "sinks", sinks_json(m));
	json_object_set_new(root, "scans", scans_json(m));
	json_object_set_new(root, "tables", tables_json(m));
	json_object_set_new(root, "loads", loads_json(m));
	json_object_set_new(root, "accepted_gaps", gaps_json(m));
	json_object_set_new(root, "footer", footer_json(m));
	json_object_set_new(root, "files", json_integer((json_int_t)m->file_count));
	json_object_set_new(root, "files_sha256", m->file_count > 0 ? json_string(m->files_sha256) : json_null());
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text == NULL)
		mem_exhausted(0); /* texts are valid UTF-8, so nothing else can fail */
	str_append_cstr(out, text);
	free(text);
	json_decref(root);
	manifest_seal(out);
}

bool
manifest_is_loaded(const Manifest *manifest)
{
	for (int k = 0; k < manifest->sink_count; k++)
		if (manifest->sinks[k].load != NULL && manifest->sinks[k].load[0] != '\0')
			return true;
	return false;
}

/* ---- parsing ---- */

/* What a manifest is read from. Invariant: ok is false once a field was wrong; then values are zero. */
typedef struct Reader
{
	Arena *arena;
	bool ok;
	const char *field; /* the first that was wrong */
} Reader;

static json_t *
get(Reader *r, const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL && r->ok)
	{
		r->ok = false;
		r->field = name;
	}
	return value;
}

static void
wrong(Reader *r, const char *name)
{
	if (r->ok)
		r->field = name;
	r->ok = false;
}

static const char *
get_text(Reader *r, const json_t *object, const char *name)
{
	json_t *value = get(r, object, name);

	if (!json_is_string(value))
	{
		wrong(r, name);
		return "";
	}
	return arena_strndup(r->arena, json_string_value(value), json_string_length(value));
}

/* A text of exactly size - 1 bytes. */
static void
get_fixed(Reader *r, const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = get_text(r, object, name);

	out[0] = '\0';
	if (strlen(text) != size - 1)
		wrong(r, name);
	else
		memcpy(out, text, size);
}

static int64_t
get_integer(Reader *r, const json_t *object, const char *name)
{
	json_t *value = get(r, object, name);

	if (!json_is_integer(value))
		wrong(r, name);
	return json_integer_value(value);
}

static uint64_t
get_count(Reader *r, const json_t *object, const char *name)
{
	int64_t value = get_integer(r, object, name);

	if (value < 0)
		wrong(r, name);
	return (uint64_t)value;
}

/* An integer, or otherwise for null. */
static int64_t
get_integer_or(Reader *r, const json_t *object, const char *name, int64_t otherwise)
{
	json_t *value = get(r, object, name);

	return json_is_null(value) ? otherwise : get_integer(r, object, name);
}

static bool
get_boolean(Reader *r, const json_t *object, const char *name)
{
	json_t *value = get(r, object, name);

	if (!json_is_boolean(value))
		wrong(r, name);
	return json_is_true(value);
}

static json_t *
get_array(Reader *r, const json_t *object, const char *name, int *count)
{
	json_t *value = get(r, object, name);

	if (!json_is_array(value))
		wrong(r, name);
	*count = (int)json_array_size(value);
	return value;
}

static LastRecord
parse_last(Reader *r, const json_t *partition)
{
	json_t *object = get(r, partition, "last");
	LastRecord last = {.offset = -1};

	if (json_is_null(object) || object == NULL)
		return last;
	last.offset = get_integer(r, object, "offset");
	last.timestamp = get_integer_or(r, object, "timestamp", INT64_MIN);
	last.hash = strtoull(get_text(r, object, "hash"), NULL, 16);
	return last;
}

static SinkCounts *
parse_sink_counts(Reader *r, const json_t *partition, int sink_count)
{
	int count;
	json_t *array = get_array(r, partition, "sinks", &count);
	SinkCounts *sinks = ARENA_ARRAY_ZERO(r->arena, SinkCounts, Max(sink_count, 1));

	if (count != sink_count)
		wrong(r, "sinks");
	for (int k = 0; r->ok && k < count; k++)
	{
		json_int_t n[4];

		if (json_unpack(json_array_get(array, (size_t)k), "[IIII!]", &n[0], &n[1], &n[2], &n[3]) != 0)
			wrong(r, "sinks");
		else
			sinks[k] = (SinkCounts){(uint64_t)n[0], (uint64_t)n[1], (uint64_t)n[2], (uint64_t)n[3]};
	}
	return sinks;
}

static void
parse_partition(Reader *r, const json_t *object, int sink_count, ManifestPartition *p)
{
	PartitionCounts *c = &p->totals;

	p->last = parse_last(r, object);
	p->max_time = get_integer_or(r, object, "max_time", INT64_MIN);
	p->idle = get_boolean(r, object, "idle");
	p->batch_start = get_integer(r, object, "batch_start");
	p->batch_end = get_integer_or(r, object, "batch_end", INT64_MAX);
	c->next_offset = get_integer(r, object, "next");
	c->read = get_count(r, object, "read");
	c->gaps = get_count(r, object, "gaps");
	c->decoded = get_count(r, object, "decoded");
	c->dead = get_count(r, object, "dead");
	c->tombstones = get_count(r, object, "tombstones");
	c->bytes = get_count(r, object, "bytes");
	c->max_time = p->max_time;
	c->sinks = parse_sink_counts(r, object, sink_count);
}

static void
parse_scans(Reader *r, const json_t *root, Manifest *m)
{
	json_t *scans = get_array(r, root, "scans", &m->scan_count);

	m->scans = ARENA_ARRAY_ZERO(r->arena, ManifestScan, Max(m->scan_count, 1));
	for (int s = 0; r->ok && s < m->scan_count; s++)
	{
		json_t *object = json_array_get(scans, (size_t)s);
		ManifestScan *scan = &m->scans[s];
		int count;
		json_t *partitions = get_array(r, object, "partitions", &count);

		scan->stream = get_text(r, object, "stream");
		scan->watermark = get_integer_or(r, object, "watermark", INT64_MIN);
		/* Manifests of earlier versions do not say. */
		scan->retention = json_integer_value(json_object_get(object, "retention"));
		scan->partition_count = count;
		scan->partitions = ARENA_ARRAY_ZERO(r->arena, ManifestPartition, Max(count, 1));
		for (int p = 0; r->ok && p < count; p++)
			parse_partition(r, json_array_get(partitions, (size_t)p), m->sink_count, &scan->partitions[p]);
	}
}

static void
parse_sinks(Reader *r, const json_t *root, Manifest *m)
{
	json_t *sinks = get_array(r, root, "sinks", &m->sink_count);

	m->sinks = ARENA_ARRAY_ZERO(r->arena, ManifestSink, Max(m->sink_count, 1));
	for (int k = 0; r->ok && k < m->sink_count; k++)
	{
		json_t *object = json_array_get(sinks, (size_t)k);
		ManifestSink *sink = &m->sinks[k];

		sink->name = get_text(r, object, "name");
		sink->stateful_text = get_text(r, object, "stateful_text");
		get_fixed(r, object, "stateful_sha256", sink->stateful_sha256, HEX_SHA256);
		get_fixed(r, object, "stateless_sha256", sink->stateless_sha256, HEX_SHA256);
		sink->revision = (int)get_integer(r, object, "revision");
		sink->closed_end = get_integer_or(r, object, "closed_end", INT64_MIN);
		/* Earlier versions do not say. */
		if (json_is_string(json_object_get(object, "load")))
			sink->load = get_text(r, object, "load");
	}
}

static void
parse_tables(Reader *r, const json_t *root, Manifest *m)
{
	json_t *tables = get_array(r, root, "tables", &m->table_count);

	m->tables = ARENA_ARRAY_ZERO(r->arena, ManifestTable, Max(m->table_count, 1));
	for (int t = 0; r->ok && t < m->table_count; t++)
	{
		json_t *object = json_array_get(tables, (size_t)t);
		ManifestTable *table = &m->tables[t];

		table->name = get_text(r, object, "name");
		get_fixed(r, object, "sha256", table->sha256, HEX_SHA256);
		table->pack = get_text(r, object, "pack");
		table->offset = get_count(r, object, "offset");
		table->len = get_count(r, object, "length");
	}
}

/* Manifests of earlier versions do not say. */
static void
parse_loads(Reader *r, const json_t *root, Manifest *m)
{
	json_t *loads =
		json_object_get(root, "loads") != NULL ? get_array(r, root, "loads", &m->load_count) : NULL;

	m->loads = ARENA_ARRAY_ZERO(r->arena, ManifestLoad, Max(m->load_count, 1));
	for (int i = 0; r->ok && i < m->load_count; i++)
	{
		json_t *object = json_array_get(loads, (size_t)i);
		ManifestLoad *load = &m->loads[i];

		load->sink = get_text(r, object, "sink");
		if (!output_kind_find(get_text(r, object, "kind"), &load->kind))
			wrong(r, "kind");
		load->name = get_text(r, object, "name");
		load->table = get_text(r, object, "table");
		load->loading = get_boolean(r, object, "loading");
		load->loaded = get_count(r, object, "loaded");
		load->failed = get_count(r, object, "failed");
	}
}

static void
parse_gaps(Reader *r, const json_t *root, Manifest *m)
{
	json_t *gaps = get_array(r, root, "accepted_gaps", &m->gap_count);

	m->gaps = ARENA_ARRAY_ZERO(r->arena, AcceptedGap, Max(m->gap_count, 1));
	for (int g = 0; r->ok && g < m->gap_count; g++)
	{
		json_t *object = json_array_get(gaps, (size_t)g);

		m->gaps[g] = (AcceptedGap){
			.stream = get_text(r, object, "stream"),
			.partition = (int32_t)get_integer(r, object, "partition"),
			.from = get_integer(r, object, "from"),
			.to = get_integer(r, object, "to"),
		};
	}
}

static void
parse_batch(Reader *r, const json_t *root, BatchRun *batch)
{
	json_t *object = get(r, root, "batch");

	*batch = (BatchRun){.number = 0};
	if (!r->ok || json_is_null(object))
		return;
	batch->number = get_integer(r, object, "run");
	batch->commit_rows = get_integer(r, object, "commit_rows");
	batch->cuts = get_integer(r, object, "cuts");
	batch->done = get_boolean(r, object, "done");
}

static void
parse_footer(Reader *r, const json_t *root, Manifest *m)
{
	json_t *object = get(r, root, "footer");

	if (!r->ok || json_is_null(object))
		return;
	m->footer_pack = get_text(r, object, "pack");
	m->footer_offset = get_count(r, object, "offset");
	m->footer_len = get_count(r, object, "length");
	get_fixed(r, object, "sha256", m->footer_sha256, HEX_SHA256);
}

static ManifestKind
parse_kind(Reader *r, const json_t *root)
{
	const char *name = get_text(r, root, "kind");

	for (size_t i = 0; i < lengthof(kind_names); i++)
		if (strcmp(name, kind_names[i]) == 0)
			return (ManifestKind)i;
	wrong(r, "kind");
	return MANIFEST_OPEN;
}

static void
parse_root(Reader *r, const json_t *root, Manifest *m)
{
	json_t *writer = get(r, root, "writer");

	m->seq = get_count(r, root, "seq");
	m->kind = parse_kind(r, root);
	get_fixed(r, root, "previous_sha256", m->previous, HEX_SHA256);
	get_fixed(r, root, "job_uuid", m->job_uuid, HEX_UUID);
	get_fixed(r, writer, "uuid", m->writer, HEX_UUID);
	get_fixed(r, writer, "nonce", m->nonce, HEX_UUID);
	m->binary_version = get_text(r, root, "binary_version");
	m->settings = get_text(r, root, "settings");
	m->tzdata = get_text(r, root, "tzdata");
	m->now = get_integer_or(r, root, "now", INT64_MIN);
	m->clock = get_integer_or(r, root, "clock", INT64_MIN);
	m->published_upto = get_count(r, root, "published_upto");
	/* Earlier versions loaded nothing. */
	m->loaded_upto =
		json_object_get(root, "loaded_upto") != NULL ? get_count(r, root, "loaded_upto") : m->seq;
	m->file_count = get_count(r, root, "files");
	/* Manifests of earlier versions do not say. */
	if (json_is_string(json_object_get(root, "files_sha256")))
		get_fixed(r, root, "files_sha256", m->files_sha256, HEX_SHA256);
	parse_batch(r, root, &m->batch);
	parse_sinks(r, root, m);
	parse_scans(r, root, m);
	parse_tables(r, root, m);
	parse_loads(r, root, m);
	parse_gaps(r, root, m);
	parse_footer(r, root, m);
}

bool
manifest_parse(StrView text, const char *name, Arena *arena, Manifest *out, Error *err)
{
	json_error_t where;
	json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &where);
	json_int_t format = json_integer_value(json_object_get(root, "format"));
	Reader r = {.arena = arena, .ok = true};

	*out = (Manifest){0};
	if (root == NULL)
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "manifest \"%s\" is not valid JSON: %s",
						 name, where.text);
	if (format > MANIFEST_FORMAT)
	{
		json_decref(root);
		error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
				  "manifest \"%s\" has format %d, but this program knows formats up to %d", name, (int)format,
				  MANIFEST_FORMAT);
		return error_hint(err, "Use the version of the program that wrote the state, or a later one.");
	}
	parse_root(&r, root, out);
	json_decref(root);
	if (!r.ok)
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						 "field \"%s\" of manifest \"%s\" is invalid", r.field, name);
	return manifest_is_sealed(text) || error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
												 "manifest \"%s\" does not match its own checksum", name);
}
