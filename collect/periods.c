/* SPDX-License-Identifier: MIT */
#include "collect/periods.h"

#include "collect/plural.h"
#include "collect/rollup.h"

#include <string.h>

#define MOST_SAMPLES 20000 /* a week of less than a minute each */

/* PerfInterval: how often, for how long, at which level of counters */
typedef struct Kept {
    int interval_s, level;
    gint64 length_s;
} Kept;

static void take_interval(GArray *all, const Element *interval)
{
    double seconds = inventory_parse(element_text(interval, "samplingPeriod"));
    double length = inventory_parse(element_text(interval, "length"));
    double level = inventory_parse(element_text(interval, "level"));
    if (inventory_flag(element_text(interval, "enabled")) == 0 || !(seconds >= 1) || !(length >= seconds) ||
        seconds > G_MAXINT || length > G_MAXINT)
        return;
    Kept kept = {(int)seconds, level > 0 && level < G_MAXINT ? (int)level : 0, (gint64)length};
    g_array_append_val(all, kept);
}

static gboolean take_intervals(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    g_array_set_size(data, 0);
    const Element *list = object->values[0];
    for (const Element *one = list ? list->first : NULL; one; one = one->next)
        take_interval(data, one);
    return TRUE;
}

static int compare_intervals(gconstpointer a, gconstpointer b)
{
    const Kept *left = a, *right = b;
    return left->interval_s < right->interval_s ? -1 : left->interval_s > right->interval_s;
}

static gboolean find_intervals(Vcenter *vcenter, GArray *all, GError **error)
{
    static const char *const paths[] = {"historicalInterval"};
    const char *ids[] = {vcenter_manager(vcenter, "perfManager"), NULL};
    PropertyQuery query = {.kind = "PerformanceManager",
                           .paths = paths,
                           .n_paths = 1,
                           .ids = ids,
                           .take = take_intervals,
                           .data = all};
    if (ids[0] && !properties_retrieve(vcenter, &query, 1, error))
        return FALSE;
    g_array_sort(all, compare_intervals);
    return TRUE;
}

/* ---- which counters ---- */

static gboolean is_kept(const CounterKey *key, int level)
{
    return key->key > 0 && (key->level == 0 || level == 0 || key->level <= level);
}

/* Of the two that tell what a guest touches the one in KiB is asked for where it is kept. */
static void choose_counters(Period *period, const CounterKey *keys, int level)
{
    gboolean has_active = FALSE;
    period->keys = g_new0(CounterKey, rolled_up_counters.n);
    period->asked = g_new(guint, rolled_up_counters.n);
    for (guint i = 0; i < rolled_up_counters.n; i++) {
        const Counter *counter = &rolled_up_counters.counters[i];
        if (!is_kept(&keys[i], level) || (counter->share_of_size && has_active))
            continue;
        has_active |= counter->metric == METRIC_MEMORY_ACTIVE_KIB && !counter->share_of_size;
        period->by_usage |= counter->share_of_size;
        period->keys[i] = keys[i];
        period->asked[period->n_asked++] = i;
    }
}

/* ---- which time ---- */

/* Where the range of a query goes beyond what is kept at its interval, a vCenter answers all of it by a
 * longer one (PerfQuerySpec): so a stretch ends one interval of the next before its time is over. */
static gboolean cut(Period *period, const GArray *all, guint i, const Snapshot *snapshot, gint64 from,
                    gint64 to)
{
    const Kept *kept = &g_array_index(all, Kept, i);
    gint64 margin_s = i + 1 < all->len ? g_array_index(all, Kept, i + 1).interval_s : 0;
    gint64 oldest = snapshot->info.taken_at - kept->length_s + MIN(margin_s, kept->length_s);
    *period = (Period){.interval_s = kept->interval_s, .from = MAX(from, oldest), .to = to};
    period->n_samples =
        (guint)MIN((snapshot->info.taken_at - period->from) / kept->interval_s + 1, MOST_SAMPLES);
    return to - from > kept->interval_s && period->from < to; /* not for less than one of it */
}

gboolean periods_find(Periods *periods, Vcenter *vcenter, const Snapshot *snapshot, gint64 history_s,
                      GError **error)
{
    g_autofree CounterKey *keys = g_new0(CounterKey, rolled_up_counters.n);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Kept));
    gint64 from = snapshot->info.taken_at - history_s;
    periods->to = snapshot->info.taken_at - (gint64)snapshot->info.window_s;
    if (!counters_find(vcenter, &rolled_up_counters, keys, error) || !find_intervals(vcenter, all, error))
        return FALSE;
    gint64 to = periods->to;
    for (guint i = 0; i < all->len && periods->n < MOST_PERIODS && to > from; i++) {
        Period *period = &periods->all[periods->n];
        if (!cut(period, all, i, snapshot, from, to))
            continue;
        choose_counters(period, keys, g_array_index(all, Kept, i).level);
        if (period->n_asked == 0) {
            g_free(period->keys);
            g_free(period->asked);
            continue;
        }
        period->reader = perf_reader_new(snapshot, &rolled_up_counters, period->keys, period->n_samples,
                                         period->interval_s);
        to = period->from;
        periods->n++;
    }
    return TRUE;
}

void periods_clear(Periods *periods)
{
    for (guint i = 0; i < periods->n; i++) {
        perf_reader_free(periods->all[i].reader);
        g_free(periods->all[i].keys);
        g_free(periods->all[i].asked);
    }
}

/* ---- what is said ---- */

void periods_tell(const Periods *periods, guint n_vms, GPtrArray *notes)
{
    g_autoptr(GString) words = g_string_new("History of ");
    gboolean by_usage = FALSE, has_peaks = FALSE;
    plural_append(words, n_vms, "VM, by the server's statistics: ", "VMs, by the server's statistics: ");
    for (guint i = 0; i < periods->n; i++) {
        const Period *period = &periods->all[i];
        g_autofree char *from = table_format_time(period->from);
        g_string_append_printf(words, "%severy %d s since %s", i > 0 ? ", " : "", period->interval_s, from);
        by_usage |= period->by_usage;
        has_peaks |= period->interval_s <= ROLLUP_PEAK_S;
    }
    g_ptr_array_add(notes, g_strdup_printf("%s.", words->str));
    g_ptr_array_add(
        notes, has_peaks
                   ? g_strdup_printf("Peaks and percentiles are of intervals of at most %d s.", ROLLUP_PEAK_S)
                   : g_strdup_printf("No interval is of at most %d s: there are no peaks and "
                                     "percentiles.",
                                     ROLLUP_PEAK_S));
    if (by_usage)
        g_ptr_array_add(notes,
                        g_strdup("The statistics level leaves out mem.active: mem.usage of a VM's present "
                                 "size stands for it."));
    g_ptr_array_add(notes,
                    g_strdup("Statistics do not tell where a VM was: hosts have no history of their own."));
}
