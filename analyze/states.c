/* SPDX-License-Identifier: MIT */
#include "analyze/states.h"

#include "analyze/buffer.h"
#include "analyze/lasting.h"
#include "analyze/pressure.h"
#include "analyze/roles.h"
#include "collect/plural.h"

#include <math.h>

/* the resources of a host and a cluster */
static const Resource host_resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY, RESOURCE_DISK, RESOURCE_NET};

/* Sets the state, and the reason on a resource's row. */
static void decide(Assessment *assessment, Assessed *assessed, State state, Resource resource,
                   const char *reason)
{
    assessed->state = (int)state;
    assessed->loads[resource].reason =
        *reason ? g_string_chunk_insert_const(assessment->strings, reason) : "";
}

static gboolean is_over(const Load *load)
{
    return load->usage_pct > load->threshold_pct;
}

/* "83.2 % of capacity, above 80 %" */
static void append_over(GString *text, const Load *load, const char *whole)
{
    table_append_number(text, load->usage_pct);
    g_string_append_printf(text, " %% of %s, above ", whole);
    table_append_number(text, load->threshold_pct);
    g_string_append(text, " %");
}

/* ---- hosts ---- */

static const char *unavailable_reason(const Host *host)
{
    if (host->connection != CONNECTION_CONNECTED)
        return host->connection == CONNECTION_NOT_RESPONDING ? "not responding" : "disconnected";
    static const char *const powers[] = {"", "in standby", "powered off", "power state unknown"};
    static const char *const modes[] = {"", "entering maintenance mode", "in maintenance mode",
                                        "in quarantine mode"};
    return host->power != HOST_POWER_ON ? powers[host->power] : modes[host->mode];
}

static gboolean decide_hot(Assessment *assessment, Assessed *host)
{
    gboolean hot = FALSE;
    for (guint k = 0; k < G_N_ELEMENTS(host_resources); k++) {
        Resource r = host_resources[k];
        const Load *load = &host->loads[r];
        if (!is_over(load))
            continue;
        hot = TRUE;
        g_autoptr(GString) text = g_string_new(NULL);
        append_over(text, load, "capacity");
        if (r == RESOURCE_HOST_MEMORY &&
            (isnan(load->reclaimed_host) ? load->reclaimed : load->reclaimed_host) > 0)
            g_string_append(text, ", and memory is reclaimed from VMs");
        decide(assessment, host, STATE_HOT, r, text->str);
    }
    return hot;
}

static gboolean decide_unknown(Assessment *assessment, Assessed *host)
{
    static const Resource needed[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    gboolean unknown = FALSE;
    for (guint k = 0; k < G_N_ELEMENTS(needed); k++) {
        if (!isnan(host->loads[needed[k]].demand))
            continue;
        unknown = TRUE;
        decide(assessment, host, STATE_UNKNOWN, needed[k], "not measured, or too few samples");
    }
    return unknown;
}

/* On the row of each resource whose heat has not lasted: what it would take. */
static void tell_awaited(Assessment *assessment, Assessed *host, const Policy *policy)
{
    for (int r = 0; r < N_RESOURCES; r++) {
        Load *load = &host->loads[r];
        if (!lasting_is_awaited(load, (Resource)r, policy))
            continue;
        g_autoptr(GString) text = g_string_new(NULL);
        table_append_number(text, load->usage_pct);
        g_string_append(text, " % of capacity, above ");
        table_append_number(text, r == RESOURCE_CPU ? policy->cpu_hot_pct : policy->memory_hot_pct);
        g_string_append_printf(text, " %% in fewer than %d of the last %d windows: not hot yet",
                               policy->hot_after.needed, policy->hot_after.of);
        load->reason = g_string_chunk_insert_const(assessment->strings, text->str);
    }
}

static void decide_host(Assessment *assessment, const Host *host, Assessed *assessed, const Policy *policy)
{
    const Load *cpu = &assessed->loads[RESOURCE_CPU], *memory = &assessed->loads[RESOURCE_HOST_MEMORY];
    if (host_is_in_quarantine(host) && decide_hot(assessment, assessed))
        return;
    if (!host_is_available(host)) {
        decide(assessment, assessed, STATE_UNAVAILABLE, RESOURCE_CPU, unavailable_reason(host));
        return;
    }
    if (decide_hot(assessment, assessed) || decide_unknown(assessment, assessed))
        return;
    gboolean cold = cpu->usage_pct < policy->cold_pct && memory->usage_pct < policy->cold_pct;
    g_autoptr(GString) text = g_string_new(NULL);
    if (cold) {
        g_string_append(text, "CPU and memory both below ");
        table_append_number(text, policy->cold_pct);
        g_string_append(text, " %");
    }
    decide(assessment, assessed, cold ? STATE_COLD : STATE_NORMAL, RESOURCE_CPU, text->str);
    tell_awaited(assessment, assessed, policy);
}

/* ---- VMs ---- */

static void decide_short(Assessment *assessment, Assessed *vm, gboolean system)
{
    const Load *memory = &vm->loads[RESOURCE_MEMORY];
    g_autoptr(GString) text = g_string_new("the guest uses ");
    append_over(text, memory, "its memory");
    if (system)
        g_string_append(text, "; a system VM, left alone");
    decide(assessment, vm, STATE_SHORT, RESOURCE_MEMORY, text->str);
}

static void decide_vm(Assessment *assessment, const Vm *vm, Assessed *assessed, const Policy *policy)
{
    const Load *cpu = &assessed->loads[RESOURCE_CPU], *memory = &assessed->loads[RESOURCE_MEMORY];
    if (vm->power != VM_POWER_ON)
        decide(assessment, assessed, STATE_OFF, RESOURCE_MEMORY,
               vm->power == VM_POWER_SUSPENDED ? "suspended" : "powered off");
    else if (isnan(memory->measured))
        decide(assessment, assessed, STATE_UNKNOWN, RESOURCE_MEMORY, "not measured, or too few samples");
    else if (is_over(memory) && vm_memory_is_pinned(vm))
        decide(
            assessment, assessed, STATE_NORMAL, RESOURCE_MEMORY,
            "a passed-through device, or latency sensitivity, pins its memory: all of it counts as active, "
            "and what the guest needs cannot be judged");
    else if (is_over(memory))
        decide_short(assessment, assessed, vm_is_system(policy, vm));
    else if (cpu->usage_pct < policy->idle_pct && memory->usage_pct < policy->idle_pct) {
        g_autoptr(GString) text = g_string_new("CPU and memory both below ");
        table_append_number(text, policy->idle_pct);
        g_string_append(text, " %");
        decide(assessment, assessed, STATE_IDLE, RESOURCE_MEMORY, text->str);
    } else
        decide(assessment, assessed, STATE_NORMAL, RESOURCE_MEMORY, "");
}

/* Whatever the VM's state: its memory is held back, by whom its row of host_memory says. */
static void tell_pressure(Assessment *assessment, const Snapshot *snapshot, const Vm *vm, Assessed *assessed)
{
    Load *load = &assessed->loads[RESOURCE_HOST_MEMORY];
    g_autofree char *words = pressure_words(snapshot, vm, load);
    if (words)
        load->reason = g_string_chunk_insert_const(assessment->strings, words);
}

void states_decide(Subject *subject, const Policy *policy, Assessment *assessment)
{
    const Snapshot *snapshot = subject->snapshot;
    for (guint i = 0; i < snapshot->n_hosts; i++)
        decide_host(assessment, &snapshot->hosts[i], &subject->hosts[i], policy);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        decide_vm(assessment, &snapshot->vms[i], &subject->vms[i], policy);
        tell_pressure(assessment, snapshot, &snapshot->vms[i], &subject->vms[i]);
    }
}

/* ---- clusters ---- */

static const Resource main_resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};

static gboolean decide_saturated(Assessment *assessment, Assessed *cluster)
{
    gboolean saturated = FALSE;
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
        const Load *load = &cluster->loads[main_resources[k]];
        if (!is_over(load))
            continue;
        saturated = TRUE;
        g_autoptr(GString) text = g_string_new("the whole cluster stands at ");
        append_over(text, load, "capacity");
        decide(assessment, cluster, STATE_SATURATED, main_resources[k], text->str);
    }
    return saturated;
}

static gboolean decide_load_balance(Assessment *assessment, const Subject *subject, guint c)
{
    Assessed *cluster = &subject->clusters[c];
    gboolean any = FALSE;
    for (guint k = 0; k < G_N_ELEMENTS(host_resources); k++) {
        Resource r = host_resources[k];
        guint hot = 0;
        for (guint j = subject->host_begin[c]; j < subject->host_begin[c + 1]; j++) {
            const Assessed *host = &subject->hosts[subject->host_order[j]];
            hot += host->state == STATE_HOT && is_over(&host->loads[r]);
        }
        if (hot == 0)
            continue;
        any = TRUE;
        g_autofree char *text =
            g_strdup_printf("%u %s hot by %s", hot, plural(hot, "host", "hosts"), resource_words[r]);
        decide(assessment, cluster, STATE_LOAD_BALANCE, r, text);
    }
    return any;
}

static guint count_cold(const Subject *subject, guint c)
{
    guint cold = 0;
    for (guint j = subject->host_begin[c]; j < subject->host_begin[c + 1]; j++) {
        guint host = subject->host_order[j];
        cold += subject->hosts[host].state == STATE_COLD &&
                host_is_usable(subject->snapshot, &subject->snapshot->hosts[host], &subject->hosts[host]);
    }
    return cold;
}

/* what the cluster's running VMs ask for on hosts whose capacity is not counted: in quarantine, say, or not
 * responding. They come back, or have to be restarted elsewhere, the moment their host fails */
static double asked_elsewhere(const Subject *subject, guint c, Resource r)
{
    const Snapshot *snapshot = subject->snapshot;
    double sum = 0;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        if (vm->cluster == (int)c && vm->power == VM_POWER_ON && !vm_is_agent(vm) &&
            !host_is_usable(snapshot, &snapshot->hosts[vm->host], &subject->hosts[vm->host]))
            sum += load_asked_for(&subject->vms[i].loads[r]);
    }
    return sum;
}

/* The demand would fit the cluster without its largest host and what HA holds back, with room to spare. */
static gboolean decide_power_saving(Assessment *assessment, const Subject *subject, guint c,
                                    const Policy *policy)
{
    Assessed *cluster = &subject->clusters[c];
    guint cold = count_cold(subject, c);
    if (cold == 0)
        return FALSE;
    double share_pct[N_RESOURCES];
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
        Resource r = main_resources[k];
        Capacity capacity = buffer_capacity(subject, c, r);
        share_pct[r] = load_usage_pct(cluster->loads[r].demand + asked_elsewhere(subject, c, r),
                                      capacity.usable - capacity.largest_host - capacity.ha_share);
        if (!(share_pct[r] <= policy->power_target_pct))
            return FALSE;
    }
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_append_printf(text, "%u %s cold; demand is ", cold, plural(cold, "host", "hosts"));
        table_append_number(text, share_pct[main_resources[k]]);
        g_string_append(text, " % of what is left without the largest host and HA's share, at most ");
        table_append_number(text, policy->power_target_pct);
        g_string_append(text, " %");
        decide(assessment, cluster, STATE_POWER_SAVING, main_resources[k], text->str);
    }
    return TRUE;
}

void states_decide_clusters(Subject *subject, const Policy *policy, Assessment *assessment)
{
    for (guint c = 0; c < subject->snapshot->n_clusters; c++) {
        Assessed *cluster = &subject->clusters[c];
        if (!decide_saturated(assessment, cluster) && !decide_load_balance(assessment, subject, c) &&
            !decide_power_saving(assessment, subject, c, policy))
            decide(assessment, cluster, STATE_BALANCED, RESOURCE_CPU, "");
    }
}
