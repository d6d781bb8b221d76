/* SPDX-License-Identifier: MIT */

/*
 * roadef -t SECONDS -p MODEL -i ASSIGNMENT -o SOLUTION -s SEED [-j THREADS]: solve an instance of the
 * ROADEF/EURO Challenge 2012 with plan's problem and search. The flags are the challenge's own; SECONDS
 * bounds the whole run.
 */

#include "plan/solver/search.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *path;
    char *text;
    char *at;
    bool bad; /* a number was missing or out of range */
} Numbers;

static int64_t next_number(Numbers *numbers, int64_t highest)
{
    char *end;
    int64_t value = g_ascii_strtoll(numbers->at, &end, 10);
    if (numbers->bad || end == numbers->at || value < 0 || value > highest) {
        numbers->bad = true;
        return 0;
    }
    numbers->at = end;
    return value;
}

/* a number that indexes something: a bad one reads as 0 */
static int next_index(Numbers *numbers, int n)
{
    return (int)next_number(numbers, n - 1);
}

static void next_row(Numbers *numbers, int64_t *row, int n)
{
    for (int i = 0; i < n; i++) {
        row[i] = next_number(numbers, G_MAXINT64 / 4);
    }
}

enum { MANY = 1000000 }; /* more than any instance has of anything */

typedef struct {
    Problem *problem;
    int n_resources;
    int n_machines;
    int64_t weight[PROBLEM_RESOURCES];
    int32_t *moves;
} Reading;

static void read_resources(Reading *in, Numbers *model)
{
    int n = next_index(model, PROBLEM_RESOURCES + 1);
    in->n_resources = MAX(n, 1);
    in->problem = problem_new(in->n_resources, 1, &(Levels){0});
    for (int r = 0; r < in->n_resources; r++) {
        if (next_number(model, 1)) {
            problem_set_transient(in->problem, r);
        }
        in->weight[r] = next_number(model, MANY);
    }
}

static void read_machines(Reading *in, Numbers *model)
{
    int n = in->n_machines = next_index(model, MANY);
    in->moves = g_new0(int32_t, (size_t)n * (size_t)n);
    for (int m = 0; m < n && !model->bad; m++) {
        int64_t capacity[PROBLEM_RESOURCES];
        int64_t safety[PROBLEM_RESOURCES];
        Machine machine = {.capacity = capacity, .safety = safety, .max_leaving = -1};
        machine.neighbourhood = next_index(model, MANY);
        machine.location = next_index(model, MANY);
        next_row(model, capacity, in->n_resources);
        next_row(model, safety, in->n_resources);
        machine.over_safety_weight = in->weight;
        problem_add_machine(in->problem, &machine);
        for (int to = 0; to < n; to++) {
            in->moves[(size_t)m * (size_t)n + (size_t)to] = (int32_t)next_number(model, G_MAXINT32);
        }
    }
}

static int read_services(Reading *in, Numbers *model)
{
    int n = next_index(model, MANY);
    for (int s = 0; s < n && !model->bad; s++) {
        Group service = {.apart = true, .mandatory = true, .count_moves = true};
        service.min_locations = next_index(model, MANY);
        problem_add_group(in->problem, &service);
        int n_on = next_index(model, MANY);
        for (int d = 0; d < n_on; d++) {
            problem_add_dependency(in->problem, s, next_index(model, n));
        }
    }
    return n;
}

static void read_processes(Reading *in, Numbers *model, Numbers *assignment, int n_services)
{
    int n = next_index(model, MANY);
    int64_t *need = g_new(int64_t, (size_t)n * (size_t)in->n_resources);
    int64_t *cost = g_new(int64_t, n);
    int *service = g_new(int, n);
    for (int p = 0; p < n; p++) {
        service[p] = next_index(model, n_services);
        next_row(model, need + (size_t)p * (size_t)in->n_resources, in->n_resources);
        cost[p] = next_number(model, G_MAXINT32);
    }
    int n_balances = next_index(model, MANY);
    for (int b = 0; b < n_balances && !model->bad; b++) {
        int first = next_index(model, in->n_resources);
        int second = next_index(model, in->n_resources);
        int64_t target = next_number(model, MANY);
        problem_add_balance(in->problem, first, second, target, next_number(model, MANY));
    }
    int64_t process_weight = next_number(model, MANY);
    problem_set_group_moves(in->problem, next_number(model, MANY));
    problem_set_machine_moves(in->problem, in->moves, next_number(model, MANY));
    for (int p = 0; p < n && !model->bad && !assignment->bad; p++) {
        Process process = {.need = need + (size_t)p * (size_t)in->n_resources, .reach = -1};
        process.home = next_index(assignment, in->n_machines);
        process.move_cost = process_weight * cost[p];
        problem_add_process(in->problem, &process);
        problem_join_group(in->problem, service[p], p);
    }
    g_free(need);
    g_free(cost);
    g_free(service);
}

/* the instance as a finished problem, or NULL and an error */
static Problem *read_instance(const char *model_path, const char *assignment_path, GError **error)
{
    g_autofree char *model_text = NULL;
    g_autofree char *assignment_text = NULL;
    if (!g_file_get_contents(model_path, &model_text, NULL, error) ||
        !g_file_get_contents(assignment_path, &assignment_text, NULL, error)) {
        return NULL;
    }
    Numbers model = {model_path, model_text, model_text, false};
    Numbers assignment = {assignment_path, assignment_text, assignment_text, false};
    Reading in = {0};
    read_resources(&in, &model);
    read_machines(&in, &model);
    int n_services = read_services(&in, &model);
    read_processes(&in, &model, &assignment, n_services);
    g_free(in.moves);
    if (model.bad || assignment.bad) {
        const Numbers *bad = model.bad ? &model : &assignment;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: byte %zu: a whole number in range was expected", bad->path,
                    (size_t)(bad->at - bad->text));
    } else if (problem_finish(in.problem, error)) {
        return in.problem;
    }
    problem_free(in.problem);
    return NULL;
}

static bool write_solution(const Problem *problem, const Placement *placement, const char *path,
                           GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < problem_n_processes(problem); i++) {
        g_string_append_printf(text, "%s%d", i ? " " : "", placement->machine[i]);
    }
    g_string_append_c(text, '\n');
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

int main(int argc, char **argv)
{
    int64_t began = g_get_monotonic_time();
    double seconds = 300;
    g_autofree char *model = NULL;
    g_autofree char *assignment = NULL;
    g_autofree char *solution = NULL;
    gint64 seed = 1;
    int threads = 2;
    GOptionEntry entries[] = {{"time", 't', 0, G_OPTION_ARG_DOUBLE, &seconds, "of the whole run", "SECONDS"},
                              {"model", 'p', 0, G_OPTION_ARG_FILENAME, &model, NULL, "FILE"},
                              {"assignment", 'i', 0, G_OPTION_ARG_FILENAME, &assignment, NULL, "FILE"},
                              {"solution", 'o', 0, G_OPTION_ARG_FILENAME, &solution, "written", "FILE"},
                              {"seed", 's', 0, G_OPTION_ARG_INT64, &seed, NULL, "N"},
                              {"threads", 'j', 0, G_OPTION_ARG_INT, &threads, NULL, "N"},
                              {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("- solve a machine reassignment instance");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "roadef: %s\n", error->message);
        return 2;
    }
    if (!model || !assignment || !solution || argc != 1 || threads < 1 || seconds <= 0) {
        fprintf(stderr,
                "usage: roadef -t SECONDS -p MODEL -i ASSIGNMENT -o SOLUTION [-s SEED] [-j THREADS]\n");
        return 2;
    }
    g_autoptr(Problem) problem = read_instance(model, assignment, &error);
    if (problem) {
        double used = (double)(g_get_monotonic_time() - began) / 1e6;
        SearchOptions options = {.seed = (uint64_t)seed,
                                 .threads = threads,
                                 .goes_on = true,
                                 .time_limit_s = MAX(0.01, 0.995 * seconds - used - 0.1)};
        SearchResult result = search(problem, NULL, &options);
        if (write_solution(problem, result.best, solution, &error)) {
            printf("%lld %lld %s\n", (long long)result.cost.level[0], (long long)result.work,
                   search_stop_name(result.stopped_by));
        }
        placement_free(result.best);
    }
    if (error) {
        fprintf(stderr, "roadef: %s\n", error->message);
        return 1;
    }
    return 0;
}
