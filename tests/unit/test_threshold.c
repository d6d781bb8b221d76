/* SPDX-License-Identifier: MIT */
#include "plan/threshold.h"

#include "plan/compose.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_threshold_suite(void);

/* ---- fixtures ---- */

/* the decisions as "vm>host" and "vm+MiB", advice in parentheses */
static char *decided(const Planning *planning)
{
    g_autoptr(Decisions) decisions = threshold_decide(&planning->situation);
    const Snapshot *snapshot = planning->small->snapshot;
    GString *text = g_string_new(NULL);
    const GArray *lists[] = {decisions->changes, decisions->advice};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (guint i = 0; i < lists[l]->len; i++) {
            const Change *change = &g_array_index(lists[l], Change, i);
            g_string_append_printf(text, "%s%s%s", text->len ? " " : "", l ? "(" : "",
                                   snapshot->vms[change->vm].id);
            if (change->action == ACTION_MIGRATE)
                g_string_append_printf(text, ">%s", snapshot->hosts[change->to].id);
            else
                g_string_append_printf(text, "+%.0f", change->amount - change->was);
            g_string_append(text, l ? ")" : "");
        }
    }
    return g_string_free(text, FALSE);
}

static void assert_decided(SmallCluster *small, const char *policy, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found = decided(planning);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, expected);
}

/* why a host or VM stays as it is; "" where nothing is said */
static char *unsolved(const Planning *planning, const char *id)
{
    g_autoptr(Decisions) decisions = threshold_decide(&planning->situation);
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        const Unsolved *at = &g_array_index(decisions->unsolved, Unsolved, i);
        const char *about = at->vm >= 0 ? planning->small->snapshot->vms[at->vm].id
                                        : planning->small->snapshot->hosts[at->host].id;
        if (strcmp(about, id) == 0)
            return g_strdup(at->reason);
    }
    return g_strdup("");
}

static void assert_unsolved(SmallCluster *small, const char *policy, const char *id, const char *words)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found = unsolved(planning, id);
    CU_ASSERT_PTR_NOT_NULL(strstr(found, words));
    if (!strstr(found, words))
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found, words);
}

/* One host at 85 % CPU with VMs of 200 to 2000 MHz, and two cool ones. */
static SmallCluster *one_hot_host(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 2000, 30);
    add_host(small, "h3", 1000, 30);
    add_vm(small, "large", "h1", 2000, 8);
    add_vm(small, "small", "h1", 200, 4);
    add_vm(small, "middle", "h1", 400, 6);
    return small;
}

static SmallCluster *one_short_vm(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    add_short_vm(small, "s", "h1");
    return small;
}

/* the history gets a journal in which so many additions of memory to the VM succeeded */
static void remember_additions(const Planning *planning, const char *vm_id, guint n)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(JournalRow));
    Journal journal = {.rows = rows};
    for (guint i = 0; i < n; i++) {
        JournalRow row = journal_row_unknown();
        row.seq = i + 1;
        row.run = "run";
        row.source_id = "source-1";
        row.object_id = vm_id;
        row.event = EVENT_SUCCEEDED;
        row.action = ACTION_ADD_MEMORY;
        g_array_append_val(rows, row);
    }
    past_add(planning->past, &journal, "");
}

/* ---- hot hosts ---- */

static void a_healthy_cluster_is_left_alone(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8000, 80);
    add_host(small, "h2", 10, 1);
    add_vm(small, "a", "h1", 2000, 20);
    assert_decided(small, NULL, "");
}

static void the_least_used_leave_first_until_the_host_is_normal(void)
{
    /* small and middle leave 7900; h3 is at 12 and 14 %, h2 at 20 %, memory decides: 34 and 40 % on h3, 34 %
     * on h2 */
    assert_decided(one_hot_host(), NULL, "small>h2 middle>h3");
}

static void hosts_are_relieved_by_their_worst_excess_then_id(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h2", 8300, 10);
    add_host(small, "h1", 8300, 10);
    add_host(small, "h3", 3000, 90);
    add_host(small, "h4", 1000, 10);
    add_vm(small, "b", "h2", 400, 1);
    add_vm(small, "a", "h1", 400, 1);
    add_vm(small, "c", "h3", 100, 15);
    assert_decided(small, NULL, "c>h4 a>h4 b>h4");
}

static void vms_never_added_to_go_before_those_added_to(void)
{
    g_autoptr(Planning) planning = planning_new(one_hot_host(), NULL);
    remember_additions(planning, "small", 1);
    g_autofree char *found = decided(planning);
    CU_ASSERT_STRING_EQUAL(found, "middle>h2 large>h3");
}

/* CPU is 6 points over, memory 5. When a (CPU) has left, memory is the worse: then c, not b, is least used.
 */
static void the_resource_in_excess_is_looked_up_again_after_each_move(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8600, 85);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h1", 300, 4.5);
    add_vm(small, "b", "h1", 400, 20);
    add_vm(small, "c", "h1", 500, 4);
    add_vm(small, "d", "h1", 3000, 3);
    assert_decided(small, NULL, "a>h2 b>h2");
    small = smallcluster_new();
    add_host(small, "h1", 8250, 87);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "m", "h1", 900, 5);
    add_vm(small, "n", "h1", 100, 20);
    add_vm(small, "o", "h1", 2000, 6);
    /* memory 7 over: m (5 GiB) leaves; memory 2 over: o (6) before n (20) */
    assert_decided(small, NULL, "m>h2 o>h2");
}

static void the_target_is_the_one_whose_higher_share_stays_lowest(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 1000, 50); /* 52 % memory after */
    add_host(small, "h3", 3500, 20); /* 41 % CPU after */
    add_host(small, "h4", 3500, 20);
    add_vm(small, "a", "h1", 600, 2);
    assert_decided(small, NULL, "a>h3");
}

static void no_target_becomes_hot_in_either(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 40);
    add_host(small, "h2", 7500, 10);
    add_host(small, "h3", 1000, 79);
    add_vm(small, "a", "h1", 600, 2);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *found = decided(planning);
    g_autofree char *why = unsolved(planning, "h1");
    CU_ASSERT_STRING_EQUAL(found, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "stays hot: CPU at 85.0 %, above 80 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "no target for 1 of its VMs (a: h2 would be hot (CPU 81.0 %"));
}

static void a_mandatory_rule_is_not_broken_and_repaired_for_nobody(void)
{
    SmallCluster *small = one_hot_host();
    add_rule(small, "off-h2", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "small", "h2");
    assert_decided(small, NULL, "small>h3 middle>h2");
    small = smallcluster_new();
    add_host(small, "h1", 1000, 10);
    add_vm(small, "a", "h1", 100, 1);
    add_vm(small, "b", "h1", 100, 1);
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "a b", "");
    assert_unsolved(small, NULL, "a", "the mandatory rule \"apart\" is broken by 1 VM: ");
}

static void vms_that_cannot_move_stay(void)
{
    SmallCluster *small = one_hot_host();
    small->snapshot->vms[1].pinned = "USB device";
    small->snapshot->vms[2].role = VM_ROLE_SYSTEM;
    assert_decided(small, NULL, "large>h3");
}

static void a_vm_below_its_share_of_the_excess_is_not_worth_a_move(void)
{
    SmallCluster *small = one_hot_host();
    add_vm(small, "tiny", "h1", 2, 1);
    assert_decided(small, NULL, "small>h2 middle>h3"); /* 1 % of 500 MHz is 5, of 300 is 3 */
    small = one_hot_host();
    add_vm(small, "tiny", "h1", 2, 1);
    assert_decided(small, "[plan]\nmin_vm_pct=0\n", "tiny>h2 small>h3 middle>h2");
    small = one_hot_host();
    add_vm(small, "tiny", "h1", 2, 1);
    assert_decided(small, "[plan]\npublished=exact\n", "tiny>h2 small>h3 middle>h2");
}

static void moves_off_one_host_are_bounded(void)
{
    assert_decided(one_hot_host(), "[plan]\nmax_moves_per_host=1\n", "small>h2");
    assert_unsolved(one_hot_host(), "[plan]\nmax_moves_per_host=1\n", "h1", "stays hot: CPU at 83.0 %");
    assert_decided(one_hot_host(), "[plan]\nmax_moves_per_host=1\npublished=exact\n", "small>h2 middle>h3");
    assert_decided(one_hot_host(), "[plan]\nmax_moves_per_host=0\n", "small>h2 middle>h3");
}

static void an_excluded_host_is_neither_relieved_nor_a_target(void)
{
    assert_unsolved(one_hot_host(), "[plan]\nexclude_hosts=h1\n", "h1", "exclude_hosts");
    assert_decided(one_hot_host(), "[plan]\nexclude_hosts=h1\n", "");
    assert_decided(one_hot_host(), "[plan]\nexclude_hosts=h2\n", "small>h3 middle>h3");
}

static void moves_of_a_drs_cluster_are_advice_and_change_nothing(void)
{
    SmallCluster *small = one_hot_host();
    small->snapshot->clusters[0].drs = DRS_FULL;
    assert_decided(small, NULL, "(small>h2) (middle>h3)");
    small = one_hot_host();
    small->snapshot->clusters[0].drs = DRS_FULL;
    assert_unsolved(small, NULL, "h1", "stays hot: CPU at 85.0 %");
    small = one_hot_host();
    small->snapshot->clusters[0].drs = DRS_FULL;
    assert_decided(small, "[plan]\ndrs_clusters=plan\n", "small>h2 middle>h3");
}

static void a_host_to_empty_is_said_to_stay_full(void)
{
    SmallCluster *small = one_hot_host();
    add_vm(small, "d", "h2", 100, 1);
    assert_unsolved(small, "[plan]\nevacuate=h2\n", "h2", "is to be emptied and holds 1 running VM: ");
}

static void a_hot_failover_host_is_said_to_stay_hot(void)
{
    SmallCluster *small = one_hot_host();
    small->snapshot->clusters[0].ha = 1;
    small->snapshot->clusters[0].ha_policy = HA_POLICY_HOSTS;
    small->snapshot->clusters[0].ha_failover_hosts = "h1";
    assert_unsolved(small, NULL, "h1", "stays hot: CPU at 85.0 %, above 80 %; a dedicated failover host");
}

/* ---- additions ---- */

static void a_short_vm_gets_one_step_of_legal_size(void)
{
    assert_decided(one_short_vm(), NULL, "s+128");
    SmallCluster *small = one_short_vm();
    small->snapshot->vms[0].memory_hot_add_step_mib = 1000; /* 10240 + 128, up to 11000 */
    assert_decided(small, NULL, "s+760");
    assert_decided(one_short_vm(), "[plan]\nmemory_step_mib=2048\n", "s+2048");
}

static void a_vm_that_stays_short_is_said_to(void)
{
    assert_unsolved(
        one_short_vm(), NULL, "s",
        "stays short: its guest uses 88.9 % of 10368 MiB; strategy=threshold makes one addition a plan");
    g_autoptr(Planning) planning = planning_new(one_short_vm(), "[plan]\nmemory_step_mib=2048\n");
    g_autofree char *nothing = unsolved(planning, "s");
    CU_ASSERT_STRING_EQUAL(nothing, "");
}

static void the_shortest_vms_come_first_and_the_buffer_is_debited(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 40);
    add_short_vm(small, "t", "h1");
    add_short_vm(small, "s", "h1");
    smallcluster_measure_vm(small, "u", 100, 9.5, 5);
    smallcluster_add_vm(small, "u", "h1")->memory_hot_add = 1;
    /* 60 GiB of buffer, 58 kept: 2 GiB to give */
    assert_decided(small, "[plan]\nbuffer_reserve_pct=58\nmemory_step_mib=1024\n", "u+1024 s+1024");
}

static void a_limited_pool_above_is_debited_too(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 40);
    Pool top = pool_unknown(), below = pool_unknown();
    top.id = top.name = "top";
    below.id = below.name = "below";
    below.parent_id = "top";
    top.cluster_id = below.cluster_id = "c1";
    top.memory_limit_mib = 10 * 1024 + 200; /* two VMs hold 5 GiB each */
    below.memory_limit_mib = INFINITY;
    snapshot_add_pool(small->snapshot, &top);
    snapshot_add_pool(small->snapshot, &below);
    add_short_vm(small, "s", "h1")->pool_id = "below";
    add_short_vm(small, "t", "h1")->pool_id = "below";
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *found = decided(planning);
    g_autofree char *why = unsolved(planning, "t");
    CU_ASSERT_STRING_EQUAL(found, "s+128");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "the memory limit of resource pool top leaves 72 MiB"));
}

static void additions_are_bounded_by_history(void)
{
    g_autoptr(Planning) planning =
        planning_new(one_short_vm(), "[plan]\nstrategy=threshold\nmemory_max_steps=2\n");
    remember_additions(planning, "s", 2);
    g_autofree char *found = decided(planning);
    g_autofree char *why = unsolved(planning, "s");
    CU_ASSERT_STRING_EQUAL(found, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "it was added to 2 times already (memory_max_steps)"));
}

static void hot_add_that_is_off_is_advised(void)
{
    SmallCluster *small = one_short_vm();
    small->snapshot->vms[0].memory_hot_add = 0;
    assert_decided(small, NULL, "(s+128)");
    small = one_short_vm();
    small->snapshot->vms[0].memory_hot_add = 0;
    assert_decided(small, "[plan]\nexclude_vms=s\n", "");
    small = one_short_vm();
    small->snapshot->vms[0].memory_hot_add = 0;
    small->snapshot->vms[0].connection = VM_INACCESSIBLE;
    assert_decided(small, NULL, "");
}

/* The short VM's host is hot: it is relieved first, and the addition decided on what is left. */
static void additions_are_decided_on_projected_loads(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 82);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h1", 100, 4);
    add_vm(small, "b", "h1", 1000, 40);
    add_short_vm(small, "s", "h1");
    small->snapshot->vms[2].pinned = "USB device";
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Decisions) decisions = threshold_decide(&planning->situation);
    g_autoptr(ChangePlan) plan = compose_plan(&planning->situation, decisions);
    CU_ASSERT_EQUAL_FATAL(plan->rows->len, 3);
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 0).object_id, "a");
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 1).object_id, "s");
    CU_ASSERT_STRING_EQUAL(g_array_index(plan->rows, PlanRow, 1).after, "1");
}

void test_threshold_suite(void)
{
    CU_pSuite suite = CU_add_suite("threshold", NULL, NULL);
    CU_ADD_TEST(suite, a_healthy_cluster_is_left_alone);
    CU_ADD_TEST(suite, the_least_used_leave_first_until_the_host_is_normal);
    CU_ADD_TEST(suite, hosts_are_relieved_by_their_worst_excess_then_id);
    CU_ADD_TEST(suite, vms_never_added_to_go_before_those_added_to);
    CU_ADD_TEST(suite, the_resource_in_excess_is_looked_up_again_after_each_move);
    CU_ADD_TEST(suite, the_target_is_the_one_whose_higher_share_stays_lowest);
    CU_ADD_TEST(suite, no_target_becomes_hot_in_either);
    CU_ADD_TEST(suite, a_mandatory_rule_is_not_broken_and_repaired_for_nobody);
    CU_ADD_TEST(suite, vms_that_cannot_move_stay);
    CU_ADD_TEST(suite, a_vm_below_its_share_of_the_excess_is_not_worth_a_move);
    CU_ADD_TEST(suite, moves_off_one_host_are_bounded);
    CU_ADD_TEST(suite, an_excluded_host_is_neither_relieved_nor_a_target);
    CU_ADD_TEST(suite, moves_of_a_drs_cluster_are_advice_and_change_nothing);
    CU_ADD_TEST(suite, a_host_to_empty_is_said_to_stay_full);
    CU_ADD_TEST(suite, a_hot_failover_host_is_said_to_stay_hot);
    CU_ADD_TEST(suite, a_short_vm_gets_one_step_of_legal_size);
    CU_ADD_TEST(suite, a_vm_that_stays_short_is_said_to);
    CU_ADD_TEST(suite, the_shortest_vms_come_first_and_the_buffer_is_debited);
    CU_ADD_TEST(suite, a_limited_pool_above_is_debited_too);
    CU_ADD_TEST(suite, additions_are_bounded_by_history);
    CU_ADD_TEST(suite, hot_add_that_is_off_is_advised);
    CU_ADD_TEST(suite, additions_are_decided_on_projected_loads);
}
