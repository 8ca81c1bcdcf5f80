/*
 * state_spill.h: panes of the state that are on disk for a while.
 *
 * The idea: when the state is larger than its share of memory, the panes of a bucket that was just reduced go
 * to the spill file, as their whole bytes, together with what the next report of changes will need; they come
 * back when the bucket is reduced again and rows fall into them, or they close. So the memory of the state is
 * that of the buckets being worked on, plus what fits.
 */
#ifndef WEIR_EXECUTOR_STATE_SPILL_H
#define WEIR_EXECUTOR_STATE_SPILL_H

#include "executor/spill_file.h"
#include "executor/state_pane.h"

/* Writes the pane's groups to the file and frees them. The pane must not be spilled. */
extern bool pane_state_spill(PaneState *pane, SpillFile *file, Error *err) WARN_UNUSED;
/* Reads them back, if the pane is spilled. */
extern bool pane_state_load(PaneState *pane, int bucket, SpillFile *file, Error *err) WARN_UNUSED;
/* Gives back the pane's room in the file. */
extern void pane_state_discard(PaneState *pane, SpillFile *file);

/* Whether something is to be reported. */
extern bool pane_state_changed(const PaneState *pane);
/* As pane_state_write(), for any pane. */
extern bool pane_state_report(PaneState *pane, bool whole, SpillFile *file, StrBuf *out, StateChange *change,
							  Error *err) WARN_UNUSED;

#endif
