/*
 * meta_commands.c: backslash commands but those that describe things (contract in meta_commands.h).
 *
 * The idea: a command is split into words as psql does, and the first one is looked up in
 * meta_command_list.h.
 */
#include "repl/meta_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "repl/history.h"
#include "repl/meta_command.h"
#include "repl/run_text.h"

typedef enum MetaGroup
{
	GROUP_GENERAL,
	GROUP_BUFFER,
	GROUP_INPUT_OUTPUT,
	GROUP_LOOK,
	GROUP_FORMAT,
	GROUP_VARIABLES
} MetaGroup;

typedef struct MetaCommandRow
{
	const char *name;
	bool (*handler)(MetaCommand *command);
	MetaGroup group;
	const char *arguments;
	const char *help;
} MetaCommandRow;

static const MetaCommandRow rows[] = {
#define META_COMMAND(name, handler, group, arguments, help) {name, handler, GROUP_##group, arguments, help},
#include "repl/meta_command_list.h"
#undef META_COMMAND
};

const char *
meta_command_name(size_t i)
{
	return i < lengthof(rows) ? rows[i].name : NULL;
}

const char *
meta_argument(const MetaCommand *command, int n)
{
	return n < command->words.count ? command->words.items[n].text : NULL;
}

/* Notes that a command failed. False. */
static bool
note_failure(Session *session)
{
	if (!session->interactive && session->exit_code == 0)
		session->exit_code = 3;
	return false;
}

bool
meta_fail(const MetaCommand *command, const char *text)
{
	fflush(command->session->out);
	report_problem(stderr, &command->session->place, "\\%s: %s", command->words.items[0].text, text);
	return note_failure(command->session);
}

bool
meta_fail_plainly(const MetaCommand *command, const char *text)
{
	fflush(command->session->out);
	report_problem(stderr, &command->session->place, "%s", text);
	return note_failure(command->session);
}

bool
meta_needs_argument(const MetaCommand *command)
{
	return command->words.count > 1 || meta_fail(command, "missing required argument");
}

/* Whether the rest of the line is one word: \! takes a command, \snow a statement, and so do \o and \g behind
 * a bar. */
static bool
takes_line(const char *name, StrView rest)
{
	size_t at = 0;

	while (at < rest.len && (rest.data[at] == ' ' || rest.data[at] == '\t'))
		at++;
	return strcmp(name, "!") == 0 || strcmp(name, "snow") == 0 ||
		   ((strcmp(name, "o") == 0 || strcmp(name, "g") == 0 || strcmp(name, "gx") == 0) && at < rest.len &&
			rest.data[at] == '|');
}

static void
read_command(MetaCommand *command, StrView text, size_t *at)
{
	size_t start = *at;
	const MetaWord *name;
	MetaWord *words;

	command->words = meta_words_read(text, at, &command->session->variables, &command->arena);
	name = &command->words.items[0];
	start += strlen(name->text);
	if (name->text[0] == '\0' || !takes_line(name->text, (StrView){text.data + start, text.len - start}))
		return;
	*at = start;
	words = ARENA_ARRAY(&command->arena, MetaWord, 2);
	words[0] = *name;
	words[1] = (MetaWord){meta_words_line(text, at, &command->arena), false};
	command->words = (MetaWords){words, 2};
}

static bool
run_command(MetaCommand *command)
{
	const char *name = command->words.items[0].text;

	if (name[0] == '\0')
		return true;
	for (size_t i = 0; i < lengthof(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].handler(command);
	fflush(command->session->out);
	report_problem(stderr, &command->session->place, "invalid command \\%s", name);
	if (command->session->interactive)
		fputs("Try \\? for help.\n", stderr);
	return note_failure(command->session);
}

bool
meta_command_run(Session *session, Splitter *splitter, StrView text, size_t *at)
{
	MetaCommand command = {.session = session, .splitter = splitter};
	bool ok;

	arena_init(&command.arena, "meta-command");
	read_command(&command, text, at);
	ok = run_command(&command);
	fflush(session->out);
	arena_release(&command.arena);
	return ok;
}

/* ---- general ---- */

bool
meta_quit(MetaCommand *command)
{
	command->session->quit = true;
	return true;
}

bool
meta_help(MetaCommand *command)
{
	static const char *const titles[] = {
		[GROUP_GENERAL] = "General",           [GROUP_BUFFER] = "The statement at hand",
		[GROUP_INPUT_OUTPUT] = "Input/Output", [GROUP_LOOK] = "Looking at things",
		[GROUP_FORMAT] = "Formatting",         [GROUP_VARIABLES] = "Variables",
	};
	FILE *out = command->session->out;

	for (size_t i = 0; i < lengthof(rows); i++)
	{
		if (i == 0 || rows[i].group != rows[i - 1].group)
			fprintf(out, "%s%s\n", i > 0 ? "\n" : "", titles[rows[i].group]);
		if (rows[i].help != NULL)
			fprintf(out, "  \\%s %-*s %s\n", rows[i].name, (int)(26 - strlen(rows[i].name)),
					rows[i].arguments, rows[i].help);
	}
	return true;
}

bool
meta_errverbose(MetaCommand *command)
{
	const Session *session = command->session;

	fputs(session->last_error ? session->last_error : "There is no previous error.\n", session->out);
	return true;
}

bool
meta_shell(MetaCommand *command)
{
	const char *line = meta_argument(command, 1);
	const char *shell = getenv("SHELL");
	int status;

	fflush(NULL);
	if (line[strspn(line, " \t\r")] == '\0')
		line = shell ? shell : "/bin/sh";
	status = system(line);
	return status == 0 || meta_fail(command, status < 0 ? strerror(errno) : "the command failed");
}

bool
meta_change_directory(MetaCommand *command)
{
	const char *home = getenv("HOME");
	const char *path = meta_argument(command, 1);

	if (path == NULL)
		path = home ? home : "/";
	return chdir(path) == 0 ||
		   meta_fail(command, arena_printf(&command->arena, "could not change directory to \"%s\": %s", path,
										   strerror(errno)));
}

/* ---- the statement at hand ---- */

/* Runs the statement at hand; when there is none, the latest once more. */
static bool
run_buffer(MetaCommand *command)
{
	Session *session = command->session;
	Splitter *splitter = command->splitter;

	if (!splitter->begun && session->last_statement.len > 0)
	{
		splitter_reset(splitter);
		str_append_view(&splitter->statement, str_view(&session->last_statement));
		splitter->begun = true;
	}
	return run_text_buffer(session, splitter);
}

/* The same with results in the file or command that the argument names. */
static bool
run_buffer_into(MetaCommand *command)
{
	Session *session = command->session;
	const Session before = *session;
	Error err = {0};
	bool ok;

	if (meta_argument(command, 1) == NULL)
		return run_buffer(command);
	session->out_is_ours = session->out_is_pipe = false;
	ok = session_set_output(session, meta_argument(command, 1), &err);
	if (ok)
		ok = run_buffer(command) & session_set_output(session, NULL, &err);
	else
		meta_fail(command, err.message);
	error_clear(&err);
	session->out = before.out;
	session->out_is_ours = before.out_is_ours;
	session->out_is_pipe = before.out_is_pipe;
	return ok;
}

bool
meta_go(MetaCommand *command)
{
	return run_buffer_into(command);
}

bool
meta_go_expanded(MetaCommand *command)
{
	bool before = command->session->print.expanded;
	bool ok;

	command->session->print.expanded = true;
	ok = run_buffer_into(command);
	command->session->print.expanded = before;
	return ok;
}

bool
meta_print_buffer(MetaCommand *command)
{
	const Session *session = command->session;
	bool begun = command->splitter->begun;
	StrView text = str_view(begun ? &command->splitter->statement : &session->last_statement);

	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0)
		fprintf(session->out, "%.*s\n", (int)text.len, text.data);
	else if (!session_is_quiet(session))
		fputs("Query buffer is empty.\n", session->out);
	return true;
}

bool
meta_reset_buffer(MetaCommand *command)
{
	splitter_reset(command->splitter);
	if (!session_is_quiet(command->session))
		fputs("Query buffer reset (cleared).\n", command->session->out);
	return true;
}

bool
meta_history(MetaCommand *command)
{
	history_print(command->session->out);
	return true;
}

/* ---- input and output ---- */

bool
meta_include(MetaCommand *command)
{
	return meta_needs_argument(command) && run_text_file(command->session, meta_argument(command, 1));
}

bool
meta_include_relative(MetaCommand *command)
{
	const char *file = command->session->place.file;
	const char *slash = file ? strrchr(file, '/') : NULL;
	const char *path = meta_argument(command, 1);

	if (!meta_needs_argument(command))
		return false;
	if (slash != NULL && path[0] != '/')
		path = arena_printf(&command->arena, "%.*s%s", (int)(slash + 1 - file), file, path);
	return run_text_file(command->session, path);
}

bool
meta_output(MetaCommand *command)
{
	Error err = {0};
	bool ok = session_set_output(command->session, meta_argument(command, 1), &err);

	if (!ok)
		meta_fail(command, err.message);
	error_clear(&err);
	return ok;
}

static bool
print_words(const MetaCommand *command, FILE *out)
{
	const MetaWords *words = &command->words;
	bool no_end = words->count > 1 && !words->items[1].quoted && strcmp(words->items[1].text, "-n") == 0;

	for (int i = no_end ? 2 : 1; i < words->count; i++)
		fprintf(out, "%s%s", i > (no_end ? 2 : 1) ? " " : "", words->items[i].text);
	if (!no_end)
		fputc('\n', out);
	return true;
}

bool
meta_echo(MetaCommand *command)
{
	return print_words(command, command->session->kept_out != NULL ? command->session->out : stdout);
}

bool
meta_qecho(MetaCommand *command)
{
	return print_words(command, command->session->out);
}

bool
meta_warn(MetaCommand *command)
{
	fflush(command->session->out);
	return print_words(command, stderr);
}

/* ---- variables ---- */

bool
meta_set(MetaCommand *command)
{
	Variables *variables = &command->session->variables;
	StrBuf value = {0};

	if (command->words.count == 1)
	{
		variables_print(variables, command->session->out);
		return true;
	}
	for (int i = 2; i < command->words.count; i++)
		str_append_cstr(&value, meta_argument(command, i));
	variables_set(variables, meta_argument(command, 1), str_cstr(&value));
	str_free(&value);
	return true;
}

bool
meta_unset(MetaCommand *command)
{
	if (!meta_needs_argument(command))
		return false;
	variables_unset(&command->session->variables, meta_argument(command, 1));
	return true;
}

/* As with psql, a name that the environment does not have changes nothing. */
bool
meta_getenv(MetaCommand *command)
{
	const char *value;

	if (command->words.count < 3)
		return meta_fail(command, "missing required argument");
	value = getenv(meta_argument(command, 2));
	if (value != NULL)
		variables_set(&command->session->variables, meta_argument(command, 1), value);
	return true;
}

bool
meta_setenv(MetaCommand *command)
{
	const char *name = meta_argument(command, 1);
	const char *value = meta_argument(command, 2);

	if (!meta_needs_argument(command))
		return false;
	if (strchr(name, '=') != NULL)
		return meta_fail(command, "environment variable name must not contain \"=\"");
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
	return true;
}
