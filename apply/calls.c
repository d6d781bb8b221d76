/* SPDX-License-Identifier: MIT */
#include "apply/calls.h"

#include "collect/escape.h"
#include "plan/fault.h"

#include <math.h>

#define MOST_PAUSE_S 8   /* before a call that was turned away again and again is made once more */
#define MOST_DOUBLINGS 3 /* of the first pause until then */
#define LOOK_S 30        /* a call that nothing shows is looked for so long, */
#define MOST_EDITS 3     /* calls that another one's changes come before, until the step fails */
#define HTTP_BAD_GATEWAY 502
#define HTTP_GATEWAY_TIMEOUT 504

struct Calls {
    Vcenter *vcenter;
    GHashTable *called;      /* PlanRow to Called */
    GHashTable *moved_again; /* ids of VMs */
    GQueue lost;             /* Lost * */
};

typedef struct Lost {
    const PlanRow *step;
    int status;
    char *fault;
    gint64 since, next_look; /* monotonic, in microseconds */
} Lost;

static void called_free(gpointer data)
{
    Called *called = data;
    g_free(called->operation);
    g_free(called->change_version);
    g_free(called->tasks);
    g_free(called);
}

static void lost_free(gpointer data)
{
    g_free(((Lost *)data)->fault);
    g_free(data);
}

Calls *calls_new(Vcenter *vcenter)
{
    Calls *calls = g_new0(Calls, 1);
    calls->vcenter = vcenter;
    calls->called = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, called_free);
    calls->moved_again = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&calls->lost);
    return calls;
}

void calls_free(Calls *calls)
{
    if (!calls)
        return;
    g_queue_clear_full(&calls->lost, lost_free);
    g_hash_table_destroy(calls->called);
    g_hash_table_destroy(calls->moved_again);
    g_free(calls);
}

Called *calls_of(Calls *calls, const PlanRow *step)
{
    Called *called = g_hash_table_lookup(calls->called, step);
    if (called)
        return called;
    called = g_new0(Called, 1);
    g_hash_table_insert(calls->called, (gpointer)step, called);
    return called;
}

void calls_prepare(Calls *calls, const PlanRow *step, const char *change_version, const char *tasks)
{
    Called *called = calls_of(calls, step);
    g_free(called->change_version);
    g_free(called->tasks);
    called->change_version = g_strdup(change_version);
    called->tasks = g_strdup(tasks);
}

void calls_forgo(Calls *calls, const OutcomeOf *of)
{
    g_autofree char *version = of->change_version ? g_uri_unescape_string(of->change_version, NULL) : NULL;
    calls_prepare(calls, of->step, version, of->tasks);
    calls_of(calls, of->step)->before++;
}

gboolean calls_again(const Calls *calls, const PlanRow *step)
{
    const Called *called = g_hash_table_lookup(calls->called, step);
    return called && called->before > 0;
}

void calls_learn_plan(Calls *calls, const ChangePlan *plan)
{
    g_autoptr(GHashTable) moved = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1 && row->action == ACTION_MIGRATE &&
            !g_hash_table_add(moved, (gpointer)row->object_id))
            g_hash_table_add(calls->moved_again, g_strdup(row->object_id));
    }
}

/* ---- what is looked for ---- */

void calls_lose(Calls *calls, const PlanRow *step, int status, const char *fault)
{
    Called *called = calls_of(calls, step);
    Lost *lost = g_new0(Lost, 1);
    gint64 now = g_get_monotonic_time();
    if (status == 0)
        called->away_since = 0;
    else if (called->away_since == 0)
        called->away_since = now;
    gint64 pause_s = status ? MIN(LOOK_PAUSE_S << MIN(called->before, MOST_DOUBLINGS), MOST_PAUSE_S) : 0;
    *lost = (Lost){step, status, g_strdup(fault), now, now + pause_s * G_USEC_PER_SEC};
    g_queue_push_tail(&calls->lost, lost);
}

/* 502 and 504 do not tell that the call got no further: the gateway may have handed it on. */
static gboolean may_still_come(int status)
{
    return status == HTTP_BAD_GATEWAY || status == HTTP_GATEWAY_TIMEOUT;
}

/* TRUE where the call was turned away and a second one does no harm though the first should come after all;
 * for as long as an outage may last. */
static gboolean may_call_again(const Calls *calls, const Lost *lost, gboolean looked_enough)
{
    gint64 limit = (gint64)calls->vcenter->connection->outage_limit_s.value * G_USEC_PER_SEC;
    const Called *called = g_hash_table_lookup(calls->called, lost->step);
    gboolean undoes_another = lost->step->action == ACTION_MIGRATE &&
                              g_hash_table_contains(calls->moved_again, lost->step->object_id);
    return lost->status != 0 && !undoes_another && (looked_enough || !may_still_come(lost->status)) &&
           g_get_monotonic_time() - called->away_since < limit;
}

/* A change that came before the call's was refused: the size is not yet what it shall be. */
static void judge_edited(Called *called, const char *fault, StepEnd *end)
{
    called->edits++;
    end->kind = called->edits < MOST_EDITS ? END_NOT_STARTED : END_FAILED;
    end->detail = called->edits < MOST_EDITS
                      ? g_strdup(fault)
                      : g_strdup_printf("%s: another one goes on changing the VM, %u calls had no effect",
                                        fault, called->edits);
}

/* Of a call that had not begun the step by now. */
static void judge_absent(Calls *calls, const Lost *lost, gboolean for_good, gboolean looked_enough,
                         StepEnd *end)
{
    Called *called = calls_of(calls, lost->step);
    end->kind = END_NOT_STARTED;
    if (lost->fault && !fault_is(lost->fault, "ConcurrentAccess")) {
        end->kind = END_FAILED;
        end->detail = g_strdup(lost->fault);
    } else if (lost->fault || for_good) {
        judge_edited(called, lost->fault ? lost->fault : "another one has changed the VM since its call",
                     end);
    } else if (may_call_again(calls, lost, looked_enough)) {
        end->detail = g_strdup_printf("found HTTP status %d", lost->status);
    } else {
        end->kind = END_UNKNOWN;
        end->detail = g_strdup("neither a task nor the object itself shows what became of it");
    }
}

/* A server that answers within a shorter time, as --timeout says, is not slower in beginning. */
static gint64 look_limit(const Calls *calls)
{
    return (gint64)MIN(LOOK_S, calls->vcenter->connection->timeout_s.value) * G_USEC_PER_SEC;
}

/* FALSE where it is to be looked for further. */
static gboolean conclude(Calls *calls, Lost *lost, Outcome *outcome, StepEnd *end)
{
    gint64 now = g_get_monotonic_time();
    gboolean looked_enough = now - lost->since >= look_limit(calls);
    end->kind = outcome->kind;
    if (outcome->task) /* as long as it runs */
        lost->since = now;
    else if (outcome->kind == END_NOT_STARTED)
        judge_absent(calls, lost, outcome->for_good, looked_enough, end);
    else
        end->detail = outcome->kind == END_UNKNOWN ? g_strdup("the object itself cannot be read")
                                                   : g_steal_pointer(&outcome->detail);
    if (end->kind != END_UNKNOWN || (looked_enough && !outcome->task))
        return TRUE;
    g_clear_pointer(&end->detail, g_free);
    lost->next_look = now + LOOK_PAUSE_S * G_USEC_PER_SEC;
    return FALSE;
}

static GList *find_due(Calls *calls)
{
    gint64 now = g_get_monotonic_time();
    for (GList *at = calls->lost.head; at; at = at->next)
        if (((Lost *)at->data)->next_look <= now)
            return at;
    return NULL;
}

gboolean calls_look_once(Calls *calls, const PlanRow *step, Outcome *outcome, GError **error)
{
    const Called *called = calls_of(calls, step);
    g_autofree char *version = called->change_version ? escape_id(called->change_version) : NULL;
    OutcomeOf of = {step, version, called->tasks, FALSE};
    return outcome_look(calls->vcenter, &of, outcome, error);
}

gboolean calls_look(Calls *calls, StepEnd *end, GError **error)
{
    GList *due = find_due(calls);
    g_auto(Outcome) outcome = {0};
    end->step = NAN;
    if (!due)
        return TRUE;
    Lost *lost = due->data;
    if (!calls_look_once(calls, lost->step, &outcome, error))
        return FALSE;
    if (!conclude(calls, lost, &outcome, end))
        return TRUE;
    end->step = lost->step->step;
    calls_of(calls, lost->step)->before += end->kind == END_NOT_STARTED;
    g_queue_delete_link(&calls->lost, due);
    lost_free(lost);
    return TRUE;
}
