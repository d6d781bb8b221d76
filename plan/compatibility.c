/* SPDX-License-Identifier: MIT */
#include "plan/compatibility.h"

#include "analyze/states.h"

#include "plan/change.h"

#include <string.h>

/* What the snapshot knows of at least one object. */
typedef struct Known {
    gboolean vmotion, host_datastores, host_networks, vm_datastores, vm_networks, cpu_model;
} Known;

enum { N_POWERS = VM_POWER_SUSPENDED + 1 };

/* Lists of ids (datastores, networks) as sets: has a host all that a VM needs? */
typedef struct IdSets {
    GHashTable *numbers; /* id -> its number + 1 */
    GHashTable *needs;   /* a VM's list -> GArray of guint, its numbers */
    GHashTable *haves;   /* a host's list -> GByteArray: 1 at each number that it has */
} IdSets;

struct Compatibility {
    const Model *model;
    Known known;
    IdSets datastores, networks;
    char *unchecked[N_POWERS]; /* by the VM's power state */
};

/* ---- sets of ids ---- */

static guint number_of(const IdSets *sets, const char *id)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(sets->numbers, id));
    if (number == 0) {
        number = g_hash_table_size(sets->numbers) + 1;
        g_hash_table_insert(sets->numbers, g_strdup(id), GUINT_TO_POINTER(number));
    }
    return number - 1;
}

static GArray *numbers_of(const IdSets *sets, const char *list)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_auto(GStrv) ids = list_split(list);
    for (char **id = ids; *id; id++) {
        guint number = number_of(sets, *id);
        g_array_append_val(numbers, number);
    }
    return numbers;
}

static void sets_init(IdSets *sets)
{
    sets->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sets->needs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    sets->haves = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_byte_array_unref);
}

static void sets_clear(IdSets *sets)
{
    g_hash_table_destroy(sets->numbers);
    g_hash_table_destroy(sets->needs);
    g_hash_table_destroy(sets->haves);
}

static void add_need(IdSets *sets, const char *list)
{
    if (!g_hash_table_contains(sets->needs, list))
        g_hash_table_insert(sets->needs, (gpointer)list, numbers_of(sets, list));
}

static void add_have(IdSets *sets, const char *list)
{
    if (g_hash_table_contains(sets->haves, list))
        return;
    g_autoptr(GArray) numbers = numbers_of(sets, list);
    GByteArray *have = g_byte_array_new();
    for (guint i = 0; i < numbers->len; i++) {
        guint number = g_array_index(numbers, guint, i), before = have->len;
        if (number >= before) {
            g_byte_array_set_size(have, number + 1);
            memset(have->data + before, 0, have->len - before);
        }
        have->data[number] = 1;
    }
    g_hash_table_insert(sets->haves, (gpointer)list, have);
}

static gboolean has_all(const IdSets *sets, const char *have_list, const char *need_list)
{
    /* Lists are the snapshot's own, equal ones once: identical lists need no look. */
    if (have_list == need_list)
        return TRUE;
    const GByteArray *have = g_hash_table_lookup(sets->haves, have_list);
    const GArray *need = g_hash_table_lookup(sets->needs, need_list);
    for (guint i = 0; i < need->len; i++) {
        guint number = g_array_index(need, guint, i);
        if (number >= have->len || !have->data[number])
            return FALSE;
    }
    return TRUE;
}

static void fill_sets(Compatibility *compatibility)
{
    const Model *model = compatibility->model;
    sets_init(&compatibility->datastores);
    sets_init(&compatibility->networks);
    for (guint i = 0; i < model->n_vms; i++) {
        add_need(&compatibility->datastores, model->vms[i].row->datastores);
        add_need(&compatibility->networks, model->vms[i].row->networks);
    }
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        add_have(&compatibility->datastores, model->snapshot->hosts[i].datastores);
        add_have(&compatibility->networks, model->snapshot->hosts[i].networks);
    }
}

/* ---- what is known ---- */

static Known look(const Model *model)
{
    const Snapshot *snapshot = model->snapshot;
    Known known = {0};
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        known.vmotion |= host->vmotion >= 0;
        known.host_datastores |= *host->datastores != '\0';
        known.host_networks |= *host->networks != '\0';
        known.cpu_model |= *host->cpu_model != '\0';
    }
    for (guint i = 0; i < model->n_vms; i++) {
        known.vm_datastores |= *model->vms[i].row->datastores != '\0';
        known.vm_networks |= *model->vms[i].row->networks != '\0';
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
    compatibility->known = look(model);
    for (int power = 0; power < N_POWERS; power++)
        compatibility->unchecked[power] = words_of_unknown(&compatibility->known, power);
    fill_sets(compatibility);
    return compatibility;
}

void compatibility_free(Compatibility *compatibility)
{
    if (!compatibility)
        return;
    sets_clear(&compatibility->datastores);
    sets_clear(&compatibility->networks);
    for (int power = 0; power < N_POWERS; power++)
        g_free(compatibility->unchecked[power]);
    g_free(compatibility);
}

const char *compatibility_unchecked(const Compatibility *compatibility, guint vm)
{
    return compatibility->unchecked[compatibility->model->vms[vm].row->power];
}

static const char *const role_words[] = {"is a system VM", "is a placeholder", "is the vCenter's own VM",
                                         "is marked vmanger=ignore"};

/* ---- the VM itself ---- */

gboolean compatibility_may_move(const Compatibility *compatibility, guint vm, Obstacle *why)
{
    const Model *model = compatibility->model;
    const Vm *row = model->vms[vm].row;
    if (row->role >= 0)
        return obstacle_set(why, OBSTACLE_SYSTEM_VM, -1, "%s", role_words[row->role]);
    if (vm_is_clone_parent(row))
        return obstacle_set(why, OBSTACLE_SYSTEM_VM, -1,
                            "is a parent of instant clones, which its owner deletes");
    if (model->vms[vm].system)
        return obstacle_set(why, OBSTACLE_SYSTEM_VM, -1, "is named by system_vms");
    if (policy_matches(model->policy->exclude_vms, row->folder, row->name))
        return obstacle_set(why, OBSTACLE_EXCLUDED_VM, -1, "is named by exclude_vms");
    if (row->connection > VM_CONNECTED)
        return obstacle_set(why, OBSTACLE_VM_NOT_CONNECTED, -1, "is not connected");
    if (*row->pinned)
        return obstacle_set(why, OBSTACLE_PINNED, -1, "is pinned (%s)", row->pinned);
    if (list_contains(row->disabled_methods, "RelocateVM_Task") ||
        list_contains(row->disabled_methods, "MigrateVM_Task"))
        return obstacle_set(why, OBSTACLE_DISABLED_METHOD, -1, "has migration disabled (disabled_methods)");
    Change move = change_migration(model, vm, (guint)model->vms[vm].host);
    double window_s = model->policy->max_duration_s, move_s = change_seconds(model, &move);
    if (window_s > 0 && move_s > window_s)
        return obstacle_set(why, OBSTACLE_WINDOW, -1, "takes %.0f s to move, and max_duration_s is %.0f",
                            move_s, window_s);
    return TRUE;
}

/* ---- the host ---- */

static gboolean cpu_fits(const Snapshot *snapshot, const Vm *vm, const Host *source, const Host *target)
{
    return (*target->cpu_model && strcmp(source->cpu_model, target->cpu_model) == 0) ||
           *snapshot->clusters[vm->cluster].evc_mode ||
           (*vm->evc_required && strcmp(vm->evc_required, target->evc_mode) == 0);
}

/* whether the host takes VMs of this kind at all */
static gboolean is_open(const Model *model, guint host, int power, Obstacle *why)
{
    const Host *target = &model->snapshot->hosts[host];
    if (!model_is_live(model, host))
        return obstacle_set(why, OBSTACLE_HOST_NOT_CONNECTED, (int)host, "is not connected and powered on");
    if (target->mode != HOST_MODE_NORMAL)
        return obstacle_set(why, OBSTACLE_HOST_MODE, (int)host, "is not in normal mode");
    if (host_is_failover(model->snapshot, target))
        return obstacle_set(why, OBSTACLE_FAILOVER_HOST, (int)host, "is a dedicated failover host");
    if (!model->hosts[host].usable && power == VM_POWER_ON)
        return obstacle_set(why, OBSTACLE_NOT_MEASURED, (int)host, "has no measurements");
    if (model_is_excluded(model, host))
        return obstacle_set(why, OBSTACLE_EXCLUDED_HOST, (int)host, "is named by exclude_hosts");
    if (model_is_asked_to_empty(model, host))
        return obstacle_set(why, OBSTACLE_HOST_TO_EMPTY, (int)host, "is to be emptied");
    return TRUE;
}

static gboolean is_reached(const Compatibility *compatibility, guint vm, guint host, Obstacle *why)
{
    const Model *model = compatibility->model;
    guint home = (guint)model->vms[vm].host;
    gboolean vmotion = compatibility->known.vmotion && needs_vmotion(model->vms[vm].row->power);
    if (!model_is_live(model, home))
        return obstacle_set(why, OBSTACLE_HOST_NOT_CONNECTED, (int)host,
                            "cannot be reached: the VM's own host is not connected and powered on");
    if (vmotion && model->snapshot->hosts[host].vmotion != 1)
        return obstacle_set(why, OBSTACLE_VMOTION, (int)host, "has no vMotion");
    if (vmotion && model->snapshot->hosts[home].vmotion != 1)
        return obstacle_set(why, OBSTACLE_VMOTION, (int)host,
                            "cannot be reached: the VM's own host has no vMotion");
    return TRUE;
}

static gboolean has_what_it_uses(const Compatibility *compatibility, guint vm, guint host, Obstacle *why)
{
    const Known *known = &compatibility->known;
    const Vm *row = compatibility->model->vms[vm].row;
    const Host *target = &compatibility->model->snapshot->hosts[host];
    gboolean datastores = known->host_datastores && known->vm_datastores;
    gboolean networks = known->host_networks && known->vm_networks;
    if (datastores && !*row->datastores)
        return obstacle_set(why, OBSTACLE_DATASTORE, (int)host,
                            "may lack a datastore: the VM's are not known");
    if (datastores && !has_all(&compatibility->datastores, target->datastores, row->datastores))
        return obstacle_set(why, OBSTACLE_DATASTORE, (int)host, "lacks a datastore of the VM");
    if (networks && !*row->networks && model_is_export(compatibility->model))
        return obstacle_set(why, OBSTACLE_NETWORK, (int)host, "may lack a network: the VM's are not known");
    if (networks && *row->networks && !has_all(&compatibility->networks, target->networks, row->networks))
        return obstacle_set(why, OBSTACLE_NETWORK, (int)host, "lacks a network of the VM");
    return TRUE;
}

/* In the order in which a person would look. */
gboolean compatibility_fits(const Compatibility *compatibility, guint vm, guint host, Obstacle *why)
{
    const Model *model = compatibility->model;
    const Snapshot *snapshot = model->snapshot;
    const Vm *row = model->vms[vm].row;
    const Host *source = &snapshot->hosts[model->vms[vm].host], *target = &snapshot->hosts[host];
    if (target->cluster != row->cluster)
        return obstacle_set(why, OBSTACLE_OTHER_CLUSTER, (int)host, "is in another cluster");
    if (!is_open(model, host, row->power, why) || !is_reached(compatibility, vm, host, why) ||
        !has_what_it_uses(compatibility, vm, host, why))
        return FALSE;
    if (compatibility->known.cpu_model && needs_cpu(row->power) && !cpu_fits(snapshot, row, source, target))
        return obstacle_set(why, OBSTACLE_CPU, (int)host,
                            "has another CPU model, and no EVC mode covers both");
    return TRUE;
}

/* An EVC mode is any text, so its length goes before it: none looks like what follows. */
char *compatibility_key(const Compatibility *compatibility, guint vm)
{
    const ModelVm *at = &compatibility->model->vms[vm];
    const Vm *row = at->row;
    return g_strdup_printf("%d %d %p %p %zu:%s", at->host, row->power, (const void *)row->datastores,
                           (const void *)row->networks, strlen(row->evc_required), row->evc_required);
}
