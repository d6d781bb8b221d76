/* SPDX-License-Identifier: MIT */
#include "plan/sequence.h"

#include "plan/room.h"

#include <math.h>
#include <string.h>

/* ---- an order in which each change is safe alone ---- */

static gboolean is_feasible(const Situation *situation, const Model *now, const Change *change)
{
    return legality_allows(situation->legality, now, change, LEGAL_STEP, NULL);
}

/* The changes not yet ordered, as indices into the list that owns them. */
typedef struct Pending {
    GArray *changes; /* Change */
    GArray *left;    /* guint */
} Pending;

static Change *pending_at(const Pending *pending, guint position)
{
    return &g_array_index(pending->changes, Change, g_array_index(pending->left, guint, position));
}

/* a VM's later change waits for its earlier one */
static gboolean waits_for_own(const Pending *pending, guint position)
{
    int vm = pending_at(pending, position)->vm;
    for (guint i = 0; vm >= 0 && i < position; i++)
        if (pending_at(pending, i)->vm == vm)
            return TRUE;
    return FALSE;
}

/* an addition waits for whoever is still to leave its host, and so does a host on its way into maintenance */
static gboolean waits_for_others(const Pending *pending, guint position)
{
    const Change *change = pending_at(pending, position);
    gboolean waits = change->action == ACTION_ADD_MEMORY || change->action == ACTION_ENTER_MAINTENANCE;
    for (guint i = 0; waits && i < pending->left->len; i++)
        if (pending_at(pending, i)->action == ACTION_MIGRATE && pending_at(pending, i)->from == change->to)
            return TRUE;
    return FALSE;
}

/* what a change to be made next has to be mindful of, beside being safe */
typedef enum {
    GENTLE,  /* it heats no host above its threshold, so that wherever a window ends the list no host is the
                worse */
    PATIENT, /* an addition waits for whoever is still to leave its host */
    ANY
} Care;

static gboolean is_careful(const Model *now, const Pending *pending, guint position, Care care)
{
    const Change *change = pending_at(pending, position);
    if (care <= PATIENT && waits_for_others(pending, position))
        return FALSE;
    return care != GENTLE || change->action != ACTION_MIGRATE ||
           model_stays_normal(now, (guint)change->to, now->vms[change->vm].demand);
}

/* the position of the first change that can be made now with such care; the list's length where there is none
 */
static guint find_next(const Situation *situation, const Model *now, const Pending *pending, Care care)
{
    guint next = 0;
    while (next < pending->left->len &&
           (waits_for_own(pending, next) || !is_careful(now, pending, next, care) ||
            !is_feasible(situation, now, pending_at(pending, next))))
        next++;
    return next;
}

/* moves a change, and what it owns, to the end of another list */
static void take(Change *change, GArray *to)
{
    g_array_append_val(to, *change);
    *change = (Change){.vm = -1};
}

/* a host where a blocked mover can stand for a while; -1 where there is none */
static int find_stopover(const Situation *situation, const Model *now, const Change *blocked)
{
    const ModelVm *vm = &now->vms[blocked->vm];
    for (guint via = 0; via < now->snapshot->n_hosts; via++) {
        Change leg = change_migration(now, (guint)blocked->vm, via);
        if ((int)via != blocked->from && (int)via != blocked->to && now->hosts[via].target &&
            now->hosts[via].cluster == now->hosts[blocked->to].cluster &&
            model_stays_normal(now, via, vm->demand) && is_feasible(situation, now, &leg))
            return (int)via;
    }
    return -1;
}

/* A mover that steps aside to a third host makes room on its first. */
static gboolean make_detour(const Situation *situation, Model *now, const Pending *pending, GArray *ordered)
{
    for (guint i = 0; i < pending->left->len; i++) {
        Change *blocked = pending_at(pending, i);
        if (blocked->action != ACTION_MIGRATE || !now->vms[blocked->vm].measured || waits_for_own(pending, i))
            continue;
        int via = find_stopover(situation, now, blocked);
        if (via < 0)
            continue;
        const Host *hosts = now->snapshot->hosts;
        Change leg = change_migration(now, (guint)blocked->vm, (guint)via);
        leg.cause = CAUSE_DETOUR;
        leg.reason =
            g_strdup_printf("detour: makes room on %s for a step that waits for it; goes on to %s later",
                            hosts[blocked->from].name, hosts[blocked->to].name);
        blocked->from = via;
        change_apply(now, &leg);
        g_array_append_val(ordered, leg);
        return TRUE;
    }
    return FALSE;
}

static void order_one_by_one(const Situation *situation, GArray *changes, GArray *blocked)
{
    g_autoptr(Model) now = model_copy(situation->start);
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < changes->len; i++)
        g_array_append_val(left, i);
    Pending pending = {changes, left};
    GArray *ordered = change_list_new();
    guint detours_left = changes->len;
    while (left->len > 0) {
        guint next = find_next(situation, now, &pending, GENTLE);
        if (next == left->len)
            next = find_next(situation, now, &pending, PATIENT);
        if (next == left->len && detours_left > 0 && make_detour(situation, now, &pending, ordered)) {
            detours_left--;
            continue;
        }
        if (next == left->len)
            next = find_next(situation, now, &pending, ANY);
        if (next == left->len)
            break;
        change_apply(now, pending_at(&pending, next));
        take(pending_at(&pending, next), ordered);
        g_array_remove_index(left, next);
    }
    for (guint i = 0; i < left->len; i++)
        take(pending_at(&pending, i), blocked);
    g_array_set_size(changes, 0);
    for (guint i = 0; i < ordered->len; i++)
        take(&g_array_index(ordered, Change, i), changes);
    g_array_unref(ordered);
}

/* ---- what must come before what, where steps may run together ---- */

/* what is added up of a host: what it has room for, and what makes it hot */
enum { AMOUNT_OF_ROOM, AMOUNT_OF_DEMAND = N_ROOMS, N_AMOUNTS = N_ROOMS + N_RESOURCES };

/*
 * A host's worst moment with change k running: all that came to it before k in the list may be there, and
 * only what must have left before k, or before one of those that came, is sure to be gone. A departure is
 * credited once, to the first arrival that waits for it: an upper bound that holds for every set of steps
 * that may run together.
 */
typedef struct Passage {
    guint change;
    double amounts[N_AMOUNTS]; /* what it brings to the host, or takes away from it */
    int credited_to;           /* of a departure: the index of the arrival that waits for it, or -1 */
} Passage;

typedef struct Edges {
    const Situation *situation;
    GArray *changes;
    gboolean may_add;             /* edges are being made, not checked */
    gboolean heeds_heat;          /* also that of a while */
    guint words;                  /* of a row of before */
    guint64 *before;              /* [changes][words]: bit i of row k: i must have succeeded before k */
    GArray **arrivals;            /* [hosts] of Passage, in list order; NULL where there are none */
    GArray **departures;          /* [hosts] likewise */
    int *last_of_vm;              /* [vms] the VM's latest change, or -1 */
    int *exit_of;                 /* [hosts] the change by which it leaves maintenance mode, or -1 */
    double (*final)[N_RESOURCES]; /* [hosts] demands when all is done */
} Edges;

static gboolean is_before(const Edges *edges, guint earlier, guint later)
{
    return (edges->before[later * edges->words + earlier / 64] >> (earlier % 64) & 1) != 0;
}

static void set_before(Edges *edges, guint earlier, guint later)
{
    guint64 *row = edges->before + later * edges->words;
    const guint64 *inherited = edges->before + earlier * edges->words;
    for (guint w = 0; w < edges->words; w++)
        row[w] |= inherited[w];
    row[earlier / 64] |= (guint64)1 << (earlier % 64);
}

static Change *change_at(const Edges *edges, guint index)
{
    return &g_array_index(edges->changes, Change, index);
}

/* makes k wait for another, or, where edges are only checked, says whether it does */
static gboolean require(Edges *edges, guint earlier, guint k)
{
    if (is_before(edges, earlier, k))
        return TRUE;
    if (!edges->may_add)
        return FALSE;
    set_before(edges, earlier, k);
    g_array_append_val(change_at(edges, k)->after, earlier);
    return TRUE;
}

static guint n_passages(GArray *const *of_host, int host)
{
    return of_host[host] ? of_host[host]->len : 0;
}

/* an amount on k's host at its worst moment, of which it has so much at the start and with k */
static double worst_moment(const Edges *edges, guint k, int amount, double with_k)
{
    int host = change_at(edges, k)->to;
    guint n_arrivals = n_passages(edges->arrivals, host), n_departures = n_passages(edges->departures, host);
    g_autofree double *there = g_new(double, n_arrivals + 1);
    for (guint i = 0; i < n_arrivals; i++)
        there[i] = g_array_index(edges->arrivals[host], Passage, i).amounts[amount];
    double worst = with_k;
    for (guint i = 0; i < n_departures; i++) {
        const Passage *out = &g_array_index(edges->departures[host], Passage, i);
        if (is_before(edges, out->change, k))
            worst -= out->amounts[amount];
        else if (out->credited_to >= 0)
            there[out->credited_to] -= out->amounts[amount];
    }
    for (guint i = 0; i < n_arrivals; i++)
        worst += MAX(0, there[i]);
    return worst;
}

/* the departure from k's host, before k in the list but not sure to be, that takes away most; -1: none */
static int best_departure(const Edges *edges, guint k, int amount)
{
    int host = change_at(edges, k)->to, best = -1;
    double most = 0;
    for (guint i = 0; i < n_passages(edges->departures, host); i++) {
        const Passage *out = &g_array_index(edges->departures[host], Passage, i);
        if (!is_before(edges, out->change, k) && out->amounts[amount] > most) {
            most = out->amounts[amount];
            best = (int)out->change;
        }
    }
    return best;
}

/* to k, the arrival at its host that is noted next */
static void credit_departures(const Edges *edges, guint k)
{
    int host = change_at(edges, k)->to;
    for (guint i = 0; i < n_passages(edges->departures, host); i++) {
        Passage *out = &g_array_index(edges->departures[host], Passage, i);
        if (out->credited_to < 0 && is_before(edges, out->change, k))
            out->credited_to = (int)n_passages(edges->arrivals, host);
    }
}

static char *make_room(Edges *edges, guint k, const Room *brought)
{
    const Model *start = edges->situation->start;
    guint host = (guint)change_at(edges, k)->to;
    const Room held = room_held(start, host);
    for (;;) {
        Room worst;
        for (int kind = 0; kind < N_ROOMS; kind++)
            worst.of[kind] = worst_moment(edges, k, AMOUNT_OF_ROOM + kind, held.of[kind] + brought->of[kind]);
        int kind = room_lacking(start, host, &worst, brought);
        if (kind < 0)
            return NULL;
        int departure = best_departure(edges, k, AMOUNT_OF_ROOM + kind);
        if (departure < 0 || !require(edges, (guint)departure, k))
            return g_strdup_printf("%s could go over its %s", start->snapshot->hosts[host].name,
                                   room_words[kind]);
    }
}

/* keeps apart what a mandatory rule keeps apart: the VM that is there leaves first */
static char *wait_for_rules(Edges *edges, guint k)
{
    const Change *change = change_at(edges, k);
    const RuleSet *rules = edges->situation->rules;
    const GArray *own = change->action == ACTION_MIGRATE ? rules_of_vm(rules, (guint)change->vm) : NULL;
    for (guint r = 0; own && r < own->len; r++) {
        const BoundRule *rule = rules_at(rules, g_array_index(own, guint, r));
        if (rule->type != RULE_VM_ANTI_AFFINITY || !rule->mandatory)
            continue;
        for (guint i = 0; i < n_passages(edges->departures, change->to); i++) {
            guint out = g_array_index(edges->departures[change->to], Passage, i).change;
            if (change_at(edges, out)->vm != change->vm &&
                rule_names_vm(rule, (guint)change_at(edges, out)->vm) && !require(edges, out, k))
                return g_strdup_printf("the mandatory rule \"%s\" could be broken on %s", rule->name,
                                       edges->situation->start->snapshot->hosts[change->to].name);
        }
    }
    return NULL;
}

static gboolean is_over_threshold(const Edges *edges, int host, const double extra[N_RESOURCES],
                                  Resource *worst)
{
    const ModelHost *at = &edges->situation->start->hosts[host];
    for (int r = 0; r < N_RESOURCES; r++) {
        if (load_usage_pct(table_round(edges->final[host][r] + extra[r]), at->capacity[r]) >
            at->threshold[r]) {
            *worst = (Resource)r;
            return TRUE;
        }
    }
    return FALSE;
}

/* An addition waits for every departure without which its host would be above its threshold. */
static char *wait_for_relief(Edges *edges, guint k)
{
    const Change *change = change_at(edges, k);
    if (change->action != ACTION_ADD_MEMORY || !edges->situation->start->vms[change->vm].running)
        return NULL;
    const Model *start = edges->situation->start;
    for (;;) {
        double extra[N_RESOURCES] = {0};
        int heaviest = -1;
        double most = 0;
        Resource worst;
        for (guint i = 0; i < n_passages(edges->departures, change->to); i++) {
            guint out = g_array_index(edges->departures[change->to], Passage, i).change;
            const double *demand = start->vms[change_at(edges, out)->vm].demand;
            for (int r = 0; r < N_RESOURCES && !is_before(edges, out, k); r++)
                extra[r] += isnan(demand[r]) ? 0 : demand[r];
        }
        double none[N_RESOURCES] = {0};
        if (is_over_threshold(edges, change->to, none, &worst) ||
            !is_over_threshold(edges, change->to, extra, &worst))
            return NULL;
        for (guint i = 0; i < n_passages(edges->departures, change->to); i++) {
            guint out = g_array_index(edges->departures[change->to], Passage, i).change;
            double demand = start->vms[change_at(edges, out)->vm].demand[worst];
            if (!is_before(edges, out, k) && demand > most) {
                most = demand;
                heaviest = (int)out;
            }
        }
        if (heaviest < 0 || !require(edges, (guint)heaviest, k))
            return g_strdup_printf("%s could be above its threshold",
                                   start->snapshot->hosts[change->to].name);
    }
}

/* the resource by which k's host would be hot at its worst moment with k running, or -1 */
static int hot_resource(const Edges *edges, guint k, const double brought[N_RESOURCES])
{
    const ModelHost *at = &edges->situation->start->hosts[change_at(edges, k)->to];
    for (int r = 0; r < N_RESOURCES; r++)
        if (load_usage_pct(
                table_round(worst_moment(edges, k, AMOUNT_OF_DEMAND + r, at->demand[r] + brought[r])),
                at->capacity[r]) > at->threshold[r])
            return r;
    return -1;
}

/* A mover waits for those whose departure keeps its new host normal. Where the host is hot although all of
 * the list that comes before has been done, waiting is of no use: two hosts may exchange VMs. */
static char *wait_for_cooling(Edges *edges, const Model *now, guint k, const double brought[N_RESOURCES])
{
    const Change *change = change_at(edges, k);
    if (!edges->heeds_heat || change->action != ACTION_MIGRATE || !now->vms[change->vm].running ||
        !model_stays_normal(now, (guint)change->to, brought))
        return NULL;
    for (int hot; (hot = hot_resource(edges, k, brought)) >= 0;) {
        int departure = best_departure(edges, k, AMOUNT_OF_DEMAND + hot);
        if (departure < 0)
            return NULL;
        if (!require(edges, (guint)departure, k))
            return g_strdup_printf("%s could be above its threshold until others have left it",
                                   now->snapshot->hosts[change->to].name);
    }
    return NULL;
}

/* keeps of a change's direct edges those that no other one implies */
static void drop_implied(const Edges *edges, GArray *after)
{
    for (guint i = after->len; i-- > 0;) {
        gboolean implied = FALSE;
        for (guint j = 0; j < after->len && !implied; j++)
            implied =
                j != i && is_before(edges, g_array_index(after, guint, i), g_array_index(after, guint, j));
        if (implied)
            g_array_remove_index(after, i);
    }
}

/* A host enters maintenance when all who leave it have left. */
static char *wait_for_departures(Edges *edges, guint k)
{
    int host = change_at(edges, k)->to;
    for (guint i = 0; i < n_passages(edges->departures, host); i++)
        if (!require(edges, g_array_index(edges->departures[host], Passage, i).change, k))
            return g_strdup_printf("%s could still hold VMs",
                                   edges->situation->start->snapshot->hosts[host].name);
    if (edges->may_add)
        drop_implied(edges, change_at(edges, k)->after);
    return NULL;
}

/* what makes a host hot of what a change brings to its host */
static void demand_of(const Model *now, const Change *change, const Room *brought, double demand[N_RESOURCES])
{
    const ModelVm *vm = &now->vms[change->vm];
    for (int r = 0; r < N_RESOURCES; r++) {
        gboolean counts = change->action == ACTION_MIGRATE && vm->running && vm->measured &&
                          r != RESOURCE_MEMORY && !isnan(vm->demand[r]);
        demand[r] = counts ? vm->demand[r] : 0;
    }
    demand[RESOURCE_HOST_MEMORY] = brought->of[ROOM_MEMORY];
}

static void note_passage(GArray **of_host, int host, guint change, Room held,
                         const double demand[N_RESOURCES])
{
    if (!of_host[host])
        of_host[host] = g_array_new(FALSE, FALSE, sizeof(Passage));
    Passage passage = {.change = change, .credited_to = -1};
    memcpy(passage.amounts + AMOUNT_OF_ROOM, held.of, sizeof held.of);
    memcpy(passage.amounts + AMOUNT_OF_DEMAND, demand, N_RESOURCES * sizeof *demand);
    g_array_append_val(of_host[host], passage);
}

/* makes or checks the edges of change k, the changes before it being settled; NULL or what would be violated
 */
static char *settle_change(Edges *edges, const Model *now, guint k)
{
    Change *change = change_at(edges, k);
    if (!change->after)
        change->after = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < change->after->len; i++)
        set_before(edges, g_array_index(change->after, guint, i), k);
    if (change->action == ACTION_ENTER_MAINTENANCE)
        return wait_for_departures(edges, k);
    if (change->action == ACTION_EXIT_MAINTENANCE) {
        edges->exit_of[change->to] = (int)k;
        return NULL;
    }
    if (edges->exit_of[change->to] >= 0 && !require(edges, (guint)edges->exit_of[change->to], k))
        return g_strdup_printf("%s could still be in maintenance mode",
                               now->snapshot->hosts[change->to].name);
    if (edges->last_of_vm[change->vm] >= 0 && !require(edges, (guint)edges->last_of_vm[change->vm], k))
        return g_strdup("its VM's earlier step need not have ended");
    Room brought = room_taken_by(now, change);
    double demand[N_RESOURCES];
    demand_of(now, change, &brought, demand);
    char *problem = wait_for_rules(edges, k);
    if (!problem)
        problem = wait_for_relief(edges, k);
    if (!problem)
        problem = wait_for_cooling(edges, now, k, demand);
    if (!problem)
        problem = make_room(edges, k, &brought);
    if (edges->may_add)
        drop_implied(edges, change->after);
    credit_departures(edges, k);
    note_passage(edges->arrivals, change->to, k, brought, demand);
    if (change->action == ACTION_MIGRATE) {
        Room released = room_of_vm(now, (guint)change->vm);
        if (!now->vms[change->vm].measured)
            released.of[ROOM_MEMORY] = 0; /* it sat in its host's base, which stays */
        demand_of(now, change, &released, demand);
        note_passage(edges->departures, change->from, k, released, demand);
    }
    edges->last_of_vm[change->vm] = (int)k;
    return problem;
}

static Edges edges_new(const Situation *situation, GArray *changes, gboolean may_add, gboolean heeds_heat)
{
    guint n_hosts = situation->start->snapshot->n_hosts, n_vms = situation->start->n_vms;
    Edges edges = {.situation = situation,
                   .changes = changes,
                   .may_add = may_add,
                   .heeds_heat = heeds_heat,
                   .words = changes->len / 64 + 1};
    edges.before = g_new0(guint64, (gsize)edges.words * (changes->len + 1));
    edges.arrivals = g_new0(GArray *, n_hosts);
    edges.departures = g_new0(GArray *, n_hosts);
    edges.last_of_vm = g_new(int, n_vms);
    for (guint i = 0; i < n_vms; i++)
        edges.last_of_vm[i] = -1;
    edges.exit_of = g_new(int, n_hosts);
    for (guint i = 0; i < n_hosts; i++)
        edges.exit_of[i] = -1;
    edges.final = g_malloc_n(n_hosts, sizeof *edges.final);
    g_autoptr(Model) end = model_after(situation->start, changes);
    for (guint i = 0; i < n_hosts; i++)
        memcpy(edges.final[i], end->hosts[i].demand, sizeof *edges.final);
    return edges;
}

static void edges_clear(Edges *edges)
{
    for (guint i = 0; i < edges->situation->start->snapshot->n_hosts; i++) {
        if (edges->arrivals[i])
            g_array_free(edges->arrivals[i], TRUE);
        if (edges->departures[i])
            g_array_free(edges->departures[i], TRUE);
    }
    g_free(edges->arrivals);
    g_free(edges->departures);
    g_free(edges->last_of_vm);
    g_free(edges->exit_of);
    g_free(edges->before);
    g_free(edges->final);
}

void sequence_order(const Situation *situation, GArray *changes, GArray *blocked)
{
    if (changes->len == 0)
        return;
    order_one_by_one(situation, changes, blocked);
    Edges edges = edges_new(situation, changes, TRUE, TRUE);
    g_autoptr(Model) now = model_copy(situation->start);
    for (guint k = 0; k < changes->len; k++) {
        g_clear_pointer(&change_at(&edges, k)->after, g_array_unref);
        g_autofree char *problem = settle_change(&edges, now, k);
        g_assert(!problem); /* done one by one it was safe, and every earlier change can be waited for */
        change_apply(now, change_at(&edges, k));
    }
    edges_clear(&edges);
}

/* why a change cannot be made as the model stands, with all before it made; NULL where it can */
static char *words_of_obstacle(const Situation *situation, const Model *now, const Change *change)
{
    g_auto(Obstacle) why = {0};
    if (legality_allows(situation->legality, now, change, LEGAL_STEP, &why))
        return NULL;
    return action_is_of_size(change->action)
               ? g_steal_pointer(&why.words)
               : g_strdup_printf("%s %s", now->snapshot->hosts[change->to].name, why.words);
}

/* makes or checks the edges of a list that stays in its order */
static char *settle_list(const Situation *situation, GArray *changes, gboolean may_add, gboolean heeds_heat,
                         guint *at)
{
    Edges edges = edges_new(situation, changes, may_add, heeds_heat);
    g_autoptr(Model) now = model_copy(situation->start);
    char *problem = NULL;
    for (*at = 0; *at < changes->len && !problem; ++*at) {
        const Change *change = change_at(&edges, *at);
        problem = words_of_obstacle(situation, now, change);
        if (!problem)
            problem = settle_change(&edges, now, *at);
        change_apply(now, change);
    }
    if (problem)
        --*at;
    edges_clear(&edges);
    return problem;
}

char *sequence_violation(const Situation *situation, const GArray *changes, guint *at)
{
    return settle_list(situation, (GArray *)changes, FALSE, TRUE, at);
}

char *sequence_danger(const Situation *situation, const GArray *changes, guint *at)
{
    return settle_list(situation, (GArray *)changes, FALSE, FALSE, at);
}

char *sequence_complete(const Situation *situation, GArray *changes, guint *at)
{
    return settle_list(situation, changes, TRUE, TRUE, at);
}
