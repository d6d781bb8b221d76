/* SPDX-License-Identifier: MIT */
/* A VM that left a host not long ago does not go back there. */
#include "plan/decide.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_return_suite(void);

/* a past in which VM "a" left h2 an hour before the snapshot */
static Past *moved_past(const Snapshot *snapshot)
{
    JournalRow row = journal_row_unknown();
    row.event = EVENT_SUCCEEDED;
    row.action = ACTION_MIGRATE;
    row.object_id = "a";
    row.from_id = "h2";
    row.to_id = "h1";
    return past_of_row(snapshot, row);
}

/* Where "a", all that h1 runs, is planned to go: h1 stands at `pct` of CPU, h2 at 10 %, and h3 (only where
 * there is one) at 50 %. "": it stays, "return" where its
 * host's row says that it is for the cooldown */
static const char *target(double pct, gboolean third, gboolean ruled, const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", pct * 100, 30);
    add_host(small, "h2", 1000, 10);
    if (third)
        add_host(small, "h3", 5000, 10);
    add_vm(small, "a", "h1", 1000, 5);
    if (ruled)
        add_rule(small, "home", RULE_VM_HOST_AFFINITY, FALSE, "a", "h2");
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Past) past = moved_past(small->snapshot);
    g_autoptr(Situation) situation =
        situation_new(small->snapshot, small->assessment, planning->policy, past, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(situation);
    g_autoptr(ChangePlan) plan = decide(situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    const char *stays = "";
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_MIGRATE)
            return g_intern_string(row->to_id);
        if (row->kind == ROW_UNSOLVED && strcmp(row->cause, "return") == 0 &&
            strstr(row->reason, "h2 was left by it at ") &&
            strstr(row->reason, "return_cooldown_s (21600 s)"))
            stays = "return";
    }
    return stays;
}

static void heat_sends_no_vm_back(void)
{
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\n"), "h3");
    CU_ASSERT_STRING_EQUAL(target(85, FALSE, FALSE, "[plan]\n"), "return");
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\nstrategy=threshold\n"), "h3");
    CU_ASSERT_STRING_EQUAL(target(85, FALSE, FALSE, "[plan]\nstrategy=threshold\n"), "return");
}

static void after_the_cooldown_it_may_go_anywhere(void)
{
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\nreturn_cooldown_s=3599\n"), "h2");
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\nreturn_cooldown_s=3600\n"), "h3");
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\nreturn_cooldown_s=0\n"), "h2");
}

static void the_published_rule_knows_no_way_back(void)
{
    CU_ASSERT_STRING_EQUAL(target(85, TRUE, FALSE, "[plan]\nstrategy=threshold\npublished=exact\n"), "h2");
}

static void what_must_leave_or_has_a_rule_goes_back_where_nothing_is_better(void)
{
    CU_ASSERT_STRING_EQUAL(target(20, TRUE, FALSE, "[plan]\nevacuate=h1\n"), "h3");
    CU_ASSERT_STRING_EQUAL(target(20, FALSE, FALSE, "[plan]\nevacuate=h1\n"), "h2");
    CU_ASSERT_STRING_EQUAL(target(85, FALSE, TRUE, "[plan]\n"), "h2");
}

void test_return_suite(void)
{
    CU_pSuite suite = CU_add_suite("return", NULL, NULL);
    CU_ADD_TEST(suite, heat_sends_no_vm_back);
    CU_ADD_TEST(suite, after_the_cooldown_it_may_go_anywhere);
    CU_ADD_TEST(suite, the_published_rule_knows_no_way_back);
    CU_ADD_TEST(suite, what_must_leave_or_has_a_rule_goes_back_where_nothing_is_better);
}
