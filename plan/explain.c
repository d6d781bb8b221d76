/* SPDX-License-Identifier: MIT */
#include "plan/explain.h"

#include "collect/escape.h"
#include "plan/growth.h"
#include "plan/hindrance.h"

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
    return meant;
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
    g_string_append_printf(text, " of ");
    table_append_number(text, load->capacity);
    g_string_append_printf(text, " %s", unit);
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
        row->action >= 0 ? action_names[row->action] : "", as_object ? "" : " of ",
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
        if (row->action == ACTION_ADD_MEMORY || row->action == ACTION_ADD_CPU) {
            const char *end = g_hash_table_lookup(ends, row->object_id);
            int vm = snapshot_find_vm(snapshot, row->object_id);
            about = strcmp(end ? end : snapshot->hosts[snapshot->vms[vm].host].id, id) == 0;
        }
        if (about)
            add_row(out, row, FALSE);
    }
}

static void add_targets(GString *out, const Situation *situation, guint vm)
{
    const Model *model = situation->start;
    const Snapshot *snapshot = model->snapshot;
    add(out, "Hosts of its cluster:");
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (snapshot->hosts[host].cluster != snapshot->vms[vm].cluster || (int)host == model->vms[vm].host)
            continue;
        const char *why = compatibility_obstacle(situation->compatibility, vm, host);
        const BoundRule *rule = why ? NULL : rules_broken_by(situation->rules, model, vm, host, TRUE);
        if (why)
            add(out, "  %s: no, it %s", snapshot->hosts[host].name, why);
        else if (rule)
            add(out, "  %s: no, the mandatory rule \"%s\" would be broken", snapshot->hosts[host].name,
                rule->name);
        else if (!model->vms[vm].measured)
            add(out, "  %s: could run it; its load is not known", snapshot->hosts[host].name);
        else
            add(out, "  %s: %s; with it CPU %.1f %%, memory %.1f %%", snapshot->hosts[host].name,
                model_stays_normal(model, host, model->vms[vm].demand) ? "yes" : "no, it would be hot",
                model_usage_pct(model, host, RESOURCE_CPU, model->vms[vm].demand[RESOURCE_CPU]),
                model_usage_pct(model, host, RESOURCE_HOST_MEMORY,
                                model->vms[vm].demand[RESOURCE_HOST_MEMORY]));
    }
}

static void add_rules(GString *out, const Situation *situation, guint vm)
{
    const GArray *own = rules_of_vm(situation->rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        static const char *const words[] = {"keeps VMs together", "keeps VMs apart", "keeps VMs on hosts",
                                            "keeps VMs off hosts"};
        guint breaches = rule_breaches(rule, situation->start);
        add(out, "  rule \"%s\" (%s): %s, %u %s in breach", rule->name, rule->mandatory ? "must" : "should",
            words[rule->type], breaches, word_for(breaches, "VM", "VMs"));
    }
}

static gboolean has_rows(const ChangePlan *plan, const char *id)
{
    for (guint i = 0; i < plan->rows->len; i++)
        if (strcmp(g_array_index(plan->rows, PlanRow, i).object_id, id) == 0)
            return TRUE;
    return FALSE;
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
static void add_missing_vcpus(GString *out, const Situation *situation, const ChangePlan *plan, guint vm)
{
    const Model *model = situation->start;
    if (!growth_wants_vcpus(model, vm) || gets_vcpus(plan, model->snapshot->vms[vm].id))
        return;
    g_autofree char *why = growth_cpu_obstacle(situation, model, vm, growth_legal_vcpus(model, vm));
    if (model->policy->strategy == STRATEGY_THRESHOLD)
        add(out, "  no vCPUs: strategy=threshold adds none");
    else
        add(out, "  no vCPUs: it uses %.1f %% of its %.0f, above %g %%, but %s",
            growth_cpu_usage_pct(model, vm), model->vms[vm].vcpus, model->policy->vm_cpu_pct,
            why ? why : "others took what the cluster's CPU buffer and its pools had left");
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
    g_autofree char *why = growth_memory_obstacle(situation, model, vm, to);
    return why ? g_strdup_printf("it is short, but %s", why)
               : g_strdup(
                     "it is short, but no addition was found that its host and the buffer have room for");
}

/* and why it stays where it is */
static const char *why_not_moved(const Model *model, guint host)
{
    if (model_is_excluded(model, host))
        return "its host is named by exclude_hosts";
    if (model_is_to_empty(model, host))
        return "it stays on its host, which is to be emptied";
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return "its host is not available";
    if (model->hosts[host].state == STATE_UNKNOWN)
        return "its host is not measured";
    return model->hosts[host].state == STATE_HOT ? "its hot host is relieved, as far as can be, by others"
                                                 : "its host is not hot";
}

static void explain_vm(GString *out, const Situation *situation, const ChangePlan *plan, guint vm)
{
    const Model *model = situation->start;
    const Vm *row = &model->snapshot->vms[vm];
    const Host *host = &model->snapshot->hosts[row->host];
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add(out, "VM %s (%s) on %s (%s): %s", row->name, row->id, host->name, host->id,
        state_names[assessed->state]);
    add_loads(out, assessed);
    add_rules(out, situation, vm);
    add(out, "In the plan:");
    if (has_rows(plan, row->id)) {
        add_rows_of_object(out, plan, row->id);
    } else {
        const char *drs = NULL;
        g_autofree char *immovable = compatibility_immovable(situation->compatibility, vm);
        compatibility_left_to_drs(situation->compatibility, vm, &drs);
        g_autofree char *why = why_not_grown(situation, vm);
        add(out, "  nothing: %s, and %s", why, why_not_moved(model, (guint)row->host));
        if (immovable)
            add(out, "  it would never be moved: it %s", immovable);
        if (drs)
            add(out, "  its moves are only advised: %s", drs);
    }
    add_missing_vcpus(out, situation, plan, vm);
    if (model->vms[vm].running)
        add_targets(out, situation, vm);
}

static const char *why_untouched(const Model *model, guint host)
{
    if (model_is_excluded(model, host))
        return "it is named by exclude_hosts";
    if (model->hosts[host].state == STATE_UNAVAILABLE)
        return "it is not available";
    if (model->hosts[host].state == STATE_UNKNOWN)
        return "it is not measured";
    return model_excess(model, host, NULL) > 0 ? "no VM of it can be moved"
                                               : "it is within its thresholds, and no VM goes there";
}

static void explain_host(GString *out, const Situation *situation, const ChangePlan *plan, guint host)
{
    const Model *model = situation->start;
    const Host *row = &model->snapshot->hosts[host];
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    add(out, "Host %s (%s): %s, %u running %s", row->name, row->id, state_names[assessed->state],
        model->vms_on[host]->len, word_for(model->vms_on[host]->len, "VM", "VMs"));
    add_loads(out, assessed);
    add(out, "In the plan:");
    guint before = (guint)out->len;
    add_rows_of_object(out, plan, row->id);
    add_rows_of_vms(out, model->snapshot, plan, row->id);
    if (out->len == before)
        add(out, "  nothing: %s", why_untouched(model, host));
    if (!model->hosts[host].target)
        add(out, "It is no target: %s", model->hosts[host].usable ? "it has no vMotion" : "it is not usable");
    add(out, "Its VMs that cannot be moved:");
    for (guint i = 0; i < model->vms_on[host]->len; i++) {
        guint vm = g_array_index(model->vms_on[host], guint, i);
        g_autofree char *immovable = compatibility_immovable(situation->compatibility, vm);
        if (immovable || !model->vms[vm].measured)
            add(out, "  %s %s", model->snapshot->vms[vm].name, immovable ? immovable : "is not measured");
    }
}

/* The shorter of two names in which the text stands, whatever its case. */
static const char *nearer(const char *nearest, const char *name, const char *folded)
{
    g_autofree char *other = g_utf8_casefold(name, -1);
    return strstr(other, folded) && (!nearest || strlen(name) < strlen(nearest)) ? name : nearest;
}

/* The name that a text was meant for, as " (the nearest is …)"; "" where it stands in none. The caller frees
 * it. */
static char *nearest_name(const Snapshot *snapshot, const char *what)
{
    const char *nearest = NULL;
    g_autofree char *folded = g_utf8_casefold(what, -1);
    for (guint i = 0; *what && i < snapshot->n_hosts; i++)
        nearest = nearer(nearest, snapshot->hosts[i].name, folded);
    for (guint i = 0; *what && i < snapshot->n_vms; i++)
        nearest = nearer(nearest, snapshot->vms[i].name, folded);
    g_autofree char *shown = nearest ? escape_for_message(nearest) : NULL;
    return shown ? g_strdup_printf(" (the nearest is %s)", shown) : g_strdup("");
}

char *explain(const Situation *situation, const ChangePlan *plan, const char *what, GError **error)
{
    Meant meant = find_meant(situation->start->snapshot, what);
    if (meant.n != 1) {
        g_autofree char *found = escape_for_message(what);
        g_autofree char *nearest = meant.n ? g_strdup("") : nearest_name(situation->start->snapshot, what);
        g_set_error(error, VMANGER_ERROR, 0,
                    "found %s %s: expected the id of a VM or host, or a name that only one has%s",
                    meant.n ? "several called" : "no", found, nearest);
        return NULL;
    }
    GString *out = g_string_new(NULL);
    if (meant.vm >= 0)
        explain_vm(out, situation, plan, (guint)meant.vm);
    else
        explain_host(out, situation, plan, (guint)meant.host);
    return g_string_free(out, FALSE);
}
