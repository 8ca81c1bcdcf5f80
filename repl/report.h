/*
 * report.h: how errors and notices look, and which exit code an error means.
 *
 * The idea: psql's layout: [weir:FILE:LINE: ]SEVERITY:  message, LINE n: with the caret, DETAIL, HINT,
 * CONTEXT; with VERBOSITY verbose the SQLSTATE precedes the message.
 */
#ifndef WEIR_REPL_REPORT_H
#define WEIR_REPL_REPORT_H

#include <stdio.h>

#include "common/error.h"
#include "common/str.h"

typedef enum Verbosity
{
	VERBOSITY_DEFAULT,
	VERBOSITY_VERBOSE,
	VERBOSITY_TERSE,
	VERBOSITY_SQLSTATE
} Verbosity;

/* Where a statement comes from: file NULL is -c or the terminal. */
typedef struct SourcePlace
{
	const char *file;
	int line; /* of the statement's end, as psql counts */
} SourcePlace;

/* An error, or what a notice or warning says; source is the statement's text, which err->position refers to.
 */
extern void report_error(FILE *out, const SourcePlace *place, const char *severity, const Error *err,
						 StrView source, Verbosity verbosity);
/* What a meta-command could not do. */
extern void report_problem(FILE *out, const SourcePlace *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
extern void report_notice(FILE *out, const SourcePlace *place, const char *severity, const char *text);

/* The exit code of sql.md for an error that ended a statement (3) or a job (by its SQLSTATE). */
extern int report_exit_code(const Error *err, bool of_job);

#endif
