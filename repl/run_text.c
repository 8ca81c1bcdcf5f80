/*
 * run_text.c: running text in a session (contract in run_text.h).
 */
#include "repl/run_text.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "repl/interrupt.h"
#include "repl/meta_commands.h"

/* Deeper \i would be a file that includes itself. */
enum
{
	MAX_INCLUDE_DEPTH = 100
};

static const char *
lookup_variable(void *context, StrView name)
{
	return variables_get(context, name);
}

Splitter
run_text_splitter(const Session *session)
{
	return (Splitter){.lookup = lookup_variable, .context = (void *)(uintptr_t)&session->variables};
}

/* ---- pieces of text ---- */

static int
count_lines(StrView text)
{
	int lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

bool
run_text_buffer(Session *session, Splitter *splitter)
{
	StrView source = str_view(&splitter->statement);
	bool ok = true;

	while (source.len > 0 && strchr(" \t\r\n\f", source.data[0]) != NULL)
		source = (StrView){source.data + 1, source.len - 1};
	if (splitter->failure.set)
	{
		session_report(session, &splitter->failure, (StrView){0}, false);
		ok = false;
	}
	else if (splitter->begun)
	{
		str_clear(&session->last_statement);
		str_append_view(&session->last_statement, source);
		ok = session_run_statement(session, source);
	}
	splitter_reset(splitter);
	return ok;
}

/* A signal came: what is left of the text is not run. False. */
static bool
stop_text(Session *session)
{
	Error err = {0};

	if (!session->drained && session->exit_code == 0)
	{
		error_set(&err, SQLSTATE_STOPPED_EARLY, NO_POSITION, "the session was stopped before its end");
		session_report(session, &err, (StrView){0}, false);
		error_clear(&err);
	}
	return false;
}

/* Takes what ends next in the text from *at on; lines are counted up to *counted. False: it failed. */
static bool
run_next(Session *session, Splitter *splitter, StrView text, size_t *at, size_t *counted)
{
	size_t consumed = 0;
	SplitEnd end = splitter_feed(splitter, (StrView){text.data + *at, text.len - *at}, &consumed);

	*at += consumed;
	session->place.line += count_lines((StrView){text.data + *counted, *at - *counted});
	*counted = *at;
	switch (end)
	{
		case SPLIT_STATEMENT: return run_text_buffer(session, splitter);
		case SPLIT_BACKSLASH: return meta_command_run(session, splitter, text, at);
		case SPLIT_MORE: break;
	}
	return true;
}

bool
run_text_piece(Session *session, Splitter *splitter, StrView text)
{
	size_t at = 0;
	size_t counted = 0;

	while (at < text.len && !session->quit)
	{
		bool ok = run_next(session, splitter, text, &at, &counted);

		if (session_was_stopped(session))
			return stop_text(session);
		if (!ok && session_stops_on_error(session))
			return false;
	}
	return true;
}

/* Runs the last of a text: its last statement needs no semicolon. */
static bool
run_end(Session *session, Splitter *splitter, StrView text)
{
	if (!run_text_piece(session, splitter, text))
		return false;
	/* It ends on its last line, not on the empty one behind that. */
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		session->place.line--;
	if (session->quit || run_text_buffer(session, splitter))
		return true;
	return session_was_stopped(session) ? stop_text(session) : !session_stops_on_error(session);
}

bool
run_text(Session *session, StrView text, const char *file)
{
	Splitter splitter = run_text_splitter(session);
	SourcePlace before = session->place;
	bool ok;

	session->place = (SourcePlace){.file = file, .line = 1};
	ok = run_end(session, &splitter, text);
	session->quit = false;
	splitter_release(&splitter);
	session->place = before;
	return ok;
}

/* ---- standard input ---- */

/* Appends what there is to read, waiting for it. 0 at the end, or when a signal came; -1 on failure. */
static ssize_t
read_more(const Session *session, StrBuf *out)
{
	struct pollfd poller = {.fd = STDIN_FILENO, .events = POLLIN};
	char buffer[65536];
	sigset_t before;
	int ready = 0;
	ssize_t n;

	while (ready <= 0 && !session_was_stopped(session))
	{
		interrupt_hold(&before);
		if (!session_was_stopped(session))
			ready = ppoll(&poller, 1, NULL, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	if (session_was_stopped(session))
		return 0;
	n = read(STDIN_FILENO, buffer, sizeof buffer);
	if (n > 0)
		str_append(out, buffer, (size_t)n);
	return n;
}

/* Runs the whole lines of what was read; the rest stays. */
static bool
run_lines(Session *session, Splitter *splitter, StrBuf *text)
{
	char *end = text->len > 0 ? memrchr(text->data, '\n', text->len) : NULL;
	StrBuf rest = {0};
	bool ok;

	if (end == NULL)
		return true;
	str_append(&rest, end + 1, text->len - (size_t)(end + 1 - text->data));
	ok = run_text_piece(session, splitter, (StrView){text->data, (size_t)(end + 1 - text->data)});
	str_free(text);
	*text = rest;
	return ok;
}

bool
run_text_stdin(Session *session, const char *name)
{
	Splitter splitter = run_text_splitter(session);
	SourcePlace before = session->place;
	StrBuf text = {0};
	ssize_t n;
	bool ok = true;

	session->input_taken = "the statements come from it";
	session->place = (SourcePlace){.file = name, .line = 1};
	while (ok && !session->quit && (n = read_more(session, &text)) > 0)
		ok = run_lines(session, &splitter, &text);
	if (ok && session_was_stopped(session))
		ok = stop_text(session);
	else if (ok && !session->quit)
		ok = run_end(session, &splitter, str_view(&text));
	session->quit = false;
	session->place = before;
	str_free(&text);
	splitter_release(&splitter);
	return ok;
}

/* ---- files ---- */

static bool
read_text(const char *path, StrBuf *out)
{
	char buffer[65536];
	FILE *file = fopen(path, "r");
	size_t n;
	bool ok;

	if (file == NULL)
		return false;
	while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
		str_append(out, buffer, n);
	ok = !ferror(file);
	fclose(file);
	return ok;
}

/* False. */
static bool
fail_file(Session *session, const char *path, const char *reason)
{
	fflush(session->out);
	if (session->place.file != NULL)
		report_problem(stderr, &session->place, "%s: %s", path, reason);
	else
		fprintf(stderr, "weir: error: %s: %s\n", path, reason);
	if (!session->interactive && session->exit_code == 0)
		session->exit_code = 1;
	return false;
}

bool
run_text_file(Session *session, const char *path)
{
	StrBuf text = {0};
	bool ok;

	if (strcmp(path, "-") == 0)
		return run_text_stdin(session, "<stdin>");
	if (session->depth >= MAX_INCLUDE_DEPTH)
		return fail_file(session, path, "files include each other without end");
	if (!read_text(path, &text))
	{
		str_free(&text);
		return fail_file(session, path, strerror(errno));
	}
	session->depth++;
	ok = run_text(session, str_view(&text), path);
	session->depth--;
	str_free(&text);
	return ok;
}

bool
run_text_start_up(Session *session)
{
	const char *chosen = getenv("WEIRRC");
	const char *home = getenv("HOME");
	StrBuf path = {0};
	bool quiet = session->quiet;
	bool ok = true;

	if (chosen != NULL)
		str_append_cstr(&path, chosen);
	else if (home != NULL)
		str_appendf(&path, "%s/.weirrc", home);
	session->quiet = true;
	if (path.len > 0 && access(str_cstr(&path), R_OK) == 0)
		ok = run_text_file(session, str_cstr(&path));
	session->quiet = quiet;
	str_free(&path);
	return ok;
}
