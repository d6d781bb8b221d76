/* SPDX-License-Identifier: MIT */
#include "plan/changeplan.h"

#include "collect/digest.h"
#include "plan/dependencies.h"
#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

void test_changeplan_suite(void);

/* ---- fixtures ---- */

static char *temporary_path(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "vmanger-plan-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    return g_steal_pointer(&path);
}

static PlanRow migration(double step, const char *after)
{
    PlanRow row = plan_row_unknown();
    row.kind = ROW_STEP;
    row.step = step;
    row.after = after;
    row.approve = 1;
    row.action = ACTION_MIGRATE;
    row.object_id = "vm-1";
    row.object = "web, \"one\"";
    row.instance_uuid = "5012-aa";
    row.cluster_id = "domain-c1";
    row.cluster = "=cluster()";
    row.from_id = "host-1";
    row.from = "esx1";
    row.to_id = "host-2";
    row.to = "-esx2";
    row.est_s = 12.5;
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
    const char *const facts[] = {"hot_hosts=1/0", "=2+2", NULL};
    changeplan_add_cluster(plan, "domain-c1", "-name", facts);
    return plan;
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
    g_autofree char *path = temporary_path();
    CU_ASSERT_FATAL(changeplan_write(plan, path, NULL));
    char *text = NULL;
    CU_ASSERT_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    return text;
}

static ChangePlan *read_text(const char *text, ChangePlanTrust trust, GError **error)
{
    g_autofree char *path = temporary_path();
    CU_ASSERT_FATAL(g_file_set_contents(path, text, -1, NULL));
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
    const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, 0);
    CU_ASSERT_STRING_EQUAL(cluster->name, "-name");
    CU_ASSERT_EQUAL(cluster->facts->len, 2);
    CU_ASSERT_STRING_EQUAL((char *)g_ptr_array_index(cluster->facts, 1), "=2+2");
    const PlanRow *row = changeplan_find_step(plan, 3);
    CU_ASSERT_FATAL(row != NULL);
    CU_ASSERT_STRING_EQUAL(row->object, "web, \"one\"");
    CU_ASSERT_STRING_EQUAL(row->cluster, "=cluster()");
    CU_ASSERT_EQUAL(row->est_s, 12.5);
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
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#cluster,domain-c1,'-name,hot_hosts=1/0,'=2+2\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "#summary,'+1 migration\n"));
}

static void reading_and_writing_again_gives_the_same_bytes(void)
{
    g_autofree char *text = sample_text();
    g_autoptr(ChangePlan) plan = read_text(text, CHANGEPLAN_AS_MADE, NULL);
    CU_ASSERT_FATAL(plan != NULL);
    g_autofree char *path = temporary_path();
    CU_ASSERT(changeplan_write(plan, path, NULL));
    g_autofree char *again = NULL;
    CU_ASSERT(g_file_get_contents(path, &again, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(again, text);
    g_unlink(path);
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
    g_autofree char *path = temporary_path();
    CU_ASSERT_FATAL(changeplan_write(plan, path, NULL));
    g_unlink(path);
    const char *header =
        "9:#snapshot64:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e910:#source_id1:s"
        "9:#taken_at20:1970-01-01T00:00:00Z"
        "7:#policy64:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    const char *cells = "8:unsolved0:0:0:6:host-12:=h0:0:0:0:0:0:0:0:0:0:0:0:";
    g_autofree char *whole = g_strconcat("7:#format14:vmanger-plan-1", header, cells, NULL);
    g_autofree char *expected = digest_of(whole, strlen(whole));
    CU_ASSERT_STRING_EQUAL(plan->plan, expected);
    g_autofree char *one = g_strconcat("64:", expected, cells, NULL);
    g_autofree char *check = digest_of(one, strlen(one));
    check[16] = '\0';
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).check, check);
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
    g_autofree char *declined = replaced(text, "step,3,1 2,yes", "step,3,1 2,no");
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
    assert_edit_refused("host-2,'-esx2", "host-3,'-esx2", CHANGEPLAN_AS_MADE, ":13: check:", "was changed");
    assert_edit_refused("#seed,1", "#seed,2", CHANGEPLAN_AS_MADE, ": #header_check:", "were changed");
    assert_edit_refused("hot_hosts=1/0", "hot_hosts=9/0", CHANGEPLAN_AS_MADE,
                        ": #header_check:", "were changed");
    assert_edit_refused("#source_id,uuid-of-vc\n", "", CHANGEPLAN_AS_MADE, ": #source_id:", "nothing");
    assert_edit_refused("#seed,1", "#seed,1\n#seed,1", CHANGEPLAN_AS_MADE, ":9: #seed:", "second");
    assert_edit_refused("#format,vmanger-plan-1", "#format,vmanger-plan-9", CHANGEPLAN_AS_MADE,
                        ":1: #format:", "expected vmanger-plan-1");
}

static void a_row_of_another_plan_is_refused(void)
{
    g_autofree char *text = sample_text();
    g_autoptr(ChangePlan) other = plan_with_header();
    PlanRow row = migration(1, "");
    changeplan_add(other, &row);
    g_autofree char *path = temporary_path();
    CU_ASSERT_FATAL(changeplan_write(other, path, NULL));
    g_autofree char *other_text = NULL;
    CU_ASSERT_FATAL(g_file_get_contents(path, &other_text, NULL, NULL));
    g_unlink(path);
    const char *pasted = strstr(other_text, "\nstep,1,");
    CU_ASSERT_FATAL(pasted != NULL);
    g_autofree char *both = g_strconcat(text, pasted + 1, NULL);
    assert_refused(both, CHANGEPLAN_AS_MADE, ":18: check:", "belongs to another plan");
}

static void steps_that_make_no_sense_are_refused_by_line_and_column(void)
{
    ChangePlanTrust t = CHANGEPLAN_EDITED;
    assert_edit_refused("step,2,1,yes", "step,1,1,yes", t, ":14: step:", "found 1, as in line 13");
    assert_edit_refused("step,1,,yes", "step,1,3,yes", t,
                        ":15: after:", "found a cycle, step 3 after step 1 after step 3");
    assert_edit_refused("step,2,1,yes", "step,2,2,yes", t, ":14: after:", "step 2 after step 2");
    assert_edit_refused("step,2,1,yes", "step,2,x,yes", t, ":14: after:", "found \"x\"");
    assert_edit_refused("step,2,1,yes", "step,2,1,maybe", t, ":14: approve:", "yes or no");
    assert_edit_refused("step,2,1,yes", "step,2,1,", t, ":14: approve:", "nothing");
    assert_edit_refused("step,2,1,yes", "step,0,1,yes", t, ":14: step:", "found \"0\"");
    assert_edit_refused("step,2,1,yes", "step,2.5,1,yes", t, ":14: step:", "\"2.5\"");
    assert_edit_refused("step,2,1,yes", "step,,1,yes", t, ":14: step:", "nothing");
    assert_edit_refused("migrate", "teleport", t, ":13: action:", "\"teleport\"");
    assert_edit_refused("host-1,esx1", ",esx1", t, ":13: from_id:", "nothing");
    assert_edit_refused("host-2,'-esx2", "host-1,'-esx2", t, ":13: to_id:", "another host");
    assert_edit_refused(",1152,", ",1024,", t, ":14: to:", "above from");
    assert_edit_refused(",1152,", ",-1,", t, ":14: to:", "whole number");
    assert_edit_refused(",MiB,", ",GiB,", t, ":14: unit:", "MiB");
    assert_edit_refused("advice,,,,", "advice,,,yes,", t, ":16: approve:", "only steps");
    assert_edit_refused("12.5", "12.5x", t, ":13: est_s:", "12.5x");
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
    CU_ADD_TEST(suite, digests_are_those_of_the_format);
    CU_ADD_TEST(suite, spreadsheets_may_pad_and_quote_and_end_lines_with_cr);
    CU_ADD_TEST(suite, approvals_and_deleted_rows_keep_the_identity);
    CU_ADD_TEST(suite, changed_rows_and_headers_are_refused_by_name);
    CU_ADD_TEST(suite, a_row_of_another_plan_is_refused);
    CU_ADD_TEST(suite, steps_that_make_no_sense_are_refused_by_line_and_column);
    CU_ADD_TEST(suite, dependencies_on_steps_taken_out_are_named_or_dropped);
    CU_ADD_TEST(suite, a_dependent_that_stands_before_is_dropped_too);
}
