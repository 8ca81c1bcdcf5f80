/*
 * terminal.c: the interactive terminal (contract in terminal.h).
 *
 * The idea: line editing is the library's (readline, or libedit by READLINE=edit); lines go to the same
 * splitter that files go through, and its state chooses the prompt. Ctrl-C at the prompt drops the statement
 * typed so far; while a statement runs it stops that. The history is kept in $XDG_STATE_HOME/weir/history,
 * readable by its owner only.
 */
#include "repl/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include WEIR_READLINE_HEADER
#include WEIR_HISTORY_HEADER

#include "common/memory.h"
#include "parser/split.h"
#include "repl/interrupt.h"
#include "repl/meta_commands.h"

enum
{
	HISTORY_LINES = 2000
};

/* Ctrl-C ends the line that is being read; the flag tells it from an empty one. */
static int
read_character(FILE *in)
{
	struct pollfd poller = {.fd = fileno(in), .events = POLLIN};
	unsigned char c;

	for (;;)
	{
		int ready = poll(&poller, 1, -1);

		if (*interrupt_flag())
			return '\n';
		if (ready < 0 && errno == EINTR)
			continue;
		if (read(fileno(in), &c, 1) == 1)
			return c;
		return EOF;
	}
}

/* ---- history ---- */

static bool
history_path(StrBuf *path)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state != NULL && state[0] == '/')
		str_append_cstr(path, state);
	else if (home != NULL)
		str_appendf(path, "%s/.local/state", home);
	else
		return false;
	mkdir(str_cstr(path), 0700);
	str_append_cstr(path, "/weir");
	mkdir(str_cstr(path), 0700);
	str_append_cstr(path, "/history");
	return true;
}

static void
load_history(void)
{
	StrBuf path = {0};

	using_history();
	stifle_history(HISTORY_LINES);
	if (history_path(&path))
		read_history(str_cstr(&path));
	str_free(&path);
}

static void
save_history(void)
{
	StrBuf path = {0};
	mode_t before = umask(077);

	if (history_path(&path))
		write_history(str_cstr(&path));
	umask(before);
	str_free(&path);
}

/* ---- reading and running ---- */

static const char *
lookup_variable(void *context, StrView name)
{
	return variables_get(context, name);
}

/* Runs what one line brought: statements that it ended, a meta-command. What is left stays in the splitter.
 */
static void
run_line(Session *session, Splitter *splitter, StrView line)
{
	size_t at = 0;

	while (at < line.len && !session->quit)
	{
		size_t consumed = 0;
		Error err = {0};
		SplitEnd end = splitter_feed(splitter, (StrView){line.data + at, line.len - at}, &consumed, &err);

		at += consumed;
		if (end == SPLIT_FAILED)
			session_report(session, &err, (StrView){0}, false);
		error_clear(&err);
		if (end == SPLIT_STATEMENT)
		{
			interrupt_clear();
			session_run_statement(session, str_view(&splitter->statement));
			interrupt_clear();
			splitter_reset(splitter);
		}
		else if (end == SPLIT_BACKSLASH)
		{
			meta_command_run(session, (StrView){line.data + at, line.len - at});
			return;
		}
	}
}

/* One line with its line end; NULL at the end of input. Freed by the caller. */
static char *
read_line(const Splitter *splitter)
{
	char prompt[16];

	snprintf(prompt, sizeof prompt, "weir%c> ", splitter_prompt(splitter));
	return readline(prompt);
}

bool
terminal_run(Session *session)
{
	Splitter splitter = {.lookup = lookup_variable, .context = &session->variables};
	char *line;

	session->interactive = true;
	rl_getc_function = read_character;
	rl_readline_name = (char *)(uintptr_t) "weir";
	load_history();
	if (!session->line->quiet)
		fprintf(session->out, "weir (%s)\nType \"\\?\" for help.\n\n", WEIR_VERSION);
	while (!session->quit && !interrupt_was_terminate() && (line = read_line(&splitter)) != NULL)
	{
		StrBuf text = {0};

		if (*interrupt_flag())
		{
			interrupt_clear();
			splitter_reset(&splitter);
			free(line);
			continue;
		}
		if (line[0] != '\0')
			add_history(line);
		str_append_cstr(&text, line);
		str_append_char(&text, '\n');
		run_line(session, &splitter, str_view(&text));
		str_free(&text);
		free(line);
	}
	if (!session->quit)
		fputc('\n', session->out);
	save_history();
	splitter_release(&splitter);
	return true;
}
