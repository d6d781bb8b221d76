/* SPDX-License-Identifier: MIT */
#include "plan/loss.h"

#include "collect/json.h"
#include "collect/plural.h"
#include "plan/show.h"

#include <math.h>

/* TRUE where a host of the cluster is lost */
static gboolean is_hit(const Loss *loss, guint cluster)
{
    for (guint host = 0; host < loss->start->snapshot->n_hosts; host++)
        if (loss->lost[host] && loss->start->hosts[host].cluster == (int)cluster)
            return TRUE;
    return FALSE;
}

/* TRUE for a host of the cluster that is left and takes part */
static gboolean is_left(const Loss *loss, guint host, guint cluster)
{
    return !loss->lost[host] && loss->start->hosts[host].cluster == (int)cluster &&
           model_is_counted_on(loss->start, host);
}

/* ---- for people ---- */

static void add_vm(GString *out, const Loss *loss, const LostVm *lost)
{
    const Snapshot *snapshot = loss->start->snapshot;
    const Vm *row = loss->start->vms[lost->vm].row;
    double mib = model_vm_memory(loss->start, lost->vm) / 1024;
    if (lost->words)
        show_line(out, "    ! %s (%s), %.0f MiB: %s", row->name, row->id, mib, lost->words);
    else if (lost->host >= 0)
        show_line(out, "    %s %s (%s), %.0f MiB: %s", lost->verdict == LOSS_FITS ? "+" : "?", row->name,
                  row->id, mib, snapshot->hosts[lost->host].name);
    else
        show_line(out, "    = %s (%s)", row->name, row->id);
}

static void add_vms(GString *out, const Loss *loss, guint cluster, LossVerdict verdict, guint most)
{
    static const char *const titles[] = {"no place",
                                         "a place, but its host would lack memory: it would balloon and swap",
                                         "a place, but its host would be hot", "a place",
                                         "no need of one: their fault-tolerant partners go on"};
    guint n = loss_count(loss, (int)cluster, verdict), shown = 0;
    if (n == 0)
        return;
    show_line(out, "  %u %s %s", n, plural(n, "VM finds", "VMs find"), titles[verdict]);
    for (guint i = 0; i < loss->vms->len; i++) {
        const LostVm *lost = &g_array_index(loss->vms, LostVm, i);
        if (lost->verdict != (int)verdict || loss->start->vms[lost->vm].row->cluster != (int)cluster)
            continue;
        if (most == 0 || shown++ < most)
            add_vm(out, loss, lost);
    }
    if (most > 0 && n > most)
        show_line(out, "    ... and %u more (-v lists all)", n - most);
}

static void add_hosts(GString *out, const Loss *loss, guint cluster)
{
    const Snapshot *snapshot = loss->start->snapshot;
    show_line(out, "  Hosts that are left");
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (!is_left(loss, host, cluster))
            continue;
        show_line(out, "    %s: CPU %.1f to %.1f %%, memory %.1f to %.1f %%", snapshot->hosts[host].name,
                  model_usage_pct(loss->start, host, RESOURCE_CPU, 0),
                  model_usage_pct(loss->end, host, RESOURCE_CPU, 0),
                  model_usage_pct(loss->start, host, RESOURCE_HOST_MEMORY, 0),
                  model_usage_pct(loss->end, host, RESOURCE_HOST_MEMORY, 0));
    }
}

static void add_cluster(GString *out, const Loss *loss, guint cluster, guint most)
{
    const Snapshot *snapshot = loss->start->snapshot;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint host = 0; host < snapshot->n_hosts; host++)
        if (loss->lost[host] && loss->start->hosts[host].cluster == (int)cluster)
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", snapshot->hosts[host].name);
    show_line(out, "%s without %s%s", snapshot->clusters[cluster].name, names->str,
              snapshot->clusters[cluster].ha == 1 ? "" : ": HA is not on, so nobody restarts VMs by itself");
    for (int verdict = LOSS_NOWHERE; verdict < N_LOSSES; verdict++)
        add_vms(out, loss, cluster, (LossVerdict)verdict, most);
    add_hosts(out, loss, cluster);
}

char *loss_text(const Loss *loss, guint most)
{
    GString *out = g_string_new(NULL);
    for (guint cluster = 0; cluster < loss->start->snapshot->n_clusters; cluster++)
        if (is_hit(loss, cluster))
            add_cluster(out, loss, cluster, most);
    guint fit = loss_count(loss, -1, LOSS_FITS) + loss_count(loss, -1, LOSS_IN_PARTNER);
    g_string_append_c(out, '\n');
    plural_append(out, loss->vms->len, "VM: ", "VMs: ");
    show_line(out, "%u fit, %u would heat a host, %u would lack memory, %u find no place.", fit,
              loss_count(loss, -1, LOSS_HEATS), loss_count(loss, -1, LOSS_OVERCOMMITS),
              loss_count(loss, -1, LOSS_NOWHERE));
    return g_string_free(out, FALSE);
}

/* ---- for machines ---- */

static void add_host_json(Json *json, const Loss *loss, guint host)
{
    const Host *row = &loss->start->snapshot->hosts[host];
    json_begin_object(json, NULL);
    json_add_text(json, "id", row->id);
    json_add_text(json, "name", row->name);
    json_add_text(json, "cluster_id", row->cluster_id);
    json_add_flag(json, "lost", loss->lost[host]);
    json_add_number(json, "cpu_pct_before", model_usage_pct(loss->start, host, RESOURCE_CPU, 0));
    json_add_number(json, "memory_pct_before", model_usage_pct(loss->start, host, RESOURCE_HOST_MEMORY, 0));
    if (!loss->lost[host]) {
        json_add_number(json, "cpu_pct_after", model_usage_pct(loss->end, host, RESOURCE_CPU, 0));
        json_add_number(json, "memory_pct_after", model_usage_pct(loss->end, host, RESOURCE_HOST_MEMORY, 0));
    }
    json_end_object(json);
}

static void add_vm_json(Json *json, const Loss *loss, const LostVm *lost)
{
    const Snapshot *snapshot = loss->start->snapshot;
    const ModelVm *at = &loss->start->vms[lost->vm];
    json_begin_object(json, NULL);
    json_add_text(json, "id", at->row->id);
    json_add_text(json, "name", at->row->name);
    json_add_text(json, "from_id", snapshot->hosts[at->host].id);
    json_add_number(json, "memory_kib", model_vm_memory(loss->start, lost->vm));
    json_add_text(json, "verdict", loss_names[lost->verdict]);
    if (lost->host >= 0)
        json_add_text(json, "to_id", snapshot->hosts[lost->host].id);
    json_add_text(json, "reason", lost->words);
    json_end_object(json);
}

char *loss_json(const Loss *loss)
{
    const Snapshot *snapshot = loss->start->snapshot;
    g_autoptr(Json) json = json_new(LOSS_SCHEMA);
    json_add_text(json, "source_id", snapshot->info.source_id);
    json_add_text(json, "snapshot", snapshot->digest);
    json_begin_object(json, "counts");
    for (int verdict = LOSS_NOWHERE; verdict < N_LOSSES; verdict++)
        json_add_number(json, loss_names[verdict], loss_count(loss, -1, (LossVerdict)verdict));
    json_add_number(json, "not_restarted", loss->agents);
    json_end_object(json);
    json_begin_list(json, "hosts");
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        guint cluster = (guint)loss->start->hosts[host].cluster;
        if (loss->lost[host] || (is_hit(loss, cluster) && is_left(loss, host, cluster)))
            add_host_json(json, loss, host);
    }
    json_end_list(json);
    json_begin_list(json, "vms");
    for (guint i = 0; i < loss->vms->len; i++)
        add_vm_json(json, loss, &g_array_index(loss->vms, LostVm, i));
    json_end_list(json);
    return json_finish(json);
}
