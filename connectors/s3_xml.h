/*
 * s3_xml.h: the XML of S3's replies, element by element.
 *
 * The idea: replies are small and flat, so a visitor is told of each element when it ends, by its path of
 * names from the root, and keeps what it wants. Prefixes of namespaces are dropped. Replies come from the
 * network: a document type, and with it every entity of one's own, is refused, and so is deep nesting.
 */
#ifndef WEIR_CONNECTORS_S3_XML_H
#define WEIR_CONNECTORS_S3_XML_H

#include "common/error.h"

/* path: "ListBucketResult/Contents/Key". text: what was between its tags, of elements without children; valid
 * during the call. False ends the reading, without an error. */
typedef bool (*S3XmlVisitor)(void *context, const char *path, StrView text);

/* False: not well-formed, or not all of it is there; the visitor may have been called nevertheless. White
 * space may come first. */
extern bool s3_xml_read(StrView xml, S3XmlVisitor visit, void *context, Error *err) WARN_UNUSED;

#endif
