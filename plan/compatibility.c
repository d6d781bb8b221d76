/* SPDX-License-Identifier: MIT */
#include "plan/compatibility.h"

#include "plan/change.h"

#include <string.h>

/* What the snapshot knows of at least one object. */
typedef struct Known {
    gboolean vmotion, host_datastores, host_networks, vm_datastores, vm_networks, cpu_model;
} Known;

enum { N_POWERS = VM_POWER_SUSPENDED + 1 };

struct Compatibility {
    const Model *model;
    Known known;
    GHashTable *subsets; /* two lists, separated by a line feed -> whether the host's has all of the VM's */
    char *unchecked[N_POWERS]; /* by the VM's power state */
};

static Known look(const Snapshot *snapshot)
{
    Known known = {0};
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        known.vmotion |= host->vmotion >= 0;
        known.host_datastores |= *host->datastores != '\0';
        known.host_networks |= *host->networks != '\0';
        known.cpu_model |= *host->cpu_model != '\0';
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        known.vm_datastores |= *snapshot->vms[i].datastores != '\0';
        known.vm_networks |= *snapshot->vms[i].networks != '\0';
    }
    return known;
}

/*
 * A VM that does not run is only registered on the other host, which takes no vMotion; one that is powered
 * off may start on any CPU, while a suspended one goes on where it stopped ("Cold Migration", documentation
 * of vSphere 8).
 */
static gboolean needs_vmotion(int power)
{
    return power != VM_POWER_OFF && power != VM_POWER_SUSPENDED;
}

static gboolean needs_cpu(int power)
{
    return power != VM_POWER_OFF;
}

static char *words_of_unknown(const Known *known, int power)
{
    GString *words = g_string_new(NULL);
    if (!known->vmotion && needs_vmotion(power))
        g_string_append(words, ", vMotion");
    if (!known->host_datastores || !known->vm_datastores)
        g_string_append(words, ", datastores");
    if (!known->host_networks || !known->vm_networks)
        g_string_append(words, ", networks");
    if (!known->cpu_model && needs_cpu(power))
        g_string_append(words, ", CPU model");
    return g_string_free(g_string_erase(words, 0, words->len ? 2 : 0), FALSE);
}

Compatibility *compatibility_new(const Model *model)
{
    Compatibility *compatibility = g_new0(Compatibility, 1);
    compatibility->model = model;
    compatibility->known = look(model->snapshot);
    for (int power = 0; power < N_POWERS; power++)
        compatibility->unchecked[power] = words_of_unknown(&compatibility->known, power);
    compatibility->subsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return compatibility;
}

void compatibility_free(Compatibility *compatibility)
{
    if (!compatibility)
        return;
    g_hash_table_destroy(compatibility->subsets);
    for (int power = 0; power < N_POWERS; power++)
        g_free(compatibility->unchecked[power]);
    g_free(compatibility);
}

const char *compatibility_unchecked(const Compatibility *compatibility, guint vm)
{
    return compatibility->unchecked[compatibility->model->snapshot->vms[vm].power];
}

static const char *const role_words[] = {"is a system VM", "is a placeholder", "is the vCenter's own VM",
                                         "is marked vmanger=ignore"};

static double seconds_to_move(const Model *model, guint vm)
{
    int host = model->vms[vm].host;
    return change_seconds(model,
                          &(Change){.action = ACTION_MIGRATE, .vm = (int)vm, .from = host, .to = host});
}

char *compatibility_immovable(const Compatibility *compatibility, guint vm)
{
    const Model *model = compatibility->model;
    const Vm *row = &model->snapshot->vms[vm];
    if (row->role >= 0)
        return g_strdup(role_words[row->role]);
    if (model->vms[vm].system)
        return g_strdup("is named by system_vms");
    if (policy_matches(model->policy->exclude_vms, row->folder, row->name))
        return g_strdup("is named by exclude_vms");
    if (row->connection > VM_CONNECTED)
        return g_strdup("is not connected");
    if (*row->pinned)
        return g_strdup_printf("is pinned (%s)", row->pinned);
    if (list_contains(row->disabled_methods, "RelocateVM_Task") ||
        list_contains(row->disabled_methods, "MigrateVM_Task"))
        return g_strdup("has migration disabled (disabled_methods)");
    double window_s = model->policy->max_duration_s, move_s = seconds_to_move(model, vm);
    if (window_s > 0 && move_s > window_s)
        return g_strdup_printf("takes %.0f s to move, and max_duration_s is %.0f", move_s, window_s);
    return NULL;
}

gboolean compatibility_left_to_drs(const Compatibility *compatibility, guint vm, const char **why)
{
    const Model *model = compatibility->model;
    const Vm *row = &model->snapshot->vms[vm];
    *why = NULL;
    if (model->policy->respect_drs_overrides && row->drs_override == DRS_OVERRIDE_DISABLED)
        *why = "DRS is disabled for this VM";
    else if (model->policy->respect_drs_overrides && row->drs_override == DRS_OVERRIDE_MANUAL)
        *why = "DRS is set to manual for this VM";
    else if (!model->policy->drs_clusters_plan && model->snapshot->clusters[row->cluster].drs == DRS_FULL)
        *why = "the cluster's DRS is fully automated";
    return *why != NULL;
}

static gboolean has_all(const char *have, const char *need)
{
    g_auto(GStrv) ids = list_split(need);
    for (char **id = ids; *id; id++)
        if (!list_contains(have, *id))
            return FALSE;
    return TRUE;
}

static gboolean has_all_known(const Compatibility *compatibility, const char *have, const char *need)
{
    /* Lists are the snapshot's own, equal ones once: identical lists need no look. */
    if (have == need)
        return TRUE;
    g_autofree char *key = g_strconcat(have, "\n", need, NULL);
    gpointer known;
    if (g_hash_table_lookup_extended(compatibility->subsets, key, NULL, &known))
        return GPOINTER_TO_INT(known);
    gboolean all = has_all(have, need);
    g_hash_table_insert(compatibility->subsets, g_steal_pointer(&key), GINT_TO_POINTER(all));
    return all;
}

static gboolean cpu_fits(const Snapshot *snapshot, const Vm *vm, const Host *source, const Host *target)
{
    return (*target->cpu_model && strcmp(source->cpu_model, target->cpu_model) == 0) ||
           *snapshot->clusters[vm->cluster].evc_mode ||
           (*vm->evc_required && strcmp(vm->evc_required, target->evc_mode) == 0);
}

/* why the host takes no VM of this kind at all */
static const char *obstacle_of_host(const Model *model, guint host, int power)
{
    const Host *target = &model->snapshot->hosts[host];
    if (!model_is_live(model, host))
        return "is not connected and powered on";
    if (target->mode != HOST_MODE_NORMAL)
        return "is not in normal mode";
    if (host_is_failover(model->snapshot, target))
        return "is a dedicated failover host";
    if (!model->hosts[host].usable && power == VM_POWER_ON)
        return "has no measurements";
    if (model_is_excluded(model, host))
        return "is named by exclude_hosts";
    return model_is_to_empty(model, host) ? "is to be emptied" : NULL;
}

/* In the order in which a person would look. */
const char *compatibility_obstacle(const Compatibility *compatibility, guint vm, guint host)
{
    const Model *model = compatibility->model;
    const Known *known = &compatibility->known;
    const Snapshot *snapshot = model->snapshot;
    const Vm *row = &snapshot->vms[vm];
    const Host *source = &snapshot->hosts[model->vms[vm].host], *target = &snapshot->hosts[host];
    if (target->cluster != row->cluster)
        return "is in another cluster";
    const char *why = obstacle_of_host(model, host, row->power);
    if (why)
        return why;
    if (!model_is_live(model, (guint)model->vms[vm].host))
        return "cannot be reached: the VM's own host is not connected and powered on";
    if (known->vmotion && needs_vmotion(row->power) && target->vmotion != 1)
        return "has no vMotion";
    if (known->vmotion && needs_vmotion(row->power) && source->vmotion != 1)
        return "cannot be reached: the VM's own host has no vMotion";
    if (known->host_datastores && known->vm_datastores &&
        (!*row->datastores || !has_all_known(compatibility, target->datastores, row->datastores)))
        return *row->datastores ? "lacks a datastore of the VM"
                                : "may lack a datastore: the VM's are not known";
    if (known->host_networks && known->vm_networks && !*row->networks && model_is_export(model))
        return "may lack a network: the VM's are not known";
    if (known->host_networks && known->vm_networks && *row->networks &&
        !has_all_known(compatibility, target->networks, row->networks))
        return "lacks a network of the VM";
    if (known->cpu_model && needs_cpu(row->power) && !cpu_fits(snapshot, row, source, target))
        return "has another CPU model, and no EVC mode covers both";
    return NULL;
}
