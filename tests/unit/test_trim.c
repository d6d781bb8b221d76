/* SPDX-License-Identifier: MIT */
#include "plan/trim.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>

void test_trim_suite(void);

/* the changes that are left of these after the last pass */
static GArray *left_of(const Planning *planning, Change *changes, guint n)
{
    ClusterProblemOptions options = {.max_moves = -1};
    g_autoptr(ClusterProblem) problem = cluster_problem_new(&planning->situation, 0, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
    g_autoptr(GArray) made = change_list_new();
    g_array_append_vals(made, changes, n);
    g_autoptr(Placement) placement = cluster_problem_place(problem, made);
    trim_placement(problem, planning->model, placement);
    GArray *left = change_list_new();
    cluster_problem_changes(problem, planning->model, placement, left);
    return left;
}

/* h1 is hot by 5 points of CPU, h2 is not; "a" takes 8 points of CPU, "b" half a point, "c" nothing to speak
 * of */
static Planning *one_hot_host(const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 20);
    add_host(small, "h2", 2000, 20);
    add_vm(small, "a", "h1", 800, 4);
    add_vm(small, "b", "h1", 50, 4);
    add_vm(small, "c", "h2", 10, 4);
    return planning_new(small, policy);
}

static void a_move_that_is_not_needed_is_taken_out(void)
{
    g_autoptr(Planning) planning = one_hot_host("[plan]\n");
    Change changes[] = {move(planning, "a", "h2"), move(planning, "b", "h2"), move(planning, "c", "h1")};
    g_autoptr(GArray) left = left_of(planning, changes, G_N_ELEMENTS(changes));
    CU_ASSERT_EQUAL_FATAL(left->len, 1);
    CU_ASSERT_EQUAL(g_array_index(left, Change, 0).vm, (int)vm_of(planning, "a"));
}

static void what_gains_less_than_min_gain_is_taken_out(void)
{
    g_autoptr(Planning) planning = one_hot_host("[plan]\nmin_gain=1\n");
    Change little[] = {move(planning, "b", "h2")};
    g_autoptr(GArray) none = left_of(planning, little, 1);
    CU_ASSERT_EQUAL(none->len, 0);
    g_autoptr(Planning) greedy = one_hot_host("[plan]\nmin_gain=0.1\n");
    Change again[] = {move(greedy, "b", "h2")};
    g_autoptr(GArray) kept = left_of(greedy, again, 1);
    CU_ASSERT_EQUAL(kept->len, 1);
}

/* "a" needs the room that "b" leaves: neither can stay behind alone, and both together gain little */
static void a_swap_that_gains_less_than_min_gain_is_taken_out(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 20);
    add_host(small, "h2", 7900, 20);
    add_vm(small, "a", "h1", 300, 4);
    add_vm(small, "b", "h2", 280, 4);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nmin_gain=1\n");
    Change changes[] = {move(planning, "a", "h2"), move(planning, "b", "h1")};
    g_autoptr(GArray) left = left_of(planning, changes, G_N_ELEMENTS(changes));
    CU_ASSERT_EQUAL(left->len, 0);
}

/* Of four moves none can stay behind, nor any two: all of them bring half a point. */
static void an_exchange_that_gains_less_than_min_gain_is_taken_out(void)
{
    static const struct {
        const char *policy;
        guint left;
    } cases[] = {{"[plan]\nmin_gain=1\n", 0}, {"[plan]\nmin_gain=0.1\n", 4}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 8500, 20);
        add_host(small, "h2", 7950, 20);
        add_vm(small, "a", "h1", 600, 4);
        add_vm(small, "b", "h1", 100, 4);
        add_vm(small, "c", "h2", 500, 4);
        add_vm(small, "d", "h2", 150, 4);
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        Change changes[] = {move(planning, "a", "h2"), move(planning, "b", "h2"), move(planning, "c", "h1"),
                            move(planning, "d", "h1")};
        g_autoptr(GArray) left = left_of(planning, changes, G_N_ELEMENTS(changes));
        CU_ASSERT_EQUAL(left->len, cases[i].left);
    }
}

/* h2 at 79 % would be heated by "a": taking that move out leaves h1 hot as it was, which is better */
static void a_move_that_heats_a_normal_host_is_taken_out(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9500, 20);
    add_host(small, "h2", 7900, 20);
    add_vm(small, "a", "h1", 800, 4);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    Change changes[] = {move(planning, "a", "h2")};
    g_autoptr(GArray) left = left_of(planning, changes, 1);
    CU_ASSERT_EQUAL(left->len, 0);
}

static void an_addition_to_a_short_vm_is_kept(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    add_host(small, "h2", 2000, 40);
    add_short_vm(small, "s", "h1");
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    Change changes[] = {growth(planning, "s", 1280)};
    g_autoptr(GArray) left = left_of(planning, changes, 1);
    CU_ASSERT_EQUAL_FATAL(left->len, 1);
    CU_ASSERT_EQUAL(g_array_index(left, Change, 0).action, ACTION_ADD_MEMORY);
}

/* an unmeasured VM of a host to empty stays moved, and what is known of both hosts stays true for the others
 */
static void a_move_that_empties_a_host_is_kept(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 20);
    add_host(small, "h2", 2000, 20);
    smallcluster_add_vm(small, "u", "h1");
    add_vm(small, "a", "h1", 800, 4);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1\n");
    Change changes[] = {move(planning, "u", "h2"), move(planning, "a", "h2")};
    g_autoptr(GArray) left = left_of(planning, changes, 2);
    CU_ASSERT_EQUAL(left->len, 2);
}

void test_trim_suite(void)
{
    CU_pSuite suite = CU_add_suite("trim", NULL, NULL);
    CU_ADD_TEST(suite, a_move_that_is_not_needed_is_taken_out);
    CU_ADD_TEST(suite, what_gains_less_than_min_gain_is_taken_out);
    CU_ADD_TEST(suite, a_swap_that_gains_less_than_min_gain_is_taken_out);
    CU_ADD_TEST(suite, an_exchange_that_gains_less_than_min_gain_is_taken_out);
    CU_ADD_TEST(suite, a_move_that_heats_a_normal_host_is_taken_out);
    CU_ADD_TEST(suite, an_addition_to_a_short_vm_is_kept);
    CU_ADD_TEST(suite, a_move_that_empties_a_host_is_kept);
}
