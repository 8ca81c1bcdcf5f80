/*
 * letter_box.c: dead letters put in order (contract in letter_box.h).
 */
#include "executor/letter_box.h"

#include "common/memory.h"

/* The last line ends where the text does now. */
static void
close_line(LetterBox *box)
{
	if (box->count > 0)
		box->letters[box->count - 1].len = box->text.len - box->letters[box->count - 1].start;
}

StrBuf *
letter_box_add(LetterBox *box, int64_t offset, int sink)
{
	close_line(box);
	mem_grow(&box->letters, &box->capacity, box->count, sizeof *box->letters);
	box->letters[box->count++] = (Letter){.offset = offset, .sink = sink, .start = box->text.len};
	return &box->text;
}

static int
compare_letters(const void *pa, const void *pb)
{
	const Letter *a = pa;
	const Letter *b = pb;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (a->sink != b->sink)
		return a->sink < b->sink ? -1 : 1;
	return (a->start > b->start) - (a->start < b->start);
}

void
letter_box_sort(LetterBox *box)
{
	close_line(box);
	qsort(box->letters, box->count, sizeof *box->letters, compare_letters);
}

StrView
letter_box_line(const LetterBox *box, size_t i)
{
	return (StrView){box->text.data + box->letters[i].start, box->letters[i].len};
}

void
letter_box_clear(LetterBox *box)
{
	box->count = 0;
	str_clear(&box->text);
}

void
letter_box_free(LetterBox *box)
{
	mem_free(box->letters);
	str_free(&box->text);
}
