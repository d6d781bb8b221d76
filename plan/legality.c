/* SPDX-License-Identifier: MIT */
#include "plan/legality.h"

#include "plan/addition.h"
#include "plan/compatibility.h"
#include "plan/growth.h"
#include "plan/reclaim.h"
#include "plan/restart.h"
#include "plan/room.h"

#include <math.h>

struct Legality {
    const Model *start;
    gboolean *drs_idle; /* [n_clusters]: DRS is on and seems not to act */
    const RuleSet *rules;
    const Past *past;
    Compatibility *compatibility;
    Restart *restart;
    const VmPast **moved;        /* [n_vms] of VMs that have been moved; else NULL */
    gboolean guards_evacuations; /* moves that empty a host must leave restarts their room too */
};

/* From vSphere 7.0 U1 (API 7.0.1) until 9.0 DRS does not act without a running vCLS VM: in retreat mode, say
 * (Broadcom KB 317709). */
static gboolean needs_vcls(const char *api_version)
{
    g_auto(GStrv) parts = g_strsplit(api_version, ".", 0);
    guint64 number[3] = {0}; /* major, minor, update */
    for (guint i = 0; i < G_N_ELEMENTS(number) && parts[i]; i++)
        number[i] = g_ascii_strtoull(parts[i], NULL, 10);
    return number[0] == 8 || (number[0] == 7 && (number[1] > 0 || number[2] >= 1));
}

static void find_idle_drs(Legality *legality)
{
    const Model *start = legality->start;
    const Snapshot *snapshot = start->snapshot;
    gboolean vcls = needs_vcls(snapshot->info.api_version);
    legality->drs_idle = g_new0(gboolean, snapshot->n_clusters + 1);
    for (guint i = 0; i < snapshot->n_clusters; i++) {
        int health = snapshot->clusters[i].vcls_health; /* what the vCenter tells goes first */
        legality->drs_idle[i] = health == VCLS_NONHEALTHY || (vcls && health < 0);
    }
    for (guint i = 0; i < start->n_vms; i++) {
        const Vm *row = start->vms[i].row;
        if (start->vms[i].running && row->role == VM_ROLE_SYSTEM &&
            snapshot->clusters[row->cluster].vcls_health != VCLS_NONHEALTHY)
            legality->drs_idle[row->cluster] = FALSE;
    }
}

static void find_moved(Legality *legality)
{
    legality->moved = g_new0(const VmPast *, legality->start->n_vms + 1);
    for (guint i = 0; legality->past && i < legality->start->n_vms; i++) {
        const VmPast *of_vm = past_of_vm(legality->past, legality->start, i);
        legality->moved[i] = of_vm->departures ? of_vm : NULL;
    }
}

Legality *legality_new(const Model *start, const RuleSet *rules, const Past *past,
                       gboolean guards_evacuations)
{
    Legality *legality = g_new0(Legality, 1);
    legality->start = start;
    legality->rules = rules;
    legality->past = past;
    legality->guards_evacuations = guards_evacuations;
    legality->compatibility = compatibility_new(start, past);
    legality->restart = restart_new(legality->compatibility, rules, start);
    find_idle_drs(legality);
    find_moved(legality);
    return legality;
}

void legality_free(Legality *legality)
{
    if (!legality)
        return;
    restart_free(legality->restart);
    compatibility_free(legality->compatibility);
    g_free(legality->drs_idle);
    g_free(legality->moved);
    g_free(legality);
}

/* ---- what several actions ask ---- */

static gboolean refuse_by_rule(Obstacle *why, const BoundRule *rule, int host, const char *format)
{
    g_autofree char *name = g_strdup_printf("\"%s\"", rule->name);
    obstacle_set(why, OBSTACLE_RULE, host, "%s%s", format, name);
    if (why)
        why->rule = rule;
    return FALSE;
}

static gboolean has_room(const Model *now, const Change *change, Obstacle *why)
{
    int lacking = room_lacking_for(now, change);
    if (lacking < 0)
        return TRUE;
    return lacking == ROOM_MEMORY
               ? obstacle_set(why, OBSTACLE_ROOM, change->to, "would be over its memory")
               : obstacle_set(why, OBSTACLE_ROOM, change->to, "cannot back the VM's %s", room_words[lacking]);
}

/* TRUE for a move off a host that is to be emptied, which may take room that restarts need */
static gboolean may_take_room(const Legality *legality, const Change *change)
{
    return !legality->guards_evacuations && change->action == ACTION_MIGRATE &&
           model_is_to_empty(legality->start, (guint)change->from);
}

static gboolean keeps_failover(const Legality *legality, const Model *now, const Change *change,
                               Obstacle *why)
{
    guint cluster = (guint)now->hosts[change->to].cluster;
    if (now->policy->ha_check != HA_CHECK_HARD || !now->vms[change->vm].running ||
        may_take_room(legality, change))
        return TRUE;
    int lost = restart_newly_lost(legality->restart, now, cluster, change);
    if (lost < 0)
        return TRUE;
    guint on = lost == change->vm ? (guint)change->to : (guint)now->vms[lost].host;
    g_autofree char *words = g_strdup_printf("no host could restart %s if %s failed (ha_check=hard)",
                                             now->vms[lost].row->name, now->snapshot->hosts[on].name);
    return change->action == ACTION_MIGRATE
               ? obstacle_set(why, OBSTACLE_FAILOVER, change->to, "would be filled so that %s", words)
               : obstacle_set(why, OBSTACLE_FAILOVER, -1, "then %s", words);
}

/* "would be hot (CPU 81.0 %, memory 44.0 %)": of what is known, CPU and memory, and whatever else is over */
static char *words_of_heat(const Model *now, guint host, const double more[N_RESOURCES])
{
    GString *words = g_string_new("would be hot");
    const char *separator = " (";
    for (int r = 0; r < N_RESOURCES; r++) {
        double pct = model_usage_pct(now, host, (Resource)r, isnan(more[r]) ? 0 : more[r]);
        gboolean main = r == RESOURCE_CPU || r == RESOURCE_HOST_MEMORY;
        if (isnan(pct) || !(main || pct > now->hosts[host].threshold[r]))
            continue;
        g_string_append_printf(words, "%s%s %.1f %%", separator, resource_words[r], pct);
        separator = ", ";
    }
    return g_string_free(g_string_append_c(words, ')'), FALSE);
}

/* "would not have the room (CPU at 84.1 % by p95)": of what is above what a target may come to */
static char *words_of_no_room(const Model *now, guint host, const double room[N_RESOURCES])
{
    const ModelHost *at = &now->hosts[host];
    GString *words = g_string_new("would not have the room");
    const char *separator = " (";
    for (int r = 0; r < N_RESOURCES; r++) {
        double pct =
            load_usage_pct(table_round(at->room[r] + (isnan(room[r]) ? 0 : room[r])), at->capacity[r]);
        if (!(pct > at->room_pct[r]))
            continue;
        Estimator estimator = policy_estimator(now->policy, r != RESOURCE_CPU, TRUE);
        g_string_append_printf(words, "%s%s at %.1f %% by %s", separator, resource_words[r], pct,
                               estimator_names[estimator]);
        separator = ", ";
    }
    return g_string_free(g_string_append_c(words, ')'), FALSE);
}

/* ---- migrations ---- */

static gboolean target_stays_normal(const Model *now, const Change *move, Obstacle *why)
{
    const double *more = now->vms[move->vm].demand, *room = now->vms[move->vm].room;
    gboolean normal = model_stays_normal(now, (guint)move->to, more);
    if (normal && model_has_room(now, (guint)move->to, room))
        return TRUE;
    g_autofree char *words = !why     ? NULL
                             : normal ? words_of_no_room(now, (guint)move->to, room)
                                      : words_of_heat(now, (guint)move->to, more);
    return obstacle_set(why, OBSTACLE_HEAT, move->to, "%s", words ? words : "");
}

static gboolean keeps_rules(const Legality *legality, const Model *now, const Change *move,
                            gboolean on_the_way, Obstacle *why)
{
    guint vm = (guint)move->vm, host = (guint)move->to;
    if (!legality->rules)
        return TRUE;
    const BoundRule *rule = on_the_way ? rules_broken_on_the_way(legality->rules, now, vm, host)
                                       : rules_broken_by(legality->rules, now, vm, host, TRUE);
    return !rule || refuse_by_rule(why, rule, move->to, "would break the mandatory rule ");
}

/* when the VM left the host, if that is no longer ago than return_cooldown_s; else -1 */
static gint64 left_lately(const Legality *legality, guint vm, guint host)
{
    const Snapshot *snapshot = legality->start->snapshot;
    double cooldown_s = legality->start->policy->return_cooldown_s;
    if (cooldown_s <= 0 || legality->start->policy->published_exact || !legality->moved[vm])
        return -1;
    return past_departure(legality->moved[vm], snapshot->hosts[host].id,
                          snapshot->info.taken_at - (gint64)cooldown_s);
}

static gboolean may_return(const Legality *legality, const Model *now, const Change *move, Obstacle *why)
{
    guint vm = (guint)move->vm;
    gint64 left = left_lately(legality, vm, (guint)move->to);
    const GArray *rules = left >= 0 && legality->rules ? rules_of_vm(legality->rules, vm) : NULL;
    if (left < 0 || (rules && rules->len > 0) || model_is_to_empty(now, (guint)now->vms[vm].host))
        return TRUE;
    g_autofree char *time = table_format_time(left);
    return obstacle_set(why, OBSTACLE_RETURN, move->to,
                        "was left by it at %s, and it does not go back within return_cooldown_s (%g s)", time,
                        legality->start->policy->return_cooldown_s);
}

static gboolean allows_migration(const Legality *legality, const Model *now, const Change *move,
                                 guint questions, Obstacle *why)
{
    guint vm = (guint)move->vm, host = (guint)move->to;
    return (!(questions & LEGAL_SUBJECT) || compatibility_may_move(legality->compatibility, vm, why)) &&
           (!(questions & LEGAL_HOST) || compatibility_fits(legality->compatibility, now, vm, host, why)) &&
           (!(questions & LEGAL_RETURN) || may_return(legality, now, move, why)) &&
           (!(questions & LEGAL_ON_THE_WAY) || keeps_rules(legality, now, move, TRUE, why)) &&
           (!(questions & LEGAL_HEAT) || target_stays_normal(now, move, why)) &&
           (!(questions & LEGAL_ROOM) || has_room(now, move, why)) &&
           (!(questions & LEGAL_RULES) || keeps_rules(legality, now, move, FALSE, why)) &&
           (!(questions & LEGAL_FAILOVER) || keeps_failover(legality, now, move, why));
}

/* ---- growth ---- */

/* VMs that are nobody's business are none to be moved either, and the same is said of them, as a clause. */
static gboolean takes_growth(const Legality *legality, const Addition *addition, Obstacle *why)
{
    guint vm = (guint)addition->change->vm;
    g_auto(Obstacle) alone = {0};
    if (!growth_is_left_alone(addition->now, vm))
        return addition_is_taken(addition, why);
    return compatibility_may_move(legality->compatibility, vm, why ? &alone : NULL) ||
           obstacle_set(why, alone.code, alone.host, "it %s", alone.words);
}

static gboolean allows_reclaim(const Legality *legality, const Model *now, const Change *change,
                               guint questions, Obstacle *why)
{
    return (!(questions & LEGAL_SUBJECT) ||
            reclaim_is_taken(legality->start, now, legality->past, change, why)) &&
           (!(questions & LEGAL_LENT) || reclaim_is_of_what_was_lent(now, legality->past, change, why));
}

static gboolean allows_growth(const Legality *legality, const Model *now, const Change *change,
                              guint questions, Obstacle *why)
{
    const Addition addition = {legality->start, now, legality->past, change};
    return (!(questions & LEGAL_SUBJECT) || takes_growth(legality, &addition, why)) &&
           (!(questions & LEGAL_HEAT) || addition_keeps_normal(&addition, why)) &&
           (!(questions & LEGAL_ROOM) || addition_has_room(&addition, why)) &&
           (!(questions & LEGAL_BUDGET) || addition_is_in_budget(&addition, why)) &&
           (!(questions & LEGAL_FAILOVER) || keeps_failover(legality, now, change, why));
}

/* ---- hosts ---- */

static gboolean allows_maintenance(const Legality *legality, const Model *now, const Change *change,
                                   guint questions, Obstacle *why)
{
    (void)legality;
    guint host = (guint)change->to;
    return !(questions & LEGAL_ROOM) || model_vms_to_leave(now, host) == 0 ||
           obstacle_set(why, OBSTACLE_NOT_EMPTY, change->to, "still holds running VMs");
}

static gboolean allows_exit(const Legality *legality, const Model *now, const Change *change, guint questions,
                            Obstacle *why)
{
    (void)legality;
    guint host = (guint)change->to;
    if ((questions & LEGAL_SUBJECT) && model_is_excluded(now, host))
        return obstacle_set(why, OBSTACLE_EXCLUDED_HOST, change->to, "is named by exclude_hosts");
    if ((questions & LEGAL_SUBJECT) && model_is_asked_to_empty(now, host))
        return obstacle_set(why, OBSTACLE_HOST_TO_EMPTY, change->to, "is to be emptied");
    if ((questions & LEGAL_HOST) && !model_is_live(now, host))
        return obstacle_set(why, OBSTACLE_HOST_NOT_CONNECTED, change->to,
                            "is not connected and powered on: it cannot leave maintenance mode");
    /* one that somebody else had leave it already has nothing left to do */
    int mode = now->hosts[host].mode;
    return !(questions & LEGAL_HOST) || mode == HOST_MODE_MAINTENANCE || mode == HOST_MODE_NORMAL ||
           obstacle_set(why, OBSTACLE_HOST_MODE, change->to, "is not in maintenance mode");
}

/* ---- by action ---- */

typedef gboolean (*Allows)(const Legality *legality, const Model *now, const Change *change, guint questions,
                           Obstacle *why);

/* what forbids each action; NULL: vmanger makes no such change */
static const Allows allows[] = {
    [ACTION_MIGRATE] = allows_migration,
    [ACTION_ADD_MEMORY] = allows_growth,
    [ACTION_ADD_CPU] = allows_growth,
    [ACTION_RECLAIM_MEMORY] = allows_reclaim,
    [ACTION_ENTER_MAINTENANCE] = allows_maintenance,
    [ACTION_EXIT_MAINTENANCE] = allows_exit,
    [ACTION_DEPLOY] = NULL,
};

gboolean legality_allows(const Legality *legality, const Model *now, const Change *change, guint questions,
                         Obstacle *why)
{
    return allows[change->action](legality, now, change, questions, why);
}

gboolean legality_allows_move(const Legality *legality, const Model *now, guint vm, guint host,
                              guint questions, Obstacle *why)
{
    Change move = change_migration(now, vm, host);
    return allows_migration(legality, now, &move, questions, why);
}

gboolean legality_may_move(const Legality *legality, guint vm, Obstacle *why)
{
    return compatibility_may_move(legality->compatibility, vm, why);
}

gboolean legality_allows_growth(const Legality *legality, const Model *now, int action, guint vm,
                                double total, guint questions, Obstacle *why)
{
    Change growth = change_growth(now, action, vm, total);
    return legality_allows(legality, now, &growth, questions, why);
}

/* ---- what is not ours ---- */

gboolean legality_left_to_drs(const Legality *legality, guint vm, const char **why)
{
    const Policy *policy = legality->start->policy;
    const Vm *row = legality->start->vms[vm].row;
    int drs = legality->start->snapshot->clusters[row->cluster].drs;
    const char *words = NULL;
    if (policy->respect_drs_overrides && row->drs_override == DRS_OVERRIDE_DISABLED)
        words = "DRS is disabled for this VM";
    else if (policy->respect_drs_overrides && row->drs_override == DRS_OVERRIDE_MANUAL)
        words = "DRS is set to manual for this VM";
    else if (!policy->drs_clusters_plan && drs == DRS_UNSTATED)
        words = "the cluster's DRS is on at a level that is not stated, and taken for fully automated";
    else if (!policy->drs_clusters_plan && drs == DRS_FULL)
        words =
            legality->drs_idle[row->cluster]
                ? "the cluster's DRS is fully automated, but seems not to act: no vCLS VM runs there (retreat "
                  "mode?); someone has to, or drs_clusters=plan"
                : "the cluster's DRS is fully automated";
    if (why)
        *why = words;
    return words != NULL;
}

gboolean legality_drs_empties(const Legality *legality, guint cluster)
{
    return !legality->start->policy->drs_clusters_plan && !legality->drs_idle[cluster] &&
           legality->start->snapshot->clusters[cluster].drs == DRS_FULL;
}

int legality_newly_lost(const Legality *legality, const Model *now, guint cluster)
{
    return now->policy->ha_check == HA_CHECK_HARD ? legality_not_restarted(legality, now, cluster) : -1;
}

int legality_not_restarted(const Legality *legality, const Model *now, guint cluster)
{
    return restart_newly_lost(legality->restart, now, cluster, NULL);
}

gboolean legality_could_run(const Legality *legality, const Model *now, guint vm, guint host)
{
    return now->vms[vm].row->cluster == now->hosts[host].cluster &&
           compatibility_could_restart(legality->compatibility, now, vm, host) &&
           !(legality->rules && rules_barring_host(legality->rules, vm, host));
}

int legality_restart_host(const Legality *legality, guint vm)
{
    return restart_host(legality->restart, vm);
}

char *legality_restart_words(const Legality *legality, const Model *now)
{
    return restart_words(legality->restart, now);
}

char *legality_host_key(const Legality *legality, guint vm)
{
    return compatibility_key(legality->compatibility, vm);
}

const GArray *legality_partners(const Legality *legality, guint vm)
{
    return compatibility_partners(legality->compatibility, vm);
}

gboolean legality_asks_again(const Legality *legality, guint vm, guint host, Obstacle *why)
{
    return compatibility_asks_again(legality->compatibility, vm, host, why);
}

gboolean legality_comes_back(const Legality *legality, guint vm, guint host)
{
    return left_lately(legality, vm, host) >= 0;
}

gboolean legality_was_refused(const Legality *legality, guint vm)
{
    return compatibility_was_refused(legality->compatibility, vm);
}

char *legality_unchecked(const Legality *legality, const Change *change)
{
    return change->action == ACTION_MIGRATE
               ? compatibility_unchecked(legality->compatibility, (guint)change->vm, (guint)change->to)
               : g_strdup("");
}
