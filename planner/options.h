/*
 * options.h: WITH (…) options against the option tables of their connector, format, store and of the planner.
 *
 * The idea: the tables that apply to a statement are searched one after the other; every given option must be
 * in one of them, has its type, range and choices checked at its position, and defaults fill what is not
 * given. A secret is only ever 'env:NAME' or 'file:/path'; no message repeats the text of one.
 */
#ifndef WEIR_PLANNER_OPTIONS_H
#define WEIR_PLANNER_OPTIONS_H

#include "common/settings.h"
#include "parser/tree.h"
#include "planner/connector.h"

typedef struct OptionTable
{
	const OptionInfo *items;
	size_t count;
} OptionTable;

/* The options of all streams and tables, of their columns, and of all sinks, whatever the connector. */
extern OptionTable options_of_relations(void);
extern OptionTable options_of_columns(void);
extern OptionTable options_of_sinks(void);

/* The option as written, or NULL; used to choose the connector before all tables are known. */
extern const OptionItem *option_item_find(const SyntaxList *given, const char *name);

/*
 * Checks the given OptionItems against the tables, the first that knows a name deciding. What is not given
 * has the value of the setting that stands in for it, if there is one (settings may be NULL), or its default.
 * position is that of the statement's name, for what is missing. False: HV00D unknown (with the nearest
 * name), 42601 given twice, 22023 a bad value, HV00J a required one missing.
 */
extern bool options_validate(const SyntaxList *given, const OptionTable *tables, size_t table_count,
							 const Settings *settings, int position, Arena *arena, Options *out,
							 Error *err) WARN_UNUSED;

/* The connector of that kind. NULL: 42704 with the nearest name, and err's position is given. what:
 * "connector", "format". */
extern const ConnectorInfo *connector_require(const ConnectorSet *set, ConnectorKind kind, const char *what,
											  const char *name, int position, Error *err);

#endif
