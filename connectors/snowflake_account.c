/*
 * snowflake_account.c: who runs the statements, CREATE ROLE and CREATE STORAGE INTEGRATION (contract in
 * snowflake_account.h).
 *
 * The idea: these belong to the account and not to a schema, and a second CREATE of one that is there does
 * nothing: so each is printed once, with the places of all tables that use it.
 */
#include "connectors/snowflake_account.h"

#include "connectors/snowflake_aws.h"

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

/* Whoever creates an object owns it, and a pipe or a task works with the rights of its owner. */
static void
append_runner(StrBuf *out)
{
	str_append_cstr(out, "-- To be run as one role, and again as the same one: it comes to own what is "
						 "created here, and pipes\n"
						 "-- and tasks load with its rights. It needs, on the account, CREATE ROLE and "
						 "MANAGE GRANTS, and CREATE\n"
						 "-- INTEGRATION if one is created below, else USAGE on the one that is named "
						 "(ACCOUNTADMIN has these);\n"
						 "-- USAGE on databases and schemas, which must be there; CREATE in the schemas for "
						 "each kind of object.\n\n");
}

static void
append_role(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(out,
					"-- The role that Weir works with. It owns nothing; each grant below says what it is "
					"for.\nCREATE ROLE IF NOT EXISTS ");
	snowflake_append_name(out, load->role, "");
	append_job_comment(load);
	str_append_cstr(out,
					"-- Its user, who signs in with a key pair (the public key without the lines around it), "
					"and has the\n"
					"-- role as the default one, the only one that Snowpipe's REST calls know:\n"
					"-- CREATE USER IF NOT EXISTS <user> TYPE = SERVICE RSA_PUBLIC_KEY = '<public key>';\n"
					"-- GRANT ROLE ");
	snowflake_append_name(out, load->role, "");
	str_append_cstr(out, " TO USER <user>;\n-- ALTER USER <user> SET DEFAULT_ROLE = ");
	snowflake_append_name(out, load->role, "");
	str_append_cstr(out, ";\n\n");
}

static bool
names_warehouse(const SnowflakeLoad *load)
{
	return options_text(&load->sink->options, "snowflake_warehouse") != NULL;
}

static void
append_warehouse_grant(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(out, "-- To run COPY and queries:\nGRANT USAGE ON WAREHOUSE ");
	snowflake_append_option_name(load, "snowflake_warehouse", out);
	str_append_cstr(out, " TO ROLE ");
	snowflake_append_name(out, load->role, "");
	str_append_cstr(out, ";\n\n");
}

/* Grants are the same however often they are given, so each load may give its own. */
static bool
has_said_warehouse(const SnowflakeLoad *loads, int k)
{
	const char *warehouse = options_text(&loads[k].sink->options, "snowflake_warehouse");

	for (int i = 0; i < k; i++)
	{
		const char *other = options_text(&loads[i].sink->options, "snowflake_warehouse");

		if (other != NULL && strcmp(other, warehouse) == 0 &&
			snowflake_name_equal(loads[i].role, loads[k].role))
			return true;
	}
	return false;
}

/* The warehouses that the loads of a role name; a query needs one, also of COPY_HISTORY. */
static void
append_warehouses(const SnowflakeLoad *loads, int count, int k)
{
	bool any = false;

	for (int i = k; i < count; i++)
	{
		if (!names_warehouse(&loads[i]) || !snowflake_name_equal(loads[i].role, loads[k].role))
			continue;
		any = true;
		if (!has_said_warehouse(loads, i))
			append_warehouse_grant(&loads[i]);
	}
	if (!any)
		str_append_cstr(
			loads[k].out,
			"-- The role needs USAGE on a warehouse, too, to run COPY and queries: snowflake_warehouse "
			"has it granted.\n\n");
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

/* The loads of an integration, each place once; *places is in the arena. */
static int
places_of(const SnowflakeLoad *loads, int count, int k, const SnowflakeLoad *const **places)
{
	const SnowflakeLoad **found = ARENA_ARRAY_ZERO(loads->arena, const SnowflakeLoad *, count);
	int n = 0;

	for (int i = 0; i < count; i++)
	{
		bool again = !same_integration(&loads[i], &loads[k]);

		for (int j = 0; j < n && !again; j++)
			again = strcmp(found[j]->whole_url, loads[i].whole_url) == 0;
		if (!again)
			found[n++] = &loads[i];
	}
	*places = found;
	return n;
}

static void
append_allowed(const SnowflakeLoad *const *places, int count, StrBuf *out)
{
	str_append_char(out, '(');
	for (int i = 0; i < count; i++)
	{
		str_append_cstr(out, i > 0 ? ", " : "");
		snowflake_append_literal(out, str_from_cstr(places[i]->whole_url));
	}
	str_append_char(out, ')');
}

static void
append_create_integration(const SnowflakeLoad *const *places, int count, const char *role, const char *id)
{
	const SnowflakeLoad *load = places[0];
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
	append_allowed(places, count, out);
	append_job_comment(load);
}

/* Asks Snowflake whether it can list the places. */
static void
append_validation(const SnowflakeLoad *const *places, int count, StrBuf *out)
{
	SnowflakeName name;
	bool ok = snowflake_name_read(&name, str_from_cstr(integration_of(places[0])), 1, 0);

	assert(ok); /* by snowflake_check() */
	(void)ok;
	for (int i = 0; i < count; i++)
	{
		str_append_cstr(out, "SELECT SYSTEM$VALIDATE_STORAGE_INTEGRATION(");
		snowflake_append_literal(out, str_view(&name.parts[0]));
		str_append_cstr(out, ", ");
		snowflake_append_literal(out, str_from_cstr(places[i]->whole_url));
		str_append_cstr(out, ", 'any name', 'list');\n");
	}
	snowflake_name_free(&name);
}

static void
append_steps(const SnowflakeLoad *const *places, int count, const char *role, const char *id)
{
	StrBuf text = {0};

	str_append_cstr(&text, "In AWS, before a pipe is created or a COPY is run:\n1. The policy of ");
	snowflake_append_safe(&text, role);
	str_append_cstr(&text, " (and kms:Decrypt, if the bucket has a key of KMS):\n");
	snowflake_append_aws_policy(places, count, &text);
	str_append_cstr(&text, "2. DESC INTEGRATION ");
	snowflake_append_option_name(places[0], "snowflake_integration", &text);
	str_append_cstr(&text, "; says STORAGE_AWS_IAM_USER_ARN");
	str_append_cstr(&text, id != NULL ? ".\n" : " and STORAGE_AWS_EXTERNAL_ID.\n");
	str_append_cstr(&text, "3. The trust policy of the role, with that:\n");
	snowflake_append_aws_trust(id, &text);
	str_append_cstr(&text, "4. Whether it works (what AWS allowed is kept for up to an hour):\n");
	append_validation(places, count, &text);
	str_append_cstr(
		&text,
		"An integration that was there before is not changed by CREATE: it must allow these places, too.\n"
		"ALTER STORAGE INTEGRATION … SET STORAGE_ALLOWED_LOCATIONS = (…) replaces the whole list.\n");
	snowflake_append_commented(places[0]->out, str_view(&text));
	str_append_char(places[0]->out, '\n');
	str_free(&text);
}

/* What an integration that was there before allows besides is not known here. */
static void
append_existing(const SnowflakeLoad *const *places, int count)
{
	StrBuf text = {0};

	str_append_cstr(&text, "Storage integration ");
	snowflake_append_option_name(places[0], "snowflake_integration", &text);
	str_append_cstr(&text, " must be there (snowflake_aws_role has its statement printed), and\nallow, "
						   "besides what it allows already: ");
	append_allowed(places, count, &text);
	str_append_cstr(&text, "\nSo must the policy of its role in AWS:\n");
	snowflake_append_aws_policy(places, count, &text);
	str_append_cstr(&text, "Whether it works (what AWS allowed is kept for up to an hour):\n");
	append_validation(places, count, &text);
	snowflake_append_commented(places[0]->out, str_view(&text));
	str_append_char(places[0]->out, '\n');
	str_free(&text);
}

static bool
append_integration(const SnowflakeLoad *loads, int count, int k, Error *err)
{
	const SnowflakeLoad *const *places;
	const char *role, *id;
	int n;

	for (int i = 0; i < k; i++)
		if (same_integration(&loads[i], &loads[k]))
			return true;
	if (!agreed_option(loads, count, k, "snowflake_aws_role", &role, err) ||
		!agreed_option(loads, count, k, "snowflake_external_id", &id, err))
		return false;
	n = places_of(loads, count, k, &places);
	if (role == NULL)
	{
		append_existing(places, n);
		return true;
	}
	append_create_integration(places, n, role, id);
	append_steps(places, n, role, id);
	return true;
}

bool
snowflake_append_account(const SnowflakeLoad *loads, int count, Error *err)
{
	append_runner(loads->out);
	for (int i = 0; i < count; i++)
		if (is_first_of_role(loads, i))
		{
			append_role(&loads[i]);
			append_warehouses(loads, count, i);
		}
	for (int i = 0; i < count; i++)
		if (integration_of(&loads[i]) != NULL && !append_integration(loads, count, i, err))
			return false;
	return true;
}
