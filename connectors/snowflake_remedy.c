/*
 * snowflake_remedy.c: what is to be done about what a comparison with Snowflake has found (contract in
 * snowflake_verify_run.h).
 *
 * The idea: statements that an administrator pastes, by the same printers as all others, each with a comment
 * that says what it is for. What removes rows is a comment itself: somebody must have looked before.
 */
#include "common/types/calendar.h"
#include "connectors/snowflake_verify_run.h"

/* REFRESH looks at what was written in the last seven days; a day is for the difference of clocks and for
 * whoever reads this. */
#define REFRESH_REACHES (6 * MICROS_PER_DAY)

/* ---- collecting ---- */

static RemedyFiles *
find_files(VerifyTarget *target, SnowflakeVerdict verdict, int revision, Arena *arena)
{
	RemedyFiles **at = &target->remedies;

	while (*at != NULL && ((*at)->verdict != verdict || (*at)->revision != revision))
		at = &(*at)->next;
	if (*at == NULL)
	{
		*at = ARENA_ARRAY_ZERO(arena, RemedyFiles, 1);
		(*at)->verdict = verdict;
		(*at)->revision = revision;
		(*at)->oldest = INT64_MAX;
		(*at)->files = ARENA_ARRAY(arena, SnowflakeFile, SNOWFLAKE_COPY_FILES);
	}
	return *at;
}

void
snowflake_remedy_add(VerifyTarget *target, SnowflakeVerdict verdict, const VerifiedFile *file,
					 const char *pipe_state, Arena *arena)
{
	RemedyFiles *remedy = find_files(target, verdict, file->revision, arena);

	remedy->count++;
	remedy->pipe_state = pipe_state;
	remedy->oldest = Min(remedy->oldest, file->committed);
	if (remedy->kept < SNOWFLAKE_COPY_FILES)
		remedy->files[remedy->kept++] = (SnowflakeFile){.key = file->name, .rows = file->rows};
}

/* ---- statements ---- */

static void
append_comment(const SnowflakeLoad *load, const char *text)
{
	str_appendf(load->out, "-- %s\n", text);
}

/* COPY takes so many names; the next comparison has the rest. */
static void
append_limit(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	if (remedy->count > remedy->kept)
		str_appendf(load->out, "-- The first %zu of them; compare again for the rest.\n", remedy->kept);
}

static void
append_copy(const SnowflakeLoad *load, const RemedyFiles *remedy, const char *more)
{
	append_limit(load, remedy);
	snowflake_append_copy_files(load, remedy->files, remedy->kept, "ABORT_STATEMENT");
	str_appendf(load->out, "%s;\n\n", more);
}

/* What all names have in common, up to their last slash. */
static size_t
common_folder(const RemedyFiles *remedy)
{
	const char *first = remedy->files[0].key;
	size_t len = strlen(first);

	for (size_t i = 1; i < remedy->kept; i++)
	{
		size_t same = 0;

		while (same < len && remedy->files[i].key[same] == first[same])
			same++;
		len = same;
	}
	while (len > 0 && first[len - 1] != '/')
		len--;
	return len;
}

static void
append_refresh(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	size_t folder = common_folder(remedy);

	str_append_cstr(load->out, "ALTER PIPE ");
	snowflake_append_object(load, "_PIPE");
	str_append_cstr(load->out, " REFRESH");
	if (folder > 0 && remedy->count == remedy->kept)
	{
		str_append_cstr(load->out, " PREFIX = ");
		snowflake_append_literal(load->out, (StrView){remedy->files[0].key, folder});
	}
	str_append_cstr(load->out, ";\n\n");
}

/* ---- what waits ---- */

static void
append_resume(const SnowflakeLoad *load, const char *state)
{
	str_appendf(load->out, "-- The pipe is %s. Who may operate it lets it go on:\nALTER PIPE ", state);
	snowflake_append_object(load, "_PIPE");
	str_append_cstr(load->out, " SET PIPE_EXECUTION_PAUSED = FALSE;\n");
	append_comment(load, "If it was created anew, or stood for more than 14 days:");
	str_append_cstr(load->out, "-- SELECT SYSTEM$PIPE_FORCE_RESUME(");
	{
		StrBuf pipe = {0};

		snowflake_append_object_to(load, "_PIPE", &pipe);
		snowflake_append_literal(load->out, str_view(&pipe));
		str_free(&pipe);
	}
	str_append_cstr(load->out, ");\n\n");
}

static void
append_told_by_s3(const SnowflakeLoad *load, const RemedyFiles *remedy, int64_t now)
{
	append_comment(load, "The pipe was not told of them: notifications of S3 got lost, or never come. If all "
						 "objects wait,");
	append_comment(load,
				   "ask who administers the bucket for its notification configuration, which SHOW SNOWFLAKE "
				   "DDL prints.");
	if (now - remedy->oldest < REFRESH_REACHES)
	{
		append_refresh(load, remedy);
		return;
	}
	append_comment(load, "They are too old for REFRESH, and for a notification still to come:");
	append_copy(load, remedy, "");
}

/* A pipe knows names, and COPY does, whoever tells of them; but not of each other. */
static void
append_by_job(const SnowflakeLoad *load, const RemedyFiles *remedy, int64_t now)
{
	append_comment(load,
				   "The job loads them, if it runs, and did so with snowflake.load = on: see what it warns "
				   "of.");
	if (load->mode == SNOWFLAKE_REST && now - remedy->oldest < REFRESH_REACHES)
	{
		append_comment(load, "To do it now, which does no harm if the job does it, too:");
		append_refresh(load, remedy);
		return;
	}
	append_comment(load, load->mode == SNOWFLAKE_REST
							 ? "They are too old for REFRESH. To load them, when the job is stopped:"
							 : "To do it now, which does no harm if the job does it, too:");
	append_copy(load, remedy, "");
}

static void
append_by_task(const SnowflakeLoad *load)
{
	append_comment(load,
				   "The task does not run, or fails: TASK_HISTORY says why. To start it, and once now:");
	str_append_cstr(load->out, "ALTER TASK ");
	snowflake_append_object(load, "_TASK");
	str_append_cstr(load->out, " RESUME;\nEXECUTE TASK ");
	snowflake_append_object(load, "_TASK");
	str_append_cstr(load->out, ";\n\n");
}

static void
append_pending(const SnowflakeLoad *load, const RemedyFiles *remedy, int64_t now)
{
	bool has_pipe = load->mode != SNOWFLAKE_COPY;

	if (remedy->pipe_state != NULL && strcmp(remedy->pipe_state, "RUNNING") != 0)
		append_resume(load, remedy->pipe_state);
	else if (load->by_job)
		append_by_job(load, remedy, now);
	else if (load->mode == SNOWFLAKE_AUTO_INGEST && load->url != NULL)
		append_told_by_s3(load, remedy, now);
	else if (options_find(&load->sink->options, "snowflake_task_minutes") != NULL)
		append_by_task(load);
	else
	{
		append_comment(load, load->url == NULL
								 ? "Nobody but you loads them. Upload them to the stage (SHOW SNOWFLAKE DDL "
								   "prints PUT), then:"
								 : "Nobody but you loads them:");
		if (has_pipe)
			append_refresh(load, remedy);
		else
			append_copy(load, remedy, "");
	}
}

/* ---- what was not loaded, or not as it should ---- */

static void
append_failed(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	append_comment(load,
				   "Snowflake refused them, and does not take them again by itself. Mend what the error "
				   "names: the table,");
	append_comment(load, "the file format, or objects that somebody changed (weir verify finds these). Then "
						 "load them by name:");
	append_copy(load, remedy, "");
}

static void
append_skipped(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	append_comment(load, "COPY passed over them, since it can't know whether they were loaded. If they were "
						 "not:");
	append_copy(load, remedy, "\n    LOAD_UNCERTAIN_FILES = TRUE");
}

static void
append_missing(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	append_comment(load, "Was the table dropped, or created anew? Ask who administers it. If their rows are "
						 "not there:");
	append_copy(load, remedy, "\n    FORCE = TRUE");
}

/* Where Snowflake saw a file: the whole path in the bucket, or below an internal stage. */
static void
append_names(const SnowflakeLoad *load, const RemedyFiles *remedy, StrBuf *out)
{
	for (size_t i = 0; i < remedy->kept; i++)
	{
		StrBuf name = {0};

		str_appendf(&name, "%s%s", load->url != NULL ? snowflake_url_path(load->url) : "",
					remedy->files[i].key);
		str_append_cstr(out, i > 0 ? ",\n    " : "");
		snowflake_append_literal(out, str_view(&name));
		str_free(&name);
	}
}

/* Rows out, file in, or nothing. */
static void
append_anew(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	StrBuf text = {0};
	SnowflakeLoad inner = *load;

	if (!load->metadata)
	{
		append_comment(load,
					   "Without snowflake_metadata the table does not say which rows are of which file: "
					   "compare the rows");
		str_append_cstr(load->out,
						"-- with the objects, or load all into a new table, and swap the two.\n\n");
		return;
	}
	append_comment(load, "To load them anew, when it is clear why:");
	append_limit(load, remedy);
	inner.out = &text;
	str_append_cstr(&text, "BEGIN;\nDELETE FROM ");
	snowflake_append_table(&inner, "");
	str_append_cstr(&text, " WHERE \"" SNOWFLAKE_FILE_COLUMN "\" IN (");
	append_names(load, remedy, &text);
	str_append_cstr(&text, ");\n");
	snowflake_append_copy_files(&inner, remedy->files, remedy->kept, "ABORT_STATEMENT");
	str_append_cstr(&text, "\n    FORCE = TRUE;\nCOMMIT;\n");
	snowflake_append_commented(load->out, str_view(&text));
	str_append_char(load->out, '\n');
	str_free(&text);
}

static void
append_twice(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	append_comment(load, "A pipe and a COPY don't know of each other, nor does a pipe that was created anew: "
						 "ask who did that.");
	if (load->metadata)
	{
		str_append_cstr(load->out, "-- Until it is mended, the view ");
		snowflake_append_table(load, "_DEDUP");
		str_append_cstr(load->out, " has each row once.\n");
	}
	append_anew(load, remedy);
}

static void
append_different(const SnowflakeLoad *load, const RemedyFiles *remedy)
{
	append_comment(load,
				   "Somebody changed objects after they were written (weir verify finds these while they "
				   "are there), or");
	append_comment(load, "loads with other options than SHOW SNOWFLAKE DDL prints: ask who owns the pipe.");
	append_anew(load, remedy);
}

/* ---- all of it ---- */

static void
append_one(const SnowflakeLoad *load, const RemedyFiles *remedy, int64_t now)
{
	str_appendf(load->out, "-- %" PRIu64 " %s, ", remedy->count, snowflake_verdict_name(remedy->verdict));
	snowflake_append_safe(load->out, load->what);
	str_append_cstr(load->out, ":\n");
	switch (remedy->verdict)
	{
		case SNOWFLAKE_PENDING: append_pending(load, remedy, now); break;
		case SNOWFLAKE_FAILED: append_failed(load, remedy); break;
		case SNOWFLAKE_SKIPPED: append_skipped(load, remedy); break;
		case SNOWFLAKE_DIFFERENT: append_different(load, remedy); break;
		case SNOWFLAKE_TWICE: append_twice(load, remedy); break;
		case SNOWFLAKE_MISSING: append_missing(load, remedy); break;
		case SNOWFLAKE_VERDICTS: break;
	}
}

void
snowflake_remedy_append(const VerifyTarget *target, int64_t now, StrBuf *out)
{
	for (const RemedyFiles *remedy = target->remedies; remedy != NULL; remedy = remedy->next)
	{
		SnowflakeLoad load = snowflake_target_load(target, remedy->revision, out);

		append_one(&load, remedy, now);
	}
}
