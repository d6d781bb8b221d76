/* SPDX-License-Identifier: MIT */
#include "collect/libvirtprobe.h"

#include "collect/error.h"
#include "collect/escape.h"
#include "collect/xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HYPERVISOR_ID 0               /* of Xen's Domain-0 */
#define LOOK_US (G_USEC_PER_SEC / 20) /* for signals and silent hosts */
#define DEFAULT_PAGE_KIB 2048.0
#define UNSTATED_CLOCK_MHZ 1000.0

/* ---- a probe ---- */

static void pool_free(gpointer data)
{
    ProbePool *pool = data;
    g_free(pool->name);
    g_free(pool->uuid);
    g_free(pool->type);
    g_free(pool->path);
    g_free(pool);
}

static void domain_free(gpointer data)
{
    ProbeDomain *domain = data;
    if (domain->domain)
        virDomainFree(domain->domain);
    g_free(domain->name);
    g_free(domain->fault);
    g_free(domain->readings);
    domain_facts_free(domain->facts);
    g_free(domain);
}

Probe *probe_new(const char *uri, const char *name, guint timeout_s)
{
    Probe *probe = g_new0(Probe, 1);
    probe->uri = g_strdup(uri);
    probe->name = g_strdup(name);
    probe->timeout_s = timeout_s;
    probe->pools = g_ptr_array_new_with_free_func(pool_free);
    probe->domains = g_ptr_array_new_with_free_func(domain_free);
    probe->by_uuid = g_hash_table_new(g_str_hash, g_str_equal);
    probe->host_models = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    probe->users = 1;
    g_mutex_init(&probe->mutex);
    g_cond_init(&probe->changed);
    return probe;
}

void probe_unref(Probe *probe)
{
    if (!g_atomic_int_dec_and_test(&probe->users))
        return;
    g_hash_table_destroy(probe->by_uuid);
    g_ptr_array_unref(probe->domains);
    g_ptr_array_unref(probe->pools);
    g_hash_table_destroy(probe->host_models);
    if (probe->connection)
        virConnectClose(probe->connection);
    host_abilities_free(probe->abilities);
    g_clear_pointer(&probe->questions, g_ptr_array_unref);
    g_clear_error(&probe->error);
    char *const texts[] = {probe->uri, probe->name, probe->driver, probe->product, probe->hostname};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(probe->answers);
    g_free(probe->readings);
    g_mutex_clear(&probe->mutex);
    g_cond_clear(&probe->changed);
    g_free(probe);
}

void probe_heard(Probe *probe)
{
    g_mutex_lock(&probe->mutex);
    probe->heard_us = g_get_monotonic_time();
    g_mutex_unlock(&probe->mutex);
}

gboolean probe_wait(Probe *probe, gint64 until_us)
{
    g_mutex_lock(&probe->mutex);
    probe->heard_us = MAX(g_get_monotonic_time(), until_us); /* nothing is asked meanwhile */
    while (!probe->stop && g_cond_wait_until(&probe->changed, &probe->mutex, until_us))
        ;
    gboolean go_on = !probe->stop;
    g_mutex_unlock(&probe->mutex);
    return go_on;
}

static gboolean is_stopped(Probe *probe)
{
    g_mutex_lock(&probe->mutex);
    gboolean stops = probe->stop;
    probe->heard_us = g_get_monotonic_time();
    g_mutex_unlock(&probe->mutex);
    return stops;
}

/* ---- phases ---- */

typedef struct Errand {
    Probe *probe;
    ProbePhase *phase;
} Errand;

static gpointer run_errand(gpointer data)
{
    Errand *errand = data;
    Probe *probe = errand->probe;
    errand->phase(probe);
    g_mutex_lock(&probe->mutex);
    probe->running = FALSE;
    g_mutex_unlock(&probe->mutex);
    probe_unref(probe);
    g_free(errand);
    return NULL;
}

static void start(Probe *probe, ProbePhase *phase)
{
    Errand *errand = g_new(Errand, 1);
    *errand = (Errand){probe, phase};
    g_atomic_int_inc(&probe->users);
    probe->running = TRUE;
    probe->heard_us = MAX(g_get_monotonic_time(), probe->begin_us);
    g_thread_unref(g_thread_new("libvirt host", run_errand, errand));
}

static void stop(Probe *probe)
{
    g_mutex_lock(&probe->mutex);
    probe->stop = TRUE;
    g_cond_signal(&probe->changed);
    g_mutex_unlock(&probe->mutex);
}

/* A host that gives no answer is given up: what its thread holds is not looked at again. A probe in its place
 * says why. */
static Probe *give_up(Probe *probe)
{
    stop(probe);
    Probe *instead = probe_new(probe->uri, probe->name, probe->timeout_s);
    g_set_error(&instead->error, LIBVIRT_ERROR, LIBVIRT_ERROR_SILENT, "%s: no answer within %u s",
                probe->name, probe->timeout_s);
    probe_unref(probe);
    return instead;
}

/* the number that are at work; those that are silent are given up */
static guint look(GPtrArray *probes, guint *samples)
{
    guint running = 0;
    *samples = G_MAXUINT;
    for (guint i = 0; i < probes->len; i++) {
        Probe *probe = probes->pdata[i];
        g_mutex_lock(&probe->mutex);
        gboolean silent = probe->running && g_get_monotonic_time() - probe->heard_us >
                                                (gint64)(probe->timeout_s + 1) * G_USEC_PER_SEC;
        running += probe->running && !silent;
        if (probe->running)
            *samples = MIN(*samples, (guint)probe->done);
        g_mutex_unlock(&probe->mutex);
        if (silent)
            probes->pdata[i] = give_up(probe);
    }
    return running;
}

static void show(const Program *program, const char *what, const GPtrArray *probes, guint running,
                 guint samples)
{
    const Probe *first = probes->pdata[0];
    if (first->begin_us)
        program_progress(program, "%s: %u of %u samples", what, samples, first->n_samples);
    else
        program_progress(program, "%s: %u of %u hosts", what, probes->len - running, probes->len);
}

gboolean probes_run(GPtrArray *probes, ProbePhase *phase, const Program *program, const char *what,
                    Interrupt *interrupt, GError **error)
{
    guint running = 0, samples;
    const char *signal = NULL;
    for (guint i = 0; i < probes->len; i++)
        if (!((Probe *)probes->pdata[i])->error)
            start(probes->pdata[i], phase);
    while ((running = look(probes, &samples)) > 0) {
        show(program, what, probes, running, samples);
        const char *now = interrupt_ends(interrupt);
        for (guint i = 0; now && i < probes->len; i++)
            stop(probes->pdata[i]);
        signal = now ? now : signal;
        g_usleep(LOOK_US);
    }
    program_progress(program, NULL);
    if (!signal)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "ended by %s: nothing was written", signal);
    return FALSE;
}

/* ---- what a host is ---- */

static gboolean fail(Probe *probe, const char *what)
{
    return libvirt_fail(probe->name, what, &probe->error);
}

/* Rights to read are enough for most of it. */
static gboolean connect_to(Probe *probe)
{
    g_autoptr(GError) refused = NULL;
    probe->connection = libvirt_open(probe->uri, probe->name, probe->timeout_s, 0, &refused);
    if (probe->connection)
        return TRUE;
    if (g_error_matches(refused, LIBVIRT_ERROR, VIR_ERR_AUTH_FAILED) ||
        g_error_matches(refused, LIBVIRT_ERROR, VIR_ERR_AUTH_CANCELLED) ||
        g_error_matches(refused, LIBVIRT_ERROR, VIR_ERR_AUTH_UNAVAILABLE)) {
        probe_heard(probe);
        probe->connection = libvirt_open(probe->uri, probe->name, probe->timeout_s, VIR_CONNECT_RO, NULL);
        probe->read_only = probe->connection != NULL;
    }
    if (!probe->connection)
        g_propagate_error(&probe->error, g_steal_pointer(&refused));
    return probe->connection != NULL;
}

static gboolean read_abilities(Probe *probe)
{
    g_autofree char *xml = virConnectGetCapabilities(probe->connection);
    g_autoptr(GError) error = NULL;
    probe_heard(probe);
    if (!xml)
        return fail(probe, "capabilities");
    probe->abilities = host_abilities_read(xml, &error);
    if (!probe->abilities)
        g_set_error(&probe->error, VMANGER_ERROR, 0, "%s: capabilities: %s", probe->name, error->message);
    return probe->abilities != NULL;
}

static gboolean read_node(Probe *probe)
{
    virNodeInfo info;
    double total, used;
    if (virNodeGetInfo(probe->connection, &info) < 0)
        return fail(probe, "node information");
    probe_heard(probe);
    probe->cpus = info.cpus;
    probe->cores = (double)info.nodes * info.sockets * info.cores;
    /* what its system has, where that is less than what the hardware has */
    probe->memory_kib = (double)info.memory;
    if (probe_read_memory(probe, &total, &used) && total > 0)
        probe->memory_kib = total;
    /* the present clock of a CPU that saves power is below the nominal one */
    probe->clock_mhz = probe->abilities->clock_mhz > 0 ? round(probe->abilities->clock_mhz)
                       : info.mhz > 0                  ? info.mhz
                                                       : UNSTATED_CLOCK_MHZ;
    return probe->cpus > 0 && probe->memory_kib > 0 ? TRUE : fail(probe, "no CPUs or no memory");
}

static char *version_text(unsigned long version)
{
    return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
}

static gboolean read_product(Probe *probe)
{
    unsigned long hypervisor = 0, library = 0;
    const char *type = virConnectGetType(probe->connection);
    if (!type)
        return fail(probe, "hypervisor");
    probe->driver = g_strdup(type);
    g_autofree char *hostname = virConnectGetHostname(probe->connection);
    probe->hostname = g_strdup(hostname ? hostname : "");
    if (virConnectGetVersion(probe->connection, &hypervisor) < 0 ||
        virConnectGetLibVersion(probe->connection, &library) < 0)
        hypervisor = library = 0;
    g_autofree char *of_hypervisor = version_text(hypervisor), *of_library = version_text(library);
    probe->product =
        library ? g_strdup_printf("%s %s, libvirt %s", type, of_hypervisor, of_library) : g_strdup(type);
    probe_heard(probe);
    return TRUE;
}

/* Not every driver has them, and they are refused to readers. */
static void read_domain_capabilities(Probe *probe)
{
    HostAbilities *abilities = probe->abilities;
    for (guint i = 0; i < abilities->types->len && !probe->read_only; i++) {
        const char *type = abilities->types->pdata[i];
        g_autofree char *xml =
            virConnectGetDomainCapabilities(probe->connection, NULL, abilities->arch, NULL, type, 0);
        g_autofree char *model = NULL;
        probe_heard(probe);
        if (xml && host_abilities_add(abilities, type, xml, &model, NULL) && model)
            g_hash_table_insert(probe->host_models, g_strdup(type), g_steal_pointer(&model));
    }
}

/* ---- storage and networks ---- */

static gboolean take_pool(const Element *root, gpointer data, GError **error)
{
    (void)error;
    ProbePool *pool = data;
    const char *path = element_text(root, "target.path");
    pool->type = g_strdup(root->kind);
    pool->path = g_strdup(path ? path : "");
    return TRUE;
}

static void read_pools(Probe *probe)
{
    virStoragePoolPtr *pools = NULL;
    int n = virConnectListAllStoragePools(probe->connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
    for (int i = 0; i < n; i++) {
        ProbePool *pool = g_new0(ProbePool, 1);
        char uuid[VIR_UUID_STRING_BUFLEN] = "";
        g_autofree char *xml = virStoragePoolGetXMLDesc(pools[i], 0);
        pool->name = g_strdup(virStoragePoolGetName(pools[i]));
        pool->uuid = g_strdup(virStoragePoolGetUUIDString(pools[i], uuid) == 0 ? uuid : "");
        if (xml && xml_read_root(xml, take_pool, pool, NULL))
            g_ptr_array_add(probe->pools, pool);
        else
            pool_free(pool);
        virStoragePoolFree(pools[i]);
        probe_heard(probe);
    }
    free(pools);
}

static void offer(Probe *probe, const char *kind, const char *name)
{
    g_autofree char *text = g_strconcat(kind, name, NULL);
    g_hash_table_add(probe->abilities->offers, escape_id(text));
}

static void read_networks(Probe *probe)
{
    virNetworkPtr *networks = NULL;
    int n = virConnectListAllNetworks(probe->connection, &networks, VIR_CONNECT_LIST_NETWORKS_ACTIVE);
    for (int i = 0; i < n; i++) {
        g_autofree char *bridge = virNetworkGetBridgeName(networks[i]);
        offer(probe, "network:", virNetworkGetName(networks[i]));
        if (bridge)
            offer(probe, "bridge:", bridge);
        virNetworkFree(networks[i]);
        probe_heard(probe);
    }
    free(networks);
}

static void read_interfaces(Probe *probe)
{
    virInterfacePtr *interfaces = NULL;
    int n = virConnectListAllInterfaces(probe->connection, &interfaces, VIR_CONNECT_LIST_INTERFACES_ACTIVE);
    probe_heard(probe);
    probe->lists_interfaces = n >= 0;
    for (int i = 0; i < n; i++) {
        const char *name = virInterfaceGetName(interfaces[i]);
        offer(probe, "bridge:", name);
        offer(probe, "interface:", name);
        virInterfaceFree(interfaces[i]);
    }
    free(interfaces);
}

/* ---- domains ---- */

static gboolean runs(int state)
{
    return state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_CRASHED && state != VIR_DOMAIN_NOSTATE;
}

/* libvirt moves no domain that has snapshots. */
static void pin_by_snapshots(ProbeDomain *domain)
{
    int n = virDomainSnapshotNum(domain->domain, 0);
    if (n > 0)
        domain_facts_pin(domain->facts, "snapshots of it on the host: %d", n);
}

/* One that goes while it is read is none. */
static gboolean read_domain(Probe *probe, ProbeDomain *domain)
{
    int reason;
    g_autofree char *xml = virDomainGetXMLDesc(domain->domain, 0);
    gboolean there = xml && virDomainGetState(domain->domain, &domain->state, &reason, 0) == 0;
    probe_heard(probe);
    if (!there)
        return libvirt_failed_by(VIR_ERR_NO_DOMAIN) || fail(probe, domain->name);
    g_autoptr(GError) error = NULL;
    domain->facts = domain_facts_read(xml, &error);
    if (!domain->facts) {
        domain->fault = g_strdup(error->message);
        return TRUE;
    }
    domain->is_hypervisor =
        strcmp(probe->driver, "Xen") == 0 && virDomainGetID(domain->domain) == HYPERVISOR_ID;
    domain->saved = !runs(domain->state) && virDomainHasManagedSaveImage(domain->domain, 0) > 0;
    if (!domain->is_hypervisor)
        pin_by_snapshots(domain);
    probe_heard(probe);
    return TRUE;
}

static gboolean read_domains(Probe *probe)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(probe->connection, &domains, 0);
    gboolean ok = n >= 0 || fail(probe, "domains");
    probe_heard(probe);
    for (int i = 0; i < n; i++) {
        ProbeDomain *domain = g_new0(ProbeDomain, 1);
        domain->domain = domains[i];
        domain->name = g_strdup(virDomainGetName(domains[i]));
        g_ptr_array_add(probe->domains, domain);
        ok = ok && !is_stopped(probe) && libvirt_uuid_of(domains[i], &domain->uuid) &&
             read_domain(probe, domain);
        g_hash_table_insert(probe->by_uuid, domain->uuid.text, domain);
    }
    free(domains);
    return ok;
}

void probe_inventory(Probe *probe)
{
    if (!connect_to(probe) || !read_product(probe) || !read_abilities(probe) || !read_node(probe))
        return;
    read_domain_capabilities(probe);
    read_pools(probe);
    read_networks(probe);
    read_interfaces(probe);
    (void)read_domains(probe);
}

/* ---- questions ---- */

static gboolean has_pages(Probe *probe, const ProbeQuestion *question)
{
    unsigned size = (unsigned)(question->page_kib > 0 ? question->page_kib : DEFAULT_PAGE_KIB);
    unsigned long long free_pages = 0;
    return virNodeGetFreePages(probe->connection, 1, &size, -1, 1, &free_pages, 0) > 0 &&
           (double)free_pages * size >= question->mib * 1024;
}

static gboolean has_cpu(Probe *probe, const ProbeQuestion *question)
{
    int answer = strcmp(probe->driver, "QEMU") == 0 && !probe->read_only
                     ? virConnectCompareHypervisorCPU(probe->connection, NULL, question->arch, NULL,
                                                      question->type, question->cpu_xml, 0)
                     : virConnectCompareCPU(probe->connection, question->cpu_xml, 0);
    return answer == VIR_CPU_COMPARE_IDENTICAL ||
           (answer == VIR_CPU_COMPARE_SUPERSET && !question->identical);
}

void probe_answer(Probe *probe)
{
    guint n = probe->questions->len;
    probe->answers = g_new0(gboolean, n + 1);
    for (guint i = 0; i < n && !is_stopped(probe); i++) {
        const ProbeQuestion *question = probe->questions->pdata[i];
        probe->answers[i] = question->cpu_xml ? has_cpu(probe, question) : has_pages(probe, question);
    }
}

/* ---- samples ---- */

void probe_measure(Probe *probe)
{
    guint n = probe->n_samples;
    probe->readings = g_new(Reading, n + 1);
    for (guint i = 0; i <= n; i++)
        probe->readings[i] = reading_none();
    for (guint d = 0; d < probe->domains->len; d++) {
        ProbeDomain *domain = probe->domains->pdata[d];
        if (!runs(domain->state) || !domain->facts) /* of one that cannot be read nothing is written */
            continue;
        domain->readings = g_new(Reading, n + 1);
        for (guint i = 0; i <= n; i++)
            domain->readings[i] = reading_none();
    }
    for (guint i = 0; i <= n; i++) {
        gint64 due_us = probe->begin_us + (gint64)i * probe->interval_s * G_USEC_PER_SEC;
        gint64 late_us = due_us + (gint64)probe->interval_s * G_USEC_PER_SEC;
        if (!probe_wait(probe, due_us))
            return;
        if (i < n && g_get_monotonic_time() >= late_us)
            continue; /* the host took longer than an interval: a gap */
        if (!probe_read(probe, i))
            return;
        g_mutex_lock(&probe->mutex);
        probe->done = (gint)i;
        g_mutex_unlock(&probe->mutex);
    }
}
