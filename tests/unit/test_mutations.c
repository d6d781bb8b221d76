/* SPDX-License-Identifier: MIT */
/*
 * Good files of every format, spoilt in a few thousand ways, always the same: each is accepted, and then
 * usable, or refused with a word.
 */
#include "tests/fuzz/corpus.h"

#include <CUnit/CUnit.h>
#include <string.h>

#define CASES 250     /* of each format */
#define LONG_CASES 50 /* of what a whole conversation with a vCenter is */

void test_mutations_suite(void);

static const char *const scraps[] = {
    ",", "\"",     "\n",        "\r",       "\r\n",        "'",  "=",   "-",      ".",
    " ", "#",      "0",         "-1",       "1e9",         "+1", "nan", "0.0004", "999999999999999",
    "",  "100000", "unlimited", "yes",      "h1 h1",       "[",  "]",   "\t",     "99999999999999999999",
    ";", "\x1b[",  "\xff",      "\xe2\x82", "\xe2\x80\x8b"};

static guint below(GRand *chance, gsize n)
{
    return n > 0 ? (guint)g_rand_int_range(chance, 0, (gint32)n) : 0;
}

/* the length of the line that holds a place, and where it begins */
static gsize line_at(const GString *text, gsize at, gsize *start)
{
    gsize end = at;
    while (at > 0 && text->str[at - 1] != '\n')
        at--;
    while (end < text->len && text->str[end] != '\n')
        end++;
    *start = at;
    return MIN(end + 1, text->len) - at;
}

/* the length of the cell or word that holds a place, and where it begins */
static gsize word_at(const GString *text, gsize at, gsize *start)
{
    gsize end = at;
    while (at > 0 && !strchr(",\n =", text->str[at - 1]))
        at--;
    while (end < text->len && !strchr(",\n =", text->str[end]))
        end++;
    *start = at;
    return end - at;
}

static void mutate(GString *text, GRand *chance)
{
    gsize at = below(chance, text->len), from = below(chance, text->len), start, other;
    const char *scrap = scraps[below(chance, G_N_ELEMENTS(scraps))];
    gsize length;
    switch (below(chance, 8)) {
    case 0: /* a bit flips */
        if (text->len > 0)
            text->str[at] = (char)(text->str[at] ^ (1 << below(chance, 8)));
        break;
    case 1: /* the rest is lost */
        g_string_truncate(text, at);
        break;
    case 2: /* a piece is lost */
        g_string_erase(text, (gssize)at, (gssize)below(chance, MIN(text->len - at, 40) + 1));
        break;
    case 3: /* something gets in */
        g_string_insert(text, (gssize)at, scrap);
        break;
    case 4: /* a row is lost */
        length = line_at(text, at, &start);
        g_string_erase(text, (gssize)start, (gssize)length);
        break;
    case 5: { /* a row stands twice */
        length = line_at(text, from, &start);
        g_autofree char *line = g_strndup(text->str + start, length);
        line_at(text, at, &other);
        g_string_insert(text, (gssize)other, line);
        break;
    }
    case 6: /* a cell becomes something else */
        length = word_at(text, at, &start);
        g_string_erase(text, (gssize)start, (gssize)length);
        g_string_insert(text, (gssize)start, scrap);
        break;
    default: { /* a cell becomes another's */
        length = word_at(text, from, &start);
        g_autofree char *word = g_strndup(text->str + start, length);
        length = word_at(text, at, &start);
        g_string_erase(text, (gssize)start, (gssize)length);
        g_string_insert(text, (gssize)start, word);
    }
    }
}

static guint cases_of(guint format)
{
    return g_str_has_prefix(corpus_name(format), "vcenter/") ? LONG_CASES : CASES;
}

/* Tries spoilt forms of one format; how many were accepted. */
static guint try_format(Corpus *corpus, guint format, GRand *chance)
{
    guint accepted = 0;
    gsize length;
    const char *good = corpus_bytes(corpus, format, &length);
    for (guint i = 0; i < cases_of(format); i++) {
        g_autoptr(GString) text = g_string_new_len(good, (gssize)length);
        for (guint n = 1 + below(chance, 3); n > 0; n--)
            mutate(text, chance);
        g_autoptr(GError) error = NULL;
        gboolean ok = corpus_try(corpus, format, text->str, text->len, &error);
        CU_ASSERT_FATAL(ok || (error && *error->message));
        CU_ASSERT(ok || g_utf8_validate(error->message, -1, NULL));
        accepted += ok;
    }
    return accepted;
}

static void spoilt_files_are_refused_with_a_word_or_usable(void)
{
    g_autoptr(Corpus) corpus = corpus_new();
    GRand *chance = g_rand_new_with_seed(8);
    for (guint format = 0; format < corpus_count(); format++) {
        guint accepted = try_format(corpus, format, chance);
        /* What a server kept of the time before is left out, whatever is wrong with it, and the snapshot
         * stands. */
        gboolean bearable = strcmp(corpus_name(format), "vcenter/statistics.txt") == 0;
        CU_ASSERT(bearable ? accepted == cases_of(format) : accepted < cases_of(format));
        g_test_message("%s: %u of %u accepted", corpus_name(format), accepted, cases_of(format));
    }
    g_rand_free(chance);
}

static void good_files_are_accepted(void)
{
    g_autoptr(Corpus) corpus = corpus_new();
    for (guint format = 0; format < corpus_count(); format++) {
        gsize length;
        const char *good = corpus_bytes(corpus, format, &length);
        g_autoptr(GError) error = NULL;
        CU_ASSERT(corpus_try(corpus, format, good, length, &error));
        if (error)
            g_printerr("\n%s: %s\n", corpus_name(format), error->message);
    }
}

void test_mutations_suite(void)
{
    CU_pSuite suite = CU_add_suite("mutations", NULL, NULL);
    CU_ADD_TEST(suite, good_files_are_accepted);
    CU_ADD_TEST(suite, spoilt_files_are_refused_with_a_word_or_usable);
}
