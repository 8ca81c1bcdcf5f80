/*
 * meta_command.h: what the handlers of backslash commands share.
 */
#ifndef WEIR_REPL_META_COMMAND_H
#define WEIR_REPL_META_COMMAND_H

#include "parser/split.h"
#include "repl/meta_words.h"
#include "repl/session.h"

/* A command at hand. */
typedef struct MetaCommand
{
	Session *session;
	Splitter *splitter;
	Arena arena;
	MetaWords words;
} MetaCommand;

/* Every handler returns false when it failed, which it has reported. */
#define META_COMMAND(name, handler, group, arguments, help) extern bool handler(MetaCommand *command);
#include "repl/meta_command_list.h"
#undef META_COMMAND

/* The n-th argument, from 1 on; NULL when there is none. */
extern const char *meta_argument(const MetaCommand *command, int n);
/* Prints "\name: text" on standard error and notes the exit code. False. */
extern bool meta_fail(const MetaCommand *command, const char *text);
/* The same without the command's name. */
extern bool meta_fail_plainly(const MetaCommand *command, const char *text);
/* False with that message when the first argument is missing. */
extern bool meta_needs_argument(const MetaCommand *command);

#endif
