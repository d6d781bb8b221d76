/* SPDX-License-Identifier: MIT */
#include "collect/properties.h"

#include "collect/escape.h"

#include <string.h>

#define PAGE_OBJECTS 250
#define PARALLEL 4
#define MOST_RESTARTS 2

/* A query on its way, page by page. */
typedef struct Chain {
    PropertyQuery *query;
    Vcenter *vcenter;
    GHashTable *index_of;   /* path to index + 1 */
    const Element **values; /* of the object at hand */
    SoapFault *faults;
    gboolean *unknown;        /* by path: the server does not know it */
    char *token, *next_token; /* of the page asked for; of the one after it */
    guint vanished;           /* in the page at hand */
    gboolean in_flight, ended;
    gboolean repeat; /* the answer was a reason to begin again */
    guint restarts;
} Chain;

/* ---- requests ---- */

static void append_property_set(const Chain *chain, GString *body)
{
    const PropertyQuery *query = chain->query;
    g_string_append_printf(body, "<propSet><type>%s</type>", query->kind);
    for (guint i = 0; i < query->n_paths; i++) {
        if (chain->unknown[i])
            continue;
        g_string_append(body, "<pathSet>");
        xml_append_text(body, query->paths[i]);
        g_string_append(body, "</pathSet>");
    }
    g_string_append(body, "</propSet>");
}

static void append_object_sets(const PropertyQuery *query, GString *body)
{
    if (query->view) {
        g_string_append(body, "<objectSet>");
        soap_append_reference(body, "obj", "ContainerView", query->view);
        g_string_append(
            body, "<skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>view</name>"
                  "<type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet>");
        return;
    }
    for (const char *const *id = query->ids; *id; id++) {
        g_string_append(body, "<objectSet>");
        soap_append_reference(body, "obj", query->kind, *id);
        g_string_append(body, "<skip>false</skip></objectSet>");
    }
}

static void chain_begin(gpointer data)
{
    Chain *chain = data;
    g_clear_pointer(&chain->next_token, g_free);
    chain->vanished = 0;
    if (chain->query->begin)
        chain->query->begin(!chain->token, chain->query->data);
}

/* A page whose answer was lost on the way cannot be asked for again, as its token serves once. */
static gboolean begin_again(Chain *chain)
{
    g_clear_pointer(&chain->token, g_free);
    chain->query->vanished = 0;
    chain->repeat = TRUE;
    return ++chain->restarts <= MOST_RESTARTS;
}

/* A property path that this server's version does not have fails the whole query: go on without it. */
static gboolean take_fault(const SoapFault *fault, gpointer data)
{
    Chain *chain = data;
    if (chain->token && strcmp(fault->type, "InvalidArgument") == 0)
        return begin_again(chain);
    const char *name =
        strcmp(fault->type, "InvalidProperty") == 0 ? element_text(fault->detail, "name") : NULL;
    guint index = name ? GPOINTER_TO_UINT(g_hash_table_lookup(chain->index_of, name)) : 0;
    if (index == 0 || chain->unknown[index - 1])
        return FALSE;
    chain->unknown[index - 1] = chain->repeat = TRUE;
    if (chain->query->warnings)
        g_ptr_array_add(chain->query->warnings,
                        g_strdup_printf("the server has no property %s of a %s", name, chain->query->kind));
    return TRUE;
}

static gboolean chain_done(gpointer data, GError **error)
{
    (void)error;
    Chain *chain = data;
    chain->in_flight = FALSE;
    if (chain->repeat) {
        chain->repeat = FALSE;
        return TRUE;
    }
    g_free(chain->token);
    chain->token = g_steal_pointer(&chain->next_token);
    chain->ended = !chain->token;
    chain->query->vanished += chain->vanished;
    if (chain->query->page)
        chain->query->page(chain->query->data);
    return TRUE;
}

/* ---- answers ---- */

static void take_properties(Chain *chain, const Element *object)
{
    memset(chain->values, 0, chain->query->n_paths * sizeof *chain->values);
    memset(chain->faults, 0, chain->query->n_paths * sizeof *chain->faults);
    for (const Element *set = object->first; set; set = set->next) {
        gboolean missing = strcmp(set->name, "missingSet") == 0;
        const char *name = element_text(set, missing ? "path" : "name");
        guint index = name ? GPOINTER_TO_UINT(g_hash_table_lookup(chain->index_of, name)) : 0;
        if (index == 0)
            continue;
        if (missing)
            chain->faults[index - 1] = soap_fault_of(element_at(set, "fault"));
        else
            chain->values[index - 1] = element_at(set, "val");
    }
}

/* What the faults say of the whole object: it is gone, or the session is. */
static gboolean judge_faults(const Chain *chain, gboolean *gone, GError **error)
{
    for (guint i = 0; i < chain->query->n_paths; i++) {
        const char *type = chain->faults[i].type;
        if (!type)
            continue;
        if (strcmp(type, "NotAuthenticated") == 0) {
            g_set_error(error, SOAP_ERROR, SOAP_ERROR_SESSION, "%s: the session has ended",
                        chain->vcenter->connection->url);
            return FALSE;
        }
        *gone |= strcmp(type, "ManagedObjectNotFound") == 0;
    }
    return TRUE;
}

/* An element of RetrieveResult: an ObjectContent, or the token of the next page. */
static gboolean take_part(const Element *element, gpointer data, GError **error)
{
    Chain *chain = data;
    if (strcmp(element->name, "token") == 0) {
        g_free(chain->next_token);
        chain->next_token = g_strdup(element->text);
        return TRUE;
    }
    const Element *reference = element_at(element, "obj");
    if (strcmp(element->name, "objects") != 0 || !reference)
        return TRUE;
    take_properties(chain, element);
    gboolean gone = FALSE;
    if (!judge_faults(chain, &gone, error))
        return FALSE;
    if (gone) {
        chain->vanished++;
        return TRUE;
    }
    PropertyObject object = {reference->kind, reference->text, chain->values, chain->faults};
    return chain->query->take(&object, chain->query->data, error);
}

/* ---- chains of pages ---- */

typedef struct Chains {
    Chain *chains;
    guint n;
} Chains;

static gboolean next_page(SoapCall *call, gpointer data)
{
    Chains *chains = data;
    Chain *chain = NULL;
    for (guint i = 0; i < chains->n && !chain; i++)
        if (!chains->chains[i].in_flight && !chains->chains[i].ended)
            chain = &chains->chains[i];
    if (!chain)
        return FALSE;
    GString *body = g_string_new(NULL);
    vcenter_append_manager(chain->vcenter, body, "_this", "propertyCollector");
    if (chain->token) {
        g_string_append(body, "<token>");
        xml_append_text(body, chain->token);
        g_string_append(body, "</token>");
    } else {
        g_string_append(body, "<specSet>");
        append_property_set(chain, body);
        append_object_sets(chain->query, body);
        g_string_append_printf(body, "</specSet><options><maxObjects>%d</maxObjects></options>",
                               PAGE_OBJECTS);
    }
    chain->in_flight = TRUE;
    *call = (SoapCall){.method = chain->token ? "ContinueRetrievePropertiesEx" : "RetrievePropertiesEx",
                       .body = g_string_free(body, FALSE),
                       .depth = 4,
                       .begin = chain_begin,
                       .take = take_part,
                       .fault = take_fault,
                       .done = chain_done,
                       .data = chain};
    return TRUE;
}

static void chain_open(Chain *chain, PropertyQuery *query, Vcenter *vcenter)
{
    *chain = (Chain){.query = query, .vcenter = vcenter};
    chain->index_of = g_hash_table_new(g_str_hash, g_str_equal);
    chain->values = g_new0(const Element *, query->n_paths);
    chain->faults = g_new0(SoapFault, query->n_paths);
    chain->unknown = g_new0(gboolean, query->n_paths);
    for (guint i = 0; i < query->n_paths && query->since; i++)
        chain->unknown[i] = query->since[i] && !vcenter_speaks(vcenter, query->since[i]);
    for (guint i = 0; i < query->n_paths; i++)
        g_hash_table_insert(chain->index_of, (gpointer)query->paths[i], GUINT_TO_POINTER(i + 1));
}

static void chain_close(Chain *chain)
{
    g_hash_table_destroy(chain->index_of);
    g_free(chain->values);
    g_free(chain->faults);
    g_free(chain->unknown);
    g_free(chain->token);
    g_free(chain->next_token);
}

gboolean properties_retrieve(Vcenter *vcenter, PropertyQuery *queries, guint n_queries, GError **error)
{
    Chains chains = {g_new(Chain, n_queries), n_queries};
    for (guint i = 0; i < n_queries; i++)
        chain_open(&chains.chains[i], &queries[i], vcenter);
    gboolean ok = soap_run(vcenter->soap, PARALLEL, next_page, &chains, error);
    for (guint i = 0; i < n_queries; i++)
        chain_close(&chains.chains[i]);
    g_free(chains.chains);
    return ok;
}

char *properties_view(Vcenter *vcenter, const char *const *kinds, GError **error)
{
    GString *body = vcenter_request(vcenter, "viewManager", error);
    if (!body)
        return NULL;
    vcenter_append_manager(vcenter, body, "container", "rootFolder");
    for (const char *const *kind = kinds; *kind; kind++)
        g_string_append_printf(body, "<type>%s</type>", *kind);
    g_string_append(body, "<recursive>true</recursive>");
    return vcenter_ask(vcenter, "CreateContainerView", body, error);
}
