/*
 * connector.c: look-up in option lists and connector sets (contract in connector.h).
 */
#include "planner/connector.h"

#include <errno.h>
#include <stdio.h>

const Option *
options_find(const Options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++)
	{
		if (strcmp(options->items[i].name, name) == 0)
			return &options->items[i];
	}
	return NULL;
}

const char *
options_text(const Options *options, const char *name)
{
	const Option *option = options_find(options, name);

	return option != NULL ? option->text : NULL;
}

int64_t
options_integer(const Options *options, const char *name, int64_t otherwise)
{
	const Option *option = options_find(options, name);

	return option != NULL ? option->value.integer : otherwise;
}

bool
options_boolean(const Options *options, const char *name)
{
	const Option *option = options_find(options, name);

	return option != NULL && option->value.boolean;
}

static bool
read_secret_file(const Option *option, const char *path, StrBuf *out, Error *err)
{
	FILE *file = fopen(path, "re");
	char chunk[256];
	size_t n;

	if (file == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_FILE, option->position,
						 "could not open file \"%s\" of option \"%s\": %s", path, option->name,
						 strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		str_append(out, chunk, n);
	explicit_bzero(chunk, sizeof chunk);
	if (ferror(file))
	{
		error_set(err, SQLSTATE_IO_ERROR, option->position, "could not read file \"%s\" of option \"%s\": %s",
				  path, option->name, strerror(errno));
		fclose(file);
		return false;
	}
	fclose(file);
	while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		out->data[--out->len] = '\0';
	return true;
}

bool
options_secret(const Options *options, const char *name, StrBuf *out, Error *err)
{
	const Option *option = options_find(options, name);
	const char *value;

	if (option == NULL)
		return error_set(err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND, NO_POSITION, "option \"%s\" is not set",
						 name);
	if (strncmp(option->text, "file:", 5) == 0)
		return read_secret_file(option, option->text + 5, out, err);
	assert(strncmp(option->text, "env:", 4) == 0);
	value = getenv(option->text + 4);
	if (value == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_OBJECT, option->position,
						 "environment variable \"%s\" of option \"%s\" is not set", option->text + 4, name);
	str_append_cstr(out, value);
	return true;
}

const ConnectorInfo *
connector_find(const ConnectorSet *set, ConnectorKind kind, StrView name)
{
	for (size_t i = 0; i < set->count; i++)
	{
		if (set->items[i]->kind == kind && str_equal(name, str_from_cstr(set->items[i]->name)))
			return set->items[i];
	}
	return NULL;
}
