/*
 * meta_format.c: backslash commands about how results look.
 */
#include <strings.h>

#include "repl/meta_command.h"

/* Sets an option from psql's words for yes and no, or toggles it. False: reported. */
static bool
read_switch(MetaCommand *command, const char *word, bool *option)
{
	static const char *const words[][2] = {{"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};

	if (word == NULL)
	{
		*option = !*option;
		return true;
	}
	for (size_t i = 0; i < lengthof(words); i++)
		for (int value = 0; value < 2; value++)
			if (strcasecmp(word, words[i][value]) == 0)
			{
				*option = value == 1;
				return true;
			}
	return meta_fail(command,
					 arena_printf(&command->arena, "unrecognized value \"%s\": Boolean expected", word));
}

static void
say(const MetaCommand *command, const char *what, const char *value)
{
	if (!session_is_quiet(command->session))
		fprintf(command->session->out, "%s is %s.\n", what, value);
}

static bool
set_switch(MetaCommand *command, const char *word, bool *option, const char *what)
{
	if (!read_switch(command, word, option))
		return false;
	say(command, what, *option ? "on" : "off");
	return true;
}

bool
meta_timing(MetaCommand *command)
{
	return set_switch(command, meta_argument(command, 1), &command->session->timing, "Timing");
}

/* ---- what \pset sets ---- */

static const char *const format_names[] = {
	[PRINT_ALIGNED] = "aligned", [PRINT_UNALIGNED] = "unaligned", [PRINT_CSV] = "csv"};

static bool
set_format(MetaCommand *command, const char *name)
{
	PrintOptions *print = &command->session->print;
	size_t i = 0;

	while (name != NULL && i < lengthof(format_names) && strcmp(format_names[i], name) != 0)
		i++;
	if (i == lengthof(format_names))
		return meta_fail(command, "allowed formats are aligned, csv, unaligned");
	if (name != NULL)
		print->format = (PrintFormat)i;
	say(command, "Output format", format_names[print->format]);
	return true;
}

static bool
set_text(MetaCommand *command, const char *value, const char **option, const char *what)
{
	if (value != NULL)
		*option = arena_strdup(&command->session->arena, value);
	if (strcmp(*option, "\n") == 0)
		say(command, what, "<newline>");
	else
		say(command, what, arena_printf(&command->arena, "\"%s\"", *option));
	return true;
}

static bool
set_option(MetaCommand *command, const char *name, const char *value)
{
	PrintOptions *print = &command->session->print;

	if (strcmp(name, "format") == 0)
		return set_format(command, value);
	if (strcmp(name, "expanded") == 0 || strcmp(name, "x") == 0)
		return set_switch(command, value, &print->expanded, "Expanded display");
	if (strcmp(name, "tuples_only") == 0 || strcmp(name, "t") == 0)
		/* psql says nothing of a value that was given */
		return value != NULL ? read_switch(command, value, &print->tuples_only)
							 : set_switch(command, value, &print->tuples_only, "Tuples only");
	if (strcmp(name, "null") == 0)
		return set_text(command, value, &print->null_text, "Null display");
	if (strcmp(name, "fieldsep") == 0)
		return set_text(command, value, &print->field_separator, "Field separator");
	if (strcmp(name, "recordsep") == 0)
		return set_text(command, value, &print->record_separator, "Record separator");
	return meta_fail(command, arena_printf(&command->arena, "unknown option: %s", name));
}

static void
list_options(const Session *session)
{
	const PrintOptions *print = &session->print;

	fprintf(session->out, "expanded    %s\n", print->expanded ? "on" : "off");
	fprintf(session->out, "fieldsep    '%s'\n", print->field_separator);
	fprintf(session->out, "format      %s\n", format_names[print->format]);
	fprintf(session->out, "null        '%s'\n", print->null_text);
	fprintf(session->out, "recordsep   '%s'\n",
			strcmp(print->record_separator, "\n") == 0 ? "\\n" : print->record_separator);
	fprintf(session->out, "tuples_only %s\n", print->tuples_only ? "on" : "off");
}

bool
meta_pset(MetaCommand *command)
{
	if (command->words.count > 1)
		return set_option(command, meta_argument(command, 1), meta_argument(command, 2));
	list_options(command->session);
	return true;
}

/* ---- short forms ---- */

bool
meta_expanded(MetaCommand *command)
{
	return set_option(command, "expanded", meta_argument(command, 1));
}

bool
meta_tuples_only(MetaCommand *command)
{
	return set_option(command, "tuples_only", meta_argument(command, 1));
}

bool
meta_field_separator(MetaCommand *command)
{
	return set_option(command, "fieldsep", meta_argument(command, 1));
}

bool
meta_unaligned(MetaCommand *command)
{
	return set_format(command, command->session->print.format == PRINT_ALIGNED ? "unaligned" : "aligned");
}
