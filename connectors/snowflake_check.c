/*
 * snowflake_check.c: what Snowflake would not take, refused when the sink is declared (contract of
 * snowflake_check() in snowflake_ddl.h).
 */
#include <stdio.h>

#include "common/hashmap.h"
#include "connectors/snowflake_load.h"
#include "planner/nodes.h"

static bool
invalid_name(const Option *option, const char *what, const char *hint, Error *err)
{
	error_set(err, SQLSTATE_INVALID_NAME, option->position, "invalid Snowflake %s name: \"%s\"", what,
			  option->text);
	return error_hint(err, "%s", hint);
}

/* An option that names an object: a table in up to three parts, or what is in no schema. */
static bool
check_name(const SinkPlan *sink, const char *option, const char *what, int parts, Error *err)
{
	const Option *found = options_find(&sink->options, option);
	size_t reserve = parts > 1 ? strlen(SNOWFLAKE_LONGEST_SUFFIX) : 0;
	SnowflakeName name;
	bool ok;

	if (found == NULL)
		return true;
	ok = snowflake_name_read(&name, str_from_cstr(found->text), parts, reserve);
	snowflake_name_free(&name);
	if (ok)
		return true;
	if (parts > 1)
		return invalid_name(found, what,
							"Write it as TABLE, SCHEMA.TABLE or DATABASE.SCHEMA.TABLE; put parts with other "
							"characters in double quotes.",
							err);
	return invalid_name(found, what, "It is in no schema; put a name with other characters in double quotes.",
						err);
}

static bool
check_names(const SinkPlan *sink, Error *err)
{
	return check_name(sink, "snowflake_table", "table", SNOWFLAKE_NAME_PARTS, err) &&
		   check_name(sink, "snowflake_late_table", "table", SNOWFLAKE_NAME_PARTS, err) &&
		   check_name(sink, "snowflake_dead_table", "table", SNOWFLAKE_NAME_PARTS, err) &&
		   check_name(sink, "snowflake_integration", "integration", 1, err) &&
		   check_name(sink, "snowflake_warehouse", "warehouse", 1, err) &&
		   check_name(sink, "snowflake_role", "role", 1, err);
}

static bool
check_url(const SinkPlan *sink, Error *err)
{
	static const char *const schemes[] = {"s3://", "s3gov://", "s3china://"};
	const Option *url = options_find(&sink->options, "snowflake_url");

	if (url == NULL)
		return true;
	for (size_t i = 0; i < lengthof(schemes); i++)
	{
		size_t len = strlen(schemes[i]);

		if (strncmp(url->text, schemes[i], len) == 0 && url->text[len] != '\0' && url->text[len] != '/')
			return true;
	}
	return option_invalid_value(
		url, "Write s3://bucket/path/, where the files of the directory will be copied to.", err);
}

/* Names that differ in Weir may be the same in Snowflake, where those without quotes have no case. */
static bool
check_columns(const SinkPlan *sink, Error *err)
{
	HashMap names = {0};
	StrBuf folded = {0};
	bool ok = true;

	for (uint32_t i = 0; ok && i < sink->visible_count; i++)
	{
		const char *name = sink->input->columns[i].name;
		HashMapEntry *entry;

		str_clear(&folded);
		snowflake_fold_column(&folded, name);
		entry = hashmap_add(&names, str_view(&folded));
		if (entry->value != NULL)
		{
			error_set(err, SQLSTATE_DUPLICATE_COLUMN,
					  options_find(&sink->options, "snowflake_table")->position,
					  "columns \"%s\" and \"%s\" would have the same name in Snowflake",
					  (const char *)entry->value, name);
			ok = error_hint(err, "Give one of them another name with AS.");
		}
		entry->value = (void *)(uintptr_t)name;
	}
	hashmap_free(&names);
	str_free(&folded);
	return ok;
}

/* ---- options that need others ---- */

static bool
needs(const Option *option, const char *what, const char *hint, Error *err)
{
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position, "option \"%s\" needs %s", option->name,
			  what);
	return error_hint(err, "%s", hint);
}

static bool
check_needs(const SinkPlan *sink, Error *err)
{
	static const char *const pairs[][3] = {
		{"snowflake_aws_role", "snowflake_integration", "Name the integration that takes this role."},
		{"snowflake_external_id", "snowflake_aws_role", "Give the role whose trust policy asks for the id."},
		{"snowflake_late_table", "late_location", "Late rows beside the state are out of Snowflake's reach."},
	};
	const Option *minutes = options_find(&sink->options, "snowflake_task_minutes");

	for (size_t i = 0; i < lengthof(pairs); i++)
	{
		const Option *option = options_find(&sink->options, pairs[i][0]);
		const char *other = options_text(&sink->options, pairs[i][1]);

		if (option != NULL && (other == NULL || other[0] == '\0'))
		{
			char what[64];

			snprintf(what, sizeof what, "option \"%s\"", pairs[i][1]);
			return needs(option, what, pairs[i][2], err);
		}
	}
	if (minutes != NULL && options_integer(&sink->options, "snowflake_load", 0) != SNOWFLAKE_COPY)
		return needs(minutes, "snowflake_load = 'copy'",
					 "What a pipe loads must not be loaded by a task too.", err);
	return true;
}

/* ---- AWS ---- */

/* arn:aws:iam::123456789012:role/path/name, or of another partition. */
static bool
is_role_arn(StrView arn)
{
	static const char service[] = ":iam::";
	static const char role[] = ":role/";
	size_t at = strlen("arn:aws");
	size_t digits = 0;

	if (arn.len < at || memcmp(arn.data, "arn:aws", at) != 0)
		return false;
	while (at < arn.len && arn.data[at] != ':')
		at++;
	if (arn.len - at < strlen(service) || memcmp(arn.data + at, service, strlen(service)) != 0)
		return false;
	at += strlen(service);
	while (at + digits < arn.len && arn.data[at + digits] >= '0' && arn.data[at + digits] <= '9')
		digits++;
	at += digits;
	return digits == 12 && arn.len - at > strlen(role) && memcmp(arn.data + at, role, strlen(role)) == 0;
}

static bool
check_aws_role(const SinkPlan *sink, Error *err)
{
	const Option *role = options_find(&sink->options, "snowflake_aws_role");

	if (role == NULL || is_role_arn(str_from_cstr(role->text)))
		return true;
	return option_invalid_value(role, "Write arn:aws:iam::123456789012:role/name.", err);
}

static bool
check_external_id(const SinkPlan *sink, Error *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-";
	const Option *id = options_find(&sink->options, "snowflake_external_id");
	size_t len = id != NULL ? strlen(id->text) : 0;

	if (id == NULL || (len >= 2 && len <= 1224 && strspn(id->text, allowed) == len))
		return true;
	return option_invalid_value(id, "AWS takes 2 to 1224 letters, digits and _+=,.@:/- here.", err);
}

/* ---- columns that Weir adds ---- */

/* Names that are the same in Snowflake as one of Weir's. */
static bool
check_metadata_columns(const SinkPlan *sink, Error *err)
{
	const Option *metadata = options_find(&sink->options, "snowflake_metadata");
	bool ok = true;

	if (!options_boolean(&sink->options, "snowflake_metadata"))
		return true;
	for (uint32_t i = 0; ok && i < sink->visible_count; i++)
	{
		StrBuf folded = {0};

		snowflake_fold_column(&folded, sink->input->columns[i].name);
		if (strcmp(str_cstr(&folded), SNOWFLAKE_FILE_COLUMN) == 0 ||
			strcmp(str_cstr(&folded), SNOWFLAKE_ROW_COLUMN) == 0)
		{
			error_set(err, SQLSTATE_DUPLICATE_COLUMN, metadata->position,
					  "column \"%s\" has the name of one that option \"snowflake_metadata\" adds",
					  sink->input->columns[i].name);
			ok = error_hint(err, "Give it another name with AS.");
		}
		str_free(&folded);
	}
	return ok;
}

static bool
check_column_lengths(const SinkPlan *sink, Error *err)
{
	for (uint32_t i = 0; i < sink->visible_count; i++)
	{
		size_t characters = 0;

		for (const char *p = sink->input->columns[i].name; *p != '\0'; p++)
			characters += ((unsigned char)*p & 0xC0) != 0x80;
		if (characters <= SNOWFLAKE_NAME_MAX)
			continue;
		error_set(err, SQLSTATE_NAME_TOO_LONG, options_find(&sink->options, "snowflake_table")->position,
				  "column %u has a name of more than %d characters", i + 1, (int)SNOWFLAKE_NAME_MAX);
		return error_hint(err, "Give it a shorter one with AS.");
	}
	return true;
}

/* ---- dead letters ---- */

static bool
check_dead_letters(const PlanNode *node, const Option *table, Error *err)
{
	if (node->kind == NODE_SCAN)
	{
		const char *location = options_text(&node->scan->stream->options, "dead_letter_location");

		if (location != NULL && location[0] != '\0')
			return true;
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, table->position,
				  "option \"%s\" needs option \"dead_letter_location\" of stream \"%s\"", table->name,
				  node->scan->stream->name);
		return error_hint(err, "Dead letters beside the state are out of Snowflake's reach.");
	}
	for (int i = 0; i < node_input_count(node); i++)
		if (!check_dead_letters(node_input(node, i), table, err))
			return false;
	return true;
}

bool
snowflake_check(const SinkPlan *sink, Error *err)
{
	static const char prefix[] = "snowflake_";
	const Option *dead = options_find(&sink->options, "snowflake_dead_table");

	if (options_text(&sink->options, "snowflake_table") != NULL)
		return check_names(sink, err) && check_url(sink, err) && check_columns(sink, err) &&
			   check_needs(sink, err) && check_aws_role(sink, err) && check_external_id(sink, err) &&
			   check_metadata_columns(sink, err) && check_column_lengths(sink, err) &&
			   (dead == NULL || check_dead_letters(sink->input, dead, err));
	for (size_t i = 0; i < sink->options.count; i++)
	{
		const Option *option = &sink->options.items[i];

		if (option->given && strncmp(option->name, prefix, strlen(prefix)) == 0)
			return needs(option, "option \"snowflake_table\"",
						 "Name the table that the files are loaded into.", err);
	}
	return true;
}
