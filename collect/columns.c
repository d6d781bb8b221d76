/* SPDX-License-Identifier: MIT */
/*
 * The columns of a snapshot's tables, in the order in which they are written.
 */
#include "collect/samples.h"

#define MOST_MHZ 1e8
#define MOST_MIB 1e9
#define MOST_KIB 1e12
#define MOST_COUNT 1e5

static const char *const drs_words[] = {"off", "manual", "partial", "full", "unstated", NULL};
static const char *const dpm_words[] = {"off", "manual", "partial", "full", NULL};
static const char *const vcls_health_words[] = {"healthy", "degraded", "nonhealthy", NULL};
static const char *const ha_policy_words[] = {"off", "percent", "slots", "hosts", NULL};
static const char *const host_connection_words[] = {"connected", "not_responding", "disconnected", NULL};
static const char *const host_power_words[] = {"on", "standby", "off", "unknown", NULL};
static const char *const host_mode_words[] = {"normal", "entering", "maintenance", "quarantine", NULL};
static const char *const vm_power_words[] = {"on", "off", "suspended", NULL};
static const char *const vm_connection_words[] = {"connected", "disconnected", "inaccessible",
                                                  "invalid",   "orphaned",     NULL};
static const char *const vm_role_words[] = {"system", "placeholder", "vcenter", "ignore", NULL};
static const char *const override_words[] = {"disabled", "manual", "partial", "full", NULL};
static const char *const ft_role_words[] = {"primary", "secondary", NULL};
static const char *const latency_words[] = {"low", "normal", "medium", "high", "custom", NULL};
static const char *const scsi_sharing_words[] = {"none", "virtual", "physical", NULL};
static const char *const rule_type_words[] = {"vm_affinity", "vm_anti_affinity", "vm_host_affinity",
                                              "vm_host_anti_affinity", NULL};

#define REQUIRED COLUMN_REQUIRED
#define UNLIMITED COLUMN_UNLIMITED
#define AT(member) G_STRUCT_OFFSET(ROW, member)
#define ID(member, flags)                                                                                    \
    {                                                                                                        \
#member, CELL_ID, AT(member), flags, 0, NULL                                                         \
    }
#define LIST(member)                                                                                         \
    {                                                                                                        \
#member, CELL_LIST, AT(member), 0, 0, NULL                                                           \
    }
#define TEXT(member, flags)                                                                                  \
    {                                                                                                        \
#member, CELL_TEXT, AT(member), flags, 0, NULL                                                       \
    }
#define PLAIN(member, flags)                                                                                 \
    {                                                                                                        \
#member, CELL_PLAIN, AT(member), flags, 0, NULL                                                      \
    }
#define WORD(member, flags, words)                                                                           \
    {                                                                                                        \
#member, CELL_WORD, AT(member), flags, 0, words                                                      \
    }
#define YES_NO(member)                                                                                       \
    {                                                                                                        \
#member, CELL_YES_NO, AT(member), 0, 0, NULL                                                         \
    }
#define WHOLE(member, flags, most)                                                                           \
    {                                                                                                        \
#member, CELL_WHOLE, AT(member), flags, most, NULL                                                   \
    }
#define DECIMAL(member, flags, most)                                                                         \
    {                                                                                                        \
#member, CELL_DECIMAL, AT(member), flags, most, NULL                                                 \
    }

#define ROW SnapshotInfo
static const Column snapshot_columns[] = {
    PLAIN(format, REQUIRED),
    {"taken_at", CELL_TIME, AT(taken_at), REQUIRED, 0, NULL},
    PLAIN(source_type, REQUIRED),
    PLAIN(source, 0),
    ID(source_id, REQUIRED),
    TEXT(product, 0),
    PLAIN(api_version, 0),
    TEXT(account, 0),
    WHOLE(window_s, REQUIRED, 1e7),
    WHOLE(interval_s, REQUIRED, 1e7),
    PLAIN(tool, 0),
    LIST(rehearsal),
    LIST(left_out),
};
#undef ROW

#define ROW Cluster
static const Column clusters_columns[] = {
    ID(id, REQUIRED),
    TEXT(name, REQUIRED),
    TEXT(path, 0),
    WORD(drs, 0, drs_words),
    WORD(dpm, 0, dpm_words),
    PLAIN(evc_mode, 0),
    YES_NO(vsan),
    YES_NO(ha),
    WORD(ha_policy, 0, ha_policy_words),
    WHOLE(ha_failures, 0, MOST_COUNT),
    DECIMAL(ha_reserve_cpu_pct, 0, 100),
    DECIMAL(ha_reserve_memory_pct, 0, 100),
    LIST(ha_failover_hosts),
    WORD(vcls_health, 0, vcls_health_words),
    WHOLE(cpu_reservable_mhz, 0, MOST_MHZ),
    WHOLE(memory_reservable_mib, 0, MOST_MIB),
};
#undef ROW

#define ROW Pool
static const Column pools_columns[] = {
    ID(id, REQUIRED),
    TEXT(name, REQUIRED),
    ID(parent_id, 0),
    ID(cluster_id, REQUIRED),
    DECIMAL(cpu_reservation_mhz, 0, MOST_MHZ),
    DECIMAL(cpu_limit_mhz, UNLIMITED, MOST_MHZ),
    YES_NO(cpu_expandable),
    WHOLE(cpu_shares, 0, MOST_MIB),
    WHOLE(memory_reservation_mib, 0, MOST_MIB),
    WHOLE(memory_limit_mib, UNLIMITED, MOST_MIB),
    YES_NO(memory_expandable),
    WHOLE(memory_shares, 0, MOST_MIB),
    WHOLE(cpu_reservation_used_mhz, 0, MOST_MHZ),
    WHOLE(cpu_unreserved_mhz, 0, MOST_MHZ),
    WHOLE(memory_reservation_used_mib, 0, MOST_MIB),
    WHOLE(memory_unreserved_mib, 0, MOST_MIB),
};
#undef ROW

#define ROW Host
static const Column hosts_columns[] = {
    ID(id, REQUIRED),
    TEXT(name, REQUIRED),
    PLAIN(uuid, 0),
    PLAIN(address, 0),
    ID(cluster_id, REQUIRED),
    WORD(connection, REQUIRED, host_connection_words),
    WORD(power, REQUIRED, host_power_words),
    WORD(mode, REQUIRED, host_mode_words),
    YES_NO(standby_supported),
    PLAIN(cpu_model, 0),
    PLAIN(evc_mode, 0),
    WHOLE(cpu_cores, 0, MOST_COUNT),
    WHOLE(cpu_threads, 0, MOST_COUNT),
    DECIMAL(core_mhz, REQUIRED, MOST_COUNT),
    DECIMAL(cpu_mhz, REQUIRED, MOST_MHZ),
    WHOLE(memory_kib, REQUIRED, MOST_KIB),
    WHOLE(numa_nodes, 0, MOST_COUNT),
    WHOLE(disk_capacity_kibps, 0, MOST_KIB),
    WHOLE(net_capacity_kibps, 0, MOST_KIB),
    YES_NO(vmotion),
    LIST(datastores),
    LIST(networks),
    TEXT(product, 0),
    PLAIN(max_evc_mode, 0),
    PLAIN(max_hardware_version, 0),
    LIST(vgpu_profiles),
    TEXT(vsan_fault_domain, 0),
    LIST(capabilities),
    YES_NO(maintenance_supported),
};
#undef ROW

#define ROW Vm
static const Column vms_columns[] = {
    ID(id, REQUIRED),
    TEXT(name, REQUIRED),
    TEXT(folder, 0),
    PLAIN(instance_uuid, 0),
    ID(cluster_id, 0),
    ID(pool_id, 0),
    ID(host_id, REQUIRED),
    WORD(power, REQUIRED, vm_power_words),
    WORD(connection, 0, vm_connection_words),
    PLAIN(guest_id, 0),
    PLAIN(hardware_version, 0),
    PLAIN(managed_by, 0),
    WORD(role, 0, vm_role_words),
    WHOLE(vcpus, REQUIRED, MOST_COUNT),
    WHOLE(cores_per_socket, 0, MOST_COUNT),
    WHOLE(memory_mib, REQUIRED, MOST_MIB),
    DECIMAL(cpu_reservation_mhz, 0, MOST_MHZ),
    DECIMAL(cpu_limit_mhz, UNLIMITED, MOST_MHZ),
    WHOLE(cpu_shares, 0, MOST_MIB),
    WHOLE(memory_reservation_mib, 0, MOST_MIB),
    WHOLE(memory_limit_mib, UNLIMITED, MOST_MIB),
    WHOLE(memory_shares, 0, MOST_MIB),
    YES_NO(memory_reservation_locked),
    YES_NO(cpu_hot_add),
    YES_NO(memory_hot_add),
    WHOLE(memory_hot_add_limit_mib, 0, MOST_MIB),
    WHOLE(memory_hot_add_step_mib, 0, MOST_MIB),
    PLAIN(evc_required, 0),
    YES_NO(fault_tolerance),
    WORD(drs_override, 0, override_words),
    LIST(disabled_methods),
    LIST(datastores),
    LIST(networks),
    PLAIN(pinned, 0),
    WORD(latency_sensitivity, 0, latency_words),
    WORD(ft_role, 0, ft_role_words),
    LIST(ft_partner_ids),
    YES_NO(instant_clone_parent),
    WORD(scsi_bus_sharing, 0, scsi_sharing_words),
    LIST(vgpu_profiles),
    YES_NO(memory_hot_remove),
    WHOLE(cpu_hot_add_limit, 0, MOST_COUNT),
    LIST(requires),
};
#undef ROW

#define ROW Rule
static const Column rules_columns[] = {
    ID(id, REQUIRED),
    TEXT(name, 0),
    ID(cluster_id, REQUIRED),
    WORD(type, REQUIRED, rule_type_words),
    YES_NO(mandatory),
    YES_NO(enabled),
    LIST(vm_ids),
    LIST(host_ids),
};
#undef ROW

#define ROW EvcMode
static const Column evc_modes_columns[] = {
    ID(id, REQUIRED), TEXT(name, 0), PLAIN(vendor, REQUIRED), WHOLE(tier, REQUIRED, MOST_COUNT), LIST(tracks),
};
#undef ROW

const char *const metric_names[] = {"cpu_usage_mhz",
                                    "cpu_demand_mhz",
                                    "cpu_ready_ms",
                                    "memory_active_kib",
                                    "memory_consumed_kib",
                                    "memory_ballooned_kib",
                                    "memory_swapped_kib",
                                    "memory_compressed_kib",
                                    "memory_overhead_kib",
                                    "memory_swapped_in_kibps",
                                    "disk_kibps",
                                    "net_kibps",
                                    NULL};
const char *const origin_names[] = {"realtime", "quickstats", "rollup", "export", NULL};

#define ROW Series
static const Column samples_columns[] = {
    ID(entity_id, REQUIRED),
    WORD(metric, REQUIRED, metric_names),
    PLAIN(instance, 0),
    WORD(origin, REQUIRED, origin_names),
    {"start", CELL_TIME, AT(start), REQUIRED, 0, NULL},
    WHOLE(interval_s, REQUIRED, 1e7),
    PLAIN(values, REQUIRED),
};
#undef ROW

const Table snapshot_table = {"snapshot.csv", snapshot_columns, G_N_ELEMENTS(snapshot_columns), FALSE};
const Table clusters_table = {"clusters.csv", clusters_columns, G_N_ELEMENTS(clusters_columns), FALSE};
const Table pools_table = {"pools.csv", pools_columns, G_N_ELEMENTS(pools_columns), FALSE};
const Table hosts_table = {"hosts.csv", hosts_columns, G_N_ELEMENTS(hosts_columns), FALSE};
const Table vms_table = {"vms.csv", vms_columns, G_N_ELEMENTS(vms_columns), FALSE};
const Table rules_table = {"rules.csv", rules_columns, G_N_ELEMENTS(rules_columns), FALSE};
const Table evc_modes_table = {"evc_modes.csv", evc_modes_columns, G_N_ELEMENTS(evc_modes_columns), FALSE};
const Table samples_table = {"samples.csv", samples_columns, G_N_ELEMENTS(samples_columns), FALSE};
