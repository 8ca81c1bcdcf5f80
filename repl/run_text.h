/*
 * run_text.h: running text: files, -c, the lines of the terminal.
 *
 * The idea: all of it goes through the same scanner that the parser uses, which says where a statement ends;
 * what a statement is and does is not known here.
 */
#ifndef WEIR_REPL_RUN_TEXT_H
#define WEIR_REPL_RUN_TEXT_H

#include "parser/split.h"
#include "repl/session.h"

/* A splitter that replaces the session's variables; released by the caller. */
extern Splitter run_text_splitter(const Session *session);

/*
 * Runs the statements that end in the text and its meta-commands; what is left of it waits in the splitter.
 * False: one failed and ON_ERROR_STOP is on, or a signal ended the session.
 */
extern bool run_text_piece(Session *session, Splitter *splitter, StrView text);

/* Runs a whole text, whose last statement needs no semicolon. file: for messages; NULL = -c. \q ends the text
 * only. */
extern bool run_text(Session *session, StrView text, const char *file);
/* Runs the statement that waits in the splitter, if one has begun, and empties it. */
extern bool run_text_buffer(Session *session, Splitter *splitter);

/* The same for standard input, line by line as it comes. name: for messages, or NULL. */
extern bool run_text_stdin(Session *session, const char *name);
/* The same for a file; "-" is standard input. */
extern bool run_text_file(Session *session, const char *path);
/* The start-up file, if there is one: $WEIRRC, else ~/.weirrc. */
extern bool run_text_start_up(Session *session);

#endif
