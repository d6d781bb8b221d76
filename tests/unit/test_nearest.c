/* SPDX-License-Identifier: MIT */
#include "collect/nearest.h"
#include "tests/unit/cunit.h"

void test_nearest_suite(void);

static void each_change_of_a_letter_counts_one(void)
{
    CU_ASSERT_EQUAL(nearest_distance("mean", "mean"), 0);
    CU_ASSERT_EQUAL(nearest_distance("mean", "men"), 1);
    CU_ASSERT_EQUAL(nearest_distance("men", "mean"), 1);
    CU_ASSERT_EQUAL(nearest_distance("mean", "moan"), 1);
    CU_ASSERT_EQUAL(nearest_distance("maen", "mean"), 1);
    CU_ASSERT_EQUAL(nearest_distance("kitten", "sitting"), 3);
    CU_ASSERT_EQUAL(nearest_distance("", "abc"), 3);
    CU_ASSERT_EQUAL(nearest_distance("abc", ""), 3);
}

static void a_letters_case_counts_nothing(void)
{
    CU_ASSERT_EQUAL(nearest_distance("Optimize", "optimize"), 0);
}

static void wildcards_stand_for_what_they_match(void)
{
    CU_ASSERT_EQUAL(nearest_distance("web-*", "web-01"), 0);
    CU_ASSERT_EQUAL(nearest_distance("*", ""), 0);
    CU_ASSERT_EQUAL(nearest_distance("web-0?", "web-01"), 0);
    CU_ASSERT_EQUAL(nearest_distance("wbe-*", "web-01"), 1);
    CU_ASSERT_EQUAL(nearest_distance("web-?", "web-"), 1);
}

static void the_first_of_the_nearest_is_named(void)
{
    static const char *const names[] = {"low", "high", "off", "of", NULL}, *const none[] = {NULL};
    CU_ASSERT_STRING_EQUAL(nearest_of("hihg", names), "high");
    CU_ASSERT_STRING_EQUAL(nearest_of("xyz", names), "low");
    CU_ASSERT_PTR_NULL(nearest_of("x", none));
}

static void a_name_that_holds_the_word_is_nearer_than_one_of_its_length(void)
{
    CU_ASSERT_TRUE(nearest_rank("mail", "corp-mail-01") < nearest_rank("mail", "hail"));
    CU_ASSERT_TRUE(nearest_rank("mail", "mail-1") < nearest_rank("mail", "mail-100"));
}

static void a_part_of_a_name_is_meant_only_where_few_letters_differ(void)
{
    CU_ASSERT_TRUE(nearest_may_be_meant("jenkins", "ham-jenkins"));
    CU_ASSERT_TRUE(nearest_may_be_meant("jenkims", "ham-jenkins"));
    CU_ASSERT_TRUE(nearest_may_be_meant("web", "ham-shop-web01"));
    CU_ASSERT_TRUE(nearest_may_be_meant("ham-jekins", "ham-jenkins"));
    CU_ASSERT_TRUE(nearest_may_be_meant("mial", "mail"));
    CU_ASSERT_FALSE(nearest_may_be_meant("nope", "ham-k8s-node01"));
    CU_ASSERT_FALSE(nearest_may_be_meant("nobody", "ham-k8s-node01"));
    CU_ASSERT_FALSE(nearest_may_be_meant("xyz", "ham-backup-proxy01"));
    CU_ASSERT_FALSE(nearest_may_be_meant("k8", "ham-k8s-node01"));
    CU_ASSERT_FALSE(nearest_may_be_meant("jenkixx", "ham-jenkins"));
    CU_ASSERT_FALSE(nearest_may_be_meant("", "ham-jenkins"));
}

static void what_was_expected_names_the_nearest_only_where_it_is_close(void)
{
    static const char *const names[] = {"optimize", "threshold", NULL};
    g_autofree char *close = nearest_expected("optimise", names);
    g_autofree char *far = nearest_expected("fast", names);
    g_autofree char *empty = nearest_expected("", names);
    CU_ASSERT_STRING_EQUAL(close, "one of optimize, threshold (the nearest is optimize)");
    CU_ASSERT_STRING_EQUAL(far, "one of optimize, threshold");
    CU_ASSERT_STRING_EQUAL(empty, "one of optimize, threshold");
}

void test_nearest_suite(void)
{
    CU_pSuite suite = CU_add_suite("nearest", NULL, NULL);
    CU_ADD_TEST(suite, each_change_of_a_letter_counts_one);
    CU_ADD_TEST(suite, a_letters_case_counts_nothing);
    CU_ADD_TEST(suite, wildcards_stand_for_what_they_match);
    CU_ADD_TEST(suite, the_first_of_the_nearest_is_named);
    CU_ADD_TEST(suite, a_name_that_holds_the_word_is_nearer_than_one_of_its_length);
    CU_ADD_TEST(suite, a_part_of_a_name_is_meant_only_where_few_letters_differ);
    CU_ADD_TEST(suite, what_was_expected_names_the_nearest_only_where_it_is_close);
}
