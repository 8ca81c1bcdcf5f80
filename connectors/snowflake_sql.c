/*
 * snowflake_sql.c: submitting, asking, fetching, cancelling (contract in snowflake_sql.h).
 */
#include "connectors/snowflake_sql.h"

#include <jansson.h>
#include <stdio.h>

#include "common/ascii.h"
#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/snowflake_name.h"

#define FIRST_WAIT (50 * MICROS_PER_MILLISECOND) /* before a statement is asked for */
#define LONGEST_WAIT (5 * MICROS_PER_SECOND)
#define GRACE (5 * MICROS_PER_SECOND) /* for the handle, and for the cancellation */

enum
{
	HANDLE_SIZE = 128,
	PATH_SIZE = 256
};

typedef struct Execution
{
	const SnowflakeServer *server;
	const SnowflakeContext *context;
	const SnowflakeReceiver *receiver;
	StrView statement;
	char handle[HANDLE_SIZE]; /* "" = not known yet */
	SnowflakeColumn *columns;
	uint32_t column_count;
	StrView *texts;    /* of a row */
	StrBuf *buffers;   /* they point into */
	json_int_t rows;   /* still to come */
	size_t partitions; /* all of them */
	Arena arena;
} Execution;

/* ---- errors ---- */

/* The byte of a line and a character in it, both as Snowflake counts: from 1 and from 0. */
static int
position_of(StrView statement, int line, int character)
{
	size_t at = 0;

	for (; line > 1 && at < statement.len; line--)
	{
		const char *end = memchr(statement.data + at, '\n', statement.len - at);

		at = end != NULL ? (size_t)(end + 1 - statement.data) : statement.len;
	}
	for (; character > 0 && at < statement.len; character--)
		do
			at++;
		while (at < statement.len && ((unsigned char)statement.data[at] & 0xc0) == 0x80);
	return at < statement.len ? (int)at : NO_POSITION;
}

/* An answer that says that the statement failed. */
static bool
statement_failed(const Execution *e, const HttpReply *reply, Error *err)
{
	const char *place;
	int line, character;

	snowflake_refused(reply, err);
	if (err == NULL)
		return false;
	place = strstr(err->message, "line ");
	if (place != NULL && sscanf(place, "line %d at position %d", &line, &character) == 2)
		err->position = position_of(e->statement, line, character);
	return false;
}

/* ---- cancelling ---- */

/* Tries to; what becomes of it changes nothing for the caller. */
static void
cancel(const Execution *e)
{
	SnowflakeServer server = *e->server;
	HttpReply reply = {0};
	char path[PATH_SIZE];
	bool sent;

	server.stop = NULL;
	server.patience = GRACE;
	(void)snprintf(path, sizeof path, "/api/v2/statements/%s/cancel", e->handle);
	sent = snowflake_call(&server, &(SnowflakeRequest){.method = "POST", .path = path, .stall = GRACE},
						  &reply, NULL);
	(void)sent;
	http_reply_free(&reply);
}

/* ---- submitting ---- */

static bool
set_name(json_t *body, const char *key, const char *text, Error *err)
{
	SnowflakeName name;
	bool ok = true;

	if (text[0] == '\0')
		return true;
	ok = snowflake_name_read(&name, str_from_cstr(text), 1, 0);
	if (ok)
		json_object_set_new(body, key, json_stringn(str_cstr(&name.parts[0]), name.parts[0].len));
	else
		error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid name of a %s of Snowflake: \"%s\"", key,
				  text);
	snowflake_name_free(&name);
	return ok;
}

static bool
make_body(const Execution *e, char **out, Error *err)
{
	const SnowflakeContext *context = e->context;
	json_t *body = json_object();
	json_t *statement = json_stringn(e->statement.data, e->statement.len);
	bool ok = statement != NULL ? json_object_set_new(body, "statement", statement) == 0
								: error_set(err, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, NO_POSITION,
											"the statement is not valid UTF-8");

	ok = ok && set_name(body, "role", context->role, err) &&
		 set_name(body, "warehouse", context->warehouse, err) &&
		 set_name(body, "database", context->database, err) && set_name(body, "schema", context->schema, err);
	*out = ok ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	return ok;
}

static bool
submit(Execution *e, HttpReply *reply, Error *err)
{
	char path[PATH_SIZE], id[SNOWFLAKE_REQUEST_ID_SIZE];
	char *body;
	bool ok;

	if (!make_body(e, &body, err))
		return false;
	snowflake_request_id(e->server, id);
	(void)snprintf(path, sizeof path, "/api/v2/statements?requestId=%s&async=true", id);
	ok = snowflake_call(e->server,
						&(SnowflakeRequest){.method = "POST",
											.path = path,
											.body = str_from_cstr(body),
											.on_retry = "&retry=true",
											.stop_grace = GRACE},
						reply, err);
	free(body);
	return ok;
}

/* ---- waiting for the end ---- */

static bool
take_handle(Execution *e, const json_t *root, Error *err)
{
	const char *handle = json_string_value(json_object_get(root, "statementHandle"));
	size_t len = handle != NULL ? strlen(handle) : 0;

	if (len == 0 || len >= sizeof e->handle || strspn(handle, "0123456789abcdefABCDEF-") != len)
		return snowflake_not_understood("it has no handle of the statement", err);
	memcpy(e->handle, handle, len + 1);
	return true;
}

/* From a 202 on: asks until the answer is another one. */
static bool
wait_for_end(Execution *e, HttpReply *reply, Error *err)
{
	int64_t wait = e->server->pause > 0 ? e->server->pause : FIRST_WAIT;
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "/api/v2/statements/%s", e->handle);
	while (reply->status == 202)
	{
		if (!clock_pause(e->server->clock, wait, e->server->stop))
			return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION,
							 "canceling statement due to user request");
		wait = Min(wait * 2, LONGEST_WAIT);
		if (!snowflake_call(e->server, &(SnowflakeRequest){.method = "GET", .path = path}, reply, err))
			return false;
	}
	return true;
}

/* ---- rows ---- */

static bool
read_columns(Execution *e, const json_t *meta, Error *err)
{
	const json_t *types = json_object_get(meta, "rowType"), *type;
	size_t i;

	e->column_count = (uint32_t)json_array_size(types);
	if (e->column_count == 0)
		return snowflake_not_understood("it describes no columns", err);
	e->columns = ARENA_ARRAY_ZERO(&e->arena, SnowflakeColumn, e->column_count);
	e->texts = ARENA_ARRAY_ZERO(&e->arena, StrView, e->column_count);
	e->buffers = ARENA_ARRAY_ZERO(&e->arena, StrBuf, e->column_count);
	json_array_foreach(types, i, type)
	{
		const char *name = json_string_value(json_object_get(type, "name"));
		const char *kind = json_string_value(json_object_get(type, "type"));

		if (name == NULL || kind == NULL)
			return snowflake_not_understood("a column has no name or no type", err);
		e->columns[i] = (SnowflakeColumn){arena_strdup(&e->arena, name), snowflake_type_find(kind)};
	}
	e->rows = json_integer_value(json_object_get(meta, "numRows"));
	e->partitions = Max(json_array_size(json_object_get(meta, "partitionInfo")), (size_t)1);
	return true;
}

static bool
take_value(Execution *e, uint32_t column, const json_t *value, Error *err)
{
	StrBuf *buffer = &e->buffers[column];
	StrView text = {json_string_value(value), json_string_length(value)};

	e->texts[column] = (StrView){0};
	if (json_is_null(value))
		return true;
	str_clear(buffer);
	if (text.data == NULL || !snowflake_value_append(e->columns[column].type, text, e->context->zone, buffer))
		return snowflake_not_understood("a value is not of its column's type", err);
	e->texts[column] = str_view(buffer);
	return true;
}

static bool
take_rows(Execution *e, const json_t *data, Error *err)
{
	const json_t *row;
	size_t i;

	if (!json_is_array(data))
		return snowflake_not_understood("it has no rows", err);
	json_array_foreach(data, i, row)
	{
		if (json_array_size(row) != e->column_count || e->rows <= 0)
			return snowflake_not_understood("it has too many values or rows", err);
		e->rows--;
		for (uint32_t column = 0; column < e->column_count; column++)
			if (!take_value(e, column, json_array_get(row, column), err))
				return false;
		e->receiver->row(e->receiver->context, e->texts);
	}
	return true;
}

static bool
fetch_partition(Execution *e, size_t number, Error *err)
{
	HttpReply reply = {0};
	char path[PATH_SIZE];
	json_t *root = NULL;
	bool ok;

	(void)snprintf(path, sizeof path, "/api/v2/statements/%s?partition=%zu", e->handle, number);
	ok = snowflake_call(e->server, &(SnowflakeRequest){.method = "GET", .path = path}, &reply, err) &&
		 (reply.status == 200 || statement_failed(e, &reply, err)) &&
		 (root = snowflake_answer(&reply, err)) != NULL && take_rows(e, json_object_get(root, "data"), err);
	json_decref(root);
	http_reply_free(&reply);
	return ok;
}

static bool
take_result(Execution *e, const json_t *root, Error *err)
{
	if (!read_columns(e, json_object_get(root, "resultSetMetaData"), err))
		return false;
	e->receiver->begin(e->receiver->context, e->columns, e->column_count);
	if (!take_rows(e, json_object_get(root, "data"), err))
		return false;
	for (size_t i = 1; i < e->partitions; i++)
		if (!fetch_partition(e, i, err))
			return false;
	if (e->rows != 0)
		return error_set(err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, NO_POSITION,
						 "Snowflake left out %" PRId64 " rows of the result", (int64_t)e->rows);
	return true;
}

/* ---- all of it ---- */

static bool
run(Execution *e, HttpReply *reply, Error *err)
{
	json_t *root;
	bool ok;

	if (!submit(e, reply, err))
		return false;
	if (reply->status != 200 && reply->status != 202)
		return statement_failed(e, reply, err);
	root = snowflake_answer(reply, err);
	ok = root != NULL && take_handle(e, root, err);
	if (ok && reply->status == 202)
	{
		json_decref(root);
		root = NULL;
		ok = wait_for_end(e, reply, err) && (reply->status == 200 || statement_failed(e, reply, err)) &&
			 (root = snowflake_answer(reply, err)) != NULL;
	}
	ok = ok && take_result(e, root, err);
	json_decref(root);
	return ok;
}

bool
snowflake_sql_execute(const SnowflakeServer *server, const SnowflakeContext *context, StrView statement,
					  const SnowflakeReceiver *receiver, Error *err)
{
	Execution e = {.server = server, .context = context, .receiver = receiver, .statement = statement};
	HttpReply reply = {0};
	bool ok;

	arena_init(&e.arena, "snowflake");
	ok = run(&e, &reply, err);
	if (!ok && e.handle[0] != '\0' && server->stop != NULL && atomic_load(server->stop))
		cancel(&e);
	else if (!ok && e.handle[0] != '\0' && err != NULL && err->state == SQLSTATE_CONNECTION_FAILURE)
		error_detail(err, "The statement %s may still be running.", e.handle);
	for (uint32_t i = 0; e.buffers != NULL && i < e.column_count; i++)
		str_free(&e.buffers[i]);
	http_reply_free(&reply);
	arena_release(&e.arena);
	return ok;
}
