/*
 * log.h: log lines, as text or JSON.
 *
 * The idea: a Log is a small value that its user carries; there is no global logger. One line is one
 * write(2), so that lines of several threads do not mix. Severities and the text form are PostgreSQL's.
 * Payloads and secrets never go into a log: callers name topic, partition and offset instead.
 */
#ifndef WEIR_COMMON_LOG_H
#define WEIR_COMMON_LOG_H

#include "common/clock.h"
#include "common/error.h"

/* In the order of the setting log_level. */
typedef enum LogLevel
{
	LOG_DEBUG,
	LOG_INFO,
	LOG_NOTICE,
	LOG_WARNING,
	LOG_ERROR
} LogLevel;

/* In the order of the setting log_format. */
typedef enum LogFormat
{
	LOG_TEXT,
	LOG_JSON
} LogFormat;

typedef struct Log
{
	LogLevel level; /* least severe that is written */
	LogFormat format;
	int fd;
	const Clock *clock;
} Log;

extern void log_write(const Log *log, LogLevel level, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Message, SQLSTATE, detail, hint and context of an error. */
extern void log_error(const Log *log, LogLevel level, const Error *err);
/* "WARNING"; the level of such a name (LOG_INFO when unknown). */
extern const char *log_level_name(LogLevel level);
extern LogLevel log_level_of(const char *severity);

#endif
