/* SPDX-License-Identifier: MIT */
#include "plan/fits.h"
#include "plan/loss.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_loss_suite(void);

static Loss *lose(const Planning *planning, const char *host)
{
    g_autofree gboolean *lost = g_new0(gboolean, planning->model->snapshot->n_hosts + 1);
    lost[host_of(planning, host)] = TRUE;
    return loss_new(&planning->situation, lost);
}

/* the verdict on a VM, and the host that it is placed on */
static void assert_lost(const Planning *planning, const Loss *loss, const char *vm, LossVerdict verdict,
                        const char *to)
{
    for (guint i = 0; i < loss->vms->len; i++) {
        const LostVm *lost = &g_array_index(loss->vms, LostVm, i);
        if (lost->vm != vm_of(planning, vm))
            continue;
        CU_ASSERT_EQUAL(lost->verdict, (int)verdict);
        CU_ASSERT_EQUAL(lost->host, to ? (int)host_of(planning, to) : -1);
        CU_ASSERT_EQUAL(lost->words == NULL, to != NULL);
        return;
    }
    CU_FAIL("the VM is not told of");
}

static void vms_of_a_lost_host_fit_heat_overcommit_or_find_no_place(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 5000, 80);
    add_host(small, "h2", 2000, 40);
    add_vm(small, "a", "h1", 1000, 35);
    add_vm(small, "b", "h1", 1000, 20);
    add_vm(small, "c", "h1", 1000, 18);
    add_vm(small, "d", "h1", 1000, 1);
    add_rule(small, "kept", RULE_VM_HOST_AFFINITY, TRUE, "d", "h1");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Loss) loss = lose(planning, "h1");
    assert_lost(planning, loss, "a", LOSS_FITS, "h2");        /* 75 of 100 GiB */
    assert_lost(planning, loss, "b", LOSS_HEATS, "h2");       /* 95 */
    assert_lost(planning, loss, "c", LOSS_OVERCOMMITS, "h2"); /* 113 */
    assert_lost(planning, loss, "d", LOSS_NOWHERE, NULL);
    g_autofree char *text = loss_text(loss, 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "4 VMs: 1 fit, 1 would heat a host, 1 would lack memory, 1 find no place."));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "memory 40.0 to 113.0 %"));
}

static void what_is_reserved_must_be_backed_by_one_host(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 50);
    add_host(small, "h2", 1000, 10);
    add_vm(small, "a", "h2", 100, 5)->memory_reservation_mib = 60 * 1024;
    add_vm(small, "b", "h1", 100, 5)->memory_reservation_mib = 50 * 1024;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Loss) loss = lose(planning, "h1");
    assert_lost(planning, loss, "b", LOSS_NOWHERE, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(g_array_index(loss->vms, LostVm, 0).words, "h2, for one, cannot back"));
}

/* Those that must be together go together, though the rule would keep the first of them where it was. */
static void rules_hold_among_the_vms_that_are_placed(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 50);
    add_host(small, "h2", 1000, 40);
    add_host(small, "h3", 1000, 20);
    const char *const vms[] = {"a", "b", "c", "d"};
    for (guint i = 0; i < G_N_ELEMENTS(vms); i++)
        add_vm(small, vms[i], "h1", 100, 5);
    add_rule(small, "together", RULE_VM_AFFINITY, TRUE, "a b", "");
    add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, TRUE, "c d", "");
    g_autoptr(Planning) planning = planning_new(small, NULL);
    g_autoptr(Loss) loss = lose(planning, "h1");
    int at[G_N_ELEMENTS(vms)];
    CU_ASSERT_EQUAL(loss_count(loss, -1, LOSS_FITS), 4);
    for (guint i = 0; i < G_N_ELEMENTS(vms); i++)
        at[i] = loss->end->vms[vm_of(planning, vms[i])].host;
    CU_ASSERT_EQUAL(at[0], at[1]);
    CU_ASSERT_NOT_EQUAL(at[2], at[3]);
}

static void no_vm_goes_to_a_host_that_is_lost_too_or_is_not_there(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 50);
    add_host(small, "h2", 1000, 10)->mode = HOST_MODE_MAINTENANCE;
    add_host(small, "h3", 1000, 10);
    add_vm(small, "a", "h1", 100, 5);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    gboolean lost[] = {TRUE, FALSE, TRUE, FALSE};
    g_autoptr(Loss) loss = loss_new(&planning->situation, lost);
    assert_lost(planning, loss, "a", LOSS_NOWHERE, NULL);
    CU_ASSERT_STRING_EQUAL(g_array_index(loss->vms, LostVm, 0).words, "no other host of its cluster is left");
}

/* ---- --fits ---- */

static const ClusterFits *only(const GArray *fits)
{
    CU_ASSERT_EQUAL_FATAL(fits->len, 1);
    return &g_array_index(fits, ClusterFits, 0);
}

static void assert_count(const FitsCount *count, guint n, FitsBound bound)
{
    CU_ASSERT_EQUAL(count->n, n);
    CU_ASSERT_EQUAL(count->bound, (int)bound);
    if (count->n != n || count->bound != (int)bound)
        fprintf(stderr, "  found %u (%s), expected %u (%s)\n", count->n, fits_bounds[count->bound], n,
                fits_bounds[bound]);
}

/* Hosts of 10 cores of 1000 MHz and 100 GiB, hot above 80 %. */
static SmallCluster *three_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 3000, 30);
    add_host(small, "h2", 1000, 30);
    add_host(small, "h3", 1000, 70);
    add_vm(small, "a", "h1", 500, 20);
    add_vm(small, "b", "h2", 200, 10);
    return small;
}

static void as_many_fit_as_leave_hosts_within_their_thresholds(void)
{
    g_autoptr(Planning) planning = planning_new(three_hosts(), NULL);
    const Shape shape = {2, 10 * 1024, FALSE};
    g_autoptr(GArray) fits = fits_find(&planning->situation, &shape);
    const ClusterFits *found = only(fits);
    /* by CPU 2, 3 and 3, by memory, with what it takes to run them, 4, 4 and 0 */
    assert_count(&found->now[FITS_BUSY], 2 + 3 + 0, FITS_BY_HOSTS);
    /* the VMs use 700 of 4000 MHz: no CPU keeps any out */
    CU_ASSERT_DOUBLE_EQUAL(found->busy_pct, 17.5, 1e-9);
    assert_count(&found->now[FITS_LIKE_OTHERS], 4 + 4 + 0, FITS_BY_HOSTS);
    /* without h1, a of 20 GiB goes to h2, where 30 are left */
    CU_ASSERT_EQUAL(found->lost, (int)host_of(planning, "h1"));
    assert_count(&found->after[FITS_LIKE_OTHERS], 2, FITS_BY_HOSTS);
}

static void apart_means_one_on_a_host(void)
{
    g_autoptr(Planning) planning = planning_new(three_hosts(), NULL);
    const Shape shape = {2, 4 * 1024, TRUE};
    g_autoptr(GArray) fits = fits_find(&planning->situation, &shape);
    assert_count(&only(fits)->now[FITS_BUSY], 3, FITS_BY_APARTNESS);
    g_autoptr(Planning) fewer = planning_new(three_hosts(), "[plan]\nexclude_hosts=h2\n");
    g_autoptr(GArray) in_fewer = fits_find(&fewer->situation, &shape);
    g_autofree char *text = fits_text(&fewer->situation, &shape, in_fewer);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " 2  (one on each host with room; 2 of 3 hosts have room)"));
}

static void what_ha_holds_back_is_not_given_away(void)
{
    SmallCluster *small = three_hosts();
    small->snapshot->clusters[0].ha = 1;
    small->snapshot->clusters[0].ha_policy = HA_POLICY_PERCENT;
    small->snapshot->clusters[0].ha_reserve_cpu_pct = 25;
    small->snapshot->clusters[0].ha_reserve_memory_pct = 50;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const Shape shape = {1, 9 * 1024, FALSE};
    g_autoptr(GArray) fits = fits_find(&planning->situation, &shape);
    /* 300 GiB less 150 of HA's less 130 in use leave 20 */
    assert_count(&only(fits)->now[FITS_BUSY], 2, FITS_BY_BUFFER);
}

static void hosts_with_too_few_threads_take_none(void)
{
    SmallCluster *small = three_hosts();
    for (guint i = 0; i < 3; i++)
        small->snapshot->hosts[i].cpu_threads = i == 1 ? 4 : 2;
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const Shape shape = {3, 1024, FALSE};
    g_autoptr(GArray) fits = fits_find(&planning->situation, &shape);
    assert_count(&only(fits)->now[FITS_BUSY], 2, FITS_BY_HOSTS); /* 7000 MHz of h2 */
}

static void a_cluster_that_could_not_bear_the_loss_has_no_room_after_it(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 1000, 70);
    add_host(small, "h2", 1000, 50);
    add_vm(small, "a", "h1", 100, 60);
    g_autoptr(Planning) planning = planning_new(small, NULL);
    const Shape shape = {1, 1024, FALSE};
    g_autoptr(GArray) fits = fits_find(&planning->situation, &shape);
    CU_ASSERT(only(fits)->now[FITS_BUSY].n > 0);
    CU_ASSERT_EQUAL(only(fits)->after[FITS_BUSY].n, 0);
    CU_ASSERT_EQUAL(only(fits)->without_room, 1);
}

static void shapes_are_read_strictly(void)
{
    const char *const bad[] = {
        "",          "4cpu",         "16GiB,4cpu",      "4cpu,16TB",  "4cpu,16GiB,near",    "0cpu,1GiB",
        "4cpu,0GiB", "-4cpu,1GiB",   "4.5cpu,1GiB",     "4 cpu,1GiB", "4cpu,16GiB,apart,x", "4cpu,,apart",
        "cpu,GiB",   "9999cpu,1GiB", "4cpu,99999999GiB"};
    Shape shape;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(shape_parse(bad[i], &shape, &error));
        CU_ASSERT_PTR_NOT_NULL(error);
    }
    CU_ASSERT(shape_parse("4vCPU,16G", &shape, NULL) && shape.vcpus == 4 && shape.memory_mib == 16384 &&
              !shape.apart);
    CU_ASSERT(shape_parse("2cpus,512MB", &shape, NULL) && shape.vcpus == 2 && shape.memory_mib == 512);
    CU_ASSERT(shape_parse("4cpu,512MiB,apart", &shape, NULL));
    CU_ASSERT(shape.vcpus == 4 && shape.memory_mib == 512 && shape.apart);
    CU_ASSERT(shape_parse("64cpu,2048GiB", &shape, NULL));
    CU_ASSERT(shape.memory_mib == 2048 * 1024 && !shape.apart);
}

void test_loss_suite(void)
{
    CU_pSuite suite = CU_add_suite("loss", NULL, NULL);
    CU_ADD_TEST(suite, vms_of_a_lost_host_fit_heat_overcommit_or_find_no_place);
    CU_ADD_TEST(suite, what_is_reserved_must_be_backed_by_one_host);
    CU_ADD_TEST(suite, rules_hold_among_the_vms_that_are_placed);
    CU_ADD_TEST(suite, no_vm_goes_to_a_host_that_is_lost_too_or_is_not_there);
    CU_ADD_TEST(suite, as_many_fit_as_leave_hosts_within_their_thresholds);
    CU_ADD_TEST(suite, apart_means_one_on_a_host);
    CU_ADD_TEST(suite, what_ha_holds_back_is_not_given_away);
    CU_ADD_TEST(suite, hosts_with_too_few_threads_take_none);
    CU_ADD_TEST(suite, a_cluster_that_could_not_bear_the_loss_has_no_room_after_it);
    CU_ADD_TEST(suite, shapes_are_read_strictly);
}
