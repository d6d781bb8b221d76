/* SPDX-License-Identifier: MIT */
#include "plan/evacuation.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_evacuation_suite(void);

#define COLD "[plan]\nevacuate=h1\nevacuate_powered_off=yes\n"

/* Hosts h1 to h3; h1 is to be emptied and holds nothing but what tests add. */
static SmallCluster *three_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_host(small, "h2", 1000, 10);
    add_host(small, "h3", 1000, 10);
    return small;
}

static Vm *add_cold(SmallCluster *small, const char *id, const char *host_id)
{
    Vm *vm = add_vm(small, id, host_id, 100, 1);
    vm->power = VM_POWER_OFF;
    return vm;
}

/* What is decided: "a>h2 maintenance>h1", then each unsolved as "!h1: reason"; the caller frees.
 */
static char *evacuated(SmallCluster *small, const char *policy)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Model) end = model_copy(planning->model);
    g_autoptr(Decisions) decisions = decisions_new();
    const Snapshot *snapshot = planning->model->snapshot;
    GString *words = g_string_new(NULL);
    evacuation_complete(&planning->situation, end, decisions);
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        g_string_append_printf(words, "%s%s>%s", i ? " " : "",
                               change->vm >= 0 ? snapshot->vms[change->vm].id : "maintenance",
                               snapshot->hosts[change->to].id);
    }
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        g_string_append_printf(words, "!%s: %s",
                               unsolved->vm >= 0 ? snapshot->vms[unsolved->vm].id
                                                 : snapshot->hosts[unsolved->host].id,
                               unsolved->reason);
    }
    return g_string_free(words, FALSE);
}

static void assert_evacuated(SmallCluster *small, const char *policy, const char *expected)
{
    g_autofree char *found = evacuated(small, policy);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        printf("\n  found: %s\n", found);
}

static void powered_off_vms_are_spread_over_the_hosts_with_the_fewest(void)
{
    SmallCluster *small = three_hosts();
    add_vm(small, "x", "h2", 100, 1);
    add_cold(small, "a", "h1");
    add_cold(small, "b", "h1");
    add_cold(small, "c", "h1")->power = VM_POWER_SUSPENDED;
    assert_evacuated(small, COLD, "a>h3 b>h2 c>h3 maintenance>h1");
}

static void powered_off_vms_stay_unless_the_policy_asks(void)
{
    SmallCluster *small = three_hosts();
    add_cold(small, "a", "h1");
    assert_evacuated(small, "[plan]\nevacuate=h1\n", "maintenance>h1");
}

static void a_powered_off_vm_goes_only_where_mandatory_rules_let_it_run(void)
{
    static const struct {
        int type;
        gboolean mandatory;
        const char *hosts, *expected;
    } cases[] = {
        {RULE_VM_HOST_AFFINITY, TRUE, "h1 h3", "a>h3 maintenance>h1"},
        {RULE_VM_HOST_ANTI_AFFINITY, TRUE, "h2", "a>h3 maintenance>h1"},
        {RULE_VM_HOST_ANTI_AFFINITY, FALSE, "h2", "a>h2 maintenance>h1"},
        {RULE_VM_HOST_AFFINITY, TRUE, "h1",
         "maintenance>h1!a: powered off, stays on h1, which is to be emptied: no other host can take it "
         "(h2 would break the mandatory rule \"r\")"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = three_hosts();
        add_cold(small, "a", "h1");
        add_rule(small, "r", cases[i].type, cases[i].mandatory, "a", cases[i].hosts);
        assert_evacuated(small, COLD, cases[i].expected);
    }
}

static void a_powered_off_vm_needs_neither_vmotion_nor_the_same_cpu(void)
{
    SmallCluster *small = three_hosts();
    for (guint i = 0; i < 3; i++) {
        small->snapshot->hosts[i].vmotion = 0;
        small->snapshot->hosts[i].cpu_model = i ? "new" : "old";
    }
    add_cold(small, "a", "h1");
    add_cold(small, "b", "h1")->power = VM_POWER_SUSPENDED;
    assert_evacuated(small, COLD,
                     "a>h2 maintenance>h1!b: suspended, stays on h1, which is to be emptied: no other host "
                     "can take it (h2 has another CPU model, and no EVC mode covers both)");
}

static void what_holds_a_powered_off_vm_is_told(void)
{
    SmallCluster *small = three_hosts();
    add_cold(small, "a", "h1")->pinned = "PCI passthrough device";
    assert_evacuated(small, COLD,
                     "maintenance>h1!a: powered off, stays on h1, which is to be emptied: it is pinned (PCI "
                     "passthrough device)");
    small = three_hosts();
    small->snapshot->hosts[0].connection = CONNECTION_DISCONNECTED;
    add_cold(small, "a", "h1");
    assert_evacuated(small, COLD,
                     "!a: powered off, stays on h1, which is to be emptied: no other host can take it (h2 "
                     "cannot be reached: the VM's own host is not connected and powered on)"
                     "!h1: is to be emptied, but is not connected and powered on: it cannot enter "
                     "maintenance mode");
    small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_cold(small, "a", "h1");
    assert_evacuated(small, COLD,
                     "maintenance>h1!a: powered off, stays on h1, which is to be emptied: the cluster has no "
                     "other host");
}

static void a_host_that_is_not_empty_or_not_connected_is_unsolved(void)
{
    SmallCluster *small = three_hosts();
    add_vm(small, "a", "h1", 100, 1)->pinned = "CPU affinity";
    g_autofree char *full = evacuated(small, COLD);
    CU_ASSERT_TRUE(g_str_has_prefix(full, "!h1: is to be emptied and still holds "));
    small = three_hosts();
    small->snapshot->hosts[0].connection = CONNECTION_DISCONNECTED;
    assert_evacuated(small, COLD,
                     "!h1: is to be emptied, but is not connected and powered on: it cannot enter "
                     "maintenance mode");
}

static void a_host_whose_hypervisor_knows_no_maintenance_is_emptied_and_told_of(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[0].maintenance_supported = 0;
    assert_evacuated(small, COLD,
                     "!h1: is empty, but its hypervisor knows no maintenance mode: exclude_hosts in place of "
                     "evacuate keeps it so");
}

static void a_host_that_others_empty_and_the_policy_excludes_is_left_alone(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[0].mode = HOST_MODE_ENTERING;
    add_cold(small, "a", "h1");
    assert_evacuated(
        small, "[plan]\nevacuate_powered_off=yes\nexclude_hosts=h1\n",
        "!a: powered off, stays on h1, which is to be emptied: it is on h1, which exclude_hosts names"
        "!h1: is to be emptied and is empty; it is named by exclude_hosts");
}

static void a_policy_that_empties_and_excludes_a_host_is_refused(void)
{
    SmallCluster *small = three_hosts();
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) both = smallcluster_policy("[plan]\nevacuate=h1;h2\nexclude_hosts=h2;h3\n", NULL);
    g_autoptr(Policy) apart = smallcluster_policy("[plan]\nevacuate=h1\nexclude_hosts=h2;h3\n", NULL);
    CU_ASSERT_TRUE(evacuation_check_policy(small->snapshot, apart, NULL));
    CU_ASSERT_FALSE(evacuation_check_policy(small->snapshot, both, &error));
    CU_ASSERT_STRING_EQUAL(
        error->message,
        "evacuate: found the host \"h2\", which exclude_hosts names too: expected one of the two");
    smallcluster_free(small);
}

static void a_host_in_maintenance_mode_is_told_of_where_vms_run_on(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->hosts[0].mode = HOST_MODE_MAINTENANCE;
    assert_evacuated(small, COLD, "");
    small = three_hosts();
    small->snapshot->hosts[0].mode = HOST_MODE_MAINTENANCE;
    add_vm(small, "a", "h1", 100, 1)->pinned = "CPU affinity";
    g_autofree char *found = evacuated(small, COLD);
    CU_ASSERT_TRUE(g_str_has_prefix(found, "!h1: is to be emptied and still holds 1 running VM;"));
}

static void vms_that_vsphere_runs_for_itself_hold_up_no_maintenance(void)
{
    static const struct {
        int role;
        const char *expected;
    } cases[] = {
        {VM_ROLE_SYSTEM, "maintenance>h1"},
        {VM_ROLE_VCENTER, "!h1: is to be emptied and still holds 1 "},
        {VM_ROLE_IGNORE, "!h1: is to be emptied and still holds 1 "},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = three_hosts();
        add_vm(small, "a", "h1", 100, 1)->role = cases[i].role;
        g_autofree char *found = evacuated(small, COLD);
        CU_ASSERT_TRUE(g_str_has_prefix(found, cases[i].expected));
    }
    SmallCluster *small = three_hosts();
    add_vm(small, "a", "h1", 100, 1);
    g_autofree char *named = evacuated(small, "[analyze]\nsystem_vms=a\n" COLD);
    CU_ASSERT_TRUE(g_str_has_prefix(named, "!h1: is to be emptied and still holds 1 "));
}

static void what_holds_a_host_up_does_not_name_agents(void)
{
    SmallCluster *small = three_hosts();
    add_vm(small, "agent", "h1", 100, 1)->role = VM_ROLE_SYSTEM;
    add_vm(small, "a", "h1", 100, 1)->pinned = "CPU affinity";
    g_autofree char *found = evacuated(small, COLD);
    CU_ASSERT_PTR_NOT_NULL(strstr(found, "1 of its VMs cannot move (a is pinned (CPU affinity))"));
    CU_ASSERT_PTR_NULL(strstr(found, "agent"));
}

void test_evacuation_suite(void)
{
    CU_pSuite suite = CU_add_suite("evacuation", NULL, NULL);
    CU_ADD_TEST(suite, powered_off_vms_are_spread_over_the_hosts_with_the_fewest);
    CU_ADD_TEST(suite, powered_off_vms_stay_unless_the_policy_asks);
    CU_ADD_TEST(suite, a_powered_off_vm_goes_only_where_mandatory_rules_let_it_run);
    CU_ADD_TEST(suite, a_powered_off_vm_needs_neither_vmotion_nor_the_same_cpu);
    CU_ADD_TEST(suite, what_holds_a_powered_off_vm_is_told);
    CU_ADD_TEST(suite, a_host_that_others_empty_and_the_policy_excludes_is_left_alone);
    CU_ADD_TEST(suite, a_policy_that_empties_and_excludes_a_host_is_refused);
    CU_ADD_TEST(suite, a_host_in_maintenance_mode_is_told_of_where_vms_run_on);
    CU_ADD_TEST(suite, vms_that_vsphere_runs_for_itself_hold_up_no_maintenance);
    CU_ADD_TEST(suite, what_holds_a_host_up_does_not_name_agents);
    CU_ADD_TEST(suite, a_host_that_is_not_empty_or_not_connected_is_unsolved);
    CU_ADD_TEST(suite, a_host_whose_hypervisor_knows_no_maintenance_is_emptied_and_told_of);
}
