/* SPDX-License-Identifier: MIT */
/*
 * A vCenter as a target: RelocateVM_Task with the host alone, ReconfigVM_Task with the absolute new size and
 * the changeVersion that was read just before, so that a repeat does no harm and a concurrent edit is a
 * fault, EnterMaintenanceMode_Task of a host that runs no VM (maintenance.c). What became of calls of which
 * that is not known is told by calls.c and outcome.c.
 */
#include "collect/vsphere.h"

#include "analyze/evaluation.h"
#include "apply/calls.h"
#include "apply/drift.h"
#include "apply/foreigntasks.h"
#include "apply/maintenance.h"
#include "apply/managedobject.h"
#include "apply/sessions.h"
#include "apply/target.h"
#include "apply/tasks.h"
#include "apply/vspherecheck.h"
#include "collect/atomic.h"
#include "collect/escape.h"
#include "collect/inventory.h"
#include "collect/snapshotreader.h"
#include "plan/change.h"
#include "plan/fault.h"

#include <math.h>
#include <string.h>

#define SETTLE_WAIT_S 5
#define OLD_CALL_S 5 /* a call of an earlier run that nothing shows may still be on its way so long */
#define WINDOW_S 300

typedef struct Vsphere {
    Target base;
    const Program *program;
    Vcenter *vcenter;
    const Policy *policy; /* of the view */
    Snapshot *snapshot;   /* what was there at the view; rows that recheck reads are brought up to date */
    Tasks *tasks;
    GHashTable *steps; /* a task's id to the step (PlanRow) that it carries out */
    GQueue ended;      /* StepEnd *: to be handed out by wait */
    Calls *calls;
    Outcome shown;                /* of the step that was rechecked last, where it was called before */
    GHashTable *looked_at;        /* PlanRow of an earlier run to gint64: since when nothing shows it */
    gint64 time_then, clock_then; /* the server's clock, and ours (monotonic, in microseconds), at login */
} Vsphere;

static Vsphere *vsphere_of(Target *target)
{
    return (Vsphere *)target;
}

static gint64 vsphere_now(Target *target)
{
    const Vsphere *vsphere = vsphere_of(target);
    return vsphere->time_then + (g_get_monotonic_time() - vsphere->clock_then) / G_USEC_PER_SEC;
}

static const char *vsphere_account(Target *target)
{
    return vsphere_of(target)->vcenter->account;
}

static const char *vsphere_source_id(Target *target)
{
    return vsphere_of(target)->vcenter->instance_uuid;
}

/* ---- what is there ---- */

/* Measures into a directory that is gone again afterwards. */
static gboolean view_measured(Vsphere *vsphere, const char *directory, const Policy *policy,
                              Assessment **assessment, GError **error)
{
    g_auto(CollectResult) result = {0};
    CollectRequest request = {.source = vsphere->vcenter->connection->url,
                              .output = directory,
                              .window_s = WINDOW_S,
                              .connection = vsphere->vcenter->connection,
                              .program = vsphere->program};
    if (!vsphere_collect(vsphere->vcenter, &request, &result, error) ||
        !(vsphere->snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error)))
        return FALSE;
    program_warn_all(vsphere->program, result.warnings);
    g_auto(Subject) subject = {0};
    g_autoptr(Assessment) assessed = evaluation_begin(policy);
    if (!evaluation_add(assessed, vsphere->snapshot, directory, policy, &subject, error))
        return FALSE;
    *assessment = g_steal_pointer(&assessed);
    return TRUE;
}

static gboolean vsphere_view(Target *target, const Policy *policy, const Snapshot **snapshot,
                             Assessment **assessment, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    vsphere->policy = policy;
    g_clear_pointer(&vsphere->snapshot, snapshot_free);
    if (assessment) {
        g_autoptr(AtomicDirectory) scratch = atomic_directory_scratch(error);
        g_autofree char *directory =
            scratch ? g_build_filename(atomic_directory_path(scratch), "measured", NULL) : NULL;
        if (!directory || !view_measured(vsphere, directory, policy, assessment, error))
            return FALSE;
    } else {
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        vsphere->snapshot = vsphere_inventory(vsphere->vcenter, vsphere->program, warnings, error);
        if (!vsphere->snapshot)
            return FALSE;
    }
    *snapshot = vsphere->snapshot;
    return TRUE;
}

static gboolean vsphere_check(Target *target, const ChangePlan *plan, GPtrArray *refusals,
                              GPtrArray *problems, GPtrArray *warnings, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    calls_learn_plan(vsphere->calls, plan);
    vsphere_check_drs(plan, vsphere->snapshot, vsphere->policy, problems);
    return sessions_check(vsphere->vcenter, problems, warnings, error) &&
           foreigntasks_check(vsphere->vcenter, plan, warnings, error) &&
           vsphere_check_privileges(vsphere->vcenter, plan, vsphere->snapshot, refusals, problems, error) &&
           vsphere_check_migrations(vsphere->vcenter, plan, refusals, problems, warnings, error);
}

/* ---- one VM as it is now ---- */

enum {
    NOW_NAME,
    NOW_UUID,
    NOW_HOST,
    NOW_POWER,
    NOW_CONNECTION,
    NOW_MEMORY,
    NOW_VCPUS,
    NOW_VERSION,
    NOW_TASKS,
    N_NOW
};
static const char *const now_paths[N_NOW] = {
    [NOW_NAME] = "name",
    [NOW_UUID] = "config.instanceUuid",
    [NOW_HOST] = "runtime.host",
    [NOW_POWER] = "runtime.powerState",
    [NOW_CONNECTION] = "runtime.connectionState",
    [NOW_MEMORY] = "config.hardware.memoryMB",
    [NOW_VCPUS] = "config.hardware.numCPU",
    [NOW_VERSION] = "config.changeVersion",
    [NOW_TASKS] = "recentTask",
};

static gboolean read_vm(Vsphere *vsphere, const char *id, ManagedObject *object, GError **error)
{
    return managed_object_read(object, vsphere->vcenter, "VirtualMachine", id, now_paths, N_NOW, error);
}

/* ---- looking again ---- */

static void update_vm(Vsphere *vsphere, int index, const ManagedObject *object)
{
    Vm *vm = &vsphere->snapshot->vms[index];
    vm->host = object->texts[NOW_HOST] ? snapshot_find_host(vsphere->snapshot, object->texts[NOW_HOST]) : -1;
    vm->instance_uuid = snapshot_string(vsphere->snapshot, object->texts[NOW_UUID]);
    vm->power = inventory_word(object->texts[NOW_POWER], vsphere_vm_powers);
    vm->connection = inventory_word(object->texts[NOW_CONNECTION], vsphere_vm_connections);
    vm->memory_mib = object->texts[NOW_MEMORY] ? g_ascii_strtod(object->texts[NOW_MEMORY], NULL) : NAN;
    vm->vcpus = object->texts[NOW_VCPUS] ? g_ascii_strtod(object->texts[NOW_VCPUS], NULL) : NAN;
}

static gboolean update_host(Vsphere *vsphere, const char *id, GError **error)
{
    static const char *const paths[] = {"runtime.connectionState", "runtime.powerState",
                                        "runtime.inMaintenanceMode", "runtime.inQuarantineMode"};
    g_auto(ManagedObject) object = {0};
    int index = snapshot_find_host(vsphere->snapshot, id);
    if (index < 0) /* comparing says so */
        return TRUE;
    if (!managed_object_read(&object, vsphere->vcenter, "HostSystem", id, paths, G_N_ELEMENTS(paths), error))
        return FALSE;
    Host *host = &vsphere->snapshot->hosts[index];
    host->connection = inventory_word(object.texts[0], vsphere_host_connections);
    host->power = inventory_word(object.texts[1], vsphere_host_powers);
    if (g_strcmp0(object.texts[2], "true") == 0)
        host->mode = HOST_MODE_MAINTENANCE;
    else if (g_strcmp0(object.texts[3], "true") == 0)
        host->mode = HOST_MODE_QUARANTINE;
    else if (host->mode != HOST_MODE_ENTERING)
        host->mode = HOST_MODE_NORMAL;
    return TRUE;
}

static char *describe_differences(const GPtrArray *differences)
{
    if (differences->len == 0)
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < differences->len; i++) {
        const Mismatch *difference = g_ptr_array_index(differences, i);
        g_string_append_printf(text, "%s%s was %s, is %s", text->len ? "; " : "", difference->what,
                               difference->was, difference->is);
    }
    return g_strdup(text->str);
}

static gboolean read_for_recheck(Vsphere *vsphere, const PlanRow *step, int vm, GError **error)
{
    g_auto(ManagedObject) object = {0};
    if (!read_vm(vsphere, step->object_id, &object, error))
        return FALSE;
    update_vm(vsphere, vm, &object);
    calls_prepare(vsphere->calls, step, object.texts[NOW_VERSION],
                  object.texts[NOW_TASKS] ? object.texts[NOW_TASKS] : "");
    return step->action != ACTION_MIGRATE ||
           (update_host(vsphere, step->from_id, error) && update_host(vsphere, step->to_id, error));
}

/* Sets differences to all that keeps the host from the mode, or in it, as it is now; one that stands as the
 * step wants it may stay. */
static gboolean recheck_host(Vsphere *vsphere, const PlanRow *step, GPtrArray *differences, GError **error)
{
    int index = snapshot_find_host(vsphere->snapshot, step->object_id);
    if (index < 0) {
        g_ptr_array_add(differences, mismatch_new(step->step, "host", step->object_id, "no such host"));
        return TRUE;
    }
    if (!update_host(vsphere, step->object_id, error))
        return FALSE;
    const Host *host = &vsphere->snapshot->hosts[index];
    if (host->mode == step_mode(step))
        return TRUE;
    if (step->action == ACTION_EXIT_MAINTENANCE) {
        drift_compare_exit(step, host, host->mode, differences);
        return TRUE;
    }
    g_autoptr(GPtrArray) running = maintenance_running(vsphere->vcenter, step->object_id, error);
    if (!running)
        return FALSE;
    drift_compare_maintenance(step, host, host->mode, running, differences);
    return TRUE;
}

static gboolean recheck_vm(Vsphere *vsphere, const PlanRow *step, GPtrArray *differences, GError **error)
{
    int vm = snapshot_find_vm(vsphere->snapshot, step->object_id);
    g_autofree char *busy = NULL;
    if (vm >= 0 && (!read_for_recheck(vsphere, step, vm, error) ||
                    !foreigntasks_on_vm(vsphere->vcenter, step->object_id, vsphere->steps, &busy, error)))
        return FALSE;
    if (busy)
        g_ptr_array_add(differences, mismatch_new(step->step, "task of another one", "none", busy));
    g_autoptr(Drift) drift = drift_new(vsphere->snapshot);
    drift_compare(drift, step, differences, NULL);
    return TRUE;
}

/* A call that was thought not to have begun the step may have done so since. */
static gboolean look_again(Vsphere *vsphere, const PlanRow *step, GError **error)
{
    outcome_clear(&vsphere->shown);
    return !calls_again(vsphere->calls, step) ||
           calls_look_once(vsphere->calls, step, &vsphere->shown, error);
}

static gboolean vsphere_recheck(Target *target, const PlanRow *step, char **problem, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    g_autoptr(GError) failure = NULL;
    if (!look_again(vsphere, step, error))
        return FALSE;
    if (vsphere->shown.kind != END_NOT_STARTED) /* as start says */
        return TRUE;
    gboolean read = step_is_of_mode(step) ? recheck_host(vsphere, step, differences, &failure)
                                          : recheck_vm(vsphere, step, differences, &failure);
    if (!read) {
        if (!g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        *problem = g_strdup(failure->message); /* the VM or a host is gone */
        return TRUE;
    }
    *problem = describe_differences(differences);
    return TRUE;
}

/* ---- starting ---- */

static gboolean reconfigures(const PlanRow *step)
{
    return action_is_of_size(step->action);
}

/* By the one a later run tells whether the call took effect, by the other a person finds it in the vCenter's
 * own logs. */
static char *vsphere_intent(Target *target, const PlanRow *step)
{
    Vsphere *vsphere = vsphere_of(target);
    Called *called = calls_of(vsphere->calls, step);
    g_free(called->operation);
    called->operation = soap_new_operation(vsphere->vcenter->soap);
    g_autofree char *version =
        reconfigures(step) && called->change_version ? escape_id(called->change_version) : NULL;
    return g_strdup_printf("%s%s%soperation_id=%s", version ? "change_version=" : "", version ? version : "",
                           version ? " " : "", called->operation);
}

static GString *reconfiguration(const Called *called, const PlanRow *step)
{
    GString *body = g_string_new(NULL);
    soap_append_reference(body, "_this", "VirtualMachine", step->object_id);
    g_string_append(body, "<spec>");
    if (called->change_version) {
        g_string_append(body, "<changeVersion>");
        xml_append_text(body, called->change_version);
        g_string_append(body, "</changeVersion>");
    }
    const char *size = step->action == ACTION_ADD_CPU ? "numCPUs" : "memoryMB";
    g_string_append_printf(body, "<%s>", size);
    xml_append_text(body, step->to);
    g_string_append_printf(body, "</%s></spec>", size);
    return body;
}

static char *submit(Vsphere *vsphere, const PlanRow *step, GError **error)
{
    const Called *called = calls_of(vsphere->calls, step);
    if (step_is_of_mode(step))
        return maintenance_begin(vsphere->vcenter, step, called->operation, error);
    if (reconfigures(step))
        return vcenter_change(vsphere->vcenter, "ReconfigVM_Task", reconfiguration(called, step),
                              called->operation, error);
    GString *body = g_string_new(NULL);
    soap_append_reference(body, "_this", "VirtualMachine", step->object_id);
    vsphere_append_relocation(body, step);
    return vcenter_change(vsphere->vcenter, "RelocateVM_Task", body, called->operation, error);
}

/* as the recheck just found it: a host that was entering the mode gets there when the last VM leaves */
static gboolean stands_as_wanted(const Vsphere *vsphere, const PlanRow *step)
{
    int host = step_is_of_mode(step) ? snapshot_find_host(vsphere->snapshot, step->object_id) : -1;
    return host >= 0 && vsphere->snapshot->hosts[host].mode == step_mode(step);
}

static void hand_out(Vsphere *vsphere, const PlanRow *step, EndKind kind, char *detail)
{
    StepEnd *end = g_new(StepEnd, 1);
    *end = (StepEnd){step->step, kind, detail};
    g_queue_push_tail(&vsphere->ended, end);
}

/* What the journal says of the call that was just made. */
static char *describe_call(const Vsphere *vsphere, const PlanRow *step, gboolean answered)
{
    int status = answered ? 0 : soap_status(vsphere->vcenter->soap);
    g_autofree char *at_http = status ? g_strdup_printf(" http_status=%d", status) : g_strdup("");
    return g_strdup_printf("operation_id=%s%s", calls_of(vsphere->calls, step)->operation, at_http);
}

/* TRUE where the fault may be of a second call, because the first was carried out after all, or of one that
 * another's change came before: that is looked into. */
static gboolean may_be_begun(const Vsphere *vsphere, const PlanRow *step, const char *fault)
{
    return fault_is(fault, "ConcurrentAccess") || calls_again(vsphere->calls, step);
}

/* The step needs no call: it is looked for, or over. */
static gboolean take_shown(Vsphere *vsphere, const PlanRow *step, StepCall *call)
{
    if (vsphere->shown.kind != END_UNKNOWN) {
        hand_out(vsphere, step, vsphere->shown.kind, g_steal_pointer(&vsphere->shown.detail));
        return TRUE;
    }
    call->unknown = g_strdup("a task that may be its own runs already");
    calls_lose(vsphere->calls, step, 0, NULL);
    return TRUE;
}

/* FALSE where the failure tells that the step was not begun. */
static gboolean look_into(Vsphere *vsphere, const PlanRow *step, const GError *failure, StepCall *call)
{
    gboolean refused = g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT),
             away = g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_AWAY);
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION) ||
        (refused && !may_be_begun(vsphere, step, failure->message)))
        return FALSE;
    const char *fault;
    fault_scope(failure->message, &fault);
    /* no answer, or none to be read: the call may have been carried out, as the object itself will tell */
    call->unknown = refused ? g_strdup(fault)
                    : away  ? g_strdup("its call was turned away")
                            : g_strdup("the answer to its call was lost");
    program_warn(vsphere->program, "step %.0f: %s; looking what became of it", step->step, failure->message);
    calls_lose(vsphere->calls, step, away ? soap_status(vsphere->vcenter->soap) : 0, refused ? fault : NULL);
    return TRUE;
}

static gboolean vsphere_start(Target *target, const PlanRow *step, StepCall *call, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    g_autoptr(GError) failure = NULL;
    if (vsphere->shown.kind != END_NOT_STARTED)
        return take_shown(vsphere, step, call);
    if (stands_as_wanted(vsphere, step)) {
        hand_out(
            vsphere, step, END_SUCCEEDED,
            g_strdup_printf(JOURNAL_FOUND_SO, step->action == ACTION_ENTER_MAINTENANCE ? "in" : "out of"));
        return TRUE;
    }
    call->task = submit(vsphere, step, &failure);
    call->detail =
        describe_call(vsphere, step, call->task || g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT));
    if (call->task) {
        g_hash_table_insert(vsphere->steps, g_strdup(call->task), (gpointer)step);
        tasks_add(vsphere->tasks, call->task);
        return TRUE;
    }
    if (look_into(vsphere, step, failure, call))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- ends ---- */

static void settled(const TaskEnd *task, gpointer data)
{
    TaskEnd *end = data;
    *end = *task;
    end->fault = g_strdup(task->fault);
    end->result = NULL;
}

/* What nothing shows may still be on its way, or at work, for a moment. */
static gboolean doubt_absence(Vsphere *vsphere, const PlanRow *step, StepEnd *end, GError **error)
{
    gint64 *since = g_hash_table_lookup(vsphere->looked_at, step);
    if (!since) {
        since = g_new(gint64, 1);
        *since = g_get_monotonic_time();
        g_hash_table_insert(vsphere->looked_at, (gpointer)step, since);
    }
    if (g_get_monotonic_time() - *since >= OLD_CALL_S * G_USEC_PER_SEC)
        return TRUE;
    end->kind = END_UNKNOWN;
    g_clear_pointer(&end->detail, g_free);
    return soap_pause(vsphere->vcenter->soap, LOOK_PAUSE_S, error);
}

/* Of a call without a task, or with one that is gone, the object itself tells. A task that runs there may be
 * somebody else's: when it is over is told by the object, too. */
static gboolean settle_by_object(Vsphere *vsphere, const OutcomeOf *of, StepEnd *end, GError **error)
{
    g_auto(Outcome) outcome = {0};
    if (!outcome_look(vsphere->vcenter, of, &outcome, error))
        return FALSE;
    *end = (StepEnd){of->step->step, outcome.kind, g_steal_pointer(&outcome.detail)};
    if (outcome.kind == END_UNKNOWN)
        return soap_pause(vsphere->vcenter->soap, LOOK_PAUSE_S, error);
    gboolean doubtful =
        of->began ? outcome.kind == END_FAILED : outcome.kind == END_NOT_STARTED && !outcome.for_good;
    if (doubtful && !doubt_absence(vsphere, of->step, end, error))
        return FALSE;
    if (end->kind == END_NOT_STARTED)
        calls_forgo(vsphere->calls, of);
    return TRUE;
}

/* Waits a while for a task of an earlier run. */
static gboolean settle_task(Vsphere *vsphere, const char *task, OutcomeOf *of, StepEnd *end, GError **error)
{
    g_autoptr(Tasks) tasks = tasks_new(vsphere->vcenter);
    TaskEnd how = {0};
    tasks_add(tasks, task);
    if (!tasks_wait(tasks, SETTLE_WAIT_S, settled, &how, error))
        return FALSE;
    g_autofree char *fault = (char *)how.fault;
    of->began = how.vanished;
    if (how.vanished || (fault && fault_is(fault, "ConcurrentAccess")))
        return settle_by_object(vsphere, of, end, error);
    end->step = of->step->step;
    end->kind = tasks_count(tasks) > 0 ? END_UNKNOWN : how.succeeded ? END_SUCCEEDED : END_FAILED;
    end->detail = g_steal_pointer(&fault);
    return TRUE;
}

static gboolean vsphere_settle(Target *target, const PlanRow *step, const char *task, const char *intent,
                               StepEnd *end, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    g_autofree char *version = journal_text_in(intent, "change_version");
    OutcomeOf of = {step, version, NULL, FALSE};
    return *task ? settle_task(vsphere, task, &of, end, error) : settle_by_object(vsphere, &of, end, error);
}

typedef struct Waiting {
    Vsphere *vsphere;
    GPtrArray *vanished; /* PlanRow: to be asked of the VM or host itself */
} Waiting;

static void step_ended(const TaskEnd *task, gpointer data)
{
    Waiting *waiting = data;
    const PlanRow *step = g_hash_table_lookup(waiting->vsphere->steps, task->id);
    if (step && task->vanished) {
        g_ptr_array_add(waiting->vanished, (gpointer)step);
    } else if (step && task->fault && may_be_begun(waiting->vsphere, step, task->fault)) {
        calls_lose(waiting->vsphere->calls, step, 0, task->fault);
    } else if (step) {
        hand_out(waiting->vsphere, step, task->succeeded ? END_SUCCEEDED : END_FAILED, g_strdup(task->fault));
    }
    g_hash_table_remove(waiting->vsphere->steps, task->id);
}

static gboolean gather_ends(Vsphere *vsphere, double timeout_s, GError **error)
{
    g_autoptr(GPtrArray) vanished = g_ptr_array_new();
    Waiting waiting = {vsphere, vanished};
    if (!tasks_wait(vsphere->tasks, timeout_s, step_ended, &waiting, error))
        return FALSE;
    for (guint i = 0; i < vanished->len; i++)
        calls_lose(vsphere->calls, g_ptr_array_index(vanished, i), 0, NULL);
    return TRUE;
}

static gboolean vsphere_wait(Target *target, double timeout_s, StepEnd *end, char **progress, GError **error)
{
    Vsphere *vsphere = vsphere_of(target);
    if (!calls_look(vsphere->calls, end, error))
        return FALSE;
    if (!isnan(end->step))
        return TRUE;
    if (g_queue_is_empty(&vsphere->ended)) {
        gboolean ok = tasks_count(vsphere->tasks) > 0 ? gather_ends(vsphere, timeout_s, error)
                                                      : soap_pause(vsphere->vcenter->soap, timeout_s, error);
        if (!ok)
            return FALSE;
    }
    g_autofree StepEnd *first = g_queue_pop_head(&vsphere->ended);
    if (first)
        *end = *first;
    else if (progress)
        *progress = g_strdup_printf("(on average %.0f %%)", tasks_progress_pct(vsphere->tasks));
    return TRUE;
}

/* ---- the target ---- */

static gboolean vsphere_finish(Target *target, const ChangePlan *plan, GError **error)
{
    (void)target, (void)plan, (void)error;
    return TRUE;
}

static void vsphere_heed(Target *target, Interrupt *interrupt)
{
    soap_heed(vsphere_of(target)->vcenter->soap, interrupt);
}

static void vsphere_free(Target *target)
{
    Vsphere *vsphere = vsphere_of(target);
    StepEnd *end;
    while ((end = g_queue_pop_head(&vsphere->ended))) {
        g_free(end->detail);
        g_free(end);
    }
    outcome_clear(&vsphere->shown);
    g_clear_pointer(&vsphere->calls, calls_free);
    g_clear_pointer(&vsphere->looked_at, g_hash_table_destroy);
    g_clear_pointer(&vsphere->tasks, tasks_free);
    g_clear_pointer(&vsphere->steps, g_hash_table_destroy);
    snapshot_free(vsphere->snapshot);
    vcenter_close(vsphere->vcenter);
    g_free(vsphere);
}

Target *target_vsphere_new(Connection *connection, const Program *program, GError **error)
{
    static const TargetClass class = {
        .kind = JOURNAL_VCENTER,
        .called = "the vCenter",
        .checks_of_migrations = "the account's privileges; the vCenter's own check (CheckRelocate)",
        .checks_of_others = "the account's privileges",
        .view = vsphere_view,
        .check = vsphere_check,
        .recheck = vsphere_recheck,
        .intent = vsphere_intent,
        .start = vsphere_start,
        .wait = vsphere_wait,
        .settle = vsphere_settle,
        .finish = vsphere_finish,
        .now = vsphere_now,
        .account = vsphere_account,
        .source_id = vsphere_source_id,
        .identity = vsphere_source_id,
        .heed = vsphere_heed,
        .free = vsphere_free,
    };
    g_autoptr(Vcenter) vcenter = vcenter_open(connection, program, error);
    gint64 now;
    if (!vcenter || !vcenter_time(vcenter, &now, error))
        return NULL;
    if (!vcenter->is_vcenter) {
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found %s, a single host: expected its vCenter, without which nothing can be migrated",
            connection->url, vcenter->product);
        return NULL;
    }
    Vsphere *vsphere = g_new0(Vsphere, 1);
    vsphere->base.class = &class;
    vsphere->program = program;
    vsphere->time_then = now;
    vsphere->clock_then = g_get_monotonic_time();
    vsphere->tasks = tasks_new(vcenter);
    vsphere->calls = calls_new(vcenter);
    vsphere->shown.kind = END_NOT_STARTED;
    vsphere->steps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    vsphere->looked_at = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    vsphere->vcenter = g_steal_pointer(&vcenter);
    vsphere->vcenter->renews = TRUE;
    soap_outlast(vsphere->vcenter->soap, connection->outage_limit_s.value);
    return &vsphere->base;
}
