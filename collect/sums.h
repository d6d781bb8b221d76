/* SPDX-License-Identifier: MIT */
/*
 * SHA256SUMS: names every file of a snapshot, line by line as `sha256sum` writes and checks it. Its own
 * SHA-256 is the snapshot's digest.
 */
#ifndef COLLECT_SUMS_H
#define COLLECT_SUMS_H

#include <glib.h>

#define SUMS_FILE "SHA256SUMS"

/* reads the file at path into sums (file name to hex, which own both); digest receives its own SHA-256, owned
 * by the caller. A line that is no sum, a path and a file named twice are errors */
gboolean sums_read(const char *path, GHashTable *sums, char **digest, GError **error);

/* FALSE where the directory holds a file that sums do not name */
gboolean sums_name_every_file(GHashTable *sums, const char *directory, GError **error);

#endif
