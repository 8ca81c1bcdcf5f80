/*
 * progress.c: the progress line and the summary of a job (contract in progress.h).
 */
#include "repl/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "common/types/timestamp.h"
#include "repl/result.h"
#include "repl/print.h"
#include "repl/report.h"

void
progress_init(Progress *progress, const Log *log, bool quiet)
{
	*progress = (Progress){.out = stderr, .log = log, .terminal = isatty(STDERR_FILENO) != 0, .quiet = quiet};
}

void
progress_clear(Progress *progress)
{
	if (!progress->drawn)
		return;
	fputs("\r\033[K", progress->out);
	fflush(progress->out);
	progress->drawn = false;
}

/* 1234567 as "1.23M": three significant digits. */
static const char *
short_count(double v, char *buffer, size_t size)
{
	static const char units[] = " kMGT";
	int unit = 0;

	while (v >= 1000 && unit < 4)
	{
		v /= 1000;
		unit++;
	}
	snprintf(buffer, size,
			 unit == 0 ? "%.0f"
			 : v < 10  ? "%.2f%c"
			 : v < 100 ? "%.1f%c"
					   : "%.0f%c",
			 v, units[unit]);
	return buffer;
}

static void
append_moment(StrBuf *out, int64_t micros)
{
	static const TypeContext utc = {0};

	if (micros == INT64_MIN)
		str_append_cstr(out, "none");
	else
		timestamptz_class.print(&micros, &utc, out);
}

/* What is going on, with its figures once there are some. */
static void
append_figures(const Progress *progress, const JobProgress *job, StrBuf *line)
{
	char a[16], b[16], c[16];
	uint64_t rows = 0, files = 0;
	double seconds = (double)(job->elapsed - progress->last_elapsed) / 1e6;
	double rate = seconds > 0 ? (double)(job->read - progress->last_read) / seconds : 0;

	str_append_cstr(line, job->phase);
	if (strcmp(job->phase, "RECOVER") == 0 || strcmp(job->phase, "STANDBY") == 0)
		return;
	for (int s = 0; s < job->sink_count; s++)
	{
		rows += job->sinks[s].rows;
		files += job->sinks[s].files;
	}
	str_appendf(line, " epoch %" PRIu64 " · %s read, %s/s · %s rows out · %" PRIu64 " files · watermark ",
				job->epoch, short_count((double)job->read, a, sizeof a), short_count(rate, b, sizeof b),
				short_count((double)rows, c, sizeof c), files);
	append_moment(line, job->watermark);
	if (job->dead > 0)
		str_appendf(line, " · dead %" PRIu64, job->dead);
	if (job->lag >= 0)
		str_appendf(line, " · lag %" PRId64, job->lag);
	if (job->loads.pending > 0)
		str_appendf(line, " · %" PRIu64 " to load", job->loads.pending);
	if (job->loads.failed > 0)
		str_appendf(line, " · %" PRIu64 " not loaded", job->loads.failed);
	if (job->retention_short)
		str_appendf(line, " · retention %" PRId64 "s", Max(job->retention_left, 0) / 1000000);
}

/* Cuts the line to what the terminal shows in one row, so that it can be drawn over. All characters are one
 * wide. */
static void
cut_line(StrBuf *line)
{
	struct winsize size;
	size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
	size_t shown = 0, at = 0;

	for (; at < line->len; at++)
	{
		bool begins = (line->data[at] & 0xc0) != 0x80;

		if (begins && shown == columns)
			break;
		shown += begins;
	}
	if (at < line->len)
		line->data[line->len = at] = '\0';
}

static void
draw_line(Progress *progress, const JobProgress *job)
{
	StrBuf line = {0};

	append_figures(progress, job, &line);
	str_append_cstr(&line, " · ^C stops");
	cut_line(&line);
	fprintf(progress->out, "\r%s\033[K", str_cstr(&line));
	fflush(progress->out);
	progress->drawn = true;
	progress->last_elapsed = job->elapsed;
	progress->last_read = job->read;
	str_free(&line);
}

static void
print_sinks(Progress *progress, const JobProgress *job)
{
	static const char *const names[] = {"sink",    "used", "filtered", "late",  "failed",
										"windows", "rows", "files",    "bytes", "location"};
	PrintOptions options;
	Result result;

	print_options_init(&options);
	result_init_text(&result, names, lengthof(names));
	for (uint32_t f = 1; f < lengthof(names) - 1; f++)
		result.fields[f].right_aligned = true;
	for (int s = 0; s < job->sink_count; s++)
	{
		const SinkTotals *sink = &job->sinks[s];
		char numbers[8][24];
		const uint64_t counts[8] = {sink->used,           sink->filtered, sink->late,  sink->failed,
									sink->windows_closed, sink->rows,     sink->files, sink->bytes};
		const char *texts[lengthof(names)] = {sink->name};

		for (int i = 0; i < 8; i++)
		{
			snprintf(numbers[i], sizeof numbers[i], "%" PRIu64, counts[i]);
			texts[i + 1] = numbers[i];
		}
		texts[9] = sink->location;
		result_add_texts(&result, texts);
	}
	print_result(&result, &options, progress->out);
	result_free(&result);
}

/* A run that loads nothing says nothing of it. */
static void
append_loads(const LoadCounts *loads, StrBuf *out)
{
	if (loads->loaded + loads->failed + loads->pending > 0)
		str_appendf(out, "; objects loaded %" PRIu64 ", failed %" PRIu64 ", pending %" PRIu64, loads->loaded,
					loads->failed, loads->pending);
}

/* The same as log lines. */
static void
log_summary(const Log *log, const char *text, const JobProgress *job)
{
	log_write(log, LOG_INFO, "%s", text);
	for (int s = 0; s < job->sink_count; s++)
	{
		const SinkTotals *k = &job->sinks[s];
		StrBuf loads = {0};

		append_loads(&k->loads, &loads);
		log_write(log, LOG_INFO,
				  "sink \"%s\": used %" PRIu64 ", filtered %" PRIu64 ", late %" PRIu64 ", failed %" PRIu64
				  ", windows %" PRIu64 ", rows %" PRIu64 ", files %" PRIu64 ", bytes %" PRIu64
				  ", location %s%s",
				  k->name, k->used, k->filtered, k->late, k->failed, k->windows_closed, k->rows, k->files,
				  k->bytes, k->location, str_cstr(&loads));
		str_free(&loads);
	}
}

static void
print_summary(Progress *progress, const JobProgress *job)
{
	StrBuf watermark = {0}, text = {0};

	append_moment(&watermark, job->watermark);
	str_appendf(&text,
				"read %" PRIu64 " messages in %.1f s: %" PRIu64 " decoded, %" PRIu64 " dead, %" PRIu64
				" tombstones; %" PRIu64 " gaps; %" PRIu64 " epoch%s; watermark %s",
				job->read, (double)job->elapsed / 1e6, job->decoded, job->dead, job->tombstones, job->gaps,
				job->epoch, job->epoch == 1 ? "" : "s", str_cstr(&watermark));
	append_loads(&job->loads, &text);
	if (progress->log->format == LOG_JSON)
		log_summary(progress->log, str_cstr(&text), job);
	else
	{
		fprintf(progress->out, "%s\n", str_cstr(&text));
		print_sinks(progress, job);
	}
	str_free(&text);
	str_free(&watermark);
}

void
progress_update(void *context, const JobProgress *job)
{
	Progress *progress = context;

	if (progress->quiet)
		return;
	if (strcmp(job->phase, "DONE") == 0)
	{
		progress_clear(progress);
		print_summary(progress, job);
	}
	else if (progress->terminal)
		draw_line(progress, job);
}

void
progress_notice(void *context, const char *severity, const char *text)
{
	Progress *progress = context;

	LogLevel level = log_level_of(severity);

	if (level < progress->log->level)
		return;
	progress_clear(progress);
	if (progress->log->format == LOG_JSON)
		log_write(progress->log, level, "%s", text);
	else
		report_notice(progress->out, &(SourcePlace){0}, severity, text);
}
