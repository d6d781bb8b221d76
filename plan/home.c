/* SPDX-License-Identifier: MIT */
#include "plan/home.h"

#include "collect/format.h"
#include "collect/plural.h"
#include "plan/compose.h"

#include <math.h>
#include <string.h>

#define MOST_NAMED 5

/* a VM that was moved, as the journal has it */
typedef struct Mover {
    const JournalRow *first, *last; /* its first and its last migration */
    gboolean evacuated;
    int vm;   /* -1: it is no longer in the snapshot */
    int home; /* the host that it left; -1: it is no longer in the snapshot */
    double cost_s;
    guint group;    /* the same of VMs that rules keep together */
    gboolean there; /* at home, or on its way by the decisions so far */
    Obstacle why;   /* of the last try */
} Mover;

typedef struct Homing {
    const Situation *situation;
    Model *now;
    Decisions *decisions;
    GArray *movers; /* Mover, in the journal's order, then by cost */
    GArray *hosts;  /* guint: those that the journal brought into maintenance mode */
    guint at_home, gone;
} Homing;

static void clear_mover(gpointer data)
{
    obstacle_clear(&((Mover *)data)->why);
}

static Mover *mover_at(const Homing *homing, guint index)
{
    return &g_array_index(homing->movers, Mover, index);
}

/* ---- what the journal tells ---- */

static gboolean is_of_snapshot(const Journal *journal, const SnapshotInfo *info, GError **error)
{
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (strcmp(row->source_id, info->source_id) != 0) {
            g_set_error(error, VMANGER_ERROR, 0, "%s: found source_id %s: expected %s, the snapshot's",
                        journal->path, row->source_id, info->source_id);
            return FALSE;
        }
        if (row->event == EVENT_RUN_STARTED &&
            journal_target_is(journal_row_target(row), JOURNAL_DIRECTORY) &&
            !list_contains(info->rehearsal, row->plan)) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "%s: found a rehearsal: expected a journal of an apply to the vCenter, or a snapshot "
                        "that is the rehearsal's result",
                        journal->path);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_same_vm(const JournalRow *one, const JournalRow *other)
{
    return *one->instance_uuid && *other->instance_uuid
               ? strcmp(one->instance_uuid, other->instance_uuid) == 0
               : strcmp(one->object_id, other->object_id) == 0;
}

static Mover *mover_of(Homing *homing, const JournalRow *row)
{
    for (guint i = 0; i < homing->movers->len; i++)
        if (is_same_vm(mover_at(homing, i)->first, row))
            return mover_at(homing, i);
    Mover mover = {.first = row, .vm = -1, .home = -1};
    g_array_append_val(homing->movers, mover);
    return mover_at(homing, homing->movers->len - 1);
}

static gboolean is_for_evacuation(const Journal *journal, guint index)
{
    g_autofree char *cause = journal_text_in(journal_intent_of(journal, index), "cause");
    return cause && strcmp(cause, cause_names[CAUSE_EVACUATION]) == 0;
}

static void read_host(Homing *homing, const JournalRow *row)
{
    int host = snapshot_find_host(homing->now->snapshot, row->object_id);
    if (host >= 0 && !journal_row_found_it_so(row) && situation_decides_host(homing->situation, (guint)host))
        g_array_append_val(homing->hosts, host);
}

/* Each step of which the effect stands, by its last success; of a detour one leg has the cause. */
static void read_rows(Homing *homing, const Journal *journal, GHashTable *states)
{
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        gpointer key = GSIZE_TO_POINTER(isnan(row->step) ? 0 : (gsize)row->step);
        if (row->event != EVENT_SUCCEEDED || GPOINTER_TO_INT(g_hash_table_lookup(states, key)) != LEAVES_DONE)
            continue;
        g_hash_table_remove(states, key);
        if (row->action == ACTION_ENTER_MAINTENANCE)
            read_host(homing, row);
        if (row->action != ACTION_MIGRATE)
            continue;
        Mover *mover = mover_of(homing, row);
        mover->last = row;
        mover->evacuated |= is_for_evacuation(journal, i);
    }
}

static int find_vm(const Snapshot *snapshot, const JournalRow *row)
{
    int vm = snapshot_find_vm(snapshot, row->object_id);
    const char *uuid = vm >= 0 ? snapshot->vms[vm].instance_uuid : "";
    if (!*row->instance_uuid || (*uuid && strcmp(uuid, row->instance_uuid) == 0))
        return vm;
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (strcmp(snapshot->vms[i].instance_uuid, row->instance_uuid) == 0)
            return (int)i;
    return *uuid ? -1 : vm;
}

/* Leaves those that were evacuated, found in the snapshot. */
static void find_movers(Homing *homing)
{
    const Snapshot *snapshot = homing->now->snapshot;
    for (guint i = homing->movers->len; i-- > 0;) {
        Mover *mover = mover_at(homing, i);
        mover->vm = find_vm(snapshot, mover->first);
        mover->home = snapshot_find_host(snapshot, mover->first->from_id);
        gboolean ours =
            mover->evacuated && (mover->vm < 0 || situation_decides_vm(homing->situation, (guint)mover->vm));
        if (!ours) {
            g_array_remove_index(homing->movers, i);
            continue;
        }
        homing->gone += mover->vm < 0;
        mover->there = mover->vm >= 0 && homing->now->vms[mover->vm].host == mover->home;
        homing->at_home += mover->there;
        if (mover->vm >= 0 && mover->home >= 0) {
            Change back = change_migration(homing->now, (guint)mover->vm, (guint)mover->home);
            mover->cost_s = change_seconds(homing->now, &back);
        }
    }
}

static gboolean read_journal(Homing *homing, const Journal *journal, GError **error)
{
    g_autoptr(GHashTable) states = NULL;
    if (!is_of_snapshot(journal, &homing->now->snapshot->info, error) ||
        !(states = journal_settled_steps(journal, error)))
        return FALSE;
    read_rows(homing, journal, states);
    find_movers(homing);
    if (homing->movers->len || homing->hosts->len)
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found no VM that was moved to empty a host, and no host that entered maintenance mode%s: "
        "expected the journal of an evacuation",
        journal->path, homing->situation->clusters ? ", in the clusters that are named" : "");
    return FALSE;
}

/* ---- groups ---- */

static int compare_movers(gconstpointer a, gconstpointer b)
{
    const Mover *left = a, *right = b;
    if (left->cost_s != right->cost_s)
        return left->cost_s < right->cost_s ? -1 : 1;
    return strcmp(left->first->object_id, right->first->object_id);
}

static void join_groups(Homing *homing, guint one, guint other)
{
    for (guint i = 0; i < homing->movers->len; i++)
        if (mover_at(homing, i)->group == other)
            mover_at(homing, i)->group = one;
}

/* VMs that are bound to each other, whether they must or should be together, go as one. */
static void form_groups(Homing *homing)
{
    const RuleSet *rules = homing->situation->rules;
    g_autofree guint *first = g_new0(guint, rules_count(rules) + 1); /* of each rule, from 1 */
    g_array_sort(homing->movers, compare_movers);
    for (guint i = 0; i < homing->movers->len; i++)
        mover_at(homing, i)->group = i;
    for (guint i = 0; i < homing->movers->len; i++) {
        const Mover *mover = mover_at(homing, i);
        const GArray *own = mover->vm >= 0 ? rules_of_vm(rules, (guint)mover->vm) : NULL;
        for (guint j = 0; own && j < own->len; j++) {
            guint rule = g_array_index(own, guint, j);
            if (rules_at(rules, rule)->type != RULE_VM_AFFINITY)
                continue;
            if (first[rule])
                join_groups(homing, mover_at(homing, first[rule] - 1)->group, mover->group);
            else
                first[rule] = i + 1;
        }
    }
}

/* ---- may it go? ---- */

/* What has nothing to do with room, and no other VM's going changes. */
static gboolean may_go(const Homing *homing, Mover *mover)
{
    const Model *now = homing->now;
    const ModelVm *vm = &now->vms[mover->vm];
    const char *left_on = mover->last->to_id;
    if (strcmp(now->snapshot->hosts[vm->host].id, left_on) != 0)
        return obstacle_set(&mover->why, OBSTACLE_MOVED_SINCE, vm->host,
                            "is no longer on %s, where the evacuation left it: who moved it on decides",
                            mover->last->to);
    if (mover->home < 0)
        return obstacle_set(&mover->why, OBSTACLE_HOME_GONE, -1, "was on %s, which is no longer there",
                            mover->first->from);
    if (!vm->running && !now->policy->evacuate_powered_off)
        return obstacle_set(&mover->why, OBSTACLE_VM_OFF, -1,
                            "does not run now, and evacuate_powered_off takes no such VM along");
    if (vm->running && !vm->measured)
        return obstacle_set(&mover->why, OBSTACLE_NOT_MEASURED, -1,
                            "was not measured: nobody knows what its host would have to carry");
    return legality_may_move(homing->situation->legality, (guint)mover->vm, &mover->why);
}

/* the first rule of the VM, mandatory or not, that is broken worse then */
static const BoundRule *rule_broken(const RuleSet *rules, const Model *before, const Model *after, guint vm)
{
    const GArray *own = rules_of_vm(rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(rules, g_array_index(own, guint, i));
        if (rule_breach(rule, after) > rule_breach(rule, before))
            return rule;
    }
    return NULL;
}

static gboolean keeps_rules(const Homing *homing, const Model *after, Mover *mover)
{
    const BoundRule *rule = homing->now->vms[mover->vm].running
                                ? rule_broken(homing->situation->rules, homing->now, after, (guint)mover->vm)
                                : NULL;
    if (!rule)
        return TRUE;
    obstacle_set(&mover->why, OBSTACLE_RULE, mover->home, "would there break the %s \"%s\"",
                 rule->mandatory ? "mandatory rule" : "rule", rule->name);
    mover->why.rule = rule;
    return FALSE;
}

/* whether its home can take it, with those that went before */
static gboolean fits(const Homing *homing, const Model *after, Mover *mover)
{
    g_auto(Obstacle) why = {0};
    guint questions =
        LEGAL_HOST | LEGAL_ROOM | (after->vms[mover->vm].running ? LEGAL_HEAT | LEGAL_FAILOVER : 0);
    if (legality_allows_move(homing->situation->legality, after, (guint)mover->vm, (guint)mover->home,
                             questions, &why))
        return TRUE;
    if (why.host < 0)
        return obstacle_set(&mover->why, why.code, why.host, "%s", why.words);
    return obstacle_set(&mover->why, why.code, why.host, "left %s, which %s",
                        after->snapshot->hosts[mover->home].name, why.words);
}

/* the first of the VMs of a group that are not at home and cannot go there now, together; NULL: all can, and
 * after has them there */
static Mover *first_kept(const Homing *homing, guint group, Model *after)
{
    for (guint i = 0; i < homing->movers->len; i++) {
        Mover *mover = mover_at(homing, i);
        if (mover->group != group || mover->there || mover->vm < 0)
            continue;
        if (!may_go(homing, mover) || !fits(homing, after, mover))
            return mover;
        Change back = change_migration(after, (guint)mover->vm, (guint)mover->home);
        change_apply(after, &back);
    }
    for (guint i = 0; i < homing->movers->len; i++) {
        Mover *mover = mover_at(homing, i);
        if (mover->group == group && !mover->there && mover->vm >= 0 && !keeps_rules(homing, after, mover))
            return mover;
    }
    return NULL;
}

/* ---- deciding ---- */

static void go(Homing *homing, Mover *mover)
{
    const Model *now = homing->now;
    Change back = change_migration(now, (guint)mover->vm, (guint)mover->home);
    const char *drs = NULL;
    gboolean left = now->vms[mover->vm].running &&
                    legality_left_to_drs(homing->situation->legality, (guint)mover->vm, &drs);
    g_autofree char *when = table_format_time(mover->first->time);
    back.cause = CAUSE_HOME;
    back.reason = g_strdup_printf("goes home to %s, which it left at %s as that was emptied%s%s",
                                  now->snapshot->hosts[mover->home].name, when, left ? "; left to you: " : "",
                                  left ? drs : "");
    mover->there = TRUE;
    if (left) {
        change_apply(homing->now, &back);
        g_array_append_val(homing->decisions->advice, back);
    } else {
        decisions_make(homing->decisions, homing->now, &back);
    }
}

static gboolean take_group_home(Homing *homing, guint group)
{
    gboolean waits = FALSE;
    for (guint i = 0; i < homing->movers->len; i++) {
        const Mover *mover = mover_at(homing, i);
        waits |= mover->group == group && mover->vm >= 0 && !mover->there;
    }
    if (!waits)
        return FALSE;
    g_autoptr(Model) after = model_copy(homing->now);
    const Mover *kept = first_kept(homing, group, after);
    for (guint i = 0; i < homing->movers->len; i++) {
        Mover *mover = mover_at(homing, i);
        if (mover->group != group || mover->there || mover->vm < 0)
            continue;
        if (!kept)
            go(homing, mover);
        else if (mover != kept)
            obstacle_set(&mover->why, kept->why.code, kept->why.host, "is kept together with %s, which %s",
                         homing->now->vms[kept->vm].row->name, kept->why.words);
    }
    return !kept;
}

static void open_hosts(Homing *homing)
{
    const Model *now = homing->now;
    for (guint i = 0; i < homing->hosts->len; i++) {
        guint host = g_array_index(homing->hosts, guint, i);
        Change leave = change_of_host(ACTION_EXIT_MAINTENANCE, host);
        g_auto(Obstacle) why = {0};
        if (now->hosts[host].mode == HOST_MODE_NORMAL)
            continue;
        if (!legality_allows(homing->situation->legality, now, &leave, LEGAL_SUBJECT | LEGAL_HOST, &why)) {
            decisions_add_unsolved_host(homing->decisions, host, why.code, g_steal_pointer(&why.words));
            continue;
        }
        leave.cause = CAUSE_HOME;
        leave.reason = g_strdup("was brought into maintenance mode by the evacuation, whose VMs go home");
        decisions_make(homing->decisions, homing->now, &leave);
    }
}

static void tell_kept(Homing *homing)
{
    for (guint i = 0; i < homing->movers->len; i++) {
        Mover *mover = mover_at(homing, i);
        if (mover->vm >= 0 && !mover->there)
            decisions_add_unsolved_vm(homing->decisions, (guint)mover->vm, mover->why.code,
                                      g_strdup_printf("stays: it %s", mover->why.words));
    }
}

static void append_gone(const Homing *homing, GString *words)
{
    guint named = 0;
    g_string_append_printf(words, ", %u %s no longer in the snapshot (", homing->gone,
                           plural(homing->gone, "is", "are"));
    for (guint i = 0; i < homing->movers->len && named < MOST_NAMED; i++)
        if (mover_at(homing, i)->vm < 0)
            g_string_append_printf(words, "%s%s", named++ ? ", " : "", mover_at(homing, i)->first->object);
    g_string_append_printf(words, "%s)", homing->gone > named ? " …" : "");
}

/* "Of 6 VMs that left 4 can go home, 1 is there already, 1 is no longer in the snapshot (db3); hot hosts …. "
 */
static char *words_of_all(const Homing *homing)
{
    guint going = 0;
    for (guint i = 0; i < homing->movers->len; i++)
        going += mover_at(homing, i)->there;
    going -= homing->at_home;
    GString *words = g_string_new(NULL);
    g_string_append_printf(words, "Of %u %s that left %u can go home", homing->movers->len,
                           plural(homing->movers->len, "VM", "VMs"), going);
    if (homing->at_home)
        g_string_append_printf(words, ", %u %s there already", homing->at_home,
                               plural(homing->at_home, "is", "are"));
    if (homing->gone)
        append_gone(homing, words);
    return g_string_free(g_string_append(words, "; hot hosts and short VMs are left to another plan. "),
                         FALSE);
}

ChangePlan *home_plan(const Situation *situation, const Journal *journal, GError **error)
{
    g_autoptr(Decisions) decisions = decisions_new();
    Homing homing = {situation,
                     model_copy(situation->start),
                     decisions,
                     g_array_new(FALSE, FALSE, sizeof(Mover)),
                     g_array_new(FALSE, FALSE, sizeof(guint)),
                     0,
                     0};
    ChangePlan *plan = NULL;
    g_array_set_clear_func(homing.movers, clear_mover);
    if (read_journal(&homing, journal, error)) {
        form_groups(&homing);
        open_hosts(&homing);
        gboolean moved = TRUE;
        while (moved) {
            moved = FALSE;
            for (guint i = 0; i < homing.movers->len; i++)
                moved |= take_group_home(&homing, mover_at(&homing, i)->group);
        }
        tell_kept(&homing);
        decisions->preface = words_of_all(&homing);
        decisions->stopped_by = g_strdup("done");
        plan = compose_plan(situation, decisions);
    }
    g_array_unref(homing.hosts);
    g_array_unref(homing.movers);
    model_free(homing.now);
    return plan;
}
