/*
 * plan_job.c: several sinks as one job (contract in plan_job.h).
 */
#include "planner/plan_job.h"

#include "planner/canonical.h"
#include "planner/location.h"
#include "planner/narrow.h"
#include "planner/nodes.h"
#include "planner/shard_plan.h"
#include "planner/sink_plan.h"

typedef struct Places
{
	SinkPlace *items;
	int count;
} Places;

/* sink: whose own places do not count against each other; -1 = none. */
static void
add_place(const PlanContext *context, Places *places, const Options *options, const char *option,
		  const char *owner, const char *name, int sink)
{
	const Option *found = options_find(options, option);

	/* an empty one is the state's place */
	if (found == NULL || found->text[0] == '\0')
		return;
	places->items[places->count] =
		sink_place(context, found->text, arena_printf(context->arena, "%s of %s \"%s\"", option, owner, name),
				   found->position);
	places->items[places->count++].sink = sink;
}

/*
 * Late rows and dead letters may share a place with each other, but not with a sink's files, nor with what
 * Snowflake loads: a stage lies over the sink's location, or over the place that it will be copied to.
 */
static bool
check_places(const PlanContext *context, const JobPlan *job, Error *err)
{
	Places sinks = {ARENA_ARRAY(context->arena, SinkPlace, 2 * job->sink_count), 0};
	Places others = {ARENA_ARRAY(context->arena, SinkPlace, job->sink_count + job->scan_count + 1), 0};

	for (int i = 0; i < job->sink_count; i++)
	{
		const SinkPlan *sink = job->sinks[i];

		add_place(context, &sinks, &sink->options, "location", "sink", sink->name, i);
		add_place(context, &sinks, &sink->options, "snowflake_url", "sink", sink->name, i);
		add_place(context, &others, &sink->options, "late_location", "sink", sink->name, -1);
	}
	for (int i = 0; i < job->scan_count; i++)
		add_place(context, &others, &job->scans[i]->stream->options, "dead_letter_location", "stream",
				  job->scans[i]->stream->name, -1);
	if (context->state_location != NULL)
		others.items[others.count++] =
			sink_place(context, context->state_location, "the state location", NO_POSITION);
	for (int i = 0; i < sinks.count; i++)
	{
		for (int k = 0; k < i; k++)
		{
			if (sinks.items[i].sink != sinks.items[k].sink &&
				!sink_check_places(&sinks.items[i], &sinks.items[k], err))
				return false;
		}
		for (int k = 0; k < others.count; k++)
		{
			if (!sink_check_places(&sinks.items[i], &others.items[k], err))
				return false;
		}
	}
	return true;
}

static bool
check_connectors(const PlanContext *context, const JobPlan *job, Error *err)
{
	for (int i = 0; i < job->sink_count; i++)
	{
		const SinkPlan *sink = job->sinks[i];
		const ConnectorInfo *store =
			connector_find(context->connectors, CONNECTOR_STORE, location_scheme(sink->location));

		if (sink->format->check_sink != NULL && !sink->format->check_sink(sink, err))
			return false;
		if (store != NULL && store->check_sink != NULL && !store->check_sink(sink, err))
			return false;
	}
	return true;
}

/* Narrows the sinks' trees and completes the sinks. */
static bool
complete(const PlanContext *context, JobPlan *job, Error *err)
{
	PlanNode **roots = ARENA_ARRAY(context->arena, PlanNode *, job->sink_count);
	NarrowedPlan narrowed;

	for (int i = 0; i < job->sink_count; i++)
	{
		SinkPlan *sink = job->sinks[i];

		roots[i] = sink->input;
		sink->aggregate = node_aggregate(sink->input);
		sink->stateful_text = canonical_stateful(context, sink->aggregate);
		sink->stateless_text = canonical_stateless(context, sink);
	}
	narrowed = narrow_plan(context, roots, job->sink_count);
	job->scan_count = narrowed.scan_count;
	job->scans = narrowed.scans;
	job->table_count = narrowed.table_count;
	job->tables = narrowed.tables;
	for (int i = 0; i < job->sink_count; i++)
	{
		job->sinks[i]->index = i;
		job->sinks[i]->input = roots[i];
	}
	return shard_plan(context, job, err) && location_check_state(context, err) &&
		   check_places(context, job, err) && check_connectors(context, job, err);
}

bool
plan_job(const PlanContext *context, const SinkDef *const *sinks, int sink_count, JobPlan **out, Error *err)
{
	JobPlan *job = ARENA_NEW(context->arena, JobPlan);

	job->sinks = ARENA_ARRAY(context->arena, SinkPlan *, sink_count);
	for (int i = 0; i < sink_count; i++)
	{
		if (!sink_plan(context, sinks[i]->statement, &job->sinks[job->sink_count], err))
		{
			err->position = NO_POSITION;
			return error_context(err, "sink \"%s\"", sinks[i]->name);
		}
		job->sinks[job->sink_count++]->sql = sinks[i]->sql;
	}
	if (!complete(context, job, err))
	{
		err->position = NO_POSITION;
		return false;
	}
	*out = job;
	return true;
}

bool
plan_sink_statement(const PlanContext *context, const CreateSinkStatement *statement, JobPlan **out,
					Error *err)
{
	JobPlan *job = ARENA_NEW(context->arena, JobPlan);

	job->sinks = ARENA_ARRAY(context->arena, SinkPlan *, 1);
	if (!sink_plan(context, statement, &job->sinks[0], err))
		return false;
	job->sinks[0]->sql = "";
	job->sink_count = 1;
	if (!complete(context, job, err))
		return false;
	*out = job;
	return true;
}
