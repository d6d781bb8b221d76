/* SPDX-License-Identifier: MIT */
#include "apply/domainmemory.h"

#include "collect/error.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KIB_PER_MIB 1024.0

typedef xmlDoc XmlDocument;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlDocument, xmlFreeDoc)

/* ---- reading ---- */

static xmlNode *child_of(const xmlNode *node, const char *name)
{
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, name) == 0)
            return child;
    return NULL;
}

static char *attribute_of(const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    char *copy = g_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

static gboolean attribute_is(const xmlNode *node, const char *name, const char *value)
{
    g_autofree char *found = attribute_of(node, name);
    return g_strcmp0(found, value) == 0;
}

/* An amount as libvirt writes it, which is always in KiB; NAN where there is none. */
static double kib_of(const xmlNode *parent, const char *name)
{
    xmlNode *node = child_of(parent, name);
    xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
    char *end = NULL;
    double kib = text ? g_ascii_strtod((const char *)text, &end) : NAN;
    gboolean is_number = text && end != (char *)text;
    xmlFree(text);
    return is_number ? kib : NAN;
}

static char *text_of_node(xmlDoc *document, xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;
    if (buffer && xmlNodeDump(buffer, document, node, 0, 0) >= 0)
        text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

static void device_clear(gpointer data)
{
    g_free(((MemoryDevice *)data)->xml);
}

static void read_device(DomainMemory *memory, xmlDoc *document, xmlNode *node)
{
    const xmlNode *target = child_of(node, "target");
    MemoryDevice device = {.is_virtio_mem = attribute_is(node, "model", "virtio-mem"),
                           .is_removable = attribute_is(node, "model", "dimm"),
                           .size_kib = kib_of(target, "size"),
                           .xml = text_of_node(document, node)};
    if (device.is_virtio_mem) {
        double current = kib_of(target, "current");
        device.block_kib = kib_of(target, "block");
        device.requested_kib = kib_of(target, "requested");
        device.current_kib = isnan(current) ? device.requested_kib : current;
    }
    g_array_append_val(memory->devices, device);
}

static void read_devices(DomainMemory *memory, xmlDoc *document, const xmlNode *devices)
{
    for (xmlNode *node = devices ? devices->children : NULL; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp((const char *)node->name, "memory") == 0)
            read_device(memory, document, node);
        else if (strcmp((const char *)node->name, "memballoon") == 0)
            memory->has_balloon = !attribute_is(node, "model", "none");
    }
}

static void read_domain(DomainMemory *memory, xmlDoc *document, const xmlNode *domain)
{
    const xmlNode *numa = child_of(child_of(domain, "cpu"), "numa");
    const xmlNode *most = child_of(domain, "maxMemory");
    g_autofree char *slots = attribute_of(most, "slots");
    double current = kib_of(domain, "currentMemory");
    memory->total_kib = kib_of(domain, "memory");
    memory->current_kib = isnan(current) ? memory->total_kib : current;
    memory->maximum_kib = kib_of(domain, "maxMemory");
    memory->slots = slots ? (guint)strtoul(slots, NULL, 10) : 0;
    memory->node = child_of(numa, "cell") ? 0 : -1;
    read_devices(memory, document, child_of(domain, "devices"));
}

DomainMemory *domain_memory_parse(const char *xml, const char *name, GError **error)
{
    g_autoptr(XmlDocument) document = xmlReadMemory(
        xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    g_autoptr(DomainMemory) memory = g_new0(DomainMemory, 1);
    memory->devices = g_array_new(FALSE, FALSE, sizeof(MemoryDevice));
    g_array_set_clear_func(memory->devices, device_clear);
    if (root)
        read_domain(memory, document, root);
    if (root && memory->total_kib > 0)
        return g_steal_pointer(&memory);
    g_set_error(error, VMANGER_ERROR, 0, "%s: found a description without a size of its memory", name);
    return NULL;
}

void domain_memory_free(DomainMemory *memory)
{
    if (!memory)
        return;
    g_array_unref(memory->devices);
    g_free(memory);
}

static const MemoryDevice *device_at(const DomainMemory *memory, guint index)
{
    return &g_array_index(memory->devices, MemoryDevice, index);
}

/* ---- choosing ---- */

void memory_change_clear(MemoryChange *change)
{
    g_clear_pointer(&change->devices, g_array_unref);
}

static gboolean refuse(char **why, char *words)
{
    *why = words;
    return FALSE;
}

/* A virtio-mem that can give or take so much. */
static gboolean change_virtio_mem(const DomainMemory *memory, double by_kib, MemoryChange *change)
{
    for (guint i = 0; i < memory->devices->len; i++) {
        const MemoryDevice *device = device_at(memory, i);
        double requested_kib = device->requested_kib + by_kib;
        if (!device->is_virtio_mem || requested_kib < 0 || requested_kib > device->size_kib ||
            !(device->block_kib > 0) || fmod(requested_kib, device->block_kib) != 0)
            continue;
        change->means = MEMORY_BY_VIRTIO_MEM;
        change->to_kib = requested_kib;
        g_array_append_val(change->devices, i);
        return TRUE;
    }
    return FALSE;
}

static gboolean plug(const DomainMemory *memory, double by_kib, double block_kib, MemoryChange *change,
                     char **why)
{
    if (isnan(memory->maximum_kib) || memory->slots == 0)
        return refuse(why, g_strdup_printf("it has %.0f MiB at most, and neither free slots for DIMMs "
                                           "(maxMemory) nor a virtio-mem with so much room",
                                           memory->total_kib / KIB_PER_MIB));
    if (memory->devices->len >= memory->slots)
        return refuse(why, g_strdup_printf("all %u slots for DIMMs are taken", memory->slots));
    if (memory->total_kib + by_kib > memory->maximum_kib)
        return refuse(why, g_strdup_printf("it would be above its maxMemory of %.0f MiB",
                                           memory->maximum_kib / KIB_PER_MIB));
    if (isnan(block_kib))
        return refuse(why, g_strdup("in what blocks its guest takes memory in is not known"));
    if (!(fmod(by_kib, block_kib) == 0))
        return refuse(why, g_strdup_printf("its guest takes memory in by blocks of %.0f MiB, and %.0f MiB "
                                           "are no whole number of them",
                                           block_kib / KIB_PER_MIB, by_kib / KIB_PER_MIB));
    change->means = MEMORY_BY_DIMM;
    change->to_kib = by_kib;
    return TRUE;
}

/* DIMMs that are together as large as what is taken back, the last plugged first. */
static gboolean unplug(const DomainMemory *memory, double by_kib, MemoryChange *change)
{
    double left_kib = by_kib;
    for (guint i = memory->devices->len; i-- > 0;) {
        const MemoryDevice *device = device_at(memory, i);
        if (!device->is_removable || device->size_kib > left_kib)
            continue;
        left_kib -= device->size_kib;
        g_array_append_val(change->devices, i);
    }
    if (left_kib == 0) {
        change->means = MEMORY_BY_DIMM;
        return TRUE;
    }
    g_array_set_size(change->devices, 0);
    return FALSE;
}

/* What the balloon holds of the size at boot, which is without a virtio-mem. */
static double held_by_balloon(const DomainMemory *memory)
{
    double held_kib = memory->total_kib - memory->current_kib;
    for (guint i = 0; i < memory->devices->len; i++)
        if (device_at(memory, i)->is_virtio_mem)
            held_kib -= device_at(memory, i)->size_kib - device_at(memory, i)->current_kib;
    return memory->has_balloon ? MAX(0, held_kib) : 0;
}

/* One that is still on its way to another size would add that to ours. */
static const MemoryDevice *device_on_its_way(const DomainMemory *memory)
{
    for (guint i = 0; i < memory->devices->len; i++) {
        const MemoryDevice *device = device_at(memory, i);
        if (device->is_virtio_mem && device->requested_kib != device->current_kib)
            return device;
    }
    return NULL;
}

gboolean domain_memory_change(const DomainMemory *memory, double to_kib, double block_kib,
                              MemoryChange *change, char **why)
{
    double by_kib = to_kib - memory->current_kib;
    const MemoryDevice *on_its_way = device_on_its_way(memory);
    change->devices = g_array_new(FALSE, FALSE, sizeof(guint));
    if (on_its_way)
        return refuse(why, g_strdup_printf("its virtio-mem was asked for %.0f MiB, and its guest has come to "
                                           "%.0f MiB of them",
                                           on_its_way->requested_kib / KIB_PER_MIB,
                                           on_its_way->current_kib / KIB_PER_MIB));
    if (change_virtio_mem(memory, by_kib, change))
        return TRUE;
    /* What a balloon holds is given back before anything is plugged; DIMMs that were plugged are unplugged
     * before a balloon takes what they brought. */
    gboolean by_balloon = memory->has_balloon && by_kib <= held_by_balloon(memory);
    if (by_kib < 0 && unplug(memory, -by_kib, change))
        return TRUE;
    if (by_balloon) {
        change->means = MEMORY_BY_BALLOON;
        change->to_kib = to_kib;
        return TRUE;
    }
    if (by_kib < 0)
        return refuse(why, g_strdup("it has no balloon, no virtio-mem and no DIMMs of that size"));
    return plug(memory, by_kib, block_kib, change, why);
}

/* ---- comparing ---- */

static double sum_of_devices(const DomainMemory *memory, gboolean is_virtio_mem)
{
    double sum_kib = 0;
    for (guint i = 0; i < memory->devices->len; i++) {
        const MemoryDevice *device = device_at(memory, i);
        if (device->is_virtio_mem == is_virtio_mem)
            sum_kib += is_virtio_mem ? device->requested_kib : device->size_kib;
    }
    return sum_kib;
}

/* What libvirt reckons as the current size differs between the two where there are devices. */
gboolean domain_memory_is_same(const DomainMemory *running, const DomainMemory *saved)
{
    if (running->devices->len == 0 && saved->devices->len == 0)
        return running->current_kib == saved->current_kib;
    return sum_of_devices(running, TRUE) == sum_of_devices(saved, TRUE) &&
           sum_of_devices(running, FALSE) == sum_of_devices(saved, FALSE);
}

/* ---- writing ---- */

char *domain_memory_dimm(const DomainMemory *memory, double size_kib)
{
    g_autofree char *node =
        memory->node < 0 ? g_strdup("") : g_strdup_printf("<node>%d</node>", memory->node);
    return g_strdup_printf("<memory model='dimm'><target><size unit='KiB'>%.0f</size>%s</target></memory>",
                           size_kib, node);
}

char *memory_device_requesting(const MemoryDevice *device, double requested_kib)
{
    g_autoptr(XmlDocument) document =
        xmlReadMemory(device->xml, (int)strlen(device->xml), NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    xmlNode *requested = child_of(child_of(root, "target"), "requested");
    g_autofree char *number = g_strdup_printf("%.0f", requested_kib);
    if (requested)
        xmlNodeSetContent(requested, (const xmlChar *)number);
    return root ? text_of_node(document, root) : NULL;
}
