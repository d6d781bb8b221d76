/* SPDX-License-Identifier: MIT */
#include "plan/verify.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_verify_suite(void);

/* h1 and h2 hold 90 of 100 GiB, of which a and b are 40 each; h3 has room. */
static SmallCluster *full_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 90);
    add_host(small, "h2", 3000, 90);
    add_host(small, "h3", 3000, 30);
    add_vm(small, "a", "h1", 100, 40)->instance_uuid = "uuid-a";
    add_vm(small, "b", "h2", 100, 40);
    return small;
}

static PlanRow step(double number, const char *after, const char *vm, const char *from, const char *to)
{
    PlanRow row = step_row(ACTION_MIGRATE, number, vm, from, to);
    row.after = after;
    row.line = 10 + (guint)number;
    return row;
}

static PlanRow addition(double number, const char *vm, const char *from, const char *to)
{
    PlanRow row = step(number, "", vm, "", "");
    row.action = ACTION_ADD_MEMORY;
    row.from = from;
    row.to = to;
    row.unit = "MiB";
    return row;
}

/* all problems, a line each */
static char *problems_of(const Planning *planning, const PlanRow *rows, guint n)
{
    g_autoptr(ChangePlan) plan = changeplan_new();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    plan->name = "p";
    for (guint i = 0; i < n; i++)
        changeplan_add(plan, &rows[i]);
    verify_plan(&planning->situation, plan, problems);
    g_ptr_array_add(problems, NULL);
    return g_strjoinv("\n", (char **)problems->pdata);
}

static void assert_problems(SmallCluster *small, const char *expected, const PlanRow *rows, guint n)
{
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *found = problems_of(planning, rows, n);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, expected);
}

#define PROBLEMS(small, expected, ...)                                                                       \
    do {                                                                                                     \
        const PlanRow rows[] = {__VA_ARGS__};                                                                \
        assert_problems(small, expected, rows, G_N_ELEMENTS(rows));                                          \
    } while (0)

static void a_sound_plan_has_no_problems(void)
{
    PROBLEMS(full_hosts(), "", step(1, "", "a", "h1", "h3"), step(2, "1", "b", "h2", "h1"));
}

static void rows_may_stand_in_any_order(void)
{
    PROBLEMS(full_hosts(), "", step(2, "1", "b", "h2", "h1"), step(1, "", "a", "h1", "h3"));
}

static void steps_not_approved_are_not_replayed(void)
{
    PlanRow refused = step(1, "", "a", "h1", "h2");
    refused.approve = 0;
    PROBLEMS(full_hosts(), "", refused);
}

static void a_step_without_what_makes_its_room_is_refused(void)
{
    PROBLEMS(full_hosts(), "p:12: step 2 (migrate b): h1 could go over its memory",
             step(1, "", "a", "h1", "h3"), step(2, "", "b", "h2", "h1"));
    PROBLEMS(full_hosts(), "p:12: step 2 (migrate b): h1 would be over its memory",
             step(2, "", "b", "h2", "h1"));
}

static void what_the_snapshot_contradicts_is_named(void)
{
    PROBLEMS(full_hosts(), "p:11: step 1 (migrate a): found it on h1: expected it on h2",
             step(1, "", "a", "h2", "h3"));
    PROBLEMS(full_hosts(), "p:11: object_id: found c: expected a VM of the snapshot",
             step(1, "", "c", "h1", "h3"));
    PlanRow other = step(1, "", "a", "h1", "h3");
    other.instance_uuid = "uuid-b";
    PROBLEMS(full_hosts(), "p:11: step 1 (migrate a): found instance UUID uuid-a: expected uuid-b", other);
    PROBLEMS(full_hosts(), "p:11: step 1 (add_memory a): found 43008 MiB: expected 1024",
             addition(1, "a", "1024", "2048"));
}

static void a_vm_that_is_never_moved_is_refused(void)
{
    SmallCluster *small = full_hosts();
    small->snapshot->vms[0].pinned = "USB";
    PROBLEMS(small, "p:11: step 1 (migrate a): it is pinned (USB)", step(1, "", "a", "h1", "h3"));
}

static void a_target_that_cannot_run_the_vm_is_refused(void)
{
    SmallCluster *small = full_hosts();
    small->snapshot->hosts[2].mode = HOST_MODE_MAINTENANCE;
    PROBLEMS(small, "p:11: step 1 (migrate a): h3 is not in normal mode", step(1, "", "a", "h1", "h3"));
}

static void a_mandatory_rule_that_would_be_broken_is_named(void)
{
    SmallCluster *small = full_hosts();
    add_rule(small, "off-h3", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "a", "h3");
    PROBLEMS(small, "p:11: step 1 (migrate a): h3 would break the mandatory rule \"off-h3\"",
             step(1, "", "a", "h1", "h3"));
}

/* Of 200 GiB 100 are in use, and 90 of the others are kept: 10 are left to give. */
static void growth_beyond_its_budget_is_refused_under_the_plans_own_policy(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    add_host(small, "h2", 3000, 60);
    add_vm(small, "a", "h1", 100, 20)->memory_hot_add = 1;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nbuffer_reserve_pct=45\n");
    g_autofree char *digest = policy_plan_digest(planning->policy);
    for (guint own = 0; own < 2; own++) {
        g_autoptr(ChangePlan) plan = changeplan_new();
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        const PlanRow row = addition(1, "a", "22528", "33792");
        plan->name = "p";
        plan->policy = own ? digest : "another";
        changeplan_add(plan, &row);
        verify_plan(&planning->situation, plan, problems);
        CU_ASSERT_EQUAL(problems->len, own);
        CU_ASSERT_TRUE(!own ||
                       strstr(problems->pdata[0], "the buffer of Cluster 1 has 10240 MiB left to give"));
    }
}

static void a_step_after_an_absent_one_is_refused(void)
{
    PROBLEMS(full_hosts(), "p:12: step 2 (migrate a): a step that it comes after is absent or not approved",
             step(2, "1", "a", "h1", "h3"));
}

void test_verify_suite(void)
{
    CU_pSuite suite = CU_add_suite("verify", NULL, NULL);
    CU_ADD_TEST(suite, a_sound_plan_has_no_problems);
    CU_ADD_TEST(suite, rows_may_stand_in_any_order);
    CU_ADD_TEST(suite, steps_not_approved_are_not_replayed);
    CU_ADD_TEST(suite, a_step_without_what_makes_its_room_is_refused);
    CU_ADD_TEST(suite, what_the_snapshot_contradicts_is_named);
    CU_ADD_TEST(suite, a_vm_that_is_never_moved_is_refused);
    CU_ADD_TEST(suite, a_target_that_cannot_run_the_vm_is_refused);
    CU_ADD_TEST(suite, a_mandatory_rule_that_would_be_broken_is_named);
    CU_ADD_TEST(suite, growth_beyond_its_budget_is_refused_under_the_plans_own_policy);
    CU_ADD_TEST(suite, a_step_after_an_absent_one_is_refused);
}
