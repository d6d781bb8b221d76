/* SPDX-License-Identifier: MIT */
/*
 * Clusters: ComputeResource and ClusterComputeResource, whose configurationEx is a ClusterConfigInfoEx. It is
 * asked for whole, since its type is declared at the derived class only, where a server may refuse a longer
 * path.
 */
#include "collect/inventory.h"

#include <math.h>
#include <string.h>

enum { CLUSTER_NAME, CLUSTER_PARENT, CLUSTER_CONFIGURATION, CLUSTER_SUMMARY, CLUSTER_BROWSER };

const char *const cluster_paths[] = {
    [CLUSTER_NAME] = "name",
    [CLUSTER_PARENT] = "parent",
    [CLUSTER_CONFIGURATION] = "configurationEx",
    [CLUSTER_SUMMARY] = "summary",
    [CLUSTER_BROWSER] = "environmentBrowser",
};
const guint n_cluster_paths = G_N_ELEMENTS(cluster_paths);

/* ---- DRS, DPM and HA ---- */

/* DrsBehavior of ClusterDrsConfigInfo and ClusterDrsVmConfigInfo */
static int drs_behaviour(const char *behaviour)
{
    static const char *const words[] = {"", "manual", "partiallyAutomated", "fullyAutomated"};
    for (int i = DRS_MANUAL; i <= DRS_FULL; i++)
        if (g_strcmp0(behaviour, words[i]) == 0)
            return i;
    return -1;
}

/* DRS that is on acts by a level, whether it is stated or not. */
int inventory_drs_level(int enabled, const char *behaviour)
{
    int level = drs_behaviour(behaviour);
    switch (enabled) {
    case 1:
        return level < 0 ? DRS_UNSTATED : level;
    case 0:
        return DRS_OFF;
    default:
        return -1;
    }
}

/* DpmBehavior of ClusterDpmConfigInfo: manual or automated */
int inventory_dpm_level(int enabled, const char *behaviour)
{
    switch (enabled) {
    case 1:
        return g_strcmp0(behaviour, "automated") == 0 ? DRS_FULL : DRS_MANUAL;
    case 0:
        return DRS_OFF;
    default:
        return -1;
    }
}

/* ClusterDasConfigInfo and the kinds of its ClusterDasAdmissionControlPolicy */
static void read_ha(Inventory *inventory, const Element *configuration, Cluster *cluster)
{
    cluster->ha = inventory_flag(element_text(configuration, "dasConfig.enabled"));
    int control = inventory_flag(element_text(configuration, "dasConfig.admissionControlEnabled"));
    const Element *policy = element_at(configuration, "dasConfig.admissionControlPolicy");
    if (control == 0)
        cluster->ha_policy = HA_POLICY_OFF;
    if (control != 1 || !policy)
        return;
    cluster->ha_failures = inventory_parse(element_text(policy, "failoverLevel"));
    if (strcmp(policy->type, "ClusterFailoverResourcesAdmissionControlPolicy") == 0) {
        cluster->ha_policy = HA_POLICY_PERCENT;
        cluster->ha_reserve_cpu_pct = inventory_parse(element_text(policy, "cpuFailoverResourcesPercent"));
        cluster->ha_reserve_memory_pct =
            inventory_parse(element_text(policy, "memoryFailoverResourcesPercent"));
    } else if (strcmp(policy->type, "ClusterFailoverLevelAdmissionControlPolicy") == 0) {
        cluster->ha_policy = HA_POLICY_SLOTS;
    } else if (strcmp(policy->type, "ClusterFailoverHostAdmissionControlPolicy") == 0) {
        cluster->ha_policy = HA_POLICY_HOSTS;
        cluster->ha_failover_hosts = inventory_list(inventory, policy->first, "failoverHosts");
    }
}

/* ClusterDrsVmConfigInfo: what a VM has instead of the cluster's level, where the cluster lets it */
static void read_overrides(Inventory *inventory, const Element *configuration)
{
    if (inventory_flag(element_text(configuration, "drsConfig.enableVmBehaviorOverrides")) == 0)
        return;
    for (const Element *one = configuration->first; one; one = one->next) {
        const char *vm = strcmp(one->name, "drsVmConfig") == 0 ? element_text(one, "key") : NULL;
        if (!vm)
            continue;
        int override = inventory_flag(element_text(one, "enabled")) == 0
                           ? DRS_OVERRIDE_DISABLED
                           : drs_behaviour(element_text(one, "behavior"));
        if (override >= 0)
            g_hash_table_insert(inventory->overrides, g_strdup(vm), GINT_TO_POINTER(override + 1));
    }
}

/* ---- rules ---- */

static const Element *find_group(const Element *configuration, const char *name)
{
    for (const Element *one = configuration->first; one && name; one = one->next)
        if (strcmp(one->name, "group") == 0 && g_strcmp0(element_text(one, "name"), name) == 0)
            return one;
    return NULL;
}

/* ClusterVmHostRuleInfo names groups of VMs and of hosts. */
static void read_groups(Inventory *inventory, const Element *configuration, const Element *info, Rule *rule)
{
    const char *hosts_name = element_text(info, "affineHostGroupName");
    rule->type = hosts_name ? RULE_VM_HOST_AFFINITY : RULE_VM_HOST_ANTI_AFFINITY;
    if (!hosts_name)
        hosts_name = element_text(info, "antiAffineHostGroupName");
    const Element *vms = find_group(configuration, element_text(info, "vmGroupName"));
    const Element *hosts = find_group(configuration, hosts_name);
    rule->mandatory = inventory_flag(element_text(info, "mandatory")) == 1;
    rule->vm_ids = inventory_list(inventory, vms ? vms->first : NULL, "vm");
    rule->host_ids = inventory_list(inventory, hosts ? hosts->first : NULL, "host");
}

/* A key is unique in its cluster only. DRS takes every rule between VMs for mandatory. */
static void read_rule(Inventory *inventory, const Cluster *cluster, const Element *configuration,
                      const Element *info)
{
    const char *key = element_text(info, "key");
    Rule rule = rule_unknown();
    g_autofree char *id = g_strdup_printf("%s:%s", cluster->id, key ? key : "");
    rule.id = inventory_id(inventory, id);
    rule.name = snapshot_string(inventory->snapshot, element_text(info, "name"));
    rule.cluster_id = cluster->id;
    rule.enabled = inventory_flag(element_text(info, "enabled"));
    if (strcmp(info->type, "ClusterVmHostRuleInfo") == 0) {
        read_groups(inventory, configuration, info, &rule);
    } else if (strcmp(info->type, "ClusterAffinityRuleSpec") == 0 ||
               strcmp(info->type, "ClusterAntiAffinityRuleSpec") == 0) {
        rule.type =
            strcmp(info->type, "ClusterAffinityRuleSpec") == 0 ? RULE_VM_AFFINITY : RULE_VM_ANTI_AFFINITY;
        rule.mandatory = TRUE;
        rule.vm_ids = inventory_list(inventory, info->first, "vm");
    } else {
        inventory->left_out[LEFT_OUT_DEPENDENCIES]++;
        return;
    }
    snapshot_add_rule(inventory->snapshot, &rule);
}

/* ---- the cluster ---- */

/* ComputeResourceSummary: what is effective is left for VMs, in MHz and MB, of hosts that can run them.
 * ClusterComputeResourceSummary adds the rest. */
static void read_summary(Inventory *inventory, const Element *summary, Cluster *cluster)
{
    static const char *const health[] = {"healthy", "degraded", "nonhealthy", NULL};
    cluster->evc_mode = snapshot_string(inventory->snapshot, element_text(summary, "currentEVCModeKey"));
    cluster->vcls_health = inventory_word(element_text(summary, "vcsHealthStatus"), health);
    cluster->cpu_reservable_mhz = inventory_amount(element_text(summary, "effectiveCpu"));
    cluster->memory_reservable_mib = inventory_amount(element_text(summary, "effectiveMemory"));
}

gboolean inventory_take_cluster(Inventory *inventory, const PropertyQuery *query,
                                const PropertyObject *object, GError **error)
{
    static const int required[] = {CLUSTER_NAME, -1};
    if (!inventory_require(inventory, query, object, required, error))
        return FALSE;
    Cluster cluster = cluster_unknown();
    const char *name = inventory_text(inventory, query, object, CLUSTER_NAME);
    cluster.id = inventory_id(inventory, object->id);
    cluster.name = inventory_name(inventory, name ? name : object->id);
    inventory_keep_place(inventory, object, cluster.name,
                         inventory_text(inventory, query, object, CLUSTER_PARENT));
    const Element *configuration = inventory_value(inventory, query, object, CLUSTER_CONFIGURATION);
    const char *browser = inventory_text(inventory, query, object, CLUSTER_BROWSER);
    if (browser)
        g_hash_table_add(inventory->browsers, g_strdup(browser));
    read_summary(inventory, inventory_value(inventory, query, object, CLUSTER_SUMMARY), &cluster);
    if (strcmp(object->kind, "ClusterComputeResource") != 0) { /* a host that stands alone */
        cluster.drs = cluster.dpm = DRS_OFF;
        cluster.ha = 0;
    } else if (configuration) {
        cluster.drs = inventory_drs_level(inventory_flag(element_text(configuration, "drsConfig.enabled")),
                                          element_text(configuration, "drsConfig.defaultVmBehavior"));
        cluster.dpm =
            inventory_dpm_level(inventory_flag(element_text(configuration, "dpmConfigInfo.enabled")),
                                element_text(configuration, "dpmConfigInfo.defaultDpmBehavior"));
        cluster.vsan = inventory_flag(element_text(configuration, "vsanConfigInfo.enabled"));
        read_ha(inventory, configuration, &cluster);
        read_overrides(inventory, configuration);
        for (const Element *one = configuration->first; one; one = one->next)
            if (strcmp(one->name, "rule") == 0)
                read_rule(inventory, &cluster, configuration, one);
    }
    snapshot_add_cluster(inventory->snapshot, &cluster);
    return TRUE;
}

/* ---- members that are not there ---- */

/* The list's ids that the set has; counts the others. */
static const char *prune_list(Inventory *inventory, const char *list, GHashTable *known, guint *dropped)
{
    if (!*list)
        return list;
    g_auto(GStrv) ids = list_split(list);
    g_autoptr(GString) kept = g_string_new(NULL);
    for (char **id = ids; *id; id++) {
        if (!g_hash_table_contains(known, *id))
            (*dropped)++;
        else
            g_string_append_printf(kept, "%s%s", kept->len ? " " : "", *id);
    }
    return snapshot_string(inventory->snapshot, kept->str);
}

void inventory_prune_members(Inventory *inventory, GHashTable *hosts, GHashTable *vms)
{
    Snapshot *snapshot = inventory->snapshot;
    guint *dropped = &inventory->left_out[LEFT_OUT_RULE_MEMBERS], kept = 0, partners = 0;
    for (guint i = 0; i < snapshot->n_clusters; i++) {
        Cluster *cluster = &snapshot->clusters[i];
        cluster->ha_failover_hosts = prune_list(inventory, cluster->ha_failover_hosts, hosts, dropped);
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        Vm *vm = &snapshot->vms[i];
        vm->ft_partner_ids = prune_list(inventory, vm->ft_partner_ids, vms, &partners);
    }
    for (guint i = 0; i < snapshot->n_rules; i++) {
        Rule rule = snapshot->rules[i];
        gboolean of_hosts = rule.type == RULE_VM_HOST_AFFINITY || rule.type == RULE_VM_HOST_ANTI_AFFINITY;
        rule.vm_ids = prune_list(inventory, rule.vm_ids, vms, dropped);
        rule.host_ids = prune_list(inventory, rule.host_ids, hosts, dropped);
        if (*rule.vm_ids && (!of_hosts || *rule.host_ids))
            snapshot->rules[kept++] = rule;
        else
            inventory->left_out[LEFT_OUT_RULES]++;
    }
    snapshot->n_rules = kept;
}
