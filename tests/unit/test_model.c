/* SPDX-License-Identifier: MIT */
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_model_suite(void);

static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_vm(small, "a", "h1", 1000, 10);
    add_vm(small, "b", "h1", 500, 20);
    return small;
}

static void use_with_no_step_is_the_assessments(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    static const Resource resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    for (guint i = 0; i < planning->small->snapshot->n_hosts; i++)
        for (guint r = 0; r < G_N_ELEMENTS(resources); r++)
            CU_ASSERT_EQUAL(
                model_usage_pct(planning->model, i, resources[r], 0),
                smallcluster_load(planning->small, planning->small->snapshot->hosts[i].id, resources[r])
                    ->usage_pct);
}

static void excess_is_of_the_worst_resource(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), "[analyze]\nmemory_hot_pct=37\n");
    Resource worst = N_RESOURCES;
    CU_ASSERT_EQUAL(model_excess(planning->model, host_of(planning, "h1"), &worst), 5); /* memory: 3 */
    CU_ASSERT_EQUAL(worst, RESOURCE_CPU);
    CU_ASSERT_EQUAL(model_excess(planning->model, host_of(planning, "h2"), &worst), -7);
    CU_ASSERT_EQUAL(worst, RESOURCE_HOST_MEMORY);
}

static void up_to_and_including_the_threshold_stays_normal(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    guint h2 = host_of(planning, "h2");
    double extra[N_RESOURCES] = {[RESOURCE_CPU] = 6000, [RESOURCE_MEMORY] = NAN, [RESOURCE_DISK] = NAN};
    CU_ASSERT_TRUE(model_stays_normal(planning->model, h2, NULL));
    CU_ASSERT_TRUE(model_stays_normal(planning->model, h2, extra));
    extra[RESOURCE_CPU] = 6000.1;
    CU_ASSERT_FALSE(model_stays_normal(planning->model, h2, extra));
    extra[RESOURCE_CPU] = 0;
    extra[RESOURCE_HOST_MEMORY] = 51 * GIB_IN_KIB;
    CU_ASSERT_FALSE(model_stays_normal(planning->model, h2, extra));
    CU_ASSERT_FALSE(model_stays_normal(planning->model, host_of(planning, "h1"), NULL));
}

static void a_vm_needs_what_it_holds_or_its_size_or_nothing(void)
{
    SmallCluster *small = two_hosts();
    smallcluster_add_vm(small, "unmeasured", "h2");
    add_vm(small, "off", "h2", 10, 10)->power = VM_POWER_OFF;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const Model *model = planning->model;
    CU_ASSERT_EQUAL(model_vm_memory(model, vm_of(planning, "a")), 10 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(model_vm_memory(model, vm_of(planning, "unmeasured")), 10 * GIB_IN_KIB); /* 10240 MiB */
    CU_ASSERT_FALSE(model->vms[vm_of(planning, "unmeasured")].measured);
    CU_ASSERT_EQUAL(model_vm_memory(model, vm_of(planning, "off")), 0);
    CU_ASSERT_EQUAL(model->vms_on[host_of(planning, "h2")]->len, 1);
}

static void reservations_add_up_and_a_locked_one_is_all_memory(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->vms[0].memory_reservation_locked = 1;
    small->snapshot->vms[0].memory_reservation_mib = 5;
    small->snapshot->vms[1].memory_reservation_mib = 1000;
    small->snapshot->vms[1].cpu_reservation_mhz = 700;
    add_vm(small, "off", "h1", 10, 10)->power = VM_POWER_OFF;
    small->snapshot->vms[2].cpu_reservation_mhz = 900;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const ModelHost *host = &planning->model->hosts[host_of(planning, "h1")];
    CU_ASSERT_EQUAL(host->memory_reserved_mib, 12 * 1024 + 1000);
    CU_ASSERT_EQUAL(host->cpu_reserved_mhz, 700);
}

static void additions_may_take_the_buffer_less_its_reserve(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), "[plan]\nbuffer_reserve_pct=10\n");
    CU_ASSERT_EQUAL(planning->model->buffer_memory[0], (200 - 70 - 20) * GIB_IN_KIB);
    CU_ASSERT_EQUAL(planning->model->buffer_cpu[0], 20000 - 10500 - 2000);
    g_autoptr(Planning) none = planning_new(two_hosts(), "[plan]\nbuffer_reserve_pct=90\n");
    CU_ASSERT_EQUAL(none->model->buffer_memory[0], 0);
}

static void a_target_is_usable_and_has_vmotion(void)
{
    SmallCluster *small = two_hosts();
    add_host(small, "quarantined", 100, 10);
    add_host(small, "fixed", 100, 10);
    add_host(small, "standby", 100, 10);
    smallcluster_add_host(small, "unmeasured");
    small->snapshot->hosts[2].mode = HOST_MODE_QUARANTINE;
    small->snapshot->hosts[3].vmotion = 0;
    Cluster *cluster = &small->snapshot->clusters[0];
    cluster->ha = 1;
    cluster->ha_policy = HA_POLICY_HOSTS;
    cluster->ha_failover_hosts = "standby";
    g_autoptr(Planning) planning = planning_new(small, NULL);
    static const struct {
        const char *id;
        gboolean usable, target;
    } cases[] = {{"h1", TRUE, TRUE},
                 {"quarantined", FALSE, FALSE},
                 {"fixed", TRUE, FALSE},
                 {"standby", FALSE, FALSE},
                 {"unmeasured", FALSE, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ModelHost *host = &planning->model->hosts[host_of(planning, cases[i].id)];
        CU_ASSERT_EQUAL(host->usable, cases[i].usable);
        CU_ASSERT_EQUAL(host->target, cases[i].target);
    }
}

/* It is hot by the one resource that is known; of the other nothing can be said. */
static void a_hot_host_of_which_half_is_unmeasured_is_not_usable(void)
{
    SmallCluster *small = two_hosts();
    smallcluster_add_host(small, "half");
    smallcluster_measure(small, "half", METRIC_CPU_USAGE_MHZ, 9900);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_EQUAL(planning->model->hosts[host_of(planning, "half")].state, STATE_HOT);
    CU_ASSERT_FALSE(planning->model->hosts[host_of(planning, "half")].usable);
}

static void a_copy_is_its_own(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Model) copy = model_copy(planning->model);
    copy->hosts[0].demand[RESOURCE_CPU] = 1;
    copy->vms[0].host = 1;
    copy->buffer_memory[0] = 1;
    g_array_set_size(copy->vms_on[0], 0);
    CU_ASSERT_EQUAL(planning->model->hosts[0].demand[RESOURCE_CPU], 8500);
    CU_ASSERT_EQUAL(planning->model->vms[0].host, 0);
    CU_ASSERT_NOT_EQUAL(planning->model->buffer_memory[0], 1);
    CU_ASSERT_EQUAL(planning->model->vms_on[0]->len, 2);
}

/* ---- what belongs together ---- */

static void assert_refused(const Planning *planning, const Policy *policy, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model =
        model_new(planning->small->snapshot, planning->small->assessment, policy, &error);
    CU_ASSERT_PTR_NULL(model);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, words));
}

static void an_assessment_of_another_snapshot_is_refused(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_array_index(planning->small->assessment->snapshots, AssessedSnapshot, 0).digest = "00";
    assert_refused(planning, planning->policy, "found another snapshot");
}

static void an_older_snapshot_than_the_assessment_names_is_refused(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    AssessedSnapshot newer = g_array_index(planning->small->assessment->snapshots, AssessedSnapshot, 0);
    newer.digest = "00";
    newer.taken_at++;
    g_array_append_val(planning->small->assessment->snapshots, newer);
    assert_refused(planning, planning->policy, "newer snapshot");
}

static void an_assessment_under_another_policy_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Policy) analyzed_otherwise = smallcluster_policy("[analyze]\ncpu_hot_pct=70\n", &error);
    g_autoptr(Policy) planned_otherwise = smallcluster_policy("[plan]\nmin_gain=2\n", &error);
    assert_refused(planning, analyzed_otherwise, "found an assessment under another [analyze]");
    g_autoptr(Model) model =
        model_new(planning->small->snapshot, planning->small->assessment, planned_otherwise, &error);
    CU_ASSERT_PTR_NOT_NULL(model);
}

void test_model_suite(void)
{
    CU_pSuite suite = CU_add_suite("model", NULL, NULL);
    CU_ADD_TEST(suite, use_with_no_step_is_the_assessments);
    CU_ADD_TEST(suite, excess_is_of_the_worst_resource);
    CU_ADD_TEST(suite, up_to_and_including_the_threshold_stays_normal);
    CU_ADD_TEST(suite, a_vm_needs_what_it_holds_or_its_size_or_nothing);
    CU_ADD_TEST(suite, reservations_add_up_and_a_locked_one_is_all_memory);
    CU_ADD_TEST(suite, additions_may_take_the_buffer_less_its_reserve);
    CU_ADD_TEST(suite, a_target_is_usable_and_has_vmotion);
    CU_ADD_TEST(suite, a_hot_host_of_which_half_is_unmeasured_is_not_usable);
    CU_ADD_TEST(suite, a_copy_is_its_own);
    CU_ADD_TEST(suite, an_assessment_of_another_snapshot_is_refused);
    CU_ADD_TEST(suite, an_older_snapshot_than_the_assessment_names_is_refused);
    CU_ADD_TEST(suite, an_assessment_under_another_policy_is_refused);
}
