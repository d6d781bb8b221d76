/* SPDX-License-Identifier: MIT */
#include "apply/libvirtcheck.h"

#include "apply/drift.h"
#include "apply/target.h"
#include "collect/libvirtdomain.h"
#include "plan/change.h"

#include <math.h>
#include <string.h>

typedef struct Checks {
    Hypervisors *hypervisors;
    const Snapshot *snapshot;
    const Policy *policy;
    GHashTable *writable; /* uri to "" or why it is not */
    GPtrArray *refusals, *warnings;
} Checks;

/* fault becomes the refusal's */
static void refuse(const Checks *checks, const PlanRow *step, char *fault, gboolean of_account)
{
    Refusal *refusal = g_new(Refusal, 1);
    *refusal = (Refusal){step->step, fault, of_account};
    g_ptr_array_add(checks->refusals, refusal);
}

Resize resize_of(const PlanRow *step, const LibvirtHost *host, const Vm *vm, const Policy *policy,
                 guint timeout_s)
{
    Resize resize = {.host = peer_of(host),
                     .uuid = g_strdup(vm->instance_uuid),
                     .name = g_strdup(vm->name),
                     .action = step->action,
                     .most_use_pct = policy->short_pct,
                     .least_mib = isnan(vm->memory_reservation_mib) ? 0 : vm->memory_reservation_mib,
                     .timeout_s = timeout_s};
    table_parse_number(step->to, FALSE, FALSE, &resize.to);
    return resize;
}

/* ---- whether we may ---- */

/* Sets why to libvirt's words where the connection allows reading alone: asked for by the definition of a
 * domain that is none, which libvirt looks at only after that. */
static gboolean may_write(Checks *checks, const LibvirtHost *host, const char **why, GError **error)
{
    virConnect *connection = hypervisors_connect(checks->hypervisors, host, error);
    if (!connection)
        return FALSE;
    *why = g_hash_table_lookup(checks->writable, host->uri);
    if (*why)
        return TRUE;
    virDomain *made = virDomainDefineXMLFlags(connection, "<domain/>", VIR_DOMAIN_DEFINE_VALIDATE);
    g_autoptr(GError) fault = NULL;
    if (made)
        virDomainFree(made);
    else if (libvirt_failed_by(VIR_ERR_OPERATION_DENIED) || libvirt_failed_by(VIR_ERR_ACCESS_DENIED) ||
             libvirt_failed_by(VIR_ERR_AUTH_FAILED))
        libvirt_fail(host->name, "the connection allows reading alone", &fault);
    *why = fault ? fault->message : "";
    g_hash_table_insert(checks->writable, (gpointer)host->uri, g_strdup(*why));
    *why = g_hash_table_lookup(checks->writable, host->uri);
    return TRUE;
}

/* ---- steps ---- */

/* What the destination's libvirt says of the guest's CPU. One that cannot compare says nothing. */
static gboolean check_cpu(Checks *checks, const PlanRow *step, virDomain *domain, const LibvirtHost *to,
                          GError **error)
{
    virConnect *connection = hypervisors_connect(checks->hypervisors, to, error);
    if (!connection)
        return FALSE;
    g_autofree char *xml = virDomainGetXMLDesc(domain, 0);
    g_autoptr(DomainFacts) facts = xml ? domain_facts_read(xml, NULL) : NULL;
    if (!facts || !facts->cpu_xml || facts->cpu == DOMAIN_CPU_ANY)
        return TRUE;
    int found = virConnectCompareHypervisorCPU(connection, *facts->emulator ? facts->emulator : NULL,
                                               facts->arch, NULL, facts->type, facts->cpu_xml, 0);
    gboolean identical = facts->cpu == DOMAIN_CPU_OF_HOST;
    if (found == VIR_CPU_COMPARE_INCOMPATIBLE || (identical && found == VIR_CPU_COMPARE_SUPERSET))
        refuse(checks, step,
               g_strdup_printf("%s: its CPU cannot stand in for the guest's%s%s", to->name,
                               facts->cpu_model ? ", " : "", facts->cpu_model ? facts->cpu_model : ""),
               FALSE);
    return TRUE;
}

static gboolean check_migration(Checks *checks, const PlanRow *step, const LibvirtHost *from,
                                virDomain *domain, GError **error)
{
    g_autoptr(GError) fault = NULL;
    const LibvirtHost *to = hypervisors_host(checks->hypervisors, checks->snapshot, step->to_id, error);
    if (!to)
        return FALSE;
    Peer source = peer_of(from), destination = peer_of(to);
    gboolean is_cold = virDomainIsActive(domain) == 0;
    gboolean would = libvirt_would_move(domain, &source, &destination, is_cold, &fault);
    peer_clear(&source);
    peer_clear(&destination);
    if (!would) {
        refuse(checks, step, g_strdup(fault->message), FALSE);
        return TRUE;
    }
    return is_cold || check_cpu(checks, step, domain, to, error);
}

static void check_size(Checks *checks, const PlanRow *step, const LibvirtHost *host, const Vm *vm,
                       virDomain *domain)
{
    g_autofree char *why = NULL;
    Resize resize = resize_of(step, host, vm, checks->policy, checks->hypervisors->timeout_s);
    if (!libvirt_may_resize(domain, &resize, &why))
        refuse(checks, step, g_strdup_printf("%s: %s", host->name, why), FALSE);
    resize_clear(&resize);
}

static gboolean check_domain(Checks *checks, const PlanRow *step, const Vm *vm, const LibvirtHost *host,
                             GError **error)
{
    g_autoptr(virDomain) domain = NULL;
    if (!hypervisors_find(checks->hypervisors, host, vm->instance_uuid, &domain, error))
        return FALSE;
    if (!domain) /* it has gone since the view: looking again before the step says so */
        return TRUE;
    g_autofree char *job = hypervisors_job_on(domain);
    if (job)
        g_ptr_array_add(checks->warnings,
                        g_strdup_printf("step %.0f, %s: %s of another one is under way on it", step->step,
                                        step->object, job));
    if (action_is_of_size(step->action)) {
        check_size(checks, step, host, vm, domain);
        return TRUE;
    }
    /* One that gets there by a step before is checked by libvirt when it is there. */
    gboolean is_there = strcmp(checks->snapshot->hosts[vm->host].id, step->from_id) == 0;
    return !is_there || job || check_migration(checks, step, host, domain, error);
}

static gboolean check_step(Checks *checks, const PlanRow *step, GError **error)
{
    if (step_is_of_mode(step)) {
        refuse(checks, step,
               g_strdup_printf("libvirt knows no maintenance mode: %s has to be kept empty by other means "
                               "(exclude_hosts of the policy)",
                               step->object),
               FALSE);
        return TRUE;
    }
    int index = snapshot_find_vm(checks->snapshot, step->object_id);
    const Vm *vm = index >= 0 ? &checks->snapshot->vms[index] : NULL;
    if (!vm || vm->host < 0)
        return TRUE;
    const char *why;
    const LibvirtHost *host =
        hypervisors_host(checks->hypervisors, checks->snapshot, checks->snapshot->hosts[vm->host].id, error);
    if (!host || !may_write(checks, host, &why, error))
        return FALSE;
    if (*why) {
        refuse(checks, step, g_strdup(why), TRUE);
        return TRUE;
    }
    return check_domain(checks, step, vm, host, error);
}

gboolean libvirt_check(Hypervisors *hypervisors, const ChangePlan *plan, const Snapshot *snapshot,
                       const Policy *policy, GPtrArray *refusals, GPtrArray *warnings, GError **error)
{
    g_autoptr(GHashTable) writable = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    Checks checks = {hypervisors, snapshot, policy, writable, refusals, warnings};
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1 && !check_step(&checks, row, error))
            return FALSE;
    }
    return TRUE;
}
