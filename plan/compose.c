/* SPDX-License-Identifier: MIT */
#include "plan/compose.h"

#include "plan/failover.h"
#include "plan/unsolved.h"
#include "plan/sequence.h"
#include "plan/window.h"

#include <math.h>

typedef struct Drafting {
    const Situation *situation;
    const Decisions *decisions;
    ChangePlan *plan;
    Model *now; /* with the steps drafted so far */
} Drafting;

/* ---- figures ---- */

typedef struct Spread {
    double sum, squares, most;
    guint n;
} Spread;

static void spread_add(Spread *spread, double pct)
{
    if (isnan(pct))
        return;
    spread->sum += pct;
    spread->squares += pct * pct;
    spread->most = MAX(spread->most, pct);
    spread->n++;
}

static double spread_deviation(const Spread *spread)
{
    if (spread->n == 0)
        return 0;
    double mean = spread->sum / spread->n;
    return sqrt(MAX(0, spread->squares / spread->n - mean * mean));
}

static guint short_vms_on(const Model *model, guint host)
{
    guint n = 0;
    for (guint i = 0; i < model->vms_on[host]->len; i++) {
        const ModelVm *vm = &model->vms[g_array_index(model->vms_on[host], guint, i)];
        double used = load_usage_pct(vm->demand[RESOURCE_MEMORY], vm->memory_mib * 1024);
        n += vm->state == STATE_SHORT && used > model->policy->short_pct;
    }
    return n;
}

ClusterFigures cluster_figures(const Model *model, guint cluster)
{
    Spread cpu = {0}, memory = {0};
    ClusterFigures figures = {0};
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        if (model->hosts[i].cluster != (int)cluster)
            continue;
        figures.short_vms += short_vms_on(model, i);
        if (!model->hosts[i].usable)
            continue;
        spread_add(&cpu, model_usage_pct(model, i, RESOURCE_CPU, 0));
        spread_add(&memory, model_usage_pct(model, i, RESOURCE_HOST_MEMORY, 0));
        figures.hot_hosts += model_excess(model, i, NULL) > 0;
    }
    figures.max_cpu_pct = cpu.most;
    figures.max_memory_pct = memory.most;
    figures.sd_cpu = table_round(spread_deviation(&cpu));
    figures.sd_memory = table_round(spread_deviation(&memory));
    return figures;
}

/* ---- rows ---- */

static const char *keep(const Drafting *drafting, const char *text)
{
    return changeplan_string(drafting->plan, text);
}

static const char *keep_number(const Drafting *drafting, double number)
{
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_number(text, number);
    return keep(drafting, text->str);
}

static PlanRow row_about(const Drafting *drafting, int host, int vm)
{
    const Model *now = drafting->now;
    const Snapshot *snapshot = now->snapshot;
    PlanRow row = plan_row_unknown();
    int cluster = vm >= 0 ? now->vms[vm].row->cluster : snapshot->hosts[host].cluster;
    row.object_id = keep(drafting, vm >= 0 ? now->vms[vm].row->id : snapshot->hosts[host].id);
    row.object = keep(drafting, vm >= 0 ? now->vms[vm].row->name : snapshot->hosts[host].name);
    row.instance_uuid = vm >= 0 ? keep(drafting, now->vms[vm].row->instance_uuid) : "";
    row.cluster_id = keep(drafting, snapshot->clusters[cluster].id);
    row.cluster = keep(drafting, snapshot->clusters[cluster].name);
    return row;
}

static void fill_from_to(const Drafting *drafting, const Change *change, PlanRow *row)
{
    const Snapshot *snapshot = drafting->now->snapshot;
    if (change->action == ACTION_MIGRATE) {
        row->from_id = keep(drafting, snapshot->hosts[change->from].id);
        row->from = keep(drafting, snapshot->hosts[change->from].name);
        row->to_id = keep(drafting, snapshot->hosts[change->to].id);
        row->to = keep(drafting, snapshot->hosts[change->to].name);
    } else if (change->action == ACTION_ADD_MEMORY || change->action == ACTION_ADD_CPU) {
        row->from = keep_number(drafting, change->was);
        row->to = keep_number(drafting, change->amount);
        row->unit = change->action == ACTION_ADD_MEMORY ? "MiB" : "vCPU";
    }
}

static PlanRow row_of_change(const Drafting *drafting, const Change *change)
{
    PlanRow row = row_about(drafting, change->from, change->vm);
    row.action = change->action;
    fill_from_to(drafting, change, &row);
    row.reason = keep(drafting, change->reason);
    g_autofree char *effect = change_effect(drafting->now, change);
    const char *unchecked =
        change->action == ACTION_MIGRATE
            ? compatibility_unchecked(drafting->situation->compatibility, (guint)change->vm)
            : "";
    if (*unchecked) {
        g_autofree char *noted =
            g_strdup_printf("%s; not checked, the snapshot lacks it: %s", effect, unchecked);
        row.effect = keep(drafting, noted);
    } else {
        row.effect = keep(drafting, effect);
    }
    return row;
}

static const char *after_of(const Drafting *drafting, const Change *change)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < change->after->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", g_array_index(change->after, guint, i) + 1);
    return keep(drafting, text->str);
}

/* What apply needs to know of a step beside its object and where it leads. */
static const char *args_of(const Drafting *drafting, const Change *change)
{
    const Model *now = drafting->now;
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
    return keep(drafting, args->str);
}

static void draft_steps(Drafting *drafting)
{
    for (guint i = 0; i < drafting->decisions->changes->len; i++) {
        const Change *change = &g_array_index(drafting->decisions->changes, Change, i);
        PlanRow row = row_of_change(drafting, change);
        row.kind = ROW_STEP;
        row.step = i + 1;
        row.approve = 1;
        g_array_sort(change->after, index_compare);
        row.after = after_of(drafting, change);
        row.est_s = ceil(table_round(change_seconds(drafting->now, change)));
        row.args = args_of(drafting, change);
        changeplan_add(drafting->plan, &row);
        change_apply(drafting->now, change);
    }
}

/* Advice is not done: its effects are told on a copy, as if each piece before it had been followed. */
static void draft_advice(Drafting *drafting)
{
    Model *real = drafting->now;
    drafting->now = model_copy(real);
    for (guint i = 0; i < drafting->decisions->advice->len; i++) {
        const Change *change = &g_array_index(drafting->decisions->advice, Change, i);
        PlanRow row = row_of_change(drafting, change);
        row.kind = ROW_ADVICE;
        changeplan_add(drafting->plan, &row);
        change_apply(drafting->now, change);
    }
    model_free(drafting->now);
    drafting->now = real;
}

static void draft_unsolved(Drafting *drafting)
{
    for (guint i = 0; i < drafting->decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(drafting->decisions->unsolved, Unsolved, i);
        PlanRow row = row_about(drafting, unsolved->host, unsolved->vm);
        row.kind = ROW_UNSOLVED;
        row.reason = keep(drafting, unsolved->reason);
        changeplan_add(drafting->plan, &row);
    }
}

/* ---- the header ---- */

static void add_fact(const Drafting *drafting, PlanCluster *cluster, const char *key, double before,
                     double after)
{
    g_autoptr(GString) text = g_string_new(key);
    g_string_append_c(text, '=');
    table_append_number(text, table_round(before));
    if (!isnan(after)) {
        g_string_append_c(text, '/');
        table_append_number(text, table_round(after));
    }
    g_ptr_array_add(cluster->facts, (gpointer)keep(drafting, text->str));
}

/* what of a cluster's demand would not fit were its largest host lost, in whole units of so much; 0 where all
 * would */
static void add_failover_fact(const Drafting *drafting, PlanCluster *cluster, guint index, const char *key,
                              Resource resource, double unit)
{
    double before = failover_lack(drafting->situation->start, index, resource);
    double after = failover_lack(drafting->now, index, resource);
    add_fact(drafting, cluster, key, ceil(MAX(0, before) / unit), ceil(MAX(0, after) / unit));
}

/* The cluster's own steps: the others keep neither their hosts nor their network busy. */
static GArray *steps_of_cluster(const Drafting *drafting, guint cluster)
{
    const GArray *all = drafting->decisions->changes;
    GArray *own = change_list_new();
    g_autofree guint *place = g_new0(guint, all->len + 1);
    for (guint i = 0; i < all->len; i++) {
        const Change *change = &g_array_index(all, Change, i);
        if (drafting->now->hosts[change->from].cluster != (int)cluster)
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

static void draft_clusters(const Drafting *drafting)
{
    const Model *start = drafting->situation->start;
    const Policy *policy = start->policy;
    for (guint i = 0; i < start->snapshot->n_clusters; i++) {
        PlanCluster cluster = {keep(drafting, start->snapshot->clusters[i].id),
                               keep(drafting, start->snapshot->clusters[i].name), g_ptr_array_new()};
        g_autoptr(GArray) steps = steps_of_cluster(drafting, i);
        ClusterFigures before = cluster_figures(start, i), after = cluster_figures(drafting->now, i);
        double bytes = 0, moves = 0;
        for (guint s = 0; s < steps->len; s++) {
            bytes += change_copy_bytes(start, &g_array_index(steps, Change, s));
            moves += g_array_index(steps, Change, s).action == ACTION_MIGRATE;
        }
        add_fact(drafting, &cluster, "hot_hosts", before.hot_hosts, after.hot_hosts);
        add_fact(drafting, &cluster, "short_vms", before.short_vms, after.short_vms);
        add_fact(drafting, &cluster, "max_cpu_pct", before.max_cpu_pct, after.max_cpu_pct);
        add_fact(drafting, &cluster, "max_memory_pct", before.max_memory_pct, after.max_memory_pct);
        add_fact(drafting, &cluster, "sd_cpu", before.sd_cpu, after.sd_cpu);
        add_fact(drafting, &cluster, "sd_memory", before.sd_memory, after.sd_memory);
        if (failover_is_checked(start, i)) {
            add_failover_fact(drafting, &cluster, i, "failover_lack_mib", RESOURCE_HOST_MEMORY, 1024);
            add_failover_fact(drafting, &cluster, i, "failover_lack_mhz", RESOURCE_CPU, 1);
        }
        add_fact(drafting, &cluster, "moves", moves, NAN);
        add_fact(drafting, &cluster, "copy_mib", ceil(bytes / (1024 * 1024)), NAN);
        add_fact(drafting, &cluster, "makespan_s",
                 sequence_makespan(start, steps, steps->len, (guint)policy->parallel,
                                   (guint)policy->parallel_per_host),
                 NAN);
        g_array_append_val(drafting->plan->clusters, cluster);
    }
}

/* how good the estimates of past migrations were; nothing where none is known */
static char *words_of_past(const Drafting *drafting)
{
    const Situation *situation = drafting->situation;
    MoveTimes times = history_move_times(situation->history, situation->start->policy);
    return times.n ? g_strdup_printf(" Estimates of %u past %s were off by %.0f %% (median).", times.n,
                                     plural(times.n, "migration", "migrations"), times.error_pct)
                   : g_strdup("");
}

static void draft_header(const Drafting *drafting)
{
    ChangePlan *plan = drafting->plan;
    const Model *start = drafting->situation->start;
    const Snapshot *snapshot = start->snapshot;
    guint moves = 0, additions = 0, emptied = 0;
    for (guint i = 0; i < drafting->decisions->changes->len; i++) {
        int action = g_array_index(drafting->decisions->changes, Change, i).action;
        moves += action == ACTION_MIGRATE;
        additions += action == ACTION_ADD_MEMORY || action == ACTION_ADD_CPU;
        emptied += action == ACTION_ENTER_MAINTENANCE;
    }
    g_autofree char *maintenance =
        emptied ? g_strdup_printf(" %u to enter maintenance mode,", emptied) : g_strdup("");
    g_autofree char *policy = policy_plan_digest(start->policy);
    g_autofree char *past = words_of_past(drafting);
    g_autofree char *failover = failover_words(drafting->now);
    g_autofree char *summary = g_strdup_printf(
        "Plan: %u to migrate, %u to grow,%s %u advised, %u unsolved.%s%s", moves, additions, maintenance,
        drafting->decisions->advice->len, drafting->decisions->unsolved->len, failover, past);
    plan->snapshot = keep(drafting, snapshot->digest);
    plan->source = keep(drafting, snapshot->info.source);
    plan->source_id = keep(drafting, snapshot->info.source_id);
    plan->taken_at = snapshot->info.taken_at;
    plan->policy = keep(drafting, policy);
    plan->seed = keep_number(drafting, start->policy->seed);
    plan->stopped_by = keep(drafting, drafting->decisions->stopped_by);
    plan->summary = keep(drafting, summary);
}

ChangePlan *compose_plan(const Situation *situation, Decisions *decisions)
{
    Sequence sequence = {situation->start, situation->rules, situation->compatibility};
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&sequence, decisions->changes, blocked);
    for (guint i = 0; i < blocked->len; i++) {
        const Change *change = &g_array_index(blocked, Change, i);
        decisions_add_unsolved(
            decisions, change->vm < 0 ? change->from : -1, change->vm,
            g_strdup_printf("no safe order found for a step that would help (%s)", change->reason));
    }
    window_cut(situation, decisions);
    Drafting drafting = {situation, decisions, changeplan_new(), model_copy(situation->start)};
    draft_steps(&drafting);
    draft_advice(&drafting);
    draft_unsolved(&drafting);
    draft_clusters(&drafting);
    draft_header(&drafting);
    model_free(drafting.now);
    return drafting.plan;
}
