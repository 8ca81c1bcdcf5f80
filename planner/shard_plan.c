/*
 * shard_plan.c: binds the groups of each sink to partitions, or refuses (contract in shard_plan.h).
 */
#include "planner/shard_plan.h"

#include "common/partitioner.h"
#include "planner/nodes.h"
#include "planner/types.h"

/* What a grouping key is to the messages. */
typedef enum KeyRole
{
	ROLE_NONE,
	ROLE_KEY,      /* the message's key, as it is */
	ROLE_PARTITION /* the partition's number */
} KeyRole;

/* A type whose text is what a producer would take for the key; equal values have equal texts. */
static bool
has_key_text(TypeId type)
{
	return type == TYPE_TEXT || type == TYPE_INTEGER || type == TYPE_BIGINT || type == TYPE_UUID;
}

static KeyRole
role_in_scan(const ScanPlan *scan, const char *name, int column)
{
	const char *declared = options_text(&scan->stream->options, "message_key");
	const DecodeField *field = (uint32_t)column < scan->field_count ? &scan->fields[column] : NULL;

	if (field != NULL && field->origin == COLUMN_METADATA && field->metadata == METADATA_PARTITION)
		return ROLE_PARTITION;
	if (field != NULL && field->origin == COLUMN_METADATA && field->metadata == METADATA_KEY)
		return ROLE_KEY;
	return declared != NULL && strcmp(declared, name) == 0 && (field == NULL || field->form == FIELD_VALUE)
			   ? ROLE_KEY
			   : ROLE_NONE;
}

/* Follows a column down to the scan, as long as it is passed on unchanged. */
static KeyRole
role_of(const PlanNode *node, int column, const ScanPlan **scan)
{
	const Expr *expr;

	switch (node->kind)
	{
		case NODE_SCAN:
			*scan = node->scan;
			return role_in_scan(node->scan, node->columns[column].name, column);
		case NODE_FILTER: return role_of(node->input, column, scan);
		case NODE_JOIN_TABLE:
			return (uint32_t)column < node->input->column_count ? role_of(node->input, column, scan)
																: ROLE_NONE;
		case NODE_PROJECT:
			expr = node->project.exprs[column];
			return expr->kind == EXPR_COLUMN ? role_of(node->input, expr->column, scan) : ROLE_NONE;
		default: return ROLE_NONE;
	}
}

static bool
refuse(const SinkPlan *sink, const char *why, Error *err)
{
	const PlanNode *aggregate = sink->aggregate;
	bool grouped = aggregate->aggregate.key_count > 0;

	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED,
			  grouped ? aggregate->aggregate.keys[0]->position : NO_POSITION,
			  "sink \"%s\" can't be divided into shards: %s", sink->name, why);
	return error_detail(err, "The rows of one group may lie in partitions of several shards.");
}

static bool
refuse_groups(const SinkPlan *sink, Error *err)
{
	bool grouped = sink->aggregate->aggregate.key_count > 0;

	(void)refuse(sink,
				 grouped ? "GROUP BY has neither the message's key nor its partition"
						 : "it aggregates without a GROUP BY column other than the window",
				 err);
	return error_hint(err,
					  "Group by a column that is METADATA FROM 'key' or 'partition' or that the stream's "
					  "option message_key names, as it is; or run one process, without --shard.");
}

static bool
refuse_partitioner(const SinkPlan *sink, const ScanPlan *scan, Error *err)
{
	(void)refuse(sink, "it is not said how keys are spread over partitions", err);
	return error_hint(err,
					  "Add partitioner = 'murmur2' (Java clients) or 'crc32' (librdkafka) to the options of "
					  "stream \"%s\"; or run one process, without --shard.",
					  scan->stream->name);
}

static bool
bind_sink(const PlanContext *context, SinkPlan *sink, Error *err)
{
	const PlanNode *aggregate = sink->aggregate;
	const ScanPlan *keyed = NULL;
	const Option *partitioner;
	int key = -1;

	if (aggregate == NULL)
		return true;
	for (int k = 0; k < aggregate->aggregate.key_count; k++)
	{
		const Expr *expr = aggregate->aggregate.keys[k];
		const ScanPlan *scan = NULL;
		KeyRole role = expr->kind == EXPR_COLUMN ? role_of(aggregate->input, expr->column, &scan) : ROLE_NONE;

		if (role == ROLE_PARTITION)
			return true;
		if (role == ROLE_KEY && key < 0)
		{
			key = k;
			keyed = scan;
		}
	}
	if (key < 0)
		return refuse_groups(sink, err);
	partitioner = options_find(&keyed->stream->options, "partitioner");
	if (partitioner == NULL)
		return refuse_partitioner(sink, keyed, err);
	sink->shard_key = ARENA_NEW(context->arena, ShardKey);
	*sink->shard_key = (ShardKey){key, keyed->index, (Partitioner)partitioner->value.integer};
	return true;
}

bool
shard_plan(const PlanContext *context, JobPlan *job, Error *err)
{
	if (context->shards <= 1)
		return true;
	for (int k = 0; k < job->sink_count; k++)
		if (!bind_sink(context, job->sinks[k], err))
			return false;
	return true;
}

bool
shard_check_stream(const StreamDef *stream, Error *err)
{
	const Option *key = options_find(&stream->options, "message_key");
	const Option *partitioner = options_find(&stream->options, "partitioner");
	const ColumnDef *column = NULL;

	if (stream->is_table && (key != NULL || partitioner != NULL))
		return error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, (key ? key : partitioner)->position,
						 "option \"%s\" is for streams only", key ? "message_key" : "partitioner");
	if (key == NULL)
		return true;
	for (uint32_t c = 0; c < stream->column_count; c++)
		if (strcmp(stream->columns[c].name, key->text) == 0)
			column = &stream->columns[c];
	if (column == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_COLUMN, key->position,
						 "column \"%s\" named in option \"message_key\" does not exist", key->text);
	if (has_key_text(column->type.id))
		return true;
	error_set(err, SQLSTATE_DATATYPE_MISMATCH, key->position,
			  "column \"%s\" named in option \"message_key\" is of type %s", key->text,
			  types_name(column->type.id));
	return error_hint(err, "It must be text, uuid or an integer, whose text is the message's key.");
}
