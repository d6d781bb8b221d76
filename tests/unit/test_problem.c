/* SPDX-License-Identifier: MIT */

/* The problem and a placement under change: what is kept up step by step must be what counting from nothing
 * gives. */

#include "plan/solver/assignment.h"
#include "plan/solver/bound.h"
#include "plan/solver/problem.h"
#include "plan/solver/problem_data.h"
#include "plan/solver/random.h"
#include "tests/unit/cunit.h"

void test_problem_suite(void);

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
    CU_add_test(suite, "a machine over capacity may only go down", machine_over_capacity_may_only_go_down);
    CU_add_test(suite, "the bound is the fewest moves", bound_is_the_fewest_moves);
    CU_add_test(suite, "costs beyond 64 bits are refused", costs_beyond_64_bits_are_refused);
}
