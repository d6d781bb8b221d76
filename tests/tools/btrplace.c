/* SPDX-License-Identifier: MIT */

/*
 * btrplace DIR -o NEW.csv [-s SEED] [-j THREADS]: repair a BtrPlace workload (nodes.csv, vms.csv, rules.csv
 * and parts.csv of DIR) with the fewest migrations, by plan's problem and search, and write vm,node.
 */

#include "plan/solver/bound.h"
#include "plan/solver/search.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPU, MEMORY, RESOURCES };
enum { LEVEL_RULES, LEVEL_OVER, LEVEL_MOVES, LEVELS };

typedef struct {
    Problem *problem;
    GHashTable *node;  /* name to index */
    GPtrArray *nodes;  /* names */
    GHashTable *vm;    /* name to index */
    GPtrArray *vms;    /* names */
    int *part_of;      /* of each node, or -1 */
    GHashTable *parts; /* name to index */
    int *reach_of_vm;  /* part list of an among rule, or -1 */
} Centre;

typedef char **Row;

/* the rows of DIR/FILE below its header, each split at commas; free with g_ptr_array_unref */
static GPtrArray *read_rows(const char *dir, const char *file, guint n_columns, GError **error)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return NULL;
    }
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 1; lines[0] && lines[i]; i++) {
        Row row = g_strsplit(g_strchomp(lines[i]), ",", -1);
        guint n = g_strv_length(row);
        if (n == n_columns) {
            g_ptr_array_add(rows, row);
            continue;
        }
        g_strfreev(row);
        if (n) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %u columns, not %u", path, i + 1,
                        n, n_columns);
            g_ptr_array_unref(rows);
            return NULL;
        }
    }
    return rows;
}

static int index_of(GHashTable *table, const char *name)
{
    gpointer value;
    return g_hash_table_lookup_extended(table, name, NULL, &value) ? GPOINTER_TO_INT(value) : -1;
}

static void add_name(GHashTable *table, GPtrArray *names, const char *name)
{
    char *copy = g_strdup(name);
    g_hash_table_insert(table, copy, GINT_TO_POINTER((int)names->len));
    g_ptr_array_add(names, copy);
}

static bool read_nodes(Centre *centre, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) nodes = read_rows(dir, "nodes.csv", 5, error);
    g_autoptr(GPtrArray) parts = nodes ? read_rows(dir, "parts.csv", 2, error) : NULL;
    if (!parts) {
        return false;
    }
    for (guint i = 0; i < nodes->len; i++) {
        add_name(centre->node, centre->nodes, ((Row)nodes->pdata[i])[0]);
    }
    centre->part_of = g_new0(int, nodes->len + 1);
    for (guint i = 0; i < nodes->len; i++) {
        centre->part_of[i] = -1;
    }
    for (guint i = 0; i < parts->len; i++) {
        Row row = parts->pdata[i];
        g_auto(GStrv) members = g_strsplit(row[1], " ", -1);
        g_hash_table_insert(centre->parts, g_strdup(row[0]), GINT_TO_POINTER((int)i));
        for (guint k = 0; members[k]; k++) {
            int node = index_of(centre->node, members[k]);
            if (node < 0 || centre->part_of[node] >= 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "parts.csv: node %s is unknown or in two parts", members[k]);
                return false;
            }
            centre->part_of[node] = (int)i;
        }
    }
    int64_t one[RESOURCES] = {1, 1};
    for (guint i = 0; i < nodes->len; i++) {
        Row row = nodes->pdata[i];
        int64_t capacity[RESOURCES] = {g_ascii_strtoll(row[1], NULL, 10), g_ascii_strtoll(row[2], NULL, 10)};
        problem_add_machine(
            centre->problem,
            &(Machine){.capacity = capacity,
                       .safety = capacity,
                       .over_safety_weight = one,
                       .location = centre->part_of[i] >= 0 ? centre->part_of[i] : (int)parts->len,
                       .stay_cost = strcmp(row[4], "1") == 0,
                       .max_leaving = -1,
                       .closed = strcmp(row[3], "1") != 0 || strcmp(row[4], "1") == 0});
    }
    return true;
}

/* the machines of the parts that an among rule names, as a reach */
static int add_reach(Centre *centre, const char *part_list)
{
    g_auto(GStrv) names = g_strsplit(part_list, " ", -1);
    guint n_nodes = centre->nodes->len;
    g_autofree bool *allowed = g_new0(bool, n_nodes);
    for (guint i = 0; names[i]; i++) {
        int part = index_of(centre->parts, names[i]);
        for (guint n = 0; n < n_nodes; n++) {
            if (part >= 0 && centre->part_of[n] == part) {
                allowed[n] = true;
            }
        }
    }
    return problem_add_reach(centre->problem, allowed, NULL, 1);
}

/* reaches come before processes: one for each different list of parts */
static void add_reaches(Centre *centre, GPtrArray *rules)
{
    g_autoptr(GHashTable) reaches = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < rules->len; i++) {
        Row row = rules->pdata[i];
        if (strcmp(row[0], "among") != 0) {
            continue;
        }
        int reach = index_of(reaches, row[3]);
        if (reach < 0) {
            reach = add_reach(centre, row[3]);
            g_hash_table_insert(reaches, row[3], GINT_TO_POINTER(reach));
        }
        g_auto(GStrv) vms = g_strsplit(row[2], " ", -1);
        for (guint k = 0; vms[k]; k++) {
            int vm = index_of(centre->vm, vms[k]);
            if (vm >= 0) {
                centre->reach_of_vm[vm] = reach;
            }
        }
    }
}

static bool add_rules(Centre *centre, GPtrArray *rules, GError **error)
{
    for (guint i = 0; i < rules->len; i++) {
        Row row = rules->pdata[i];
        bool among = strcmp(row[0], "among") == 0;
        Group group = {.apart = !among,
                       .same_location = among,
                       .mandatory = true,
                       .level = LEVEL_RULES,
                       .weight = 1,
                       .even_level = LEVEL_RULES,
                       .even_weight = 1};
        int g = problem_add_group(centre->problem, &group);
        g_auto(GStrv) vms = g_strsplit(row[2], " ", -1);
        for (guint k = 0; vms[k]; k++) {
            int vm = index_of(centre->vm, vms[k]);
            if (vm < 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "rules.csv: rule %s: no VM %s",
                            row[1], vms[k]);
                return false;
            }
            problem_join_group(centre->problem, g, vm);
        }
    }
    return true;
}

static bool read_vms(Centre *centre, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) vms = read_rows(dir, "vms.csv", 5, error);
    g_autoptr(GPtrArray) rules = vms ? read_rows(dir, "rules.csv", 4, error) : NULL;
    if (!rules) {
        return false;
    }
    centre->reach_of_vm = g_new(int, vms->len + 1);
    for (guint i = 0; i < vms->len; i++) {
        add_name(centre->vm, centre->vms, ((Row)vms->pdata[i])[0]);
        centre->reach_of_vm[i] = -1;
    }
    add_reaches(centre, rules);
    for (guint i = 0; i < vms->len; i++) {
        Row row = vms->pdata[i];
        int home = index_of(centre->node, row[1]);
        if (home < 0) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "vms.csv: VM %s: no node %s", row[0],
                        row[1]);
            return false;
        }
        int64_t need[RESOURCES] = {g_ascii_strtoll(row[4], NULL, 10), g_ascii_strtoll(row[3], NULL, 10)};
        problem_add_process(
            centre->problem,
            &(Process){.need = need, .home = home, .reach = centre->reach_of_vm[i], .move_cost = 1});
    }
    return add_rules(centre, rules, error) && problem_finish(centre->problem, error);
}

static bool write_nodes(const Centre *centre, const Placement *placement, const char *path, GError **error)
{
    g_autoptr(GString) text = g_string_new("vm,node\n");
    for (guint i = 0; i < centre->vms->len; i++) {
        g_string_append_printf(text, "%s,%s\n", (char *)centre->vms->pdata[i],
                               (char *)centre->nodes->pdata[placement->machine[i]]);
    }
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

static bool repair(Centre *centre, const char *dir, const char *output, const SearchOptions *options,
                   GError **error)
{
    Levels levels = {.over_safety = LEVEL_OVER,
                     .newly_over_safety = LEVEL_OVER,
                     .over_capacity = LEVEL_OVER,
                     .outside = LEVEL_RULES,
                     .stay = LEVEL_RULES,
                     .move = LEVEL_MOVES};
    centre->problem = problem_new(RESOURCES, LEVELS, &levels);
    if (!read_nodes(centre, dir, error) || !read_vms(centre, dir, error)) {
        return false;
    }
    int64_t began = g_get_monotonic_time();
    SearchResult result = search(centre->problem, NULL, options);
    g_autoptr(Placement) best = result.best;
    Cost bound = bound_cost(centre->problem);
    printf("broken %lld overload %lld migrations %lld bound %lld seconds %.3f stopped %s\n",
           (long long)result.cost.level[LEVEL_RULES], (long long)result.cost.level[LEVEL_OVER],
           (long long)result.cost.level[LEVEL_MOVES], (long long)bound.level[LEVEL_MOVES],
           (double)(g_get_monotonic_time() - began) / 1e6, search_stop_name(result.stopped_by));
    return write_nodes(centre, best, output, error);
}

int main(int argc, char **argv)
{
    g_autofree char *output = NULL;
    gint64 seed = 1;
    int threads = 2;
    GOptionEntry entries[] = {{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "vm,node", "FILE"},
                              {"seed", 's', 0, G_OPTION_ARG_INT64, &seed, NULL, "N"},
                              {"threads", 'j', 0, G_OPTION_ARG_INT, &threads, NULL, "N"},
                              {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("DIR - repair a BtrPlace workload");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2 || !output) {
        fprintf(stderr, "%s\n", error ? error->message : "usage: btrplace DIR -o NEW.csv");
        return 2;
    }
    Centre centre = {.node = g_hash_table_new(g_str_hash, g_str_equal),
                     .nodes = g_ptr_array_new_with_free_func(g_free),
                     .vm = g_hash_table_new(g_str_hash, g_str_equal),
                     .vms = g_ptr_array_new_with_free_func(g_free),
                     .parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    SearchOptions options = {.seed = (uint64_t)seed, .threads = threads};
    bool done = repair(&centre, argv[1], output, &options, &error);
    if (!done) {
        fprintf(stderr, "btrplace: %s\n", error->message);
    }
    problem_free(centre.problem);
    g_hash_table_unref(centre.node);
    g_hash_table_unref(centre.vm);
    g_hash_table_unref(centre.parts);
    g_ptr_array_unref(centre.nodes);
    g_ptr_array_unref(centre.vms);
    g_free(centre.part_of);
    g_free(centre.reach_of_vm);
    return done ? 0 : 1;
}
