/* SPDX-License-Identifier: MIT */
#include "plan/unsolved.h"

#include "analyze/roles.h"
#include "collect/plural.h"
#include "plan/contradiction.h"
#include "plan/growth.h"
#include "plan/room.h"

#include <math.h>

#define NO_TIME "max_duration_s leaves no time for more"

/* ---- what keeps VMs on their host ---- */

/* what is wrong with a host: it is hot, it is to be emptied, or more is reserved on it than it has */
typedef enum { WRONG_HOT, WRONG_NOT_EMPTY, WRONG_RESERVED } Wrong;

/* a kind of VMs that stay, with an example */
typedef struct Staying {
    guint n;
    int code; /* ObstacleCode of the first */
    char *example;
} Staying;

/* The VMs of a host by what keeps each there. */
typedef struct Kept {
    Staying immovable, without_target;
    guint unmeasured, left_to_drs, movable;
    guint slight;       /* of the movable: those below min_vm_pct */
    double most_points; /* of relief that one of the movable would bring */
    int bound;          /* ObstacleCode: why the movable stay */
} Kept;

static void kept_clear(Kept *kept)
{
    g_free(kept->immovable.example);
    g_free(kept->without_target.example);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kept, kept_clear)

/* the mandatory rule between VMs and hosts without which some other host of its cluster could run the VM,
 * where none can with it; NULL where there is none */
static const BoundRule *rule_with_no_host_left(const Situation *situation, const Model *now, guint vm)
{
    const BoundRule *in_the_way = NULL;
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        if (now->hosts[host].cluster != now->vms[vm].row->cluster || (int)host == now->vms[vm].host ||
            !legality_allows_move(situation->legality, now, vm, host, LEGAL_HOST, NULL))
            continue;
        const BoundRule *rule = rules_barring_host(situation->rules, vm, host);
        if (!rule)
            return NULL;
        in_the_way = in_the_way ? in_the_way : rule;
    }
    return in_the_way;
}

/* why no host can take the VM: the rule that leaves none, or what the host says that comes nearest to it */
static void set_example(Staying *without, const Model *now, guint vm, const BoundRule *rule,
                        const Obstacle *nearest)
{
    const char *name = now->vms[vm].row->name;
    if (rule) {
        without->code = OBSTACLE_RULE;
        without->example = g_strdup_printf(
            "%s: the mandatory rule \"%s\" allows no other host that can run it", name, rule->name);
    } else if (nearest->words) {
        without->code = nearest->code;
        without->example =
            g_strdup_printf("%s: %s %s", name, now->snapshot->hosts[nearest->host].name, nearest->words);
    }
}

/* how near a host comes to taking the VM: it could run it, it could but for the VM, it takes nobody */
static int nearness(const Situation *situation, const Model *now, guint vm, guint host, const Obstacle *why)
{
    static const int closed[] = {OBSTACLE_HOST_TO_EMPTY, OBSTACLE_HOST_MODE,     OBSTACLE_HOST_NOT_CONNECTED,
                                 OBSTACLE_EXCLUDED_HOST, OBSTACLE_FAILOVER_HOST, OBSTACLE_NOT_MEASURED};
    for (guint i = 0; i < G_N_ELEMENTS(closed); i++)
        if (why->code == closed[i])
            return 1;
    return legality_allows_move(situation->legality, now, vm, host, LEGAL_HOST, NULL) ? 3 : 2;
}

/* TRUE where some host of its cluster could take the VM; else the first that cannot is the example, by the
 * first of the hosts that come nearest to it */
static gboolean has_target(const Situation *situation, const Model *now, guint vm, Staying *without)
{
    gboolean asked = !without->example;
    int near = 0;
    g_auto(Obstacle) nearest = {0};
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        g_auto(Obstacle) why = {0};
        if (now->hosts[host].cluster != now->vms[vm].row->cluster || (int)host == now->vms[vm].host)
            continue;
        if (legality_allows_move(situation->legality, now, vm, host, LEGAL_TARGET, asked ? &why : NULL))
            return TRUE;
        int nearer = asked ? nearness(situation, now, vm, host, &why) : 0;
        if (nearer <= near)
            continue;
        near = nearer;
        obstacle_clear(&nearest);
        nearest = why;
        why = (Obstacle){0};
    }
    if (asked)
        set_example(without, now, vm, rule_with_no_host_left(situation, now, vm), &nearest);
    return FALSE;
}

/* how much it would help if the VM left, a movable one */
static void weigh_movable(const Model *now, guint vm, Kept *kept)
{
    guint host = (guint)now->vms[vm].host;
    const ModelHost *at = &now->hosts[host];
    Resource worst = RESOURCE_CPU;
    kept->movable++;
    if (!(model_excess(now, host, &worst) > 0) || isnan(now->vms[vm].demand[worst]))
        return;
    double use = now->vms[vm].demand[worst];
    double excess = at->demand[worst] - at->capacity[worst] * at->threshold[worst] / 100;
    kept->slight += use < excess * now->policy->min_vm_pct / 100;
    kept->most_points = MAX(kept->most_points, MIN(use, excess) * 100 / at->capacity[worst]);
}

/* Relief moves no VM that is not measured; where a host is emptied it counts at its size. What DRS could not
 * do either is not left to it. */
static void sort_vm(const Situation *situation, const Model *now, guint vm, Wrong wrong, Kept *kept)
{
    gboolean drs = legality_left_to_drs(situation->legality, vm, NULL);
    gboolean judged = now->vms[vm].measured || wrong == WRONG_NOT_EMPTY;
    g_auto(Obstacle) why = {0};
    if (!legality_may_move(situation->legality, vm, &why)) {
        kept->immovable.n++;
        if (!kept->immovable.example) {
            kept->immovable.code = why.code;
            kept->immovable.example = g_strdup_printf("%s %s", now->vms[vm].row->name, why.words);
        }
    } else if (!judged) {
        *(drs ? &kept->left_to_drs : &kept->unmeasured) += 1;
    } else if (!has_target(situation, now, vm, &kept->without_target)) {
        kept->without_target.n++;
    } else if (drs) {
        kept->left_to_drs++;
    } else {
        weigh_movable(now, vm, kept);
    }
}

/* migrations of a list, all (-1) or those off a host */
static guint count_moves(const GArray *changes, int host)
{
    guint n = 0;
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        n += change->action == ACTION_MIGRATE && (host < 0 || change->from == host);
    }
    return n;
}

/* "but" what keeps VMs that could move from being moved: the first bound of the policy that is known to
 * apply, else that nothing was found; the code goes into kept. The caller frees it */
static char *words_of_bound(const Decisions *decisions, const Model *now, guint host, Wrong wrong, Kept *kept)
{
    static const char *const not_found[] = {
        [WRONG_HOT] = "no placement was found that cools it and heats no other",
        [WRONG_NOT_EMPTY] = "no placement was found that has room for all of them",
        [WRONG_RESERVED] = "no placement was found that has room for what they have reserved",
    };
    const Policy *policy = now->policy;
    gboolean threshold = policy->strategy == STRATEGY_THRESHOLD;
    guint off = count_moves(decisions->changes, (int)host), all = count_moves(decisions->changes, -1);
    kept->bound = OBSTACLE_MOVE_BOUNDS;
    if (wrong != WRONG_NOT_EMPTY && !(threshold && policy->published_exact) &&
        policy->max_moves_per_host > 0 && off >= policy->max_moves_per_host)
        return g_strdup_printf("max_moves_per_host=%.0f is used up", policy->max_moves_per_host);
    if (policy->max_moves > 0 && all >= policy->max_moves)
        return g_strdup_printf("max_moves=%.0f is used up", policy->max_moves);
    if (wrong == WRONG_HOT && threshold && !policy->published_exact && kept->slight == kept->movable)
        return g_strdup_printf("%s less than min_vm_pct=%g of what it is over",
                               plural(kept->movable, "it uses", "each uses"), policy->min_vm_pct);
    if (wrong == WRONG_HOT && !threshold && kept->most_points < policy->min_gain)
        return g_strdup_printf("a move would help less than min_gain=%g %s", policy->min_gain,
                               policy->min_gain == 1 ? "point" : "points");
    if (wrong == WRONG_RESERVED && threshold) {
        kept->bound = OBSTACLE_STRATEGY;
        return g_strdup("strategy=threshold moves none for that");
    }
    kept->bound = count_moves(decisions->no_time, (int)host) ? OBSTACLE_WINDOW : OBSTACLE_NO_PLACEMENT;
    return g_strdup(kept->bound == OBSTACLE_WINDOW ? NO_TIME : not_found[wrong]);
}

static void append_kept(GString *words, const Kept *kept, const char *bound)
{
    if (kept->without_target.n)
        g_string_append_printf(words, "; no target for %u of its VMs (%s)", kept->without_target.n,
                               kept->without_target.example ? kept->without_target.example
                                                            : "the cluster has no other host");
    if (kept->immovable.n)
        g_string_append_printf(words, "; %u of its VMs cannot move (%s)", kept->immovable.n,
                               kept->immovable.example);
    if (kept->left_to_drs)
        g_string_append_printf(words, "; %u of its VMs %s left to DRS", kept->left_to_drs,
                               plural(kept->left_to_drs, "is", "are"));
    if (kept->unmeasured)
        g_string_append_printf(words, "; %u of its VMs %s not measured", kept->unmeasured,
                               plural(kept->unmeasured, "is", "are"));
    if (kept->movable)
        g_string_append_printf(words, "; %u of its VMs could move, but %s", kept->movable, bound);
}

/* the obstacle that comes first in the words */
static int code_of_kept(const Kept *kept)
{
    return kept->without_target.n
               ? (kept->without_target.code ? kept->without_target.code : OBSTACLE_NO_PLACEMENT)
           : kept->immovable.n ? kept->immovable.code
           : kept->left_to_drs ? OBSTACLE_LEFT_TO_DRS
           : kept->unmeasured  ? OBSTACLE_NOT_MEASURED
           : kept->movable     ? kept->bound
                               : OBSTACLE_NO_VMS;
}

static gboolean is_at_fault(const Model *now, guint vm, Wrong wrong)
{
    return wrong == WRONG_NOT_EMPTY ? !vm_is_agent(now->vms[vm].row)
           : wrong == WRONG_RESERVED
               ? model_vm_cpu_reserved(now, vm) > 0 || model_vm_memory_reserved(now, vm) > 0
               : TRUE;
}

/* appends what keeps the VMs of the host that are at fault for what is wrong with it; returns the code */
static int append_what_keeps(GString *words, const Decisions *decisions, const Situation *situation,
                             const Model *now, guint host, Wrong wrong)
{
    g_auto(Kept) kept = {0};
    for (guint i = 0; i < now->vms_on[host]->len; i++) {
        guint vm = g_array_index(now->vms_on[host], guint, i);
        if (is_at_fault(now, vm, wrong))
            sort_vm(situation, now, vm, wrong, &kept);
    }
    if (now->vms_on[host]->len == 0)
        g_string_append(words, "; no VM runs there: the load is the host's own");
    g_autofree char *bound = words_of_bound(decisions, now, host, wrong, &kept);
    append_kept(words, &kept, bound);
    return code_of_kept(&kept);
}

/* ---- hosts ---- */

static GString *words_of_heat(const Model *start, const Model *now, guint host)
{
    Resource worst = RESOURCE_CPU;
    model_excess(now, host, &worst);
    GString *words = g_string_new(NULL);
    g_string_append_printf(words, "%s hot: %s at %.1f %%, above %g %%",
                           model_excess(start, host, NULL) > 0 ? "stays" : "becomes", resource_words[worst],
                           model_usage_pct(now, host, worst, 0), now->hosts[host].threshold[worst]);
    return words;
}

void unsolved_add_hot_host_by(Decisions *decisions, const Model *start, const Model *now, guint host,
                              int code, const char *why)
{
    GString *words = words_of_heat(start, now, host);
    g_string_append_printf(words, "; %s", why);
    decisions_add_unsolved_host(decisions, host, code, g_string_free(words, FALSE));
}

void unsolved_add_hot_host(Decisions *decisions, const Situation *situation, const Model *now, guint host)
{
    if (model_is_excluded(now, host)) {
        unsolved_add_hot_host_by(decisions, situation->start, now, host, OBSTACLE_EXCLUDED_HOST,
                                 "it is named by exclude_hosts");
    } else if (now->hosts[host].source) {
        GString *words = words_of_heat(situation->start, now, host);
        int code = append_what_keeps(words, decisions, situation, now, host, WRONG_HOT);
        decisions_add_unsolved_host(decisions, host, code, g_string_free(words, FALSE));
    } else if (host_is_failover(now->snapshot, &now->snapshot->hosts[host])) {
        unsolved_add_hot_host_by(decisions, situation->start, now, host, OBSTACLE_FAILOVER_HOST,
                                 "a dedicated failover host is not relieved");
    } else {
        unsolved_add_hot_host_by(decisions, situation->start, now, host, OBSTACLE_NOT_MEASURED,
                                 "not all of it is measured: it is not relieved");
    }
}

void unsolved_add_full_host(Decisions *decisions, const Situation *situation, const Model *now, guint host)
{
    GString *words = g_string_new(NULL);
    guint n = model_vms_to_leave(now, host);
    int code = OBSTACLE_EXCLUDED_HOST;
    g_string_append_printf(words, "is to be emptied and still holds %u running %s", n,
                           plural(n, "VM", "VMs"));
    if (model_is_excluded(now, host))
        g_string_append(words, "; it is named by exclude_hosts");
    else
        code = append_what_keeps(words, decisions, situation, now, host, WRONG_NOT_EMPTY);
    decisions_add_unsolved_host(decisions, host, code, g_string_free(words, FALSE));
}

static void add_overreserved_host(Decisions *decisions, const Situation *situation, const Model *now,
                                  guint host, const char *what)
{
    GString *words = g_string_new(what);
    if (model_is_excluded(now, host))
        g_string_append(words, "; it is named by exclude_hosts");
    else
        append_what_keeps(words, decisions, situation, now, host, WRONG_RESERVED);
    decisions_add_unsolved_host(decisions, host, OBSTACLE_ROOM, g_string_free(words, FALSE));
}

void unsolved_add_overreserved_hosts(Decisions *decisions, const Situation *situation, const Model *now)
{
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        if (!situation_decides_host(situation, host) || model_is_to_empty(situation->start, host))
            continue;
        g_autofree char *what = room_words_of_overreserved(now, host);
        if (what)
            add_overreserved_host(decisions, situation, now, host, what);
    }
}

static void add_hot_hosts(Decisions *decisions, const Situation *situation, const Model *end)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++)
        if (situation_decides_host(situation, host) &&
            (end->hosts[host].source || end->hosts[host].state == STATE_HOT) &&
            !model_is_to_empty(situation->start, host) && model_excess(end, host, NULL) > 0)
            unsolved_add_hot_host(decisions, situation, end, host);
}

/* ---- VMs ---- */

void unsolved_add_short_vm(Decisions *decisions, const Model *now, guint vm, int code, const char *why)
{
    const ModelVm *at = &now->vms[vm];
    double usage = load_usage_pct(at->demand[RESOURCE_MEMORY], at->memory_mib * 1024);
    decisions_add_unsolved_like_others(
        decisions, vm, code,
        g_strdup_printf("stays short: its guest uses %.1f %% of %.0f MiB; %s", usage, at->memory_mib, why),
        g_strdup_printf("stay short: %s", why));
}

void unsolved_advise_hot_add(Decisions *decisions, const Model *now, guint vm, double to_mib)
{
    const ModelVm *at = &now->vms[vm];
    const Host *host = &now->snapshot->hosts[at->host];
    gboolean wide = at->vcpus > host->cpu_cores / host->numa_nodes;
    Change advice = change_growth(now, ACTION_ADD_MEMORY, vm, to_mib);
    advice.cause = CAUSE_HOT_ADD_OFF;
    advice.reason = g_strdup_printf(
        "enable memory hot-add: it takes a power cycle, in which the size can be raised at once%s",
        wide ? "; CPU hot-add, if enabled too, costs this wide VM its vNUMA" : "");
    g_array_append_val(decisions->advice, advice);
}

static void add_short_vm(Decisions *decisions, const Situation *situation, const Model *end, guint vm)
{
    double to = growth_legal_memory(end, vm, end->vms[vm].memory_mib + growth_wanted_memory(end, vm));
    g_auto(Obstacle) why = {0};
    if (decisions_have_no_time(decisions, (int)vm, ACTION_ADD_MEMORY))
        obstacle_set(&why, OBSTACLE_WINDOW, -1, NO_TIME);
    else if (model_is_to_empty(situation->start, (guint)situation->start->vms[vm].host))
        obstacle_set(&why, OBSTACLE_HOST_TO_EMPTY, -1, "its host is to be emptied first");
    else if (legality_allows_growth(situation->legality, end, ACTION_ADD_MEMORY, vm, to, LEGAL_GROWTH, &why))
        obstacle_set(&why, OBSTACLE_NO_PLACEMENT, -1,
                     "no addition was found that its host and the buffer have room for");
    unsolved_add_short_vm(decisions, end, vm, why.code, why.words);
    if (growth_hot_add_is_off(end, vm) && !growth_is_forbidden(end, vm, NULL))
        unsolved_advise_hot_add(decisions, end, vm, to);
}

static void add_short_vms(Decisions *decisions, const Situation *situation, const Model *end)
{
    for (guint vm = 0; vm < end->n_vms; vm++)
        if (situation_decides_vm(situation, vm) && model_is_short(end, vm) &&
            growth_missing_memory(end, vm) > 0)
            add_short_vm(decisions, situation, end, vm);
}

/* VMs that would take more vCPUs and got none; those that take none are left as they are configured */
static void add_busy_vms(Decisions *decisions, const Situation *situation, const Model *end)
{
    const Model *start = situation->start;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        g_auto(Obstacle) why = {0};
        double to = growth_legal_vcpus(end, vm);
        if (!situation_decides_vm(situation, vm) || !growth_wants_vcpus(start, vm) ||
            end->vms[vm].vcpus > start->vms[vm].vcpus ||
            !legality_allows_growth(situation->legality, end, ACTION_ADD_CPU, vm, to, LEGAL_SUBJECT, NULL))
            continue;
        if (decisions_have_no_time(decisions, (int)vm, ACTION_ADD_CPU))
            obstacle_set(&why, OBSTACLE_WINDOW, -1, NO_TIME);
        else if (legality_allows_growth(situation->legality, end, ACTION_ADD_CPU, vm, to, LEGAL_GROWTH, &why))
            obstacle_set(&why, OBSTACLE_BUFFER, -1,
                         "others took what the cluster's CPU buffer and its pools had left");
        decisions_add_unsolved_like_others(
            decisions, vm, why.code,
            g_strdup_printf("stays short of CPU: it uses %.1f %% of its %.0f %s; %s",
                            growth_cpu_usage_pct(start, vm), start->vms[vm].vcpus,
                            plural((guint)start->vms[vm].vcpus, "vCPU", "vCPUs"), why.words),
            g_strdup_printf("stay short of CPU: %s", why.words));
    }
}

static void add_moves_without_time(Decisions *decisions, const Model *end)
{
    for (guint i = 0; i < decisions->no_time->len; i++) {
        const Change *change = &g_array_index(decisions->no_time, Change, i);
        if (change->action == ACTION_MIGRATE)
            decisions_add_undone(
                decisions, change, OBSTACLE_WINDOW,
                g_strdup_printf("a move to %s would help, but max_duration_s leaves no time for it",
                                end->snapshot->hosts[change->to].name));
    }
}

/* ---- rules ---- */

static void append_member(GString *words, const Situation *situation, const Model *end, guint vm)
{
    g_auto(Obstacle) why = {0};
    g_string_append_printf(words, " %s on %s", end->vms[vm].row->name,
                           end->snapshot->hosts[end->vms[vm].host].name);
    if (!legality_may_move(situation->legality, vm, &why))
        g_string_append_printf(words, " (it %s)", why.words);
    g_string_append_c(words, ';');
}

/* the running VMs of a rule that could move, were they not left to DRS */
static guint count_left_to_drs(const Situation *situation, const Model *end, const BoundRule *rule)
{
    guint n = 0;
    for (guint i = 0; i < rule->n_vms; i++)
        n += end->vms[rule->vms[i]].running && legality_may_move(situation->legality, rule->vms[i], NULL) &&
             legality_left_to_drs(situation->legality, rule->vms[i], NULL);
    return n;
}

static void add_broken_rule(Decisions *decisions, const Situation *situation, const Model *end,
                            const BoundRule *rule, guint breaches)
{
    GString *words = g_string_new(NULL);
    g_autofree char *why = contradiction_words(situation, end, rule);
    guint drs = why ? 0 : count_left_to_drs(situation, end, rule);
    g_string_append_printf(words, "the mandatory rule \"%s\" stays broken by %u %s:", rule->name, breaches,
                           plural(breaches, "VM", "VMs"));
    for (guint i = 0; i < rule->n_vms; i++)
        if (end->vms[rule->vms[i]].running)
            append_member(words, situation, end, rule->vms[i]);
    if (why)
        g_string_append_printf(words, " it cannot be kept in full: %s", why);
    else if (drs)
        g_string_append_printf(words, " %u of them %s left to DRS", drs, plural(drs, "is", "are"));
    else
        g_string_append(
            words, " no placement was found that repairs it without breaking another or overfilling a host");
    decisions_add_unsolved_vm(decisions, rule->vms[0], drs ? OBSTACLE_LEFT_TO_DRS : OBSTACLE_RULE,
                              g_string_free(words, FALSE));
}

/* the VMs of each broken rule and what keeps them where they are */
static void add_broken_rules(Decisions *decisions, const Situation *situation, const Model *end)
{
    for (guint i = 0; i < rules_count(situation->rules); i++) {
        const BoundRule *rule = rules_at(situation->rules, i);
        gboolean ours = rule->mandatory && situation_decides_vm(situation, rule->vms[0]);
        guint breaches = ours ? rule_breaches(rule, end) : 0;
        if (breaches > 0)
            add_broken_rule(decisions, situation, end, rule, breaches);
    }
}

/* ---- all of it ---- */

void unsolved_add_all(Decisions *decisions, const Situation *situation, const Model *end)
{
    add_hot_hosts(decisions, situation, end);
    unsolved_add_overreserved_hosts(decisions, situation, end);
    add_short_vms(decisions, situation, end);
    add_busy_vms(decisions, situation, end);
    add_moves_without_time(decisions, end);
    add_broken_rules(decisions, situation, end);
}

gboolean unsolved_is_left_to_drs(const Situation *situation, const Model *end, guint cluster)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (end->hosts[host].cluster != (int)cluster)
            continue;
        gboolean hot = model_is_hot(end, host);
        gboolean full = model_is_to_empty(end, host) && model_vms_to_leave(end, host) > 0;
        for (guint i = 0; (hot || full) && i < end->vms_on[host]->len; i++)
            if (legality_left_to_drs(situation->legality, g_array_index(end->vms_on[host], guint, i), NULL))
                return TRUE;
    }
    return FALSE;
}
