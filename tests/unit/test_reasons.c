/* SPDX-License-Identifier: MIT */
#include "plan/evacuation.h"
#include "plan/reasons.h"
#include "plan/unsolved.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_reasons_suite(void);

/* decisions that are these changes, completed; free with decisions_free */
static Decisions *completed(const Planning *planning, Change *changes, guint n)
{
    Decisions *decisions = decisions_new();
    for (guint i = 0; i < n; i++) {
        g_clear_pointer(&changes[i].reason, g_free);
        g_array_append_val(decisions->changes, changes[i]);
    }
    const Situation *situation = &planning->situation;
    g_autoptr(Model) end = model_after(situation->start, decisions->changes);
    for (guint i = 0; i < n; i++)
        reasons_explain(situation, end, decisions->changes, &g_array_index(decisions->changes, Change, i));
    reasons_order(situation, decisions->changes);
    evacuation_complete(situation, end, decisions);
    unsolved_add_all(decisions, situation, end);
    return decisions;
}

static const Change *change_at(const Decisions *decisions, guint index)
{
    CU_ASSERT_FATAL(index < decisions->changes->len);
    return &g_array_index(decisions->changes, Change, index);
}

/* why a host or a VM (the other is -1) stays unsolved, or "" */
static const char *unsolved_about(const Decisions *decisions, int host, int vm)
{
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        if (unsolved->host == host && unsolved->vm == vm)
            return unsolved->reason;
    }
    return "";
}

/* h1 is hot by CPU and holds "x" and "y", which a rule keeps apart, and "a"; h2 is warm; h3 is cool. "s" on
 * h2 is short of memory. */
static Planning *hot_host_and_broken_rule(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 3000, 40);
    add_host(small, "h3", 1000, 10);
    add_vm(small, "x", "h1", 100, 4);
    add_vm(small, "y", "h1", 100, 4);
    add_vm(small, "a", "h1", 900, 4);
    add_short_vm(small, "s", "h2");
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "x y", "");
    return planning_new(small, "[plan]\n");
}

static void steps_come_in_the_order_of_what_they_help(void)
{
    g_autoptr(Planning) planning = hot_host_and_broken_rule();
    Change changes[] = {growth(planning, "s", 1280), move(planning, "a", "h2"), move(planning, "y", "h3")};
    g_autoptr(Decisions) decisions = completed(planning, changes, G_N_ELEMENTS(changes));
    CU_ASSERT_EQUAL(change_at(decisions, 0)->vm, (int)vm_of(planning, "y"));
    CU_ASSERT_EQUAL(change_at(decisions, 1)->vm, (int)vm_of(planning, "a"));
    CU_ASSERT_EQUAL(change_at(decisions, 2)->vm, (int)vm_of(planning, "s"));
}

static void a_step_against_a_rule_that_should_hold_says_so(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h1", 900, 4);
    add_vm(small, "b", "h1", 900, 4);
    add_rule(small, "site", RULE_VM_HOST_AFFINITY, FALSE, "a", "h1");
    add_rule(small, "near", RULE_VM_AFFINITY, FALSE, "a b", "");
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    Change changes[] = {move(planning, "a", "h2")};
    g_autoptr(Decisions) decisions = completed(planning, changes, 1);
    const char *reason = change_at(decisions, 0)->reason;
    CU_ASSERT_TRUE(g_str_has_prefix(reason, "relieves h1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "; against the rule \"site\", which should hold"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "; against the rule \"near\", which should hold"));
}

static void an_evacuation_of_what_was_not_measured_says_so(void)
{
    for (guint measured = 0; measured <= 1; measured++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 1000, 10);
        add_host(small, "h2", 1000, 10);
        if (measured)
            add_vm(small, "a", "h1", 100, 4);
        else
            smallcluster_add_vm(small, "a", "h1");
        g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1\n");
        Change changes[] = {move(planning, "a", "h2")};
        g_autoptr(Decisions) decisions = completed(planning, changes, 1);
        const char *reason = change_at(decisions, 0)->reason;
        CU_ASSERT_TRUE(g_str_has_prefix(reason, "empties h1, which is named by evacuate"));
        CU_ASSERT_EQUAL(strstr(reason, "; it was not measured") == NULL, measured);
    }
}

static void each_step_says_why(void)
{
    g_autoptr(Planning) planning = hot_host_and_broken_rule();
    Change changes[] = {growth(planning, "s", 1280), move(planning, "a", "h2"), move(planning, "y", "h3")};
    g_autoptr(Decisions) decisions = completed(planning, changes, G_N_ELEMENTS(changes));
    CU_ASSERT_STRING_EQUAL(
        change_at(decisions, 0)->reason,
        "repairs the mandatory rule \"apart\"; relieves h1: CPU at 85.0 % is above 80 %, 75.0 % when "
        "all is done");
    CU_ASSERT_STRING_EQUAL(change_at(decisions, 1)->reason,
                           "relieves h1: CPU at 85.0 % is above 80 %, 75.0 % when all is done");
    CU_ASSERT_STRING_EQUAL(change_at(decisions, 2)->reason,
                           "s is short: its guest uses 90.0 % of 10240 MiB, above 80 %; 80.0 % after");
    CU_ASSERT_EQUAL(decisions->unsolved->len, 0);
}

static void what_stays_is_told_with_what_stands_in_the_way(void)
{
    g_autoptr(Planning) planning = hot_host_and_broken_rule();
    g_autoptr(Decisions) decisions = completed(planning, NULL, 0);
    CU_ASSERT_TRUE(g_str_has_prefix(unsolved_about(decisions, (int)host_of(planning, "h1"), -1),
                                    "stays hot: CPU at 85.0 %, above 80 %"));
    CU_ASSERT_TRUE(g_str_has_prefix(unsolved_about(decisions, -1, (int)vm_of(planning, "s")),
                                    "stays short: its guest uses 90.0 % of 10240 MiB"));
    const char *rule = unsolved_about(decisions, -1, (int)vm_of(planning, "x"));
    CU_ASSERT_TRUE(g_str_has_prefix(rule, "the mandatory rule \"apart\" stays broken by 1 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(rule, ": x on h1; y on h1;"));
}

static void a_move_that_makes_room_names_what_comes(void)
{
    g_autoptr(Planning) planning = hot_host_and_broken_rule();
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(Model) end = model_copy(planning->model);
    Change aside = move(planning, "s", "h3"), comes = move(planning, "a", "h2");
    g_array_append_val(changes, aside);
    g_array_append_val(changes, comes);
    change_apply(end, &aside);
    change_apply(end, &comes);
    Change *first = &g_array_index(changes, Change, 0);
    g_clear_pointer(&first->reason, g_free);
    reasons_explain(&planning->situation, end, changes, first);
    CU_ASSERT_STRING_EQUAL(first->reason, "makes room on h2 for a");
    CU_ASSERT_EQUAL(first->cause, CAUSE_ROOM);
}

/* h2 has room for the memory of its "s", of 10 GiB, until `gib` of "a" come, and for these when "m" has left
 */
static char *reason_beside_growth(double gib)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 60);
    add_host(small, "h2", 1000, 60);
    add_host(small, "h3", 1000, 10);
    add_vm(small, "a", "h1", 100, gib);
    add_vm(small, "m", "h2", 100, 15);
    add_vm(small, "s", "h2", 100, 8);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(GArray) changes = change_list_new();
    Change leaves = move(planning, "m", "h3"), comes = move(planning, "a", "h2"),
           grows = growth(planning, "s", 4096);
    g_array_append_val(changes, leaves);
    g_array_append_val(changes, comes);
    g_array_append_val(changes, grows);
    g_autoptr(Model) end = model_after(planning->model, changes);
    g_free(g_array_index(changes, Change, 0).reason);
    reasons_explain(&planning->situation, end, changes, &g_array_index(changes, Change, 0));
    return g_strdup(g_array_index(changes, Change, 0).reason);
}

/* With m h2 would hold 78 GiB of 80 without the growth, or 90. */
static void room_is_made_for_what_needs_it(void)
{
    g_autofree char *for_growth = reason_beside_growth(18);
    g_autofree char *for_arrival = reason_beside_growth(30);
    CU_ASSERT_STRING_EQUAL(for_growth, "makes room on h2 for s, which is short of memory");
    CU_ASSERT_STRING_EQUAL(for_arrival, "makes room on h2 for a");
}

void test_reasons_suite(void)
{
    CU_pSuite suite = CU_add_suite("reasons", NULL, NULL);
    CU_ADD_TEST(suite, steps_come_in_the_order_of_what_they_help);
    CU_ADD_TEST(suite, an_evacuation_of_what_was_not_measured_says_so);
    CU_ADD_TEST(suite, each_step_says_why);
    CU_ADD_TEST(suite, a_step_against_a_rule_that_should_hold_says_so);
    CU_ADD_TEST(suite, what_stays_is_told_with_what_stands_in_the_way);
    CU_ADD_TEST(suite, a_move_that_makes_room_names_what_comes);
    CU_ADD_TEST(suite, room_is_made_for_what_needs_it);
}
