/* SPDX-License-Identifier: MIT */
#include "plan/decide.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_quarantine_suite(void);

/* h1 in quarantine with three VMs, h2 with room, h3 warm: nothing but heat moves anything */
static SmallCluster *quarantined(double mhz)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", mhz, 30)->mode = HOST_MODE_QUARANTINE;
    add_host(small, "h2", 1000, 20);
    add_vm(small, "a", "h1", 2000, 5);
    add_vm(small, "b", "h1", 2000, 5);
    add_vm(small, "c", "h2", 500, 5);
    return small;
}

/* moves off h1; none may go onto it */
static guint moves_off(SmallCluster *small, const char *policy)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    guint off = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        CU_ASSERT_STRING_NOT_EQUAL(row->to_id, "h1");
        if (row->kind == ROW_STEP && strcmp(row->from_id, "h1") == 0) {
            CU_ASSERT_STRING_EQUAL(row->cause, "hot_host");
            off++;
        }
    }
    return off;
}

static void a_hot_host_in_quarantine_is_relieved_by_both_strategies(void)
{
    CU_ASSERT_EQUAL(moves_off(quarantined(9000), NULL), 1);
    CU_ASSERT_EQUAL(moves_off(quarantined(9000), "[plan]\nstrategy=threshold\n"), 1);
}

static void a_calm_host_in_quarantine_is_left_alone(void)
{
    CU_ASSERT_EQUAL(moves_off(quarantined(5000), "[plan]\nbalance=off\n"), 0);
}

static void nothing_goes_onto_a_host_in_quarantine(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 500, 5)->mode = HOST_MODE_QUARANTINE;
    add_host(small, "h2", 9000, 20);
    add_vm(small, "a", "h2", 2000, 5);
    add_vm(small, "b", "h2", 2000, 5);
    CU_ASSERT_EQUAL(moves_off(small, NULL), 0);
}

static void one_that_cannot_be_relieved_is_named(void)
{
    SmallCluster *small = quarantined(9000);
    small->snapshot->vms[0].pinned = small->snapshot->vms[1].pinned = "usb";
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    CU_ASSERT_EQUAL_FATAL(plan->rows->len, 1);
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).object_id, "h1");
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).cause, "pinned");
}

void test_quarantine_suite(void)
{
    CU_pSuite suite = CU_add_suite("quarantine", NULL, NULL);
    CU_ADD_TEST(suite, a_hot_host_in_quarantine_is_relieved_by_both_strategies);
    CU_ADD_TEST(suite, a_calm_host_in_quarantine_is_left_alone);
    CU_ADD_TEST(suite, nothing_goes_onto_a_host_in_quarantine);
    CU_ADD_TEST(suite, one_that_cannot_be_relieved_is_named);
}
