/* SPDX-License-Identifier: MIT */
/*
 * One reading of a host and of all that runs there: by one call for all domains where the driver has that
 * (virConnectGetAllDomainStats), else by calls for each.
 */
#include "collect/libvirtprobe.h"

#include <math.h>
#include <string.h>

#define KIB_BYTES 1024.0

/* what a guest and its hypervisor say of memory, KiB */
typedef struct MemoryWords {
    double size, resident, available, usable, unused, caches, updated_s;
} MemoryWords;

static MemoryWords no_words(void)
{
    return (MemoryWords){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

/* Of what the guest has, neither free nor cached: as it reckons that itself, else by the parts. */
static double active_kib(const MemoryWords *words)
{
    double left =
        !isnan(words->usable) ? words->usable : words->unused + (isnan(words->caches) ? 0 : words->caches);
    return fmax(0, words->available - left);
}

/* What is resident beyond the guest's size is the hypervisor's own. Huge pages are held in full, and counted
 * apart from what is resident; where nothing is said of that, neither can less be. */
static void take_memory(Reading *reading, const DomainFacts *facts, const MemoryWords *words)
{
    double resident = isnan(facts->hugepage_kib) && !isnan(words->resident) ? words->resident : words->size;
    reading->consumed_kib = isnan(words->size) ? resident : fmin(resident, words->size);
    reading->overhead_kib = fmax(0, resident - reading->consumed_kib);
    reading->active_kib = isnan(words->available) ? NAN : active_kib(words);
    reading->guest_updated_s = isnan(words->updated_s) ? 0 : words->updated_s;
}

/* ---- all domains at once ---- */

static double number_of(const virTypedParameter *parameter)
{
    switch (parameter->type) {
    case VIR_TYPED_PARAM_INT:
        return parameter->value.i;
    case VIR_TYPED_PARAM_UINT:
        return parameter->value.ui;
    case VIR_TYPED_PARAM_LLONG:
        return (double)parameter->value.l;
    case VIR_TYPED_PARAM_ULLONG:
        return (double)parameter->value.ul;
    case VIR_TYPED_PARAM_DOUBLE:
        return parameter->value.d;
    default:
        return NAN;
    }
}

static void add(double *sum, double more)
{
    *sum = (isnan(*sum) ? 0 : *sum) + more;
}

/* "vcpu.3.delay" for "vcpu." and ".delay". */
static gboolean is_of_each(const char *field, const char *group, const char *name)
{
    gsize length = strlen(group);
    if (strncmp(field, group, length) != 0 || !g_ascii_isdigit(field[length]))
        return FALSE;
    return strcmp(field + length + strspn(field + length, "0123456789"), name) == 0;
}

typedef struct Counters {
    double cpu_ns, vcpus_ns, delay_ns, disk_bytes, net_bytes;
    MemoryWords memory;
} Counters;

static void take_parameter(Counters *counters, const virTypedParameter *parameter)
{
    const struct {
        const char *field;
        double *to;
    } values[] = {{"cpu.time", &counters->cpu_ns},
                  {"balloon.current", &counters->memory.size},
                  {"balloon.rss", &counters->memory.resident},
                  {"balloon.available", &counters->memory.available},
                  {"balloon.usable", &counters->memory.usable},
                  {"balloon.unused", &counters->memory.unused},
                  {"balloon.disk_caches", &counters->memory.caches},
                  {"balloon.last-update", &counters->memory.updated_s}};
    const struct {
        const char *group, *name;
        double *to;
    } sums[] = {
        {"vcpu.", ".time", &counters->vcpus_ns},        {"vcpu.", ".delay", &counters->delay_ns},
        {"net.", ".rx.bytes", &counters->net_bytes},    {"net.", ".tx.bytes", &counters->net_bytes},
        {"block.", ".rd.bytes", &counters->disk_bytes}, {"block.", ".wr.bytes", &counters->disk_bytes}};
    double number = number_of(parameter);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        if (strcmp(parameter->field, values[i].field) == 0)
            *values[i].to = number;
    for (guint i = 0; i < G_N_ELEMENTS(sums); i++)
        if (is_of_each(parameter->field, sums[i].group, sums[i].name))
            add(sums[i].to, number);
}

/* The vCPUs' own time, where the driver tells it: what the guest computes. Beside it stands the work that the
 * hypervisor does for it. */
static void take_record(const virDomainStatsRecord *record, const DomainFacts *facts, Reading *reading)
{
    Counters counters = {NAN, NAN, NAN, NAN, NAN, no_words()};
    for (int i = 0; i < record->nparams; i++)
        take_parameter(&counters, &record->params[i]);
    reading->cpu_ns = isnan(counters.vcpus_ns) ? counters.cpu_ns : counters.vcpus_ns;
    reading->delay_ns = counters.delay_ns;
    reading->disk_bytes = isnan(counters.disk_bytes) && facts->disks->len == 0 ? 0 : counters.disk_bytes;
    reading->net_bytes = isnan(counters.net_bytes) && facts->nics->len == 0 ? 0 : counters.net_bytes;
    take_memory(reading, facts, &counters.memory);
}

static ProbeDomain *find_domain(const Probe *probe, virDomain *domain)
{
    LibvirtUuid uuid;
    if (!libvirt_uuid_of(domain, &uuid))
        return NULL;
    return g_hash_table_lookup(probe->by_uuid, uuid.text);
}

/* FALSE where the driver has no such call, or nothing of CPUs in it. */
static gboolean read_at_once(Probe *probe, guint sample, int *n)
{
    static const guint stats = VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |
                               VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
    virDomainStatsRecordPtr *records = NULL;
    gboolean found = FALSE;
    gint64 before_us = g_get_monotonic_time();
    *n = virConnectGetAllDomainStats(probe->connection, stats, &records,
                                     VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
                                         VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    gint64 at_us = (before_us + g_get_monotonic_time()) / 2;
    for (int i = 0; i < *n; i++) {
        ProbeDomain *domain = find_domain(probe, records[i]->dom);
        if (!domain || !domain->readings)
            continue;
        Reading *reading = &domain->readings[sample];
        take_record(records[i], domain->facts, reading);
        reading->at_us = at_us;
        found |= !isnan(reading->cpu_ns);
    }
    if (records)
        virDomainStatsRecordListFree(records);
    return found || *n == 0;
}

/* ---- one domain after the other ---- */

static void read_memory_words(virDomain *domain, MemoryWords *words)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    int n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    for (int i = 0; i < n; i++) {
        double value = (double)stats[i].val;
        switch (stats[i].tag) {
        case VIR_DOMAIN_MEMORY_STAT_RSS:
            words->resident = value;
            break;
        case VIR_DOMAIN_MEMORY_STAT_AVAILABLE:
            words->available = value;
            break;
        case VIR_DOMAIN_MEMORY_STAT_USABLE:
            words->usable = value;
            break;
        case VIR_DOMAIN_MEMORY_STAT_UNUSED:
            words->unused = value;
            break;
        case VIR_DOMAIN_MEMORY_STAT_DISK_CACHES:
            words->caches = value;
            break;
        case VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE:
            words->updated_s = value;
            break;
        default:
            break;
        }
    }
}

static double read_disks(virDomain *domain, const DomainFacts *facts)
{
    double sum = 0;
    for (guint i = 0; i < facts->disks->len; i++) {
        const DomainDisk *disk = facts->disks->pdata[i];
        virDomainBlockStatsStruct stats;
        if (virDomainBlockStats(domain, disk->target, &stats, sizeof stats) < 0)
            return NAN;
        sum += (double)MAX(0, stats.rd_bytes) + (double)MAX(0, stats.wr_bytes);
    }
    return sum;
}

static double read_nics(virDomain *domain, const DomainFacts *facts)
{
    double sum = 0;
    for (guint i = 0; i < facts->nics->len; i++) {
        virDomainInterfaceStatsStruct stats;
        if (virDomainInterfaceStats(domain, facts->nics->pdata[i], &stats, sizeof stats) < 0)
            return NAN;
        sum += (double)MAX(0, stats.rx_bytes) + (double)MAX(0, stats.tx_bytes);
    }
    return sum;
}

static gboolean read_one(Probe *probe, ProbeDomain *domain, guint sample)
{
    virDomainInfo info;
    Reading *reading = &domain->readings[sample];
    MemoryWords words = no_words();
    gint64 before_us = g_get_monotonic_time();
    if (virDomainGetInfo(domain->domain, &info) < 0)
        return FALSE;
    reading->at_us = (before_us + g_get_monotonic_time()) / 2;
    reading->cpu_ns = (double)info.cpuTime;
    words.size = (double)info.memory;
    probe_heard(probe);
    if (domain->is_hypervisor)
        return TRUE;
    read_memory_words(domain->domain, &words);
    probe_heard(probe);
    take_memory(reading, domain->facts, &words);
    reading->disk_bytes = read_disks(domain->domain, domain->facts);
    reading->net_bytes = read_nics(domain->domain, domain->facts);
    probe_heard(probe);
    return TRUE;
}

/* ---- the host ---- */

static double read_cpu_ns(Probe *probe)
{
    virNodeCPUStats stats[16];
    int n = 0;
    double busy = NAN;
    if (virNodeGetCPUStats(probe->connection, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &n, 0) < 0 || n < 1)
        return NAN;
    n = MIN(n, (int)G_N_ELEMENTS(stats));
    if (virNodeGetCPUStats(probe->connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats, &n, 0) < 0)
        return NAN;
    for (int i = 0; i < n; i++)
        if (strcmp(stats[i].field, VIR_NODE_CPU_STATS_KERNEL) == 0 ||
            strcmp(stats[i].field, VIR_NODE_CPU_STATS_USER) == 0)
            add(&busy, (double)stats[i].value);
    return busy;
}

gboolean probe_read_memory(Probe *probe, double *total_kib, double *used_kib)
{
    virNodeMemoryStats stats[16];
    int n = 0;
    double unused = 0;
    *total_kib = *used_kib = NAN;
    if (virNodeGetMemoryStats(probe->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL, &n, 0) < 0)
        return FALSE;
    n = MIN(n, (int)G_N_ELEMENTS(stats));
    if (virNodeGetMemoryStats(probe->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, 0) < 0)
        return FALSE;
    for (int i = 0; i < n; i++) {
        if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_TOTAL) == 0)
            *total_kib = (double)stats[i].value;
        else if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_FREE) == 0 ||
                 strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_BUFFERS) == 0 ||
                 strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_CACHED) == 0)
            unused += (double)stats[i].value;
    }
    *used_kib = fmax(0, *total_kib - unused);
    return TRUE;
}

/* Only what is free is known of Xen's. */
static double read_used_kib(Probe *probe)
{
    double total, used;
    if (probe_read_memory(probe, &total, &used))
        return used;
    unsigned long long free_bytes = virNodeGetFreeMemory(probe->connection);
    return free_bytes > 0 ? fmax(0, probe->memory_kib - (double)free_bytes / KIB_BYTES) : NAN;
}

/* A host that does not tell its own CPU time, as Xen, has no more than its domains and its hypervisor use. A
 * guest whose memory is shared (for a device in another process) looks cached to its host. */
static void complete_host(const Probe *probe, guint sample)
{
    Reading *host = &probe->readings[sample];
    double cpu_ns = 0, held_kib = 0, disk = 0, net = 0;
    for (guint i = 0; i < probe->domains->len; i++) {
        const ProbeDomain *domain = probe->domains->pdata[i];
        const Reading *reading = domain->readings ? &domain->readings[sample] : NULL;
        if (!reading || !reading->at_us)
            continue;
        add(&cpu_ns, reading->cpu_ns);
        held_kib += isnan(reading->consumed_kib) ? 0 : reading->consumed_kib + reading->overhead_kib;
        disk += isnan(reading->disk_bytes) ? 0 : reading->disk_bytes;
        net += isnan(reading->net_bytes) ? 0 : reading->net_bytes;
    }
    if (isnan(host->cpu_ns))
        host->cpu_ns = cpu_ns;
    if (!isnan(host->consumed_kib))
        host->consumed_kib = fmin(probe->memory_kib, fmax(host->consumed_kib, held_kib));
    host->disk_bytes = disk;
    host->net_bytes = net;
}

static gboolean lose(Probe *probe)
{
    g_set_error(&probe->error, LIBVIRT_ERROR, LIBVIRT_ERROR_SILENT, "%s: the connection was lost",
                probe->name);
    return FALSE;
}

gboolean probe_read(Probe *probe, guint sample)
{
    Reading *host = &probe->readings[sample];
    int n = 0;
    gint64 before_us = g_get_monotonic_time();
    host->cpu_ns = read_cpu_ns(probe);
    host->at_us = (before_us + g_get_monotonic_time()) / 2;
    host->consumed_kib = read_used_kib(probe);
    probe_heard(probe);
    if (!probe->per_domain && !read_at_once(probe, sample, &n))
        probe->per_domain = TRUE;
    probe_heard(probe);
    for (guint i = 0; probe->per_domain && i < probe->domains->len; i++) {
        ProbeDomain *domain = probe->domains->pdata[i];
        if (domain->readings && !read_one(probe, domain, sample) && virConnectIsAlive(probe->connection) != 1)
            return lose(probe);
    }
    complete_host(probe, sample);
    return virConnectIsAlive(probe->connection) == 1 || lose(probe);
}
