/* SPDX-License-Identifier: MIT */
#include "plan/reviewrows.h"

#include "analyze/page.h"
#include "analyze/pictures.h"
#include "collect/plural.h"
#include "plan/gather.h"

#include <math.h>
#include <string.h>

#define MOST_TARGETS 3    /* alternatives told of a step */
#define MOST_ASKED 100000 /* hosts that are asked for them: each move asks all of its cluster */
#define MOST_NAMES 20     /* of the VMs that a row is about */

static const PageColumn step_columns[] = {
    {"Step", TRUE}, {"Change", FALSE}, {"When", TRUE}, {"Why, with what effect, and what else", FALSE}};
static const PageColumn other_columns[] = {{"What", FALSE}, {"Why", FALSE}};
static const PageColumn cause_columns[] = {{"Cause", FALSE}, {"Items", TRUE}, {"Share", TRUE}};
static const PageColumn difference_columns[] = {{"What", FALSE}, {"How it differs", FALSE}};

guint review_count(const ChangePlan *plan, int kind)
{
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        n += row->kind == kind ? gathered_count(row) : 0;
    }
    return n;
}

char *review_duration(double seconds)
{
    const double minute = 60, hour = 3600;
    return seconds < 2 * minute ? g_strdup_printf("%.0f s", ceil(seconds))
           : seconds < 2 * hour ? g_strdup_printf("%.0f min", ceil(seconds / minute))
                                : g_strdup_printf("%.3g h", seconds / hour);
}

/* ---- what a row is about ---- */

/* "esx1 → esx2", "2048 → 2560 MiB"; "" where nothing moves or grows. The caller frees it */
static char *words_of_from_to(const PlanRow *row)
{
    return *row->from || *row->to
               ? g_strdup_printf("%s → %s%s%s", row->from, row->to, *row->unit ? " " : "", row->unit)
               : g_strdup("");
}

static void append_names(Html *html, const PlanRow *row)
{
    g_auto(GStrv) names = gathered_names(row);
    g_autoptr(GString) words = g_string_new(NULL);
    guint n = gathered_count(row);
    for (guint i = 0; names && names[i] && i < MOST_NAMES; i++)
        g_string_append_printf(words, "%s%s", i ? ", " : "", names[i]);
    if (names)
        html_elementf(html, "small", NULL, "%u VMs: %s%s", n, words->str, n > MOST_NAMES ? " …" : "");
}

/* the cell that says what is done to whom */
static void append_subject(PageTable *rows, const PlanRow *row)
{
    g_autofree char *from_to = words_of_from_to(row);
    page_cell(rows);
    if (row->action >= 0)
        html_elementf(rows->html, "span", NULL, "%s ", action_names[row->action]);
    html_element(rows->html, "span", "name", *row->object ? row->object : row->object_id);
    if (*from_to)
        html_element(rows->html, "span", "way", from_to);
    append_names(rows->html, row);
    html_elementf(rows->html, "small", NULL, "%s%s%s", row->object_id,
                  *row->cluster && strcmp(row->cluster_id, row->object_id) != 0 ? ", in " : "",
                  strcmp(row->cluster_id, row->object_id) != 0 ? row->cluster : "");
    page_cell_end(rows);
}

static void append_paragraph(Html *html, const char *class, const char *text)
{
    if (*text)
        html_element(html, "p", class, text);
}

/* ---- alternatives ---- */

/* the change of a row; NULL where it is none of those that are made */
static const Change *change_of(const Planned *planned, guint row)
{
    for (guint i = 0; i < planned->rows->len; i++)
        if (g_array_index(planned->rows, guint, i) == row)
            return &g_array_index(planned->changes, Change, i);
    return NULL;
}

/* "✓ esx2: with it CPU 45.1 %, memory 50.3 %", or why not */
static void append_target(Html *html, const Model *end, const HostChoice *target)
{
    html_open(html, "li");
    html_textf(html, "%s %s", target->possible ? "✓" : "✗", end->snapshot->hosts[target->host].name);
    if (!target->possible)
        html_textf(html, " %s", target->why.words);
    else if (!isnan(target->cpu_pct))
        html_textf(html, ": with it CPU %.1f %%, memory %.1f %%", target->cpu_pct, target->memory_pct);
    html_close(html);
}

/* those of one kind, the first few, and how many more there are */
static void append_targets(Html *html, const Model *end, const GArray *targets, gboolean possible)
{
    guint n = 0;
    for (guint i = 0; i < targets->len; i++) {
        const HostChoice *target = &g_array_index(targets, HostChoice, i);
        if (target->possible == possible && n++ < MOST_TARGETS)
            append_target(html, end, target);
    }
    if (n > MOST_TARGETS)
        html_elementf(html, "li", NULL, "%s %u more", possible ? "✓" : "✗", n - MOST_TARGETS);
}

/* The hosts that could have the VM instead as all ends, the least full first; and what keeps it off others.
 * Returns how many there are. */
static guint append_alternatives(Html *html, const Planned *planned, const Change *move)
{
    const Model *end = planned->end;
    g_autoptr(GArray) targets = planned_choices(planned, (guint)move->vm, move->from, move->to);
    html_elementf(html, "p", "dim", "%s ends at CPU %.1f %%, memory %.1f %%. %s",
                  end->snapshot->hosts[move->to].name, model_usage_pct(end, (guint)move->to, RESOURCE_CPU, 0),
                  model_usage_pct(end, (guint)move->to, RESOURCE_HOST_MEMORY, 0),
                  targets->len ? "Instead:" : "Its cluster has no other host.");
    if (!targets->len)
        return 0;
    html_open(html, "ul");
    html_attribute(html, "class", "targets");
    append_targets(html, end, targets, TRUE);
    append_targets(html, end, targets, FALSE);
    html_close(html);
    return targets->len;
}

/* ---- steps ---- */

static void append_when(PageTable *rows, const Review *review, const PlanRow *row, guint index)
{
    const StepTime *span = &g_array_index(review->spans, StepTime, index);
    double all = review->seconds;
    page_cell(rows);
    page_sort_by(rows, span->start);
    if (isnan(span->start)) {
        html_element(rows->html, "small", NULL, row->approve == 1 ? "never starts" : "not approved");
    } else {
        picture_span(rows->html, all > 0 ? span->start / all : 0, all > 0 ? span->end / all : 1);
        html_textf(rows->html, "%.0f to %.0f s", span->start, ceil(span->end));
    }
    if (*row->after)
        html_elementf(rows->html, "small", NULL, "after %s", row->after);
    page_cell_end(rows);
}

/* asked: the hosts asked so far */
static void append_instead(Html *html, const Planned *planned, guint index, guint *asked)
{
    const Change *change = *asked < MOST_ASKED ? change_of(planned, index) : NULL;
    if (change && change->action == ACTION_MIGRATE)
        *asked += append_alternatives(html, planned, change);
}

static void append_step(PageTable *rows, const Review *review, guint index, guint *asked)
{
    const PlanRow *row = &g_array_index(review->plan->rows, PlanRow, index);
    page_row(rows, row->approve == 1 ? NULL : "declined");
    page_cell_textf(rows, "%.0f", row->step);
    append_subject(rows, row);
    append_when(rows, review, row, index);
    page_cell(rows);
    if (row->approve != 1)
        html_element(rows->html, "b", "look", "◆ NOT APPROVED ");
    append_paragraph(rows->html, NULL, row->reason);
    append_paragraph(rows->html, "dim", row->effect);
    if (review->planned)
        append_instead(rows->html, review->planned, index, asked);
    page_cell_end(rows);
    page_row_end(rows);
}

void review_steps(Html *html, const Review *review)
{
    guint n = review_count(review->plan, ROW_STEP), asked = 0;
    if (!n)
        return;
    g_autofree char *heading = g_strdup_printf("Steps (%u)", n);
    page_section(html, NULL, heading);
    html_element(html, "p", NULL,
                 review->planned
                     ? "Seconds are counted from the first start, if each step takes as long as "
                       "estimated and as many run at once as the policy allows."
                     : "Seconds are counted from the first start, each step as early as the steps "
                       "before it let it; the policy bounds how many run at once.");
    if (review->planned)
        html_element(html, "p", NULL,
                     "Other hosts are weighed as they stand once all steps are made: the least full of those "
                     "that could have the VM instead, then those that could not.");
    PageTable rows = page_table(html, "steps", "Steps", step_columns, G_N_ELEMENTS(step_columns));
    for (guint i = 0; i < review->plan->rows->len; i++)
        if (g_array_index(review->plan->rows, PlanRow, i).kind == ROW_STEP)
            append_step(&rows, review, i, &asked);
    page_table_end(&rows);
    if (asked >= MOST_ASKED)
        html_element(html, "p", "dim", "Of so many steps, other hosts are told of the first alone.");
    html_close(html);
}

/* ---- advice, and what stays ---- */

static void append_others(Html *html, const ChangePlan *plan, int kind, const char *label)
{
    PageTable rows = page_table(html, "rows", label, other_columns, G_N_ELEMENTS(other_columns));
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != kind)
            continue;
        page_row(&rows, NULL);
        append_subject(&rows, row);
        page_cell(&rows);
        append_paragraph(html, NULL, row->reason);
        append_paragraph(html, "dim", row->effect);
        page_cell_end(&rows);
        page_row_end(&rows);
    }
    page_table_end(&rows);
}

void review_advice(Html *html, const Review *review)
{
    guint n = review_count(review->plan, ROW_ADVICE);
    if (!n)
        return;
    g_autofree char *heading = g_strdup_printf("Advice (%u): for you to do, vmanger will not", n);
    page_section(html, NULL, heading);
    append_others(html, review->plan, ROW_ADVICE, "Advice");
    html_close(html);
}

typedef struct CauseCount {
    const char *cause;
    guint n;
} CauseCount;

static gint compare_causes(gconstpointer a, gconstpointer b)
{
    const CauseCount *left = a, *right = b;
    return left->n != right->n ? (left->n > right->n ? -1 : 1) : strcmp(left->cause, right->cause);
}

/* the causes of unsolved rows, the most frequent first; CauseCount */
static GArray *count_causes(const ChangePlan *plan)
{
    GArray *causes = g_array_new(FALSE, FALSE, sizeof(CauseCount));
    g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != ROW_UNSOLVED)
            continue;
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, row->cause));
        if (!place) {
            const CauseCount cause = {row->cause, 0};
            g_array_append_val(causes, cause);
            place = causes->len;
            g_hash_table_insert(places, (gpointer)row->cause, GUINT_TO_POINTER(place));
        }
        g_array_index(causes, CauseCount, place - 1).n += gathered_count(row);
    }
    g_array_sort(causes, compare_causes);
    return causes;
}

/* "hot_add_off" as people read it; the caller frees it */
static char *words_of_cause(const char *cause)
{
    return *cause ? g_strdelimit(g_strdup(cause), "_", ' ') : g_strdup("not told");
}

void review_unsolved(Html *html, const Review *review)
{
    guint n = review_count(review->plan, ROW_UNSOLVED);
    if (!n)
        return;
    g_autofree char *heading = g_strdup_printf("Unsolved (%u)", n);
    g_autoptr(GArray) causes = count_causes(review->plan);
    page_section(html, NULL, heading);
    PageTable rows =
        page_table(html, "causes", "Unsolved by cause", cause_columns, G_N_ELEMENTS(cause_columns));
    for (guint i = 0; i < causes->len; i++) {
        const CauseCount *cause = &g_array_index(causes, CauseCount, i);
        g_autofree char *words = words_of_cause(cause->cause);
        page_row(&rows, NULL);
        page_cell_text(&rows, words);
        page_cell_textf(&rows, "%u", cause->n);
        page_cell(&rows);
        page_sort_by(&rows, cause->n);
        picture_share(html, (double)cause->n / n, HEAT_NONE);
        page_cell_end(&rows);
        page_row_end(&rows);
    }
    page_table_end(&rows);
    append_others(html, review->plan, ROW_UNSOLVED, "Unsolved");
    html_close(html);
}

/* ---- what differs ---- */

static const char *word_of_kind(int kind)
{
    return kind == ROW_STEP ? "step" : kind == ROW_ADVICE ? "advice" : "unsolved";
}

/* how a row that stands in both differs */
static void append_change_of_row(Html *html, const PlanRow *before, const PlanRow *now)
{
    g_autofree char *was = words_of_from_to(before), *is = words_of_from_to(now);
    html_elementf(html, "b", NULL, "changed %s", word_of_kind(now->kind));
    if (strcmp(was, is) != 0)
        html_elementf(html, "p", NULL, "was %s", was);
    if (before->approve != now->approve)
        html_elementf(html, "p", NULL, "was %sapproved", before->approve == 1 ? "" : "not ");
    if (gathered_count(before) != gathered_count(now))
        html_elementf(html, "p", NULL, "was of %u VMs", gathered_count(before));
    if (strcmp(before->cause, now->cause) != 0) {
        g_autofree char *cause = words_of_cause(before->cause);
        html_elementf(html, "p", NULL, "was for: %s", cause);
    }
    append_paragraph(html, NULL, now->reason);
}

static void append_difference(PageTable *rows, const DifferentRow *row)
{
    const PlanRow *before = row->before, *now = row->now;
    page_row(rows, NULL);
    append_subject(rows, now ? now : before);
    page_cell(rows);
    if (before && now) {
        append_change_of_row(rows->html, before, now);
    } else if (now) {
        html_elementf(rows->html, "b", NULL, "new %s", word_of_kind(now->kind));
        append_paragraph(rows->html, NULL, now->reason);
    } else if (before) {
        html_elementf(rows->html, "b", NULL, "no longer: %s", word_of_kind(before->kind));
        append_paragraph(rows->html, "dim", before->reason);
    }
    page_cell_end(rows);
    page_row_end(rows);
}

void review_difference(Html *html, const Review *review)
{
    const ChangePlan *plan = review->plan, *against = review->against;
    if (!against)
        return;
    g_autoptr(Comparison) comparison = comparison_of(against, plan);
    guint same = comparison->same[ROW_STEP] + comparison->same[ROW_ADVICE] + comparison->same[ROW_UNSOLVED];
    page_section(html, NULL, "What is new since the other plan");
    html_open(html, "p");
    html_textf(html, "%s: ", against->name);
    if (against->taken_at >= 0) {
        html_text(html, "of the snapshot of ");
        page_time(html, against->taken_at);
        html_text(html, ", ");
    }
    html_textf(html, "made under %s policy, for %s source. %u %s in both.",
               strcmp(plan->policy, against->policy) == 0 ? "the same" : "another",
               strcmp(plan->source_id, against->source_id) == 0 ? "the same" : "another", same,
               plural(same, "row stands", "rows stand"));
    html_close(html);
    if (comparison->rows->len) {
        PageTable rows =
            page_table(html, "rows", "Differences", difference_columns, G_N_ELEMENTS(difference_columns));
        for (guint i = 0; i < comparison->rows->len; i++)
            append_difference(&rows, &g_array_index(comparison->rows, DifferentRow, i));
        page_table_end(&rows);
    }
    html_close(html);
}
