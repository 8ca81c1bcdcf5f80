/*
 * base.h: what every file of Weir may rely on.
 *
 * The idea: compiler extensions, fixed-width integers and the few universal macros live here and nowhere
 * else, so that the rest of the tree is plain C11. No types of the product are declared here.
 */
#ifndef WEIR_COMMON_BASE_H
#define WEIR_COMMON_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <inttypes.h>

typedef __int128 int128;
typedef unsigned __int128 uint128;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define lengthof(a) (sizeof(a) / sizeof((a)[0]))
#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define FALLTHROUGH __attribute__((fallthrough))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/* The struct of type T whose member m is at p: how a class instance gets from its embedded base to itself. */
#define container_of(p, T, m) ((T *)((char *)(p)-offsetof(T, m)))

#define Min(a, b) ((a) < (b) ? (a) : (b))
#define Max(a, b) ((a) > (b) ? (a) : (b))

#endif
