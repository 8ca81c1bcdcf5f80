/*
 * history.h: what was typed in the terminal, kept from one session to the next.
 *
 * The idea: an entry is a whole statement, however many lines it took. The file holds one entry per line (a
 * line end within one is \001, as psql writes it), so that both line editors read the same file; a session
 * appends what it brought, so that two sessions do not lose each other's. The file is readable by its owner
 * only. Left out: what HISTCONTROL says (ignorespace, ignoredups, ignoreboth), and statements that hold a
 * secret in plain text.
 */
#ifndef WEIR_REPL_HISTORY_H
#define WEIR_REPL_HISTORY_H

#include "planner/connector.h"
#include "repl/variables.h"

typedef struct History
{
	const Variables *variables;     /* HISTFILE, HISTSIZE, HISTCONTROL */
	const ConnectorSet *connectors; /* whose options are secrets */
	StrBuf path;                    /* empty: nothing is kept */
	StrBuf last;                    /* the newest entry */
	StrBuf unsaved;                 /* entries of this session, as they go into the file */
} History;

/* Reads the file into the line editor's list. */
extern void history_open(History *history, const Variables *variables, const ConnectorSet *connectors);
/* One statement or meta-command as typed. False: it was left out because it holds a secret. */
extern bool history_add(History *history, StrView entry);
/* Appends this session's entries to the file. */
extern void history_close(History *history);
/* Prints the list (\s). */
extern void history_print(FILE *out);

#endif
