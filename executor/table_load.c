/*
 * table_load.c: reads a reference table through its source and format (contract in pipeline.h).
 *
 * The idea: the table is a scan that ends, with every declared column as its output, in declared order. One
 * bad row refuses the table, with the place where it lies.
 */
#include "common/memory.h"
#include "executor/intake.h"
#include "executor/source.h"
#include "executor/table.h"

enum
{
	WAIT_MS = 100,
	QUEUE_BYTES = 16 << 20
};

typedef struct Load
{
	const TablePlan *plan;
	const atomic_bool *stop;
	ScanPlan scan;
	uint32_t *place; /* per declared column: its column of the scan */
	Intake intake;
	RowStore rows;
	Column *declared; /* the batch's columns in declared order */
	Arena arena;
	size_t memory; /* bytes that the rows may take; 0 = no limit */
	int32_t partition_count;
	int32_t partition;
	int64_t low;             /* first offset of the partition */
	const Message *messages; /* being taken in */
} Load;

/* The scan that delivers all columns: first those of messages, then the generated ones. */
static void
plan_scan(Load *load)
{
	const StreamDef *def = load->plan->table;
	uint32_t count = def->column_count;
	bool *not_null = ARENA_ARRAY_ZERO(&load->arena, bool, count + 1);
	ScanPlan *scan = &load->scan;
	int csv_index = 0;

	*scan = (ScanPlan){.index = -1, .stream = def, .time_column = -1};
	scan->fields = ARENA_ARRAY_ZERO(&load->arena, DecodeField, count + 1);
	scan->generated = ARENA_ARRAY(&load->arena, Expr *, count + 1);
	scan->generated_names = ARENA_ARRAY(&load->arena, const char *, count + 1);
	scan->generated_not_null = not_null;
	for (uint32_t i = 0; i < count; i++)
	{
		const ColumnDef *column = &def->columns[i];

		if (column->origin == COLUMN_GENERATED)
		{
			not_null[scan->generated_count] = column->not_null || column->primary_key;
			scan->generated_names[scan->generated_count] = column->name;
			scan->generated[scan->generated_count++] = column->generated;
			continue;
		}
		scan->fields[scan->field_count++] = (DecodeField){
			.name = column->name,
			.type = column->type,
			.form = FIELD_VALUE,
			.origin = column->origin,
			.metadata = column->metadata,
			.path_length = column->path_length,
			.path = column->path,
			.csv_index = column->origin == COLUMN_FIELD ? csv_index++ : -1,
			.timestamp_format = column->timestamp_format,
			.not_null = column->not_null || column->primary_key,
			.default_value = column->default_value,
		};
	}
}

/* Generated expressions are over the declared columns; here they must be over the scan's fields. */
static Expr *
move_columns(const Load *load, Arena *arena, const Expr *expr)
{
	Expr *copy = ARENA_NEW(arena, Expr);

	*copy = *expr;
	if (expr->kind == EXPR_COLUMN)
		copy->column = (int)load->place[expr->column];
	copy->args = ARENA_ARRAY(arena, Expr *, expr->arg_count + 1);
	for (int i = 0; i < expr->arg_count; i++)
		copy->args[i] = move_columns(load, arena, expr->args[i]);
	return copy;
}

static void
place_columns(Load *load)
{
	const StreamDef *def = load->plan->table;
	uint32_t field = 0;
	uint32_t generated = load->scan.field_count;

	load->place = ARENA_ARRAY(&load->arena, uint32_t, def->column_count + 1);
	for (uint32_t i = 0; i < def->column_count; i++)
		load->place[i] = def->columns[i].origin == COLUMN_GENERATED ? generated++ : field++;
	for (uint32_t i = 0; i < load->scan.generated_count; i++)
		load->scan.generated[i] = move_columns(load, &load->arena, load->scan.generated[i]);
}

/* A bad row refuses the table: which row, counted from 1, of which partition, if there are several. */
static bool
refuse_row(void *context, const BadRow *bad, Error *err)
{
	const Load *load = context;
	StrBuf place = {0};

	error_set(err, bad->state, NO_POSITION, "%s", bad->reason);
	str_appendf(&place, "table \"%s\"", load->plan->table->name);
	if (load->partition_count > 1)
		str_appendf(&place, ", partition %d", load->partition);
	str_appendf(&place, ", row %" PRId64, load->messages[bad->message].offset - load->low + 1);
	if (bad->field != NULL)
		str_appendf(&place, ", column \"%s\"", bad->field);
	error_context(err, "%s", str_cstr(&place));
	str_free(&place);
	return false;
}

static bool
refuse_size(const Load *load, Error *err)
{
	error_set(err, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, NO_POSITION,
			  "table \"%s\" does not fit its share of memory_limit", load->plan->table->name);
	error_detail(err, "Its first %u rows need %zu MB; there is room for %zu MB.", load->rows.n,
				 row_store_memory(&load->rows) >> 20, load->memory >> 20);
	return error_hint(err, "Raise memory_limit, of which tables may take a quarter.");
}

static bool
take_messages(Load *load, const Message *messages, uint32_t n, Error *err)
{
	IntakeReport report = {load, refuse_row};
	Batch rows;

	for (uint32_t from = 0; from < n; from += BATCH_ROWS)
	{
		load->messages = messages + from;
		if (!intake_run(&load->intake, load->messages, Min(n - from, (uint32_t)BATCH_ROWS), load->partition,
						NULL, &report, err))
			return false;
		rows = load->intake.batch;
		rows.columns = load->declared;
		for (uint32_t i = 0; i < load->plan->table->column_count; i++)
			load->declared[i] = load->intake.batch.columns[load->place[i]];
		if (!row_store_append(&load->rows, &rows, err))
			return false;
		if (load->memory > 0 && row_store_memory(&load->rows) > load->memory)
			return refuse_size(load, err);
	}
	return true;
}

static bool
read_partition(Load *load, Source *source, Error *err)
{
	const SourceClass *class = source->class;
	int64_t end;

	if (!class->bounds(source, load->partition, &load->low, &end, err) ||
		!class->assign(source, load->partition, load->low, err))
		return false;
	for (;;)
	{
		MessageBatch batch = {0};
		bool ok;

		if (*load->stop)
			return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION,
							 "canceling statement due to user request");
		switch (class->poll(source, load->partition, BATCH_ROWS, &batch, err))
		{
			case POLL_END: return true;
			case POLL_FAILED: return false;
			case POLL_EMPTY:
				if (class->wait != NULL)
					class->wait(source, WAIT_MS);
				continue;
			case POLL_MESSAGES: break;
		}
		ok = take_messages(load, batch.messages, batch.n, err);
		class->release(source, load->partition, &batch);
		if (!ok)
			return false;
	}
}

static bool
read_source(Load *load, Source *source, Error *err)
{
	if (!source->class->partition_count(source, &load->partition_count, err))
		return false;
	for (load->partition = 0; load->partition < load->partition_count; load->partition++)
		if (!read_partition(load, source, err))
			return false;
	return true;
}

static bool
load_rows(Load *load, const Clock *clock, const atomic_bool *stop, Error *err)
{
	const SourceClass *class = (const SourceClass *)(const void *)load->plan->table->source;
	SourceOpen open = {
		.stream = load->plan->table,
		.clock = clock,
		.queue_bytes = QUEUE_BYTES,
		.fixture = load->plan->fixture,
		.stop = stop,
	};
	Source *source;
	bool ok;

	if (!class->open(&open, &source, err))
		return false;
	ok = read_source(load, source, err);
	class->close(source);
	return ok;
}

bool
table_load(const TablePlan *plan, const TypeContext *context, const Clock *clock, const atomic_bool *stop,
		   size_t memory, TableData **out, Error *err)
{
	static const atomic_bool never = false;
	Load load = {.plan = plan, .stop = stop != NULL ? stop : &never, .memory = memory};
	const StreamDef *def = plan->table;
	TypeId *types;
	bool ok;

	arena_init(&load.arena, "table load");
	plan_scan(&load);
	place_columns(&load);
	types = ARENA_ARRAY(&load.arena, TypeId, def->column_count + 1);
	load.declared = ARENA_ARRAY_ZERO(&load.arena, Column, def->column_count + 1);
	for (uint32_t i = 0; i < def->column_count; i++)
		types[i] = def->columns[i].type.id;
	row_store_init(&load.rows, types, def->column_count, NULL);
	ok = intake_open(&load.intake, &load.scan, context, 0, &load.arena, err) &&
		 load_rows(&load, clock, load.stop, err) && table_make(plan, &load.rows, out, err);
	intake_close(&load.intake);
	row_store_release(&load.rows);
	arena_release(&load.arena);
	return ok;
}
