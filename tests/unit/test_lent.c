/* SPDX-License-Identifier: MIT */
#include "plan/lent.h"
#include "tests/unit/cunit.h"

#include <math.h>

void test_lent_suite(void);

/* changes in the order of time, by the sizes that they lead from and to */
static GArray *changes(const double sizes[][2], guint n)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(LentChange));
    for (guint i = 0; i < n; i++) {
        LentChange change = {1000 + i, sizes[i][0], sizes[i][1]};
        g_array_append_val(list, change);
    }
    return list;
}

/* the sizes before each addition that stands, of a VM of so many MiB: "2048 2560"; the caller frees it */
static char *before(const double sizes[][2], guint n, double present)
{
    g_autoptr(GArray) list = changes(sizes, n);
    g_autoptr(GArray) found = lent_sizes_before(list, present);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s%.0f", i ? " " : "", g_array_index(found, double, i));
    return g_string_free(text, FALSE);
}

#define ASSERT_BEFORE(sizes, present, expected)                                                              \
    do {                                                                                                     \
        g_autofree char *found = before(sizes, G_N_ELEMENTS(sizes), present);                                \
        CU_ASSERT_STRING_EQUAL(found, expected);                                                             \
    } while (0)

static void what_was_added_and_not_taken_back_is_lent(void)
{
    static const double added[][2] = {{2048, 2560}, {2560, 3072}};
    static const double taken[][2] = {{2048, 2560}, {2560, 3072}, {3072, 2560}};
    static const double all[][2] = {{2048, 2560}, {2560, 3072}, {3072, 2048}};
    static const double in_part[][2] = {{2048, 2560}, {2560, 3072}, {3072, 2816}};
    static const double again[][2] = {{2048, 2560}, {2560, 2048}, {2048, 2560}};
    ASSERT_BEFORE(added, 3072, "2048 2560");
    ASSERT_BEFORE(taken, 2560, "2048");
    ASSERT_BEFORE(all, 2048, "");
    ASSERT_BEFORE(in_part, 2816, "2048 2560");
    ASSERT_BEFORE(again, 2560, "2048");
    g_autoptr(GArray) nothing = lent_sizes_before(NULL, 2048);
    CU_ASSERT_EQUAL(nothing->len, 0);
}

static void a_size_of_somebody_elses_is_no_loan(void)
{
    static const double added[][2] = {{2048, 2560}};
    static const double resized[][2] = {{2048, 2560}, {4096, 4608}};
    ASSERT_BEFORE(added, 4096, "");
    ASSERT_BEFORE(added, 2304, "");
    ASSERT_BEFORE(resized, 4608, "4096");
}

static void what_was_taken_back_no_longer_counts_as_added(void)
{
    static const double sizes[][2] = {{2048, 2560}, {2560, 3072}, {3072, 2560}, {2560, 2688}};
    g_autoptr(GArray) list = changes(sizes, G_N_ELEMENTS(sizes));
    g_autoptr(GArray) standing = lent_standing(list);
    CU_ASSERT_EQUAL_FATAL(standing->len, 2);
    CU_ASSERT_EQUAL(g_array_index(standing, LentChange, 0).to_mib, 2560);
    CU_ASSERT_EQUAL(g_array_index(standing, LentChange, 1).to_mib, 2688);
}

static void journals_come_in_any_order(void)
{
    static const double sizes[][2] = {{2048, 2560}, {2560, 3072}, {3072, 2560}};
    g_autoptr(GArray) list = changes(sizes, G_N_ELEMENTS(sizes));
    LentChange first = g_array_index(list, LentChange, 0);
    g_array_remove_index(list, 0);
    g_array_append_val(list, first);
    g_autoptr(GArray) found = lent_sizes_before(list, 2560);
    CU_ASSERT_EQUAL_FATAL(found->len, 1);
    CU_ASSERT_EQUAL(g_array_index(found, double, 0), 2048);
}

void test_lent_suite(void)
{
    CU_pSuite suite = CU_add_suite("lent", NULL, NULL);
    CU_ADD_TEST(suite, what_was_added_and_not_taken_back_is_lent);
    CU_ADD_TEST(suite, a_size_of_somebody_elses_is_no_loan);
    CU_ADD_TEST(suite, what_was_taken_back_no_longer_counts_as_added);
    CU_ADD_TEST(suite, journals_come_in_any_order);
}
