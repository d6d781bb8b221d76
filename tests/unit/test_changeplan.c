/* SPDX-License-Identifier: MIT */
#include "plan/changeplan.h"

#include "collect/digest.h"
#include "collect/escape.h"
#include "plan/dependencies.h"
#include "plan/planfile.h"
#include "tests/unit/cunit.h"
#include "tests/unit/planning.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_changeplan_suite(void);

/* ---- fixtures ---- */

static PlanRow migration(double step, const char *after)
{
    PlanRow row = step_row(ACTION_MIGRATE, step, "vm-1", "host-1", "host-2");
    row.after = after;
    row.object = "web, \"one\"";
    row.instance_uuid = "5012-aa";
    row.cluster_id = "domain-c1";
    row.cluster = "=cluster()";
    row.from = "esx1";
    row.to = "-esx2";
    row.est_s = 13;
    row.reason = "esx1 is hot";
    return row;
}

static PlanRow addition(double step, const char *after)
{
    PlanRow row = migration(step, after);
    row.action = ACTION_ADD_MEMORY;
    row.from_id = row.to_id = "";
    row.from = "1024";
    row.to = "1152";
    row.unit = "MiB";
    return row;
}

static ChangePlan *plan_with_header(void)
{
    ChangePlan *plan = changeplan_new();
    plan->snapshot = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    plan->policy = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    plan->source = "https://vc.example/sdk";
    plan->source_id = "uuid-of-vc";
    plan->taken_at = 1795000000;
    plan->seed = "1";
    plan->summary = "+1 migration";
    const ClusterFigures figures = {.before = {1, 2, 81.5, 40, 3.125, 0, NAN, NAN},
                                    .after = {0, 2, 79.9, 40, 1, 0, NAN, NAN},
                                    .steps = 3,
                                    .moves = 2,
                                    .copy_mib = 2048,
                                    .makespan_s = 27.5};
    changeplan_add_cluster(plan, "domain-c1", "-name", &figures);
    return plan;
}

/* The bytes of the plan's file. */
static char *text_of(ChangePlan *plan)
{
    g_autofree char *path = smallcluster_file("", 0);
    char *text = NULL;
    CU_ASSERT_FATAL(changeplan_write(plan, path, NULL, NULL));
    CU_ASSERT_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    return text;
}

/* Steps 1, 2 after 1 and 3 after both, an advice and an unsolved row, as a file's text. */
static char *sample_text(void)
{
    g_autoptr(ChangePlan) plan = plan_with_header();
    PlanRow rows[] = {migration(1, ""), addition(2, "1"), migration(3, "1 2"), migration(NAN, ""),
                      plan_row_unknown()};
    rows[3].kind = ROW_ADVICE;
    rows[3].approve = -1;
    rows[4].kind = ROW_UNSOLVED;
    rows[4].object_id = "host-9";
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        changeplan_add(plan, &rows[i]);
    return text_of(plan);
}

static ChangePlan *read_text(const char *text, ChangePlanTrust trust, GError **error)
{
    g_autofree char *path = smallcluster_file(text, strlen(text));
    ChangePlan *plan = changeplan_read(path, trust, error);
    g_unlink(path);
    return plan;
}

static char *replaced(const char *text, const char *old, const char *new)
{
    CU_ASSERT_FATAL(strstr(text, old) != NULL);
    g_auto(GStrv) parts = g_strsplit(text, old, 2);
    return g_strjoinv(new, parts);
}

/* The error of a plan that is refused must say all of these words. */
static void assert_refused(const char *text, ChangePlanTrust trust, const char *where, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = read_text(text, trust, &error);
    CU_ASSERT_PTR_NULL(plan);
    CU_ASSERT_FATAL(error != NULL);
    if (!strstr(error->message, where) || !strstr(error->message, what))
        g_printerr("\nfound: %s\nexpected: %s … %s\n", error->message, where, what);
    CU_ASSERT(strstr(error->message, where) && strstr(error->message, what));
}

/* A change of the text that only its digest shows, and that keeps its sense. */
static void assert_edit_refused(const char *old, const char *new, ChangePlanTrust trust, const char *where,
                                const char *what)
{
    g_autofree char *text = sample_text();
    g_autofree char *edited = replaced(text, old, new);
    assert_refused(edited, trust, where, what);
}

/* ---- tests ---- */

static void what_was_written_is_read_back(void)
{
    g_autofree char *text = sample_text();
    g_autoptr(ChangePlan) plan = read_text(text, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL);
    CU_ASSERT_EQUAL(plan->rows->len, 5);
    CU_ASSERT_EQUAL(plan->taken_at, 1795000000);
    CU_ASSERT_STRING_EQUAL(plan->source, "https://vc.example/sdk");
    CU_ASSERT_STRING_EQUAL(plan->stopped_by, "");
    CU_ASSERT_STRING_EQUAL(plan->summary, "+1 migration");
    const PlanCluster *cluster = changeplan_find_cluster(plan, "domain-c1");
    CU_ASSERT_FATAL(cluster != NULL);
    CU_ASSERT_STRING_EQUAL(cluster->name, "-name");
    CU_ASSERT_TRUE(cluster->figures.before.max_cpu_pct == 81.5 && cluster->figures.after.max_cpu_pct == 79.9);
    CU_ASSERT_TRUE(cluster->figures.steps == 3 && isnan(cluster->figures.after.failover_lack_mhz));
    CU_ASSERT_PTR_NULL(changeplan_find_cluster(plan, "domain-c2"));
    const PlanRow *row = changeplan_find_step(plan, 3);
    CU_ASSERT_FATAL(row != NULL);
    CU_ASSERT_STRING_EQUAL(row->object, "web, \"one\"");
    CU_ASSERT_STRING_EQUAL(row->cluster, "=cluster()");
    CU_ASSERT_EQUAL(row->est_s, 13);
    CU_ASSERT_EQUAL(g_array_index(plan->rows, PlanRow, 4).action, -1);
    g_autoptr(GArray) after = plan_row_after(row);
    CU_ASSERT_EQUAL(after->len, 2);
    CU_ASSERT_EQUAL(g_array_index(after, double, 1), 2);
    CU_ASSERT_PTR_NULL(changeplan_find_step(plan, 4));
}

static void formulas_are_shielded_in_rows_and_header(void)
{
    g_autofree char *text = sample_text();
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",'=cluster(),"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",'-esx2,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#cluster,domain-c1,'-name,hot_hosts=1/0,short_vms=2/2,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#summary,'+1 migration\n"));
}

static void reading_and_writing_again_gives_the_same_bytes(void)
{
    g_autofree char *text = sample_text();
    g_autoptr(ChangePlan) plan = read_text(text, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL);
    g_autofree char *again = text_of(plan);
    CU_ASSERT_STRING_EQUAL(again, text);
}

/* Sheets keep such cells, as they are, only behind a '. */
static void cells_that_a_spreadsheet_would_rewrite_are_shielded(void)
{
    static const char *const risky[] = {
        "0012",     "1-2",   "MAR1",       "TRUE",   "wahr", "VRAI", "1E5",    "12e5",         "4.5", "1,5",
        "10.1.2.3", "12:30", "1234567890", "Dez 24", "5 pm", "(5)",  "März 3", "4\302\240123", "5%",  "=1+2"};
    static const char *const kept[] = {
        "",      "web",    "12",       "0",      "123456789",
        "vm-63", "host-1", "01-web",   "h-1",    "e-1",
        "c1e5x", "MARS",   "decent-3", "1/2-vm", "12345678-1234-1234-1234-123456789012"};
    for (gsize i = 0; i < G_N_ELEMENTS(risky); i++)
        CU_ASSERT(escape_is_rewritten(risky[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        CU_ASSERT(!escape_is_rewritten(kept[i]));
}

/* A plan full of such ids and names. */
static char *risky_text(void)
{
    g_autoptr(ChangePlan) plan = plan_with_header();
    PlanRow row = migration(1, "");
    row.object_id = "0012";
    row.object = "TRUE";
    row.instance_uuid = "12e5";
    row.from_id = "1-2";
    row.to_id = "MAR1";
    row.from = "1.5";
    plan->source_id = "1E5";
    plan->seed = "18446744073709551615";
    changeplan_add(plan, &row);
    row = addition(4, "1");
    changeplan_add(plan, &row);
    row = addition(123, "1 4");
    changeplan_add(plan, &row);
    return text_of(plan);
}

static void ids_like_numbers_dates_and_booleans_are_written_as_text(void)
{
    g_autofree char *text = risky_text();
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",migrate,'0012,'TRUE,'12e5,domain-c1,'=cluster(),'1-2,'1.5,'MAR1,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nstep,123,'1 4,yes,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nstep,4,1,yes,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#source_id,'1E5\n#taken_at,2026-"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#seed,'18446744073709551615\n"));
    g_autoptr(ChangePlan) plan = read_text(text, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL);
    CU_ASSERT_STRING_EQUAL(changeplan_find_step(plan, 1)->object_id, "0012");
    CU_ASSERT_STRING_EQUAL(changeplan_find_step(plan, 1)->instance_uuid, "12e5");
    CU_ASSERT_STRING_EQUAL(changeplan_find_step(plan, 123)->after, "1 4");
    CU_ASSERT_STRING_EQUAL(plan->source_id, "1E5");
}

/* The text as LibreOffice and Excel save it where the comma is the decimal sign. */
static char *as_sheet(const char *text, char separator, gboolean quoted)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text, strlen(text), "plan.csv", NULL);
    GString *out = g_string_new("\xef\xbb\xbf");
    while (csv_reader_next(csv, NULL)) {
        for (guint i = 0; i < 24; i++) {
            const char *cell = i < csv_reader_n_cells(csv) ? csv_reader_cell(csv, i) : "";
            gboolean quotes = *cell && (quoted || strpbrk(cell, "\";\t"));
            g_auto(GStrv) parts = g_strsplit(cell, "\"", -1);
            g_autofree char *doubled = g_strjoinv("\"\"", parts);
            if (i > 0)
                g_string_append_c(out, separator);
            g_string_append_printf(out, quotes ? "\"%s\"" : "%s", quotes ? doubled : cell);
        }
        g_string_append(out, "\r\n");
    }
    return g_string_free(out, FALSE);
}

static void a_plan_that_a_spreadsheet_saved_is_the_same_plan(void)
{
    g_autofree char *text = sample_text();
    g_autofree char *risky = risky_text();
    const char *const texts[] = {text, risky};
    for (guint i = 0; i < 3 * 2 * G_N_ELEMENTS(texts); i++) {
        const char *made = texts[i / 6];
        g_autofree char *saved = as_sheet(made, ",;\t"[i % 3], (i / 3) % 2 == 1);
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangePlan) plan = read_text(saved, CHANGEPLAN_AS_MADE, &error);
        if (error)
            g_printerr("\n%s\n", error->message);
        CU_ASSERT_FATAL(plan != NULL);
        g_autofree char *again = text_of(plan);
        CU_ASSERT_STRING_EQUAL(again, made);
    }
}

static void approvals_may_be_in_capitals_and_emptied_rows_are_absent(void)
{
    g_autofree char *text = sample_text();
    g_autofree char *declined = replaced(text, "step,3,'1 2,yes", "step,3,'1 2,No");
    g_autofree char *edited = g_strconcat(declined, ",,,,,,,,,,,,,,,,,,,,\n", NULL);
    g_autoptr(ChangePlan) plan = read_text(edited, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL);
    CU_ASSERT_EQUAL(plan->rows->len, 5);
    CU_ASSERT_EQUAL(changeplan_find_step(plan, 3)->approve, 0);
}

static void a_row_more_than_plan_wrote_is_refused(void)
{
    g_autofree char *text = sample_text();
    char *advice = strstr(text, "\nadvice");
    CU_ASSERT_FATAL(advice != NULL);
    g_autofree char *twice =
        g_strdup_printf("%s%.*s", text, (int)(strcspn(advice + 1, "\n") + 1), advice + 1);
    assert_refused(twice, CHANGEPLAN_AS_MADE, ":19: check:", "each row once");
}

static guint differing_lines(const char *a, const char *b)
{
    g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(GStrv) of_a = g_strsplit(a, "\n", -1);
    g_auto(GStrv) of_b = g_strsplit(b, "\n", -1);
    guint n = 0;
    for (char **line = of_a; *line; line++)
        g_hash_table_add(lines, *line);
    for (char **line = of_b; *line; line++)
        n += !g_hash_table_contains(lines, *line);
    return n;
}

static char *text_of_many(guint n, guint every)
{
    g_autoptr(ChangePlan) plan = plan_with_header();
    for (guint i = 0; i < n; i++) {
        PlanRow row = migration(i + 1, "");
        row.to = i % every == every - 1 ? "esx3" : row.to;
        changeplan_add(plan, &row);
    }
    return text_of(plan);
}

/* Of 1000 rows five differ: they, #plan, and the #rows rows that list their checks, old and new. */
static void plans_that_differ_in_few_rows_differ_in_few_lines(void)
{
    g_autofree char *one = text_of_many(1000, 5000);
    g_autofree char *other = text_of_many(1000, 200);
    guint lines = differing_lines(one, other);

    CU_ASSERT(lines >= 5 + 1 + 1 && lines <= 5 + 1 + 10);
}

static void rows_of_checks_are_of_bounded_length(void)
{
    g_autofree char *text = text_of_many(1000, 5000);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = 0;
    for (char **line = lines; *line; line++) {
        gboolean checks = g_str_has_prefix(*line, "#rows,");
        CU_ASSERT(!checks || strlen(*line) < 128 * 18 + 7);
        n += checks;
    }
    CU_ASSERT(n >= 1000 / 128);
}

/* The digests of the smallest plan, serialised here by hand as the format's page says. */
static void digests_are_those_of_the_format(void)
{
    g_autoptr(ChangePlan) plan = changeplan_new();
    plan->snapshot = plan->policy = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    plan->source_id = "s";
    plan->taken_at = 0;
    PlanRow row = plan_row_unknown();
    row.kind = ROW_UNSOLVED;
    row.object_id = "host-1";
    row.object = "=h";
    changeplan_add(plan, &row);
    g_autofree char *text = text_of(plan);
    const char *header =
        "9:#snapshot64:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e910:#source_id1:s"
        "9:#taken_at20:1970-01-01T00:00:00Z"
        "7:#policy64:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    const char *cells = "8:unsolved0:0:0:6:host-12:=h0:0:0:0:0:0:0:0:0:0:0:0:0:";
    g_autofree char *hex = digest_of(cells, strlen(cells));
    g_autofree char *check = g_strdup_printf("c%.16s", hex);
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).check, check);
    g_autofree char *whole = g_strconcat("7:#format14:vmanger-plan-2", header, "5:#rows17:", check, NULL);
    g_autofree char *expected = digest_of(whole, strlen(whole));
    CU_ASSERT_STRING_EQUAL(plan->plan, expected);
}

static void spreadsheets_may_pad_and_quote_and_end_lines_with_cr(void)
{
    g_autofree char *text = sample_text();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *padded = g_string_new(NULL);
    for (char **line = lines; *line && **line; line++)
        g_string_append_printf(padded, "%s,,,\r\n", *line);
    g_autofree char *all = g_string_free(padded, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = read_text(all, CHANGEPLAN_AS_MADE, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL(plan);
}

static void approvals_and_deleted_rows_keep_the_identity(void)
{
    g_autofree char *text = sample_text();
    g_autofree char *declined = replaced(text, "step,3,'1 2,yes", "step,3,'1 2,no");
    char *advice = strstr(declined, "\nadvice");
    CU_ASSERT_FATAL(advice != NULL);
    g_autofree char *rest = g_strdup(strchr(advice + 1, '\n'));
    *advice = '\0';
    g_autofree char *edited = g_strconcat(declined, rest, NULL);
    g_autoptr(ChangePlan) plan = read_text(edited, CHANGEPLAN_AS_MADE, NULL);
    g_autoptr(ChangePlan) whole = read_text(text, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL && whole != NULL);
    CU_ASSERT_STRING_EQUAL(plan->plan, whole->plan);
    CU_ASSERT_EQUAL(plan->rows->len, 4);
    CU_ASSERT_EQUAL(changeplan_find_step(plan, 3)->approve, 0);
}

static void changed_rows_and_headers_are_refused_by_name(void)
{
    assert_edit_refused("host-2,'-esx2", "host-3,'-esx2", CHANGEPLAN_AS_MADE, ":14: check:", "was changed");
    assert_edit_refused("#seed,1", "#seed,2", CHANGEPLAN_AS_MADE, ":2: #plan:", "were changed");
    assert_edit_refused("hot_hosts=1/0", "hot_hosts=9/0", CHANGEPLAN_AS_MADE, ":2: #plan:", "were changed");
    assert_edit_refused("#source_id,uuid-of-vc\n", "", CHANGEPLAN_AS_MADE, ": #source_id:", "nothing");
    assert_edit_refused("#seed,1", "#seed,1\n#seed,1", CHANGEPLAN_AS_MADE, ":9: #seed:", "second");
    assert_edit_refused("#format,vmanger-plan-2", "#format,vmanger-plan-9", CHANGEPLAN_AS_MADE,
                        ":1: #format:", "expected vmanger-plan-2");
}

static void figures_that_are_none_are_refused_by_line_and_key(void)
{
    for (guint i = 0; i < 2; i++) {
        ChangePlanTrust trust = i == 0 ? CHANGEPLAN_AS_MADE : CHANGEPLAN_EDITED;
        assert_edit_refused("hot_hosts=1/0", "hot_hosts=1", trust, ":9: #cluster hot_hosts:",
                            "found \"1\": expected two whole numbers, before/after");
        assert_edit_refused("=81.5/", "=81,5/", trust, ":9: #cluster max_cpu_pct:", "found \"81\"");
        assert_edit_refused(",steps=3", "", trust, ":9: #cluster steps:", "found nothing");
        assert_edit_refused("#cluster,domain-c1", "#cluster,", trust, ":9: #cluster:", "a cluster's id");
    }
}

static void a_row_of_another_plan_is_refused(void)
{
    g_autofree char *text = sample_text();
    g_autoptr(ChangePlan) other = plan_with_header();
    PlanRow row = migration(1, "");
    row.to_id = "host-3";
    changeplan_add(other, &row);
    g_autofree char *other_text = text_of(other);
    const char *pasted = strstr(other_text, "\nstep,1,");
    CU_ASSERT_FATAL(pasted != NULL);
    g_autofree char *both = g_strconcat(text, pasted + 1, NULL);
    assert_refused(both, CHANGEPLAN_AS_MADE, ":19: check:", "belongs to another plan");
}

static void steps_that_make_no_sense_are_refused_by_line_and_column(void)
{
    ChangePlanTrust t = CHANGEPLAN_EDITED;
    assert_edit_refused("step,2,1,yes", "step,1,1,yes", t, ":15: step:", "found 1, as in line 14");
    assert_edit_refused("step,1,,yes", "step,1,3,yes", t,
                        ":16: after:", "found a cycle, step 3 after step 1 after step 3");
    assert_edit_refused("step,2,1,yes", "step,2,2,yes", t, ":15: after:", "step 2 after step 2");
    assert_edit_refused("step,2,1,yes", "step,2,x,yes", t, ":15: after:", "found \"x\"");
    assert_edit_refused("step,2,1,yes", "step,2,1,maybe", t, ":15: approve:", "yes or no");
    assert_edit_refused("step,2,1,yes", "step,2,1,", t, ":15: approve:", "nothing");
    assert_edit_refused("step,2,1,yes", "step,0,1,yes", t, ":15: step:", "found \"0\"");
    assert_edit_refused("step,2,1,yes", "step,2.5,1,yes", t, ":15: step:", "\"2.5\"");
    assert_edit_refused("step,2,1,yes", "step,,1,yes", t, ":15: step:", "nothing");
    assert_edit_refused("migrate", "teleport", t, ":14: action:", "\"teleport\"");
    assert_edit_refused("host-1,esx1", ",esx1", t, ":14: from_id:", "nothing");
    assert_edit_refused("host-2,'-esx2", "host-1,'-esx2", t, ":14: to_id:", "another host");
    assert_edit_refused(",1152,", ",1024,", t, ":15: to:", "above from");
    assert_edit_refused(",1152,", ",-1,", t, ":15: to:", "whole number");
    assert_edit_refused(",MiB,", ",GiB,", t, ":15: unit:", "MiB");
    assert_edit_refused("advice,,,,", "advice,,,yes,", t, ":17: approve:", "only steps");
    assert_edit_refused(",13,", ",13x,", t, ":14: est_s:", "13x");
}

static void dependencies_on_steps_taken_out_are_named_or_dropped(void)
{
    g_autofree char *text = sample_text();
    g_autofree char *declined = replaced(text, "step,1,,yes", "step,1,,no");
    g_autoptr(ChangePlan) plan = read_text(declined, CHANGEPLAN_AS_MADE, NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FATAL(plan != NULL);
    CU_ASSERT_FALSE(changeplan_check_dependencies(plan, &error));
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "step 2 after step 1, which is not approved"));
    CU_ASSERT_EQUAL(changeplan_drop_dependents(plan), 2);
    CU_ASSERT_TRUE(changeplan_check_dependencies(plan, NULL));
    CU_ASSERT_EQUAL(changeplan_find_step(plan, 3)->approve, 0);
}

static void a_dependent_that_stands_before_is_dropped_too(void)
{
    g_autoptr(ChangePlan) plan = plan_with_header();
    PlanRow rows[] = {migration(3, "2"), migration(2, "1")};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        changeplan_add(plan, &rows[i]);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(changeplan_check_dependencies(plan, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "which is absent"));
    CU_ASSERT_EQUAL(changeplan_drop_dependents(plan), 2);
}

void test_changeplan_suite(void)
{
    CU_pSuite suite = CU_add_suite("changeplan", NULL, NULL);
    CU_ADD_TEST(suite, what_was_written_is_read_back);
    CU_ADD_TEST(suite, formulas_are_shielded_in_rows_and_header);
    CU_ADD_TEST(suite, reading_and_writing_again_gives_the_same_bytes);
    CU_ADD_TEST(suite, cells_that_a_spreadsheet_would_rewrite_are_shielded);
    CU_ADD_TEST(suite, ids_like_numbers_dates_and_booleans_are_written_as_text);
    CU_ADD_TEST(suite, a_plan_that_a_spreadsheet_saved_is_the_same_plan);
    CU_ADD_TEST(suite, approvals_may_be_in_capitals_and_emptied_rows_are_absent);
    CU_ADD_TEST(suite, a_row_more_than_plan_wrote_is_refused);
    CU_ADD_TEST(suite, plans_that_differ_in_few_rows_differ_in_few_lines);
    CU_ADD_TEST(suite, rows_of_checks_are_of_bounded_length);
    CU_ADD_TEST(suite, digests_are_those_of_the_format);
    CU_ADD_TEST(suite, spreadsheets_may_pad_and_quote_and_end_lines_with_cr);
    CU_ADD_TEST(suite, approvals_and_deleted_rows_keep_the_identity);
    CU_ADD_TEST(suite, changed_rows_and_headers_are_refused_by_name);
    CU_ADD_TEST(suite, figures_that_are_none_are_refused_by_line_and_key);
    CU_ADD_TEST(suite, a_row_of_another_plan_is_refused);
    CU_ADD_TEST(suite, steps_that_make_no_sense_are_refused_by_line_and_column);
    CU_ADD_TEST(suite, dependencies_on_steps_taken_out_are_named_or_dropped);
    CU_ADD_TEST(suite, a_dependent_that_stands_before_is_dropped_too);
}
