/* SPDX-License-Identifier: MIT */
#include "plan/failover.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_failover_suite(void);

/* Three hosts of 10,000 MHz and 100 GiB; h1 has a VM of 1000 MHz and 20 GiB. */
static SmallCluster *three_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 30);
    add_host(small, "h2", 5000, 60);
    add_host(small, "h3", 5000, 70);
    add_vm(small, "a", "h1", 1000, 20);
    small->snapshot->clusters[0].ha = 1;
    return small;
}

static void assert_lack(SmallCluster *small, const char *policy, double mhz, double gib)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    CU_ASSERT_DOUBLE_EQUAL(failover_lack(planning->model, 0, RESOURCE_CPU), mhz, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(failover_lack(planning->model, 0, RESOURCE_HOST_MEMORY), gib * GIB_IN_KIB, 0.001);
}

static void the_demand_of_all_is_held_against_all_but_the_largest(void)
{
    assert_lack(three_hosts(), NULL, 13000 - 20000, 160 - 200);
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[2].memory_kib = 150 * GIB_IN_KIB;
    assert_lack(small, NULL, 13000 - 20000, 160 - 200);
}

static void it_is_told_which_host_is_lost_and_what_is_left(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[2].memory_kib = 150 * GIB_IN_KIB;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    Failover failover = failover_of(planning->model, 0, RESOURCE_HOST_MEMORY);
    CU_ASSERT_EQUAL(failover.lost, 2);
    CU_ASSERT_FALSE(failover.outside);
    CU_ASSERT_DOUBLE_EQUAL(failover.demand, 160 * GIB_IN_KIB, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(failover.capacity, 200 * GIB_IN_KIB, 0.001);
}

static void a_host_to_empty_is_not_counted_on_but_its_vms_are(void)
{
    assert_lack(three_hosts(), "[plan]\nevacuate=h1\n", 11000 - 10000, 150 - 100);
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[0].mode = HOST_MODE_ENTERING;
    assert_lack(small, NULL, 11000 - 10000, 150 - 100);
    small = three_hosts();
    small->snapshot->vms[0].role = VM_ROLE_SYSTEM;
    assert_lack(small, "[plan]\nevacuate=h1\n", 0, 130 - 100);
}

static void an_unmeasured_vm_of_a_host_to_empty_counts_at_its_size(void)
{
    SmallCluster *small = three_hosts();
    smallcluster_add_vm(small, "b", "h1");
    assert_lack(small, "[plan]\nevacuate=h1\n", 11000 - 10000, 160 - 100);
}

static void a_host_in_maintenance_is_not_counted_on(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[1].mode = HOST_MODE_MAINTENANCE;
    assert_lack(small, NULL, 8000 - 10000, 0);
}

/* Its VMs stay there, and are restarted elsewhere if it is the host that is lost. */
static void the_loss_of_a_host_in_quarantine_is_thought_of_too(void)
{
    static const struct {
        double gib, lack;
        const char *words;
    } cases[] = {
        {50, 130 - 100, "its largest host"}, /* of h2 or h3 */
        {120, 130 + 120 - 200, "h1"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = three_hosts();
        small->snapshot->hosts[0].mode = HOST_MODE_QUARANTINE;
        smallcluster_add_vm(small, "b", "h1")->memory_mib = (cases[i].gib - 20) * 1024;
        small->snapshot->clusters[0].ha = 1;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        double lack = failover_lack(planning->model, 0, RESOURCE_HOST_MEMORY);
        CU_ASSERT_DOUBLE_EQUAL(lack, cases[i].lack * GIB_IN_KIB, 0.001);
        g_autofree char *words = failover_words(planning->model);
        CU_ASSERT_PTR_NOT_NULL(strstr(words, cases[i].words));
    }
}

static void a_dedicated_failover_host_is_counted_on(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->clusters[0].ha_policy = HA_POLICY_HOSTS;
    small->snapshot->clusters[0].ha_failover_hosts = "h1";
    assert_lack(small, NULL, 13000 - 20000, 160 - 200);
}

static void what_lacks_is_said_in_words(void)
{
    static const struct {
        int ha;
        const char *policy, *expected;
    } cases[] = {
        {1, "[plan]\nha_check=warn\n", ""},
        {0, "[plan]\nevacuate=h1\n", ""},
        {1, "[plan]\nevacuate=h1\nha_check=off\n", ""},
        {1, "[plan]\nevacuate=h1\n",
         " Cluster 1 could not bear the loss of its largest host: 51200 MiB of memory and 1000 MHz of CPU would "
         "be lacking."},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = three_hosts();
        small->snapshot->clusters[0].ha = cases[i].ha;
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        g_autofree char *found = failover_words(planning->model);
        CU_ASSERT_STRING_EQUAL(found, cases[i].expected);
    }
}

void test_failover_suite(void)
{
    CU_pSuite suite = CU_add_suite("failover", NULL, NULL);
    CU_ADD_TEST(suite, the_demand_of_all_is_held_against_all_but_the_largest);
    CU_ADD_TEST(suite, it_is_told_which_host_is_lost_and_what_is_left);
    CU_ADD_TEST(suite, a_host_to_empty_is_not_counted_on_but_its_vms_are);
    CU_ADD_TEST(suite, an_unmeasured_vm_of_a_host_to_empty_counts_at_its_size);
    CU_ADD_TEST(suite, a_host_in_maintenance_is_not_counted_on);
    CU_ADD_TEST(suite, the_loss_of_a_host_in_quarantine_is_thought_of_too);
    CU_ADD_TEST(suite, a_dedicated_failover_host_is_counted_on);
    CU_ADD_TEST(suite, what_lacks_is_said_in_words);
}
