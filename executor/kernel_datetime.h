/*
 * kernel_datetime.h: what the kernels of the date and time types share.
 *
 * The idea: units and zones are given as text in every row but are nearly always constants, so a cursor
 * remembers the last one by the address of its text and looks up again only when that changes.
 */
#ifndef WEIR_EXECUTOR_KERNEL_DATETIME_H
#define WEIR_EXECUTOR_KERNEL_DATETIME_H

#include "common/types/datetime_field.h"
#include "common/types/timestamp.h"
#include "executor/kernel.h"

static inline const TimeZone *
kernel_zone(const KernelCall *call)
{
	return call->context ? call->context->zone : NULL;
}

static inline TimeZoneCache *
kernel_zones(const KernelCall *call)
{
	return call->context ? call->context->zones : NULL;
}

/* Zero-initialise. */
typedef struct UnitCursor
{
	StrView name;
	DateTimeUnit unit;
} UnitCursor;

static inline bool
same_text(StrView cached, Text text)
{
	return cached.data == text.data && cached.len == text.len && cached.data != NULL;
}

static inline void
unit_cursor_move(UnitCursor *cursor, Text name, DateTimeUnit (*look_up)(StrView))
{
	if (same_text(cursor->name, name))
		return;
	cursor->name = text_view(name);
	cursor->unit = look_up(cursor->name);
}

/* Zero-initialise. */
typedef struct ZoneCursor
{
	StrView name;
	NamedZone zone;
	ZoneSpan span; /* of zone */
} ZoneCursor;

static inline bool
zone_cursor_move(ZoneCursor *cursor, Text name, const KernelCall *call)
{
	if (same_text(cursor->name, name))
		return true;
	cursor->name = (StrView){NULL, 0};
	cursor->span = ZONE_SPAN_NONE;
	if (!zone_resolve(text_view(name), kernel_zones(call), &cursor->zone, call->err))
		return false;
	cursor->name = text_view(name);
	return true;
}

/* For kernels that are strict except that they may give NULL: the conjunction of the arguments' validity,
 * writable. */
extern void kernel_writable_validity(const KernelCall *call);

/* Stores what extract() or date_part() gives for a row; a NULL clears the row's validity. */
extern void kernel_store_numeric_part(const KernelCall *call, uint32_t row, const DateTimePart *part);
extern void kernel_store_double_part(const KernelCall *call, uint32_t row, const DateTimePart *part);

/* $cast between text and the type of the class. */
extern void kernel_parse_text(const KernelCall *call, const TypeClass *type);
extern void kernel_print_text(const KernelCall *call, const TypeClass *type);

/* A failed row: zero bytes and its bit. */
static inline void
kernel_fail(const KernelCall *call, uint32_t row, size_t size)
{
	memset((char *)call->out->data + row * size, 0, size);
	bitmap_set(call->failed, row);
}

/* The six comparisons; compare is an expression of a and b that is < 0, 0 or > 0. */
#define COMPARISON_KERNELS(name, A, B, compare)               \
	KERNEL_BINARY_EXPR(name##_eq, A, B, bool, (compare) == 0) \
	KERNEL_BINARY_EXPR(name##_ne, A, B, bool, (compare) != 0) \
	KERNEL_BINARY_EXPR(name##_lt, A, B, bool, (compare) < 0)  \
	KERNEL_BINARY_EXPR(name##_le, A, B, bool, (compare) <= 0) \
	KERNEL_BINARY_EXPR(name##_gt, A, B, bool, (compare) > 0)  \
	KERNEL_BINARY_EXPR(name##_ge, A, B, bool, (compare) >= 0)

/* As KERNEL_UNARY and KERNEL_BINARY, for functions that take the session's zone before the result. */
#define KERNEL_UNARY_ZONE(name, A, R, function)                           \
	void name(const KernelCall *call)                                     \
	{                                                                     \
		const A *a = KERNEL_ARG(call, 0, A);                              \
		const TimeZone *zone = kernel_zone(call);                         \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], zone, &out[i], call->err)) \
	}

#define KERNEL_BINARY_ZONE(name, A, B, R, function)                             \
	void name(const KernelCall *call)                                           \
	{                                                                           \
		const A *a = KERNEL_ARG(call, 0, A);                                    \
		const B *b = KERNEL_ARG(call, 1, B);                                    \
		const TimeZone *zone = kernel_zone(call);                               \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], b[i], zone, &out[i], call->err)) \
	}

/* The same with the arguments given to the function in the other order: interval + timestamp. */
#define KERNEL_BINARY_SWAPPED(name, A, B, R, function)                    \
	void name(const KernelCall *call)                                     \
	{                                                                     \
		const A *a = KERNEL_ARG(call, 0, A);                              \
		const B *b = KERNEL_ARG(call, 1, B);                              \
		KERNEL_LOOP_FALLIBLE(R, function(b[i], a[i], &out[i], call->err)) \
	}

#endif
