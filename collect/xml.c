/* SPDX-License-Identifier: MIT */
#include "collect/xml.h"

#include "collect/csv.h"
#include "collect/escape.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#define BLOCK_BYTES ((gsize)64 * 1024)
#define MOST_ELEMENT_BYTES                                                                                   \
    ((gsize)64 * 1024 * 1024) /* of one element handed over; a hostile server's bound */
#define MOST_PUSH_BYTES ((gsize)1024 * 1024)
#define MOST_DEPTH 64
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

/* Memory of one element at a time: blocks that are kept for the next. */
typedef struct Arena {
    GPtrArray *blocks;
    guint block; /* the one in use */
    gsize used;  /* of it */
    gsize total; /* of the present element */
} Arena;

struct XmlReader {
    xmlParserCtxtPtr parser;
    guint depth; /* of the elements to hand over */
    XmlTake *take;
    gpointer data;
    GError *error; /* the first failure, ours or the parser's */
    char *root;
    guint open; /* elements that are open now */
    Arena arena;
    GString *text; /* of the innermost open element */
    struct {
        Element *element, *last; /* last: its youngest child */
    } stack[MOST_DEPTH];
    guint building; /* open elements that are being built */
};

static gpointer arena_take(Arena *arena, gsize bytes)
{
    bytes = (bytes + 7) & ~(gsize)7;
    arena->total += bytes;
    if (bytes > BLOCK_BYTES) { /* a block of its own, placed before the one in use */
        gpointer block = g_malloc(bytes);
        g_ptr_array_insert(arena->blocks, (int)arena->block, block);
        arena->block++;
        return block;
    }
    if (arena->used + bytes > BLOCK_BYTES) {
        arena->block++;
        arena->used = 0;
    }
    if (arena->block == arena->blocks->len)
        g_ptr_array_add(arena->blocks, g_malloc(BLOCK_BYTES));
    gpointer taken = (char *)g_ptr_array_index(arena->blocks, arena->block) + arena->used;
    arena->used += bytes;
    return taken;
}

/* The first block stays, unless a large element put one of another size there. */
static void arena_reset(Arena *arena)
{
    if (arena->total > BLOCK_BYTES)
        g_ptr_array_set_size(arena->blocks, 0);
    arena->block = 0;
    arena->used = 0;
    arena->total = 0;
}

static const char *arena_text(Arena *arena, const char *text, gsize length)
{
    if (length == 0)
        return "";
    char *copy = arena_take(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static void stop(XmlReader *reader, const char *found)
{
    if (!reader->error)
        g_set_error(&reader->error, VMANGER_ERROR, 0, "found %s", found);
    xmlStopParser(reader->parser);
}

static void add_attribute(XmlReader *reader, Element *element, const char *name, const char *value)
{
    Attribute *attribute = arena_take(&reader->arena, sizeof *attribute);
    *attribute = (Attribute){name, value, element->attributes};
    element->attributes = attribute;
}

/* libxml2 gives five pointers for each: name, prefix, URI, value, its end. */
static void read_attributes(XmlReader *reader, Element *element, int n, const xmlChar **attributes)
{
    for (int i = n - 1; i >= 0; i--) {
        const char *const *attribute = (const char *const *)attributes + (gsize)i * 5;
        const char *value = attribute[3];
        gsize length = (gsize)(attribute[4] - value);
        gboolean is_type = strcmp(attribute[0], "type") == 0;
        if (is_type && !attribute[2]) {
            element->kind = arena_text(&reader->arena, value, length);
        } else if (is_type && strcmp(attribute[2], XSI) == 0) {
            const char *colon = memchr(value, ':', length);
            gsize prefix = colon ? (gsize)(colon - value) + 1 : 0;
            element->type = arena_text(&reader->arena, value + prefix, length - prefix);
        } else {
            add_attribute(reader, element, attribute[0], arena_text(&reader->arena, value, length));
        }
    }
}

static void start_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                          const xmlChar **attributes)
{
    (void)prefix, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    XmlReader *reader = data;
    guint depth = reader->open++;
    if (depth == 0)
        reader->root = g_strdup((const char *)name);
    g_string_truncate(reader->text, 0);
    if (reader->building == 0 && depth != reader->depth &&
        !(depth == 2 && strcmp((const char *)name, "Fault") == 0))
        return;
    if (reader->building == MOST_DEPTH || reader->arena.total > MOST_ELEMENT_BYTES) {
        stop(reader, "an element too large or too deep to be an answer");
        return;
    }
    Element *element = arena_take(&reader->arena, sizeof *element);
    *element = (Element){.name = (const char *)name,
                         .space = uri ? (const char *)uri : "",
                         .type = "",
                         .kind = "",
                         .text = ""};
    read_attributes(reader, element, n_attributes, attributes);
    if (reader->building > 0) {
        guint parent = reader->building - 1;
        if (reader->stack[parent].last)
            reader->stack[parent].last->next = element;
        else
            reader->stack[parent].element->first = element;
        reader->stack[parent].last = element;
    }
    reader->stack[reader->building].element = element;
    reader->stack[reader->building].last = NULL;
    reader->building++;
}

static void end_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    XmlReader *reader = data;
    reader->open--;
    if (reader->building == 0)
        return;
    Element *element = reader->stack[--reader->building].element;
    if (!element->first)
        element->text = arena_text(&reader->arena, reader->text->str, reader->text->len);
    g_string_truncate(reader->text, 0);
    if (reader->building > 0)
        return;
    if (!reader->error && !reader->take(element, reader->data, &reader->error))
        xmlStopParser(reader->parser);
    arena_reset(&reader->arena);
}

static void characters(void *data, const xmlChar *text, int length)
{
    XmlReader *reader = data;
    if (reader->building == 0 || reader->error)
        return;
    if (reader->arena.total + reader->text->len + (gsize)length > MOST_ELEMENT_BYTES)
        stop(reader, "an element too large or too deep to be an answer");
    else
        g_string_append_len(reader->text, (const char *)text, length);
}

static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    (void)name, (void)id, (void)system;
    stop(data, "a document type");
}

static xmlEntityPtr predefined_entity(void *data, const xmlChar *name)
{
    (void)data;
    return xmlGetPredefinedEntity(name);
}

static void parser_error(void *data, xmlErrorPtr found)
{
    XmlReader *reader = data;
    if (reader->error || found->level < XML_ERR_ERROR)
        return;
    g_autofree char *message = g_strstrip(g_strdup(found->message ? found->message : "an error"));
    g_autofree char *shown = escape_for_terminal(message);
    g_set_error(&reader->error, VMANGER_ERROR, 0, "found no XML in line %d: %s", found->line, shown);
}

XmlReader *xml_reader_new(guint depth, XmlTake *take, gpointer data)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = start_element,
        .endElementNs = end_element,
        .characters = characters,
        .cdataBlock = characters,
        .internalSubset = refuse_doctype,
        .getEntity = predefined_entity,
        .serror = parser_error,
    };
    XmlReader *reader = g_new0(XmlReader, 1);
    reader->depth = depth;
    reader->take = take;
    reader->data = data;
    reader->text = g_string_new(NULL);
    reader->arena.blocks = g_ptr_array_new_with_free_func(g_free);
    reader->parser = xmlCreatePushParserCtxt(&handler, reader, NULL, 0, NULL);
    if (reader->parser && xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET) == 0)
        return reader;
    xml_reader_free(reader);
    return NULL;
}

void xml_reader_free(XmlReader *reader)
{
    if (!reader)
        return;
    if (reader->parser)
        xmlFreeParserCtxt(reader->parser);
    g_ptr_array_unref(reader->arena.blocks);
    g_string_free(reader->text, TRUE);
    g_clear_error(&reader->error);
    g_free(reader->root);
    g_free(reader);
}

static gboolean parse(XmlReader *reader, const char *bytes, int length, int last, GError **error)
{
    if (!reader->error)
        xmlParseChunk(reader->parser, bytes, length, last);
    if (!reader->error && reader->parser->errNo == XML_ERR_NO_MEMORY)
        g_set_error(&reader->error, VMANGER_ERROR, 0, "XML cannot be read: not enough memory");
    if (!reader->error)
        return TRUE;
    g_propagate_error(error, g_error_copy(reader->error));
    return FALSE;
}

gboolean xml_reader_push(XmlReader *reader, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        gsize part = MIN(length, MOST_PUSH_BYTES);
        if (!parse(reader, bytes, (int)part, 0, error))
            return FALSE;
        bytes += part;
        length -= part;
    }
    return TRUE;
}

gboolean xml_reader_finish(XmlReader *reader, GError **error)
{
    return parse(reader, NULL, 0, 1, error);
}

const char *xml_reader_root(const XmlReader *reader)
{
    return reader->root;
}

gboolean xml_read_root(const char *text, XmlTake *take, gpointer data, GError **error)
{
    g_autoptr(XmlReader) reader = xml_reader_new(0, take, data);
    if (!reader) {
        g_set_error(error, VMANGER_ERROR, 0, "XML cannot be read: not enough memory");
        return FALSE;
    }
    return xml_reader_push(reader, text, strlen(text), error) && xml_reader_finish(reader, error);
}

void element_append_xml(const Element *element, const char *name, GString *out)
{
    g_string_append_printf(out, "<%s", name);
    for (const Attribute *at = element->attributes; at; at = at->next) {
        g_string_append_printf(out, " %s=\"", at->name);
        xml_append_text(out, at->value);
        g_string_append_c(out, '"');
    }
    if (*element->kind) {
        g_string_append(out, " type=\"");
        xml_append_text(out, element->kind);
        g_string_append_c(out, '"');
    }
    g_string_append_c(out, '>');
    xml_append_text(out, element->text);
    for (const Element *child = element->first; child; child = child->next)
        element_append_xml(child, child->name, out);
    g_string_append_printf(out, "</%s>", name);
}

const Element *element_at(const Element *element, const char *path)
{
    while (element && *path) {
        gsize length = strcspn(path, ".");
        const Element *child = element->first;
        while (child && (strncmp(child->name, path, length) != 0 || child->name[length]))
            child = child->next;
        element = child;
        path += length + (path[length] == '.');
    }
    return element;
}

const char *element_text(const Element *element, const char *path)
{
    const Element *found = element_at(element, path);
    return found ? found->text : NULL;
}

const char *element_attribute(const Element *element, const char *name)
{
    for (const Attribute *at = element->attributes; at; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at->value;
    return NULL;
}

static gboolean xml_can_hold(gunichar c)
{
    return c >= 0x20 ? c < 0xd800 || (c > 0xdfff && c != 0xfffe && c != 0xffff)
                     : c == '\t' || c == '\n' || c == '\r';
}

void xml_append_text(GString *out, const char *text)
{
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2)
            return;
        switch (c) {
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\r':
            g_string_append(out, "&#13;");
            break;
        default:
            if (xml_can_hold(c))
                g_string_append_unichar(out, c);
        }
    }
}
