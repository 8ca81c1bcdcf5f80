/*
 * pack.c: encoding of the pack footer.
 *
 * Layout: magic, pack names, sink names, units with their chunks, locations, files, then a 64-bit hash of all
 * before it. Integers are LEB128 varints (signed ones zigzag), hashes eight bytes little-endian, texts a
 * length and bytes. The reader trusts nothing: every length and index is checked against what there is.
 */
#include "executor/pack.h"

#include "common/hash.h"

static const char magic[8] = {'W', 'E', 'I', 'R', 'P', 'K', '0', '1'};

/* ---- writing ---- */

static void
put_varint(StrBuf *out, uint64_t value)
{
	while (value >= 0x80)
	{
		str_append_char(out, (char)(value | 0x80));
		value >>= 7;
	}
	str_append_char(out, (char)value);
}

static void
put_signed(StrBuf *out, int64_t value)
{
	put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void
put_u64(StrBuf *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		str_append_char(out, (char)(value >> (8 * i)));
}

static void
put_text(StrBuf *out, const char *text)
{
	size_t len = strlen(text);

	put_varint(out, len);
	str_append(out, text, len);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Chunks refer to packs by their number in the table of names. */
static void
print_map(const StateMap *map, StrBuf *out)
{
	Arena arena;
	size_t count;
	const char **names;

	arena_init(&arena, "pack names");
	names = state_map_packs(map, &arena, &count);
	put_varint(out, count);
	for (size_t i = 0; i < count; i++)
		put_text(out, names[i]);
	put_varint(out, map->count);
	for (size_t i = 0; i < map->count; i++)
	{
		const StateMapEntry *entry = &map->entries[i];

		put_varint(out, (uint64_t)entry->unit.sink);
		put_varint(out, (uint64_t)entry->unit.bucket);
		put_signed(out, entry->unit.pane);
		put_varint(out, entry->chunk_count);
		for (uint32_t c = 0; c < entry->chunk_count; c++)
		{
			const StateChunk *chunk = &entry->chunks[c];
			const char **found = bsearch(&chunk->pack, names, count, sizeof *names, compare_names);

			assert(found != NULL);
			put_varint(out, (uint64_t)(found - names));
			put_varint(out, chunk->offset);
			put_varint(out, chunk->len);
			put_u64(out, chunk->hash);
		}
	}
	arena_release(&arena);
}

static void
print_file(const PackFile *file, StrBuf *out)
{
	put_varint(out, (uint64_t)file->kind);
	put_text(out, file->owner);
	put_text(out, file->location);
	put_text(out, file->key);
	put_varint(out, file->rows);
	str_append(out, (const char *)file->sha256, sizeof file->sha256);
	put_text(out, file->stored.key);
	put_varint(out, file->stored.bytes);
	put_varint(out, file->stored.range_count);
	for (size_t i = 0; i < file->stored.range_count; i++)
	{
		put_varint(out, file->stored.ranges[i].offset);
		put_varint(out, file->stored.ranges[i].len);
	}
}

void
pack_footer_print(const PackFooter *footer, StrBuf *out)
{
	size_t start = out->len;

	str_append(out, magic, sizeof magic);
	put_varint(out, (uint64_t)footer->sink_count);
	for (int k = 0; k < footer->sink_count; k++)
		put_text(out, footer->sink_names[k]);
	print_map(&footer->map, out);
	put_varint(out, footer->file_count);
	for (size_t i = 0; i < footer->file_count; i++)
		print_file(&footer->files[i], out);
	put_u64(out, hash_bytes(out->data + start, out->len - start));
}

/* ---- reading ---- */

/* Invariant: next <= end; once ok is false every value read is zero. */
typedef struct Cursor
{
	const uint8_t *next;
	const uint8_t *end;
	Arena *arena;
	bool ok;
} Cursor;

static uint64_t
get_varint(Cursor *c)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 64 && c->next < c->end; shift += 7)
	{
		uint8_t byte = *c->next++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return c->ok ? value : 0;
	}
	c->ok = false;
	return 0;
}

static int64_t
get_signed(Cursor *c)
{
	uint64_t value = get_varint(c);

	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static const uint8_t *
get_bytes(Cursor *c, size_t len)
{
	const uint8_t *bytes = c->next;

	if (!c->ok || len > (size_t)(c->end - c->next))
	{
		c->ok = false;
		return NULL;
	}
	c->next += len;
	return bytes;
}

static uint64_t
get_u64(Cursor *c)
{
	const uint8_t *bytes = get_bytes(c, 8);
	uint64_t value = 0;

	for (int i = 0; bytes != NULL && i < 8; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static const char *
get_text(Cursor *c)
{
	size_t len = (size_t)get_varint(c);
	const uint8_t *bytes = get_bytes(c, len);

	return bytes ? arena_strndup(c->arena, (const char *)bytes, len) : "";
}

/* A count of things of which each takes at least size bytes. */
static size_t
get_count(Cursor *c, size_t size)
{
	uint64_t count = get_varint(c);

	if (count > (uint64_t)(c->end - c->next) / size)
		c->ok = false;
	return c->ok ? (size_t)count : 0;
}

static const char **
get_names(Cursor *c, size_t *count)
{
	const char **names;

	*count = get_count(c, 1);
	names = ARENA_ARRAY_ZERO(c->arena, const char *, *count + 1);
	for (size_t i = 0; i < *count; i++)
		names[i] = get_text(c);
	return names;
}

static void
parse_chunk(Cursor *c, const char **names, size_t name_count, StateChunk *chunk)
{
	uint64_t pack = get_varint(c);

	if (pack >= name_count)
		c->ok = false;
	else
		chunk->pack = names[pack];
	chunk->offset = get_varint(c);
	chunk->len = get_varint(c);
	chunk->hash = get_u64(c);
}

static void
parse_entry(Cursor *c, const char **names, size_t name_count, int sink_count, StateMapEntry *entry)
{
	entry->unit.sink = (int)get_varint(c);
	entry->unit.bucket = (int)get_varint(c);
	entry->unit.pane = get_signed(c);
	entry->chunk_count = (uint32_t)get_count(c, 11);
	if (entry->unit.sink < 0 || entry->unit.sink >= sink_count || entry->unit.bucket < 0 ||
		entry->unit.bucket >= STATE_BUCKETS || entry->chunk_count == 0)
		c->ok = false;
	if (!c->ok)
		return;
	entry->chunks = ARENA_ARRAY_ZERO(c->arena, StateChunk, entry->chunk_count);
	for (uint32_t i = 0; c->ok && i < entry->chunk_count; i++)
		parse_chunk(c, names, name_count, &entry->chunks[i]);
}

static void
parse_map(Cursor *c, int sink_count, StateMap *map)
{
	Arena *outer = c->arena;
	const char **names;
	size_t name_count;

	state_map_init(map);
	c->arena = &map->arena;
	names = get_names(c, &name_count);
	map->count = get_count(c, 15);
	map->entries = ARENA_ARRAY_ZERO(&map->arena, StateMapEntry, map->count + 1);
	for (size_t i = 0; c->ok && i < map->count; i++)
		parse_entry(c, names, name_count, sink_count, &map->entries[i]);
	c->arena = outer;
}

static void
parse_file(Cursor *c, PackFile *file)
{
	const uint8_t *sha256;
	PackRange *ranges;

	file->kind = (OutputKind)get_varint(c);
	file->owner = get_text(c);
	file->location = get_text(c);
	file->key = get_text(c);
	file->rows = get_varint(c);
	sha256 = get_bytes(c, sizeof file->sha256);
	if (sha256 != NULL)
		memcpy(file->sha256, sha256, sizeof file->sha256);
	file->stored.key = get_text(c);
	file->stored.bytes = get_varint(c);
	file->stored.range_count = get_count(c, 2);
	file->stored.ranges = ranges = ARENA_ARRAY_ZERO(c->arena, PackRange, file->stored.range_count + 1);
	file->stored.sha256 = file->sha256;
	for (size_t i = 0; c->ok && i < file->stored.range_count; i++)
	{
		ranges[i].offset = get_varint(c);
		ranges[i].len = get_varint(c);
	}
}

static bool
check_frame(StrView bytes, Cursor *c)
{
	if (bytes.len < sizeof magic + 8 || memcmp(bytes.data, magic, sizeof magic) != 0)
		return false;
	c->next = (const uint8_t *)bytes.data + bytes.len - 8;
	c->end = c->next + 8;
	if (get_u64(c) != hash_bytes(bytes.data, bytes.len - 8))
		return false;
	c->next = (const uint8_t *)bytes.data + sizeof magic;
	c->end -= 8;
	return true;
}

bool
pack_footer_parse(StrView bytes, const char *name, Arena *arena, PackFooter *out, Error *err)
{
	Cursor c = {.arena = arena, .ok = true};
	size_t sinks = 0;

	*out = (PackFooter){.sink_count = 0};
	state_map_init(&out->map);
	if (check_frame(bytes, &c))
	{
		out->sink_names = get_names(&c, &sinks);
		out->sink_count = (int)sinks;
		parse_map(&c, out->sink_count, &out->map);
		out->file_count = get_count(&c, 40);
		out->files = ARENA_ARRAY_ZERO(arena, PackFile, out->file_count + 1);
		for (size_t i = 0; c.ok && i < out->file_count; i++)
			parse_file(&c, &out->files[i]);
	}
	else
		c.ok = false;
	if (c.ok && c.next == c.end)
		return true;
	state_map_release(&out->map);
	return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "footer of pack \"%s\" is corrupt", name);
}
