/* SPDX-License-Identifier: MIT */
#include "analyze/policykeys.h"

#include "collect/nearest.h"

#include <string.h>

static const char *const yes_no_words[] = {"no", "yes", NULL};
static const char *const host_cpu_words[] = {"usage", "demand", NULL};
static const char *const host_memory_words[] = {"consumed", "demand", NULL};
static const char *const buffer_words[] = {"unused", "unallocated", NULL};
static const char *const strategy_words[] = {"optimize", "threshold", NULL};
static const char *const published_words[] = {"no", "exact", NULL};
static const char *const step_cost_words[] = {"time", "count", NULL};
static const char *const balance_words[] = {"off", "low", "high", NULL};
static const char *const ha_check_words[] = {"warn", "hard", "off", NULL};
static const char *const power_words[] = {"off", "empty", "standby", NULL};
static const char *const reclaim_words[] = {"lent", "advise", "off", NULL};
static const char *const drs_clusters_words[] = {"advise", "plan", NULL};
static const char *const vsan_mode_words[] = {"ensureObjectAccessibility", "evacuateAllData", "noAction",
                                              NULL};
static const char *const libvirt_tls_words[] = {"auto", "yes", "no", NULL};
const char *const policykeys_rule_types[] = {"vm_affinity", "vm_anti_affinity", "vm_host_affinity",
                                             "vm_host_anti_affinity", NULL};

#define AT(member) G_STRUCT_OFFSET(Policy, member)
#define RULE_AT(member) G_STRUCT_OFFSET(PolicyRule, member)
#define SIZE_AT(member) G_STRUCT_OFFSET(SizeRule, member)
#define MANY 1e9

static const PolicyKey keys[] = {
    {"analyze", "cpu_hot_pct", KEY_DECIMAL, AT(cpu_hot_pct), "80", 1, 100, NULL},
    {"analyze", "memory_hot_pct", KEY_DECIMAL, AT(memory_hot_pct), "80", 1, 100, NULL},
    {"analyze", "disk_hot_pct", KEY_THRESHOLD, AT(disk_hot_pct), "", 1, 100, NULL},
    {"analyze", "net_hot_pct", KEY_THRESHOLD, AT(net_hot_pct), "", 1, 100, NULL},
    {"analyze", "short_pct", KEY_DECIMAL, AT(short_pct), "80", 1, 100, NULL},
    {"analyze", "cold_pct", KEY_DECIMAL, AT(cold_pct), "20", 0, 100, NULL},
    {"analyze", "idle_pct", KEY_DECIMAL, AT(idle_pct), "5", 0, 100, NULL},
    {"analyze", "power_target_pct", KEY_DECIMAL, AT(power_target_pct), "63", 1, 100, NULL},
    {"analyze", "min_samples_pct", KEY_DECIMAL, AT(min_samples_pct), "60", 1, 100, NULL},
    {"analyze", "host_cpu", KEY_WORD, AT(host_cpu_demand), "usage", 0, 0, host_cpu_words},
    {"analyze", "host_memory", KEY_WORD, AT(host_memory_demand), "consumed", 0, 0, host_memory_words},
    {"analyze", "buffer", KEY_WORD, AT(buffer_unallocated), "unused", 0, 0, buffer_words},
    {"analyze", "estimator", KEY_WORD, AT(estimator), "ewma", 0, 0, estimator_names},
    {"analyze", "cpu_estimator", KEY_TEXT, AT(cpu_estimator), "", 0, 0, estimator_names},
    {"analyze", "memory_estimator", KEY_TEXT, AT(memory_estimator), "", 0, 0, estimator_names},
    {"analyze", "cpu_room_estimator", KEY_TEXT, AT(cpu_room_estimator), "", 0, 0, estimator_names},
    {"analyze", "memory_room_estimator", KEY_TEXT, AT(memory_room_estimator), "", 0, 0, estimator_names},
    {"analyze", "hot_after", KEY_WINDOWS, AT(hot_after), "1/1", 1, ROLLUP_RECENT, NULL},
    {"analyze", "urgent_pct", KEY_DECIMAL, AT(urgent_pct), "90", 1, 100, NULL},
    {"analyze", "system_vms", KEY_VMS, AT(system_vms), "", 0, 0, NULL},
    {"plan", "strategy", KEY_WORD, AT(strategy), "optimize", 0, 0, strategy_words},
    {"plan", "published", KEY_WORD, AT(published_exact), "no", 0, 0, published_words},
    {"plan", "memory_step_mib", KEY_WHOLE, AT(memory_step_mib), "128", 1, MANY, NULL},
    {"plan", "memory_max_steps", KEY_WHOLE, AT(memory_max_steps), "4", 0, MANY, NULL},
    {"plan", "memory_max_growth_pct", KEY_DECIMAL, AT(memory_max_growth_pct), "50", 0, 10000, NULL},
    {"plan", "memory_cap_window_s", KEY_WHOLE, AT(memory_cap_window_s), "86400", 0, MANY, NULL},
    {"plan", "grow_to_pct", KEY_DECIMAL, AT(grow_to_pct), "70", 1, 100, NULL},
    {"plan", "lend_to_pct", KEY_DECIMAL, AT(lend_to_pct), "75", 0, 100, NULL},
    {"plan", "buffer_reserve_pct", KEY_DECIMAL, AT(buffer_reserve_pct), "10", 0, 100, NULL},
    {"plan", "vm_cpu_pct", KEY_DECIMAL, AT(vm_cpu_pct), "80", 1, 100, NULL},
    {"plan", "cpu_step", KEY_WHOLE, AT(cpu_step), "1", 1, 1024, NULL},
    {"plan", "cpu_max_steps", KEY_WHOLE, AT(cpu_max_steps), "2", 0, MANY, NULL},
    {"plan", "min_vm_pct", KEY_DECIMAL, AT(min_vm_pct), "1", 0, 100, NULL},
    {"plan", "max_moves_per_host", KEY_WHOLE, AT(max_moves_per_host), "8", 0, MANY, NULL},
    {"plan", "max_moves", KEY_WHOLE, AT(max_moves), "0", 0, MANY, NULL},
    {"plan", "max_duration_s", KEY_WHOLE, AT(max_duration_s), "0", 0, MANY, NULL},
    {"plan", "time_limit_s", KEY_DECIMAL, AT(time_limit_s), "0", 0, MANY, NULL},
    {"plan", "min_gain", KEY_DECIMAL, AT(min_gain), "1", 0, MANY, NULL},
    {"plan", "relieve_to_pct", KEY_THRESHOLD, AT(relieve_to_pct), "", 1, 100, NULL},
    {"plan", "step_cost", KEY_WORD, AT(step_cost_count), "time", 0, 0, step_cost_words},
    {"plan", "dirty_factor", KEY_DECIMAL, AT(dirty_factor), "1", 1, 100, NULL},
    {"plan", "vmotion_mbps", KEY_WHOLE, AT(vmotion_mbps), "8000", 1, 1e7, NULL},
    {"plan", "migration_setup_s", KEY_DECIMAL, AT(migration_setup_s), "10", 0, 3600, NULL},
    {"plan", "cooldown_s", KEY_WHOLE, AT(cooldown_s), "3600", 0, MANY, NULL},
    {"plan", "return_cooldown_s", KEY_WHOLE, AT(return_cooldown_s), "21600", 0, MANY, NULL},
    {"plan", "refusal_cooldown_s", KEY_WHOLE, AT(refusal_cooldown_s), "604800", 0, MANY, NULL},
    {"plan", "balance", KEY_WORD, AT(balance), "off", 0, 0, balance_words},
    {"plan", "ha_check", KEY_WORD, AT(ha_check), "warn", 0, 0, ha_check_words},
    {"plan", "power", KEY_WORD, AT(power), "off", 0, 0, power_words},
    {"plan", "hosts_in_reserve", KEY_WHOLE, AT(hosts_in_reserve), "1", 0, 1e5, NULL},
    {"plan", "reclaim", KEY_WORD, AT(reclaim), "lent", 0, 0, reclaim_words},
    {"plan", "drs_clusters", KEY_WORD, AT(drs_clusters_plan), "advise", 0, 0, drs_clusters_words},
    {"plan", "respect_drs_overrides", KEY_WORD, AT(respect_drs_overrides), "yes", 0, 0, yes_no_words},
    {"plan", "evacuate", KEY_HOSTS, AT(evacuate), "", 0, 0, NULL},
    {"plan", "evacuate_next", KEY_HOSTS, AT(evacuate_next), "", 0, 0, NULL},
    {"plan", "evacuate_partly", KEY_WORD, AT(evacuate_partly), "no", 0, 0, yes_no_words},
    {"plan", "evacuate_powered_off", KEY_WORD, AT(evacuate_powered_off), "no", 0, 0, yes_no_words},
    {"plan", "exclude_hosts", KEY_HOSTS, AT(exclude_hosts), "", 0, 0, NULL},
    {"plan", "exclude_vms", KEY_VMS, AT(exclude_vms), "", 0, 0, NULL},
    {"plan", "forbid_growth", KEY_VMS, AT(forbid_growth), "", 0, 0, NULL},
    {"plan", "vsan_mode", KEY_TEXT, AT(vsan_mode), "", 0, 0, vsan_mode_words},
    {"plan", "seed", KEY_WHOLE, AT(seed), "1", 0, MANY, NULL},
    {"apply", "parallel", KEY_WHOLE, AT(parallel), "8", 1, 1024, NULL},
    {"apply", "parallel_per_host", KEY_WHOLE, AT(parallel_per_host), "4", 1, 1024, NULL},
    {"apply", "max_age_s", KEY_WHOLE, AT(max_age_s), "86400", 0, MANY, NULL},
    {"apply", "blackout", KEY_WEEKHOURS, AT(blackout), "", 0, 0, NULL},
    {"apply", "require_signature", KEY_TEXT, AT(require_signature), "", 0, 0, NULL},
    {"apply", "signatures_needed", KEY_WHOLE, AT(signatures_needed), "1", 1, 100, NULL},
    {"apply", "revoked_keys", KEY_TEXT, AT(revoked_keys), "", 0, 0, NULL},
    {"apply", "libvirt_tls", KEY_WORD, AT(libvirt_tls), "auto", 0, 0, libvirt_tls_words},
    {"apply", "libvirt_auto_converge", KEY_WORD, AT(libvirt_auto_converge), "no", 0, 0, yes_no_words},
    {"apply", "libvirt_post_copy", KEY_WORD, AT(libvirt_post_copy), "no", 0, 0, yes_no_words},
    {"apply", "libvirt_limit_s", KEY_WHOLE, AT(libvirt_limit_s), "1800", 0, MANY, NULL},
};

/* of every [rule NAME] */
static const PolicyKey rule_keys[] = {
    {"rule", "type", KEY_WORD, RULE_AT(type), NULL, 0, 0, policykeys_rule_types},
    {"rule", "vms", KEY_VMS, RULE_AT(vms), "", 0, 0, NULL},
    {"rule", "hosts", KEY_HOSTS, RULE_AT(hosts), "", 0, 0, NULL},
    {"rule", "mandatory", KEY_WORD, RULE_AT(mandatory), "no", 0, 0, yes_no_words},
};

/* of every [size NAME] */
static const PolicyKey size_keys[] = {
    {"size", "rule", KEY_WORD, SIZE_AT(rule), "vpa", 0, 0, size_rule_words},
    {"size", "vms", KEY_VMS, SIZE_AT(vms), "*", 0, 0, NULL},
    {"size", "cpu", KEY_TEXT, SIZE_AT(cpu), "", 0, 0, statistic_words},
    {"size", "memory", KEY_TEXT, SIZE_AT(memory), "", 0, 0, statistic_words},
    {"size", "margin_pct", KEY_DECIMAL, SIZE_AT(margin_pct), "15", 0, 1000, NULL},
};

const PolicyKeys policykeys_own = {keys, G_N_ELEMENTS(keys)};
const PolicyKeys policykeys_of_rule = {rule_keys, G_N_ELEMENTS(rule_keys)};
const PolicyKeys policykeys_of_size = {size_keys, G_N_ELEMENTS(size_keys)};

const char *const policykeys_sections[] = {"analyze", "plan", "apply", NULL};

/* the sections that there may be many of, each with a name */
typedef struct Named {
    const char *prefix, *what;
    const PolicyKeys *keys;
    const char *all; /* the keys in words */
} Named;

static const Named named[] = {
    {POLICY_RULE_PREFIX, "rule", &policykeys_of_rule, "type, vms, hosts or mandatory"},
    {POLICY_SIZE_PREFIX, "size", &policykeys_of_size, "rule, vms, cpu, memory or margin_pct"},
};

/* which kind of them a section is; NULL: none */
static const Named *named_of(const char *section)
{
    for (guint i = 0; i < G_N_ELEMENTS(named); i++)
        if (g_str_has_prefix(section, named[i].prefix) && section[strlen(named[i].prefix)])
            return &named[i];
    return NULL;
}

gboolean policykeys_is_named(const char *section)
{
    return named_of(section) != NULL;
}

gboolean policykey_is_list(const PolicyKey *key)
{
    return key->type == KEY_VMS || key->type == KEY_HOSTS;
}

const PolicyKey *policykeys_find(const char *section, const char *name)
{
    const Named *own = named_of(section);
    const PolicyKeys *table = own ? own->keys : &policykeys_own;
    for (guint i = 0; i < table->n; i++)
        if ((own || strcmp(table->at[i].section, section) == 0) && strcmp(table->at[i].name, name) == 0)
            return &table->at[i];
    return NULL;
}

/* ---- the nearest name ---- */

char *policykeys_expected(const char *section, const char *name)
{
    const Named *own = named_of(section);
    const PolicyKeys *table = own ? own->keys : &policykeys_own;
    const PolicyKey *nearest = NULL;
    guint least = G_MAXUINT;
    for (guint i = 0; i < table->n; i++) {
        guint distance = nearest_distance(name, table->at[i].name);
        if (distance > 0 && !own && strcmp(table->at[i].section, section) != 0)
            continue;
        if (distance < least) {
            least = distance;
            nearest = &table->at[i];
        }
    }
    if (!nearest || !nearest_is_close(name, least))
        return own ? g_strdup_printf("a key of a %s: %s", own->what, own->all)
                   : g_strdup_printf("a key of [%s] (vmanger-policy(5) has them all)", section);
    return own ? g_strdup_printf("a key of a %s (the nearest is %s)", own->what, nearest->name)
               : g_strdup_printf("a key of [%s] (the nearest is %s of [%s])", section, nearest->name,
                                 nearest->section);
}

char *policykeys_expected_section(const char *section)
{
    const char *nearest = nearest_of(section, policykeys_sections);
    g_autofree char *hint = nearest_may_be_meant(section, nearest)
                                ? g_strdup_printf(" (the nearest is [%s])", nearest)
                                : g_strdup("");
    return g_strconcat("[analyze], [plan], [apply], [rule NAME] or [size NAME]", hint, NULL);
}

char *policykeys_expected_alone(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i].name, name) == 0 && strcmp(keys[i].section, "plan") != 0)
            return g_strdup_printf("a key of [plan]; %s is one of [%s]: %s", name, keys[i].section,
                                   strcmp(keys[i].section, "analyze") == 0
                                       ? "set it in a policy, and run analyze and plan with --policy FILE"
                                       : "no plan depends on it");
    return policykeys_expected("plan", name);
}
