/* SPDX-License-Identifier: MIT */
/* Plans that a person has edited. */
#include "plan/verify.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

void test_edited_suite(void);

/* h1 stands at 85 % of its CPU, 20 of which is a and 6 is c; h2 at 70, 20 of which is b; h3 at 10. */
static SmallCluster *hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 30);
    add_host(small, "h2", 7000, 30);
    add_host(small, "h3", 1000, 30);
    add_vm(small, "a", "h1", 2000, 5);
    add_vm(small, "c", "h1", 600, 5);
    add_vm(small, "b", "h2", 2000, 5);
    return small;
}

static PlanRow move_row(double number, int approve, const char *vm, const char *from, const char *to)
{
    PlanRow row = plan_row_unknown();
    row.kind = ROW_STEP;
    row.step = number;
    row.after = "";
    row.approve = approve;
    row.action = ACTION_MIGRATE;
    row.object_id = vm;
    row.from_id = from;
    row.to_id = to;
    row.line = 10 + (guint64)number;
    return row;
}

/* problems, then notes, a line each */
static char *said_of(const Planning *planning, ChangePlan *plan)
{
    GPtrArray *said = g_ptr_array_new_with_free_func(g_free);
    plan->name = "p";
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    verify_edited(&planning->situation, plan, said, notes);
    g_ptr_array_extend_and_steal(said, g_steal_pointer(&notes));
    g_ptr_array_add(said, NULL);
    char *text = g_strjoinv("\n", (char **)said->pdata);
    g_ptr_array_unref(said);
    return text;
}

static void assert_said(SmallCluster *small, const char *policy, const PlanRow *rows, guint n,
                        const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(ChangePlan) plan = changeplan_new();
    for (guint i = 0; i < n; i++)
        changeplan_add(plan, &rows[i]);
    g_autofree char *said = said_of(planning, plan);
    CU_ASSERT_STRING_EQUAL(said, expected);
    if (strcmp(said, expected) != 0)
        fprintf(stderr, "  found \"%s\"\n", said);
}

static void a_step_that_heats_its_host_is_refused_with_the_declined_one(void)
{
    const PlanRow rows[] = {move_row(1, 0, "b", "h2", "h3"), move_row(2, 1, "a", "h1", "h2")};
    assert_said(
        hosts(), NULL, rows, 2,
        "p:12: step 2 (migrate ): h2 would become hot: CPU at 90.0 %, above 80 %; it is at 70.0 % now; "
        "not approved, though it would take load off it: step 1 (migrate )");
}

static void a_hot_host_that_gets_hotter_is_refused(void)
{
    const PlanRow rows[] = {move_row(1, 1, "b", "h2", "h1")};
    assert_said(
        hosts(), NULL, rows, 1,
        "p:11: step 1 (migrate ): h1 would become hotter: CPU at 105.0 %, above 80 %; it is at 85.0 % now");
}

static void a_host_that_only_stays_hot_is_said(void)
{
    const PlanRow rows[] = {move_row(1, 0, "a", "h1", "h3"), move_row(2, 1, "b", "h2", "h3")};
    assert_said(
        hosts(), NULL, rows, 2,
        "this edit leaves h1 hot: CPU at 85.0 %, above 80 %; not approved, though it would take load off "
        "it: step 1 (migrate )");
}

/* That another host of the cluster is fuller is no excuse. */
static void a_host_that_a_deleted_step_would_have_kept_normal_is_refused(void)
{
    for (guint told = 0; told < 2; told++) {
        g_autoptr(Planning) planning = planning_new(hosts(), "[plan]\n");
        g_autoptr(ChangePlan) plan = changeplan_new();
        const PlanRow kept = move_row(2, 1, "a", "h1", "h2");
        PlanRow unsolved = plan_row_unknown();
        const ClusterFigures figures = {.steps = 2, .before.max_cpu_pct = 85, .after.max_cpu_pct = 95};
        unsolved.kind = ROW_UNSOLVED;
        unsolved.object_id = told ? "h2" : "h3";
        changeplan_add_cluster(plan, "c1", "Cluster 1", &figures);
        changeplan_add(plan, &kept);
        changeplan_add(plan, &unsolved);
        CU_ASSERT_EQUAL(verify_foresees(plan, "c1", "h2", RESOURCE_CPU, 90), told);
        CU_ASSERT_FALSE(verify_foresees(plan, "c1", "h2", RESOURCE_CPU, 96));
        g_autofree char *said = said_of(planning, plan);
        CU_ASSERT_TRUE(g_str_has_prefix(said, "p:12: step 2 (migrate ): h2 would become hot: CPU at 90.0 %"));
    }
}

/* nothing is declined: a takes the place on h1 that would have been c's */
static void a_changed_step_that_keeps_a_host_hot_is_said(void)
{
    SmallCluster *small = hosts();
    add_vm(small, "d", "h3", 200, 5);
    const PlanRow rows[] = {move_row(1, 1, "c", "h1", "h3"), move_row(2, 1, "d", "h3", "h1")};
    assert_said(small, NULL, rows, 2, "this edit leaves h1 hot: CPU at 81.0 %, above 80 %");
}

static void a_host_that_a_deleted_step_would_have_cooled_is_said(void)
{
    g_autoptr(Planning) planning = planning_new(hosts(), NULL);
    g_autoptr(ChangePlan) plan = changeplan_new();
    const ClusterFigures figures = {.before.hot_hosts = 1, .after.hot_hosts = 0};
    changeplan_add_cluster(plan, "c1", "", &figures);
    g_autofree char *said = said_of(planning, plan);
    CU_ASSERT_STRING_EQUAL(said, "this edit leaves h1 hot: CPU at 85.0 %, above 80 %");
}

static void a_host_that_is_emptied_in_part_is_said(void)
{
    const PlanRow rows[] = {move_row(1, 1, "a", "h1", "h3"), move_row(2, 0, "c", "h1", "h3")};
    assert_said(hosts(), "[plan]\nevacuate=h1\n", rows, 2,
                "this edit empties h1 in part: 1 running VM stays on it");
}

static void a_move_that_is_left_to_drs_is_no_step(void)
{
    SmallCluster *small = hosts();
    small->snapshot->vms[0].drs_override = DRS_OVERRIDE_DISABLED;
    const PlanRow rows[] = {move_row(1, 1, "a", "h1", "h3")};
    assert_said(small, NULL, rows, 1,
                "p:11: step 1 (migrate ): it is advice, not a step: DRS is disabled for this VM");
}

static void a_move_against_a_rule_that_should_hold_is_said(void)
{
    SmallCluster *small = hosts();
    add_rule(small, "site", RULE_VM_HOST_AFFINITY, FALSE, "a", "h1 h2");
    const PlanRow rows[] = {move_row(1, 1, "a", "h1", "h3")};
    assert_said(small, NULL, rows, 1, "step 1 (migrate ) is against the rule \"site\", which should hold");
}

static void a_move_off_an_excluded_host_is_refused(void)
{
    const PlanRow rows[] = {move_row(1, 1, "a", "h1", "h3")};
    assert_said(hosts(), "[plan]\nexclude_hosts=h1\n", rows, 1,
                "p:11: step 1 (migrate ): it is on h1, which exclude_hosts names");
}

static void a_name_that_is_not_its_ids_is_refused(void)
{
    PlanRow row = move_row(1, 1, "a", "h1", "h3");
    row.to = "h2";
    assert_said(
        hosts(), NULL, &row, 1,
        "p:11: step 1 (migrate ): found to h2 with to_id h3, which is h3; h2 is h2: expected the two to "
        "agree (change both, or put the one back)");
    row.to = "h3";
    row.object = "b";
    assert_said(
        hosts(), NULL, &row, 1,
        "p:11: step 1 (migrate b): found object b with object_id a, which is a: expected the two to agree "
        "(change both, or put the one back)");
}

static PlanRow growth_row(int action, const char *vm, const char *from, const char *to, const char *unit)
{
    PlanRow row = move_row(1, 1, vm, "", "");
    row.action = action;
    row.from = from;
    row.to = to;
    row.unit = unit;
    return row;
}

static void growth_that_the_vm_or_the_policy_does_not_take_is_refused(void)
{
    const PlanRow vcpus = growth_row(ACTION_ADD_CPU, "a", "2", "512", "vCPU");
    const PlanRow memory = growth_row(ACTION_ADD_MEMORY, "a", "7168", "16384", "MiB");
    assert_said(hosts(), "[plan]\n", &vcpus, 1, "p:11: step 1 (add_cpu ): CPU hot-add is off");
    SmallCluster *small = hosts();
    small->snapshot->vms[0].memory_hot_add = 1;
    assert_said(small, "[plan]\n", &memory, 1,
                "p:11: step 1 (add_memory ): 16384 MiB would be more than memory_max_growth_pct allows");
}

static void growth_in_other_steps_than_the_vms_is_refused(void)
{
    const PlanRow vcpus = growth_row(ACTION_ADD_CPU, "a", "2", "3", "vCPU");
    const PlanRow memory = growth_row(ACTION_ADD_MEMORY, "a", "7168", "8000", "MiB");
    for (guint pinned = 0; pinned <= 1; pinned++) {
        SmallCluster *small = hosts();
        Vm *vm = &small->snapshot->vms[0];
        vm->memory_hot_add = 1;
        vm->memory_hot_add_step_mib = 128;
        vm->pinned = pinned ? "PCI passthrough device" : "";
        assert_said(small, "[plan]\n", &memory, 1,
                    pinned
                        ? "p:11: step 1 (add_memory ): a passed-through device, or latency sensitivity, pins "
                          "its memory: none is added while it runs"
                        : "p:11: step 1 (add_memory ): 8000 MiB is no multiple of its hot-add step, 128 MiB");
    }
    SmallCluster *small = hosts();
    small->snapshot->vms[0].cpu_hot_add = 1;
    small->snapshot->vms[0].cores_per_socket = 2;
    assert_said(small, "[plan]\n", &vcpus, 1,
                "p:11: step 1 (add_cpu ): 3 vCPUs are no whole sockets of 2 cores");
}

static void what_vsan_does_with_data_is_the_policys_to_say(void)
{
    static const struct {
        const char *args, *said;
    } cases[] = {{"vsan_mode=noAction",
                  "p:11: step 1 (enter_maintenance ): found args \"vsan_mode=noAction\": expected "
                  "\"vsan_mode=evacuateAllData\", by the policy (vsan_mode)"},
                 {"vsan_mode=evacuateAllData", ""}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = hosts();
        small->snapshot->clusters[0].vsan = 1;
        add_host(small, "h4", 0, 1);
        PlanRow row = move_row(1, 1, "h4", "", "");
        row.action = ACTION_ENTER_MAINTENANCE;
        row.args = cases[i].args;
        assert_said(small, "[plan]\nevacuate=h4\nvsan_mode=evacuateAllData\n", &row, 1, cases[i].said);
    }
}

static void what_is_left_is_composed_anew(void)
{
    g_autoptr(Planning) planning = planning_new(hosts(), "[plan]\n");
    g_autoptr(ChangePlan) plan = changeplan_new();
    PlanRow declined = move_row(1, 0, "b", "h2", "h3"), kept = move_row(2, 1, "a", "h1", "h3");
    declined.effect = "as it was";
    kept.effect = "of another time";
    kept.reason = "relieves h1: CPU at 85.0 % is above 80 %, 45.0 % when all is done";
    changeplan_add(plan, &declined);
    changeplan_add(plan, &kept);
    g_autofree char *said = said_of(planning, plan);
    CU_ASSERT_STRING_EQUAL(said, "");
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).effect, "as it was");
    CU_ASSERT_PTR_NOT_NULL(strstr(g_array_index(plan->rows, PlanRow, 1).effect, "h1: CPU 85.0 to 65.0 %"));
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 1).reason,
                           "relieves h1: CPU at 85.0 % is above 80 %, 65.0 % when all is done");
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 1).cause, "hot_host");
    CU_ASSERT_STRING_EQUAL(plan->summary, "Plan: 1 to migrate, 0 to grow, 0 advised, 0 unsolved.");
}

/* 7 GiB of 7 GiB are in use; somebody made 9 GiB of the 10 that were planned */
static void figures_of_a_changed_growth_are_told_anew(void)
{
    static const char *const reasons[] = {
        "a is short: its guest uses 100.0 % of 7168 MiB, above 80 %; 70.0 % after",
        "as agreed with its owner"};
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 1000, 30);
        smallcluster_measure_vm(small, "a", 2000, 7, 7);
        Vm *vm = smallcluster_add_vm(small, "a", "h1");
        vm->memory_mib = 7168;
        vm->memory_hot_add = 1;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        g_autoptr(ChangePlan) plan = changeplan_new();
        PlanRow row = growth_row(ACTION_ADD_MEMORY, "a", "7168", "9216", "MiB");
        row.reason = reasons[i];
        row.cause = "short_vm";
        changeplan_add(plan, &row);
        g_autofree char *said = said_of(planning, plan);
        CU_ASSERT_STRING_EQUAL(said, "");
        const char *reason = g_array_index(plan->rows, PlanRow, 0).reason;
        CU_ASSERT_EQUAL(strstr(reason, "; 77.8 % after") != NULL, i == 0);
        CU_ASSERT_EQUAL(strcmp(reason, reasons[i]) == 0, i == 1);
    }
}

void test_edited_suite(void)
{
    CU_pSuite suite = CU_add_suite("edited", NULL, NULL);
    CU_ADD_TEST(suite, a_step_that_heats_its_host_is_refused_with_the_declined_one);
    CU_ADD_TEST(suite, a_hot_host_that_gets_hotter_is_refused);
    CU_ADD_TEST(suite, a_host_that_only_stays_hot_is_said);
    CU_ADD_TEST(suite, a_host_that_a_deleted_step_would_have_kept_normal_is_refused);
    CU_ADD_TEST(suite, a_changed_step_that_keeps_a_host_hot_is_said);
    CU_ADD_TEST(suite, a_host_that_a_deleted_step_would_have_cooled_is_said);
    CU_ADD_TEST(suite, a_host_that_is_emptied_in_part_is_said);
    CU_ADD_TEST(suite, a_move_that_is_left_to_drs_is_no_step);
    CU_ADD_TEST(suite, a_move_against_a_rule_that_should_hold_is_said);
    CU_ADD_TEST(suite, a_move_off_an_excluded_host_is_refused);
    CU_ADD_TEST(suite, a_name_that_is_not_its_ids_is_refused);
    CU_ADD_TEST(suite, growth_that_the_vm_or_the_policy_does_not_take_is_refused);
    CU_ADD_TEST(suite, growth_in_other_steps_than_the_vms_is_refused);
    CU_ADD_TEST(suite, what_vsan_does_with_data_is_the_policys_to_say);
    CU_ADD_TEST(suite, what_is_left_is_composed_anew);
    CU_ADD_TEST(suite, figures_of_a_changed_growth_are_told_anew);
}
