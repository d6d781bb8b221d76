/* SPDX-License-Identifier: MIT */
#include "plan/optimize.h"

#include "plan/decide.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>

void test_optimize_suite(void);

/* MiB by which a VM is grown under a policy; 0 where it is not. A VM "s" of 10 GiB, 9 of them active, on one
 * of two hosts of 100 GiB, which hold 40 and 59 and could take the loss of one with 1 GiB to spare. */
static double growth_under(const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    add_host(small, "h2", 1000, 59);
    add_short_vm(small, "s", "h1");
    small->snapshot->clusters[0].ha = 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    double grown = 0;
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        grown += change->action == ACTION_ADD_MEMORY ? change->amount - change->was : 0;
    }
    return grown;
}

static void a_short_vm_grows_until_it_stands_at_grow_to_pct(void)
{
    CU_ASSERT_EQUAL(growth_under("[plan]\nha_check=warn\n"), ceil(9216 / 0.7) - 10240);
    CU_ASSERT_EQUAL(growth_under("[plan]\nha_check=warn\ngrow_to_pct=80\n"), 1280);
}

static void a_hard_check_of_ha_bounds_additions(void)
{
    double grown = growth_under("[plan]\nha_check=hard\n");
    CU_ASSERT_TRUE(grown > 0 && grown <= 1024);
}

static void an_excluded_host_has_no_vm_grown(void)
{
    CU_ASSERT_EQUAL(growth_under("[plan]\nexclude_hosts=h1\n"), 0);
}

static void a_host_to_empty_has_no_vm_grown(void)
{
    CU_ASSERT_EQUAL(growth_under("[plan]\nevacuate=h1\n"), 0);
}

/* Migrations in a plan for two clusters that each have a hot host and need two; the second is the hotter. */
static guint moves_under(const char *policy, const char *only_from)
{
    SmallCluster *small = smallcluster_new();
    Cluster second = small->snapshot->clusters[0];
    second.id = second.name = "c2";
    snapshot_add_cluster(small->snapshot, &second);
    static const char *const names[2][5] = {{"h1", "h2", "h3", "a", "b"}, {"k1", "k2", "k3", "c", "d"}};
    for (guint c = 0; c < 2; c++) {
        for (guint h = 0; h < 3; h++) {
            Host *host = add_host(small, names[c][h], h ? 7600 : 8500 + 100.0 * c, 10);
            host->cluster_id = c ? "c2" : host->cluster_id;
        }
        add_vm(small, names[c][3], names[c][0], 300, 1);
        add_vm(small, names[c][4], names[c][0], 310, 1);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    guint moves = 0;
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        const char *from = planning->model->snapshot->hosts[change->from].id;
        moves += change->action == ACTION_MIGRATE && g_str_has_prefix(from, only_from);
    }
    return moves;
}

static void max_moves_bounds_the_whole_plan_and_goes_to_the_hottest_cluster_first(void)
{
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\n", ""), 4);
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\nmax_moves=3\n", ""), 3);
    CU_ASSERT_EQUAL(moves_under("[plan]\nmin_vm_pct=0\nmax_moves=3\n", "k"), 2);
}

/* The pool has room for one vCPU: "idle" on h1, which stays hot, cannot use it, and so "b" on h2 gets it. */
static void vcpus_go_to_hosts_that_are_normal_in_the_end(void)
{
    SmallCluster *small = smallcluster_new();
    Pool pool = pool_unknown();
    pool.id = pool.name = "p";
    pool.cluster_id = "c1";
    pool.cpu_limit_mhz = 5000;
    snapshot_add_pool(small->snapshot, &pool);
    add_host(small, "h1", 9500, 20);
    add_host(small, "h2", 6000, 20);
    small->snapshot->hosts[0].cpu_threads = small->snapshot->hosts[1].cpu_threads = 20;
    static const struct {
        const char *id, *host;
        double mhz;
    } vms[] = {{"idle", "h1", 1950}, {"b", "h2", 1900}};
    for (guint i = 0; i < G_N_ELEMENTS(vms); i++) {
        Vm *vm = add_vm(small, vms[i].id, vms[i].host, vms[i].mhz, 4);
        vm->cpu_hot_add = 1;
        vm->pool_id = "p";
        vm->pinned = "device";
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nbuffer_reserve_pct=0\n");
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    CU_ASSERT_EQUAL_FATAL(decisions->changes->len, 1);
    const Change *change = &g_array_index(decisions->changes, Change, 0);
    CU_ASSERT_EQUAL(change->action, ACTION_ADD_CPU);
    CU_ASSERT_EQUAL(change->vm, (int)vm_of(planning, "b"));
}

/* where the VM of a host that is emptied goes, "" where it stays; h2 has more room than h3, of which so much
 * is in use */
static const char *emptied_to(const char *policy, double gib_on_h3)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 30);
    add_host(small, "h2", 1000, 10);
    add_host(small, "h3", 2000, gib_on_h3);
    add_vm(small, "a", "h1", 500, 20);
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(ChangePlan) plan = decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->action == ACTION_MIGRATE)
            return g_intern_string(row->to_id);
    }
    return "";
}

static void a_host_that_is_emptied_next_takes_nothing(void)
{
    CU_ASSERT_STRING_EQUAL(emptied_to("[plan]\nevacuate=h1\nevacuate_next=h2\n", 20), "h3");
    CU_ASSERT_STRING_EQUAL(emptied_to("[plan]\nevacuate=h1\nevacuate_next=h3\n", 20), "h2");
    CU_ASSERT_STRING_EQUAL(emptied_to("[plan]\nstrategy=threshold\nevacuate=h1\nevacuate_next=h2\n", 20), "");
    CU_ASSERT_STRING_EQUAL(emptied_to("[plan]\nevacuate=h1\nevacuate_next=h2\n", 95), "");
    CU_ASSERT_STRING_EQUAL(emptied_to("[plan]\nevacuate=h1\n", 95), "h2");
}

static void add_pool(SmallCluster *small, const char *id, const char *parent_id, double mib, int expandable)
{
    Pool pool = pool_unknown();
    pool.id = pool.name = id;
    pool.parent_id = parent_id;
    pool.cluster_id = "c1";
    pool.memory_reservation_mib = mib;
    pool.memory_expandable = expandable;
    snapshot_add_pool(small->snapshot, &pool);
}

/* What is left in "inner" is not left to VMs in "p", whose reservation is all set aside for it; how much a
 * pool and those in it can reserve together, which bounds the search, does not tell. */
static void a_vcpu_that_a_pool_cannot_run_is_not_given_for_ever(void)
{
    SmallCluster *small = smallcluster_new();
    add_pool(small, "root", "", 0, 1);
    add_pool(small, "p", "root", 1024, 0);
    add_pool(small, "inner", "p", 1024, 1);
    add_host(small, "h1", 3000, 20);
    add_host(small, "h2", 3000, 20);
    small->snapshot->hosts[0].cpu_threads = small->snapshot->hosts[1].cpu_threads = 20;
    Vm *busy = add_vm(small, "b", "h1", 1900, 4);
    busy->cpu_hot_add = 1;
    busy->pool_id = "p";
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    CU_ASSERT_EQUAL(decisions->changes->len, 0);
    CU_ASSERT_EQUAL_FATAL(decisions->unsolved->len, 1);
    CU_ASSERT_EQUAL(g_array_index(decisions->unsolved, Unsolved, 0).code, OBSTACLE_POOL_RESERVATION);
}

/* "a" is left to DRS; h1 stays hot without it. Advice is what helps once the steps are made: h2 takes "b" by
 * a step, and then has no room for "a". */
static void advice_is_given_on_top_of_the_steps(void)
{
    SmallCluster *small = smallcluster_new();
    small->snapshot->clusters[0].drs = DRS_PARTIAL;
    add_host(small, "h1", 9900, 20);
    add_host(small, "h2", 6200, 20);
    add_host(small, "h3", 7000, 20);
    add_vm(small, "a", "h1", 900, 4)->drs_override = DRS_OVERRIDE_MANUAL;
    add_vm(small, "b", "h1", 1500, 4);
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    CU_ASSERT_EQUAL_FATAL(decisions->changes->len, 1);
    CU_ASSERT_EQUAL(g_array_index(decisions->changes, Change, 0).to, (int)host_of(planning, "h2"));
    CU_ASSERT_EQUAL_FATAL(decisions->advice->len, 1);
    const Change *advice = &g_array_index(decisions->advice, Change, 0);
    CU_ASSERT_EQUAL(advice->to, (int)host_of(planning, "h3"));
    CU_ASSERT_PTR_NOT_NULL(strstr(advice->reason, "relieves h1: CPU at 84.0 %"));
}

/* What becomes of a VM "b" at 95 % of its 2 vCPUs on h1, which has so many threads and stands at this CPU
 * (MHz of 10,000) by a load of its own; h2 has 20 threads. */
static Decisions *decide_busy_vm(double threads, double mhz, int *at, double *vcpus)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", mhz, 20);
    add_host(small, "h2", 1000, 20);
    small->snapshot->hosts[0].cpu_threads = threads;
    small->snapshot->hosts[1].cpu_threads = 20;
    Vm *busy = add_vm(small, "b", "h1", 1900, 4);
    busy->cpu_hot_add = 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    Decisions *decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    *at = 0;
    *vcpus = 2;
    for (guint i = 0; i < decisions->changes->len; i++) {
        const Change *change = &g_array_index(decisions->changes, Change, i);
        *at = change->to;
        *vcpus = change->action == ACTION_ADD_CPU ? change->amount : *vcpus;
    }
    return decisions;
}

static void a_busy_vm_gets_a_vcpu_where_it_is(void)
{
    int at;
    double vcpus;
    g_autoptr(Decisions) decisions = decide_busy_vm(20, 3000, &at, &vcpus);
    CU_ASSERT_EQUAL(at, 0);
    CU_ASSERT_EQUAL(vcpus, 3);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(g_array_index(decisions->changes, Change, 0).reason, "uses 95.0 % of its 2 vCPUs"));
}

static void a_busy_vm_is_moved_to_a_host_with_more_threads_first(void)
{
    int at;
    double vcpus;
    g_autoptr(Decisions) decisions = decide_busy_vm(2, 3000, &at, &vcpus);
    CU_ASSERT_EQUAL_FATAL(decisions->changes->len, 2);
    CU_ASSERT_EQUAL(at, 1);
    CU_ASSERT_EQUAL(vcpus, 3);
    CU_ASSERT_STRING_EQUAL(g_array_index(decisions->changes, Change, 0).reason,
                           "b needs 3 vCPUs, and h1 has 2 threads");
}

/* no host has room for it, and both stay hot */
static void a_busy_vm_on_a_host_that_stays_hot_gets_no_vcpu_and_is_told_why(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 9500, 20);
    add_host(small, "h2", 7900, 20);
    small->snapshot->hosts[0].cpu_threads = small->snapshot->hosts[1].cpu_threads = 20;
    add_vm(small, "b", "h1", 1900, 4)->cpu_hot_add = 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\nbuffer_reserve_pct=0\n");
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    CU_ASSERT_EQUAL(decisions->changes->len, 0);
    const char *why = "";
    for (guint i = 0; i < decisions->unsolved->len; i++)
        if (g_array_index(decisions->unsolved, Unsolved, i).vm == 0)
            why = g_array_index(decisions->unsolved, Unsolved, i).reason;
    CU_ASSERT_STRING_EQUAL(why, "stays short of CPU: it uses 95.0 % of its 2 vCPUs; its host h1 is hot");
}

/* "a" and "b" should change places to cool h1, but both hosts are full and there is no third: no order is
 * safe. What is left must heat no other host, and the plan says what it would have wanted. */
static void what_has_no_safe_order_is_left_and_told(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 8500, 99);
    add_host(small, "h2", 2000, 99);
    add_vm(small, "a", "h1", 1500, 20);
    add_vm(small, "b", "h2", 100, 20);
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning =
        planning_new(small, "[analyze]\nmemory_hot_pct=100\n[plan]\nmin_vm_pct=0\n");
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    CU_ASSERT_EQUAL(decisions->changes->len, 0);
    guint told = 0;
    for (guint i = 0; i < decisions->unsolved->len; i++)
        told +=
            strstr(g_array_index(decisions->unsolved, Unsolved, i).reason, "no safe order was found") != NULL;
    CU_ASSERT_EQUAL(told, 1);
}

/* Nine VMs to keep apart on four hosts, 3, 3, 2 and 1; moves onto the host that has one, which stands at so
 * much of its CPU */
static guint moves_onto_the_emptiest(double mhz)
{
    static const char *const hosts[] = {"h1", "h1", "h1", "h2", "h2", "h2", "h3", "h3", "h4"};
    SmallCluster *small = smallcluster_new();
    g_autoptr(GString) members = g_string_new(NULL);
    add_host(small, "h1", 5000, 30);
    add_host(small, "h2", 5000, 30);
    add_host(small, "h3", 4000, 30);
    add_host(small, "h4", mhz, 30);
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *id = g_strdup_printf("v%u", i);
        add_vm(small, id, hosts[i], 1200, 2);
        g_string_append_printf(members, "%s%s", i ? " " : "", id);
    }
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, members->str, "");
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    guint onto = 0;
    for (guint i = 0; i < decisions->changes->len; i++)
        onto += g_array_index(decisions->changes, Change, i).to == (int)host_of(planning, "h4");
    return onto;
}

static void a_rule_that_cannot_be_kept_is_kept_evenly_where_that_heats_no_host(void)
{
    CU_ASSERT_EQUAL(moves_onto_the_emptiest(2000), 1);
    CU_ASSERT_EQUAL(moves_onto_the_emptiest(7800), 0);
}

/* Where VMs are in the end, "h2 h3", each given as its host and GiB, "h1 30", or "h1 30+" where it is kept
 * together with the one before it; the caller frees it */
static char *placed(const char *const vms[], const char *policy)
{
    static const char *const hosts[] = {"h1", "h2", "h3", "h4"};
    SmallCluster *small = smallcluster_new();
    guint n = g_strv_length((char **)vms);
    for (guint h = 0; h < G_N_ELEMENTS(hosts); h++) {
        double gib = 1;
        for (guint i = 0; i < n; i++)
            gib += g_str_has_prefix(vms[i], hosts[h]) ? g_ascii_strtod(vms[i] + strlen("h1 "), NULL) : 0;
        add_host(small, hosts[h], 1000, gib);
    }
    for (guint i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("v%u", i), *host = g_strndup(vms[i], strlen("h1"));
        g_autofree char *before = g_strdup_printf("v%u v%u", i - (i > 0), i);
        add_vm(small, id, host, 10, g_ascii_strtod(vms[i] + strlen("h1 "), NULL));
        if (g_str_has_suffix(vms[i], "+"))
            add_rule(small, id, RULE_VM_AFFINITY, TRUE, before, "");
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Decisions) decisions = optimize_decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decisions);
    g_autoptr(Model) end = model_after(planning->model, decisions->changes);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(words, "%s%s", i ? " " : "", hosts[end->vms[i].host]);
    return g_string_free(words, FALSE);
}

/* What rules keep together gets out of the way as one: for a VM that fits nowhere else, for another group
 * that does, and in exchange. */
static void groups_make_way_for_others(void)
{
    static const struct {
        const char *vms[10], *policy, *expected;
    } cases[] = {
        {{"h1 60", "h2 22", "h2 22+", "h3 30", "h4 50", NULL},
         "[plan]\nevacuate=h1\nexclude_vms=v3\n",
         "h2 h3 h3 h3 h4"},
        {{"h1 30", "h1 30+", "h2 25", "h2 25+", "h3 50", "h4 25", NULL},
         "[plan]\nevacuate=h1\nexclude_hosts=h3\nexclude_vms=v5\n",
         "h2 h2 h4 h4 h3 h4"},
        {{"h1 30", "h1 30+", "h2 25", "h2 25+", "h3 39", "h4 79", NULL},
         "[plan]\nexclude_hosts=h3;h4\n[rule home]\ntype=vm_host_affinity\nvms=v0;v1\nhosts=h2\nmandatory=yes\n",
         "h2 h2 h1 h1 h3 h4"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = placed(cases[i].vms, cases[i].policy);
        CU_ASSERT_STRING_EQUAL(found, cases[i].expected);
        if (strcmp(found, cases[i].expected) != 0)
            printf("\n  %u: %s\n", i, found);
    }
}

void test_optimize_suite(void)
{
    CU_pSuite suite = CU_add_suite("optimize", NULL, NULL);
    CU_ADD_TEST(suite, a_rule_that_cannot_be_kept_is_kept_evenly_where_that_heats_no_host);
    CU_ADD_TEST(suite, a_short_vm_grows_until_it_stands_at_grow_to_pct);
    CU_ADD_TEST(suite, a_hard_check_of_ha_bounds_additions);
    CU_ADD_TEST(suite, an_excluded_host_has_no_vm_grown);
    CU_ADD_TEST(suite, a_host_to_empty_has_no_vm_grown);
    CU_ADD_TEST(suite, a_busy_vm_gets_a_vcpu_where_it_is);
    CU_ADD_TEST(suite, a_busy_vm_is_moved_to_a_host_with_more_threads_first);
    CU_ADD_TEST(suite, a_busy_vm_on_a_host_that_stays_hot_gets_no_vcpu_and_is_told_why);
    CU_ADD_TEST(suite, vcpus_go_to_hosts_that_are_normal_in_the_end);
    CU_ADD_TEST(suite, a_vcpu_that_a_pool_cannot_run_is_not_given_for_ever);
    CU_ADD_TEST(suite, advice_is_given_on_top_of_the_steps);
    CU_ADD_TEST(suite, what_has_no_safe_order_is_left_and_told);
    CU_ADD_TEST(suite, groups_make_way_for_others);
    CU_ADD_TEST(suite, a_host_that_is_emptied_next_takes_nothing);
    CU_ADD_TEST(suite, max_moves_bounds_the_whole_plan_and_goes_to_the_hottest_cluster_first);
}
