/* SPDX-License-Identifier: MIT */
#include "plan/decisions.h"

#include <string.h>

static void clear_unsolved(gpointer data)
{
    g_free(((Unsolved *)data)->reason);
    g_free(((Unsolved *)data)->shared);
}

static void clear_size(gpointer data)
{
    g_free(((SizeAdvice *)data)->reason);
}

Decisions *decisions_new(void)
{
    Decisions *decisions = g_new0(Decisions, 1);
    decisions->changes = change_list_new();
    decisions->no_time = change_list_new();
    decisions->advice = change_list_new();
    decisions->sizes = g_array_new(FALSE, FALSE, sizeof(SizeAdvice));
    g_array_set_clear_func(decisions->sizes, clear_size);
    decisions->unsolved = g_array_new(FALSE, FALSE, sizeof(Unsolved));
    g_array_set_clear_func(decisions->unsolved, clear_unsolved);
    return decisions;
}

void decisions_free(Decisions *decisions)
{
    if (!decisions)
        return;
    g_array_unref(decisions->changes);
    g_array_unref(decisions->no_time);
    g_array_unref(decisions->advice);
    g_array_unref(decisions->sizes);
    g_array_unref(decisions->unsolved);
    g_free(decisions->preface);
    g_free(decisions->stopped_by);
    g_free(decisions);
}

static void add_unsolved(Decisions *decisions, int host, int vm, int code, char *reason)
{
    Unsolved unsolved = {host, vm, code, reason, NULL};
    g_array_append_val(decisions->unsolved, unsolved);
}

void decisions_add_unsolved_host(Decisions *decisions, guint host, int code, char *reason)
{
    add_unsolved(decisions, (int)host, -1, code, reason);
}

void decisions_append_to_host(Decisions *decisions, guint host, const char *words)
{
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        g_autofree char *before = unsolved->host == (int)host ? unsolved->reason : NULL;
        if (before)
            unsolved->reason = g_strconcat(before, words, NULL);
    }
}

void decisions_add_unsolved_vm(Decisions *decisions, guint vm, int code, char *reason)
{
    add_unsolved(decisions, -1, (int)vm, code, reason);
}

void decisions_add_unsolved_like_others(Decisions *decisions, guint vm, int code, char *reason, char *shared)
{
    Unsolved unsolved = {-1, (int)vm, code, reason, shared};
    g_array_append_val(decisions->unsolved, unsolved);
}

void decisions_add_undone(Decisions *decisions, const Change *change, int code, char *reason)
{
    add_unsolved(decisions, change->vm < 0 ? change->from : -1, change->vm, code, reason);
}

gboolean decisions_have_no_time(const Decisions *decisions, int vm, int action)
{
    for (guint i = 0; i < decisions->no_time->len; i++) {
        const Change *change = &g_array_index(decisions->no_time, Change, i);
        if (change->vm == vm && change->action == action)
            return TRUE;
    }
    return FALSE;
}

void decisions_make(Decisions *decisions, Model *now, const Change *change)
{
    change_apply(now, change);
    g_array_append_vals(decisions->changes, change, 1);
}

int amiss_compare(const void *a, const void *b)
{
    const Amiss *left = a, *right = b;
    if (left->much != right->much)
        return left->much > right->much ? -1 : 1;
    return strcmp(left->id, right->id);
}
