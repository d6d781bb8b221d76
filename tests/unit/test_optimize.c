/* SPDX-License-Identifier: MIT */
#include "plan/optimize.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>

void test_optimize_suite(void);

/* MiB by which a VM is grown under a policy; 0 where it is not. A VM "s" of 10 GiB, 9 of them active, on one
 * of two hosts of 100 GiB, which hold 40 and 59 and could take the loss of one with 1 GiB to spare. */
static double growth_under(const char *policy)
{
    Estate *estate = estate_new();
    add_host(estate, "h1", 2000, 40);
    add_host(estate, "h2", 1000, 59);
    estate_measure_vm(estate, "s", 100, 9, 5);
    estate_add_vm(estate, "s", "h1")->memory_hot_add = 1;
    estate->snapshot->clusters[0].ha = 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(estate, policy);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    double grown = 0;
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        grown += change->action == ACTION_ADD_MEMORY ? change->amount - change->was : 0;
    }
    return grown;
}

static void a_short_vm_grows_until_it_is_normal(void)
{
    CU_ASSERT_EQUAL(growth_under("[plan]\nha_check=warn\n"), 1280);
}

static void a_hard_check_of_ha_bounds_additions(void)
{
    double grown = growth_under("[plan]\nha_check=hard\n");
    CU_ASSERT_TRUE(grown > 0 && grown <= 1024);
}

static void an_excluded_host_has_no_vm_grown(void)
{
    CU_ASSERT_EQUAL(growth_under("[plan]\nexclude_hosts=h1\n"), 0);
}

/* Migrations in a plan for two clusters that each have a hot host and need two; the second is the hotter. */
static guint moves_under(const char *policy, const char *only_from)
{
    Estate *estate = estate_new();
    Cluster second = estate->snapshot->clusters[0];
    second.id = second.name = "c2";
    snapshot_add_cluster(estate->snapshot, &second);
    static const char *const names[2][5] = {{"h1", "h2", "h3", "a", "b"}, {"k1", "k2", "k3", "c", "d"}};
    for (guint c = 0; c < 2; c++) {
        for (guint h = 0; h < 3; h++) {
            Host *host = add_host(estate, names[c][h], h ? 7600 : 8500 + 100.0 * c, 10);
            host->cluster_id = c ? "c2" : host->cluster_id;
        }
        add_vm(estate, names[c][3], names[c][0], 300, 1);
        add_vm(estate, names[c][4], names[c][0], 310, 1);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(estate, policy);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    guint moves = 0;
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        const char *from = planning->model->snapshot->hosts[change->from].id;
        moves += change->action == ACTION_MIGRATE && g_str_has_prefix(from, only_from);
    }
    return moves;
}

static void max_moves_bounds_the_whole_plan_and_goes_to_the_hottest_cluster_first(void)
{
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\n", ""), 4);
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\nmax_moves=3\n", ""), 3);
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\nmax_moves=3\n", "k"), 2);
}

void test_optimize_suite(void)
{
    CU_pSuite suite = CU_add_suite("optimize", NULL, NULL);
    CU_ADD_TEST(suite, a_short_vm_grows_until_it_is_normal);
    CU_ADD_TEST(suite, a_hard_check_of_ha_bounds_additions);
    CU_ADD_TEST(suite, an_excluded_host_has_no_vm_grown);
    CU_ADD_TEST(suite, max_moves_bounds_the_whole_plan_and_goes_to_the_hottest_cluster_first);
}
