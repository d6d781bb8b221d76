/* SPDX-License-Identifier: MIT */
/*
 * What a vCenter says, read without a network: whatever it says, a snapshot is one that can be read again, or
 * there is none and a word why.
 */
#include "collect/snapshothistory.h"
#include "collect/snapshotreader.h"
#include "tests/fuzz/conversation.h"
#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_conversation_suite(void);

static const char *const files[] = {"session.txt", "inventory.txt", "statistics.txt", "measured.txt"};
enum { SESSION, INVENTORY, STATISTICS, MEASURED, N_FILES };

typedef struct Said {
    char *texts[N_FILES];
    char *directory, *output;
} Said;

static Said *said_new(void)
{
    Said *said = g_new0(Said, 1);
    const char *top = g_getenv("TOP");
    for (int i = 0; i < N_FILES; i++) {
        g_autofree char *path = g_build_filename(top ? top : ".", "tests/fuzz/vcenter", files[i], NULL);
        CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &said->texts[i], NULL, NULL));
    }
    said->directory = g_dir_make_tmp("vmanger-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(said->directory);
    said->output = g_build_filename(said->directory, "s", NULL);
    return said;
}

static void remove_output(const Said *said)
{
    g_autoptr(GDir) directory = g_dir_open(said->output, 0, NULL);
    const char *name;
    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(said->output, name, NULL);
        g_unlink(path);
    }
    g_rmdir(said->output);
}

static void said_free(Said *said)
{
    remove_output(said);
    g_rmdir(said->directory);
    for (int i = 0; i < N_FILES; i++)
        g_free(said->texts[i]);
    g_free(said->directory);
    g_free(said->output);
    g_free(said);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Said, said_free)

/* Collects with one text in place of the good one, and reads what was collected; NULL and the error where it
 * is refused. */
static Snapshot *collect(const Said *said, int file, const char *text, GError **error)
{
    Conversation texts[N_FILES];
    for (int i = 0; i < N_FILES; i++) {
        const char *one = i == file ? text : said->texts[i];
        texts[i] = (Conversation){one, strlen(one)};
    }
    remove_output(said);
    if (!conversation_collect(texts, N_FILES, said->output, error))
        return NULL;
    g_autoptr(GError) failure = NULL;
    Snapshot *snapshot = snapshot_read(said->output, SNAPSHOT_STRICT, &failure);
    if (failure)
        g_printerr("\n%s\n", failure->message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    return snapshot;
}

static char *with(const char *text, const char *before, const char *after)
{
    g_auto(GStrv) parts = g_strsplit(text, before, -1);
    CU_ASSERT_TRUE(g_strv_length(parts) > 1);
    return g_strjoinv(after, parts);
}

static void what_it_says_becomes_a_snapshot(void)
{
    g_autoptr(Said) said = said_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, SESSION, said->texts[SESSION], &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    CU_ASSERT_EQUAL(snapshot->n_hosts, 2);
    CU_ASSERT_EQUAL(snapshot->n_vms, 2);
    CU_ASSERT_EQUAL(snapshot_find_vm(snapshot, "vm-4"), 1);
}

/* The first query is refused as too large, of its halves one is of a VM that is gone by then. An interval is
 * as long as the server says, not as was asked for. */
static void what_it_kept_becomes_a_history(void)
{
    g_autoptr(Said) said = said_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, SESSION, said->texts[SESSION], &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    g_autoptr(History) history = history_new();
    CU_ASSERT_TRUE_FATAL(snapshot_history_take(history, snapshot, said->output, &error));
    history_know(history, snapshot);
    const Rollup *cpu = history_of_vm(history, snapshot, 0, FOLLOWED_CPU);
    const Rollup *held = history_of_vm(history, snapshot, 0, FOLLOWED_HELD);
    CU_ASSERT_TRUE_FATAL(cpu && held);
    CU_ASSERT_EQUAL(cpu->n_recent, 2);
    CU_ASSERT_EQUAL(cpu->recent[1].mean, 16901);
    CU_ASSERT_EQUAL(cpu->recent[1].end, snapshot->info.taken_at - 600);
    CU_ASSERT_EQUAL(cpu->recent[1].seconds, 300);
    CU_ASSERT_EQUAL(held->n_recent, 3);
    CU_ASSERT_EQUAL(held->recent[2].mean, 483094946.0 + 16106127);
    CU_ASSERT_EQUAL(cpu->hours[20].mean, 15000);
    CU_ASSERT_EQUAL(cpu->hours[20].weight, 1);
    CU_ASSERT_PTR_NULL(history_of_vm(history, snapshot, 1, FOLLOWED_CPU));
}

/* Of the first VM a week is known, of another something, of a host too; the server tells of the last hour. */
static void what_it_kept_takes_nothing_away_that_is_known_for_longer(void)
{
    g_autoptr(Said) said = said_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, SESSION, said->texts[SESSION], &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    g_autoptr(History) history = history_new();
    const char *key = history_key_of_vm(history, &snapshot->vms[0]);
    Rollup *known = history_rollups_of_vm(history, key);
    gint64 week = snapshot->info.taken_at - 7 * 24 * 3600;
    rollup_add(&known[FOLLOWED_CPU], week, 300, 1);
    rollup_add(&known[FOLLOWED_HELD], snapshot->info.taken_at - 300, 300, 1);
    rollup_add(&history_rollups_of_vm(history, "another")[FOLLOWED_CPU], week, 300, 2);
    rollup_add(&history_rollups_of_host(history, "host")[FOLLOWED_BASE_CPU], week, 300, 3);
    CU_ASSERT_TRUE_FATAL(snapshot_history_take(history, snapshot, said->output, &error));
    known = history_rollups_of_vm(history, key);
    CU_ASSERT_EQUAL(known[FOLLOWED_CPU].n_recent, 1);
    CU_ASSERT_EQUAL(known[FOLLOWED_CPU].recent[0].mean, 1);
    CU_ASSERT_EQUAL(known[FOLLOWED_HELD].n_recent, 3); /* further back than five minutes */
    CU_ASSERT_EQUAL(history_rollups_of_vm(history, "another")[FOLLOWED_CPU].n_recent, 1);
    CU_ASSERT_EQUAL(history_rollups_of_host(history, "host")[FOLLOWED_BASE_CPU].n_recent, 1);
}

static void an_identity_with_a_line_break_is_written_as_an_id(void)
{
    g_autoptr(Said) said = said_new();
    g_autofree char *text = with(said->texts[SESSION], "<instanceUuid>50000000-", "<instanceUuid>50000000\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, SESSION, text, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    CU_ASSERT_STRING_EQUAL(snapshot->info.source_id, "50000000%0A0000-4000-8000-000000000001");
}

static void a_number_out_of_its_bounds_is_no_number(void)
{
    g_autoptr(Said) said = said_new();
    g_autofree char *text =
        with(said->texts[INVENTORY], "<name>config.hotPlugMemoryLimit</name><val>8388608</val>",
             "<name>config.hotPlugMemoryLimit</name><val>1e23</val>");
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, INVENTORY, text, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    CU_ASSERT_TRUE(isnan(snapshot->vms[0].memory_hot_add_limit_mib));
}

static void without_a_number_that_each_row_must_have_there_is_no_snapshot(void)
{
    g_autoptr(Said) said = said_new();
    g_autofree char *text = with(said->texts[INVENTORY], "<memorySize>549755813888</memorySize>",
                                 "<memorySize>1e23</memorySize>");
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = collect(said, INVENTORY, text, &error);
    CU_ASSERT_PTR_NULL(snapshot);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "hosts.csv: host-1-1: memory_kib: found \"97656249999999"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "expected a whole number from 0 to "));
}

/* Puts a number in the place of each that stands alone between two tags, one after the other. */
static void try_number(const Said *said, int file, const char *number)
{
    const char *text = said->texts[file];
    for (const char *at = strchr(text, '>'); at; at = strchr(at + 1, '>')) {
        gsize length = strspn(at + 1, "0123456789.");
        if (length == 0 || at[1 + length] != '<')
            continue;
        g_autofree char *before = g_strndup(text, (gsize)(at + 1 - text));
        g_autofree char *spoilt = g_strconcat(before, number, at + 1 + length, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Snapshot) snapshot = collect(said, file, spoilt, &error);
        CU_ASSERT_TRUE(snapshot != NULL || (error && *error->message));
    }
}

static void a_number_may_be_anything(void)
{
    static const char *const numbers[] = {"1e23", "-7", "0.0004"};
    g_autoptr(Said) said = said_new();
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        try_number(said, INVENTORY, numbers[i]);
        try_number(said, STATISTICS, numbers[i]);
        try_number(said, MEASURED, numbers[i]);
    }
}

void test_conversation_suite(void)
{
    CU_pSuite suite = CU_add_suite("conversation", NULL, NULL);
    CU_ADD_TEST(suite, what_it_says_becomes_a_snapshot);
    CU_ADD_TEST(suite, what_it_kept_becomes_a_history);
    CU_ADD_TEST(suite, what_it_kept_takes_nothing_away_that_is_known_for_longer);
    CU_ADD_TEST(suite, an_identity_with_a_line_break_is_written_as_an_id);
    CU_ADD_TEST(suite, a_number_out_of_its_bounds_is_no_number);
    CU_ADD_TEST(suite, without_a_number_that_each_row_must_have_there_is_no_snapshot);
    CU_ADD_TEST(suite, a_number_may_be_anything);
}
