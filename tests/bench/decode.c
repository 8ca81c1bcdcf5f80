/*
 * decode.c: how long the JSON decoder takes for one message; not a test.
 *
 * The idea: a batch of messages of the usual shape (7 fields, about 200 bytes) lies in memory and is decoded
 * over and over, with the whole schema, with four fields, and with none. Prints CPU nanoseconds per message,
 * the median of the runs.
 *
 * Use: build/bench/decode [runs]
 */
#include <stdio.h>
#include <time.h>

#include "common/arena.h"
#include "connectors/json_decoder.h"

enum
{
	MESSAGES = 2048,
	PASSES = 50,
	MAX_RUNS = 101
};

typedef struct Shape
{
	const char *title;
	const char *unit; /* "ns/message" for the figure that the goal is about */
	DecodeField fields[8];
	uint32_t count;
} Shape;

static PathStep paths[] = {{"event_id", 0}, {"user_id", 0}, {"campaign_id", 0}, {"event_type", 0},
						   {"amount", 0},   {"country", 0}, {"event_time", 0}};

#define FIELD(number, field, type_, modifier_)                                                     \
	{                                                                                              \
		.name = field, .type = {TYPE_##type_, modifier_}, .path_length = 1, .path = &paths[number] \
	}

static const Shape shapes[] = {
	{"7 of 7 fields",
	 "ns/message",
	 {FIELD(0, "event_id", UUID, NO_MODIFIER), FIELD(1, "user_id", BIGINT, NO_MODIFIER),
	  FIELD(2, "campaign_id", TEXT, NO_MODIFIER), FIELD(3, "event_type", TEXT, NO_MODIFIER),
	  FIELD(4, "amount", NUMERIC, NUMERIC_MODIFIER(12, 2)), FIELD(5, "country", TEXT, NO_MODIFIER),
	  FIELD(6, "event_time", TIMESTAMPTZ, NO_MODIFIER)},
	 7},
	{"4 of 7 fields",
	 "ns",
	 {FIELD(2, "campaign_id", TEXT, NO_MODIFIER), FIELD(3, "event_type", TEXT, NO_MODIFIER),
	  FIELD(4, "amount", NUMERIC, NUMERIC_MODIFIER(12, 2)), FIELD(6, "event_time", TIMESTAMPTZ, NO_MODIFIER)},
	 4},
	{"0 of 7 fields", "ns", {FIELD(0, "event_id", UUID, NO_MODIFIER)}, 0},
};

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
make_messages(Message *messages, Arena *arena, size_t *bytes)
{
	static const char *const types[] = {"view", "click", "purchase"};
	static const char *const countries[] = {"DE", "FR", "US", "JP"};
	uint64_t x = 42;

	*bytes = 0;
	for (int i = 0; i < MESSAGES; i++)
	{
		char *text;

		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		text = arena_printf(arena,
							"{\"event_id\":\"%08x-%04x-4%03x-8%03x-%012" PRIx64 "\",\"user_id\":%u,"
							"\"campaign_id\":\"campaign-%03u\",\"event_type\":\"%s\",\"amount\":%u.%02u,"
							"\"country\":\"%s\",\"event_time\":\"2026-11-22T%02d:%02d:%02d.%03uZ\"}",
							(uint32_t)(x >> 32), (uint32_t)(x >> 16 & 0xffff), (uint32_t)(x >> 20 & 0xfff),
							(uint32_t)(x >> 40 & 0xfff), x & UINT64_C(0xffffffffffff),
							(uint32_t)(x >> 33) % 1000000, (uint32_t)(x >> 34) % 1000, types[(x >> 35) % 3],
							(uint32_t)(x >> 36) % 500, (uint32_t)(x >> 37) % 100, countries[x >> 62],
							10 + i / 3600, i / 60 % 60, i % 60, (uint32_t)(x >> 38) % 1000);
		messages[i] = (Message){.value = text, .value_len = strlen(text), .offset = i};
		*bytes += strlen(text);
	}
}

static void
decode_all(Decoder *decoder, const Message *messages, Batch *batch, const Arena *kept)
{
	DecodeResult result;

	(void)kept;
	for (int i = 0; i < MESSAGES; i += BATCH_ROWS)
	{
		decoder->class->decode(decoder, messages + i, BATCH_ROWS, 0, batch, &result);
		if (result.bad_count > 0 || batch->n != BATCH_ROWS)
			abort();
		arena_reset(batch->arena);
	}
}

static int
compare_doubles(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void
run_shape(const Shape *shape, const Message *messages, int runs)
{
	static const StreamDef stream = {.name = "clicks"};
	TypeContext context = {0};
	DecoderOpen open = {
		.stream = &stream, .fields = shape->fields, .field_count = shape->count, .context = &context};
	TypeId types[8];
	Arena columns, rows;
	Decoder *decoder;
	Batch batch;
	double ns[MAX_RUNS];

	arena_init(&columns, "columns");
	arena_init(&rows, "batch");
	for (uint32_t f = 0; f < shape->count; f++)
		types[f] = shape->fields[f].type.id;
	batch_init(&batch, types, shape->count, &columns);
	batch.arena = &rows;
	if (!json_format_class.open(&open, &decoder, NULL))
		abort();
	for (int r = 0; r < runs; r++)
	{
		double start = cpu_seconds();

		for (int pass = 0; pass < PASSES; pass++)
			decode_all(decoder, messages, &batch, &columns);
		ns[r] = (cpu_seconds() - start) * 1e9 / (MESSAGES * PASSES);
	}
	qsort(ns, (size_t)runs, sizeof *ns, compare_doubles);
	printf("%s: least %.1f, median %.1f %s\n", shape->title, ns[0], ns[runs / 2], shape->unit);
	decoder->class->close(decoder);
	arena_release(&rows);
	arena_release(&columns);
}

int
main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 11;
	Message *messages = calloc(MESSAGES, sizeof *messages);
	Arena arena;
	size_t bytes;

	arena_init(&arena, "messages");
	make_messages(messages, &arena, &bytes);
	printf("%d messages of %.0f bytes\n", MESSAGES, (double)bytes / MESSAGES);
	for (size_t i = 0; i < lengthof(shapes); i++)
		run_shape(&shapes[i], messages, Max(1, Min(runs, MAX_RUNS)));
	arena_release(&arena);
	free(messages);
	return 0;
}
