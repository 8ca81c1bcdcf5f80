/*
 * secrets.c: finding and masking secrets in the text of statements (contract in secrets.h).
 *
 * The idea: behind the name of an option, blanks, comments and "=" are passed over; what follows is a string
 * in any of SQL's forms, or for a name that can only be an option a bare word, too. A string that only refers
 * to a secret is left alone; otherwise it is overwritten, with the strings that follow it, if any.
 */
#include "repl/secrets.h"

#include <ctype.h>
#include <strings.h>

#include "common/settings.h"

/* ---- strings in a text ---- */

/* A string: [begin, end) is what stands between its quotes, and next is behind them. begin == NULL: there is
 * none. */
typedef struct String
{
	char *begin;
	char *end;
	char *next;
} String;

/* Blanks, comments and "=". */
static char *
skip_filling(char *text)
{
	for (;;)
	{
		char *close = NULL;

		text += strspn(text, " \t\r\n\f\v=");
		if (strncmp(text, "--", 2) == 0)
			text += strcspn(text, "\n");
		else if (strncmp(text, "/*", 2) == 0 && (close = strstr(text, "*/")) != NULL)
			text = close + 2;
		else
			return text;
	}
}

/* p is behind the first quote. A string that is not closed ends with the text. */
static String
quoted_string(char *p, bool escapes)
{
	String s = {.begin = p};

	while (*p != '\0' && (*p != '\'' || p[1] == '\''))
		p += p[1] != '\0' && (*p == '\'' || (escapes && *p == '\\')) ? 2 : 1;
	s.end = p;
	s.next = p + (*p != '\0');
	return s;
}

/* $tag$ … $tag$; p is at the first dollar. */
static String
dollar_string(char *p)
{
	size_t tag = 1;
	char *close;

	while (isalnum((unsigned char)p[tag]) || p[tag] == '_' || (unsigned char)p[tag] >= 0x80)
		tag++;
	if (p[tag] != '$')
		return (String){0};
	tag++;
	for (close = p + tag; *close != '\0' && strncmp(close, p, tag) != 0;)
		close++;
	return (String){p + tag, close, close + (*close != '\0' ? tag : 0)};
}

static String
string_at(char *p)
{
	if (*p == '\'')
		return quoted_string(p + 1, false);
	if (*p == '$')
		return dollar_string(p);
	if (strncasecmp(p, "e'", 2) == 0)
		return quoted_string(p + 2, true);
	if (strncasecmp(p, "u&'", 3) == 0)
		return quoted_string(p + 3, false);
	return (String){0};
}

/* ---- masking ---- */

/* Something to do with a secret. */
typedef void (*SecretVisitor)(void *context, char *begin, char *end);

typedef struct Search
{
	SecretVisitor visit;
	void *context;
	bool found;
} Search;

static void
meet(Search *search, char *begin, char *end)
{
	if (begin == end)
		return;
	search->found = true;
	search->visit(search->context, begin, end);
}

static bool
only_refers(const String *s)
{
	return strncasecmp(s->begin, "env:", 4) == 0 || strncasecmp(s->begin, "file:", 5) == 0;
}

/* text is just behind an option's name. is_option: the name is nothing else, so that a bare word counts. */
static void
search_value(Search *search, char *text, bool is_option)
{
	String s;

	while (isalnum((unsigned char)*text) || *text == '_' || *text == '.')
		text++;
	text += *text == '\'' || *text == '"';
	text = skip_filling(text);
	if (strncasecmp(text, "to", 2) == 0 && isspace((unsigned char)text[2])) /* SET name TO value */
		text = skip_filling(text + 2);
	s = string_at(text);
	if (s.begin == NULL && is_option)
		meet(search, text, text + strcspn(text, " \t\r\n,;()'\""));
	for (; s.begin != NULL; s = string_at(skip_filling(s.next)))
		if (!only_refers(&s))
			meet(search, s.begin, s.end);
}

static void
search_behind(Search *search, const char *name, bool is_option, char *text)
{
	for (char *at = strcasestr(text, name); at != NULL; at = strcasestr(at + 1, name))
		search_value(search, at + strlen(name), is_option);
}

/* ---- names of secrets ---- */

/* Goes through them: options of connectors, and settings. Zero-initialise but for the set. */
typedef struct SecretNames
{
	const ConnectorSet *connectors;
	size_t connector, option, setting; /* the next ones */
} SecretNames;

/* NULL behind the last. */
static const char *
next_secret(SecretNames *names)
{
	for (; names->connector < names->connectors->count; names->connector++, names->option = 0)
	{
		const ConnectorInfo *connector = names->connectors->items[names->connector];

		while (names->option < connector->option_count)
			if (connector->options[names->option++].type == OPTION_SECRET)
				return connector->options[names->option - 1].name;
	}
	while (names->setting < settings_count())
		if (settings_info(names->setting++)->type == SETTING_SECRET)
			return settings_info(names->setting - 1)->name;
	return NULL;
}

/* ---- names that look like those of secrets ---- */

enum
{
	NEAR = 2, /* letters that a misspelt name may differ by */
	NAME_MAX_BYTES = 64
};

/* The option of that very name that is no secret: its value is shown. */
static bool
is_open_option(const ConnectorSet *connectors, StrView name)
{
	for (size_t i = 0; i < connectors->count; i++)
		for (size_t o = 0; o < connectors->items[i]->option_count; o++)
		{
			const OptionInfo *option = &connectors->items[i]->options[o];

			if (option->type != OPTION_SECRET && str_equal(str_from_cstr(option->name), name))
				return true;
		}
	return false;
}

static bool
has_secret_word(const char *name)
{
	static const char *const words[] = {"passw",       "passphrase", "pwd",         "pswd",
										"credential",  "token",      "access_key",  "secret_key",
										"private_key", "api_key",    "private.key", "key.pem"};

	for (size_t i = 0; i < lengthof(words); i++)
		if (strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}

static StrView
last_part(StrView name)
{
	const char *dot = memrchr(name.data, '.', name.len);

	return dot ? (StrView){dot + 1, name.len - (size_t)(dot + 1 - name.data)} : name;
}

/* Whether it may be a misspelt secret: all of its name, or what stands behind the last point of both. */
static bool
is_near(StrView name, StrView secret)
{
	StrView a = last_part(name), b = last_part(secret);

	return str_distance(name, secret, NEAR) <= NEAR ||
		   (a.len > 2 * NEAR && b.len > 2 * NEAR && str_distance(a, b, NEAR) <= NEAR);
}

static bool
is_near_secret(const ConnectorSet *connectors, StrView name)
{
	SecretNames names = {.connectors = connectors};

	for (const char *secret; (secret = next_secret(&names)) != NULL;)
		if (is_near(name, str_from_cstr(secret)))
			return true;
	return false;
}

/* Whether a name, which ends at its NUL, is not known to be harmless and looks like a secret's. */
static bool
is_suspect(const ConnectorSet *connectors, const char *name, size_t len)
{
	StrView view = {name, len};

	return !is_open_option(connectors, view) && (has_secret_word(name) || is_near_secret(connectors, view));
}

/* Whether a name begins as one of the secrets: "kafka.". */
static bool
is_option_name(const ConnectorSet *connectors, const char *name)
{
	SecretNames names = {.connectors = connectors};
	size_t len = strcspn(name, ".") + 1;

	for (const char *secret; (secret = next_secret(&names)) != NULL;)
		if (strncmp(secret, name, len) == 0)
			return true;
	return false;
}

static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Values of names that are suspect. */
static void
search_suspects(Search *search, const ConnectorSet *connectors, char *text)
{
	for (char *at = text; *at != '\0';)
	{
		char name[NAME_MAX_BYTES];
		size_t len = 0;

		while (is_name_byte(at[len]))
			len++;
		if (len > 2 * NEAR && len < sizeof name)
		{
			memcpy(name, at, len);
			name[len] = '\0';
			if (is_suspect(connectors, name, len))
				search_value(search, at + len, is_option_name(connectors, name));
		}
		at += Max(len, (size_t)1);
	}
}

static bool
search_all(const ConnectorSet *connectors, char *text, SecretVisitor visit, void *context)
{
	Search search = {.visit = visit, .context = context};
	SecretNames names = {.connectors = connectors};

	search_behind(&search, "password", false, text);
	search_behind(&search, "secret", false, text);
	search_suspects(&search, connectors, text);
	for (const char *secret; (secret = next_secret(&names)) != NULL;)
		search_behind(&search, secret, true, text);
	return search.found;
}

static void
overwrite(void *context, char *begin, char *end)
{
	(void)context;
	memset(begin, '*', (size_t)(end - begin));
}

bool
secrets_mask(const ConnectorSet *connectors, char *text)
{
	return search_all(connectors, text, overwrite, NULL);
}

/* ---- messages that repeat a part of the statement ---- */

static bool
is_quote(char c)
{
	return c != '\0' && strchr("'\"$", c) != NULL;
}

/* Overwrites the secret wherever one of the texts quotes it. */
static void
overwrite_copies(void *context, char *begin, char *end)
{
	char *const *texts = context;
	size_t len = (size_t)(end - begin);

	for (; *texts != NULL; texts++)
		for (char *at = *texts; (at = memmem(at, strlen(at), begin, len)) != NULL; at += len)
			if (at > *texts && is_quote(at[-1]) && is_quote(at[len]))
				memset(at, '*', len);
}

void
secrets_mask_error(const ConnectorSet *connectors, StrView source, Error *err)
{
	char *const all[] = {err->message, err->detail, err->hint, err->context};
	char *texts[lengthof(all) + 1] = {0};
	StrBuf copy = {0};
	size_t count = 0;

	for (size_t i = 0; i < lengthof(all); i++)
		if (all[i] != NULL)
			texts[count++] = all[i];
	str_append_view(&copy, source);
	if (copy.len > 0)
		(void)search_all(connectors, copy.data, overwrite_copies, texts);
	str_free(&copy);
}
