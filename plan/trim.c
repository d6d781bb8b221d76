/* SPDX-License-Identifier: MIT */
#include "plan/trim.h"

#include "plan/draft.h"

#include <math.h>

typedef struct Trim {
    const ClusterProblem *problem;
    const Policy *policy;
    Placement *placement;
    Model *end;                       /* with all steps of the placement */
    Cost cost;                        /* of the placement */
    double lost_relief, lost_balance; /* points given up so far */
} Trim;

/* a step that could be taken out, and the points of relief it brings */
typedef struct Step {
    Change change;
    double gain;
} Step;

static Change reversed(const Change *change)
{
    Change back = *change;
    back.from = change->to;
    back.to = change->from;
    back.was = change->amount;
    back.amount = change->was;
    return back;
}

/* puts a step into the placement, or takes it out; growths are known by their VM */
static void set_step(const Trim *trim, const Change *change, gboolean done, int size)
{
    const ClusterProblem *problem = trim->problem;
    if (change->action == ACTION_MIGRATE) {
        trim->placement->machine[problem->process_of[change->vm]] =
            problem->machine_of[done ? change->to : change->from];
        return;
    }
    for (guint g = 0; g < problem->growing->len; g++)
        if (g_array_index(problem->growing, guint, g) == (guint)change->vm)
            trim->placement->size[g] = done ? size : 0;
}

static int size_of(const Trim *trim, const Change *change)
{
    for (guint g = 0; change->action == ACTION_ADD_MEMORY && g < trim->problem->growing->len; g++)
        if (g_array_index(trim->problem->growing, guint, g) == (guint)change->vm)
            return trim->placement->size[g];
    return 0;
}

static guint hot_among(const Model *model, const Change *change)
{
    return (model->hosts[change->from].usable && model_excess(model, (guint)change->from, NULL) > 0) +
           (model->hosts[change->to].usable && model_excess(model, (guint)change->to, NULL) > 0);
}

static double points(int64_t more)
{
    return (double)more / (double)POINT;
}

static double unevenness(const Trim *trim)
{
    ClusterFigures figures = cluster_figures(trim->end, trim->problem->cluster);
    return figures.sd_cpu + figures.sd_memory;
}

/* whether the placement without a step may stand, by its cost and what has been given up before */
static gboolean may_stand(const Trim *trim, const Cost *without, double lost_balance)
{
    const Cost *with = &trim->cost;
    double lost = trim->lost_relief + points(without->level[LEVEL_HOT] - with->level[LEVEL_HOT]);
    return without->level[LEVEL_BROKEN] <= with->level[LEVEL_BROKEN] &&
           without->level[LEVEL_EMPTYING] <= with->level[LEVEL_EMPTYING] &&
           without->level[LEVEL_SHORT] <= with->level[LEVEL_SHORT] &&
           without->level[LEVEL_SHOULD] <= with->level[LEVEL_SHOULD] &&
           (lost <= 0 || lost < trim->policy->min_gain) &&
           (lost_balance <= 0 || trim->lost_balance + lost_balance < trim->policy->min_gain);
}

static void try_without(Trim *trim, const Change *change)
{
    gboolean balanced = trim->policy->balance != BALANCE_OFF;
    Change back = reversed(change);
    int size = size_of(trim, change);
    guint hot = hot_among(trim->end, change);
    double uneven = balanced ? unevenness(trim) : 0;
    effect_apply(trim->end, &back);
    set_step(trim, change, FALSE, 0);
    int64_t violations = 0;
    Cost without = problem_cost(trim->problem->problem, trim->placement, &violations);
    double lost_balance = balanced ? unevenness(trim) - uneven : 0;
    gboolean power =
        model_saves_power(trim->end, trim->problem->cluster) &&
        without.level[trim->problem->level_balance] > trim->cost.level[trim->problem->level_balance];
    if (violations == 0 && !power && hot_among(trim->end, change) <= hot &&
        may_stand(trim, &without, lost_balance)) {
        trim->lost_relief += MAX(0, points(without.level[LEVEL_HOT] - trim->cost.level[LEVEL_HOT]));
        trim->lost_balance += MAX(0, lost_balance);
        trim->cost = without;
        return;
    }
    set_step(trim, change, TRUE, size);
    effect_apply(trim->end, change);
}

static double gain_of(Trim *trim, const Change *change)
{
    int size = size_of(trim, change);
    set_step(trim, change, FALSE, 0);
    Cost without = problem_cost(trim->problem->problem, trim->placement, NULL);
    set_step(trim, change, TRUE, size);
    return points(without.level[LEVEL_HOT] - trim->cost.level[LEVEL_HOT]);
}

static int compare_gain(gconstpointer a, gconstpointer b)
{
    const Step *left = a, *right = b;
    if (left->gain != right->gain)
        return left->gain < right->gain ? -1 : 1;
    return left->change.vm - right->change.vm;
}

void trim_placement(const ClusterProblem *problem, const Model *start, Placement *placement)
{
    Trim trim = {
        .problem = problem, .policy = start->policy, .placement = placement, .end = model_copy(start)};
    trim.cost = problem_cost(problem->problem, placement, NULL);
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    cluster_problem_changes(problem, start, placement, changes);
    for (guint i = 0; i < changes->len; i++) {
        Step step = {g_array_index(changes, Change, i), 0};
        effect_apply(trim.end, &step.change);
        step.gain = gain_of(&trim, &step.change);
        g_array_append_val(steps, step);
    }
    g_array_sort(steps, compare_gain);
    for (guint i = 0; i < steps->len; i++)
        try_without(&trim, &g_array_index(steps, Step, i).change);
    model_free(trim.end);
}
