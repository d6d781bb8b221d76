/* SPDX-License-Identifier: MIT */
/*
 * A snapshot: tables of what a vCenter (or another source) is configured as, and what was measured. One
 * directory, named file by file in SHA256SUMS, whose own SHA-256 is the snapshot's digest.
 *
 * In memory each table is a flat array; references between them are indices, -1 for none. Numbers are doubles
 * with the unit in their name: NAN is 'not known', INFINITY 'unlimited'. Words are indices into the enums
 * below, booleans 0 and 1, both -1 where not known. Strings are never NULL and belong to the snapshot.
 */
#ifndef COLLECT_SNAPSHOT_H
#define COLLECT_SNAPSHOT_H

#include "collect/csv.h"
#include "collect/table.h"

#define SNAPSHOT_FORMAT "vmanger-snapshot-1"

enum {
    DRS_OFF,
    DRS_MANUAL,
    DRS_PARTIAL,
    DRS_FULL,
    DRS_UNSTATED
}; /* unstated: on, the source says no level */
enum { VCLS_HEALTHY, VCLS_DEGRADED, VCLS_NONHEALTHY };
enum { HA_POLICY_OFF, HA_POLICY_PERCENT, HA_POLICY_SLOTS, HA_POLICY_HOSTS };
enum { CONNECTION_CONNECTED, CONNECTION_NOT_RESPONDING, CONNECTION_DISCONNECTED };
enum { HOST_POWER_ON, HOST_POWER_STANDBY, HOST_POWER_OFF, HOST_POWER_UNKNOWN };
enum { HOST_MODE_NORMAL, HOST_MODE_ENTERING, HOST_MODE_MAINTENANCE, HOST_MODE_QUARANTINE };
enum { VM_CONNECTED, VM_DISCONNECTED, VM_INACCESSIBLE, VM_INVALID, VM_ORPHANED };
enum { VM_POWER_ON, VM_POWER_OFF, VM_POWER_SUSPENDED };
enum { VM_ROLE_SYSTEM, VM_ROLE_PLACEHOLDER, VM_ROLE_VCENTER, VM_ROLE_IGNORE };
enum { DRS_OVERRIDE_DISABLED, DRS_OVERRIDE_MANUAL, DRS_OVERRIDE_PARTIAL, DRS_OVERRIDE_FULL };
enum { FT_ROLE_PRIMARY, FT_ROLE_SECONDARY };
enum { LATENCY_LOW, LATENCY_NORMAL, LATENCY_MEDIUM, LATENCY_HIGH, LATENCY_CUSTOM };
enum { SCSI_SHARING_NONE, SCSI_SHARING_VIRTUAL, SCSI_SHARING_PHYSICAL };
enum { RULE_VM_AFFINITY, RULE_VM_ANTI_AFFINITY, RULE_VM_HOST_AFFINITY, RULE_VM_HOST_ANTI_AFFINITY };
typedef struct SnapshotInfo {
    const char *format, *source_type, *source, *source_id, *product, *api_version, *account, *tool, *left_out;
    const char
        *rehearsal;  /* digests of the plans that were rehearsed: this is no measurement, but their result */
    gint64 taken_at; /* the source's clock */
    double window_s, interval_s;
} SnapshotInfo;

/* a migration domain: a vSphere cluster, or a host that stands alone */
typedef struct Cluster {
    const char *id, *name, *path, *evc_mode, *ha_failover_hosts;
    int drs, dpm, vsan, ha, ha_policy, vcls_health;
    double ha_failures, ha_reserve_cpu_pct, ha_reserve_memory_pct;
    double cpu_reservable_mhz,
        memory_reservable_mib; /* of the hosts that run: without the hypervisors' share */
} Cluster;

/* a vSphere resource pool */
typedef struct Pool {
    const char *id, *name, *parent_id, *cluster_id;
    double cpu_reservation_mhz, cpu_limit_mhz, cpu_shares, memory_reservation_mib, memory_limit_mib,
        memory_shares;
    double cpu_reservation_used_mhz, cpu_unreserved_mhz, memory_reservation_used_mib, memory_unreserved_mib;
    int cpu_expandable, memory_expandable;
    int parent, cluster; /* indices */
} Pool;

typedef struct Host {
    const char *id, *name, *uuid, *address, *cluster_id, *product, *cpu_model, *evc_mode, *max_evc_mode,
        *max_hardware_version, *datastores, *networks, *vgpu_profiles, *vsan_fault_domain, *capabilities;
    int connection, power, mode, standby_supported, maintenance_supported, vmotion;
    double cpu_cores, cpu_threads, core_mhz, cpu_mhz, memory_kib, numa_nodes, disk_capacity_kibps,
        net_capacity_kibps;
    int cluster; /* index */
} Host;

typedef struct Vm {
    const char *id, *name, *folder, *instance_uuid, *cluster_id, *pool_id, *host_id, *guest_id,
        *hardware_version, *managed_by, *evc_required, *ft_partner_ids, *disabled_methods, *datastores,
        *networks, *vgpu_profiles, *pinned, *requires;
    int power, connection, role, drs_override, memory_reservation_locked, cpu_hot_add, memory_hot_add,
        memory_hot_remove, fault_tolerance, ft_role, latency_sensitivity, instant_clone_parent,
        scsi_bus_sharing;
    double vcpus, cores_per_socket, memory_mib, cpu_reservation_mhz, cpu_limit_mhz, cpu_shares,
        memory_reservation_mib, memory_limit_mib, memory_shares, memory_hot_add_limit_mib,
        memory_hot_add_step_mib, cpu_hot_add_limit;
    int cluster, pool, host; /* indices */
} Vm;

typedef struct Rule {
    const char *id, *name, *cluster_id, *vm_ids, *host_ids;
    int type, mandatory, enabled;
    int cluster; /* index */
} Rule;

/* an EVC mode of the source: what a host or a VM calls by its key */
typedef struct EvcMode {
    const char *id, *name, *vendor, *tracks; /* tracks: a list, feature groups */
    double tier;
} EvcMode;

typedef struct Snapshot {
    SnapshotInfo info;
    Cluster *clusters;
    Pool *pools;
    Host *hosts;
    Vm *vms;
    Rule *rules;
    EvcMode *evc_modes; /* none: the source does not say */
    guint n_clusters, n_pools, n_hosts, n_vms, n_rules, n_evc_modes;
    char *digest;         /* hex; NULL for a directory without SHA256SUMS */
    GHashTable *sums;     /* file name to hex, of SHA256SUMS */
    GHashTable *entities; /* id to table and index of clusters, pools, hosts and VMs */
    GStringChunk *strings;
} Snapshot;

/* the tables' descriptions, for whoever writes or compares them */
extern const Table snapshot_table, clusters_table, pools_table, hosts_table, vms_table, rules_table,
    evc_modes_table;

/* ---- asking ---- */

/* checks a file's digest against SHA256SUMS, where there is one; path is what the error names */
gboolean snapshot_check_sum(const Snapshot *snapshot, const char *file, const char *path, const char *sha256,
                            GError **error);

/* the index of an entity by id, or -1 */
int snapshot_find_cluster(const Snapshot *snapshot, const char *id);
int snapshot_find_pool(const Snapshot *snapshot, const char *id);
int snapshot_find_host(const Snapshot *snapshot, const char *id);
int snapshot_find_vm(const Snapshot *snapshot, const char *id);

/* 1 where the EVC mode `wider` has every CPU feature of `narrower` (keys, of evc_modes.csv), 0 where it has
 * not, -1 where that is not known */
int snapshot_evc_includes(const Snapshot *snapshot, const char *wider, const char *narrower);

/* TRUE where the space-separated list has the id */
gboolean list_contains(const char *list, const char *id);

/* the list's ids, as a NULL-terminated vector to free with g_strfreev; an empty list has none */
char **list_split(const char *list);

/* TRUE where the cluster's list of failover hosts names the host and its policy is of that kind */
gboolean host_is_failover(const Snapshot *snapshot, const Host *host);

/* ---- building ---- */

/* an empty snapshot: fill info, then add rows and link them (collect/references.h); strings are copied into
 * the snapshot's pool */
Snapshot *snapshot_new(void);

void snapshot_free(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_free)

/* the snapshot's own copy of a string (equal ones once); NULL becomes "" */
const char *snapshot_string(Snapshot *snapshot, const char *text);

/* a copy of the row joins its table; the row's strings must be the snapshot's (snapshot_string) */
void snapshot_add_cluster(Snapshot *snapshot, const Cluster *cluster);
void snapshot_add_pool(Snapshot *snapshot, const Pool *pool);
void snapshot_add_host(Snapshot *snapshot, const Host *host);
void snapshot_add_vm(Snapshot *snapshot, const Vm *vm);
void snapshot_add_rule(Snapshot *snapshot, const Rule *rule);
void snapshot_add_evc_mode(Snapshot *snapshot, const EvcMode *mode);

/* rows with every number NAN, every word -1 and every string "": what is not known */
Cluster cluster_unknown(void);
Pool pool_unknown(void);
Host host_unknown(void);
Vm vm_unknown(void);
Rule rule_unknown(void);
EvcMode evc_mode_unknown(void);

/* ---- the tables alike ---- */

/* the tables of many rows, in the order in which they are read and written */
enum { TABLE_CLUSTERS, TABLE_POOLS, TABLE_HOSTS, TABLE_VMS, TABLE_RULES, TABLE_EVC_MODES, N_TABLES };
extern const Table *const snapshot_tables[N_TABLES];

/* a table's rows as bytes, their number and the size of one */
typedef struct Rows {
    char *rows;
    guint n;
    gsize size;
} Rows;

Rows snapshot_rows(const Snapshot *snapshot, int table);

/* a copy of the row joins the table, as by snapshot_add_cluster … */
void snapshot_add(Snapshot *snapshot, int table, gconstpointer row);

const char *snapshot_row_id(const Snapshot *snapshot, int table, guint index);

/* lets rows be found by id from now on; FALSE where an id stands twice, at the second row of it */
gboolean snapshot_index(Snapshot *snapshot, int *table, guint *index);

/* the index of a cluster, pool, host or VM by id, or -1 */
int snapshot_find(const Snapshot *snapshot, int table, const char *id);

#endif
