/* SPDX-License-Identifier: MIT */
#include "collect/vsphere.h"

#include "collect/inventory.h"
#include "collect/performance.h"
#include "collect/snapshotwriter.h"
#include "collect/statistics.h"

#include <string.h>

static void describe(Snapshot *snapshot, const Vcenter *vcenter)
{
    SnapshotInfo *info = &snapshot->info;
    info->source_type = vcenter->is_vcenter ? "vcenter" : "esxi";
    info->source = snapshot_string(snapshot, vcenter->connection->url);
    info->product = snapshot_string(snapshot, vcenter->product);
    info->api_version = snapshot_string(snapshot, vcenter->api_version);
    info->account = snapshot_string(snapshot, vcenter->account);
    info->tool = "vmanger " VMANGER_VERSION;
    info->interval_s = PERFORMANCE_INTERVAL_S;
}

/* An ESXi host has no instance UUID: it is known by its hardware's. */
static const char *source_id_of(Snapshot *snapshot, const Vcenter *vcenter)
{
    if (*vcenter->instance_uuid)
        return snapshot_string(snapshot, vcenter->instance_uuid);
    return snapshot->n_hosts > 0 && *snapshot->hosts[0].uuid ? snapshot->hosts[0].uuid : "unknown";
}

Snapshot *vsphere_inventory(Vcenter *vcenter, const Program *program, GPtrArray *warnings, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    describe(snapshot, vcenter);
    if (!vcenter_time(vcenter, &snapshot->info.taken_at, error) ||
        !inventory_collect(vcenter, program, snapshot, warnings, error))
        return NULL;
    snapshot->info.source_id = source_id_of(snapshot, vcenter);
    return g_steal_pointer(&snapshot);
}

static gboolean collect_once(Vcenter *vcenter, const CollectRequest *request, CollectResult *result,
                             GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(request->output, request->keys, error);
    if (!writer)
        return FALSE;
    g_autoptr(Snapshot) snapshot = vsphere_inventory(vcenter, request->program, warnings, error);
    if (!snapshot)
        return FALSE;
    snapshot->info.window_s = request->window_s;
    if (!performance_collect(vcenter, request->program, snapshot, request->window_s, writer, warnings, error))
        return FALSE;
    if (request->history_s > 0 && !statistics_collect(vcenter, request->program, snapshot, request->history_s,
                                                      writer, notes, warnings, error))
        return FALSE;
    result->snapshot = g_steal_pointer(&snapshot);
    result->warnings = g_steal_pointer(&warnings);
    result->notes = g_steal_pointer(&notes);
    return snapshot_writer_commit(writer, result->snapshot, &result->digest, error);
}

static gboolean collect_whole(Vcenter *vcenter, const CollectRequest *request, CollectResult *result,
                              GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (collect_once(vcenter, request, result, &failure))
        return TRUE;
    if (!g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    /* what was read so far may be cut short without a word */
    program_warn(request->program, "%s; logging in again and starting over", failure->message);
    return vcenter_login(vcenter, error) && collect_once(vcenter, request, result, error);
}

gboolean vsphere_collect(Vcenter *vcenter, const CollectRequest *request, CollectResult *result,
                         GError **error)
{
    if (soap_heeds(vcenter->soap))
        return collect_whole(vcenter, request, result, error);
    g_autoptr(Interrupt) interrupt = interrupt_new();
    soap_heed(vcenter->soap, interrupt);
    gboolean ok = collect_whole(vcenter, request, result, error);
    soap_heed(vcenter->soap, NULL);
    return ok;
}

gboolean collect_from_vsphere(const CollectRequest *request, CollectResult *result, GError **error)
{
    g_autoptr(Vcenter) vcenter = vcenter_open(request->connection, request->program, error);
    return vcenter && vsphere_collect(vcenter, request, result, error);
}
