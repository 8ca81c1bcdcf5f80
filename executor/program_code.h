/*
 * program_code.h: what a compiled program looks like inside; for compile.c, program*.c and row_error.c only.
 *
 * The idea: an instruction is a step function with its registers. It runs if and only if its mask has rows,
 * and then writes all n elements of its register with valid values. Its arguments were computed under the
 * same mask or an ancestor of it, so they were written in the same run. Only a merge (program_logic.c) reads
 * registers of narrower masks, and it looks at those masks.
 */
#ifndef WEIR_EXECUTOR_PROGRAM_CODE_H
#define WEIR_EXECUTOR_PROGRAM_CODE_H

#include "executor/kernel.h"
#include "executor/program.h"

typedef struct Run
{
	Program *program;
	uint32_t n;
	uint32_t words; /* of bitmaps over n rows */
	Arena *arena;
	const TypeContext *context;
	uint64_t *failed;
	Error *err; /* NULL except when one row is explained */
} Run;

typedef struct Instruction Instruction;

typedef void (*Step)(const Run *run, const Instruction *ins);

/* A list of constants of IN, in the type's order, without NULLs and duplicates. */
typedef struct ConstantList
{
	uint32_t count;
	bool has_null;
	const TypeClass *class;
	const Value *values;
} ConstantList;

struct Instruction
{
	Step step;
	int mask; /* rows for which the result is wanted */
	int out;  /* register; -1 when the step makes a mask */
	int out_mask;
	int arg_count;
	const int *args;      /* registers */
	const int *arg_masks; /* of a merge: where each argument counts; else NULL */
	TypeSpec type;
	Kernel kernel; /* of step_call */
	bool strict;
	const ConstantList *list;     /* of step_in_list */
	const Column *const *columns; /* the argument registers */
	int position;                 /* of the expression, for errors */
	int expression;               /* index in the set, of the first expression that needs it */
};

/* Invariant: empty says that no bit is set. Mask 0 is the caller's active rows; its bits are NULL for all. */
typedef struct Mask
{
	uint64_t *bits;
	bool empty;
	int parent; /* of which it is a subset; -1 for mask 0 */
} Mask;

/* An input column that the program reads. */
typedef struct InputUse
{
	int reg;
	uint32_t column;
} InputUse;

struct Program
{
	const Expr *const *exprs;
	int count;
	const TypeId *input_types;
	uint32_t input_count;
	uint32_t capacity; /* rows: BATCH_ROWS, or 64 for a program that runs over one row */
	bool condition;    /* made by program_compile_condition() */
	Arena *arena;
	int register_count;
	Column *registers;
	int input_use_count;
	const InputUse *input_uses;
	int mask_count;
	Mask *masks;
	int code_count;
	Instruction *code;
	const int *results; /* registers */
	Program *twin;      /* of capacity 64, made when a row is explained for the first time */
};

enum
{
	PROGRAM_ONE_ROW = 64 /* the capacity of a program for one row: whole bitmap words */
};

extern Program *program_compile_sized(const Expr *const *exprs, int count, const TypeId *input_types,
									  uint32_t input_count, uint32_t capacity, Arena *arena);
/* The same program for one row. */
extern Program *program_compile_twin(const Program *program);
/* Runs up to the first failure that err is told of; with err NULL, to the end. Returns the instruction that
 * failed. */
extern const Instruction *program_execute(Program *program, const Batch *in, const uint64_t *active,
										  const TypeContext *context, uint64_t *failed, Error *err);

/* ---- steps ---- */

extern void step_call(const Run *run, const Instruction *ins);     /* a kernel */
extern void step_modifier(const Run *run, const Instruction *ins); /* coercion to type.modifier */

/* program_logic.c */
extern void step_not(const Run *run, const Instruction *ins);
extern void step_and(const Run *run, const Instruction *ins); /* of two */
extern void step_or(const Run *run, const Instruction *ins);
extern void step_is_null(const Run *run, const Instruction *ins);
extern void step_is_not_null(const Run *run, const Instruction *ins);
extern void step_is_true(const Run *run, const Instruction *ins);
extern void step_is_not_true(const Run *run, const Instruction *ins);
extern void step_is_false(const Run *run, const Instruction *ins);
extern void step_is_not_false(const Run *run, const Instruction *ins);
extern void step_merge(const Run *run, const Instruction *ins);   /* argument i for the rows of its mask */
extern void step_null_if(const Run *run, const Instruction *ins); /* argument 0 unless argument 1 is true */

/* Masks: the rows of the parent for which the argument … */
extern void step_mask_true(const Run *run, const Instruction *ins);
extern void step_mask_not_true(const Run *run, const Instruction *ins);
extern void step_mask_not_false(const Run *run, const Instruction *ins);
extern void step_mask_null(const Run *run, const Instruction *ins);
extern void step_mask_not_null(const Run *run, const Instruction *ins);

/* program_compare.c: by the type's order */
extern void step_equal(const Run *run, const Instruction *ins); /* strict */
extern void step_is_distinct(const Run *run, const Instruction *ins);
extern void step_is_not_distinct(const Run *run, const Instruction *ins);
extern void step_in_list(const Run *run, const Instruction *ins);
extern void step_greatest(const Run *run, const Instruction *ins);
extern void step_least(const Run *run, const Instruction *ins);

static inline Column *
run_out(const Run *run, const Instruction *ins)
{
	return &run->program->registers[ins->out];
}

static inline const uint64_t *
run_active(const Run *run, const Instruction *ins)
{
	return run->program->masks[ins->mask].bits;
}

/* The validity word of a column whose bitmap may be absent. */
static inline uint64_t
validity_word(const Column *c, uint32_t word)
{
	return c->validity == NULL ? ~UINT64_C(0) : c->validity[word];
}

/* out's validity becomes the conjunction of the arguments'; NULL when no argument has NULLs. */
extern void column_combine_validity(Column *out, const Column *const *args, int count, uint32_t words);
/* Makes elements of NULL rows zero. */
extern void column_zero_nulls(Column *c, uint32_t n);

#endif
