/* SPDX-License-Identifier: MIT */
#include "plan/compatibility.h"

#include "analyze/roles.h"
#include "plan/hardware.h"
#include "plan/refusal.h"

#include <math.h>
#include <string.h>

/* What the snapshot knows of at least one object. */
typedef struct Known {
    gboolean vmotion, host_datastores, host_networks, vm_datastores, vm_networks, cpu_model, evc, threads,
        host_hardware, vm_hardware, vgpu, capabilities, partners;
    double fewest_threads;
} Known;

/* Lists of ids (datastores, networks, capabilities) as sets: has a host all that a VM needs? */
typedef struct IdSets {
    GHashTable *numbers; /* id -> its number + 1 */
    GHashTable *needs;   /* a VM's list -> GArray of guint, its numbers */
    GHashTable *haves;   /* a host's list -> GByteArray: 1 at each number that it has */
} IdSets;

struct Compatibility {
    const Model *model;
    Known known;
    IdSets datastores, networks, capabilities;
    GArray **partners;      /* [n_vms] of guint; NULL where there are none */
    const VmPast **refused; /* [n_vms] NULL where nothing was, or what was is asked for again: */
    int *hardware;          /* [n_hosts] the newest virtual hardware that each runs; as hardware_of_product */
    const VmPast **again;   /* [n_vms] of VMs on hosts that evacuate names; NULL where nothing was refused */
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
    sets_init(&compatibility->capabilities);
    for (guint i = 0; i < model->n_vms; i++) {
        add_need(&compatibility->datastores, model->vms[i].row->datastores);
        add_need(&compatibility->networks, model->vms[i].row->networks);
        add_need(&compatibility->capabilities, model->vms[i].row->requires);
    }
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        add_have(&compatibility->datastores, model->snapshot->hosts[i].datastores);
        add_have(&compatibility->networks, model->snapshot->hosts[i].networks);
        add_have(&compatibility->capabilities, model->snapshot->hosts[i].capabilities);
    }
}

/* ---- what is known ---- */

/* of each host, [n_hosts]; many hosts run one product */
static int *find_hardware(const Snapshot *snapshot)
{
    g_autoptr(GHashTable) products = g_hash_table_new(g_str_hash, g_str_equal);
    int *hardware = g_new(int, snapshot->n_hosts + 1);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        gpointer of_product = NULL;
        hardware[i] = hardware_number(host->max_hardware_version);
        if (hardware[i] > 0)
            continue;
        if (!g_hash_table_lookup_extended(products, host->product, NULL, &of_product)) {
            of_product = GINT_TO_POINTER(hardware_of_product(host->product));
            g_hash_table_insert(products, (gpointer)host->product, of_product);
        }
        hardware[i] = GPOINTER_TO_INT(of_product);
    }
    return hardware;
}

static Known look(const Model *model, const int *hardware)
{
    const Snapshot *snapshot = model->snapshot;
    Known known = {.fewest_threads = INFINITY};
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        known.vmotion |= host->vmotion >= 0;
        known.host_datastores |= *host->datastores != '\0';
        known.host_networks |= *host->networks != '\0';
        known.cpu_model |= *host->cpu_model != '\0';
        known.evc |= *host->max_evc_mode || *host->evc_mode;
        known.threads |= !isnan(host->cpu_threads);
        known.fewest_threads = fmin(known.fewest_threads, isnan(host->cpu_threads) ? 0 : host->cpu_threads);
        known.host_hardware |= hardware[i] != 0;
        known.vgpu |= *host->vgpu_profiles != '\0';
        known.capabilities |= *host->capabilities != '\0';
    }
    for (guint i = 0; i < model->n_vms; i++) {
        known.vm_datastores |= *model->vms[i].row->datastores != '\0';
        known.vm_networks |= *model->vms[i].row->networks != '\0';
        known.vm_hardware |= hardware_number(model->vms[i].row->hardware_version) > 0;
        known.partners |= *model->vms[i].row->ft_partner_ids != '\0';
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

/* ---- fault-tolerant pairs ---- */

static void add_named_partners(const Compatibility *compatibility, guint vm)
{
    const Model *model = compatibility->model;
    g_auto(GStrv) ids = list_split(model->vms[vm].row->ft_partner_ids);
    for (char **id = ids; *id; id++) {
        int found = snapshot_find_vm(model->snapshot, *id);
        guint partner = (guint)found;
        if (found >= 0 && partner != vm && partner < model->n_vms)
            g_array_append_val(compatibility->partners[vm], partner);
    }
}

/* A secondary bears its primary's name. */
static void add_namesakes(const Compatibility *compatibility, const GArray *tolerant, guint vm)
{
    const Model *model = compatibility->model;
    const Vm *row = model->vms[vm].row;
    for (guint i = 0; i < tolerant->len; i++) {
        guint other = g_array_index(tolerant, guint, i);
        const Vm *namesake = model->vms[other].row;
        if (other != vm && namesake->cluster == row->cluster && strcmp(namesake->name, row->name) == 0)
            g_array_append_val(compatibility->partners[vm], other);
    }
}

static void find_partners(Compatibility *compatibility)
{
    const Model *model = compatibility->model;
    g_autoptr(GArray) tolerant = g_array_new(FALSE, FALSE, sizeof(guint));
    compatibility->partners = g_new0(GArray *, model->n_vms + 1);
    for (guint i = 0; i < model->n_vms; i++)
        if (model_is_fault_tolerant(model, i))
            g_array_append_val(tolerant, i);
    for (guint i = 0; i < tolerant->len; i++) {
        guint vm = g_array_index(tolerant, guint, i);
        compatibility->partners[vm] = g_array_new(FALSE, FALSE, sizeof(guint));
        add_named_partners(compatibility, vm);
        if (compatibility->partners[vm]->len == 0)
            add_namesakes(compatibility, tolerant, vm);
        if (compatibility->partners[vm]->len == 0)
            g_clear_pointer(&compatibility->partners[vm], g_array_unref);
    }
}

const GArray *compatibility_partners(const Compatibility *compatibility, guint vm)
{
    return compatibility->partners[vm];
}

/* ---- what was refused ---- */

static void find_refused(Compatibility *compatibility, const Past *past)
{
    const Model *model = compatibility->model;
    compatibility->refused = g_new0(const VmPast *, model->n_vms + 1);
    compatibility->again = g_new0(const VmPast *, model->n_vms + 1);
    for (guint i = 0; past && i < model->n_vms; i++) {
        const VmPast *of_vm = past_of_vm(past, model, i);
        const char *home = model->snapshot->hosts[model->vms[i].host].name;
        gboolean asked_for = policy_matches(model->policy->evacuate, NULL, home);
        (asked_for ? compatibility->again : compatibility->refused)[i] = of_vm->refusals ? of_vm : NULL;
    }
}

Compatibility *compatibility_new(const Model *model, const Past *past)
{
    Compatibility *compatibility = g_new0(Compatibility, 1);
    compatibility->model = model;
    compatibility->hardware = find_hardware(model->snapshot);
    compatibility->known = look(model, compatibility->hardware);
    fill_sets(compatibility);
    find_partners(compatibility);
    find_refused(compatibility, past);
    return compatibility;
}

void compatibility_free(Compatibility *compatibility)
{
    if (!compatibility)
        return;
    sets_clear(&compatibility->datastores);
    sets_clear(&compatibility->networks);
    sets_clear(&compatibility->capabilities);
    for (guint i = 0; i < compatibility->model->n_vms; i++)
        if (compatibility->partners[i])
            g_array_unref(compatibility->partners[i]);
    g_free(compatibility->partners);
    g_free(compatibility->refused);
    g_free(compatibility->again);
    g_free(compatibility->hardware);
    g_free(compatibility);
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
    if (model->vms[vm].host >= 0 && model_is_excluded(model, (guint)model->vms[vm].host))
        return obstacle_set(why, OBSTACLE_EXCLUDED_HOST, -1, "is on %s, which exclude_hosts names",
                            model->snapshot->hosts[model->vms[vm].host].name);
    if (row->connection > VM_CONNECTED)
        return obstacle_set(why, OBSTACLE_VM_NOT_CONNECTED, -1, "is not connected");
    if (*row->pinned)
        return obstacle_set(why, OBSTACLE_PINNED, -1, "is pinned (%s)", row->pinned);
    if (list_contains(row->disabled_methods, "RelocateVM_Task") ||
        list_contains(row->disabled_methods, "MigrateVM_Task"))
        return obstacle_set(why, OBSTACLE_DISABLED_METHOD, -1, "has migration disabled (disabled_methods)");
    guint home = (guint)model->vms[vm].host;
    if (model_is_fault_tolerant(model, vm) && !*model->snapshot->clusters[row->cluster].evc_mode &&
        !model_is_to_empty(model, home))
        return obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, -1,
                            "has fault tolerance, and its cluster no EVC mode: without one it only leaves a "
                            "host that is to be emptied");
    if (!refusal_is_over(model, compatibility->refused[vm], ACTION_MIGRATE, "", why, -1,
                         "was refused its migration before"))
        return FALSE;
    Change move = change_migration(model, vm, home);
    double window_s = model->policy->max_duration_s, move_s = change_seconds(model, &move);
    if (window_s > 0 && move_s > window_s)
        return obstacle_set(why, OBSTACLE_WINDOW, -1, "takes %.0f s to move, and max_duration_s is %.0f",
                            move_s, window_s);
    return TRUE;
}

/* ---- the host ---- */

/* 1 where the host can give the EVC mode that the VM itself asks for, 0 where it cannot, -1 where nobody
 * knows. What it can do counts, not the baseline that its cluster sets now */
static int gives_evc(const Compatibility *compatibility, const Vm *vm, const Host *target)
{
    const Snapshot *snapshot = compatibility->model->snapshot;
    const char *mode = *target->max_evc_mode ? target->max_evc_mode : target->evc_mode;
    if (!*vm->evc_required)
        return 0;
    if (!compatibility->known.evc)
        return -1;
    int includes = *mode ? snapshot_evc_includes(snapshot, mode, vm->evc_required) : 0;
    if (includes >= 0)
        return includes;
    gsize vendor = strcspn(mode, "-");
    gboolean ordered = snapshot->n_evc_modes > 0 || !*target->max_evc_mode;
    return !ordered && mode[vendor] && strncmp(mode, vm->evc_required, vendor + 1) == 0 ? -1 : 0;
}

/* The source itself has said what the VM needs of a host, its CPU among it. */
static gboolean is_stated(const Compatibility *compatibility, const Vm *vm)
{
    return compatibility->known.capabilities && *vm->requires;
}

/* the same of running on its CPU at all */
static int cpu_fits(const Compatibility *compatibility, const Vm *vm, const Host *source, const Host *target)
{
    if (is_stated(compatibility, vm))
        return 1;
    if (!compatibility->known.cpu_model)
        return -1;
    gboolean same = *target->cpu_model && strcmp(source->cpu_model, target->cpu_model) == 0;
    return same || *compatibility->model->snapshot->clusters[vm->cluster].evc_mode
               ? 1
               : gives_evc(compatibility, vm, target);
}

/* whether the host takes VMs of this kind at all */
static gboolean is_open(const Model *now, guint host, int power, Obstacle *why)
{
    const Host *target = &now->snapshot->hosts[host];
    if (!model_is_live(now, host))
        return obstacle_set(why, OBSTACLE_HOST_NOT_CONNECTED, (int)host, "is not connected and powered on");
    if (now->hosts[host].mode != HOST_MODE_NORMAL)
        return obstacle_set(why, OBSTACLE_HOST_MODE, (int)host, "is not in normal mode");
    if (host_is_failover(now->snapshot, target))
        return obstacle_set(why, OBSTACLE_FAILOVER_HOST, (int)host, "is a dedicated failover host");
    if (!now->hosts[host].usable && power == VM_POWER_ON)
        return obstacle_set(why, OBSTACLE_NOT_MEASURED, (int)host, "has no measurements");
    if (model_is_excluded(now, host))
        return obstacle_set(why, OBSTACLE_EXCLUDED_HOST, (int)host, "is named by exclude_hosts");
    if (model_is_asked_to_empty(now, host))
        return obstacle_set(why, OBSTACLE_HOST_TO_EMPTY, (int)host, "is to be emptied");
    if (model_is_emptied_next(now, host))
        return obstacle_set(why, OBSTACLE_HOST_TO_EMPTY, (int)host, "is to be emptied next (evacuate_next)");
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

/* what the VM requires and the host does not offer; the caller frees it */
static char *missing_of(const char *requires, const char *capabilities)
{
    g_auto(GStrv) words = list_split(requires);
    GString *missing = g_string_new(NULL);
    for (char **word = words; *word; word++)
        if (!list_contains(capabilities, *word))
            g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", *word);
    return g_string_free(missing, FALSE);
}

static gboolean offers_what_it_requires(const Compatibility *compatibility, const Vm *vm, const Host *target,
                                        guint host, Obstacle *why)
{
    if (!is_stated(compatibility, vm) ||
        has_all(&compatibility->capabilities, target->capabilities, vm->requires))
        return TRUE;
    g_autofree char *missing = why ? missing_of(vm->requires, target->capabilities) : NULL;
    return obstacle_set(why, OBSTACLE_CAPABILITY, (int)host, "does not offer %s, which the VM requires",
                        missing);
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
    return offers_what_it_requires(compatibility, row, target, host, why);
}

static gboolean is_apart_from_partners(const Compatibility *compatibility, const Model *now, guint vm,
                                       guint host, Obstacle *why)
{
    const GArray *partners = compatibility->partners[vm];
    for (guint i = 0; partners && i < partners->len; i++) {
        guint partner = g_array_index(partners, guint, i);
        if (now->vms[partner].host == (int)host || compatibility->model->vms[partner].host == (int)host)
            return obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, (int)host,
                                "has its fault-tolerance partner %s (%s)", now->vms[partner].row->name,
                                now->vms[partner].row->id);
    }
    return !compatibility->known.partners || partners || !model_is_fault_tolerant(now, vm) ||
           obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, (int)host,
                        "may have its fault-tolerance partner: that one is not known");
}

/* 1, 0, or -1 where nobody knows: of threads, and of virtual hardware */
static int has_threads(const Compatibility *compatibility, const Model *now, guint vm, guint host)
{
    double threads = now->snapshot->hosts[host].cpu_threads;
    return compatibility->known.threads ? threads >= now->vms[vm].vcpus : -1;
}

static int runs_hardware(const Compatibility *compatibility, guint vm, guint host)
{
    const Known *known = &compatibility->known;
    int of_vm = hardware_number(compatibility->model->vms[vm].row->hardware_version);
    int of_host = compatibility->hardware[host];
    if (!known->vm_hardware || !known->host_hardware || of_host == HARDWARE_NEWER)
        return -1;
    return of_vm > 0 && of_vm <= of_host;
}

static int offers_vgpus(const Compatibility *compatibility, guint vm, guint host)
{
    g_auto(GStrv) profiles = list_split(compatibility->model->vms[vm].row->vgpu_profiles);
    for (char **profile = profiles; *profile; profile++)
        if (!list_contains(compatibility->model->snapshot->hosts[host].vgpu_profiles, *profile))
            return compatibility->known.vgpu ? 0 : -1;
    return 1;
}

static gboolean has_hardware(const Compatibility *compatibility, const Model *now, guint vm, guint host,
                             Obstacle *why)
{
    const Host *target = &now->snapshot->hosts[host];
    const Vm *row = now->vms[vm].row;
    if (has_threads(compatibility, now, vm, host) == 0)
        return isnan(target->cpu_threads)
                   ? obstacle_set(why, OBSTACLE_THREADS, (int)host, "has an unknown number of threads")
                   : obstacle_set(why, OBSTACLE_THREADS, (int)host, "has %.0f threads, and the VM %.0f vCPUs",
                                  target->cpu_threads, now->vms[vm].vcpus);
    if (runs_hardware(compatibility, vm, host) == 0)
        return *row->hardware_version && compatibility->hardware[host] > 0
                   ? obstacle_set(why, OBSTACLE_HARDWARE_VERSION, (int)host,
                                  "runs virtual hardware up to version %d, and the VM's is %s",
                                  compatibility->hardware[host], row->hardware_version)
                   : obstacle_set(why, OBSTACLE_HARDWARE_VERSION, (int)host,
                                  "may not run the VM's virtual hardware: its version is not known");
    return offers_vgpus(compatibility, vm, host) != 0 ||
           obstacle_set(why, OBSTACLE_VGPU, (int)host, "does not offer the VM's vGPU (%s)",
                        row->vgpu_profiles);
}

gboolean compatibility_could_restart(const Compatibility *compatibility, const Model *now, guint vm,
                                     guint host)
{
    return has_what_it_uses(compatibility, vm, host, NULL) &&
           has_hardware(compatibility, now, vm, host, NULL);
}

/* In the order in which a person would look. */
gboolean compatibility_fits(const Compatibility *compatibility, const Model *now, guint vm, guint host,
                            Obstacle *why)
{
    const Model *model = compatibility->model;
    const Vm *row = model->vms[vm].row;
    const Host *source = &model->snapshot->hosts[model->vms[vm].host],
               *target = &model->snapshot->hosts[host];
    if (target->cluster != row->cluster)
        return obstacle_set(why, OBSTACLE_OTHER_CLUSTER, (int)host, "is in another cluster");
    if (!is_open(now, host, row->power, why) || !is_reached(compatibility, vm, host, why) ||
        !has_what_it_uses(compatibility, vm, host, why) ||
        !is_apart_from_partners(compatibility, now, vm, host, why) ||
        !has_hardware(compatibility, now, vm, host, why))
        return FALSE;
    if (needs_cpu(row->power) && cpu_fits(compatibility, row, source, target) == 0)
        return obstacle_set(why, OBSTACLE_CPU, (int)host,
                            "has another CPU model, and no EVC mode covers both");
    return refusal_is_over(model, compatibility->refused[vm], ACTION_MIGRATE, target->id, why, (int)host,
                           "was refused for it before");
}

gboolean compatibility_asks_again(const Compatibility *compatibility, guint vm, guint host, Obstacle *why)
{
    const Model *model = compatibility->model;
    return !refusal_is_over(model, compatibility->again[vm], ACTION_MIGRATE, model->snapshot->hosts[host].id,
                            why, (int)host, "was refused for it before");
}

gboolean compatibility_was_refused(const Compatibility *compatibility, guint vm)
{
    return refusal_stands(compatibility->model, compatibility->refused[vm]);
}

char *compatibility_restart_key(const Compatibility *compatibility, guint vm)
{
    const ModelVm *at = &compatibility->model->vms[vm];
    const Vm *row = at->row;
    double vcpus = at->vcpus > compatibility->known.fewest_threads ? at->vcpus : 0;
    return g_strdup_printf("%p %p %p %p %d %.0f", (const void *)row->datastores, (const void *)row->networks,
                           (const void *)row->vgpu_profiles, (const void *)row->requires,
                           hardware_number(row->hardware_version), vcpus);
}

/* Texts come with their length, so that none looks like what follows; a VM of which more than the host counts
 * (its partner, its past) is alone with its key. */
char *compatibility_key(const Compatibility *compatibility, guint vm)
{
    const ModelVm *at = &compatibility->model->vms[vm];
    const Vm *row = at->row;
    gboolean alone = model_is_fault_tolerant(compatibility->model, vm) || compatibility->refused[vm] ||
                     compatibility->again[vm];
    double vcpus = at->vcpus > compatibility->known.fewest_threads ? at->vcpus : 0;
    return g_strdup_printf("%d %d %p %p %p %p %d %.0f %d %zu:%s", at->host, row->power,
                           (const void *)row->datastores, (const void *)row->networks,
                           (const void *)row->vgpu_profiles, (const void *)row->requires,
                           hardware_number(row->hardware_version), vcpus, alone ? (int)vm : -1,
                           strlen(row->evc_required), row->evc_required);
}

/* ---- what nobody knows ---- */

char *compatibility_unchecked(const Compatibility *compatibility, guint vm, guint host)
{
    const Known *known = &compatibility->known;
    const Model *model = compatibility->model;
    const Vm *row = model->vms[vm].row;
    const Host *source = &model->snapshot->hosts[model->vms[vm].host],
               *target = &model->snapshot->hosts[host];
    gboolean stated = is_stated(compatibility, row); /* storage, networks and machine are among it */
    gboolean unknown_cpu = needs_cpu(row->power) && cpu_fits(compatibility, row, source, target) < 0;
    const struct {
        gboolean unknown;
        const char *words;
    } facts[] = {
        {!known->vmotion && needs_vmotion(row->power), "vMotion"},
        {!stated && (!known->host_datastores || !known->vm_datastores), "datastores"},
        {!stated && (!known->host_networks || !known->vm_networks), "networks"},
        {unknown_cpu && !known->cpu_model, "CPU model"},
        {unknown_cpu && known->cpu_model, "EVC modes' order"},
        {!known->threads, "threads"},
        {!stated && runs_hardware(compatibility, vm, host) < 0, "hardware version"},
        {offers_vgpus(compatibility, vm, host) < 0, "vGPU profiles"},
        {model_is_fault_tolerant(model, vm) && !compatibility->partners[vm] && !known->partners,
         "fault-tolerance partner"},
    };
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(facts); i++)
        if (facts[i].unknown)
            g_string_append_printf(words, "%s%s", words->len ? ", " : "", facts[i].words);
    return g_string_free(words, FALSE);
}
