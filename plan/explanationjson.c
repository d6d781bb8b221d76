/* SPDX-License-Identifier: MIT */
#include "plan/explanationjson.h"

#include "analyze/assessmentjson.h"
#include "plan/planjson.h"

#include <math.h>

static void add_why(Json *json, const char *name, const ExplainedWhy *why)
{
    if (!why->words)
        return;
    json_begin_object(json, name);
    json_add_text(json, "cause", obstacle_names[why->code]);
    json_add_text(json, "reason", why->words);
    json_end_object(json);
}

/* ---- rows ---- */

static void add_rows(Json *json, const Explanation *explanation, const char *name, int kind)
{
    json_begin_list(json, name);
    for (guint i = 0; i < explanation->rows->len; i++) {
        const PlanRow *row = g_array_index(explanation->rows, ExplainedRow, i).row;
        if (row->kind == kind)
            planjson_add_row(json, NULL, row);
    }
    json_end_list(json);
}

static void add_entity(Json *json, const Explanation *explanation)
{
    const Assessed *assessed = explanation->assessed;
    json_add_text(json, "entity", explanation->vm >= 0 ? "vm" : "host");
    json_add_text(json, "id", assessed->id);
    json_add_text(json, "name", assessed->name);
    json_add_text(json, "source_id", assessed->source_id);
    json_add_text(json, "cluster_id", assessed->cluster_id);
    json_add_text(json, "state", state_names[assessed->state]);
    assessmentjson_add_loads(json, assessed);
    add_rows(json, explanation, "steps", ROW_STEP);
    add_rows(json, explanation, "advice", ROW_ADVICE);
    add_rows(json, explanation, "unsolved", ROW_UNSOLVED);
}

/* ---- VMs ---- */

static void add_rules(Json *json, const Explanation *explanation)
{
    static const char *const types[] = {"vm_affinity", "vm_anti_affinity", "vm_host_affinity",
                                        "vm_host_anti_affinity"};
    json_begin_list(json, "rules");
    for (guint i = 0; i < explanation->rules->len; i++) {
        const ExplainedRule *explained = &g_array_index(explanation->rules, ExplainedRule, i);
        json_begin_object(json, NULL);
        json_add_text(json, "name", explained->rule->name);
        json_add_text(json, "type", types[explained->rule->type]);
        json_add_flag(json, "mandatory", explained->rule->mandatory);
        json_add_number(json, "vms_in_breach", explained->breaches);
        json_end_object(json);
    }
    json_end_list(json);
}

static void add_targets(Json *json, const Explanation *explanation)
{
    json_add_flag(json, "targets_are_after_the_steps", explanation->targets_after_steps);
    json_begin_list(json, "targets");
    for (guint i = 0; i < explanation->targets->len; i++) {
        const ExplainedTarget *target = &g_array_index(explanation->targets, ExplainedTarget, i);
        const Host *host = &explanation->situation->start->snapshot->hosts[target->host];
        json_begin_object(json, NULL);
        json_add_text(json, "host_id", host->id);
        json_add_text(json, "host", host->name);
        json_add_flag(json, "could_run_it", !target->why.words);
        json_add_number(json, "step", target->step > 0 ? target->step : NAN);
        json_add_number(json, "cpu_pct", target->cpu_pct);
        json_add_number(json, "memory_pct", target->memory_pct);
        add_why(json, "why_not", &target->why);
        json_end_object(json);
    }
    json_end_list(json);
}

static void add_vm(Json *json, const Explanation *explanation)
{
    const Model *model = explanation->situation->start;
    const Host *host = &model->snapshot->hosts[model->vms[explanation->vm].row->host];
    json_add_text(json, "host_id", host->id);
    json_add_text(json, "host", host->name);
    add_rules(json, explanation);
    add_why(json, "not_grown", &explanation->not_grown);
    add_why(json, "not_moved", &explanation->not_moved);
    add_why(json, "immovable", &explanation->immovable);
    add_why(json, "left_to_drs", &explanation->left_to_drs);
    add_why(json, "no_vcpus", &explanation->no_vcpus);
    if (model->vms[explanation->vm].running)
        add_targets(json, explanation);
}

/* ---- hosts ---- */

static void add_host(Json *json, const Explanation *explanation)
{
    const Model *model = explanation->situation->start;
    json_add_number(json, "running_vms", model->vms_on[explanation->host]->len);
    add_why(json, "untouched", &explanation->untouched);
    add_why(json, "no_target", &explanation->no_target);
    json_begin_list(json, "vms_that_cannot_be_moved");
    for (guint i = 0; i < explanation->staying->len; i++) {
        const ExplainedVm *staying = &g_array_index(explanation->staying, ExplainedVm, i);
        const Vm *row = model->vms[staying->vm].row;
        json_begin_object(json, NULL);
        json_add_text(json, "vm_id", row->id);
        json_add_text(json, "vm", row->name);
        add_why(json, "why_not", &staying->why);
        json_end_object(json);
    }
    json_end_list(json);
}

char *explanationjson_text(const Explanation *explanation)
{
    g_autoptr(Json) json = json_new(EXPLANATION_SCHEMA);
    add_entity(json, explanation);
    if (explanation->vm >= 0)
        add_vm(json, explanation);
    else
        add_host(json, explanation);
    return json_finish(json);
}
