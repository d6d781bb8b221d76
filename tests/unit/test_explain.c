/* SPDX-License-Identifier: MIT */
#include "plan/explain.h"

#include "plan/compose.h"
#include "plan/threshold.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_explain_suite(void);

/* One hot host, a cool one and one without vMotion. */
static SmallCluster *three_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_host(small, "h3", 1000, 30);
    small->snapshot->hosts[2].vmotion = 0;
    add_vm(small, "a", "h1", 1000, 10);
    add_vm(small, "b", "h1", 2000, 20)->pinned = "PCI device";
    add_vm(small, "c", "h2", 100, 5);
    return small;
}

static char *words_of(const Situation *situation, const ChangePlan *plan, const char *what, GError **error)
{
    g_autoptr(Explanation) explanation = explanation_new(situation, plan, what, error);
    return explanation ? explain(explanation) : NULL;
}

static char *explained(SmallCluster *small, const char *what, GError **error)
{
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Decisions) decisions = threshold_decide(&planning->situation);
    g_autoptr(ChangePlan) plan = compose_plan(&planning->situation, decisions);
    return words_of(&planning->situation, plan, what, error);
}

static void assert_says(SmallCluster *small, const char *what, const char *const *words)
{
    g_autofree char *text = explained(small, what, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (; *words; words++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, *words));
        if (!strstr(text, *words))
            fprintf(stderr, "  found \"%s\", expected \"%s\"\n", text, *words);
    }
}

static void a_vm_that_moves_is_told_why_and_where_it_could_go(void)
{
    const char *const words[] = {"VM a (a) on h1 (h1)",
                                 "step 1: migrate to h2",
                                 "why: relieves h1",
                                 "effect: h1: CPU 85.0 to 75.0 %",
                                 "h2: yes, step 1 takes it there",
                                 "h3: no, it has no vMotion",
                                 NULL};
    assert_says(three_hosts(), "a", words);
}

static void a_vm_that_stays_is_told_why_not(void)
{
    const char *const pinned[] = {"nothing: it is not short",
                                  "it would never be moved: it is pinned (PCI device)", NULL};
    const char *const idle[] = {"and its host is not hot", NULL};
    assert_says(three_hosts(), "b", pinned);
    assert_says(three_hosts(), "c", idle);
}

/* VM "a" of a host that the threshold rule leaves alone, and what is said of it where no row does. */
static void assert_nothing(int power, double active_gib, const char *policy, const char *words)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    if (active_gib > 0)
        smallcluster_measure_vm(small, "a", 100, active_gib, 5);
    smallcluster_add_vm(small, "a", "h1")->power = power;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(ChangePlan) plan = changeplan_new();
    g_autofree char *text = words_of(&planning->situation, plan, "a", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, words));
    if (!strstr(text, words))
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", text, words);
}

static void a_vm_without_a_row_is_told_the_truth(void)
{
    assert_nothing(VM_POWER_ON, 2, NULL, "nothing: it is not short, and its host is not hot");
    assert_nothing(VM_POWER_OFF, 2, NULL, "nothing: it does not run, and its host is not hot");
    assert_nothing(VM_POWER_ON, 0, NULL, "nothing: its memory is not measured, and its host is not hot");
    assert_nothing(VM_POWER_ON, 9, NULL,
                   "nothing: it is short, but it is not known whether memory hot-add is on, and");
    assert_nothing(VM_POWER_ON, 2, "[plan]\nexclude_hosts=h1\n",
                   "nothing: it is not short, and its host is named by exclude_hosts");
    assert_nothing(VM_POWER_OFF, 2, "[plan]\nevacuate=h1\n",
                   "nothing: it does not run, and it stays on its host, which is to be emptied");
}

static void a_busy_vm_is_told_why_it_gets_no_vcpus(void)
{
    SmallCluster *small = three_hosts();
    add_vm(small, "d", "h2", 1900, 5)->cpu_hot_add = 0;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nstrategy=optimize\n");
    g_autoptr(ChangePlan) plan = changeplan_new();
    g_autofree char *text = words_of(&planning->situation, plan, "d", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "no vCPUs: it uses 95.0 % of the 2 that it has, above 80 %, but CPU hot-add is off"));
    const char *const other[] = {"no vCPUs: strategy=threshold adds none", NULL};
    SmallCluster *again = three_hosts();
    add_vm(again, "d", "h2", 1900, 5)->cpu_hot_add = 0;
    assert_says(again, "d", other);
}

static void a_vm_is_told_its_rules(void)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "b c", "");
    const char *const words[] = {"rule \"apart\" (must): keeps VMs apart, 0 VMs in breach", NULL};
    assert_says(small, "c", words);
}

static void a_host_is_told_its_load_its_rows_and_who_cannot_leave(void)
{
    const char *const hot[] = {"Host h1 (h1): hot, 2 running VMs", "85 %", "migrate of a to h2",
                               "b is pinned (PCI device)", NULL};
    const char *const fixed[] = {"nothing: it is within its thresholds",
                                 "It is no target for running VMs: it has no vMotion", NULL};
    assert_says(three_hosts(), "h1", hot);
    assert_says(three_hosts(), "h3", fixed);
}

/* b grows where it stays, a on h2, where it moves to. */
static void a_host_is_told_of_what_grows_there_in_the_end(void)
{
    g_autoptr(Planning) planning = planning_new(three_hosts(), NULL);
    g_autoptr(Decisions) decisions = decisions_new();
    Change grown[] = {growth(planning, "b", 128), move(planning, "a", "h2"), growth(planning, "a", 256)};
    g_array_append_vals(decisions->changes, grown, G_N_ELEMENTS(grown));
    g_autoptr(ChangePlan) plan = compose_plan(&planning->situation, decisions);
    g_autofree char *h1 = words_of(&planning->situation, plan, "h1", NULL);
    g_autofree char *h2 = words_of(&planning->situation, plan, "h2", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(h1 && h2 ? h1 : NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(h1, "migrate of a to h2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(h1, "add_memory of b to 22656 MiB"));
    CU_ASSERT_PTR_NULL(strstr(h1, "add_memory of a"));
    CU_ASSERT_PTR_NOT_NULL(strstr(h2, "add_memory of a to 12544 MiB"));
    CU_ASSERT_PTR_NULL(strstr(h2, "add_memory of b"));
}

static void a_name_serves_where_only_one_has_it(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->vms[0].name = "web";
    const char *const words[] = {"VM web (a)", NULL};
    assert_says(small, "web", words);
    small = three_hosts();
    small->snapshot->vms[0].name = small->snapshot->vms[2].name = "web";
    g_autoptr(GError) twice = NULL;
    CU_ASSERT_PTR_NULL(explained(small, "web", &twice));
    CU_ASSERT_PTR_NOT_NULL_FATAL(twice);
    CU_ASSERT_STRING_EQUAL(
        twice->message,
        "found several called \"web\": expected the id of a VM or host, or a name that only one has");
    g_autoptr(GError) none = NULL;
    CU_ASSERT_PTR_NULL(explained(three_hosts(), "nobody", &none));
    CU_ASSERT_PTR_NOT_NULL_FATAL(none);
    CU_ASSERT_PTR_NOT_NULL(strstr(none->message, "found no \"nobody\""));
}

static void a_name_that_none_has_names_the_nearest(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->vms[0].name = "ham-jenkins";
    small->snapshot->vms[1].name = "benches";
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(explained(small, "jenkin", &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(
        g_str_has_prefix(error->message, "found no \"jenkin\" (the nearest is \"ham-jenkins\"): expected"));
}

static void a_host_is_found_by_its_short_name_in_any_case(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[1].name = "esx-02.example";
    const char *const words[] = {"Host esx-02.example (h2)", NULL};
    assert_says(small, "ESX-02", words);
}

static void a_capacity_that_is_not_known_is_said_to_be(void)
{
    SmallCluster *small = three_hosts();
    smallcluster_measure(small, "h1", METRIC_DISK_KIBPS, 300);
    const char *const words[] = {"disk: 0.3 MiB/s, of a capacity that is not known", NULL};
    assert_says(small, "h1", words);
}

static void names_do_not_reach_the_terminal_raw(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->vms[0].name = "evil\x1b[2J";
    g_autofree char *text = explained(small, "a", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "evil\\u{1B}"));
}

void test_explain_suite(void)
{
    CU_pSuite suite = CU_add_suite("explain", NULL, NULL);
    CU_ADD_TEST(suite, a_vm_that_moves_is_told_why_and_where_it_could_go);
    CU_ADD_TEST(suite, a_vm_that_stays_is_told_why_not);
    CU_ADD_TEST(suite, a_vm_without_a_row_is_told_the_truth);
    CU_ADD_TEST(suite, a_busy_vm_is_told_why_it_gets_no_vcpus);
    CU_ADD_TEST(suite, a_vm_is_told_its_rules);
    CU_ADD_TEST(suite, a_host_is_told_its_load_its_rows_and_who_cannot_leave);
    CU_ADD_TEST(suite, a_host_is_told_of_what_grows_there_in_the_end);
    CU_ADD_TEST(suite, a_name_serves_where_only_one_has_it);
    CU_ADD_TEST(suite, a_name_that_none_has_names_the_nearest);
    CU_ADD_TEST(suite, a_host_is_found_by_its_short_name_in_any_case);
    CU_ADD_TEST(suite, a_capacity_that_is_not_known_is_said_to_be);
    CU_ADD_TEST(suite, names_do_not_reach_the_terminal_raw);
}
