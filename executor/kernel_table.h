/*
 * kernel_table.h: the kernel that computes a function of the registry.
 */
#ifndef WEIR_EXECUTOR_KERNEL_TABLE_H
#define WEIR_EXECUTOR_KERNEL_TABLE_H

#include "executor/kernels.h"
#include "planner/functions.h"

extern Kernel kernel_of(FunctionId id);

#endif
