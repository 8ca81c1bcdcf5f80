/*
 * cell.h: a cell's text as lines of known display width, as psql shows it.
 *
 * Tabs go to the next multiple of 8, control characters become \r or \xNN, other unprintable ones \uXXXX.
 */
#ifndef WEIR_REPL_CELL_H
#define WEIR_REPL_CELL_H

#include "common/str.h"

typedef struct CellLine
{
	StrView text;
	int width;
} CellLine;

typedef struct Cell
{
	size_t line_count; /* at least 1 */
	CellLine *lines;
	int width; /* of the widest line */
} Cell;

/*
 * The columns that a terminal shows a character in, as psql counts: none for combining marks (Mn, Me), two
 * for wide ones, one for all others, whether they are seen or not.
 */
extern int character_width(int32_t c);

extern void cell_format(StrView text, Arena *arena, Cell *out);

#endif
