/* SPDX-License-Identifier: MIT */
/*
 * What a policy says, as numbers, choices and lists: what its keys (analyze/policykeys.h) are read into.
 */
#ifndef ANALYZE_POLICYFIELDS_H
#define ANALYZE_POLICYFIELDS_H

#include "analyze/estimator.h"
#include "analyze/sizerule.h"
#include "collect/snapshot.h"

enum { STRATEGY_OPTIMIZE, STRATEGY_THRESHOLD };
enum { BALANCE_OFF, BALANCE_LOW, BALANCE_HIGH };
enum { HA_CHECK_WARN, HA_CHECK_HARD, HA_CHECK_OFF };
enum { RECLAIM_LENT, RECLAIM_ADVISE, RECLAIM_OFF };
enum { POWER_OFF, POWER_EMPTY, POWER_STANDBY };
enum { LIBVIRT_TLS_AUTO, LIBVIRT_TLS_YES, LIBVIRT_TLS_NO };

/* a rule of the person's own, for those who have no DRS: VMs and hosts by pattern */
typedef struct PolicyRule {
    char *name;
    int type; /* RULE_* of snapshot.h */
    char **vms, **hosts;
    int mandatory;
} PolicyRule;

/* k of n */
typedef struct Windows {
    int needed, of;
} Windows;

typedef struct Policy {
    /* [analyze]; a threshold of NAN is reported, not deciding */
    double cpu_hot_pct, memory_hot_pct, disk_hot_pct, net_hot_pct, short_pct, cold_pct, idle_pct,
        power_target_pct, min_samples_pct;
    int host_cpu_demand;                              /* host_cpu=demand */
    int host_memory_demand;                           /* host_memory=demand */
    int buffer_unallocated;                           /* buffer=unallocated */
    int estimator;                                    /* Estimator: of what has none of its own */
    char *cpu_estimator, *memory_estimator;           /* for heat; "": estimator */
    char *cpu_room_estimator, *memory_room_estimator; /* for room; "": that for heat */
    Windows hot_after;                                /* in how many windows marginal heat lasts */
    double urgent_pct;                                /* heat and shortage above it count at once */
    char **system_vms;
    /* [plan] */
    int strategy, published_exact;
    double memory_step_mib, memory_max_steps, memory_max_growth_pct, memory_cap_window_s, grow_to_pct,
        lend_to_pct, buffer_reserve_pct, vm_cpu_pct, cpu_step, cpu_max_steps, min_vm_pct, max_moves_per_host,
        max_moves, max_duration_s, time_limit_s, min_gain,
        relieve_to_pct;  /* relieve_to_pct: NAN where empty */
    int step_cost_count; /* step_cost=count */
    double dirty_factor, vmotion_mbps, migration_setup_s, cooldown_s, return_cooldown_s, refusal_cooldown_s;
    int balance, ha_check, power, reclaim;
    double hosts_in_reserve;
    int drs_clusters_plan; /* drs_clusters=plan */
    int respect_drs_overrides;
    char **evacuate, **evacuate_next;
    int evacuate_partly, evacuate_powered_off;
    char **exclude_hosts, **exclude_vms, **forbid_growth;
    char *vsan_mode;
    double seed;
    /* [apply] */
    double parallel, parallel_per_host, max_age_s;
    GArray *blackout;                       /* WeekHours (weekhours.h) in which no step runs */
    char *require_signature, *revoked_keys; /* files; "": none */
    double signatures_needed;
    int libvirt_tls; /* LIBVIRT_TLS_… */
    int libvirt_auto_converge, libvirt_post_copy;
    double libvirt_limit_s; /* after which a migration is aborted; 0: never */
    /* [rule NAME] */
    GPtrArray *rules; /* PolicyRule *, in the file's order */
    /* [size NAME] */
    GPtrArray *sizes; /* SizeRule *, in the file's order */
    /* where it was read: for policy_place */
    char *file;        /* as errors name it; NULL: the defaults */
    GHashTable *lines; /* section, or section line feed key: line number */
} Policy;

#endif
