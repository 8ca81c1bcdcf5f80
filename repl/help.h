/*
 * help.h: \h: the statements with their syntax, options and settings.
 *
 * The idea: syntax is written in statement_help_list.h; options and settings come from the tables that check
 * them.
 */
#ifndef WEIR_REPL_HELP_H
#define WEIR_REPL_HELP_H

#include "repl/session.h"

/* The names of all statements. */
extern void help_list(FILE *out);
/* All statements whose name begins with this one, in any case. False: there is none. */
extern bool help_print(const char *name, const Session *session);
/* The i-th name, for completion; NULL behind the last. */
extern const char *help_name(size_t i);

#endif
