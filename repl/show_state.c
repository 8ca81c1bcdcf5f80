/*
 * show_state.c: SHOW WATERMARKS and SHOW STATE: what the newest manifest of the session's job says.
 */
#include "repl/show_state.h"

#include "common/types/timestamp.h"
#include "repl/interrupt.h"
#include "repl/job.h"
#include "repl/show.h"

const char *
show_moment(int64_t micros, const TypeContext *types, Arena *arena)
{
	StrBuf text = {0};
	const char *copy;

	if (micros == INT64_MIN)
		return NULL;
	timestamptz_class.print(&micros, types, &text);
	copy = arena_strdup(arena, str_cstr(&text));
	str_free(&text);
	return copy;
}

bool
show_look(const Session *session, Arena *arena, StateLook *out, Error *err)
{
	*out = (StateLook){.stores = &session->stores,
					   .clock = &system_clock,
					   .random = random_system(),
					   .stop = interrupt_flag(),
					   .state_location = job_state_location(session, arena)};
	return job_name_of(session, arena, &out->job_name, err);
}

/* Shards have nothing in common that could be shown as one. */
static bool
check_shard(const Session *session, const StateView *view, Error *err)
{
	int shards = view->identity.shards;

	if (shards == Max(session->line->shards, 1))
		return true;
	error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION, "the job runs in %d shard%s",
			  shards, shards == 1 ? "" : "s");
	return error_hint(err, shards == 1 ? "Leave --shard out." : "Say which one is meant, with --shard.");
}

static bool
read_newest(const Session *session, Arena *arena, Manifest *out, Error *err)
{
	StateLook look;
	StateView view;
	bool ok;

	if (!show_look(session, arena, &look, err))
		return false;
	ok = state_view_open(&look, &view, err) && check_shard(session, &view, err) &&
		 state_view_list(&view, session->line->shard, err) && state_view_newest(&view, arena, out, err);
	state_view_close(&view);
	return ok;
}

/* Until when the source keeps what was not read yet, at least: that is younger than what was read last. */
static int64_t
kept_until(const ManifestScan *scan, const ManifestPartition *partition)
{
	int64_t end;

	if (scan->retention <= 0 || partition->last.offset < 0 || partition->last.timestamp == INT64_MIN ||
		__builtin_add_overflow(partition->last.timestamp, scan->retention, &end))
		return INT64_MIN;
	return end;
}

static void
add_partitions(const Session *session, const ManifestScan *scan, const TypeContext *types, Arena *arena,
			   Result *result)
{
	int32_t holder = state_view_holder(scan);

	for (int32_t p = session->line->shard; p < scan->partition_count; p += Max(session->line->shards, 1))
	{
		const ManifestPartition *partition = &scan->partitions[p];
		const char *texts[] = {
			scan->stream,
			arena_printf(arena, "%d", (int)p),
			arena_printf(arena, "%" PRId64, partition->totals.next_offset),
			show_moment(partition->max_time, types, arena),
			partition->idle ? "idle"
			: p == holder   ? "holds the watermark"
							: "ahead",
			show_moment(scan->watermark, types, arena),
			show_moment(kept_until(scan, partition), types, arena),
		};

		result_add_texts(result, texts);
	}
}

bool
show_watermarks(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"stream", "partition", "next_offset", "event_time",
										"state",  "watermark", "kept_until"};
	const TypeContext types = session_type_context(session);
	Manifest newest = {0};
	Arena arena;
	bool ok;

	arena_init(&arena, "show watermarks");
	ok = read_newest(session, &arena, &newest, err);
	if (ok)
	{
		result_init_text(result, names, lengthof(names));
		result->fields[1].right_aligned = result->fields[2].right_aligned = true;
		for (int s = 0; s < newest.scan_count; s++)
			add_partitions(session, &newest.scans[s], &types, &arena, result);
	}
	arena_release(&arena);
	return ok;
}

/* What became of the rows that a sink was given, since the job began. */
static SinkCounts
add_up(const Manifest *manifest, int sink)
{
	SinkCounts sum = {0};

	for (int s = 0; s < manifest->scan_count; s++)
		for (int32_t p = 0; p < manifest->scans[s].partition_count; p++)
		{
			const SinkCounts *counts = &manifest->scans[s].partitions[p].totals.sinks[sink];

			sum.used += counts->used;
			sum.filtered += counts->filtered;
			sum.late += counts->late;
			sum.failed += counts->failed;
		}
	return sum;
}

bool
show_state(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"sink", "revision", "used",        "filtered",
										"late", "failed",   "closed_until"};
	const TypeContext types = session_type_context(session);
	Manifest newest = {0};
	Arena arena;
	bool ok;

	arena_init(&arena, "show state");
	ok = read_newest(session, &arena, &newest, err);
	if (ok)
		result_init_text(result, names, lengthof(names));
	for (uint32_t f = 1; ok && f < lengthof(names) - 1; f++)
		result->fields[f].right_aligned = true;
	for (int k = 0; ok && k < newest.sink_count; k++)
	{
		SinkCounts sum = add_up(&newest, k);
		const char *texts[] = {
			newest.sinks[k].name,
			arena_printf(&arena, "%d", newest.sinks[k].revision),
			arena_printf(&arena, "%" PRIu64, sum.used),
			arena_printf(&arena, "%" PRIu64, sum.filtered),
			arena_printf(&arena, "%" PRIu64, sum.late),
			arena_printf(&arena, "%" PRIu64, sum.failed),
			show_moment(newest.sinks[k].closed_end, &types, &arena),
		};

		result_add_texts(result, texts);
	}
	arena_release(&arena);
	return ok;
}
