/* SPDX-License-Identifier: MIT */

/*
 * btrplace-check DIR NEW.csv: whether a new placement repairs a BtrPlace workload. Every node must hold the
 * CPU demand and the memory of its VMs and be online, those that must be offline must be empty, and the rules
 * must hold. Prints what is wrong, the migrations, and the least there can be: per node, largest VMs first.
 * Shares nothing with plan. Exit 0 all is well, 1 not.
 */

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    long cpu, memory; /* capacity */
    long cpu_used, memory_used;
    int online, must_be_offline;
    int vms;
    char *part;
    GArray *demands_before; /* CPU demand of the VMs that were here */
} Node;

typedef struct {
    char *from, *to;
    long cpu, memory;
} Vm;

static void each_row(const char *dir, const char *file, void (*use)(char **row, void *data), void *data)
{
    g_autofree char *path = dir ? g_build_filename(dir, file, NULL) : g_strdup(file);
    FILE *stream = fopen(path, "r");
    if (!stream) {
        fprintf(stderr, "btrplace-check: cannot read %s\n", path);
        exit(2);
    }
    char *line = NULL;
    size_t room = 0;
    for (int n = 0; getline(&line, &room, stream) > 0; n++) {
        g_auto(GStrv) row = g_strsplit(g_strchomp(line), ",", -1);
        if (n && g_strv_length(row) >= 2) {
            use(row, data);
        }
    }
    free(line);
    fclose(stream);
}

typedef struct {
    GHashTable *nodes;
    GHashTable *vms;
    int wrong;
    int moved;
} Check;

/* a whole number, or the end */
static long number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end) {
        fprintf(stderr, "btrplace-check: %s is not a whole number\n", text);
        exit(2);
    }
    return value;
}

static void add_node(char **row, void *data)
{
    Node *node = g_new0(Node, 1);
    node->cpu = number(row[1]);
    node->memory = number(row[2]);
    node->online = number(row[3]) != 0;
    node->must_be_offline = number(row[4]) != 0;
    node->demands_before = g_array_new(FALSE, FALSE, sizeof(long));
    g_hash_table_insert(((Check *)data)->nodes, g_strdup(row[0]), node);
}

static Node *find_node(Check *check, const char *name)
{
    Node *node = g_hash_table_lookup(check->nodes, name);
    if (!node) {
        fprintf(stderr, "btrplace-check: no node %s\n", name);
        exit(2);
    }
    return node;
}

static Vm *find_vm(Check *check, const char *name)
{
    Vm *vm = g_hash_table_lookup(check->vms, name);
    if (!vm) {
        fprintf(stderr, "btrplace-check: no VM %s\n", name);
        exit(2);
    }
    return vm;
}

static void add_vm(char **row, void *data)
{
    Check *check = data;
    Vm *vm = g_new0(Vm, 1);
    vm->from = g_strdup(row[1]);
    vm->memory = number(row[3]);
    vm->cpu = number(row[4]);
    g_hash_table_insert(check->vms, g_strdup(row[0]), vm);
    g_array_append_val(find_node(check, vm->from)->demands_before, vm->cpu);
}

static void add_part(char **row, void *data)
{
    g_auto(GStrv) names = g_strsplit(row[1], " ", -1);
    for (int i = 0; names[i]; i++) {
        find_node(data, names[i])->part = g_strdup(row[0]);
    }
}

static void place(char **row, void *data)
{
    Check *check = data;
    Vm *vm = find_vm(check, row[0]);
    if (vm->to) {
        printf("VM %s is placed twice\n", row[0]);
        check->wrong++;
        return;
    }
    vm->to = g_strdup(row[1]);
    Node *node = find_node(check, vm->to);
    node->cpu_used += vm->cpu;
    node->memory_used += vm->memory;
    node->vms++;
    check->moved += strcmp(vm->from, vm->to) != 0;
}

static void check_rule(char **row, void *data)
{
    Check *check = data;
    int among = strcmp(row[0], "among") == 0;
    g_auto(GStrv) names = g_strsplit(row[2], " ", -1);
    g_auto(GStrv) parts = g_strsplit(row[3] ? row[3] : "", " ", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *first = NULL;
    for (int i = 0; names[i]; i++) {
        Vm *vm = find_vm(check, names[i]);
        const char *at = !vm->to ? NULL : among ? find_node(check, vm->to)->part : vm->to;
        int bad = !at;
        if (at && among) {
            first = first ? first : at;
            bad = strcmp(at, first) != 0 || !g_strv_contains((const char *const *)parts, at);
        } else if (at) {
            bad = !g_hash_table_add(seen, (gpointer)at);
        }
        if (bad) {
            printf("rule %s (%s): VM %s\n", row[1], row[0], names[i]);
            check->wrong++;
        }
    }
}

static gint descending(gconstpointer a, gconstpointer b)
{
    long x = *(const long *)a;
    long y = *(const long *)b;
    return (x < y) - (x > y);
}

static int check_nodes(Check *check)
{
    GHashTableIter iter;
    gpointer name, value;
    int least = 0;
    g_hash_table_iter_init(&iter, check->nodes);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        Node *node = value;
        long excess = -node->cpu;
        if (node->cpu_used > node->cpu || node->memory_used > node->memory ||
            (node->vms && (!node->online || node->must_be_offline))) {
            printf("node %s: CPU %ld of %ld, memory %ld of %ld, %d VMs\n", (char *)name, node->cpu_used,
                   node->cpu, node->memory_used, node->memory, node->vms);
            check->wrong++;
        }
        g_array_sort(node->demands_before, descending);
        for (guint i = 0; i < node->demands_before->len; i++) {
            excess += g_array_index(node->demands_before, long, i);
        }
        for (guint i = 0; excess > 0 && i < node->demands_before->len; i++) {
            excess -= g_array_index(node->demands_before, long, i);
            least++;
        }
    }
    return least;
}

static void check_placed(Check *check)
{
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, check->vms);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        if (!((Vm *)value)->to) {
            printf("VM %s is not placed\n", (char *)name);
            check->wrong++;
        }
    }
}

static void free_node(gpointer data)
{
    Node *node = data;
    g_array_unref(node->demands_before);
    g_free(node->part);
    g_free(node);
}

static void free_vm(gpointer data)
{
    Vm *vm = data;
    g_free(vm->from);
    g_free(vm->to);
    g_free(vm);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: btrplace-check DIR NEW.csv\n");
        return 2;
    }
    Check check = {.nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_node),
                   .vms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_vm)};
    each_row(argv[1], "nodes.csv", add_node, &check);
    each_row(argv[1], "parts.csv", add_part, &check);
    each_row(argv[1], "vms.csv", add_vm, &check);
    each_row(NULL, argv[2], place, &check);
    check_placed(&check);
    int least = check_nodes(&check);
    each_row(argv[1], "rules.csv", check_rule, &check);
    printf("migrations %d\nleast %d\n%s\n", check.moved, least, check.wrong ? "broken" : "repaired");
    g_hash_table_unref(check.nodes);
    g_hash_table_unref(check.vms);
    return check.wrong ? 1 : 0;
}
