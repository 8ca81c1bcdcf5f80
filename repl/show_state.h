/*
 * show_state.h: what the lists that show a job's state have in common.
 */
#ifndef WEIR_REPL_SHOW_STATE_H
#define WEIR_REPL_SHOW_STATE_H

#include "executor/state_view.h"
#include "repl/session.h"

/* Where the state of the session's job is to be looked at. Texts are in the arena. */
extern bool show_look(const Session *session, Arena *arena, StateLook *out, Error *err) WARN_UNUSED;
/* A timestamptz in the session's time zone, in the arena; NULL for INT64_MIN. */
extern const char *show_moment(int64_t micros, const TypeContext *types, Arena *arena);
/* "stream=0:120,1:118 …": where a manifest goes on reading, as the option "start" has it; the
 * partitions of that shard only. In the arena. */
extern const char *show_offsets(const Manifest *manifest, int shard, int shards, Arena *arena);
/* Of all streams, since the job began. */
extern uint64_t show_messages_read(const Manifest *manifest);

#endif
