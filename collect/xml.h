/* SPDX-License-Identifier: MIT */
/*
 * XML as it arrives: a push parser that hands over one small element at a time, so that memory does not grow
 * with the document. No DTD, no entity but XML's own five, nothing loaded from anywhere.
 */
#ifndef COLLECT_XML_H
#define COLLECT_XML_H

#include <glib.h>

typedef struct Attribute Attribute;
struct Attribute {
    const char *name; /* without its prefix */
    const char *value;
    Attribute *next;
};

typedef struct Element Element;
struct Element {
    const char *name;      /* without its prefix */
    const char *space;     /* the namespace's URI, or "" */
    const char *type;      /* its xsi:type without prefix, or "" */
    const char *kind;      /* the attribute `type` that a managed object reference has, or "" */
    const char *text;      /* of an element without children, or "" */
    Attribute *attributes; /* the others than these two */
    Element *first;        /* child */
    Element *next;         /* sibling */
};

/* takes one element, valid during the call only; FALSE with the error set ends the parsing */
typedef gboolean XmlTake(const Element *element, gpointer data, GError **error);

typedef struct XmlReader XmlReader;

/* hands over every element that stands `depth` elements below the root (0: the root itself), and any `Fault`
 * two below it, where SOAP has it; NULL where there is not enough memory */
XmlReader *xml_reader_new(guint depth, XmlTake *take, gpointer data);

void xml_reader_free(XmlReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlReader, xml_reader_free)

/* parses what has arrived */
gboolean xml_reader_push(XmlReader *reader, const char *bytes, gsize length, GError **error);

/* the document's end: an error where it stops half way */
gboolean xml_reader_finish(XmlReader *reader, GError **error);

/* the root's name; NULL before it was read */
const char *xml_reader_root(const XmlReader *reader);

/* hands over the root of a whole document, with all that stands in it */
gboolean xml_read_root(const char *text, XmlTake *take, gpointer data, GError **error);

/* appends the element and what it holds as XML, under another name; without namespaces */
void element_append_xml(const Element *element, const char *name, GString *out);

/* the first element at a path of children's names like "config.hardware"; NULL where there is none */
const Element *element_at(const Element *element, const char *path);

/* its text; NULL where there is no such element */
const char *element_text(const Element *element, const char *path);

/* an attribute's value; NULL where there is none */
const char *element_attribute(const Element *element, const char *name);

/* appends text, escaped for XML; characters that XML cannot hold are left out */
void xml_append_text(GString *out, const char *text);

#endif
