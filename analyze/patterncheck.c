/* SPDX-License-Identifier: MIT */
#include "analyze/patterncheck.h"

#include "analyze/pattern.h"
#include "collect/escape.h"
#include "collect/nearest.h"

#include <string.h>

/* a pattern, or one of the parts between its commas */
typedef struct Sought {
    const PatternList *list;
    const char *whole; /* as it stands in the list */
    char *part;
    gboolean found, spaced; /* spaced: its words match, so spaces were taken for separators */
    char *nearest;          /* of the names, and how far it is; NULL for none */
    guint distance;
    char *of_id; /* the name of what has the part as its id; NULL for none */
} Sought;

struct PatternCheck {
    const Policy *policy;
    GArray *lists;  /* PatternList */
    GArray *sought; /* Sought, in their order */
};

static void sought_clear(gpointer data)
{
    Sought *sought = data;
    g_free(sought->part);
    g_free(sought->nearest);
    g_free(sought->of_id);
}

static void seek_list(PatternCheck *check, const PatternList *list)
{
    for (char *const *pattern = list->patterns; *pattern; pattern++) {
        g_auto(GStrv) parts = pattern_parts(*pattern);
        for (char **part = parts; *part; part++) {
            Sought sought = {.list = list, .whole = *pattern, .part = g_strdup(*part), .distance = G_MAXUINT};
            g_array_append_val(check->sought, sought);
        }
    }
}

PatternCheck *patterncheck_new(const Policy *policy, const char *section)
{
    PatternCheck *check = g_new0(PatternCheck, 1);
    check->policy = policy;
    check->lists = policy_pattern_lists(policy);
    check->sought = g_array_new(FALSE, FALSE, sizeof(Sought));
    g_array_set_clear_func(check->sought, sought_clear);
    for (guint i = 0; i < check->lists->len; i++) {
        const PatternList *list = &g_array_index(check->lists, PatternList, i);
        if (!section || strcmp(section, list->section) == 0)
            seek_list(check, list);
    }
    return check;
}

void patterncheck_free(PatternCheck *check)
{
    if (!check)
        return;
    g_array_free(check->sought, TRUE);
    g_array_free(check->lists, TRUE);
    g_free(check);
}

static char **names_in(const Snapshot *snapshot, const PatternList *list, guint i)
{
    return list->of_hosts ? pattern_names_of_host(snapshot->hosts[i].name)
                          : pattern_names_of_vm(snapshot->vms[i].folder, snapshot->vms[i].name);
}

/* Goes on to the end only where nothing matches, which is when the nearest name is asked for. */
static void look_for(Sought *sought, const Snapshot *snapshot)
{
    guint n = sought->list->of_hosts ? snapshot->n_hosts : snapshot->n_vms;
    g_auto(GStrv) words = g_strsplit_set(sought->part, " \t", -1);
    for (guint i = 0; i < n && !sought->found; i++) {
        g_auto(GStrv) names = names_in(snapshot, sought->list, i);
        sought->found = pattern_matches(sought->part, names) || pattern_matches(sought->whole, names);
        for (char **word = words; words[0] && words[1] && *word && !sought->spaced; word++)
            sought->spaced = **word && pattern_matches(*word, names);
        for (char **name = names; *name && !sought->found; name++) {
            guint distance = nearest_distance(sought->part, *name);
            if (distance >= sought->distance)
                continue;
            sought->distance = distance;
            g_free(sought->nearest);
            sought->nearest = g_strdup(*name);
        }
    }
}

/* Ids stand in plans, from where one is easily copied. */
static void look_for_id(Sought *sought, const Snapshot *snapshot)
{
    int found = sought->list->of_hosts ? snapshot_find_host(snapshot, sought->part)
                                       : snapshot_find_vm(snapshot, sought->part);
    if (found < 0 || sought->of_id)
        return;
    sought->of_id =
        g_strdup(sought->list->of_hosts ? snapshot->hosts[found].name : snapshot->vms[found].name);
}

void patterncheck_add(PatternCheck *check, const Snapshot *snapshot)
{
    for (guint i = 0; i < check->sought->len; i++) {
        look_for(&g_array_index(check->sought, Sought, i), snapshot);
        look_for_id(&g_array_index(check->sought, Sought, i), snapshot);
    }
}

static char *likely_mistake(const Sought *sought)
{
    if (sought->spaced)
        return g_strdup(" (a list is separated by ;)");
    if (sought->of_id) {
        g_autofree char *name = escape_for_message(sought->of_id);
        return g_strdup_printf(" (it is the id of %s: patterns are of names)", name);
    }
    if (!sought->nearest || !nearest_is_close(sought->part, sought->distance))
        return g_strdup("");
    g_autofree char *name = escape_for_message(sought->nearest);
    return g_strdup_printf(" (the nearest is %s)", name);
}

static gboolean list_found_any(const PatternCheck *check, const PatternList *list)
{
    for (guint i = 0; i < check->sought->len; i++) {
        const Sought *sought = &g_array_index(check->sought, Sought, i);
        if (sought->list == list && sought->found)
            return TRUE;
    }
    return FALSE;
}

static char *words_of(const PatternCheck *check, const Sought *sought)
{
    const PatternList *list = sought->list;
    g_autofree char *name = list->rule ? escape_for_message(list->rule->name) : NULL;
    g_autofree char *place = policy_place(check->policy, list->section, list->rule, list->key);
    g_autofree char *rule = name ? g_strdup_printf("rule %s: ", name) : g_strdup("");
    g_autofree char *part = escape_for_terminal(sought->part);
    g_autofree char *mistake = likely_mistake(sought);
    return g_strdup_printf("%s%s%s: found no %s that matches %s%s%s", place, rule, list->key,
                           list->of_hosts ? "host" : "VM", part, mistake,
                           list->rule && !list_found_any(check, list) ? ": the rule does nothing" : "");
}

GPtrArray *patterncheck_words(const PatternCheck *check)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < check->sought->len; i++) {
        const Sought *sought = &g_array_index(check->sought, Sought, i);
        if (!sought->found)
            g_ptr_array_add(words, words_of(check, sought));
    }
    return words;
}

/* ---- hosts to empty ---- */

static gboolean names_several(const Snapshot *snapshot, const char *name)
{
    guint by_name = 0, by_short_name = 0;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        g_auto(GStrv) names = pattern_names_of_host(snapshot->hosts[i].name);
        char *const whole[] = {names[0], NULL};
        if (pattern_matches(name, whole))
            by_name++;
        else
            by_short_name += pattern_matches(name, names);
    }
    return by_short_name > 1 || (by_short_name == 1 && by_name > 0);
}

gboolean patterncheck_evacuate(const Snapshot *snapshot, const Policy *policy, GError **error)
{
    for (char *const *pattern = policy->evacuate; *pattern; pattern++) {
        g_auto(GStrv) parts = pattern_parts(*pattern);
        for (char **part = parts; *part; part++) {
            if (strpbrk(*part, "*?") || !names_several(snapshot, *part))
                continue;
            g_autofree char *found = escape_for_message(*part);
            g_autofree char *place = policy_place(policy, "plan", NULL, "evacuate");
            g_set_error(error, VMANGER_ERROR, 0,
                        "%sevacuate: found %s, the short name of several hosts: expected their full names",
                        place, found);
            return FALSE;
        }
    }
    return TRUE;
}
