/*
 * kernel_compare.h: the six comparison kernels of a type, from one order function.
 *
 * KERNEL_COMPARE(name, T, order)          name_eq … name_ge out of int order(T, T)
 * KERNEL_COMPARE_NATIVE(name, T)          the same with C's own operators
 */
#ifndef WEIR_EXECUTOR_KERNEL_COMPARE_H
#define WEIR_EXECUTOR_KERNEL_COMPARE_H

#include "executor/kernel.h"

#define KERNEL_COMPARE(name, T, order)                          \
	KERNEL_BINARY_EXPR(name##_eq, T, T, bool, order(a, b) == 0) \
	KERNEL_BINARY_EXPR(name##_ne, T, T, bool, order(a, b) != 0) \
	KERNEL_COMPARE_ORDER(name, T, order)

/* Without eq and ne, which some types can do faster. */
#define KERNEL_COMPARE_ORDER(name, T, order)                    \
	KERNEL_BINARY_EXPR(name##_lt, T, T, bool, order(a, b) < 0)  \
	KERNEL_BINARY_EXPR(name##_le, T, T, bool, order(a, b) <= 0) \
	KERNEL_BINARY_EXPR(name##_gt, T, T, bool, order(a, b) > 0)  \
	KERNEL_BINARY_EXPR(name##_ge, T, T, bool, order(a, b) >= 0)

#define KERNEL_COMPARE_NATIVE(name, T)                \
	KERNEL_BINARY_EXPR(name##_eq, T, T, bool, a == b) \
	KERNEL_BINARY_EXPR(name##_ne, T, T, bool, a != b) \
	KERNEL_BINARY_EXPR(name##_lt, T, T, bool, a < b)  \
	KERNEL_BINARY_EXPR(name##_le, T, T, bool, a <= b) \
	KERNEL_BINARY_EXPR(name##_gt, T, T, bool, a > b)  \
	KERNEL_BINARY_EXPR(name##_ge, T, T, bool, a >= b)

#endif
