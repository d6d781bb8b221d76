/* SPDX-License-Identifier: MIT */
#include "apply/vspherecheck.h"

#include "apply/drift.h"
#include "apply/target.h"
#include "plan/fault.h"

#include <string.h>

#define BATCH_ENTITIES 100
#define PARALLEL_CHECKS 8

static const PlanRow *row_at(const ChangePlan *plan, guint index)
{
    return &g_array_index(plan->rows, PlanRow, index);
}

static gboolean is_step(const PlanRow *row)
{
    return row->kind == ROW_STEP && row->approve == 1;
}

/* ---- privileges ---- */

/* As the API reference names them at RelocateVM_Task, VirtualMachineConfigSpec and EnterMaintenanceMode_Task;
 * and what they are needed on. */
enum { HOT_MIGRATE, COLD_MIGRATE, MEMORY, CPUS, MAINTENANCE, N_PRIVILEGES };
static const struct {
    const char *name, *kind;
} privileges[N_PRIVILEGES] = {
    [HOT_MIGRATE] = {"Resource.HotMigrate", "VirtualMachine"},
    [COLD_MIGRATE] = {"Resource.ColdMigrate", "VirtualMachine"},
    [MEMORY] = {"VirtualMachine.Config.Memory", "VirtualMachine"},
    [CPUS] = {"VirtualMachine.Config.CPUCount", "VirtualMachine"},
    [MAINTENANCE] = {"Host.Config.Maintenance", "HostSystem"},
};

/* fault becomes the refusal's */
static void refuse(GPtrArray *refusals, const PlanRow *step, char *fault, gboolean of_account)
{
    Refusal *refusal = g_new(Refusal, 1);
    *refusal = (Refusal){step->step, fault, of_account};
    g_ptr_array_add(refusals, refusal);
}

static int privilege_of(const PlanRow *step, const Snapshot *snapshot)
{
    int vm = snapshot_find_vm(snapshot, step->object_id);
    switch (step->action) {
    case ACTION_MIGRATE:
        return vm >= 0 && snapshot->vms[vm].power == VM_POWER_ON ? HOT_MIGRATE : COLD_MIGRATE;
    case ACTION_ADD_MEMORY:
    case ACTION_RECLAIM_MEMORY:
        return MEMORY;
    case ACTION_ADD_CPU:
        return CPUS;
    case ACTION_ENTER_MAINTENANCE:
    case ACTION_EXIT_MAINTENANCE:
        return MAINTENANCE;
    default:
        return -1;
    }
}

/* What one question is about: a privilege, and the VMs, or hosts, on which it lacks. */
typedef struct Lack {
    int privilege;
    GPtrArray *ids;  /* char * */
    guint of_before; /* of them, found by questions before */
} Lack;

/* EntityPrivilege: of one entity, which of the privileges are granted */
static gboolean take_privileges(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Lack *lack = data;
    const char *granted = element_text(element, "privAvailability.isGranted");
    const char *id = element_text(element, "entity");
    if (id && granted && strcmp(granted, "true") != 0 && strcmp(granted, "1") != 0)
        g_ptr_array_add(lack->ids, g_strdup(id));
    return TRUE;
}

static void forget_lack(gpointer data)
{
    Lack *lack = data;
    g_ptr_array_set_size(lack->ids, (int)lack->of_before);
}

static gboolean ask_once(Vcenter *vcenter, Lack *lack, const GPtrArray *ids, guint first, GError **error)
{
    GString *body = vcenter_request(vcenter, "authorizationManager", error);
    if (!body)
        return FALSE;
    for (guint i = first; i < ids->len && i < first + BATCH_ENTITIES; i++)
        soap_append_reference(body, "entity", privileges[lack->privilege].kind, g_ptr_array_index(ids, i));
    g_string_append(body, "<sessionId>");
    xml_append_text(body, vcenter->session);
    g_string_append_printf(body, "</sessionId><privId>%s</privId>", privileges[lack->privilege].name);
    SoapCall call = {.method = "HasPrivilegeOnEntities",
                     .body = g_string_free(body, FALSE),
                     .depth = 3,
                     .begin = forget_lack,
                     .take = take_privileges,
                     .data = lack};
    return soap_call(vcenter->soap, &call, error);
}

/* The question names the session, and so is put anew where that has ended. */
static gboolean ask_privileges(Vcenter *vcenter, Lack *lack, const GPtrArray *ids, guint first,
                               GError **error)
{
    g_autoptr(GError) failure = NULL;
    lack->of_before = lack->ids->len;
    if (ask_once(vcenter, lack, ids, first, &failure))
        return TRUE;
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION))
        return vcenter_login(vcenter, error) && ask_once(vcenter, lack, ids, first, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* Each step on one of the ids, all of which need the privilege. */
static void refuse_lacking(const Lack *lack, const ChangePlan *plan, const Snapshot *snapshot,
                           GPtrArray *refusals)
{
    g_autoptr(GHashTable) lacking = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < lack->ids->len; i++)
        g_hash_table_add(lacking, g_ptr_array_index(lack->ids, i));
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = row_at(plan, i);
        if (is_step(row) && privilege_of(row, snapshot) == lack->privilege &&
            g_hash_table_contains(lacking, row->object_id))
            refuse(refusals, row,
                   g_strdup_printf("NoPermission: the account lacks the privilege %s on %s",
                                   privileges[lack->privilege].name, row->object),
                   TRUE);
    }
}

/* An account that lacks a privilege on all of several objects has the wrong role: no step is worth trying. */
static void report_lack(const Lack *lack, guint n_asked, const ChangePlan *plan, const Snapshot *snapshot,
                        GPtrArray *refusals, GPtrArray *problems)
{
    if (lack->ids->len == n_asked && n_asked > 1)
        g_ptr_array_add(problems,
                        g_strdup_printf("the account lacks the privilege %s on %u %s, on all that need it",
                                        privileges[lack->privilege].name, n_asked,
                                        lack->privilege == MAINTENANCE ? "hosts" : "VMs"));
    else
        refuse_lacking(lack, plan, snapshot, refusals);
}

gboolean vsphere_check_privileges(Vcenter *vcenter, const ChangePlan *plan, const Snapshot *snapshot,
                                  GPtrArray *refusals, GPtrArray *problems, GError **error)
{
    for (int privilege = 0; privilege < N_PRIVILEGES; privilege++) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) ids = g_ptr_array_new();
        g_autoptr(GPtrArray) lacking = g_ptr_array_new_with_free_func(g_free);
        Lack lack = {privilege, lacking, 0};
        for (guint i = 0; i < plan->rows->len; i++) {
            const PlanRow *row = row_at(plan, i);
            if (is_step(row) && privilege_of(row, snapshot) == privilege &&
                g_hash_table_add(seen, (gpointer)row->object_id))
                g_ptr_array_add(ids, (gpointer)row->object_id);
        }
        for (guint first = 0; first < ids->len; first += BATCH_ENTITIES)
            if (!ask_privileges(vcenter, &lack, ids, first, error))
                return FALSE;
        report_lack(&lack, ids->len, plan, snapshot, refusals, problems);
    }
    return TRUE;
}

/* ---- the checker ---- */

void vsphere_append_relocation(GString *body, const PlanRow *step)
{
    g_string_append(body, "<spec>");
    soap_append_reference(body, "host", "HostSystem", step->to_id);
    g_string_append(body, "</spec>");
}

typedef struct Checks {
    Tasks *tasks;
    GHashTable *steps; /* task to PlanRow */
    GPtrArray *refusals, *problems, *warnings;
} Checks;

/* CheckResult: its errors refuse the step, unless a step before it may remedy them. */
static void report_findings(const Checks *checks, const PlanRow *step, const Element *result)
{
    for (const Element *one = result->first; one; one = one->next) {
        gboolean is_error = strcmp(one->name, "error") == 0;
        if (!is_error && strcmp(one->name, "warning") != 0)
            continue;
        SoapFault fault = soap_fault_of(one);
        g_autofree char *text = fault_text(&fault);
        if (is_error && !*step->after)
            refuse(checks->refusals, step, g_steal_pointer(&text), FALSE);
        else
            g_ptr_array_add(checks->warnings,
                            g_strdup_printf("step %.0f, %s to %s%s: %s", step->step, step->object, step->to,
                                            is_error ? ", as things stand before" : "", text));
    }
}

/* TaskInfo.result is an array of CheckResult. */
static void check_ended(const TaskEnd *end, gpointer data)
{
    Checks *checks = data;
    const PlanRow *step = g_hash_table_lookup(checks->steps, end->id);
    if (!step)
        return;
    if (!end->succeeded) {
        g_ptr_array_add(checks->problems,
                        g_strdup_printf("step %.0f, %s to %s: the vCenter's check ended without a result: %s",
                                        step->step, step->object, step->to,
                                        end->vanished ? "its task has vanished" : end->fault));
        return;
    }
    for (const Element *one = end->result ? end->result->first : NULL; one; one = one->next)
        report_findings(checks, step, one);
}

static gboolean start_check(Vcenter *vcenter, Checks *checks, const PlanRow *step, GError **error)
{
    GString *body = vcenter_request(vcenter, "vmProvisioningChecker", error);
    if (!body)
        return FALSE;
    soap_append_reference(body, "vm", "VirtualMachine", step->object_id);
    vsphere_append_relocation(body, step);
    g_autoptr(GError) failure = NULL;
    g_autofree char *task = vcenter_ask(vcenter, "CheckRelocate_Task", body, &failure);
    if (task) {
        g_hash_table_insert(checks->steps, g_strdup(task), (gpointer)step);
        tasks_add(checks->tasks, task);
        return TRUE;
    }
    if (!g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    const char *fault;
    fault_scope(failure->message, &fault);
    refuse(checks->refusals, step, g_strdup(fault), FALSE);
    return TRUE;
}

gboolean vsphere_check_migrations(Vcenter *vcenter, const ChangePlan *plan, GPtrArray *refusals,
                                  GPtrArray *problems, GPtrArray *warnings, GError **error)
{
    g_autoptr(Tasks) tasks = tasks_new(vcenter);
    g_autoptr(GHashTable) steps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Checks checks = {tasks, steps, refusals, problems, warnings};
    guint next = 0;
    while (next < plan->rows->len || tasks_count(tasks) > 0) {
        if (next < plan->rows->len && tasks_count(tasks) < PARALLEL_CHECKS) {
            const PlanRow *row = row_at(plan, next++);
            if (is_step(row) && row->action == ACTION_MIGRATE && !start_check(vcenter, &checks, row, error))
                return FALSE;
        } else if (!tasks_wait(tasks, 10, check_ended, &checks, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- DRS ---- */

void vsphere_check_drs(const ChangePlan *plan, const Snapshot *snapshot, const Policy *policy,
                       GPtrArray *problems)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = row_at(plan, i);
        int cluster = snapshot_find_cluster(snapshot, row->cluster_id);
        if (!is_step(row) || row->action != ACTION_MIGRATE || step_stated_power(row) != VM_POWER_ON ||
            cluster < 0 || policy->drs_clusters_plan || snapshot->clusters[cluster].drs != DRS_FULL ||
            !g_hash_table_add(seen, (gpointer)row->cluster_id))
            continue;
        g_ptr_array_add(problems,
                        g_strdup_printf("the cluster %s is now fully automated by DRS, which would move VMs "
                                        "itself: drs_clusters of the policy of this run leaves such a "
                                        "cluster to it (only drs_clusters=plan, in the file that --policy "
                                        "names, allows the step)",
                                        snapshot->clusters[cluster].name));
    }
}
