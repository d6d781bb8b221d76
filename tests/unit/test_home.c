/* SPDX-License-Identifier: MIT */
#include "plan/home.h"

#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <glib/gstdio.h>
#include <string.h>

void test_home_suite(void);

#define WENT 1795000000

/* ---- fixtures ---- */

/* The journal of an evacuation of h1 of the cluster that smallcluster_new makes; its steps are added. */
static Journal *journal_new_of(const char *kind)
{
    g_autofree char *path = smallcluster_file("", 0);
    g_autofree char *target = journal_target_text(kind, "0a1b");
    Journal *journal = journal_open(path, FALSE, NULL);
    JournalRow row = journal_row_unknown();
    CU_ASSERT_FATAL(journal != NULL);
    row.run = "run";
    row.plan = "plan";
    row.source_id = "source-1";
    row.time = WENT;
    row.event = EVENT_RUN_STARTED;
    row.detail = target;
    CU_ASSERT_FATAL(journal_append(journal, &row, NULL));
    return journal;
}

static void end(Journal *journal)
{
    g_unlink(journal->path);
    journal_free(journal);
}

static void append(Journal *journal, JournalRow *row, JournalEvent event, const char *detail)
{
    row->event = (int)event;
    row->detail = detail;
    CU_ASSERT_FATAL(journal_append(journal, row, NULL));
}

static JournalRow row_of(const Journal *journal, Action action, const char *object, const char *from,
                         const char *to)
{
    PlanRow step = step_row((int)action, journal->rows->len, object, from, to);
    JournalRow row = journal_row_of_step(&step, EVENT_INTENT);
    row.run = "run";
    row.plan = "plan";
    row.source_id = "source-1";
    row.time = WENT;
    return row;
}

static void went(Journal *journal, const char *vm, const char *from, const char *to, const char *cause)
{
    g_autofree char *detail = g_strdup_printf("copy_mib=1 cause=%s", cause);
    JournalRow row = row_of(journal, ACTION_MIGRATE, vm, from, to);
    append(journal, &row, EVENT_INTENT, detail);
    append(journal, &row, EVENT_SUCCEEDED, "");
}

static void entered(Journal *journal, const char *host, const char *detail)
{
    JournalRow row = row_of(journal, ACTION_ENTER_MAINTENANCE, host, "", "");
    append(journal, &row, EVENT_INTENT, "cause=evacuation");
    append(journal, &row, EVENT_SUCCEEDED, detail);
}

/* Hosts h1, in maintenance mode, h2 and h3. */
static SmallCluster *after_the_evacuation(void)
{
    SmallCluster *small = smallcluster_new();
    add_host(small, "h1", 100, 1)->mode = HOST_MODE_MAINTENANCE;
    add_host(small, "h2", 3000, 30);
    add_host(small, "h3", 3000, 30);
    return small;
}

static void append_row(GString *words, const PlanRow *row)
{
    g_string_append_printf(words, "%s%s", words->len ? " " : "", row->kind == ROW_ADVICE ? "?" : "");
    if (row->kind == ROW_UNSOLVED)
        g_string_append_printf(words, "!%s:%s", row->object_id, row->cause);
    else if (row->action == ACTION_MIGRATE)
        g_string_append_printf(words, "%s>%s", row->object_id, row->to_id);
    else
        g_string_append_printf(words, "%s:%s", action_names[row->action], row->object_id);
    CU_ASSERT(row->kind == ROW_UNSOLVED || strcmp(row->cause, "home") == 0);
}

/* "exit_maintenance:h1 a>h1 ?b>h1 !c:heat": steps, advice, unsolved; the journal is taken over. The summary
 * is kept where it is asked for */
static void assert_home(SmallCluster *small, const char *policy, Journal *journal, const char *expected,
                        const char *in_summary)
{
    g_autoptr(Planning) planning = planning_new(small, policy);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = home_plan(&planning->situation, journal, &error);
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; plan && i < plan->rows->len; i++)
        append_row(found, &g_array_index(plan->rows, PlanRow, i));
    if (error)
        g_string_append(found, error->message);
    CU_ASSERT_STRING_EQUAL(found->str, expected);
    if (strcmp(found->str, expected) != 0)
        printf("\n  found: %s\n", found->str);
    CU_ASSERT(!in_summary || (plan && strstr(plan->summary, in_summary)));
    end(journal);
}

/* ---- tests ---- */

static void vms_go_home_once_their_host_has_left_the_mode(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "a", "h2", 100, 4);
    add_vm(small, "b", "h3", 100, 2);
    went(journal, "a", "h1", "h2", "evacuation");
    went(journal, "b", "h1", "h3", "evacuation");
    entered(journal, "h1", "");
    assert_home(small, NULL, journal, "exit_maintenance:h1 b>h1 a>h1", "Of 2 VMs that left 2 can go home;");
}

static void only_what_was_moved_to_empty_a_host_goes(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    small->snapshot->hosts[0].mode = HOST_MODE_NORMAL;
    add_vm(small, "relieved", "h3", 100, 4);
    add_vm(small, "emptied", "h3", 100, 4);
    went(journal, "relieved", "h2", "h3", "hot_host");
    went(journal, "emptied", "h1", "h2", "detour");
    went(journal, "emptied", "h2", "h3", "evacuation");
    entered(journal, "h1", "");
    assert_home(small, NULL, journal, "emptied>h1", NULL);
}

static void a_host_that_was_in_the_mode_before_stays(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "a", "h2", 100, 4);
    went(journal, "a", "h1", "h2", "evacuation");
    entered(journal, "h1", "it was in maintenance mode already");
    assert_home(small, NULL, journal, "!a:host_mode", NULL);
}

static void one_that_is_to_be_emptied_still_stays_empty(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "a", "h2", 100, 4);
    went(journal, "a", "h1", "h2", "evacuation");
    entered(journal, "h1", "");
    assert_home(small, "[plan]\nevacuate=h1\n", journal, "!h1:host_to_empty !a:host_mode", NULL);
}

static void what_has_changed_since_is_told(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "moved", "h3", 100, 4);
    add_vm(small, "back", "h1", 0, 0);
    add_vm(small, "homeless", "h2", 100, 4);
    add_vm(small, "off", "h2", 100, 4)->power = VM_POWER_OFF;
    add_vm(small, "pinned", "h2", 100, 4)->pinned = "PCI passthrough device";
    small->snapshot->hosts[0].mode = HOST_MODE_NORMAL;
    went(journal, "moved", "h1", "h2", "evacuation");
    went(journal, "back", "h1", "h2", "evacuation");
    went(journal, "homeless", "h9", "h2", "evacuation");
    went(journal, "off", "h1", "h2", "evacuation");
    went(journal, "pinned", "h1", "h2", "evacuation");
    went(journal, "deleted", "h1", "h2", "evacuation");
    assert_home(
        small, NULL, journal, "!homeless:home_gone !off:vm_off !moved:moved_since !pinned:pinned",
        "Of 6 VMs that left 0 can go home, 1 is there already, 1 is no longer in the snapshot (deleted);");
}

static void vms_that_do_not_run_go_where_the_policy_takes_them_along(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "off", "h2", 100, 4)->power = VM_POWER_OFF;
    went(journal, "off", "h1", "h2", "evacuation");
    entered(journal, "h1", "");
    assert_home(small, "[plan]\nevacuate_powered_off=yes\n", journal, "exit_maintenance:h1 off>h1", NULL);
}

/* The smallest first, so that most go: room for one more is not there. */
static void nothing_gets_hot_by_it(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "large", "h2", 100, 60);
    add_vm(small, "small", "h2", 100, 20);
    small->snapshot->hosts[0].mode = HOST_MODE_NORMAL;
    add_host(small, "h4", 100, 1);
    went(journal, "large", "h1", "h2", "evacuation");
    went(journal, "small", "h1", "h2", "evacuation");
    assert_home(small, NULL, journal, "small>h1 !large:heat", NULL);
}

static void vms_that_rules_keep_together_go_as_one_or_not_at_all(void)
{
    for (guint stays = 0; stays < 2; stays++) {
        SmallCluster *small = after_the_evacuation();
        Journal *journal = journal_new_of(JOURNAL_VCENTER);
        add_vm(small, "a", "h2", 100, 4);
        add_vm(small, "b", "h2", 100, 2)->pinned = stays ? "USB device" : "";
        add_rule(small, "pair", RULE_VM_AFFINITY, TRUE, "a b", "");
        went(journal, "a", "h1", "h2", "evacuation");
        went(journal, "b", "h1", "h2", "evacuation");
        entered(journal, "h1", "");
        assert_home(small, NULL, journal,
                    stays ? "exit_maintenance:h1 !b:pinned !a:pinned" : "exit_maintenance:h1 b>h1 a>h1",
                    NULL);
    }
}

static void no_rule_is_broken_by_it(void)
{
    for (int mandatory = 0; mandatory < 2; mandatory++) {
        SmallCluster *small = after_the_evacuation();
        Journal *journal = journal_new_of(JOURNAL_VCENTER);
        add_vm(small, "a", "h2", 100, 4);
        add_vm(small, "new", "h1", 0, 0);
        add_rule(small, "apart", RULE_VM_ANTI_AFFINITY, mandatory, "a new", "");
        small->snapshot->hosts[0].mode = HOST_MODE_NORMAL;
        went(journal, "a", "h1", "h2", "evacuation");
        assert_home(small, NULL, journal, "!a:rule", NULL);
    }
}

static void what_is_left_to_drs_is_advice(void)
{
    SmallCluster *small = after_the_evacuation();
    Journal *journal = journal_new_of(JOURNAL_VCENTER);
    add_vm(small, "a", "h2", 100, 4)->drs_override = DRS_OVERRIDE_MANUAL;
    went(journal, "a", "h1", "h2", "evacuation");
    entered(journal, "h1", "");
    assert_home(small, NULL, journal, "exit_maintenance:h1 ?a>h1", NULL);
}

static void a_journal_that_leads_to_no_home_is_refused(void)
{
    static const char *const expected[] = {
        "found source_id vc: expected source-1, the snapshot's",
        "found a rehearsal: expected a journal of an apply to the vCenter, or a snapshot that is the rehearsal's "
        "result",
        "found steps of which the end is not known: 2: expected none (first apply the plan again with this "
        "journal: it settles them)",
        "found no VM that was moved to empty a host, and no host that entered maintenance mode: expected the "
        "journal of an evacuation",
    };
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        Journal *journal = journal_new_of(i == 1 ? JOURNAL_DIRECTORY : JOURNAL_VCENTER);
        JournalRow row = row_of(journal, ACTION_MIGRATE, "a", "h1", "h2");
        row.step = 2;
        row.source_id = i == 0 ? "vc" : "source-1";
        append(journal, &row, i == 2 ? EVENT_SUBMITTED : EVENT_SKIPPED, "");
        g_autofree char *words = g_strconcat(journal->path, ": ", expected[i], NULL);
        assert_home(after_the_evacuation(), NULL, journal, words, NULL);
    }
}

void test_home_suite(void)
{
    CU_pSuite suite = CU_add_suite("home", NULL, NULL);
    CU_ADD_TEST(suite, vms_go_home_once_their_host_has_left_the_mode);
    CU_ADD_TEST(suite, only_what_was_moved_to_empty_a_host_goes);
    CU_ADD_TEST(suite, a_host_that_was_in_the_mode_before_stays);
    CU_ADD_TEST(suite, one_that_is_to_be_emptied_still_stays_empty);
    CU_ADD_TEST(suite, what_has_changed_since_is_told);
    CU_ADD_TEST(suite, vms_that_do_not_run_go_where_the_policy_takes_them_along);
    CU_ADD_TEST(suite, nothing_gets_hot_by_it);
    CU_ADD_TEST(suite, vms_that_rules_keep_together_go_as_one_or_not_at_all);
    CU_ADD_TEST(suite, no_rule_is_broken_by_it);
    CU_ADD_TEST(suite, what_is_left_to_drs_is_advice);
    CU_ADD_TEST(suite, a_journal_that_leads_to_no_home_is_refused);
}
