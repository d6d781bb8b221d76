/* SPDX-License-Identifier: MIT */
#include "collect/format.h"

#include "collect/csv.h"

#include <stdio.h>
#include <string.h>

#define PEEK_BYTES 4096
#define UNKNOWN (-1)

static const char *const names[] = {"a snapshot", "an assessment", "a plan", "a journal", "a policy"};

/* How the files of each format begin. */
static const struct Beginning {
    const char *text;
    Format format;
} beginnings[] = {
    {"#format,vmanger-assessment-", FORMAT_ASSESSMENT},
    {"#format,vmanger-plan-", FORMAT_PLAN},
    {"seq,time,run,plan,", FORMAT_JOURNAL},
    {"format,taken_at,", FORMAT_SNAPSHOT},
    {"entity_id,metric,", FORMAT_SNAPSHOT},
    {"id,name,", FORMAT_SNAPSHOT},
};

/* The text as it was before a spreadsheet saved it: no byte order mark, no quotes, commas. */
static void undo_sheet(char *text)
{
    char *to = text;
    for (const char *at = text + (g_str_has_prefix(text, "\xef\xbb\xbf") ? 3 : 0); *at; at++)
        if (*at != '"')
            *to++ = (char)(*at == ';' || *at == '\t' ? ',' : *at);
    *to = '\0';
}

/* The first line that is neither blank nor a comment opens a group. */
static gboolean is_policy(const char *text)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += strspn(line, "\r\n");
        if (*line && !strchr("#;", *line))
            return *line == '[';
    }
    return FALSE;
}

static int format_of_text(char *text)
{
    if (is_policy(text))
        return FORMAT_POLICY;
    undo_sheet(text);
    for (gsize i = 0; i < G_N_ELEMENTS(beginnings); i++)
        if (g_str_has_prefix(text, beginnings[i].text))
            return (int)beginnings[i].format;
    return UNKNOWN;
}

static int format_of(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autofree char *table = g_build_filename(path, "snapshot.csv", NULL);
        return g_file_test(table, G_FILE_TEST_EXISTS) ? FORMAT_SNAPSHOT : UNKNOWN;
    }
    FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? fopen(path, "re") : NULL;
    if (!file)
        return UNKNOWN;
    char text[PEEK_BYTES + 1];
    text[fread(text, 1, PEEK_BYTES, file)] = '\0';
    fclose(file);
    return format_of_text(text);
}

void format_blame(const char *path, Format expected, GError **error)
{
    int found = error && *error && strcmp(path, "-") != 0 ? format_of(path) : UNKNOWN;
    if (found == UNKNOWN)
        return;
    gboolean table = found == FORMAT_SNAPSHOT && !g_file_test(path, G_FILE_TEST_IS_DIR);
    if (found == (int)expected && !table)
        return;
    g_clear_error(error);
    g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected %s%s (--help shows which argument is which)",
                path, table ? "a table of a snapshot" : names[found], names[expected],
                expected == FORMAT_SNAPSHOT ? ", a directory" : "");
}
