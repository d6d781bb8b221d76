/* SPDX-License-Identifier: MIT */
#include "plan/giveback.h"

#include "analyze/peaks.h"
#include "analyze/sizing.h"
#include "plan/growth.h"
#include "plan/reclaim.h"

#include <math.h>

#define DAY_S (24 * 3600)
#define MOST_DAYS 10 /* after which a day's peak weighs a thousandth */

/* a VM to which memory was lent, and what its guest is known to have touched */
typedef struct Debtor {
    const Model *end;
    guint vm;
    GArray *sizes; /* double: MiB that it had before each addition, ascending */
    GArray *peaks; /* DayPeak; none: it was not measured */
    double span_s; /* of the data; NAN: less than a day, or none of its peaks */
    gint64 rests;  /* until then it keeps what it was given last, seconds since 1970 */
} Debtor;

static void debtor_clear(Debtor *debtor)
{
    g_array_unref(debtor->sizes);
    g_array_unref(debtor->peaks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Debtor, debtor_clear)

/* An assessment without a history has the last window alone. */
static GArray *peaks_of_load(const Load *load)
{
    GArray *peaks = load ? peaks_read(load->peaks) : NULL;
    if (!peaks)
        peaks = g_array_new(FALSE, FALSE, sizeof(DayPeak));
    DayPeak now = {0, load ? load->demand : NAN};
    if (peaks->len == 0 && !isnan(now.kib))
        g_array_append_val(peaks, now);
    return peaks;
}

/* What it was given last, by an addition or as a reclaim was undone, it keeps for a day. */
static gint64 rests_until(const GArray *changes)
{
    g_autoptr(GArray) standing = lent_standing(changes);
    return standing->len ? g_array_index(standing, LentChange, standing->len - 1).time + DAY_S : 0;
}

/* takes the sizes over */
static Debtor debtor_of(const Situation *situation, const Model *end, guint vm, GArray *sizes)
{
    const Assessed *assessed =
        assessment_find(end->assessment, end->snapshot->info.source_id, end->vms[vm].row->id);
    const Load *load = assessed ? &assessed->loads[RESOURCE_MEMORY] : NULL;
    return (Debtor){end,
                    vm,
                    sizes,
                    peaks_of_load(load),
                    load && *load->peaks ? load->size_span_s : NAN,
                    rests_until(past_of_vm(situation->past, situation->start, vm)->memory)};
}

/* MiB that the VM needs as of so many days on; NAN where it was not measured */
static double need_of(const Debtor *debtor, guint days_on)
{
    double share = sizerule_share(sizerule_statistic(&sizerule_vpa, TRUE));
    double kib = peaks_percentile(debtor->peaks, share, days_on);
    return sizing_memory_mib(sizing_need(&sizerule_vpa, kib), kib, debtor->end->policy);
}

/* the smallest size that it can have as of so many days on; NAN: none but the present one */
static double size_for(const Debtor *debtor, guint days_on)
{
    double need = need_of(debtor, days_on);
    for (guint i = 0; i < debtor->sizes->len; i++) {
        double size = g_array_index(debtor->sizes, double, i);
        if (isnan(need) || need <= size)
            return size;
    }
    return NAN;
}

/* "and are no longer needed: its guest needs 2900 MiB (3.0 days of data)" */
static char *words_of_need(const Debtor *debtor)
{
    if (debtor->peaks->len == 0)
        return g_strdup("; what its guest needs is not known: it was not measured (less than a day of data)");
    g_autofree char *data = isnan(debtor->span_s)
                                ? g_strdup("less than a day of data")
                                : g_strdup_printf("%.1f days of data", debtor->span_s / DAY_S);
    return g_strdup_printf(" and are no longer needed: its guest needs %.0f MiB (%s)",
                           ceil(need_of(debtor, 0)), data);
}

static Change change_back(const Debtor *debtor, double to_mib, const char *when)
{
    Change change = change_growth(debtor->end, ACTION_RECLAIM_MEMORY, debtor->vm, to_mib);
    g_autofree char *need = words_of_need(debtor);
    change.cause = CAUSE_LENT;
    change.reason = g_strdup_printf("%.0f MiB of its %.0f MiB were lent%s%s", change.was - to_mib, change.was,
                                    need, when);
    return change;
}

/* the whole days until a size will do, were every day like the last; -1: not within those that count */
static int days_until(const Debtor *debtor, double size)
{
    for (int days = 0; days <= MOST_DAYS; days++)
        if (need_of(debtor, (guint)days) <= size)
            return days;
    return -1;
}

/* "; safe from … on, if its use stays": when it is, by what is measured until then; days: until its size will
 * do. A VM that is off is not measured. */
static char *words_of_time(const Debtor *debtor, int days)
{
    const Model *end = debtor->end;
    gboolean early = isnan(debtor->span_s);
    if (early && !end->vms[debtor->vm].running)
        return g_strdup("; safe once a whole day of data, while it runs, says the same");
    gint64 now = end->snapshot->info.taken_at, then = now + (gint64)MAX(days, early) * DAY_S;
    gboolean rests = debtor->rests > then;
    g_autofree char *time = table_format_time(MAX(then, debtor->rests));
    if (then == now && !rests)
        return g_strdup("; safe now");
    return g_strdup_printf("; safe from %s on%s%s", time,
                           early      ? ", if a whole day of data says the same"
                           : days > 0 ? ", if its use stays"
                                      : "",
                           rests ? ", a day after it was given" : "");
}

/* When it is safe; and the VM has to be off, where it gives nothing back as it runs. */
static void advise(const Debtor *debtor, Decisions *decisions)
{
    const Model *end = debtor->end;
    double size = size_for(debtor, 0);
    double to = isnan(size) ? g_array_index(debtor->sizes, double, 0) : size;
    int days = debtor->peaks->len ? days_until(debtor, to) : 0;
    if (days < 0)
        return;
    g_autofree char *time = words_of_time(debtor, days);
    g_autofree char *when = g_strdup_printf(
        "%s, %s", time, reclaim_is_possible_now(end, debtor->vm) ? "as it is" : "once it is powered off");
    Change change = change_back(debtor, to, when);
    g_array_append_val(decisions->advice, change);
}

static gboolean is_added_to(const Situation *situation, const Model *end, guint vm)
{
    return model_is_short(end, vm) || end->vms[vm].memory_mib > situation->start->vms[vm].memory_mib;
}

static void give_back(const Situation *situation, const Debtor *debtor, Decisions *decisions)
{
    const Model *end = debtor->end;
    double size = size_for(debtor, 0);
    gboolean may_be_done = situation->start->policy->reclaim == RECLAIM_LENT && !isnan(debtor->span_s) &&
                           debtor->rests <= end->snapshot->info.taken_at;
    g_auto(Obstacle) why = {0};
    Change change = change_growth(end, ACTION_RECLAIM_MEMORY, debtor->vm,
                                  isnan(size) ? g_array_index(debtor->sizes, double, 0) : size);
    gboolean legal = legality_allows(situation->legality, end, &change, LEGAL_SUBJECT | LEGAL_LENT, &why);
    if (!legal && why.code != OBSTACLE_VM_RUNS)
        return;
    if (isnan(size) && !end->vms[debtor->vm].running)
        return; /* what a VM that is off was seen to need changes no more */
    if (!legal || !may_be_done || isnan(size)) {
        advise(debtor, decisions);
        return;
    }
    change = change_back(debtor, size, "");
    g_array_append_val(decisions->changes, change);
}

void giveback_add(const Situation *situation, Decisions *decisions)
{
    if (situation->start->policy->reclaim == RECLAIM_OFF || past_is_empty(situation->past))
        return;
    g_autoptr(Model) end = model_after(situation->start, decisions->changes);
    for (guint vm = 0; vm < end->n_vms; vm++) {
        if (!situation_decides_vm(situation, vm) || is_added_to(situation, end, vm) ||
            decisions_have_no_time(decisions, (int)vm, ACTION_ADD_MEMORY))
            continue;
        g_autoptr(GArray) sizes = past_sizes_before(situation->past, end, vm);
        if (sizes->len == 0)
            continue;
        g_auto(Debtor) debtor = debtor_of(situation, end, vm, g_steal_pointer(&sizes));
        give_back(situation, &debtor, decisions);
    }
}
