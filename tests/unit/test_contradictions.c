/* SPDX-License-Identifier: MIT */
#include "plan/sequence.h"
#include "plan/unsolved.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_contradictions_suite(void);

static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 30);
    add_host(small, "h2", 3000, 30);
    add_vm(small, "fe", "h1", 100, 4);
    add_vm(small, "be", "h1", 100, 4);
    add_vm(small, "db", "h2", 100, 4);
    return small;
}

/* whether some unsolved row of the cluster as it stands says this */
static gboolean is_told(SmallCluster *small, const char *words)
{
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Decisions) decisions = decisions_new();
    gboolean told = FALSE;
    unsolved_add_all(decisions, &planning->situation, planning->model);
    for (guint i = 0; i < decisions->unsolved->len; i++)
        told = told || strstr(g_array_index(decisions->unsolved, Unsolved, i).reason, words);
    return told;
}

static void rules_that_contradict_each_other_are_both_named(void)
{
    SmallCluster *small = two_hosts();
    add_rule(small, "X", RULE_VM_AFFINITY, TRUE, "fe be", "");
    add_rule(small, "Y", RULE_VM_ANTI_AFFINITY, TRUE, "fe be", "");
    CU_ASSERT_TRUE(is_told(small, "fe and be are kept together by \"X\" and apart by \"Y\""));
}

static void more_vms_than_hosts_are_counted(void)
{
    SmallCluster *small = two_hosts();
    add_rule(small, "Y", RULE_VM_ANTI_AFFINITY, TRUE, "fe be db", "");
    CU_ASSERT_TRUE(is_told(small, "3 VMs, 2 hosts that can run them"));
}

static void a_rule_whose_hosts_are_all_out_names_the_vm(void)
{
    SmallCluster *small = two_hosts();
    add_rule(small, "licence", RULE_VM_HOST_AFFINITY, TRUE, "fe", "h2");
    small->snapshot->hosts[1].mode = HOST_MODE_MAINTENANCE;
    CU_ASSERT_TRUE(is_told(small, "no host that the mandatory rules allow can run fe"));
}

static void hosts_that_other_rules_leave_are_counted(void)
{
    SmallCluster *small = two_hosts();
    add_host(small, "h3", 1000, 10);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "fe be", "");
    add_rule(small, "licence", RULE_VM_HOST_AFFINITY, TRUE, "fe be", "h1");
    CU_ASSERT_TRUE(is_told(small, "2 VMs, 1 host that can run them under \"licence\""));
    small = two_hosts();
    add_host(small, "h3", 1000, 10);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "fe be db", "");
    add_rule(small, "licence", RULE_VM_HOST_AFFINITY, TRUE, "fe be", "h1");
    CU_ASSERT_TRUE(is_told(small, "fe, be: 2 VMs, 1 host that can run them under \"licence\""));
}

static void a_rule_about_hosts_names_what_else_asks_for_them(void)
{
    SmallCluster *small = two_hosts();
    add_host(small, "h3", 1000, 10);
    add_vm(small, "c", "h3", 100, 4);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "fe db c", "");
    add_rule(small, "licence", RULE_VM_HOST_AFFINITY, TRUE, "fe db c", "h1 h2");
    CU_ASSERT_TRUE(
        is_told(small, "\"apart\" keeps VMs apart: 3 VMs, 2 hosts that can run them under \"licence\""));
    small = two_hosts();
    add_rule(small, "on", RULE_VM_HOST_AFFINITY, TRUE, "fe", "h1");
    add_rule(small, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "fe", "h1");
    CU_ASSERT_TRUE(is_told(small, "can run fe (h2: \"on\" forbids it)"));
}

static void rules_that_contradict_over_a_third_vm_are_named(void)
{
    SmallCluster *small = two_hosts();
    add_rule(small, "X", RULE_VM_AFFINITY, TRUE, "fe be", "");
    add_rule(small, "Y", RULE_VM_AFFINITY, TRUE, "be db", "");
    add_rule(small, "Z", RULE_VM_ANTI_AFFINITY, TRUE, "fe db", "");
    CU_ASSERT_TRUE(is_told(small, "fe and db are kept together by \"X\", \"Y\" and apart by \"Z\""));
}

static void vms_that_cannot_move_run_on_one_host(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->vms[0].pinned = small->snapshot->vms[1].pinned = "USB device";
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "fe be", "");
    CU_ASSERT_TRUE(is_told(small, "2 VMs, 1 host that can run them"));
    small = two_hosts();
    small->snapshot->vms[0].pinned = "USB device";
    add_rule(small, "together", RULE_VM_AFFINITY, TRUE, "fe db", "");
    add_rule(small, "licence", RULE_VM_HOST_AFFINITY, TRUE, "db", "h2");
    CU_ASSERT_TRUE(is_told(small, "no host can run all 2 VMs under \"licence\""));
}

static void a_rule_whose_repair_is_left_to_drs_is_said_to_be(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->clusters[0].drs = DRS_FULL;
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "fe be", "");
    CU_ASSERT_TRUE(is_told(small, "2 of them are left to DRS"));
}

static void a_rule_that_can_be_kept_is_not_called_impossible(void)
{
    SmallCluster *small = two_hosts();
    add_rule(small, "Y", RULE_VM_ANTI_AFFINITY, TRUE, "fe be", "");
    CU_ASSERT_FALSE(is_told(small, "cannot be kept in full"));
}

/* Neither for good nor on the way: also where the VM stands on a forbidden host already. */
static void no_forbidden_host_is_legal_from_another_one(void)
{
    SmallCluster *small = two_hosts();
    add_host(small, "h3", 1000, 10);
    add_rule(small, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "fe", "h1 h2");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    static const guint questions[] = {LEGAL_RULES, LEGAL_ON_THE_WAY};
    guint fe = vm_of(planning, "fe");
    for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
        CU_ASSERT_FALSE(legality_allows_move(planning->legality, planning->model, fe, host_of(planning, "h2"),
                                             questions[i], NULL));
        CU_ASSERT_TRUE(legality_allows_move(planning->legality, planning->model, fe, host_of(planning, "h3"),
                                            questions[i], NULL));
    }
}

void test_contradictions_suite(void)
{
    CU_pSuite suite = CU_add_suite("contradictions", NULL, NULL);
    CU_ADD_TEST(suite, rules_that_contradict_each_other_are_both_named);
    CU_ADD_TEST(suite, more_vms_than_hosts_are_counted);
    CU_ADD_TEST(suite, a_rule_whose_hosts_are_all_out_names_the_vm);
    CU_ADD_TEST(suite, hosts_that_other_rules_leave_are_counted);
    CU_ADD_TEST(suite, a_rule_about_hosts_names_what_else_asks_for_them);
    CU_ADD_TEST(suite, rules_that_contradict_over_a_third_vm_are_named);
    CU_ADD_TEST(suite, vms_that_cannot_move_run_on_one_host);
    CU_ADD_TEST(suite, a_rule_whose_repair_is_left_to_drs_is_said_to_be);
    CU_ADD_TEST(suite, a_rule_that_can_be_kept_is_not_called_impossible);
    CU_ADD_TEST(suite, no_forbidden_host_is_legal_from_another_one);
}
