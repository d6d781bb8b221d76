/* SPDX-License-Identifier: MIT */
#include "plan/changeplan.h"

#include "collect/digest.h"

#include <string.h>

#define STRINGS_BYTES 16384 /* in which strings are allocated */
#define MOST_SECONDS 1e9

static const char *const kind_names[] = {"step", "advice", "unsolved", NULL};
const char *const action_names[] = {"migrate",
                                    "add_memory",
                                    "add_cpu",
                                    "reclaim_memory",
                                    "enter_maintenance",
                                    "exit_maintenance",
                                    "standby_host",
                                    "wake_host",
                                    "power_on",
                                    "deploy",
                                    NULL};

#define AT(member) G_STRUCT_OFFSET(PlanRow, member)
static const Column columns[] = {
    {"kind", CELL_WORD, AT(kind), COLUMN_REQUIRED, 0, kind_names},
    {"step", CELL_WHOLE, AT(step), COLUMN_PRESENT, PLAN_MOST_STEPS, NULL},
    {"after", CELL_LIST, AT(after), COLUMN_PRESENT, 0, NULL},
    {"approve", CELL_YES_NO, AT(approve), COLUMN_PRESENT, 0, NULL},
    {"action", CELL_WORD, AT(action), COLUMN_PRESENT, 0, action_names},
    {"object_id", CELL_ID, AT(object_id), COLUMN_PRESENT, 0, NULL},
    {"object", CELL_TEXT, AT(object), 0, 0, NULL},
    {"instance_uuid", CELL_PLAIN, AT(instance_uuid), 0, 0, NULL},
    {"cluster_id", CELL_ID, AT(cluster_id), 0, 0, NULL},
    {"cluster", CELL_TEXT, AT(cluster), 0, 0, NULL},
    {"from_id", CELL_ID, AT(from_id), COLUMN_PRESENT, 0, NULL},
    {"from", CELL_TEXT, AT(from), COLUMN_PRESENT, 0, NULL},
    {"to_id", CELL_ID, AT(to_id), COLUMN_PRESENT, 0, NULL},
    {"to", CELL_TEXT, AT(to), COLUMN_PRESENT, 0, NULL},
    {"unit", CELL_PLAIN, AT(unit), COLUMN_PRESENT, 0, NULL},
    {"args", CELL_LIST, AT(args), COLUMN_PRESENT, 0, NULL},
    {"est_s", CELL_WHOLE, AT(est_s), 0, MOST_SECONDS, NULL},
    {"cause", CELL_PLAIN, AT(cause), 0, 0, NULL},
    {"reason", CELL_TEXT, AT(reason), 0, 0, NULL},
    {"effect", CELL_TEXT, AT(effect), 0, 0, NULL},
    {"check", CELL_PLAIN, AT(check), 0, 0, NULL},
};
const Table plan_rows_table = {"plan.csv", columns, G_N_ELEMENTS(columns), TRUE};

ChangePlan *changeplan_new(void)
{
    ChangePlan *plan = g_new0(ChangePlan, 1);
    plan->name = plan->plan = plan->sha256 = plan->snapshot = plan->source = plan->source_id = plan->policy =
        plan->seed = plan->stopped_by = plan->summary = "";
    plan->taken_at = -1;
    plan->clusters = g_array_new(FALSE, FALSE, sizeof(PlanCluster));
    plan->rows = g_array_new(FALSE, FALSE, sizeof(PlanRow));
    plan->strings = g_string_chunk_new(STRINGS_BYTES);
    plan->steps = g_hash_table_new(NULL, NULL);
    return plan;
}

void changeplan_free(ChangePlan *plan)
{
    if (!plan)
        return;
    g_hash_table_destroy(plan->steps);
    g_array_free(plan->clusters, TRUE);
    g_array_free(plan->rows, TRUE);
    g_string_chunk_free(plan->strings);
    g_free(plan);
}

const char *changeplan_string(ChangePlan *plan, const char *text)
{
    return text && *text ? g_string_chunk_insert_const(plan->strings, text) : "";
}

PlanRow plan_row_unknown(void)
{
    PlanRow row = {.shared = ""};
    table_clear_row(&plan_rows_table, &row);
    return row;
}

void changeplan_add_cluster(ChangePlan *plan, const char *id, const char *name, const ClusterFigures *figures)
{
    PlanCluster cluster = {changeplan_string(plan, id), changeplan_string(plan, name), *figures};
    g_array_append_val(plan->clusters, cluster);
}

const PlanCluster *changeplan_find_cluster(const ChangePlan *plan, const char *id)
{
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        if (strcmp(cluster->id, id) == 0)
            return cluster;
    }
    return NULL;
}

void changeplan_add(ChangePlan *plan, const PlanRow *row)
{
    g_array_append_val(plan->rows, *row);
    if (row->kind == ROW_STEP)
        g_hash_table_insert(plan->steps, GSIZE_TO_POINTER((gsize)row->step),
                            GSIZE_TO_POINTER(plan->rows->len));
}

static PlanRow *row_at(const ChangePlan *plan, gsize index)
{
    return &g_array_index(plan->rows, PlanRow, index);
}

PlanRow *changeplan_find_step(const ChangePlan *plan, double step)
{
    gsize found = GPOINTER_TO_SIZE(g_hash_table_lookup(plan->steps, GSIZE_TO_POINTER((gsize)step)));
    return found ? row_at(plan, found - 1) : NULL;
}

GArray *plan_row_after(const PlanRow *row)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(double));
    g_auto(GStrv) words = list_split(row->after);
    for (char **word = words; *word; word++) {
        double number;
        if (table_parse_number(*word, FALSE, FALSE, &number))
            g_array_append_val(numbers, number);
    }
    return numbers;
}

/* A row without `approve`, which a reviewer sets, and `check`, which is made from it. */
char *plan_row_check(const PlanRow *row)
{
    g_autoptr(Digest) digest = digest_new();
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < plan_rows_table.n_columns; i++) {
        if (columns[i].offset == AT(approve) || columns[i].offset == AT(check))
            continue;
        g_string_truncate(text, 0);
        table_append_cell_text(&columns[i], row, text);
        digest_update_cell(digest, text->str);
    }
    g_autofree char *hex = digest_hex(digest);
    return g_strdup_printf("c%.*s", PLAN_CHECK_DIGITS, hex);
}

gboolean plan_row_is_as_made(const PlanRow *row)
{
    g_autofree char *check = plan_row_check(row);
    return strcmp(check, row->check) == 0;
}
