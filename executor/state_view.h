/*
 * state_view.h: looking at the state of a job, running or not, without touching it.
 *
 * The idea: the newest manifest says it all: offsets, event times, watermarks, counts. It is found by
 * listing, and read; no lock is taken and nothing is claimed, so a job that runs does not notice.
 */
#ifndef WEIR_EXECUTOR_STATE_VIEW_H
#define WEIR_EXECUTOR_STATE_VIEW_H

#include "common/fs.h"
#include "executor/manifest.h"

/*
 * Reads the newest manifest of a job in a directory into the arena. False: UNDEFINED_OBJECT when there is no
 * state under that name, 0A000 for a location that is no directory, else as reading fails.
 */
extern bool state_view_read(const Fs *fs, const char *location, const char *job_name, Arena *arena,
							Manifest *out, Error *err) WARN_UNUSED;

/* The partition that holds the watermark of a stream: the one least far of those that are not idle; -1 =
 * none. */
extern int32_t state_view_holder(const ManifestScan *scan);

#endif
