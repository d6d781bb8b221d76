/* SPDX-License-Identifier: MIT */

/*
 * roadef-check MODEL ASSIGNMENT SOLUTION: the whole objective of the ROADEF/EURO Challenge 2012 by part, and
 * every violated constraint. Written from the challenge's problem description and sharing nothing with plan,
 * so that each checks the other. Exit 0 feasible, 1 not.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int neighbourhood, location;
    int64_t *capacity, *safety, *use, *held, *move_cost;
} Machine;

typedef struct {
    int spread_min, n_on, *on;
} Service;

typedef struct {
    int service, from, to;
    int64_t *need, move_cost;
} Process;

typedef struct {
    int n_resources, n_machines, n_services, n_processes, n_balances;
    bool *transient;
    int64_t *weight;
    Machine *machine;
    Service *service;
    Process *process;
    int64_t (*balance)[4]; /* first, second, target, weight */
    int64_t process_weight, service_weight, machine_weight;
} Instance;

static void *array(size_t n, size_t width)
{
    void *room = calloc(n ? n : 1, width);
    if (!room) {
        fprintf(stderr, "roadef-check: out of memory\n");
        exit(2);
    }
    return room;
}

static int64_t *read_row(FILE *file, const char *path, int n)
{
    int64_t *row = array((size_t)n, sizeof *row);
    for (int i = 0; i < n; i++) {
        char word[32];
        char *end = word;
        errno = 0;
        if (fscanf(file, "%31s", word) == 1) {
            row[i] = strtoll(word, &end, 10);
        }
        if (end == word || *end || errno) {
            fprintf(stderr, "roadef-check: %s: a whole number was expected\n", path);
            exit(2);
        }
    }
    return row;
}

static int64_t read_one(FILE *file, const char *path)
{
    int64_t *row = read_row(file, path, 1);
    int64_t value = row[0];
    free(row);
    return value;
}

/* a number from 0 to limit - 1 */
static int read_index(FILE *file, const char *path, int64_t limit)
{
    int64_t value = read_one(file, path);
    if (value < 0 || value >= limit) {
        fprintf(stderr, "roadef-check: %s: %lld is not below %lld\n", path, (long long)value,
                (long long)limit);
        exit(2);
    }
    return (int)value;
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "roadef-check: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return file;
}

static void read_machines(Instance *in, FILE *file, const char *path)
{
    in->n_machines = read_index(file, path, 1000000);
    in->machine = array((size_t)in->n_machines, sizeof *in->machine);
    for (int m = 0; m < in->n_machines; m++) {
        Machine *machine = &in->machine[m];
        machine->neighbourhood = read_index(file, path, 1000000);
        machine->location = read_index(file, path, 1000000);
        machine->capacity = read_row(file, path, in->n_resources);
        machine->safety = read_row(file, path, in->n_resources);
        machine->move_cost = read_row(file, path, in->n_machines);
        machine->use = array((size_t)in->n_resources, sizeof *machine->use);
        machine->held = array((size_t)in->n_resources, sizeof *machine->held);
    }
}

static void read_services(Instance *in, FILE *file, const char *path)
{
    in->n_services = read_index(file, path, 1000000);
    in->service = array((size_t)in->n_services, sizeof *in->service);
    for (int s = 0; s < in->n_services; s++) {
        Service *service = &in->service[s];
        service->spread_min = read_index(file, path, 1000000);
        service->n_on = read_index(file, path, 1000000);
        service->on = array((size_t)service->n_on, sizeof *service->on);
        for (int d = 0; d < service->n_on; d++) {
            service->on[d] = read_index(file, path, in->n_services);
        }
    }
}

static void read_model(Instance *in, const char *path)
{
    FILE *file = open_file(path);
    in->n_resources = read_index(file, path, 1000);
    in->transient = array((size_t)in->n_resources, sizeof *in->transient);
    in->weight = array((size_t)in->n_resources, sizeof *in->weight);
    for (int r = 0; r < in->n_resources; r++) {
        in->transient[r] = read_index(file, path, 2);
        in->weight[r] = read_one(file, path);
    }
    read_machines(in, file, path);
    read_services(in, file, path);
    in->n_processes = read_index(file, path, 10000000);
    in->process = array((size_t)in->n_processes, sizeof *in->process);
    for (int p = 0; p < in->n_processes; p++) {
        in->process[p].service = read_index(file, path, in->n_services);
        in->process[p].need = read_row(file, path, in->n_resources);
        in->process[p].move_cost = read_one(file, path);
    }
    in->n_balances = read_index(file, path, 1000);
    in->balance = array((size_t)in->n_balances, sizeof *in->balance);
    for (int b = 0; b < in->n_balances; b++) {
        in->balance[b][0] = read_index(file, path, in->n_resources);
        in->balance[b][1] = read_index(file, path, in->n_resources);
        in->balance[b][2] = read_one(file, path);
        in->balance[b][3] = read_one(file, path);
    }
    in->process_weight = read_one(file, path);
    in->service_weight = read_one(file, path);
    in->machine_weight = read_one(file, path);
    fclose(file);
}

static void read_assignments(Instance *in, const char *before, const char *after)
{
    FILE *from = open_file(before);
    FILE *to = open_file(after);
    for (int p = 0; p < in->n_processes; p++) {
        in->process[p].from = read_index(from, before, in->n_machines);
        in->process[p].to = read_index(to, after, in->n_machines);
    }
    char rest[2];
    if (fscanf(to, "%1s", rest) == 1) {
        fprintf(stderr, "roadef-check: %s: more numbers than processes\n", after);
        exit(2);
    }
    fclose(from);
    fclose(to);
}

/* fill use and held; returns machines over capacity */
static int check_capacity(Instance *in)
{
    int wrong = 0;
    for (int p = 0; p < in->n_processes; p++) {
        const Process *process = &in->process[p];
        for (int r = 0; r < in->n_resources; r++) {
            in->machine[process->to].use[r] += process->need[r];
            in->machine[process->to].held[r] += process->need[r];
            if (process->from != process->to && in->transient[r]) {
                in->machine[process->from].held[r] += process->need[r];
            }
        }
    }
    for (int m = 0; m < in->n_machines; m++) {
        for (int r = 0; r < in->n_resources; r++) {
            if (in->machine[m].held[r] > in->machine[m].capacity[r]) {
                printf("machine %d resource %d: %lld over capacity %lld\n", m, r,
                       (long long)in->machine[m].held[r], (long long)in->machine[m].capacity[r]);
                wrong++;
            }
        }
    }
    return wrong;
}

static int by_service(const void *a, const void *b)
{
    const Process *x = *(const Process *const *)a;
    const Process *y = *(const Process *const *)b;
    return x->service != y->service ? (x->service > y->service) - (x->service < y->service)
                                    : (x->to > y->to) - (x->to < y->to);
}

/* conflicts and spread, one service after the other */
static int check_services(Instance *in)
{
    int wrong = 0;
    int n_locations = 0;
    const Process **sorted = array((size_t)in->n_processes, sizeof(Process *));
    int *locations = array((size_t)in->n_services, sizeof *locations);
    for (int m = 0; m < in->n_machines; m++) {
        n_locations = in->machine[m].location >= n_locations ? in->machine[m].location + 1 : n_locations;
    }
    int *seen = array((size_t)n_locations, sizeof *seen); /* service + 1 that was last seen there */
    for (int p = 0; p < in->n_processes; p++) {
        sorted[p] = &in->process[p];
    }
    qsort(sorted, (size_t)in->n_processes, sizeof *sorted, by_service);
    for (int i = 0; i < in->n_processes; i++) {
        int s = sorted[i]->service;
        int location = in->machine[sorted[i]->to].location;
        if (i && sorted[i - 1]->service == s && sorted[i - 1]->to == sorted[i]->to) {
            printf("service %d: two processes on machine %d\n", s, sorted[i]->to);
            wrong++;
        }
        locations[s] += seen[location] != s + 1;
        seen[location] = s + 1;
    }
    for (int s = 0; s < in->n_services; s++) {
        if (locations[s] < in->service[s].spread_min) {
            printf("service %d: in %d locations, not %d\n", s, locations[s], in->service[s].spread_min);
            wrong++;
        }
    }
    free(sorted);
    free(locations);
    free(seen);
    return wrong;
}

static int check_dependencies(Instance *in)
{
    int wrong = 0;
    size_t n = 0;
    for (int m = 0; m < in->n_machines; m++) {
        n = (size_t)in->machine[m].neighbourhood >= n ? (size_t)in->machine[m].neighbourhood + 1 : n;
    }
    bool *present = array((size_t)in->n_services * n, sizeof *present);
    for (int p = 0; p < in->n_processes; p++) {
        size_t at = (size_t)in->machine[in->process[p].to].neighbourhood;
        present[(size_t)in->process[p].service * n + at] = true;
    }
    for (int s = 0; s < in->n_services; s++) {
        for (int d = 0; d < in->service[s].n_on; d++) {
            for (size_t at = 0; at < n; at++) {
                if (present[(size_t)s * n + at] && !present[(size_t)in->service[s].on[d] * n + at]) {
                    printf("service %d in neighbourhood %zu: service %d is not there\n", s, at,
                           in->service[s].on[d]);
                    wrong++;
                }
            }
        }
    }
    free(present);
    return wrong;
}

static int64_t above(int64_t value, int64_t limit)
{
    return value > limit ? value - limit : 0;
}

static void print_cost(Instance *in)
{
    int64_t load = 0, balance = 0, process = 0, machine = 0, most = 0;
    int64_t *moved = array((size_t)in->n_services, sizeof *moved);
    for (int m = 0; m < in->n_machines; m++) {
        const Machine *at = &in->machine[m];
        for (int r = 0; r < in->n_resources; r++) {
            load += in->weight[r] * above(at->use[r], at->safety[r]);
        }
        for (int b = 0; b < in->n_balances; b++) {
            const int64_t *term = in->balance[b];
            int64_t first = at->capacity[term[0]] - at->use[term[0]];
            int64_t second = at->capacity[term[1]] - at->use[term[1]];
            balance += term[3] * above(term[2] * first, second);
        }
    }
    for (int p = 0; p < in->n_processes; p++) {
        const Process *it = &in->process[p];
        if (it->from != it->to) {
            process += it->move_cost;
            machine += in->machine[it->from].move_cost[it->to];
            moved[it->service]++;
            most = moved[it->service] > most ? moved[it->service] : most;
        }
    }
    process *= in->process_weight;
    machine *= in->machine_weight;
    most *= in->service_weight;
    int64_t total = load + balance + process + most + machine;
    printf(
        "load %lld\nbalance %lld\nprocess_moves %lld\nservice_moves %lld\nmachine_moves %lld\ntotal %lld\n",
        (long long)load, (long long)balance, (long long)process, (long long)most, (long long)machine,
        (long long)total);
    free(moved);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: roadef-check MODEL ASSIGNMENT SOLUTION\n");
        return 2;
    }
    Instance in = {0};
    read_model(&in, argv[1]);
    read_assignments(&in, argv[2], argv[3]);
    int wrong = check_capacity(&in) + check_services(&in) + check_dependencies(&in);
    print_cost(&in);
    printf(wrong ? "infeasible: %d violations\n" : "feasible\n", wrong);
    return wrong ? 1 : 0;
}
