/*
 * snowflake_call.h: one call of Snowflake's HTTP interfaces, tried until an answer counts.
 *
 * The idea: every attempt carries a token of its own. An attempt that broke, was too early (429, 503) or met
 * a server in trouble (500, 502, 504, 522) is made again after a pause that doubles; a token that is refused
 * is replaced once. What can be done twice by a repetition carries a request id, by which Snowflake knows it
 * again. Answers that count are the caller's to judge.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_CALL_H
#define WEIR_CONNECTORS_SNOWFLAKE_CALL_H

#include "common/clock.h"
#include "common/random.h"
#include "connectors/http.h"
#include "connectors/snowflake_jwt.h"

enum
{
	SNOWFLAKE_REQUEST_ID_SIZE = 37 /* with its NUL */
};

/* Whom to call, and how. All is borrowed. */
typedef struct SnowflakeServer
{
	HttpEngine *engine;
	const SnowflakeKey *key;
	const char *url;     /* snowflake_url_append()'s */
	const char *ca_file; /* PEM; NULL = the system's */
	const Clock *clock;
	Random *random;
	const atomic_bool *stop; /* gives up when it becomes true; NULL = never */
	int64_t patience;        /* microseconds for which a call is tried again; 0 = a minute */
	int64_t pause;           /* microseconds, the first pause; 0 = half a second */
} SnowflakeServer;

typedef struct SnowflakeRequest
{
	const char *method;
	const char *path; /* with its query */
	StrView body;
	const char *on_retry; /* what a repetition appends to the path; NULL = nothing */
	int64_t stop_grace;   /* microseconds that an answer is still waited for once *stop is true */
	int64_t stall;        /* microseconds after which silence is a lost answer; 0 = a minute */
} SnowflakeRequest;

/*
 * Appends "https://<host>". host: a name, perhaps with a port, or a URL; "" = Snowflake's for the account.
 * Plain http is for this machine only.
 */
extern bool snowflake_url_append(const char *host, const char *account, StrBuf *out, Error *err) WARN_UNUSED;

/* A random UUID. */
extern void snowflake_request_id(const SnowflakeServer *server, char out[SNOWFLAKE_REQUEST_ID_SIZE]);

/* True: there is an answer, with any status but those that are tried again. Free the reply in any case. */
extern bool snowflake_call(const SnowflakeServer *server, const SnowflakeRequest *request, HttpReply *reply,
						   Error *err) WARN_UNUSED;

/* The JSON object that an answer is, for json_decref(). NULL: it is none. */
extern struct json_t *snowflake_answer(const HttpReply *reply, Error *err);
/* Fills err: an answer is not what it should be. False. */
extern bool snowflake_not_understood(const char *what, Error *err);

/* Fills err from an answer that is an error: Snowflake's message, code and SQLSTATE. False. */
extern bool snowflake_refused(const HttpReply *reply, Error *err);

/* Appends what is wrong with a file: "text (line 3, column "N")" on one line, and nothing without a text.
 * line 0, column NULL: not said. */
extern void snowflake_append_file_error(StrBuf *out, const char *text, int64_t line, const char *column);

#endif
