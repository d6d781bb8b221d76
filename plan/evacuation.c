/* SPDX-License-Identifier: MIT */
#include "plan/evacuation.h"

#include "analyze/roles.h"
#include "collect/escape.h"
#include "plan/unsolved.h"

#include <math.h>
#include <string.h>

typedef struct Evacuation {
    const Situation *situation;
    const Model *start;
    Model *end; /* with every change */
    Decisions *decisions;
    guint *registered; /* [n_hosts]: VMs that each host then holds, running or not */
} Evacuation;

gboolean evacuation_check_policy(const Snapshot *snapshot, const Policy *policy, GError **error)
{
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const char *name = snapshot->hosts[i].name;
        if (!policy_matches(policy->evacuate, NULL, name) ||
            !policy_matches(policy->exclude_hosts, NULL, name))
            continue;
        g_autofree char *found = escape_for_message(name);
        g_autofree char *place = policy_place(policy, "plan", NULL, "evacuate");
        g_autofree char *other = policy_place(policy, "plan", NULL, "exclude_hosts");
        g_set_error(error, VMANGER_ERROR, 0,
                    "%sevacuate: found the host %s, which %sexclude_hosts names too: expected one of the two",
                    place, found, other);
        return FALSE;
    }
    return TRUE;
}

/* ---- whether to begin ---- */

/* Full data migration needs a host, or fault domain, more than vSAN's policies do: with two or three there is
 * none (vSAN documentation, "Work with Maintenance Mode"). */
#define LEAST_VSAN_DOMAINS 4

/* the fault domains of the cluster's hosts that are available beside the host, and beside those that are to
 * be emptied before it; a host without one is its own */
static guint available_domains(const Model *model, guint host, const gboolean *given_up)
{
    g_autoptr(GHashTable) domains = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        const Host *row = &model->snapshot->hosts[i];
        gboolean leaves_before = i < host && !given_up[i] && model_is_to_empty(model, i);
        if (model->hosts[i].cluster == model->hosts[host].cluster && host_is_available(row) && i != host &&
            !leaves_before)
            g_hash_table_add(domains, (gpointer)(*row->vsan_fault_domain ? row->vsan_fault_domain : row->id));
    }
    return g_hash_table_size(domains);
}

gboolean evacuation_may_begin(const Model *start, guint host, const gboolean *given_up, Obstacle *why)
{
    const Host *row = &start->snapshot->hosts[host];
    gboolean all_data = strcmp(start->policy->vsan_mode, "evacuateAllData") == 0;
    guint others = available_domains(start, host, given_up);
    if (start->snapshot->clusters[row->cluster].vsan != 1 || !all_data || others + 1 >= LEAST_VSAN_DOMAINS)
        return TRUE;
    return obstacle_set(
        why, OBSTACLE_VSAN_MODE, (int)host,
        "has too few others (%u hosts or fault domains of vSAN that stay available) to take a "
        "full copy of its data: vsan_mode=evacuateAllData needs three; "
        "ensureObjectAccessibility may do",
        others);
}

/* MiB that the others in the host's cluster lack to hold its VMs below their thresholds; 0 or less where all
 * would fit in sum */
static double lacking_mib(const Model *start, guint host)
{
    double lacking = 0;
    for (guint i = 0; i < start->vms_on[host]->len; i++) {
        guint vm = g_array_index(start->vms_on[host], guint, i);
        lacking += vm_is_agent(start->vms[vm].row) ? 0 : model_vm_memory(start, vm);
    }
    for (guint i = 0; i < start->snapshot->n_hosts; i++) {
        const ModelHost *at = &start->hosts[i];
        if (at->cluster == start->hosts[host].cluster && at->target && !model_is_asked_to_empty(start, i) &&
            !model_is_emptied_next(start, i))
            lacking -= MAX(0, at->capacity[RESOURCE_HOST_MEMORY] * at->threshold[RESOURCE_HOST_MEMORY] / 100 -
                                  at->demand[RESOURCE_HOST_MEMORY]);
    }
    return lacking / 1024;
}

void evacuation_add_given_up(Decisions *decisions, const Model *start, guint host, int code, const char *why)
{
    double lacking = lacking_mib(start, host);
    g_autofree char *room =
        lacking > 0
            ? g_strdup_printf("; %.0f MiB of memory are lacking on the cluster's other hosts to hold all "
                              "of its VMs below their thresholds",
                              ceil(lacking))
            : g_strdup("");
    decisions_add_unsolved_host(
        decisions, host, code,
        g_strdup_printf("cannot be emptied, and none of its VMs is moved for that: it "
                        "%s%s",
                        why, room));
}

/* ---- powered-off VMs ---- */

/* TRUE where host goes before another that could take the VM as well: it holds fewer VMs */
static gboolean goes_before(const Evacuation *e, guint host, guint other)
{
    const Host *hosts = e->start->snapshot->hosts;
    if (e->registered[host] != e->registered[other])
        return e->registered[host] < e->registered[other];
    return strcmp(hosts[host].id, hosts[other].id) < 0;
}

/* the host to register a powered-off VM on; -1 where there is none, and then why tells of one host. A
 * mandatory rule holds for a VM that does not run too: it is to be powered on there */
static int host_for(const Evacuation *e, guint vm, Obstacle *why)
{
    const Snapshot *snapshot = e->start->snapshot;
    int best = -1;
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        g_auto(Obstacle) obstacle = {0};
        if (snapshot->hosts[host].cluster != e->end->vms[vm].row->cluster ||
            (int)host == e->end->vms[vm].host)
            continue;
        if (!legality_allows_move(e->situation->legality, e->end, vm, host, LEGAL_HOST | LEGAL_RULES,
                                  &obstacle)) {
            if (!why->words)
                obstacle_set(why, obstacle.code, (int)host, "no other host can take it (%s %s)",
                             snapshot->hosts[host].name, obstacle.words);
        } else if (best < 0 || goes_before(e, host, (guint)best)) {
            best = (int)host;
        }
    }
    if (!why->words)
        obstacle_set(why, OBSTACLE_NO_PLACEMENT, -1, "the cluster has no other host");
    return best;
}

/* whether the VM may leave where it is, whatever the other hosts */
static gboolean may_leave(const Evacuation *e, guint vm, Obstacle *why)
{
    g_auto(Obstacle) immovable = {0};
    if (!legality_may_move(e->situation->legality, vm, &immovable))
        return obstacle_set(why, immovable.code, -1, "it %s", immovable.words);
    return TRUE;
}

static void move_powered_off(const Evacuation *e, guint vm)
{
    guint from = (guint)e->end->vms[vm].host;
    const char *name = e->start->snapshot->hosts[from].name;
    g_auto(Obstacle) why = {0};
    int to = may_leave(e, vm, &why) ? host_for(e, vm, &why) : -1;
    if (to < 0) {
        decisions_add_unsolved_vm(
            e->decisions, vm, why.code,
            g_strdup_printf("%s, stays on %s, which is to be emptied: %s",
                            e->end->vms[vm].row->power == VM_POWER_SUSPENDED ? "suspended" : "powered off",
                            name, why.words));
        return;
    }
    Change change = change_migration(e->end, vm, (guint)to);
    change.cause = CAUSE_EVACUATION;
    change.reason = g_strdup_printf("empties %s of powered-off VMs too", name);
    decisions_make(e->decisions, e->end, &change);
    e->registered[from]--;
    e->registered[to]++;
}

static void move_all_powered_off(const Evacuation *e)
{
    guint n = e->start->n_vms;
    for (guint vm = 0; vm < n; vm++)
        e->registered[e->end->vms[vm].host]++;
    for (guint vm = 0; e->start->policy->evacuate_powered_off && vm < n; vm++)
        if (!e->end->vms[vm].running && model_is_to_empty(e->start, (guint)e->end->vms[vm].host) &&
            situation_decides_vm(e->situation, vm))
            move_powered_off(e, vm);
}

/* ---- hosts ---- */

/* whether a host that is to be emptied can enter maintenance mode, once it is empty */
static gboolean may_enter_maintenance(const Evacuation *e, guint host, Obstacle *why)
{
    const Snapshot *snapshot = e->start->snapshot;
    const Host *row = &snapshot->hosts[host];
    if (model_is_excluded(e->start, host))
        return obstacle_set(why, OBSTACLE_EXCLUDED_HOST, (int)host,
                            "is to be emptied and is empty; it is named by exclude_hosts");
    if (!model_is_live(e->start, host))
        return obstacle_set(why, OBSTACLE_HOST_NOT_CONNECTED, (int)host,
                            "is to be emptied, but is not connected and powered on: it cannot enter "
                            "maintenance mode");
    if (row->maintenance_supported == 0)
        return obstacle_set(why, OBSTACLE_NO_MAINTENANCE, (int)host,
                            "is empty, but its hypervisor knows no maintenance mode: exclude_hosts in place "
                            "of evacuate keeps it so");
    if (snapshot->clusters[row->cluster].vsan == 1 && !*e->start->policy->vsan_mode)
        return obstacle_set(why, OBSTACLE_VSAN_MODE, (int)host,
                            "is empty, but a vSAN host enters maintenance mode only with vsan_mode set");
    return TRUE;
}

static gboolean has_clone_parent(const Model *end, guint host)
{
    const GArray *vms = end->vms_on[host];
    for (guint i = 0; i < vms->len; i++)
        if (vm_is_clone_parent(end->vms[g_array_index(vms, guint, i)].row))
            return TRUE;
    return FALSE;
}

const char *evacuation_words_of_agents(const Model *end, guint host)
{
    if (has_clone_parent(end, host))
        return ", but for parents of instant clones, which Horizon deletes once InstantClone.Maintenance is set to 1 "
               "on the host, and VMs that vSphere takes away itself";
    return end->vms_on[host]->len > 0
               ? ", but for VMs that vSphere runs for itself and takes away itself (vCLS, agents)"
               : "";
}

static char *reason_for_maintenance(const Evacuation *e, guint host)
{
    gboolean asked = e->start->snapshot->hosts[host].mode != HOST_MODE_ENTERING;
    return g_strdup_printf("%s and is empty then%s",
                           asked ? "is named by evacuate" : "is entering maintenance mode",
                           evacuation_words_of_agents(e->end, host));
}

static void enter_maintenance(const Evacuation *e, guint host)
{
    g_auto(Obstacle) why = {0};
    if (model_vms_to_leave(e->end, host) > 0) {
        unsolved_add_full_host(e->decisions, e->situation, e->end, host);
        return;
    }
    if (!may_enter_maintenance(e, host, &why)) {
        decisions_add_unsolved_host(e->decisions, host, why.code, g_steal_pointer(&why.words));
        return;
    }
    Change change = change_of_host(ACTION_ENTER_MAINTENANCE, host);
    change.cause = CAUSE_EVACUATION;
    change.reason = reason_for_maintenance(e, host);
    decisions_make(e->decisions, e->end, &change);
}

static void enter_maintenance_of_all(const Evacuation *e)
{
    for (guint host = 0; host < e->start->snapshot->n_hosts; host++) {
        gboolean there = e->start->snapshot->hosts[host].mode == HOST_MODE_MAINTENANCE;
        if (model_is_to_empty(e->start, host) && !(there && model_vms_to_leave(e->end, host) == 0) &&
            situation_decides_host(e->situation, host))
            enter_maintenance(e, host);
    }
}

void evacuation_complete(const Situation *situation, Model *end, Decisions *decisions)
{
    const Model *start = situation->start;
    g_autofree guint *registered = g_new0(guint, start->snapshot->n_hosts + 1);
    Evacuation e = {situation, start, end, decisions, registered};
    move_all_powered_off(&e);
    enter_maintenance_of_all(&e);
}

static gboolean enters_maintenance(const GArray *changes, guint host)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        if (change->action == ACTION_ENTER_MAINTENANCE && change->to == (int)host)
            return TRUE;
    }
    return FALSE;
}

char *evacuation_verdict(const Situation *situation, const Model *end, const GArray *changes)
{
    GString *words = g_string_new(NULL);
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        const Host *row = &end->snapshot->hosts[host];
        gboolean enters = enters_maintenance(changes, host);
        if (!model_is_asked_to_empty(end, host) || !situation_decides_host(situation, host) ||
            (row->mode == HOST_MODE_MAINTENANCE && !enters))
            continue;
        g_string_append_printf(words, "%s is %s. ", row->name,
                               enters ? "emptied and enters maintenance mode"
                               : model_is_to_empty(end, host) && model_vms_to_leave(end, host) == 0
                                   ? "emptied, but does not enter maintenance mode"
                                   : "not emptied");
    }
    return g_string_free(words, FALSE);
}
