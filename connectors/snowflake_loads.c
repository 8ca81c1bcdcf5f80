/*
 * snowflake_loads.c: which tables a job loads, from which places, and who loads them (contract in
 * snowflake_load.h).
 */
#include "common/memory.h"
#include "connectors/directory_place.h"
#include "connectors/s3_place.h"
#include "connectors/snowflake_account.h"
#include "executor/output_path.h"
#include "planner/nodes.h"

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

/* Of objects below a folder of a location. */
static void
set_place(SnowflakeLoad *load, const char *copied_to)
{
	const char *url = stage_url(load->sink, load->location, copied_to, load->arena);
	const char *folder = load->folder;

	load->whole_url = url;
	if (url != NULL)
		load->url = arena_printf(load->arena, "%s%s", url, folder);
	else
		load->directory =
			arena_printf(load->arena, "%s%s%.*s", directory_place(load->location, load->arena),
						 folder[0] != '\0' ? "/" : "", (int)strlen(folder) - (folder[0] != '\0'), folder);
	load->by_job = load->mode != SNOWFLAKE_AUTO_INGEST && url != NULL && copied_to == NULL &&
				   options_find(&load->sink->options, "snowflake_task_minutes") == NULL;
}

void
snowflake_load_revise(SnowflakeLoad *load, int revision)
{
	Arena *arena = load->arena;

	assert(load->kind == OUTPUT_DATA);
	load->revision = revision;
	load->what = arena_printf(arena, "sink %s", load->sink->name);
	load->suffix = load->folder = "";
	if (revision > 1)
	{
		load->suffix = arena_printf(arena, "_R%d", revision);
		load->what = arena_printf(arena, "%s, revision %d", load->what, revision);
		load->folder = arena_printf(arena, "r%d/", revision);
	}
	set_place(load, options_text(&load->sink->options, "snowflake_url"));
}

/* ---- tables ---- */

const char *
snowflake_mode_name(SnowflakeMode mode)
{
	static const char *const names[] = {"auto_ingest", "rest", "copy"};

	return names[mode];
}

/* A new one, with what comes from the sink's options. */
static SnowflakeLoad *
begin_load(SnowflakeLoads *loads, const SinkPlan *sink, const char *table, Error *err)
{
	int i = loads->count++;
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

static bool
add_data(SnowflakeLoads *loads, const SinkPlan *sink, const SnowflakeSinkState *state, Error *err)
{
	SnowflakeLoad *load = begin_load(loads, sink, options_text(&sink->options, "snowflake_table"), err);
	CsvFormat *format = ARENA_ARRAY_ZERO(loads->arena, CsvFormat, 1);

	if (load == NULL)
		return false;
	csv_format_describe(sink, loads->arena, format);
	load->format = format;
	load->state = state;
	load->kind = OUTPUT_DATA;
	load->owner = sink->name;
	load->location = sink->location;
	load->label = arena_printf(loads->arena, "sink \"%s\"", sink->name);
	snowflake_load_revise(load, state != NULL ? state->revision : 1);
	return true;
}

/* JSON lines: all revisions of a sink have the same, and one stage. */
static bool
add_letters(SnowflakeLoads *loads, const SinkPlan *sink, const char *option, OutputKind kind,
			const char *location, const char *owner, int number, Error *err)
{
	SnowflakeLoad *load = begin_load(loads, sink, options_text(&sink->options, option), err);
	StrBuf folder = {0};

	if (load == NULL)
		return false;
	load->metadata = true;
	load->suffix = number > 1 ? arena_printf(loads->arena, "_%d", number) : "";
	load->kind = kind;
	load->owner = owner;
	load->location = location;
	output_path_append_letters(&folder, kind == OUTPUT_LATE, str_from_cstr(owner));
	load->folder = arena_strdup(loads->arena, str_cstr(&folder));
	str_free(&folder);
	set_place(load, NULL);
	load->whole_url = load->url;
	if (kind == OUTPUT_LATE)
	{
		load->what = arena_printf(loads->arena, "sink %s, late rows", sink->name);
		load->label = arena_printf(loads->arena, "late rows of sink \"%s\"", sink->name);
	}
	else
	{
		load->what = arena_printf(loads->arena, "sink %s, dead letters of stream %s", sink->name, owner);
		load->label = arena_printf(loads->arena, "dead letters of sink \"%s\"", sink->name);
	}
	return true;
}

/* A stage for each stream; *number counts them. A stream that is read twice has one. */
static bool
add_dead_letters(SnowflakeLoads *loads, const SinkPlan *sink, const PlanNode *node, int *number, bool *seen,
				 Error *err)
{
	if (node->kind == NODE_SCAN && !seen[node->scan->index])
	{
		const StreamDef *stream = node->scan->stream;

		seen[node->scan->index] = true;
		return add_letters(loads, sink, "snowflake_dead_table", OUTPUT_DEAD,
						   options_text(&stream->options, "dead_letter_location"), stream->name, ++*number,
						   err);
	}
	for (int i = 0; i < node_input_count(node); i++)
		if (!add_dead_letters(loads, sink, node_input(node, i), number, seen, err))
			return false;
	return true;
}

static bool
add_sink(SnowflakeLoads *loads, const JobPlan *plan, const SinkPlan *sink, const SnowflakeSinkState *state,
		 Error *err)
{
	bool *seen = ARENA_ARRAY_ZERO(loads->arena, bool, Max(plan->scan_count, 1));
	int streams = 0;

	if (!add_data(loads, sink, state, err))
		return false;
	if (options_text(&sink->options, "snowflake_late_table") != NULL &&
		!add_letters(loads, sink, "snowflake_late_table", OUTPUT_LATE,
					 options_text(&sink->options, "late_location"), sink->name, 1, err))
		return false;
	return options_text(&sink->options, "snowflake_dead_table") == NULL ||
		   add_dead_letters(loads, sink, sink->input, &streams, seen, err);
}

/* ---- objects ---- */

static bool
same_place(const char *location, const char *other)
{
	Arena arena;
	bool same;

	if (strcmp(location, other) == 0)
		return true;
	arena_init(&arena, "place");
	same = strcmp(s3_place(location, &arena), s3_place(other, &arena)) == 0;
	arena_release(&arena);
	return same;
}

bool
snowflake_load_takes(const SnowflakeLoad *load, const PackFile *file)
{
	return file->kind == load->kind && strcmp(file->owner, load->owner) == 0 &&
		   same_place(file->location, load->location);
}

/* ---- all of a plan ---- */

static void
make_room(SnowflakeLoads *loads, const char *job_name, Arena *arena, StrBuf *out, int capacity)
{
	*loads = (SnowflakeLoads){
		.job_name = job_name,
		.arena = arena,
		.out = out,
		.items = ARENA_ARRAY_ZERO(arena, SnowflakeLoad, capacity),
		.tables = ARENA_ARRAY_ZERO(arena, SnowflakeName, capacity),
		.roles = ARENA_ARRAY_ZERO(arena, SnowflakeName, capacity),
		.capacity = capacity,
	};
}

bool
snowflake_loads_make(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states,
					 Arena *arena, StrBuf *out, SnowflakeLoads *loads, Error *err)
{
	make_room(loads, job_name, arena, out, plan->sink_count * (2 + plan->scan_count) + 1);
	for (int i = 0; i < plan->sink_count; i++)
	{
		const SinkPlan *sink = plan->sinks[i];

		if (options_text(&sink->options, "snowflake_table") == NULL)
			continue;
		loads->sink_count++;
		if (!add_sink(loads, plan, sink, states != NULL ? &states[i] : NULL, err))
			return false;
	}
	return true;
}

void
snowflake_loads_free(SnowflakeLoads *loads)
{
	for (int i = 0; i < loads->count; i++)
	{
		snowflake_name_free(&loads->tables[i]);
		snowflake_name_free(&loads->roles[i]);
	}
	loads->count = 0;
}

/* The second stage would not be created, and its files would never be loaded. */
static bool
check_distinct(const SnowflakeLoads *loads, const SnowflakeLoad *load, Error *err)
{
	for (const SnowflakeLoad *other = loads->items; other < load; other++)
	{
		bool streams = load->sink == other->sink && load->kind == OUTPUT_DEAD && other->kind == OUTPUT_DEAD;

		if (streams || !snowflake_name_equal(load->table, other->table))
			continue;
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "%s and %s name the same Snowflake table", other->label, load->label);
		return error_hint(err, "Load them into two tables, or unite two sinks in one with UNION ALL.");
	}
	return true;
}

bool
snowflake_loads_check(const SnowflakeLoads *loads, Error *err)
{
	for (int i = 0; i < loads->count; i++)
		if (!check_distinct(loads, &loads->items[i], err))
			return false;
	return true;
}

/* ---- for EXPLAIN ---- */

static const char *
describe_load(const SnowflakeLoad *load)
{
	const Options *options = &load->sink->options;
	const char *mode = snowflake_mode_name(load->mode);

	if (load->by_job)
		return arena_printf(load->arena, "%s, the job %s", mode,
							load->mode == SNOWFLAKE_REST ? "tells the pipe of objects"
														 : "runs COPY of objects by name");
	if (options_find(options, "snowflake_task_minutes") != NULL)
		return arena_printf(load->arena, "%s, by a task every %s min, not by the job", mode,
							options_text(options, "snowflake_task_minutes"));
	if (load->url == NULL)
		return arena_printf(load->arena, "%s, by hand: the files are in a directory", mode);
	if (load->mode == SNOWFLAKE_AUTO_INGEST)
		return arena_printf(load->arena, "%s, S3 tells the pipe of objects", mode);
	return arena_printf(load->arena,
						"%s, not by the job, which does not write where the files are loaded from", mode);
}

void
snowflake_describe(const SinkPlan *sink, PropertyTeller tell, void *context)
{
	const char *table = options_text(&sink->options, "snowflake_table");
	SnowflakeLoads loads;
	Arena arena;

	if (table == NULL)
		return;
	arena_init(&arena, "describe");
	make_room(&loads, "", &arena, NULL, 1);
	tell(context, "Snowflake Table", table);
	if (add_data(&loads, sink, NULL, NULL))
		tell(context, "Snowflake Load", describe_load(&loads.items[0]));
	snowflake_loads_free(&loads);
	arena_release(&arena);
}
