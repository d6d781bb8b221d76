/* SPDX-License-Identifier: MIT */
#include "plan/window.h"

#include "plan/sequence.h"
#include "plan/unsolved.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_window_suite(void);

/* Moves of 4 GiB, half of it active: each takes 10 s and 6.4 s to copy, two at once 22.9 s. h1 is hot by CPU
 * until "a" and "b" have left; "c" is kept with "d" on h2. */
static Planning *hot_host(const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9500, 40);
    add_host(small, "h2", 3000, 40);
    add_host(small, "h3", 1000, 10);
    add_vm(small, "a", "h1", 900, 4);
    add_vm(small, "b", "h1", 800, 4);
    add_vm(small, "c", "h2", 100, 4);
    add_vm(small, "d", "h2", 100, 4);
    add_rule(small, "pair", RULE_VM_AFFINITY, TRUE, "c d", "");
    return planning_new(small, policy);
}

/* decisions of moves to h3 in this order, cut to the policy's window; free with decisions_free */
static Decisions *cut(const Planning *planning, const char *const *vms)
{
    Decisions *decisions = decisions_new();
    g_autoptr(GArray) blocked = change_list_new();
    for (; *vms; vms++) {
        Change change = move(planning, *vms, "h3");
        g_array_append_val(decisions->changes, change);
    }
    sequence_order(&planning->situation, decisions->changes, blocked);
    CU_ASSERT_EQUAL(blocked->len, 0);
    window_cut(&planning->situation, decisions);
    return decisions;
}

static const char *told_of_host(const Decisions *decisions, guint host)
{
    for (guint i = 0; i < decisions->unsolved->len; i++)
        if (g_array_index(decisions->unsolved, Unsolved, i).host == (int)host)
            return g_array_index(decisions->unsolved, Unsolved, i).reason;
    return NULL;
}

static void without_a_limit_nothing_is_cut(void)
{
    g_autoptr(Planning) planning = hot_host("[plan]\n");
    g_autoptr(Decisions) decisions = cut(planning, (const char *[]){"a", "b", NULL});
    CU_ASSERT_EQUAL(decisions->changes->len, 2);
    CU_ASSERT_EQUAL(decisions->unsolved->len, 0);
}

static void what_the_window_has_no_time_for_is_cut_and_told(void)
{
    g_autoptr(Planning) planning = hot_host("[plan]\nmax_duration_s=20\n");
    g_autoptr(Decisions) decisions = cut(planning, (const char *[]){"a", "b", NULL});
    CU_ASSERT_EQUAL_FATAL(decisions->changes->len, 1);
    CU_ASSERT_EQUAL(g_array_index(decisions->changes, Change, 0).vm, (int)vm_of(planning, "a"));
    const char *told = told_of_host(decisions, host_of(planning, "h1"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(told);
    CU_ASSERT_STRING_EQUAL(told,
                           "stays hot: CPU at 86.0 %, above 80 %; max_duration_s leaves no time for the "
                           "steps that would change it");
}

static void a_block_is_not_cut_in_two(void)
{
    g_autoptr(Planning) planning = hot_host("[plan]\nmax_duration_s=20\n");
    g_autoptr(Decisions) decisions = cut(planning, (const char *[]){"c", "d", NULL});
    CU_ASSERT_EQUAL(decisions->changes->len, 0);
    g_autoptr(Planning) longer = hot_host("[plan]\nmax_duration_s=25\n");
    g_autoptr(Decisions) whole = cut(longer, (const char *[]){"c", "d", NULL});
    CU_ASSERT_EQUAL(whole->changes->len, 2);
}

/* "a" and "b" leave h1; only one of them fits, and the short addition to "s" still does */
static void what_fits_is_chosen_past_what_does_not(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9500, 40);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h1", 900, 4);
    add_vm(small, "b", "h1", 800, 4);
    add_short_vm(small, "s", "h2");
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nmax_duration_s=20\n");
    g_autoptr(GArray) changes = change_list_new();
    Change all[] = {move(planning, "a", "h2"), move(planning, "b", "h2"), growth(planning, "s", 1280)};
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        g_clear_pointer(&all[i].reason, g_free);
    g_array_append_vals(changes, all, G_N_ELEMENTS(all));
    g_autoptr(GArray) out = window_choose(&planning->situation, changes);
    CU_ASSERT_EQUAL_FATAL(changes->len, 2);
    CU_ASSERT_EQUAL(g_array_index(changes, Change, 0).vm, all[0].vm);
    CU_ASSERT_EQUAL(g_array_index(changes, Change, 1).vm, all[2].vm);
    CU_ASSERT_EQUAL_FATAL(out->len, 1);
    CU_ASSERT_EQUAL(g_array_index(out, Change, 0).vm, all[1].vm);
}

/* "a" and "b" leave h1, which is to be emptied, and heat h2, the only other host: a window that is long
 * enough cuts nothing, and a shorter one ends no sooner for it */
static void heat_that_emptying_brings_cuts_nothing(void)
{
    static const struct {
        const char *policy;
        guint kept;
    } cases[] = {{"[plan]\nevacuate=h1\nmax_duration_s=1000\n[apply]\nparallel=1\n", 2},
                 {"[plan]\nevacuate=h1\nmax_duration_s=20\n[apply]\nparallel=1\n", 1}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 3000, 20);
        add_host(small, "h2", 7500, 20);
        add_vm(small, "a", "h1", 900, 4);
        add_vm(small, "b", "h1", 800, 4);
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        g_autoptr(GArray) changes = change_list_new();
        Change all[] = {move(planning, "a", "h2"), move(planning, "b", "h2")};
        for (guint c = 0; c < G_N_ELEMENTS(all); c++)
            g_clear_pointer(&all[c].reason, g_free);
        g_array_append_vals(changes, all, G_N_ELEMENTS(all));
        g_autoptr(GArray) out = window_choose(&planning->situation, changes);
        CU_ASSERT_EQUAL(changes->len, cases[i].kept);
        CU_ASSERT_EQUAL(out->len, 2 - cases[i].kept);
    }
}

static void a_host_that_would_only_be_heated_later_is_not_unsolved(void)
{
    g_autoptr(Planning) planning = hot_host("[plan]\nmax_duration_s=1\n");
    g_autoptr(Decisions) decisions = decisions_new();
    Change change = move(planning, "a", "h2");
    g_array_append_val(decisions->changes, change);
    decisions_add_unsolved_host(decisions, host_of(planning, "h2"), OBSTACLE_HEAT, g_strdup("stays hot"));
    g_array_index(decisions->changes, Change, 0).after = g_array_new(FALSE, FALSE, sizeof(guint));
    window_cut(&planning->situation, decisions);
    CU_ASSERT_PTR_NULL(told_of_host(decisions, host_of(planning, "h2")));
}

/* "c" and "d" have more reserved than h2 has. What is said of that stays where a cut changes nothing about
 * it, and is said where a move that would have ended it is cut. */
static void a_cut_does_not_hide_what_is_reserved_above_capacity(void)
{
    static const char *const moved[] = {"a", "c"};
    for (guint i = 0; i < G_N_ELEMENTS(moved); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 9500, 40);
        add_host(small, "h2", 3000, 40);
        add_host(small, "h3", 1000, 10);
        add_vm(small, "a", "h1", 900, 4);
        add_vm(small, "c", "h2", 100, 4)->cpu_reservation_mhz = 6000;
        add_vm(small, "d", "h2", 100, 4)->cpu_reservation_mhz = 6000;
        g_autoptr(Planning) planning = planning_new(small, "[plan]\nmax_duration_s=1\n");
        g_autoptr(Decisions) decisions = decisions_new();
        Change change = move(planning, moved[i], "h3");
        change.after = g_array_new(FALSE, FALSE, sizeof(guint));
        g_array_append_val(decisions->changes, change);
        g_autoptr(Model) full_end = model_after(planning->model, decisions->changes);
        unsolved_add_overreserved_hosts(decisions, &planning->situation, full_end);
        window_cut(&planning->situation, decisions);
        CU_ASSERT_EQUAL(decisions->changes->len, 0);
        const char *told = told_of_host(decisions, host_of(planning, "h2"));
        CU_ASSERT_PTR_NOT_NULL_FATAL(told);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(told, "has 12000 MHz of CPU reserved by its VMs, above the 10000 MHz that it has"));
        CU_ASSERT_EQUAL(strstr(told, "leaves no time for the steps") != NULL, i == 1);
    }
}

static void a_vm_that_takes_longer_than_the_window_is_immovable(void)
{
    g_autoptr(Planning) planning = hot_host("[plan]\nmax_duration_s=12\n");
    g_autofree char *why = why_immovable(planning, vm_of(planning, "a"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(why);
    CU_ASSERT_STRING_EQUAL(why, "takes 16 s to move, and max_duration_s is 12");
}

void test_window_suite(void)
{
    CU_pSuite suite = CU_add_suite("window", NULL, NULL);
    CU_ADD_TEST(suite, without_a_limit_nothing_is_cut);
    CU_ADD_TEST(suite, what_the_window_has_no_time_for_is_cut_and_told);
    CU_ADD_TEST(suite, a_block_is_not_cut_in_two);
    CU_ADD_TEST(suite, what_fits_is_chosen_past_what_does_not);
    CU_ADD_TEST(suite, heat_that_emptying_brings_cuts_nothing);
    CU_ADD_TEST(suite, a_host_that_would_only_be_heated_later_is_not_unsolved);
    CU_ADD_TEST(suite, a_cut_does_not_hide_what_is_reserved_above_capacity);
    CU_ADD_TEST(suite, a_vm_that_takes_longer_than_the_window_is_immovable);
}
