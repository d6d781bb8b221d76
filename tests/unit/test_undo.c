/* SPDX-License-Identifier: MIT */
#include "apply/undo.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <glib/gstdio.h>
#include <string.h>

void test_undo_suite(void);

/* ---- fixtures ---- */

typedef struct Fixture {
    Journal *journal;
    char *path;
} Fixture;

static void set_up(Fixture *f)
{
    f->path = smallcluster_file("", 0);
    f->journal = journal_open(f->path, FALSE, NULL);
    CU_ASSERT_FATAL(f->journal != NULL);
}

static void tear_down(Fixture *f)
{
    journal_free(f->journal);
    g_unlink(f->path);
    g_free(f->path);
}

/* A step of host h1, or VM h1, that succeeded. */
static void succeeded(Fixture *f, int action, double number, const char *intent, const char *detail)
{
    PlanRow step = step_row(action, number, "h1", "h2", "h3");
    const struct {
        JournalEvent event;
        const char *detail;
    } rows[] = {{EVENT_INTENT, intent}, {EVENT_SUCCEEDED, detail}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        JournalRow row = journal_row_of_step(&step, rows[i].event);
        row.time = 1795000000;
        row.run = "run-1";
        row.plan = "plan-1";
        row.source_id = "source-1";
        row.detail = rows[i].detail;
        CU_ASSERT_FATAL(journal_append(f->journal, &row, NULL));
    }
}

static const PlanRow *row_at(const ChangePlan *plan, guint index)
{
    CU_ASSERT_FATAL(plan && index < plan->rows->len);
    return &g_array_index(plan->rows, PlanRow, index);
}

/* ---- tests ---- */

static void a_host_that_enters_again_does_so_with_the_same_vsan_mode(void)
{
    Fixture there, back;
    set_up(&there);
    set_up(&back);
    succeeded(&there, ACTION_ENTER_MAINTENANCE, 1, "vsan_mode=noAction est_s=5", "");
    g_autoptr(ChangePlan) leaves = undo_plan(there.journal, NULL);
    CU_ASSERT_EQUAL(row_at(leaves, 0)->action, ACTION_EXIT_MAINTENANCE);
    CU_ASSERT_STRING_EQUAL(row_at(leaves, 0)->args, "vsan_mode=noAction");
    succeeded(&back, ACTION_EXIT_MAINTENANCE, 1, row_at(leaves, 0)->args, "");
    g_autoptr(ChangePlan) enters = undo_plan(back.journal, NULL);
    CU_ASSERT_EQUAL(row_at(enters, 0)->action, ACTION_ENTER_MAINTENANCE);
    CU_ASSERT_STRING_EQUAL(row_at(enters, 0)->args, "vsan_mode=noAction");
    tear_down(&back);
    tear_down(&there);
}

static void a_host_that_left_has_the_mode_of_its_last_entry_before(void)
{
    Fixture f;
    set_up(&f);
    succeeded(&f, ACTION_ENTER_MAINTENANCE, 1, "vsan_mode=noAction", "");
    succeeded(&f, ACTION_ENTER_MAINTENANCE, 2, "vsan_mode=evacuateAllData", "");
    succeeded(&f, ACTION_EXIT_MAINTENANCE, 3, "est_s=5", "");
    g_autoptr(ChangePlan) undo = undo_plan(f.journal, NULL);
    CU_ASSERT_EQUAL(row_at(undo, 0)->action, ACTION_ENTER_MAINTENANCE);
    CU_ASSERT_STRING_EQUAL(row_at(undo, 0)->args, "vsan_mode=evacuateAllData");
    tear_down(&f);
    set_up(&f);
    succeeded(&f, ACTION_EXIT_MAINTENANCE, 1, "", "");
    g_autoptr(ChangePlan) not_told = undo_plan(f.journal, NULL);
    CU_ASSERT_STRING_EQUAL(row_at(not_told, 0)->args, "");
    tear_down(&f);
}

static void memory_that_was_taken_back_is_given_again_while_the_vm_is_off(void)
{
    Fixture f;
    set_up(&f);
    succeeded(&f, ACTION_RECLAIM_MEMORY, 1, "power=off est_s=1", "");
    g_autoptr(ChangePlan) back = undo_plan(f.journal, NULL);
    CU_ASSERT_EQUAL(row_at(back, 0)->kind, ROW_STEP);
    CU_ASSERT_EQUAL(row_at(back, 0)->action, ACTION_ADD_MEMORY);
    CU_ASSERT_STRING_EQUAL(row_at(back, 0)->args, "power=off");
    CU_ASSERT_STRING_EQUAL(row_at(back, 0)->from, "h3");
    CU_ASSERT_STRING_EQUAL(row_at(back, 0)->to, "h2");
    CU_ASSERT_PTR_NOT_NULL(strstr(back->summary, "VMs given their memory again 1"));
    tear_down(&f);
}

static void an_action_that_is_not_known_here_is_refused_by_name(void)
{
    Fixture f;
    set_up(&f);
    succeeded(&f, ACTION_ADD_CPU, 1, "", "");
    g_autoptr(ChangePlan) known = undo_plan(f.journal, NULL);
    CU_ASSERT_EQUAL(row_at(known, 0)->kind, ROW_ADVICE);
    succeeded(&f, ACTION_POWER_ON, 2, "", "");
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(undo_plan(f.journal, &error));
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error->message, "found power_on of h1 as step 2, row 4: expected migrate, "));
    tear_down(&f);
}

void test_undo_suite(void)
{
    CU_pSuite suite = CU_add_suite("undo", NULL, NULL);
    CU_ADD_TEST(suite, a_host_that_enters_again_does_so_with_the_same_vsan_mode);
    CU_ADD_TEST(suite, a_host_that_left_has_the_mode_of_its_last_entry_before);
    CU_ADD_TEST(suite, memory_that_was_taken_back_is_given_again_while_the_vm_is_off);
    CU_ADD_TEST(suite, an_action_that_is_not_known_here_is_refused_by_name);
}
