/* SPDX-License-Identifier: MIT */
#include "plan/rules.h"
#include "plan/solver/constraints.h"
#include "plan/solver/problem.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>

void test_breaches_suite(void);

#define HOSTS 5
#define VMS 9
#define ROUNDS 300
#define MOVES 40

/* VMs "a" … on hosts "h0" … as drawn, all of them under one rule */
static Planning *drawn(GRand *random, int type)
{
    static const char *const hosts[] = {"h0", "h1", "h2", "h3", "h4"};
    static const char *const vms[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    SmallCluster *small = smallcluster_new();
    for (guint i = 0; i < HOSTS; i++)
        add_host(small, hosts[i], 2000, 40);
    for (guint i = 0; i < VMS; i++)
        add_vm(small, vms[i], hosts[g_rand_int_range(random, 0, HOSTS)], 100, 1);
    add_rule(small, "r", type, TRUE, "a b c d e f g h i", "");
    return planning_new(small, NULL);
}

/* the same VMs as processes of one group */
static Problem *problem_of(const Planning *planning, int type)
{
    Levels levels = {0};
    Problem *problem = problem_new(1, 1, &levels);
    const int64_t much = 1000, nothing = 0, zero[] = {0};
    for (guint i = 0; i < HOSTS; i++) {
        Machine machine = {.capacity = &much,
                           .safety = &much,
                           .base = zero,
                           .over_capacity_weight = zero,
                           .over_safety_weight = zero,
                           .max_leaving = -1};
        problem_add_machine(problem, &machine);
    }
    Group group = {.apart = type == RULE_VM_ANTI_AFFINITY,
                   .together = type == RULE_VM_AFFINITY,
                   .weight = 1,
                   .even_weight = 1};
    for (guint i = 0; i < VMS; i++) {
        Process process = {.need = &nothing, .home = planning->model->vms[i].host, .reach = -1};
        problem_add_process(problem, &process);
    }
    int index = problem_add_group(problem, &group);
    for (int i = 0; i < VMS; i++)
        problem_join_group(problem, index, i);
    CU_ASSERT_FATAL(problem_finish(problem, NULL));
    return problem;
}

/* moves VMs at random, in the model and in the solver: the breach, and what a move adds to it, are the same
 */
static void agree(GRand *random, int type)
{
    g_autoptr(Planning) planning = drawn(random, type);
    g_autoptr(Model) now = model_copy(planning->model);
    g_autoptr(Problem) problem = problem_of(planning, type);
    int machine[VMS];
    for (int i = 0; i < VMS; i++)
        machine[i] = now->vms[i].host;
    Constraints *constraints = constraints_new(problem, machine);
    const BoundRule *rule = rules_at(planning->rules, 0);
    for (guint m = 0; m < MOVES; m++) {
        int vm = g_rand_int_range(random, 0, VMS), to = g_rand_int_range(random, 0, HOSTS);
        gint64 before = rule_breach(rule, now);
        CU_ASSERT_EQUAL(constraints->breach[0], before);
        if (machine[vm] == to)
            continue;
        Cost delta = {{0}};
        constraints_try_shift(constraints, vm, to, &delta);
        Change shift = change_migration(now, (guint)vm, (guint)to);
        gboolean broken = rules_broken_by(planning->rules, now, (guint)vm, (guint)to, TRUE) != NULL;
        change_apply(now, &shift);
        CU_ASSERT_EQUAL(delta.level[0], rule_breach(rule, now) - before);
        CU_ASSERT_EQUAL(broken, rule_breach(rule, now) > before);
        constraints_shift(constraints, vm, to);
        machine[vm] = to;
    }
    constraints_free(constraints);
}

static void rules_and_solver_count_a_breach_alike(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint i = 0; i < ROUNDS; i++)
        agree(random, i % 2 ? RULE_VM_ANTI_AFFINITY : RULE_VM_AFFINITY);
}

/* vms[h] VMs of a keep-apart rule on each host */
static gint64 breach_of(const int vms[HOSTS])
{
    gint64 breach = 0;
    for (guint h = 0; h < HOSTS; h++)
        breach += group_crowding(vms[h]);
    return breach;
}

static void of_placements_that_break_a_rule_the_more_even_one_breaks_it_less(void)
{
    static const int even[] = {2, 2, 2, 2, 0}, piled[] = {5, 1, 1, 1, 0}, fewer[] = {3, 3, 2, 0, 0},
                     kept[] = {1, 1, 1, 1, 1};
    CU_ASSERT_EQUAL(breach_of(kept), 0);
    CU_ASSERT_TRUE(breach_of(even) < breach_of(piled));
    CU_ASSERT_EQUAL(breach_of(even) / BREACH_UNIT, 4);
    CU_ASSERT_EQUAL(breach_of(piled) / BREACH_UNIT, 4);
    CU_ASSERT_TRUE(breach_of(piled) < breach_of(fewer)); /* fewer hosts in use */
}

static void a_forbidden_host_stays_forbidden_to_a_vm_that_stands_wrong(void)
{
    for (guint mandatory = 0; mandatory <= 1; mandatory++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 2000, 40);
        add_host(small, "h2", 2000, 40);
        add_host(small, "h3", 2000, 40);
        add_vm(small, "a", "h1", 100, 1);
        add_rule(small, "r", RULE_VM_HOST_AFFINITY, (gboolean)mandatory, "a", "h3");
        g_autoptr(Planning) planning = planning_new(small, NULL);
        CU_ASSERT_EQUAL(rules_broken_by(planning->rules, planning->model, 0, 1, (gboolean)mandatory) != NULL,
                        mandatory);
        CU_ASSERT_PTR_NULL(rules_broken_by(planning->rules, planning->model, 0, 2, (gboolean)mandatory));
    }
}

void test_breaches_suite(void)
{
    CU_pSuite suite = CU_add_suite("breaches", NULL, NULL);
    CU_ADD_TEST(suite, rules_and_solver_count_a_breach_alike);
    CU_ADD_TEST(suite, of_placements_that_break_a_rule_the_more_even_one_breaks_it_less);
    CU_ADD_TEST(suite, a_forbidden_host_stays_forbidden_to_a_vm_that_stands_wrong);
}
