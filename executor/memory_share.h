/*
 * memory_share.h: what memory_limit is divided into, the only list of it.
 *
 * The idea: each part keeps to its share by itself: it spills, makes its producers wait, cuts the epoch, or
 * fails with its size; so the sum keeps to the limit without anybody adding it up while the job runs. The
 * groups and letters of a batch may take all that is left, since memory must not decide where its cuts lie.
 */
#ifndef WEIR_EXECUTOR_MEMORY_SHARE_H
#define WEIR_EXECUTOR_MEMORY_SHARE_H

/* One part in so many of memory_limit. */
enum
{
	SHARE_FETCH = 8,   /* queues of the sources */
	SHARE_STATE = 2,   /* of aggregates, and reference tables */
	SHARE_TABLES = 4,  /* of that */
	SHARE_SCRATCH = 4, /* what FILL gathers until the cut */
	SHARE_CHUNKS = 16, /* of that: rendered rows; and as much that waits for a compressor */
	SHARE_UPLOADS = 10 /* of a remote store, and what it remembers */
};

_Static_assert(40 / SHARE_FETCH + 40 / SHARE_STATE + 40 / SHARE_SCRATCH + 40 / SHARE_UPLOADS <= 40,
			   "the shares are no more than the whole");

#endif
