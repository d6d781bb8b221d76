/* SPDX-License-Identifier: MIT */
#include "plan/growthproblem.h"

#include "analyze/buffer.h"
#include "plan/admission.h"
#include "plan/growth.h"
#include "plan/needs.h"

#include <math.h>

#define MEMORY_SIZES 8
#define VCPU_SHORTAGE 1 /* beside MiB: memory goes first */

/* what sizes take from budgets: of what may be used, in units of the need that grows; of what may be
 * reserved, in MiB */
enum { DEBIT_USED, DEBIT_RESERVED };

/* what a kind of addition takes from */
typedef struct Purse {
    Resource resource;
    int need;
    const double *pool_use; /* [pools] */
    int cluster_budget;
    GHashTable *of_pool; /* pool -> its budget */
} Purse;

/* what reservations take from */
typedef struct Reserves {
    int cluster_budget;  /* admission control's; -1 where it sets none */
    GHashTable *of_pool; /* pool -> its budget */
} Reserves;

typedef struct Growths {
    const Situation *situation;
    const Model *model;
    Problem *problem;
    const GArray *hosts, *vms; /* guint: of each machine, of each process */
    GArray *growing;           /* Growing: of each growth */
    Reserves reserves;
} Growths;

/* a pool's room as a budget, made when the first VM below the pool may grow; -1 where it has no limit */
static int budget_of_pool(const Growths *g, const Purse *purse, guint pool)
{
    double room = pool_limit(&g->model->snapshot->pools[pool], purse->resource) - purse->pool_use[pool];
    if (isinf(room))
        return -1;
    gpointer known;
    if (g_hash_table_lookup_extended(purse->of_pool, GUINT_TO_POINTER(pool), NULL, &known))
        return GPOINTER_TO_INT(known);
    int budget = problem_add_budget(g->problem, DEBIT_USED, needs_units(purse->need, MAX(0, room)));
    g_hash_table_insert(purse->of_pool, GUINT_TO_POINTER(pool), GINT_TO_POINTER(budget));
    return budget;
}

static int budget_of_reservations(const Growths *g, double room)
{
    return isinf(room) ? -1 : problem_add_budget(g->problem, DEBIT_RESERVED, (int64_t)floor(MAX(0, room)));
}

/* what may be reserved in a pool and below it as a budget, as for its use */
static int reserve_of_pool(const Growths *g, guint pool)
{
    gpointer known;
    if (g_hash_table_lookup_extended(g->reserves.of_pool, GUINT_TO_POINTER(pool), NULL, &known))
        return GPOINTER_TO_INT(known);
    int budget = budget_of_reservations(g, admission_pool_bound(g->model, pool));
    g_hash_table_insert(g->reserves.of_pool, GUINT_TO_POINTER(pool), GINT_TO_POINTER(budget));
    return budget;
}

/* A pool that is not expandable borrows nothing from those above it. */
static void debit_reserves(const Growths *g, int growth, guint vm, int action)
{
    const Vm *row = g->model->vms[vm].row;
    const Pool *pools = g->model->snapshot->pools;
    if (g->reserves.cluster_budget >= 0 && action == ACTION_ADD_MEMORY && row->memory_reservation_locked == 1)
        problem_debit(g->problem, growth, g->reserves.cluster_budget);
    for (int pool = row->pool; pool >= 0;
         pool = pools[pool].memory_expandable == 0 ? -1 : pools[pool].parent) {
        int budget = reserve_of_pool(g, (guint)pool);
        if (budget >= 0)
            problem_debit(g->problem, growth, budget);
    }
}

static GArray *begin_growth(const Growths *g, const Purse *purse, guint process, int action, int64_t shortage,
                            int reach)
{
    const Snapshot *snapshot = g->model->snapshot;
    guint vm = g_array_index(g->vms, guint, process);
    int growth = problem_add_growth(g->problem, (int)process, shortage, reach);
    problem_debit(g->problem, growth, purse->cluster_budget);
    for (int pool = g->model->vms[vm].row->pool; pool >= 0; pool = snapshot->pools[pool].parent) {
        int budget = budget_of_pool(g, purse, (guint)pool);
        if (budget >= 0)
            problem_debit(g->problem, growth, budget);
    }
    debit_reserves(g, growth, vm, action);
    Growing growing = {vm, action, g_array_new(FALSE, FALSE, sizeof(double))};
    g_array_append_val(g->growing, growing);
    return growing.totals;
}

static void add_memory_size(const Growths *g, guint vm, double mib, double missing, GArray *totals)
{
    const Model *model = g->model;
    double now_mib = model->vms[vm].memory_mib;
    int64_t add[N_NEEDS];
    needs_of_growth(model, ACTION_ADD_MEMORY, vm, mib, add);
    Size size = {.shortage = (int64_t)ceil(MAX(0, now_mib + missing - mib)),
                 .cost = model->policy->step_cost_count ? 1 : llround((mib - now_mib) / 1024 * 1000),
                 .debit = {[DEBIT_USED] = needs_units(NEED_MEMORY, (mib - now_mib) * 1024),
                           [DEBIT_RESERVED] = add[NEED_MEMORY_RESERVED]},
                 .add = add};
    problem_add_size(g->problem, (int)g->growing->len - 1, &size);
    g_array_append_val(totals, mib);
}

static gboolean is_in_budget(const Growths *g, guint vm, double mib)
{
    return legality_allows_growth(g->situation->legality, g->model, ACTION_ADD_MEMORY, vm, mib, LEGAL_BUDGET,
                                  NULL);
}

/* the largest total, from a step up to so much, that budgets have room for were no other VM to grow; 0 for
 * none */
static double largest_in_budget(const Growths *g, guint vm, double step, double most)
{
    double unit = g->model->vms[vm].row->memory_hot_add_step_mib > 0
                      ? g->model->vms[vm].row->memory_hot_add_step_mib
                      : 1;
    if (is_in_budget(g, vm, most))
        return most;
    if (!is_in_budget(g, vm, step))
        return 0;
    double fits = 0, over = floor((most - step) / unit) + 1; /* units above the step */
    while (over - fits > 1) {
        double middle = floor((fits + over) / 2);
        if (is_in_budget(g, vm, step + middle * unit))
            fits = middle;
        else
            over = middle;
    }
    return step + fits * unit;
}

/* one step of memory_step_mib, as the other strategy adds, and parts of what is missing up to the most that
 * the VM may have, each no smaller than a step */
static void add_memory_sizes(const Growths *g, guint vm, double missing, double step, double most,
                             GArray *totals)
{
    const Model *model = g->model;
    double now_mib = model->vms[vm].memory_mib, before = step;
    add_memory_size(g, vm, step, missing, totals);
    for (int i = 1; i <= MEMORY_SIZES; i++) {
        double mib = MIN(growth_legal_memory(model, vm, now_mib + missing * i / MEMORY_SIZES), most);
        if (mib <= before)
            continue;
        add_memory_size(g, vm, mib, missing, totals);
        before = mib;
    }
}

static void add_memory_growth(const Growths *g, const Purse *purse, guint process)
{
    const Model *model = g->model;
    guint vm = g_array_index(g->vms, guint, process);
    double missing = model->vms[vm].state == STATE_SHORT ? growth_wanted_memory(model, vm) : 0;
    if (missing <= 0)
        return;
    double now_mib = model->vms[vm].memory_mib, most = growth_largest_memory(model, g->situation->past, vm);
    double step = growth_legal_memory(model, vm, now_mib + model->policy->memory_step_mib);
    if (most < step || !legality_allows_growth(g->situation->legality, model, ACTION_ADD_MEMORY, vm, step,
                                               LEGAL_SUBJECT, NULL))
        return;
    most = MIN(most, MAX(step, growth_legal_memory(model, vm, now_mib + missing)));
    most = largest_in_budget(g, vm, step, most);
    if (most < step)
        return;
    GArray *totals = begin_growth(g, purse, process, ACTION_ADD_MEMORY, (int64_t)ceil(missing), -1);
    add_memory_sizes(g, vm, missing, step, most, totals);
}

static double fastest_core(const Growths *g)
{
    double fastest = 0;
    for (guint m = 0; m < g->hosts->len; m++)
        fastest = MAX(fastest, g->model->snapshot->hosts[g_array_index(g->hosts, guint, m)].core_mhz);
    return fastest;
}

/* Wherever the VM is then, its new vCPUs take no more of the buffer than those of the fastest host. */
static void add_cpu_growth(const Growths *g, const Purse *purse, guint process, int reach)
{
    const Model *model = g->model;
    guint vm = g_array_index(g->vms, guint, process);
    double now = model->vms[vm].vcpus, to = growth_legal_vcpus(model, vm);
    int64_t add[N_NEEDS];
    needs_of_growth(model, ACTION_ADD_CPU, vm, to, add);
    GArray *totals = begin_growth(g, purse, process, ACTION_ADD_CPU, VCPU_SHORTAGE, reach);
    Size size = {.shortage = 0,
                 .cost = model->policy->step_cost_count ? 1 : llround((to - now) * 1000),
                 .debit = {[DEBIT_USED] = needs_units(NEED_CPU, (to - now) * fastest_core(g)),
                           [DEBIT_RESERVED] = add[NEED_MEMORY_RESERVED]},
                 .add = add};
    problem_add_size(g->problem, (int)g->growing->len - 1, &size);
    g_array_append_val(totals, to);
}

static Purse purse_new(const Growths *g, Resource resource, int need, const double *pool_use, double room)
{
    int budget = problem_add_budget(g->problem, DEBIT_USED, needs_units(need, MAX(0, room)));
    return (Purse){resource, need, pool_use, budget, g_hash_table_new(NULL, NULL)};
}

void growthproblem_add(const Situation *situation, guint cluster, Problem *problem, const GArray *hosts,
                       const GArray *vms, const GArray *vcpu_reaches, GArray *growing)
{
    const Model *model = situation->start;
    Growths g = {situation, model, problem, hosts, vms, growing, {-1, g_hash_table_new(NULL, NULL)}};
    Purse memory = purse_new(&g, RESOURCE_HOST_MEMORY, NEED_MEMORY, model->pool_memory,
                             growth_cluster_room(model, cluster));
    Purse cpu = purse_new(&g, RESOURCE_CPU, NEED_CPU, model->pool_cpu, model->buffer_cpu[cluster]);
    g.reserves.cluster_budget = budget_of_reservations(&g, admission_cluster_room(model, cluster));
    for (guint process = 0; process < vms->len; process++) {
        guint host = (guint)model->vms[g_array_index(vms, guint, process)].host;
        if (!model->hosts[host].usable || model_is_to_empty(model, host))
            continue;
        add_memory_growth(&g, &memory, process);
        int reach = g_array_index(vcpu_reaches, int, process);
        if (reach != GROWTH_NO_VCPUS)
            add_cpu_growth(&g, &cpu, process, reach);
    }
    g_hash_table_unref(memory.of_pool);
    g_hash_table_unref(cpu.of_pool);
    g_hash_table_unref(g.reserves.of_pool);
}
