/* SPDX-License-Identifier: MIT */
/* Moves that wait for what keeps their new host below its threshold. */
#include "plan/sequence.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

void test_cooling_suite(void);

/* h1 stands at 85 % of its CPU, 20 of which is a; h2 at 40, 10 of which is b; h3 at 10. */
static SmallCluster *hot_host(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 30);
    add_host(small, "h2", 4000, 30);
    add_host(small, "h3", 1000, 30);
    add_vm(small, "a", "h1", 2000, 5);
    add_vm(small, "b", "h2", 1000, 5);
    return small;
}

static GArray *two_moves(const Planning *planning, const char *a_to, const char *b_to)
{
    GArray *list = change_list_new();
    Change a = change_migration(planning->model, vm_of(planning, "a"), host_of(planning, a_to));
    Change b = change_migration(planning->model, vm_of(planning, "b"), host_of(planning, b_to));
    g_array_append_val(list, a);
    g_array_append_val(list, b);
    return list;
}

/* in how many steps the last of the ordered list waits for others */
static guint waits_of_last(const Planning *planning, GArray *list)
{
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&planning->situation, list, blocked);
    CU_ASSERT_EQUAL(blocked->len, 0);
    CU_ASSERT_EQUAL_FATAL(list->len, 2);
    guint at;
    g_autofree char *violation = sequence_violation(&planning->situation, list, &at);
    CU_ASSERT_PTR_NULL(violation);
    return g_array_index(list, Change, 1).after->len;
}

static void a_move_into_a_hot_host_waits_for_what_relieves_it(void)
{
    g_autoptr(Planning) planning = planning_new(hot_host(), NULL);
    g_autoptr(GArray) list = two_moves(planning, "h3", "h1");
    CU_ASSERT_EQUAL(waits_of_last(planning, list), 1);
}

static void a_move_into_a_host_that_stays_normal_waits_for_nobody(void)
{
    g_autoptr(Planning) planning = planning_new(hot_host(), NULL);
    g_autoptr(GArray) list = two_moves(planning, "h3", "h3");
    CU_ASSERT_EQUAL(waits_of_last(planning, list), 0);
}

/* Neither would ever begin if each waited for the other. */
static void two_hot_hosts_exchange_vms(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 30);
    add_host(small, "h2", 8500, 30);
    add_vm(small, "a", "h1", 2000, 5);
    add_vm(small, "b", "h2", 2000, 5);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(GArray) list = two_moves(planning, "h2", "h1");
    waits_of_last(planning, list);
}

static void heat_of_a_while_is_a_violation_that_is_completed_away_and_no_danger(void)
{
    g_autoptr(Planning) planning = planning_new(hot_host(), NULL);
    g_autoptr(GArray) list = two_moves(planning, "h3", "h1");
    guint at = 9;
    g_autofree char *found = sequence_violation(&planning->situation, list, &at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_STRING_EQUAL(found, "h1 could be above its threshold until others have left it");
    CU_ASSERT_EQUAL(at, 1);
    g_autofree char *danger = sequence_danger(&planning->situation, list, &at);
    CU_ASSERT_PTR_NULL(danger);
    g_autofree char *left = sequence_complete(&planning->situation, list, &at);
    CU_ASSERT_PTR_NULL(left);
    CU_ASSERT_EQUAL(g_array_index(list, Change, 1).after->len, 1);
}

void test_cooling_suite(void)
{
    CU_pSuite suite = CU_add_suite("cooling", NULL, NULL);
    CU_ADD_TEST(suite, a_move_into_a_hot_host_waits_for_what_relieves_it);
    CU_ADD_TEST(suite, a_move_into_a_host_that_stays_normal_waits_for_nobody);
    CU_ADD_TEST(suite, two_hot_hosts_exchange_vms);
    CU_ADD_TEST(suite, heat_of_a_while_is_a_violation_that_is_completed_away_and_no_danger);
}
