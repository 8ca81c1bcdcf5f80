/*
 * file_list.h: the objects of an epoch as text: what the marker of a published manifest holds.
 *
 * The idea: the footer that lists the objects of an epoch lies in its pack, which goes once they are
 * published and no state of it is needed. From then on the marker is what knows their names: one JSON line
 * for each, in the footer's order. The text depends on the objects alone, whoever writes it, and its sha256
 * stands in the manifest: so a list can be believed for as long as its manifest is kept, and the manifest
 * stays small.
 */
#ifndef WEIR_EXECUTOR_FILE_LIST_H
#define WEIR_EXECUTOR_FILE_LIST_H

#include "executor/pack.h"

extern const char *output_kind_name(OutputKind kind);
/* False: there is no kind of that name. */
extern bool output_kind_find(const char *name, OutputKind *out) WARN_UNUSED;

extern void file_list_print(const PackFile *files, size_t count, StrBuf *out);
/* Everything is in the arena; stored has no more than its size. False: DATA_CORRUPTED. name is for messages.
 */
extern bool file_list_parse(StrView text, const char *name, Arena *arena, PackFile **out, size_t *count,
							Error *err) WARN_UNUSED;

#endif
