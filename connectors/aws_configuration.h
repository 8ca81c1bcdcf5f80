/*
 * aws_configuration.h: what environment variables and the two files say, in the order in which they count.
 *
 * The idea: everything that providers ask for is asked here: a variable, a setting of a profile, or the first
 * of both. An empty variable is as good as none. The files are read once, at the opening; a provider that
 * takes keys out of one reads it again when it fetches.
 *
 * The named profile must exist, in one of the files. A setting in the credentials file goes before the same
 * one in the config file.
 */
#ifndef WEIR_CONNECTORS_AWS_CONFIGURATION_H
#define WEIR_CONNECTORS_AWS_CONFIGURATION_H

#include "connectors/aws_credentials.h"
#include "connectors/aws_ini.h"

typedef struct AwsConfiguration
{
	HttpEngine *http;
	const Clock *clock;
	const AwsSeams *seams;
	const char *(*environment)(const char *name);
	const atomic_bool *stop; /* ends what is being fetched; NULL = never */
	bool allow_plaintext;    /* http to services on other machines is not refused */
	AwsIni credentials;
	AwsIni config;
	char *profile;                         /* never NULL */
	bool profile_given;                    /* by an option, which goes before keys in the environment */
	char *key_id, *secret, *session_token; /* given by options; NULL = not */
	char *role_arn, *external_id;          /* likewise */
	char *region;                          /* NULL = not known */
	char *ca_bundle;                       /* of all services; NULL = the system's */
	char *ca_file;                         /* of S3: an option goes before the bundle */
} AwsConfiguration;

/* The members of open that belong here; the region is what is known without asking anybody. */
extern bool aws_configuration_open(AwsConfiguration *c, const AwsOpen *open, Error *err) WARN_UNUSED;
extern void aws_configuration_close(AwsConfiguration *c);

/* NULL when it is not set or empty. */
extern const char *aws_variable(const AwsConfiguration *c, const char *name);
/* NULL when there is none. */
extern const AwsSetting *aws_profile_setting(const AwsConfiguration *c, const char *profile,
											 const char *name);
extern const char *aws_profile_value(const AwsConfiguration *c, const char *profile, const char *name);
extern bool aws_profile_exists(const AwsConfiguration *c, const char *profile);
/* The variable, else the setting of the profile; NULL when neither is there. */
extern const char *aws_value(const AwsConfiguration *c, const char *variable, const char *setting);
/* Whether that is "true", in any case. */
extern bool aws_flag(const AwsConfiguration *c, const char *variable, const char *setting);
/* That as a number from 1 to 1000. False: it is none. */
extern bool aws_number(const AwsConfiguration *c, const char *variable, const char *setting, int fallback,
					   int *out, Error *err) WARN_UNUSED;
/* AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's services section, its endpoint_url; NULL =
 * none. service: "s3", "sts". */
extern const char *aws_configured_endpoint(const AwsConfiguration *c, const char *service);
/* Appends a path with "~", "$NAME" and "${NAME}" expanded. */
extern void aws_expand_path(const AwsConfiguration *c, const char *path, StrBuf *out);
/* Where the two files are: AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE or their places under ~/.aws. */
extern void aws_file_path(const AwsConfiguration *c, AwsIniRole role, StrBuf *out);

/* Waits; ends early when *stop is set. */
extern void aws_pause(const AwsConfiguration *c, int64_t micros);
/* False and an error that names file and line of a setting, and why; never its value. */
extern bool aws_setting_error(Error *err, const AwsSetting *setting, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
