/* SPDX-License-Identifier: MIT */
#include "apply/need.h"

#include "plan/cause.h"
#include "tests/unit/cunit.h"
#include "tests/unit/planning.h"

#include <string.h>

void test_need_suite(void);

/* h1 holds so much of 100 GiB; "a" runs there, and "s", which is short or not; both by a rule apart. */
static Planning *cluster(double gib, gboolean is_short, const char *host_of_s)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, gib);
    add_host(small, "h2", 1000, 20);
    add_vm(small, "a", "h1", 100, 10);
    if (is_short)
        add_short_vm(small, "s", host_of_s);
    else
        add_vm(small, "s", host_of_s, 100, 5);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a s", "");
    return planning_new(small, NULL);
}

static PlanRow step_for(Cause cause, int action, double number, const char *object)
{
    gboolean moves = action == ACTION_MIGRATE;
    PlanRow row = step_row(action, number, object, moves ? "h1" : "10240", moves ? "h2" : "12288");
    row.cause = cause_names[cause];
    if (!moves)
        row.from_id = row.to_id = "";
    return row;
}

/* NULL, or the words, of a step as things stand */
static char *gone(Cause cause, int action, double gib, gboolean is_short, const char *host_of_s)
{
    g_autoptr(Planning) planning = cluster(gib, is_short, host_of_s);
    PlanRow row = step_for(cause, action, 1, action == ACTION_MIGRATE ? "a" : "s");
    return need_gone(&planning->situation, &row);
}

static void a_hot_host_that_has_cooled_down_needs_no_relief(void)
{
    CU_ASSERT_PTR_NULL(gone(CAUSE_HOT_HOST, ACTION_MIGRATE, 85, FALSE, "h2"));
    g_autofree char *cool = gone(CAUSE_HOT_HOST, ACTION_MIGRATE, 75, FALSE, "h2");
    CU_ASSERT_STRING_EQUAL(cool, "h1 is not hot any more");
}

static void a_rule_that_is_kept_needs_no_repair(void)
{
    CU_ASSERT_PTR_NULL(gone(CAUSE_BROKEN_RULE, ACTION_MIGRATE, 75, FALSE, "h1"));
    CU_ASSERT_PTR_NULL(gone(CAUSE_SHOULD_RULE, ACTION_MIGRATE, 75, FALSE, "h1"));
    g_autofree char *kept = gone(CAUSE_BROKEN_RULE, ACTION_MIGRATE, 75, FALSE, "h2");
    CU_ASSERT_STRING_EQUAL(kept, "no rule of a is broken any more");
    /* the step relieves the host as well, which is hot */
    CU_ASSERT_PTR_NULL(gone(CAUSE_BROKEN_RULE, ACTION_MIGRATE, 85, FALSE, "h2"));
}

static void a_vm_that_is_short_no_more_needs_no_memory(void)
{
    CU_ASSERT_PTR_NULL(gone(CAUSE_SHORT_VM, ACTION_ADD_MEMORY, 50, TRUE, "h2"));
    g_autofree char *enough = gone(CAUSE_SHORT_VM, ACTION_ADD_MEMORY, 50, FALSE, "h2");
    CU_ASSERT_STRING_EQUAL(enough, "s is not short any more");
}

static void what_nothing_tells_of_is_needed(void)
{
    CU_ASSERT_PTR_NULL(gone(CAUSE_EVACUATION, ACTION_MIGRATE, 50, FALSE, "h2"));
    CU_ASSERT_PTR_NULL(gone(CAUSE_BALANCE, ACTION_MIGRATE, 50, FALSE, "h2"));
    CU_ASSERT_PTR_NULL(gone(CAUSE_NONE, ACTION_MIGRATE, 50, FALSE, "h2"));
}

/* Step 1 makes room for step 2, which relieves; step 3 comes after that, step 4 has a reason of its own. */
static void what_serves_only_what_is_not_needed_is_not_needed(void)
{
    g_autoptr(Planning) planning = cluster(75, TRUE, "h2");
    g_autoptr(ChangePlan) plan = changeplan_new();
    PlanRow rows[] = {
        step_for(CAUSE_ROOM, ACTION_MIGRATE, 1, "a"), step_for(CAUSE_HOT_HOST, ACTION_MIGRATE, 2, "a"),
        step_for(CAUSE_BALANCE, ACTION_MIGRATE, 3, "a"), step_for(CAUSE_SHORT_VM, ACTION_ADD_MEMORY, 4, "s")};
    rows[1].after = "1";
    rows[2].after = "2";
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        changeplan_add(plan, &rows[i]);
    g_autoptr(Progress) progress = progress_new(plan, NULL, NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    need_look(&planning->situation, progress, words);
    CU_ASSERT_EQUAL(progress->states[0], STEP_NEEDLESS);
    CU_ASSERT_EQUAL(progress->states[1], STEP_NEEDLESS);
    CU_ASSERT_EQUAL(progress->states[2], STEP_SKIPPED);
    CU_ASSERT_EQUAL(progress->states[3], STEP_PENDING);
    CU_ASSERT_EQUAL_FATAL(words->len, 2);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(words, 0), "step 2, migrate a: h1 is not hot any more");
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(words, 1),
                           "step 1, migrate a: what it makes room for is not done");
}

/* asserts what becomes of each of n steps */
static void assert_states(const Planning *planning, const PlanRow *rows, guint n, const StepState *expected)
{
    g_autoptr(ChangePlan) plan = changeplan_new();
    for (guint i = 0; i < n; i++)
        changeplan_add(plan, &rows[i]);
    g_autoptr(Progress) progress = progress_new(plan, NULL, NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    need_look(&planning->situation, progress, words);
    for (guint i = 0; i < n; i++)
        CU_ASSERT_EQUAL(progress->states[i], expected[i]);
}

/* Step 1 is a stopover of "a" on h2, from where step 2 takes it on; h1, which both relieve, is hot or not. */
static void a_step_on_from_a_stopover_relieves_the_host_that_was_left_first(void)
{
    for (gboolean hot = FALSE; hot <= TRUE; hot++) {
        g_autoptr(Planning) planning = cluster(hot ? 85 : 75, FALSE, "h2");
        PlanRow rows[] = {step_for(CAUSE_DETOUR, ACTION_MIGRATE, 1, "a"),
                          step_for(CAUSE_HOT_HOST, ACTION_MIGRATE, 2, "a")};
        rows[1].from = rows[1].from_id = "h2";
        rows[1].to = rows[1].to_id = "h3";
        rows[1].after = "1";
        StepState state = hot ? STEP_PENDING : STEP_NEEDLESS;
        assert_states(planning, rows, 2, (const StepState[]){state, state});
    }
}

/* "a" leaves h1 for the growth of "s", which is not short any more, or is */
static void room_for_a_growth_is_needed_with_it(void)
{
    for (gboolean is_short = FALSE; is_short <= TRUE; is_short++) {
        g_autoptr(Planning) planning = cluster(50, is_short, "h2");
        PlanRow rows[] = {step_for(CAUSE_SHORT_VM, ACTION_MIGRATE, 1, "a"),
                          step_for(CAUSE_SHORT_VM, ACTION_ADD_MEMORY, 2, "s")};
        rows[1].after = "1";
        StepState state = is_short ? STEP_PENDING : STEP_NEEDLESS;
        assert_states(planning, rows, 2, (const StepState[]){state, state});
    }
}

/* "a" moves so that a rule which is kept now stays so as "s" moves */
static void a_rule_that_others_would_break_is_still_to_be_kept(void)
{
    g_autoptr(Planning) planning = cluster(50, FALSE, "h2");
    PlanRow rows[] = {step_for(CAUSE_BROKEN_RULE, ACTION_MIGRATE, 1, "a"),
                      step_for(CAUSE_BALANCE, ACTION_MIGRATE, 2, "s")};
    assert_states(planning, rows, 2, (const StepState[]){STEP_PENDING, STEP_PENDING});
}

void test_need_suite(void)
{
    CU_pSuite suite = CU_add_suite("need", NULL, NULL);
    CU_ADD_TEST(suite, a_hot_host_that_has_cooled_down_needs_no_relief);
    CU_ADD_TEST(suite, a_rule_that_is_kept_needs_no_repair);
    CU_ADD_TEST(suite, a_vm_that_is_short_no_more_needs_no_memory);
    CU_ADD_TEST(suite, what_nothing_tells_of_is_needed);
    CU_ADD_TEST(suite, a_step_on_from_a_stopover_relieves_the_host_that_was_left_first);
    CU_ADD_TEST(suite, room_for_a_growth_is_needed_with_it);
    CU_ADD_TEST(suite, a_rule_that_others_would_break_is_still_to_be_kept);
    CU_ADD_TEST(suite, what_serves_only_what_is_not_needed_is_not_needed);
}
