/*
 * meta_commands.h: backslash commands, as psql's.
 */
#ifndef WEIR_REPL_META_COMMANDS_H
#define WEIR_REPL_META_COMMANDS_H

#include "parser/split.h"
#include "repl/session.h"

/*
 * Runs the command at *at, whose backslash was consumed, and moves *at behind it. splitter holds the
 * statement typed so far, which \p, \r and \g are about. False: it failed, and was reported.
 */
extern bool meta_command_run(Session *session, Splitter *splitter, StrView text, size_t *at);

/* The i-th name, for completion; NULL behind the last. */
extern const char *meta_command_name(size_t i);

#endif
