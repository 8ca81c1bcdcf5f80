/*
 * connectors_snowflake_jwt: private keys, fingerprints and tokens for Snowflake.
 *
 * Keys, fingerprint and signature were made by OpenSSL's command line:
 *   openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -out k.p8      (-v2 aes256 -passout pass:… for
 * ENCRYPTED) openssl rsa -in k.p8 -pubout -outform DER | openssl dgst -sha256 -binary | openssl enc -base64
 *   printf %s "$header.$claims" | openssl dgst -sha256 -sign k.p8 | basenc --base64url
 * The keys are of no other use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "connectors/snowflake_jwt.h"

/* clang-format off */
static const char plain_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCQ4HMimVmbGT2B\n"
	"onpgXlt6m4APo+AWoennJutuOcUDN2Pi1HFtmfob2GDGCVnf05ZAt87w1bBNZPnK\n"
	"ElR+KKZ/n+IBH08f0I7JvB9XMnAttbsnh2HgiTp3iuHNOr+9BsDqpEwwgeESQmnr\n"
	"O/d8LPQil1QAEik/77w+sckmnP+IgDPYSv5LoYFcwdAjaEdG8L8MUBn4kNS5p3rz\n"
	"nYQlamzGzRB8KYTsKvM3B/btCP5i/aKjgV7vS5FSBpZThLJLL6E9xFXtXoElLTYL\n"
	"EH0lqAJm6ey/4zQPSzZ/mLBRnkScm+P5TzL1PoxzY5uxJ9nTTTvjz2RpX3zcOjpP\n"
	"1hTxBmihAgMBAAECggEABTJ4DuKvazfxk+fvOevInlJburPnQwiV6nvj8DVUUvQ2\n"
	"uhli5EqkxUDy38fQGI5vkmzFmLAhvfUEXPJhY5Ezv9pNcjrcTMjfhm8gNLGTgqBF\n"
	"UXqy0So7FbS+uu0DmdVXMFOqhAb0uwH06MJi82pta5xAICyGnEuOVjVsgN0a8ZuR\n"
	"6NwZG5KNblo5C+a3X/W8iInJvo15mfPzVwScS5Zq5Zg9a1M83EMiH0PNhiwAt5QO\n"
	"49quYOxT4dC1lYR2uLK7XyXg7qARXUPSI20xjEAb0S23eBvFs14aAaWV+d1C2mRh\n"
	"+O/0qwQ479jwehDarV7jjcZ2QCo5ST1Deq+1gQ8kfQKBgQDMl6zklWt0N8iQkLGa\n"
	"M+f9sKjSSAgLoU2UBEFOQsS3bwBb+rUZAfA9sfsTfLket+gKliIkztauYSxkq1Us\n"
	"kLI0gybCVPCUa3v9WAq4rvhbC0GXFF9V4nD7ilQeEudAFENuHHo3sqoHCjThI/Ws\n"
	"hrx1ccj5C0nKutKV9biMOGHiTwKBgQC1R5Xv7xaw0PLHx+Ctb6/01T+WDZx6Ujhw\n"
	"5t9HnOFTxr5UgyAe4BpvkbCSpSzSwYpF2ZZMyj9xWmk7Us+Qfa4XQ3Z585H355+l\n"
	"dAxNubDYHAH9RT3De2IxZzYFZsKzHuodhKOWph4N15w8kMDZwY96CpP5LsZf+iUI\n"
	"NZ3k+ef6DwKBgFyG0AtExCb4P32Z4qhxhx7FcWRAbVsNJS+myP4i1iJ7UfdHJ/Xa\n"
	"WZMdVgaXJoWM+KUpBuIMpSySB+izT77q5Z04HyROE8ub3KRT1+10PB+4tH4mGYOW\n"
	"+C/afHZpaCojv+che+iKpbivVgDoKWhQOxUGU7TF9SZ5XVmymjbYHPSjAoGBAJU/\n"
	"o9WP7gmTbl9HU9bXPnH/5EMhX7Rh3zAtFKV8JxP3bBpefuKMtZcnxs1linrWd4Y8\n"
	"t37vgL5Nppf9/QBESUHD/FY5T/Nf0tPAsKSJfmze2lBwYoKAIf70r8hQq3oXuL6m\n"
	"xpywlcvluS8wKmbd8seSz/N3LEI2y6hvpFix2+jHAoGBAJ5ZsmMHSkf+n58ueoS6\n"
	"g3PJ9btxGtUIuKvgEszCMPSZyi++N2BroqlxCZLQgZO73qTJSX3Ipv8gPAF4gVLp\n"
	"RySzLNm4EpIJN/P2psAYUXNSfFcdy4v4F+PZxVzLZ6iseXzn5Lq//uzHWK5iepmn\n"
	"Gs4IABFR2B8vsTIBu1j4te09\n"
	"-----END PRIVATE KEY-----\n";
static const char encrypted_key[] =
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	"MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIfzbi4Jst5pwCAggA\n"
	"MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCda5nz9MG8mG0csxK38E/2BIIE\n"
	"0DzmJIuh3ZIaLak/oardBvk8mEaPwGszyp6A2FFm7LtzRxLQPTA0301qkmUOl9q8\n"
	"dna3HDhkERTOYCP5gOv70kDnQbHh1Uf9uoPM+eyKTqAn+wbmhhTzAAyoqYcVLEX1\n"
	"LnBR/6hgZ6NPr8ZS8aHeQE+iUj7Z6F1UqgHOYUtNPC6hmuX0rPXvSVoIZQfw5DVx\n"
	"sRIyiynG2kj5PhH4HgkDaM3Eb1qCdKhOosbRS+goL0kPjd6PjF0kkmjck/xGbo81\n"
	"ms3X6G/gPb+Vi2taEl3PlmenTTkZK1qEMne1T2nTSTtw67RqNhCe4d8y4kvohkfh\n"
	"Me04LBd1bCOYgcPF5FFkyQOf1EVwLtzUTg76d2c2Kr9dy3Iu/jvHasThsbYL3BwW\n"
	"gov+JaPQW5WY+W3LCnE5DapZAbXt8uU0fkLLoMxJ9XRvXUdlDbPQxagNDaYOz6bn\n"
	"aRrIF8CdlgXXTgsXk48WIXF1EH0sF+5GwRIg5t8pPS30x8WgIbbtSFRoXVMO4MTp\n"
	"NSSPTy0QPcwd4MskMUjs+QREwT0Ovq/FGfZVvZ/yUdtc8vUXFlU2f9TI/HMXe11N\n"
	"LSp40ZgrJaEeVteqbHDitIuI888LhEkbNbPtJqZHyUt8AEh0y3d5023dDC26qV/n\n"
	"ClnGGsrR7c7v65/1mjWCtRN0zbPYx8C64NBMz4Lfw2AiBZgm52itYrvqFDBs+iZO\n"
	"JO4bWgqXgcLYnnoUgm+i6MKjsVmOLNKtfr+q1p2kIYOvgr7LVAuXlk57lBWjvnYz\n"
	"+rf3RnTD6H547ESeGRM8u0lgZYn0bYsfV3nnNJmi3nVnd0yEciSoi6k/wv95I31i\n"
	"mZLsd/popCXvQJRS90B7zeqgpyhZ998xi4OHDtkSUw7oi+mcqXIejyX9bz9F++CK\n"
	"hvpizfBvePjgq/RKeQadmsleePgnNIbrdgJ9klWXXVuacJv3bA7l53UHaRuupooW\n"
	"n84cfdMPL0wBHKKhLRF8i5zjoM4louDTl2FKh5VyreGTUxFEJQNLgbWWHISB4CCt\n"
	"qceqlOWwNADQvavX0oXI2NNjusQyYI5ScQFFwmd1Z+DS0UgabyH0YJa6EuzNyAyI\n"
	"rxTcfN3nK6FIXDw2jHxS3r3gVgBh9LOp8fbeVaw6uhMWSmwigH4o8Ucd1lIeozf6\n"
	"Fd1FZtCxJodZ3J1oxCvhlZktRQev5Otnr3Tu5ibEZOQ+WkqZpdQf137Rt6z2+aMa\n"
	"cPx1U1AddcWOGOK0dzZXSb/LeM3A8iZB6CxUhAJr+k/s4jDVALMdK3yXpl80L+cp\n"
	"YW8QMsFtYFrVobegjetHeSIfKI0cBgrO7s44ZcLqQAJ/yATROJZ2OePDzP2y11w1\n"
	"8iIgYhtOoC+EQH/steULNCWAtHHr6fjgm05zRHLccMY2HM9cxQA846/EI57Klhnt\n"
	"P3DkAUTKVULQpjpw1y5+xLzPy79yL9PswwaLIQ9TOxFb3K6lB1ilhwn3Y0R9Hucb\n"
	"2Okg0J2pyg10fY4zk4n0p6l2Dgo8PXCRfBj11LRAuyBMiE8weEOaDU1TivlL6vCC\n"
	"y+XWN6peW71F9GmNzkjDABGYDhqWQY566y/O8wRLKM9Ul1wKFyn7oUssIPpQkOtc\n"
	"diomfcl16qQWsqvlJu0z9NNXV6MN+EjEEwHu9ewVNsjW\n"
	"-----END ENCRYPTED PRIVATE KEY-----\n";
static const char older_key[] =
	"-----BEGIN RSA PRIVATE KEY-----\n"
	"MIIEpAIBAAKCAQEAkOBzIplZmxk9gaJ6YF5bepuAD6PgFqHp5ybrbjnFAzdj4tRx\n"
	"bZn6G9hgxglZ39OWQLfO8NWwTWT5yhJUfiimf5/iAR9PH9COybwfVzJwLbW7J4dh\n"
	"4Ik6d4rhzTq/vQbA6qRMMIHhEkJp6zv3fCz0IpdUABIpP++8PrHJJpz/iIAz2Er+\n"
	"S6GBXMHQI2hHRvC/DFAZ+JDUuad6852EJWpsxs0QfCmE7CrzNwf27Qj+Yv2io4Fe\n"
	"70uRUgaWU4SySy+hPcRV7V6BJS02CxB9JagCZunsv+M0D0s2f5iwUZ5EnJvj+U8y\n"
	"9T6Mc2ObsSfZ0007489kaV983Do6T9YU8QZooQIDAQABAoIBAAUyeA7ir2s38ZPn\n"
	"7znryJ5SW7qz50MIlep74/A1VFL0NroZYuRKpMVA8t/H0BiOb5JsxZiwIb31BFzy\n"
	"YWORM7/aTXI63EzI34ZvIDSxk4KgRVF6stEqOxW0vrrtA5nVVzBTqoQG9LsB9OjC\n"
	"YvNqbWucQCAshpxLjlY1bIDdGvGbkejcGRuSjW5aOQvmt1/1vIiJyb6NeZnz81cE\n"
	"nEuWauWYPWtTPNxDIh9DzYYsALeUDuParmDsU+HQtZWEdriyu18l4O6gEV1D0iNt\n"
	"MYxAG9Ett3gbxbNeGgGllfndQtpkYfjv9KsEOO/Y8HoQ2q1e443GdkAqOUk9Q3qv\n"
	"tYEPJH0CgYEAzJes5JVrdDfIkJCxmjPn/bCo0kgIC6FNlARBTkLEt28AW/q1GQHw\n"
	"PbH7E3y5HrfoCpYiJM7WrmEsZKtVLJCyNIMmwlTwlGt7/VgKuK74WwtBlxRfVeJw\n"
	"+4pUHhLnQBRDbhx6N7KqBwo04SP1rIa8dXHI+QtJyrrSlfW4jDhh4k8CgYEAtUeV\n"
	"7+8WsNDyx8fgrW+v9NU/lg2celI4cObfR5zhU8a+VIMgHuAab5GwkqUs0sGKRdmW\n"
	"TMo/cVppO1LPkH2uF0N2efOR9+efpXQMTbmw2BwB/UU9w3tiMWc2BWbCsx7qHYSj\n"
	"lqYeDdecPJDA2cGPegqT+S7GX/olCDWd5Pnn+g8CgYBchtALRMQm+D99meKocYce\n"
	"xXFkQG1bDSUvpsj+ItYie1H3Ryf12lmTHVYGlyaFjPilKQbiDKUskgfos0++6uWd\n"
	"OB8kThPLm9ykU9ftdDwfuLR+JhmDlvgv2nx2aWgqI7/nIXvoiqW4r1YA6CloUDsV\n"
	"BlO0xfUmeV1Zspo22Bz0owKBgQCVP6PVj+4Jk25fR1PW1z5x/+RDIV+0Yd8wLRSl\n"
	"fCcT92waXn7ijLWXJ8bNZYp61neGPLd+74C+TaaX/f0ARElBw/xWOU/zX9LTwLCk\n"
	"iX5s3tpQcGKCgCH+9K/IUKt6F7i+psacsJXL5bkvMCpm3fLHks/zdyxCNsuob6RY\n"
	"sdvoxwKBgQCeWbJjB0pH/p+fLnqEuoNzyfW7cRrVCLir4BLMwjD0mcovvjdga6Kp\n"
	"cQmS0IGTu96kyUl9yKb/IDwBeIFS6UcksyzZuBKSCTfz9qbAGFFzUnxXHcuL+Bfj\n"
	"2cVcy2eorHl85+S6v/7sx1iuYnqZpxrOCAARUdgfL7EyAbtY+LXtPQ==\n"
	"-----END RSA PRIVATE KEY-----\n";
static const char small_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBANf9SN50wo8QlPr0\n"
	"gdU26NroKtXzYPiwpVWL6e7ElVZUAssVaVmdgKx29q5DJq2ap0cxJ+1GNhq8e2mx\n"
	"8d6dcDJl6P5PEaq7fNpPsMfg5LLw76Yrk9bu8n5/uPQ9D1Qlqej/AE1b4YEITuQ2\n"
	"+sOh+wzywnCd/LIo34ml1crJH8rFAgMBAAECgYBzI1pM/AEbMsO4Y88yUesfhtQO\n"
	"6YawC7qXN9akqbbSJka269sVIpkNVv15N+LOeLrjgJjAK8V7yy4e0fUVrue3epCN\n"
	"Z+JzDo22EaKevP1N5GxdQeJVaJcQQ+ZDfEYPuj0t4JtM5WSbkbb3Kms+kra1+AHG\n"
	"+C1pnkEG3vkIFLoooQJBAP5vLZj5aX0zJvMYnJCOzr2N53yjz6hse1eS6o2rdTqw\n"
	"9uRYK3m70/zu2wWRwfSEY3C7BIdUyCvUdodcWnXTF2MCQQDZUYrj0hA6eMxl2f+V\n"
	"xbhW1M53IgmoVHiNzxtPxGQaiYFkKNMmUBxhAKb97EC17MeIEaE+bYOMw4TYPx4J\n"
	"iZG3AkEAr5O3Ko5KnmwzH6RHPnZd8m6/ZMKCJV6fCwLGO3crUZIW/eJeNgZIto15\n"
	"tPEtn/fPy1YzPNRjweM+3A/+GLrPswJAQXvUwjl2MmhcDwTVgygFGAUgAb378wEh\n"
	"InoZ3Lts/qIYnzm+Bnl1U7WCnFkoVql2poXJdKpDTZNM4GyEfJM7mQJBAKc9p5G1\n"
	"lsUfdHigHdR8KZm3J098rGpDYp5bo4CxWlfxFaa6rYLgkfZWGsDtITi0CEyKLWK/\n"
	"wsKCcmuJ9vOu3r4=\n"
	"-----END PRIVATE KEY-----\n";
static const char curve_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAJBIr+YrR4abt/c7\n"
	"xpdrAMAmtzZSmWusOR0rhwPkTGyhRANCAAR89iJVkPV9ZKPBidVQX/gy/bnYT8dX\n"
	"oFiJp1Lu7ZGQd2E+B5FmA1FVoyiZR+Cx4vA8psPikixj4j1GipYwiqEx\n"
	"-----END PRIVATE KEY-----\n";
static const char token_at_1700000000[] =
	"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNWU9SRy1NWV9BQ0NULkxPQURFUi5TSEEyNTY6bjlZV3R1ZFd"
	"0UUJROGFwM1BVZ2ZFTzBqU1MwMDFRQzBGVkozUGFzV0ZIRT0iLCJzdWIiOiJNWU9SRy1NWV9BQ0NULkxPQURFUiIsImlhdCI"
	"6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNTQwfQ.K2ml2MrYTFR5v_RfqAmeC-dQcZkqlbi1EQhTB5KL6BcTIOlteq1IGxG9"
	"DLVJzIszfXUmSHYf-k7nxEzhznsfjxbPTRwkmeAiADgIhELXLLDktjP2iKE18tSXT56pcNzxY2_T_kAImFf5ArpnhB_VdxYO"
	"W2h9Tt1bWuMD1pjhTLS1EaF-x7LeTqZiL-UTJMJxVynxfqOe91FzQyz0-SU8grl043RMKwPynkh2oVZh7vRaamouHVd97hUD"
	"vcHPt58adUppe3m5Qr1-lUK2BSYLytYd6ilF6CJEO7fmICX_QnEFekLhCl1MoC7L9OasthckQewENsE8nCN1ueo9oju8tw";
/* clang-format on */

#define FINGERPRINT "SHA256:n9YWtudWtQBQ8ap3PUgfEO0jSS001QC0FVJ3PasWFHE="
#define PASSPHRASE "correct horse"

static SnowflakeKey *
open_key(const char *pem, const char *passphrase, const char *account, const char *user)
{
	SnowflakeKey *key = NULL;
	Error err = {0};

	if (!snowflake_key_open(str_from_cstr(pem), passphrase, account, user, &key, &err))
		fail_msg("%s", err.message);
	return key;
}

static void
test_token(void **state UNUSED)
{
	static const struct
	{
		const char *pem, *passphrase;
	} forms[] = {
		{plain_key, NULL}, {plain_key, "not asked for"}, {encrypted_key, PASSPHRASE}, {older_key, NULL}};

	for (size_t i = 0; i < lengthof(forms); i++)
	{
		SnowflakeKey *key = open_key(forms[i].pem, forms[i].passphrase, "myorg-My_Acct", "loader");
		StrBuf token = {0};

		assert_string_equal(snowflake_key_fingerprint(key), FINGERPRINT);
		assert_true(snowflake_jwt_append(key, 1700000000, &token, NULL));
		assert_string_equal(str_cstr(&token), token_at_1700000000);
		str_free(&token);
		snowflake_key_close(key);
	}
}

/* As secrets are read: without the line end of the last line. */
static void
test_without_last_line_end(void **state UNUSED)
{
	SnowflakeKey *key = NULL;

	assert_true(snowflake_key_open((StrView){plain_key, sizeof plain_key - 2}, NULL, "a", "u", &key, NULL));
	assert_string_equal(snowflake_key_fingerprint(key), FINGERPRINT);
	snowflake_key_close(key);
}

static void
test_subjects(void **state UNUSED)
{
	static const char *const forms[][3] = {
		{"myorg-acct", "loader", "MYORG-ACCT.LOADER"},
		{"xy12345.eu-central-1.aws", "Loader", "XY12345.LOADER"},
		{"my_acct", "me@example.com", "MY_ACCT.ME@EXAMPLE.COM"},
		{"orgx-acct-x7y.global", "L", "ORGX-ACCT-X7Y.L"},
	};

	for (size_t i = 0; i < lengthof(forms); i++)
	{
		SnowflakeKey *key = open_key(plain_key, NULL, forms[i][0], forms[i][1]);

		assert_string_equal(snowflake_key_subject(key), forms[i][2]);
		snowflake_key_close(key);
	}
}

static void
test_refusals(void **state UNUSED)
{
	static const struct
	{
		const char *pem, *passphrase, *account, *user, *message;
	} cases[] = {
		{encrypted_key, NULL, "a", "u",
		 "the private key for Snowflake is encrypted, and no passphrase is given"},
		{encrypted_key, "wrong", "a", "u",
		 "the private key for Snowflake cannot be decrypted with the passphrase that is given"},
		{"", NULL, "a", "u", "the private key for Snowflake is not a private key in PEM"},
		{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL, "a", "u",
		 "the private key for Snowflake is not a private key in PEM"},
		{small_key, NULL, "a", "u", "the private key for Snowflake is not an RSA key of at least 2048 bits"},
		{curve_key, NULL, "a", "u", "the private key for Snowflake is not an RSA key of at least 2048 bits"},
		{plain_key, NULL, "", "u", "snowflake.account is not set"},
		{plain_key, NULL, "a", "", "snowflake.user is not set"},
		{plain_key, NULL, "a/../b", "u", "invalid account of Snowflake: \"a/../b\""},
		{plain_key, NULL, ".aws", "u", "invalid account of Snowflake: \".aws\""},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		SnowflakeKey *key = NULL;
		Error err = {0};

		assert_false(snowflake_key_open(str_from_cstr(cases[i].pem), cases[i].passphrase, cases[i].account,
										cases[i].user, &key, &err));
		assert_string_equal(err.message, cases[i].message);
		assert_null(key);
		error_clear(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_without_last_line_end),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
