/*
 * main.c: the program: command line, session, exit code.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "repl/interrupt.h"
#include "repl/run_text.h"
#include "repl/terminal.h"

static bool
run_actions(Session *session, const CommandLine *line)
{
	for (size_t i = 0; i < line->action_count; i++)
	{
		const Action *action = &line->actions[i];
		bool ok = action->is_file ? run_text_file(session, action->text)
								  : run_text(session, str_from_cstr(action->text), NULL);

		if (!ok)
			return false;
	}
	return true;
}

/* Everything between opening and closing. False: it failed or was stopped. */
static bool
run_whole(Session *session, const CommandLine *line)
{
	bool terminal = line->action_count == 0 && !command_line_is_command(line) && isatty(STDIN_FILENO);

	session->interactive = terminal;
	if (!line->no_rc && !run_text_start_up(session))
		return false;
	if (terminal)
		return terminal_run(session);
	if (line->action_count == 0 && !command_line_is_command(line))
		return run_text_stdin(session, NULL) && session_finish(session);
	return run_actions(session, line) && session_finish(session);
}

static int
run_session(const CommandLine *line)
{
	Session session;
	Error err = {0};
	bool ok;

	if (!session_open(&session, line, &err))
	{
		report_error(stderr, &(SourcePlace){0}, "ERROR", &err, (StrView){0}, VERBOSITY_DEFAULT);
		error_clear(&err);
		session_close(&session);
		return 1;
	}
	ok = run_whole(&session, line);
	session_close(&session);
	return session.exit_code != 0 ? session.exit_code : ok || session.drained ? 0 : 3;
}

/* What a crash leaves behind would hold credentials: no core dump, and no other process of the user's may
 * look into this one. */
static void
forbid_core(void)
{
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	(void)prctl(PR_SET_DUMPABLE, 0);
}

int
main(int argc, char **argv)
{
	CommandLine line;
	int code = 0;

	if (!command_line_parse(argc, argv, &line))
	{
		command_line_free(&line);
		return 1;
	}
	if (!line.allow_core)
		forbid_core();
	interrupt_install();
	if (line.mode == MODE_HELP)
		print_help(stdout);
	else if (line.mode == MODE_VERSION)
		print_version(stdout);
	else
		code = run_session(&line);
	command_line_free(&line);
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		fputs("weir: error: could not write all results to standard output\n", stderr);
		return code ? code : 1;
	}
	return code;
}
