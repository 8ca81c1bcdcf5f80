/*
 * json_convert.c: from tokens to column elements (contract in json_convert.h).
 */
#include "connectors/json_convert.h"

#include "common/types/float.h"
#include "common/types/integer.h"
#include "common/types/jsonb.h"
#include "common/types/numeric.h"
#include "common/types/uuid.h"
#include "connectors/json_number.h"

static inline StrView
token_view(const JsonToken *t)
{
	return (StrView){t->start, t->len};
}

/* ---- the long way for one value ---- */

/* A container, or a number with an exponent, as jsonb spells it. */
static void
convert_canonical(JsonConvert *c, uint32_t field, uint32_t row, StrView json)
{
	Arena *arena = c->fields->out->arena;
	Error err = {0};
	Text text;

	if (!jsonb_parse(json, &text, arena, &err))
		field_decode_fail(c->fields, field, row, &err);
	else if (c->fields->fields[field].type.id == TYPE_JSONB)
		COLUMN_DATA(&c->fields->out->columns[field], Text)[row] = text;
	else
		field_decode_text(c->fields, field, row, text_view(text));
}

static void
convert_string(JsonConvert *c, uint32_t field, uint32_t row, const JsonToken *t)
{
	Error err = {0};
	StrView text;

	if (json_unescape(t, c->fields->out->arena, &text))
		field_decode_text(c->fields, field, row, text);
	else
	{
		error_set(&err, SQLSTATE_UNTRANSLATABLE_CHARACTER, NO_POSITION,
				  "unsupported Unicode escape sequence");
		error_detail(&err, "\\u0000 cannot be converted to text.");
		field_decode_fail(c->fields, field, row, &err);
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
convert_value(JsonConvert *c, uint32_t field, uint32_t row, const JsonToken *t)
{
	const DecodeField *f = &c->fields->fields[field];
	bool jsonb = f->type.id == TYPE_JSONB && f->form == FIELD_VALUE;

	switch ((JsonKind)t->kind)
	{
		case JSON_TOKEN_MISSING: field_decode_missing(c->fields, field, row); break;
		case JSON_TOKEN_NULL: field_decode_null(c->fields, field, row); break;
		case JSON_TOKEN_STRING:
			if (jsonb)
				convert_canonical(c, field, row, (StrView){t->start - 1, (size_t)t->len + 2});
			else
				convert_string(c, field, row, t);
			break;
		case JSON_TOKEN_NUMBER:
			if (jsonb || !is_canonical_number(t))
				convert_canonical(c, field, row, token_view(t));
			else
				field_decode_text(c->fields, field, row, token_view(t));
			break;
		case JSON_TOKEN_FALSE:
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_OBJECT:
		case JSON_TOKEN_ARRAY: convert_canonical(c, field, row, token_view(t)); break;
	}
}

/* ---- loops, one per type; each takes the usual form itself ---- */

/* The tokens of a field and where its values go. */
typedef struct TokenColumn
{
	JsonConvert *convert;
	uint32_t field;
	const DecodeField *decl;
	const JsonTokens *tokens;
	const uint32_t *messages; /* of row tokens->first and on */
} TokenColumn;

typedef void (*TokenLoop)(const TokenColumn *c, Column *column);

static inline const JsonToken *
token_at(const TokenColumn *c, uint32_t i)
{
	return c->tokens->tokens + (size_t)i * (size_t)c->tokens->stride;
}

/* Where the message of a row ends. */
static inline const char *
message_end(const TokenColumn *c, uint32_t i)
{
	const Message *m = &c->convert->fields->messages[c->messages[i]];

	return m->value + m->value_len;
}

static void
convert_slow(const TokenColumn *c, uint32_t i)
{
	convert_value(c->convert, c->field, c->tokens->first + i, token_at(c, i));
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
convert_text(const TokenColumn *c, Column *column)
{
	Text *out = (Text *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
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
convert_integer(const TokenColumn *c, Column *column)
{
	int32_t *out = (int32_t *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		int64_t value;

		if (likely(take_integer(token_at(c, i), message_end(c, i), &value) && value == (int32_t)value))
			out[i] = (int32_t)value;
		else
			convert_slow(c, i);
	}
}

static void
convert_bigint(const TokenColumn *c, Column *column)
{
	int64_t *out = (int64_t *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		if (unlikely(!take_integer(token_at(c, i), message_end(c, i), &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_double(const TokenColumn *c, Column *column)
{
	double *out = (double *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(t->kind != JSON_TOKEN_NUMBER || !double_parse_fast(token_view(t), &out[i])))
			convert_slow(c, i);
	}
}

/* Short decimals of any sign, rounded by the type's own rules. */
static bool
take_numeric(const TokenColumn *c, const JsonToken *t, Numeric *out)
{
	int32_t modifier = c->decl->type.modifier;

	return t->kind == JSON_TOKEN_NUMBER && numeric_parse_fast(token_view(t), out) &&
		   (modifier == NO_MODIFIER ||
			numeric_apply_modifier(modifier, out, c->convert->fields->out->arena, NULL));
}

/* numeric(p, s): first of all plain numbers that certainly fit and whose coefficient at scale s is an int64.
 */
static void
convert_numeric(const TokenColumn *c, Column *column)
{
	Numeric *out = (Numeric *)column->data + c->tokens->first;
	int32_t modifier = c->decl->type.modifier;
	int scale = NUMERIC_MODIFIER_SCALE(modifier);
	int whole_max = Min(NUMERIC_MODIFIER_PRECISION(modifier), JSON_DECIMAL_DIGITS) - scale;
	bool scaled = modifier != NO_MODIFIER && scale >= 0 && scale <= JSON_FRACTION_DIGITS;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		const JsonToken *t = token_at(c, i);
		int64_t coefficient;

		if (likely(scaled && json_plain_scaled(t, message_end(c, i), whole_max, scale, &coefficient)))
			out[i] = numeric_small(coefficient, scale);
		else if (unlikely(!take_numeric(c, t, &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_boolean(const TokenColumn *c, Column *column)
{
	bool *out = (bool *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (likely(t->kind == JSON_TOKEN_TRUE || t->kind == JSON_TOKEN_FALSE))
			out[i] = t->kind == JSON_TOKEN_TRUE;
		else
			convert_slow(c, i);
	}
}

/* The simple ISO forms; without a zone only where the session's zone is UTC. */
static inline bool
take_timestamptz(JsonConvert *c, const JsonToken *t, int64_t *out)
{
	bool has_zone;

	return likely(json_time(t->start, t->len, &c->minute, out)) ||
		   (timestamp_parse_iso(token_view(t), &c->dates, &has_zone, out) &&
			(has_zone || c->fields->context->zone == NULL));
}

static inline bool
take_timestamp(JsonConvert *c, const JsonToken *t, int64_t *out)
{
	return likely(json_time(t->start, t->len, &c->minute, out)) ||
		   timestamp_parse_iso_local(token_view(t), &c->dates, out);
}

/* Modifiers (fraction digits) and numbers since 1970 go the long way, as does what is not ISO. */
static void
convert_time(const TokenColumn *c, Column *column)
{
	int64_t *out = (int64_t *)column->data + c->tokens->first;
	bool usual = c->decl->timestamp_format == TIMESTAMP_ISO8601 && c->decl->type.modifier == NO_MODIFIER;
	bool zoned = column->type == TYPE_TIMESTAMPTZ;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(
				!usual || t->kind != JSON_TOKEN_STRING || t->special ||
				!(zoned ? take_timestamptz(c->convert, t, &out[i]) : take_timestamp(c->convert, t, &out[i]))))
			convert_slow(c, i);
	}
}

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx and nothing else. */
static inline bool
take_uuid(const JsonToken *t, Uuid *out)
{
	const char *p = t->start;
	char digits[32];

	if (t->len != UUID_TEXT_LEN || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
		return false;
	memcpy(digits, p, 8);
	memcpy(digits + 8, p + 9, 4);
	memcpy(digits + 12, p + 14, 4);
	memcpy(digits + 16, p + 19, 4);
	memcpy(digits + 20, p + 24, 12);
	return json_hex32(digits, out->bytes);
}

static void
convert_uuid(const TokenColumn *c, Column *column)
{
	Uuid *out = (Uuid *)column->data + c->tokens->first;

	for (uint32_t i = 0; i < c->tokens->n; i++)
	{
		const JsonToken *t = token_at(c, i);

		if (unlikely(t->kind != JSON_TOKEN_STRING || t->special || !take_uuid(t, &out[i])))
			convert_slow(c, i);
	}
}

static void
convert_other(const TokenColumn *c, Column *column)
{
	(void)column;
	for (uint32_t i = 0; i < c->tokens->n; i++)
		convert_slow(c, i);
}

void
json_convert_field(JsonConvert *convert, uint32_t field, const JsonTokens *tokens)
{
	static const TokenLoop loops[TYPE_COUNT] = {
		[TYPE_TEXT] = convert_text,      [TYPE_INTEGER] = convert_integer,  [TYPE_BIGINT] = convert_bigint,
		[TYPE_DOUBLE] = convert_double,  [TYPE_NUMERIC] = convert_numeric,  [TYPE_BOOLEAN] = convert_boolean,
		[TYPE_TIMESTAMP] = convert_time, [TYPE_TIMESTAMPTZ] = convert_time, [TYPE_UUID] = convert_uuid,
	};
	Batch *out = convert->fields->out;
	TokenColumn c = {
		.convert = convert,
		.field = field,
		.decl = &convert->fields->fields[field],
		.tokens = tokens,
		.messages = out->message_index + tokens->first,
	};
	TokenLoop loop = loops[c.decl->type.id];

	(loop != NULL ? loop : convert_other)(&c, &out->columns[field]);
}
