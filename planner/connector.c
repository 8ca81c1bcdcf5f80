/*
 * connector.c: look-up in option lists and connector sets (contract in connector.h).
 */
#include "planner/connector.h"

const Option *
options_find(const Options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++)
	{
		if (strcmp(options->items[i].name, name) == 0)
			return &options->items[i];
	}
	return NULL;
}

const char *
options_text(const Options *options, const char *name)
{
	const Option *option = options_find(options, name);

	return option != NULL ? option->text : NULL;
}

int64_t
options_integer(const Options *options, const char *name, int64_t otherwise)
{
	const Option *option = options_find(options, name);

	return option != NULL ? option->value.integer : otherwise;
}

bool
options_boolean(const Options *options, const char *name)
{
	const Option *option = options_find(options, name);

	return option != NULL && option->value.boolean;
}

bool
option_invalid_value(const Option *option, const char *hint, Error *err)
{
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position,
			  "invalid value for option \"%s\": \"%s\"", option->name, option->text);
	return hint != NULL ? error_hint(err, "%s", hint) : false;
}

const ConnectorInfo *
connector_find(const ConnectorSet *set, ConnectorKind kind, StrView name)
{
	for (size_t i = 0; i < set->count; i++)
	{
		if (set->items[i]->kind == kind && str_equal(name, str_from_cstr(set->items[i]->name)))
			return set->items[i];
	}
	return NULL;
}
