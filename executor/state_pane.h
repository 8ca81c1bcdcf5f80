/*
 * state_pane.h: the unit of state: the groups of one pane in one bucket of one sink; and its bytes.
 *
 * The idea: a pane knows which groups changed since it was last reported. Its bytes are either the whole
 * pane, or only the changed groups, each with its new state (so reading them twice does no harm) and with the
 * values that are new in the sets of DISTINCT calls. So what an epoch writes is what it changed.
 *
 * Format, version 1 (value_bytes.h for the parts):
 *
 *     u8 version, u8 STATE_PARTIAL or STATE_WHOLE, u64 signature of the layout, varint number of groups
 *     per group: [partition] [origin] keys (u8 1 = NULL, or 0 and the value),
 *         then per call its state, or for DISTINCT the number of values and per value [origin] value
 *     u64 XXH3 of all before
 *
 * The parts in brackets are there if the layout keeps partitions, and has ambiguous keys or values. Groups
 * are in order of their key hash, values too, so equal states give equal bytes.
 */
#ifndef WEIR_EXECUTOR_STATE_PANE_H
#define WEIR_EXECUTOR_STATE_PANE_H

#include "executor/groups.h"
#include "executor/pipeline.h"
#include "executor/spill_file.h"

/* Invariant: without saved, every group is dirty. */
typedef struct PaneState
{
	int64_t pane;
	Groups groups;
	uint64_t *dirty; /* groups that changed since the last report */
	size_t dirty_words;
	uint32_t dirty_count;
	uint32_t *saved_values; /* per DISTINCT call: the first so many values have been reported */
	bool saved;             /* has been reported, or restored */

	/* While the groups are on disk (state_spill.h), groups and marks are empty. */
	bool spilled;
	bool pending; /* a report is due: pending_change, its bytes pending_bytes, or whole_bytes if whole */
	StateChange pending_change;
	SpillPiece whole_bytes;
	SpillPiece pending_bytes;
	uint32_t group_count;
} PaneState;

extern PaneState *pane_state_new(const GroupsLayout *layout, int64_t pane) WARN_UNUSED;
extern void pane_state_free(PaneState *pane);
/* Merges the listed groups (contract of groups_merge); numbers has room for count. */
extern void pane_state_merge(PaneState *pane, const Groups *from, const uint32_t *list, uint32_t count,
							 uint32_t *numbers);
extern size_t pane_state_memory(const PaneState *pane);

/* Marks all groups, and the values in their sets, as changed. */
extern void pane_state_mark_all(PaneState *pane);
/* Frees the groups' memory; the pane can be read again. */
extern void pane_state_free_groups(PaneState *pane);

/* Appends the pane's bytes; whole, or what changed, if that is clearly less. Returns which, and clears the
 * marks. */
extern StateChange pane_state_write(PaneState *pane, bool whole, StrBuf *out);
/*
 * Reads bytes of one unit onto what the pane holds. False: DATA_CORRUPTED; the pane is then to be thrown
 * away. Every group must be of the bucket.
 */
extern bool pane_state_read(PaneState *pane, int bucket, StrView bytes, Error *err) WARN_UNUSED;

#endif
