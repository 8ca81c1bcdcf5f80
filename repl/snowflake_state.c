/*
 * snowflake_state.c: reading manifests for Snowflake's statements (contract in snowflake_state.h).
 *
 * The idea: the newest manifest of each shard says the revision that a sink has, or will have when it starts
 * with the definition at hand; the manifests that are kept say the objects. Shards may be at different
 * revisions while they are restarted one after the other: the newest counts.
 */
#include "repl/snowflake_state.h"

#include "repl/show_state.h"

/* Objects of one sink being listed. */
typedef struct FileRoom
{
	SnowflakeFile *items;
	size_t count;
	size_t capacity;
} FileRoom;

typedef struct StateReading
{
	const JobPlan *plan;
	Arena *arena;
	Arena *manifest_arena;
	StateView view;
	int *revisions;
	FileRoom *rooms;
} StateReading;

/* ---- revisions ---- */

static int
revision_of(const Manifest *manifest, const SinkPlan *sink)
{
	int at = manifest_find_sink(manifest, sink->name);
	char sha256[HEX_SHA256];

	if (at < 0)
		return 1;
	manifest_hex_sha256(str_from_cstr(sink->stateless_text), sha256);
	return manifest_next_revision(&manifest->sinks[at], sha256);
}

static bool
read_revisions(StateReading *reading, Error *err)
{
	Manifest newest;

	if (reading->view.count == 0)
		return true; /* a shard that has not begun */
	arena_reset(reading->manifest_arena);
	if (!state_view_newest(&reading->view, reading->manifest_arena, &newest, err))
		return false;
	for (int i = 0; i < reading->plan->sink_count; i++)
		reading->revisions[i] = Max(reading->revisions[i], revision_of(&newest, reading->plan->sinks[i]));
	return true;
}

/* ---- objects ---- */

static void
add_file(StateReading *reading, int sink, const char *key, uint64_t rows)
{
	FileRoom *room = &reading->rooms[sink];

	if (room->count == room->capacity)
	{
		size_t capacity = Max(2 * room->capacity, 64);
		SnowflakeFile *items = ARENA_ARRAY(reading->arena, SnowflakeFile, capacity);

		if (room->count > 0)
			memcpy(items, room->items, room->count * sizeof *items);
		room->items = items;
		room->capacity = capacity;
	}
	room->items[room->count++] = (SnowflakeFile){.key = arena_strdup(reading->arena, key), .rows = rows};
}

/* The key below the folder of the sink's revision, or NULL: the object is of another one. */
static const char *
key_of_revision(const char *key, int revision)
{
	size_t digits = key[0] == 'r' ? strspn(key + 1, "0123456789") : 0;
	bool in_folder = digits > 0 && key[1 + digits] == '/';

	if (revision == 1)
		return in_folder ? NULL : key;
	return in_folder && strtol(key + 1, NULL, 10) == revision ? key + digits + 2 : NULL;
}

static void
add_object(StateReading *reading, const PackFile *file)
{
	for (int i = 0; i < reading->plan->sink_count; i++)
	{
		const SinkPlan *sink = reading->plan->sinks[i];
		const char *key;

		if (file->kind != OUTPUT_DATA || strcmp(file->owner, sink->name) != 0 ||
			strcmp(file->location, sink->location) != 0)
			continue;
		key = key_of_revision(file->key, reading->revisions[i]);
		if (key != NULL)
			add_file(reading, i, key, file->rows);
		return;
	}
}

/* What is not out yet can't be loaded yet: the next time it is there. */
static bool
add_objects(void *context, const Manifest *manifest, Error *err)
{
	StateReading *reading = context;
	PackFile *files;
	size_t count;
	bool published;

	if (!state_view_files(&reading->view, manifest, reading->manifest_arena, &files, &count, &published, err))
		return error_hint(err, "weir verify says what is wrong with the state and what it still knows.");
	for (size_t i = 0; published && i < count; i++)
		add_object(reading, &files[i]);
	return true;
}

/* ---- all of it ---- */

static bool
read_all(StateReading *reading, Error *err)
{
	int shards = reading->view.identity.shards;
	bool ok = true;

	for (int shard = 0; ok && shard < shards; shard++)
		ok = state_view_list(&reading->view, shard, err) && read_revisions(reading, err);
	for (int shard = 0; ok && shard < shards; shard++)
		ok = state_view_list(&reading->view, shard, err) &&
			 state_view_visit(&reading->view, reading->manifest_arena, add_objects, reading, err);
	return ok;
}

static SnowflakeSinkState *
result_of(const StateReading *reading)
{
	int count = reading->plan->sink_count;
	SnowflakeSinkState *states = ARENA_ARRAY_ZERO(reading->arena, SnowflakeSinkState, Max(count, 1));

	for (int i = 0; i < count; i++)
		states[i] = (SnowflakeSinkState){.revision = reading->revisions[i],
										 .files = reading->rooms[i].items,
										 .file_count = reading->rooms[i].count};
	return states;
}

bool
snowflake_state_read(const Session *session, const JobPlan *plan, Arena *arena, SnowflakeSinkState **out,
					 Error *err)
{
	int count = Max(plan->sink_count, 1);
	Arena manifest_arena;
	StateReading reading = {
		.plan = plan,
		.arena = arena,
		.manifest_arena = &manifest_arena,
		.revisions = ARENA_ARRAY_ZERO(arena, int, count),
		.rooms = ARENA_ARRAY_ZERO(arena, FileRoom, count),
	};
	StateLook look;
	bool ok;

	*out = NULL;
	for (int i = 0; i < count; i++)
		reading.revisions[i] = 1;
	if (!show_look(session, arena, &look, err))
		return false;
	arena_init(&manifest_arena, "snowflake state");
	ok = state_view_open(&look, &reading.view, err);
	if (!ok && err->state == SQLSTATE_UNDEFINED_OBJECT)
	{
		error_clear(err);
		ok = true;
	}
	else if (ok)
	{
		ok = read_all(&reading, err);
		if (ok)
			*out = result_of(&reading);
	}
	state_view_close(&reading.view);
	arena_release(&manifest_arena);
	return ok;
}
