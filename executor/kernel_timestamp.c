/*
 * kernel_timestamp.c: the functions of timestamp and timestamptz, but for to_char()
 * (kernel_datetime_format.c).
 *
 * Where both types do the same thing to the same microseconds, one kernel serves both.
 */
#include "executor/kernel_datetime.h"
#include "executor/kernels.h"

COMPARISON_KERNELS(kernel_timestamp, int64_t, int64_t, (a > b) - (a < b))
COMPARISON_KERNELS(kernel_timestamp_timestamptz, int64_t, int64_t,
				   timestamp_compare_timestamptz(a, b, kernel_zone(call)))
COMPARISON_KERNELS(kernel_timestamptz_timestamp, int64_t, int64_t,
				   -timestamp_compare_timestamptz(b, a, kernel_zone(call)))

/* ---- arithmetic ---- */

static bool
interval_plus_timestamptz(Interval i, int64_t ts, const TimeZone *zone, int64_t *out, Error *err)
{
	return timestamptz_plus_interval(ts, i, zone, out, err);
}

KERNEL_BINARY(kernel_timestamp_add_interval, int64_t, Interval, int64_t, timestamp_plus_interval)
KERNEL_BINARY_SWAPPED(kernel_interval_add_timestamp, Interval, int64_t, int64_t, timestamp_plus_interval)
KERNEL_BINARY(kernel_timestamp_subtract_interval, int64_t, Interval, int64_t, timestamp_minus_interval)
KERNEL_BINARY(kernel_timestamp_subtract, int64_t, int64_t, Interval, timestamp_minus_timestamp)
KERNEL_BINARY_ZONE(kernel_timestamptz_add_interval, int64_t, Interval, int64_t, timestamptz_plus_interval)
KERNEL_BINARY_ZONE(kernel_interval_add_timestamptz, Interval, int64_t, int64_t, interval_plus_timestamptz)
KERNEL_BINARY_ZONE(kernel_timestamptz_subtract_interval, int64_t, Interval, int64_t,
				   timestamptz_minus_interval)

KERNEL_UNARY_EXPR(kernel_timestamp_isfinite, int64_t, bool, timestamp_is_finite(a))

/* ---- date_trunc and date_bin ---- */

void
kernel_timestamp_trunc(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	UnitCursor unit = {0};

	KERNEL_LOOP_FALLIBLE(int64_t, (unit_cursor_move(&unit, units[i], trunc_unit),
								   timestamp_trunc(unit.unit, unit.name, ts[i], &out[i], call->err)))
}

void
kernel_timestamptz_trunc(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	const NamedZone zone = {.zone = kernel_zone(call)};
	ZoneSpan span = ZONE_SPAN_NONE;
	UnitCursor unit = {0};

	KERNEL_LOOP_FALLIBLE(int64_t,
						 (unit_cursor_move(&unit, units[i], trunc_unit),
						  timestamptz_trunc(unit.unit, unit.name, ts[i], &zone, &span, &out[i], call->err)))
}

void
kernel_timestamptz_trunc_zone(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	const Text *zones = KERNEL_ARG(call, 2, Text);
	UnitCursor unit = {0};
	ZoneCursor zone = {0};

	/* An infinite moment is given back before its zone is looked at. */
	KERNEL_LOOP_FALLIBLE(
		int64_t,
		(unit_cursor_move(&unit, units[i], trunc_unit), out[i] = ts[i], !timestamp_is_finite(ts[i])) ||
			(zone_cursor_move(&zone, zones[i], call) &&
			 timestamptz_trunc(unit.unit, unit.name, ts[i], &zone.zone, &zone.span, &out[i], call->err)))
}

void
kernel_timestamp_bin(const KernelCall *call)
{
	const Interval *stride = KERNEL_ARG(call, 0, Interval);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	const int64_t *origin = KERNEL_ARG(call, 2, int64_t);

	KERNEL_LOOP_FALLIBLE(int64_t, timestamp_bin(stride[i], ts[i], origin[i], &out[i], call->err))
}

/* ---- tumbling windows ---- */

/* The window that the last row was in: most rows are in the same as the one before. */
typedef struct TumbleCursor
{
	int64_t size;
	int64_t offset;
	int64_t start;
	int64_t end; /* start <= ts < end needs no division */
} TumbleCursor;

static inline bool
tumble_move(TumbleCursor *w, int64_t ts, Error *err)
{
	if (likely(ts >= w->start && ts < w->end))
		return true;
	if (!timestamp_tumble_start(ts, w->size, w->offset, &w->start, err))
	{
		w->start = w->end = 0;
		return false;
	}
	w->end = w->start + w->size;
	return true;
}

static bool
tumble_resize(TumbleCursor *w, Interval size, Interval offset, Error *err)
{
	w->start = w->end = 0;
	return timestamp_tumble_size(size, offset, &w->size, &w->offset, err);
}

/* Gives the window's start, or its end if want_end. */
static inline void
tumble(const KernelCall *call, bool want_end)
{
	const int64_t *ts = KERNEL_ARG(call, 0, int64_t);
	const Interval *size = KERNEL_ARG(call, 1, Interval);
	const Interval *offset = KERNEL_ARG(call, 2, Interval);
	bool constant = call->args[1]->constant && call->args[2]->constant;
	TumbleCursor w = {0};
	bool sized = constant && call->n > 0 && tumble_resize(&w, size[0], offset[0], NULL);

	KERNEL_LOOP_FALLIBLE(int64_t, (sized || tumble_resize(&w, size[i], offset[i], call->err)) &&
									  tumble_move(&w, ts[i], call->err) &&
									  (out[i] = want_end ? w.end : w.start, true))
}

void
kernel_tumble_start(const KernelCall *call)
{
	tumble(call, false);
}

void
kernel_tumble_end(const KernelCall *call)
{
	tumble(call, true);
}

/* ---- extract and date_part ---- */

typedef void (*StorePart)(const KernelCall *call, uint32_t row, const DateTimePart *part);

static void
timestamp_parts(const KernelCall *call, size_t size, StorePart store)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	UnitCursor unit = {0};
	DateTimePart part;

	kernel_writable_validity(call);
	for (uint32_t i = 0; i < call->n; i++)
	{
		memset((char *)call->out->data + i * size, 0, size);
		if (!kernel_wants(call, i))
			continue;
		unit_cursor_move(&unit, units[i], datetime_unit);
		if (timestamp_extract(unit.unit, unit.name, ts[i], &part, call->err))
			store(call, i, &part);
		else
			bitmap_set(call->failed, i);
	}
}

static void
timestamptz_parts(const KernelCall *call, size_t size, StorePart store)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	const TimeZone *zone = kernel_zone(call);
	ZoneSpan span = ZONE_SPAN_NONE;
	UnitCursor unit = {0};
	DateTimePart part;

	kernel_writable_validity(call);
	for (uint32_t i = 0; i < call->n; i++)
	{
		memset((char *)call->out->data + i * size, 0, size);
		if (!kernel_wants(call, i))
			continue;
		unit_cursor_move(&unit, units[i], datetime_unit);
		if (timestamptz_extract(unit.unit, unit.name, ts[i], zone, &span, &part, call->err))
			store(call, i, &part);
		else
			bitmap_set(call->failed, i);
	}
}

void
kernel_timestamp_extract(const KernelCall *call)
{
	timestamp_parts(call, sizeof(Numeric), kernel_store_numeric_part);
}

void
kernel_timestamp_date_part(const KernelCall *call)
{
	timestamp_parts(call, sizeof(double), kernel_store_double_part);
}

void
kernel_timestamptz_extract(const KernelCall *call)
{
	timestamptz_parts(call, sizeof(Numeric), kernel_store_numeric_part);
}

void
kernel_timestamptz_date_part(const KernelCall *call)
{
	timestamptz_parts(call, sizeof(double), kernel_store_double_part);
}

/* ---- AT TIME ZONE ---- */

void
kernel_timestamp_at_zone(const KernelCall *call)
{
	const Text *zones = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	ZoneCursor zone = {0};

	KERNEL_LOOP_FALLIBLE(int64_t, (out[i] = ts[i], !timestamp_is_finite(ts[i])) ||
									  (zone_cursor_move(&zone, zones[i], call) &&
									   timestamp_at_zone(&zone.zone, ts[i], &out[i], call->err)))
}

void
kernel_timestamptz_at_zone(const KernelCall *call)
{
	const Text *zones = KERNEL_ARG(call, 0, Text);
	const int64_t *ts = KERNEL_ARG(call, 1, int64_t);
	ZoneCursor zone = {0};

	KERNEL_LOOP_FALLIBLE(int64_t, (out[i] = ts[i], !timestamp_is_finite(ts[i])) ||
									  (zone_cursor_move(&zone, zones[i], call) &&
									   timestamptz_at_zone(&zone.zone, ts[i], &out[i], call->err)))
}

KERNEL_BINARY(kernel_timestamp_at_offset, Interval, int64_t, int64_t, timestamp_at_offset)
KERNEL_BINARY(kernel_timestamptz_at_offset, Interval, int64_t, int64_t, timestamptz_at_offset)

/* ---- the clock, and casts ---- */

void
kernel_now(const KernelCall *call)
{
	int64_t *out = KERNEL_OUT(call, int64_t);
	int64_t now = call->context ? call->context->now : 0;

	for (uint32_t i = 0; i < call->n; i++)
		out[i] = now;
}

KERNEL_UNARY(kernel_to_timestamp, double, int64_t, timestamptz_from_unix)
KERNEL_UNARY(kernel_cast_timestamp_date, int64_t, int32_t, date_from_timestamp)
KERNEL_UNARY_ZONE(kernel_cast_timestamptz_date, int64_t, int32_t, date_from_timestamptz)
KERNEL_UNARY_ZONE(kernel_cast_timestamp_timestamptz, int64_t, int64_t, timestamptz_from_timestamp)
KERNEL_UNARY_ZONE(kernel_cast_timestamptz_timestamp, int64_t, int64_t, timestamp_from_timestamptz)

/* The simple ISO form first, with the date of the row before at hand. */
void
kernel_cast_text_timestamp(const KernelCall *call)
{
	const Text *a = KERNEL_ARG(call, 0, Text);
	IsoDateCache cache = {0};

	KERNEL_LOOP_FALLIBLE(
		int64_t, timestamp_parse_iso_local(text_view(a[i]), &cache, &out[i]) ||
					 timestamp_class.parse(text_view(a[i]), call->context, call->arena, &out[i], call->err))
}

void
kernel_cast_text_timestamptz(const KernelCall *call)
{
	const Text *a = KERNEL_ARG(call, 0, Text);
	IsoDateCache cache = {0};
	bool has_zone;

	KERNEL_LOOP_FALLIBLE(
		int64_t, (timestamp_parse_iso(text_view(a[i]), &cache, &has_zone, &out[i]) && has_zone) ||
					 timestamptz_class.parse(text_view(a[i]), call->context, call->arena, &out[i], call->err))
}

void
kernel_cast_timestamp_text(const KernelCall *call)
{
	kernel_print_text(call, &timestamp_class);
}

void
kernel_cast_timestamptz_text(const KernelCall *call)
{
	kernel_print_text(call, &timestamptz_class);
}
