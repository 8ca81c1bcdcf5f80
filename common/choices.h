/*
 * choices.h: one of a few words, as settings and options take them.
 *
 * The idea: the words stand in one text, "a|b|c"; a choice is its number in there, which is the value of the
 * enum that the words name.
 */
#ifndef WEIR_COMMON_CHOICES_H
#define WEIR_COMMON_CHOICES_H

#include "common/str.h"

/* The number of the word, in any case; -1 when it is none of them. */
extern int choices_find(const char *choices, StrView word);
/* The word of that number; it must be there. */
extern StrView choices_word(const char *choices, int number);
/* Appends "a, b, c". */
extern void choices_print(const char *choices, StrBuf *out);

#endif
