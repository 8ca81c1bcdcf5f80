/*
 * json_decoder.c: JSON messages to columns: projecting, guided by the schema, strict.
 *
 * The idea: messages are taken in chunks that stay in the cache. First each message of the chunk is scanned
 * whole (json_match.c), which leaves one token per wanted place; then the tokens are converted column by
 * column, each column by a loop for its type. The loops know the usual spelling only; everything else (null,
 * missing, strings for numbers, odd forms) goes through field_decode.c, value by value, with the type's own
 * text input, so a value means what it means to PostgreSQL's jsonb_to_record().
 *
 * It does not build a document, and it does not convert what the plan does not ask for.
 */
#include "connectors/json_decoder.h"

#include "common/types/float.h"
#include "common/types/integer.h"
#include "common/types/jsonb.h"
#include "common/types/numeric.h"
#include "common/types/timestamp.h"
#include "common/types/uuid.h"
#include "common/memory.h"
#include "connectors/field_decode.h"
#include "connectors/json_match.h"
#include "connectors/json_number.h"

enum
{
	CHUNK = 64 /* messages whose tokens are kept at once */
};

typedef struct JsonDecoder
{
	Decoder base;
	FieldDecode fields;
	JsonPaths paths;
	JsonMatch match;
	JsonToken *tokens; /* [CHUNK][slot_count] */
	IsoDateCache dates;
	Arena arena;
} JsonDecoder;

/* The tokens of one column in the chunk: rows [first, first + n) of the batch. */
typedef struct TokenColumn
{
	JsonDecoder *decoder;
	uint32_t field;
	uint32_t first;
	uint32_t n;
	const JsonToken *tokens;
	int stride;
} TokenColumn;

static inline StrView
token_view(const JsonToken *t)
{
	return (StrView){t->start, t->len};
}

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

static void
report_unknown(JsonDecoder *d, uint32_t message)
{
	Arena *arena = d->fields.out->arena;
	const char *name = arena_strndup(arena, d->match.unknown.data, Min(d->match.unknown.len, 100));

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

/* ---- the long way for one value ---- */

/* A container, or a number with an exponent, as jsonb spells it. */
static void
convert_canonical(JsonDecoder *d, uint32_t field, uint32_t row, StrView json)
{
	Arena *arena = d->fields.out->arena;
	Error err = {0};
	Text text;

	if (!jsonb_parse(json, &text, arena, &err))
		field_decode_fail(&d->fields, field, row, &err);
	else if (d->fields.fields[field].type.id == TYPE_JSONB)
		COLUMN_DATA(&d->fields.out->columns[field], Text)[row] = text;
	else
		field_decode_text(&d->fields, field, row, text_view(text));
}

static void
convert_string(JsonDecoder *d, uint32_t field, uint32_t row, const JsonToken *t)
{
	Error err = {0};
	StrView text;

	if (json_unescape(t, d->fields.out->arena, &text))
		field_decode_text(&d->fields, field, row, text);
	else
	{
		error_set(&err, SQLSTATE_UNTRANSLATABLE_CHARACTER, NO_POSITION,
				  "unsupported Unicode escape sequence: \\u0000 cannot be converted to text");
		field_decode_fail(&d->fields, field, row, &err);
	}
}

/* Whether jsonb would spell the number in the same way. */
static bool
is_canonical_number(const JsonToken *t)
{
	return !t->special || (memchr(t->start, 'e', t->len) == NULL && memchr(t->start, 'E', t->len) == NULL &&
						   !(t->start[0] == '-' && t->start[1] == '0'));
}

static void
convert_value(JsonDecoder *d, uint32_t field, uint32_t row, const JsonToken *t)
{
	const DecodeField *f = &d->fields.fields[field];
	bool jsonb = f->type.id == TYPE_JSONB && f->form == FIELD_VALUE;

	switch ((JsonKind)t->kind)
	{
		case JSON_TOKEN_MISSING: field_decode_missing(&d->fields, field, row); break;
		case JSON_TOKEN_NULL: field_decode_null(&d->fields, field, row); break;
		case JSON_TOKEN_STRING:
			if (jsonb)
				convert_canonical(d, field, row, (StrView){t->start - 1, (size_t)t->len + 2});
			else
				convert_string(d, field, row, t);
			break;
		case JSON_TOKEN_NUMBER:
			if (jsonb || !is_canonical_number(t))
				convert_canonical(d, field, row, token_view(t));
			else
				field_decode_text(&d->fields, field, row, token_view(t));
			break;
		case JSON_TOKEN_FALSE:
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_OBJECT:
		case JSON_TOKEN_ARRAY: convert_canonical(d, field, row, token_view(t)); break;
	}
}

/* ---- loops, one per type; each takes the usual form itself ---- */

static inline const JsonToken *
token_at(const TokenColumn *c, uint32_t i)
{
	return c->tokens + (size_t)i * (size_t)c->stride;
}

/* Where the message of a row ends. */
static inline const char *
message_end(const TokenColumn *c, uint32_t i)
{
	const FieldDecode *d = &c->decoder->fields;
	const Message *m = &d->messages[d->out->message_index[c->first + i]];

	return m->value + m->value_len;
}

static void
convert_slow(const TokenColumn *c, uint32_t i)
{
	convert_value(c->decoder, c->field, c->first + i, token_at(c, i));
}

/* Field by field into the array: putting a Text together first and copying it would stall on its parts. */
static inline void
put_text(Text *out, const char *data, uint32_t len)
{
	out->len = len;
	out->data = data;
	if (likely(len >= sizeof out->prefix))
	{
		memcpy(out->prefix, data, sizeof out->prefix);
		return;
	}
	memset(out->prefix, 0, sizeof out->prefix);
	for (uint32_t i = 0; i < len; i++)
		out->prefix[i] = data[i];
}

static void
convert_text(const TokenColumn *c, Column *column, const DecodeField *field)
{
	Text *out = (Text *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (likely(t->kind == JSON_TOKEN_STRING && !t->special))
			put_text(&out[i], t->start, t->len);
		else
			convert_slow(c, i);
	}
}

/* Signed and other short integers too. */
static inline bool
take_integer(const JsonToken *t, const char *end, int64_t *out)
{
	return likely(json_plain_integer(t, end, out)) ||
		   (t->kind == JSON_TOKEN_NUMBER && bigint_parse_fast(token_view(t), out));
}

static void
convert_integer(const TokenColumn *c, Column *column, const DecodeField *field)
{
	int32_t *out = (int32_t *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		int64_t value;

		if (likely(take_integer(t, message_end(c, i), &value) && value == (int32_t)value))
			out[i] = (int32_t)value;
		else
			convert_slow(c, i);
	}
}

static void
convert_bigint(const TokenColumn *c, Column *column, const DecodeField *field)
{
	int64_t *out = (int64_t *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(!take_integer(t, message_end(c, i), &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_double(const TokenColumn *c, Column *column, const DecodeField *field)
{
	double *out = (double *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(t->kind != JSON_TOKEN_NUMBER || !double_parse_fast(token_view(t), &out[i])))
			convert_slow(c, i);
	}
}

/* Brings a decimal to the column's scale; false: the general rounding and checking must do it. */
static inline bool
fit_numeric(Numeric *n, int precision, int scale)
{
	int more = scale - n->dscale;
	int128 coefficient;

	if (unlikely(more < 0 || more > 18 || precision > NUMERIC_SMALL_DIGITS))
		return false;
	coefficient = more == 0 ? n->small : n->small * (int128)numeric_power_of_10[more];
	if (unlikely(coefficient >= (int128)numeric_power_of_10[precision] ||
				 coefficient <= -(int128)numeric_power_of_10[precision]))
		return false;
	*n = numeric_small(coefficient, scale);
	return true;
}

static inline bool
take_numeric(const JsonToken *t, const char *end, Numeric *out)
{
	int64_t coefficient;
	int scale;

	if (unlikely(!json_plain_decimal(t, end, &coefficient, &scale)))
		return t->kind == JSON_TOKEN_NUMBER && numeric_parse_fast(token_view(t), out);
	*out = numeric_small(coefficient, scale);
	return true;
}

static void
convert_numeric(const TokenColumn *c, Column *column, const DecodeField *field)
{
	Numeric *out = (Numeric *)column->data + c->first;
	bool modified = field->type.modifier != NO_MODIFIER;
	int precision = NUMERIC_MODIFIER_PRECISION(field->type.modifier);
	int scale = NUMERIC_MODIFIER_SCALE(field->type.modifier);

	for (uint32_t i = 0; i < c->n; i++)
	{
		if (unlikely(!take_numeric(token_at(c, i), message_end(c, i), &out[i]) ||
					 (modified && !fit_numeric(&out[i], precision, scale))))
			convert_slow(c, i);
	}
}

static void
convert_boolean(const TokenColumn *c, Column *column, const DecodeField *field)
{
	bool *out = (bool *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (likely(t->kind == JSON_TOKEN_TRUE || t->kind == JSON_TOKEN_FALSE))
			out[i] = t->kind == JSON_TOKEN_TRUE;
		else
			convert_slow(c, i);
	}
}

/* The simple ISO form; without a zone only where the session's zone is UTC. */
static bool
parse_timestamptz(JsonDecoder *d, const JsonToken *t, int64_t *out)
{
	bool has_zone;

	return timestamp_parse_iso(token_view(t), &d->dates, &has_zone, out) &&
		   (has_zone || d->fields.context->zone == NULL);
}

/* Modifiers (fraction digits) and numbers since 1970 go the long way, as does what is not ISO. */
static void
convert_timestamptz(const TokenColumn *c, Column *column, const DecodeField *field)
{
	int64_t *out = (int64_t *)column->data + c->first;
	bool usual = field->timestamp_format == TIMESTAMP_ISO8601 && field->type.modifier == NO_MODIFIER;

	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(!usual || t->kind != JSON_TOKEN_STRING || t->special ||
					 !parse_timestamptz(c->decoder, t, &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_timestamp(const TokenColumn *c, Column *column, const DecodeField *field)
{
	int64_t *out = (int64_t *)column->data + c->first;
	bool usual = field->timestamp_format == TIMESTAMP_ISO8601 && field->type.modifier == NO_MODIFIER;

	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(!usual || t->kind != JSON_TOKEN_STRING || t->special ||
					 !timestamp_parse_iso_local(token_view(t), &c->decoder->dates, &out[i])))
			convert_slow(c, i);
	}
}

/*
 * Eight hexadecimal digits as four bytes, all at once: every byte of the word is folded to lower case,
 * compared with the ends of its range, and made a nibble. The top bits of *bad tell where one is no digit.
 * Little endian.
 */
static inline uint32_t
hex8(uint64_t text, uint64_t *bad)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = 0x80 * ones;
	uint64_t letter = text >> 6 & ones;
	uint64_t folded = text | letter << 5;
	uint64_t first = 0x30 * ones + letter * ('a' - '0');
	uint64_t last = 0x39 * ones + letter * ('f' - '9');
	uint64_t nibbles = (folded & 0x0f * ones) + letter * 9;

	*bad |= text | (((folded | tops) - first) ^ tops) | (((last | tops) - folded) ^ tops);
	nibbles = (nibbles << 4 | nibbles >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	nibbles = (nibbles | nibbles >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(nibbles | nibbles >> 16);
}

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx and nothing else. */
static bool
parse_uuid(const JsonToken *t, Uuid *out)
{
	const char *p = t->start;
	uint64_t words[4];
	uint64_t bad = 0;

	if (t->len != UUID_TEXT_LEN || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
		return false;
	memcpy(&words[0], p, 8);
	memcpy(&words[1], p + 9, 4);
	memcpy((char *)&words[1] + 4, p + 14, 4);
	memcpy(&words[2], p + 19, 4);
	memcpy((char *)&words[2] + 4, p + 24, 4);
	memcpy(&words[3], p + 28, 8);
	for (int i = 0; i < 4; i++)
	{
		uint32_t bytes = hex8(words[i], &bad);

		memcpy(out->bytes + 4 * i, &bytes, 4);
	}
	return (bad & UINT64_C(0x8080808080808080)) == 0;
}

static void
convert_uuid(const TokenColumn *c, Column *column, const DecodeField *field)
{
	Uuid *out = (Uuid *)column->data + c->first;

	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(t->kind != JSON_TOKEN_STRING || t->special || !parse_uuid(t, &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_other(const TokenColumn *c, Column *column, const DecodeField *field)
{
	(void)column;
	(void)field;
	for (uint32_t i = 0; i < c->n; i++)
		convert_slow(c, i);
}

typedef void (*TokenLoop)(const TokenColumn *c, Column *column, const DecodeField *field);

static TokenLoop
loop_of(TypeId type)
{
	static const TokenLoop loops[TYPE_COUNT] = {
		[TYPE_TEXT] = convert_text,           [TYPE_INTEGER] = convert_integer,
		[TYPE_BIGINT] = convert_bigint,       [TYPE_DOUBLE] = convert_double,
		[TYPE_NUMERIC] = convert_numeric,     [TYPE_BOOLEAN] = convert_boolean,
		[TYPE_TIMESTAMP] = convert_timestamp, [TYPE_TIMESTAMPTZ] = convert_timestamptz,
		[TYPE_UUID] = convert_uuid,
	};

	return loops[type] != NULL ? loops[type] : convert_other;
}

static void
convert_chunk(JsonDecoder *d, uint32_t first)
{
	Batch *out = d->fields.out;

	for (uint32_t f = 0; f < d->fields.field_count; f++)
	{
		const DecodeField *field = &d->fields.fields[f];
		TokenColumn c = {
			.decoder = d,
			.field = f,
			.first = first,
			.n = out->n - first,
			.tokens = d->tokens + d->paths.field_slots[f],
			.stride = d->paths.slot_count,
		};

		if (field->origin == COLUMN_FIELD)
			loop_of(field->type.id)(&c, &out->columns[f], field);
	}
}

/* ---- the class ---- */

static void
json_decode(Decoder *base, const Message *messages, uint32_t n, int32_t partition, Batch *out,
			DecodeResult *result)
{
	JsonDecoder *d = (JsonDecoder *)base;
	uint32_t message = 0;

	assert(n <= BATCH_ROWS);
	field_decode_begin(&d->fields, messages, partition, out, result);
	field_decode_rows_done(&d->fields);
	d->match.arena = out->arena;
	while (message < n)
	{
		uint32_t end = Min(message + CHUNK, n);
		uint32_t first = out->n;
		JsonToken *tokens = d->tokens;

		for (; message < end; message++)
		{
			if (likely(scan_message(d, message, tokens)))
			{
				(void)field_decode_row(&d->fields, message);
				tokens += d->paths.slot_count;
			}
		}
		convert_chunk(d, first);
	}
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
	d->tokens = ARENA_ARRAY(&d->arena, JsonToken, CHUNK * Max(d->paths.slot_count, 1));
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
