/*
 * output_path.h: names of partition paths and objects.
 *
 * The idea: <r<rev>/><key=value/…><job>-<uuid8>-<sink>-s<shard>e<epoch>-<n>.<extension>, with every byte
 * outside [A-Za-z0-9_.-] of a value or name percent-encoded, so that no value can leave its directory. NULL
 * is
 * __HIVE_DEFAULT_PARTITION__, as Hive has it. Epoch and number have fixed width: names sort in order of time.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_PATH_H
#define WEIR_EXECUTOR_OUTPUT_PATH_H

#include "common/str.h"

/* Appends "name=value/"; value NULL is SQL's NULL. */
extern void output_path_append(StrBuf *out, const char *name, const StrView *value);
/* Appends s with unsafe bytes percent-encoded. */
extern void output_path_encode(StrBuf *out, StrView s);

#endif
