/* SPDX-License-Identifier: MIT */
#include "plan/planfile.h"

#include "collect/atomic.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/format.h"
#include "plan/dependencies.h"

#include <math.h>
#include <string.h>

#define CHECKS_OF_A_ROW 128 /* the most in one #rows row */

static PlanRow *row_at(const ChangePlan *plan, gsize index)
{
    return &g_array_index(plan->rows, PlanRow, index);
}

/* A `#` row: its key with the '#', then its cells, empty ones at the end left out. */
static void digest_header_row(Digest *digest, char *const *cells)
{
    for (; *cells; cells++)
        digest_update_cell(digest, *cells);
}

/* Over all `#` rows but #plan itself. */
static char *plan_digest(const GPtrArray *header)
{
    g_autoptr(Digest) digest = digest_new();
    for (guint i = 0; i < header->len; i++) {
        char **cells = g_ptr_array_index(header, i);
        if (strcmp(cells[0], "#plan") != 0)
            digest_header_row(digest, cells);
    }
    return digest_hex(digest);
}

/* ---- `#` rows ---- */

/* The keys whose one value is a string of the plan. */
static const struct HeaderText {
    const char *key;
    gsize offset;
    gboolean required, hex;
} header_texts[] = {
    {"#plan", G_STRUCT_OFFSET(ChangePlan, plan), TRUE, TRUE},
    {"#snapshot", G_STRUCT_OFFSET(ChangePlan, snapshot), FALSE, TRUE},
    {"#source", G_STRUCT_OFFSET(ChangePlan, source), FALSE, FALSE},
    {"#source_id", G_STRUCT_OFFSET(ChangePlan, source_id), TRUE, FALSE},
    {"#policy", G_STRUCT_OFFSET(ChangePlan, policy), FALSE, TRUE},
    {"#seed", G_STRUCT_OFFSET(ChangePlan, seed), FALSE, FALSE},
    {"#stopped_by", G_STRUCT_OFFSET(ChangePlan, stopped_by), FALSE, FALSE},
    {"#summary", G_STRUCT_OFFSET(ChangePlan, summary), FALSE, FALSE},
};

static const struct HeaderText *find_header_text(const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(header_texts); i++)
        if (strcmp(header_texts[i].key, key) == 0)
            return &header_texts[i];
    return NULL;
}

static const char **text_field(ChangePlan *plan, const struct HeaderText *text)
{
    return G_STRUCT_MEMBER_P(plan, text->offset);
}

static void header_add(GPtrArray *header, const char *key, const char *value)
{
    const char *const cells[] = {key, value, NULL};
    if (value && *value)
        g_ptr_array_add(header, g_strdupv((char **)cells));
}

static GPtrArray *header_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
}

static void header_add_clusters(GPtrArray *header, const ChangePlan *plan)
{
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        g_autoptr(GStrvBuilder) cells = g_strv_builder_new();
        g_strv_builder_add_many(cells, "#cluster", cluster->id, cluster->name, NULL);
        figures_append_cells(&cluster->figures, cells);
        g_ptr_array_add(header, g_strv_builder_end(cells));
    }
}

/* All `#` rows in their order but #rows and #plan, which are made from the rows and from them. */
static GPtrArray *header_of(ChangePlan *plan)
{
    GPtrArray *header = header_new();
    g_autofree char *taken_at = table_format_time(plan->taken_at);
    header_add(header, "#format", CHANGEPLAN_FORMAT);
    header_add(header, "#snapshot", plan->snapshot);
    header_add(header, "#source", plan->source);
    header_add(header, "#source_id", plan->source_id);
    header_add(header, "#taken_at", taken_at);
    header_add(header, "#policy", plan->policy);
    header_add(header, "#seed", plan->seed);
    header_add(header, "#stopped_by", plan->stopped_by);
    header_add_clusters(header, plan);
    header_add(header, "#summary", plan->summary);
    return header;
}

/* ---- reading ---- */

typedef struct PlanReader {
    ChangePlan *plan;
    ChangePlanTrust trust;
    CsvReader *csv;
    GPtrArray *header;  /* char **: the `#` rows, as the digest takes them */
    guint64 plan_line;  /* of the #plan row */
    GHashTable *listed; /* the checks that #rows lists, each to how many rows may still have it + 1 */
} PlanReader;

/* The present row's cells without leading ' and without empty cells at the end. */
static char **header_cells(const CsvReader *csv)
{
    guint n = csv_reader_n_cells(csv);
    g_assert(n > 0); /* the first begins with '#' */
    while (n > 1 && !*csv_reader_cell(csv, n - 1))
        n--;
    char **cells = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++) {
        const char *cell = csv_reader_cell(csv, i);
        cells[i] = g_strdup(i > 0 && *cell == '\'' ? cell + 1 : cell);
    }
    return cells;
}

static gboolean header_has(const GPtrArray *header, const char *key)
{
    for (guint i = 0; i < header->len; i++)
        if (strcmp(((char **)g_ptr_array_index(header, i))[0], key) == 0)
            return TRUE;
    return FALSE;
}

static void take_checks(PlanReader *reader, const char *list)
{
    g_auto(GStrv) checks = list_split(list);
    for (char **check = checks; *check; check++) {
        gsize rows = GPOINTER_TO_SIZE(g_hash_table_lookup(reader->listed, *check));
        g_hash_table_insert(reader->listed, g_strdup(*check), GSIZE_TO_POINTER(MAX(rows, 1) + 1));
    }
}

/* What the value of a `#` row should have been, or NULL where it is right and has been stored. */
static const char *take_header_value(PlanReader *reader, const char *key, const char *value)
{
    const struct HeaderText *text = find_header_text(key);
    if (text) {
        if (text->hex && !digest_is_hex(value))
            return "a SHA-256 in hex";
        if (text->required && !*value)
            return "a value";
        *text_field(reader->plan, text) = changeplan_string(reader->plan, value);
    } else if (strcmp(key, "#format") == 0) {
        return strcmp(value, CHANGEPLAN_FORMAT) == 0 ? NULL : CHANGEPLAN_FORMAT;
    } else if (strcmp(key, "#taken_at") == 0) {
        return table_parse_time(value, &reader->plan->taken_at) ? NULL
                                                                : "a time in UTC as 2026-11-21T20:15:00Z";
    } else if (strcmp(key, "#rows") == 0) {
        take_checks(reader, value);
    }
    return NULL;
}

static gboolean may_repeat(const char *key)
{
    return strcmp(key, "#cluster") == 0 || strcmp(key, "#rows") == 0;
}

static gboolean take_cluster(PlanReader *reader, char *const *cells, GError **error)
{
    gsize n_cells = g_strv_length((char **)cells);
    const char *id = n_cells > 1 ? cells[1] : "", *name = n_cells > 2 ? cells[2] : "";
    ClusterFigures figures;
    if (!*id) {
        csv_reader_fail(reader->csv, "#cluster", id, "a cluster's id", error);
        return FALSE;
    }
    if (!figures_read(&figures, (const char *const *)cells + MIN(n_cells, 3), reader->csv, error))
        return FALSE;
    changeplan_add_cluster(reader->plan, id, name, &figures);
    return TRUE;
}

static gboolean take_header_row(PlanReader *reader, GError **error)
{
    char **cells = header_cells(reader->csv);
    const char *value = cells[1] ? cells[1] : "";
    gboolean repeated = !may_repeat(cells[0]) && header_has(reader->header, cells[0]);
    g_ptr_array_add(reader->header, cells);
    if (repeated) {
        csv_reader_fail(reader->csv, cells[0], "a second such row", "one", error);
        return FALSE;
    }
    if (strcmp(cells[0], "#cluster") == 0)
        return take_cluster(reader, cells, error);
    if (strcmp(cells[0], "#plan") == 0)
        reader->plan_line = csv_reader_line(reader->csv);
    const char *wrong = take_header_value(reader, cells[0], value);
    if (wrong)
        csv_reader_fail(reader->csv, cells[0], value, wrong, error);
    return !wrong;
}

static gboolean check_header(PlanReader *reader, GError **error)
{
    static const char *const others[] = {"#format", "#taken_at"};
    const char *missing = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(header_texts); i++)
        if (header_texts[i].required && !header_has(reader->header, header_texts[i].key))
            missing = header_texts[i].key;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (!header_has(reader->header, others[i]))
            missing = others[i];
    if (missing) {
        csv_reader_fail(reader->csv, missing, "", "such a row above the table", error);
        return FALSE;
    }
    g_autofree char *digest = plan_digest(reader->header);
    if (reader->trust == CHANGEPLAN_EDITED || strcmp(reader->plan->plan, digest) == 0)
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s:%" G_GUINT64_FORMAT
        ": #plan: found # rows that were changed since plan wrote them: plan --check verifies an edited "
        "plan as a whole and restamps it (the digest of these rows is %s)",
        reader->plan->name, reader->plan_line, digest);
    return FALSE;
}

/* Reads the `#` rows and leaves the reader at the table's header row. */
static gboolean read_header(PlanReader *reader, GError **error)
{
    for (;;) {
        g_autoptr(GError) failure = NULL;
        if (!csv_reader_next(reader->csv, &failure)) {
            if (failure)
                g_propagate_error(error, g_steal_pointer(&failure));
            else
                csv_reader_fail(reader->csv, "header", "", "the table's header row", error);
            return FALSE;
        }
        if (*csv_reader_cell(reader->csv, 0) != '#')
            return check_header(reader, error);
        if (!take_header_row(reader, error))
            return FALSE;
    }
}

static gboolean amounts_are_right(const PlanRow *row, RowFault *fault)
{
    double from, to;
    gboolean cpu = row->action == ACTION_ADD_CPU;
    if (!table_parse_number(row->from, FALSE, FALSE, &from))
        return row_blame(fault, "from", row->from, "a whole number, the present total");
    if (!table_parse_number(row->to, FALSE, FALSE, &to))
        return row_blame(fault, "to", row->to, "a whole number, the new total");
    if (row->action == ACTION_RECLAIM_MEMORY ? !(to < from && to > 0) : !(to > from))
        return row_blame(fault, "to", row->to,
                         row->action == ACTION_RECLAIM_MEMORY ? "a total below from" : "a total above from");
    if (strcmp(row->unit, cpu ? "vCPU" : "MiB") != 0)
        return row_blame(fault, "unit", row->unit, cpu ? "vCPU" : "MiB");
    return TRUE;
}

static gboolean after_is_right(const PlanRow *row, RowFault *fault)
{
    g_auto(GStrv) words = list_split(row->after);
    for (char **word = words; *word; word++) {
        double number;
        if (!table_parse_number(*word, FALSE, FALSE, &number) || number < 1 || number > PLAN_MOST_STEPS)
            return row_blame(fault, "after", row->after, "numbers of steps, separated by single spaces");
    }
    return TRUE;
}

static gboolean step_is_right(const PlanRow *row, RowFault *fault)
{
    if (!(row->step >= 1))
        return row_blame(fault, "step", isnan(row->step) ? "" : "0", "a number from 1");
    if (row->approve < 0)
        return row_blame(fault, "approve", "", "yes or no");
    if (row->action < 0)
        return row_blame(fault, "action", "", "an action");
    if (!*row->object_id && row->action != ACTION_DEPLOY)
        return row_blame(fault, "object_id", "", "an id");
    if (!after_is_right(row, fault))
        return FALSE;
    switch (row->action) {
    case ACTION_MIGRATE:
        if (!*row->from_id)
            return row_blame(fault, "from_id", "", "the id of a host");
        if (!*row->to_id || strcmp(row->from_id, row->to_id) == 0)
            return row_blame(fault, "to_id", row->to_id, "the id of another host");
        return TRUE;
    case ACTION_ADD_MEMORY:
    case ACTION_ADD_CPU:
    case ACTION_RECLAIM_MEMORY:
        return amounts_are_right(row, fault);
    default:
        return TRUE;
    }
}

static gboolean row_is_right(const PlanRow *row, RowFault *fault)
{
    if (row->kind == ROW_STEP)
        return step_is_right(row, fault);
    if (!isnan(row->step))
        return row_blame(fault, "step", "a number", "nothing: only steps have one");
    if (*row->after)
        return row_blame(fault, "after", row->after, "nothing: only steps wait for others");
    if (row->approve >= 0)
        return row_blame(fault, "approve", row->approve ? "yes" : "no", "nothing: only steps are approved");
    return TRUE;
}

static gboolean row_is_of_plan(const PlanReader *reader, const PlanRow *row, GError **error)
{
    g_autofree char *check = plan_row_check(row);
    gboolean changed = strcmp(check, row->check) != 0;
    if (reader->trust == CHANGEPLAN_EDITED || (!changed && g_hash_table_contains(reader->listed, check)))
        return TRUE;
    g_autofree char *stated = escape_for_message(row->check);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s:%" G_GUINT64_FORMAT ": check: found a row that %s: expected %s %s (plan --check "
                "verifies an edited plan as a whole and restamps it)",
                reader->plan->name, row->line, changed ? "was changed" : "belongs to another plan",
                changed ? "the row as plan wrote it, whose check is" : "a row whose check #rows lists, not",
                stated);
    return FALSE;
}

/* Steps have numbers; of other rows two may say the same, but not more than plan wrote. */
static gboolean row_is_not_repeated(PlanReader *reader, const PlanRow *row, GError **error)
{
    gsize left = GPOINTER_TO_SIZE(g_hash_table_lookup(reader->listed, row->check));
    if (reader->trust == CHANGEPLAN_EDITED)
        return TRUE;
    if (left > 1) {
        g_hash_table_insert(reader->listed, g_strdup(row->check), GSIZE_TO_POINTER(left - 1));
        return TRUE;
    }
    csv_reader_fail(reader->csv, "check", row->check, "each row once, as plan wrote it: delete one", error);
    return FALSE;
}

static gboolean take_row(PlanReader *reader, PlanRow *row, GError **error)
{
    RowFault fault;
    row->line = csv_reader_line(reader->csv);
    if (!row_is_of_plan(reader, row, error))
        return FALSE;
    if (!row_is_right(row, &fault)) {
        csv_reader_fail(reader->csv, fault.column, fault.found, fault.expected, error);
        return FALSE;
    }
    const PlanRow *twin = row->kind == ROW_STEP ? changeplan_find_step(reader->plan, row->step) : NULL;
    if (twin) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s:%" G_GUINT64_FORMAT ": step: found %.0f, as in line %" G_GUINT64_FORMAT
                    ": expected each number once",
                    reader->plan->name, row->line, row->step, twin->line);
        return FALSE;
    }
    if (!row_is_not_repeated(reader, row, error))
        return FALSE;
    changeplan_add(reader->plan, row);
    return TRUE;
}

static gboolean read_rows(PlanReader *reader, GError **error)
{
    g_autoptr(TableReader) table =
        table_reader_new(&plan_rows_table, reader->csv, reader->plan->strings, error);
    if (!table)
        return FALSE;
    g_autoptr(GError) failure = NULL;
    PlanRow row = plan_row_unknown();
    while (table_reader_next(table, &row, &failure))
        if (!take_row(reader, &row, error))
            return FALSE;
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static ChangePlan *read_plan(CsvReader *csv, ChangePlanTrust trust, GError **error)
{
    csv_reader_take_sheet(csv);
    g_autoptr(ChangePlan) plan = changeplan_new();
    plan->name = changeplan_string(plan, csv_reader_name(csv));
    g_autoptr(GPtrArray) header = header_new();
    g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    PlanReader reader = {plan, trust, csv, header, 0, listed};
    if (!read_header(&reader, error) || !read_rows(&reader, error) || !dependencies_check_order(plan, error))
        return NULL;
    g_autofree char *sha256 = csv_reader_sha256(csv);
    plan->sha256 = changeplan_string(plan, sha256);
    return g_steal_pointer(&plan);
}

ChangePlan *changeplan_read(const char *path, ChangePlanTrust trust, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    if (!csv)
        return NULL;
    ChangePlan *plan = read_plan(csv, trust, error);
    if (!plan)
        format_blame(path, FORMAT_PLAN, error);
    return plan;
}

ChangePlan *changeplan_read_bytes(const char *bytes, gsize length, const char *name, ChangePlanTrust trust,
                                  GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(bytes, length, name, error);
    return csv ? read_plan(csv, trust, error) : NULL;
}

/* ---- writing ---- */

static void append_header_row(GString *out, char *const *cells)
{
    for (guint i = 0; cells[i]; i++) {
        g_autofree char *shielded =
            i > 0 && escape_is_rewritten(cells[i]) ? g_strconcat("'", cells[i], NULL) : NULL;
        csv_append_cell(out, shielded ? shielded : cells[i], i == 0);
    }
    g_string_append_c(out, '\n');
}

static int compare_checks(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The checks end a #rows row where they themselves say so (one in 32 does, by its last digits), so that a
 * row of the plan more or less changes one #rows row and moves no other. */
static gboolean ends_checks(const char *check)
{
    const char *last = check + PLAN_CHECK_DIGITS;
    return g_ascii_xdigit_value(last[0]) == 0 && g_ascii_xdigit_value(last[-1]) % 2 == 0;
}

static void header_add_checks(GPtrArray *header, const ChangePlan *plan)
{
    g_autoptr(GPtrArray) checks = g_ptr_array_new();
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < plan->rows->len; i++)
        g_ptr_array_add(checks, (gpointer)row_at(plan, i)->check);
    g_ptr_array_sort(checks, compare_checks);
    for (guint i = 0, n = 1; i < checks->len; i++, n++) {
        const char *check = g_ptr_array_index(checks, i);
        g_string_append_printf(list, "%s%s", list->len ? " " : "", check);
        if (n < CHECKS_OF_A_ROW && !ends_checks(check))
            continue;
        header_add(header, "#rows", list->str);
        g_string_truncate(list, 0);
        n = 0;
    }
    header_add(header, "#rows", list->str);
}

static void stamp(ChangePlan *plan, GPtrArray *header)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        g_autofree char *check = plan_row_check(row_at(plan, i));
        row_at(plan, i)->check = changeplan_string(plan, check);
    }
    header_add_checks(header, plan);
    g_autofree char *digest = plan_digest(header);
    plan->plan = changeplan_string(plan, digest);
    const char *const plan_row[] = {"#plan", plan->plan, NULL};
    g_ptr_array_insert(header, 1, g_strdupv((char **)plan_row));
}

gboolean changeplan_write(ChangePlan *plan, const char *path, const OpenPgp *keys, GError **error)
{
    g_autoptr(AtomicFile) file = atomic_file_new(path, keys, error);
    if (!file)
        return FALSE;
    g_autoptr(GPtrArray) header = header_of(plan);
    g_autoptr(GString) text = g_string_new(NULL);
    stamp(plan, header);
    for (guint i = 0; i < header->len; i++)
        append_header_row(text, g_ptr_array_index(header, i));
    table_append_header(&plan_rows_table, text);
    for (guint i = 0; i < plan->rows->len; i++) {
        table_append_row(&plan_rows_table, row_at(plan, i), text);
        atomic_file_take(file, text);
    }
    atomic_file_take(file, text);
    g_autofree char *sha256 = NULL;
    if (!atomic_file_commit(file, &sha256, error))
        return FALSE;
    plan->sha256 = changeplan_string(plan, sha256);
    return TRUE;
}
