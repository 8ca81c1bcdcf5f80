/*
 * s3_option_list.h: how S3 is reached and what it is told of objects, the only list of it.
 *
 * S3_OPTION(field, name, TYPE, choices, help): an option of sinks (and of streams, for their dead letters) whose
 * location is on S3 (planner/connector.h says what TYPE and choices mean), and at the same time a setting (field is
 * its member of struct Settings), which stands in for options that are not given and rules the state.
 *
 * In alphabetical order. To add one: a line here, and its use in connectors/s3_options.c.
 */
S3_OPTION(s3_access_key_id, "s3.access_key_id", SECRET, NULL,
		  "access key: 'env:NAME' or 'file:/path'; unset: AWS's chain of environment, profiles, roles and metadata")
S3_OPTION(s3_acl, "s3.acl", ENUM, "private|bucket-owner-full-control|bucket-owner-read",
		  "canned ACL of objects; unset: the bucket's rule")
S3_OPTION(s3_allow_plaintext, "s3.allow_plaintext", BOOLEAN, NULL,
		  "whether an http:// endpoint may be another machine; default off")
S3_OPTION(s3_bucket_key, "s3.bucket_key", BOOLEAN, NULL, "whether S3 derives the keys of s3.sse = 'kms' from one per bucket")
S3_OPTION(s3_ca_file, "s3.ca_file", TEXT, NULL, "PEM file of the certificates that the endpoint's is checked against")
S3_OPTION(s3_endpoint, "s3.endpoint", TEXT, NULL,
		  "URL of the S3 server; unset: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, Amazon's of the region")
S3_OPTION(s3_external_id, "s3.external_id", TEXT, NULL, "external id that the role of s3.role_arn asks for")
S3_OPTION(s3_kms_key_id, "s3.kms_key_id", TEXT, NULL, "id, ARN or alias of the key of s3.sse = 'kms'; unset: the bucket's")
S3_OPTION(s3_path_style, "s3.path_style", BOOLEAN, NULL,
		  "whether the bucket is in the path and not in the host name; unset: as the endpoint suggests")
S3_OPTION(s3_profile, "s3.profile", TEXT, NULL, "profile of AWS's configuration files; unset: AWS_PROFILE, \"default\"")
S3_OPTION(s3_region, "s3.region", TEXT, NULL, "region of the bucket; unset: environment, profile, metadata")
S3_OPTION(s3_requester_pays, "s3.requester_pays", BOOLEAN, NULL, "whether the bucket charges who asks; default off")
S3_OPTION(s3_role_arn, "s3.role_arn", TEXT, NULL, "role to assume with the credentials that were found")
S3_OPTION(s3_secret_access_key, "s3.secret_access_key", SECRET, NULL, "secret of s3.access_key_id: 'env:NAME' or 'file:/path'")
S3_OPTION(s3_session_token, "s3.session_token", SECRET, NULL, "session token of s3.access_key_id: 'env:NAME' or 'file:/path'")
S3_OPTION(s3_sse, "s3.sse", ENUM, "none|s3|kms", "how S3 encrypts objects: by the bucket's rule, by keys of S3, by a key of KMS")
S3_OPTION(s3_storage_class, "s3.storage_class", TEXT, NULL, "storage class of objects, such as STANDARD_IA; unset: STANDARD")
S3_OPTION(s3_tags, "s3.tags", TEXT, NULL, "tags of objects: 'key=value&key2=value2', percent-encoded where need be")
