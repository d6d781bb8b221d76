/* SPDX-License-Identifier: MIT */
/* What the vCenter refused, as decisions heed it. */
#include "plan/refusal.h"

#include "plan/compose.h"
#include "plan/decide.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_refusal_suite(void);

/* a past in which the vCenter refused VM "a" a move to h2 an hour before the snapshot, for the host's sake */
static Past *refused_past(const Snapshot *snapshot)
{
    JournalRow row = journal_row_unknown();
    row.event = EVENT_REFUSED;
    row.action = ACTION_MIGRATE;
    row.object_id = "a";
    row.to_id = "h2";
    row.detail = "CannotAccessNetwork: the network is not there";
    return past_of_row(snapshot, row);
}

/* What is decided by a policy: VM "a" of 10 points of CPU on h1, which stands at `pct`; h3 only where there
 * is one. The caller frees the plan */
static ChangePlan *decided(double pct, gboolean third, const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", pct * 100, 30);
    add_host(small, "h2", 1000, 10);
    if (third)
        add_host(small, "h3", 5000, 10);
    add_vm(small, "a", "h1", 1000, 5);
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Past) past = refused_past(small->snapshot);
    g_autoptr(Situation) situation =
        situation_new(small->snapshot, small->assessment, planning->policy, past, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(situation);
    ChangePlan *plan = decide(situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    return plan;
}

static const PlanRow *first_row(const ChangePlan *plan)
{
    CU_ASSERT_FATAL(plan->rows->len > 0);
    return &g_array_index(plan->rows, PlanRow, 0);
}

static void another_way_is_found_and_the_summary_says_what_is_left_alone(void)
{
    g_autoptr(ChangePlan) plan = decided(85, TRUE, "[plan]\n");
    CU_ASSERT_STRING_EQUAL(first_row(plan)->to_id, "h3");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(plan->summary, " By history: 1 VM is left alone in what the vCenter refused (a)."));
    g_autoptr(ChangePlan) forgotten = decided(85, TRUE, "[plan]\nrefusal_cooldown_s=60\n");
    CU_ASSERT_STRING_EQUAL(first_row(forgotten)->to_id, "h2");
    CU_ASSERT_PTR_NULL(strstr(forgotten->summary, "By history"));
}

static void an_evacuation_asks_again_only_where_there_is_no_other_host(void)
{
    g_autoptr(ChangePlan) elsewhere = decided(20, TRUE, "[plan]\nevacuate=h1\n");
    CU_ASSERT_STRING_EQUAL(first_row(elsewhere)->to_id, "h3");
    CU_ASSERT_PTR_NULL(strstr(first_row(elsewhere)->effect, "asked for again"));
    g_autoptr(ChangePlan) again = decided(20, FALSE, "[plan]\nevacuate=h1\n");
    CU_ASSERT_STRING_EQUAL(first_row(again)->to_id, "h2");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(first_row(again)->effect,
               "; asked for again, though the host was refused for it before: CannotAccessNetwork, at "));
}

static void a_check_without_the_history_keeps_what_is_said_of_it(void)
{
    g_autoptr(ChangePlan) plan = decided(85, TRUE, "[plan]\n");
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 30);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(PlanRow *));
    compose_again(&planning->situation, plan, changes, rows);
    CU_ASSERT_PTR_NOT_NULL(strstr(plan->summary, "Plan: 0 to migrate, 0 to grow"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(plan->summary, " By history: 1 VM is left alone in what the vCenter refused (a)."));
}

void test_refusal_suite(void)
{
    CU_pSuite suite = CU_add_suite("refusal", NULL, NULL);
    CU_ADD_TEST(suite, another_way_is_found_and_the_summary_says_what_is_left_alone);
    CU_ADD_TEST(suite, an_evacuation_asks_again_only_where_there_is_no_other_host);
    CU_ADD_TEST(suite, a_check_without_the_history_keeps_what_is_said_of_it);
}
