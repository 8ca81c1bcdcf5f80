/*
 * terminal.h: the interactive terminal.
 */
#ifndef WEIR_REPL_TERMINAL_H
#define WEIR_REPL_TERMINAL_H

#include "repl/session.h"

/* Reads and runs statements until \q, end of input or SIGTERM. */
extern bool terminal_run(Session *session);

#endif
