/* SPDX-License-Identifier: MIT */
/*
 * Hosts that libvirt manages as a source: what they and their domains are configured as, and, since libvirt
 * keeps no history, samples that are taken while collect runs. Documented in collect.1.
 */
#include "collect/libvirtsource.h"

#include "collect/escape.h"
#include "collect/inventory.h"
#include "collect/libvirtfit.h"
#include "collect/libvirtrows.h"
#include "collect/libvirtsamples.h"
#include "collect/references.h"
#include "collect/snapshotreader.h"
#include "collect/snapshotwriter.h"

#include <math.h>
#include <string.h>

typedef struct Estate {
    const CollectRequest *request;
    LibvirtHosts *hosts;
    Snapshot *last;       /* of the same estate; NULL: none */
    GPtrArray *probes;    /* Probe *, one for each host */
    Interrupt *interrupt; /* that of own, or of whoever asks */
    Interrupt *own;
    Fit *fit;
    LibvirtRows *rows;
} Estate;

static void probe_free(gpointer data)
{
    probe_unref(data);
}

static void estate_clear(Estate *estate)
{
    libvirt_rows_free(estate->rows);
    fit_free(estate->fit);
    g_clear_pointer(&estate->probes, g_ptr_array_unref);
    interrupt_free(estate->own);
    snapshot_free(estate->last);
    libvirt_hosts_free(estate->hosts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Estate, estate_clear)

/* What a host that is silent now was at the last time. An archive that cannot be read is no reason to fail:
 * its reader says so when it is wanted. */
static void read_last(Estate *estate)
{
    const char *path = estate->request->last;
    g_autoptr(Snapshot) last = path ? snapshot_read(path, SNAPSHOT_STRICT, NULL) : NULL;
    if (last && strcmp(last->info.source_id, estate->hosts->source_id) == 0)
        estate->last = g_steal_pointer(&last);
}

static gboolean run(Estate *estate, ProbePhase *phase, const char *what, GError **error)
{
    return probes_run(estate->probes, phase, estate->request->program, what, estate->interrupt, error);
}

static gboolean ask_hosts(Estate *estate, GError **error)
{
    const Probe *heard = NULL, *silent = NULL;
    for (guint i = 0; i < estate->hosts->n_hosts; i++) {
        const LibvirtHost *host = &estate->hosts->hosts[i];
        g_ptr_array_add(estate->probes, probe_new(host->uri, host->name,
                                                  (guint)estate->request->connection->timeout_s.value));
    }
    if (!run(estate, probe_inventory, "asking hosts", error))
        return FALSE;
    for (guint i = 0; i < estate->probes->len; i++) {
        const Probe *probe = estate->probes->pdata[i];
        heard = probe->error ? heard : probe;
        silent = probe->error && !silent ? probe : silent;
    }
    if (heard || !silent)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "%s: no host answers: %s", estate->hosts->path,
                silent->error->message);
    return FALSE;
}

/* Who can run what: each host is asked about what the others run. */
static gboolean ask_fit(Estate *estate, GError **error)
{
    estate->fit = fit_new(estate->probes);
    libvirt_rows_fit(estate->rows, estate->fit);
    for (guint i = 0; i < estate->probes->len; i++) {
        Probe *probe = estate->probes->pdata[i];
        probe->questions = g_ptr_array_ref(fit_questions(estate->fit));
    }
    if (fit_questions(estate->fit)->len > 0 && !run(estate, probe_answer, "comparing CPUs", error))
        return FALSE;
    fit_settle(estate->fit);
    return TRUE;
}

static gboolean measure(Estate *estate, SnapshotInfo *info, GError **error)
{
    gint64 begin_us = g_get_monotonic_time(), begin_s = g_get_real_time() / G_USEC_PER_SEC;
    info->interval_s = estate->request->interval_s;
    guint n = (guint)MAX(1, floor(estate->request->window_s / info->interval_s));
    info->window_s = n * info->interval_s;
    info->taken_at = begin_s + (gint64)info->window_s;
    for (guint i = 0; i < estate->probes->len; i++) {
        Probe *probe = estate->probes->pdata[i];
        probe->begin_us = begin_us;
        probe->n_samples = n;
        probe->interval_s = (guint)info->interval_s;
    }
    return run(estate, probe_measure, "measuring", error);
}

static void describe(Snapshot *snapshot, const LibvirtHosts *hosts)
{
    SnapshotInfo *info = &snapshot->info;
    info->source_type = "libvirt";
    info->source = escape_is_formula(hosts->path) ? "" : snapshot_string(snapshot, hosts->path);
    info->source_id = snapshot_string(snapshot, hosts->source_id);
    info->product = "libvirt";
    info->tool = "vmanger " VMANGER_VERSION;
}

/* What is configured, and with a writer what is measured. */
static gboolean read_estate(Estate *estate, Snapshot *snapshot, SnapshotWriter *writer, GPtrArray *warnings,
                            GError **error)
{
    describe(snapshot, estate->hosts);
    read_last(estate);
    if (!ask_hosts(estate, error))
        return FALSE;
    estate->rows = libvirt_rows_new(estate->hosts, estate->probes, estate->last, warnings, error);
    if (!estate->rows || !ask_fit(estate, error) || (writer && !measure(estate, &snapshot->info, error)))
        return FALSE;
    libvirt_rows_fill(estate->rows, estate->fit, snapshot);
    if (!snapshot_link(snapshot, error))
        return FALSE;
    if (writer)
        libvirt_samples_write(estate->rows, snapshot, writer, warnings);
    else
        snapshot->info.taken_at = g_get_real_time() / G_USEC_PER_SEC;
    return TRUE;
}

static gboolean open_estate(Estate *estate, const CollectRequest *request, Interrupt *interrupt,
                            GError **error)
{
    estate->request = request;
    estate->hosts = libvirt_hosts_read(request->source + strlen(LIBVIRT_PREFIX), error);
    if (!estate->hosts)
        return FALSE;
    estate->probes = g_ptr_array_new_with_free_func(probe_free);
    estate->own = interrupt ? NULL : interrupt_new();
    estate->interrupt = interrupt ? interrupt : estate->own;
    return TRUE;
}

gboolean libvirt_collect(const CollectRequest *request, Interrupt *interrupt, CollectResult *result,
                         GError **error)
{
    g_auto(Estate) estate = {0};
    g_autoptr(SnapshotWriter) writer = NULL;
    if (!open_estate(&estate, request, interrupt, error) ||
        !(writer = snapshot_writer_new(request->output, request->keys, error)))
        return FALSE;
    result->warnings = g_ptr_array_new_with_free_func(g_free);
    result->snapshot = snapshot_new();
    return read_estate(&estate, result->snapshot, writer, result->warnings, error) &&
           snapshot_writer_commit(writer, result->snapshot, &result->digest, error);
}

gboolean collect_from_libvirt(const CollectRequest *request, CollectResult *result, GError **error)
{
    return libvirt_collect(request, NULL, result, error);
}

Snapshot *libvirt_inventory(const CollectRequest *request, Interrupt *interrupt, GPtrArray *warnings,
                            GError **error)
{
    g_auto(Estate) estate = {0};
    g_autoptr(Snapshot) snapshot = snapshot_new();
    if (!open_estate(&estate, request, interrupt, error) ||
        !read_estate(&estate, snapshot, NULL, warnings, error))
        return NULL;
    return g_steal_pointer(&snapshot);
}
