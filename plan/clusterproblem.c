/* SPDX-License-Identifier: MIT */
#include "plan/clusterproblem.h"

#include "plan/growth.h"
#include "plan/needs.h"
#include "plan/room.h"

#include <math.h>
#include <string.h>

#define NO_LIMIT 1000000000000000 /* above every sum of needs */
#define BREACH (100 * (int64_t)POINT)
#define HALF_WRITTEN_PCT 0.00049 /* usage is compared as written, to the thousandth */
#define COOLDOWN_TIMES 10        /* what a move costs more within cooldown_s of the last */
#define SENSITIVE_TIMES 100      /* and of a VM of high latency sensitivity, which a migration harms */

typedef struct Building {
    const Situation *situation;
    const Model *model;
    const ClusterProblemOptions *options;
    ClusterProblem *built;
    GHashTable *reaches;  /* what a reach depends on -> its index */
    GArray *vcpu_reaches; /* int of each process: where it may have more vCPUs, -1 everywhere, or
                             GROWTH_NO_VCPUS */
    gboolean measured[N_NEEDS];
    gboolean saves_power;
} Building;

static const Resource resource_of[] = {[NEED_CPU] = RESOURCE_CPU,
                                       [NEED_MEMORY] = RESOURCE_HOST_MEMORY,
                                       [NEED_DISK] = RESOURCE_DISK,
                                       [NEED_NET] = RESOURCE_NET};
#define N_MEASURED_NEEDS 4

/* ---- needs ---- */

static void needs_of_vm(const Building *b, guint vm, int64_t need[N_NEEDS])
{
    const ModelVm *at = &b->model->vms[vm];
    for (int n = 0; n < N_MEASURED_NEEDS; n++)
        need[n] = b->measured[n] && at->measured ? needs_units(n, at->demand[resource_of[n]]) : 0;
    need[NEED_CPU_ROOM] = at->measured ? needs_units(NEED_CPU_ROOM, at->room[RESOURCE_CPU]) : 0;
    need[NEED_MEMORY_ROOM] = at->measured ? needs_units(NEED_MEMORY_ROOM, at->room[RESOURCE_HOST_MEMORY]) : 0;
    if (!at->measured && model_is_to_empty(b->model, (guint)at->host))
        need[NEED_MEMORY] = need[NEED_MEMORY_ROOM] = needs_units(NEED_MEMORY, model_vm_memory(b->model, vm));
    Room room = room_of_vm(b->model, vm);
    need[NEED_CPU_RESERVED] = needs_units(NEED_CPU_RESERVED, room.of[ROOM_CPU_RESERVATION]);
    need[NEED_MEMORY_RESERVED] = needs_units(NEED_MEMORY_RESERVED, room.of[ROOM_MEMORY_RESERVATION]);
}

/* A resource counts where every host that is a source of the cluster has a capacity and a measured load. */
static void look_what_is_measured(Building *b)
{
    const Model *model = b->model;
    for (int n = 0; n < N_MEASURED_NEEDS; n++) {
        b->measured[n] = TRUE;
        for (guint i = 0; i < model->snapshot->n_hosts; i++) {
            const ModelHost *host = &model->hosts[i];
            if (host->cluster == (int)b->built->cluster && host->source &&
                (isnan(host->demand[resource_of[n]]) || !(host->capacity[resource_of[n]] > 0)))
                b->measured[n] = FALSE;
        }
    }
}

/* ---- machines ---- */

static int64_t weight_of_points(int64_t capacity)
{
    return capacity > 0 ? MAX(1, 100 * (int64_t)POINT / capacity) : 0;
}

/* What a target may come to by the estimators for room: more than that makes a host that takes it hot. One
 * that is above it now is not, but takes nothing. */
static void limit_room(const Building *b, guint host, int need, int64_t safety[N_NEEDS],
                       int64_t base[N_NEEDS], int64_t hot[N_NEEDS])
{
    const ModelHost *at = &b->model->hosts[host];
    Resource r = need == NEED_CPU_ROOM ? RESOURCE_CPU : RESOURCE_HOST_MEMORY;
    int64_t now = needs_units(need, at->room[r]);
    if (!b->model->room_apart || !b->measured[need == NEED_CPU_ROOM ? NEED_CPU : NEED_MEMORY])
        return;
    base[need] = now;
    for (guint i = 0; i < b->model->vms_on[host]->len; i++) {
        const ModelVm *vm = &b->model->vms[g_array_index(b->model->vms_on[host], guint, i)];
        base[need] -= vm->measured ? needs_units(need, vm->room[r]) : 0;
    }
    int64_t all = needs_units(need, at->capacity[r]);
    safety[need] = MAX(now, (int64_t)floor((double)all * (at->room_pct[r] + HALF_WRITTEN_PCT) / 100));
    hot[need] = weight_of_points(all);
}

static void add_machine(Building *b, guint host)
{
    const Model *model = b->model;
    const ModelHost *at = &model->hosts[host];
    int64_t capacity[N_NEEDS], safety[N_NEEDS], base[N_NEEDS] = {0}, broken[N_NEEDS] = {0},
                                                hot[N_NEEDS] = {0};
    for (int n = 0; n < N_NEEDS; n++)
        capacity[n] = safety[n] = NO_LIMIT;
    gboolean empty = model_is_to_empty(model, host);
    if (at->source && !empty) {
        for (int n = 0; n < N_MEASURED_NEEDS; n++) {
            Resource r = resource_of[n];
            if (!b->measured[n])
                continue;
            capacity[n] = safety[n] = needs_units(n, at->capacity[r]);
            base[n] = needs_units(n, at->demand[r]);
            for (guint i = 0; i < model->vms_on[host]->len; i++) {
                guint vm = g_array_index(model->vms_on[host], guint, i);
                base[n] -= model->vms[vm].measured ? needs_units(n, model->vms[vm].demand[r]) : 0;
            }
            if (isnan(at->threshold[r]))
                continue;
            safety[n] = (int64_t)floor((double)capacity[n] * (at->threshold[r] + HALF_WRITTEN_PCT) / 100);
            hot[n] = weight_of_points(capacity[n]);
        }
        limit_room(b, host, NEED_CPU_ROOM, safety, base, hot);
        limit_room(b, host, NEED_MEMORY_ROOM, safety, base, hot);
        Room room = room_of_host(model, host);
        capacity[NEED_CPU_RESERVED] = safety[NEED_CPU_RESERVED] =
            needs_units(NEED_CPU_RESERVED, room.of[ROOM_CPU_RESERVATION]);
        double held_back = b->options->held_back_mib ? b->options->held_back_mib[host] : 0;
        capacity[NEED_MEMORY_RESERVED] = safety[NEED_MEMORY_RESERVED] =
            (int64_t)(room.of[ROOM_MEMORY_RESERVATION] - held_back);
        broken[NEED_MEMORY] = weight_of_points(capacity[NEED_MEMORY]);
        broken[NEED_CPU_RESERVED] = weight_of_points(capacity[NEED_CPU_RESERVED]);
        broken[NEED_MEMORY_RESERVED] = weight_of_points(capacity[NEED_MEMORY_RESERVED]);
    }
    double most = model->policy->max_moves_per_host;
    Machine machine = {.capacity = capacity,
                       .safety = safety,
                       .base = base,
                       .over_capacity_weight = broken,
                       .over_safety_weight = hot,
                       .stay_cost = empty,
                       .on_cost = b->saves_power && at->usable,
                       .max_leaving = empty || most <= 0 ? -1 : (int)most,
                       .closed = empty || !at->target || at->given_up || model_is_excluded(model, host) ||
                                 model_is_emptied_next(model, host)};
    b->built->machine_of[host] = problem_add_machine(b->built->problem, &machine);
    g_array_append_val(b->built->hosts, host);
}

/* ---- where a VM may be ---- */

static gboolean is_forbidden(const Building *b, guint vm, guint host)
{
    const GArray *pairs = b->options->forbidden;
    for (guint i = 0; pairs && i + 1 < pairs->len; i += 2)
        if (g_array_index(pairs, guint, i) == vm && g_array_index(pairs, guint, i + 1) == host)
            return TRUE;
    return FALSE;
}

/* what where a VM may be depends on: VMs alike share one reach */
static char *reach_key(const Building *b, guint vm)
{
    g_autofree char *fits = legality_host_key(b->situation->legality, vm);
    GString *key = g_string_new(fits);
    const GArray *rules = rules_of_vm(b->situation->rules, vm);
    gboolean alone = b->options->forbidden != NULL;
    for (guint i = 0; rules && i < rules->len; i++)
        if (rule_is_about_hosts(rules_at(b->situation->rules, g_array_index(rules, guint, i))))
            g_string_append_printf(key, " %u", g_array_index(rules, guint, i));
    for (guint m = 0; !alone && m < b->built->hosts->len; m++)
        alone = legality_comes_back(b->situation->legality, vm, g_array_index(b->built->hosts, guint, m));
    if (alone)
        g_string_append_printf(key, " vm %u", vm);
    return g_string_free(key, FALSE);
}

static int make_reach(const Building *b, guint vm)
{
    guint n = b->built->hosts->len;
    guint home = (guint)b->model->vms[vm].host;
    g_autofree bool *allowed = g_new0(bool, n);
    g_autofree int64_t *cost = g_new0(int64_t, n);
    const GArray *rules = rules_of_vm(b->situation->rules, vm);
    for (guint m = 0; m < n; m++) {
        guint host = g_array_index(b->built->hosts, guint, m);
        allowed[m] = host == home || (legality_allows_move(b->situation->legality, b->model, vm, host,
                                                           LEGAL_HOST | LEGAL_RETURN, NULL) &&
                                      !is_forbidden(b, vm, host));
        if ((host != home && legality_comes_back(b->situation->legality, vm, host)) ||
            legality_asks_again(b->situation->legality, vm, host, NULL))
            cost[m] += BREACH_UNIT; /* as a rule that should hold: elsewhere if that can be */
        for (guint i = 0; rules && i < rules->len; i++) {
            const BoundRule *rule = rules_at(b->situation->rules, g_array_index(rules, guint, i));
            if (!rule_is_about_hosts(rule) || !rule_forbids_host(rule, host))
                continue;
            if (rule->mandatory)
                allowed[m] = false;
            else
                cost[m] += BREACH_UNIT;
        }
    }
    return problem_add_reach(b->built->problem, allowed, cost, BREACH);
}

/* the reach of a key, which is taken over; made for the first VM that has the key */
static int reach_of_key(const Building *b, char *key, int (*make)(const Building *, guint), guint vm)
{
    gpointer known;
    if (g_hash_table_lookup_extended(b->reaches, key, NULL, &known)) {
        g_free(key);
        return GPOINTER_TO_INT(known);
    }
    int made = make(b, vm);
    g_hash_table_insert(b->reaches, key, GINT_TO_POINTER(made));
    return made;
}

static int reach_of(const Building *b, guint vm)
{
    return reach_of_key(b, reach_key(b, vm), make_reach, vm);
}

/* the machines with as many threads as the VM would have vCPUs: -1 for all of them */
static int make_vcpu_reach(const Building *b, guint vm)
{
    guint n = b->built->hosts->len;
    double vcpus = growth_legal_vcpus(b->model, vm);
    gboolean everywhere = TRUE;
    g_autofree bool *allowed = g_new0(bool, n);
    for (guint m = 0; m < n; m++) {
        allowed[m] = b->model->snapshot->hosts[g_array_index(b->built->hosts, guint, m)].cpu_threads >= vcpus;
        everywhere = everywhere && allowed[m];
    }
    return everywhere ? -1 : problem_add_reach(b->built->problem, allowed, NULL, 0);
}

/* where a VM that may get more vCPUs can have them; GROWTH_NO_VCPUS for another */
static int vcpu_reach_of(const Building *b, guint vm)
{
    if (!growth_wants_vcpus(b->model, vm))
        return GROWTH_NO_VCPUS;
    double to = growth_legal_vcpus(b->model, vm);
    return legality_allows_growth(b->situation->legality, b->model, ACTION_ADD_CPU, vm, to, LEGAL_SUBJECT,
                                  NULL)
               ? reach_of_key(b, g_strdup_printf("%.0f vCPUs", to), make_vcpu_reach, vm)
               : GROWTH_NO_VCPUS;
}

/* ---- processes ---- */

static gboolean is_pinned(const Building *b, guint vm)
{
    const Model *model = b->model;
    guint home = (guint)model->vms[vm].host;
    const Legality *legality = b->situation->legality;
    return !legality_may_move(legality, vm, NULL) || model_is_excluded(model, home) ||
           (!model->vms[vm].measured && !model_is_to_empty(model, home)) ||
           legality_left_to_drs(legality, vm, NULL) != b->options->for_advice;
}

static int64_t cost_of_move(const Building *b, guint vm)
{
    const Model *model = b->model;
    const Policy *policy = model->policy;
    Change move = change_migration(model, vm, (guint)model->vms[vm].host);
    int64_t cost = policy->step_cost_count ? 1 : llround(change_seconds(model, &move) * 1000);
    gint64 last = past_of_vm(b->situation->past, model, vm)->last_migration;
    gboolean recent = last >= 0 && (double)(model->snapshot->info.taken_at - last) < policy->cooldown_s;
    if (model->vms[vm].row->latency_sensitivity == LATENCY_HIGH)
        cost *= SENSITIVE_TIMES;
    return recent ? cost * COOLDOWN_TIMES : cost;
}

static void add_process(Building *b, guint vm, int reach)
{
    int64_t need[N_NEEDS];
    needs_of_vm(b, vm, need);
    Process process = {.need = need,
                       .home = b->built->machine_of[b->model->vms[vm].host],
                       .reach = reach,
                       .move_cost = cost_of_move(b, vm),
                       .pinned = is_pinned(b, vm)};
    b->built->process_of[vm] = problem_add_process(b->built->problem, &process);
    g_array_append_val(b->built->vms, vm);
}

/* Reaches come before the processes that use them. */
static void add_processes(Building *b)
{
    g_autoptr(GArray) reaches = g_array_new(FALSE, FALSE, sizeof(int));
    for (int pass = 0; pass < 2; pass++) {
        guint next = 0;
        for (guint m = 0; m < b->built->hosts->len; m++) {
            const GArray *vms = b->model->vms_on[g_array_index(b->built->hosts, guint, m)];
            for (guint i = 0; i < vms->len; i++) {
                guint vm = g_array_index(vms, guint, i);
                if (pass == 0) {
                    int reach = reach_of(b, vm), vcpu_reach = vcpu_reach_of(b, vm);
                    g_array_append_val(reaches, reach);
                    g_array_append_val(b->vcpu_reaches, vcpu_reach);
                } else {
                    add_process(b, vm, g_array_index(reaches, int, next++));
                }
            }
        }
    }
}

/* Fault tolerance keeps a pair on two hosts, as a mandatory rule would. */
static void add_pairs(Building *b)
{
    const Group pair = {.apart = true, .mandatory = true, .level = LEVEL_BROKEN, .weight = BREACH};
    for (guint p = 0; p < b->built->vms->len; p++) {
        guint vm = g_array_index(b->built->vms, guint, p);
        const GArray *partners = legality_partners(b->situation->legality, vm);
        for (guint i = 0; partners && i < partners->len; i++) {
            int other = b->built->process_of[g_array_index(partners, guint, i)];
            if (other < 0)
                continue;
            int index = problem_add_group(b->built->problem, &pair);
            problem_join_group(b->built->problem, index, (int)p);
            problem_join_group(b->built->problem, index, other);
        }
    }
}

static void add_groups(Building *b)
{
    add_pairs(b);
    for (guint r = 0; r < rules_count(b->situation->rules); r++) {
        const BoundRule *rule = rules_at(b->situation->rules, r);
        if (rule->cluster != (int)b->built->cluster || rule_is_about_hosts(rule))
            continue;
        Group group = {.apart = rule->type == RULE_VM_ANTI_AFFINITY,
                       .together = rule->type == RULE_VM_AFFINITY,
                       .mandatory = rule->mandatory,
                       .level = rule->mandatory ? LEVEL_BROKEN : LEVEL_SHOULD,
                       .weight = rule->mandatory ? BREACH / BREACH_UNIT : 1,
                       .even_level = LEVEL_SHOULD,
                       .even_weight = 1};
        int index = problem_add_group(b->built->problem, &group);
        for (guint i = 0; i < rule->n_vms; i++)
            if (b->built->process_of[rule->vms[i]] >= 0)
                problem_join_group(b->built->problem, index, b->built->process_of[rule->vms[i]]);
    }
}

/* ---- the whole ---- */

static Levels levels_of(const ClusterProblem *built)
{
    return (Levels){.over_capacity = LEVEL_BROKEN,
                    .over_safety = LEVEL_HOT,
                    .newly_over_safety = LEVEL_NEWLY_HOT,
                    .outside = LEVEL_BROKEN,
                    .preference = LEVEL_SHOULD,
                    .stay = LEVEL_EMPTYING,
                    .shortage = LEVEL_SHORT,
                    .move = built->level_seconds,
                    .balance = built->level_balance,
                    .on = built->level_balance};
}

static ClusterProblem *cluster_problem_alloc(const Model *model, guint cluster, int balance)
{
    ClusterProblem *built = g_new0(ClusterProblem, 1);
    gboolean wanted = balance == BALANCE_HIGH || model_saves_power(model, cluster);
    built->cluster = cluster;
    built->level_seconds = wanted ? LEVEL_BALANCE : LEVEL_SECONDS;
    built->level_balance = wanted ? LEVEL_SECONDS : LEVEL_BALANCE;
    built->hosts = g_array_new(FALSE, FALSE, sizeof(guint));
    built->vms = g_array_new(FALSE, FALSE, sizeof(guint));
    built->growing = g_array_new(FALSE, FALSE, sizeof(Growing));
    built->machine_of = g_new(int, model->snapshot->n_hosts + 1); /* memset wants an address, always */
    built->process_of = g_new(int, model->n_vms + 1);
    memset(built->machine_of, -1, model->snapshot->n_hosts * sizeof(int));
    memset(built->process_of, -1, model->n_vms * sizeof(int));
    return built;
}

ClusterProblem *cluster_problem_new(const Situation *situation, guint cluster,
                                    const ClusterProblemOptions *options, GError **error)
{
    const Model *model = situation->start;
    int balance = options->without_balance ? BALANCE_OFF : model->policy->balance;
    g_autoptr(ClusterProblem) built = cluster_problem_alloc(model, cluster, balance);
    Levels levels = levels_of(built);
    built->problem = problem_new(model->room_apart ? N_NEEDS : N_NEEDS_WITHOUT_ROOM, N_LEVELS, &levels);
    g_autoptr(GHashTable) reaches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) vcpu_reaches = g_array_new(FALSE, FALSE, sizeof(int));
    Building b = {.situation = situation,
                  .model = model,
                  .options = options,
                  .built = built,
                  .reaches = reaches,
                  .vcpu_reaches = vcpu_reaches};
    b.saves_power = model_saves_power(model, cluster);
    look_what_is_measured(&b);
    for (guint host = 0; host < model->snapshot->n_hosts; host++)
        if (model->hosts[host].cluster == (int)cluster)
            add_machine(&b, host);
    add_processes(&b);
    add_groups(&b);
    if (!options->for_advice)
        growthproblem_add(situation, cluster, built->problem, built->hosts, built->vms, vcpu_reaches,
                          built->growing);
    if (balance != BALANCE_OFF) {
        problem_set_evenness(built->problem, NEED_CPU, 1);
        problem_set_evenness(built->problem, NEED_MEMORY, 1);
    }
    problem_set_max_moves(built->problem, options->max_moves);
    return problem_finish(built->problem, error) ? g_steal_pointer(&built) : NULL;
}

void cluster_problem_free(ClusterProblem *problem)
{
    if (!problem)
        return;
    for (guint i = 0; i < problem->growing->len; i++)
        g_array_free(g_array_index(problem->growing, Growing, i).totals, TRUE);
    g_array_free(problem->growing, TRUE);
    g_array_free(problem->vms, TRUE);
    g_array_free(problem->hosts, TRUE);
    g_free(problem->machine_of);
    g_free(problem->process_of);
    problem_free(problem->problem);
    g_free(problem);
}

int cluster_problem_growth(const ClusterProblem *problem, const Change *change)
{
    for (guint g = 0; g < problem->growing->len; g++) {
        const Growing *growing = &g_array_index(problem->growing, Growing, g);
        if (growing->vm == (guint)change->vm && growing->action == change->action)
            return (int)g;
    }
    return -1;
}

static int largest_size(const Growing *growing, double total)
{
    guint size = 0;
    while (size < growing->totals->len && g_array_index(growing->totals, double, size) <= total)
        size++;
    return (int)size;
}

Placement *cluster_problem_place(const ClusterProblem *problem, const GArray *changes)
{
    Placement *placement = placement_new(problem->problem);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        int process = change->vm >= 0 ? problem->process_of[change->vm] : -1;
        int growth = process >= 0 ? cluster_problem_growth(problem, change) : -1;
        if (process >= 0 && change->action == ACTION_MIGRATE)
            placement->machine[process] = problem->machine_of[change->to];
        else if (growth >= 0)
            placement->size[growth] =
                largest_size(&g_array_index(problem->growing, Growing, growth), change->amount);
    }
    return placement;
}

void cluster_problem_take_out(const ClusterProblem *problem, const GArray *changes, Placement *placement)
{
    g_autoptr(Placement) home = placement_new(problem->problem);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        int growth = cluster_problem_growth(problem, change);
        if (change->action == ACTION_MIGRATE)
            placement->machine[problem->process_of[change->vm]] =
                home->machine[problem->process_of[change->vm]];
        else if (growth >= 0)
            placement->size[growth] = 0;
    }
}

void cluster_problem_changes(const ClusterProblem *problem, const Model *start, const Placement *placement,
                             GArray *changes)
{
    for (guint p = 0; p < problem->vms->len; p++) {
        guint vm = g_array_index(problem->vms, guint, p);
        guint to = g_array_index(problem->hosts, guint, placement->machine[p]);
        Change move = change_migration(start, vm, to);
        if (move.from != move.to)
            g_array_append_val(changes, move);
    }
    for (guint g = 0; g < problem->growing->len; g++) {
        if (placement->size[g] == 0)
            continue;
        const Growing *growing = &g_array_index(problem->growing, Growing, g);
        int process = problem->process_of[growing->vm];
        int host = (int)g_array_index(problem->hosts, guint, placement->machine[process]);
        Change addition = change_growth(start, growing->action, growing->vm,
                                        g_array_index(growing->totals, double, placement->size[g] - 1));
        addition.from = addition.to = host;
        g_array_append_val(changes, addition);
    }
}
