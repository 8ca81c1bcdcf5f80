/*
 * clock.c: the operating system's clocks behind the Clock table.
 */
#include "common/clock.h"

#include <time.h>

#define SLICE 20000 /* microseconds between two looks at what ends a pause */

static int64_t
read_micros(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		abort(); /* both clocks always exist on Linux */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t
system_now(const Clock *clock UNUSED)
{
	return read_micros(CLOCK_REALTIME) - CLOCK_UNIX_EPOCH_OFFSET * 1000000;
}

static int64_t
system_monotonic(const Clock *clock UNUSED)
{
	return read_micros(CLOCK_MONOTONIC);
}

static void
sleep_for(const Clock *clock, int64_t micros)
{
	const struct timespec time = {.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000};

	if (clock->sleep != NULL)
		clock->sleep(clock, micros);
	else
		(void)nanosleep(&time, NULL);
}

static bool
is_stopped(const atomic_bool *stop)
{
	return stop != NULL && atomic_load(stop);
}

bool
clock_pause(const Clock *clock, int64_t micros, const atomic_bool *stop)
{
	int64_t end = clock_monotonic(clock) + micros;

	for (int64_t left = micros; left > 0 && !is_stopped(stop); left = end - clock_monotonic(clock))
		sleep_for(clock, Min(left, SLICE));
	return !is_stopped(stop);
}

const Clock system_clock = {.now = system_now, .monotonic = system_monotonic};
