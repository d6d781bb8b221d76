/* SPDX-License-Identifier: MIT */
#include "plan/journal.h"

#include "collect/digest.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

void test_journal_suite(void);

/* ---- fixtures ---- */

static char *unused_path(void)
{
    char *path = smallcluster_file("", 0);
    g_unlink(path);
    return path;
}

static JournalRow event_row(JournalEvent event, const char *detail)
{
    JournalRow row = journal_row_unknown();
    row.event = (int)event;
    row.time = 1795000000;
    row.run = "run-1";
    row.plan = "plan-1";
    row.source_id = "vc-1";
    row.user = "=eve";
    row.step = 7;
    row.action = ACTION_MIGRATE;
    row.object_id = "vm-1";
    row.object = "web, \"one\"";
    row.detail = detail;
    return row;
}

/* A journal of three rows. */
static char *sample_journal(void)
{
    g_autofree char *path = unused_path();
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    const JournalEvent events[] = {EVENT_INTENT, EVENT_SUBMITTED, EVENT_SUCCEEDED};
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        JournalRow row = event_row(events[i], "a\r\nb");
        CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
        CU_ASSERT_EQUAL(row.seq, i + 1);
    }
    return g_steal_pointer(&path);
}

static char *text_of(const char *path)
{
    char *text = NULL;
    CU_ASSERT_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void assert_refused(const char *path, const char *text, const char *said)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FATAL(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(Journal) journal = journal_read(path, &error);
    CU_ASSERT_PTR_NULL(journal);
    CU_ASSERT_FATAL(error != NULL);
    if (!strstr(error->message, said))
        g_printerr("\nfound: %s\nexpected: %s\n", error->message, said);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, said));
}

/* ---- tests ---- */

static void rows_are_read_back_on_one_line_each(void)
{
    g_autofree char *path = sample_journal();
    g_autoptr(Journal) journal = journal_read(path, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    CU_ASSERT_EQUAL(journal->rows->len, 3);
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, 2);
    CU_ASSERT_EQUAL(row->event, EVENT_SUCCEEDED);
    CU_ASSERT_STRING_EQUAL(row->user, "=eve");
    CU_ASSERT_STRING_EQUAL(row->object, "web, \"one\"");
    CU_ASSERT_STRING_EQUAL(row->detail, "a  b");
    CU_ASSERT_EQUAL(row->step, 7);
    CU_ASSERT_STRING_EQUAL(row->chain, journal->chain);
    g_autofree char *text = text_of(path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 5);
    g_unlink(path);
}

/* The first link, made here by hand as the format's page says. */
static void the_chain_is_that_of_the_format(void)
{
    g_autofree char *path = sample_journal();
    g_autoptr(Journal) journal = journal_read(path, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    g_autofree char *text = text_of(path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    *strrchr(lines[1], ',') = '\0';
    g_autofree char *zeros = g_strnfill(64, '0');
    g_autofree char *linked = g_strconcat(zeros, "\n", lines[1], NULL);
    g_autofree char *chain = digest_of(linked, strlen(linked));
    CU_ASSERT_STRING_EQUAL(g_array_index(journal->rows, JournalRow, 0).chain, chain);
    g_unlink(path);
}

static void a_journal_goes_on_where_it_ended(void)
{
    g_autofree char *path = sample_journal();
    {
        g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
        CU_ASSERT_FATAL(journal != NULL);
        CU_ASSERT_EQUAL(journal->torn, 0);
        JournalRow row = event_row(EVENT_RUN_ENDED, "");
        CU_ASSERT(journal_append(journal, &row, NULL));
    }
    g_autoptr(Journal) journal = journal_read(path, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    CU_ASSERT_EQUAL(journal->rows->len, 4);
    g_unlink(path);
}

static void an_edited_removed_added_or_moved_row_shows(void)
{
    g_autofree char *path = sample_journal();
    g_autofree char *text = text_of(path);
    g_auto(GStrv) l = g_strsplit(text, "\n", -1);
    g_auto(GStrv) parts = g_strsplit(text, "submitted", 2);
    g_autofree char *edited = g_strjoinv("failed", parts);
    g_autofree char *removed = g_strjoin("\n", l[0], l[1], l[3], "", NULL);
    g_autofree char *added = g_strjoin("\n", l[0], l[1], l[1], l[2], l[3], "", NULL);
    g_autofree char *moved = g_strjoin("\n", l[0], l[2], l[1], l[3], "", NULL);
    assert_refused(path, edited, ":3: chain:");
    assert_refused(path, removed, ":3: seq: found 3: expected 2");
    assert_refused(path, added, ":3: seq: found 1: expected 2");
    assert_refused(path, moved, ":2: seq: found 2: expected 1");
    g_unlink(path);
}

static void a_renumbered_or_relabelled_journal_shows(void)
{
    g_autofree char *path = sample_journal();
    g_autofree char *text = text_of(path);
    g_auto(GStrv) l = g_strsplit(text, "\n", -1);
    g_autofree char *renumbered = g_strjoin("\n", l[0], l[1], l[3], "", NULL);
    strstr(renumbered, "\n3,")[1] = '2';
    assert_refused(path, renumbered, ":3: chain:");
    g_auto(GStrv) parts = g_strsplit(text, "from_id,from,to_id,to", 2);
    g_autofree char *relabelled = g_strjoinv("to_id,from,from_id,to", parts);
    assert_refused(path, relabelled, ":1: header:");
    assert_refused(path, "", "found nothing: expected a journal");
    g_unlink(path);
}

static void an_incomplete_last_line_is_an_error_when_read_and_taken_off_when_opened(void)
{
    g_autofree char *path = sample_journal();
    g_autofree char *text = text_of(path);
    g_autofree char *torn = g_strconcat(text, "4,2026-11-21T20:1", NULL);
    assert_refused(path, torn, ":5: row: found an incomplete last line");
    g_autofree char *in_quotes = g_strconcat(text, "4,2026-11-21T20:15:00Z,\"a, b", NULL);
    assert_refused(path, in_quotes, ":5: row: found an incomplete last line");
    g_autofree char *in_header = g_strndup(text, 20);
    assert_refused(path, in_header, ":1: row: found an incomplete last line");
    CU_ASSERT_FATAL(g_file_set_contents(path, torn, -1, NULL));
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    CU_ASSERT_EQUAL(journal->torn, 17);
    CU_ASSERT_EQUAL(journal->rows->len, 3);
    g_autofree char *after = text_of(path);
    CU_ASSERT_STRING_EQUAL(after, text);
    /* The last row itself, complete but for its line feed, was not flushed and is not trusted. */
    g_autofree char *unended = g_strndup(text, strlen(text) - 1);
    assert_refused(path, unended, "incomplete last line");
    g_unlink(path);
}

static void a_header_cut_short_begins_anew(void)
{
    g_autofree char *path = unused_path();
    CU_ASSERT_FATAL(g_file_set_contents(path, "seq,time,ru", -1, NULL));
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    JournalRow row = event_row(EVENT_RUN_STARTED, "");
    CU_ASSERT(journal_append(journal, &row, NULL));
    g_autoptr(Journal) again = journal_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(again);
    g_unlink(path);
}

static void a_second_run_is_kept_out(void)
{
    g_autofree char *path = sample_journal();
    g_autoptr(Journal) first = journal_open(path, FALSE, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) second = journal_open(path, FALSE, &error);
    CU_ASSERT_PTR_NOT_NULL(first);
    CU_ASSERT_PTR_NULL(second);
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "in use by another apply"));
    g_unlink(path);
}

static void a_foreign_file_is_not_touched(void)
{
    g_autofree char *path = unused_path();
    CU_ASSERT_FATAL(g_file_set_contents(path, "name,age\nada,36\n", -1, NULL));
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    CU_ASSERT_PTR_NULL(journal);
    g_autofree char *after = text_of(path);
    CU_ASSERT_STRING_EQUAL(after, "name,age\nada,36\n");
    g_unlink(path);
}

static void a_full_disk_is_an_error_naming_the_journal(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_open("/dev/full", FALSE, &error);
    CU_ASSERT_PTR_NULL(journal);
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "/dev/full: cannot be written"));
}

/* What stands in for a disk that fills: the row is refused, and so is every other, whatever becomes of the
 * disk. */
static void nothing_is_written_after_an_error(void)
{
    g_autofree char *path = sample_journal();
    g_autofree char *before = text_of(path);
    g_autoptr(Journal) journal = journal_open(path, FALSE, NULL);
    CU_ASSERT_FATAL(journal != NULL);
    int good = dup(journal->fd), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(good >= 0 && full >= 0 && dup2(full, journal->fd) >= 0);
    JournalRow row = event_row(EVENT_INTENT, "");
    CU_ASSERT_FALSE(journal_append(journal, &row, NULL));
    CU_ASSERT_TRUE(journal->broken);
    CU_ASSERT_FATAL(dup2(good, journal->fd) >= 0);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(journal_append(journal, &row, &error));
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "is not written on after an error"));
    CU_ASSERT_FALSE(journal_flush(journal, NULL));
    g_autofree char *after = text_of(path);
    CU_ASSERT_STRING_EQUAL(after, before);
    close(good);
    close(full);
    g_unlink(path);
}

static void a_foreign_file_without_a_line_end_keeps_its_last_line(void)
{
    static const char *const texts[] = {"name,age\nada,36", "a note", "seq,time,run but other words", "\n",
                                        NULL};
    for (guint i = 0; texts[i]; i++) {
        g_autofree char *path = unused_path();
        CU_ASSERT_FATAL(g_file_set_contents(path, texts[i], -1, NULL));
        g_autoptr(Journal) journal = journal_open(path, TRUE, NULL);
        CU_ASSERT_PTR_NULL(journal);
        g_autofree char *after = text_of(path);
        CU_ASSERT_STRING_EQUAL(after, texts[i]);
        g_unlink(path);
    }
}

static void a_run_tells_its_target_as_older_ones_told_its_kind(void)
{
    g_autofree char *detail = journal_target_text(JOURNAL_VCENTER, "uuid-1");
    JournalRow row = event_row(EVENT_RUN_STARTED, detail);
    CU_ASSERT_STRING_EQUAL(journal_row_target(&row), "vcenter uuid-1");
    CU_ASSERT_TRUE(journal_target_is("vcenter uuid-1", JOURNAL_VCENTER));
    CU_ASSERT_TRUE(journal_target_is("vcenter", JOURNAL_VCENTER));
    CU_ASSERT_FALSE(journal_target_is("vcenters", JOURNAL_VCENTER));
    CU_ASSERT_FALSE(journal_target_is("directory 0a1b", JOURNAL_VCENTER));
    row.detail = "vmanger 0.1 on a directory";
    CU_ASSERT_STRING_EQUAL(journal_row_target(&row), JOURNAL_DIRECTORY);
    row.event = EVENT_FAILED;
    CU_ASSERT_STRING_EQUAL(journal_row_target(&row), "");
}

static void values_are_found_in_a_detail_behind_the_words_of_a_fault(void)
{
    static const char detail[] =
        "DeviceNotSupported: operation_id=x is no word; operation_id=vmanger-1-2 http_status=503";
    g_autofree char *operation = journal_text_in(detail, "operation_id");
    CU_ASSERT_STRING_EQUAL(operation, "vmanger-1-2");
    CU_ASSERT_EQUAL(journal_number_in(detail, "http_status"), 503);
    CU_ASSERT_PTR_NULL(journal_text_in(detail, "operation"));
    CU_ASSERT_TRUE(isnan(journal_number_in(detail, "operation_id")));
}

void test_journal_suite(void)
{
    CU_pSuite suite = CU_add_suite("journal", NULL, NULL);
    CU_ADD_TEST(suite, rows_are_read_back_on_one_line_each);
    CU_ADD_TEST(suite, the_chain_is_that_of_the_format);
    CU_ADD_TEST(suite, a_journal_goes_on_where_it_ended);
    CU_ADD_TEST(suite, an_edited_removed_added_or_moved_row_shows);
    CU_ADD_TEST(suite, a_renumbered_or_relabelled_journal_shows);
    CU_ADD_TEST(suite, an_incomplete_last_line_is_an_error_when_read_and_taken_off_when_opened);
    CU_ADD_TEST(suite, a_header_cut_short_begins_anew);
    CU_ADD_TEST(suite, a_second_run_is_kept_out);
    CU_ADD_TEST(suite, a_foreign_file_is_not_touched);
    CU_ADD_TEST(suite, a_full_disk_is_an_error_naming_the_journal);
    CU_ADD_TEST(suite, nothing_is_written_after_an_error);
    CU_ADD_TEST(suite, a_foreign_file_without_a_line_end_keeps_its_last_line);
    CU_ADD_TEST(suite, values_are_found_in_a_detail_behind_the_words_of_a_fault);
    CU_ADD_TEST(suite, a_run_tells_its_target_as_older_ones_told_its_kind);
}
