/* SPDX-License-Identifier: MIT */
#include "plan/review.h"

#include "analyze/pictures.h"
#include "analyze/weekhours.h"
#include "collect/plural.h"
#include "plan/reviewclusters.h"
#include "plan/show.h"

#include <math.h>
#include <string.h>

#define SECONDS_OF_MINUTE 60.0

/* ---- sums ---- */

/* what is approved of the steps, and what it amounts to */
typedef struct Totals {
    guint steps, approved;
    double copied_mib;                            /* NAN where the plan has no figures of it */
    double memory_mib, vcpus, given_back_mib;     /* added, taken back */
    double seconds;                               /* until the last step ends */
    double hot_before, hot, short_before, shorts; /* of all clusters */
    guint failover_checked, failover_lacking;     /* clusters */
} Totals;

/* an amount in a cell, as plan writes it */
static double amount_in(const char *text)
{
    double amount;
    return table_parse_number(text, TRUE, FALSE, &amount) ? amount : 0;
}

static void add_row(Totals *totals, const PlanRow *row)
{
    if (row->kind != ROW_STEP)
        return;
    totals->steps++;
    if (row->approve != 1)
        return;
    totals->approved++;
    if (row->action == ACTION_ADD_MEMORY)
        totals->memory_mib += amount_in(row->to) - amount_in(row->from);
    else if (row->action == ACTION_RECLAIM_MEMORY)
        totals->given_back_mib += amount_in(row->from) - amount_in(row->to);
    else if (row->action == ACTION_ADD_CPU)
        totals->vcpus += amount_in(row->to) - amount_in(row->from);
}

static void add_cluster(Totals *totals, const ClusterFigures *figures)
{
    totals->copied_mib += figures->copy_mib;
    totals->seconds = fmax(totals->seconds, figures->makespan_s);
    totals->hot_before += figures->before.hot_hosts;
    totals->hot += figures->after.hot_hosts;
    totals->short_before += figures->before.short_vms;
    totals->shorts += figures->after.short_vms;
    totals->failover_checked +=
        !isnan(figures->after.failover_lack_mib) || !isnan(figures->after.failover_lack_mhz);
    totals->failover_lacking += figures->after.failover_lack_mib > 0 || figures->after.failover_lack_mhz > 0;
}

static Totals totals_of(const Review *review)
{
    Totals totals = {0};
    for (guint i = 0; i < review->plan->rows->len; i++)
        add_row(&totals, &g_array_index(review->plan->rows, PlanRow, i));
    for (guint i = 0; i < review->plan->clusters->len; i++)
        add_cluster(&totals, &g_array_index(review->plan->clusters, PlanCluster, i).figures);
    if (review->planned)
        totals.seconds = review->seconds;
    else if (!review->plan->clusters->len) /* of a plan that undoes another */
        totals.seconds = totals.copied_mib = NAN;
    return totals;
}

static const Policy *policy_of(const Review *review)
{
    return review->planned ? review->planned->situation->start->policy : NULL;
}

/* ---- what is signed ---- */

static void append_code(Html *html, const char *name, const char *digest)
{
    if (!*digest)
        return;
    html_open(html, "div");
    html_element(html, "dt", NULL, name);
    html_open(html, "dd");
    html_element(html, "code", NULL, digest);
    html_close(html);
    html_close(html);
}

static void append_age(Html *html, const Review *review)
{
    const Policy *policy = policy_of(review);
    if (review->plan->taken_at < 0)
        return; /* of a plan that undoes another */
    html_open(html, "div");
    html_element(html, "dt", NULL, "Snapshot of");
    html_open(html, "dd");
    page_time(html, review->plan->taken_at);
    html_close(html);
    if (policy && policy->max_age_s > 0) {
        g_autofree char *age = review_duration(policy->max_age_s);
        html_elementf(html, "dd", "dim", "apply refuses it once it is older than %s", age);
    }
    html_close(html);
}

static void append_signed(Html *html, const Review *review)
{
    const ChangePlan *plan = review->plan;
    html_open(html, "dl");
    html_attribute(html, "class", "figures signed");
    append_code(html, "What is signed: the SHA-256 of the plan's file", plan->sha256);
    append_code(html, "Policy's digest", plan->policy);
    append_code(html, "The plan's own digest", plan->plan);
    append_code(html, "Snapshot's digest", plan->snapshot);
    append_age(html, review);
    if (*plan->source)
        page_figure(html, "Source", "%s", plan->source);
    html_close(html);
}

static void append_amounts(Html *html, const Review *review, const Totals *totals)
{
    gboolean known = !isnan(totals->seconds);
    g_autofree char *duration = review_duration(totals->seconds);
    page_figures_begin(html);
    page_figure(html, "Approved", "%u of %u %s", totals->approved, totals->steps,
                plural(totals->steps, "step", "steps"));
    page_figure(html, "Memory to copy", known ? "%.1f GiB" : "not known", totals->copied_mib / 1024);
    page_figure(html, "Memory to add", "%.1f GiB", totals->memory_mib / 1024);
    if (totals->given_back_mib > 0)
        page_figure(html, "Memory to take back", "%.1f GiB", totals->given_back_mib / 1024);
    if (totals->vcpus > 0)
        page_figure(html, "vCPUs to add", "%.0f", totals->vcpus);
    page_figure(html, "Duration", known ? "about %s" : "not known", duration);
    page_figure(html, "Advice", "%u", review_count(review->plan, ROW_ADVICE));
    page_figure(html, "Unsolved", "%u", review_count(review->plan, ROW_UNSOLVED));
    html_close(html);
}

/* ---- what speaks for it, and against ---- */

typedef enum { VERDICT_GOOD, VERDICT_LOOK, VERDICT_BAD } Verdict;

static void append_point(Html *html, Verdict verdict, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void append_point(Html *html, Verdict verdict, const char *format, ...)
{
    static const char *const signs[] = {"✓ ", "◆ ", "▲ "}, *const classes[] = {"good", "look", "bad"};
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    html_open(html, "li");
    html_element(html, "b", classes[verdict], signs[verdict]);
    html_text(html, text);
    html_close(html);
}

static void append_approval(Html *html, const Review *review, const Totals *totals)
{
    g_autoptr(GArray) removed = show_removed_steps(review->plan);
    if (totals->approved < totals->steps)
        append_point(html, VERDICT_LOOK, "%u of %u steps %s not approved.", totals->steps - totals->approved,
                     totals->steps, plural(totals->steps - totals->approved, "is", "are"));
    else
        append_point(html, VERDICT_GOOD, "Every step is approved.");
    if (removed->len)
        append_point(html, VERDICT_LOOK, "%u %s taken out of the plan since it was made.", removed->len,
                     plural(removed->len, "step was", "steps were"));
}

/* hosts that end within two points of a threshold, and are not hot */
static guint count_near(const Planned *planned)
{
    guint n = 0;
    for (guint host = 0; host < planned->end->snapshot->n_hosts; host++) {
        Heat heat = HEAT_NONE;
        for (int r = 0; r < N_RESOURCES; r++)
            heat = MAX(heat, heat_of(model_usage_pct(planned->end, host, r, 0),
                                     planned->end->hosts[host].threshold[r]));
        n += heat == HEAT_NEAR && planned->end->hosts[host].usable;
    }
    return n;
}

static void append_states(Html *html, const Review *review, const Totals *totals)
{
    guint near = review->planned ? count_near(review->planned) : 0;
    if (review->plan->clusters->len == 0)
        return;
    append_point(html, totals->hot > 0 ? VERDICT_BAD : VERDICT_GOOD, "%.0f hot %s now, %.0f afterwards.",
                 totals->hot_before, plural((guint)totals->hot_before, "host", "hosts"), totals->hot);
    if (near)
        append_point(html, VERDICT_LOOK, "%u %s within two points of a threshold.", near,
                     plural(near, "host ends", "hosts end"));
    append_point(html, totals->shorts > 0 ? VERDICT_LOOK : VERDICT_GOOD,
                 "%.0f %s short of memory now, %.0f afterwards.", totals->short_before,
                 plural((guint)totals->short_before, "VM", "VMs"), totals->shorts);
}

static void append_failover(Html *html, const Totals *totals)
{
    if (totals->failover_lacking)
        append_point(html, VERDICT_BAD, "%u of %u clusters could not bear the loss of their largest host.",
                     totals->failover_lacking, totals->failover_checked);
    else if (totals->failover_checked)
        append_point(html, VERDICT_GOOD, "Afterwards the %s checked could bear the loss of the largest host.",
                     plural(totals->failover_checked, "cluster", "clusters"));
    else
        append_point(html, VERDICT_LOOK,
                     "Whether the loss of a host could be borne was not checked: HA is not on, or "
                     "ha_check=off.");
}

static void append_share(Html *html, double share)
{
    html_open(html, "li");
    picture_share(html, share, share > 1 ? HEAT_HOT : HEAT_NONE);
    html_close(html);
}

static void append_window(Html *html, const Review *review, const Totals *totals)
{
    const Policy *policy = policy_of(review);
    g_autofree char *takes = review_duration(totals->seconds);
    if (!policy) {
        append_point(html, VERDICT_LOOK,
                     "The longest of the clusters takes about %s; the policy's window is not in the plan.",
                     takes);
        return;
    }
    if (policy->max_duration_s > 0) {
        g_autofree char *most = review_duration(policy->max_duration_s);
        append_point(html, totals->seconds > policy->max_duration_s ? VERDICT_BAD : VERDICT_GOOD,
                     "All steps take about %s of the window's %s (max_duration_s), %.0f %%.", takes, most,
                     100 * totals->seconds / policy->max_duration_s);
        append_share(html, totals->seconds / policy->max_duration_s);
    } else {
        append_point(html, VERDICT_GOOD, "All steps take about %s; max_duration_s sets no window.", takes);
    }
    if (policy->blackout->len) {
        g_autofree char *hours = weekhours_words(policy->blackout);
        double gap = weekhours_longest_gap(policy->blackout) * SECONDS_OF_MINUTE;
        g_autofree char *longest = review_duration(gap);
        append_point(html, totals->seconds > gap ? VERDICT_BAD : VERDICT_LOOK,
                     "No step runs in the blackout, %s; the longest time between is %s.", hours, longest);
    }
}

static void append_points(Html *html, const Review *review, const Totals *totals)
{
    const ChangePlan *against = review->against;
    guint unsolved = review_count(review->plan, ROW_UNSOLVED),
          advice = review_count(review->plan, ROW_ADVICE);
    html_open(html, "ul");
    html_attribute(html, "class", "points");
    append_approval(html, review, totals);
    append_states(html, review, totals);
    if (isnan(totals->seconds)) {
        append_point(
            html, VERDICT_LOOK,
            "The plan tells nothing of its clusters, as of one that undoes another: neither how they "
            "will stand nor how long it takes.");
    } else {
        append_failover(html, totals);
        append_window(html, review, totals);
    }
    if (unsolved || advice)
        append_point(html, VERDICT_LOOK, "%u %s unsolved; %u %s left to you.", unsolved,
                     plural(unsolved, "item stays", "items stay"), advice,
                     plural(advice, "piece of advice is", "pieces of advice are"));
    if (against && against->taken_at > review->plan->taken_at)
        append_point(html, VERDICT_BAD, "The plan that it is compared with is of a newer snapshot.");
    html_close(html);
}

/* ---- the whole ---- */

static void append_key(Html *html)
{
    html_open(html, "ul");
    html_attribute(html, "class", "key");
    html_open(html, "li");
    picture_bar(html, 60, NAN, NAN);
    html_text(html, "before (above, hollow)");
    html_close(html);
    picture_key(html);
    html_close(html);
}

gboolean review_write(Page *page, const ChangePlan *plan, const Situation *situation,
                      const ChangePlan *against, GError **error)
{
    g_autoptr(Planned) planned = situation ? planned_new(situation, plan) : NULL;
    g_autoptr(GArray) spans = planned ? planned_spans(planned, plan) : timetable_of_plan(plan);
    const Review review = {plan, planned, against, spans, timetable_end(spans)};
    Totals totals = totals_of(&review);
    Html *html = page_body(page);
    pictures_define(html);
    html_element(html, "h1", NULL, "May I sign this plan?");
    html_element(html, "p", NULL, plan->summary);
    if (!planned)
        html_element(
            html, "p", "note",
            "Of the plan alone: hosts before and after, what else was possible for a step, and what "
            "follows if a host fails are not here. They are where the page is made with the plan (plan "
            "SNAPSHOT assessment.csv -o PLAN --html FILE), or while an edited one is verified (plan "
            "--check PLAN SNAPSHOT assessment.csv -o NEW --html FILE).");
    append_points(html, &review, &totals);
    append_amounts(html, &review, &totals);
    append_signed(html, &review);
    append_key(html);
    review_difference(html, &review);
    review_clusters(html, &review);
    review_failover(html, &review);
    review_steps(html, &review);
    review_advice(html, &review);
    review_unsolved(html, &review);
    return page_write(page, "vmanger: plan to sign", error);
}
