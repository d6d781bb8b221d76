/* SPDX-License-Identifier: MIT */
#include "tests/unit/smallcluster.h"

#include "analyze/roles.h"
#include "analyze/summary.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_states_suite(void);

/* ---- hosts ---- */

static int host_state(double mhz, double gib)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_measure_host(small, "h1", mhz, gib);
    smallcluster_assess(small, NULL);
    return smallcluster_state(small, "h1");
}

static void up_to_and_including_the_threshold_is_normal(void)
{
    CU_ASSERT_EQUAL(host_state(8000, 80), STATE_NORMAL);
    CU_ASSERT_EQUAL(host_state(8000.1, 50), STATE_HOT);
    CU_ASSERT_EQUAL(host_state(5000, 80.001), STATE_HOT);
}

static void a_host_is_cold_below_both_bounds(void)
{
    CU_ASSERT_EQUAL(host_state(1999, 19.9), STATE_COLD);
    CU_ASSERT_EQUAL(host_state(2000, 19.9), STATE_NORMAL);
    CU_ASSERT_EQUAL(host_state(1999, 20), STATE_NORMAL);
}

static void the_reason_stands_on_the_resource_that_decided(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_measure_host(small, "h1", 5000, 90);
    smallcluster_assess(small, NULL);
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->reason, "");
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "h1", RESOURCE_HOST_MEMORY)->reason,
                           "90 % of capacity, above 80 %");
}

static void a_host_that_cannot_work_is_unavailable_whatever_its_load(void)
{
    static const struct {
        int connection, power, mode;
        const char *reason;
    } cases[] = {
        {CONNECTION_NOT_RESPONDING, HOST_POWER_ON, HOST_MODE_NORMAL, "not responding"},
        {CONNECTION_DISCONNECTED, HOST_POWER_ON, HOST_MODE_NORMAL, "disconnected"},
        {CONNECTION_CONNECTED, HOST_POWER_STANDBY, HOST_MODE_NORMAL, "in standby"},
        {CONNECTION_CONNECTED, HOST_POWER_ON, HOST_MODE_MAINTENANCE, "in maintenance mode"},
        {CONNECTION_CONNECTED, HOST_POWER_ON, HOST_MODE_ENTERING, "entering maintenance mode"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SmallCluster) small = smallcluster_new();
        Host *host = smallcluster_add_host(small, "h1");
        host->connection = cases[i].connection;
        host->power = cases[i].power;
        host->mode = cases[i].mode;
        smallcluster_measure_host(small, "h1", 9000, 90);
        smallcluster_assess(small, NULL);
        CU_ASSERT_EQUAL(smallcluster_state(small, "h1"), STATE_UNAVAILABLE);
        CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "h1", RESOURCE_CPU)->reason, cases[i].reason);
    }
}

static void a_host_in_quarantine_is_unavailable_unless_hot(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "calm")->mode = HOST_MODE_QUARANTINE;
    smallcluster_add_host(small, "hot")->mode = HOST_MODE_QUARANTINE;
    smallcluster_measure_host(small, "calm", 1000, 10);
    smallcluster_measure_host(small, "hot", 9000, 10);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_state(small, "calm"), STATE_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "calm", RESOURCE_CPU)->reason, "in quarantine mode");
    CU_ASSERT_EQUAL(smallcluster_state(small, "hot"), STATE_HOT);
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "hot", RESOURCE_CPU)->reason,
                           "90 % of capacity, above 80 %");
    CU_ASSERT_EQUAL(smallcluster_load(small, "c1", RESOURCE_CPU)->capacity, 0); /* it is not counted on */
}

static void a_host_without_cpu_or_memory_measured_is_unknown_unless_hot(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "cpu");
    smallcluster_add_host(small, "memory");
    smallcluster_add_host(small, "hot");
    smallcluster_measure(small, "cpu", METRIC_CPU_USAGE_MHZ, 100);
    smallcluster_measure(small, "memory", METRIC_MEMORY_CONSUMED_KIB, 100);
    smallcluster_measure(small, "hot", METRIC_CPU_USAGE_MHZ, 9000);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_state(small, "cpu"), STATE_UNKNOWN);
    CU_ASSERT_STRING_NOT_EQUAL(smallcluster_load(small, "cpu", RESOURCE_HOST_MEMORY)->reason, "");
    CU_ASSERT_EQUAL(smallcluster_state(small, "memory"), STATE_UNKNOWN);
    CU_ASSERT_EQUAL(smallcluster_state(small, "hot"), STATE_HOT);
    CU_ASSERT_FALSE(host_is_usable(small->snapshot, &small->snapshot->hosts[2], &small->subject.hosts[2]));
}

static void disk_decides_only_where_the_policy_sets_a_threshold(void)
{
    static const char *const policies[] = {NULL, "[analyze]\ndisk_hot_pct=50\n"};
    static const int states[] = {STATE_NORMAL, STATE_HOT};
    for (gsize i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autoptr(SmallCluster) small = smallcluster_new();
        smallcluster_add_host(small, "h1")->disk_capacity_kibps = 1000;
        smallcluster_measure_host(small, "h1", 5000, 50);
        smallcluster_measure(small, "h1", METRIC_DISK_KIBPS, 900);
        smallcluster_assess(small, policies[i]);
        CU_ASSERT_EQUAL(smallcluster_load(small, "h1", RESOURCE_DISK)->usage_pct, 90);
        CU_ASSERT_EQUAL(smallcluster_state(small, "h1"), states[i]);
    }
}

/* ---- VMs ---- */

static int vm_state(double mhz, double active_gib)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_measure_vm(small, "v1", mhz, active_gib, 10);
    smallcluster_assess(small, NULL);
    return smallcluster_state(small, "v1");
}

static void a_vm_is_short_above_its_share_of_its_memory(void)
{
    CU_ASSERT_EQUAL(vm_state(10, 8), STATE_NORMAL);
    CU_ASSERT_EQUAL(vm_state(10, 8.001), STATE_SHORT);
}

static void a_vm_is_idle_with_both_low(void)
{
    CU_ASSERT_EQUAL(vm_state(99, 0.49), STATE_IDLE);
    CU_ASSERT_EQUAL(vm_state(100, 0.49), STATE_NORMAL);
    CU_ASSERT_EQUAL(vm_state(99, 0.5), STATE_NORMAL);
}

static void a_vm_that_is_off_or_not_measured_says_so(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "off", "h1")->power = VM_POWER_OFF;
    smallcluster_add_vm(small, "suspended", "h1")->power = VM_POWER_SUSPENDED;
    smallcluster_add_vm(small, "unknown", "h1");
    smallcluster_measure(small, "unknown", METRIC_CPU_USAGE_MHZ, 1900);
    smallcluster_assess(small, NULL);
    CU_ASSERT_EQUAL(smallcluster_state(small, "off"), STATE_OFF);
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "off", RESOURCE_MEMORY)->reason, "powered off");
    CU_ASSERT_EQUAL(smallcluster_state(small, "suspended"), STATE_OFF);
    CU_ASSERT_STRING_EQUAL(smallcluster_load(small, "suspended", RESOURCE_MEMORY)->reason, "suspended");
    CU_ASSERT_EQUAL(smallcluster_state(small, "unknown"), STATE_UNKNOWN);
}

/* ---- clusters ---- */

/* the pattern of a cluster of hosts of these MHz each, with 30 GiB used */
static int pattern(const double *mhz, guint n, int ha_policy)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    Cluster *cluster = &small->snapshot->clusters[0];
    cluster->ha = 1;
    cluster->ha_policy = ha_policy;
    cluster->ha_failures = 1;
    for (guint i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("h%u", i);
        smallcluster_add_host(small, id);
        smallcluster_measure_host(small, id, mhz[i], mhz[i] < 2000 ? 10 : 30);
    }
    smallcluster_assess(small, NULL);
    return smallcluster_state(small, "c1");
}

static void the_pattern_is_the_first_that_holds(void)
{
    static const double saturated[] = {9000, 8000, 7100};
    static const double load_balance[] = {8500, 1000, 1000};
    static const double saving[] = {4000, 1000, 4000};
    static const double balanced[] = {4000, 4000, 4000};
    static const double busy[] = {7000, 1000, 7000};
    CU_ASSERT_EQUAL(pattern(saturated, 3, HA_POLICY_OFF), STATE_SATURATED);
    CU_ASSERT_EQUAL(pattern(load_balance, 3, HA_POLICY_OFF), STATE_LOAD_BALANCE);
    CU_ASSERT_EQUAL(pattern(saving, 3, HA_POLICY_OFF), STATE_POWER_SAVING);
    CU_ASSERT_EQUAL(pattern(balanced, 3, HA_POLICY_OFF), STATE_BALANCED);
    CU_ASSERT_EQUAL(pattern(busy, 3, HA_POLICY_OFF), STATE_BALANCED);
}

static void power_saving_leaves_has_share(void)
{
    static const double saving[] = {4000, 1000, 4000}; /* 9000 of 20000, but of 10000 with one host for HA */
    CU_ASSERT_EQUAL(pattern(saving, 3, HA_POLICY_SLOTS), STATE_BALANCED);
}

static void power_saving_holds_up_to_and_including_its_target(void)
{
    static const double at[] = {6300, 1000, 5300}, above[] = {6300, 1000, 5300.1};
    CU_ASSERT_EQUAL(pattern(at, 3, HA_POLICY_OFF), STATE_POWER_SAVING);
    CU_ASSERT_EQUAL(pattern(above, 3, HA_POLICY_OFF), STATE_BALANCED);
}

/* Three hosts, one all but idle: what 40 GiB more in VMs of a fourth, on which nobody counts, make of it. */
static int pattern_with_a_fourth(int connection, int power, int mode, int vm_power)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    for (guint i = 0; i < 3; i++) {
        g_autofree char *id = g_strdup_printf("h%u", i);
        smallcluster_add_host(small, id);
        smallcluster_measure_host(small, id, 1000, i ? 60 : 5);
    }
    Host *fourth = smallcluster_add_host(small, "h3");
    fourth->connection = connection;
    fourth->power = power;
    fourth->mode = mode;
    Vm *vm = smallcluster_add_vm(small, "v", "h3");
    vm->memory_mib = 40 * 1024;
    vm->power = vm_power;
    smallcluster_assess(small, NULL);
    return smallcluster_state(small, "c1");
}

static void power_saving_leaves_room_for_vms_on_hosts_that_are_not_counted_on(void)
{
    static const struct {
        int connection, power, mode, vm_power, expected;
    } cases[] = {
        {CONNECTION_CONNECTED, HOST_POWER_ON, HOST_MODE_MAINTENANCE, VM_POWER_OFF, STATE_POWER_SAVING},
        {CONNECTION_CONNECTED, HOST_POWER_ON, HOST_MODE_QUARANTINE, VM_POWER_ON, STATE_BALANCED},
        {CONNECTION_CONNECTED, HOST_POWER_ON, HOST_MODE_ENTERING, VM_POWER_ON, STATE_BALANCED},
        {CONNECTION_NOT_RESPONDING, HOST_POWER_UNKNOWN, HOST_MODE_NORMAL, VM_POWER_ON, STATE_BALANCED},
        {CONNECTION_DISCONNECTED, HOST_POWER_ON, HOST_MODE_NORMAL, VM_POWER_ON, STATE_BALANCED},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        CU_ASSERT_EQUAL(
            pattern_with_a_fourth(cases[i].connection, cases[i].power, cases[i].mode, cases[i].vm_power),
            cases[i].expected);
}

/* ---- the summary ---- */

static char *summary_of(SmallCluster *small, const char *policy_text, gboolean *findings)
{
    smallcluster_assess(small, policy_text);
    g_autoptr(Policy) policy = policy_text ? smallcluster_policy(policy_text, NULL) : policy_read(NULL, NULL);
    g_autoptr(Summary) summary = summary_new(FALSE, &(const Style){0});
    summary_add(summary, &small->subject, policy);
    if (findings)
        *findings = summary_has_findings(summary);
    return summary_text(summary);
}

/* three hosts, two of them hot by memory; nothing is reclaimed but what is said */
static SmallCluster *touched_pages(double ballooned_kib)
{
    static const char *const ids[] = {"h1", "h2", "h3"};
    SmallCluster *small = smallcluster_new();
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        smallcluster_add_host(small, ids[i]);
        smallcluster_measure_host(small, ids[i], 1000, i == 0 ? 10 : 90);
        smallcluster_measure(small, ids[i], METRIC_MEMORY_BALLOONED_KIB, ballooned_kib);
    }
    return small;
}

static void the_first_line_names_host_memory_demand_where_most_hosts_only_look_hot(void)
{
    g_autoptr(SmallCluster) healthy = touched_pages(0), ballooning = touched_pages(1024),
                            chosen = touched_pages(0);
    g_autofree char *first = summary_of(healthy, NULL, NULL);
    g_autofree char *second = summary_of(ballooning, NULL, NULL);
    g_autofree char *third = summary_of(chosen, "[analyze]\nhost_memory=demand\n", NULL);
    const char *line_end = strchr(first, '\n'), *key = strstr(first, "host_memory=demand");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_TRUE(key < line_end);
    CU_ASSERT_PTR_NULL(strstr(second, "host_memory=demand"));
    CU_ASSERT_PTR_NULL(strstr(third, "host_memory=demand"));
}

static void names_cannot_reach_the_terminal_raw(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1")->name = "evil\x1b[2Jname";
    smallcluster_measure_host(small, "h1", 9000, 10);
    gboolean findings = FALSE;
    g_autofree char *text = summary_of(small, NULL, &findings);
    CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "evil\\u{1B}[2Jname (h1)"));
    CU_ASSERT_TRUE(findings);
}

static void a_vm_whose_memory_is_pinned_is_never_short(void)
{
    for (guint by_vgpu = 0; by_vgpu <= 1; by_vgpu++) {
        g_autoptr(SmallCluster) small = smallcluster_new();
        smallcluster_add_host(small, "h1");
        Vm *vm = smallcluster_add_vm(small, "v1", "h1");
        if (by_vgpu)
            vm->vgpu_profiles = "grid_a100-8c";
        else
            vm->latency_sensitivity = LATENCY_HIGH;
        smallcluster_measure_vm(small, "v1", 1000, 10, 10);
        smallcluster_assess(small, NULL);
        CU_ASSERT_EQUAL(smallcluster_state(small, "v1"), STATE_NORMAL);
    }
}

static void a_vm_with_a_passed_through_device_is_never_short(void)
{
    static const struct {
        const char *pinned;
        int state;
    } cases[] = {{"PCI passthrough device", STATE_NORMAL},
                 {"a passed-through device", STATE_NORMAL},
                 {"DirectPath I/O device", STATE_NORMAL},
                 {"SR-IOV network adapter", STATE_NORMAL},
                 {"NVIDIA vGPU", STATE_NORMAL},
                 {"CPU affinity", STATE_SHORT},
                 {"USB device", STATE_SHORT},
                 {"", STATE_SHORT}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SmallCluster) small = smallcluster_new();
        smallcluster_add_host(small, "h1");
        smallcluster_add_vm(small, "v1", "h1")->pinned = cases[i].pinned;
        smallcluster_measure_vm(small, "v1", 1000, 10, 10);
        smallcluster_assess(small, NULL);
        CU_ASSERT_EQUAL(smallcluster_state(small, "v1"), cases[i].state);
        const char *reason = smallcluster_load(small, "v1", RESOURCE_MEMORY)->reason;
        CU_ASSERT_EQUAL(strstr(reason, "cannot be judged") != NULL, cases[i].state == STATE_NORMAL);
    }
}

static void a_short_system_vm_is_no_finding(void)
{
    for (int by_role = 0; by_role <= 1; by_role++) {
        g_autoptr(SmallCluster) small = smallcluster_new();
        smallcluster_add_host(small, "h1");
        Vm *vm = smallcluster_add_vm(small, "vCLS-1", "h1");
        if (by_role)
            vm->role = VM_ROLE_SYSTEM;
        smallcluster_measure_host(small, "h1", 5000, 50);
        smallcluster_measure_vm(small, "vCLS-1", 100, 9, 9);
        gboolean findings = TRUE;
        g_autofree char *text =
            summary_of(small, by_role ? NULL : "[analyze]\nsystem_vms=vCLS*\n", &findings);
        CU_ASSERT_EQUAL(smallcluster_state(small, "vCLS-1"), STATE_SHORT);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(smallcluster_load(small, "vCLS-1", RESOURCE_MEMORY)->reason, "a system VM"));
        CU_ASSERT_FALSE(findings);
    }
}

static void long_lists_are_cut_and_say_so(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    for (int i = 0; i < 23; i++) {
        g_autofree char *id = g_strdup_printf("h%d", i);
        smallcluster_add_host(small, id);
        smallcluster_measure_host(small, id, 9000, 10);
    }
    g_autofree char *text = summary_of(small, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "h19 (h19)"));
    CU_ASSERT_PTR_NULL(strstr(text, "h20 (h20)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "and 3 more"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "23 hot hosts"));
}

void test_states_suite(void)
{
    CU_pSuite suite = CU_add_suite("states", NULL, NULL);
    CU_ADD_TEST(suite, up_to_and_including_the_threshold_is_normal);
    CU_ADD_TEST(suite, a_host_is_cold_below_both_bounds);
    CU_ADD_TEST(suite, the_reason_stands_on_the_resource_that_decided);
    CU_ADD_TEST(suite, a_host_that_cannot_work_is_unavailable_whatever_its_load);
    CU_ADD_TEST(suite, a_host_in_quarantine_is_unavailable_unless_hot);
    CU_ADD_TEST(suite, a_host_without_cpu_or_memory_measured_is_unknown_unless_hot);
    CU_ADD_TEST(suite, disk_decides_only_where_the_policy_sets_a_threshold);
    CU_ADD_TEST(suite, a_vm_is_short_above_its_share_of_its_memory);
    CU_ADD_TEST(suite, a_vm_is_idle_with_both_low);
    CU_ADD_TEST(suite, a_vm_that_is_off_or_not_measured_says_so);
    CU_ADD_TEST(suite, the_pattern_is_the_first_that_holds);
    CU_ADD_TEST(suite, power_saving_leaves_has_share);
    CU_ADD_TEST(suite, power_saving_leaves_room_for_vms_on_hosts_that_are_not_counted_on);
    CU_ADD_TEST(suite, power_saving_holds_up_to_and_including_its_target);
    CU_ADD_TEST(suite, the_first_line_names_host_memory_demand_where_most_hosts_only_look_hot);
    CU_ADD_TEST(suite, names_cannot_reach_the_terminal_raw);
    CU_ADD_TEST(suite, a_vm_with_a_passed_through_device_is_never_short);
    CU_ADD_TEST(suite, a_vm_whose_memory_is_pinned_is_never_short);
    CU_ADD_TEST(suite, a_short_system_vm_is_no_finding);
    CU_ADD_TEST(suite, long_lists_are_cut_and_say_so);
}
