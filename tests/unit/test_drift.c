/* SPDX-License-Identifier: MIT */
#include "apply/drift.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>

void test_drift_suite(void);

/* A host of one running and one powered-off VM, and an empty one. */
static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h1", 500, 2);
    add_vm(small, "off", "h1", 0, 1)->power = VM_POWER_OFF;
    return small;
}

/* "what: was, is; …" */
static char *differences_of(const Drift *drift, const PlanRow *step)
{
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    GString *text = g_string_new(NULL);
    drift_compare(drift, step, differences, NULL);
    for (guint i = 0; i < differences->len; i++) {
        const Mismatch *one = g_ptr_array_index(differences, i);
        g_string_append_printf(text, "%s%s: %s, %s", i ? "; " : "", one->what, one->was, one->is);
    }
    return g_string_free(text, FALSE);
}

#define ASSERT_DIFFERS(drift, step, expected)                                                                \
    do {                                                                                                     \
        g_autofree char *found_ = differences_of(drift, step);                                               \
        CU_ASSERT_STRING_EQUAL(found_, expected);                                                            \
    } while (0)

static void a_host_enters_maintenance_when_no_vm_runs_there(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow enter = step_row(ACTION_ENTER_MAINTENANCE, 1, "h1", "", "");
    PlanRow leave = step_row(ACTION_MIGRATE, 1, "a", "h1", "h2");
    PlanRow back = step_row(ACTION_MIGRATE, 1, "a", "h2", "h1");
    ASSERT_DIFFERS(drift, &enter, "running VMs on the host: none, a");
    ASSERT_DIFFERS(drift, &leave, "");
    drift_do(drift, &leave);
    ASSERT_DIFFERS(drift, &enter, "");
    drift_do(drift, &enter);
    CU_ASSERT_EQUAL(drift->mode[host_of(planning, "h1")], HOST_MODE_MAINTENANCE);
    ASSERT_DIFFERS(drift, &enter, "host: normal mode, maintenance mode");
    ASSERT_DIFFERS(drift, &back, "target host: normal mode, maintenance mode");
}

static void agents_hold_no_host_up(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow enter = step_row(ACTION_ENTER_MAINTENANCE, 1, "h1", "", "");
    ASSERT_DIFFERS(drift, &enter, "running VMs on the host: none, a");
    planning->small->snapshot->vms[vm_of(planning, "a")].role = VM_ROLE_SYSTEM;
    ASSERT_DIFFERS(drift, &enter, "");
}

static void a_live_host_enters_the_mode_from_any_other(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Host *host = &planning->small->snapshot->hosts[host_of(planning, "h2")];
    PlanRow enter = step_row(ACTION_ENTER_MAINTENANCE, 1, "h2", "", "");
    static const struct {
        int mode, connection, power;
        const char *differs;
    } cases[] = {
        {HOST_MODE_NORMAL, CONNECTION_CONNECTED, HOST_POWER_ON, ""},
        {HOST_MODE_ENTERING, CONNECTION_CONNECTED, HOST_POWER_ON, ""},
        {HOST_MODE_QUARANTINE, CONNECTION_CONNECTED, HOST_POWER_ON, ""},
        {HOST_MODE_MAINTENANCE, CONNECTION_CONNECTED, HOST_POWER_ON, "host: normal mode, maintenance mode"},
        {HOST_MODE_NORMAL, CONNECTION_DISCONNECTED, HOST_POWER_ON, "host: connected, disconnected"},
        {HOST_MODE_NORMAL, CONNECTION_CONNECTED, HOST_POWER_STANDBY, "host: powered on, not powered on"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        host->mode = cases[i].mode;
        host->connection = cases[i].connection;
        host->power = cases[i].power;
        g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
        ASSERT_DIFFERS(drift, &enter, cases[i].differs);
    }
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow nowhere = step_row(ACTION_ENTER_MAINTENANCE, 1, "h9", "", "");
    ASSERT_DIFFERS(drift, &nowhere, "host: h9, no such host");
}

static void args_say_the_power_state_of_a_vm_that_does_not_run(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow cold = step_row(ACTION_MIGRATE, 1, "off", "h1", "h2");
    ASSERT_DIFFERS(drift, &cold, "power: powered on, powered off");
    cold.args = "copy_mib=0 power=off";
    ASSERT_DIFFERS(drift, &cold, "");
    cold.args = "copy_mib=0 power=suspended";
    ASSERT_DIFFERS(drift, &cold, "power: suspended, powered off");
}

static void what_is_no_longer_known_of_a_vm_is_a_difference(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    PlanRow step = step_row(ACTION_MIGRATE, 1, "a", "h1", "h2");
    Vm *vm = &planning->small->snapshot->vms[vm_of(planning, "a")];
    vm->host = -1; /* as apply finds it on a host that has come since, or may not read it any more */
    vm->power = -1;
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    ASSERT_DIFFERS(drift, &step, "power: powered on, not known; host: h1 (h1), not known");
}

static void every_difference_is_named(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    Vm *vm = &planning->small->snapshot->vms[vm_of(planning, "a")];
    vm->instance_uuid = "u1";
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow step = step_row(ACTION_MIGRATE, 1, "a", "h1", "h2");
    step.instance_uuid = "u1";
    ASSERT_DIFFERS(drift, &step, "");
    drift_do(drift, &step);
    ASSERT_DIFFERS(drift, &step, "host: h1 (h1), h2 (h2)");
    drift->mode[host_of(planning, "h2")] = HOST_MODE_MAINTENANCE;
    vm->power = VM_POWER_SUSPENDED;
    ASSERT_DIFFERS(drift, &step,
                   "power: powered on, suspended; host: h1 (h1), h2 (h2); "
                   "target host: normal mode, maintenance mode");
    step.instance_uuid = "another";
    ASSERT_DIFFERS(drift, &step, "instance UUID: another, u1");
}

static void another_name_is_no_difference(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    g_autoptr(GPtrArray) renamed = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    PlanRow step = step_row(ACTION_MIGRATE, 1, "a", "h1", "h2");
    step.object = "old name";
    drift_compare(drift, &step, differences, renamed);
    CU_ASSERT_EQUAL(differences->len, 0);
    CU_ASSERT_EQUAL(renamed->len, 1);
}

static void added_memory_is_known(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(Drift) drift = drift_new(planning->small->snapshot);
    PlanRow step = step_row(ACTION_ADD_MEMORY, 1, "a", "4096", "4224");
    step.from_id = step.to_id = "";
    step.unit = "MiB";
    ASSERT_DIFFERS(drift, &step, "");
    drift_do(drift, &step);
    CU_ASSERT_EQUAL(drift->memory_mib[vm_of(planning, "a")], 4224);
    ASSERT_DIFFERS(drift, &step, "memory: 4096 MiB, 4224 MiB");
}

void test_drift_suite(void)
{
    CU_pSuite suite = CU_add_suite("drift", NULL, NULL);
    CU_ADD_TEST(suite, a_host_enters_maintenance_when_no_vm_runs_there);
    CU_ADD_TEST(suite, agents_hold_no_host_up);
    CU_ADD_TEST(suite, a_live_host_enters_the_mode_from_any_other);
    CU_ADD_TEST(suite, args_say_the_power_state_of_a_vm_that_does_not_run);
    CU_ADD_TEST(suite, what_is_no_longer_known_of_a_vm_is_a_difference);
    CU_ADD_TEST(suite, every_difference_is_named);
    CU_ADD_TEST(suite, another_name_is_no_difference);
    CU_ADD_TEST(suite, added_memory_is_known);
}
