/* SPDX-License-Identifier: MIT */
#include "plan/unsolved.h"

#include "analyze/states.h"

#include <math.h>

const char *plural(guint n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

static gboolean backs_reservations(const Model *now, guint vm, guint host)
{
    const ModelHost *at = &now->hosts[host];
    const Host *row = &now->snapshot->hosts[host];
    double cpu = model_vm_cpu_reserved(now, vm), memory = model_vm_memory_reserved(now, vm);
    return !(cpu > 0 && at->cpu_reserved_mhz + cpu > row->cpu_mhz) &&
           !(memory > 0 && (at->memory_reserved_mib + memory) * 1024 > row->memory_kib);
}

/* whether nothing hinders, without words */
static gboolean is_target(const Situation *situation, const Model *now, guint vm, guint host)
{
    return !compatibility_obstacle(situation->compatibility, vm, host) &&
           model_stays_normal(now, host, now->vms[vm].demand) && backs_reservations(now, vm, host) &&
           !rules_broken_by(situation->rules, now, vm, host, TRUE);
}

/* "would be hot (CPU 81.0 %, memory 44.0 %)": of what is known, CPU and memory, and whatever else is over */
static char *words_of_heat(const Model *now, guint vm, guint host)
{
    GString *words = g_string_new("would be hot");
    const char *separator = " (";
    for (int r = 0; r < N_RESOURCES; r++) {
        double more = now->vms[vm].demand[r];
        double pct = model_usage_pct(now, host, (Resource)r, isnan(more) ? 0 : more);
        gboolean main = r == RESOURCE_CPU || r == RESOURCE_HOST_MEMORY;
        if (isnan(pct) || !(main || pct > now->hosts[host].threshold[r]))
            continue;
        g_string_append_printf(words, "%s%s %.1f %%", separator, resource_words[r], pct);
        separator = ", ";
    }
    return g_string_free(g_string_append_c(words, ')'), FALSE);
}

char *hindrance_of_target(const Situation *situation, const Model *now, guint vm, guint host)
{
    const char *why = compatibility_obstacle(situation->compatibility, vm, host);
    if (why)
        return g_strdup(why);
    if (!model_stays_normal(now, host, now->vms[vm].demand))
        return words_of_heat(now, vm, host);
    if (!backs_reservations(now, vm, host))
        return g_strdup("cannot back the VM's reservations");
    const BoundRule *rule = rules_broken_by(situation->rules, now, vm, host, TRUE);
    return rule ? g_strdup_printf("would break the mandatory rule \"%s\"", rule->name) : NULL;
}

/* The VMs of a host by what keeps each there, with an example of each kind. */
typedef struct Hindrances {
    guint unmeasured, immovable, left_to_drs, without_target, movable;
    char *immovable_example, *target_example;
} Hindrances;

static void hindrances_clear(Hindrances *hindrances)
{
    g_free(hindrances->immovable_example);
    g_free(hindrances->target_example);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hindrances, hindrances_clear)

/* TRUE where some host of its cluster could take the VM */
static gboolean has_target(const Situation *situation, const Model *now, guint vm, char **example)
{
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        if (now->hosts[host].cluster != now->vms[vm].row->cluster || (int)host == now->vms[vm].host)
            continue;
        if (is_target(situation, now, vm, host))
            return TRUE;
        if (*example)
            continue;
        g_autofree char *why = hindrance_of_target(situation, now, vm, host);
        *example =
            g_strdup_printf("%s: %s %s", now->vms[vm].row->name, now->snapshot->hosts[host].name, why);
    }
    return FALSE;
}

/* Relief moves no VM that is not measured; where a host is emptied it counts at its size. */
static void sort_vm(const Situation *situation, const Model *now, guint vm, gboolean to_empty, Hindrances *h)
{
    const char *drs = NULL;
    g_autofree char *immovable = compatibility_immovable(situation->compatibility, vm);
    if (immovable) {
        h->immovable++;
        if (!h->immovable_example)
            h->immovable_example = g_strdup_printf("%s %s", now->vms[vm].row->name, immovable);
    } else if (compatibility_left_to_drs(situation->compatibility, vm, &drs)) {
        h->left_to_drs++;
    } else if (!now->vms[vm].measured && !to_empty) {
        h->unmeasured++;
    } else if (has_target(situation, now, vm, &h->target_example)) {
        h->movable++;
    } else {
        h->without_target++;
    }
}

/* of all VMs of the host, or, where it is to be emptied, of those that have to leave */
static void append_hindrances(GString *words, const Situation *situation, const Model *now, guint host,
                              gboolean to_empty)
{
    g_auto(Hindrances) h = {0};
    for (guint i = 0; i < now->vms_on[host]->len; i++) {
        guint vm = g_array_index(now->vms_on[host], guint, i);
        if (!to_empty || !vm_is_agent(now->vms[vm].row))
            sort_vm(situation, now, vm, to_empty, &h);
    }
    if (now->vms_on[host]->len == 0)
        g_string_append(words, "; no VM runs there: the load is the host's own");
    if (h.without_target)
        g_string_append_printf(words, "; no target for %u of its VMs (%s)", h.without_target,
                               h.target_example ? h.target_example : "the cluster has no other host");
    if (h.immovable)
        g_string_append_printf(words, "; %u of its VMs cannot move (%s)", h.immovable, h.immovable_example);
    if (h.left_to_drs)
        g_string_append_printf(words, "; %u of its VMs %s left to DRS", h.left_to_drs,
                               plural(h.left_to_drs, "is", "are"));
    if (h.unmeasured)
        g_string_append_printf(words, "; %u of its VMs %s not measured", h.unmeasured,
                               plural(h.unmeasured, "is", "are"));
    if (h.movable)
        g_string_append_printf(words, "; %u of its VMs could move, but %s", h.movable,
                               to_empty
                                   ? "not all together, or max_moves stands against it"
                                   : "the policy's bounds on moves, min_vm_pct or the little it would help "
                                     "stand against it");
}

static GString *heat_of(const Model *now, guint host)
{
    Resource worst = RESOURCE_CPU;
    model_excess(now, host, &worst);
    GString *words = g_string_new(NULL);
    g_string_append_printf(words, "stays hot: %s at %.1f %%, above %g %%", resource_words[worst],
                           model_usage_pct(now, host, worst, 0), now->hosts[host].threshold[worst]);
    return words;
}

char *hindrance_by(const Model *now, guint host, const char *why)
{
    GString *words = heat_of(now, host);
    g_string_append_printf(words, "; %s", why);
    return g_string_free(words, FALSE);
}

char *hindrance_of_hot_host(const Situation *situation, const Model *now, guint host)
{
    GString *words = heat_of(now, host);
    if (model_is_excluded(now, host))
        g_string_append(words, "; it is named by exclude_hosts");
    else if (now->hosts[host].usable)
        append_hindrances(words, situation, now, host, FALSE);
    else
        g_string_append(words, host_is_failover(now->snapshot, &now->snapshot->hosts[host])
                                   ? "; a dedicated failover host is not relieved"
                                   : "; not all of it is measured: it is not relieved");
    return g_string_free(words, FALSE);
}

char *hindrance_of_full_host(const Situation *situation, const Model *now, guint host)
{
    GString *words = g_string_new(NULL);
    guint n = model_vms_to_leave(now, host);
    g_string_append_printf(words, "is to be emptied and still holds %u running %s", n,
                           plural(n, "VM", "VMs"));
    if (model_is_excluded(now, host))
        g_string_append(words, "; it is named by exclude_hosts");
    else
        append_hindrances(words, situation, now, host, TRUE);
    return g_string_free(words, FALSE);
}
