/* SPDX-License-Identifier: MIT */
#include "plan/compose.h"

#include "collect/plural.h"
#include "plan/clusterstatus.h"
#include "plan/evacuation.h"
#include "plan/failover.h"
#include "plan/gather.h"
#include "plan/reasons.h"
#include "plan/sequence.h"
#include "plan/unsolved.h"
#include "plan/window.h"

#include <math.h>
#include <string.h>

typedef struct Composing {
    const Situation *situation;
    const Decisions *decisions;
    ChangePlan *plan;
    Model *now; /* with the steps drafted so far */
} Composing;

/* ---- rows ---- */

static const char *keep(const Composing *composing, const char *text)
{
    return changeplan_string(composing->plan, text);
}

static const char *keep_number(const Composing *composing, double number)
{
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_number(text, number);
    return keep(composing, text->str);
}

static PlanRow row_about(const Composing *composing, int host, int vm)
{
    const Model *now = composing->now;
    const Snapshot *snapshot = now->snapshot;
    PlanRow row = plan_row_unknown();
    int cluster = vm >= 0 ? now->vms[vm].row->cluster : snapshot->hosts[host].cluster;
    row.object_id = keep(composing, vm >= 0 ? now->vms[vm].row->id : snapshot->hosts[host].id);
    row.object = keep(composing, vm >= 0 ? now->vms[vm].row->name : snapshot->hosts[host].name);
    row.instance_uuid = vm >= 0 ? keep(composing, now->vms[vm].row->instance_uuid) : "";
    row.cluster_id = keep(composing, snapshot->clusters[cluster].id);
    row.cluster = keep(composing, snapshot->clusters[cluster].name);
    return row;
}

static void fill_from_to(const Composing *composing, const Change *change, PlanRow *row)
{
    const Snapshot *snapshot = composing->now->snapshot;
    if (change->action == ACTION_MIGRATE) {
        row->from_id = keep(composing, snapshot->hosts[change->from].id);
        row->from = keep(composing, snapshot->hosts[change->from].name);
        row->to_id = keep(composing, snapshot->hosts[change->to].id);
        row->to = keep(composing, snapshot->hosts[change->to].name);
    } else if (action_is_growth(change->action)) {
        row->from = keep_number(composing, change->was);
        row->to = keep_number(composing, change->amount);
        row->unit = action_unit(change->action);
    }
}

static PlanRow row_of_change(const Composing *composing, const Change *change)
{
    PlanRow row = row_about(composing, change->from, change->vm);
    row.action = change->action;
    fill_from_to(composing, change, &row);
    row.cause = cause_names[change->cause];
    row.reason = keep(composing, change->reason);
    g_autofree char *effect = change_effect(composing->now, change);
    g_autofree char *unchecked = legality_unchecked(composing->situation->legality, change);
    if (*unchecked) {
        g_autofree char *noted =
            g_strdup_printf("%s; not checked, the snapshot lacks it: %s", effect, unchecked);
        row.effect = keep(composing, noted);
    } else {
        row.effect = keep(composing, effect);
    }
    return row;
}

static const char *after_of(const Composing *composing, const Change *change)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < change->after->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(change->after, guint, i) + 1);
    return keep(composing, text->str);
}

/* What apply needs to know of a step beside its object and where it leads. */
static const char *args_of(const Composing *composing, const Change *change)
{
    const Model *now = composing->now;
    const Snapshot *snapshot = now->snapshot;
    g_autoptr(GString) args = g_string_new(NULL);
    if (change->action == ACTION_MIGRATE) {
        g_string_append_printf(args, "copy_mib=%.0f", ceil(change_copy_bytes(now, change) / (1024 * 1024)));
        if (!now->vms[change->vm].running)
            g_string_append_printf(args, " power=%s",
                                   now->vms[change->vm].row->power == VM_POWER_OFF ? "off" : "suspended");
    } else if (change->action == ACTION_ENTER_MAINTENANCE && *now->policy->vsan_mode &&
               snapshot->clusters[now->hosts[change->to].cluster].vsan != 0) {
        g_string_append_printf(args, "vsan_mode=%s", now->policy->vsan_mode);
    }
    return keep(composing, args->str);
}

static void compose_steps(Composing *composing)
{
    for (guint i = 0; i < composing->decisions->changes->len; i++) {
        const Change *change = &g_array_index(composing->decisions->changes, Change, i);
        PlanRow row = row_of_change(composing, change);
        row.kind = ROW_STEP;
        row.step = i + 1;
        row.approve = 1;
        g_array_sort(change->after, index_compare);
        row.after = after_of(composing, change);
        row.est_s = ceil(table_round(change_seconds(composing->now, change)));
        row.args = args_of(composing, change);
        changeplan_add(composing->plan, &row);
        change_apply(composing->now, change);
    }
}

/* "; after the advice on srv1, srv2", by what must come before in a list; "" where nothing must */
static char *words_of_before(const Composing *composing, const GArray *advice, const Change *change)
{
    GString *words = g_string_new(NULL);
    for (guint i = 0; change->after && i < change->after->len; i++) {
        const Change *before = &g_array_index(advice, Change, g_array_index(change->after, guint, i));
        const Model *now = composing->now;
        g_string_append_printf(words, "%s%s", i ? ", " : "; after the advice above on ",
                               before->vm >= 0 ? now->vms[before->vm].row->name
                                               : now->snapshot->hosts[before->to].name);
    }
    return g_string_free(words, FALSE);
}

/* Advice is not done: its effects are told on a copy, as if each piece before it had been followed. */
static void compose_advice(Composing *composing)
{
    Model *real = composing->now;
    composing->now = model_copy(real);
    for (guint i = 0; i < composing->decisions->advice->len; i++) {
        const Change *change = &g_array_index(composing->decisions->advice, Change, i);
        PlanRow row = row_of_change(composing, change);
        g_autofree char *before = words_of_before(composing, composing->decisions->advice, change);
        g_autofree char *reason = g_strconcat(change->reason, before, NULL);
        row.kind = ROW_ADVICE;
        row.reason = keep(composing, reason);
        if (change->vm < 0)
            row.args = args_of(composing, change);
        else if (change->action != ACTION_MIGRATE)
            row.shared = row.reason;
        changeplan_add(composing->plan, &row);
        change_apply(composing->now, change);
    }
    model_free(composing->now);
    composing->now = real;
}

static void compose_unsolved(Composing *composing)
{
    for (guint i = 0; i < composing->decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(composing->decisions->unsolved, Unsolved, i);
        PlanRow row = row_about(composing, unsolved->host, unsolved->vm);
        row.kind = ROW_UNSOLVED;
        row.cause = obstacle_names[unsolved->code];
        row.reason = keep(composing, unsolved->reason);
        if (unsolved->vm >= 0)
            row.shared = unsolved->shared ? keep(composing, unsolved->shared) : row.reason;
        changeplan_add(composing->plan, &row);
    }
}

/* ---- the header ---- */

/* The cluster's own steps: the others keep neither their hosts nor their network busy. */
static GArray *steps_of_cluster(const Composing *composing, guint cluster)
{
    const GArray *all = composing->decisions->changes;
    GArray *own = change_list_new();
    g_autofree guint *place = g_new0(guint, all->len + 1);
    for (guint i = 0; i < all->len; i++) {
        const Change *change = &g_array_index(all, Change, i);
        if (composing->now->hosts[change->from].cluster != (int)cluster)
            continue;
        Change copy = *change;
        copy.reason = NULL;
        copy.after = g_array_new(FALSE, FALSE, sizeof(guint));
        for (guint j = 0; j < change->after->len; j++)
            g_array_append_val(copy.after, place[g_array_index(change->after, guint, j)]);
        place[i] = own->len;
        g_array_append_val(own, copy);
    }
    return own;
}

static ClusterFigures figures_of(const Composing *composing, guint cluster)
{
    const Model *start = composing->situation->start;
    const Policy *policy = start->policy;
    g_autoptr(GArray) steps = steps_of_cluster(composing, cluster);
    double makespan = sequence_makespan(start, steps, steps->len, (guint)policy->parallel,
                                        (guint)policy->parallel_per_host);
    double bytes = 0, moves = 0;
    for (guint i = 0; i < steps->len; i++) {
        const Change *step = &g_array_index(steps, Change, i);
        bytes += change_copy_bytes(start, step);
        moves += step->action == ACTION_MIGRATE;
    }
    return (ClusterFigures){.before = cluster_status(start, cluster),
                            .after = cluster_status(composing->now, cluster),
                            .steps = steps->len,
                            .moves = moves,
                            .copy_mib = ceil(bytes / (1024 * 1024)),
                            .makespan_s = table_round(makespan)};
}

static void compose_clusters(const Composing *composing)
{
    const Snapshot *snapshot = composing->situation->start->snapshot;
    for (guint i = 0; i < snapshot->n_clusters; i++) {
        if (!situation_decides(composing->situation, i))
            continue;
        ClusterFigures figures = figures_of(composing, i);
        changeplan_add_cluster(composing->plan, snapshot->clusters[i].id, snapshot->clusters[i].name,
                               &figures);
    }
}

/* how good the estimates of past migrations were; nothing where none is known */
static char *words_of_past(const Composing *composing)
{
    const Situation *situation = composing->situation;
    MoveTimes times = past_move_times(situation->past, situation->start->policy);
    return times.n ? g_strdup_printf(" Estimates of %u past %s were off by %.0f %% (median).", times.n,
                                     plural(times.n, "migration", "migrations"), times.error_pct)
                   : g_strdup("");
}

static guint count_rows(const ChangePlan *plan, int kind)
{
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++)
        if (g_array_index(plan->rows, PlanRow, i).kind == kind)
            n += gathered_count(&g_array_index(plan->rows, PlanRow, i));
    return n;
}

static void compose_summary(const Composing *composing)
{
    ChangePlan *plan = composing->plan;
    guint moves = 0, additions = 0, emptied = 0;
    for (guint i = 0; i < composing->decisions->changes->len; i++) {
        int action = g_array_index(composing->decisions->changes, Change, i).action;
        moves += action == ACTION_MIGRATE;
        additions += action_is_growth(action);
        emptied += action == ACTION_ENTER_MAINTENANCE;
    }
    g_autofree char *maintenance =
        emptied ? g_strdup_printf(" %u to enter maintenance mode,", emptied) : g_strdup("");
    g_autofree char *past = words_of_past(composing);
    g_autofree char *failover = failover_words(composing->now);
    g_autofree char *restart = legality_restart_words(composing->situation->legality, composing->now);
    g_autofree char *verdict =
        evacuation_verdict(composing->situation, composing->now, composing->decisions->changes);
    g_autofree char *summary = g_strdup_printf(
        "%sPlan: %u to migrate, %u to grow,%s %u advised, %u unsolved.%s%s%s", verdict, moves, additions,
        maintenance, count_rows(plan, ROW_ADVICE), count_rows(plan, ROW_UNSOLVED), failover, restart, past);
    plan->summary = keep(composing, summary);
}

static void compose_header(const Composing *composing)
{
    ChangePlan *plan = composing->plan;
    const Model *start = composing->situation->start;
    const Snapshot *snapshot = start->snapshot;
    g_autofree char *policy = policy_plan_digest(start->policy);
    plan->snapshot = keep(composing, snapshot->digest);
    plan->source = keep(composing, snapshot->info.source);
    plan->source_id = keep(composing, snapshot->info.source_id);
    plan->taken_at = snapshot->info.taken_at;
    plan->policy = keep(composing, policy);
    plan->seed = keep_number(composing, start->policy->seed);
    plan->stopped_by = keep(composing, composing->decisions->stopped_by);
    compose_summary(composing);
}

/* Puts advice into an order in which each piece is safe once the steps are made and those before it followed;
 * what is no vMotion, or has no such order, comes last. */
static void order_advice(const Situation *situation, Decisions *decisions)
{
    g_autoptr(Model) end = model_after(situation->start, decisions->changes);
    Situation after = *situation;
    after.start = end;
    GArray *ordered = change_list_new();
    g_autoptr(GArray) others = change_list_new();
    g_autoptr(GArray) blocked = change_list_new();
    for (guint i = 0; i < decisions->advice->len; i++) {
        Change *advice = &g_array_index(decisions->advice, Change, i);
        g_array_append_vals(advice->action == ACTION_MIGRATE ? ordered : others, advice, 1);
        *advice = (Change){.vm = -1};
    }
    sequence_order(&after, ordered, blocked);
    for (guint i = 0; i < blocked->len; i++) {
        Change *advice = &g_array_index(blocked, Change, i);
        g_autofree char *reason = advice->reason;
        advice->reason =
            g_strconcat(reason, "; no safe order was found for it: room must be made first", NULL);
    }
    change_list_take(ordered, blocked);
    change_list_take(ordered, others);
    g_array_unref(decisions->advice);
    decisions->advice = ordered;
}

ChangePlan *compose_plan(const Situation *situation, Decisions *decisions)
{
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(situation, decisions->changes, blocked);
    for (guint i = 0; i < blocked->len; i++) {
        const Change *change = &g_array_index(blocked, Change, i);
        decisions_add_undone(
            decisions, change, OBSTACLE_NO_ORDER,
            g_strdup_printf("no safe order found for a step that would help (%s)", change->reason));
    }
    window_cut(situation, decisions);
    order_advice(situation, decisions);
    Composing composing = {situation, decisions, changeplan_new(), model_copy(situation->start)};
    compose_steps(&composing);
    compose_advice(&composing);
    compose_unsolved(&composing);
    compose_clusters(&composing);
    compose_header(&composing);
    model_free(composing.now);
    return composing.plan;
}

/* the numbers of the rows that a change comes after */
static const char *after_of_row(const Composing *composing, const Change *change, const GArray *rows)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < change->after->len; i++) {
        guint number = (guint)g_array_index(rows, PlanRow *, g_array_index(change->after, guint, i))->step;
        g_array_append_val(numbers, number);
    }
    g_array_sort(numbers, index_compare);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < numbers->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(numbers, guint, i));
    return keep(composing, text->str);
}

/* TRUE where two reasons begin with the same clause: the one is not somebody's own words */
static gboolean begin_alike(const char *one, const char *other)
{
    return strncmp(one, other, strcspn(other, ";")) == 0;
}

/* Figures in a reason are of all that was planned: those of relief are told anew of what is left, those of
 * growth where somebody changed it. */
static void explain_again(const Composing *composing, const Model *end, const GArray *changes, PlanRow *row,
                          const Change *change)
{
    gboolean as_made = plan_row_is_as_made(row);
    gboolean of_heat = strcmp(row->cause, cause_names[CAUSE_HOT_HOST]) == 0 ||
                       strcmp(row->cause, cause_names[CAUSE_BROKEN_RULE]) == 0;
    gboolean relief =
        change->action == ACTION_MIGRATE && of_heat && as_made && end->policy->strategy == STRATEGY_OPTIMIZE;
    if (!relief && (as_made || !action_is_growth(change->action)))
        return;
    Change again = *change;
    again.reason = NULL;
    reasons_explain(composing->situation, end, changes, &again);
    if (relief || begin_alike(row->reason, again.reason))
        row->reason = keep(composing, again.reason);
    g_free(again.reason);
}

void compose_again(const Situation *situation, ChangePlan *plan, GArray *changes, const GArray *rows)
{
    const Decisions decisions = {.changes = changes};
    Composing composing = {situation, &decisions, plan, model_copy(situation->start)};
    g_autoptr(Model) end = model_after(situation->start, changes);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        explain_again(&composing, end, changes, g_array_index(rows, PlanRow *, i), change);
        PlanRow *row = g_array_index(rows, PlanRow *, i), anew = row_of_change(&composing, change);
        row->cluster_id = anew.cluster_id;
        row->cluster = anew.cluster;
        row->effect = anew.effect;
        row->after = after_of_row(&composing, change, rows);
        row->est_s = ceil(table_round(change_seconds(composing.now, change)));
        if (change->action == ACTION_MIGRATE)
            row->args = args_of(&composing, change);
        change_apply(composing.now, change);
    }
    g_array_set_size(plan->clusters, 0);
    compose_clusters(&composing);
    compose_summary(&composing);
    model_free(composing.now);
}
