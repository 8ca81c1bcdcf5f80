/*
 * history.c: the terminal's history (contract in history.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include WEIR_READLINE_HEADER
#include WEIR_HISTORY_HEADER

#include "repl/history.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs.h"
#include "repl/secrets.h"

enum
{
	DEFAULT_SIZE = 500, /* entries, as psql has it */
	LINE_END = '\001'   /* stands for a line end within an entry */
};

/* ---- the file ---- */

static void
find_path(const Variables *variables, StrBuf *path)
{
	const char *chosen = variables_get(variables, STR_LIT("HISTFILE"));
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (chosen != NULL)
		str_append_cstr(path, chosen);
	else if (state != NULL && state[0] == '/')
		str_appendf(path, "%s/weir/history", state);
	else if (home != NULL && home[0] != '\0')
		str_appendf(path, "%s/.local/state/weir/history", home);
}

static int
history_limit(const Variables *variables)
{
	const char *text = variables_get(variables, STR_LIT("HISTSIZE"));
	char *end;
	long size = text != NULL ? strtol(text, &end, 10) : DEFAULT_SIZE;

	if (text != NULL && (end == text || *end != '\0' || size > INT32_MAX))
		return DEFAULT_SIZE;
	return size < 0 ? INT32_MAX : (int)size;
}

static void
replace(char *text, size_t len, char from, char to)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == from)
			text[i] = to;
}

/* Where the last so many lines begin. */
static size_t
tail_start(StrView text, int lines)
{
	size_t at = text.len;

	while (at > 0)
	{
		if (text.data[at - 1] == '\n' && at < text.len && --lines <= 0)
			return at;
		at--;
	}
	return lines > 0 ? 0 : text.len;
}

/* Adds the lines to the editor's list; they are changed on the way. */
static void
add_lines(char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL)
	{
		if (line[0] == '\0')
			continue;
		replace(line, strlen(line), LINE_END, '\n');
		add_history(line);
	}
}

void
history_open(History *history, const Variables *variables, const ConnectorSet *connectors)
{
	StrBuf text = {0};
	int limit = history_limit(variables);

	*history = (History){.variables = variables, .connectors = connectors};
	using_history();
	stifle_history(limit);
	find_path(variables, &history->path);
	if (history->path.len > 0 && fs_read_file(&system_fs, str_cstr(&history->path), &text) == 0)
		add_lines(text.data + tail_start(str_view(&text), limit));
	str_free(&text);
}

/* ---- what is not kept ---- */

static bool
is_ignored(const History *history, const char *entry)
{
	const char *control = variables_get(history->variables, STR_LIT("HISTCONTROL"));
	bool both = control != NULL && strcasecmp(control, "ignoreboth") == 0;

	if (control == NULL)
		return false;
	return ((both || strcasecmp(control, "ignorespace") == 0) && entry[0] == ' ') ||
		   ((both || strcasecmp(control, "ignoredups") == 0) && strcmp(entry, str_cstr(&history->last)) == 0);
}

bool
history_add(History *history, StrView entry)
{
	StrBuf text = {0};
	bool secret;

	while (entry.len > 0 && entry.data[entry.len - 1] == '\n')
		entry.len--;
	str_append_view(&text, entry);
	secret = text.len > 0 && secrets_mask(history->connectors, text.data);
	if (entry.len > 0 && !secret && !is_ignored(history, str_cstr(&text)))
	{
		add_history(str_cstr(&text));
		str_clear(&history->last);
		str_append_view(&history->last, entry);
		replace(text.data, text.len, '\n', LINE_END);
		str_appendf(&history->unsaved, "%s\n", str_cstr(&text));
	}
	str_free(&text);
	return !secret;
}

/* ---- keeping ---- */

static void
make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	StrBuf folder = {0};

	if (slash != NULL && slash != path)
	{
		str_append(&folder, path, (size_t)(slash - path));
		(void)!fs_make_directories(&system_fs, str_cstr(&folder), 0700);
	}
	str_free(&folder);
}

/* Writes all of text to a file of the user's own; what can't be kept is not worth a message. */
static void
write_file(const char *path, int flags, StrView text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	struct stat st;

	if (fd < 0)
		return;
	/* HISTFILE may name a device, whose mode is not ours to change */
	if (fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fchmod(fd, 0600) == 0))
		(void)!fs_write_all(&system_fs, fd, text.data, text.len);
	close(fd);
}

/* A file of more than twice the entries that are kept is cut down to these. */
static void
shorten(const char *path, int limit)
{
	StrBuf text = {0};

	if (limit < INT32_MAX / 2 && fs_read_file(&system_fs, path, &text) == 0 &&
		tail_start(str_view(&text), 2 * limit) > 0)
	{
		size_t start = tail_start(str_view(&text), limit);
		StrBuf fresh = {0};

		str_appendf(&fresh, "%s.new", path);
		write_file(str_cstr(&fresh), O_TRUNC, (StrView){text.data + start, text.len - start});
		(void)!rename(str_cstr(&fresh), path);
		str_free(&fresh);
	}
	str_free(&text);
}

void
history_close(History *history)
{
	const char *path = str_cstr(&history->path);

	if (history->unsaved.len > 0 && history->path.len > 0)
	{
		make_folder(path);
		write_file(path, O_APPEND, str_view(&history->unsaved));
		shorten(path, history_limit(history->variables));
	}
	str_free(&history->path);
	str_free(&history->last);
	str_free(&history->unsaved);
}

void
history_print(FILE *out)
{
	HIST_ENTRY *entry;

	for (int i = 0; (entry = history_get(history_base + i)) != NULL; i++)
		fprintf(out, "%s\n", entry->line);
}
