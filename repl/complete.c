/*
 * complete.c: candidates for the word at the cursor (contract in complete.h).
 *
 * The line editors ask through a function without arguments of ours, so what they ask about is one static
 * variable.
 */
#include <stdio.h>
#include <stdlib.h>

#include WEIR_READLINE_HEADER

#include "repl/complete.h"

#include <ctype.h>
#include <strings.h>

#include "common/choices.h"
#include "common/memory.h"
#include "parser/keyword.h"
#include "planner/functions.h"
#include "planner/options.h"
#include "repl/help.h"
#include "repl/meta_commands.h"
#include "repl/show.h"

#define WORD_BREAKS " \t\n@><=;|&(),'\""

static struct
{
	const Session *session;
	const Splitter *typed;
	const char *word; /* that is completed */
	char **found;     /* matches, each once; given away one by one */
	size_t count;
	size_t next;
} asked;

/* ---- matches ---- */

static void
offer(const char *candidate)
{
	if (candidate == NULL || strncasecmp(candidate, asked.word, strlen(asked.word)) != 0)
		return;
	for (size_t i = 0; i < asked.count; i++)
		if (strcmp(asked.found[i], candidate) == 0)
			return;
	asked.found = mem_realloc(asked.found, (asked.count + 1) * sizeof *asked.found);
	asked.found[asked.count++] = strdup(candidate);
}

/* In the case that was typed; upper when nothing was. */
static void
offer_word(const char *candidate)
{
	char text[64];
	bool lower = islower((unsigned char)asked.word[0]);

	snprintf(text, sizeof text, "%s", candidate);
	for (char *c = text; *c != '\0'; c++)
		*c = (char)(lower ? tolower((unsigned char)*c) : toupper((unsigned char)*c));
	offer(text);
}

static void
offer_objects(ObjectKind kind)
{
	const CatalogObject *object;
	int next = 0;

	while ((object = catalog_next(&asked.session->catalog, kind, &next)) != NULL)
		offer(object->name);
}

static void
offer_settings(void)
{
	for (size_t i = 0; i < settings_count(); i++)
		offer(settings_info(i)->name);
}

static void
offer_shown(void)
{
	for (size_t i = 0; show_name(i) != NULL; i++)
		offer_word(show_name(i));
	offer_word("CREATE");
	offer_word("SNOWFLAKE");
	if (asked.count == 0 || !isupper((unsigned char)asked.word[0]))
		offer_settings(); /* whose names would leave nothing to complete of SHOW SNOW */
}

/* What goes on behind "\h CREATE ": names of several words are completed word by word. */
static void
offer_statements(StrView typed)
{
	for (size_t i = 0; help_name(i) != NULL; i++)
		if (strlen(help_name(i)) > typed.len && strncasecmp(help_name(i), typed.data, typed.len) == 0)
			offer_word(help_name(i) + typed.len);
}

static void
offer_table(OptionTable table)
{
	for (size_t i = 0; i < table.count; i++)
		if (strchr(table.items[i].name, '*') == NULL)
			offer(table.items[i].name);
}

/* Of all relations, of sinks, and of each connector; an empty one when there is no further. */
static OptionTable
option_table(size_t number)
{
	const ConnectorSet *set = connectors_set(asked.session->connectors);

	if (number < 2)
		return number == 0 ? options_of_relations() : options_of_sinks();
	if (number - 2 < set->count)
		return (OptionTable){set->items[number - 2]->options, set->items[number - 2]->option_count};
	return (OptionTable){0};
}

static size_t
option_table_count(void)
{
	return 2 + connectors_set(asked.session->connectors)->count;
}

static void
offer_options(void)
{
	for (size_t i = 0; i < option_table_count(); i++)
		offer_table(option_table(i));
}

static void
offer_choices(const char *choices)
{
	int count = 1;

	for (const char *p = choices; *p != '\0'; p++)
		count += *p == '|';
	for (int i = 0; i < count; i++)
	{
		StrView word = choices_word(choices, i);
		char text[64];

		snprintf(text, sizeof text, "%.*s", (int)word.len, word.data);
		offer(text);
	}
}

/* What an option may be, if that is one of a few words. */
static void
offer_values(StrView name)
{
	for (size_t i = 0; i < option_table_count(); i++)
	{
		OptionTable table = option_table(i);

		for (size_t j = 0; j < table.count; j++)
		{
			const OptionInfo *info = &table.items[j];

			if (strlen(info->name) != name.len || strncmp(info->name, name.data, name.len) != 0)
				continue;
			if (info->choices != NULL)
				offer_choices(info->choices);
			else if (info->type == OPTION_BOOLEAN)
				offer_choices("true|false");
		}
	}
}

/* The last word of the text. */
static StrView
last_word(StrView text)
{
	size_t end = text.len, start;

	while (end > 0 && strchr(WORD_BREAKS, text.data[end - 1]) != NULL)
		end--;
	for (start = end; start > 0 && strchr(WORD_BREAKS, text.data[start - 1]) == NULL;)
		start--;
	return (StrView){text.data + start, end - start};
}

/* name = |, name = '|: the name; else nothing. */
static StrView
option_that_has(StrView before)
{
	size_t end = before.len;

	while (end > 0 && strchr(" \t\n'", before.data[end - 1]) != NULL)
		end--;
	return end > 0 && before.data[end - 1] == '=' ? last_word((StrView){before.data, end - 1}) : (StrView){0};
}

static void
offer_anything(void)
{
	for (int i = 0; i < keyword_count(); i++)
		offer_word(keyword_at(i)->name);
	offer_objects(OBJECT_ANY);
	if (asked.word[0] == '\0')
		return;
	for (int id = 0; id < FUNCTION_COUNT; id++)
		if (isalpha((unsigned char)function_info((FunctionId)id)->name[0]))
			offer(function_info((FunctionId)id)->name);
	for (int id = 0; id < AGGREGATE_COUNT_OF_LIST; id++)
		offer(aggregate_info((AggregateId)id)->name);
}

static void
offer_meta_commands(void)
{
	for (size_t i = 0; meta_command_name(i) != NULL; i++)
	{
		char text[32];

		snprintf(text, sizeof text, "\\%s", meta_command_name(i));
		offer(text);
	}
}

/* ---- what may stand there ---- */

static bool
is_one_of(StrView word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == word.len && strncasecmp(word.data, *words, word.len) == 0)
			return true;
	return false;
}

/* Whether the text ends inside of the parentheses of WITH (…). */
static bool
is_in_options(StrView text)
{
	int depth = 0;

	for (size_t at = text.len; at > 0; at--)
	{
		char c = text.data[at - 1];

		depth += c == ')' ? 1 : c == '(' ? -1 : 0;
		if (depth < 0)
		{
			StrView word = last_word((StrView){text.data, at - 1});

			return word.len == 4 && strncasecmp(word.data, "with", 4) == 0;
		}
	}
	return false;
}

static void
find_candidates(StrView before)
{
	static const char *const objects[] = {"from",   "join",  "\\d",  "\\d+", "describe", "into", "create",
										  "stream", "table", "view", "sink", "\\sv",     NULL};
	static const char *const settings[] = {"set", "reset", NULL};
	static const char *const show[] = {"show", NULL};
	static const char *const snowflake[] = {"snowflake", NULL};
	StrView word = last_word(before);

	if (asked.word[0] == '\\')
		offer_meta_commands();
	else if (is_in_options(before))
	{
		StrView option = option_that_has(before);

		if (option.len == 0)
			offer_options();
		else
			offer_values(option);
		return;
	}
	else if (before.len >= 3 && strncmp(before.data, "\\h ", 3) == 0)
		offer_statements((StrView){before.data + 3, before.len - 3});
	else if (is_one_of(word, show))
		offer_shown();
	else if (is_one_of(word, snowflake))
		offer_word("DDL");
	else if (is_one_of(word, settings))
		offer_settings();
	else if (is_one_of(word, objects))
		offer_objects(OBJECT_ANY);
	if (asked.count == 0 && asked.word[0] != '\\')
		offer_anything();
}

/* ---- the line editor's side ---- */

static char *
next_match(const char *text, int state)
{
	(void)text;
	if (state == 0)
		asked.next = 0;
	return asked.next < asked.count ? asked.found[asked.next++] : NULL;
}

static bool
takes_file(StrView word)
{
	static const char *const words[] = {"\\i", "\\ir", "\\o", "\\g", "\\gx", "\\cd", NULL};

	return is_one_of(word, words);
}

static char **
complete(const char *text, int start, int end)
{
	StrBuf before = {0};
	char **matches = NULL;

	(void)end;
	str_append_view(&before, str_view(&asked.typed->statement));
	str_append(&before, rl_line_buffer, (size_t)start);
	rl_attempted_completion_over = 1;
	if (takes_file(last_word(str_view(&before))))
		matches = rl_completion_matches(text, rl_filename_completion_function);
	else
	{
		asked.word = text;
		asked.count = 0;
		find_candidates(str_view(&before));
		/* the texts now belong to the line editor */
		matches = asked.count > 0 ? rl_completion_matches(text, next_match) : NULL;
		mem_free(asked.found);
		asked.found = NULL;
		asked.count = 0;
	}
	str_free(&before);
	return matches;
}

void
complete_install(const Session *session, const Splitter *typed)
{
	static const char breaks[] = WORD_BREAKS;

	asked.session = session;
	asked.typed = typed;
	rl_basic_word_break_characters = breaks;
	rl_attempted_completion_function = complete;
}
