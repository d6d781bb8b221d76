/* SPDX-License-Identifier: MIT */
#include "plan/planned.h"

#include "tests/unit/planning.h"

#include "tests/unit/cunit.h"
#include <math.h>

void test_planned_suite(void);

/* h1 is hot; h2 to h4 could take from it, h5 has no vMotion. */
static SmallCluster *five_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_host(small, "h3", 1000, 60);
    add_host(small, "h4", 4000, 20);
    add_host(small, "h5", 0, 10);
    small->snapshot->hosts[4].vmotion = 0;
    add_vm(small, "a", "h1", 1000, 10);
    add_vm(small, "b", "h1", 500, 5);
    return small;
}

/* steps 1, which moves a to h2, and 2, which moves b to h3 after it */
static ChangePlan *two_moves(gboolean second_approved)
{
    ChangePlan *plan = changeplan_new();
    PlanRow first = step_row(ACTION_MIGRATE, 1, "a", "h1", "h2"),
            second = step_row(ACTION_MIGRATE, 2, "b", "h1", "h3");
    second.after = "1";
    second.approve = second_approved;
    first.cluster_id = second.cluster_id = "c1";
    changeplan_add(plan, &first);
    changeplan_add(plan, &second);
    return plan;
}

static const StepTime *span_at(const GArray *spans, guint row)
{
    return &g_array_index(spans, StepTime, row);
}

static void what_is_approved_is_carried_out(void)
{
    g_autoptr(Planning) planning = planning_new(five_hosts(), NULL);
    g_autoptr(ChangePlan) plan = two_moves(FALSE);
    g_autoptr(Planned) planned = planned_new(planning->joined, plan);
    CU_ASSERT_EQUAL(planned->end->vms[vm_of(planning, "a")].host, (int)host_of(planning, "h2"));
    CU_ASSERT_EQUAL(planned->end->vms[vm_of(planning, "b")].host, (int)host_of(planning, "h1"));
    g_autoptr(GArray) spans = planned_spans(planned, plan);
    CU_ASSERT_EQUAL(span_at(spans, 0)->start, 0);
    CU_ASSERT_TRUE(isnan(span_at(spans, 1)->start));
}

static void a_step_begins_when_that_before_it_ends(void)
{
    g_autoptr(Planning) planning = planning_new(five_hosts(), NULL);
    g_autoptr(ChangePlan) plan = two_moves(TRUE);
    g_autoptr(Planned) planned = planned_new(planning->joined, plan);
    g_autoptr(GArray) spans = planned_spans(planned, plan);
    CU_ASSERT_TRUE(span_at(spans, 0)->end > 0);
    CU_ASSERT_EQUAL(span_at(spans, 1)->start, span_at(spans, 0)->end);
    CU_ASSERT_EQUAL(timetable_end(spans), span_at(spans, 1)->end);
}

static void a_plan_alone_tells_the_earliest_time(void)
{
    g_autoptr(ChangePlan) plan = two_moves(TRUE);
    g_array_index(plan->rows, PlanRow, 0).est_s = 20;
    g_array_index(plan->rows, PlanRow, 1).est_s = 5;
    g_autoptr(GArray) spans = timetable_of_plan(plan);
    CU_ASSERT_EQUAL(span_at(spans, 0)->end, 20);
    CU_ASSERT_EQUAL(span_at(spans, 1)->start, 20);
    CU_ASSERT_EQUAL(timetable_end(spans), 25);
}

/* a has 1000 MHz and 10 GiB: h4 would then be at 50 % and h3 at 70 %. */
static void other_targets_come_the_least_full_first_and_then_those_that_cannot(void)
{
    g_autoptr(Planning) planning = planning_new(five_hosts(), NULL);
    g_autoptr(ChangePlan) plan = two_moves(FALSE);
    g_autoptr(Planned) planned = planned_new(planning->joined, plan);
    g_autoptr(GArray) targets = planned_choices(planned, vm_of(planning, "a"), (int)host_of(planning, "h1"),
                                                (int)host_of(planning, "h2"));
    CU_ASSERT_EQUAL_FATAL(targets->len, 3);
    const HostChoice *first = &g_array_index(targets, HostChoice, 0),
                     *second = &g_array_index(targets, HostChoice, 1),
                     *third = &g_array_index(targets, HostChoice, 2);
    CU_ASSERT_EQUAL(first->host, host_of(planning, "h4"));
    CU_ASSERT_TRUE(first->possible);
    CU_ASSERT_DOUBLE_EQUAL(first->cpu_pct, 50, 0.001);
    CU_ASSERT_EQUAL(second->host, host_of(planning, "h3"));
    CU_ASSERT_DOUBLE_EQUAL(second->memory_pct, 70, 0.1);
    CU_ASSERT_EQUAL(third->host, host_of(planning, "h5"));
    CU_ASSERT_FALSE(third->possible);
    CU_ASSERT_STRING_EQUAL(third->why.words, "has no vMotion");
}

void test_planned_suite(void)
{
    CU_pSuite suite = CU_add_suite("planned", NULL, NULL);
    CU_ADD_TEST(suite, what_is_approved_is_carried_out);
    CU_ADD_TEST(suite, a_step_begins_when_that_before_it_ends);
    CU_ADD_TEST(suite, a_plan_alone_tells_the_earliest_time);
    CU_ADD_TEST(suite, other_targets_come_the_least_full_first_and_then_those_that_cannot);
}
