/* SPDX-License-Identifier: MIT */
#include "plan/unsolved.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_unsolved_suite(void);

/* VM "a", which nobody measured, on h1; and h2 with this much CPU in use and disk throughput. */
static SmallCluster *unmeasured_vm(double mhz, double kibps)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    add_host(small, "h2", mhz, 30)->disk_capacity_kibps = 1000;
    smallcluster_measure(small, "h2", METRIC_DISK_KIBPS, kibps);
    smallcluster_add_vm(small, "a", "h1");
    return small;
}

typedef void (*AddHost)(Decisions *decisions, const Situation *situation, const Model *now, guint host);

/* what is said of a host that stays as it is; the caller frees it */
static char *words_of_host(const Planning *planning, AddHost add, guint host)
{
    g_autoptr(Decisions) decisions = decisions_new();
    add(decisions, &planning->situation, planning->model, host);
    CU_ASSERT_EQUAL_FATAL(decisions->unsolved->len, 1);
    CU_ASSERT_EQUAL(g_array_index(decisions->unsolved, Unsolved, 0).host, (int)host);
    return g_strdup(g_array_index(decisions->unsolved, Unsolved, 0).reason);
}

static void assert_target_words(SmallCluster *small, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, "[analyze]\ndisk_hot_pct=50\n");
    g_autofree char *why = why_not_moved(planning, 0, 1, LEGAL_TARGET);
    CU_ASSERT_PTR_NOT_NULL_FATAL(why);
    CU_ASSERT_STRING_EQUAL(why, expected);
    if (strcmp(why, expected) != 0)
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", why, expected);
}

static void what_is_over_is_named_and_what_is_not_known_is_left_out(void)
{
    assert_target_words(unmeasured_vm(9000, 100), "would be hot (CPU 90.0 %, memory 30.0 %)");
    assert_target_words(unmeasured_vm(1000, 600),
                        "would be hot (CPU 10.0 %, memory 30.0 %, disk throughput 60.0 %)");
}

static void an_excluded_host_says_so(void)
{
    g_autoptr(Planning) planning = planning_new(unmeasured_vm(1000, 100), "[plan]\nexclude_hosts=h1\n");
    g_autofree char *full = words_of_host(planning, unsolved_add_full_host, 0);
    CU_ASSERT_STRING_EQUAL(full,
                           "is to be emptied and still holds 1 running VM; it is named by exclude_hosts");
}

/* "a" could go to h3, "b" nowhere; h2 takes nobody. */
static void the_example_is_a_vm_that_has_no_target(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9000, 30);
    add_host(small, "h2", 7900, 30);
    add_host(small, "h3", 5000, 30);
    add_vm(small, "a", "h1", 1000, 5);
    add_vm(small, "b", "h1", 4000, 5);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *hot = words_of_host(planning, unsolved_add_hot_host, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(hot, "no target for 1 of its VMs (b: h2 would be hot"));
}

/* h2 is to be emptied too: what h3 says is nearer to the truth */
static void the_host_that_could_run_a_vm_tells_why_it_does_not(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 30);
    add_host(small, "h2", 1000, 30);
    add_host(small, "h3", 1000, 30);
    add_vm(small, "a", "h1", 100, 5);
    add_vm(small, "b", "h3", 100, 5);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a b", "");
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1;h2\n");
    g_autofree char *full = words_of_host(planning, unsolved_add_full_host, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(full, "a: h3 would break the mandatory rule \"apart\""));
}

/* An evacuation moves VMs that nobody measured, relief does not. */
static void an_unmeasured_vm_hinders_relief_but_no_evacuation(void)
{
    SmallCluster *small = unmeasured_vm(1000, 100);
    smallcluster_measure_host(small, "h3", 9000, 40);
    smallcluster_add_host(small, "h3");
    smallcluster_add_vm(small, "b", "h3");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *hot = words_of_host(planning, unsolved_add_hot_host, 2);
    g_autofree char *full = words_of_host(planning, unsolved_add_full_host, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(hot, "; 1 of its VMs is not measured"));
    CU_ASSERT_STRING_EQUAL(full,
                           "is to be emptied and still holds 1 running VM; 1 of its VMs could move, but "
                           "no placement was found that has room for all of them");
}

/* how many items are unsolved where the only VM is short and memory cannot be added to it */
static guint unsolved_short_vms(int role, const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 30);
    smallcluster_measure_vm(small, "s", 100, 9, 9.5);
    smallcluster_add_vm(small, "s", "h1")->role = role;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Decisions) decisions = decisions_new();
    unsolved_add_all(decisions, &planning->situation, planning->model);
    return decisions->unsolved->len;
}

static void a_system_vm_that_is_short_is_nobodys_business(void)
{
    CU_ASSERT_EQUAL(unsolved_short_vms(-1, NULL), 1);
    CU_ASSERT_EQUAL(unsolved_short_vms(VM_ROLE_SYSTEM, NULL), 0);
    CU_ASSERT_EQUAL(unsolved_short_vms(VM_ROLE_IGNORE, NULL), 0);
    CU_ASSERT_EQUAL(unsolved_short_vms(-1, "[analyze]\nsystem_vms=s\n"), 0);
    CU_ASSERT_EQUAL(unsolved_short_vms(-1, "[plan]\nexclude_vms=s\n"), 1);
}

void test_unsolved_suite(void)
{
    CU_pSuite suite = CU_add_suite("unsolved", NULL, NULL);
    CU_ADD_TEST(suite, what_is_over_is_named_and_what_is_not_known_is_left_out);
    CU_ADD_TEST(suite, an_excluded_host_says_so);
    CU_ADD_TEST(suite, the_example_is_a_vm_that_has_no_target);
    CU_ADD_TEST(suite, the_host_that_could_run_a_vm_tells_why_it_does_not);
    CU_ADD_TEST(suite, a_system_vm_that_is_short_is_nobodys_business);
    CU_ADD_TEST(suite, an_unmeasured_vm_hinders_relief_but_no_evacuation);
}
