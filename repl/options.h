/*
 * options.h: the command line.
 *
 * The idea: options follow psql; -c and -f may be given any number of times and run in their order in one
 * session. Parsing only fills a struct; nothing is executed here.
 */
#ifndef WEIR_REPL_OPTIONS_H
#define WEIR_REPL_OPTIONS_H

#include "common/version.h"
#include "repl/print.h"

typedef struct Action
{
	bool is_file; /* text is a file name ("-" is standard input); else SQL text or a meta-command */
	const char *text;
} Action;

/* name=value, of -v and --input. */
typedef struct Assignment
{
	const char *name;
	const char *value;
} Assignment;

typedef enum RunMode
{
	MODE_RUN,
	MODE_CHECK,           /* --check: parse and plan only */
	MODE_EXPLAIN,         /* --explain: print the plans of all sinks */
	MODE_SNOWFLAKE_DDL,   /* --snowflake-ddl: print the DDL of all sinks */
	MODE_RESET,           /* reset: discard the state of the job, or of one sink */
	MODE_DRAIN,           /* drain: read to the present end, close all windows */
	MODE_SNOWFLAKE_QUERY, /* snowflake query: ask Snowflake */
	MODE_SNOWFLAKE_APPLY, /* snowflake apply: execute the DDL of all sinks */
	MODE_VERIFY,          /* verify: compare the objects with the manifests */
	MODE_HELP,
	MODE_VERSION
} RunMode;

/* Texts point into argv; the arrays are on the heap. */
typedef struct CommandLine
{
	Action *actions;
	size_t action_count;
	Assignment *variables;
	size_t variable_count;
	Assignment *inputs;
	size_t input_count;
	PrintOptions print;
	RunMode mode;
	bool batch;
	bool quiet;
	bool no_rc;
	bool echo_queries;
	bool accept_gap;
	bool allow_core;
	bool standby;
	int shard, shards;  /* --shard; shards 0 = not given */
	int yes;            /* reset, drain and snowflake apply do not ask; how often it was said */
	bool quick;         /* verify compares names and sizes only */
	bool snowflake;     /* verify asks Snowflake, too */
	const char *sink;   /* of reset */
	const char *text;   /* of snowflake query: statements */
	const char *output; /* -o FILE */
} CommandLine;

/* False: a message was printed on stderr; exit code 1. */
extern bool command_line_parse(int argc, char **argv, CommandLine *out);
extern void command_line_free(CommandLine *line);

/* Whether it is a command that works on the job of the statements, instead of running them. */
extern bool command_line_is_command(const CommandLine *line);

extern void print_help(FILE *out);
extern void print_version(FILE *out);

#endif
