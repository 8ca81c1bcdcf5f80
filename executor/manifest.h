/*
 * manifest.h: one link of the commit log: what the job has consumed, produced and knows, after an epoch.
 *
 * The idea: a manifest is immutable JSON under m/<seq>.json, created only if absent. Each carries the sha256
 * of the one before, the whole truth that a restart needs (offsets, watermarks, ledger, plan, batch run), and
 * where the pack's footer lies, which holds what grows with the job: the state map and the file list, whose
 * sha256 is here, too, since the marker holds it when the pack is gone. An OPEN
 * manifest claims the state for a writer, a COMMIT ends an epoch, a CLOSE says that the writer left in order;
 * each repeats all fields, so that the newest one alone is enough. Streams, sinks and tables go by name.
 *
 * Times are microseconds since 2000-01-01 UTC; an absent time is null. Texts live in the arena given to
 * parse.
 */
#ifndef WEIR_EXECUTOR_MANIFEST_H
#define WEIR_EXECUTOR_MANIFEST_H

#include "common/hex.h"
#include "common/str.h"
#include "executor/ledger.h"
#include "executor/output.h"

enum
{
	MANIFEST_FORMAT = 1, /* of the JSON */
	HEX_UUID = 37        /* a uuid with NUL */
};

typedef enum ManifestKind
{
	MANIFEST_OPEN,
	MANIFEST_COMMIT,
	MANIFEST_CLOSE
} ManifestKind;

/* The last message that was consumed of a partition, to recognise the topic by; offset -1 = none. */
typedef struct LastRecord
{
	int64_t offset;
	int64_t timestamp;
	uint64_t hash; /* of key and value */
} LastRecord;

typedef struct ManifestPartition
{
	LastRecord last;
	int64_t max_time; /* greatest event time ever; INT64_MIN = none */
	bool idle;
	int64_t batch_start; /* of the batch run: where the grid begins */
	int64_t batch_end;   /* of the batch run: one past its last offset; INT64_MAX = where the source ends */
	PartitionCounts totals; /* since the job began; next_offset is where reading goes on */
} ManifestPartition;

typedef struct ManifestScan
{
	const char *stream;
	int64_t watermark; /* INT64_MIN = none */
	int64_t retention; /* microseconds that the source keeps messages; 0 = for ever, or unknown */
	int32_t partition_count;
	ManifestPartition *partitions;
} ManifestScan;

typedef struct ManifestSink
{
	const char *name;
	const char *stateful_text;
	char stateful_sha256[HEX_SHA256];
	char stateless_sha256[HEX_SHA256];
	int revision;       /* from 1 on */
	int64_t closed_end; /* greatest window_end closed; INT64_MIN = none */
	const char *load;   /* how the job loads its objects, and where; "" = not at all, NULL = not known */
} ManifestSink;

/* A table of a warehouse that the job loads, or has loaded. */
typedef struct ManifestLoad
{
	const char *sink; /* whose options name the table */
	OutputKind kind;  /* of the objects that it takes */
	const char *name; /* of the sink or stream that they are of */
	const char *table;
	bool loading; /* by the run that made the manifest; false: by one before it */
	/* Objects of epochs up to loaded_upto, since the job began to load into it; of an earlier version, since
	 * the first manifest with these figures. */
	uint64_t loaded;
	uint64_t failed; /* partly, failed or unknown */
} ManifestLoad;

/* A version of a reference table, as it lies in a pack. */
typedef struct ManifestTable
{
	const char *name;
	char sha256[HEX_SHA256];
	const char *pack;
	uint64_t offset;
	uint64_t len;
} ManifestTable;

/* A --batch run, from its first manifest to its last. */
typedef struct BatchRun
{
	int64_t number;      /* 0 = the job never ran in batch */
	int64_t commit_rows; /* the grid of cuts */
	int64_t cuts;        /* lines of the grid that were reached */
	bool done;
} BatchRun;

typedef struct AcceptedGap
{
	const char *stream;
	int32_t partition;
	int64_t from, to;
} AcceptedGap;

typedef struct Manifest
{
	uint64_t seq;
	ManifestKind kind;
	char previous[HEX_SHA256]; /* sha256 of the manifest before; of job.json for the first */
	char job_uuid[HEX_UUID];
	char writer[HEX_UUID];
	char nonce[HEX_UUID];
	const char *binary_version;
	const char *settings;    /* those that affect results, "name=value;…" */
	const char *tzdata;      /* version of the time zone data */
	int64_t now;             /* what now() was in this epoch */
	int64_t clock;           /* the clock at this manifest's making */
	uint64_t published_upto; /* every manifest up to here has all its objects out */
	uint64_t loaded_upto;    /* every manifest up to here has no object that is to be loaded (loads.h) */

	int scan_count;
	int sink_count;
	int table_count;
	ManifestScan *scans;
	ManifestSink *sinks;
	ManifestTable *tables;
	int load_count;
	ManifestLoad *loads;
	BatchRun batch;
	int gap_count;
	AcceptedGap *gaps;

	/* The footer of the newest pack; footer_pack NULL = there is none yet. */
	const char *footer_pack;
	uint64_t footer_offset;
	uint64_t footer_len;
	char footer_sha256[HEX_SHA256];
	uint64_t file_count;           /* objects of this epoch; 0 for OPEN and CLOSE */
	char files_sha256[HEX_SHA256]; /* of file_list_print(); "" when there are none, or it is not known */
} Manifest;

/* Whether the job loaded objects of a sink when the manifest was made. */
extern bool manifest_is_loaded(const Manifest *manifest);

/* Whether the epoch's marker holds the list of its objects: earlier versions wrote none. */
static inline bool
manifest_has_list(const Manifest *manifest)
{
	return manifest->files_sha256[0] != '\0';
}

/* The number of the sink of that name; -1 = it has none. */
extern int manifest_find_sink(const Manifest *manifest, const char *name);
/* The revision of a sink that goes on with the definition whose stateless text has that hash. */
extern int manifest_next_revision(const ManifestSink *was, const char *stateless_sha256);

/* The JSON text. */
extern void manifest_print(const Manifest *manifest, StrBuf *out);
/* False: DATA_CORRUPTED, or INCOMPATIBLE_STATE for a newer format. name is for messages. */
extern bool manifest_parse(StrView text, const char *name, Arena *arena, Manifest *out,
						   Error *err) WARN_UNUSED;

/*
 * Ends a JSON object with the checksum of all before it, as its member "sha256", and a line feed: no changed
 * byte goes unnoticed, also in the newest manifest, whose checksum no successor has. job.json is sealed the
 * same way.
 */
extern void manifest_seal(StrBuf *text);
extern bool manifest_is_sealed(StrView text);

/* Lower-case hexadecimal with NUL. */
extern void manifest_hex_sha256(StrView bytes, char out[HEX_SHA256]);

#endif
