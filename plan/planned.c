/* SPDX-License-Identifier: MIT */
#include "plan/planned.h"

#include <math.h>
#include <string.h>

/* the hosts that were to be emptied and stay as they are, [n_hosts]: the plan was decided without them; the
 * caller frees it */
static gboolean *given_up_in(const ChangePlan *plan, const Model *start)
{
    gboolean *given_up = g_new0(gboolean, start->snapshot->n_hosts + 1);
    for (guint host = 0; host < start->snapshot->n_hosts; host++) {
        const char *id = start->snapshot->hosts[host].id;
        gboolean unsolved = FALSE, touched = FALSE;
        if (!model_is_asked_to_empty(start, host))
            continue;
        for (guint i = 0; i < plan->rows->len; i++) {
            const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
            gboolean about = strcmp(row->object_id, id) == 0;
            unsolved |= about && row->kind == ROW_UNSOLVED;
            touched |= row->kind == ROW_STEP && (about || strcmp(row->from_id, id) == 0);
        }
        given_up[host] = unsolved && !touched;
    }
    return given_up;
}

/* the indices of the changes that a row waits for */
static GArray *after_of(const PlanRow *row, GHashTable *places)
{
    GArray *after = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) numbers = plan_row_after(row);
    for (guint i = 0; i < numbers->len; i++) {
        gpointer number = GSIZE_TO_POINTER((gsize)g_array_index(numbers, double, i)), place;
        if (!g_hash_table_lookup_extended(places, number, NULL, &place))
            continue;
        guint index = GPOINTER_TO_UINT(place);
        g_array_append_val(after, index);
    }
    return after;
}

static void take_steps(Planned *planned, const ChangePlan *plan)
{
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        Change change;
        if (row->kind != ROW_STEP || row->approve != 1 ||
            !change_of_row(planned->end, plan->name, row, &change, NULL))
            continue;
        change.reason = NULL;
        change.after = after_of(row, places);
        g_hash_table_insert(places, GSIZE_TO_POINTER((gsize)row->step), GUINT_TO_POINTER(planned->rows->len));
        g_array_append_val(planned->changes, change);
        g_array_append_val(planned->rows, i);
        change_apply(planned->end, &change);
    }
}

Planned *planned_new(const Situation *situation, const ChangePlan *plan)
{
    g_autofree gboolean *given_up = given_up_in(plan, situation->start);
    Planned *planned = g_new0(Planned, 1);
    planned->situation = situation_giving_up(situation, given_up, FALSE);
    planned->changes = change_list_new();
    planned->rows = g_array_new(FALSE, FALSE, sizeof(guint));
    planned->end = model_copy(planned->situation->start);
    take_steps(planned, plan);
    return planned;
}

void planned_free(Planned *planned)
{
    if (!planned)
        return;
    model_free(planned->end);
    g_array_unref(planned->changes);
    g_array_unref(planned->rows);
    situation_free(planned->situation);
    g_free(planned);
}

GArray *planned_spans(const Planned *planned, const ChangePlan *plan)
{
    const Model *start = planned->situation->start;
    g_autofree StepTime *own = g_new(StepTime, planned->changes->len + 1);
    schedule_steps(start, planned->changes, planned->changes->len, (guint)start->policy->parallel,
                   (guint)start->policy->parallel_per_host, own);
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(StepTime));
    const StepTime never = {NAN, NAN};
    for (guint i = 0; i < plan->rows->len; i++)
        g_array_append_val(spans, never);
    for (guint i = 0; i < planned->rows->len; i++)
        g_array_index(spans, StepTime, g_array_index(planned->rows, guint, i)) = own[i];
    return spans;
}

/* ---- hosts that could take a VM ---- */

HostChoice planned_choice(const Planned *planned, guint vm, guint host)
{
    const Model *end = planned->end;
    gboolean measured = end->vms[vm].measured;
    HostChoice target = {.host = host, .cpu_pct = NAN, .memory_pct = NAN};
    target.possible =
        legality_allows_move(planned->situation->legality, end, vm, host,
                             measured ? LEGAL_TARGET : LEGAL_TARGET & ~(guint)LEGAL_HEAT, &target.why);
    if (!measured)
        return target;
    target.cpu_pct = model_usage_pct(end, host, RESOURCE_CPU, end->vms[vm].demand[RESOURCE_CPU]);
    target.memory_pct =
        model_usage_pct(end, host, RESOURCE_HOST_MEMORY, end->vms[vm].demand[RESOURCE_HOST_MEMORY]);
    return target;
}

/* what is not known comes last */
static double fullness(const HostChoice *target)
{
    double share = fmax(target->cpu_pct, target->memory_pct);
    return isnan(share) ? INFINITY : share;
}

static gint compare_choices(gconstpointer a, gconstpointer b, gpointer data)
{
    const HostChoice *left = a, *right = b;
    const Snapshot *snapshot = data;
    if (left->possible != right->possible)
        return left->possible ? -1 : 1;
    double here = fullness(left), there = fullness(right);
    if (here != there)
        return here < there ? -1 : 1;
    return strcmp(snapshot->hosts[left->host].id, snapshot->hosts[right->host].id);
}

static void clear_choice(gpointer data)
{
    obstacle_clear(&((HostChoice *)data)->why);
}

GArray *planned_choices(const Planned *planned, guint vm, int but_from, int but_to)
{
    const Snapshot *snapshot = planned->end->snapshot;
    GArray *targets = g_array_new(FALSE, FALSE, sizeof(HostChoice));
    g_array_set_clear_func(targets, clear_choice);
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (snapshot->hosts[host].cluster != planned->end->vms[vm].row->cluster || (int)host == but_from ||
            (int)host == but_to)
            continue;
        HostChoice target = planned_choice(planned, vm, host);
        g_array_append_val(targets, target);
    }
    g_array_sort_with_data(targets, compare_choices, (gpointer)snapshot);
    return targets;
}
