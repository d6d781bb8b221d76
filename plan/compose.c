/* SPDX-License-Identifier: MIT */
#include "plan/compose.h"

#include "collect/plural.h"
#include "plan/clusterstatus.h"
#include "plan/evacuation.h"
#include "plan/failover.h"
#include "plan/gather.h"
#include "plan/movetimes.h"
#include "plan/payoff.h"
#include "plan/power.h"
#include "plan/reasons.h"
#include "plan/schedule.h"
#include "plan/sequence.h"
#include "plan/unsolved.h"
#include "plan/window.h"

#include <math.h>
#include <string.h>

#define BY_HISTORY " By history: "
#define MOST_NAMED 5

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
    } else if (action_is_of_size(change->action)) {
        row->from = keep_number(composing, change->was);
        row->to = keep_number(composing, change->amount);
        row->unit = action_unit(change->action);
    }
}

/* what the change does to its hosts, and what speaks against it or is not known; the caller frees it */
static char *effect_of(const Composing *composing, const Change *change)
{
    const Legality *legality = composing->situation->legality;
    g_auto(Obstacle) why = {0};
    g_autofree char *effect = change_effect(composing->now, change);
    g_autofree char *unchecked = legality_unchecked(legality, change);
    gboolean again = change->action == ACTION_MIGRATE &&
                     legality_asks_again(legality, (guint)change->vm, (guint)change->to, &why);
    return g_strconcat(effect, again ? "; asked for again, though the host " : "", again ? why.words : "",
                       *unchecked ? "; not checked, the snapshot lacks it: " : "", unchecked, NULL);
}

static PlanRow row_of_change(const Composing *composing, const Change *change)
{
    PlanRow row = row_about(composing, change->from, change->vm);
    row.action = change->action;
    fill_from_to(composing, change, &row);
    row.cause = cause_names[change->cause];
    row.reason = keep(composing, change->reason);
    g_autofree char *effect = effect_of(composing, change);
    row.effect = keep(composing, effect);
    return row;
}

static const char *after_of(const Composing *composing, const Change *change)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < change->after->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(change->after, guint, i) + 1);
    return keep(composing, text->str);
}

static const char *args_of(const Composing *composing, const Change *change)
{
    g_autofree char *args = change_args(composing->now, change);
    return keep(composing, args);
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
        else if (change->action != ACTION_MIGRATE && change->action != ACTION_RECLAIM_MEMORY)
            row.shared = row.reason;
        changeplan_add(composing->plan, &row);
        change_apply(composing->now, change);
    }
    model_free(composing->now);
    composing->now = real;
}

static void compose_sizes(Composing *composing)
{
    for (guint i = 0; i < composing->decisions->sizes->len; i++) {
        const SizeAdvice *advice = &g_array_index(composing->decisions->sizes, SizeAdvice, i);
        PlanRow row = row_about(composing, -1, (int)advice->vm);
        row.kind = ROW_ADVICE;
        row.action = advice->action;
        if (advice->action >= 0) {
            row.from = keep_number(composing, advice->was);
            row.to = keep_number(composing, advice->amount);
            row.unit = action_unit(advice->action);
        }
        row.cause = cause_names[advice->cause];
        row.reason = row.shared = keep(composing, advice->reason);
        changeplan_add(composing->plan, &row);
    }
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
    double makespan = schedule_makespan(start, steps, steps->len, (guint)policy->parallel,
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

/* "; 2 VMs are left alone in what the vCenter refused (a, b)", or "" */
static void append_refused(const Composing *composing, GString *words)
{
    const Situation *situation = composing->situation;
    g_autoptr(GString) names = g_string_new(NULL);
    guint n = 0;
    for (guint vm = 0; vm < situation->start->n_vms; vm++) {
        if (!situation_decides_vm(situation, vm) || !legality_was_refused(situation->legality, vm))
            continue;
        if (n++ < MOST_NAMED)
            g_string_append_printf(names, "%s%s", n > 1 ? ", " : "", situation->start->vms[vm].row->name);
    }
    if (n > 0)
        g_string_append_printf(words, "%s%u %s left alone in what the vCenter refused (%s%s)",
                               words->len ? "; " : "", n, plural(n, "VM is", "VMs are"), names->str,
                               n > MOST_NAMED ? " …" : "");
}

/* what only the history knows: how good the estimates of past migrations were, whether moving still pays, and
 * what is not asked for again; "" where that is nothing */
static char *words_of_past(const Composing *composing)
{
    const Situation *situation = composing->situation;
    g_auto(MoveTimes) times = move_times_of(situation->past, situation->start->policy);
    g_autoptr(GString) words = g_string_new(NULL);
    if (times.n)
        g_string_append_printf(words, "estimates of %u %s were off by %.0f %% (median)", times.n,
                               plural(times.n, "migration", "migrations"), times.error_pct);
    g_autofree char *payoff = payoff_words(situation);
    if (payoff)
        g_string_append_printf(words, "%s%s", words->len ? "; " : "", payoff);
    append_refused(composing, words);
    return words->len ? g_strconcat(BY_HISTORY, words->str, ".", NULL) : g_strdup("");
}

/* The same; a check that is not given the history leaves what the plan says of it. */
static char *words_of_history(const Composing *composing)
{
    const char *before = strstr(composing->plan->summary, BY_HISTORY);
    return before && past_is_empty(composing->situation->past) ? g_strdup(before) : words_of_past(composing);
}

static guint count_rows(const ChangePlan *plan, int kind)
{
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++)
        if (g_array_index(plan->rows, PlanRow, i).kind == kind)
            n += gathered_count(&g_array_index(plan->rows, PlanRow, i));
    return n;
}

/* "" where a row saves power, or asks for more of it */
static char *words_of_power(const Composing *composing)
{
    const GArray *rows = composing->plan->rows;
    for (guint i = 0; i < rows->len; i++) {
        const PlanRow *row = &g_array_index(rows, PlanRow, i);
        if (strcmp(row->cause, cause_names[CAUSE_POWER]) == 0 || row->action == ACTION_STANDBY_HOST ||
            row->action == ACTION_WAKE_HOST)
            return g_strdup("");
    }
    return power_words_of_idle(composing->situation, composing->now);
}

static void compose_summary(const Composing *composing)
{
    ChangePlan *plan = composing->plan;
    guint moves = 0, additions = 0, reclaims = 0, emptied = 0, exits = 0;
    for (guint i = 0; i < composing->decisions->changes->len; i++) {
        int action = g_array_index(composing->decisions->changes, Change, i).action;
        moves += action == ACTION_MIGRATE;
        additions += action_is_growth(action);
        reclaims += action == ACTION_RECLAIM_MEMORY;
        emptied += action == ACTION_ENTER_MAINTENANCE;
        exits += action == ACTION_EXIT_MAINTENANCE;
    }
    g_autofree char *back = reclaims ? g_strdup_printf(" %u to give memory back,", reclaims) : g_strdup("");
    g_autofree char *maintenance =
        emptied ? g_strdup_printf(" %u to enter maintenance mode,", emptied) : g_strdup("");
    g_autofree char *left =
        exits ? g_strdup_printf(" %u to leave %s,", exits, emptied ? "it" : "maintenance mode")
              : g_strdup("");
    g_autofree char *past = words_of_history(composing);
    g_autofree char *failover = failover_words(composing->now);
    g_autofree char *restart = legality_restart_words(composing->situation->legality, composing->now);
    g_autofree char *power = words_of_power(composing);
    g_autofree char *verdict =
        evacuation_verdict(composing->situation, composing->now, composing->decisions->changes);
    g_autofree char *summary =
        g_strdup_printf("%s%sPlan: %u to migrate, %u to grow,%s%s%s %u advised, %u unsolved.%s%s%s%s",
                        composing->decisions->preface ? composing->decisions->preface : "", verdict, moves,
                        additions, back, maintenance, left, count_rows(plan, ROW_ADVICE),
                        count_rows(plan, ROW_UNSOLVED), failover, restart, power, past);
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
    compose_sizes(&composing);
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

/* the clusters that the plan is about: those it has figures of, and those of its steps; the caller frees */
static gboolean *clusters_of(const Model *start, const ChangePlan *plan, const GArray *changes)
{
    const Snapshot *snapshot = start->snapshot;
    gboolean *clusters = g_new0(gboolean, snapshot->n_clusters + 1);
    for (guint i = 0; i < plan->clusters->len; i++) {
        int found = snapshot_find_cluster(snapshot, g_array_index(plan->clusters, PlanCluster, i).id);
        if (found >= 0)
            clusters[found] = TRUE;
    }
    for (guint i = 0; i < changes->len; i++)
        clusters[start->hosts[g_array_index(changes, Change, i).from].cluster] = TRUE;
    return clusters;
}

/* TRUE where the steps are all those that the plan was made with, each as it was made */
static gboolean is_whole(const ChangePlan *plan, const GArray *rows)
{
    double made = 0;
    for (guint i = 0; i < plan->clusters->len; i++)
        made += g_array_index(plan->clusters, PlanCluster, i).figures.steps;
    gboolean whole = made == rows->len;
    for (guint i = 0; i < rows->len; i++)
        whole = whole && plan_row_is_as_made(g_array_index(rows, PlanRow *, i));
    return whole;
}

/* TRUE where the reason of a step is what plan/reasons says of it: threshold's moves have reasons of their
 * own, and so have VMs that do not run, and those that go by way of another host */
static gboolean is_explained(const Model *start, const GArray *changes, const Change *change)
{
    if (change->vm < 0 || action_is_of_size(change->action))
        return change->vm >= 0 && action_is_growth(change->action);
    guint moves = 0;
    for (guint i = 0; i < changes->len; i++) {
        const Change *other = &g_array_index(changes, Change, i);
        moves += other->action == ACTION_MIGRATE && other->vm == change->vm;
    }
    return moves == 1 && start->vms[change->vm].running && start->policy->strategy != STRATEGY_THRESHOLD;
}

static gboolean same_but_for_figures(const char *one, const char *other)
{
    static const char figures[] = "0123456789.";
    for (;; one++, other++) {
        one += strspn(one, figures);
        other += strspn(other, figures);
        if (*one != *other || !*one)
            return *one == *other;
    }
}

/* Why the approved steps are made is by what they come to together: where one is missing or another, that
 * has changed. A reviewer's own words stay. */
static void explain_again(const Composing *composing, const GArray *rows)
{
    const Situation *situation = composing->situation;
    const GArray *changes = composing->decisions->changes;
    g_autoptr(Model) end = model_after(situation->start, changes);
    for (guint i = 0; i < changes->len; i++) {
        Change change = g_array_index(changes, Change, i);
        PlanRow *row = g_array_index(rows, PlanRow *, i);
        if (!is_explained(situation->start, changes, &change) ||
            strcmp(row->cause, cause_names[CAUSE_HOME]) == 0)
            continue;
        reasons_explain(situation, end, changes, &change);
        g_autofree char *reason = change.reason;
        if (change.cause == CAUSE_EVACUATION || /* whose words have no figures; it may have been given up */
            (!plan_row_is_as_made(row) && *row->reason && !same_but_for_figures(row->reason, reason)))
            continue;
        row->cause = cause_names[change.cause];
        row->reason = keep(composing, reason);
    }
}

/* What is of the row's own is left where nobody has changed the row: a check may know less of the past. */
static void fill_again(const Composing *composing, const Change *change, const GArray *rows, PlanRow *row)
{
    PlanRow anew = row_of_change(composing, change);
    gboolean as_made = plan_row_is_as_made(row);
    row->cluster_id = anew.cluster_id;
    row->cluster = anew.cluster;
    row->effect = anew.effect;
    row->after = after_of_row(composing, change, rows);
    if (!as_made)
        row->est_s = ceil(table_round(change_seconds(composing->now, change)));
    if (change->action == ACTION_MIGRATE)
        row->args = args_of(composing, change);
}

void compose_again(const Situation *situation, ChangePlan *plan, GArray *changes, const GArray *rows)
{
    const Decisions decisions = {.changes = changes};
    g_autofree gboolean *clusters = clusters_of(situation->start, plan, changes);
    Situation of_plan = *situation;
    of_plan.clusters = clusters;
    Composing composing = {&of_plan, &decisions, plan, model_copy(situation->start)};
    if (!is_whole(plan, rows))
        explain_again(&composing, rows);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        fill_again(&composing, change, rows, g_array_index(rows, PlanRow *, i));
        change_apply(composing.now, change);
    }
    g_array_set_size(plan->clusters, 0);
    compose_clusters(&composing);
    compose_summary(&composing);
    model_free(composing.now);
}
