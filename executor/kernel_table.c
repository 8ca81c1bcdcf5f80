/*
 * kernel_table.c: which kernel computes a function: function_list.h expanded from id to kernel.
 *
 * The planner expands everything of that list but the kernel's symbol, so that it never names the executor.
 */
#include "executor/kernel_table.h"

static const Kernel kernels[] = {
#define FUNCTION(id, name, result, args, volatility, nulls, kernel) [FUNCTION_ID_##id] = kernel,
#include "planner/function_list.h"
#undef FUNCTION
};

Kernel
kernel_of(FunctionId id)
{
	assert(id < FUNCTION_COUNT);
	return kernels[id];
}
