/* SPDX-License-Identifier: MIT */
#include "tests/unit/planning.h"

#include <glib/gstdio.h>

#include <CUnit/CUnit.h>

Planning *planning_new(SmallCluster *small, const char *policy_text)
{
    g_autoptr(GError) error = NULL;
    Planning *planning = g_new0(Planning, 1);
    planning->small = small;
    planning->policy =
        smallcluster_policy(policy_text ? policy_text : "[plan]\nstrategy=threshold\n", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(planning->policy);
    smallcluster_assess(small, policy_text);
    g_autofree char *digest = policy_analyze_digest(planning->policy);
    small->assessment->policy = g_string_chunk_insert(small->assessment->strings, digest);
    planning->past = past_new();
    planning->joined =
        situation_new(small->snapshot, small->assessment, planning->policy, planning->past, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(planning->joined);
    planning->situation = *planning->joined;
    planning->model = planning->situation.start;
    planning->rules = planning->situation.rules;
    planning->legality = planning->situation.legality;
    return planning;
}

Past *past_of_row(const Snapshot *snapshot, JournalRow row)
{
    g_autofree char *path = smallcluster_file("", 0);
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    g_unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
    row.run = "run";
    row.source_id = snapshot->info.source_id;
    row.time = snapshot->info.taken_at - 3600;
    row.step = 1;
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
    Past *past = past_new();
    past_add(past, journal, "");
    return past;
}

void planning_free(Planning *planning)
{
    if (!planning)
        return;
    situation_free(planning->joined);
    past_free(planning->past);
    policy_free(planning->policy);
    smallcluster_free(planning->small);
    g_free(planning);
}

Host *add_host(SmallCluster *small, const char *id, double mhz, double gib)
{
    smallcluster_measure_host(small, id, mhz, gib);
    return smallcluster_add_host(small, id);
}

Vm *add_vm(SmallCluster *small, const char *id, const char *host_id, double mhz, double gib)
{
    smallcluster_measure_vm(small, id, mhz, gib / 2, gib);
    Vm *vm = smallcluster_add_vm(small, id, host_id);
    vm->memory_mib = (gib + 2) * 1024;
    return vm;
}

Vm *add_short_vm(SmallCluster *small, const char *id, const char *host_id)
{
    smallcluster_measure_vm(small, id, 100, 9, 5);
    Vm *vm = smallcluster_add_vm(small, id, host_id);
    vm->memory_hot_add = 1;
    return vm;
}

Rule *add_rule(SmallCluster *small, const char *name, int type, gboolean mandatory, const char *vm_ids,
               const char *host_ids)
{
    Rule rule = rule_unknown();
    rule.id = rule.name = snapshot_string(small->snapshot, name);
    rule.cluster_id = "c1";
    rule.type = type;
    rule.mandatory = mandatory;
    rule.enabled = 1;
    rule.vm_ids = snapshot_string(small->snapshot, vm_ids);
    rule.host_ids = snapshot_string(small->snapshot, host_ids);
    snapshot_add_rule(small->snapshot, &rule);
    return &small->snapshot->rules[small->snapshot->n_rules - 1];
}

guint host_of(const Planning *planning, const char *id)
{
    int host = snapshot_find_host(planning->small->snapshot, id);
    CU_ASSERT_FATAL(host >= 0);
    return (guint)host;
}

guint vm_of(const Planning *planning, const char *id)
{
    int vm = snapshot_find_vm(planning->small->snapshot, id);
    CU_ASSERT_FATAL(vm >= 0);
    return (guint)vm;
}

Change move(const Planning *planning, const char *vm_id, const char *host_id)
{
    guint vm = vm_of(planning, vm_id);
    return (Change){.action = ACTION_MIGRATE,
                    .vm = (int)vm,
                    .from = planning->model->vms[vm].host,
                    .to = (int)host_of(planning, host_id),
                    .reason = g_strdup("test")};
}

Change growth(const Planning *planning, const char *vm_id, double mib)
{
    guint vm = vm_of(planning, vm_id);
    const ModelVm *at = &planning->model->vms[vm];
    return (Change){.action = ACTION_ADD_MEMORY,
                    .vm = (int)vm,
                    .from = at->host,
                    .to = at->host,
                    .was = at->memory_mib,
                    .amount = at->memory_mib + mib,
                    .reason = g_strdup("test")};
}

PlanRow step_row(int action, double number, const char *object, const char *from, const char *to)
{
    PlanRow row = plan_row_unknown();
    row.kind = ROW_STEP;
    row.step = number;
    row.approve = 1;
    row.action = action;
    row.object_id = row.object = object;
    row.from_id = row.from = from;
    row.to_id = row.to = to;
    return row;
}

char *why_not(const Planning *planning, const Change *change, guint questions)
{
    g_auto(Obstacle) why = {0};
    gboolean legal = legality_allows(planning->legality, planning->model, change, questions, &why);
    CU_ASSERT_EQUAL(legal, why.words == NULL);
    CU_ASSERT_EQUAL(legal, why.code == OBSTACLE_NONE);
    return g_steal_pointer(&why.words);
}

char *why_not_grown(const Planning *planning, int action, guint vm, double total, guint questions)
{
    Change larger = change_growth(planning->model, action, vm, total);
    return why_not(planning, &larger, questions);
}

char *why_not_moved(const Planning *planning, guint vm, guint host, guint questions)
{
    Change migration = change_migration(planning->model, vm, host);
    return why_not(planning, &migration, questions);
}

char *why_immovable(const Planning *planning, guint vm)
{
    return why_not_moved(planning, vm, (guint)planning->model->vms[vm].host, LEGAL_SUBJECT);
}
