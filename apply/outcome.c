/* SPDX-License-Identifier: MIT */
#include "apply/outcome.h"

#include "apply/drift.h"
#include "apply/maintenance.h"
#include "apply/managedobject.h"
#include "apply/tasks.h"
#include "collect/escape.h"
#include "plan/fault.h"

#include <string.h>

void outcome_clear(Outcome *outcome)
{
    g_free(outcome->task);
    g_free(outcome->detail);
    *outcome = (Outcome){.kind = END_NOT_STARTED};
}

/* ---- the object's own tasks ---- */

typedef struct Look {
    const char *description, *account; /* of the task that the call would begin */
    Outcome *outcome;
    char *fault;    /* with which one of the account's own ended since the call */
    gboolean ended; /* one of them did */
} Look;

enum { DESCRIPTION, STATE, ERROR, REASON, N_TASK_PATHS };
static const char *const task_paths[N_TASK_PATHS] = {"info.descriptionId", "info.state", "info.error",
                                                     "info.reason"};

static gboolean take_task(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Look *look = data;
    const Element *const *values = object->values;
    const char *state = values[STATE] ? values[STATE]->text : "";
    const char *user = values[REASON] ? element_text(values[REASON], "userName") : NULL;
    if (!values[DESCRIPTION] || strcmp(values[DESCRIPTION]->text, look->description) != 0)
        return TRUE;
    if (strcmp(state, "running") == 0 || strcmp(state, "queued") == 0) {
        g_free(look->outcome->task);
        look->outcome->task = g_strdup(object->id);
        return TRUE;
    }
    look->ended = TRUE;
    if (strcmp(state, "error") == 0 && g_strcmp0(user, look->account) == 0) {
        SoapFault fault = soap_fault_of(values[ERROR]);
        g_free(look->fault);
        look->fault = fault_text(&fault);
    }
    return TRUE;
}

/* Those that were there before the call are not its own; where that is not known, only one that runs may be.
 */
static gboolean look_at_tasks(Vcenter *vcenter, const OutcomeOf *of, const char *recent, Look *look,
                              GError **error)
{
    g_auto(GStrv) ids = g_strsplit(recent ? recent : "", " ", -1);
    g_autoptr(GPtrArray) since = g_ptr_array_new();
    for (char **id = ids; *id; id++)
        if (**id && !(of->tasks && list_contains(of->tasks, *id)))
            g_ptr_array_add(since, *id);
    if (since->len == 0)
        return TRUE;
    g_ptr_array_add(since, NULL);
    PropertyQuery query = {.kind = "Task",
                           .paths = task_paths,
                           .n_paths = N_TASK_PATHS,
                           .ids = (const char *const *)since->pdata,
                           .take = take_task,
                           .data = look};
    if (!tasks_retrieve(vcenter, &query, error))
        return FALSE;
    if (!of->tasks)
        g_clear_pointer(&look->fault, g_free);
    return TRUE;
}

/* ---- the object itself ---- */

enum { HOST, MEMORY, VCPUS, VERSION, RECENT, N_VM_PATHS };
static const char *const vm_paths[N_VM_PATHS] = {"runtime.host", "config.hardware.memoryMB",
                                                 "config.hardware.numCPU", "config.changeVersion",
                                                 "recentTask"};

static void end(Outcome *outcome, EndKind kind, char *detail)
{
    outcome->kind = kind;
    outcome->detail = detail;
}

static gboolean is_edited(const OutcomeOf *of, const ManagedObject *vm)
{
    if (of->step->action == ACTION_MIGRATE || !of->change_version || !vm->texts[VERSION])
        return FALSE;
    g_autofree char *version = escape_id(vm->texts[VERSION]);
    return strcmp(version, of->change_version) != 0;
}

/* of a VM that is neither as before the call nor as the call would have it, or has lost its task */
static char *describe_vm(const OutcomeOf *of, const char *is)
{
    gboolean moves = of->step->action == ACTION_MIGRATE;
    const char *verb = moves ? "is on" : "has";
    if (of->began)
        return g_strdup_printf("its task is gone, and the VM %s %s", verb, is);
    return g_strdup_printf("another one has %s the VM meanwhile, which %s %s", moves ? "moved" : "changed",
                           verb, is);
}

/* of a VM on which no task of the kind runs */
static void judge_vm(const OutcomeOf *of, const ManagedObject *vm, const char *fault, Outcome *outcome)
{
    const PlanRow *step = of->step;
    gboolean moves = step->action == ACTION_MIGRATE;
    const char *is = vm->texts[moves ? HOST : step->action == ACTION_ADD_CPU ? VCPUS : MEMORY];
    if (!is) /* it cannot be read just now: of a host that has lost its connection, say */
        end(outcome, END_UNKNOWN, NULL);
    else if (strcmp(is, moves ? step->to_id : step->to) == 0)
        end(outcome, END_SUCCEEDED, NULL);
    else if (of->began || strcmp(is, moves ? step->from_id : step->from) != 0)
        end(outcome, END_FAILED, describe_vm(of, is));
    else if (fault && !fault_is(fault, "ConcurrentAccess"))
        end(outcome, END_FAILED, g_strdup(fault));
    else
        end(outcome, END_NOT_STARTED, NULL);
    outcome->for_good = outcome->kind == END_NOT_STARTED && (fault || is_edited(of, vm));
}

static gboolean read_vm(Vcenter *vcenter, const OutcomeOf *of, ManagedObject *vm, GError **error)
{
    managed_object_clear(vm);
    return managed_object_read(vm, vcenter, "VirtualMachine", of->step->object_id, vm_paths, N_VM_PATHS,
                               error);
}

/* What a task did that ended between the two looks is seen only by a second one at the VM. */
static gboolean look_at_vm(Vcenter *vcenter, const OutcomeOf *of, Outcome *outcome, GError **error)
{
    g_auto(ManagedObject) vm = {0};
    Look look = {.description = of->step->action == ACTION_MIGRATE ? "VirtualMachine.relocate"
                                                                   : "VirtualMachine.reconfigure",
                 .account = vcenter->account,
                 .outcome = outcome};
    gboolean ok = read_vm(vcenter, of, &vm, error) &&
                  look_at_tasks(vcenter, of, vm.texts[RECENT], &look, error) &&
                  (!look.ended || read_vm(vcenter, of, &vm, error));
    g_autofree char *fault = look.fault;
    if (ok && outcome->task)
        outcome->kind = END_UNKNOWN;
    else if (ok)
        judge_vm(of, &vm, fault, outcome);
    return ok;
}

static gboolean look_at_host(Vcenter *vcenter, const OutcomeOf *of, Outcome *outcome, GError **error)
{
    static const char *const paths[] = {"runtime.inMaintenanceMode"};
    g_auto(ManagedObject) host = {0};
    g_autofree char *running = maintenance_task(vcenter, of->step, error);
    if (!running || !managed_object_read(&host, vcenter, "HostSystem", of->step->object_id, paths,
                                         G_N_ELEMENTS(paths), error))
        return FALSE;
    gboolean is_in = g_strcmp0(host.texts[0], "true") == 0;
    if (*running) {
        outcome->kind = END_UNKNOWN;
        outcome->task = g_steal_pointer(&running);
    } else if (!host.texts[0]) {
        outcome->kind = END_UNKNOWN; /* it cannot be read just now */
    } else if (is_in == (step_mode(of->step) == HOST_MODE_MAINTENANCE)) {
        end(outcome, END_SUCCEEDED, NULL);
    } else if (of->began) {
        end(outcome, END_FAILED,
            g_strdup_printf("its task is gone, and the host is %sin maintenance mode", is_in ? "" : "not "));
    } else {
        end(outcome, END_NOT_STARTED, NULL);
    }
    return TRUE;
}

/* TRUE where the VM or host is no longer there; other faults say nothing of it */
static gboolean is_gone(const GError *failure)
{
    return strstr(failure->message, ": ManagedObjectNotFound") || strstr(failure->message, ": there is no ");
}

gboolean outcome_look(Vcenter *vcenter, const OutcomeOf *of, Outcome *outcome, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (step_is_of_mode(of->step) ? look_at_host(vcenter, of, outcome, &failure)
                                  : look_at_vm(vcenter, of, outcome, &failure))
        return TRUE;
    if (!g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (is_gone(failure))
        end(outcome, END_FAILED, g_strdup(failure->message));
    else /* a vCenter that has just come back may refuse for a while to say anything */
        end(outcome, END_UNKNOWN, NULL);
    return TRUE;
}
