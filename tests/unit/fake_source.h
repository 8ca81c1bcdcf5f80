/*
 * fake_source.h: a format and a source for unit tests: lines of comma-separated integers and words.
 *
 * A field is the csv_index-th piece of the line; an empty piece is NULL, a piece that does not convert makes
 * the message bad, a line that begins with '!' is malformed as a whole.
 */
#ifndef WEIR_TESTS_FAKE_SOURCE_H
#define WEIR_TESTS_FAKE_SOURCE_H

#include "common/memory.h"
#include "executor/format.h"
#include "executor/source.h"
#include "tests/unit/plan_helper.h"

typedef struct FakeDecoder
{
	Decoder base;
	DecoderOpen open;
} FakeDecoder;

static bool fake_decoder_open(const DecoderOpen *open, Decoder **out, Error *err UNUSED);

static UNUSED StrView
fake_piece(StrView line, int index)
{
	for (; index > 0; index--)
	{
		const char *comma = memchr(line.data, ',', line.len);

		if (comma == NULL)
			return (StrView){line.data, 0};
		line.len -= (size_t)(comma + 1 - line.data);
		line.data = comma + 1;
	}
	if (memchr(line.data, ',', line.len) != NULL)
		line.len = (size_t)((const char *)memchr(line.data, ',', line.len) - line.data);
	return line;
}

/* False: the message is bad. */
static UNUSED bool
fake_decode_row(FakeDecoder *d, const Message *m, uint32_t row, Batch *out, BadRow *bad)
{
	StrView line = {m->value, m->value_len};

	*bad = (BadRow){.state = SQLSTATE_INVALID_TEXT_REPRESENTATION, .reason = "malformed"};
	if (line.len > 0 && line.data[0] == '!')
		return false;
	for (uint32_t f = 0; f < d->open.field_count; f++)
	{
		const DecodeField *field = &d->open.fields[f];
		StrView piece = fake_piece(line, field->csv_index);
		Datum value = {.type = field->type.id, .isnull = piece.len == 0};
		Error err = {0};

		bad->field = field->name;
		if (piece.len == 0 && field->not_null)
		{
			bad->state = SQLSTATE_NOT_NULL_VIOLATION;
			bad->reason = "null";
			return false;
		}
		if (piece.len > 0 &&
			!type_class(field->type.id)->parse(piece, d->open.context, out->arena, &value.value, &err))
		{
			bad->reason = arena_strdup(out->arena, err.message);
			error_clear(&err);
			return false;
		}
		column_set(&out->columns[f], row, &value);
	}
	return true;
}

static UNUSED void
fake_decode(Decoder *decoder, const Message *messages, uint32_t n, int32_t partition, Batch *out,
			DecodeResult *result)
{
	*result = (DecodeResult){.bad = ARENA_ARRAY(out->arena, BadRow, n + 1)};
	out->n = 0;
	out->messages = messages;
	out->partition = partition;
	for (uint32_t f = 0; f < out->column_count; f++)
		out->columns[f].validity = NULL;
	for (uint32_t i = 0; i < n; i++)
	{
		BadRow *bad = &result->bad[result->bad_count];

		if (messages[i].value == NULL)
			result->tombstones++;
		else if (!fake_decode_row((FakeDecoder *)decoder, &messages[i], out->n, out, bad))
		{
			bad->message = i;
			result->bad_count++;
		}
		else
			out->message_index[out->n++] = i;
	}
}

static UNUSED void
fake_decoder_close(Decoder *decoder)
{
	mem_free(decoder);
}

static const FormatClass fake_format = {
	.info = {.name = "fake", .kind = CONNECTOR_FORMAT},
	.open = fake_decoder_open,
	.decode = fake_decode,
	.close = fake_decoder_close,
};

static UNUSED bool
fake_decoder_open(const DecoderOpen *open, Decoder **out, Error *err UNUSED)
{
	FakeDecoder *d = mem_alloc_zero(sizeof *d);

	d->base.class = &fake_format;
	d->open = *open;
	*out = &d->base;
	return true;
}

/* ---- a source of one partition, whose lines are those of the "lines" option, separated by newlines ---- */

typedef struct FakeSource
{
	Source base;
	const char *lines;
	Message *messages;
	uint32_t n;
	uint32_t next;
} FakeSource;

static bool fake_source_open(const SourceOpen *open, Source **out, Error *err UNUSED);

static UNUSED bool
fake_source_partitions(Source *source UNUSED, int32_t *count, Error *err UNUSED)
{
	*count = 1;
	return true;
}

static UNUSED bool
fake_source_bounds(Source *source, int32_t partition UNUSED, int64_t *low, int64_t *end, Error *err UNUSED)
{
	*low = 0;
	*end = ((FakeSource *)source)->n;
	return true;
}

static UNUSED bool
fake_source_assign(Source *source, int32_t partition UNUSED, int64_t offset, Error *err UNUSED)
{
	((FakeSource *)source)->next = (uint32_t)offset;
	return true;
}

/* Three messages at a time, so that a table of a few rows takes several polls. */
static UNUSED PollStatus
fake_source_poll(Source *source, int32_t partition UNUSED, uint32_t max UNUSED, MessageBatch *out,
				 Error *err UNUSED)
{
	FakeSource *s = (FakeSource *)source;

	out->n = Min(s->n - s->next, 3u);
	out->messages = s->messages + s->next;
	s->next += out->n;
	out->next_offset = s->next;
	return out->n > 0 ? POLL_MESSAGES : POLL_END;
}

static UNUSED void
fake_source_release(Source *source UNUSED, int32_t partition UNUSED, MessageBatch *batch UNUSED)
{
}

static UNUSED void
fake_source_close(Source *source)
{
	mem_free(((FakeSource *)source)->messages);
	mem_free(source);
}

static const SourceClass fake_source = {
	.info = {.name = "fake", .kind = CONNECTOR_SOURCE, .bounded = true},
	.open = fake_source_open,
	.partition_count = fake_source_partitions,
	.bounds = fake_source_bounds,
	.assign = fake_source_assign,
	.poll = fake_source_poll,
	.release = fake_source_release,
	.close = fake_source_close,
};

/* Messages of the text's lines, on the heap; offsets from 0, timestamps 2000-01-01 00:00:00. */
static UNUSED Message *
make_messages(const char *lines, uint32_t *n)
{
	Message *messages = NULL;
	size_t capacity = 0;

	*n = 0;
	while (*lines != '\0')
	{
		size_t len = strcspn(lines, "\n");

		mem_grow(&messages, &capacity, *n, sizeof *messages);
		messages[*n] = (Message){.value = lines, .value_len = len, .offset = *n};
		if (len == 4 && memcmp(lines, "NULL", 4) == 0)
			messages[*n].value = NULL;
		++*n;
		lines += len + (lines[len] == '\n');
	}
	return messages;
}

static bool
fake_source_open(const SourceOpen *open, Source **out, Error *err UNUSED)
{
	FakeSource *s = mem_alloc_zero(sizeof *s);

	s->base.class = &fake_source;
	s->messages = make_messages(options_text(&open->stream->options, "lines"), &s->n);
	*out = &s->base;
	return true;
}

static UNUSED Options
make_options(Arena *arena, const char *name, const char *text)
{
	Options options = {.items = ARENA_NEW(arena, Option), .count = 1};

	options.items[0] = (Option){.name = name, .text = text, .given = true};
	return options;
}

/* A table of columns named c0, c1 …; types: 'i' INTEGER, 't' TEXT; the first keys columns are the primary
 * key. */
static UNUSED TablePlan *
make_table(Arena *arena, int index, const char *types, int keys, const char *lines)
{
	TablePlan *plan = ARENA_NEW(arena, TablePlan);
	StreamDef *def = ARENA_NEW(arena, StreamDef);

	def->name = "facts";
	def->is_table = true;
	def->time_column = -1;
	def->column_count = (uint32_t)strlen(types);
	def->columns = ARENA_ARRAY_ZERO(arena, ColumnDef, def->column_count + 1);
	def->source = &fake_source.info;
	def->format = &fake_format.info;
	def->options = make_options(arena, "lines", lines);
	for (uint32_t i = 0; i < def->column_count; i++)
	{
		def->columns[i].name = arena_printf(arena, "c%u", i);
		def->columns[i].type = (TypeSpec){types[i] == 'i' ? TYPE_INTEGER : TYPE_TEXT, NO_MODIFIER};
		def->columns[i].primary_key = (int)i < keys;
	}
	plan->index = index;
	plan->table = def;
	return plan;
}

static UNUSED PlanNode *
make_table_node(Arena *arena, TablePlan *plan)
{
	PlanNode *node = make_node(arena, NODE_TABLE, NULL, plan->table->column_count);

	node->table = plan;
	for (uint32_t i = 0; i < node->column_count; i++)
		node->columns[i] = (ResultColumn){plan->table->columns[i].name, plan->table->columns[i].type};
	return node;
}

/* The input joined with a table by one equality of an input expression and a table column. */
static UNUSED PlanNode *
make_join(Arena *arena, PlanNode *input, TablePlan *table, bool left, Expr *input_key, int table_key,
		  Expr *condition)
{
	uint32_t added = table->table->column_count;
	PlanNode *node = make_node(arena, NODE_JOIN_TABLE, input, input->column_count + added);

	for (uint32_t i = 0; i < added; i++)
		node->columns[input->column_count + i] =
			(ResultColumn){table->table->columns[i].name, table->table->columns[i].type};
	node->join.table = table;
	node->join.left = left;
	node->join.condition = condition;
	if (input_key != NULL)
	{
		node->join.key_count = 1;
		node->join.input_keys = ARENA_NEW(arena, Expr *);
		node->join.input_keys[0] = input_key;
		node->join.table_keys = ARENA_NEW(arena, int);
		node->join.table_keys[0] = table_key;
	}
	return node;
}

#endif
