/* SPDX-License-Identifier: MIT */
#include "plan/power.h"

#include "analyze/roles.h"
#include "collect/escape.h"
#include "plan/evacuation.h"
#include "plan/failover.h"

#include <math.h>

static const Resource main_resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};

/* ---- standby ---- */

typedef struct Standby {
    const Situation *situation;
    const Model *end;
    guint cluster;
    gboolean *gone; /* [n_hosts]: advised to stand by */
    Decisions *decisions;
} Standby;

/* TRUE where the host's capacity is counted on */
static gboolean stays(const Standby *standby, guint host)
{
    return standby->end->hosts[host].usable && !standby->gone[host] &&
           !model_is_asked_to_empty(standby->end, host);
}

/* what VMs ask for that run where no capacity is counted on; as assessed, for they may be unmeasured */
static double asked_elsewhere(const Standby *standby, Resource resource)
{
    const Model *end = standby->end;
    double sum = 0;
    for (guint vm = 0; vm < end->n_vms; vm++) {
        const Vm *row = end->vms[vm].row;
        if (row->cluster != (int)standby->cluster || !end->vms[vm].running || vm_is_agent(row) ||
            stays(standby, (guint)end->vms[vm].host))
            continue;
        sum += load_asked_for(
            &assessment_find(end->assessment, end->snapshot->info.source_id, row->id)->loads[resource]);
    }
    return sum;
}

/* whether the hosts that stay could run all VMs below their thresholds */
static gboolean hold_all(const Standby *standby)
{
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
        Resource r = main_resources[k];
        double room = 0;
        for (guint host = 0; host < standby->end->snapshot->n_hosts; host++) {
            const ModelHost *at = &standby->end->hosts[host];
            if (at->cluster == (int)standby->cluster && stays(standby, host))
                room += at->capacity[r] * at->threshold[r] / 100 - at->demand[r];
        }
        if (asked_elsewhere(standby, r) > room)
            return FALSE;
    }
    return TRUE;
}

/* whether the cluster bears the loss of its largest host then; TRUE where nobody asks */
static gboolean bears_a_loss(const Standby *standby)
{
    const Model *end = standby->end;
    return !failover_is_checked(end, standby->cluster) ||
           (failover_lack_without(end, standby->cluster, RESOURCE_CPU, standby->gone) <= 0 &&
            failover_lack_without(end, standby->cluster, RESOURCE_HOST_MEMORY, standby->gone) <= 0);
}

static void advise_standby(const Standby *standby, guint host, gboolean bears)
{
    Change advice = change_of_host(ACTION_STANDBY_HOST, host);
    advice.cause = CAUSE_POWER;
    advice.reason = g_strdup_printf(
        "is empty%s, and the cluster does not need it: it can go into standby mode%s",
        evacuation_words_of_agents(standby->end, host),
        bears ? "" : "; but the cluster could then not bear the loss of its largest host (ha_check=warn)");
    g_array_append_val(standby->decisions->advice, advice);
}

static gboolean may_stand_by(const Standby *standby, guint host)
{
    const Model *end = standby->end;
    return end->hosts[host].cluster == (int)standby->cluster && stays(standby, host) &&
           model_vms_to_leave(end, host) == 0 && !model_is_excluded(end, host) &&
           end->snapshot->hosts[host].standby_supported != 0;
}

static void advise_standby_in(const Standby *standby)
{
    const Policy *policy = standby->end->policy;
    double kept = 0;
    for (guint host = 0; host < standby->end->snapshot->n_hosts; host++) {
        if (!may_stand_by(standby, host) || kept++ < policy->hosts_in_reserve)
            continue;
        standby->gone[host] = TRUE;
        gboolean bears = bears_a_loss(standby);
        if (hold_all(standby) && (bears || policy->ha_check != HA_CHECK_HARD))
            advise_standby(standby, host, bears);
        else
            standby->gone[host] = FALSE;
    }
}

void power_advise_standby(const Situation *situation, const Model *end, Decisions *decisions)
{
    const Model *start = situation->start;
    g_autofree gboolean *gone = g_new0(gboolean, start->snapshot->n_hosts + 1);
    for (guint cluster = 0; cluster < start->snapshot->n_clusters; cluster++) {
        const Standby standby = {situation, end, cluster, gone, decisions};
        if (start->policy->power == POWER_STANDBY && model_saves_power(start, cluster) &&
            situation_decides(situation, cluster))
            advise_standby_in(&standby);
    }
}

/* ---- waking ---- */

/* what is lacking to a cluster's hosts to hold their load below their thresholds, and all of it together */
typedef struct Lacking {
    double of[N_RESOURCES];
    int hottest; /* host; -1 where none stays hot */
} Lacking;

static Lacking lacking_in(const Model *end, guint cluster)
{
    Lacking lacking = {{0}, -1};
    double most = 0, sum[N_RESOURCES] = {0};
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        const ModelHost *at = &end->hosts[host];
        if (at->cluster != (int)cluster || !at->source)
            continue;
        for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
            Resource r = main_resources[k];
            double over = at->demand[r] - at->capacity[r] * at->threshold[r] / 100;
            lacking.of[r] += MAX(0, over);
            sum[r] += over;
        }
        double excess = model_excess(end, host, NULL);
        if (excess <= most)
            continue;
        most = excess;
        lacking.hottest = (int)host;
    }
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++)
        lacking.of[main_resources[k]] = MAX(lacking.of[main_resources[k]], sum[main_resources[k]]);
    return lacking;
}

static const char *words_of_dpm(const Cluster *cluster)
{
    return cluster->dpm == DRS_FULL ? "; its DPM is automated and has not woken it"
           : cluster->dpm == DRS_MANUAL || cluster->dpm == DRS_PARTIAL ? "; its DPM only recommends"
                                                                       : "";
}

static void advise_wake(const Model *end, guint host, const Lacking *lacking, Decisions *decisions)
{
    const Cluster *cluster = &end->snapshot->clusters[end->hosts[host].cluster];
    Change advice = change_of_host(ACTION_WAKE_HOST, host);
    g_autofree char *hot = lacking->hottest < 0
                               ? g_strdup_printf("all of %s is above a threshold", cluster->name)
                               : g_strdup_printf("%s stays hot", end->snapshot->hosts[lacking->hottest].name);
    advice.cause = CAUSE_HOT_HOST;
    advice.reason = g_strdup_printf("is in standby while %s: awake, it can take VMs in the next plan%s", hot,
                                    words_of_dpm(cluster));
    g_array_append_val(decisions->advice, advice);
}

static gboolean may_wake(const Model *end, guint host, guint cluster)
{
    const Host *row = &end->snapshot->hosts[host];
    return row->cluster == (int)cluster && row->power == HOST_POWER_STANDBY &&
           row->mode != HOST_MODE_MAINTENANCE && !model_is_excluded(end, host) &&
           !model_is_asked_to_empty(end, host);
}

/* as many as it takes, and one at least: what heats a single host may be no lack of the cluster's */
static void advise_wake_in(const Model *end, guint cluster, Lacking lacking, Decisions *decisions)
{
    gboolean enough = FALSE;
    for (guint host = 0; host < end->snapshot->n_hosts && !enough; host++) {
        if (!may_wake(end, host, cluster))
            continue;
        advise_wake(end, host, &lacking, decisions);
        enough = TRUE;
        for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
            const ModelHost *at = &end->hosts[host];
            Resource r = main_resources[k];
            double threshold = isnan(at->threshold[r]) ? 100 : at->threshold[r];
            lacking.of[r] -= isnan(at->capacity[r]) ? 0 : at->capacity[r] * threshold / 100;
            enough = enough && lacking.of[r] <= 0;
        }
    }
}

static gboolean is_saturated(const Model *end, guint cluster)
{
    return assessment_find(end->assessment, end->snapshot->info.source_id,
                           end->snapshot->clusters[cluster].id)
               ->state == STATE_SATURATED;
}

/* the model with the moves made that others are advised to make; the caller frees it */
static Model *followed(const Model *end, const Decisions *decisions)
{
    Model *after = model_copy(end);
    for (guint i = 0; i < decisions->advice->len; i++) {
        const Change *advice = &g_array_index(decisions->advice, Change, i);
        if (advice->action == ACTION_MIGRATE)
            change_apply(after, advice);
    }
    return after;
}

void power_advise_wake(const Situation *situation, const Model *end, Decisions *decisions)
{
    g_autoptr(Model) after = followed(end, decisions);
    for (guint cluster = 0; cluster < end->snapshot->n_clusters; cluster++) {
        Lacking lacking = lacking_in(after, cluster);
        if (situation_decides(situation, cluster) && (lacking.hottest >= 0 || is_saturated(end, cluster)))
            advise_wake_in(end, cluster, lacking, decisions);
    }
}

/* ---- what is left alone ---- */

GPtrArray *power_left_alone(const Model *start)
{
    static const char *const reasons[] = {
        [POWER_LEFT_TO_NOBODY] = NULL,
        [POWER_LEFT_TO_DPM] = "DPM is on there, and switches hosts itself or recommends it",
        [POWER_LEFT_FOR_VSAN] = "a vSAN host in standby takes its data away",
    };
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (int left = POWER_LEFT_TO_DPM; left <= POWER_LEFT_FOR_VSAN; left++) {
        guint n = 0;
        const char *first = NULL;
        for (guint cluster = 0; cluster < start->snapshot->n_clusters; cluster++) {
            if (!model_would_save_power(start, cluster) || (int)model_power_left(start, cluster) != left)
                continue;
            n++;
            first = first ? first : start->snapshot->clusters[cluster].name;
        }
        g_autofree char *name = first ? escape_for_message(first) : NULL;
        g_autofree char *more = n > 1 ? g_strdup_printf(" and %u more", n - 1) : g_strdup("");
        if (n > 0)
            g_ptr_array_add(lines, g_strdup_printf("power: no host of %s%s is emptied to save power: %s",
                                                   name, more, reasons[left]));
    }
    return lines;
}
