/*
 * snowflake_call.c: attempts, pauses and errors (contract in snowflake_call.h).
 */
#include "connectors/snowflake_call.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>

#include "common/ascii.h"
#include "common/types/timestamp.h"
#include "common/types/uuid.h"
#include "connectors/secret.h"

#define PATIENCE MICROS_PER_MINUTE
#define FIRST_PAUSE (500 * MICROS_PER_MILLISECOND)
#define LONGEST_PAUSE (10 * MICROS_PER_SECOND)
#define STALL (MICROS_PER_MINUTE) /* Snowflake may hold an answer back for 45 s */

enum
{
	CONNECT_SHARE = 6,       /* of the patience is for a server that can't be connected to */
	REPLY_LIMIT = 256 << 20, /* bytes of an answer; partitions are about 10 MB */
	SKEW_WORTH_TELLING = SNOWFLAKE_CLOCK_LIMIT / 2
};

/* ---- where it is ---- */

/* A locator's region belongs to the name; underscores can't be in one. */
static void
append_account_host(const char *account, StrBuf *out)
{
	str_append_cstr(out, "https://");
	for (const char *p = account; *p != '\0'; p++)
		str_append_char(out, *p == '_' ? '-' : ascii_lower(*p));
	str_append_cstr(out,
					strstr(account, ".cn-") != NULL ? ".snowflakecomputing.cn" : ".snowflakecomputing.com");
}

/* Scheme, host and port of a URL that has nothing else. Its text is not told: it may have a password. */
static bool
check_url(const char *text, Error *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *path = NULL, *other = NULL;
	bool good = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
				curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
				curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
				curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0 &&
				curl_url_get(url, CURLUPART_USER, &other, 0) == CURLUE_NO_USER &&
				curl_url_get(url, CURLUPART_QUERY, &other, 0) == CURLUE_NO_QUERY &&
				curl_url_get(url, CURLUPART_FRAGMENT, &other, 0) == CURLUE_NO_FRAGMENT &&
				(strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
	bool open = good && strcmp(scheme, "http") == 0 && !http_is_loopback(host);

	curl_free(scheme);
	curl_free(host);
	curl_free(path);
	curl_free(other);
	curl_url_cleanup(url);
	if (!good)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "snowflake.host is not a host name with perhaps a port, or a URL of these");
	if (open)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "snowflake.host is not encrypted and another machine");
	return true;
}

bool
snowflake_url_append(const char *host, const char *account, StrBuf *out, Error *err)
{
	size_t start = out->len;

	if (host[0] == '\0')
		append_account_host(account, out);
	else
		str_appendf(out, "%s%s", strstr(host, "://") != NULL ? "" : "https://", host);
	while (out->len > start && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	return check_url(out->data + start, err);
}

/* ---- pauses ---- */

/* The server's wish, or random between half and all of what has been doubled. */
static int64_t
pause_before(const SnowflakeServer *server, const HttpReply *reply, int attempt)
{
	int64_t first = server->pause > 0 ? server->pause : FIRST_PAUSE;
	int64_t pause = Min(first << Min(attempt, 10), Max(first, LONGEST_PAUSE));
	int64_t wish = http_reply_retry_after(reply);

	if (wish > 0)
		return Min(wish, MICROS_PER_MINUTE);
	return pause / 2 + (int64_t)random_below(server->random, (uint64_t)pause / 2 + 1);
}

/* ---- attempts ---- */

void
snowflake_request_id(const SnowflakeServer *server, char out[SNOWFLAKE_REQUEST_ID_SIZE])
{
	uuid_to_chars(uuid_random(server->random), out);
	out[UUID_TEXT_LEN] = '\0';
}

static int64_t
unix_now(const SnowflakeServer *server)
{
	return timestamp_unix_seconds(clock_now(server->clock));
}

static bool
attempt(const SnowflakeServer *server, const SnowflakeRequest *request, bool again, HttpReply *reply,
		Error *err)
{
	StrBuf url = {0}, token = {0};
	bool ok;

	str_appendf(&url, "%s%s%s", server->url, request->path,
				again && request->on_retry != NULL ? request->on_retry : "");
	str_append_cstr(&token, "Bearer ");
	ok = snowflake_jwt_append(server->key, unix_now(server), &token, err);
	if (ok)
	{
		const HttpHeader headers[] = {{"Authorization", str_cstr(&token)},
									  {"X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT"},
									  {"Accept", "application/json"},
									  {"Content-Type", "application/json"}};

		http_perform(server->engine,
					 &(HttpRequest){.method = request->method,
									.url = str_cstr(&url),
									.headers = headers,
									.header_count = lengthof(headers),
									.body = request->body,
									.ca_file = server->ca_file,
									.max_reply = REPLY_LIMIT,
									.stall_timeout = request->stall > 0 ? request->stall : STALL,
									.stop_grace = request->stop_grace,
									.compressed = true},
					 server->stop, reply);
	}
	secret_wipe(&token);
	str_free(&url);
	return ok;
}

static bool
is_trouble(const HttpReply *reply)
{
	if (reply->fault != HTTP_DONE)
		return reply->fault == HTTP_CONNECT || reply->fault == HTTP_LOST || reply->fault == HTTP_TIMEOUT;
	return reply->status == 429 || reply->status >= 500;
}

static bool
stopped(Error *err)
{
	return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "canceling statement due to user request");
}

/* Nothing more is tried. */
static bool
give_up(const SnowflakeServer *server, const HttpReply *reply, Error *err)
{
	if (reply->fault == HTTP_CANCELED)
		return stopped(err);
	if (reply->fault == HTTP_DONE)
	{
		error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "\"%s\" is in trouble: HTTP status %d",
				  server->url, reply->status);
		return reply->status == 429 ? error_hint(err, "It had too many requests: try again later.") : false;
	}
	error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "could not reach \"%s\": %s", server->url,
			  reply->message);
	if (reply->fault != HTTP_UNTRUSTED)
		return false;
	return error_hint(err,
					  "A private endpoint, or a proxy that reads along, has a certificate of its own: set "
					  "snowflake.ca_file, or SNOWFLAKE_CA_FILE, to a PEM file with who signed it.");
}

/* The second refusal of a token, with what may be the reason. */
static bool
refuse_token(const SnowflakeServer *server, const HttpReply *reply, Error *err)
{
	int64_t date;
	int64_t skew = http_reply_date(reply, &date) ? timestamp_unix_seconds(date) - unix_now(server) : 0;

	snowflake_refused(reply, err);
	if (err == NULL)
		return false;
	err->state = SQLSTATE_INVALID_AUTHORIZATION;
	if (skew > SKEW_WORTH_TELLING || skew < -SKEW_WORTH_TELLING)
		return error_hint(err, "The clock of this machine is %" PRId64 " seconds %s Snowflake's.",
						  skew > 0 ? skew : -skew, skew > 0 ? "behind" : "ahead of");
	return error_hint(
		err, "Compare RSA_PUBLIC_KEY_FP of DESC USER with %s, and the account and login name with %s.",
		snowflake_key_fingerprint(server->key), snowflake_key_subject(server->key));
}

bool
snowflake_call(const SnowflakeServer *server, const SnowflakeRequest *request, HttpReply *reply, Error *err)
{
	int64_t patience = server->patience > 0 ? server->patience : PATIENCE;
	int64_t started = clock_monotonic(server->clock);
	bool refused = false;

	for (int n = 0;; n++)
	{
		int64_t pause;

		http_reply_free(reply);
		if (!attempt(server, request, n > 0, reply, err))
			return false;
		if (reply->fault == HTTP_DONE && reply->status == 401)
		{
			if (refused)
				return refuse_token(server, reply, err);
			refused = true;
			continue;
		}
		if (!is_trouble(reply))
			return reply->fault == HTTP_DONE || give_up(server, reply, err);
		pause = pause_before(server, reply, n);
		/* a name that is wrong does not become right */
		if (clock_monotonic(server->clock) + pause - started >
			(reply->fault == HTTP_CONNECT ? patience / CONNECT_SHARE : patience))
			return give_up(server, reply, err);
		if (!clock_pause(server->clock, pause, server->stop))
			return stopped(err);
	}
}

/* ---- answers ---- */

bool
snowflake_not_understood(const char *what, Error *err)
{
	return error_set(err, SQLSTATE_CONNECTION_EXCEPTION, NO_POSITION,
					 "Snowflake's answer is not understood: %s", what);
}

json_t *
snowflake_answer(const HttpReply *reply, Error *err)
{
	json_t *root = json_loadb(str_cstr(&reply->body), reply->body.len, JSON_ALLOW_NUL, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	snowflake_not_understood("it is not a JSON object", err);
	return NULL;
}

/* ---- errors ---- */

static const char *
member(const json_t *root, const char *name)
{
	const char *text = json_string_value(json_object_get(root, name));

	return text != NULL ? text : "";
}

/* What was written elsewhere is shown on terminals: lines may stay, other control characters don't. */
static void
append_clean(StrBuf *out, const char *text, bool lines)
{
	for (; *text != '\0'; text++)
		str_append_char(out, ascii_control(*text) && !(lines && *text == '\n') ? ' ' : *text);
}

bool
snowflake_refused(const HttpReply *reply, Error *err)
{
	json_t *root = json_loadb(str_cstr(&reply->body), reply->body.len, 0, NULL);
	const char *code = member(root, "code"), *state = member(root, "sqlState");
	StrBuf message = {0}, detail = {0};

	append_clean(&message, member(root, "message"), true);
	if (message.len == 0)
		str_appendf(&message, "Snowflake answered with HTTP status %d", reply->status);
	error_set(err, sqlstate_find(state, SQLSTATE_FDW_ERROR), NO_POSITION, "%s", str_cstr(&message));
	if (code[0] != '\0')
	{
		str_appendf(&detail, "Snowflake's error code is %s", code);
		if (state[0] != '\0')
			str_appendf(&detail, ", its SQLSTATE %s", state);
		str_clear(&message);
		append_clean(&message, str_cstr(&detail), true);
		error_detail(err, "%s.", str_cstr(&message));
	}
	str_free(&message);
	str_free(&detail);
	json_decref(root);
	return false;
}

void
snowflake_append_file_error(StrBuf *out, const char *text, int64_t line, const char *column)
{
	const char *separator = " (";

	if (text == NULL || text[0] == '\0')
		return;
	append_clean(out, text, false);
	if (line > 0)
	{
		str_appendf(out, "%sline %" PRId64, separator, line);
		separator = ", ";
	}
	if (column != NULL && column[0] != '\0')
	{
		str_appendf(out, "%scolumn ", separator);
		append_clean(out, column, false);
		separator = ", ";
	}
	str_append_cstr(out, separator[0] == ',' ? ")" : "");
}
