/*
 * arena.c: chunked bump allocation (contract in arena.h).
 */
#include "common/arena.h"

#include <stdio.h>

#include "common/memory.h"

enum
{
	FIRST_CHUNK = 8 * 1024,
	LARGEST_CHUNK = 1024 * 1024
};

struct ArenaChunk
{
	ArenaChunk *older;
	size_t size; /* with this header */
};

#define CHUNK_HEADER ((sizeof(ArenaChunk) + 15) & ~(size_t)15)

void
arena_init(Arena *arena, const char *name)
{
	*arena = (Arena){.name = name, .chunk_size = FIRST_CHUNK};
}

static void
arena_use_chunk(Arena *arena, ArenaChunk *chunk)
{
	arena->chunk = chunk;
	arena->next = (char *)chunk + CHUNK_HEADER;
	arena->end = (char *)chunk + chunk->size;
}

void *
arena_alloc_slow(Arena *arena, size_t size)
{
	size_t need = size + CHUNK_HEADER;
	ArenaChunk *chunk;

	if (arena->chunk_size == 0)
		arena->chunk_size = FIRST_CHUNK;
	if (need < arena->chunk_size)
		need = arena->chunk_size;
	chunk = mem_alloc(need);
	chunk->older = arena->chunk;
	chunk->size = need;
	arena->bytes += need;
	if (arena->chunk_size < LARGEST_CHUNK)
		arena->chunk_size *= 2;
	arena_use_chunk(arena, chunk);
	return arena_alloc(arena, size);
}

static void
arena_free_list(Arena *arena, ArenaChunk *chunk)
{
	while (chunk != NULL)
	{
		ArenaChunk *older = chunk->older;

		arena->bytes -= chunk->size;
		mem_free(chunk);
		chunk = older;
	}
}

void
arena_reset(Arena *arena)
{
	if (arena->chunk == NULL)
		return;
	arena_free_list(arena, arena->chunk->older);
	arena->chunk->older = NULL;
	arena_use_chunk(arena, arena->chunk);
}

void
arena_release(Arena *arena)
{
	arena_free_list(arena, arena->chunk);
	arena_init(arena, arena->name);
}

void *
arena_alloc_zero(Arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

void
arena_grow(Arena *arena, void *array, int *capacity, int count, size_t element_size)
{
	void **p = array;
	void *grown;

	assert(count <= *capacity);
	if (count < *capacity)
		return;
	*capacity = *capacity ? *capacity * 2 : 8;
	grown = arena_alloc(arena, (size_t)*capacity * element_size);
	if (count > 0)
		memcpy(grown, *p, (size_t)count * element_size);
	*p = grown;
}

char *
arena_strndup(Arena *arena, const char *s, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_strdup(Arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *
arena_printf(Arena *arena, const char *fmt, ...)
{
	va_list args;
	va_list again;
	int len;
	char *text;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(len >= 0);
	text = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}
