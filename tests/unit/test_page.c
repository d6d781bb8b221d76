/* SPDX-License-Identifier: MIT */
#include "analyze/page.h"
#include "analyze/pictures.h"

#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_page_suite(void);

static void assert_markup(Html *html, const char *expected)
{
    const GString *markup = html_markup(html);
    CU_ASSERT_PTR_NOT_NULL_FATAL(markup);
    CU_ASSERT_STRING_EQUAL(markup->str, expected);
}

static void text_stays_text(void)
{
    g_autoptr(Html) html = html_new();
    html_element(html, "p", "a\"b", "<script>alert('1 & 2')</script>");
    assert_markup(html, "<p class=\"a&quot;b\">&lt;script&gt;alert('1 &amp; 2')&lt;/script&gt;</p>");
}

static void what_hides_or_acts_is_spelled_out(void)
{
    g_autoptr(Html) html = html_new();
    html_open(html, "p");
    html_attribute(html, "title", "%s", "two\nlines");
    html_text(html, "\x1b[2J safe\u202etxt.exe \xff");
    assert_markup(html, "<p title=\"two\\u{A}lines\">\\u{1B}[2J safe\\u{202E}txt.exe \uFFFD</p>");
}

static void elements_without_content_are_closed_as_html_has_them(void)
{
    g_autoptr(Html) html = html_new();
    html_element(html, "td", NULL, "");
    html_open(html, "meta");
    html_close(html);
    html_open(html, "span");
    html_open(html, "b");
    assert_markup(html, "<td></td><meta/><span><b></b></span>");
}

static void a_piece_goes_into_another_as_it_is(void)
{
    g_autoptr(Html) html = html_new(), piece = html_new();
    html_element(piece, "i", NULL, "a<b");
    html_open(html, "p");
    html_take(html, piece);
    assert_markup(html, "<p><i>a&lt;b</i></p>");
}

static void numbers_have_a_point(void)
{
    g_autoptr(Html) html = html_new();
    html_open(html, "rect");
    html_number(html, "y", 1.5);
    assert_markup(html, "<rect y=\"1.5\"/>");
}

static void heat_is_above_the_threshold_or_within_two_points(void)
{
    static const struct {
        double use, threshold;
        Heat heat;
    } cases[] = {{80.001, 80, HEAT_HOT}, {80, 80, HEAT_NEAR},  {78, 80, HEAT_NEAR},
                 {77.9, 80, HEAT_NONE},  {NAN, 80, HEAT_NONE}, {99, NAN, HEAT_NONE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        CU_ASSERT_EQUAL(heat_of(cases[i].use, cases[i].threshold), cases[i].heat);
}

static void a_bar_never_leaves_its_picture(void)
{
    g_autoptr(Html) html = html_new();
    picture_bar(html, -5, 250, 80);
    const GString *markup = html_markup(html);
    CU_ASSERT_PTR_NOT_NULL_FATAL(markup);
    CU_ASSERT_PTR_NOT_NULL(strstr(markup->str, "class=\"hot\" y=\"8\" width=\"100.00%\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(markup->str, "class=\"before\" y=\"2\" width=\"0.00%\""));
}

static void a_series_has_gaps_where_samples_are_missing(void)
{
    static const double values[] = {10, 20, NAN, 30};
    g_autoptr(Html) html = html_new();
    picture_series(html, values, G_N_ELEMENTS(values), NAN);
    const GString *markup = html_markup(html);
    CU_ASSERT_PTR_NOT_NULL_FATAL(markup);
    CU_ASSERT_PTR_NOT_NULL(strstr(markup->str, "d=\"M0 90.0h0L1 80.0M3 70.0h0\""));
}

static void a_long_table_is_laid_out_in_parts(void)
{
    static const PageColumn columns[] = {{"Name", FALSE}, {"Number", TRUE}};
    g_autoptr(Html) html = html_new();
    PageTable table = page_table(html, "rows", "Things", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < 250; i++) {
        page_row(&table, NULL);
        page_cell_text(&table, "a");
        page_cell_textf(&table, "%u", i);
        page_row_end(&table);
    }
    page_table_end(&table);
    const GString *markup = html_markup(html);
    CU_ASSERT_PTR_NOT_NULL_FATAL(markup);
    g_auto(GStrv) bodies = g_strsplit(markup->str, "<tbody>", -1);
    CU_ASSERT_EQUAL(g_strv_length(bodies), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(markup->str, "<th class=\"number\">Number</th>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(markup->str, "<td data-title=\"Number\">249</td></tr></tbody></table>"));
}

static void a_page_forbids_all_but_its_own_style_and_script(void)
{
    g_autofree char *path = smallcluster_file("", 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Page) page = page_new(path, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(page);
    html_element(page_body(page), "p", NULL, "all of it");
    CU_ASSERT_TRUE_FATAL(page_write(page, "a <title>", &error));
    g_autofree char *text = NULL;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    CU_ASSERT_TRUE(
        g_str_has_prefix(text, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "content=\"default-src 'none'; style-src 'sha256-"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<title>a &lt;title&gt;</title>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<body><main><p>all of it</p></main><script>"));
    CU_ASSERT_PTR_NULL(strstr(text, "unsafe-inline"));
    CU_ASSERT_PTR_NULL(strstr(text, "http:"));
}

static void a_page_that_is_not_finished_leaves_nothing(void)
{
    g_autofree char *path = smallcluster_file("as before", 9);
    Page *page = page_new(path, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(page);
    page_free(page);
    g_autofree char *text = NULL;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(text, "as before");
    g_unlink(path);
}

void test_page_suite(void)
{
    CU_pSuite suite = CU_add_suite("page", NULL, NULL);
    CU_ADD_TEST(suite, text_stays_text);
    CU_ADD_TEST(suite, what_hides_or_acts_is_spelled_out);
    CU_ADD_TEST(suite, elements_without_content_are_closed_as_html_has_them);
    CU_ADD_TEST(suite, a_piece_goes_into_another_as_it_is);
    CU_ADD_TEST(suite, numbers_have_a_point);
    CU_ADD_TEST(suite, heat_is_above_the_threshold_or_within_two_points);
    CU_ADD_TEST(suite, a_bar_never_leaves_its_picture);
    CU_ADD_TEST(suite, a_series_has_gaps_where_samples_are_missing);
    CU_ADD_TEST(suite, a_long_table_is_laid_out_in_parts);
    CU_ADD_TEST(suite, a_page_forbids_all_but_its_own_style_and_script);
    CU_ADD_TEST(suite, a_page_that_is_not_finished_leaves_nothing);
}
