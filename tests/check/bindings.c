/* SPDX-License-Identifier: MIT */
#include "tests/check/bindings.h"

static void binding_free(gpointer data)
{
    Binding *binding = data;
    g_array_unref(binding->vms);
    g_array_unref(binding->hosts);
    g_free(binding);
}

static Binding *binding_new(const char *name, int type, gboolean mandatory)
{
    Binding *binding = g_new0(Binding, 1);
    binding->name = name;
    binding->type = type;
    binding->mandatory = mandatory;
    binding->vms = g_array_new(FALSE, FALSE, sizeof(guint));
    binding->hosts = g_array_new(FALSE, FALSE, sizeof(guint));
    return binding;
}

static gboolean is_about_hosts(int type)
{
    return type == RULE_VM_HOST_AFFINITY || type == RULE_VM_HOST_ANTI_AFFINITY;
}

static Binding *bind_row(const Snapshot *snapshot, const Rule *row)
{
    /* vCenter has no should-rules between VMs. */
    gboolean mandatory = row->mandatory == 1 || (row->mandatory != 0 && !is_about_hosts(row->type));
    Binding *binding = binding_new(*row->name ? row->name : row->id, row->type, mandatory);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (list_contains(row->vm_ids, snapshot->vms[i].id))
            g_array_append_val(binding->vms, i);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (list_contains(row->host_ids, snapshot->hosts[i].id))
            g_array_append_val(binding->hosts, i);
    return binding;
}

static Binding *bind_patterns(const Snapshot *snapshot, const PolicyRule *rule, int cluster)
{
    Binding *binding = binding_new(rule->name, rule->type, rule->mandatory == 1);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].cluster == cluster &&
            policy_matches(rule->vms, snapshot->vms[i].folder, snapshot->vms[i].name))
            g_array_append_val(binding->vms, i);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (snapshot->hosts[i].cluster == cluster &&
            policy_matches(rule->hosts, NULL, snapshot->hosts[i].name))
            g_array_append_val(binding->hosts, i);
    return binding;
}

Bindings *bindings_new(const World *world)
{
    const Snapshot *snapshot = world->snapshot;
    Bindings *bindings = g_ptr_array_new_with_free_func(binding_free);
    for (guint i = 0; i < snapshot->n_rules; i++)
        if (snapshot->rules[i].enabled != 0)
            g_ptr_array_add(bindings, bind_row(snapshot, &snapshot->rules[i]));
    for (guint i = 0; i < world->policy->rules->len; i++) {
        const PolicyRule *rule = g_ptr_array_index(world->policy->rules, i);
        for (int cluster = 0; cluster < (int)snapshot->n_clusters; cluster++) {
            Binding *binding = bind_patterns(snapshot, rule, cluster);
            if (is_about_hosts(rule->type) && binding->hosts->len == 0)
                binding_free(binding); /* its hosts are elsewhere */
            else
                g_ptr_array_add(bindings, binding);
        }
    }
    return bindings;
}

gboolean bindings_lists(const GArray *indices, guint index)
{
    for (guint i = 0; i < indices->len; i++)
        if (g_array_index(indices, guint, i) == index)
            return TRUE;
    return FALSE;
}

gboolean binding_forbids(const Binding *binding, guint host)
{
    return is_about_hosts(binding->type) &&
           bindings_lists(binding->hosts, host) == (binding->type == RULE_VM_HOST_ANTI_AFFINITY);
}

/* how many of the rule's running VMs stand on a host */
static guint count_on(const Binding *binding, const VmAt *vms, int host)
{
    guint n = 0;
    for (guint i = 0; i < binding->vms->len; i++) {
        const VmAt *vm = &vms[g_array_index(binding->vms, guint, i)];
        n += vm->running && vm->host == host;
    }
    return n;
}

/* Apart: every VM that is not the first on its host. Together: all but those of the fullest host. */
guint binding_breaches(const Binding *binding, const VmAt *vms)
{
    guint breaches = 0, running = 0, fullest = 0;
    for (guint i = 0; i < binding->vms->len; i++) {
        const VmAt *vm = &vms[g_array_index(binding->vms, guint, i)];
        gboolean first = TRUE;
        if (!vm->running)
            continue;
        for (guint j = 0; j < i; j++) {
            const VmAt *other = &vms[g_array_index(binding->vms, guint, j)];
            first = first && !(other->running && other->host == vm->host);
        }
        running++;
        fullest = MAX(fullest, count_on(binding, vms, vm->host));
        breaches += is_about_hosts(binding->type) ? binding_forbids(binding, (guint)vm->host) : !first;
    }
    return binding->type == RULE_VM_AFFINITY ? running - fullest : breaches;
}
