/* SPDX-License-Identifier: MIT */
#include "plan/rules.h"

#include "collect/escape.h"
#include "plan/solver/group.h"

#include <string.h>

struct RuleSet {
    GArray *rules;  /* BoundRule */
    GArray **of_vm; /* [n_vms] of guint; NULL where the VM has none */
    guint n_vms;
};

/* Each once: a list that a person wrote may name one twice. */
static guint *take_sorted(GArray *indices, guint *n)
{
    g_array_sort(indices, index_compare);
    for (guint i = indices->len; i-- > 1;)
        if (g_array_index(indices, guint, i) == g_array_index(indices, guint, i - 1))
            g_array_remove_index(indices, i);
    *n = indices->len;
    return (guint *)(void *)g_array_free(indices, FALSE);
}

static void bind(RuleSet *rules, BoundRule rule, GArray *vms, GArray *hosts)
{
    guint index = rules->rules->len;
    rule.vms = take_sorted(vms, &rule.n_vms);
    rule.hosts = take_sorted(hosts, &rule.n_hosts);
    g_array_append_val(rules->rules, rule);
    for (guint i = 0; i < rule.n_vms; i++) {
        GArray **of_vm = &rules->of_vm[rule.vms[i]];
        if (!*of_vm)
            *of_vm = g_array_new(FALSE, FALSE, sizeof(guint));
        g_array_append_val(*of_vm, index);
    }
}

static void bind_snapshot_rule(RuleSet *rules, const Snapshot *snapshot, const Rule *row)
{
    g_auto(GStrv) vm_ids = list_split(row->vm_ids);
    g_auto(GStrv) host_ids = list_split(row->host_ids);
    GArray *vms = g_array_new(FALSE, FALSE, sizeof(guint)), *hosts = g_array_new(FALSE, FALSE, sizeof(guint));
    for (char **id = vm_ids; *id; id++) {
        guint vm = (guint)snapshot_find_vm(snapshot, *id);
        g_array_append_val(vms, vm);
    }
    for (char **id = host_ids; *id; id++) {
        guint host = (guint)snapshot_find_host(snapshot, *id);
        g_array_append_val(hosts, host);
    }
    /* VM-VM rules of a cluster are always binding (ClusterRuleInfo.mandatory is about VM-Host rules). */
    gboolean vm_vm = row->type == RULE_VM_AFFINITY || row->type == RULE_VM_ANTI_AFFINITY;
    BoundRule rule = {.name = *row->name ? row->name : row->id,
                      .type = row->type,
                      .cluster = row->cluster,
                      .mandatory = row->mandatory == 1 || (vm_vm && row->mandatory != 0)};
    bind(rules, rule, vms, hosts);
}

static GArray *matching_vms(const Snapshot *snapshot, const PolicyRule *own, int cluster)
{
    GArray *vms = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].cluster == cluster &&
            policy_matches(own->vms, snapshot->vms[i].folder, snapshot->vms[i].name))
            g_array_append_val(vms, i);
    return vms;
}

static GArray *matching_hosts(const Snapshot *snapshot, const PolicyRule *own, int cluster)
{
    GArray *hosts = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (snapshot->hosts[i].cluster == cluster &&
            policy_matches(own->hosts, NULL, snapshot->hosts[i].name))
            g_array_append_val(hosts, i);
    return hosts;
}

static gboolean type_is_about_hosts(int type)
{
    return type == RULE_VM_HOST_AFFINITY || type == RULE_VM_HOST_ANTI_AFFINITY;
}

static void bind_policy_rule(RuleSet *rules, const Snapshot *snapshot, const PolicyRule *own)
{
    for (int cluster = 0; cluster < (int)snapshot->n_clusters; cluster++) {
        GArray *vms = matching_vms(snapshot, own, cluster), *hosts = matching_hosts(snapshot, own, cluster);
        BoundRule rule = {
            .name = own->name, .type = own->type, .cluster = cluster, .mandatory = own->mandatory == 1};
        if (vms->len > 0 && (hosts->len > 0 || !type_is_about_hosts(own->type))) {
            bind(rules, rule, vms, hosts);
        } else {
            g_array_free(vms, TRUE);
            g_array_free(hosts, TRUE);
        }
    }
}

/* ---- rules of the policy whose VMs have none of its hosts in their cluster ---- */

/* what a rule of the policy matches; the clusters are those that have VMs of it */
typedef struct Matched {
    guint hosts, bound, without_host; /* the last two count clusters */
    int first_without_host;
} Matched;

static Matched matched_by(const Snapshot *snapshot, const PolicyRule *own)
{
    Matched matched = {.first_without_host = -1};
    for (int cluster = 0; cluster < (int)snapshot->n_clusters; cluster++) {
        g_autoptr(GArray) vms = matching_vms(snapshot, own, cluster);
        g_autoptr(GArray) hosts = matching_hosts(snapshot, own, cluster);
        matched.hosts += hosts->len;
        if (vms->len == 0)
            continue;
        matched.bound += hosts->len > 0;
        if (hosts->len == 0 && matched.without_host++ == 0)
            matched.first_without_host = cluster;
    }
    return matched;
}

/* what the rule does not do, in words that follow its name; NULL where it binds whom it should, or matches
 * nothing at all, which the check of the policy's patterns tells */
static char *words_of_idle(const Snapshot *snapshot, const PolicyRule *own)
{
    Matched matched = matched_by(snapshot, own);
    gboolean must = own->type == RULE_VM_HOST_AFFINITY && own->mandatory == 1;
    if (!type_is_about_hosts(own->type) || matched.hosts == 0 || matched.without_host == 0 ||
        (matched.bound > 0 && !must))
        return NULL;
    g_autofree char *name = escape_for_message(snapshot->clusters[matched.first_without_host].name);
    g_autofree char *patterns = g_strjoinv(";", own->hosts);
    g_autofree char *safe = escape_for_terminal(patterns);
    guint more = matched.without_host - 1;
    g_autofree char *others = more > 0 ? g_strdup_printf(" (nor of %u more)", more) : g_strdup("");
    return g_strdup_printf(
        "hosts: found no host of cluster %s%s that matches %s: the rule does nothing for its VMs there", name,
        others, safe);
}

GPtrArray *rules_idle(const Snapshot *snapshot, const Policy *policy)
{
    GPtrArray *idle = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < policy->rules->len; i++) {
        const PolicyRule *own = g_ptr_array_index(policy->rules, i);
        g_autofree char *words = words_of_idle(snapshot, own);
        g_autofree char *name = escape_for_message(own->name);
        g_autofree char *place = policy_place(policy, NULL, own, "hosts");
        if (words)
            g_ptr_array_add(idle, g_strdup_printf("%srule %s: %s", place, name, words));
    }
    return idle;
}

RuleSet *rules_none(const Model *model)
{
    RuleSet *rules = g_new0(RuleSet, 1);
    rules->rules = g_array_new(FALSE, FALSE, sizeof(BoundRule));
    rules->n_vms = model->n_vms;
    rules->of_vm = g_new0(GArray *, rules->n_vms);
    return rules;
}

RuleSet *rules_new(const Model *model)
{
    const Snapshot *snapshot = model->snapshot;
    RuleSet *rules = rules_none(model);
    for (guint i = 0; i < snapshot->n_rules; i++)
        if (snapshot->rules[i].enabled != 0)
            bind_snapshot_rule(rules, snapshot, &snapshot->rules[i]);
    for (guint i = 0; i < model->policy->rules->len; i++)
        bind_policy_rule(rules, snapshot, g_ptr_array_index(model->policy->rules, i));
    return rules;
}

void rules_free(RuleSet *rules)
{
    if (!rules)
        return;
    for (guint i = 0; i < rules->rules->len; i++) {
        g_free(g_array_index(rules->rules, BoundRule, i).vms);
        g_free(g_array_index(rules->rules, BoundRule, i).hosts);
    }
    for (guint i = 0; i < rules->n_vms; i++)
        if (rules->of_vm[i])
            g_array_free(rules->of_vm[i], TRUE);
    g_array_free(rules->rules, TRUE);
    g_free(rules->of_vm);
    g_free(rules);
}

guint rules_count(const RuleSet *rules)
{
    return rules->rules->len;
}

const BoundRule *rules_at(const RuleSet *rules, guint index)
{
    return &g_array_index(rules->rules, BoundRule, index);
}

const GArray *rules_of_vm(const RuleSet *rules, guint vm)
{
    return rules->of_vm[vm];
}

static gboolean is_listed(const guint *list, guint n, guint value)
{
    return n > 0 && bsearch(&value, list, n, sizeof *list, index_compare);
}

gboolean rule_forbids_host(const BoundRule *rule, guint host)
{
    return is_listed(rule->hosts, rule->n_hosts, host) == (rule->type == RULE_VM_HOST_ANTI_AFFINITY);
}

/* running VMs of a rule by host, as if mover stood on mover_host: host + 1 -> how many */
static GHashTable *members_by_host(const BoundRule *rule, const Model *model, guint mover, int mover_host)
{
    GHashTable *on_host = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < rule->n_vms; i++) {
        guint vm = rule->vms[i];
        if (!model->vms[vm].running)
            continue;
        gpointer host = GINT_TO_POINTER(vm == mover ? mover_host : model->vms[vm].host);
        guint there = GPOINTER_TO_UINT(g_hash_table_lookup(on_host, host)) + 1;
        g_hash_table_insert(on_host, host, GUINT_TO_POINTER(there));
    }
    return on_host;
}

/* the breach of a rule among VMs, as if mover stood on mover_host */
static gint64 group_breach(const BoundRule *rule, const Model *model, guint mover, int mover_host)
{
    g_autoptr(GHashTable) on_host = members_by_host(rule, model, mover, mover_host);
    GHashTableIter iter;
    gpointer count;
    gint64 running = 0, largest = 0, crowding = 0;
    g_hash_table_iter_init(&iter, on_host);
    while (g_hash_table_iter_next(&iter, NULL, &count)) {
        running += GPOINTER_TO_UINT(count);
        largest = MAX(largest, GPOINTER_TO_UINT(count));
        crowding += group_crowding(GPOINTER_TO_INT(count));
    }
    return rule->type == RULE_VM_AFFINITY ? (running - largest) * BREACH_UNIT : crowding;
}

gboolean rule_is_about_hosts(const BoundRule *rule)
{
    return type_is_about_hosts(rule->type);
}

gboolean rule_names_vm(const BoundRule *rule, guint vm)
{
    return is_listed(rule->vms, rule->n_vms, vm);
}

gint64 rule_breach(const BoundRule *rule, const Model *model)
{
    if (!rule_is_about_hosts(rule))
        return group_breach(rule, model, G_MAXUINT, -1);
    gint64 breach = 0;
    for (guint i = 0; i < rule->n_vms; i++) {
        const ModelVm *vm = &model->vms[rule->vms[i]];
        breach += vm->running && rule_forbids_host(rule, (guint)vm->host) ? BREACH_UNIT : 0;
    }
    return breach;
}

guint rule_breaches(const BoundRule *rule, const Model *model)
{
    return (guint)(rule_breach(rule, model) / BREACH_UNIT);
}

static gboolean is_broken_by(const BoundRule *rule, const Model *model, guint vm, guint host)
{
    if (rule_is_about_hosts(rule))
        return rule_forbids_host(rule, host) &&
               (rule->mandatory || !rule_forbids_host(rule, (guint)model->vms[vm].host));
    return group_breach(rule, model, vm, (int)host) > group_breach(rule, model, G_MAXUINT, -1);
}

const BoundRule *rules_barring_host(const RuleSet *rules, guint vm, guint host)
{
    const GArray *own = rules->of_vm[vm];
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(rules, g_array_index(own, guint, i));
        if (rule->mandatory && rule_is_about_hosts(rule) && rule_forbids_host(rule, host))
            return rule;
    }
    return NULL;
}

const BoundRule *rules_broken_by(const RuleSet *rules, const Model *model, guint vm, guint host,
                                 gboolean mandatory)
{
    const GArray *own = rules->of_vm[vm];
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(rules, g_array_index(own, guint, i));
        if (rule->mandatory == mandatory && is_broken_by(rule, model, vm, host))
            return rule;
    }
    return NULL;
}

const BoundRule *rules_broken_on_the_way(const RuleSet *rules, const Model *model, guint vm, guint host)
{
    const GArray *own = rules->of_vm[vm];
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(rules, g_array_index(own, guint, i));
        if (rule->mandatory && rule->type != RULE_VM_AFFINITY && is_broken_by(rule, model, vm, host))
            return rule;
    }
    return NULL;
}
