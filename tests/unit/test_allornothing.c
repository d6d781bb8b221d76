/* SPDX-License-Identifier: MIT */
#include "plan/decide.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_allornothing_suite(void);

/* "a" and "b" on h1, and h2, which has room below its threshold for so many GiB of memory */
static SmallCluster *two_hosts(double room_gib)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    add_host(small, "h2", 1000, 80 - room_gib);
    add_vm(small, "a", "h1", 500, 10);
    add_vm(small, "b", "h1", 500, 20);
    return small;
}

static ChangePlan *plan_of(SmallCluster *small, const char *policy)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    ChangePlan *plan = decide(&planning->situation, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    return plan;
}

static guint count_of(const ChangePlan *plan, int action)
{
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        n += row->kind == ROW_STEP && row->action == action;
    }
    return n;
}

/* what is said of h1; "" where nothing is unsolved */
static const char *reason_of(const ChangePlan *plan)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_UNSOLVED && strcmp(row->object_id, "h1") == 0)
            return row->reason;
    }
    return "";
}

static void a_host_that_does_not_get_empty_is_left_as_it_is(void)
{
    g_autoptr(ChangePlan) fits = plan_of(two_hosts(31), "[plan]\nevacuate=h1\n");
    CU_ASSERT_EQUAL(count_of(fits, ACTION_MIGRATE), 2);
    CU_ASSERT_EQUAL(count_of(fits, ACTION_ENTER_MAINTENANCE), 1);
    g_autoptr(ChangePlan) full = plan_of(two_hosts(5), "[plan]\nevacuate=h1\n");
    CU_ASSERT_EQUAL(count_of(full, ACTION_MIGRATE), 0);
    CU_ASSERT_EQUAL(count_of(full, ACTION_ENTER_MAINTENANCE), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(full), "25600 MiB of memory are lacking"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(full), "none of its VMs is moved for that"));
}

static void it_goes_as_far_as_it_can_where_the_policy_asks(void)
{
    g_autoptr(ChangePlan) plan = plan_of(two_hosts(5), "[plan]\nevacuate=h1\nevacuate_partly=yes\n");
    CU_ASSERT_EQUAL(count_of(plan, ACTION_MIGRATE), 1);
    CU_ASSERT_EQUAL(count_of(plan, ACTION_ENTER_MAINTENANCE), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(plan), "still holds 1 running VM"));
}

/* h1 has 30 GiB to move and h3 has 8: only those of h3 fit on h2 */
static void of_two_hosts_the_one_that_fits_is_emptied(void)
{
    SmallCluster *small = two_hosts(10);
    add_host(small, "h3", 1000, 20);
    add_vm(small, "c", "h3", 500, 8);
    g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1;h3\n");
    CU_ASSERT_EQUAL(count_of(plan, ACTION_MIGRATE), 1);
    CU_ASSERT_EQUAL(count_of(plan, ACTION_ENTER_MAINTENANCE), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(plan), "cannot be emptied"));
    CU_ASSERT_TRUE(g_str_has_prefix(plan->summary,
                                    "h1 is not emptied. h3 is emptied and enters maintenance mode. Plan: "));
}

/* DRS does not empty a host where HA's admission control, which counts reservations, would not hold then. */
static void what_may_keep_drs_from_emptying_a_host_is_said(void)
{
    static const double reserved_gib[] = {1, 60};
    for (guint i = 0; i < G_N_ELEMENTS(reserved_gib); i++) {
        SmallCluster *small = two_hosts(31);
        Cluster *cluster = &small->snapshot->clusters[0];
        cluster->drs = DRS_FULL;
        cluster->vcls_health = VCLS_HEALTHY;
        cluster->ha = 1;
        cluster->ha_policy = HA_POLICY_PERCENT;
        cluster->ha_reserve_cpu_pct = cluster->ha_reserve_memory_pct = 80;
        add_host(small, "h3", 1000, 20);
        small->snapshot->vms[0].memory_reservation_mib = reserved_gib[i] * 1024;
        g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
        for (guint k = 0; k < plan->rows->len; k++) {
            const PlanRow *row = &g_array_index(plan->rows, PlanRow, k);
            if (row->kind == ROW_ADVICE)
                CU_ASSERT_TRUE(!!strstr(row->reason, "HA admission control does not hold") == (i == 1));
        }
    }
}

static void a_host_that_drs_empties_is_advised_maintenance_not_moves(void)
{
    for (guint acts = 0; acts <= 1; acts++) {
        SmallCluster *small = two_hosts(31);
        small->snapshot->clusters[0].drs = DRS_FULL;
        small->snapshot->clusters[0].vcls_health = acts ? VCLS_HEALTHY : VCLS_NONHEALTHY;
        g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
        guint moves = 0, modes = 0;
        for (guint i = 0; i < plan->rows->len; i++) {
            const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
            moves += row->kind == ROW_ADVICE && row->action == ACTION_MIGRATE;
            modes += row->kind == ROW_ADVICE && row->action == ACTION_ENTER_MAINTENANCE;
        }
        CU_ASSERT_EQUAL(modes, acts);
        CU_ASSERT_EQUAL(moves, acts ? 0 : 2);
    }
}

/* rows of advice with an action; reason (NULL: not asked for) gets that of the last */
static guint count_advice(const ChangePlan *plan, int action, const char **reason)
{
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != ROW_ADVICE || row->action != action)
            continue;
        n++;
        if (reason)
            *reason = row->reason;
    }
    return n;
}

/* h1 is to be emptied and cannot be, for "pinned"; else "b" would make room on h2 for "big". */
static void nobody_makes_room_by_hand_for_what_drs_does_not_do(void)
{
    SmallCluster *small = smallcluster_new();
    small->snapshot->clusters[0].drs = DRS_FULL;
    small->snapshot->clusters[0].vcls_health = VCLS_HEALTHY;
    add_host(small, "h1", 1000, 60);
    add_host(small, "h2", 1000, 45);
    add_host(small, "h3", 1000, 55);
    add_vm(small, "big", "h1", 100, 50);
    add_vm(small, "pinned", "h1", 100, 1)->pinned = "CPU affinity";
    add_vm(small, "b", "h2", 100, 20);
    g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
    CU_ASSERT_EQUAL(count_advice(plan, ACTION_MIGRATE, NULL), 0);
    CU_ASSERT_EQUAL(count_advice(plan, ACTION_ENTER_MAINTENANCE, NULL), 0);
    CU_ASSERT_EQUAL(count_of(plan, ACTION_MIGRATE), 0);
}

static SmallCluster *under_drs(double room_gib)
{
    SmallCluster *small = two_hosts(room_gib);
    small->snapshot->clusters[0].drs = DRS_FULL;
    small->snapshot->clusters[0].vcls_health = VCLS_HEALTHY;
    return small;
}

static void vms_that_override_drs_are_moved_by_hand(void)
{
    SmallCluster *small = under_drs(31);
    small->snapshot->vms[1].drs_override = DRS_OVERRIDE_MANUAL;
    g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
    const char *reason = "";
    CU_ASSERT_EQUAL(count_advice(plan, ACTION_MIGRATE, NULL), 1);
    CU_ASSERT_EQUAL(count_advice(plan, ACTION_ENTER_MAINTENANCE, &reason), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "not those that override it: b"));
    CU_ASSERT_PTR_NULL(strstr(reason, "no safe order"));
}

static void what_drs_cannot_empty_is_not_advised_to_enter_maintenance_mode(void)
{
    for (guint pinned = 0; pinned <= 1; pinned++) {
        SmallCluster *small = under_drs(pinned ? 31 : 5);
        if (pinned)
            small->snapshot->vms[0].pinned = "PCI passthrough device";
        g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
        CU_ASSERT_EQUAL(count_advice(plan, ACTION_ENTER_MAINTENANCE, NULL), 0);
        CU_ASSERT_EQUAL(count_advice(plan, ACTION_MIGRATE, NULL), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(reason_of(plan), "DRS could not empty it either"));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(reason_of(plan), pinned ? "a is pinned" : "no target for 2 of its VMs"));
    }
}

/* each in its turn: the second one has only two others left */
static void all_data_of_vsan_leaves_one_host_at_a_time(void)
{
    SmallCluster *small = two_hosts(35);
    small->snapshot->clusters[0].vsan = 1;
    add_host(small, "h3", 1000, 10);
    add_host(small, "h4", 1000, 10);
    g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1;h3\nvsan_mode=evacuateAllData\n");
    CU_ASSERT_EQUAL(count_of(plan, ACTION_ENTER_MAINTENANCE), 1);
    CU_ASSERT_TRUE(g_str_has_prefix(plan->summary, "h1 is emptied and enters maintenance mode. h3 is not"));
}

static void all_data_of_vsan_needs_three_others(void)
{
    static const char *const ids[] = {"h3", "h4"};
    for (guint more = 0; more <= G_N_ELEMENTS(ids); more++) {
        SmallCluster *small = two_hosts(35);
        small->snapshot->clusters[0].vsan = 1;
        for (guint i = 0; i < more; i++)
            add_host(small, ids[i], 1000, 60);
        g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\nvsan_mode=evacuateAllData\n");
        gboolean begins = more == 2;
        CU_ASSERT_EQUAL(count_of(plan, ACTION_ENTER_MAINTENANCE), begins);
        CU_ASSERT_EQUAL(count_of(plan, ACTION_MIGRATE), begins ? 2 : 0);
        CU_ASSERT_EQUAL(strstr(reason_of(plan), "evacuateAllData") == NULL, begins);
    }
}

static void parents_of_instant_clones_hold_up_nothing(void)
{
    SmallCluster *small = two_hosts(31);
    add_vm(small, "cp-parent-1", "h1", 10, 1);
    g_autoptr(ChangePlan) plan = plan_of(small, "[plan]\nevacuate=h1\n");
    CU_ASSERT_EQUAL(count_of(plan, ACTION_MIGRATE), 2);
    CU_ASSERT_EQUAL(count_of(plan, ACTION_ENTER_MAINTENANCE), 1);
}

/* what DRS is said to do for "a" */
static const char *left_to_drs(int drs, const char *api_version, gboolean vcls, int health)
{
    SmallCluster *small = two_hosts(31);
    small->snapshot->clusters[0].drs = drs;
    small->snapshot->clusters[0].vcls_health = health;
    small->snapshot->info.api_version = api_version;
    if (vcls)
        add_vm(small, "vcls", "h2", 10, 1)->role = VM_ROLE_SYSTEM;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const char *why = "";
    CU_ASSERT_TRUE(legality_left_to_drs(planning->legality, 0, &why));
    return why;
}

static void a_drs_that_seems_not_to_act_is_said_to(void)
{
    CU_ASSERT_PTR_NOT_NULL(strstr(left_to_drs(DRS_FULL, "8.0.1.0", FALSE, -1), "no vCLS VM runs"));
    CU_ASSERT_PTR_NOT_NULL(strstr(left_to_drs(DRS_FULL, "7.0.1.0", FALSE, -1), "no vCLS VM runs"));
    CU_ASSERT_PTR_NULL(strstr(left_to_drs(DRS_FULL, "7.0.0.0", FALSE, -1), "vCLS"));
    CU_ASSERT_PTR_NULL(strstr(left_to_drs(DRS_FULL, "9.0.0.0", FALSE, -1), "vCLS"));
    CU_ASSERT_PTR_NULL(strstr(left_to_drs(DRS_FULL, "8.0.1.0", TRUE, -1), "vCLS"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(left_to_drs(DRS_FULL, "8.0.1.0", TRUE, VCLS_NONHEALTHY), "seems not to act"));
    CU_ASSERT_PTR_NOT_NULL(strstr(left_to_drs(DRS_UNSTATED, "8.0.1.0", TRUE, -1), "not stated"));
}

void test_allornothing_suite(void)
{
    CU_pSuite suite = CU_add_suite("allornothing", NULL, NULL);
    CU_ADD_TEST(suite, a_host_that_does_not_get_empty_is_left_as_it_is);
    CU_ADD_TEST(suite, it_goes_as_far_as_it_can_where_the_policy_asks);
    CU_ADD_TEST(suite, of_two_hosts_the_one_that_fits_is_emptied);
    CU_ADD_TEST(suite, what_may_keep_drs_from_emptying_a_host_is_said);
    CU_ADD_TEST(suite, a_host_that_drs_empties_is_advised_maintenance_not_moves);
    CU_ADD_TEST(suite, nobody_makes_room_by_hand_for_what_drs_does_not_do);
    CU_ADD_TEST(suite, vms_that_override_drs_are_moved_by_hand);
    CU_ADD_TEST(suite, what_drs_cannot_empty_is_not_advised_to_enter_maintenance_mode);
    CU_ADD_TEST(suite, all_data_of_vsan_needs_three_others);
    CU_ADD_TEST(suite, all_data_of_vsan_leaves_one_host_at_a_time);
    CU_ADD_TEST(suite, parents_of_instant_clones_hold_up_nothing);
    CU_ADD_TEST(suite, a_drs_that_seems_not_to_act_is_said_to);
}
