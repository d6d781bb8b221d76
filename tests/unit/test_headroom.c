/* SPDX-License-Identifier: MIT */
#include "plan/headroom.h"

#include "plan/threshold.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_headroom_suite(void);

static char *words(const Planning *planning, const GArray *changes)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        g_string_append_printf(text, "%s%s>%s", text->len ? " " : "",
                               planning->model->vms[change->vm].row->id,
                               planning->small->snapshot->hosts[change->to].id);
    }
    return g_string_free(text, FALSE);
}

/* what becomes of the move of a VM to a host, as "vm>host vm>host"; avoided: a host that it must not go to */
static void assert_widened(SmallCluster *small, const char *policy, const char *vm, const char *host,
                           const char *avoided, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    ClusterProblemOptions options = {.max_moves = -1};
    g_autoptr(ClusterProblem) problem = cluster_problem_new(&planning->situation, 0, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
    g_autoptr(GArray) made = change_list_new();
    Change first = move(planning, vm, host);
    g_array_append_val(made, first);
    g_autoptr(GArray) avoid = g_array_new(FALSE, FALSE, sizeof(guint));
    if (avoided) {
        guint pair[] = {vm_of(planning, vm), host_of(planning, avoided)};
        g_array_append_vals(avoid, pair, G_N_ELEMENTS(pair));
    }
    g_autoptr(Placement) placement = cluster_problem_place(problem, made);
    headroom_widen(problem, planning->model, avoid, placement);
    g_autoptr(GArray) changes = change_list_new();
    cluster_problem_changes(problem, planning->model, placement, changes);
    g_autofree char *found = words(planning, changes);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, expected);
}

/* h1 is hot by 4 points of CPU until "a", of 5, has left; "b" is of 6 points, "c" of 2 and large to copy, "d"
 * of half a point. h2 is warm, h3 cool. */
static SmallCluster *warm_and_cool(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8400, 40);
    add_host(small, "h2", 7100, 40);
    add_host(small, "h3", 1800, 10);
    add_vm(small, "a", "h1", 500, 4);
    add_vm(small, "b", "h1", 600, 2);
    add_vm(small, "c", "h1", 200, 20);
    add_vm(small, "d", "h1", 50, 2);
    return small;
}

static void of_equal_targets_the_coolest_is_taken(void)
{
    assert_widened(warm_and_cool(), "[plan]\n", "a", "h2", NULL, "a>h3");
}

static void within_a_window_targets_stay_as_they_are(void)
{
    assert_widened(warm_and_cool(), "[plan]\nmax_duration_s=999\n", "a", "h2", NULL, "a>h2");
}

static void the_coolest_is_so_by_memory_too(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8400, 40);
    add_host(small, "h2", 5000, 30);
    add_host(small, "h3", 1800, 72);
    add_vm(small, "a", "h1", 500, 4);
    assert_widened(small, "[plan]\n", "a", "h3", NULL, "a>h2");
}

static void the_coolest_is_not_taken_where_a_rule_or_order_forbids(void)
{
    assert_widened(warm_and_cool(), "[plan]\n", "a", "h2", "h3", "a>h2");
    SmallCluster *small = warm_and_cool();
    add_rule(small, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "a", "h3");
    assert_widened(small, "[plan]\n", "a", "h2", NULL, "a>h2");
    small = warm_and_cool();
    add_rule(small, "should", RULE_VM_HOST_ANTI_AFFINITY, FALSE, "a", "h3");
    assert_widened(small, "[plan]\n", "a", "h2", NULL, "a>h2");
}

static void a_host_that_was_hot_is_relieved_further_where_asked(void)
{
    assert_widened(warm_and_cool(), "[plan]\n", "a", "h3", NULL, "a>h3");
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=74\n", "a", "h3", NULL, "a>h3 b>h3");
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=90\n", "a", "h3", NULL, "a>h3"); /* above 80 */
}

static void what_has_become_needless_by_it_stays(void)
{
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=78\n", "a", "h3", NULL, "b>h3");
}

static void further_relief_brings_min_gain_and_costs_no_more_than_the_rest(void)
{
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=78.5\nmin_gain=1\n", "b", "h3", NULL, "b>h3");
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=74\nmin_gain=5.5\n", "a", "h3", NULL, "a>h3");
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8400, 40);
    add_host(small, "h3", 1800, 10);
    add_vm(small, "a", "h1", 500, 4);
    add_vm(small, "c", "h1", 500, 30);
    assert_widened(small, "[plan]\nrelieve_to_pct=74\n", "a", "h3", NULL, "a>h3");
}

static void further_relief_leaves_its_target_at_the_mark_too(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8400, 40);
    add_host(small, "h2", 6500, 40);
    add_vm(small, "a", "h1", 500, 4);
    add_vm(small, "b", "h1", 500, 2);
    assert_widened(small, "[plan]\nrelieve_to_pct=74\n", "a", "h2", NULL, "a>h2");
}

static void bounds_are_for_what_must_be_done(void)
{
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=74\nmax_moves=9\n", "a", "h3", NULL, "a>h3");
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=74\nmax_duration_s=999\n", "a", "h3", NULL,
                   "a>h3");
    assert_widened(warm_and_cool(), "[plan]\nrelieve_to_pct=74\nmax_moves_per_host=1\n", "a", "h3", NULL,
                   "a>h3");
}

static void assert_threshold(const char *policy, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(warm_and_cool(), policy);
    g_autoptr(Decisions) decisions = threshold_decide(&planning->situation);
    g_autofree char *found = words(planning, decisions->changes);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, expected);
}

static void threshold_relieves_as_far_but_as_published_not(void)
{
    assert_threshold("[plan]\nmin_vm_pct=60\n", "a>h3");
    assert_threshold("[plan]\nmin_vm_pct=60\nrelieve_to_pct=75\n", "a>h3 b>h3");
    assert_threshold("[plan]\nmin_vm_pct=60\nrelieve_to_pct=75\npublished=exact\n", "d>h3 c>h3 a>h3");
    assert_threshold("[plan]\nmin_vm_pct=60\nrelieve_to_pct=75\nmax_moves_per_host=1\n", "a>h3");
}

void test_headroom_suite(void)
{
    CU_pSuite suite = CU_add_suite("headroom", NULL, NULL);
    CU_ADD_TEST(suite, of_equal_targets_the_coolest_is_taken);
    CU_ADD_TEST(suite, within_a_window_targets_stay_as_they_are);
    CU_ADD_TEST(suite, the_coolest_is_so_by_memory_too);
    CU_ADD_TEST(suite, the_coolest_is_not_taken_where_a_rule_or_order_forbids);
    CU_ADD_TEST(suite, a_host_that_was_hot_is_relieved_further_where_asked);
    CU_ADD_TEST(suite, what_has_become_needless_by_it_stays);
    CU_ADD_TEST(suite, further_relief_brings_min_gain_and_costs_no_more_than_the_rest);
    CU_ADD_TEST(suite, further_relief_leaves_its_target_at_the_mark_too);
    CU_ADD_TEST(suite, bounds_are_for_what_must_be_done);
    CU_ADD_TEST(suite, threshold_relieves_as_far_but_as_published_not);
}
