/*
 * job.c: drives a job: start or recovery, epochs, and the end.
 *
 * One epoch after the other: FILL, CUT, REDUCE, SEAL, COMMIT, PUBLISH; while one is published the next one is
 * filled. What each does is in the file of that name; what they share is the JobRun. A job ends by one of:
 * all input read, a stop that was drained, a receiver that has enough, or an error, after which the next
 * start goes on from the newest manifest.
 */
#include "executor/job.h"

#include <sched.h>

#include "common/memory.h"
#include "executor/job_run.h"
#include "executor/standby.h"
#include "planner/nodes.h"

/* ---- the plan ---- */

/* Marks the scans under a node as read by a sink. */
static void
mark_reads(JobRun *run, int sink, const PlanNode *node)
{
	for (; node != NULL; node = node->input)
	{
		if (node->kind == NODE_SCAN)
			run->reads[sink * run->plan->scan_count + node->scan->index] = true;
		for (int i = 0; node->kind == NODE_APPEND && i < node->append.input_count; i++)
			mark_reads(run, sink, node->append.inputs[i]);
	}
}

static void
init_scan(JobRun *run, int scan)
{
	ScanRun *scan_run = &run->scans[scan];
	const Option *ratio;

	scan_run->plan = run->plan->scans[scan];
	scan_run->class = container_of(scan_run->plan->stream->source, SourceClass, info);
	scan_run->holder = -1;
	ratio = options_find(&scan_run->plan->stream->options, "max_error_ratio");
	scan_run->error_ratio = ratio ? ratio->value.number : -1;
}

static bool
receive_locked(void *context, const Batch *batch)
{
	JobRun *run = context;
	bool more;

	pthread_mutex_lock(&run->receiver_lock);
	more = !atomic_load(&run->receiver_stopped) &&
		   run->open->receiver->receive(run->open->receiver->context, batch);
	atomic_fetch_add(&run->received, batch->n);
	if (!more)
		atomic_store(&run->receiver_stopped, true);
	pthread_mutex_unlock(&run->receiver_lock);
	return more;
}

/* LIMIT counts rows, and every worker has a chain of its own: such a query runs on one. */
static bool
counts_rows(const JobPlan *plan)
{
	for (int k = 0; k < plan->sink_count; k++)
		if (node_count_kind(plan->sinks[k]->input, NODE_LIMIT) > 0)
			return true;
	return false;
}

/* Threads: as many as asked for, else one per core this process may use. */
static int
count_workers(const JobPlan *plan, const Settings *settings)
{
	cpu_set_t cores;

	if (counts_rows(plan))
		return 1;
	if (settings->workers > 0)
		return (int)settings->workers;
	return sched_getaffinity(0, sizeof cores, &cores) == 0 ? Max(CPU_COUNT(&cores), 1) : 1;
}

static void
init_run(JobRun *run, const JobOpen *open)
{
	const JobPlan *plan = open->plan;

	*run = (JobRun){.open = open, .plan = plan, .batch = open->until == UNTIL_END};
	arena_init(&run->arena, "job");
	state_map_init(&run->map);
	run->tell_lock = ARENA_NEW(&run->arena, pthread_mutex_t);
	pthread_mutex_init(run->tell_lock, NULL);
	pthread_mutex_init(&run->receiver_lock, NULL);
	run->receiver = (RowReceiver){.context = run, .receive = receive_locked};
	run->retention = (RetentionLimit){.end = RETENTION_NONE};
	run->retention_told = RETENTION_NONE;
	run->started = run->progress_at = run->silent_since = clock_monotonic(open->clock);
	run->worker_count = count_workers(plan, open->settings);
	run->scans = ARENA_ARRAY_ZERO(&run->arena, ScanRun, Max(plan->scan_count, 1));
	run->tables = ARENA_ARRAY_ZERO(&run->arena, TableRun, Max(plan->table_count, 1));
	run->table_data = ARENA_ARRAY_ZERO(&run->arena, TableData *, Max(plan->table_count, 1));
	run->reads = ARENA_ARRAY_ZERO(&run->arena, bool, plan->scan_count * plan->sink_count + 1);
	run->watermarks = ARENA_ARRAY(&run->arena, int64_t, Max(plan->scan_count, 1));
	run->closed_ends = ARENA_ARRAY(&run->arena, int64_t, Max(plan->sink_count, 1));
	run->written = ARENA_ARRAY_ZERO(&run->arena, SinkOutput, Max(plan->sink_count, 1));
	ledger_init(&run->ledger, plan->scan_count, plan->sink_count);
	ledger_init(&run->totals, plan->scan_count, plan->sink_count);
	for (int s = 0; s < plan->scan_count; s++)
		init_scan(run, s);
	for (int t = 0; t < plan->table_count; t++)
		run->tables[t] = (TableRun){.plan = plan->tables[t]};
	for (int k = 0; k < plan->sink_count; k++)
		mark_reads(run, k, plan->sinks[k]->input);
}

/* ---- opening ---- */

static bool
open_outputs(JobRun *run, Error *err)
{
	int *revisions = ARENA_ARRAY(&run->arena, int, Max(run->plan->sink_count, 1));
	OutputsOpen open = {.plan = run->plan,
						.context = run->open->context,
						.worker_count = run->worker_count,
						.job_name = run->open->job_name,
						.shard = run->open->shard,
						.revisions = revisions,
						.memory_limit = (size_t)run->open->settings->memory_limit,
						.fs = run->open->stores->fs};

	open.job_uuid8 = arena_strndup(&run->arena, run->chain.job_uuid, 8);
	for (int k = 0; k < run->plan->sink_count; k++)
		revisions[k] = run->record.sinks[k].revision;
	return outputs_open(&open, &run->outputs, err);
}

static bool
open_pipelines(JobRun *run, Error *err)
{
	PipelineOpen open = {.plan = run->plan,
						 .settings = run->open->settings,
						 .context = run->open->context,
						 .outputs = run->outputs,
						 .receiver = run->open->receiver ? &run->receiver : NULL,
						 .state = run->job_state,
						 .ledger = &run->ledger,
						 .tables = run->table_data};

	run->pipelines = ARENA_ARRAY_ZERO(&run->arena, Pipeline *, run->worker_count);
	for (open.worker = 0; open.worker < run->worker_count; open.worker++)
		if (!pipeline_open(&open, &run->pipelines[open.worker], err))
			return false;
	return workers_open(run->worker_count, &run->workers, err);
}

/* The watermarks and closed windows that the next epoch is judged by. */
static void
take_record(JobRun *run)
{
	for (int s = 0; s < run->plan->scan_count; s++)
		run->watermarks[s] = run->record.scans[s].watermark;
	for (int k = 0; k < run->plan->sink_count; k++)
		run->closed_ends[k] = run->record.sinks[k].closed_end;
}

/* What earlier processes have left. */
static bool
clean_up(JobRun *run, Error *err)
{
	NeededPacks needed;

	protocol_check(&run->protocol, DEED_REMOVE);
	list_needed(run, &run->arena, &needed);
	return remove_old(run, &needed, err);
}

/* A drain ends what runs as a stream; the grid of a batch run is for --batch to finish. */
static bool
check_drainable(const JobRun *run, Error *err)
{
	if (run->record.batch.number == 0 || run->record.batch.done)
		return true;
	error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION, "a batch run of job \"%s\" is not finished",
			  run->open->job_name);
	return error_hint(err, "Finish it with --batch, which closes all windows, too.");
}

/* The record is the newest manifest's, in the plan's order, and claimed. All that can refuse the plan comes
 * before the claim, which records it. A standby that comes second waits on. */
static bool
take_state(JobRun *run, bool *changed, Error *err)
{
	for (;;)
	{
		if (!recover_find(run, err))
			return false;
		if (run->open->until == UNTIL_DRAINED && !check_drainable(run, err))
			return false;
		if (!compatibility_check(run, changed, err) || !locations_open_all(&run->locations, run->plan, err))
			return false;
		compatibility_tell(run);
		if (!job_loads_begin(run, err))
			return false;
		if (recover_claim(run, err))
			return true;
		if (!run->open->standby || run->protocol.state != PROTOCOL_CLAIM || err->state != SQLSTATE_FENCED)
			return false;
		error_clear(err);
		job_advance(run, EVENT_WAIT);
	}
}

/* Everything before the first FILL. */
static bool
open_run(JobRun *run, Error *err)
{
	bool with_state = run->open->state_location != NULL;
	bool changed = false, assigned = false;

	job_progress(run, "RECOVER", NULL, true);
	run->created = clock_now(run->open->clock);
	if (with_state ? !take_state(run, &changed, err) : !compatibility_check(run, &changed, err))
		return false;
	if (with_state && !job_loads_start(run, err))
		return false;
	if (with_state)
		namesakes_tell(run);
	run->open->context->now = run->batch ? run->created : clock_now(run->open->clock);
	run->job_state = job_state_open(run->plan, run->open->settings, run->open->stores->fs);
	if (with_state && !recover_units(run, err))
		return false;
	if (!reference_tables_load(run, err) || !sources_open(run, err) || !sources_assign(run, &assigned, err))
		return false;
	if (with_state && (changed || assigned) && !job_append(run, FAIL_assign, err))
		return false;
	run->record.published_upto = run->chain.seq;
	run->clock = with_state ? run->record.clock : clock_now(run->open->clock);
	take_record(run);
	if (with_state && (!open_outputs(run, err) || !clean_up(run, err)))
		return false;
	if (!open_pipelines(run, err))
		return false;
	job_advance(run, EVENT_READY);
	return true;
}

static void
close_run(JobRun *run)
{
	publisher_close(run);
	loads_close(run->loads);
	workers_close(run->workers);
	for (int w = 0; run->pipelines != NULL && w < run->worker_count; w++)
		if (run->pipelines[w] != NULL)
			pipeline_close(run->pipelines[w]);
	sources_close(run);
	reference_tables_free(run);
	if (run->outputs != NULL)
		outputs_close(run->outputs);
	if (run->job_state != NULL)
		job_state_close(run->job_state);
	locations_close(&run->locations);
	store_close(run->state);
	state_map_release(&run->map);
	ledger_free(&run->ledger);
	ledger_free(&run->totals);
	pthread_mutex_destroy(run->tell_lock);
	pthread_mutex_destroy(&run->receiver_lock);
	arena_release(&run->arena);
}

/* ---- one epoch ---- */

static bool
begin_epoch(JobRun *run, Epoch *epoch, Error *err)
{
	*epoch = (Epoch){.began = clock_monotonic(run->open->clock)};
	arena_init(&epoch->arena, "epoch");
	run->epoch = run->chain.seq + 1;
	run->epoch_count++;
	epoch->start = (EpochStart){.batch = run->batch,
								.now = run->batch ? run->created : clock_now(run->open->clock),
								.clock = run->clock,
								.watermarks = run->watermarks,
								.closed_ends = run->closed_ends};
	run->open->context->now = epoch->start.now;
	ledger_begin(&run->ledger);
	if (run->state != NULL && !epoch_begin_pack(run, epoch, err))
		return false;
	for (int w = 0; w < run->worker_count; w++)
		pipeline_begin(run->pipelines[w], &epoch->start);
	return true;
}

static void
end_epoch(JobRun *run, Epoch *epoch)
{
	if (run->outputs != NULL)
		outputs_abandon(run->outputs);
	if (epoch->pack != NULL)
		epoch->pack->store->class->pack_discard(epoch->pack);
	if (epoch->has_map)
		state_map_release(&epoch->map);
	mem_free(epoch->pack_key);
	arena_release(&epoch->arena);
}

static bool
drained_late(Error *err)
{
	error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the job could not be drained within drain_timeout");
	return error_hint(err, "Its state is safe; the next start goes on from the last commit.");
}

/* A drain that takes longer than it may is given up before the next step that others can see. */
static bool
check_drain(const JobRun *run, Error *err)
{
	int64_t allowed = run->open->settings->drain_timeout;

	return run->stop_seen == 0 || clock_monotonic(run->open->clock) - run->stop_seen <= allowed ||
		   drained_late(err);
}

/* Nothing read, no W moved, no file made: no state has changed either, and there is nothing to commit. */
static bool
is_empty(const JobRun *run, const Epoch *epoch)
{
	return epoch->read == 0 && !epoch->moved && epoch->files.count == 0 &&
		   !(epoch->ending && !(run->batch && run->record.batch.done));
}

/* From the frozen cut to objects that are being published. */
static bool
commit_epoch(JobRun *run, Epoch *epoch, Error *err)
{
	job_progress(run, "COMMIT", &run->ledger, false);
	return epoch_snapshot(run, epoch, err) && publisher_settle(run, true, err) && check_drain(run, err) &&
		   epoch_seal(run, epoch, err) && epoch_commit(run, epoch, err) && publisher_begin(run, epoch, err);
}

/* From the barrier after FILL to the commit. */
static bool
finish_epoch(JobRun *run, Epoch *epoch, Error *err)
{
	job_advance(run, EVENT_FILLED);
	if (!epoch_cut(run, epoch, err) || !epoch_reduce(run, epoch, err))
		return false;
	/* Also when nothing lay between this line of the grid and the one before. */
	run->record.batch.cuts += run->batch;
	epoch->beat = run->state != NULL && is_empty(run, epoch) && standby_is_watching(run);
	if (run->state != NULL && is_empty(run, epoch) && !epoch->beat)
		job_advance(run, EVENT_NOTHING);
	else if (run->state != NULL && !commit_epoch(run, epoch, err))
		return false;
	ledger_add(&run->totals, &run->ledger);
	take_record(run);
	return true;
}

static bool
abandoned(const JobRun *run, Error *err)
{
	error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the batch run was stopped before its end");
	return run->state ? error_hint(err, "Its state is safe; the next start with --batch finishes this run.")
					  : false;
}

/* Between two epochs, while nobody reads. */
static bool
between_epochs(JobRun *run, Error *err)
{
	int64_t now = clock_monotonic(run->open->clock);

	if (!sources_grow(run, err))
		return false;
	reference_tables_refresh(run);
	/* A writer that is idle for long learns that it was overtaken, too. */
	if (run->state != NULL && !run->publisher.busy && !chain_prove(&run->chain, err))
		return false;
	if (run->state == NULL || now - run->trimmed_at < INT64_C(3600) * 1000 * 1000)
		return true;
	run->trimmed_at = now;
	if (!publisher_settle(run, true, err))
		return false;
	protocol_check(&run->protocol, DEED_REMOVE);
	return chain_trim(&run->chain, Min(run->record.published_upto, run->record.loaded_upto + 1), err);
}

/* What a drain has closed before its time. */
static void
tell_flushed(JobRun *run)
{
	run->flushed = true;
	for (int k = 0; k < run->plan->sink_count; k++)
	{
		uint64_t closed = job_state_closed_windows(run->job_state, k);

		if (closed > 0)
			job_notice(run, "NOTICE",
					   "sink \"%s\": %" PRIu64
					   " window%s closed before %s time; rows that still come are late",
					   run->plan->sinks[k]->name, closed, closed == 1 ? " was" : "s were",
					   closed == 1 ? "its" : "their");
	}
}

/* Runs one epoch; *last when the run is over. */
static bool
run_epoch(JobRun *run, bool *last, Error *err)
{
	Epoch epoch;
	FillResult filled = begin_epoch(run, &epoch, err) ? epoch_fill(run, &epoch, err) : FILL_FAILED;
	/* A query whose receiver has enough is over: what was read beyond that is nobody's. */
	bool enough = atomic_load(&run->receiver_stopped);
	bool ok = filled == FILL_CUT || (filled == FILL_ABANDON && (enough || abandoned(run, err)));

	*last = filled == FILL_ABANDON || enough || epoch.draining;
	if (filled == FILL_CUT && !enough)
	{
		if (epoch.draining)
			job_progress(run, "DRAIN", &run->ledger, true);
		ok = finish_epoch(run, &epoch, err);
	}
	if (ok && epoch.ending && !run->batch)
		tell_flushed(run);
	end_epoch(run, &epoch);
	return ok;
}

static bool
not_drained(Error *err)
{
	error_set(err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the drain was stopped before its end");
	return error_hint(err, "Windows stay open and the state is safe; drain it again, or let the job go on.");
}

/* Says in the log of manifests that this writer left in order. */
static bool
close_chain(JobRun *run, Error *err)
{
	if (run->state == NULL)
		return true;
	if (!publisher_settle(run, true, err))
		return false;
	job_loads_finish(run);
	run->record.kind = MANIFEST_CLOSE;
	run->record.file_count = 0;
	job_advance(run, EVENT_END);
	return job_append(run, FAIL_close_state, err);
}

/* A stop that came before anything was read: a stream has nothing to drain, a batch is not done. */
static bool
settle_early_stop(const JobRun *run, Error *err)
{
	if (run->open->state_location == NULL || err->state != SQLSTATE_QUERY_CANCELED)
		return false;
	error_clear(err);
	if (run->open->until == UNTIL_DRAINED)
		return not_drained(err);
	return !run->batch || abandoned(run, err);
}

/* A store that did not answer until the drain's time was over. */
static bool
settle_late_stop(const JobRun *run, Error *err)
{
	Error canceled = {0};

	if (run->state == NULL || err->state != SQLSTATE_QUERY_CANCELED)
		return false;
	error_move(&canceled, err);
	drained_late(err);
	error_detail(err, "%s", canceled.message);
	error_clear(&canceled);
	return false;
}

bool
job_run(const JobOpen *open, Error *err)
{
	JobRun run;
	bool last = false;
	bool ok;

	init_run(&run, open);
	ok = open_run(&run, err);
	if (!ok)
	{
		job_end(&run, err);
		ok = settle_early_stop(&run, err);
		close_run(&run);
		return ok;
	}
	while (ok && !last)
	{
		ok = run_epoch(&run, &last, err);
		if (ok && !last)
			ok = between_epochs(&run, err);
	}
	ok = ok && close_chain(&run, err);
	ok = ok || settle_late_stop(&run, err);
	if (ok)
		job_progress(&run, "DONE", NULL, true);
	else
		job_end(&run, err);
	ok = ok && job_loads_check(&run, err);
	if (ok && open->until == UNTIL_DRAINED && !run.flushed)
		ok = not_drained(err);
	close_run(&run);
	return ok;
}
