/*
 * job_run.h: a running job, as the files that make up the epoch loop share it.
 *
 * The idea: one JobRun per job_run(). The record is the truth of the newest manifest, in the order of the
 * plan; an epoch reads it, works on its own Epoch, and changes the record only on the way to the commit. A
 * console query runs the same loop without state, chain and outputs (they are NULL), its record living in
 * memory only.
 *
 * In the order of a job's life: recover.c (state), compatibility.c (plan against record), sources.c
 * (partitions), reference_tables.c, then per epoch fill.c, cut.c, reduce.c, commit.c, publish.c, with
 * progress.c telling the caller; job.c drives, and every step of it is one of protocol_list.h.
 */
#ifndef WEIR_EXECUTOR_JOB_RUN_H
#define WEIR_EXECUTOR_JOB_RUN_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/chain.h"
#include "executor/job.h"
#include "executor/loads.h"
#include "executor/locations.h"
#include "executor/protocol.h"
#include "executor/reader.h"
#include "executor/watermark.h"
#include "executor/worker.h"

typedef struct ScanRun
{
	const ScanPlan *plan;
	const SourceClass *class;
	Source *source;
	int32_t reader_count;
	PartitionReader **readers;
	int32_t holder;       /* partition that decided W at the last cut; -1 = none */
	double error_ratio;   /* max_error_ratio of the stream; negative = off */
	uint64_t judged_read; /* since the ratio was judged last */
	uint64_t judged_dead;
	int64_t counted_at; /* monotonic: when partitions were counted last */
	int64_t retention;  /* microseconds that the source keeps messages; 0 = for ever, or unknown */
} ScanRun;

typedef struct TableRun
{
	const TablePlan *plan;
	int64_t loaded_at; /* monotonic */
	bool unsaved;      /* this version is in no pack yet */
} TableRun;

/* What a sink has written in this run. */
typedef struct SinkOutput
{
	uint64_t rows, files, bytes, windows_closed;
} SinkOutput;

/* How far a scan was read. */
typedef struct ReadOffsets
{
	int32_t count;
	int64_t *next; /* by partition; -1 = another shard's */
} ReadOffsets;

/* Packs that must stay: those that the newest manifest leads to, and whatever has a later number. */
typedef struct NeededPacks
{
	uint64_t upto; /* number of that manifest */
	size_t count;
	const char **keys;
} NeededPacks;

/* An epoch that is being published. Invariant: while busy, the fields below belong to the thread, and lie in
 * the arena. */
typedef struct Publisher
{
	WorkerPool *thread; /* of one; NULL before the first epoch */
	bool busy;
	Arena arena;
	uint64_t seq;
	size_t file_count;
	const PackFile *files;
	NeededPacks needed;
	ReadOffsets *offsets; /* per scan: what the manifest records */
} Publisher;

/* When the source may delete the first message that is not committed, and where. */
typedef struct RetentionLimit
{
	int64_t end; /* TIMESTAMPTZ; RETENTION_NONE = nothing is in danger */
	int scan;
	int32_t partition;
} RetentionLimit;

typedef struct JobRun
{
	const JobOpen *open;
	const JobPlan *plan;
	Arena arena;
	int64_t started; /* monotonic */
	bool batch;
	bool all_read; /* of a drain: the next epoch closes all windows */
	bool flushed;  /* of a drain: it has */

	ObjectStore *state;
	ManifestChain chain;
	Protocol protocol; /* unused by console queries, which have no state */
	Locations locations;
	int64_t created; /* of the job: what now() is in batch */
	Manifest found;  /* the newest manifest at the start; seq 0 = there was none */
	Manifest record;
	StateMap map;
	uint64_t watched_seq;        /* a standby took the writer of this manifest for gone */
	char standby_mark[HEX_UUID]; /* what a standby showed last */
	char footer_pack[128];       /* what record.footer_pack points to after a commit */

	ScanRun *scans;
	TableRun *tables;
	TableData **table_data;
	bool *reads;          /* [sink * scan_count + scan] */
	int64_t *watermarks;  /* per scan: W of the last cut */
	int64_t *closed_ends; /* per sink */
	int64_t clock;        /* reading at the last cut */

	Ledger ledger; /* of the epoch */
	Ledger totals; /* of this run, committed epochs */
	SinkOutput *written;
	JobState *job_state;
	Outputs *outputs;
	Pipeline **pipelines;
	WorkerPool *workers;
	Publisher publisher;
	Loads *loads;       /* NULL: nothing is loaded */
	bool loads_nothing; /* nor is anything owed from now on */
	int worker_count;

	pthread_mutex_t *tell_lock;    /* one caller of open->progress and open->notice at a time */
	pthread_mutex_t receiver_lock; /* also of retention */
	RowReceiver receiver; /* wraps open->receiver: one caller at a time, and silence after it said stop */
	atomic_bool receiver_stopped;
	atomic_uint_fast64_t received; /* rows that the receiver was given */

	RetentionLimit retention;
	int64_t retention_told; /* microseconds that were left at the last warning */

	int64_t stop_seen;       /* monotonic: when the stop flag was first seen; 0 = not yet */
	int64_t progress_at;     /* monotonic: when progress is told next */
	int64_t silent_since;    /* monotonic: when the last row came out, or the start */
	const char *last_reason; /* for the silence that was told last */
	int64_t trimmed_at;      /* monotonic */
	uint64_t epoch;          /* number of the running epoch: the seq that its manifest will have */
	uint64_t epoch_count;    /* begun in this run */
} JobRun;

/* One epoch, from begin to publish. */
typedef struct Epoch
{
	Arena arena;
	EpochStart start;
	int64_t began; /* monotonic */
	char *pack_key;
	PackWriter *pack; /* NULL once finished or discarded, and for console queries */
	PackTarget target;
	bool draining; /* the last one of this run */
	bool ending;   /* batch, drain: all input is read, all windows close */
	bool moved;    /* some W moved */
	bool beat;     /* nothing changed: committed for a standby to see that this writer lives */
	uint64_t read;
	int64_t *sink_watermarks; /* per sink, for the cut */
	size_t change_count;
	UnitChange *changes;
	StateMap map; /* valid from snapshot to commit */
	bool has_map;
	OutputFileList files;
	PackFooter footer;
} Epoch;

/* Whether the run ends where its sources ended when it began. */
static inline bool
job_has_end(const JobRun *run)
{
	JobUntil until = run->open->until;

	return until == UNTIL_END || until == UNTIL_LATEST || until == UNTIL_DRAINED;
}

/* ---- progress.c ---- */
extern void job_notice(const JobRun *run, const char *severity, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Live figures of one worker during FILL, or zeros. */
extern void job_progress(JobRun *run, const char *phase, const Ledger *live, bool force);
extern void job_explain_silence(JobRun *run, const Ledger *live);

/* ---- job_protocol.c ---- */
/* Tells the commit protocol what happened; a console query has none. */
extern void job_advance(JobRun *run, ProtocolEvent event);
/* Creates the next link from the record, where the protocol has one. */
extern bool job_append(JobRun *run, FailurePoint point, Error *err) WARN_UNUSED;
/* The run ends with this error; one that was overtaken may have failed in a way that only that explains. */
extern void job_end(JobRun *run, Error *err);

/* ---- job_loads.c ---- */
/* Looks, before the state is claimed, whether loading can work; the record is in the plan's order. */
extern bool job_loads_begin(JobRun *run, Error *err) WARN_UNUSED;
/* Begins loading, what earlier runs owe first. The state is claimed, and everything is published. */
extern bool job_loads_start(JobRun *run, Error *err) WARN_UNUSED;
/* What the next link is to say of it. */
extern void job_loads_record(JobRun *run);
extern void job_loads_progress(const JobRun *run, JobProgress *progress, SinkTotals *sinks);
/* Ends loading: waits for it if the run has an end and is not told to stop; else tells of all that waits. */
extern void job_loads_finish(JobRun *run);
/* False: the run has an end, and not all of its objects were loaded. */
extern bool job_loads_check(JobRun *run, Error *err) WARN_UNUSED;

/* ---- job_load_tables.c ---- */
/* Warns of objects that the record's run was to load into tables that this one does not load. False: the
 * markers could not be listed. */
extern bool job_load_tables_compare(JobRun *run, Error *err) WARN_UNUSED;
/* Puts this run's tables in the record. */
extern void job_load_tables_begin(JobRun *run);
/* Starts loading with the record's totals; later takes them, and returns up to which epoch they count. There
 * is a loader. */
extern void job_load_tables_start(JobRun *run);
extern uint64_t job_load_tables_record(JobRun *run);

/* ---- retention.c ---- */
/* Asks the sources, and warns when time is short. */
extern void retention_look(JobRun *run);
/* A notice with what is left, from any thread; context is the JobRun. */
extern void retention_notice(void *context, const char *severity, const char *text);
/* Fills the figures of the partitions, which the caller frees. */
extern void retention_progress(const JobRun *run, JobProgress *progress);

/* ---- recover.c ---- */
/* Opens the state and finds the newest manifest: fills found and record, changes nothing that is there. */
extern bool recover_find(JobRun *run, Error *err) WARN_UNUSED;
/* Whether the state still belongs to the job that it was opened for. False: FENCED. */
extern bool recover_check_life(JobRun *run, Error *err) WARN_UNUSED;
/* Claims the state with the record, publishes what the manifest that was found lacks, and fills the map. */
extern bool recover_claim(JobRun *run, Error *err) WARN_UNUSED;
/* Merges the saved units into job_state. */
extern bool recover_units(JobRun *run, Error *err) WARN_UNUSED;

/* ---- namesakes.c ---- */
/* Says where objects of an earlier job of this name lie, if this one has not read anything yet. */
extern void namesakes_tell(JobRun *run);

/* ---- compatibility.c ---- */
/* Brings the record into the plan's order, or refuses; *changed when the record says something new. Changes
 * nothing but the record. */
extern bool compatibility_check(JobRun *run, bool *changed, Error *err) WARN_UNUSED;
/* Says what the plan, compared with the manifest that was found, brings. */
extern void compatibility_tell(const JobRun *run);

/* ---- sources.c ---- */
extern bool sources_open(JobRun *run, Error *err) WARN_UNUSED;
/* Resolves partitions and offsets against the record, begins a batch run if one is due, assigns. */
extern bool sources_assign(JobRun *run, bool *changed, Error *err) WARN_UNUSED;
/* Partitions that appeared while running join, at a cut. */
extern bool sources_grow(JobRun *run, Error *err) WARN_UNUSED;
/* Tells lag tools, per scan, that all before these offsets is out. */
extern void sources_hint(JobRun *run, const ReadOffsets *offsets);
extern void sources_close(JobRun *run);

/* ---- reference_tables.c ---- */
extern bool reference_tables_load(JobRun *run, Error *err) WARN_UNUSED;
/* Reads again what is due; a version that can't be read keeps the old one, with a warning. */
extern void reference_tables_refresh(JobRun *run);
/* Puts versions that are new into the pack and the record. */
extern bool reference_tables_save(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;
extern void reference_tables_free(JobRun *run);

/* ---- fill.c ---- */
typedef enum FillResult
{
	FILL_CUT,     /* the epoch is to be cut */
	FILL_ABANDON, /* a batch was told to stop */
	FILL_FAILED   /* err is set */
} FillResult;

extern FillResult epoch_fill(JobRun *run, Epoch *epoch, Error *err);

/* ---- cut.c ---- */
/* Offsets, W, idleness, error ratio, ledger: everything that is decided at the cut. */
extern bool epoch_cut(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;

/* ---- reduce.c ---- */
extern bool epoch_reduce(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;
/* Saves what changed into the pack: fills changes and map. */
extern bool epoch_snapshot(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;

/* ---- commit.c ---- */
extern bool epoch_begin_pack(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;
/* Appends a footer to a pack and points the record at it. */
extern bool footer_write(JobRun *run, PackWriter *pack, const char *pack_key, const PackFooter *footer,
						 Error *err) WARN_UNUSED;
extern bool epoch_seal(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;
extern bool epoch_commit(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;

/* ---- publish.c ---- */
/* Publishes files of the manifest seq, which exists, and marks it. */
extern bool publish_files(JobRun *run, uint64_t seq, const PackFile *files, size_t count,
						  Error *err) WARN_UNUSED;
/* Publishes what an earlier process committed but did not publish. */
extern bool publish_leftovers(JobRun *run, const Manifest *newest, Error *err) WARN_UNUSED;
/* What the record leads to; the texts are in the arena. Everything up to the record must be published. */
extern void list_needed(const JobRun *run, Arena *arena, NeededPacks *out);
/* Removes other packs, sealed objects, and what attempts left that never committed. */
extern bool remove_old(JobRun *run, const NeededPacks *needed, Error *err) WARN_UNUSED;

/* ---- publisher.c ---- */
/* After the commit: takes the epoch's files, with its arena, and publishes them while others go on. */
extern bool publisher_begin(JobRun *run, Epoch *epoch, Error *err) WARN_UNUSED;
/*
 * Takes notice of an epoch that is out by now, or waits for it. False: it failed, which ends the job. Must
 * have waited before the next pack is sealed, a link is made, or a manifest removed.
 */
extern bool publisher_settle(JobRun *run, bool wait, Error *err) WARN_UNUSED;
/* Waits for the thread and ends it; the outcome is the next start's business. */
extern void publisher_close(JobRun *run);

#endif
