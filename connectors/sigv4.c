/*
 * sigv4.c: AWS Signature Version 4 (contract in sigv4.h).
 *
 * Parameters and headers are sorted by their encoded or lower-case names, not as whole lines, since "a-b"
 * and "a" sort differently then. The date is a part of the signing key, so a cached key lasts for a day.
 */
#include "connectors/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/ascii.h"
#include "common/hex.h"
#include "common/memory.h"
#include "common/types/calendar.h"

/* A name and a value in canonical form, in a buffer that others share. */
typedef struct Pair
{
	StrView name;
	StrView value;
	size_t order; /* headers of one name keep their order */
} Pair;

static bool
is_kept(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void
sigv4_encode(const char *text, bool path, StrBuf *out)
{
	static const char digits[] = "0123456789ABCDEF";

	str_reserve(out, strlen(text));
	for (const char *p = text; *p != '\0'; p++)
	{
		unsigned char c = (unsigned char)*p;

		if (is_kept(*p) || (path && *p == '/'))
			str_append_char(out, *p);
		else
			str_append(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
}

static int
compare_views(StrView a, StrView b)
{
	int order = memcmp(a.data, b.data, Min(a.len, b.len));

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
compare_parameters(const void *a, const void *b)
{
	const Pair *x = a, *y = b;
	int order = compare_views(x->name, y->name);

	return order != 0 ? order : compare_views(x->value, y->value);
}

static int
compare_headers(const void *a, const void *b)
{
	const Pair *x = a, *y = b;
	int order = compare_views(x->name, y->name);

	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* The pairs' views of a text whose parts end where ends says: name, value, name, value … */
static Pair *
pairs_of(const StrBuf *text, const size_t *ends, size_t count)
{
	Pair *pairs = mem_alloc(sizeof *pairs * (count + 1));
	size_t start = 0;

	for (size_t i = 0; i < count; i++)
	{
		size_t middle = ends[2 * i], end = ends[2 * i + 1];

		pairs[i] =
			(Pair){{str_cstr(text) + start, middle - start}, {str_cstr(text) + middle, end - middle}, i};
		start = end;
	}
	return pairs;
}

static void
append_query(const SigV4Request *request, StrBuf *out)
{
	StrBuf text = {0};
	size_t *ends = mem_alloc(sizeof *ends * (2 * request->parameter_count + 1));
	size_t n = 0;
	Pair *pairs;

	for (size_t i = 0; i < request->parameter_count; i++)
	{
		sigv4_encode(request->parameters[i].name, false, &text);
		ends[n++] = text.len;
		sigv4_encode(request->parameters[i].value, false, &text);
		ends[n++] = text.len;
	}
	pairs = pairs_of(&text, ends, request->parameter_count);
	qsort(pairs, request->parameter_count, sizeof *pairs, compare_parameters);
	for (size_t i = 0; i < request->parameter_count; i++)
	{
		if (i > 0)
			str_append_char(out, '&');
		str_append_view(out, pairs[i].name);
		str_append_char(out, '=');
		str_append_view(out, pairs[i].value);
	}
	mem_free(pairs);
	mem_free(ends);
	str_free(&text);
}

void
sigv4_target(const SigV4Request *request, StrBuf *out)
{
	sigv4_encode(request->path, true, out);
	if (request->parameter_count == 0)
		return;
	str_append_char(out, '?');
	append_query(request, out);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Without blanks at both ends, and with one for each run of them. */
static void
append_trimmed(const char *value, StrBuf *out)
{
	while (is_blank(*value))
		value++;
	for (; *value != '\0'; value++)
	{
		if (!is_blank(*value))
			str_append_char(out, *value);
		else if (!is_blank(value[1]) && value[1] != '\0')
			str_append_char(out, ' ');
	}
}

static Pair *
canonical_headers(const SigV4Request *request, StrBuf *text)
{
	size_t *ends = mem_alloc(sizeof *ends * (2 * request->header_count + 1));
	size_t n = 0;
	Pair *pairs;

	for (size_t i = 0; i < request->header_count; i++)
	{
		for (const char *p = request->headers[i].name; *p != '\0'; p++)
			str_append_char(text, ascii_lower(*p));
		ends[n++] = text->len;
		append_trimmed(request->headers[i].value, text);
		ends[n++] = text->len;
	}
	pairs = pairs_of(text, ends, request->header_count);
	qsort(pairs, request->header_count, sizeof *pairs, compare_headers);
	mem_free(ends);
	return pairs;
}

static bool
is_repeat(const Pair *pairs, size_t i)
{
	return i > 0 && str_equal(pairs[i].name, pairs[i - 1].name);
}

/* "name:value\n" lines; values of one name are joined by commas. */
static void
append_header_lines(const Pair *pairs, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count; i++)
	{
		if (is_repeat(pairs, i))
			str_append_char(out, ',');
		else
		{
			str_append_view(out, pairs[i].name);
			str_append_char(out, ':');
		}
		str_append_view(out, pairs[i].value);
		if (i + 1 == count || !is_repeat(pairs, i + 1))
			str_append_char(out, '\n');
	}
}

static void
append_header_names(const Pair *pairs, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count; i++)
	{
		if (is_repeat(pairs, i))
			continue;
		if (i > 0)
			str_append_char(out, ';');
		str_append_view(out, pairs[i].name);
	}
}

void
sigv4_canonical_request(const SigV4Request *request, StrBuf *out)
{
	StrBuf text = {0};
	Pair *pairs = canonical_headers(request, &text);

	str_appendf(out, "%s\n", request->method);
	sigv4_encode(request->path, true, out);
	str_append_char(out, '\n');
	append_query(request, out);
	str_append_char(out, '\n');
	append_header_lines(pairs, request->header_count, out);
	str_append_char(out, '\n');
	append_header_names(pairs, request->header_count, out);
	str_appendf(out, "\n%s", request->payload_sha256);
	mem_free(pairs);
	str_free(&text);
}

void
sigv4_date(int64_t time, char out[SIGV4_DATE_SIZE])
{
	DateTime dt;
	char *p = out;

	calendar_split_micros(time, &dt);
	p = put_two_digits(p, (uint32_t)dt.year / 100);
	p = put_two_digits(p, (uint32_t)dt.year % 100);
	p = put_two_digits(p, (uint32_t)dt.month);
	p = put_two_digits(p, (uint32_t)dt.day);
	*p++ = 'T';
	p = put_two_digits(p, (uint32_t)dt.hour);
	p = put_two_digits(p, (uint32_t)dt.minute);
	p = put_two_digits(p, (uint32_t)dt.second);
	*p++ = 'Z';
	*p = '\0';
}

/* OpenSSL's digest of memory fails only when it cannot allocate. */
static void
sha256(StrView bytes, uint8_t out[32])
{
	if (EVP_Digest(bytes.data, bytes.len, out, NULL, EVP_sha256(), NULL) != 1)
		mem_exhausted(bytes.len);
}

void
sigv4_sha256(StrView bytes, char out[HEX_SHA256])
{
	uint8_t digest[32];

	sha256(bytes, digest);
	hex_write(digest, sizeof digest, out);
}

static void
hmac(StrView key, StrView data, uint8_t out[32])
{
	if (HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)data.data, data.len, out, NULL) ==
		NULL)
		mem_exhausted(data.len);
}

/* The next key of the chain: HMAC with the one before. */
static void
derive(uint8_t key[32], const char *text)
{
	uint8_t next[32];

	hmac((StrView){(const char *)key, 32}, str_from_cstr(text), next);
	memcpy(key, next, sizeof next);
	OPENSSL_cleanse(next, sizeof next);
}

void
sigv4_signing_key(const SigV4Key *key, uint8_t out[32])
{
	StrBuf secret = {0};
	char date[SIGV4_DATE_SIZE];

	sigv4_date(key->time, date);
	date[8] = '\0';
	str_reserve(&secret, strlen(key->secret) + 4);
	str_append_cstr(&secret, "AWS4");
	str_append_cstr(&secret, key->secret);
	hmac(str_view(&secret), str_from_cstr(date), out);
	OPENSSL_cleanse(secret.data, secret.len);
	str_free(&secret);
	derive(out, key->region);
	derive(out, key->service);
	derive(out, "aws4_request");
}

/* What a signing key depends on, as one hash. */
static void
fingerprint(const SigV4Key *key, const char *date, uint8_t out[32])
{
	const char *parts[] = {key->secret, key->region, key->service};
	StrBuf text = {0};

	str_reserve(&text, strlen(key->secret) + strlen(key->region) + strlen(key->service) + 12);
	str_append(&text, date, 8);
	for (size_t i = 0; i < lengthof(parts); i++)
		str_append(&text, parts[i], strlen(parts[i]) + 1);
	sha256(str_view(&text), out);
	OPENSSL_cleanse(text.data, text.len);
	str_free(&text);
}

static void
cached_signing_key(const SigV4Key *key, const char *date, uint8_t out[32])
{
	SigV4Cache *cache = key->cache;
	uint8_t of[32];

	if (cache == NULL)
	{
		sigv4_signing_key(key, out);
		return;
	}
	fingerprint(key, date, of);
	if (!cache->filled || memcmp(cache->of, of, sizeof of) != 0)
	{
		sigv4_signing_key(key, cache->key);
		memcpy(cache->of, of, sizeof of);
		cache->filled = true;
	}
	memcpy(out, cache->key, 32);
}

static void
append_scope(const SigV4Key *key, const char *date, StrBuf *out)
{
	str_appendf(out, "%.8s/%s/%s/aws4_request", date, key->region, key->service);
}

void
sigv4_sign(StrView canonical_request, const SigV4Key *key, char out[HEX_SHA256])
{
	StrBuf text = {0};
	char date[SIGV4_DATE_SIZE], hash[HEX_SHA256];
	uint8_t signing_key[32], signature[32];

	sigv4_date(key->time, date);
	sigv4_sha256(canonical_request, hash);
	str_appendf(&text, "AWS4-HMAC-SHA256\n%s\n", date);
	append_scope(key, date, &text);
	str_appendf(&text, "\n%s", hash);
	cached_signing_key(key, date, signing_key);
	hmac((StrView){(const char *)signing_key, 32}, str_view(&text), signature);
	hex_write(signature, sizeof signature, out);
	OPENSSL_cleanse(signing_key, sizeof signing_key);
	str_free(&text);
}

void
sigv4_authorize(const SigV4Request *request, const SigV4Key *key, StrBuf *out)
{
	StrBuf text = {0}, canonical = {0};
	Pair *pairs = canonical_headers(request, &text);
	char date[SIGV4_DATE_SIZE], signature[HEX_SHA256];

	sigv4_date(key->time, date);
	sigv4_canonical_request(request, &canonical);
	sigv4_sign(str_view(&canonical), key, signature);
	str_appendf(out, "AWS4-HMAC-SHA256 Credential=%s/", key->key_id);
	append_scope(key, date, out);
	str_append_cstr(out, ", SignedHeaders=");
	append_header_names(pairs, request->header_count, out);
	str_appendf(out, ", Signature=%s", signature);
	mem_free(pairs);
	str_free(&canonical);
	str_free(&text);
}

void
sigv4_cache_wipe(SigV4Cache *cache)
{
	OPENSSL_cleanse(cache, sizeof *cache);
}
