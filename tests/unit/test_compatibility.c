/* SPDX-License-Identifier: MIT */
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_compatibility_suite(void);

/* VM "a" on h1, target h2; other facts are for the tests to set before planning_new. */
static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    add_host(small, "h2", 2000, 30);
    add_vm(small, "a", "h1", 1000, 10);
    return small;
}

static Host *target_of(SmallCluster *small)
{
    return &small->snapshot->hosts[1];
}

static void assert_obstacle(SmallCluster *small, const char *policy, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found = why_not_moved(planning, 0, 1, LEGAL_HOST);
    CU_ASSERT_STRING_EQUAL(found ? found : "", expected);
}

static void a_target_that_cannot_take_vms_is_named_by_its_state(void)
{
    assert_obstacle(two_hosts(), NULL, "");
    SmallCluster *small = two_hosts();
    target_of(small)->connection = CONNECTION_NOT_RESPONDING;
    assert_obstacle(small, NULL, "is not connected and powered on");
    small = two_hosts();
    target_of(small)->power = HOST_POWER_STANDBY;
    assert_obstacle(small, NULL, "is not connected and powered on");
    small = two_hosts();
    target_of(small)->mode = HOST_MODE_ENTERING;
    assert_obstacle(small, NULL, "is not in normal mode");
    assert_obstacle(two_hosts(), "[plan]\nexclude_hosts=h2\n", "is named by exclude_hosts");
    assert_obstacle(two_hosts(), "[plan]\nevacuate=h2\n", "is to be emptied");
    assert_obstacle(two_hosts(), "[plan]\nevacuate_next=h2\n", "is to be emptied next (evacuate_next)");
}

/* vCenter does not get at a VM whose host does not answer, running or not */
static void a_host_that_is_not_connected_lets_no_vm_go(void)
{
    static const char expected[] = "cannot be reached: the VM's own host is not connected and powered on";
    SmallCluster *small = two_hosts();
    small->snapshot->hosts[0].connection = CONNECTION_NOT_RESPONDING;
    assert_obstacle(small, "[plan]\nevacuate=h1\n", expected);
    small = two_hosts();
    small->snapshot->hosts[0].connection = CONNECTION_DISCONNECTED;
    small->snapshot->vms[0].power = VM_POWER_OFF;
    assert_obstacle(small, NULL, expected);
}

static void another_cluster_is_out_of_reach(void)
{
    SmallCluster *small = two_hosts();
    Cluster other = cluster_unknown();
    other.id = other.name = "c2";
    snapshot_add_cluster(small->snapshot, &other);
    target_of(small)->cluster_id = "c2";
    assert_obstacle(small, NULL, "is in another cluster");
}

static void a_failover_host_and_an_unmeasured_one_are_no_targets(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->clusters[0].ha = 1;
    small->snapshot->clusters[0].ha_policy = HA_POLICY_HOSTS;
    small->snapshot->clusters[0].ha_failover_hosts = "h2";
    assert_obstacle(small, NULL, "is a dedicated failover host");
    small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    smallcluster_add_host(small, "h2");
    add_vm(small, "a", "h1", 1000, 10);
    assert_obstacle(small, NULL, "has no measurements");
}

static void vmotion_is_needed_on_both_hosts(void)
{
    SmallCluster *small = two_hosts();
    target_of(small)->vmotion = 0;
    assert_obstacle(small, NULL, "has no vMotion");
    small = two_hosts();
    target_of(small)->vmotion = -1;
    assert_obstacle(small, NULL, "has no vMotion");
    small = two_hosts();
    small->snapshot->hosts[0].vmotion = 0;
    assert_obstacle(small, NULL, "cannot be reached: the VM's own host has no vMotion");
}

static void storage_and_networks_must_be_there(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->hosts[0].datastores = "d1 d2";
    target_of(small)->datastores = "d1 d10";
    small->snapshot->vms[0].datastores = "d1";
    assert_obstacle(small, NULL, "");
    small = two_hosts();
    target_of(small)->datastores = "d10 d2";
    small->snapshot->vms[0].datastores = "d1 d2";
    assert_obstacle(small, NULL, "lacks a datastore of the VM");
    small = two_hosts();
    target_of(small)->networks = "n1";
    small->snapshot->vms[0].networks = "n1 n2";
    assert_obstacle(small, NULL, "lacks a network of the VM");
}

static void a_list_that_only_this_vm_lacks_forbids(void)
{
    SmallCluster *small = two_hosts();
    target_of(small)->datastores = "d1";
    add_vm(small, "b", "h1", 100, 1)->datastores = "d1";
    assert_obstacle(small, NULL, "may lack a datastore: the VM's are not known");
}

static void a_vm_without_networks_has_none_unless_an_export_left_them_out(void)
{
    for (guint export = 0; export <= 1; export ++) {
        SmallCluster *small = two_hosts();
        target_of(small)->networks = "n1";
        add_vm(small, "b", "h1", 100, 1)->networks = "n1";
        g_autoptr(Planning) planning = planning_new(small, NULL);
        small->assessment->origins[ORIGIN_EXPORT] = export;
        g_autofree char *found = why_not_moved(planning, 0, 1, LEGAL_HOST);
        CU_ASSERT_STRING_EQUAL(found ? found : "",
                               export ? "may lack a network: the VM's are not known" : "");
    }
}

static void cpus_agree_by_model_or_by_evc(void)
{
    static const struct {
        const char *own, *target, *cluster_evc, *target_evc, *needs, *expected;
    } cases[] = {
        {"x", "x", "", "", "", ""},
        {"x", "y", "", "", "", "has another CPU model, and no EVC mode covers both"},
        {"x", "y", "intel-skylake", "", "", ""},
        {"x", "y", "", "m1", "m1", ""},
        {"x", "y", "", "m1", "m2", "has another CPU model, and no EVC mode covers both"},
        {"x", "", "", "", "", "has another CPU model, and no EVC mode covers both"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        small->snapshot->hosts[0].cpu_model = cases[i].own;
        target_of(small)->cpu_model = cases[i].target;
        target_of(small)->evc_mode = cases[i].target_evc;
        small->snapshot->clusters[0].evc_mode = cases[i].cluster_evc;
        small->snapshot->vms[0].evc_required = cases[i].needs;
        assert_obstacle(small, NULL, cases[i].expected);
    }
}

static void a_host_offers_all_that_a_vm_requires(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->hosts[0].capabilities = target_of(small)->capabilities = "cpu:A machine:m1";
    small->snapshot->hosts[0].cpu_model = "x";
    target_of(small)->cpu_model = "y"; /* what the VM requires of a CPU is among what it requires */
    small->snapshot->vms[0].requires = "cpu:A machine:m1";
    assert_obstacle(small, NULL, "");
    small = two_hosts();
    small->snapshot->hosts[0].capabilities = "cpu:A machine:m1 pool:p";
    target_of(small)->capabilities = "cpu:AB machine:m1";
    small->snapshot->vms[0].requires = "cpu:A machine:m1 pool:p";
    assert_obstacle(small, NULL, "does not offer cpu:A, pool:p, which the VM requires");
    small = two_hosts();
    small->snapshot->hosts[0].capabilities = "machine:m1";
    small->snapshot->vms[0].requires = "machine:m1";
    assert_obstacle(small, NULL, "does not offer machine:m1, which the VM requires");
    small = two_hosts(); /* no host says what it offers */
    small->snapshot->vms[0].requires = "machine:m1";
    assert_obstacle(small, NULL, "");
}

static void what_nobody_knows_forbids_nothing_and_is_told(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->hosts[0].vmotion = target_of(small)->vmotion = -1;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    Change move_it = change_migration(planning->model, 0, 1);
    CU_ASSERT_PTR_NULL(why_not(planning, &move_it, LEGAL_HOST));
    g_autofree char *unchecked = legality_unchecked(planning->legality, &move_it);
    CU_ASSERT_STRING_EQUAL(unchecked, "vMotion, datastores, networks, CPU model, threads, hardware version");
}

static void a_vm_that_does_not_run_needs_neither_vmotion_nor_measurements(void)
{
    static const struct {
        int power;
        const char *model, *expected, *unchecked;
    } cases[] = {
        {VM_POWER_ON, "x", "has no measurements", "datastores, networks, threads, hardware version"},
        {VM_POWER_OFF, "y", "", "datastores, networks, threads, hardware version"},
        {VM_POWER_SUSPENDED, "x", "", "datastores, networks, threads, hardware version"},
        {VM_POWER_SUSPENDED, "y", "has another CPU model, and no EVC mode covers both",
         "datastores, networks, threads, hardware version"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = smallcluster_new();
        Host *own = add_host(small, "h1", 3000, 40);
        own->cpu_model = "x";
        own->vmotion = 0;
        Host *target = smallcluster_add_host(small, "h2");
        target->cpu_model = cases[i].model;
        target->vmotion = 0;
        add_vm(small, "a", "h1", 1000, 10)->power = cases[i].power;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        g_autofree char *found = why_not_moved(planning, 0, 1, LEGAL_HOST);
        CU_ASSERT_STRING_EQUAL(found ? found : "", cases[i].expected);
        Change move_it = change_migration(planning->model, 0, 1);
        g_autofree char *unchecked = legality_unchecked(planning->legality, &move_it);
        CU_ASSERT_STRING_EQUAL(unchecked, cases[i].unchecked);
    }
}

static void a_vm_that_does_not_run_needs_its_datastores_and_networks(void)
{
    SmallCluster *small = two_hosts();
    target_of(small)->datastores = "d2";
    small->snapshot->vms[0].datastores = "d1";
    small->snapshot->vms[0].power = VM_POWER_OFF;
    assert_obstacle(small, NULL, "lacks a datastore of the VM");
    small = two_hosts();
    target_of(small)->networks = "n2";
    small->snapshot->vms[0].networks = "n1";
    small->snapshot->vms[0].power = VM_POWER_OFF;
    assert_obstacle(small, NULL, "lacks a network of the VM");
    small = two_hosts();
    small->snapshot->vms[0].power = VM_POWER_OFF;
    assert_obstacle(small, "[plan]\nexclude_hosts=h2\n", "is named by exclude_hosts");
}

/* ---- VMs ---- */

static void assert_immovable(SmallCluster *small, const char *policy, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found = why_immovable(planning, 0);
    CU_ASSERT_STRING_EQUAL(found ? found : "", expected);
}

static void vms_that_are_never_moved_say_why(void)
{
    static const struct {
        int role, connection;
        const char *pinned, *disabled, *policy, *expected;
    } cases[] = {
        {-1, VM_CONNECTED, "", "", NULL, ""},
        {-1, -1, "", "PowerOffVM_Task", NULL, ""},
        {VM_ROLE_SYSTEM, -1, "", "", NULL, "is a system VM"},
        {VM_ROLE_PLACEHOLDER, -1, "", "", NULL, "is a placeholder"},
        {VM_ROLE_VCENTER, -1, "", "", NULL, "is the vCenter's own VM"},
        {VM_ROLE_IGNORE, -1, "", "", NULL, "is marked vmanger=ignore"},
        {-1, VM_INACCESSIBLE, "", "", NULL, "is not connected"},
        {-1, -1, "PCI device", "", NULL, "is pinned (PCI device)"},
        {-1, -1, "", "RelocateVM_Task", NULL, "has migration disabled (disabled_methods)"},
        {-1, -1, "", "X MigrateVM_Task", NULL, "has migration disabled (disabled_methods)"},
        {-1, -1, "", "", "[analyze]\nsystem_vms=a\n", "is named by system_vms"},
        {-1, -1, "", "", "[plan]\nexclude_vms=a*\n", "is named by exclude_vms"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        Vm *vm = &small->snapshot->vms[0];
        vm->role = cases[i].role;
        vm->connection = cases[i].connection;
        vm->pinned = cases[i].pinned;
        vm->disabled_methods = cases[i].disabled;
        assert_immovable(small, cases[i].policy, cases[i].expected);
    }
}

static const char *left_to_drs(int drs, int override, const char *policy)
{
    SmallCluster *small = two_hosts();
    small->snapshot->clusters[0].drs = drs;
    small->snapshot->vms[0].drs_override = override;
    g_autoptr(Planning) planning = planning_new(small, policy);
    const char *why = NULL;
    gboolean left = legality_left_to_drs(planning->legality, 0, &why);
    CU_ASSERT_EQUAL(left, why != NULL);
    return left ? why : "";
}

static void a_fully_automated_cluster_and_overrides_are_left_to_drs(void)
{
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_FULL, -1, NULL), "the cluster's DRS is fully automated");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_FULL, -1, "[plan]\ndrs_clusters=plan\n"), "");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_PARTIAL, -1, NULL), "");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_OFF, DRS_OVERRIDE_DISABLED, NULL), "DRS is disabled for this VM");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_OFF, DRS_OVERRIDE_MANUAL, NULL),
                           "DRS is set to manual for this VM");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_OFF, DRS_OVERRIDE_MANUAL, "[plan]\nrespect_drs_overrides=no\n"),
                           "");
    CU_ASSERT_STRING_EQUAL(left_to_drs(DRS_OFF, DRS_OVERRIDE_PARTIAL, NULL), "");
}

void test_compatibility_suite(void)
{
    CU_pSuite suite = CU_add_suite("compatibility", NULL, NULL);
    CU_ADD_TEST(suite, a_target_that_cannot_take_vms_is_named_by_its_state);
    CU_ADD_TEST(suite, a_host_that_is_not_connected_lets_no_vm_go);
    CU_ADD_TEST(suite, another_cluster_is_out_of_reach);
    CU_ADD_TEST(suite, a_failover_host_and_an_unmeasured_one_are_no_targets);
    CU_ADD_TEST(suite, vmotion_is_needed_on_both_hosts);
    CU_ADD_TEST(suite, storage_and_networks_must_be_there);
    CU_ADD_TEST(suite, a_list_that_only_this_vm_lacks_forbids);
    CU_ADD_TEST(suite, a_vm_without_networks_has_none_unless_an_export_left_them_out);
    CU_ADD_TEST(suite, cpus_agree_by_model_or_by_evc);
    CU_ADD_TEST(suite, a_host_offers_all_that_a_vm_requires);
    CU_ADD_TEST(suite, what_nobody_knows_forbids_nothing_and_is_told);
    CU_ADD_TEST(suite, a_vm_that_does_not_run_needs_neither_vmotion_nor_measurements);
    CU_ADD_TEST(suite, a_vm_that_does_not_run_needs_its_datastores_and_networks);
    CU_ADD_TEST(suite, vms_that_are_never_moved_say_why);
    CU_ADD_TEST(suite, a_fully_automated_cluster_and_overrides_are_left_to_drs);
}
