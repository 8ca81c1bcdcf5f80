/*
 * scan_use.h: what one plan uses of one stream, and the scan that delivers just that; for narrow.c.
 *
 * The idea: expressions over the stream's declared columns are noted one by one; a jsonb column of which only
 * values under constant keys are used is not needed whole. Then the scan is laid out, and the same
 * expressions are rewritten to its columns.
 */
#ifndef WEIR_PLANNER_SCAN_USE_H
#define WEIR_PLANNER_SCAN_USE_H

#include "planner/expr_build.h"
#include "planner/plan.h"

/* A value under constant keys of a jsonb column, as text: column -> 'a' -> 'b' ->> 'c'. */
typedef struct Chain
{
	const Expr *expr; /* over the declared columns */
	int column;
	int output;
} Chain;

/* What is used of one stream by the whole plan. */
typedef struct ScanUse
{
	const StreamDef *stream;
	ScanPlan *plan;
	bool *whole; /* by declared column */
	int *output; /* by declared column: its column in the narrowed scan, -1 = none */
	Chain *chains;
	int chain_count;
	int chain_capacity;
} ScanUse;

extern void scan_use_init(ScanUse *use, Arena *arena, const StreamDef *stream, int index);
/* use or expr may be NULL: nothing is noted. */
extern void scan_use_note(Arena *arena, ScanUse *use, const Expr *expr);
/* After all notes: fills use->plan but for its filter. NOT NULL and event-time columns are always delivered.
 */
extern void scan_use_lay_out(Arena *arena, ScanUse *use);
/* Column numbers by the layout; those behind the stream's declared columns are shifted. use or expr may be
 * NULL. */
extern Expr *scan_use_rewrite(Arena *arena, const ScanUse *use, const Expr *expr, int shift);

#endif
