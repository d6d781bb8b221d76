/* SPDX-License-Identifier: MIT */
#include "plan/clusterproblem.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>

void test_clusterproblem_suite(void);

static const ClusterProblemOptions any_number = {.max_moves = -1};

static ClusterProblem *problem_of(const Planning *planning)
{
    g_autoptr(GError) error = NULL;
    ClusterProblem *problem = cluster_problem_new(&planning->situation, 0, &any_number, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
    return problem;
}

/* the cost of making these changes */
static Cost cost_of(const ClusterProblem *problem, const GArray *changes)
{
    g_autoptr(Placement) placement = cluster_problem_place(problem, changes);
    return problem_cost(problem->problem, placement, NULL);
}

/* whole points of a level that counts them */
static long points(const Cost *cost, int level)
{
    return lround((double)cost->level[level] / (double)POINT);
}

/* h1 is hot by 10 points of CPU; h2 stands at 75 % */
static Planning *hot_and_warm_host(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9000, 20);
    add_host(small, "h2", 7500, 20);
    add_vm(small, "a", "h1", 1000, 4);
    return planning_new(small, NULL);
}

/* which the sanitizers look at, too */
static void a_cluster_without_vms_is_a_problem_with_nothing_to_place(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 20);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    CU_ASSERT_EQUAL(problem_n_machines(problem->problem), 1);
    CU_ASSERT_EQUAL(problem_n_processes(problem->problem), 0);
}

static void heat_counts_in_points_over_the_threshold(void)
{
    g_autoptr(Planning) planning = hot_and_warm_host();
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    g_autoptr(GArray) nothing = change_list_new();
    Cost cost = cost_of(problem, nothing);
    CU_ASSERT_EQUAL(points(&cost, LEVEL_HOT), 10);
    CU_ASSERT_EQUAL(points(&cost, LEVEL_NEWLY_HOT), 0);
}

static void heat_of_a_host_that_is_normal_today_is_worse(void)
{
    g_autoptr(Planning) planning = hot_and_warm_host();
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    g_autoptr(GArray) changes = change_list_new();
    Change to_warm = move(planning, "a", "h2");
    g_array_append_val(changes, to_warm);
    Cost cost = cost_of(problem, changes);
    CU_ASSERT_EQUAL(points(&cost, LEVEL_HOT), 0);
    CU_ASSERT_EQUAL(points(&cost, LEVEL_NEWLY_HOT), 5);
    CU_ASSERT_TRUE(cost.level[LEVEL_SECONDS] > 0);
}

/* a short VM "s" of 10 GiB, 9 of them active: it lacks 1280 MiB; and a VM "b" at 95 % of its 2 vCPUs */
static Planning *short_and_busy_vm(double memory_limit_mib)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 20);
    add_host(small, "h2", 1000, 20);
    small->snapshot->hosts[0].cpu_threads = 2;
    small->snapshot->hosts[1].cpu_threads = 20;
    add_short_vm(small, "s", "h1")->memory_limit_mib = memory_limit_mib;
    add_vm(small, "b", "h1", 1900, 4)->cpu_hot_add = 1;
    return planning_new(small, "[plan]\nmemory_step_mib=100\n");
}

static const Growing *growing_of(const ClusterProblem *problem, int action)
{
    for (guint g = 0; g < problem->growing->len; g++)
        if (g_array_index(problem->growing, Growing, g).action == action)
            return &g_array_index(problem->growing, Growing, g);
    return NULL;
}

static gboolean has_total(const Growing *growing, double total)
{
    for (guint i = 0; i < growing->totals->len; i++)
        if (g_array_index(growing->totals, double, i) == total)
            return TRUE;
    return FALSE;
}

static double largest_total(const Growing *growing)
{
    return g_array_index(growing->totals, double, growing->totals->len - 1);
}

static void sizes_are_one_step_and_parts_up_to_all_that_is_missing(void)
{
    g_autoptr(Planning) planning = short_and_busy_vm(INFINITY);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    const Growing *memory = growing_of(problem, ACTION_ADD_MEMORY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_TRUE(has_total(memory, 10240 + 100));
    CU_ASSERT_EQUAL(largest_total(memory), ceil(9216 / 0.7));
}

static void the_largest_size_is_what_the_vm_may_have(void)
{
    g_autoptr(Planning) planning = short_and_busy_vm(10240 + 777);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    const Growing *memory = growing_of(problem, ACTION_ADD_MEMORY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_EQUAL(largest_total(memory), 10240 + 777);
}

static void vcpus_are_had_on_hosts_with_as_many_threads_only(void)
{
    g_autoptr(Planning) planning = short_and_busy_vm(INFINITY);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    Change more = {.action = ACTION_ADD_CPU, .vm = (int)vm_of(planning, "b"), .was = 2, .amount = 3};
    g_autoptr(GArray) changes = change_list_new();
    g_array_append_val(changes, more);
    g_autoptr(Placement) grown = cluster_problem_place(problem, changes);
    int64_t violations = 0;
    Cost cost = problem_cost(problem->problem, grown, &violations);
    CU_ASSERT_TRUE(violations > 0);
    Change aside = move(planning, "b", "h2");
    g_array_append_val(changes, aside);
    g_autoptr(Placement) moved = cluster_problem_place(problem, changes);
    Cost better = problem_cost(problem->problem, moved, &violations);
    CU_ASSERT_EQUAL(violations, 0);
    CU_ASSERT_EQUAL(better.level[LEVEL_SHORT], cost.level[LEVEL_SHORT]);
}

static void a_placement_leads_to_the_changes_it_was_made_of(void)
{
    g_autoptr(Planning) planning = short_and_busy_vm(INFINITY);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) back = change_list_new();
    Change moved = move(planning, "s", "h2"), grown = growth(planning, "s", ceil(9216 / 0.7) - 10240);
    g_array_append_val(changes, moved);
    g_array_append_val(changes, grown);
    g_autoptr(Placement) placement = cluster_problem_place(problem, changes);
    cluster_problem_changes(problem, planning->model, placement, back);
    CU_ASSERT_EQUAL_FATAL(back->len, 2);
    const Change *first = &g_array_index(back, Change, 0), *second = &g_array_index(back, Change, 1);
    CU_ASSERT_TRUE(first->action == ACTION_MIGRATE && first->to == moved.to && first->vm == moved.vm);
    CU_ASSERT_TRUE(second->action == ACTION_ADD_MEMORY && second->amount == ceil(9216 / 0.7));
    CU_ASSERT_EQUAL(second->to, moved.to);
    cluster_problem_take_out(problem, back, placement);
    g_autoptr(GArray) none = change_list_new();
    cluster_problem_changes(problem, planning->model, placement, none);
    CU_ASSERT_EQUAL(none->len, 0);
}

static void a_forbidden_move_is_not_possible(void)
{
    g_autoptr(Planning) planning = hot_and_warm_host();
    g_autoptr(GArray) forbidden = g_array_new(FALSE, FALSE, sizeof(guint));
    guint pair[2] = {vm_of(planning, "a"), host_of(planning, "h2")};
    g_array_append_vals(forbidden, pair, 2);
    ClusterProblemOptions options = {.max_moves = -1, .forbidden = forbidden};
    g_autoptr(ClusterProblem) problem = cluster_problem_new(&planning->situation, 0, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
    g_autoptr(GArray) changes = change_list_new();
    Change to_warm = move(planning, "a", "h2");
    g_array_append_val(changes, to_warm);
    g_autoptr(Placement) placement = cluster_problem_place(problem, changes);
    int64_t violations = 0;
    problem_cost(problem->problem, placement, &violations);
    CU_ASSERT_TRUE(violations > 0);
}

/* a's rule, the first, keeps it on h1; b's EVC mode looks as if that rule followed it. */
static void a_crafted_evc_mode_does_not_share_the_reach_of_another_vm(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 20);
    add_host(small, "h2", 1000, 20);
    add_vm(small, "a", "h1", 1000, 4)->evc_required = "evc";
    add_vm(small, "b", "h1", 1000, 4)->evc_required = "evc 0";
    add_rule(small, "home", RULE_VM_HOST_AFFINITY, TRUE, "a", "h1");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(ClusterProblem) problem = problem_of(planning);
    g_autoptr(GArray) changes = change_list_new();
    Change moved = move(planning, "b", "h2");
    g_array_append_val(changes, moved);
    g_autoptr(Placement) placement = cluster_problem_place(problem, changes);
    int64_t violations = 0;
    problem_cost(problem->problem, placement, &violations);
    CU_ASSERT_EQUAL(violations, 0);
}

void test_clusterproblem_suite(void)
{
    CU_pSuite suite = CU_add_suite("clusterproblem", NULL, NULL);
    CU_ADD_TEST(suite, a_cluster_without_vms_is_a_problem_with_nothing_to_place);
    CU_ADD_TEST(suite, heat_counts_in_points_over_the_threshold);
    CU_ADD_TEST(suite, heat_of_a_host_that_is_normal_today_is_worse);
    CU_ADD_TEST(suite, sizes_are_one_step_and_parts_up_to_all_that_is_missing);
    CU_ADD_TEST(suite, the_largest_size_is_what_the_vm_may_have);
    CU_ADD_TEST(suite, vcpus_are_had_on_hosts_with_as_many_threads_only);
    CU_ADD_TEST(suite, a_placement_leads_to_the_changes_it_was_made_of);
    CU_ADD_TEST(suite, a_crafted_evc_mode_does_not_share_the_reach_of_another_vm);
    CU_ADD_TEST(suite, a_forbidden_move_is_not_possible);
}
