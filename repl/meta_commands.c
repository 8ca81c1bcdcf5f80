/*
 * meta_commands.c: backslash commands (contract in meta_commands.h).
 *
 * The idea: a line is split into words as psql does (quotes, :variables), the first one is looked up in
 * meta_command_list.h. Handlers print and return whether they succeeded.
 */
#include "repl/meta_commands.h"

#include <strings.h>

#include "common/memory.h"
#include "repl/show.h"

enum
{
	MAX_WORDS = 64
};

/* A command at hand: words[0] is its name; all are NUL-terminated and in the arena. */
typedef struct MetaCommand
{
	Session *session;
	Arena arena;
	int count;
	const char *words[MAX_WORDS];
} MetaCommand;

#define META_COMMAND(name, handler, arguments, help) static bool handler(MetaCommand *command);
#include "repl/meta_command_list.h"
#undef META_COMMAND

typedef struct MetaCommandRow
{
	const char *name;
	bool (*handler)(MetaCommand *command);
	const char *arguments;
	const char *help;
} MetaCommandRow;

static const MetaCommandRow rows[] = {
#define META_COMMAND(name, handler, arguments, help) {name, handler, arguments, help},
#include "repl/meta_command_list.h"
#undef META_COMMAND
};

/* ---- words ---- */

/* One word from *at on: quotes are taken off, a doubled or escaped quote stays one. */
static void
read_word(MetaCommand *command, StrView line, size_t *at, StrBuf *word)
{
	while (*at < line.len && strchr(" \t", line.data[*at]) == NULL)
	{
		char c = line.data[(*at)++];

		if (c != '\'' && c != '"')
		{
			str_append_char(word, c);
			continue;
		}
		while (*at < line.len && (line.data[*at] != c || (*at + 1 < line.len && line.data[*at + 1] == c)))
		{
			*at += line.data[*at] == c;
			str_append_char(word, line.data[(*at)++]);
		}
		*at += *at < line.len;
	}
	(void)command;
}

/* A word :name becomes the variable's value. */
static const char *
expand_word(MetaCommand *command, const StrBuf *word)
{
	const char *value = NULL;

	if (word->len > 1 && word->data[0] == ':')
		value = variables_get(&command->session->variables, (StrView){word->data + 1, word->len - 1});
	return arena_strdup(&command->arena, value ? value : str_cstr(word));
}

static void
split_words(MetaCommand *command, StrView line)
{
	size_t at = 0;
	StrBuf word = {0};

	while (at < line.len && command->count < MAX_WORDS)
	{
		while (at < line.len && strchr(" \t\r", line.data[at]) != NULL)
			at++;
		if (at == line.len)
			break;
		str_clear(&word);
		read_word(command, line, &at, &word);
		command->words[command->count++] = expand_word(command, &word);
	}
	str_free(&word);
}

static bool
fail(const MetaCommand *command, const char *text)
{
	Session *session = command->session;

	fprintf(stderr, "\\%s: %s\n", command->words[0], text);
	if (!session->interactive && session->exit_code == 0)
		session->exit_code = 3;
	return false;
}

bool
meta_command_run(Session *session, StrView line)
{
	MetaCommand command = {.session = session};
	bool ok = true;

	arena_init(&command.arena, "meta-command");
	split_words(&command, line);
	if (command.count > 0)
	{
		const MetaCommandRow *row = NULL;

		for (size_t i = 0; i < lengthof(rows) && row == NULL; i++)
			if (strcmp(rows[i].name, command.words[0]) == 0)
				row = &rows[i];
		if (row != NULL)
			ok = row->handler(&command);
		else
		{
			fprintf(stderr, "invalid command \\%s\nTry \\? for help.\n", command.words[0]);
			ok = false;
			if (!session->interactive && session->exit_code == 0)
				session->exit_code = 3;
		}
	}
	arena_release(&command.arena);
	return ok;
}

/* ---- general ---- */

static bool
meta_quit(MetaCommand *command)
{
	command->session->quit = true;
	return true;
}

static bool
meta_help(MetaCommand *command)
{
	for (size_t i = 0; i < lengthof(rows); i++)
		if (rows[i].help != NULL)
			fprintf(command->session->out, "  \\%s %-*s %s\n", rows[i].name, (int)(26 - strlen(rows[i].name)),
					rows[i].arguments, rows[i].help);
	return true;
}

static bool
meta_statements(MetaCommand *command)
{
	fputs("Declare:   CREATE STREAM  CREATE TABLE  CREATE VIEW  CREATE SINK  DROP\n"
		  "Run:       SELECT  INSERT  RUN\n"
		  "Look:      EXPLAIN  SHOW  SHOW CREATE  SHOW SNOWFLAKE DDL  DESCRIBE\n"
		  "Settings:  SET  RESET  SHOW SETTINGS\n",
		  command->session->out);
	return true;
}

static bool
meta_include(MetaCommand *command)
{
	if (command->count < 2)
		return fail(command, "missing required argument");
	return session_run_file(command->session, command->words[1]);
}

/* ---- \d and its kin ---- */

static void
print_shown(const MetaCommand *command, Result *result, const char *title)
{
	PrintOptions options = command->session->print;

	options.title = title;
	print_result(result, &options, command->session->out);
	result_free(result);
}

static bool
meta_describe(MetaCommand *command)
{
	const CatalogObject *object;
	Result result;

	if (command->count < 2)
	{
		show_relations(command->session, &result);
		print_shown(command, &result, "List of relations");
		return true;
	}
	object = catalog_find(&command->session->catalog, command->words[1]);
	if (object == NULL)
	{
		fprintf(stderr, "Did not find any relation named \"%s\".\n", command->words[1]);
		return command->session->interactive || fail(command, "no such relation");
	}
	show_columns(command->session, object, &result);
	print_shown(command, &result,
				arena_printf(&command->arena, "%s \"%s\"", catalog_kind_name(object->kind), object->name));
	return true;
}

static bool
show_list(MetaCommand *command, const char *name, const char *title)
{
	Result result;

	show_find(name)(command->session, &result);
	print_shown(command, &result, title);
	return true;
}

static bool
meta_functions(MetaCommand *command)
{
	return show_list(command, "functions", "List of functions");
}

static bool
meta_settings(MetaCommand *command)
{
	return show_list(command, "settings", "List of settings");
}

/* ---- output ---- */

static bool
is_on(const char *word)
{
	return strcasecmp(word, "on") == 0 || strcasecmp(word, "true") == 0 || strcmp(word, "1") == 0 ||
		   strcasecmp(word, "yes") == 0;
}

static bool
toggle(MetaCommand *command, bool *option, const char *what, int argument)
{
	*option = command->count > argument ? is_on(command->words[argument]) : !*option;
	if (!command->session->line->quiet)
		fprintf(command->session->out, "%s is %s.\n", what, *option ? "on" : "off");
	return true;
}

static bool
meta_expanded(MetaCommand *command)
{
	return toggle(command, &command->session->print.expanded, "Expanded display", 1);
}

static bool
meta_tuples_only(MetaCommand *command)
{
	return toggle(command, &command->session->print.tuples_only, "Tuples only", 1);
}

static bool
set_format(MetaCommand *command, PrintFormat format, const char *name)
{
	command->session->print.format = format;
	if (!command->session->line->quiet)
		fprintf(command->session->out, "Output format is %s.\n", name);
	return true;
}

static bool
meta_unaligned(MetaCommand *command)
{
	bool aligned = command->session->print.format == PRINT_ALIGNED;

	return set_format(command, aligned ? PRINT_UNALIGNED : PRINT_ALIGNED, aligned ? "unaligned" : "aligned");
}

static bool
pset_format(MetaCommand *command)
{
	static const char *const names[] = {
		[PRINT_ALIGNED] = "aligned", [PRINT_UNALIGNED] = "unaligned", [PRINT_CSV] = "csv"};

	for (size_t i = 0; command->count > 2 && i < lengthof(names); i++)
		if (strcmp(names[i], command->words[2]) == 0)
			return set_format(command, (PrintFormat)i, names[i]);
	return fail(command, "allowed formats are aligned, csv, unaligned");
}

static bool
meta_pset(MetaCommand *command)
{
	PrintOptions *print = &command->session->print;
	const char *name = command->count > 1 ? command->words[1] : "";
	const char *value = command->count > 2 ? command->words[2] : "";

	if (strcmp(name, "format") == 0)
		return pset_format(command);
	if (strcmp(name, "expanded") == 0 || strcmp(name, "x") == 0)
		return toggle(command, &print->expanded, "Expanded display", 2);
	if (strcmp(name, "tuples_only") == 0 || strcmp(name, "t") == 0)
		return toggle(command, &print->tuples_only, "Tuples only", 2);
	if (strcmp(name, "null") == 0)
		print->null_text = arena_strdup(&command->session->arena, value);
	else if (strcmp(name, "fieldsep") == 0)
		print->field_separator = arena_strdup(&command->session->arena, value);
	else
		return fail(command, "unknown option");
	return true;
}

static bool
meta_timing(MetaCommand *command)
{
	return toggle(command, &command->session->timing, "Timing", 1);
}

/* ---- variables ---- */

static bool
meta_set(MetaCommand *command)
{
	Variables *variables = &command->session->variables;
	StrBuf value = {0};

	if (command->count == 1)
	{
		for (size_t i = 0; i < variables->map.count; i++)
			if (variables->map.entries[i].value != NULL)
				fprintf(command->session->out, "%s = '%s'\n", variables->map.entries[i].key.data,
						(const char *)variables->map.entries[i].value);
		return true;
	}
	for (int i = 2; i < command->count; i++)
		str_append_cstr(&value, command->words[i]);
	variables_set(variables, command->words[1], str_cstr(&value));
	str_free(&value);
	return true;
}

static bool
meta_unset(MetaCommand *command)
{
	if (command->count < 2)
		return fail(command, "missing required argument");
	variables_unset(&command->session->variables, command->words[1]);
	return true;
}

static bool
meta_getenv(MetaCommand *command)
{
	const char *value;

	if (command->count < 3)
		return fail(command, "missing required argument");
	value = getenv(command->words[2]);
	if (value == NULL)
		return fail(command, "the environment variable is not set");
	variables_set(&command->session->variables, command->words[1], value);
	return true;
}

static bool
print_words(const MetaCommand *command, FILE *out)
{
	for (int i = 1; i < command->count; i++)
		fprintf(out, "%s%s", i > 1 ? " " : "", command->words[i]);
	fputc('\n', out);
	return true;
}

static bool
meta_echo(MetaCommand *command)
{
	return print_words(command, command->session->out);
}

static bool
meta_warn(MetaCommand *command)
{
	return print_words(command, stderr);
}
