/*
 * settings.c: reading, checking and printing settings (contract in settings.h).
 *
 * The idea: one table row per setting, with the offset of its member; one setter per type.
 */
#include "common/settings.h"

#include <strings.h>

#include "common/choices.h"
#include "common/suggest.h"
#include "common/types/boolean.h"
#include "common/units.h"

static const SettingInfo setting_table[] = {
#define SETTING(field, TYPE, default_text, min, max, choices, help) \
	NAMED_SETTING(field, #field, TYPE, default_text, min, max, choices, help)
#define NAMED_SETTING(field, name, TYPE, default_text, min, max, choices, help) \
	{name, SETTING_##TYPE, default_text, min, max, choices, help, offsetof(Settings, field)},
#define OPTION_SETTING(field, name, TYPE, choices, help) \
	{name, SETTING_OF_##TYPE, "", 0, 0, SETTING_WORDS_##TYPE(choices), help, offsetof(Settings, field)},
#define SETTING_OF_TEXT SETTING_OPTION
#define SETTING_OF_BOOLEAN SETTING_OPTION
#define SETTING_OF_ENUM SETTING_OPTION
#define SETTING_OF_SECRET SETTING_SECRET
#define SETTING_WORDS_TEXT(choices) choices
#define SETTING_WORDS_BOOLEAN(choices) "on|off"
#define SETTING_WORDS_ENUM(choices) choices
#define SETTING_WORDS_SECRET(choices) choices
#include "common/settings_list.h"
#undef SETTING
#undef NAMED_SETTING
#undef OPTION_SETTING
};

size_t
settings_count(void)
{
	return lengthof(setting_table);
}

const SettingInfo *
settings_info(size_t index)
{
	assert(index < lengthof(setting_table));
	return &setting_table[index];
}

const SettingInfo *
settings_find(StrView name, Error *err)
{
	Suggestion near = suggest_begin(name);

	for (size_t i = 0; i < lengthof(setting_table); i++)
	{
		const SettingInfo *info = &setting_table[i];

		if (strlen(info->name) == name.len && strncasecmp(info->name, name.data, name.len) == 0)
			return info;
		suggest_offer(&near, info->name);
	}
	error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION, "unrecognized configuration parameter \"%.*s\"",
			  (int)name.len, name.data);
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the configuration parameter \"%s\".", near.best);
	return NULL;
}

static bool
invalid_value(const SettingInfo *info, StrView text, Error *err)
{
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					 "invalid value for parameter \"%s\": \"%.*s\"", info->name, (int)text.len, text.data);
}

static void
print_number(SettingType type, int64_t value, StrBuf *out)
{
	if (type == SETTING_DURATION)
		units_print_duration(value, out);
	else if (type == SETTING_SIZE)
		units_print_size(value, out);
	else
		str_appendf(out, "%" PRId64, value);
}

static bool
check_range(const SettingInfo *info, int64_t value, Error *err)
{
	StrBuf text = {0};

	if (value >= info->minimum && value <= info->maximum)
		return true;
	print_number(info->type, value, &text);
	str_appendf(&text, " is outside the valid range for parameter \"%s\" (", info->name);
	print_number(info->type, info->minimum, &text);
	str_append_cstr(&text, " .. ");
	print_number(info->type, info->maximum, &text);
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "%s)", str_cstr(&text));
	str_free(&text);
	return false;
}

static bool
set_number(const SettingInfo *info, StrView text, int64_t *slot, Error *err)
{
	int64_t value = 0;
	UnitsResult result =
		info->type == SETTING_DURATION ? units_parse_duration(text, &value) : units_parse_size(text, &value);

	if (info->type == SETTING_INTEGER && result == UNITS_OK && text.len > 0 &&
		strchr("Bb", text.data[text.len - 1]) != NULL)
		result = UNITS_INVALID;
	if (result == UNITS_OK)
	{
		if (!check_range(info, value, err))
			return false;
		*slot = value;
		return true;
	}
	invalid_value(info, text, err);
	if (result == UNITS_OVERFLOW)
		error_hint(err, "Value exceeds integer range.");
	else if (result == UNITS_BAD_UNIT && info->type != SETTING_INTEGER)
		error_hint(err, "%s", info->type == SETTING_DURATION ? UNITS_DURATION_HINT : UNITS_SIZE_HINT);
	return false;
}

static bool
set_boolean(const SettingInfo *info, StrView text, bool *slot, Error *err)
{
	if (boolean_parse(text, slot, NULL))
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					 "parameter \"%s\" requires a Boolean value", info->name);
}

static bool
set_enum(const SettingInfo *info, StrView text, int *slot, Error *err)
{
	int number = choices_find(info->choices, text);
	StrBuf all = {0};

	if (number >= 0)
	{
		*slot = number;
		return true;
	}
	invalid_value(info, text, err);
	choices_print(info->choices, &all);
	error_hint(err, "Available values: %s.", str_cstr(&all));
	str_free(&all);
	return false;
}

static bool
set_zone(const SettingInfo *info, StrView text, TimeZoneCache *zones, const char **slot, Arena *arena,
		 Error *err)
{
	const TimeZone *zone;

	if (text.len == 3 && strncasecmp(text.data, "utc", 3) == 0)
	{
		*slot = "UTC";
		return true;
	}
	zone = zones != NULL ? timezone_find(zones, text) : NULL;
	if (zone == NULL)
		return invalid_value(info, text, err);
	*slot = arena_strdup(arena, timezone_name(zone));
	return true;
}

static bool
set_secret(const SettingInfo *info, StrView text, const char **slot, Arena *arena, Error *err)
{
	bool refers = (text.len > 4 && strncmp(text.data, "env:", 4) == 0) ||
				  (text.len > 5 && strncmp(text.data, "file:", 5) == 0);

	if (text.len > 0 && !refers)
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "parameter \"%s\" does not take a literal value", info->name);
		return error_hint(err, "Write 'env:NAME' or 'file:/path', which is read when the value is used.");
	}
	*slot = arena_strndup(arena, text.data, text.len);
	return true;
}

static bool
set_value(Settings *settings, const SettingInfo *info, StrView text, TimeZoneCache *zones, Arena *arena,
		  Error *err)
{
	void *slot = (char *)settings + info->offset;

	switch (info->type)
	{
		case SETTING_TEXT:
		case SETTING_OPTION: *(const char **)slot = arena_strndup(arena, text.data, text.len); return true;
		case SETTING_SECRET: return set_secret(info, text, slot, arena, err);
		case SETTING_BOOLEAN: return set_boolean(info, text, slot, err);
		case SETTING_INTEGER:
		case SETTING_DURATION:
		case SETTING_SIZE: return set_number(info, text, slot, err);
		case SETTING_ENUM: return set_enum(info, text, slot, err);
		case SETTING_ZONE: return set_zone(info, text, zones, slot, arena, err);
	}
	return false;
}

bool
settings_set(Settings *settings, StrView name, StrView text, TimeZoneCache *zones, Arena *arena, Error *err)
{
	const SettingInfo *info = settings_find(name, err);

	return info != NULL && set_value(settings, info, text, zones, arena, err);
}

static bool
is_text(SettingType type)
{
	return type == SETTING_TEXT || type == SETTING_ZONE || type == SETTING_OPTION || type == SETTING_SECRET;
}

/* Default texts are constants, so that text settings can point at them. */
static void
reset_value(Settings *settings, const SettingInfo *info)
{
	bool ok = true;

	if (is_text(info->type))
		*(const char **)((char *)settings + info->offset) = info->default_text;
	else
		ok = set_value(settings, info, str_from_cstr(info->default_text), NULL, NULL, NULL);
	assert(ok);
	(void)ok;
}

bool
settings_reset(Settings *settings, StrView name, Error *err)
{
	const SettingInfo *info = settings_find(name, err);

	if (info == NULL)
		return false;
	reset_value(settings, info);
	return true;
}

const char *
settings_option(const Settings *settings, const char *name)
{
	for (size_t i = 0; i < lengthof(setting_table); i++)
	{
		const SettingInfo *info = &setting_table[i];
		const char *text;

		if ((info->type != SETTING_OPTION && info->type != SETTING_SECRET) || strcmp(info->name, name) != 0)
			continue;
		text = *(const char *const *)((const char *)settings + info->offset);
		return text[0] != '\0' ? text : NULL;
	}
	return NULL;
}

void
settings_init(Settings *settings)
{
	memset(settings, 0, sizeof *settings);
	for (size_t i = 0; i < lengthof(setting_table); i++)
		reset_value(settings, &setting_table[i]);
}

void
settings_print_values(const SettingInfo *info, StrBuf *out)
{
	switch (info->type)
	{
		case SETTING_TEXT: str_append_cstr(out, "text"); break;
		case SETTING_OPTION: str_append_cstr(out, info->choices != NULL ? info->choices : "text"); break;
		case SETTING_SECRET: str_append_cstr(out, "env:NAME or file:/path"); break;
		case SETTING_BOOLEAN: str_append_cstr(out, "on|off"); break;
		case SETTING_ENUM: str_append_cstr(out, info->choices); break;
		case SETTING_ZONE: str_append_cstr(out, "time zone"); break;
		case SETTING_INTEGER:
		case SETTING_DURATION:
		case SETTING_SIZE:
			print_number(info->type, info->minimum, out);
			str_append_cstr(out, " to ");
			print_number(info->type, info->maximum, out);
			break;
	}
}

void
settings_print(const Settings *settings, const SettingInfo *info, StrBuf *out)
{
	const void *slot = (const char *)settings + info->offset;

	switch (info->type)
	{
		case SETTING_TEXT:
		case SETTING_OPTION:
		case SETTING_SECRET:
		case SETTING_ZONE: str_append_cstr(out, *(const char *const *)slot); break;
		case SETTING_BOOLEAN: str_append_cstr(out, *(const bool *)slot ? "on" : "off"); break;
		case SETTING_INTEGER:
		case SETTING_DURATION:
		case SETTING_SIZE: print_number(info->type, *(const int64_t *)slot, out); break;
		case SETTING_ENUM: str_append_view(out, choices_word(info->choices, *(const int *)slot)); break;
	}
}
