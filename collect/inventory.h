/* SPDX-License-Identifier: MIT */
/*
 * The inventory of a vCenter, or of an ESXi host, as a snapshot's tables. inventory.c says which property of
 * the API each column is, clusters.c the same of clusters and their rules.
 */
#ifndef COLLECT_INVENTORY_H
#define COLLECT_INVENTORY_H

#include "collect/properties.h"
#include "collect/snapshot.h"

/* What is counted instead of taken. */
typedef enum {
    LEFT_OUT_TEMPLATES,
    LEFT_OUT_ORPHANED,
    LEFT_OUT_INACCESSIBLE,
    LEFT_OUT_UNCONFIGURED,  /* VMs that the server knows no size or no host of */
    LEFT_OUT_UNKNOWN_HOSTS, /* hosts that the server knows no hardware of */
    LEFT_OUT_STRANDED,      /* VMs on such hosts */
    LEFT_OUT_HOSTLESS,      /* VMs whose host an export does not have */
    LEFT_OUT_UNPLACED,      /* VMs whose host is one of several of that name in an export */
    LEFT_OUT_VANISHED,      /* objects deleted while they were read */
    LEFT_OUT_DEPENDENCIES,  /* rules on the order in which HA restarts VMs */
    LEFT_OUT_RULES,         /* rules without members */
    LEFT_OUT_RULE_MEMBERS,  /* members of rules that are left out or do not exist */
    LEFT_OUT_COPIES,        /* of VMs that are on another host */
    N_LEFT_OUT
} LeftOut;

typedef struct Inventory {
    Vcenter *vcenter;
    const Program *program;
    Snapshot *snapshot;
    GPtrArray *warnings;   /* char *, owned by the caller */
    GHashTable *warned;    /* what has a warning already */
    GHashTable *places;    /* id of a folder, datacenter or compute resource to Place */
    GHashTable *overrides; /* id of a VM to its drs_override + 1 */
    GHashTable *strangers; /* ids of hosts left out */
    GHashTable *browsers;  /* ids of EnvironmentBrowsers, one a cluster */
    GHashTable *lost; /* "DATASTORE", "DATASTORE HOST": cannot be reached, from anywhere or from that host */
    GHashTable *entering; /* id of a task to the host that it may bring into maintenance mode */
    guint left_out[N_LEFT_OUT];
    int ignore_key; /* of the custom attribute "vmanger"; 0 where there is none */
} Inventory;

/* reads all tables but samples.csv into the snapshot and links them; warnings receives what could not be had
 */
gboolean inventory_collect(Vcenter *vcenter, const Program *program, Snapshot *snapshot, GPtrArray *warnings,
                           GError **error);

/* ---- the tables' own readers: clusters.c, hosts.c, vms.c, and devices.c, datastores.c, modes.c ---- */

extern const char *const cluster_paths[], *const host_paths[], *const vm_paths[], *const datastore_paths[];
extern const char *const vm_paths_since[];
extern const guint n_cluster_paths, n_host_paths, n_vm_paths, n_datastore_paths;

/* adds a row and what belongs to it; an error where it lacks what every row must have */
gboolean inventory_take_cluster(Inventory *inventory, const PropertyQuery *query,
                                const PropertyObject *object, GError **error);
gboolean inventory_take_host(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                             GError **error);
gboolean inventory_take_vm(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           GError **error);

/* notes the hosts that cannot reach a datastore now; takes these datastores out of the hosts' lists */
gboolean inventory_take_datastore(Inventory *inventory, const PropertyQuery *query,
                                  const PropertyObject *object, GError **error);
void inventory_prune_datastores(Inventory *inventory);

/* what a VM's config.hardware.device says of it: bus sharing, vGPUs, and appended, why it cannot move while
 * it runs (inventory_add_reason) */
void inventory_read_devices(Inventory *inventory, const Element *devices, Vm *vm, GString *reasons);
void inventory_add_reason(GString *reasons, const char *reason);

/* reads the EVC modes that the server knows, and the newest virtual hardware that each host of the tables
 * runs; a server that does not say is a warning */
gboolean inventory_read_evc_modes(Inventory *inventory, GError **error);
gboolean inventory_read_hardware_versions(Inventory *inventory, GError **error);

/* TRUE for a VM that vSphere runs for itself: vCLS, an ESX agent. Texts of the properties that
 * vm_agent_paths names, NULL where not set */
enum { VM_AGENT_MANAGER, VM_AGENT_TYPE, VM_AGENT_FLAG, N_VM_AGENT };
extern const char *const vm_agent_paths[N_VM_AGENT];
gboolean inventory_is_agent(const char *const texts[N_VM_AGENT]);

/* takes out of rules, failover hosts and partners what is not in the tables */
void inventory_prune_members(Inventory *inventory, GHashTable *hosts, GHashTable *vms);

/* marks the hosts of the tables that a running task brings into maintenance mode */
gboolean inventory_read_tasks(Inventory *inventory, GError **error);

/* finds the key of the custom attribute by which VMs are ignored; the last of vm_paths is its values */
gboolean inventory_find_attribute(Inventory *inventory, GError **error);

/* ---- what they share ---- */

/* the counts that are not 0, as snapshot.csv has them: the snapshot's string */
const char *inventory_left_out(Snapshot *snapshot, const guint counts[N_LEFT_OUT]);

/* drs and dpm of a cluster, by whether it is on (1, 0, -1) and vSphere's word for what it does, or NULL */
int inventory_drs_level(int enabled, const char *behaviour);
int inventory_dpm_level(int enabled, const char *behaviour);

/* a value; NULL where it is unset or could not be read, of which there is one warning per property */
const Element *inventory_value(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                               guint index);

/* the same as text or NULL; as the snapshot's string or ""; as a number or NAN; as 1, 0 or -1; as a list */
const char *inventory_text(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           guint index);
const char *inventory_string(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                             guint index);
double inventory_number(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                        guint index);
int inventory_flag_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                      guint index);
const char *inventory_ids(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                          guint index);

/* FALSE and an error naming the privilege where one of these values (ended by -1) could not be read */
gboolean inventory_require(const Inventory *inventory, const PropertyQuery *query,
                           const PropertyObject *object, const int *indices, GError **error);

/* FALSE and the error for what every row must have and this one has not */
gboolean inventory_refuse(const Inventory *inventory, const PropertyQuery *query,
                          const PropertyObject *object, guint index, GError **error);

/* 1, 0, or -1 for "true", "false" and NULL */
int inventory_flag(const char *text);

/* the number in a text, NAN for NULL and for what is none */
double inventory_parse(const char *text);

/* the same; NAN also for what is below 0 */
double inventory_amount(const char *text);

/* vSphere's words for states, NULL-terminated: at the place of each of snapshot.h's CONNECTION_…,
 * HOST_POWER_…, VM_CONNECTED and the following, VM_POWER_… */
extern const char *const vsphere_host_connections[],
    *const vsphere_host_powers[], *const vsphere_vm_connections[], *const vsphere_vm_powers[];

/* the position of a text in a NULL-terminated list; -1 where it is not there */
int inventory_word(const char *text, const char *const *words);

/* the limit of a ResourceAllocationInfo, INFINITY for none */
double inventory_limit(const Element *allocation);

/* the snapshot's copy of an id, and of the ids called `name` among siblings, as a list */
const char *inventory_id(Inventory *inventory, const char *id);
const char *inventory_list(Inventory *inventory, const Element *first, const char *name);

/* the snapshot's copy of a name, in which the inventory has %2f, %5c and %25 for '/', '\' and '%' */
const char *inventory_name(Inventory *inventory, const char *name);

/* keeps where a folder, datacenter or compute resource stands in the tree */
void inventory_keep_place(Inventory *inventory, const PropertyObject *object, const char *name,
                          const char *parent);

#endif
