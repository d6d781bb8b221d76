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
#define ANEW_PAUSE_US (G_USEC_PER_SEC / 4)
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

/* What its description says beside the memory: kept apart, since only the memory of a saved one is looked at.
 */
typedef struct Means {
    double block_kib; /* of a DIMM; NAN: it takes none in */
    double period_s;  /* in which its balloon is asked what it uses; 0 and NAN: it is not */
} Means;

static DomainMemory *read_memory(const Guest *guest, unsigned int flags, Means *means, GError **error)
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
    if (means)
        *means = (Means){facts->growth == GROWTH_DIMM ? facts->growth_step_mib * KIB_PER_MIB : NAN,
                         facts->stats_period_s};
    return domain_memory_parse(xml, guest->resize->name, error);
}

/* ---- what the guest says of itself ---- */

typedef struct GuestFigures {
    double total_kib, used_kib, updated_s; /* NAN where it does not say */
    double held_kib;                       /* by the hypervisor's count, as its balloon stands */
} GuestFigures;

static GuestFigures ask_guest(virDomain *domain)
{
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    GuestFigures figures = {NAN, NAN, NAN, NAN};
    double unused = NAN, usable = NAN;
    int n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    for (int i = 0; i < n; i++) {
        if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_AVAILABLE)
            figures.total_kib = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_UNUSED)
            unused = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_USABLE)
            usable = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON)
            figures.held_kib = (double)stats[i].val;
        else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE)
            figures.updated_s = (double)stats[i].val;
    }
    figures.used_kib = figures.total_kib - (isnan(usable) ? unused : usable);
    if (isnan(figures.used_kib)) /* Xen's total is the most that the domain may have, no word of its guest */
        figures.total_kib = NAN;
    return figures;
}

/* The hypervisor answers with what the guest said last, which may be long ago: it is waited for until that is
 * said anew, and what is not said anew counts for nothing. */
static GuestFigures ask_guest_anew(virDomain *domain, double period_s)
{
    GuestFigures before = ask_guest(domain), now = before;
    gint64 until = g_get_monotonic_time() + (gint64)((period_s + 1) * G_USEC_PER_SEC);
    while (period_s > 0 && !isnan(before.updated_s) && g_get_monotonic_time() < until) {
        g_usleep(ANEW_PAUSE_US);
        now = ask_guest(domain);
        if (now.updated_s != before.updated_s)
            return now;
    }
    now.used_kib = NAN;
    return now;
}

static gboolean refuse(char **why, char *words)
{
    *why = words;
    return FALSE;
}

/* What it uses, and what is guaranteed to it, stays. */
static gboolean may_shrink(const Resize *resize, GuestFigures figures, char **why)
{
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

/* An addition never takes, and what takes never adds: another one was here first. */
static gboolean is_its_way(const Resize *resize, double is_kib, char **why)
{
    gboolean grows = resize->to * KIB_PER_MIB > is_kib;
    return grows == (resize->action == ACTION_ADD_MEMORY) ||
           refuse(why, g_strdup_printf("it has %.0f MiB, already %s than %.0f MiB", is_kib / KIB_PER_MIB,
                                       grows ? "less" : "more", resize->to));
}

/* Whether the guest says anew what it uses is looked at before it changes: here each one would be waited for.
 */
static gboolean may_change_memory(const Guest *guest, char **why)
{
    const Resize *resize = guest->resize;
    Means means;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainMemory) memory = read_memory(guest, 0, &means, &error);
    g_auto(MemoryChange) change = {0};
    if (!memory)
        return refuse(why, g_strdup(error->message));
    if (memory->current_kib == resize->to * KIB_PER_MIB)
        return TRUE;
    if (!is_its_way(resize, memory->current_kib, why))
        return FALSE;
    if (resize->action == ACTION_RECLAIM_MEMORY && guest->runs &&
        !may_shrink(resize, ask_guest(guest->domain), why))
        return FALSE;
    return domain_memory_change(memory, resize->to * KIB_PER_MIB, means.block_kib, &change, why);
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

gboolean libvirt_is_saved(virDomain *domain, const char *host, int action)
{
    Resize resize = {.host.name = (char *)host, .name = (char *)host};
    Guest guest = guest_of(domain, &resize);
    if (!guest.runs || !guest.is_saved)
        return TRUE;
    if (action == ACTION_ADD_CPU)
        return virDomainGetVcpusFlags(domain, VIR_DOMAIN_AFFECT_LIVE) ==
               virDomainGetVcpusFlags(domain, VIR_DOMAIN_AFFECT_CONFIG);
    g_autoptr(DomainMemory) running = read_memory(&guest, 0, NULL, NULL);
    g_autoptr(DomainMemory) saved = read_memory(&guest, VIR_DOMAIN_XML_INACTIVE, NULL, NULL);
    return running && saved && domain_memory_is_same(running, saved);
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

/* What was asked for and not come to, in the running domain or in its configuration: memory is what it had
 * before. A DIMM is plugged at once; one that is asked back cannot be kept. */
static void put_back(const Guest *guest, const DomainMemory *memory, const MemoryChange *change,
                     unsigned int flags)
{
    MemoryChange back = *change;
    if (change->means == MEMORY_BY_DIMM)
        return;
    back.to_kib = change->means == MEMORY_BY_BALLOON
                      ? memory->current_kib
                      : device_at(memory, g_array_index(change->devices, guint, 0))->requested_kib;
    make_change(guest, memory, &back, flags);
}

/* The same in the configuration by which it starts the next time, whose devices are described apart. */
static gboolean save_change(const Guest *guest, const DomainMemory *saved, const MemoryChange *made,
                            char **why)
{
    g_auto(MemoryChange) of_dimms = {0};
    g_autoptr(GError) error = NULL;
    const MemoryChange *change = made;
    if (made->means == MEMORY_BY_DIMM && made->devices->len > 0) {
        if (!domain_memory_change(saved, guest->resize->to * KIB_PER_MIB, NAN, &of_dimms, why))
            return FALSE;
        change = &of_dimms;
    }
    for (guint i = 0; i < change->devices->len; i++)
        if (g_array_index(change->devices, guint, i) >= saved->devices->len)
            return refuse(why, g_strdup("it has other devices there"));
    if (make_change(guest, saved, change, VIR_DOMAIN_AFFECT_CONFIG))
        return TRUE;
    libvirt_fail(guest->resize->host.name, NULL, &error);
    return refuse(why, g_strdup(error->message));
}

/* ---- the guest ---- */

static const char *const means_words[] = {
    [MEMORY_BY_VIRTIO_MEM] = "virtio-mem", [MEMORY_BY_BALLOON] = "balloon", [MEMORY_BY_DIMM] = "dimm"};

/* No answer will come any more. */
static gboolean is_lost(const Guest *guest)
{
    return virConnectIsAlive(virDomainGetConnect(guest->domain)) != 1;
}

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

/* Of a guest that says nothing, as Xen's, the balloon tells: its driver gives and takes in there. */
static GuestFigures figures_of(const Guest *guest, gboolean by_balloon)
{
    GuestFigures now = ask_guest(guest->domain);
    if (by_balloon)
        now.total_kib = now.held_kib;
    return now;
}

static void await_guest(const Guest *guest, GuestFigures before, double by_kib, MemoryMeans means,
                        StepEnd *end, char **warning)
{
    const Resize *resize = guest->resize;
    gint64 until = g_get_monotonic_time() + AWAIT_S * G_USEC_PER_SEC;
    GuestFigures now;
    double is_mib = NAN;
    gboolean reached = FALSE, shown = FALSE;
    gboolean by_balloon = means == MEMORY_BY_BALLOON && isnan(before.total_kib);
    if (by_balloon)
        before.total_kib = before.held_kib;
    for (;;) {
        reached = is_reached(guest, &is_mib);
        now = figures_of(guest, by_balloon);
        shown = reached && is_shown(before, now, by_kib);
        gboolean silent = isnan(before.total_kib) || isnan(now.total_kib);
        if (shown || (reached && silent) || g_get_monotonic_time() >= until || is_lost(guest))
            break;
        g_usleep(PAUSE_US);
    }
    end->kind = reached ? END_SUCCEEDED : isnan(is_mib) ? END_UNKNOWN : END_FAILED;
    if (end->kind == END_UNKNOWN) {
        end->detail = g_strdup_printf("%s: how big it is is not known: no answer", resize->host.name);
        return;
    }
    if (!reached) {
        end->detail = g_strdup_printf("%s: the guest has not done it within %d s: it has %.0f MiB",
                                      resize->host.name, AWAIT_S, is_mib);
        return;
    }
    g_autofree char *total = by_balloon || isnan(now.total_kib)
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

/* Where the answer was lost with the connection it may have been done. */
static gboolean fail(const Guest *guest, StepEnd *end)
{
    g_autoptr(GError) error = NULL;
    libvirt_fail(guest->resize->host.name, NULL, &error);
    end->kind = is_lost(guest) ? END_UNKNOWN : END_FAILED;
    end->detail = g_strdup(error->message);
    return FALSE;
}

static gboolean fail_for(const Guest *guest, StepEnd *end, const char *why)
{
    end->kind = END_FAILED;
    end->detail = g_strdup_printf("%s: %s", guest->resize->host.name, why);
    return FALSE;
}

static char *words_of_unsaved(const Guest *guest, const char *why)
{
    return g_strdup_printf("%s has its new size, but not in its saved configuration: %s", guest->resize->name,
                           why);
}

/* In the running domain, and in its configuration (saved; NULL: it has none) before the guest is waited for:
 * so that nothing is missing there if nobody waits to the end. DIMMs that the guest may keep are removed
 * there once they are gone. */
static void change_running(const Guest *guest, const DomainMemory *memory, const DomainMemory *saved,
                           const MemoryChange *change, StepEnd *end, char **warning)
{
    GuestFigures before = ask_guest(guest->domain);
    gboolean is_unplugged = change->means == MEMORY_BY_DIMM && change->devices->len > 0;
    gboolean is_saved = FALSE;
    g_autofree char *why = NULL;
    if (!make_change(guest, memory, change, VIR_DOMAIN_AFFECT_LIVE)) {
        fail(guest, end);
        return;
    }
    if (saved && !is_unplugged)
        is_saved = save_change(guest, saved, change, &why);
    await_guest(guest, before, guest->resize->to * KIB_PER_MIB - memory->current_kib, change->means, end,
                warning);
    if (end->kind == END_FAILED) {
        put_back(guest, memory, change, VIR_DOMAIN_AFFECT_LIVE);
        if (is_saved)
            put_back(guest, saved, change, VIR_DOMAIN_AFFECT_CONFIG);
        return;
    }
    if (saved && is_unplugged && end->kind == END_SUCCEEDED)
        save_change(guest, saved, change, &why);
    if (why && end->kind == END_SUCCEEDED) {
        g_free(*warning);
        *warning = words_of_unsaved(guest, why);
    }
}

static gboolean change_memory(const Guest *guest, StepEnd *end, char **warning)
{
    const Resize *resize = guest->resize;
    double to_kib = resize->to * KIB_PER_MIB;
    Means means;
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    g_auto(MemoryChange) change = {0};
    g_autoptr(DomainMemory) saved = NULL;
    g_autoptr(DomainMemory) memory = read_memory(guest, 0, &means, &error);
    if (!memory)
        return fail_for(guest, end, error->message);
    if (memory->current_kib == to_kib) {
        end->kind = END_SUCCEEDED;
        return TRUE;
    }
    if (!is_its_way(resize, memory->current_kib, &why))
        return fail_for(guest, end, why);
    if (resize->action == ACTION_RECLAIM_MEMORY && guest->runs &&
        !may_shrink(resize, ask_guest_anew(guest->domain, means.period_s), &why))
        return fail_for(guest, end, why);
    if (!domain_memory_change(memory, to_kib, means.block_kib, &change, &why))
        return fail_for(guest, end, why);
    if (guest->runs && guest->is_saved &&
        !(saved = read_memory(guest, VIR_DOMAIN_XML_INACTIVE, NULL, &error)))
        return fail_for(guest, end, error->message);
    end->kind = END_SUCCEEDED;
    if (guest->runs)
        change_running(guest, memory, saved, &change, end, warning);
    else if (!make_change(guest, memory, &change, VIR_DOMAIN_AFFECT_CONFIG))
        return fail(guest, end);
    return end->kind == END_SUCCEEDED;
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
        *warning = words_of_unsaved(guest, error->message);
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
