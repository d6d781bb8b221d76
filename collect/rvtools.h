/* SPDX-License-Identifier: MIT */
/*
 * An RVTools export as a source: what the tabs say becomes a snapshot's tables, and the momentary values one
 * sample each, of origin export. Documented in collect.1: which column becomes what, and what an export
 * cannot tell. rvtools.c puts a snapshot together, rvtoolshosts.c reads the tabs of clusters, hosts, resource
 * pools and datastores, rvtoolsvms.c those of VMs.
 *
 * Nothing is matched by a name that two have: such a row is left out, or what it says is.
 */
#ifndef COLLECT_RVTOOLS_H
#define COLLECT_RVTOOLS_H

#include "collect/inventory.h"
#include "collect/rvtoolstab.h"
#include "collect/samples.h"

#define MOST_MHZ 1e8
#define MOST_MIB 1e9
#define MOST_COUNT 1e5

/* a VM of vInfo, and what other tabs say of it */
typedef struct ExportedVm {
    Vm row;
    LeftOut left_out; /* why it is not taken, N_LEFT_OUT where it is */
    gboolean has_id;  /* of its own, which other tabs call it by */
    const char *datacenter, *cluster, *host, *pool;
    double measured[N_METRICS]; /* NAN where it was not */
    GString *pinned;            /* reasons; NULL for none */
    GString *datastores;        /* ids; NULL for none */
    gboolean datastores_unknown;
    guint64 number; /* of its row in vInfo */
} ExportedVm;

/* what was measured on a host */
typedef struct ExportedLoad {
    double cpu_mhz, memory_kib;
} ExportedLoad;

typedef struct Import {
    Spreadsheet *spreadsheet;
    Snapshot *snapshot;
    GPtrArray *warnings;    /* char *, owned by the caller */
    GString *server, *uuid; /* of the vCenter; empty where not stated */

    /* names to 1 + index, or NAME_AMBIGUOUS; names in places are made by import_place */
    GHashTable *clusters; /* by place */
    GHashTable *hosts, *placed_hosts;
    GHashTable *pools; /* by path */
    GHashTable *vms_by_id, *vms_by_name, *placed_vms;

    GHashTable *cluster_names; /* name to the one datacenter that has it, "\n" where several do */
    GHashTable *cluster_facts; /* name to Cluster: what vCluster says */
    GHashTable *strangers;     /* hosts without hardware, by name */
    GHashTable *datastores;    /* name to id, "" where several are called so */
    GArray *loads;             /* ExportedLoad, of each host */
    GArray *vms;               /* ExportedVm */
    gboolean has_paths, has_disk_paths, has_mounts; /* what knowing datastores takes */
    guint left_out[N_LEFT_OUT];
    guint unmatched; /* rows of tabs on VMs that could be of several */
    guint in_rules;  /* VMs that are in rules of DRS, of which an export has no more than names */
} Import;

#define NAME_AMBIGUOUS G_MAXUINT

/* the tabs on clusters, hosts, pools and datastores; those on VMs, which come after */
gboolean import_hosts(Import *import, GError **error);
gboolean import_vms(Import *import, GError **error);

/* ---- what they share ---- */

/* takes a vCenter's name and UUID; FALSE and an error where the rows above are of another one */
gboolean import_take_source(Import *import, const TabRow *row, guint server_column, guint uuid_column,
                            GError **error);

/* a name within a datacenter and a cluster, as a key; the caller frees it */
char *import_place(const char *datacenter, const char *cluster, const char *name);

/* notes an index by a name; finds it: 0 where there is none, NAME_AMBIGUOUS where there are several */
void import_note(GHashTable *names, const char *name, guint index);
guint import_find(GHashTable *names, const char *name);

/* the id in a cell, else one made of the words that name the object, which is the same in each export of it
 */
const char *import_id(Import *import, const TabRow *row, guint id_column, const char *kind,
                      const char *const *words);

/* a cell as the snapshot's string; that of machine's text may not be what a spreadsheet takes for a formula
 */
const char *import_text(Import *import, const TabRow *row, guint column);
gboolean import_plain(Import *import, const TabRow *row, guint column, const char **text, GError **error);

#endif
