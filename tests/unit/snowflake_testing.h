/*
 * snowflake_testing.h: a Snowflake that answers by a script, and a server as code under test sees it.
 */
#ifndef WEIR_TESTS_SNOWFLAKE_TESTING_H
#define WEIR_TESTS_SNOWFLAKE_TESTING_H

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "connectors/snowflake_sql.h"
#include "tests/unit/http_server.h"

#define HANDLE "01b2c3d4-0000-0000-0000-00000000abcd"
#define META(rows, partitions, types)                                                                 \
	"\"code\":\"090001\",\"statementHandle\":\"" HANDLE "\",\"resultSetMetaData\":{\"numRows\":" rows \
	",\"format\":\"jsonv2\",\"rowType\":[" types "],\"partitionInfo\":[" partitions "]}"

typedef struct Fixture
{
	HttpServer *http;
	HttpEngine *engine;
	SnowflakeKey *key;
	SnowflakeServer server;
	SnowflakeContext context;
	RandomSeeded random;
	atomic_bool stop;
	const ServerStep *steps; /* the last one is repeated */
	int step_count;
	int stop_at; /* the request with which stop becomes true; -1 = none */
	char url[64];
	StrBuf rows; /* "name|name\nvalue|value\n" */
	uint32_t columns;
} Fixture;

static ServerStep
next_step(void *context, const ServerRequest *request UNUSED, int number)
{
	Fixture *f = context;

	if (number == f->stop_at)
		atomic_store(&f->stop, true);
	return f->steps[Min(number, f->step_count - 1)];
}

/* One for all tests of a program, which takes time to make. */
static SnowflakeKey *
make_key(void)
{
	static SnowflakeKey *key;
	EVP_PKEY *pair;
	BIO *bio;
	char *pem;
	long len;

	if (key != NULL)
		return key;
	pair = EVP_RSA_gen(2048);
	bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	assert_true(snowflake_key_open((StrView){pem, (size_t)len}, NULL, "myorg-acct", "loader", &key, NULL));
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return key;
}

static int
set_up(void **state)
{
	Fixture *f = mem_alloc_zero(sizeof *f);
	StrBuf url = {0};

	f->stop_at = -1;
	f->http = server_start(next_step, f);
	(void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/", f->http->port);
	assert_true(http_engine_open(2, &f->engine, NULL));
	assert_true(snowflake_url_append(f->url, "myorg-acct", &url, NULL));
	(void)snprintf(f->url, sizeof f->url, "%s", str_cstr(&url));
	str_free(&url);
	random_seeded_init(&f->random, 1);
	f->key = make_key();
	f->context = (SnowflakeContext){"loader", "", "\"Data base\"", "public", NULL};
	f->server = (SnowflakeServer){.engine = f->engine,
								  .key = f->key,
								  .url = f->url,
								  .clock = &system_clock,
								  .random = &f->random.random,
								  .stop = &f->stop,
								  .pause = 1000};
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	Fixture *f = *state;

	http_engine_close(f->engine);
	server_stop(f->http);
	str_free(&f->rows);
	mem_free(f);
	return 0;
}

#endif
