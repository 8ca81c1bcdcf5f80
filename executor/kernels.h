/*
 * kernels.h: the prototype of every kernel, made from function_list.h.
 *
 * A kernel that serves several functions is declared several times, which C allows.
 */
#ifndef WEIR_EXECUTOR_KERNELS_H
#define WEIR_EXECUTOR_KERNELS_H

#include "executor/kernel.h"

#define FUNCTION(id, name, result, args, volatility, nulls, kernel) \
	extern void kernel(const KernelCall *call);
#include "planner/function_list.h"
#undef FUNCTION

#endif
