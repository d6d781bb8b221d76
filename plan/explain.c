/* SPDX-License-Identifier: MIT */
#include "plan/explain.h"

#include "analyze/pattern.h"
#include "collect/escape.h"
#include "collect/nearest.h"
#include "collect/plural.h"
#include "plan/growth.h"

#include <math.h>
#include <string.h>

G_GNUC_PRINTF(2, 3) static void add(GString *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append_printf(out, "%s\n", safe);
}

/* ---- which entity is meant ---- */

typedef struct Meant {
    int host, vm;
    guint n; /* how many the name fits */
} Meant;

/* A name as a policy's patterns have it: in any case, of a host also its short name. */
static Meant find_alike(const Snapshot *snapshot, const char *what)
{
    Meant meant = {-1, -1, 0};
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        g_auto(GStrv) names = pattern_names_of_host(snapshot->hosts[i].name);
        if (!pattern_matches(what, names))
            continue;
        meant.host = (int)i;
        meant.n++;
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        g_auto(GStrv) names = pattern_names_of_vm(snapshot->vms[i].folder, snapshot->vms[i].name);
        if (!pattern_matches(what, names))
            continue;
        meant.vm = (int)i;
        meant.n++;
    }
    return meant;
}

/* the name that was most likely meant; NULL where none is close */
static const char *nearest_name(const Snapshot *snapshot, const char *what)
{
    const char *nearest = "";
    guint least = G_MAXUINT;
    for (guint i = 0; i < snapshot->n_hosts + snapshot->n_vms; i++) {
        gboolean host = i < snapshot->n_hosts;
        const char *name = host ? snapshot->hosts[i].name : snapshot->vms[i - snapshot->n_hosts].name;
        guint rank = nearest_rank(what, name);
        if (rank >= least)
            continue;
        least = rank;
        nearest = name;
    }
    return nearest_may_be_meant(what, nearest) ? nearest : NULL;
}

static Meant find_meant(const Snapshot *snapshot, const char *what)
{
    Meant meant = {snapshot_find_host(snapshot, what), snapshot_find_vm(snapshot, what), 1};
    if (meant.host >= 0 || meant.vm >= 0)
        return meant;
    meant.n = 0;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        if (strcmp(snapshot->hosts[i].name, what) == 0) {
            meant.host = (int)i;
            meant.n++;
        }
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        if (strcmp(snapshot->vms[i].name, what) == 0) {
            meant.vm = (int)i;
            meant.n++;
        }
    }
    return meant.n ? meant : find_alike(snapshot, what);
}

static void fail_to_find(const Snapshot *snapshot, const char *what, guint n, GError **error)
{
    g_autofree char *found = escape_for_message(what);
    const char *nearest = n ? NULL : nearest_name(snapshot, what);
    g_autofree char *safe = nearest ? escape_for_message(nearest) : NULL;
    g_autofree char *words = safe ? g_strdup_printf(" (the nearest is %s)", safe) : g_strdup("");
    g_set_error(error, VMANGER_ERROR, 0,
                "found %s %s%s: expected the id of a VM or host, or a name that only one has",
                n ? "several called" : "no", found, words);
}

/* ---- what is said ---- */

static void add_load(GString *out, const char *name, const Load *load, const char *unit)
{
    if (isnan(load->demand)) {
        add(out, "  %s: not measured", name);
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_number(text, load->demand);
    if (!isnan(load->capacity)) {
        g_string_append(text, " of ");
        table_append_number(text, load->capacity);
    }
    g_string_append_printf(text, " %s", unit);
    if (isnan(load->capacity))
        g_string_append(text, ", of a capacity that is not known");
    if (!isnan(load->usage_pct))
        g_string_append_printf(text, ", %.1f %%", load->usage_pct);
    if (!isnan(load->threshold_pct))
        g_string_append_printf(text, " (threshold %g %%)", load->threshold_pct);
    add(out, "  %s: %s%s%s", name, text->str, *load->reason ? "; " : "", load->reason);
}

static void add_loads(GString *out, const Assessed *entity)
{
    for (int r = 0; r < N_RESOURCES; r++)
        if (load_is_stated(&entity->loads[r]))
            add_load(out, resource_names[r], &entity->loads[r], resource_units[r]);
}

static void add_row(GString *out, const PlanRow *row, gboolean as_object)
{
    static const char *const kinds[] = {"step", "advice", "unsolved"};
    g_autofree char *number = row->kind == ROW_STEP ? g_strdup_printf(" %.0f", row->step) : g_strdup("");
    add(out, "  %s%s: %s%s%s%s%s%s%s", kinds[row->kind], number,
        row->action >= 0 ? action_names[row->action] : row->cause, as_object ? "" : " of ",
        as_object ? "" : row->object, *row->to ? " to " : "", row->to, *row->unit ? " " : "", row->unit);
    add(out, "    why: %s", row->reason);
    if (*row->effect)
        add(out, "    effect: %s", row->effect);
}

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

/* the model with the plan's steps made */
static Model *model_of_end(const Model *start, const ChangePlan *plan)
{
    Model *end = model_copy(start);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        Change change;
        if (row->kind == ROW_STEP && change_of_row(end, plan->name, row, &change, NULL))
            change_apply(end, &change);
    }
    return end;
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

static void add_rows_of_object(GString *out, const ChangePlan *plan, const char *id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (strcmp(row->object_id, id) == 0)
            add_row(out, row, TRUE);
    }
}

/* moves from and to the host, and additions to VMs that end there */
static void add_rows_of_vms(GString *out, const Snapshot *snapshot, const ChangePlan *plan, const char *id)
{
    g_autoptr(GHashTable) ends = ends_of_moves(plan);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        gboolean about = strcmp(row->from_id, id) == 0 || strcmp(row->to_id, id) == 0;
        if (action_is_growth(row->action)) {
            const char *end = g_hash_table_lookup(ends, row->object_id);
            int vm = snapshot_find_vm(snapshot, row->object_id);
            about = strcmp(end ? end : snapshot->hosts[snapshot->vms[vm].host].id, id) == 0;
        }
        if (about)
            add_row(out, row, FALSE);
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

/* whether the host could take the VM as the model stands, in words that follow its name */
static void add_target(GString *out, const Situation *situation, const Model *now, guint vm, guint host)
{
    const char *name = now->snapshot->hosts[host].name;
    gboolean measured = now->vms[vm].measured;
    gboolean moves = legality_may_move(situation->legality, vm, NULL);
    g_auto(Obstacle) why = {0};
    if (!legality_allows_move(situation->legality, now, vm, host,
                              measured ? LEGAL_TARGET : LEGAL_TARGET & ~(guint)LEGAL_HEAT, &why))
        add(out, "  %s: no, it %s", name, why.words);
    else if (!measured)
        add(out, "  %s: could run it; its load is not known", name);
    else
        add(out, "  %s: %s; with it CPU %.1f %%, memory %.1f %%", name, moves ? "yes" : "could run it",
            model_usage_pct(now, host, RESOURCE_CPU, now->vms[vm].demand[RESOURCE_CPU]),
            model_usage_pct(now, host, RESOURCE_HOST_MEMORY, now->vms[vm].demand[RESOURCE_HOST_MEMORY]));
}

/* Other hosts than the one that it is on now, as they stand at the end: what the plan's unsolved rows say is
 * of then, too. */
static void add_targets(GString *out, const Situation *situation, const ChangePlan *plan, const Model *end,
                        guint vm)
{
    const Model *start = situation->start;
    const Snapshot *snapshot = start->snapshot;
    const char *when = has_steps_in(plan, snapshot->clusters[start->vms[vm].row->cluster].id)
                           ? ", once the steps of the plan are made"
                           : "";
    add(out, "Hosts of its cluster%s:", when);
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (snapshot->hosts[host].cluster != start->vms[vm].row->cluster || (int)host == start->vms[vm].host)
            continue;
        double step = step_to(plan, start->vms[vm].row->id, snapshot->hosts[host].id);
        if (step > 0)
            add(out, "  %s: yes, step %.0f takes it there", snapshot->hosts[host].name, step);
        else
            add_target(out, situation, end, vm, host);
    }
}

/* ---- VMs ---- */

static void add_rules(GString *out, const Situation *situation, guint vm)
{
    const GArray *own = rules_of_vm(situation->rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        static const char *const words[] = {"keeps VMs together", "keeps VMs apart", "keeps VMs on hosts",
                                            "keeps VMs off hosts"};
        guint breaches = rule_breaches(rule, situation->start);
        add(out, "  rule \"%s\" (%s): %s, %u %s in breach", rule->name, rule->mandatory ? "must" : "should",
            words[rule->type], breaches, plural(breaches, "VM", "VMs"));
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
static void add_missing_vcpus(GString *out, const Situation *situation, const ChangePlan *plan,
                              const Model *end, guint vm)
{
    const Model *model = situation->start;
    const char *id = model->vms[vm].row->id;
    if (!growth_wants_vcpus(model, vm) || gets_vcpus(plan, id))
        return;
    g_auto(Obstacle) why = {0};
    gboolean legal = legality_allows_growth(situation->legality, end, ACTION_ADD_CPU, vm,
                                            growth_legal_vcpus(end, vm), LEGAL_GROWTH, &why);
    if (legal && find_row(plan, ROW_UNSOLVED, id))
        return; /* the row says why */
    if (model->policy->strategy == STRATEGY_THRESHOLD)
        add(out, "  no vCPUs: strategy=threshold adds none");
    else
        add(out, "  no vCPUs: it uses %.1f %% of the %.0f that it has, above %g %%, but %s",
            growth_cpu_usage_pct(model, vm), model->vms[vm].vcpus, model->policy->vm_cpu_pct,
            !legal ? why.words : "others took what the cluster's CPU buffer and its pools had left");
}

/* why a VM of which the plan says nothing gets no memory; the caller frees it */
static char *why_not_grown(const Situation *situation, guint vm)
{
    const Model *model = situation->start;
    const ModelVm *at = &model->vms[vm];
    if (!at->running)
        return g_strdup("it does not run");
    if (at->state == STATE_UNKNOWN)
        return g_strdup("its memory is not measured");
    if (at->state != STATE_SHORT)
        return g_strdup("it is not short");
    double to = growth_legal_memory(model, vm, at->memory_mib + model->policy->memory_step_mib);
    g_auto(Obstacle) why = {0};
    if (legality_allows_growth(situation->legality, model, ACTION_ADD_MEMORY, vm, to, LEGAL_GROWTH, &why))
        return g_strdup("it is short, but no addition was found that its host and the buffer have room for");
    return g_strdup_printf("it is short, but %s", why.words);
}

/* and why it stays where it is; the caller frees it */
static char *why_not_moved(const Model *model, const ChangePlan *plan, guint host)
{
    const char *id = model->snapshot->hosts[host].id;
    const PlanRow *unsolved = find_row(plan, ROW_UNSOLVED, id);
    if (model_is_excluded(model, host))
        return g_strdup("its host is named by exclude_hosts");
    const PlanRow *advice = find_row(plan, ROW_ADVICE, id);
    if (advice && advice->action == ACTION_ENTER_MAINTENANCE)
        return g_strdup("its host is advised to enter maintenance mode, and DRS moves it away then");
    if (model_is_to_empty(model, host))
        return g_strdup("it stays on its host, which is to be emptied");
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return g_strdup("its host is not available");
    if (model->hosts[host].state == STATE_UNKNOWN)
        return g_strdup("its host is not measured");
    if (model->hosts[host].state != STATE_HOT)
        return unsolved ? g_strdup_printf("its host is not hot, but %s", unsolved->reason)
                        : g_strdup("its host is not hot");
    if (is_left_by_some(plan, id))
        return g_strdup("its hot host is relieved, as far as can be, by others");
    return unsolved ? g_strdup_printf("its host %s", unsolved->reason)
                    : g_strdup("no move off its hot host is in the plan");
}

static void explain_vm(GString *out, const Situation *situation, const ChangePlan *plan, guint vm)
{
    const Model *model = situation->start;
    const Vm *row = model->vms[vm].row;
    const Host *host = &model->snapshot->hosts[row->host];
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add(out, "VM %s (%s) on %s (%s): %s", row->name, row->id, host->name, host->id,
        state_names[assessed->state]);
    add_loads(out, assessed);
    add_rules(out, situation, vm);
    add(out, "In the plan:");
    if (find_row(plan, -1, row->id)) {
        add_rows_of_object(out, plan, row->id);
    } else {
        const char *drs = NULL;
        g_auto(Obstacle) immovable = {0};
        legality_left_to_drs(situation->legality, vm, &drs);
        g_autofree char *why = why_not_grown(situation, vm);
        g_autofree char *stays = why_not_moved(model, plan, (guint)row->host);
        add(out, "  nothing: %s, and %s", why, stays);
        if (!legality_may_move(situation->legality, vm, &immovable))
            add(out, "  it would never be moved: it %s", immovable.words);
        if (drs)
            add(out, "  its moves are only advised: %s", drs);
    }
    g_autoptr(Model) end = model_of_end(model, plan);
    add_missing_vcpus(out, situation, plan, end, vm);
    if (model->vms[vm].running)
        add_targets(out, situation, plan, end, vm);
}

/* ---- hosts ---- */

static const char *why_untouched(const Model *model, guint host)
{
    if (model_is_excluded(model, host))
        return "it is named by exclude_hosts";
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return "it is not available";
    if (model->hosts[host].state == STATE_UNKNOWN)
        return "it is not measured";
    return model_excess(model, host, NULL) > 0 ? "it is not relieved"
                                               : "it is within its thresholds, and no VM goes there";
}

/* why no running VM goes to a host; NULL where some could */
static const char *why_no_target(const Model *model, guint host)
{
    return model_is_excluded(model, host)         ? "it is named by exclude_hosts"
           : model_is_asked_to_empty(model, host) ? "it is to be emptied"
           : host_is_failover(model->snapshot, &model->snapshot->hosts[host])
               ? "it is a dedicated failover host"
           : !model->hosts[host].usable ? "it is not usable"
           : !model->hosts[host].target ? "it has no vMotion"
                                        : NULL;
}

/* Where a host is emptied, VMs that are not measured count at their size. */
static void add_immovable(GString *out, const Situation *situation, const ChangePlan *plan, guint host)
{
    const Model *model = situation->start;
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = 0; i < model->vms_on[host]->len; i++) {
        guint vm = g_array_index(model->vms_on[host], guint, i);
        const Vm *row = model->vms[vm].row;
        g_auto(Obstacle) immovable = {0};
        if (leaves_by_step(plan, row->id))
            continue;
        if (!legality_may_move(situation->legality, vm, &immovable))
            add(words, "  %s %s", row->name, immovable.words);
        else if (!model->vms[vm].measured && !model_is_to_empty(model, host))
            add(words, "  %s is not measured", row->name);
    }
    if (words->len)
        g_string_append_printf(out, "Its VMs that cannot be moved:\n%s", words->str);
}

static void explain_host(GString *out, const Situation *situation, const ChangePlan *plan, guint host)
{
    const Model *model = situation->start;
    const Host *row = &model->snapshot->hosts[host];
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add(out, "Host %s (%s): %s, %u running %s", row->name, row->id, state_names[assessed->state],
        model->vms_on[host]->len, plural(model->vms_on[host]->len, "VM", "VMs"));
    add_loads(out, assessed);
    add(out, "In the plan:");
    guint before = (guint)out->len;
    add_rows_of_object(out, plan, row->id);
    add_rows_of_vms(out, model->snapshot, plan, row->id);
    if (out->len == before)
        add(out, "  nothing: %s", why_untouched(model, host));
    const char *no_target = why_no_target(model, host);
    if (no_target)
        add(out, "It is no target for running VMs: %s", no_target);
    add_immovable(out, situation, plan, host);
}

/* the hosts that were to be emptied and stay as they are, [n_hosts]: the plan was decided without them; the
 * caller frees it */
static gboolean *given_up_in(const ChangePlan *plan, const Model *start)
{
    gboolean *given_up = g_new0(gboolean, start->snapshot->n_hosts + 1);
    for (guint host = 0; host < start->snapshot->n_hosts; host++) {
        const char *id = start->snapshot->hosts[host].id;
        given_up[host] = model_is_asked_to_empty(start, host) && find_row(plan, ROW_UNSOLVED, id) &&
                         !find_row(plan, ROW_STEP, id) && !is_left_by_some(plan, id);
    }
    return given_up;
}

char *explain(const Situation *situation, const ChangePlan *plan, const char *what, GError **error)
{
    g_autofree gboolean *given_up = given_up_in(plan, situation->start);
    g_autoptr(Situation) planned = situation_giving_up(situation, given_up, FALSE);
    Meant meant = find_meant(situation->start->snapshot, what);
    if (meant.n != 1) {
        fail_to_find(situation->start->snapshot, what, meant.n, error);
        return NULL;
    }
    GString *out = g_string_new(NULL);
    if (meant.vm >= 0)
        explain_vm(out, planned, plan, (guint)meant.vm);
    else
        explain_host(out, planned, plan, (guint)meant.host);
    return g_string_free(out, FALSE);
}
