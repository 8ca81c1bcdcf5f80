/*
 * directory_place.c: names of directories that can be compared (contract in directory_place.h).
 *
 * The idea: the path is walked from the root on, and after each step the operating system is asked for the
 * real name of what was reached, so that ".." behind a link means what it means to open(2). What does not
 * exist yet is taken as it is written. Nothing is created.
 */
#include "connectors/directory_place.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/str.h"

const char *
directory_path_of(const char *location)
{
	return strncmp(location, "file://", 7) == 0 ? location + 7 : location;
}

/* The path without links, if it exists; the root is "". */
static void
follow_links(StrBuf *path)
{
	char *real = realpath(str_cstr(path), NULL);

	if (real == NULL)
		return;
	str_clear(path);
	str_append_cstr(path, strcmp(real, "/") == 0 ? "" : real);
	free(real);
}

/* One step from a directory to what a name in it means. */
static void
step(StrBuf *path, StrView name)
{
	if (name.len == 0 || str_equal(name, STR_LIT(".")))
		return;
	if (str_equal(name, STR_LIT("..")))
	{
		while (path->len > 0 && path->data[--path->len] != '/')
			;
		str_append_cstr(path, "");
		return;
	}
	str_append_char(path, '/');
	str_append_view(path, name);
	follow_links(path);
}

const char *
directory_place(const char *location, Arena *arena)
{
	const char *p = directory_path_of(location);
	char *here = p[0] != '/' ? getcwd(NULL, 0) : NULL;
	StrBuf path = {0};
	const char *place;

	if (here != NULL)
		str_append_cstr(&path, strcmp(here, "/") == 0 ? "" : here);
	free(here);
	while (*p != '\0')
	{
		size_t len = strcspn(p, "/");

		step(&path, (StrView){p, len});
		p += len;
		p += *p == '/';
	}
	place = arena_strdup(arena, str_cstr(&path));
	str_free(&path);
	return place;
}
