/* SPDX-License-Identifier: MIT */
#include "collect/knownhosts.h"

#include "collect/csv.h"

#include <string.h>

#define HTTPS_PORT 443

/* "host:port", in small letters; NULL for what is no server. The caller frees it */
static char *server_of(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    if (!uri || !g_uri_get_host(uri))
        return NULL;
    int port = g_uri_get_port(uri);
    g_autofree char *host = g_ascii_strdown(g_uri_get_host(uri), -1);
    return g_strdup_printf("%s:%d", host, port > 0 ? port : HTTPS_PORT);
}

static void look_in(const char *path, const char *text, const char *server, KnownHost *known)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *space = strchr(g_strstrip(lines[i]), ' ');
        if (!space)
            continue;
        *space = '\0';
        g_autofree char *url = g_strconcat("https://", lines[i], NULL);
        g_autofree char *one = server_of(url);
        if (!one || strcmp(one, server) != 0)
            continue;
        knownhost_clear(known);
        known->thumbprint = g_strdup(g_strchug(space + 1));
        known->place = g_strdup_printf("%s:%u", path, i + 1);
    }
}

gboolean knownhosts_find(const char *paths, const char *url, KnownHost *known, GError **error)
{
    g_auto(GStrv) files = g_strsplit(paths, ":", -1);
    g_autofree char *server = server_of(url);
    for (char **file = files; server && *file; file++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) cause = NULL;
        if (!**file || !g_file_test(*file, G_FILE_TEST_EXISTS))
            continue;
        if (!g_file_get_contents(*file, &text, NULL, &cause)) {
            g_set_error(error, VMANGER_ERROR, 0, "GOVC_TLS_KNOWN_HOSTS: %s", cause->message);
            return FALSE;
        }
        look_in(*file, text, server, known);
    }
    return TRUE;
}

void knownhost_clear(KnownHost *known)
{
    g_clear_pointer(&known->thumbprint, g_free);
    g_clear_pointer(&known->place, g_free);
}
