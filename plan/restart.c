/* SPDX-License-Identifier: MIT */
#include "plan/restart.h"

#include "analyze/roles.h"
#include "collect/plural.h"
#include "plan/failover.h"
#include "plan/room.h"

#include <math.h>
#include <string.h>

#define MOST_HOSTS_TOLD 3

struct Restart {
    const Model *start;
    GArray **hosts;     /* [n_clusters] guint: those of the cluster; NULL for one that is not looked at */
    gboolean *uniform;  /* [n_clusters]: every VM could be restarted on every host that takes part */
    GPtrArray *reaches; /* gboolean *: [hosts of a cluster] where VMs alike could be restarted */
    guint *reach_of;    /* [n_vms] index of its reach; of VMs that are looked at */
    gboolean *lost;     /* [n_vms] could not be restarted as the decision begins */
};

/* a VM of a lost host */
typedef struct Item {
    guint vm;
    double mib, mhz; /* what it holds */
} Item;

/* what is left unreserved on the hosts of a cluster, with a change made; hosts count by their place among
 * those of the cluster */
typedef struct Fit {
    const Restart *restart;
    const Model *now;
    const Change *change; /* NULL: none */
    guint cluster, n;
    double *mib, *mhz; /* [n]; less than 0 on hosts that take no part */
    double largest;    /* MiB that a VM of the cluster holds at most */
} Fit;

/* ---- who takes part ---- */

/* TRUE for a host whose loss is thought of */
static gboolean may_fail(const Model *model, guint host)
{
    return model_is_live(model, host) && !model_is_asked_to_empty(model, host) &&
           !model->hosts[host].standing_by;
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
    Item item = {vm, model_vm_memory_held(fit->now, vm), model_vm_cpu_reserved(fit->now, vm)};
    if (change && change->vm == (int)vm && action_is_growth(change->action))
        item.mib += room_taken_by(fit->now, change).of[ROOM_MEMORY_RESERVATION];
    return item;
}

static guint host_at(const Fit *fit, guint place)
{
    return g_array_index(fit->restart->hosts[fit->cluster], guint, place);
}

/* a VM that moves holds what it takes on its new host */
static void count_change(Fit *fit)
{
    guint vm = (guint)fit->change->vm;
    Item item = item_of(fit, vm);
    gboolean leaves = fit->change->action == ACTION_MIGRATE;
    double held = leaves ? 0 : model_vm_memory_held(fit->now, vm);
    for (guint place = 0; place < fit->n; place++) {
        guint host = host_at(fit, place);
        if ((int)host == fit->change->to) {
            fit->mib[place] -= item.mib - held;
            fit->mhz[place] -= leaves ? item.mhz : 0;
        } else if ((int)host == fit->change->from && leaves && model_is_counted_on(fit->now, host)) {
            fit->mib[place] += item.mib;
            fit->mhz[place] += item.mhz;
        }
    }
}

/* before anything is restarted */
static Fit fit_new(const Restart *restart, const Model *now, guint cluster, const Change *change)
{
    guint n = restart->hosts[cluster]->len;
    Fit fit = {restart, now, change, cluster, n, g_new(double, n + 1), g_new(double, n + 1), 0};
    for (guint place = 0; place < n; place++) {
        guint host = host_at(&fit, place);
        const ModelHost *at = &now->hosts[host];
        gboolean takes = model_is_counted_on(now, host);
        fit.mib[place] =
            takes ? at->memory_reservable_mib - at->memory_reserved_mib - at->memory_overhead_mib : -1;
        fit.mhz[place] = takes ? at->cpu_reservable_mhz - at->cpu_reserved_mhz : -1;
        for (guint i = 0; i < now->vms_on[host]->len; i++)
            fit.largest = MAX(fit.largest, item_of(&fit, g_array_index(now->vms_on[host], guint, i)).mib);
    }
    if (change && change->vm >= 0 && now->vms[change->vm].running)
        count_change(&fit);
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
    for (guint place = 0; place < fit->n; place++)
        if (host_at(fit, place) != lost)
            left += MAX(0, fit->mib[place] - fit->largest);
    return needed <= left;
}

/* the place of the host that could take the item and has least left then; -1: none. What has no CPU reserved
 * needs none */
static int place_for(const Fit *fit, guint lost, const Item *item, const double *taken_mib,
                     const double *taken_mhz)
{
    const Restart *restart = fit->restart;
    const gboolean *reach = g_ptr_array_index(restart->reaches, restart->reach_of[item->vm]);
    int best = -1;
    double least = INFINITY;
    for (guint place = 0; place < fit->n; place++) {
        double left = fit->mib[place] - taken_mib[place] - item->mib;
        double left_mhz = fit->mhz[place] - taken_mhz[place] - item->mhz;
        if (!reach[place] || left >= least || table_round(left) < 0 || host_at(fit, place) == lost ||
            (item->mhz > 0 && table_round(left_mhz) < 0))
            continue;
        least = left;
        best = (int)place;
    }
    return best;
}

/* gives each of the VMs of a lost host a host (where[items]; -1: none) */
static void restart_all(const Fit *fit, guint lost, const GArray *items, int *where)
{
    g_autofree double *mib = g_new0(double, fit->n + 1), *mhz = g_new0(double, fit->n + 1);
    for (guint i = 0; i < items->len; i++) {
        const Item *item = &g_array_index(items, Item, i);
        int place = place_for(fit, lost, item, mib, mhz);
        where[i] = place < 0 ? -1 : (int)host_at(fit, (guint)place);
        if (place < 0)
            continue;
        mib[place] += item->mib;
        mhz[place] += item->mhz;
    }
}

/* the VMs (guint) of a host that could not be restarted if it failed, those that hold most first; the caller
 * unrefs them */
static GArray *lost_with(const Fit *fit, guint host)
{
    GArray *lost = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) items = items_on(fit, host);
    if (surely_fit(fit, host, items))
        return lost;
    g_autofree int *where = g_new(int, items->len + 1);
    restart_all(fit, host, items, where);
    for (guint i = 0; i < items->len; i++)
        if (where[i] < 0)
            g_array_append_val(lost, g_array_index(items, Item, i).vm);
    return lost;
}

/* ---- the start ---- */

/* TRUE for a host that may take restarts: now, or once it leaves maintenance mode */
static gboolean may_take_part(const Model *start, guint host)
{
    return model_is_counted_on(start, host) ||
           (model_is_live(start, host) && start->hosts[host].mode == HOST_MODE_MAINTENANCE &&
            !model_is_asked_to_empty(start, host));
}

static gboolean *make_reach(const Restart *restart, const Compatibility *compatibility, const RuleSet *rules,
                            guint vm)
{
    const Model *start = restart->start;
    guint cluster = (guint)start->vms[vm].row->cluster;
    const GArray *hosts = restart->hosts[cluster];
    gboolean *reach = g_new0(gboolean, hosts->len + 1);
    for (guint place = 0; place < hosts->len; place++) {
        guint host = g_array_index(hosts, guint, place);
        if (!may_take_part(start, host))
            continue;
        reach[place] = compatibility_could_restart(compatibility, start, vm, host) &&
                       !(rules && rules_barring_host(rules, vm, host));
        restart->uniform[cluster] = restart->uniform[cluster] && reach[place];
    }
    return reach;
}

static char *reach_key(const Restart *restart, const Compatibility *compatibility, const RuleSet *rules,
                       guint vm)
{
    g_autofree char *fits = compatibility_restart_key(compatibility, vm);
    GString *key = g_string_new(fits);
    const GArray *own = rules ? rules_of_vm(rules, vm) : NULL;
    g_string_append_printf(key, " in %d", restart->start->vms[vm].row->cluster);
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
        if (!restart->hosts[start->vms[vm].row->cluster] || !is_restarted(start, vm))
            continue;
        char *key = reach_key(restart, compatibility, rules, vm);
        guint index = GPOINTER_TO_UINT(g_hash_table_lookup(known, key));
        if (index == 0) {
            g_ptr_array_add(restart->reaches, make_reach(restart, compatibility, rules, vm));
            index = restart->reaches->len;
            g_hash_table_insert(known, g_steal_pointer(&key), GUINT_TO_POINTER(index));
        }
        g_free(key);
        restart->reach_of[vm] = index - 1;
    }
}

/* the clusters whose policy and HA ask, and in which something is reserved, and their hosts */
static void find_hosts(Restart *restart)
{
    const Model *start = restart->start;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        guint cluster = (guint)start->vms[vm].row->cluster;
        if (restart->hosts[cluster] || !start->vms[vm].running || !failover_is_checked(start, cluster) ||
            !(model_vm_memory_reserved(start, vm) > 0 || model_vm_cpu_reserved(start, vm) > 0))
            continue;
        restart->hosts[cluster] = g_array_new(FALSE, FALSE, sizeof(guint));
        restart->uniform[cluster] = TRUE;
    }
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (restart->hosts[start->hosts[host].cluster])
            g_array_append_val(restart->hosts[start->hosts[host].cluster], host);
}

/* calls for each host of a cluster that may fail, until one is not to go on */
typedef gboolean (*SeeHost)(const Fit *fit, guint host, gpointer data);

static void see_hosts(const Fit *fit, SeeHost see, gpointer data)
{
    for (guint place = 0; place < fit->n; place++) {
        guint host = host_at(fit, place);
        if (may_fail(fit->now, host) && !see(fit, host, data))
            return;
    }
}

static gboolean note_lost(const Fit *fit, guint host, gpointer data)
{
    gboolean *noted = data;
    g_autoptr(GArray) lost = lost_with(fit, host);
    for (guint i = 0; i < lost->len; i++)
        noted[g_array_index(lost, guint, i)] = TRUE;
    return TRUE;
}

Restart *restart_new(const Compatibility *compatibility, const RuleSet *rules, const Model *start)
{
    guint n_clusters = start->snapshot->n_clusters;
    Restart *restart = g_new0(Restart, 1);
    restart->start = start;
    restart->hosts = g_new0(GArray *, n_clusters + 1);
    restart->uniform = g_new0(gboolean, n_clusters + 1);
    restart->reaches = g_ptr_array_new_with_free_func(g_free);
    restart->reach_of = g_new0(guint, start->n_vms + 1);
    restart->lost = g_new0(gboolean, start->n_vms + 1);
    find_hosts(restart);
    find_reaches(restart, compatibility, rules);
    for (guint cluster = 0; cluster < n_clusters; cluster++) {
        if (!restart->hosts[cluster])
            continue;
        g_auto(Fit) fit = fit_new(restart, start, cluster, NULL);
        see_hosts(&fit, note_lost, restart->lost);
    }
    return restart;
}

void restart_free(Restart *restart)
{
    if (!restart)
        return;
    for (guint cluster = 0; cluster < restart->start->snapshot->n_clusters; cluster++)
        if (restart->hosts[cluster])
            g_array_unref(restart->hosts[cluster]);
    g_free(restart->hosts);
    g_free(restart->uniform);
    g_ptr_array_unref(restart->reaches);
    g_free(restart->reach_of);
    g_free(restart->lost);
    g_free(restart);
}

/* ---- what is asked ---- */

int restart_host(const Restart *restart, guint vm)
{
    const Model *start = restart->start;
    guint cluster = (guint)start->vms[vm].row->cluster;
    if (!restart->hosts[cluster] || !may_fail(start, (guint)start->vms[vm].host))
        return -1;
    g_auto(Fit) fit = fit_new(restart, start, cluster, NULL);
    g_autoptr(GArray) items = items_on(&fit, (guint)start->vms[vm].host);
    g_autofree int *where = g_new(int, items->len + 1);
    restart_all(&fit, (guint)start->vms[vm].host, items, where);
    for (guint i = 0; i < items->len; i++)
        if (g_array_index(items, Item, i).vm == vm)
            return where[i];
    return -1;
}

/* looks for a VM that is lost, and was not as the decision began, nor before the change */
typedef struct Looking {
    const Fit *before; /* without the change; NULL: there is none */
    int found;         /* -1: none yet */
} Looking;

static gboolean is_among(const GArray *vms, guint vm)
{
    for (guint i = 0; i < vms->len; i++)
        if (g_array_index(vms, guint, i) == vm)
            return TRUE;
    return FALSE;
}

static gboolean is_lost_before(const Looking *looking, guint vm)
{
    if (!looking->before)
        return FALSE;
    g_autoptr(GArray) lost = lost_with(looking->before, (guint)looking->before->now->vms[vm].host);
    return is_among(lost, vm);
}

static gboolean find_newly_lost(const Fit *fit, guint host, gpointer data)
{
    Looking *looking = data;
    g_autoptr(GArray) lost = lost_with(fit, host);
    for (guint i = 0; i < lost->len && looking->found < 0; i++) {
        guint vm = g_array_index(lost, guint, i);
        if (!fit->restart->lost[vm] && !is_lost_before(looking, vm))
            looking->found = (int)vm;
    }
    return looking->found < 0;
}

int restart_newly_lost(const Restart *restart, const Model *now, guint cluster, const Change *change)
{
    if (!restart->hosts[cluster])
        return -1;
    g_auto(Fit) fit = fit_new(restart, now, cluster, change);
    g_auto(Fit) before = fit_new(restart, now, cluster, NULL);
    Looking looking = {change ? &before : NULL, -1};
    see_hosts(&fit, find_newly_lost, &looking);
    return looking.found;
}

/* ---- words ---- */

/* TRUE where nothing but room keeps HA from restarting the VM on some other host */
static gboolean has_a_host(const Fit *fit, guint vm)
{
    const Restart *restart = fit->restart;
    const gboolean *reach = g_ptr_array_index(restart->reaches, restart->reach_of[vm]);
    for (guint place = 0; place < fit->n; place++)
        if (reach[place] && (int)host_at(fit, place) != fit->now->vms[vm].host)
            return TRUE;
    return FALSE;
}

typedef struct Telling {
    GString *words;
    guint told, more; /* hosts */
} Telling;

/* of what is lost for lack of room, that which holds most */
static gboolean tell_of_host(const Fit *fit, guint host, gpointer data)
{
    Telling *telling = data;
    const Model *now = fit->now;
    guint n = 0, largest = 0;
    g_autoptr(GArray) lost = lost_with(fit, host);
    for (guint i = 0; i < lost->len; i++) {
        guint vm = g_array_index(lost, guint, i);
        if (has_a_host(fit, vm) && n++ == 0)
            largest = vm;
    }
    if (n == 0)
        return TRUE;
    if (telling->told++ >= MOST_HOSTS_TOLD) {
        telling->more++;
        return TRUE;
    }
    g_string_append_printf(telling->words, " If %s failed, no host could restart %s (%.0f MiB reserved)",
                           now->snapshot->hosts[host].name, now->vms[largest].row->name,
                           model_vm_memory_reserved(now, largest));
    if (n > 1)
        g_string_append_printf(telling->words, ", nor %u more %s", n - 1, plural(n - 1, "VM", "VMs"));
    g_string_append_c(telling->words, '.');
    return TRUE;
}

char *restart_words(const Restart *restart, const Model *now)
{
    Telling telling = {g_string_new(NULL), 0, 0};
    for (guint cluster = 0; cluster < now->snapshot->n_clusters; cluster++) {
        if (!restart->hosts[cluster])
            continue;
        g_auto(Fit) fit = fit_new(restart, now, cluster, NULL);
        see_hosts(&fit, tell_of_host, &telling);
    }
    if (telling.more > 0)
        g_string_append_printf(telling.words, " The same holds for VMs of %u more %s.", telling.more,
                               plural(telling.more, "host", "hosts"));
    return g_string_free(telling.words, FALSE);
}
