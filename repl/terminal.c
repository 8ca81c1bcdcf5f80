/*
 * terminal.c: the interactive terminal (contract in terminal.h).
 *
 * The idea: line editing is the library's (readline, or libedit by READLINE=edit); lines go to the same
 * splitter that files go through, and its state chooses the prompt. Ctrl-C at the prompt drops the statement
 * typed so far; while a statement runs it stops that.
 */
#include "repl/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include WEIR_READLINE_HEADER

#include "repl/complete.h"
#include "repl/history.h"
#include "repl/interrupt.h"
#include "repl/read_key.h"
#include "repl/run_text.h"

typedef struct Terminal
{
	Session *session;
	Splitter splitter;
	History history;
	StrBuf entry; /* lines since the last entry of the history */
} Terminal;

/* The line editor must know what a character is: it asks the environment. Weir's text is UTF-8 whatever that
 * says. */
static void
choose_characters(void)
{
	if (setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	unsetenv("LC_ALL");
	setenv("LC_CTYPE", "C.UTF-8", 1);
	setlocale(LC_CTYPE, "");
}

/* One line; NULL at the end of input. Freed by the caller. */
static char *
read_line(const Splitter *splitter)
{
	char prompt[16];
	char *line;

	snprintf(prompt, sizeof prompt, "weir%c> ", splitter_prompt(splitter));
	interrupt_set_prompting(true);
	line = readline(prompt);
	interrupt_set_prompting(false);
	return line;
}

/* The history has statements as they were typed, with all their lines. */
static void
remember(Terminal *terminal)
{
	if (!history_add(&terminal->history, str_view(&terminal->entry)))
		report_notice(stderr, &(SourcePlace){0}, "WARNING",
					  "the statement holds a secret in plain text and is left out of the history");
	str_clear(&terminal->entry);
}

static void
run_line(Terminal *terminal, const char *line)
{
	StrBuf text = {0};

	str_appendf(&text, "%s\n", line);
	if (line[0] != '\0')
		str_append_view(&terminal->entry, str_view(&text));
	terminal->session->place = (SourcePlace){.line = 1};
	(void)!run_text_piece(terminal->session, &terminal->splitter, str_view(&text));
	interrupt_clear();
	if (!terminal->splitter.begun)
		remember(terminal);
	str_free(&text);
}

/* Ctrl-C at the prompt: what was typed is dropped, but can be had from the history. */
static void
drop_statement(Terminal *terminal, const char *line)
{
	interrupt_clear();
	str_append_cstr(&terminal->entry, line);
	remember(terminal);
	splitter_reset(&terminal->splitter);
}

static void
open_terminal(Terminal *terminal, Session *session)
{
	*terminal = (Terminal){.session = session, .splitter = run_text_splitter(session)};
	choose_characters();
	rl_getc_function = read_key;
	rl_readline_name = (char *)(uintptr_t) "weir";
	complete_install(session, &terminal->splitter);
	history_open(&terminal->history, &session->variables, connectors_set(session->connectors));
	if (!session_is_quiet(session))
		printf("weir (%s)\nType \"\\?\" for help.\n\n", WEIR_VERSION);
}

bool
terminal_run(Session *session)
{
	Terminal terminal;
	char *line = NULL;

	session->input_taken = "the statements come from it";
	open_terminal(&terminal, session);
	while (!session->quit && !interrupt_was_terminate() && (line = read_line(&terminal.splitter)) != NULL)
	{
		if (*interrupt_flag())
			drop_statement(&terminal, line);
		else
			run_line(&terminal, line);
		free(line);
	}
	if (!session->quit)
		putchar('\n');
	remember(&terminal);
	history_close(&terminal.history);
	splitter_release(&terminal.splitter);
	str_free(&terminal.entry);
	return true;
}
