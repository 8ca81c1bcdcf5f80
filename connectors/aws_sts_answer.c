/*
 * aws_sts_answer.c: the XML that the Security Token Service answers with (contract in aws_sts.h).
 *
 * <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>… and the like for web identities, or
 * <ErrorResponse><Error><Code>…: the names of the innermost two elements say what a text is. A document type
 * is refused, so that nobody can define entities.
 */
#include "connectors/aws_sts.h"

#include <expat.h>
#include <openssl/crypto.h>

#include "connectors/secret.h"

enum
{
	NAME_SIZE = 32,
	DEPTH_LIMIT = 16
};

typedef struct Reading
{
	XML_Parser parser;
	AwsStsAnswer *answer;
	char names[DEPTH_LIMIT][NAME_SIZE]; /* of the open elements; "" for long ones */
	int depth;
} Reading;

static StrBuf *
place_of(const Reading *r)
{
	static const struct
	{
		const char *parent, *name;
		size_t offset;
	} places[] = {
		{"Credentials", "AccessKeyId", offsetof(AwsStsAnswer, key_id)},
		{"Credentials", "SecretAccessKey", offsetof(AwsStsAnswer, secret)},
		{"Credentials", "SessionToken", offsetof(AwsStsAnswer, token)},
		{"Credentials", "Expiration", offsetof(AwsStsAnswer, expiration)},
		{"Error", "Code", offsetof(AwsStsAnswer, code)},
	};

	for (size_t i = 0; r->depth >= 2 && i < lengthof(places); i++)
		if (strcmp(r->names[r->depth - 2], places[i].parent) == 0 &&
			strcmp(r->names[r->depth - 1], places[i].name) == 0)
			return (StrBuf *)(void *)((char *)r->answer + places[i].offset);
	return NULL;
}

static void
start_element(void *context, const XML_Char *name, const XML_Char **attributes UNUSED)
{
	Reading *r = context;

	if (r->depth == DEPTH_LIMIT)
		XML_StopParser(r->parser, XML_FALSE);
	else
		strcpy(r->names[r->depth++], strlen(name) < NAME_SIZE ? name : "");
}

static void
end_element(void *context, const XML_Char *name UNUSED)
{
	Reading *r = context;

	r->depth--;
}

static void
add_text(void *context, const XML_Char *text, int len)
{
	StrBuf *place = place_of(context);

	if (place == NULL)
		return;
	/* Room for all that there can be, so that no copy is left behind. */
	str_reserve(place, 8192);
	str_append(place, text, (size_t)len);
}

static void
refuse_doctype(void *context, const XML_Char *name UNUSED, const XML_Char *system UNUSED,
			   const XML_Char *public UNUSED, int internal UNUSED)
{
	Reading *r = context;

	XML_StopParser(r->parser, XML_FALSE);
}

bool
aws_sts_parse(StrView xml, AwsStsAnswer *out)
{
	Reading r = {.parser = XML_ParserCreate(NULL), .answer = out};
	bool ok;

	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, start_element, end_element);
	XML_SetCharacterDataHandler(r.parser, add_text);
	XML_SetStartDoctypeDeclHandler(r.parser, refuse_doctype);
	ok = XML_Parse(r.parser, xml.data, (int)xml.len, 1) == XML_STATUS_OK;
	XML_ParserFree(r.parser);
	if (!ok)
		aws_sts_wipe(out);
	return ok;
}

void
aws_sts_wipe(AwsStsAnswer *answer)
{
	secret_wipe(&answer->key_id);
	secret_wipe(&answer->secret);
	secret_wipe(&answer->token);
	secret_wipe(&answer->expiration);
	secret_wipe(&answer->code);
}
