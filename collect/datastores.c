/* SPDX-License-Identifier: MIT */
/*
 * Datastores: which of those that a host has mounted it reaches now.
 */
#include "collect/inventory.h"

#include <string.h>

enum { DATASTORE_MOUNTS, DATASTORE_ACCESSIBLE, DATASTORE_MODE };
const char *const datastore_paths[] = {
    [DATASTORE_MOUNTS] = "host",
    [DATASTORE_ACCESSIBLE] = "summary.accessible",
    [DATASTORE_MODE] = "summary.maintenanceMode",
};
const guint n_datastore_paths = G_N_ELEMENTS(datastore_paths);

static gboolean is_lost(const Inventory *inventory, const char *datastore, const char *host)
{
    g_autofree char *pair = g_strdup_printf("%s %s", datastore, host);
    return g_hash_table_contains(inventory->lost, datastore) || g_hash_table_contains(inventory->lost, pair);
}

/* DatastoreHostMount.mountInfo; a server that does not say is taken for one that has no trouble. */
gboolean inventory_take_datastore(Inventory *inventory, const PropertyQuery *query,
                                  const PropertyObject *object, GError **error)
{
    (void)error;
    const char *id = inventory_id(inventory, object->id);
    const char *mode = inventory_text(inventory, query, object, DATASTORE_MODE);
    if (inventory_flag_of(inventory, query, object, DATASTORE_ACCESSIBLE) == 0 ||
        g_strcmp0(mode, "inMaintenance") == 0) {
        g_hash_table_add(inventory->lost, g_strdup(id));
        return TRUE;
    }
    const Element *mounts = inventory_value(inventory, query, object, DATASTORE_MOUNTS);
    for (const Element *mount = mounts ? mounts->first : NULL; mount; mount = mount->next)
        if (inventory_flag(element_text(mount, "mountInfo.accessible")) == 0 ||
            inventory_flag(element_text(mount, "mountInfo.mounted")) == 0) {
            const char *host = inventory_id(inventory, element_text(mount, "key"));
            g_hash_table_add(inventory->lost, g_strdup_printf("%s %s", id, host));
        }
    return TRUE;
}

void inventory_prune_datastores(Inventory *inventory)
{
    Snapshot *snapshot = inventory->snapshot;
    if (g_hash_table_size(inventory->lost) == 0)
        return;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        Host *host = &snapshot->hosts[i];
        g_auto(GStrv) ids = list_split(host->datastores);
        g_autoptr(GString) reached = g_string_new(NULL);
        for (char **id = ids; *id; id++)
            if (!is_lost(inventory, *id, host->id))
                g_string_append_printf(reached, "%s%s", reached->len ? " " : "", *id);
        host->datastores = snapshot_string(snapshot, reached->str);
    }
}
