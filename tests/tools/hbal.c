/* SPDX-License-Identifier: MIT */

/*
 * hbal CLUSTER [UTIL] [--moves N] [--seed S]: even out memory and CPU of a cluster in the text format of
 * Ganeti's htools (htools(1)), as hbal(1) does, with at most N moves, by plan's problem and search. CPU is
 * vcpus ÷ physical cores, or the load of UTIL (hbal -U). Instances are taken to live on shared storage: a
 * move is a live migration. First the peer's way is gone, each move the best one: that is the reference; then
 * the search finds moves that leave neither a deviation nor a maximum worse. Prints moves as the peer does,
 * those that help most first, each into memory that is free when it is made.
 */

#include "plan/solver/search.h"

#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY, CPU, RESOURCES };
enum { ABOVE_MOST, UNEVEN, LEVELS };
enum { NODE_COLUMNS = 10, INSTANCE_COLUMNS = 7, POLICY_COLUMNS = 6 };

#define LOAD_UNITS 1e6       /* of CPU: vcpus and loads are fractions of a core and of a node */
#define WEIGHT_UNITS 100     /* weights are whole numbers */
#define ABOVE_UNITS 1e9      /* of a whole node above the most loaded of the reference */
#define LEAST_GAIN 1e-9      /* of the score, by a move that is worth while */
#define SEARCHES 3           /* each with the weights that the one before suggests */
#define HEAVIER 2            /* weighs a deviation that is above the reference's */
#define WORK_LEAST 10000     /* changes that a search evaluates */
#define WORK_PER_INSTANCE 30 /* and more */

typedef struct {
    char *name;
    int64_t capacity[RESOURCES];
    double whole[RESOURCES]; /* what figures are fractions of */
    double part[RESOURCES];  /* of one unit in that */
    int64_t base, used[RESOURCES];
} Node;

typedef struct {
    char *name;
    int64_t need[RESOURCES];
    int node;
    gboolean running;
} Instance;

typedef struct {
    GArray *nodes;                     /* Node */
    GArray *instances;                 /* Instance */
    GHashTable *node_of, *instance_of; /* name -> index */
    double vcpu_ratio;                 /* most vcpus on a core */
    gboolean by_load;                  /* CPU is the load of UTIL */
    const char *path;
} Cluster;

typedef struct {
    double deviation, most;
} Figure;

static gboolean bad_line(const Cluster *cluster, guint line, const char *expected, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: expected %s", cluster->path, line + 1,
                expected);
    return FALSE;
}

static int index_of(GHashTable *table, const char *name)
{
    gpointer value;
    return g_hash_table_lookup_extended(table, name, NULL, &value) ? GPOINTER_TO_INT(value) : -1;
}

static Node *node_at(const Cluster *cluster, int index)
{
    return &g_array_index(cluster->nodes, Node, index);
}

static Instance *instance_at(const Cluster *cluster, guint index)
{
    return &g_array_index(cluster->instances, Instance, index);
}

/* name, total, node's own, free, disks, cores (6), ..., CPU speed (14) */
static gboolean read_node(Cluster *cluster, char **field, guint line, GError **error)
{
    guint n = g_strv_length(field);
    if (n < NODE_COLUMNS)
        return bad_line(cluster, line, "a node", error);
    double speed = n > 14 ? g_ascii_strtod(field[14], NULL) : 1;
    Node node = {.name = g_strdup(field[0])};
    int64_t total = g_ascii_strtoll(field[1], NULL, 10);
    node.capacity[MEMORY] = total - 1; /* the peer leaves something free */
    node.whole[MEMORY] = (double)total;
    node.base = total - g_ascii_strtoll(field[3], NULL, 10); /* less its instances, later */
    node.whole[CPU] = LOAD_UNITS * (cluster->by_load ? speed : g_ascii_strtod(field[6], NULL));
    g_hash_table_insert(cluster->node_of, node.name, GINT_TO_POINTER((int)cluster->nodes->len));
    g_array_append_val(cluster->nodes, node);
    return TRUE;
}

/* name, memory, disk, vcpus, status, auto_balance, primary node, ... */
static gboolean read_instance(Cluster *cluster, char **field, guint line, GError **error)
{
    int node = g_strv_length(field) < INSTANCE_COLUMNS ? -1 : index_of(cluster->node_of, field[6]);
    if (node < 0)
        return bad_line(cluster, line, "an instance on a node of this file", error);
    Instance instance = {.name = g_strdup(field[0]), .node = node};
    instance.need[MEMORY] = g_ascii_strtoll(field[1], NULL, 10);
    instance.need[CPU] = cluster->by_load ? 0 : llround(g_ascii_strtod(field[3], NULL) * LOAD_UNITS);
    instance.running = strcmp(field[4], "running") == 0 && strcmp(field[5], "Y") == 0;
    node_at(cluster, node)->base -= instance.need[MEMORY];
    g_hash_table_insert(cluster->instance_of, instance.name, GINT_TO_POINTER((int)cluster->instances->len));
    g_array_append_val(cluster->instances, instance);
    return TRUE;
}

/* sections are separated by empty lines: groups, nodes, instances, tags, policies */
static gboolean read_cluster(Cluster *cluster, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(cluster->path, &text, NULL, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    enum { GROUPS, NODES, INSTANCES, TAGS, POLICIES } section = GROUPS;
    for (guint i = 0; lines[i]; i++) {
        if (!*lines[i]) {
            section++;
            continue;
        }
        g_auto(GStrv) field = g_strsplit(lines[i], "|", -1);
        if (section == NODES && !read_node(cluster, field, i, error))
            return FALSE;
        if (section == INSTANCES && !read_instance(cluster, field, i, error))
            return FALSE;
        if (section == POLICIES && g_strv_length(field) >= POLICY_COLUMNS)
            cluster->vcpu_ratio = g_ascii_strtod(field[4], NULL);
    }
    return cluster->nodes->len > 0 || bad_line(cluster, 0, "nodes", error);
}

/* instance, CPU load, and others that sharedfile's moves do not change */
static gboolean read_loads(Cluster *cluster, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    cluster->path = path;
    if (!g_file_get_contents(path, &text, NULL, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) field = g_strsplit(lines[i], " ", -1);
        int instance = *lines[i] ? index_of(cluster->instance_of, field[0]) : -1;
        if (*lines[i] && (instance < 0 || g_strv_length(field) < 2))
            return bad_line(cluster, i, "an instance of the cluster and its loads", error);
        if (*lines[i])
            instance_at(cluster, (guint)instance)->need[CPU] =
                llround(g_ascii_strtod(field[1], NULL) * LOAD_UNITS);
    }
    return TRUE;
}

static void take_use(Cluster *cluster)
{
    for (guint n = 0; n < cluster->nodes->len; n++) {
        Node *node = node_at(cluster, (int)n);
        node->used[MEMORY] = node->base;
        node->capacity[CPU] = llround(node->whole[CPU] * (cluster->by_load ? 1 : cluster->vcpu_ratio));
        for (int r = 0; r < RESOURCES; r++)
            node->part[r] = 1 / node->whole[r];
    }
    for (guint i = 0; i < cluster->instances->len; i++)
        for (int r = 0; r < RESOURCES; r++)
            node_at(cluster, instance_at(cluster, i)->node)->used[r] += instance_at(cluster, i)->need[r];
}

static Figure figure(const Cluster *cluster, int resource)
{
    double sum = 0, squares = 0, n = cluster->nodes->len;
    Figure figure = {0, 0};
    for (guint i = 0; i < cluster->nodes->len; i++) {
        const Node *node = node_at(cluster, (int)i);
        double share = (double)node->used[resource] / node->whole[resource];
        sum += share;
        squares += share * share;
        figure.most = MAX(figure.most, share);
    }
    figure.deviation = sqrt(MAX(0, squares / n - sum / n * (sum / n)));
    return figure;
}

static double score(const Cluster *cluster)
{
    return figure(cluster, MEMORY).deviation + figure(cluster, CPU).deviation;
}

static void shift(const Cluster *cluster, const Instance *instance, int from, int to)
{
    for (int r = 0; r < RESOURCES; r++) {
        node_at(cluster, from)->used[r] -= instance->need[r];
        node_at(cluster, to)->used[r] += instance->need[r];
    }
}

static gboolean fits(const Cluster *cluster, const Instance *instance, int to)
{
    const Node *node = node_at(cluster, to);
    for (int r = 0; r < RESOURCES; r++)
        if (node->used[r] + instance->need[r] > node->capacity[r])
            return FALSE;
    return TRUE;
}

/* a move under consideration, by what it makes of the spread of each resource */
typedef struct {
    double score; /* the sum of their roots */
    double spread[RESOURCES];
    guint mover;
    int to; /* -1: none */
} Move;

/* sums over nodes of shares and their squares */
typedef struct {
    double shares, squares;
} Sums;

/* an instance more (1) or less (-1) on a node */
static Sums changed(Sums sums, const Node *node, const Instance *instance, int resource, int sign)
{
    double share = (double)node->used[resource] * node->part[resource];
    double change = sign * (double)instance->need[resource] * node->part[resource];
    return (Sums){sums.shares + change, sums.squares + change * (2 * share + change)};
}

/* of n nodes, times n² */
static double spread(Sums sums, double n)
{
    return MAX(0, n * sums.squares - sums.shares * sums.shares);
}

/* takes the best of an instance's moves if it is better than the best so far */
static void consider_moves(const Cluster *cluster, guint i, int from, const Sums *sums, Move *best)
{
    const Instance *instance = instance_at(cluster, i);
    double n = cluster->nodes->len;
    Sums left[RESOURCES];
    for (int r = 0; r < RESOURCES; r++)
        left[r] = changed(sums[r], node_at(cluster, from), instance, r, -1);
    for (int to = 0; to < (int)cluster->nodes->len; to++) {
        const Node *node = node_at(cluster, to);
        double memory = spread(changed(left[MEMORY], node, instance, MEMORY, 1), n);
        double cpu = spread(changed(left[CPU], node, instance, CPU, 1), n);
        gboolean worse = memory >= best->spread[MEMORY] && cpu >= best->spread[CPU];
        if (worse || to == from || !fits(cluster, instance, to))
            continue;
        double roots = sqrt(memory) + sqrt(cpu);
        if (roots < best->score)
            *best = (Move){roots, {memory, cpu}, i, to};
    }
}

/* makes the one move that evens out most; whether there is one */
static gboolean make_best_move(const Cluster *cluster, int *machine)
{
    Sums sums[RESOURCES] = {{0, 0}, {0, 0}};
    Move best = {.to = -1};
    for (int r = 0; r < RESOURCES; r++) {
        for (guint n = 0; n < cluster->nodes->len; n++) {
            const Node *node = node_at(cluster, (int)n);
            double share = (double)node->used[r] * node->part[r];
            sums[r].shares += share;
            sums[r].squares += share * share;
        }
        best.spread[r] = spread(sums[r], cluster->nodes->len);
        best.score += sqrt(best.spread[r]);
    }
    best.score *= 1 - LEAST_GAIN;
    for (guint i = 0; i < cluster->instances->len; i++)
        if (instance_at(cluster, i)->running)
            consider_moves(cluster, i, machine[i], sums, &best);
    if (best.to < 0)
        return FALSE;
    shift(cluster, instance_at(cluster, best.mover), machine[best.mover], best.to);
    machine[best.mover] = best.to;
    return TRUE;
}

/* what was reached by moves that each were the best one, as the peer takes them: none of it is given up */
typedef struct {
    int *machine;
    Figure figure[RESOURCES];
} Reference;

static void shift_all(const Cluster *cluster, const int *machine, gboolean back)
{
    for (guint i = 0; i < cluster->instances->len; i++) {
        const Instance *instance = instance_at(cluster, i);
        shift(cluster, instance, back ? machine[i] : instance->node, back ? instance->node : machine[i]);
    }
}

static void measure(const Cluster *cluster, const int *machine, Figure figures[RESOURCES])
{
    shift_all(cluster, machine, FALSE);
    for (int r = 0; r < RESOURCES; r++)
        figures[r] = figure(cluster, r);
    shift_all(cluster, machine, TRUE);
}

static Reference reference_of(const Cluster *cluster, int moves)
{
    Reference reference = {.machine = g_new0(int, cluster->instances->len)};
    for (guint i = 0; i < cluster->instances->len; i++)
        reference.machine[i] = instance_at(cluster, i)->node;
    while (moves > 0 && make_best_move(cluster, reference.machine))
        moves--;
    shift_all(cluster, reference.machine, TRUE);
    measure(cluster, reference.machine, reference.figure);
    return reference;
}

/* no node above the reference's most loaded; then as even as can be */
static Problem *problem_of(const Cluster *cluster, int moves, const Reference *reference,
                           const double *weight, GError **error)
{
    Levels levels = {.over_safety = ABOVE_MOST, .balance = UNEVEN};
    g_autoptr(Problem) problem = problem_new(RESOURCES, LEVELS, &levels);
    for (guint n = 0; n < cluster->nodes->len; n++) {
        const Node *node = node_at(cluster, (int)n);
        int64_t base[RESOURCES] = {[MEMORY] = node->base};
        int64_t most[RESOURCES], above[RESOURCES];
        for (int r = 0; r < RESOURCES; r++) {
            most[r] = llround(node->whole[r] * reference->figure[r].most);
            above[r] = llround(ABOVE_UNITS / node->whole[r]);
        }
        problem_add_machine(problem, &(Machine){.capacity = node->capacity,
                                                .safety = most,
                                                .base = base,
                                                .over_safety_weight = above,
                                                .max_leaving = -1});
    }
    for (guint i = 0; i < cluster->instances->len; i++) {
        const Instance *instance = instance_at(cluster, i);
        problem_add_process(problem, &(Process){.need = instance->need,
                                                .home = instance->node,
                                                .reach = -1,
                                                .pinned = !instance->running});
    }
    /* the problem's fractions are of what a node may hold, the peer's of what it has */
    double ratio = cluster->by_load ? 1 : cluster->vcpu_ratio;
    problem_set_evenness(problem, MEMORY, llround(weight[MEMORY]));
    problem_set_evenness(problem, CPU, llround(weight[CPU] * ratio * ratio));
    problem_set_max_moves(problem, moves);
    return problem_finish(problem, error) ? g_steal_pointer(&problem) : NULL;
}

/* the instance whose move helps most now and fits, or -1; those done are where they are to be */
static int best_next(const Cluster *cluster, const int *target, const GArray *moving)
{
    int best = -1;
    double lowest = 0;
    for (guint k = 0; k < moving->len; k++) {
        guint i = g_array_index(moving, guint, k);
        const Instance *instance = instance_at(cluster, i);
        if (instance->node == target[i] || !fits(cluster, instance, target[i]))
            continue;
        shift(cluster, instance, instance->node, target[i]);
        double now = score(cluster);
        shift(cluster, instance, target[i], instance->node);
        if (best < 0 || now < lowest) {
            best = (int)i;
            lowest = now;
        }
    }
    return best;
}

static void print_figures(const Cluster *cluster, const char *when)
{
    Figure memory = figure(cluster, MEMORY), cpu = figure(cluster, CPU);
    printf("%s: memory deviation %.6f most %.4f, CPU deviation %.6f most %.4f, score %.8f\n", when,
           memory.deviation, memory.most, cpu.deviation, cpu.most, score(cluster));
}

static void print_moves(Cluster *cluster, const int *target)
{
    g_autoptr(GArray) moving = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < cluster->instances->len; i++)
        if (target[i] != instance_at(cluster, i)->node)
            g_array_append_val(moving, i);
    guint done = 0;
    for (int next; (next = best_next(cluster, target, moving)) >= 0; done++) {
        Instance *instance = instance_at(cluster, (guint)next);
        shift(cluster, instance, instance->node, target[next]);
        printf("%5u. %s %-16s => %-16s %12.8f\n", done + 1, instance->name,
               node_at(cluster, instance->node)->name, node_at(cluster, target[next])->name, score(cluster));
        instance->node = target[next];
    }
    if (done < moving->len)
        printf("%u moves left out: their memory never came free\n", moving->len - done);
    printf("Solution length=%u\n", done);
}

/* makes machine the best placement that one search finds from it */
static gboolean search_from(int *machine, const Problem *problem, guint n, uint64_t seed)
{
    g_autoptr(Placement) start = placement_new(problem);
    memcpy(start->machine, machine, n * sizeof(int));
    SearchOptions options = {
        .seed = seed, .threads = 1, .work_limit = WORK_LEAST + (int64_t)WORK_PER_INSTANCE * n};
    SearchResult found = search(problem, start, &options);
    memcpy(machine, found.best->machine, n * sizeof(int));
    placement_free(found.best);
    return found.stopped_by != SEARCH_OPTIMAL;
}

/* Squares weigh so that a small change of their sum changes the sum of the deviations by as much; where that
 * leaves one deviation above the reference's, it weighs more in the next search, and the placement is not
 * kept. */
static int *search_evener(const Cluster *cluster, int moves, const Reference *reference, uint64_t seed,
                          GError **error)
{
    guint n = cluster->instances->len;
    g_autofree int *machine = g_memdup2(reference->machine, n * sizeof(int));
    g_autofree int *best = g_memdup2(reference->machine, n * sizeof(int));
    double weight[RESOURCES];
    for (int r = 0; r < RESOURCES; r++)
        weight[r] = WEIGHT_UNITS / MAX(reference->figure[r].deviation, 1e-3);
    for (int i = 0; i < SEARCHES; i++) {
        g_autoptr(Problem) problem = problem_of(cluster, moves, reference, weight, error);
        if (!problem)
            return NULL;
        if (!search_from(machine, problem, n, seed + (uint64_t)i))
            break;
        Figure reached[RESOURCES];
        gboolean kept = TRUE;
        measure(cluster, machine, reached);
        for (int r = 0; r < RESOURCES; r++)
            if (reached[r].deviation > reference->figure[r].deviation) {
                weight[r] *= HEAVIER;
                kept = FALSE;
            }
        if (kept)
            memcpy(best, machine, n * sizeof(int));
    }
    return g_steal_pointer(&best);
}

static gboolean balance(Cluster *cluster, const char *loads, int moves, uint64_t seed, GError **error)
{
    if (!read_cluster(cluster, error) || (loads && !read_loads(cluster, loads, error)))
        return FALSE;
    take_use(cluster);
    int bound = moves < 0 ? (int)cluster->instances->len : moves;
    Reference reference = reference_of(cluster, bound);
    g_autofree int *machine = search_evener(cluster, bound, &reference, seed, error);
    g_free(reference.machine);
    if (!machine)
        return FALSE;
    print_figures(cluster, "Before");
    print_moves(cluster, machine);
    print_figures(cluster, "After");
    return TRUE;
}

static void clear_node(gpointer node)
{
    g_free(((Node *)node)->name);
}

static void clear_instance(gpointer instance)
{
    g_free(((Instance *)instance)->name);
}

int main(int argc, char **argv)
{
    int moves = -1;
    gint64 seed = 1;
    GOptionEntry entries[] = {{"moves", 0, 0, G_OPTION_ARG_INT, &moves, "at most so many", "N"},
                              {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of the search (1)", "S"},
                              {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("CLUSTER [UTIL] - even out a cluster");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2 || argc > 3) {
        fprintf(stderr, "hbal: %s\n", error ? error->message : "expected CLUSTER [UTIL]");
        return 2;
    }
    Cluster cluster = {.nodes = g_array_new(FALSE, FALSE, sizeof(Node)),
                       .instances = g_array_new(FALSE, FALSE, sizeof(Instance)),
                       .node_of = g_hash_table_new(g_str_hash, g_str_equal),
                       .instance_of = g_hash_table_new(g_str_hash, g_str_equal),
                       .vcpu_ratio = 4,
                       .by_load = argc == 3,
                       .path = argv[1]};
    g_array_set_clear_func(cluster.nodes, clear_node);
    g_array_set_clear_func(cluster.instances, clear_instance);
    gboolean done = balance(&cluster, argc == 3 ? argv[2] : NULL, moves, (uint64_t)seed, &error);
    if (!done)
        fprintf(stderr, "hbal: %s\n", error->message);
    g_hash_table_unref(cluster.node_of);
    g_hash_table_unref(cluster.instance_of);
    g_array_unref(cluster.nodes);
    g_array_unref(cluster.instances);
    return done ? 0 : 1;
}
