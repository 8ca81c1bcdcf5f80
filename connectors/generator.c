/*
 * generator.c: a source of JSON messages made from rules.
 *
 * The idea: message n of the stream is a function of the seed and n alone, so any position can be read again,
 * by any number of readers, after any crash. Message n is at offset n / partitions of partition n mod
 * partitions. With rows_per_second, message n comes into being n / rate seconds after the first one that was
 * asked for.
 *
 * Each column with an option column.<name> is made by that rule (generator_rule.h), the others by a rule that
 * suits their type. In a stream of format 'raw' the rules alone say which keys there are. On top of that,
 * shares of the messages can be made late, full of nulls, or malformed, to show what happens to such ones.
 *
 * A message is JSON text; it has no key and no timestamp of its own.
 */
#include "connectors/generator.h"

#include "common/memory.h"
#include "common/types/calendar.h"
#include "common/types/timestamp.h"
#include "connectors/generator_rule.h"

/* Places of a message's random numbers that belong to no column. */
enum
{
	PLACE_LATE = 1,
	PLACE_DISORDER,
	PLACE_MALFORMED,
	PLACE_DAMAGE,
	PLACE_NULLS,
	PLACE_COLUMNS = 16 /* two per column from here on */
};

typedef struct GeneratorColumn
{
	const char *name;
	GeneratorRule *rule;
} GeneratorColumn;

typedef struct GeneratorBatch
{
	Message *messages;
	uint32_t capacity;
	StrBuf text;
} GeneratorBatch;

typedef struct GeneratorPartition
{
	int64_t next;
	GeneratorBatch *spare;
} GeneratorPartition;

typedef struct Generator
{
	Source base;
	const Clock *clock;
	uint64_t seed;
	int64_t rows;            /* 0 = without end */
	int64_t rows_per_second; /* 0 = as fast as possible */
	int32_t partition_count;
	int64_t start_time;
	int64_t time_step;
	int64_t disorder;
	int64_t late_by;
	double late_ratio;
	double malformed_ratio;
	double null_ratio;
	uint32_t column_count;
	GeneratorColumn *columns;
	GeneratorPartition *partitions;
	int64_t opened; /* monotonic */
	int64_t first;  /* message at which the clock started; -1 = not yet */
	Arena arena;
} Generator;

/* ---- rules of a stream ---- */

static const char *
default_rule(TypeId type)
{
	switch (type)
	{
		case TYPE_BOOLEAN: return "boolean()";
		case TYPE_INTEGER:
		case TYPE_BIGINT: return "uniform(1, 1000)";
		case TYPE_DOUBLE:
		case TYPE_NUMERIC: return "uniform(0.00, 999.99)";
		case TYPE_DATE:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: return "time()";
		case TYPE_INTERVAL: return "prefix(\"\", uniform(1, 86400))"; /* seconds */
		case TYPE_UUID: return "uuid()";
		case TYPE_JSONB: return "object()";
		default: return "hex(8)";
	}
}

static bool
is_raw(const StreamDef *stream)
{
	return stream->format != NULL && strcmp(stream->format->name, "raw") == 0;
}

/* The time format that the column is read back with. */
static const char *
rule_of_column(const ColumnDef *column)
{
	static const char *const times[] = {"time()", "time(unix_s)", "time(unix_ms)", "time(unix_us)"};

	if (column->type.id == TYPE_TIMESTAMP || column->type.id == TYPE_TIMESTAMPTZ)
		return times[column->timestamp_format];
	return default_rule(column->type.id);
}

static bool
has_key(const GeneratorColumn *columns, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
	{
		if (strcmp(columns[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The keys that the columns have, each once, in their order. Those with an option wait for its rule. */
static bool
add_columns(const StreamDef *stream, GeneratorColumn *columns, uint32_t *count, Arena *arena, Error *err)
{
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		const ColumnDef *column = &stream->columns[c];
		const Option *option;
		const char *key = column->path_length > 0 ? column->path[0].key : NULL;

		if (column->origin != COLUMN_FIELD || key == NULL || has_key(columns, *count, key))
			continue;
		option = options_find(&stream->options, arena_printf(arena, "column.%s", key));
		if (option == NULL && column->path_length > 1)
			return error_set(err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND, column->position,
							 "option \"column.%s\" is required for the nested column \"%s\"", key,
							 column->name);
		columns[*count].name = key;
		if (option == NULL && !generator_rule_parse(str_from_cstr(rule_of_column(column)), column->position,
													&columns[*count].rule, arena, err))
			return false;
		++*count;
	}
	return true;
}

/* The rules of the options; in a raw stream each is a key of its own. */
static bool
add_rules(const StreamDef *stream, GeneratorColumn *columns, uint32_t *count, Arena *arena, Error *err)
{
	for (size_t i = 0; i < stream->options.count; i++)
	{
		const Option *option = &stream->options.items[i];
		GeneratorColumn *column = columns;

		if (strncmp(option->name, "column.", 7) != 0)
			continue;
		while (column < columns + *count && strcmp(column->name, option->name + 7) != 0)
			column++;
		if (column == columns + *count)
		{
			if (!is_raw(stream))
				return error_set(err, SQLSTATE_UNDEFINED_COLUMN, option->position,
								 "column \"%s\" does not exist", option->name + 7);
			column->name = option->name + 7;
			++*count;
		}
		if (!generator_rule_parse(str_from_cstr(option->text), option->position, &column->rule, arena, err))
			return false;
	}
	return true;
}

/* The keys of a message: the columns' in their order, then those that only have a rule. */
static bool
read_columns(const StreamDef *stream, GeneratorColumn **out, uint32_t *count, Arena *arena, Error *err)
{
	*out = ARENA_ARRAY_ZERO(arena, GeneratorColumn, stream->column_count + stream->options.count);
	*count = 0;
	return (is_raw(stream) || add_columns(stream, *out, count, arena, err)) &&
		   add_rules(stream, *out, count, arena, err);
}

static double
ratio_option(const Options *options, const char *name)
{
	const Option *option = options_find(options, name);

	return option != NULL ? option->value.number : 0;
}

static bool
read_start_time(const StreamDef *stream, int64_t *out, Arena *arena, Error *err)
{
	const Option *option = options_find(&stream->options, "start_time");
	TypeContext context = {0};
	DateTime dt;

	if (!timestamptz_class.parse(str_from_cstr(option->text), &context, arena, out, err))
	{
		if (err != NULL)
			err->position = option->position;
		return false;
	}
	if (timestamp_is_finite(*out))
	{
		calendar_split_micros(*out, &dt);
		if (dt.year >= 1 && dt.year <= 9998)
			return true;
	}
	return option_invalid_value(option, NULL, err);
}

static bool
read_options(Generator *g, const StreamDef *stream, Error *err)
{
	const Options *options = &stream->options;

	g->seed = (uint64_t)options_integer(options, "seed", 1);
	g->rows = options_integer(options, "rows", 0);
	g->rows_per_second = options_integer(options, "rows_per_second", 0);
	g->partition_count = (int32_t)options_integer(options, "partitions", 1);
	g->time_step = options_integer(options, "time_step", 0);
	g->disorder = options_integer(options, "disorder", 0);
	g->late_by = options_integer(options, "late_by", 0);
	g->late_ratio = ratio_option(options, "late_ratio");
	g->malformed_ratio = ratio_option(options, "malformed_ratio");
	g->null_ratio = ratio_option(options, "null_ratio");
	return read_start_time(stream, &g->start_time, &g->arena, err) &&
		   read_columns(stream, &g->columns, &g->column_count, &g->arena, err);
}

/* ---- messages ---- */

static double
unit(const Generator *g, int64_t n, uint64_t place)
{
	return generator_unit(g->seed, n, place);
}

static int64_t
event_time(const Generator *g, int64_t n)
{
	int64_t time = g->start_time + n * g->time_step;

	if (g->disorder > 0)
		time -= (int64_t)(unit(g, n, PLACE_DISORDER) * (double)g->disorder);
	if (unit(g, n, PLACE_LATE) < g->late_ratio)
		time -= g->late_by;
	return time;
}

/* Makes the text something that is no JSON any more, but still UTF-8. */
static void
damage(const Generator *g, int64_t n, StrBuf *text, size_t start)
{
	uint64_t r = generator_random(g->seed, n, PLACE_DAMAGE);
	size_t at = start + 1 + (size_t)(r >> 8) % (text->len - start - 1);
	char *colon = memchr(text->data + start, ':', text->len - start);

	if (r % 3 == 0 && colon != NULL)
		*colon = '=';
	else if (r % 3 == 1)
		str_append_char(text, '}');
	else
	{
		while (((unsigned char)text->data[at] & 0xc0) == 0x80)
			at--;
		text->len = at;
		text->data[at] = '\0';
	}
}

static void
make_message(const Generator *g, int64_t n, StrBuf *text)
{
	GeneratorMoment moment = {.seed = g->seed, .number = n, .time = event_time(g, n)};
	bool nulls = unit(g, n, PLACE_NULLS) < g->null_ratio;
	size_t start = text->len;
	bool first = true;

	str_append_char(text, '{');
	for (uint32_t c = 0; c < g->column_count; c++)
	{
		const GeneratorRule *rule = g->columns[c].rule;
		uint64_t place = PLACE_COLUMNS + 2 * (uint64_t)c;
		size_t before = text->len;

		if (!first)
			str_append_char(text, ',');
		str_append_json_string(text, str_from_cstr(g->columns[c].name));
		str_append_char(text, ':');
		if (nulls && !generator_rule_is_time(rule) && unit(g, n, place + 1) < 0.5)
			str_append_cstr(text, "null");
		else if (!generator_rule_make(rule, &moment, place, text))
		{
			text->len = before;
			text->data[before] = '\0';
			continue;
		}
		first = false;
	}
	str_append_char(text, '}');
	if (unit(g, n, PLACE_MALFORMED) < g->malformed_ratio)
		damage(g, n, text, start);
}

/* ---- the class ---- */

/* How many of the first n messages are in a partition. */
static int64_t
share(const Generator *g, int64_t n, int32_t partition)
{
	return n / g->partition_count + (partition < n % g->partition_count);
}

/* How many messages exist now; INT64_MAX without end. */
static int64_t
available(const Generator *g)
{
	int64_t limit = g->rows > 0 ? g->rows : INT64_MAX;
	int64_t elapsed;

	if (g->rows_per_second == 0)
		return limit;
	elapsed = clock_monotonic(g->clock) - g->opened;
	return Min(limit, Max(g->first, 0) + (int64_t)((double)elapsed * (double)g->rows_per_second / 1e6));
}

static bool
generator_open(const SourceOpen *open, Source **out, Error *err)
{
	Generator *g = mem_alloc_zero(sizeof *g);

	g->base.class = &generator_source_class;
	g->clock = open->clock;
	g->first = -1;
	arena_init(&g->arena, "generator");
	if (!read_options(g, open->stream, err))
	{
		arena_release(&g->arena);
		mem_free(g);
		return false;
	}
	g->partitions = ARENA_ARRAY_ZERO(&g->arena, GeneratorPartition, g->partition_count);
	g->opened = clock_monotonic(g->clock);
	*out = &g->base;
	return true;
}

static bool
generator_partition_count(Source *base, int32_t *count, Error *err)
{
	(void)err;
	*count = ((Generator *)base)->partition_count;
	return true;
}

static bool
generator_bounds(Source *base, int32_t partition, int64_t *low, int64_t *end, Error *err)
{
	Generator *g = (Generator *)base;

	(void)err;
	*low = 0;
	*end = share(g, g->rows > 0 ? g->rows : available(g), partition);
	return true;
}

static bool
generator_start_offset(Source *base, int32_t partition, int64_t *offset, Error *err)
{
	(void)base;
	(void)partition;
	(void)err;
	*offset = 0;
	return true;
}

static bool
generator_assign(Source *base, int32_t partition, int64_t offset, Error *err)
{
	Generator *g = (Generator *)base;
	int64_t number = offset * g->partition_count + partition;

	(void)err;
	g->partitions[partition].next = offset;
	g->first = g->first < 0 ? number : Min(g->first, number);
	return true;
}

static GeneratorBatch *
take_batch(GeneratorPartition *p, uint32_t max)
{
	GeneratorBatch *batch = p->spare;

	p->spare = NULL;
	if (batch == NULL)
		batch = mem_alloc_zero(sizeof *batch);
	if (batch->capacity < max)
	{
		batch->messages = mem_realloc(batch->messages, max * sizeof *batch->messages);
		batch->capacity = max;
	}
	str_clear(&batch->text);
	return batch;
}

static void
free_batch(GeneratorBatch *batch)
{
	if (batch == NULL)
		return;
	str_free(&batch->text);
	mem_free(batch->messages);
	mem_free(batch);
}

/* The texts are made first: the buffer may move while it grows. */
static void
make_messages(const Generator *g, int32_t partition, int64_t first, uint32_t n, GeneratorBatch *batch)
{
	const char *p;

	for (uint32_t i = 0; i < n; i++)
	{
		size_t start = batch->text.len;

		make_message(g, (first + i) * g->partition_count + partition, &batch->text);
		batch->messages[i] =
			(Message){.value_len = batch->text.len - start, .offset = first + i, .timestamp = INT64_MIN};
	}
	p = batch->text.data;
	for (uint32_t i = 0; i < n; i++)
	{
		batch->messages[i].value = p;
		p += batch->messages[i].value_len;
	}
}

static PollStatus
generator_poll(Source *base, int32_t partition, uint32_t max, MessageBatch *out, Error *err)
{
	Generator *g = (Generator *)base;
	GeneratorPartition *p = &g->partitions[partition];
	int64_t end = share(g, available(g), partition);
	uint32_t n = p->next < end ? (uint32_t)Min((int64_t)max, end - p->next) : 0;
	GeneratorBatch *batch;

	(void)err;
	*out = (MessageBatch){.next_offset = p->next};
	if (n == 0)
		return POLL_END;
	batch = take_batch(p, max);
	make_messages(g, partition, p->next, n, batch);
	p->next += n;
	*out = (MessageBatch){.n = n, .messages = batch->messages, .next_offset = p->next, .native = batch};
	return POLL_MESSAGES;
}

static void
generator_release(Source *base, int32_t partition, MessageBatch *released)
{
	GeneratorPartition *p = &((Generator *)base)->partitions[partition];

	if (released->native != NULL)
	{
		free_batch(p->spare);
		p->spare = released->native;
	}
	*released = (MessageBatch){0};
}

static void
generator_close(Source *base)
{
	Generator *g = (Generator *)base;

	for (int32_t i = 0; i < g->partition_count; i++)
		free_batch(g->partitions[i].spare);
	arena_release(&g->arena);
	mem_free(g);
}

static bool
generator_check(const StreamDef *stream, Error *err)
{
	Generator g = {0};
	bool ok;

	if (stream->format == NULL || (strcmp(stream->format->name, "json") != 0 && !is_raw(stream)))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "connector \"generator\" makes JSON: use format = 'json' or 'raw'");
	if (options_find(&stream->options, "rows") == NULL &&
		(stream->is_table || options_find(&stream->options, "rows_per_second") == NULL))
		return error_set(err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND, NO_POSITION,
						 stream->is_table ? "option \"rows\" is required"
										  : "option \"rows\" or \"rows_per_second\" is required");
	arena_init(&g.arena, "generator options");
	ok = read_options(&g, stream, err);
	arena_release(&g.arena);
	return ok;
}

#define RATIO(option, text)                                                                                  \
	{                                                                                                        \
		.name = option, .type = OPTION_DOUBLE, .default_text = "0", .minimum = 0, .maximum = 1, .help = text \
	}

static const OptionInfo generator_options[] = {
	{.name = "rows",
	 .type = OPTION_INTEGER,
	 .minimum = 1,
	 .maximum = INT64_MAX,
	 .help = "number of messages; unset: without end"},
	{.name = "rows_per_second",
	 .type = OPTION_INTEGER,
	 .minimum = 1,
	 .maximum = INT64_C(1000000000),
	 .help = "how fast messages come; unset: as fast as they are read"},
	{.name = "partitions",
	 .type = OPTION_INTEGER,
	 .default_text = "1",
	 .minimum = 1,
	 .maximum = 100000,
	 .help = "number of partitions"},
	{.name = "seed",
	 .type = OPTION_INTEGER,
	 .default_text = "1",
	 .minimum = INT64_MIN,
	 .maximum = INT64_MAX,
	 .help = "the same seed makes the same messages"},
	{.name = "start_time",
	 .type = OPTION_TEXT,
	 .default_text = "2026-01-01 00:00:00+00",
	 .help = "event time of the first message"},
	{.name = "time_step",
	 .type = OPTION_INTERVAL,
	 .default_text = "10 ms",
	 .minimum = 0,
	 .maximum = INT64_C(86400000000),
	 .help = "event time between two messages"},
	{.name = "disorder",
	 .type = OPTION_INTERVAL,
	 .default_text = "0",
	 .minimum = 0,
	 .maximum = INT64_C(86400000000),
	 .help = "event times are earlier by a random time below this"},
	{.name = "late_by",
	 .type = OPTION_INTERVAL,
	 .default_text = "10 min",
	 .minimum = 0,
	 .maximum = INT64_C(31536000000000),
	 .help = "how much earlier the event times of late messages are"},
	RATIO("late_ratio", "share of late messages"),
	RATIO("malformed_ratio", "share of messages that are no JSON"),
	RATIO("null_ratio", "share of messages in which half of the values, times excepted, are null"),
	{.name = "column.*", .type = OPTION_TEXT, .help = "rule of a column, such as uniform(1, 100). Rules:"
#define GENERATOR_RULE(name, min_args, max_args, prepare, make) " " name
#include "connectors/generator_rule_list.h"
#undef GENERATOR_RULE
	},
};

const SourceClass generator_source_class = {
	.info =
		{
			.name = "generator",
			.kind = CONNECTOR_SOURCE,
			.options = generator_options,
			.option_count = lengthof(generator_options),
			.bounded = true,
			.check_stream = generator_check,
		},
	.open = generator_open,
	.partition_count = generator_partition_count,
	.bounds = generator_bounds,
	.start_offset = generator_start_offset,
	.assign = generator_assign,
	.poll = generator_poll,
	.release = generator_release,
	.close = generator_close,
	.makes_up = true,
};
