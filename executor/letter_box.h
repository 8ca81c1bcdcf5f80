/*
 * letter_box.h: the dead letters of the messages that are being pushed, until they are all there.
 *
 * The idea: several operators and sinks may refuse rows of one batch, each in its own turn, so letters come
 * in an order that depends on where the batch began. They wait here until the batch is through, and leave in
 * order of offset, then sink: so the order in the file depends on the messages alone.
 */
#ifndef WEIR_EXECUTOR_LETTER_BOX_H
#define WEIR_EXECUTOR_LETTER_BOX_H

#include "common/str.h"

typedef struct Letter
{
	int64_t offset; /* of the message */
	int sink;       /* -1: dead for all; first */
	size_t start;   /* of the line in the box's text */
	size_t len;
} Letter;

/* Zero-initialise. All letters are of one partition. */
typedef struct LetterBox
{
	int scan;
	int32_t partition;
	StrBuf text;
	Letter *letters;
	size_t count;
	size_t capacity;
} LetterBox;

/* Adds a letter whose line the caller then appends to the text that is returned, before anything else is
 * added. */
extern StrBuf *letter_box_add(LetterBox *box, int64_t offset, int sink);
/* Puts the letters in order; the lines are where the letters say. */
extern void letter_box_sort(LetterBox *box);
extern StrView letter_box_line(const LetterBox *box, size_t i);
extern void letter_box_clear(LetterBox *box);
extern void letter_box_free(LetterBox *box);

#endif
