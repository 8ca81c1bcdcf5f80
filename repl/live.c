/*
 * live.c: printing a result that has no end (contract in live.h).
 */
#include "repl/live.h"

#include "common/memory.h"
#include "repl/cell.h"
#include "repl/interrupt.h"

void
live_begin(Live *live, const PlanNode *root, const PrintOptions *options, const TypeContext *types, FILE *out)
{
	*live = (Live){.root = root, .options = options, .types = types, .out = out};
}

bool
live_receive(void *context, const Batch *batch)
{
	Live *live = context;
	PrintOptions options = *live->options;
	Result result;

	/* who reads the results may have left */
	if (batch->n == 0)
		return !*interrupt_flag() && !ferror(live->out);
	result_init(&result, live->root->columns, live->root->column_count);
	result_add_batch(&result, batch, live->types);
	if (live->widths == NULL && options.format == PRINT_ALIGNED && !options.expanded)
		live->widths = mem_alloc_zero(result.field_count * sizeof(int) + 1);
	print_chunk(&result, &options, live->rows, live->widths, live->out);
	live->rows += batch->n;
	fflush(live->out);
	result_free(&result);
	return !*interrupt_flag() && !ferror(live->out);
}

static void
print_nothing(const Live *live)
{
	Result nothing;

	result_init(&nothing, live->root->columns, live->root->column_count);
	print_result(&nothing, live->options, live->out);
	result_free(&nothing);
}

void
live_end(Live *live, LiveEnd end)
{
	const PrintOptions *options = live->options;

	if (live->rows == 0 && end == LIVE_COMPLETE)
		print_nothing(live);
	else if (end != LIVE_FAILED && !options->tuples_only && options->format != PRINT_CSV)
		fprintf(live->out, "(%" PRIu64 " %s%s)\n%s", live->rows, live->rows == 1 ? "row" : "rows",
				end == LIVE_STOPPED ? ", stopped by user" : "", options->format == PRINT_ALIGNED ? "\n" : "");
	fflush(live->out);
	mem_free(live->widths);
}
