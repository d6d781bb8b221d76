/* SPDX-License-Identifier: MIT */
#include "plan/gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT "count="
#define IDS " ids="
#define NAMES " names="
#define SEPARATOR "|"      /* a space, comma or semicolon might end the cell, or an id */
#define MOST_OF_A_ROW 500  /* so that a spreadsheet's cell, of 32767 letters, holds their ids, */
#define MOST_LETTERS 30000 /* and the names that still fit */
#define KEPT_IN_NAMES "!\"#$&'()*+/:<=>?@[\\]^`{}" /* what needs no % there */

guint gathered_count(const PlanRow *row)
{
    return g_str_has_prefix(row->args, COUNT) ? (guint)strtoul(row->args + strlen(COUNT), NULL, 10) : 1;
}

/* the list that follows a key; NULL where there is none */
static char **list_after(const PlanRow *row, const char *key)
{
    const char *list = g_str_has_prefix(row->args, COUNT) ? strstr(row->args, key) : NULL;
    g_autofree char *own = list ? g_strndup(list + strlen(key), strcspn(list + strlen(key), " ")) : NULL;
    return own ? g_strsplit(own, SEPARATOR, 0) : NULL;
}

char **gathered_ids(const PlanRow *row)
{
    return list_after(row, IDS);
}

char **gathered_names(const PlanRow *row)
{
    char **names = list_after(row, NAMES);
    for (char **name = names; name && *name; name++) {
        g_autofree char *escaped = *name;
        *name = g_uri_unescape_string(escaped, NULL);
        if (!*name) /* somebody's edit */
            *name = g_steal_pointer(&escaped);
    }
    return names ? names : gathered_ids(row);
}

/* the reason with … for each figure that has a unit; names may have digits too. The caller frees it */
static char *without_figures(const char *reason)
{
    g_autoptr(GRegex) figure =
        g_regex_new("\\b[0-9]+(\\.[0-9]+)?(?= (%|[KMG]iB|MHz|vCPUs?|points?|times?|s)(\\W|$))", 0, 0, NULL);
    return g_regex_replace_literal(figure, reason, -1, 0, "…", 0, NULL);
}

/* the same for rows that are equal; the caller frees it */
static char *key_of(const PlanRow *row)
{
    g_autofree char *reason = without_figures(row->shared);
    return g_strdup_printf("%d %d %s\n%s\n%s", row->kind, row->action, row->cause, row->cluster_id, reason);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp((*(const PlanRow *const *)a)->object_id, (*(const PlanRow *const *)b)->object_id);
}

/* the names of gathered VMs that several VMs of the snapshot bear */
static GHashTable *shared_names(const GPtrArray *all, const Snapshot *snapshot)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *shared = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < all->len; i++) {
        const GPtrArray *equal = all->pdata[i];
        for (guint j = 0; equal->len > 1 && j < equal->len; j++)
            g_hash_table_insert(seen, (gpointer)((const PlanRow *)equal->pdata[j])->object, NULL);
    }
    for (guint i = 0; g_hash_table_size(seen) > 0 && i < snapshot->n_vms; i++) {
        const char *name = snapshot->vms[i].name;
        gpointer one;
        if (!g_hash_table_lookup_extended(seen, name, NULL, &one))
            continue;
        if (one)
            g_hash_table_add(shared, (gpointer)name);
        g_hash_table_insert(seen, (gpointer)name, (gpointer)name);
    }
    return shared;
}

/* as many as fit, in the order of the ids */
static void append_names(GString *args, const GPtrArray *sorted, GHashTable *shared)
{
    for (guint i = 0; i < sorted->len; i++) {
        const PlanRow *row = sorted->pdata[i];
        g_autofree char *name = g_hash_table_contains(shared, row->object)
                                    ? g_strdup_printf("%s (%s)", row->object, row->object_id)
                                    : g_strdup(row->object);
        g_autofree char *escaped = g_uri_escape_string(name, KEPT_IN_NAMES, TRUE);
        if (args->len + strlen(escaped) > MOST_LETTERS)
            return;
        g_string_append_printf(args, "%s%s", i ? SEPARATOR : NAMES, escaped);
    }
}

static const char *args_of(ChangePlan *plan, const GPtrArray *equal, GHashTable *shared)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < equal->len; i++)
        g_ptr_array_add(sorted, equal->pdata[i]);
    g_ptr_array_sort(sorted, compare_ids);
    g_autoptr(GString) args = g_string_new(NULL);
    g_string_printf(args, COUNT "%u" IDS, equal->len);
    for (guint i = 0; i < sorted->len; i++)
        g_string_append_printf(args, "%s%s", i ? SEPARATOR : "",
                               ((const PlanRow *)sorted->pdata[i])->object_id);
    append_names(args, sorted, shared);
    return changeplan_string(plan, args->str);
}

/* the words that all of them share, figures and all where these are the same too */
static const char *shared_reason(ChangePlan *plan, const GPtrArray *equal)
{
    const PlanRow *first = equal->pdata[0];
    for (guint i = 1; i < equal->len; i++) {
        if (strcmp(first->shared, ((const PlanRow *)equal->pdata[i])->shared) != 0) {
            g_autofree char *reason = without_figures(first->shared);
            return changeplan_string(plan, reason);
        }
    }
    return first->shared;
}

static PlanRow gather(ChangePlan *plan, const GPtrArray *equal, GHashTable *shared)
{
    PlanRow row = *(const PlanRow *)equal->pdata[0];
    if (equal->len == 1)
        return row;
    row.args = args_of(plan, equal, shared);
    row.reason = shared_reason(plan, equal);
    row.object_id = row.cluster_id;
    row.object = row.cluster;
    row.instance_uuid = row.from = row.to = row.unit = row.effect = row.shared = "";
    return row;
}

/* the rows in the order of the first of each kind: GPtrArray of const PlanRow * each */
static GPtrArray *equal_rows(const GArray *rows)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < rows->len; i++) {
        PlanRow *row = &g_array_index(rows, PlanRow, i);
        g_autofree char *key = *row->shared ? key_of(row) : NULL;
        GPtrArray *equal = key ? g_hash_table_lookup(by_key, key) : NULL;
        if (!equal || equal->len == MOST_OF_A_ROW) {
            equal = g_ptr_array_new();
            g_ptr_array_add(all, equal);
            if (key)
                g_hash_table_insert(by_key, g_steal_pointer(&key), equal);
        }
        g_ptr_array_add(equal, row);
    }
    return all;
}

void gather_rows(ChangePlan *plan, const Snapshot *snapshot)
{
    g_autoptr(GPtrArray) all = equal_rows(plan->rows);
    g_autoptr(GHashTable) shared = shared_names(all, snapshot);
    GArray *rows = plan->rows;
    plan->rows = g_array_sized_new(FALSE, FALSE, sizeof(PlanRow), all->len);
    g_hash_table_remove_all(plan->steps);
    for (guint i = 0; i < all->len; i++) {
        PlanRow row = gather(plan, all->pdata[i], shared);
        changeplan_add(plan, &row);
    }
    g_array_free(rows, TRUE);
}
