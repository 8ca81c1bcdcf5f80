/*
 * interrupt.h: signals as a flag.
 *
 * The idea: the first SIGINT or SIGTERM sets a flag that running jobs and queries look at (they drain or
 * stop); a second one ends the process at once. SIGPIPE is ignored. Signal handlers can reach nothing but
 * process-wide memory, so the flag is the one mutable global of the program; it is handed on by pointer. It
 * is atomic, since a signal interrupts any thread and workers look at the flag.
 */
#ifndef WEIR_REPL_INTERRUPT_H
#define WEIR_REPL_INTERRUPT_H

#include <signal.h>
#include <stdatomic.h>

#include "common/base.h"

extern void interrupt_install(void);
/* The flag; true once a signal came and until interrupt_clear(). */
extern const atomic_bool *interrupt_flag(void);
/* Whether SIGTERM was among the signals: then the program ends, also out of the terminal. */
extern bool interrupt_was_terminate(void);
/* While the terminal waits for a line, signals only set the flag, however many come. */
extern void interrupt_set_prompting(bool prompting);
/* Holds the signals back, for who looks at the flag and then waits with ppoll(); *before is the mask as it
 * was. */
extern void interrupt_hold(sigset_t *before);
/* Before a statement runs: forgets an earlier SIGINT. */
extern void interrupt_clear(void);

#endif
