/* SPDX-License-Identifier: MIT */

/* An assignment: what is kept up change by change is what counting from nothing gives, and a change is
 * refused where it would break a limit, and only there. */

#include "plan/solver/assignment.h"
#include "plan/solver/problem.h"

#include "plan/solver/random.h"
#include "plan/solver/trial.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_assignment_suite(void);

enum { MACHINES = 7, PROCESSES = 40, GROUPS = 12, RESOURCES = 3, LEVELS = 8, SEEDS = 24, CHANGES = 1000 };

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

/* bounds of how many may leave: two machines' in one problem, every machine's in the next */
static int random_max_leaving(uint64_t seed, int m)
{
    return seed % 3 == 1 ? 1 + m % 3 : m == 3 ? 2 : m == 5 ? 0 : -1;
}

static void add_random_machines(Problem *problem, uint64_t seed, Random *random)
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
                                                .max_leaving = random_max_leaving(seed, m),
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
                       .even_level = 3,
                       .even_weight = 7,
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
    int used = problem_add_budget(problem, 0, 300), reserved = problem_add_budget(problem, 1, 60);
    for (int i = 0; i < 8; i++) {
        int growth = problem_add_growth(problem, i / 2 * 5, 100, i % 2 ? 0 : -1);
        for (int s = 1; s <= 3; s++) {
            int64_t add[RESOURCES] = {i % 3 ? 0 : 10 * s, 20 * s, random_below(random, 5)};
            problem_add_size(
                problem, growth,
                &(Size){.shortage = 100 - 30 * s, .cost = 2 * s, .debit = {20 * s, 5 * s}, .add = add});
        }
        problem_debit(problem, growth, used);
        if (i % 2)
            problem_debit(problem, growth, reserved);
    }
}

/* a problem with everything in it; growths and transient resources exclude each other */
static Problem *random_problem(uint64_t seed)
{
    Random random = seed;
    Problem *problem = problem_new(RESOURCES, LEVELS, &every_level);
    add_random_machines(problem, seed, &random);
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
    problem_set_max_moves(problem, (int[]){25, -1, 4}[seed % 3]);
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
    return problem;
}

static bool same(const void *a, const void *b, int n, size_t width)
{
    return n == 0 || memcmp(a, b, (size_t)n * width) == 0;
}

static bool same_counts(uint16_t *a, uint16_t *b, int n)
{
    return a ? b && same(a, b, n, sizeof *a) : !b;
}

/* the lists in no order hold what their indices say */
static void check_lists(const Assignment *a)
{
    const Problem *p = a->problem;
    int n_moved = 0;
    for (int i = 0; i < p->n_processes; i++) {
        int m = a->machine[i];
        CU_ASSERT_TRUE_FATAL(a->slot[i] < a->n_on[m] && a->on[m][a->slot[i]] == i);
        if (m != p->home[i]) {
            n_moved++;
            CU_ASSERT_TRUE_FATAL(a->moved_slot[i] < a->n_moved && a->moved[a->moved_slot[i]] == i);
        }
    }
    CU_ASSERT_EQUAL_FATAL(a->n_moved, n_moved);
}

static void check_constraints(const Constraints *c, const Constraints *fresh)
{
    const Problem *p = c->problem;
    CU_ASSERT_TRUE_FATAL(same(c->breach, fresh->breach, p->n_groups, sizeof *c->breach));
    CU_ASSERT_TRUE_FATAL(same(c->spread, fresh->spread, p->n_groups, sizeof *c->spread));
    CU_ASSERT_EQUAL_FATAL(c->lacking, fresh->lacking);
    for (int g = 0; g < p->n_groups; g++) {
        CU_ASSERT_TRUE_FATAL(same_counts(c->on_machine[g], fresh->on_machine[g], p->n_machines));
        CU_ASSERT_TRUE_FATAL(same_counts(c->in_location[g], fresh->in_location[g], p->n_locations));
        CU_ASSERT_TRUE_FATAL(
            same_counts(c->in_neighbourhood[g], fresh->in_neighbourhood[g], p->n_neighbourhoods));
    }
}

/* what machines hold and cost, and who left them */
static void check_machines(const Assignment *a, const Assignment *fresh)
{
    const Problem *p = a->problem;
    int n = p->n_machines;
    int cells = n * p->n_resources;
    bool right = same(a->use, fresh->use, cells, sizeof *a->use) &&
                 same(a->held, fresh->held, cells, sizeof *a->held) &&
                 same(a->use_cost, fresh->use_cost, n, sizeof *a->use_cost) &&
                 same(a->n_on, fresh->n_on, n, sizeof *a->n_on) &&
                 same(a->leaving, fresh->leaving, n, sizeof *a->leaving) &&
                 (!a->price || same(a->over, fresh->over, n, sizeof *a->over));
    CU_ASSERT_TRUE_FATAL(right);
}

/* what groups and budgets count */
static void check_groups(const Assignment *a, const Assignment *fresh)
{
    const Problem *p = a->problem;
    bool right =
        same(a->group_moves.moved, fresh->group_moves.moved, p->n_groups, sizeof *a->group_moves.moved) &&
        same(a->group_moves.groups_with, fresh->group_moves.groups_with, p->n_processes + 1,
             sizeof *a->group_moves.groups_with) &&
        a->group_moves.most == fresh->group_moves.most &&
        same(a->spent, fresh->spent, p->n_budgets, sizeof *a->spent);
    CU_ASSERT_TRUE_FATAL(right);
}

/* every figure is as counted from nothing */
static void check_figures(const Assignment *a)
{
    const Problem *p = a->problem;
    g_autoptr(Placement) placement = placement_new(p);
    assignment_save(a, placement);
    g_autoptr(Assignment) fresh = assignment_new(p, placement);
    assignment_set_price(fresh, a->price);
    CU_ASSERT_TRUE_FATAL(same(a->need, fresh->need, p->n_processes * p->n_resources, sizeof *a->need));
    check_machines(a, fresh);
    check_groups(a, fresh);
    CU_ASSERT_EQUAL_FATAL(cost_compare(&a->cost, &fresh->cost), 0);
    CU_ASSERT_EQUAL_FATAL(a->violations, fresh->violations);
    check_constraints(a->constraints, fresh->constraints);
    check_lists(a);
}

typedef enum { SHIFT, SWAP, RESIZE, KINDS } Kind;

typedef struct {
    Kind kind;
    int which; /* process or growth */
    int to;    /* machine, the other process, or size */
} Change;

/* a change that changes something */
static Change random_change(const Assignment *a, Random *random)
{
    const Problem *p = a->problem;
    for (;;) {
        Kind kind = (Kind)random_below(random, p->n_growths ? KINDS : RESIZE);
        int which = random_below(random, kind == RESIZE ? p->n_growths : PROCESSES);
        int to = random_below(random, (int[]){MACHINES, PROCESSES, 4}[kind]);
        if ((kind == SHIFT && a->machine[which] != to) ||
            (kind == SWAP && a->machine[which] != a->machine[to]) ||
            (kind == RESIZE && a->size[which] != to)) {
            return (Change){kind, which, to};
        }
    }
}

static bool try_change(Assignment *a, Change change, Cost *delta)
{
    switch (change.kind) {
    case SHIFT:
        return assignment_try_shift(a, change.which, change.to, delta);
    case SWAP:
        return assignment_try_swap(a, change.which, change.to, delta);
    default:
        return assignment_try_resize(a, change.which, change.to, delta);
    }
}

/* make a change; returns the one that undoes it */
static Change apply(Assignment *a, Change change)
{
    Change back = change;
    if (change.kind == SHIFT) {
        back.to = a->machine[change.which];
        assignment_shift(a, change.which, change.to);
    } else if (change.kind == SWAP) {
        assignment_swap(a, change.which, change.to);
    } else {
        back.to = a->size[change.which];
        assignment_resize(a, change.which, change.to);
    }
    return back;
}

/* by how much more than the limits machines hold */
static int64_t over_limits(const Assignment *a)
{
    int64_t over = 0;
    for (int i = 0; i < MACHINES * RESOURCES; i++) {
        over += MAX(0, a->held[i] - a->problem->limit[i]);
    }
    return over;
}

/* whether a size needs more of a resource than the one before and does not fit */
static bool grew_over_limit(const Assignment *a, int growth, int before)
{
    const Problem *p = a->problem;
    const int64_t *was = p->add + (p->first_size[growth] + before) * RESOURCES;
    const int64_t *is = p->add + (p->first_size[growth] + a->size[growth]) * RESOURCES;
    int cell = a->machine[p->grower[growth]] * RESOURCES;
    for (int r = 0; r < RESOURCES; r++) {
        if (is[r] > was[r] && a->held[cell + r] > p->limit[cell + r]) {
            return true;
        }
    }
    return false;
}

/* whether a change that was made was one to accept: limits hold, but capacity has a price where one is set;
 * what grows must fit */
static bool is_allowed(const Assignment *a, Change made, Change back)
{
    return a->price ? a->violations == over_limits(a) &&
                          (made.kind != RESIZE || !grew_over_limit(a, made.which, back.to))
                    : a->violations == 0;
}

static int64_t sum_over(const Assignment *a)
{
    int64_t sum = 0;
    for (int m = 0; a->price && m < MACHINES; m++) {
        sum += a->over[m];
    }
    return sum;
}

/* try a change, make it, and undo it if it was refused; whether it was accepted */
static bool check_change(Assignment *a, Change change)
{
    Cost before = a->cost;
    Cost delta = {0};
    int64_t over = sum_over(a);
    bool accepted = try_change(a, change, &delta);
    Change back = apply(a, change);
    CU_ASSERT_EQUAL(accepted, is_allowed(a, change, back));
    for (int l = 0; accepted && l < LEVELS; l++) {
        CU_ASSERT_EQUAL(a->cost.level[l], before.level[l] + delta.level[l]);
    }
    if (accepted) {
        CU_ASSERT_EQUAL(delta.level[ASSIGNMENT_OVER], sum_over(a) - over);
    } else {
        apply(a, back);
    }
    return accepted;
}

static void changes_are_refused_where_they_break_a_limit_and_only_there(void)
{
    static const int64_t price[RESOURCES] = {2, 3, 1};
    int accepted[2][KINDS] = {{0}};
    int refused[2][KINDS] = {{0}};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        g_autoptr(Problem) problem = random_problem(seed);
        g_autoptr(Placement) home = placement_new(problem);
        g_autoptr(Assignment) assignment = assignment_new(problem, home);
        Random random = seed;
        for (int i = 0; i < CHANGES; i++) {
            if (i % 100 == 0) {
                assignment_set_price(assignment, i % 200 ? price : NULL);
            }
            if (!assignment->price && assignment->violations) {
                assignment_restore(assignment, home);
            }
            Change change = random_change(assignment, &random);
            bool is_priced = assignment->price != NULL;
            (check_change(assignment, change) ? accepted : refused)[is_priced][change.kind]++;
            check_figures(assignment);
        }
    }
    for (int i = 0; i < 2 * KINDS; i++) {
        CU_ASSERT_TRUE(accepted[i / KINDS][i % KINDS] > 100);
        CU_ASSERT_TRUE(refused[i / KINDS][i % KINDS] > 100);
    }
}

/* also where limits are broken, with and without a price, and back again */
static void figures_are_as_counted_from_nothing(void)
{
    static const int64_t price[RESOURCES] = {1, 5, 2};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        g_autoptr(Problem) problem = random_problem(seed);
        g_autoptr(Placement) home = placement_new(problem);
        g_autoptr(Assignment) assignment = assignment_new(problem, home);
        Change back[CHANGES];
        Random random = seed;
        CU_ASSERT_EQUAL(assignment->violations, 0);
        int n = 0;
        for (int i = 0; i < CHANGES; i++) {
            if (i % 50 == 0) {
                assignment_set_price(assignment, i % 100 ? NULL : price);
            }
            if (n && random_below(&random, 4) == 0) {
                apply(assignment, back[--n]);
            } else {
                back[n++] = apply(assignment, random_change(assignment, &random));
            }
            check_figures(assignment);
        }
        while (n) {
            apply(assignment, back[--n]);
        }
        check_figures(assignment);
        CU_ASSERT_EQUAL(assignment->n_moved, 0);
    }
}

/* two machines of 100 with three processes of 20 each at home, of which only so many may leave; process 0
 * grows by 30 or 60 */
static Problem *two_homes(int max_leaving, int max_moves)
{
    Problem *problem = problem_new(1, 3, &(Levels){.move = 1, .shortage = 2});
    int64_t capacity = 100;
    for (int m = 0; m < 2; m++) {
        problem_add_machine(problem, &(Machine){.capacity = &capacity,
                                                .safety = &capacity,
                                                .neighbourhood = m,
                                                .max_leaving = max_leaving});
    }
    int64_t need = 20;
    for (int i = 0; i < 6; i++) {
        problem_add_process(problem, &(Process){.need = &need, .home = i / 3, .reach = -1, .move_cost = 1});
    }
    problem_add_growth(problem, 0, 60, -1);
    for (int64_t add = 30; add <= 60; add += 30) {
        problem_add_size(problem, 0, &(Size){.shortage = 60 - add, .add = &add});
    }
    problem_set_max_moves(problem, max_moves);
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
    return problem;
}

static void swap_that_leaves_no_more_away_keeps_the_bound_of_its_home(void)
{
    g_autoptr(Problem) problem = two_homes(1, -1);
    g_autoptr(Placement) home = placement_new(problem);
    g_autoptr(Assignment) assignment = assignment_new(problem, home);
    Cost delta;
    assignment_shift(assignment, 0, 1);
    CU_ASSERT_TRUE(assignment_try_swap(assignment, 0, 1, &delta)); /* one comes, another of its home goes */
    CU_ASSERT_TRUE(assignment_try_swap(assignment, 1, 0, &delta));
    CU_ASSERT_FALSE(assignment_try_swap(assignment, 1, 3, &delta)); /* a second of the same home would go */
    CU_ASSERT_TRUE(assignment_try_shift(assignment, 3, 0, &delta)); /* the other home's bound is its own */
    assignment_swap(assignment, 0, 1);
    CU_ASSERT_EQUAL(assignment->violations, 0);
}

static void swap_that_leaves_no_more_away_keeps_the_bound_of_all(void)
{
    g_autoptr(Problem) problem = two_homes(-1, 1);
    g_autoptr(Placement) home = placement_new(problem);
    g_autoptr(Assignment) assignment = assignment_new(problem, home);
    Cost delta;
    assignment_shift(assignment, 0, 1);
    CU_ASSERT_TRUE(assignment_try_swap(assignment, 0, 1, &delta));
    CU_ASSERT_FALSE(assignment_try_swap(assignment, 1, 3, &delta));
    CU_ASSERT_FALSE(assignment_try_shift(assignment, 3, 0, &delta));
}

static void resize_under_a_price_changes_what_is_over(void)
{
    static const int64_t price = 7;
    g_autoptr(Problem) problem = two_homes(-1, -1);
    g_autoptr(Placement) home = placement_new(problem);
    g_autoptr(Assignment) assignment = assignment_new(problem, home);
    Cost delta;
    assignment_set_price(assignment, &price);
    assignment_shift(assignment, 3, 0);
    assignment_resize(assignment, 0, 2);
    CU_ASSERT_EQUAL(assignment->over[0], 7 * 40); /* 80 and 60 of 100 */
    CU_ASSERT_TRUE_FATAL(assignment_try_resize(assignment, 0, 1, &delta));
    CU_ASSERT_EQUAL(delta.level[ASSIGNMENT_OVER], -7 * 30);
    CU_ASSERT_TRUE_FATAL(assignment_try_shift(assignment, 3, 1, &delta));
    CU_ASSERT_EQUAL(delta.level[ASSIGNMENT_OVER], -7 * 20);
}

/* process 0 needs 1 or 2 in its neighbourhood; 1 is at home elsewhere, 2 too */
static void what_lacks_a_dependency_at_home_may_go_where_it_lacks_too(void)
{
    g_autoptr(Problem) problem = problem_new(1, 2, &(Levels){.move = 1});
    int64_t capacity = 100;
    for (int m = 0; m < 3; m++) {
        problem_add_machine(
            problem,
            &(Machine){.capacity = &capacity, .safety = &capacity, .neighbourhood = m, .max_leaving = -1});
    }
    int64_t need = 20;
    for (int i = 0; i < 3; i++) {
        problem_add_process(problem, &(Process){.need = &need, .home = MIN(i, 1), .reach = -1});
        problem_add_group(problem, &(Group){.level = 0});
        problem_join_group(problem, i, i);
    }
    problem_add_dependency(problem, 0, 1); /* 0 lacks it */
    problem_add_dependency(problem, 2, 1); /* 2 has it */
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
    g_autoptr(Placement) home = placement_new(problem);
    g_autoptr(Assignment) assignment = assignment_new(problem, home);
    Cost delta;
    CU_ASSERT_TRUE(assignment_try_shift(assignment, 0, 2, &delta));
    CU_ASSERT_TRUE(assignment_try_shift(assignment, 0, 1, &delta));
    CU_ASSERT_FALSE(assignment_try_shift(assignment, 2, 2, &delta));
    CU_ASSERT_FALSE(assignment_try_shift(assignment, 1, 2, &delta));
    CU_ASSERT_TRUE(assignment_try_swap(assignment, 0, 2, &delta));  /* 2 lacks it instead of 0 */
    CU_ASSERT_FALSE(assignment_try_swap(assignment, 0, 1, &delta)); /* both would lack it */
}

void test_assignment_suite(void)
{
    CU_pSuite suite = CU_add_suite("assignment", NULL, NULL);
    CU_add_test(suite, "changes are refused where they break a limit and only there",
                changes_are_refused_where_they_break_a_limit_and_only_there);
    CU_add_test(suite, "figures are as counted from nothing", figures_are_as_counted_from_nothing);
    CU_add_test(suite, "a swap that leaves no more away keeps the bound of its home",
                swap_that_leaves_no_more_away_keeps_the_bound_of_its_home);
    CU_add_test(suite, "a swap that leaves no more away keeps the bound of all",
                swap_that_leaves_no_more_away_keeps_the_bound_of_all);
    CU_add_test(suite, "a resize under a price changes what is over",
                resize_under_a_price_changes_what_is_over);
    CU_add_test(suite, "what lacks a dependency at home may go where it lacks too",
                what_lacks_a_dependency_at_home_may_go_where_it_lacks_too);
}
