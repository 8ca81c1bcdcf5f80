/*
 * snowflake_jwt.h: who we are to Snowflake: tokens signed by a key pair.
 *
 * The idea: a user of Snowflake has the public key, we have the private one. Each request carries a JWT that
 * names account, user and the public key's fingerprint, signed with RS256 (RSASSA-PKCS1-v1_5 over SHA-256).
 * Signing takes about a millisecond, so that a token is made for each request and none is kept.
 *
 * Threads: a key does not change and may be used by several at once.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_JWT_H
#define WEIR_CONNECTORS_SNOWFLAKE_JWT_H

#include "common/error.h"
#include "common/str.h"

typedef struct SnowflakeKey SnowflakeKey;

enum
{
	SNOWFLAKE_KEY_BITS = 2048,   /* the least that Snowflake takes */
	SNOWFLAKE_TOKEN_LIFE = 3540, /* seconds; Snowflake ends it after an hour whatever the token says */
	SNOWFLAKE_CLOCK_LIMIT = 60   /* seconds after which Snowflake refuses a token that it gets */
};

/*
 * Reads a private key in PEM: PKCS#8, also an encrypted one, or the older form. passphrase: NULL = none.
 * account: "orgname-account_name", or a locator with its region ("xy12345.eu-central-1.aws"). Both texts may
 * be wiped afterwards. No message repeats them.
 */
extern bool snowflake_key_open(StrView pem, const char *passphrase, const char *account, const char *user,
							   SnowflakeKey **out, Error *err) WARN_UNUSED;
/* Wipes it; NULL is allowed. */
extern void snowflake_key_close(SnowflakeKey *key);

/* "SHA256:" and the hash of the public key, as DESC USER shows in RSA_PUBLIC_KEY_FP. */
extern const char *snowflake_key_fingerprint(const SnowflakeKey *key);
/* "ACCOUNT.USER" */
extern const char *snowflake_key_subject(const SnowflakeKey *key);

/* Appends a token. now: seconds since 1970. */
extern bool snowflake_jwt_append(const SnowflakeKey *key, int64_t now, StrBuf *out, Error *err) WARN_UNUSED;

#endif
