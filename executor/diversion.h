/*
 * diversion.h: dead letters and late rows as JSON lines.
 *
 * Each line has the provenance (topic, partition, offset, timestamp), why the row is here (sink, field,
 * SQLSTATE, reason, window, group) and the message itself: key and value in base64, a value beyond 64 KiB
 * cut, with its length and SHA-256. Keys without a value are left out.
 */
#ifndef WEIR_EXECUTOR_DIVERSION_H
#define WEIR_EXECUTOR_DIVERSION_H

#include "executor/output.h"

enum
{
	DIVERSION_VALUE_LIMIT = 64 * 1024
};

/* Appends one line. */
extern void diversion_write(const JobPlan *plan, OutputKind kind, const Diversion *d, StrBuf *out);

#endif
