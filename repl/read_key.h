/*
 * read_key.h: one key for the line editor, or the news that Ctrl-C was pressed.
 *
 * The idea: this is all in which GNU readline and libedit differ for us: what a key is (a byte, a character),
 * and who runs the signal handler while a line is read. The build takes the file that fits
 * (READLINE=readline|edit).
 */
#ifndef WEIR_REPL_READ_KEY_H
#define WEIR_REPL_READ_KEY_H

#include <stdio.h>

/* For rl_getc_function. A line end when the interrupt flag is set, EOF at the end of input. */
extern int read_key(FILE *in);

#endif
