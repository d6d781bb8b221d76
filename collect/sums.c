/* SPDX-License-Identifier: MIT */
#include "collect/sums.h"

#include "collect/csv.h"
#include "collect/digest.h"
#include "collect/openpgp.h"

#include <string.h>

/* Takes a line of SHA256SUMS; FALSE where it is none, or names a file again. */
static gboolean note_sum(GHashTable *sums, char *line)
{
    if (strlen(line) <= DIGEST_HEX_LENGTH + 2 || line[DIGEST_HEX_LENGTH] != ' ' ||
        !strchr(" *", line[DIGEST_HEX_LENGTH + 1]))
        return FALSE;
    const char *name = line + DIGEST_HEX_LENGTH + 2;
    line[DIGEST_HEX_LENGTH] = '\0';
    return digest_is_hex(line) && !strchr(name, '/') &&
           g_hash_table_insert(sums, g_strdup(name), g_strdup(line));
}

gboolean sums_read(const char *path, GHashTable *sums, char **digest, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(path, &text, &length, &cause)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, cause->message);
        return FALSE;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    gboolean has_nul = strlen(text) != length;
    for (guint i = 0; i < n; i++) {
        gboolean last = i == n - 1;
        if (last && !has_nul && !*lines[i])
            break;
        if ((last && has_nul) || !note_sum(sums, lines[i])) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "%s:%u: found no sum of a file: expected lines as sha256sum writes them, each file "
                        "once",
                        path, i + 1);
            return FALSE;
        }
    }
    *digest = digest_of(text, length);
    return TRUE;
}

gboolean sums_name_every_file(GHashTable *sums, const char *directory, GError **error)
{
    g_autoptr(GDir) files = g_dir_open(directory, 0, error);
    const char *name;
    while (files && (name = g_dir_read_name(files))) {
        g_autofree char *plain = openpgp_plain_name(name);
        if (strcmp(name, SUMS_FILE) == 0 || g_hash_table_contains(sums, plain))
            continue;
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s/%s: found a file that " SUMS_FILE " does not name: expected none", directory, name);
        return FALSE;
    }
    return files != NULL;
}
