/*
 * json_decoder.c: JSON messages to columns: projecting, guided by the schema, strict.
 *
 * The idea: messages are taken in chunks that stay in the cache. First each message of the chunk is scanned
 * whole (json_match.h), which leaves one token per wanted place; then the tokens are converted column by
 * column (json_convert.h), so that each loop does one thing for many rows.
 *
 * It does not build a document, and it does not convert what the plan does not ask for.
 */
#include "connectors/json_decoder.h"

#include "common/memory.h"
#include "connectors/json_convert.h"
#include "connectors/json_match.h"

enum
{
	CHUNK = 64,     /* messages whose tokens are kept at once */
	KEY_SHOWN = 100 /* bytes of a key that no column has */
};

typedef struct JsonDecoder
{
	Decoder base;
	FieldDecode fields;
	JsonPaths paths;
	JsonMatch match;
	JsonToken *tokens; /* [CHUNK][stride] */
	int stride;        /* the slots, and one for what nobody wants */
	JsonConvert convert;
	Arena arena;
} JsonDecoder;

/* ---- scanning ---- */

/* Whether what the message is could have a wanted place inside. */
static bool
is_record(const JsonDecoder *d, const Message *m)
{
	const JsonNode *root = d->paths.root;
	const char *p = json_skip_blanks(m->value, m->value + m->value_len);

	return *p == '{' || root->slot != JSON_NO_SLOT || (*p == '[' && root->has_elements);
}

static void
report_malformed(JsonDecoder *d, uint32_t message)
{
	SqlStateName state;
	const char *text = json_fault_text(&d->match.scan, &state, d->fields.out->arena);

	field_decode_malformed(&d->fields, message, NULL, state, text);
}

/* The key as a dead letter names it: its first characters. */
static const char *
short_name(StrView key, Arena *arena)
{
	size_t len = Min(key.len, (size_t)KEY_SHOWN);

	while (len < key.len && len > 0 && ((unsigned char)key.data[len] & 0xc0) == 0x80)
		len--;
	return arena_strndup(arena, key.data, len);
}

static void
report_unknown(JsonDecoder *d, uint32_t message)
{
	Arena *arena = d->fields.out->arena;
	const char *name = short_name(d->match.unknown, arena);

	field_decode_malformed(
		&d->fields, message, name, SQLSTATE_UNDEFINED_COLUMN,
		arena_printf(arena, "field \"%s\" is not a column of \"%s\"", name, d->fields.stream->name));
}

/* Scans one message; true: it is a row, and its tokens are set. */
static bool
scan_message(JsonDecoder *d, uint32_t message, JsonToken *tokens)
{
	const Message *m = &d->fields.messages[message];

	if (unlikely(!field_decode_accepts(&d->fields, message)))
		return false;
	d->match.tokens = tokens;
	if (unlikely(!json_match(&d->match, &d->paths, (StrView){m->value, m->value_len})))
	{
		report_malformed(d, message);
		return false;
	}
	if (unlikely(!is_record(d, m)))
	{
		field_decode_malformed(&d->fields, message, NULL, SQLSTATE_INVALID_PARAMETER_VALUE,
							   "message is not a JSON object");
		return false;
	}
	if (unlikely(d->match.unknown.data != NULL))
	{
		report_unknown(d, message);
		return false;
	}
	return true;
}

/* ---- chunks ---- */

/* Converts the rows from first on, whose tokens are at hand. */
static void
convert_chunk(JsonDecoder *d, uint32_t first)
{
	JsonTokens tokens = {.stride = d->stride, .first = first, .n = d->fields.out->n - first};

	for (uint32_t f = 0; f < d->fields.field_count; f++)
	{
		if (d->fields.fields[f].origin != COLUMN_FIELD)
			continue;
		tokens.tokens = d->tokens + d->paths.field_slots[f];
		json_convert_field(&d->convert, f, &tokens);
	}
}

/* Scans messages [from, to), at most CHUNK of them, and converts those that are rows. */
static void
decode_chunk(JsonDecoder *d, uint32_t from, uint32_t to)
{
	JsonToken *tokens = d->tokens;
	uint32_t first = d->fields.out->n;

	for (uint32_t message = from; message < to; message++)
	{
		if (likely(scan_message(d, message, tokens)))
		{
			(void)field_decode_row(&d->fields, message);
			tokens += d->stride;
		}
	}
	convert_chunk(d, first);
}

/* ---- the class ---- */

static void
json_decode(Decoder *base, const Message *messages, uint32_t n, int32_t partition, Batch *out,
			DecodeResult *result)
{
	JsonDecoder *d = (JsonDecoder *)base;

	assert(n <= BATCH_ROWS);
	field_decode_begin(&d->fields, messages, partition, out, result);
	field_decode_rows_done(&d->fields);
	d->match.arena = out->arena;
	for (uint32_t from = 0; from < n; from += CHUNK)
		decode_chunk(d, from, Min(from + CHUNK, n));
	field_decode_metadata(&d->fields);
	field_decode_finish(&d->fields);
}

static bool
json_open(const DecoderOpen *open, Decoder **out, Error *err)
{
	JsonDecoder *d = mem_alloc_zero(sizeof *d);
	const char *unknown = options_text(&open->stream->options, "unknown_fields");

	(void)err;
	d->base.class = &json_format_class;
	arena_init(&d->arena, "JSON decoder");
	field_decode_open(&d->fields, open, &d->arena);
	json_paths_build(open->stream, open->fields, open->field_count, &d->arena, &d->paths);
	d->match.watch_unknown = unknown != NULL && strcmp(unknown, "error") == 0;
	d->stride = d->paths.slot_count + 1;
	d->tokens = ARENA_ARRAY(&d->arena, JsonToken, CHUNK * d->stride);
	d->convert.fields = &d->fields;
	*out = &d->base;
	return true;
}

static void
json_close(Decoder *base)
{
	JsonDecoder *d = (JsonDecoder *)base;

	arena_release(&d->arena);
	mem_free(d);
}

static const OptionInfo json_options[] = {
	{.name = "unknown_fields",
	 .type = OPTION_ENUM,
	 .default_text = "ignore",
	 .choices = "ignore|error",
	 .help = "whether a message with a key that no column reads is a dead letter"},
	MAX_MESSAGE_BYTES_OPTION,
};

const FormatClass json_format_class = {
	.info =
		{
			.name = "json",
			.kind = CONNECTOR_FORMAT,
			.options = json_options,
			.option_count = lengthof(json_options),
			.nested = true,
		},
	.open = json_open,
	.decode = json_decode,
	.close = json_close,
};
