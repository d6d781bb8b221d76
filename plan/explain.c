/* SPDX-License-Identifier: MIT */
#include "plan/explain.h"

#include "analyze/amount.h"
#include "collect/plural.h"
#include "plan/show.h"

#include <math.h>

static void add_load(GString *out, Resource resource, const Load *load)
{
    const char *name = resource_names[resource];
    if (isnan(load->demand)) {
        show_line(out, "  %s: not measured", name);
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    amount_append(text, resource, load->demand);
    if (!isnan(load->capacity)) {
        g_string_append(text, " of ");
        amount_append(text, resource, load->capacity);
    }
    if (isnan(load->capacity))
        g_string_append(text, ", of a capacity that is not known");
    if (!isnan(load->usage_pct))
        g_string_append_printf(text, ", %.1f %%", load->usage_pct);
    if (!isnan(load->threshold_pct))
        g_string_append_printf(text, " (threshold %g %%)", load->threshold_pct);
    show_line(out, "  %s: %s%s%s", name, text->str, *load->reason ? "; " : "", load->reason);
}

static void add_loads(GString *out, const Assessed *entity)
{
    for (int r = 0; r < N_RESOURCES; r++)
        if (load_is_stated(&entity->loads[r]))
            add_load(out, (Resource)r, &entity->loads[r]);
}

static void add_row(GString *out, const PlanRow *row, gboolean as_object)
{
    static const char *const kinds[] = {"step", "advice", "unsolved"};
    g_autofree char *number = row->kind == ROW_STEP ? g_strdup_printf(" %.0f", row->step) : g_strdup("");
    show_line(out, "  %s%s: %s%s%s%s%s%s%s", kinds[row->kind], number,
              row->action >= 0 ? action_names[row->action] : row->cause, as_object ? "" : " of ",
              as_object ? "" : row->object, *row->to ? " to " : "", row->to, *row->unit ? " " : "",
              row->unit);
    show_line(out, "    why: %s", row->reason);
    if (*row->effect)
        show_line(out, "    effect: %s", row->effect);
}

static void add_rows(GString *out, const Explanation *explanation)
{
    for (guint i = 0; i < explanation->rows->len; i++) {
        const ExplainedRow *explained = &g_array_index(explanation->rows, ExplainedRow, i);
        add_row(out, explained->row, explained->as_object);
    }
}

/* ---- VMs ---- */

static void add_rules(GString *out, const Explanation *explanation)
{
    static const char *const words[] = {"keeps VMs together", "keeps VMs apart", "keeps VMs on hosts",
                                        "keeps VMs off hosts"};
    for (guint i = 0; i < explanation->rules->len; i++) {
        const ExplainedRule *explained = &g_array_index(explanation->rules, ExplainedRule, i);
        const BoundRule *rule = explained->rule;
        show_line(out, "  rule \"%s\" (%s): %s, %u %s in breach", rule->name,
                  rule->mandatory ? "must" : "should", words[rule->type], explained->breaches,
                  plural(explained->breaches, "VM", "VMs"));
    }
}

static void add_target(GString *out, const Explanation *explanation, const ExplainedTarget *target)
{
    const Situation *situation = explanation->situation;
    const char *name = situation->start->snapshot->hosts[target->host].name;
    gboolean moves = legality_may_move(situation->legality, (guint)explanation->vm, NULL);
    if (target->step > 0)
        show_line(out, "  %s: yes, step %.0f takes it there", name, target->step);
    else if (target->why.words)
        show_line(out, "  %s: no, it %s", name, target->why.words);
    else if (isnan(target->cpu_pct))
        show_line(out, "  %s: could run it; its load is not known", name);
    else
        show_line(out, "  %s: %s; with it CPU %.1f %%, memory %.1f %%", name, moves ? "yes" : "could run it",
                  target->cpu_pct, target->memory_pct);
}

static void add_inaction(GString *out, const Explanation *explanation)
{
    show_line(out, "  nothing: %s, and %s", explanation->not_grown.words, explanation->not_moved.words);
    if (explanation->immovable.words)
        show_line(out, "  it would never be moved: it %s", explanation->immovable.words);
    if (explanation->left_to_drs.words)
        show_line(out, "  its moves are only advised: %s", explanation->left_to_drs.words);
}

static void add_vm(GString *out, const Explanation *explanation)
{
    const Model *model = explanation->situation->start;
    const Vm *row = model->vms[explanation->vm].row;
    const Host *host = &model->snapshot->hosts[row->host];
    show_line(out, "VM %s (%s) on %s (%s): %s", row->name, row->id, host->name, host->id,
              state_names[explanation->assessed->state]);
    add_loads(out, explanation->assessed);
    add_rules(out, explanation);
    show_line(out, "In the plan:");
    add_rows(out, explanation);
    if (explanation->not_grown.words)
        add_inaction(out, explanation);
    if (explanation->no_vcpus.words)
        show_line(out, "  no vCPUs: %s", explanation->no_vcpus.words);
    if (model->vms[explanation->vm].running)
        show_line(out, "Hosts of its cluster%s:",
                  explanation->targets_after_steps ? ", once the steps of the plan are made" : "");
    for (guint i = 0; i < explanation->targets->len; i++)
        add_target(out, explanation, &g_array_index(explanation->targets, ExplainedTarget, i));
}

/* ---- hosts ---- */

static void add_host(GString *out, const Explanation *explanation)
{
    const Model *model = explanation->situation->start;
    const Host *row = &model->snapshot->hosts[explanation->host];
    guint running = model->vms_on[explanation->host]->len;
    show_line(out, "Host %s (%s): %s, %u running %s", row->name, row->id,
              state_names[explanation->assessed->state], running, plural(running, "VM", "VMs"));
    add_loads(out, explanation->assessed);
    show_line(out, "In the plan:");
    add_rows(out, explanation);
    if (explanation->untouched.words)
        show_line(out, "  nothing: %s", explanation->untouched.words);
    if (explanation->no_target.words)
        show_line(out, "It is no target for running VMs: %s", explanation->no_target.words);
    if (explanation->staying->len)
        show_line(out, "Its VMs that cannot be moved:");
    for (guint i = 0; i < explanation->staying->len; i++) {
        const ExplainedVm *staying = &g_array_index(explanation->staying, ExplainedVm, i);
        show_line(out, "  %s %s", model->vms[staying->vm].row->name, staying->why.words);
    }
}

char *explain(const Explanation *explanation)
{
    GString *out = g_string_new(NULL);
    if (explanation->vm >= 0)
        add_vm(out, explanation);
    else
        add_host(out, explanation);
    return g_string_free(out, FALSE);
}
