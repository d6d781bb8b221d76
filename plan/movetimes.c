/* SPDX-License-Identifier: MIT */
#include "plan/movetimes.h"

#include <math.h>
#include <string.h>

#define BITS_PER_MIB (8.0 * 1024 * 1024)
#define LEAST_MIGRATIONS 3
#define LEAST_FACTOR 0.1
#define MOST_FACTOR 10.0

/* A migration as it is fitted. */
typedef struct Point {
    const PastMigration *move;
    double sharing; /* migrations at once on the busier of its hosts, itself among them, on average */
    double copy_s;  /* of its bytes at the policy's rate, shared so; NAN where they are not known */
} Point;

static int compare_points(gconstpointer a, gconstpointer b)
{
    gint64 left = ((const Point *)a)->move->start, right = ((const Point *)b)->move->start;
    return left < right ? -1 : left > right;
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* NAN of none. */
static double median_of(GArray *values)
{
    g_array_sort(values, compare_doubles);
    return values->len ? g_array_index(values, double, values->len / 2) : NAN;
}

/* ---- sharing ---- */

static gboolean touches(const PastMigration *move, const char *host_id)
{
    return strcmp(move->from_id, host_id) == 0 || strcmp(move->to_id, host_id) == 0;
}

/* Seconds in which both ran. */
static double overlap_of(const PastMigration *a, const PastMigration *b)
{
    return (double)MAX(0, MIN(a->start + (gint64)a->real_s, b->start + (gint64)b->real_s) -
                              MAX(a->start, b->start));
}

static double longest_of(const GArray *points)
{
    double longest_s = 0;
    for (guint i = 0; i < points->len; i++)
        longest_s = MAX(longest_s, g_array_index(points, Point, i).move->real_s);
    return longest_s;
}

/* points are in the order of their start */
static double sharing_of(const GArray *points, guint index, double longest_s)
{
    const PastMigration *move = g_array_index(points, Point, index).move;
    double with_from_s = 0, with_to_s = 0;
    guint first = index;
    while (first > 0 &&
           (double)(move->start - g_array_index(points, Point, first - 1).move->start) <= longest_s)
        first--;
    for (guint i = first; i < points->len; i++) {
        const PastMigration *other = g_array_index(points, Point, i).move;
        if ((double)(other->start - move->start) >= move->real_s)
            break;
        if (i == index || strcmp(other->source_id, move->source_id) != 0)
            continue;
        double both_s = overlap_of(move, other);
        with_from_s += touches(other, move->from_id) ? both_s : 0;
        with_to_s += touches(other, move->to_id) ? both_s : 0;
    }
    return 1 + MAX(with_from_s, with_to_s) / move->real_s;
}

static GArray *points_of(const Past *past, const Policy *policy)
{
    GArray *points = g_array_new(FALSE, FALSE, sizeof(Point));
    for (guint i = 0; i < past->migrations->len; i++) {
        Point point = {&g_array_index(past->migrations, PastMigration, i), 1, NAN};
        g_array_append_val(points, point);
    }
    g_array_sort(points, compare_points);
    double longest_s = longest_of(points);
    for (guint i = 0; i < points->len; i++) {
        Point *point = &g_array_index(points, Point, i);
        point->sharing = sharing_of(points, i, longest_s);
        point->copy_s = point->move->copy_mib * BITS_PER_MIB / (policy->vmotion_mbps * 1e6) * point->sharing;
    }
    return points;
}

/* ---- the fit ---- */

static void fit_line(const GArray *points, MoveTimes *times)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (guint i = 0; i < points->len; i++) {
        const Point *point = &g_array_index(points, Point, i);
        double copy_s = point->copy_s * move_times_factor(times, point->move->vm),
               real_s = point->move->real_s;
        if (isnan(copy_s))
            continue;
        n++;
        x += copy_s;
        y += real_s;
        xx += copy_s * copy_s;
        xy += copy_s * real_s;
    }
    double spread = n * xx - x * x;
    if (n < LEAST_MIGRATIONS || spread <= 0)
        return;
    /* Neither can be negative in the world, whatever noise makes of the line. */
    times->slope = MAX(0, (n * xy - x * y) / spread);
    times->setup_s = MAX(0, (y - times->slope * x) / n);
}

static void free_array(gpointer array)
{
    g_array_unref(array);
}

/* Of each VM, how much longer than by the line each of its migrations took to copy. */
static GHashTable *ratios_of(const GArray *points, const MoveTimes *times)
{
    GHashTable *ratios = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_array);
    for (guint i = 0; i < points->len; i++) {
        const Point *point = &g_array_index(points, Point, i);
        double ratio = (point->move->real_s - times->setup_s) / (times->slope * point->copy_s);
        if (!isfinite(ratio))
            continue;
        GArray *of_vm = g_hash_table_lookup(ratios, point->move->vm);
        if (!of_vm) {
            of_vm = g_array_new(FALSE, FALSE, sizeof(double));
            g_hash_table_insert(ratios, (gpointer)point->move->vm, of_vm);
        }
        ratio = CLAMP(ratio, LEAST_FACTOR, MOST_FACTOR);
        g_array_append_val(of_vm, ratio);
    }
    return ratios;
}

/* One migration of a VM may have met something else: it counts as much as the belief in 1. */
static void learn_factors(const GArray *points, MoveTimes *times)
{
    g_autoptr(GHashTable) ratios = ratios_of(points, times);
    GHashTableIter iter;
    gpointer vm, values;
    g_hash_table_iter_init(&iter, ratios);
    while (g_hash_table_iter_next(&iter, &vm, &values)) {
        double n = ((GArray *)values)->len, factor = (median_of(values) * n + 1) / (n + 1);
        g_hash_table_insert(times->factors, vm, g_memdup2(&factor, sizeof factor));
    }
}

static void note_errors(const Past *past, MoveTimes *times)
{
    g_autoptr(GArray) errors = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < past->migrations->len; i++) {
        const PastMigration *move = &g_array_index(past->migrations, PastMigration, i);
        double error_pct = fabs(move->est_s - move->real_s) / move->real_s * 100;
        if (!isnan(error_pct))
            g_array_append_val(errors, error_pct);
    }
    times->n = errors->len;
    times->error_pct = median_of(errors);
}

static guint count_known(const GArray *points)
{
    guint n = 0;
    for (guint i = 0; i < points->len; i++)
        n += !isnan(g_array_index(points, Point, i).copy_s);
    return n;
}

MoveTimes move_times_of(const Past *past, const Policy *policy)
{
    MoveTimes times = {.error_pct = NAN, .setup_s = policy->migration_setup_s, .slope = 1};
    g_autoptr(GArray) points = points_of(past, policy);
    times.factors = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    note_errors(past, &times);
    fit_line(points, &times);
    if (count_known(points) < LEAST_MIGRATIONS)
        return times;
    /* What the VMs' own share explains no longer blurs what all share. */
    learn_factors(points, &times);
    fit_line(points, &times);
    return times;
}

double move_times_factor(const MoveTimes *times, const VmPast *vm)
{
    const double *factor = g_hash_table_lookup(times->factors, vm);
    return factor ? *factor : 1;
}

void move_times_clear(MoveTimes *times)
{
    g_clear_pointer(&times->factors, g_hash_table_destroy);
}
