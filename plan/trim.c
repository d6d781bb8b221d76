/* SPDX-License-Identifier: MIT */
#include "plan/trim.h"

#include "plan/clusterstatus.h"
#include "plan/solver/assignment.h"

#include <math.h>

typedef struct Trim {
    const ClusterProblem *problem;
    const Policy *policy;
    Assignment *trial;   /* the placement */
    Model *end;          /* with all steps of the placement */
    double lost_balance; /* points of deviation given up so far: each step brings little of it, all together
                            much */
} Trim;

/* a step that could be taken out, and the points of relief it brings */
typedef struct Step {
    Change change;
    double gain;
} Step;

/* puts a step into the placement, or takes it out */
static void set_step(const Trim *trim, const Change *change, gboolean done, int size)
{
    const ClusterProblem *problem = trim->problem;
    if (change->action == ACTION_MIGRATE)
        assignment_shift(trim->trial, problem->process_of[change->vm],
                         problem->machine_of[done ? change->to : change->from]);
    else
        assignment_resize(trim->trial, cluster_problem_growth(trim->problem, change), done ? size : 0);
}

static int size_of(const Trim *trim, const Change *change)
{
    int growth = cluster_problem_growth(trim->problem, change);
    return growth < 0 ? 0 : trim->trial->size[growth];
}

/* hot hosts at both ends of changes; one at the end of several counts each time */
static guint hot_among(const Model *model, const Change *const *changes, guint n)
{
    guint hot = 0;
    for (guint i = 0; i < n; i++) {
        const int ends[] = {changes[i]->from, changes[i]->to};
        for (guint end = 0; end < G_N_ELEMENTS(ends); end++)
            hot += model_is_hot(model, (guint)ends[end]);
    }
    return hot;
}

static double points(int64_t more)
{
    return (double)more / (double)POINT;
}

static double unevenness(const Trim *trim)
{
    return cluster_unevenness(trim->end, trim->problem->cluster);
}

/* whether the placement without a step may stand, by its cost and what has been given up before */
static gboolean may_stand(const Trim *trim, const Cost *with, const Cost *without, double lost_balance)
{
    if (cost_compare(without, with) < 0)
        return TRUE;
    double lost = points(without->level[LEVEL_HOT] - with->level[LEVEL_HOT]);
    return without->level[LEVEL_BROKEN] <= with->level[LEVEL_BROKEN] &&
           without->level[LEVEL_EMPTYING] <= with->level[LEVEL_EMPTYING] &&
           without->level[LEVEL_NEWLY_HOT] <= with->level[LEVEL_NEWLY_HOT] &&
           without->level[LEVEL_SHORT] <= with->level[LEVEL_SHORT] &&
           without->level[LEVEL_SHOULD] <= with->level[LEVEL_SHOULD] &&
           (lost <= 0 || lost < trim->policy->min_gain) &&
           (lost_balance <= 0 || trim->lost_balance + lost_balance < trim->policy->min_gain);
}

/* takes steps out, or puts them in again at the sizes they had */
static void set_steps(Trim *trim, const Change *const *changes, guint n, gboolean done, const int *sizes)
{
    for (guint i = 0; i < n; i++) {
        Change back = change_reversed(changes[i]);
        change_apply(trim->end, done ? changes[i] : &back);
        set_step(trim, changes[i], done, sizes[i]);
    }
}

/* takes out steps that belong together, where the rest may stand without them */
static gboolean try_without(Trim *trim, const Change *const *changes, guint n)
{
    gboolean balanced = trim->policy->balance != BALANCE_OFF;
    g_autofree int *sizes = g_new(int, n);
    for (guint i = 0; i < n; i++)
        sizes[i] = size_of(trim, changes[i]);
    guint hot = hot_among(trim->end, changes, n);
    const Cost with = trim->trial->cost;
    double uneven = balanced ? unevenness(trim) : 0;
    set_steps(trim, changes, n, FALSE, sizes);
    const Cost without = trim->trial->cost;
    double lost_balance = balanced ? unevenness(trim) - uneven : 0;
    int balance = trim->problem->level_balance;
    gboolean power =
        model_saves_power(trim->end, trim->problem->cluster) && without.level[balance] > with.level[balance];
    if (trim->trial->violations == 0 && !power && hot_among(trim->end, changes, n) <= hot &&
        may_stand(trim, &with, &without, lost_balance)) {
        trim->lost_balance += MAX(0, lost_balance);
        return TRUE;
    }
    set_steps(trim, changes, n, TRUE, sizes);
    return FALSE;
}

static double gain_of(Trim *trim, const Change *change)
{
    int size = size_of(trim, change);
    int64_t with = trim->trial->cost.level[LEVEL_HOT];
    set_step(trim, change, FALSE, 0);
    int64_t without = trim->trial->cost.level[LEVEL_HOT];
    set_step(trim, change, TRUE, size);
    return points(without - with);
}

static int compare_gain(gconstpointer a, gconstpointer b)
{
    const Step *left = a, *right = b;
    if (left->gain != right->gain)
        return left->gain < right->gain ? -1 : 1;
    return left->change.vm - right->change.vm;
}

/* the cheapest first, again while some go: what one leaves behind may make another needless */
static void take_out_single(Trim *trim, GArray *steps)
{
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        for (guint i = 0; i < steps->len;) {
            const Change *change = &g_array_index(steps, Step, i).change;
            if (try_without(trim, &change, 1)) {
                g_array_remove_index(steps, i);
                again = TRUE;
            } else {
                i++;
            }
        }
    }
}

/* a move with one that leaves the host where it goes: neither can stay behind alone. TRUE where one pair
 * went */
static gboolean take_out_pairs(Trim *trim, GArray *steps)
{
    for (guint i = 0; i < steps->len; i++) {
        for (guint j = 0; j < steps->len; j++) {
            const Change *pair[] = {&g_array_index(steps, Step, i).change,
                                    &g_array_index(steps, Step, j).change};
            if (i == j || pair[0]->action != ACTION_MIGRATE || pair[1]->action != ACTION_MIGRATE ||
                pair[0]->to != pair[1]->from || !try_without(trim, pair, G_N_ELEMENTS(pair)))
                continue;
            g_array_remove_index(steps, MAX(i, j));
            g_array_remove_index(steps, MIN(i, j));
            return TRUE;
        }
    }
    return FALSE;
}

static void add_ends(GHashTable *hosts, const Change *move)
{
    g_hash_table_add(hosts, GINT_TO_POINTER(move->from));
    g_hash_table_add(hosts, GINT_TO_POINTER(move->to));
}

/* the indices of the moves between the two hosts of the first; or, where wide, of all that are connected with
 * it by their hosts */
static GArray *group_of(const GArray *steps, guint first, gboolean wide)
{
    GArray *group = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) hosts = g_hash_table_new(NULL, NULL);
    g_autofree gboolean *in = g_new0(gboolean, steps->len);
    add_ends(hosts, &g_array_index(steps, Step, first).change);
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        for (guint i = 0; i < steps->len; i++) {
            const Change *change = &g_array_index(steps, Step, i).change;
            gboolean leaves = g_hash_table_contains(hosts, GINT_TO_POINTER(change->from));
            gboolean comes = g_hash_table_contains(hosts, GINT_TO_POINTER(change->to));
            if (in[i] || change->action != ACTION_MIGRATE || !(wide ? leaves || comes : leaves && comes))
                continue;
            add_ends(hosts, change);
            in[i] = again = TRUE;
        }
    }
    for (guint i = 0; i < steps->len; i++)
        if (in[i])
            g_array_append_val(group, i);
    return group;
}

static gboolean try_without_group(Trim *trim, GArray *steps, const GArray *group)
{
    g_autofree const Change **changes = g_new(const Change *, group->len);
    for (guint i = 0; i < group->len; i++)
        changes[i] = &g_array_index(steps, Step, g_array_index(group, guint, i)).change;
    if (!try_without(trim, changes, group->len))
        return FALSE;
    for (guint i = group->len; i-- > 0;)
        g_array_remove_index(steps, g_array_index(group, guint, i));
    return TRUE;
}

/* Moves that exchange VMs hold each other: neither one of them nor two can stay behind, however little all of
 * them bring. TRUE where a group went */
static gboolean take_out_groups(Trim *trim, GArray *steps, gboolean wide)
{
    g_autofree gboolean *tried = g_new0(gboolean, steps->len);
    for (guint i = 0; i < steps->len; i++) {
        if (tried[i] || g_array_index(steps, Step, i).change.action != ACTION_MIGRATE)
            continue;
        g_autoptr(GArray) group = group_of(steps, i, wide);
        for (guint k = 0; k < group->len; k++)
            tried[g_array_index(group, guint, k)] = TRUE;
        if (group->len > 1 && try_without_group(trim, steps, group))
            return TRUE;
    }
    return FALSE;
}

void trim_placement(const ClusterProblem *problem, const Model *start, Placement *placement)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    cluster_problem_changes(problem, start, placement, changes);
    if (changes->len == 0)
        return;
    g_autoptr(Assignment) trial = assignment_new(problem->problem, placement);
    Trim trim = {.problem = problem, .policy = start->policy, .trial = trial, .end = model_copy(start)};
    for (guint i = 0; i < changes->len; i++) {
        Step step = {g_array_index(changes, Change, i), 0};
        change_apply(trim.end, &step.change);
        step.gain = gain_of(&trim, &step.change);
        if (start->vms[step.change.vm].measured) /* others move only where a host is to be emptied */
            g_array_append_val(steps, step);
    }
    g_array_sort(steps, compare_gain);
    /* a whole levelling that brings too little, before single steps have given up what may be */
    while (trim.policy->balance != BALANCE_OFF && take_out_groups(&trim, steps, TRUE))
        ;
    take_out_single(&trim, steps);
    while (take_out_pairs(&trim, steps) || take_out_groups(&trim, steps, FALSE) ||
           take_out_groups(&trim, steps, TRUE))
        take_out_single(&trim, steps);
    assignment_save(trial, placement);
    model_free(trim.end);
}
