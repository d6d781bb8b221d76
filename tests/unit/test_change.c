/* SPDX-License-Identifier: MIT */
#include "plan/change.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_change_suite(void);

static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_vm(small, "a", "h1", 1000, 10)->cpu_reservation_mhz = 300;
    small->snapshot->vms[0].memory_reservation_mib = 200;
    add_vm(small, "b", "h1", 500, 20);
    smallcluster_add_vm(small, "unmeasured", "h1");
    return small;
}

static Model *after(const Planning *planning, Change change)
{
    Model *model = model_copy(planning->model);
    change_apply(model, &change);
    g_free(change.reason);
    return model;
}

static void a_move_carries_demands_and_reservations_and_leaves_the_base(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Model) moved = after(planning, move(planning, "a", "h2"));
    const ModelHost *h1 = &moved->hosts[host_of(planning, "h1")],
                    *h2 = &moved->hosts[host_of(planning, "h2")];
    CU_ASSERT_EQUAL(h1->demand[RESOURCE_CPU], 7500);
    CU_ASSERT_EQUAL(h2->demand[RESOURCE_CPU], 3000);
    CU_ASSERT_EQUAL(h1->demand[RESOURCE_HOST_MEMORY], 30 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(h2->demand[RESOURCE_HOST_MEMORY], 40 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(h1->cpu_reserved_mhz, 0);
    CU_ASSERT_EQUAL(h2->cpu_reserved_mhz, 300);
    CU_ASSERT_EQUAL(h1->memory_reserved_mib, 0);
    CU_ASSERT_EQUAL(h2->memory_reserved_mib, 200);
    CU_ASSERT_EQUAL(moved->vms[vm_of(planning, "a")].host, (int)host_of(planning, "h2"));
    CU_ASSERT_EQUAL(moved->vms_on[host_of(planning, "h1")]->len, 2);
    CU_ASSERT_EQUAL(moved->vms_on[host_of(planning, "h2")]->len, 1);
}

static void a_move_and_its_reverse_give_the_same_figures(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Model) model = after(planning, move(planning, "a", "h2"));
    Change back = {.action = ACTION_MIGRATE,
                   .vm = (int)vm_of(planning, "a"),
                   .from = (int)host_of(planning, "h2"),
                   .to = (int)host_of(planning, "h1")};
    change_apply(model, &back);
    for (guint i = 0; i < planning->small->snapshot->n_hosts; i++) {
        const ModelHost *now = &model->hosts[i], *before = &planning->model->hosts[i];
        CU_ASSERT_EQUAL(now->demand[RESOURCE_CPU], before->demand[RESOURCE_CPU]);
        CU_ASSERT_EQUAL(now->demand[RESOURCE_HOST_MEMORY], before->demand[RESOURCE_HOST_MEMORY]);
        CU_ASSERT_EQUAL(now->cpu_reserved_mhz, before->cpu_reserved_mhz);
        CU_ASSERT_EQUAL(now->memory_reserved_mib, before->memory_reserved_mib);
        CU_ASSERT_EQUAL_FATAL(model->vms_on[i]->len, planning->model->vms_on[i]->len);
        for (guint v = 0; v < model->vms_on[i]->len; v++)
            CU_ASSERT_EQUAL(g_array_index(model->vms_on[i], guint, v),
                            g_array_index(planning->model->vms_on[i], guint, v));
    }
}

static void an_unmeasured_mover_stays_in_its_hosts_base_and_counts_at_its_size(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Model) moved = after(planning, move(planning, "unmeasured", "h2"));
    CU_ASSERT_EQUAL(moved->hosts[host_of(planning, "h1")].demand[RESOURCE_HOST_MEMORY], 40 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(moved->hosts[host_of(planning, "h2")].demand[RESOURCE_HOST_MEMORY], 40 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(moved->hosts[host_of(planning, "h2")].demand[RESOURCE_CPU], 2000);
}

static void an_addition_is_taken_from_host_buffer_and_pools(void)
{
    SmallCluster *small = two_hosts();
    Pool root = pool_unknown(), below = pool_unknown();
    root.id = root.name = "root";
    below.id = below.name = "below";
    root.cluster_id = below.cluster_id = "c1";
    below.parent_id = "root";
    root.memory_limit_mib = INFINITY;
    below.memory_limit_mib = 50000;
    snapshot_add_pool(small->snapshot, &root);
    snapshot_add_pool(small->snapshot, &below);
    small->snapshot->vms[0].pool_id = "below";
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const Model *before = planning->model;
    g_autoptr(Model) grown = after(planning, growth(planning, "a", 1024));
    CU_ASSERT_EQUAL(grown->vms[vm_of(planning, "a")].memory_mib, 13 * 1024);
    CU_ASSERT_EQUAL(grown->vms[vm_of(planning, "a")].demand[RESOURCE_HOST_MEMORY], 11 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(grown->hosts[0].demand[RESOURCE_HOST_MEMORY], 41 * GIB_IN_KIB);
    CU_ASSERT_EQUAL(before->buffer_memory[0] - grown->buffer_memory[0], GIB_IN_KIB);
    CU_ASSERT_EQUAL(grown->pool_memory[0] - before->pool_memory[0], GIB_IN_KIB);
    CU_ASSERT_EQUAL(grown->pool_memory[1] - before->pool_memory[1], GIB_IN_KIB);
    CU_ASSERT_EQUAL(grown->vms[vm_of(planning, "a")].demand[RESOURCE_MEMORY],
                    before->vms[vm_of(planning, "a")].demand[RESOURCE_MEMORY]); /* active stays */
}

static void a_locked_reservation_grows_with_its_vm(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->vms[0].memory_reservation_locked = 1;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Model) grown = after(planning, growth(planning, "a", 1024));
    CU_ASSERT_EQUAL(grown->hosts[0].memory_reserved_mib, 13 * 1024);
}

static void vcpus_are_taken_from_the_buffer(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Change change = {.action = ACTION_ADD_CPU, .vm = 0, .from = 0, .to = 0, .was = 2, .amount = 4};
    g_autoptr(Model) grown = after(planning, change);
    CU_ASSERT_EQUAL(grown->vms[0].vcpus, 4);
    CU_ASSERT_EQUAL(planning->model->buffer_cpu[0] - grown->buffer_cpu[0], 2000);
}

static Change reclaim(const Planning *planning, const char *vm_id, double to_mib)
{
    return change_growth(planning->model, ACTION_RECLAIM_MEMORY, vm_of(planning, vm_id), to_mib);
}

/* "a" holds 10 GiB of 12, and what it takes to run it is some MiB more. */
static void a_reclaim_takes_what_a_running_vm_holds_above_its_new_size(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    double overhead = overhead_mib(8 * 1024, planning->model->vms[0].vcpus);
    g_autoptr(Model) spare = after(planning, reclaim(planning, "a", 11 * 1024));
    CU_ASSERT_EQUAL(spare->vms[0].memory_mib, 11 * 1024);
    CU_ASSERT_EQUAL(spare->hosts[0].demand[RESOURCE_HOST_MEMORY], 40 * GIB_IN_KIB);
    g_autoptr(Model) less = after(planning, reclaim(planning, "a", 8 * 1024));
    double kib = 2 * GIB_IN_KIB - overhead * 1024;
    CU_ASSERT_DOUBLE_EQUAL(less->hosts[0].demand[RESOURCE_HOST_MEMORY], 40 * GIB_IN_KIB - kib, 1);
    CU_ASSERT_DOUBLE_EQUAL(less->vms[0].demand[RESOURCE_HOST_MEMORY], 10 * GIB_IN_KIB - kib, 1);
    CU_ASSERT_EQUAL(less->buffer_memory[0], planning->model->buffer_memory[0]);
}

static void the_size_of_a_vm_that_is_off_burdens_no_host(void)
{
    SmallCluster *small = two_hosts();
    small->snapshot->vms[0].power = VM_POWER_OFF;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    Change less = reclaim(planning, "a", 8 * 1024);
    g_autofree char *args = change_args(planning->model, &less);
    CU_ASSERT_STRING_EQUAL(args, "power=off");
    CU_ASSERT_EQUAL(change_seconds(planning->model, &less), 4);
    g_autoptr(Model) smaller = after(planning, less);
    g_autoptr(Model) larger = after(planning, growth(planning, "a", 1024));
    CU_ASSERT_EQUAL(smaller->vms[0].memory_mib, 8 * 1024);
    CU_ASSERT_EQUAL(larger->vms[0].memory_mib, 13 * 1024);
    for (guint h = 0; h < 2; h++) {
        CU_ASSERT_EQUAL(smaller->hosts[h].demand[RESOURCE_HOST_MEMORY],
                        planning->model->hosts[h].demand[RESOURCE_HOST_MEMORY]);
        CU_ASSERT_EQUAL(larger->hosts[h].demand[RESOURCE_HOST_MEMORY],
                        planning->model->hosts[h].demand[RESOURCE_HOST_MEMORY]);
    }
}

static void memory_is_taken_back_from_vms_that_are_off_or_can_give_it_back(void)
{
    static const struct {
        int power, hot_remove;
        double reserved, to_mib;
        const char *words; /* NULL: it may be */
    } cases[] = {
        {VM_POWER_OFF, -1, NAN, 8192, NULL},
        {VM_POWER_OFF, -1, 10240, 8192, "its reservation of 10240 MiB is above 8192 MiB"},
        {VM_POWER_SUSPENDED, 1, NAN, 8192, "it is suspended"},
        {VM_POWER_ON, -1, NAN, 8192, "it runs"},
        {VM_POWER_ON, 1, NAN, 8192, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        Vm *vm = &small->snapshot->vms[0];
        vm->power = cases[i].power;
        vm->memory_hot_remove = cases[i].hot_remove;
        vm->memory_reservation_mib = cases[i].reserved;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        Change less = reclaim(planning, "a", cases[i].to_mib);
        g_autofree char *why = why_not(planning, &less, LEGAL_SUBJECT);
        CU_ASSERT_TRUE(cases[i].words ? why && strstr(why, cases[i].words) : !why);
    }
}

/* ---- estimates ---- */

static void a_copy_is_host_memory_and_what_is_dirtied_meanwhile(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), "[plan]\ndirty_factor=3\nvmotion_mbps=1000\n"
                                                             "migration_setup_s=5\n");
    Change change = move(planning, "a", "h2");
    double bytes = 10.0 * 1024 * 1024 * 1024 * (1 + 3 * 0.5);
    CU_ASSERT_DOUBLE_EQUAL(change_copy_bytes(planning->model, &change), bytes, 1);
    CU_ASSERT_DOUBLE_EQUAL(change_seconds(planning->model, &change), 5 + bytes * 8 / 1e9, 0.001);
    g_free(change.reason);
    change = move(planning, "unmeasured", "h2");
    CU_ASSERT_DOUBLE_EQUAL(change_copy_bytes(planning->model, &change), 10.0 * 1024 * 1024 * 1024, 1);
    g_free(change.reason);
}

/* Where its CPU is not measured, say. */
static void a_copy_of_an_unmeasured_vm_is_its_size_whatever_is_known_of_its_memory(void)
{
    SmallCluster *small = two_hosts();
    smallcluster_measure(small, "no-cpu", METRIC_MEMORY_ACTIVE_KIB, 2 * GIB_IN_KIB);
    smallcluster_measure(small, "no-cpu", METRIC_MEMORY_CONSUMED_KIB, 4 * GIB_IN_KIB);
    smallcluster_add_vm(small, "no-cpu", "h1");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const ModelVm *vm = &planning->model->vms[vm_of(planning, "no-cpu")];
    CU_ASSERT_TRUE(!vm->measured && vm->demand[RESOURCE_MEMORY] > 0 && vm->measured_host_memory > 0);
    Change change = move(planning, "no-cpu", "h2");
    CU_ASSERT_DOUBLE_EQUAL(change_copy_bytes(planning->model, &change), 10.0 * 1024 * 1024 * 1024, 1);
    g_free(change.reason);
}

static void an_addition_takes_a_second_a_gib_or_vcpu(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Change memory = {.action = ACTION_ADD_MEMORY, .was = 1024, .amount = 2560};
    Change cpu = {.action = ACTION_ADD_CPU, .was = 2, .amount = 5};
    CU_ASSERT_EQUAL(change_seconds(planning->model, &memory), 1.5);
    CU_ASSERT_EQUAL(change_seconds(planning->model, &cpu), 3);
    CU_ASSERT_EQUAL(change_copy_bytes(planning->model, &memory), 0);
}

/* ---- words and rows ---- */

static void words_tell_both_hosts_before_and_after(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Change moving = move(planning, "a", "h2"), growing = growth(planning, "b", 1024);
    g_autofree char *moved = change_effect(planning->model, &moving);
    g_autofree char *grown = change_effect(planning->model, &growing);
    CU_ASSERT_STRING_EQUAL(moved, "h1: CPU 85.0 to 75.0 %, memory 40.0 to 30.0 %; "
                                  "h2: CPU 20.0 to 30.0 %, memory 30.0 to 40.0 %");
    CU_ASSERT_STRING_EQUAL(grown, "h1: CPU 85.0 to 85.0 %, memory 40.0 to 41.0 %");
    g_free(moving.reason);
    g_free(growing.reason);
}

static PlanRow row_of(int action, const char *object, const char *from, const char *to)
{
    PlanRow row = step_row(action, 1, object, from, to);
    row.line = 7;
    return row;
}

static void a_row_becomes_the_change_it_asks_for(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Change change;
    PlanRow row = row_of(ACTION_MIGRATE, "a", "h1", "h2");
    CU_ASSERT_TRUE(change_of_row(planning->model, "p", &row, &change, NULL));
    CU_ASSERT_TRUE(change.vm == 0 && change.from == 0 && change.to == 1);
    row = row_of(ACTION_ADD_MEMORY, "b", "22528", "22656");
    CU_ASSERT_TRUE(change_of_row(planning->model, "p", &row, &change, NULL));
    CU_ASSERT_TRUE(change.vm == 1 && change.from == 0 && change.was == 22528 && change.amount == 22656);
    row = row_of(ACTION_ENTER_MAINTENANCE, "h2", "", "");
    CU_ASSERT_TRUE(change_of_row(planning->model, "p", &row, &change, NULL));
    CU_ASSERT_TRUE(change.vm == -1 && change.to == 1);
}

static void a_row_that_asks_for_nothing_known_is_an_error_with_its_line(void)
{
    static const struct {
        int action;
        const char *object, *from, *to, *error;
    } cases[] = {
        {ACTION_MIGRATE, "nobody", "h1", "h2", "p:7: object_id: found nobody: expected a VM of the snapshot"},
        {ACTION_MIGRATE, "a", "h9", "h2", "p:7: from_id: found h9: expected a host of the snapshot"},
        {ACTION_MIGRATE, "a", "h1", "h9", "p:7: to_id: found h9: expected a host of the snapshot"},
        {ACTION_ADD_MEMORY, "a", "much", "more", "p:7: from: found much: expected a whole number"},
        {ACTION_ADD_MEMORY, "a", "12", "12", "p:7: to: found 12: expected a whole number above from"},
        {ACTION_ENTER_MAINTENANCE, "a", "", "", "p:7: object_id: found a: expected a host of the snapshot"},
        {ACTION_DEPLOY, "a", "", "", "p:7: action: found deploy: expected migrate"},
    };
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        Change change;
        PlanRow row = row_of(cases[i].action, cases[i].object, cases[i].from, cases[i].to);
        CU_ASSERT_FALSE(change_of_row(planning->model, "p", &row, &change, &error));
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_EQUAL(strncmp(error->message, cases[i].error, strlen(cases[i].error)), 0);
    }
}

void test_change_suite(void)
{
    CU_pSuite suite = CU_add_suite("change", NULL, NULL);
    CU_ADD_TEST(suite, a_move_carries_demands_and_reservations_and_leaves_the_base);
    CU_ADD_TEST(suite, a_move_and_its_reverse_give_the_same_figures);
    CU_ADD_TEST(suite, an_unmeasured_mover_stays_in_its_hosts_base_and_counts_at_its_size);
    CU_ADD_TEST(suite, an_addition_is_taken_from_host_buffer_and_pools);
    CU_ADD_TEST(suite, a_locked_reservation_grows_with_its_vm);
    CU_ADD_TEST(suite, vcpus_are_taken_from_the_buffer);
    CU_ADD_TEST(suite, a_reclaim_takes_what_a_running_vm_holds_above_its_new_size);
    CU_ADD_TEST(suite, the_size_of_a_vm_that_is_off_burdens_no_host);
    CU_ADD_TEST(suite, memory_is_taken_back_from_vms_that_are_off_or_can_give_it_back);
    CU_ADD_TEST(suite, a_copy_is_host_memory_and_what_is_dirtied_meanwhile);
    CU_ADD_TEST(suite, a_copy_of_an_unmeasured_vm_is_its_size_whatever_is_known_of_its_memory);
    CU_ADD_TEST(suite, an_addition_takes_a_second_a_gib_or_vcpu);
    CU_ADD_TEST(suite, words_tell_both_hosts_before_and_after);
    CU_ADD_TEST(suite, a_row_becomes_the_change_it_asks_for);
    CU_ADD_TEST(suite, a_row_that_asks_for_nothing_known_is_an_error_with_its_line);
}
