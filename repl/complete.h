/*
 * complete.h: completion with the Tab key.
 *
 * The idea: the word before the one at the cursor says what may stand there; where it says nothing, key
 * words, functions and objects are offered. Everything comes from the lists that the rest of the program
 * uses.
 */
#ifndef WEIR_REPL_COMPLETE_H
#define WEIR_REPL_COMPLETE_H

#include "parser/split.h"
#include "repl/session.h"

/* Lets the line editor ask about this session. typed: the statement so far, of earlier lines. */
extern void complete_install(const Session *session, const Splitter *typed);

#endif
