/*
 * text_like.c: LIKE (contract in text.h).
 *
 * The idea: a mismatch after a '%' lets that '%' swallow one more character. Only the last '%' needs to be
 * remembered: if the text ends before the pattern does, no earlier one could help. Everything but '_' and
 * what
 * '%' swallows is compared by bytes.
 */
#include "common/types/text.h"

typedef struct Cursor
{
	const char *at;
	const char *end;
} Cursor;

typedef struct LikeMatch
{
	Cursor text;
	Cursor pattern;
	Cursor star_text;    /* where the part after the last '%' was last tried */
	Cursor star_pattern; /* the part after the last '%' */
	bool star;
	Error *err;
} LikeMatch;

typedef enum LikeResult
{
	LIKE_GOES_ON,
	LIKE_TRUE,
	LIKE_FALSE,
	LIKE_ERROR
} LikeResult;

static bool
done(Cursor c)
{
	return c.at == c.end;
}

static void
next_char(Cursor *c)
{
	size_t len = text_char_len(*c->at);

	c->at = len > (size_t)(c->end - c->at) ? c->end : c->at + len;
}

static LikeResult
dangling_escape(Error *err)
{
	error_set(err, SQLSTATE_INVALID_ESCAPE_SEQUENCE, NO_POSITION,
			  "LIKE pattern must not end with escape character");
	return LIKE_ERROR;
}

/* Finds the next place, from star_text on, where the part after the '%' may begin, and goes on from there. */
static LikeResult
resume_at_star(LikeMatch *m)
{
	char first = *m->star_pattern.at;

	if (first == '\\')
		first = m->star_pattern.at[1];
	while (!done(m->star_text) && *m->star_text.at != first)
		next_char(&m->star_text);
	if (done(m->star_text))
		return LIKE_FALSE;
	m->text = m->star_text;
	m->pattern = m->star_pattern;
	return LIKE_GOES_ON;
}

static LikeResult
mismatch(LikeMatch *m)
{
	if (!m->star)
		return LIKE_FALSE;
	next_char(&m->star_text);
	return resume_at_star(m);
}

/* At a '%': skips it and all '%' and '_' that follow, and looks for what comes then. */
static LikeResult
match_star(LikeMatch *m)
{
	for (; !done(m->pattern) && (*m->pattern.at == '%' || *m->pattern.at == '_'); m->pattern.at++)
	{
		if (*m->pattern.at == '%')
			continue;
		if (done(m->text))
			return LIKE_FALSE;
		next_char(&m->text);
	}
	if (done(m->pattern))
		return LIKE_TRUE;
	if (*m->pattern.at == '\\' && m->pattern.end - m->pattern.at < 2)
		return dangling_escape(m->err);
	m->star = true;
	m->star_text = m->text;
	m->star_pattern = m->pattern;
	return resume_at_star(m);
}

/* One step while both have something left. */
static LikeResult
match_step(LikeMatch *m)
{
	if (*m->pattern.at == '%')
		return match_star(m);
	if (*m->pattern.at == '_')
	{
		next_char(&m->text);
		m->pattern.at++;
		return LIKE_GOES_ON;
	}
	if (*m->pattern.at == '\\' && ++m->pattern.at == m->pattern.end)
		return dangling_escape(m->err);
	if (*m->pattern.at != *m->text.at)
		return mismatch(m);
	m->text.at++;
	m->pattern.at++;
	return LIKE_GOES_ON;
}

/* One of them is used up. */
static LikeResult
match_end(LikeMatch *m)
{
	if (!done(m->text))
		return mismatch(m);
	while (!done(m->pattern) && *m->pattern.at == '%')
		m->pattern.at++;
	return done(m->pattern) ? LIKE_TRUE : LIKE_FALSE;
}

bool
text_like(Text t, Text pattern, bool *out, Error *err)
{
	LikeMatch m = {
		.text = {t.data, t.data + t.len},
		.pattern = {pattern.data, pattern.data + pattern.len},
		.err = err,
	};
	LikeResult result = LIKE_GOES_ON;

	while (result == LIKE_GOES_ON)
		result = done(m.text) || done(m.pattern) ? match_end(&m) : match_step(&m);
	*out = result == LIKE_TRUE;
	return result != LIKE_ERROR;
}

/* Escape characters become backslashes; a backslash that is not escaped is doubled. */
bool
text_like_escape(Text pattern, Text escape, Text *out, Arena *arena, Error *err)
{
	char *result;
	size_t len = 0;
	bool after_escape = false;

	if (text_count_chars(escape.data, escape.len) > 1)
	{
		error_set(err, SQLSTATE_INVALID_ESCAPE_SEQUENCE, NO_POSITION, "invalid escape string");
		return error_hint(err, "Escape string must be empty or one character.");
	}
	*out = pattern;
	if (escape.len == 1 && escape.data[0] == '\\')
		return true;
	result = arena_alloc(arena, (size_t)pattern.len * 2);
	for (size_t i = 0; i < pattern.len;)
	{
		const char *c = pattern.data + i;
		size_t n = text_char_len(*c);
		bool escapes = !after_escape && n == escape.len && memcmp(c, escape.data, n) == 0;

		i += n;
		if (escapes || (*c == '\\' && !after_escape))
			result[len++] = '\\';
		after_escape = escapes;
		if (escapes)
			continue;
		memcpy(result + len, c, n);
		len += n;
	}
	*out = text_make(result, len);
	return true;
}
