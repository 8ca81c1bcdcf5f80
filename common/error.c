/*
 * error.c: filling and releasing Error values (contract in error.h).
 */
#include "common/error.h"

#include "common/memory.h"
#include "common/str.h"

enum
{
	REASON_MAX = 1000 /* bytes */
};

static const char *const sqlstate_codes[] = {
#define SQLSTATE(name, code) code,
#include "common/sqlstate_list.h"
#undef SQLSTATE
};

const char *
sqlstate_code(SqlStateName state)
{
	assert(state < SQLSTATE_COUNT);
	return sqlstate_codes[state];
}

SqlStateName
sqlstate_find(const char *code, SqlStateName otherwise)
{
	for (size_t i = 0; i < lengthof(sqlstate_codes); i++)
		if (strcmp(sqlstate_codes[i], code) == 0)
			return (SqlStateName)i;
	return otherwise;
}

static char *
format_text(const char *fmt, va_list args)
{
	StrBuf text = {0};

	str_vappendf(&text, fmt, args);
	return text.data;
}

bool
error_set(Error *err, SqlStateName state, int position, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return false;
	error_clear(err);
	err->set = true;
	err->state = state;
	err->position = position;
	va_start(args, fmt);
	err->message = format_text(fmt, args);
	va_end(args);
	return false;
}

static void
replace_text(char **slot, const char *fmt, va_list args)
{
	mem_free(*slot);
	*slot = format_text(fmt, args);
}

bool
error_detail(Error *err, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return false;
	va_start(args, fmt);
	replace_text(&err->detail, fmt, args);
	va_end(args);
	return false;
}

bool
error_hint(Error *err, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return false;
	va_start(args, fmt);
	replace_text(&err->hint, fmt, args);
	va_end(args);
	return false;
}

bool
error_context(Error *err, const char *fmt, ...)
{
	StrBuf text = {0};
	va_list args;

	if (err == NULL)
		return false;
	if (err->context != NULL)
	{
		str_append_cstr(&text, err->context);
		str_append_char(&text, '\n');
	}
	va_start(args, fmt);
	str_vappendf(&text, fmt, args);
	va_end(args);
	mem_free(err->context);
	err->context = text.data;
	return false;
}

void
error_clear(Error *err)
{
	mem_free(err->message);
	mem_free(err->detail);
	mem_free(err->hint);
	mem_free(err->context);
	*err = (Error){.position = NO_POSITION};
}

void
error_append_reason(const Error *err, StrBuf *out)
{
	size_t start = out->len;
	size_t len = REASON_MAX;

	str_append_cstr(out, err->message);
	if (err->detail != NULL)
		str_appendf(out, ": %s", err->detail);
	if (out->len - start <= REASON_MAX)
		return;
	/* at a character's beginning */
	while (len > 0 && ((unsigned char)out->data[start + len] & 0xc0) == 0x80)
		len--;
	out->len = start + len;
	str_append_cstr(out, "...");
}

void
error_move(Error *to, Error *from)
{
	assert(!to->set);
	*to = *from;
	*from = (Error){.position = NO_POSITION};
}
