/* SPDX-License-Identifier: MIT */
#include "plan/power.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <string.h>

void test_power_suite(void);

/* Three hosts of 100 GiB; h1 holds 30 GiB, h2 one VM and h3 none. */
static SmallCluster *wasteful(int role_on_h2)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 500, 31);
    add_host(small, "h2", 100, 2);
    add_host(small, "h3", 100, 1);
    add_vm(small, "a", "h1", 100, 30);
    add_vm(small, "on-h2", "h2", 10, 1)->role = role_on_h2;
    return small;
}

/* What is advised about hosts' power as the cluster stands: "standby_host h2: reason;"; takes it over */
static char *advised_on(SmallCluster *small, const char *policy)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(Decisions) decisions = decisions_new();
    power_advise_standby(&planning->situation, planning->model, decisions);
    power_advise_wake(&planning->situation, planning->model, decisions);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < decisions->advice->len; i++) {
        const Change *advice = &g_array_index(decisions->advice, Change, i);
        g_string_append_printf(words, "%s %s: %s;", action_names[advice->action],
                               planning->small->snapshot->hosts[advice->to].id, advice->reason);
    }
    return g_string_free(words, FALSE);
}

static char *advised(const char *ha_check, int ha, int role_on_h2)
{
    SmallCluster *small = wasteful(role_on_h2);
    small->snapshot->clusters[0].ha = ha;
    g_autofree char *policy =
        g_strdup_printf("[plan]\npower=standby\nhosts_in_reserve=0\nha_check=%s\n", ha_check);
    return advised_on(small, policy);
}

#define IDLE "and the cluster does not need it: it can go into standby mode"
#define AGENTS ", but for VMs that vSphere runs for itself and takes away itself (vCLS, agents)"

static void hosts_are_advised_to_stand_by_while_the_cluster_bears_the_loss_of_one(void)
{
    static const struct {
        const char *ha_check;
        int ha, role;
        const char *expected;
    } cases[] = {
        {"off", 1, VM_ROLE_SYSTEM,
         "standby_host h2: is empty" AGENTS ", " IDLE ";standby_host h3: is empty, " IDLE ";"},
        {"hard", 0, VM_ROLE_SYSTEM,
         "standby_host h2: is empty" AGENTS ", " IDLE ";standby_host h3: is empty, " IDLE ";"},
        {"hard", 1, VM_ROLE_SYSTEM, "standby_host h2: is empty" AGENTS ", " IDLE ";"},
        {"warn", 1, VM_ROLE_SYSTEM,
         "standby_host h2: is empty" AGENTS ", " IDLE ";standby_host h3: is empty, " IDLE
         "; but the cluster could then not bear the loss of its largest host (ha_check=warn);"},
        {"hard", 1, -1, "standby_host h3: is empty, " IDLE ";"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = advised(cases[i].ha_check, cases[i].ha, cases[i].role);
        CU_ASSERT_STRING_EQUAL(found, cases[i].expected);
        if (strcmp(found, cases[i].expected) != 0)
            printf("\n  found: %s\n", found);
    }
}

#define STANDBY "[plan]\npower=standby\nhosts_in_reserve=0\n"
#define BOTH "standby_host h2: is empty" AGENTS ", " IDLE ";standby_host h3: is empty, " IDLE ";"

/* Who decides about the power of hosts, or needs them for more than VMs. */
static void hosts_of_vsan_and_those_that_dpm_switches_are_left_alone(void)
{
    static const struct {
        int vsan, dpm;
        const char *advice, *line;
    } cases[] = {
        {0, DRS_OFF, BOTH, NULL},
        {-1, -1, BOTH, NULL}, /* not known, of an export */
        {1, DRS_OFF, "",
         "power: no host of \"Cluster 1\" is emptied to save power: a vSAN host in standby takes its data away"},
        {0, DRS_MANUAL, "",
         "power: no host of \"Cluster 1\" is emptied to save power: DPM is on there, and switches hosts itself or "
         "recommends it"},
        {0, DRS_FULL, "",
         "power: no host of \"Cluster 1\" is emptied to save power: DPM is on there, and switches hosts itself or "
         "recommends it"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = wasteful(VM_ROLE_SYSTEM), *again = wasteful(VM_ROLE_SYSTEM);
        small->snapshot->clusters[0].vsan = again->snapshot->clusters[0].vsan = cases[i].vsan;
        small->snapshot->clusters[0].dpm = again->snapshot->clusters[0].dpm = cases[i].dpm;
        g_autofree char *found = advised_on(small, STANDBY);
        CU_ASSERT_STRING_EQUAL(found, cases[i].advice);
        g_autoptr(Planning) planning = planning_new(again, STANDBY);
        g_autoptr(GPtrArray) lines = power_left_alone(planning->model);
        CU_ASSERT_EQUAL_FATAL(lines->len, cases[i].line ? 1 : 0);
        if (cases[i].line)
            CU_ASSERT_STRING_EQUAL(lines->pdata[0], cases[i].line);
    }
}

/* Where nothing is done, the first bound that holds is named. */
static void a_power_policy_that_does_nothing_says_why(void)
{
    static const struct {
        const char *policy;
        const char *expected;
    } cases[] = {
        {"[plan]\npower=off\n", ""},
        {"[plan]\npower=standby\nstrategy=threshold\n", "strategy=threshold empties no host"},
        {"[analyze]\nmemory_hot_pct=10\n[plan]\npower=standby\n",
         "hosts are above cpu_hot_pct, memory_hot_pct or another threshold"},
        {"[analyze]\ncold_pct=0\n[plan]\npower=standby\n", "no host is below cold_pct"},
        {"[analyze]\npower_target_pct=1\n[plan]\npower=standby\n",
         "demand is above power_target_pct of what would be left without the largest host"},
        {"[plan]\npower=standby\nhosts_in_reserve=3\n", "hosts_in_reserve keeps what is empty on"},
        {"[plan]\npower=empty\n", "power=empty advises no empty host to stand by"},
        {"[plan]\npower=standby\nexclude_hosts=h2;h3\n", "the search emptied no host that may stand by"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Planning) planning = planning_new(wasteful(VM_ROLE_SYSTEM), cases[i].policy);
        g_autofree char *words = power_words_of_idle(&planning->situation, planning->model);
        g_autofree char *expected = g_strdup_printf(": %s.", cases[i].expected);
        CU_ASSERT_TRUE(*cases[i].expected ? g_str_has_suffix(words, expected) : !*words);
        if (*cases[i].expected && !g_str_has_suffix(words, expected))
            g_printerr("\n  %u: %s\n", i, words);
    }
}

static void an_excluded_host_is_not_advised_to_stand_by(void)
{
    g_autofree char *found = advised_on(wasteful(VM_ROLE_SYSTEM), STANDBY "exclude_hosts=h2\n");
    CU_ASSERT_STRING_EQUAL(found, "standby_host h3: is empty, " IDLE ";");
}

/* h4 is not counted on, and its VMs would have to be run by the others: of 90 GiB one host of these is
 * enough beside h1, of 130 GiB all are needed. */
static void hosts_stay_on_for_what_runs_where_nobody_counts_on_it(void)
{
    static const struct {
        int connection, mode;
        double gib;
        const char *expected;
    } cases[] = {
        {CONNECTION_NOT_RESPONDING, HOST_MODE_NORMAL, 10, BOTH},
        {CONNECTION_NOT_RESPONDING, HOST_MODE_NORMAL, 90, "standby_host h2: is empty" AGENTS ", " IDLE ";"},
        {CONNECTION_DISCONNECTED, HOST_MODE_NORMAL, 90, "standby_host h2: is empty" AGENTS ", " IDLE ";"},
        {CONNECTION_CONNECTED, HOST_MODE_QUARANTINE, 90, "standby_host h2: is empty" AGENTS ", " IDLE ";"},
        {CONNECTION_CONNECTED, HOST_MODE_QUARANTINE, 130, ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = wasteful(VM_ROLE_SYSTEM);
        Host *host = smallcluster_add_host(small, "h4");
        host->connection = cases[i].connection;
        host->mode = cases[i].mode;
        smallcluster_add_vm(small, "b", "h4")->memory_mib = cases[i].gib * 1024;
        g_autofree char *found = advised_on(small, STANDBY "[analyze]\npower_target_pct=80\n");
        CU_ASSERT_STRING_EQUAL(found, cases[i].expected);
        if (strcmp(found, cases[i].expected) != 0)
            printf("\n  %u found: %s\n", i, found);
    }
}

/* Four hosts of which 100 GiB can be reserved each, h3 and h4 empty, and h1 and h2 with so much reserved. */
static SmallCluster *idle_pair(double on_h1_gib, double on_h2_gib)
{
    SmallCluster *small = smallcluster_new();
    small->snapshot->clusters[0].memory_reservable_mib = 400 * 1024.0;
    small->snapshot->clusters[0].ha = 1;
    add_host(small, "h1", 500, 12);
    add_host(small, "h2", 500, 12);
    add_host(small, "h3", 100, 1);
    add_host(small, "h4", 100, 1);
    Vm *vm = add_vm(small, "a", "h1", 100, 10);
    vm->memory_mib = vm->memory_reservation_mib = on_h1_gib * 1024;
    vm = add_vm(small, "b", "h2", 100, 10);
    vm->memory_mib = vm->memory_reservation_mib = on_h2_gib * 1024;
    return small;
}

static void assert_advised(SmallCluster *small, const char *policy, const char *expected)
{
    g_autofree char *found = advised_on(small, policy);
    CU_ASSERT_STRING_EQUAL(found, expected);
    if (strcmp(found, expected) != 0)
        printf("\n  found: %s\n", found);
}

/* Demand is low; what is reserved must be so little that a half, or a host, of those that stay is free. */
static void hosts_stay_on_that_ha_admission_control_counts_on(void)
{
    static const struct {
        int ha_policy;
        double gib;
        const char *expected;
    } cases[] = {
        {HA_POLICY_OFF, 48, "standby_host h3: is empty, " IDLE ";standby_host h4: is empty, " IDLE ";"},
        {HA_POLICY_PERCENT, 48, "standby_host h3: is empty, " IDLE ";standby_host h4: is empty, " IDLE ";"},
        {HA_POLICY_PERCENT, 60, "standby_host h3: is empty, " IDLE ";"},
        {HA_POLICY_PERCENT, 80, ""},
        {HA_POLICY_SLOTS, 48, "standby_host h3: is empty, " IDLE ";standby_host h4: is empty, " IDLE ";"},
        {HA_POLICY_SLOTS, 60, "standby_host h3: is empty, " IDLE ";"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = idle_pair(cases[i].gib, cases[i].gib);
        Cluster *cluster = &small->snapshot->clusters[0];
        cluster->ha_policy = cases[i].ha_policy;
        cluster->ha_failures = 1;
        cluster->ha_reserve_cpu_pct = cluster->ha_reserve_memory_pct = 50;
        assert_advised(small, STANDBY "ha_check=off\n", cases[i].expected);
    }
}

/* "a" needs a host of its own: if all that are empty stand by, nothing has room for it. */
static void a_host_stays_on_that_alone_could_restart_a_vm(void)
{
    assert_advised(idle_pair(80, 80), STANDBY "ha_check=hard\n", "standby_host h3: is empty, " IDLE ";");
    assert_advised(idle_pair(80, 80), STANDBY "ha_check=warn\n",
                   "standby_host h3: is empty, " IDLE ";standby_host h4: is empty, " IDLE
                   "; but no host could then restart a if h1 failed (ha_check=warn);");
    SmallCluster *licensed = idle_pair(80, 10);
    add_rule(licensed, "licence", RULE_VM_HOST_AFFINITY, TRUE, "a", "h1 h3");
    assert_advised(licensed, STANDBY "ha_check=hard\n", "standby_host h4: is empty, " IDLE ";");
}

/* ---- waking ---- */

/* Two hosts, the first hot, and two in standby; what is advised. */
static char *woken(double first_mhz, double second_mhz, int dpm, const char *policy)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", first_mhz, 20);
    add_host(small, "h2", second_mhz, 20);
    add_vm(small, "a", "h1", first_mhz - 100, 10)->vcpus = 10;
    smallcluster_add_host(small, "h3")->power = HOST_POWER_STANDBY;
    smallcluster_add_host(small, "h4")->power = HOST_POWER_STANDBY;
    small->snapshot->clusters[0].dpm = dpm;
    return advised_on(small, policy);
}

#define WAKE "awake, it can take VMs in the next plan"

static void hosts_in_standby_are_named_where_the_others_stay_hot(void)
{
    static const struct {
        double first, second;
        int dpm;
        const char *policy, *expected;
    } cases[] = {
        {7000, 7000, DRS_OFF, NULL, ""},
        {9000, 1000, DRS_OFF, NULL, "wake_host h3: is in standby while h1 stays hot: " WAKE ";"},
        {9000, 1000, DRS_MANUAL, NULL,
         "wake_host h3: is in standby while h1 stays hot: " WAKE "; its DPM only recommends;"},
        {9000, 1000, DRS_FULL, NULL,
         "wake_host h3: is in standby while h1 stays hot: " WAKE
         "; its DPM is automated and has not woken it;"},
        {9000, 1000, DRS_OFF, "[plan]\nexclude_hosts=h3\n",
         "wake_host h4: is in standby while h1 stays hot: " WAKE ";"},
        {9000, 1000, DRS_OFF, "[plan]\nexclude_hosts=h3;h4\n", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = woken(cases[i].first, cases[i].second, cases[i].dpm, cases[i].policy);
        CU_ASSERT_STRING_EQUAL(found, cases[i].expected);
        if (strcmp(found, cases[i].expected) != 0)
            printf("\n  %u found: %s\n", i, found);
    }
}

/* h1 is hot, h2 idle, h3 in standby: no host is woken for what the policy or the VM itself keeps there. */
static void no_host_is_woken_where_it_would_not_help(void)
{
    static const struct {
        const char *pinned, *datastores, *policy, *expected;
    } cases[] = {
        {"", "", NULL, "wake_host h3: is in standby while h1 stays hot: " WAKE ";"},
        {"", "", "[plan]\nexclude_hosts=h1\n", ""},
        {"", "", "[plan]\nexclude_hosts=h2\n", "wake_host h3: is in standby while h1 stays hot: " WAKE ";"},
        {"USB", "", NULL, ""},
        {"", "d1", NULL, ""}, /* which h3 lacks */
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SmallCluster *small = smallcluster_new();
        add_host(small, "h1", 9000, 20)->datastores = cases[i].datastores;
        add_host(small, "h2", 1000, 20);
        Vm *vm = add_vm(small, "a", "h1", 8900, 10);
        vm->vcpus = 10;
        vm->pinned = cases[i].pinned;
        vm->datastores = cases[i].datastores;
        smallcluster_add_host(small, "h3")->power = HOST_POWER_STANDBY;
        assert_advised(small, cases[i].policy, cases[i].expected);
    }
    SmallCluster *bounded = smallcluster_new(); /* the next plan moves it to h2 */
    add_host(bounded, "h1", 9000, 20);
    add_host(bounded, "h2", 1000, 20);
    add_vm(bounded, "a", "h1", 3000, 10);
    smallcluster_add_host(bounded, "h3")->power = HOST_POWER_STANDBY;
    assert_advised(bounded, NULL, "");
}

void test_power_suite(void)
{
    CU_pSuite suite = CU_add_suite("power", NULL, NULL);
    CU_ADD_TEST(suite, hosts_are_advised_to_stand_by_while_the_cluster_bears_the_loss_of_one);
    CU_ADD_TEST(suite, hosts_of_vsan_and_those_that_dpm_switches_are_left_alone);
    CU_ADD_TEST(suite, a_power_policy_that_does_nothing_says_why);
    CU_ADD_TEST(suite, an_excluded_host_is_not_advised_to_stand_by);
    CU_ADD_TEST(suite, hosts_stay_on_for_what_runs_where_nobody_counts_on_it);
    CU_ADD_TEST(suite, hosts_stay_on_that_ha_admission_control_counts_on);
    CU_ADD_TEST(suite, a_host_stays_on_that_alone_could_restart_a_vm);
    CU_ADD_TEST(suite, no_host_is_woken_where_it_would_not_help);
    CU_ADD_TEST(suite, hosts_in_standby_are_named_where_the_others_stay_hot);
}
