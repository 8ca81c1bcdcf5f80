/*
 * options.c: checking WITH options (contract in options.h).
 */
#include "planner/options.h"

#include <errno.h>
#include <math.h>

#include "common/choices.h"
#include "common/suggest.h"
#include "common/types/boolean.h"
#include "common/units.h"
#include "planner/plan.h"

#define OPTION(name, TYPE, required, default_text, minimum, maximum, choices, help) \
	{name, OPTION_##TYPE, required, default_text, minimum, maximum, choices, help},

static const OptionInfo relation_options[] = {
#include "planner/stream_option_list.h"
};

static const OptionInfo sink_options[] = {
#include "planner/sink_option_list.h"
};

#undef OPTION

static const OptionInfo column_options[] = {
	{.name = "path", .type = OPTION_TEXT, .help = "where the value is in the message: $.a.b[0]"},
	{.name = "timestamp_format",
	 .type = OPTION_ENUM,
	 .choices = TIMESTAMP_FORMATS,
	 .help = "how the timestamp is written in messages"},
};

OptionTable
options_of_relations(void)
{
	return (OptionTable){relation_options, lengthof(relation_options)};
}

OptionTable
options_of_columns(void)
{
	return (OptionTable){column_options, lengthof(column_options)};
}

OptionTable
options_of_sinks(void)
{
	return (OptionTable){sink_options, lengthof(sink_options)};
}

const OptionItem *
option_item_find(const SyntaxList *given, const char *name)
{
	for (int i = 0; i < given->count; i++)
	{
		const OptionItem *item = (const OptionItem *)given->items[i];

		if (strcmp(item->name, name) == 0)
			return item;
	}
	return NULL;
}

/* A table name "kafka.*" takes every name that begins with "kafka." and goes on. */
static bool
name_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len > 2 && strcmp(pattern + len - 2, ".*") == 0)
		return strncmp(pattern, name, len - 1) == 0 && name[len - 1] != '\0';
	return strcmp(pattern, name) == 0;
}

static const OptionInfo *
find_info(const OptionTable *tables, size_t table_count, const char *name)
{
	for (size_t t = 0; t < table_count; t++)
	{
		for (size_t i = 0; i < tables[t].count; i++)
		{
			if (name_matches(tables[t].items[i].name, name))
				return &tables[t].items[i];
		}
	}
	return NULL;
}

static bool
unknown_option(const OptionItem *item, const OptionTable *tables, size_t table_count, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(item->name));

	error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, item->node.position, "invalid option \"%s\"",
			  item->name);
	for (size_t t = 0; t < table_count; t++)
	{
		for (size_t i = 0; i < tables[t].count; i++)
			suggest_offer(&near, tables[t].items[i].name);
	}
	if (near.best != NULL)
		return error_hint(err, "Perhaps you meant the option \"%s\".", near.best);
	return false;
}

static bool
bad_value(const OptionItem *item, Error *err)
{
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, item->value_position,
					 "invalid value for option \"%s\": \"%s\"", item->name, item->value);
}

static void
print_bound(OptionType type, int64_t value, StrBuf *out)
{
	if (type == OPTION_INTERVAL)
		units_print_duration(value, out);
	else if (type == OPTION_SIZE)
		units_print_size(value, out);
	else
		str_appendf(out, "%" PRId64, value);
}

static bool
check_bounds(const OptionItem *item, const Option *option, Error *err)
{
	const OptionInfo *info = option->info;
	StrBuf bounds = {0};

	if ((info->minimum == 0 && info->maximum == 0) ||
		(option->value.integer >= info->minimum && option->value.integer <= info->maximum))
		return true;
	print_bound(info->type, info->minimum, &bounds);
	str_append_cstr(&bounds, " .. ");
	print_bound(info->type, info->maximum, &bounds);
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, item->value_position,
			  "%s is outside the valid range for option \"%s\" (%s)", item->value, item->name,
			  str_cstr(&bounds));
	str_free(&bounds);
	return false;
}

static bool
read_integer(const OptionItem *item, Option *option, Error *err)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(item->value, &end, 10);
	if (end == item->value || *end != '\0' || errno != 0)
		return bad_value(item, err);
	option->value.integer = value;
	return check_bounds(item, option, err);
}

static bool
read_double(const OptionItem *item, Option *option, Error *err)
{
	char *end;

	option->value.number = strtod(item->value, &end);
	if (end == item->value || *end != '\0' || !isfinite(option->value.number))
		return bad_value(item, err);
	if ((option->info->minimum != 0 || option->info->maximum != 0) &&
		(option->value.number < (double)option->info->minimum ||
		 option->value.number > (double)option->info->maximum))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, item->value_position,
						 "%s is outside the valid range for option \"%s\" (%" PRId64 " .. %" PRId64 ")",
						 item->value, item->name, option->info->minimum, option->info->maximum);
	return true;
}

static bool
read_units(const OptionItem *item, Option *option, Error *err)
{
	bool size = option->info->type == OPTION_SIZE;
	StrView text = str_from_cstr(item->value);
	UnitsResult result = size ? units_parse_size(text, &option->value.integer)
							  : units_parse_duration(text, &option->value.integer);

	if (result == UNITS_OK)
		return check_bounds(item, option, err);
	bad_value(item, err);
	if (result == UNITS_BAD_UNIT)
		error_hint(err, "%s", size ? UNITS_SIZE_HINT : UNITS_DURATION_HINT);
	return false;
}

static bool
read_boolean(const OptionItem *item, Option *option, Error *err)
{
	if (boolean_parse(str_from_cstr(item->value), &option->value.boolean, NULL))
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, item->value_position,
					 "%s requires a Boolean value", item->name);
}

static bool
read_enum(const OptionItem *item, Option *option, Arena *arena, Error *err)
{
	const char *choices = option->info->choices;
	int number = choices_find(choices, str_from_cstr(item->value));
	StrBuf all = {0};

	if (number >= 0)
	{
		option->text = str_copy(arena, choices_word(choices, number)).data;
		option->value.integer = number;
		return true;
	}
	bad_value(item, err);
	choices_print(choices, &all);
	error_hint(err, "Available values: %s.", str_cstr(&all));
	str_free(&all);
	return false;
}

static bool
check_secret(const OptionItem *item, Error *err)
{
	if ((strncmp(item->value, "env:", 4) == 0 && item->value[4] != '\0') ||
		(strncmp(item->value, "file:", 5) == 0 && item->value[5] != '\0'))
		return true;
	error_set(err, SQLSTATE_FDW_INVALID_ATTRIBUTE_VALUE, item->value_position,
			  "option \"%s\" does not take a literal value", item->name);
	return error_hint(err, "Write 'env:NAME' or 'file:/path', which is read when the value is used.");
}

static bool
read_value(const OptionItem *item, Option *option, Arena *arena, Error *err)
{
	switch (option->info->type)
	{
		case OPTION_TEXT:
		case OPTION_EXPRESSION: return true;
		case OPTION_BOOLEAN: return read_boolean(item, option, err);
		case OPTION_INTEGER: return read_integer(item, option, err);
		case OPTION_DOUBLE: return read_double(item, option, err);
		case OPTION_INTERVAL:
		case OPTION_SIZE: return read_units(item, option, err);
		case OPTION_ENUM: return read_enum(item, option, arena, err);
		case OPTION_SECRET: return check_secret(item, err);
	}
	return false;
}

static bool
take_given(const OptionItem *item, const OptionTable *tables, size_t table_count, Arena *arena, Options *out,
		   Error *err)
{
	OptionItem valued = *item;
	Option *option = &out->items[out->count];

	if (options_find(out, item->name) != NULL)
		return error_set(err, SQLSTATE_SYNTAX_ERROR, item->node.position,
						 "option \"%s\" provided more than once", item->name);
	*option = (Option){.name = item->name, .given = true, .position = item->value_position};
	option->info = find_info(tables, table_count, item->name);
	if (option->info == NULL)
		return unknown_option(item, tables, table_count, err);
	if (item->value == NULL)
	{
		if (option->info->type != OPTION_BOOLEAN)
			return error_set(err, SQLSTATE_SYNTAX_ERROR, item->node.position,
							 "option \"%s\" requires a value", item->name);
		valued.value = "true";
		valued.value_position = item->node.position;
	}
	option->text = valued.value;
	if (!read_value(&valued, option, arena, err))
		return false;
	out->count++;
	return true;
}

/* The value of what is not given: a setting's, or the table's default, which is a mistake of the table when
 * it does not read. */
static bool
take_default(const OptionInfo *info, const Settings *settings, int position, Arena *arena, Options *out,
			 Error *err)
{
	const char *set = settings != NULL ? settings_option(settings, info->name) : NULL;
	const char *text = set != NULL ? set : info->default_text;
	OptionItem item = {.name = info->name, .value = text, .value_position = NO_POSITION};
	Option *option = &out->items[out->count];

	if (options_find(out, info->name) != NULL)
		return true;
	if (info->required && set == NULL)
		return error_set(err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND, position, "option \"%s\" is required",
						 info->name);
	if (text == NULL)
		return true;
	*option = (Option){.name = info->name, .info = info, .text = text, .position = NO_POSITION};
	if (!read_value(&item, option, arena, err))
		return set != NULL ? error_context(err, "setting \"%s\"", info->name) : false;
	out->count++;
	return true;
}

bool
options_validate(const SyntaxList *given, const OptionTable *tables, size_t table_count,
				 const Settings *settings, int position, Arena *arena, Options *out, Error *err)
{
	size_t most = (size_t)given->count;

	for (size_t t = 0; t < table_count; t++)
		most += tables[t].count;
	out->items = ARENA_ARRAY(arena, Option, most);
	out->count = 0;
	for (int i = 0; i < given->count; i++)
	{
		if (!take_given((const OptionItem *)given->items[i], tables, table_count, arena, out, err))
			return false;
	}
	for (size_t t = 0; t < table_count; t++)
	{
		for (size_t i = 0; i < tables[t].count; i++)
		{
			if (!take_default(&tables[t].items[i], settings, position, arena, out, err))
				return false;
		}
	}
	return true;
}

const ConnectorInfo *
connector_require(const ConnectorSet *set, ConnectorKind kind, const char *what, const char *name,
				  int position, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(name));
	const ConnectorInfo *info = connector_find(set, kind, near.wanted);

	if (info != NULL)
		return info;
	for (size_t i = 0; i < set->count; i++)
	{
		if (set->items[i]->kind == kind)
			suggest_offer(&near, set->items[i]->name);
	}
	error_set(err, SQLSTATE_UNDEFINED_OBJECT, position, "%s \"%s\" does not exist", what, name);
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the %s \"%s\".", what, near.best);
	return NULL;
}
