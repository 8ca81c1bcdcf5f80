/*
 * snowflake_account.c: CREATE ROLE and CREATE STORAGE INTEGRATION, and what is to be done in AWS (contract in
 * snowflake_account.h).
 *
 * The idea: these belong to the account and not to a schema, and a second CREATE of one that is there does
 * nothing: so each is printed once, with the places of all tables that use it.
 */
#include "connectors/snowflake_account.h"

bool
snowflake_role_read(const SinkPlan *sink, const char *job_name, SnowflakeName *out)
{
	const char *given = options_text(&sink->options, "snowflake_role");
	StrBuf name = {0};
	StrBuf quoted = {0};
	bool ok;

	if (given != NULL)
		return snowflake_name_read(out, str_from_cstr(given), 1, 0);
	str_appendf(&name, "WEIR_%s", job_name);
	snowflake_append_column(&quoted, str_cstr(&name)); /* as a column is: in upper case if it can be */
	ok = snowflake_name_read(out, str_view(&quoted), 1, 0);
	str_free(&quoted);
	str_free(&name);
	return ok;
}

/* ---- roles ---- */

static bool
is_first_of_role(const SnowflakeLoad *loads, int k)
{
	for (int i = 0; i < k; i++)
		if (snowflake_name_equal(loads[i].role, loads[k].role))
			return false;
	return true;
}

static void
append_job_comment(const SnowflakeLoad *load)
{
	str_append_cstr(load->out, "\n    COMMENT = ");
	snowflake_append_literal(load->out,
							 str_from_cstr(arena_printf(load->arena, "Weir job %s", load->job_name)));
	str_append_cstr(load->out, ";\n\n");
}

static void
append_warehouse_grant(const SnowflakeLoad *load)
{
	if (options_text(&load->sink->options, "snowflake_warehouse") == NULL)
		return;
	str_append_cstr(load->out, "-- To run COPY and queries:\nGRANT USAGE ON WAREHOUSE ");
	snowflake_append_option_name(load, "snowflake_warehouse", load->out);
	str_append_cstr(load->out, " TO ROLE ");
	snowflake_append_name(load->out, load->role, "");
	str_append_cstr(load->out, ";\n\n");
}

/* Grants are the same however often they are given, so each load may give its own. */
static bool
has_said_warehouse(const SnowflakeLoad *loads, int k)
{
	const char *warehouse = options_text(&loads[k].sink->options, "snowflake_warehouse");

	for (int i = 0; warehouse != NULL && i < k; i++)
	{
		const char *other = options_text(&loads[i].sink->options, "snowflake_warehouse");

		if (other != NULL && strcmp(other, warehouse) == 0 &&
			snowflake_name_equal(loads[i].role, loads[k].role))
			return true;
	}
	return false;
}

static void
append_role(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(
		out,
		"-- The role that Weir works with. It owns nothing; each grant below says what it is for. Its user "
		"signs in\n"
		"-- with a key pair, and has it as the default role, the only one that Snowpipe's REST calls know:\n"
		"-- GRANT ROLE ");
	snowflake_append_name(out, load->role, "");
	str_append_cstr(out, " TO USER <user>;\n-- ALTER USER <user> SET DEFAULT_ROLE = ");
	snowflake_append_name(out, load->role, "");
	str_append_cstr(out, ";\nCREATE ROLE IF NOT EXISTS ");
	snowflake_append_name(out, load->role, "");
	append_job_comment(load);
}

/* ---- integrations ---- */

static const char *
integration_of(const SnowflakeLoad *load)
{
	return load->url != NULL ? options_text(&load->sink->options, "snowflake_integration") : NULL;
}

/* Names are compared as Snowflake stores them. */
static bool
same_integration(const SnowflakeLoad *a, const SnowflakeLoad *b)
{
	SnowflakeName one, two;
	bool same;

	if (integration_of(a) == NULL || integration_of(b) == NULL)
		return false;
	same = snowflake_name_read(&one, str_from_cstr(integration_of(a)), 1, 0);
	same = snowflake_name_read(&two, str_from_cstr(integration_of(b)), 1, 0) && same &&
		   snowflake_name_equal(&one, &two);
	snowflake_name_free(&one);
	snowflake_name_free(&two);
	return same;
}

/* The value of an option that all loads of an integration agree on; NULL: none says it. */
static bool
agreed_option(const SnowflakeLoad *loads, int count, int k, const char *option, const char **out, Error *err)
{
	*out = NULL;
	for (int i = 0; i < count; i++)
	{
		const char *text = options_text(&loads[i].sink->options, option);

		if (!same_integration(&loads[i], &loads[k]) || text == NULL)
			continue;
		if (*out != NULL && strcmp(*out, text) != 0)
		{
			error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE,
					  options_find(&loads[i].sink->options, option)->position,
					  "sinks give Snowflake integration \"%s\" different values of option \"%s\"",
					  integration_of(&loads[k]), option);
			return error_hint(err, "An integration has one role of AWS; use two integrations.");
		}
		*out = text;
	}
	return true;
}

static void
append_allowed(const SnowflakeLoad *loads, int count, int k)
{
	StrBuf *out = loads[k].out;
	bool any = false;

	str_append_char(out, '(');
	for (int i = 0; i < count; i++)
	{
		if (!same_integration(&loads[i], &loads[k]))
			continue;
		str_append_cstr(out, any ? ", " : "");
		snowflake_append_literal(out, str_from_cstr(loads[i].whole_url));
		any = true;
	}
	str_append_char(out, ')');
}

static void
append_create_integration(const SnowflakeLoad *loads, int count, int k, const char *role, const char *id)
{
	const SnowflakeLoad *load = &loads[k];
	const char *partition = snowflake_url_partition(load->url);
	StrBuf *out = load->out;

	str_append_cstr(out, "CREATE STORAGE INTEGRATION IF NOT EXISTS ");
	snowflake_append_option_name(load, "snowflake_integration", out);
	str_appendf(out,
				"\n    TYPE = EXTERNAL_STAGE\n    STORAGE_PROVIDER = '%s'\n    ENABLED = TRUE\n    "
				"STORAGE_AWS_ROLE_ARN = ",
				strcmp(partition, "aws") == 0      ? "S3"
				: strcmp(partition, "aws-cn") == 0 ? "S3CHINA"
												   : "S3GOV");
	snowflake_append_literal(out, str_from_cstr(role));
	if (id != NULL)
	{
		str_append_cstr(out, "\n    STORAGE_AWS_EXTERNAL_ID = ");
		snowflake_append_literal(out, str_from_cstr(id));
	}
	str_append_cstr(out, "\n    STORAGE_ALLOWED_LOCATIONS = ");
	append_allowed(loads, count, k);
	append_job_comment(load);
}

/* ---- what is to be done in AWS ---- */

static void
append_resource(const SnowflakeLoad *load, const char *path, StrBuf *out)
{
	const char *bucket = snowflake_url_bucket(load->whole_url, load->arena);

	str_append_json_string(
		out, str_from_cstr(arena_printf(load->arena, "arn:%s:s3:::%s%s",
										snowflake_url_partition(load->whole_url), bucket, path)));
}

/* What Snowflake may read of one place: objects below it, and their list. */
static void
append_policy_of(const SnowflakeLoad *load, StrBuf *out)
{
	const char *path = snowflake_url_path(load->whole_url);

	str_append_cstr(out, "\n  {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", "
						 "\"s3:GetObjectVersion\"], \"Resource\": ");
	append_resource(load, arena_printf(load->arena, "/%s*", path), out);
	str_append_cstr(out, "},\n  {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", \"Resource\": ");
	append_resource(load, "", out);
	str_append_cstr(out, ",\n   \"Condition\": {\"StringLike\": {\"s3:prefix\": ");
	str_append_json_string(out, str_from_cstr(arena_printf(load->arena, "%s*", path)));
	str_append_cstr(out,
					"}}},\n  {\"Effect\": \"Allow\", \"Action\": \"s3:GetBucketLocation\", \"Resource\": ");
	append_resource(load, "", out);
	str_append_char(out, '}');
}

static void
append_policy(const SnowflakeLoad *loads, int count, int k, const char *role)
{
	StrBuf text = {0};
	bool any = false;

	str_append_cstr(
		&text,
		"An integration that was there before must allow these places, too: ALTER STORAGE INTEGRATION … SET\n"
		"STORAGE_ALLOWED_LOCATIONS replaces the whole list.\n");
	str_append_cstr(&text, "In AWS, before the stage can be read:\n1. The policy of ");
	snowflake_append_safe(&text, role);
	str_append_cstr(&text, " (and kms:Decrypt, if the bucket has a key of KMS):\n{\"Version\": "
						   "\"2012-10-17\", \"Statement\": [");
	for (int i = 0; i < count; i++)
	{
		if (!same_integration(&loads[i], &loads[k]))
			continue;
		str_append_cstr(&text, any ? "," : "");
		append_policy_of(&loads[i], &text);
		any = true;
	}
	str_append_cstr(&text, "]}\n");
	snowflake_append_commented(loads[k].out, str_view(&text));
	str_free(&text);
}

static void
append_trust(const SnowflakeLoad *load, const char *id)
{
	StrBuf text = {0};

	str_append_cstr(&text, "2. DESC INTEGRATION ");
	snowflake_append_option_name(load, "snowflake_integration", &text);
	str_append_cstr(&text, "; says STORAGE_AWS_IAM_USER_ARN");
	str_append_cstr(&text, id != NULL ? ".\n" : " and STORAGE_AWS_EXTERNAL_ID.\n");
	str_append_cstr(&text, "3. The trust policy of the role, with that:\n"
						   "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", "
						   "\"Action\": \"sts:AssumeRole\",\n"
						   "  \"Principal\": {\"AWS\": \"<STORAGE_AWS_IAM_USER_ARN>\"},\n"
						   "  \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": ");
	str_append_json_string(&text, str_from_cstr(id != NULL ? id : "<STORAGE_AWS_EXTERNAL_ID>"));
	str_append_cstr(&text, "}}}]}\n");
	snowflake_append_commented(load->out, str_view(&text));
	str_append_char(load->out, '\n');
	str_free(&text);
}

/* An integration that was there before may not allow the places; what it allows besides is not known here. */
static void
append_existing(const SnowflakeLoad *loads, int count, int k)
{
	StrBuf *out = loads[k].out;

	str_append_cstr(out, "-- Storage integration ");
	snowflake_append_option_name(&loads[k], "snowflake_integration", out);
	str_append_cstr(out, " must be there (snowflake_aws_role has its statement printed), and\n-- allow, "
						 "besides what it allows already: ");
	append_allowed(loads, count, k);
	str_append_cstr(out, "\n\n");
}

static bool
append_integration(const SnowflakeLoad *loads, int count, int k, Error *err)
{
	const char *role, *id;

	for (int i = 0; i < k; i++)
		if (same_integration(&loads[i], &loads[k]))
			return true;
	if (!agreed_option(loads, count, k, "snowflake_aws_role", &role, err) ||
		!agreed_option(loads, count, k, "snowflake_external_id", &id, err))
		return false;
	if (role == NULL)
	{
		append_existing(loads, count, k);
		return true;
	}
	append_create_integration(loads, count, k, role, id);
	append_policy(loads, count, k, role);
	append_trust(&loads[k], id);
	return true;
}

bool
snowflake_append_account(const SnowflakeLoad *loads, int count, Error *err)
{
	for (int i = 0; i < count; i++)
	{
		if (is_first_of_role(loads, i))
			append_role(&loads[i]);
		if (!has_said_warehouse(loads, i))
			append_warehouse_grant(&loads[i]);
	}
	for (int i = 0; i < count; i++)
		if (integration_of(&loads[i]) != NULL && !append_integration(loads, count, i, err))
			return false;
	return true;
}
