/* SPDX-License-Identifier: MIT */
#include "collect/apart.h"

#include "collect/error.h"
#include "collect/escape.h"

#include <string.h>
#include <sys/stat.h>

static gboolean is_file(const char *path)
{
    return path && *path && strcmp(path, "-") != 0;
}

static gboolean are_one(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* the same where neither has to exist yet: by directory and name */
static gboolean will_be_one(const char *one, const char *other)
{
    g_autofree char *of_one = g_path_get_dirname(one), *of_other = g_path_get_dirname(other);
    g_autofree char *name = g_path_get_basename(one), *other_name = g_path_get_basename(other);
    return are_one(one, other) || (strcmp(name, other_name) == 0 && are_one(of_one, of_other));
}

static gboolean is_in(const char *path, const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(path);
    return g_file_test(directory, G_FILE_TEST_IS_DIR) && are_one(parent, directory);
}

static gboolean fail(const char *path, const char *what, GError **error)
{
    g_autofree char *shown = escape_for_message(path);
    g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected another file to write", shown, what);
    return FALSE;
}

gboolean files_are_apart(const GPtrArray *read, const char *const *written, guint n_written, GError **error)
{
    for (guint i = 0; i < n_written; i++) {
        if (!is_file(written[i]))
            continue;
        for (guint j = 0; j < read->len; j++) {
            const char *input = g_ptr_array_index(read, j);
            if (are_one(written[i], input))
                return fail(written[i], "a file that is read", error);
            if (is_in(written[i], input))
                return fail(written[i], "a place in a directory that is read", error);
        }
        for (guint j = 0; j < i; j++)
            if (is_file(written[j]) && will_be_one(written[i], written[j]))
                return fail(written[i], "a file that is written already", error);
    }
    return TRUE;
}

void files_add_read(GPtrArray *read, const char *path)
{
    if (is_file(path))
        g_ptr_array_add(read, (gpointer)path);
}

void files_add_all_read(GPtrArray *read, char *const *paths)
{
    for (; paths && *paths; paths++)
        files_add_read(read, *paths);
}
