/* SPDX-License-Identifier: MIT */
#include "collect/libvirthosts.h"

#include "collect/csv.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/table.h"

#include <stddef.h>
#include <string.h>

#define MOST_KIBPS 1e9
#define SOURCE_ID "#source_id"

#define AT(member) G_STRUCT_OFFSET(LibvirtHost, member)
static const Column host_columns[] = {
    {"uri", CELL_PLAIN, AT(uri), COLUMN_REQUIRED, 0, NULL},
    {"cluster", CELL_TEXT, AT(cluster), COLUMN_REQUIRED, 0, NULL},
    {"name", CELL_TEXT, AT(name), 0, 0, NULL},
    {"peer_uri", CELL_PLAIN, AT(peer_uri), 0, 0, NULL},
    {"migrate_uri", CELL_PLAIN, AT(migrate_uri), 0, 0, NULL},
    {"net_capacity_kibps", CELL_WHOLE, AT(net_capacity_kibps), 0, MOST_KIBPS, NULL},
    {"disk_capacity_kibps", CELL_WHOLE, AT(disk_capacity_kibps), 0, MOST_KIBPS, NULL},
};
static const Table hosts_file = {"hosts", host_columns, G_N_ELEMENTS(host_columns), TRUE};

/* ---- addresses ---- */

#define SPLIT_FLAGS (G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED)

/* Without the cell's text, which may hold a password. */
static gboolean fail_unshown(const CsvReader *csv, const char *column, const char *found,
                             const char *expected, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s",
                csv_reader_name(csv), csv_reader_line(csv), column, found, expected);
    return FALSE;
}

/* An address as libvirt takes it: a scheme, and no password, for which it has files of its own. */
static gboolean check_uri(const CsvReader *csv, const char *column, const char *uri, GError **error)
{
    static const char expected[] = "a URI as virsh -c takes it: qemu+tls://host.example/system";
    g_autofree char *scheme = NULL, *user = NULL;
    gboolean is_uri = g_uri_split_with_user(uri, SPLIT_FLAGS, &scheme, &user, NULL, NULL, NULL, NULL, NULL,
                                            NULL, NULL, NULL);
    if (is_uri && user && strchr(user, ':'))
        return fail_unshown(csv, column, "an address with a password in it",
                            "none there: libvirt reads passwords from its own auth.conf", error);
    for (const char *at = uri; is_uri && *at; at++)
        is_uri = (guchar)*at > ' ' && *at != '\x7f';
    if (is_uri && scheme)
        return TRUE;
    if (strchr(uri, '@'))
        return fail_unshown(csv, column, "an address that cannot be read", expected, error);
    csv_reader_fail(csv, column, uri, expected, error);
    return FALSE;
}

static const char *default_name(LibvirtHosts *hosts, const char *uri)
{
    g_autofree char *host = NULL;
    g_uri_split(uri, SPLIT_FLAGS, NULL, NULL, &host, NULL, NULL, NULL, NULL, NULL);
    return host && *host ? g_string_chunk_insert(hosts->strings, host) : uri;
}

/* ---- rows ---- */

static gboolean complete(LibvirtHosts *hosts, LibvirtHost *host, const CsvReader *csv, GHashTable *lines,
                         GError **error)
{
    host->line = csv_reader_line(csv);
    if (!check_uri(csv, "uri", host->uri, error) ||
        (*host->peer_uri && !check_uri(csv, "peer_uri", host->peer_uri, error)) ||
        (*host->migrate_uri && !check_uri(csv, "migrate_uri", host->migrate_uri, error)))
        return FALSE;
    const guint64 *line = g_hash_table_lookup(lines, host->uri);
    if (line) {
        g_autofree char *expected =
            g_strdup_printf("each host once (this one stands in line %" G_GUINT64_FORMAT ")", *line);
        csv_reader_fail(csv, "uri", host->uri, expected, error);
        return FALSE;
    }
    g_hash_table_insert(lines, (gpointer)host->uri, g_memdup2(&host->line, sizeof host->line));
    host->peer_uri = *host->peer_uri ? host->peer_uri : host->uri;
    host->name = *host->name ? host->name : default_name(hosts, host->uri);
    return TRUE;
}

/* A row before the header: the estate's name. The reader then stands on the header. */
static gboolean read_source_id(LibvirtHosts *hosts, CsvReader *csv, GError **error)
{
    if (strcmp(csv_reader_cell(csv, 0), SOURCE_ID) != 0)
        return TRUE;
    const char *name = csv_reader_n_cells(csv) > 1 ? csv_reader_cell(csv, 1) : "";
    if (!*name) {
        csv_reader_fail(csv, SOURCE_ID, name, "a name of the estate in the second cell", error);
        return FALSE;
    }
    hosts->source_id = escape_id(name);
    return csv_reader_next(csv, error);
}

static int compare_uris(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A host that is silent stands in the file as ever, so the name stays. */
static char *digest_of_uris(const LibvirtHosts *hosts)
{
    g_autoptr(GPtrArray) uris = g_ptr_array_new();
    for (guint i = 0; i < hosts->n_hosts; i++)
        g_ptr_array_add(uris, (gpointer)hosts->hosts[i].uri);
    g_ptr_array_sort(uris, compare_uris);
    g_autoptr(Digest) digest = digest_new();
    for (guint i = 0; i < uris->len; i++)
        digest_update_cell(digest, uris->pdata[i]);
    return digest_hex(digest);
}

static gboolean read_rows(LibvirtHosts *hosts, CsvReader *csv, GError **error)
{
    g_autoptr(TableReader) reader = table_reader_new(&hosts_file, csv, hosts->strings, error);
    if (!reader)
        return FALSE;
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(LibvirtHost));
    g_autoptr(GError) failure = NULL;
    LibvirtHost host;
    while (table_reader_next(reader, &host, &failure)) {
        if (!complete(hosts, &host, csv, lines, error))
            return FALSE;
        g_array_append_val(rows, host);
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (rows->len == 0) {
        csv_reader_fail(csv, "uri", "", "a row for each host", error);
        return FALSE;
    }
    hosts->n_hosts = rows->len;
    hosts->hosts = (LibvirtHost *)(gpointer)g_array_free(g_steal_pointer(&rows), FALSE);
    return TRUE;
}

static LibvirtHosts *read_hosts(CsvReader *csv, const char *path, GError **error)
{
    g_autoptr(LibvirtHosts) hosts = g_new0(LibvirtHosts, 1);
    g_autoptr(GError) failure = NULL;
    hosts->path = g_strdup(path);
    hosts->strings = g_string_chunk_new(4096);
    csv_reader_take_sheet(csv);
    if (!csv_reader_next(csv, &failure) || !read_source_id(hosts, csv, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            g_set_error(error, VMANGER_ERROR, 0,
                        "%s: found no header: expected the columns uri and cluster, and a row for each host",
                        path);
        return NULL;
    }
    if (!read_rows(hosts, csv, error))
        return NULL;
    if (!hosts->source_id)
        hosts->source_id = digest_of_uris(hosts);
    return g_steal_pointer(&hosts);
}

LibvirtHosts *libvirt_hosts_read(const char *path, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    return csv ? read_hosts(csv, path, error) : NULL;
}

LibvirtHosts *libvirt_hosts_parse(const char *bytes, gsize length, const char *name, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(bytes, length, name, error);
    return csv ? read_hosts(csv, name, error) : NULL;
}

const LibvirtHost *libvirt_hosts_find(const LibvirtHosts *hosts, const char *uri)
{
    for (guint i = 0; i < hosts->n_hosts; i++)
        if (strcmp(hosts->hosts[i].uri, uri) == 0)
            return &hosts->hosts[i];
    return NULL;
}

void libvirt_hosts_free(LibvirtHosts *hosts)
{
    if (!hosts)
        return;
    g_free(hosts->hosts);
    g_free(hosts->path);
    g_free(hosts->source_id);
    g_string_chunk_free(hosts->strings);
    g_free(hosts);
}
