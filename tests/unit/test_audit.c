/* SPDX-License-Identifier: MIT */
#include "apply/audit.h"

#include "tests/unit/cunit.h"

#include <string.h>

void test_audit_suite(void);

static void append(Journal *journal, const char *run, JournalEvent event, const char *plan)
{
    JournalRow row = journal_row_unknown();
    row.seq = journal->rows->len + 1;
    row.time = 1795000000;
    row.run = run;
    row.event = (int)event;
    row.plan = plan;
    row.step = 7;
    row.action = ACTION_MIGRATE;
    row.object = "web";
    row.object_id = "vm-1";
    g_array_append_val(journal->rows, row);
}

static void a_step_that_a_kill_left_open_is_told_with_what_a_later_run_found(void)
{
    Journal journal = {.rows = g_array_new(FALSE, FALSE, sizeof(JournalRow))};
    append(&journal, "run-1", EVENT_INTENT, "plan-1");
    append(&journal, "run-1", EVENT_SUBMITTED, "plan-1");
    append(&journal, "run-2", EVENT_FAILED, "another plan");
    append(&journal, "run-3", EVENT_INTENT, "plan-1");
    g_autofree char *before = audit_text(&journal);
    CU_ASSERT_PTR_NOT_NULL(strstr(before, "called, its end is not known here\n"));
    CU_ASSERT_PTR_NULL(strstr(before, "has it as"));
    append(&journal, "run-4", EVENT_SUCCEEDED, "plan-1");
    g_autofree char *after = audit_text(&journal);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(after, ": called, its end is not known here; run run-4 has it as succeeded\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(after, ": about to be called, its end is not known here; run run-4 has it as succeeded\n"));
    g_array_unref(journal.rows);
}

void test_audit_suite(void)
{
    CU_pSuite suite = CU_add_suite("audit", NULL, NULL);
    CU_ADD_TEST(suite, a_step_that_a_kill_left_open_is_told_with_what_a_later_run_found);
}
