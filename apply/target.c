/* SPDX-License-Identifier: MIT */
#include "apply/target.h"

#include "collect/libvirthosts.h"

#include <string.h>

Target *target_open(const char *name, const char *output, const OpenPgp *keys, Connection *connection,
                    const Program *program, GError **error)
{
    if (connection->url)
        return target_vsphere_new(connection, program, error);
    if (g_str_has_prefix(name, LIBVIRT_PREFIX))
        return target_libvirt_new(name, connection, program, error);
    if (!strstr(name, "://"))
        return target_directory_new(name, output, keys, error);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found another kind of target: expected https://HOST/sdk, libvirt:FILE or a snapshot's "
                "directory",
                name);
    return NULL;
}

void step_call_clear(StepCall *call)
{
    g_clear_pointer(&call->task, g_free);
    g_clear_pointer(&call->unknown, g_free);
    g_clear_pointer(&call->detail, g_free);
}

void refusal_free(Refusal *refusal)
{
    g_free(refusal->fault);
    g_free(refusal);
}

/* A target as people know it; the caller frees it. */
static char *describe(const char *target)
{
    const char *id = target + strcspn(target, " ");
    return g_strdup_printf("%s%s",
                           journal_target_is(target, JOURNAL_DIRECTORY)
                               ? "a rehearsal on a snapshot's directory"
                           : journal_target_is(target, JOURNAL_LIBVIRT) ? "work on hosts by libvirt"
                                                                        : "work on a vCenter",
                           id);
}

/* An older apply wrote the kind alone. */
static gboolean is_same(const char *recorded, const char *kind, const char *id)
{
    const char *recorded_id = strchr(recorded, ' ');
    return journal_target_is(recorded, kind) && (!recorded_id || strcmp(recorded_id + 1, id) == 0);
}

gboolean target_check_journal(Target *target, const Journal *journal, GError **error)
{
    const char *kind = target->class->kind, *id = target->class->identity(target);
    for (guint i = 0; i < journal->rows->len; i++) {
        const char *recorded = journal_row_target(&g_array_index(journal->rows, JournalRow, i));
        if (!*recorded || is_same(recorded, kind, id))
            continue;
        g_autofree char *present = g_strdup_printf("%s %s", kind, id);
        g_autofree char *found = describe(recorded);
        g_autofree char *expected = describe(present);
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found the journal of %s: expected that of %s, or a new file (--journal FILE)",
                    journal->path, found, expected);
        return FALSE;
    }
    return TRUE;
}

void target_free(Target *target)
{
    if (target)
        target->class->free(target);
}
