/* SPDX-License-Identifier: MIT */
/*
 * Certificates that a person has accepted before, as govc keeps them: files of lines "HOST[:PORT]
 * THUMBPRINT", where the thumbprint is a SHA-1 or SHA-256 in hex.
 */
#ifndef COLLECT_KNOWNHOSTS_H
#define COLLECT_KNOWNHOSTS_H

#include <glib.h>

typedef struct KnownHost {
    char *thumbprint; /* NULL where the server is not known */
    char *place;      /* file:line */
} KnownHost;

/* looks for the server of an address (https://host/…) in files whose paths are separated by ':'; the last
 * line of a server counts. A file that is not there is left out; FALSE for one that cannot be read */
gboolean knownhosts_find(const char *paths, const char *url, KnownHost *known, GError **error);

void knownhost_clear(KnownHost *known);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KnownHost, knownhost_clear)

#endif
