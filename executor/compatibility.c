/*
 * compatibility.c: compares a plan with what the state was made by.
 *
 * The idea: per sink two hashes: of what determines the state, and of the rest that determines the output.
 * Same and same: go on. Only the rest differs: the state still fits, and output goes on under a new revision.
 * The state differs, or a sink is gone: refused, naming the difference and the ways out, since guessing would
 * lose or double rows. A sink that is new begins here: a stateful one with windows that nothing was missed
 * of.
 */
#include <fcntl.h>
#include <stdio.h>

#include "executor/job_run.h"
#include "executor/op_aggregate.h"

static StrView
next_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	StrView line = {*text, len};

	*text += len + ((*text)[len] == '\n');
	return line;
}

static bool
has_line(const char *text, StrView line)
{
	while (*text != '\0')
		if (str_equal(next_line(&text), line))
			return true;
	return false;
}

/* The first line that the other text lacks; one of a column only when there is no other. Empty: none. */
static StrView
line_of_its_own(const char *text, const char *other)
{
	StrView found = {0};

	while (*text != '\0')
	{
		StrView line = next_line(&text);
		bool of_column = line.len > 0 && line.data[0] == ' ';

		if (!has_line(other, line) && (found.len == 0 || !of_column))
			found = line;
		if (found.len > 0 && found.data[0] != ' ')
			break;
	}
	while (found.len > 0 && found.data[0] == ' ')
		found = (StrView){found.data + 1, found.len - 1};
	return found;
}

static bool
explain_difference(const ManifestSink *was, const SinkPlan *is, Error *err)
{
	StrView removed = line_of_its_own(was->stateful_text, is->stateful_text);
	StrView added = line_of_its_own(is->stateful_text, was->stateful_text);

	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION, "sink \"%s\" does not fit the stored state",
			  is->name);
	if (removed.len == 0 && added.len == 0)
		error_detail(err, "Its parts are the same, but in another order.");
	else if (removed.len == 0)
		error_detail(err, "It now has \"%.*s\", too.", (int)added.len, added.data);
	else if (added.len == 0)
		error_detail(err, "It no longer has \"%.*s\".", (int)removed.len, removed.data);
	else
		error_detail(err, "It was \"%.*s\" and is now \"%.*s\".", (int)removed.len, removed.data,
					 (int)added.len, added.data);
	return error_hint(
		err,
		"Discard its state with weir reset --sink=%s, after weir drain with the old definition if its open "
		"windows are to be written; or leave it as it is, and add the changed one under a new name.",
		is->name);
}

static const ManifestSink *
find_sink(const Manifest *record, const char *name, int *index)
{
	*index = manifest_find_sink(record, name);
	return *index < 0 ? NULL : &record->sinks[*index];
}

/* ---- new sinks ---- */

static int64_t
greatest_time(const JobRun *run, const Manifest *record, const SinkPlan *sink)
{
	int64_t greatest = INT64_MIN;

	for (int s = 0; s < run->plan->scan_count; s++)
		for (int r = 0; r < record->scan_count && run->reads[sink->index * run->plan->scan_count + s]; r++)
			if (strcmp(record->scans[r].stream, run->plan->scans[s]->stream->name) == 0)
				for (int32_t p = 0; p < record->scans[r].partition_count; p++)
					greatest = Max(greatest, record->scans[r].partitions[p].max_time);
	return greatest;
}

/* What came before was not kept for this sink, so windows that have begun are closed to it. */
static int64_t
first_closed_end(const JobRun *run, const SinkPlan *sink)
{
	int64_t time = greatest_time(run, &run->record, sink);
	int64_t start, end;

	if (sink->aggregate == NULL || sink->aggregate->aggregate.window == NULL || time == INT64_MIN)
		return INT64_MIN;
	return aggregate_find_pane(sink->aggregate->aggregate.window, time, &start, &end) ? end : INT64_MAX;
}

/* ---- one sink ---- */

/* An un-windowed result of a bounded run is final: a new sink of that kind would lack all rows before. */
static bool
check_new_sink(const JobRun *run, const SinkPlan *sink, Error *err)
{
	if (sink->aggregate == NULL || sink->aggregate->aggregate.window != NULL ||
		greatest_time(run, &run->record, sink) == INT64_MIN)
		return true;
	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
			  "sink \"%s\" would lack the rows that the job has already read", sink->name);
	return error_hint(err, "Run it as a job of its own, with another job_name.");
}

static bool
match_sink(const JobRun *run, const SinkPlan *sink, ManifestSink *out, int *was_index, bool *changed,
		   Error *err)
{
	const ManifestSink *was = find_sink(&run->record, sink->name, was_index);

	out->name = sink->name;
	out->stateful_text = sink->stateful_text;
	manifest_hex_sha256(str_from_cstr(sink->stateful_text), out->stateful_sha256);
	manifest_hex_sha256(str_from_cstr(sink->stateless_text), out->stateless_sha256);
	if (was == NULL)
	{
		out->revision = 1;
		out->closed_end = first_closed_end(run, sink);
		*changed = true;
		return check_new_sink(run, sink, err);
	}
	out->revision = manifest_next_revision(was, out->stateless_sha256);
	out->closed_end = was->closed_end;
	out->load = was->load;
	if (strcmp(out->stateful_sha256, was->stateful_sha256) != 0)
		return explain_difference(was, sink, err);
	if (out->revision != was->revision)
		*changed = true;
	return true;
}

static void
tell_sink(const JobRun *run, const ManifestSink *is)
{
	int index;
	const ManifestSink *was = find_sink(&run->found, is->name, &index);

	if (was != NULL && is->revision > was->revision)
		job_notice(run, "NOTICE", "sink \"%s\" was changed: its output goes on as revision %d", is->name,
				   is->revision);
	if (was == NULL && is->closed_end != INT64_MIN)
		job_notice(run, "NOTICE",
				   "sink \"%s\" is new: its first windows are those that start after the events seen so far",
				   is->name);
}

static bool
check_vanished(const JobRun *run, Error *err)
{
	for (int k = 0; k < run->record.sink_count; k++)
	{
		const char *name = run->record.sinks[k].name;
		bool found = false;

		for (int j = 0; !found && j < run->plan->sink_count; j++)
			found = strcmp(run->plan->sinks[j]->name, name) == 0;
		if (found)
			continue;
		error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
				  "sink \"%s\" of the stored state is not in this job", name);
		return error_hint(err, "Put the sink back, or discard its state with weir reset --sink=%s.", name);
	}
	return true;
}

/* ---- the record in the plan's order ---- */

static void
reorder_scan(JobRun *run, const Manifest *old, const int *was, int s, ManifestScan *out)
{
	int sinks = run->plan->sink_count;

	*out = (ManifestScan){.stream = run->plan->scans[s]->stream->name, .watermark = INT64_MIN};
	for (int r = 0; r < old->scan_count; r++)
		if (strcmp(old->scans[r].stream, out->stream) == 0)
			*out = old->scans[r];
	for (int32_t p = 0; p < out->partition_count; p++)
	{
		SinkCounts *counts = ARENA_ARRAY_ZERO(&run->arena, SinkCounts, Max(sinks, 1));

		for (int k = 0; k < sinks; k++)
			if (was[k] >= 0)
				counts[k] = out->partitions[p].totals.sinks[was[k]];
		out->partitions[p].totals.sinks = counts;
	}
}

static void
reorder_tables(JobRun *run, const Manifest *old, Manifest *record)
{
	record->table_count = run->plan->table_count;
	record->tables = ARENA_ARRAY_ZERO(&run->arena, ManifestTable, Max(record->table_count, 1));
	for (int t = 0; t < record->table_count; t++)
	{
		ManifestTable *table = &record->tables[t];

		*table = (ManifestTable){.name = run->plan->tables[t]->table->name, .pack = ""};
		memset(table->sha256, '0', HEX_SHA256 - 1);
		for (int i = 0; i < old->table_count; i++)
			if (strcmp(old->tables[i].name, table->name) == 0)
				*table = old->tables[i];
	}
}

/* Settings for the record, to be read by people; what they change is in the sinks' hashes. */
static const char *
settings_text(JobRun *run)
{
	const Settings *s = run->open->settings;

	return arena_printf(&run->arena,
						"timezone=%s;max_future=%" PRId64 ";idle_timeout=%" PRId64 ";idle_advance=%s",
						s->timezone, s->max_future, s->idle_timeout, s->idle_advance ? "on" : "off");
}

/* ---- time zone data ---- */

/* "2025b", from the first line of the data's own text form; "" when there is none. */
static const char *
tzdata_version(JobRun *run)
{
	const TimeZoneCache *zones = run->open->context->zones;
	const char *folder = zones != NULL && zones->directory != NULL ? zones->directory : "/usr/share/zoneinfo";
	const char *path = arena_printf(&run->arena, "%s/tzdata.zi", folder);
	const char *version = "";
	char line[64] = "";
	const Fs *fs = run->open->stores->fs;
	int fd = fs->open(fs, path, O_RDONLY, 0);

	if (fd < 0)
		return version;
	if (fs->pread(fs, fd, line, sizeof line - 1, 0) > 0 && strncmp(line, "# version ", 10) == 0)
		version = arena_strndup(&run->arena, line + 10, strcspn(line + 10, "\n"));
	fs->close(fs, fd);
	return version;
}

/* Whether results depend on rules that new time zone data may change. */
static bool
uses_zones(const JobRun *run)
{
	if (strcmp(run->open->settings->timezone, "UTC") != 0)
		return true;
	for (int k = 0; k < run->plan->sink_count; k++)
		if (strstr(run->plan->sinks[k]->stateless_text, "timezone(") != NULL ||
			strstr(run->plan->sinks[k]->stateful_text, "timezone(") != NULL)
			return true;
	return false;
}

static void
record_tzdata(JobRun *run)
{
	const char *version = tzdata_version(run);

	if (run->record.tzdata[0] != '\0' && strcmp(run->record.tzdata, version) != 0 && uses_zones(run))
		job_notice(run, "WARNING", "time zone data changed from version \"%s\" to \"%s\" since the last run",
				   run->record.tzdata, version);
	run->record.tzdata = version;
}

bool
compatibility_check(JobRun *run, bool *changed, Error *err)
{
	const JobPlan *plan = run->plan;
	Manifest old = run->record;
	ManifestSink *sinks = ARENA_ARRAY_ZERO(&run->arena, ManifestSink, Max(plan->sink_count, 1));
	ManifestScan *scans = ARENA_ARRAY_ZERO(&run->arena, ManifestScan, Max(plan->scan_count, 1));
	int *was = ARENA_ARRAY(&run->arena, int, Max(plan->sink_count, 1));

	*changed = false;
	if (!check_vanished(run, err))
		return false;
	for (int k = 0; k < plan->sink_count; k++)
		if (!match_sink(run, plan->sinks[k], &sinks[k], &was[k], changed, err))
			return false;
	for (int s = 0; s < plan->scan_count; s++)
		reorder_scan(run, &old, was, s, &scans[s]);
	run->record.sinks = sinks;
	run->record.sink_count = plan->sink_count;
	run->record.scans = scans;
	run->record.scan_count = plan->scan_count;
	reorder_tables(run, &old, &run->record);
	run->record.settings = settings_text(run);
	if (run->state != NULL)
		record_tzdata(run);
	return true;
}

void
compatibility_tell(const JobRun *run)
{
	for (int k = 0; k < run->record.sink_count; k++)
		tell_sink(run, &run->record.sinks[k]);
}
