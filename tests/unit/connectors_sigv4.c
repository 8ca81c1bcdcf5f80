/*
 * connectors_sigv4: the published signatures of Amazon's S3 and of its general test suite, and some that were
 * computed with botocore's S3SigV4Auth: hash of the canonical request, signing key, signature.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/calendar.h"
#include "connectors/sigv4.h"

#define HOST                                     \
	{                                            \
		"Host", "examplebucket.s3.amazonaws.com" \
	}
#define DATE                             \
	{                                    \
		"x-amz-date", "20130524T000000Z" \
	}
#define EMPTY                                       \
	{                                               \
		"x-amz-content-sha256", SIGV4_EMPTY_PAYLOAD \
	}

typedef struct Vector
{
	const char *what;
	const char *method;
	const char *path;
	SigV4Parameter parameters[8]; /* up to the first without a name */
	HttpHeader headers[12];       /* likewise */
	const char *body;             /* NULL = payload is given */
	const char *payload;
	bool generic; /* of the general suite, else S3's */
	const char *target;
	const char *canonical;
	const char *signature;
} Vector;

static const Vector vectors[] = {
	{.what = "S3: GET object",
	 .method = "GET",
	 .path = "/test.txt",
	 .headers = {HOST, {"Range", "bytes=0-9"}, EMPTY, DATE},
	 .body = "",
	 .target = "/test.txt",
	 .canonical = "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
	 .signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
	{.what = "S3: PUT object",
	 .method = "PUT",
	 .path = "/test$file.text",
	 .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
				 HOST,
				 {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
				 DATE,
				 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
	 .body = "Welcome to Amazon S3.",
	 .target = "/test%24file.text",
	 .canonical = "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
	 .signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
	{.what = "S3: GET bucket lifecycle",
	 .method = "GET",
	 .path = "/",
	 .parameters = {{"lifecycle", ""}},
	 .headers = {DATE, EMPTY, HOST},
	 .body = "",
	 .target = "/?lifecycle=",
	 .canonical = "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
	 .signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
	{.what = "S3: list objects",
	 .method = "GET",
	 .path = "/",
	 .parameters = {{"prefix", "J"}, {"max-keys", "2"}},
	 .headers = {HOST, EMPTY, DATE},
	 .body = "",
	 .target = "/?max-keys=2&prefix=J",
	 .canonical = "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
	 .signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	{.what = "general suite: get-vanilla",
	 .method = "GET",
	 .path = "/",
	 .headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
	 .body = "",
	 .generic = true,
	 .target = "/",
	 .canonical = "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{.what = "general suite: the order of encoded parameters",
	 .method = "GET",
	 .path = "/",
	 .parameters = {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}},
	 .headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
	 .body = "",
	 .generic = true,
	 .target = "/?%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
	 .canonical = "868294f5c38bd141c4972a373a76654f1418a8e4fc18b2e7903ae45e8ae0ec71",
	 .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{.what = "general suite: blanks in header values",
	 .method = "GET",
	 .path = "/",
	 .headers = {{"Host", "example.amazonaws.com"},
				 {"My-Header1", " value1 "},
				 {"My-Header2", " \"a   b   c\""},
				 {"X-Amz-Date", "20150830T123600Z"}},
	 .body = "",
	 .generic = true,
	 .target = "/",
	 .canonical = "a726db9b0df21c14f559d0a978e563112acb1b9e05476f0a6a1c7d68f28605c7",
	 .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{.what = "a create with everything, path style",
	 .method = "PUT",
	 .path = "/my-bucket/dt=2013-05-24/a b+c=\xc3\xbc.csv.gz",
	 .headers = {{"host", "localhost:9000"},
				 {"x-amz-content-sha256", SIGV4_UNSIGNED_PAYLOAD},
				 DATE,
				 {"content-type", "text/csv"},
				 {"if-none-match", "*"},
				 {"x-amz-security-token", "TOK//en+=="},
				 {"x-amz-server-side-encryption-aws-kms-key-id",
				  "arn:aws:kms:us-east-1:111122223333:key/abc"},
				 {"x-amz-server-side-encryption", "aws:kms"}},
	 .payload = SIGV4_UNSIGNED_PAYLOAD,
	 .target = "/my-bucket/dt%3D2013-05-24/a%20b%2Bc%3D%C3%BC.csv.gz",
	 .canonical = "88aefbfb01febb8c9ea4909cd37b18f69638f14a82f7d223a6da20ebf2215e46",
	 .signature = "41f9540180cd4f255dfab2d3e2005e6dbd87fe00014f43c0afb1bd7d8b14e635"},
	{.what = "a listing that goes on",
	 .method = "GET",
	 .path = "/",
	 .parameters = {{"list-type", "2"},
					{"prefix", "a b/\xc3\xbc"},
					{"delimiter", "/"},
					{"continuation-token", "1/x+y=="},
					{"max-keys", "1000"},
					{"encoding-type", "url"}},
	 .headers = {HOST, EMPTY, DATE},
	 .body = "",
	 .target =
		 "/?continuation-token=1%2Fx%2By%3D%3D&delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000"
		 "&prefix=a%20b%2F%C3%BC",
	 .canonical = "4e754cc812b535cd28f9a3d1e6b96fd4f91c196b39e52f7ba6e90a1a646a0e26",
	 .signature = "e6148806a147625ef5499f9fd11eae9a7552d398c679dcd7f934152e10027c31"},
	{.what = "a part",
	 .method = "PUT",
	 .path = "/k",
	 .parameters = {{"uploadId", "VXBsb2FkIElE.x_y-z~"}, {"partNumber", "10"}},
	 .headers = {HOST,
				 {"x-amz-content-sha256", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},
				 DATE},
	 .body = "x",
	 .target = "/k?partNumber=10&uploadId=VXBsb2FkIElE.x_y-z~",
	 .canonical = "cd4234900925ab84b5b5ba43d2b1f35e0ee1515ea128dd3fdf605de1cc59848e",
	 .signature = "e4003ca3e22816296fe4a3abf5d85c06418e44a955a5a3db236c8e2e0f50c478"},
	{.what = "an upload in parts",
	 .method = "POST",
	 .path = "/k",
	 .parameters = {{"uploads", ""}},
	 .headers = {HOST, EMPTY, DATE},
	 .body = "",
	 .target = "/k?uploads=",
	 .canonical = "3197f81412538977278f04890f0f62827fd378d8fadf5f4aa6f7d29712e5b190",
	 .signature = "fb22c0ab449a4e3c08cf7a5b311e4aa1caefbc2fb1ef2b37a958101960b686ee"},
};

static int64_t
moment(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute)
{
	return calendar_days(year, month, day) * MICROS_PER_DAY + hour * MICROS_PER_HOUR +
		   minute * MICROS_PER_MINUTE;
}

static SigV4Key
s3_key(void)
{
	return (SigV4Key){.key_id = "AKIAIOSFODNN7EXAMPLE",
					  .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
					  .region = "us-east-1",
					  .service = "s3",
					  .time = moment(2013, 5, 24, 0, 0)};
}

static SigV4Key
generic_key(void)
{
	return (SigV4Key){.key_id = "AKIDEXAMPLE",
					  .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
					  .region = "us-east-1",
					  .service = "service",
					  .time = moment(2015, 8, 30, 12, 36)};
}

static SigV4Request
request_of(const Vector *v, char payload[HEX_SHA256])
{
	SigV4Request request = {.method = v->method,
							.path = v->path,
							.parameters = v->parameters,
							.headers = v->headers,
							.payload_sha256 = v->payload};

	while (v->parameters[request.parameter_count].name != NULL)
		request.parameter_count++;
	while (v->headers[request.header_count].name != NULL)
		request.header_count++;
	if (v->body != NULL)
	{
		sigv4_sha256(str_from_cstr(v->body), payload);
		request.payload_sha256 = payload;
	}
	return request;
}

static void
test_published_signatures(void **state UNUSED)
{
	SigV4Cache cache = {0}; /* serves both keys in turn */

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		const Vector *v = &vectors[i];
		char payload[HEX_SHA256], hash[HEX_SHA256], signature[HEX_SHA256];
		SigV4Request request = request_of(v, payload);
		SigV4Key key = v->generic ? generic_key() : s3_key();
		StrBuf text = {0};

		print_message("%s\n", v->what);
		sigv4_canonical_request(&request, &text);
		sigv4_sha256(str_view(&text), hash);
		assert_string_equal(hash, v->canonical);
		sigv4_sign(str_view(&text), &key, signature);
		assert_string_equal(signature, v->signature);
		key.cache = &cache;
		sigv4_sign(str_view(&text), &key, signature);
		assert_string_equal(signature, v->signature);
		str_clear(&text);
		sigv4_target(&request, &text);
		assert_string_equal(str_cstr(&text), v->target);
		str_free(&text);
	}
	sigv4_cache_wipe(&cache);
	for (size_t i = 0; i < sizeof cache; i++)
		assert_int_equal(((const uint8_t *)&cache)[i], 0);
}

/* The presigned form, which has the signature's parts in the query. */
static void
test_presigned(void **state UNUSED)
{
	const SigV4Parameter parameters[] = {
		{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		{"X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"},
		{"X-Amz-Date", "20130524T000000Z"},
		{"X-Amz-Expires", "86400"},
		{"X-Amz-SignedHeaders", "host"},
	};
	const HttpHeader headers[] = {HOST};
	SigV4Request request = {.method = "GET",
							.path = "/test.txt",
							.parameters = parameters,
							.parameter_count = lengthof(parameters),
							.headers = headers,
							.header_count = lengthof(headers),
							.payload_sha256 = SIGV4_UNSIGNED_PAYLOAD};
	SigV4Key key = s3_key();
	StrBuf text = {0};
	char hash[HEX_SHA256];

	sigv4_canonical_request(&request, &text);
	sigv4_sha256(str_view(&text), hash);
	assert_string_equal(hash, "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04");
	sigv4_sign(str_view(&text), &key, hash);
	assert_string_equal(hash, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
	str_free(&text);
}

static void
test_signing_key(void **state UNUSED)
{
	SigV4Key key = s3_key();
	uint8_t derived[32];
	StrBuf hex = {0};

	sigv4_signing_key(&key, derived);
	str_append_hex(&hex, derived, sizeof derived);
	assert_string_equal(str_cstr(&hex), "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378");
	str_free(&hex);
}

/* A cached key serves only the day, region, service and secret that it was made for. */
static void
test_cache(void **state UNUSED)
{
	SigV4Cache cache = {0};
	SigV4Key variants[6];

	for (size_t i = 0; i < lengthof(variants); i++)
		variants[i] = s3_key();
	variants[1].time += MICROS_PER_DAY;
	variants[2].region = "eu-central-1";
	variants[3].secret = "another";
	variants[4].service = "sts";
	for (size_t i = 0; i < lengthof(variants); i++)
	{
		char fresh[HEX_SHA256], cached[HEX_SHA256];

		sigv4_sign(STR_LIT("text"), &variants[i], fresh);
		variants[i].cache = &cache;
		sigv4_sign(STR_LIT("text"), &variants[i], cached);
		assert_string_equal(cached, fresh);
	}
}

static void
test_authorization(void **state UNUSED)
{
	char payload[HEX_SHA256];
	SigV4Request request = request_of(&vectors[1], payload);
	SigV4Key key = s3_key();
	StrBuf text = {0};

	sigv4_authorize(&request, &key, &text);
	assert_string_equal(
		str_cstr(&text),
		"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
		"SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
		"Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
	str_free(&text);
}

/* Headers that come more than once are one line and one name; "a-b" comes after "a". */
static void
test_header_order(void **state UNUSED)
{
	const HttpHeader headers[] = {
		{"x-a-b", "1"}, {"host", "h"}, {"X-A", "zwei"}, {"x-a", "  drei\t vier "}, {"x-a", ""}};
	SigV4Request request = {.method = "GET",
							.path = "/a//./b/../c",
							.headers = headers,
							.header_count = lengthof(headers),
							.payload_sha256 = "P"};
	StrBuf text = {0};

	sigv4_canonical_request(&request, &text);
	assert_string_equal(str_cstr(&text), "GET\n/a//./b/../c\n\nhost:h\nx-a:zwei,drei vier,\nx-a-b:1\n\n"
										 "host;x-a;x-a-b\nP");
	str_free(&text);
}

static void
test_date(void **state UNUSED)
{
	char date[SIGV4_DATE_SIZE];

	sigv4_date(moment(2024, 2, 29, 23, 59) + 59999999, date);
	assert_string_equal(date, "20240229T235959Z");
	sigv4_date(moment(1999, 12, 31, 23, 59), date);
	assert_string_equal(date, "19991231T235900Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_signatures),
		cmocka_unit_test(test_presigned),
		cmocka_unit_test(test_signing_key),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_authorization),
		cmocka_unit_test(test_header_order),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
