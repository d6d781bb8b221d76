/* SPDX-License-Identifier: MIT */
#include "collect/nearest.h"

#include <string.h>

static gboolean is_same(char a, char b)
{
    return g_ascii_tolower(a) == g_ascii_tolower(b);
}

/* One row of the table of distances, of the word up to and with word[i]; above is the row before, above2 the
 * one before that (of use from i = 1 on). */
static void fill_row(guint *row, const guint *above, const guint *above2, const char *word, gsize i,
                     const char *name)
{
    gboolean any_text = word[i] == '*', any = any_text || word[i] == '?';
    row[0] = above[0] + !any_text;
    for (gsize j = 0; name[j]; j++) {
        guint replaced = above[j] + !(any || is_same(word[i], name[j]));
        guint removed = above[j + 1] + !any_text, inserted = row[j] + !any_text;
        row[j + 1] = MIN(replaced, MIN(removed, inserted));
        if (i > 0 && j > 0 && is_same(word[i], name[j - 1]) && is_same(word[i - 1], name[j]))
            row[j + 1] = MIN(row[j + 1], above2[j - 1] + 1);
    }
}

guint nearest_distance(const char *word, const char *name)
{
    gsize n = strlen(name) + 1;
    g_autofree guint *rows = g_new(guint, 3 * n);
    guint *row = rows, *above = rows + n, *above2 = rows + 2 * n;
    for (gsize j = 0; j < n; j++)
        row[j] = (guint)j;
    for (gsize i = 0; word[i]; i++) {
        guint *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
        fill_row(row, above, above2, word, i, name);
    }
    return row[n - 1];
}

guint nearest_rank(const char *word, const char *name)
{
    static const guint far = 1000;
    g_autofree char *within = g_strconcat("*", word, "*", NULL);
    return nearest_distance(within, name) * far + MIN(nearest_distance(word, name), far - 1);
}

/* Of a word that may stand anywhere in a name, some letter or other is found in most names. */
#define LETTERS_PER_CHANGE 3
#define LETTERS_PER_CHANGE_WITHIN 6
#define LEAST_LETTERS_WITHIN 3

gboolean nearest_is_close(const char *word, guint distance)
{
    gboolean within = g_str_has_prefix(word, "*") && g_str_has_suffix(word, "*");
    guint letters = 0;
    for (const char *at = word; *at; at++)
        letters += *at != '*' && *at != '?';
    if (within)
        return letters >= LEAST_LETTERS_WITHIN && distance * LETTERS_PER_CHANGE_WITHIN <= letters;
    return distance * LETTERS_PER_CHANGE <= letters;
}

gboolean nearest_may_be_meant(const char *word, const char *name)
{
    g_autofree char *within = g_strconcat("*", word, "*", NULL);
    return nearest_is_close(word, nearest_distance(word, name)) ||
           nearest_is_close(within, nearest_distance(within, name));
}

const char *nearest_of(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    guint least = G_MAXUINT;
    for (; *names; names++) {
        guint distance = nearest_distance(word, *names);
        if (distance < least) {
            least = distance;
            nearest = *names;
        }
    }
    return nearest;
}

char *nearest_expected(const char *word, const char *const *names)
{
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    const char *nearest = nearest_of(word, names);
    return nearest && nearest_is_close(word, nearest_distance(word, nearest))
               ? g_strdup_printf("one of %s (the nearest is %s)", all, nearest)
               : g_strconcat("one of ", all, NULL);
}
