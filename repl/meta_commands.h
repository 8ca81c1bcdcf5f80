/*
 * meta_commands.h: backslash commands, as psql's.
 */
#ifndef WEIR_REPL_META_COMMANDS_H
#define WEIR_REPL_META_COMMANDS_H

#include "repl/session.h"

/* Runs the command on a line, whose backslash was consumed. False: it failed, and was reported. */
extern bool meta_command_run(Session *session, StrView line);

#endif
