/* SPDX-License-Identifier: MIT */
#include "analyze/peaks.h"

#include "collect/snapshot.h"

#include <math.h>

GArray *peaks_of_days(const Rollup *rollup)
{
    GArray *peaks = g_array_new(FALSE, FALSE, sizeof(DayPeak));
    for (guint i = rollup->n_days; i-- > 0;) {
        DayPeak peak = {(double)(rollup->days[rollup->n_days - 1].day - rollup->days[i].day),
                        rollup->days[i].peak};
        g_array_append_val(peaks, peak);
    }
    return peaks;
}

/* Written of every VM in every cycle: by hand, which takes a fifth of what printf does. */
static void append_whole(GString *text, double number)
{
    char digits[20];
    int n = 0;
    for (guint64 left = (guint64)number; n == 0 || (left > 0 && n < (int)sizeof digits); left /= 10)
        digits[n++] = (char)('0' + left % 10);
    while (n > 0)
        g_string_append_c(text, digits[--n]);
}

char *peaks_text(const Rollup *rollup)
{
    GString *text = g_string_sized_new(ROLLUP_DAYS * 16);
    for (guint i = rollup->n_days; i-- > 0;) {
        if (text->len > 0)
            g_string_append_c(text, ' ');
        append_whole(text, (double)(rollup->days[rollup->n_days - 1].day - rollup->days[i].day));
        g_string_append_c(text, '=');
        append_whole(text, round(rollup->days[i].peak));
    }
    return g_string_free(text, FALSE);
}

GArray *peaks_read(const char *text)
{
    g_autoptr(GArray) peaks = g_array_new(FALSE, FALSE, sizeof(DayPeak));
    g_auto(GStrv) words = list_split(text);
    double before = -1;
    for (char **word = words; *word; word++) {
        g_auto(GStrv) parts = g_strsplit(*word, "=", 2);
        DayPeak peak;
        if (!parts[1] || !table_parse_number(parts[0], FALSE, FALSE, &peak.age_days) ||
            !table_parse_number(parts[1], FALSE, FALSE, &peak.kib) || !(peak.age_days > before))
            return NULL;
        before = peak.age_days;
        g_array_append_val(peaks, peak);
    }
    return g_steal_pointer(&peaks);
}

static int compare_peaks(gconstpointer a, gconstpointer b)
{
    double left = ((const DayPeak *)a)->kib, right = ((const DayPeak *)b)->kib;
    return left < right ? -1 : left > right;
}

double peaks_percentile(const GArray *peaks, double share, guint days_on)
{
    if (peaks->len == 0)
        return NAN;
    g_autoptr(GArray) all = g_array_copy((GArray *)peaks);
    double newest = g_array_index(peaks, DayPeak, 0).kib, total = 0, below = 0;
    for (guint i = 0; i < all->len; i++)
        g_array_index(all, DayPeak, i).age_days += days_on;
    for (guint day = 0; day < days_on; day++) {
        DayPeak like_the_newest = {day, newest};
        g_array_append_val(all, like_the_newest);
    }
    g_array_sort(all, compare_peaks);
    for (guint i = 0; i < all->len; i++)
        total += exp2(-g_array_index(all, DayPeak, i).age_days);
    for (guint i = 0; i < all->len; i++) {
        const DayPeak *peak = &g_array_index(all, DayPeak, i);
        below += exp2(-peak->age_days);
        if (below >= share * total)
            return peak->kib;
    }
    return g_array_index(all, DayPeak, all->len - 1).kib;
}
