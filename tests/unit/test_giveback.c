/* SPDX-License-Identifier: MIT */
#include "plan/giveback.h"

#include "plan/sizeadvice.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

void test_giveback_suite(void);

/* VM "a" of 12 GiB, of which its guest touches 5, on one of two hosts */
static SmallCluster *one_vm(int power)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 5000, 40);
    add_host(small, "h2", 2000, 30);
    add_vm(small, "a", "h1", 1000, 10)->power = power;
    return small;
}

/* it was lent memory from one size to another, or gave it back */
static void lent(Planning *planning, gint64 at, double from, double to)
{
    g_autofree char *was = g_strdup_printf("%.0f", from), *is = g_strdup_printf("%.0f", to);
    g_autofree char *path = g_strdup("journal");
    Journal journal = {.rows = g_array_new(FALSE, FALSE, sizeof(JournalRow)), .path = path};
    JournalRow row = journal_row_unknown();
    row.seq = (double)at;
    row.run = "run";
    row.source_id = planning->small->snapshot->info.source_id;
    row.time = at;
    row.event = EVENT_SUCCEEDED;
    row.action = to > from ? ACTION_ADD_MEMORY : ACTION_RECLAIM_MEMORY;
    row.object_id = "a";
    row.instance_uuid = planning->small->snapshot->vms[0].instance_uuid;
    row.from = was;
    row.to = is;
    g_array_append_val(journal.rows, row);
    past_add(planning->past, &journal, "");
    g_array_unref(journal.rows);
}

/* what a history of three days knows of the VM's memory: of each day the peak in GiB, the newest first */
static void knows(const Planning *planning, double newest, double before, double first)
{
    Assessed *assessed = (Assessed *)assessment_find(planning->small->assessment,
                                                     planning->small->snapshot->info.source_id, "a");
    Load *memory = &assessed->loads[RESOURCE_MEMORY];
    g_autofree char *peaks =
        g_strdup_printf("0=%.0f 1=%.0f 2=%.0f", newest * GIB_IN_KIB, before * GIB_IN_KIB, first * GIB_IN_KIB);
    memory->peaks = g_string_chunk_insert(planning->small->assessment->strings, peaks);
    memory->size_span_s = 3 * 86400;
}

static Decisions *decide_on(const Planning *planning)
{
    Decisions *decisions = decisions_new();
    giveback_add(&planning->situation, decisions);
    return decisions;
}

static const Change *only_one(const GArray *changes)
{
    CU_ASSERT_EQUAL_FATAL(changes->len, 1);
    return &g_array_index(changes, Change, 0);
}

static void assert_says(const Change *change, const char *words)
{
    CU_ASSERT_PTR_NOT_NULL(strstr(change->reason, words));
    if (!strstr(change->reason, words))
        fprintf(stderr, "  found \"%s\", expected \"%s\"\n", change->reason, words);
}

static void a_vm_that_is_off_gives_back_what_was_lent_by_a_day_of_data(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    lent(planning, 1, 11264, 11776);
    lent(planning, 2, 11776, 12288);
    g_autoptr(Decisions) early = decide_on(planning);
    CU_ASSERT_EQUAL(early->changes->len, 0);
    assert_says(only_one(early->advice), "less than a day of data");
    assert_says(only_one(early->advice),
                "; safe once a whole day of data, while it runs, says the same, as it is");
    knows(planning, 5, 5, 5);
    g_autoptr(Decisions) decisions = decide_on(planning);
    const Change *change = only_one(decisions->changes);
    CU_ASSERT_EQUAL(change->action, ACTION_RECLAIM_MEMORY);
    CU_ASSERT_EQUAL(change->cause, CAUSE_LENT);
    CU_ASSERT_EQUAL(change->was, 12288);
    CU_ASSERT_EQUAL(change->amount, 11264);
    assert_says(change, "1024 MiB of its 12288 MiB were lent");
    assert_says(change, "(3.0 days of data)");
    CU_ASSERT_EQUAL(decisions->advice->len, 0);
}

static void a_span_without_peaks_takes_nothing(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    lent(planning, 1, 8192, 12288);
    knows(planning, 5, 5, 5);
    ((Assessed *)assessment_find(planning->small->assessment, planning->small->snapshot->info.source_id, "a"))
        ->loads[RESOURCE_MEMORY]
        .peaks = "";
    g_autoptr(Decisions) decisions = decide_on(planning);
    CU_ASSERT_EQUAL(decisions->changes->len, 0);
    CU_ASSERT_EQUAL(decisions->advice->len, 1);
}

/* It was taken, and whoever undid that an hour ago wants it to have it. */
static void what_was_given_again_stays_for_a_day(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    gint64 now = planning->small->snapshot->info.taken_at = 20000 * (gint64)86400;
    knows(planning, 5, 5, 5);
    lent(planning, now - 10 * 86400, 8192, 12288);
    lent(planning, now - 7200, 12288, 8192);
    lent(planning, now - 3600, 8192, 12288);
    g_autoptr(Decisions) undone = decide_on(planning);
    CU_ASSERT_EQUAL(undone->changes->len, 0);
    assert_says(only_one(undone->advice),
                "; safe from 2024-10-04T23:00:00Z on, a day after it was given, as it is");
    planning->small->snapshot->info.taken_at = now - 3600 + 86400;
    g_autoptr(Decisions) later = decide_on(planning);
    CU_ASSERT_EQUAL(only_one(later->changes)->amount, 8192);
}

/* Two VMs bear one instance UUID: neither is known to be the one that it was lent to. */
static void a_loan_is_nobodys_where_vms_share_their_uuid(void)
{
    SmallCluster *small = one_vm(VM_POWER_OFF);
    Vm *other = add_vm(small, "b", "h1", 1000, 10);
    other->power = VM_POWER_OFF;
    other->instance_uuid = "u";
    small->snapshot->vms[0].instance_uuid = "u";
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    lent(planning, 1, 8192, 12288);
    knows(planning, 5, 5, 5);
    g_autoptr(Decisions) decisions = decide_on(planning);
    CU_ASSERT_EQUAL(decisions->changes->len + decisions->advice->len, 0);
    Change back = change_growth(planning->model, ACTION_RECLAIM_MEMORY, 0, 8192);
    g_autofree char *why = why_not(planning, &back, LEGAL_LENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "show 0 MiB to have been lent"));
}

static void nothing_is_given_back_that_no_journal_shows(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    lent(planning, 1, 8192, 10240);
    g_autoptr(Decisions) resized = decide_on(planning);
    CU_ASSERT_EQUAL(resized->changes->len + resized->advice->len, 0);
    Change forged = change_growth(planning->model, ACTION_RECLAIM_MEMORY, 0, 8192);
    g_autofree char *why = why_not(planning, &forged, LEGAL_LENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "show 0 MiB to have been lent, not 4096 MiB"));
}

static void what_was_given_back_is_not_given_back_again(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    knows(planning, 5, 5, 5);
    lent(planning, 1, 11264, 12800);
    lent(planning, 2, 12800, 12288);
    g_autoptr(Decisions) decisions = decide_on(planning);
    CU_ASSERT_EQUAL(only_one(decisions->changes)->amount, 11264);
    lent(planning, 3, 12288, 11264);
    g_autoptr(Decisions) again = decide_on(planning);
    CU_ASSERT_EQUAL(again->changes->len, 0);
}

/* Peaks of 9, 5 and 5 GiB, weights 1/4, 1/2, 1: nine tenths are reached with 9 GiB, which take 11.25 GiB at
 * 80 %; so of the loans 8 -> 11.5 -> 12 GiB the last can go. */
static void as_many_additions_go_back_as_its_peaks_allow(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    lent(planning, 1, 8192, 11776);
    lent(planning, 2, 11776, 12288);
    knows(planning, 5, 5, 9);
    g_autoptr(Decisions) decisions = decide_on(planning);
    const Change *change = only_one(decisions->changes);
    CU_ASSERT_EQUAL(change->amount, 11776);
    assert_says(change, "its guest needs 11520 MiB (3.0 days of data)");
    knows(planning, 9.5, 5, 5);
    g_autoptr(Decisions) needed = decide_on(planning);
    CU_ASSERT_EQUAL(needed->changes->len + needed->advice->len, 0);
}

/* 5 GiB take 6.25 of the 8: by the peaks of 5, 5 and 9 GiB in two days, when the 9 weigh 1/16 of 2.8. */
static void of_a_vm_that_runs_it_is_told_when_that_is_safe(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_ON), "[plan]\n");
    planning->small->snapshot->info.taken_at = 20000 * (gint64)86400;
    lent(planning, 1, 8192, 12288);
    g_autoptr(Decisions) early = decide_on(planning);
    CU_ASSERT_EQUAL(early->changes->len, 0);
    assert_says(only_one(early->advice), "(less than a day of data); safe from 2024-10-05T00:00:00Z on");
    knows(planning, 5, 5, 5);
    g_autoptr(Decisions) now = decide_on(planning);
    assert_says(only_one(now->advice), "; safe now, once it is powered off");
    knows(planning, 5, 5, 9);
    g_autoptr(Decisions) later = decide_on(planning);
    assert_says(only_one(later->advice), "; safe from 2024-10-05T00:00:00Z on, if its use stays, once");
    CU_ASSERT_EQUAL(only_one(later->advice)->amount, 8192);
    knows(planning, 9, 5, 5);
    g_autoptr(Decisions) never = decide_on(planning);
    CU_ASSERT_EQUAL(never->advice->len, 0);
}

static void a_vm_that_can_give_it_back_while_it_runs_does_so_by_a_day_of_data(void)
{
    SmallCluster *small = one_vm(VM_POWER_ON);
    small->snapshot->vms[0].memory_hot_remove = 1;
    g_autoptr(Planning) planning = planning_new(small, "[plan]\n");
    lent(planning, 1, 8192, 12288);
    g_autoptr(Decisions) early = decide_on(planning);
    CU_ASSERT_EQUAL(early->changes->len, 0);
    CU_ASSERT_EQUAL(early->advice->len, 1);
    knows(planning, 5, 5, 5);
    g_autoptr(Decisions) decisions = decide_on(planning);
    CU_ASSERT_EQUAL(only_one(decisions->changes)->amount, 8192);
}

static void the_policy_may_ask_for_advice_or_for_nothing(void)
{
    g_autoptr(Planning) advise = planning_new(one_vm(VM_POWER_OFF), "[plan]\nreclaim=advise\n");
    lent(advise, 1, 8192, 12288);
    g_autoptr(Decisions) advised = decide_on(advise);
    CU_ASSERT_EQUAL(advised->changes->len, 0);
    CU_ASSERT_EQUAL(advised->advice->len, 1);
    g_autoptr(Planning) off = planning_new(one_vm(VM_POWER_OFF), "[plan]\nreclaim=off\n");
    lent(off, 1, 8192, 12288);
    g_autoptr(Decisions) nothing = decide_on(off);
    CU_ASSERT_EQUAL(nothing->changes->len + nothing->advice->len, 0);
}

/* ---- sizes ---- */

static void a_day_of_data_advises_on_sizes(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_ON), "[plan]\n");
    g_autoptr(Decisions) early = decisions_new();
    sizeadvice_add(&planning->situation, early);
    CU_ASSERT_EQUAL(early->sizes->len, 0);
    Assessed *assessed = (Assessed *)assessment_find(planning->small->assessment,
                                                     planning->small->snapshot->info.source_id, "a");
    Load *cpu = &assessed->loads[RESOURCE_CPU], *memory = &assessed->loads[RESOURCE_MEMORY];
    cpu->size_used = 1500;
    cpu->size_need = 1725; /* 1000 MHz a vCPU */
    memory->size_used = 5 * GIB_IN_KIB;
    memory->size_need = 5.75 * GIB_IN_KIB;
    cpu->size_span_s = memory->size_span_s = 2 * 86400;
    g_autoptr(Decisions) late = decisions_new();
    sizeadvice_add(&planning->situation, late);
    CU_ASSERT_EQUAL_FATAL(late->sizes->len, 1);
    const SizeAdvice *advice = &g_array_index(late->sizes, SizeAdvice, 0);
    CU_ASSERT_EQUAL(advice->action, ACTION_RECLAIM_MEMORY);
    CU_ASSERT_EQUAL(advice->cause, CAUSE_OVERSIZED);
    CU_ASSERT_EQUAL(advice->amount, 6400); /* of which 5 GiB are 80 % */
    CU_ASSERT_PTR_NOT_NULL(strstr(advice->reason, "has 12288 MiB, needs 6400 MiB (vpa, 2.0 days of data)"));
}

/* what is advised on VM "a" of 12 GiB and 2 vCPUs of 1000 MHz each, which needs so much */
static SizeAdvice sized(Planning *planning, double mhz, double gib)
{
    Assessed *assessed = (Assessed *)assessment_find(planning->small->assessment,
                                                     planning->small->snapshot->info.source_id, "a");
    Load *cpu = &assessed->loads[RESOURCE_CPU], *memory = &assessed->loads[RESOURCE_MEMORY];
    cpu->size_used = cpu->size_need = mhz;
    memory->size_used = memory->size_need = gib * GIB_IN_KIB;
    cpu->size_span_s = memory->size_span_s = 2 * 86400;
    g_autoptr(Decisions) decisions = decisions_new();
    sizeadvice_add(&planning->situation, decisions);
    CU_ASSERT_EQUAL_FATAL(decisions->sizes->len, 1);
    SizeAdvice advice = g_array_index(decisions->sizes, SizeAdvice, 0);
    advice.reason = (char *)snapshot_string(planning->small->snapshot, advice.reason);
    return advice;
}

static void a_vm_that_is_too_small_is_told_to_give_nothing_back(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_ON), "[plan]\n");
    SizeAdvice cpus = sized(planning, 2500, 5); /* a third vCPU, and 6400 MiB */
    CU_ASSERT_EQUAL(cpus.cause, CAUSE_UNDERSIZED);
    CU_ASSERT_EQUAL(cpus.action, -1);
    SizeAdvice memory = sized(planning, 1500, 11); /* 14080 MiB */
    CU_ASSERT_EQUAL(memory.cause, CAUSE_UNDERSIZED);
    CU_ASSERT_EQUAL(memory.action, ACTION_ADD_MEMORY);
    SizeAdvice less = sized(planning, 500, 11 * 0.8); /* a vCPU less, and memory right */
    CU_ASSERT_EQUAL(less.cause, CAUSE_OVERSIZED);
    CU_ASSERT_NOT_EQUAL(less.action, ACTION_ADD_MEMORY);
}

static void a_power_cycle_is_told_where_it_takes_one(void)
{
    g_autoptr(Planning) planning = planning_new(one_vm(VM_POWER_ON), "[plan]\n");
    Vm *vm = &planning->small->snapshot->vms[0];
    CU_ASSERT_PTR_NOT_NULL(strstr(sized(planning, 1500, 11).reason, "; it takes a power cycle"));
    vm->memory_hot_add = 1;
    vm->memory_hot_add_limit_mib = 16384;
    CU_ASSERT_PTR_NULL(strstr(sized(planning, 1500, 11).reason, "power cycle"));
    CU_ASSERT_PTR_NOT_NULL(strstr(sized(planning, 1500, 15).reason, "; it takes a power cycle")); /* 19 GiB */
    CU_ASSERT_PTR_NOT_NULL(strstr(sized(planning, 1500, 5).reason, "; it takes a power cycle"));
    vm->memory_hot_remove = 1;
    CU_ASSERT_PTR_NULL(strstr(sized(planning, 1500, 5).reason, "power cycle"));
    CU_ASSERT_PTR_NOT_NULL(strstr(sized(planning, 500, 5).reason, "; it takes a power cycle"));
    g_autoptr(Planning) off = planning_new(one_vm(VM_POWER_OFF), "[plan]\n");
    CU_ASSERT_PTR_NULL(strstr(sized(off, 500, 5).reason, "power cycle"));
}

void test_giveback_suite(void)
{
    CU_pSuite suite = CU_add_suite("giveback", NULL, NULL);
    CU_ADD_TEST(suite, a_vm_that_is_off_gives_back_what_was_lent_by_a_day_of_data);
    CU_ADD_TEST(suite, a_span_without_peaks_takes_nothing);
    CU_ADD_TEST(suite, what_was_given_again_stays_for_a_day);
    CU_ADD_TEST(suite, a_loan_is_nobodys_where_vms_share_their_uuid);
    CU_ADD_TEST(suite, nothing_is_given_back_that_no_journal_shows);
    CU_ADD_TEST(suite, what_was_given_back_is_not_given_back_again);
    CU_ADD_TEST(suite, as_many_additions_go_back_as_its_peaks_allow);
    CU_ADD_TEST(suite, of_a_vm_that_runs_it_is_told_when_that_is_safe);
    CU_ADD_TEST(suite, a_vm_that_can_give_it_back_while_it_runs_does_so_by_a_day_of_data);
    CU_ADD_TEST(suite, the_policy_may_ask_for_advice_or_for_nothing);
    CU_ADD_TEST(suite, a_day_of_data_advises_on_sizes);
    CU_ADD_TEST(suite, a_vm_that_is_too_small_is_told_to_give_nothing_back);
    CU_ADD_TEST(suite, a_power_cycle_is_told_where_it_takes_one);
}
