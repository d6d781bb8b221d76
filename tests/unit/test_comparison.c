/* SPDX-License-Identifier: MIT */
#include "plan/comparison.h"

#include "tests/unit/cunit.h"
#include "tests/unit/planning.h"

void test_comparison_suite(void);

static void add_move(ChangePlan *plan, double step, const char *vm, const char *to)
{
    PlanRow row = step_row(ACTION_MIGRATE, step, vm, "h1", to);
    changeplan_add(plan, &row);
}

static void add_unsolved(ChangePlan *plan, const char *host, const char *cause)
{
    PlanRow row = plan_row_unknown();
    row.kind = ROW_UNSOLVED;
    row.object_id = row.object = host;
    row.cause = cause;
    changeplan_add(plan, &row);
}

static const DifferentRow *row_at(const Comparison *comparison, guint index)
{
    return &g_array_index(comparison->rows, DifferentRow, index);
}

static void what_leads_elsewhere_is_changed_and_the_rest_comes_or_goes(void)
{
    g_autoptr(ChangePlan) before = changeplan_new(), now = changeplan_new();
    add_move(before, 1, "a", "h2");
    add_move(before, 2, "b", "h2");
    add_move(before, 3, "c", "h2");
    add_move(now, 1, "d", "h2");
    add_move(now, 2, "b", "h3");
    add_move(now, 3, "a", "h2");
    g_autoptr(Comparison) comparison = comparison_of(before, now);
    CU_ASSERT_EQUAL(comparison->same[ROW_STEP], 1);
    CU_ASSERT_EQUAL_FATAL(comparison->rows->len, 3);
    CU_ASSERT_EQUAL(row_at(comparison, 0)->how, ROW_ADDED);
    CU_ASSERT_STRING_EQUAL(row_at(comparison, 0)->now->object_id, "d");
    CU_ASSERT_EQUAL(row_at(comparison, 1)->how, ROW_CHANGED);
    CU_ASSERT_STRING_EQUAL(row_at(comparison, 1)->before->to_id, "h2");
    CU_ASSERT_EQUAL(row_at(comparison, 2)->how, ROW_GONE);
    CU_ASSERT_STRING_EQUAL(row_at(comparison, 2)->before->object_id, "c");
}

static void a_detour_is_compared_leg_by_leg(void)
{
    g_autoptr(ChangePlan) before = changeplan_new(), now = changeplan_new();
    add_move(before, 1, "a", "h2");
    add_move(now, 1, "a", "h2");
    add_move(now, 2, "a", "h3");
    g_autoptr(Comparison) comparison = comparison_of(before, now);
    CU_ASSERT_EQUAL(comparison->same[ROW_STEP], 1);
    CU_ASSERT_EQUAL_FATAL(comparison->rows->len, 1);
    CU_ASSERT_EQUAL(row_at(comparison, 0)->how, ROW_ADDED);
}

static void another_cause_or_approval_is_a_change(void)
{
    g_autoptr(ChangePlan) before = changeplan_new(), now = changeplan_new();
    add_unsolved(before, "h1", "pinned");
    add_unsolved(now, "h1", "rule");
    add_move(before, 1, "a", "h2");
    add_move(now, 1, "a", "h2");
    g_array_index(now->rows, PlanRow, 1).approve = 0;
    g_autoptr(Comparison) comparison = comparison_of(before, now);
    CU_ASSERT_EQUAL(comparison->same[ROW_STEP], 0);
    CU_ASSERT_EQUAL_FATAL(comparison->rows->len, 2);
    CU_ASSERT_EQUAL(row_at(comparison, 0)->how, ROW_CHANGED);
    CU_ASSERT_EQUAL(row_at(comparison, 1)->how, ROW_CHANGED);
}

static void equal_plans_differ_in_nothing(void)
{
    g_autoptr(ChangePlan) plan = changeplan_new();
    add_move(plan, 1, "a", "h2");
    add_unsolved(plan, "h1", "pinned");
    g_autoptr(Comparison) comparison = comparison_of(plan, plan);
    CU_ASSERT_EQUAL(comparison->rows->len, 0);
    CU_ASSERT_EQUAL(comparison->same[ROW_STEP], 1);
    CU_ASSERT_EQUAL(comparison->same[ROW_UNSOLVED], 1);
}

void test_comparison_suite(void)
{
    CU_pSuite suite = CU_add_suite("comparison", NULL, NULL);
    CU_ADD_TEST(suite, what_leads_elsewhere_is_changed_and_the_rest_comes_or_goes);
    CU_ADD_TEST(suite, a_detour_is_compared_leg_by_leg);
    CU_ADD_TEST(suite, another_cause_or_approval_is_a_change);
    CU_ADD_TEST(suite, equal_plans_differ_in_nothing);
}
