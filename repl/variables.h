/*
 * variables.h: psql's variables: \set, -v, :name.
 */
#ifndef WEIR_REPL_VARIABLES_H
#define WEIR_REPL_VARIABLES_H

#include <stdio.h>

#include "common/hashmap.h"

/* Values are heap texts owned by the map; an unset variable keeps an entry with a NULL value. */
typedef struct Variables
{
	HashMap map;
} Variables;

extern void variables_set(Variables *variables, const char *name, const char *value);
extern void variables_unset(Variables *variables, const char *name);
/* NULL when it is not set. */
extern const char *variables_get(const Variables *variables, StrView name);
/* psql's booleans: on, true, yes, 1; anything that is not one of their opposites counts as on. */
extern bool variables_are_on(const Variables *variables, const char *name);
/* All of them, in the order of names, as \set shows them. */
extern void variables_print(const Variables *variables, FILE *out);
extern void variables_free(Variables *variables);

#endif
