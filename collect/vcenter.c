/* SPDX-License-Identifier: MIT */
#include "collect/vcenter.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/table.h"

#include <string.h>

#define LOGOUT_TIMEOUT_S 10

/* API versions that this program was written against; a server speaks all older ones, too. */
static const guint oldest_version[] = {6, 5, 0, 0}, newest_version[] = {8, 0, 3, 0};
#define VERSION_PARTS G_N_ELEMENTS(oldest_version)

typedef struct Reference {
    char *kind, *id;
} Reference;

static void reference_free(gpointer data)
{
    Reference *reference = data;
    g_free(reference->kind);
    g_free(reference->id);
    g_free(reference);
}

/* ---- the version ---- */

static void read_version(const char *text, guint parts[VERSION_PARTS])
{
    g_auto(GStrv) words = g_strsplit(text, ".", VERSION_PARTS);
    guint n = g_strv_length(words);
    for (guint i = 0; i < VERSION_PARTS; i++)
        parts[i] = n > 1 && i < n ? (guint)g_ascii_strtoull(words[i], NULL, 10) : 0;
}

static int compare_versions(const guint *a, const guint *b)
{
    for (guint i = 0; i < VERSION_PARTS; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

typedef struct Versions {
    char *best;   /* the newest that both sides know; NULL for none */
    char *newest; /* the server's; NULL where it has no urn:vim25 */
} Versions;

static void consider_version(Versions *versions, const char *text)
{
    guint offered[VERSION_PARTS], best[VERSION_PARTS] = {0};
    read_version(text, offered);
    if (versions->best)
        read_version(versions->best, best);
    if (compare_versions(offered, oldest_version) < 0 || compare_versions(offered, newest_version) > 0 ||
        compare_versions(offered, best) <= 0)
        return;
    g_free(versions->best);
    versions->best = g_strdup(text);
}

/* vimServiceVersions.xml: namespaces, each with a name, its version, and priorVersions. */
static gboolean take_namespace(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Versions *versions = data;
    const char *version = element_text(element, "version");
    if (g_strcmp0(element_text(element, "name"), "urn:vim25") != 0 || !version)
        return TRUE;
    g_free(versions->newest);
    versions->newest = g_strdup(version);
    consider_version(versions, version);
    const Element *prior = element_at(element, "priorVersions");
    for (const Element *one = prior ? prior->first : NULL; one; one = one->next)
        consider_version(versions, one->text);
    return TRUE;
}

static gboolean agree_on_version(Vcenter *vcenter, GError **error)
{
    Versions versions = {0};
    gboolean ok =
        soap_get(vcenter->soap, "/vimServiceVersions.xml", "namespaces", 1, take_namespace, &versions, error);
    if (ok && !versions.best) {
        g_autofree char *found = escape_for_message(versions.newest ? versions.newest : "");
        g_set_error(error, VMANGER_ERROR, 0, "%s: found vSphere API %s: expected 6.5 or later",
                    vcenter->connection->url, found);
        ok = FALSE;
    }
    if (ok)
        soap_set_version(vcenter->soap, versions.best);
    g_free(versions.best);
    g_free(versions.newest);
    return ok;
}

gboolean vcenter_speaks(const Vcenter *vcenter, const char *version)
{
    guint asked[VERSION_PARTS], spoken[VERSION_PARTS];
    read_version(version, asked);
    read_version(vcenter->api_version, spoken);
    return compare_versions(spoken, asked) >= 0;
}

/* ---- requests ---- */

gboolean vcenter_append_manager(const Vcenter *vcenter, GString *out, const char *name, const char *manager)
{
    const Reference *reference = g_hash_table_lookup(vcenter->managers, manager);
    if (reference)
        soap_append_reference(out, name, reference->kind, reference->id);
    return reference != NULL;
}

const char *vcenter_manager(const Vcenter *vcenter, const char *manager)
{
    const Reference *reference = g_hash_table_lookup(vcenter->managers, manager);
    return reference ? reference->id : NULL;
}

GString *vcenter_request(const Vcenter *vcenter, const char *manager, GError **error)
{
    GString *body = g_string_new(NULL);
    if (vcenter_append_manager(vcenter, body, "_this", manager))
        return body;
    g_string_free(body, TRUE);
    g_set_error(error, VMANGER_ERROR, 0, "%s: the server has no %s", vcenter->connection->url, manager);
    return NULL;
}

static gboolean take_text(const Element *element, gpointer data, GError **error)
{
    (void)error;
    char **text = data;
    g_free(*text);
    *text = g_strdup(element->text);
    return TRUE;
}

static char *ask_once(Vcenter *vcenter, const char *method, const GString *body, const char *operation,
                      gboolean changes, GError **error)
{
    char *text = NULL;
    SoapCall call = {.method = method,
                     .body = g_strdup(body->str),
                     .depth = 3,
                     .operation = operation,
                     .changes = changes,
                     .take = take_text,
                     .data = &text};
    if (soap_call(vcenter->soap, &call, error))
        return text ? text : g_strdup("");
    g_free(text);
    return NULL;
}

/* A call that found no session did nothing, and so may be made again whatever it does. */
static char *ask(Vcenter *vcenter, const char *method, GString *body, const char *operation, gboolean changes,
                 GError **error)
{
    g_autoptr(GError) failure = NULL;
    char *answer = ask_once(vcenter, method, body, operation, changes, &failure);
    if (vcenter->renews && g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION)) {
        g_clear_error(&failure);
        answer = vcenter_login(vcenter, &failure)
                     ? ask_once(vcenter, method, body, operation, changes, &failure)
                     : NULL;
    }
    g_string_free(body, TRUE);
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return answer;
}

char *vcenter_ask(Vcenter *vcenter, const char *method, GString *body, GError **error)
{
    return ask(vcenter, method, body, NULL, FALSE, error);
}

char *vcenter_change(Vcenter *vcenter, const char *method, GString *body, const char *operation,
                     GError **error)
{
    return ask(vcenter, method, body, operation, TRUE, error);
}

gboolean vcenter_parse_time(const char *text, gint64 *seconds)
{
    if (table_parse_time(text, seconds))
        return TRUE;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    g_autofree char *written = time ? table_format_time(g_date_time_to_unix(time)) : NULL;
    return written && table_parse_time(written, seconds); /* of the years that files can hold */
}

gboolean vcenter_time(Vcenter *vcenter, gint64 *seconds, GError **error)
{
    GString *body = g_string_new("<_this type=\"ServiceInstance\">ServiceInstance</_this>");
    g_autofree char *text = vcenter_ask(vcenter, "CurrentTime", body, error);
    if (!text)
        return FALSE;
    if (vcenter_parse_time(text, seconds))
        return TRUE;
    g_autofree char *found = escape_for_message(text);
    g_set_error(error, VMANGER_ERROR, 0, "%s: CurrentTime: found %s: expected a time",
                vcenter->connection->url, found);
    return FALSE;
}

/* ---- the session ---- */

/* ServiceContent: what the server is, and a reference to each of its managers. */
static gboolean take_content(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Vcenter *vcenter = data;
    for (const Element *child = element->first; child; child = child->next) {
        if (!*child->kind)
            continue;
        Reference *reference = g_new(Reference, 1);
        *reference = (Reference){g_strdup(child->kind), g_strdup(child->text)};
        g_hash_table_insert(vcenter->managers, g_strdup(child->name), reference);
    }
    const char *product = element_text(element, "about.fullName");
    const char *version = element_text(element, "about.apiVersion");
    const char *uuid = element_text(element, "about.instanceUuid");
    g_free(vcenter->product);
    g_free(vcenter->api_version);
    g_free(vcenter->instance_uuid);
    vcenter->product = g_strdup(product ? product : "");
    vcenter->api_version = g_strdup(version ? version : "");
    vcenter->instance_uuid = escape_id(uuid ? uuid : ""); /* it names the source in files */
    vcenter->is_vcenter = g_strcmp0(element_text(element, "about.apiType"), "VirtualCenter") == 0;
    return TRUE;
}

static gboolean read_content(Vcenter *vcenter, GError **error)
{
    SoapCall call = {.method = "RetrieveServiceContent",
                     .body = g_strdup("<_this type=\"ServiceInstance\">ServiceInstance</_this>"),
                     .depth = 3,
                     .take = take_content,
                     .data = vcenter};
    return soap_call(vcenter->soap, &call, error);
}

static gboolean take_session(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Vcenter *vcenter = data;
    const char *account = element_text(element, "userName"), *key = element_text(element, "key");
    g_free(vcenter->session);
    vcenter->session = g_strdup(key ? key : "");
    g_free(vcenter->account);
    vcenter->account = g_strdup(account ? account : vcenter->connection->username);
    vcenter->logged_in = TRUE;
    return TRUE;
}

gboolean vcenter_login(Vcenter *vcenter, GError **error)
{
    if (!connection_ask(vcenter->connection, error))
        return FALSE;
    if (vcenter->connection->warning)
        program_warn(vcenter->program, "%s", vcenter->connection->warning);
    g_clear_pointer(&vcenter->connection->warning, g_free);
    const char *username = vcenter->connection->username, *password = vcenter->connection->password;
    g_autoptr(GString) body = g_string_sized_new(512 + 6 * (strlen(username) + strlen(password)));
    if (!vcenter_append_manager(vcenter, body, "_this", "sessionManager")) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: the server has no session manager",
                    vcenter->connection->url);
        return FALSE;
    }
    g_string_append(body, "<userName>");
    xml_append_text(body, username);
    g_string_append(body, "</userName><password>");
    xml_append_text(body, password);
    g_string_append(body, "</password>");
    vcenter->logged_in = FALSE;
    SoapCall call = {.method = "Login",
                     .body = g_strdup(body->str),
                     .depth = 3,
                     .changes = TRUE,
                     .outlasts = TRUE,
                     .take = take_session,
                     .data = vcenter};
    explicit_bzero(body->str, body->len);
    g_autoptr(GError) failure = NULL;
    if (soap_call(vcenter->soap, &call, &failure))
        return TRUE;
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
        g_autofree char *account = escape_for_message(username);
        g_prefix_error(&failure, "account %s: ", account);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Vcenter *vcenter_open(Connection *connection, const Program *program, GError **error)
{
    g_autoptr(Vcenter) vcenter = g_new0(Vcenter, 1);
    vcenter->connection = connection;
    vcenter->program = program;
    vcenter->managers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, reference_free);
    vcenter->soap = soap_new(connection, program, error);
    if (!vcenter->soap)
        return NULL;
    if (connection->insecure && !connection->cacert && !connection->thumbprint)
        program_warn(program, "%s: the server's certificate is not verified (--insecure)", connection->url);
    if (!agree_on_version(vcenter, error) || !read_content(vcenter, error) || !vcenter_login(vcenter, error))
        return NULL;
    return g_steal_pointer(&vcenter);
}

void vcenter_close(Vcenter *vcenter)
{
    if (!vcenter)
        return;
    GString *body = vcenter->logged_in ? vcenter_request(vcenter, "sessionManager", NULL) : NULL;
    if (body) {
        gint *timeout_s = &vcenter->connection->timeout_s.value;
        *timeout_s = MIN(*timeout_s, LOGOUT_TIMEOUT_S);
        soap_outlast(vcenter->soap, 0);
        g_free(vcenter_change(vcenter, "Logout", body, NULL, NULL));
    }
    soap_free(vcenter->soap);
    g_hash_table_destroy(vcenter->managers);
    g_free(vcenter->product);
    g_free(vcenter->api_version);
    g_free(vcenter->instance_uuid);
    g_free(vcenter->account);
    g_free(vcenter->session);
    g_free(vcenter);
}
