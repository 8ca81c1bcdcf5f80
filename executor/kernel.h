/*
 * kernel.h: the calling convention of kernels, the loops that compute expressions.
 *
 * The idea: a kernel computes one SQL function for all rows of a batch: plain loops over dense arrays, no
 * allocation (variable-length results come from the call's arena), no locks, no logging. The row's semantics
 * live in a small scalar function of common/types that takes an Error; the loop passes call->err, which is
 * NULL in normal runs, so that a failing row costs a bit in failed and no text. executor/row_error.c runs a
 * failing row once more with n = 1 and an Error to learn what to say: the same code, so it can't say
 * something else.
 *
 * NULLs: for a STRICT function the caller has set out->validity to the conjunction of the arguments' and
 * ignores failures of NULL rows; a non-strict kernel sets out->validity itself.
 *
 * A kernel may compute inactive rows if that is cheaper (all elements are valid values), but must not report
 * failures other than of rows it was asked for: the caller masks failed with active and validity, so plainly
 * setting bits is fine. The output element of a failed or NULL row must be all zero bytes or another valid
 * value.
 */
#ifndef WEIR_EXECUTOR_KERNEL_H
#define WEIR_EXECUTOR_KERNEL_H

#include "executor/batch.h"

typedef struct KernelCall
{
	uint32_t n;
	int arg_count;
	const Column *const *args;
	Column *out;
	const uint64_t *active; /* rows whose result is wanted; NULL = all n */
	uint64_t *failed;       /* bits that the kernel sets; zeroed by the caller */
	Arena *arena;
	const TypeContext *context;
	TypeSpec type; /* the declared result type (modifier coercion looks at it) */
	Error *err;    /* NULL except when one row is explained */
} KernelCall;

typedef void (*Kernel)(const KernelCall *call);

#define KERNEL_ARG(call, i, ctype) ((const ctype *)(call)->args[i]->data)
#define KERNEL_OUT(call, ctype) ((ctype *)(call)->out->data)

static inline bool
kernel_wants(const KernelCall *call, size_t row)
{
	return (call->active == NULL || bitmap_get(call->active, row)) &&
		   (call->out->validity == NULL || bitmap_get(call->out->validity, row));
}

/*
 * Defines a kernel of one or two arguments out of an expression or a scalar function.
 *   KERNEL_UNARY_EXPR(name, A, R, expr)         can't fail; a is the argument
 *   KERNEL_BINARY_EXPR(name, A, B, R, expr)     can't fail; a and b
 *   KERNEL_UNARY(name, A, R, function)          bool function(A, R *, Error *)
 *   KERNEL_BINARY(name, A, B, R, function)      bool function(A, B, R *, Error *)
 *   KERNEL_UNARY_ARENA / KERNEL_BINARY_ARENA    the same with an Arena * before the Error *
 * The latter four compute only wanted rows.
 */
#define KERNEL_UNARY_EXPR(name, A, R, expr)       \
	void name(const KernelCall *call)             \
	{                                             \
		const A *args_a = KERNEL_ARG(call, 0, A); \
		R *out = KERNEL_OUT(call, R);             \
		for (uint32_t i = 0; i < call->n; i++)    \
		{                                         \
			const A a = args_a[i];                \
			out[i] = (expr);                      \
		}                                         \
	}

#define KERNEL_BINARY_EXPR(name, A, B, R, expr)   \
	void name(const KernelCall *call)             \
	{                                             \
		const A *args_a = KERNEL_ARG(call, 0, A); \
		const B *args_b = KERNEL_ARG(call, 1, B); \
		R *out = KERNEL_OUT(call, R);             \
		for (uint32_t i = 0; i < call->n; i++)    \
		{                                         \
			const A a = args_a[i];                \
			const B b = args_b[i];                \
			out[i] = (expr);                      \
		}                                         \
	}

#define KERNEL_LOOP_FALLIBLE(R, call_expr)     \
	R *out = KERNEL_OUT(call, R);              \
	for (uint32_t i = 0; i < call->n; i++)     \
	{                                          \
		if (!kernel_wants(call, i))            \
			memset(&out[i], 0, sizeof out[i]); \
		else if (unlikely(!(call_expr)))       \
		{                                      \
			memset(&out[i], 0, sizeof out[i]); \
			bitmap_set(call->failed, i);       \
		}                                      \
	}

#define KERNEL_UNARY(name, A, R, function)                          \
	void name(const KernelCall *call)                               \
	{                                                               \
		const A *a = KERNEL_ARG(call, 0, A);                        \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], &out[i], call->err)) \
	}

#define KERNEL_BINARY(name, A, B, R, function)                            \
	void name(const KernelCall *call)                                     \
	{                                                                     \
		const A *a = KERNEL_ARG(call, 0, A);                              \
		const B *b = KERNEL_ARG(call, 1, B);                              \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], b[i], &out[i], call->err)) \
	}

#define KERNEL_UNARY_ARENA(name, A, R, function)                                 \
	void name(const KernelCall *call)                                            \
	{                                                                            \
		const A *a = KERNEL_ARG(call, 0, A);                                     \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], &out[i], call->arena, call->err)) \
	}

#define KERNEL_BINARY_ARENA(name, A, B, R, function)                                   \
	void name(const KernelCall *call)                                                  \
	{                                                                                  \
		const A *a = KERNEL_ARG(call, 0, A);                                           \
		const B *b = KERNEL_ARG(call, 1, B);                                           \
		KERNEL_LOOP_FALLIBLE(R, function(a[i], b[i], &out[i], call->arena, call->err)) \
	}

#endif
