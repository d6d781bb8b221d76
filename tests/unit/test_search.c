/* SPDX-License-Identifier: MIT */

/* The search: feasible, never worse than its start, the same for the same seed, and as good as trying
 * everything. */

#include "plan/solver/random.h"
#include "plan/solver/search.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_search_suite(void);

enum { LEVEL_NEWLY_HOT, LEVEL_HOT, LEVEL_SHORT, LEVEL_MOVES, LEVELS };

static Problem *new_cluster(void)
{
    Levels levels = {.over_safety = LEVEL_HOT,
                     .newly_over_safety = LEVEL_NEWLY_HOT,
                     .shortage = LEVEL_SHORT,
                     .move = LEVEL_MOVES};
    return problem_new(2, LEVELS, &levels);
}

static void add_hosts(Problem *problem, int n)
{
    int64_t capacity[] = {1000, 1000};
    int64_t safety[] = {800, 800};
    int64_t weight[] = {1, 1};
    for (int i = 0; i < n; i++) {
        problem_add_machine(problem, &(Machine){.capacity = capacity,
                                                .safety = safety,
                                                .over_safety_weight = weight,
                                                .location = i / 2,
                                                .max_leaving = -1});
    }
}

static int add_vm(Problem *problem, int home, int64_t cpu, int64_t memory)
{
    int64_t need[] = {cpu, memory};
    return problem_add_process(problem, &(Process){.need = need, .home = home, .reach = -1, .move_cost = 1});
}

static void finish(Problem *problem)
{
    CU_ASSERT_TRUE_FATAL(problem_finish(problem, NULL));
}

static Problem *random_cluster(uint64_t seed, int hosts, int vms)
{
    Random random = seed;
    Problem *problem = new_cluster();
    add_hosts(problem, hosts);
    int64_t mean = 700 * (int64_t)hosts / vms;
    for (int i = 0; i < vms; i++) {
        add_vm(problem, random_below(&random, hosts), 1 + random_below(&random, (int)(2 * mean)),
               1 + random_below(&random, (int)(2 * mean)));
    }
    finish(problem);
    return problem;
}

static SearchResult search_for(const Problem *problem, int threads, int64_t work)
{
    SearchResult result =
        search(problem, NULL, &(SearchOptions){.seed = 1, .threads = threads, .work_limit = work});
    int64_t violations = -1;
    Cost cost = problem_cost(problem, result.best, &violations);
    CU_ASSERT_EQUAL(violations, 0);
    CU_ASSERT_EQUAL(cost_compare(&cost, &result.cost), 0);
    return result;
}

static void healthy_cluster_stays_as_it_is(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 4);
    for (int i = 0; i < 16; i++) {
        add_vm(problem, i % 4, 150, 150);
    }
    finish(problem);
    SearchResult result = search_for(problem, 2, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.stopped_by, SEARCH_OPTIMAL);
    for (int i = 0; i < 16; i++) {
        CU_ASSERT_EQUAL(best->machine[i], i % 4);
    }
}

static void one_hot_host_takes_one_move(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 3);
    add_vm(problem, 0, 500, 100);
    add_vm(problem, 0, 350, 100);
    add_vm(problem, 1, 600, 100);
    add_vm(problem, 2, 400, 100);
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 1);
    CU_ASSERT_EQUAL(best->machine[1], 2);
    CU_ASSERT_EQUAL(result.stopped_by, SEARCH_OPTIMAL);
}

/* two hosts whose loads must be exchanged: no single move helps */
static void swap_is_found(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 2);
    add_vm(problem, 0, 500, 100);
    add_vm(problem, 0, 400, 100);
    add_vm(problem, 1, 100, 500);
    add_vm(problem, 1, 300, 400);
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 2);
}

static void same_seed_gives_the_same_on_any_run(void)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        g_autoptr(Problem) problem = random_cluster(seed, 6, 40);
        SearchResult first = search_for(problem, 2, 200000);
        SearchResult second = search_for(problem, 2, 200000);
        g_autoptr(Placement) one = first.best;
        g_autoptr(Placement) two = second.best;
        CU_ASSERT_EQUAL(cost_compare(&first.cost, &second.cost), 0);
        CU_ASSERT_EQUAL(memcmp(one->machine, two->machine, sizeof(int) * 40), 0);
        CU_ASSERT_EQUAL(first.work, second.work);
    }
}

static void result_is_never_worse_than_the_start(void)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        g_autoptr(Problem) problem = random_cluster(seed, 5, 30);
        SearchResult good = search_for(problem, 1, 100000);
        g_autoptr(Placement) start = good.best;
        SearchResult again =
            search(problem, start, &(SearchOptions){.seed = 9, .threads = 1, .work_limit = 1});
        g_autoptr(Placement) best = again.best;
        CU_ASSERT_TRUE(cost_compare(&again.cost, &good.cost) <= 0);
    }
}

/* the best of every placement of a few VMs on three hosts */
static Cost exhaustive(const Problem *problem, int n)
{
    g_autoptr(Placement) placement = placement_new(problem);
    Cost best = problem_cost(problem, placement, NULL);
    int total = 1;
    for (int i = 0; i < n; i++) {
        total *= 3;
    }
    for (int code = 0; code < total; code++) {
        for (int i = 0, rest = code; i < n; i++, rest /= 3) {
            placement->machine[i] = rest % 3;
        }
        int64_t violations = -1;
        Cost cost = problem_cost(problem, placement, &violations);
        if (!violations && cost_compare(&cost, &best) < 0) {
            best = cost;
        }
    }
    return best;
}

static void small_clusters_reach_the_optimum(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        g_autoptr(Problem) problem = random_cluster(seed, 3, 8);
        SearchResult result = search_for(problem, 1, 0);
        g_autoptr(Placement) best = result.best;
        Cost optimum = exhaustive(problem, 8);
        CU_ASSERT_EQUAL(cost_compare(&result.cost, &optimum), 0);
    }
}

static void mandatory_rules_hold(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 4);
    for (int i = 0; i < 8; i++) {
        add_vm(problem, i / 4, 220, 100);
    }
    int apart = problem_add_group(problem, &(Group){.apart = true, .mandatory = true, .weight = 1});
    int together = problem_add_group(problem, &(Group){.together = true, .mandatory = true, .weight = 1});
    problem_join_group(problem, apart, 0);
    problem_join_group(problem, apart, 4);
    problem_join_group(problem, together, 1);
    problem_join_group(problem, together, 2);
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
    CU_ASSERT_NOT_EQUAL(best->machine[0], best->machine[4]);
    CU_ASSERT_EQUAL(best->machine[1], best->machine[2]);
}

/* only the group as a whole can leave the hot host */
static void group_that_keeps_together_moves_as_one(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 2);
    int together = problem_add_group(problem, &(Group){.together = true, .mandatory = true, .weight = 1});
    for (int i = 0; i < 3; i++) {
        problem_join_group(problem, together, add_vm(problem, 0, 200, 100));
    }
    int64_t need[] = {300, 100};
    problem_add_process(problem,
                        &(Process){.need = need, .home = 0, .reach = -1, .move_cost = 1, .pinned = true});
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 3);
    CU_ASSERT_EQUAL(best->machine[3], 0);
}

static void host_to_empty_is_emptied(void)
{
    g_autoptr(Problem) problem = new_cluster();
    int64_t capacity[] = {1000, 1000};
    add_hosts(problem, 2);
    int leaving = problem_add_machine(
        problem,
        &(Machine){
            .capacity = capacity, .safety = capacity, .stay_cost = 1, .max_leaving = -1, .closed = true});
    for (int i = 0; i < 6; i++) {
        add_vm(problem, leaving, 150, 150);
    }
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.stopped_by, SEARCH_OPTIMAL);
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_NOT_EQUAL(best->machine[i], leaving);
    }
}

/* a VM that may be grown on other machines than its home only is moved there */
static void process_moves_to_where_it_may_grow(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 3);
    bool allowed[] = {false, false, true};
    int reach = problem_add_reach(problem, allowed, NULL, 0);
    int busy = add_vm(problem, 0, 100, 100);
    int64_t nothing[] = {0, 0};
    int growth = problem_add_growth(problem, busy, 1, reach);
    problem_add_size(problem, growth, &(Size){.shortage = 0, .cost = 1, .add = nothing});
    finish(problem);
    g_autoptr(Placement) grown_at_home = placement_new(problem);
    grown_at_home->size[growth] = 1;
    int64_t violations = 0;
    problem_cost(problem, grown_at_home, &violations);
    CU_ASSERT_EQUAL(violations, 1);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_SHORT], 0);
    CU_ASSERT_EQUAL(best->machine[busy], 2);
    CU_ASSERT_EQUAL(best->size[growth], 1);
}

/* a short VM on a full host is moved to room, then grows, within the budget */
static void short_process_grows_where_there_is_room(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 2);
    int starved = add_vm(problem, 0, 100, 300);
    add_vm(problem, 0, 100, 490);
    add_vm(problem, 1, 100, 100);
    int64_t add[] = {0, 100};
    int budget = problem_add_budget(problem, 0, 100);
    int growth = problem_add_growth(problem, starved, 100, -1);
    problem_add_size(problem, growth, &(Size){.shortage = 0, .cost = 1, .debit = {100}, .add = add});
    problem_debit(problem, growth, budget);
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_SHORT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 2);
    CU_ASSERT_EQUAL(best->size[growth], 1);
}

static void limits_of_moves_hold(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 3);
    for (int i = 0; i < 9; i++) {
        add_vm(problem, 0, 110, 50);
    }
    problem_set_max_moves(problem, 1);
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 1);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 80);
}

/* a point of heat on a normal host is worse than ten on a hot one */
static void no_host_is_heated_to_cool_another(void)
{
    g_autoptr(Problem) problem = new_cluster();
    add_hosts(problem, 2);
    for (int i = 0; i < 9; i++) {
        add_vm(problem, 0, 100, 10);
    }
    int64_t need[] = {710, 10};
    problem_add_process(problem, &(Process){.need = need, .home = 1, .reach = -1, .pinned = true});
    finish(problem);
    SearchResult result = search_for(problem, 1, 0);
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_NEWLY_HOT], 0);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 100);
    CU_ASSERT_EQUAL(result.cost.level[LEVEL_MOVES], 0);
}

/* VMs that lie mostly on the first hosts, to be evened out by a few moves */
static Problem *uneven_cluster(uint64_t seed, int hosts, int vms, int max_moves)
{
    Random random = seed;
    Problem *problem = new_cluster();
    add_hosts(problem, hosts);
    int mean = 400 * hosts / vms;
    for (int i = 0; i < vms; i++) {
        int below = 1 + random_below(&random, hosts);
        add_vm(problem, random_below(&random, below), 1 + random_below(&random, 2 * mean),
               1 + random_below(&random, 2 * mean));
    }
    problem_set_evenness(problem, 0, 1);
    problem_set_evenness(problem, 1, 1);
    problem_set_max_moves(problem, max_moves);
    finish(problem);
    return problem;
}

/* make the one move that helps most; whether there is one */
static bool move_best(const Problem *problem, Placement *placement, Cost *cost)
{
    int mover = -1;
    int target = -1;
    for (int i = 0; i < problem_n_processes(problem); i++) {
        int from = placement->machine[i];
        for (int m = 0; m < problem_n_machines(problem); m++) {
            int64_t violations = -1;
            placement->machine[i] = m;
            Cost next = problem_cost(problem, placement, &violations);
            if (!violations && cost_compare(&next, cost) < 0) {
                *cost = next;
                mover = i;
                target = m;
            }
        }
        placement->machine[i] = from;
    }
    if (mover >= 0) {
        placement->machine[mover] = target;
    }
    return mover >= 0;
}

static void few_moves_do_more_than_best_first(void)
{
    int better = 0;
    for (uint64_t seed = 0; seed < 5; seed++) {
        g_autoptr(Problem) problem = uneven_cluster(seed, 15, 120, 12);
        g_autoptr(Placement) placement = placement_new(problem);
        Cost cost = problem_cost(problem, placement, NULL);
        while (move_best(problem, placement, &cost)) {
        }
        SearchResult result = search_for(problem, 1, 30000);
        placement_free(result.best);
        CU_ASSERT_TRUE(cost_compare(&result.cost, &cost) <= 0);
        better += cost_compare(&result.cost, &cost) < 0;
    }
    CU_ASSERT_TRUE(better >= 4);
}

static void few_moves_of_small_clusters_reach_the_optimum(void)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        g_autoptr(Problem) problem = uneven_cluster(seed, 3, 9, 3);
        SearchResult result = search_for(problem, 1, 0);
        placement_free(result.best);
        Cost optimum = exhaustive(problem, 9);
        CU_ASSERT_EQUAL(cost_compare(&result.cost, &optimum), 0);
    }
}

/* hosts that are nearly full to the threshold, and then some VMs on others: at most so many moves
 * lead back */
static Problem *displaced_cluster(uint64_t seed, int hosts, int vms, int displaced)
{
    Random random = seed;
    Problem *problem = new_cluster();
    add_hosts(problem, hosts);
    int each = vms / hosts;
    for (int h = 0; h < hosts; h++) {
        int left[] = {787, 787};
        for (int i = 0; i < each; i++) {
            int need[2];
            for (int r = 0; r < 2; r++) {
                int mean = left[r] / (each - i);
                need[r] = i == each - 1 ? left[r] : mean / 2 + random_below(&random, mean);
                left[r] -= need[r];
            }
            bool away = i == 0 && h < displaced;
            add_vm(problem, away ? (h + 1 + random_below(&random, hosts - 1)) % hosts : h, need[0], need[1]);
        }
    }
    finish(problem);
    return problem;
}

static void no_more_moves_than_lead_back(void)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        g_autoptr(Problem) problem = displaced_cluster(seed, 16, 160, 12);
        SearchResult result = search_for(problem, 1, 0);
        placement_free(result.best);
        CU_ASSERT_EQUAL(result.cost.level[LEVEL_HOT], 0);
        CU_ASSERT_TRUE(result.cost.level[LEVEL_MOVES] <= 12);
    }
}

static void time_limit_is_kept(void)
{
    g_autoptr(Problem) problem = random_cluster(3, 8, 60);
    int64_t began = g_get_monotonic_time();
    SearchResult result =
        search(problem, NULL, &(SearchOptions){.seed = 1, .threads = 1, .time_limit_s = 0.2});
    g_autoptr(Placement) best = result.best;
    CU_ASSERT_TRUE(g_get_monotonic_time() - began < 2000000);
}

/* a search that goes on from what another found, for however short a time, ends no worse */
static void what_was_found_is_gone_on_from(void)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        g_autoptr(Problem) problem = random_cluster(seed, 8, 60);
        SearchResult found = search_for(problem, 1, 0);
        SearchResult longer =
            search(problem, found.best,
                   &(SearchOptions){
                       .seed = 2, .threads = 2, .time_limit_s = 0.01 * (double)seed + 1e-6, .goes_on = true});
        int64_t violations = -1;
        Cost cost = problem_cost(problem, longer.best, &violations);
        CU_ASSERT_EQUAL(violations, 0);
        CU_ASSERT_EQUAL(cost_compare(&cost, &longer.cost), 0);
        CU_ASSERT_TRUE(cost_compare(&longer.cost, &found.cost) <= 0);
        placement_free(found.best);
        placement_free(longer.best);
    }
}

void test_search_suite(void)
{
    CU_pSuite suite = CU_add_suite("search", NULL, NULL);
    CU_add_test(suite, "a healthy cluster stays as it is", healthy_cluster_stays_as_it_is);
    CU_add_test(suite, "one hot host takes one move", one_hot_host_takes_one_move);
    CU_add_test(suite, "a swap is found", swap_is_found);
    CU_add_test(suite, "the same seed gives the same on any run", same_seed_gives_the_same_on_any_run);
    CU_add_test(suite, "the result is never worse than the start", result_is_never_worse_than_the_start);
    CU_add_test(suite, "small clusters reach the optimum", small_clusters_reach_the_optimum);
    CU_add_test(suite, "mandatory rules hold", mandatory_rules_hold);
    CU_add_test(suite, "a group that keeps together moves as one", group_that_keeps_together_moves_as_one);
    CU_add_test(suite, "a host to empty is emptied", host_to_empty_is_emptied);
    CU_add_test(suite, "a short process grows where there is room", short_process_grows_where_there_is_room);
    CU_add_test(suite, "a process moves to where it may grow", process_moves_to_where_it_may_grow);
    CU_add_test(suite, "no host is heated to cool another", no_host_is_heated_to_cool_another);
    CU_add_test(suite, "limits of moves hold", limits_of_moves_hold);
    CU_add_test(suite, "few moves do more than best first", few_moves_do_more_than_best_first);
    CU_add_test(suite, "few moves of small clusters reach the optimum",
                few_moves_of_small_clusters_reach_the_optimum);
    CU_add_test(suite, "no more moves than lead back", no_more_moves_than_lead_back);
    CU_add_test(suite, "a time limit is kept", time_limit_is_kept);
    CU_add_test(suite, "what was found is gone on from", what_was_found_is_gone_on_from);
}
