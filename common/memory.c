/*
 * memory.c: heap allocation that never returns NULL (contract in memory.h).
 */
#include "common/memory.h"

#include <unistd.h>

/*
 * What jemalloc reads when it starts; MALLOC_CONF in the environment comes after it. Kafka messages are
 * allocated by one thread and freed by another, by the million, and their buffers come and go by the
 * megabyte:
 *   - one arena: what the workers free, the broker thread gets again while it is in the cache;
 *   - long thread caches, so that memory changes hands in large lots;
 *   - huge pages, instead of tens of thousands of page faults.
 */
extern const char *malloc_conf;
const char *malloc_conf = "narenas:1,thp:always,tcache_nslots_small_max:1000,lg_tcache_nslots_mul:3";

void
mem_exhausted(size_t size)
{
	static const char text[] = "weir: out of memory; what was committed is safe, a restart goes on from it\n";

	(void)size;
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(4);
	_exit(4);
}

void *
mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (unlikely(p == NULL))
		mem_exhausted(size);
	return p;
}

void *
mem_alloc_zero(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (unlikely(p == NULL))
		mem_exhausted(size);
	return p;
}

void *
mem_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (unlikely(p == NULL))
		mem_exhausted(size);
	return p;
}

char *
mem_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(mem_alloc(size), s, size);
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_grow(void *array, size_t *capacity, size_t count, size_t element_size)
{
	void **p = array;

	if (count < *capacity)
		return;
	*capacity = *capacity ? *capacity * 2 : 8;
	*p = mem_realloc(*p, *capacity * element_size);
}
