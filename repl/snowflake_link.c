/*
 * snowflake_link.c: settings and environment as a server to ask (contract in snowflake_link.h).
 */
#include "repl/snowflake_link.h"

#include "common/ascii.h"
#include "connectors/secret.h"
#include "connectors/snowflake_split.h"
#include "repl/interrupt.h"

enum
{
	NAME_SIZE = 64,
	EXIT_STOPPED = 5
};

/* ---- what is set ---- */

/* NULL when it is not set or empty. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* "snowflake.private_key" is SNOWFLAKE_PRIVATE_KEY. */
static const char *
variable_of(const char *setting, char name[NAME_SIZE])
{
	size_t len = strlen(setting);

	assert(len < NAME_SIZE);
	for (size_t i = 0; i <= len; i++)
		name[i] = setting[i] == '.' ? '_' : ascii_upper(setting[i]);
	return name;
}

/* The setting, else the variable, else "". */
static const char *
value_of(const Session *session, const char *setting)
{
	const char *text = settings_option(&session->settings, setting);
	char name[NAME_SIZE];

	if (text == NULL)
		text = variable(variable_of(setting, name));
	return text != NULL ? text : "";
}

static bool
read_reference(const char *setting, const char *reference, StrBuf *out, Error *err)
{
	const OptionInfo info = {.name = setting, .type = OPTION_SECRET};
	const Option option = {.name = setting, .info = &info, .text = reference, .position = NO_POSITION};

	return secret_read(&option, out, err);
}

/* Appends the secret that the setting refers to, else the variable, or the file that <variable>_PATH names.
 */
static bool
read_secret(const Session *session, const char *setting, StrBuf *out, Error *err)
{
	const char *reference = settings_option(&session->settings, setting);
	char name[NAME_SIZE], path_name[NAME_SIZE + 8];
	const char *path;
	StrBuf file = {0};
	bool ok;

	if (reference != NULL)
		return read_reference(setting, reference, out, err);
	if (variable(variable_of(setting, name)) != NULL)
	{
		str_append_cstr(out, variable(name));
		return true;
	}
	(void)snprintf(path_name, sizeof path_name, "%s_PATH", name);
	path = variable(path_name);
	if (path == NULL)
		return true;
	str_appendf(&file, "file:%s", path);
	ok = read_reference(setting, str_cstr(&file), out, err);
	str_free(&file);
	return ok;
}

static bool
require(const Session *session, const char *setting, Error *err)
{
	char name[NAME_SIZE];

	if (value_of(session, setting)[0] != '\0')
		return true;
	error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION, "%s is not set", setting);
	return error_hint(err, "SET %s = '…', or the environment variable %s.", setting,
					  variable_of(setting, name));
}

/* ---- opening ---- */

static bool
open_key(const Session *session, SnowflakeLink *link, Error *err)
{
	StrBuf pem = {0}, passphrase = {0};
	bool ok = read_secret(session, "snowflake.private_key", &pem, err) &&
			  read_secret(session, "snowflake.private_key_passphrase", &passphrase, err);

	if (ok && pem.len == 0)
	{
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION,
				  "snowflake.private_key is not set");
		ok = error_hint(err,
						"SET snowflake.private_key = 'file:/path' or 'env:NAME', or an environment variable "
						"SNOWFLAKE_PRIVATE_KEY or SNOWFLAKE_PRIVATE_KEY_PATH.");
	}
	ok = ok && snowflake_key_open(str_view(&pem), passphrase.len > 0 ? str_cstr(&passphrase) : NULL,
								  value_of(session, "snowflake.account"), value_of(session, "snowflake.user"),
								  &link->key, err);
	secret_wipe(&pem);
	secret_wipe(&passphrase);
	return ok;
}

bool
snowflake_link_open(const Session *session, SnowflakeLink *link, Error *err)
{
	const char *ca_file = value_of(session, "snowflake.ca_file");

	*link = (SnowflakeLink){0};
	if (!require(session, "snowflake.account", err) || !require(session, "snowflake.user", err) ||
		!open_key(session, link, err) ||
		!snowflake_url_append(value_of(session, "snowflake.host"), value_of(session, "snowflake.account"),
							  &link->url, err) ||
		!http_engine_open(1, &link->engine, err))
		return false;
	link->server = (SnowflakeServer){.engine = link->engine,
									 .key = link->key,
									 .url = str_cstr(&link->url),
									 .ca_file = ca_file[0] != '\0' ? ca_file : NULL,
									 .clock = &system_clock,
									 .random = random_system(),
									 .stop = interrupt_flag()};
	link->context = (SnowflakeContext){.role = value_of(session, "snowflake.role"),
									   .warehouse = value_of(session, "snowflake.warehouse"),
									   .database = value_of(session, "snowflake.database"),
									   .schema = value_of(session, "snowflake.schema"),
									   .zone = session_type_context(session).zone};
	return true;
}

void
snowflake_link_close(SnowflakeLink *link)
{
	http_engine_close(link->engine);
	snowflake_key_close(link->key);
	str_free(&link->url);
	*link = (SnowflakeLink){0};
}

/* ---- statements ---- */

typedef struct Collect
{
	Result *result;
	bool begun;
} Collect;

static void
begin_result(void *context, const SnowflakeColumn *columns, uint32_t count)
{
	Collect *collect = context;
	Arena names;
	const char **list;

	arena_init(&names, "names");
	list = ARENA_ARRAY(&names, const char *, count);
	for (uint32_t i = 0; i < count; i++)
		list[i] = columns[i].name;
	result_init_text(collect->result, list, count);
	for (uint32_t i = 0; i < count; i++)
		collect->result->fields[i].right_aligned = snowflake_type_is_number(columns[i].type);
	collect->begun = true;
	arena_release(&names);
}

static void
add_row(void *context, const StrView *texts)
{
	Collect *collect = context;

	result_add_views(collect->result, texts);
}

bool
snowflake_link_execute(const SnowflakeLink *link, StrView statement, Result *result, Error *err)
{
	Collect collect = {.result = result};
	const SnowflakeReceiver receiver = {&collect, begin_result, add_row};
	bool ok = snowflake_sql_execute(&link->server, &link->context, statement, &receiver, err);

	if (!ok && collect.begun)
		result_free(result);
	return ok;
}

void
snowflake_link_report(Session *session, StrView statement, Error *err)
{
	if (*interrupt_flag() && session->interactive)
		fputs("Cancel request sent\n", stderr); /* as psql does behind the ^C of the terminal */
	else if (*interrupt_flag() && session->exit_code == 0)
		session->exit_code = EXIT_STOPPED;
	session_report(session, err, statement, false);
}

static bool
run_one(Session *session, const SnowflakeLink *link, StrView statement)
{
	Result result;
	Error err = {0};
	int64_t started = clock_monotonic(&system_clock);
	bool ok = snowflake_link_execute(link, statement, &result, &err);

	if (ok)
	{
		print_result(&result, &session->print, session->out);
		result_free(&result);
	}
	else
		snowflake_link_report(session, statement, &err);
	session_print_time(session, started);
	error_clear(&err);
	return ok;
}

bool
snowflake_link_run(Session *session, StrView text)
{
	SnowflakeLink link;
	StrView statement;
	Error err = {0};
	bool ok;

	if (session->interactive)
		interrupt_clear();
	ok = snowflake_link_open(session, &link, &err);
	if (!ok)
		session_report(session, &err, (StrView){0}, false);
	for (size_t at = 0; ok && snowflake_split(text, &at, &statement);)
		ok = run_one(session, &link, statement);
	snowflake_link_close(&link);
	error_clear(&err);
	return ok;
}
