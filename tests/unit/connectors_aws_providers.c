/*
 * AWS credentials that somebody else gives: the metadata services, the Security Token Service, a program.
 * Each with its success, its refusals, broken answers and silence, over a network that follows a script.
 * Answers hold a canary wherever a careless message would quote them.
 */
#include "tests/unit/aws_testing.h"

#define JSON_KEYS(token)                                                                              \
	"\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"" CANARY "\",\"" token "\":\"" CANARY "-token\"," \
	"\"Expiration\":\"2026-01-01T13:00:00Z\""
#define TOKEN CANARY "-token"
#define STS_XML(call)                                                                                     \
	"<" call "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" call "Result><Credentials>" \
	"<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>" CANARY "</SecretAccessKey>"                        \
	"<SessionToken>" CANARY "&#45;token</SessionToken><Expiration>2026-01-01T13:00:00.000Z</Expiration>"  \
	"</Credentials><AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser></" call "Result></" call "Response>"
#define STS_ERROR(code)                                                                                   \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" CANARY "</Message></Error>" \
	"</ErrorResponse>"

static void
write_config(const char *text)
{
	test_set("AWS_SHARED_CREDENTIALS_FILE", "~/credentials");
	test_set("AWS_CONFIG_FILE", "~/config");
	test_write("config", text);
}

/* An identity whose keys are asked for once and give an error that ends the waiting, or one that is waited
 * for in vain, three times. */
static void
check_fetch_refused(const char *message)
{
	test_identity_open();
	test_get_refused(message, false);
	assert_int_equal(test_request_count, test_reply_count);
	test_forget_requests();
}

static void
check_fetch_retriable(const char *message)
{
	TestReply reply = test_replies[test_reply_count - 1];

	test_reply(reply.status, reply.body);
	test_replies[test_reply_count - 1].fault = reply.fault;
	test_reply(reply.status, reply.body);
	test_replies[test_reply_count - 1].fault = reply.fault;
	test_paused = 0;
	test_identity_open();
	test_get_refused(message, true);
	assert_int_equal(test_request_count, 3);
	assert_int_equal(test_paused, 3 * MICROS_PER_SECOND);
	test_forget_requests();
}

/* ---- the container endpoint ---- */

static void
test_container(void **state UNUSED)
{
	char path[256];

	test_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost:1/x?y");
	test_reply(200, "{" JSON_KEYS("Token") "}");
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "container endpoint");
	test_get("ASIA", CANARY, TOKEN, 3600);
	assert_string_equal(test_requests[0], "GET http://localhost:1/x?y\naccept: application/json\n\n");
	/* The relative one goes first; so does the token's file, which is read each time. */
	test_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials");
	test_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of variable");
	test_reply(200, "{" JSON_KEYS("Token") "}");
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(1, "GET http://169.254.170.2/v2/credentials\n");
	test_check_request(1, "\nauthorization: of variable\n");
	snprintf(path, sizeof path, "%s", test_write("token", "of file"));
	test_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
	test_reply(200, "{" JSON_KEYS("Token") "}");
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(2, "\nauthorization: of file\n");
	test_write("token", "newer");
	test_clock.now += MICROS_PER_HOUR;
	test_reply(200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}");
	test_get("A", "s", NULL, -1);
	test_check_request(3, "\nauthorization: newer\n");
}

static void
check_full_uri(const char *url, bool allowed)
{
	test_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
	if (allowed)
		test_identity_open();
	else
		test_open_refused("AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is not allowed", NULL);
}

static void
test_container_hosts(void **state UNUSED)
{
	check_full_uri("http://127.0.0.1/", true);
	check_full_uri("http://127.3.2.1:80/a", true);
	check_full_uri("http://[::1]:8080/a", true);
	check_full_uri("http://localhost/a", true);
	check_full_uri("http://169.254.170.2/a", true);
	check_full_uri("http://169.254.170.23/v1/credentials", true);
	check_full_uri("http://[fd00:ec2::23]/v1/credentials", true);
	check_full_uri("https://example.com/a", true);
	check_full_uri("http://example.com/a", false);
	check_full_uri("http://169.254.170.2@example.com/", false);
	check_full_uri("http://user@127.0.0.1/", false);
	check_full_uri("http://127.0.0.1.example.com/", false);
	check_full_uri("http://localhost.example.com/", false);
	check_full_uri("http://169.254.169.254/", false);
	check_full_uri("http://[::ffff:8.8.8.8]/", false);
	check_full_uri("ftp://localhost/", false);
	check_full_uri("/relative", false);
	check_full_uri(CANARY, false);
	test_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/");
	test_open_refused("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\"", NULL);
}

static void
test_container_errors(void **state UNUSED)
{
	test_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/" CANARY);
	test_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CANARY);
	test_reply(500, CANARY);
	check_fetch_retriable("could not fetch AWS credentials of container endpoint: HTTP status 500");
	test_reply(429, "{\"code\":\"Slow\",\"message\":\"" CANARY "\"}");
	check_fetch_retriable("could not fetch AWS credentials of container endpoint: HTTP status 429, Slow");
	test_reply(404, "{\"code\":\"" CANARY "\"}");
	check_fetch_refused("could not fetch AWS credentials of container endpoint: HTTP status 404");
	test_reply(200, "{" JSON_KEYS("Token") "," CANARY);
	check_fetch_retriable("AWS credentials of container endpoint are not a JSON object");
	test_reply(200, "");
	check_fetch_retriable("AWS credentials of container endpoint are not a JSON object");
	test_reply(200, "{\"AccessKeyId\":\"" CANARY "\",\"SecretAccessKey\":7}");
	check_fetch_retriable("AWS credentials of container endpoint have no secret access key");
	test_reply(200,
			   "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"" CANARY "\",\"Expiration\":\"" CANARY "\"}");
	check_fetch_retriable("the \"Expiration\" of AWS credentials of container endpoint is not a time");
	test_fault(HTTP_TIMEOUT);
	check_fetch_retriable("could not fetch AWS credentials of container endpoint: the network says no");
	test_fault(HTTP_CONNECT);
	check_fetch_retriable("could not fetch AWS credentials of container endpoint: the network says no");
	test_fault(HTTP_UNTRUSTED);
	check_fetch_refused("could not fetch AWS credentials of container endpoint: the network says no");
	test_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CANARY "\nx-other: y");
	check_fetch_refused("the token of AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end in it");
	test_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent");
	check_fetch_refused(
		"could not read file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \"/nonexistent\": No such "
		"file or directory");
}

/* ---- instance metadata ---- */

static void
test_imds(void **state UNUSED)
{
	test_set("AWS_EC2_METADATA_DISABLED", "false");
	test_set("AWS_REGION", "x");
	test_reply(200, TOKEN);
	test_reply(200, "my-role\n");
	test_reply(200, "{\"Code\":\"Success\"," JSON_KEYS("Token") "}");
	test_identity_open();
	assert_int_equal(test_request_count, 0);
	assert_string_equal(aws_provider_name(test_identity), "instance metadata");
	test_get("ASIA", CANARY, TOKEN, 3600);
	assert_string_equal(test_requests[0], "PUT http://169.254.169.254/latest/api/token\n"
										  "x-aws-ec2-metadata-token-ttl-seconds: 21600\n\n");
	assert_string_equal(test_requests[1],
						"GET http://169.254.169.254/latest/meta-data/iam/security-credentials/\n"
						"x-aws-ec2-metadata-token: " TOKEN "\n\n");
	assert_string_equal(test_requests[2],
						"GET http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role\n"
						"x-aws-ec2-metadata-token: " TOKEN "\n\n");
}

/* A token that is refused, or does not come, means version 1, which may be forbidden. */
static void
test_imds_version_1(void **state UNUSED)
{
	TestReply first[] = {
		{.status = 403}, {.status = 404}, {.status = 405}, {.status = 500}, {.fault = HTTP_TIMEOUT}};

	test_set("AWS_EC2_METADATA_DISABLED", NULL);
	test_set("AWS_REGION", "x");
	test_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://localhost:1338/");
	for (size_t i = 0; i < lengthof(first); i++)
	{
		test_replies[test_reply_count++] = first[i];
		test_reply(200, "role");
		test_reply(200, "{" JSON_KEYS("Token") "}");
		test_identity_open();
		test_get("ASIA", CANARY, TOKEN, 3600);
		assert_string_equal(test_requests[1],
							"GET http://localhost:1338/latest/meta-data/iam/security-credentials/\n\n");
		test_forget_requests();
	}
	test_reply(400, CANARY);
	check_fetch_refused("could not fetch AWS credentials of instance metadata: HTTP status 400");
	test_set("AWS_EC2_METADATA_V1_DISABLED", "true");
	test_reply(403, CANARY);
	check_fetch_refused("could not fetch AWS credentials of instance metadata: HTTP status 403");
	test_fault(HTTP_TIMEOUT);
	check_fetch_retriable("could not fetch AWS credentials of instance metadata: the network says no");
}

/* Who is on no instance learns what else there is. The answers of the script are used once more afterwards.
 */
static void
check_hint(const char *detail)
{
	AwsCredentials got = {0};
	Error err = {0};
	int count = test_reply_count;

	test_identity_open();
	assert_false(aws_credentials_get(test_identity, &got, &err));
	assert_non_null(err.hint);
	assert_non_null(strstr(err.hint, "AWS credentials may be given by AWS_ACCESS_KEY_ID and "));
	assert_true((detail == NULL) == (err.detail == NULL));
	if (detail != NULL)
		assert_string_equal(err.detail, detail);
	test_check_error(&err, NULL);
	test_forget_requests();
	test_reply_count = count;
}

static void
test_imds_errors(void **state UNUSED)
{
	test_set("AWS_EC2_METADATA_DISABLED", NULL);
	test_set("AWS_REGION", "x");
	test_fault(HTTP_CONNECT);
	check_hint(NULL);
	check_fetch_refused("could not fetch AWS credentials of instance metadata: the network says no");
	test_reply(200, TOKEN);
	test_reply(404, CANARY);
	check_hint("No role is attached to this instance.");
	check_fetch_refused("could not fetch AWS credentials of instance metadata: HTTP status 404");
	test_reply(200, TOKEN);
	test_reply(200, CANARY " not a name");
	check_fetch_refused("AWS credentials of instance metadata have no name of a role");
	test_reply(200, TOKEN);
	test_reply(200, "role");
	test_reply(200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"" CANARY "\"}");
	check_fetch_refused("could not fetch AWS credentials of instance metadata: AssumeRoleUnauthorizedAccess");
	test_reply(200, TOKEN);
	test_reply(200, "role");
	test_reply(200, CANARY);
	check_fetch_refused("AWS credentials of instance metadata are not a JSON object");
	/* Another attempt for each question, if asked for. */
	test_set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2");
	test_fault(HTTP_CONNECT);
	test_reply(200, TOKEN);
	test_reply(500, "");
	test_reply(200, "role");
	test_reply(200, "");
	test_reply(200, "{" JSON_KEYS("Token") "}");
	test_identity_open();
	test_get_refused("could not fetch AWS credentials of instance metadata: HTTP status 200", false);
	test_set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "two");
	test_open_refused("AWS_METADATA_SERVICE_NUM_ATTEMPTS must be a number from 1 to 1000", NULL);
	test_set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", NULL);
	test_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", CANARY);
	test_open_refused("AWS_EC2_METADATA_SERVICE_ENDPOINT must begin with http:// or https://", NULL);
	test_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", NULL);
	test_set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
	test_fault(HTTP_CONNECT);
	test_identity_open();
	test_get_refused(NULL, false);
	test_set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5");
	test_open_refused("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be ipv4 or ipv6", NULL);
}

/* Expired ones are all that there is when the service has trouble; S3 goes on taking them. */
static void
test_imds_expired(void **state UNUSED)
{
	AwsCredentials got = {0};

	test_set("AWS_EC2_METADATA_DISABLED", NULL);
	test_set("AWS_REGION", "x");
	test_clock.now += 2 * MICROS_PER_HOUR;
	test_reply(200, TOKEN);
	test_reply(200, "role");
	test_reply(200, "{" JSON_KEYS("Token") "}");
	test_identity_open();
	assert_true(aws_credentials_get(test_identity, &got, NULL));
	assert_true(got.expires >= test_clock.now + 22 * MICROS_PER_MINUTE);
	assert_true(got.expires <= test_clock.now + 30 * MICROS_PER_MINUTE);
	aws_credentials_free(&got);
	test_clock.now += 17 * MICROS_PER_MINUTE - 1;
	assert_true(aws_credentials_get(test_identity, &got, NULL));
	aws_credentials_free(&got);
	aws_credentials_settle(test_identity);
	assert_int_equal(test_request_count, 3);
}

static void
test_imds_region(void **state UNUSED)
{
	test_set("AWS_EC2_METADATA_DISABLED", NULL);
	test_reply(200, TOKEN);
	test_reply(200, "eu-west-1b");
	test_identity_open();
	assert_string_equal(aws_region(test_identity), "eu-west-1");
	test_check_request(1, "GET http://169.254.169.254/latest/meta-data/placement/availability-zone/\n");
	test_forget_requests();
	test_fault(HTTP_CONNECT);
	test_identity_open();
	assert_null(aws_region(test_identity));
	/* Who has keys of his own is not kept waiting. */
	test_set("AWS_ACCESS_KEY_ID", "A");
	test_forget_requests();
	test_identity_open();
	assert_null(aws_region(test_identity));
}

/* ---- roles ---- */

static void
test_assume_role(void **state UNUSED)
{
	write_config(
		"[profile role]\nrole_arn = arn:aws:iam::1:role/r&x\nsource_profile = base\nregion = eu-west-1\n"
		"external_id = an id\nrole_session_name = session\nduration_seconds = 900\n"
		"[profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n");
	test_set("AWS_PROFILE", "role");
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "role of profile \"role\"");
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "POST https://sts.eu-west-1.amazonaws.com/\nhost: sts.eu-west-1.amazonaws.com\n"
						  "content-type: application/x-www-form-urlencoded; charset=utf-8\n");
	test_check_request(0, "\nx-amz-date: 20260101T120000Z\n");
	test_check_no_part(0, "x-amz-security-token");
	test_check_request(0, "\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/sts/"
						  "aws4_request, SignedHeaders=accept;content-type;host;x-amz-date, Signature=");
	test_check_request(
		0, "\n\nVersion=2011-06-15&Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr%26x&"
		   "RoleSessionName=session&ExternalId=an%20id&DurationSeconds=900");
}

static void
test_assume_role_places(void **state UNUSED)
{
	write_config("[default]\nrole_arn = r\ncredential_source = Environment\n"
				 "[profile cn]\nrole_arn = r\nsource_profile = cn\nregion = cn-north-1\n"
				 "aws_access_key_id = A\naws_secret_access_key = s\n");
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", CANARY);
	test_set("AWS_SESSION_TOKEN", CANARY);
	test_open.profile = "default"; /* else the keys themselves would do */
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "POST https://sts.amazonaws.com/\n");
	test_check_request(0, "Credential=E/20260101/us-east-1/sts/aws4_request, "
						  "SignedHeaders=accept;content-type;host;x-amz-date;x-amz-security-token");
	test_check_request(0, "\nx-amz-security-token: " CANARY "\n");
	test_check_request(0, "&RoleSessionName=weir-1767268800");
	test_check_no_part(0, "ExternalId");
	test_open.profile = "cn";
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(1, "POST https://sts.cn-north-1.amazonaws.com.cn/\n");
	test_set("AWS_ENDPOINT_URL_STS", "http://localhost:8443");
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(2, "POST http://localhost:8443/\nhost: localhost:8443\n");
	test_set("AWS_ENDPOINT_URL_STS", "http://");
	test_identity_open();
	test_get_refused("the endpoint of the Security Token Service is not a URL", false);
}

/* Amazon's services are trusted by the bundle; what an option says is about S3. */
static void
test_assume_role_trust(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", "e");
	test_open.role_arn = "r";
	test_open.ca_file = "/s3.pem";
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_no_part(0, "trusting");
	test_set("AWS_CA_BUNDLE", "/bundle.pem");
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(1, "(trusting /bundle.pem)");
}

/* c needs b, which needs a: three calls' worth of credentials, each signed with the one before. */
static void
test_assume_role_chain(void **state UNUSED)
{
	write_config("[profile c]\nrole_arn = role-c\nsource_profile = b\n"
				 "[profile b]\nrole_arn = role-b\nsource_profile = a\n"
				 "[profile a]\nrole_arn = ignored\nsource_profile = c\n"
				 "aws_access_key_id = A\naws_secret_access_key = s\n");
	test_open.profile = "c";
	test_reply(200, STS_XML("AssumeRole"));
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	assert_int_equal(test_request_count, 2);
	test_check_request(0, "RoleArn=role-b");
	test_check_request(0, "Credential=A/");
	test_check_request(1, "RoleArn=role-c");
	test_check_request(1, "Credential=ASIA/");
	test_check_request(1, "x-amz-security-token: " TOKEN);
}

static void
test_assume_role_option(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", "e");
	test_open.role_arn = "role-o";
	test_open.external_id = CANARY;
	test_open.region = "eu-west-1";
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "role over environment");
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "Credential=E/20260101/eu-west-1/sts/aws4_request");
	test_check_request(0, "RoleArn=role-o&");
	test_forget_requests();
	test_reply(403, STS_ERROR("AccessDenied"));
	check_fetch_refused(
		"could not fetch AWS credentials of role over environment: HTTP status 403, AccessDenied");
}

static void
check_profile_refused(const char *config, const char *message, int line)
{
	char detail[256];
	Error err = {0};

	write_config(config);
	test_open.profile = "p";
	test_open_refused(message, NULL);
	assert_false(aws_identity_open(&test_open, &test_identity, &err));
	snprintf(detail, sizeof detail, "in line %d of file \"%s/config\".", line, test_home);
	assert_non_null(strstr(err.detail, detail));
	test_check_error(&err, message);
}

static void
test_assume_role_refusals(void **state UNUSED)
{
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\n"
						  "source_profile = p\n",
						  "source_profile of AWS profile \"p\" leads back to it", 6);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = q\n"
						  "aws_access_key_id = a\naws_secret_access_key = " CANARY "\n"
						  "[profile q]\nrole_arn = r\nsource_profile = p\n",
						  "source_profile of AWS profile \"p\" leads back to it", 8);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = p\n",
						  "source_profile of AWS profile \"p\" leads back to it", 3);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\n"
						  "source_profile = q\n",
						  "source_profile of AWS profile \"q\" leads back to it", 6);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = " CANARY "\n",
						  "the source_profile of AWS profile \"p\" does not exist", 3);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion = x\n",
						  "the source_profile of AWS profile \"p\" has no credentials", 3);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = q\ncredential_source = Environment\n",
						  "AWS profile \"p\" has both source_profile and credential_source", 4);
	check_profile_refused("[profile p]\nrole_arn = " CANARY "\n",
						  "AWS profile \"p\" has role_arn, but neither source_profile nor credential_source",
						  2);
	check_profile_refused("[profile p]\nrole_arn = r\ncredential_source = " CANARY "\n",
						  "credential_source must be one of Environment, EcsContainer, Ec2InstanceMetadata",
						  3);
	check_profile_refused("[profile p]\nrole_arn = r\ncredential_source = ecscontainer\n",
						  "the credential_source of AWS profile \"p\" has no credentials", 3);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = p\nmfa_serial = " CANARY "\n",
						  "the role of AWS profile \"p\" asks for an MFA code", 4);
	check_profile_refused("[profile p]\nrole_arn = r\nsource_profile = p\nduration_seconds = " CANARY "\n",
						  "duration_seconds must be a number from 900 to 43200", 4);
}

static void
test_sts_errors(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", CANARY);
	test_open.role_arn = "r";
#define NAME "could not fetch AWS credentials of role over environment: "
	test_reply(400, STS_ERROR("Throttling"));
	check_fetch_retriable(NAME "HTTP status 400, Throttling");
	test_reply(503, CANARY);
	check_fetch_retriable(NAME "HTTP status 503");
	test_reply(403, STS_ERROR(CANARY));
	check_fetch_refused(NAME "HTTP status 403");
	test_reply(403, STS_ERROR("ExpiredToken"));
	check_fetch_refused(NAME "HTTP status 403, ExpiredToken");
	test_reply(200, "<AssumeRoleResponse><" CANARY);
	check_fetch_retriable("AWS credentials of role over environment do not say when they expire");
	test_reply(200, STS_XML("AssumeRole") "x");
	check_fetch_retriable("AWS credentials of role over environment do not say when they expire");
	test_reply(200, "<!DOCTYPE a [<!ENTITY b \"" CANARY "\">]>" STS_XML("AssumeRole"));
	check_fetch_retriable("AWS credentials of role over environment do not say when they expire");
	test_fault(HTTP_LOST);
	check_fetch_retriable(NAME "the network says no");
#undef NAME
}

/* A clock that is wrong by an hour: the answer's own says by how much. */
static void
test_sts_skew(void **state UNUSED)
{
	test_set("AWS_ACCESS_KEY_ID", "E");
	test_set("AWS_SECRET_ACCESS_KEY", "e");
	test_open.role_arn = "r";
	test_reply(403, STS_ERROR("SignatureDoesNotMatch"));
	test_replies[0].date = "Thu, 01 Jan 2026 13:00:00 GMT";
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "x-amz-date: 20260101T120000Z\n");
	test_check_request(1, "x-amz-date: 20260101T130000Z\n");
	test_forget_requests();
	/* It is not the clock. */
	test_reply(403, STS_ERROR("SignatureDoesNotMatch"));
	test_replies[0].date = "Thu, 01 Jan 2026 12:03:00 GMT";
	check_fetch_refused("could not fetch AWS credentials of role over environment: HTTP status 403, "
						"SignatureDoesNotMatch");
}

/* ---- web identity ---- */

static void
test_web_identity(void **state UNUSED)
{
	char path[256];

	snprintf(path, sizeof path, "%s", test_write("token", "first.token\n"));
	test_set("AWS_WEB_IDENTITY_TOKEN_FILE", path);
	test_set("AWS_ROLE_ARN", "arn:x");
	test_set("AWS_ROLE_SESSION_NAME", "me");
	test_set("AWS_REGION", "eu-west-1");
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "web identity");
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "POST https://sts.eu-west-1.amazonaws.com/\n");
	test_check_request(0, "\n\nVersion=2011-06-15&Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Ax&"
						  "RoleSessionName=me&WebIdentityToken=first.token");
	test_check_no_part(0, "authorization");
	test_check_no_part(0, "x-amz-date");
	/* The next call sends what the file has then. */
	test_write("token", "second");
	test_clock.now += MICROS_PER_HOUR - MICROS_PER_SECOND;
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_get("ASIA", CANARY, TOKEN, 1);
	aws_credentials_settle(test_identity);
	test_check_request(1, "&WebIdentityToken=second");
}

/* A token is as good as a password, and the answer has secrets. */
static void
test_web_identity_plaintext(void **state UNUSED)
{
	char path[256];

	snprintf(path, sizeof path, "%s", test_write("token", "t"));
	test_set("AWS_WEB_IDENTITY_TOKEN_FILE", path);
	test_set("AWS_ROLE_ARN", "arn:x");
	test_set("AWS_ENDPOINT_URL_STS", "http://sts.example.com");
	test_identity_open();
	test_get_refused("the endpoint of the Security Token Service is not encrypted", false);
	assert_int_equal(test_request_count, 0);
	test_set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9000");
	test_identity_open();
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_set("AWS_ENDPOINT_URL_STS", "http://sts.example.com");
	test_identity_open();
	test_identity_close(NULL);
	test_open.allow_plaintext = true;
	assert_true(aws_identity_open(&test_open, &test_identity, NULL));
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(1, "POST http://sts.example.com/");
}

static void
test_web_identity_profile(void **state UNUSED)
{
	write_config("[profile web]\nrole_arn = of-profile\nweb_identity_token_file = ~/token\n"
				 "[profile over]\nrole_arn = over\nsource_profile = web\n");
	test_write("token", "t");
	test_set("AWS_PROFILE", "web");
	test_set("AWS_ROLE_ARN", "of-variable");
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "RoleArn=of-variable&RoleSessionName=weir-");
	test_forget_requests();
	/* As the source of a role it is the profile's alone. */
	test_set("AWS_PROFILE", "over");
	test_reply(200, STS_XML("AssumeRoleWithWebIdentity"));
	test_reply(200, STS_XML("AssumeRole"));
	test_identity_open();
	test_get("ASIA", CANARY, TOKEN, 3600);
	test_check_request(0, "RoleArn=of-profile&");
	test_check_request(1, "RoleArn=over&");
	test_check_request(1, "Credential=ASIA/");
}

static void
test_web_identity_errors(void **state UNUSED)
{
	test_set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent");
	test_open_refused(
		"a web identity token is configured, but neither AWS_ROLE_ARN nor role_arn of AWS profile "
		"\"default\"",
		NULL);
	test_set("AWS_ROLE_ARN", "r");
	check_fetch_refused("could not read web identity token \"/nonexistent\": No such file or directory");
	test_set("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token");
	test_write("token", CANARY);
	test_reply(400, STS_ERROR("ExpiredTokenException"));
	check_fetch_refused(
		"could not fetch AWS credentials of web identity: HTTP status 400, ExpiredTokenException");
	test_reply(400, STS_ERROR("IDPCommunicationError"));
	check_fetch_retriable("could not fetch AWS credentials of web identity: HTTP status 400, "
						  "IDPCommunicationError");
	test_write("token", " \n");
	test_identity_open();
	test_get_refused(NULL, false);
}

/* ---- a program ---- */

static void
write_program(const char *name, const char *text)
{
	const char *path = test_write(name, text);

	assert_int_equal(chmod(path, 0700), 0);
}

/* The program is "p" in the home directory, a script. */
static void
use_program(const char *script)
{
	char config[512];

	write_program("p", script);
	snprintf(config, sizeof config, "[default]\ncredential_process = \"%s/p\" 'two words' $HOME \\\" %s\n",
			 test_home, CANARY);
	write_config(config);
}

static void
test_process(void **state UNUSED)
{
	use_program(
		"#!/bin/sh\n"
		"echo " CANARY " >&2\n"
		"test $# = 4 && test \"$1\" = 'two words' && test \"$2\" = '$HOME' && test \"$3\" = '\"' || exit 9\n"
		"echo '{\"Version\":1," JSON_KEYS("SessionToken") "}'\n");
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "credential_process of profile \"default\"");
	test_get("ASIA", CANARY, TOKEN, 3600);
	use_program("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'\n");
	test_identity_open();
	test_get("A", "s", NULL, -1);
}

static void
check_program(const char *script, const char *message)
{
	use_program(script);
	check_fetch_refused(message);
}

/* A zombie counts: it has no command line any more. */
static bool
has_ended(int pid)
{
	char path[64];
	FILE *file;
	bool ended = true;

	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	file = fopen(path, "r");
	if (file != NULL)
	{
		ended = fgetc(file) == EOF;
		fclose(file);
	}
	return ended;
}

/* The minute is over as soon as the program has started another one. What the program started is ended with
 * it. */
static void
check_time_limit(const char *script, const char *message)
{
	StrBuf text = {0};
	char path[256];
	FILE *file;
	int child = 0;

	snprintf(path, sizeof path, "%s/pid", test_home);
	unlink(path);
	test_clock.step = 10 * MICROS_PER_MINUTE;
	test_clock.after = path;
	str_appendf(&text, "#!/bin/sh\n%s", script);
	check_program(text.data, message);
	str_free(&text);
	test_clock.step = 0;
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &child), 1);
	fclose(file);
	for (int i = 0; i < 1000 && !has_ended(child); i++)
		usleep(10 * 1000);
	assert_true(has_ended(child));
}

static void
test_process_errors(void **state UNUSED)
{
#define NAME "credential_process of profile \"default\" "
	check_program("#!/bin/sh\necho " CANARY "; echo " CANARY " >&2; exit 3\n", NAME "ended with exit code 3");
	check_program("#!/bin/sh\nkill -9 $$\n", NAME "was ended by signal 9");
	check_program("#!/bin/sh\necho " CANARY "\n", NAME "did not print a JSON object");
	check_program("#!/bin/sh\necho '{\"Version\":2," JSON_KEYS("SessionToken") "}'\n",
				  NAME "did not print credentials of \"Version\": 1");
	check_program("#!/bin/sh\necho '{" JSON_KEYS("SessionToken") "}'\n",
				  NAME "did not print credentials of \"Version\": 1");
	check_program("#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"" CANARY "\"}'\n",
				  "AWS credentials of credential_process of profile \"default\" have no secret access key");
	check_program("#!/bin/sh\nyes " CANARY "\n", NAME "printed more than 65536 bytes");
	write_config("[default]\ncredential_process = /nonexistent/" CANARY "\n");
	check_fetch_refused(NAME "could not be started: No such file or directory");
	check_time_limit("sleep 1000 &\necho $! >${0}new\nmv ${0}new ${0}id\nwait\n",
					 NAME "did not end within 60 s");
	/* One that has closed its output, but does not end. */
	check_time_limit("exec >&-\nsleep 1000 &\necho $! >${0}new\nmv ${0}new ${0}id\nwait\n",
					 NAME "did not end within 60 s");
	write_config("[default]\ncredential_process = 'open " CANARY "\n");
	test_open_refused("credential_process of AWS profile \"default\" is no command", NULL);
#undef NAME
}

/* ---- order ---- */

/* All at once; the first is taken away, and the next one shows. */
static void
test_order(void **state UNUSED)
{
	static const struct
	{
		const char *name, *config;
	} steps[] = {
		{"role of profile \"default\"", "role_arn = r\nsource_profile = default\n"},
		{"web identity", "web_identity_token_file = t\nrole_arn = r\n"},
		{"credential_process of profile \"default\"", "credential_process = p\n"},
		{"profile \"default\"", ""},
	};

	test_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
	test_set("AWS_ACCESS_KEY_ID", "E");
	for (size_t i = 0; i < lengthof(steps); i++)
	{
		StrBuf config = {0};

		str_appendf(&config, "[default]\naws_access_key_id = C\naws_secret_access_key = c\n%s",
					steps[i].config);
		write_config(config.data);
		str_free(&config);
		test_identity_open();
		assert_string_equal(aws_provider_name(test_identity), "environment");
		test_open.profile = "default";
		test_identity_open();
		assert_string_equal(aws_provider_name(test_identity), steps[i].name);
		test_open.profile = NULL;
	}
	/* Keys in the credentials file go before a program. */
	write_config("[default]\ncredential_process = p\n");
	test_write("credentials", "[default]\naws_access_key_id = C\naws_secret_access_key = c\n");
	test_set("AWS_ACCESS_KEY_ID", NULL);
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "profile \"default\"");
	test_write("credentials", "");
	write_config("");
	test_set("AWS_EC2_METADATA_DISABLED", NULL);
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "container endpoint");
	test_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", NULL);
	test_set("AWS_REGION", "x");
	test_identity_open();
	assert_string_equal(aws_provider_name(test_identity), "instance metadata");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_aws_setup, test_identity_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_container),
		TEST(test_container_hosts),
		TEST(test_container_errors),
		TEST(test_imds),
		TEST(test_imds_version_1),
		TEST(test_imds_errors),
		TEST(test_imds_expired),
		TEST(test_imds_region),
		TEST(test_assume_role),
		TEST(test_assume_role_places),
		TEST(test_assume_role_trust),
		TEST(test_assume_role_chain),
		TEST(test_assume_role_option),
		TEST(test_assume_role_refusals),
		TEST(test_sts_errors),
		TEST(test_sts_skew),
		TEST(test_web_identity),
		TEST(test_web_identity_plaintext),
		TEST(test_web_identity_profile),
		TEST(test_web_identity_errors),
		TEST(test_process),
		TEST(test_process_errors),
		TEST(test_order),
	};

	return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
