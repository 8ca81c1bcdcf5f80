/*
 * progress.h: what a person sees of a running job: one line that redraws itself, and the summary at the end.
 *
 * The idea: the line goes to standard error and only to a terminal; the summary goes to standard error too,
 * so that standard output holds results only. With log_format json, the summary and all notices are log
 * lines.
 */
#ifndef WEIR_REPL_PROGRESS_H
#define WEIR_REPL_PROGRESS_H

#include <stdio.h>

#include "common/log.h"
#include "executor/job.h"

typedef struct Progress
{
	FILE *out;
	const Log *log;       /* its level and format are those of notices, its format that of the summary */
	bool terminal;        /* out is one: draw the line */
	bool quiet;           /* neither line nor summary */
	bool drawn;           /* a line stands there now */
	int64_t last_elapsed; /* of the line before, for rates */
	uint64_t last_read;
} Progress;

extern void progress_init(Progress *progress, const Log *log, bool quiet);
/* For JobOpen.progress and JobOpen.notice; the context is the Progress. */
extern void progress_update(void *context, const JobProgress *job);
extern void progress_notice(void *context, const char *severity, const char *text);
/* Removes the line, so that other output can be written. */
extern void progress_clear(Progress *progress);

#endif
