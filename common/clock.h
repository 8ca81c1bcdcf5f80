/*
 * clock.h: the seam through which everything that must be testable reads the time.
 *
 * The idea: a Clock is a small function table that callers receive as an argument; tests embed it in a struct
 * of their own and give virtual time. Nothing below repl/ calls the operating system's clock directly.
 */
#ifndef WEIR_COMMON_CLOCK_H
#define WEIR_COMMON_CLOCK_H

#include <stdatomic.h>

#include "common/base.h"

typedef struct Clock
{
	int64_t (*now)(const struct Clock *clock); /* TIMESTAMPTZ: microseconds since 2000-01-01 UTC */
	int64_t (*monotonic)(
		const struct Clock *clock); /* microseconds since some fixed moment; never goes back */
	/* Lets so many microseconds pass, or fewer. NULL: by the operating system. */
	void (*sleep)(const struct Clock *clock, int64_t micros);
} Clock;

/* The operating system's clocks. */
extern const Clock system_clock;

/* Seconds between the Unix epoch and 2000-01-01. */
#define CLOCK_UNIX_EPOCH_OFFSET INT64_C(946684800)

static inline int64_t
clock_now(const Clock *clock)
{
	return clock->now(clock);
}

static inline int64_t
clock_monotonic(const Clock *clock)
{
	return clock->monotonic(clock);
}

/* Lets so many microseconds pass. False: *stop (NULL = never) became true, which is seen soon. */
extern bool clock_pause(const Clock *clock, int64_t micros, const atomic_bool *stop);

#endif
