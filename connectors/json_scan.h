/*
 * json_scan.h: strict scanning of RFC 8259 JSON, token by token, without building anything.
 *
 * The idea: each function checks one thing at p completely and returns where it ends, or NULL with a fault
 * that says what and where, for which json_fault_text() later makes PostgreSQL's words. Strings are checked
 * for UTF-8, escapes and paired surrogates; what an escape means is only worked out by json_unescape(), for
 * the tokens that somebody wants. \u0000 is valid JSON; it just has no text.
 */
#ifndef WEIR_CONNECTORS_JSON_SCAN_H
#define WEIR_CONNECTORS_JSON_SCAN_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"
#include "connectors/json_vector.h"

enum
{
	JSON_MAX_DEPTH = 1000
};

typedef enum JsonKind
{
	JSON_TOKEN_MISSING,
	JSON_TOKEN_NULL,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_TRUE,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_STRING,
	JSON_TOKEN_OBJECT,
	JSON_TOKEN_ARRAY
} JsonKind;

/* A value as it stands in the message. Of a string, start and len leave out the quotes. */
typedef struct JsonToken
{
	const char *start;
	uint32_t len;
	uint8_t kind;
	bool special;  /* string: has escapes; number: is not plain, as json_plain_number() says */
	uint8_t whole; /* of a plain number: digits before the point */
} JsonToken;

typedef enum JsonFault
{
	JSON_FAULT_NONE,
	JSON_FAULT_EXPECTED, /* JsonScan.expected is what should stand at the place */
	JSON_FAULT_TOKEN,
	JSON_FAULT_CONTROL,
	JSON_FAULT_ESCAPE,
	JSON_FAULT_HEX,
	JSON_FAULT_HIGH_SURROGATE,
	JSON_FAULT_LOW_SURROGATE,
	JSON_FAULT_UTF8,
	JSON_FAULT_DEPTH
} JsonFault;

/* One message while it is scanned. Zero fault to start with. */
typedef struct JsonScan
{
	const char *begin;
	const char *end;
	JsonFault fault;
	const char *expected; /* "JSON value", "\",\" or \"}\"" … */
	const char *at;
} JsonScan;

/* Records a fault; NULL, so that it can be returned. */
static inline const char *
json_fault(JsonScan *s, JsonFault fault, const char *at)
{
	s->fault = fault;
	s->at = at;
	return NULL;
}

/* Records that something else should stand at a place: unless what stands there is a string with a fault of
 * its own, which PostgreSQL's lexer meets first. NULL. */
extern const char *json_expected(JsonScan *s, const char *what, const char *at);

static inline const char *
json_skip_blanks(const char *p, const char *end)
{
	while (p < end && unlikely((unsigned char)*p <= ' ') &&
		   (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* The rest of a string from a byte that is not plain; p is behind it. */
extern const char *json_scan_string_rest(JsonScan *s, const char *p, JsonToken *token);
/* Any number, or a fault. */
extern const char *json_scan_number_rest(JsonScan *s, const char *p, JsonToken *token);
/* true, false, null, or a fault. */
extern const char *json_scan_word(JsonScan *s, const char *p, JsonToken *token);
/* An object or array of any content, at a depth: only checked. */
extern const char *json_skip_container(JsonScan *s, const char *p, int depth);

/* From behind the opening quote to behind the closing one. */
static inline const char *
json_scan_string(JsonScan *s, const char *p, JsonToken *token)
{
	const char *q = json_plain_end(p, s->begin, s->end);

	token->kind = JSON_TOKEN_STRING;
	token->start = p;
	token->special = false;
	if (likely(q < s->end && *q == '"'))
	{
		token->len = (uint32_t)(q - p);
		return q + 1;
	}
	return json_scan_string_rest(s, q, token);
}

static inline const char *
json_scan_number(JsonScan *s, const char *p, JsonToken *token)
{
	token->kind = JSON_TOKEN_NUMBER;
	token->start = p;
	token->special = false;
	if (likely(json_plain_number(p, s->end, &token->len, &token->whole)))
		return p + token->len;
	return json_scan_number_rest(s, p, token);
}

/* A value that is not a container; for '{' and '[' NULL without a fault. p < end. */
static inline const char *
json_scan_scalar(JsonScan *s, const char *p, JsonToken *token)
{
	if (*p == '"')
		return json_scan_string(s, p + 1, token);
	if ((unsigned char)(*p - '0') <= 9 || *p == '-')
		return json_scan_number(s, p, token);
	if (*p == '{' || *p == '[')
		return NULL;
	return json_scan_word(s, p, token);
}

/*
 * The value of a string token without its escapes: a view into the message where there are none, else in the
 * arena. False: it contains \u0000, which no text can hold.
 */
extern bool json_unescape(const JsonToken *token, Arena *arena, StrView *out) WARN_UNUSED;

/* SQLSTATE and message of the fault. The text is in the arena. */
extern const char *json_fault_text(const JsonScan *s, SqlStateName *state, Arena *arena);

#endif
