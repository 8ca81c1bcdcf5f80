/*
 * secrets.h: literals in statements that must not be shown or kept.
 *
 * The idea: options that hold credentials take 'env:NAME' or 'file:/path' only, so a statement with a literal
 * there is refused; but by then it was typed, and an error's excerpt or the history would repeat it. So the
 * text itself is searched, which also works for statements that do not parse: a name of an option that is a
 * secret, one that could be a misspelt one, or a name with "password", "secret", "token" or the like in it,
 * and behind it a string.
 */
#ifndef WEIR_REPL_SECRETS_H
#define WEIR_REPL_SECRETS_H

#include "planner/connector.h"

/* Overwrites the secrets in a text with asterisks; its length stays. True when there were some. */
extern bool secrets_mask(const ConnectorSet *connectors, char *text);
/* The same in the texts of an error about a statement, which may repeat a token of it. */
extern void secrets_mask_error(const ConnectorSet *connectors, StrView source, Error *err);

#endif
