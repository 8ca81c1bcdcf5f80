/*
 * No error of AWS credentials repeats a secret: a canary stands in each variable, setting and answer that may
 * hold one, well-formed and broken, for each way to get credentials. Whatever comes of it, no text has it.
 */
#include "tests/unit/aws_testing.h"

static const char *const variables[] = {
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_SECURITY_TOKEN",
	"AWS_CREDENTIAL_EXPIRATION",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_ENDPOINT_URL_STS",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	"AWS_METADATA_SERVICE_TIMEOUT",
};

static const char *const settings[] = {
	"aws_access_key_id",
	"aws_secret_access_key",
	"aws_session_token",
	"aws_security_token",
	"credential_process",
	"external_id",
	"mfa_serial",
	"role_arn",
	"role_session_name",
	"duration_seconds",
	"source_profile",
	"credential_source",
	"services",
	"sso_role_name",
	"login_session",
	"metadata_service_timeout",
	"s3",
	"no value",
	"[section",
	"= no name",
};

/* Well-formed, with a line end, with an open quote, as a URL. */
static const char *const forms[] = {CANARY, CANARY "\nx", "'" CANARY, "http://" CANARY "@localhost/" CANARY};

static const TestReply answers[] = {
	{.fault = HTTP_CONNECT},
	{.fault = HTTP_TIMEOUT},
	{.status = 500, .body = CANARY},
	{.status = 403, .body = "{\"code\":\"" CANARY "\",\"message\":\"" CANARY "\"}"},
	{.status = 403, .body = "<ErrorResponse><Error><Code>" CANARY "</Code></Error></ErrorResponse>"},
	{.status = 200, .body = CANARY},
	{.status = 200, .body = "{\"AccessKeyId\":\"" CANARY "\",\"Token\":\"" CANARY "\"}"},
	{.status = 200,
	 .body = "{\"Code\":\"" CANARY "\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"" CANARY
			 "\",\"Expiration\":\"" CANARY "\"}"},
	{.status = 200,
	 .body = "<R><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>" CANARY
			 "</SecretAccessKey><Expiration>" CANARY "</Expiration></Credentials></R>"},
};

/* What each way needs. The web identity's token is a file with the canary. */
static const struct
{
	const char *variable, *value, *config;
} ways[] = {
	{"AWS_ACCESS_KEY_ID", CANARY, ""},
	{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/" CANARY, ""},
	{"AWS_EC2_METADATA_DISABLED", "false", ""},
	{"AWS_ROLE_ARN", "r", "web_identity_token_file = ~/token\n"},
	{"AWS_SECRET_ACCESS_KEY", CANARY,
	 "role_arn = r\nsource_profile = base\n[base]\naws_access_key_id = a\naws_secret_access_key = " CANARY
	 "\n"},
	{"AWS_SECRET_ACCESS_KEY", CANARY, "aws_access_key_id = a\naws_secret_access_key = " CANARY "\n"},
};

static const TestReply *answer;
static int errors;

static void
perform(void *context UNUSED, const HttpRequest *request UNUSED, HttpReply *reply)
{
	*reply = (HttpReply){.fault = answer->fault, .status = answer->status};
	if (answer->body != NULL)
		str_append_cstr(&reply->body, answer->body);
}

static const AwsSeams seams = {.perform = perform, .pause = test_pause};

static void
try_it(void)
{
	AwsCredentials got = {0};
	Error err = {0};

	test_open.clock = &test_clock.clock;
	test_open.seams = &seams;
	test_open.environment = test_environment;
	if (aws_identity_open(&test_open, &test_identity, &err) && aws_credentials_get(test_identity, &got, &err))
		aws_credentials_free(&got);
	else
	{
		errors++;
		test_check_error(&err, NULL);
	}
	if (test_identity != NULL && strstr(aws_provider_name(test_identity), CANARY) != NULL)
		fail_msg("the name of the provider is \"%s\"", aws_provider_name(test_identity));
	test_identity_close(NULL);
}

static void
begin_way(size_t way)
{
	test_aws_setup(NULL);
	test_set("AWS_SHARED_CREDENTIALS_FILE", "~/credentials");
	test_set(ways[way].variable, ways[way].value);
	test_write("token", CANARY);
}

static void
write_credentials(size_t way, const char *setting, const char *value)
{
	StrBuf text = {0};

	str_append_cstr(&text, "[default]\n");
	if (setting != NULL && strcmp(setting, "s3") == 0)
		str_appendf(&text, "s3 =\n  %s\n", value);
	else if (setting != NULL && strchr(setting, ' ') != NULL)
		str_appendf(&text, "%s%s\n", setting[0] == '=' ? "=" : "", value);
	else if (setting != NULL)
		str_appendf(&text, "%s%s%s\n", setting, setting[0] == '[' ? "" : " = ", value);
	str_append_cstr(&text, ways[way].config);
	test_write("credentials", str_cstr(&text));
	str_free(&text);
}

static void
test_variables_and_answers(void **state UNUSED)
{
	for (size_t way = 0; way < lengthof(ways); way++)
		for (size_t v = 0; v < lengthof(variables); v++)
		{
			begin_way(way);
			write_credentials(way, NULL, NULL);
			for (size_t form = 0; form < lengthof(forms); form++)
				for (answer = answers; answer < answers + lengthof(answers); answer++)
				{
					test_set(variables[v], forms[form]);
					try_it();
				}
		}
	assert_true(errors > 1000);
}

static void
test_settings(void **state UNUSED)
{
	answer = answers;
	errors = 0;
	for (size_t way = 0; way < lengthof(ways); way++)
		for (size_t s = 0; s < lengthof(settings); s++)
		{
			begin_way(way);
			for (size_t form = 0; form < lengthof(forms); form++)
			{
				write_credentials(way, settings[s], forms[form]);
				try_it();
			}
		}
	assert_true(errors > 200);
}

/* Given in the statement. */
static void
test_options(void **state UNUSED)
{
	errors = 0;
	test_aws_setup(NULL);
	for (size_t form = 0; form < lengthof(forms); form++)
		for (int given = 1; given < 8; given++)
			for (answer = answers; answer < answers + lengthof(answers); answer++)
			{
				test_open = (AwsOpen){.access_key_id = given & 1 ? forms[form] : NULL,
									  .secret_access_key = given & 2 ? forms[form] : NULL,
									  .session_token = given & 4 ? forms[form] : NULL,
									  .role_arn = "r",
									  .external_id = CANARY};
				try_it();
			}
	assert_true(errors > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables_and_answers),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
