/*
 * discard.h: weir reset without a sink: ends a job's life and begins another one, with nothing known.
 *
 * The idea: nothing is removed. Each shard's chain gets one more link, a CLOSE, which fences whoever writes;
 * then job.json is replaced by one with a new uuid that says behind which links the new life begins. That
 * one replacement is the moment when the state is gone: before it the old life can go on, after it only the
 * new one. The old links keep their names taken, so a writer that slept through all of it can't commit;
 * clean-up takes packs at the next start, and manifests when they are old enough. Published objects are not
 * touched, and new ones have another uuid in their names.
 */
#ifndef WEIR_EXECUTOR_DISCARD_H
#define WEIR_EXECUTOR_DISCARD_H

#include "executor/state_summary.h"

/*
 * Discards the state. force: also when nothing can tell whether the job runs. False: UNDEFINED_OBJECT when
 * there is no such job, OBJECT_IN_USE when it runs or may run, FENCED when a writer was faster, ...
 */
extern bool job_discard(const StateLook *look, bool force, Error *err) WARN_UNUSED;

#endif
