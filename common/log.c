/*
 * log.c: formats log lines and writes each with one call.
 *
 * A line that can't be written is lost: logging never fails its caller.
 */
#include "common/log.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "common/str.h"

static const char *const level_names[] = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"};

const char *
log_level_name(LogLevel level)
{
	assert((size_t)level < lengthof(level_names));
	return level_names[level];
}

LogLevel
log_level_of(const char *severity)
{
	for (size_t i = 0; i < lengthof(level_names); i++)
		if (strcasecmp(severity, level_names[i]) == 0)
			return (LogLevel)i;
	return LOG_INFO;
}

static void
append_time(StrBuf *line, const Clock *clock, char separator)
{
	int64_t micros = clock_now(clock) + CLOCK_UNIX_EPOCH_OFFSET * 1000000;
	time_t seconds = (time_t)(micros / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	str_appendf(line, "%04d-%02d-%02d%c%02d:%02d:%02d.%03d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
				separator, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(micros % 1000000 / 1000));
}

static void
append_field(StrBuf *line, const char *name, const char *value)
{
	if (value == NULL)
		return;
	str_appendf(line, ",\"%s\":", name);
	str_append_json_string(line, str_from_cstr(value));
}

static void
format_json(StrBuf *line, const Log *log, LogLevel level, const char *message, const Error *err)
{
	str_append_cstr(line, "{\"timestamp\":\"");
	append_time(line, log->clock, 'T');
	str_appendf(line, "Z\",\"pid\":%d", (int)getpid());
	append_field(line, "level", log_level_name(level));
	append_field(line, "message", message);
	if (err != NULL)
	{
		append_field(line, "sqlstate", sqlstate_code(err->state));
		append_field(line, "detail", err->detail);
		append_field(line, "hint", err->hint);
		append_field(line, "context", err->context);
	}
	str_append_cstr(line, "}\n");
}

static void
append_part(StrBuf *line, const char *label, const char *text)
{
	if (text != NULL)
		str_appendf(line, "\t%s:  %s\n", label, text);
}

static void
format_text(StrBuf *line, const Log *log, LogLevel level, const char *message, const Error *err)
{
	append_time(line, log->clock, ' ');
	str_appendf(line, " UTC [%d] %s:  %s\n", (int)getpid(), log_level_name(level), message);
	if (err != NULL)
	{
		append_part(line, "DETAIL", err->detail);
		append_part(line, "HINT", err->hint);
		append_part(line, "CONTEXT", err->context);
	}
}

static void
write_line(const Log *log, LogLevel level, const char *message, const Error *err)
{
	StrBuf line = {0};

	if (log->format == LOG_JSON)
		format_json(&line, log, level, message, err);
	else
		format_text(&line, log, level, message, err);
	if (write(log->fd, line.data, line.len) < 0)
		(void)0; /* nowhere to report it */
	str_free(&line);
}

void
log_write(const Log *log, LogLevel level, const char *fmt, ...)
{
	StrBuf message = {0};
	va_list args;

	if (level < log->level)
		return;
	va_start(args, fmt);
	str_vappendf(&message, fmt, args);
	va_end(args);
	write_line(log, level, str_cstr(&message), NULL);
	str_free(&message);
}

void
log_error(const Log *log, LogLevel level, const Error *err)
{
	if (level >= log->level)
		write_line(log, level, err->message ? err->message : "", err);
}
