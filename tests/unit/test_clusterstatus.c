/* SPDX-License-Identifier: MIT */
#include "plan/clusterstatus.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>

void test_clusterstatus_suite(void);

/* One host at 85 % CPU and 40 % memory, one at 20 and 30 %. */
static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    return small;
}

static void the_fullest_host_and_the_deviation_are_of_all_usable_hosts(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    ClusterStatus status = cluster_status(planning->model, 0);
    CU_ASSERT_TRUE(status.hot_hosts == 1 && status.short_vms == 0);
    CU_ASSERT_TRUE(status.max_cpu_pct == 85 && status.max_memory_pct == 40);
    CU_ASSERT_TRUE(status.sd_cpu == 32.5 && status.sd_memory == 5);
}

static void hosts_that_are_not_usable_are_left_out(void)
{
    SmallCluster *small = two_hosts();
    add_host(small, "h3", 9900, 99);
    small->snapshot->hosts[2].mode = HOST_MODE_MAINTENANCE;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ClusterStatus status = cluster_status(planning->model, 0);
    CU_ASSERT_EQUAL(status.max_cpu_pct, 85);
    CU_ASSERT_EQUAL(status.hot_hosts, 1);
}

/* Demand of 10,500 MHz and 70 GiB; without the largest there are 10,000 and 100. */
static void what_a_lost_host_would_leave_without_room_is_known_where_it_is_checked(void)
{
    static const struct {
        int ha;
        const char *policy;
        gboolean checked;
    } cases[] = {{1, "[plan]\nha_check=warn\n", TRUE},
                 {1, "[plan]\nha_check=off\n", FALSE},
                 {0, "[plan]\nha_check=warn\n", FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        small->snapshot->clusters[0].ha = cases[i].ha;
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        ClusterStatus status = cluster_status(planning->model, 0);
        CU_ASSERT_TRUE(cases[i].checked ? status.failover_lack_mhz == 500 : isnan(status.failover_lack_mhz));
        CU_ASSERT_TRUE(cases[i].checked ? status.failover_lack_mib == 0 : isnan(status.failover_lack_mib));
    }
}

void test_clusterstatus_suite(void)
{
    CU_pSuite suite = CU_add_suite("clusterstatus", NULL, NULL);
    CU_ADD_TEST(suite, the_fullest_host_and_the_deviation_are_of_all_usable_hosts);
    CU_ADD_TEST(suite, hosts_that_are_not_usable_are_left_out);
    CU_ADD_TEST(suite, what_a_lost_host_would_leave_without_room_is_known_where_it_is_checked);
}
