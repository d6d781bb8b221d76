/* SPDX-License-Identifier: MIT */
#include "plan/explanation.h"

#include "plan/growth.h"
#include "plan/meant.h"

#include <math.h>
#include <string.h>

/* ---- rows of the plan ---- */

/* where the plan's steps leave each VM: VM id -> host id, of those that move */
static GHashTable *ends_of_moves(const ChangePlan *plan)
{
    GHashTable *ends = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_MIGRATE)
            g_hash_table_insert(ends, (gpointer)row->object_id, (gpointer)row->to_id);
    }
    return ends;
}

static gboolean has_steps_in(const ChangePlan *plan, const char *cluster_id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && strcmp(row->cluster_id, cluster_id) == 0)
            return TRUE;
    }
    return FALSE;
}

/* the first row of a kind (-1: of any) about an object, or NULL */
static const PlanRow *find_row(const ChangePlan *plan, int kind, const char *object_id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if ((kind < 0 || row->kind == kind) && strcmp(row->object_id, object_id) == 0)
            return row;
    }
    return NULL;
}

static gboolean is_left_by_some(const ChangePlan *plan, const char *host_id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && strcmp(row->from_id, host_id) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean leaves_by_step(const ChangePlan *plan, const char *vm_id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_MIGRATE && strcmp(row->object_id, vm_id) == 0)
            return TRUE;
    }
    return FALSE;
}

/* a reason without a code of its own */
static ExplainedWhy why_in_words(const char *words)
{
    return (ExplainedWhy){OBSTACLE_NONE, g_strdup(words)};
}

/* takes the obstacle's words */
static ExplainedWhy why_of_obstacle(Obstacle *obstacle)
{
    return (ExplainedWhy){obstacle->code, g_steal_pointer(&obstacle->words)};
}

static void add_row(Explanation *explanation, const PlanRow *row, gboolean as_object)
{
    ExplainedRow explained = {row, as_object};
    g_array_append_val(explanation->rows, explained);
}

static void add_rows_of_object(Explanation *explanation, const ChangePlan *plan, const char *id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (strcmp(row->object_id, id) == 0)
            add_row(explanation, row, TRUE);
    }
}

/* moves from and to the host, and changes of size of VMs that end there */
static void add_rows_of_vms(Explanation *explanation, const ChangePlan *plan, const char *id)
{
    const Snapshot *snapshot = explanation->situation->start->snapshot;
    g_autoptr(GHashTable) ends = ends_of_moves(plan);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        gboolean about = strcmp(row->from_id, id) == 0 || strcmp(row->to_id, id) == 0;
        if (action_is_of_size(row->action)) {
            const char *end = g_hash_table_lookup(ends, row->object_id);
            int vm = snapshot_find_vm(snapshot, row->object_id);
            about = strcmp(end ? end : snapshot->hosts[snapshot->vms[vm].host].id, id) == 0;
        }
        if (about)
            add_row(explanation, row, FALSE);
    }
}

/* ---- hosts that could take a VM ---- */

/* the number of the plan's last step that takes the VM to the host; 0 where none does */
static double step_to(const ChangePlan *plan, const char *vm_id, const char *host_id)
{
    double step = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_MIGRATE && strcmp(row->object_id, vm_id) == 0)
            step = strcmp(row->to_id, host_id) == 0 ? row->step : 0;
    }
    return step;
}

/* whether the host could take the VM, with the plan's steps made */
static void look_at_target(const Explanation *explanation, ExplainedTarget *target)
{
    HostChoice choice = planned_choice(explanation->planned, (guint)explanation->vm, target->host);
    if (choice.possible) {
        target->cpu_pct = choice.cpu_pct;
        target->memory_pct = choice.memory_pct;
    } else {
        target->why = why_of_obstacle(&choice.why);
    }
    obstacle_clear(&choice.why);
}

/* Other hosts than the one that it is on now, as they stand at the end: what the plan's unsolved rows say is
 * of then, too. */
static void add_targets(Explanation *explanation, const ChangePlan *plan)
{
    const Model *start = explanation->situation->start;
    const Snapshot *snapshot = start->snapshot;
    const ModelVm *at = &start->vms[explanation->vm];
    explanation->targets_after_steps = has_steps_in(plan, snapshot->clusters[at->row->cluster].id);
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (snapshot->hosts[host].cluster != at->row->cluster || (int)host == at->host)
            continue;
        ExplainedTarget target = {
            host, step_to(plan, at->row->id, snapshot->hosts[host].id), {OBSTACLE_NONE, NULL}, NAN, NAN};
        if (target.step == 0)
            look_at_target(explanation, &target);
        g_array_append_val(explanation->targets, target);
    }
}

/* ---- VMs ---- */

static void add_rules(Explanation *explanation)
{
    const Situation *situation = explanation->situation;
    const GArray *own = rules_of_vm(situation->rules, (guint)explanation->vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        ExplainedRule explained = {rule, rule_breaches(rule, situation->start)};
        g_array_append_val(explanation->rules, explained);
    }
}

static gboolean gets_vcpus(const ChangePlan *plan, const char *id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_ADD_CPU && strcmp(row->object_id, id) == 0)
            return TRUE;
    }
    return FALSE;
}

/* why a VM that uses too much of its vCPUs gets no more */
static ExplainedWhy why_no_vcpus(const Situation *situation, const ChangePlan *plan, const Model *end,
                                 guint vm)
{
    const Model *model = situation->start;
    const char *id = model->vms[vm].row->id;
    if (!growth_wants_vcpus(model, vm) || gets_vcpus(plan, id))
        return (ExplainedWhy){OBSTACLE_NONE, NULL};
    g_auto(Obstacle) why = {0};
    gboolean legal = legality_allows_growth(situation->legality, end, ACTION_ADD_CPU, vm,
                                            growth_legal_vcpus(end, vm), LEGAL_GROWTH, &why);
    if (legal && find_row(plan, ROW_UNSOLVED, id))
        return (ExplainedWhy){OBSTACLE_NONE, NULL}; /* the row says why */
    if (model->policy->strategy == STRATEGY_THRESHOLD)
        return (ExplainedWhy){OBSTACLE_STRATEGY, g_strdup("strategy=threshold adds none")};
    return (ExplainedWhy){
        legal ? OBSTACLE_BUFFER : why.code,
        g_strdup_printf("it uses %.1f %% of the %.0f that it has, above %g %%, but %s",
                        growth_cpu_usage_pct(model, vm), model->vms[vm].vcpus, model->policy->vm_cpu_pct,
                        !legal ? why.words
                               : "others took what the cluster's CPU buffer and its pools had left")};
}

/* why a VM of which the plan says nothing gets no memory */
static ExplainedWhy why_not_grown(const Situation *situation, guint vm)
{
    const Model *model = situation->start;
    const ModelVm *at = &model->vms[vm];
    if (!at->running)
        return why_in_words("it does not run");
    if (at->state == STATE_UNKNOWN)
        return (ExplainedWhy){OBSTACLE_NOT_MEASURED, g_strdup("its memory is not measured")};
    if (at->state != STATE_SHORT)
        return why_in_words("it is not short");
    double to = growth_legal_memory(model, vm, at->memory_mib + model->policy->memory_step_mib);
    g_auto(Obstacle) why = {0};
    if (legality_allows_growth(situation->legality, model, ACTION_ADD_MEMORY, vm, to, LEGAL_GROWTH, &why))
        return (ExplainedWhy){
            OBSTACLE_NO_PLACEMENT,
            g_strdup("it is short, but no addition was found that its host and the buffer have room for")};
    return (ExplainedWhy){why.code, g_strdup_printf("it is short, but %s", why.words)};
}

/* and why it stays where it is */
static ExplainedWhy why_not_moved(const Model *model, const ChangePlan *plan, guint host)
{
    const char *id = model->snapshot->hosts[host].id;
    const PlanRow *unsolved = find_row(plan, ROW_UNSOLVED, id);
    if (model_is_excluded(model, host))
        return (ExplainedWhy){OBSTACLE_EXCLUDED_HOST, g_strdup("its host is named by exclude_hosts")};
    const PlanRow *advice = find_row(plan, ROW_ADVICE, id);
    if (advice && advice->action == ACTION_ENTER_MAINTENANCE)
        return (ExplainedWhy){
            OBSTACLE_LEFT_TO_DRS,
            g_strdup("its host is advised to enter maintenance mode, and DRS moves it away then")};
    if (model_is_to_empty(model, host))
        return why_in_words("it stays on its host, which is to be emptied");
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return why_in_words("its host is not available");
    if (model->hosts[host].state == STATE_UNKNOWN)
        return why_in_words("its host is not measured");
    if (model->hosts[host].state != STATE_HOT)
        return (ExplainedWhy){OBSTACLE_NONE,
                              unsolved ? g_strdup_printf("its host is not hot, but %s", unsolved->reason)
                                       : g_strdup("its host is not hot")};
    if (is_left_by_some(plan, id))
        return why_in_words("its hot host is relieved, as far as can be, by others");
    return (ExplainedWhy){OBSTACLE_NONE, unsolved ? g_strdup_printf("its host %s", unsolved->reason)
                                                  : g_strdup("no move off its hot host is in the plan")};
}

static void explain_inaction(Explanation *explanation, const ChangePlan *plan)
{
    const Situation *situation = explanation->situation;
    guint vm = (guint)explanation->vm;
    const char *drs = NULL;
    g_auto(Obstacle) immovable = {0};
    explanation->not_grown = why_not_grown(situation, vm);
    explanation->not_moved =
        why_not_moved(situation->start, plan, (guint)situation->start->vms[vm].row->host);
    if (!legality_may_move(situation->legality, vm, &immovable))
        explanation->immovable = why_of_obstacle(&immovable);
    if (legality_left_to_drs(situation->legality, vm, &drs))
        explanation->left_to_drs = (ExplainedWhy){OBSTACLE_LEFT_TO_DRS, g_strdup(drs)};
}

static void explain_vm(Explanation *explanation, const ChangePlan *plan)
{
    const Model *model = explanation->situation->start;
    const Vm *row = model->vms[explanation->vm].row;
    explanation->assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add_rules(explanation);
    add_rows_of_object(explanation, plan, row->id);
    if (explanation->rows->len == 0)
        explain_inaction(explanation, plan);
    const Model *end = explanation->planned->end;
    explanation->no_vcpus = why_no_vcpus(explanation->situation, plan, end, (guint)explanation->vm);
    if (model->vms[explanation->vm].running)
        add_targets(explanation, plan);
}

/* ---- hosts ---- */

static ExplainedWhy why_untouched(const Model *model, guint host)
{
    if (model_is_excluded(model, host))
        return (ExplainedWhy){OBSTACLE_EXCLUDED_HOST, g_strdup("it is named by exclude_hosts")};
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return why_in_words("it is not available");
    if (model->hosts[host].state == STATE_UNKNOWN)
        return (ExplainedWhy){OBSTACLE_NOT_MEASURED, g_strdup("it is not measured")};
    return why_in_words(model_excess(model, host, NULL) > 0
                            ? "it is not relieved"
                            : "it is within its thresholds, and no VM goes there");
}

/* why no running VM goes to a host; no words where some could */
static ExplainedWhy why_no_target(const Model *model, guint host)
{
    if (model_is_excluded(model, host))
        return (ExplainedWhy){OBSTACLE_EXCLUDED_HOST, g_strdup("it is named by exclude_hosts")};
    if (model_is_asked_to_empty(model, host))
        return (ExplainedWhy){OBSTACLE_HOST_TO_EMPTY, g_strdup("it is to be emptied")};
    if (host_is_failover(model->snapshot, &model->snapshot->hosts[host]))
        return (ExplainedWhy){OBSTACLE_FAILOVER_HOST, g_strdup("it is a dedicated failover host")};
    if (!model->hosts[host].usable)
        return why_in_words("it is not usable");
    return model->hosts[host].target ? (ExplainedWhy){OBSTACLE_NONE, NULL}
                                     : (ExplainedWhy){OBSTACLE_VMOTION, g_strdup("it has no vMotion")};
}

/* Where a host is emptied, VMs that are not measured count at their size. */
static void add_staying(Explanation *explanation, const ChangePlan *plan)
{
    const Model *model = explanation->situation->start;
    guint host = (guint)explanation->host;
    for (guint i = 0; i < model->vms_on[host]->len; i++) {
        guint vm = g_array_index(model->vms_on[host], guint, i);
        ExplainedVm staying = {vm, {OBSTACLE_NONE, NULL}};
        g_auto(Obstacle) immovable = {0};
        if (leaves_by_step(plan, model->vms[vm].row->id))
            continue;
        if (!legality_may_move(explanation->situation->legality, vm, &immovable))
            staying.why = why_of_obstacle(&immovable);
        else if (!model->vms[vm].measured && !model_is_to_empty(model, host))
            staying.why = (ExplainedWhy){OBSTACLE_NOT_MEASURED, g_strdup("is not measured")};
        if (staying.why.words)
            g_array_append_val(explanation->staying, staying);
    }
}

static void explain_host(Explanation *explanation, const ChangePlan *plan)
{
    const Model *model = explanation->situation->start;
    const Host *row = &model->snapshot->hosts[explanation->host];
    explanation->assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add_rows_of_object(explanation, plan, row->id);
    add_rows_of_vms(explanation, plan, row->id);
    if (explanation->rows->len == 0)
        explanation->untouched = why_untouched(model, (guint)explanation->host);
    explanation->no_target = why_no_target(model, (guint)explanation->host);
    add_staying(explanation, plan);
}

/* ---- either ---- */

Explanation *explanation_new(const Situation *situation, const ChangePlan *plan, const char *what,
                             GError **error)
{
    Meant meant;
    if (!meant_find(situation->start->snapshot, what, MEANT_HOSTS | MEANT_VMS, &meant, error))
        return NULL;
    Explanation *explanation = g_new0(Explanation, 1);
    explanation->planned = planned_new(situation, plan);
    explanation->situation = explanation->planned->situation;
    explanation->vm = meant.vm;
    explanation->host = meant.vm >= 0 ? -1 : meant.host;
    explanation->rows = g_array_new(FALSE, FALSE, sizeof(ExplainedRow));
    explanation->rules = g_array_new(FALSE, FALSE, sizeof(ExplainedRule));
    explanation->targets = g_array_new(FALSE, FALSE, sizeof(ExplainedTarget));
    explanation->staying = g_array_new(FALSE, FALSE, sizeof(ExplainedVm));
    if (explanation->vm >= 0)
        explain_vm(explanation, plan);
    else
        explain_host(explanation, plan);
    return explanation;
}

void explanation_free(Explanation *explanation)
{
    if (!explanation)
        return;
    ExplainedWhy *const whys[] = {&explanation->not_grown,   &explanation->not_moved, &explanation->immovable,
                                  &explanation->left_to_drs, &explanation->no_vcpus,  &explanation->untouched,
                                  &explanation->no_target};
    for (guint i = 0; i < G_N_ELEMENTS(whys); i++)
        g_free(whys[i]->words);
    for (guint i = 0; i < explanation->targets->len; i++)
        g_free(g_array_index(explanation->targets, ExplainedTarget, i).why.words);
    for (guint i = 0; i < explanation->staying->len; i++)
        g_free(g_array_index(explanation->staying, ExplainedVm, i).why.words);
    g_array_unref(explanation->rows);
    g_array_unref(explanation->rules);
    g_array_unref(explanation->targets);
    g_array_unref(explanation->staying);
    planned_free(explanation->planned);
    g_free(explanation);
}
