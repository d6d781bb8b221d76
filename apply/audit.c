/* SPDX-License-Identifier: MIT */
#include "apply/audit.h"

#include "collect/escape.h"
#include "collect/plural.h"

#include <math.h>
#include <string.h>

static void append_escaped(GString *out, const char *before, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append_printf(out, "%s%s", before, safe);
}

static void append_time(GString *out, const JournalRow *row)
{
    g_autofree char *time = table_format_time(row->time);
    g_string_append(out, time);
}

static char *key_of(const JournalRow *row)
{
    return g_strdup_printf("%s %.0f", row->run, row->step);
}

GHashTable *audit_last_rows(const Journal *journal)
{
    GHashTable *last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (!isnan(row->step))
            g_hash_table_insert(last, key_of(row), GUINT_TO_POINTER(i));
    }
    return last;
}

gboolean audit_is_last(GHashTable *last, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    g_autofree char *key = isnan(row->step) ? NULL : key_of(row);
    return key && GPOINTER_TO_UINT(g_hash_table_lookup(last, key)) == index;
}

static void append_run(GString *out, const JournalRow *row)
{
    append_time(out, row);
    append_escaped(out, " run ", row->run);
    append_escaped(out, ": ", row->user);
    append_escaped(out, " at ", row->host);
    if (*row->account)
        append_escaped(out, " as ", row->account);
    append_escaped(out, ", plan ", row->plan);
    append_escaped(out, ", ", row->detail);
    g_string_append_c(out, '\n');
}

static gboolean is_open(const JournalRow *row)
{
    return row->event == EVENT_INTENT || row->event == EVENT_SUBMITTED;
}

/* the row of a later run that tells how a step that was left open had ended, or ended then; NULL for none */
static const JournalRow *settled_later(const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    for (guint i = index + 1; i < journal->rows->len; i++) {
        const JournalRow *later = &g_array_index(journal->rows, JournalRow, i);
        gboolean is_end = later->event == EVENT_SUCCEEDED || later->event == EVENT_FAILED ||
                          later->event == EVENT_REFUSED || later->event == EVENT_RESOLVED;
        if (is_end && later->step == row->step && strcmp(later->plan, row->plan) == 0)
            return later;
    }
    return NULL;
}

static void append_result(GString *out, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    if (!is_open(row)) {
        g_string_append_printf(out, ": %s", event_names[row->event]);
        return;
    }
    const JournalRow *later = settled_later(journal, index);
    g_string_append_printf(out, ": %s, its end is not known here",
                           row->event == EVENT_INTENT ? "about to be called" : "called");
    if (later) {
        append_escaped(out, "; run ", later->run);
        g_string_append_printf(out, " has it as %s", event_names[later->event]);
    }
}

static void append_step(GString *out, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    g_string_append(out, "  ");
    append_time(out, row);
    g_string_append_printf(out, " step %.0f", row->step);
    if (row->action >= 0)
        g_string_append_printf(out, " %s", action_names[row->action]);
    append_escaped(out, " ", row->object);
    append_escaped(out, " (", row->object_id);
    g_string_append_c(out, ')');
    if (*row->to) {
        append_escaped(out, ", ", row->from);
        append_escaped(out, " to ", row->to);
        append_escaped(out, *row->unit ? " " : "", row->unit);
    }
    append_result(out, journal, index);
    g_autofree char *operation = journal_text_in(row->detail, "operation_id");
    if (*row->detail && row->event != EVENT_INTENT)
        append_escaped(out, ", ", row->detail);
    else if (operation) /* of what else an intent says the plan tells more */
        append_escaped(out, ", operation_id=", operation);
    g_string_append_c(out, '\n');
}

/* a row of the run itself; others than these say nothing that its steps do not */
static void append_row_of_run(GString *out, const JournalRow *row)
{
    if (row->event == EVENT_RUN_STARTED)
        append_run(out, row);
    if (row->event != EVENT_APPROVED && row->event != EVENT_INTERRUPTED && row->event != EVENT_RUN_ENDED)
        return;
    g_string_append(out, "  ");
    append_time(out, row);
    append_escaped(out, row->event == EVENT_APPROVED ? " signed: " : " ",
                   row->event == EVENT_APPROVED ? row->detail : event_names[row->event]);
    if (row->event != EVENT_APPROVED)
        append_escaped(out, ": ", row->detail);
    g_string_append_c(out, '\n');
}

char *audit_text(const Journal *journal)
{
    g_autoptr(GHashTable) last = audit_last_rows(journal);
    GString *out = g_string_new(NULL);
    guint runs = 0, succeeded = 0, others = 0;
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        runs += row->event == EVENT_RUN_STARTED;
        if (isnan(row->step)) {
            append_row_of_run(out, row);
            continue;
        }
        if (!audit_is_last(last, journal, i))
            continue;
        append_step(out, journal, i);
        succeeded += row->event == EVENT_SUCCEEDED;
        others += row->event != EVENT_SUCCEEDED;
    }
    g_string_append_printf(out, "%u %s: %u %s succeeded, %u ended otherwise.\n", runs,
                           plural(runs, "run", "runs"), succeeded, plural(succeeded, "step", "steps"),
                           others);
    return g_string_free(out, FALSE);
}
