/*
 * help.c: \h (contract in help.h).
 */
#include "repl/help.h"

#include <strings.h>

#include "planner/options.h"
#include "repl/show.h"

typedef enum HelpTopic
{
	TOPIC_NONE,
	TOPIC_RELATION,
	TOPIC_SINK,
	TOPIC_SETTINGS,
	TOPIC_SHOWN
} HelpTopic;

typedef struct HelpRow
{
	const char *name;
	HelpTopic topic;
	const char *description;
	const char *syntax;
} HelpRow;

static const HelpRow rows[] = {
#define STATEMENT_HELP(name, topic, description, syntax) {name, TOPIC_##topic, description, syntax},
#include "repl/statement_help_list.h"
#undef STATEMENT_HELP
};

const char *
help_name(size_t i)
{
	return i < lengthof(rows) ? rows[i].name : NULL;
}

void
help_list(FILE *out)
{
	enum
	{
		PER_LINE = 4
	};

	fputs("Available help:\n", out);
	for (size_t i = 0; i < lengthof(rows); i++)
		fprintf(out, "  %-18s%s", rows[i].name,
				i % PER_LINE == PER_LINE - 1 || i + 1 == lengthof(rows) ? "\n" : "");
}

/* ---- options ---- */

static void
append_bound(OptionType type, int64_t bound, StrBuf *out)
{
	if (bound == INT64_MAX)
		str_append_cstr(out, "any");
	else if (type == OPTION_INTERVAL)
		units_print_duration(bound, out);
	else if (type == OPTION_SIZE)
		units_print_size(bound, out);
	else
		str_appendf(out, "%" PRId64, bound);
}

/* What may be given: choices, or the type with its range. */
static void
append_values(const OptionInfo *option, StrBuf *out)
{
	static const char *const types[] = {
		[OPTION_TEXT] = "text",
		[OPTION_BOOLEAN] = "boolean",
		[OPTION_INTEGER] = "integer",
		[OPTION_DOUBLE] = "number",
		[OPTION_INTERVAL] = "interval",
		[OPTION_SIZE] = "size",
		[OPTION_SECRET] = "'env:…' or 'file:…'",
		[OPTION_EXPRESSION] = "expressions",
	};

	if (option->choices != NULL)
	{
		str_append_cstr(out, option->choices);
		return;
	}
	str_append_cstr(out, types[option->type]);
	if (option->minimum == 0 && option->maximum == 0)
		return;
	str_append_cstr(out, ", ");
	append_bound(option->type, option->minimum, out);
	str_append_cstr(out, " to ");
	append_bound(option->type, option->maximum, out);
}

static void
print_option(const OptionInfo *option, FILE *out)
{
	StrBuf values = {0};

	append_values(option, &values);
	fprintf(out, "  %s (%s", option->name, str_cstr(&values));
	if (option->required)
		fputs("; required", out);
	else if (option->default_text != NULL && option->default_text[0] != '\0')
		fprintf(out, "; default %s", option->default_text);
	fprintf(out, ")\n        %s\n", option->help);
	str_free(&values);
}

static void
print_table(const OptionTable *table, FILE *out)
{
	for (size_t i = 0; i < table->count; i++)
		print_option(&table->items[i], out);
}

static void
print_connectors(const ConnectorSet *set, ConnectorKind kind, const char *word, FILE *out)
{
	for (size_t i = 0; i < set->count; i++)
	{
		const ConnectorInfo *info = set->items[i];
		OptionTable table = {info->options, info->option_count};

		if (info->kind != kind || table.count == 0)
			continue;
		fprintf(out, "\nWith %s = '%s':\n", word, info->name);
		print_table(&table, out);
	}
}

/* Options of the stores that a location may be in. */
static void
print_stores(const ConnectorSet *set, const char *option, FILE *out)
{
	for (size_t i = 0; i < set->count; i++)
	{
		const ConnectorInfo *info = set->items[i];

		if (info->kind != CONNECTOR_STORE || info->option_count == 0)
			continue;
		fprintf(out, "\nWith %s = '%s://…':\n", option, info->name);
		print_table(&(OptionTable){info->options, info->option_count}, out);
	}
}

static void
print_settings(FILE *out)
{
	fputs("\nSettings:\n", out);
	for (size_t i = 0; i < settings_count(); i++)
	{
		const SettingInfo *info = settings_info(i);
		StrBuf values = {0};

		settings_print_values(info, &values);
		fprintf(out, "  %s (%s", info->name, str_cstr(&values));
		if (info->default_text[0] != '\0')
			fprintf(out, "; default %s", info->default_text);
		fprintf(out, ")\n        %s\n", info->help);
		str_free(&values);
	}
}

static void
print_topic(const HelpRow *row, const Session *session)
{
	const ConnectorSet *set = connectors_set(session->connectors);
	OptionTable table;

	switch (row->topic)
	{
		case TOPIC_NONE: return;
		case TOPIC_SETTINGS: print_settings(session->out); return;
		case TOPIC_SHOWN: show_print_help(session->out); return;
		case TOPIC_RELATION:
			table = options_of_relations();
			fputs("\nOptions:\n", session->out);
			print_table(&table, session->out);
			print_connectors(set, CONNECTOR_SOURCE, "connector", session->out);
			print_connectors(set, CONNECTOR_FORMAT, "format", session->out);
			print_stores(set, "dead_letter_location", session->out);
			return;
		case TOPIC_SINK:
			table = options_of_sinks();
			fputs("\nOptions:\n", session->out);
			print_table(&table, session->out);
			print_connectors(set, CONNECTOR_SINK, "format", session->out);
			print_stores(set, "location", session->out);
			return;
	}
}

bool
help_print(const char *name, const Session *session)
{
	bool found = false;

	for (size_t i = 0; i < lengthof(rows); i++)
	{
		if (strncasecmp(rows[i].name, name, strlen(name)) != 0)
			continue;
		fprintf(session->out, "%sCommand:     %s\nDescription: %s\nSyntax:\n%s\n", found ? "\n" : "",
				rows[i].name, rows[i].description, rows[i].syntax);
		print_topic(&rows[i], session);
		found = true;
	}
	if (found)
		fputc('\n', session->out);
	return found;
}
