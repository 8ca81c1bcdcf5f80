/*
 * aws_ini.h: the files ~/.aws/credentials and ~/.aws/config.
 *
 * The idea: the rules are those of Python's configparser with what botocore makes of them, since these files
 * are written for it: lines "name = value" or "name: value" under "[section]"; a line that begins with '#' or
 * ';' is a comment; a line indented more than the one that began the setting continues it, and if that one
 * had no value, the lines are settings of their own, nested one level ("s3 =" and under it "endpoint_url =
 * …"). Names of settings are lower case here, section names as they stand; either twice is an error.
 *
 * Errors name the file and the line, and never what stands in it.
 */
#ifndef WEIR_CONNECTORS_AWS_INI_H
#define WEIR_CONNECTORS_AWS_INI_H

#include "common/error.h"
#include "common/str.h"

typedef struct AwsSetting
{
	char *name;  /* "region"; "s3.endpoint_url" of a nested one */
	char *value; /* perhaps a secret */
	const char *path;
	int line;
} AwsSetting;

typedef enum AwsSectionKind
{
	AWS_SECTION_PROFILE,
	AWS_SECTION_SERVICES,
	AWS_SECTION_OTHER
} AwsSectionKind;

typedef struct AwsSection
{
	AwsSectionKind kind;
	char *title; /* between the brackets */
	char *name;  /* of the profile or services */
	AwsSetting *settings;
	size_t count;
	size_t capacity;
} AwsSection;

/* Zero-initialise; free with aws_ini_free(). */
typedef struct AwsIni
{
	char *path;
	AwsSection *sections;
	size_t count;
	size_t capacity;
} AwsIni;

typedef enum AwsIniRole
{
	AWS_INI_CREDENTIALS, /* every section is a profile of that name */
	AWS_INI_CONFIG       /* [default], [profile x], [services x]; others mean nothing here */
} AwsIniRole;

/* Reads a file; one that does not exist is empty. */
extern bool aws_ini_load(AwsIni *ini, AwsIniRole role, const char *path, Error *err) WARN_UNUSED;
/* Reads a text as if it were the file's. */
extern bool aws_ini_parse(AwsIni *ini, AwsIniRole role, const char *path, StrView text,
						  Error *err) WARN_UNUSED;
/* NULL when there is none. */
extern const AwsSection *aws_ini_find(const AwsIni *ini, AwsSectionKind kind, const char *name);
/* NULL when there is none; a NULL section has none. */
extern const AwsSetting *aws_section_get(const AwsSection *section, const char *name);
extern void aws_ini_free(AwsIni *ini);

#endif
