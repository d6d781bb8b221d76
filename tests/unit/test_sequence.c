/* SPDX-License-Identifier: MIT */
#include "plan/schedule.h"
#include "plan/sequence.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_sequence_suite(void);

/* ---- fixtures ---- */

static GArray *list_of(const Change *changes, guint n)
{
    GArray *list = change_list_new();
    g_array_append_vals(list, changes, n);
    return list;
}

/* the order as "vm>host(after)…", blocked ones behind a bar */
static char *ordered(const Planning *planning, const Change *changes, guint n)
{
    const Snapshot *snapshot = planning->small->snapshot;
    g_autoptr(GArray) list = list_of(changes, n);
    g_autoptr(GArray) blocked = change_list_new();
    GString *text = g_string_new(NULL);
    sequence_order(&planning->situation, list, blocked);
    for (guint i = 0; i < list->len; i++) {
        const Change *change = &g_array_index(list, Change, i);
        g_string_append_printf(
            text, "%s%s%s%s(", i ? " " : "", change->vm < 0 ? "maintenance" : snapshot->vms[change->vm].id,
            change->action == ACTION_ADD_MEMORY ? "+" : ">", snapshot->hosts[change->to].id);
        for (guint j = 0; j < change->after->len; j++)
            g_string_append_printf(text, "%s%u", j ? " " : "", g_array_index(change->after, guint, j) + 1);
        g_string_append_c(text, ')');
    }
    for (guint i = 0; i < blocked->len; i++)
        g_string_append_printf(text, "%s%s", i ? " " : " | ",
                               snapshot->vms[g_array_index(blocked, Change, i).vm].id);
    guint at;
    g_autofree char *violation = sequence_violation(&planning->situation, list, &at);
    CU_ASSERT_PTR_NULL(violation);
    return g_string_free(text, FALSE);
}

#define ASSERT_ORDER(planning, expected, ...)                                                                \
    do {                                                                                                     \
        const Change given[] = {__VA_ARGS__};                                                                \
        g_autofree char *found = ordered(planning, given, G_N_ELEMENTS(given));                              \
        CU_ASSERT_STRING_EQUAL(found, expected);                                                             \
        if (strcmp(found, expected) != 0)                                                                    \
            fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, expected);                           \
    } while (0)

/* h1 and h2 hold 90 of 100 GiB, of which a and b are 40 each; h3 has room for one of them if it is not full.
 */
static SmallCluster *full_hosts(double gib_on_h3)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 90);
    add_host(small, "h2", 3000, 90);
    add_host(small, "h3", 3000, gib_on_h3);
    add_vm(small, "a", "h1", 100, 40);
    add_vm(small, "b", "h2", 100, 40);
    return small;
}

/* ---- detours ---- */

static void two_vms_change_places_on_full_hosts_by_a_third(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    ASSERT_ORDER(planning, "a>h3() b>h1(1) a>h2(2)", move(planning, "a", "h2"), move(planning, "b", "h1"));
}

static void a_detour_is_named_one(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    const Change changes[] = {move(planning, "a", "h2"), move(planning, "b", "h1")};
    g_autoptr(GArray) list = list_of(changes, 2);
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&planning->situation, list, blocked);
    CU_ASSERT_EQUAL_FATAL(list->len, 3);
    CU_ASSERT_STRING_EQUAL(g_array_index(list, Change, 0).reason,
                           "detour: makes room on h1 for a step that waits for it; goes on to h2 later");
    CU_ASSERT_STRING_EQUAL(g_array_index(list, Change, 2).reason, "test");
}

static void without_a_third_host_with_room_both_are_handed_back(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(50), NULL); /* 90 of 100 GiB would be hot */
    ASSERT_ORDER(planning, " | a b", move(planning, "a", "h2"), move(planning, "b", "h1"));
}

static void a_detour_keeps_to_the_rules(void)
{
    SmallCluster *small = full_hosts(30);
    add_vm(small, "c", "h3", 100, 4);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a c", "");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "b>h3() a>h2(1) b>h1(2)", move(planning, "a", "h2"), move(planning, "b", "h1"));
}

/* A keep-together rule may be broken on the way; one that keeps apart may not. */
/* h3 is the only host to step aside to: "off" keeps a from it, "on" keeps b on the other two. */
static void a_detour_keeps_vms_where_mandatory_rules_want_them(void)
{
    SmallCluster *small = full_hosts(30);
    add_rule(small, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "a", "h3");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "b>h3() a>h2(1) b>h1(2)", move(planning, "a", "h2"), move(planning, "b", "h1"));
    small = full_hosts(30);
    add_rule(small, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "a", "h3");
    add_rule(small, "on", RULE_VM_HOST_AFFINITY, TRUE, "b", "h1 h2");
    g_autoptr(Planning) none = planning_new(small, NULL);
    const Change changes[] = {move(none, "a", "h2"), move(none, "b", "h1")};
    g_autoptr(GArray) list = list_of(changes, 2);
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&none->situation, list, blocked);
    CU_ASSERT_EQUAL(list->len, 0);
    CU_ASSERT_EQUAL(blocked->len, 2);
}

static void a_keep_together_rule_hides_no_other(void)
{
    SmallCluster *small = full_hosts(30);
    add_vm(small, "c", "h3", 100, 4);
    add_vm(small, "d", "h1", 100, 4);
    add_rule(small, "together", RULE_VM_AFFINITY, TRUE, "a d", "");
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a c", "");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "b>h3() a>h2(1) b>h1(2)", move(planning, "a", "h2"), move(planning, "b", "h1"));
}

/* ---- edges ---- */

/* b, which heats h3, is last in the list, so that a window that ends early leaves nothing worse. */
static void moves_with_room_for_all_wait_for_nothing(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "c", "h1", 100, 10);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "a>h3() c>h3() b>h3()", move(planning, "a", "h3"), move(planning, "b", "h3"),
                 move(planning, "c", "h3"));
}

static void an_arrival_waits_for_the_departure_that_makes_its_room(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    ASSERT_ORDER(planning, "a>h3() b>h1(1)", move(planning, "b", "h1"), move(planning, "a", "h3"));
}

/* Each alone would fit; a departure is credited to one of them. */
static void arrivals_that_may_run_together_wait_for_enough_room_for_both(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 70);
    add_host(small, "h2", 3000, 60);
    add_host(small, "h3", 3000, 10);
    add_vm(small, "a", "h2", 100, 20);
    add_vm(small, "b", "h2", 100, 20);
    add_vm(small, "c", "h1", 100, 15);
    g_autoptr(Planning) planning = planning_new(small, "[analyze]\nmemory_hot_pct=100\n");
    ASSERT_ORDER(planning, "a>h1() c>h3() b>h1(2)", move(planning, "a", "h1"), move(planning, "c", "h3"),
                 move(planning, "b", "h1"));
}

static void one_large_departure_is_awaited_rather_than_two_small(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 95);
    add_host(small, "h2", 3000, 50);
    add_host(small, "h3", 3000, 10);
    add_vm(small, "a", "h2", 100, 20);
    add_vm(small, "s", "h1", 100, 5);
    add_vm(small, "t", "h1", 100, 10);
    add_vm(small, "u", "h1", 100, 20);
    g_autoptr(Planning) planning = planning_new(small, "[analyze]\nmemory_hot_pct=100\n");
    ASSERT_ORDER(planning, "s>h3() t>h3() u>h3() a>h1(3)", move(planning, "s", "h3"),
                 move(planning, "t", "h3"), move(planning, "u", "h3"), move(planning, "a", "h1"));
}

static void reservations_are_room_too(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    add_host(small, "h2", 3000, 40);
    add_host(small, "h3", 3000, 10);
    add_vm(small, "a", "h1", 100, 10)->cpu_reservation_mhz = 6000;
    add_vm(small, "b", "h2", 100, 10)->cpu_reservation_mhz = 6000;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "a>h3() b>h1(1)", move(planning, "b", "h1"), move(planning, "a", "h3"));
}

static void a_mover_without_reservation_ignores_a_host_over_its_reservations(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 40);
    add_host(small, "h2", 3000, 40);
    add_vm(small, "a", "h1", 100, 10)->cpu_reservation_mhz = 12000;
    add_vm(small, "b", "h2", 100, 10);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "b>h1()", move(planning, "b", "h1"));
}

static void two_vms_kept_apart_follow_each_other(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "c", "h3", 100, 4);
    add_host(small, "h4", 3000, 10);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a c", "");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "c>h4() a>h3(1)", move(planning, "a", "h3"), move(planning, "c", "h4"));
}

/* ---- additions ---- */

static void an_addition_waits_for_its_own_move(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(10), NULL);
    Change grow = growth(planning, "a", 1024);
    grow.from = grow.to = (int)host_of(planning, "h3");
    ASSERT_ORDER(planning, "a>h3() a+h3(1)", move(planning, "a", "h3"), grow);
}

static void an_addition_waits_for_what_brings_its_host_below_the_threshold(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "small", "h1", 10, 1);
    add_vm(small, "short", "h1", 10, 5);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "small>h3() a>h3() short+h1(2)", growth(planning, "short", 128),
                 move(planning, "small", "h3"), move(planning, "a", "h3"));
}

static void an_addition_on_a_host_with_room_waits_for_nobody(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "short", "h3", 10, 5);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    ASSERT_ORDER(planning, "a>h3() short+h3()", move(planning, "a", "h3"), growth(planning, "short", 128));
}

/* ---- maintenance ---- */

static void a_host_enters_maintenance_when_all_have_left(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "c", "h1", 100, 10);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1\n");
    int h1 = (int)host_of(planning, "h1");
    Change enter = {.action = ACTION_ENTER_MAINTENANCE, .vm = -1, .from = h1, .to = h1};
    ASSERT_ORDER(planning, "a>h3() c>h3() maintenance>h1(1 2)", enter, move(planning, "a", "h3"),
                 move(planning, "c", "h3"));
}

static void an_agent_holds_no_host_up(void)
{
    SmallCluster *small = full_hosts(10);
    add_vm(small, "agent", "h1", 100, 10)->role = VM_ROLE_SYSTEM;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1\n");
    int h1 = (int)host_of(planning, "h1");
    Change enter = {.action = ACTION_ENTER_MAINTENANCE, .vm = -1, .from = h1, .to = h1};
    ASSERT_ORDER(planning, "a>h3() maintenance>h1(1)", enter, move(planning, "a", "h3"));
}

static void what_goes_to_a_host_waits_until_it_has_left_maintenance_mode(void)
{
    for (int leaves = 0; leaves <= 1; leaves++) {
        SmallCluster *small = full_hosts(10);
        small->snapshot->hosts[2].mode = HOST_MODE_MAINTENANCE;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        int h3 = (int)host_of(planning, "h3");
        const Change changes[] = {move(planning, "a", "h3"),
                                  {.action = ACTION_EXIT_MAINTENANCE, .vm = -1, .from = h3, .to = h3}};
        g_autoptr(GArray) list = list_of(changes, leaves ? 2 : 1);
        g_autoptr(GArray) blocked = change_list_new();
        sequence_order(&planning->situation, list, blocked);
        CU_ASSERT_EQUAL(blocked->len, !leaves);
        CU_ASSERT_EQUAL_FATAL(list->len, leaves ? 2 : 0);
        if (!leaves)
            continue;
        const Change *last = &g_array_index(list, Change, 1);
        CU_ASSERT_EQUAL(last->action, ACTION_MIGRATE);
        CU_ASSERT_EQUAL_FATAL(last->after->len, 1);
        CU_ASSERT_EQUAL(g_array_index(last->after, guint, 0), 0);
        g_autoptr(Model) end = model_after(planning->model, list);
        CU_ASSERT_TRUE(end->hosts[h3].usable && model_is_counted_on(end, (guint)h3));
        CU_ASSERT_FALSE(planning->model->hosts[h3].usable);
    }
}

/* ---- violations ---- */

static char *violation_of(const Planning *planning, const Change *changes, guint n, guint *at)
{
    g_autoptr(GArray) list = list_of(changes, n);
    for (guint i = 0; i < n; i++)
        if (!g_array_index(list, Change, i).after)
            g_array_index(list, Change, i).after = g_array_new(FALSE, FALSE, sizeof(guint));
    return sequence_violation(&planning->situation, list, at);
}

static void a_missing_edge_is_a_violation_at_the_step_that_lacks_it(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    const Change changes[] = {move(planning, "a", "h3"), move(planning, "b", "h1")};
    guint at = 9;
    g_autofree char *why = violation_of(planning, changes, 2, &at);
    CU_ASSERT_STRING_EQUAL(why, "h1 could go over its memory");
    CU_ASSERT_EQUAL(at, 1);
}

static void a_step_that_cannot_be_done_in_any_order_is_a_violation(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    const Change changes[] = {move(planning, "a", "h2")};
    guint at = 9;
    g_autofree char *why = violation_of(planning, changes, 1, &at);
    CU_ASSERT_STRING_EQUAL(why, "h2 would be over its memory");
    CU_ASSERT_EQUAL(at, 0);
}

/* ---- how long it takes ---- */

/* Two moves of 40 GiB, half of it active: 10 s + 60 GiB at 8 Gbit/s = 64.4 s of copying each. */
static double makespan_of(guint parallel, guint per_host)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(10), NULL);
    const Change changes[] = {move(planning, "a", "h3"), move(planning, "b", "h3")};
    g_autoptr(GArray) list = list_of(changes, 2);
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&planning->situation, list, blocked);
    return schedule_makespan(planning->model, list, list->len, parallel, per_host);
}

static void moves_at_once_on_a_host_share_its_network(void)
{
    double copy = 40 * 1.5 * 1024 * 1024 * 1024 * 8 / 8e9;
    CU_ASSERT_DOUBLE_EQUAL(makespan_of(8, 4), 10 + 2 * copy, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(makespan_of(1, 4), 2 * (10 + copy), 0.001);
    CU_ASSERT_DOUBLE_EQUAL(makespan_of(8, 1), 2 * (10 + copy), 0.001);
}

static void steps_that_wait_take_their_turn(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    const Change changes[] = {move(planning, "a", "h2"), move(planning, "b", "h1")};
    g_autoptr(GArray) list = list_of(changes, 2);
    g_autoptr(GArray) blocked = change_list_new();
    sequence_order(&planning->situation, list, blocked);
    double copy = 40 * 1.5 * 1024 * 1024 * 1024 * 8 / 8e9;
    CU_ASSERT_DOUBLE_EQUAL(schedule_makespan(planning->model, list, list->len, 8, 4), 3 * (10 + copy), 0.001);
}

static void nothing_takes_no_time(void)
{
    g_autoptr(Planning) planning = planning_new(full_hosts(30), NULL);
    g_autoptr(GArray) list = change_list_new();
    CU_ASSERT_EQUAL(schedule_makespan(planning->model, list, list->len, 8, 4), 0);
}

void test_sequence_suite(void)
{
    CU_pSuite suite = CU_add_suite("sequence", NULL, NULL);
    CU_ADD_TEST(suite, two_vms_change_places_on_full_hosts_by_a_third);
    CU_ADD_TEST(suite, a_detour_is_named_one);
    CU_ADD_TEST(suite, without_a_third_host_with_room_both_are_handed_back);
    CU_ADD_TEST(suite, a_detour_keeps_to_the_rules);
    CU_ADD_TEST(suite, a_detour_keeps_vms_where_mandatory_rules_want_them);
    CU_ADD_TEST(suite, a_keep_together_rule_hides_no_other);
    CU_ADD_TEST(suite, moves_with_room_for_all_wait_for_nothing);
    CU_ADD_TEST(suite, an_arrival_waits_for_the_departure_that_makes_its_room);
    CU_ADD_TEST(suite, arrivals_that_may_run_together_wait_for_enough_room_for_both);
    CU_ADD_TEST(suite, one_large_departure_is_awaited_rather_than_two_small);
    CU_ADD_TEST(suite, reservations_are_room_too);
    CU_ADD_TEST(suite, a_mover_without_reservation_ignores_a_host_over_its_reservations);
    CU_ADD_TEST(suite, two_vms_kept_apart_follow_each_other);
    CU_ADD_TEST(suite, an_addition_waits_for_its_own_move);
    CU_ADD_TEST(suite, an_addition_waits_for_what_brings_its_host_below_the_threshold);
    CU_ADD_TEST(suite, an_addition_on_a_host_with_room_waits_for_nobody);
    CU_ADD_TEST(suite, a_host_enters_maintenance_when_all_have_left);
    CU_ADD_TEST(suite, an_agent_holds_no_host_up);
    CU_ADD_TEST(suite, what_goes_to_a_host_waits_until_it_has_left_maintenance_mode);
    CU_ADD_TEST(suite, a_missing_edge_is_a_violation_at_the_step_that_lacks_it);
    CU_ADD_TEST(suite, a_step_that_cannot_be_done_in_any_order_is_a_violation);
    CU_ADD_TEST(suite, moves_at_once_on_a_host_share_its_network);
    CU_ADD_TEST(suite, steps_that_wait_take_their_turn);
    CU_ADD_TEST(suite, nothing_takes_no_time);
}
