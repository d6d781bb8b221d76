/* SPDX-License-Identifier: MIT */
/*
 * What the server itself says a CPU and a release can do: the EVC modes (ServiceInstance's
 * capability.supportedEVCMode, whose lists of features are long and read past) and, per cluster, the versions
 * of virtual hardware (QueryConfigOptionDescriptor of its EnvironmentBrowser), which no property has.
 */
#include "collect/inventory.h"

#include "collect/escape.h"

#include <math.h>
#include <string.h>

#define PARALLEL 4
#define EVC_MODE_DEPTH 7 /* below Envelope: Body, response, returnval, objects, propSet, val, EVCMode */

/* A server that refuses leaves cells empty; anything else ends the collection. */
static gboolean warn_of(const SoapFault *fault, gpointer data)
{
    Inventory *inventory = data;
    if (strcmp(fault->type, "NotAuthenticated") == 0)
        return FALSE;
    g_autofree char *reason = escape_for_terminal(*fault->message ? fault->message : fault->type);
    g_autofree char *warning =
        g_strdup_printf("what CPUs and releases can do is not known in full: %s: %s", fault->type, reason);
    if (g_hash_table_add(inventory->warned, g_strdup(warning)))
        g_ptr_array_add(inventory->warnings, g_steal_pointer(&warning));
    return TRUE;
}

/* ---- EVC modes ---- */

static void forget_evc_modes(gpointer data)
{
    Inventory *inventory = data;
    inventory->snapshot->n_evc_modes = 0;
}

static gboolean take_evc_mode(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Inventory *inventory = data;
    const char *key = element_text(element, "key"), *vendor = element_text(element, "vendor");
    EvcMode mode = evc_mode_unknown();
    mode.tier = inventory_amount(element_text(element, "vendorTier"));
    if (strcmp(element->name, "EVCMode") != 0 || !key || !*key || !vendor || !*vendor || isnan(mode.tier))
        return TRUE;
    mode.id = inventory_id(inventory, key);
    mode.name = snapshot_string(inventory->snapshot, element_text(element, "label"));
    mode.vendor = snapshot_string(inventory->snapshot, vendor);
    mode.tracks = inventory_list(inventory, element->first, "track");
    snapshot_add_evc_mode(inventory->snapshot, &mode);
    return TRUE;
}

gboolean inventory_read_evc_modes(Inventory *inventory, GError **error)
{
    GString *body = vcenter_request(inventory->vcenter, "propertyCollector", error);
    if (!body)
        return FALSE;
    g_string_append(body, "<specSet><propSet><type>ServiceInstance</type>"
                          "<pathSet>capability.supportedEVCMode</pathSet></propSet><objectSet>");
    soap_append_reference(body, "obj", "ServiceInstance", "ServiceInstance");
    g_string_append(body, "</objectSet></specSet><options/>");
    SoapCall call = {.method = "RetrievePropertiesEx",
                     .body = g_string_free(body, FALSE),
                     .depth = EVC_MODE_DEPTH,
                     .begin = forget_evc_modes,
                     .take = take_evc_mode,
                     .fault = warn_of,
                     .data = inventory};
    return soap_call(inventory->vcenter->soap, &call, error);
}

/* ---- virtual hardware ---- */

typedef struct Browsing {
    Inventory *inventory;
    char **next;        /* EnvironmentBrowsers, NULL at the end */
    GHashTable *newest; /* id of a host to the number of its newest virtual hardware */
} Browsing;

/* VirtualMachineConfigOptionDescriptor: a version, and the hosts that know it. */
static gboolean take_descriptor(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Browsing *browsing = data;
    const char *key = element_text(element, "key");
    double number = key && g_str_has_prefix(key, "vmx-") ? inventory_parse(key + strlen("vmx-")) : NAN;
    if (!(number > 0 && number < G_MAXINT) || inventory_flag(element_text(element, "runSupported")) == 0)
        return TRUE;
    for (const Element *one = element->first; one; one = one->next) {
        if (strcmp(one->name, "host") != 0)
            continue;
        const char *host = inventory_id(browsing->inventory, one->text);
        if (GPOINTER_TO_INT(g_hash_table_lookup(browsing->newest, host)) < (int)number)
            g_hash_table_insert(browsing->newest, (gpointer)host, GINT_TO_POINTER((int)number));
    }
    return TRUE;
}

static gboolean warn_of_browser(const SoapFault *fault, gpointer data)
{
    Browsing *browsing = data;
    return warn_of(fault, browsing->inventory);
}

static gboolean next_browser(SoapCall *call, gpointer data)
{
    Browsing *browsing = data;
    if (!*browsing->next)
        return FALSE;
    GString *body = g_string_new(NULL);
    soap_append_reference(body, "_this", "EnvironmentBrowser", *browsing->next++);
    *call = (SoapCall){.method = "QueryConfigOptionDescriptor",
                       .body = g_string_free(body, FALSE),
                       .depth = 3,
                       .take = take_descriptor,
                       .fault = warn_of_browser,
                       .data = browsing};
    return TRUE;
}

gboolean inventory_read_hardware_versions(Inventory *inventory, GError **error)
{
    g_autofree char **ids = (char **)g_hash_table_get_keys_as_array(inventory->browsers, NULL);
    Browsing browsing = {.inventory = inventory, .next = ids};
    browsing.newest = g_hash_table_new(g_str_hash, g_str_equal);
    gboolean ok = soap_run(inventory->vcenter->soap, PARALLEL, next_browser, &browsing, error);
    Snapshot *snapshot = inventory->snapshot;
    for (guint i = 0; ok && i < snapshot->n_hosts; i++) {
        int number = GPOINTER_TO_INT(g_hash_table_lookup(browsing.newest, snapshot->hosts[i].id));
        g_autofree char *version = number > 0 ? g_strdup_printf("vmx-%02d", number) : NULL;
        snapshot->hosts[i].max_hardware_version = snapshot_string(snapshot, version);
    }
    g_hash_table_destroy(browsing.newest);
    return ok;
}
