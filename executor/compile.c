/*
 * compile.c: expressions into instructions.
 *
 * The idea: a walk over each tree emits instructions for its arguments, then for itself, and returns the
 * register. Before an instruction is emitted, the code so far is searched for the same step over the same
 * registers under the same mask or an ancestor (local value numbering): equal subexpressions share registers,
 * and equal conditions share masks, without comparing trees. An argument that can't fail is computed for all
 * rows of the parent's mask, because vectorised loops cost less than masks; only what can fail is guarded.
 *
 * At the end, arrays are given to registers: one whose last reader has run is given to the next of its size.
 */
#include "common/hash.h"
#include "common/memory.h"
#include "executor/kernel_table.h"
#include "executor/program_code.h"

typedef enum RegisterKind
{
	REGISTER_INPUT,
	REGISTER_CONSTANT,
	REGISTER_COMPUTED
} RegisterKind;

typedef struct RegisterInfo
{
	RegisterKind kind;
	TypeId type;
	uint32_t column;       /* INPUT */
	const Datum *constant; /* CONSTANT */
	int last_use;          /* COMPUTED: the last instruction that reads it; INT_MAX for results */
} RegisterInfo;

/* The arrays are on the heap while they grow; finish() moves them into the program's arena. */
typedef struct Compiler
{
	Program *program;
	Arena *arena;
	int expression;
	RegisterInfo *registers;
	size_t register_count, register_capacity;
	Instruction *code;
	size_t code_count, code_capacity;
	Mask *masks;
	size_t mask_count, mask_capacity;
} Compiler;

static const TypeSpec boolean_type = {TYPE_BOOLEAN, NO_MODIFIER};

static int compile_expr(Compiler *c, const Expr *expr, int mask);

/* ---- registers and masks ---- */

static int
new_register(Compiler *c, RegisterInfo info)
{
	mem_grow(&c->registers, &c->register_capacity, c->register_count, sizeof *c->registers);
	c->registers[c->register_count] = info;
	return (int)c->register_count++;
}

static int
input_register(Compiler *c, uint32_t column)
{
	assert(column < c->program->input_count);
	for (size_t i = 0; i < c->register_count; i++)
		if (c->registers[i].kind == REGISTER_INPUT && c->registers[i].column == column)
			return (int)i;
	return new_register(
		c, (RegisterInfo){.kind = REGISTER_INPUT, .type = c->program->input_types[column], .column = column});
}

/* The same bytes, not merely equal: 1.0 and 1.00 are two constants. */
static bool
same_constant(const Datum *a, const Datum *b)
{
	if (a->type != b->type || a->isnull != b->isnull)
		return false;
	if (a->isnull)
		return true;
	if (a->type == TYPE_TEXT || a->type == TYPE_JSONB)
		return str_equal(text_view(a->value.text), text_view(b->value.text));
	if (a->type == TYPE_NUMERIC)
		return a->value.numeric.kind == NUMERIC_SMALL && b->value.numeric.kind == NUMERIC_SMALL &&
			   a->value.numeric.small == b->value.numeric.small &&
			   a->value.numeric.dscale == b->value.numeric.dscale;
	return memcmp(datum_pointer(a), datum_pointer(b), type_size(a->type)) == 0;
}

static int
constant_register(Compiler *c, const Datum *value)
{
	for (size_t i = 0; i < c->register_count; i++)
		if (c->registers[i].kind == REGISTER_CONSTANT && same_constant(c->registers[i].constant, value))
			return (int)i;
	return new_register(c, (RegisterInfo){.kind = REGISTER_CONSTANT, .type = value->type, .constant = value});
}

static int
new_mask(Compiler *c, int parent)
{
	mem_grow(&c->masks, &c->mask_capacity, c->mask_count, sizeof *c->masks);
	c->masks[c->mask_count] = (Mask){.parent = parent};
	return (int)c->mask_count++;
}

/* Whether mask is outer or a subset of it. */
static bool
mask_within(const Compiler *c, int mask, int outer)
{
	while (mask > outer)
		mask = c->masks[mask].parent;
	return mask == outer;
}

/* ---- instructions ---- */

static bool
same_ints(const int *a, const int *b, int count)
{
	if (a == NULL || b == NULL)
		return a == b;
	return memcmp(a, b, sizeof *a * (size_t)count) == 0;
}

static bool
is_volatile(const Instruction *ins, const Expr *expr)
{
	return ins->step == step_call && function_info(expr->function)->volatility == VOLATILE;
}

/* An earlier instruction that computes the same for all rows of the mask; NULL if none. */
static const Instruction *
find_same(const Compiler *c, const Instruction *ins)
{
	for (size_t i = 0; i < c->code_count; i++)
	{
		const Instruction *o = &c->code[i];

		if (o->step == ins->step && o->kernel == ins->kernel && o->arg_count == ins->arg_count &&
			o->list == ins->list && o->type.id == ins->type.id && o->type.modifier == ins->type.modifier &&
			same_ints(o->args, ins->args, ins->arg_count) &&
			same_ints(o->arg_masks, ins->arg_masks, ins->arg_count) && mask_within(c, ins->mask, o->mask))
			return o;
	}
	return NULL;
}

static void
append_code(Compiler *c, const Instruction *ins)
{
	mem_grow(&c->code, &c->code_capacity, c->code_count, sizeof *c->code);
	c->code[c->code_count] = *ins;
	c->code[c->code_count].expression = c->expression;
	for (int i = 0; i < ins->arg_count; i++)
		c->registers[ins->args[i]].last_use = (int)c->code_count;
	c->code_count++;
}

static int *
copy_ints(Compiler *c, const int *ints, int count)
{
	int *copy = ARENA_ARRAY(c->arena, int, Max(count, 1));

	if (count > 0)
		memcpy(copy, ints, sizeof *copy * (size_t)count);
	return copy;
}

/* Emits the instruction, or finds its equal; returns the register. */
static int
emit(Compiler *c, Instruction ins, const Expr *expr)
{
	bool shared = !is_volatile(&ins, expr);
	const Instruction *same = shared ? find_same(c, &ins) : NULL;

	if (same != NULL)
		return same->out;
	ins.out = new_register(c, (RegisterInfo){.kind = REGISTER_COMPUTED, .type = ins.type.id});
	ins.out_mask = -1;
	ins.position = expr->position;
	append_code(c, &ins);
	return ins.out;
}

static int
emit_step(Compiler *c, Step step, const Expr *expr, TypeSpec type, int mask, const int *args, int count)
{
	return emit(
		c,
		(Instruction){
			.step = step, .mask = mask, .type = type, .arg_count = count, .args = copy_ints(c, args, count)},
		expr);
}

/* The rows of mask for which the step says yes of the register. */
static int
narrow(Compiler *c, Step step, int mask, int reg)
{
	Instruction ins = {.step = step,
					   .mask = mask,
					   .out = -1,
					   .type = boolean_type,
					   .arg_count = 1,
					   .args = copy_ints(c, &reg, 1),
					   .position = NO_POSITION};
	const Instruction *same = find_same(c, &ins);

	/* A mask is a subset of its very parent: sharing one of an ancestor would undo the guard. */
	if (same != NULL && same->mask == mask)
		return same->out_mask;
	ins.out_mask = new_mask(c, mask);
	append_code(c, &ins);
	return ins.out_mask;
}

/* ---- expressions that need no mask ---- */

static bool
is_comparison(const FunctionInfo *info)
{
	static const char *const names[] = {"=", "<>", "<", "<=", ">", ">="};

	if (info->result != TYPE_BOOLEAN)
		return false;
	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(info->name, names[i]) == 0)
			return true;
	return false;
}

/* Whether no row can fail; not knowing is no. */
static bool
cannot_fail(const Expr *expr)
{
	if (expr->kind == EXPR_MODIFIER ||
		(expr->kind == EXPR_FUNCTION && !is_comparison(function_info(expr->function))))
		return false;
	for (int i = 0; i < expr->arg_count; i++)
		if (!cannot_fail(expr->args[i]))
			return false;
	return true;
}

static int *
compile_args(Compiler *c, const Expr *expr, int mask)
{
	int *regs = ARENA_ARRAY(c->arena, int, Max(expr->arg_count, 1));

	for (int i = 0; i < expr->arg_count; i++)
		regs[i] = compile_expr(c, expr->args[i], mask);
	return regs;
}

static int
compile_plain(Compiler *c, Step step, const Expr *expr, int mask)
{
	return emit_step(c, step, expr, expr->type, mask, compile_args(c, expr, mask), expr->arg_count);
}

static int
compile_function(Compiler *c, const Expr *expr, int mask)
{
	const int *args = compile_args(c, expr, mask);

	return emit(c,
				(Instruction){.step = step_call,
							  .mask = mask,
							  .type = expr->type,
							  .arg_count = expr->arg_count,
							  .args = args,
							  .kernel = kernel_of(expr->function),
							  .strict = function_info(expr->function)->nulls == STRICT},
				expr);
}

/* ---- expressions with guarded arguments ---- */

/* AND and OR: a later argument is computed where the earlier ones leave the result open. */
static int
compile_and_or(Compiler *c, const Expr *expr, int mask, Step step, Step open_rows)
{
	int reg = compile_expr(c, expr->args[0], mask);
	int inner = mask;

	for (int i = 1; i < expr->arg_count; i++)
	{
		int pair[2] = {reg, -1};
		int masks[2] = {mask, mask};

		if (!cannot_fail(expr->args[i]))
			inner = masks[1] = narrow(c, open_rows, inner, reg);
		pair[1] = compile_expr(c, expr->args[i], masks[1]);
		reg = emit(c,
				   (Instruction){.step = step,
								 .mask = mask,
								 .type = boolean_type,
								 .arg_count = 2,
								 .args = copy_ints(c, pair, 2),
								 .arg_masks = copy_ints(c, masks, 2)},
				   expr);
	}
	return reg;
}

static int
emit_merge(Compiler *c, const Expr *expr, int mask, const int *args, const int *masks, int count)
{
	return emit(c,
				(Instruction){.step = step_merge,
							  .mask = mask,
							  .type = expr->type,
							  .arg_count = count,
							  .args = args,
							  .arg_masks = masks},
				expr);
}

static int
compile_case(Compiler *c, const Expr *expr, int mask)
{
	int branches = expr->arg_count / 2;
	int *args = ARENA_ARRAY(c->arena, int, branches + 1);
	int *masks = ARENA_ARRAY(c->arena, int, branches + 1);
	int rest = mask;

	assert(expr->arg_count % 2 == 1);
	for (int i = 0; i < branches; i++)
	{
		int condition = compile_expr(c, expr->args[2 * i], rest);

		masks[i] = narrow(c, step_mask_true, rest, condition);
		args[i] = compile_expr(c, expr->args[2 * i + 1], masks[i]);
		rest = narrow(c, step_mask_not_true, rest, condition);
	}
	masks[branches] = rest;
	args[branches] = compile_expr(c, expr->args[expr->arg_count - 1], rest);
	return emit_merge(c, expr, mask, args, masks, branches + 1);
}

static int
compile_coalesce(Compiler *c, const Expr *expr, int mask)
{
	int count = expr->arg_count;
	int *args = ARENA_ARRAY(c->arena, int, count);
	int *masks = ARENA_ARRAY(c->arena, int, count);
	int rest = mask;

	for (int i = 0; i < count; i++)
	{
		args[i] = compile_expr(c, expr->args[i], rest);
		masks[i] = rest;
		if (i == count - 1)
			break;
		masks[i] = narrow(c, step_mask_not_null, rest, args[i]);
		rest = narrow(c, step_mask_null, rest, args[i]);
	}
	return emit_merge(c, expr, mask, args, masks, count);
}

static int
compile_null_if(Compiler *c, const Expr *expr, int mask)
{
	Expr equal = {.kind = EXPR_FUNCTION,
				  .type = boolean_type,
				  .position = expr->position,
				  .function = expr->function,
				  .arg_count = 2,
				  .args = expr->args};
	int args[2] = {compile_expr(c, expr->args[0], mask), -1};

	args[1] = compile_function(c, &equal, mask);
	return emit_step(c, step_null_if, expr, expr->type, mask, args, 2);
}

/* ---- IN ---- */

static int
compare_values(const void *a, const void *b, void *class)
{
	return ((const TypeClass *)class)->compare(a, b);
}

/* The constants of the list, sorted and without duplicates; NULL when there is none. */
static const ConstantList *
make_constant_list(Compiler *c, const Expr *expr)
{
	TypeId type = expr->args[0]->type.id;
	Value *values = ARENA_ARRAY_ZERO(c->arena, Value, expr->arg_count);
	ConstantList *list = ARENA_NEW(c->arena, ConstantList);
	uint32_t count = 0;
	bool any = false;

	list->class = type_class(type);
	for (int i = 1; i < expr->arg_count; i++)
	{
		const Expr *arg = expr->args[i];

		if (arg->kind != EXPR_CONSTANT)
			continue;
		any = true;
		if (arg->constant.isnull)
			list->has_null = true;
		else
			values[count++] = arg->constant.value;
	}
	qsort_r(values, count, sizeof *values, compare_values, (void *)list->class);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || list->class->compare(&values[i], &values[list->count - 1]) != 0)
			values[list->count++] = values[i];
	list->values = values;
	return any ? list : NULL;
}

/* The constants are looked up at once; each other argument is compared where nothing was equal so far. */
static int
compile_in(Compiler *c, const Expr *expr, int mask)
{
	int needle = compile_expr(c, expr->args[0], mask);
	const ConstantList *list = make_constant_list(c, expr);
	int inner = mask;
	int reg = -1;

	if (list != NULL)
		reg = emit(c,
				   (Instruction){.step = step_in_list,
								 .mask = mask,
								 .type = boolean_type,
								 .arg_count = 1,
								 .args = copy_ints(c, &needle, 1),
								 .list = list},
				   expr);
	for (int i = 1; i < expr->arg_count; i++)
	{
		int pair[2] = {needle, -1};
		int masks[2] = {mask, mask};

		if (expr->args[i]->kind == EXPR_CONSTANT)
			continue;
		if (reg >= 0 && !cannot_fail(expr->args[i]))
			inner = masks[1] = narrow(c, step_mask_not_true, inner, reg);
		pair[1] = compile_expr(c, expr->args[i], masks[1]);
		pair[1] = emit_step(c, step_equal, expr, boolean_type, masks[1], pair, 2);
		pair[0] = reg;
		reg = reg < 0 ? pair[1]
					  : emit(c,
							 (Instruction){.step = step_or,
										   .mask = mask,
										   .type = boolean_type,
										   .arg_count = 2,
										   .args = copy_ints(c, pair, 2),
										   .arg_masks = copy_ints(c, masks, 2)},
							 expr);
	}
	return reg;
}

/* An expression of the set. */
static int
compile_root(Compiler *c, const Expr *expr)
{
	if (c->program->condition && expr->kind == EXPR_AND)
		return compile_and_or(c, expr, 0, step_and, step_mask_true);
	return compile_expr(c, expr, 0);
}

static int
compile_expr(Compiler *c, const Expr *expr, int mask)
{
	switch (expr->kind)
	{
		case EXPR_CONSTANT: return constant_register(c, &expr->constant);
		case EXPR_COLUMN: return input_register(c, (uint32_t)expr->column);
		case EXPR_FUNCTION: return compile_function(c, expr, mask);
		case EXPR_MODIFIER: return compile_plain(c, step_modifier, expr, mask);
		case EXPR_AND: return compile_and_or(c, expr, mask, step_and, step_mask_not_false);
		case EXPR_OR: return compile_and_or(c, expr, mask, step_or, step_mask_not_true);
		case EXPR_NOT: return compile_plain(c, step_not, expr, mask);
		case EXPR_IS_NULL: return compile_plain(c, step_is_null, expr, mask);
		case EXPR_IS_NOT_NULL: return compile_plain(c, step_is_not_null, expr, mask);
		case EXPR_IS_TRUE: return compile_plain(c, step_is_true, expr, mask);
		case EXPR_IS_NOT_TRUE: return compile_plain(c, step_is_not_true, expr, mask);
		case EXPR_IS_FALSE: return compile_plain(c, step_is_false, expr, mask);
		case EXPR_IS_NOT_FALSE: return compile_plain(c, step_is_not_false, expr, mask);
		case EXPR_IS_DISTINCT: return compile_plain(c, step_is_distinct, expr, mask);
		case EXPR_IS_NOT_DISTINCT: return compile_plain(c, step_is_not_distinct, expr, mask);
		case EXPR_CASE: return compile_case(c, expr, mask);
		case EXPR_COALESCE: return compile_coalesce(c, expr, mask);
		case EXPR_NULLIF: return compile_null_if(c, expr, mask);
		case EXPR_IN: return compile_in(c, expr, mask);
		case EXPR_GREATEST: return compile_plain(c, step_greatest, expr, mask);
		case EXPR_LEAST: return compile_plain(c, step_least, expr, mask);
	}
	assert(false);
	return -1;
}

/* ---- arrays for registers ---- */

/* Arrays that no register uses any more, by element size. */
typedef struct FreeArrays
{
	struct FreeArray
	{
		void *data;
		size_t size;
	} * items;
	size_t count, capacity;
} FreeArrays;

static void *
take_array(FreeArrays *free_arrays, size_t size, const Program *p)
{
	for (size_t i = 0; i < free_arrays->count; i++)
	{
		void *data = free_arrays->items[i].data;

		if (free_arrays->items[i].size != size)
			continue;
		free_arrays->items[i] = free_arrays->items[--free_arrays->count];
		return data;
	}
	return arena_alloc_zero(p->arena, size * p->capacity);
}

static void
give_array(FreeArrays *free_arrays, void *data, size_t size)
{
	mem_grow(&free_arrays->items, &free_arrays->capacity, free_arrays->count, sizeof *free_arrays->items);
	free_arrays->items[free_arrays->count++] = (struct FreeArray){data, size};
}

static void
allocate_registers(Compiler *c)
{
	Program *p = c->program;
	FreeArrays free_arrays = {0};

	for (size_t i = 0; i < c->register_count; i++)
	{
		RegisterInfo *info = &c->registers[i];
		Column *column = &p->registers[i];

		column->type = info->type;
		if (info->kind != REGISTER_INPUT)
			column->validity_space = ARENA_ARRAY_ZERO(p->arena, uint64_t, BITMAP_WORDS(p->capacity));
		if (info->kind == REGISTER_CONSTANT)
		{
			column->data = arena_alloc_zero(p->arena, type_size(info->type) * p->capacity);
			column_fill_constant(column, info->constant, p->capacity);
		}
	}
	for (int i = 0; i < p->code_count; i++)
	{
		Instruction *ins = &p->code[i];

		if (ins->out >= 0)
			p->registers[ins->out].data = take_array(&free_arrays, type_size(ins->type.id), p);
		for (int a = 0; a < ins->arg_count; a++)
		{
			RegisterInfo *info = &c->registers[ins->args[a]];

			if (info->kind != REGISTER_COMPUTED || info->last_use != i)
				continue;
			give_array(&free_arrays, p->registers[ins->args[a]].data, type_size(info->type));
			info->last_use = -1; /* once, also when it is two arguments */
		}
	}
	mem_free(free_arrays.items);
}

/* ---- the whole ---- */

static void
finish_inputs(Compiler *c)
{
	Program *p = c->program;
	InputUse *uses = ARENA_ARRAY(p->arena, InputUse, c->register_count + 1);

	for (size_t i = 0; i < c->register_count; i++)
		if (c->registers[i].kind == REGISTER_INPUT)
			uses[p->input_use_count++] = (InputUse){(int)i, c->registers[i].column};
	p->input_uses = uses;
}

static void
finish(Compiler *c)
{
	Program *p = c->program;

	p->register_count = (int)c->register_count;
	p->registers = ARENA_ARRAY_ZERO(p->arena, Column, c->register_count + 1);
	p->code_count = (int)c->code_count;
	p->code = ARENA_ARRAY(p->arena, Instruction, c->code_count + 1);
	if (c->code_count > 0)
		memcpy(p->code, c->code, sizeof *c->code * c->code_count);
	p->mask_count = (int)c->mask_count;
	p->masks = ARENA_ARRAY(p->arena, Mask, c->mask_count);
	memcpy(p->masks, c->masks, sizeof *c->masks * c->mask_count);
	for (int i = 1; i < p->mask_count; i++)
		p->masks[i].bits = ARENA_ARRAY_ZERO(p->arena, uint64_t, BITMAP_WORDS(p->capacity));
	for (int i = 0; i < p->code_count; i++)
	{
		const Column **columns = ARENA_ARRAY(p->arena, const Column *, p->code[i].arg_count + 1);

		for (int a = 0; a < p->code[i].arg_count; a++)
			columns[a] = &p->registers[p->code[i].args[a]];
		p->code[i].columns = columns;
	}
	finish_inputs(c);
	allocate_registers(c);
}

static const Expr *const *
copy_pointers(const Expr *const *exprs, int count, Arena *arena)
{
	const Expr **copy = ARENA_ARRAY(arena, const Expr *, Max(count, 1));

	for (int i = 0; i < count; i++)
		copy[i] = exprs[i];
	return copy;
}

static Program *
compile(const Expr *const *exprs, int count, const Program *kind, Arena *arena)
{
	Program *p = ARENA_NEW(arena, Program);
	Compiler c = {.program = p, .arena = arena};
	int *results = ARENA_ARRAY(arena, int, Max(count, 1));
	TypeId *types = ARENA_ARRAY(arena, TypeId, Max(kind->input_count, 1));

	p->exprs = copy_pointers(exprs, count, arena);
	p->count = count;
	p->capacity = kind->capacity;
	p->condition = kind->condition;
	p->arena = arena;
	p->input_count = kind->input_count;
	p->input_types = types;
	if (kind->input_count > 0)
		memcpy(types, kind->input_types, sizeof *types * kind->input_count);
	(void)new_mask(&c, -1);
	for (c.expression = 0; c.expression < count; c.expression++)
		results[c.expression] = compile_root(&c, exprs[c.expression]);
	for (int i = 0; i < count; i++)
		c.registers[results[i]].last_use = INT32_MAX;
	p->results = results;
	finish(&c);
	mem_free(c.registers);
	mem_free(c.code);
	mem_free(c.masks);
	return p;
}

Program *
program_compile_sized(const Expr *const *exprs, int count, const TypeId *input_types, uint32_t input_count,
					  uint32_t capacity, Arena *arena)
{
	Program kind = {.input_types = input_types, .input_count = input_count, .capacity = capacity};

	return compile(exprs, count, &kind, arena);
}

Program *
program_compile(const Expr *const *exprs, int count, const TypeId *input_types, uint32_t input_count,
				Arena *arena)
{
	return program_compile_sized(exprs, count, input_types, input_count, BATCH_ROWS, arena);
}

Program *
program_compile_condition(const Expr *condition, const TypeId *input_types, uint32_t input_count,
						  Arena *arena)
{
	Program kind = {
		.input_types = input_types, .input_count = input_count, .capacity = BATCH_ROWS, .condition = true};

	return compile(&condition, 1, &kind, arena);
}

Program *
program_compile_twin(const Program *program)
{
	Program kind = *program;

	kind.capacity = PROGRAM_ONE_ROW;
	return compile(program->exprs, program->count, &kind, program->arena);
}
