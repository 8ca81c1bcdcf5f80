/*
 * pipeline.c: a worker's chains and the driver that pushes messages through them (contract in pipeline.h).
 *
 * The idea: a scan has one intake and one shared filter; what passes is pushed into every sink's chain, one
 * after the other. A chain changes no batch, so branches share it without copies. Each sink has a Chain of
 * its own, which counts what became of its messages; what a push did not count as used, late or failed was
 * filtered.
 */
#include "executor/pipeline.h"

#include "common/memory.h"
#include "executor/op_chain.h"
#include "executor/intake.h"

/* A scan's rows enter a sink's chain here. */
typedef struct Branch
{
	int sink;
	Operator *head;
} Branch;

typedef struct ScanRun
{
	Intake intake;
	Program *filter; /* NULL when there is none */
	RowPicker picker;
	ErrorPolicy on_error; /* of the stream: what becomes of dead messages */
	Branch *branches;     /* in order of sinks */
	size_t branch_count, branch_capacity;
	const Message *messages; /* being pushed */
	int32_t partition;
	PartitionCounts *counts;
} ScanRun;

typedef struct SinkRun
{
	Chain chain;
	ChainBuild stage0;
	ChainBuild stage1;
	Operator *emission; /* NULL for a stateless sink */
} SinkRun;

struct Pipeline
{
	PipelineOpen open;
	EpochStart epoch;
	Arena arena;
	ScanRun *scans;
	SinkRun *sinks;
};

/* ---- opening ---- */

/* What a chain of unbounded rows can't be made of. */
static bool
check_node(const PlanNode *node, bool console, Error *err)
{
	if (node->kind == NODE_TABLE || node->kind == NODE_VALUES || node->kind == NODE_SORT ||
		(node->kind == NODE_LIMIT && !console))
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
						 "a job over streams cannot contain ORDER BY, LIMIT, VALUES or a table that is not "
						 "joined");
	if (node->kind == NODE_APPEND)
	{
		for (int i = 0; i < node->append.input_count; i++)
			if (!check_node(node->append.inputs[i], console, err))
				return false;
		return true;
	}
	return node->input == NULL || check_node(node->input, console, err);
}

static bool
open_scan(Pipeline *p, int index, Error *err)
{
	const ScanPlan *plan = p->open.plan->scans[index];
	ScanRun *scan = &p->scans[index];

	scan->on_error = (ErrorPolicy)options_integer(&plan->stream->options, "on_error", ON_ERROR_DEAD_LETTER);
	return intake_open(&scan->intake, plan, p->open.context, p->open.settings->max_future, &p->arena, err);
}

/* The filter that all sinks share; it gathers the columns that any of them reads. */
static void
open_filter(Pipeline *p, int index)
{
	const ScanPlan *plan = p->open.plan->scans[index];
	ScanRun *scan = &p->scans[index];
	uint32_t count = plan->field_count + plan->generated_count;
	TypeId *types = ARENA_ARRAY(&p->arena, TypeId, count + 1);
	bool *needed = ARENA_ARRAY_ZERO(&p->arena, bool, count + 1);
	const Expr *filter = plan->filter;

	if (filter == NULL)
		return;
	for (uint32_t i = 0; i < count; i++)
		types[i] =
			i < plan->field_count ? plan->fields[i].type.id : plan->generated[i - plan->field_count]->type.id;
	for (int s = 0; s < p->open.plan->sink_count; s++)
	{
		const ChainBuild *build = &p->sinks[s].stage0;

		for (size_t e = 0; e < build->entry_count; e++)
			for (uint32_t i = 0; build->entries[e].leaf->scan == plan && i < count; i++)
				needed[i] |= build->entries[e].needed[i];
	}
	scan->filter = program_compile_condition(filter, types, count, &p->arena);
	row_picker_init(&scan->picker, types, count, needed, &p->arena);
}

static void
open_chain(Pipeline *p, Chain *chain, const SinkPlan *plan)
{
	*chain = (Chain){
		.sink = plan,
		.on_error = plan->on_error,
		.worker = p->open.worker,
		.context = p->open.context,
		.settings = p->open.settings,
		.epoch = &p->epoch,
		.outputs = p->open.outputs,
		.receiver = p->open.receiver,
		.state = p->open.state,
		.tables = p->open.tables,
		.fans_out = chain_fans_out(plan->aggregate ? plan->aggregate : plan->input),
		.group_node = plan->aggregate,
		.partition = -1,
	};
	if (chain->fans_out)
	{
		chain->used = ARENA_ARRAY_ZERO(&p->arena, uint64_t, BATCH_WORDS);
		chain->late = ARENA_ARRAY_ZERO(&p->arena, uint64_t, BATCH_WORDS);
		chain->failed = ARENA_ARRAY_ZERO(&p->arena, uint64_t, BATCH_WORDS);
	}
}

static const bool *
all_columns(Arena *arena, uint32_t count)
{
	bool *all = ARENA_ARRAY(arena, bool, count + 1);

	memset(all, true, sizeof *all * (count + 1));
	return all;
}

/* Stage 1 ends in the sink and begins with the aggregate's groups; stage 0 ends in the aggregate. */
static void
open_stages(Pipeline *p, SinkRun *sink, const SinkPlan *plan)
{
	bool windowed = plan->aggregate != NULL;
	const OpClass *terminal =
		p->open.outputs == NULL ? &op_receive : (windowed ? &op_sink_collect : &op_sink_append);
	const bool *all = all_columns(&p->arena, plan->input->column_count);
	ChainBuild *last = windowed ? &sink->stage1 : &sink->stage0;

	sink->stage0 = (ChainBuild){.chain = &sink->chain, .arena = &p->arena, .absorb = true};
	sink->stage1 = (ChainBuild){.chain = &sink->chain, .arena = &p->arena, .stop = plan->aggregate};
	chain_build(last, plan->input, all, chain_build_operator(last, terminal, NULL, NULL, NULL));
	if (!windowed)
		return;
	assert(last->entry_count == 1 && last->entries[0].leaf == plan->aggregate);
	sink->emission = chain_build_operator(last, &op_emission, plan->aggregate, NULL, last->entries[0].head);
	chain_build(&sink->stage0, plan->aggregate, last->entries[0].needed, NULL);
}

/* The sink's entries become branches of their scans. */
static void
open_branches(Pipeline *p, int index)
{
	const ChainBuild *build = &p->sinks[index].stage0;

	for (size_t e = 0; e < build->entry_count; e++)
	{
		ScanRun *scan = &p->scans[build->entries[e].leaf->scan->index];

		mem_grow(&scan->branches, &scan->branch_capacity, scan->branch_count, sizeof *scan->branches);
		scan->branches[scan->branch_count++] = (Branch){index, build->entries[e].head};
	}
}

static bool
open_sink(Pipeline *p, int index, Error *err)
{
	const SinkPlan *plan = p->open.plan->sinks[index];
	SinkRun *sink = &p->sinks[index];

	if (!check_node(plan->input, p->open.outputs == NULL, err))
		return false;
	open_chain(p, &sink->chain, plan);
	open_stages(p, sink, plan);
	open_branches(p, index);
	return true;
}

bool
pipeline_open(const PipelineOpen *open, Pipeline **out, Error *err)
{
	Pipeline *p = mem_alloc_zero(sizeof *p);
	const JobPlan *plan = open->plan;
	bool ok = true;

	p->open = *open;
	arena_init(&p->arena, "pipeline");
	p->scans = ARENA_ARRAY_ZERO(&p->arena, ScanRun, plan->scan_count + 1);
	p->sinks = ARENA_ARRAY_ZERO(&p->arena, SinkRun, plan->sink_count + 1);
	for (int i = 0; ok && i < plan->scan_count; i++)
		ok = open_scan(p, i, err);
	for (int i = 0; ok && i < plan->sink_count; i++)
		ok = open_sink(p, i, err);
	for (int i = 0; ok && i < plan->scan_count; i++)
		open_filter(p, i);
	if (!ok)
	{
		pipeline_close(p);
		return false;
	}
	*out = p;
	return true;
}

void
pipeline_begin(Pipeline *pipeline, const EpochStart *start)
{
	pipeline->epoch = *start;
}

void
pipeline_close(Pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	for (int i = 0; i < pipeline->open.plan->sink_count; i++)
	{
		chain_build_release(&pipeline->sinks[i].stage0);
		chain_build_release(&pipeline->sinks[i].stage1);
	}
	for (int i = 0; i < pipeline->open.plan->scan_count; i++)
	{
		intake_close(&pipeline->scans[i].intake);
		mem_free(pipeline->scans[i].branches);
	}
	arena_release(&pipeline->arena);
	mem_free(pipeline);
}

Operator *
pipeline_aggregate(const Pipeline *pipeline, int sink)
{
	return pipeline->sinks[sink].stage0.aggregate;
}

Operator *
pipeline_emission(const Pipeline *pipeline, int sink)
{
	return pipeline->sinks[sink].emission;
}

size_t
pipeline_memory(const Pipeline *pipeline)
{
	size_t bytes = 0;

	for (int i = 0; i < pipeline->open.plan->sink_count; i++)
		if (pipeline->sinks[i].stage0.aggregate != NULL)
			bytes += op_aggregate_memory(pipeline->sinks[i].stage0.aggregate);
	return bytes;
}

/* ---- dead messages ---- */

typedef struct DeadContext
{
	Pipeline *pipeline;
	ScanRun *scan;
} DeadContext;

static bool
take_dead(void *context, const BadRow *bad, Error *err)
{
	const DeadContext *dead = context;
	const ScanRun *scan = dead->scan;
	const PipelineOpen *open = &dead->pipeline->open;
	const Message *message = &scan->messages[bad->message];
	Diversion d = {
		.scan = scan->intake.scan->index,
		.sink = -1,
		.partition = scan->partition,
		.message = message,
		.field = bad->field,
		.state = bad->state,
		.reason = bad->reason,
		.window_start = INT64_MIN,
		.window_end = INT64_MIN,
	};

	scan->counts->dead++;
	if (scan->on_error == ON_ERROR_STOP)
	{
		error_set(err, bad->state, NO_POSITION, "%s", bad->reason);
		return error_context(err, "stream \"%s\", column \"%s\", partition %d, offset %" PRId64,
							 scan->intake.scan->stream->name, bad->field ? bad->field : "-", scan->partition,
							 message->offset);
	}
	if (scan->on_error == ON_ERROR_SKIP || open->outputs == NULL)
		return true;
	return outputs_dead_letter(open->outputs, open->worker, &d, err);
}

/* ---- rows ---- */

static uint64_t
accounted(const SinkCounts *counts)
{
	return counts->used + counts->late + counts->failed;
}

/* Pushes rows into one sink's branches [from, to); decoded: the messages they were chosen from. */
static bool
push_sink(Pipeline *p, ScanRun *scan, size_t from, size_t to, const Batch *rows, const uint64_t *failed,
		  uint32_t decoded, Error *err)
{
	int index = scan->branches[from].sink;
	Chain *chain = &p->sinks[index].chain;
	SinkCounts *counts = &scan->counts->sinks[index];
	uint64_t before = accounted(counts);
	bool ok = true;

	chain_begin_push(chain, scan->intake.scan, scan->partition, counts);
	chain->partition_count = p->open.ledger->scans[scan->intake.scan->index].partition_count;
	if (failed != NULL)
		ok = chain_fail_rows(chain, scan->filter, &scan->intake.batch, failed, NULL, err);
	for (size_t b = from; ok && b < to; b++)
		ok = operator_push(scan->branches[b].head, rows, err);
	chain_settle(chain);
	counts->filtered += decoded - (accounted(counts) - before);
	return ok;
}

/* Applies the shared filter; failed is set to the rows it failed on, or to NULL. */
static const Batch *
filter_rows(Pipeline *p, ScanRun *scan, uint64_t *failed_rows, const uint64_t **failed)
{
	const Batch *batch = &scan->intake.batch;
	uint64_t keep[BATCH_WORDS];
	uint32_t list[BATCH_ROWS];
	uint32_t count;

	*failed = NULL;
	if (scan->filter == NULL || batch->n == 0)
		return batch;
	if (!program_run(scan->filter, batch, NULL, p->open.context, failed_rows))
		*failed = failed_rows;
	count = column_true_rows(program_result(scan->filter, 0), batch->n, keep);
	if (count == batch->n && *failed == NULL)
		return batch;
	for (uint32_t w = 0; *failed != NULL && w < BATCH_WORDS; w++)
		keep[w] &= ~failed_rows[w];
	count = rows_list(keep, batch->n, list);
	return row_picker_gather(&scan->picker, batch, list, count);
}

static bool
push_rows(Pipeline *p, ScanRun *scan, Error *err)
{
	uint64_t failed_rows[BATCH_WORDS];
	const uint64_t *failed;
	const Batch *rows = filter_rows(p, scan, failed_rows, &failed);
	size_t from = 0;

	while (from < scan->branch_count)
	{
		size_t to = from + 1;

		while (to < scan->branch_count && scan->branches[to].sink == scan->branches[from].sink)
			to++;
		if (!push_sink(p, scan, from, to, rows, failed, scan->intake.batch.n, err))
			return false;
		from = to;
	}
	return true;
}

static bool
push_chunk(Pipeline *p, ScanRun *scan, const Message *messages, uint32_t n, Error *err)
{
	DeadContext context = {p, scan};
	IntakeReport report = {&context, take_dead};
	PartitionCounts *counts = scan->counts;

	scan->messages = messages;
	if (!intake_run(&scan->intake, messages, n, scan->partition, &p->epoch, &report, err))
		return false;
	counts->tombstones += scan->intake.result.tombstones;
	counts->decoded += scan->intake.batch.n;
	counts->max_time = Max(counts->max_time, scan->intake.max_time);
	return push_rows(p, scan, err) &&
		   (p->open.outputs == NULL || outputs_settle(p->open.outputs, p->open.worker, err));
}

/* The receiver of a console query, or its LIMIT, wants no more. */
static bool
is_full(const Pipeline *p, const ScanRun *scan)
{
	if (p->open.receiver == NULL)
		return false;
	for (size_t b = 0; b < scan->branch_count; b++)
		if (!operator_full(scan->branches[b].head))
			return false;
	for (int i = 0; i < p->open.plan->sink_count; i++)
		if (p->sinks[i].emission != NULL && !operator_full(p->sinks[i].emission))
			return false;
	return true;
}

bool
pipeline_emitted_enough(const Pipeline *pipeline)
{
	int count = pipeline->open.receiver != NULL ? pipeline->open.plan->sink_count : 0;

	for (int i = 0; i < count; i++)
		if (pipeline->sinks[i].emission == NULL || !operator_full(pipeline->sinks[i].emission))
			return false;
	return count > 0;
}

bool
pipeline_push(Pipeline *pipeline, int scan_index, int32_t partition, const Message *messages, uint32_t n,
			  bool *stopped, Error *err)
{
	ScanRun *scan = &pipeline->scans[scan_index];

	scan->partition = partition;
	scan->counts = &pipeline->open.ledger->scans[scan_index].partitions[partition];
	for (uint32_t from = 0; from < n; from += BATCH_ROWS)
	{
		if (is_full(pipeline, scan))
			break;
		if (!push_chunk(pipeline, scan, messages + from, Min(n - from, (uint32_t)BATCH_ROWS), err))
			return false;
	}
	*stopped = is_full(pipeline, scan);
	return true;
}
