/*
 * error.h: errors as values.
 *
 * The idea: a function that can fail returns false and fills the Error it was given; "return error_set(...)"
 * is one statement. An Error carries what PostgreSQL's does: SQLSTATE, message, detail, hint, context and a
 * position in the source text. Nothing is printed here; the caller at the top decides.
 *
 * A NULL Error is allowed everywhere: the failure is then only the returned false (kernels use that).
 */
#ifndef WEIR_COMMON_ERROR_H
#define WEIR_COMMON_ERROR_H

#include <stdarg.h>

#include "common/base.h"
#include "common/str.h"

typedef enum SqlStateName
{
#define SQLSTATE(name, code) SQLSTATE_##name,
#include "common/sqlstate_list.h"
#undef SQLSTATE
	SQLSTATE_COUNT
} SqlStateName;

/* Invariant: set == false means all texts are NULL. Texts are on the heap, owned by the Error.
 * Zero-initialise. */
typedef struct Error
{
	bool set;
	bool retriable; /* the same call may succeed later */
	SqlStateName state;
	int position; /* byte offset of the offending token in the statement's source, or -1 */
	char *message;
	char *detail;
	char *hint;
	char *context;
} Error;

/* Position of an error that belongs to no place in a source text. */
#define NO_POSITION (-1)

/* Fills err (if not NULL; what it held is dropped) and returns false. The message is PostgreSQL's style: no
 * capital, no full stop. */
extern bool error_set(Error *err, SqlStateName state, int position, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* These add to an error that is set; they return false too, so that they can be chained with &&-less returns.
 */
extern bool error_detail(Error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
extern bool error_hint(Error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prepends a line to the context, innermost first, as PostgreSQL's CONTEXT does. */
extern bool error_context(Error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends what a dead letter says of it: "message" or "message: detail", cut when it is long. */
extern void error_append_reason(const Error *err, StrBuf *out);

extern void error_clear(Error *err);
/* Moves from into to, which must not be set. */
extern void error_move(Error *to, Error *from);

/* The five characters of a SQLSTATE. */
extern const char *sqlstate_code(SqlStateName state);
/* The converse; otherwise when Weir does not know it. */
extern SqlStateName sqlstate_find(const char *code, SqlStateName otherwise);

#endif
