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

typedef enum OptionKind
{
	KIND_SWITCH,
	KIND_QUIET_SWITCH, /* psql says nothing of a value that was given */
	KIND_TEXT,
	KIND_FORMAT
} OptionKind;

typedef struct PrintOptionRow
{
	const char *name;
	const char *synonym;
	OptionKind kind;
	size_t offset; /* in PrintOptions */
	const char *what;
} PrintOptionRow;

static const PrintOptionRow rows[] = {
#define PRINT_OPTION(name, synonym, kind, field, what) \
	{name, synonym, KIND_##kind, offsetof(PrintOptions, field), what},
#include "repl/print_option_list.h"
#undef PRINT_OPTION
};

static const char *const format_names[] = {
	[PRINT_ALIGNED] = "aligned", [PRINT_CSV] = "csv", [PRINT_UNALIGNED] = "unaligned"};

static bool
fail_format(MetaCommand *command)
{
	const char *names = format_names[0];

	for (size_t i = 1; i < lengthof(format_names); i++)
		names = arena_printf(&command->arena, "%s, %s", names, format_names[i]);
	return meta_fail(command, arena_printf(&command->arena, "allowed formats are %s", names));
}

static bool
set_format(MetaCommand *command, const char *name, PrintFormat *option, const char *what)
{
	size_t i = 0;

	while (name != NULL && i < lengthof(format_names) && strcmp(format_names[i], name) != 0)
		i++;
	if (i == lengthof(format_names))
		return fail_format(command);
	if (name != NULL)
		*option = (PrintFormat)i;
	say(command, what, format_names[*option]);
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
set_row(MetaCommand *command, const PrintOptionRow *row, const char *value)
{
	void *option = (char *)&command->session->print + row->offset;

	switch (row->kind)
	{
		case KIND_TEXT: return set_text(command, value, option, row->what);
		case KIND_FORMAT: return set_format(command, value, option, row->what);
		case KIND_QUIET_SWITCH:
			if (value != NULL)
				return read_switch(command, value, option);
			break;
		case KIND_SWITCH: break;
	}
	return set_switch(command, value, option, row->what);
}

static bool
set_option(MetaCommand *command, const char *name, const char *value)
{
	for (size_t i = 0; i < lengthof(rows); i++)
		if (strcmp(name, rows[i].name) == 0 ||
			(rows[i].synonym != NULL && strcmp(name, rows[i].synonym) == 0))
			return set_row(command, &rows[i], value);
	return meta_fail(command, arena_printf(&command->arena, "unknown option: %s", name));
}

static void
list_option(const PrintOptionRow *row, const PrintOptions *print, FILE *out)
{
	const void *option = (const char *)print + row->offset;
	const char *text;

	fprintf(out, "%-11s ", row->name);
	switch (row->kind)
	{
		case KIND_TEXT:
			text = *(const char *const *)option;
			fprintf(out, "'%s'\n", strcmp(text, "\n") == 0 ? "\\n" : text);
			break;
		case KIND_FORMAT: fprintf(out, "%s\n", format_names[*(const PrintFormat *)option]); break;
		case KIND_SWITCH:
		case KIND_QUIET_SWITCH: fprintf(out, "%s\n", *(const bool *)option ? "on" : "off"); break;
	}
}

bool
meta_pset(MetaCommand *command)
{
	if (command->words.count > 1)
		return set_option(command, meta_argument(command, 1), meta_argument(command, 2));
	for (size_t i = 0; i < lengthof(rows); i++)
		list_option(&rows[i], &command->session->print, command->session->out);
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
	bool aligned = command->session->print.format == PRINT_ALIGNED;

	return set_option(command, "format", format_names[aligned ? PRINT_UNALIGNED : PRINT_ALIGNED]);
}
