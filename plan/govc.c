/* SPDX-License-Identifier: MIT */
#include "plan/govc.h"

#include "collect/escape.h"

#include <math.h>
#include <string.h>

/* One of the source's own ids as it was there: a snapshot's are percent-encoded; in quotes for sh. */
static char *reference(const char *type, const char *id)
{
    g_autofree char *plain = g_uri_unescape_string(id, NULL);
    g_autofree char *whole = g_strdup_printf("%s:%s", type, plain ? plain : id);
    return g_shell_quote(whole);
}

static void append_comment(GString *out, const char *label, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    if (*text)
        g_string_append_printf(out, "# %s%s\n", label, safe);
}

/* TRUE for digits alone: what is written without quotes */
static gboolean is_total(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static void append_command(GString *out, const PlanRow *row)
{
    g_autofree char *vm = reference("VirtualMachine", row->object_id);
    g_autofree char *object = reference("HostSystem", row->object_id);
    g_autofree char *to = reference("HostSystem", row->to_id);
    if (row->action == ACTION_MIGRATE)
        g_string_append_printf(out, "govc vm.migrate -host %s %s\n", to, vm);
    else if ((row->action == ACTION_ADD_MEMORY || row->action == ACTION_RECLAIM_MEMORY) && is_total(row->to))
        g_string_append_printf(out, "govc vm.change -vm %s -m %s\n", vm, row->to);
    else if (row->action == ACTION_ADD_CPU && is_total(row->to))
        g_string_append_printf(out, "govc vm.change -vm %s -c %s\n", vm, row->to);
    else if (row->action == ACTION_ENTER_MAINTENANCE)
        g_string_append_printf(out, "govc host.maintenance.enter %s\n", object);
    else if (row->action == ACTION_EXIT_MAINTENANCE)
        g_string_append_printf(out, "govc host.maintenance.exit %s\n", object);
    else
        g_string_append(out, "# govc has no command for this step\n");
}

static void append_step(GString *out, const PlanRow *row)
{
    g_autoptr(GString) title = g_string_new(NULL);
    g_string_append_printf(title, "step %.0f: %s %s", row->step, action_names[row->action], row->object);
    if (*row->to)
        g_string_append_printf(title, ", %s -> %s%s%s", row->from, row->to, *row->unit ? " " : "", row->unit);
    g_string_append_c(out, '\n');
    append_comment(out, "", title->str);
    append_comment(out, "  ", row->reason);
    append_comment(out, "  once these have succeeded: ", row->after);
    append_command(out, row);
}

char *govc_text(const ChangePlan *plan)
{
    GString *out = g_string_new(
        "#!/bin/sh\n"
        "# To read: the approved steps of a plan as commands of govc (0.47 or later, which takes managed object\n"
        "# references). vmanger-apply does more: it compares the vCenter with the plan before anything changes, looks\n"
        "# again before each step, keeps to what must come before, writes a journal, and can go on or go back.\n");
    append_comment(out, "plan ", plan->plan);
    append_comment(out, "source ", plan->source);
    append_comment(out, "", plan->summary);
    g_string_append(out, "set -eu\n");
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1 && row->action >= 0)
            append_step(out, row);
    }
    return g_string_free(out, FALSE);
}
