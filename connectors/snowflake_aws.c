/*
 * snowflake_aws.c: policies and notifications of AWS (contract in snowflake_aws.h).
 */
#include "connectors/snowflake_aws.h"

#include "common/ascii.h"

/* ---- the policy ---- */

static const char *
bucket_of(const SnowflakeLoad *load)
{
	return snowflake_url_bucket(load->whole_url, load->arena);
}

static bool
is_first_of_bucket(const SnowflakeLoad *const *places, int k)
{
	for (int i = 0; i < k; i++)
		if (strcmp(bucket_of(places[i]), bucket_of(places[k])) == 0)
			return false;
	return true;
}

/* "arn:aws:s3:::bucket<path>" */
static void
append_resource(const SnowflakeLoad *load, const char *path, StrBuf *out)
{
	const char *partition = snowflake_url_partition(load->whole_url);

	str_append_json_string(
		out, str_from_cstr(arena_printf(load->arena, "arn:%s:s3:::%s%s", partition, bucket_of(load), path)));
}

static void
append_objects(const SnowflakeLoad *const *places, int count, StrBuf *out)
{
	str_append_cstr(out, "\n  {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", "
						 "\"s3:GetObjectVersion\"], \"Resource\": [");
	for (int i = 0; i < count; i++)
	{
		const char *path = snowflake_url_path(places[i]->whole_url);

		str_append_cstr(out, i > 0 ? ", " : "");
		append_resource(places[i], arena_printf(places[i]->arena, "/%s*", path), out);
	}
	str_append_cstr(out, "]}");
}

/* The lists of a bucket's places, and its region, which is asked for without a prefix. */
static void
append_lists(const SnowflakeLoad *const *places, int count, int k, StrBuf *out)
{
	bool any = false;

	str_append_cstr(out, ",\n  {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", \"Resource\": ");
	append_resource(places[k], "", out);
	str_append_cstr(out, ",\n   \"Condition\": {\"StringLike\": {\"s3:prefix\": [");
	for (int i = k; i < count; i++)
	{
		if (strcmp(bucket_of(places[i]), bucket_of(places[k])) != 0)
			continue;
		str_append_cstr(out, any ? ", " : "");
		str_append_json_string(out, str_from_cstr(arena_printf(places[i]->arena, "%s*",
															   snowflake_url_path(places[i]->whole_url))));
		any = true;
	}
	str_append_cstr(out, "]}}},\n  {\"Effect\": \"Allow\", \"Action\": \"s3:GetBucketLocation\", "
						 "\"Resource\": ");
	append_resource(places[k], "", out);
	str_append_char(out, '}');
}

void
snowflake_append_aws_policy(const SnowflakeLoad *const *places, int count, StrBuf *out)
{
	str_append_cstr(out, "{\"Version\": \"2012-10-17\", \"Statement\": [");
	append_objects(places, count, out);
	for (int i = 0; i < count; i++)
		if (is_first_of_bucket(places, i))
			append_lists(places, count, i, out);
	str_append_cstr(out, "]}\n");
}

void
snowflake_append_aws_trust(const char *external_id, StrBuf *out)
{
	str_append_cstr(out, "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", "
						 "\"Action\": \"sts:AssumeRole\",\n"
						 "  \"Principal\": {\"AWS\": \"<STORAGE_AWS_IAM_USER_ARN>\"},\n"
						 "  \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": ");
	str_append_json_string(out,
						   str_from_cstr(external_id != NULL ? external_id : "<STORAGE_AWS_EXTERNAL_ID>"));
	str_append_cstr(out, "}}}]}\n");
}

/* ---- the notification ---- */

/* A prefix as S3 takes it in a filter: a blank as a plus, what is not safe in a key as %XX; also the per cent
 * signs of a key that has some (AWS, "Configuring event notifications using object key name filtering"). */
static void
append_filter_prefix(StrBuf *out, const char *prefix)
{
	for (const char *p = prefix; *p != '\0'; p++)
	{
		if (*p == ' ')
			str_append_char(out, '+');
		else if (ascii_alpha(*p) || ascii_digit(*p) || strchr("/!-_.*'()", *p) != NULL)
			str_append_char(out, *p);
		else
			str_appendf(out, "%%%02X", (unsigned char)*p);
	}
}

/* S3 replaces the whole configuration of a bucket. */
static void
append_configuration(const SnowflakeLoad *load, const char *prefix)
{
	StrBuf *out = load->out;

	str_append_cstr(
		out,
		"-- In AWS, so that S3 tells the pipe of new objects: SHOW PIPES says the queue in its column\n"
		"-- notification_channel; add this to what the bucket's notification configuration has already,\n"
		"-- for all create events (large objects come by CompleteMultipartUpload, not by Put). S3 takes no "
		"two\n"
		"-- whose prefixes overlap: if both have this queue, the shorter prefix is enough; else both must "
		"listen\n"
		"-- to one topic of SNS, which the pipe names as AWS_SNS_TOPIC when it is created:\n");
	str_append_cstr(out, "-- {\"QueueConfigurations\": [{\"Id\": ");
	str_append_json_string(
		out, str_from_cstr(arena_printf(load->arena, "weir %s %s", load->job_name, load->what)));
	str_append_cstr(out,
					", \"QueueArn\": \"<notification_channel>\",\n--   \"Events\": [\"s3:ObjectCreated:*\"]");
	if (prefix[0] != '\0')
	{
		str_append_cstr(out, ", \"Filter\": {\"Key\": {\"FilterRules\": [{\"Name\": \"prefix\", \"Value\": ");
		str_append_json_string(out, str_from_cstr(prefix));
		str_append_cstr(out, "}]}}");
	}
	str_append_cstr(out, "}]}\n");
}

/* The folder of a revision lies below the place of the first: a notification of its own would overlap. */
void
snowflake_append_aws_notification(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;
	StrBuf prefix = {0};

	append_filter_prefix(&prefix, snowflake_url_path(load->whole_url));
	if (load->format != NULL && load->suffix[0] != '\0')
		str_append_cstr(
			out, "-- The notification that the bucket has for the first revision's pipe tells this one, too, "
				 "if it has the\n-- same queue: SHOW PIPES says it in its column notification_channel.\n");
	else
		append_configuration(load, str_cstr(&prefix));
	str_append_cstr(out,
					"-- Objects that were there before, and those of notifications that got lost (7 days "
					"back):\n-- ALTER PIPE ");
	snowflake_append_object(load, "_PIPE");
	str_append_cstr(out, " REFRESH;\n\n");
	str_free(&prefix);
}
