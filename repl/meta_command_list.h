/*
 * meta_command_list.h: the backslash commands, the only list of them; \? is made from it.
 *
 * META_COMMAND("name", handler, "arguments", "help"); a line with help NULL is a synonym.
 * To add one: a line here and its handler in meta_commands.c.
 */
META_COMMAND("q", meta_quit, "", "quit")
META_COMMAND("?", meta_help, "", "this help")
META_COMMAND("h", meta_statements, "", "the statements of Weir's SQL")
META_COMMAND("i", meta_include, "FILE", "run the statements of a file")
META_COMMAND("d", meta_describe, "[NAME]", "list what is declared, or describe one object")
META_COMMAND("d+", meta_describe, "[NAME]", NULL)
META_COMMAND("df", meta_functions, "", "list functions and aggregates")
META_COMMAND("dconfig", meta_settings, "", "list settings")
META_COMMAND("x", meta_expanded, "[on|off]", "toggle expanded output")
META_COMMAND("t", meta_tuples_only, "[on|off]", "toggle headers and row counts")
META_COMMAND("a", meta_unaligned, "", "toggle unaligned output")
META_COMMAND("pset", meta_pset, "NAME [VALUE]",
			 "set an output option: format, null, fieldsep, expanded, tuples_only")
META_COMMAND("set", meta_set, "[NAME [VALUE]...]", "set a variable, or list all")
META_COMMAND("unset", meta_unset, "NAME", "unset a variable")
META_COMMAND("getenv", meta_getenv, "NAME ENVIRONMENT", "set a variable from the environment")
META_COMMAND("echo", meta_echo, "[TEXT]...", "write a line to standard output")
META_COMMAND("warn", meta_warn, "[TEXT]...", "write a line to standard error")
META_COMMAND("timing", meta_timing, "[on|off]", "toggle timing of statements")
