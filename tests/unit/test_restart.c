/* SPDX-License-Identifier: MIT */
/* Whether HA could restart VMs, as legality answers it and plans keep it. */
#include "plan/decide.h"
#include "plan/verify.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_restart_suite(void);

#define HARD "[plan]\nha_check=hard\nbuffer_reserve_pct=0\n"
#define WARN "[plan]\nha_check=warn\nbuffer_reserve_pct=0\n"

static Vm *add_reserved(SmallCluster *small, const char *id, const char *host_id, double mhz, double gib)
{
    Vm *vm = add_vm(small, id, host_id, mhz, gib / 2);
    vm->memory_mib = vm->memory_reservation_mib = gib * 1024;
    vm->datastores = "d1";
    return vm;
}

/* Hosts of 100 GiB each. If h1 fails, only h4 has room for the 60 GiB of "monster": 65 are left there, 55 on
 * h3, 50 on h2. h2 is hot by CPU, h3 is warm and h4 idle; both could take "a" or "b", of 8 GiB each. */
static SmallCluster *fragmented(void)
{
    SmallCluster *small = smallcluster_new();
    small->snapshot->clusters[0].memory_reservable_mib = 400 * 1024.0;
    small->snapshot->clusters[0].ha = 1;
    add_host(small, "h1", 2000, 40)->datastores = "d1";
    add_host(small, "h2", 8800, 40)->datastores = "d1";
    add_host(small, "h3", 5000, 40)->datastores = "d1";
    add_host(small, "h4", 1000, 40)->datastores = "d1";
    add_reserved(small, "monster", "h1", 1000, 60);
    add_reserved(small, "full", "h1", 100, 35); /* nothing more fits on h1 */
    add_reserved(small, "a", "h2", 1500, 8);
    add_reserved(small, "b", "h2", 1500, 8);
    add_reserved(small, "f2", "h2", 1, 33);
    add_reserved(small, "f3", "h3", 100, 44);
    add_reserved(small, "f4", "h4", 100, 34);
    return small;
}

static void assert_move(SmallCluster *small, const char *policy, const char *vm, const char *host,
                        const char *expected)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autofree char *found =
        why_not_moved(planning, vm_of(planning, vm), host_of(planning, host), LEGAL_FAILOVER);
    gboolean as_expected = expected ? found && strcmp(found, expected) == 0 : !found;
    CU_ASSERT_TRUE(as_expected);
    if (!as_expected)
        printf("\n  %s to %s: %s\n", vm, host, found ? found : "allowed");
}

/* "a>h3 … | summary" of a plan */
static char *decided(SmallCluster *small, const char *policy)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = decide(&planning->situation, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP)
            g_string_append_printf(words, "%s>%s ", row->object_id, row->to_id);
        else if (row->kind == ROW_UNSOLVED)
            g_string_append_printf(words, "!%s %s ", row->object_id, row->cause);
    }
    g_string_append_printf(words, "| %s", plan->summary);
    return g_string_free(words, FALSE);
}

#define SAID " If h1 failed, no host could restart monster (61440 MiB reserved)."
#define LOST "would be filled so that no host could restart monster if h1 failed (ha_check=hard)"

static void what_fills_the_only_host_that_could_restart_a_vm_is_no_target(void)
{
    assert_move(fragmented(), HARD, "a", "h4", LOST);
    assert_move(fragmented(), HARD, "a", "h3", NULL);
    assert_move(fragmented(), WARN, "a", "h4", NULL);
    SmallCluster *without_ha = fragmented();
    without_ha->snapshot->clusters[0].ha = 0;
    assert_move(without_ha, HARD, "a", "h4", NULL);
}

/* h4 cannot restart it at all, and nothing is lost by filling it. */
static void a_vm_that_could_not_be_restarted_before_keeps_nothing_out(void)
{
    SmallCluster *no_datastore = fragmented();
    no_datastore->snapshot->hosts[3].datastores = "d2";
    assert_move(no_datastore, HARD, "a", "h4", NULL);
    SmallCluster *rule = fragmented();
    add_rule(rule, "off", RULE_VM_HOST_ANTI_AFFINITY, TRUE, "monster", "h4");
    assert_move(rule, HARD, "a", "h4", NULL);
    SmallCluster *should = fragmented();
    add_rule(should, "off", RULE_VM_HOST_ANTI_AFFINITY, FALSE, "monster", "h4");
    assert_move(should, HARD, "a", "h4", LOST);
    SmallCluster *in_maintenance = fragmented();
    in_maintenance->snapshot->hosts[3].mode = HOST_MODE_ENTERING;
    assert_move(in_maintenance, HARD, "a", "h3", NULL);
}

/* What HA does not restart takes no host's room. */
static void vms_that_go_elsewhere_by_themselves_are_not_restarted(void)
{
    SmallCluster *agent = fragmented();
    agent->snapshot->vms[0].role = VM_ROLE_SYSTEM;
    assert_move(agent, HARD, "a", "h4", NULL);
    SmallCluster *tolerant = fragmented();
    tolerant->snapshot->vms[0].fault_tolerance = 1;
    assert_move(tolerant, HARD, "a", "h4", NULL);
}

/* "f4" has more CPU reserved than h4 has: that keeps out what has some reserved too, and nothing else. */
static void cpu_that_is_reserved_keeps_out_what_needs_some(void)
{
    for (int mhz = 0; mhz <= 100; mhz += 100) {
        SmallCluster *small = fragmented();
        small->snapshot->vms[0].cpu_reservation_mhz = mhz;
        small->snapshot->vms[6].cpu_reservation_mhz = 12000;
        g_autoptr(Planning) planning = planning_new(small, HARD);
        CU_ASSERT_EQUAL(legality_restart_host(planning->legality, vm_of(planning, "monster")),
                        mhz ? -1 : (int)host_of(planning, "h4"));
    }
}

static void a_dedicated_failover_host_restarts_vms(void)
{
    SmallCluster *small = fragmented();
    small->snapshot->clusters[0].ha_policy = HA_POLICY_HOSTS;
    small->snapshot->clusters[0].ha_failover_hosts = "h5";
    add_host(small, "h5", 100, 5)->datastores = "d1";
    assert_move(small, HARD, "a", "h4", NULL);
}

/* Where the host is emptied that the VM leaves, it is its room that goes; not for the relief of others. */
static void an_evacuation_is_not_kept_from_taking_the_room(void)
{
    assert_move(fragmented(), HARD "evacuate=h2\n", "a", "h4", NULL);
    assert_move(fragmented(), HARD "evacuate=h3\n", "a", "h4", LOST);
}

/* h5 is emptied into h3, which restarts do not need; where h3 may not take its VM, into h4. */
static void an_evacuation_takes_the_room_only_where_it_must(void)
{
    static const char *const policies[] = {HARD "evacuate=h5\n", HARD "evacuate=h5\nexclude_hosts=h3;h2\n"};
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        SmallCluster *small = fragmented();
        small->snapshot->clusters[0].memory_reservable_mib = 500 * 1024.0;
        small->snapshot->hosts[1].datastores = "d2"; /* h2 takes none, and is not hot */
        add_host(small, "h5", 100, 20)->datastores = "d1";
        add_reserved(small, "c", "h5", 100, 8);
        g_autofree char *found = decided(small, policies[i]);
        CU_ASSERT_TRUE(!!strstr(found, "c>h3") == (i == 0) && !!strstr(found, "c>h4") == (i == 1));
        CU_ASSERT_TRUE(!!strstr(found, SAID) == (i == 1));
        if (!strstr(found, i == 0 ? "c>h3" : "c>h4"))
            printf("\n  %s\n", found);
    }
}

/* A VM of h5 cannot leave it, wherever the other goes: that one leaves restarts their room. */
static void an_evacuation_in_part_takes_no_room_for_nothing(void)
{
    SmallCluster *small = fragmented();
    small->snapshot->clusters[0].memory_reservable_mib = 500 * 1024.0;
    small->snapshot->hosts[1].datastores = "d2";
    add_host(small, "h5", 100, 20)->datastores = "d1";
    add_reserved(small, "c", "h5", 100, 8);
    add_reserved(small, "usb", "h5", 100, 1)->pinned = "USB";
    g_autofree char *found = decided(small, HARD "evacuate=h5\nevacuate_partly=yes\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(found, "c>h3"));
    CU_ASSERT_PTR_NULL(strstr(found, SAID));
}

/* One that is done, or given up, takes no room from anybody. */
static void an_evacuation_that_is_over_keeps_restarts(void)
{
    SmallCluster *done = fragmented();
    add_host(done, "h5", 100, 5)->mode = HOST_MODE_MAINTENANCE;
    assert_move(done, HARD "evacuate=h5\n", "a", "h4", LOST);
    SmallCluster *given_up = fragmented();
    add_host(given_up, "h5", 100, 12)->datastores = "d1";
    add_vm(given_up, "usb", "h5", 10, 1)->pinned = "USB";
    add_vm(given_up, "c", "h5", 10, 1);
    g_autofree char *found = decided(given_up, HARD "evacuate=h5\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(found, ">h3 "));
    if (!strstr(found, ">h3 "))
        printf("\n  %s\n", found);
}

static void cpu_reservations_are_fragmented_too(void)
{
    SmallCluster *small = fragmented();
    small->snapshot->vms[0].cpu_reservation_mhz = 9500;
    small->snapshot->vms[0].memory_reservation_mib = 1024;
    small->snapshot->vms[2].cpu_reservation_mhz = 1000; /* a */
    small->snapshot->vms[3].cpu_reservation_mhz = 1000; /* b */
    small->snapshot->vms[5].cpu_reservation_mhz = 1000; /* f3 */
    assert_move(small, HARD, "a", "h4", LOST);
}

static void a_locked_reservation_does_not_grow_into_the_room(void)
{
    SmallCluster *small = fragmented();
    Vm *grown = &small->snapshot->vms[6]; /* f4 */
    grown->memory_reservation_locked = 1;
    g_autoptr(Planning) planning = planning_new(small, HARD);
    g_autofree char *four = why_not_grown(planning, ACTION_ADD_MEMORY, 6, 38 * 1024, LEGAL_FAILOVER);
    g_autofree char *eight = why_not_grown(planning, ACTION_ADD_MEMORY, 6, 42 * 1024, LEGAL_FAILOVER);
    CU_ASSERT_PTR_NULL(four);
    CU_ASSERT_STRING_EQUAL(eight, "then no host could restart monster if h1 failed (ha_check=hard)");
}

/* "monster" and "second" reach other hosts each: h4 alone has room for the one, h5 for the other. That "a"
 * has gone to h4 and the one is lost is no leave to lose the other. */
static void a_vm_that_is_lost_already_hides_no_other(void)
{
    SmallCluster *small = fragmented();
    Cluster *cluster = &small->snapshot->clusters[0];
    cluster->memory_reservable_mib = 600 * 1024.0;
    for (guint i = 0; i < 4; i++)
        small->snapshot->hosts[i].datastores = "d1 d3";
    add_host(small, "h5", 1000, 40)->datastores = "d2 d3";
    add_host(small, "h6", 2000, 40)->datastores = "d2 d3";
    add_reserved(small, "second", "h6", 1000, 60)->datastores = "d2";
    add_reserved(small, "full6", "h6", 100, 35)->datastores = "d2";
    add_reserved(small, "f5", "h5", 100, 34)->datastores = "d2";
    small->snapshot->vms[2].datastores = small->snapshot->vms[3].datastores = "d3"; /* a, b */
    g_autoptr(Planning) planning = planning_new(small, HARD);
    g_autoptr(Model) now = model_copy(planning->model);
    Change first = change_migration(now, vm_of(planning, "a"), host_of(planning, "h4"));
    change_apply(now, &first);
    g_auto(Obstacle) why = {0}, none = {0};
    guint b = vm_of(planning, "b");
    CU_ASSERT_EQUAL(legality_newly_lost(planning->legality, now, 0), (int)vm_of(planning, "monster"));
    CU_ASSERT_FALSE(
        legality_allows_move(planning->legality, now, b, host_of(planning, "h5"), LEGAL_FAILOVER, &why));
    CU_ASSERT_STRING_EQUAL(
        why.words, "would be filled so that no host could restart second if h6 failed (ha_check=hard)");
    CU_ASSERT_TRUE(
        legality_allows_move(planning->legality, now, b, host_of(planning, "h3"), LEGAL_FAILOVER, &none));
}

/* ---- plans ---- */

static void relief_goes_where_restarts_need_no_room(void)
{
    static const char *const strategies[] = {"", "strategy=threshold\n"};
    for (guint i = 0; i < G_N_ELEMENTS(strategies); i++) {
        g_autofree char *hard = g_strconcat(HARD, strategies[i], NULL);
        g_autofree char *warn = g_strconcat(WARN, strategies[i], NULL);
        g_autofree char *kept = decided(fragmented(), hard), *lost = decided(fragmented(), warn);
        CU_ASSERT_PTR_NOT_NULL(strstr(kept, ">h3 |"));
        CU_ASSERT_PTR_NULL(strstr(kept, "failed"));
        CU_ASSERT_PTR_NOT_NULL(strstr(lost, ">h4 |"));
        CU_ASSERT_PTR_NOT_NULL(strstr(lost, SAID));
        if (!strstr(kept, ">h3 |") || !strstr(lost, SAID))
            printf("\n  %s\n  %s\n", kept, lost);
    }
}

/* h3 is as warm as it may be: the host stays hot, and the reason is the restart. */
static void a_hot_host_that_only_such_a_move_would_cool_stays_hot(void)
{
    static const char *const policies[] = {HARD, HARD "strategy=threshold\n"};
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        SmallCluster *small = fragmented();
        small->snapshot->hosts[2].mode = HOST_MODE_MAINTENANCE;
        small->snapshot->clusters[0].memory_reservable_mib = 300 * 1024.0;
        small->snapshot->vms[5].power = VM_POWER_OFF;
        g_autofree char *found = decided(small, policies[i]);
        CU_ASSERT_TRUE(g_str_has_prefix(found, "!h2 room | ") || g_str_has_prefix(found, "!h2 failover | "));
        CU_ASSERT_PTR_NULL(strstr(found, ">h4"));
        if (strstr(found, ">h4"))
            printf("\n  %s\n", found);
    }
}

/* what is said of a plan with one step, which a person has pointed to another host */
static void assert_edit(const char *policy, const char *to_id, const char *expected)
{
    g_autoptr(Planning) planning = planning_new(fragmented(), policy);
    g_autoptr(ChangePlan) plan = changeplan_new();
    PlanRow row = plan_row_unknown();
    row.kind = ROW_STEP;
    row.step = 1;
    row.after = "";
    row.approve = 1;
    row.action = ACTION_MIGRATE;
    row.object = row.object_id = "a";
    row.from = row.from_id = "h2";
    row.to = row.to_id = to_id;
    row.line = 11;
    changeplan_add(plan, &row);
    plan->name = "p";
    g_autoptr(GPtrArray) edited = g_ptr_array_new_with_free_func(g_free),
                         notes = g_ptr_array_new_with_free_func(g_free),
                         fresh = g_ptr_array_new_with_free_func(g_free);
    verify_plan(&planning->situation, plan, fresh);
    verify_edited(&planning->situation, plan, edited, notes);
    CU_ASSERT_EQUAL_FATAL(edited->len, expected ? 1 : 0);
    CU_ASSERT_EQUAL_FATAL(fresh->len, edited->len);
    if (expected) {
        CU_ASSERT_STRING_EQUAL(edited->pdata[0], expected);
        CU_ASSERT_STRING_EQUAL(fresh->pdata[0], expected);
    }
}

static void an_edit_that_takes_the_room_is_refused(void)
{
    assert_edit(HARD, "h3", NULL);
    assert_edit(WARN, "h4", NULL);
    assert_edit(
        HARD, "h4",
        "p:11: step 1 (migrate a): h4 would be filled so that no host could restart monster if h1 failed "
        "(ha_check=hard)");
}

void test_restart_suite(void)
{
    CU_pSuite suite = CU_add_suite("restart", NULL, NULL);
    CU_ADD_TEST(suite, what_fills_the_only_host_that_could_restart_a_vm_is_no_target);
    CU_ADD_TEST(suite, a_vm_that_could_not_be_restarted_before_keeps_nothing_out);
    CU_ADD_TEST(suite, vms_that_go_elsewhere_by_themselves_are_not_restarted);
    CU_ADD_TEST(suite, cpu_that_is_reserved_keeps_out_what_needs_some);
    CU_ADD_TEST(suite, a_dedicated_failover_host_restarts_vms);
    CU_ADD_TEST(suite, an_evacuation_is_not_kept_from_taking_the_room);
    CU_ADD_TEST(suite, an_evacuation_takes_the_room_only_where_it_must);
    CU_ADD_TEST(suite, an_evacuation_in_part_takes_no_room_for_nothing);
    CU_ADD_TEST(suite, an_evacuation_that_is_over_keeps_restarts);
    CU_ADD_TEST(suite, cpu_reservations_are_fragmented_too);
    CU_ADD_TEST(suite, a_locked_reservation_does_not_grow_into_the_room);
    CU_ADD_TEST(suite, a_vm_that_is_lost_already_hides_no_other);
    CU_ADD_TEST(suite, relief_goes_where_restarts_need_no_room);
    CU_ADD_TEST(suite, a_hot_host_that_only_such_a_move_would_cool_stays_hot);
    CU_ADD_TEST(suite, an_edit_that_takes_the_room_is_refused);
}
