/* SPDX-License-Identifier: MIT */
#include "collect/libvirtcapabilities.h"

#include "collect/error.h"
#include "collect/escape.h"
#include "collect/inventory.h"
#include "collect/xml.h"

#include <math.h>
#include <string.h>

#define HZ_OF_MHZ 1e6

char *abilities_cpu(const char *type, const char *model)
{
    g_autofree char *text = strcmp(type, "qemu") == 0 ? g_strdup_printf("cpu:%s/emulated", model)
                                                      : g_strdup_printf("cpu:%s", model);
    return escape_id(text);
}

static void offer(HostAbilities *abilities, const char *kind, const char *name)
{
    g_autofree char *text = g_strconcat(kind, name, NULL);
    if (*name)
        g_hash_table_add(abilities->offers, escape_id(text));
}

static gboolean refuse(const Element *element, const char *expected, GError **error)
{
    g_autofree char *shown = escape_for_message(element->name);
    g_set_error(error, VMANGER_ERROR, 0, "found an element %s: expected %s", shown, expected);
    return FALSE;
}

/* ---- capabilities ---- */

static void read_host(HostAbilities *abilities, const Element *host)
{
    const Element *cpu = element_at(host, "cpu");
    const char *uuid = element_text(host, "uuid"), *arch = cpu ? element_text(cpu, "arch") : NULL;
    const char *vendor = cpu ? element_text(cpu, "vendor") : NULL,
               *model = cpu ? element_text(cpu, "model") : NULL;
    abilities->uuid = g_strdup(uuid ? uuid : "");
    abilities->arch = g_strdup(arch ? arch : "");
    abilities->cpu_model =
        g_strjoin(vendor && model ? " " : "", vendor ? vendor : "", model ? model : "", NULL);
    for (const Element *part = cpu ? cpu->first : NULL; part; part = part->next)
        if (g_strcmp0(element_attribute(part, "name"), "tsc") == 0)
            abilities->clock_mhz = inventory_amount(element_attribute(part, "frequency")) / HZ_OF_MHZ;
    const Element *cells = element_at(host, "topology.cells");
    if (cells)
        abilities->numa_nodes = inventory_amount(element_attribute(cells, "num"));
    if (!model)
        return;
    g_autoptr(GString) xml = g_string_new(NULL);
    element_append_xml(cpu, "cpu", xml);
    abilities->cpu_xml = g_strdup(xml->str);
}

static void read_machines(HostAbilities *abilities, const Element *parent)
{
    for (const Element *machine = parent->first; machine; machine = machine->next)
        if (strcmp(machine->name, "machine") == 0)
            offer(abilities, "machine:", machine->text);
}

static void read_guest(HostAbilities *abilities, const Element *guest)
{
    for (const Element *arch = guest->first; arch; arch = arch->next) {
        const char *name = strcmp(arch->name, "arch") == 0 ? element_attribute(arch, "name") : NULL;
        if (!name)
            continue;
        offer(abilities, "arch:", name);
        read_machines(abilities, arch);
        for (const Element *domain = arch->first; domain; domain = domain->next) {
            if (strcmp(domain->name, "domain") != 0 || !*domain->kind)
                continue;
            offer(abilities, "type:", domain->kind);
            read_machines(abilities, domain);
            if (strcmp(name, abilities->arch) == 0 &&
                !g_ptr_array_find_with_equal_func(abilities->types, domain->kind, g_str_equal, NULL))
                g_ptr_array_add(abilities->types, g_strdup(domain->kind));
        }
    }
}

static gboolean read_capabilities(const Element *root, gpointer data, GError **error)
{
    HostAbilities *abilities = data;
    if (strcmp(root->name, "capabilities") != 0)
        return refuse(root, "capabilities", error);
    read_host(abilities, element_at(root, "host"));
    for (const Element *guest = root->first; guest; guest = guest->next)
        if (strcmp(guest->name, "guest") == 0)
            read_guest(abilities, guest);
    return TRUE;
}

HostAbilities *host_abilities_read(const char *xml, GError **error)
{
    g_autoptr(HostAbilities) abilities = g_new0(HostAbilities, 1);
    abilities->clock_mhz = abilities->numa_nodes = NAN;
    abilities->offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    abilities->types = g_ptr_array_new_with_free_func(g_free);
    return xml_read_root(xml, read_capabilities, abilities, error) ? g_steal_pointer(&abilities) : NULL;
}

/* ---- domain capabilities ---- */

typedef struct Adding {
    HostAbilities *abilities;
    const char *type;
    char *host_model;
} Adding;

static void read_mode(Adding *adding, const Element *mode)
{
    const char *name = element_attribute(mode, "name");
    if (g_strcmp0(element_attribute(mode, "supported"), "yes") != 0 || !name)
        return;
    if (strcmp(name, "host-model") == 0 && mode->first && !adding->host_model) {
        GString *xml = g_string_new("<cpu mode=\"custom\" match=\"exact\">");
        for (const Element *part = mode->first; part; part = part->next)
            element_append_xml(part, part->name, xml);
        g_string_append(xml, "</cpu>");
        adding->host_model = g_string_free(xml, FALSE);
    }
    for (const Element *model = strcmp(name, "custom") == 0 ? mode->first : NULL; model; model = model->next)
        if (strcmp(model->name, "model") == 0 && g_strcmp0(element_attribute(model, "usable"), "no") != 0)
            g_hash_table_add(adding->abilities->offers, abilities_cpu(adding->type, model->text));
}

static gboolean read_domain_capabilities(const Element *root, gpointer data, GError **error)
{
    Adding *adding = data;
    if (strcmp(root->name, "domainCapabilities") != 0)
        return refuse(root, "domainCapabilities", error);
    const Element *cpu = element_at(root, "cpu");
    for (const Element *mode = cpu ? cpu->first : NULL; mode; mode = mode->next)
        read_mode(adding, mode);
    return TRUE;
}

gboolean host_abilities_add(HostAbilities *abilities, const char *type, const char *xml, char **host_model,
                            GError **error)
{
    Adding adding = {abilities, type, NULL};
    gboolean ok = xml_read_root(xml, read_domain_capabilities, &adding, error);
    if (ok && host_model)
        *host_model = g_steal_pointer(&adding.host_model);
    g_free(adding.host_model);
    return ok;
}

void host_abilities_free(HostAbilities *abilities)
{
    if (!abilities)
        return;
    char *const texts[] = {abilities->uuid, abilities->arch, abilities->cpu_model, abilities->cpu_xml};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_hash_table_destroy(abilities->offers);
    g_ptr_array_unref(abilities->types);
    g_free(abilities);
}
