/*
 * meta_describe.c: backslash commands that show what there is: objects, functions, settings, statements.
 */
#include <ctype.h>

#include "repl/help.h"
#include "repl/meta_command.h"
#include "repl/show.h"

/* The argument as a name of SQL: folded to lower case unless it was quoted. */
static const char *
name_argument(MetaCommand *command)
{
	const MetaWord *word = &command->words.items[1];
	char *name = arena_strdup(&command->arena, word->text);
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == ';')
		name[len - 1] = '\0';
	for (char *c = name; !word->quoted && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

static bool
print_shown(const MetaCommand *command, Result *result, const char *title)
{
	PrintOptions options = command->session->print;

	options.title = title;
	print_result(result, &options, command->session->out);
	result_free(result);
	return true;
}

/* The object that the argument names; NULL: reported. */
static const CatalogObject *
find_object(MetaCommand *command)
{
	const char *name = name_argument(command);
	const CatalogObject *object = catalog_find(&command->session->catalog, name);

	if (object == NULL)
		meta_fail_plainly(command,
						  arena_printf(&command->arena, "Did not find any relation named \"%s\".", name));
	return object;
}

static bool
list_relations(const MetaCommand *command, ObjectKind kind)
{
	Result result;

	show_relations(command->session, kind, &result);
	if (result.row_count > 0)
		return print_shown(command, &result, "List of relations");
	result_free(&result);
	fputs("Did not find any relations.\n", stderr);
	return true;
}

bool
meta_describe(MetaCommand *command)
{
	const CatalogObject *object;
	Result result;
	Error err = {0};

	if (command->words.count < 2)
		return list_relations(command, OBJECT_ANY);
	object = find_object(command);
	if (object == NULL)
		return false;
	if (!show_columns(command->session, object, &result, &err))
	{
		session_report(command->session, &err, (StrView){0}, false);
		error_clear(&err);
		return false;
	}
	return print_shown(
		command, &result,
		arena_printf(&command->arena, "%s \"%s\"", catalog_kind_name(object->kind), object->name));
}

bool
meta_tables(MetaCommand *command)
{
	return list_relations(command, OBJECT_TABLE);
}

bool
meta_views(MetaCommand *command)
{
	return list_relations(command, OBJECT_VIEW);
}

static bool
print_list(MetaCommand *command, const char *name, const char *title)
{
	Result result;
	Error err = {0};

	(void)!show_find(name)(command->session, &result, &err);
	return print_shown(command, &result, title);
}

bool
meta_functions(MetaCommand *command)
{
	return print_list(command, "functions", "List of functions");
}

bool
meta_settings(MetaCommand *command)
{
	return print_list(command, "settings", "List of settings");
}

bool
meta_show_view(MetaCommand *command)
{
	const CatalogObject *object;

	if (!meta_needs_argument(command) || (object = find_object(command)) == NULL)
		return false;
	if (object->kind != OBJECT_VIEW)
		return meta_fail(command, arena_printf(&command->arena, "\"%s\" is not a view", object->name));
	fprintf(command->session->out, "%s\n", show_definition(object, &command->arena));
	return true;
}

/* What there is for the name, or, as in psql, for its first words: SHOW helps with SHOW SNOWFLAKE DDL. */
static bool
help_with(StrView name, const Session *session, Arena *arena)
{
	while (name.len > 0)
	{
		if (help_print(arena_strndup(arena, name.data, name.len), session))
			return true;
		while (name.len > 0 && name.data[name.len - 1] != ' ')
			name.len--;
		while (name.len > 0 && name.data[name.len - 1] == ' ')
			name.len--;
	}
	return false;
}

/* \h, \h NAME: the words of the name are one. */
bool
meta_statement_help(MetaCommand *command)
{
	StrBuf name = {0};
	bool found;

	for (int i = 1; i < command->words.count; i++)
		str_appendf(&name, "%s%s", i > 1 ? " " : "", meta_argument(command, i));
	while (name.len > 0 && strchr("; ", name.data[name.len - 1]) != NULL)
		name.data[--name.len] = '\0';
	if (name.len == 0)
		help_list(command->session->out);
	found = name.len == 0 || help_with(str_view(&name), command->session, &command->arena);
	if (!found)
		fprintf(command->session->out,
				"No help available for \"%s\".\nTry \\h with no arguments to see available help.\n",
				str_cstr(&name));
	str_free(&name);
	return true;
}
