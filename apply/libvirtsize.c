/* SPDX-License-Identifier: MIT */
#include "apply/libvirtsize.h"

#include "apply/domainmemory.h"
#include "collect/libvirtdomain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KIB_PER_MIB 1024.0
#define AWAIT_S 60 /* what the guest does not show by then is told */
#define PAUSE_US G_USEC_PER_SEC
#define SHOWN_SHARE 0.9 /* of a change, by which the guest's own figures must move */

void resize_clear(Resize *resize)
{
    peer_clear(&resize->host);
    g_free(resize->uuid);
    g_free(resize->name);
    *resize = (Resize){0};
}

/* A domain at hand. */
typedef struct Guest {
    const Resize *resize;
    virDomain *domain;
    gboolean runs, is_saved; /* its configuration outlasts its run */
} Guest;

static DomainMemory *read_memory(const Guest *guest, unsigned int flags, double *block_kib, GError **error)
{
    const char *host = guest->resize->host.name;
    g_autofree char *xml = virDomainGetXMLDesc(guest->domain, flags);
    if (!xml) {
        libvirt_fail(host, NULL, error);
        return NULL;
    }
    g_autoptr(DomainFacts) facts = domain_facts_read(xml, error);
    if (!facts)
        return NULL;
    if (block_kib)
        *block_kib = facts->growth == GROWTH_DIMM ? facts->growth_step_mib * KIB_PER_MIB : NAN;
    return domain_memory_parse(xml, guest->resize->name, error);
}

/* ---- what the guest says of itself ---- */

typedef struct GuestFigures {
    double total_kib, used_kib; /* NAN where it does not say */
} GuestFigures;

static GuestFigures ask_guest(virDomain *domain)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    GuestFigures figures = {NAN, NAN};
    double unused = NAN, usable = NAN;
    int n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    for (int i = 0; i < n; i++) {
        if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_AVAILABLE)
            figures.total_kib = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_UNUSED)
            unused = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_USABLE)
            usable = (double)stats[i].val;
    }
    figures.used_kib = figures.total_kib - (isnan(usable) ? unused : usable);
    return figures;
}

static gboolean refuse(char **why, char *words)
{
    *why = words;
    return FALSE;
}

/* What it uses, and what is guaranteed to it, stays. */
static gboolean may_shrink(virDomain *domain, const Resize *resize, char **why)
{
    GuestFigures figures = ask_guest(domain);
    if (resize->to < resize->least_mib)
        return refuse(why, g_strdup_printf("%.0f MiB are guaranteed to it", resize->least_mib));
    if (isnan(figures.used_kib))
        return refuse(why, g_strdup("its guest does not say what it uses (virsh dommemstat --period 10)"));
    double used_mib = figures.used_kib / KIB_PER_MIB;
    if (used_mib > resize->to * resize->most_use_pct / 100)
        return refuse(why, g_strdup_printf("its guest uses %.0f MiB, more than %.0f %% of %.0f MiB", used_mib,
                                           resize->most_use_pct, resize->to));
    return TRUE;
}

/* ---- before ---- */

static Guest guest_of(virDomain *domain, const Resize *resize)
{
    return (Guest){resize, domain, virDomainIsActive(domain) == 1, virDomainIsPersistent(domain) == 1};
}

static gboolean may_change_memory(const Guest *guest, char **why)
{
    const Resize *resize = guest->resize;
    double block_kib;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainMemory) memory = read_memory(guest, 0, &block_kib, &error);
    g_auto(MemoryChange) change = {0};
    if (!memory)
        return refuse(why, g_strdup(error->message));
    if (memory->current_kib == resize->to * KIB_PER_MIB)
        return TRUE;
    if (resize->action == ACTION_RECLAIM_MEMORY && guest->runs && !may_shrink(guest->domain, resize, why))
        return FALSE;
    return domain_memory_change(memory, resize->to * KIB_PER_MIB, block_kib, &change, why);
}

gboolean libvirt_may_resize(virDomain *domain, const Resize *resize, char **why)
{
    Guest guest = guest_of(domain, resize);
    if (resize->action != ACTION_ADD_CPU)
        return may_change_memory(&guest, why);
    unsigned int flags = guest.runs ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
    int most = virDomainGetVcpusFlags(domain, flags | VIR_DOMAIN_VCPU_MAXIMUM);
    return most < 0 || resize->to <= most ||
           refuse(why, g_strdup_printf("it can have %d CPUs at most", most));
}

double libvirt_size(virDomain *domain, const char *host, int action, GError **error)
{
    Resize resize = {.host.name = (char *)host, .name = (char *)host};
    Guest guest = guest_of(domain, &resize);
    if (action == ACTION_ADD_CPU) {
        unsigned int flags = guest.runs ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
        int vcpus = virDomainGetVcpusFlags(domain, flags);
        if (vcpus < 0)
            libvirt_fail(host, NULL, error);
        return vcpus < 0 ? NAN : (double)vcpus;
    }
    g_autoptr(DomainMemory) memory = read_memory(&guest, 0, NULL, error);
    return memory ? floor(memory->current_kib / KIB_PER_MIB) : NAN;
}

/* ---- the calls ---- */

static const MemoryDevice *device_at(const DomainMemory *memory, guint index)
{
    return &g_array_index(memory->devices, MemoryDevice, index);
}

static gboolean unplug(const Guest *guest, const DomainMemory *memory, const MemoryChange *change,
                       unsigned int flags)
{
    for (guint i = 0; i < change->devices->len; i++) {
        const MemoryDevice *device = device_at(memory, g_array_index(change->devices, guint, i));
        if (virDomainDetachDeviceFlags(guest->domain, device->xml, flags) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean request(const Guest *guest, const DomainMemory *memory, const MemoryChange *change,
                        unsigned int flags)
{
    guint index = g_array_index(change->devices, guint, 0);
    g_autofree char *xml = memory_device_requesting(device_at(memory, index), change->to_kib);
    return virDomainUpdateDeviceFlags(guest->domain, xml, flags) == 0;
}

static gboolean plug(const Guest *guest, const DomainMemory *memory, const MemoryChange *change,
                     unsigned int flags)
{
    g_autofree char *xml = domain_memory_dimm(memory, change->to_kib);
    return virDomainAttachDeviceFlags(guest->domain, xml, flags) == 0;
}

static gboolean make_change(const Guest *guest, const DomainMemory *memory, const MemoryChange *change,
                            unsigned int flags)
{
    switch (change->means) {
    case MEMORY_BY_VIRTIO_MEM:
        return request(guest, memory, change, flags);
    case MEMORY_BY_BALLOON:
        return virDomainSetMemoryFlags(guest->domain, (unsigned long)change->to_kib, flags) == 0;
    case MEMORY_BY_DIMM:
        break;
    }
    return change->devices->len > 0 ? unplug(guest, memory, change, flags)
                                    : plug(guest, memory, change, flags);
}

/* The same in the configuration by which it starts the next time, whose devices are described apart. */
static gboolean save_change(const Guest *guest, const MemoryChange *made, char **why, GError **error)
{
    g_auto(MemoryChange) of_dimms = {0};
    const MemoryChange *change = made;
    g_autoptr(DomainMemory) memory = read_memory(guest, VIR_DOMAIN_XML_INACTIVE, NULL, error);
    if (!memory)
        return FALSE;
    if (made->means == MEMORY_BY_DIMM && made->devices->len > 0) {
        double to_kib = guest->resize->to * KIB_PER_MIB;
        if (!domain_memory_change(memory, to_kib, NAN, &of_dimms, why))
            return FALSE;
        change = &of_dimms;
    }
    for (guint i = 0; i < change->devices->len; i++)
        if (g_array_index(change->devices, guint, i) >= memory->devices->len)
            return refuse(why, g_strdup("it has other devices there"));
    return make_change(guest, memory, change, VIR_DOMAIN_AFFECT_CONFIG) ||
           libvirt_fail(guest->resize->host.name, NULL, error);
}

static void save_memory(const Guest *guest, const MemoryChange *made, char **warning)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    if (!save_change(guest, made, &why, &error))
        *warning = g_strdup_printf("%s has its new size, but not in its saved configuration: %s",
                                   guest->resize->name, error ? error->message : why);
}

/* ---- the guest ---- */

static const char *const means_words[] = {
    [MEMORY_BY_VIRTIO_MEM] = "virtio-mem", [MEMORY_BY_BALLOON] = "balloon", [MEMORY_BY_DIMM] = "dimm"};

/* Whether the domain has come to its size, and the guest's own figures with it. */
static gboolean is_reached(const Guest *guest, double *is_mib)
{
    *is_mib = libvirt_size(guest->domain, guest->resize->host.name, ACTION_ADD_MEMORY, NULL);
    return *is_mib == guest->resize->to;
}

static gboolean is_shown(GuestFigures before, GuestFigures now, double by_kib)
{
    double moved_kib = now.total_kib - before.total_kib;
    return by_kib > 0 ? moved_kib >= by_kib * SHOWN_SHARE : moved_kib <= by_kib * SHOWN_SHARE;
}

static void await_guest(const Guest *guest, GuestFigures before, double by_kib, MemoryMeans means,
                        StepEnd *end, char **warning)
{
    const Resize *resize = guest->resize;
    gint64 until = g_get_monotonic_time() + AWAIT_S * G_USEC_PER_SEC;
    GuestFigures now;
    double is_mib = NAN;
    gboolean reached = FALSE, shown = FALSE;
    for (;;) {
        reached = is_reached(guest, &is_mib);
        now = ask_guest(guest->domain);
        shown = reached && is_shown(before, now, by_kib);
        gboolean silent = isnan(before.total_kib) || isnan(now.total_kib);
        if (shown || (reached && silent) || g_get_monotonic_time() >= until)
            break;
        g_usleep(PAUSE_US);
    }
    end->kind = reached ? END_SUCCEEDED : END_FAILED;
    if (!reached) {
        end->detail = g_strdup_printf("%s: the guest has not done it within %d s: it has %.0f MiB",
                                      resize->host.name, AWAIT_S, is_mib);
        return;
    }
    g_autofree char *total = isnan(now.total_kib)
                                 ? g_strdup("")
                                 : g_strdup_printf(" guest_total_mib=%.0f", now.total_kib / KIB_PER_MIB);
    end->detail = g_strdup_printf("means=%s guest_shows_it=%s%s", means_words[means],
                                  isnan(before.total_kib) || isnan(now.total_kib) ? "unknown"
                                  : shown                                         ? "yes"
                                                                                  : "no",
                                  total);
    if (!shown && !*warning)
        *warning = g_strdup_printf("%s has its new size, but its guest %s", resize->name,
                                   isnan(now.total_kib) ? "does not say whether it has taken it in"
                                                        : "does not show it");
}

/* ---- a resize ---- */

static gboolean fail(const Guest *guest, StepEnd *end)
{
    g_autoptr(GError) error = NULL;
    libvirt_fail(guest->resize->host.name, NULL, &error);
    end->kind = END_FAILED;
    end->detail = g_strdup(error->message);
    return FALSE;
}

static gboolean fail_for(const Guest *guest, StepEnd *end, const char *why)
{
    end->kind = END_FAILED;
    end->detail = g_strdup_printf("%s: %s", guest->resize->host.name, why);
    return FALSE;
}

static gboolean change_memory(const Guest *guest, StepEnd *end, char **warning)
{
    const Resize *resize = guest->resize;
    double to_kib = resize->to * KIB_PER_MIB, block_kib = NAN;
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    g_auto(MemoryChange) change = {0};
    g_autoptr(DomainMemory) memory = read_memory(guest, 0, &block_kib, &error);
    if (!memory)
        return fail_for(guest, end, error->message);
    if (memory->current_kib == to_kib) {
        end->kind = END_SUCCEEDED;
        return TRUE;
    }
    if (resize->action == ACTION_RECLAIM_MEMORY && guest->runs && !may_shrink(guest->domain, resize, &why))
        return fail_for(guest, end, why);
    if (!domain_memory_change(memory, to_kib, block_kib, &change, &why))
        return fail_for(guest, end, why);
    GuestFigures before = ask_guest(guest->domain);
    if (!make_change(guest, memory, &change, guest->runs ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG))
        return fail(guest, end);
    end->kind = END_SUCCEEDED;
    if (guest->runs)
        await_guest(guest, before, to_kib - memory->current_kib, change.means, end, warning);
    if (guest->runs && guest->is_saved && end->kind == END_SUCCEEDED) {
        g_autofree char *unsaved = NULL;
        save_memory(guest, &change, &unsaved);
        if (unsaved) {
            g_free(*warning);
            *warning = g_steal_pointer(&unsaved);
        }
    }
    return TRUE;
}

static gboolean change_cpus(const Guest *guest, StepEnd *end, char **warning)
{
    const Resize *resize = guest->resize;
    unsigned int to = (unsigned int)resize->to;
    unsigned int flags = guest->runs ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
    if (virDomainSetVcpusFlags(guest->domain, to, flags) != 0)
        return fail(guest, end);
    end->kind = END_SUCCEEDED;
    g_autoptr(GError) error = NULL;
    if (guest->runs && guest->is_saved &&
        virDomainSetVcpusFlags(guest->domain, to, VIR_DOMAIN_AFFECT_CONFIG) != 0) {
        libvirt_fail(resize->host.name, NULL, &error);
        *warning = g_strdup_printf("%s has its new size, but not in its saved configuration: %s",
                                   resize->name, error->message);
    }
    return TRUE;
}

void libvirt_resize(const Resize *resize, StepEnd *end, char **warning)
{
    g_autoptr(GError) error = NULL;
    *warning = NULL;
    g_autoptr(virConnect) host =
        libvirt_open(resize->host.uri, resize->host.name, resize->timeout_s, 0, &error);
    g_autoptr(virDomain) domain = host ? virDomainLookupByUUIDString(host, resize->uuid) : NULL;
    if (!domain) {
        if (host)
            libvirt_fail(resize->host.name, NULL, &error);
        end->kind = END_FAILED;
        end->detail = g_strdup(error->message);
        return;
    }
    Guest guest = guest_of(domain, resize);
    if (resize->action == ACTION_ADD_CPU)
        change_cpus(&guest, end, warning);
    else
        change_memory(&guest, end, warning);
}
