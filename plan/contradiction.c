/* SPDX-License-Identifier: MIT */
#include "plan/contradiction.h"

#include "collect/plural.h"

typedef struct Looking {
    const Situation *situation;
    const Model *end;
} Looking;

static const char *name_of(const Looking *l, guint vm)
{
    return l->end->vms[vm].row->name;
}

static gboolean has_vm(const GArray *vms, guint vm)
{
    for (guint i = 0; i < vms->len; i++)
        if (g_array_index(vms, guint, i) == vm)
            return TRUE;
    return FALSE;
}

/* the running VMs of a rule; the caller unrefs them */
static GArray *running_of(const Looking *l, const BoundRule *rule)
{
    GArray *vms = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < rule->n_vms; i++)
        if (l->end->vms[rule->vms[i]].running)
            g_array_append_val(vms, rule->vms[i]);
    return vms;
}

/* ---- VMs that are kept together ---- */

static void add_companions(const Looking *l, GArray *group, guint vm)
{
    const GArray *own = rules_of_vm(l->situation->rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(l->situation->rules, g_array_index(own, guint, i));
        for (guint k = 0; rule->mandatory && rule->type == RULE_VM_AFFINITY && k < rule->n_vms; k++)
            if (l->end->vms[rule->vms[k]].running && !has_vm(group, rule->vms[k]))
                g_array_append_val(group, rule->vms[k]);
    }
}

/* the VM and those that mandatory rules keep with it, over one another; the caller unrefs them */
static GArray *group_of(const Looking *l, guint vm)
{
    GArray *group = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(group, vm);
    for (guint i = 0; i < group->len; i++)
        add_companions(l, group, g_array_index(group, guint, i));
    return group;
}

/* ---- where they can run ---- */

static gboolean can_run_on(const Looking *l, guint vm, guint host)
{
    const Legality *legality = l->situation->legality;
    if (l->end->vms[vm].host == (int)host)
        return !legality_may_move(legality, vm, NULL) || !rules_barring_host(l->situation->rules, vm, host);
    return legality_may_move(legality, vm, NULL) &&
           legality_allows_move(legality, l->end, vm, host, LEGAL_HOST, NULL) &&
           !rules_barring_host(l->situation->rules, vm, host);
}

static gboolean all_can_run_on(const Looking *l, const GArray *vms, guint host)
{
    for (guint i = 0; i < vms->len; i++)
        if (!can_run_on(l, g_array_index(vms, guint, i), host))
            return FALSE;
    return TRUE;
}

/* sets those hosts ([n_hosts]) that can run the VM with all that is kept with it; how many */
static guint mark_hosts(const Looking *l, guint vm, gboolean *marked)
{
    g_autoptr(GArray) group = group_of(l, vm);
    guint n = 0;
    for (guint host = 0; host < l->end->snapshot->n_hosts; host++) {
        gboolean can =
            l->end->hosts[host].cluster == l->end->vms[vm].row->cluster && all_can_run_on(l, group, host);
        n += can && !marked[host];
        marked[host] |= can;
    }
    return n;
}

/* ---- words ---- */

static void append_rule(GString *words, const char *separator, const BoundRule *rule)
{
    g_string_append_printf(words, "%s\"%s\"", words->len ? ", " : separator, rule->name);
}

/* " under "licence"": the mandatory rules of a kind that name at least so many of the VMs, but for one; ""
 * where there are none. The caller frees it */
static char *words_of_rules(const Looking *l, const GArray *vms, gboolean about_hosts, guint least,
                            const BoundRule *but)
{
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < rules_count(l->situation->rules); i++) {
        const BoundRule *rule = rules_at(l->situation->rules, i);
        guint named = 0;
        if (!rule->mandatory || rule == but ||
            (about_hosts ? !rule_is_about_hosts(rule) : rule->type != RULE_VM_AFFINITY))
            continue;
        for (guint k = 0; k < vms->len; k++)
            named += rule_names_vm(rule, g_array_index(vms, guint, k));
        if (named >= least)
            append_rule(words, about_hosts ? " under " : "", rule);
    }
    return g_string_free(words, FALSE);
}

static void append_names(const Looking *l, GString *words, const GArray *vms)
{
    for (guint i = 0; i < vms->len; i++)
        g_string_append_printf(words, "%s%s", i ? ", " : "", name_of(l, g_array_index(vms, guint, i)));
}

/* ---- together and apart ---- */

/* what a rule that keeps VMs apart says against those that keep two of its VMs together; NULL where none does
 */
static char *words_against(const Looking *l, const BoundRule *apart, const BoundRule *rule)
{
    g_autoptr(GArray) vms = running_of(l, apart);
    for (guint i = 0; i < vms->len; i++) {
        guint one = g_array_index(vms, guint, i);
        g_autoptr(GArray) group = group_of(l, one);
        gboolean concerned = rule == apart;
        for (guint k = 0; k < group->len && !concerned; k++)
            concerned = rule_names_vm(rule, g_array_index(group, guint, k));
        for (guint k = i + 1; k < vms->len && concerned; k++) {
            guint other = g_array_index(vms, guint, k);
            if (!has_vm(group, other))
                continue;
            g_autofree char *together = words_of_rules(l, group, FALSE, 2, NULL);
            return g_strdup_printf("%s and %s are kept together by %s and apart by \"%s\"", name_of(l, one),
                                   name_of(l, other), together, apart->name);
        }
    }
    return NULL;
}

static char *words_of_opposites(const Looking *l, const BoundRule *rule)
{
    char *words = NULL;
    if (rule->type == RULE_VM_ANTI_AFFINITY)
        return words_against(l, rule, rule);
    for (guint i = 0; i < rules_count(l->situation->rules) && !words; i++) {
        const BoundRule *other = rules_at(l->situation->rules, i);
        if (other->mandatory && other->type == RULE_VM_ANTI_AFFINITY && other->cluster == rule->cluster)
            words = words_against(l, other, rule);
    }
    return words;
}

/* ---- VMs and hosts ---- */

/* those of the VMs that have no host beside the marked ones; the caller unrefs them */
static GArray *bound_to(const Looking *l, const GArray *vms, const gboolean *marked)
{
    guint n = l->end->snapshot->n_hosts;
    GArray *bound = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, guint, i);
        g_autofree gboolean *both = g_memdup2(marked, (n + 1) * sizeof *marked);
        if (mark_hosts(l, vm, both) == 0)
            g_array_append_val(bound, vm);
    }
    return bound;
}

static char *words_of_too_many(const Looking *l, const GArray *vms, const GArray *bound, guint hosts)
{
    g_autofree char *under = words_of_rules(l, bound, TRUE, 1, NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    if (bound->len < vms->len) {
        append_names(l, names, bound);
        g_string_append(names, ": ");
    }
    return g_strdup_printf("%s%u VMs, %u %s that can run them%s", names->str, bound->len, hosts,
                           plural(hosts, "host", "hosts"), under);
}

/* VMs to keep apart that have fewer hosts than they are: all of them, or those that have no other host than
 * one of them */
static char *words_of_few_hosts(const Looking *l, const BoundRule *apart)
{
    guint n = l->end->snapshot->n_hosts, all = 0;
    g_autoptr(GArray) vms = running_of(l, apart);
    g_autofree gboolean *of_all = g_new0(gboolean, n + 1);
    for (guint i = 0; i < vms->len; i++)
        all += mark_hosts(l, g_array_index(vms, guint, i), of_all);
    if (all < vms->len)
        return words_of_too_many(l, vms, vms, all);
    for (guint i = 0; i < vms->len; i++) {
        g_autofree gboolean *of_one = g_new0(gboolean, n + 1);
        guint hosts = mark_hosts(l, g_array_index(vms, guint, i), of_one);
        g_autoptr(GArray) bound = hosts < vms->len ? bound_to(l, vms, of_one) : NULL;
        if (bound && bound->len > hosts)
            return words_of_too_many(l, vms, bound, hosts);
    }
    return NULL;
}

/* VMs to keep together that no host can run all */
static char *words_of_no_common_host(const Looking *l, const BoundRule *together)
{
    g_autoptr(GArray) vms = running_of(l, together);
    g_autofree gboolean *marked = g_new0(gboolean, l->end->snapshot->n_hosts + 1);
    if (vms->len == 0 || mark_hosts(l, g_array_index(vms, guint, 0), marked) > 0)
        return NULL;
    g_autoptr(GArray) group = group_of(l, g_array_index(vms, guint, 0));
    g_autofree char *under = words_of_rules(l, group, TRUE, 1, NULL);
    g_autofree char *with =
        group->len > vms->len ? words_of_rules(l, group, FALSE, 2, together) : g_strdup("");
    return g_strdup_printf("no host can run all %u VMs%s%s%s", group->len,
                           *with ? " that it keeps together with " : "", with, under);
}

static char *words_of_hosts(const Looking *l, const BoundRule *rule)
{
    return rule->type == RULE_VM_AFFINITY ? words_of_no_common_host(l, rule) : words_of_few_hosts(l, rule);
}

/* ---- rules about hosts ---- */

/* what keeps the VM off the first host that the rule allows, in brackets; "" where it allows none or the VM
 * cannot move at all, which is told of it anyway. The caller frees it */
static char *words_of_allowed(const Looking *l, const BoundRule *rule, guint vm)
{
    const Snapshot *snapshot = l->end->snapshot;
    for (guint host = 0; host < snapshot->n_hosts && legality_may_move(l->situation->legality, vm, NULL);
         host++) {
        g_auto(Obstacle) why = {0};
        if (snapshot->hosts[host].cluster != rule->cluster || rule_forbids_host(rule, host))
            continue;
        const BoundRule *other = rules_barring_host(l->situation->rules, vm, host);
        if (other)
            return g_strdup_printf(" (%s: \"%s\" forbids it)", snapshot->hosts[host].name, other->name);
        if (l->end->vms[vm].host != (int)host &&
            !legality_allows_move(l->situation->legality, l->end, vm, host, LEGAL_HOST, &why))
            return g_strdup_printf(" (%s %s)", snapshot->hosts[host].name, why.words);
    }
    return g_strdup("");
}

static char *words_of_vm_without_host(const Looking *l, const BoundRule *rule)
{
    g_autoptr(GArray) vms = running_of(l, rule);
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, guint, i), able = 0;
        for (guint host = 0; host < l->end->snapshot->n_hosts; host++)
            able += l->end->hosts[host].cluster == rule->cluster && !rule_forbids_host(rule, host) &&
                    can_run_on(l, vm, host);
        g_autofree char *allowed = able == 0 ? words_of_allowed(l, rule, vm) : NULL;
        if (allowed)
            return g_strdup_printf("no host that the mandatory rules allow can run %s%s", name_of(l, vm),
                                   allowed);
    }
    return NULL;
}

/* a rule among VMs that cannot be kept where the rule about hosts wants its VMs */
static char *words_of_others(const Looking *l, const BoundRule *rule)
{
    for (guint i = 0; i < rules_count(l->situation->rules); i++) {
        const BoundRule *other = rules_at(l->situation->rules, i);
        guint shared = 0;
        if (!other->mandatory || rule_is_about_hosts(other) || other->cluster != rule->cluster)
            continue;
        for (guint k = 0; k < other->n_vms; k++)
            shared += rule_names_vm(rule, other->vms[k]);
        g_autofree char *words = shared ? words_of_hosts(l, other) : NULL;
        if (words)
            return g_strdup_printf("\"%s\" keeps VMs %s: %s", other->name,
                                   other->type == RULE_VM_AFFINITY ? "together" : "apart", words);
    }
    return NULL;
}

char *contradiction_words(const Situation *situation, const Model *end, const BoundRule *rule)
{
    const Looking l = {situation, end};
    char *words =
        rule_is_about_hosts(rule) ? words_of_vm_without_host(&l, rule) : words_of_opposites(&l, rule);
    if (words)
        return words;
    return rule_is_about_hosts(rule) ? words_of_others(&l, rule) : words_of_hosts(&l, rule);
}
