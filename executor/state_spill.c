/*
 * state_spill.c: spilling panes, and reporting those that are spilled (contract in state_spill.h).
 */
#include "executor/state_spill.h"

bool
pane_state_changed(const PaneState *pane)
{
	return pane->spilled ? pane->pending : pane->dirty_count > 0;
}

/* Writes what a report would say. */
static bool
spill_report(PaneState *pane, SpillFile *file, StrBuf *bytes, Error *err)
{
	pane->pending = pane->dirty_count > 0;
	if (!pane->pending)
		return true;
	pane->pending_change = pane_state_write(pane, false, bytes);
	/* Whole bytes are written anyway. */
	return pane->pending_change == STATE_WHOLE ||
		   spill_file_write(file, str_view(bytes), &pane->pending_bytes, err);
}

bool
pane_state_spill(PaneState *pane, SpillFile *file, Error *err)
{
	StrBuf bytes = {0};
	bool saved = pane->saved, ok;

	assert(!pane->spilled);
	ok = spill_report(pane, file, &bytes, err);
	if (ok)
	{
		str_clear(&bytes);
		(void)pane_state_write(pane, true, &bytes);
		ok = spill_file_write(file, str_view(&bytes), &pane->whole_bytes, err);
	}
	str_free(&bytes);
	if (!ok)
		return false;
	pane->saved = saved;
	pane->spilled = true;
	pane->group_count = pane->groups.table.count;
	pane_state_free_groups(pane);
	return true;
}

bool
pane_state_load(PaneState *pane, int bucket, SpillFile *file, Error *err)
{
	StrBuf bytes = {0};
	bool saved = pane->saved, ok;

	if (!pane->spilled)
		return true;
	ok = spill_file_read(file, pane->whole_bytes, &bytes, err) &&
		 pane_state_read(pane, bucket, str_view(&bytes), err);
	str_free(&bytes);
	if (!ok)
		return false;
	pane->saved = saved;
	if (pane->pending)
		pane_state_mark_all(pane); /* what changed is no longer known: the next report is whole */
	pane->pending = pane->spilled = false;
	pane_state_discard(pane, file);
	return true;
}

void
pane_state_discard(PaneState *pane, SpillFile *file)
{
	spill_file_discard(file, &pane->whole_bytes);
	spill_file_discard(file, &pane->pending_bytes);
}

bool
pane_state_report(PaneState *pane, bool whole, SpillFile *file, StrBuf *out, StateChange *change, Error *err)
{
	if (!pane->spilled)
	{
		*change = pane_state_write(pane, whole, out);
		return true;
	}
	*change = whole || !pane->pending ? STATE_WHOLE : pane->pending_change;
	if (!spill_file_read(file, *change == STATE_WHOLE ? pane->whole_bytes : pane->pending_bytes, out, err))
		return false;
	spill_file_discard(file, &pane->pending_bytes);
	pane->pending = false;
	pane->saved = true;
	return true;
}
