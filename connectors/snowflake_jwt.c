/*
 * snowflake_jwt.c: private keys, fingerprints and tokens (contract in snowflake_jwt.h).
 *
 * Claims are those of Snowflake's own clients, in their order: iss, sub, iat, exp.
 */
#include "connectors/snowflake_jwt.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "common/ascii.h"
#include "common/memory.h"

#define TOKEN_HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"

struct SnowflakeKey
{
	EVP_PKEY *pair;
	char *fingerprint;
	char *subject;
};

/* ---- reading a key ---- */

typedef struct Passphrase
{
	const char *text; /* NULL = none */
	bool asked;
} Passphrase;

/* What OpenSSL asks for an encrypted key; -1 = there is none. */
static int
give_passphrase(char *buffer, int size, int writing UNUSED, void *context)
{
	Passphrase *passphrase = context;
	size_t len = passphrase->text != NULL ? strlen(passphrase->text) : 0;

	passphrase->asked = true;
	if (passphrase->text == NULL || len > (size_t)size)
		return -1;
	memcpy(buffer, passphrase->text, len);
	return (int)len;
}

static bool
refuse_key(const Passphrase *passphrase, Error *err)
{
	if (passphrase->asked && passphrase->text == NULL)
	{
		error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
				  "the private key for Snowflake is encrypted, and no passphrase is given");
		return error_hint(err, "SET snowflake.private_key_passphrase = 'env:NAME' or 'file:/path'.");
	}
	if (passphrase->asked)
		return error_set(
			err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
			"the private key for Snowflake cannot be decrypted with the passphrase that is given");
	error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
			  "the private key for Snowflake is not a private key in PEM");
	return error_hint(err, "Make one with \"openssl genrsa 2048 | openssl pkcs8 -topk8 -out rsa_key.p8\".");
}

static bool
read_pair(StrView pem, const char *text, EVP_PKEY **out, Error *err)
{
	Passphrase passphrase = {.text = text};
	BIO *bio = pem.len < INT32_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;

	*out = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &passphrase) : NULL;
	BIO_free(bio);
	ERR_clear_error(); /* what OpenSSL says may quote the key */
	if (*out == NULL)
		return refuse_key(&passphrase, err);
	if (EVP_PKEY_base_id(*out) == EVP_PKEY_RSA && EVP_PKEY_bits(*out) >= SNOWFLAKE_KEY_BITS)
		return true;
	return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
					 "the private key for Snowflake is not an RSA key of at least %d bits",
					 SNOWFLAKE_KEY_BITS);
}

/* ---- names ---- */

static bool
fingerprint_of(EVP_PKEY *pair, char **out, Error *err)
{
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;
	int len = i2d_PUBKEY(pair, &der);
	StrBuf text = {0};
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, hash, &hash_len, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	if (!ok)
		return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION, "OpenSSL could not hash a public key");
	str_append_cstr(&text, "SHA256:");
	str_append_base64(&text, hash, hash_len);
	*out = text.data;
	return true;
}

/* Only what has one meaning in a token and in a host name. */
static bool
check_account(const char *account, Error *err)
{
	bool ok = *account != '.';

	if (*account == '\0')
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "snowflake.account is not set");
	for (const char *p = account; *p != '\0'; p++)
		ok = ok && (ascii_alpha(*p) || ascii_digit(*p) || strchr("-_.", *p) != NULL);
	if (ok)
		return true;
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "invalid account of Snowflake: \"%s\"",
			  account);
	return error_hint(err, "Write 'orgname-account_name', or the locator as in 'xy12345.eu-central-1.aws'.");
}

static bool
check_user(const char *user, Error *err)
{
	if (*user == '\0')
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "snowflake.user is not set");
	return true;
}

/* The account up to the first point, which begins the region, and the user, in upper case. */
static char *
subject_of(const char *account, const char *user)
{
	StrBuf text = {0};

	for (const char *p = account; *p != '\0' && *p != '.'; p++)
		str_append_char(&text, ascii_upper(*p));
	str_append_char(&text, '.');
	for (const char *p = user; *p != '\0'; p++)
		str_append_char(&text, ascii_upper(*p));
	return text.data;
}

bool
snowflake_key_open(StrView pem, const char *passphrase, const char *account, const char *user,
				   SnowflakeKey **out, Error *err)
{
	SnowflakeKey *key;

	*out = NULL;
	if (!check_account(account, err) || !check_user(user, err))
		return false;
	key = mem_alloc_zero(sizeof *key);
	if (!read_pair(pem, passphrase, &key->pair, err) || !fingerprint_of(key->pair, &key->fingerprint, err))
	{
		snowflake_key_close(key);
		return false;
	}
	key->subject = subject_of(account, user);
	*out = key;
	return true;
}

void
snowflake_key_close(SnowflakeKey *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pair); /* overwrites the private parts */
	mem_free(key->fingerprint);
	mem_free(key->subject);
	mem_free(key);
}

const char *
snowflake_key_fingerprint(const SnowflakeKey *key)
{
	return key->fingerprint;
}

const char *
snowflake_key_subject(const SnowflakeKey *key)
{
	return key->subject;
}

/* ---- tokens ---- */

/* Base64 with - and _, without padding. */
static void
append_base64url(StrBuf *out, const void *data, size_t len)
{
	size_t start = out->len;

	str_append_base64(out, data, len);
	while (out->len > start && out->data[out->len - 1] == '=')
		out->data[--out->len] = '\0';
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '+' || out->data[i] == '/')
			out->data[i] = out->data[i] == '+' ? '-' : '_';
}

static bool
append_signature(const SnowflakeKey *key, StrView text, StrBuf *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = (size_t)EVP_PKEY_size(key->pair);
	unsigned char *signature = mem_alloc(len);
	bool ok = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
			  EVP_DigestSign(context, signature, &len, (const unsigned char *)text.data, text.len) == 1;

	if (ok)
		append_base64url(out, signature, len);
	EVP_MD_CTX_free(context);
	mem_free(signature);
	return ok;
}

bool
snowflake_jwt_append(const SnowflakeKey *key, int64_t now, StrBuf *out, Error *err)
{
	StrBuf claims = {0}, issuer = {0}, token = {0};
	bool ok;

	str_appendf(&issuer, "%s.%s", key->subject, key->fingerprint);
	str_append_cstr(&claims, "{\"iss\":");
	str_append_json_string(&claims, str_view(&issuer));
	str_append_cstr(&claims, ",\"sub\":");
	str_append_json_string(&claims, str_from_cstr(key->subject));
	str_appendf(&claims, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", now, now + SNOWFLAKE_TOKEN_LIFE);
	append_base64url(&token, TOKEN_HEADER, sizeof TOKEN_HEADER - 1);
	str_append_char(&token, '.');
	append_base64url(&token, claims.data, claims.len);
	str_append_view(out, str_view(&token));
	str_append_char(out, '.');
	ok = append_signature(key, str_view(&token), out);
	str_free(&claims);
	str_free(&issuer);
	str_free(&token);
	ERR_clear_error();
	return ok || error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION, "OpenSSL could not sign a token");
}
