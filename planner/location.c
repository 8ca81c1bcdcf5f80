/*
 * location.c: stores and options of locations (contract in location.h).
 */
#include "planner/location.h"

StrView
location_scheme(const char *location)
{
	const char *end = strstr(location, "://");

	return end != NULL ? (StrView){location, (size_t)(end - location)} : STR_LIT("file");
}

StrView
location_place(const ConnectorInfo *store, const char *location, Arena *arena)
{
	StrView name =
		str_from_cstr(store != NULL && store->place != NULL ? store->place(location, arena) : location);

	while (name.len > 0 && name.data[name.len - 1] == '/')
		name.len--;
	return name;
}

/* NULL: 0A000 at position. */
static const ConnectorInfo *
find_store(const PlanContext *context, const char *location, int position, Error *err)
{
	StrView scheme = location_scheme(location);
	const ConnectorInfo *store = connector_find(context->connectors, CONNECTOR_STORE, scheme);

	if (store != NULL)
		return store;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
			  "locations that begin with \"%.*s://\" are not supported", (int)scheme.len, scheme.data);
	error_hint(err, "Write a directory, or s3://bucket/prefix/.");
	return NULL;
}

bool
location_add_table(const PlanContext *context, const SyntaxList *given, const char *name, OptionTable *tables,
				   size_t *count, Error *err)
{
	const OptionItem *item = option_item_find(given, name);
	const ConnectorInfo *store;

	if (item == NULL || item->value == NULL)
		return true;
	store = find_store(context, item->value, item->value_position, err);
	if (store == NULL)
		return false;
	for (size_t i = 0; i < *count; i++)
		if (tables[i].items == store->options)
			return true;
	tables[(*count)++] = (OptionTable){store->options, store->option_count};
	return true;
}

bool
location_check(const PlanContext *context, const Options *options, const char *name, Error *err)
{
	const Option *option = options_find(options, name);
	const ConnectorInfo *store;

	if (option == NULL)
		return true;
	store = find_store(context, option->text, option->position, err);
	if (store == NULL)
		return false;
	return store->check_location == NULL ||
		   store->check_location(option->text, options, option->position, err);
}

bool
location_options_of_settings(const ConnectorInfo *store, const char *location, const Settings *settings,
							 Arena *arena, Options *out, Error *err)
{
	const SyntaxList nothing = {0};
	const OptionTable table = {store->options, store->option_count};

	return options_validate(&nothing, &table, 1, settings, NO_POSITION, arena, out, err) &&
		   (store->check_location == NULL || store->check_location(location, out, NO_POSITION, err));
}

bool
location_check_state(const PlanContext *context, Error *err)
{
	const ConnectorInfo *store;
	Options options;

	if (context->state_location == NULL)
		return true;
	store = find_store(context, context->state_location, NO_POSITION, err);
	if (store != NULL && location_options_of_settings(store, context->state_location, context->settings,
													  context->arena, &options, err))
		return true;
	return error_context(err, "setting \"state_location\"");
}
