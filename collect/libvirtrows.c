/* SPDX-License-Identifier: MIT */
#include "collect/libvirtrows.h"

#include "collect/escape.h"
#include "collect/inventory.h"

#include <math.h>
#include <string.h>

#define NOTHING_KNOWN 1.0 /* for a capacity that has to be stated, of a host that never answered */

/* ---- hosts that are one, and that are another ---- */

static gboolean are_different(const LibvirtRows *rows, GError **error)
{
    g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < rows->probes->len; i++) {
        const Probe *probe = rows->probes->pdata[i];
        const LibvirtHost *host = &rows->hosts->hosts[i];
        const char *uuid = probe->error ? "" : probe->abilities->uuid;
        const LibvirtHost *same = *uuid ? g_hash_table_lookup(lines, uuid) : NULL;
        if (same) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "%s:%" G_GUINT64_FORMAT ": uri: found a host with the UUID %s, which the one of line "
                        "%" G_GUINT64_FORMAT
                        " has too: expected each host once; hosts whose hardware has no UUID "
                        "of its own need a host_uuid in libvirtd.conf",
                        rows->hosts->path, host->line, uuid, same->line);
            return FALSE;
        }
        if (*uuid)
            g_hash_table_insert(lines, (gpointer)uuid, (gpointer)host);
    }
    return TRUE;
}

static const Host *last_of(const LibvirtRows *rows, const LibvirtHost *host)
{
    for (guint i = 0; rows->last && i < rows->last->n_hosts; i++)
        if (strcmp(rows->last->hosts[i].address, host->uri) == 0)
            return &rows->last->hosts[i];
    return NULL;
}

static void warn(const LibvirtRows *rows, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(const LibvirtRows *rows, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(rows->warnings, escape_for_terminal(text));
}

static void compare_with_last(const LibvirtRows *rows)
{
    for (guint i = 0; i < rows->probes->len; i++) {
        const Probe *probe = rows->probes->pdata[i];
        const Host *last = last_of(rows, &rows->hosts->hosts[i]);
        if (!probe->error && last && *last->uuid && strcmp(last->uuid, probe->abilities->uuid) != 0)
            warn(rows, "%s is another host than in the last snapshot: its UUID was %s and is %s", probe->name,
                 last->uuid, probe->abilities->uuid);
    }
}

/* ---- domains ---- */

static gboolean is_off(int state)
{
    return state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED || state == VIR_DOMAIN_NOSTATE;
}

/* Of the copies of a domain the one that runs counts: what a migration left defined, or prepares, is none. */
static int rank(const ProbeDomain *domain)
{
    return is_off(domain->state) ? 0 : domain->state == VIR_DOMAIN_PAUSED ? 1 : 2;
}

static gboolean is_vm(LibvirtRows *rows, const Probe *probe, const ProbeDomain *domain)
{
    if (domain->is_hypervisor)
        return FALSE;
    rows->vanished += !domain->facts && !domain->fault;
    if (domain->fault) {
        rows->unreadable++;
        warn(rows, "%s: domain %s is left out: %s", probe->name, domain->name, domain->fault);
    }
    return domain->facts != NULL;
}

static void take_copy(LibvirtRows *rows, DomainRow *row, const DomainRow *copy)
{
    const Probe *one = rows->probes->pdata[row->probe], *other = rows->probes->pdata[copy->probe];
    rows->copies++;
    if (rank(row->domain) == 2 && rank(copy->domain) == 2) {
        warn(rows, "%s (%s) runs on %s and on %s at once: it is taken to be on the first", row->domain->name,
             row->domain->uuid.text, one->name, other->name);
        domain_facts_pin(row->domain->facts, "it runs on two hosts at once");
    }
    if (rank(copy->domain) > rank(row->domain))
        *row = *copy;
}

static void choose_domains(LibvirtRows *rows)
{
    g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < rows->probes->len; i++) {
        const Probe *probe = rows->probes->pdata[i];
        for (guint d = 0; !probe->error && d < probe->domains->len; d++) {
            DomainRow row = {i, probe->domains->pdata[d]};
            if (!is_vm(rows, probe, row.domain))
                continue;
            guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, row.domain->uuid.text));
            if (place) {
                take_copy(rows, &g_array_index(rows->domains, DomainRow, place - 1), &row);
                continue;
            }
            g_array_append_val(rows->domains, row);
            g_hash_table_insert(places, row.domain->uuid.text, GUINT_TO_POINTER(rows->domains->len));
        }
    }
}

static gpointer probe_ref(gconstpointer data, gpointer unused)
{
    (void)unused;
    Probe *probe = (Probe *)data;
    g_atomic_int_inc(&probe->users);
    return probe;
}

static void probe_drop(gpointer data)
{
    probe_unref(data);
}

LibvirtRows *libvirt_rows_new(const LibvirtHosts *hosts, GPtrArray *probes, const Snapshot *last,
                              GPtrArray *warnings, GError **error)
{
    g_autoptr(LibvirtRows) rows = g_new0(LibvirtRows, 1);
    rows->hosts = hosts;
    rows->probes = probes;
    rows->last = last;
    rows->warnings = warnings;
    rows->domains = g_array_new(FALSE, FALSE, sizeof(DomainRow));
    rows->asked = g_ptr_array_new_with_free_func(probe_drop);
    for (guint i = 0; i < probes->len; i++)
        g_ptr_array_add(rows->asked, probe_ref(probes->pdata[i], NULL));
    if (!are_different(rows, error))
        return NULL;
    compare_with_last(rows);
    choose_domains(rows);
    return g_steal_pointer(&rows);
}

void libvirt_rows_free(LibvirtRows *rows)
{
    if (!rows)
        return;
    g_array_unref(rows->domains);
    g_ptr_array_unref(rows->asked);
    g_free(rows);
}

void libvirt_rows_fit(const LibvirtRows *rows, Fit *fit)
{
    for (guint i = 0; i < rows->domains->len; i++) {
        const DomainRow *row = &g_array_index(rows->domains, DomainRow, i);
        fit_add(fit, rows->asked->pdata[row->probe], row->domain);
    }
}

/* ---- clusters and hosts ---- */

static const char *cluster_of(Snapshot *snapshot, const LibvirtHost *host)
{
    g_autofree char *id = escape_id(host->cluster);
    for (guint i = 0; i < snapshot->n_clusters; i++)
        if (strcmp(snapshot->clusters[i].id, id) == 0)
            return snapshot->clusters[i].id;
    Cluster cluster = cluster_unknown();
    cluster.id = snapshot_string(snapshot, id);
    cluster.name = snapshot_string(snapshot, host->cluster);
    cluster.drs = DRS_OFF;
    cluster.dpm = DRS_OFF;
    cluster.ha = 0;
    cluster.vsan = 0;
    snapshot_add_cluster(snapshot, &cluster);
    return cluster.id;
}

static Host silent_host(Snapshot *snapshot, const LibvirtRows *rows, const LibvirtHost *host)
{
    const Host *last = last_of(rows, host);
    g_autofree char *id = escape_id(host->uri);
    Host row = host_unknown();
    row.id = snapshot_string(snapshot, last ? last->id : id);
    row.name = snapshot_string(snapshot, last ? last->name : host->name);
    row.core_mhz = last ? last->core_mhz : NOTHING_KNOWN;
    row.cpu_mhz = last ? last->cpu_mhz : NOTHING_KNOWN;
    row.memory_kib = last ? last->memory_kib : NOTHING_KNOWN;
    row.power = HOST_POWER_UNKNOWN;
    row.connection = CONNECTION_NOT_RESPONDING;
    if (!last)
        return row;
    row.uuid = snapshot_string(snapshot, last->uuid);
    row.cpu_model = snapshot_string(snapshot, last->cpu_model);
    row.product = snapshot_string(snapshot, last->product);
    row.cpu_cores = last->cpu_cores;
    row.cpu_threads = last->cpu_threads;
    row.numa_nodes = last->numa_nodes;
    return row;
}

static const char *plain(Snapshot *snapshot, const char *text)
{
    return escape_is_formula(text) ? "" : snapshot_string(snapshot, text);
}

static Host known_host(Snapshot *snapshot, const Probe *probe, const LibvirtHost *host)
{
    Host row = host_unknown();
    g_autofree char *id = escape_id(*probe->abilities->uuid ? probe->abilities->uuid : host->uri);
    gboolean unnamed = strcmp(host->name, host->uri) == 0;
    row.id = snapshot_string(snapshot, id);
    row.uuid = plain(snapshot, probe->abilities->uuid);
    row.name = snapshot_string(snapshot, unnamed && *probe->hostname ? probe->hostname : host->name);
    row.product = snapshot_string(snapshot, probe->product);
    row.cpu_model = plain(snapshot, probe->abilities->cpu_model);
    row.cpu_cores = probe->cores;
    row.cpu_threads = probe->cpus;
    row.core_mhz = probe->clock_mhz;
    row.cpu_mhz = probe->clock_mhz * probe->cpus;
    row.memory_kib = probe->memory_kib;
    row.numa_nodes = probe->abilities->numa_nodes;
    row.connection = CONNECTION_CONNECTED;
    row.power = HOST_POWER_ON;
    return row;
}

static void add_host(LibvirtRows *rows, const Fit *fit, Snapshot *snapshot, guint i)
{
    const Probe *now = rows->probes->pdata[i], *asked = rows->asked->pdata[i];
    const LibvirtHost *host = &rows->hosts->hosts[i];
    Host row = asked->error && !asked->abilities ? silent_host(snapshot, rows, host)
                                                 : known_host(snapshot, asked, host);
    row.cluster_id = cluster_of(snapshot, host);
    row.address = snapshot_string(snapshot, host->uri);
    row.mode = HOST_MODE_NORMAL;
    row.maintenance_supported = 0;
    row.net_capacity_kibps = host->net_capacity_kibps;
    row.disk_capacity_kibps = host->disk_capacity_kibps;
    if (now->error) {
        row.connection = CONNECTION_NOT_RESPONDING;
        row.power = HOST_POWER_UNKNOWN;
        warn(rows, "%s: the host is taken as not responding", now->error->message);
    } else {
        g_autofree char *offers = fit_offers(fit, now);
        row.capabilities = snapshot_string(snapshot, offers);
        row.vmotion = 1;
        if (now->read_only)
            warn(rows, "%s: read with rights to read only: which CPUs it offers is not known", now->name);
    }
    snapshot_add_host(snapshot, &row);
}

/* ---- VMs ---- */

static int power_of(const ProbeDomain *domain)
{
    if (!is_off(domain->state)) /* paused too: it holds its memory */
        return VM_POWER_ON;
    return domain->saved ? VM_POWER_SUSPENDED : VM_POWER_OFF;
}

static void describe_growth(Vm *vm, const DomainFacts *facts)
{
    vm->memory_hot_add = facts->growth != GROWTH_NONE;
    vm->memory_hot_add_limit_mib = facts->growth_limit_mib;
    vm->memory_hot_add_step_mib = facts->growth_step_mib;
    /* whatever took memory in gives it back, where the guest says how much it does not need */
    vm->memory_hot_remove = facts->stats_period_s > 0;
    vm->cpu_hot_add = facts->most_vcpus > facts->vcpus;
    vm->cpu_hot_add_limit = facts->most_vcpus;
}

static void describe_shares(Vm *vm, const DomainFacts *facts, double core_mhz)
{
    vm->cpu_limit_mhz = facts->cpu_quota * facts->vcpus * core_mhz;
    vm->cpu_shares = facts->cpu_shares;
    vm->memory_limit_mib = INFINITY;
    vm->memory_reservation_locked = facts->locked || !isnan(facts->hugepage_kib);
    if (vm->memory_reservation_locked)
        vm->memory_reservation_mib = facts->memory_mib;
}

static void add_vm(const Fit *fit, Snapshot *snapshot, const DomainRow *of)
{
    const Host *host = &snapshot->hosts[of->probe];
    ProbeDomain *domain = of->domain;
    DomainFacts *facts = domain->facts;
    Vm vm = vm_unknown();
    g_autofree char *requires = fit_requires(fit, domain);
    vm.id = vm.instance_uuid = snapshot_string(snapshot, domain->uuid.text);
    vm.name = snapshot_string(snapshot, domain->name);
    vm.host_id = host->id;
    vm.cluster_id = host->cluster_id;
    vm.power = power_of(domain);
    vm.connection = host->connection == CONNECTION_CONNECTED ? VM_CONNECTED : VM_DISCONNECTED;
    vm.role = facts->ignored ? VM_ROLE_IGNORE : -1;
    vm.vcpus = facts->vcpus;
    vm.memory_mib = facts->memory_mib;
    describe_growth(&vm, facts);
    describe_shares(&vm, facts, host->core_mhz);
    vm.requires = snapshot_string(snapshot, requires);
    if (domain->saved)
        domain_facts_pin(facts, "its memory is saved on the host");
    vm.pinned = snapshot_string(snapshot, facts->pinned->str);
    snapshot_add_vm(snapshot, &vm);
}

/* A UUID that names a host, or a cluster, cannot name a VM too. */
static gboolean is_free(const LibvirtRows *rows, const Snapshot *snapshot, const ProbeDomain *domain)
{
    gboolean taken = FALSE;
    for (guint i = 0; i < snapshot->n_hosts; i++)
        taken |= strcmp(snapshot->hosts[i].id, domain->uuid.text) == 0;
    for (guint i = 0; i < snapshot->n_clusters; i++)
        taken |= strcmp(snapshot->clusters[i].id, domain->uuid.text) == 0;
    if (taken)
        warn(rows, "domain %s is left out: its UUID %s is a host's or a cluster's", domain->name,
             domain->uuid.text);
    return !taken;
}

void libvirt_rows_fill(LibvirtRows *rows, const Fit *fit, Snapshot *snapshot)
{
    guint left_out[N_LEFT_OUT] = {0};
    for (guint i = 0; i < rows->probes->len; i++)
        add_host(rows, fit, snapshot, i);
    for (guint i = 0; i < rows->domains->len; i++) {
        const DomainRow *row = &g_array_index(rows->domains, DomainRow, i);
        if (is_free(rows, snapshot, row->domain))
            add_vm(fit, snapshot, row);
        else
            rows->unreadable++;
    }
    left_out[LEFT_OUT_COPIES] = rows->copies;
    left_out[LEFT_OUT_UNCONFIGURED] = rows->unreadable;
    left_out[LEFT_OUT_VANISHED] = rows->vanished;
    snapshot->info.left_out = inventory_left_out(snapshot, left_out);
}
