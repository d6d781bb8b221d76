/* SPDX-License-Identifier: MIT */
#include "plan/power.h"

#include "analyze/roles.h"
#include "collect/escape.h"
#include "plan/admission.h"
#include "plan/evacuation.h"
#include "plan/failover.h"

#include <math.h>
#include <string.h>

static const Resource main_resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};

/* ---- standby ---- */

typedef struct Standby {
    const Situation *situation;
    Model *end; /* with hosts that are advised to stand by doing so */
    guint cluster;
    Decisions *decisions;
} Standby;

/* TRUE where the host's capacity is counted on */
static gboolean stays(const Standby *standby, guint host)
{
    return standby->end->hosts[host].usable && model_is_counted_on(standby->end, host);
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

/* what the cluster could not do then if a host failed, a clause; NULL where there is nothing, or nobody asks.
 * The caller frees it */
static char *words_of_loss(const Standby *standby)
{
    const Model *end = standby->end;
    if (failover_is_checked(end, standby->cluster) &&
        (failover_lack(end, standby->cluster, RESOURCE_CPU) > 0 ||
         failover_lack(end, standby->cluster, RESOURCE_HOST_MEMORY) > 0))
        return g_strdup("the cluster could then not bear the loss of its largest host");
    int lost = legality_not_restarted(standby->situation->legality, end, standby->cluster);
    return lost < 0 ? NULL
                    : g_strdup_printf("no host could then restart %s if %s failed", end->vms[lost].row->name,
                                      end->snapshot->hosts[end->vms[lost].host].name);
}

static void advise_standby(const Standby *standby, guint host, const char *loss)
{
    Change advice = change_of_host(ACTION_STANDBY_HOST, host);
    g_autofree char *but = loss ? g_strdup_printf("; but %s (ha_check=warn)", loss) : g_strdup("");
    advice.cause = CAUSE_POWER;
    advice.reason =
        g_strdup_printf("is empty%s, and the cluster does not need it: it can go into standby mode%s",
                        evacuation_words_of_agents(standby->end, host), but);
    g_array_append_val(standby->decisions->advice, advice);
}

static gboolean may_stand_by(const Standby *standby, guint host)
{
    const Model *end = standby->end;
    return end->hosts[host].cluster == (int)standby->cluster && stays(standby, host) &&
           model_vms_to_leave(end, host) == 0 && !model_is_excluded(end, host) &&
           end->snapshot->hosts[host].standby_supported != 0;
}

/* what keeps the host on that stands by in the model, NULL where nothing does; loss: as words_of_loss has it.
 * Admission control counts what is reserved, which the demand does not tell. */
static const char *bound_on_standby(const Standby *standby, const char *loss)
{
    return !hold_all(standby) ? "the hosts that stay on could not hold all VMs below their thresholds"
           : !admission_is_kept(standby->end, standby->cluster) ? "HA's admission control would not hold"
           : loss && standby->end->policy->ha_check == HA_CHECK_HARD
               ? "ha_check=hard keeps hosts for the loss of another"
               : NULL;
}

static void try_standby(const Standby *standby, guint host)
{
    model_set_standing_by(standby->end, host, TRUE);
    g_autofree char *loss = words_of_loss(standby);
    if (!bound_on_standby(standby, loss))
        advise_standby(standby, host, loss);
    else
        model_set_standing_by(standby->end, host, FALSE);
}

static void advise_standby_in(const Standby *standby)
{
    double kept = 0;
    for (guint host = 0; host < standby->end->snapshot->n_hosts; host++)
        if (may_stand_by(standby, host) && kept++ >= standby->end->policy->hosts_in_reserve)
            try_standby(standby, host);
}

void power_advise_standby(const Situation *situation, const Model *end, Decisions *decisions)
{
    const Model *start = situation->start;
    g_autoptr(Model) without = model_copy(end);
    for (guint cluster = 0; cluster < start->snapshot->n_clusters; cluster++) {
        const Standby standby = {situation, without, cluster, decisions};
        if (start->policy->power == POWER_STANDBY && model_saves_power(start, cluster) &&
            situation_decides(situation, cluster))
            advise_standby_in(&standby);
    }
}

/* ---- waking ---- */

/* what is lacking to a cluster's hosts to hold their load below their thresholds, and all of it together */
typedef struct Lacking {
    double of[N_RESOURCES];
    int hottest;   /* host; -1 where none stays hot that others could help */
    GArray *stuck; /* guint: VMs that could leave such hosts and find no host that is awake */
} Lacking;

static void lacking_clear(Lacking *lacking)
{
    g_array_unref(lacking->stuck);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lacking, lacking_clear)

static gboolean has_target(const Situation *situation, const Model *after, guint vm)
{
    for (guint host = 0; host < after->snapshot->n_hosts; host++)
        if (after->hosts[host].cluster == after->vms[vm].row->cluster && (int)host != after->vms[vm].host &&
            legality_allows_move(situation->legality, after, vm, host, LEGAL_TARGET, NULL))
            return TRUE;
    return FALSE;
}

/* Adds the VMs of a hot host that could leave it and have nowhere to go; FALSE where there are none: it stays
 * hot by what cannot move, or for the policy's sake, and no further host would help. */
static gboolean add_stuck(const Situation *situation, const Model *after, guint host, GArray *stuck)
{
    guint n = stuck->len;
    for (guint i = 0; !model_is_excluded(after, host) && i < after->vms_on[host]->len; i++) {
        guint vm = g_array_index(after->vms_on[host], guint, i);
        if (after->vms[vm].measured && legality_may_move(situation->legality, vm, NULL) &&
            !has_target(situation, after, vm))
            g_array_append_val(stuck, vm);
    }
    return stuck->len > n;
}

static Lacking lacking_in(const Situation *situation, const Model *after, guint cluster)
{
    Lacking lacking = {{0}, -1, g_array_new(FALSE, FALSE, sizeof(guint))};
    double most = 0, sum[N_RESOURCES] = {0};
    for (guint host = 0; host < after->snapshot->n_hosts; host++) {
        const ModelHost *at = &after->hosts[host];
        if (at->cluster != (int)cluster || !at->source)
            continue;
        double excess = model_excess(after, host, NULL);
        gboolean helped = excess > 0 && add_stuck(situation, after, host, lacking.stuck);
        for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
            Resource r = main_resources[k];
            double over = at->demand[r] - at->capacity[r] * at->threshold[r] / 100;
            lacking.of[r] += helped ? MAX(0, over) : 0;
            sum[r] += over;
        }
        if (!helped || excess <= most)
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

/* TRUE where one of the VMs that have nowhere to go could run on the host, or none is known */
static gboolean would_help(const Situation *situation, const Model *after, guint host, const Lacking *lacking)
{
    for (guint i = 0; i < lacking->stuck->len; i++)
        if (legality_could_run(situation->legality, after, g_array_index(lacking->stuck, guint, i), host))
            return TRUE;
    return lacking->stuck->len == 0;
}

static gboolean may_wake(const Model *end, guint host, guint cluster)
{
    const Host *row = &end->snapshot->hosts[host];
    return row->cluster == (int)cluster && row->power == HOST_POWER_STANDBY &&
           row->mode != HOST_MODE_MAINTENANCE && !model_is_excluded(end, host) &&
           !model_is_asked_to_empty(end, host);
}

static gboolean has_host_to_wake(const Model *end, guint cluster)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++)
        if (may_wake(end, host, cluster))
            return TRUE;
    return FALSE;
}

/* takes what the host could hold off what is lacking; TRUE where nothing is then */
static gboolean is_enough(const ModelHost *at, Lacking *lacking)
{
    gboolean enough = TRUE;
    for (guint k = 0; k < G_N_ELEMENTS(main_resources); k++) {
        Resource r = main_resources[k];
        double threshold = isnan(at->threshold[r]) ? 100 : at->threshold[r];
        lacking->of[r] -= isnan(at->capacity[r]) ? 0 : at->capacity[r] * threshold / 100;
        enough = enough && lacking->of[r] <= 0;
    }
    return enough;
}

/* as many as it takes, and one at least: what heats a single host may be no lack of the cluster's */
static void advise_wake_in(const Situation *situation, const Model *after, guint cluster, Lacking *lacking,
                           Decisions *decisions)
{
    gboolean enough = FALSE;
    for (guint host = 0; host < after->snapshot->n_hosts && !enough; host++) {
        if (!may_wake(after, host, cluster) || !would_help(situation, after, host, lacking))
            continue;
        advise_wake(after, host, lacking, decisions);
        enough = is_enough(&after->hosts[host], lacking);
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
        if (!situation_decides(situation, cluster) || !has_host_to_wake(end, cluster))
            continue;
        g_auto(Lacking) lacking = lacking_in(situation, after, cluster);
        if (lacking.hottest >= 0 || is_saturated(end, cluster))
            advise_wake_in(situation, after, cluster, &lacking, decisions);
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
        g_autofree char *place = policy_place(start->policy, "plan", NULL, "power");
        if (n > 0)
            g_ptr_array_add(lines, g_strdup_printf("%spower: no host of %s%s is emptied to save power: %s",
                                                   place, name, more, reasons[left]));
    }
    return lines;
}

/* ---- why nothing is done ---- */

static gboolean has_cold_host(const Model *start, guint cluster)
{
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (start->hosts[host].cluster == (int)cluster && start->hosts[host].usable &&
            assessment_find(start->assessment, start->snapshot->info.source_id,
                            start->snapshot->hosts[host].id)
                    ->state == STATE_COLD)
            return TRUE;
    return FALSE;
}

/* why the cluster is none that saves power: its pattern is another one */
static const char *bound_on_pattern(const Model *start, guint cluster)
{
    switch (assessment_find(start->assessment, start->snapshot->info.source_id,
                            start->snapshot->clusters[cluster].id)
                ->state) {
    case STATE_SATURATED:
    case STATE_LOAD_BALANCE:
        return "hosts are above cpu_hot_pct, memory_hot_pct or another threshold";
    case STATE_BALANCED:
        return has_cold_host(start, cluster)
                   ? "demand is above power_target_pct of what would be left without the largest host"
                   : "no host is below cold_pct";
    default:
        return NULL;
    }
}

/* why no host of a cluster that saves power stands by once all steps are made */
static const char *bound_at_end(const Standby *standby)
{
    const Policy *policy = standby->end->policy;
    int first = -1; /* beyond those in reserve */
    guint n = 0;
    for (guint host = 0; host < standby->end->snapshot->n_hosts; host++)
        if (may_stand_by(standby, host) && n++ >= policy->hosts_in_reserve && first < 0)
            first = (int)host;
    if (n == 0)
        return "the search emptied no host that may stand by";
    if (policy->power == POWER_EMPTY)
        return "power=empty advises no empty host to stand by";
    if (first < 0)
        return "hosts_in_reserve keeps what is empty on";
    model_set_standing_by(standby->end, (guint)first, TRUE);
    g_autofree char *loss = words_of_loss(standby);
    const char *bound = bound_on_standby(standby, loss);
    model_set_standing_by(standby->end, (guint)first, FALSE);
    return bound;
}

/* the first bound that holds; NULL where there is none, or power_left_alone tells it */
static const char *bound_in(const Standby *standby)
{
    const Model *start = standby->situation->start;
    if (start->policy->strategy == STRATEGY_THRESHOLD)
        return "strategy=threshold empties no host";
    if (!model_would_save_power(start, standby->cluster))
        return bound_on_pattern(start, standby->cluster);
    return model_saves_power(start, standby->cluster) ? bound_at_end(standby) : NULL;
}

typedef struct Bound {
    const char *words, *first; /* cluster */
    guint n;                   /* clusters */
} Bound;

static void count_bound(GArray *bounds, const char *words, const char *cluster)
{
    for (guint i = 0; i < bounds->len; i++) {
        Bound *bound = &g_array_index(bounds, Bound, i);
        if (strcmp(bound->words, words) != 0)
            continue;
        bound->n++;
        return;
    }
    Bound bound = {words, cluster, 1};
    g_array_append_val(bounds, bound);
}

char *power_words_of_idle(const Situation *situation, const Model *end)
{
    static const char *const asked[] = {[POWER_EMPTY] = "empty", [POWER_STANDBY] = "standby"};
    const Snapshot *snapshot = situation->start->snapshot;
    int power = situation->start->policy->power;
    g_autoptr(GArray) bounds = g_array_new(FALSE, FALSE, sizeof(Bound));
    g_autoptr(Model) without = model_copy(end);
    for (guint cluster = 0; power != POWER_OFF && cluster < snapshot->n_clusters; cluster++) {
        const Standby standby = {situation, without, cluster, NULL};
        const char *words = situation_decides(situation, cluster) ? bound_in(&standby) : NULL;
        if (words)
            count_bound(bounds, words, snapshot->clusters[cluster].name);
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < bounds->len; i++) {
        const Bound *bound = &g_array_index(bounds, Bound, i);
        g_string_append_printf(text, "%s %s", i ? ";" : "", bound->first);
        if (bound->n > 1)
            g_string_append_printf(text, " and %u more", bound->n - 1);
        g_string_append_printf(text, ": %s", bound->words);
    }
    return bounds->len
               ? g_strdup_printf(" power=%s has no host to empty or wake:%s.", asked[power], text->str)
               : g_strdup("");
}
