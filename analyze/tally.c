/* SPDX-License-Identifier: MIT */
#include "analyze/tally.h"

#include "analyze/roles.h"

static void count_hosts(const Subject *subject, const guint *vms_on, Tally *tallies)
{
    const Snapshot *snapshot = subject->snapshot;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        const Assessed *assessed = &subject->hosts[i];
        const Load *memory = &assessed->loads[RESOURCE_HOST_MEMORY];
        Tally *c = &tallies[host->cluster];
        c->hosts++;
        c->by_state[assessed->state]++;
        c->failover += host_is_failover(snapshot, host);
        if (!host_is_usable(snapshot, host, assessed))
            continue;
        c->fewest = c->usable ? MIN(c->fewest, vms_on[i]) : vms_on[i];
        c->most = MAX(c->most, vms_on[i]);
        c->on_usable += vms_on[i];
        c->usable++;
        c->hot_by_memory += memory->usage_pct > memory->threshold_pct;
        c->reclaims = c->reclaims || !(memory->reclaimed <= 0);
    }
}

Tally *tally_of(const Subject *subject)
{
    const Snapshot *snapshot = subject->snapshot;
    Tally *tallies = g_new0(Tally, snapshot->n_clusters + 1);
    g_autofree guint *vms_on = g_new0(guint, snapshot->n_hosts + 1);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        Tally *c = &tallies[vm->cluster];
        gboolean running = vm->power == VM_POWER_ON;
        vms_on[vm->host] += running;
        c->running += running;
        c->stopped += !running;
        c->vms_by_state[subject->vms[i].state]++;
    }
    count_hosts(subject, vms_on, tallies);
    return tallies;
}
