/*
 * The files ~/.aws/credentials and ~/.aws/config, line by line, against what Python's configparser and
 * botocore make of them; and command lines against shlex.split().
 */
#include "tests/unit/aws_testing.h"

#include "connectors/aws_ini.h"
#include "connectors/aws_words.h"

static AwsIni ini;

static void
parse(AwsIniRole role, const char *text)
{
	Error err = {0};

	aws_ini_free(&ini);
	if (!aws_ini_parse(&ini, role, "FILE", str_from_cstr(text), &err))
		fail_msg("%s: %s", err.message, err.detail);
}

static const char *
value(AwsSectionKind kind, const char *section, const char *name)
{
	const AwsSetting *setting = aws_section_get(aws_ini_find(&ini, kind, section), name);

	return setting != NULL ? setting->value : NULL;
}

static void
test_settings(void **state UNUSED)
{
	parse(AWS_INI_CREDENTIALS, "\xEF\xBB\xBF# comment\n"
							   "[default]\r\n"
							   "AWS_Access_Key_Id=AKID\r\n"
							   "aws_secret_access_key :  a=b:c # d ; e  \n"
							   "  ; comment\n"
							   "empty =\n"
							   "\n"
							   "[ other ] behind\n"
							   "region = eu-west-1\n");
	assert_string_equal(value(AWS_SECTION_PROFILE, "default", "aws_access_key_id"), "AKID");
	assert_string_equal(value(AWS_SECTION_PROFILE, "default", "aws_secret_access_key"), "a=b:c # d ; e");
	assert_string_equal(value(AWS_SECTION_PROFILE, "default", "empty"), "");
	assert_string_equal(value(AWS_SECTION_PROFILE, " other ", "region"), "eu-west-1");
	assert_null(value(AWS_SECTION_PROFILE, "other", "region"));
	assert_null(value(AWS_SECTION_PROFILE, "default", "region"));
	assert_int_equal(aws_section_get(aws_ini_find(&ini, AWS_SECTION_PROFILE, " other "), "region")->line, 9);
}

static void
test_continuation(void **state UNUSED)
{
	parse(AWS_INI_CREDENTIALS, "[p]\n"
							   "command = one\n"
							   "  two\n"
							   "  # not this\n"
							   "\n"
							   "\tthree=3\n"
							   "\n"
							   "next = 1\n"
							   "  indented = of next\n"
							   "    [no section]\n");
	assert_string_equal(value(AWS_SECTION_PROFILE, "p", "command"), "one\ntwo\n\nthree=3");
	assert_string_equal(value(AWS_SECTION_PROFILE, "p", "next"), "1\nindented = of next\n[no section]");
	parse(AWS_INI_CREDENTIALS, "  [p]\n"
							   "    a = 1\n"
							   "  b = 2\n"
							   "c = 3\n");
	assert_string_equal(value(AWS_SECTION_PROFILE, "p", "a"), "1");
	assert_string_equal(value(AWS_SECTION_PROFILE, "p", "b"), "2");
	assert_string_equal(value(AWS_SECTION_PROFILE, "p", "c"), "3");
}

static void
test_nested(void **state UNUSED)
{
	parse(AWS_INI_CONFIG, "[services dev]\n"
						  "s3 =\n"
						  "  endpoint_url = http://a:1/?x=y\n"
						  "\n"
						  "  # comment\n"
						  "  other=2\n"
						  "sts =\n"
						  "  endpoint_url = http://b\n");
	assert_string_equal(value(AWS_SECTION_SERVICES, "dev", "s3.endpoint_url"), "http://a:1/?x=y");
	assert_string_equal(value(AWS_SECTION_SERVICES, "dev", "s3.other"), "2");
	assert_string_equal(value(AWS_SECTION_SERVICES, "dev", "sts.endpoint_url"), "http://b");
	assert_string_equal(value(AWS_SECTION_SERVICES, "dev", "s3"), "");
	assert_int_equal(aws_section_get(aws_ini_find(&ini, AWS_SECTION_SERVICES, "dev"), "s3.other")->line, 6);
}

static void
test_section_names(void **state UNUSED)
{
	parse(AWS_INI_CONFIG, "[default]\nregion = 1\n"
						  "[profile dev]\nregion = 2\n"
						  "[profile 'two words']\nregion = 3\n"
						  "[dev]\nregion = no profile\n"
						  "[sso-session dev]\nregion = 5\n"
						  "[profile too many words]\nregion = 6\n"
						  "[profile default]\nregion = 7\n");
	assert_string_equal(value(AWS_SECTION_PROFILE, "dev", "region"), "2");
	assert_string_equal(value(AWS_SECTION_PROFILE, "two words", "region"), "3");
	assert_string_equal(value(AWS_SECTION_PROFILE, "default", "region"), "7");
	assert_null(value(AWS_SECTION_PROFILE, "too many words", "region"));
	parse(AWS_INI_CREDENTIALS, "[profile dev]\nregion = 1\n");
	assert_null(value(AWS_SECTION_PROFILE, "dev", "region"));
	assert_string_equal(value(AWS_SECTION_PROFILE, "profile dev", "region"), "1");
}

static void
check_refusal(const char *text, size_t len, int line, const char *reason)
{
	AwsIni bad = {0};
	Error err = {0};
	char message[64];

	assert_false(aws_ini_parse(&bad, AWS_INI_CONFIG, "FILE", (StrView){text, len}, &err));
	snprintf(message, sizeof message, "invalid line %d in file \"FILE\"", line);
	assert_string_equal(err.message, message);
	assert_string_equal(err.detail, reason);
	error_clear(&err);
	aws_ini_free(&bad);
}

static void
test_refusals(void **state UNUSED)
{
#define CHECK(text, line, reason) check_refusal(text, sizeof(text) - 1, line, reason)
	CHECK("a = " CANARY "\n", 1, "There is no [section] above it.");
	CHECK("[a]\nx\n" CANARY "\n", 2, "There is no \"=\" in it.");
	CHECK("[a\n", 1, "There is no \"=\" in it.");
	CHECK("[]\n", 1, "There is no name between brackets.");
	CHECK("[a]\n = " CANARY "\n", 2, "There is no name before \"=\".");
	CHECK("[a]\nx = 1\n[b]\n[a]\n", 4, "The same section stands in the file twice.");
	CHECK("[a]\nx = 1\n# c\nX = " CANARY "\n", 4, "The same setting stands in the section twice.");
	CHECK("[a]\ns3 =\n  " CANARY "\n", 3, "There is no \"=\" in it.");
	CHECK("[a]\nx = \0" CANARY "\n", 2, "There is a zero byte in it.");
#undef CHECK
}

static void
check_words(const char *text, const char *joined)
{
	AwsWords words = {0};
	StrBuf all = {0};

	if (!aws_words_split(text, &words))
		str_append_cstr(&all, "refused");
	else
		for (size_t i = 0; i < words.count; i++)
			str_appendf(&all, "<%s>", words.items[i]);
	assert_string_equal(str_cstr(&all), joined);
	str_free(&all);
	aws_words_free(&words);
}

/* The right sides are what Python 3.11 prints for shlex.split(). */
static void
test_words(void **state UNUSED)
{
	check_words("", "");
	check_words("  a  b\tc\n", "<a><b><c>");
	check_words("a 'b c' \"d e\"f", "<a><b c><d ef>");
	check_words("'' a\"\"", "<><a>");
	check_words("a\\ b \\' \\\\", "<a b><'><\\>");
	check_words("\"a\\\"b\\\\c\\d\" 'e\\f'", "<a\"b\\c\\d><e\\f>");
	check_words("$HOME | # ; `x`", "<$HOME><|><#><;><`x`>");
	check_words("'open", "refused");
	check_words("\"open\\\"", "refused");
	check_words("end\\", "refused");
}

static int
teardown(void **state UNUSED)
{
	aws_ini_free(&ini);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings), cmocka_unit_test(test_continuation),
		cmocka_unit_test(test_nested),   cmocka_unit_test(test_section_names),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
