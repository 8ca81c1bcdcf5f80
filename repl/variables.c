/*
 * variables.c: psql's variables (contract in variables.h).
 */
#include "repl/variables.h"

#include <stdlib.h>
#include <strings.h>

#include "common/memory.h"

void
variables_set(Variables *variables, const char *name, const char *value)
{
	HashMapEntry *entry = hashmap_add(&variables->map, str_from_cstr(name));

	mem_free(entry->value);
	entry->value = mem_strdup(value);
}

void
variables_unset(Variables *variables, const char *name)
{
	HashMapEntry *entry = hashmap_find(&variables->map, str_from_cstr(name));

	if (entry == NULL)
		return;
	mem_free(entry->value);
	entry->value = NULL;
}

const char *
variables_get(const Variables *variables, StrView name)
{
	const HashMapEntry *entry = hashmap_find(&variables->map, name);

	return entry ? entry->value : NULL;
}

bool
variables_are_on(const Variables *variables, const char *name)
{
	static const char *const off[] = {"off", "false", "no", "0", "of", "f", "n"};
	const char *value = variables_get(variables, str_from_cstr(name));

	if (value == NULL)
		return false;
	for (size_t i = 0; i < lengthof(off); i++)
		if (strcasecmp(value, off[i]) == 0)
			return false;
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	const HashMapEntry *const *left = a, *const *right = b;

	return strcmp((*left)->key.data, (*right)->key.data);
}

void
variables_print(const Variables *variables, FILE *out)
{
	size_t count = variables->map.count;
	const HashMapEntry **entries = mem_alloc(count * sizeof(HashMapEntry *) + 1);

	for (size_t i = 0; i < count; i++)
		entries[i] = &variables->map.entries[i];
	qsort(entries, count, sizeof(HashMapEntry *), compare_names);
	for (size_t i = 0; i < count; i++)
		if (entries[i]->value != NULL)
			fprintf(out, "%s = '%s'\n", entries[i]->key.data, (const char *)entries[i]->value);
	mem_free(entries);
}

void
variables_free(Variables *variables)
{
	for (size_t i = 0; i < variables->map.count; i++)
		mem_free(variables->map.entries[i].value);
	hashmap_free(&variables->map);
}
