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
    CU_ADD_TEST(suite, a_rule_that_can_be_kept_is_not_called_impossible);
    CU_ADD_TEST(suite, no_forbidden_host_is_legal_from_another_one);
}
