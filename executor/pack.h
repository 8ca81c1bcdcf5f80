/*
 * pack.h: the footer of a pack: which saved bytes make up the state, and which data objects the epoch wrote.
 *
 * The idea: state is saved in units (sink, bucket, pane). The state map says for each unit which chunks of
 * which packs, merged in order, give its present content; every footer holds the whole map, so that the
 * newest manifest alone leads to all state. A pack stays as long as a chunk of the newest map lies in it. The
 * encoding is binary, little-endian with varints, begins with a magic that carries its version and ends with
 * a checksum.
 */
#ifndef WEIR_EXECUTOR_PACK_H
#define WEIR_EXECUTOR_PACK_H

#include "executor/pipeline.h"
#include "executor/store.h"

typedef struct StateChunk
{
	const char *pack; /* key of the pack */
	uint64_t offset;
	uint64_t len;
	uint64_t hash; /* hash_bytes() of the chunk */
} StateChunk;

typedef struct StateMapEntry
{
	StateUnit unit;
	uint32_t chunk_count;
	StateChunk *chunks; /* to be merged in this order; their packs' keys ascend */
} StateMapEntry;

/* Invariant: entries ascend by (sink, bucket, pane) and each has a chunk; all memory is in the arena. */
typedef struct StateMap
{
	Arena arena;
	size_t count;
	StateMapEntry *entries;
} StateMap;

/* What an epoch did to a unit. */
typedef struct UnitChange
{
	StateUnit unit;
	StateChange change;
	StateChunk chunk; /* unused for STATE_GONE */
} UnitChange;

/* A data object of an epoch, in a form that needs no plan to publish it. */
typedef struct PackFile
{
	OutputKind kind;
	const char *owner;    /* name of the sink or stream */
	const char *location; /* as given; "" = beside the state */
	const char *key;
	uint64_t rows;
	uint8_t sha256[32];
	StoredBytes stored; /* its sha256 points to the field above */
} PackFile;

typedef struct PackFooter
{
	int sink_count;
	const char **sink_names; /* what StateUnit.sink counts in */
	StateMap map;
	size_t file_count;
	PackFile *files;
} PackFooter;

extern void state_map_init(StateMap *map);
extern void state_map_release(StateMap *map);
/* Makes out (uninitialised) from map and changes, which get sorted; at most one change per unit. */
extern void state_map_apply(const StateMap *map, UnitChange *changes, size_t count, StateMap *out);
/* The distinct packs that the map refers to, ascending; the array is in the arena. */
extern const char **state_map_packs(const StateMap *map, Arena *arena, size_t *count);
/* Renumbers the units' sinks: to[i] is the new number of sink i, -1 drops its units. */
extern void state_map_renumber(StateMap *map, const int *to);

extern void pack_footer_print(const PackFooter *footer, StrBuf *out);
/* Everything is in the arena, but the map in its own. False: DATA_CORRUPTED. name is for messages. */
extern bool pack_footer_parse(StrView bytes, const char *name, Arena *arena, PackFooter *out,
							  Error *err) WARN_UNUSED;

#endif
