/* SPDX-License-Identifier: MIT */
#include "plan/trim.h"

#include "plan/draft.h"
#include "plan/trial.h"

#include <math.h>

typedef struct Trim {
    const ClusterProblem *problem;
    const Policy *policy;
    Trial *trial;        /* the placement */
    Model *end;          /* with all steps of the placement */
    double lost_balance; /* points of deviation given up so far: each step brings little of it, all together
                            much */
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

/* puts a step into the placement, or takes it out */
static void set_step(const Trim *trim, const Change *change, gboolean done, int size)
{
    const ClusterProblem *problem = trim->problem;
    if (change->action == ACTION_MIGRATE)
        trial_shift(trim->trial, problem->process_of[change->vm],
                    problem->machine_of[done ? change->to : change->from]);
    else
        trial_resize(trim->trial, cluster_problem_growth(trim->problem, change), done ? size : 0);
}

static int size_of(const Trim *trim, const Change *change)
{
    int growth = cluster_problem_growth(trim->problem, change);
    return growth < 0 ? 0 : trial_size(trim->trial, growth);
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

static void try_without(Trim *trim, const Change *change)
{
    gboolean balanced = trim->policy->balance != BALANCE_OFF;
    Change back = reversed(change);
    int size = size_of(trim, change);
    guint hot = hot_among(trim->end, change);
    const Cost with = trial_cost(trim->trial, NULL);
    double uneven = balanced ? unevenness(trim) : 0;
    effect_apply(trim->end, &back);
    set_step(trim, change, FALSE, 0);
    int64_t violations = 0;
    const Cost without = trial_cost(trim->trial, &violations);
    double lost_balance = balanced ? unevenness(trim) - uneven : 0;
    int balance = trim->problem->level_balance;
    gboolean power =
        model_saves_power(trim->end, trim->problem->cluster) && without.level[balance] > with.level[balance];
    if (violations == 0 && !power && hot_among(trim->end, change) <= hot &&
        may_stand(trim, &with, &without, lost_balance)) {
        trim->lost_balance += MAX(0, lost_balance);
        return;
    }
    set_step(trim, change, TRUE, size);
    effect_apply(trim->end, change);
}

static double gain_of(Trim *trim, const Change *change)
{
    int size = size_of(trim, change);
    int64_t with = trial_cost(trim->trial, NULL).level[LEVEL_HOT];
    set_step(trim, change, FALSE, 0);
    int64_t without = trial_cost(trim->trial, NULL).level[LEVEL_HOT];
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

void trim_placement(const ClusterProblem *problem, const Model *start, Placement *placement)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    cluster_problem_changes(problem, start, placement, changes);
    if (changes->len == 0)
        return;
    g_autoptr(Trial) trial = trial_new(problem->problem, placement);
    Trim trim = {.problem = problem, .policy = start->policy, .trial = trial, .end = model_copy(start)};
    for (guint i = 0; i < changes->len; i++) {
        Step step = {g_array_index(changes, Change, i), 0};
        effect_apply(trim.end, &step.change);
        step.gain = gain_of(&trim, &step.change);
        g_array_append_val(steps, step);
    }
    g_array_sort(steps, compare_gain);
    for (guint i = 0; i < steps->len; i++) {
        const Change *change = &g_array_index(steps, Step, i).change;
        if (start->vms[change->vm].measured) /* others move only where a host is to be emptied */
            try_without(&trim, change);
    }
    trial_save(trial, placement);
    model_free(trim.end);
}
