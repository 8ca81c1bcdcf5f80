/*
 * arena.h: memory with a named lifetime, released as a whole.
 *
 * The idea: everything that lives as long as a session, a statement, a job, a batch or a pane is taken from
 * that lifetime's arena, which is always an explicit argument; there is no current arena. Nothing is freed
 * alone. An arena is used by one thread at a time. Allocations are aligned to 16 bytes.
 */
#ifndef WEIR_COMMON_ARENA_H
#define WEIR_COMMON_ARENA_H

#include <stdarg.h>

#include "common/base.h"

typedef struct ArenaChunk ArenaChunk;

/* Invariant: chunk is the newest of the list (or NULL) and next <= end lie inside it. */
typedef struct Arena
{
	const char *name; /* of the lifetime, for memory reports; borrowed */
	ArenaChunk *chunk;
	char *next;
	char *end;
	size_t bytes;      /* taken from the heap, all chunks */
	size_t chunk_size; /* of the next chunk; doubles up to 1 MiB */
} Arena;

extern void arena_init(Arena *arena, const char *name);
/* Forgets all allocations and keeps the newest chunk for reuse. */
extern void arena_reset(Arena *arena);
/* Gives everything back to the heap; the arena may be used again. */
extern void arena_release(Arena *arena);

extern void *arena_alloc_slow(Arena *arena, size_t size) WARN_UNUSED;
extern void *arena_alloc_zero(Arena *arena, size_t size) WARN_UNUSED;
extern char *arena_strdup(Arena *arena, const char *s) WARN_UNUSED;
/* A copy of len bytes with a terminating NUL. */
extern char *arena_strndup(Arena *arena, const char *s, size_t len) WARN_UNUSED;
extern char *arena_printf(Arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) WARN_UNUSED;

static inline void *
arena_alloc(Arena *arena, size_t size)
{
	char *p = arena->next;

	size = (size + 15 + !size) & ~(size_t)15; /* never zero, so never NULL */
	if (unlikely(size > (size_t)(arena->end - p)))
		return arena_alloc_slow(arena, size);
	arena->next = p + size;
	return p;
}

/*
 * Makes room for one more element: *array, of this arena, has *capacity elements of the given size, count are
 * in use. What it outgrows stays in the arena.
 */
extern void arena_grow(Arena *arena, void *array, int *capacity, int count, size_t element_size);

/* An uninitialised array of n Ts; a zeroed T. */
#define ARENA_ARRAY(arena, T, n) ((T *)arena_alloc((arena), sizeof(T) * (size_t)(n)))
#define ARENA_ARRAY_ZERO(arena, T, n) ((T *)arena_alloc_zero((arena), sizeof(T) * (size_t)(n)))
#define ARENA_NEW(arena, T) ((T *)arena_alloc_zero((arena), sizeof(T)))

#endif
