/* SPDX-License-Identifier: MIT */
#include "apply/domainuuid.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

typedef xmlDoc XmlDocument;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlDocument, xmlFreeDoc)

static gboolean is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns && strcmp((const char *)node->name, name) == 0;
}

static xmlNode *child_of(const xmlNode *node, const char *name)
{
    xmlNode *child = node ? node->children : NULL;
    while (child && !is_element(child, name))
        child = child->next;
    return child;
}

static void set_of_firmware(const xmlNode *system, const char *uuid)
{
    for (xmlNode *entry = system ? system->children : NULL; entry; entry = entry->next) {
        xmlChar *name = is_element(entry, "entry") ? xmlGetNoNsProp(entry, (const xmlChar *)"name") : NULL;
        if (name && strcmp((const char *)name, "uuid") == 0)
            xmlNodeSetContent(entry, (const xmlChar *)uuid);
        xmlFree(name);
    }
}

char *domain_xml_with_uuid(const char *xml, const char *uuid)
{
    g_autoptr(XmlDocument) document = xmlReadMemory(
        xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    xmlNode *own = child_of(root, "uuid");
    if (!own)
        return NULL;
    xmlNodeSetContent(own, (const xmlChar *)uuid);
    for (xmlNode *info = root->children; info; info = info->next)
        if (is_element(info, "sysinfo"))
            set_of_firmware(child_of(info, "system"), uuid);
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;
    if (buffer && xmlNodeDump(buffer, document, root, 0, 0) >= 0)
        text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}
