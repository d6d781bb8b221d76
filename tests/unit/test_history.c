/* SPDX-License-Identifier: MIT */
#include "plan/history.h"
#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

void test_history_suite(void);

#define START 1795000000

/* ---- fixtures ---- */

static Journal *new_journal(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "vmanger-history-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    Journal *journal = journal_open(path, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    return journal;
}

static void end_journal(Journal *journal)
{
    g_unlink(journal->path);
    journal_free(journal);
}

static void append(Journal *journal, const char *run, JournalEvent event, Action action, const char *uuid,
                   gint64 after_s)
{
    JournalRow row = journal_row_unknown();
    row.run = run;
    row.plan = "plan";
    row.source_id = "vc";
    row.time = START + after_s;
    row.step = 1;
    row.event = (int)event;
    row.action = (int)action;
    row.object_id = "vm-1";
    row.instance_uuid = uuid;
    row.detail = event == EVENT_INTENT ? "copy_mib=2048 est_s=40.5" : "";
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
}

static void begin(Journal *journal, const char *run, const char *kind)
{
    g_autofree char *target = journal_target_text(kind, "0a1b");
    JournalRow row = journal_row_unknown();
    row.run = run;
    row.plan = "plan";
    row.source_id = "vc";
    row.time = START;
    row.event = EVENT_RUN_STARTED;
    row.detail = target;
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
}

/* ---- tests ---- */

static guint additions_for(const Journal *journal, const char *rehearsals)
{
    g_autoptr(History) history = history_new();
    history_add(history, journal, rehearsals);
    CU_ASSERT_EQUAL(history->foreign->len, list_contains(rehearsals, "plan") ? 0 : 1);
    return history_of(history, "vc", "u1", "vm-1")->memory_additions;
}

/* As one file may hold both: of an apply that did not tell targets apart. */
static void a_rehearsal_counts_for_its_result_alone(void)
{
    Journal *journal = new_journal();
    begin(journal, "a", JOURNAL_DIRECTORY);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    begin(journal, "b", JOURNAL_VCENTER);
    append(journal, "b", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 2);
    CU_ASSERT_EQUAL(additions_for(journal, ""), 1);
    CU_ASSERT_EQUAL(additions_for(journal, "plan-0"), 1);
    CU_ASSERT_EQUAL(additions_for(journal, "plan-0 plan"), 2);
    end_journal(journal);
}

static void only_what_succeeded_counts(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_INTENT, ACTION_ADD_MEMORY, "u1", 0);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 2);
    append(journal, "a", EVENT_FAILED, ACTION_ADD_MEMORY, "u1", 3);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_CPU, "u1", 4);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_MIGRATE, "u1", 9);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_MIGRATE, "u1", 7);
    g_autoptr(History) history = history_new();
    history_add(history, journal, "");
    const VmHistory *vm = history_of(history, "vc", "u1", "vm-1");
    CU_ASSERT_EQUAL(vm->memory_additions, 2);
    CU_ASSERT_EQUAL(vm->cpu_additions, 1);
    CU_ASSERT_EQUAL(vm->last_migration, START + 9);
    end_journal(journal);
}

static void a_vm_is_known_by_source_and_uuid_else_by_id(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_CPU, "", 1);
    g_autoptr(History) history = history_new();
    history_add(history, journal, "");
    CU_ASSERT_EQUAL(history_of(history, "vc", "u1", "vm-renumbered")->memory_additions, 1);
    CU_ASSERT_EQUAL(history_of(history, "other-vc", "u1", "vm-1")->memory_additions, 0);
    CU_ASSERT_EQUAL(history_of(history, "vc", "u2", "vm-1")->memory_additions, 0);
    CU_ASSERT_EQUAL(history_of(history, "vc", "u2", "vm-1")->last_migration, -1);
    CU_ASSERT_EQUAL(history_of(history, "vc", "", "vm-1")->cpu_additions, 1);
    end_journal(journal);
}

static void the_same_journal_twice_counts_once(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    g_autoptr(History) history = history_new();
    history_add(history, journal, "");
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 2);
    history_add(history, journal, "");
    CU_ASSERT_EQUAL(history_of(history, "vc", "u1", "vm-1")->memory_additions, 2);
    end_journal(journal);
}

static void durations_are_from_submitted_to_succeeded_in_one_run(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_INTENT, ACTION_MIGRATE, "u1", 0);
    append(journal, "a", EVENT_SUBMITTED, ACTION_MIGRATE, "u1", 5);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_MIGRATE, "u1", 35);
    append(journal, "a", EVENT_INTENT, ACTION_MIGRATE, "u1", 40);
    append(journal, "b", EVENT_SUCCEEDED, ACTION_MIGRATE, "u1", 900);
    append(journal, "b", EVENT_INTENT, ACTION_MIGRATE, "u1", 1000);
    append(journal, "b", EVENT_SUCCEEDED, ACTION_MIGRATE, "u1", 1000);
    g_autoptr(History) history = history_new();
    history_add(history, journal, "");
    CU_ASSERT_EQUAL_FATAL(history->migrations->len, 1);
    PastMigration migration = g_array_index(history->migrations, PastMigration, 0);
    CU_ASSERT_EQUAL(migration.copy_mib, 2048);
    CU_ASSERT_EQUAL(migration.est_s, 40.5);
    CU_ASSERT_EQUAL(migration.real_s, 30);
    end_journal(journal);
}

/* what migrations of 1, 2 and 3 GB that took set-up + GB × slope seconds teach at 8,000 Mb/s, having been
 * estimated with another set-up and slope */
static MoveTimes taught(double setup_s, double slope, double est_setup_s, double est_slope, guint n)
{
    g_autoptr(History) history = history_new();
    g_autoptr(Policy) policy = policy_read(NULL, NULL);
    for (guint gb = 1; gb <= n; gb++) {
        PastMigration past = {gb * 1e9 / (1024 * 1024), est_setup_s + gb * est_slope, setup_s + gb * slope};
        g_array_append_val(history->migrations, past);
    }
    return history_move_times(history, policy);
}

static void times_are_fitted_to_bytes_whatever_was_estimated(void)
{
    MoveTimes first = taught(20, 2, 10, 1, 3), again = taught(20, 2, 20, 2, 3);
    CU_ASSERT_DOUBLE_EQUAL(first.setup_s, 20, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(first.slope, 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(first.error_pct, 50, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.setup_s, 20, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.slope, 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.error_pct, 0, 1e-6);
}

static void two_migrations_teach_no_line(void)
{
    MoveTimes few = taught(20, 2, 10, 1, 2);
    CU_ASSERT_EQUAL(few.n, 2);
    CU_ASSERT_EQUAL(few.setup_s, 10);
    CU_ASSERT_EQUAL(few.slope, 1);
    CU_ASSERT_TRUE(isnan(taught(20, 2, 10, 1, 0).error_pct));
}

static void journals_are_read_by_path_and_a_bad_one_is_named(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    char absent[] = "/nonexistent/journal.csv";
    char *paths[] = {journal->path, NULL, NULL};
    g_autoptr(History) history = history_read(paths, "", NULL);
    CU_ASSERT_FATAL(history != NULL);
    CU_ASSERT_EQUAL(history_of(history, "vc", "u1", "vm-1")->memory_additions, 1);
    paths[1] = absent;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(history_read(paths, "", &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    g_autoptr(History) none = history_read(NULL, "", NULL);
    CU_ASSERT_PTR_NOT_NULL(none);
    end_journal(journal);
}

void test_history_suite(void)
{
    CU_pSuite suite = CU_add_suite("history", NULL, NULL);
    CU_ADD_TEST(suite, a_rehearsal_counts_for_its_result_alone);
    CU_ADD_TEST(suite, only_what_succeeded_counts);
    CU_ADD_TEST(suite, a_vm_is_known_by_source_and_uuid_else_by_id);
    CU_ADD_TEST(suite, the_same_journal_twice_counts_once);
    CU_ADD_TEST(suite, durations_are_from_submitted_to_succeeded_in_one_run);
    CU_ADD_TEST(suite, times_are_fitted_to_bytes_whatever_was_estimated);
    CU_ADD_TEST(suite, two_migrations_teach_no_line);
    CU_ADD_TEST(suite, journals_are_read_by_path_and_a_bad_one_is_named);
}
