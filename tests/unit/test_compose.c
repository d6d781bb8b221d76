/* SPDX-License-Identifier: MIT */
#include "plan/compose.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_compose_suite(void);

/* One host at 85 % CPU and 40 % memory, one at 20 and 30 %. */
static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_vm(small, "a", "h1", 1000, 10)->instance_uuid = "uuid-a";
    add_vm(small, "b", "h1", 500, 20);
    return small;
}

static ChangePlan *plan_of(const Planning *planning, Change change)
{
    g_autoptr(Decisions) decisions = decisions_new();
    g_array_append_val(decisions->changes, change);
    decisions_add_unsolved_host(decisions, 1, OBSTACLE_HEAT, g_strdup("cannot be helped"));
    decisions->stopped_by = g_strdup("done");
    return compose_plan(&planning->situation, decisions);
}

static const PlanRow *row_at(const ChangePlan *plan, guint index)
{
    CU_ASSERT_FATAL(index < plan->rows->len);
    return &g_array_index(plan->rows, PlanRow, index);
}

static void a_migration_becomes_a_row_with_all_that_a_reviewer_needs(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "a", "h2"));
    const PlanRow *row = row_at(plan, 0);
    double copy = 10.0 * 1.5 * 1024 * 1024 * 1024;
    CU_ASSERT_TRUE(row->kind == ROW_STEP && row->step == 1 && row->approve == 1 &&
                   row->action == ACTION_MIGRATE);
    CU_ASSERT_STRING_EQUAL(row->object_id, "a");
    CU_ASSERT_STRING_EQUAL(row->instance_uuid, "uuid-a");
    CU_ASSERT_STRING_EQUAL(row->cluster_id, "c1");
    CU_ASSERT_STRING_EQUAL(row->cluster, "Cluster 1");
    CU_ASSERT_STRING_EQUAL(row->from_id, "h1");
    CU_ASSERT_STRING_EQUAL(row->to_id, "h2");
    CU_ASSERT_STRING_EQUAL(row->unit, "");
    CU_ASSERT_STRING_EQUAL(row->args, "copy_mib=15360");
    CU_ASSERT_STRING_EQUAL(row->reason, "test");
    CU_ASSERT_STRING_EQUAL(
        row->effect,
        "h1: CPU 85.0 to 75.0 %, memory 40.0 to 30.0 %; h2: CPU 20.0 to 30.0 %, memory "
        "30.0 to 40.0 %; not checked, the snapshot lacks it: datastores, networks, CPU model, threads, hardware version");
    CU_ASSERT_DOUBLE_EQUAL(row->est_s, ceil(10 + copy * 8 / 8e9), 0.001);
}

static void an_addition_states_totals(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(ChangePlan) plan = plan_of(planning, growth(planning, "a", 128));
    const PlanRow *row = row_at(plan, 0);
    CU_ASSERT_STRING_EQUAL(row->from, "12288");
    CU_ASSERT_STRING_EQUAL(row->to, "12416");
    CU_ASSERT_STRING_EQUAL(row->unit, "MiB");
    CU_ASSERT_STRING_EQUAL(row->from_id, "");
    CU_ASSERT_EQUAL(row->est_s, 1);
}

static void what_stays_unsolved_is_a_row_without_a_step(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "a", "h2"));
    const PlanRow *row = row_at(plan, 1);
    CU_ASSERT_TRUE(row->kind == ROW_UNSOLVED && isnan(row->step) && row->approve == -1 && row->action == -1);
    CU_ASSERT_STRING_EQUAL(row->object_id, "h2");
    CU_ASSERT_STRING_EQUAL(row->reason, "cannot be helped");
}

static void a_change_without_a_safe_order_is_unsolved_and_its_effect_not_counted(void)
{
    SmallCluster *small = two_hosts();
    add_vm(small, "huge", "h1", 100, 1)->cpu_reservation_mhz = 20000;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "huge", "h2"));
    CU_ASSERT_EQUAL_FATAL(plan->rows->len, 2);
    CU_ASSERT_EQUAL(row_at(plan, 0)->kind, ROW_UNSOLVED);
    CU_ASSERT_STRING_EQUAL(row_at(plan, 1)->reason, "no safe order found for a step that would help (test)");
    CU_ASSERT_PTR_NOT_NULL(strstr(plan->summary, "0 to migrate"));
}

static void the_header_is_the_snapshots_and_the_policys(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), "[plan]\nseed=7\n");
    g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "a", "h2"));
    g_autofree char *policy = policy_plan_digest(planning->policy);
    CU_ASSERT_STRING_EQUAL(plan->snapshot, planning->small->snapshot->digest);
    CU_ASSERT_STRING_EQUAL(plan->source_id, "source-1");
    CU_ASSERT_EQUAL(plan->taken_at, planning->small->snapshot->info.taken_at);
    CU_ASSERT_STRING_EQUAL(plan->policy, policy);
    CU_ASSERT_STRING_EQUAL(plan->seed, "7");
    CU_ASSERT_STRING_EQUAL(plan->stopped_by, "done");
    CU_ASSERT_STRING_EQUAL(plan->summary, "Plan: 1 to migrate, 0 to grow, 0 advised, 1 unsolved.");
}

static const ClusterFigures *figures_of_first(const ChangePlan *plan)
{
    CU_ASSERT_FATAL(plan->clusters->len > 0);
    return &g_array_index(plan->clusters, PlanCluster, 0).figures;
}

static void a_clusters_row_has_its_figures_before_and_after(void)
{
    g_autoptr(Planning) planning = planning_new(two_hosts(), NULL);
    g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "a", "h2"));
    const ClusterFigures *figures = figures_of_first(plan);
    const ClusterStatus *before = &figures->before, *after = &figures->after;
    CU_ASSERT_TRUE(before->hot_hosts == 1 && after->hot_hosts == 0);
    CU_ASSERT_TRUE(before->short_vms == 0 && after->short_vms == 0);
    CU_ASSERT_TRUE(before->max_cpu_pct == 85 && after->max_cpu_pct == 75);
    CU_ASSERT_TRUE(before->max_memory_pct == 40 && after->max_memory_pct == 40);
    CU_ASSERT_TRUE(before->sd_cpu == 32.5 && after->sd_cpu == 22.5);
    CU_ASSERT_TRUE(before->sd_memory == 5 && after->sd_memory == 5);
    CU_ASSERT_TRUE(figures->steps == 1 && figures->moves == 1 && figures->copy_mib == 15360);
    CU_ASSERT_DOUBLE_EQUAL(figures->makespan_s, 10 + 15360.0 * 1024 * 1024 * 8 / 8e9, 0.001);
}

/* Its own load, which no VM takes along, is hot. */
static void figures_leave_out_a_host_that_has_entered_maintenance_mode(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9500, 40);
    add_host(small, "h2", 2000, 30);
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nevacuate=h1\n");
    g_autoptr(ChangePlan) plan = plan_of(
        planning, (Change){.action = ACTION_ENTER_MAINTENANCE, .vm = -1, .reason = g_strdup("is empty")});
    const ClusterStatus *before = &figures_of_first(plan)->before, *after = &figures_of_first(plan)->after;
    CU_ASSERT_TRUE(before->hot_hosts == 1 && after->hot_hosts == 0);
    CU_ASSERT_TRUE(before->max_cpu_pct == 95 && after->max_cpu_pct == 20);
    CU_ASSERT_TRUE(before->max_memory_pct == 40 && after->max_memory_pct == 30);
    CU_ASSERT_TRUE(before->sd_cpu == 37.5 && after->sd_cpu == 0);
    CU_ASSERT_TRUE(before->sd_memory == 5 && after->sd_memory == 0);
}

static gboolean is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void what_a_lost_host_would_leave_without_room_is_told_in_numbers_and_words(void)
{
    static const struct {
        const char *policy;
        double mib, mhz;
        const char *summary;
    } cases[] = {
        {"[plan]\nha_check=off\n", NAN, NAN, "1 unsolved."},
        {"[plan]\nha_check=warn\n", 0, 500,
         "1 unsolved. Cluster 1 could not bear the loss of its largest host: 500 MHz of CPU would be lacking."},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        small->snapshot->clusters[0].ha = 1;
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        g_autoptr(ChangePlan) plan = plan_of(planning, move(planning, "a", "h2"));
        const ClusterStatus *ends[] = {&figures_of_first(plan)->before, &figures_of_first(plan)->after};
        for (guint end = 0; end < G_N_ELEMENTS(ends); end++) {
            CU_ASSERT_TRUE(is_same(ends[end]->failover_lack_mib, cases[i].mib));
            CU_ASSERT_TRUE(is_same(ends[end]->failover_lack_mhz, cases[i].mhz));
        }
        CU_ASSERT_TRUE(g_str_has_suffix(plan->summary, cases[i].summary));
    }
}

/* Of two moves of 26 s between four hosts: how many a window of 30 s has time for. */
static void a_window_holds_what_apply_can_do_in_it_side_by_side(void)
{
    static const struct {
        const char *policy;
        guint steps;
    } cases[] = {{"[plan]\nmax_duration_s=30\n[apply]\nparallel=1\n", 1},
                 {"[plan]\nmax_duration_s=30\n[apply]\nparallel=2\n", 2},
                 {"[plan]\nmax_duration_s=20\n[apply]\nparallel=2\n", 0},
                 {"[apply]\nparallel=1\n", 2}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = two_hosts();
        add_host(small, "h3", 1000, 20);
        add_host(small, "h4", 1000, 20);
        add_vm(small, "c", "h3", 100, 10);
        g_autoptr(Planning) planning = planning_new(small, cases[i].policy);
        g_autoptr(Decisions) decisions = decisions_new();
        Change first = move(planning, "a", "h2"), second = move(planning, "c", "h4");
        g_array_append_val(decisions->changes, first);
        g_array_append_val(decisions->changes, second);
        decisions->stopped_by = g_strdup("done");
        g_autoptr(ChangePlan) plan = compose_plan(&planning->situation, decisions);
        guint steps = 0;
        for (guint row = 0; row < plan->rows->len; row++)
            steps += row_at(plan, row)->kind == ROW_STEP;
        CU_ASSERT_EQUAL(steps, cases[i].steps);
        guint cut = 0;
        for (guint u = 0; u < decisions->unsolved->len; u++)
            cut += g_array_index(decisions->unsolved, Unsolved, u).vm >= 0;
        CU_ASSERT_EQUAL(cut, 2 - cases[i].steps);
    }
}

void test_compose_suite(void)
{
    CU_pSuite suite = CU_add_suite("compose", NULL, NULL);
    CU_ADD_TEST(suite, a_migration_becomes_a_row_with_all_that_a_reviewer_needs);
    CU_ADD_TEST(suite, an_addition_states_totals);
    CU_ADD_TEST(suite, what_stays_unsolved_is_a_row_without_a_step);
    CU_ADD_TEST(suite, a_change_without_a_safe_order_is_unsolved_and_its_effect_not_counted);
    CU_ADD_TEST(suite, the_header_is_the_snapshots_and_the_policys);
    CU_ADD_TEST(suite, a_clusters_row_has_its_figures_before_and_after);
    CU_ADD_TEST(suite, what_a_lost_host_would_leave_without_room_is_told_in_numbers_and_words);
    CU_ADD_TEST(suite, a_window_holds_what_apply_can_do_in_it_side_by_side);
    CU_ADD_TEST(suite, figures_leave_out_a_host_that_has_entered_maintenance_mode);
}
