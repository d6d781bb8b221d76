/* SPDX-License-Identifier: MIT */
#include "plan/fits.h"

#include "collect/escape.h"
#include "collect/json.h"
#include "collect/plural.h"
#include "plan/admission.h"
#include "plan/loss.h"
#include "plan/room.h"

#include <math.h>
#include <string.h>

#define KIB_PER_MIB 1024.0
#define MOST_VCPUS 1024.0
#define MOST_MEMORY_MIB (64.0 * 1024 * 1024)

const char *const fits_bounds[] = {"hosts", "apart", "buffer", "admission", "lost_vms", NULL};

/* ---- the shape ---- */

typedef struct Unit {
    const char *name;
    double worth;
} Unit;

static const Unit vcpu_units[] = {{"vcpus", 1}, {"vcpu", 1}, {"cpus", 1}, {"cpu", 1}, {NULL, 0}};

/* as vSphere does, which writes GB and means 1024 MB of 1024 KB each */
static const Unit memory_units[] = {{"gib", 1024}, {"gb", 1024}, {"g", 1024}, {"mib", 1},
                                    {"mb", 1},     {"m", 1},     {NULL, 0}};

/* a whole number before one of the units, in any case; FALSE where the text is none of that */
static gboolean parse_amount(const char *text, const Unit *units, double most, double *amount)
{
    const char *unit = text + strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, (gsize)(unit - text));
    for (; units->name; units++)
        if (g_ascii_strcasecmp(unit, units->name) == 0 && table_parse_number(number, FALSE, FALSE, amount)) {
            *amount *= units->worth;
            return *amount >= 1 && *amount <= most;
        }
    return FALSE;
}

gboolean shape_parse(const char *text, Shape *shape, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    guint n = g_strv_length(parts);
    gboolean ok = n >= 2 && n <= 3 && parse_amount(parts[0], vcpu_units, MOST_VCPUS, &shape->vcpus) &&
                  parse_amount(parts[1], memory_units, MOST_MEMORY_MIB, &shape->memory_mib);
    shape->apart = n == 3;
    if (ok && (n == 2 || strcmp(parts[2], "apart") == 0))
        return TRUE;
    g_autofree char *found = escape_for_message(text);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "--fits: found %s: expected vCPUs, memory, and apart or nothing: 4cpu,16GiB or 4cpu,512MiB,apart",
        found);
    return FALSE;
}

/* what one VM of the shape takes: of use MHz and KiB, of reservations MiB */
typedef struct Taken {
    double mhz, kib, reserved_mib;
} Taken;

/* ---- how many ---- */

/* how many of so much each fit into what is left */
static double times(double left, double each)
{
    if (isnan(left))
        return 0;
    return each > 0 ? MAX(0, floor(left / each)) : INFINITY;
}

/* what is left below a host's threshold, or where that does not decide, of all it has */
static double left_below_threshold(const Model *now, guint host, Resource resource)
{
    const ModelHost *at = &now->hosts[host];
    double pct = isnan(at->threshold[resource]) ? 100 : at->threshold[resource];
    return at->capacity[resource] * pct / 100 - at->demand[resource];
}

static gboolean takes_new_vms(const Model *now, guint host)
{
    return now->hosts[host].usable && model_is_counted_on(now, host) && !model_is_excluded(now, host);
}

static double count_on_host(const Model *now, guint host, const Shape *shape, double busy_share)
{
    double overhead = overhead_mib(shape->memory_mib, shape->vcpus),
           core_mhz = now->snapshot->hosts[host].core_mhz;
    const Taken taken = {shape->vcpus * core_mhz * busy_share, (shape->memory_mib + overhead) * KIB_PER_MIB,
                         overhead};
    Room room = room_of_host(now, host), held = room_held(now, host);
    if (isnan(taken.mhz) || now->snapshot->hosts[host].cpu_threads < shape->vcpus ||
        model_excess(now, host, NULL) > 0)
        return 0;
    double n = MIN(times(left_below_threshold(now, host, RESOURCE_CPU), taken.mhz),
                   times(left_below_threshold(now, host, RESOURCE_HOST_MEMORY), taken.kib));
    n = MIN(n, times(room.of[ROOM_MEMORY] - held.of[ROOM_MEMORY], taken.kib));
    return MIN(
        n, times(room.of[ROOM_MEMORY_RESERVATION] - held.of[ROOM_MEMORY_RESERVATION], taken.reserved_mib));
}

/* lost: a host that is none any more, or -1 */
static FitsCount count_on_hosts(const Model *now, guint cluster, int lost, const Shape *shape,
                                double busy_share)
{
    FitsCount count = {.bound = FITS_BY_HOSTS};
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        if (now->hosts[host].cluster != (int)cluster || (int)host == lost)
            continue;
        double n = takes_new_vms(now, host) ? count_on_host(now, host, shape, busy_share) : 0;
        count.hosts++;
        count.open += n > 0;
        if (shape->apart && n > 1) {
            n = 1;
            count.bound = FITS_BY_APARTNESS;
        }
        count.n += (guint)MIN(n, G_MAXUINT / 2);
    }
    return count;
}

static void bound(FitsCount *count, double most, FitsBound by)
{
    if (count->n <= most)
        return;
    count->n = (guint)most;
    count->bound = (int)by;
}

/* what a vCPU can take, in MHz, on the cluster's fastest host that takes VMs */
static double fastest_core(const Model *now, guint cluster)
{
    double fastest = 0;
    for (guint host = 0; host < now->snapshot->n_hosts; host++)
        if (now->hosts[host].cluster == (int)cluster && takes_new_vms(now, host))
            fastest = MAX(fastest, now->snapshot->hosts[host].core_mhz);
    return fastest;
}

/* what the assessment says that the cluster has left to give */
static double buffer_of(const Model *start, guint cluster, Resource resource)
{
    const Snapshot *snapshot = start->snapshot;
    return assessment_find(start->assessment, snapshot->info.source_id, snapshot->clusters[cluster].id)
        ->loads[resource]
        .buffer;
}

static FitsCount count_now(const Model *start, guint cluster, const Shape *shape, double busy_share)
{
    FitsCount count = count_on_hosts(start, cluster, -1, shape, busy_share);
    double overhead = overhead_mib(shape->memory_mib, shape->vcpus);
    double mhz = shape->vcpus * fastest_core(start, cluster) * busy_share;
    double memory = buffer_of(start, cluster, RESOURCE_HOST_MEMORY),
           cpu = buffer_of(start, cluster, RESOURCE_CPU);
    bound(&count, times(memory, (shape->memory_mib + overhead) * KIB_PER_MIB), FITS_BY_BUFFER);
    bound(&count, times(cpu, mhz), FITS_BY_BUFFER);
    bound(&count, times(admission_cluster_room(start, cluster), overhead), FITS_BY_ADMISSION);
    return count;
}

/* ---- the loss of a host ---- */

/* the one with the most memory of those that carry load; -1 where there is none */
static int largest_host(const Model *start, guint cluster)
{
    int largest = -1;
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (start->hosts[host].cluster == (int)cluster && start->hosts[host].usable &&
            (largest < 0 ||
             start->snapshot->hosts[host].memory_kib > start->snapshot->hosts[largest].memory_kib))
            largest = (int)host;
    return largest;
}

static Loss *lose(const Situation *situation, int host)
{
    g_autofree gboolean *lost = g_new0(gboolean, situation->start->snapshot->n_hosts + 1);
    lost[host] = TRUE;
    return loss_new(situation, lost);
}

/* ---- clusters ---- */

/* percent of the MHz of their vCPUs that the cluster's VMs use; NAN where none is measured */
static double mean_busy_pct(const Model *start, guint cluster)
{
    double used = 0, configured = 0;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        const ModelVm *at = &start->vms[vm];
        if (at->row->cluster != (int)cluster || !at->running || !at->measured)
            continue;
        used += at->demand[RESOURCE_CPU];
        configured += at->vcpus * start->snapshot->hosts[at->host].core_mhz;
    }
    return configured > 0 ? MIN(100, table_round(used / configured * 100)) : NAN;
}

/* VMs that could run somewhere if it were not for others; those that no other host could ever run take no
 * room from new ones */
static guint count_without_room(const Loss *loss)
{
    guint n = loss_count(loss, -1, LOSS_OVERCOMMITS);
    for (guint i = 0; i < loss->vms->len; i++)
        n += g_array_index(loss->vms, LostVm, i).code == OBSTACLE_ROOM;
    return n;
}

static ClusterFits fits_of(const Situation *situation, guint cluster, const Shape *shape)
{
    const Model *start = situation->start;
    ClusterFits fits = {
        .cluster = cluster, .busy_pct = mean_busy_pct(start, cluster), .lost = largest_host(start, cluster)};
    const double shares[N_FITS_LOADS] = {1, fits.busy_pct / 100};
    g_autoptr(Loss) loss = fits.lost < 0 ? NULL : lose(situation, fits.lost);
    if (loss) {
        fits.without_room = count_without_room(loss);
        fits.heating = loss_count(loss, -1, LOSS_HEATS);
    }
    for (int load = 0; load < N_FITS_LOADS; load++) {
        if (isnan(shares[load]))
            continue;
        fits.now[load] = count_now(start, cluster, shape, shares[load]);
        fits.after[load] =
            loss ? count_on_hosts(loss->end, cluster, fits.lost, shape, shares[load]) : fits.now[load];
        if (fits.without_room > 0)
            bound(&fits.after[load], 0, FITS_BY_LOST_VMS);
    }
    return fits;
}

GArray *fits_find(const Situation *situation, const Shape *shape)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(ClusterFits));
    for (guint cluster = 0; cluster < situation->start->snapshot->n_clusters; cluster++) {
        ClusterFits fits = fits_of(situation, cluster, shape);
        g_array_append_val(all, fits);
    }
    return all;
}

/* ---- for people ---- */

static void append_count(GString *out, const char *when, const FitsCount *count)
{
    static const char *const words[] = {"hosts are full", "one on each host with room",
                                        "the rest of the buffer is too small", "HA would admit no more",
                                        "there is no room for that host's own"};
    g_string_append_printf(out, "    %-28s %6u  (%s; %u of %u hosts %s room)\n", when, count->n,
                           words[count->bound], count->open, count->hosts,
                           plural(count->open, "has", "have"));
}

static void append_cluster(GString *out, const Situation *situation, const ClusterFits *fits)
{
    const Snapshot *snapshot = situation->start->snapshot;
    g_autofree char *name = escape_for_terminal(snapshot->clusters[fits->cluster].name);
    g_autofree char *host = fits->lost < 0 ? NULL : escape_for_terminal(snapshot->hosts[fits->lost].name);
    for (int load = 0; load < N_FITS_LOADS; load++) {
        if (load == FITS_BUSY)
            g_string_append_printf(out, "  %s, if all their vCPUs are busy\n", name);
        else if (isnan(fits->busy_pct))
            continue;
        else
            g_string_append_printf(out, "  %s, if they use %.1f %% of them, as its VMs do\n", name,
                                   fits->busy_pct);
        append_count(out, "now", &fits->now[load]);
        if (host)
            append_count(out, "after the loss of one host", &fits->after[load]);
    }
    if (host)
        g_string_append_printf(out, "    that host is %s, the largest", host);
    if (host && fits->without_room > 0)
        g_string_append_printf(out, "; there is no room for %u of its VMs", fits->without_room);
    if (host && fits->heating > 0)
        g_string_append_printf(out, "; %u of its VMs would heat another", fits->heating);
    g_string_append(out, host ? "\n" : "");
}

char *fits_text(const Situation *situation, const Shape *shape, const GArray *fits)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "VMs of %.0f vCPUs and %.0f MiB%s that there is room for, at least\n",
                           shape->vcpus, shape->memory_mib, shape->apart ? ", no two on one host," : "");
    for (guint i = 0; i < fits->len; i++)
        append_cluster(out, situation, &g_array_index(fits, ClusterFits, i));
    return g_string_free(out, FALSE);
}

/* ---- for machines ---- */

static void add_count(Json *json, const char *name, const FitsCount *count)
{
    json_begin_object(json, name);
    json_add_number(json, "at_least", count->n);
    json_add_text(json, "bound", fits_bounds[count->bound]);
    json_end_object(json);
}

static void add_load(Json *json, const char *name, const ClusterFits *fits, int load)
{
    json_begin_object(json, name);
    add_count(json, "now", &fits->now[load]);
    if (fits->lost >= 0)
        add_count(json, "after_loss", &fits->after[load]);
    json_end_object(json);
}

char *fits_json(const Situation *situation, const Shape *shape, const GArray *fits)
{
    const Snapshot *snapshot = situation->start->snapshot;
    g_autoptr(Json) json = json_new(FITS_SCHEMA);
    json_add_text(json, "source_id", snapshot->info.source_id);
    json_add_text(json, "snapshot", snapshot->digest);
    json_add_number(json, "vcpus", shape->vcpus);
    json_add_number(json, "memory_mib", shape->memory_mib);
    json_add_flag(json, "apart", shape->apart);
    json_begin_list(json, "clusters");
    for (guint i = 0; i < fits->len; i++) {
        const ClusterFits *one = &g_array_index(fits, ClusterFits, i);
        json_begin_object(json, NULL);
        json_add_text(json, "id", snapshot->clusters[one->cluster].id);
        json_add_text(json, "name", snapshot->clusters[one->cluster].name);
        if (one->lost >= 0) {
            json_add_text(json, "largest_host_id", snapshot->hosts[one->lost].id);
            json_add_number(json, "its_vms_without_room", one->without_room);
            json_add_number(json, "its_vms_that_heat_another", one->heating);
        }
        add_load(json, "busy", one, FITS_BUSY);
        json_add_number(json, "busy_pct_of_others", one->busy_pct);
        if (!isnan(one->busy_pct))
            add_load(json, "like_others", one, FITS_LIKE_OTHERS);
        json_end_object(json);
    }
    json_end_list(json);
    return json_finish(json);
}
