/* SPDX-License-Identifier: MIT */
/*
 * forecast INTERVAL_S FIRST_BUCKET FROM: how far each estimator is off the mean of the hour that follows.
 *
 * Standard input has a series a line: interval means, oldest first, separated by spaces, `-` where one is
 * missing. From the interval FROM on, at every hour, each estimator sees all that came before. Standard
 * output: a header; for each series the sums of the absolute errors, "-" where the estimator never had
 * anything to go by; last, "sum" and the same of the sum of all series. `last` is the last interval (of five
 * minutes, say), `seasonal_naive` the mean of the same hour on the day before.
 */
#include "analyze/estimator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAST = N_ESTIMATORS, SEASONAL_NAIVE, N_COLUMNS };

typedef struct Sums {
    double *of[N_COLUMNS + 1]; /* over the series, by instant; the last: what came */
    guint n;
} Sums;

static GArray *parse(const char *line)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
    g_auto(GStrv) words = g_strsplit_set(line, " \n", -1);
    for (char **word = words; *word; word++) {
        double value = strcmp(*word, "-") == 0 ? NAN : g_ascii_strtod(*word, NULL);
        if (**word)
            g_array_append_val(values, value);
    }
    return values;
}

static double mean_of(const GArray *values, guint from, guint n)
{
    double sum = 0;
    guint present = 0;
    for (guint i = from; i < from + n && i < values->len; i++) {
        double value = g_array_index(values, double, i);
        sum += isnan(value) ? 0 : value;
        present += !isnan(value);
    }
    return present ? sum / present : NAN;
}

static void foresee(const GArray *values, guint at, guint hour, const Rollup *rollup,
                    double estimates[N_COLUMNS])
{
    for (int e = 0; e < N_ESTIMATORS; e++)
        estimates[e] = estimator_of((Estimator)e, rollup);
    estimates[LAST] = rollup->n_recent ? rollup->recent[rollup->n_recent - 1].mean : NAN;
    estimates[SEASONAL_NAIVE] = at >= 24 * hour ? mean_of(values, at - 24 * hour, hour) : NAN;
}

static void add_up(Sums *sums, guint at, const double estimates[N_COLUMNS], double came)
{
    for (int c = 0; c <= N_COLUMNS; c++) {
        if (at >= sums->n)
            sums->of[c] = g_realloc_n(sums->of[c], at + 1, sizeof(double));
        for (guint i = sums->n; i <= at; i++)
            sums->of[c][i] = 0;
    }
    sums->n = MAX(sums->n, at + 1);
    for (int c = 0; c < N_COLUMNS; c++)
        sums->of[c][at] += estimates[c];
    sums->of[N_COLUMNS][at] += came;
}

static void show(const char *name, const double errors[N_COLUMNS])
{
    fputs(name, stdout);
    for (int c = 0; c < N_COLUMNS; c++)
        isnan(errors[c]) ? fputs(" -", stdout) : printf(" %.6g", errors[c]);
    putchar('\n');
}

static void judge(const GArray *values, double interval_s, double first_bucket, guint from, Sums *sums)
{
    guint hour = (guint)(3600 / interval_s);
    double errors[N_COLUMNS] = {0};
    Rollup rollup;
    rollup_init(&rollup, first_bucket);
    for (guint at = 0; at + hour <= values->len; at++) {
        double came = mean_of(values, at, hour);
        if (at >= from && at % hour == 0 && !isnan(came) && rollup.n_recent > 0) {
            double estimates[N_COLUMNS];
            foresee(values, at, hour, &rollup, estimates);
            add_up(sums, at, estimates, came);
            for (int c = 0; c < N_COLUMNS; c++)
                errors[c] += fabs(estimates[c] - came);
        }
        rollup_add(&rollup, (gint64)((at + 1) * interval_s), interval_s, g_array_index(values, double, at));
    }
    rollup_clear(&rollup);
    show("series", errors);
}

static void show_header(void)
{
    fputs("name", stdout);
    for (int e = 0; e < N_ESTIMATORS; e++)
        printf(" %s", estimator_names[e]);
    puts(" last seasonal_naive");
}

int main(int argc, char **argv)
{
    if (argc != 4 || !(atof(argv[1]) > 0)) {
        fputs("usage: forecast INTERVAL_S FIRST_BUCKET FROM <SERIES\n", stderr);
        return 1;
    }
    Sums sums = {{NULL}, 0};
    char *line = NULL;
    size_t size = 0;
    show_header();
    while (getline(&line, &size, stdin) > 0) {
        g_autoptr(GArray) values = parse(line);
        judge(values, atof(argv[1]), atof(argv[2]), (guint)atoi(argv[3]), &sums);
    }
    free(line);
    double errors[N_COLUMNS] = {0};
    for (guint at = 0; at < sums.n; at++)
        for (int c = 0; c < N_COLUMNS; c++)
            errors[c] += fabs(sums.of[c][at] - sums.of[N_COLUMNS][at]);
    show("sum", errors);
    for (int c = 0; c <= N_COLUMNS; c++)
        g_free(sums.of[c]);
    return 0;
}
