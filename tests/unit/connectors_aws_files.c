/*
 * AWS credentials without a network: options, environment and shared files, in which order they count, and
 * what else the configuration says. Each error that can quote a secret is made to, if it would.
 */
#include "tests/unit/aws_testing.h"

#define KEY "AKIDEXAMPLE"

/* Makes the default places of both files. */
static void
write_files(const char *credentials, const char *config)
{
	test_set("AWS_SHARED_CREDENTIALS_FILE", "~/credentials");
	test_set("AWS_CONFIG_FILE", "$HOME/config");
	if (credentials != NULL)
		test_write("credentials", credentials);
	if (config != NULL)
		test_write("config", config);
}

static void
test_options(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", "other");
	test_open.access_key_id = KEY;
	test_open.secret_access_key = CANARY;
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "options");
	test_get(KEY, CANARY, NULL, -1);
	test_open.session_token = "token";
	test_identity_open();
	test_get(KEY, CANARY, "token", -1);
	test_open.access_key_id = NULL;
	test_open_refused("an access key id and a secret access key must be given together", NULL);
}

static void
test_environment_keys(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", KEY);
	test_set("AWS_SECRET_ACCESS_KEY", CANARY);
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "environment");
	test_get(KEY, CANARY, NULL, -1);
	test_set("AWS_SESSION_TOKEN", "session");
	test_identity_open();
	test_get(KEY, CANARY, "session", -1);
	/* The older name goes first, as botocore has it. */
	test_set("AWS_SECURITY_TOKEN", "security");
	test_identity_open();
	test_get(KEY, CANARY, "security", -1);
	test_set("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T13:00:00+00:00");
	test_identity_open();
	test_get(KEY, CANARY, "security", 3600);
}

static void
test_environment_errors(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", CANARY);
	test_set("AWS_SECRET_ACCESS_KEY", "");
	test_identity_open();
	test_get_refused("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not", false);
	test_set("AWS_SECRET_ACCESS_KEY", CANARY "\nx");
	test_identity_open();
	test_get_refused(
		"the secret access key of AWS credentials of environment has a line end or another control "
		"character in it",
		false);
	test_set("AWS_SECRET_ACCESS_KEY", CANARY);
	test_set("AWS_SESSION_TOKEN", CANARY "\r");
	test_identity_open();
	test_get_refused("the session token of AWS credentials of environment has a line end or another control "
					 "character in it",
					 false);
	test_set("AWS_SESSION_TOKEN", CANARY);
	test_set("AWS_CREDENTIAL_EXPIRATION", CANARY);
	test_identity_open();
	test_get_refused("AWS_CREDENTIAL_EXPIRATION is not a time like 2026-01-31T12:00:00Z", false);
	test_set("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T12:00:00Z");
	test_identity_open();
	test_get_refused("AWS credentials of environment have expired", false);
}

static void
test_nothing(void **state UNUSED)
{
	test_open_refused("there are no AWS credentials",
					  "Searched: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE, "
					  "profiles in ~/.aws/credentials and ~/.aws/config, "
					  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI, "
					  "the instance metadata service of EC2.");
}

static void
test_default_places(void **state UNUSED)
{
	char path[256];

	snprintf(path, sizeof path, "%s/.aws", test_home);
	assert_int_equal(mkdir(path, 0700), 0);
	test_write(".aws/credentials",
			   "[default]\naws_access_key_id = " KEY "\naws_secret_access_key = " CANARY "\n");
	test_write(".aws/config", "[default]\nregion = eu-central-1\n");
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "profile \"default\"");
	assert_string_equal(aws_region(test_identity), "eu-central-1");
	test_get(KEY, CANARY, NULL, -1);
}

static void
test_profiles(void **state UNUSED)
{
	write_files("[default]\naws_access_key_id = D\naws_secret_access_key = d\n"
				"[dev]\naws_access_key_id = " KEY "\naws_secret_access_key = " CANARY "\n"
				"aws_session_token = token\n",
				"[profile conf]\naws_access_key_id = C\naws_secret_access_key = c\n"
				"[profile dev]\naws_access_key_id = X\naws_secret_access_key = x\n");
	test_identity_open();
	test_get("D", "d", NULL, -1);
	test_set("AWS_DEFAULT_PROFILE", "conf");
	test_identity_open();
	test_get("C", "c", NULL, -1);
	test_set("AWS_PROFILE", "dev");
	test_identity_open();
	test_get(KEY, CANARY, "token", -1);
	/* Keys in the environment go before a profile there, but not before one of an option. */
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", "e");
	test_identity_open();
	test_get("E", "e", NULL, -1);
	test_open.profile = "conf";
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "profile \"conf\"");
	test_get("C", "c", NULL, -1);
}

static void
test_no_such_profile(void **state UNUSED)
{
	Error err = {0};

	write_files("[production]\naws_access_key_id = D\naws_secret_access_key = " CANARY "\n", NULL);
	test_set("AWS_PROFILE", "prodution");
	test_open_refused("there is no AWS profile \"prodution\"", NULL);
	assert_false(aws_identity_open(&test_open, &test_identity, &err));
	assert_string_equal(err.hint, "Perhaps you meant the profile \"production\".");
	test_check_error(&err, NULL);
}

static void
test_file_errors(void **state UNUSED)
{
	char text[512];

	write_files("[default]\naws_access_key_id = " CANARY "\n", NULL);
	test_identity_open();
	test_get_refused("AWS credentials of profile \"default\" have no secret access key", false);
	write_files("[default]\naws_access_key_id = " KEY "\naws_secret_access_key = a\n  " CANARY "\n", NULL);
	test_identity_open();
	test_get_refused(
		"the secret access key of AWS credentials of profile \"default\" has a line end or another "
		"control character in it",
		false);
	write_files("[default]\naws_access_key_id\n", NULL);
	snprintf(text, sizeof text, "invalid line 2 in file \"%s/credentials\"", test_home);
	test_open_refused(text, "There is no \"=\" in it.");
	write_files("", "\n\n" CANARY "\n");
	snprintf(text, sizeof text, "invalid line 3 in file \"%s/config\"", test_home);
	test_open_refused(text, "There is no \"=\" in it.");
}

/* Keys that are exchanged in the file are taken when a server refuses the old ones. */
static void
test_exchanged_keys(void **state UNUSED)
{
	AwsCredentials got = {0};

	write_files("[default]\naws_access_key_id = A\naws_secret_access_key = a\n", NULL);
	test_identity_open();
	assert_true(aws_credentials_get(test_identity, &got, NULL));
	write_files("[default]\naws_access_key_id = B\naws_secret_access_key = b\n", NULL);
	test_get("A", "a", NULL, -1);
	aws_credentials_refused(test_identity, got.generation);
	aws_credentials_free(&got);
	test_get("B", "b", NULL, -1);
	/* Gone in the middle of the run: that may pass. */
	write_files("[default]\nregion = x\n", NULL);
	assert_true(aws_credentials_get(test_identity, &got, NULL));
	aws_credentials_refused(test_identity, got.generation);
	aws_credentials_free(&got);
	test_get_refused("AWS credentials of profile \"default\" have no access key id", true);
}

static void
check_region(const char *region)
{
	test_identity_open();
	if (region == NULL)
		assert_null(aws_region(test_identity));
	else
		assert_string_equal(aws_region(test_identity), region);
}

static void
test_region(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", KEY);
	check_region(NULL);
	write_files("[default]\n", "[default]\nregion = from-config\n");
	check_region("from-config");
	write_files("[default]\nregion = from-credentials\n", NULL);
	check_region("from-credentials");
	test_set("AWS_DEFAULT_REGION", "from-default");
	check_region("from-default");
	test_set("AWS_REGION", "from-environment");
	check_region("from-environment");
	test_open.region = "from-option";
	check_region("from-option");
}

static void
check_endpoint(const char *url)
{
	test_identity_open();
	if (url == NULL)
		assert_null(aws_endpoint_url(test_identity));
	else
		assert_string_equal(aws_endpoint_url(test_identity), url);
}

static void
test_endpoint(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", KEY);
	check_endpoint(NULL);
	write_files(NULL, "[default]\nendpoint_url = http://profile\nservices = local\n"
					  "[services local]\nsts =\n  endpoint_url = http://sts\n");
	check_endpoint("http://profile");
	write_files(NULL, "[default]\nendpoint_url = http://profile\nservices = local\n"
					  "[services local]\ns3 =\n  endpoint_url = http://services\n");
	check_endpoint("http://services");
	test_set("AWS_ENDPOINT_URL", "http://all");
	check_endpoint("http://all");
	test_set("AWS_ENDPOINT_URL_S3", "http://s3");
	check_endpoint("http://s3");
	test_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
	check_endpoint(NULL);
	test_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL);
	write_files(NULL, "[default]\nservices = locl\n");
	test_open_refused("the services section that AWS profile \"default\" names does not exist", NULL);
}

static void
test_ca(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", KEY);
	test_identity_open();
	assert_null(aws_ca_file(test_identity));
	write_files(NULL, "[default]\nca_bundle = /profile.pem\n");
	test_identity_open();
	assert_string_equal(aws_ca_file(test_identity), "/profile.pem");
	test_set("AWS_CA_BUNDLE", "/variable.pem");
	test_identity_open();
	assert_string_equal(aws_ca_file(test_identity), "/variable.pem");
	test_open.ca_file = "/option.pem";
	test_identity_open();
	assert_string_equal(aws_ca_file(test_identity), "/option.pem");
}

static void
test_sign_in(void **state UNUSED)
{
	char text[512];

	write_files(NULL, "[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = " CANARY "\n");
	snprintf(text, sizeof text, "It is \"sso_role_name\" in line 4 of file \"%s/config\".", test_home);
	test_open_refused(
		"AWS profile \"default\" takes its credentials from IAM Identity Center (SSO), which is not "
		"supported",
		text);
	write_files(NULL, "[default]\nlogin_session = " CANARY "\n");
	test_open_refused(
		"AWS profile \"default\" takes its credentials from \"aws login\", which is not supported", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_aws_setup, test_identity_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options),         TEST(test_environment_keys), TEST(test_environment_errors),
		TEST(test_nothing),         TEST(test_default_places),   TEST(test_profiles),
		TEST(test_no_such_profile), TEST(test_file_errors),      TEST(test_exchanged_keys),
		TEST(test_region),          TEST(test_endpoint),         TEST(test_ca),
		TEST(test_sign_in),
	};

	return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
