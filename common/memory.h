/*
 * memory.h: heap allocation that never returns NULL.
 *
 * The idea: running out of memory ends the process in one place (mem_exhausted), with a message and exit
 * code 4; the commit protocol makes that safe. So callers never test for NULL. What the network feeds is
 * bounded before it gets here. Blocks are freed with mem_free().
 */
#ifndef WEIR_COMMON_MEMORY_H
#define WEIR_COMMON_MEMORY_H

#include "common/base.h"

extern void *mem_alloc(size_t size) WARN_UNUSED __attribute__((malloc));
extern void *mem_alloc_zero(size_t size) WARN_UNUSED __attribute__((malloc));
extern void *mem_realloc(void *p, size_t size) WARN_UNUSED;
extern char *mem_strdup(const char *s) WARN_UNUSED;
extern void mem_free(void *p);

/* Makes room for one more element: *array has *capacity elements of the given size, count are in use. */
extern void mem_grow(void *array, size_t *capacity, size_t count, size_t element_size);

extern void mem_exhausted(size_t size) NORETURN;

#endif
