/*
 * kernel_interval.c: the functions of the type interval, but for to_char() (kernel_datetime_format.c).
 */
#include "common/types/interval.h"
#include "executor/kernel_datetime.h"
#include "executor/kernels.h"

COMPARISON_KERNELS(kernel_interval, Interval, Interval, interval_compare(a, b))

KERNEL_BINARY(kernel_interval_add, Interval, Interval, Interval, interval_plus)
KERNEL_BINARY(kernel_interval_subtract, Interval, Interval, Interval, interval_minus)
KERNEL_UNARY(kernel_interval_negate, Interval, Interval, interval_negate)
KERNEL_BINARY(kernel_interval_multiply, Interval, double, Interval, interval_multiply)
KERNEL_BINARY_SWAPPED(kernel_double_multiply_interval, double, Interval, Interval, interval_multiply)
KERNEL_BINARY(kernel_interval_divide, Interval, double, Interval, interval_divide)
KERNEL_UNARY(kernel_interval_justify_hours, Interval, Interval, interval_justify_hours)
KERNEL_UNARY(kernel_interval_justify_days, Interval, Interval, interval_justify_days)
KERNEL_UNARY(kernel_interval_justify, Interval, Interval, interval_justify)
KERNEL_UNARY_EXPR(kernel_interval_isfinite, Interval, bool, ((void)a, true))

void
kernel_interval_trunc(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const Interval *intervals = KERNEL_ARG(call, 1, Interval);
	UnitCursor unit = {0};

	KERNEL_LOOP_FALLIBLE(Interval, (unit_cursor_move(&unit, units[i], trunc_unit),
									interval_trunc(unit.unit, unit.name, intervals[i], &out[i], call->err)))
}

static bool
part_of_row(UnitCursor *unit, Text name, Interval i, DateTimePart *part, Error *err)
{
	unit_cursor_move(unit, name, datetime_unit);
	return interval_extract(unit->unit, unit->name, i, part, err);
}

/* An interval's parts are never NULL nor infinite. */
void
kernel_interval_extract(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const Interval *intervals = KERNEL_ARG(call, 1, Interval);
	UnitCursor unit = {0};
	DateTimePart part;

	KERNEL_LOOP_FALLIBLE(Numeric, part_of_row(&unit, units[i], intervals[i], &part, call->err) &&
									  (kernel_store_numeric_part(call, i, &part), true))
}

void
kernel_interval_date_part(const KernelCall *call)
{
	const Text *units = KERNEL_ARG(call, 0, Text);
	const Interval *intervals = KERNEL_ARG(call, 1, Interval);
	UnitCursor unit = {0};
	DateTimePart part;

	KERNEL_LOOP_FALLIBLE(double, part_of_row(&unit, units[i], intervals[i], &part, call->err) &&
									 (out[i] = part.approximate, true))
}

void
kernel_cast_text_interval(const KernelCall *call)
{
	kernel_parse_text(call, &interval_class);
}

void
kernel_cast_interval_text(const KernelCall *call)
{
	kernel_print_text(call, &interval_class);
}
