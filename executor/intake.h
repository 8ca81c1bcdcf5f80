/*
 * intake.h: from messages to rows: decoding, generated columns, and everything that makes a message dead.
 *
 * The idea: whatever kills a message (malformed, a field that does not convert, NULL against NOT NULL, a
 * generated column that fails, an event time that is missing or too far in the future) is decided here,
 * before any filter, for streams and for reference tables alike. What comes out are rows of the scan's output
 * columns.
 */
#ifndef WEIR_EXECUTOR_INTAKE_H
#define WEIR_EXECUTOR_INTAKE_H

#include "executor/format.h"
#include "executor/pipeline.h"
#include "executor/program.h"

/* Takes each dead message, once. False ends the intake with err. */
typedef struct IntakeReport
{
	void *context;
	bool (*dead)(void *context, const BadRow *bad, Error *err);
} IntakeReport;

typedef struct Intake
{
	const ScanPlan *scan;
	const TypeContext *context;
	int64_t max_future; /* microseconds */
	Arena arena;        /* of the batch: text, reasons */
	Decoder *decoder;
	Column *field_columns;
	Batch batch;         /* the scan's output columns; valid until the next run */
	Program *generated;  /* NULL when there are none */
	DecodeResult result; /* of the last run: tombstones, dead rows of the decoder */
	uint32_t dead;       /* messages that died in the last run, for whatever reason */
	int64_t max_time;    /* greatest event time of the last run's rows; INT64_MIN = none */
} Intake;

/* Memory of the intake itself is in the arena; intake_close() gives back the rest. */
extern bool intake_open(Intake *intake, const ScanPlan *scan, const TypeContext *context, int64_t max_future,
						Arena *arena, Error *err) WARN_UNUSED;
/*
 * Runs n <= BATCH_ROWS messages of a partition; intake->batch holds the rows (maybe none). epoch may be NULL
 * for scans without an event time.
 */
extern bool intake_run(Intake *intake, const Message *messages, uint32_t n, int32_t partition,
					   const EpochStart *epoch, const IntakeReport *report, Error *err) WARN_UNUSED;
extern void intake_close(Intake *intake);

#endif
