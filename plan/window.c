/* SPDX-License-Identifier: MIT */
#include "plan/window.h"

#include "plan/reasons.h"
#include "plan/room.h"
#include "plan/schedule.h"
#include "plan/sequence.h"
#include "plan/unsolved.h"

#include <math.h>

#define MOST_MISSES 100 /* changes tried in vain where a window is full */
#define NO_TIME "max_duration_s leaves no time for the steps that would change it"

/* ---- where a list may end ---- */

/* the hosts on their way: what is worse than at the start and than when all is done */
typedef struct Progress {
    const Situation *situation;
    const Model *full_end;
    Model *now;
    gboolean *worse_host, *worse_rule,
        *worse_cluster; /* of the latter: VMs that could no longer be restarted */
    guint n_worse;
} Progress;

static void note(Progress *progress, gboolean *was_worse, gboolean is_worse)
{
    progress->n_worse += (guint)is_worse - (guint)*was_worse;
    *was_worse = is_worse;
}

static void note_host(Progress *progress, guint host)
{
    note(progress, &progress->worse_host[host],
         model_is_hot(progress->now, host) && !model_is_hot(progress->situation->start, host) &&
             !model_is_hot(progress->full_end, host));
}

static void note_cluster(Progress *progress, guint cluster)
{
    const Legality *legality = progress->situation->legality;
    note(progress, &progress->worse_cluster[cluster],
         legality_newly_lost(legality, progress->now, cluster) >= 0 &&
             legality_newly_lost(legality, progress->full_end, cluster) < 0);
}

static void make_step(Progress *progress, const Change *change)
{
    const RuleSet *rules = progress->situation->rules;
    change_apply(progress->now, change);
    note_host(progress, (guint)change->from);
    note_host(progress, (guint)change->to);
    note_cluster(progress, (guint)progress->now->hosts[change->to].cluster);
    const GArray *own = change->vm >= 0 ? rules_of_vm(rules, (guint)change->vm) : NULL;
    for (guint i = 0; own && i < own->len; i++) {
        guint r = g_array_index(own, guint, i);
        const BoundRule *rule = rules_at(rules, r);
        note(progress, &progress->worse_rule[r],
             rule->mandatory &&
                 rule_breach(rule, progress->now) > rule_breach(rule, progress->situation->start));
    }
}

/* the longest beginning of the list, of at most so many steps, that leaves nothing worse than it was, but for
 * what is so when all of it is done */
static guint last_good_end(const Situation *situation, const GArray *changes, const Model *full_end,
                           guint most)
{
    g_autoptr(Model) now = model_copy(situation->start);
    g_autofree gboolean *worse_host = g_new0(gboolean, now->snapshot->n_hosts + 1);
    g_autofree gboolean *worse_rule = g_new0(gboolean, rules_count(situation->rules) + 1);
    g_autofree gboolean *worse_cluster = g_new0(gboolean, now->snapshot->n_clusters + 1);
    Progress progress = {situation, full_end, now, worse_host, worse_rule, worse_cluster, 0};
    guint good = 0;
    for (guint i = 0; i < most; i++) {
        make_step(&progress, &g_array_index(changes, Change, i));
        if (progress.n_worse == 0)
            good = i + 1;
    }
    return good;
}

/* how many of the changes, from the first, end in time */
static guint count_in_time(const Situation *situation, const GArray *changes)
{
    const Policy *policy = situation->start->policy;
    guint low = 0, high = changes->len;
    while (low < high) {
        guint middle = (low + high + 1) / 2;
        double makespan = schedule_makespan(situation->start, changes, middle, (guint)policy->parallel,
                                            (guint)policy->parallel_per_host);
        if (makespan <= policy->max_duration_s)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- which changes to make ---- */

/* a list being chosen from another */
typedef struct Choice {
    const Situation *situation;
    const GArray *ordered; /* Change, with after */
    GArray *kept;          /* Change, with after in this list */
    int *place;            /* of each of the ordered in kept, or -1 */
} Choice;

/* whether a change fits with those kept so far; if so it is kept */
static gboolean keep_if_it_fits(Choice *choice, guint index, gboolean in_time)
{
    const Policy *policy = choice->situation->start->policy;
    const Change *change = &g_array_index(choice->ordered, Change, index);
    Change copy = *change;
    copy.reason = NULL;
    copy.after = g_array_new(FALSE, FALSE, sizeof(guint));
    gboolean fits = TRUE;
    for (guint i = 0; i < change->after->len; i++) {
        int place = choice->place[g_array_index(change->after, guint, i)];
        fits = fits && place >= 0;
        g_array_append_val(copy.after, place);
    }
    g_array_append_val(choice->kept, copy);
    guint n = choice->kept->len;
    fits = fits &&
           (in_time || schedule_makespan(choice->situation->start, choice->kept, n, (guint)policy->parallel,
                                         (guint)policy->parallel_per_host) <= policy->max_duration_s);
    if (!fits)
        g_array_set_size(choice->kept, n - 1);
    choice->place[index] = fits ? (int)n - 1 : -1;
    return fits;
}

/* those that begin the list and end in time, and later ones that still find room */
static void keep_what_fits(Choice *choice)
{
    guint n_in_time = count_in_time(choice->situation, choice->ordered), misses = 0;
    for (guint i = 0; i < choice->ordered->len; i++) {
        choice->place[i] = -1;
        if (misses < MOST_MISSES && !keep_if_it_fits(choice, i, i < n_in_time))
            misses++;
    }
    g_autoptr(Model) full_end = model_after(choice->situation->start, choice->ordered);
    g_array_set_size(choice->kept,
                     last_good_end(choice->situation, choice->kept, full_end, choice->kept->len));
}

static gboolean is_among(const GArray *changes, const Change *change)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *other = &g_array_index(changes, Change, i);
        if (other->vm == change->vm && other->action == change->action && other->to == change->to)
            return TRUE;
    }
    return FALSE;
}

/* the changes in safe order, in a list of their own */
static GArray *in_safe_order(const Situation *situation, const GArray *changes)
{
    g_autoptr(GArray) blocked = change_list_new();
    GArray *ordered = change_list_new();
    g_array_append_vals(ordered, changes->data, changes->len);
    reasons_order(situation, ordered);
    sequence_order(situation, ordered, blocked);
    return ordered;
}

GArray *window_choose(const Situation *situation, GArray *changes)
{
    GArray *out = change_list_new();
    if (situation->start->policy->max_duration_s <= 0 || changes->len == 0)
        return out;
    g_autoptr(GArray) ordered = in_safe_order(situation, changes);
    g_autoptr(GArray) kept = change_list_new();
    g_autofree int *place = g_new(int, ordered->len + 1);
    Choice choice = {situation, ordered, kept, place};
    keep_what_fits(&choice);
    for (guint i = changes->len; i-- > 0;) {
        if (is_among(kept, &g_array_index(changes, Change, i)))
            continue;
        g_array_append_val(out, g_array_index(changes, Change, i));
        g_array_remove_index(changes, i);
    }
    return out;
}

/* ---- what that leaves ---- */

/* TRUE where the item says that more is reserved on its host than there is, as all steps would leave it */
static gboolean is_of_reservations(const Unsolved *unsolved, const Model *full_end)
{
    g_autofree char *words =
        unsolved->host >= 0 ? room_words_of_overreserved(full_end, (guint)unsolved->host) : NULL;
    return words && g_str_has_prefix(unsolved->reason, words);
}

static gboolean is_told(const Decisions *decisions, const Model *full_end, int host)
{
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        if (unsolved->host == host && !is_of_reservations(unsolved, full_end))
            return TRUE;
    }
    return FALSE;
}

/* TRUE where what is reserved on the host is too much, and not as it would be with all steps */
static gboolean is_reserved_otherwise(const Model *full_end, const Model *end, guint host)
{
    g_autofree char *is = room_words_of_overreserved(end, host);
    g_autofree char *were = room_words_of_overreserved(full_end, host);
    return is && g_strcmp0(is, were) != 0;
}

/* Those that were to stay hot by what would have come to them do not, where it does not come; what is said of
 * reservations is said anew where others stay. */
static void forget_what_is_solved(const Situation *situation, const Model *full_end, const Model *end,
                                  Decisions *decisions)
{
    for (guint i = decisions->unsolved->len; i-- > 0;) {
        const Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        if (unsolved->host < 0 || model_is_asked_to_empty(situation->start, (guint)unsolved->host))
            continue;
        guint host = (guint)unsolved->host;
        g_autofree char *reserved = room_words_of_overreserved(end, host);
        if (is_of_reservations(unsolved, full_end) ? !reserved || is_reserved_otherwise(full_end, end, host)
                                                   : end->hosts[host].source && !model_is_hot(end, host))
            g_array_remove_index(decisions->unsolved, i);
    }
}

static void tell_of_hosts(const Situation *situation, const Model *full_end, const Model *end,
                          Decisions *decisions)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (is_told(decisions, full_end, (int)host))
            continue;
        if (model_is_to_empty(situation->start, host)) {
            if (model_vms_to_leave(end, host) > 0)
                decisions_add_unsolved_host(decisions, host, OBSTACLE_WINDOW,
                                            g_strdup("is to be emptied and is not: " NO_TIME));
        } else if (model_is_hot(end, host)) {
            unsolved_add_hot_host_by(decisions, situation->start, end, host, OBSTACLE_WINDOW, NO_TIME);
        }
    }
}

/* of hosts with more reserved than they have, which all steps would have left otherwise */
static void tell_of_reservations(const Situation *situation, const Model *full_end, const Model *end,
                                 Decisions *decisions)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        g_autofree char *reserved = room_words_of_overreserved(end, host);
        if (is_reserved_otherwise(full_end, end, host) && situation_decides_host(situation, host) &&
            !model_is_to_empty(situation->start, host))
            decisions_add_unsolved_host(decisions, host, OBSTACLE_ROOM,
                                        g_strdup_printf("%s; " NO_TIME, reserved));
    }
}

/* of those that all steps would have repaired */
static void tell_of_rules(const Situation *situation, const Model *full_end, const Model *end,
                          Decisions *decisions)
{
    for (guint i = 0; i < rules_count(situation->rules); i++) {
        const BoundRule *rule = rules_at(situation->rules, i);
        if (rule->mandatory && rule_breach(rule, end) > rule_breach(rule, full_end))
            decisions_add_unsolved_vm(
                decisions, rule->vms[0], OBSTACLE_WINDOW,
                g_strdup_printf("the mandatory rule \"%s\" stays broken: " NO_TIME, rule->name));
    }
}

void window_cut(const Situation *situation, Decisions *decisions)
{
    GArray *changes = decisions->changes;
    if (situation->start->policy->max_duration_s <= 0)
        return;
    guint kept = count_in_time(situation, changes);
    if (kept == changes->len)
        return;
    g_autoptr(Model) full_end = model_after(situation->start, changes);
    kept = last_good_end(situation, changes, full_end, kept);
    g_autoptr(Model) end = model_with(situation->start, changes, kept);
    for (guint i = kept; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        decisions_add_undone(decisions, change, OBSTACLE_WINDOW,
                             g_strdup_printf("a step does not fit max_duration_s (%s)", change->reason));
    }
    g_array_set_size(changes, kept);
    forget_what_is_solved(situation, full_end, end, decisions);
    tell_of_hosts(situation, full_end, end, decisions);
    tell_of_reservations(situation, full_end, end, decisions);
    tell_of_rules(situation, full_end, end, decisions);
}
