/*
 * s3_xml.c: reading the XML of S3's replies with expat (contract in s3_xml.h).
 */
#include "connectors/s3_xml.h"

#include <expat.h>

#include "common/ascii.h"

enum
{
	DEPTH_LIMIT = 32,
	PIECE = 1 << 20 /* bytes that are given to expat at once, whose lengths are ints */
};

typedef struct Reader
{
	XML_Parser parser;
	StrBuf path;
	StrBuf text;
	int depth;
	S3XmlVisitor visit;
	void *context;
	const char *refused; /* why the reading was stopped by us, or NULL */
	bool enough;         /* the visitor has */
} Reader;

static void
stop(Reader *r, const char *why)
{
	r->refused = why;
	r->enough = why == NULL;
	XML_StopParser(r->parser, XML_FALSE);
}

static void
start_element(void *context, const char *name, const char **attributes UNUSED)
{
	Reader *r = context;
	const char *colon = strrchr(name, ':');

	if (++r->depth > DEPTH_LIMIT)
	{
		stop(r, "it is nested too deeply");
		return;
	}
	if (r->path.len > 0)
		str_append_char(&r->path, '/');
	str_append_cstr(&r->path, colon != NULL ? colon + 1 : name);
	str_clear(&r->text);
}

static void
end_element(void *context, const char *name UNUSED)
{
	Reader *r = context;
	const char *slash;

	if (!r->visit(r->context, str_cstr(&r->path), str_view(&r->text)))
	{
		stop(r, NULL);
		return;
	}
	slash = strrchr(r->path.data, '/');
	r->path.len = slash != NULL ? (size_t)(slash - r->path.data) : 0;
	r->path.data[r->path.len] = '\0';
	r->depth--;
	str_clear(&r->text);
}

static void
character_data(void *context, const char *data, int len)
{
	Reader *r = context;

	str_append(&r->text, data, (size_t)len);
}

static void
start_doctype(void *context, const char *name UNUSED, const char *system UNUSED, const char *public UNUSED,
			  int internal UNUSED)
{
	stop(context, "it has a document type");
}

static bool
feed(Reader *r, StrView xml)
{
	do
	{
		size_t n = Min(xml.len, (size_t)PIECE);

		if (XML_Parse(r->parser, xml.data, (int)n, n == xml.len) != XML_STATUS_OK)
			return r->enough;
		xml.data += n;
		xml.len -= n;
	} while (xml.len > 0);
	return true;
}

bool
s3_xml_read(StrView xml, S3XmlVisitor visit, void *context, Error *err)
{
	Reader r = {.parser = XML_ParserCreate("UTF-8"), .visit = visit, .context = context};
	bool good = r.parser != NULL;

	while (xml.len > 0 && ascii_space(xml.data[0]))
	{
		xml.data++;
		xml.len--;
	}
	if (good)
	{
		XML_SetUserData(r.parser, &r);
		XML_SetElementHandler(r.parser, start_element, end_element);
		XML_SetCharacterDataHandler(r.parser, character_data);
		XML_SetStartDoctypeDeclHandler(r.parser, start_doctype);
		good = feed(&r, xml);
	}
	if (!good)
		error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "the reply is not valid XML: %s",
				  r.refused != NULL  ? r.refused
				  : r.parser != NULL ? XML_ErrorString(XML_GetErrorCode(r.parser))
									 : "there is no parser");
	if (r.parser != NULL)
		XML_ParserFree(r.parser);
	str_free(&r.path);
	str_free(&r.text);
	return good;
}
