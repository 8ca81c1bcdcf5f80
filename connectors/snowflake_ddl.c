/*
 * snowflake_ddl.c: which tables a job loads, and the statements of each in their order (contract in
 * snowflake_ddl.h).
 */
#include "connectors/snowflake_ddl.h"

#include "common/memory.h"
#include "connectors/directory_place.h"
#include "connectors/s3_place.h"
#include "connectors/snowflake_account.h"
#include "executor/output_path.h"
#include "planner/nodes.h"

/* The tables of a job; names and roles are the array's own. */
typedef struct Loads
{
	const char *job_name;
	Arena *arena;
	StrBuf *out;
	SnowflakeLoad *items;
	SnowflakeName *tables;
	SnowflakeName *roles;
	int count;
	int capacity;
} Loads;

static void
loads_free(Loads *loads)
{
	for (int i = 0; i < loads->count; i++)
	{
		snowflake_name_free(&loads->tables[i]);
		snowflake_name_free(&loads->roles[i]);
	}
}

/* ---- places ---- */

/* Snowflake's scheme for a bucket of S3, which is another one in the regions of governments and of China. */
static const char *
scheme_of(const SinkPlan *sink)
{
	const char *role = options_text(&sink->options, "snowflake_aws_role");
	const char *region = options_text(&sink->options, "s3.region");

	if (role != NULL ? strncmp(role, "arn:aws-us-gov:", 15) == 0
					 : region != NULL && strncmp(region, "us-gov-", 7) == 0)
		return "s3gov";
	if (role != NULL ? strncmp(role, "arn:aws-cn:", 11) == 0
					 : region != NULL && strncmp(region, "cn-", 3) == 0)
		return "s3china";
	return "s3";
}

/* Where Snowflake finds files, with a slash at the end; NULL: in an internal stage. A URL of S3 is a prefix
 * of names: without the slash, another folder whose name begins alike would be loaded too. */
static const char *
stage_url(const SinkPlan *sink, const char *location, const char *copied_to, Arena *arena)
{
	if (copied_to != NULL)
		return arena_printf(arena, "%s%s", copied_to, copied_to[strlen(copied_to) - 1] == '/' ? "" : "/");
	if (strstr(location, "://") == NULL || strncmp(location, "file://", 7) == 0)
		return NULL;
	return arena_printf(arena, "%s%s/", scheme_of(sink), strstr(s3_place(location, arena), "://"));
}

static void
set_place(SnowflakeLoad *load, const char *location, const char *copied_to, const char *folder)
{
	const char *url = stage_url(load->sink, location, copied_to, load->arena);

	load->whole_url = url;
	if (url != NULL)
		load->url = arena_printf(load->arena, "%s%s", url, folder);
	else
		load->directory =
			arena_printf(load->arena, "%s%s%.*s", directory_place(location, load->arena),
						 folder[0] != '\0' ? "/" : "", (int)strlen(folder) - (folder[0] != '\0'), folder);
}

/* ---- tables ---- */

/* The second stage would not be created, and its files would never be loaded. */
static bool
check_distinct(const Loads *loads, const SnowflakeLoad *load, Error *err)
{
	for (int i = 0; i < loads->count; i++)
	{
		const SnowflakeLoad *other = &loads->items[i];
		bool streams = load->sink == other->sink && load->suffix[0] != '\0' && load->format == NULL;

		if (streams || !snowflake_name_equal(load->table, other->table))
			continue;
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "%s and %s name the same Snowflake table", other->label, load->label);
		return error_hint(err, "Load them into two tables, or unite two sinks in one with UNION ALL.");
	}
	return true;
}

/* A new one, with what comes from the sink's options; it counts when the caller has filled it. */
static SnowflakeLoad *
begin_load(Loads *loads, const SinkPlan *sink, const char *table, Error *err)
{
	int i = loads->count;
	SnowflakeLoad *load = &loads->items[i];
	bool ok = snowflake_name_read(&loads->tables[i], str_from_cstr(table), SNOWFLAKE_NAME_PARTS,
								  strlen(SNOWFLAKE_LONGEST_SUFFIX));

	assert(i < loads->capacity && ok); /* by snowflake_check() */
	*load = (SnowflakeLoad){
		.sink = sink,
		.job_name = loads->job_name,
		.arena = loads->arena,
		.out = loads->out,
		.table = &loads->tables[i],
		.role = &loads->roles[i],
		.suffix = "",
		.mode = (SnowflakeMode)options_integer(&sink->options, "snowflake_load", SNOWFLAKE_AUTO_INGEST),
		.metadata = options_boolean(&sink->options, "snowflake_metadata"),
	};
	if (snowflake_role_read(sink, loads->job_name, &loads->roles[i]))
		return load;
	error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION,
			  "the job's name is too long for a Snowflake role: \"%s\"", loads->job_name);
	error_hint(err, "Name the role with snowflake_role.");
	return NULL;
}

/* Takes the load, so that its names are freed also when it is one too many. */
static bool
end_load(Loads *loads, SnowflakeLoad *load, Error *err)
{
	bool ok = check_distinct(loads, load, err);

	loads->count++;
	return ok;
}

static bool
add_data(Loads *loads, const SinkPlan *sink, const SnowflakeSinkState *state, Error *err)
{
	SnowflakeLoad *load = begin_load(loads, sink, options_text(&sink->options, "snowflake_table"), err);
	CsvFormat *format = ARENA_ARRAY_ZERO(loads->arena, CsvFormat, 1);
	const char *folder = "";

	if (load == NULL)
		return false;
	csv_format_describe(sink, loads->arena, format);
	load->format = format;
	load->state = state;
	load->label = arena_printf(loads->arena, "sink \"%s\"", sink->name);
	load->what = arena_printf(loads->arena, "sink %s", sink->name);
	if (state != NULL && state->revision > 1)
	{
		load->suffix = arena_printf(loads->arena, "_R%d", state->revision);
		load->what = arena_printf(loads->arena, "%s, revision %d", load->what, state->revision);
		folder = arena_printf(loads->arena, "r%d/", state->revision);
	}
	set_place(load, sink->location, options_text(&sink->options, "snowflake_url"), folder);
	return end_load(loads, load, err);
}

/* JSON lines. Weir tells pipes of data alone, so that a pipe for these is always told by S3. */
static bool
add_letters(Loads *loads, const SinkPlan *sink, const char *table, const char *location, const char *kind,
			const char *owner, int number, Error *err)
{
	SnowflakeLoad *load = begin_load(loads, sink, table, err);
	StrBuf folder = {0};

	if (load == NULL)
		return false;
	load->metadata = true;
	load->mode = load->mode == SNOWFLAKE_REST ? SNOWFLAKE_AUTO_INGEST : load->mode;
	load->suffix = number > 1 ? arena_printf(loads->arena, "_%d", number) : "";
	str_appendf(&folder, "%s/", kind);
	output_path_encode(&folder, str_from_cstr(owner));
	str_append_char(&folder, '/');
	set_place(load, location, NULL, str_cstr(&folder));
	load->whole_url = load->url;
	str_free(&folder);
	if (strcmp(kind, "late") == 0)
	{
		load->what = arena_printf(loads->arena, "sink %s, late rows", sink->name);
		load->label = arena_printf(loads->arena, "late rows of sink \"%s\"", sink->name);
	}
	else
	{
		load->what = arena_printf(loads->arena, "sink %s, dead letters of stream %s", sink->name, owner);
		load->label = arena_printf(loads->arena, "dead letters of sink \"%s\"", sink->name);
	}
	return end_load(loads, load, err);
}

/* A stage for each stream; *number counts them. A stream that is read twice has one. */
static bool
add_dead_letters(Loads *loads, const SinkPlan *sink, const PlanNode *node, int *number, bool *seen,
				 Error *err)
{
	if (node->kind == NODE_SCAN && !seen[node->scan->index])
	{
		const StreamDef *stream = node->scan->stream;

		seen[node->scan->index] = true;
		return add_letters(loads, sink, options_text(&sink->options, "snowflake_dead_table"),
						   options_text(&stream->options, "dead_letter_location"), "dead", stream->name,
						   ++*number, err);
	}
	for (int i = 0; i < node_input_count(node); i++)
		if (!add_dead_letters(loads, sink, node_input(node, i), number, seen, err))
			return false;
	return true;
}

static bool
add_sink(Loads *loads, const JobPlan *plan, const SinkPlan *sink, const SnowflakeSinkState *state, Error *err)
{
	const char *late = options_text(&sink->options, "snowflake_late_table");
	bool *seen = ARENA_ARRAY_ZERO(loads->arena, bool, Max(plan->scan_count, 1));
	int streams = 0;

	if (!add_data(loads, sink, state, err))
		return false;
	if (late != NULL && !add_letters(loads, sink, late, options_text(&sink->options, "late_location"), "late",
									 sink->name, 1, err))
		return false;
	return options_text(&sink->options, "snowflake_dead_table") == NULL ||
		   add_dead_letters(loads, sink, sink->input, &streams, seen, err);
}

/* ---- printing ---- */

static void
append_title(StrBuf *out, const char *what)
{
	str_append_cstr(out, "-- Snowflake objects for ");
	snowflake_append_safe(out, what);
	str_append_cstr(out, "\n\n");
}

static void
append_load(const SnowflakeLoad *load)
{
	append_title(load->out, load->what);
	snowflake_append_format(load);
	snowflake_append_stage(load);
	snowflake_append_table_statements(load);
	snowflake_append_loading(load);
	snowflake_append_task(load);
	snowflake_append_grants(load);
	snowflake_append_reconciliation(load);
}

static bool
append_all(const Loads *loads, Error *err)
{
	if (loads->count == 0)
		return true;
	append_title(loads->out, arena_printf(loads->arena, "job %s", loads->job_name));
	if (!snowflake_append_account(loads->items, loads->count, err))
		return false;
	for (int i = 0; i < loads->count; i++)
		append_load(&loads->items[i]);
	while (loads->out->len > 1 && loads->out->data[loads->out->len - 2] == '\n')
		loads->out->data[--loads->out->len] = '\0'; /* blank lines are between statements only */
	return true;
}

bool
snowflake_ddl(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states, Arena *arena,
			  StrBuf *out, int *count, Error *err)
{
	int capacity = plan->sink_count * (2 + plan->scan_count) + 1;
	Loads loads = {
		.job_name = job_name,
		.arena = arena,
		.out = out,
		.items = ARENA_ARRAY_ZERO(arena, SnowflakeLoad, capacity),
		.tables = ARENA_ARRAY_ZERO(arena, SnowflakeName, capacity),
		.roles = ARENA_ARRAY_ZERO(arena, SnowflakeName, capacity),
		.capacity = capacity,
	};
	bool ok = true;

	*count = 0;
	for (int i = 0; ok && i < plan->sink_count; i++)
	{
		const SinkPlan *sink = plan->sinks[i];

		if (options_text(&sink->options, "snowflake_table") == NULL)
			continue;
		(*count)++;
		ok = add_sink(&loads, plan, sink, states != NULL ? &states[i] : NULL, err);
	}
	ok = ok && append_all(&loads, err);
	loads_free(&loads);
	return ok;
}
