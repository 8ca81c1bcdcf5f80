/*
 * row_fate.c: what becomes of rows that do not go on: late ones, failed ones, and the counts of all (contract
 * in operator.h).
 *
 * The idea: the ledger counts messages, not rows. Where each message is at most one row per sink, counters
 * are raised at once; where it may become several, bits by message number are set and settled after the push
 * (chain_settle), failed before used before late: so each message is counted once per sink.
 */
#include "executor/op_chain.h"
#include "executor/row_error.h"

static void
mark_messages(uint64_t *marks, const Batch *batch, const uint64_t *rows)
{
	for (uint32_t i = 0; i < batch->n; i++)
		if (rows == NULL || bitmap_get(rows, i))
			bitmap_set(marks, batch->message_index[i]);
}

void
chain_use_rows(Chain *chain, const Batch *batch, const uint64_t *rows)
{
	if (chain->counts == NULL)
		return;
	if (chain->fans_out)
		mark_messages(chain->used, batch, rows);
	else
		chain->counts->used += rows == NULL ? batch->n : bitmap_count(rows, batch->n);
}

/* Notes one row; returns whether its message was not noted before. */
static bool
count_row(Chain *chain, const Batch *batch, uint32_t row, uint64_t *marks, uint64_t *count)
{
	bool first;

	if (!chain->fans_out)
	{
		++*count;
		return true;
	}
	first = !bitmap_get(marks, batch->message_index[row]);
	bitmap_set(marks, batch->message_index[row]);
	return first;
}

static Diversion
diversion_of(const Chain *chain, const Batch *batch, uint32_t row)
{
	return (Diversion){
		.scan = chain->scan ? chain->scan->index : -1,
		.sink = chain->sink->index,
		.partition = chain->partition,
		.message = batch->messages ? &batch->messages[batch->message_index[row]] : NULL,
		.window_start = INT64_MIN,
		.window_end = INT64_MIN,
	};
}

bool
chain_divert_late(Chain *chain, const Batch *batch, uint32_t row, int64_t window_start, int64_t window_end,
				  Error *err)
{
	Diversion d = diversion_of(chain, batch, row);

	if (!count_row(chain, batch, row, chain->late, &chain->counts->late))
		return true;
	if (chain->sink->late_rows != LATE_DIVERT || chain->outputs == NULL)
		return true;
	d.window_start = window_start;
	d.window_end = window_end;
	return outputs_late(chain->outputs, chain->worker, &d, err);
}

/* ---- emitted groups ---- */

static void
write_json_value(const Column *c, uint32_t row, const TypeContext *context, StrBuf *out)
{
	const TypeClass *class = type_class(c->type);
	StrBuf text = {0};

	if (column_is_null(c, row))
	{
		str_append_cstr(out, "null");
		return;
	}
	class->print((const char *)c->data + row * class->size, context, &text);
	if (c->type == TYPE_INTEGER || c->type == TYPE_BIGINT || c->type == TYPE_JSONB)
		str_append_view(out, str_view(&text));
	else if (c->type == TYPE_BOOLEAN)
		str_append_cstr(out, COLUMN_DATA(c, bool)[row] ? "true" : "false");
	else
		str_append_json_string(out, str_view(&text));
	str_free(&text);
}

/* The window and the grouping values of a group row, into d; group is the buffer that d->group points into.
 */
static void
describe_group(const Chain *chain, const Batch *groups, uint32_t row, Diversion *d, StrBuf *group)
{
	const PlanNode *node = chain->group_node;
	int first = 0;

	if (node->aggregate.window != NULL)
	{
		d->window_start = COLUMN_DATA(&groups->columns[0], int64_t)[row];
		d->window_end = COLUMN_DATA(&groups->columns[1], int64_t)[row];
		first = 2;
	}
	str_append_char(group, '[');
	for (int i = 0; i < node->aggregate.key_count; i++)
	{
		if (i > 0)
			str_append_cstr(group, ", ");
		write_json_value(&groups->columns[first + i], row, chain->context, group);
	}
	str_append_char(group, ']');
	d->group = str_cstr(group);
}

/* ---- failures ---- */

/*
 * Ends the job or query: the reason, with where it happened. As in PostgreSQL a failure at run time has no
 * position: the expression may come from a view, or from a statement long before the one that runs.
 */
static bool
stop_job(const Chain *chain, const Diversion *d, Error *reason, Error *err)
{
	if (err == NULL)
		return false;
	error_clear(err);
	error_move(err, reason);
	err->position = NO_POSITION;
	if (chain->sink == NULL)
		return false;
	if (d->message != NULL)
		error_context(err, "sink \"%s\", column \"%s\", stream \"%s\", partition %d, offset %" PRId64,
					  chain->sink->name, d->field ? d->field : "-", chain->scan->stream->name, d->partition,
					  d->message->offset);
	else
		error_context(err, "sink \"%s\", column \"%s\", group %s", chain->sink->name,
					  d->field ? d->field : "-", d->group ? d->group : "-");
	return false;
}

static bool
write_dead_letter(const Chain *chain, Diversion *d, const Error *reason, Error *err)
{
	StrBuf text = {0};
	bool ok;

	if (chain->outputs == NULL)
		return true;
	error_append_reason(reason, &text);
	d->state = reason->state;
	d->reason = str_cstr(&text);
	ok = outputs_dead_letter(chain->outputs, chain->worker, d, err);
	str_free(&text);
	return ok;
}

static bool
fail_row(Chain *chain, const Batch *batch, uint32_t row, const char *field, Error *reason, Error *err)
{
	Diversion d = diversion_of(chain, batch, row);
	StrBuf group = {0};
	bool ok = true;

	d.field = field;
	if (d.message == NULL && chain->group_node != NULL)
	{
		const Batch *groups = chain->groups ? chain->groups : batch;

		describe_group(chain, groups, chain->groups ? batch->message_index[row] : row, &d, &group);
	}
	if (chain->on_error == ON_ERROR_STOP)
		ok = stop_job(chain, &d, reason, err);
	else if (chain->on_error == ON_ERROR_DEAD_LETTER)
		ok = write_dead_letter(chain, &d, reason, err);
	str_free(&group);
	return ok;
}

bool
chain_fail_row(Chain *chain, const Batch *batch, uint32_t row, const char *field, Error *reason, Error *err)
{
	bool ok = true;

	if (chain->sink == NULL) /* a bounded query */
		ok = stop_job(chain, NULL, reason, err);
	else if (chain->counts == NULL || count_row(chain, batch, row, chain->failed, &chain->counts->failed))
		ok = fail_row(chain, batch, row, field, reason, err);
	error_clear(reason);
	return ok;
}

bool
chain_fail_rows(Chain *chain, Program *program, const Batch *batch, const uint64_t *failed,
				const ResultColumn *names, Error *err)
{
	for (uint32_t w = 0; w * 64 < batch->n; w++)
	{
		for (uint64_t rest = failed[w] & rows_word_mask(batch->n, w); rest != 0; rest &= rest - 1)
		{
			uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(rest);
			Error reason = {0};
			int result = 0;

			(void)row_error_explain(program, batch, row, chain->context, &result, &reason);
			if (!chain_fail_row(chain, batch, row, names ? names[result].name : NULL, &reason, err))
				return false;
		}
	}
	return true;
}

void
chain_drop_failed(const Chain *chain, const uint64_t *failed, uint32_t n, uint64_t *keep)
{
	bool before = true;

	for (uint32_t w = 0; w * 64 < n; w++)
	{
		uint64_t bad = failed[w] & rows_word_mask(n, w);

		keep[w] &= ~bad;
		if (chain->sink != NULL)
			continue;
		if (!before)
			keep[w] = 0;
		else if (bad != 0)
			keep[w] &= (bad & -bad) - 1;
		before &= bad == 0;
	}
}

/* ---- settling ---- */

void
chain_begin_push(Chain *chain, const ScanPlan *scan, int32_t partition, SinkCounts *counts)
{
	chain->scan = scan;
	chain->partition = partition;
	chain->counts = counts;
	if (!chain->fans_out)
		return;
	memset(chain->used, 0, sizeof *chain->used * BATCH_WORDS);
	memset(chain->late, 0, sizeof *chain->late * BATCH_WORDS);
	memset(chain->failed, 0, sizeof *chain->failed * BATCH_WORDS);
}

void
chain_settle(Chain *chain)
{
	SinkCounts *counts = chain->counts;

	for (uint32_t w = 0; chain->fans_out && w < BATCH_WORDS; w++)
	{
		uint64_t failed = chain->failed[w];
		uint64_t used = chain->used[w] & ~failed;
		uint64_t late = chain->late[w] & ~failed & ~used;

		counts->failed += (uint64_t)__builtin_popcountll(failed);
		counts->used += (uint64_t)__builtin_popcountll(used);
		counts->late += (uint64_t)__builtin_popcountll(late);
	}
	chain->scan = NULL;
	chain->counts = NULL;
}
