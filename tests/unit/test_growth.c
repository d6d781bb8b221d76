/* SPDX-License-Identifier: MIT */
#include "plan/growth.h"
#include "plan/reasons.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_growth_suite(void);

/* VM "s" of 10 GiB, 9 of them active, on a host of 100 GiB with 40 in use. */
static SmallCluster *one_short_vm(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 40);
    add_short_vm(small, "s", "h1");
    return small;
}

static Vm *short_vm(SmallCluster *small)
{
    return &small->snapshot->vms[0];
}

static void assert_obstacle(SmallCluster *small, const char *policy, double to_mib, const char *words)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found = why_not_grown(planning, ACTION_ADD_MEMORY, 0, to_mib, LEGAL_GROWTH);
    if (!*words)
        CU_ASSERT_PTR_NULL(found);
    CU_ASSERT_PTR_NOT_NULL(strstr(found ? found : "", words));
    if (!strstr(found ? found : "", words))
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", found ? found : "", words);
}

static void sizes_are_multiples_of_the_hot_add_step(void)
{
    static const struct {
        double step, at_least, expected;
    } cases[] = {{128, 10368, 10368},
                 {128, 10369, 10496},
                 {NAN, 10369, 10369},
                 {0, 10368.2, 10369},
                 {1, 10368, 10368}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = one_short_vm();
        short_vm(small)->memory_hot_add_step_mib = cases[i].step;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        CU_ASSERT_EQUAL(growth_legal_memory(planning->model, 0, cases[i].at_least), cases[i].expected);
    }
}

static void what_is_missing_makes_the_vm_normal(void)
{
    g_autoptr(Planning) planning = planning_new(one_short_vm(), NULL);
    CU_ASSERT_DOUBLE_EQUAL(growth_missing_memory(planning->model, 0), 9 * 1024 / 0.8 - 10240, 0.001);
    g_autoptr(Planning) lenient = planning_new(one_short_vm(), "[analyze]\nshort_pct=95\n");
    CU_ASSERT_TRUE(growth_missing_memory(lenient->model, 0) < 0);
}

static void a_short_vm_grows_to_grow_to_pct_and_by_no_less_than_a_step(void)
{
    static const struct {
        const char *policy;
        double wanted;
    } cases[] = {{"", 9 * 1024 / 0.7 - 10240},
                 {"[plan]\ngrow_to_pct=75\n", 9 * 1024 / 0.75 - 10240},
                 {"[plan]\ngrow_to_pct=95\n", 9 * 1024 / 0.8 - 10240}, /* short_pct is the most */
                 {"[plan]\nmemory_step_mib=4096\n", 4096},
                 {"[analyze]\nshort_pct=90\n", 0}}; /* it is not short */
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Planning) planning = planning_new(one_short_vm(), cases[i].policy);
        CU_ASSERT_DOUBLE_EQUAL(growth_wanted_memory(planning->model, 0), cases[i].wanted, 0.001);
    }
}

/* notes an addition that succeeded so many seconds before the snapshot */
static void note_addition(Planning *planning, const char *run, gint64 before_s, const char *from,
                          const char *to)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(JournalRow));
    const Snapshot *snapshot = planning->small->snapshot;
    JournalRow row = journal_row_unknown();
    row.seq = 1;
    row.run = run;
    row.time = snapshot->info.taken_at - before_s;
    row.source_id = snapshot->info.source_id;
    row.object_id = snapshot->vms[0].id;
    row.instance_uuid = snapshot->vms[0].instance_uuid;
    row.event = EVENT_SUCCEEDED;
    row.action = ACTION_ADD_MEMORY;
    row.from = from;
    row.to = to;
    g_array_append_val(rows, row);
    Journal journal = {.rows = rows};
    past_add(planning->past, &journal, "");
}

static void growth_is_capped_over_the_size_before_the_first_addition(void)
{
    g_autoptr(Planning) grown = planning_new(one_short_vm(), "[plan]\n");
    CU_ASSERT_EQUAL(growth_memory_cap(grown->model, grown->past, 0), 15360);
    note_addition(grown, "b", 1000, "9216", "10240"); /* in any order */
    note_addition(grown, "a", 2000, "8192", "9216");
    CU_ASSERT_EQUAL(growth_memory_cap(grown->model, grown->past, 0), 12288);
    CU_ASSERT_EQUAL(growth_largest_memory(grown->model, grown->past, 0), 12288);
    g_autofree char *above = why_not_grown(grown, ACTION_ADD_MEMORY, 0, 12289, LEGAL_BUDGET);
    CU_ASSERT_PTR_NOT_NULL_FATAL(above);
    CU_ASSERT_PTR_NOT_NULL(strstr(above, "above the 8192 MiB that it had before it was first added to"));
    CU_ASSERT_PTR_NULL(why_not_grown(grown, ACTION_ADD_MEMORY, 0, 12288, LEGAL_BUDGET));
    g_autoptr(Planning) resized = planning_new(one_short_vm(), NULL);
    note_addition(resized, "a", 1000, "8192", "9216"); /* to another size than it has */
    CU_ASSERT_EQUAL(growth_memory_cap(resized->model, resized->past, 0), 15360);
}

static void additions_count_within_the_window_and_for_ever_under_threshold(void)
{
    static const struct {
        const char *policy;
        gint64 before_s;
        gboolean refused;
    } cases[] = {{"[plan]\nmemory_max_steps=1\n", 86400, TRUE},
                 {"[plan]\nmemory_max_steps=1\n", 86401, FALSE},
                 {"[plan]\nmemory_max_steps=2\n", 10, FALSE},
                 {"[plan]\nmemory_max_steps=1\nmemory_cap_window_s=9\n", 10, FALSE},
                 {"[plan]\nmemory_max_steps=1\nstrategy=threshold\n", 86401, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Planning) planning = planning_new(one_short_vm(), cases[i].policy);
        note_addition(planning, "a", cases[i].before_s, "9216", "10240");
        g_autofree char *why = why_not_grown(planning, ACTION_ADD_MEMORY, 0, 10368, LEGAL_SUBJECT);
        CU_ASSERT_EQUAL(why != NULL, cases[i].refused);
        CU_ASSERT_TRUE(!why || strstr(why, "memory_max_steps"));
    }
}

static void a_vm_that_outgrows_its_reservation_is_told_so(void)
{
    static const struct {
        double reserved;
        int locked;
        gboolean told;
    } cases[] = {{10240, 0, TRUE}, {10240, 1, FALSE}, {10239, 0, FALSE}, {10496, 0, FALSE}, {NAN, 0, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = one_short_vm();
        short_vm(small)->memory_reservation_mib = cases[i].reserved;
        short_vm(small)->memory_reservation_locked = cases[i].locked;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        Change larger = change_growth(planning->model, ACTION_ADD_MEMORY, 0, 10496);
        g_autofree char *reason = reason_of_memory(planning->model, &larger);
        CU_ASSERT_EQUAL(strstr(reason, "the reservation stays at 10240 MiB") != NULL, cases[i].told);
    }
}

static void where_nothing_stands_against_it_there_is_no_obstacle(void)
{
    assert_obstacle(one_short_vm(), NULL, 10368, "");
}

static void the_vms_own_settings_forbid(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->memory_hot_add = 0;
    assert_obstacle(small, NULL, 10368, "memory hot-add is off");
    small = one_short_vm();
    short_vm(small)->memory_hot_add = -1;
    assert_obstacle(small, NULL, 10368, "it is not known whether memory hot-add is on");
    small = one_short_vm();
    short_vm(small)->fault_tolerance = 1;
    assert_obstacle(small, NULL, 10368, "fault tolerance is on");
    small = one_short_vm();
    short_vm(small)->disabled_methods = "ReconfigVM_Task";
    assert_obstacle(small, NULL, 10368, "reconfiguration is disabled");
    small = one_short_vm();
    short_vm(small)->memory_limit_mib = 10300;
    assert_obstacle(small, NULL, 10368, "its memory limit of 10300 MiB is below 10368 MiB");
    small = one_short_vm();
    short_vm(small)->role = VM_ROLE_SYSTEM;
    assert_obstacle(small, NULL, 10368, "it is a system VM");
    small = one_short_vm();
    short_vm(small)->connection = VM_DISCONNECTED;
    assert_obstacle(small, NULL, 10368, "is not connected");
    assert_obstacle(one_short_vm(), "[plan]\nexclude_vms=s\n", 10368, "it is named by exclude_vms");
    assert_obstacle(one_short_vm(), "[plan]\nexclude_hosts=h*\n", 10368,
                    "its host h1 is named by exclude_hosts");
}

static void the_hot_add_limit_is_the_vms_or_sixteen_times_its_size_or_3_gib_for_linux(void)
{
    static const struct {
        double limit, size;
        const char *guest;
        double most;
    } cases[] = {{12288, 10240, "", 12288},           {NAN, 10240, "", 163840},
                 {NAN, 2048, "rhel8_64Guest", 3072},  {NAN, 2048, "ubuntu64Guest", 3072},
                 {NAN, 128, "rhel8_64Guest", 2048},   {NAN, 2048, "windows2019srv_64Guest", 32768},
                 {NAN, 3072, "rhel8_64Guest", 49152}, {0, 10240, "", 163840}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 2000, 40);
        add_vm(small, "s", "h1", 100, 0.125)->memory_hot_add = 1;
        short_vm(small)->memory_hot_add_limit_mib = cases[i].limit;
        short_vm(small)->memory_mib = cases[i].size;
        short_vm(small)->guest_id = cases[i].guest;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        g_autofree char *at = why_not_grown(planning, ACTION_ADD_MEMORY, 0, cases[i].most, LEGAL_SUBJECT);
        g_autofree char *above =
            why_not_grown(planning, ACTION_ADD_MEMORY, 0, cases[i].most + 1, LEGAL_SUBJECT);
        CU_ASSERT_PTR_NULL(at);
        CU_ASSERT_PTR_NOT_NULL_FATAL(above);
        CU_ASSERT_PTR_NOT_NULL(strstr(above, "above its hot-add limit"));
    }
}

/* VM "s" as above, ballooned by so many KiB, on a host that has all but 1 GiB of its memory in use */
static SmallCluster *one_ballooned_vm(double kib)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 2000, 99);
    smallcluster_measure(small, "s", METRIC_MEMORY_BALLOONED_KIB, kib);
    add_short_vm(small, "s", "h1");
    return small;
}

static void a_vm_that_its_host_squeezes_has_the_host_relieved_first(void)
{
    assert_obstacle(one_ballooned_vm(2048), "[analyze]\nmemory_hot_pct=100\n", 10368,
                    "2 MiB of it are ballooned, swapped or compressed: more memory would not be backed, its "
                    "host has to be relieved first");
}

static void less_than_a_mib_reclaimed_is_rounding(void)
{
    assert_obstacle(one_ballooned_vm(1023),
                    "[analyze]\nmemory_hot_pct=100\n[plan]\nbuffer_reserve_pct=0\nlend_to_pct=100\n", 10368,
                    "");
}

static void what_was_swapped_once_is_no_obstacle_and_what_comes_back_now_is(void)
{
    SmallCluster *small = one_short_vm();
    smallcluster_measure(small, "s", METRIC_MEMORY_SWAPPED_KIB, 2 * GIB_IN_KIB);
    smallcluster_measure(small, "s", METRIC_MEMORY_SWAPPED_IN_KIBPS, 0);
    assert_obstacle(small, NULL, 10368, "");
    small = one_short_vm();
    smallcluster_measure(small, "s", METRIC_MEMORY_SWAPPED_KIB, 2 * GIB_IN_KIB);
    smallcluster_measure(small, "s", METRIC_MEMORY_SWAPPED_IN_KIBPS, 300);
    assert_obstacle(small, NULL, 10368, "though its host has memory free");
}

static void the_limit_of_the_pool_that_holds_the_vm_is_named_not_its_host(void)
{
    SmallCluster *small = one_short_vm();
    smallcluster_measure(small, "s", METRIC_MEMORY_BALLOONED_KIB, 3 * GIB_IN_KIB);
    Pool pool = pool_unknown();
    pool.id = "p";
    pool.name = "green";
    pool.cluster_id = "c1";
    pool.memory_limit_mib = 5120;
    snapshot_add_pool(small->snapshot, &pool);
    short_vm(small)->pool_id = "p";
    assert_obstacle(small, NULL, 10368,
                    "the limit of its resource pool green (5120 MiB) leaves no room: 3072 MiB of it");
}

static void the_host_must_stay_normal_and_usable(void)
{
    assert_obstacle(one_short_vm(), "[plan]\nstrategy=threshold\nbuffer_reserve_pct=0\n", 10240 + 40 * 1024,
                    "");
    assert_obstacle(one_short_vm(), "[plan]\nstrategy=threshold\nbuffer_reserve_pct=0\n", 10241 + 40 * 1024,
                    "its host h1 would be hot: memory at 80.0 %");
    SmallCluster *small = one_short_vm();
    small->snapshot->hosts[0].mode = HOST_MODE_QUARANTINE;
    assert_obstacle(small, NULL, 10368, "its host h1 is unavailable");
}

/* What heats the host already is no fault of the addition. */
static void a_host_that_is_hot_of_cpu_may_take_memory(void)
{
    for (guint i = 0; i < 2; i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 9500, i ? 85 : 40);
        add_short_vm(small, "s", "h1");
        assert_obstacle(small, "[plan]\nbuffer_reserve_pct=0\n", 10368,
                        i ? "its host h1 would be hot: memory at 85.1 %" : "");
    }
}

static void a_locked_reservation_must_be_backed(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->memory_reservation_locked = 1;
    add_vm(small, "other", "h1", 10, 1)->memory_reservation_mib = 90 * 1024;
    assert_obstacle(small, NULL, 10240, "");
    small = one_short_vm();
    short_vm(small)->memory_reservation_locked = 1;
    add_vm(small, "other", "h1", 10, 1)->memory_reservation_mib = 90 * 1024;
    assert_obstacle(small, NULL, 10368, "its reservation is locked to its size");
}

static void the_buffer_must_hold_it(void)
{
    /* 60 GiB are unused, of which 59 are kept */
    assert_obstacle(one_short_vm(), "[plan]\nbuffer_reserve_pct=59\n", 11264, "");
    assert_obstacle(one_short_vm(), "[plan]\nbuffer_reserve_pct=59\n", 11265,
                    "the buffer of Cluster 1 has 1024 MiB");
}

/* how much the cluster may lend where the VM was given so much once: 40 of 100 GiB are in use */
static double lendable_after_loan_mib(double lent_mib, gboolean twin, const char *policy)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->instance_uuid = "u";
    if (twin)
        add_vm(small, "t", "h1", 10, 1)->instance_uuid = "u";
    JournalRow row = journal_row_unknown();
    g_autofree char *from = g_strdup_printf("%.0f", 10240 - lent_mib);
    row.event = EVENT_SUCCEEDED;
    row.action = ACTION_ADD_MEMORY;
    row.object_id = "s";
    row.instance_uuid = "u";
    row.from = from;
    row.to = "10240";
    g_autoptr(GError) error = NULL;
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Past) past = past_of_row(small->snapshot, row);
    g_autoptr(Situation) situation =
        situation_new(small->snapshot, small->assessment, planning->policy, past, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(situation);
    return growth_cluster_room(situation->start, 0) / 1024;
}

static void what_was_lent_counts_in_full_beside_what_is_asked_for(void)
{
    CU_ASSERT_EQUAL(lendable_after_loan_mib(4096, FALSE, "[plan]\n"), 31 * 1024);
    CU_ASSERT_EQUAL(lendable_after_loan_mib(4096, TRUE, "[plan]\n"), 35 * 1024);
    CU_ASSERT_EQUAL(lendable_after_loan_mib(4096, FALSE, "[plan]\nlend_to_pct=45\n"), 1024);
    CU_ASSERT_EQUAL(lendable_after_loan_mib(4096, FALSE, "[plan]\nlend_to_pct=42\n"), 0);
    CU_ASSERT_EQUAL(lendable_after_loan_mib(4096, FALSE, "[plan]\nlend_to_pct=42\nstrategy=threshold\n"),
                    50 * 1024);
    assert_obstacle(one_short_vm(), "[plan]\nlend_to_pct=41\n", 11264, "");
    assert_obstacle(one_short_vm(), "[plan]\nlend_to_pct=41\n", 11265, "Cluster 1 has 1024 MiB left to lend");
}

static void hot_add_is_off_only_where_a_person_could_turn_it_on(void)
{
    static const struct {
        int flag, role;
        gboolean off;
    } cases[] = {{0, -1, TRUE}, {-1, -1, TRUE}, {1, -1, FALSE}, {0, VM_ROLE_SYSTEM, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = one_short_vm();
        short_vm(small)->memory_hot_add = cases[i].flag;
        short_vm(small)->role = cases[i].role;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        CU_ASSERT_EQUAL(growth_hot_add_is_off(planning->model, 0), cases[i].off);
    }
}

static void an_export_that_does_not_tell_forbids_nothing(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->memory_hot_add = -1;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    small->assessment->origins[ORIGIN_EXPORT] = 1;
    CU_ASSERT_FALSE(growth_hot_add_is_off(planning->model, 0));
}

static void an_export_among_several_snapshots_speaks_for_no_other(void)
{
    static const struct {
        const char *source_type;
        gboolean off;
    } cases[] = {{"vcenter", TRUE}, {"esxi", TRUE}, {"vsphere", TRUE}, {"rvtools", FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = one_short_vm();
        short_vm(small)->memory_hot_add = -1;
        small->snapshot->info.source_type = cases[i].source_type;
        g_autoptr(Planning) planning = planning_new(small, NULL);
        AssessedSnapshot other = {"digest", "source-2", 0};
        g_array_append_val(small->assessment->snapshots, other);
        small->assessment->origins[ORIGIN_EXPORT] = 1;
        CU_ASSERT_EQUAL(growth_hot_add_is_off(planning->model, 0), cases[i].off);
    }
}

static void additions_leave_room_for_the_loss_of_a_host_where_they_must(void)
{
    static const char hard[] = "[plan]\nbuffer_reserve_pct=0\nlend_to_pct=100\nha_check=hard\n";
    static const char warn[] = "[plan]\nbuffer_reserve_pct=0\nlend_to_pct=100\nha_check=warn\n";
    for (int ha = 0; ha <= 1; ha++) {
        SmallCluster *small = one_short_vm();
        add_host(small, "h2", 1000, 59);
        small->snapshot->clusters[0].ha = ha;
        g_autoptr(Planning) planning = planning_new(small, hard);
        CU_ASSERT_EQUAL(growth_cluster_room(planning->model, 0), (ha ? 1 : 101) * GIB_IN_KIB);
    }
    SmallCluster *small = one_short_vm();
    add_host(small, "h2", 1000, 59);
    small->snapshot->clusters[0].ha = 1;
    assert_obstacle(small, hard, 10240 + 1025, "could then not bear the loss of its largest host");
    small = one_short_vm();
    add_host(small, "h2", 1000, 59);
    small->snapshot->clusters[0].ha = 1;
    assert_obstacle(small, warn, 10240 + 1025, "");
}

/* ---- vCPUs ---- */

static void vcpus_come_in_whole_sockets(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->cores_per_socket = 2;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    CU_ASSERT_EQUAL(growth_legal_vcpus(planning->model, 0), 4);
    g_autoptr(Planning) single = planning_new(one_short_vm(), "[plan]\ncpu_step=3\n");
    CU_ASSERT_EQUAL(growth_legal_vcpus(single->model, 0), 5);
}

static void assert_cpu_obstacle(SmallCluster *small, double to, gboolean expected)
{
    small->snapshot->hosts[0].cpu_threads = 20;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autofree char *found = why_not_grown(planning, ACTION_ADD_CPU, 0, to, LEGAL_GROWTH);
    CU_ASSERT_EQUAL(found != NULL, expected);
}

static void vcpus_need_hot_add_and_threads(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->cpu_hot_add = 1;
    assert_cpu_obstacle(small, 4, FALSE);
    small = one_short_vm();
    short_vm(small)->cpu_hot_add = 0;
    assert_cpu_obstacle(small, 4, TRUE);
    small = one_short_vm();
    short_vm(small)->cpu_hot_add = 1;
    assert_cpu_obstacle(small, 21, TRUE);
}

static void threads_that_nobody_knows_are_told_in_words(void)
{
    Host host = {.name = "h1", .cpu_threads = 4};
    g_autofree char *known = growth_threads_words(&host);
    CU_ASSERT_STRING_EQUAL(known, "h1 has 4 threads");
    host.cpu_threads = NAN;
    g_autofree char *unknown = growth_threads_words(&host);
    CU_ASSERT_STRING_EQUAL(unknown, "h1 has an unknown number of threads");
}

static void a_vm_that_is_not_connected_gets_no_vcpus(void)
{
    SmallCluster *small = one_short_vm();
    short_vm(small)->cpu_hot_add = 1;
    short_vm(small)->connection = VM_DISCONNECTED;
    assert_cpu_obstacle(small, 4, TRUE);
}

void test_growth_suite(void)
{
    CU_pSuite suite = CU_add_suite("growth", NULL, NULL);
    CU_ADD_TEST(suite, sizes_are_multiples_of_the_hot_add_step);
    CU_ADD_TEST(suite, what_is_missing_makes_the_vm_normal);
    CU_ADD_TEST(suite, where_nothing_stands_against_it_there_is_no_obstacle);
    CU_ADD_TEST(suite, the_vms_own_settings_forbid);
    CU_ADD_TEST(suite, the_hot_add_limit_is_the_vms_or_sixteen_times_its_size_or_3_gib_for_linux);
    CU_ADD_TEST(suite, a_vm_that_its_host_squeezes_has_the_host_relieved_first);
    CU_ADD_TEST(suite, less_than_a_mib_reclaimed_is_rounding);
    CU_ADD_TEST(suite, what_was_swapped_once_is_no_obstacle_and_what_comes_back_now_is);
    CU_ADD_TEST(suite, the_limit_of_the_pool_that_holds_the_vm_is_named_not_its_host);
    CU_ADD_TEST(suite, a_short_vm_grows_to_grow_to_pct_and_by_no_less_than_a_step);
    CU_ADD_TEST(suite, growth_is_capped_over_the_size_before_the_first_addition);
    CU_ADD_TEST(suite, additions_count_within_the_window_and_for_ever_under_threshold);
    CU_ADD_TEST(suite, a_vm_that_outgrows_its_reservation_is_told_so);
    CU_ADD_TEST(suite, the_host_must_stay_normal_and_usable);
    CU_ADD_TEST(suite, a_host_that_is_hot_of_cpu_may_take_memory);
    CU_ADD_TEST(suite, a_locked_reservation_must_be_backed);
    CU_ADD_TEST(suite, the_buffer_must_hold_it);
    CU_ADD_TEST(suite, what_was_lent_counts_in_full_beside_what_is_asked_for);
    CU_ADD_TEST(suite, hot_add_is_off_only_where_a_person_could_turn_it_on);
    CU_ADD_TEST(suite, an_export_that_does_not_tell_forbids_nothing);
    CU_ADD_TEST(suite, an_export_among_several_snapshots_speaks_for_no_other);
    CU_ADD_TEST(suite, additions_leave_room_for_the_loss_of_a_host_where_they_must);
    CU_ADD_TEST(suite, vcpus_come_in_whole_sockets);
    CU_ADD_TEST(suite, vcpus_need_hot_add_and_threads);
    CU_ADD_TEST(suite, threads_that_nobody_knows_are_told_in_words);
    CU_ADD_TEST(suite, a_vm_that_is_not_connected_gets_no_vcpus);
}
