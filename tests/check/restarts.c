/* SPDX-License-Identifier: MIT */
#include "tests/check/restarts.h"

#define HAIR 0.0005 /* MiB, MHz */

/* the hosts and VMs of a cluster, at one moment */
typedef struct Moment {
    const World *world;
    const GArray *barring; /* per VM a GArray of Binding *, the mandatory ones about hosts that name it */
    const HostAt *hosts;
    const VmAt *vms;
    const GArray *own_hosts, *own_vms; /* guint */
    gboolean *restarts;                /* per VM of the snapshot */
} Moment;

typedef struct Lost {
    guint vm;
    double mib, mhz;
} Lost;

static guint at(const GArray *indices, guint i)
{
    return g_array_index(indices, guint, i);
}

static int by_size(const void *a, const void *b)
{
    const Lost *left = a, *right = b;
    if (left->mib != right->mib)
        return left->mib < right->mib ? 1 : -1;
    if (left->mhz != right->mhz)
        return left->mhz < right->mhz ? 1 : -1;
    return left->vm < right->vm ? -1 : 1;
}

/* A fault-tolerant VM goes on in its partner, and what vSphere runs for itself it starts itself. */
static gboolean is_restarted_by_ha(const Moment *moment, guint vm)
{
    const Vm *row = &moment->world->snapshot->vms[vm];
    return moment->vms[vm].running && !leaves_by_itself(row) && row->fault_tolerance != 1 && row->ft_role < 0;
}

static GArray *lost_with(const Moment *moment, guint host)
{
    GArray *lost = g_array_new(FALSE, FALSE, sizeof(Lost));
    for (guint i = 0; i < moment->own_vms->len; i++) {
        guint vm = at(moment->own_vms, i);
        Lost one = {vm, vm_held_mib(moment->world, moment->vms, vm),
                    vm_reserved_mhz(moment->world, moment->vms, vm)};
        if (moment->vms[vm].host == (int)host && is_restarted_by_ha(moment, vm))
            g_array_append_val(lost, one);
    }
    g_array_sort(lost, by_size);
    return lost;
}

static gboolean takes_restarts(const World *world, guint host)
{
    const Host *row = &world->snapshot->hosts[host];
    return host_is_live(row) && row->mode == HOST_MODE_NORMAL;
}

static gboolean could_run(const Moment *moment, guint vm, guint host)
{
    const Snapshot *snapshot = moment->world->snapshot;
    const GArray *barring = g_array_index(moment->barring, GArray *, vm);
    for (guint i = 0; barring && i < barring->len; i++)
        if (binding_forbids(g_array_index(barring, Binding *, i), host))
            return FALSE;
    return !facts_lacking(&moment->world->facts, &snapshot->vms[vm], moment->vms[vm].vcpus,
                          &snapshot->hosts[host]);
}

/* what is unreserved on the cluster's hosts: MiB and MHz, in the order of own_hosts */
typedef struct Unreserved {
    double *mib, *mhz;
} Unreserved;

/* the host, as a place in own_hosts, on which least is left then; -1: none takes it */
static int place_for(const Moment *moment, guint failed, const Lost *lost, const Unreserved *left)
{
    int best = -1;
    for (guint i = 0; i < moment->own_hosts->len; i++) {
        guint host = at(moment->own_hosts, i);
        if (host == failed || !takes_restarts(moment->world, host) || left->mib[i] - lost->mib < -HAIR ||
            (lost->mhz > 0 && left->mhz[i] - lost->mhz < -HAIR) ||
            (best >= 0 && left->mib[i] >= left->mib[best]))
            continue;
        if (could_run(moment, lost->vm, host))
            best = (int)i;
    }
    return best;
}

static void fail_host(const Moment *moment, guint failed)
{
    guint n = moment->own_hosts->len;
    g_autoptr(GArray) lost = lost_with(moment, failed);
    g_autofree double *mib = g_new0(double, n);
    g_autofree double *mhz = g_new0(double, n);
    const Unreserved left = {mib, mhz};
    for (guint i = 0; i < n; i++) {
        const HostAt *host = &moment->hosts[at(moment->own_hosts, i)];
        mib[i] = host->most[FULL_MEMORY_RESERVATION] - host->held[FULL_MEMORY_RESERVATION];
        mhz[i] = host->most[FULL_CPU_RESERVATION] - host->held[FULL_CPU_RESERVATION];
    }
    for (guint i = 0; i < lost->len; i++) {
        const Lost *one = &g_array_index(lost, Lost, i);
        int place = place_for(moment, failed, one, &left);
        moment->restarts[one->vm] = place >= 0;
        if (place < 0)
            continue;
        mib[place] -= one->mib;
        mhz[place] -= one->mhz;
    }
}

static void fail_each(const Moment *moment)
{
    for (guint i = 0; i < moment->own_hosts->len; i++)
        if (host_is_live(&moment->world->snapshot->hosts[at(moment->own_hosts, i)]))
            fail_host(moment, at(moment->own_hosts, i));
}

/* ---- which clusters, which rules ---- */

static GArray *hosts_of(const World *world, int cluster, gboolean *one_is_to_empty)
{
    GArray *hosts = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        if (world->snapshot->hosts[i].cluster != cluster)
            continue;
        g_array_append_val(hosts, i);
        *one_is_to_empty = *one_is_to_empty || world->hosts[i].to_empty;
    }
    return hosts;
}

static GArray *vms_of(const World *world, int cluster, gboolean *something_is_reserved)
{
    GArray *vms = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        if (world->snapshot->vms[i].cluster != cluster)
            continue;
        g_array_append_val(vms, i);
        *something_is_reserved = *something_is_reserved ||
                                 vm_reserved_mib(world, world->vms_at_start, i) > 0 ||
                                 vm_reserved_mhz(world, world->vms_at_start, i) > 0;
    }
    return vms;
}

static void check_cluster(World *world, const GArray *barring, int cluster)
{
    gboolean emptied = FALSE, reserved = FALSE;
    g_autoptr(GArray) hosts = hosts_of(world, cluster, &emptied);
    g_autoptr(GArray) vms = vms_of(world, cluster, &reserved);
    if (emptied || !reserved)
        return;
    g_autofree gboolean *could = g_new0(gboolean, world->snapshot->n_vms);
    g_autofree gboolean *can = g_new0(gboolean, world->snapshot->n_vms);
    const Moment start = {world, barring, world->hosts_at_start, world->vms_at_start, hosts, vms, could};
    const Moment end = {world, barring, world->hosts, world->vms, hosts, vms, can};
    fail_each(&start);
    fail_each(&end);
    for (guint i = 0; i < vms->len; i++)
        if (could[at(vms, i)] && !can[at(vms, i)])
            complain(world, NULL, "no host could restart %s any more if %s failed, which one could",
                     world->snapshot->vms[at(vms, i)].id,
                     world->snapshot->hosts[world->vms[at(vms, i)].host].id);
}

static void free_bindings(gpointer data)
{
    GArray **bindings = data;
    g_clear_pointer(bindings, g_array_unref);
}

static GArray *barring_of_vms(const World *world, const Bindings *bindings)
{
    GArray *barring = g_array_new(FALSE, TRUE, sizeof(GArray *));
    g_array_set_clear_func(barring, free_bindings);
    g_array_set_size(barring, world->snapshot->n_vms);
    for (guint i = 0; i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);
        gboolean of_hosts =
            binding->type == RULE_VM_HOST_AFFINITY || binding->type == RULE_VM_HOST_ANTI_AFFINITY;
        for (guint k = 0; of_hosts && binding->mandatory && k < binding->vms->len; k++) {
            GArray **own = &g_array_index(barring, GArray *, at(binding->vms, k));
            if (!*own)
                *own = g_array_new(FALSE, FALSE, sizeof(Binding *));
            g_array_append_val(*own, binding);
        }
    }
    return barring;
}

void check_restarts(World *world, const Bindings *bindings)
{
    if (world->policy->ha_check != HA_CHECK_HARD)
        return;
    g_autoptr(GArray) barring = barring_of_vms(world, bindings);
    for (guint i = 0; i < world->snapshot->n_clusters; i++)
        if (world->snapshot->clusters[i].ha == 1)
            check_cluster(world, barring, (int)i);
}
