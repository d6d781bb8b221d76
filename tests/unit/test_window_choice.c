/* SPDX-License-Identifier: MIT */
#include "plan/optimize.h"
#include "plan/reasons.h"
#include "plan/window.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>

void test_window_choice_suite(void);

/* "e" could leave h2 for balance alone, which takes 16 s; "s" on h3 is short */
static Planning *short_vm(const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_host(small, "h2", 5000, 40);
    add_host(small, "h3", 1000, 10);
    add_vm(small, "e", "h2", 900, 4);
    add_vm(small, "f", "h2", 900, 4);
    add_short_vm(small, "s", "h3");
    return planning_new(small, policy);
}

/* the list of two changes, without reasons */
static GArray *two_changes(Change first, Change second)
{
    GArray *changes = change_list_new();
    g_clear_pointer(&first.reason, g_free);
    g_clear_pointer(&second.reason, g_free);
    g_array_append_val(changes, first);
    g_array_append_val(changes, second);
    return changes;
}

static void what_only_evens_out_comes_after_additions(void)
{
    g_autoptr(Planning) planning = short_vm("[plan]\n");
    g_autoptr(GArray) changes = two_changes(move(planning, "e", "h1"), growth(planning, "s", 12288));
    reasons_order(&planning->situation, changes);
    CU_ASSERT_EQUAL(g_array_index(changes, Change, 0).action, ACTION_ADD_MEMORY);
}

/* h2 has no room for the growth of "s" until "e" has left: by memory it would be hot */
static void what_makes_room_comes_before_additions(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_host(small, "h2", 1000, 78);
    add_vm(small, "e", "h2", 100, 4);
    add_short_vm(small, "s", "h2");
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    g_autoptr(GArray) changes = two_changes(growth(planning, "s", 14336), move(planning, "e", "h1"));
    reasons_order(&planning->situation, changes);
    CU_ASSERT_EQUAL(g_array_index(changes, Change, 0).action, ACTION_MIGRATE);
}

static void a_window_has_time_for_additions_before_balance(void)
{
    g_autoptr(Planning) planning = short_vm("[plan]\nmax_duration_s=17\n[apply]\nparallel=1\n");
    g_autoptr(GArray) changes = two_changes(move(planning, "e", "h1"), growth(planning, "s", 12288));
    g_autoptr(GArray) out = window_choose(&planning->situation, changes);
    CU_ASSERT_EQUAL_FATAL(changes->len, 1);
    CU_ASSERT_EQUAL(g_array_index(changes, Change, 0).action, ACTION_ADD_MEMORY);
}

void test_window_choice_suite(void)
{
    CU_pSuite suite = CU_add_suite("window_choice", NULL, NULL);
    CU_ADD_TEST(suite, what_only_evens_out_comes_after_additions);
    CU_ADD_TEST(suite, what_makes_room_comes_before_additions);
    CU_ADD_TEST(suite, a_window_has_time_for_additions_before_balance);
}
