/* SPDX-License-Identifier: MIT */
#include "analyze/summary.h"

#include "analyze/amount.h"
#include "analyze/bars.h"
#include "analyze/roles.h"
#include "analyze/sizing.h"
#include "analyze/tally.h"
#include "collect/escape.h"
#include "collect/plural.h"

#include <math.h>

#define LIST_LENGTH 20

/* a list that is cut where it is long */
typedef struct List {
    GString *text;
    guint n;
} List;

struct Summary {
    gboolean whole;
    Style style;
    GString *notes, *clusters;
    List hot, shorts, unknown, sizes;
    gboolean has_history;
    guint judged; /* VMs of which the size is known to be right or not */
    guint n_clusters, n_hosts, n_vms;
};

Summary *summary_new(gboolean whole, const Style *style)
{
    Summary *summary = g_new0(Summary, 1);
    summary->whole = whole;
    summary->style = *style;
    summary->notes = g_string_new(NULL);
    summary->clusters = g_string_new(NULL);
    summary->hot.text = g_string_new(NULL);
    summary->shorts.text = g_string_new(NULL);
    summary->unknown.text = g_string_new(NULL);
    summary->sizes.text = g_string_new(NULL);
    return summary;
}

void summary_free(Summary *summary)
{
    if (!summary)
        return;
    g_string_free(summary->notes, TRUE);
    g_string_free(summary->clusters, TRUE);
    g_string_free(summary->hot.text, TRUE);
    g_string_free(summary->shorts.text, TRUE);
    g_string_free(summary->unknown.text, TRUE);
    g_string_free(summary->sizes.text, TRUE);
    g_free(summary);
}

/* ---- words ---- */

/* "esx-03 (host-12)" */
static void append_name(GString *out, const Assessed *assessed)
{
    g_autofree char *name = escape_for_terminal(*assessed->name ? assessed->name : assessed->id);
    g_autofree char *id = escape_for_terminal(assessed->id);
    g_string_append_printf(out, "%s (%s)", name, id);
}

/* ---- clusters ---- */

static void append_states(GString *out, const guint *by_state, const State *states, guint n)
{
    const char *separator = ": ";
    for (guint i = 0; i < n; i++) {
        if (!by_state[states[i]])
            continue;
        g_string_append_printf(out, "%s%u %s", separator, by_state[states[i]], state_names[states[i]]);
        separator = ", ";
    }
}

static void append_counts(GString *out, const Tally *counts)
{
    static const State host_states[] = {STATE_HOT, STATE_NORMAL, STATE_COLD, STATE_UNKNOWN,
                                        STATE_UNAVAILABLE};
    static const State vm_states[] = {STATE_SHORT, STATE_NORMAL, STATE_IDLE, STATE_UNKNOWN, STATE_OFF};
    g_string_append(out, "  hosts   ");
    g_string_append_printf(out, "%u", counts->hosts);
    append_states(out, counts->by_state, host_states, G_N_ELEMENTS(host_states));
    if (counts->failover)
        g_string_append_printf(out, "; %u kept for failover", counts->failover);
    g_string_append_printf(out, "\n  VMs     %u", counts->running + counts->stopped);
    append_states(out, counts->vms_by_state, vm_states, G_N_ELEMENTS(vm_states));
    if (counts->usable)
        g_string_append_printf(out, "; %u to %u running per host, %.1f on the mean", counts->fewest,
                               counts->most, (double)counts->on_usable / counts->usable);
    g_string_append_c(out, '\n');
}

static void append_load(GString *out, const char *label, Resource resource, const Load *load)
{
    g_string_append_printf(out, "  %s", label);
    amount_append(out, resource, load->demand);
    g_string_append(out, " of ");
    amount_append(out, resource, load->capacity);
    g_string_append(out, ", ");
    percent_append(out, load->usage_pct);
    if (!isnan(load->buffer)) {
        g_string_append(out, "; buffer ");
        amount_append(out, resource, load->buffer);
    }
    if (load->reclaimed > 0) {
        g_string_append(out, "; reclaimed ");
        amount_append(out, resource, load->reclaimed);
    }
    if (*load->reason)
        g_string_append_printf(out, "; %s", load->reason);
    g_string_append_c(out, '\n');
}

static void append_cluster(GString *out, const Assessed *cluster, const Tally *counts)
{
    append_name(out, cluster);
    g_string_append_printf(out, ": %s\n", state_names[cluster->state]);
    append_counts(out, counts);
    append_load(out, "CPU     ", RESOURCE_CPU, &cluster->loads[RESOURCE_CPU]);
    append_load(out, "memory  ", RESOURCE_HOST_MEMORY, &cluster->loads[RESOURCE_HOST_MEMORY]);
    if (!isnan(cluster->loads[RESOURCE_DISK].usage_pct))
        append_load(out, "disk    ", RESOURCE_DISK, &cluster->loads[RESOURCE_DISK]);
    if (!isnan(cluster->loads[RESOURCE_NET].usage_pct))
        append_load(out, "network ", RESOURCE_NET, &cluster->loads[RESOURCE_NET]);
}

/* ESXi keeps touched pages: consumed memory alone makes healthy hosts look hot for ever. */
static void note_healthy_memory(GString *notes, const Assessed *cluster, const Tally *counts,
                                const Policy *policy)
{
    if (policy->host_memory_demand || counts->reclaims || counts->hot_by_memory * 2 <= counts->usable)
        return;
    append_name(notes, cluster);
    g_string_append_printf(notes,
                           ": %u of %u %s hot by consumed memory, though nothing balloons or swaps; "
                           "%s may well be healthy: see host_memory=demand in the policy.\n",
                           counts->hot_by_memory, counts->usable,
                           plural(counts->usable, "host is", "hosts are"),
                           plural(counts->usable, "it", "they"));
}

/* ---- lists ---- */

/* TRUE where the list takes one more entry, which the caller then appends */
static gboolean list_takes(const Summary *summary, List *list)
{
    list->n++;
    return summary->whole || list->n <= LIST_LENGTH;
}

static void list_host(Summary *summary, const Subject *subject, guint i)
{
    static const Resource shown[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY, RESOURCE_DISK, RESOURCE_NET};
    const Assessed *host = &subject->hosts[i];
    if (!list_takes(summary, &summary->hot))
        return;
    GString *out = summary->hot.text;
    g_string_append(out, "  ");
    append_name(out, host);
    g_string_append(out, " in ");
    append_name(out, &subject->clusters[subject->snapshot->hosts[i].cluster]);
    for (guint k = 0; k < G_N_ELEMENTS(shown); k++) {
        const Load *load = &host->loads[shown[k]];
        if (isnan(load->usage_pct) || (k > 1 && !*load->reason))
            continue;
        g_string_append_printf(out, "%s %s ", k ? ";" : ":", resource_words[shown[k]]);
        amount_append(out, shown[k], load->demand);
        g_string_append(out, " of ");
        amount_append(out, shown[k], load->capacity);
        g_string_append_printf(out, ", %s", *load->reason ? load->reason : "");
        if (!*load->reason)
            percent_append(out, load->usage_pct);
    }
    g_string_append_c(out, '\n');
}

static void list_short(Summary *summary, const Subject *subject, guint i)
{
    const Assessed *vm = &subject->vms[i];
    const Load *memory = &vm->loads[RESOURCE_MEMORY];
    if (!list_takes(summary, &summary->shorts))
        return;
    GString *out = summary->shorts.text;
    g_string_append(out, "  ");
    append_name(out, vm);
    g_string_append(out, " on ");
    append_name(out, &subject->hosts[subject->snapshot->vms[i].host]);
    g_string_append(out, ": ");
    amount_append(out, RESOURCE_MEMORY, memory->demand);
    g_string_append(out, " of ");
    amount_append(out, RESOURCE_MEMORY, memory->capacity);
    g_string_append_printf(out, ", %s", memory->reason);
    if (vm->loads[RESOURCE_HOST_MEMORY].reclaimed > 0) {
        g_string_append(out, "; ");
        amount_append(out, RESOURCE_HOST_MEMORY, vm->loads[RESOURCE_HOST_MEMORY].reclaimed);
        g_string_append(out, " reclaimed from it");
    }
    g_string_append_c(out, '\n');
}

static void list_unknown(Summary *summary, const Assessed *assessed)
{
    if (!list_takes(summary, &summary->unknown))
        return;
    g_string_append(summary->unknown.text, "  ");
    append_name(summary->unknown.text, assessed);
    g_string_append_c(summary->unknown.text, '\n');
}

static void list_size(Summary *summary, const Subject *subject, guint i, const Policy *policy)
{
    const Vm *row = &subject->snapshot->vms[i];
    const Assessed *vm = &subject->vms[i];
    Sizing sizing = sizing_judge(row, &subject->snapshot->hosts[row->host], vm, policy);
    summary->judged += sizing.word != SIZE_UNKNOWN;
    if (sizing.word == SIZE_UNKNOWN || sizing.word == SIZE_RIGHT || !list_takes(summary, &summary->sizes))
        return;
    g_autofree char *words = sizing_words(row, vm, &sizing, policy);
    g_string_append(summary->sizes.text, "  ");
    append_name(summary->sizes.text, vm);
    g_string_append_printf(summary->sizes.text, ": %s, %s\n", size_words[sizing.word], words);
}

void summary_note_history(Summary *summary)
{
    summary->has_history = TRUE;
}

void summary_add(Summary *summary, const Subject *subject, const Policy *policy)
{
    const Snapshot *snapshot = subject->snapshot;
    g_autofree Tally *counts = tally_of(subject);
    for (guint i = 0; i < snapshot->n_clusters; i++) {
        note_healthy_memory(summary->notes, &subject->clusters[i], &counts[i], policy);
        append_cluster(summary->clusters, &subject->clusters[i], &counts[i]);
        if (summary->style.terminal)
            bars_append(summary->clusters, subject, i, &summary->style, summary->whole ? 0 : LIST_LENGTH);
    }
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        if (subject->hosts[i].state == STATE_HOT)
            list_host(summary, subject, i);
        if (subject->hosts[i].state == STATE_UNKNOWN)
            list_unknown(summary, &subject->hosts[i]);
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        if (subject->vms[i].state == STATE_SHORT && !vm_is_system(policy, &snapshot->vms[i]))
            list_short(summary, subject, i);
        if (subject->vms[i].state == STATE_UNKNOWN)
            list_unknown(summary, &subject->vms[i]);
        if (!vm_is_system(policy, &snapshot->vms[i]))
            list_size(summary, subject, i, policy);
    }
    summary->n_clusters += snapshot->n_clusters;
    summary->n_hosts += snapshot->n_hosts;
    summary->n_vms += snapshot->n_vms;
}

static void append_list(const Summary *summary, GString *out, const char *title, const List *list)
{
    if (list->n == 0)
        return;
    g_string_append_printf(out, "\n%s\n%s", title, list->text->str);
    if (!summary->whole && list->n > LIST_LENGTH)
        g_string_append_printf(out, "  and %u more (--verbose lists all)\n", list->n - LIST_LENGTH);
}

char *summary_text(const Summary *summary)
{
    GString *out = g_string_new(summary->notes->str);
    if (out->len)
        g_string_append_c(out, '\n');
    g_string_append(out, summary->clusters->str);
    append_list(summary, out, "Hot hosts", &summary->hot);
    append_list(summary, out, "VMs short of memory", &summary->shorts);
    append_list(summary, out, "Not measured", &summary->unknown);
    append_list(summary, out, "Sizes that are not right", &summary->sizes);
    if (summary->has_history && summary->judged == 0)
        g_string_append(out, "\nSizes are not judged: less than a day of data.\n");
    g_string_append_c(out, '\n');
    plural_append(out, summary->n_clusters, "cluster, ", "clusters, ");
    plural_append(out, summary->n_hosts, "host, ", "hosts, ");
    plural_append(out, summary->n_vms, "VM: ", "VMs: ");
    plural_append(out, summary->hot.n, "hot host, ", "hot hosts, ");
    plural_append(out, summary->shorts.n, "short VM, ", "short VMs, ");
    g_string_append_printf(out, "%u not measured.\n", summary->unknown.n);
    return g_string_free(out, FALSE);
}

SummaryCounts summary_counts(const Summary *summary)
{
    return (SummaryCounts){summary->n_clusters, summary->n_hosts,  summary->n_vms,
                           summary->hot.n,      summary->shorts.n, summary->unknown.n};
}

gboolean summary_has_findings(const Summary *summary)
{
    return summary->hot.n > 0 || summary->shorts.n > 0;
}
