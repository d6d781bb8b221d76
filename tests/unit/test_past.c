/* SPDX-License-Identifier: MIT */
#include "plan/past.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>

void test_past_suite(void);

#define START 1795000000

/* ---- fixtures ---- */

static Journal *new_journal(void)
{
    g_autofree char *path = smallcluster_file("", 0);
    Journal *journal = journal_open(path, FALSE, NULL);
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
    g_autoptr(Past) past = past_new();
    past_add(past, journal, rehearsals);
    CU_ASSERT_EQUAL(past->foreign->len, list_contains(rehearsals, "plan") ? 0 : 1);
    return past_find(past, "vc", "u1", "vm-1")->memory_additions;
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
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    const VmPast *vm = past_find(past, "vc", "u1", "vm-1");
    CU_ASSERT_EQUAL(vm->memory_additions, 2);
    CU_ASSERT_EQUAL(vm->cpu_additions, 1);
    CU_ASSERT_EQUAL(vm->last_migration, START + 9);
    end_journal(journal);
}

static void append_move(Journal *journal, const char *from_id, gint64 after_s)
{
    JournalRow row = journal_row_unknown();
    row.run = "moves";
    row.source_id = "vc";
    row.time = START + after_s;
    row.step = 1;
    row.event = EVENT_SUCCEEDED;
    row.action = ACTION_MIGRATE;
    row.object_id = "vm-1";
    row.from_id = from_id;
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
}

static void when_a_vm_last_left_a_host_is_known(void)
{
    Journal *journal = new_journal();
    append_move(journal, "host-1", 30);
    append_move(journal, "host-2", 60);
    append_move(journal, "host-1", 20);
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    const VmPast *vm = past_find(past, "vc", "", "vm-1");
    CU_ASSERT_EQUAL(past_departure(vm, "host-1", START), START + 30);
    CU_ASSERT_EQUAL(past_departure(vm, "host-1", START + 30), START + 30);
    CU_ASSERT_EQUAL(past_departure(vm, "host-1", START + 31), -1);
    CU_ASSERT_EQUAL(past_departure(vm, "host-3", 0), -1);
    CU_ASSERT_EQUAL(past_departure(past_find(past, "vc", "", "vm-2"), "host-1", 0), -1);
    end_journal(journal);
}

static void a_vm_is_known_by_source_and_uuid_else_by_id(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_CPU, "", 1);
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    CU_ASSERT_EQUAL(past_find(past, "vc", "u1", "vm-renumbered")->memory_additions, 1);
    CU_ASSERT_EQUAL(past_find(past, "other-vc", "u1", "vm-1")->memory_additions, 0);
    CU_ASSERT_EQUAL(past_find(past, "vc", "u2", "vm-1")->memory_additions, 0);
    CU_ASSERT_EQUAL(past_find(past, "vc", "u2", "vm-1")->last_migration, -1);
    CU_ASSERT_EQUAL(past_find(past, "vc", "", "vm-1")->cpu_additions, 1);
    end_journal(journal);
}

static void the_same_journal_twice_counts_once(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 2);
    past_add(past, journal, "");
    CU_ASSERT_EQUAL(past_find(past, "vc", "u1", "vm-1")->memory_additions, 2);
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
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    CU_ASSERT_EQUAL_FATAL(past->migrations->len, 1);
    PastMigration migration = g_array_index(past->migrations, PastMigration, 0);
    CU_ASSERT_EQUAL(migration.copy_mib, 2048);
    CU_ASSERT_EQUAL(migration.est_s, 40.5);
    CU_ASSERT_EQUAL(migration.real_s, 30);
    end_journal(journal);
}

static void journals_are_read_by_path_and_a_bad_one_is_named(void)
{
    Journal *journal = new_journal();
    append(journal, "a", EVENT_SUCCEEDED, ACTION_ADD_MEMORY, "u1", 1);
    char absent[] = "/nonexistent/journal.csv";
    char *paths[] = {journal->path, NULL, NULL};
    g_autoptr(Past) past = past_read(paths, "", NULL);
    CU_ASSERT_FATAL(past != NULL);
    CU_ASSERT_EQUAL(past_find(past, "vc", "u1", "vm-1")->memory_additions, 1);
    paths[1] = absent;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(past_read(paths, "", &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    g_autoptr(Past) none = past_read(NULL, "", NULL);
    CU_ASSERT_PTR_NOT_NULL(none);
    end_journal(journal);
}

/* A migration of VM u1 to a host ended so at this time. */
static void migrated(Journal *journal, JournalEvent event, const char *to_id, const char *detail,
                     gint64 after_s)
{
    JournalRow row = journal_row_unknown();
    row.run = "a";
    row.plan = "plan";
    row.source_id = "vc";
    row.time = START + after_s;
    row.step = 1;
    row.event = (int)event;
    row.action = ACTION_MIGRATE;
    row.object_id = "vm-1";
    row.instance_uuid = "u1";
    row.to_id = to_id;
    row.detail = detail;
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
}

/* The fault that speaks against a migration to the host, since so many seconds after the start; "" for none.
 */
static char *refusal_of(const Journal *journal, Action action, const char *host_id, gint64 since_s)
{
    g_autoptr(Past) past = past_new();
    past_add(past, journal, "");
    past_add(past, journal, "");
    const VmPast *vm = past_find(past, "vc", "u1", "vm-1");
    const PastRefusal *refusal = past_refusal(vm, action, host_id, START + since_s);
    return g_strdup(refusal ? refusal->fault : "");
}

#define ASSERT_REFUSAL(journal, action, host_id, since_s, expected)                                          \
    do {                                                                                                     \
        g_autofree char *found_ = refusal_of(journal, action, host_id, since_s);                             \
        CU_ASSERT_STRING_EQUAL(found_, expected);                                                            \
    } while (0)

static void what_a_vm_was_refused_binds_it_on_every_host_and_a_pair_on_that_host(void)
{
    Journal *journal = new_journal();
    migrated(journal, EVENT_REFUSED, "h1", "CannotAccessNetwork: no such network", 10);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "CannotAccessNetwork");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h2", 0, "");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "", 0, "");
    migrated(journal, EVENT_REFUSED, "h2", "DeviceNotSupported: Device USB", 20);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "DeviceNotSupported");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h3", 0, "DeviceNotSupported");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "", 0, "DeviceNotSupported");
    ASSERT_REFUSAL(journal, ACTION_ADD_MEMORY, "", 0, "");
    end_journal(journal);
}

static void a_refusal_is_forgotten_after_a_while_or_where_it_succeeded_since(void)
{
    Journal *journal = new_journal();
    migrated(journal, EVENT_REFUSED, "h1", "CannotAccessNetwork: no such network", 10);
    migrated(journal, EVENT_REFUSED, "h2", "MethodDisabled: by backup", 20);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h2", 20, "MethodDisabled");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h2", 21, "");
    migrated(journal, EVENT_SUCCEEDED, "h3", "", 30);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h2", 0, "");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "CannotAccessNetwork");
    migrated(journal, EVENT_SUCCEEDED, "h1", "", 40);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "");
    migrated(journal, EVENT_REFUSED, "h1", "CannotAccessNetwork: again", 50);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "CannotAccessNetwork");
    end_journal(journal);
}

/* Also as journals had it before there were refusals: failed, the address and the method first. */
static void what_passes_or_is_no_fault_is_no_refusal(void)
{
    Journal *journal = new_journal();
    migrated(journal, EVENT_REFUSED, "h1", "InsufficientMemoryResourcesFault: too little", 10);
    migrated(journal, EVENT_REFUSED, "h1", "NoPermission: the account lacks it", 11);
    migrated(journal, EVENT_FAILED, "h1", "its task is gone, and the VM is on h2", 12);
    migrated(journal, EVENT_SKIPPED, "h1", "MethodDisabled: not of this event", 13);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "");
    migrated(journal, EVENT_FAILED, "h1",
             "https://vc/sdk: RelocateVM_Task: VMotionNotConfigured: no interface", 14);
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "VMotionNotConfigured");
    end_journal(journal);
}

static void an_addition_that_was_refused_is_the_vms(void)
{
    Journal *journal = new_journal();
    JournalRow row = journal_row_unknown();
    row.run = "a";
    row.plan = "plan";
    row.source_id = "vc";
    row.time = START;
    row.step = 1;
    row.event = EVENT_REFUSED;
    row.action = ACTION_ADD_MEMORY;
    row.object_id = "vm-1";
    row.instance_uuid = "u1";
    row.detail = "MemorySizeNotSupported: 4097";
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
    ASSERT_REFUSAL(journal, ACTION_ADD_MEMORY, "", 0, "MemorySizeNotSupported");
    ASSERT_REFUSAL(journal, ACTION_ADD_CPU, "", 0, "");
    ASSERT_REFUSAL(journal, ACTION_MIGRATE, "h1", 0, "");
    end_journal(journal);
}

void test_past_suite(void)
{
    CU_pSuite suite = CU_add_suite("past", NULL, NULL);
    CU_ADD_TEST(suite, a_rehearsal_counts_for_its_result_alone);
    CU_ADD_TEST(suite, only_what_succeeded_counts);
    CU_ADD_TEST(suite, when_a_vm_last_left_a_host_is_known);
    CU_ADD_TEST(suite, a_vm_is_known_by_source_and_uuid_else_by_id);
    CU_ADD_TEST(suite, the_same_journal_twice_counts_once);
    CU_ADD_TEST(suite, durations_are_from_submitted_to_succeeded_in_one_run);
    CU_ADD_TEST(suite, what_a_vm_was_refused_binds_it_on_every_host_and_a_pair_on_that_host);
    CU_ADD_TEST(suite, a_refusal_is_forgotten_after_a_while_or_where_it_succeeded_since);
    CU_ADD_TEST(suite, what_passes_or_is_no_fault_is_no_refusal);
    CU_ADD_TEST(suite, an_addition_that_was_refused_is_the_vms);
    CU_ADD_TEST(suite, journals_are_read_by_path_and_a_bad_one_is_named);
}
