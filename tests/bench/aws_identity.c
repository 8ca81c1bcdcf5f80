/*
 * aws_identity.c: who a program with these variables is to AWS, as one line of JSON.
 *
 * aws_identity [COUNT]: gets credentials until there were COUNT different ones (1), and prints each when it
 * comes; an error is a line, too, and ends it with 1. For tests, which let it talk to services of their own:
 * it prints secrets.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/str.h"
#include "connectors/aws_credentials.h"

static void
print_member(const char *name, const char *value, char last)
{
	StrBuf text = {0};

	if (value != NULL)
		str_append_json_string(&text, str_from_cstr(value));
	printf("\"%s\": %s%c", name, value != NULL ? text.data : "null", last);
	str_free(&text);
}

static int
print_error(Error *err)
{
	printf("{\"retriable\": %s, ", err->retriable ? "true" : "false");
	print_member("message", err->message, ',');
	print_member("detail", err->detail, ',');
	print_member("hint", err->hint, '}');
	printf("\n");
	error_clear(err);
	return 1;
}

static void
print_identity(const AwsIdentity *identity, const AwsCredentials *credentials)
{
	printf("{");
	print_member("provider", aws_provider_name(identity), ',');
	print_member("region", aws_region(identity), ',');
	print_member("endpoint", aws_endpoint_url(identity), ',');
	print_member("key", credentials->key_id, ',');
	print_member("secret", credentials->secret, ',');
	print_member("token", credentials->session_token, '}');
	printf("\n");
	fflush(stdout);
}

static int
get_all(AwsIdentity *identity, int count)
{
	uint64_t generation = 0;
	Error err = {0};

	while (count > 0)
	{
		AwsCredentials credentials = {0};

		if (!aws_credentials_get(identity, &credentials, &err))
			return print_error(&err);
		if (credentials.generation != generation)
		{
			print_identity(identity, &credentials);
			generation = credentials.generation;
			count--;
		}
		aws_credentials_free(&credentials);
		usleep(20 * 1000);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	AwsOpen open = {.clock = &system_clock};
	AwsIdentity *identity = NULL;
	Error err = {0};
	int status;

	if (!http_engine_open(4, &open.http, &err) || !aws_identity_open(&open, &identity, &err))
		status = print_error(&err);
	else
		status = get_all(identity, argc > 1 ? atoi(argv[1]) : 1);
	aws_identity_close(identity);
	http_engine_close(open.http);
	return status;
}
