/* SPDX-License-Identifier: MIT */

/* The problem and a placement under change: what is kept up step by step must be what counting from nothing
 * gives. */

#include "plan/solver/assignment.h"
#include "plan/solver/bound.h"
#include "plan/solver/problem_data.h"
#include "plan/solver/random.h"
#include "tests/unit/cunit.h"

void test_problem_suite(void);

enum { MACHINES = 7, PROCESSES = 40, GROUPS = 12, RESOURCES = 3, LEVELS = 8 };

static const Levels every_level = {.over_capacity = 0,
                                   .outside = 0,
                                   .stay = 1,
                                   .newly_over_safety = 2,
                                   .over_safety = 3,
                                   .shortage = 4,
                                   .preference = 5,
                                   .move = 6,
                                   .balance = 7,
                                   .on = 7};

static void add_random_machines(Problem *problem, Random *random)
{
    int64_t weight[RESOURCES] = {3, 1, 2};
    for (int m = 0; m < MACHINES; m++) {
        int64_t capacity[RESOURCES];
        int64_t safety[RESOURCES];
        int64_t base[RESOURCES];
        for (int r = 0; r < RESOURCES; r++) {
            capacity[r] = 500 + random_below(random, 500);
            safety[r] = capacity[r] * 7 / 10;
            base[r] = random_below(random, 50);
        }
        problem_add_machine(problem, &(Machine){.capacity = capacity,
                                                .safety = safety,
                                                .base = base,
                                                .over_capacity_weight = weight,
                                                .over_safety_weight = weight,
                                                .location = m / 2,
                                                .neighbourhood = m % 3,
                                                .stay_cost = m == 1 ? 5 : 0,
                                                .on_cost = m == 2 ? 7 : 0,
                                                .max_leaving = m == 3 ? 2 : -1,
                                                .closed = m == 1});
    }
}

static void add_random_processes(Problem *problem, Random *random)
{
    bool allowed[MACHINES] = {true, true, true, false, true, false, true};
    int64_t cost[MACHINES] = {0, 2, 0, 0, 1, 0, 0};
    int reach = problem_add_reach(problem, allowed, cost, 100);
    for (int i = 0; i < PROCESSES; i++) {
        int64_t need[RESOURCES];
        for (int r = 0; r < RESOURCES; r++) {
            need[r] = 1 + random_below(random, 150);
        }
        problem_add_process(problem, &(Process){.need = need,
                                                .home = random_below(random, MACHINES),
                                                .reach = i % 5 == 0 ? reach : -1,
                                                .move_cost = 1 + random_below(random, 9),
                                                .pinned = i % 17 == 0});
    }
}

static void add_random_groups(Problem *problem, Random *random)
{
    for (int g = 0; g < GROUPS; g++) {
        Group group = {.apart = g % 3 == 0,
                       .together = g % 3 == 1,
                       .same_location = g % 3 == 2,
                       .min_locations = g == 0 ? 2 : 0,
                       .mandatory = g % 2,
                       .level = g % 2 ? 0 : 4,
                       .weight = 10,
                       .count_moves = g > 6};
        int n = 2 + random_below(random, 10);
        problem_add_group(problem, &group);
        for (int i = 0; i < n; i++) {
            problem_join_group(problem, g, (g * 11 + i) % PROCESSES);
        }
    }
    problem_set_group_moves(problem, 3);
    problem_add_dependency(problem, 2, 5);
    problem_add_dependency(problem, 5, 8);
}

static void add_random_growths(Problem *problem, Random *random)
{
    int budget = problem_add_budget(problem, 300);
    for (int i = 0; i < 8; i++) {
        int growth = problem_add_growth(problem, i * 3, 100, i % 2 ? 0 : -1);
        for (int s = 1; s <= 3; s++) {
            int64_t add[RESOURCES] = {0, 20 * s, random_below(random, 5)};
            problem_add_size(problem, growth,
                             &(Size){.shortage = 100 - 30 * s, .cost = 2 * s, .debit = 20 * s, .add = add});
        }
        problem_debit(problem, growth, budget);
    }
}

/* a problem with everything in it; growths and transient resources exclude each other */
static Problem *random_problem(uint64_t seed)
{
    Random random = seed;
    Problem *problem = problem_new(RESOURCES, LEVELS, &every_level);
    add_random_machines(problem, &random);
    add_random_processes(problem, &random);
    add_random_groups(problem, &random);
    if (seed % 2) {
        add_random_growths(problem, &random);
    } else {
        problem_set_transient(problem, 1);
    }
    int32_t moves[MACHINES * MACHINES];
    for (int i = 0; i < MACHINES * MACHINES; i++) {
        moves[i] = random_below(&random, 4);
    }
    problem_set_machine_moves(problem, moves, 2);
    problem_add_balance(problem, 0, 1, 2, 1);
    problem_set_evenness(problem, 2, 1);
    problem_set_max_moves(problem, 25);
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
    return problem;
}

static bool same_as_from_nothing(const Assignment *assignment)
{
    g_autoptr(Placement) placement = placement_new(assignment->problem);
    assignment_save(assignment, placement);
    int64_t violations = 0;
    Cost cost = problem_cost(assignment->problem, placement, &violations);
    return cost_compare(&cost, &assignment->cost) == 0 && violations == assignment->violations;
}

static void changes_keep_cost_and_violations(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        g_autoptr(Problem) problem = random_problem(seed);
        g_autoptr(Placement) home = placement_new(problem);
        g_autoptr(Assignment) assignment = assignment_new(problem, home);
        Random random = seed;
        CU_ASSERT_EQUAL(assignment->violations, 0);
        for (int i = 0; i < 300; i++) {
            int process = random_below(&random, PROCESSES);
            int to = random_below(&random, MACHINES);
            if (problem->n_growths && i % 4 == 0) {
                assignment_resize(assignment, random_below(&random, problem->n_growths),
                                  random_below(&random, 4));
            } else if (to != assignment->machine[process]) {
                assignment_shift(assignment, process, to);
            }
            CU_ASSERT_TRUE_FATAL(same_as_from_nothing(assignment));
        }
    }
}

/* a change that was tried as feasible costs what was said, and breaks nothing */
static void check_applied(const Assignment *assignment, Cost before, const Cost *delta)
{
    for (int l = 0; l < LEVELS; l++) {
        before.level[l] += delta->level[l];
    }
    CU_ASSERT_EQUAL(cost_compare(&before, &assignment->cost), 0);
    CU_ASSERT_EQUAL(assignment->violations, 0);
}

static void tried_changes_cost_what_was_said(void)
{
    int tried[3] = {0, 0, 0};
    for (uint64_t seed = 0; seed < 40; seed++) {
        g_autoptr(Problem) problem = random_problem(seed);
        g_autoptr(Placement) home = placement_new(problem);
        g_autoptr(Assignment) assignment = assignment_new(problem, home);
        Random random = seed;
        for (int i = 0; i < 2000; i++) {
            int process = random_below(&random, PROCESSES);
            int other = random_below(&random, PROCESSES);
            int to = random_below(&random, MACHINES);
            int growth = problem->n_growths ? random_below(&random, problem->n_growths) : -1;
            int size = random_below(&random, 4);
            Cost before = assignment->cost;
            Cost delta;
            if (i % 3 == 0 && to != assignment->machine[process] &&
                assignment_try_shift(assignment, process, to, &delta)) {
                assignment_shift(assignment, process, to);
            } else if (i % 3 == 1 && assignment->machine[other] != assignment->machine[process] &&
                       assignment_try_swap(assignment, process, other, &delta)) {
                assignment_swap(assignment, process, other);
            } else if (i % 3 == 2 && growth >= 0 && assignment_try_resize(assignment, growth, size, &delta)) {
                assignment_resize(assignment, growth, size);
            } else {
                continue;
            }
            tried[i % 3]++;
            check_applied(assignment, before, &delta);
        }
    }
    CU_ASSERT_TRUE(tried[0] > 100 && tried[1] > 100 && tried[2] > 100);
}

/* what is refused would have broken a limit (a new lack of a dependency is refused even where others lack at
 * home) */
static void refused_shifts_would_violate(void)
{
    int refused = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        g_autoptr(Problem) problem = random_problem(seed);
        g_autoptr(Placement) home = placement_new(problem);
        g_autoptr(Assignment) assignment = assignment_new(problem, home);
        for (int process = 0; process < PROCESSES; process++) {
            for (int to = 0; to < MACHINES; to++) {
                Cost delta;
                int from = assignment->machine[process];
                if (to != from && !assignment_try_shift(assignment, process, to, &delta)) {
                    assignment_shift(assignment, process, to);
                    CU_ASSERT_TRUE(assignment->violations > 0 || problem->home_lacking > 0);
                    assignment_shift(assignment, process, from);
                    refused++;
                }
            }
        }
    }
    CU_ASSERT_TRUE(refused > 100);
}

static Problem *two_machines(int64_t load)
{
    Levels levels = {.over_capacity = 0, .over_safety = 0, .move = 1};
    Problem *problem = problem_new(1, 2, &levels);
    int64_t capacity = 100;
    int64_t safety = 80;
    int64_t weight = 1;
    for (int m = 0; m < 2; m++) {
        problem_add_machine(problem, &(Machine){.capacity = &capacity,
                                                .safety = &safety,
                                                .over_safety_weight = &weight,
                                                .over_capacity_weight = &weight,
                                                .max_leaving = -1});
    }
    for (int i = 0; i < 3; i++) {
        problem_add_process(problem, &(Process){.need = &load, .home = 0, .reach = -1, .move_cost = 1});
    }
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
    return problem;
}

static void machine_over_capacity_may_only_go_down(void)
{
    g_autoptr(Problem) problem = two_machines(45); /* 135 of 100 at home */
    g_autoptr(Placement) placement = placement_new(problem);
    int64_t violations = -1;
    Cost cost = problem_cost(problem, placement, &violations);
    CU_ASSERT_EQUAL(violations, 0);
    CU_ASSERT_EQUAL(cost.level[0], 55 + 35);
    placement->machine[0] = placement->machine[1] = placement->machine[2] = 1;
    problem_cost(problem, placement, &violations);
    CU_ASSERT_EQUAL(violations, 35);
}

static void bound_is_the_fewest_moves(void)
{
    g_autoptr(Problem) problem = two_machines(45);
    Cost bound = bound_cost(problem);
    CU_ASSERT_EQUAL(bound.level[0], 0);
    CU_ASSERT_EQUAL(bound.level[1], 2);
}

static void costs_beyond_64_bits_are_refused(void)
{
    Problem *problem = problem_new(1, 1, &(Levels){0});
    int64_t huge = G_MAXINT64 / 4;
    problem_add_machine(problem, &(Machine){.capacity = &huge, .safety = &huge, .over_safety_weight = &huge});
    problem_add_process(problem, &(Process){.need = &huge, .reach = -1});
    GError *error = NULL;
    CU_ASSERT_FALSE(problem_finish(problem, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    g_error_free(error);
    problem_free(problem);
}

void test_problem_suite(void)
{
    CU_pSuite suite = CU_add_suite("problem", NULL, NULL);
    CU_add_test(suite, "changes keep cost and violations", changes_keep_cost_and_violations);
    CU_add_test(suite, "tried changes cost what was said", tried_changes_cost_what_was_said);
    CU_add_test(suite, "refused shifts would violate", refused_shifts_would_violate);
    CU_add_test(suite, "a machine over capacity may only go down", machine_over_capacity_may_only_go_down);
    CU_add_test(suite, "the bound is the fewest moves", bound_is_the_fewest_moves);
    CU_add_test(suite, "costs beyond 64 bits are refused", costs_beyond_64_bits_are_refused);
}
