/*
 * secrets.c: finding and masking secrets in the text of statements (contract in secrets.h).
 */
#include "repl/secrets.h"

#include <ctype.h>
#include <strings.h>

/* The string that text gives, just behind an option's name: [']["] [=] '…'. NULL: none, or one that only
 * refers. */
static char *
given_string(char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_' || *text == '.')
		text++;
	if (*text == '\'' || *text == '"')
		text++;
	text += strspn(text, " \t\n=");
	if (*text == 'E' || *text == 'e')
		text++;
	if (*text != '\'')
		return NULL;
	text++;
	return strncasecmp(text, "env:", 4) != 0 && strncasecmp(text, "file:", 5) != 0 ? text : NULL;
}

static bool
mask_behind(const char *name, char *text)
{
	bool found = false;

	for (char *at = strcasestr(text, name); at != NULL; at = strcasestr(at + 1, name))
	{
		char *string = given_string(at + strlen(name));

		for (; string != NULL && *string != '\0' && *string != '\''; string++)
		{
			found = true;
			*string = '*';
		}
	}
	return found;
}

bool
secrets_mask(const ConnectorSet *connectors, char *text)
{
	bool found = mask_behind("password", text);

	found = mask_behind("secret", text) || found;
	for (size_t i = 0; i < connectors->count; i++)
		for (size_t o = 0; o < connectors->items[i]->option_count; o++)
			if (connectors->items[i]->options[o].type == OPTION_SECRET)
				found = mask_behind(connectors->items[i]->options[o].name, text) || found;
	return found;
}
