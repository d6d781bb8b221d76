/* SPDX-License-Identifier: MIT */
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_rules_suite(void);

/* Three hosts; a and b on h1, c on h2. */
static SmallCluster *three_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 30);
    add_host(small, "h2", 3000, 30);
    add_host(small, "h3", 3000, 30);
    add_vm(small, "a", "h1", 100, 4);
    add_vm(small, "b", "h1", 100, 4);
    add_vm(small, "c", "h2", 100, 4);
    return small;
}

static guint breaches(int type, const char *vm_ids, const char *host_ids)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "r", type, TRUE, vm_ids, host_ids);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_EQUAL_FATAL(rules_count(planning->rules), 1);
    return rule_breaches(rules_at(planning->rules, 0), planning->model);
}

static void breaches_are_counted_by_vm(void)
{
    CU_ASSERT_EQUAL(breaches(RULE_VM_AFFINITY, "a b", ""), 0);
    CU_ASSERT_EQUAL(breaches(RULE_VM_AFFINITY, "a b c", ""), 1);
    CU_ASSERT_EQUAL(breaches(RULE_VM_ANTI_AFFINITY, "a c", ""), 0);
    CU_ASSERT_EQUAL(breaches(RULE_VM_ANTI_AFFINITY, "a b c", ""), 1);
    CU_ASSERT_EQUAL(breaches(RULE_VM_HOST_AFFINITY, "a b c", "h1"), 1);
    CU_ASSERT_EQUAL(breaches(RULE_VM_HOST_AFFINITY, "a b c", "h1 h2"), 0);
    CU_ASSERT_EQUAL(breaches(RULE_VM_HOST_ANTI_AFFINITY, "a b c", "h1"), 2);
    CU_ASSERT_EQUAL(breaches(RULE_VM_HOST_ANTI_AFFINITY, "a b c", "h3"), 0);
}

static void a_member_that_is_listed_twice_counts_once(void)
{
    CU_ASSERT_EQUAL(breaches(RULE_VM_ANTI_AFFINITY, "a c a", ""), 0);
    CU_ASSERT_EQUAL(breaches(RULE_VM_ANTI_AFFINITY, "b a b a", ""), 1);
    CU_ASSERT_EQUAL(breaches(RULE_VM_HOST_AFFINITY, "a c c", "h1 h1"), 1);
}

static void vms_that_do_not_run_break_nothing(void)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a b", "");
    add_rule(small, "off-h1", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "b", "h1");
    small->snapshot->vms[1].power = VM_POWER_OFF;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_EQUAL(rule_breaches(rules_at(planning->rules, 0), planning->model), 0);
    CU_ASSERT_EQUAL(rule_breaches(rules_at(planning->rules, 1), planning->model), 0);
}

static void a_disabled_rule_binds_nobody(void)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "off", RULE_VM_ANTI_AFFINITY, TRUE, "a b", "")->enabled = 0;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_EQUAL(rules_count(planning->rules), 0);
    CU_ASSERT_PTR_NULL(rules_of_vm(planning->rules, vm_of(planning, "a")));
}

/* ClusterRuleInfo.mandatory is about VM-Host rules; vCenter leaves it out of the others. */
static void rules_between_vms_bind_unless_they_say_no(void)
{
    static const struct {
        int type, mandatory;
        gboolean binding;
    } cases[] = {{RULE_VM_ANTI_AFFINITY, -1, TRUE},
                 {RULE_VM_AFFINITY, -1, TRUE},
                 {RULE_VM_ANTI_AFFINITY, 0, FALSE},
                 {RULE_VM_HOST_AFFINITY, -1, FALSE},
                 {RULE_VM_HOST_AFFINITY, 1, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = three_hosts();
        add_rule(small, "r", cases[i].type, TRUE, "a c", "h1")->mandatory = cases[i].mandatory;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        CU_ASSERT_EQUAL(rules_at(planning->rules, 0)->mandatory, cases[i].binding);
    }
}

static void rules_of_the_policy_go_by_pattern(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->vms[2].folder = "web";
    g_autoptr(Planning) planning =
        planning_new(small, "[rule apart]\ntype=vm_anti_affinity\nvms=a;web/*\nmandatory=yes\n"
                            "[rule here]\ntype=vm_host_affinity\nvms=b\nhosts=h2;h3\n"
                            "[rule nowhere]\ntype=vm_host_affinity\nvms=b\nhosts=esx*\n");
    CU_ASSERT_EQUAL_FATAL(rules_count(planning->rules), 2);
    const BoundRule *apart = rules_at(planning->rules, 0), *here = rules_at(planning->rules, 1);
    CU_ASSERT_STRING_EQUAL(apart->name, "apart");
    CU_ASSERT_EQUAL_FATAL(apart->n_vms, 2);
    CU_ASSERT_TRUE(rule_names_vm(apart, vm_of(planning, "a")) && rule_names_vm(apart, vm_of(planning, "c")));
    CU_ASSERT_FALSE(rule_names_vm(apart, vm_of(planning, "b")));
    CU_ASSERT_TRUE(apart->mandatory);
    CU_ASSERT_EQUAL(here->n_hosts, 2);
    CU_ASSERT_FALSE(here->mandatory);
}

/* a cluster with a host, where one VM runs */
static void add_cluster(SmallCluster *small, const char *id, const char *name, const char *host_id,
                        const char *vm_id)
{
    Cluster cluster = cluster_unknown();
    cluster.id = id;
    cluster.name = name;
    snapshot_add_cluster(small->snapshot, &cluster);
    add_host(small, host_id, 1000, 10)->cluster_id = id;
    add_vm(small, vm_id, host_id, 100, 1);
}

/* what is said of the rules of a policy on three hosts of one cluster and one in another, which has VM "far"
 */
static void assert_idle(const char *policy, const char *expected)
{
    g_autoptr(SmallCluster) small = three_hosts();
    add_cluster(small, "c2", "Cluster\x1b[2J", "g1", "far");
    g_autoptr(Planning) planning = planning_new(g_steal_pointer(&small), policy);
    g_autoptr(GPtrArray) idle = rules_idle(planning->small->snapshot, planning->policy);
    g_ptr_array_add(idle, NULL);
    g_autofree char *found = g_strjoinv("\n", (char **)idle->pdata);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        printf("\n  found: %s\n", found);
}

static void a_cluster_whose_vms_must_run_on_hosts_that_it_lacks_is_told(void)
{
    static const char lacks[] =
        "rule \"x\": hosts: found no host of cluster \"Cluster\\u{1B}[2J\" that matches h*: the rule "
        "does nothing for its VMs there";
    assert_idle("[rule x]\ntype=vm_host_affinity\nvms=*\nhosts=h*\nmandatory=yes\n", lacks);
    assert_idle("[rule x]\ntype=vm_host_affinity\nvms=*\nhosts=h*\n", "");
    assert_idle("[rule x]\ntype=vm_host_affinity\nvms=a\nhosts=q*\nmandatory=yes\n", "");
    assert_idle("[rule x]\ntype=vm_affinity\nvms=a\n", "");
    assert_idle("[rule x]\ntype=vm_host_anti_affinity\nvms=*\nhosts=h*\nmandatory=yes\n", "");
    assert_idle("[rule x]\ntype=vm_host_affinity\nvms=far\nhosts=h*\n", lacks);
    SmallCluster *small = three_hosts();
    add_cluster(small, "c2", "Two", "g1", "d");
    add_cluster(small, "c3", "Three", "g2", "e");
    g_autoptr(Planning) planning =
        planning_new(small, "[rule x]\ntype=vm_host_affinity\nvms=*\nhosts=h*\nmandatory=yes\n");
    g_autoptr(GPtrArray) idle = rules_idle(small->snapshot, planning->policy);
    CU_ASSERT_EQUAL_FATAL(idle->len, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(idle->pdata[0], "no host of cluster \"Two\" (nor of 1 more) that"));
}

static const char *broken_by(const Planning *planning, const char *vm, const char *host, gboolean mandatory)
{
    const BoundRule *rule = rules_broken_by(planning->rules, planning->model, vm_of(planning, vm),
                                            host_of(planning, host), mandatory);
    return rule ? rule->name : "";
}

static void a_move_is_judged_by_what_it_makes_worse(void)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a b c", "");
    add_rule(small, "home", RULE_VM_HOST_AFFINITY, FALSE, "a", "h2");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "c", "h1", TRUE), "apart");
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "a", "h2", TRUE), ""); /* as bad as before */
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "a", "h3", TRUE), "");
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "a", "h3", FALSE), ""); /* it is not at home now */
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "a", "h2", FALSE), "");
}

static void a_keep_together_rule_may_be_broken_on_the_way_and_hides_no_other(void)
{
    SmallCluster *small = three_hosts();
    add_rule(small, "together", RULE_VM_AFFINITY, TRUE, "a b", "");
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a c", "");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    guint a = vm_of(planning, "a");
    CU_ASSERT_STRING_EQUAL(broken_by(planning, "a", "h2", TRUE), "together");
    CU_ASSERT_PTR_NULL(rules_broken_on_the_way(planning->rules, planning->model, a, host_of(planning, "h3")));
    const BoundRule *apart =
        rules_broken_on_the_way(planning->rules, planning->model, a, host_of(planning, "h2"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(apart);
    CU_ASSERT_STRING_EQUAL(apart->name, "apart");
}

void test_rules_suite(void)
{
    CU_pSuite suite = CU_add_suite("rules", NULL, NULL);
    CU_ADD_TEST(suite, breaches_are_counted_by_vm);
    CU_ADD_TEST(suite, a_member_that_is_listed_twice_counts_once);
    CU_ADD_TEST(suite, vms_that_do_not_run_break_nothing);
    CU_ADD_TEST(suite, a_disabled_rule_binds_nobody);
    CU_ADD_TEST(suite, rules_between_vms_bind_unless_they_say_no);
    CU_ADD_TEST(suite, rules_of_the_policy_go_by_pattern);
    CU_ADD_TEST(suite, a_cluster_whose_vms_must_run_on_hosts_that_it_lacks_is_told);
    CU_ADD_TEST(suite, a_move_is_judged_by_what_it_makes_worse);
    CU_ADD_TEST(suite, a_keep_together_rule_may_be_broken_on_the_way_and_hides_no_other);
}
