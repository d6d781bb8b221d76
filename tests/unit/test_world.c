/* SPDX-License-Identifier: MIT */
#include "plan/world.h"

#include "collect/references.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <math.h>

void test_world_suite(void);

#define N_INTERVALS 2
#define INTERVAL_S 300
#define KIB_OF_MIB 1024.0
#define NEAR(actual, expected) CU_ASSERT_DOUBLE_EQUAL(actual, expected, 1e-6)

enum { H1, H2 };
enum { A, B, C, N_VMS };

/* Two hosts of 10,000 MHz and 100 GiB, of which the hypervisor takes nothing; on the first three VMs of 4
 * vCPUs of 1,000 MHz and 10 GiB. */
typedef struct Scene {
    SmallCluster *small;
    LoadHistory *history;
    Policy *policy;
    World *world;
    Measured *measured;
} Scene;

static void scene_clear(Scene *scene)
{
    world_free(scene->world);
    measured_free(scene->measured);
    loadhistory_free(scene->history);
    policy_free(scene->policy);
    smallcluster_free(scene->small);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static Scene scene_new(const char *policy_text)
{
    Scene scene = {.small = smallcluster_new(), .policy = smallcluster_policy(policy_text, NULL)};
    smallcluster_add_host(scene.small, "h1");
    smallcluster_add_host(scene.small, "h2");
    smallcluster_add_vm(scene.small, "a", "h1")->vcpus = 4;
    smallcluster_add_vm(scene.small, "b", "h1")->vcpus = 4;
    smallcluster_add_vm(scene.small, "c", "h1")->vcpus = 4;
    CU_ASSERT_TRUE_FATAL(snapshot_link(scene.small->snapshot, NULL));
    scene.history = loadhistory_new("scene", g_steal_pointer(&scene.small->snapshot), N_INTERVALS);
    scene.small->snapshot = snapshot_new();
    for (guint t = 0; t < N_INTERVALS; t++) {
        scene.history->ends[t] = (gint64)(t + 1) * INTERVAL_S;
        scene.history->lengths[t] = INTERVAL_S;
        for (guint h = H1; h <= H2; h++) {
            *loadhistory_of_host(scene.history, ASKED_CPU_MHZ, t, h) = 0;
            *loadhistory_of_host(scene.history, ASKED_HELD_KIB, t, h) = 0;
        }
    }
    return scene;
}

/* what a VM asks for in every interval: MHz, and GiB touched and held */
static void ask(const Scene *scene, guint vm, double mhz, double active_gib, double held_gib)
{
    for (guint t = 0; t < N_INTERVALS; t++) {
        scene->history->running[t * N_VMS + vm] = TRUE;
        *loadhistory_of_vm(scene->history, ASKED_CPU_MHZ, t, vm) = mhz;
        *loadhistory_of_vm(scene->history, ASKED_ACTIVE_KIB, t, vm) = active_gib * GIB_IN_KIB;
        *loadhistory_of_vm(scene->history, ASKED_HELD_KIB, t, vm) = held_gib * GIB_IN_KIB;
    }
}

static void begin(Scene *scene)
{
    scene->world = world_new(scene->history, scene->policy);
    scene->measured = measured_new(2, N_VMS, N_INTERVALS);
    world_begin(scene->world, 0);
}

static Change move(guint vm, int from, int to)
{
    return (Change){.action = ACTION_MIGRATE, .vm = (int)vm, .from = from, .to = to};
}

static double last_host(const Scene *scene, guint host, Metric metric)
{
    const double *means = measured_of_host(scene->measured, host, metric);
    return means ? means[measured_intervals(scene->measured) - 1] : NAN;
}

static double last_vm(const Scene *scene, guint vm, Metric metric)
{
    const double *means = measured_of_vm(scene->measured, vm, metric);
    return means ? means[measured_intervals(scene->measured) - 1] : NAN;
}

static void a_host_is_hot_above_its_threshold_and_not_at_it(void)
{
    g_auto(Scene) at = scene_new("[analyze]\ncpu_hot_pct=70\n"),
                  over = scene_new("[analyze]\ncpu_hot_pct=70\n");
    ask(&at, A, 4000, 1, 1);
    ask(&at, B, 3000, 1, 1);
    ask(&over, A, 4000, 1, 1);
    ask(&over, B, 3001, 1, 1);
    begin(&at);
    begin(&over);
    WorldAccount of_at = world_end(at.world, at.measured), of_over = world_end(over.world, over.measured);
    NEAR(of_at.hot_minutes, 0);
    NEAR(of_over.hot_minutes, 5);
    NEAR(of_over.full_minutes, 0);
    NEAR(of_over.minutes, 5);
    NEAR(of_over.on_minutes, 10);
    NEAR(of_over.in_use_minutes, 5);
}

/* 12,000 MHz are asked of 10,000: five sixths are had. */
static void a_host_over_its_cpu_gives_all_the_same_share(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, 4000, 1, 1);
    ask(&scene, B, 4000, 1, 1);
    ask(&scene, C, 4000, 1, 1);
    begin(&scene);
    WorldAccount account = world_end(scene.world, scene.measured);
    NEAR(account.full_minutes, 5);
    NEAR(account.cpu_lack_host, 2000 * 300);
    NEAR(account.cpu_lack, 2000 * 300);
    NEAR(last_host(&scene, H1, METRIC_CPU_USAGE_MHZ), 10000);
    NEAR(last_vm(&scene, A, METRIC_CPU_USAGE_MHZ), 4000 * 10.0 / 12);
    NEAR(last_vm(&scene, A, METRIC_CPU_DEMAND_MHZ), 4000);
}

static void what_a_vm_asks_for_beyond_its_size_is_not_served(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, 4500, 12, 15);
    begin(&scene);
    WorldAccount account = world_end(scene.world, scene.measured);
    NEAR(account.cpu_lack, 500 * 300);
    NEAR(account.cpu_lack_host, 0);
    NEAR(account.memory_lack, 2 * 5);
    NEAR(account.memory_lack_host, 0);
    NEAR(account.short_minutes, 5);
    NEAR(last_vm(&scene, A, METRIC_CPU_USAGE_MHZ), 4000);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_ACTIVE_KIB), 10 * GIB_IN_KIB);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_CONSUMED_KIB), 10 * GIB_IN_KIB);
}

/* A host of 100 GiB whose own is 95 is asked for 125: a fifth of what its VMs hold is ballooned. */
static void a_host_over_its_memory_balloons(void)
{
    g_auto(Scene) scene = scene_new("");
    *loadhistory_of_host(scene.history, ASKED_HELD_KIB, 0, H1) = 95 * GIB_IN_KIB;
    for (guint vm = A; vm < N_VMS; vm++)
        ask(&scene, vm, 100, 1, 10);
    begin(&scene);
    WorldAccount account = world_end(scene.world, scene.measured);
    NEAR(account.full_minutes, 5);
    NEAR(account.memory_lack_host, 25 * 5);
    NEAR(account.memory_lack, 25 * 5);
    NEAR(last_host(&scene, H1, METRIC_MEMORY_CONSUMED_KIB), 100 * GIB_IN_KIB);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_CONSUMED_KIB), 8 * GIB_IN_KIB);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_BALLOONED_KIB), 2 * GIB_IN_KIB);
}

/* 8,500 of 10,000 MHz, until after 60 s one VM of 3,000 is gone. Until then it costs 300 on both hosts. */
static void a_migration_takes_its_time_and_costs_its_cpu(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, 3000, 1, 1);
    ask(&scene, B, 3000, 1, 1);
    ask(&scene, C, 2500, 1, 1);
    begin(&scene);
    Change change = move(A, H1, H2);
    world_step_begins(scene.world, 0, &change);
    world_step_ends(scene.world, 60, &change);
    WorldAccount account = world_end(scene.world, scene.measured);
    NEAR(account.hot_minutes, 1);
    NEAR(account.in_use_minutes, 5 + 4);
    NEAR(last_host(&scene, H1, METRIC_CPU_USAGE_MHZ), (8800 * 60 + 5500 * 240) / 300.0);
    NEAR(last_host(&scene, H2, METRIC_CPU_USAGE_MHZ), (300 * 60 + 3000 * 240) / 300.0);
    NEAR(last_host(&scene, H2, METRIC_MEMORY_CONSUMED_KIB), GIB_IN_KIB);
    NEAR(last_vm(&scene, A, METRIC_CPU_USAGE_MHZ), 3000);
    CU_ASSERT_EQUAL(world_snapshot(scene.world)->vms[A].host, H2);
    world_begin(scene.world, 1);
    account = world_end(scene.world, scene.measured);
    NEAR(account.hot_minutes, 0);
    NEAR(last_host(&scene, H2, METRIC_CPU_USAGE_MHZ), 3000);
}

static void a_migration_may_last_into_the_next_interval(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, 3000, 1, 1);
    begin(&scene);
    Change change = move(A, H1, H2);
    world_step_begins(scene.world, 290, &change);
    world_end(scene.world, scene.measured);
    NEAR(last_host(&scene, H2, METRIC_CPU_USAGE_MHZ), 300 * 10 / 300.0);
    world_begin(scene.world, 1);
    world_step_ends(scene.world, 30, &change);
    world_end(scene.world, scene.measured);
    NEAR(last_host(&scene, H1, METRIC_CPU_USAGE_MHZ), 3300 * 30 / 300.0);
    NEAR(last_host(&scene, H2, METRIC_CPU_USAGE_MHZ), (300 * 30 + 3000 * 270) / 300.0);
}

/* 9 of 10 GiB are touched: short, until after 150 s they are 9 of 12. */
static void added_memory_stays(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, 100, 9, 9.5);
    begin(&scene);
    Change change = {
        .action = ACTION_ADD_MEMORY, .vm = A, .from = H1, .to = H1, .was = 10240, .amount = 12288};
    world_step_begins(scene.world, 148, &change);
    world_step_ends(scene.world, 150, &change);
    WorldAccount account = world_end(scene.world, scene.measured);
    NEAR(account.short_minutes, 2.5);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_CONSUMED_KIB), (9.5 + 11.5) / 2 * GIB_IN_KIB);
    world_begin(scene.world, 1);
    account = world_end(scene.world, scene.measured);
    NEAR(account.short_minutes, 0);
    NEAR(world_snapshot(scene.world)->vms[A].memory_mib, 12288);
    NEAR(last_vm(&scene, A, METRIC_MEMORY_CONSUMED_KIB), 11.5 * GIB_IN_KIB);
    NEAR(last_host(&scene, H1, METRIC_MEMORY_CONSUMED_KIB), 11.5 * GIB_IN_KIB);
}

static void a_vm_that_is_not_measured_still_holds_its_memory(void)
{
    g_auto(Scene) scene = scene_new("");
    ask(&scene, A, NAN, NAN, 8);
    begin(&scene);
    world_end(scene.world, scene.measured);
    CU_ASSERT_TRUE(isnan(last_vm(&scene, A, METRIC_CPU_USAGE_MHZ)));
    CU_ASSERT_TRUE(isnan(last_vm(&scene, A, METRIC_MEMORY_CONSUMED_KIB)));
    NEAR(last_host(&scene, H1, METRIC_MEMORY_CONSUMED_KIB), 8 * GIB_IN_KIB);
    NEAR(last_host(&scene, H1, METRIC_CPU_USAGE_MHZ), 0);
}

/* 85 of 100 GiB are held, of which 10 are touched: 28.75 by host_memory=demand. */
static void memory_is_hot_by_what_the_yardstick_counts(void)
{
    g_auto(Scene) held = scene_new(""), touched = scene_new("[analyze]\nhost_memory=demand\n");
    Scene *scenes[] = {&held, &touched};
    for (guint i = 0; i < 2; i++) {
        world_free(scenes[i]->world);
        scenes[i]->history->start->vms[A].memory_mib = 100 * KIB_OF_MIB;
        ask(scenes[i], A, 100, 10, 85);
        begin(scenes[i]);
    }
    NEAR(world_end(held.world, held.measured).hot_minutes, 5);
    NEAR(world_end(touched.world, touched.measured).hot_minutes, 0);
}

void test_world_suite(void)
{
    CU_pSuite suite = CU_add_suite("world", NULL, NULL);
    CU_ADD_TEST(suite, a_host_is_hot_above_its_threshold_and_not_at_it);
    CU_ADD_TEST(suite, a_host_over_its_cpu_gives_all_the_same_share);
    CU_ADD_TEST(suite, what_a_vm_asks_for_beyond_its_size_is_not_served);
    CU_ADD_TEST(suite, a_host_over_its_memory_balloons);
    CU_ADD_TEST(suite, a_migration_takes_its_time_and_costs_its_cpu);
    CU_ADD_TEST(suite, a_migration_may_last_into_the_next_interval);
    CU_ADD_TEST(suite, added_memory_stays);
    CU_ADD_TEST(suite, a_vm_that_is_not_measured_still_holds_its_memory);
    CU_ADD_TEST(suite, memory_is_hot_by_what_the_yardstick_counts);
}
