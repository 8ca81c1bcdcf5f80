/*
 * settings.h: the session's settings as one plain value.
 *
 * The idea: settings_list.h is expanded into a struct; SET changes a copy that the session owns, and whoever
 * needs settings (planning, execution) receives a copy: there is no global. Texts, units and errors are those
 * of PostgreSQL's configuration parameters. Variables of the terminal (VERBOSITY, ON_ERROR_STOP) are not
 * settings.
 */
#ifndef WEIR_COMMON_SETTINGS_H
#define WEIR_COMMON_SETTINGS_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"
#include "common/types/timezone.h"
#include "common/units.h"

typedef enum SettingType
{
	SETTING_TEXT,
	SETTING_BOOLEAN,
	SETTING_INTEGER,
	SETTING_DURATION,
	SETTING_SIZE,
	SETTING_ENUM,
	SETTING_ZONE,
	SETTING_OPTION, /* the text of an option, which is checked when a statement takes it; "" = unset */
	SETTING_SECRET  /* the same; where a secret is, never the secret */
} SettingType;

#define SETTING_CTYPE_TEXT const char *
#define SETTING_CTYPE_BOOLEAN bool
#define SETTING_CTYPE_INTEGER int64_t
#define SETTING_CTYPE_DURATION int64_t
#define SETTING_CTYPE_SIZE int64_t
#define SETTING_CTYPE_ENUM int
#define SETTING_CTYPE_ZONE const char *

/* Texts belong to the arena given to settings_set(), or are constants; they are never NULL. */
typedef struct Settings
{
#define SETTING(field, TYPE, default_text, min, max, choices, help) SETTING_CTYPE_##TYPE field;
#define NAMED_SETTING(field, name, TYPE, default_text, min, max, choices, help) SETTING_CTYPE_##TYPE field;
#define OPTION_SETTING(field, name, TYPE, choices, help) const char *field;
#include "common/settings_list.h"
#undef SETTING
#undef NAMED_SETTING
#undef OPTION_SETTING
} Settings;

typedef struct SettingInfo
{
	const char *name;
	SettingType type;
	const char *default_text;
	int64_t minimum;
	int64_t maximum;
	const char *choices;
	const char *help;
	size_t offset; /* in struct Settings */
} SettingInfo;

extern size_t settings_count(void);
/* In list order, which is alphabetical. */
extern const SettingInfo *settings_info(size_t index);
/* Upper and lower case are the same. NULL and 42704 with the nearest name as hint when there is none. */
extern const SettingInfo *settings_find(StrView name, Error *err);

/* The text of a setting that stands in for an option of that name; NULL when there is none or it is unset. */
extern const char *settings_option(const Settings *settings, const char *name);

extern void settings_init(Settings *settings);
/*
 * SET name = text. False: 42704, or 22023 as PostgreSQL words it; the settings are as before. The arena must
 * outlive the settings; zones is asked for time zones (NULL: only UTC is known).
 */
extern bool settings_set(Settings *settings, StrView name, StrView text, TimeZoneCache *zones, Arena *arena,
						 Error *err) WARN_UNUSED;
/* SET name TO DEFAULT, RESET name. */
extern bool settings_reset(Settings *settings, StrView name, Error *err) WARN_UNUSED;
/* Appends what may be given: "on|off", "1 to 1024", ... */
extern void settings_print_values(const SettingInfo *info, StrBuf *out);
/* Appends what SHOW prints. */
extern void settings_print(const Settings *settings, const SettingInfo *info, StrBuf *out);

#endif
