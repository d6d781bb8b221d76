/* SPDX-License-Identifier: MIT */
#include "plan/restart.h"

#include "analyze/roles.h"
#include "collect/plural.h"
#include "plan/failover.h"

#include <math.h>
#include <string.h>

#define MOST_HOSTS_TOLD 3

struct Restart {
    const Model *start;
    gboolean *looked_at; /* [n_clusters] */
    gboolean *uniform;   /* [n_clusters]: every VM could be restarted on every host that takes part */
    GPtrArray *reaches;  /* gboolean *: [n_hosts] where VMs alike could be restarted */
    guint *reach_of;     /* [n_vms] index of its reach; of VMs that are looked at */
    int *host;           /* [n_vms] where it would be restarted as the decision begins; -1: nowhere */
};

/* a VM of a lost host */
typedef struct Item {
    guint vm;
    double mib, mhz; /* what it holds */
} Item;

/* what is left unreserved on the hosts of a cluster, with a change made */
typedef struct Fit {
    const Restart *restart;
    const Model *now;
    const Change *change; /* NULL: none */
    guint cluster;
    double *mib, *mhz; /* [n_hosts]; less than 0 on hosts that take no part */
    double largest;    /* MiB that a VM of the cluster holds at most */
} Fit;

/* ---- who takes part ---- */

/* TRUE for a host whose loss is thought of */
static gboolean may_fail(const Model *model, guint host, guint cluster)
{
    return model->hosts[host].cluster == (int)cluster && model_is_live(model, host) &&
           !model_is_asked_to_empty(model, host) && !model->hosts[host].standing_by;
}

/* A fault-tolerant VM goes on in its partner. */
static gboolean is_restarted(const Model *model, guint vm)
{
    return model->vms[vm].running && !vm_is_agent(model->vms[vm].row) && !model_is_fault_tolerant(model, vm);
}

/* ---- what fits ---- */

static gboolean moves(const Fit *fit, guint vm)
{
    return fit->change && fit->change->action == ACTION_MIGRATE && fit->change->vm == (int)vm;
}

static Item item_of(const Fit *fit, guint vm)
{
    const Change *change = fit->change;
    const ModelVm *at = &fit->now->vms[vm];
    Item item = {vm, model_vm_memory_held(fit->now, vm), model_vm_cpu_reserved(fit->now, vm)};
    if (!change || change->vm != (int)vm || !action_is_growth(change->action))
        return item;
    gboolean of_memory = change->action == ACTION_ADD_MEMORY;
    item.mib +=
        overhead_mib(of_memory ? change->amount : at->memory_mib, of_memory ? at->vcpus : change->amount) -
        overhead_mib(at->memory_mib, at->vcpus);
    if (of_memory && at->row->memory_reservation_locked == 1)
        item.mib += change->amount - at->memory_mib;
    return item;
}

/* Before anything is restarted; a VM that moves holds what it takes on its new host. */
static Fit fit_new(const Restart *restart, const Model *now, guint cluster, const Change *change)
{
    guint n = now->snapshot->n_hosts;
    Fit fit = {restart, now, change, cluster, g_new(double, n + 1), g_new(double, n + 1), 0};
    for (guint host = 0; host < n; host++) {
        const ModelHost *at = &now->hosts[host];
        gboolean takes = at->cluster == (int)cluster && model_is_counted_on(now, host);
        fit.mib[host] =
            takes ? at->memory_reservable_mib - at->memory_reserved_mib - at->memory_overhead_mib : -1;
        fit.mhz[host] = takes ? at->cpu_reservable_mhz - at->cpu_reserved_mhz : -1;
    }
    for (guint vm = 0; vm < now->n_vms; vm++)
        if (now->vms[vm].row->cluster == (int)cluster && is_restarted(now, vm))
            fit.largest = MAX(fit.largest, item_of(&fit, vm).mib);
    if (!change || change->vm < 0 || !now->vms[change->vm].running)
        return fit;
    Item item = item_of(&fit, (guint)change->vm);
    gboolean leaves = change->action == ACTION_MIGRATE;
    double held = leaves ? 0 : model_vm_memory_held(now, (guint)change->vm);
    fit.mib[change->to] -= item.mib - held;
    fit.mhz[change->to] -= leaves ? item.mhz : 0;
    fit.mib[change->from] += leaves && model_is_counted_on(now, (guint)change->from) ? item.mib : 0;
    fit.mhz[change->from] += leaves && model_is_counted_on(now, (guint)change->from) ? item.mhz : 0;
    return fit;
}

static void fit_clear(Fit *fit)
{
    g_free(fit->mib);
    g_free(fit->mhz);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fit, fit_clear)

/* Item, those that hold most first */
static int compare_items(gconstpointer a, gconstpointer b)
{
    const Item *left = a, *right = b;
    if (left->mib != right->mib)
        return left->mib > right->mib ? -1 : 1;
    if (left->mhz != right->mhz)
        return left->mhz > right->mhz ? -1 : 1;
    return left->vm < right->vm ? -1 : 1;
}

static GArray *items_on(const Fit *fit, guint host)
{
    GArray *items = g_array_new(FALSE, FALSE, sizeof(Item));
    const GArray *vms = fit->now->vms_on[host];
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, guint, i);
        Item item = item_of(fit, vm);
        if (is_restarted(fit->now, vm) && !moves(fit, vm))
            g_array_append_val(items, item);
    }
    if (fit->change && moves(fit, (guint)fit->change->vm) && fit->change->to == (int)host &&
        is_restarted(fit->now, (guint)fit->change->vm)) {
        Item item = item_of(fit, (guint)fit->change->vm);
        g_array_append_val(items, item);
    }
    g_array_sort(items, compare_items);
    return items;
}

/* TRUE where the items surely find a host each, in whatever order: where all could be restarted everywhere
 * and no CPU is reserved, an item finds none only when every host has less left than it holds */
static gboolean surely_fit(const Fit *fit, guint lost, const GArray *items)
{
    double left = 0, needed = 0;
    if (!fit->restart->uniform[fit->cluster])
        return FALSE;
    for (guint i = 0; i < items->len; i++) {
        const Item *item = &g_array_index(items, Item, i);
        needed += item->mib;
        if (item->mhz > 0)
            return FALSE;
    }
    for (guint host = 0; host < fit->now->snapshot->n_hosts; host++)
        if (host != lost)
            left += MAX(0, fit->mib[host] - fit->largest);
    return needed <= left;
}

/* the host that could take the item and has least left then; -1: none. What has no CPU reserved needs none */
static int host_for(const Fit *fit, guint lost, const Item *item, const double *taken_mib,
                    const double *taken_mhz)
{
    const Restart *restart = fit->restart;
    const gboolean *reach = g_ptr_array_index(restart->reaches, restart->reach_of[item->vm]);
    int best = -1;
    double least = INFINITY;
    for (guint host = 0; host < fit->now->snapshot->n_hosts; host++) {
        double left = fit->mib[host] - taken_mib[host] - item->mib;
        double left_mhz = fit->mhz[host] - taken_mhz[host] - item->mhz;
        if (host == lost || !reach[host] || table_round(left) < 0 || left >= least ||
            (item->mhz > 0 && table_round(left_mhz) < 0))
            continue;
        least = left;
        best = (int)host;
    }
    return best;
}

/* gives each VM of a lost host a place (where[n_vms]; -1: none) */
static void restart_all(const Fit *fit, guint lost, int *where)
{
    guint n = fit->now->snapshot->n_hosts;
    g_autofree double *mib = g_new0(double, n + 1), *mhz = g_new0(double, n + 1);
    g_autoptr(GArray) items = items_on(fit, lost);
    for (guint i = 0; i < items->len; i++) {
        const Item *item = &g_array_index(items, Item, i);
        int host = host_for(fit, lost, item, mib, mhz);
        where[item->vm] = host;
        if (host < 0)
            continue;
        mib[host] += item->mib;
        mhz[host] += item->mhz;
    }
}

/* ---- the start ---- */

static gboolean *make_reach(const Compatibility *compatibility, const RuleSet *rules, const Model *start,
                            guint vm)
{
    gboolean *reach = g_new0(gboolean, start->snapshot->n_hosts + 1);
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        reach[host] = start->hosts[host].cluster == start->vms[vm].row->cluster &&
                      model_is_counted_on(start, host) &&
                      compatibility_could_restart(compatibility, start, vm, host) &&
                      !(rules && rules_barring_host(rules, vm, host));
    return reach;
}

static char *reach_key(const Compatibility *compatibility, const RuleSet *rules, guint vm)
{
    g_autofree char *fits = compatibility_key(compatibility, vm);
    GString *key = g_string_new(fits);
    const GArray *own = rules ? rules_of_vm(rules, vm) : NULL;
    for (guint i = 0; own && i < own->len; i++)
        if (rule_is_about_hosts(rules_at(rules, g_array_index(own, guint, i))))
            g_string_append_printf(key, " %u", g_array_index(own, guint, i));
    return g_string_free(key, FALSE);
}

static void find_reaches(Restart *restart, const Compatibility *compatibility, const RuleSet *rules)
{
    const Model *start = restart->start;
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint vm = 0; vm < start->n_vms; vm++) {
        guint cluster = (guint)start->vms[vm].row->cluster;
        if (!restart->looked_at[cluster] || !is_restarted(start, vm))
            continue;
        char *key = reach_key(compatibility, rules, vm);
        guint index = GPOINTER_TO_UINT(g_hash_table_lookup(known, key));
        if (index == 0) {
            gboolean *reach = make_reach(compatibility, rules, start, vm);
            g_ptr_array_add(restart->reaches, reach);
            index = restart->reaches->len;
            for (guint host = 0; host < start->snapshot->n_hosts; host++)
                if (start->hosts[host].cluster == (int)cluster && model_is_counted_on(start, host) &&
                    !reach[host])
                    restart->uniform[cluster] = FALSE;
            g_hash_table_insert(known, g_steal_pointer(&key), GUINT_TO_POINTER(index));
        }
        g_free(key);
        restart->reach_of[vm] = index - 1;
    }
}

static void restart_cluster(const Restart *restart, const Model *now, guint cluster, int *where)
{
    g_auto(Fit) fit = fit_new(restart, now, cluster, NULL);
    for (guint host = 0; host < now->snapshot->n_hosts; host++)
        if (may_fail(now, host, cluster))
            restart_all(&fit, host, where);
}

static int *nowhere(const Model *model)
{
    int *where = g_new(int, model->n_vms + 1);
    for (guint vm = 0; vm < model->n_vms; vm++)
        where[vm] = -1;
    return where;
}

Restart *restart_new(const Compatibility *compatibility, const RuleSet *rules, const Model *start)
{
    guint n_clusters = start->snapshot->n_clusters;
    Restart *restart = g_new0(Restart, 1);
    restart->start = start;
    restart->looked_at = g_new0(gboolean, n_clusters + 1);
    restart->uniform = g_new0(gboolean, n_clusters + 1);
    restart->reaches = g_ptr_array_new_with_free_func(g_free);
    restart->reach_of = g_new0(guint, start->n_vms + 1);
    restart->host = nowhere(start);
    for (guint vm = 0; vm < start->n_vms; vm++) {
        guint cluster = (guint)start->vms[vm].row->cluster;
        if (start->vms[vm].running && failover_is_checked(start, cluster) &&
            (model_vm_memory_reserved(start, vm) > 0 || model_vm_cpu_reserved(start, vm) > 0))
            restart->looked_at[cluster] = restart->uniform[cluster] = TRUE;
    }
    find_reaches(restart, compatibility, rules);
    for (guint cluster = 0; cluster < n_clusters; cluster++)
        if (restart->looked_at[cluster])
            restart_cluster(restart, start, cluster, restart->host);
    return restart;
}

void restart_free(Restart *restart)
{
    if (!restart)
        return;
    g_free(restart->looked_at);
    g_free(restart->uniform);
    g_ptr_array_unref(restart->reaches);
    g_free(restart->reach_of);
    g_free(restart->host);
    g_free(restart);
}

/* ---- what is asked ---- */

int restart_host(const Restart *restart, guint vm)
{
    return restart->host[vm];
}

/* a VM of a lost host that finds none, and did as the decision began; -1: there is none */
static int newly_lost_with(const Fit *fit, guint lost, int *where)
{
    g_autoptr(GArray) items = items_on(fit, lost);
    if (surely_fit(fit, lost, items))
        return -1;
    restart_all(fit, lost, where);
    for (guint i = 0; i < items->len; i++) {
        guint vm = g_array_index(items, Item, i).vm;
        if (where[vm] < 0 && fit->restart->host[vm] >= 0)
            return (int)vm;
    }
    return -1;
}

int restart_newly_lost(const Restart *restart, const Model *now, guint cluster, const Change *change)
{
    if (!restart->looked_at[cluster])
        return -1;
    g_auto(Fit) fit = fit_new(restart, now, cluster, change);
    g_autofree int *where = nowhere(now);
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        int vm = may_fail(now, host, cluster) ? newly_lost_with(&fit, host, where) : -1;
        if (vm >= 0)
            return vm;
    }
    return -1;
}

gboolean restart_is_lost(const Restart *restart, const Model *now, guint vm)
{
    g_auto(Fit) fit = fit_new(restart, now, (guint)now->vms[vm].row->cluster, NULL);
    g_autofree int *where = nowhere(now);
    restart_all(&fit, (guint)now->vms[vm].host, where);
    return where[vm] < 0;
}

/* TRUE where nothing but room keeps HA from restarting the VM on some other host */
static gboolean has_a_host(const Restart *restart, const Model *now, guint vm)
{
    const gboolean *reach = g_ptr_array_index(restart->reaches, restart->reach_of[vm]);
    for (guint host = 0; host < now->snapshot->n_hosts; host++)
        if (reach[host] && (int)host != now->vms[vm].host)
            return TRUE;
    return FALSE;
}

/* appends what cannot be restarted of a host, for lack of room; FALSE where all can */
static gboolean append_lost(GString *words, const Restart *restart, const Model *now, guint host,
                            const int *where)
{
    guint n = 0, largest = 0;
    for (guint i = 0; i < now->vms_on[host]->len; i++) {
        guint vm = g_array_index(now->vms_on[host], guint, i);
        if (!is_restarted(now, vm) || where[vm] >= 0 || !has_a_host(restart, now, vm))
            continue;
        if (n++ == 0 || model_vm_memory_held(now, vm) > model_vm_memory_held(now, largest))
            largest = vm;
    }
    if (n == 0)
        return FALSE;
    g_string_append_printf(words, " If %s failed, no host could restart %s (%.0f MiB reserved)",
                           now->snapshot->hosts[host].name, now->vms[largest].row->name,
                           model_vm_memory_reserved(now, largest));
    if (n > 1)
        g_string_append_printf(words, ", nor %u more %s", n - 1, plural(n - 1, "VM", "VMs"));
    g_string_append_c(words, '.');
    return TRUE;
}

char *restart_words(const Restart *restart, const Model *now)
{
    GString *words = g_string_new(NULL);
    g_autofree int *where = nowhere(now);
    guint told = 0, more = 0;
    for (guint cluster = 0; cluster < now->snapshot->n_clusters; cluster++) {
        if (!restart->looked_at[cluster])
            continue;
        restart_cluster(restart, now, cluster, where);
        for (guint host = 0; host < now->snapshot->n_hosts; host++) {
            g_autoptr(GString) one = g_string_new(NULL);
            if (!may_fail(now, host, cluster) || !append_lost(one, restart, now, host, where))
                continue;
            if (told++ < MOST_HOSTS_TOLD)
                g_string_append(words, one->str);
            else
                more++;
        }
    }
    if (more > 0)
        g_string_append_printf(words, " The same holds for VMs of %u more %s.", more,
                               plural(more, "host", "hosts"));
    return g_string_free(words, FALSE);
}
