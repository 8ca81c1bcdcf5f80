/*
 * snowflake_load.c: names, comments and places in Snowflake's statements (contract in snowflake_load.h).
 */
#include "connectors/snowflake_load.h"

#include "common/ascii.h"

void
snowflake_append_table(const SnowflakeLoad *load, const char *suffix)
{
	snowflake_append_name(load->out, load->table, suffix);
}

void
snowflake_append_object(const SnowflakeLoad *load, const char *suffix)
{
	snowflake_append_object_to(load, suffix, load->out);
}

void
snowflake_append_object_to(const SnowflakeLoad *load, const char *suffix, StrBuf *out)
{
	snowflake_append_name(out, load->table, arena_printf(load->arena, "%s%s", suffix, load->suffix));
}

void
snowflake_append_option_name(const SnowflakeLoad *load, const char *option, StrBuf *out)
{
	SnowflakeName name;
	bool ok = snowflake_name_read(&name, str_from_cstr(options_text(&load->sink->options, option)), 1, 0);

	assert(ok);
	(void)ok;
	snowflake_append_name(out, &name, "");
	snowflake_name_free(&name);
}

void
snowflake_append_comment(const SnowflakeLoad *load)
{
	const char *text = arena_printf(load->arena, "Weir job %s, %s", load->job_name, load->what);

	str_append_cstr(load->out, "\n    COMMENT = ");
	snowflake_append_literal(load->out, str_from_cstr(text));
}

void
snowflake_append_safe(StrBuf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		str_append_char(out, ascii_control(*p) ? ' ' : *p);
}

void
snowflake_append_commented(StrBuf *out, StrView lines)
{
	for (size_t i = 0; i < lines.len; i++)
	{
		if (i == 0 || lines.data[i - 1] == '\n')
			str_append_cstr(out, "-- ");
		str_append_char(out, lines.data[i]);
	}
}

void
snowflake_append_format_reference(const SnowflakeLoad *load)
{
	StrBuf name = {0};

	snowflake_append_object_to(load, "_FORMAT", &name);
	str_append_cstr(load->out, "FILE_FORMAT = (FORMAT_NAME = ");
	snowflake_append_literal(load->out, str_view(&name));
	str_append_char(load->out, ')');
	str_free(&name);
}

void
snowflake_append_stage_location(const SnowflakeLoad *load)
{
	StrBuf location = {0};

	str_append_char(&location, '@');
	snowflake_append_object_to(load, "_STAGE", &location);
	if (snowflake_name_is_plain(load->table))
		str_append_view(load->out, str_view(&location));
	else
		snowflake_append_literal(load->out, str_view(&location));
	str_free(&location);
}

/* ---- outcomes ---- */

/* Without regard to case; '_' and ' ' are the same. */
static bool
same_words(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (ascii_lower(*a == '_' ? ' ' : *a) != *b)
			return false;
	return *a == *b;
}

bool
snowflake_load_status(const char *text, LoadStatus *out)
{
	static const struct
	{
		const char *text;
		LoadStatus status;
	} known[] = {
		{"loaded", LOAD_LOADED},        {"partially loaded", LOAD_PARTLY},
		{"load failed", LOAD_FAILED},   {"load in progress", LOAD_SUBMITTED},
		{"load skipped", LOAD_WAITING},
	};

	for (size_t i = 0; i < lengthof(known); i++)
		if (same_words(text, known[i].text))
		{
			*out = known[i].status;
			return true;
		}
	return false;
}

/* ---- URLs ---- */

const char *
snowflake_url_bucket(const char *url, Arena *arena)
{
	const char *bucket = strstr(url, "://") + 3;

	return arena_strndup(arena, bucket, strcspn(bucket, "/"));
}

const char *
snowflake_url_path(const char *url)
{
	const char *bucket = strstr(url, "://") + 3;
	const char *slash = strchr(bucket, '/');

	return slash != NULL ? slash + 1 : "";
}

const char *
snowflake_url_partition(const char *url)
{
	if (strncmp(url, "s3gov", 5) == 0)
		return "aws-us-gov";
	return strncmp(url, "s3china", 7) == 0 ? "aws-cn" : "aws";
}
