/*
 * kernel_date.c: the functions of the type date, and its comparisons with timestamps.
 */
#include "common/types/date.h"
#include "executor/kernel_datetime.h"
#include "executor/kernels.h"

COMPARISON_KERNELS(kernel_date, int32_t, int32_t, (a > b) - (a < b))
COMPARISON_KERNELS(kernel_date_timestamp, int32_t, int64_t, date_compare_timestamp(a, b))
COMPARISON_KERNELS(kernel_timestamp_date, int64_t, int32_t, -date_compare_timestamp(b, a))
COMPARISON_KERNELS(kernel_date_timestamptz, int32_t, int64_t,
				   date_compare_timestamptz(a, b, kernel_zone(call)))
COMPARISON_KERNELS(kernel_timestamptz_date, int64_t, int32_t,
				   -date_compare_timestamptz(b, a, kernel_zone(call)))

/* ---- arithmetic ---- */

static bool
add_interval(int32_t date, Interval i, int64_t *out, Error *err)
{
	return timestamp_from_date(date, out, err) && timestamp_plus_interval(*out, i, out, err);
}

static bool
subtract_interval(int32_t date, Interval i, int64_t *out, Error *err)
{
	return timestamp_from_date(date, out, err) && timestamp_minus_interval(*out, i, out, err);
}

KERNEL_BINARY(kernel_date_add_integer, int32_t, int32_t, int32_t, date_plus_days)
KERNEL_BINARY_SWAPPED(kernel_integer_add_date, int32_t, int32_t, int32_t, date_plus_days)
KERNEL_BINARY(kernel_date_subtract_integer, int32_t, int32_t, int32_t, date_minus_days)
KERNEL_BINARY(kernel_date_subtract, int32_t, int32_t, int32_t, date_minus_date)
KERNEL_BINARY(kernel_date_add_interval, int32_t, Interval, int64_t, add_interval)
KERNEL_BINARY_SWAPPED(kernel_interval_add_date, Interval, int32_t, int64_t, add_interval)
KERNEL_BINARY(kernel_date_subtract_interval, int32_t, Interval, int64_t, subtract_interval)

/* ---- parts ---- */

KERNEL_UNARY_EXPR(kernel_date_isfinite, int32_t, bool, date_is_finite(a))

void
kernel_date_extract(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int32_t *dates = KERNEL_ARG(call, 1, int32_t);
	DateTimePart part;
	UnitCursor unit = {0};

	kernel_writable_validity(call);
	for (uint32_t i = 0; i < call->n; i++)
	{
		memset(KERNEL_OUT(call, Numeric) + i, 0, sizeof(Numeric));
		if (!kernel_wants(call, i))
			continue;
		unit_cursor_move(&unit, units[i], datetime_unit);
		if (date_extract(unit.unit, unit.name, dates[i], &part, call->err))
			kernel_store_numeric_part(call, i, &part);
		else
			bitmap_set(call->failed, i);
	}
}

/* PostgreSQL defines date_part() of a date as that of the timestamp. */
void
kernel_date_date_part(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const int32_t *dates = KERNEL_ARG(call, 1, int32_t);
	DateTimePart part;
	UnitCursor unit = {0};
	int64_t ts;

	kernel_writable_validity(call);
	for (uint32_t i = 0; i < call->n; i++)
	{
		KERNEL_OUT(call, double)[i] = 0;
		if (!kernel_wants(call, i))
			continue;
		unit_cursor_move(&unit, units[i], datetime_unit);
		if (timestamp_from_date(dates[i], &ts, call->err) &&
			timestamp_extract(unit.unit, unit.name, ts, &part, call->err))
			kernel_store_double_part(call, i, &part);
		else
			bitmap_set(call->failed, i);
	}
}

void
kernel_date_make(const KernelCall *call)
{
	const int32_t *year = KERNEL_ARG(call, 0, int32_t);
	const int32_t *month = KERNEL_ARG(call, 1, int32_t);
	const int32_t *day = KERNEL_ARG(call, 2, int32_t);

	KERNEL_LOOP_FALLIBLE(int32_t, date_make(year[i], month[i], day[i], &out[i], call->err))
}

/* ---- casts ---- */

KERNEL_UNARY(kernel_cast_date_timestamp, int32_t, int64_t, timestamp_from_date)
KERNEL_UNARY_ZONE(kernel_cast_date_timestamptz, int32_t, int64_t, timestamptz_from_date)

void
kernel_cast_text_date(const KernelCall *call)
{
	kernel_parse_text(call, &date_class);
}

void
kernel_cast_date_text(const KernelCall *call)
{
	kernel_print_text(call, &date_class);
}
