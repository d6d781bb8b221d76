/* SPDX-License-Identifier: MIT */
#include "plan/admission.h"

#include "plan/decide.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_admission_suite(void);

#define GIB 1024.0

/* Two hosts of which 100 GiB can be reserved each. The short VM "s" of 10 GiB has its reservation locked to
 * its size; "big" has gib reserved. */
static SmallCluster *reserved(double gib)
{
    SmallCluster *small = smallcluster_new();
    small->snapshot->clusters[0].memory_reservable_mib = 200 * GIB;
    add_host(small, "h1", 2000, 20);
    add_host(small, "h2", 2000, 20);
    smallcluster_measure_vm(small, "s", 100, 9.9, 5);
    Vm *vm = smallcluster_add_vm(small, "s", "h1");
    vm->memory_hot_add = 1;
    vm->memory_reservation_locked = 1;
    vm->memory_hot_add_step_mib = 128;
    vm = smallcluster_add_vm(small, "big", "h2");
    vm->memory_mib = vm->memory_reservation_mib = floor(gib * GIB);
    return small;
}

static void admit_by(SmallCluster *small, int ha_policy)
{
    Cluster *cluster = &small->snapshot->clusters[0];
    cluster->ha = 1;
    cluster->ha_policy = ha_policy;
    cluster->ha_failures = 1;
    cluster->ha_reserve_cpu_pct = cluster->ha_reserve_memory_pct = 50;
}

/* what a VM of 2 vCPUs with all of its memory reserved holds */
static double held(double gib)
{
    return gib * GIB + overhead_mib(gib * GIB, 2);
}

static void assert_grows(const Planning *planning, double to_mib, const char *words)
{
    g_autofree char *found = why_not_grown(planning, ACTION_ADD_MEMORY, 0, to_mib, LEGAL_BUDGET);
    gboolean as_expected = words ? found && strstr(found, words) : !found;
    CU_ASSERT_TRUE(as_expected);
    if (!as_expected)
        printf("\n  %.0f MiB: %s\n", to_mib, found ? found : "allowed");
}

#define FREE "[plan]\nbuffer_reserve_pct=0\nmemory_max_growth_pct=1000\nha_check=off\n"

/* ---- HA ---- */

static void a_locked_reservation_grows_as_far_as_ha_admits(void)
{
    SmallCluster *small = reserved(80);
    admit_by(small, HA_POLICY_PERCENT);
    g_autoptr(Planning) planning = planning_new(small, FREE);
    double room = 100 * GIB - held(10) - held(80);
    CU_ASSERT_DOUBLE_EQUAL(admission_cluster_room(planning->model, 0), room, 1);
    double fits = floor((room - 1) / (1 + 0.00743));
    assert_grows(planning, 10 * GIB + fits, NULL);
    assert_grows(planning, 10 * GIB + fits + 4,
                 "its reservation is locked to its size, and HA admission control lets Cluster 1 reserve");
}

static void what_is_not_reserved_needs_no_admission(void)
{
    SmallCluster *small = reserved(80);
    admit_by(small, HA_POLICY_PERCENT);
    small->snapshot->vms[0].memory_reservation_locked = 0;
    g_autoptr(Planning) planning = planning_new(small, FREE);
    assert_grows(planning, 40 * GIB, NULL);
}

static void nothing_is_asked_where_admission_control_is_off(void)
{
    static const struct {
        int ha, policy;
    } cases[] = {{0, HA_POLICY_PERCENT}, {1, HA_POLICY_OFF}, {1, HA_POLICY_HOSTS}, {-1, -1}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = reserved(80);
        admit_by(small, cases[i].policy);
        small->snapshot->clusters[0].ha = cases[i].ha;
        g_autoptr(Planning) planning = planning_new(small, FREE);
        CU_ASSERT_TRUE(isinf(admission_cluster_room(planning->model, 0)));
        assert_grows(planning, 40 * GIB, NULL);
    }
}

/* The host that is lost in any case is not counted, its VMs are. */
static void a_host_that_is_to_be_emptied_holds_no_reservations(void)
{
    static const char to_empty[] = FREE "evacuate=h2\n";
    SmallCluster *small = reserved(20);
    admit_by(small, HA_POLICY_PERCENT);
    g_autoptr(Planning) planning = planning_new(small, to_empty);
    CU_ASSERT_DOUBLE_EQUAL(admission_cluster_room(planning->model, 0), 50 * GIB - held(10) - held(20), 1);
}

/* Each host has as many slots as VMs of the largest size fit in; one host's are kept free. With 10 GiB that
 * is 9, with 31 GiB 3 for the three VMs, with 34 GiB 2. */
static void a_locked_reservation_makes_the_slots_larger(void)
{
    SmallCluster *small = reserved(10);
    admit_by(small, HA_POLICY_SLOTS);
    smallcluster_add_vm(small, "third", "h2");
    g_autoptr(Planning) planning = planning_new(small, FREE);
    assert_grows(planning, 31 * GIB, NULL);
    assert_grows(planning, 34 * GIB, "the slots of HA admission control in Cluster 1 would be too few");
}

/* ---- pools ---- */

static void add_pool(SmallCluster *small, const char *id, const char *parent_id, double gib, int expandable)
{
    Pool pool = pool_unknown();
    pool.id = pool.name = snapshot_string(small->snapshot, id);
    pool.parent_id = snapshot_string(small->snapshot, parent_id);
    pool.cluster_id = "c1";
    pool.memory_reservation_mib = gib * GIB;
    pool.memory_limit_mib = pool.cpu_limit_mhz = INFINITY;
    pool.memory_expandable = expandable;
    snapshot_add_pool(small->snapshot, &pool);
}

static void a_pool_that_is_not_expandable_gives_what_it_has(void)
{
    SmallCluster *small = reserved(20);
    add_pool(small, "root", "", 0, 1);
    add_pool(small, "gold", "root", 40, 0);
    small->snapshot->vms[0].pool_id = small->snapshot->vms[1].pool_id = "gold";
    g_autoptr(Planning) planning = planning_new(small, FREE);
    double room = floor(40 * GIB - held(10) - held(20));
    CU_ASSERT_EQUAL(admission_pool_room(planning->model, planning->model, 1), room);
    assert_grows(planning, 19 * GIB, NULL);
    assert_grows(planning, 20 * GIB, "resource pool gold, which is not expandable, can reserve");
}

/* "bronze" has nothing and borrows of "gold", whose other VM holds 20 of 40 GiB. */
static void an_expandable_pool_borrows_of_those_above(void)
{
    static const struct {
        double gold, own;
        int expandable;
        double room; /* GiB, before what VMs need to run */
    } cases[] = {{40, 0, 0, 40 - 20 - 10}, {40, 30, 0, 30 - 10}, {40, 0, 1, INFINITY}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = reserved(20);
        add_pool(small, "gold", "", cases[i].gold, cases[i].expandable);
        add_pool(small, "bronze", "gold", cases[i].own, 1);
        small->snapshot->vms[0].pool_id = "bronze";
        small->snapshot->vms[1].pool_id = "gold";
        g_autoptr(Planning) planning = planning_new(small, FREE);
        double room = admission_pool_room(planning->model, planning->model, 1) / GIB;
        CU_ASSERT_TRUE(isinf(cases[i].room) ? isinf(room) : fabs(room - cases[i].room) < 1);
        if (!(isinf(cases[i].room) ? isinf(room) : fabs(room - cases[i].room) < 1))
            printf("\n  %u: %.2f GiB\n", i, room);
    }
}

static void what_the_source_says_of_a_pool_goes_first(void)
{
    static const struct {
        double used, left, room;
    } cases[] = {{NAN, 512, 512}, {40960, NAN, 0}, {30000, NAN, 10960}, {30000, 256, 256}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = reserved(20);
        add_pool(small, "gold", "", 40, 0);
        small->snapshot->pools[0].memory_reservation_used_mib = cases[i].used;
        small->snapshot->pools[0].memory_unreserved_mib = cases[i].left;
        small->snapshot->vms[0].pool_id = "gold";
        g_autoptr(Planning) planning = planning_new(small, FREE);
        CU_ASSERT_EQUAL(admission_pool_room(planning->model, planning->model, 0), cases[i].room);
    }
}

/* "gold" may borrow without end, up to its limit. */
static void a_limit_is_named_where_it_is_that(void)
{
    SmallCluster *small = reserved(20);
    add_pool(small, "gold", "", 0, 1);
    add_pool(small, "bronze", "gold", 0, 1);
    small->snapshot->pools[0].memory_reservation_mib = 100 * GIB;
    small->snapshot->pools[0].memory_limit_mib = 40 * GIB;
    small->snapshot->vms[0].pool_id = "bronze";
    small->snapshot->vms[1].pool_id = "gold";
    g_autoptr(Planning) planning = planning_new(small, FREE);
    assert_grows(planning, 19 * GIB, NULL);
    assert_grows(planning, 20 * GIB, "the memory limit of resource pool gold lets");
}

/* What one VM has been given is gone for the next. */
static void what_was_added_is_no_longer_there(void)
{
    SmallCluster *small = reserved(20);
    add_pool(small, "gold", "", 40, 0);
    small->snapshot->pools[0].memory_reservation_used_mib = 20 * GIB;
    small->snapshot->vms[0].pool_id = "gold";
    g_autoptr(Planning) planning = planning_new(small, FREE);
    g_autoptr(Model) now = model_copy(planning->model);
    Change grown = growth(planning, "s", 2 * GIB);
    change_apply(now, &grown);
    g_free(grown.reason);
    CU_ASSERT_DOUBLE_EQUAL(admission_pool_room(planning->model, now, 0), 20 * GIB - (held(12) - held(10)), 1);
}

/* "gold" has 5 GiB left. What "s" gets of the 4 GiB that "bronze" below has left of its own is not taken of
 * them; what it gets beyond is. */
static void what_a_pool_below_had_set_aside_takes_nothing_of_the_one_above(void)
{
    static const struct {
        double gib, taken;
    } cases[] = {{2, 0}, {3.9, 0}, {6, 2}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = reserved(20);
        add_pool(small, "gold", "", 40, 0);
        add_pool(small, "bronze", "gold", 14, 1);
        small->snapshot->pools[0].memory_reservation_used_mib = 35 * GIB;
        small->snapshot->pools[0].memory_unreserved_mib = 5 * GIB;
        small->snapshot->pools[1].memory_reservation_used_mib = 10 * GIB;
        small->snapshot->pools[1].memory_unreserved_mib = 9 * GIB;
        small->snapshot->vms[0].pool_id = "bronze";
        g_autoptr(Planning) planning = planning_new(small, FREE);
        g_autoptr(Model) now = model_copy(planning->model);
        Change grown = growth(planning, "s", cases[i].gib * GIB);
        change_apply(now, &grown);
        g_free(grown.reason);
        CU_ASSERT_DOUBLE_EQUAL(admission_pool_room(planning->model, now, 0), (5 - cases[i].taken) * GIB, 50);
        CU_ASSERT_DOUBLE_EQUAL(admission_pool_room(planning->model, now, 1), (9 - cases[i].gib) * GIB, 60);
    }
}

static void a_vm_that_reserves_nothing_still_needs_what_runs_it(void)
{
    SmallCluster *small = reserved(20);
    add_pool(small, "gold", "", 40, 0);
    small->snapshot->pools[0].memory_unreserved_mib = 10;
    small->snapshot->vms[0].pool_id = "gold";
    small->snapshot->vms[0].memory_reservation_locked = 0;
    g_autoptr(Planning) planning = planning_new(small, FREE);
    assert_grows(planning, 11 * GIB, NULL);
    assert_grows(planning, 13 * GIB, "can reserve 10 MiB more, 23 MiB are needed to run a larger VM");
}

/* ---- decisions ---- */

/* MiB that a plan adds in all; unsolved gets the cause of its first unsolved row */
static double added_by(SmallCluster *small, const char *policy, char **unsolved)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    double sum = 0;
    *unsolved = NULL;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_ADD_MEMORY)
            sum += g_ascii_strtod(row->to, NULL) - g_ascii_strtod(row->from, NULL);
        else if (row->kind == ROW_UNSOLVED && !*unsolved)
            *unsolved = g_strdup(row->cause);
    }
    return sum;
}

/* "s" wants 14.2 GiB or so; the cluster admits 2 GiB more, or less than a step. */
static void a_plan_grows_a_vm_by_the_most_that_is_admitted(void)
{
    static const char *const policies[] = {FREE, FREE "strategy=threshold\nmemory_step_mib=2048\n"};
    double big = 100 - 10 - 2 - 0.9;
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autofree char *unsolved = NULL, *too_little = NULL;
        SmallCluster *small = reserved(big);
        admit_by(small, HA_POLICY_PERCENT);
        double room = 100 * GIB - held(10) - held(big), more = added_by(small, policies[i], &unsolved);
        CU_ASSERT_TRUE(i == 0 ? more <= room && more + 128 + 20 > room : more == 2 * GIB);
        CU_ASSERT_STRING_EQUAL(unsolved, i == 0 ? "admission" : "strategy");
        SmallCluster *full = reserved(89.1);
        admit_by(full, HA_POLICY_PERCENT);
        CU_ASSERT_EQUAL(added_by(full, policies[i], &too_little), 0);
        CU_ASSERT_STRING_EQUAL(too_little, "admission");
    }
}

/* Two VMs in pools that borrow of one above, which has 3 GiB left: together they get no more. */
static void vms_share_what_their_pools_may_borrow(void)
{
    SmallCluster *small = reserved(20);
    add_pool(small, "gold", "", 40, 0);
    add_pool(small, "one", "gold", 0, 1);
    add_pool(small, "other", "gold", 0, 1);
    small->snapshot->pools[0].memory_reservation_used_mib = 37 * GIB;
    small->snapshot->pools[1].memory_reservation_used_mib = 10 * GIB;
    small->snapshot->pools[2].memory_reservation_used_mib = 10 * GIB;
    smallcluster_measure_vm(small, "t", 100, 9.9, 5);
    Vm *vm = smallcluster_add_vm(small, "t", "h2");
    vm->memory_hot_add = 1;
    vm->memory_reservation_locked = 1;
    vm->memory_hot_add_step_mib = 128;
    vm->pool_id = "other";
    small->snapshot->vms[0].pool_id = "one";
    g_autofree char *unsolved = NULL;
    double sum = added_by(small, FREE, &unsolved);
    CU_ASSERT_TRUE(sum <= 3 * GIB && sum > 2 * GIB);
    CU_ASSERT_STRING_EQUAL(unsolved, "pool_reservation");
}

void test_admission_suite(void)
{
    CU_pSuite suite = CU_add_suite("admission", NULL, NULL);
    CU_ADD_TEST(suite, a_locked_reservation_grows_as_far_as_ha_admits);
    CU_ADD_TEST(suite, what_is_not_reserved_needs_no_admission);
    CU_ADD_TEST(suite, nothing_is_asked_where_admission_control_is_off);
    CU_ADD_TEST(suite, a_host_that_is_to_be_emptied_holds_no_reservations);
    CU_ADD_TEST(suite, a_locked_reservation_makes_the_slots_larger);
    CU_ADD_TEST(suite, a_pool_that_is_not_expandable_gives_what_it_has);
    CU_ADD_TEST(suite, an_expandable_pool_borrows_of_those_above);
    CU_ADD_TEST(suite, what_the_source_says_of_a_pool_goes_first);
    CU_ADD_TEST(suite, a_limit_is_named_where_it_is_that);
    CU_ADD_TEST(suite, what_was_added_is_no_longer_there);
    CU_ADD_TEST(suite, what_a_pool_below_had_set_aside_takes_nothing_of_the_one_above);
    CU_ADD_TEST(suite, a_vm_that_reserves_nothing_still_needs_what_runs_it);
    CU_ADD_TEST(suite, a_plan_grows_a_vm_by_the_most_that_is_admitted);
    CU_ADD_TEST(suite, vms_share_what_their_pools_may_borrow);
}
