/*
 * connectors_s3_reply: the XML of S3's replies, well formed and not, and what replies mean by code and
 * status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "connectors/s3_error.h"
#include "connectors/s3_xml.h"

/* ---- XML ---- */

static bool
print_element(void *context, const char *path, StrView text)
{
	str_appendf(context, "%s=%.*s\n", path, (int)text.len, text.data);
	return true;
}

static void
assert_read(const char *xml, const char *expected)
{
	StrBuf out = {0};
	Error err = {0};

	assert_true(s3_xml_read(str_from_cstr(xml), print_element, &out, &err));
	assert_string_equal(str_cstr(&out), expected);
	str_free(&out);
}

static void
assert_not_read(const char *xml, const char *message)
{
	StrBuf out = {0};
	Error err = {0};

	assert_false(s3_xml_read(str_from_cstr(xml), print_element, &out, &err));
	assert_string_equal(err.message, message);
	error_clear(&err);
	str_free(&out);
}

static void
test_xml(void **state UNUSED)
{
	assert_read(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
		"<Contents><Key>a&amp;b&#x20;c</Key><Size>7</Size></Contents>"
		"<Contents><Key><![CDATA[<d>]]></Key><Size/></Contents></ListBucketResult>",
		"ListBucketResult/Name=b\n"
		"ListBucketResult/Contents/Key=a&b c\nListBucketResult/Contents/Size=7\nListBucketResult/Contents=\n"
		"ListBucketResult/Contents/Key=<d>\nListBucketResult/Contents/Size=\nListBucketResult/Contents=\n"
		"ListBucketResult=\n");
	/* White space in front keeps connections alive; prefixes of namespaces are dropped. */
	assert_read(" \r\n \n<?xml version=\"1.0\"?><s3:A xmlns:s3=\"x\"><s3:B>\xc3\xbc</s3:B></s3:A>",
				"A/B=\xc3\xbc\nA=\n");
}

static void
test_bad_xml(void **state UNUSED)
{
	StrBuf deep = {0};

	assert_not_read("", "the reply is not valid XML: no element found");
	assert_not_read("  ", "the reply is not valid XML: no element found");
	assert_not_read("<a><b>", "the reply is not valid XML: no element found");
	assert_not_read("<a></b>", "the reply is not valid XML: mismatched tag");
	assert_not_read("<a/><b/>", "the reply is not valid XML: junk after document element");
	assert_not_read("<a>\xff</a>", "the reply is not valid XML: not well-formed (invalid token)");
	assert_not_read("<html><p>Bad gateway</html>", "the reply is not valid XML: mismatched tag");
	assert_not_read("<!DOCTYPE a [<!ENTITY b \"x\">]><a>&b;</a>",
					"the reply is not valid XML: it has a document type");
	assert_not_read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
					"the reply is not valid XML: it has a document type");
	for (int i = 0; i < 33; i++)
		str_append_cstr(&deep, "<a>");
	assert_not_read(str_cstr(&deep), "the reply is not valid XML: it is nested too deeply");
	str_free(&deep);
}

static bool
stop_at_second(void *context, const char *path UNUSED, StrView text UNUSED)
{
	return ++*(int *)context < 2;
}

/* Who has seen enough does not read on, whatever follows. */
static void
test_enough_xml(void **state UNUSED)
{
	int seen = 0;

	assert_true(s3_xml_read(STR_LIT("<a><b/><c/><d/><broken"), stop_at_second, &seen, NULL));
	assert_int_equal(seen, 2);
}

/* Text that is longer than what the parser is given at once. */
static void
test_long_xml(void **state UNUSED)
{
	StrBuf xml = {0}, out = {0};

	str_append_cstr(&xml, "<a>");
	for (int i = 0; i < 300000; i++)
		str_append_cstr(&xml, "0123456789");
	str_append_cstr(&xml, "</a>");
	assert_true(s3_xml_read(str_view(&xml), print_element, &out, NULL));
	assert_int_equal(out.len, 2 + 3000000 + 1);
	str_free(&xml);
	str_free(&out);
}

/* ---- meaning ---- */

static S3Error
meaning(int status, const char *head, const char *body, const char *method, bool xml)
{
	HttpReply reply = {.status = status};
	S3Error e;

	str_append_cstr(&reply.head, head);
	str_append_cstr(&reply.body, body);
	s3_error_of(&reply, method, xml, &e);
	http_reply_free(&reply);
	return e;
}

/* What a reply means that has no code, or none that is known. */
static void
test_statuses(void **state UNUSED)
{
	static const struct
	{
		int status;
		const char *method;
		S3ErrorKind kind;
	} cases[] = {{200, "GET", S3_ANSWER},  {204, "DELETE", S3_ANSWER}, {206, "GET", S3_ANSWER},
				 {301, "GET", S3_REGION},  {302, "GET", S3_REGION},    {304, "GET", S3_ANSWER},
				 {307, "PUT", S3_REGION},  {308, "PUT", S3_REGION},    {400, "PUT", S3_ANSWER},
				 {400, "HEAD", S3_UNSAID}, {401, "GET", S3_FINAL},     {403, "GET", S3_FINAL},
				 {403, "HEAD", S3_UNSAID}, {404, "GET", S3_ANSWER},    {405, "PUT", S3_ANSWER},
				 {408, "PUT", S3_AGAIN},   {409, "PUT", S3_ANSWER},    {412, "PUT", S3_ANSWER},
				 {416, "GET", S3_ANSWER},  {429, "PUT", S3_THROTTLED}, {500, "PUT", S3_AGAIN},
				 {501, "PUT", S3_ANSWER},  {502, "GET", S3_AGAIN},     {503, "PUT", S3_THROTTLED},
				 {504, "GET", S3_AGAIN},   {509, "PUT", S3_THROTTLED}, {599, "PUT", S3_AGAIN}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const char *body = cases[i].status == 204 ? "" : "<Error><Code>Unheard</Code></Error>";
		S3Error e = meaning(cases[i].status, "", body, cases[i].method, false);

		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(e.status, cases[i].status);
		assert_false(e.in_success);
	}
}

/* Without a code they may be a gateway's: its 404 does not say that there is no object. */
static void
test_statuses_without_code(void **state UNUSED)
{
	static const struct
	{
		int status;
		const char *method;
		S3ErrorKind kind;
	} cases[] = {{400, "PUT", S3_STRANGE}, {401, "GET", S3_STRANGE},  {403, "GET", S3_STRANGE},
				 {403, "HEAD", S3_UNSAID}, {404, "GET", S3_STRANGE},  {404, "HEAD", S3_ANSWER},
				 {405, "PUT", S3_STRANGE}, {407, "PUT", S3_STRANGE},  {409, "PUT", S3_ANSWER},
				 {412, "PUT", S3_ANSWER},  {416, "GET", S3_ANSWER},   {429, "PUT", S3_THROTTLED},
				 {502, "GET", S3_AGAIN},   {503, "GET", S3_THROTTLED}};

	for (size_t i = 0; i < lengthof(cases); i++)
		for (int n = 0; n < 2; n++)
			assert_int_equal(
				meaning(cases[i].status, "", n ? "<html>" : "<Error/>", cases[i].method, false).kind,
				cases[i].kind);
}

/* A code decides against its status. */
static void
test_codes(void **state UNUSED)
{
	static const struct
	{
		int status;
		const char *code;
		S3ErrorKind kind;
	} cases[] = {{400, "RequestTimeout", S3_AGAIN},
				 {400, "IncompleteBody", S3_AGAIN},
				 {400, "Throttling", S3_THROTTLED},
				 {409, "ConditionalRequestConflict", S3_CONFLICT},
				 {409, "OperationAborted", S3_CONFLICT},
				 {409, "BucketAlreadyExists", S3_ANSWER},
				 {403, "RequestTimeTooSkewed", S3_CLOCK},
				 {400, "ExpiredToken", S3_CREDENTIALS},
				 {403, "ExpiredToken", S3_CREDENTIALS},
				 {403, "InvalidAccessKeyId", S3_CREDENTIALS},
				 {400, "AuthorizationHeaderMalformed", S3_REGION},
				 {404, "NoSuchBucket", S3_FINAL},
				 {404, "NoSuchKey", S3_ANSWER},
				 {400, "KeyTooLongError", S3_FINAL},
				 {403, "SignatureDoesNotMatch", S3_FINAL}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		StrBuf body = {0};
		S3Error e;

		str_appendf(&body, "<Error><Code>%s</Code></Error>", cases[i].code);
		e = meaning(cases[i].status, "", str_cstr(&body), "PUT", false);
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.code, cases[i].code);
		str_free(&body);
	}
}

/* Texts from the network: no line of a log can be forged, no host be made up, nothing is too long. */
static void
test_what_is_kept(void **state UNUSED)
{
	S3Error e =
		meaning(301, "x-amz-request-id: R1\nx-amz-id-2: H1\nlocation: https://me@h.example:8443/b/k?x\n",
				"<Error><Code>PermanentRedirect</Code><Message>a\nERROR:\tb</Message>"
				"<Region>eu-west-3.evil.example/</Region></Error>",
				"GET", false);
	StrBuf body = {0};

	assert_string_equal(e.message, "a ERROR: b");
	assert_string_equal(e.region, "");
	assert_string_equal(e.request_id, "R1");
	assert_string_equal(e.host_id, "H1");
	assert_string_equal(e.endpoint, "h.example:8443");
	e = meaning(301, "x-amz-bucket-region: eu-west-1\n", "<Error><Region>eu-west-3</Region></Error>", "GET",
				false);
	assert_string_equal(e.region, "eu-west-1");
	str_append_cstr(&body, "<Error><Message>");
	for (int i = 0; i < 200; i++)
		str_append_cstr(&body, "\xc3\xbc");
	str_append_cstr(&body, "</Message></Error>");
	e = meaning(500, "", str_cstr(&body), "GET", false);
	assert_int_equal(strlen(e.message), 254);
	str_free(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml),        cmocka_unit_test(test_bad_xml),
		cmocka_unit_test(test_enough_xml), cmocka_unit_test(test_long_xml),
		cmocka_unit_test(test_statuses),   cmocka_unit_test(test_statuses_without_code),
		cmocka_unit_test(test_codes),      cmocka_unit_test(test_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
