/*
 * secret.h: the values of options that hold secrets.
 *
 * The idea: a plan holds only where a secret is ('env:NAME' or 'file:/path', checked by the planner); it is
 * read here when it is used, and nowhere kept. No message repeats it.
 */
#ifndef WEIR_CONNECTORS_SECRET_H
#define WEIR_CONNECTORS_SECRET_H

#include "planner/connector.h"

/* Appends the value of an OPTION_SECRET, which the caller wipes after use. A file's line end is not part of
 * it. */
extern bool secret_read(const Option *option, StrBuf *out, Error *err) WARN_UNUSED;

/* A copy; NULL of NULL. */
extern char *secret_copy(const char *secret);
/* Overwrites and frees; NULL is allowed. */
extern void secret_free(char *secret);
/* Overwrites all of the buffer's memory and frees it. */
extern void secret_wipe(StrBuf *buf);

#endif
