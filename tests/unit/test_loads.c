/* SPDX-License-Identifier: MIT */
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <math.h>
#include <string.h>

void test_loads_suite(void);

/* one host with a VM that is measured: 3000 MHz, 4 GiB active of 8 consumed; the host has 500 MHz and 5 GiB
 * more */
static SmallCluster *one_vm(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1")->vcpus = 4;
    smallcluster_measure_host(small, "h1", 3500, 13);
    smallcluster_measure_vm(small, "v1", 3000, 4, 8);
    return small;
}

static void measured_equals_demand_where_nothing_is_reclaimed(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_assess(small, NULL);
    static const Resource resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    static const char *const ids[] = {"v1", "h1", "c1"};
    for (gsize r = 0; r < G_N_ELEMENTS(resources); r++) {
        for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
            const Load *load = smallcluster_load(small, ids[i], resources[r]);
            CU_ASSERT_TRUE(load->measured > 0);
            CU_ASSERT_EQUAL(load->measured, load->demand);
        }
    }
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->measured, 3500);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->usage_pct, 35);
}

static void the_base_is_what_the_host_used_beside_its_vms(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->base, 500);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY)->base, 5 * GIB_IN_KIB);
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "v1", RESOURCE_CPU)->base));
}

static void the_base_is_never_below_zero(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_measure_host(small, "h1", 1000, 5);
    smallcluster_measure_vm(small, "v1", 1500, 4, 8);
    smallcluster_assess(small, NULL);
    const Load *cpu = smallcluster_load(small, "h1", RESOURCE_CPU);
    CU_ASSERT_EQUAL(cpu->base, 0);
    CU_ASSERT_EQUAL(cpu->measured, 1000);
    CU_ASSERT_EQUAL(cpu->demand, 1500);
}

static void reclaimed_memory_is_asked_for_up_to_the_configured_size(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_measure(small, "v1", METRIC_MEMORY_BALLOONED_KIB, 0.5 * GIB_IN_KIB);
    smallcluster_measure(small, "v1", METRIC_MEMORY_SWAPPED_KIB, 1 * GIB_IN_KIB);
    smallcluster_measure(small, "v1", METRIC_MEMORY_COMPRESSED_KIB, 2 * GIB_IN_KIB);
    smallcluster_measure(small, "v1", METRIC_MEMORY_OVERHEAD_KIB, 1000);
    smallcluster_assess(small, NULL);
    const Load *vm = smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY);
    CU_ASSERT_EQUAL(vm->measured, 8 * GIB_IN_KIB + 1000);
    CU_ASSERT_EQUAL(vm->reclaimed, 3.5 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(vm->demand, 10 * GIB_IN_KIB + 1000);
    const Load *host = smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY);
    CU_ASSERT_EQUAL(host->base, 5 * GIB_IN_KIB - 1000);
    CU_ASSERT_EQUAL(host->demand, 15 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(host->reclaimed, 3.5 * GIB_IN_KIB);
}

/* "v1" of one_vm, 12 GiB large, with 4 GiB ballooned, in a pool below another */
static SmallCluster *one_squeezed_vm(double vm_limit_mib, double pool_limit_mib, double above_limit_mib)
{
    SmallCluster *small = one_vm();
    smallcluster_measure(small, "v1", METRIC_MEMORY_BALLOONED_KIB, 4 * GIB_IN_KIB);
    Pool above = pool_unknown(), pool = pool_unknown();
    above.id = above.name = "above";
    pool.id = pool.name = "p";
    pool.parent_id = "above";
    above.cluster_id = pool.cluster_id = "c1";
    above.memory_limit_mib = above_limit_mib;
    pool.memory_limit_mib = pool_limit_mib;
    snapshot_add_pool(small->snapshot, &pool);
    snapshot_add_pool(small->snapshot, &above);
    Vm *vm = &small->snapshot->vms[0];
    vm->pool_id = "p";
    vm->memory_mib = 12288;
    vm->memory_limit_mib = vm_limit_mib;
    return small;
}

static void what_a_limit_holds_back_is_asked_of_no_host(void)
{
    static const struct {
        double vm, pool, above, demand_gib, host_gib; /* limits in GiB; of reclaimed, the host's doing */
        int pressure;
        const char *pool_id;
    } cases[] = {{INFINITY, INFINITY, INFINITY, 12, 4, PRESSURE_OTHER, ""},
                 {8, INFINITY, INFINITY, 8, 0, PRESSURE_VM_LIMIT, ""},
                 {9, INFINITY, INFINITY, 9, 1, PRESSURE_VM_LIMIT, ""},
                 {INFINITY, 8, INFINITY, 8, 0, PRESSURE_POOL_LIMIT, "p"},
                 {INFINITY, 16, 8, 8, 0, PRESSURE_POOL_LIMIT, "above"},
                 {INFINITY, 9, 16, 9, 1, PRESSURE_POOL_LIMIT, "p"},
                 {NAN, 12, 12, 12, 4, PRESSURE_OTHER, ""},
                 {INFINITY, 6, 16, 8, 0, PRESSURE_POOL_LIMIT, "p"}}; /* it holds more already */
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SmallCluster) small =
            one_squeezed_vm(cases[i].vm * 1024, cases[i].pool * 1024, cases[i].above * 1024);
        smallcluster_assess(small, NULL);
        const Load *vm = smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY);
        const Load *host = smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY);
        CU_ASSERT_EQUAL(vm->demand, cases[i].demand_gib * GIB_IN_KIB);
        CU_ASSERT_EQUAL(vm->reclaimed, 4 * GIB_IN_KIB);
        CU_ASSERT_EQUAL(vm->reclaimed_host, cases[i].host_gib * GIB_IN_KIB);
        CU_ASSERT_EQUAL(vm->pressure, cases[i].pressure);
        CU_ASSERT_STRING_EQUAL(vm->pressure_pool, cases[i].pool_id);
        CU_ASSERT_EQUAL(host->demand, 5 * GIB_IN_KIB + vm->demand);
        CU_ASSERT_EQUAL(host->reclaimed_host, vm->reclaimed_host);
        CU_ASSERT_EQUAL(*vm->reason != 0, cases[i].pressure != PRESSURE_NONE);
    }
}

static void a_pools_limit_leaves_its_vms_what_it_has_left_in_proportion(void)
{
    g_autoptr(SmallCluster) small = one_squeezed_vm(INFINITY, 15 * 1024, INFINITY);
    smallcluster_measure_vm(small, "v2", 100, 2, 4);
    smallcluster_measure(small, "v2", METRIC_MEMORY_SWAPPED_KIB, 2 * GIB_IN_KIB);
    smallcluster_add_vm(small, "v2", "h1")->pool_id = "above";
    smallcluster_add_vm(small, "v3", "h1")->pool_id = "p";
    smallcluster_measure_vm(small, "v3", 100, 2, 4);
    smallcluster_measure(small, "v3", METRIC_MEMORY_SWAPPED_KIB, 2 * GIB_IN_KIB);
    smallcluster_assess(small, NULL);
    /* 12 of 15 GiB are held: 3 are left for the 6 that v1 and v3 lack; v2 is not below that pool */
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->demand, 10 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v3", RESOURCE_HOST_MEMORY)->demand, 5 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v2", RESOURCE_HOST_MEMORY)->demand, 6 * GIB_IN_KIB);
}

static void memory_by_demand_is_active_and_a_quarter_of_the_rest(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_assess(small, "[analyze]\nhost_memory=demand\n");
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->demand, 5 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->measured, 8 * GIB_IN_KIB);
    const Load *host = smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY);
    CU_ASSERT_EQUAL(host->base, 5 * GIB_IN_KIB); /* whatever the policy */
    CU_ASSERT_EQUAL(host->demand, 10 * GIB_IN_KIB);
}

static void cpu_by_demand_is_the_counter_else_usage_and_ready_time(void)
{
    g_autoptr(SmallCluster) counter = one_vm(), ready = one_vm(), neither = one_vm();
    smallcluster_measure(counter, "v1", METRIC_CPU_DEMAND_MHZ, 3600.5);
    smallcluster_assess(counter, "[analyze]\nhost_cpu=demand\n");
    CU_ASSERT_EQUAL(smallcluster_load(counter, "v1", RESOURCE_CPU)->demand, 3600.5);
    CU_ASSERT_EQUAL(smallcluster_load(counter, "h1", RESOURCE_CPU)->demand, 4100.5);
    smallcluster_measure(ready, "v1", METRIC_CPU_READY_MS, 8000); /* of 20 s: 0.4 of a core of 1000 MHz */
    smallcluster_assess(ready, "[analyze]\nhost_cpu=demand\n");
    CU_ASSERT_EQUAL(smallcluster_load(ready, "v1", RESOURCE_CPU)->demand, 3400);
    smallcluster_assess(neither, "[analyze]\nhost_cpu=demand\n");
    CU_ASSERT_EQUAL(smallcluster_load(neither, "v1", RESOURCE_CPU)->demand, 3000);
}

static void a_cpu_limit_bounds_capacity_not_allocation(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    small->snapshot->vms[0].cpu_limit_mhz = 3200;
    smallcluster_assess(small, NULL);
    const Load *cpu = smallcluster_load(small, "v1", RESOURCE_CPU);
    CU_ASSERT_EQUAL(cpu->capacity, 3200);
    CU_ASSERT_EQUAL(cpu->allocated, 4000);
    CU_ASSERT_EQUAL(cpu->usage_pct, 93.75);
}

static void an_unmeasured_vm_sits_in_its_hosts_base(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_add_vm(small, "v2", "h1");
    smallcluster_measure_values(small, "v2", METRIC_CPU_USAGE_MHZ, "",
                                "900 900 900 900 900 900 900 900 - - - - - - -");
    smallcluster_assess(small, NULL);
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "v2", RESOURCE_CPU)->measured));
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->base, 500);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->demand, 3500);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->allocated, 6000);
}

static void missing_samples_are_left_out_of_the_mean_down_to_the_minimum(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "enough", "h1");
    smallcluster_add_vm(small, "few", "h1");
    smallcluster_measure_values(small, "enough", METRIC_CPU_USAGE_MHZ, "",
                                "- 100 200 - 300 100 200 300 100 200 300 - - - -");
    smallcluster_measure_values(small, "few", METRIC_CPU_USAGE_MHZ, "",
                                "- 100 200 - 300 100 200 300 100 200 - - - - -");
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "enough", RESOURCE_CPU)->measured, 200);
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "few", RESOURCE_CPU)->measured));
}

static void instances_are_summed_and_a_whole_stands_before_them(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    const char *ten = "10 10 10 10 10 10 10 10 10 10";
    smallcluster_measure_values(small, "v1", METRIC_DISK_KIBPS, "scsi0:0", ten);
    smallcluster_measure_values(small, "v1", METRIC_DISK_KIBPS, "scsi0:1", ten);
    smallcluster_measure_values(small, "v1", METRIC_NET_KIBPS, "4000", ten);
    smallcluster_measure_values(small, "v1", METRIC_NET_KIBPS, "", "7 7 7 7 7 7 7 7 7 7");
    smallcluster_measure_values(small, "v1", METRIC_NET_KIBPS, "4001", ten);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_DISK)->measured, 20);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_NET)->measured, 7);
}

static void a_series_that_stands_twice_is_refused_by_line(void)
{
    static const char *const instances[] = {"", "nic-1"};
    for (gsize i = 0; i < G_N_ELEMENTS(instances); i++) {
        g_autoptr(SmallCluster) small = one_vm();
        smallcluster_measure_values(small, "v1", METRIC_NET_KIBPS, instances[i], "1");
        smallcluster_measure_values(small, "v1", METRIC_NET_KIBPS, instances[i], "1");
        const char *directory = smallcluster_write(small);
        g_autoptr(GError) error = NULL;
        g_autoptr(Means) means = means_read(small->snapshot, directory, 60, &error);
        CU_ASSERT_PTR_NULL(means);
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "samples.csv:8: instance: found"));
    }
}

static void a_vm_that_is_not_running_has_only_its_size(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    small->snapshot->vms[0].power = VM_POWER_SUSPENDED;
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->capacity, 10 * GIB_IN_KIB);
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->measured));
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY)->allocated, 0);
    CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY)->base, 13 * GIB_IN_KIB);
}

static void projected_use_with_no_step_equals_the_assessment(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_add_vm(small, "v2", "h1");
    smallcluster_measure(small, "v2", METRIC_CPU_USAGE_MHZ, 333.333);
    smallcluster_measure(small, "v2", METRIC_MEMORY_CONSUMED_KIB, 1234567);
    smallcluster_measure(small, "v2", METRIC_MEMORY_SWAPPED_KIB, 7654);
    smallcluster_measure_values(small, "v2", METRIC_MEMORY_OVERHEAD_KIB, "", "1 2 2 1 2 2 1 2 2 1 2 2 1 2 2");
    smallcluster_assess(small, NULL);
    static const Resource resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    for (gsize i = 0; i < G_N_ELEMENTS(resources); i++) {
        Resource r = resources[i];
        const Load *host = smallcluster_load(small, "h1", r);
        double sum = host->base + smallcluster_load(small, "v1", r)->demand +
                     smallcluster_load(small, "v2", r)->demand;
        CU_ASSERT_EQUAL(load_round(r, sum), host->demand);
        CU_ASSERT_EQUAL(load_usage_pct(load_round(r, sum), host->capacity), host->usage_pct);
    }
}

static void a_cluster_sums_its_usable_hosts(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    smallcluster_add_host(small, "h2");
    smallcluster_add_host(small, "h3")->mode = HOST_MODE_MAINTENANCE;
    smallcluster_add_host(small, "h4"); /* not measured */
    smallcluster_add_host(small, "h5");
    Cluster *cluster = &small->snapshot->clusters[0];
    cluster->ha = 1;
    cluster->ha_policy = HA_POLICY_HOSTS;
    cluster->ha_failover_hosts = "h5";
    smallcluster_measure_host(small, "h2", 100, 2);
    smallcluster_measure_host(small, "h3", 100, 2);
    smallcluster_measure_host(small, "h5", 100, 2);
    smallcluster_assess(small, NULL);
    const Load *cpu = smallcluster_load(small, "c1", RESOURCE_CPU);
    CU_ASSERT_EQUAL(cpu->capacity, 20000);
    CU_ASSERT_EQUAL(cpu->demand, 3600);
    CU_ASSERT_EQUAL(cpu->usage_pct, 18);
    CU_ASSERT_EQUAL(cpu->buffer, 16400);
}

/* ---- the buffer ---- */

static void ha_holds_back_what_its_policy_says(void)
{
    static const double capacities[] = {100, 400, 200};
    Cluster cluster = cluster_unknown();
    cluster.ha_failures = 2;
    cluster.ha_reserve_cpu_pct = 25;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 0);
    cluster.ha = 1;
    cluster.ha_policy = HA_POLICY_OFF;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 0);
    cluster.ha_policy = HA_POLICY_PERCENT;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 175);
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_HOST_MEMORY, capacities, 3), 600);
    cluster.ha_policy = HA_POLICY_SLOTS;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 600);
    cluster.ha_failures = NAN;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 400);
    cluster.ha_policy = HA_POLICY_HOSTS;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 0);
    cluster.ha = 0;
    cluster.ha_policy = HA_POLICY_SLOTS;
    CU_ASSERT_EQUAL(buffer_ha_share(&cluster, RESOURCE_CPU, capacities, 3), 0);
}

static void the_buffer_is_unused_or_unallocated_less_has_share(void)
{
    g_autoptr(SmallCluster) unused = one_vm(), unallocated = one_vm();
    Cluster *clusters[] = {&unused->snapshot->clusters[0], &unallocated->snapshot->clusters[0]};
    for (gsize i = 0; i < G_N_ELEMENTS(clusters); i++) {
        clusters[i]->ha = 1;
        clusters[i]->ha_policy = HA_POLICY_PERCENT;
        clusters[i]->ha_reserve_cpu_pct = clusters[i]->ha_reserve_memory_pct = 50;
    }
    smallcluster_assess(unused, NULL);
    smallcluster_assess(unallocated, "[analyze]\nbuffer=unallocated\n");
    CU_ASSERT_EQUAL(smallcluster_load(unused, "c1", RESOURCE_CPU)->buffer, 1500);
    CU_ASSERT_EQUAL(smallcluster_load(unused, "c1", RESOURCE_HOST_MEMORY)->buffer, 37 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(smallcluster_load(unallocated, "c1", RESOURCE_CPU)->buffer, 1000);
    CU_ASSERT_EQUAL(smallcluster_load(unallocated, "c1", RESOURCE_HOST_MEMORY)->buffer, 40 * GIB_IN_KIB);
}

static void the_buffer_is_never_below_zero(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_measure_host(small, "h1", 12000, 50);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "c1", RESOURCE_CPU)->buffer, 0);
}

static void add_pool(SmallCluster *small, const char *id, const char *parent_id, double memory_limit_mib)
{
    Pool pool = pool_unknown();
    pool.id = pool.name = id;
    pool.parent_id = parent_id;
    pool.cluster_id = "c1";
    pool.memory_limit_mib = memory_limit_mib;
    snapshot_add_pool(small->snapshot, &pool);
}

static void every_limited_pool_above_a_vm_bounds_its_buffer(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    add_pool(small, "root", "", INFINITY);
    add_pool(small, "outer", "root", 20 * 1024);
    add_pool(small, "inner", "outer", 18 * 1024);
    smallcluster_add_vm(small, "v2", "h1")->pool_id = "outer";
    smallcluster_add_vm(small, "v3", "h1")->pool_id = "root";
    small->snapshot->vms[0].pool_id = "inner";
    smallcluster_measure_vm(small, "v2", 10, 1, 4);
    smallcluster_measure_vm(small, "v3", 10, 1, 1);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->buffer, 8 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v2", RESOURCE_HOST_MEMORY)->buffer, 8 * GIB_IN_KIB);
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "v3", RESOURCE_HOST_MEMORY)->buffer));
    CU_ASSERT_TRUE(isnan(smallcluster_load(small, "v1", RESOURCE_CPU)->buffer));
}

static void an_unmeasured_vm_takes_its_size_of_its_pool(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    add_pool(small, "p", "", 20 * 1024);
    small->snapshot->vms[0].pool_id = "p";
    smallcluster_add_vm(small, "v2", "h1")->pool_id = "p";
    Vm *off = smallcluster_add_vm(small, "v3", "h1");
    off->pool_id = "p";
    off->power = VM_POWER_OFF;
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_load(small, "v1", RESOURCE_HOST_MEMORY)->buffer, 2 * GIB_IN_KIB);
}

void test_loads_suite(void)
{
    CU_pSuite suite = CU_add_suite("loads", NULL, NULL);
    CU_ADD_TEST(suite, measured_equals_demand_where_nothing_is_reclaimed);
    CU_ADD_TEST(suite, the_base_is_what_the_host_used_beside_its_vms);
    CU_ADD_TEST(suite, the_base_is_never_below_zero);
    CU_ADD_TEST(suite, reclaimed_memory_is_asked_for_up_to_the_configured_size);
    CU_ADD_TEST(suite, what_a_limit_holds_back_is_asked_of_no_host);
    CU_ADD_TEST(suite, a_pools_limit_leaves_its_vms_what_it_has_left_in_proportion);
    CU_ADD_TEST(suite, memory_by_demand_is_active_and_a_quarter_of_the_rest);
    CU_ADD_TEST(suite, cpu_by_demand_is_the_counter_else_usage_and_ready_time);
    CU_ADD_TEST(suite, a_cpu_limit_bounds_capacity_not_allocation);
    CU_ADD_TEST(suite, an_unmeasured_vm_sits_in_its_hosts_base);
    CU_ADD_TEST(suite, missing_samples_are_left_out_of_the_mean_down_to_the_minimum);
    CU_ADD_TEST(suite, instances_are_summed_and_a_whole_stands_before_them);
    CU_ADD_TEST(suite, a_series_that_stands_twice_is_refused_by_line);
    CU_ADD_TEST(suite, a_vm_that_is_not_running_has_only_its_size);
    CU_ADD_TEST(suite, projected_use_with_no_step_equals_the_assessment);
    CU_ADD_TEST(suite, a_cluster_sums_its_usable_hosts);
    CU_ADD_TEST(suite, ha_holds_back_what_its_policy_says);
    CU_ADD_TEST(suite, the_buffer_is_unused_or_unallocated_less_has_share);
    CU_ADD_TEST(suite, the_buffer_is_never_below_zero);
    CU_ADD_TEST(suite, every_limited_pool_above_a_vm_bounds_its_buffer);
    CU_ADD_TEST(suite, an_unmeasured_vm_takes_its_size_of_its_pool);
}
