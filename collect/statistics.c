/* SPDX-License-Identifier: MIT */
#include "collect/statistics.h"

#include "collect/escape.h"
#include "collect/historyfile.h"
#include "collect/periods.h"
#include "collect/plural.h"
#include "collect/queryperf.h"

#include <math.h>
#include <string.h>

#define LEFT_OUT "the server's statistics are left out: %s"

#define PARALLEL 4
#define MOST_GROUPS 16 /* begun and not written yet */

/* A query asks for so many counters of all its VMs together at most: what config.vpxd.stats.maxQueryMetrics
 * is where nobody has set it. Where it is less, queries are halved. */
#define MOST_METRICS 64

/* What was told of one VM in one period, by a grid of the period's intervals. */
typedef struct Told {
    gint64 start;
    double *seconds; /* [n_samples] of the interval that ends there; 0: nothing was told */
    double *values;  /* [metric * n_samples + sample]; NAN: not measured */
} Told;

typedef struct Followee {
    guint vm;      /* its index in the snapshot */
    gboolean gone; /* deleted meanwhile, or refused */
    Told told[MOST_PERIODS];
} Followee;

typedef struct Statistics Statistics;

/* VMs that are asked for together, and what becomes of them in the file */
typedef struct Group {
    Statistics *statistics;
    guint first, n;     /* followees */
    GPtrArray *queries; /* all of them, owned */
    GQueue *to_do;      /* those not under way */
    guint n_under_way;  /* queries */
    gboolean done;
    GString *rows;
} Group;

/* of some VMs and some counters of a group in one period */
typedef struct Query {
    Group *group;
    guint period;
    guint first, n;                  /* followees */
    guint first_counter, n_counters; /* of those asked for in the period */
    gboolean split, repeat, refused; /* what became of it */
} Query;

struct Statistics {
    Vcenter *vcenter;
    const Program *program;
    const Snapshot *snapshot;
    SnapshotWriter *writer;
    Periods periods;
    History *names; /* by what VMs are followed */
    GArray *followees;
    GHashTable *index_of; /* a VM's id to its place in followees, from 1 */
    GArray *groups;
    guint begun, written; /* groups */
    gboolean has_head;    /* the file */
    guint n_answered, n_refused, n_with_history;
    char *refusal; /* the first one's words */
};

/* ---- what is asked ---- */

static Followee *followee(const Statistics *statistics, guint index)
{
    return &g_array_index(statistics->followees, Followee, index);
}

static const Period *period_of(const Query *query)
{
    return &query->group->statistics->periods.all[query->period];
}

static void add_query(const Query *like)
{
    Query *query = g_new(Query, 1);
    *query = *like;
    query->split = query->repeat = query->refused = FALSE;
    g_ptr_array_add(query->group->queries, query);
    g_queue_push_tail(query->group->to_do, query);
}

static void append_spec(const Query *query, const Followee *of, GString *body)
{
    const Period *period = period_of(query);
    g_autofree char *from = table_format_time(period->from), *to = table_format_time(period->to);
    g_string_append(body, "<querySpec>");
    soap_append_reference(body, "entity", "VirtualMachine",
                          query->group->statistics->snapshot->vms[of->vm].id);
    g_string_append_printf(body, "<startTime>%s</startTime><endTime>%s</endTime>", from, to);
    for (guint i = 0; i < query->n_counters; i++)
        g_string_append_printf(body, "<metricId><counterId>%d</counterId><instance></instance></metricId>",
                               period->keys[period->asked[query->first_counter + i]].key);
    g_string_append_printf(body, "<intervalId>%d</intervalId><format>csv</format></querySpec>",
                           period->interval_s);
}

/* Queries of VMs that are all gone are not made. */
static void drop_empty(Group *group)
{
    for (GList *at = group->to_do->head, *next; at; at = next) {
        const Query *query = at->data;
        guint n = 0;
        next = at->next;
        for (guint i = 0; i < query->n; i++)
            n += !followee(group->statistics, query->first + i)->gone;
        if (n == 0)
            g_queue_delete_link(group->to_do, at);
    }
}

/* ---- answers ---- */

static void told_clear(Told *told)
{
    g_clear_pointer(&told->seconds, g_free);
    g_clear_pointer(&told->values, g_free);
}

static void told_init(Told *told, const Period *period, gint64 start)
{
    told->start = start;
    told->seconds = g_new0(double, period->n_samples);
    told->values = g_new(double, (gsize)period->n_samples *N_METRICS);
    for (gsize i = 0; i < (gsize)period->n_samples * N_METRICS; i++)
        told->values[i] = NAN;
}

static void query_begin(gpointer data)
{
    Query *query = data;
    const Period *period = period_of(query);
    for (guint i = 0; i < query->n; i++) {
        Told *told = &followee(query->group->statistics, query->first + i)->told[query->period];
        for (guint k = 0; told->values && k < query->n_counters; k++) {
            guint counter = period->asked[query->first_counter + k];
            double *values =
                told->values + (gsize)rolled_up_counters.counters[counter].metric * period->n_samples;
            for (guint sample = 0; sample < period->n_samples; sample++)
                values[sample] = NAN;
        }
    }
}

/* Answers of one VM may have grids that begin apart. */
static void keep(const Period *period, gint64 start, Told *told)
{
    gint64 shift = (start - told->start) / period->interval_s;
    const double *seconds = perf_reader_seconds(period->reader);
    for (int metric = 0; metric < N_METRICS; metric++) {
        const double *values = perf_reader_values(period->reader, metric);
        for (guint sample = 0; values && sample < period->n_samples; sample++) {
            gint64 at = (gint64)sample + shift;
            if (isnan(values[sample]) || at < 0 || at >= period->n_samples)
                continue;
            told->values[(gsize)metric * period->n_samples + (gsize)at] = values[sample];
            told->seconds[at] = seconds[sample] > 0 ? seconds[sample] : period->interval_s;
        }
    }
}

static gboolean query_take(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Query *query = data;
    Statistics *statistics = query->group->statistics;
    const Period *period = period_of(query);
    const char *id = element_text(element, "entity");
    guint index = id ? GPOINTER_TO_UINT(g_hash_table_lookup(statistics->index_of, id)) : 0;
    if (index == 0 || index - 1 < query->first || index - 1 >= query->first + query->n)
        return TRUE;
    Followee *of = followee(statistics, index - 1);
    Told *told = &of->told[query->period];
    gint64 start = perf_reader_read(period->reader, element, (int)of->vm);
    if (!told->values)
        told_init(told, period, start);
    keep(period, start, told);
    return TRUE;
}

static gboolean is_of_limit(const SoapFault *fault)
{
    const char *property = element_text(fault->detail, "invalidProperty");
    return strcmp(fault->type, "RestrictedByAdministrator") == 0 ||
           (strcmp(fault->type, "InvalidArgument") == 0 && g_strcmp0(property, "querySpec.size") == 0);
}

static gboolean can_be_split(const Query *query)
{
    return query->n > 1 || query->n_counters > 1;
}

static void note_refusal(Query *query, const SoapFault *fault)
{
    Statistics *statistics = query->group->statistics;
    query->refused = TRUE;
    for (guint i = 0; i < query->n; i++) {
        Followee *of = followee(statistics, query->first + i);
        statistics->n_refused += !of->gone;
        of->gone = TRUE;
    }
    if (statistics->refusal)
        return;
    g_autofree char *words = escape_for_terminal(fault->message);
    statistics->refusal = g_strdup_printf("%s%s%s", fault->type, *fault->type && *words ? ": " : "", words);
}

static gboolean query_fault(const SoapFault *fault, gpointer data)
{
    Query *query = data;
    Statistics *statistics = query->group->statistics;
    if (strcmp(fault->type, "NotAuthenticated") == 0)
        return FALSE;
    const char *id =
        strcmp(fault->type, "ManagedObjectNotFound") == 0 ? element_text(fault->detail, "obj") : NULL;
    guint index = id ? GPOINTER_TO_UINT(g_hash_table_lookup(statistics->index_of, id)) : 0;
    if (index > 0 && !followee(statistics, index - 1)->gone) {
        followee(statistics, index - 1)->gone = TRUE;
        query->repeat = TRUE;
    } else if (is_of_limit(fault) && can_be_split(query)) {
        query->split = TRUE;
    } else {
        note_refusal(query, fault);
    }
    return TRUE;
}

/* ---- what becomes of a group ---- */

static void roll_up_period(const Statistics *statistics, const Followee *of, guint number, Rollup *rollups)
{
    const Period *period = &statistics->periods.all[number];
    const Told *told = &of->told[number];
    double core_mhz = statistics->snapshot->hosts[statistics->snapshot->vms[of->vm].host].core_mhz;
    for (guint sample = 0; told->values && sample < period->n_samples; sample++) {
        gint64 end = told->start + (gint64)(sample + 1) * period->interval_s;
        double values[N_METRICS], seconds = told->seconds[sample];
        if (!(seconds > 0) || end <= period->from || end > period->to)
            continue;
        for (int metric = 0; metric < N_METRICS; metric++)
            values[metric] = told->values[(gsize)metric * period->n_samples + sample];
        values[METRIC_CPU_READY_MS] /= seconds * 1000;
        Means means = {.values = values};
        for (int f = 0; f < N_FOLLOWED; f++)
            rollup_add(&rollups[f], end, seconds, history_measured(&means, 0, core_mhz, (Followed)f));
    }
}

/* The longest intervals are of the oldest time. */
static void roll_up(Statistics *statistics, Followee *of, GString *rows)
{
    const Vm *vm = &statistics->snapshot->vms[of->vm];
    Rollup *rollups = history_rollups_new();
    for (guint i = statistics->periods.n; i > 0; i--)
        if (!of->gone)
            roll_up_period(statistics, of, i - 1, rollups);
    gsize before = rows->len;
    history_append_vm(history_key_of_vm(statistics->names, vm), rollups, statistics->periods.to, rows);
    statistics->n_with_history += rows->len > before;
    history_rollups_free(rollups);
    for (guint i = 0; i < statistics->periods.n; i++)
        told_clear(&of->told[i]);
}

static gboolean write_rows(Statistics *statistics, const GString *rows, GError **error)
{
    const SnapshotInfo *info = &statistics->snapshot->info;
    if (rows->len == 0)
        return TRUE;
    if (!statistics->has_head) {
        g_autoptr(GString) head = g_string_new(NULL);
        history_append_head(info->source_id, statistics->periods.to, NULL, head);
        if (!snapshot_writer_history(statistics->writer, head->str, head->len, error))
            return FALSE;
        statistics->has_head = TRUE;
    }
    return snapshot_writer_history(statistics->writer, rows->str, rows->len, error);
}

static void group_clear(gpointer data)
{
    Group *group = data;
    g_clear_pointer(&group->queries, g_ptr_array_unref);
    g_clear_pointer(&group->to_do, g_queue_free);
    if (group->rows)
        g_string_free(g_steal_pointer(&group->rows), TRUE);
}

/* Rolls up what was told of a group and writes, in their order, those that are done. */
static gboolean end_group(Group *group, GError **error)
{
    Statistics *statistics = group->statistics;
    group->rows = g_string_new(NULL);
    for (guint i = 0; i < group->n; i++)
        roll_up(statistics, followee(statistics, group->first + i), group->rows);
    group->done = TRUE;
    while (statistics->written < statistics->begun) {
        Group *next = &g_array_index(statistics->groups, Group, statistics->written);
        if (!next->done)
            break;
        if (!write_rows(statistics, next->rows, error))
            return FALSE;
        group_clear(next);
        statistics->written++;
        program_progress(statistics->program, "reading statistics: %u of %u VMs", next->first + next->n,
                         statistics->followees->len);
    }
    return TRUE;
}

/* By VMs, and where there is one, by counters. */
static void split(const Query *query)
{
    Query first = *query, rest = *query;
    if (query->n > 1) {
        first.n = query->n / 2;
        rest.first += first.n;
        rest.n -= first.n;
    } else {
        first.n_counters = query->n_counters / 2;
        rest.first_counter += first.n_counters;
        rest.n_counters -= first.n_counters;
    }
    add_query(&first);
    add_query(&rest);
}

static gboolean query_done(gpointer data, GError **error)
{
    const Query *query = data;
    Group *group = query->group;
    if (query->split)
        split(query);
    else if (query->repeat)
        add_query(query);
    else if (!query->refused)
        group->statistics->n_answered++;
    drop_empty(group);
    group->n_under_way--;
    return group->n_under_way > 0 || !g_queue_is_empty(group->to_do) || end_group(group, error);
}

/* ---- the next query ---- */

static void begin_group(Group *group)
{
    Statistics *statistics = group->statistics;
    group->queries = g_ptr_array_new_with_free_func(g_free);
    group->to_do = g_queue_new();
    for (guint i = 0; i < statistics->periods.n; i++) {
        Query query = {.group = group,
                       .period = i,
                       .first = group->first,
                       .n = group->n,
                       .n_counters = statistics->periods.all[i].n_asked};
        add_query(&query);
    }
    statistics->begun++;
}

/* a query of a group that is begun, or of a new one; NULL: none for now */
static Query *next_query(Statistics *statistics)
{
    for (guint i = statistics->written; i < statistics->begun; i++) {
        Query *query = g_queue_pop_head(g_array_index(statistics->groups, Group, i).to_do);
        if (query)
            return query;
    }
    if (statistics->begun == statistics->groups->len ||
        statistics->begun - statistics->written == MOST_GROUPS)
        return NULL;
    Group *group = &g_array_index(statistics->groups, Group, statistics->begun);
    begin_group(group);
    return g_queue_pop_head(group->to_do);
}

static gboolean next_call(SoapCall *call, gpointer data)
{
    Statistics *statistics = data;
    gboolean refuses = statistics->refusal && statistics->n_answered == 0;
    Query *query = refuses ? NULL : next_query(statistics);
    if (!query)
        return FALSE;
    query->group->n_under_way++;
    GString *body = g_string_new(NULL);
    vcenter_append_manager(statistics->vcenter, body, "_this", "perfManager");
    for (guint i = 0; i < query->n; i++) {
        const Followee *of = followee(statistics, query->first + i);
        if (!of->gone)
            append_spec(query, of, body);
    }
    *call = (SoapCall){.method = "QueryPerf",
                       .body = g_string_free(body, FALSE),
                       .depth = 3,
                       .begin = query_begin,
                       .take = query_take,
                       .fault = query_fault,
                       .done = query_done,
                       .data = query};
    return TRUE;
}

/* ---- all of it ---- */

static void followee_clear(gpointer data)
{
    for (guint i = 0; i < MOST_PERIODS; i++)
        told_clear(&((Followee *)data)->told[i]);
}

static void add_followees(Statistics *statistics)
{
    const Snapshot *snapshot = statistics->snapshot;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        Followee of = {.vm = i};
        if (vm->power != VM_POWER_ON || vm->connection != VM_CONNECTED)
            continue;
        g_array_append_val(statistics->followees, of);
        g_hash_table_insert(statistics->index_of, (gpointer)vm->id,
                            GUINT_TO_POINTER(statistics->followees->len));
    }
}

static void add_groups(Statistics *statistics)
{
    guint most = 1, n = statistics->followees->len;
    for (guint i = 0; i < statistics->periods.n; i++)
        most = MAX(most, statistics->periods.all[i].n_asked);
    for (guint first = 0; first < n; first += MOST_METRICS / most) {
        Group group = {.statistics = statistics, .first = first, .n = MIN(MOST_METRICS / most, n - first)};
        g_array_append_val(statistics->groups, group);
    }
}

static void tell(const Statistics *statistics, GPtrArray *notes, GPtrArray *warnings)
{
    if (statistics->refusal && statistics->n_answered == 0) {
        g_ptr_array_add(warnings, g_strdup_printf(LEFT_OUT, statistics->refusal));
    } else if (statistics->refusal) {
        g_autoptr(GString) words = g_string_new(NULL);
        plural_append(words, statistics->n_refused,
                      "VM has no history, as the server refuses its statistics: ",
                      "VMs have no history, as the server refuses their statistics: ");
        g_ptr_array_add(warnings, g_strconcat(words->str, statistics->refusal, NULL));
    }
    if (statistics->n_with_history > 0)
        periods_tell(&statistics->periods, statistics->n_with_history, notes);
    else if (!statistics->refusal)
        g_ptr_array_add(warnings, g_strdup("the server has no statistics of the time before the snapshot"));
}

/* What the network or the server keeps from us leaves the snapshot as it is; a session that has ended, a
 * signal and a full disk do not. */
static gboolean is_bearable(const GError *error)
{
    return error->domain == SOAP_ERROR && error->code != SOAP_ERROR_SESSION;
}

static gboolean ask(Statistics *statistics, gint64 history_s, GError **error)
{
    if (!periods_find(&statistics->periods, statistics->vcenter, statistics->snapshot, history_s, error))
        return FALSE;
    add_followees(statistics);
    add_groups(statistics);
    return statistics->periods.n == 0 ||
           soap_run(statistics->vcenter->soap, PARALLEL, next_call, statistics, error);
}

gboolean statistics_collect(Vcenter *vcenter, const Program *program, const Snapshot *snapshot,
                            gint64 history_s, SnapshotWriter *writer, GPtrArray *notes, GPtrArray *warnings,
                            GError **error)
{
    Statistics statistics = {.vcenter = vcenter, .program = program, .snapshot = snapshot, .writer = writer};
    g_autoptr(History) names = history_new();
    g_autoptr(GError) failure = NULL;
    history_know(names, snapshot);
    statistics.names = names;
    statistics.followees = g_array_new(FALSE, FALSE, sizeof(Followee));
    g_array_set_clear_func(statistics.followees, followee_clear);
    statistics.index_of = g_hash_table_new(g_str_hash, g_str_equal);
    statistics.groups = g_array_new(FALSE, FALSE, sizeof(Group));
    g_array_set_clear_func(statistics.groups, group_clear);
    gboolean ok = ask(&statistics, history_s, &failure);
    program_progress(program, NULL);
    if (ok) {
        tell(&statistics, notes, warnings);
    } else if (is_bearable(failure)) {
        snapshot_writer_drop_history(writer);
        g_ptr_array_add(warnings, g_strdup_printf(LEFT_OUT, failure->message));
        ok = TRUE;
    } else {
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    g_array_unref(statistics.groups);
    g_array_unref(statistics.followees);
    g_hash_table_destroy(statistics.index_of);
    periods_clear(&statistics.periods);
    g_free(statistics.refusal);
    return ok;
}
